"""WindowTransformer alone: what a window holds (R3), what is missing (R4), what is known (R5)."""

from __future__ import annotations

import re
from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skforecast_lstm import IncompleteWindowWarning, WindowTransformer, make_supervised
from skforecast_lstm._dates import find_freq
from skforecast_lstm._windows import Windows

TABLE = np.random.default_rng(0).normal(size=(30, 2))


def windows_by_hand(table: np.ndarray, n_steps_in: int, padding: str = "nan") -> np.ndarray:
    """The contract in loops: window t holds rows t - n_steps_in + 1 to t."""
    table = np.asarray(table)
    before = table[0] if padding == "edge" else np.full(table.shape[1], np.nan)
    windows = np.empty((len(table), n_steps_in, table.shape[1]))
    for row in range(len(table)):
        for step in range(n_steps_in):
            source = row - n_steps_in + 1 + step
            windows[row, step] = table[source] if source >= 0 else before
    return windows


# --- R3: what a window holds --------------------------------------------------------------------


@given(
    n_rows=st.integers(1, 20),
    n_features=st.integers(1, 3),
    n_steps_in=st.integers(1, 20),
    padding=st.sampled_from(["nan", "edge"]),
    flatten=st.booleans(),
)
def test_windows_as_cut_by_hand(n_rows, n_features, n_steps_in, padding, flatten):
    table = np.random.default_rng(0).normal(size=(n_rows, n_features))
    window = WindowTransformer(min(n_steps_in, n_rows), padding=padding, flatten=flatten)
    expected = windows_by_hand(table, window.n_steps_in, padding)
    expected = expected.reshape(n_rows, -1) if flatten else expected
    np.testing.assert_array_equal(window.fit_transform(table), expected)
    np.testing.assert_array_equal(window.transform(table), expected)


@pytest.mark.parametrize("row", [0, 3, 28])
def test_never_looks_ahead(row):
    other = TABLE.copy()
    other[row + 1 :] += 1
    before, after = (WindowTransformer(4).fit_transform(table) for table in (TABLE, other))
    np.testing.assert_array_equal(before[: row + 1], after[: row + 1])
    assert not np.array_equal(before[row + 1], after[row + 1], equal_nan=True)


@pytest.mark.parametrize("purge", [False, True])
@pytest.mark.parametrize("padding", ["nan", "edge"])
def test_flat_windows_are_the_deep_ones_reshaped(padding, purge):
    options = {"n_steps_in": 4, "n_steps_out": 3, "padding": padding, "purge": purge}
    deep, flat = (WindowTransformer(**options, flatten=flatten) for flatten in (False, True))
    np.testing.assert_array_equal(
        flat.fit_transform(TABLE), np.reshape(deep.fit_transform(TABLE), (30, 8))
    )
    for rows in (TABLE, TABLE[:5] + 1):
        expected = np.reshape(deep.transform(rows), (len(rows), 8))
        np.testing.assert_array_equal(flat.transform(rows), expected)


def n_held(array: np.ndarray) -> int:
    """How many numbers the memory behind a view holds."""
    size = array.size
    while (array := getattr(array, "base", None)) is not None:
        size = getattr(array, "size", size)
    return size


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("flatten", [False, True])
def test_windows_are_views_of_one_padded_table(flatten, dtype):
    table = TABLE.astype(dtype)
    row, value = table.strides
    window = WindowTransformer(10, flatten=flatten)
    for windows in map(np.asarray, (window.fit_transform(table), window.transform(table))):
        assert np.shares_memory(windows[20], windows[21])
        assert not np.shares_memory(windows[0], windows[10])
        assert windows.strides == ((row, value) if flatten else (row, row, value))
        # 30 windows of 10 rows are shown, and nothing is held but the table and its padding.
        assert (windows.size, n_held(windows)) == (30 * 10 * 2, (9 + 30) * 2)


@pytest.mark.parametrize("flatten", [False, True])
def test_windows_are_read_only(flatten):
    # Writing into one would write into its neighbours.
    window = WindowTransformer(3, flatten=flatten)
    for windows in map(np.asarray, (window.fit_transform(TABLE), window.transform(TABLE))):
        with pytest.raises(ValueError, match="read-only"):
            windows[5] = 0


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("float32", "float32"), ("float64", "float64"), ("int64", "float64"), ("bool", "float64")],
)
@pytest.mark.parametrize("flatten", [False, True])
@pytest.mark.parametrize("padding", ["nan", "edge"])
def test_dtype(dtype, expected, flatten, padding):
    table = np.arange(20).reshape(10, 2).astype(dtype)
    window = WindowTransformer(3, flatten=flatten, padding=padding)
    assert window.fit_transform(table[:6]).dtype == expected
    assert window.transform(table[:6]).dtype == expected
    assert window.transform(table[6:]).dtype == expected


# --- R4: what is not there ----------------------------------------------------------------------


@pytest.mark.parametrize("flatten", [False, True])
@pytest.mark.parametrize("padding", ["nan", "edge"])
@pytest.mark.parametrize("n_steps_out", [1, 2, 5])
def test_purge_marks_the_last_rows_in_fit_transform_only(n_steps_out, padding, flatten):
    options = {"padding": padding, "flatten": flatten}
    window = WindowTransformer(3, n_steps_out=n_steps_out, **options)
    whole = WindowTransformer(3, n_steps_out=n_steps_out, purge=False, **options)
    purged, untouched = window.fit_transform(TABLE), whole.fit_transform(TABLE)
    n_kept = 30 - (n_steps_out - 1)
    np.testing.assert_array_equal(purged[:n_kept], untouched[:n_kept])
    rows = np.reshape(purged, (30, -1))
    assert np.isnan(rows[n_kept:]).any(axis=1).all()
    np.testing.assert_array_equal(window.transform(TABLE), untouched)


