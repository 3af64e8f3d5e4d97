"""When rows were, and when those that follow will be."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from skforecast_lstm._pages import see
from skforecast_lstm._validation import is_time_index

__all__ = [
    "are_dates",
    "date_advice",
    "find_freq",
    "holidays_between",
    "infer_freq",
    "labels_after",
    "labels_after_each",
    "missing_labels",
    "name_of",
    "next_labels",
    "refuse_dates",
    "steps_after",
    "steps_between",
    "to_dates",
]

# Exchanges close for so many business days in a row: that is no hole in the table.
N_HOLIDAYS = 3
# In text the day comes first, or not.
_BOTH = (True, False)
_DECIMAL = re.compile(r"\s*[-+]?[\d.]*,\d+\s*")


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
            f"the dates that follow {index[-1]!s} are not known: the rows of the fitted table are "
            f"not regularly apart. Give them a frequency, for example with df.asfreq('D')."
            f" {see('missing values')}"
        )
    if isinstance(index, pd.DatetimeIndex):
        following = pd.date_range(index[-1], periods=n + 1, freq=freq, name=index.name)
        return following[following > index[-1]][:n]
    if isinstance(index, pd.PeriodIndex):
        return pd.period_range(index[-1] + 1, periods=n, freq=freq, name=index.name)
    return pd.Index([index[-1] + freq * (k + 1) for k in range(n)], name=index.name)


def labels_after_each(index: pd.Index, n: int, freq: Any) -> pd.Index:
    """Labels of the `n` rows that follow each label of an index, one after the other.

    Raises
    ------
    ValueError
        If the frequency is not known.
    """
    codes, last = pd.factorize(index)
    last = last.rename(index.name)
    parts = [labels_after(last[at : at + 1], n, freq) for at in range(len(last))]
    every = parts[0].append(parts[1:])
    return every.take((n * codes[:, np.newaxis] + np.arange(n)).ravel())


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
    return _same_day_freq(index) if freq is None else pd.tseries.frequencies.to_offset(freq)


def _same_day_freq(index: pd.DatetimeIndex) -> Any:
    """The frequency of rows on one day of every k-th month, as the 15th or the 30th, or None.

    Where a month is too short for the day, the last one stands for it.
    """
    wall = index.tz_localize(None)
    day = int(wall.day.max())
    is_same = (wall.day == np.minimum(day, wall.days_in_month)).all()
    is_same = is_same and ((wall - wall.normalize()) == wall[0] - wall[0].normalize()).all()
    months = np.unique(np.diff(wall.year * 12 + wall.month))
    if not is_same or len(months) != 1 or months[0] < 1:
        return None
    return pd.DateOffset(months=int(months[0]), day=day)


def name_of(freq: Any) -> Any:
    """How a frequency is written."""
    return getattr(freq, "freqstr", freq.item() if isinstance(freq, np.generic) else freq)


# --- steps between labels -----------------------------------------------------------------------


def steps_between(index: pd.Index, freq: Any) -> np.ndarray:
    """Count how many steps each label is after the one before it.

    Parameters
    ----------
    index : Index of length n
        Dates, periods, timedeltas or numbers. Labels of other types count as rows.
    freq : DateOffset, number, timedelta or None
        How far rows are apart, as :func:`find_freq` gives it.

    Returns
    -------
    steps : ndarray of float of shape (n - 1,)
        1: directly following; k: a hole of ``k - 1`` rows. NaN where it cannot be told: the label
        is no whole number of steps later, goes back, or is missing. Between business days up to
        three missing ones in a row are holidays, and count as directly following.
    """
    if not is_time_index(index):
        return np.ones(max(0, len(index) - 1))
    if len(index) < 2 or freq is None:
        return np.full(max(0, len(index) - 1), np.nan)
    try:
        steps = _count_steps(index, freq)
    except (TypeError, ValueError):  # a frequency of other labels
        return np.full(len(index) - 1, np.nan)
    is_told = (steps >= 0.5) & (np.abs(steps - np.rint(steps)) < 1e-6)
    is_missing = np.asarray(index.isna())
    is_told &= ~(is_missing[1:] | is_missing[:-1])
    return np.where(is_told, np.rint(steps), np.nan)


def steps_after(origin: Any, index: pd.Index, freq: Any) -> np.ndarray:
    """Count how many steps labels, in the order of time, are after an origin.

    Parameters
    ----------
    origin : label
        What is counted from.
    index : Index of length n
        Dates, periods, timedeltas or numbers.
    freq : DateOffset, number, timedelta or None
        How far rows are apart, as :func:`find_freq` gives it.

    Returns
    -------
    steps : ndarray of float of shape (n,)
        Holidays count among business days. NaN where it cannot be told.
    """
    unknown = np.full(len(index), np.nan)
    if freq is None or not len(index):
        return unknown
    both = index.insert(0, origin)
    try:
        if isinstance(both, pd.DatetimeIndex) and type(freq) is pd.offsets.BusinessDay:
            apart = _count_business_days(both) / freq.n
        else:
            apart = _count_steps(both, freq)
    except (TypeError, ValueError):  # a frequency of other labels
        return unknown
    steps = np.cumsum(apart)
    return np.where(np.abs(steps - np.rint(steps)) < 1e-6, np.rint(steps), np.nan)


def _count_steps(index: pd.Index, freq: Any) -> np.ndarray:
    """Steps between labels, as fractions where they are no whole number."""
    if isinstance(index, pd.PeriodIndex):
        own: Any = index.freq
        if own.base != pd.tseries.frequencies.to_offset(freq).base:
            raise ValueError("periods of another frequency")
        return np.diff(index.asi8) / freq.n
    if isinstance(index, pd.TimedeltaIndex):
        return np.diff(index) / pd.Timedelta(freq).to_timedelta64()
    if not isinstance(index, pd.DatetimeIndex):
        values = np.asarray(index)
        return np.diff(values.astype(np.int64 if values.dtype.kind in "iu" else float)) / freq
    if type(freq) is pd.offsets.BusinessDay:  # one with a calendar knows its own holidays
        counts = _count_business_days(index)
        return (counts - _holidays(counts)) / freq.n
    if isinstance(freq, (pd.offsets.Day, pd.offsets.Week)):
        # A day is a day by the clock on the wall, an hour longer in autumn.
        n_days = freq.n * (7 if isinstance(freq, pd.offsets.Week) else 1)
        return np.diff(index.tz_localize(None)) / np.timedelta64(n_days, "D")
    if isinstance(freq, (pd.offsets.Tick, pd.Timedelta, np.timedelta64)):
        instants = index if index.tz is None else index.tz_convert(None)
        return np.diff(instants) / pd.Timedelta(freq).to_timedelta64()
    return _count_on_grid(index, freq)


def _count_business_days(index: pd.DatetimeIndex) -> np.ndarray:
    """Business days between labels; NaN beside a day of a weekend."""
    wall = index.tz_localize(None)
    days = np.asarray(wall).astype("datetime64[D]")
    counts = np.busday_count(days[:-1], days[1:]).astype(float)
    is_business = np.is_busday(days)
    is_same_time = np.diff(np.asarray(wall) - days) == np.timedelta64(0)
    return np.where(is_business[1:] & is_business[:-1] & is_same_time, counts, np.nan)


def holidays_between(index: pd.Index, freq: Any) -> np.ndarray:
    """Business days missing before each label but the first that :func:`steps_between` lets pass.

    Zero for rows of any other frequency.
    """
    n_pairs = max(0, len(index) - 1)
    if type(freq) is not pd.offsets.BusinessDay or not isinstance(index, pd.DatetimeIndex):
        return np.zeros(n_pairs)
    return _holidays(_count_business_days(index))


def _holidays(counts: np.ndarray) -> np.ndarray:
    """How many of so many business days are taken for holidays."""
    return np.where((counts > 1) & (counts <= N_HOLIDAYS + 1), counts - 1, 0)


def _count_on_grid(index: pd.DatetimeIndex, freq: pd.offsets.BaseOffset) -> np.ndarray:
    """Steps between labels by their places among all labels that a frequency makes."""
    if not isinstance(freq, pd.offsets.BaseOffset):
        raise TypeError(f"no frequency of dates: {freq!r}")
    grid = pd.date_range(index.min(), index.max(), freq=freq.base)
    places = grid.get_indexer(index).astype(float)
    places[places < 0] = np.nan
    return np.diff(places) / freq.n


# --- labels of other types ----------------------------------------------------------------------


def to_dates(index: pd.Index) -> pd.Index:
    """Return an index of ``datetime.date`` or ``datetime`` objects as dates, any other as it is."""
    if isinstance(index, pd.MultiIndex):
        dated: Any = [to_dates(level) for level in index.levels]
        is_same = all(new is old for new, old in zip(dated, index.levels, strict=True))
        return index if is_same else index.set_levels(dated)
    is_dates = index.dtype == object and index.inferred_type in ("date", "datetime", "datetime64")
    return pd.DatetimeIndex(index) if is_dates else index


def are_dates(index: pd.Index) -> bool:
    """Tell whether labels are the text of dates, the month or the day first."""
    if is_time_index(index) or not len(index):
        return False
    n_parsed = max(_count_parsed(index, dayfirst=first) for first in _BOTH)
    return 2 * n_parsed > len(_sample(index))


def date_advice(labels: str, index: pd.Index) -> str:
    """How to make dates of an index or column of text.

    Parameters
    ----------
    labels : str
        How a reader writes it, ``"df.index"``.
    index : Index
        The text.
    """
    sample = _sample(index)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of text that begins with the year
        guess: Any = pd.tseries.api.guess_datetime_format
        formats = [guess(sample[0], dayfirst=first) for first in _BOTH]
    counts = {form: _count_parsed(sample, format=form) for form in formats if form}
    formats = [form for form, count in counts.items() if count == max(counts.values())]
    if not formats or any(form.startswith("%Y") for form in formats):
        return f"with {labels} = pd.to_datetime({labels})"
    ways = [f"pd.to_datetime({labels}, format={form!r})" for form in formats]
    other = f" if the day comes first, or {ways[1]} if the month does" if len(ways) > 1 else ""
    short = " (short: dayfirst=True)" if formats[0].startswith("%d") else ""
    return f"with {labels} = {ways[0]}{short}{other}"


def _sample(index: pd.Index) -> pd.Index:
    """Some labels, the first and the last among them."""
    return index[np.unique(np.linspace(0, len(index) - 1, 40).astype(int))]


def _count_parsed(index: pd.Index, **how: Any) -> int:
    """How many of some labels are the text of dates."""
    sample = _sample(index)
    if not all(isinstance(label, str) for label in sample):
        return 0
    # pandas 3 takes "1.234,5", a number with a decimal comma, for a date of the first century.
    sample = sample[[_DECIMAL.fullmatch(label) is None for label in sample]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        dates = pd.to_datetime(sample, errors="coerce", utc=True, **how)
    return int(np.count_nonzero(dates.notna()))


def _holds_dates(column: pd.Series) -> bool:
    """Tell whether a column of a table holds dates, or the text of dates."""
    if isinstance(column.dtype, (pd.PeriodDtype, pd.DatetimeTZDtype)):
        return True
    if pd.api.types.is_datetime64_any_dtype(column):
        return True
    if pd.api.types.is_numeric_dtype(column) or isinstance(column.dtype, pd.CategoricalDtype):
        return False
    labels = pd.Index(column.dropna())
    return to_dates(labels) is not labels or are_dates(labels)


def refuse_dates(features: Any) -> None:
    """Refuse dates among features and targets: they tell when the rows were, and are no numbers.

    Raises
    ------
    ValueError
        If a column of a table holds dates, or the text of dates.
    """
    if not isinstance(features, pd.DataFrame):
        return
    for position, dtype in enumerate(features.dtypes):
        if pd.api.types.is_numeric_dtype(dtype) or not _holds_dates(features.iloc[:, position]):
            continue
        name = features.columns[position]
        column = pd.Index(features.iloc[:, position].dropna())
        way = f"with df[{name!r}] = pd.to_datetime(df[{name!r}])"
        way = date_advice(f"df[{name!r}]", column) if are_dates(column) else way
        first = ", dayfirst=True" * ("dayfirst" in way)
        raise ValueError(
            f"column {name!r} contains dates, which are no feature or target. Make it the index, "
            f"with pd.read_csv(..., index_col={name!r}, parse_dates=True{first}), or with "
            f"df.set_index({name!r}) after {way.removeprefix('with ')}. Or name it "
            f"in make_supervised and Forecaster: time={name!r}. CalendarFeatures makes features of "
            f"the index. {see('start')}"
        )


def missing_labels(index: pd.Index, freq: Any) -> pd.Index:
    """Labels of the rows that are missing in the holes between those of an index."""
    if freq is None or len(index) < 2:
        return index[:0]
    rows = np.flatnonzero(steps_between(index, freq) > 1)
    found: list[Any] = []
    for row in rows.tolist():
        n_missing = int(steps_between(index[row : row + 2], freq)[0]) - 1
        found.extend(labels_after(index[row : row + 1], n_missing, freq))
    return pd.Index(found)
