"""Rows of a table by series and time, and where other rows have their place among them."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skforecast_lstm._clock import Clock, ticks
from skforecast_lstm._pages import see
from skforecast_lstm._plain import PlainState
from skforecast_lstm._validation import rows_of_series
from skforecast_lstm._windows import RowTimes, Windows, are_asked_for, holes_are_said

__all__ = ["FittedRows", "Rows", "split_groups"]

# Rows are taken for a piece of the fitted table if it would be so by chance less often than this.
_MAX_CHANCE = 1e-3
# So many rows of a piece are compared before all are, unless it can only be in so many places.
_N_COMPARED = 64
_N_CANDIDATES = 2
# So many fitted rows tell how often rows are equal.
_N_SAMPLED = 2_000


@dataclass
class Rows(PlainState):
    """Rows of a table: those of a series in the order of time, one series after the other.

    Parameters
    ----------
    table : ndarray of shape (n_rows, n_features)
        The rows.
    places : ndarray of int of shape (n_rows,)
        For each row of the table as it was given, its place among these.
    labels : list
        Those of the series; [None] if there is one.
    borders : ndarray of int of shape (n_series + 1,)
        The first row of each series, and the number of rows.
    index : Index or None
        When the rows were, if their index tells it.
    """

    table: np.ndarray
    places: np.ndarray
    labels: Sequence[Any]
    borders: np.ndarray
    index: Any

    @classmethod
    def of(cls, values: np.ndarray, index: pd.Index | None, labels: Any) -> Rows:
        """Part a table; `labels` tell to which series each row belongs."""
        if index is not None and ticks(index) is None:
            index = None
        places = np.arange(len(values))
        if labels is None:
            return cls(values, places, [None], np.array([0, len(values)]), index)
        parts = rows_of_series(labels)
        order = np.concatenate(list(parts.values()))
        borders = np.cumsum([0, *map(len, parts.values())])
        places[order] = np.arange(len(values))
        index = None if index is None else index.take(order)
        return cls(values[order], places, list(parts), borders, index)

    @functools.cached_property
    def ticks(self) -> np.ndarray:
        """When the rows were, as numbers."""
        return ticks(self.index).numbers

    def begins_later(self, number: int) -> bool:
        """Tell whether a series begins after others do, so that there was nothing before it."""
        first = self.borders[number]
        if self.index is not None:
            return bool(self.ticks[first] > self.ticks.min())
        return int(np.flatnonzero(self.places == first)[0]) >= len(self.labels)

    @property
    def lengths(self) -> np.ndarray:
        """How many rows each series has."""
        return np.diff(self.borders)

    @property
    def series(self) -> np.ndarray:
        """The number of the series of each row."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)


