"""A training that is killed goes on where it was, to the same weights."""

from __future__ import annotations

import copy
import os
import signal
import subprocess
import sys
import time
from collections import deque

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skforecast_lstm import (
    ConvLSTMRegressor,
    LSTMClassifier,
    LSTMRegressor,
    StackedLSTMRegressor,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm._checkpoints import Checkpoint
from skforecast_lstm.datasets import load_air_passengers


class Killed(BaseException):
    """What a test raises where a process would be killed."""


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 6, 2))
    return X, X[:, -1, 0] + 0.1 * rng.normal(size=60)


@pytest.fixture
def kill_after(monkeypatch):
    """Stop a fit after the file was written so many times."""
    write = Checkpoint._write

    def arrange(n_writes):
        counts = iter(range(1, 10**9))

        def write_and_die(self):
            write(self)
            if next(counts) == n_writes:
                raise Killed

        monkeypatch.setattr(Checkpoint, "_write", write_and_die)

    return arrange


def same(model, other, X):
    """Two fits came to the same, bit for bit."""
    np.testing.assert_array_equal(model.predict(X), other.predict(X))
    assert model.history_ == other.history_
    for ours, theirs in zip(model._states, other._states, strict=True):
        for a, b in zip(ours.weights, theirs.weights, strict=True):
            np.testing.assert_array_equal(a, b)
        for a, b in zip(ours.optimizer, theirs.optimizer, strict=True):
            np.testing.assert_array_equal(a, b)


CASES = {
    "members": LSTMRegressor(4, epochs=10, n_members=3),
    "dropout": LSTMRegressor(4, epochs=10, dropout=0.3, recurrent_dropout=0.2),
    "early stopping": LSTMRegressor(
        4, epochs=40, early_stopping=True, n_iter_no_change=3, learning_rate=0.1
    ),
    "schedule": StackedLSTMRegressor((4, 3), epochs=10, learning_rate_schedule="cosine"),
    "optimizer": LSTMRegressor(4, epochs=10, optimizer="rmsprop"),
    "ridge": LSTMRegressor(
        4, epochs=10, window_norm="last", linear_skip="ridge", n_members=2, shuffle=False
    ),
    "metrics": ConvLSTMRegressor(4, epochs=10, metrics=["mae"]),
}


@pytest.mark.parametrize("n_writes", [1, 5])
@pytest.mark.parametrize("name", CASES)
def test_a_fit_goes_on_to_the_same_weights(name, n_writes, data, tmp_path, kill_after):
    X, y = data
    params = {"random_state": 0, "checkpoint": tmp_path, "checkpoint_every": 2}
    model = clone(CASES[name]).set_params(**params)
    whole = clone(model).set_params(checkpoint=None).fit(X, y)
    assert whole.n_iter_restored_ == 0
    kill_after(n_writes)
    with pytest.raises(Killed):
        model.fit(X, y)
    kill_after(0)
    assert len([*tmp_path.iterdir()]) == 1
    again = clone(model).fit(X, y)
    assert again.n_iter_restored_ > 0
    same(again, whole, X)
    assert [*tmp_path.iterdir()] == []
    assert clone(model).fit(X, y).n_iter_restored_ == 0


def test_it_may_be_killed_again_and_again(data, tmp_path, kill_after):
    X, y = data
    model = LSTMRegressor(4, epochs=4, n_members=2, random_state=0, checkpoint_every=1)
    whole = clone(model).fit(X, y)
    model.set_params(checkpoint=str(tmp_path / "new" / "folder"))
    for _ in range(20):
        try:
            kill_after(2)
            model = clone(model).fit(X, y)
        except Killed:
            continue
        break
    assert model.n_iter_restored_ == 8
    same(model, whole, X)


def test_the_recommended_pipeline_keeps_what_its_trial_found(tmp_path, kill_after, monkeypatch):
    X, y = make_supervised(load_air_passengers())
    model = make_lstm_pipeline(n_steps_in=12, n_steps_out=1, season_length=12)
    model.set_params(lstm__random_state=0, lstm__checkpoint=tmp_path, lstm__checkpoint_every=2)
    whole = clone(model).fit(X, y)
    kill_after(1)  # the trial
    with pytest.raises(Killed):
        clone(model).fit(X, y)
    kill_after(0)

    def refuse(*_):
        raise AssertionError("a second trial")

    monkeypatch.setattr("skforecast_lstm._course.Course.find_budget", refuse)
    again = clone(model).fit(X, y)
    same(again[-1], whole[-1], again[:-1].transform(X))
    assert again[-1].network_share_ == whole[-1].network_share_
    np.testing.assert_equal(again[-1].network_gain_, whole[-1].network_gain_)


