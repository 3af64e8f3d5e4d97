"""Walk-forward evaluation of labels, against scikit-learn's metrics and counts made by hand."""

from __future__ import annotations

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    log_loss,
    recall_score,
    roc_auc_score,
)
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, TimeSeriesSplit
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skforecast_lstm.classifiers import LSTMClassifier
from skforecast_lstm.datasets import load_bike_rentals
from skforecast_lstm.evaluation import NoSkillWarning, backtest
from skforecast_lstm.forecaster import Forecaster
from skforecast_lstm.framing import make_supervised
from skforecast_lstm.pipelines import make_lstm_pipeline
from skforecast_lstm.plotting import BacktestDisplay
from skforecast_lstm.windows import WindowTransformer

N_ROWS = 90
DAYS = pd.date_range("2024-01-01", periods=N_ROWS, freq="D", name="day")
no_skill_needed = pytest.mark.filterwarnings("ignore:the model does not beat:UserWarning")
NAMES = ["naive", "most_frequent", "seasonal_naive"]
SCORES = ["log_loss", "brier", "balanced_accuracy", "accuracy", "skill"]


def weather(seed=0, n_rows=N_ROWS):
    """A number that moves slowly, and what follows from it."""
    rng = np.random.default_rng(seed)
    x = np.cumsum(rng.normal(size=n_rows))
    return x - np.linspace(x[0], x[-1], n_rows) + 0.3 * rng.normal(size=n_rows)


LABELS = {
    "booleans": lambda x: x > 0,
    "integers": lambda x: 3 * (x > 0),
    "texts": lambda x: np.where(x > 1, "wet", np.where(x < -1, "dry", "fair")),
}


def ahead(labels, n_steps_out=1, lead=1):
    """Labels of the rows that follow, 1-D for one step, and the number of rows that have all."""
    n_rows = len(labels) - n_steps_out - lead + 1
    steps = [labels[lead + step : lead + step + n_rows] for step in range(n_steps_out)]
    return steps[0] if n_steps_out == 1 else np.column_stack(steps)


def framed(kind="texts", n_steps_out=1, lead=1, seed=0):
    x = weather(seed)
    y = ahead(LABELS[kind](x), n_steps_out, lead)
    columns = [f"sky(t+{lead + step})" for step in range(n_steps_out)]
    X = pd.DataFrame({"x": x}, DAYS)[: len(y)]
    y = pd.DataFrame(y.reshape(len(y), -1), X.index, columns)
    return X, y[columns[0]] if n_steps_out == 1 else y


def lags(final=None, n_steps_in=2, **params):
    """A classifier on flat windows that hold no NaN."""
    window = WindowTransformer(n_steps_in, padding="edge", flatten=True, purge=False, **params)
    return make_pipeline(window, LogisticRegression() if final is None else final)


def proba_of(lines, classes):
    return lines[[f"proba_{label}" for label in classes]].to_numpy()


def by_scikit_learn(lines, classes):
    """The scores of lines, by scikit-learn's metrics."""
    proba, truth = proba_of(lines, classes), lines["truth"].to_numpy()
    binary = {"y_proba": proba[:, 1], "pos_label": classes[1]}
    options = binary if len(classes) == 2 else {"y_proba": proba, "labels": classes}
    return {
        "log_loss": log_loss(truth, proba, labels=classes),
        "brier": brier_score_loss(truth, **options),
        # The balanced accuracy, without a warning of parts in which there is one label.
        "balanced_accuracy": recall_score(
            truth, lines["prediction"], labels=np.unique(truth), average="macro"
        ),
        "accuracy": accuracy_score(truth, lines["prediction"]),
    }


# --- scores are those of scikit-learn -----------------------------------------------------------


