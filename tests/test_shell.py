"""What surrounds a network: exactly reversible, as a series is scaled, and saved with it."""

from __future__ import annotations

import pickle

import joblib
import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

import skforecast_lstm
from skforecast_lstm import (
    BaseLSTMRegressor,
    Forecaster,
    WindowTransformer,
    make_supervised,
    regressors,
)
from skforecast_lstm._programs import Network
from skforecast_lstm._shell import Shell, average_members, join_members
from skforecast_lstm.baselines import NaiveRegressor, SeasonalNaiveRegressor
from skforecast_lstm.layers import (
    _MIN_SCALE,
    MemberAverage,
)

NORMS = ["standard", "mean", "last", "seasonal"]
# Each architecture, as small as it gets.
SMALL = {
    "LSTMRegressor": {"units": 4},
    "StackedLSTMRegressor": {"units": (4, 3)},
    "BidirectionalLSTMRegressor": {"units": 4},
    "CNNLSTMRegressor": {"units": 4, "filters": 4},
    "ConvLSTMRegressor": {"filters": 4},
    "EncoderDecoderLSTMRegressor": {"units": 4, "attention": True},
    "SequenceLSTMRegressor": {"units": 4},
    "OneToManyLSTMRegressor": {"units": 4},
}
each_norm = pytest.mark.parametrize("kind", NORMS)
each_name = pytest.mark.parametrize("name", regressors.__all__)


def season(kind, length=4):
    """What "seasonal" needs beside the name."""
    return {"window_norm": kind, "season_length": length if kind == "seasonal" else None}


def make(name="LSTMRegressor", **params):
    params = {"epochs": 2, "random_state": 0, **SMALL[name], **params}
    return getattr(skforecast_lstm, name)(**params)


def walk(n_rows, n_columns=1, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_rows, n_columns)).cumsum(axis=0)


def framed(table, n_steps_in=6, **params):
    """Windows and targets of a table."""
    X, y = make_supervised(table, **params)
    return WindowTransformer(n_steps_in, missing="drop").fit_transform(X), y


@pytest.mark.parametrize("n_members", [2, 3, 4])
def test_members_are_averaged(n_members):
    members = [Network(build_zero, **SHAPES).build(seed) for seed in range(n_members)]
    rng = np.random.default_rng(0)
    for member in members:
        member.set_weights([rng.normal(size=weight.shape) for weight in member.get_weights()])
    inputs = rng.normal(size=(5, 6, 1)).astype(np.float32)
    apart = np.stack([member(inputs) for member in members], axis=1)
    joined = join_members(members)
    np.testing.assert_allclose(joined(inputs), apart, atol=1e-6)
    expected = apart.mean(axis=1)
    np.testing.assert_allclose(average_members(joined)(inputs), expected, atol=1e-6)
    np.testing.assert_allclose(MemberAverage()(apart), expected, atol=1e-6)


# --- networks ------------------------------------------------------------------------------------


def build_zero(input_shape, n_steps_out, n_targets, *, bias=0.0):
    """A network that says nothing of its window: each output is a number of its own."""
    inputs = keras.Input(input_shape)
    first = keras.initializers.Constant(np.resize(bias, n_steps_out * n_targets))
    dense = keras.layers.Dense(
        n_steps_out * n_targets, kernel_initializer="zeros", bias_initializer=first
    )
    return keras.Model(inputs, dense(keras.layers.Flatten()(inputs)))


SHAPES = {"input_shape": (6, 1), "n_steps_out": 2, "n_targets": 1}


class ZeroRegressor(BaseLSTMRegressor):
    build_network = staticmethod(build_zero)
    bias = 0.0


