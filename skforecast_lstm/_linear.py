"""The linear part of a network, solved in closed form: a ridge regression of normalised windows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from skforecast_lstm._windows import Windows

__all__ = ["MAX_NUMBERS", "linear_start", "time_folds"]

# Samples to learn from, and to judge by.
Fold = tuple[Any, slice]
# Penalties that the regression is chosen from.
_PENALTIES = np.logspace(-1, 6, 15)
# The newest steps and samples that it is found from: at most so many inputs, and numbers in all.
_MAX_INPUTS = 1_000
MAX_NUMBERS = 20_000_000


def linear_start(
    start: Sequence[np.ndarray],
    normalised: tuple[np.ndarray, np.ndarray, np.ndarray],
    y: np.ndarray,
    quantiles: Sequence[float],
    weight: np.ndarray | None,
    folds: Sequence[Fold],
) -> list[np.ndarray]:
    """Kernel and bias of a linear skip that make it a ridge regression.

    Parameters
    ----------
    start : list of ndarray
        Kernel and bias, for their shapes.
    normalised : tuple of ndarray
        What the network sees of each window, in the order of time, as rows of inputs; the shift of
        the windows and their scale.
    y : ndarray of shape (n_samples, n_steps_out, n_targets)
        The scaled targets.
    quantiles : sequence of float
        What is predicted of each target: the constants begin at these of what is left.
    weight : ndarray of shape (n_samples,) or None
        Weights of the samples.
    folds : sequence of (slice or ndarray of int, slice)
        Samples that the penalty is chosen by, as :func:`time_folds` gives them.
    """
    kernel, bias = start
    x, shift, scale = normalised
    weight = np.ones(len(y)) if weight is None else weight
    inputs = x[:, -_MAX_INPUTS:].astype(np.float64)
    inputs = np.column_stack([inputs, np.ones(len(inputs))])
    departures = ((y - shift) / scale).reshape(len(y), -1)
    units = np.broadcast_to(scale, y.shape).reshape(len(y), -1) * weight[:, np.newaxis]
    found = _ridge(inputs, departures, units, weight, folds)
    left = np.quantile(departures - inputs @ found, quantiles, axis=0).T
    left = left if len(quantiles) > 1 else np.zeros_like(left)
    kernel, bias = np.zeros_like(kernel), (found[-1:].T + left).ravel().astype(bias.dtype)
    kernel[len(kernel) - len(found) + 1 :] = np.repeat(found[:-1], len(quantiles), axis=1)
    return [kernel, bias]


def _ridge(
    inputs: np.ndarray,
    targets: np.ndarray,
    units: np.ndarray,
    weight: np.ndarray,
    folds: Sequence[Fold],
) -> np.ndarray:
    """Coefficients of a ridge regression without a constant, shape (n_inputs, n_targets).

    The penalty is the largest whose absolute error, in such units, is within 2 % of the least on
    the folds, each predicted from the samples before it.
    """
    errors = np.zeros(len(_PENALTIES))
    for before, fold in folds:
        samples = inputs[before], targets[before], weight[before]
        for number, found in enumerate(_solve(*samples, _PENALTIES)):
            errors[number] += (np.abs(inputs[fold] @ found - targets[fold]) * units[fold]).sum()
    best = _PENALTIES[errors <= 1.02 * errors.min()][-1]
    return next(_solve(inputs, targets, weight, [best]))


def time_folds(windows: Windows, reach: int) -> list[Fold]:
    """Part samples in the order of time: those before a fold, and the fold, four times.

    The folds are the last four fifths. Before each are the samples whose targets, which reach so
    many rows ahead, end before it in their own series, or two thirds of all where these are more.
    """
    every, n_fold = np.arange(len(windows)), len(windows) // 5
    folds: list[Fold] = []
    for start in range(n_fold, 5 * n_fold, n_fold) if n_fold else []:
        fold = slice(start, start + n_fold)
        before = every[:start][windows.end_before(every[:start], every[fold], reach)]
        if len(before) < start - start // 3:
            before = every[: start - start // 3]
        is_whole = len(before) == before[-1] + 1  # slices are not copied
        folds.append((slice(len(before)) if is_whole else before, fold))
    return folds


def _solve(
    inputs: np.ndarray, targets: np.ndarray, weight: np.ndarray, penalties: Iterable[float]
) -> Iterator[np.ndarray]:
    """Coefficients for each penalty."""
    weighted = inputs.T * weight
    values, vectors = np.linalg.eigh(weighted @ inputs)
    along = vectors.T @ (weighted @ targets)
    for penalty in penalties:
        yield vectors @ (along / (np.maximum(values, 0) + penalty)[:, np.newaxis])
