"""Flat tables of lags that others made: what their names tell, and the windows made of them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skforecast_lstm import LagsToWindows, LSTMRegressor, NaiveRegressor, WindowTransformer
from skforecast_lstm._lags import is_reversed, lag_order, order_of_columns


def lag_table(names, lags, n_rows=30, seed=0):
    """Lags of a random walk, under these names, and the walk itself, which they lead to."""
    walk = pd.Series(np.random.default_rng(seed).normal(size=n_rows + max(lags)).cumsum())
    table = pd.DataFrame({n: walk.shift(lag) for n, lag in zip(names, lags, strict=True)})
    return table.dropna(), walk[max(lags) :]


def small(**params):
    return LSTMRegressor(**{"units": 3, "epochs": 2, "random_state": 0, **params})


# --- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["lag_1", "lag_2", "lag_3"], {"": {1: 0, 2: 1, 3: 2}}),  # skforecast
        (["lag1", "lag12"], {"": {1: 0, 12: 1}}),  # mlforecast
        (["y_lag_2", "y_lag_1"], {"y": {1: 1, 2: 0}}),  # sktime
        (["sales_lag-2", "sales_lag-1"], {"sales": {1: 1, 2: 0}}),  # darts
        (["Lag 1", "LAG.2", "price"], {"": {1: 0, 2: 1}}),
        (["p_lag1", "p_lag0"], {"p": {0: 1, 1: 0}}),  # WindowTransformer(flatten=True)
        (["lag_1_a", "b_lag_1"], {"a": {1: 0}, "b": {1: 1}}),
        (["a(t-1)", "a(t)", "b(t-1)"], {"a": {0: 1, 1: 0}, "b": {1: 2}}),
    ],
)
def test_names_of_lags(names, expected):
    assert lag_order(names) == expected
    assert lag_order(pd.Index(names)) == expected


@pytest.mark.parametrize(
    "names",
    [
        None,
        [],
        range(5),
        ["flag_1", "flag_2"],
        ["lag", "x1", "lagoon_1", "lag_x"],
        ["price(t)", "price(t+1)"],
        ["rolling_mean_lag1_window_size7"],
        ["p_lag0"],
    ],
)
def test_names_that_say_nothing(names):
    assert lag_order(names) is None
    assert order_of_columns(names, "it") == slice(None)


def test_two_names_for_one_lag():
    with pytest.raises(ValueError, match=r"are the same lag by their names, 'lag_1' and 'lag1'"):
        lag_order(["lag_1", "lag_2", "lag1"])


# --- regressors ---------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
def test_regressors_take_named_lags_oldest_first(order):
    names = [["lag_1", "lag_2", "lag_3", "lag_4"][i] for i in order]
    X, y = lag_table(names, np.arange(1, 5)[order])
    before = X.copy()
    model = small(window_norm="last").fit(X, y)
    windows = X[["lag_4", "lag_3", "lag_2", "lag_1"]].to_numpy()
    expected = small(window_norm="last").fit(windows, y).predict(windows)
    np.testing.assert_array_equal(model.predict(X), expected)
    assert list(model.feature_names_in_) == names
    pd.testing.assert_frame_equal(X, before)
    # Columns of an array are those of fit.
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        np.testing.assert_array_equal(model.predict(X.to_numpy()), expected)
    naive = NaiveRegressor().fit(X, y)
    np.testing.assert_allclose(naive.predict(X), X["lag_1"])


def test_named_lags_after_a_fit_on_windows():
    X, y = lag_table(["lag_1", "lag_2", "lag_3"], [1, 2, 3])
    windows = LagsToWindows().fit_transform(X)
    model = small().fit(X, y).fit(windows, y)
    np.testing.assert_array_equal(model.predict(X), model.predict(windows))


def test_flat_windows_of_ones_own_stay_as_they_are():
    series = pd.DataFrame({"p": np.random.default_rng(0).normal(size=30)})
    window = WindowTransformer(4, flatten=True).set_output(transform="pandas")
    X, y = window.fit_transform(series), series["p"].shift(-1)
    assert order_of_columns(X.columns, "it") == slice(None)
    model = small().fit(X, y)
    expected = small().fit(X.to_numpy(), y)
    np.testing.assert_array_equal(model.predict(X), expected.predict(X.to_numpy()))


@pytest.mark.parametrize("regressor", [small(), NaiveRegressor()])
@pytest.mark.parametrize(
    ("names", "match"),
    [
        (["lag_1", "lag_2", "price"], r"lags beside other columns \('lag_1' and 'price'\)"),
        (["a_lag_1", "a_lag_2", "b_lag_1"], r"lags of several series \('a_lag_1' and 'b_lag_1'\)"),
    ],
)
def test_tables_that_are_no_windows_of_one_series(regressor, names, match):
    X, y = lag_table(names, [1, 2, 1])
    name = type(regressor).__name__
    with pytest.raises(ValueError, match=rf"{match}.*\(LagsToWindows\(\), {name}\(\)\)"):
        clone(regressor).fit(X, y)


def test_lags_with_holes_are_taken_in_order_with_a_warning():
    X, y = lag_table(["lag_1", "lag_2", "lag_12"], [1, 2, 12])
    with pytest.warns(UserWarning, match=r"has the lags \[1, 2, 12\], but not lag 3"):
        model = small().fit(X, y)
    expected = small().fit(X.to_numpy()[:, ::-1], y).predict(X.to_numpy()[:, ::-1])
    np.testing.assert_array_equal(model.predict(X), expected)


@pytest.mark.parametrize("regressor", [small(), NaiveRegressor()])
@pytest.mark.parametrize("layout", [(-1, 3), (-1, 3, 1)])
def test_lags_without_names_in_the_wrong_order_are_spoken_of(regressor, layout):
    X, _ = lag_table(["lag_1", "lag_2", "lag_3"], [1, 2, 3])
    y, X = X["lag_3"].shift(-1).fillna(0.0), X.to_numpy().reshape(layout)
    with pytest.warns(UserWarning, match=r"first step of the windows.*LagsToWindows\(newest_first"):
        clone(regressor).fit(X, y)


# --- what values tell ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scale", [False, True])
def test_windows_that_begin_with_their_newest_step(seed, scale):
    X, _ = lag_table([f"lag_{lag}" for lag in range(1, 7)], range(1, 7), 300, seed)
    X = StandardScaler().fit_transform(X) if scale else X.to_numpy(copy=True)
    X[5, 2], X[7] = np.inf, np.nan
    assert is_reversed(X)
    assert is_reversed(X[:, :, np.newaxis])
    assert is_reversed(X[::-1, ::-1])  # rows from new to old
    assert not is_reversed(X[:, ::-1])
    trend = 0.1 * np.arange(50.0)[:, np.newaxis] - 0.1 * np.arange(6)
    assert is_reversed(trend)
    assert not is_reversed(trend[:, ::-1])
    assert not is_reversed(X[np.random.default_rng(seed).permutation(len(X))])


@pytest.mark.parametrize(
    "windows",
    [
        np.ones((50, 4)),
        np.full((50, 4), np.nan),
        np.random.default_rng(0).normal(size=(50, 4)),
        np.arange(12.0).reshape(6, 2),
        np.empty((0, 4)),
        np.ones((1, 4)),
        np.sin(np.arange(50)[:, np.newaxis] + np.arange(6)),
        np.arange(50.0)[:, np.newaxis] + np.arange(6),
    ],
)
def test_windows_of_which_nothing_can_be_told_or_all_is_right(windows):
    assert not is_reversed(windows)


# --- LagsToWindows ------------------------------------------------------------------------------


def test_several_series_and_constants_become_features():
    X = pd.DataFrame(
        {"b_lag_2": [1.0], "price": [9.0], "a_lag_1": [4.0], "b_lag_1": [2.0], "a_lag_2": [3.0]}
    )
    step = LagsToWindows().fit(X)
    np.testing.assert_array_equal(step.transform(X), [[[1, 3, 9], [2, 4, 9]]])
    assert (step.lags_, step.features_) == ([2, 1], ["b", "a", "price"])


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, [[4], [3], [2], [1]]),
        ({"newest_first": False}, [[1], [2], [3], [4]]),
        ({"n_lags": 3}, [[3, 4], [2, 4], [1, 4]]),
        ({"n_lags": 2, "newest_first": False}, [[1, 3, 4], [2, 3, 4]]),
    ],
)
def test_columns_without_names(params, expected):
    X = np.array([[1.0, 2.0, 3.0, 4.0]])
    step = LagsToWindows(**params)
    np.testing.assert_array_equal(step.fit_transform(X), [expected])
    frame = pd.DataFrame(X, columns=list("abcd"))
    np.testing.assert_array_equal(step.fit_transform(frame), [expected])
    assert step.features_ == ["", *"abcd"[params.get("n_lags", 4) :]]


def test_names_decide_where_they_tell():
    X = pd.DataFrame({"lag_2": [2.0], "lag_1": [1.0], "price": [9.0]})
    found = LagsToWindows(1, newest_first=False).fit_transform(X)
    np.testing.assert_array_equal(found, [[[2, 9], [1, 9]]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_missing_values_and_precision_are_kept(dtype):
    X = np.arange(12).reshape(4, 3).astype(dtype)
    found = LagsToWindows().fit_transform(X)
    assert found.dtype == (np.float32 if dtype is np.float32 else np.float64)
    if dtype is not np.int64:
        X[0, 2] = np.nan
        assert np.isnan(LagsToWindows().fit_transform(X)).sum() == 1


@pytest.mark.parametrize(
    ("params", "names", "match"),
    [
        ({"n_lags": 4}, list("abc"), r"n_lags=4 is more than the columns of X, which has 3"),
        ({"n_lags": 0}, list("abc"), r"'n_lags' parameter of LagsToWindows must be"),
        ({"newest_first": 2}, list("abc"), r"'newest_first' parameter of LagsToWindows must be"),
        ({}, ["lag_1", "x", "lag1"], r"same lag by their names, 'lag_1' and 'lag1'"),
        ({}, ["a_lag1", "a_lag2", "b_lag1"], r"has lag 2 of 'a' and not of 'b'.*constant feature"),
    ],
)
def test_tables_that_make_no_windows(params, names, match):
    with pytest.raises(ValueError, match=match):
        LagsToWindows(**params).fit(pd.DataFrame(np.ones((4, 3)), columns=names))


def test_holes_are_spoken_of():
    X = pd.DataFrame(np.ones((4, 4)), columns=["a_lag1", "a_lag3", "b_lag1", "b_lag3"])
    with pytest.warns(UserWarning, match=r"lags \[1, 3\] of '[ab]', but not lag 2"):
        LagsToWindows().fit(X)


def test_in_a_pipeline_that_returns_tables():
    X, y = lag_table(["lag_1", "lag_2", "lag_3"], [1, 2, 3])
    X["noise"] = np.random.default_rng(1).normal(size=len(X))
    model = make_pipeline(StandardScaler(), LagsToWindows(), small())
    model.set_output(transform="pandas").fit(X, y)
    assert model[-1].n_features_in_ == 2
    assert model.predict(X).shape == y.shape


@pytest.mark.parametrize("seed", range(3))
def test_a_network_learns_from_a_table_with_covariates(seed):
    X, y = lag_table(["lag_1", "lag_2", "lag_3"], [1, 2, 3], 300, seed)
    X["step"] = y - X["lag_1"]
    model = make_pipeline(LagsToWindows(), small(units=16, epochs=30, window_norm="last"))
    model.set_params(lstmregressor__learning_rate=0.02).fit(X[:200], y[:200])
    error = np.abs(model.predict(X[200:]) - y[200:]).mean()
    assert error < 0.4 * X["step"][200:].abs().mean()
