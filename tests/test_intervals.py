"""ConformalRegressor: residuals of the folds, their quantiles, and what truths do to them."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, RegressorMixin, clone, is_regressor
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, KFold, PredefinedSplit, TimeSeriesSplit
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skforecast_lstm import LSTMRegressor, WindowTransformer, make_supervised
from skforecast_lstm._inspect import find_method, find_windows
from skforecast_lstm.datasets import load_air_passengers
from skforecast_lstm.evaluation import backtest
from skforecast_lstm.forecaster import Forecaster
from skforecast_lstm.intervals import ConformalRegressor
from skforecast_lstm.pipelines import make_lstm_pipeline


class Persistence(RegressorMixin, BaseEstimator):
    """The first column for every output, in the layout of y, as this package's regressors do."""

    def fit(self, X, y, **fit_params):
        self.y_shape_ = np.shape(y)[1:]
        self.fit_params_ = {name: copy.copy(value) for name, value in fit_params.items()}
        return self

    def predict(self, X):
        first = np.asarray(X).reshape(len(X), -1)[:, 0]
        return np.multiply.outer(first, np.ones(self.y_shape_))


def windows_and_ridge(**params):
    # Ridge takes no NaN, so that the windows are neither purged nor padded with it.
    window = WindowTransformer(
        **{"n_steps_in": 8, "n_steps_out": 3, **params}, flatten=True, padding="edge", purge=False
    )
    return Pipeline([("window", window), ("ridge", Ridge())])


def zeros_then(residuals, **params):
    """Conformal intervals around zero whose residuals are these, one row per fold and row."""
    residuals = np.asarray(residuals, dtype=float)
    y = np.concatenate([np.zeros((2, *residuals.shape[1:])), residuals])
    folds = [(np.arange(2), np.arange(2, len(y)))]
    model = ConformalRegressor(Persistence(), cv=folds, **params)
    return model.fit(np.zeros((len(y), 1)), y)


def ar1(n_rows, rng, scale=1.0):
    series = rng.normal(size=n_rows) * scale
    for row in range(1, n_rows):
        series[row] += 0.8 * series[row - 1]
    return series


def seasonal(n_rows, rng):
    return np.sin(np.arange(n_rows) * 2 * np.pi / 12) + rng.normal(scale=0.5, size=n_rows)


def coverage_of(interval, y):
    lower, upper = interval
    return ((lower <= y) & (y <= upper)).mean(axis=0)


# --- scikit-learn's conventions -----------------------------------------------------------------


def test_is_a_regressor_and_its_repr_shows_what_was_changed():
    model = ConformalRegressor(Ridge(), coverage=0.8)
    assert is_regressor(model)
    assert repr(model) == "ConformalRegressor(coverage=0.8, estimator=Ridge())"
    assert clone(model).get_params()["estimator__alpha"] == 1.0


def test_what_the_estimator_knows_of_its_columns_is_handed_on(airline):
    X, y = airline
    model = ConformalRegressor(windows_and_ridge())
    assert not hasattr(model, "n_features_in_")
    model.fit(X, y)
    assert model.n_features_in_ == 1
    assert list(model.feature_names_in_) == ["passengers"]
    assert not hasattr(model.fit(X.to_numpy(), y), "feature_names_in_")
    assert "window" in model.estimator_.named_steps
    assert list(find_windows(model)) == ["estimator__window"]


def test_nothing_given_is_changed(airline):
    X, y = airline
    before = X.copy(), y.copy()
    pipeline = windows_and_ridge()
    model = ConformalRegressor(pipeline, adaptive=True).fit(X, y)
    model.predict_interval(X)
    residuals = model.residuals_
    kept = residuals.copy()
    model.update(X, y)
    pd.testing.assert_frame_equal(X, before[0])
    pd.testing.assert_frame_equal(y, before[1])
    np.testing.assert_array_equal(residuals, kept)
    assert model.estimator is pipeline
    assert not hasattr(pipeline["ridge"], "coef_")


def test_a_fit_that_fails_leaves_the_last_one_whole(airline):
    X, y = airline
    model = ConformalRegressor(windows_and_ridge()).fit(X, y)
    before = model.predict_interval(X)
    with pytest.raises(ValueError, match="needs at least"):
        model.set_params(coverage=0.999).fit(X, y)
    np.testing.assert_array_equal(model.set_params(coverage=0.9).predict_interval(X), before)


