"""Keras layers and losses: windows normalised by themselves, ways past a network, heads."""

from __future__ import annotations

import skforecast_lstm._quiet  # noqa: F401  isort: skip  (before Keras)

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from skforecast_lstm._season import same_season

__all__ = [
    "ClassProbabilities",
    "LinearSkip",
    "MemberAverage",
    "QuantileLoss",
    "RestoreLevel",
    "Share",
    "WindowNorm",
]

_PACKAGE = "skforecast_lstm"
# Part of a window's scale that does not come from the window, in units of the scaled target.
_MIN_SCALE = 0.1
# The logit of a class that a label does not have; it fits 16 bits.
_NEVER = -3e4


@keras.saving.register_keras_serializable(_PACKAGE)
class MemberAverage(layers.Layer):
    """The mean of the first axis of an output, that of the members of an ensemble."""

    def call(self, inputs: Any) -> Any:
        """Average the outputs of each sample."""
        return ops.mean(inputs, axis=1)


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
    Its weights are not trained. They convert the units of the features to those of the scaled
    targets. The layer returns four tensors:

    - the normalised window;
    - the shift, of shape (n_samples, n_steps_out or 1, n_targets), for :class:`RestoreLevel`;
    - the scale, of shape (n_samples, 1, n_targets), for :class:`RestoreLevel`;
    - the level, of shape (n_samples, 1, 2 * n_targets), for a linear part: one over the scale, and
      the shift over the scale.

    References
    ----------
    .. [1] Kim, T. et al. (2022). Reversible instance normalization for accurate time-series
       forecasting against distribution shift. ICLR 2022.
    .. [2] Zeng, A. et al. (2023). Are transformers effective for time series forecasting? AAAI
       2023. Their NLinear is "last" with a linear map.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm.layers import RestoreLevel, WindowNorm
    >>> window = np.array([[[10.0], [20.0], [30.0]]])
    >>> normalised, shift, scale, level = WindowNorm("mean")(window)
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

    def call(self, inputs: Any, mask: Any = None) -> tuple[Any, Any, Any, Any]:
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
        level = ops.concatenate([1 / scale, shift / scale], axis=2)
        if self.kind == "seasonal":
            ahead = self.lead + np.arange(self.n_steps_out)
            steps = inputs.shape[1] + same_season(ahead, self.season_length)
            shift = ops.take(history, steps, axis=1)
        return self._replace(inputs, normalised), shift, scale, level

    def _replace(self, inputs: Any, history: Any) -> Any:
        """The window with its targets' history replaced; in the same order."""
        n_targets, n_features = len(self.columns), inputs.shape[2]
        if n_features == 1:
            return history
        order = [
            self.columns.index(i) if i in self.columns else n_targets + i for i in range(n_features)
        ]
        return ops.take(ops.concatenate([history, inputs], axis=2), order, axis=2)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Those of the window, the shift, the scale and the level."""
        n_samples, n_targets = input_shape[0], len(self.columns)
        n_shifts = self.n_steps_out if self.kind == "seasonal" else 1
        one = n_samples, 1, n_targets
        return input_shape, (n_samples, n_shifts, n_targets), one, (n_samples, 1, 2 * n_targets)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The window's mask goes on; shift, scale and level have none."""
        return mask, None, None, None

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
            (
                -1,
                self.n_steps_out,
                n_targets,
                _size(outputs.shape) // self.n_steps_out // n_targets,
            ),
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

    It reads the level of the window and what is known ahead, too, where it gets them.

    Parameters
    ----------
    shape : tuple of int
        Of the outputs of a sample.

    References
    ----------
    .. [1] Lai, G. et al. (2018). Modeling long- and short-term temporal patterns with deep neural
       networks. SIGIR 2018. The autoregressive part of their LSTNet.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm.layers import LinearSkip
    >>> LinearSkip((2,))(np.ones([1, 3, 1])).numpy()
    array([[0., 0.]], dtype=float32)
    """

    def __init__(self, shape: Sequence[int] = (1,), **options: Any) -> None:
        super().__init__(**options)
        self.shape = tuple(shape)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Make the weights."""
        shapes = [input_shape] if isinstance(input_shape[0], (int, type(None))) else input_shape
        n_inputs, n_outputs = sum(_size(shape) for shape in shapes), _size((None, *self.shape))
        self.kernel = self.add_weight(
            shape=(n_inputs, n_outputs),
            initializer="zeros",
            name="kernel",
        )
        self.bias = self.add_weight(shape=(n_outputs,), initializer="zeros", name="bias")

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Map windows, in which masked steps are zero."""
        parts = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        flat = [ops.reshape(part, (-1, _size(part.shape))) for part in parts]
        flat = flat[0] if len(flat) == 1 else ops.concatenate(flat, axis=1)
        return ops.reshape(ops.matmul(flat, self.kernel) + self.bias, (-1, *self.shape))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the outputs: without it Keras would trace the map to see it."""
        shape = input_shape if isinstance(input_shape[0], (int, type(None))) else input_shape[0]
        return shape[0], *self.shape

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Outputs have no steps to mask."""

    def get_config(self) -> dict[str, Any]:
        """What the layer is made from."""
        return {**super().get_config(), "shape": self.shape}


@keras.saving.register_keras_serializable(_PACKAGE)
class Share(layers.Layer):
    """How much of a network's output is added to the linear part: a number that is not trained.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm.layers import Share
    >>> Share()(np.ones([1, 2])).numpy()
    array([[1., 1.]], dtype=float32)
    """

    def build(self, input_shape: Any) -> None:
        """Make the weight: all of it, until told."""
        self.share = self.add_weight(shape=(), initializer="ones", trainable=False, name="share")

    def call(self, inputs: Any) -> Any:
        """Take so much of the outputs."""
        return inputs * self.share

    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the outputs."""
        return input_shape