def test_without_remedies_a_network_is_what_its_builder_builds():
    X, y = framed(walk(40), n_steps_out=2)
    model = make().fit(X, y)
    plain = Network(
        regressors.LSTMRegressor.build_network,
        input_shape=(6, 1),
        n_steps_out=2,
        n_targets=1,
        units=4,
        activation="tanh",
        cell="lstm",
        dropout=0.0,
        recurrent_dropout=0.0,
    )
    assert model._fitted_network.key == plain.key
    assert [type(layer).__name__ for layer in model.model_.layers] == [
        "InputLayer",
        "LSTM",
        "Dense",
    ]
    assert model.model_.count_params() == 4 * 4 * (1 + 4 + 1) + 2 * (4 + 1)
    seed = np.random.RandomState(0).randint(2**31 - 1)
    for ours, theirs in zip(
        make().initialize(X, y).model_.get_weights(), plain.build(seed).get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    # What belongs to a remedy that is not taken changes nothing.
    idle = make(season_length=4, history_columns=[0])
    np.testing.assert_array_equal(idle.fit(X, y).predict(X), model.predict(X))


def inner_weights(model):
    """The weights of a surrounded network without those of what surrounds it."""
    around = ("window_norm", "share", "linear_skip")
    return [weight for weight in model.weights if not weight.path.startswith(around)]


@each_norm
@each_name
def test_gradients_reach_every_weight(name, kind):
    shell = Shell(kind, (0,), season_length=4, linear_skip=True)
    builder = getattr(regressors, name).build_network
    shapes = {"input_shape": (8, 2), "n_steps_out": 2, "n_targets": 1}
    model = Network(builder, shell, **shapes, **SMALL[name]).build(seed=0)
    plain = Network(builder, **shapes, **SMALL[name]).build(seed=0)
    assert len(model.trainable_weights) == len(plain.trainable_weights) + 2
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(64, 8, 2)).astype(np.float32)
    truth = rng.normal(size=(64, *model.output_shape[1:]))
    # At first its last layer is zero, and lets nothing through.
    for ours, theirs in zip(inner_weights(model), plain.weights, strict=True):
        assert ours.path.split("/")[-1] == theirs.path.split("/")[-1]
        ours.assign(theirs)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(inputs, training=True) - truth))
    for weight, gradient in zip(
        model.trainable_weights, tape.gradient(loss, model.trainable_weights), strict=True
    ):
        assert gradient is not None, weight.path
        assert np.isfinite(gradient).all(), weight.path
        assert np.abs(gradient).max() > 1e-7, weight.path


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize(("kind", "n_members"), [("standard", 1), ("last", 2), ("seasonal", 3)])
def test_saved_and_reloaded_networks_agree(kind, n_members, tmp_path):
    X, y = framed(walk(60, 2), n_steps_out=2)
    model = make(
        **season(kind),
        linear_skip=True,
        n_members=n_members,
        learning_rate=0.05,
        n_targets=2,
    ).fit((X - 3) / 2, y)
    expected = model.predict((X - 3) / 2)
    complete = ((X - 3) / 2)[5:]
    outputs = model.model_.predict(complete, verbose=0).reshape(-1, 2)
    in_units = model.target_scaler_.inverse_transform(outputs).reshape(-1, 4)
    np.testing.assert_allclose(in_units, expected[5:], rtol=1e-4, atol=1e-4)
    model.model_.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        loaded.predict(complete, verbose=0), model.model_.predict(complete, verbose=0)
    )
    assert loaded.count_params() == model.model_.count_params()
    joblib.dump(model, tmp_path / "model")
    for twin in (pickle.loads(pickle.dumps(model)), joblib.load(tmp_path / "model")):
        np.testing.assert_array_equal(twin.predict((X - 3) / 2), expected)


# --- the level of the forecasts ------------------------------------------------------------------


@pytest.mark.parametrize("scaler", [None, StandardScaler(), MinMaxScaler((1, 2))])
@pytest.mark.parametrize("target_scaler", ["standard", "minmax", None])
@pytest.mark.parametrize("lead", [1, 3])
def test_networks_that_say_nothing_are_naive_ones(lead, target_scaler, scaler):
    table = walk(60, 2) * [1.0, 1000.0] + [0.0, 7e4]  # of very different scales
    X, y = make_supervised(table, n_steps_out=6, lead=lead)
    window = WindowTransformer(5, n_steps_out=5 + lead, purge=False)
    windows, plain = make_pipeline(scaler, window).fit_transform(X), window.fit_transform(X)
    means = np.tile(np.asarray(plain)[4:].mean(axis=1), 6)
    expected = {
        "last": NaiveRegressor(n_targets=2, lead=lead).fit(plain, y).predict(plain)[4:],
        "seasonal": SeasonalNaiveRegressor(4, n_targets=2, lead=lead)
        .fit(plain, y)
        .predict(plain)[4:],
        "mean": means,
        "standard": means,
    }
    for kind, forecast in expected.items():
        model = ZeroRegressor(n_targets=2, target_scaler=target_scaler, **season(kind))
        found = model.initialize(windows, y).predict(windows[4:])
        error = np.abs(found - forecast).reshape(-1, 6, 2).max(axis=(0, 1)) / table.std(axis=0)
        assert (error < 1e-4).all(), (kind, error)