@no_skill_needed
@pytest.mark.parametrize("n_steps_out", [1, 3])
@pytest.mark.parametrize("kind", LABELS)
def test_scores_are_those_of_scikit_learn(kind, n_steps_out):
    X, y = framed(kind, n_steps_out)
    result = backtest(
        lags(KNeighborsClassifier(9)), X, y, cv=3, baselines=NAMES[::2], season_length=7
    )
    classes = np.unique(y.to_numpy())
    assert_array_equal(result.classes["sky"], classes)
    lines = result.predictions
    assert list(lines) == [
        *("fold", "origin", "step", "time", "target", "truth", "prediction"),
        *(f"proba_{label}" for label in classes),
    ]
    rows = np.concatenate([test for _, test in TimeSeriesSplit(3, gap=n_steps_out - 1).split(X)])
    assert_array_equal(lines["truth"], y.to_numpy()[rows].ravel())
    assert lines["truth"].dtype == lines["prediction"].dtype
    assert_allclose(proba_of(lines, classes).sum(axis=1), 1)
    every = {"model": lines, **result.baselines}
    for by in (None, "step", ["fold", "step"]):
        scores = result.scores(by)
        assert list(scores) == SCORES
        for name, each in every.items():
            parts = {(): each} if by is None else dict(iter(each.groupby(by)))
            for key, part in parts.items():
                at = name if by is None else (name, *np.ravel(key))
                expected = by_scikit_learn(part, classes)
                assert_allclose(scores.loc[at, list(expected)], list(expected.values()))
    brier = result.scores()["brier"]
    assert_array_equal(result.scores()["skill"], 1 - brier / brier["naive"])
    assert result.skill == result.scores()["skill"]["model"]


def test_labels_and_probabilities_are_those_of_a_loop_by_hand():
    X, y = framed("texts")
    x = X["x"].to_numpy()
    windows = np.column_stack([np.r_[x[0], x[:-1]], x])
    lines = backtest(lags(), X, y, cv=TimeSeriesSplit(3), baselines=None).predictions
    for fold, (train, test) in enumerate(TimeSeriesSplit(3).split(X)):
        model = LogisticRegression().fit(windows[train], y.iloc[train])
        own = lines[lines["fold"] == fold]
        assert_array_equal(own["prediction"], model.predict(windows[test]))
        assert_allclose(proba_of(own, model.classes_), model.predict_proba(windows[test]))


def test_labels_are_those_of_predict_not_the_most_probable():
    X, y = framed("booleans")
    often = lags(FixedThresholdClassifier(LogisticRegression(), threshold=0.1))
    lines = backtest(often, X, y, cv=3).predictions
    assert_array_equal(lines["prediction"], lines["proba_True"] >= 0.1)
    assert (lines["prediction"] & (lines["proba_True"] < 0.5)).any()


class Says(ClassifierMixin, BaseEstimator):
    """Says which label comes, with certainty: the first column, or any other label."""

    def __init__(self, right=True):
        self.right = right

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        is_first = np.asarray(X)[:, :1] == 1
        proba = np.hstack([~is_first, is_first]).astype(float)
        return proba if self.right else 1 - proba

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def test_the_perfect_and_the_useless():
    y = np.random.default_rng(0).integers(2, size=60)
    perfect = backtest(Says(), y.reshape(-1, 1), y, cv=2).scores().loc["model"]
    assert_allclose(perfect, [0, 0, 1, 1, 1], atol=1e-15)
    with pytest.warns(NoSkillWarning, match="its Brier score is 1, that of the baseline 0."):
        useless = backtest(Says(right=False), y.reshape(-1, 1), y, cv=2).scores().loc["model"]
    # scikit-learn, too, counts no probability for less than one rounding error.
    assert_allclose(useless[:4], [-np.log(np.finfo(float).eps), 1, 0, 0])
    assert useless["skill"] < -2


def test_noise_has_no_skill():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 1)), rng.choice(["a", "b", "c"], size=400)
    with pytest.warns(NoSkillWarning, match="does not beat the baseline 'most_frequent'"):
        result = backtest(lags(), X, y, baselines=["most_frequent", "naive"])
    scores = result.scores()
    assert (scores["balanced_accuracy"] - 1 / 3).abs().max() < 0.06
    assert (scores["brier"] - 2 / 3).abs().max() < 0.03
    assert -0.05 < result.skill <= 0


def test_peaks_of_bike_rentals():
    table = load_bike_rentals()[["rentals"]].astype(float)
    # The label of an hour: more than 391 bikes in one of six hours. It is asked for the next six.
    peak = table["rentals"].gt(391).rolling(6).max().dropna().astype(bool)
    y = peak.shift(-6).dropna().astype(bool).rename("peak(t+6)")
    model = make_pipeline(StandardScaler(), lags(LogisticRegression(C=0.1), 48))
    result = backtest(
        model,
        table.loc[y.index],
        y,
        cv=TimeSeriesSplit(2, test_size=28 * 24, gap=5),
        baselines=["seasonal_naive", "naive", "most_frequent"],
        season_length=24,
        scoring="roc_auc",
    )
    scores = result.scores()
    assert scores["skill"]["model"] > 0.1
    assert scores["roc_auc"]["model"] > 0.9
    assert (scores["skill"].iloc[2:] < 0).all()
    assert set(result.predictions["time"] - result.predictions["origin"]) == {pd.Timedelta("6h")}


