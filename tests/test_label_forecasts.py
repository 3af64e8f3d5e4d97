"""Forecaster with a classifier: dated labels and probabilities."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TimeSeriesSplit,
    TunedThresholdClassifierCV,
    cross_val_score,
)
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier

from skforecast_lstm import (
    ConformalRegressor,
    ForecastDisplay,
    Forecaster,
    GroupTimeSeriesSplit,
    LSTMClassifier,
    backtest,
    load,
    make_lstm_pipeline,
    save,
)
from skforecast_lstm._inspect import find_windows
from skforecast_lstm.framing import make_supervised

N_ROWS = 96
HOURS = pd.date_range("2024-01-01", periods=N_ROWS, freq="h", name="hour")
LOAD = np.sin(np.arange(N_ROWS) * np.pi / 4) + np.random.default_rng(0).normal(0, 0.2, N_ROWS)
STATE = np.where(LOAD > 0.5, "up", np.where(LOAD < -0.5, "down", "mid"))
TABLE = pd.DataFrame({"load": LOAD, "high": LOAD > 0.1, "state": STATE}, index=HOURS)
BOTH = ["state", "high"]
FOLDS = TimeSeriesSplit(3)
NEXT = pd.date_range("2024-01-05", periods=3, freq="h", name="hour")


def lags(classifier=None, n_steps_in=4, **options):
    classifier = LogisticRegression() if classifier is None else classifier
    return make_lstm_pipeline(classifier, n_steps_in=n_steps_in, **options)


def each():
    return MultiOutputClassifier(LogisticRegression())


def forecaster(estimator=None, target="state", **options):
    estimator = lags() if estimator is None else estimator
    return Forecaster(estimator, target=target, **{"features": "load", **options})


# --- what is forecast ---------------------------------------------------------------------------

KINDS = {
    "text": (TABLE["state"], ["down", "mid", "up"]),
    "categories": (TABLE["state"].astype("category"), ["down", "mid", "up"]),
    "booleans": (TABLE["high"], [False, True]),
    "integers": (TABLE["high"] * 4 + 3, [3, 7]),
}


@pytest.mark.parametrize(("labels", "classes"), KINDS.values(), ids=KINDS)
def test_labels_are_dated_and_of_the_type_of_their_target(labels, classes):
    table = TABLE[["load"]].assign(y=labels)
    model = Forecaster(lags(), target="y", features="load").fit(table)
    X, _ = make_supervised(table, "y", features="load")
    forecast, proba = model.forecast(), model.forecast_proba()
    expected = model.estimator_.predict(table[X.columns])[-1:]
    expected = pd.DataFrame({"y": expected}, index=NEXT[:1]).astype({"y": labels.dtype})
    pd.testing.assert_frame_equal(forecast, expected, check_freq=False)
    assert proba.columns.tolist() == [("y", label) for label in classes]
    assert proba.columns.names == ["target", "class"]
    assert proba.index.equals(forecast.index)
    own = model.estimator_.predict_proba(table[X.columns])[-1:]
    np.testing.assert_allclose(proba, own)


def test_steps_and_targets_of_several_kinds():
    model = forecaster(lags(each()), BOTH, n_steps_out=3).fit(TABLE)
    forecast, proba = model.forecast(), model.forecast_proba()
    assert forecast.index.equals(NEXT)
    assert forecast["high"].dtype == bool
    pairs = [("state", "down"), ("state", "mid"), ("state", "up"), ("high", False), ("high", True)]
    assert proba.columns.tolist() == pairs
    np.testing.assert_allclose(proba.T.groupby(level="target").sum(), 1)
    for target in BOTH:
        assert proba[target].idxmax(axis=1).tolist() == forecast[target].tolist()
    # A season of eight hours that anyone can read: the truth is known.
    phase = np.sin(np.arange(N_ROWS, N_ROWS + 3) * np.pi / 4)
    assert forecast["high"].tolist() == (phase > 0.1).tolist()
    pd.testing.assert_frame_equal(model.forecast(2), forecast[:2], check_freq=False)
    pd.testing.assert_frame_equal(model.forecast_proba(2), proba[:2], check_freq=False)


def test_a_label_that_a_step_has_not_seen_has_probability_zero():
    state = TABLE["state"].to_numpy(copy=True)
    state[1] = "rare"  # the label of the first step of the first origin, and of no other step
    model = forecaster(lags(RandomForestClassifier(5, random_state=0), 1), n_steps_out=2)
    model.fit(TABLE.assign(state=state))
    first, second = (part.tolist() for part in model.estimator_.classes_)
    assert ("rare" in first, "rare" in second) == (True, False)
    proba = model.forecast_proba()
    assert proba.columns.get_level_values("class").tolist() == ["down", "mid", "rare", "up"]
    assert proba["state", "rare"].iloc[1] == 0
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_forecasts_from_newer_rows_equal_those_after_a_fit_to_them():
    model = forecaster(lags(each()), BOTH, n_steps_out=2).fit(TABLE[:80])
    X, _ = make_supervised(TABLE, BOTH, features="load", n_steps_out=2)
    by_row = model.estimator_.predict(X)
    found = model.forecast(data=TABLE[80:91])
    assert found.to_numpy().tolist() == by_row[90].reshape(2, 2).tolist()
    assert found.index[0] == HOURS[91]
    # Rows without labels are no worse: their history is in the features.
    unknown = TABLE[80:91].assign(state=None, high=np.nan)
    pd.testing.assert_frame_equal(model.forecast(data=unknown), found)


def test_a_nowcast_labels_the_last_row():
    model = forecaster(target="high", lead=0).fit(TABLE[:90])
    last = TABLE[80:95].copy()
    last["high"] = last["high"].astype(float).where(np.arange(15) < 14)
    forecast = model.forecast(data=last)
    assert forecast.index.tolist() == [HOURS[94]]
    assert forecast["high"].tolist() == [TABLE["high"].iloc[94]]
    proba = model.forecast_proba(data=last)["high", True]
    assert (proba > 0.5).tolist() == forecast["high"].tolist()


def test_covariates_known_ahead_decide():
    table = TABLE.assign(key=np.arange(N_ROWS) % 5)
    table["odd"] = table["key"] % 2 == 1
    model = Forecaster(
        lags(RandomForestClassifier(20, random_state=0), 2),
        target="odd",
        features="load",
        known_future="key",
        n_steps_out=2,
    ).fit(table)
    for keys in ([1, 2], [2, 3]):
        future = pd.DataFrame({"key": keys}, index=NEXT[:2])
        odd = [key % 2 == 1 for key in keys]
        assert model.forecast(future=future)["odd"].tolist() == odd
        sure = model.forecast_proba(future=future)["odd", True] > 0.5
        assert sure.tolist() == odd


def test_missing_labels_and_features():
    table = TABLE.assign(state=TABLE["state"].where(np.arange(N_ROWS) % 7 > 0))
    model = forecaster().fit(table)
    pd.testing.assert_frame_equal(
        model.forecast(), forecaster().fit(TABLE).forecast(), check_freq=False
    )
    model = forecaster(lags(missing="drop")).fit(TABLE)
    newest = TABLE[80:].copy()
    newest.iloc[-1, 0] = np.nan
    with pytest.warns(UserWarning, match=r"the forecast is NaN.*'load'"):
        assert pd.isna(model.forecast(data=newest)["state"]).all()
    with pytest.warns(UserWarning, match=r"the forecast is NaN.*'load'"):
        assert np.isnan(model.forecast_proba(data=newest)).all(axis=None)


# --- several series -----------------------------------------------------------------------------


def panel():
    other = TABLE.assign(load=-LOAD, high=~TABLE["high"])
    parts = [TABLE.assign(shop="north"), other.assign(shop="south")]
    return pd.concat(parts).sort_index(kind="stable")


def of_panel(target="high", **options):
    return forecaster(lags(each(), group="shop"), target, group="shop", **options)


def test_series_are_labelled_each_from_its_own_rows():
    model = of_panel(BOTH, n_steps_out=2).fit(panel())
    forecast, proba = model.forecast(), model.forecast_proba()
    assert forecast.index.names == ["shop", "hour"]
    assert (forecast.loc["north", "high"] != forecast.loc["south", "high"]).all()
    assert forecast["high"].dtype == bool
    chosen = model.forecast(ids=["south"])
    pd.testing.assert_frame_equal(chosen, forecast.loc[["south"]], check_freq=False)
    chosen = model.forecast_proba(1, ids=["south", "north"])
    assert chosen.index.get_level_values("shop").tolist() == ["south", "north"]
    np.testing.assert_allclose(chosen.loc["north"], proba.loc["north"][:1])
    folds = GroupTimeSeriesSplit(3)
    scores = cross_val_score(of_panel(), panel(), cv=folds, error_score="raise")
    assert (scores > 0.7).all()


# --- around the pipeline ------------------------------------------------------------------------


class Last(ClassifierMixin, BaseEstimator):
    """Says that all labels are equally probable, and chooses the last."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.repeat(self.classes_[-1:], len(X))

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