@each_norm
@pytest.mark.parametrize("before", [None, StandardScaler(), MinMaxScaler()])
@pytest.mark.parametrize(
    ("seed", "scale", "shift", "skip"), [(0, 250.0, -4000.0, True), (1, 0.01, 3.0, "ridge")]
)
def test_scaling_and_shifting_a_series_scales_and_shifts_its_forecasts(
    kind, before, seed, scale, shift, skip
):
    table = walk(70, seed=seed)
    model = make_pipeline(
        before, WindowTransformer(6), make(**season(kind), linear_skip=skip, epochs=4)
    )
    X, y = make_supervised(table, n_steps_out=2)
    expected = model.fit(X, y).predict(X)
    X, y = make_supervised(table * scale + shift, n_steps_out=2)
    found = (model.fit(X, y).predict(X) - shift) / scale
    np.testing.assert_allclose(found, expected, atol=1e-3 * table.std())


@each_norm
def test_forecasts_do_not_depend_on_how_linearly_features_were_scaled(kind):
    X, y = framed(walk(70, 2), n_steps_out=2)
    model = make(**season(kind), n_targets=2, linear_skip=True, epochs=4)
    expected = clone(model).fit(X, y).predict(X)
    scaled = (X - [3, -8]) / [-20.0, 0.5]  # turned around, too
    np.testing.assert_allclose(model.fit(scaled, y).predict(scaled), expected, atol=1e-3)


@each_name
def test_fitted_forecasts_follow_the_level_and_the_swing_of_a_window(name):
    X, y = framed(walk(60), 8, n_steps_out=3)
    model = make(name, window_norm="standard", linear_skip=True, epochs=4).fit(X, y)
    expected = model.predict(X)
    assert expected.shape == y.shape
    np.testing.assert_allclose(model.predict(X + 1000) - 1000, expected, atol=1e-2)
    # Of windows that swing so much, only their own deviation counts.
    wide = model.predict(X * 1000) / 1000
    np.testing.assert_allclose(model.predict(X * 5000) / 5000, wide, atol=1e-2)


@pytest.mark.parametrize("seed", range(3))
def test_a_season_is_found_or_as_long_as_it_is_said_to_be(seed):
    rng = np.random.default_rng(seed)
    series = np.tile(rng.normal(size=4), 25) + 1e-3 * walk(100, seed=seed).ravel()
    X, y = framed(series, n_steps_out=2)
    model = ZeroRegressor(window_norm="seasonal").initialize(X, y)
    assert model.season_length_ == 4
    said = ZeroRegressor(**season("seasonal")).initialize(X, y)
    np.testing.assert_array_equal(model.predict(X), said.predict(X))
    assert model.set_params(season_length=3).initialize(X, y).season_length_ == 3
    X, y = framed(walk(100, seed=seed))
    assert ZeroRegressor(window_norm="seasonal").initialize(X, y).season_length_ == 1
    for kind in (None, "standard", "mean", "last"):
        plain = ZeroRegressor(window_norm=kind, season_length=4)
        assert plain.initialize(X, y).season_length_ == 1


def test_the_history_is_where_it_is_said_to_be():
    table = walk(60, 3)
    X, y = framed(table, target=[2, 0], features=[0, 1, 2])
    model = ZeroRegressor(n_targets=2, window_norm="last", history_columns=[2, 0])
    found = model.initialize(X, y).predict(X[5:])
    np.testing.assert_allclose(found, X[5:, -1, [2, 0]], atol=1e-4)
    negative = ZeroRegressor(n_targets=2, window_norm="last", history_columns=np.array([-1, -3]))
    np.testing.assert_array_equal(negative.initialize(X, y).predict(X[5:]), found)