# --- baselines ----------------------------------------------------------------------------------


def count_by_hand(name, labels, train, origin, ahead, first, classes):
    """Frequencies by a loop over the training rows: those of `ahead` rows later."""

    def given(row):
        last = row if first > 0 else row - 1
        seen = labels[last] if last >= first else None  # y begins with the label of row `first`
        return {"naive": seen, "most_frequent": None, "seasonal_naive": (row + ahead) % 5}[name]

    known = [row for row in train if row + ahead <= train[-1]]
    every = np.array([[labels[row + ahead] == label for label in classes] for row in known])
    is_seen = every.any(axis=0)
    overall = (every.sum(axis=0) + is_seen / is_seen.sum()) / (len(known) + 1)
    if name == "most_frequent" or given(origin) is None:
        return overall
    own = every[[given(row) == given(origin) for row in known]]
    return (own.sum(axis=0) + overall) / (len(own) + 1)


@no_skill_needed
@pytest.mark.parametrize("first", [0, 1, 3])
@pytest.mark.parametrize("name", NAMES)
def test_baselines_by_hand(name, first):
    labels = LABELS["texts"](weather(2, 50))
    y = ahead(labels, 2, first)
    X = np.arange(len(y), dtype=float).reshape(-1, 1)
    model, classes = DummyClassifier(), ["dry", "fair", "wet"]
    options = {"cv": TimeSeriesSplit(2, gap=1), "lead": first, "season_length": 5}
    result = backtest(MultiOutputClassifier(model), X, y, baselines=[name], **options)
    lines = result.baselines[name]
    for fold, (train, _) in enumerate(TimeSeriesSplit(2, gap=1).split(X)):
        for _, line in lines[lines["fold"] == fold].iterrows():
            later = first + line["step"] - 1
            args = (name, labels, train, line["origin"], later, first, classes)
            expected = count_by_hand(*args)
            assert_allclose(line[[f"proba_{c}" for c in classes]].astype(float), expected)
            most = classes[int(np.argmax(expected))]
            last = labels[line["origin"] - (first == 0)]
            assert line["prediction"] == (last if name == "naive" else most)


@no_skill_needed
@pytest.mark.parametrize("container", ["column", "level"])
def test_baselines_are_those_of_each_series(container):
    rng = np.random.default_rng(0)
    parts = []
    for shop, offset in (("a", 0), ("b", 3)):
        sold = rng.normal(size=40)
        parts.append(
            pd.DataFrame(
                {
                    "sold": sold[:-1],
                    "shop": shop,
                    "y": np.where(sold[1:] > offset - 1, f"{shop} hi", f"{shop} lo"),
                },
                DAYS[:39],
            )
        )
    table = pd.concat(parts).sort_index(kind="stable")
    X, y = table[["sold", "shop"]], table["y"]
    X = X.set_index("shop", append=True) if container == "level" else X
    model = lags(group="shop")
    result = backtest(model, X, y.to_numpy(), cv=TimeSeriesSplit(3), baselines=NAMES[:1])
    lines = result.baselines["naive"]
    assert list(lines)[:2] == ["fold", "group"]
    # The last label is the truth of the row before, of the same series.
    before = result.predictions.groupby("group", sort=False)["truth"].shift()
    is_known = before.notna().to_numpy()
    assert is_known.sum() == len(lines) - 2
    assert_array_equal(lines["prediction"][is_known], before[is_known])
    scores = result.scores("group")
    own = lines[lines["group"] == "b"]
    classes = sorted(set(y))
    assert_allclose(
        scores.loc[("naive", "b"), "log_loss"],
        log_loss(own["truth"], proba_of(own, classes), labels=classes),
    )


class Nearest(KNeighborsClassifier):
    """Leaves rows that are marked out of fit."""

    def fit(self, X, y):
        is_known = ~np.isnan(X).any(axis=1)
        return super().fit(X[is_known], y[is_known])