@pytest.mark.parametrize("n_steps_in", [1, 4])
def test_purge_takes_nothing_from_the_history_or_from_the_data(n_steps_in):
    table = TABLE.copy()
    window = WindowTransformer(n_steps_in, n_steps_out=4)
    window.fit_transform(table[:20])
    np.testing.assert_array_equal(table, TABLE)
    expected = windows_by_hand(TABLE, n_steps_in)[20:]
    np.testing.assert_array_equal(window.transform(table[20:]), expected)


def test_a_horizon_longer_than_the_data_leaves_nothing():
    windows = WindowTransformer(2, n_steps_out=50).fit_transform(TABLE[:5])
    assert np.isnan(windows).any(axis=(1, 2)).all()


def test_missing_rows_are_missing_where_they_are():
    table = TABLE.copy()
    table[10, 1] = np.nan
    window = WindowTransformer(3, padding="edge", missing="drop")
    with pytest.warns(UserWarning, match="leaves 3 of 28 windows out of training"):
        windows = window.fit_transform(table)
    assert np.argwhere(np.isnan(windows)).tolist() == [[10, 2, 1], [11, 1, 1], [12, 0, 1]]
    np.testing.assert_array_equal(window.transform(table), windows)  # still the training data


# --- R5: what is remembered ---------------------------------------------------------------------

TIMES = {
    "hours": pd.date_range("2024-01-01", periods=40, freq="h"),
    # The clocks go forward on 31 March and back on 27 October: days of 23 and of 25 hours.
    "days, DST in spring": pd.date_range("2024-03-18", periods=40, freq="D", tz="Europe/Berlin"),
    "days, DST in autumn": pd.date_range("2024-10-14", periods=40, freq="D", tz="Europe/Berlin"),
    "hours, DST": pd.date_range("2024-03-30 12:00", periods=40, freq="h", tz="Europe/Berlin"),
    "business days": pd.date_range("2024-01-01", periods=40, freq="B"),
    "business days to Friday": pd.date_range("2024-01-08", periods=40, freq="B"),
    "weeks": pd.date_range("2024-01-01", periods=40, freq="W"),
    "month starts": pd.date_range("2023-01-01", periods=40, freq="MS"),
    "month ends": pd.date_range("2023-01-31", periods=40, freq="ME"),
    "quarters": pd.date_range("2000-01-01", periods=40, freq="QS-JAN"),
    "years": pd.date_range("1980-01-01", periods=40, freq="YS"),
}
# A table from a file or a join has no freq: it has to be seen in the dates.
TIMES |= {f"{name}, no freq": pd.DatetimeIndex(index, freq=None) for name, index in TIMES.items()}
TIMES |= {
    "month periods": pd.period_range("2023-01", periods=40, freq="M"),
    "week periods": pd.period_range("2023-01-01", periods=40, freq="W"),
    "timedeltas": pd.timedelta_range("0h", periods=40, freq="3h"),
    "range": pd.RangeIndex(40),
    "range by 5": pd.RangeIndex(100, 300, 5),
    "years as numbers": pd.Index(np.arange(1980, 2020)),
    "seconds as floats": pd.Index(np.arange(40) * 0.5),
}
each_index = pytest.mark.parametrize("index", TIMES.values(), ids=list(TIMES))
N_FIT = 20


def dated(index: pd.Index) -> pd.DataFrame:
    """Rows numbered from 0; no column names, so that arrays may follow without a warning."""
    return pd.DataFrame(np.arange(float(len(index))), index=index)


def rows_of(data: pd.DataFrame, start: int, stop: int) -> pd.DataFrame:
    """Rows as a splitter selects them: by number."""
    return data.iloc[np.arange(start, stop)]


@each_index
def test_rows_that_continue_have_their_history(index):
    data = dated(index)
    # At every point of a week, a month or a change of clocks.
    for n_fit in range(8, 30):
        window = WindowTransformer(6).fit(rows_of(data, 0, n_fit))
        windows = window.transform(rows_of(data, n_fit, 40))
        np.testing.assert_array_equal(windows, windows_by_hand(data, 6)[n_fit:])


@each_index
def test_a_single_row_that_continues_has_its_history(index):
    data = dated(index)
    window = WindowTransformer(3).fit(rows_of(data, 0, N_FIT))
    windows = window.transform(rows_of(data, N_FIT, N_FIT + 1))
    np.testing.assert_array_equal(windows[0].ravel(), [N_FIT - 2, N_FIT - 1, N_FIT])


PIECES = {  # of a table, whose rows 10 to 29 were fitted
    "the training data itself": (10, 30),
    "an extension of it": (10, 40),
    "its beginning": (10, 15),
    "a piece of it": (18, 22),
    "its end and more": (25, 35),
    "one row of it": (20, 21),
    "its last row": (29, 30),
}
ELSEWHERE = {
    "what came before": (0, 10),
    "all there is": (0, 40),
    "after a gap of one period": (31, 40),
    "much later": (38, 40),
}


@each_index
def test_pieces_of_the_fitted_table_have_their_own_history(index):
    data = dated(index)
    window = WindowTransformer(6).fit(rows_of(data, 10, 30))
    whole = windows_by_hand(rows_of(data, 10, 40), 6)
    for name, (start, stop) in PIECES.items():
        windows = window.transform(rows_of(data, start, stop))
        np.testing.assert_array_equal(windows, whole[start - 10 : stop - 10], err_msg=name)
        assert not windows.is_cold.any(), name


