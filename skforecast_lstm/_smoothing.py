"""Exponential smoothing of windows that are adjusted for their season, beside other forecasts."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from skforecast_lstm._linear import N_AT_ONCE
from skforecast_lstm._pages import see
from skforecast_lstm._plain import PlainState
from skforecast_lstm._season import same_season
from skforecast_lstm._windows import Windows

__all__ = ["Beside", "Histories", "Phases", "Places", "Smoothing"]

# How much of the level is that of the newest step, and the part of the trend that goes on.
_RATES = 0.1, 0.2, 0.35, 0.5, 0.7, 0.9
_TRENDS = 0.0, 0.5, 1.0
# A phase of the season has an index if it was seen so often.
_MIN_SEEN = 2
# Deviations below this are no measure, and an index takes away no more than this of a level.
_MIN_DEVIATION = 0.1
_MOST_OF_LEVEL = 0.9


# Phases of the last rows of windows, and the numbers of their series.
Places = tuple[np.ndarray, np.ndarray]


@dataclass
class Phases(PlainState):
    """What tells of a row which series it is of, and which phase of the season it is in.

    Parameters
    ----------
    season_length : int
        Rows until the season comes back.
    origin : object
        What rows are counted from.
    numbers : dict of label to int
        Of the series.
    """

    season_length: int
    origin: Any
    numbers: dict[Any, int]

    @classmethod
    def of(cls, rows: Windows, season_length: int) -> Phases:
        """Those of the rows that are trained on."""
        labels: Sequence[Any] = [None] if rows.times is None else rows.times.labels
        origin = None if rows.times is None else rows.times.origin
        return cls(season_length, origin, {label: number for number, label in enumerate(labels)})

    def find(self, rows: Windows) -> Places:
        """Phases of the last rows of windows, -1 if not known, and the numbers of their series.

        Series that were not trained on come behind the others.
        """
        n_known, times = len(self.numbers), rows.times
        if times is None:
            phase = 0 if self.season_length == 1 else -1
            return np.full(len(rows), phase), np.zeros(len(rows), dtype=np.intp)
        labels = [self.numbers.get(label, n_known) for label in times.labels]
        series = np.array(labels, dtype=np.intp)[rows.series_of_rows()[rows.ends]]
        if self.season_length == 1:
            return np.zeros(len(rows), dtype=np.intp), series
        counts = times.numbers[rows.ends]
        is_known = np.isfinite(counts) & (times.origin == self.origin)
        counts = np.where(is_known, counts, 0).astype(np.intp)
        return np.where(is_known, counts % self.season_length, -1), series


@dataclass
class Histories:
    """The targets' own history in windows, and which phase of the season they end in.

    Parameters
    ----------
    windows : Windows
        Complete windows of features as the network sees them.
    columns : tuple of int
        Which of these are the history of each target.
    scale, offset : ndarray of shape (n_targets,)
        They lead from the units of the features to those of the scaled targets.
    phases : ndarray of int of shape (n_windows,)
        The phase of the last row; -1: not known.
    series : ndarray of int of shape (n_windows,)
        The number of the series.
    """

    windows: Windows
    columns: tuple[int, ...]
    scale: np.ndarray
    offset: np.ndarray
    phases: np.ndarray
    series: np.ndarray

    def __len__(self) -> int:
        return len(self.phases)

    def __getitem__(self, rows: Any) -> Histories:
        facts = self.columns, self.scale, self.offset
        return Histories(self.windows[rows], *facts, self.phases[rows], self.series[rows])

    def values(self) -> np.ndarray:
        """What is in them, of shape (n_windows, n_steps, n_targets)."""
        return self.offset + self.scale * self.windows.to_array()[..., list(self.columns)]

    def blocks(self) -> Iterator[tuple[slice, Histories]]:
        """A few at a time."""
        n_windows = max(1, N_AT_ONCE // (self.windows.n_steps * len(self.columns)))
        for first in range(0, len(self), n_windows):
            rows = slice(first, first + n_windows)
            yield rows, self[rows]


class Indices(NamedTuple):
    """How far each phase of the season is from the level of its series.

    Parameters
    ----------
    values : ndarray of shape (n_series + 1, season_length)
        In deviations of the window, or as parts of the level; NaN for a series of which too little
        was seen. The last ones are the mean over series, for any other series.
    zero : float or None
        Zero of the target's own units, from which levels are measured. None: in deviations.
    """

    values: np.ndarray
    zero: float | None


class Smoothing(NamedTuple):
    """Exponential smoothing of one target.

    Parameters
    ----------
    indices : Indices
        What windows are adjusted by.
    ahead : ndarray of int of shape (n_steps_out,)
        How many rows after the window each step is.
    rate : float
        The weight of the newest step.
    trend : float
        The part of the trend of the window that goes on.
    """

    indices: Indices
    ahead: np.ndarray
    rate: float = 0.5
    trend: float = 0.5

    @property
    def season_length(self) -> int:
        """Rows until the season comes back."""
        return self.indices.values.shape[1]

    def departures(self, values: Any, phases: Any, series: Any, xp: Any = np) -> Any:
        """What it forecasts, less the values one season before.

        Parameters
        ----------
        values : ndarray of shape (n_windows, n_steps)
            The history of the target.
        phases, series : ndarray of int of shape (n_windows,)
            Phases of the last rows, and the numbers of their series.
        xp : module, default=numpy
            What computes: ``keras.ops`` for tensors.

        Returns
        -------
        departures : ndarray of shape (n_windows, n_steps_out)
            Zero for windows that miss a value, and where no index is known.
        """
        n_steps, zero = values.shape[1], self.indices.zero
        length, phases = self.season_length, phases[:, np.newaxis]
        first = xp.where(phases < 0, 0, series[:, np.newaxis]) * length
        indices = self.indices.values.ravel()
        past, coming = (  # the remainder of a negative number is not the same everywhere
            xp.take(indices, first + (phases + steps % length) % length)
            for steps in (np.arange(1 - n_steps, 1), self.ahead)
        )
        slope = self.trend * _slopes(values, length, xp)[:, np.newaxis]
        weights = (1 - self.rate) ** np.arange(n_steps)[::-1]
        weights /= weights.sum()
        age = weights @ np.arange(n_steps)[::-1]
        if zero is None:
            size = _deviations(values, xp)
            level = _sums((values - size * past) * weights, xp)
            found = level + slope * (age + self.ahead) + size * coming
        else:
            level = _sums((values - zero) / (1 + past) * weights, xp)
            found = zero + (level + slope * (age + self.ahead)) * (1 + coming)
        found -= xp.take(values, values.shape[1] + same_season(self.ahead, length), axis=1)
        return xp.where(xp.isfinite(found) & (phases >= 0), found, 0.0)


class Beside(NamedTuple):
    """What exponential smoothing adds to the forecasts of a network.

    Parameters
    ----------
    smoothings : list of Smoothing
        One for each target.
    share : ndarray of shape (n_targets,)
        The share of smoothing in the forecast.
    phases : Phases
        What tells the phases of rows.
    """

    smoothings: list[Smoothing]
    share: np.ndarray
    phases: Phases

    def offsets(self, histories: Histories) -> np.ndarray:
        """What is added to forecasts of windows, of shape (n_windows, n_steps_out, n_targets)."""
        return self.share * self.departures(histories)

    def departures(self, histories: Histories) -> np.ndarray:
        """What smoothing forecasts, less the values one season before."""
        shape = len(histories), len(self.smoothings[0].ahead), len(self.smoothings)
        found = np.empty(shape)
        for rows, block in histories.blocks():
            values = block.values()
            for target, smoothing in enumerate(self.smoothings):
                own = values[..., target], block.phases, block.series
                found[rows, :, target] = smoothing.departures(*own)
        return found

    def warn_of_unknown(self, places: Places, owner: str) -> None:
        """Say how many windows are forecast without smoothing, for their phase is not known."""
        n_rows, n_unknown = len(places[0]), int((places[0] < 0).sum())
        if n_unknown and self.share.any():
            warnings.warn(
                f"{n_unknown} of {n_rows} rows given to {owner} are forecast without exponential "
                f"smoothing, and so less accurately, because their phase of the season is not "
                f"known. Make their windows by the step that made those of the training rows "
                f"(WindowTransformer.transform, in a pipeline), from rows with an index like "
                f"theirs. Or set smoothing=False. {see('accuracy')}",
                UserWarning,
                stacklevel=4,
            )

    @classmethod
    def fit(
        cls,
        histories: Histories,
        targets: np.ndarray,
        ahead: np.ndarray,
        weight: np.ndarray,
        phases: Phases,
        zeros: np.ndarray | None,
    ) -> Beside | None:
        """Choose how each target is smoothed, by the absolute error.

        Parameters
        ----------
        histories : Histories
            The windows.
        targets : ndarray of shape (n_windows, n_steps_out, n_targets)
            What they are to forecast.
        ahead : ndarray of int of shape (n_steps_out,)
            How many rows after the window each step is.
        weight : ndarray of shape (n_windows,)
            What an error of each counts.
        phases : Phases
            The season, and the series.
        zeros : ndarray of shape (n_targets,) or None
            Zero of the targets' own units. None: not known.

        Returns
        -------
        beside : Beside or None
            Without a share. None: the season is not known well enough to adjust for it.
        """
        found = _find_indices(histories, phases, zeros)
        if found is None:
            return None
        n_numbers = max(histories.windows.n_steps, len(ahead)) * targets.shape[2]
        n_rows = min(len(histories), max(1, N_AT_ONCE // n_numbers))
        rows = np.unique(np.linspace(0, len(histories) - 1, n_rows).astype(np.intp))
        histories = histories[rows]
        values, weight = histories.values(), weight[rows, np.newaxis]
        naive = values[:, same_season(ahead, phases.season_length)]
        smoothings = []
        for target, indices in enumerate(found):
            candidates = [
                Smoothing(one, ahead, rate, trend)
                for one in indices
                for rate in _RATES
                for trend in _TRENDS
            ]
            truth = targets[rows, :, target] - naive[..., target]
            own = values[..., target], histories.phases, histories.series
            errors = [(np.abs(c.departures(*own) - truth) * weight).sum() for c in candidates]
            smoothings.append(candidates[int(np.argmin(errors))])
        return cls(smoothings, np.zeros(len(smoothings)), phases)


def _find_indices(
    histories: Histories, phases: Phases, zeros: np.ndarray | None
) -> list[list[Indices]] | None:
    """Candidates for the indices of each target; None: not all phases were seen."""
    n_targets, season_length = len(histories.columns), phases.season_length
    n_series = len(phases.numbers)
    if season_length == 1:
        return [[Indices(np.zeros((n_series + 1, 1)), None)]] * n_targets
    length = season_length + 1 - season_length % 2
    if histories.windows.n_steps < length:
        return None
    mean = np.full(length, 1 / season_length)
    mean[[0, -1]] *= 1 - 0.5 * (length > season_length)
    sums, counts = (
        np.zeros((2, n_targets, n_series * season_length)),
        np.zeros(n_series * season_length),
    )
    lowest = np.full(n_targets, np.inf)
    zero = np.zeros(n_targets) if zeros is None else zeros
    for _, block in histories.blocks():
        values = block.values()
        is_known = (block.phases >= 0) & np.isfinite(values).all(axis=(1, 2))
        values, ends = values[is_known], block.phases[is_known]
        level = np.einsum("nsk,s->nk", values[:, -length:], mean)
        apart = values[:, -length:][:, length // 2] - level
        cells = block.series[is_known] * season_length + (ends - length // 2) % season_length
        counts += np.bincount(cells, minlength=len(counts))
        lowest = np.minimum(lowest, values.min(axis=(0, 1), initial=np.inf))
        for target in range(n_targets):
            sizes = _deviations(values[..., target])[:, 0], level[:, target] - zero[target]
            for sums_of, size in zip(sums, sizes, strict=True):
                ratio = np.divide(apart[:, target], size, out=np.zeros(len(size)), where=size != 0)
                sums_of[target] += np.bincount(cells, ratio, minlength=len(counts))
    is_seen = (counts.reshape(n_series, season_length) >= _MIN_SEEN).all(axis=1)
    if not is_seen.any():
        return None
    means = (sums / np.maximum(counts, 1)).reshape(2, n_targets, n_series, season_length)
    means -= means.mean(axis=-1, keepdims=True)
    means[:, :, ~is_seen] = np.nan
    means = np.concatenate([means, means[:, :, is_seen].mean(axis=2, keepdims=True)], axis=2)
    found = []
    for target in range(n_targets):
        found.append([Indices(means[0, target], None)])
        if zeros is not None and lowest[target] > zeros[target]:
            parts = np.maximum(means[1, target], -_MOST_OF_LEVEL)
            found[target].append(Indices(parts, float(zeros[target])))
    return found


def _slopes(values: Any, season_length: int, xp: Any) -> Any:
    """By how much windows rise from step to step."""
    n_steps = values.shape[1]
    if season_length == 1 or n_steps < 2 * season_length:
        return (values[:, -1] - values[:, 0]) / max(1, n_steps - 1)
    newest, before = values[:, -season_length:], values[:, -2 * season_length : -season_length]
    return (xp.mean(newest, axis=1) - xp.mean(before, axis=1)) / season_length


def _sums(values: Any, xp: Any) -> Any:
    """Of each row, whatever the others are: the last bit of a matrix product depends on these."""
    return xp.sum(values, axis=1, keepdims=True)


def _deviations(values: Any, xp: Any = np) -> Any:
    return xp.sqrt(xp.var(values, axis=1, keepdims=True) + _MIN_DEVIATION**2)