def walked(labels, n_steps_out, lead, splitter):
    y = ahead(labels, n_steps_out, lead)
    X = weather(5)[: len(y), np.newaxis]
    options = {"cv": splitter, "lead": lead, "baselines": NAMES, "season_length": 4}
    # The window step marks the rows whose targets lie in the test rows; the folds have no gap.
    model = lags(Nearest(3)).set_params(windowtransformer__purge=True)
    result = backtest(model, X, y, **options)
    return {"model": result.predictions, **result.baselines}


@no_skill_needed
@pytest.mark.parametrize(("n_steps_out", "lead"), [(1, 1), (1, 4), (3, 1), (2, 0)])
def test_labels_of_the_future_change_nothing_before(n_steps_out, lead):
    labels = LABELS["texts"](weather(5))
    splitter = TimeSeriesSplit(3, test_size=9)
    firsts = [test[0] for _, test in splitter.split(ahead(labels, n_steps_out, lead))]
    names = {"dry": "wet", "wet": "hail"}
    before = walked(labels, n_steps_out, lead, splitter)
    for first in firsts:
        for last in (first - (lead == 0), first + 4):
            later = np.array([names.get(label, label) for label in labels])
            later = np.where(np.arange(len(labels)) > last, later, labels)
            after = walked(later, n_steps_out, lead, splitter)
            n_changed = 0
            for name, lines in before.items():
                # With lead=0 not even the label of the row itself is known.
                own = (lines["origin"] <= last + (lead == 0)).to_numpy()
                assert own.sum() >= n_steps_out
                for column in ("prediction", "proba_dry", "proba_fair", "proba_wet"):
                    assert_array_equal(after[name][column][own], lines[column][own])
                n_changed += (after[name]["prediction"] != lines["prediction"]).sum()
            assert n_changed or last > N_ROWS - 9


@no_skill_needed
@pytest.mark.parametrize("name", ["most_frequent", "seasonal_naive"])
def test_frequencies_know_no_label_of_the_test_rows(name):
    labels, splitter = LABELS["texts"](weather(6)), TimeSeriesSplit(1 + 1, test_size=12)
    before = walked(labels, 3, 2, splitter)[name]
    for fold, (_, test) in enumerate(splitter.split(ahead(labels, 3, 2))):
        later = np.where(np.arange(len(labels)) >= test[0], "fair", labels)
        after = walked(later, 3, 2, splitter)[name]
        own = before["fold"] == fold
        columns = ["prediction", "proba_dry", "proba_fair", "proba_wet"]
        pd.testing.assert_frame_equal(after.loc[own, columns], before.loc[own, columns])


def test_a_dict_of_baselines_may_hold_names_beside_classifiers():
    X, y = framed("booleans")
    prior = DummyClassifier()
    result = backtest(lags(), X, y, cv=3, baselines={"prior": prior, "last": "naive"})
    assert list(result.scores().index) == ["model", "prior", "last"]
    train = next(TimeSeriesSplit(3).split(X))[0]
    expected = y.iloc[train].mean()
    assert_allclose(result.baselines["prior"]["proba_True"][:20], expected)


# --- what a model does not know -----------------------------------------------------------------


def test_classes_that_a_fold_has_not_seen():
    X = np.arange(40.0).reshape(-1, 1)
    y = np.repeat(np.array(["a", "b", "a", "b"], dtype=object), [5, 8, 7, 20])
    y[33:] = "new"
    folds = [(np.arange(20), np.arange(20, 30)), (np.arange(30), np.arange(30, 40))]
    with pytest.warns(NoSkillWarning):
        result = backtest(DummyClassifier(), X, y, cv=folds, baselines=NAMES[:2])
    for lines in (result.predictions, result.baselines["most_frequent"]):
        assert (lines["proba_new"] == 0).all()
        assert (lines["proba_a"] > 0).all()
    # What came last is predicted, whether it was seen in training or not.
    naive = result.baselines["naive"]
    assert naive["prediction"][14:].eq("new").all()
    assert_allclose(naive["proba_new"], 0)
    own = result.predictions[result.predictions["truth"] == "new"]
    assert len(own) == 7
    losses = result.scores(["fold", "origin"]).loc["model"].loc[1]["log_loss"]
    assert_allclose(losses[list(own["origin"])], -np.log(np.finfo(float).eps))


