"""Labels of any type and container, their numbers, and probabilities in one form."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from skforecast_lstm._labels import Labels, numbered_labels, proba_by_column


@pytest.mark.parametrize(
    ("y", "numbers", "classes"),
    [
        ([5, 1, 5, 2], [2, 0, 2, 1], [1, 2, 5]),
        (["b", "a", None, "b"], [1, 0, np.nan, 1], ["a", "b"]),
        ([True, True], [1, 1], [False, True]),
        (pd.Series(["y", "x", "y"], dtype="category"), [1, 0, 1], ["x", "y"]),
        (pd.Series([3, 1, 3], dtype="category"), [1, 0, 1], [1, 3]),
        (pd.Series([True, None, False], dtype="boolean"), [1, np.nan, 0], [0, 1]),
        (pd.Series(["b", pd.NA, "a"], dtype="string"), [1, np.nan, 0], ["a", "b"]),
        ([2.0, np.nan, 1.0], [1, np.nan, 0], [1, 2]),
    ],
)
def test_labels_of_any_type_are_numbered_and_come_back(y, numbers, classes):
    found, labels = numbered_labels(y)
    np.testing.assert_array_equal(found, numbers)
    assert labels.classes[0].tolist() == classes
    back = labels.labels(found)
    is_missing = np.isnan(found)
    assert back[~is_missing].tolist() == pd.Series(list(y))[~is_missing].tolist()
    assert pd.isna(back[is_missing]).all()


def test_columns_have_labels_of_their_own_unless_steps_share_them():
    y = np.array([["a", "b"], ["b", "c"], ["a", "b"]])
    assert [part.tolist() for part in numbered_labels(y)[1].classes] == [["a", "b"], ["b", "c"]]
    numbers, labels = numbered_labels(y, n_kinds=1)
    assert [part.tolist() for part in labels.classes] == [["a", "b", "c"]]
    np.testing.assert_array_equal(numbers, [[0, 1], [1, 2], [0, 1]])
    np.testing.assert_array_equal(labels.labels(numbers), y)


def test_columns_of_text_beside_numbers_come_back_as_objects():
    table = pd.DataFrame({"state": ["on", "off", "on"], "gear": [3, 4, 3]})
    numbers, labels = numbered_labels(table)
    assert labels.labels(numbers).tolist() == [["on", 3], ["off", 4], ["on", 3]]


def test_columns_of_categories_beside_booleans_are_labels():
    states = pd.Categorical(["on", "off", "on"])
    table = pd.DataFrame({"state": states, "open": [True, True, False], "gear": [3, 4, 3]})
    numbers, labels = numbered_labels(table)
    np.testing.assert_array_equal(numbers, [[1, 1, 0], [0, 1, 1], [1, 0, 0]])
    assert [part.tolist() for part in labels.classes] == [["off", "on"], [False, True], [3, 4]]


def test_indicators_have_two_labels_each_where_one_does_not_occur():
    _, labels = numbered_labels([[0, 1], [0, 0]])
    assert labels.are_indicators
    assert [part.tolist() for part in labels.classes] == [[0, 1], [0, 1]]
    assert not numbered_labels([0, 0])[1].are_indicators  # one column tells of no second label


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([1.5, 2.5], "Unknown label type: continuous"),
        (np.array([1, "a", 2], dtype=object), r"one type.*\['int', 'str'\]"),
        ([np.inf, 1.0], "infinity"),
        ([], "0 sample"),
    ],
)
def test_what_is_no_label_is_refused(y, message):
    with pytest.raises(ValueError, match=message):
        numbered_labels(y)


def test_a_label_that_is_not_known_is_named():
    labels = Labels([np.array(["a", "b"])])
    with pytest.raises(ValueError, match=r"classes \['a', 'b'\]: \['c'\]"):
        labels.numbers(np.array(["a", "c"]))


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (LogisticRegression(), [0, 1, 2, 1]),
        (RandomForestClassifier(5, random_state=0), [[0, 5], [1, 6], [2, 5], [1, 6]]),
        (MLPClassifier(3, max_iter=5, random_state=0), [[0, 1], [1, 0], [0, 0], [1, 1]]),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_probabilities_of_any_classifier_are_found_by_column(model, y):
    X, y = np.arange(8.0).reshape(4, 2), np.array(y)
    model.fit(X, y)
    y = y.reshape(len(y), -1)
    columns = proba_by_column(model.predict_proba(X), model.classes_, y.shape[1])
    assert len(columns) == y.shape[1]
    predicted = model.predict(X).reshape(len(X), -1)
    for number, (classes, proba) in enumerate(columns):
        np.testing.assert_allclose(proba.sum(axis=1), 1)
        np.testing.assert_array_equal(classes, np.unique(y[:, number]))
        np.testing.assert_array_equal(classes[proba.argmax(axis=1)], predicted[:, number])
