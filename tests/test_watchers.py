"""What watches a training: callbacks, early stopping, progress and the rate from epoch to epoch."""

import copy
import pickle
import re
import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline

import skforecast_lstm
from skforecast_lstm import Forecaster, WindowTransformer, _cache, make_supervised
from skforecast_lstm._watchers import parted_from


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 6, 2)).astype(np.float32)
    return X, np.column_stack([X[:, -1, 0], X[:, :, 1].mean(axis=1)])


def make(name="LSTMRegressor", **params):
    small = {} if name in ("StackedLSTMRegressor", "ConvLSTMRegressor") else {"units": 5}
    params = {**small, "epochs": 3, "random_state": 0, "target_scaler": None, **params}
    return getattr(skforecast_lstm, name)(**params)


def fit_with_keras(model, X, y, *, epochs, sample_weight=None, rates=None):
    """``Model.fit`` from the same initial weights, on batches in the same order."""
    rng = np.random.RandomState(0)  # as random_state=0
    network = model._fitted_network
    reference = network.build(seed=rng.randint(2**31 - 1))
    reference.compile(loss="mse", optimizer="adam", metrics=["mae"])
    losses = []
    y = y.reshape(len(y), *reference.output_shape[1:])
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch: rates[epoch])
    for epoch in range(epochs):
        order = rng.permutation(len(X))
        weight = None if sample_weight is None else sample_weight[order]
        history = reference.fit(
            X[order],
            y[order],
            sample_weight=weight,
            batch_size=16,
            shuffle=False,
            verbose=0,
            initial_epoch=epoch,
            epochs=epoch + 1,
            callbacks=[] if rates is None else [scheduler],
        )
        losses.append(history.history["loss"][0])
    return reference, losses


# --- callbacks and early stopping -------------------------------------------------------------


class CountBatches(keras.callbacks.Callback):
    """Looks at each batch, which the graph does not stop for."""

    def __init__(self):
        super().__init__()
        self.n_batches = 0

    def on_train_batch_end(self, batch, logs=None):
        self.n_batches += 1


def test_batch_level_callbacks_fall_back_to_keras_with_the_same_numbers(data):
    X, y = data
    counter = CountBatches()
    slow = make(callbacks=[counter], batch_size=16).fit(X, y)
    fast = make(batch_size=16).fit(X, y)
    assert counter.n_batches == 3 * 4
    np.testing.assert_allclose(slow.history_["loss"], fast.history_["loss"], rtol=1e-4)
    np.testing.assert_allclose(slow.predict(X), fast.predict(X), atol=1e-4)


# Keras' own: ReduceLROnPlateau makes an array of the rate in a way that NumPy deprecates.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_epoch_level_keras_callbacks(data, tmp_path):
    X, y = data
    callbacks = [
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=1, min_delta=10.0),
        keras.callbacks.ModelCheckpoint(tmp_path / "model.keras"),
        keras.callbacks.TensorBoard(tmp_path / "board"),
        keras.callbacks.EarlyStopping(monitor="loss", patience=4, min_delta=10.0),
    ]
    model = make(callbacks=callbacks, epochs=20).fit(X, y)
    assert model.n_iter_ == 5
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 6
    assert (tmp_path / "board").exists()
    saved = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(saved.predict(X, verbose=0), model.predict(X), atol=1e-5)
    # The rate that the plateau lowered is not left behind for the next fit.
    assert make(epochs=3).fit(X, y).history_ == make(epochs=3).fit(X, y).history_


def test_callbacks_let_go_of_the_model(data):
    X, y = data
    seen = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs))
    make(callbacks=callback).fit(X, y)
    assert len(seen) == 3
    assert "loss" in seen[0]
    assert callback.model is None


