"""Single values that are unlike all around them, in time and a season away."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["repaired"]

# So many times further from every neighbour than neighbours mostly are.
_FAR = 10.0


def repaired(
    values: np.ndarray, series: np.ndarray, season_length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Replace outliers by the median of their neighbours.

    An outlier is far from the rows before and after it, and from those a season before and after:
    a peak of every December is none, nor is a level that lasts for two rows.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        The rows of a series in the order of time, one series after the other.
    series : ndarray of int of shape (n_rows,)
        The number of the series of each row.
    season_length : int
        Rows until the season comes back; 1 if there is none.

    Returns
    -------
    values : ndarray of shape (n_rows, n_columns)
        The values; a copy if one is replaced.
    is_outlier : ndarray of bool of shape (n_rows, n_columns)
        Which are.
    """
    distances = 1, max(2, season_length)
    is_outlier = np.zeros(values.shape, dtype=bool)
    found = values
    for number in range(values.shape[1]):
        column = values[:, number].astype(np.float64)
        is_far = np.logical_and.reduce([_are_far(column, series, d) for d in distances])
        if not is_far.any():
            continue
        found = values.copy() if found is values else found
        neighbours = [_shifted(column, series, sign * d) for d in distances for sign in (1, -1)]
        found[is_far, number] = np.nanmedian([other[is_far] for other in neighbours], axis=0)
        is_outlier[:, number] = is_far
    return found, is_outlier


def _are_far(column: np.ndarray, series: np.ndarray, distance: int) -> np.ndarray:
    """Tell which values are far from both that are so many rows away, or from the one there is."""
    before, after = (np.abs(column - _shifted(column, series, d)) for d in (distance, -distance))
    usual = pd.Series(before).groupby(series).transform("median").to_numpy()
    return (np.fmin(before, after) > _FAR * usual) & (usual > 0)


def _shifted(column: np.ndarray, series: np.ndarray, distance: int) -> np.ndarray:
    """The values so many rows before in their series, or after if it is negative; else NaN."""
    shifted = np.full(len(column), np.nan)
    here, there = (slice(distance, None), slice(None, -distance))
    if distance < 0:
        here, there = slice(None, distance), slice(-distance, None)
    shifted[here] = np.where(series[here] == series[there], column[there], np.nan)
    return shifted
