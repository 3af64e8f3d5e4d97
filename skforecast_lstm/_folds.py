"""Splitters that count rows, where a table has several rows at a time."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import pandas as pd
from sklearn.model_selection import TimeSeriesSplit

from skforecast_lstm._inspect import splitting_parts
from skforecast_lstm._pages import see
from skforecast_lstm._validation import is_time_index
from skforecast_lstm.groups import GroupTimeSeriesSplit

__all__ = ["folds_in_time", "warn_of_row_folds"]


def folds_in_time(estimator: Any) -> bool:
    """Tell whether whatever splits rows inside of an estimator does so in time."""
    return all(
        isinstance(part.cv, TimeSeriesSplit) or type(part).__name__ == "ConformalRegressor"
        for part in splitting_parts(estimator)
    )


def warn_of_row_folds(cv: Any, index: pd.Index, label: Any, *, stacklevel: int) -> None:
    """Say that ``TimeSeriesSplit`` counts rows, and which splitter counts times.

    Parameters
    ----------
    cv : any
        The splitter.
    index : Index
        When the rows of all series are, in time order.
    label : column name
        What tells series apart.
    stacklevel : int
        That of the warning, counted from here.
    """
    if not isinstance(cv, TimeSeriesSplit) or isinstance(cv, GroupTimeSeriesSplit):
        return
    if not is_time_index(index) or index.is_unique:
        return
    n_times = index.nunique()
    size = cv.test_size or len(index) // (cv.n_splits + 1)
    given = "" if cv.test_size is None else f" (test_size={size})"
    n_covered = max(1, round(size * n_times / len(index)))
    rows = f"{len(index)} rows at {n_times} times"
    covered = f"{n_covered} time{'s' * (n_covered > 1)}"
    warnings.warn(
        f"TimeSeriesSplit counts rows, and a table of several series ({label!r}) has several rows "
        f"at the same time, here {rows}. Its test folds have {size} rows{given}, which is only "
        f"about {covered}. Split at times, with cv={_by_time(cv)}. "
        f"{see('backtesting', 'many series')}",
        UserWarning,
        stacklevel=stacklevel + 1,
    )


def _by_time(cv: TimeSeriesSplit) -> str:
    """The splitter with the same parameters that counts times."""
    defaults = inspect.signature(TimeSeriesSplit).parameters
    given = {name: getattr(cv, name) for name in ("max_train_size", "test_size", "gap")}
    others = [f"{name}={v}" for name, v in given.items() if v != defaults[name].default]
    return f"GroupTimeSeriesSplit({', '.join([str(cv.n_splits), *others])})"
