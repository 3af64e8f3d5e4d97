"""The compiled programs: the same numbers as ``keras.Model.fit``, shared without being mixed up."""

import copy
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import tracemalloc

import joblib
import keras
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skforecast_lstm
from skforecast_lstm import (
    BaseLSTMRegressor,
    LSTMRegressor,
    WindowTransformer,
    make_supervised,
    training,
)

REGRESSORS = {
    "LSTMRegressor": {},
    "StackedLSTMRegressor": {"units": (5, 4)},
    "BidirectionalLSTMRegressor": {},
    "CNNLSTMRegressor": {"filters": 4},
    "ConvLSTMRegressor": {"filters": 4},
    "EncoderDecoderLSTMRegressor": {"attention": True},
    "SequenceLSTMRegressor": {},
    "OneToManyLSTMRegressor": {},
}


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


@pytest.mark.parametrize("name", REGRESSORS)
def test_same_losses_and_weights_as_keras(name, data):
    X, y = data
    model = make(name, batch_size=16, epochs=4, **REGRESSORS[name]).fit(X, y)
    reference, losses = fit_with_keras(model, X, y, epochs=4)
    np.testing.assert_allclose(model.history_["loss"], losses, rtol=1e-4)
    for ours, theirs in zip(model.model_.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_same_numbers_as_keras_with_sample_weight_and_metrics(data):
    X, y = data
    weight = np.random.default_rng(1).uniform(0.5, 2.0, len(X))
    model = make(batch_size=16, epochs=4, metrics=["mae"]).fit(X, y, sample_weight=weight)
    reference, losses = fit_with_keras(model, X, y, epochs=4, sample_weight=weight)
    np.testing.assert_allclose(model.history_["loss"], losses, rtol=1e-4)
    assert set(model.history_) == {"loss", "mae"}
    np.testing.assert_allclose(model.predict(X), reference.predict(X, verbose=0), atol=1e-4)


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adamw", "nadam", "adagrad"])
def test_a_refit_resets_the_optimizer(optimizer, data):
    X, y = data
    model = make(optimizer=optimizer)
    first = model.fit(X, y).predict(X)
    np.testing.assert_array_equal(model.fit(X, y).predict(X), first)


def test_predict_agrees_with_the_keras_model(data):
    X, y = data
    model = make().fit(X, y)
    np.testing.assert_allclose(model.predict(X), model.model_.predict(X, verbose=0), atol=1e-6)
    one_by_one = np.concatenate([model.predict(row[None]) for row in X])
    np.testing.assert_allclose(one_by_one, model.predict(X), atol=1e-6)


def test_programs_are_shared_without_a_retrace(data):
    X, y = data
    training.clear_cache()
    make().fit(X, y).predict(X)
    programs = [program for idle in training._cache.values() for program in idle]
    assert [program.n_traces for program in programs] == [1, 1]  # one trains, one predicts
    make(random_state=1, learning_rate=0.1, epochs=5).fit(X[:30], y[:30]).predict(X[:7])
    make(batch_size=7).fit(X, y).predict(X[:1])
    assert [program for idle in training._cache.values() for program in idle] == programs
    assert [program.n_traces for program in programs] == [1, 1]


def test_other_graphs_are_other_programs(data):
    X, y = data
    training.clear_cache()
    variants = [{}, {"units": 6}, {"loss": "mae"}, {"clipnorm": 0.01}, {"optimizer": "sgd"}]
    losses = [make(epochs=40, **variant).fit(X, y).history_["loss"][-1] for variant in variants]
    assert len(training._cache) == len(variants)
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
    monkeypatch.setattr(training, "MAX_IDLE_PROGRAMS", 3)
    training.clear_cache()
    models = [make(units=units).fit(X, y) for units in range(2, 8)]
    assert sum(map(len, training._cache.values())) == 3
    before = [model.predict(X) for model in models]  # programs come and go, estimators stay
    training.clear_cache()
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
@pytest.mark.parametrize("granted", ["1", "2"])
def test_workers_take_the_threads_that_joblib_grants(granted):
    code = (
        "import skforecast_lstm.training, tensorflow as tf;"
        "print(tf.config.threading.get_intra_op_parallelism_threads())"
    )
    env = {**os.environ, "OMP_NUM_THREADS": granted}
    shown = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert shown.stdout.split()[-1] == granted


def test_a_search_in_threads_finds_what_one_by_one_finds(data):
    X, y = data
    search = GridSearchCV(make(), {"units": [3, 5]}, cv=TimeSeriesSplit(3), error_score="raise")
    expected = search.fit(X, y).cv_results_["mean_test_score"]
    with joblib.parallel_config(backend="threading"):
        search.set_params(n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], expected)


