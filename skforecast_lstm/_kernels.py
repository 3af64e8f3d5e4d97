"""TensorFlow's fused CPU kernel for LSTM layers, which Keras does not use."""

from __future__ import annotations

import functools
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.eager import context

__all__ = ["device", "loops_over_steps", "use_fused_kernels"]

# From so many units on, the kernel's own gradient waits for threads in every step.
_MIN_LOOP_UNITS = 128


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
    for layer in model._flatten_layers():
        if _is_fusible(layer):
            layer.inner_loop = functools.partial(_inner_loop, layer)


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
    recurrent = [layer for layer in model._flatten_layers() if isinstance(layer, cells)]
    return not all(map(_is_fusible, recurrent))


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

    The kernel runs on one core. So the batch is cut in two halves that run side by side: always,
    whatever the cores, so that the numbers do not depend on them.
    """
    cell = layer.cell
    if mask is not None:
        return type(layer).inner_loop(layer, sequences, initial_state, mask, training=training)
    if training and layer.dropout:
        sequences *= tf.expand_dims(cell.get_dropout_mask(sequences[:, 0, :]), axis=1)
    steps = tf.transpose(sequences, [1, 0, 2])
    if layer.go_backwards:
        steps = tf.reverse(steps, axis=[0])
    kernel = tf.concat([tf.convert_to_tensor(cell.kernel), cell.recurrent_kernel], axis=0)
    weights = _reorder(kernel), _reorder(tf.convert_to_tensor(cell.bias))
    n_samples = tf.shape(steps)[1]
    # The kernel leaves the gradient of an empty half unset, and complains, in a line per batch, of
    # an odd number of samples: there are further samples of zeros, until both halves are even.
    n_more = tf.math.floormod(-n_samples, 4)
    steps = tf.pad(steps, [[0, 0], [0, n_more], [0, 0]])
    initial_state = [tf.pad(x, [[0, n_more], [0, 0]]) for x in initial_state]
    n_half = (n_samples + n_more) // 2
    sizes = [n_half, n_half]
    halves = [tf.split(steps, sizes, axis=1), *(tf.split(x, sizes) for x in initial_state)]
    run = _run_kernel if layer.units < _MIN_LOOP_UNITS else _run_kernel_loop_back
    (h1, c1), (h2, c2) = (run(*weights, *(x[half] for x in halves)) for half in (0, 1))
    states = [tf.concat(pair, axis=0)[:n_samples] for pair in ((h1[-1], h2[-1]), (c1, c2))]
    outputs = tf.concat([h1, h2], axis=1)[:, :n_samples]
    return states[0], tf.transpose(outputs, [1, 0, 2]), states


def _run_kernel(*inputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Outputs (n_steps, n_samples, units) and last cell state of the kernel."""
    run = _block_lstm(*inputs)
    return run.h, run.cs[-1]


@tf.custom_gradient
def _run_kernel_loop_back(
    kernel: tf.Tensor, bias: tf.Tensor, steps: tf.Tensor, h: tf.Tensor, c: tf.Tensor
) -> tuple[tuple[tf.Tensor, tf.Tensor], Any]:
    """`_run_kernel`, with a gradient that loops over the steps in the graph.

    Its products run in TensorFlow's own matrix multiplication, those of the weights beside the
    recurrence.
    """
    run = _block_lstm(kernel, bias, steps, h, c)
    n_steps, n_features = tf.shape(steps)[0], steps.shape[2]
    no_peephole = tf.zeros([h.shape[1]])

    def gradient(h_grads: tf.Tensor, c_grad: tf.Tensor) -> tuple[tf.Tensor, ...]:
        h_before, c_before = (
            tf.concat([first[tf.newaxis], later[:-1]], axis=0)
            for first, later in ((h, run.h), (c, run.cs))
        )
        # What each step multiplies its weights with; the bias, with one.
        inputs = tf.concat([steps, h_before, tf.ones_like(steps[..., :1])], axis=2)

        def back(
            t: tf.Tensor, dh: tf.Tensor, dc: tf.Tensor, weights: tf.Tensor, xs: tf.TensorArray
        ) -> tuple:
            step = tf.raw_ops.LSTMBlockCellGrad(
                x=steps[t],
                cs_prev=c_before[t],
                h_prev=h,  # of which it reads no more than the shape
                w=kernel,
                wci=no_peephole,
                wcf=no_peephole,
                wco=no_peephole,
                b=bias,
                i=run.i[t],
                cs=run.cs[t],
                f=run.f[t],
                o=run.o[t],
                ci=run.ci[t],
                co=run.co[t],
                cs_grad=dc,
                h_grad=h_grads[t] + dh,
                use_peephole=False,
            )
            dx, dh = tf.split(
                tf.matmul(step.dicfo, kernel, transpose_b=True), [n_features, h.shape[1]], axis=1
            )
            weights += tf.matmul(inputs[t], step.dicfo, transpose_a=True)
            return t - 1, dh, step.cs_prev_grad, weights, xs.write(t, dx)

        start = (
            n_steps - 1,
            tf.zeros_like(h),
            c_grad,
            tf.zeros([inputs.shape[2], kernel.shape[1]]),
            tf.TensorArray(tf.float32, size=n_steps, element_shape=[None, n_features]),
        )
        _, dh, dc, weights, xs = tf.while_loop(lambda t, *_: t >= 0, back, start)
        return weights[:-1], weights[-1], xs.stack(), dh, dc

    return (run.h, run.cs[-1]), gradient


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