def test_labels_are_those_of_predict_and_not_the_most_probable():
    assert forecaster(lags(Last())).fit(TABLE).forecast().iloc[0, 0] == "up"
    for threshold, expected in [(0.0, True), (1.0, False)]:
        fixed = FixedThresholdClassifier(lags(), threshold=threshold, response_method="auto")
        assert forecaster(fixed, "high").fit(TABLE).forecast().iloc[0, 0] == expected


AROUND = {
    "search": GridSearchCV(
        lags(), {"window__n_steps_in": [2, 8]}, cv=FOLDS, scoring="roc_auc", error_score="raise"
    ),
    "calibration": CalibratedClassifierCV(lags(), cv=FOLDS),
    "threshold": TunedThresholdClassifierCV(lags(), cv=FOLDS),
    "vote": VotingClassifier([("long", lags(n_steps_in=8)), ("short", lags())], voting="soft"),
}


@pytest.mark.parametrize("estimator", AROUND.values(), ids=AROUND)
def test_searches_calibration_thresholds_and_votes(estimator):
    model = forecaster(estimator, "high").fit(TABLE[:80])
    X = TABLE[["load"]]
    assert model.forecast().iloc[0, 0] == model.estimator_.predict(X[:80])[-1]
    np.testing.assert_allclose(
        model.forecast_proba(), model.estimator_.predict_proba(X[:80])[-1:], rtol=1e-6
    )
    assert model.score(TABLE[80:]) > 0.8
    # The windows inside were found: so many rows are kept.
    lengths = [step.n_steps_in for step in find_windows(model.estimator_).values()]
    assert model._newest.n_rows == max(lengths)


