"""The baselines: their forecasts as written out by hand, and what they refuse to forecast."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_regressor
from sklearn.metrics import r2_score
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.utils import get_tags

from skforecast_lstm import WindowTransformer, make_supervised
from skforecast_lstm.baselines import (
    DriftRegressor,
    NaiveRegressor,
    SeasonalNaiveRegressor,
)

BASELINES = [NaiveRegressor(), SeasonalNaiveRegressor(3), DriftRegressor()]
each_baseline = pytest.mark.parametrize("baseline", BASELINES, ids=lambda b: type(b).__name__)


# --- scikit-learn's tags ------------------------------------------------------------------------


@each_baseline
def test_is_a_regressor_of_windows(baseline):
    assert is_regressor(baseline)
    tags = get_tags(baseline)
    assert tags.input_tags.three_d_array
    assert tags.input_tags.allow_nan
    assert tags.target_tags.multi_output


# --- forecasts, written out by hand -------------------------------------------------------------


def by_hand(baseline, table, n_steps_in, steps):
    """Forecasts of shape (n_rows, n_steps, n_columns) from every row of a table, in loops."""
    forecasts = np.full((len(table), len(steps), table.shape[1]), np.nan)
    for row in range(len(table)):
        first = max(0, row - n_steps_in + 1)
        for number, h in enumerate(steps):
            if isinstance(baseline, NaiveRegressor):
                forecasts[row, number] = table[row]
            elif isinstance(baseline, SeasonalNaiveRegressor):
                s = baseline.season_length
                same_season = row + h - s * -(-h // s)
                if same_season >= 0:
                    forecasts[row, number] = table[same_season]
            elif row > first:
                change = h * (table[row] - table[first]) / (row - first)
                forecasts[row, number] = table[row] + change
    return forecasts


def random_walks(n_rows=40, n_columns=3, seed=0):
    return np.random.default_rng(seed).normal(100, 5, (n_rows, n_columns)).cumsum(axis=0)


@each_baseline
@pytest.mark.parametrize("lead", [1, 2])
@pytest.mark.parametrize("scaler", [None, StandardScaler()])
@pytest.mark.parametrize(
    ("n_targets", "n_steps_out", "layout"),
    [
        (1, 1, "array"),
        (1, 5, "array"),
        (1, 5, "3-D"),
        (2, 1, "DataFrame"),
        (2, 5, "array"),
        (2, 5, "DataFrame"),
        (2, 5, "3-D"),
    ],
)
def test_forecasts_as_written_by_hand(baseline, lead, scaler, n_targets, n_steps_out, layout):
    table = random_walks()
    data = pd.DataFrame(table, columns=list("abc")) if layout == "DataFrame" else table
    X, y = make_supervised(data, list(range(n_targets)), n_steps_out=n_steps_out, lead=lead)
    if layout == "3-D":
        y = y.reshape(len(y), n_steps_out, n_targets)
    expected = by_hand(baseline, table[:, :n_targets], 4, range(lead, lead + n_steps_out))
    expected = expected[: len(X)].reshape(y.shape)

    window = WindowTransformer(4, n_steps_out=n_steps_out, lead=lead)
    model = make_pipeline(scaler, window, clone(baseline).set_params(lead=lead))
    if layout == "array":
        model[-1].set_params(n_targets=n_targets)
    train, test = (slice(0, 25), slice(25, None))
    y_pred = model.fit(X[train], y[train]).predict(X[test])
    assert y_pred.shape == y[test].shape
    assert np.isfinite(y_pred).all()
    if scaler is None:  # bit for bit
        assert model[-1].scale_.tolist() == [1.0] * n_targets
        assert model[-1].offset_.tolist() == [0.0] * n_targets
        np.testing.assert_array_equal(y_pred, expected[test])
        np.testing.assert_array_equal(model.predict(X), expected)  # NaN in the same rows
    else:
        np.testing.assert_allclose(y_pred, expected[test], rtol=1e-11)
        np.testing.assert_allclose(model.predict(X), expected, rtol=1e-11)


def test_a_horizon_of_several_seasons():
    # The last season, 7 8 9, over and over; one row further, 8 9 10.
    X, y = make_supervised(np.arange(20.0), n_steps_out=7)
    model = make_pipeline(WindowTransformer(3), SeasonalNaiveRegressor(3)).fit(X, y)
    np.testing.assert_array_equal(
        model.predict(X)[9:11], [[7, 8, 9, 7, 8, 9, 7], [8, 9, 10, 8, 9, 10, 8]]
    )


@each_baseline
def test_forecasts_of_a_fold_are_scored_like_any(baseline):
    table = random_walks(n_columns=1)
    X, y = make_supervised(table, n_steps_out=2)
    model = make_pipeline(StandardScaler(), WindowTransformer(4, n_steps_out=2), baseline)
    cv = TimeSeriesSplit(3)
    scores = cross_val_score(
        model, X, y, cv=cv, scoring="neg_mean_absolute_error", error_score="raise"
    )
    expected = by_hand(baseline, table, 4, [1, 2])[..., 0]
    by_fold = [-np.abs(expected[test] - y[test]).mean() for _, test in cv.split(X)]
    np.testing.assert_allclose(scores, by_fold)


@pytest.mark.parametrize("lead", [1, 2])
@pytest.mark.parametrize("scaled", [False, True])
@each_baseline
def test_several_series_in_one_table(baseline, lead, scaled):
    series = {label: random_walks(30, 1, seed)[:, 0] for seed, label in enumerate("abc")}
    series["late"] = random_walks(12, 1, seed=3)[:, 0]
    dates = pd.date_range("2024-01-01", periods=30)
    parts = [
        pd.DataFrame({"sold": values, "shop": label}, index=dates[-len(values) :])
        for label, values in series.items()
    ]
    data = pd.concat(parts).sort_index(kind="stable")
    X, y = make_supervised(data, "sold", n_steps_out=2, lead=lead, group="shop")
    forecasts = {
        label: by_hand(baseline, values[:, np.newaxis], 4, [lead, lead + 1])[..., 0]
        for label, values in series.items()
    }
    expected = [
        forecasts[shop][(dates <= date).sum() - 1 - (30 - len(forecasts[shop]))]
        for date, shop in zip(X.index, X["shop"], strict=True)
    ]

    scale = FunctionTransformer(lambda X: X.assign(sold=X["sold"] / 50 - 3)) if scaled else None
    window = WindowTransformer(4, n_steps_out=lead + 1, group="shop")
    model = make_pipeline(scale, window, clone(baseline).set_params(lead=lead)).fit(X, y)
    scale_, offset = (50, 150) if scaled else (1, 0)
    np.testing.assert_allclose(model[-1].scale_, [scale_], rtol=1e-9)
    np.testing.assert_allclose(model[-1].offset_, [offset], rtol=1e-9)
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-11 * scaled)


@each_baseline
def test_windows_of_one_series_as_a_table_of_lags(baseline):
    X, y = make_supervised(random_walks(n_columns=1), n_steps_out=2)
    deep = WindowTransformer(4).fit_transform(X)
    flat = deep[:, :, 0]
    expected = clone(baseline).fit(deep, y).predict(deep)
    model = clone(baseline).fit(flat, y)
    np.testing.assert_array_equal(model.predict(flat), expected)
    np.testing.assert_array_equal(model.predict(deep), expected)
    assert model.n_features_in_ == 4
    assert model.n_steps_in_ == 4


def test_attributes():
    X, y = make_supervised(random_walks(), [0, 1], n_steps_out=3)
    windows = WindowTransformer(4).fit_transform(X)
    model = NaiveRegressor(n_targets=2).fit(windows, y)
    assert (model.n_steps_in_, model.n_steps_out_, model.n_targets_) == (4, 3, 2)
    assert model.n_features_in_ == 3
    names = list("abcd")
    frame = pd.DataFrame(windows[:, :, 0], columns=names)
    assert list(model.set_params(n_targets=1).fit(frame, y[:, 0]).feature_names_in_) == names
    assert not hasattr(model.fit(windows, y[:, 0]), "feature_names_in_")


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_predictions_have_the_type_of_y(dtype):
    X, y = make_supervised(np.arange(10.0) ** 2)
    windows = WindowTransformer(3).fit_transform(X)
    expected = np.float32 if dtype is np.float32 else np.float64
    assert NaiveRegressor().fit(windows, y.astype(dtype)).predict(windows).dtype == expected


@each_baseline
def test_weights_change_nothing_but_are_checked(baseline):
    X, y = make_supervised(random_walks(n_columns=1))
    windows = WindowTransformer(4).fit_transform(X)
    model = clone(baseline).fit(windows, y, sample_weight=np.arange(len(y)))
    np.testing.assert_array_equal(model.predict(windows), baseline.fit(windows, y).predict(windows))
    with pytest.raises(ValueError, match="sample_weight"):
        model.fit(windows, y, sample_weight=[1.0])


@pytest.mark.parametrize("shape", [(-1,), (-1, 1), (-1, 1, 1)])
def test_score_of_every_layout(shape):
    X, y = make_supervised(random_walks(n_columns=1))
    model = make_pipeline(WindowTransformer(3), NaiveRegressor()).fit(X, y.reshape(shape))
    weight = np.arange(len(y))
    expected = r2_score(y, X[:, 0], sample_weight=weight)
    assert model.score(X, y.reshape(shape), sample_weight=weight) == pytest.approx(expected)


@each_baseline
def test_clone_and_pickle(baseline):
    X, y = make_supervised(random_walks(n_columns=1))
    windows = WindowTransformer(4).fit_transform(X)
    model = clone(baseline).set_params(columns=[0]).fit(windows, y)
    assert clone(model).get_params() == model.get_params()
    again = pickle.loads(pickle.dumps(model)).predict(windows)
    np.testing.assert_array_equal(again, model.predict(windows))


# --- what is missing ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [
        (NaiveRegressor(), [8, 8, 8, 8, np.nan]),
        (SeasonalNaiveRegressor(2), [5, 5, np.nan, np.nan, 5]),
        (DriftRegressor(), [8 + 6 / 3, 8 + 6 / 2, 8 + 6 / 2, np.nan, np.nan]),
    ],
)
def test_only_the_values_needed_must_be_known(baseline, expected):
    known = np.array([[2.0, 5, 5, 8], [0, 2, 5, 8], [0, 2, 5, 8], [0, 2, 5, 8], [2, 5, 5, 8]])
    windows = known.copy()
    windows[1, 0] = np.nan
    windows[2, [0, 2]] = np.nan
    windows[3, :3] = np.nan
    windows[4, 3] = np.nan
    model = baseline.fit(known[:, :, np.newaxis], np.full(5, 8.0))
    given_windows = windows.copy()
    y_pred = model.predict(given_windows[:, :, np.newaxis])
    np.testing.assert_array_equal(y_pred, expected)
    np.testing.assert_array_equal(given_windows, windows)


def test_rows_to_skip_are_no_history():
    values = np.array([1.0, 4, 2, np.nan, 7, 3, 8, 6])
    X = values.reshape(-1, 1)
    y = np.append(values[1:], 5.0)
    window = WindowTransformer(2, missing="mask")
    model = make_pipeline(window, NaiveRegressor()).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), values)


# --- the relation of features and targets -------------------------------------------------------


def test_a_constant_target():
    X, y = make_supervised(np.full(12, 7.0), n_steps_out=2)
    for scaler, scaled in [(None, 7), (StandardScaler(), 0), (MinMaxScaler(), 0)]:
        model = make_pipeline(scaler, WindowTransformer(3), NaiveRegressor()).fit(X, y)
        np.testing.assert_array_equal(model.predict(X), np.full((10, 2), 7.0))
        assert (model[-1].scale_.item(), model[-1].offset_.item()) == (1, 7 - scaled)
        np.testing.assert_array_equal(model.predict([[9.0]]), [[9.0, 9.0]])


def test_history_elsewhere_among_the_features():
    table = random_walks()
    X, y = make_supervised(table, [2, 0], features=[0, 1, 2])
    with pytest.raises(
        ValueError, match=r"Feature 0 .* is not the history of target 0.* Feature 2 is"
    ):
        NaiveRegressor(n_targets=2).fit(WindowTransformer(3).fit_transform(X), y)
    model = make_pipeline(WindowTransformer(3), NaiveRegressor(n_targets=2, columns=[2, 0]))
    np.testing.assert_array_equal(model.fit(X, y).predict(X), X[:, [2, 0]])
    model.set_params(naiveregressor__columns=np.array([-1, -3]))
    np.testing.assert_array_equal(model.fit(X, y).predict(X), X[:, [2, 0]])


@each_baseline
@pytest.mark.parametrize("case", ["other column", "wrong lead", "not linear", "constant target"])
def test_features_that_are_not_the_history_are_refused(baseline, case):
    table = random_walks(n_columns=2)
    table[:, 1] = 3.0 if case == "constant target" else table[:, 1]
    features = 0 if case in ("other column", "constant target") else 1
    lead = 2 if case == "wrong lead" else 1
    X, y = make_supervised(table, target=1, features=features, lead=lead)
    scaler = FunctionTransformer(np.sqrt) if case == "not linear" else None
    model = make_pipeline(scaler, WindowTransformer(4), baseline)
    with pytest.raises(ValueError, match=r"Feature 0 of the windows is not .* columns=\.\.\."):
        model.fit(X, y)


def test_series_scaled_each_in_its_own_way_are_refused():
    a, b = random_walks(20, 2).T
    data = pd.DataFrame({"sold": np.ravel([a, b], "F"), "shop": list("ab") * 20})
    data.index = np.repeat(np.arange(20), 2)
    X, y = make_supervised(data, "sold", group="shop")
    X["sold"] = X["sold"] / np.where(X["shop"] == "a", 2, 3)
    with pytest.raises(ValueError, match="a scale for each series"):
        make_pipeline(WindowTransformer(3, group="shop"), NaiveRegressor()).fit(X, y)


def test_windows_of_one_step_are_enough():
    data = pd.DataFrame({"sold": random_walks(40, 1)[:, 0], "shop": list("ab") * 20})
    X, y = make_supervised(data.set_index(np.repeat(np.arange(20), 2)), "sold", group="shop")
    model = make_pipeline(WindowTransformer(1, group="shop"), NaiveRegressor()).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), X["sold"])
    X, y = make_supervised(random_walks(n_columns=1))
    model = make_pipeline(StandardScaler(), WindowTransformer(1), NaiveRegressor()).fit(X, y)
    np.testing.assert_allclose(model.predict(X), X[:, 0])


def test_a_nowcast_has_no_history_of_its_target_unless_it_is_given_one():
    data = pd.DataFrame(random_walks(), columns=["in1", "in2", "out"])
    X, y = make_supervised(data, "out", lead=0)
    with pytest.raises(ValueError, match=r"lead=0 .* one row earlier"):
        make_pipeline(WindowTransformer(3), NaiveRegressor(lead=0)).fit(X, y)
    with pytest.raises(ValueError, match="is not the history"):
        make_pipeline(WindowTransformer(3), NaiveRegressor()).fit(X, y)
    X["before"] = data["out"].shift()
    window = WindowTransformer(3, missing="drop")
    with pytest.warns(UserWarning, match="leaves 1 of 38 windows out"):  # shift has no first value
        model = make_pipeline(window, NaiveRegressor(columns=[2])).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), data["out"].shift())


def test_independent_sequences_are_taken_as_they_are():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 4, 2)), rng.normal(size=30)
    np.testing.assert_array_equal(NaiveRegressor().fit(X, y).predict(X), X[:, -1, 0])
    X = rng.integers(0, 3, X.shape).astype(float)  # some are alike by chance
    np.testing.assert_array_equal(NaiveRegressor().fit(X, y).predict(X), X[:, -1, 0])


def test_too_few_rows_to_tell_are_taken_as_they_are():
    X, y = make_supervised([3.0, 1, 2, 5])
    model = make_pipeline(WindowTransformer(2), NaiveRegressor())
    np.testing.assert_array_equal(model.fit(X, y + 1).predict(X), X[:, 0])
    X, y = make_supervised([3.0, 1, 2, 5, 4])
    with pytest.raises(ValueError, match="is not the history"):
        model.fit(X, np.append(y[:3] ** 2, 0))


def counts_of_shops(seed, mean, lead, n_shops=8):
    """Series of different lengths, whose windows are often alike, in one table."""
    rng = np.random.default_rng(seed)
    parts = []
    for shop, first_day in enumerate(rng.integers(0, 20, n_shops)):
        sold = rng.poisson(mean, 50 - first_day).astype(float)
        other = rng.poisson(mean, 50 - first_day).astype(float)
        index = np.arange(first_day, 50)
        parts.append(pd.DataFrame({"sold": sold, "other": other, "shop": shop}, index=index))
    data = pd.concat(parts).sort_index(kind="stable")
    return make_supervised(data, "sold", n_steps_out=2, lead=lead, group="shop")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mean", [0.1, 1, 5])
@pytest.mark.parametrize(("lead", "n_steps_in"), [(1, 2), (1, 5), (2, 4)])
def test_series_with_windows_that_are_alike(seed, mean, lead, n_steps_in):
    X, y = counts_of_shops(seed, mean, lead)
    window = WindowTransformer(n_steps_in, n_steps_out=lead + 1, group="shop")
    scale = FunctionTransformer(lambda X: X.assign(sold=X["sold"] / 3 + 1))
    model = make_pipeline(scale, window, NaiveRegressor(lead=lead))
    expected = np.column_stack([X["sold"], X["sold"]])
    for rows in (slice(None), slice(0, len(X) // 2)):
        model.fit(X[rows], y[rows])
        np.testing.assert_allclose(model.predict(X), expected, atol=1e-12)
    unscaled = make_pipeline(window, NaiveRegressor(lead=lead)).fit(X, y)
    np.testing.assert_array_equal(unscaled.predict(X), expected)
    assert (unscaled[-1].scale_.item(), unscaled[-1].offset_.item()) == (1, 0)
    if mean >= 1:  # rare counts are alike too often
        with pytest.raises(ValueError, match="Feature 1 of the windows is not"):
            make_pipeline(window, NaiveRegressor(lead=lead, columns=[1])).fit(X, y)


def test_series_that_stand_still_do_not_follow_themselves():
    # "edge" repeats the first rows, and no row comes before theirs.
    a = [1.0, 2, 9, 4, 7, 5, 5, 5, 8]
    b = [3.0, 8, 1, 7, 2, 6, 6, 6, 0]
    data = pd.DataFrame({"sold": np.ravel([a, b], "F"), "shop": list("ab") * 9})
    data.index = np.repeat(np.arange(9), 2)
    X, y = make_supervised(data, "sold", group="shop")
    for padding in ("nan", "edge"):
        window = WindowTransformer(3, padding=padding, group="shop")
        model = make_pipeline(window, NaiveRegressor()).fit(X, y)
        np.testing.assert_array_equal(model.predict(X), X["sold"])


def test_targets_that_are_withheld_prove_nothing():
    X, y = counts_of_shops(seed=0, mean=1, lead=1)
    y.iloc[50:120, 0] = np.nan
    window = WindowTransformer(4, group="shop", purge=False)
    model = make_pipeline(window, NaiveRegressor()).fit(X, y)
    np.testing.assert_array_equal(model.predict(X)[:, 0], X["sold"])


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("baseline", "message"),
    [
        (SeasonalNaiveRegressor(12), r"n_steps_in=4 .*season_length=12\) .* 12 steps"),
        (NaiveRegressor(columns=[3]), r"columns=\[3\] .* 1 different integers below 3"),
        (NaiveRegressor(columns=[0, 1]), r"columns=\[0, 1\] .* 1 different integers below 3"),
        (NaiveRegressor(columns=["a"]), r"columns=\['a'\] "),
        (NaiveRegressor(n_targets=2), r"n_targets=2 does not fit y of shape \(39,\)"),
        (SeasonalNaiveRegressor(0), "season_length"),
        (NaiveRegressor(lead=-1), "lead"),
    ],
)
def test_parameters_that_do_not_fit(baseline, message):
    X, y = make_supervised(random_walks(), target=0)
    with pytest.raises(ValueError, match=message):
        baseline.fit(WindowTransformer(4).fit_transform(X), y)


def test_a_drift_needs_two_steps():
    X, y = make_supervised(random_walks(n_columns=1))
    with pytest.raises(ValueError, match=r"n_steps_in=1 .* DriftRegressor\(\) .* at least 2"):
        make_pipeline(WindowTransformer(1), DriftRegressor()).fit(X, y)


def test_targets_of_too_many_dimensions_or_none_at_all():
    X, y = make_supervised(random_walks(n_columns=1))
    windows = WindowTransformer(4).fit_transform(X)
    with pytest.raises(ValueError, match="must be 1-D"):
        NaiveRegressor().fit(windows, y.reshape(-1, 1, 1, 1))
    with pytest.raises(ValueError, match="all of it is NaN"):
        NaiveRegressor().fit(windows, np.full_like(y, np.nan))


def test_windows_of_another_shape_than_in_fit():
    X, y = make_supervised(random_walks(n_columns=1))
    model = NaiveRegressor().fit(WindowTransformer(4).fit_transform(X), y)
    with pytest.raises(ValueError, match=r"windows of shape \(4, 1\) .* got \(3, 1\)"):
        model.predict(WindowTransformer(3).fit_transform(X))
