"""Forecast metrics: numbers by hand and by utilsforecast, scikit-learn's semantics, scorers."""

from __future__ import annotations

import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import (
    check_scoring,
    mean_absolute_error,
    mean_pinball_loss,
    root_mean_squared_error,
)
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from utilsforecast import losses as peer

from skforecast_lstm.metrics import (
    interval_coverage,
    interval_score,
    make_interval_scorer,
    make_mase_scorer,
    make_quantile_scorer,
    mean_absolute_scaled_error,
    mean_quantile_loss,
    root_mean_squared_scaled_error,
    smape_scorer,
    symmetric_mean_absolute_percentage_error,
)

QUANTILES = (0.1, 0.5, 0.9)
N_STEPS, N_TARGETS = 3, 2
RNG = np.random.default_rng(0)
Y_TRAIN = RNG.normal(size=(30, N_TARGETS)) * [1.0, 50.0]
Y = RNG.normal(size=(8, N_STEPS, N_TARGETS)) * [1.0, 50.0]
FORECAST = Y + RNG.normal(size=Y.shape) * [1.0, 50.0]
# Tables for utilsforecast take their time.
few_examples = settings(max_examples=20)
OPTIONS = {"multioutput": "raw_values"}

# Every metric as a function of the truth and a forecast, so that one test can hold for all.
METRICS = {
    "mase": lambda y, f, **o: mean_absolute_scaled_error(y, f, y_train=Y_TRAIN, **o),
    "rmsse": lambda y, f, **o: root_mean_squared_scaled_error(y, f, y_train=Y_TRAIN, **o),
    "smape": symmetric_mean_absolute_percentage_error,
    "quantile_loss": lambda y, f, **o: mean_quantile_loss(
        y, quantiles_around(f), quantiles=QUANTILES, **o
    ),
    "coverage": lambda y, f, **o: interval_coverage(y, *interval_around(f), **o),
    "interval_score": lambda y, f, **o: interval_score(y, *interval_around(f), coverage=0.8, **o),
}
each_metric = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)


def quantiles_around(forecast):
    return np.stack([np.asarray(forecast) + shift for shift in (-1.0, 0.0, 1.0)], axis=-1)


def interval_around(forecast):
    return np.asarray(forecast) - 1.0, np.asarray(forecast) + 1.0


# --- by hand ------------------------------------------------------------------------------------


def test_mase_by_hand():
    # Naive errors 4, 2, 4; two steps back 2, 2.
    assert mean_absolute_scaled_error([9, 5], [8, 8], y_train=[1, 5, 3, 7]) == 0.6
    seasonal = mean_absolute_scaled_error([9, 5], [8, 8], y_train=[1, 5, 3, 7], season_length=2)
    assert seasonal == 1.0


def test_rmsse_by_hand():
    # Squared naive errors 49, 25, and of the forecasts 1, 49.
    score = root_mean_squared_scaled_error([9, 5], [8, 12], y_train=[1, 8, 3])
    assert score == pytest.approx(5 / np.sqrt(37))


@pytest.mark.parametrize(
    ("truth", "forecast", "expected"),
    [(100, 60, 0.5), (60, 100, 0.5), (0, 0, 0.0), (0, 1e-9, 2.0), (-5, 5, 2.0), (-60, -100, 0.5)],
)
def test_smape_by_hand(truth, forecast, expected):
    score = symmetric_mean_absolute_percentage_error([truth], [forecast])
    assert score == pytest.approx(expected)


def test_quantile_loss_by_hand():
    y_true, y_quantiles, levels = [4, 8], [[3, 4, 7], [5, 6, 7]], [0.25, 0.5, 0.75]
    by_quantile = mean_quantile_loss(y_true, y_quantiles, quantiles=levels, quantile_average=False)
    np.testing.assert_allclose(by_quantile, [(0.25 + 0.75) / 2, (0 + 1) / 2, (0.75 + 0.75) / 2])
    score = mean_quantile_loss(y_true, y_quantiles, quantiles=levels)
    assert score == pytest.approx(1.75 / 3)


def test_coverage_by_hand_counts_the_bounds():
    assert interval_coverage([1, 2, 3, 4], [1, 0, 4, 0], [3, 2, 5, 3]) == 0.5


