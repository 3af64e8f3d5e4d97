"""What surrounds a network: a norm for windows, a linear way past it, a head, members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from skforecast_lstm._keras_private import last_layers
from skforecast_lstm._linear import (
    MAX_NUMBERS,
    N_AT_ONCE,
    Fold,
    Linear,
    Normalised,
    Other,
    View,
    linear_start,
    time_folds,
)
from skforecast_lstm._relation import Relation
from skforecast_lstm._season import same_season
from skforecast_lstm._smoothing import Beside, Histories, Phases
from skforecast_lstm._windows import Windows
from skforecast_lstm.layers import (
    ClassProbabilities,
    LinearSkip,
    MemberAverage,
    RestoreLevel,
    Share,
    WindowNorm,
)

__all__ = ["Shell", "apply", "average_members", "join_members", "model_of", "new_inputs"]


@dataclass(frozen=True)
class Shell:
    """The layers around a network; equal ones make equal networks.

    Parameters
    ----------
    window_norm : {"standard", "mean", "last", "seasonal"} or None, default=None
        What each window is normalised by.
    columns : tuple of int, default=()
        Which features are the history of each target.
    lead : int, default=1
        Rows from the end of the window to the first target.
    season_length : int, default=1
        Rows until the season comes back, for "seasonal".
    linear_skip : bool, default=False
        Whether a linear map leads past the network.
    n_classes : tuple of int, default=()
        Classes of each label of a row, whose probabilities are to come out. Empty: numbers do.
    """

    window_norm: str | None = None
    columns: tuple[int, ...] = ()
    lead: int = 1
    season_length: int = 1
    linear_skip: bool = False
    n_classes: tuple[int, ...] = ()

    def surround(self, network: keras.Model, n_steps_out: int) -> keras.Model:
        """Build the network that has another at its core; or return the same if bare."""
        if self.window_norm is None and not self.linear_skip and not self.n_classes:
            return network
        # Its layers say whether they can skip masked steps; its output has none.
        network.supports_masking = True
        network.compute_mask = lambda inputs, mask=None: None
        window, *known = new_inputs(network)
        x = window
        more = list(known)
        if self.window_norm is not None:
            x, shift, scale, level = self._norm(n_steps_out)(window)
            more = [level, *known] if self._reads_level else more
        outputs = apply(network, [x, *known])
        if self.linear_skip:
            skip = LinearSkip(network.output_shape[1:])
            linear = skip([x, *more] if more else x)
            _begin_at_nothing(network)
            outputs = layers.Add()([Share()(outputs), linear])
        if self.window_norm is not None:
            outputs = RestoreLevel(n_steps_out)([outputs, shift, scale])
        if self.n_classes:
            outputs = ClassProbabilities(self.n_classes)(outputs)
        return model_of([window, *known], outputs)

    @property
    def _reads_level(self) -> bool:
        """Whether the linear part reads the level of the window beside its departures from it."""
        return self.window_norm == "seasonal"

    def _norm(self, n_steps_out: int) -> WindowNorm:
        assert self.window_norm is not None
        return WindowNorm(
            self.window_norm, self.columns, n_steps_out, self.lead, self.season_length
        )

    def relate(self, weights: list[np.ndarray], relation: Relation) -> list[np.ndarray]:
        """Weights of the surrounded network, for targets that have this relation to features."""
        if self.window_norm is None:
            return weights
        # The layer that normalises comes first, and has no other weights.
        dtype = weights[0].dtype
        return [relation.scale.astype(dtype), relation.offset.astype(dtype), *weights[2:]]

    def start_linear(
        self,
        weights: list[np.ndarray],
        windows: Windows,
        rows: Windows,
        known: np.ndarray | None,
        y: np.ndarray,
        quantiles: Sequence[float],
        sample_weight: np.ndarray | None = None,
        counts: np.ndarray | None = None,
        *,
        smooths: bool = False,
        zeros: np.ndarray | None = None,
    ) -> tuple[Linear, Beside | None]:
        """Weights of the linear skip, the network's last, that make it a ridge regression.

        Beside it is what exponential smoothing forecasts, or None.

        Parameters
        ----------
        weights : list of ndarray
            Those of the network, with the relation in them.
        windows : Windows
            Complete windows in the order of time.
        rows : Windows
            The same before they were completed: those know their series and their rows.
        known : ndarray of shape (n_samples, n_steps_out, n_covariates) or None
            What is known ahead of them.
        y : ndarray of shape (n_samples, n_steps_out, n_targets)
            The scaled targets.
        quantiles : sequence of float
            What is predicted of each target: the constants begin at these of what is left.
        sample_weight : ndarray of shape (n_samples,), default=None
            Weights of the samples.
        counts : ndarray of shape (n_samples,), default=None
            What an error of each of them counts.
        smooths : bool, default=False
            Whether there is to be exponential smoothing beside the regression.
        zeros : ndarray of shape (n_targets,), default=None
            Zero of the targets' own units, in those of the scaled ones. None: not known.
        """
        # The newest samples, as many as can be held at once.
        newest = slice(-max(1, MAX_NUMBERS // len(weights[-2])), None)
        weight, counts = (None if w is None else w[newest] for w in (sample_weight, counts))
        normalised = self._normalise(weights, windows[newest], y.shape[1])
        folds = time_folds(rows[newest], y.shape[1] + max(self.lead, 1) - 1)
        n_known = 0
        if known is not None:
            known = known[newest].reshape(len(normalised.inputs), -1)
            normalised = normalised._replace(inputs=np.hstack([normalised.inputs, known]))
            n_known = known.shape[1]
        shape = (*windows.shape[1:], *y.shape[1:], n_known)
        views = self._views(*shape)
        if counts is not None:  # windows of small series count as much as those of large ones
            views = {name: view._replace(by_size=True) for name, view in views.items()}
        beside, other = None, None
        if smooths and self.window_norm == "seasonal":
            counted = np.ones(len(normalised.inputs))
            for given in (weight, counts):
                counted = counted if given is None else counted * given
            samples = windows[newest], rows[newest], y[newest], counted
            beside, other = self._smooth(weights, *samples, folds, zeros)
        linear = linear_start(
            weights[-2:], normalised, y[newest], quantiles, weight, counts, folds, views, other
        )
        return linear, beside and beside._replace(share=1 - linear.share)

    def _smooth(
        self,
        weights: list[np.ndarray],
        windows: Windows,
        rows: Windows,
        y: np.ndarray,
        counted: np.ndarray,
        folds: Sequence[Fold],
        zeros: np.ndarray | None,
    ) -> tuple[Beside | None, Other | None]:
        """Exponential smoothing of samples, and what it forecasts of them and of later ones."""
        phases = Phases.of(rows, self.season_length)
        scale, offset, *_ = weights
        histories = Histories(windows, self.columns, scale, offset, *phases.find(rows))
        ahead = self.lead + np.arange(y.shape[1])

        def fit(at: Any) -> Beside | None:
            return Beside.fit(histories[at], y[at], ahead, counted[at], phases, zeros)

        found = fit(slice(None))
        if found is None:
            return None, None
        earlier = [(fit(before), histories[fold]) for before, fold in folds]
        of_folds = [one and one.departures(later) for one, later in earlier]
        return found, Other(found.departures(histories), of_folds)

    def _views(
        self, n_steps: int, n_features: int, n_steps_out: int, n_targets: int, n_known: int
    ) -> dict[str, View]:
        """The regressions that the linear part is the mean of.

        Their inputs are windows, the level of these, and so many values that are known ahead.

        For windows normalised by a season, they are shrunk towards the value one season before
        ("season"), the last value, and the season with the change of the mean over a season added
        ("drift"). Two more count windows by how much they move: one reads the scale, so that its
        constant is one in the units of the targets, and one the level as well.
        """
        if self.window_norm != "seasonal":
            shape = n_steps * n_features + n_known, n_steps_out * n_targets
            return {"window": View(np.zeros(shape), np.ones(shape[0], dtype=bool))}
        empty = np.zeros((n_steps, n_features, n_steps_out, n_targets))
        length, columns, targets = self.season_length, [*self.columns], [*range(n_targets)]
        kernels = {"season": empty}
        if length > 1:
            kernels["last"] = empty.copy()
            ahead = self.lead + np.arange(n_steps_out)
            for step, at in enumerate(same_season(ahead, length)):
                kernels["last"][at, columns, step, targets] = -1
        if n_steps >= 2 * length:
            change = np.zeros(n_steps)
            change[-length:], change[-2 * length : -length] = 1 / length, -1 / length
            kernels["drift"] = empty.copy()
            kernels["drift"][:, columns, :, targets] = change[:, np.newaxis]
        n_inputs, n_level = n_steps * n_features, 2 * n_targets
        kernels = {
            name: np.pad(kernel.reshape(n_inputs, -1), [(0, n_level + n_known), (0, 0)])
            for name, kernel in kernels.items()
        }
        place = np.arange(n_inputs + n_level + n_known) - n_inputs
        reads = [(place < n) | (place >= n_level) for n in (0, n_targets, n_level)]
        views = {name: View(kernel, reads[0]) for name, kernel in kernels.items()}
        views["scale"] = View(kernels["season"], reads[1], by_size=True)
        views["level"] = View(kernels["season"], reads[2], by_size=True)
        return views

    def linear_only(self, weights: list[np.ndarray]) -> list[np.ndarray]:
        """Weights with which the linear part forecasts alone."""
        *inner, share, kernel, bias = weights
        return [*inner, np.zeros_like(share), kernel, bias]

    def shrunk(
        self, weights: list[np.ndarray], linear: list[np.ndarray], part: float
    ) -> list[np.ndarray]:
        """Weights whose forecast is such a part of these, and the rest of a linear part alone."""
        *inner, share, kernel, bias = weights
        ours, theirs = (kernel, bias), linear
        mixed = (part * a + (1 - part) * b for a, b in zip(ours, theirs, strict=True))
        return [*inner, part * share, *(m.astype(kernel.dtype) for m in mixed)]

    def _normalise(
        self, weights: list[np.ndarray], windows: Windows, n_steps_out: int
    ) -> Normalised:
        """Windows as the linear part reads them, a row each."""
        norm = self._norm(n_steps_out) if self.window_norm is not None else None
        if norm is not None:
            norm.build(windows.shape)
            norm.set_weights(weights[:2])
        n_windows, n_numbers = len(windows), windows.shape[1] * windows.shape[2]
        n_inputs = n_numbers + 2 * len(self.columns) * self._reads_level
        inputs = np.empty((n_windows, n_inputs), dtype=weights[0].dtype)
        levels = []
        n_at_once = max(1, N_AT_ONCE // n_numbers)
        for first in range(0, n_windows, n_at_once):
            part = slice(first, first + n_at_once)
            block = windows[part].to_array()
            mask = np.isfinite(block[..., 0])
            block = np.where(mask[..., np.newaxis], block, 0).astype(inputs.dtype)
            if norm is not None:
                found = norm(block, mask=None if mask.all() else mask)
                block, *restored, level = map(ops.convert_to_numpy, found)
                levels.append(restored)
                if self._reads_level:
                    inputs[part, n_numbers:] = level.reshape(len(level), -1)
            inputs[part, :n_numbers] = block.reshape(len(block), -1)
        if norm is None:
            return Normalised(inputs, np.zeros((1, 1, 1)), np.ones((1, 1, 1)))
        return Normalised(inputs, *map(np.concatenate, zip(*levels, strict=True)))


def new_inputs(model: keras.Model) -> list[Any]:
    """Inputs like those of a model: the window, and what is known ahead if it reads that."""
    names = ("window", "known_future")
    return [
        keras.Input(x.shape[1:], name=name)
        for name, x in zip(names[: len(model.inputs)], model.inputs, strict=True)
    ]


def apply(model: keras.Model, inputs: Sequence[Any]) -> Any:
    """What a model makes of one or two inputs."""
    return model(inputs[0] if len(inputs) == 1 else tuple(inputs))


def model_of(inputs: Sequence[Any], outputs: Any) -> keras.Model:
    """A model of one or two inputs."""
    return keras.Model(inputs[0] if len(inputs) == 1 else tuple(inputs), outputs)


def join_members(members: Sequence[keras.Model]) -> keras.Model:
    """Build one model of several of the same form; the first axis of its output tells them apart.

    Its weights are those of the members, one after the other.
    """
    inputs, shape = new_inputs(members[0]), (1, *members[0].output_shape[1:])
    outputs = [layers.Reshape(shape)(apply(member, inputs)) for member in members]
    return model_of(inputs, layers.Concatenate(axis=1)(outputs))


def average_members(joined: keras.Model) -> keras.Model:
    """Build a model that gives the mean of joined members."""
    return model_of(joined.inputs, MemberAverage()(joined.output))


def _begin_at_nothing(network: keras.Model) -> None:
    """Let the dense layers that a network ends in begin at zero, so that it first says nothing."""
    for layer in last_layers(network.outputs[0]):
        if isinstance(layer, layers.Dense):
            layer.kernel.assign(ops.zeros_like(layer.kernel))