def test_pickled_and_copied_it_is_the_same(airline):
    X, y = airline
    model = ConformalRegressor(windows_and_ridge(), adaptive=True).fit(X, y).update(X, y)
    for twin in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(twin.predict_interval(X), model.predict_interval(X))
        np.testing.assert_array_equal(twin.alpha_, model.alpha_)
        twin.update(X, y)


def test_a_grid_search_tunes_what_is_inside(airline):
    X, y = airline
    search = GridSearchCV(
        ConformalRegressor(windows_and_ridge(), cv=2),
        {"estimator__window__n_steps_in": [2, 13], "estimator__ridge__alpha": [0.1, 1.0]},
        cv=TimeSeriesSplit(2),
    ).fit(X, y)
    # The scores are those of the estimator alone.
    alone = GridSearchCV(
        windows_and_ridge(),
        {"window__n_steps_in": [2, 13], "ridge__alpha": [0.1, 1.0]},
        cv=TimeSeriesSplit(2),
    ).fit(X, y)
    scores = search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"]
    np.testing.assert_allclose(np.sort(scores[0]), np.sort(scores[1]))
    assert search.best_params_["estimator__window__n_steps_in"] == 13
    lower, upper = find_method(search, "predict_interval")(X)
    assert (lower < upper).all()


def test_a_search_may_be_inside(airline):
    X, y = airline
    search = GridSearchCV(windows_and_ridge(), {"ridge__alpha": [0.1, 1]}, cv=TimeSeriesSplit(2))
    model = ConformalRegressor(search, cv=3).fit(X, y)
    assert model.estimator_.best_params_["ridge__alpha"] in (0.1, 1)
    assert (np.subtract(*model.predict_interval(X)) < 0).all()


# --- residuals ----------------------------------------------------------------------------------


def residuals_by_hand(estimator, X, y, cv):
    """A loop over the folds, for arrays."""
    rows = []
    for train, test in cv.split(X):
        fold = clone(estimator).fit(X[train], y[train])
        rows += list(y[test] - fold.predict(X[test]))
    return np.array(rows)


@pytest.mark.parametrize("cv", [None, 3, TimeSeriesSplit(4, gap=2), KFold(3)])
@pytest.mark.parametrize("n_steps_out", [1, 3])
def test_residuals_are_those_of_a_loop_over_the_folds(cv, n_steps_out):
    X, y = make_supervised(ar1(200, np.random.default_rng(0)), n_steps_out=n_steps_out)
    model = ConformalRegressor(windows_and_ridge(), cv=cv).fit(X, y)
    splitter = {None: TimeSeriesSplit(5), 3: TimeSeriesSplit(3)}.get(cv, cv)
    expected = residuals_by_hand(windows_and_ridge(), X, y, splitter)
    np.testing.assert_array_equal(model.residuals_, expected)
    assert model.n_calibration_ == len(expected)
    assert model.residuals_.shape[1:] == y.shape[1:]


def test_the_default_folds_are_five_in_time():
    model = ConformalRegressor(Ridge()).fit(np.arange(60.0).reshape(-1, 1), np.arange(60.0) ** 2)
    assert model.n_calibration_ == 50


def test_folds_may_be_given_as_positions():
    X, y = np.arange(30.0).reshape(-1, 1), np.arange(30.0) ** 2
    given = ConformalRegressor(Ridge(), cv=list(TimeSeriesSplit(5).split(X))).fit(X, y)
    default = ConformalRegressor(Ridge()).fit(X, y)
    np.testing.assert_array_equal(given.residuals_, default.residuals_)


def test_lists_tables_and_arrays_are_the_same(airline):
    X, y = airline
    kinds = [(X, y), (X.to_numpy(), y.to_numpy()), (X.to_numpy().tolist(), y.to_numpy().tolist())]
    table, array, lists = (ConformalRegressor(windows_and_ridge()).fit(*kind) for kind in kinds)
    np.testing.assert_allclose(array.residuals_, table.residuals_)
    np.testing.assert_array_equal(lists.residuals_, array.residuals_)


