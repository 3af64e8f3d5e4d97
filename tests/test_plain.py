"""What pandas holds as plain data, and back."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle

import numpy as np
import pandas as pd
import pytest

from skforecast_lstm._plain import PlainState, restored, to_plain

DATES = pd.date_range("2024-03-29", periods=5, freq="D")
VALUES = [
    None,
    True,
    3,
    2.5,
    "text",
    (1, "a", None),
    [1, [2, (3,)]],
    {None: 1, ("a", 2): 3, pd.Timestamp("2020-01-01"): [4]},
    {},
    range(1, 9, 2),
    np.float32(1.5),
    np.int64(3),
    pd.NaT,
    pd.NA,
    pd.Timestamp("2024-03-31 12:00"),
    pd.Timestamp("2024-10-27 01:30", tz="UTC").tz_convert("Europe/Berlin"),
    pd.Timestamp("2024-10-27 02:30+05:30"),
    pd.Timestamp("1600-01-01").as_unit("s"),
    dt.datetime(2024, 2, 29, 12, 30),
    dt.datetime(2024, 2, 29, tzinfo=dt.timezone(dt.timedelta(hours=2))),
    dt.date(2024, 2, 29),
    pd.Timedelta("90min"),
    pd.Period("2024-03", "M"),
    pd.Period("2024Q1", "Q-FEB"),
    *map(pd.tseries.frequencies.to_offset, ["MS", "2h", "QS-FEB", "W-TUE", "B", "15min", "YE-MAR"]),
    pd.DateOffset(months=1, day=31),
    pd.DateOffset(n=2, days=3),
]
INDICES = [
    DATES,
    DATES.tz_localize("Europe/Berlin"),
    DATES[[0, 1, 4]].rename("when"),
    DATES.as_unit("s"),
    pd.DatetimeIndex(["2020-01-01", None]),
    pd.period_range("2024-01", periods=4, freq="M"),
    pd.timedelta_range("1h", periods=4, freq="2h"),
    pd.RangeIndex(3, 12, 3, name=("a", 1)),
    pd.Index([1, 5, 2]),
    pd.Index([0.5, np.nan]),
    pd.Index(["a", "b"]),
    pd.Index(["a", 1, None], dtype=object),
    pd.Index([True, False]),
    pd.Index([1, None], dtype="Int64"),
    pd.CategoricalIndex(["a", "b", "a"], categories=["b", "a"], ordered=True),
    pd.MultiIndex.from_product([["a", "b"], DATES[:2]], names=["shop", None]),
    pd.Index([]),
]
TABLES = [
    pd.DataFrame({"a": [1.0, np.nan], "b": [1, 2], "c": ["x", None]}, index=DATES[:2]),
    pd.DataFrame(
        {
            "whole": pd.array([1, None], dtype="Int64"),
            "flag": pd.array([True, None], dtype="boolean"),
            "kind": pd.Categorical(["a", None]),
            "when": DATES[:2].tz_localize("UTC"),
            "month": pd.period_range("2024-01", periods=2, freq="M"),
            "text": pd.array(["a", None], dtype="string"),
            "small": np.array([1, 2], dtype=np.float32),
        }
    ),
    pd.DataFrame(index=DATES),
    pd.DataFrame([[1, 2]], columns=["a", "a"]),
]


def is_plain(value):
    """Whether there is nothing in it but numbers, text, arrays of numbers, lists and dicts."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind != "O"
    if isinstance(value, list):
        return all(map(is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and is_plain([*value.values()])
    return value is None or type(value) in (bool, int, float, str, bytes)


def as_text(value):
    return json.dumps(value, default=lambda array: array.astype(str).tolist())


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_come_back(value):
    plain = to_plain(value)
    assert is_plain(plain)
    found = restored(plain)
    assert type(found) is type(value)
    if value is pd.NaT or value is pd.NA:
        assert found is value
    else:
        assert found == value
    if isinstance(value, pd.Timestamp):
        assert (found.unit, str(found.tz)) == (value.unit, str(value.tz))


@pytest.mark.parametrize("index", INDICES, ids=[f"{type(i).__name__} {i.dtype}" for i in INDICES])
def test_indices_come_back(index):
    plain = to_plain(index)
    assert is_plain(plain)
    found = restored(plain)
    pd.testing.assert_index_equal(found, index, exact=True)
    assert getattr(found, "freq", None) == getattr(index, "freq", None)
    assert found.dtype == index.dtype


@pytest.mark.parametrize("table", TABLES, ids=range(len(TABLES)))
def test_tables_come_back(table):
    plain = to_plain(table)
    assert is_plain(plain)
    pd.testing.assert_frame_equal(restored(plain), table)


def test_arrays_of_objects_come_back():
    values = np.array([["a", None], [pd.Timestamp("2020"), (1, 2)]], dtype=object)
    found = restored(to_plain(values))
    assert found.shape == values.shape
    assert found.tolist() == values.tolist()


@pytest.mark.parametrize(
    "value",
    [object(), pd.Interval(0, 1), pd.offsets.CustomBusinessDay(holidays=["2024-12-25"])],
    ids=["object", "interval", "calendar"],
)
def test_what_has_no_plain_form_is_handed_on(value):
    assert restored(to_plain([value]))[0] is value


@pytest.mark.parametrize("name", ["y", None, ("a", 1)])
def test_series_come_back(name):
    series = pd.Series([1.0, 2.0, np.nan], DATES[:3], name=name)
    plain = to_plain(series)
    assert is_plain(plain)
    found = restored(plain)
    pd.testing.assert_series_equal(found, series, check_names=name is not None)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_a_copy_has_no_caches_and_shares_nothing(copied):
    from skforecast_lstm._series import Stacked

    series = Stacked.of(pd.DataFrame({"y": [1.0, 2], "g": ["a", "b"]}, index=DATES[:2]), 1)
    assert series.numbers  # cached
    found = copied(series)
    assert "numbers" not in vars(found)
    pd.testing.assert_frame_equal(found.table, series.table)
    found.table.iloc[0, 0] = 9
    assert series.table.iloc[0, 0] == 1
    assert isinstance(series, PlainState)