class Stop(keras.callbacks.Callback):
    """Raises at the end of an epoch, as callbacks that prune trials do."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            raise LookupError("enough of it")


def test_an_error_of_a_callback_ends_the_fit_and_not_the_program(data):
    X, y = data
    expected = make().fit(X, y).history_
    skforecast_lstm.clear_cache()
    model = make(callbacks=[Stop()])
    for _ in range(2):
        with pytest.raises(LookupError, match="enough of it"):
            model.fit(X, y)
        assert not hasattr(model, "history_")
    assert [program.n_traces for idle in _cache._cache.values() for program in idle] == [1]
    # The program that the error left is as good as a new one.
    assert make().fit(X, y).history_ == expected
    assert [program.n_traces for idle in _cache._cache.values() for program in idle] == [1]


# --- callbacks of clones -------------------------------------------------------------------------


class Record(keras.callbacks.Callback):
    """Keeps losses, and reports them to somebody."""

    def __init__(self, listener=None):
        super().__init__()
        self.listener, self.losses = listener, []

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(logs["loss"])
        if self.listener is not None:
            self.listener.report(logs["loss"])


class Shared(Record):
    """One that clones have in common."""

    def __deepcopy__(self, memo):
        return self


class Listener:
    def __init__(self):
        self.n_heard = 0

    def report(self, loss):
        self.n_heard += 1


def cross_validate(model, X, y):
    cross_val_score(model, X, y, cv=TimeSeriesSplit(2), error_score="raise")


def search(model, X, y):
    GridSearchCV(
        model,
        {"lstmregressor__units": [3]},
        cv=TimeSeriesSplit(2),
        refit=False,
        error_score="raise",
    ).fit(X, y)


def forecast(model, X, y):
    Forecaster(model).fit(pd.Series(X.iloc[:, 0]))


of_clones = pytest.mark.parametrize("run", [cross_validate, search, forecast])


@pytest.fixture
def table():
    dates = pd.date_range("2024-01-01", periods=40)
    values = np.random.default_rng(0).normal(size=40)
    return make_supervised(pd.Series(values, dates, name="sales"))


def make_windows_and(callbacks, **params):
    return make_pipeline(WindowTransformer(3), make(callbacks=callbacks, **params))


@of_clones
def test_a_clone_says_that_its_callbacks_report_to_copies(run, table):
    callback = Record(Listener())
    with pytest.warns(
        UserWarning, match=r"clone.*'listener' of Record, 'losses' of Record.*__deepcopy__"
    ) as caught:
        run(make_windows_and([callback]), *table)
    assert len(caught) == {cross_validate: 2, search: 2, forecast: 1}[run]
    assert not callback.losses
    assert not callback.listener.n_heard


@of_clones
def test_callbacks_that_clones_share_see_their_fits(run, table):
    callback = Shared(Listener())
    run(make_windows_and([callback]), *table)
    assert callback.listener.n_heard == len(callback.losses) > 0


@of_clones
def test_functions_are_shared_by_clones(run, table):
    seen = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs))
    run(make_windows_and(callback), *table)
    assert seen


def test_what_is_no_clone_sees_its_fits_without_a_warning(data, table):
    callback = Record(Listener())
    make_windows_and([callback], n_members=2).fit(*table)
    make(callbacks={"record": callback}).fit(*data)
    assert callback.listener.n_heard == len(callback.losses) == 9


def test_routed_parameters_of_callbacks_are_copied_too(data):
    listener = Listener()
    model = make(callbacks=Record).set_params(callbacks__listener=listener)
    model.fit(*data)
    assert listener.n_heard == 3
    with pytest.warns(UserWarning, match=r"what they do to callbacks__listener is done"):
        clone(model).fit(*data)
    assert listener.n_heard == 3


def test_a_clone_of_a_clone_from_another_process_warns_and_new_callbacks_do_not(data):
    twin = pickle.loads(pickle.dumps(clone(clone(make(callbacks=[Record()])))))
    with pytest.warns(UserWarning, match="'losses' of Record") as caught:
        twin.set_params(n_members=2).fit(*data)
    assert len(caught) == 1
    twin.set_params(callbacks=[Record()]).fit(*data)
    clone(twin).set_params(callbacks=None).fit(*data)


def test_settings_are_as_good_as_their_copies(tmp_path):
    class Steps(keras.callbacks.Callback):
        pass

    callback = Steps()
    callback.settings = {"rates": [0.1, 0.2], "path": tmp_path, "when": pd.Timestamp(0)}
    callback.weights, callback.name, callback.limits = np.ones(3), "steps", (1, None)
    of_keras = [
        keras.callbacks.EarlyStopping(),
        keras.callbacks.ReduceLROnPlateau(),
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.ModelCheckpoint(tmp_path / "model.keras"),
        keras.callbacks.TensorBoard(tmp_path),
        keras.callbacks.LearningRateScheduler(lambda epoch: 0.1),
    ]
    callbacks = [callback, *of_keras, keras.callbacks.EarlyStopping, None]
    assert parted_from(callbacks, copy.deepcopy(callbacks)) == []
    callback.found = {"losses": []}
    callback.to_log = Listener().report  # a method is copied with what it is of
    callback.objects = np.array([Listener()], dtype=object)
    found = parted_from(callbacks, copy.deepcopy(callbacks))
    assert found == ["'found' of Steps", "'to_log' of Steps", "'objects' of Steps"]


def test_early_stopping_by_keras_in_a_search_warns_of_nothing(table):
    stopping = keras.callbacks.EarlyStopping(monitor="loss", patience=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search(make_windows_and([stopping]), *table)


@pytest.mark.parametrize("callbacks", [[], [CountBatches()]])
def test_early_stopping_returns_to_the_best_weights(data, callbacks):
    X, y = data
    params = {"epochs": 200, "learning_rate": 0.05, "n_iter_no_change": 5, "callbacks": callbacks}
    X_val, y_val = X[:10] * -1, y[:10]  # what training on the rest makes worse, sooner or later
    model = make(early_stopping=True, **params).fit(X, y, X_val=X_val, y_val=y_val)
    losses = model.history_["val_loss"]
    assert model.n_iter_ == len(losses) < 200
    assert model.n_iter_ == np.argmin(losses) + 1 + 5
    loss = np.mean((model.predict(X_val) - y_val) ** 2)
    np.testing.assert_allclose(loss, min(losses), rtol=1e-4)


@pytest.mark.parametrize(("verbose", "stream"), [(1, "err"), (2, "out")])
def test_progress(data, capsys, verbose, stream):
    X, y = data
    make(verbose=verbose).fit(X, y, X_val=X, y_val=y)
    shown = getattr(capsys.readouterr(), stream)
    assert "val_loss=" in shown
    assert "3/3" in shown
    make(verbose=0).fit(X, y)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("callbacks", [[], [CountBatches()]])
def test_one_bar_runs_over_all_members(data, capsys, callbacks):
    X, y = data
    make(verbose=1, n_members=3, callbacks=callbacks).fit(X, y)
    shown = capsys.readouterr().err
    assert "9/9" in shown
    assert "3/3" not in shown.replace("member 3/3", "")
    assert shown.count("\n") == 1
    assert "fit member 3/3: 100%" in shown
    assert re.search(r"\[\d+:\d+<\d+:\d+", shown)  # the time left
    make(verbose=2, n_members=2).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert lines[-1].startswith("member 2/2 epoch 3/3 loss=")


def test_a_bar_is_full_where_members_stop_early(data, capsys):
    X, y = data
    model = make(verbose=1, n_members=2, early_stopping=True, epochs=60, n_iter_no_change=2)
    model.set_params(learning_rate=0.05).fit(X, y, X_val=X[:10] * -1, y_val=y[:10])
    last = capsys.readouterr().err.splitlines()[-1].split("\r")[-1]
    total = int(re.search(r"(\d+)/\1 ", last)[1])
    assert model.n_iter_ <= total < 120


def test_a_trial_has_a_bar_of_its_own(data, capsys):
    X, y = data
    model = make(verbose=1, epochs="auto").fit(X, y)
    lines = capsys.readouterr().err.strip().split("\n")
    trial, fit = (line.split("\r")[-1] for line in lines)
    assert re.search(r"^trial: 100%.* (\d+)/\1 .*loss=", trial)
    assert re.search(rf"^fit: 100%.* {model.n_iter_}/{model.n_iter_} ", fit)
    make(verbose=2, epochs="auto").fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("trial epoch 1/10 loss=")
    assert lines[-1].startswith(f"epoch {model.n_iter_}/{model.n_iter_} loss=")


# --- the learning rate from epoch to epoch -----------------------------------------------------


def cosine(epochs, rate=0.001):
    """From the full rate down, along half a wave."""
    return [rate * (1 + np.cos(np.pi * epoch / epochs)) / 2 for epoch in range(epochs)]


class Rates(keras.callbacks.Callback):
    """Notes the learning rate of each epoch."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(float(self.model.optimizer.learning_rate))


