"""scikit-learn's scorers, for forecasts that are there already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer, r2_score
from sklearn.utils import check_consistent_length

from skforecast_lstm._validation import check_sample_weight, complete_rows

__all__ = [
    "accuracy_of_known",
    "find_scorers",
    "interval_losses",
    "r2_of_known",
    "score_forecasts",
    "score_labels",
]


class _Given(RegressorMixin, BaseEstimator):
    """A regressor whose features are what it predicts."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        return X


def score_forecasts(scoring: Any, truth: np.ndarray, forecasts: np.ndarray) -> float:
    """Score forecasts of shape (n_forecasts, n_steps * n_targets); mean R² without a scorer."""
    if scoring is None:
        return float(r2_score(truth, forecasts))
    [scorer] = find_scorers(scoring).values()
    return float(scorer(_Given(), forecasts, truth))


class _GivenLabels(ClassifierMixin, BaseEstimator):
    """A classifier whose features are numbers of labels, and then their probabilities."""

    def __init__(self, classes: np.ndarray) -> None:
        self.classes_ = classes

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.classes_[X[:, 0].astype(int)]


class _GivenProbabilities(_GivenLabels):
    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return X[:, 1:]


def score_labels(
    scorer: Callable[..., float],
    classes: np.ndarray,
    truth: np.ndarray,
    predicted: np.ndarray,
    proba: np.ndarray | None,
) -> float:
    """Score labels by a scorer of scikit-learn.

    Parameters
    ----------
    scorer : callable
        It takes a classifier, features and the truth.
    classes : ndarray of shape (n_classes,)
        The sorted labels.
    truth, predicted : ndarray of shape (n,)
        Their numbers, of which none is missing.
    proba : ndarray of shape (n, n_classes) or None
        Their probabilities, if they are known.
    """
    given = _GivenLabels(classes) if proba is None else _GivenProbabilities(classes)
    X = np.column_stack([predicted] if proba is None else [predicted, proba])
    return float(scorer(given, X, classes[truth.astype(int)]))


def r2_of_known(y_true: np.ndarray, y_pred: np.ndarray, sample_weight: Any) -> float:
    """R², the mean over outputs, of the rows where neither truth nor prediction is missing.

    Raises
    ------
    ValueError
        If there are none.
    """
    check_consistent_length(y_true, y_pred)
    parts = [np.reshape(y, (len(y), -1)) for y in (y_true, y_pred)]
    lacks_y, lacks_x = (np.asarray(np.isnan(part).any(axis=1)) for part in parts)
    is_known = complete_rows(lacks_x, lacks_y, names=("X", "y"))
    if sample_weight is not None:
        sample_weight = check_sample_weight(sample_weight, y_true)[is_known]
    return float(r2_score(*(part[is_known] for part in parts), sample_weight=sample_weight))


def accuracy_of_known(y_true: np.ndarray, y_pred: np.ndarray, sample_weight: Any) -> float:
    """Share of the rows whose labels are all right, of those where none is missing.

    Raises
    ------
    ValueError
        If there are none, or the two differ in their layout.
    """
    check_consistent_length(y_true, y_pred)
    if y_true.shape != y_pred.shape:
        raise ValueError(
            f"y must have the layout that fit was given, {y_pred.shape}, got {y_true.shape}."
        )
    parts = [np.reshape(y, (len(y), -1)) for y in (y_true, y_pred)]
    lacks_y, lacks_x = (np.asarray(np.any(pd.isna(part), axis=1)) for part in parts)
    is_known = complete_rows(lacks_x, lacks_y, names=("X", "y"))
    if sample_weight is not None:
        sample_weight = check_sample_weight(sample_weight, y_true)[is_known]
    are_right = (parts[0][is_known] == parts[1][is_known]).all(axis=1)
    return float(np.average(are_right, weights=sample_weight))


def interval_losses(truth: Any, lower: Any, upper: Any, coverage: float) -> Any:
    """The width of each interval, and a penalty where it misses the truth (Winkler score)."""
    distance = np.maximum(lower - truth, 0) + np.maximum(truth - upper, 0)
    return upper - lower + 2 / (1 - coverage) * distance


def find_scorers(scoring: Any) -> dict[str, Callable[..., float]]:
    """Scorers by name, from what scikit-learn's ``cross_validate`` takes as `scoring`.

    Raises
    ------
    ValueError
        If one is not known.
    """
    if scoring is None:
        return {}
    if isinstance(scoring, str):
        scoring = [scoring]
    if callable(scoring):
        scoring = {"score": scoring}
    if not isinstance(scoring, Mapping):
        scoring = {name: name for name in scoring}
    return {name: get_scorer(scorer) for name, scorer in scoring.items()}