def test_tables_stay_tables_in_the_folds(airline):
    class Witness(Persistence):
        seen = []

        def fit(self, X, y):
            self.seen.append((X.index, list(y.columns)))
            return super().fit(X, y)

        def predict(self, X):
            self.seen.append((X.index, list(X.columns)))
            return super().predict(X)

    X, y = airline
    ConformalRegressor(Witness(), cv=2).fit(X, y)
    (train, names), (test, features), *_, (everything, _) = Witness.seen
    assert names == ["passengers(t+1)", "passengers(t+2)", "passengers(t+3)"]
    assert features == ["passengers"]
    assert train[-1] < test[0]
    assert everything.equals(X.index)


def test_the_estimator_is_fitted_on_all_rows(airline):
    X, y = airline
    model = ConformalRegressor(windows_and_ridge()).fit(X, y)
    alone = windows_and_ridge().fit(X, y)
    np.testing.assert_array_equal(model.predict(X), alone.predict(X))
    assert model.score(X, y) == alone.score(X, y)


def test_parameters_of_fit_are_split_with_the_rows():
    X, y, weight = np.arange(40.0).reshape(-1, 1), np.arange(40.0) ** 2, np.arange(1.0, 41.0)
    model = ConformalRegressor(Ridge()).fit(X, y, sample_weight=weight)
    expected = [
        y[test] - Ridge().fit(X[train], y[train], weight[train]).predict(X[test])
        for train, test in TimeSeriesSplit(5).split(X)
    ]
    np.testing.assert_array_equal(model.residuals_, np.concatenate(expected))
    np.testing.assert_array_equal(model.predict(X), Ridge().fit(X, y, weight).predict(X))
    pipeline = ConformalRegressor(Pipeline([("ridge", Ridge())]))
    pipeline.fit(X, y, ridge__sample_weight=weight.tolist())
    np.testing.assert_array_equal(pipeline.residuals_, model.residuals_)


def test_parameters_of_fit_without_a_value_per_row_are_handed_on_whole():
    X, y = np.zeros((12, 1)), np.arange(12.0)
    given = {"verbose": 1, "names": ["a", "b"], "mode": "twelve chars", "table": {"a": 1}}
    model = ConformalRegressor(Persistence()).fit(X, y, **given)
    assert model.estimator_.fit_params_ == given


@pytest.mark.parametrize("layout", [(), (3,), (3, 2)])
def test_rows_with_nan_are_left_out(layout):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 1)), rng.normal(size=(60, *layout))
    whole = ConformalRegressor(Persistence()).fit(X, y)
    assert whole.residuals_.shape == (50, *layout)
    X[21] = np.nan  # of prediction
    y[(30, *np.zeros(len(layout), int))] = np.nan  # of one output
    y[59] = np.nan
    holey = ConformalRegressor(Persistence()).fit(X, y)
    assert holey.n_calibration_ == 47
    expected = np.delete(whole.residuals_, [11, 20, 49], axis=0)
    np.testing.assert_array_equal(holey.residuals_, expected)
    lower, upper = holey.predict_interval(X)
    assert np.isnan(lower[21]).all()
    assert np.isfinite(np.delete(upper, 21, axis=0)).all()


def test_no_label_of_a_test_row_is_trained_on(airline):
    # The purge of the window step does it, which a loop over the folds does not know of.
    class Witness(Persistence):
        seen = []

        def fit(self, X, y):
            known = ~np.isnan(np.reshape(X, (len(X), -1))).any(axis=1)
            self.seen.append(known)
            return super().fit(X, y)

    X, y = airline
    purging = make_pipeline(WindowTransformer(4, n_steps_out=3), Witness())
    ConformalRegressor(purging, cv=2).fit(X, y)
    for known in Witness.seen:
        expected = np.r_[np.zeros(3), np.ones(len(known) - 5), np.zeros(2)]
        np.testing.assert_array_equal(known, expected)


# --- quantiles ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("coverage", "expected"),
    # Of 9 residuals: the 1st, 5th and 9th of them in order of size.
    [(0.05, 1.0), (0.1, 1.0), (0.11, 2.0), (0.5, 5.0), (0.51, 6.0), (0.81, 9.0), (0.9, 9.0)],
)
def test_quantiles_by_hand(coverage, expected):
    model = zeros_then([3, -1, 4, -9, 5, 2, -6, 8, 7])
    for interval in (
        model.predict_interval([[0.0]], coverage),
        zeros_then([3, -1, 4, -9, 5, 2, -6, 8, 7], coverage=coverage).predict_interval([[0.0]]),
    ):
        assert interval == (-expected, expected)


