"""The linear part of a network, solved in closed form: ridge regressions of normalised windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from skforecast_lstm._windows import Windows

__all__ = ["MAX_NUMBERS", "N_AT_ONCE", "Linear", "Normalised", "View", "linear_start", "time_folds"]

# Samples to learn from, and to judge by.
Fold = tuple[np.ndarray, np.ndarray]
# Penalties that a regression is chosen from.
_PENALTIES = np.logspace(-1, 6, 15)
# The newest steps and samples that it is found from: at most so many inputs, and numbers in all.
_MAX_INPUTS = 1_200
MAX_NUMBERS = 20_000_000
# Numbers that are computed with at once.
N_AT_ONCE = 2_000_000
# Of the penalties that err at most so much more than the best, the largest is taken; of more
# samples than so many less more, as their error is known better.
_SLACK, _N_SLACK = 0.02, 500
# A regression that errs twice as much as the best has so much less weight: 2 to this power.
_TRUST = 8


class View(NamedTuple):
    """One of the regressions that a linear part is the mean of.

    Parameters
    ----------
    reference : ndarray of shape (n_inputs, n_outputs)
        The simple forecast that it is shrunk towards, as the kernel of a linear map.
    reads : ndarray of bool of shape (n_inputs,)
        Which inputs it reads.
    by_size : bool, default=False
        Whether windows count by how much they move, as they do in the units of the targets.
    """

    reference: np.ndarray
    reads: np.ndarray
    by_size: bool = False


class Normalised(NamedTuple):
    """What the linear part reads, in the order of time, and how it is brought back.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n_inputs)
        What a linear skip reads of each sample.
    shift : ndarray that broadcasts to (n_samples, n_steps_out, n_targets)
        The level that forecasts depart from.
    scale : ndarray that broadcasts to (n_samples, n_steps_out, n_targets)
        In which units they do.
    """

    inputs: np.ndarray
    shift: np.ndarray
    scale: np.ndarray


class Linear(NamedTuple):
    """Kernel and bias of a linear skip, and the error of each regression, the least being 1."""

    weights: list[np.ndarray]
    errors: dict[str, float]


def linear_start(
    start: Sequence[np.ndarray],
    normalised: Normalised,
    y: np.ndarray,
    quantiles: Sequence[float],
    weight: np.ndarray | None,
    counts: np.ndarray | None,
    folds: Sequence[Fold],
    views: dict[str, View],
) -> Linear:
    """Kernel and bias of a linear skip that make it the mean of a few ridge regressions.

    The less a regression errs on the folds, the more it counts.

    Parameters
    ----------
    start : list of ndarray
        Kernel and bias, for their shapes.
    normalised : Normalised
        What the linear skip reads.
    y : ndarray of shape (n_samples, n_steps_out, n_targets)
        The scaled targets.
    quantiles : sequence of float
        What is predicted of each target: the constants begin at these of what is left.
    weight : ndarray of shape (n_samples,) or None
        Weights of the samples.
    counts : ndarray of shape (n_samples,) or None
        What an error of each sample counts: in the units of its series, say. None: all alike.
    folds : sequence of pairs of ndarray of int
        Samples that penalties are chosen by, as :func:`time_folds` gives them.
    views : dict of str to View
        The regressions.
    """
    kernel, bias = start
    inputs, shift, scale = normalised
    n_cut = max(0, inputs.shape[1] - _MAX_INPUTS)
    views = {name: _without_oldest(v, n_cut) for name, v in views.items() if _can_do(v, n_cut)}
    weight, counts = (np.ones(len(y)) if w is None else w for w in (weight, counts))
    departures = ((y - shift) / scale).reshape(len(y), -1)
    size = scale * counts.reshape(-1, 1, 1)
    units = np.broadcast_to(size * weight.reshape(-1, 1, 1), y.shape).reshape(len(y), -1)
    rows = _Rows(inputs[:, n_cut:], departures, units)
    found: dict[str, _Found] = {}
    for by_size in sorted({view.by_size for view in views.values()}):
        chosen = {name: view for name, view in views.items() if view.by_size == by_size}
        weights = np.square(size / size.mean(axis=0)).mean(axis=(1, 2)) if by_size else 1.0
        found |= _ridges(rows, weight * weights, folds, chosen)
    errors = np.array([one.error for one in found.values()])
    relative = errors / errors.min() if errors.min() > 0 else 1.0 + (errors > 0)
    every = [one.coefficients for one in found.values()]
    mean = np.average(every, axis=0, weights=relative**-_TRUST)
    left = np.quantile(departures - rows.times(mean), quantiles, axis=0).T
    left = left if len(quantiles) > 1 else np.zeros_like(left)
    kernel, bias = np.zeros_like(kernel), (mean[-1:].T + left).ravel().astype(bias.dtype)
    kernel[n_cut:] = np.repeat(mean[:-1], len(quantiles), axis=1)
    return Linear([kernel, bias], dict(zip(found, relative.tolist(), strict=True)))


def _can_do(view: View, n_cut: int) -> bool:
    """Tell whether the reference of a regression reads none of the oldest inputs."""
    return not view.reference[:n_cut].any()


def _without_oldest(view: View, n_cut: int) -> View:
    return view._replace(reference=view.reference[n_cut:], reads=view.reads[n_cut:])


class _Found(NamedTuple):
    """Coefficients of a regression, shape (n_inputs + 1, n_outputs), and its error on the folds."""

    coefficients: np.ndarray
    error: float


@dataclass
class _Rows:
    """Inputs with a constant behind them, what is to be said of them, and in which units."""

    inputs: np.ndarray
    targets: np.ndarray
    units: np.ndarray

    def blocks(self, rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Some of the rows, and the inputs of these, in double precision; block by block."""
        n_rows = max(1, N_AT_ONCE // (self.inputs.shape[1] + 1))
        for first in range(0, len(rows), n_rows):
            part = rows[first : first + n_rows]
            block = np.ones((len(part), self.inputs.shape[1] + 1))
            block[:, :-1] = self.inputs[part]
            yield part, block

    def products(self, rows: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weighted sums over rows of the products of inputs, and of these with targets."""
        n_inputs = self.inputs.shape[1] + 1
        own = np.zeros((n_inputs, n_inputs))
        with_targets = np.zeros((n_inputs, self.targets.shape[1]))
        for at, block in self.blocks(rows):
            weighted = block.T * weight[at]
            own += weighted @ block
            with_targets += weighted @ self.targets[at]
        return own, with_targets

    def times(self, coefficients: np.ndarray) -> np.ndarray:
        """Predictions of all rows."""
        every = np.arange(len(self.inputs))
        return np.concatenate([block @ coefficients for _, block in self.blocks(every)])

    def errors(self, rows: np.ndarray, found: np.ndarray) -> np.ndarray:
        """The absolute error over some rows, of each of the coefficients `found`."""
        errors = np.zeros(len(found))
        for at, block in self.blocks(rows):
            for number, coefficients in enumerate(found):
                apart = np.abs(block @ coefficients - self.targets[at])
                errors[number] += (apart * self.units[at]).sum()
        return errors


def _ridges(
    rows: _Rows, weight: np.ndarray, folds: Sequence[Fold], views: dict[str, View]
) -> dict[str, _Found]:
    """Ridge regressions, and their errors.

    The penalty is the largest whose absolute error is next to the least on the folds, each
    predicted from the samples before it. The constant is penalised as well.
    """
    errors = {name: np.zeros(len(_PENALTIES)) for name in views}
    for before, fold in folds:
        solve = _Solver(*rows.products(before, weight))
        for name, view in views.items():
            errors[name] += rows.errors(fold, solve(view, _PENALTIES))
    slack = _SLACK * min(1.0, (_N_SLACK / len(rows.inputs)) ** 0.5)
    found, solve = {}, _Solver(*rows.products(np.arange(len(rows.inputs)), weight))
    for name, view in views.items():
        best = np.flatnonzero(errors[name] <= (1 + slack) * errors[name].min())[-1]
        found[name] = _Found(solve(view, _PENALTIES[[best]])[0], errors[name][best])
    return found


class _Solver:
    """Solves regressions from the products of inputs, and of these with targets."""

    def __init__(self, own: np.ndarray, with_targets: np.ndarray) -> None:
        self._own, self._with_targets = own, with_targets
        self._known: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}

    def __call__(self, view: View, penalties: np.ndarray) -> np.ndarray:
        """Coefficients for each penalty, of shape (n_penalties, n_inputs + 1, n_outputs)."""
        reads, reference = np.append(view.reads, True), np.pad(view.reference, [(0, 1), (0, 0)])
        left = (self._with_targets - self._own @ reference)[reads]
        values, vectors = self._axes(reads)
        along = vectors.T @ left
        found = np.tile(reference, (len(penalties), 1, 1))
        shrunk = [along / (np.maximum(values, 0) + p)[:, np.newaxis] for p in penalties]
        found[:, reads] += vectors @ np.stack(shrunk)
        return found

    def _axes(self, reads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues and eigenvectors of the products of some inputs; once for those."""
        key = reads.tobytes()
        if key not in self._known:
            self._known[key] = np.linalg.eigh(self._own[np.ix_(reads, reads)])
        return self._known[key]


def time_folds(windows: Windows, reach: int) -> list[Fold]:
    """Part samples in the order of time: those before a fold, and the fold, four times.

    The folds are the last four fifths. Before each are the samples whose targets, which reach so
    many rows ahead, end before it in their own series, or two thirds of all where these are more.
    """
    every, n_fold = np.arange(len(windows)), len(windows) // 5
    folds: list[Fold] = []
    for start in range(n_fold, 5 * n_fold, n_fold) if n_fold else []:
        fold = every[start : start + n_fold]
        before = every[:start][windows.end_before(every[:start], fold, reach)]
        if len(before) < start - start // 3:
            before = every[: start - start // 3]
        folds.append((before, fold))
    return folds