@keras.saving.register_keras_serializable(_PACKAGE)
class ClassProbabilities(layers.Layer):
    """Probabilities of the labels of a row, from what a network puts out for them.

    If all labels have two classes, the network gives one number for each label, the logit of the
    second class. Otherwise it gives as many numbers for each label as the label with most classes
    has. The softmax of a label leaves out the numbers of classes that it does not have.

    Parameters
    ----------
    n_classes : sequence of int
        Classes of each label of a row, at least two.

    Notes
    -----
    It returns probabilities of shape (n_samples, n_labels, 1), those of the second class, or
    (n_samples, n_labels, n_most); of one label without the axis for it.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm.layers import ClassProbabilities
    >>> ClassProbabilities([2])(np.array([[0.0]])).numpy()
    array([[0.5]], dtype=float32)
    >>> ClassProbabilities([3, 2])(np.zeros((1, 6))).numpy().round(2)
    array([[[0.33, 0.33, 0.33],
            [0.5 , 0.5 , 0.  ]]], dtype=float32)
    """

    def __init__(self, n_classes: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.n_classes = tuple(n_classes)
        most = max(self.n_classes)
        self._width = 1 if most == 2 else most
        n_labels = len(self.n_classes)
        self._shape = (self._width,) if n_labels == 1 else (n_labels, self._width)

    def call(self, inputs: Any) -> Any:
        """Turn outputs of shape (n_samples, ...) into probabilities."""
        logits = ops.reshape(inputs, (-1, *self._shape))
        if self._width == 1:
            return keras.activations.sigmoid(logits)
        if min(self.n_classes) < self._width:
            is_none = np.arange(self._width) >= np.reshape(self.n_classes, (-1, 1))
            logits = ops.where(is_none, ops.cast(_NEVER, logits.dtype), logits)
        return keras.activations.softmax(logits)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the probabilities."""
        return input_shape[0], *self._shape

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Skip the labels of steps that are skipped, where a network has an output for each."""
        n_labels = len(self.n_classes)
        if previous_mask is None or n_labels % previous_mask.shape[1]:
            return None
        return ops.repeat(previous_mask, n_labels // previous_mask.shape[1], axis=1)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer."""
        return {**super().get_config(), "n_classes": self.n_classes}


@keras.saving.register_keras_serializable(_PACKAGE)
class QuantileLoss(keras.losses.Loss):
    """Mean pinball loss of a network that predicts several quantiles of each target.

    Parameters
    ----------
    quantiles : sequence of float
        The quantiles, which follow one another in the last axis of the output.
    name, reduction : str
        As Keras has them.
    """

    def __init__(
        self,
        quantiles: Sequence[float] = (0.5,),
        name: str = "quantile_loss",
        reduction: str = "sum_over_batch_size",
    ) -> None:
        super().__init__(name=name, reduction=reduction)
        self.quantiles = tuple(quantiles)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Loss of each sample (and step); the truth stands beside each of its quantiles."""
        n_repeats = y_pred.shape[-1] // len(self.quantiles)
        levels = ops.convert_to_tensor(self.quantiles * n_repeats, dtype=y_pred.dtype)
        error = ops.cast(y_true, y_pred.dtype) - y_pred
        return ops.mean(ops.maximum(levels * error, (levels - 1) * error), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """What the loss is made from."""
        return {"name": self.name, "reduction": self.reduction, "quantiles": self.quantiles}


def _filled(history: Any, mask: Any) -> Any:
    """Masked steps hold the last known value before them, or the first after them."""
    n_steps = history.shape[1]
    steps = ops.arange(n_steps)
    known_first = ops.argsort(ops.where(mask, steps, steps + n_steps), axis=1)
    n_known = ops.cumsum(ops.cast(mask, "int32"), axis=1)
    latest = ops.take_along_axis(known_first, ops.maximum(n_known - 1, 0), axis=1)
    return ops.take_along_axis(history, latest[..., None], axis=1)


def _size(shape: Sequence[Any]) -> int:
    """Numbers per sample."""
    return int(np.prod(shape[1:]))
