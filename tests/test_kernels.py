"""The fused kernel against Keras' own loop, and when it is used."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from skforecast_lstm import LSTMRegressor, _cache, _kernels, _programs, clear_cache
from skforecast_lstm._kernels import (
    for_many_samples,
    has_fused_layers,
    largest_output,
    loops_over_steps,
    use_fused_kernels,
)

LAYERS = keras.layers


def build(*layers):
    return keras.Sequential([keras.Input((7, 3)), *layers])


def fused_twin(model):
    """The same weights, with the kernel."""
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    use_fused_kernels(twin)
    return twin


def outputs_and_gradients(model, X):
    with tf.GradientTape() as tape:
        outputs = model(X, training=True)
        loss = tf.reduce_mean(outputs**2)
    return [outputs, *tape.gradient(loss, model.trainable_weights)]


def operations(model):
    """Names of all operations of the model's forward pass, those of inner functions included."""
    graph = tf.function(model).get_concrete_function(tf.TensorSpec([None, *model.input_shape[1:]]))
    definition = graph.graph.as_graph_def()
    inner = [node for function in definition.library.function for node in function.node_def]
    return {node.op for node in [*definition.node, *inner]}


NETWORKS = {
    "plain": lambda: [LAYERS.LSTM(5)],
    "sequences": lambda: [LAYERS.LSTM(5, return_sequences=True)],
    "stacked": lambda: [LAYERS.LSTM(5, return_sequences=True), LAYERS.LSTM(4)],
    "backwards": lambda: [LAYERS.LSTM(5, go_backwards=True, return_sequences=True)],
    "bidirectional": lambda: [LAYERS.Bidirectional(LAYERS.LSTM(5))],
    "bidirectional sequences": lambda: [
        LAYERS.Bidirectional(LAYERS.LSTM(5, return_sequences=True)),
        LAYERS.LSTM(3),
    ],
    "no forget bias": lambda: [LAYERS.LSTM(5, unit_forget_bias=False)],
    "regularised": lambda: [LAYERS.LSTM(5, kernel_regularizer="l2")],
}


@pytest.fixture(params=["kernel", "loop"])
def gradient(request, monkeypatch):
    """The kernel's own gradient, and the one that many units take."""
    if request.param == "loop":
        monkeypatch.setattr(_kernels, "_MIN_LOOP_UNITS", 1)


@pytest.mark.usefixtures("gradient")
@pytest.mark.parametrize("name", NETWORKS)
def test_same_outputs_and_gradients_as_keras(name):
    X = np.random.default_rng(0).normal(size=(6, 7, 3)).astype(np.float32)
    plain = build(*NETWORKS[name]())
    fused = fused_twin(plain)
    assert has_fused_layers(fused)
    assert not has_fused_layers(plain)
    assert "BlockLSTM" in operations(fused)
    assert "BlockLSTM" not in operations(plain)
    assert not loops_over_steps(fused)
    for ours, theirs in zip(
        outputs_and_gradients(fused, X), outputs_and_gradients(plain, X), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [
        LAYERS.LSTM(5, activation="relu"),
        LAYERS.LSTM(5, recurrent_activation="hard_sigmoid"),
        LAYERS.LSTM(5, use_bias=False),
        LAYERS.LSTM(5, recurrent_dropout=0.1),
        LAYERS.LSTM(5, dtype="float64"),
        LAYERS.GRU(5),
        LAYERS.SimpleRNN(5),
    ],
)
def test_layers_that_the_kernel_cannot_run_stay_as_they_are(layer):
    model = build(layer)
    before = model(np.ones((2, 7, 3)))
    use_fused_kernels(model)
    assert loops_over_steps(model)
    assert "BlockLSTM" not in operations(model)
    np.testing.assert_array_equal(model(np.ones((2, 7, 3))), before)


def test_masked_sequences_fall_back():
    X = np.random.default_rng(0).normal(size=(6, 7, 3)).astype(np.float32)
    X[:, :3] = 0.0
    plain = build(LAYERS.Masking(), LAYERS.LSTM(5))
    np.testing.assert_array_equal(fused_twin(plain)(X), plain(X))


