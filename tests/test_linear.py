"""A linear skip that begins at a ridge regression."""

from __future__ import annotations

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from skforecast_lstm import BaseLSTMRegressor, LSTMRegressor, WindowTransformer, make_supervised
from skforecast_lstm._linear import _PENALTIES, time_folds
from skforecast_lstm._shell import Shell
from skforecast_lstm.layers import _MIN_SCALE


def make(**params):
    return LSTMRegressor(**{"units": 4, "epochs": 2, "random_state": 0, **params})


def walk(n_rows, n_columns=1, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_rows, n_columns)).cumsum(axis=0)


def framed(table, n_steps_in=6, **params):
    """Windows and targets of a table."""
    X, y = make_supervised(table, **params)
    return WindowTransformer(n_steps_in, missing="drop").fit_transform(X), y


def build_zero(input_shape, n_steps_out, n_targets, *, bias=0.0):
    """A network that says nothing of its window: each output is a number of its own."""
    inputs = keras.Input(input_shape)
    first = keras.initializers.Constant(np.resize(bias, n_steps_out * n_targets))
    dense = keras.layers.Dense(
        n_steps_out * n_targets, kernel_initializer="zeros", bias_initializer=first
    )
    return keras.Model(inputs, dense(keras.layers.Flatten()(inputs)))


class ZeroRegressor(BaseLSTMRegressor):
    build_network = staticmethod(build_zero)
    bias = 0.0


def ridge_forecasts(kind, X, y, weight):
    """What each penalty of a ridge regression of normalised windows would forecast."""
    history, constant = X[..., :2], np.ones((len(X), 1))
    shift = history[:, -1:] if kind == "last" else history.mean(axis=1, keepdims=True)
    scale = np.ones((len(X), 1, 2))
    if kind is None:
        shift = 0 * shift
    if kind == "standard":
        scale = np.sqrt(history.var(axis=1, keepdims=True) + _MIN_SCALE**2)
    inputs = np.concatenate([(history - shift) / scale, X[..., 2:]], axis=2).reshape(len(X), -1)
    inputs = np.c_[inputs, constant]
    departures = ((y.reshape(-1, 3, 2) - shift) / scale).reshape(len(X), -1)
    for penalty in _PENALTIES:
        ridge = Ridge(penalty, fit_intercept=False).fit(inputs, departures, weight)
        found = ridge.predict(inputs).reshape(-1, 3, 2) * scale + shift
        yield found.reshape(len(X), -1)


@pytest.mark.parametrize("kind", [None, "last", "mean", "standard"])
@pytest.mark.parametrize("is_weighted", [False, True])
def test_a_skip_begins_at_a_ridge_regression(kind, is_weighted):
    X, y = framed(walk(80, 3) / [1, 2, 3], target=[0, 1], n_steps_out=3)
    X, y = X[5:], y[5:]
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X)) if is_weighted else None
    params = {"target_scaler": None, "n_targets": 2, "linear_skip": "ridge", "window_norm": kind}
    # At a rate of next to nothing, for `initialize` takes no weights.
    model = ZeroRegressor(**params, epochs=1, learning_rate=1e-9, random_state=0)
    found = model.fit(X, y, sample_weight=weight).predict(X)
    misses = [np.abs(found - other).max() for other in ridge_forecasts(kind, X, y, weight)]
    assert min(misses) < 1e-3 < 1e-2 < max(misses)
    plain = model.set_params(linear_skip=True).fit(X, y).predict(X)
    assert np.abs(found - y).mean() < np.abs(plain - y).mean()


@pytest.mark.parametrize("seed", range(3))
def test_the_penalty_is_as_heavy_as_the_noise(seed):
    rng = np.random.default_rng(seed)
    model = ZeroRegressor(linear_skip="ridge")
    series = np.sin(np.arange(200.0)) + 1e-3 * rng.normal(size=200)  # two steps tell the next
    X, y = framed(series)
    assert np.abs(model.initialize(X, y).predict(X) - y)[5:].max() < 0.05
    X, y = framed(rng.normal(size=200))
    assert model.initialize(X, y).predict(X)[5:].std() < 0.2
    few = model.initialize(X[5:8], y[5:8]).predict(X[5:])
    assert np.abs(few - y[5:8].mean()).max() < 0.1


def test_quantiles_begin_at_those_of_what_a_ridge_regression_leaves(monkeypatch):
    X, y = framed(walk(200, 2), n_steps_out=2)
    X, y = X[5:], y[5:]
    model = ZeroRegressor(loss="quantile", n_targets=2, linear_skip="ridge")
    levels = (0.1, 0.5, 0.8)
    model.set_params(quantiles=levels)
    wider = model.initialize(X, y).predict(X, quantiles=levels)
    monkeypatch.setattr("skforecast_lstm._linear._Later.widening", lambda *_: 1.0)
    found = model.initialize(X, y).predict(X, quantiles=levels)
    shares = (y[..., np.newaxis] < found).mean(axis=0)
    np.testing.assert_allclose(shares, [[0.1, 0.5, 0.8]] * 4, atol=1.5 / len(y))
    # They are made wider around the median, by one factor.
    np.testing.assert_allclose(wider[..., 1], found[..., 1], atol=1e-4)
    factors = (wider - wider[..., [1]])[..., [0, 2]] / (found - found[..., [1]])[..., [0, 2]]
    np.testing.assert_allclose(factors, factors[0, 0, 0], rtol=1e-3)
    assert factors[0, 0, 0] > 1


