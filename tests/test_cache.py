"""Which program serves which fit: shared without being mixed up."""

import multiprocessing
import threading

import joblib
import keras
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skforecast_lstm import LSTMRegressor, _cache, clear_cache


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


def test_a_search_in_threads_finds_what_one_by_one_finds(data):
    X, y = data
    search = GridSearchCV(make(), {"units": [3, 5]}, cv=TimeSeriesSplit(3), error_score="raise")
    expected = search.fit(X, y).cv_results_["mean_test_score"]
    with joblib.parallel_config(backend="threading"):
        search.set_params(n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], expected)


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