def test_interval_score_by_hand():
    # Inside: the width. Above by 1 and below by 2: 2 / 0.2 times that comes on top.
    scores = [interval_score([y], [2], [6], coverage=0.8) for y in (3, 2, 6, 7, 0)]
    np.testing.assert_allclose(scores, [4, 4, 4, 14, 24])


# --- against utilsforecast ----------------------------------------------------------------------


def long_table(**arrays):
    """One row per series and time; an array has a series in each column."""
    some = next(iter(arrays.values()))
    n_rows, n_series = some.shape
    keys = {
        "unique_id": np.repeat(np.arange(n_series), n_rows),
        "ds": np.tile(np.arange(n_rows), n_series),
    }
    return pd.DataFrame({**keys, **{name: a.T.ravel() for name, a in arrays.items()}})


def by_series(table, column="model"):
    return table.sort_values("unique_id")[column].to_numpy()


@st.composite
def forecasts(draw):
    """Truth, forecast (n, n_series) and training series; zeros and ties are likely."""
    n_series = draw(st.integers(1, 3))
    n_rows, n_train = draw(st.integers(1, 6)), draw(st.integers(8, 15))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    truth, forecast = rng.integers(-3, 4, size=(2, n_rows, n_series)).astype(float)
    train = rng.normal(size=(n_train, n_series)) * draw(st.sampled_from([1e-3, 1.0, 1e4]))
    if draw(st.booleans()):
        train[rng.integers(n_train)] = np.nan
    return truth, forecast, train


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(mean_absolute_scaled_error, peer.mase), (root_mean_squared_scaled_error, peer.rmsse)],
)
@few_examples
@given(data=forecasts(), season_length=st.integers(1, 5))
def test_scaled_errors_are_those_of_utilsforecast(ours, theirs, data, season_length):
    truth, forecast, train = data
    expected = theirs(
        long_table(y=truth, model=forecast),
        models=["model"],
        seasonality=season_length,
        train_df=long_table(y=train),
    )
    scores = ours(truth, forecast, y_train=train, season_length=season_length, **OPTIONS)
    np.testing.assert_allclose(scores, by_series(expected))


@few_examples
@given(data=forecasts())
def test_smape_is_twice_that_of_utilsforecast(data):
    truth, forecast, _ = data
    expected = 2 * by_series(peer.smape(long_table(y=truth, model=forecast), ["model"]))
    scores = symmetric_mean_absolute_percentage_error(truth, forecast, **OPTIONS)
    np.testing.assert_allclose(scores, expected)


@few_examples
@given(data=forecasts())
def test_quantile_loss_is_that_of_utilsforecast_and_of_scikit_learn(data):
    truth, forecast, _ = data
    y_quantiles = quantiles_around(forecast)
    options = {"quantiles": QUANTILES, "multioutput": "raw_values"}
    scores = mean_quantile_loss(truth, y_quantiles, quantile_average=False, **options)
    for i, level in enumerate(QUANTILES):
        table = long_table(y=truth, q=y_quantiles[..., i])
        expected = by_series(peer.quantile_loss(table, {"model": "q"}, q=level))
        np.testing.assert_allclose(scores[:, i], expected)
        pinball = mean_pinball_loss(truth, y_quantiles[..., i], alpha=level, **OPTIONS)
        np.testing.assert_allclose(scores[:, i], pinball)
    table = long_table(y=truth, **{f"q{i}": y_quantiles[..., i] for i in range(3)})
    expected = peer.mqloss(table, {"model": ["q0", "q1", "q2"]}, np.array(QUANTILES))
    averaged = mean_quantile_loss(truth, y_quantiles, **options)
    np.testing.assert_allclose(averaged, by_series(expected))


@few_examples
@given(data=forecasts(), level=st.integers(5, 95))
def test_interval_metrics_are_those_of_utilsforecast(data, level):
    truth, forecast, _ = data
    low, high = interval_around(forecast)
    table = long_table(y=truth, **{f"model-lo-{level}": low, f"model-hi-{level}": high})
    expected = by_series(peer.coverage(table, ["model"], level))
    np.testing.assert_allclose(interval_coverage(truth, low, high, **OPTIONS), expected)
    expected = by_series(peer.winkler_score(table, ["model"], level))
    scores = interval_score(truth, low, high, coverage=level / 100, **OPTIONS)
    np.testing.assert_allclose(scores, expected)


# --- what they must be --------------------------------------------------------------------------


