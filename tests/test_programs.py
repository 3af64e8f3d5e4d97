"""The compiled programs: the same numbers as ``keras.Model.fit``, shared without being mixed up."""

import copy
import os
import pickle
import subprocess
import sys
import tracemalloc

import joblib
import keras
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skforecast_lstm
from skforecast_lstm import (
    BaseLSTMRegressor,
    LSTMClassifier,
    LSTMRegressor,
    WindowTransformer,
    _cache,
    _programs,
    clear_cache,
    make_supervised,
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


@pytest.fixture
def in_large_products(monkeypatch):
    """Take for many windows what a test can afford."""
    monkeypatch.setattr(_programs, "_MIN_MANY_STEPS", 1)
    monkeypatch.setattr(_programs, "_MIN_MANY_WINDOWS", 8)


def test_many_windows_are_predicted_as_few(data, in_large_products, monkeypatch):
    X, y = data
    model = make().fit(X, y)
    few = np.concatenate([model.predict(X[start : start + 7]) for start in range(0, len(X), 7)])
    many = model.predict(X)
    np.testing.assert_allclose(many, few, atol=1e-6)
    for size in (8, 33):  # the same digits, however many at a time
        monkeypatch.setattr(_programs, "_MAX_PREDICT_WINDOWS", size)
        clear_cache()
        np.testing.assert_array_equal(model.predict(X), many)
    clear_cache()


@pytest.mark.parametrize("n_windows", [2, 12, 20, 33])
def test_the_place_of_a_window_among_others_changes_no_bit(n_windows):
    rng = np.random.RandomState(0)
    X = 3 * rng.uniform(size=(60, 3))
    remedies = {"window_norm": "seasonal", "linear_skip": "ridge", "random_state": 1}
    model = LSTMRegressor(4, epochs=2, **remedies).fit(X[:20], X[:20, 0].astype(int))
    expected = model.predict(X[:n_windows])
    for _ in range(20):
        order = rng.permutation(n_windows)
        assert_array_equal(model.predict(X[order]), expected[order])


def test_predictions_of_many_windows_do_not_depend_on_threads(tmp_path):
    code = (
        "import numpy as np, sys\n"
        "from skforecast_lstm import LSTMRegressor\n"
        "X = np.random.default_rng(0).normal(size=(3_000, 40, 2))\n"
        "model = LSTMRegressor(140, epochs=1, random_state=0).fit(X[:70], X[:70, -1])\n"
        "np.save(sys.argv[1], model.predict(X))\n"
    )
    found = []
    for threads in ("1", "2"):
        path = str(tmp_path / f"{threads}.npy")
        environment = {**os.environ, "TF_NUM_INTRAOP_THREADS": threads}
        subprocess.run([sys.executable, "-c", code, path], check=True, env=environment)
        found.append(np.load(path))
    np.testing.assert_array_equal(*found)


@pytest.mark.slow
@pytest.mark.parametrize("granted", ["1", "2"])
def test_workers_take_the_threads_that_joblib_grants(granted):
    code = (
        "import skforecast_lstm._programs, tensorflow as tf;"
        "print(tf.config.threading.get_intra_op_parallelism_threads())"
    )
    env = {**os.environ, "OMP_NUM_THREADS": granted}
    shown = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert shown.stdout.split()[-1] == granted


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
    monkeypatch.setattr(_programs, "_MIN_XLA_STEPS", 6 * 3 * 3)  # three epochs of three batches

    def compiles(**params):
        clear_cache()
        make(batch_size=16, **params).fit(X, y)
        (program,) = (program for idle in _cache._cache.values() for program in idle)
        return program._jit

    assert compiles(cell="gru")
    assert not compiles(cell="gru", epochs=2)  # too short
    assert not compiles(epochs=30)  # the fused kernel is as fast
    assert not compiles(cell="gru", jit_compile=False)


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


@pytest.mark.parametrize(("first", "second"), [("adam", "adamax"), ("adagrad", "rmsprop")])
def test_warm_start_with_another_optimizer_begins_its_memory_afresh(first, second, data):
    X, y = data
    model = make(optimizer=first, warm_start=True).fit(X, y)
    without = copy.deepcopy(model)
    for member in without._members:
        member.state.optimizer = None
    forgotten, kept = (
        m.set_params(optimizer=second).fit(X, y).predict(X) for m in (without, model)
    )
    np.testing.assert_array_equal(kept, forgotten)


@pytest.mark.parametrize("change", [{"learning_rate": 0.002}, {"clipnorm": 100.0}])
def test_warm_start_with_the_same_optimizer_goes_on(change, data):
    X, y = data
    model = pickle.loads(pickle.dumps(make(warm_start=True).fit(X, y)))
    without = copy.deepcopy(model)
    for member in without._members:
        member.state.optimizer = None
    forgotten, kept = (m.set_params(**change).fit(X, y).predict(X) for m in (without, model))
    assert (kept != forgotten).any()


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


def test_divergence_in_the_first_part_of_an_epoch_is_the_same_error(data, monkeypatch):
    monkeypatch.setattr("skforecast_lstm._watchers._FIRST_BATCHES", 1)
    X, y = data
    model = make(learning_rate=1e12, optimizer="sgd", activation="relu", batch_size=len(X) // 4)
    with pytest.raises(ValueError, match="loss is nan after 1 epochs: training diverged"):
        model.fit(X * 1e10, y * 1e10)


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


# --- losses of a user's own that return more or less than one number per step -----------------


def by_element(true, predicted):
    return keras.ops.where(true > predicted, 2 * (true - predicted), predicted - true)


def by_step(true, predicted):
    return keras.ops.mean(by_element(true, predicted), axis=-1)


def by_row(true, predicted):
    loss = by_element(true, predicted)
    return keras.ops.mean(keras.ops.reshape(loss, (-1, int(np.prod(loss.shape[1:])))), axis=1)


def of_all(true, predicted):
    return keras.ops.mean(by_element(true, predicted))


class Summed(keras.losses.Loss):
    def __init__(self):
        super().__init__(reduction="sum")

    def call(self, true, predicted):
        return by_element(true, predicted)


@pytest.mark.parametrize(
    ("name", "loss", "is_weighted"),
    [
        ("LSTMRegressor", by_element, False),
        ("LSTMRegressor", by_element, True),
        ("LSTMRegressor", of_all, True),
        ("LSTMRegressor", Summed(), True),
        ("EncoderDecoderLSTMRegressor", by_element, True),
        ("EncoderDecoderLSTMRegressor", by_step, True),
        ("EncoderDecoderLSTMRegressor", by_row, True),
    ],
)
def test_a_loss_of_your_own_is_reduced_as_keras_reduces_it(data, name, loss, is_weighted):
    X, y = data
    weight = np.random.default_rng(1).uniform(0.5, 2, len(X)) if is_weighted else None
    model = make(name, epochs=1, loss=loss, batch_size=50).fit(X, y, sample_weight=weight)
    reference = model._fitted_network.build(seed=np.random.RandomState(0).randint(2**31 - 1))
    reference.compile(loss=loss, optimizer="adam")
    y = y.reshape(len(y), *reference.output_shape[1:])
    if is_weighted:  # Keras wants them with the axes of the losses
        values = (loss.call if isinstance(loss, Summed) else loss)(y, y)
        weight = weight.reshape(-1, *[1] * (values.ndim - 1 if values.ndim else 0))
    history = reference.fit(X, y, sample_weight=weight, batch_size=50, verbose=0).history
    np.testing.assert_allclose(model.history_["loss"], history["loss"], rtol=1e-5)
    for ours, theirs in zip(model.model_.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_a_loss_by_element_of_a_batch_as_long_as_the_targets_weighs_rows(data):
    X, y = data  # four samples of four numbers: weights of rows must not become those of columns
    X, y, weight = X[:4], X[:4, -2:].reshape(4, 4), np.array([0.0, 1, 2, 3])
    histories = [
        make(epochs=2, loss=loss, jit_compile=jit).fit(X, y, sample_weight=weight).history_["loss"]
        for loss, jit in [(by_step, False), (by_element, False), (by_element, True)]
    ]
    np.testing.assert_allclose(histories[1:], [histories[0]] * 2, rtol=1e-5)


def squares(true, predicted):
    return keras.ops.square(true - predicted)


@pytest.mark.parametrize(("n_labels", "class_weight"), [(1, None), (2, {0: 1.0, 1: 3.0, 2: 0.5})])
def test_a_loss_by_element_of_a_classifier_is_the_mean_of_it(data, n_labels, class_weight):
    X, _ = data
    y = (np.abs(X[:, :n_labels, 0]) * 2).clip(0, 2).astype(int)
    params = {"epochs": 2, "random_state": 0, "class_weight": class_weight}
    weight = np.linspace(0.5, 2, len(X))
    histories = [
        LSTMClassifier(4, loss=loss, **params).fit(X, y, sample_weight=weight).history_["loss"]
        for loss in (squares, "mse")
    ]
    np.testing.assert_allclose(*histories, rtol=1e-5)


def test_a_loss_of_whole_rows_has_no_weights_of_labels(data):
    X, _ = data
    y = (np.abs(X[:, :2, 0]) * 2).clip(0, 2).astype(int)
    with pytest.raises(ValueError, match=r"class_weight weighs each label.*class_weight=None"):
        LSTMClassifier(4, epochs=1, loss=by_row, class_weight="balanced").fit(X, y)
    assert LSTMClassifier(4, epochs=1, loss=by_row).fit(X, y).n_iter_ == 1