def test_other_data_parameters_and_seeds_begin_anew(data, tmp_path, kill_after):
    X, y = data
    model = LSTMRegressor(4, epochs=6, random_state=0, checkpoint=tmp_path, checkpoint_every=2)
    kill_after(2)
    with pytest.raises(Killed):
        clone(model).fit(X, y)
    kill_after(0)
    moved = X.copy()
    moved[30, 2, 1] += 1e-6
    for other, (A, b) in [
        (model, (moved, y)),
        (model, (X, y + 1)),
        (clone(model).set_params(epochs=8), (X, y)),
        (clone(model).set_params(random_state=1), (X, y)),
        (clone(model).set_params(learning_rate=0.01), (X, y)),
        (clone(model).set_params(loss="mae"), (X, y)),
    ]:
        fitted = clone(other).fit(A, b)
        assert fitted.n_iter_restored_ == 0
        expected = clone(other).set_params(checkpoint=None).fit(A, b)
        same(fitted, expected, X)
    weighted = clone(model).fit(X, y, sample_weight=np.linspace(0.5, 1, len(y)))
    assert weighted.n_iter_restored_ == 0
    assert clone(model).set_params(verbose=0).fit(X, y).n_iter_restored_ == 4


def test_warm_start_goes_on_from_its_own_weights(data, tmp_path, kill_after):
    X, y = data
    model = LSTMRegressor(4, epochs=6, random_state=0, warm_start=True).fit(X, y)
    whole = LSTMRegressor(4, epochs=6, random_state=0, warm_start=True).fit(X, y).fit(X, y)
    model.set_params(checkpoint=tmp_path, checkpoint_every=2)
    before = model.predict(X)
    kill_after(2)
    with pytest.raises(Killed):
        model.fit(X, y)
    np.testing.assert_array_equal(model.predict(X), before)  # nothing is half done
    kill_after(0)
    # The same weights with another momentum, or another order to come, are another training.
    for change in (
        lambda member: member.rng.seed(1),
        lambda member: member.state.optimizer.reverse(),
    ):
        other = copy.deepcopy(model)
        change(other._members[0])
        assert other.fit(X, y).n_iter_restored_ == 0
    model.fit(X, y)
    assert model.n_iter_restored_ == 4
    np.testing.assert_array_equal(model.predict(X), whole.predict(X))
    # A fresh fit of the same has nothing to do with it.
    assert clone(model).fit(X, y).n_iter_restored_ == 0


def test_every_fit_of_a_search_has_a_file_of_its_own(data, tmp_path, kill_after):
    X, y = data
    model = LSTMRegressor(4, epochs=4, random_state=0, checkpoint_every=2)
    grid = {"units": [3, 4]}
    options = {"cv": TimeSeriesSplit(2), "error_score": "raise"}
    whole = GridSearchCV(model, grid, **options).fit(X, y)
    model = clone(model).set_params(checkpoint=tmp_path)
    kill_after(7)  # in the middle of the third of five fits, which write three times each
    with pytest.raises(Killed):
        GridSearchCV(model, grid, **options).fit(X, y)
    kill_after(0)
    assert len([*tmp_path.iterdir()]) == 1
    search = GridSearchCV(model, grid, **options).fit(X, y)
    for name in ("mean_test_score", "std_test_score"):
        np.testing.assert_array_equal(search.cv_results_[name], whole.cv_results_[name])
    np.testing.assert_array_equal(search.predict(X), whole.predict(X))
    assert [*tmp_path.iterdir()] == []


class Halve(keras.callbacks.Callback):
    """Halves the rate after every third epoch that it counts."""

    def __init__(self):
        super().__init__()
        self.seen, self.rates = 0, []

    def on_train_begin(self, logs=None):
        self.seen, self.rates = 0, []

    def on_epoch_end(self, epoch, logs=None):
        self.seen += 1
        if self.seen % 3 == 0:
            self.model.optimizer.learning_rate.assign(self.model.optimizer.learning_rate / 2)
        self.rates.append(float(self.model.optimizer.learning_rate))


