"""The same seed gives the same numbers, and nothing else in the process notices."""

import random
import threading

import keras
import numpy as np
import pytest

from skforecast_lstm import BaseLSTMRegressor, LSTMRegressor, regressors
from skforecast_lstm._programs import Network
from skforecast_lstm._seeds import seeded

SHAPES = {"input_shape": (6, 2), "n_steps_out": 2, "n_targets": 1}
SMALL = {"StackedLSTMRegressor": {"units": (4, 3)}, "ConvLSTMRegressor": {"filters": 3}}


class Noisy(keras.layers.Layer):
    """Draws in every way that Keras offers, without a seed."""

    def build(self, shape):
        def unseeded(shape, dtype):
            return keras.random.normal(shape, dtype=dtype)

        self.first = self.add_weight(shape=(shape[-1],), initializer=unseeded)
        self.second = self.add_weight(shape=(shape[-1],), initializer="random_normal")
        orthogonal = keras.initializers.Orthogonal()
        self.third = self.add_weight(shape=(2, 3), initializer=orthogonal, trainable=False)

    def call(self, inputs, training=False):
        inputs = inputs * self.first + self.second
        return inputs + keras.random.normal(keras.ops.shape(inputs)) if training else inputs


def build_noisy(input_shape, n_steps_out, n_targets, *, kernel=None):
    inputs = keras.Input(input_shape)
    x = keras.layers.Embedding(5, 2)(keras.layers.Flatten()(inputs))
    x = keras.layers.Dropout(0.2)(Noisy()(keras.layers.Flatten()(x)))
    dense = keras.layers.Dense(n_steps_out * n_targets, kernel_initializer=kernel)
    return keras.Model(inputs, dense(x))


class NoisyRegressor(BaseLSTMRegressor):
    build_network = staticmethod(build_noisy)
    kernel = "glorot_uniform"


def weights(builder, seed=3, **arguments):
    return Network(builder, **SHAPES, **arguments).build(seed).get_weights()


def assert_same(first, second):
    for ours, theirs in zip(first, second, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def states():
    kind, keys, *others = np.random.get_state()  # noqa: NPY002
    return random.getstate(), kind, keys.tolist(), others


@pytest.fixture
def noise():
    """A thread that draws from the global generators all the while; tells what it has drawn."""
    stop, drawn = threading.Event(), []

    def draw():
        while not stop.is_set():
            drawn.append((random.random(), np.random.random()))  # noqa: NPY002

    random.seed(11)
    np.random.seed(11)  # noqa: NPY002
    thread = threading.Thread(target=draw)
    yield thread, drawn
    stop.set()
    if thread.is_alive():
        thread.join()
    random.seed(11)
    np.random.seed(11)  # noqa: NPY002
    alone = [(random.random(), np.random.random()) for _ in drawn]  # noqa: NPY002
    assert drawn == alone


BUILDERS = [(getattr(regressors, name).build_network, name) for name in regressors.__all__]


@pytest.mark.parametrize(("builder", "name"), [*BUILDERS, (build_noisy, "noisy")])
def test_weights_follow_from_the_seed_and_global_generators_are_left_alone(builder, name):
    arguments = SMALL.get(name, {})
    before = states()
    first, other = weights(builder, **arguments), weights(builder, seed=4, **arguments)
    assert states() == before
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    keras.random.normal((1,))
    assert_same(weights(builder, **arguments), first)
    assert any((ours != theirs).any() for ours, theirs in zip(first, other, strict=True))


@pytest.mark.parametrize("kernel", [keras.initializers.HeNormal, keras.initializers.Orthogonal])
def test_an_initializer_without_a_seed_follows_the_networks(kernel):
    assert_same(weights(build_noisy, kernel=kernel()), weights(build_noisy, kernel=kernel()))
    one, two = (weights(build_noisy, kernel=kernel(seed))[-2] for seed in (1, 2))
    assert (one != two).any()


def fits(make):
    X = np.random.default_rng(0).normal(size=(30, 6, 2))
    return [make().fit(X, X[:, -1]).predict(X) for _ in range(2)]


@pytest.mark.filterwarnings("ignore:.*dtype:UserWarning")
@pytest.mark.parametrize(
    "make",
    [
        lambda: LSTMRegressor(3, dropout=0.2, n_members=2, epochs=2, random_state=0),
        lambda: NoisyRegressor(epochs=2, random_state=0),
        lambda: NoisyRegressor(epochs=2, random_state=0, callbacks=[CountBatches()]),
    ],
)
def test_fits_beside_a_thread_that_draws(make, noise):
    thread, drawn = noise
    before = states()
    expected = fits(make)
    assert states() == before
    thread.start()
    assert_same(fits(make), expected)
    assert_same(expected[:1], expected[1:])
    assert len(drawn) > 100


class CountBatches(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        """Looks at each batch, which the graph does not stop for."""


def test_threads_that_build_at_the_same_time_do_not_mix_their_seeds():
    expected = [weights(build_noisy, seed) for seed in range(4)]
    found = [None] * 4

    def build(seed):
        found[seed] = weights(build_noisy, seed)

    threads = [threading.Thread(target=build, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for ours, theirs in zip(found, expected, strict=True):
        assert_same(ours, theirs)


def test_keras_draws_from_python_elsewhere():
    random.seed(3)
    expected = random.randint(1, 10**9)
    random.seed(3)
    with pytest.raises(RuntimeError), seeded(0):
        raise RuntimeError
    assert keras.initializers.HeNormal().seed == expected
