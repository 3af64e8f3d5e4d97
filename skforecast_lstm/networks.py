"""One pure builder per architecture: the shape of a window and of its target in, a Keras model out.

A builder takes ``input_shape`` = (n_steps_in, n_features), ``n_steps_out`` and ``n_targets``, and
whatever parameters of its estimator it names. It returns an uncompiled ``keras.Model`` whose output
is (n_steps_out * n_targets,) in time-major order, or (n_steps_out, n_targets).

One that names ``n_known_future`` gets the number of covariates that are known in advance. Where
there are any, the model has a second input, of shape (n_steps_out, n_known_future).
"""

from __future__ import annotations

from skforecast_lstm._pages import see

import skforecast_lstm._quiet  # noqa: F401  isort: skip  (before Keras)

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import layers

__all__ = [
    "build_bidirectional_lstm",
    "build_cnn_lstm",
    "build_conv_lstm",
    "build_encoder_decoder_lstm",
    "build_lstm",
    "build_one_to_many_lstm",
    "build_sequence_lstm",
]

# Units that read, at each step, what is known ahead of it.
_KNOWN_UNITS = 32
_CELLS = {"lstm": layers.LSTM, "gru": layers.GRU, "simple_rnn": layers.SimpleRNN}


def build_lstm(
    input_shape: tuple[int, int],
    n_steps_out: int,
    n_targets: int,
    *,
    n_known_future: int = 0,
    units: int | Sequence[int] = 50,
    activation: Any = "tanh",
    cell: str = "lstm",
    dropout: float = 0.0,
    recurrent_dropout: float = 0.0,
) -> keras.Model:
    """Recurrent layers, then every step and target at once from the last state of the top one."""
    inputs = keras.Input(input_shape, name="window")
    recurrent = _cell(cell, activation, dropout, recurrent_dropout)
    x = _stacked(inputs, units, recurrent)
    return _vector_output(inputs, x, n_steps_out, n_targets, n_known_future)


def build_bidirectional_lstm(
    input_shape: tuple[int, int],
    n_steps_out: int,
    n_targets: int,
    *,
    n_known_future: int = 0,
    units: int | Sequence[int] = 50,
    activation: Any = "tanh",
    cell: str = "lstm",
    dropout: float = 0.0,
    recurrent_dropout: float = 0.0,
) -> keras.Model:
    """Read the window in both directions."""
    inputs = keras.Input(input_shape, name="window")
    recurrent = _cell(cell, activation, dropout, recurrent_dropout)
    x = _stacked(inputs, units, recurrent, both_ways=True)
    return _vector_output(inputs, x, n_steps_out, n_targets, n_known_future)