@dataclass
class FittedRows(PlainState):
    """The rows that ``fit`` has seen, which are the history of rows that come later.

    Parameters
    ----------
    rows : Rows
        The rows.
    clock : Clock or None
        How far they are apart; None without times.
    is_first : ndarray of bool of shape (n_rows,)
        Which begin a series, or follow a hole in time.
    """

    rows: Rows
    clock: Clock | None
    is_first: np.ndarray
    _known: dict[int, _Habits] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, rows: Rows) -> FittedRows:
        """Copy rows, and find their holes."""
        table = rows.table.copy()
        table.flags.writeable = False
        rows = replace(rows, table=table)
        clock = None if rows.index is None else Clock.of(rows.index, rows.borders, rows.labels)
        return cls(rows, clock, _begins(rows, clock))

    @property
    def labels(self) -> Sequence[Any]:
        """Those of the series."""
        return self.rows.labels

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_known": {}}

    def without_rows(self) -> FittedRows:
        """Fitted rows that are the history of none."""
        rows = self.rows
        none = replace(rows, labels=[], borders=np.array([0]), places=rows.places[:0])
        return replace(self, rows=none)

    def last_rows(self, label: Any, n_rows: int, padding: str) -> np.ndarray:
        """The newest rows of a series, padded in front where it is short."""
        part = self.rows.table[self._slice(label)]
        fill = part[0] if padding == "edge" else np.nan
        before = np.full((max(0, n_rows - len(part)), part.shape[1]), fill, dtype=part.dtype)
        return np.concatenate([before, part[len(part) - n_rows + len(before) :]])

    def _slice(self, label: Any) -> slice:
        number = self._numbers[label]
        return slice(*self.rows.borders[number : number + 2])

    @functools.cached_property
    def _numbers(self) -> dict[Any, int]:
        return {label: number for number, label in enumerate(self.rows.labels)}

    # --- training ------------------------------------------------------------------------------

    def are_last(self, n_rows: int) -> np.ndarray:
        """Tell which rows are so near the end of their series, or a hole in it.

        What lies after a series, or in a hole, may be what a split left for the test.
        """
        starts = np.append(np.flatnonzero(self.is_first), len(self.is_first))
        n_after = np.repeat(starts[1:], np.diff(starts)) - 1 - np.arange(len(self.is_first))
        return n_after < n_rows

    def windows(self, n_steps: int, n_purged: int) -> Windows:
        """The windows of all rows; none crosses a hole, and the last rows before one are purged."""
        rows = self.rows
        return Windows(
            rows.table,
            rows.places,
            n_steps,
            n_lacking=_n_lacking(self.is_first, n_steps)[0][rows.places],
            is_purged=self.are_last(n_purged),
            series=rows.series if len(rows.labels) > 1 else None,
            index=rows.index,
            times=self._times(self._counts, rows.labels),
        )

    @functools.cached_property
    def _counts(self) -> np.ndarray:
        """How many rows each is after the first; without times, after the first of its series."""
        rows = self.rows
        if self.clock is not None:
            return self.clock.counts(rows.index, rows.borders, rows.labels)
        return np.arange(len(rows.table)) - np.repeat(rows.borders[:-1], rows.lengths)

    def _times(self, counts: np.ndarray, labels: Sequence[Any]) -> RowTimes:
        """When rows of series were; their origin is the first fitted row."""
        rows = self.rows
        origin = rows.table[:1].tobytes() if self.clock is None else self.clock.origin
        return RowTimes(counts, origin, labels)

    def warn_of_holes(self, owner: str) -> None:
        """Say which rows follow a hole in time."""
        is_hole = self.is_first.copy()
        is_hole[self.rows.borders[:-1]] = False
        holes = np.flatnonzero(is_hole)
        index = self.rows.index
        if not len(holes) or index is None or holes_are_said():
            return
        label = self.rows.labels[int(self.rows.series[holes[0]])]
        whose = "" if label is None else f" of series {label!r}"
        warnings.warn(
            f"the rows given to {owner} have {len(holes)} hole{'s' * (len(holes) > 1)} in time, "
            f"the first between {index[holes[0] - 1]!s} and {index[holes[0]]!s}{whose}. Windows "
            f"that would cross a hole are left out of training. If a splitter took the rows out "
            f"(KFold, which is cv=None or cv=5 in a search, shuffle=True, train_test_split), the "
            f"model trains on what comes after its test rows. Split with TimeSeriesSplit. If the "
            f"data have gaps, make rows of them ({_advice(label)}) and fill these. "
            f"{see('pitfalls', 'missing values')}",
            UserWarning,
            stacklevel=5,
        )

    # --- other rows ----------------------------------------------------------------------------

    def windows_of(self, rows: Rows, n_steps: int) -> Windows:
        """The windows of any rows, with the fitted ones that are their history."""
        index = self._index_like(rows)
        by_time = index is not None
        rows = replace(rows, index=index)
        places = [self._place(rows, number, n_steps - 1) for number in range(len(rows.labels))]
        before = np.concatenate([place.before for place in places])
        series = np.repeat(np.arange(len(places)), [len(place.before) for place in places])
        series = np.concatenate([series, rows.series])
        if by_time:
            time = np.concatenate([self.rows.ticks[before], rows.ticks])
            order = np.lexsort((time, series))
            index = self.rows.index.take(before).append(index).take(order)
        else:
            order = np.argsort(series, kind="stable")
        is_first = np.concatenate([self.is_first[before], *(place.is_first for place in places)])
        merged = replace(
            rows,
            table=np.concatenate([self.rows.table[before], rows.table])[order],
            borders=np.searchsorted(series[order], np.arange(len(places) + 1)),
            index=index,
        )
        is_first = _begins(merged, self.clock) if by_time else is_first[order]
        counts = np.concatenate([place.counts for place in places])
        if by_time and self.clock is not None:
            self.clock.warn_of_holidays(merged.index, merged.borders)
            counts = self.clock.counts(merged.index, merged.borders, merged.labels)
        is_first[merged.borders[:-1]] = True
        at = np.empty(len(order), dtype=np.intp)
        at[order] = np.arange(len(order))
        at = at[len(before) :][rows.places]
        n_lacking, starts = _n_lacking(is_first, n_steps)
        is_head = np.zeros(len(order), dtype=bool)
        is_head[merged.borders[:-1]] = [place.is_head for place in places]
        is_cold = ((n_lacking > 0) & ~is_head[starts])[at]
        return Windows(
            merged.table,
            at,
            n_steps,
            n_lacking=n_lacking[at],
            is_cold=is_cold & are_asked_for(len(at)),
            series=merged.series if len(places) > 1 else None,
            index=index,
            times=self._times(counts, merged.labels),
        )

    def _index_like(self, rows: Rows) -> Any:
        """The index of rows, if it can be compared with that of the fitted ones."""
        index, own = rows.index, self.rows.index
        if index is None or own is None or ticks(index).kind != ticks(own).kind:
            return None
        return index.tz_convert(own.tz) if getattr(own, "tz", None) is not None else index

    def _place(self, rows: Rows, number: int, n_before: int) -> _Place:
        """Find the fitted rows that belong before and between those of a series."""
        given = slice(*rows.borders[number : number + 2])
        unknown = np.zeros(given.stop - given.start, dtype=bool)
        if rows.labels[number] not in self._numbers:
            return _Place.of(np.arange(0), unknown, is_head=rows.begins_later(number))
        own = self._slice(rows.labels[number])
        if rows.index is not None:
            before, is_head = self._before_by_time(rows, given, own, n_before)
            return _Place.of(before, unknown, is_head=is_head)
        at = _find_piece(self.rows.table[own], rows.table[given], self._habits(own))
        if at is None:  # they continue
            at = own.stop - own.start
        found = self.is_first[own][at : at + len(unknown)]
        unknown[: len(found)] = found
        before = np.arange(max(own.start, own.start + at - n_before), own.start + at)
        rows_of_series = np.arange(at - len(before), at + len(unknown))
        later = np.maximum(rows_of_series - (own.stop - own.start - 1), 0)
        counts = self._counts[np.minimum(rows_of_series + own.start, own.stop - 1)] + later
        return _Place(before, unknown, at <= n_before, counts)

    def _habits(self, own: slice) -> _Habits:
        """What is usual for the values of a series."""
        if own.start not in self._known:
            self._known[own.start] = _Habits.of(self.rows.table[own])
        return self._known[own.start]

    def _before_by_time(
        self, rows: Rows, given: slice, own: slice, n_before: int
    ) -> tuple[np.ndarray, bool]:
        """The fitted rows just before those given, and between them; whether any came earlier."""
        ours, theirs = self.rows.ticks[own], rows.ticks[given]
        start, stop = np.searchsorted(ours, theirs[0]), np.searchsorted(ours, theirs[-1], "right")
        between = np.arange(max(0, start - n_before), stop)
        at = np.minimum(np.searchsorted(theirs, ours[between]), len(theirs) - 1)
        is_given = theirs[at] == ours[between]
        before = between[~is_given]
        is_head = ours[0] == (min(theirs[0], ours[before[0]]) if len(before) else theirs[0])
        both = between[is_given] + own.start
        old, new = self.rows.table[both], rows.table[given][at[is_given]]
        if not np.array_equal(old, new, equal_nan=True) and _differ(old, new, self._habits(own)):
            return before[:0], bool(ours[0] == theirs[0])
        return before + own.start, bool(is_head)


