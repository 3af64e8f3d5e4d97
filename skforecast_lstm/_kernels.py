"""TensorFlow's fused CPU kernel for LSTM layers, which Keras does not use."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.eager import context

from skforecast_lstm._keras_private import is_called, layers_of

__all__ = [
    "device",
    "for_many_samples",
    "has_fused_layers",
    "largest_output",
    "loops_over_steps",
    "use_fused_kernels",
]

# From so many units on, a loop in the graph trains faster than the kernel.
_MIN_LOOP_UNITS = 128

# Whether a graph is made for many samples.
_many: ContextVar[bool] = ContextVar("many", default=False)


def use_fused_kernels(model: keras.Model) -> None:
    """Let the LSTM layers of a model run all steps of a window in one operation.

    Keras loops over the steps, with some sixty operations for each, forwards and backwards. The
    numbers are the same to rounding. Layers that the kernel cannot run (other activations, no bias,
    recurrent dropout) stay as they are, and so do masked sequences. There is no such kernel for
    other devices than a CPU: there, Keras has a better one.

    Parameters
    ----------
    model : keras.Model
        Changed in place; its configuration and weights are not.
    """
    if not device().endswith("CPU"):
        return
    for layer in layers_of(model):
        if _is_fusible(layer):
            layer.inner_loop = functools.partial(_inner_loop, layer)


@contextlib.contextmanager
def for_many_samples() -> Iterator[None]:
    """Predict, in graphs that are made in here, with what is fast for hundreds of samples."""
    token = _many.set(True)
    try:
        yield
    finally:
        _many.reset(token)


def device() -> str:
    """The kind of device that operations run on: that of a ``tf.device``, or what there is."""
    scope = context.context().device_name  # of this thread; there is no public way to ask
    if scope:
        return str(tf.DeviceSpec.from_string(scope).device_type or "CPU")
    return min(
        {found.device_type for found in tf.config.get_visible_devices()} - {"CPU"} or {"CPU"}
    )


def loops_over_steps(model: keras.Model) -> bool:
    """Tell whether a recurrent layer would still loop over the steps of a window.

    Those of a ConvLSTM are few, and its convolutions gain nothing from XLA.
    """
    cells = keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN
    recurrent = [layer for layer in layers_of(model) if isinstance(layer, cells)]
    return not all(map(_is_fusible, recurrent))


def has_fused_layers(model: keras.Model) -> bool:
    """Tell whether a layer runs all steps of a window in one operation, or in large products."""
    return any(
        isinstance(getattr(layer, "inner_loop", None), functools.partial)
        for layer in layers_of(model)
    )


def largest_output(model: keras.Model) -> int:
    """How many numbers of each sample the widest layer takes or puts out."""
    tensors = [
        tensor
        for layer in layers_of(model)
        if is_called(layer)
        for tensor in tf.nest.flatten([layer.input, layer.output])
    ]
    return max(math.prod(n or 1 for n in tensor.shape[1:]) for tensor in tensors)


def _is_fusible(layer: keras.Layer) -> bool:
    return (
        type(layer) is keras.layers.LSTM
        and layer.cell.use_bias
        and not layer.recurrent_dropout
        and layer.cell.activation is keras.activations.tanh
        and layer.cell.recurrent_activation is keras.activations.sigmoid
        and layer.compute_dtype == "float32"
    )


def _inner_loop(
    layer: keras.layers.LSTM, sequences: Any, initial_state: Any, mask: Any, training: bool = False
) -> tuple[Any, Any, list[Any]]:
    """What ``LSTM.inner_loop`` returns: last output, all outputs, and the states.

    The batch is cut in two halves that run side by side: always, whatever the cores, so that the
    numbers do not depend on them.
    """
    if mask is not None:
        return type(layer).inner_loop(layer, sequences, initial_state, mask, training=training)
    if training and layer.dropout:
        mask_of_inputs = layer.cell.get_dropout_mask(sequences[:, 0, :])
        sequences *= tf.expand_dims(mask_of_inputs, axis=1)
    if layer.go_backwards:
        sequences = tf.reverse(sequences, axis=[1])
    loops = layer.units >= _MIN_LOOP_UNITS if training else _many.get()
    run = functools.partial(_loop_over_columns, keeps=training) if loops else _run_kernel
    outputs, h, c = run(layer, sequences, *initial_state)
    return h, outputs if layer.return_sequences else h[:, tf.newaxis], [h, c]


# --- TensorFlow's kernel: all steps in one operation, on one core -------------------------------


def _run_kernel(
    layer: keras.layers.LSTM, sequences: tf.Tensor, h: tf.Tensor, c: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Outputs of all steps, and the last states."""
    cell = layer.cell
    steps = tf.transpose(sequences, [1, 0, 2])
    kernel = tf.concat([tf.convert_to_tensor(cell.kernel), cell.recurrent_kernel], axis=0)
    weights = _reorder(kernel), _reorder(tf.convert_to_tensor(cell.bias))
    n_samples = tf.shape(steps)[1]
    # The kernel leaves the gradient of an empty half unset, and complains, in a line per batch, of
    # an odd number of samples: there are further samples of zeros, until both halves are even.
    steps, h, c = (_padded(x, axis, 4) for x, axis in ((steps, 1), (h, 0), (c, 0)))
    halves = (tf.split(x, 2, axis) for x, axis in ((steps, 1), (h, 0), (c, 0)))
    runs = [_block_lstm(*weights, *half) for half in zip(*halves, strict=True)]
    outputs = tf.concat([run.h for run in runs], axis=1)[:, :n_samples]
    return (
        tf.transpose(outputs, [1, 0, 2]),
        outputs[-1],
        tf.concat([run.cs[-1] for run in runs], axis=0)[:n_samples],
    )