def test_a_nowcast_with_a_lagged_column_of_its_target():
    table = pd.DataFrame(walk(80, 2) + 500, columns=["sales", "visitors"])
    table["sales before"] = table["sales"].shift()
    features = ["sales before", "visitors"]
    with pytest.warns(UserWarning, match="leaves 1 of 73 windows out"):  # shift has no first value
        X, y = framed(table, target="sales", features=features, lead=0, n_steps_out=3)
    found = ZeroRegressor(**season("seasonal")).initialize(X, y).predict(X)[10:]
    # The row itself, the next and the one after: each four rows after what is known.
    sales = table["sales"].to_numpy()
    expected = np.stack([sales[10 - 4 + step : len(y) - 4 + step] for step in range(3)], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert make(window_norm="standard", epochs=1).fit(X[6:], y[6:])._relation.lead == 1


@pytest.mark.parametrize("order", ["stacked", "in turns"])
def test_series_in_one_table_each_follow_their_own_level(order):
    levels = np.array([0.0, 500.0, -900.0])
    dates = pd.date_range("2024-01-01", periods=40, name="day")
    series = pd.DataFrame(walk(40, 3) + levels, dates)
    table = series.melt(var_name="shop", value_name="sales", ignore_index=False)
    table = table.sort_index(kind="stable") if order == "in turns" else table
    X, y = make_supervised(table, target="sales", group="shop", n_steps_out=2)
    window = WindowTransformer(6, n_steps_out=2, group="shop", purge=False)
    windows = window.fit_transform(X)
    found = ZeroRegressor(**season("seasonal")).initialize(windows, y).predict(windows)
    plain = SeasonalNaiveRegressor(4).fit(windows, y).predict(windows)
    is_known = ~np.isnan(windows).any(axis=(1, 2))
    np.testing.assert_allclose(found[is_known], plain[is_known], atol=1e-2)


@each_norm
def test_quantiles_come_back_to_their_targets_in_order(kind):
    table = walk(60, 2) * [1.0, 500.0] + [0.0, 9000.0]
    X, y = framed(table, n_steps_out=2)
    bias = np.array([[[-1, 0, 2], [-3, 1, 1.5]], [[-0.5, 0.25, 1], [0, 1, 2]]])
    model = ZeroRegressor(loss="quantile", n_targets=2, **season(kind))
    model.bias = tuple(bias.ravel())
    found = model.initialize(X, y).predict(X[5:], quantiles=model.quantiles)
    history, sigma = np.asarray(X)[5:], table.std(axis=0)
    spread = np.ones((1, 1, 2)) * model.target_scaler_.scale_
    if kind in ("standard", "seasonal"):
        spread = np.sqrt(history.var(axis=1, keepdims=True) + (_MIN_SCALE * spread) ** 2)
    mean = history.mean(axis=1, keepdims=True)
    level = {"last": history[:, -1:], "seasonal": history[:, 2:4]}.get(kind, mean)
    expected = level[..., np.newaxis] + spread[..., np.newaxis] * bias
    error = np.abs(found.reshape(-1, 2, 2, 3) - expected).max(axis=(0, 1, 3))
    assert (error < 1e-4 * sigma).all()
    np.testing.assert_array_equal(model.predict(X[5:]), found[..., 1])


# --- missing steps -------------------------------------------------------------------------------


def test_steps_that_are_missing_at_the_front_change_nothing():
    rng = np.random.default_rng(0)
    X, y = rng.normal(50, 3, size=(40, 6, 2)), rng.normal(50, 3, size=40)
    X[:10, :2] = np.nan
    params = {"window_norm": "standard", "linear_skip": True, "target_scaler": None}
    model = make(missing="mask", **params, epochs=5, learning_rate=0.05).fit(X, y)
    assert all(np.isfinite(weight).all() for weight in model.model_.get_weights())
    _, _, core, _, skip, *_ = model.model_.layers
    recurrent, dense = core.layers[1:]
    known = X[:10, 2:].astype(np.float32)
    mean = known[..., :1].mean(axis=1, keepdims=True)
    scale = np.sqrt(known[..., :1].var(axis=1, keepdims=True) + _MIN_SCALE**2)
    known[..., :1] = (known[..., :1] - mean) / scale
    padded = np.concatenate([np.zeros((10, 2, 2), np.float32), known], axis=1)
    output = dense(recurrent(known)) + skip(padded)
    expected = (output * scale[:, 0] + mean[:, 0]).numpy().ravel()
    np.testing.assert_allclose(model.predict(X[:10]), expected, rtol=1e-5)
    # What is not masked goes through another program.
    together, apart = model.predict(X), model.predict(X[10:])
    np.testing.assert_allclose(together[10:], apart, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("BidirectionalLSTM", "last"), ("EncoderDecoderLSTM", "seasonal")],
)
def test_layers_that_can_skip_still_can(name, kind):
    table = walk(60, 2)
    table[[20, 33]] = np.nan
    y = np.stack([np.roll(table[:, 0], -step) for step in (1, 2)], axis=1)[:-2]
    windows = WindowTransformer(6, missing="mask").fit_transform(table)[:-2]
    model = make(f"{name}Regressor", missing="mask", **season(kind), linear_skip=True)
    model.fit(windows, y)
    assert np.isfinite(model.history_["loss"]).all()
    assert np.isfinite(model.predict(windows)).all()
    filled = np.nan_to_num(windows, nan=1e6)  # had it been seen, it would tell
    assert np.abs(model.predict(windows)).max() < 100 < np.abs(model.predict(filled)).max()