# Keras' own: ReduceLROnPlateau makes an array of the rate in a way that NumPy deprecates.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize(
    "make",
    [
        lambda: [Halve()],
        lambda: [keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=1, min_delta=0.1)],
        lambda: [keras.callbacks.EarlyStopping(monitor="loss", patience=1, min_delta=0.05)],
    ],
    ids=["own", "ReduceLROnPlateau", "EarlyStopping"],
)
def test_callbacks_go_on_with_what_they_have_counted(make, data, tmp_path, kill_after):
    X, y = data
    params = {"epochs": 12, "random_state": 0, "learning_rate": 0.01}
    whole = LSTMRegressor(4, callbacks=make(), **params).fit(X, y)
    params |= {"checkpoint": tmp_path, "checkpoint_every": 2}
    kill_after(2)
    with pytest.raises(Killed):
        LSTMRegressor(4, callbacks=make(), **params).fit(X, y)
    kill_after(0)
    again = LSTMRegressor(4, callbacks=make(), **params).fit(X, y)
    assert again.n_iter_restored_ == 4
    same(again, whole, X)
    if isinstance(again.callbacks[0], Halve):
        assert again.callbacks[0].rates == whole.callbacks[0].rates


class Slow(keras.callbacks.Callback):
    """Lowers the rate after every third epoch of all members, with what it counts in."""

    def __init__(self, counter, factor=0.5):
        super().__init__()
        self.seen, self.factor = counter, factor

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(epoch)
        if len(self.seen) % 3 == 0:
            rate = self.model.optimizer.learning_rate
            rate.assign(rate * self.factor)


# The second write is that of the first member's end: the next one has no moment yet.
@pytest.mark.parametrize("n_writes", [1, 2, 3])
def test_callbacks_go_from_member_to_member(n_writes, data, tmp_path, kill_after):
    X, y = data
    params = {"epochs": 4, "n_members": 2, "random_state": 0, "learning_rate": 0.05}
    whole = LSTMRegressor(4, callbacks=[Slow([])], **params).fit(X, y)
    params |= {"checkpoint": tmp_path, "checkpoint_every": 3}
    kill_after(n_writes)
    with pytest.raises(Killed):
        LSTMRegressor(4, callbacks=[Slow([])], **params).fit(X, y)
    kill_after(0)
    again = LSTMRegressor(4, callbacks=[Slow([])], **params).fit(X, y)
    assert again.n_iter_restored_ == [3, 4, 7][n_writes - 1]
    same(again, whole, X)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' own
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (lambda: Slow([]), lambda: Slow([], factor=0.9)),
        (
            lambda: keras.callbacks.LearningRateScheduler(lambda epoch: 0.01),
            lambda: keras.callbacks.LearningRateScheduler(lambda epoch: 0.1),
        ),
    ],
    ids=["a number", "a function"],
)
def test_callbacks_with_other_settings_begin_anew(before, after, data, tmp_path, kill_after):
    X, y = data
    params = {"epochs": 4, "random_state": 0, "checkpoint_every": 2}
    whole = LSTMRegressor(4, callbacks=[after()], **params).fit(X, y)
    params["checkpoint"] = tmp_path
    kill_after(1)
    with pytest.raises(Killed):
        LSTMRegressor(4, callbacks=[before()], **params).fit(X, y)
    kill_after(0)
    other = LSTMRegressor(4, callbacks=[after()], **params).fit(X, y)
    assert other.n_iter_restored_ == 0
    same(other, whole, X)
    assert LSTMRegressor(4, callbacks=[before()], **params).fit(X, y).n_iter_restored_ == 2


def test_what_callbacks_lose_is_told(data, tmp_path, kill_after):
    X, y = data
    params = {"epochs": 4, "random_state": 0, "checkpoint": tmp_path, "checkpoint_every": 2}
    kill_after(1)
    with pytest.raises(Killed):
        LSTMRegressor(4, callbacks=[Slow(deque())], **params).fit(X, y)
    kill_after(0)
    with pytest.warns(UserWarning, match=r"Slow goes on without .*'seen' \(a deque\)"):
        LSTMRegressor(4, callbacks=[Slow(deque())], **params).fit(X, y)


def test_other_settings_of_keras_begin_anew(data, tmp_path, kill_after):
    model = LSTMRegressor(4, epochs=4, random_state=0, checkpoint=tmp_path, checkpoint_every=2)
    kill_after(1)
    with pytest.raises(Killed):
        clone(model).fit(*data)
    kill_after(0)
    before = keras.config.epsilon()
    keras.config.set_epsilon(1e-3)
    try:
        assert clone(model).fit(*data).n_iter_restored_ == 0
    finally:
        keras.config.set_epsilon(before)
    assert clone(model).fit(*data).n_iter_restored_ == 2


def test_an_interrupt_leaves_the_file(data, tmp_path, monkeypatch):
    X, y = data
    model = LSTMRegressor(4, epochs=10, random_state=0, checkpoint=tmp_path, checkpoint_every=2)
    whole = clone(model).set_params(checkpoint=None).fit(X, y)
    write, counts = Checkpoint._write, iter(range(1, 100))

    def press(self):
        write(self)
        if next(counts) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Checkpoint, "_write", press)
    with pytest.warns(UserWarning, match="interrupted after 4 of 10 epochs"):
        model.fit(X, y)
    monkeypatch.setattr(Checkpoint, "_write", write)
    same(clone(model).fit(X, y), whole, X)