def test_a_rank_is_not_raised_by_rounding():
    # 100 * 0.28 is 28.000000000000004.
    model = zeros_then(np.arange(1.0, 100.0))
    assert model.predict_interval([[0.0]], 0.28)[1] == 28


@given(n_rows=st.integers(10, 200), coverage=st.floats(0.02, 0.9), seed=st.integers(0, 99))
def test_quantiles_as_numpy_takes_them(n_rows, coverage, seed):
    residuals = np.random.default_rng(seed).normal(size=(n_rows, 2))
    _, upper = zeros_then(residuals).predict_interval([[0.0]], coverage)
    level = min(1, np.ceil((n_rows + 1) * coverage - 1e-9) / n_rows)
    # A hair less, so that rounding in numpy does not take the next one.
    expected = np.quantile(np.abs(residuals), level - 1e-9, axis=0, method="inverted_cdf")
    np.testing.assert_array_equal(upper, [expected])


def test_each_output_has_its_own_quantile():
    residuals = np.arange(1.0, 11).reshape(-1, 1, 1) * [[1.0, 10.0], [2.0, -20.0], [3.0, 30.0]]
    lower, upper = zeros_then(residuals).predict_interval([[100.0]])
    np.testing.assert_array_equal(upper[0], [[110, 200], [120, 300], [130, 400]])
    np.testing.assert_array_equal(lower[0], [[90, 0], [80, -100], [70, -200]])


@pytest.mark.parametrize("layout", [(), (1,), (6,), (3, 2)])
def test_bounds_have_the_layout_of_predict(layout):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 2)), rng.normal(size=(40, *layout))
    model = ConformalRegressor(Persistence(), adaptive=True).fit(X, y)
    predicted = model.predict(X)
    assert predicted.shape == (40, *layout)
    for coverage in (None, 0.5):
        lower, upper = model.predict_interval(X, coverage)
        assert lower.shape == upper.shape == (40, *layout)
        np.testing.assert_allclose((lower + upper) / 2, predicted, atol=1e-12)
        np.testing.assert_allclose(upper - lower, (upper - lower)[:1].repeat(40, axis=0))
    assert model.residuals_.shape == (30, *layout)
    assert model.alpha_.shape == layout
    assert model.update(X, y).alpha_.shape == layout
    assert model.residuals_.shape == (30, *layout)


def test_a_column_of_targets_may_be_predicted_as_a_vector():
    y = np.arange(30.0).reshape(-1, 1)
    model = ConformalRegressor(DummyRegressor()).fit(y, y)
    assert model.predict(y).shape == (30,)
    expected = [y[test, 0] - y[train].mean() for train, test in TimeSeriesSplit(5).split(y)]
    np.testing.assert_array_equal(model.residuals_, np.concatenate(expected))


def test_more_coverage_is_wider():
    X, y = make_supervised(ar1(500, np.random.default_rng(0)), n_steps_out=2)
    model = ConformalRegressor(windows_and_ridge()).fit(X, y)
    widths = [model.predict_interval(X[:1], c)[1] for c in (0.1, 0.5, 0.9, 0.99)]
    assert (np.diff(widths, axis=0) > 0).all()


def test_the_fitted_coverage_is_the_default():
    X, y = make_supervised(ar1(500, np.random.default_rng(0)), n_steps_out=2)
    model = ConformalRegressor(windows_and_ridge(), coverage=0.7).fit(X, y)
    np.testing.assert_array_equal(model.predict_interval(X), model.predict_interval(X, 0.7))
    np.testing.assert_allclose(model.alpha_, [0.3, 0.3])


# --- coverage -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("make_series", [ar1, seasonal])
def test_nine_of_ten_truths_of_a_stationary_series_are_covered(make_series, seed):
    X, y = make_supervised(make_series(6003, np.random.default_rng(seed)), n_steps_out=3)
    model = ConformalRegressor(windows_and_ridge()).fit(X[:4000], y[:4000])
    for coverage, slack in [(None, 0.03), (0.5, 0.05)]:
        covered = coverage_of(model.predict_interval(X[4000:], coverage), y[4000:])
        assert covered.shape == (3,)
        assert len(y[4000:]) == 2000
        np.testing.assert_allclose(covered, coverage or 0.9, atol=slack)


