"""A whole pipeline in the tools that scikit-learn's users have: searches, ensembles, files."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingRegressor, StackingRegressor, VotingRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (it adds HalvingGridSearchCV)
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression
from sklearn.metrics import make_scorer, mean_absolute_error, r2_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    TimeSeriesSplit,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import PowerTransformer, StandardScaler

from skforecast_lstm import LSTMRegressor, WindowTransformer
from skforecast_lstm._windows import Windows
from skforecast_lstm.pipelines import make_lstm_pipeline

CV = TimeSeriesSplit(3)
GRID = {"window__n_steps_in": [3, 6], "lstm__units": [3, 4]}


def make_model(n_steps_in=6, n_steps_out=3, **params):
    """The pipeline of the documentation, small; what predicts fewer steps only purges more."""
    return Pipeline(
        [
            ("scale", StandardScaler()),
            ("window", WindowTransformer(n_steps_in, n_steps_out=n_steps_out)),
            ("lstm", LSTMRegressor(4, epochs=3, random_state=0, **params)),
        ]
    )


@pytest.fixture
def next_month(airline):
    """The table, and a 1-D target for what takes no other."""
    X, y = airline
    return X, y.iloc[:, 0]


@pytest.fixture
def fitted(airline):
    return make_model().fit(*airline)


# --- evaluation ---------------------------------------------------------------------------------


def test_cross_val_score_equals_a_loop_by_hand(airline):
    X, y = airline
    scores = cross_val_score(
        make_model(), X, y, cv=CV, scoring="neg_mean_absolute_error", error_score="raise"
    )
    by_hand = []
    for train, test in CV.split(X):
        model = make_model().fit(X.iloc[train], y.iloc[train])
        by_hand.append(-mean_absolute_error(y.iloc[test], model.predict(X.iloc[test])))
    np.testing.assert_array_equal(scores, by_hand)


def test_cross_validate_scores_training_and_test_rows(airline):
    X, y = airline
    result = cross_validate(
        *(make_model(), X, y),
        cv=CV,
        scoring=["r2", "neg_root_mean_squared_error"],
        return_train_score=True,
        return_estimator=True,
        error_score="raise",
    )
    for fold, (train, _) in enumerate(CV.split(X)):
        predicted = result["estimator"][fold].predict(X.iloc[train])
        assert result["train_r2"][fold] == r2_score(y.iloc[train], predicted)
    assert (result["test_neg_root_mean_squared_error"] < 0).all()
    assert np.isfinite(result["train_neg_root_mean_squared_error"]).all()


def test_the_score_without_a_scorer_is_r2(next_month):
    X, y = next_month
    ours = cross_val_score(make_model(), X, y, cv=CV, error_score="raise")
    named = cross_val_score(make_model(), X, y, cv=CV, scoring="r2", error_score="raise")
    np.testing.assert_array_equal(ours, named)


def test_learning_curve(next_month):
    X, y = next_month
    sizes, train_scores, test_scores = learning_curve(
        make_model(), X, y, cv=CV, train_sizes=[0.5, 1.0], scoring="r2", error_score="raise"
    )
    assert sizes.tolist() == [18, 36]
    assert train_scores.shape == test_scores.shape == (2, 3)
    # The whole of the first fold is what cross_val_score trains on there.
    assert test_scores[1, 0] == cross_val_score(make_model(), X, y, cv=CV, scoring="r2")[0]


def test_permutation_importance_of_a_column_that_says_nothing_is_zero(next_month):
    X, y = next_month
    X["constant"] = 1.0
    model = make_model().fit(X, y)
    result = permutation_importance(model, X, y, scoring="r2", n_repeats=2, random_state=0)
    passengers, constant = result.importances_mean
    assert constant == 0
    assert passengers != 0


@pytest.mark.parametrize("seed", range(3))
def test_permutation_importance_finds_the_column_that_counts(seed):
    cause, noise = np.random.default_rng(seed).normal(size=(2, 300))
    table = pd.DataFrame({"cause": cause, "noise": noise}, pd.date_range("2024", periods=300))
    y = pd.Series(np.roll(cause, 1) + np.roll(cause, 2), table.index)
    lstm = LSTMRegressor(8, epochs=20, linear_skip="ridge", random_state=seed)
    model = make_lstm_pipeline(lstm, n_steps_in=4).fit(table[:200], y[:200])
    held_out = table[200:], y[200:]
    score = model.score(*held_out)
    assert score > 0.9
    result = permutation_importance(model, *held_out, n_repeats=5, random_state=0)
    of_cause, of_noise = result.importances_mean
    assert of_cause > score  # without it, the mean would be a better prediction
    assert abs(of_noise) < 0.05


# --- searches -----------------------------------------------------------------------------------


def test_grid_search_over_window_and_network_together(airline):
    X, y = airline
    search = GridSearchCV(
        make_model(), GRID, cv=CV, scoring="neg_mean_absolute_error", error_score="raise"
    ).fit(X, y)
    assert len(search.cv_results_["params"]) == 4
    assert len(set(search.cv_results_["mean_test_score"])) == 4
    best = search.best_estimator_
    assert best["lstm"].n_steps_in_ == search.best_params_["window__n_steps_in"]
    assert best["lstm"].units == search.best_params_["lstm__units"]
    by_hand = make_model().set_params(**search.best_params_).fit(X, y)
    np.testing.assert_array_equal(search.predict(X), by_hand.predict(X))
    assert search.predict(X).shape == y.shape


def test_grid_search_over_routed_parameters(airline):
    search = GridSearchCV(
        make_model(optimizer="sgd"),
        {"lstm__optimizer__momentum": [0.0, 0.9]},
        cv=CV,
        scoring="r2",
        error_score="raise",
    ).fit(*airline)
    assert len(set(search.cv_results_["mean_test_score"])) == 2
    momentum = search.best_params_["lstm__optimizer__momentum"]
    assert search.best_estimator_["lstm"].model_.optimizer.momentum == momentum


def test_randomized_search_over_the_learning_rate(airline):
    search = RandomizedSearchCV(
        make_model(),
        {"lstm__learning_rate": loguniform(1e-3, 1e-1)},
        n_iter=3,
        random_state=0,
        cv=CV,
        scoring="r2",
        error_score="raise",
    ).fit(*airline)
    assert len(set(search.cv_results_["mean_test_score"])) == 3
    rate = float(search.best_estimator_["lstm"].model_.optimizer.learning_rate)
    assert rate == pytest.approx(search.best_params_["lstm__learning_rate"])


def test_halving_search_with_epochs_as_resource(airline):
    search = HalvingGridSearchCV(
        make_model(),
        {"lstm__units": [3, 4, 5]},
        resource="lstm__epochs",
        min_resources=2,
        max_resources=6,
        cv=CV,
        scoring="r2",
        error_score="raise",
    ).fit(*airline)
    assert search.n_resources_ == [2, 6]
    assert search.best_estimator_["lstm"].n_iter_ == 6


def test_halving_search_with_rows_as_resource_is_refused_for_dated_rows(airline):
    # It draws rows at random, of which there are no windows. The scaler has to keep the dates.
    search = HalvingGridSearchCV(
        make_model().set_output(transform="pandas"),
        {"lstm__units": [3, 4, 5]},
        min_resources=45,
        cv=CV,
        scoring="r2",
        error_score="raise",
        random_state=0,
    )
    with pytest.raises(ValueError, match="WindowTransformer needs rows in time order"):
        search.fit(*airline)


@pytest.mark.slow
def test_two_processes_find_what_one_does(airline):
    X, y = airline
    options = {"cv": CV, "scoring": "neg_mean_absolute_error", "error_score": "raise"}
    one = GridSearchCV(make_model(), GRID, n_jobs=1, **options).fit(X, y)
    # In processes with another number of threads than this one.
    n_threads = 2 if os.environ["OMP_NUM_THREADS"] == "1" else 1
    with joblib.parallel_config(backend="loky", inner_max_num_threads=n_threads):
        two = GridSearchCV(make_model(), GRID, n_jobs=2, **options).fit(X, y)
    assert two.best_params_ == one.best_params_
    for name in ("split0_test_score", "split1_test_score", "split2_test_score"):
        np.testing.assert_array_equal(two.cv_results_[name], one.cv_results_[name])
    np.testing.assert_array_equal(two.predict(X), one.predict(X))


def test_two_threads_find_what_one_does(airline):
    options = {"cv": CV, "scoring": "neg_mean_absolute_error", "error_score": "raise"}
    one = GridSearchCV(make_model(), GRID, n_jobs=1, **options).fit(*airline)
    with joblib.parallel_config(backend="threading"):
        two = GridSearchCV(make_model(), GRID, n_jobs=2, **options).fit(*airline)
    np.testing.assert_array_equal(
        two.cv_results_["mean_test_score"], one.cv_results_["mean_test_score"]
    )


# --- ensembles ----------------------------------------------------------------------------------


def test_transformed_target(airline):
    X, y = airline
    model = TransformedTargetRegressor(make_model(), func=np.log, inverse_func=np.exp).fit(X, y)
    by_hand = make_model().fit(X, np.log(y).to_numpy())  # the names do not get through
    np.testing.assert_array_equal(model.predict(X), np.exp(by_hand.predict(X)))


def test_voting_is_the_mean_of_its_members(next_month):
    X, y = next_month
    members = [("short", make_model(n_steps_in=3)), ("long", make_model(n_steps_in=6))]
    vote = VotingRegressor(members).fit(X, y)
    expected = np.mean([clone(model).fit(X, y).predict(X) for _, model in members], axis=0)
    np.testing.assert_allclose(vote.predict(X), expected)


def test_stacking_of_models_fitted_before(next_month):
    # The honest way in time: the members learn from early rows, the final estimator from later
    # ones. TimeSeriesSplit cannot: cross_val_predict wants a prediction for every row.
    X, y = next_month
    members = [(f"window{n}", make_model(n_steps_in=n).fit(X[:100], y[:100])) for n in (3, 6)]
    stack = StackingRegressor(members, LinearRegression(), cv="prefit").fit(X[100:], y[100:])
    predictions = np.column_stack([model.predict(X[100:]) for _, model in members])
    np.testing.assert_array_equal(stack.transform(X[100:]), predictions)
    expected = LinearRegression().fit(predictions, y[100:]).predict(predictions)
    np.testing.assert_allclose(stack.predict(X[100:]), expected)


def test_stacking_with_unshuffled_folds(next_month):
    X, y = next_month
    members = [("short", make_model(n_steps_in=3)), ("long", make_model(n_steps_in=6))]
    stack = StackingRegressor(members, LinearRegression(), cv=KFold(3)).fit(X, y)
    assert np.isfinite(stack.predict(X)).all()
    assert stack.final_estimator_.coef_.shape == (2,)


def test_bagging_of_networks_on_flat_windows(next_month):
    # After the window step rows are independent, and can be drawn; before it they cannot.
    X, y = next_month
    bagging = BaggingRegressor(LSTMRegressor(4, epochs=2), n_estimators=2, random_state=0)
    model = make_pipeline(StandardScaler(), WindowTransformer(6, flatten=True), bagging).fit(X, y)
    windows = model[:-1].transform(X)
    members = np.array([member.predict(windows) for member in model[-1].estimators_])
    assert not np.array_equal(*members)
    np.testing.assert_allclose(model.predict(X), members.mean(axis=0))


# --- files and copies ---------------------------------------------------------------------------


def through_joblib(model, path):
    joblib.dump(model, path / "model.joblib")
    return joblib.load(path / "model.joblib")


@pytest.mark.parametrize(
    "copied",
    [
        lambda model, path: pickle.loads(pickle.dumps(model)),
        lambda model, path: copy.deepcopy(model),
        through_joblib,
    ],
    ids=["pickle", "deepcopy", "joblib"],
)
def test_a_copy_of_a_fitted_pipeline_predicts_the_same(copied, fitted, airline, tmp_path):
    X, y = airline
    fitted["lstm"].model_.summary(print_fn=lambda line: None)  # makes the Keras model
    predictions = fitted.predict(X)
    twin = copied(fitted, tmp_path)
    np.testing.assert_array_equal(twin.predict(X), predictions)
    assert twin["lstm"].history_ == fitted["lstm"].history_
    # A copy of one's own: training it further does not change the original.
    windows = twin[:-1].transform(X)
    twin["lstm"].partial_fit(windows, y)
    assert not np.array_equal(twin.predict(X), predictions)
    np.testing.assert_array_equal(fitted.predict(X), predictions)


@pytest.mark.slow
def test_a_pickle_predicts_the_same_in_a_fresh_process(fitted, airline, tmp_path):
    X, _ = airline
    (tmp_path / "model.pkl").write_bytes(pickle.dumps((fitted, X)))
    code = (
        "import pathlib, pickle, numpy as np\n"
        "model, X = pickle.loads(pathlib.Path('model.pkl').read_bytes())\n"
        "np.save('predictions.npy', model.predict(X))\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "predictions.npy"), fitted.predict(X))


def test_a_pickle_is_small(fitted):
    # Weights and a few rows: no graph, no Keras model, no training data.
    fitted["lstm"].model_  # noqa: B018 (makes the Keras model, which is left out)
    assert len(pickle.dumps(fitted)) < 20_000


def test_cached_steps_give_the_same_forecasts(fitted, airline, tmp_path):
    X, y = airline
    for _ in range(2):  # the second reads the cache
        model = Pipeline(make_model().steps, memory=str(tmp_path)).fit(X, y)
        np.testing.assert_array_equal(model.predict(X), fitted.predict(X))


# --- containers ---------------------------------------------------------------------------------


def test_pandas_between_the_steps_changes_nothing(fitted, airline):
    X, y = airline
    model = make_model().set_output(transform="pandas").fit(X, y)
    np.testing.assert_array_equal(model.predict(X), fitted.predict(X))
    assert model["scale"].transform(X).index.equals(X.index)
    assert isinstance(model[:-1].transform(X), Windows)


def test_flat_windows_in_pandas_have_names_and_dates(airline):
    X, _ = airline
    lags = make_pipeline(StandardScaler(), WindowTransformer(2, flatten=True))
    table = lags.set_output(transform="pandas").fit_transform(X)
    assert list(table.columns) == ["passengers_lag1", "passengers_lag0"]
    assert table.index.equals(X.index)
    assert list(lags.get_feature_names_out()) == list(table.columns)


@pytest.mark.parametrize("target_scaler", ["standard", "minmax", None, PowerTransformer()], ids=str)
def test_pandas_everywhere_changes_no_forecast(target_scaler, airline):
    X, y = airline
    expected = make_model(target_scaler=target_scaler).fit(X, y).predict(X)
    with config_context(transform_output="pandas"):
        predictions = make_model(target_scaler=target_scaler).fit(X, y).predict(X)
    assert isinstance(predictions, np.ndarray)
    np.testing.assert_array_equal(predictions, expected)


# --- sample weights and routing -----------------------------------------------------------------


@pytest.fixture
def weight(airline):
    return np.linspace(0.1, 1, len(airline[0]))


def test_weights_reach_the_network_through_the_pipeline(fitted, airline, weight):
    X, y = airline
    model = make_model().fit(X, y, lstm__sample_weight=weight)
    windows = make_model()[:-1].fit_transform(X)
    by_hand = make_model()["lstm"].fit(windows, y, weight)
    np.testing.assert_array_equal(model.predict(X), by_hand.predict(model[:-1].transform(X)))
    assert not np.array_equal(model.predict(X), fitted.predict(X))


def test_weights_are_routed_as_requested(airline, weight):
    X, y = airline
    expected = make_model().fit(X, y, lstm__sample_weight=weight).predict(X)
    with config_context(enable_metadata_routing=True):
        model = make_model()
        model["scale"].set_fit_request(sample_weight=False)
        model["lstm"].set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        fitted = clone(model).fit(X, y, sample_weight=weight)
        np.testing.assert_array_equal(fitted.predict(X), expected)
        score = fitted.score(X, y, sample_weight=weight)
        # A scorer of its own: scikit-learn 1.7 routes no weights to the score method of a pipeline.
        options = {
            "cv": CV,
            "scoring": make_scorer(r2_score).set_score_request(sample_weight=True),
            "error_score": "raise",
        }
        scores = cross_val_score(model, X, y, params={"sample_weight": weight}, **options)
        search = GridSearchCV(model, {"lstm__units": [4]}, **options)
        search.fit(X, y, sample_weight=weight)
    # Sums of a table, column by column, are rounded otherwise than those of an array.
    assert score == pytest.approx(r2_score(y, expected, sample_weight=weight), rel=1e-12)
    assert search.best_score_ == scores.mean()
    np.testing.assert_array_equal(search.predict(X), expected)


def test_held_out_rows_are_routed_and_windowed(airline):
    X, y = airline
    with config_context(enable_metadata_routing=True):
        model = Pipeline(make_model().steps, transform_input=["X_val"])
        model["lstm"].set_fit_request(X_val=True, y_val=True)
        model.fit(X[:100], y[:100], X_val=X[100:], y_val=y[100:])
    assert len(model["lstm"].history_["val_loss"]) == 3


# --- parameters of predict ----------------------------------------------------------------------


def test_parameters_of_predict_go_through_pipelines_and_what_stands_around_them(airline):
    X, y = airline
    levels, quick = [0.1, 0.9], {"epochs": 1, "n_members": 2, "random_state": 0}
    regressor = LSTMRegressor(4, loss="quantile", **quick)
    for table in (X, X.to_numpy()):
        model = make_lstm_pipeline(regressor, n_steps_in=4, n_steps_out=3).fit(table, y)
        windows = model[:-1].transform(table)
        expected = model[-1].predict(windows, quantiles=levels)
        assert expected.shape == (*y.shape, 2)
        plain = make_pipeline(*clone(model).named_steps.values()).fit(table, y)
        for pipeline in (model, plain):
            np.testing.assert_array_equal(pipeline.predict(table, quantiles=levels), expected)
            forecast, std = pipeline.predict(table, return_std=True)
            np.testing.assert_array_equal(forecast, pipeline.predict(table))
            assert std.shape == y.shape
    one = y.iloc[:, 0]
    search = GridSearchCV(model, {"lstm__units": [4]}, cv=TimeSeriesSplit(2), error_score="raise")
    found = search.fit(X, one).best_estimator_.predict(X, quantiles=levels)
    assert found.shape == (len(X), 2)
    # Scalers work by column: those of one target bring its quantiles back, too.
    around = TransformedTargetRegressor(model, transformer=StandardScaler()).fit(X, one)
    quantiles = around.predict(X, quantiles=[0.1, 0.5, 0.9])
    np.testing.assert_allclose(quantiles[:, 1], around.predict(X), rtol=1e-6)
    with config_context(enable_metadata_routing=True):
        model[-1].set_predict_request(quantiles=True)
        assert model.fit(X, y).predict(X, quantiles=levels).shape == (*y.shape, 2)