@each_index
def test_rows_whose_history_was_not_given_are_cold(index):
    data = dated(index)
    window = WindowTransformer(6).fit(rows_of(data, 10, 30))
    for name, (start, stop) in ELSEWHERE.items():
        if type(find_freq(index)) is pd.offsets.BusinessDay:
            start = max(start, 35) if start > 30 else start  # up to three may be holidays
        rows = rows_of(data, start, stop)
        windows = window.transform(rows)
        np.testing.assert_array_equal(windows, windows_by_hand(rows, 6), err_msg=name)
        n_cold = min(5, stop - start)
        assert windows.is_cold.tolist() == [True] * n_cold + [False] * (stop - start - n_cold), name
        assert windows.n_lacking[:n_cold].tolist() == [5, 4, 3, 2, 1][:n_cold], name


@each_index
def test_rows_between_the_fitted_ones_have_these_as_their_history(index):
    data = dated(index)
    window = WindowTransformer(3).fit(data.iloc[np.r_[0:20]])
    by_hand = windows_by_hand(data, 3)
    rows = np.r_[5:9, 12, 15:20, 20:22]  # some of the fitted rows, and what follows them
    np.testing.assert_array_equal(window.transform(data.iloc[rows]), by_hand[rows])


def business_days(n_rows, *closed):
    return dated(pd.bdate_range("2024-01-01", periods=n_rows)).drop(pd.to_datetime(list(closed)))


def test_business_days_missing_before_a_row_are_taken_for_holidays_with_a_warning():
    window = WindowTransformer(3).fit(business_days(30))
    for n_missing in range(1, 4):
        row = business_days(40)[30 + n_missing :][:1]
        with pytest.warns(
            UserWarning, match=rf"\({n_missing}, but at most 0 .* taken for holidays"
        ):
            windows = window.transform(row)
        np.testing.assert_array_equal(windows[0, :, 0], [28, 29, 30 + n_missing])


def test_as_many_holidays_as_between_the_fitted_rows_are_no_surprise():
    window = WindowTransformer(3).fit(business_days(30, "2024-01-10", "2024-01-11"))
    window.transform(business_days(40)[32:33])
    with pytest.warns(UserWarning, match="3, but at most 2 in a row"):
        window.transform(business_days(40)[33:34])


def test_the_end_of_one_series_and_the_beginning_of_the_next_are_no_holidays():
    parts = {name: business_days(30)[start:] for name, start in {"a": 0, "b": 3}.items()}
    table = pd.concat([part.assign(shop=name) for name, part in parts.items()])
    table, later = table.rename(columns=str), business_days(40).rename(columns=str)
    window = WindowTransformer(3, group="shop").fit(table.sort_index(kind="stable"))
    window.transform(later[30:31].assign(shop="a"))
    with pytest.warns(UserWarning, match="1, but at most 0"):
        window.transform(later[31:32].assign(shop="b"))


def test_the_text_of_dates_is_refused_after_a_fit_with_dates():
    data = dated(pd.date_range("2024-01-01", periods=10))
    window = WindowTransformer(3).fit(data[:8])
    text = data.set_axis(data.index.strftime("%Y-%m-%d"), axis=0)
    with pytest.raises(ValueError, match=r"text, from '2024-01-10', .* pd.to_datetime\(df.index\)"):
        window.transform(text[9:])


@pytest.mark.parametrize("names", [("shop", "day"), ("shop", None)])
def test_the_way_to_sort_a_table_with_a_level_of_series_works(names):
    days = pd.date_range("2024-01-01", periods=5)
    index = pd.MultiIndex.from_product([["a", "b"], days], names=names)
    df = pd.DataFrame({"x": np.arange(10.0)}, index=index)
    window = WindowTransformer(3, group="shop")
    with pytest.raises(ValueError, match="in time order") as caught:
        window.fit(df)
    [way] = re.findall(r"df\.sort_index\(.*?\)", str(caught.value))
    window.fit(eval(way, {"df": df}))


def test_incomplete_windows_of_a_stretch_share_the_rows_that_fill_them():
    n_steps, table = 50, np.arange(400.0).reshape(200, 2)
    windows = WindowTransformer(n_steps).fit_transform(table)
    completed = windows.completed()
    assert len(completed.table) < len(table) + 2 * n_steps
    rows = np.maximum(np.arange(200)[:, np.newaxis] - np.arange(n_steps)[::-1], 0)
    np.testing.assert_array_equal(completed, table[rows])


def test_irregular_times():
    # Business days with holidays follow no rule that can be seen: the longest step so far counts.
    days = pd.DatetimeIndex(["2024-03-25", "2024-03-26", "2024-03-28", "2024-04-02", "2024-04-03"])
    data = dated(days)
    window = WindowTransformer(3).fit(data)
    for following, is_next in {"2024-04-04": True, "2024-04-08": True, "2024-04-09": False}.items():
        windows = window.transform(dated(pd.DatetimeIndex([following])))
        expected = [3, 4, 0] if is_next else [np.nan, np.nan, 0]
        np.testing.assert_array_equal(windows[0].ravel(), expected, err_msg=following)


def test_the_index_decides_and_not_the_values():
    data = dated(pd.RangeIndex(20)) * 0  # equal values everywhere
    window = WindowTransformer(3).fit(data[:10])
    assert not np.isnan(window.transform(data[10:])).any()
    assert np.isnan(window.transform(data[:10])[:2]).any()