@pytest.mark.slow
def test_a_fit_in_another_process_gives_the_same_numbers(data, tmp_path):
    X, y = data
    joblib.dump((make(dropout=0.2), X, y), tmp_path / "given")
    code = (
        "import joblib, sys;"
        "model, X, y = joblib.load(sys.argv[1] + '/given');"
        "joblib.dump(model.fit(X, y).predict(X), sys.argv[1] + '/found')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    expected = make(dropout=0.2).fit(X, y).predict(X)
    np.testing.assert_array_equal(joblib.load(tmp_path / "found"), expected)


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


# --- windows from the table --------------------------------------------------------------------


@pytest.mark.parametrize("params", [{}, {"early_stopping": True}])
def test_windows_are_never_copied_through_the_whole_pipeline(params):
    table = np.random.default_rng(0).normal(size=(20_000, 3))
    X, y = make_supervised(table, target=0, n_steps_out=2)
    params = {"units": 2, "batch_size": 4096, "epochs": 2, "random_state": 0, **params}
    model = make_pipeline(
        StandardScaler(), WindowTransformer(200, n_steps_out=2), LSTMRegressor(**params)
    )
    model.fit(X[:300], y[:300]).predict(X[:300])  # what is imported and traced once
    windows = 20_000 * 200 * 3 * 4
    for run in (lambda: model.fit(X, y), lambda: model.predict(X)):
        tracemalloc.start()
        run()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < windows / 8  # NumPy's memory; TensorFlow's is measured in benchmarks/


def test_overlapping_windows_and_their_copies_train_alike():
    table = np.random.default_rng(0).normal(size=(60, 2))
    views = np.lib.stride_tricks.sliding_window_view(table, 5, axis=0).swapaxes(1, 2)
    y = table[4:, 0]
    ours = make().fit(views, y)
    np.testing.assert_array_equal(ours.predict(views), make().fit(views.copy(), y).predict(views))
    np.testing.assert_array_equal(ours.predict(views), ours.predict(views.copy()))


# --- XLA ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("LSTMRegressor", {}),
        ("LSTMRegressor", {"cell": "gru"}),
        ("StackedLSTMRegressor", {"units": (5, 4), "activation": "relu"}),
        ("LSTMRegressor", {"cell": "gru", "window_norm": "standard", "linear_skip": True}),
        ("EncoderDecoderLSTMRegressor", {"attention": True, "metrics": ["mae"]}),
    ],
)
def test_xla_gives_the_same_numbers(name, params, data):
    X, y = data
    plain = make(name, jit_compile=False, batch_size=16, **params).fit(X, y)
    compiled = make(name, jit_compile=True, batch_size=16, **params).fit(X, y)
    for key, losses in plain.history_.items():
        np.testing.assert_allclose(compiled.history_[key], losses, rtol=1e-4)
    np.testing.assert_allclose(compiled.predict(X), plain.predict(X), atol=1e-4)


@pytest.mark.slow
def test_auto_compiles_where_it_repays(data, monkeypatch):
    X, y = data
    monkeypatch.setattr(training, "_MIN_XLA_STEPS", 6 * 3 * 3)  # three epochs of three batches

    def compiles(**params):
        training.clear_cache()
        make(batch_size=16, **params).fit(X, y)
        (program,) = (program for idle in training._cache.values() for program in idle)
        return program._jit

    assert compiles(cell="gru")
    assert not compiles(cell="gru", epochs=2)  # too short
    assert not compiles(epochs=30)  # the fused kernel is as fast
    assert not compiles(cell="gru", jit_compile=False)


