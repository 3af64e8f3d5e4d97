"""Seasons: which one a series has, and where in a window a row of the same season is."""

from __future__ import annotations

import numpy as np

from skforecast_lstm._relation import Relation
from skforecast_lstm._windows import Windows

__all__ = ["find_season", "same_season"]


def same_season(ahead: np.ndarray, season_length: int) -> np.ndarray:
    """Positions, from the end of a window, of the last steps in the season of rows so far ahead."""
    return -1 - -ahead % season_length


def find_season(windows: Windows, targets: np.ndarray, relation: Relation) -> int:
    """Find the season whose naive forecast, the last value of the same season, errs least.

    Parameters
    ----------
    windows : Windows of shape (n_samples, n_steps_in, n_features)
        The windows.
    targets : ndarray of shape (n_samples, n_steps_out, n_targets)
        Their targets.
    relation : Relation
        How these follow from their history.

    Returns
    -------
    season_length : int
        Rows until the season comes back, at most `n_steps_in`; the shortest of those that err at
        most 3 % more than the best. 1: the last value itself.
    """
    history = relation.offset + relation.scale * windows.to_array()[..., list(relation.columns)]
    ahead, lengths = relation.lead + np.arange(targets.shape[1]), range(1, windows.n_steps + 1)
    errors = [np.abs(history[:, same_season(ahead, length)] - targets) for length in lengths]
    means = np.array([np.nanmean(e) if np.isfinite(e).any() else np.inf for e in errors])
    return int((means <= 1.03 * means.min()).argmax()) + 1