def test_exchangeable_residuals_are_covered_as_promised():
    # Mean over many draws of few residuals: at least 0.8, and at most 1 / (n + 1) more.
    rng = np.random.default_rng(0)
    residuals = rng.standard_t(3, size=(14, 20_000))  # each output is a draw of its own
    truths = rng.standard_t(3, size=(1, 20_000))
    covered = coverage_of(zeros_then(residuals, coverage=0.75).predict_interval([[0.0]]), truths)
    # Of 15, the 12th: 12 / 15.
    assert covered.mean() == pytest.approx(12 / 15, abs=0.01)


# --- truths that arrive -------------------------------------------------------------------------


def test_update_is_for_adaptive_intervals_only(airline):
    X, y = airline
    model = ConformalRegressor(windows_and_ridge()).fit(X, y)
    assert not hasattr(model, "update")
    with pytest.raises(AttributeError, match=r"'update'") as error:
        model.update(X, y)
    assert "adaptive=True" in str(error.value.__cause__)
    assert hasattr(ConformalRegressor(Ridge(), adaptive=True), "update")


def test_before_any_truth_arrives_adaptive_intervals_are_the_others(airline):
    X, y = airline
    adaptive, static = (
        ConformalRegressor(windows_and_ridge(), adaptive=adaptive).fit(X, y)
        for adaptive in (True, False)
    )
    np.testing.assert_array_equal(adaptive.predict_interval(X), static.predict_interval(X))


def test_one_update_by_hand():
    # Ten residuals, 1 to 10, for a coverage of a half: the 6th of them, 6.
    model = zeros_then(np.arange(1.0, 11.0), coverage=0.5, adaptive=True, gamma=0.1)
    assert model.predict_interval([[0.0]]) == (-6, 6)
    model.update([[0.0]], [-7.0])  # missed: alpha falls by a half of gamma
    assert model.alpha_ == pytest.approx(0.45)
    np.testing.assert_array_equal(model.residuals_, [2, 3, 4, 5, 6, 7, 8, 9, 10, -7])
    # 11 * 0.55 is 6.05: the 7th of 2, 3, 4, 5, 6, 7, 7, 8, 9, 10.
    assert model.predict_interval([[0.0]]) == (-7, 7)
    model.update([[0.0]], [7.0])  # the bound itself is inside
    assert model.alpha_ == pytest.approx(0.5)
    assert model.n_calibration_ == 10


@pytest.mark.parametrize("layout", [(), (2,), (2, 2)])
def test_a_row_is_judged_by_the_interval_that_was_in_force(layout):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(130, 1)), rng.normal(size=(130, *layout)) * 2
    model = ConformalRegressor(Persistence(), adaptive=True, gamma=0.05).fit(X[:60], y[:60])
    at_once = copy.deepcopy(model).update(X[60:], y[60:])
    alpha = np.full(layout, 0.1)
    for row in range(60, 130):
        lower, upper = model.predict_interval(X[row : row + 1])
        is_missed = (y[row] < lower[0]) | (y[row] > upper[0])
        alpha = alpha + 0.05 * (0.1 - is_missed)
        model.update(X[row : row + 1], y[row : row + 1])
        np.testing.assert_allclose(model.alpha_, alpha)
    np.testing.assert_allclose(at_once.alpha_, alpha)
    # The newest 50 of 50 + 70.
    expected = y[80:] - np.multiply.outer(X[80:, 0], np.ones(layout))
    np.testing.assert_array_equal(at_once.residuals_, expected)
    np.testing.assert_array_equal(model.residuals_, expected)