CONTINUING = {
    "longer": (TABLE[:10], TABLE[10:]),
    "as long": (TABLE[:15], TABLE[15:]),
    "shorter": (TABLE[:25], TABLE[25:]),
    "one row": (TABLE[:29], TABLE[29:]),
    # Demand that comes and goes: both stretches begin with the same zeros, and are as long.
    "same zeros first": (
        np.array([0.0, 0, 0, 0, 0, 0, 3, 0]).reshape(-1, 1),
        np.array([0.0, 0, 0, 0, 0, 0, 0, 2]).reshape(-1, 1),
    ),
    "same first value": (np.array([[5.0], [1], [2]]), np.array([[5.0], [3], [4], [6]])),
    "missing elsewhere": (np.array([[1.0], [np.nan], [2]]), np.array([[1.0], [2], [np.nan]])),
    "other in one column": (np.c_[TABLE[:5], np.ones(5)], np.c_[TABLE[:5], np.zeros(5)]),
    # Small and large columns: each has a scale of its own.
    "other in a small column": (
        np.c_[np.full(5, 1e9), TABLE[:5]],
        np.c_[np.full(5, 1e9), TABLE[5:10]],
    ),
}


@pytest.mark.parametrize(("fitted", "following"), CONTINUING.values(), ids=list(CONTINUING))
def test_an_array_that_differs_continues(fitted, following):
    windows = WindowTransformer(3, missing="drop").fit(fitted).transform(following)
    expected = windows_by_hand(np.concatenate([fitted, following]), 3)[len(fitted) :]
    np.testing.assert_array_equal(windows, expected)


@pytest.mark.parametrize(
    ("dtype", "level", "movement"),
    [
        ("float32", 7.46, 0.0003),  # Danish kroner per euro, from day to day
        ("float64", 1.4e9, 1.0),  # the people of a country, one by one
    ],
)
def test_an_array_that_hardly_moves_is_told_apart_by_how_it_moves(dtype, level, movement):
    # Little beside the level, yet hundreds of times what the last bits can differ by.
    table = (level + movement * TABLE).astype(dtype)
    windows = WindowTransformer(3).fit(table[:15]).transform(table[15:])
    np.testing.assert_array_equal(windows, windows_by_hand(table, 3)[15:])


def long_and_intermittent() -> np.ndarray:
    """A thousand rows, each stretch of 500 beginning with hundreds of zeros."""
    table = np.zeros((1000, 1))
    table[400:500] = table[850:950] = 1
    return table


def test_a_long_array_is_told_apart_by_rows_from_all_of_it():
    table = long_and_intermittent()
    windows = WindowTransformer(3).fit(table[:500]).transform(table[500:])
    np.testing.assert_array_equal(windows, windows_by_hand(table, 3)[500:])


def shaken(table: np.ndarray) -> np.ndarray:
    """The table with every last bit changed."""
    return np.nextafter(table, np.inf, dtype=table.dtype)


@pytest.mark.parametrize(
    "table",
    [
        TABLE,
        TABLE.astype("float32"),
        np.where(TABLE > 1, TABLE, 0),
        np.where(TABLE > 1, TABLE, np.nan),
        TABLE * [1e-9, 1e9],
        long_and_intermittent(),
    ],
    ids=["float64", "float32", "zeros", "missing", "tiny and huge", "long"],
)
@pytest.mark.parametrize("change", [np.copy, shaken], ids=["same", "last bits differ"])
@pytest.mark.parametrize("n_extra", [0, 5])
def test_an_array_that_begins_with_the_training_data_starts_cold(table, change, n_extra):
    # fit_transform and transform of a scaler before may differ in the last bits.
    window = WindowTransformer(3, missing="drop").fit(table)
    rows = np.concatenate([change(table), table[:n_extra] + 1], dtype=table.dtype)
    np.testing.assert_array_equal(window.transform(rows), windows_by_hand(rows, 3))


@pytest.mark.parametrize(("fitted", "given"), [("float64", "float32"), ("float32", "float64")])
def test_the_training_data_in_another_precision_starts_cold(fitted, given):
    window = WindowTransformer(3).fit(TABLE.astype(fitted))
    rows = TABLE.astype(given)
    np.testing.assert_array_equal(window.transform(rows), windows_by_hand(rows, 3))


@pytest.mark.parametrize(
    ("fitted", "given"),
    [(pd.DataFrame, np.asarray), (np.asarray, pd.DataFrame), (np.asarray, np.ndarray.tolist)],
    ids=["frame then array", "array then frame", "array then list"],
)
def test_containers_may_change_after_fit(fitted, given):
    # Without an index on both sides, the values decide.
    window = WindowTransformer(3).fit(fitted(TABLE[:20]))
    by_hand = windows_by_hand(TABLE, 3)
    np.testing.assert_array_equal(window.transform(given(TABLE[20:])), by_hand[20:])
    np.testing.assert_array_equal(window.transform(given(TABLE)), by_hand)
    np.testing.assert_array_equal(window.transform(given(TABLE[:20])), by_hand[:20])


def test_an_index_that_says_nothing_about_time_leaves_it_to_the_values():
    data = dated(pd.Index([f"row {i}" for i in range(20)]))
    window = WindowTransformer(3).fit(data[:10])
    np.testing.assert_array_equal(window.transform(data[10:]), windows_by_hand(data, 3)[10:])
    np.testing.assert_array_equal(window.transform(data), windows_by_hand(data, 3))


def test_dates_against_numbers_leave_it_to_the_values():
    data = dated(TIMES["month starts"])
    window = WindowTransformer(3).fit(data[:20])
    rows = data[20:].reset_index(drop=True)
    np.testing.assert_array_equal(window.transform(rows), windows_by_hand(data, 3)[20:])