@pytest.mark.parametrize("season_length", [1, 4])
def test_the_naive_forecast_of_the_training_series_has_a_scaled_error_of_one(season_length):
    truth, naive = Y_TRAIN[season_length:], Y_TRAIN[:-season_length]
    options = {"y_train": Y_TRAIN, "season_length": season_length, "multioutput": "raw_values"}
    for metric in (mean_absolute_scaled_error, root_mean_squared_scaled_error):
        np.testing.assert_allclose(metric(truth, naive, **options), [1.0, 1.0])


@given(scale=st.floats(1e-3, 1e3), shift=st.floats(-100, 100))
def test_scaled_errors_know_no_units(scale, shift):
    for metric in (mean_absolute_scaled_error, root_mean_squared_scaled_error):
        moved = [scale * values + shift for values in (Y, FORECAST, Y_TRAIN)]
        score = metric(moved[0], moved[1], y_train=moved[2])
        assert score == pytest.approx(metric(Y, FORECAST, y_train=Y_TRAIN))


@given(data=forecasts())
def test_smape_is_symmetric_and_lies_between_0_and_2(data):
    truth, forecast, _ = data
    score = symmetric_mean_absolute_percentage_error(truth, forecast)
    assert 0 <= score <= 2
    assert score == pytest.approx(symmetric_mean_absolute_percentage_error(forecast, truth))


@given(data=forecasts(), coverage=st.floats(0.05, 0.95))
def test_interval_score_is_the_pinball_loss_of_its_two_quantiles(data, coverage):
    truth, forecast, _ = data
    low, high = interval_around(forecast)
    levels = (1 - coverage) / 2, (1 + coverage) / 2
    loss = mean_quantile_loss(truth, np.stack([low, high], axis=-1), quantiles=levels)
    score = interval_score(truth, low, high, coverage=coverage)
    assert score == pytest.approx(2 * 2 * loss / (1 - coverage))


def test_the_true_quantiles_have_the_best_interval_score():
    y = np.random.default_rng(1).normal(size=20_000)
    scores = {
        z: interval_score(y, np.full(y.shape, -z), np.full(y.shape, z), coverage=0.8)
        for z in norm.ppf([0.8, 0.85, 0.9, 0.95, 0.99])
    }
    assert min(scores, key=scores.get) == norm.ppf(0.9)
    bound = np.full(y.shape, norm.ppf(0.9))
    assert interval_coverage(y, -bound, bound) == pytest.approx(0.8, abs=0.01)


# --- scikit-learn's semantics -------------------------------------------------------------------


@each_metric
def test_a_score_is_a_float_and_raw_values_have_the_layout_of_a_row(metric):
    assert type(metric(Y, FORECAST)) is float
    raw = metric(Y, FORECAST, **OPTIONS)
    assert raw.shape == (N_STEPS, N_TARGETS)
    flat = metric(Y.reshape(len(Y), -1), FORECAST.reshape(len(Y), -1), **OPTIONS)
    np.testing.assert_array_equal(flat, raw.ravel())
    assert metric(Y, FORECAST) == pytest.approx(raw.mean())


@each_metric
def test_outputs_may_be_flat_on_one_side(metric):
    expected = metric(Y, FORECAST, **OPTIONS)
    flat = metric(Y, FORECAST.reshape(len(Y), -1), **OPTIONS)
    np.testing.assert_array_equal(flat, expected)
    flat = metric(Y.reshape(len(Y), -1), FORECAST, **OPTIONS)
    np.testing.assert_array_equal(flat, expected.ravel())


@each_metric
def test_output_weights(metric):
    weights = np.arange(6.0).reshape(N_STEPS, N_TARGETS)
    expected = np.average(metric(Y, FORECAST, **OPTIONS), weights=weights)
    assert metric(Y, FORECAST, multioutput=weights) == pytest.approx(expected)
    assert metric(Y, FORECAST, multioutput=list(weights.ravel())) == pytest.approx(expected)


@each_metric
def test_a_weight_of_two_is_two_samples(metric):
    weights = np.array([1, 0, 2, 1, 3, 0, 1, 1])
    repeated = np.repeat(np.arange(len(Y)), weights)
    expected = metric(Y[repeated], FORECAST[repeated], **OPTIONS)
    scores = metric(Y, FORECAST, sample_weight=weights, **OPTIONS)
    np.testing.assert_allclose(scores, expected)


