"""Ctrl-C while a network trains: it takes effect soon, and leaves something whole."""

from __future__ import annotations

import os
import signal

import keras
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skforecast_lstm import LSTMRegressor
from skforecast_lstm._watchers import Pace


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(210, 12, 2)).astype(np.float32)
    return X, X[:, -1, 0].astype(float)


@pytest.fixture
def press_after(monkeypatch):
    """Send what Ctrl-C sends, after so many calls of the graph, each of so many batches."""

    def arrange(n_calls, n_batches=8):
        counts = iter(range(1, 10**9))

        def note(*_):
            if next(counts) == n_calls:
                os.kill(os.getpid(), signal.SIGINT)

        monkeypatch.setattr("skforecast_lstm._watchers._FIRST_BATCHES", n_batches)
        monkeypatch.setattr(Pace, "_note", note)

    return arrange


class PressAtBatch(keras.callbacks.Callback):
    """Sends it from a batch of an epoch, where Keras itself trains."""

    def __init__(self, epoch):
        super().__init__()
        self.at, self.epoch = epoch, -1

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.epoch == self.at and batch == 1:
            os.kill(os.getpid(), signal.SIGINT)


def check_whole(model, X, y):
    """It predicts, goes on, and can be fitted again."""
    assert len(model.history_.get("loss", [])) == model.n_iter_
    assert np.isfinite(model.predict(X)).all()
    n_before = model.n_iter_
    assert model.partial_fit(X, y).n_iter_ == n_before + 1
    assert model.set_params(epochs=2).fit(X, y).n_iter_ == 2


def test_an_interrupt_leaves_the_weights_so_far_and_says_so(data, press_after):
    X, y = data
    press_after(5)  # calls of one epoch
    model = LSTMRegressor(8, epochs=50, random_state=0)
    with pytest.warns(UserWarning, match=r"interrupted after 4 of 50 epochs: "):
        model.fit(X, y)
    expected = LSTMRegressor(8, epochs=5, random_state=0).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), expected.predict(X))
    check_whole(model, X, y)


def test_the_best_epoch_so_far_is_kept(data, press_after):
    X, y = data
    press_after(5)
    params = {"early_stopping": True, "n_iter_no_change": 50, "random_state": 0}
    model = LSTMRegressor(8, epochs=50, **params)
    with pytest.warns(UserWarning, match="interrupted after 4 of 50"):
        model.fit(X, y)
    assert len(model.history_["val_loss"]) == 4
    model.set_params(early_stopping=False)
    check_whole(model, X, y)


def test_an_epoch_is_interrupted_in_the_middle(data, press_after):
    X, y = data
    press_after(2, n_batches=2)  # of the seven of an epoch
    model = LSTMRegressor(8, epochs=3, random_state=0)
    with pytest.warns(UserWarning, match="interrupted after 0 of 3 epochs"):
        model.fit(X, y)
    assert model.n_iter_ == 0
    assert np.isfinite(model.predict(X)).all()


def test_keras_own_loop_is_interrupted(data):
    X, y = data
    model = LSTMRegressor(8, epochs=50, random_state=0, callbacks=[PressAtBatch(3)])
    with pytest.warns(UserWarning, match="interrupted after 3 of 50 epochs"):
        model.fit(X, y)
    model.set_params(callbacks=None)
    check_whole(model, X, y)


def test_members_that_were_not_begun_are_left_out(data, press_after):
    X, y = data
    model = LSTMRegressor(8, epochs=5, n_members=3, random_state=0)
    press_after(7)
    with pytest.warns(UserWarning, match=r"of member 2 of 3.*mean of 2 members"):
        model.fit(X, y)
    assert len(model._members) == 2
    assert np.isfinite(model.predict(X)).all()


def test_a_search_is_stopped(data, press_after):
    X, y = data
    model = LSTMRegressor(8, epochs=20, random_state=0)
    search = GridSearchCV(model, {"units": [8, 16]}, cv=TimeSeriesSplit(2))
    press_after(3)
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, y)


def test_a_trial_that_is_interrupted_leaves_the_fit_before(data, press_after):
    X, y = data
    model = LSTMRegressor(8, epochs=1, random_state=0).fit(X, y)
    before = model.predict(X)
    press_after(3)
    with pytest.raises(KeyboardInterrupt):
        model.set_params(epochs="auto").fit(X, y)
    np.testing.assert_array_equal(model.predict(X), before)


# --- how long a call is ---------------------------------------------------------------------------


@pytest.mark.parametrize("n_samples", [6, 1_000, 200_000])
@pytest.mark.parametrize("per_sample", [1e-7, 1e-4, 1e-2])
def test_calls_take_about_half_a_second(n_samples, per_sample, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    pace, calls, n_done = Pace(32, n_samples), [], 0
    for _ in range(30):
        n_epochs = pace.n_epochs
        for part in pace.parts():
            size = n_epochs * (part.stop - part.start)
            assert part.start % 32 == 0
            with pace.timed(size):
                now[0] += size * per_sample
            calls.append(size * per_sample)
            n_done += size
        if now[0] > 60:
            break
    assert n_done % n_samples == 0
    batch = 32 * per_sample
    assert max(calls) <= max(0.5, 8 * batch, n_samples * per_sample * (n_samples < 32)) * 1.01
    assert now[0] < 60 or np.median(calls) > 0.1


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("n_at_once", [1, 2, 7])
def test_parts_of_an_epoch_are_the_whole_bit_for_bit(n_at_once, jit_compile, data, monkeypatch):
    X, y = data
    params = {"epochs": 4, "random_state": 0, "metrics": ["mae"], "jit_compile": jit_compile}
    whole = LSTMRegressor(5, dropout=0.2, **params).fit(X, y)
    # The clock stands still, so as many batches as at first come at once.
    monkeypatch.setattr("skforecast_lstm._watchers._FIRST_BATCHES", n_at_once)
    monkeypatch.setattr(Pace, "_note", lambda *_: None)
    parts = LSTMRegressor(5, dropout=0.2, **params).fit(X, y)
    np.testing.assert_array_equal(parts.predict(X), whole.predict(X))
    for name, values in whole.history_.items():
        np.testing.assert_allclose(parts.history_[name], values, rtol=1e-6)
