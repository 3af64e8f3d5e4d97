"""The one door to scikit-learn's non-public helpers, and the checks that several modules share."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import _fit_context as fit_context
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils._tags import Tags
from sklearn.utils.validation import (
    _check_feature_names,
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

__all__ = [
    "FLOATS",
    "HasMethods",
    "Interval",
    "StrOptions",
    "Tags",
    "check_feature_names",
    "check_integer",
    "check_is_fitted",
    "check_sample_weight",
    "check_time_order",
    "fit_context",
    "is_time_index",
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


def check_time_order(index: pd.Index, owner: str) -> None:
    """Refuse an index that says that the rows are not in time order, each time once.

    Raises
    ------
    ValueError
        If `index` has several levels, repeats a label or goes back in time. Labels that are
        neither dates nor numbers say nothing about time and are let through.
    """
    if isinstance(index, pd.MultiIndex):
        raise ValueError(
            f"{owner} takes one series of time per table, but the index of the rows has "
            f"{index.nlevels} levels {list(index.names)}. Select one series, for example "
            f"with df.xs(...), and drop the other levels."
        )
    if not is_time_index(index) or (index.is_monotonic_increasing and index.is_unique):
        return
    if index.hasnans:
        raise ValueError(
            f"{owner} needs to know when each row was, but the {type(index).__name__} has "
            f"{np.sum(index.isna())} missing labels. Drop those rows with df[df.index.notna()]."
        )
    if not index.is_unique:
        label = index[index.duplicated()][0]
        raise ValueError(
            f"{owner} needs one row per time, but the {type(index).__name__} has {label!s} more "
            f"than once. Drop or aggregate the duplicates, for example with "
            f"df[~df.index.duplicated()]; several series in one table have to be split first."
        )
    row = int(np.argmax(np.asarray(index[1:] < index[:-1]))) + 1
    raise ValueError(
        f"{owner} needs rows in time order, but the {type(index).__name__} is not increasing: "
        f"row {row} ({index[row]!s}) comes after {index[row - 1]!s}. Sort it first with "
        f"df.sort_index(), and split it with TimeSeriesSplit, which does not shuffle."
    )