def test_fit_forgets_what_it_had_seen_before():
    window = WindowTransformer(3).fit(TABLE[:10])
    windows = window.fit(TABLE[10:20]).transform(TABLE[20:])
    np.testing.assert_array_equal(windows, windows_by_hand(TABLE, 3)[20:])


def test_transform_remembers_nothing():
    window = WindowTransformer(3).fit(TABLE[:20])
    first = np.array(window.transform(TABLE[20:25]))
    np.testing.assert_array_equal(window.transform(TABLE[20:25]), first)


@pytest.mark.parametrize("as_frame", [False, True], ids=["array", "frame"])
def test_the_data_is_neither_changed_nor_kept(as_frame):
    data = pd.DataFrame(TABLE.copy()) if as_frame else TABLE.copy()
    window = WindowTransformer(4, n_steps_out=3)
    windows = window.fit_transform(data[:20])
    window.transform(data[20:])
    np.testing.assert_array_equal(data, TABLE)
    data[:] = 0  # what the user does afterwards changes neither windows nor history
    np.testing.assert_array_equal(windows[3:18], windows_by_hand(TABLE, 4)[3:18])
    np.testing.assert_array_equal(window.last_rows_, TABLE[17:20])


@pytest.mark.parametrize("n_steps_in", [1, 3, 20])
def test_attributes(n_steps_in):
    data = pd.DataFrame(TABLE[:20], columns=["a", "b"])
    window = WindowTransformer(n_steps_in).fit(data)
    np.testing.assert_array_equal(window.last_rows_, TABLE[20 - n_steps_in + 1 : 20])
    assert (window.n_features_in_, list(window.feature_names_in_)) == (2, ["a", "b"])


@pytest.mark.parametrize("flatten", [False, True])
@pytest.mark.parametrize("n_steps_in", [1, 7])
def test_parameters_changed_after_fit_wait_for_the_next_one(n_steps_in, flatten):
    window = WindowTransformer(3, flatten=flatten).fit(TABLE[:20])
    window.set_params(n_steps_in=n_steps_in)
    expected = windows_by_hand(TABLE, 3)[20:]
    expected = expected.reshape(10, -1) if flatten else expected
    np.testing.assert_array_equal(window.transform(TABLE[20:]), expected)
    if flatten:
        assert len(window.get_feature_names_out()) == expected.shape[1]
    windows = window.fit(TABLE[:20]).transform(TABLE[20:])
    assert np.reshape(windows, (10, -1)).shape[1] == 2 * n_steps_in


# --- names and containers -----------------------------------------------------------------------

PASSENGERS = pd.DataFrame(
    {"passengers": [1.0, 2, 3, 4], "fare": [5.0, 6, 7, 8]},
    index=pd.date_range("2024-01-01", periods=4, freq="MS", name="month"),
)
LAGS = ["passengers_lag1", "fare_lag1", "passengers_lag0", "fare_lag0"]


def test_names_of_the_lags():
    window = WindowTransformer(2, flatten=True).fit(PASSENGERS)
    assert list(window.get_feature_names_out()) == LAGS
    assert list(window.get_feature_names_out(["passengers", "fare"])) == LAGS
    # lag0 is the row itself.
    flat = pd.DataFrame(window.transform(PASSENGERS), columns=window.get_feature_names_out())
    assert flat["passengers_lag0"].tolist() == PASSENGERS["passengers"].tolist()
    assert flat["fare_lag1"].tolist()[1:] == PASSENGERS["fare"].tolist()[:-1]


def test_names_of_the_lags_of_an_array():
    window = WindowTransformer(2, flatten=True).fit(PASSENGERS.to_numpy())
    assert list(window.get_feature_names_out()) == ["x0_lag1", "x1_lag1", "x0_lag0", "x1_lag0"]
    assert list(window.get_feature_names_out(["passengers", "fare"])) == LAGS


@pytest.mark.parametrize("names", [["passengers"], ["fare", "passengers"]])
def test_names_of_other_columns_are_refused(names):
    window = WindowTransformer(2, flatten=True).fit(PASSENGERS)
    with pytest.raises(ValueError, match="input_features is not equal to the 2 columns"):
        window.get_feature_names_out(names)


def test_deep_windows_have_no_names():
    window = WindowTransformer().fit(TABLE)
    assert not hasattr(window, "get_feature_names_out")
    with pytest.raises(AttributeError) as error:
        window.get_feature_names_out()
    # scikit-learn says that there is none, and below that why.
    assert "set flatten=True" in str(error.value.__cause__)


def ask_for_pandas(window: WindowTransformer, how: str):
    """Ask for DataFrames, by the estimator's method or by scikit-learn's global setting."""
    if how == "set_output":
        window.set_output(transform="pandas")
        return sklearn.config_context()
    return sklearn.config_context(transform_output="pandas")


each_way = pytest.mark.parametrize("how", ["set_output", "config_context"])


@each_way
def test_flat_windows_as_a_dataframe(how):
    window = WindowTransformer(2, flatten=True)
    with ask_for_pandas(window, how):
        fitted = window.fit_transform(PASSENGERS)
        flat = window.transform(PASSENGERS)
        from_array = WindowTransformer(2, flatten=True).set_output(transform="pandas")
        assert isinstance(from_array.fit_transform(PASSENGERS.to_numpy()), pd.DataFrame)
    expected = windows_by_hand(PASSENGERS, 2).reshape(4, 4)
    expected = pd.DataFrame(expected, index=PASSENGERS.index, columns=LAGS)
    pd.testing.assert_frame_equal(fitted, expected)
    pd.testing.assert_frame_equal(flat, expected)