@pytest.mark.parametrize(
    ("estimator", "n_steps_out", "message"),
    [
        (StackingClassifier([("a", lags())]), 1, "and VotingClassifier average pipelines"),
        (ClassifierChain(lags()), 2, "and MultiOutputClassifier fit a pipeline per step"),
        (CalibratedClassifierCV(lags()), 2, r"as MultiOutputClassifier\(Calibrated"),
        (lags(), 2, r"as MultiOutputClassifier\(LogisticRegression\("),
    ],
)
def test_what_does_not_fit_says_what_to_do(estimator, n_steps_out, message):
    with pytest.raises(ValueError, match=message):
        forecaster(estimator, "high", n_steps_out=n_steps_out).fit(TABLE)


def test_classifiers_of_one_column_each_around_the_pipeline():
    model = forecaster(MultiOutputClassifier(lags()), n_steps_out=2).fit(TABLE)
    within = forecaster(lags(each()), n_steps_out=2).fit(TABLE)
    np.testing.assert_allclose(model.forecast_proba(), within.forecast_proba(), rtol=1e-6)
    # One step of one target: these classifiers take a column only.
    assert forecaster(lags(each())).fit(TABLE).forecast().shape == (1, 1)


def test_networks_forecast_the_steps_of_several_targets():
    network = LSTMClassifier(4, epochs=2, random_state=0)
    model = forecaster(lags(network), BOTH, n_steps_out=2).fit(TABLE[:80])
    forecast, proba = model.forecast(data=TABLE[80:]), model.forecast_proba(data=TABLE[80:])
    for target in BOTH:
        assert proba[target].idxmax(axis=1).tolist() == forecast[target].tolist()
        np.testing.assert_allclose(proba[target].sum(axis=1), 1, rtol=1e-5)
    assert 0 <= model.score(TABLE[80:]) <= 1