def build_cnn_lstm(
    input_shape: tuple[int, int],
    n_steps_out: int,
    n_targets: int,
    *,
    n_known_future: int = 0,
    units: int | Sequence[int] = 50,
    n_seq: int | None = None,
    filters: int = 64,
    kernel_size: int = 1,
    pool_size: int = 2,
    activation: Any = "tanh",
    cell: str = "lstm",
    dropout: float = 0.0,
    recurrent_dropout: float = 0.0,
) -> keras.Model:
    """Convolve and pool each subsequence of the window, then read the subsequences in order.

    The time-distributed 1-D convolution is written as a 2-D one with a kernel of height one: the
    same numbers, without a loop over the subsequences.
    """
    n_steps_in, n_features = input_shape
    n_seq = split_window(n_steps_in, n_seq, kernel_size, pool_size)
    inputs = keras.Input(input_shape, name="window")
    x = layers.Reshape((n_seq, n_steps_in // n_seq, n_features))(inputs)
    x = layers.Conv2D(filters, (1, kernel_size), activation="relu")(x)
    x = layers.MaxPooling2D((1, pool_size))(x)
    x = layers.Reshape((n_seq, x.shape[2] * x.shape[3]))(x)
    x = _stacked(x, units, _cell(cell, activation, dropout, recurrent_dropout))
    return _vector_output(inputs, x, n_steps_out, n_targets, n_known_future)


def build_conv_lstm(
    input_shape: tuple[int, int],
    n_steps_out: int,
    n_targets: int,
    *,
    n_known_future: int = 0,
    filters: int = 64,
    n_seq: int | None = None,
    kernel_size: int = 2,
    activation: Any = "tanh",
    dropout: float = 0.0,
    recurrent_dropout: float = 0.0,
) -> keras.Model:
    """Convolve inside the recurrence: each subsequence is one step of a ConvLSTM."""
    n_steps_in, n_features = input_shape
    n_seq = split_window(n_steps_in, n_seq, kernel_size)
    inputs = keras.Input(input_shape, name="window")
    x = layers.Reshape((n_seq, 1, n_steps_in // n_seq, n_features))(inputs)
    x = layers.ConvLSTM2D(
        filters,
        (1, kernel_size),
        activation=_known(activation),
        dropout=dropout,
        recurrent_dropout=recurrent_dropout,
    )(x)
    return _vector_output(inputs, layers.Flatten()(x), n_steps_out, n_targets, n_known_future)


def build_encoder_decoder_lstm(
    input_shape: tuple[int, int],
    n_steps_out: int,
    n_targets: int,
    *,
    n_known_future: int = 0,
    units: int | Sequence[int] = 100,
    encoder: str = "lstm",
    attention: bool = False,
    filters: int = 64,
    kernel_size: int = 3,
    activation: Any = "tanh",
    cell: str = "lstm",
    dropout: float = 0.0,
    recurrent_dropout: float = 0.0,
) -> keras.Model:
    """Encode the window as one vector, then write the horizon step by step from it."""
    widths = _check_widths(units)
    recurrent = _cell(cell, activation, dropout, recurrent_dropout)
    inputs = keras.Input(input_shape, name="window")
    x = inputs
    if encoder == "cnn":
        for _ in range(2):
            x = layers.Conv1D(filters, kernel_size, padding="same", activation="relu")(x)
        encoded = layers.MaxPooling1D(2, padding="same")(x)
        summary = layers.Flatten()(encoded)
    else:
        both_ways = encoder == "bidirectional"
        encoded = summary = _stacked(x, units, recurrent, sequences=attention, both_ways=both_ways)
        if attention:
            summary = _last_state(encoded, widths[-1], encoder == "bidirectional")
    inputs, x = _beside_known(inputs, layers.RepeatVector(n_steps_out)(summary), n_known_future)
    x = recurrent(widths[-1], return_sequences=True)(x)
    if attention:
        keys = layers.Dense(widths[-1])(encoded)
        x = layers.Concatenate()([x, layers.Attention()([x, keys])])
    return keras.Model(inputs, layers.Dense(n_targets)(x))


def build_sequence_lstm(
    input_shape: tuple[int, int],
    n_steps_out: int,
    n_targets: int,
    *,
    n_known_future: int = 0,
    units: int | Sequence[int] = 50,
    delay: int = 0,
    activation: Any = "tanh",
    cell: str = "lstm",
    dropout: float = 0.0,
    recurrent_dropout: float = 0.0,
) -> keras.Model:
    """One output per step of the (delayed) window; as many as `y` has are kept, the last ones."""
    n_steps = input_shape[0] + delay
    if n_steps_out > n_steps:
        raise ValueError(
            f"y has n_steps_out={n_steps_out} steps, more than the {n_steps} outputs of the "
            f"sequence (n_steps_in={input_shape[0]} + delay={delay}). Lengthen the window, or let "
            f"the network read on with delay={n_steps_out - input_shape[0]}. {see('architectures')}"
        )
    inputs = keras.Input(input_shape, name="window")
    x = layers.ZeroPadding1D((0, delay))(inputs) if delay else inputs
    recurrent = _cell(cell, activation, dropout, recurrent_dropout)
    x = _stacked(x, units, recurrent, sequences=True)
    if n_steps_out < n_steps:
        x = layers.Cropping1D((n_steps - n_steps_out, 0))(x)
    return _output_by_step(inputs, x, n_targets, n_known_future)


def build_one_to_many_lstm(
    input_shape: tuple[int, int],
    n_steps_out: int,
    n_targets: int,
    *,
    n_known_future: int = 0,
    units: int | Sequence[int] = 50,
    activation: Any = "tanh",
    cell: str = "lstm",
    dropout: float = 0.0,
    recurrent_dropout: float = 0.0,
) -> keras.Model:
    """Repeat the input once per step of the horizon, and read it out step by step."""
    inputs = keras.Input(input_shape, name="window")
    x = layers.RepeatVector(n_steps_out)(layers.Flatten()(inputs))
    inputs, x = _beside_known(inputs, x, n_known_future)
    x = _stacked(x, units, _cell(cell, activation, dropout, recurrent_dropout), sequences=True)
    return keras.Model(inputs, layers.Dense(n_targets)(x))


def split_window(
    n_steps_in: int, n_seq: int | None, kernel_size: int, pool_size: int | None = None
) -> int:
    """Number of subsequences that a window is cut into, checked against what reads them.

    None chooses the smallest number above one that divides the window and leaves subsequences
    long enough, or one.
    """
    needed = kernel_size + (pool_size or 1) - 1
    divisors = [n for n in range(1, n_steps_in + 1) if n_steps_in % n == 0]
    if n_seq is None:
        n_seq = next((n for n in divisors[1:] if n_steps_in // n >= needed), 1)
    if n_seq not in divisors:
        raise ValueError(
            f"n_seq={n_seq} must divide the window: n_steps_in={n_steps_in} can be cut into "
            f"{divisors} subsequences. {see('architectures')}"
        )
    n_steps = n_steps_in // n_seq
    if n_steps < needed:
        pool = "" if pool_size is None else f" and pool_size={pool_size}"
        raise ValueError(
            f"kernel_size={kernel_size}{pool} need subsequences of at least {needed} steps, but "
            f"n_steps_in={n_steps_in} cut into n_seq={n_seq} leaves {n_steps}. Lower them, or give "
            f"a longer window. {see('architectures')}"
        )
    return n_seq


def _check_widths(units: int | Sequence[int]) -> Sequence[int]:
    """The width of each recurrent layer, from the window up."""
    widths = [units] if isinstance(units, int) else list(units)
    if widths and all(type(width) is int and width > 0 for width in widths):
        return widths
    raise ValueError(
        f"units must be a positive width, or one for each layer, at least one; got {units!r}."
    )


def _stacked(
    x: Any,
    units: int | Sequence[int],
    recurrent: Callable[..., keras.Layer],
    *,
    sequences: bool = False,
    both_ways: bool = False,
) -> Any:
    """What recurrent layers on top of one another have read at the end, or at each step."""
    widths = _check_widths(units)
    for depth, width in enumerate(widths, start=1):
        layer = recurrent(width, return_sequences=sequences or depth < len(widths))
        x = layers.Bidirectional(layer)(x) if both_ways else layer(x)
    return x


def _cell(cell: str, activation: Any, dropout: float, recurrent_dropout: float) -> Any:
    """The recurrent layer class with all but its width filled in."""
    activation = _known(activation)

    def layer(units: int, **options: Any) -> keras.Layer:
        return _CELLS[cell](
            units,
            activation=activation,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            **options,
        )

    return layer


def _known(activation: Any) -> Any:
    try:
        return keras.activations.get(activation)
    except ValueError as error:
        raise ValueError(
            f"activation={activation!r} must be a callable or a name that Keras knows, for example "
            f"'tanh' or 'relu'."
        ) from error


def _last_state(encoded: Any, units: int, is_bidirectional: bool) -> Any:
    """What the encoder knows at its end; backwards, its end is the first step."""
    if not is_bidirectional:
        return encoded[:, -1, :]
    return layers.Concatenate()([encoded[:, -1, :units], encoded[:, 0, units:]])


def _vector_output(
    window: Any, state: Any, n_steps_out: int, n_targets: int, n_known_future: int
) -> keras.Model:
    """Every step and target at once, from what has been read of the window and is known ahead."""
    outputs = layers.Dense(n_steps_out * n_targets)(state)
    if not n_known_future:
        return keras.Model(window, outputs)
    outputs = layers.Reshape((n_steps_out, n_targets))(outputs)
    return _with_known(window, outputs, layers.RepeatVector(n_steps_out)(state), n_known_future)


def _output_by_step(window: Any, states: Any, n_targets: int, n_known_future: int) -> keras.Model:
    """The targets of each step from what has been read until then and is known ahead."""
    outputs = layers.Dense(n_targets)(states)
    if not n_known_future:
        return keras.Model(window, outputs)
    return _with_known(window, outputs, states, n_known_future)


def _with_known(window: Any, outputs: Any, states: Any, n_known_future: int) -> keras.Model:
    """Outputs of each step, to which is added what the covariates change, at first nothing.

    The covariates of all steps change them linearly, those of the step depending on the state.
    """
    _, n_steps_out, n_targets = outputs.shape
    known = _known_input(n_steps_out, n_known_future)
    every = layers.Dense(n_steps_out * n_targets, kernel_initializer="zeros")
    linear = layers.Reshape((n_steps_out, n_targets))(every(layers.Flatten()(known)))
    read = layers.Dense(_KNOWN_UNITS, activation="relu")(layers.Concatenate()([states, known]))
    change = layers.Dense(n_targets, kernel_initializer="zeros")(read)
    return keras.Model((window, known), layers.Add()([outputs, linear, change]))


def _beside_known(window: Any, sequence: Any, n_known_future: int) -> tuple[Any, Any]:
    """The inputs of a model, and what its decoder reads: at each step also the covariates of it."""
    if not n_known_future:
        return window, sequence
    known = _known_input(sequence.shape[1], n_known_future)
    return (window, known), layers.Concatenate()([sequence, known])


def _known_input(n_steps_out: int, n_known_future: int) -> Any:
    return keras.Input((n_steps_out, n_known_future), name="known_future")