@each_way
def test_deep_windows_stay_windows(how):
    window = WindowTransformer(2)
    with ask_for_pandas(window, how):
        assert type(window.fit_transform(PASSENGERS)) is Windows
        assert type(window.transform(PASSENGERS)) is Windows


def test_default_container_is_an_array():
    window = WindowTransformer(2, flatten=True).set_output(transform="pandas")
    window.set_output(transform=None)  # no change
    assert isinstance(window.fit_transform(PASSENGERS), pd.DataFrame)
    window.set_output(transform="default")
    assert type(window.fit_transform(PASSENGERS)) is np.ndarray


@pytest.mark.parametrize("flatten", [False, True])
def test_set_output_of_a_pipeline_keeps_the_index_up_to_the_window(flatten):
    # The scaler's array would lose the dates, and rows after a gap would be taken to continue.
    pipeline = make_pipeline(StandardScaler(), WindowTransformer(2, flatten=flatten))
    pipeline.set_output(transform="pandas").fit(PASSENGERS[:2])
    assert not np.isnan(np.asarray(pipeline.transform(PASSENGERS[2:]))).any()
    with pytest.warns(IncompleteWindowWarning) if flatten else nullcontext():
        windows = pipeline.transform(PASSENGERS[3:])
    assert np.isnan(np.asarray(windows)).any()


def test_clone_keeps_parameters_and_container():
    window = WindowTransformer(3, n_steps_out=2, padding="edge", purge=False, flatten=True)
    twin = clone(window.set_output(transform="pandas").fit(PASSENGERS))
    assert twin.get_params() == window.get_params()
    assert not hasattr(twin, "last_rows_")
    assert isinstance(twin.fit_transform(PASSENGERS), pd.DataFrame)


# --- errors -------------------------------------------------------------------------------------


def test_a_window_longer_than_the_data():
    message = r"n_steps_in=31 is longer than the data: .* got n_samples=30\."
    for fit in (WindowTransformer(31).fit, WindowTransformer(31).fit_transform):
        with pytest.raises(ValueError, match=message):
            fit(TABLE)
    assert WindowTransformer(30).fit_transform(TABLE).shape == (30, 30, 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("n_steps_in", value) for value in (0, -1, 2.5, 2.0, "3", None)),
        *(("n_steps_out", value) for value in (0, 2.5, "3")),
        ("padding", "zero"),
        ("purge", "no"),
        ("flatten", None),
    ],
)
def test_parameters_are_checked_in_fit(name, value):
    window = WindowTransformer(**{name: value})
    for fit in (window.fit, window.fit_transform):
        with pytest.raises(ValueError, match=f"'{name}' parameter of WindowTransformer.*{value!r}"):
            fit(TABLE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.iloc[::-1], "is not increasing: row 1 .* comes after"),
        (lambda data: data.iloc[[0, 1, 3, 2]], "is not increasing: row 3 .* comes after"),
        (lambda data: data.iloc[[0, 1, 1, 2]], "has .* more than once"),
        (lambda data: pd.concat({"x": data, "y": data}), "has 2 levels"),
    ],
    ids=["reversed", "one swapped", "duplicate", "two series"],
)
@pytest.mark.parametrize("kind", ["month starts", "month periods", "range", "timedeltas"])
def test_rows_out_of_order(kind, change, message):
    data = dated(TIMES[kind])
    window = WindowTransformer(2).fit(data[:10])
    for method in (window.transform, window.fit, window.fit_transform):
        with pytest.raises(ValueError, match=f"WindowTransformer .*{message}"):
            method(change(data[10:]))


def test_labels_that_are_no_times_may_be_in_any_order():
    data = dated(pd.Index(["b", "a", "c"]))
    assert WindowTransformer(2).fit_transform(data)[2].ravel().tolist() == [1, 2]


def test_another_number_of_features():
    with pytest.raises(ValueError, match="X has 1 features, but WindowTransformer is expecting 2"):
        WindowTransformer(2).fit(TABLE).transform(TABLE[:, :1])


def test_other_column_names():
    window = WindowTransformer(2).fit(PASSENGERS)
    with pytest.raises(ValueError, match="feature names should match"):
        window.transform(PASSENGERS.rename(columns={"fare": "price"}))


def test_not_fitted():
    with pytest.raises(NotFittedError, match="This WindowTransformer instance is not fitted"):
        WindowTransformer(2).transform(TABLE)


def test_infinity():
    table = TABLE.copy()
    table[3, 0] = np.inf
    for method in (WindowTransformer(2).fit, WindowTransformer(2).fit(TABLE).transform):
        with pytest.raises(ValueError, match="X contains infinity"):
            method(table)


# --- in a search --------------------------------------------------------------------------------


class Forgetful(WindowTransformer):
    """Starts cold in every fold, as windows cut from the test rows alone do."""

    def transform(self, X):
        rows = np.asarray(X)
        before = np.repeat(rows[:1], self.n_steps_in - 1, axis=0)
        return clone(self).fit_transform(np.concatenate([before, rows]))[self.n_steps_in - 1 :]


def search_of(window: WindowTransformer) -> GridSearchCV:
    """Search for the window of a series that another one follows 20 rows later."""
    rng = np.random.default_rng(0)
    series = rng.normal(size=440)
    X, y = series[19:].reshape(-1, 1), series[:-19] + 0.1 * rng.normal(size=421)
    model = Pipeline([("scale", StandardScaler()), ("window", window), ("ridge", Ridge())])
    return GridSearchCV(
        model,
        {"window__n_steps_in": [2, 8, 20]},
        # Test folds shorter than the long window: nearly all it reads lies before the fold.
        cv=TimeSeriesSplit(25, test_size=10),
        scoring="neg_mean_squared_error",
        error_score="raise",
    ).fit(X, y)