# --- scores -------------------------------------------------------------------------------------


@pytest.mark.parametrize("lead", [0, 1, 2])
def test_score_is_the_accuracy_of_the_forecasts_of_later_rows(lead):
    model = forecaster(lags(each()), BOTH, n_steps_out=2, lead=lead).fit(TABLE[:80])
    X, y = make_supervised(TABLE, BOTH, features="load", n_steps_out=2, lead=lead)
    rows = slice(80 - lead, None)
    right = model.estimator_.predict(X)[rows] == y.to_numpy(dtype=object)[rows]
    assert model.score(TABLE[80:]) == pytest.approx(right.mean())


@pytest.mark.parametrize(
    ("target", "scoring"),
    [
        ("high", "roc_auc"),
        ("high", "average_precision"),
        ("high", "f1"),
        ("state", "balanced_accuracy"),
        ("state", "neg_log_loss"),
        ("state", "roc_auc_ovr"),
        ("state", lambda model, X, y: np.mean(model.predict(X) == y)),
    ],
)
def test_scorers_of_scikit_learn(target, scoring):
    model = forecaster(target=target, scoring=scoring).fit(TABLE[:80])
    X, y = make_supervised(TABLE, target, features="load")
    # From whole rows: the windows of the later ones have their history.
    expected = get_scorer(scoring)(Piece(model.estimator_, X), X[79:], y[79:])
    assert model.score(TABLE[80:]) == pytest.approx(expected)


class Piece(ClassifierMixin, BaseEstimator):
    """Predicts the last rows of a table from the whole of it."""

    def __init__(self, model, table):
        self.model, self.table, self.classes_ = model, table, model.classes_

    def predict(self, X):
        return self.model.predict(self.table)[-len(X) :]

    def predict_proba(self, X):
        return self.model.predict_proba(self.table)[-len(X) :]


def test_labels_that_are_new_are_wrong_and_missing_ones_are_left_out():
    model = forecaster().fit(TABLE[:80])
    score = model.score(TABLE[80:])
    state = TABLE["state"].to_numpy(dtype=object, copy=True)
    state[90:] = "new"
    X, y = make_supervised(TABLE, "state", features="load")
    right = (model.estimator_.predict(X) == y)[79:]
    assert model.score(TABLE.assign(state=state)[80:]) == right[:10].sum() / 16 < score
    state[90:] = None
    assert model.score(TABLE.assign(state=state)[80:]) == right[:10].mean()


def test_booleans_that_miss_some_are_scored_as_such():
    model = forecaster(target="high").fit(TABLE[:80])
    X, y = make_supervised(TABLE, "high", features="load")
    right = (model.estimator_.predict(X) == y)[79:]
    later = TABLE[80:].assign(high=TABLE["high"][80:].astype(float).where(np.arange(16) < 10))
    assert model.score(later) == right[:10].mean()


@pytest.mark.parametrize(
    ("classifier", "options", "message"),
    [
        (each(), {"n_steps_out": 2, "scoring": "neg_log_loss"}, "takes one label .* make 2 "),
        (each(), {"target": BOTH, "scoring": "balanced_accuracy"}, "takes one label .* make 2 "),
        (RidgeClassifier(), {"scoring": "neg_log_loss"}, "needs what .* with predict_proba"),
    ],
)
def test_scorers_that_do_not_fit(classifier, options, message):
    model = forecaster(lags(classifier), **options).fit(TABLE[:80])
    with pytest.raises(ValueError, match=message):
        model.score(TABLE[80:])