@given(
    truths=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60),
    coverage=st.sampled_from([0.5, 0.8, 0.9]),
    gamma=st.sampled_from([0.005, 0.1, 1.0]),
)
def test_whatever_happens_the_misses_are_bounded(truths, coverage, gamma):
    # Proposition 4.1 of Gibbs and Candès.
    model = zeros_then(np.arange(1.0, 10.0), coverage=coverage, adaptive=True, gamma=gamma)
    n_rows = len(truths)
    model.update(np.zeros((n_rows, 1)), truths)
    # alpha moves by gamma * (alpha - missed): the misses can be read from where it ended.
    missed = (1 - coverage) - (model.alpha_ - (1 - coverage)) / (gamma * n_rows)
    assert abs(missed - (1 - coverage)) <= (coverage + gamma) / (gamma * n_rows) + 1e-9
    assert -gamma <= model.alpha_ <= 1 + gamma


def test_misses_without_end_make_the_interval_infinite_and_hits_make_it_vanish():
    model = zeros_then(np.full(9, 1.0), adaptive=True, gamma=0.2)
    model.update(np.zeros((1, 1)), [2.0])
    assert model.alpha_ < 0
    assert model.predict_interval([[0.0]]) == (-np.inf, np.inf)
    hits = zeros_then(np.ones(9), coverage=0.1, adaptive=True, gamma=0.2)
    hits.update(np.zeros((1, 1)), [0.5])
    assert hits.alpha_ > 1
    assert hits.predict_interval([[3.0]]) == (3, 3)
    # The paper's empty set, which even a truth that is hit exactly falls out of.
    hits.update([[3.0]], [3.0])
    assert hits.alpha_ == pytest.approx(0.9 + 0.2 * 0.9 + 0.2 * (0.9 - 1))


def test_a_coverage_asked_for_by_name_takes_the_residuals_as_they_are():
    model = zeros_then(np.arange(1.0, 20.0), adaptive=True, gamma=0.1)
    model.update(np.zeros((3, 1)), [30.0, 31.0, 32.0])
    assert model.predict_interval([[0.0]]) == (-np.inf, np.inf)
    # The 18th of 4 to 19, 30, 31, 32.
    assert model.predict_interval([[0.0]], 0.9) == (-31, 31)


def test_adaptive_intervals_recover_from_a_shift_of_the_variance():
    rng = np.random.default_rng(0)
    series = np.concatenate([ar1(2000, rng), ar1(2000, rng, scale=3)])
    X, y = make_supervised(series, n_steps_out=2)
    window = WindowTransformer(8, flatten=True, padding="edge", purge=False)
    # Windows cut beforehand: the rows of any stretch can be given by themselves.
    X = window.fit_transform(X)
    covered = {}
    for adaptive in (False, True):
        model = ConformalRegressor(Ridge(), adaptive=adaptive).fit(X[:1900], y[:1900])
        stretches = []
        for start in range(1900, 3900, 10):
            rows = slice(start, start + 10)
            stretches.append(coverage_of(model.predict_interval(X[rows]), y[rows]))
            if adaptive:
                model.update(X[rows], y[rows])
        covered[adaptive] = np.array(stretches)
    before, after = slice(0, 9), slice(100, None)  # the last thousand rows
    np.testing.assert_allclose(covered[False][before].mean(axis=0), 0.9, atol=0.06)
    assert (covered[False][after].mean(axis=0) < 0.5).all()
    np.testing.assert_allclose(covered[True][after].mean(axis=0), 0.9, atol=0.03)


def test_rows_without_truth_are_context():
    X, y = make_supervised(ar1(300, np.random.default_rng(0)), n_steps_out=2)
    X, y = pd.DataFrame(X), pd.DataFrame(y)
    models = [ConformalRegressor(windows_and_ridge(), adaptive=True).fit(X[:200], y[:200])]
    models += [copy.deepcopy(models[0])]
    models[0].update(X[200:], y[200:])
    models[1].update(X[200:250], y[200:250])
    # The second call lacks the rows before its first, unless they are put in front.
    context = y[243:250] * np.nan
    models[1].update(X[243:], pd.concat([context, y[250:]]))
    np.testing.assert_allclose(models[1].residuals_, models[0].residuals_)
    np.testing.assert_allclose(models[1].alpha_, models[0].alpha_)


def test_truths_that_are_all_missing_change_nothing():
    model = zeros_then(np.arange(1.0, 11.0), adaptive=True)
    before = copy.deepcopy(model)
    model.update(np.zeros((4, 1)), np.full(4, np.nan))
    assert model.alpha_ == before.alpha_
    np.testing.assert_array_equal(model.residuals_, before.residuals_)