def test_a_search_finds_the_long_window_that_the_series_needs():
    search = search_of(WindowTransformer(padding="edge", flatten=True))
    assert search.best_params_ == {"window__n_steps_in": 20}


def test_without_history_the_search_would_be_misled():
    # The same folds and models; only the first windows of each test fold differ.
    search = search_of(Forgetful(padding="edge", flatten=True))
    errors = -search.cv_results_["mean_test_score"]
    assert search.best_params_ != {"window__n_steps_in": 20}
    assert errors[2] > 1.2 * errors[:2].max()


# --- missing values -------------------------------------------------------------------------------


def with_gap() -> pd.DataFrame:
    index = pd.period_range("2020", periods=8)
    table = pd.DataFrame(TABLE[:8].copy(), columns=["a", "b"], index=index)
    table.iloc[3, 1] = np.nan
    return table


@pytest.mark.parametrize("method", ["fit", "fit_transform", "transform"])
def test_nan_is_refused_with_its_place_and_advice(method):
    window = WindowTransformer(3).fit(with_gap().fillna(0))
    message = r"contains NaN.*columns 'b' \(1\), first in row 3 \(2020-01-04\).*missing='drop'"
    with pytest.raises(ValueError, match=message):
        getattr(window, method)(with_gap())


def test_masked_rows_are_marked_and_missing_whole():
    table = with_gap()
    windows = WindowTransformer(3, missing="mask").fit_transform(table)
    expected = table.to_numpy(copy=True)
    expected[3] = np.nan
    np.testing.assert_array_equal(windows, windows_by_hand(expected, 3))
    assert np.flatnonzero(windows.is_masked).tolist() == [3]
    assert windows.are_complete().tolist() == [False, False, *[True] * 6]
    assert np.isnan(table.iloc[3, 1])  # the table given is as it was


def test_masked_rows_that_continue_and_come_back():
    table = np.where(TABLE > 1, TABLE, np.nan)
    marked = np.where(np.isnan(table).any(axis=1, keepdims=True), np.nan, table)
    window = WindowTransformer(3, missing="mask").fit(table[:12])
    np.testing.assert_array_equal(window.transform(table[12:]), windows_by_hand(marked, 3)[12:])
    np.testing.assert_array_equal(window.transform(table), windows_by_hand(marked, 3))


def test_a_flat_table_has_no_steps_to_mask():
    with pytest.raises(ValueError, match="missing='mask' is for recurrent layers"):
        WindowTransformer(3, missing="mask", flatten=True).fit(TABLE)


# --- several series -------------------------------------------------------------------------------


def panel(lengths=(9, 7, 12), seed=0) -> pd.DataFrame:
    """Series of several lengths in one table, interleaved, each with a range of its own."""
    rng = np.random.default_rng(seed)
    parts = [
        pd.DataFrame(
            {"a": rng.normal(10 * k, 1, n), "b": rng.normal(size=n), "shop": f"shop {k}"},
            index=pd.date_range("2024-01-01", periods=n, name="day"),
        )
        for k, n in enumerate(lengths)
    ]
    return pd.concat(parts).sort_index(kind="stable")


def of_each_series(table, transform):
    """What `transform` makes of each series alone, in the order of the table's rows."""
    result = None
    for shop in table["shop"].unique():
        rows = np.flatnonzero(table["shop"] == shop)
        windows = np.asarray(transform(table.iloc[rows].drop(columns="shop")))
        result = np.empty((len(table), *windows.shape[1:])) if result is None else result
        result[rows] = windows
    return result


@pytest.mark.parametrize("flatten", [False, True])
@pytest.mark.parametrize("padding", ["nan", "edge"])
@pytest.mark.parametrize("group", ["shop", 2, -1, "level"])
def test_pooled_windows_equal_those_of_each_series_alone(group, padding, flatten):
    params = {"n_steps_out": 3, "padding": padding, "flatten": flatten}
    table = panel()
    X = table.set_index("shop", append=True) if group == "level" else table
    pooled = WindowTransformer(4, group="shop" if group == "level" else group, **params)
    expected = of_each_series(table, WindowTransformer(4, **params).fit_transform)
    np.testing.assert_array_equal(pooled.fit_transform(X), expected)
    expected = of_each_series(table, lambda X: WindowTransformer(4, **params).fit(X).transform(X))
    np.testing.assert_array_equal(pooled.transform(X), expected)


@pytest.mark.parametrize("as_array", [False, True])
def test_following_rows_have_the_history_of_their_own_series(as_array):
    table = panel((9, 9, 9))
    cut = 15  # five days
    first, later = table.iloc[:cut], table.iloc[cut:]
    expected = of_each_series(table, lambda X: WindowTransformer(4).fit(X).transform(X))[cut:]
    if as_array:
        first, later = first.to_numpy(object), later.to_numpy(object)
    window = WindowTransformer(4, group=-1).fit(first)
    np.testing.assert_array_equal(window.transform(later), expected)


def test_other_series_change_nothing_for_one():
    table = panel()
    other = table.copy()
    is_other = (table["shop"] != "shop 0").to_numpy()
    other.loc[is_other, ["a", "b"]] = other.loc[is_other, ["a", "b"]].to_numpy()[::-1]
    window = WindowTransformer(4, n_steps_out=2, group="shop")
    before, after = window.fit_transform(table), window.fit_transform(other)
    np.testing.assert_array_equal(before[~is_other], after[~is_other])
    assert not np.array_equal(before[is_other], after[is_other], equal_nan=True)


