"""Coming values of covariates: which are needed, and where a user's table has them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from skforecast_lstm._dates import date_advice
from skforecast_lstm._pages import see

__all__ = ["missing_coming", "naming_missing", "take_coming"]


def take_coming(
    future: pd.DataFrame, names: list[Any], group: Any, labels: list[Any], dates: pd.Index
) -> pd.DataFrame:
    """Take the coming values of each series, in the order of `dates`.

    Parameters
    ----------
    future : DataFrame
        The table that was given. Rows are found by their labels; a table without an index of its
        own begins, in each series, with the row after the last, unless it holds these labels.
    names : list of str
        The columns that are needed.
    group : str or None
        The column or index level of the labels of the series.
    labels : list
        The labels of the series.
    dates : Index of length n_series * n_ahead
        When the rows are that are needed, one series after the other.

    Raises
    ------
    ValueError
        If a row is missing, there more than once, or of a series that is not told.
    """
    future, given = _by_label(future, group, labels)
    n_ahead = len(dates) // len(labels)
    needed = np.repeat(np.arange(len(labels)), n_ahead)
    is_of = given >= 0
    future, given = future[is_of], given[is_of]
    index: Any = future.index
    when: Any = dates
    if isinstance(index, pd.RangeIndex) and (group is not None or index.start == 0):
        index, when = _numbered(given, dates, n_ahead, len(labels))
    have = pd.MultiIndex.from_arrays([given, index])
    want = pd.MultiIndex.from_arrays([needed, when])
    is_twice = have.duplicated() & have.isin(want)
    if is_twice.any():
        raise ValueError(
            f"future must contain each date once, but has {index[is_twice][0]!s} more often."
        )
    is_first = ~have.duplicated()
    at = have[is_first].get_indexer(want)
    if (at < 0).any():
        _say_missing(names, labels, dates, at.reshape(len(labels), n_ahead) < 0, index)
    return future[is_first].iloc[at][names]


def missing_coming(values: pd.DataFrame, labels: list[Any], dates: pd.Index) -> str:
    """Say which coming values are NaN, of the first series that lacks one; nothing if none is.

    Parameters
    ----------
    values : DataFrame
        As :func:`take_coming` returns them.
    labels : list
        The labels of the series.
    dates : Index of length n_series * n_ahead
        When its rows are.
    """
    is_missing = values.isna().to_numpy()
    if not is_missing.any():
        return ""
    n_ahead = len(dates) // len(labels)
    number = int(is_missing.any(axis=1).argmax()) // n_ahead
    part = slice(number * n_ahead, (number + 1) * n_ahead)
    whose = "" if labels[number] is None else f" of {labels[number]!r}"
    found = []
    for name, lacks in zip(values.columns, is_missing[part].T, strict=True):
        when = [str(date).removesuffix(" 00:00:00") for date in dates[part][lacks]]
        more = f" and {len(when) - 3} more" * (len(when) > 3)
        found += [f"{name} is NaN on {', '.join(when[:3])}{more}"] * bool(when)
    return f"future{whose}: {'; '.join(found)}"


@contextlib.contextmanager
def naming_missing(missing: str) -> Iterator[None]:
    """Name the coming values that are NaN, where a step of a pipeline takes none.

    Raises
    ------
    ValueError
        If a step refuses NaN.
    """
    try:
        yield
    except ValueError as error:
        if not missing or "contains NaN" not in str(error):
            raise
        raise ValueError(
            f"{missing}, and a step of the pipeline takes no missing values. Give the values that "
            f"are planned or forecast, for example the last known ones with future.ffill(). "
            f"{see('covariates', 'missing values')}"
        ) from error


def _by_label(
    future: pd.DataFrame, group: Any, labels: list[Any]
) -> tuple[pd.DataFrame, np.ndarray]:
    """The table, and the number of the series of each row; -1 for one that is not wanted."""
    if group is None:
        return future, np.zeros(len(future), dtype=np.intp)
    if group in future.index.names:
        future = future.reset_index(level=group)
    if group not in future.columns:
        raise ValueError(
            f"future must give the series of its rows, with {group!r}. {see('covariates')}"
        )
    return future, pd.Index(labels).get_indexer(np.asarray(future[group]))


def _numbered(
    given: np.ndarray, dates: pd.Index, n_ahead: int, n_series: int
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers for rows that have none, and those of the rows that are needed.

    Where a series has so many rows that they are the whole table, they are found by these numbers;
    else they follow the last row.
    """
    number = pd.Series(given).groupby(given).cumcount().to_numpy()
    ahead = np.tile(np.arange(n_ahead), (n_series, 1))
    if not pd.api.types.is_integer_dtype(dates):
        return number, ahead.ravel()
    wanted = np.asarray(dates).reshape(n_series, n_ahead)
    n_given = np.bincount(given, minlength=n_series)
    is_inside = (wanted >= 0) & (wanted < n_given[:, np.newaxis])
    return number, np.where(is_inside.all(axis=1, keepdims=True), wanted, ahead).ravel()


def _say_missing(
    names: list[Any], labels: list[Any], dates: pd.Index, is_missing: np.ndarray, index: pd.Index
) -> None:
    """Say which row is missing, of the first series that lacks one."""
    number = int(is_missing.any(axis=1).argmax())
    n_ahead, lacks = is_missing.shape[1], is_missing[number]
    dates = dates[number * n_ahead : (number + 1) * n_ahead]
    has = "no row" if not len(index) else f"rows from {index[0]!s} to {index[-1]!s}"
    if index.inferred_type == "string":
        has += f", which are text: make them dates, {date_advice('future.index', index)}"
    whose = "" if labels[number] is None else f" of {labels[number]!r}"
    raise ValueError(
        f"future must contain {names} for the {n_ahead} rows after the last one, from "
        f"{dates[0]!s} to "
        f"{dates[-1]!s}{whose}, but {lacks.sum()} are missing, the first {dates[lacks][0]!s}. "
        f"It has {has}. Give future with these dates as its index. {see('covariates')}"
    )