# Keras' own: its scheduler makes an array of the rate in a way that NumPy deprecates.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize(
    ("name", "epochs", "params"),
    [("LSTMRegressor", 1, {}), ("LSTMRegressor", 7, {}), ("CNNLSTMRegressor", 4, {"filters": 4})],
)
def test_a_cosine_gives_the_numbers_of_keras_scheduler(name, epochs, params, data):
    X, y = data
    params = {**params, "batch_size": 16, "learning_rate_schedule": "cosine"}
    model = make(name, epochs=epochs, **params).fit(X, y)
    reference, losses = fit_with_keras(model, X, y, epochs=epochs, rates=cosine(epochs))
    np.testing.assert_allclose(model.history_["loss"], losses, rtol=1e-4)
    for ours, theirs in zip(model.model_.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("watched", [{}, {"callbacks": [CountBatches()]}, {"verbose": 2}])
@pytest.mark.parametrize("optimizer", ["adam", keras.optimizers.SGD(momentum=0.9)])
def test_a_cosine_is_the_same_whoever_looks(optimizer, watched, data):
    X, y = data
    params = {"epochs": 5, "batch_size": 16, "learning_rate_schedule": "cosine"}
    params |= {"learning_rate": 0.02, "optimizer": optimizer}
    expected = make(**params).fit(X, y)
    found = make(**params, **watched).fit(X, y)
    np.testing.assert_allclose(found.history_["loss"], expected.history_["loss"], rtol=1e-4)
    np.testing.assert_allclose(found.predict(X), expected.predict(X), atol=1e-4)
    constant = make(**params | {"learning_rate_schedule": "constant"}).fit(X, y)
    assert np.abs(constant.predict(X) - expected.predict(X)).max() > 1e-3


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("batch_callbacks", [[], [CountBatches()]])
@pytest.mark.parametrize("warm_start", [False, True])
def test_every_fit_begins_at_the_full_rate(warm_start, batch_callbacks, data):
    X, y = data
    rates = Rates()
    params = {"learning_rate_schedule": "cosine", "learning_rate": 0.02, "warm_start": warm_start}
    model = make(epochs=4, callbacks=[rates, *batch_callbacks], **params)
    first = model.fit(X, y).predict(X)
    again = model.fit(X, y).predict(X)
    np.testing.assert_allclose(rates.seen, cosine(4, 0.02) * 2, rtol=1e-5)
    assert np.array_equal(again, first) is not warm_start
    # An epoch more has no schedule; nor does it leave one to the next estimator.
    rates.seen = []
    model.partial_fit(X, y).partial_fit(X, y)
    np.testing.assert_allclose(rates.seen, [0.02, 0.02], rtol=1e-6)
    plain = make(epochs=2, learning_rate=0.02, callbacks=[rates]).fit(X, y)
    np.testing.assert_allclose(rates.seen[2:], [0.02, 0.02], rtol=1e-6)
    fresh = make(epochs=2, learning_rate=0.02).fit(X, y)
    np.testing.assert_array_equal(plain.predict(X), fresh.predict(X))


def test_early_stopping_follows_the_same_cosine(data):
    X, y = data
    rates = Rates()
    params = {"learning_rate_schedule": "cosine", "learning_rate": 0.05, "early_stopping": True}
    model = make(epochs=60, n_iter_no_change=3, callbacks=[rates], **params)
    model.fit(X, y, X_val=X[:10] * -1, y_val=y[:10])
    assert model.n_iter_ < 60
    np.testing.assert_allclose(rates.seen, cosine(60, 0.05)[: model.n_iter_], rtol=1e-4, atol=1e-7)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_constant_rate_is_what_there_was_and_leaves_other_schedules_alone(data):
    X, y = data
    plain = make(learning_rate_schedule="constant").fit(X, y)
    _, losses = fit_with_keras(make(batch_size=16).fit(X, y), X, y, epochs=3, rates=[0.001] * 3)
    np.testing.assert_allclose(make(batch_size=16).fit(X, y).history_["loss"], losses, rtol=1e-4)
    np.testing.assert_array_equal(plain.predict(X), make().fit(X, y).predict(X))
    rates = Rates()
    halved = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    make(callbacks=[halved, rates], learning_rate=0.08).fit(X, y)
    np.testing.assert_allclose(rates.seen, [0.04, 0.02, 0.01], rtol=1e-6)


class Fails(keras.callbacks.Callback):
    """Raises where the network has more than five units."""

    def on_epoch_end(self, epoch, logs=None):
        if self.model.layers[1].units > 5 and epoch == 1:
            raise OSError("the disk of the log is full")


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite:UserWarning")
def test_a_search_goes_on_past_a_callback_that_raises(data):
    X, y = data
    grid = {"units": [4, 6]}
    options = {"cv": TimeSeriesSplit(2), "scoring": "neg_mean_absolute_error", "refit": False}
    model = make(callbacks=[Fails()])
    with pytest.warns(FitFailedWarning, match="2 fits failed out of a total of 4"):
        search = GridSearchCV(model, grid, error_score=np.nan, **options).fit(X, y)
    good, failed = search.cv_results_["mean_test_score"]
    assert np.isnan(failed)
    alone = GridSearchCV(make(), {"units": [4]}, error_score="raise", **options).fit(X, y)
    assert good == alone.cv_results_["mean_test_score"][0]
    with pytest.raises(OSError, match="the disk of the log is full"):
        GridSearchCV(model, grid, error_score="raise", **options).fit(X, y)
