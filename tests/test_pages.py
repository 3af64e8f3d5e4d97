"""The pages that messages name: they exist, and messages that give advice name one."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from test_layers import TREES

from skforecast_lstm import (
    BaseLSTMRegressor,
    CompleteRowsRegressor,
    ConformalRegressor,
    Forecaster,
    LSTMRegressor,
    NaiveRegressor,
    NoSkillWarning,
    StackedLSTMRegressor,
    backtest,
    make_lstm_pipeline,
    networks,
)
from skforecast_lstm._inspect import advise_classifier
from skforecast_lstm._pages import PAGES, see

DOCS = Path(__file__).parent.parent / "docs"


def topics(tree):
    """What the calls of ``see`` in a module name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "see":
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant))


@pytest.mark.parametrize("page", sorted(set(PAGES.values())))
def test_a_page_that_messages_name_exists(page):
    assert (DOCS / f"{page}.rst").is_file()


def test_messages_name_known_topics_and_every_topic_is_named():
    assert {topic for tree in TREES.values() for topic in topics(tree)} == set(PAGES)


def test_a_message_can_name_two_pages():
    assert see("accuracy") == "See guide/accuracy in the docs."
    assert see("pitfalls", "windows") == "See pitfalls and guide/windows in the docs."


# --- a model without skill ------------------------------------------------------------------------


def test_a_model_without_skill_is_led_to_the_recommended_pipeline_first():
    table = pd.DataFrame({"sold": np.random.default_rng(0).normal(size=80).cumsum()})
    forecaster = Forecaster(make_lstm_pipeline(Ridge(1e6), n_steps_in=3))
    advice = r"What may help: make_lstm_pipeline\(\).*window_norm.*See guide/accuracy in the docs"
    with pytest.warns(NoSkillWarning, match=advice):
        backtest(forecaster, table, cv=TimeSeriesSplit(2))


# --- labels given to a regressor ------------------------------------------------------------------


class Own(BaseLSTMRegressor):
    build_network = staticmethod(networks.build_lstm)


def in_search(regressor):
    pipeline = make_lstm_pipeline(regressor, n_steps_in=2)
    return GridSearchCV(pipeline, {"window__n_steps_in": [2]}, cv=TimeSeriesSplit(2))


@pytest.mark.parametrize(
    ("estimator", "advice"),
    [
        (LSTMRegressor(), "take LSTMClassifier in place of LSTMRegressor"),
        (StackedLSTMRegressor(), "take StackedLSTMClassifier in place of StackedLSTMRegressor"),
        (make_lstm_pipeline(n_steps_in=2), "take LSTMClassifier in place of LSTMRegressor"),
        (in_search(LSTMRegressor()), "take LSTMClassifier in place of LSTMRegressor"),
        (Own(), "derive your class from BaseLSTMClassifier"),
        (Forecaster(make_lstm_pipeline(Ridge(), n_steps_in=2)), "in place of Ridge, such as LSTMC"),
    ],
    ids=["lstm", "stacked", "pipeline", "search", "own", "ridge"],
)
def test_the_classifier_is_named_whatever_is_around_a_regressor(estimator, advice):
    assert advice in advise_classifier(estimator)


@pytest.mark.parametrize(
    "estimator",
    [
        LSTMRegressor(epochs=1),
        Own(epochs=1),
        make_lstm_pipeline(LSTMRegressor(epochs=1), n_steps_in=2),
        NaiveRegressor(),
        CompleteRowsRegressor(Ridge()),
        ConformalRegressor(make_lstm_pipeline(Ridge(), n_steps_in=2)),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
@pytest.mark.parametrize("dtype", ["object", "category", "string"])
def test_labels_given_to_a_regressor_name_the_classifier_and_the_page(estimator, dtype):
    X, y = np.arange(40.0)[:, np.newaxis], pd.Series(list("ab") * 20, dtype=dtype)
    with pytest.raises(ValueError, match=r"For labels, .*See guide/classification in the docs"):
        estimator.fit(X, y)


@pytest.mark.parametrize("regressor", [LSTMRegressor(epochs=1), Ridge()], ids=["lstm", "ridge"])
def test_labels_in_a_table_name_the_classifier_and_the_page(regressor):
    table = pd.DataFrame({"sold": np.arange(40.0), "state": list("ab") * 20})
    pipeline = make_lstm_pipeline(regressor, n_steps_in=2)
    advice = r"For labels, take .*See guide/classification in the docs"
    with pytest.raises(ValueError, match=rf"targets \['state'\] are text.*{advice}"):
        Forecaster(pipeline, target="state").fit(table)
    with pytest.raises(ValueError, match=rf"got text in \['state'\].*{advice}"):
        backtest(pipeline, table[["sold"]], table["state"], cv=TimeSeriesSplit(2))
    with pytest.raises(ValueError, match=rf"got text in \['state\(t\+1\)'\].*{advice}"):
        backtest(Forecaster(pipeline, target="state"), table, cv=TimeSeriesSplit(2))


# --- features that are text -----------------------------------------------------------------------


def test_text_among_the_features_of_a_pipeline_is_named_with_the_page():
    table = pd.DataFrame({"sold": np.arange(40.0), "state": list("ab") * 20})
    pipeline = make_lstm_pipeline(Ridge(), n_steps_in=2)
    with pytest.raises(ValueError, match=r"\['state'\] are text.*See guide/categories and"):
        pipeline.fit(table, table["sold"])
    with pytest.raises(ValueError, match=r"could not convert string to float: 'a'$"):
        pipeline.fit(table["state"].to_numpy()[:, np.newaxis], table["sold"])  # has no names
