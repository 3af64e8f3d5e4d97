"""Sample paths: how steps of a forecast go together, and paths drawn that way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.utils import check_random_state

from skforecast_lstm._inspect import best_of, iterate_fitted
from skforecast_lstm._windows import asking_for

__all__ = ["Paths"]

# Quantiles asked for, and newest training rows looked at: more change nothing that can be seen.
_N_LEVELS, _N_ROWS = 99, 500


@dataclass
class Paths:
    """What paths are drawn from.

    Parameters
    ----------
    levels : tuple of float
        Quantiles that the estimator predicts.
    scores : ndarray of shape (n_errors, n_outputs)
        Where among the errors of its step each one lies, as a value of the normal distribution. A
        row has the errors of all steps and targets from one origin.
    """

    levels: tuple[float, ...]
    scores: np.ndarray

    @classmethod
    def of(cls, estimator: Any, X: Any, y: Any) -> Paths | None:
        """Find the errors of a fitted estimator; None if it predicts no quantiles.

        Out-of-sample errors, where it has kept them; else those of the newest training rows.
        """
        errors = _first(estimator, lambda part: getattr(part, "residuals_", None))
        if errors is not None:
            n_errors = len(errors)
            levels = np.linspace(1, n_errors, min(n_errors, _N_LEVELS)) / (n_errors + 1)
            return cls(tuple(levels.tolist()), _scores(errors))
        quantiles = _first(estimator, lambda part: getattr(part, "_quantiles", None))
        if quantiles is None or len(quantiles) < 2:
            return None
        errors = _errors(estimator, X, y)
        return cls(quantiles, _scores(errors)) if len(errors) else None

    def quantiles(self, estimator: Any, X: Any) -> list[np.ndarray]:
        """The quantiles of every row."""
        return list(np.moveaxis(best_of(estimator).predict(X, quantiles=self.levels), -1, 0))

    def draw(self, quantiles: np.ndarray, n_samples: int, random_state: Any) -> np.ndarray:
        """Draw paths: each takes, at every step, the quantile at the rank that an error had there.

        Between quantiles, and beyond the outermost, a value is as of a normal distribution.

        Parameters
        ----------
        quantiles : ndarray of shape (n_series, n_steps_out, n_targets, n_levels)
            Those of ``levels``.
        n_samples : int
            How many paths of each series, drawn for each by itself.
        random_state : int, RandomState or None
            For reproducible paths.

        Returns
        -------
        paths : ndarray of shape (n_series, n_steps_out, n_targets, n_samples)
        """
        n_series, *outputs, _ = quantiles.shape
        rng = check_random_state(random_state)
        origins = rng.randint(len(self.scores), size=(n_series, n_samples))
        scores = np.moveaxis(self.scores[origins], 1, -1).reshape(n_series, *outputs, n_samples)
        known = _normal(np.array(self.levels))
        above = np.clip(np.searchsorted(known, scores), 1, len(known) - 1)
        share = (scores - known[above - 1]) / (known[above] - known[above - 1])
        low, high = (np.take_along_axis(quantiles, at, axis=-1) for at in (above - 1, above))
        return low + share * (high - low)


def _scores(errors: np.ndarray) -> np.ndarray:
    ranks = pd.DataFrame(np.reshape(errors, (len(errors), -1))).rank()
    return _normal(ranks.to_numpy() / (len(errors) + 1))


def _normal(levels: np.ndarray) -> np.ndarray:
    """Quantiles of the normal distribution."""
    return np.array([NormalDist().inv_cdf(level) for level in levels.ravel()]).reshape(levels.shape)


def _errors(estimator: Any, X: Any, y: Any) -> np.ndarray:
    """Errors of the newest training rows, those of a row whose history is not known left out."""
    truth = np.asarray(y, dtype=float).reshape(len(y), -1)[-_N_ROWS:]
    with asking_for(slice(-len(truth), None), n_rows=len(X)):
        forecasts = np.asarray(estimator.predict(X))
    errors = truth - forecasts[-len(truth) :].reshape(truth.shape)
    return errors[~np.isnan(errors).any(axis=1)]


def _first(estimator: Any, find: Callable[[Any], Any]) -> Any:
    """What is found in the first part of a fitted estimator that has it, or None."""
    parts = iterate_fitted(estimator, but=(TransformedTargetRegressor,))  # it takes no quantiles
    return next((found for part in parts if (found := find(part)) is not None), None)