@pytest.mark.parametrize("name", ["smape", "quantile_loss", "coverage", "interval_score"])
def test_1d_is_one_output(name):
    metric, y, forecast = METRICS[name], Y[:, 0, 0], FORECAST[:, 0, 0]
    raw = metric(y, forecast, **OPTIONS)
    assert raw.shape == (1,)
    assert metric(y, forecast) == raw[0]
    np.testing.assert_array_equal(metric(y[:, np.newaxis], forecast, **OPTIONS), raw)


@each_metric
def test_pandas_and_lists_are_welcome_and_untouched(metric):
    flat, forecast = Y.reshape(len(Y), -1), FORECAST.reshape(len(Y), -1)
    y = pd.DataFrame(flat, index=pd.date_range("2024", periods=len(Y)))
    before = y.copy(), forecast.copy()
    assert metric(y, forecast) == metric(Y.tolist(), FORECAST.tolist()) == metric(flat, forecast)
    pd.testing.assert_frame_equal(y, before[0])
    np.testing.assert_array_equal(forecast, before[1])


def test_read_only_input():
    frozen = [values.copy() for values in (Y, FORECAST, Y_TRAIN)]
    for values in frozen:
        values.flags.writeable = False
    y, forecast, y_train = frozen
    assert mean_absolute_scaled_error(y, forecast, y_train=y_train) > 0


def test_scaled_errors_are_scikit_learns_errors_over_the_scale_of_each_target():
    differences = np.diff(Y_TRAIN, axis=0)
    y, forecast, weights = Y.reshape(8, -1), FORECAST.reshape(8, -1), np.arange(1, 9)
    options = {"sample_weight": weights, "multioutput": "raw_values"}
    scale = np.tile(np.abs(differences).mean(axis=0), N_STEPS)
    scores = mean_absolute_scaled_error(y, forecast, y_train=Y_TRAIN, **options)
    np.testing.assert_allclose(scores, mean_absolute_error(y, forecast, **options) / scale)
    scale = np.tile(np.sqrt((differences**2).mean(axis=0)), N_STEPS)
    scores = root_mean_squared_scaled_error(y, forecast, y_train=Y_TRAIN, **options)
    np.testing.assert_allclose(scores, root_mean_squared_error(y, forecast, **options) / scale)


def test_one_series_scales_all_its_steps():
    series = Y_TRAIN[:, 0]
    y, forecast = Y[:, :, 0], FORECAST[:, :, 0]
    expected = np.abs(y - forecast).mean(axis=0) / np.abs(np.diff(series)).mean()
    for y_train in (series, series[:, np.newaxis], pd.Series(series)):
        scores = mean_absolute_scaled_error(y, forecast, y_train=y_train, **OPTIONS)
        np.testing.assert_allclose(scores, expected)


def test_missing_training_values_are_left_out_pairwise():
    # Known differences: 2 (1 to 3) and 4 (7 to 3); 3 to NaN and NaN to 7 are not.
    score = mean_absolute_scaled_error([5], [2], y_train=[1, 3, np.nan, 7, 3])
    assert score == 1.0
    two = [[1, 1], [3, 2], [np.nan, 3], [7, 4], [3, 5]]
    scores = mean_absolute_scaled_error([[5, 5]], [[2, 2]], y_train=two, **OPTIONS)
    np.testing.assert_allclose(scores, [1.0, 3.0])


def test_quantiles_of_each_output():
    y_quantiles = quantiles_around(FORECAST)
    flat = y_quantiles.reshape(len(Y), -1, 3)
    options = {"quantiles": QUANTILES, "quantile_average": False}
    raw = mean_quantile_loss(Y, flat, **options, **OPTIONS)
    assert raw.shape == (N_STEPS, N_TARGETS, 3)
    np.testing.assert_array_equal(mean_quantile_loss(Y, y_quantiles, **options, **OPTIONS), raw)
    by_quantile = mean_quantile_loss(Y, flat, **options)
    np.testing.assert_allclose(by_quantile, raw.mean(axis=(0, 1)))


# --- refusals -----------------------------------------------------------------------------------


@each_metric
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_infinity_are_refused(metric, bad):
    y = Y.copy()
    y[2, 1, 0] = bad
    with pytest.raises(ValueError, match=r"Input y_true contains (NaN|infinity)"):
        metric(y, FORECAST)
    with pytest.raises(
        ValueError, match=r"Input (y_pred|y_quantiles.*|lower) contains|lower is inf"
    ):
        metric(Y, y)