def test_both_labels_of_a_boolean_are_possible():
    X, y = np.arange(30.0).reshape(-1, 1), np.arange(30) >= 20
    with pytest.warns(NoSkillWarning):
        result = backtest(Says(), X * 0, y, cv=[(range(25), range(25, 30))])
    lines = result.baselines["naive"]
    assert (lines[["proba_False", "proba_True"]] > 0).all(axis=None)
    result = backtest(
        DummyClassifier(), X, y, cv=[(range(10), range(10, 20))], baselines=["most_frequent"]
    )
    # Nine labels and one more, shared: that of the last training row lies in the test rows.
    assert_allclose(result.predictions["proba_True"], 0)
    assert_allclose(result.baselines["most_frequent"]["proba_True"], 0.5 / 10)


class KnowsSome(LogisticRegression):
    """Leaves missing labels out of fit, and predicts no rows of negative numbers."""

    def fit(self, X, y):
        is_known = ~pd.isna(np.asarray(y, dtype=object))
        return super().fit(X[is_known], np.asarray(y)[is_known].astype(bool))

    def predict(self, X):
        return np.where(X[:, 0] < -1, np.nan, super().predict(X))

    def predict_proba(self, X):
        return np.where(X[:, :1] < -1, np.nan, super().predict_proba(X))


def test_what_is_missing_is_left_out_of_all_scores():
    X, y = framed("booleans")
    y = y.astype(object)
    y.iloc[[3, 40, 70]] = [None, np.nan, None]
    result = backtest(lags(KnowsSome()), X, y, cv=TimeSeriesSplit(2))
    lines = result.predictions
    is_lost = lines["truth"].isna() | lines["prediction"].isna()
    assert lines["truth"].isna().sum() == 2
    assert lines["prediction"].isna().sum() == lines["proba_1"].isna().sum() > 3
    # Where some are missing, numbers stand for booleans, as everywhere in tables.
    assert set(lines["truth"].dropna()) == {0, 1}
    # The baselines know all: the frequencies stand in for a label that is missing.
    naive = result.baselines["naive"]
    assert naive.drop(columns=["truth", "time"]).notna().all(axis=None)
    for name, each in (("model", lines), ("naive", naive)):
        expected = by_scikit_learn(each[~is_lost], [0, 1])
        assert_allclose(result.scores().loc[name, list(expected)], list(expected.values()))
    assert f"Left out of the scores: {is_lost.sum()} of 58 predictions" in repr(result)


def test_no_label_is_known():
    X, y = np.arange(20.0).reshape(-1, 1), np.array([None] * 12 + ["a", "b"] * 4, dtype=object)
    folds = [(range(10), range(10, 15))]
    result = backtest(Constant(), X, y, cv=folds)
    assert "No baseline: y must hold a label that is known" in repr(result)
    with pytest.raises(ValueError, match="all of it is missing in training"):
        backtest(Constant(), X, y, cv=folds, baselines=["naive"])


class Constant(ClassifierMixin, BaseEstimator):
    """Predicts one label."""

    def __init__(self, label="a"):
        self.label = label

    def fit(self, X, y):
        self.classes_ = np.array([self.label])
        return self

    def predict(self, X):
        return np.full(len(X), self.label)


# --- without probabilities ----------------------------------------------------------------------


@no_skill_needed
def test_labels_without_probabilities():
    X, y = framed("booleans")
    result = backtest(lags(LinearSVC()), X, y, cv=3)
    scores = result.scores()
    assert list(scores) == ["balanced_accuracy", "accuracy", "skill"]
    assert "proba_True" not in result.predictions
    wrong = 1 - scores["accuracy"]
    assert_allclose(result.skill, 1 - wrong["model"] / wrong["naive"])
    with pytest.warns(NoSkillWarning, match="its share of wrong labels is 0.5, that of the base"):
        backtest(Constant(True), X, np.arange(len(X)) % 4 < 2, cv=2, baselines=["most_frequent"])
    # Of a baseline without probabilities only the labels can be compared.
    result = backtest(lags(), X, y, cv=3, baselines={"svm": lags(LinearSVC()), "last": "naive"})
    scores = result.scores()
    assert scores["brier"].isna().tolist() == [False, True, False]
    wrong = 1 - scores["accuracy"]
    assert_allclose(result.skill, 1 - wrong["model"] / wrong["svm"])


# --- the forms of y and of classifiers ----------------------------------------------------------


class InLayout(ClassifierMixin, BaseEstimator):
    """Probabilities in the layout of y, as those of this package's classifiers are."""

    def fit(self, X, y):
        self.mean_ = np.asarray(y, dtype=float).mean(axis=0)
        self.classes_ = [np.array([False, True])] * self.mean_.size
        return self

    def predict_proba(self, X):
        return np.broadcast_to(self.mean_, (len(X), *self.mean_.shape)).copy()

    def predict(self, X):
        return self.predict_proba(X) >= 0.5


