"""make_supervised: every container, every framing of the design's table, every refusal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skforecast_lstm import WindowTransformer, make_supervised
from skforecast_lstm.datasets import make_toy_table

INDEXES = [
    pd.date_range("2024-01-31", periods=6, freq="ME", name="month"),
    pd.date_range("2024-03-30", periods=6, freq="D", tz="Europe/Berlin"),
    pd.period_range("2024-01", periods=6, freq="M"),
    pd.RangeIndex(10, 22, 2),
    pd.Index(list("abcdef")),  # says nothing about time, and is kept all the same
]
each_index = pytest.mark.parametrize("index", INDEXES, ids=lambda index: type(index).__name__)


def table_of(index: pd.Index) -> pd.DataFrame:
    """Two integer series; b is a hundred times a."""
    a = np.arange(1, len(index) + 1)
    return pd.DataFrame({"a": a, "b": 100 * a}, index=index)


TABLE = table_of(pd.RangeIndex(6))
ARRAY = TABLE.to_numpy()


# --- containers ---------------------------------------------------------------------------------


@each_index
def test_dataframe_in_dataframe_out_with_the_index_of_the_origins(index):
    X, y = make_supervised(table_of(index), n_steps_out=2)
    pd.testing.assert_frame_equal(X, table_of(index).iloc[:4])
    expected = [[2, 200, 3, 300], [3, 300, 4, 400], [4, 400, 5, 500], [5, 500, 6, 600]]
    columns = ["a(t+1)", "b(t+1)", "a(t+2)", "b(t+2)"]
    pd.testing.assert_frame_equal(y, pd.DataFrame(expected, index=index[:4], columns=columns))


@each_index
def test_series_in_frame_and_series_out(index):
    series = table_of(index)["a"]
    X, y = make_supervised(series)
    pd.testing.assert_frame_equal(X, series.to_frame().iloc[:5])
    expected = pd.Series([2, 3, 4, 5, 6], index=index[:5], name="a(t+1)")
    pd.testing.assert_series_equal(y, expected)


def test_freq_of_the_index_is_kept():
    X, y = make_supervised(table_of(INDEXES[0]), n_steps_out=2)
    assert X.index.freq == y.index.freq == pd.offsets.MonthEnd()


@pytest.mark.parametrize(
    "data",
    [[1, 2, 3, 4], (1, 2, 3, 4), np.array([1, 2, 3, 4]), np.array([[1], [2], [3], [4]])],
    ids=["list", "tuple", "1-D", "2-D"],
)
def test_one_series_without_pandas(data):
    X, y = make_supervised(data)
    assert type(X) is type(y) is np.ndarray
    np.testing.assert_array_equal(X, [[1], [2], [3]])
    np.testing.assert_array_equal(y, [2, 3, 4])
    _, y = make_supervised(data, n_steps_out=2)
    np.testing.assert_array_equal(y, [[2, 3], [3, 4]])


@pytest.mark.parametrize("data", [ARRAY, ARRAY.tolist()], ids=["array", "list"])
def test_several_series_without_pandas(data):
    X, y = make_supervised(data, target=1)
    np.testing.assert_array_equal(X, ARRAY[:5, ::-1])
    np.testing.assert_array_equal(y, ARRAY[1:, 1])


def test_series_without_a_name():
    X, y = make_supervised(pd.Series([1.0, 2.0, 3.0]))
    assert (list(X.columns), y.name) == ([0], "0(t+1)")


@pytest.mark.parametrize("dtype", ["int64", "int8", "float32", "float64"])
def test_dtype_is_kept(dtype):
    X, y = make_supervised(pd.DataFrame({"x": [1, 0, 1, 1]}, dtype=dtype), n_steps_out=2)
    assert {*X.dtypes, *y.dtypes} == {pd.api.types.pandas_dtype(dtype)}


# Booleans have no NaN and no sum, and the types of extensions have several ways to miss a value:
# features become numbers of numpy, once, where the table comes in. A target of booleans is a label.
@pytest.mark.parametrize("dtype", ["bool", "boolean", "Int64"])
def test_what_counts_becomes_a_number_of_numpy(dtype):
    X, y = make_supervised(pd.DataFrame({"x": [1, 0, 1, 1]}, dtype=dtype), n_steps_out=2)
    assert {*X.dtypes} == {np.dtype("int64")}
    assert {*y.dtypes} == {np.dtype("int64" if dtype == "Int64" else "bool")}


@pytest.mark.parametrize("dtype", ["int64", "float32"])
def test_dtype_of_arrays_is_kept(dtype):
    X, y = make_supervised(ARRAY.astype(dtype), n_steps_out=2)
    assert (X.dtype, y.dtype) == (dtype, dtype)


def test_missing_values_stay_where_they_are():
    X, y = make_supervised(np.array([1.0, np.nan, 3.0, 4.0]))
    np.testing.assert_array_equal(X, [[1.0], [np.nan], [3.0]])
    np.testing.assert_array_equal(y, [np.nan, 3.0, 4.0])


def test_features_need_not_be_numbers():
    # They may be encoded by a later step; only a target has to be a number.
    table = TABLE.assign(day=list("MTWTFS"))
    X, _ = make_supervised(table, target="a")
    assert X["day"].tolist() == list("MTWTF")


# --- columns ------------------------------------------------------------------------------------

WIDE = pd.DataFrame(np.arange(20).reshape(4, 5), columns=list("abcde"))


@pytest.mark.parametrize(
    ("target", "features", "lead", "expected_X", "expected_y"),
    [
        (None, None, 1, "abcde", "abcde"),
        ("c", None, 1, "cabde", "c"),  # targets first
        (["d", "b"], None, 1, "dbace", "db"),  # ... in the order they were named in
        ("c", None, 0, "abde", "c"),
        (["d", "b"], None, 0, "ace", "db"),
        ("c", ["e", "c", "a"], 1, "eca", "c"),  # the user's order
        ("c", ["e", "a"], 1, "ea", "c"),  # a target's own past may be left out
        (None, "b", 1, "b", "abcde"),
        (2, None, 1, "cabde", "c"),
        (-1, [0, -2], 1, "ad", "e"),
        (np.int64(2), np.array([4, 0]), 1, "ea", "c"),
        (["a", 2], ("e", 1), 1, "eb", "ac"),
        (pd.Index(["a"]), pd.Index(["b"]), 0, "b", "a"),
    ],
)
def test_columns_by_name_and_position(target, features, lead, expected_X, expected_y):
    X, y = make_supervised(WIDE, target, features=features, lead=lead)
    y = y.to_frame() if y.ndim == 1 else y
    step = "(t+1)" if lead else "(t)"
    assert "".join(X.columns) == expected_X
    assert list(y.columns) == [name + step for name in expected_y]
    np.testing.assert_array_equal(X, WIDE[list(expected_X)].iloc[: len(X)])
    np.testing.assert_array_equal(y, WIDE[list(expected_y)].iloc[lead:])


def test_columns_of_an_array_by_position():
    X, y = make_supervised(WIDE.to_numpy(), target=-1, features=[3, 0])
    np.testing.assert_array_equal(X, WIDE[["d", "a"]].iloc[:3])
    np.testing.assert_array_equal(y, WIDE["e"].iloc[1:])


def test_a_name_goes_before_a_position():
    table = pd.DataFrame({1: [10, 11], 0: [20, 21]})
    _, y = make_supervised(table, target=0)
    assert (y.name, y.tolist()) == ("0(t+1)", [21])


def test_a_tuple_that_is_a_name_is_one_column():
    table = pd.DataFrame([[10, 20], [11, 21]])
    table.columns = pd.Index([("a", 1), ("b", 2)], tupleize_cols=False)
    _, y = make_supervised(table, target=("b", 2))
    assert y.tolist() == [21]


# --- labels -------------------------------------------------------------------------------------

WEATHER = ["sun", "rain", None, "rain", "fog", "sun"]
LABELS = {
    "text": pd.Series(WEATHER),
    "objects": pd.Series(WEATHER, dtype=object),
    "categories": pd.Series(WEATHER, dtype="category"),
    "booleans": pd.Series([True, False, False, True, False, True]),
    "integers": pd.Series([3, 1, 1, 2, 1, 3]),
}
each_label = pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)


def of_steps(labels, steps):
    """The labels of these steps ahead, in their own type."""
    n_rows = len(labels) - max(steps)
    parts = [labels.iloc[step : step + n_rows].set_axis(range(n_rows), axis=0) for step in steps]
    names = [f"state(t+{step})" if step else "state(t)" for step in steps]
    return pd.concat(parts, axis=1).set_axis(names, axis=1)


@each_label
@pytest.mark.parametrize(("n_steps_out", "lead"), [(1, 1), (1, 0), (2, 1), (3, 0), (1, 2)])
def test_labels_are_framed_as_numbers_are_and_keep_their_type(labels, n_steps_out, lead):
    table = TABLE.assign(state=labels)
    X, y = make_supervised(table, "state", n_steps_out=n_steps_out, lead=lead)
    expected = of_steps(labels, range(lead, lead + n_steps_out))
    pd.testing.assert_frame_equal(y.to_frame() if y.ndim == 1 else y, expected)
    # Their own history is a feature where it can be counted with.
    is_number = lead > 0 and labels.dtype.kind in "bi"
    assert list(X.columns) == ["state"] * is_number + ["a", "b"]
    assert {dtype.kind for dtype in X.dtypes} == {"i"}


@each_label
def test_features_names_the_history_of_labels(labels):
    X, _ = make_supervised(TABLE.assign(state=labels), "state", features=["a", "state"])
    expected = labels.astype(int) if labels.dtype == bool else labels
    pd.testing.assert_series_equal(X["state"], expected.iloc[:5], check_names=False)


def test_several_targets_of_labels_are_time_major_and_each_of_its_type():
    table = TABLE.assign(state=LABELS["categories"], alarm=LABELS["booleans"])
    _, y = make_supervised(table, ["state", "alarm"], n_steps_out=2)
    assert list(y.columns) == ["state(t+1)", "alarm(t+1)", "state(t+2)", "alarm(t+2)"]
    for target in ("state", "alarm"):
        expected = of_steps(table[target], [1, 2])
        expected.columns = [f"{target}(t+1)", f"{target}(t+2)"]
        pd.testing.assert_frame_equal(y[expected.columns], expected)


def test_labels_of_several_series_are_those_of_the_own_one():
    table = pd.DataFrame(
        {
            "load": range(8),
            "state": list("xuyvzwxu"),
            "shop": list("abababab"),
            "open": [True, False] * 4,
        },
        index=np.repeat([1, 2, 3, 4], 2),
    )
    X, y = make_supervised(table, "state", group="shop", n_steps_out=2)
    assert list(X.columns) == ["load", "open", "shop"]
    assert y.to_numpy().tolist() == [["y", "z"], ["v", "w"], ["z", "x"], ["w", "u"]]
    _, y = make_supervised(table, "open", group="shop")
    assert (y.dtype, y.tolist()) == (bool, [True, False] * 3)


def test_missing_booleans_stay_missing():
    labels = pd.Series([True, None, False, True, None, False], dtype="boolean")
    for dtype in ("boolean", object):
        _, y = make_supervised(TABLE.assign(state=labels.astype(dtype)), "state")
        np.testing.assert_array_equal(y, [np.nan, 0, 1, np.nan, 0])


def test_booleans_beside_decimals_are_numbers():
    table = pd.DataFrame({"x": [0.5, 1.5, 2.5], "flag": [True, False, True]})
    _, y = make_supervised(table)
    assert [dtype.kind for dtype in y.dtypes] == ["f", "i"]


def test_labels_in_arrays():
    array = np.array([[1, "x", True], [2, "y", False], [3, None, True]], dtype=object)
    X, y = make_supervised(array, target=1)
    assert (X.tolist(), y[0], pd.isna(y[1])) == ([[1, 1], [2, 0]], "y", True)
    X, y = make_supervised(array, target=2)
    assert (X[:, 0].tolist(), y.dtype, y.tolist()) == ([1, 0], bool, [False, True])
    _, y = make_supervised(np.array([[1, 0], [2, 1], [3, 1]]) > 1, target=0)
    assert (y.dtype, y.tolist()) == (bool, [True, True])


def test_tables_of_labels_are_not_mutated():
    table = TABLE.assign(state=LABELS["text"], alarm=LABELS["booleans"])
    before = table.copy(deep=True)
    _, y = make_supervised(table, ["state", "alarm"], features="a")
    y.iloc[:, 0] = "x"
    assert table.equals(before)


# --- time ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lead", "names", "first", "last"),
    [
        (0, ["b(t)", "b(t+1)"], [100, 200], [500, 600]),
        (1, ["b(t+1)", "b(t+2)"], [200, 300], [500, 600]),
        (2, ["b(t+2)", "b(t+3)"], [300, 400], [500, 600]),
    ],
)
def test_lead_moves_the_first_target(lead, names, first, last):
    X, y = make_supervised(TABLE, "b", features="a", n_steps_out=2, lead=lead)
    assert list(y.columns) == names
    assert y.iloc[0].tolist() == first
    assert y.iloc[-1].tolist() == last
    assert X["a"].tolist() == [1, 2, 3, 4, 5][: 5 - lead]


def test_columns_of_y_are_time_major():
    # All targets of the first step, then of the second: what reshape(n, steps, targets) undoes.
    _, y = make_supervised(ARRAY, n_steps_out=3)
    steps = y.reshape(len(y), 3, 2)
    for step in range(3):
        np.testing.assert_array_equal(steps[:, step], ARRAY[1 + step : 1 + step + len(y)])


@given(
    n_rows=st.integers(1, 20),
    n_columns=st.integers(1, 3),
    n_steps_out=st.integers(1, 5),
    lead=st.integers(1, 4),
)
def test_rows_whose_targets_are_not_known_are_left_off(n_rows, n_columns, n_steps_out, lead):
    table = np.random.default_rng(0).normal(size=(n_rows, n_columns))
    n_kept = n_rows - (n_steps_out + lead - 1)
    if n_kept < 1:
        with pytest.raises(ValueError, match=f"n_steps_out={n_steps_out} and lead={lead} need"):
            make_supervised(table, n_steps_out=n_steps_out, lead=lead)
        return
    X, y = make_supervised(table, n_steps_out=n_steps_out, lead=lead)
    by_hand = [table[t + lead : t + lead + n_steps_out].ravel() for t in range(n_kept)]
    np.testing.assert_array_equal(X, table[:n_kept])
    np.testing.assert_array_equal(y.reshape(n_kept, -1), by_hand)


# --- nobody else's data is touched --------------------------------------------------------------


@pytest.mark.parametrize("data", [TABLE, TABLE["a"]], ids=["frame", "series"])
def test_pandas_is_not_mutated(data):
    before = data.copy(deep=True)
    X, y = make_supervised(data)
    X.iloc[:] = -1
    y.iloc[:] = -1
    assert data.equals(before)


@pytest.mark.parametrize("data", [ARRAY, ARRAY[:, 0]], ids=["2-D", "1-D"])
@pytest.mark.parametrize("n_steps_out", [1, 2])
def test_arrays_are_copies_to_write_to(data, n_steps_out):
    before = data.copy()
    for part in make_supervised(data, n_steps_out=n_steps_out):
        part[:] = -1
    np.testing.assert_array_equal(data, before)


def test_lists_given_as_columns_are_not_mutated():
    target, features = ["a"], ["b", "a"]
    make_supervised(TABLE, target, features=features)
    assert (target, features) == (["a"], ["b", "a"])


# --- errors -------------------------------------------------------------------------------------

DATES = pd.DatetimeIndex(["2024-01-01", "2024-01-03", "2024-01-02"])
TWO_LEVELS = pd.MultiIndex.from_product([["x"], [1, 2, 3]], names=["shop", "day"])


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (pd.DataFrame([[1, 2]], columns=[["a", "a"], ["b", "c"]]), {}, "got a MultiIndex"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), {}, "got 'a' more than once"),
        (TABLE, {"target": "c"}, r"target='c' is not a column of data, which has \['a', 'b'\]"),
        (TABLE, {"features": ["a", "c"]}, "features='c' is not a column"),
        (TABLE, {"target": 2}, "target=2 is not a column"),
        (TABLE, {"target": -3}, "target=-3 is not a column"),
        (TABLE, {"target": 0.5}, r"target=0\.5 is not a column"),
        (ARRAY, {"target": "a"}, r"target='a' is not a column of data, which has \[0, 1\]"),
        (TABLE, {"target": []}, r"target must name at least one column, .* got \[\]"),
        (TABLE, {"features": []}, r"features must name at least one column, .* got \[\]"),
        (TABLE, {"features": ["a", "a"]}, r"features must .* none twice, got \['a', 'a'\]"),
        (TABLE, {"target": ["a", 0]}, r"target must .* none twice, got \['a', 0\]"),
        (
            TABLE.assign(a=[1, "x"] * 3),
            {"target": "a"},
            r"'a' must hold .* 'mixed-integer'.*\(str\)",
        ),
        (
            TABLE.assign(a=TABLE["a"].astype(object)),
            {},
            r"'a' must hold .* kind 'integer'.*numeric\(",
        ),
        (TABLE.assign(a=INDEXES[0]), {"target": "a"}, "'a' contains dates, which are no .*target"),
        (
            TABLE.assign(a="2024-01-01"),
            {"target": "a"},
            "'a' contains dates, which are no .*target",
        ),
        (TABLE.astype(str), {}, r"no column .* feature: the targets \['a', 'b'\] are text"),
        (np.ones((2, 3, 4)), {}, r"data must be 1-D .* or 2-D .* shape \(2, 3, 4\)"),
        (np.float64(3), {}, r"data must be a table.* got float64\. Read a file with"),
        (TABLE.head(3).set_axis(DATES), {}, "row 2 .2024-01-02.* comes after 2024-01-03"),
        (TABLE.iloc[::-1], {}, r"RangeIndex is not increasing: row 1 \(4\) comes after 5"),
        (TABLE.head(3).set_axis([1, 1, 2]), {}, "has 1 more than once"),
        (TABLE.head(3).set_axis(TWO_LEVELS), {}, r"2 levels \['shop', 'day'\]"),
        (TABLE, {"lead": 0}, "lead=0 .* every column is a target"),
        (TABLE["a"], {"lead": 0}, "lead=0 .* every column is a target"),
        (TABLE, {"lead": 0, "features": "a"}, r"lead=0 predicts \['a'\] at the row itself"),
        (
            TABLE,
            {"lead": 0, "target": "b", "features": ["a", "b"]},
            r"lead=0 predicts \['b'\] at the row itself",
        ),
    ],
)
def test_refusals(data, options, message):
    with pytest.raises(ValueError, match=message):
        make_supervised(data, **options)


@pytest.mark.parametrize(
    ("name", "minimum", "value"),
    [("n_steps_out", 1, value) for value in (0, -1, 2.5, 2.0, True, "2", None)]
    + [("lead", 0, value) for value in (-1, 0.5, True, "1", None)],
)
def test_steps_are_whole_numbers(name, minimum, value):
    with pytest.raises(ValueError, match=f"{name} must be .* at least {minimum}, got {value!r}"):
        make_supervised(TABLE, **{name: value})


def test_whole_numbers_of_numpy_are_welcome():
    _, y = make_supervised(TABLE, n_steps_out=np.int64(2), lead=np.int32(2))
    assert list(y.columns) == ["a(t+2)", "b(t+2)", "a(t+3)", "b(t+3)"]


@pytest.mark.parametrize("n_rows", [0, 1, 3])
def test_too_short(n_rows):
    message = rf"n_steps_out=3 and lead=1 need at least 4 rows, got {n_rows}\."
    with pytest.raises(ValueError, match=message):
        make_supervised(TABLE.head(n_rows), n_steps_out=3)


def test_shortest():
    X, y = make_supervised(TABLE.head(4), "a", n_steps_out=3)
    assert (X["a"].tolist(), y.to_numpy().tolist()) == ([1], [[2, 3, 4]])


# --- the framings of the design's table ---------------------------------------------------------

TOY = make_toy_table()
# The same lines, drawn on past the table: what its forecasts are compared to.
TOY_CONTINUED = pd.DataFrame({"in1": np.arange(10, 130, 10), "in2": np.arange(15, 135, 10)})
TOY_CONTINUED["out"] = TOY_CONTINUED["in1"] + TOY_CONTINUED["in2"]
NOWCAST = {"target": "out", "features": ["in1", "in2"], "lead": 0}
ROWS_1_TO_3 = [[10, 15, 25], [20, 25, 45], [30, 35, 65]]
ROWS_7_TO_9 = [[70, 75, 145], [80, 85, 165], [90, 95, 185]]

# columns, options, n_steps_in, samples, first window, first target, asked row, window, answer
FRAMINGS = {
    "univariate": (
        *(["in1"], {}, 3, 6),
        *([[10], [20], [30]], 40),
        *(8, [[70], [80], [90]], 100),
    ),
    "univariate in subsequences": (
        *(["in1"], {}, 4, 5),
        *([[10], [20], [30], [40]], 50),
        *(8, [[60], [70], [80], [90]], 100),
    ),
    "multiple input": (
        *(["in1", "in2", "out"], NOWCAST, 3, 7),
        *([[10, 15], [20, 25], [30, 35]], 65),
        # The inputs of the row after the table are known; its output is asked for.
        *(9, [[80, 85], [90, 95], [100, 105]], 205),
    ),
    "parallel": (
        *(["in1", "in2", "out"], {}, 3, 6),
        *(ROWS_1_TO_3, [40, 45, 85]),
        *(8, ROWS_7_TO_9, [100, 105, 205]),
    ),
    "multi-step": (
        *(["in1"], {"n_steps_out": 2}, 3, 5),
        *([[10], [20], [30]], [40, 50]),
        *(8, [[70], [80], [90]], [100, 110]),
    ),
    "multiple input, multi-step": (
        *(["in1", "in2", "out"], {**NOWCAST, "n_steps_out": 2}, 3, 6),
        *([[10, 15], [20, 25], [30, 35]], [65, 85]),
        *(8, [[70, 75], [80, 85], [90, 95]], [185, 205]),
    ),
    "parallel, multi-step": (
        *(["in1", "in2", "out"], {"n_steps_out": 2}, 3, 5),
        *(ROWS_1_TO_3, [40, 45, 85, 50, 55, 105]),
        *(8, ROWS_7_TO_9, [100, 105, 205, 110, 115, 225]),
    ),
}


def complete(windows: np.ndarray) -> np.ndarray:
    """Numbers of the rows whose window misses nothing: the ones that regressors train on."""
    return np.flatnonzero(~np.isnan(windows).any(axis=(1, 2)))


def window_step(n_steps_in: int, options: dict) -> WindowTransformer:
    n_steps_out = options.get("n_steps_out", 1)
    return WindowTransformer(n_steps_in, n_steps_out=n_steps_out, purge=False)


@pytest.mark.parametrize("as_array", [False, True], ids=["pandas", "array"])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_samples_of_the_framings(framing, as_array):
    columns, options, n_steps_in, n_samples, window, target, *_ = FRAMINGS[framing]
    data = TOY[columns]
    if as_array:
        # Arrays have positions in place of names.
        data = data.to_numpy()
        options = {**options, **({"target": 2, "features": [0, 1]} if "target" in options else {})}
    X, y = make_supervised(data, **options)
    windows = window_step(n_steps_in, options).fit_transform(X)
    rows = complete(windows)
    assert len(rows) == n_samples
    np.testing.assert_array_equal(windows[rows[0]], window)
    np.testing.assert_array_equal(np.asarray(y)[rows[0]], target)


@pytest.mark.parametrize("framing", FRAMINGS)
def test_asked_windows_of_the_framings(framing):
    columns, options, n_steps_in, _, _, _, asked_row, window, answer = FRAMINGS[framing]
    X, _ = make_supervised(TOY[columns], **options)
    whole = TOY_CONTINUED[X.columns].iloc[: asked_row + 1]
    windows = window_step(n_steps_in, options).fit(X).transform(whole)
    assert len(windows) == asked_row + 1
    np.testing.assert_array_equal(windows[-1], window)
    # What the table expects is what that row's target becomes once it is known.
    _, y = make_supervised(TOY_CONTINUED[columns], **options)
    np.testing.assert_array_equal(y.iloc[asked_row], answer)


def test_the_toy_table_is_the_beginning_of_the_continued_one():
    pd.testing.assert_frame_equal(TOY, TOY_CONTINUED.head(9))


@given(
    n_steps_in=st.integers(1, 6),
    n_steps_out=st.integers(1, 4),
    lead=st.integers(0, 3),
    n_samples=st.integers(1, 15),
)
def test_number_of_samples(n_steps_in, n_steps_out, lead, n_samples):
    n_rows = n_samples + n_steps_in + n_steps_out + lead - 2
    table = np.random.default_rng(0).normal(size=(n_rows, 2))
    X, y = make_supervised(table, target=1, features=0, n_steps_out=n_steps_out, lead=lead)
    windows = window_step(n_steps_in, {"n_steps_out": n_steps_out}).fit_transform(X)
    assert len(windows) == len(X) == len(y)  # a row is an origin: none is dropped
    assert len(complete(windows)) == n_rows - n_steps_in - n_steps_out - lead + 2


# --- covariates known in advance, and several series ----------------------------------------------


def sales(n_days=6) -> pd.DataFrame:
    """Two shops, interleaved; what is sold and its price tell day and shop."""
    days = pd.date_range("2024-01-01", periods=n_days, name="day")
    parts = [
        pd.DataFrame(
            {"sold": k + np.arange(n_days), "price": -k - np.arange(n_days), "shop": shop},
            index=days,
        )
        for k, shop in ((100, "a"), (200, "b"))
    ]
    return pd.concat(parts).sort_index(kind="stable")


def test_known_future_stands_beside_each_row():
    table = pd.DataFrame({"y": [1, 2, 3, 4, 5, 6], "price": [10, 20, 30, 40, 50, 60]})
    X, y = make_supervised(table, target="y", known_future="price", n_steps_out=2, lead=2)
    assert list(X.columns) == ["y", "price", "price(t+2)", "price(t+3)"]
    np.testing.assert_array_equal(X["price(t+2)"], [30, 40, 50])
    np.testing.assert_array_equal(X["price(t+3)"], [40, 50, 60])
    np.testing.assert_array_equal(y["y(t+3)"], [4, 5, 6])


def test_known_future_is_no_target_unless_named():
    X, y = make_supervised(pd.DataFrame({"a": [1, 2, 3], "p": [4, 5, 6]}), known_future="p")
    assert y.name == "a(t+1)"
    assert list(X.columns) == ["a", "p", "p(t+1)"]
    with pytest.raises(ValueError, match="'p' cannot be both target and known_future"):
        make_supervised(pd.DataFrame({"a": [1, 2], "p": [4, 5]}), target="p", known_future="p")


@pytest.mark.parametrize("form", ["column", "level", "stacked", "array"])
def test_each_series_is_framed_as_if_alone(form):
    table = sales()
    data = table
    if form == "level":
        data = table.set_index("shop", append=True)
    if form == "stacked":  # one shop after the other: put in the order of time
        data = table.sort_values("shop", kind="stable")
    names = {"target": "sold", "known_future": "price", "group": "shop"}
    if form == "array":
        data, names = table.to_numpy(), {"target": 0, "known_future": 1, "group": 2}
    X, y = make_supervised(data, n_steps_out=2, **names)
    X, y = np.asarray(X), np.asarray(y, dtype=float)
    assert X.shape == (8, 5)
    for shop in "ab":
        alone = table[table["shop"] == shop].drop(columns="shop")
        X1, y1 = make_supervised(alone, target="sold", known_future="price", n_steps_out=2)
        np.testing.assert_array_equal(X[X[:, -1] == shop][:, :-1].astype(float), X1)
        np.testing.assert_array_equal(y[X[:, -1] == shop], y1)


def test_rows_of_several_series_are_in_the_order_of_time():
    X, y = make_supervised(sales().sort_values("shop"), target="sold", group="shop")
    assert X.index.is_monotonic_increasing
    assert X["shop"].tolist() == ["a", "b"] * 5
    pd.testing.assert_index_equal(X.index, y.index)


def test_a_series_too_short_gives_no_row():
    table = sales(3).iloc[[0, 1, 2]]  # two days of shop a, one of shop b
    X, _ = make_supervised(table, target="sold", group="shop")
    assert X["shop"].tolist() == ["a"]
    with pytest.raises(ValueError, match=r"too short.*of one series"):
        make_supervised(sales(2), target="sold", group="shop", n_steps_out=2)


def test_a_group_must_be_a_column_and_whole():
    with pytest.raises(ValueError, match="group='store' is not a column"):
        make_supervised(sales(), target="sold", group="store")
    with pytest.raises(ValueError, match="labels are missing"):
        make_supervised(sales().assign(shop=[None] + ["a"] * 11), target="sold", group="shop")
    with pytest.raises(ValueError, match="name the column that tells them apart with group"):
        make_supervised(sales().drop(columns="shop"))


@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
def test_complex_numbers_are_refused_and_not_halved(container):
    with pytest.raises(ValueError, match=r"Complex data not supported, got it in columns \[1\]"):
        make_supervised(pd.DataFrame({0: [1.0, 2.0, 3.0], 1: [1j, 2j, 3j]}))
    with pytest.raises(ValueError, match="Complex data not supported"):
        make_supervised(container([[1j], [2j], [3j]]))
