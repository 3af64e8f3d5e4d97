"""The one door to scikit-learn's non-public helpers, and the checks that several modules share."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import _fit_context as fit_context
from sklearn.utils import Tags
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import (
    _check_feature_names,
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from skforecast_lstm._pages import see

__all__ = [
    "FLOATS",
    "HasMethods",
    "Interval",
    "StrOptions",
    "Tags",
    "check_feature_names",
    "check_integer",
    "check_is_fitted",
    "check_quantiles",
    "check_sample_weight",
    "check_time_order",
    "complete_rows",
    "encode_groups",
    "fit_context",
    "is_time_index",
    "rows_of_series",
    "sorting",
    "take_rows",
    "validate_data",
]

# Types that are kept; all others become the first.
FLOATS = [np.float64, np.float32]
check_feature_names = _check_feature_names
check_sample_weight = _check_sample_weight


def check_integer(value: Any, name: str, minimum: int) -> int:
    """Return `value` as an int, or say which rule it breaks.

    Raises
    ------
    ValueError
        If `value` is not a whole number of at least `minimum`.
    """
    if not isinstance(value, Integral) or isinstance(value, bool) or value < minimum:
        raise ValueError(f"{name} must be an integer of at least {minimum}, got {value!r}.")
    return int(value)


def is_time_index(index: Any) -> bool:
    """Tell whether labels of `index` can be put in time order: dates, periods or numbers."""
    if isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)):
        return True
    return pd.api.types.is_numeric_dtype(index) and not pd.api.types.is_bool_dtype(index)


def encode_groups(labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Number the series of a table.

    Parameters
    ----------
    labels : array-like of shape (n_rows,)
        What tells the series apart.

    Returns
    -------
    codes : ndarray of int of shape (n_rows,)
        The number of each row's series, in the order of their first rows.
    uniques : ndarray of shape (n_series,)
        The label of each number.

    Raises
    ------
    ValueError
        If a label is missing.
    """
    codes, uniques = pd.factorize(np.asarray(labels))
    if (codes < 0).any():
        raise ValueError(
            f"group must give the series of every row, without NaN or None, but "
            f"{int((codes < 0).sum())} labels are missing, the first in row "
            f"{int(np.argmin(codes))}. Drop those rows, or give them a label. {see('many series')}"
        )
    return codes, np.asarray(uniques)


def rows_of_series(labels: Any) -> dict[Any, np.ndarray]:
    """Positions of the rows of each series, by its label."""
    codes, uniques = encode_groups(labels)
    order = np.argsort(codes, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    return dict(zip(uniques.tolist(), parts, strict=True))


def complete_rows(lacks_x: np.ndarray, lacks_y: np.ndarray, names: tuple[str, str]) -> np.ndarray:
    """Tell which rows can be trained on, from which lack something in features or targets.

    Raises
    ------
    ValueError
        If there is none; `names` say what they lack it in.
    """
    is_complete = ~(lacks_x | lacks_y)
    if not is_complete.any():
        raise ValueError(
            f"No complete sample: of {len(lacks_x)} rows, {lacks_x.sum()} have NaN in {names[0]} "
            f"and {lacks_y.sum()} in {names[1]}. The first n_steps_in - 1 windows of a table are "
            f"never complete, nor are those of each series in it and after each hole in its "
            f"dates. A missing value makes n_steps_in windows incomplete, and "
            f"WindowTransformer(purge=True) leaves out the last n_steps_out - 1 rows. Give more "
            f"rows, fill the holes, or shorten the window. {see('missing values')}"
        )
    return is_complete


def check_quantiles(quantiles: Any) -> tuple[float, ...]:
    """Return quantiles as increasing numbers in (0, 1).

    Raises
    ------
    ValueError
        If they are not.
    """
    levels = tuple(float(level) for level in np.ravel(quantiles))
    if not levels or not (np.diff([0.0, *levels, 1.0]) > 0).all():
        raise ValueError(f"quantiles must be increasing numbers in (0, 1), got {quantiles!r}.")
    return levels


def take_rows(data: Any, rows: np.ndarray) -> Any:
    """Rows by position; a table stays a table."""
    if hasattr(data, "iloc"):
        return data.iloc[rows]
    return data[rows] if hasattr(data, "shape") else np.asarray(data)[rows]


def sorting(times: pd.Index, has_series: bool) -> str:
    """The call that sorts a table by time, in which there may be a level of series, too."""
    level = -1 if times.name is None else times.name
    return f"df.sort_index(level={level!r})" if has_series else "df.sort_index()"


def check_time_order(index: pd.Index, owner: str, groups: Any = None) -> None:
    """Refuse an index that says that the rows are not in time order, each time once.

    With `groups`, the labels of the series that rows belong to, each time once per series.

    Raises
    ------
    ValueError
        If `index` has several levels, repeats a label or goes back in time. Labels that are
        neither dates nor numbers say nothing about time and are let through.
    """
    if isinstance(index, pd.MultiIndex):
        raise ValueError(
            f"{owner} takes one time per row, but the index of the rows has {index.nlevels} levels "
            f"{list(index.names)}. Name the one that tells series apart with group=..., or select "
            f"one series, for example with df.xs(...), and drop the other levels."
            f" {see('many series')}"
        )
    if not is_time_index(index):
        return
    stamps = index
    if groups is not None:
        codes, labels = encode_groups(groups)
        stamps = pd.MultiIndex.from_arrays([labels[codes], index])
    if index.is_monotonic_increasing and stamps.is_unique:
        return
    if index.hasnans:
        raise ValueError(
            f"{owner} needs to know when each row was, but the {type(index).__name__} has "
            f"{np.sum(index.isna())} missing labels. Drop those rows with df[df.index.notna()]."
            f" {see('missing values')}"
        )
    if not stamps.is_unique:
        label = stamps[stamps.duplicated()][0]
        raise ValueError(
            f"{owner} needs one row per time{' and series' * (groups is not None)}, but the "
            f"{type(index).__name__} has {label!s} more than once. Drop or aggregate the "
            f"duplicates, for example with df[~df.index.duplicated()]; if the table holds several "
            f"series, name the column that tells them apart with group=... {see('many series')}"
        )
    row = int(np.argmax(np.asarray(index[1:] < index[:-1]))) + 1
    raise ValueError(
        f"{owner} needs rows in time order, but the {type(index).__name__} is not increasing: "
        f"row {row} ({index[row]!s}) comes after {index[row - 1]!s}. Sort it first with "
        f"{sorting(index, groups is not None)}, and split it with TimeSeriesSplit, which does not "
        f"shuffle. A halving search draws rows at random itself, unless resource= names a "
        f"parameter, such as epochs. {see('pitfalls')}"
    )