def _block_lstm(
    kernel: tf.Tensor, bias: tf.Tensor, steps: tf.Tensor, h: tf.Tensor, c: tf.Tensor
) -> Any:
    """States and gates of every step, each of shape (n_steps, n_samples, units)."""
    no_peephole = tf.zeros([h.shape[1]])
    return tf.raw_ops.BlockLSTM(
        seq_len_max=tf.shape(steps, out_type=tf.int64)[0],
        x=steps,
        h_prev=h,
        cs_prev=c,
        w=kernel,
        b=bias,
        wci=no_peephole,
        wcf=no_peephole,
        wco=no_peephole,
        forget_bias=0.0,  # it is in the bias of a Keras layer
        cell_clip=-1.0,
        use_peephole=False,
    )


def _reorder(weights: tf.Tensor) -> tf.Tensor:
    """Gates in the kernel's order (input, cell, forget, output) from Keras' (i, f, c, o)."""
    i, f, c, o = tf.split(weights, 4, axis=-1)
    return tf.concat([i, c, f, o], axis=-1)


# --- a loop in the graph: large products, on all cores -------------------------------------------
#
# A sample is a column, so the gates of a step are blocks of rows, which TensorFlow cuts out without
# copying. Weights are (4 * units, n_features + 1 + units): gates in the order input, forget,
# output, cell; inputs in the order features, one (for the bias), outputs of the step before.