def test_model_is_independent_of_cache_and_estimator(data):
    X, y = data
    model = make().fit(X, y)
    before = model.predict(X)
    network = model.model_
    network.set_weights([0 * weight for weight in network.get_weights()])
    np.testing.assert_array_equal(model.predict(X), before)
    assert make(random_state=1).fit(X, y).model_ is not network


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


# --- what fits leave behind -------------------------------------------------------------------


@pytest.mark.parametrize("params", [{}, {"dropout": 0.3}, {"optimizer": "rmsprop"}])
def test_partial_fit_continues_training(data, params):
    X, y = data
    model = make(epochs=2, **params).fit(X, y)
    model.partial_fit(X, y).partial_fit(X, y)
    whole = make(epochs=4, **params).fit(X, y)
    assert len(model.history_["loss"]) == model.n_iter_ == 4
    if "dropout" not in params:  # its masks begin anew in each call
        np.testing.assert_array_equal(model.predict(X), whole.predict(X))
        assert model.history_ == whole.history_


def test_partial_fit_of_a_new_estimator_is_one_epoch(data):
    X, y = data
    model = make(epochs=7).partial_fit(X, y)
    np.testing.assert_array_equal(model.predict(X), make(epochs=1).fit(X, y).predict(X))


def test_initialize_makes_the_network_that_fit_starts_from(data):
    X, y = data
    model = make().initialize(X, y)
    assert model.initialized_
    assert model.n_iter_ == 0
    for _ in range(3):
        model.partial_fit(X, y)
    np.testing.assert_array_equal(model.predict(X), make().fit(X, y).predict(X))


def test_warm_start_continues_and_a_plain_refit_does_not(data):
    X, y = data
    model = make(epochs=2, warm_start=True).fit(X, y).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), make(epochs=4).fit(X, y).predict(X))
    model.set_params(warm_start=False).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), make(epochs=2).fit(X, y).predict(X))


def test_warm_start_refuses_another_network(data):
    X, y = data
    model = make(warm_start=True).fit(X, y).set_params(units=6)
    with pytest.raises(ValueError, match="warm_start"):
        model.fit(X, y)


def test_divergence_is_an_error_that_says_what_to_try_and_changes_nothing(data):
    X, y = data
    model = make().fit(X, y)
    before, history = model.predict(X), copy.deepcopy(model.history_)
    model.set_params(learning_rate=1e12, optimizer="sgd", activation="relu", epochs=50)
    with pytest.raises(ValueError, match=r"diverged.*learning_rate.*clipnorm.*activation"):
        model.fit(X * 1e10, y * 1e10)
    assert model.history_ == history
    np.testing.assert_array_equal(model.predict(X), before)


def test_dropout_is_seeded_and_trains_only(data):
    X, y = data
    first, again, other = (make(dropout=0.4, random_state=seed).fit(X, y) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.predict(X), again.predict(X))
    np.testing.assert_array_equal(first.predict(X), first.predict(X))
    assert (first.predict(X) != other.predict(X)).any()


def test_user_objects_are_not_changed(data):
    X, y = data
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    params = {"optimizer": optimizer, "metrics": ["mae"]}
    make(**params, learning_rate=0.01).fit(X, y)
    assert params["metrics"] == ["mae"]
    assert float(optimizer.learning_rate.numpy()) == pytest.approx(0.1)
    assert int(optimizer.iterations.numpy()) == 0


def test_python_and_numpy_random_states_are_left_alone(data):
    import random

    X, y = data
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002
    expected = random.random(), np.random.random()  # noqa: NPY002
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002
    make().fit(X, y)
    assert (random.random(), np.random.random()) == expected  # noqa: NPY002


# --- networks of one's own ---------------------------------------------------------------------


