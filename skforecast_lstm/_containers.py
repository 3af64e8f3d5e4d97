"""The door for tables: whatever they come in, pandas goes on, and what is no table is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skforecast_lstm._pages import see

__all__ = ["as_numbers", "as_pandas", "as_rows", "with_times"]

# What pandas makes objects of, although it can be counted with.
_NUMBERS_AS_OBJECTS = ("boolean", "decimal")


def as_pandas(data: Any) -> Any:
    """Return a whole table as pandas; arrays, lists and windows as they are.

    Parameters
    ----------
    data : any
        A table of pandas, polars, pyarrow or any other library whose tables have ``to_pandas``.

    Returns
    -------
    data : Series, DataFrame or what was given
        Numbers are in types of numpy, NaN where they are missing. Rows of a table without an index
        are numbered. Never the very object with anything changed in it.

    Raises
    ------
    TypeError
        If the table is sparse, or not computed yet.
    ImportError
        If converting it needs a package that is not installed.
    """
    if isinstance(data, np.ndarray):
        return data
    if not isinstance(data, (pd.Series, pd.DataFrame)):
        data = _converted(data)
    return _in_numpy_types(data)


def as_rows(data: Any, *, accept_sparse: bool = False) -> Any:
    """Return rows given to a step of a pipeline as :func:`as_pandas` does, but never numbered.

    A table without an index may be any piece of another. Numbers from 0 would tell a window step
    that it is the beginning; labels that are missing tell it nothing, as those of an array.
    """
    if accept_sparse and _is_sparse(data):
        return data
    rows = as_pandas(data)
    if isinstance(rows, (pd.Series, pd.DataFrame)) and not hasattr(data, "iloc"):
        return rows.set_axis(pd.Index(np.full(len(rows), None, dtype=object)), axis=0)
    return rows


def as_numbers(table: pd.DataFrame, but: Any = None) -> pd.DataFrame:
    """Return a table whose columns of booleans are 0 and 1, all but the one in position `but`."""
    is_bool = [dtype == "bool" and place != but for place, dtype in enumerate(table.dtypes)]
    return table.astype(dict.fromkeys(table.columns[is_bool], np.int64)) if any(is_bool) else table


def with_times(data: Any, time: Any, group: Any = None) -> Any:
    """Return a table whose index is the column `time`, beside an index level `group` if it has one.

    Raises
    ------
    ValueError
        If there is no such column, or it is text.
    """
    data = as_pandas(data)
    if time is None or time in getattr(getattr(data, "index", None), "names", ()):
        return data
    if not isinstance(data, pd.DataFrame) or time not in data.columns:
        had = f"columns {list(data)}" if isinstance(data, pd.DataFrame) else type(data).__name__
        raise ValueError(
            f"time={time!r} must name the column that tells when each row was, got {had}."
        )
    if data[time].dtype.kind not in "iufmM" and not isinstance(
        data[time].dtype, (pd.PeriodDtype, pd.DatetimeTZDtype)
    ):
        raise ValueError(
            f"time={time!r} must be a column of dates, periods or numbers, got {data[time].dtype}, "
            f"first {data[time].iloc[:1].tolist()}. Make it dates, with df[{time!r}] = "
            f"pd.to_datetime(df[{time!r}]), and dayfirst=True in it if the day comes first. "
            f"{see('start')}"
        )
    is_level = group is not None and group in data.index.names and group not in data.columns
    return (data.reset_index(level=group) if is_level else data).set_index(time)


def _converted(data: Any) -> Any:
    """Pandas from another library's table; anything else as it is."""
    name = type(data).__name__
    if _is_sparse(data):
        raise TypeError(
            f"Sparse data was passed, a {name} of shape {data.shape}, but dense data is required: "
            f"use .toarray() to make it dense."
        )
    if hasattr(data, "to_pandas"):
        return _by_to_pandas(data)
    lazy = next((method for method in ("collect", "compute") if hasattr(data, method)), None)
    if lazy is not None:
        raise TypeError(f"got a {name}, whose values are not there yet: use .{lazy}() first.")
    return data


def _is_sparse(data: Any) -> bool:
    return hasattr(data, "tocsr")


def _by_to_pandas(data: Any) -> Any:
    try:
        table = data.to_pandas()
    except ImportError as error:
        raise ImportError(
            f"a table of {type(data).__module__.partition('.')[0]} becomes one of pandas by a "
            f"package that is not installed ({error}): pip install pyarrow. Or give a pandas table."
            f" {see('install')}"
        ) from error
    # pyarrow names a column without a name "None", and polars one "".
    return table.rename(None) if isinstance(table, pd.Series) and table.name == "" else table


def _in_numpy_types(data: Any) -> Any:
    """A table or column whose numbers are in types of numpy, NaN where they are missing."""
    if isinstance(data, pd.Series):
        return data if _is_plain(data.dtype) else _plain(data)
    if not isinstance(data, pd.DataFrame) or all(map(_is_plain, data.dtypes)):
        return data
    columns = [data.iloc[:, position] for position in range(data.shape[1])]
    plain = [column if _is_plain(column.dtype) else _plain(column) for column in columns]
    if all(new is old for new, old in zip(plain, columns, strict=True)):
        return data
    return pd.concat(plain, axis=1).set_axis(data.columns, axis=1)


def _is_plain(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype != "object"


def _plain(column: pd.Series) -> pd.Series:
    """A column in types of numpy or dates of pandas, if it holds these; else as it is."""
    dtype: Any = column.dtype
    if isinstance(dtype, pd.SparseDtype):
        return pd.Series(np.asarray(column.array), index=column.index, name=column.name)
    kind = pd.api.types.infer_dtype(column, skipna=True) if dtype == "object" else None
    if kind == "date" or (isinstance(dtype, pd.ArrowDtype) and dtype.kind == "M"):
        return pd.Series(pd.DatetimeIndex(column), index=column.index, name=column.name)
    is_counted = pd.api.types.is_numeric_dtype(dtype) or dtype in ("boolean", "bool[pyarrow]")
    if kind not in _NUMBERS_AS_OBJECTS and not is_counted:
        return column
    own = np.dtype(bool) if kind == "boolean" else getattr(dtype, "numpy_dtype", np.dtype(object))
    # Only floats can say that they are missing.
    is_kept = own.kind == "f" or (own.kind in "biu" and not column.isna().any())
    values = column.to_numpy(dtype=own if is_kept else np.dtype(float), na_value=np.nan)
    return pd.Series(values, index=column.index, name=column.name)
