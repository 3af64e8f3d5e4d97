"""The layers and losses: exactly reversible, and naive where they say nothing."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from skforecast_lstm.layers import (
    _MIN_SCALE,
    ClassProbabilities,
    LinearSkip,
    RestoreLevel,
    Share,
    WindowNorm,
)

NORMS = ["standard", "mean", "last", "seasonal"]
each_norm = pytest.mark.parametrize("kind", NORMS)


def walk(n_rows, n_columns=1, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_rows, n_columns)).cumsum(axis=0)


def season_before(history, season_length, n_steps_out, lead):
    """What was one season, or as many as it takes, before each target: counted back by hand."""
    last = history.shape[1] - 1
    rows = [last + lead + step for step in range(n_steps_out)]
    while max(rows) > last:
        rows = [row - season_length if row > last else row for row in rows]
    return history[:, rows]


# --- the layers ----------------------------------------------------------------------------------


@each_norm
@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    level=st.floats(-1e3, 1e3),
    spread=st.floats(1e-3, 1e3),
    columns=st.permutations(range(3)),
    n_targets=st.integers(1, 3),
)
def test_the_norm_is_exactly_reversible(kind, seed, level, spread, columns, n_targets):
    rng = np.random.default_rng(seed)
    columns = columns[:n_targets]
    inputs = (level + spread * rng.normal(size=(5, 8, 3))).astype(np.float32)
    to_scale, to_offset = rng.normal(size=(2, n_targets)).astype(np.float32)
    norm = WindowNorm(kind, columns, n_steps_out=8, lead=1, season_length=8)
    norm.build(inputs.shape)
    norm.set_weights([to_scale, to_offset])
    window, shift, scale, _ = (part.numpy() for part in norm(inputs))
    others = [column for column in range(3) if column not in columns]
    np.testing.assert_array_equal(window[..., others], inputs[..., others])
    history = to_offset + to_scale * inputs[..., columns].astype(np.float64)
    if kind == "seasonal":  # its network says the departure from a season before: all the window
        np.testing.assert_allclose(shift, history, rtol=1e-5, atol=1e-6 * np.abs(history).max())
        shift = shift[:, -1:]
    # Of a window as long as the horizon: the output that is its normalised history.
    restored = RestoreLevel(8)([window[..., columns], np.broadcast_to(shift, scale.shape), scale])
    rounding = 1e-6 * np.abs(history).max()
    np.testing.assert_allclose(restored, history, atol=rounding)


@each_norm
def test_windows_are_shifted_and_scaled_by_what_is_in_them(kind):
    inputs = np.float32([100, -3]) + walk(30, 2).reshape(5, 6, 2).astype(np.float32)
    window, shift, scale, _ = WindowNorm(kind, (1,), season_length=3)(inputs)
    history = inputs[..., 1:].astype(np.float64)
    mean, last = history.mean(axis=1, keepdims=True), history[:, -1:]
    deviation = np.sqrt(history.var(axis=1, keepdims=True) + _MIN_SCALE**2)
    expected = {
        "standard": (mean, deviation, mean),
        "mean": (mean, 1, mean),
        "last": (last, 1, last),
        "seasonal": (last, deviation, history[:, -3:-2]),
    }
    centre, spread, level = expected[kind]
    np.testing.assert_allclose(window[..., 1:], (history - centre) / spread, atol=1e-5)
    np.testing.assert_allclose(scale, np.broadcast_to(spread, (5, 1, 1)), rtol=1e-5)
    np.testing.assert_allclose(shift, level, rtol=1e-6)


@pytest.mark.parametrize("season_length", [1, 3, 4, 6])
@pytest.mark.parametrize("n_steps_out", [1, 2, 9])
@pytest.mark.parametrize("lead", [0, 1, 3])
def test_a_zero_output_is_the_seasonal_naive_forecast(lead, n_steps_out, season_length):
    inputs = walk(60, 2).reshape(5, 12, 2).astype(np.float32)[:, -6:]
    norm = WindowNorm("seasonal", (1, 0), n_steps_out, lead, season_length)
    _, shift, scale, _ = norm(inputs)
    zeros = np.zeros((5, n_steps_out * 2), np.float32)
    restored = RestoreLevel(n_steps_out)([zeros, shift, scale])
    expected = season_before(inputs[..., [1, 0]], season_length, n_steps_out, lead)
    np.testing.assert_array_equal(restored, expected.reshape(5, -1))


@pytest.mark.parametrize("lead", [0, 1, 3])
def test_a_zero_output_is_the_naive_forecast(lead):
    inputs = walk(30, 2).reshape(5, 6, 2).astype(np.float32)
    _, shift, scale, _ = WindowNorm("last", (0, 1), 3, lead)(inputs)
    restored = RestoreLevel(3)([np.zeros((5, 3, 2), np.float32), shift, scale])
    np.testing.assert_array_equal(restored, inputs[:, [-1, -1, -1]])


@pytest.mark.parametrize("n_quantiles", [1, 3])
@pytest.mark.parametrize("is_flat", [True, False])
def test_every_output_comes_back_to_its_own_target(n_quantiles, is_flat):
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=(4, 2, 3 * n_quantiles)).astype(np.float32)
    shift = rng.normal(size=(4, 2, 3)).astype(np.float32)
    scale = rng.normal(size=(4, 1, 3)).astype(np.float32)
    expected = np.empty(outputs.shape)
    for sample, step, target, quantile in np.ndindex(4, 2, 3, n_quantiles):
        output = target * n_quantiles + quantile
        expected[sample, step, output] = (
            outputs[sample, step, output] * scale[sample, 0, target] + shift[sample, step, target]
        )
    if is_flat:
        outputs, expected = outputs.reshape(4, -1), expected.reshape(4, -1)
    np.testing.assert_allclose(RestoreLevel(2)([outputs, shift, scale]), expected, rtol=1e-5)


@each_norm
def test_a_window_that_stands_still_is_finite_and_so_are_its_gradients(kind):
    inputs = tf.constant(np.full((2, 6, 1), 1e4, np.float32))
    norm = WindowNorm(kind, n_steps_out=2, season_length=4)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        window, shift, scale, _ = norm(inputs)
        restored = RestoreLevel(2)([window[:, :2, 0], shift, scale])
    np.testing.assert_array_equal(window, np.zeros((2, 6, 1)))
    np.testing.assert_array_equal(restored, np.full((2, 2), 1e4))
    assert np.isfinite(tape.gradient(restored, inputs)).all()


MASK = np.array(
    [
        [True] * 6,
        [False, False, True, True, True, True],
        [True, False, True, True, False, True],
        [True, True, True, False, True, False],
        [False, False, False, False, True, False],
    ]
)


@each_norm
@pytest.mark.parametrize("masked", [0.0, np.finfo(np.float32).min])
def test_masked_steps_count_for_nothing(kind, masked):
    rng = np.random.default_rng(0)
    inputs = rng.normal(5, 3, size=(5, 6, 2)).astype(np.float32)
    inputs[~MASK] = masked
    norm = WindowNorm(kind, (1, 0), n_steps_out=3, season_length=4)
    norm.build(inputs.shape)
    norm.set_weights([np.float32([10, 2]), np.float32([1, -1])])
    window, shift, scale, _ = (part.numpy() for part in norm(inputs, mask=tf.constant(MASK)))
    history = inputs[..., [1, 0]].astype(np.float64) * [10, 2] + [1, -1]
    for sample, is_known in enumerate(MASK):
        known = history[sample, is_known]
        # What stands in a gap: the last value before it, or the first after it.
        steps = [max([s for s in range(t + 1) if is_known[s]], default=None) for t in range(6)]
        first = int(is_known.argmax())
        filled = history[sample, [first if step is None else step for step in steps]]
        mean, deviation = known.mean(axis=0), np.sqrt(known.var(axis=0) + _MIN_SCALE**2)
        centre = filled[-1] if kind in ("last", "seasonal") else mean
        spread = deviation if kind in ("standard", "seasonal") else np.ones(2)
        level = filled[[2, 3, 4]] if kind == "seasonal" else [centre]  # four steps before
        expected = np.where(is_known[:, np.newaxis], (history[sample] - centre) / spread, 0)
        np.testing.assert_allclose(window[sample][:, [1, 0]], expected, atol=1e-4)
        np.testing.assert_allclose(shift[sample], level, rtol=1e-5)
        np.testing.assert_allclose(scale[sample, 0], spread, rtol=1e-4)


def test_a_linear_skip_begins_at_zero():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(5, 6, 2)).astype(np.float32)
    skip = LinearSkip((2, 3))
    np.testing.assert_array_equal(skip(inputs), np.zeros((5, 2, 3)))
    kernel, bias = rng.normal(size=(12, 6)), rng.normal(size=6)
    skip.set_weights([kernel, bias])
    expected = inputs.reshape(5, 12) @ kernel + bias
    np.testing.assert_allclose(skip(inputs), expected.reshape(5, 2, 3), rtol=1e-4, atol=1e-5)


def test_a_linear_skip_reads_what_is_known_ahead_too():
    rng = np.random.default_rng(0)
    window, known = rng.normal(size=(5, 6, 2)), rng.normal(size=(5, 3, 4))
    skip = LinearSkip((3,))
    np.testing.assert_array_equal(skip([window, known]), np.zeros((5, 3)))
    kernel, bias = rng.normal(size=(24, 3)), rng.normal(size=3)
    skip.set_weights([kernel, bias])
    inputs = np.hstack([window.reshape(5, -1), known.reshape(5, -1)])
    np.testing.assert_allclose(skip([window, known]), inputs @ kernel + bias, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
@pytest.mark.parametrize(
    ("layer", "shapes"),
    [
        *((WindowNorm(kind, (2, 0), 5, season_length=3), [(6, 3)]) for kind in NORMS),
        (WindowNorm("seasonal", (0,), 2, 0, 6), [(6, 1)]),
        (LinearSkip((2, 3)), [(6, 3)]),
        (LinearSkip((4,)), [(6, 3), (1, 2), (4, 1)]),
        (Share(), [(2, 3)]),
        *((ClassProbabilities(n), [(6,)]) for n in ([2] * 6, [3, 2], [6])),
        (ClassProbabilities([2]), [(1, 1)]),
    ],
    ids=lambda value: f"{type(value).__name__}",
)
def test_a_layer_says_what_it_returns(layer, shapes, policy):
    config = {**layer.get_config(), "dtype": policy}
    inputs = [np.ones((7, *shape), np.float32) for shape in shapes]
    symbols = [keras.Input(shape) for shape in shapes]
    said, found = (
        keras.tree.flatten(type(layer).from_config(config)(x[0] if len(x) == 1 else x))
        for x in (symbols, inputs)
    )
    assert [(None, *x.shape[1:]) for x in found] == [tuple(x.shape) for x in said]
    assert [keras.backend.standardize_dtype(x.dtype) for x in found] == [x.dtype for x in said]