FORMS = {
    "in the layout of y": InLayout(),
    "list of arrays": RandomForestClassifier(5, random_state=0),
    "one by one": MultiOutputClassifier(LogisticRegression()),
    "columns for classes": OneVsRestClassifier(LogisticRegression()),
}


@no_skill_needed
@pytest.mark.parametrize("form", FORMS)
def test_probabilities_in_all_forms(form):
    x = np.random.default_rng(0).normal(size=N_ROWS)
    steps = np.stack([ahead(x > 0, 3)[:80], ahead(x > 0.5, 3)[:80]], axis=2)
    y = steps if form == "in the layout of y" else steps.reshape(80, -1).astype(int)
    model, X = FORMS[form], x[:80, np.newaxis]
    cv = TimeSeriesSplit(2, gap=2)
    result = backtest(model, X, y, cv=cv, n_targets=2, baselines=NAMES[:1])
    lines = result.predictions
    no, yes = ("proba_False", "proba_True") if y.dtype == bool else ("proba_0", "proba_1")
    assert list(lines)[-3:] == ["prediction", no, yes]
    assert lines["target"][:4].tolist() == ["y0", "y1"] * 2
    assert lines["step"][:6].tolist() == [1, 1, 2, 2, 3, 3]
    train, test = next(cv.split(X))
    model.fit(X[train], y[train])
    assert_array_equal(lines["prediction"][: test.size * 6], model.predict(X[test]).ravel())
    proba = model.predict_proba(X[test])
    if isinstance(proba, list):
        proba = np.column_stack([part[:, 1] for part in proba])
    assert_allclose(lines[yes][: test.size * 6], proba.ravel())
    assert_allclose(lines[no] + lines[yes], 1)


@no_skill_needed
@pytest.mark.parametrize("kind", ["booleans", "texts"])
def test_networks(kind):
    X, y = framed(kind, 2)
    model = make_lstm_pipeline(LSTMClassifier(4, epochs=2, random_state=0), n_steps_in=3)
    cv = TimeSeriesSplit(2)
    lines = backtest(model, X, y, cv=cv).predictions
    train, test = next(cv.split(X))
    model.fit(X.iloc[train], y.iloc[train])
    own = lines[lines["fold"] == 0]
    assert_array_equal(own["prediction"], model.predict(X.iloc[test]).ravel())
    classes, proba = np.unique(y.to_numpy()), model.predict_proba(X.iloc[test])
    if kind == "booleans":
        assert_allclose(own["proba_True"], proba.ravel(), rtol=1e-6)
    else:
        assert_allclose(proba_of(own, classes), np.stack(proba, axis=1).reshape(-1, 3), rtol=1e-6)
    assert_allclose(proba_of(own, classes).sum(axis=1), 1, rtol=1e-6)


@no_skill_needed
def test_targets_of_different_classes():
    x = weather(3)
    y = np.stack([ahead(LABELS["texts"](x), 2), ahead(np.where(x > 0, "up", "down"), 2)], axis=2)
    X, y = x[: len(y), np.newaxis], y.reshape(len(y), -1)
    model = RandomForestClassifier(9, random_state=0)
    result = backtest(model, X, y, cv=2, n_targets=2, baselines=NAMES, season_length=7)
    assert [*map(list, result.classes.values())] == [["dry", "fair", "wet"], ["down", "up"]]
    lines = result.predictions
    assert list(lines)[-5:] == [f"proba_{label}" for label in ("dry", "fair", "wet", "down", "up")]
    scores = result.scores("target")
    for target, classes in result.classes.items():
        own = lines[lines["target"] == target]
        others = lines.columns[7:].difference([f"proba_{label}" for label in classes])
        assert own[others].isna().all(axis=None)
        expected = by_scikit_learn(own, classes)
        assert_allclose(scores.loc[("model", target), list(expected)], list(expected.values()))
    every = result.scores().loc["model"]
    for score in ("log_loss", "brier", "accuracy"):
        assert_allclose(every[score], scores[score]["model"].mean())
    assert_allclose(
        every["balanced_accuracy"], balanced_accuracy_score(lines["truth"], lines["prediction"])
    )


