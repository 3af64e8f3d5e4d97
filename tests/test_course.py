"""How long networks train: from the linear part on, for as long as later windows gain by it."""

from __future__ import annotations

import copy

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

import skforecast_lstm
from skforecast_lstm import (
    BaseLSTMRegressor,
    LSTMRegressor,
    WindowTransformer,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm._course import Budget, _looks, batch_of, most_of, rate_of

AUTO = {"epochs": "auto", "batch_size": "auto", "learning_rate": "auto"}
RECIPE = {"window_norm": "seasonal", "linear_skip": "ridge", "loss": "mae", **AUTO}


def framed(values, n_steps_in=6, n_steps_out=1):
    """Complete windows of one series, and their targets."""
    X, y = make_supervised(np.asarray(values), n_steps_out=n_steps_out)
    return WindowTransformer(n_steps_in, missing="drop").fit_transform(X), y


def make(**params):
    return LSTMRegressor(8, **{**RECIPE, "season_length": 1, "random_state": 0, **params})


def logistic(n_rows, seed=0):
    """A chaotic series that no line can forecast, and a curve can."""
    values = [np.random.default_rng(seed).uniform(0.1, 0.9)]
    for _ in range(n_rows + 50):
        values.append(3.9 * values[-1] * (1 - values[-1]))
    return np.array(values[-n_rows:])


@pytest.fixture(scope="module")
def chaos():
    """Windows and targets of a chaotic series, and a regressor fitted to the first of them."""
    X, y = framed(logistic(1_000), n_steps_in=3)
    X, y = X[2:], y[2:]
    return X, y, make(warm_start=True).fit(X[:800], y[:800])


@pytest.mark.parametrize("seed", range(3))
def test_on_noise_the_linear_part_forecasts_alone(seed):
    X, y = framed(np.random.default_rng(seed).normal(size=150))
    model = make(random_state=seed, n_members=2).fit(X, y)
    assert (model.network_gain_, model.n_iter_, model.history_) == (0, 0, {})
    alone = make(epochs=1, learning_rate=1e-12).fit(X, y)
    np.testing.assert_allclose(model.predict(X), alone.predict(X), atol=1e-5)


def test_a_network_trains_where_it_tells_more_than_a_line(chaos):
    X, y, model = chaos
    assert model.n_iter_ > 10
    alone = make(epochs=1, learning_rate=1e-12).fit(X[:800], y[:800])
    errors = [np.abs(m.predict(X[800:]) - y[800:]).mean() for m in (model, alone)]
    assert errors[0] < 0.7 * errors[1]
    assert model.network_gain_ > 0.3


@pytest.mark.parametrize("params", [{}, {"loss": "quantile", "quantiles": (0.1, 0.5, 0.9)}])
def test_a_share_is_that_of_the_forecasts(params, monkeypatch):
    X, y = framed(logistic(300), n_steps_out=2)
    X, y = X[5:], y[5:]

    def fitted(share):
        budget = Budget(5, 0.5, share)
        monkeypatch.setattr("skforecast_lstm._course.Course.find_budget", lambda *_: budget)
        return make(n_members=2, **params).fit(X, y)

    asked = {"quantiles": params["quantiles"]} if params else {}
    whole, none, mixed = (fitted(share).predict(X, **asked) for share in (1.0, 0.0, 0.4))
    np.testing.assert_allclose(mixed, 0.4 * whole + 0.6 * none, rtol=1e-4, atol=1e-5)
    assert np.abs(whole - none).mean() > 0.01
    alone = make(epochs=1, learning_rate=1e-12, **params).fit(X, y)
    np.testing.assert_allclose(none, alone.predict(X, **asked), atol=1e-5)
    assert fitted(0.4).network_share_ == 0.4


def test_the_share_is_next_to_a_half_where_errors_are_alike(chaos):
    X, y, model = chaos
    assert 0.9 <= model.network_share_ <= 1  # a line says nothing of it
    noise = make().fit(*framed(np.random.default_rng(0).normal(size=150)))
    assert noise.network_share_ == 0
    assert make(epochs=2).fit(X[:50], y[:50]).network_share_ == 1


def test_a_fit_is_determined_by_its_seed_and_begins_afresh():
    X, y = framed(logistic(120))
    model = make()
    first = model.fit(X, y).predict(X)
    model.fit(X[:60], y[:60])
    np.testing.assert_array_equal(model.fit(X, y).predict(X), first)


def test_what_comes_later_in_time_decides(chaos):
    noise = np.random.default_rng(0).normal(0.5, 0.3, size=200)
    values = np.concatenate([logistic(800), noise])  # what was learned is over
    assert (
        make().fit(*framed(values, n_steps_in=3)).network_gain_
        < 0.05
        < 0.3
        < chaos[2].network_gain_
    )


def test_all_samples_are_trained_on_in_the_end(chaos):
    X, y, _ = chaos
    other = np.array(y)
    other[-1] += 5.0
    forecasts = [make().fit(X, targets).predict(X) for targets in (y, other)]
    assert np.abs(forecasts[0] - forecasts[1]).max() > 1e-3


def test_callbacks_see_the_training_and_not_the_trial():
    seen = []

    class Watcher(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(epoch)

    X, y = framed(logistic(150), n_steps_in=3)
    model = make(callbacks=[Watcher()]).fit(X, y)
    assert seen == [*range(model.n_iter_)]


def test_training_may_stop_itself_or_be_found_but_not_both():
    X, y = framed(logistic(60))
    with pytest.raises(ValueError, match=r"early_stopping=True stops training itself.*choose one"):
        make(early_stopping=True).fit(X, y)


@pytest.mark.parametrize("linear_skip", [False, True])
def test_a_network_without_a_regression_is_trained_in_any_case(linear_skip):
    X, y = framed(np.random.default_rng(0).normal(size=100))
    model = make(linear_skip=linear_skip).fit(X, y)
    assert model.n_iter_ >= 2
    assert np.isnan(model.network_gain_)


def test_few_samples_are_enough():
    X, y = framed(logistic(20), n_steps_in=3)
    for n_samples in (1, 2, 5, 12):
        model = make().fit(X[2 : 2 + n_samples], y[2 : 2 + n_samples])
        assert np.isfinite(model.predict(X)).all()


def test_partial_fit_and_warm_start_go_on(chaos):
    X, y, model = chaos
    model = copy.deepcopy(model)
    n_first = model.n_iter_
    assert model.partial_fit(X, y).n_iter_ == n_first + 1
    before = model.predict(X)
    model.fit(X, y)
    assert not np.allclose(model.predict(X), before)
    fresh = make().partial_fit(X, y)
    assert fresh.n_iter_ == 1
    assert np.isnan(fresh.network_gain_)


@pytest.mark.parametrize("loss", ["quantile", "mse"])
def test_other_losses_go_with_it(loss):
    X, y = framed(logistic(1_000), n_steps_in=3, n_steps_out=2)
    model = make(loss=loss, n_targets=1).fit(X, y)
    assert model.network_gain_ > 0.05
    assert model.predict(X).shape == y.shape


def test_it_is_searched_like_any_parameter():
    X, y = make_supervised(logistic(150))
    model = make_lstm_pipeline(make(), n_steps_in=3)
    search = GridSearchCV(
        model,
        {"lstm__epochs": ["auto", 2], "lstm__batch_size": ["auto", 16]},
        cv=TimeSeriesSplit(2),
        error_score="raise",
    ).fit(X, y)
    assert set(search.cv_results_["param_lstm__epochs"]) == {"auto", 2}


def test_batches_and_rates_by_hand():
    found = [batch_of(n) for n in (1, 100, 1_600, 3_199, 3_200, 6_400, 12_800, 10**6)]
    assert found == [32, 32, 32, 32, 64, 128, 256, 256]
    assert [rate_of(size) for size in (32, 128)] == [0.001, 0.002]
    X, y = framed(logistic(60))
    model = make(epochs=1).fit(X, y)
    assert (model.batch_size_, model.learning_rate_) == (32, 0.001)
    assert make(epochs=1, batch_size=5, learning_rate=None).fit(X, y).batch_size_ == 5


@pytest.mark.parametrize(("n_samples", "most"), [(5, 10), (200, 20), (10**6, 100)])
def test_looks_are_further_and_further_apart_until_the_most_epochs(n_samples, most):
    looks = [*_looks(most_of(n_samples))]
    ends = [done + more for done, more in looks]
    assert [done for done, _ in looks] == [0, *ends[:-1]]
    assert ends[-1] == most
    assert ends[0] == 2


# --- what a network begins with -----------------------------------------------------------------

SMALL = {
    "StackedLSTMRegressor": {"units": (4, 3)},
    "CNNLSTMRegressor": {"units": 4, "n_seq": 2},
    "ConvLSTMRegressor": {"filters": 4, "n_seq": 2},
}
NAMES = [
    "LSTMRegressor",
    "BidirectionalLSTMRegressor",
    "EncoderDecoderLSTMRegressor",
    "OneToManyLSTMRegressor",
    *SMALL,
]


@pytest.mark.parametrize("known", [None, ["price"]])
@pytest.mark.parametrize("name", NAMES)
def test_networks_first_say_what_their_linear_part_says(name, known):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(80, 2)).cumsum(axis=0), columns=["sold", "price"])
    X, y = make_supervised(table, target="sold", n_steps_out=3, known_future=known)
    n_steps_in = 1 if name == "OneToManyLSTMRegressor" else 8
    windows = WindowTransformer(n_steps_in, n_steps_out=3).fit_transform(X)
    cls = getattr(skforecast_lstm, name)
    params = {"units": 4, **SMALL.get(name, {})}
    if name == "ConvLSTMRegressor":
        params.pop("units")
    params |= {"window_norm": "last", "linear_skip": "ridge"}
    one, other = (cls(**params, random_state=seed).initialize(windows, y) for seed in (0, 1))
    np.testing.assert_array_equal(one.predict(windows), other.predict(windows))