class _Habits(NamedTuple):
    """How far values are apart, and how large they are, by column; how often rows are equal."""

    spread: np.ndarray
    level: np.ndarray
    chance: float

    @classmethod
    def of(cls, table: np.ndarray) -> _Habits:
        """Look at a series; at a sample of its rows for how often they are equal."""
        known = np.ma.masked_invalid(table)
        rows = np.unique(np.linspace(0, len(table) - 1, min(len(table), _N_SAMPLED)).astype(int))
        counts = np.unique(table[rows], axis=0, return_counts=True)[1]
        chance = (counts * (counts - 1)).sum() / max(1, len(rows) * (len(rows) - 1))
        return cls(known.std(axis=0).filled(0), np.abs(known).max(axis=0).filled(0), float(chance))

    def rounding(self, old: np.ndarray, new: np.ndarray) -> np.ndarray:
        """How far equal values of each column may be apart."""
        # It grows with the level of a series; how far its values are apart, with its spread.
        eps = max(np.finfo(old.dtype).eps, np.finfo(new.dtype).eps)
        return np.sqrt(eps) * self.spread + 8 * eps * self.level


@dataclass
class _Place:
    """Fitted rows before and between those of a series; which of these follow a hole.

    The counts, of these and then of the rows of the series, tell when they were.
    """

    before: np.ndarray
    is_first: np.ndarray
    is_head: bool
    counts: np.ndarray

    @classmethod
    def of(cls, before: np.ndarray, is_first: np.ndarray, *, is_head: bool) -> _Place:
        """Rows of which the index tells when they were, or nothing does."""
        return cls(before, is_first, is_head, np.full(len(before) + len(is_first), np.nan))


