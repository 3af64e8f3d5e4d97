"""Series that vary too little for a norm of windows to bring them to the size of the others."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from skforecast_lstm._linear import N_AT_ONCE
from skforecast_lstm._pages import see
from skforecast_lstm._relation import Relation
from skforecast_lstm._windows import Windows
from skforecast_lstm.layers import _MIN_SCALE

__all__ = ["NORMS", "find_deviations", "smallest", "warn_of_lost", "warn_of_smaller"]

# Norms of windows that scale them.
NORMS = ("standard", "seasonal")
# The part of the smallest scale that a series has to vary by, or it is not learned beside others:
# passengers beside 1,000 times as many were forecast with twice the error.
_LOST = 0.01
# The part of the smallest deviation that was trained on that a series has to have: the windows of a
# fitted series are calmer than before now and then, but hardly by half.
_CALMER = 0.5


def find_deviations(windows: Windows, relation: Relation) -> np.ndarray:
    """How far windows vary, by target and in units of the scaled targets; 0: not at all.

    Parameters
    ----------
    windows : Windows
        Scaled and completed ones; steps that are masked count for nothing.
    relation : Relation
        How the scaled targets follow from their history in these.
    """
    columns, n_windows = list(relation.columns), len(windows)
    found = np.zeros((n_windows, len(columns)))
    n_at_once = max(1, N_AT_ONCE // (windows.shape[1] * windows.shape[2]))
    for first in range(0, n_windows, n_at_once):
        part = slice(first, first + n_at_once)
        block = windows[part].to_array()[..., columns].astype(np.float64)
        is_known = np.isfinite(block)
        std, least = (np.std, np.min) if is_known.all() else (np.nanstd, np.nanmin)
        # From the least value on, those that never change have a deviation of exactly zero.
        block -= least(block, axis=1, keepdims=True)
        found[part] = std(block, axis=1) * np.abs(relation.scale)
    return found


def smallest(deviations: np.ndarray) -> np.ndarray:
    """The smallest of each target, windows that never change left out; infinite: there is none."""
    return np.where(deviations > 0, deviations, np.inf).min(axis=0, initial=np.inf)


def _by_series(deviations: np.ndarray, rows: Windows) -> dict[Any, np.ndarray]:
    """The largest deviation of the windows of each series, by its label."""
    numbers = rows.series_of_rows()[rows.ends]
    largest = np.zeros((numbers.max(initial=-1) + 1, deviations.shape[1]))
    np.maximum.at(largest, numbers, deviations)
    labels = rows.times.labels if rows.times else [None]
    return {labels[number]: largest[number] for number in np.unique(numbers).tolist()}


def warn_of_lost(deviations: np.ndarray, rows: Windows, norm: str) -> None:
    """Say which fitted series are too small to be learned beside the others."""
    largest = _by_series(deviations, rows) if rows.is_table else {}
    lost = [k for k, v in largest.items() if ((v > 0) & (v < _LOST * _MIN_SCALE)).any()]
    if len(largest) > 1 and lost:
        warnings.warn(
            f"series {_first_of(lost)} vary by less than {_LOST * _MIN_SCALE:g} of what all "
            f"targets do, and window_norm={norm!r} divides no window by less than {_MIN_SCALE:g} "
            f"of that: they are hardly learned beside the larger ones. Scale each series by itself "
            f"(GroupScaler, a regressor with window_norm=None, and GroupTransformedTargetRegressor "
            f"around the pipeline), multiply these series in the table, or fit them apart. "
            f"{see('many series')}",
            UserWarning,
            stacklevel=2,
        )


def warn_of_smaller(
    windows: Windows, rows: Windows, relation: Relation, fitted: np.ndarray, norm: str, owner: str
) -> None:
    """Say which series vary by less than any window that was trained on.

    Parameters
    ----------
    windows, rows : Windows
        Scaled and completed ones, and what they were before: those know their series.
    relation : Relation
        How the scaled targets follow from their history.
    fitted : ndarray of shape (n_targets,)
        The smallest deviation of a window that was trained on.
    norm, owner : str
        What normalises the windows, and whose windows they are.
    """
    small = np.where(np.isfinite(fitted), np.minimum(_CALMER * fitted, _MIN_SCALE), 0)
    # The last window of a series is hardly ever small; only where it is, look at the others.
    numbers = rows.series_of_rows()[rows.ends]
    at = len(rows) - 1 - np.unique(numbers[::-1], return_index=True)[1]
    is_small = (find_deviations(windows[at], relation) < small).any(axis=1)
    if not is_small.any():
        return
    at = np.flatnonzero(np.isin(numbers, numbers[at[is_small]]))
    largest = _by_series(find_deviations(windows[at], relation), rows[at])
    smaller = [k for k, v in largest.items() if ((v > 0) & (v < small)).any()]
    if smaller:
        which = "the rows given" if smaller == [None] else f"series {_first_of(smaller)}"
        warnings.warn(
            f"{which} vary by less than half of what any window that {owner} was fitted to "
            f"does, and window_norm={norm!r} divides no window by less than {_MIN_SCALE:g} of the "
            f"deviation of the fitted targets: so small a series is forecast badly. Multiply the "
            f"series to the size of the fitted ones, and divide its forecasts; or fit it with the "
            f"others, each scaled by itself (GroupScaler, a regressor with window_norm=None, and "
            f"GroupTransformedTargetRegressor around the pipeline). {see('many series')}",
            UserWarning,
            stacklevel=2,
        )


def _first_of(labels: list[Any]) -> str:
    """Some labels, and how many more there are."""
    more = f" and {len(labels) - 3} more" if len(labels) > 3 else ""
    return f"{', '.join(map(repr, labels[:3]))}{more}"
