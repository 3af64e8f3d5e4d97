"""From a table of series to the rows of a supervised problem: one row per forecast origin."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from skforecast_lstm._validation import check_integer, check_time_order

__all__ = ["make_supervised"]

Columns = str | int | Sequence[Any] | None


def make_supervised(
    data: Any,
    target: Columns = None,
    *,
    features: Columns = None,
    n_steps_out: int = 1,
    lead: int = 1,
) -> tuple[Any, Any]:
    """Frame a table as inputs and targets, one row per forecast origin.

    Row ``t`` of ``X`` is what is known at time ``t``; row ``t`` of ``y`` is what is to be predicted
    from there: the targets of the `n_steps_out` rows that begin `lead` rows later. The windows of
    past rows are not cut here but by :class:`WindowTransformer`, inside the pipeline, so that the
    window length can be searched and no scaler ever sees a test row.

    Parameters
    ----------
    data : Series, DataFrame, ndarray of shape (n_rows,) or (n_rows, n_columns), or list
        The table: rows are time, oldest first, columns are series.
    target : column name, position, or list of them, default=None
        What is to be predicted. Names for a DataFrame, positions for an array. None: every column.
    features : column name, position, or list of them, default=None
        What is known at each row, in this order. None: every column, the targets first; with
        ``lead=0`` every column but the targets.
    n_steps_out : int, default=1
        The horizon: how many steps are predicted from each row.
    lead : int, default=1
        Rows from the origin to the first target. 1: the next row. 0: the row itself, as in a
        nowcast of one column from the others of the same row.

    Returns
    -------
    X : DataFrame or ndarray of shape (n_rows - n_steps_out - lead + 1, n_features)
        The features. The trailing rows, whose targets are not known yet, are left off. To predict
        from them, give ``predict`` the whole table: ``model.predict(df[X.columns])[-1]``.
    y : Series, DataFrame or ndarray, of shape (n,) or (n, n_steps_out * n_targets)
        The targets, 1-D where there is only one. Columns are in time-major order (all targets of
        the first step, then of the second, ...) and named like ``"passengers(t+1)"``. pandas in,
        pandas out, and the index is that of the origins.

    Raises
    ------
    ValueError
        If a column is unknown, a target is not numeric, the table is too short for a single row,
        its index is not in time order, or ``lead=0`` would put the answer among the features.

    See Also
    --------
    WindowTransformer : Cuts the windows of past rows.

    Examples
    --------
    >>> from skforecast_lstm import make_supervised
    >>> X, y = make_supervised([10, 20, 30, 40, 50], n_steps_out=2)
    >>> X.ravel()
    array([10, 20, 30])
    >>> y
    array([[20, 30],
           [30, 40],
           [40, 50]])

    A column predicted from other columns of the same row:

    >>> import pandas as pd
    >>> df = pd.DataFrame({"in1": [10, 20, 30], "in2": [15, 25, 35], "out": [25, 45, 65]})
    >>> X, y = make_supervised(df, target="out", lead=0)
    >>> list(X.columns), y.name
    (['in1', 'in2'], 'out(t)')
    """
    n_steps_out = check_integer(n_steps_out, "n_steps_out", 1)
    lead = check_integer(lead, "lead", 0)
    table = _as_table(data)
    targets = _positions(table, target, "target", default=range(table.shape[1]))
    others = [column for column in range(table.shape[1]) if column not in targets]
    chosen = _positions(
        table, features, "features", default=others if lead == 0 else [*targets, *others]
    )
    _check_roles(table, targets, chosen, lead)
    n_rows = len(table) - n_steps_out - lead + 1
    if n_rows < 1:
        raise ValueError(
            f"data is too short: n_steps_out={n_steps_out} and lead={lead} need at least "
            f"{n_steps_out + lead} rows, got {len(table)}."
        )
    X = table.iloc[:n_rows, chosen].copy()
    future = _future(table, targets, range(lead, lead + n_steps_out), n_rows)
    y = future.iloc[:, 0] if future.shape[1] == 1 else future
    if isinstance(data, (pd.Series, pd.DataFrame)):
        return X, y
    return X.to_numpy(copy=True), y.to_numpy(copy=True)


def _as_table(data: Any) -> pd.DataFrame:
    """View `data` as a DataFrame whose rows are in time order."""
    if isinstance(data, pd.Series):
        table = data.to_frame()
    elif isinstance(data, pd.DataFrame):
        table = data
    else:
        array = np.asarray(data)
        if array.ndim not in (1, 2):
            raise ValueError(
                f"data must be 1-D (one series) or 2-D (rows are time, columns are series), got "
                f"an array of shape {array.shape}. Independent sequences, already 3-D, need no "
                f"framing: give them to the regressor as they are."
            )
        table = pd.DataFrame(array if array.ndim == 2 else array.reshape(-1, 1))
    if isinstance(table.columns, pd.MultiIndex):
        raise ValueError(
            "data must have one level of column names, got a MultiIndex. Flatten it, for example "
            "with df.columns = ['_'.join(map(str, column)) for column in df.columns]."
        )
    if not table.columns.is_unique:
        doubled = table.columns[table.columns.duplicated()][0]
        raise ValueError(f"data must have unique column names, got {doubled!r} more than once.")
    check_time_order(table.index, "make_supervised")
    return table


def _positions(table: pd.DataFrame, columns: Columns, role: str, default: Any) -> list[int]:
    """Positions of `columns`, which are names, or positions where no column has that name."""
    if columns is None:
        return list(default)
    is_single = isinstance(columns, (str, Integral)) or (
        np.isscalar(columns) or (isinstance(columns, tuple) and columns in table.columns)
    )
    found = []
    for column in [columns] if is_single else list(columns):  # type: ignore[arg-type]
        if isinstance(column, Hashable) and column in table.columns:
            found.append(int(table.columns.get_loc(column)))  # type: ignore[arg-type]
        elif isinstance(column, Integral) and -table.shape[1] <= int(column) < table.shape[1]:
            found.append(int(column) % table.shape[1])
        else:
            raise ValueError(
                f"{role}={column!r} is not a column of data, which has {list(table.columns)}."
            )
    if not found or len(set(found)) < len(found):
        raise ValueError(f"{role} must name at least one column, and none twice, got {columns!r}.")
    return found


def _check_roles(table: pd.DataFrame, targets: list[int], features: list[int], lead: int) -> None:
    for column in targets:
        if not pd.api.types.is_numeric_dtype(table.dtypes.iloc[column]):
            raise ValueError(
                f"target={table.columns[column]!r} must be numeric, got dtype "
                f"{table.dtypes.iloc[column]}."
            )
    if not features:
        raise ValueError(
            "lead=0 predicts a column from the other columns of the same row, but every column is "
            "a target. Name the target, or use lead=1 to predict the next row."
        )
    answers = [table.columns[column] for column in features if column in targets]
    if lead == 0 and answers:
        raise ValueError(
            f"lead=0 predicts {answers} at the row itself, so it cannot be among the features: the "
            f"model would be shown the answer. Leave it out of features, or use lead=1."
        )


def _future(table: pd.DataFrame, targets: list[int], steps: range, n_rows: int) -> pd.DataFrame:
    """The targets of the coming `steps` beside each of the first `n_rows` rows, time-major."""
    values = table.iloc[:, targets]
    blocks = []
    for step in steps:
        block = values.iloc[step : step + n_rows].set_axis(table.index[:n_rows], axis=0)
        suffix = f"(t+{step})" if step else "(t)"
        blocks.append(block.set_axis([f"{name}{suffix}" for name in values.columns], axis=1))
    return pd.concat(blocks, axis=1)
