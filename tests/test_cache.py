"""Which program serves which fit: shared without being mixed up."""

import concurrent.futures
import gc
import multiprocessing
import random
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import joblib
import keras
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from tensorflow.python.framework.func_graph import FuncGraph

from skforecast_lstm import BaseLSTMRegressor, LSTMRegressor, _cache, clear_cache
from skforecast_lstm._network import Network


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 6, 2)).astype(np.float32)
    return X, np.column_stack([X[:, -1, 0], X[:, :, 1].mean(axis=1)])


def make(**params):
    params = {"units": 5, "epochs": 3, "random_state": 0, "target_scaler": None, **params}
    return LSTMRegressor(**params)


def test_programs_are_shared_without_a_retrace(data):
    X, y = data
    clear_cache()
    make().fit(X, y).predict(X)
    programs = [program for idle in _cache._cache.values() for program in idle]
    assert [program.n_traces for program in programs] == [1, 1]  # one trains, one predicts
    make(random_state=1, learning_rate=0.1, epochs=5).fit(X[:30], y[:30]).predict(X[:7])
    make(batch_size=7).fit(X, y).predict(X[:1])
    assert [program for idle in _cache._cache.values() for program in idle] == programs
    assert [program.n_traces for program in programs] == [1, 1]


def test_other_graphs_are_other_programs(data):
    X, y = data
    clear_cache()
    variants = [{}, {"units": 6}, {"loss": "mae"}, {"clipnorm": 0.01}, {"optimizer": "sgd"}]
    losses = [make(epochs=40, **variant).fit(X, y).history_["loss"][-1] for variant in variants]
    assert len(_cache._cache) == len(variants)
    assert len(set(losses)) == len(losses)


@pytest.fixture
def built(monkeypatch):
    """The seeds that networks are built from."""
    seeds, build = [], Network.build

    def noted(network, seed=0):
        seeds.append(seed)
        return build(network, seed)

    monkeypatch.setattr(Network, "build", noted)
    return seeds