def _begins(rows: Rows, clock: Clock | None) -> np.ndarray:
    """Tell which rows begin a series, or follow a hole in time."""
    is_first = np.zeros(len(rows.table), dtype=bool)
    if clock is not None:
        is_first |= clock.breaks(rows.index, rows.borders, rows.labels)
    is_first[rows.borders[:-1]] = True
    return is_first


def _n_lacking(is_first: np.ndarray, n_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Steps that the window of each row lacks, and the row that its stretch of rows begins with."""
    rows = np.arange(len(is_first))
    starts = np.maximum.accumulate(np.where(is_first, rows, 0))
    return np.maximum(n_steps - 1 - (rows - starts), 0), starts


def _differ(old: np.ndarray, new: np.ndarray, habits: _Habits) -> bool:
    """Tell whether most rows are others: those of another table, of the same dates."""
    if not len(old):
        return False
    return bool(_are_near(old, new, habits.rounding(old, new)).mean() < 0.5)


def _are_near(old: np.ndarray, new: np.ndarray, rounding: np.ndarray) -> np.ndarray:
    """Tell which rows are so near; NaN equals NaN."""
    is_known = np.isfinite(old) & np.isfinite(new)
    apart = np.abs(np.subtract(new, old, where=is_known, out=np.zeros(is_known.shape)))
    differs = (apart > rounding) | (np.isfinite(new) != np.isfinite(old))
    return ~differs.any(axis=-1)


def _find_piece(fitted: np.ndarray, given: np.ndarray, habits: _Habits) -> int | None:
    """Where in the fitted rows those given begin, if they are a piece or an extension of them.

    None if they are not, or if it cannot be told: a few rows of values that often come back may be
    like older ones by chance.
    """
    n_fitted, n_given = len(fitted), len(given)
    rounding = habits.rounding(fitted, given)
    # One column leaves few rows to compare.
    found = np.flatnonzero(_are_near(fitted[:, :1], given[0, :1], rounding[:1]))
    few = np.arange(0, n_given, -(-n_given // _N_COMPARED))
    for row in [*few.tolist(), n_given - 1]:
        if len(found) <= _N_CANDIDATES:
            break
        is_like = found + row >= n_fitted
        inside = found[~is_like] + row
        is_like[~is_like] = _are_near(fitted[inside], given[row], rounding)
        found = found[is_like]
    pairs = {at: (fitted[at : at + n_given], given[: n_fitted - at]) for at in found.tolist()}
    pieces = {at: old for at, (old, new) in pairs.items() if _are_near(old, new, rounding).all()}
    if len(pieces.get(0, ())) == n_fitted:
        return 0
    # What stands still for long is alike in many places.
    n_changes = {at: (old[1:] != old[:-1]).any(axis=1).sum() for at, old in pieces.items()}
    likely = [
        at for at, n in n_changes.items() if n_fitted * habits.chance ** (n + 1) < _MAX_CHANCE
    ]
    return likely[0] if len(likely) == 1 else None


def _advice(label: Any) -> str:
    """How rows of NaN are made of the dates that are missing."""
    if label is None:
        return "df.asfreq(...)"
    return "for each series, df.groupby(label).resample(...).asfreq()"


def split_groups(X: Any, group: Any) -> tuple[Any, Any, int | None]:
    """Take the labels of the series out of a table: what is left, the labels, their position."""
    columns = getattr(X, "columns", None)
    if columns is not None and group not in columns and group in X.index.names:
        return X.droplevel(group), X.index.get_level_values(group), None
    n_columns = X.shape[1] if len(X.shape) == 2 else 0
    if columns is not None and group in columns:
        position = int(columns.get_loc(group))
    elif isinstance(group, Integral) and -n_columns <= int(group) < n_columns:
        position = int(group) % n_columns
    else:
        had = f"has {list(columns)}" if columns is not None else f"is an array of {n_columns}"
        raise ValueError(
            f"group={group!r} is not a column of X, which {had}. Steps before the window that "
            f"return arrays lose the names: set_output(transform='pandas') on the pipeline keeps "
            f"them, and GroupScaler hands the column on. {see('many series')}"
        )
    if columns is None:
        return np.delete(X, position, axis=1), X[:, position], position
    return X.drop(columns=columns[position]), X.iloc[:, position], position