@pytest.mark.parametrize("refit", [2, False])
def test_searches_refits_and_workers(refit):
    X, y = framed("texts")
    search = GridSearchCV(
        lags(),
        {"windowtransformer__n_steps_in": [1, 3]},
        cv=TimeSeriesSplit(2),
        error_score="raise",
    )
    one = backtest(search, X, y, cv=3, refit=refit)
    assert one.fit_seconds["model"].notna().sum() == {2: 2, False: 1}[refit]
    folds = list(TimeSeriesSplit(3).split(X))
    train = folds[{2: 2, False: 0}[refit]][0]
    test = folds[2][1]
    search.fit(X.iloc[train], y.iloc[train])
    proba = search.predict_proba(X.iloc[: test[-1] + 1])[test]
    own = one.predictions[one.predictions["fold"] == 2]
    assert_allclose(proba_of(own, search.classes_), proba)


@pytest.mark.filterwarnings("ignore:n_jobs=2 did not pay:UserWarning")
def test_fits_in_parallel_give_the_same():
    X, y = framed("texts")
    one = backtest(lags(), X, y, cv=2)
    with joblib.parallel_config("threading"):
        two = backtest(lags(), X, y, cv=2, n_jobs=2)
    pd.testing.assert_frame_equal(one.predictions, two.predictions)


@pytest.mark.parametrize("container", ["category", "list", "string[pyarrow]"])
def test_containers_of_labels(container):
    X, y = framed("texts")
    other = y.tolist() if container == "list" else y.astype(container)
    other = other if container == "list" else other.rename("sky(t+1)")
    one, two = (backtest(lags(), X, each, cv=2).predictions for each in (y, other))
    assert_array_equal(one.drop(columns="target"), two.drop(columns="target"))


@no_skill_needed
@pytest.mark.parametrize("lead", [1, 3])
def test_a_forecaster_is_evaluated_as_the_table_framed_by_hand(lead):
    x = weather()
    table = pd.DataFrame({"x": x, "wet": x > 0}, DAYS)
    roles = {"target": "wet", "features": ["x"], "lead": lead}
    model = make_lstm_pipeline(LogisticRegression(), n_steps_in=3)
    result = backtest(Forecaster(model, **roles), table, cv=3)
    by_hand = backtest(model, *make_supervised(table, **roles), cv=3)
    pd.testing.assert_frame_equal(result.predictions, by_hand.predictions)
    assert result.classes["wet"].tolist() == [False, True]
    later = result.predictions["time"] - result.predictions["origin"]
    assert set(later) == {pd.Timedelta(lead, "D")}


# --- what is shown, and other scores ------------------------------------------------------------


@no_skill_needed
def test_repr_and_frame():
    X, y = framed("booleans", 2)
    result = backtest(lags(KNeighborsClassifier(5)), X, y, cv=3)
    text = repr(result).splitlines()
    assert text[0].startswith("BacktestResult: 66 origins in 3 folds, 2 steps of 1 target, 3 fits")
    assert text[2].split() == SCORES
    assert text[6] == "Brier score by step:"
    shown = [float(number) for number in text[8].split()[1:]]
    assert_allclose(shown, result.scores("step")["brier"].loc["model"], rtol=1e-3)
    assert list(result.to_frame()) == [*SCORES, "fit_seconds"]
    labels = backtest(MultiOutputClassifier(LinearSVC()), X, y, cv=3)
    assert "\n\nAccuracy by step:\n" in repr(labels)
    with pytest.raises(ValueError, match=r"by must be one or several of .*'target'\], got \['prob"):
        result.scores("proba_True")


@no_skill_needed
@pytest.mark.parametrize("by", [None, "fold"])
def test_scorers_of_scikit_learn(by):
    X, y = framed("booleans")
    result = backtest(lags(), X, y, cv=2, scoring=["roc_auc", "neg_log_loss", "f1", "f1_macro"])
    for name, lines in (("model", result.predictions), ("naive", result.baselines["naive"])):
        parts = {(): lines} if by is None else dict(iter(lines.groupby(by)))
        for key, part in parts.items():
            found = result.scores(by).loc[name if by is None else (name, key)]
            truth, label = part["truth"], part["prediction"]
            assert_allclose(found["roc_auc"], roc_auc_score(truth, part["proba_True"]))
            assert_allclose(found["neg_log_loss"], -log_loss(truth, part["proba_True"]))
            assert_allclose(found["f1"], f1_score(truth, label))
            assert_allclose(found["f1_macro"], f1_score(truth, label, average="macro"))