@each_metric
def test_other_lengths_and_shapes_are_refused(metric):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        metric(Y, FORECAST[:-1])
    with pytest.raises(ValueError, match=r"have the outputs of y_true.*\(8, 3, 2\), got.*\(8, 2,"):
        metric(Y, FORECAST[:, :2])
    # As many outputs, but steps and targets are swapped.
    with pytest.raises(ValueError, match=r"must have the outputs of y_true"):
        metric(Y, FORECAST.swapaxes(1, 2))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        metric(Y, FORECAST, sample_weight=[1.0, 2.0])
    with pytest.raises(ValueError, match="minimum of 1 is required"):
        metric(Y[:0], FORECAST[:0])


@each_metric
def test_wrong_multioutput_is_refused(metric):
    with pytest.raises(ValueError, match="'multioutput' parameter"):
        metric(Y, FORECAST, multioutput="mean")
    with pytest.raises(ValueError, match="equally many custom weights"):
        metric(Y, FORECAST, multioutput=[1.0, 2.0])
    with pytest.raises(ValueError, match="equally many custom weights"):
        metric(Y, FORECAST, multioutput=np.ones((N_TARGETS, N_STEPS)))


@pytest.mark.parametrize("metric", [mean_absolute_scaled_error, root_mean_squared_scaled_error])
@pytest.mark.parametrize(
    ("y_train", "options", "message"),
    [
        (np.ones((9, 2)), {}, r"y_train must change, but series \[0, 1\] are equal"),
        (Y_TRAIN * [1, 0], {}, r"y_train must change, but series \[1\]"),
        (np.tile(Y_TRAIN[:4], (3, 1)), {"season_length": 4}, "season_length=4 rows before"),
        (Y_TRAIN[:5], {"season_length": 5}, "two known values season_length=5 .* got 5 rows"),
        (Y_TRAIN[:5], {"season_length": 9}, "two known values season_length=9 .* got 5 rows"),
        (np.where(np.arange(30) % 2, np.nan, 1.0), {}, "two known values season_length=1"),
        (Y_TRAIN[:, 0], {}, r"a column for each target .* shape \(3, 2\), .* got 1 columns"),
        (Y_TRAIN[:, [0, 1, 0]], {}, r"a column for each target .* got 3 columns"),
        (Y, {}, "Found array with dim 3"),
        (np.where(Y_TRAIN > 0, Y_TRAIN, np.inf), {}, "Input y_train contains infinity"),
        (Y_TRAIN, {"season_length": 0}, "season_length must be an integer of at least 1, got 0"),
        (Y_TRAIN, {"season_length": 1.5}, "season_length must be an integer"),
    ],
)
def test_series_without_a_scale_are_refused(metric, y_train, options, message):
    with pytest.raises(ValueError, match=message):
        metric(Y, FORECAST, y_train=y_train, **options)


def test_flat_outputs_that_are_no_multiple_of_the_targets_are_refused():
    with pytest.raises(ValueError, match=r"a column for each target .* shape \(3,\)"):
        mean_absolute_scaled_error(Y[:, :, 0], FORECAST[:, :, 0], y_train=Y_TRAIN)


@pytest.mark.parametrize("quantiles", [(0.9, 0.1), (0.5, 0.5), (0.0, 0.5), (0.5, 1.0), ()])
def test_wrong_quantiles_are_refused(quantiles):
    with pytest.raises(ValueError, match=r"quantiles must be increasing numbers in \(0, 1\)"):
        mean_quantile_loss([1, 2], [[1, 2], [1, 2]], quantiles=quantiles)
    with pytest.raises(ValueError, match="quantiles must be increasing"):
        make_quantile_scorer(quantiles)


@pytest.mark.parametrize("shape", [(8, 3, 2), (8,), ()])
def test_a_last_axis_that_is_not_of_the_quantiles_is_refused(shape):
    with pytest.raises(ValueError, match=r"a last axis of the 3 quantiles .* got shape"):
        mean_quantile_loss(Y[:, :, 0], np.ones(shape), quantiles=QUANTILES)


