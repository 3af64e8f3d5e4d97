"""Frequencies: found in labels, counted between them, and continued after them."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from skforecast_lstm._dates import (
    are_dates,
    date_advice,
    find_freq,
    labels_after,
    next_labels,
    steps_between,
    to_dates,
)

BERLIN = "Europe/Berlin"
# Labels that directly follow one another.
REGULAR = {
    "hours": pd.date_range("2024-03-30", periods=60, freq="h"),
    "hours in Berlin, in spring": pd.date_range("2024-03-30", periods=60, freq="h", tz=BERLIN),
    "hours in Berlin, in autumn": pd.date_range("2024-10-26", periods=60, freq="h", tz=BERLIN),
    "a quarter of an hour, in seconds": pd.date_range(
        "2024-03-30", periods=60, freq="15min"
    ).as_unit("s"),
    "days": pd.date_range("2024-02-20", periods=60),
    "days in Berlin": pd.date_range("2024-03-01", periods=60, tz=BERLIN),
    "days in Berlin, in autumn": pd.date_range("2024-10-01", periods=60, tz=BERLIN),
    "business days": pd.date_range("2024-01-01", periods=60, freq="B"),
    "weeks": pd.date_range("2024-01-01", periods=60, freq="W-WED"),
    "two weeks": pd.date_range("2024-01-01", periods=60, freq="2W"),
    "semi-months": pd.date_range("2024-01-01", periods=60, freq="SMS"),
    "months": pd.date_range("2024-01-01", periods=60, freq="MS"),
    "month ends in Berlin": pd.date_range(
        "2024-01-31", periods=60, freq=pd.offsets.MonthEnd(), tz=BERLIN
    ),
    "business month ends": pd.date_range(
        "2024-01-31", periods=60, freq=pd.offsets.BusinessMonthEnd()
    ),
    "every second month": pd.date_range("2024-01-01", periods=60, freq="2MS"),
    "quarters": pd.date_range("2000-01-01", periods=60, freq="QS"),
    "years": pd.date_range("1960-01-01", periods=60, freq="YS"),
    "periods": pd.period_range("2000Q1", periods=60, freq="Q"),
    "two-month periods": pd.period_range("2000-01", periods=60, freq="2M"),
    "timedeltas": pd.timedelta_range("0h", periods=60, freq="90min"),
    "numbers": pd.Index(np.arange(10, 130, 2)),
    "unsigned numbers": pd.Index(np.arange(10, 130, 2, dtype=np.uint8)),
    "nullable numbers": pd.Index(np.arange(60), dtype="Int64"),
    "floats": pd.Index(np.arange(60) * 0.25),
    "row numbers": pd.RangeIndex(60),
    "names": pd.Index([f"row {k}" for k in range(60)]),
}


def same_day(day, n=60, months=1, start="2020-01", hours=0, tz=None):
    """The labels of one day of every k-th month, or the last day of shorter months."""
    firsts = pd.period_range(start, periods=n * months, freq="M")[::months]
    days = [f"{first}-{min(day, first.days_in_month):02d}" for first in firsts]
    return (pd.DatetimeIndex(days) + pd.Timedelta(hours=hours)).tz_localize(tz)


for day in (2, 15, 28, 29, 30):
    REGULAR[f"the {day}th of months"] = same_day(day)
    REGULAR[f"the {day}th of quarters"] = same_day(day, months=3, start="2020-11")
REGULAR["the 15th of years, at noon in Berlin"] = same_day(15, months=12, hours=12, tz=BERLIN)

each_kind = pytest.mark.parametrize("kind", REGULAR)


# --- how far rows are apart -----------------------------------------------------------------------


@each_kind
def test_rows_that_follow_one_another_are_one_step_apart(kind):
    index = REGULAR[kind]
    bare = index if kind == "semi-months" else pd.Index(index.array)  # pandas does not find it
    for labels in (index, index.rename("when")[5:], bare):
        steps = steps_between(labels, find_freq(labels))
        np.testing.assert_array_equal(steps, np.ones(len(labels) - 1))
        assert steps.dtype == np.float64


@each_kind
def test_a_hole_is_as_many_steps_as_rows_are_missing_and_one(kind):
    if kind in ("names", "business days"):
        return  # the ones have no distance, the others have holidays
    index = REGULAR[kind]
    steps = steps_between(index.delete([20, 30, 31, 32]), find_freq(index))
    expected = np.ones(55)
    expected[[19, 28]] = 2, 4
    np.testing.assert_array_equal(steps, expected)


def test_business_days_have_holidays():
    index, freq = REGULAR["business days"], pd.offsets.BusinessDay()
    for n_missing in range(1, 4):
        closed = index.delete(np.arange(17, 17 + n_missing))
        assert find_freq(closed) == freq
        assert (steps_between(closed, freq) == 1).all()
    closed = index.delete(np.arange(17, 21))
    assert steps_between(closed, freq)[16] == 5
    saturday = index.insert(5, pd.Timestamp("2024-01-06"))  # after a Friday
    np.testing.assert_array_equal(steps_between(saturday, freq)[3:8], [1, np.nan, np.nan, 1, 1])
    own = pd.offsets.CustomBusinessDay(holidays=["2024-01-08"])
    days = pd.date_range("2024-01-01", periods=9, freq=own)
    np.testing.assert_array_equal(steps_between(days.delete(2), own), [1, 2, 1, 1, 1, 1, 1])


@pytest.mark.parametrize(
    ("index", "freq"),
    [
        (REGULAR["days"], pd.offsets.MonthBegin()),
        (REGULAR["hours"], pd.offsets.Day()),
        (REGULAR["months"] + pd.Timedelta(days=3), pd.offsets.MonthBegin()),
        (REGULAR["months"], pd.DateOffset(months=1, day=15)),
        (REGULAR["months"], pd.offsets.Day(7)),
        (REGULAR["row numbers"], 7),
        (REGULAR["floats"], 0.15),
        (REGULAR["timedeltas"], pd.Timedelta("80min")),
        (REGULAR["days"], None),
        (REGULAR["days"], 1),
        (REGULAR["row numbers"], pd.offsets.Day()),
        (REGULAR["periods"], pd.offsets.MonthEnd()),
    ],
)
def test_what_is_no_whole_number_of_steps_cannot_be_told(index, freq):
    steps = steps_between(index, freq)
    assert np.isnan(steps).mean() > 0.3
    assert (steps[~np.isnan(steps)] >= 1).all()


def test_rows_that_go_back_or_repeat_cannot_be_told():
    index = REGULAR["days"][[0, 1, 1, 0, 4]]
    np.testing.assert_array_equal(steps_between(index, pd.offsets.Day()), [1, np.nan, np.nan, 4])
    with_gap = index.insert(1, pd.NaT)
    np.testing.assert_array_equal(
        steps_between(with_gap, pd.offsets.Day())[:3], [np.nan, np.nan, np.nan]
    )
    for short in (index[:0], index[:1]):
        assert steps_between(short, pd.offsets.Day()).shape == (0,)


@pytest.mark.parametrize("freq", ["h", "D", "B", "W", "MS"])
def test_many_labels_take_no_time(freq):
    n = 1_000_000
    index = pd.date_range("1900-01-01", periods=min(n, 4_000), freq=freq)
    index = index.repeat(n // len(index)) if freq in ("W", "MS") else index
    index = index if len(index) == n else pd.DatetimeIndex(np.resize(index.values, n))
    start = time.perf_counter()
    assert len(steps_between(index, pd.tseries.frequencies.to_offset(freq))) == n - 1
    assert time.perf_counter() - start < 1


# --- the frequency --------------------------------------------------------------------------------


@pytest.mark.parametrize("months", [1, 2, 3, 12])
@pytest.mark.parametrize("day", [2, 15, 28, 29, 30])
def test_one_day_of_the_month_is_a_frequency(day, months):
    index = same_day(day, months=months, start="2021-08", hours=6, tz=BERLIN)
    freq = find_freq(index)
    assert freq == pd.DateOffset(months=months, day=day)
    following = same_day(day, 70, months, start="2021-08", hours=6, tz=BERLIN)[60:]
    assert list(labels_after(index, 10, freq)) == list(following)
    last, latest = next_labels(index)
    assert last < following[0] <= latest < following[1]
    holes = index.delete([30, 31])
    assert find_freq(holes) == freq
    assert steps_between(holes, freq).max() == 3


def test_a_february_is_where_the_30th_is_the_28th():
    index = pd.DatetimeIndex(["2023-01-30", "2023-02-28", "2023-03-30", "2023-04-30"])
    freq = find_freq(index)
    assert list(labels_after(index[:2], 2, freq)) == list(index[2:])


def test_days_that_jump_about_have_no_frequency():
    assert find_freq(same_day(15).delete([1, 5, 6, 9])[:9]) is None
    shaken = same_day(15) + pd.to_timedelta(np.arange(60) % 2, unit="D")
    assert find_freq(shaken) is None
    assert find_freq(same_day(15, 1)) is None


# --- labels that are dates, but do not look it ----------------------------------------------------


def test_objects_that_are_dates_become_dates():
    index = REGULAR["days"].rename("day")
    assert to_dates(pd.Index(index.date, name="day")).equals(index)
    assert to_dates(pd.Index(index.date, name="day")).name == "day"
    stamps = pd.Index(list(index), dtype=object)
    assert to_dates(stamps).equals(index)
    for other in (index, REGULAR["names"], REGULAR["numbers"], pd.Index([1, "a"], dtype=object)):
        assert to_dates(other) is other
    panel = pd.MultiIndex.from_product([["a", "b"], index.date], names=["shop", "day"])
    dated = to_dates(panel)
    assert isinstance(dated.get_level_values("day"), pd.DatetimeIndex)
    assert list(dated.get_level_values("shop")) == list(panel.get_level_values("shop"))
    assert dated.names == panel.names


# --- dates that are text --------------------------------------------------------------------------

DAYS = pd.date_range("2021-11-20", periods=60)


@pytest.mark.parametrize(
    ("form", "way", "short"),
    [
        ("%Y-%m-%d", "pd.to_datetime(x)", ""),
        ("%d.%m.%Y", "pd.to_datetime(x, format='%d.%m.%Y')", " (short: dayfirst=True)"),
        ("%d/%m/%Y", "pd.to_datetime(x, format='%d/%m/%Y')", " (short: dayfirst=True)"),
        ("%d.%m.%Y %H:%M", "pd.to_datetime(x, format='%d.%m.%Y %H:%M')", " (short: dayfirst=True)"),
        ("%m/%d/%Y", "pd.to_datetime(x, format='%m/%d/%Y')", ""),
    ],
)
def test_text_of_dates_is_known_whichever_comes_first(form, way, short):
    text = DAYS.strftime(form)
    assert are_dates(text)
    assert date_advice("x", text) == f"with x = {way}{short}"
    assert eval(way, {"pd": pd, "x": text}).equals(pd.DatetimeIndex(DAYS.to_numpy()))
    assert are_dates(text.insert(30, "unknown"))  # most of them


def test_text_that_begins_with_the_year_says_all():
    days = pd.date_range("2024-01-03", periods=5).strftime("%Y-%m-%d")
    assert date_advice("x", days) == "with x = pd.to_datetime(x)"


def test_text_that_may_be_either_names_both():
    months = pd.date_range("2021-01-01", periods=12, freq="MS").strftime("%d.%m.%Y")
    assert are_dates(months)
    assert "'%d.%m.%Y') (short: dayfirst=True) if the day" in date_advice("x", months)
    assert "format='%m.%d.%Y') if the month does" in date_advice("x", months)


@pytest.mark.parametrize(
    "labels", [["a", "b"], ["mon", "tue"], ["1.234,5", "2.345,6"], ["12", "13"], ["row 1", "row 2"]]
)
def test_other_text_is_no_date(labels):
    assert not are_dates(pd.Index(labels))