def test_later_fits_of_a_shape_and_seed_build_no_network(data, built):
    X, y = data
    clear_cache()
    params = {"n_members": 2, "window_norm": "last", "linear_skip": "ridge"}
    first = make(**params).fit(X, y)
    assert len(built) == 3  # fresh weights of each member, and what trains them
    expected = first.predict(X)
    kept = [[w.copy() for w in weights] for weights in _cache._fresh_weights.values()]
    built.clear()
    make(**params, learning_rate=0.1).fit(X[:30], y[:30])
    again = make(**params).fit(X, y)
    np.testing.assert_array_equal(again.predict(X), expected)
    assert not built
    for before, after in zip(kept, _cache._fresh_weights.values(), strict=True):
        for ours, theirs in zip(before, after, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    make(**params, random_state=1).fit(X, y)
    assert len(built) == 2
    assert not (set(built) & {0})


def test_fresh_weights_are_of_one_type_and_few_are_kept(data, monkeypatch):
    X, y = data
    clear_cache()
    monkeypatch.setattr(_cache, "MAX_FRESH_WEIGHTS", 2)
    seeds = (0, 1, 2, 0)
    first, *_, again = (make(random_state=seed).fit(X, y).predict(X) for seed in seeds)
    np.testing.assert_array_equal(again, first)
    assert len(_cache._fresh_weights) == 2
    monkeypatch.setattr(keras.config, "floatx", lambda: "float64")
    keys = [*_cache._fresh_weights]
    make().initialize(X, y)
    assert [*_cache._fresh_weights][-1] not in keys
    clear_cache()
    assert not _cache._fresh_weights


def test_a_builder_of_ones_own_is_asked_for_every_fit(data):
    X, y = data

    def build(input_shape, n_steps_out, n_targets):
        inputs = keras.Input(input_shape)
        start = keras.initializers.Constant(random.random())  # no key sees it
        dense = keras.layers.Dense(n_steps_out * n_targets, bias_initializer=start)
        return keras.Model(inputs, dense(keras.layers.Flatten()(inputs)))

    class OwnRegressor(BaseLSTMRegressor):
        """Its network begins elsewhere each time that it is built."""

        build_network = staticmethod(build)

    model = OwnRegressor(random_state=0)
    starts = [model.initialize(X, y)._states[0].weights[-1][0] for _ in range(3)]
    assert len(set(starts)) == 3


class Pinball(keras.losses.Loss):
    """A loss whose parameter its configuration does not mention."""

    def __init__(self, level):
        super().__init__(name="pinball")
        self.level = level

    def call(self, y_true, y_pred):
        error = y_true - y_pred
        return keras.ops.mean(keras.ops.maximum(self.level * error, (self.level - 1) * error), -1)


def test_losses_of_ones_own_are_told_apart(data):
    X, y = data
    low, high = (
        make(loss=Pinball(level), epochs=60, learning_rate=0.01).fit(X, y).predict(X).mean()
        for level in (0.1, 0.9)
    )
    assert low < high - 0.2


def n_programs():
    return sum(map(len, _cache._cache.values()))


def test_losses_that_differ_in_what_their_configuration_omits(data):
    X, y = data
    clear_cache()
    losses = [keras.losses.Huber(delta) for delta in (0.05, 5.0, 0.05)]
    low, high, again = (make(loss=loss).fit(X, y).history_["loss"] for loss in losses)
    assert low != high
    assert low == again
    assert n_programs() == 2


def scaled_error(scale):
    def error(y_true, y_pred):
        return scale * keras.ops.mean((y_true - y_pred) ** 2, axis=-1)

    return error


def test_closures_of_one_name_are_told_apart_and_equal_ones_share(data):
    X, y = data
    clear_cache()
    one, two, again = (make(loss=scaled_error(s)).fit(X, y).history_["loss"] for s in (1, 2, 1))
    assert two[0] == pytest.approx(2 * one[0], rel=1e-5)
    assert again == one
    assert n_programs() == 2


def test_activations_that_are_functions_are_told_apart(data):
    X, y = data
    clear_cache()
    functions = [lambda x: x, lambda x: x / 2, lambda x: x]
    first, second, third = (make(activation=f).fit(X, y).predict(X) for f in functions)
    assert (first != second).any()
    np.testing.assert_array_equal(first, third)
    assert n_programs() == 4  # two train, two predict


def define_regressor(bias):
    class CellRegressor(BaseLSTMRegressor):
        """A class of a notebook, as it is when its cell has run once more."""

        @staticmethod
        def build_network(input_shape, n_steps_out, n_targets):
            inputs = keras.Input(input_shape)
            dense = keras.layers.Dense(n_steps_out * n_targets, use_bias=bias)
            return keras.Model(inputs, dense(keras.layers.Flatten()(inputs)))

    return CellRegressor


def test_a_builder_that_is_defined_once_more_is_another_if_it_does_something_else(data):
    X, y = data
    clear_cache()
    for bias, n_weights in [(False, 1), (True, 2), (False, 1)]:
        model = define_regressor(bias)(epochs=1, random_state=0).fit(X, y)
        assert len(model.model_.get_weights()) == n_weights
    assert n_programs() == 2


def test_programs_of_another_precision_are_others(data):
    X, y = data
    clear_cache()
    make().fit(X, y)
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy("float64")
        assert make().fit(X, y).model_.get_weights()[0].dtype == np.float64
    finally:
        keras.config.set_dtype_policy(before)
    assert n_programs() == 2


NOTEBOOK = """
import joblib, keras, numpy as np
from skforecast_lstm import LSTMRegressor, _cache

def my_loss(y_true, y_pred):
    return SCALE * keras.ops.mean((y_true - y_pred) ** 2, axis=-1)

def task():
    X = np.random.default_rng(0).normal(size=(20, 4, 1))
    model = LSTMRegressor(2, loss=my_loss, activation=lambda x: x / 2, epochs=1, random_state=0)
    model.fit(X, X[:, -1, 0])
    return model.history_["loss"][0], sum(map(len, _cache._cache.values()))

SCALE = 1.0
workers = joblib.Parallel(n_jobs=2, backend="loky", batch_size=1)
found = workers(joblib.delayed(task)() for _ in range(6))
assert len({loss for loss, _ in found}) == 1, found
assert max(n for _, n in found) == 1, found
SCALE = 2.0
more = workers(joblib.delayed(task)() for _ in range(6))
assert all(abs(loss - 2 * found[0][0]) < 1e-5 for loss, _ in more), more
print("done")
"""


@pytest.mark.slow
def test_functions_of_a_notebook_share_programs_in_workers():
    run = subprocess.run(
        [sys.executable, "-c", NOTEBOOK], capture_output=True, text=True, check=False
    )
    assert run.stdout.endswith("done\n"), run.stderr


def test_the_cache_is_bounded_and_cleared(data, monkeypatch):
    X, y = data
    monkeypatch.setattr(_cache, "MAX_IDLE_PROGRAMS", 3)
    clear_cache()
    models = [make(units=units).fit(X, y) for units in range(2, 8)]
    assert sum(map(len, _cache._cache.values())) == 3
    before = [model.predict(X) for model in models]  # programs come and go, estimators stay
    clear_cache()
    for model, expected in zip(models, before, strict=True):
        np.testing.assert_array_equal(model.predict(X), expected)


def test_threads_get_the_same_numbers_as_one_after_the_other(data):
    X, y = data
    expected = [make(random_state=seed, epochs=8).fit(X, y).predict(X) for seed in range(4)]
    results = [None] * 4

    def run(seed):
        results[seed] = make(random_state=seed, epochs=8).fit(X, y).predict(X)

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for ours, theirs in zip(results, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow
def test_eight_threads_predict_while_two_fit(data):
    """As a server does; for as long as a test may take."""
    X, y = data
    models = [make(units=units, n_members=1 + units % 2).fit(X, y) for units in (3, 4, 5)]
    rows = [X[:1], X[:7], X]
    expected = {(m, r): models[m].predict(rows[r]) for m in range(3) for r in range(3)}
    fits = [make(random_state=seed, units=3 + seed).fit(X, y).predict(X) for seed in range(3)]
    states = np.random.get_state(), random.getstate()  # noqa: NPY002
    end, problems, counts = time.monotonic() + 10, [], [0] * 10

    def run(number):
        draw = np.random.RandomState(number)
        while time.monotonic() < end and not problems:
            if number < 8:
                at = draw.randint(3), draw.randint(3)
                found, right = models[at[0]].predict(rows[at[1]]), expected[at]
            else:
                seed = draw.randint(3)
                found = make(random_state=seed, units=3 + seed).fit(X, y).predict(X)
                right = fits[seed]
            if not np.array_equal(found, right):
                problems.append((number, np.abs(found - right).max()))
            counts[number] += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert not problems
    assert min(counts) > 0
    np.testing.assert_equal(np.random.get_state()[1:], states[0][1:])  # noqa: NPY002
    assert random.getstate() == states[1]
    assert sum(map(len, _cache._cache.values())) <= _cache.MAX_IDLE_PROGRAMS


def _predictions(model, X):
    return model.predict(X)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_pool_of_processes_predicts_the_same(method, data):
    X, y = data
    model = make().fit(X, y)
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        found = pool.submit(_predictions, model, X).result(120)
    np.testing.assert_array_equal(found, model.predict(X))


@pytest.mark.slow
def test_a_fork_before_any_network_predicts(data, tmp_path):
    X, y = data
    joblib.dump((make().fit(X, y), X), tmp_path / "model.joblib")
    code = """
import multiprocessing, sys, warnings
import joblib, numpy as np
warnings.simplefilter("ignore")
model, X = joblib.load(sys.argv[1])  # TensorFlow is imported, and has computed nothing

def predict(connection):
    connection.send(model.predict(X))

ours, theirs = multiprocessing.Pipe()
child = multiprocessing.get_context("fork").Process(target=predict, args=(theirs,))
child.start()
assert ours.poll(60), "the child hangs"
np.testing.assert_array_equal(ours.recv(), model.predict(X))
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "model.joblib")], check=True)


def test_a_search_in_threads_finds_what_one_by_one_finds(data):
    X, y = data
    search = GridSearchCV(make(), {"units": [3, 5]}, cv=TimeSeriesSplit(3), error_score="raise")
    expected = search.fit(X, y).cv_results_["mean_test_score"]
    with joblib.parallel_config(backend="threading"):
        search.set_params(n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], expected)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"n_members": 2, "dropout": 0.1, "metrics": ["mae"], "early_stopping": True},
        {"optimizer": "sgd", "clipnorm": 1.0, "loss": "quantile"},
    ],
    ids=["plain", "members", "sgd"],
)
def test_no_graph_is_kept_when_its_program_is_dropped(params, data):
    def fit():
        make(**params).fit(*data).predict(data[0])
        clear_cache()
        gc.collect()
        return sum(issubclass(type(value), FuncGraph) for value in gc.get_objects())

    first = fit()
    assert fit() == first


@pytest.mark.slow
def test_networks_of_ever_new_shapes_do_not_fill_the_memory(data):
    X, y = data

    def grow(n_fits):
        for number in range(n_fits):
            make(units=3 + number % 4).fit(X, y)
            clear_cache()
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6

    first = grow(16)  # what a runtime takes once
    assert grow(16) - first < 20  # 130 MB where graphs, and kernels of names, are never forgotten


def _predict_in_child(model, X, connection):
    try:
        connection.send(model.predict(X))
    except RuntimeError as error:
        connection.send(str(error))


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_process_is_told_not_to_wait_for_threads_it_has_not(data):
    X, y = data
    model = make().fit(X, y)
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(
        target=_predict_in_child, args=(model, X, theirs)
    )
    child.start()
    assert ours.poll(60), "the child hangs"
    assert "spawn" in ours.recv()
    child.join()


def test_model_is_independent_of_cache_and_estimator(data):
    X, y = data
    model = make().fit(X, y)
    before = model.predict(X)
    network = model.model_
    network.set_weights([0 * weight for weight in network.get_weights()])
    np.testing.assert_array_equal(model.predict(X), before)
    assert make(random_state=1).fit(X, y).model_ is not network
