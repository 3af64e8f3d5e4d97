"""The linear part of a network, solved in closed form: ridge regressions of normalised windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from skforecast_lstm._windows import Windows

__all__ = [
    "MAX_NUMBERS",
    "N_AT_ONCE",
    "SHARES",
    "Fold",
    "Linear",
    "Normalised",
    "Other",
    "View",
    "linear_start",
    "share_next_to_half",
    "time_folds",
]

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
# The shares that a forecast may have in a mean with another one, and the slack of these.
SHARES, _SHARE_SLACK = np.linspace(0, 1, 21).round(2), 0.01


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


class Other(NamedTuple):
    """Another forecast beside regressions.

    Parameters
    ----------
    departures : ndarray of shape (n_samples, n_steps_out, n_targets)
        What it says of the samples that it was fitted to, less the shift.
    of_folds : list of ndarray of shape (n_in_fold, n_steps_out, n_targets) or None
        The same of each fold, fitted to the samples before. None: these were too few.
    """

    departures: np.ndarray
    of_folds: Sequence[np.ndarray | None]


class Linear(NamedTuple):
    """What a linear skip begins at.

    Parameters
    ----------
    weights : list of ndarray
        Its kernel and bias.
    errors : dict of str to float
        The error of each regression, the least being 1.
    share : ndarray of shape (n_targets,)
        The share of the regressions in the forecast of each target: what is left to 1 is that of
        the forecast beside them.
    """

    weights: list[np.ndarray]
    errors: dict[str, float]
    share: np.ndarray


def linear_start(
    start: Sequence[np.ndarray],
    normalised: Normalised,
    y: np.ndarray,
    quantiles: Sequence[float],
    weight: np.ndarray | None,
    counts: np.ndarray | None,
    folds: Sequence[Fold],
    views: dict[str, View],
    beside: Other | None = None,
) -> Linear:
    """Kernel and bias of a linear skip that make it the mean of a few ridge regressions.

    The less a regression errs on the folds, the more it counts.

    With another forecast beside them, the regressions have a share of the whole: the one next to
    a half among those whose error on the folds is next to the least.

    Parameters
    ----------
    start : list of ndarray
        Kernel and bias, for their shapes.
    normalised : Normalised
        What the linear skip reads.
    y : ndarray of shape (n_samples, n_steps_out, n_targets)
        The scaled targets.
    quantiles : sequence of float
        What is predicted of each target: the constants begin at these of what is left, made wider
        by as much as errors are larger on the folds than on samples that are known.
    weight : ndarray of shape (n_samples,) or None
        Weights of the samples.
    counts : ndarray of shape (n_samples,) or None
        What an error of each sample counts: in the units of its series, say. None: all alike.
    folds : sequence of pairs of ndarray of int
        Samples that penalties are chosen by, as :func:`time_folds` gives them.
    views : dict of str to View
        The regressions.
    beside : Other, default=None
        Another forecast.
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
    trust = relative**-_TRUST
    mean = np.average([one.coefficients for one in found.values()], axis=0, weights=trust)
    before = zip(*(one.before_folds for one in found.values()), strict=True)
    means = [np.average(every, axis=0, weights=trust) for every in before]
    later = _Later.of(rows, folds, means, scale, beside)
    share = later.find_share(y.shape[2])
    by_output = np.tile(share, y.shape[1])
    if beside is not None:
        departures -= (1 - by_output) * (beside.departures / scale).reshape(len(y), -1)
    mean = mean * by_output
    left = np.zeros((mean.shape[1], 1))
    if len(quantiles) > 1:
        errors_left = departures - rows.times(mean)
        middle = np.median(errors_left, axis=0)
        wider = later.widening(by_output, errors_left)
        left = (middle + wider * (np.quantile(errors_left, quantiles, axis=0) - middle)).T
    kernel, bias = np.zeros_like(kernel), (mean[-1:].T + left).ravel().astype(bias.dtype)
    kernel[n_cut:] = np.repeat(mean[:-1], len(quantiles), axis=1)
    return Linear([kernel, bias], dict(zip(found, relative.tolist(), strict=True)), share)