@pytest.mark.parametrize("coverage", [0, 1, 90, -0.5, "0.9", np.nan, None, True])
def test_wrong_coverage_is_refused(coverage):
    with pytest.raises(ValueError, match=r"coverage must be a number in \(0, 1\)"):
        interval_score([1], [0], [2], coverage=coverage)
    with pytest.raises(ValueError, match="coverage must be a number"):
        make_interval_scorer(coverage)


def test_swapped_bounds_are_refused():
    message = "lower must not be above upper, but is in 2 of 3 intervals, first in row 1"
    with pytest.raises(ValueError, match=message):
        interval_coverage([1, 2, 3], [0, 3, 4], [2, 1, 2])
    with pytest.raises(ValueError, match=message):
        interval_score([1, 2, 3], [0, 3, 4], [2, 1, 2], coverage=0.9)


# --- scorers ------------------------------------------------------------------------------------


class NormalRegressor(RegressorMixin, BaseEstimator):
    """Ridge's forecasts with quantiles and intervals of normal errors, `spread` wide."""

    def __init__(self, spread=1.0):
        self.spread = spread

    def fit(self, X, y, sample_weight=None):
        self.ridge_ = Ridge().fit(X, y, sample_weight)
        return self

    def predict(self, X, quantiles=None):
        if quantiles is None:
            return self.ridge_.predict(X)
        return np.stack([self._quantile(X, level) for level in quantiles], axis=-1)

    def _quantile(self, X, level):
        return self.predict(X) + self.spread * norm.ppf(level)

    def predict_interval(self, X, coverage=0.5):
        return self._quantile(X, (1 - coverage) / 2), self._quantile(X, (1 + coverage) / 2)


