"""Seasons: which one a series has, where in a window it comes back, and how well it forecasts."""

from __future__ import annotations

import numpy as np

from skforecast_lstm._relation import Relation
from skforecast_lstm._windows import Windows

__all__ = ["balanced", "find_season", "same_season"]


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


def balanced(
    series: np.ndarray,
    windows: Windows,
    targets: np.ndarray,
    relation: Relation,
    season_length: int,
) -> np.ndarray | None:
    """Say what an error of each sample counts, so that all series count alike.

    An error counts in units of its series: of the mean absolute error of the seasonal naive
    forecast of its samples. In the mean over samples, it counts one.

    Parameters
    ----------
    series : ndarray of int of shape (n_samples,)
        The number of the series of each sample.
    windows : Windows of shape (n_samples, n_steps_in, n_features)
        Their windows.
    targets : ndarray of shape (n_samples, n_steps_out, n_targets)
        Their targets.
    relation : Relation
        How these follow from their history.
    season_length : int
        Rows until the season comes back.

    Returns
    -------
    counts : ndarray of shape (n_samples,) or None
        Zero where the naive forecast of a series never errs. None: of none it does.
    """
    history, errors = windows.table[:, list(relation.columns)], np.zeros(len(targets))
    # Step by step: all at once would be larger than the targets.
    ahead = relation.lead + np.arange(targets.shape[1])
    for step, back in enumerate(same_season(ahead, season_length)):
        naive = relation.offset + relation.scale * history[windows.ends + 1 + back]
        errors += np.nan_to_num(np.abs(naive - targets[:, step])).mean(axis=1)
    units = np.bincount(series, errors) / np.maximum(np.bincount(series), 1)
    # What is left of rounding is no movement.
    is_moving = units > 1e-6 * units.max()
    counts = np.divide(1.0, units, out=np.zeros_like(units), where=is_moving)[series]
    return counts / counts.mean() if counts.any() else None
