"""The linear part of a network, solved in closed form: a ridge regression of normalised windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skforecast_lstm._windows import Windows

__all__ = ["MAX_NUMBERS", "N_AT_ONCE", "linear_start", "time_folds"]

# Samples to learn from, and to judge by.
Fold = tuple[Any, slice]
# Penalties that the regression is chosen from.
_PENALTIES = np.logspace(-1, 6, 15)
# The newest steps and samples that it is found from: at most so many inputs, and numbers in all.
_MAX_INPUTS = 1_000
MAX_NUMBERS = 20_000_000
# Numbers that are computed with at once.
N_AT_ONCE = 2_000_000


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
    inputs = _Inputs(x[:, -_MAX_INPUTS:], np.ones(len(y)) if weight is None else weight)
    departures = ((y - shift) / scale).reshape(len(y), -1)
    units = np.broadcast_to(scale, y.shape).reshape(len(y), -1)
    found = _ridge(inputs, departures, units, folds)
    left = np.quantile(departures - inputs.times(found), quantiles, axis=0).T
    left = left if len(quantiles) > 1 else np.zeros_like(left)
    kernel, bias = np.zeros_like(kernel), (found[-1:].T + left).ravel().astype(bias.dtype)
    kernel[len(kernel) - len(found) + 1 :] = np.repeat(found[:-1], len(quantiles), axis=1)
    return [kernel, bias]


@dataclass
class _Inputs:
    """Rows of inputs and a constant behind them, in double precision a block of them at a time."""

    x: np.ndarray
    weight: np.ndarray

    def blocks(self, rows: slice | np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Positions of some of the rows, and these."""
        at = np.arange(len(self.x))[rows]
        n_rows = max(1, N_AT_ONCE // (self.x.shape[1] + 1))
        for first in range(0, len(at), n_rows):
            part = at[first : first + n_rows]
            block = np.ones((len(part), self.x.shape[1] + 1))
            block[:, :-1] = self.x[part]
            yield part, block

    def products(
        self, rows: slice | np.ndarray, targets: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sums over rows of the products of inputs, and of these with targets."""
        n_inputs = self.x.shape[1] + 1
        own, with_targets = np.zeros((n_inputs, n_inputs)), np.zeros((n_inputs, targets.shape[1]))
        for at, block in self.blocks(rows):
            weighted = block.T * self.weight[at]
            own += weighted @ block
            with_targets += weighted @ targets[at]
        return own, with_targets

    def times(self, found: np.ndarray) -> np.ndarray:
        """Predictions of all rows."""
        return np.concatenate([block @ found for _, block in self.blocks(slice(None))])

    def errors(
        self, rows: slice, found: np.ndarray, targets: np.ndarray, units: np.ndarray
    ) -> np.ndarray:
        """The absolute error over some rows, weighted, in such units; for each of the `found`."""
        errors = np.zeros(len(found))
        for at, block in self.blocks(rows):
            apart = np.abs(block @ found - targets[at]) * units[at]
            errors += (apart * self.weight[at, np.newaxis]).sum(axis=(1, 2))
        return errors


def _ridge(
    inputs: _Inputs, targets: np.ndarray, units: np.ndarray, folds: Sequence[Fold]
) -> np.ndarray:
    """Coefficients of a ridge regression without a constant, shape (n_inputs, n_targets).

    The penalty is the largest whose absolute error, in such units, is within 2 % of the least on
    the folds, each predicted from the samples before it.
    """
    errors = np.zeros(len(_PENALTIES))
    for before, fold in folds:
        found = _solve(*inputs.products(before, targets), _PENALTIES)
        errors += inputs.errors(fold, found, targets, units)
    best = _PENALTIES[errors <= 1.02 * errors.min()][-1]
    return _solve(*inputs.products(slice(None), targets), [best])[0]


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


def _solve(own: np.ndarray, with_targets: np.ndarray, penalties: Any) -> np.ndarray:
    """Coefficients for each penalty, from the products of the inputs and of these with targets."""
    values, vectors = np.linalg.eigh(own)
    along = vectors.T @ with_targets
    shrunk = [along / (np.maximum(values, 0) + p)[:, np.newaxis] for p in penalties]
    return vectors @ np.stack(shrunk)