class _Later(NamedTuple):
    """Samples of the folds, and what is forecast of them from those before.

    Parameters
    ----------
    rows : ndarray of int of shape (n_later,)
        Which samples.
    truth, units : ndarray of shape (n_later, n_outputs)
        Their targets, and what an error of each counts.
    ours : ndarray of shape (n_later, n_outputs)
        What regressions forecast.
    other : ndarray of shape (n_later, n_outputs)
        The forecast beside them; NaN where there is none.
    """

    rows: np.ndarray
    truth: np.ndarray
    units: np.ndarray
    ours: np.ndarray
    other: np.ndarray

    @classmethod
    def of(
        cls,
        rows: _Rows,
        folds: Sequence[Fold],
        means: Sequence[np.ndarray],
        scale: np.ndarray,
        beside: Other | None,
    ) -> _Later:
        """Forecast all folds."""
        at = np.concatenate([fold for _, fold in folds] or [np.empty(0, dtype=np.intp)])
        truth, units = rows.targets[at], rows.units[at]
        ours, other = np.empty_like(truth), np.full_like(truth, np.nan)
        first = 0
        for number, ((_, fold), mean) in enumerate(zip(folds, means, strict=True)):
            part = slice(first, first + len(fold))
            ours[part] = np.concatenate([block @ mean for _, block in rows.blocks(fold)])
            known = None if beside is None else beside.of_folds[number]
            if known is not None:
                other[part] = (known / scale[fold]).reshape(len(fold), -1)
            first = part.stop
        return cls(at, truth, units, ours, other)

    def find_share(self, n_targets: int) -> np.ndarray:
        """The share of the regressions beside the other forecast, of each target."""
        is_known = np.isfinite(self.other).all(axis=1)
        if not is_known.any():
            return np.ones(n_targets)
        truth, units, ours, other = (values[is_known] for values in self[1:])
        errors = np.stack(
            [(np.abs(truth - other - s * (ours - other)) * units).sum(axis=0) for s in SHARES]
        )
        errors = errors.reshape(len(SHARES), -1, n_targets).sum(axis=1)
        return SHARES[share_next_to_half(errors, _slack(len(self.rows), _SHARE_SLACK))]

    def widening(self, share: np.ndarray, known: np.ndarray) -> float:
        """How much larger errors are than those of samples that forecasts were found from.

        The regressions have such a share in each output.
        """
        other = np.where(np.isfinite(self.other), self.other, self.ours)
        new = self.truth - other - share * (self.ours - other)
        sizes = [(np.abs(errors) * self.units).sum() for errors in (new, known[self.rows])]
        return max(1.0, float(sizes[0] / sizes[1])) if sizes[1] > 0 else 1.0


def share_next_to_half(errors: np.ndarray, slack: float = _SHARE_SLACK) -> np.ndarray:
    """The position among `SHARES` of the one next to a half whose error is next to the least.

    The mean of two forecasts is less at the mercy of the samples that they are compared on.

    Parameters
    ----------
    errors : ndarray of shape (n_shares, n_targets)
        The error with each of them.
    slack : float
        By how much, as a part of it, an error may exceed the least.
    """
    is_near = errors <= (1 + slack) * errors.min(axis=0)
    return np.where(is_near, np.abs(SHARES - 0.5)[:, np.newaxis], np.inf).argmin(axis=0)


def _slack(n_samples: int, slack: float = _SLACK) -> float:
    """By how much an error may exceed the least and still be next to it."""
    return slack * min(1.0, (_N_SLACK / n_samples) ** 0.5)


def _can_do(view: View, n_cut: int) -> bool:
    """Tell whether the reference of a regression reads none of the oldest inputs."""
    return not view.reference[:n_cut].any()


def _without_oldest(view: View, n_cut: int) -> View:
    return view._replace(reference=view.reference[n_cut:], reads=view.reads[n_cut:])


class _Found(NamedTuple):
    """Coefficients of a regression, shape (n_inputs + 1, n_outputs), and its error on the folds.

    Those of the samples before each fold come with it.
    """

    coefficients: np.ndarray
    error: float
    before_folds: list[np.ndarray]


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
    solvers = [_Solver(*rows.products(before, weight)) for before, _ in folds]
    for solve, (_, fold) in zip(solvers, folds, strict=True):
        for name, view in views.items():
            errors[name] += rows.errors(fold, solve(view, _PENALTIES))
    slack = _slack(len(rows.inputs))
    found, solve_all = {}, _Solver(*rows.products(np.arange(len(rows.inputs)), weight))
    for name, view in views.items():
        best = np.flatnonzero(errors[name] <= (1 + slack) * errors[name].min())[-1]
        coefficients, *before = (
            solve(view, _PENALTIES[[best]])[0] for solve in [solve_all, *solvers]
        )
        found[name] = _Found(coefficients, errors[name][best], before)
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


def time_folds(windows: Windows, rows_ahead: int) -> list[Fold]:
    """Part samples in the order of time: those before a fold, and the fold, four times.

    The folds are the last four fifths. Before each are the samples whose targets, which reach so
    many rows ahead, end before it in their own series, or two thirds of all where these are more.
    """
    every, n_fold = np.arange(len(windows)), len(windows) // 5
    folds: list[Fold] = []
    for start in range(n_fold, 5 * n_fold, n_fold) if n_fold else []:
        fold = every[start : start + n_fold]
        before = every[:start][windows.end_before(every[:start], fold, rows_ahead)]
        if len(before) < start - start // 3:
            before = every[: start - start // 3]
        folds.append((before, fold))
    return folds