def build_dense(input_shape, n_steps_out, n_targets, *, units):
    layers = [keras.layers.Flatten(), keras.layers.Dense(units, activation="relu")]
    last = keras.layers.Dense(n_steps_out * n_targets, kernel_regularizer="l2")
    return keras.Sequential([keras.Input(input_shape), *layers, last])


def build_leftover_sequences(input_shape, n_steps_out, n_targets):
    inputs = keras.Input(input_shape)
    x = keras.layers.LSTM(5, return_sequences=True)(inputs)
    return keras.Model(inputs, keras.layers.Dense(n_steps_out * n_targets)(x))


class DenseRegressor(BaseLSTMRegressor):
    build_network = staticmethod(build_dense)


class LeftoverRegressor(BaseLSTMRegressor):
    build_network = staticmethod(build_leftover_sequences)


class NamelessRegressor(BaseLSTMRegressor):
    pass


def test_a_network_of_ones_own(data):
    X, y = data
    model = DenseRegressor(units=16, n_targets=2, epochs=150, learning_rate=0.01, random_state=0)
    model.fit(X, y)
    assert model.score(X, y) > 0.9
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))
    # The penalty of the regulariser is part of the loss, as in Keras.
    error = np.mean((model.target_scaler_.transform(y) - model.model_(X)) ** 2)
    assert model.model_.evaluate(X, model.target_scaler_.transform(y), verbose=0) > error


def test_leftover_return_sequences_is_refused(data):
    X, y = data
    with pytest.raises(ValueError, match=r"output shape \(None, 6, 2\).*return_sequences"):
        LeftoverRegressor(epochs=1).fit(X, y)


def test_a_regressor_without_a_builder_says_so(data):
    X, y = data
    with pytest.raises(TypeError, match="names no builder"):
        NamelessRegressor().fit(X, y)


def test_routed_parameters_reach_keras(data):
    X, y = data
    model = make(optimizer="sgd", callbacks=keras.callbacks.EarlyStopping, epochs=50)
    model.set_params(optimizer__momentum=0.5, callbacks__monitor="loss", callbacks__min_delta=10.0)
    model.fit(X, y)
    assert model.model_.optimizer.momentum == 0.5
    assert model.n_iter_ == 2
    with pytest.raises(ValueError, match=r"optimizer__momentun=0\.5"):
        make(optimizer="sgd").set_params(optimizer__momentun=0.5).fit(X, y)
    with pytest.raises(ValueError, match=r"learning_rate=0\.1 is short for"):
        make(learning_rate=0.1).set_params(optimizer__learning_rate=0.2).fit(X, y)


def test_learning_rate_schedule(data):
    X, y = data
    schedule = keras.optimizers.schedules.CosineDecay(0.1, decay_steps=10)
    model = make(learning_rate=schedule).fit(X, y)
    assert model.history_["loss"] != make(learning_rate=0.1).fit(X, y).history_["loss"]


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
    ("name", "epochs"), [("LSTMRegressor", 1), ("LSTMRegressor", 7), ("CNNLSTMRegressor", 4)]
)
def test_a_cosine_gives_the_numbers_of_keras_scheduler(name, epochs, data):
    X, y = data
    params = {"batch_size": 16, "learning_rate_schedule": "cosine", **REGRESSORS[name]}
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


def test_a_schedule_of_ones_own_is_followed_update_by_update(data):
    X, y = data
    schedule = keras.optimizers.schedules.ExponentialDecay(0.02, decay_steps=1, decay_rate=0.8)
    model = make(learning_rate=schedule, batch_size=16, optimizer="sgd").fit(X, y)
    rng = np.random.RandomState(0)
    reference = model._fitted_network.build(seed=rng.randint(2**31 - 1))
    reference.compile(loss="mse", optimizer=keras.optimizers.SGD(schedule))
    for _ in range(3):
        order = rng.permutation(len(X))
        reference.fit(X[order], y[order], batch_size=16, shuffle=False, verbose=0)
    np.testing.assert_allclose(model.predict(X), reference.predict(X, verbose=0), atol=1e-5)