def test_intervals_cover_rows_that_are_new(monkeypatch):
    """A regression of 8 inputs on 40 rows leaves less of these than of others."""

    def coverage():
        shares = []
        for seed in range(8):
            rng = np.random.default_rng(seed)
            X = rng.normal(size=(440, 8))
            y = X.sum(axis=1) + rng.normal(size=440)
            model = ZeroRegressor(loss="quantile", quantiles=(0.05, 0.5, 0.95), linear_skip="ridge")
            model.initialize(X[:40], y[:40])
            lower, _, upper = np.moveaxis(model.predict(X[40:], quantiles=(0.05, 0.5, 0.95)), -1, 0)
            shares.append(((lower <= y[40:]) & (y[40:] <= upper)).mean())
        return np.mean(shares)

    found = coverage()
    monkeypatch.setattr("skforecast_lstm._linear._Later.widening", lambda *_: 1.0)
    assert coverage() < found - 0.03
    assert 0.85 < found < 0.97


def test_a_regression_takes_masked_steps_for_zero():
    X, y = framed(walk(80))
    X, y = np.array(X)[5:], y[5:]
    X[10:40, :2] = np.nan
    params = {"target_scaler": None, "linear_skip": "ridge"}
    masked = make(missing="mask", **params).initialize(X, y)
    plain = make(**params).initialize(np.nan_to_num(X), y)
    for ours, theirs in zip(masked._states[0].weights, plain._states[0].weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_only_a_fresh_network_begins_at_a_regression():
    X, y = framed(walk(80))
    params = {"linear_skip": "ridge", "n_members": 2, "learning_rate": 0.05}
    begun = make(**params).initialize(X, y)
    (first, first_bias), (second, second_bias) = (s.weights[-2:] for s in begun._states)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first_bias, second_bias)
    assert np.abs(first).max() > 0.1
    model = make(**params, warm_start=True, epochs=2).fit(X, y).fit(X, y)
    whole = make(**params, epochs=4).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), whole.predict(X))
    again = begun.partial_fit(X, y).partial_fit(X, y)
    expected = make(**params, epochs=2).fit(X, y)
    np.testing.assert_array_equal(again.predict(X), expected.predict(X))


# --- folds that the penalty is chosen by ----------------------------------------------------------


def test_folds_of_one_series_leave_out_what_reaches_into_the_next():
    windows = WindowTransformer(1).fit_transform(np.arange(50.0)[:, np.newaxis])
    folds = time_folds(windows, rows_ahead=3)
    assert [[*fold] for _, fold in folds] == [[*range(n, n + 10)] for n in (10, 20, 30, 40)]
    assert [[*before] for before, _ in folds] == [[*range(n - 2)] for n in (10, 20, 30, 40)]
    assert len(time_folds(windows, rows_ahead=40)[0][0]) == 7  # two thirds are always left


@pytest.mark.parametrize("rows_ahead", [1, 4, 9])
def test_folds_of_many_series_leave_out_rows_of_each(rows_ahead):
    table = pd.DataFrame(
        {"v": np.arange(400.0), "shop": np.tile(list("abcd"), 100)}, index=np.repeat(range(100), 4)
    )
    windows = WindowTransformer(1, group="shop").fit_transform(table)
    when = np.repeat(np.arange(100), 4)
    for before, fold in time_folds(windows, rows_ahead):
        n_before = 4 * (when[fold][0] - rows_ahead + 1)
        n_before = max(n_before, fold[0] - fold[0] // 3)  # two thirds are always left
        np.testing.assert_array_equal(before, np.arange(n_before))


@pytest.mark.parametrize("kind", ["season", "last", "drift", "scale", "level"])
@pytest.mark.parametrize("lead", [1, 2])
def test_regressions_are_shrunk_towards_simple_forecasts(kind, lead, monkeypatch):
    table = 50 + walk(120, 3) * [1, 10, 1]
    frame = pd.DataFrame(table, columns=list("abc"))
    roles = {"target": ["a", "c"], "features": list("cba"), "n_steps_out": 3, "lead": lead}
    X, y = make_supervised(frame, **roles)
    windows = WindowTransformer(8, lead=lead, purge=False).fit_transform(X)
    monkeypatch.setattr("skforecast_lstm._linear._PENALTIES", np.array([1e15]))
    every = Shell._views
    monkeypatch.setattr(Shell, "_views", lambda *shape: {kind: every(*shape)[kind]})
    params = {"window_norm": "seasonal", "season_length": 4, "linear_skip": "ridge"}
    model = make(**params, history_columns=[2, 0], target_scaler="standard")
    found = model.initialize(windows, y).predict(windows)[7:].reshape(-1, 3, 2)
    for target, column in enumerate([0, 2]):
        history = table[:, column]
        for row in range(7, 7 + len(found)):
            season = [history[row + lead + step - 4] for step in range(3)]
            change = history[row - 3 : row + 1].mean() - history[row - 7 : row - 3].mean()
            expected = {"last": [history[row]] * 3, "drift": np.array(season) + change}
            np.testing.assert_allclose(
                found[row - 7, :, target], expected.get(kind, season), rtol=2e-3
            )


def test_the_linear_part_is_the_mean_of_regressions_by_their_errors(monkeypatch):
    X, y = framed(walk(150), n_steps_in=8, n_steps_out=3)
    params = {"window_norm": "seasonal", "season_length": 4, "linear_skip": "ridge"}
    every, start = Shell._views, {}
    model = make(**params).initialize(X, y)
    for kind in model.linear_errors_:
        monkeypatch.setattr(Shell, "_views", lambda *shape, k=kind: {k: every(*shape)[k]})
        start[kind] = make(**params).initialize(X, y).predict(X)
    errors = np.array(list(model.linear_errors_.values()))
    assert list(start) == ["season", "last", "drift", "scale", "level"]
    assert errors.min() == 1
    expected = np.average(list(start.values()), axis=0, weights=errors**-8.0)
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-4, atol=1e-4)