# --- around the networks ------------------------------------------------------------------------


def test_around_a_pipeline_of_windows_and_a_network(airline):
    X, y = airline
    pipeline = Pipeline(
        [
            ("scale", StandardScaler()),
            ("window", WindowTransformer(6, n_steps_out=3)),
            ("lstm", LSTMRegressor(4, epochs=2, random_state=0)),
        ]
    )
    model = ConformalRegressor(pipeline, cv=2).fit(X, y)
    alone = clone(pipeline).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), alone.predict(X))
    expected = [
        y.iloc[test] - clone(pipeline).fit(X.iloc[train], y.iloc[train]).predict(X.iloc[test])
        for train, test in TimeSeriesSplit(2).split(X)
    ]
    np.testing.assert_array_equal(model.residuals_, np.concatenate(expected))

    # As the last step, on windows that are already cut, with targets of three dimensions.
    deep = y.to_numpy(dtype=float).reshape(-1, 3, 1)
    inside = Pipeline([*pipeline.steps[:2], ("interval", ConformalRegressor(alone["lstm"], cv=2))])
    inside.fit(X, deep)
    lower, upper = find_method(inside, "predict_interval")(X, coverage=0.8)
    assert lower.shape == upper.shape == (len(X), 3, 1)
    assert (lower < upper).all()
    # The two purged rows are in the last fold.
    assert inside["interval"].n_calibration_ == len(X) * 2 // 3 - 2
    assert inside.score(X, deep) == pytest.approx(
        r2_score(deep.reshape(-1, 3), inside.predict(X).reshape(-1, 3))
    )


# --- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("coverage", "n_needed"), [(0.9, 9), (0.95, 19), (0.99, 99), (0.5, 1)])
def test_too_few_residuals_are_refused(coverage, n_needed):
    zeros_then(np.ones(n_needed), coverage=coverage)
    few = np.ones(n_needed)
    few[-1] = np.nan
    message = f"coverage={coverage} needs at least {n_needed} residuals.* gave {n_needed - 1} rows"
    with pytest.raises(ValueError, match=message):
        zeros_then(few, coverage=coverage)


def test_too_much_coverage_is_refused_later_too():
    with pytest.raises(ValueError, match=r"coverage=0.99 needs at least 99 residuals.*gave 9 rows"):
        zeros_then(np.ones(9)).predict_interval([[0.0]], coverage=0.99)


@pytest.mark.parametrize("coverage", [0, 1, -0.1, 1.5, 90])
def test_a_coverage_is_a_fraction(coverage):
    with pytest.raises(ValueError, match=rf"coverage must be a number in \(0, 1\), got {coverage}"):
        zeros_then(np.ones(9)).predict_interval([[0.0]], coverage=coverage)
    with pytest.raises(ValueError, match="'coverage' parameter of ConformalRegressor"):
        zeros_then(np.ones(9), coverage=coverage)


@pytest.mark.parametrize(
    "params",
    [{"estimator": 3}, {"cv": "five"}, {"adaptive": "yes"}, {"gamma": 0}, {"gamma": -0.1}],
)
def test_parameters_are_checked(params):
    model = ConformalRegressor(Ridge()).set_params(**params)
    with pytest.raises(ValueError, match=f"'{next(iter(params))}' parameter of ConformalRegressor"):
        model.fit(np.zeros((30, 1)), np.zeros(30))


def test_truths_must_fit_the_predictions():
    model = zeros_then(np.ones((9, 2)), adaptive=True)
    with pytest.raises(ValueError, match=r"y of shape \(4, 3\) for predictions of shape \(4, 2\)"):
        model.update(np.zeros((4, 1)), np.zeros((4, 3)))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.update(np.zeros((4, 1)), np.zeros((5, 2)))


def test_folds_that_leave_nothing_to_calibrate_are_refused():
    folds = PredefinedSplit(np.r_[np.full(26, -1), np.zeros(4)])
    with pytest.raises(ValueError, match=r"needs at least 9 residuals.* gave 4 rows"):
        ConformalRegressor(LinearRegression(), cv=folds).fit(np.zeros((30, 1)), np.zeros(30))