def test_a_backtest_needs_no_framing():
    X, y = make_supervised(TABLE, BOTH, features="load", n_steps_out=2)
    model = lags(each(), n_steps_out=2)
    found = backtest(forecaster(lags(each()), BOTH, n_steps_out=2), TABLE, cv=2)
    expected = backtest(model, X, y, cv=2)
    pd.testing.assert_frame_equal(found.predictions, expected.predictions)


def test_searches_over_a_forecaster():
    grid = {"estimator__window__n_steps_in": [1, 8]}
    for scoring in (None, "roc_auc"):
        model = forecaster(target="high", scoring=scoring)
        search = GridSearchCV(model, grid, cv=FOLDS, error_score="raise").fit(TABLE)
        assert search.best_params_ == {"estimator__window__n_steps_in": 8}
        assert search.best_score_ > 0.8


# --- what there is of numbers only --------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 3}, r"steps=3 is more than n_steps_out=1.* Fit with n_steps_out=3\."),
        ({"interval": 0.8}, "interval=0.8 and n_samples=None. forecast_proba gives"),
        ({"n_samples": 9}, "interval=None and n_samples=9. forecast_proba gives"),
    ],
)
def test_requests_of_numbers(options, message):
    with pytest.raises(ValueError, match=message):
        forecaster().fit(TABLE).forecast(**options)


def test_probabilities_are_asked_for_up_to_the_horizon():
    with pytest.raises(ValueError, match=r"steps=3 is more than n_steps_out=1"):
        forecaster().fit(TABLE).forecast_proba(3)


@pytest.mark.parametrize("bounds", [{"lower": 0}, {"upper": {"high": 1}}])
def test_bounds_are_of_numbers(bounds):
    with pytest.raises(ValueError, match="lower and upper are bounds of numbers"):
        forecaster(target="high", **bounds).fit(TABLE)


def test_a_classifier_needs_labels_and_a_regressor_numbers():
    with pytest.raises(ValueError, match=r"'load' contains decimals.*df\['load'\] > limit"):
        Forecaster(lags()).fit(TABLE)
    with pytest.raises(ValueError, match=r"targets \['state'\] are text.*in place of Ridge"):
        forecaster(lags(Ridge())).fit(TABLE)
    with pytest.raises(ValueError, match=r"columns \['state'\] are text"):
        Forecaster(lags(), target="high").fit(TABLE)


def test_what_draws_or_surrounds_numbers_refuses_labels():
    with pytest.raises(ValueError, match=r"draws numbers.*forecast_proba\(\)\.plot\(\)"):
        ForecastDisplay.from_estimator(forecaster().fit(TABLE))
    with pytest.raises(ValueError, match="TablePipeline is a classifier"):
        forecaster(ConformalRegressor(lags()), "high").fit(TABLE)


def test_probabilities_are_of_classifiers_that_say_them():
    for estimator in (lags(RidgeClassifier()), lags(Ridge())):
        model = forecaster(estimator, "high")
        assert not hasattr(model, "forecast_proba")
        assert not hasattr(model.fit(TABLE), "forecast_proba")
    with pytest.raises(AttributeError) as error:
        _ = forecaster(lags(Ridge()), "high").forecast_proba
    assert "forecast_proba is of classifiers" in str(error.value.__cause__)
    # It has no predict: what asks for the kind of an estimator wants that.
    assert not is_classifier(forecaster())
    assert not is_regressor(forecaster())


# --- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["str", "category"])
def test_copies_and_files_forecast_the_same(kind, tmp_path):
    table = TABLE.astype({"state": kind}) if kind == "category" else TABLE
    model = forecaster(lags(each()), BOTH, n_steps_out=2).fit(table)
    save(model, tmp_path / "model")
    for copy in (pickle.loads(pickle.dumps(model)), load(tmp_path / "model")):
        pd.testing.assert_frame_equal(copy.forecast(), model.forecast())
        pd.testing.assert_frame_equal(copy.forecast_proba(), model.forecast_proba())
        assert copy.score(table[80:]) == model.score(table[80:])