@pytest.mark.parametrize("name", ["CNNLSTM", "ConvLSTM", "OneToManyLSTM"])
def test_layers_that_cannot_skip_still_say_so(name):
    X = walk(72).reshape(12, 6, 1)
    X[0, :2] = np.nan
    model = make(f"{name}Regressor", window_norm="standard", linear_skip=True, missing="mask")
    with pytest.raises(ValueError, match=r"cannot skip masked steps.*(Reshape|Flatten)"):
        model.fit(X, X[:, -1])


# --- what they are for ---------------------------------------------------------------------------


def forecasts_of_a_line(seed, **params):
    """What is forecast of the last fifth of a straight line with noise of one, and the truth."""
    series = 0.5 * np.arange(200.0) + np.random.default_rng(seed).normal(size=200)
    X, y = make_supervised(series, n_steps_out=4)
    params = {"units": 8, "epochs": 60, "learning_rate": 0.01, "random_state": seed, **params}
    window = WindowTransformer(8, n_steps_out=4)
    model = make_pipeline(StandardScaler(), window, make(**params)).fit(X[:160], y[:160])
    return model.predict(X)[160:], y[160:], series[:164].max()


@pytest.mark.parametrize("kind", ["last", "mean", "standard"])
@pytest.mark.parametrize("seed", range(3))
def test_a_trend_goes_on_past_what_training_has_seen(kind, seed):
    found, truth, highest = forecasts_of_a_line(seed, window_norm=kind, linear_skip=True)
    assert np.abs(found - truth).mean() < 3  # deviations of the noise
    assert found.max() > highest + 10
    assert (found[-1] - found[0]).mean() > 0.8 * 0.5 * 35


@pytest.mark.parametrize("seed", range(3))
def test_without_remedies_a_trend_flattens(seed):
    found, truth, _ = forecasts_of_a_line(seed)
    assert np.abs(found - truth).mean() > 5
    assert (found[-1] - found[0]).mean() < 0.5 * 0.5 * 35


@each_norm
def test_a_series_that_stands_still_is_forecast_to(kind):
    X, y = framed(np.full(40, 5.0), n_steps_out=2)
    model = make(**season(kind), linear_skip=True, epochs=3).fit(X, y)
    np.testing.assert_allclose(model.predict(X), 5, atol=0.01)
    moving, y = framed(walk(60), n_steps_out=2)
    found = model.fit(moving, y).predict(np.full((1, 6, 1), 5.0))
    assert np.isfinite(found).all()
    # As far from the level as training makes a step, in deviations of a window that has none.
    assert (np.abs(found - 5) < 3 * y.std()).all()


