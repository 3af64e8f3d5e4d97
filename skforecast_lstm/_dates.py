"""When rows were, and when those that follow will be."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from skforecast_lstm._validation import is_time_index

__all__ = ["find_freq", "infer_freq", "labels_after", "next_labels"]


def find_freq(index: pd.Index) -> Any:
    """Find how far regular rows are apart; holes between them do not matter.

    Parameters
    ----------
    index : Index
        Dates, periods or numbers in time order; of several series, their union.

    Returns
    -------
    freq : DateOffset, number, timedelta or None
        None: they are not regular. Labels that are neither dates nor numbers count as rows.
    """
    if not is_time_index(index):
        return 1
    freq = getattr(index, "freq", None)
    if freq is not None:
        return freq
    index = index.unique()
    if isinstance(index, pd.DatetimeIndex):
        starts = np.unique(np.linspace(0, max(0, len(index) - 12), 50).astype(int))
        found = Counter(filter(None, (infer_freq(index[i : i + 12]) for i in starts)))
        return found.most_common(1)[0][0] if found else None
    steps, counts = np.unique(np.diff(index), return_counts=True)
    # Mostly the shortest step, and else holes of so many of them.
    is_regular = len(steps) > 0 and 2 * counts[0] > counts.sum()
    return steps[0] if is_regular and not (steps % steps[0]).astype(bool).any() else None


def labels_after(index: pd.Index, n: int, freq: Any) -> pd.Index:
    """Labels of the `n` rows that follow.

    Raises
    ------
    ValueError
        If the frequency is not known.
    """
    if freq is None:
        raise ValueError(
            f"the dates that follow {index[-1]!s} cannot be told: the rows of the fitted table are "
            f"not regularly apart. Give them a frequency, for example with df.asfreq('D')."
        )
    if isinstance(index, pd.DatetimeIndex):
        following = pd.date_range(index[-1], periods=n + 1, freq=freq, name=index.name)
        return following[following > index[-1]][:n]
    if isinstance(index, pd.PeriodIndex):
        return pd.period_range(index[-1] + 1, periods=n, freq=freq, name=index.name)
    return pd.Index([index[-1] + freq * (k + 1) for k in range(n)], name=index.name)


def next_labels(index: Any) -> tuple[Any, Any] | None:
    """The last label of a time index, and the latest that a row one step later can have."""
    if not is_time_index(index):
        return None
    last = index[-1]
    if isinstance(index, pd.PeriodIndex):
        return last, last + 1
    if isinstance(index, pd.DatetimeIndex):
        freq = index.freq or infer_freq(index[-1000:])
        if freq is not None:
            # In autumn a day has an hour more, which a day of pandas 2 does not know.
            clock_change = pd.Timedelta(hours=0 if index.tz is None else 1)
            is_short = last + freq - last < pd.Timedelta(days=1)
            return last, last + freq + (pd.Timedelta(0) if is_short else clock_change)
    if len(index) < 2:
        return last, last  # nobody knows how long a step is
    # Irregular times: a step is no longer than the longest among the fitted rows.
    return last, last + (index[1:] - index[:-1]).max()


def infer_freq(index: pd.DatetimeIndex) -> Any:
    """The frequency that regular dates follow, or None."""
    if len(index) < 3:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of pandas 3: another type to come
        freq = pd.infer_freq(index)
    return None if freq is None else pd.tseries.frequencies.to_offset(freq)