def build_shouting(input_shape, n_steps_out, n_targets):
    """A network whose last layer is no dense one: it says something from the first."""
    inputs = keras.Input(input_shape)
    x = keras.layers.Dense(n_steps_out * n_targets, bias_initializer="ones")(
        keras.layers.Flatten()(inputs)
    )
    return keras.Model(inputs, keras.layers.LayerNormalization(beta_initializer="ones")(x))


class ShoutingRegressor(BaseLSTMRegressor):
    build_network = staticmethod(build_shouting)


def test_a_network_that_cannot_be_silent_is_left_out_where_it_gains_nothing():
    X, y = framed(np.random.default_rng(0).normal(size=150), n_steps_out=2)
    params = {**RECIPE, "season_length": 1, "n_targets": 1, "random_state": 0}
    model = ShoutingRegressor(**params).fit(X, y)
    alone = LSTMRegressor(4, **{**params, "epochs": 1, "learning_rate": 1e-12}).fit(X, y)
    assert model.network_gain_ == 0
    np.testing.assert_allclose(model.predict(X), alone.predict(X), atol=1e-5)
    begun = ShoutingRegressor(**params).initialize(X, y)
    assert np.abs(begun.predict(X) - alone.predict(X)).max() > 0.1


# --- many series --------------------------------------------------------------------------------