# --- quantiles ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (2,), (2, 3)])
def test_quantiles_are_those_of_the_residuals_on_a_last_axis(shape):
    residuals = np.random.default_rng(0).normal(size=(99, *shape))
    model = zeros_then(residuals)
    # Of 99 residuals the tenth is the quantile 0.1 and the 90th is 0.9, in the order asked for.
    found = model.predict([[0.0]] * 3, quantiles=[0.9, 0.1, 0.5])
    ordered = np.sort(residuals, axis=0)
    assert found.shape == (3, *shape, 3)
    np.testing.assert_array_equal(found[0], np.moveaxis(ordered[[89, 9, 49]], 0, -1))


def test_quantiles_between_two_residuals_are_the_outer_ones():
    model = zeros_then(np.arange(1.0, 11.0))
    found = model.predict([[0.0]], quantiles=[0.1, 0.25, 0.5, 0.75, 0.9])
    np.testing.assert_array_equal(found, [[1, 2, 6, 9, 10]])  # 11 * level, rounded outwards


@pytest.mark.parametrize("seed", range(3))
def test_quantiles_hold_their_share_of_skewed_errors(seed):
    rng = np.random.default_rng(seed)
    model = zeros_then(rng.exponential(size=2000))
    levels = [0.05, 0.25, 0.5, 0.95]
    (found,) = model.predict([[0.0]], quantiles=levels)
    shares = (rng.exponential(size=(20_000, 1)) <= found).mean(axis=0)
    np.testing.assert_allclose(shares, levels, atol=0.03)
    # An interval is as wide to both sides, and reaches to where no truth is.
    assert model.predict_interval([[0.0]], coverage=0.9)[0] < 0 < found[0]


def test_quantiles_hold_their_share_whatever_the_number_of_residuals():
    rng = np.random.default_rng(0)
    levels, hits = np.array([0.1, 0.3, 0.5, 0.7, 0.9]), []
    for _ in range(3000):
        *residuals, truth = rng.normal(size=13)
        hits.append(truth <= zeros_then(residuals).predict([[0.0]], quantiles=levels)[0])
    shares = np.mean(hits, axis=0)
    # In a lower half at most, in an upper at least; ranks of 13 cannot be nearer than a 13th.
    assert (shares[:2] <= levels[:2] + 0.02).all()
    assert (shares[2:] >= levels[2:] - 0.02).all()
    np.testing.assert_allclose(shares, levels, atol=1 / 13 + 0.02)


def test_quantiles_that_are_none_or_not_warranted_are_refused():
    model = zeros_then(np.ones(9))
    for bad in ([0.0], [1.0], [], [np.nan], [50]):
        with pytest.raises(ValueError, match=r"quantiles must be numbers in \(0, 1\)"):
            model.predict([[0.0]], quantiles=bad)
    for level in (0.01, 0.99):
        match = rf"quantile {level} needs at least 99 residuals.* gave 9 rows"
        with pytest.raises(ValueError, match=match):
            model.predict([[0.0]], quantiles=[0.5, level])


# --- folds that are too short --------------------------------------------------------------------


def test_a_fold_too_short_for_a_window_is_named():
    passengers = load_air_passengers()
    model = make_lstm_pipeline(Ridge(), n_steps_in=24)
    model = ConformalRegressor(model, cv=TimeSeriesSplit(5, test_size=12))
    forecaster = Forecaster(model, n_steps_out=12)
    message = (
        r"fold 1 of 5 of the cv of ConformalRegressor has 24 of the 84 rows to train on, too few "
        r".*cv=TimeSeriesSplit\(2, test_size=.*n_steps_in.*No complete sample"
    )
    with pytest.raises(ValueError, match=message):
        backtest(forecaster, passengers, cv=TimeSeriesSplit(2, test_size=24))
    model.set_params(cv=TimeSeriesSplit(2, test_size=12))
    backtest(forecaster, passengers, cv=TimeSeriesSplit(2, test_size=24))


def test_rows_that_its_folds_cannot_be_cut_from_name_the_regressor():
    X, y = np.arange(30.0)[:, np.newaxis], np.arange(30.0)
    model = ConformalRegressor(Ridge(), cv=TimeSeriesSplit(5, test_size=12))
    with pytest.raises(
        ValueError, match=r"of ConformalRegressor cannot split its 30 training rows"
    ):
        model.fit(X, y)
