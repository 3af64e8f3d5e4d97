"""Ctrl-C while a network trains: it takes effect soon, and leaves something whole."""

from __future__ import annotations

import os
import signal
import threading
import time

import keras
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skforecast_lstm import LSTMRegressor, StackedLSTMRegressor


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3_000, 24, 2)).astype(np.float32)
    return X, X[:, -1, 0].astype(float)


def interrupt_after(seconds):
    """Send what Ctrl-C sends to this process."""
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    timer.daemon = True
    timer.start()
    return time.monotonic() + seconds


class Hooks(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


@pytest.mark.parametrize(
    "params",
    [{}, {"callbacks": [Hooks()]}, {"validation": True}],
    ids=["graph", "keras", "watched"],
)
def test_an_interrupt_leaves_the_weights_so_far_and_says_so(params, data):
    X, y = data
    is_watched = params.pop("validation", False)
    held_out = {"X_val": X[:50], "y_val": y[:50]} if is_watched else {}
    model = LSTMRegressor(32, epochs=100_000, random_state=0, **params)
    LSTMRegressor(32, epochs=1, random_state=0, **params).fit(X, y, **held_out)  # traced
    sent = interrupt_after(1.5)
    with pytest.warns(UserWarning, match=r"interrupted after \d+ of 100000 epochs: "):
        model.fit(X, y, **held_out)
    assert time.monotonic() - sent < 2
    assert 0 < model.n_iter_ < 100_000
    assert len(model.history_["loss"]) == model.n_iter_
    assert model.history_["loss"][-1] < model.history_["loss"][0]
    assert np.isfinite(model.predict(X)).all()
    # It goes on from there, and a fit of its own is a whole one.
    assert model.partial_fit(X, y).n_iter_ == len(model.history_["loss"])
    assert model.set_params(epochs=2).fit(X, y).n_iter_ == 2


def test_one_long_epoch_is_interrupted_in_the_middle():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40_000, 60, 4)).astype(np.float32)
    y = X[:, -1, 0].astype(float)
    model = StackedLSTMRegressor((64, 64), epochs=3, random_state=0)
    sent = interrupt_after(4)
    with pytest.warns(UserWarning, match="interrupted after 0 of 3 epochs"):
        model.fit(X, y)
    assert time.monotonic() - sent < 2
    assert model.n_iter_ == 0
    assert np.isfinite(model.predict(X[:5])).all()


def test_members_that_were_not_begun_are_left_out(data):
    X, y = data
    model = LSTMRegressor(32, epochs=100_000, n_members=3, random_state=0)
    interrupt_after(1.5)
    with pytest.warns(UserWarning, match=r"of member 1 of 3.*mean of 1 members"):
        model.fit(X, y)
    assert len(model._members) == 1
    assert np.isfinite(model.predict(X)).all()


def test_a_search_is_stopped(data):
    X, y = data
    model = LSTMRegressor(32, epochs=100_000, random_state=0)
    search = GridSearchCV(model, {"units": [8, 16]}, cv=TimeSeriesSplit(2))
    sent = interrupt_after(1.5)
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, y)
    assert time.monotonic() - sent < 2


def test_a_trial_that_is_interrupted_leaves_the_fit_before(data):
    X, y = data
    model = LSTMRegressor(64, epochs=1, random_state=0).fit(X, y)
    before = model.predict(X[:9])
    big = np.repeat(X, 10, axis=0)
    model.set_params(epochs="auto", batch_size=8)
    interrupt_after(3)
    with pytest.raises(KeyboardInterrupt):
        model.fit(big, np.repeat(y, 10))
    np.testing.assert_array_equal(model.predict(X[:9]), before)


# --- parts of an epoch ----------------------------------------------------------------------------


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("n_at_once", [1, 2, 7])
def test_parts_of_an_epoch_are_the_whole_bit_for_bit(n_at_once, jit_compile, data, monkeypatch):
    X, y = data[0][:210], data[1][:210]
    params = {"epochs": 4, "random_state": 0, "metrics": ["mae"], "jit_compile": jit_compile}
    whole = LSTMRegressor(5, dropout=0.2, **params).fit(X, y)
    # The clock stands still, so as many batches as at first come at once.
    monkeypatch.setattr("skforecast_lstm._watchers._FIRST_BATCHES", n_at_once)
    monkeypatch.setattr("skforecast_lstm._watchers.Pace._note", lambda *_: None)
    parts = LSTMRegressor(5, dropout=0.2, **params).fit(X, y)
    np.testing.assert_array_equal(parts.predict(X), whole.predict(X))
    for name, values in whole.history_.items():
        np.testing.assert_allclose(parts.history_[name], values, rtol=1e-6)