@pytest.mark.parametrize("n_steps_out", [1, 3])
@pytest.mark.parametrize("kind", ["last", "seasonal"])
def test_forecasters_recursive_and_direct(kind, n_steps_out):
    series = pd.Series(walk(80).ravel() + 300, pd.date_range("2024-01-01", periods=80), name="x")
    pipeline = make_pipeline(
        StandardScaler(), WindowTransformer(6), make(**season(kind), linear_skip=True)
    )
    found = Forecaster(pipeline, n_steps_out=n_steps_out).fit(series).forecast(6)
    X, y = make_supervised(series, n_steps_out=n_steps_out)
    pipeline.set_params(windowtransformer__n_steps_out=n_steps_out)
    pipeline.set_params(windowtransformer__purge=False).fit(X, y)
    values = [*series]
    while len(values) < 86:
        index = pd.date_range("2024-01-01", periods=len(values))
        rows = pd.DataFrame({"x": values}, index)
        values += [*np.ravel(pipeline.predict(rows)[-1])]
    np.testing.assert_allclose(found["x"], values[80:86], rtol=1e-5)
    assert np.abs(found["x"] - series.iloc[-1]).max() < 20


# --- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"window_norm": "seasonal", "season_length": 7}, r"season_length=7, but n_steps_in=6"),
        ({"window_norm": "seasonal", "season_length": 0}, "'season_length' parameter .* must be"),
        ({"window_norm": "batch"}, "'window_norm' parameter .* must be"),
        ({"window_norm": "last", "history_columns": [1]}, r"Feature 1 .* is not .*Feature 0 is\. "),
        ({"window_norm": "last", "history_columns": [0, 1]}, r"history_columns=\[0, 1\] must name"),
        ({"window_norm": "last", "history_columns": []}, r"history_columns=\[\] must name .* 1 d"),
        ({"window_norm": "last", "history_columns": 0}, "'history_columns' parameter .* must be"),
        ({"linear_skip": "lasso"}, "'linear_skip' parameter .* must be"),
        ({"n_members": 0}, "'n_members' parameter .* must be"),
        ({"learning_rate_schedule": "linear"}, "'learning_rate_schedule' parameter .* must be"),
        ({"warm_start": True, "n_members": 2}, "continue with the network there is"),
        ({"warm_start": True, "window_norm": "last"}, "continue with the network there is"),
        ({"warm_start": True, "linear_skip": True}, "continue with the network there is"),
    ],
)
def test_parameters_that_do_not_fit_leave_the_estimator_as_it_was(params, match):
    X, y = framed(walk(40, 2), target=0, n_steps_out=2)
    model = make(window_norm="standard").fit(X, y)
    before, history = model.predict(X), model.history_
    model.set_params(**params)
    with pytest.raises(ValueError, match=match):
        model.fit(X, y)
    assert model.history_ is history
    model.set_params(**{name: getattr(make(), name) for name in params})
    np.testing.assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize("lead", [1, 2])
def test_the_error_of_a_wrong_history_says_what_to_do(lead):
    table = pd.DataFrame(walk(60, 2), columns=["other", "sales"])
    X, y = framed(table, target=1, features=[0, 1], lead=lead)
    with pytest.raises(ValueError, match=r"history_columns=\.\.\..*set window_norm=None"):
        make(window_norm="last").fit(X, y)
    assert make(window_norm="last", history_columns=[1]).fit(X, y)._relation.lead == lead


def test_a_transform_that_is_not_linear_has_to_be_that_of_features_and_targets():
    series = np.exp(walk(60) / 10)
    log = FunctionTransformer(np.log, np.exp, check_inverse=False)
    X, y = make_supervised(series)
    model = make_pipeline(log, StandardScaler(), WindowTransformer(6), make(window_norm="last"))
    with pytest.raises(ValueError, match="by the same fixed function"):
        model.fit(X, y)
    both = ZeroRegressor(window_norm="last", target_scaler=make_pipeline(log, StandardScaler()))
    windows = model[:-1].fit_transform(X)
    np.testing.assert_allclose(both.initialize(windows, y).predict(windows), X.ravel(), rtol=1e-5)


def test_a_refit_finds_the_units_of_its_own_features():
    table = walk(80) + 50
    X, y = framed(table, n_steps_out=2)
    model = ZeroRegressor(window_norm="last", warm_start=True, epochs=1, learning_rate=1e-9)
    model.fit(X, y)
    np.testing.assert_allclose(model.predict(X)[5:, 0], table[5:-2].ravel(), rtol=1e-5)
    model.fit((X - 40) / 3, y)
    np.testing.assert_allclose(model.predict((X - 40) / 3)[5:, 0], table[5:-2].ravel(), rtol=1e-5)
