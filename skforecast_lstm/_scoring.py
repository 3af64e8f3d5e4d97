"""scikit-learn's scorers, for forecasts that are there already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import get_scorer, r2_score

__all__ = ["find_scorers", "score_forecasts"]


class _Given(RegressorMixin, BaseEstimator):
    """A regressor whose features are what it predicts."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        return X


def score_forecasts(scoring: Any, truth: np.ndarray, forecasts: np.ndarray) -> float:
    """Score forecasts of shape (n_forecasts, n_steps * n_targets); R² over all without a scorer."""
    if scoring is None:
        return float(r2_score(truth.ravel(), forecasts.ravel()))
    [scorer] = find_scorers(scoring).values()
    return float(scorer(_Given(), forecasts, truth))


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