def test_a_full_disk_is_told_and_training_goes_on(data, tmp_path, monkeypatch):
    X, y = data
    model = LSTMRegressor(4, epochs=6, random_state=0, checkpoint=tmp_path, checkpoint_every=2)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("skforecast_lstm._checkpoints.write_whole", full)
    with pytest.warns(UserWarning, match="No space left on device.*Training goes on"):
        model.fit(X, y)
    same(model, clone(model).set_params(checkpoint=None).fit(X, y), X)


def test_a_damaged_file_is_told(data, tmp_path, kill_after):
    X, y = data
    model = LSTMRegressor(4, epochs=6, random_state=0, checkpoint=tmp_path, checkpoint_every=2)
    kill_after(2)
    with pytest.raises(Killed):
        model.fit(X, y)
    kill_after(0)
    [path] = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"cannot be read.*Remove it"):
        model.fit(X, y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"random_state": None}, "needs a number as random_state"),
        ({"random_state": np.random.RandomState(0)}, "needs a number as random_state"),
        ({"checkpoint": 3}, "'checkpoint' parameter"),
        ({"checkpoint_every": 0}, "'checkpoint_every' parameter"),
        ({"checkpoint": __file__}, "checkpoint must be a folder"),
        ({"callbacks": [keras.callbacks.LambdaCallback(on_train_batch_end=print)]}, "epochs only"),
    ],
)
def test_what_cannot_be_is_refused(params, message, data, tmp_path):
    model = LSTMRegressor(4, epochs=2, random_state=0, checkpoint=tmp_path).set_params(**params)
    with pytest.raises(ValueError, match=message):
        model.fit(*data)


def test_partial_fit_keeps_nothing(data, tmp_path):
    model = LSTMRegressor(4, random_state=0, checkpoint=tmp_path, checkpoint_every=1)
    model.partial_fit(*data)
    assert [*tmp_path.iterdir()] == []


SCRIPT = """
import sys
import numpy as np
from skforecast_lstm import LSTMRegressor

rng = np.random.default_rng(0)
X = rng.normal(size=(400, 12, 2))
model = LSTMRegressor(8, epochs=60, n_members=2, dropout=0.1, random_state=0)
model.set_params(checkpoint=sys.argv[1], checkpoint_every=1).fit(X, X[:, -1, 0])
np.save(sys.argv[2], np.append(model.predict(X), model.n_iter_restored_))
"""


@pytest.mark.slow
def test_a_process_that_is_killed_at_any_moment(tmp_path):
    folder, result = tmp_path / "checkpoints", tmp_path / "result.npy"
    command = [sys.executable, "-c", SCRIPT, str(folder), str(result)]
    draw = np.random.default_rng()
    for _ in range(3):
        process = subprocess.Popen(command)
        while process.poll() is None and not (folder.exists() and [*folder.glob("*.checkpoint")]):
            time.sleep(0.005)
        time.sleep(draw.uniform(0, 0.2))
        process.kill()
        process.wait()
        if result.exists():
            break
    if not result.exists():
        subprocess.run(command, check=True)
    *predicted, n_restored = np.load(result)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 12, 2))
    whole = LSTMRegressor(8, epochs=60, n_members=2, dropout=0.1, random_state=0)
    np.testing.assert_array_equal(predicted, whole.fit(X, X[:, -1, 0]).predict(X))
    assert n_restored > 0
    assert [*folder.iterdir()] == []


def test_labels_of_other_names_do_not_go_on_with_other_weights(data, tmp_path, kill_after):
    X, y = data[0], (data[1] > 0).astype(int)
    params = {"epochs": 6, "random_state": 0, "class_weight": {1: 9.0}}
    model = LSTMClassifier(4, **params, checkpoint=tmp_path, checkpoint_every=2)
    kill_after(2)
    with pytest.raises(Killed):
        model.fit(X, y)
    kill_after(0)
    # To the network these are the same labels, but the weight is that of the other one.
    other = clone(model).fit(X, y + 1)
    assert other.n_iter_restored_ == 0
    whole = LSTMClassifier(4, **params)
    np.testing.assert_array_equal(other.predict_proba(X), whole.fit(X, y + 1).predict_proba(X))
    again = clone(model).fit(X, y)
    assert again.n_iter_restored_ == 4
    np.testing.assert_array_equal(again.predict_proba(X), whole.fit(X, y).predict_proba(X))