def _loop_over_columns(
    layer: keras.layers.LSTM, sequences: tf.Tensor, h: tf.Tensor, c: tf.Tensor, *, keeps: bool
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Outputs of all steps, or of the last if the layer returns no others, and the last states.

    With `keeps`, for training: each step keeps what its gradient needs.
    """
    cell = layer.cell
    weights = tf.concat([cell.kernel, cell.bias[tf.newaxis], cell.recurrent_kernel], axis=0)
    i, f, new, o = tf.split(tf.transpose(weights), 4, axis=0)
    weights = tf.concat([i, f, o, new], axis=0)
    n_samples = tf.shape(sequences)[0]
    steps = tf.transpose(sequences, [1, 2, 0])
    # Rows of a length that is aligned in memory can be cut apart without a copy.
    steps, h, c = (_padded(x, -1, 32) for x in (steps, tf.transpose(h), tf.transpose(c)))
    halves = (tf.split(x, 2, axis=-1) for x in (steps, h, c))
    run = functools.partial(_train_columns if keeps else _columns, layer.return_sequences)
    runs = [run(weights, *half)[:3] for half in zip(*halves, strict=True)]
    # TensorFlow would take the last of several transpositions into the product that reads it, and
    # its digits would depend on threads: so the halves are joined afterwards.
    turned = [
        (tf.transpose(outputs, [2, 0, 1]), tf.transpose(h), tf.transpose(c))
        for outputs, h, c in runs
    ]
    outputs, h, c = (tf.concat(parts, axis=0)[:n_samples] for parts in zip(*turned, strict=True))
    return outputs, h, c


def _columns(
    is_all: bool,
    weights: tf.Tensor,
    steps: tf.Tensor,
    h: tf.Tensor,
    c: tf.Tensor,
    *,
    keeps: bool = False,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, list[tf.TensorArray]]:
    """Outputs (n_steps, units, n_samples), last states, and what the steps have kept."""
    n_steps, units = tf.shape(steps)[0], h.shape[0]
    one = tf.ones_like(h[:1])

    def step(
        t: tf.Tensor, h: tf.Tensor, c: tf.Tensor, outputs: list, kept: list
    ) -> tuple[Any, ...]:
        inputs = tf.concat([tf.gather(steps, t), one, h], axis=0)
        gates, new = tf.split(tf.matmul(weights, inputs), [3 * units, units], axis=0)
        gates, new = tf.sigmoid(gates), tf.tanh(new)
        i, f, o = tf.split(gates, 3, axis=0)
        c_new = f * c + i * new
        c_out = tf.tanh(c_new)
        h = o * c_out
        values = inputs, gates, new, c, c_out
        kept = [array.write(t, value) for array, value in zip(kept, values, strict=False)]
        return t + 1, h, c_new, [array.write(t, h) for array in outputs], kept

    sizes = [weights.shape[1], 3 * units, units, units, units] if keeps else []
    outputs = [_array(n_steps, units)] * is_all
    start = 0, h, c, outputs, [_array(n_steps, size) for size in sizes]
    _, h, c, outputs, kept = tf.while_loop(lambda t, *_: t < n_steps, step, start)
    return outputs[0].stack() if is_all else h[tf.newaxis], h, c, kept


def _train_columns(is_all: bool, *inputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """`_columns`, with a gradient of its own."""

    @tf.custom_gradient
    def run(weights: tf.Tensor, steps: tf.Tensor, h: tf.Tensor, c: tf.Tensor) -> tuple[Any, Any]:
        outputs, h_last, c_last, kept = _columns(is_all, weights, steps, h, c, keeps=True)

        def gradient(
            outputs_grad: tf.Tensor, h_grad: tf.Tensor, c_grad: tf.Tensor
        ) -> tuple[tf.Tensor, ...]:
            return _columns_back(is_all, weights, steps, kept, outputs_grad, h_grad, c_grad)

        return (outputs, h_last, c_last), gradient

    return run(*inputs)


def _columns_back(
    is_all: bool,
    weights: tf.Tensor,
    steps: tf.Tensor,
    kept: list[tf.TensorArray],
    outputs_grad: tf.Tensor,
    h_grad: tf.Tensor,
    c_grad: tf.Tensor,
) -> tuple[tf.Tensor, ...]:
    """Gradients of the weights, the steps and the first states."""
    n_steps, n_features = tf.shape(steps)[0], steps.shape[1]
    units = h_grad.shape[0]
    slope = tf.raw_ops.SigmoidGrad

    def step(t: tf.Tensor, dh: tf.Tensor, dc: tf.Tensor, sums: tf.Tensor, dx: Any) -> tuple:
        inputs, gates, new, c_before, c_out = (array.read(t) for array in kept)
        i, f, o = tf.split(gates, 3, axis=0)
        if is_all:
            dh += tf.gather(outputs_grad, t)
        dc += tf.raw_ops.TanhGrad(y=c_out, dy=dh * o)
        parts = [
            slope(y=i, dy=dc * new),
            slope(y=f, dy=dc * c_before),
            slope(y=o, dy=dh * c_out),
            tf.raw_ops.TanhGrad(y=new, dy=dc * i),
        ]
        d_gates = tf.concat(parts, axis=0)
        sums += tf.matmul(d_gates, inputs, transpose_b=True)
        d_inputs = tf.matmul(weights, d_gates, transpose_a=True)
        d_step, _, dh = tf.split(d_inputs, [n_features, 1, units], axis=0)
        return t - 1, dh, dc * f, sums, dx.write(t, d_step)

    if not is_all:
        h_grad += outputs_grad[0]
    start = n_steps - 1, h_grad, c_grad, tf.zeros_like(weights), _array(n_steps, n_features)
    _, dh, dc, sums, dx = tf.while_loop(lambda t, *_: t >= 0, step, start)
    return sums, dx.stack(), dh, dc


def _array(size: tf.Tensor, n_rows: int) -> tf.TensorArray:
    shape = [n_rows, None]
    return tf.TensorArray(tf.float32, size=size, clear_after_read=False, element_shape=shape)


def _padded(x: tf.Tensor, axis: int, multiple: int) -> tf.Tensor:
    """With zeros at the end of an axis, up to a multiple of so many."""
    n_more = tf.math.floormod(-tf.shape(x)[axis], multiple)
    paddings = [[0, 0]] * x.shape.rank
    paddings[axis] = [0, n_more]
    return tf.pad(x, paddings)