def test_a_series_not_seen_in_fit_starts_cold():
    table = panel((9, 9))
    window = WindowTransformer(4, group="shop").fit(table[table["shop"] == "shop 0"])
    new = table[table["shop"] == "shop 1"]
    expected = windows_by_hand(new[["a", "b"]].to_numpy(), 4)
    np.testing.assert_array_equal(window.transform(new), expected)


def test_a_series_shorter_than_the_window_is_padded():
    table = panel((9, 2))
    window = WindowTransformer(4, group="shop").fit(table)
    assert np.isnan(window.last_rows_["shop 1"]).any(axis=1).tolist() == [True, False, False]
    with pytest.raises(ValueError, match=r"n_steps_in=10 is longer than the data.*of one series"):
        WindowTransformer(10, group="shop").fit(table)


def test_names_of_lags_leave_out_the_group():
    window = WindowTransformer(2, flatten=True, group="shop").fit(panel()[["a", "shop", "b"]])
    assert window.get_feature_names_out().tolist() == ["a_lag1", "b_lag1", "a_lag0", "b_lag0"]
    assert window.n_features_in_ == 3


def test_a_known_break_is_not_crossed():
    table = np.c_[TABLE[:10], np.repeat([0, 1], 5)]
    windows = WindowTransformer(3, group=2).fit_transform(table)
    expected = np.r_[windows_by_hand(TABLE[:5], 3), windows_by_hand(TABLE[5:10], 3)]
    np.testing.assert_array_equal(windows, expected)


def test_errors_of_groups_say_what_to_do():
    with pytest.raises(ValueError, match=r"group='shop' is not a column of X.*set_output"):
        WindowTransformer(3, group="shop").fit(TABLE)
    with pytest.raises(ValueError, match="group='store' is not a column of X, which has"):
        WindowTransformer(3, group="store").fit(panel())
    unlabelled = panel()
    unlabelled.iloc[4, 2] = None
    with pytest.raises(ValueError, match="1 labels are missing, the first in row 4"):
        WindowTransformer(3, group="shop").fit(unlabelled)
    doubled = panel().iloc[[0, 0, 1, 2]]
    with pytest.raises(ValueError, match="one row per time and series"):
        WindowTransformer(1, group="shop").fit(doubled)


def test_a_series_of_one_row_is_continued_by_the_next_day():
    days = pd.date_range("2024-01-01", periods=300)
    X = pd.DataFrame({"s": [1.0, 2, 3, 4, 5, 99], "g": list("aaaaab")}, days[[0, 1, 2, 3, 4, 200]])
    window = WindowTransformer(3, group="g").fit(X)
    # How far days are apart is seen in the other series.
    for first, n_missing in {10: 2, 201: 1, 202: 2}.items():
        rows = pd.DataFrame({"s": [7.0, 8.0], "g": "b"}, days[[first, first + 1]])
        assert np.isnan(window.transform(rows)[0]).sum() == n_missing


def test_targets_that_reach_further_than_the_window_knows_are_warned_of():
    X, y = make_supervised(pd.DataFrame(TABLE, columns=["a", "b"]), n_steps_out=3)
    with pytest.warns(
        UserWarning, match=r"y reaches 3 rows ahead.*n_steps_out=1 and lead=1.*Set n_steps_out=None"
    ):
        WindowTransformer(4, n_steps_out=1).fit_transform(X, y)
    for window in (
        WindowTransformer(4),
        WindowTransformer(4, n_steps_out=3),
        WindowTransformer(4, purge=False),
    ):
        window.fit_transform(X, y)  # warnings are errors here


# --- dates that are no DatetimeIndex -----------------------------------------------------------


@pytest.mark.parametrize("group", [None, "series"])
def test_rows_get_their_history_by_dates_that_are_objects(group):
    dates = pd.Index([day.date() for day in pd.date_range("2024-01-01", periods=30)])
    table = pd.DataFrame({"x": np.arange(30.0), "series": 0.0}, index=dates)
    table = table if group else table[["x"]]
    window = WindowTransformer(3, group=group).fit(table[:20])
    assert np.asarray(window.transform(table[9:10]))[0, :, 0].tolist() == [7, 8, 9]
    windows = np.asarray(window.transform(table[25:26]))  # those before it are missing
    np.testing.assert_array_equal(windows[0, :, 0], [np.nan, np.nan, 25])


def test_dates_that_are_text_are_told_of():
    table = pd.DataFrame({"x": np.arange(9.0)}, index=[f"2024-01-0{day}" for day in range(1, 10)])
    with pytest.warns(UserWarning, match=r"index is text, from '2024-01-01'.*pd\.to_datetime"):
        WindowTransformer(3).fit(table)
    table.index = pd.to_datetime(table.index)  # as it says
    window = WindowTransformer(3).fit(table[:5])
    windows = np.asarray(window.transform(table[8:]))
    np.testing.assert_array_equal(windows[0, :, 0], [np.nan, np.nan, 8])


@pytest.mark.parametrize(
    "change", [lambda df: df.tz_localize("UTC"), lambda df: df.to_period("D")], ids=["tz", "period"]
)
def test_rows_of_another_kind_of_time_are_refused(change):
    index = pd.date_range("2024-01-01", periods=60, freq="D")
    df = pd.DataFrame({"v": np.random.default_rng(0).normal(size=60)}, index=index)
    for fitted, newer in ((df, change(df)), (change(df), df)):
        with pytest.raises(ValueError, match="Label them alike"):
            WindowTransformer(4).fit(fitted[:40]).transform(newer[55:58])
    numbered = df.reset_index(drop=True)  # as an array
    assert WindowTransformer(4).fit(df).transform(numbered).shape == (60, 4, 1)
