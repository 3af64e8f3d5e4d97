"""scikit-learn's scorers, for forecasts that are there already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer, r2_score
from sklearn.utils import check_consistent_length
from sklearn.utils.metaestimators import available_if

from skforecast_lstm._pages import see
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
    """A classifier whose features are the numbers of the rows that it has answers for."""

    def __init__(self, labels: Any, classes: Any, proba: Any = None) -> None:
        self.labels = labels
        self.classes = classes
        self.proba = proba

    @property
    def classes_(self) -> np.ndarray:
        return self.classes

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.labels[X[:, 0]]

    @available_if(lambda given: given.proba is not None)
    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return self.proba[X[:, 0]]


def score_labels(
    scoring: Any,
    truth: np.ndarray,
    forecasts: np.ndarray,
    classes: np.ndarray,
    proba: np.ndarray | None,
) -> float:
    """Score labels of shape (n_forecasts,) or (n_forecasts, n_columns).

    Parameters
    ----------
    scoring : str or callable
        A scorer of scikit-learn.
    truth, forecasts : ndarray
        The labels.
    classes : ndarray of shape (n_classes,)
        Those that are forecast.
    proba : ndarray of shape (n_forecasts, n_classes) or None
        Their probabilities, of one column.

    Raises
    ------
    ValueError
        If the scorer takes one label for each row and there are more, or there are no
        probabilities.
    """
    [scorer] = find_scorers(scoring).values()
    rows = np.arange(len(truth))[:, np.newaxis]
    try:
        return float(scorer(_GivenLabels(forecasts, classes, proba), rows, truth))
    except (AttributeError, TypeError, ValueError) as error:
        if truth.ndim > 1:
            raise ValueError(
                f"scoring={scoring!r} takes one label for each row, and n_steps_out steps of all "
                f"targets make {truth.shape[1]} ({error}). Leave scoring=None, which counts the "
                f"labels that are right, or forecast one step of one target."
                f" {see('classification')}"
            ) from error
        if proba is None and isinstance(error, AttributeError):
            raise ValueError(
                f"scoring={scoring!r} needs what the classifier does not say ({error}). Take a "
                f"classifier with predict_proba, or a scorer of labels, such as "
                f"'balanced_accuracy'. {see('classification')}"
            ) from error
        raise


def r2_of_known(y_true: np.ndarray, y_pred: np.ndarray, sample_weight: Any) -> float:
    """R², the mean over outputs, of the rows where neither truth nor prediction is missing.

    Raises
    ------
    ValueError
        If there are none.
    """
    check_consistent_length(y_true, y_pred)
    *parts, weight = _known_of(y_true, y_pred, sample_weight)
    return float(r2_score(*parts, sample_weight=weight))


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
    truth, predicted, weight = _known_of(y_true, y_pred, sample_weight)
    return float(np.average((truth == predicted).all(axis=1), weights=weight))


def _known_of(y_true: np.ndarray, y_pred: np.ndarray, sample_weight: Any) -> tuple[Any, Any, Any]:
    """Rows in which neither truth nor prediction is missing, in two dimensions; their weights."""
    parts = [np.reshape(y, (len(y), -1)) for y in (y_true, y_pred)]
    lacks_y, lacks_x = (np.asarray(np.any(pd.isna(part), axis=1)) for part in parts)
    is_known = complete_rows(lacks_x, lacks_y, names=("X", "y"))
    if sample_weight is not None:
        sample_weight = check_sample_weight(sample_weight, y_true)[is_known]
    return parts[0][is_known], parts[1][is_known], sample_weight


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