def test_final_cell_states_pass_on_their_gradient(monkeypatch):
    monkeypatch.setattr(_kernels, "_MIN_LOOP_UNITS", 1)
    sequences = keras.Input((7, 3))
    _, h, c = LAYERS.LSTM(5, return_state=True)(sequences)
    decoded = LAYERS.LSTM(5)(LAYERS.RepeatVector(2)(h), initial_state=[h, c])
    plain = keras.Model(sequences, decoded)
    X = np.random.default_rng(0).normal(size=(6, 7, 3)).astype(np.float32)
    for ours, theirs in zip(
        outputs_and_gradients(fused_twin(plain), X), outputs_and_gradients(plain, X), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_many_units_have_the_gradient_of_few():
    X = np.random.default_rng(0).normal(size=(6, 7, 3)).astype(np.float32)
    plain = build(LAYERS.LSTM(_kernels._MIN_LOOP_UNITS))
    fused = fused_twin(plain)
    graph = tf.function(lambda X: outputs_and_gradients(fused, X))
    for ours, theirs in zip(graph(X), outputs_and_gradients(plain, X), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.usefixtures("gradient")
@pytest.mark.parametrize("n_samples", [1, 2, 3])
def test_few_samples(n_samples):
    X = np.random.default_rng(0).normal(size=(n_samples, 7, 3)).astype(np.float32)
    plain = build(LAYERS.LSTM(5, return_sequences=True), LAYERS.LSTM(4))
    fused = fused_twin(plain)
    for ours, theirs in zip(
        outputs_and_gradients(fused, X), outputs_and_gradients(plain, X), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("n_samples", [1, 33, 100])
@pytest.mark.parametrize("name", NETWORKS)
def test_many_samples_have_the_outputs_of_few(name, n_samples):
    X = np.random.default_rng(0).normal(size=(n_samples, 7, 3)).astype(np.float32)
    plain = build(*NETWORKS[name]())
    fused = fused_twin(plain)
    with for_many_samples():
        assert "BlockLSTM" not in operations(fused)
        outputs = tf.function(fused)(X)
    np.testing.assert_allclose(outputs, plain(X), atol=1e-6)


def test_states_of_many_samples_are_those_of_few():
    sequences = keras.Input((7, 3))
    _, h, c = LAYERS.LSTM(5, return_state=True)(sequences)
    plain = keras.Model(sequences, LAYERS.LSTM(5)(LAYERS.RepeatVector(2)(h), initial_state=[h, c]))
    fused = fused_twin(plain)
    X = np.random.default_rng(0).normal(size=(40, 7, 3)).astype(np.float32)
    with for_many_samples():
        outputs = tf.function(fused)(X)
    np.testing.assert_allclose(outputs, plain(X), atol=1e-6)


def test_a_graph_for_many_samples_is_for_those_made_inside_only():
    fused = fused_twin(build(LAYERS.LSTM(5)))
    with for_many_samples():
        pass
    assert "BlockLSTM" in operations(fused)


@pytest.mark.parametrize(
    ("layers", "largest"),
    [
        ([LAYERS.LSTM(2)], 7 * 3),
        ([LAYERS.LSTM(9, return_sequences=True), LAYERS.LSTM(4)], 7 * 9),
        ([LAYERS.LSTM(2), LAYERS.Dense(50)], 50),
    ],
)
def test_the_largest_output_of_a_sample(layers, largest):
    assert largest_output(build(*layers)) == largest


def losses_with_and_without(model, X, monkeypatch):
    """History of a fit in the kernel, and of one in Keras' loop."""
    fused = model.fit(X, X[:, -1]).history_["loss"]
    clear_cache()
    monkeypatch.setattr(_programs, "use_fused_kernels", lambda model: None)
    looped = model.fit(X, X[:, -1]).history_["loss"]
    clear_cache()
    return fused, looped


def test_epochs_that_end_in_a_batch_of_one_train_as_in_keras(monkeypatch):
    X = np.random.default_rng(0).normal(size=(9, 5, 2))
    model = LSTMRegressor(4, epochs=60, batch_size=4, random_state=0)
    fused, looped = losses_with_and_without(model, X, monkeypatch)
    np.testing.assert_allclose(fused, looped, rtol=1e-4)


def test_dropout_is_that_of_the_loop(monkeypatch):
    X = np.random.default_rng(0).normal(size=(40, 6, 2))
    model = LSTMRegressor(5, dropout=0.4, epochs=5, random_state=0)
    fused, looped = losses_with_and_without(model, X, monkeypatch)
    np.testing.assert_allclose(fused, looped, rtol=1e-5)


def test_the_configuration_is_untouched():
    model = build(LAYERS.LSTM(5))
    before = model.get_config()
    use_fused_kernels(model)
    assert model.get_config() == before


@pytest.mark.parametrize("n_features", [1, 2, 3])
@pytest.mark.parametrize("n_samples", [1, 5, 6, 7])
def test_the_kernel_has_nothing_to_complain_of(n_features, n_samples, capfd):
    # "BlockLSTMOp is inefficient when both batch_size and input_size are odd", in every batch.
    model = keras.Sequential([keras.Input((4, n_features)), LAYERS.LSTM(3)])
    use_fused_kernels(model)
    X = np.zeros((n_samples, 4, n_features), np.float32)
    outputs_and_gradients(model, X)
    assert model(X).shape == (n_samples, 3)
    assert "inefficient" not in capfd.readouterr().err


# --- devices -------------------------------------------------------------------------------------


class FoundDevice:
    def __init__(self, device_type):
        self.device_type = device_type


@pytest.fixture(params=["GPU", "TPU"])
def accelerator(request, monkeypatch):
    found = [FoundDevice("CPU"), FoundDevice(request.param)]
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda device_type=None: found)


def is_fused():
    model = build(LAYERS.LSTM(5))
    use_fused_kernels(model)
    return "BlockLSTM" in operations(model)


def test_the_kernel_runs_on_a_cpu():
    assert is_fused()
    with tf.device("CPU:0"):
        assert is_fused()


@pytest.mark.usefixtures("accelerator")
def test_other_devices_have_no_such_kernel():
    assert not is_fused()
    with tf.device("/CPU:0"):
        assert is_fused()
    with keras.device("cpu:0"):
        assert is_fused()


@pytest.mark.usefixtures("accelerator")
def test_programs_are_those_of_a_device():
    X = np.random.default_rng(0).normal(size=(9, 5, 2))
    clear_cache()
    model = LSTMRegressor(2, epochs=1, random_state=0)
    plain = model.fit(X, X[:, -1]).predict(X)
    with tf.device("CPU"):
        fused = model.fit(X, X[:, -1]).predict(X)
    assert len(_cache._cache) == 4  # on each device, one trains and one predicts
    np.testing.assert_allclose(fused, plain, atol=1e-5)
    clear_cache()
