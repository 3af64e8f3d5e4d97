"""How far the rows of a table are apart, and which of them follow one another."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skforecast_lstm._dates import find_freq, holidays_between, steps_after, steps_between
from skforecast_lstm._pages import see
from skforecast_lstm._plain import PlainState
from skforecast_lstm._validation import is_time_index

__all__ = ["Clock", "Ticks", "ticks"]


class Ticks(NamedTuple):
    """Times as numbers; those of one kind can be compared."""

    kind: str
    numbers: np.ndarray


def ticks(index: Any) -> Any:
    """Return times as :class:`Ticks`; None if the labels are no times."""
    if not is_time_index(index):
        return None
    if isinstance(index, pd.PeriodIndex):
        return Ticks(f"periods of {index.freqstr}", index.asi8)
    if isinstance(index, pd.DatetimeIndex):
        kind = "dates" if index.tz is None else "dates of a time zone"
        return Ticks(kind, index.as_unit("ns").asi8)
    if isinstance(index, pd.TimedeltaIndex):
        return Ticks("timedeltas", index.as_unit("ns").asi8)
    return Ticks("numbers", index.to_numpy())


@dataclass
class Clock(PlainState):
    """Tells which rows follow one another in time.

    Parameters
    ----------
    freq : DateOffset, number, timedelta or None
        How far they are apart; None if that is not regular.
    longest : number
        The longest time between fitted rows of a series: irregular ones are no further apart.
    n_holidays : int
        The most business days in a row that are missing between fitted rows, as holidays are.
    own : dict
        Clocks of the series whose rows are further apart than those of the others, by label.
    origin : label or None
        The first fitted row, which others are counted from.
    """

    freq: Any
    longest: Any
    n_holidays: int = 0
    own: dict[Any, Clock] = field(default_factory=dict)
    origin: Any = None

    @classmethod
    def of(cls, index: pd.Index, borders: np.ndarray, labels: Sequence[Any]) -> Clock:
        """Find how far rows are apart, those of a series one after the other."""
        every = index if len(labels) == 1 else index.unique().sort_values()
        is_within = ~_are_first(borders)
        apart = np.diff(ticks(index).numbers)[is_within[1:]]
        clock = cls(find_freq(every), apart.max() if len(apart) else 0, origin=every[0])
        clock.n_holidays = int(clock._holidays(index, borders).max(initial=0))
        if len(labels) > 1 and clock.freq is not None:
            is_break = clock.breaks(index, borders, labels) & is_within
            lengths = np.diff(borders)
            n_breaks = np.add.reduceat(is_break, borders[:-1])
            for number in np.flatnonzero((2 * n_breaks >= lengths) & (lengths > 2)).tolist():
                part = index[borders[number] : borders[number + 1]]
                alone = cls.of(part, np.array([0, len(part)]), [None])
                clock.own[labels[number]] = alone
        return clock

    def breaks(self, index: pd.Index, borders: np.ndarray, labels: Sequence[Any]) -> np.ndarray:
        """Tell which rows do not directly follow the one before in their series."""
        is_break = self._breaks(index)
        for number, label in enumerate(labels) if self.own else ():
            if label in self.own:
                part = slice(*borders[number : number + 2])
                is_break[part] = self.own[label]._breaks(index[part])
        return is_break & ~_are_first(borders)

    def counts(self, index: pd.Index, borders: np.ndarray, labels: Sequence[Any]) -> np.ndarray:
        """How many rows each is after the first fitted one; NaN where that cannot be told."""
        every = index.unique().sort_values()
        counts = steps_after(self.origin, every, self.freq)[every.get_indexer(index)]
        for number, label in enumerate(labels) if self.own else ():
            if label in self.own:
                part, clock = slice(*borders[number : number + 2]), self.own[label]
                counts[part] = steps_after(clock.origin, index[part], clock.freq)
        return counts

    def warn_of_holidays(self, index: pd.Index, borders: np.ndarray) -> None:
        """Say where business days are taken for holidays that were none in the fitted rows."""
        n_days = self._holidays(index, borders)
        if n_days.max(initial=0) <= self.n_holidays:
            return
        row = int(np.argmax(n_days > self.n_holidays))
        warnings.warn(
            f"business days are missing between {index[row]!s} and {index[row + 1]!s} "
            f"({int(n_days[row])}, but at most {self.n_holidays} in a row between the fitted "
            f"rows). "
            f"They are taken for holidays, so the window of the later row contains the earlier "
            f"row. If they are no holidays, give their rows, too. {see('missing values')}",
            UserWarning,
            stacklevel=5,
        )

    def _holidays(self, index: pd.Index, borders: np.ndarray) -> np.ndarray:
        return holidays_between(index, self.freq) * ~_are_first(borders)[1:]

    def _breaks(self, index: pd.Index) -> np.ndarray:
        is_break = np.zeros(len(index), dtype=bool)
        if self.freq is None:
            is_break[1:] = np.diff(ticks(index).numbers) > self.longest
        else:
            is_break[1:] = steps_between(index, self.freq) != 1
        return is_break


def _are_first(borders: np.ndarray) -> np.ndarray:
    """Tell which rows are the first of their series."""
    is_first = np.zeros(borders[-1], dtype=bool)
    is_first[borders[:-1]] = True
    return is_first
