"""What surrounds a network: windows normalised by themselves, and a linear way past it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from skforecast_lstm._relation import Relation, same_season

__all__ = [
    "LinearSkip",
    "MemberAverage",
    "Remedies",
    "RestoreLevel",
    "WindowNorm",
    "average_members",
    "join_members",
]

_PACKAGE = "skforecast_lstm"
# Part of a window's scale that does not come from the window, in units of the scaled target.
_MIN_SCALE = 0.1
# Penalties that the start of a linear skip is chosen from.
_PENALTIES = np.logspace(-1, 6, 15)
# The newest steps and samples that it is found from: at most so many inputs, and numbers in all.
_MAX_INPUTS = 500
_MAX_NUMBERS = 20_000_000


@dataclass(frozen=True)
class Remedies:
    """How a network is surrounded; equal ones make equal networks.

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
    l2 : float, default=0.0
        Penalty on its squared weights.
    """

    window_norm: str | None = None
    columns: tuple[int, ...] = ()
    lead: int = 1
    season_length: int = 1
    linear_skip: bool = False
    l2: float = 0.0

    def surround(self, network: keras.Model, n_steps_out: int) -> keras.Model:
        """Build the network that has another at its core; the same one if there is no remedy."""
        if self.window_norm is None and not self.linear_skip:
            return network
        # Its layers say whether they can skip masked steps; its output has none.
        network.supports_masking = True
        network.compute_mask = lambda inputs, mask=None: None
        inputs = x = keras.Input(network.input_shape[1:], name="window")
        if self.window_norm is not None:
            x, shift, scale = self._norm(n_steps_out)(inputs)
        outputs = network(x)
        if self.linear_skip:
            skip = LinearSkip(network.output_shape[1:], self.l2)
            outputs = layers.Add()([outputs, skip(x)])
        if self.window_norm is not None:
            outputs = RestoreLevel(n_steps_out)([outputs, shift, scale])
        return keras.Model(inputs, outputs)

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

    def ridge_skip(
        self,
        weights: list[np.ndarray],
        windows: Any,
        y: np.ndarray,
        quantiles: Sequence[float],
        sample_weight: np.ndarray | None = None,
    ) -> list[np.ndarray]:
        """Weights of the linear skip, the network's last, that make it a ridge regression.

        Parameters
        ----------
        weights : list of ndarray
            Those of the network, with the relation in them.
        windows : Windows
            Complete windows in the order of time; inf marks steps to skip.
        y : ndarray of shape (n_samples, n_steps_out, n_targets)
            The scaled targets.
        quantiles : sequence of float
            What is predicted of each target: the constants begin at these of what is left.
        sample_weight : ndarray of shape (n_samples,), default=None
            Weights of the samples.
        """
        kernel, bias = weights[-2:]
        newest = slice(-max(1, _MAX_NUMBERS // len(kernel)), None)
        y = y[newest]
        weight = np.ones(len(y)) if sample_weight is None else sample_weight[newest]
        x, shift, scale = self._normalise(weights, windows[newest].to_array(), y.shape[1])
        inputs = x.reshape(len(x), -1)[:, -_MAX_INPUTS:].astype(np.float64)
        inputs = np.column_stack([inputs, np.ones(len(inputs))])
        departures = ((y - shift) / scale).reshape(len(y), -1)
        units = np.broadcast_to(scale, y.shape).reshape(len(y), -1) * weight[:, np.newaxis]
        n_between = y.shape[1] + max(self.lead, 1) - 2
        found = _ridge(inputs, departures, units, weight, n_between)
        left = np.quantile(departures - inputs @ found, quantiles, axis=0).T
        left = left if len(quantiles) > 1 else np.zeros_like(left)
        kernel, bias = np.zeros_like(kernel), (found[-1:].T + left).ravel().astype(bias.dtype)
        kernel[len(kernel) - len(found) + 1 :] = np.repeat(found[:-1], len(quantiles), axis=1)
        return [kernel, bias]

    def _normalise(
        self, weights: list[np.ndarray], windows: np.ndarray, n_steps_out: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Windows as the network sees them, and their shift and scale."""
        mask = np.isfinite(windows[..., 0])
        windows = np.where(mask[..., np.newaxis], windows, 0).astype(weights[0].dtype)
        if self.window_norm is None:
            return windows, np.zeros((1, 1, 1)), np.ones((1, 1, 1))
        norm = self._norm(n_steps_out)
        norm.build(windows.shape)
        norm.set_weights(weights[:2])
        found = norm(windows, mask=None if mask.all() else mask)
        return tuple(map(ops.convert_to_numpy, found))


