"""The newest rows of each series, which forecasts are made from, and those that follow them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from skforecast_lstm._dates import labels_after_each, missing_labels, name_of
from skforecast_lstm._pages import see
from skforecast_lstm._plain import PlainState
from skforecast_lstm._series import Stacked

__all__ = ["Newest", "warn_if_missing"]


@dataclass
class Newest(PlainState):
    """The last fitted rows of each series, and what rows that come later have to be like.

    Parameters
    ----------
    series : Stacked
        These rows.
    freq : DateOffset, number, timedelta or None
        How far rows are apart.
    n_rows : int
        How many of them a forecast is made from: those of the longest window.
    """

    series: Stacked
    freq: Any
    n_rows: int

    @classmethod
    def of(cls, series: Stacked, freq: Any, n_rows: int) -> Newest:
        """Keep the last rows of each series."""
        last = series.rows(np.flatnonzero(series.are_last(n_rows)))
        return cls(Stacked(last.table.copy(), last.labels, last.borders), freq, n_rows)

    def followed_by(self, given: Stacked) -> Stacked:
        """Rows of each series, with those of the fitted ones in front that they follow or overlap.

        Raises
        ------
        ValueError
            If a forecast cannot be made from them as from the fitted ones: they are another time
            apart, have a hole in the last window, or are too few.
        """
        series = self.with_history(given)
        steps = series.steps(self.freq) if self.freq is not None else np.ones(len(series.table))
        self._check_distance(series, steps)
        self._check_holes(series, steps)
        self._check_number(series)
        return series

    def with_history(self, given: Stacked) -> Stacked:
        """Rows, with those of the fitted ones in front that they follow, or overlap."""
        own = self.series
        at = np.array([own.numbers.get(label, -1) for label in given.labels])
        first, known = given.index[given.borders[:-1]], np.flatnonzero(at >= 0)
        if self.freq is None or not len(known):
            return given
        own_first, own_last = (own.index.take(e[at[known]]) for e in (own.borders[:-1], own.ends))
        latest = labels_after_each(own_last, 1, self.freq)
        follows = known[(own_first < first[known]) & (first[known] <= latest)]
        number = np.full(len(own.labels), -1)
        number[at[follows]] = follows
        number = number[own.codes]
        rows = np.flatnonzero(number >= 0)
        rows = rows[own.index[rows] < first[number[rows]]]
        if not len(rows):
            return given
        table = pd.concat([own.table.iloc[rows], given.table])
        codes = np.concatenate([number[rows], given.codes])
        return Stacked.by_number(table, codes, given.labels)

    def warn_of_earlier(self, given: Stacked) -> None:
        """Say which rows, of other series or other times, come before the last fitted one."""
        own = self.series
        last = own.index.take(own.ends)
        newest = last.max()
        for number, label in enumerate(given.labels):
            end, fitted = given.index[given.ends[number]], own.numbers.get(label)
            if end < newest and (fitted is None or end != last[fitted]):
                warnings.warn(
                    f"the rows to score{_whose(given, number)} end at {end!s}, before the last "
                    f"fitted one, {newest!s}: the forecaster has learned from what came after "
                    f"them. Split in time, with cv=TimeSeriesSplit(), or, for several series in "
                    f"one table, cv=GroupTimeSeriesSplit(time=...). {see('backtesting')}",
                    UserWarning,
                    stacklevel=3,
                )
                return

    def _check_distance(self, series: Stacked, steps: np.ndarray) -> None:
        follows = steps == 1
        follows[series.borders[:-1]] = False
        n_following = np.add.reduceat(follows, series.borders[:-1])
        has_hole = np.maximum.reduceat(np.nan_to_num(steps), series.borders[:-1]) > 1
        is_other = (2 * n_following < series.lengths - 1) & ~has_hole
        if is_other.any():
            number, name = int(is_other.argmax()), name_of(self.freq)
            index = series.part(number).index
            raise ValueError(
                f"the rows of data{_whose(series, number)} are not apart as the fitted ones, by "
                f"{name!r}: they are at {index[0]!s}, {index[1]!s}, ... Aggregate them first, for "
                f"example with df.resample({name!r}).mean(). {see('missing values')}"
            )

    def _check_holes(self, series: Stacked, steps: np.ndarray) -> None:
        rows = np.flatnonzero((steps > 1) & series.are_last(self.n_rows - 1))
        if len(rows):
            number, name = series.codes[rows[0]], name_of(self.freq)
            holes = missing_labels(series.part(number).index[-self.n_rows :], self.freq)
            raise ValueError(
                f"the rows of data{_whose(series, number)} have a hole: "
                f"{', '.join(map(str, holes[:3]))} ({len(holes)} at frequency {name!r}) are "
                f"missing among the last {self.n_rows}, which the forecast is made from. Give "
                f"these rows, or make rows of them with df.asfreq({name!r}) and fill them."
                f" {see('missing values')}"
            )

    def _check_number(self, series: Stacked) -> None:
        own = self.series
        for number in np.flatnonzero(series.lengths < self.n_rows).tolist():
            part, fitted = series.part(number), own.numbers.get(series.labels[number])
            if fitted is not None and own.part(fitted).equals(part):
                continue  # a short series, as it was fitted
            raise ValueError(
                f"data has {len(part)} rows{_whose(series, number)}, and a forecast needs the last "
                f"{self.n_rows}, the longest window; they do not follow the fitted rows, which "
                f"would have been their history. Give {self.n_rows - len(part)} more."
                f" {see('serving')}"
            )


def warn_if_missing(
    values: np.ndarray, series: Stacked, features: list[Any], n_rows: int, coming: str = ""
) -> None:
    """Say why forecasts are missing, of the first series that has none.

    Parameters
    ----------
    values : ndarray of shape (n_series, ...)
        The forecasts.
    series : Stacked
        The rows that they are made from, and others before.
    features : list
        Names of the columns that are read.
    n_rows : int
        How many rows are read.
    coming : str
        Which coming values are missing.
    """
    numbers = np.flatnonzero(np.isnan(values).reshape(len(values), -1).any(axis=1))
    if not len(numbers):
        return
    part = series.part(numbers[0])
    newest = part.iloc[-n_rows:]
    columns = [column for column in features if newest[column].isna().any()]
    rows = newest.index[newest[columns].isna().any(axis=1)] if columns else newest.index[:0]
    what = f": {columns} miss values at {', '.join(map(str, rows[:3]))}" * bool(columns)
    few = f": it has {len(part)} rows" * (not columns and len(part) < n_rows)
    more = f" So are those of {len(numbers) - 1} other series." * (len(numbers) > 1)
    why = f"something is missing among the last {n_rows} rows, which it is made from{what}{few}"
    why = coming if coming and not what and not few else why
    warnings.warn(
        f"the forecast{_whose(series, numbers[0])} is NaN, because {why}.{more} Fill the missing "
        f"values (df.ffill()), shorten the window, or let the network skip such rows "
        f"(WindowTransformer(missing='mask')). {see('missing values')}",
        UserWarning,
        stacklevel=3,
    )


def _whose(series: Stacked, number: int) -> str:
    label = series.labels[number]
    return "" if label is None else f" of {label!r}"