def two_series(small, n_rows=150):
    """Two series one below the other, the first of which moves as `small` times the other."""
    rng = np.random.default_rng(0)
    tables = []
    for label, size, slope in (("a", small, -0.9), ("b", 1.0, 0.9)):
        values = [0.0]
        for noise in rng.normal(size=n_rows - 1):
            values.append(slope * values[-1] + noise)
        tables.append(pd.DataFrame({"series": label, "y": size * np.array(values)}))
    return pd.concat(tables).sort_index(kind="stable")


def errors_by_series(table, **params):
    """The mean absolute error of each series, in units of its deviation."""
    X, y = make_supervised(table, target="y", group="series")
    model = make_lstm_pipeline(n_steps_in=2, season_length=1, group="series")
    model["lstm"].set_params(**{"random_state": 0, "n_members": 1, "series_weight": None, **params})
    forecasts = pd.Series(model.fit(X, y).predict(X), index=X.index)
    errors = pd.DataFrame({"series": X["series"], "error": np.abs(forecasts - y), "y": y})
    parts = errors.iloc[4:].groupby("series")
    return parts["error"].mean() / parts["y"].std()


@pytest.mark.parametrize("options", [{"epochs": 1, "learning_rate": 1e-9}, {"epochs": 20}])
def test_series_count_alike_whatever_their_size(options):
    small, equal = two_series(1e-3), two_series(1.0)
    expected = errors_by_series(equal, series_weight="balanced", **options)
    found = errors_by_series(small, series_weight="balanced", **options)
    ignored = errors_by_series(small, **options)
    assert found["a"] < 0.9 * ignored["a"]
    if options["epochs"] == 1:  # of lines, size makes no difference at all
        assert found["a"] == pytest.approx(expected["a"], rel=0.1)


def test_one_series_counts_as_it_did():
    X, y = framed(logistic(80))
    forecasts = [
        make(series_weight=weight, epochs=3).fit(X, y).predict(X) for weight in (None, "balanced")
    ]
    np.testing.assert_array_equal(*forecasts)


def test_a_series_that_stands_still_counts_for_nothing():
    table = two_series(1.0)
    table.loc[table["series"] == "a", "y"] = 5.0
    assert np.isfinite(errors_by_series(table, series_weight="balanced", epochs=2)["b"])
    table["y"] = 5.0
    X, y = make_supervised(table, target="y", group="series")
    model = make_lstm_pipeline(n_steps_in=2, season_length=1, group="series")
    np.testing.assert_allclose(model.fit(X, y).predict(X), 5.0)


def test_balanced_series_need_their_history():
    X, y = framed(logistic(40))
    with pytest.raises(ValueError, match=r"series_weight='balanced' weighs errors .*window_norm"):
        LSTMRegressor(4, series_weight="balanced").fit(X, y)