def _ridge(
    inputs: np.ndarray, targets: np.ndarray, units: np.ndarray, weight: np.ndarray, n_between: int
) -> np.ndarray:
    """Coefficients of a ridge regression without a constant, shape (n_inputs, n_targets).

    The penalty is the largest whose absolute error, in such units, is within 2 % of the least on
    the last four fifths of the samples, each fifth predicted from the samples before it whose
    targets do not reach into it, or from two thirds of those before it where these are more.
    """
    n_fold = len(inputs) // 5
    errors = np.zeros(len(_PENALTIES))
    for start in n_fold * np.arange(1, 5) if n_fold else []:
        n_before = max(start - n_between, start - start // 3)
        fold = slice(start, start + n_fold)
        before = inputs[:n_before], targets[:n_before], weight[:n_before]
        for number, found in enumerate(_solve(*before, _PENALTIES)):
            errors[number] += (np.abs(inputs[fold] @ found - targets[fold]) * units[fold]).sum()
    best = _PENALTIES[errors <= 1.02 * errors.min()][-1]
    return next(_solve(inputs, targets, weight, [best]))


def _solve(
    inputs: np.ndarray, targets: np.ndarray, weight: np.ndarray, penalties: Iterable[float]
) -> Iterator[np.ndarray]:
    """Coefficients for each penalty."""
    weighted = inputs.T * weight
    values, vectors = np.linalg.eigh(weighted @ inputs)
    along = vectors.T @ (weighted @ targets)
    for penalty in penalties:
        yield vectors @ (along / (np.maximum(values, 0) + penalty)[:, np.newaxis])


def join_members(members: Sequence[keras.Model]) -> keras.Model:
    """Build one model of several of the same form; the first axis of its output tells them apart.

    Its weights are those of the members, one after the other.
    """
    inputs = keras.Input(members[0].input_shape[1:], name="window")
    outputs = [layers.Reshape((1, *member.output_shape[1:]))(member(inputs)) for member in members]
    return keras.Model(inputs, layers.Concatenate(axis=1)(outputs))


def average_members(joined: keras.Model, kind: str) -> keras.Model:
    """Build a model that gives the "mean" or "median" of joined members."""
    return keras.Model(joined.input, MemberAverage(kind)(joined.output))


@keras.saving.register_keras_serializable(_PACKAGE)
class MemberAverage(layers.Layer):
    """The mean or median of the first axis of an output, that of the members of an ensemble.

    Parameters
    ----------
    kind : {"mean", "median"}, default="mean"
        Which average.
    """

    def __init__(self, kind: str = "mean", **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind

    def call(self, inputs: Any) -> Any:
        """Average the outputs of each sample."""
        return ops.mean(inputs, axis=1) if self.kind == "mean" else ops.median(inputs, axis=1)

    def get_config(self) -> dict[str, Any]:
        """What the layer is made from."""
        return {**super().get_config(), "kind": self.kind}


@keras.saving.register_keras_serializable(_PACKAGE)
class WindowNorm(layers.Layer):
    """Shift and scale the targets' own history, each window by what is in it.

    Parameters
    ----------
    kind : {"standard", "mean", "last", "seasonal"}
        "standard": less its mean, over its deviation. "mean", "last": less its mean, or its last
        value. "seasonal": less its last value, over its deviation, and what is forecast is the
        departure from the value one season before, in deviations.
    columns : sequence of int
        Which features are the history of each target; the others stay as they are.
    n_steps_out, lead : int
        Steps of the horizon, and rows from the end of the window to the first of them.
    season_length : int, default=1
        Rows until the season comes back.

    Notes
    -----
    Its weights, which are not trained, lead from the units of the features to those of the scaled
    targets. It returns the window, and what :class:`RestoreLevel` takes back: the shift, of shape
    (n_samples, n_steps_out or 1, n_targets), and the scale, (n_samples, 1, n_targets).

    References
    ----------
    .. [1] Kim, T. et al. (2022). Reversible instance normalization for accurate time-series
       forecasting against distribution shift. ICLR 2022.
    .. [2] Zeng, A. et al. (2023). Are transformers effective for time series forecasting? AAAI
       2023. Their NLinear is "last" with a linear map.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm.remedies import RestoreLevel, WindowNorm
    >>> window = np.array([[[10.0], [20.0], [30.0]]])
    >>> normalised, shift, scale = WindowNorm("mean")(window)
    >>> normalised[0, :, 0].numpy()
    array([-10.,   0.,  10.], dtype=float32)
    >>> RestoreLevel()([np.array([[15.0]]), shift, scale]).numpy()
    array([[35.]], dtype=float32)
    """

    def __init__(
        self,
        kind: str = "standard",
        columns: Sequence[int] = (0,),
        n_steps_out: int = 1,
        lead: int = 1,
        season_length: int = 1,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.kind = kind
        self.columns = tuple(columns)
        self.n_steps_out = n_steps_out
        self.lead = lead
        self.season_length = season_length
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Make the weights: features are in the units of the scaled targets, until told."""
        shape = (len(self.columns),)
        self.to_scale = self.add_weight(
            shape=shape, initializer="ones", trainable=False, name="to_scale"
        )
        self.to_offset = self.add_weight(
            shape=shape, initializer="zeros", trainable=False, name="to_offset"
        )

    def call(self, inputs: Any, mask: Any = None) -> tuple[Any, Any, Any]:
        """Normalise windows; masked steps count for nothing."""
        columns = list(self.columns)
        history = self.to_offset + self.to_scale * ops.take(inputs, columns, axis=2)
        count = inputs.shape[1]
        if mask is not None:
            is_known = ops.cast(mask, inputs.dtype)[..., None]
            count = ops.maximum(ops.sum(is_known, axis=1, keepdims=True), 1)
            history = _filled(history, mask)
        else:
            is_known = 1.0
        mean = ops.sum(history * is_known, axis=1, keepdims=True) / count
        scale = ops.ones_like(mean)
        if self.kind in ("standard", "seasonal"):
            variance = ops.sum(ops.square(history - mean) * is_known, axis=1, keepdims=True) / count
            scale = ops.sqrt(variance + _MIN_SCALE**2)
        shift = mean if self.kind in ("standard", "mean") else history[:, -1:]
        normalised = (history - shift) / scale * is_known
        if self.kind == "seasonal":
            ahead = self.lead + np.arange(self.n_steps_out)
            steps = inputs.shape[1] + same_season(ahead, self.season_length)
            shift = ops.take(history, steps, axis=1)
        return self._replace(inputs, normalised), shift, scale

    def _replace(self, inputs: Any, history: Any) -> Any:
        """The window with its targets' history replaced; in the same order."""
        n_targets, n_features = len(self.columns), inputs.shape[2]
        if n_features == 1:
            return history
        order = [
            self.columns.index(i) if i in self.columns else n_targets + i for i in range(n_features)
        ]
        return ops.take(ops.concatenate([history, inputs], axis=2), order, axis=2)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The window's mask goes on; shift and scale have none."""
        return mask, None, None

    def get_config(self) -> dict[str, Any]:
        """What the layer is made from."""
        return {
            **super().get_config(),
            "kind": self.kind,
            "columns": self.columns,
            "n_steps_out": self.n_steps_out,
            "lead": self.lead,
            "season_length": self.season_length,
        }


@keras.saving.register_keras_serializable(_PACKAGE)
class RestoreLevel(layers.Layer):
    """Take back what :class:`WindowNorm` did: from [outputs, shift, scale] to scaled targets.

    Parameters
    ----------
    n_steps_out : int
        Steps of the horizon. Outputs hold all targets of the first step, then of the second, ...,
        each as often as it has quantiles.
    """

    def __init__(self, n_steps_out: int = 1, **options: Any) -> None:
        super().__init__(**options)
        self.n_steps_out = n_steps_out

    def call(self, inputs: Sequence[Any]) -> Any:
        """Scale and shift the outputs, in whatever shape they come."""
        outputs, shift, scale = inputs
        n_targets = shift.shape[2]
        by_target = ops.reshape(
            outputs,
            (-1, self.n_steps_out, n_targets, _size(outputs) // self.n_steps_out // n_targets),
        )
        restored = by_target * scale[..., None] + shift[..., None]
        return ops.reshape(restored, (-1, *outputs.shape[1:]))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the outputs."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """What the layer is made from."""
        return {**super().get_config(), "n_steps_out": self.n_steps_out}


@keras.saving.register_keras_serializable(_PACKAGE)
class LinearSkip(layers.Layer):
    """A linear map from all steps of a window to the outputs, which begins at zero.

    Parameters
    ----------
    shape : tuple of int
        Of the outputs of a sample.
    l2 : float, default=0.0
        Penalty on the squared weights.

    References
    ----------
    .. [1] Lai, G. et al. (2018). Modeling long- and short-term temporal patterns with deep neural
       networks. SIGIR 2018. The autoregressive part of their LSTNet.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm.remedies import LinearSkip
    >>> LinearSkip((2,))(np.ones([1, 3, 1])).numpy()
    array([[0., 0.]], dtype=float32)
    """

    def __init__(self, shape: Sequence[int] = (1,), l2: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.shape = tuple(shape)
        self.l2 = l2
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Make the weights."""
        n_inputs, n_outputs = input_shape[1] * input_shape[2], int(np.prod(self.shape))
        self.kernel = self.add_weight(
            shape=(n_inputs, n_outputs),
            initializer="zeros",
            regularizer=keras.regularizers.L2(self.l2) if self.l2 else None,
            name="kernel",
        )
        self.bias = self.add_weight(shape=(n_outputs,), initializer="zeros", name="bias")

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Map windows, in which masked steps are zero."""
        flat = ops.reshape(inputs, (-1, self.kernel.shape[0]))
        return ops.reshape(ops.matmul(flat, self.kernel) + self.bias, (-1, *self.shape))

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Outputs have no steps to mask."""

    def get_config(self) -> dict[str, Any]:
        """What the layer is made from."""
        return {**super().get_config(), "shape": self.shape, "l2": self.l2}


def _filled(history: Any, mask: Any) -> Any:
    """Masked steps hold the last known value before them, or the first after them."""
    n_steps = history.shape[1]
    steps = ops.arange(n_steps)
    known_first = ops.argsort(ops.where(mask, steps, steps + n_steps), axis=1)
    n_known = ops.cumsum(ops.cast(mask, "int32"), axis=1)
    latest = ops.take_along_axis(known_first, ops.maximum(n_known - 1, 0), axis=1)
    return ops.take_along_axis(history, latest[..., None], axis=1)


def _size(outputs: Any) -> int:
    return int(np.prod(outputs.shape[1:]))