@pytest.fixture
def data():
    """A linear relation with errors of standard deviation 2; two targets."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(400, 3))
    return X, X @ rng.normal(size=(3, 2)) + 2 * rng.normal(size=(400, 2)) + 10


SCORERS = {
    "smape": smape_scorer,
    "mase": make_mase_scorer(Y_TRAIN),
    "quantile": make_quantile_scorer(QUANTILES),
    "interval": make_interval_scorer(0.8),
}
each_scorer = pytest.mark.parametrize("scorer", SCORERS.values(), ids=SCORERS)


def test_scores_are_negated_metrics(data):
    X, y = data
    model, weights = NormalRegressor().fit(X, y), np.arange(1, 401)
    forecast = model.predict(X)
    expected = {
        "smape": symmetric_mean_absolute_percentage_error(y, forecast, sample_weight=weights),
        "mase": mean_absolute_scaled_error(y, forecast, y_train=Y_TRAIN, sample_weight=weights),
        "quantile": mean_quantile_loss(
            y, model.predict(X, quantiles=QUANTILES), quantiles=QUANTILES, sample_weight=weights
        ),
        "interval": interval_score(
            y, *model.predict_interval(X, coverage=0.8), coverage=0.8, sample_weight=weights
        ),
    }
    for name, scorer in SCORERS.items():
        score = scorer(model, X, y, sample_weight=weights)
        assert type(score) is float
        assert score == -expected[name] < 0


@pytest.mark.parametrize("scorer", [SCORERS["quantile"], SCORERS["interval"]])
def test_a_search_finds_the_spread_of_the_errors(scorer, data):
    grid = {"spread": [0.5, 1.0, 2.0, 4.0, 8.0]}
    search = GridSearchCV(NormalRegressor(), grid, scoring=scorer, cv=TimeSeriesSplit(3)).fit(*data)
    assert search.best_params_ == {"spread": 2.0}
    assert search.score(*data) == scorer(search, *data) == scorer(search.best_estimator_, *data)


@pytest.mark.parametrize("scorer", [SCORERS["smape"], SCORERS["mase"]])
def test_a_search_finds_the_better_forecast(scorer, data):
    search = GridSearchCV(Ridge(), {"alpha": [1e-3, 1e5]}, scoring=scorer, cv=TimeSeriesSplit(3))
    assert search.fit(*data).best_params_ == {"alpha": 1e-3}


@each_scorer
def test_scorers_are_pickled_and_cloned(scorer, data):
    model = NormalRegressor().fit(*data)
    expected = scorer(model, *data)
    assert pickle.loads(pickle.dumps(scorer))(model, *data) == expected
    search = clone(GridSearchCV(NormalRegressor(), {"spread": [1.0]}, scoring=scorer))
    assert search.scoring(model, *data) == expected


def test_several_scorers_at_once_take_sample_weights(data):
    model, weights = NormalRegressor().fit(*data), np.arange(1.0, 401.0)
    scores = check_scoring(model, scoring=SCORERS)(model, *data, sample_weight=weights)
    expected = {k: scorer(model, *data, sample_weight=weights) for k, scorer in SCORERS.items()}
    assert scores == expected
    search = GridSearchCV(NormalRegressor(), {"spread": [1.0, 2.0]}, scoring=SCORERS, refit="mase")
    search.fit(*data, sample_weight=weights)  # recent versions hand the weights on to the scorers
    assert all((search.cv_results_[f"mean_test_{name}"] < 0).all() for name in SCORERS)


@pytest.mark.parametrize("scorer", [SCORERS["quantile"], SCORERS["interval"]])
def test_what_to_score_is_found_through_a_pipeline(scorer, data):
    model = make_pipeline(StandardScaler(), NormalRegressor())
    scores = cross_val_score(model, *data, scoring=scorer, cv=TimeSeriesSplit(3))
    assert np.isfinite(scores).all()
    model.fit(*data)
    scaled = model[0].transform(data[0])
    assert scorer(model, *data) == scorer(model[-1], scaled, data[1])


def test_an_estimator_without_the_method_is_named():
    model = make_pipeline(StandardScaler(), DummyRegressor()).fit([[0], [1]], [0, 1])
    with pytest.raises(
        AttributeError, match=r"needs an estimator with predict\(X, quantiles=\.\.\.\), but Pip"
    ):
        SCORERS["quantile"](model, [[0], [1]], [0, 1])
    with pytest.raises(AttributeError, match=r"needs an estimator with predict_interval"):
        SCORERS["interval"](model, [[0], [1]], [0, 1])


def test_a_series_without_a_scale_is_refused_before_the_search():
    with pytest.raises(ValueError, match="y_train must change"):
        make_mase_scorer([3.0, 3.0, 3.0])
    with pytest.raises(ValueError, match="season_length must be an integer"):
        make_mase_scorer([1.0, 2.0, 3.0], season_length=0)


def test_mase_scorer_ranks_one_target_as_the_absolute_error_does(data):
    X, y = data[0], data[1][:, 0]
    options = {"cv": TimeSeriesSplit(3)}
    mase = cross_val_score(Ridge(), X, y, scoring=make_mase_scorer([1, 3, 5, 9]), **options)
    mae = cross_val_score(Ridge(), X, y, scoring="neg_mean_absolute_error", **options)
    np.testing.assert_allclose(mase, mae / (8 / 3))


# --- infinite bounds ----------------------------------------------------------------------------


def test_an_infinite_interval_covers_and_its_score_is_infinite():
    truth, low, high = [[1.0, 2.0], [3.0, 4.0]], [[-np.inf, 1.0], [2.0, 5.0]], [[2.0, 3.0]] * 2
    high[1] = [np.inf, 6.0]
    assert interval_coverage(truth, low, high) == 0.75
    assert interval_score(truth, low, high, coverage=0.5) == np.inf
    options = {"coverage": 0.5, "multioutput": "raw_values"}
    np.testing.assert_array_equal(interval_score(truth, low, high, **options), [np.inf, 3.5])
    # What has no weight does not count.
    assert interval_score(truth, low, high, coverage=0.5, multioutput=[0, 1]) == 3.5
    both = [-np.inf, 0.0], [np.inf, 2.0]
    assert interval_score([1, 1], *both, coverage=0.5, sample_weight=[0, 1]) == 2
    assert interval_coverage([1, 1], *both) == 1


@pytest.mark.parametrize(
    ("low", "high", "match"),
    [
        ([np.nan, 0], [1, 1], "Input lower contains NaN"),
        ([-np.inf, 0], [np.nan, 1], "Input upper contains NaN"),
        ([np.inf, 0], [np.inf, 1], "lower is inf or upper is -inf"),
        ([-np.inf, 0], [-np.inf, 1], "lower is inf or upper is -inf"),
    ],
)
def test_bounds_that_are_none_are_refused(low, high, match):
    for score in (interval_coverage, partial(interval_score, coverage=0.5)):
        with pytest.raises(ValueError, match=match):
            score([0.5, 0.5], low, high)
    with pytest.raises(ValueError, match="Input y_true contains infinity"):
        interval_coverage([np.inf, 0], [0, 0], [1, 1])