@no_skill_needed
def test_scores_that_cannot_be_are_named():
    X, y = framed("booleans")
    with pytest.warns(UserWarning, match=r"scoring='roc_auc' gives no score \(NaN\) in 1 of 2 p"):
        result = backtest(lags(LinearSVC()), X, y, cv=2, scoring=["roc_auc", "f1"])
    with pytest.warns(UserWarning, match="has none of the following attributes: .*predict_proba"):
        scores = result.scores()
    assert scores["roc_auc"].isna().tolist() == [True, False]
    assert scores["f1"].notna().all()
    # In some parts not all labels occur.
    result = backtest(lags(), X, y, cv=2, scoring="neg_log_loss")
    with pytest.warns(UserWarning, match=r"scoring='neg_log_loss' gives no score .* in 116 of 116"):
        scores = result.scores("origin")
    assert scores["neg_log_loss"].isna().all()
    assert scores["log_loss"].notna().all()


def test_targets_of_different_types_are_scored_one_by_one():
    x = weather(3)
    y = pd.DataFrame({"sky": ahead(LABELS["texts"](x)), "up": ahead(x > 0)})
    X = pd.DataFrame({"x": x[:-1]})
    model = Columnwise(LogisticRegression())
    result = backtest(model, X, y, cv=2, n_targets=2, scoring="f1_macro", baselines=None)
    with pytest.warns(UserWarning, match="different types: score each by itself, by='target'"):
        assert result.scores()["f1_macro"].isna().all()
    scores = result.scores("target")["f1_macro"]["model"]
    for target, own in result.predictions.groupby("target"):
        truth, predicted = (own[name].astype(str) for name in ("truth", "prediction"))
        assert_allclose(scores[target], f1_score(truth, predicted, average="macro"))


class Columnwise(ClassifierMixin, BaseEstimator):
    """Fits one classifier for each column, and keeps the types of labels."""

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y):
        self.models_ = [type(self.estimator)().fit(X, y[name]) for name in y]
        self.classes_ = [model.classes_ for model in self.models_]
        return self

    def predict(self, X):
        return np.column_stack([model.predict(X).astype(object) for model in self.models_])

    def predict_proba(self, X):
        return [model.predict_proba(X) for model in self.models_]


@no_skill_needed
@pytest.mark.parametrize(
    ("final", "title", "score"),
    [
        (RandomForestClassifier(3, random_state=0), "Brier score of sky", "brier"),
        (MultiOutputClassifier(LinearSVC()), "Accuracy of sky", "accuracy"),
    ],
)
def test_the_score_by_step_is_drawn(final, title, score):
    X, y = framed("booleans", 4)
    result = backtest(lags(final), X, y, cv=2)
    display = BacktestDisplay.from_predictions(result)
    assert display.ax_.get_ylabel() == title
    assert list(display.lines_[0]) == ["naive", "model"]
    drawn = display.lines_[0]["model"].get_ydata()
    assert_allclose(drawn, result.scores("step")[score]["model"])
    with pytest.raises(ValueError, match="kind='forecast' draws numbers, but the result is one of"):
        display.plot(kind="forecast")


# --- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"interval": 0.8}, "interval=0.8 asks for bounds of numbers, but the estimator is a cla"),
        ({"baselines": "drift"}, "'most_frequent', 'seasonal_naive'.*got 'drift'. Labels have no"),
        ({"baselines": ["best"]}, r"baselines must be among \['naive', 'most_frequent', 'seas"),
        ({"baselines": "seasonal_naive"}, "give season_length=12 for months"),
        ({"baselines": {"mean": Ridge()}}, "could not convert string to float"),
        ({"estimator": Ridge()}, "got text in .* convert string to float: 'fair"),
        ({"y": weather()[:-1]}, "Unknown label type: continuous"),
        ({"estimator": Constant("hail")}, "Constant predicts what is no label of y: .*'hail'"),
    ],
)
def test_errors(params, message):
    X, y = framed("texts")
    with pytest.raises(ValueError, match=message):
        backtest(**{"estimator": lags(), "X": X, "y": y, **params})


def test_most_frequent_is_no_baseline_of_numbers():
    X, _ = framed()
    with pytest.raises(ValueError, match=r"among \['naive', 'seasonal_naive', 'drift'\]"):
        backtest(Ridge(), X, X["x"].to_numpy(), baselines="most_frequent")
