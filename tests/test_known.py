"""Covariates known in advance: out of the window, and read at the step that they belong to."""

from __future__ import annotations

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skforecast_lstm as sl
from skforecast_lstm import (
    BaseLSTMRegressor,
    Forecaster,
    LSTMRegressor,
    WindowTransformer,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm._known import find_known

NAMES = ["y", "price", "price(t+1)", "promo(t+1)", "price(t+2)", "promo(t+2)"]
ARCHITECTURES = [
    "LSTMRegressor",
    "StackedLSTMRegressor",
    "BidirectionalLSTMRegressor",
    "CNNLSTMRegressor",
    "ConvLSTMRegressor",
    "EncoderDecoderLSTMRegressor",
    "SequenceLSTMRegressor",
    "OneToManyLSTMRegressor",
]


def make_table(n_rows=120, seed=0):
    """Sales that follow the price of the day, which is noise and cannot be told from the past."""
    rng = np.random.default_rng(seed)
    price, promo = rng.normal(size=n_rows), rng.integers(0, 2, n_rows)
    sold = 10 + 3 * price + promo
    index = pd.date_range("2024-01-01", periods=n_rows, freq="D", name="day")
    return pd.DataFrame({"sold": sold, "price": price, "promo": promo}, index=index)


def frame(n_steps_out=3, **options):
    table = make_table(**options)
    known = ["price", "promo"]
    return make_supervised(table, target="sold", known_future=known, n_steps_out=n_steps_out)


# --- which columns they are -----------------------------------------------------------------------


def test_columns_are_found_by_their_names():
    found = find_known("auto", NAMES, 6)
    assert_array_equal(found.columns, [[2, 3], [4, 5]])
    assert found.steps == (1, 2)


def test_what_is_known_now_is_no_coming_value():
    assert find_known("auto", ["y", "price(t)"], 2) is None
    found = find_known("auto", ["y", "price(t)", "price(t+1)"], 3)
    assert_array_equal(found.columns, [[1], [2]])
    assert found.steps == (0, 1)


def test_covariates_of_other_steps_than_most_stay_in_the_window():
    found = find_known("auto", [*NAMES, "wind(t+1)"], 7)
    assert_array_equal(found.columns, [[2, 3], [4, 5]])


@pytest.mark.parametrize("names", [None, ["y", "price"], ["price(t+1)", "price(t+2)"]])
def test_nothing_is_taken_where_there_is_nothing_or_nothing_would_be_left(names):
    assert find_known("auto", names, 2) is None


def test_columns_can_be_said():
    assert find_known(None, NAMES, 6) is None
    assert_array_equal(find_known([[2], [4]], None, 6).columns, [[2], [4]])
    assert_array_equal(find_known([["promo(t+1)"], [-1]], NAMES, 6).columns, [[3], [5]])


@pytest.mark.parametrize(
    "known_future",
    [[2, 4], [[2], [2]], [[2], [9]], [["price"], ["cost(t+1)"]], np.arange(6)[:, None]],
)
def test_what_are_no_such_columns_is_refused(known_future):
    X = pd.DataFrame(np.zeros((5, 6)), columns=NAMES)
    with pytest.raises(ValueError, match="known_future must be 'auto', None or a table of columns"):
        WindowTransformer(2, known_future=known_future).fit(X)


# --- windows --------------------------------------------------------------------------------------


def test_the_window_step_takes_them_out_of_the_window():
    X, y = frame()
    windows = WindowTransformer(4).fit_transform(X, y)
    assert windows.shape == (len(X), 4, 9)  # as an array it has every column
    assert_array_equal(windows.history()[7], X.to_numpy()[4:8, :3])
    assert_array_equal(windows.known()[7], X.to_numpy()[7, 3:].reshape(3, 2))
    assert_array_equal(windows[5:9].known(), X.to_numpy()[5:9, 3:].reshape(4, 3, 2))


def test_the_flat_table_holds_them_once():
    X, y = frame()
    window = WindowTransformer(4, flatten=True).set_output(transform="pandas")
    flat = window.fit_transform(X, y)
    assert list(flat.columns[-6:]) == list(X.columns[3:])
    assert list(flat.columns[:3]) == ["sold_lag3", "price_lag3", "promo_lag3"]
    assert flat.shape[1] == 4 * 3 + 6
    assert_array_equal(flat.iloc[9, :12], X.to_numpy()[6:10, :3].ravel())
    assert_array_equal(flat.iloc[9, 12:], X.iloc[9, 3:])


def test_in_arrays_their_positions_are_given():
    X, y = frame()
    columns = np.arange(3, 9).reshape(3, 2)
    named = WindowTransformer(4, flatten=True).fit_transform(X, y)
    placed = WindowTransformer(4, flatten=True, known_future=columns, n_steps_out=3)
    assert_array_equal(placed.fit_transform(X.to_numpy(), y.to_numpy()), named)


def test_a_linear_regression_finds_the_law():
    X, y = frame()
    model = make_lstm_pipeline(LinearRegression(), n_steps_in=3).fit(X[:80], y[:80])
    assert_allclose(model.predict(X)[83:], y[83:], atol=1e-8)


def test_past_values_that_were_not_known_do_not_matter_and_coming_ones_do():
    X, y = frame()
    X.iloc[40, 3:] = np.nan
    window = WindowTransformer(4, missing="drop", purge=False)
    with pytest.warns(UserWarning, match="leaves 1 of 114 windows out of training"):
        windows = window.fit_transform(X, y)
    assert_array_equal(np.flatnonzero(~windows.are_complete()), [0, 1, 2, 40])
    assert_array_equal(np.flatnonzero(~windows.can_be_completed()), [40])


def test_a_row_that_is_skipped_has_its_coming_values_all_the_same():
    X, y = frame()
    X.iloc[40, 0] = np.nan  # what was sold that day is not known, the coming prices are
    windows = WindowTransformer(4, missing="mask", purge=False).fit_transform(X, y)
    assert_array_equal(np.flatnonzero(windows.is_masked), [40])
    assert windows.can_be_completed()[40]
    assert_array_equal(windows.completed(mask=True)[40:41].known()[0], windows.known()[40])
    model = LSTMRegressor(4, epochs=2, missing="mask", random_state=0).fit(windows, y)
    assert np.isfinite(model.predict(windows)).all()


class BatchCounter(keras.callbacks.Callback):
    """Has Keras itself train, batch by batch."""

    def on_train_batch_end(self, batch, logs=None):
        assert np.isfinite(logs["loss"])


# --- networks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_reads_the_covariates_of_the_step(name):
    X, y = frame(n_rows=200)
    model = make_lstm_pipeline(
        getattr(sl, name)(epochs=60, learning_rate=0.01, random_state=0), n_steps_in=4
    ).fit(X[:150], y[:150])
    window, known = model[-1].model_.inputs
    assert window.shape == (None, 4, 3)
    assert known.shape == (None, 3, 2)
    errors = np.abs(model.predict(X)[153:] - y[153:]).to_numpy().mean(axis=0)
    assert (errors < 0.35 * np.std(y.to_numpy())).all()  # from the past nothing can be told
    other = X.copy()
    other.iloc[-1, -2] += 1  # the price of the last step
    moved = model.predict(other)[-1] - model.predict(X)[-1]
    assert moved[2] > 1.5
    assert abs(moved[:2]).max() < 0.5 * moved[2]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_without_covariates_networks_are_what_they_were(name):
    X = np.random.default_rng(0).normal(size=(20, 4, 1))
    model = getattr(sl, name)(epochs=1, random_state=0).fit(X, X[:, -1])
    assert len(model.model_.inputs) == 1


def build_dense(input_shape, n_steps_out, n_targets):
    layers = [keras.layers.Flatten(), keras.layers.Dense(n_steps_out * n_targets)]
    return keras.Sequential([keras.Input(input_shape), *layers])


class DenseRegressor(BaseLSTMRegressor):
    build_network = staticmethod(build_dense)


def test_a_builder_that_does_not_name_them_has_them_in_the_window():
    X, y = frame()
    model = make_lstm_pipeline(DenseRegressor(epochs=1, random_state=0), n_steps_in=4).fit(X, y)
    [window] = model[-1].model_.inputs
    assert window.shape == (None, 4, 9)
    assert np.isfinite(model.predict(X)).all()


def test_the_linear_skip_reads_them():
    X, y = frame()
    regressor = LSTMRegressor(4, epochs=1, learning_rate=1e-6, linear_skip="ridge", random_state=0)
    model = make_lstm_pipeline(regressor, n_steps_in=4).fit(X[:90], y[:90])
    alone = make_lstm_pipeline(Ridge(1), n_steps_in=4).fit(X[:90], y[:90])
    assert_allclose(model.predict(X)[93:], alone.predict(X)[93:], atol=0.5)


@pytest.mark.parametrize(
    "options",
    [
        {"window_norm": "seasonal", "season_length": 2, "linear_skip": "ridge", "n_members": 2},
        {"loss": "quantile"},
        {"cell": "gru", "jit_compile": True},
        {"early_stopping": True},
        {"feature_scaler": "standard"},
        {"callbacks": BatchCounter()},
        {"missing": "mask"},
        {"history_columns": [1]},
    ],
    ids=lambda options: next(iter(options)),
)
def test_they_go_with_every_option(options):
    X, y = frame()
    model = make_lstm_pipeline(
        LSTMRegressor(4, epochs=2, batch_size=16, random_state=0, **options), n_steps_in=4
    ).fit(X, y)
    predicted = model.predict(X)
    assert np.isfinite(predicted).all()
    assert_allclose(model.predict(X[-1:]), predicted[-1:], rtol=1e-5)
    # A window step that has become an array says no more which columns they are.
    windows = np.asarray(model[:-1].transform(X))
    assert_allclose(model[-1].predict(windows)[10:], predicted[10:], rtol=1e-5)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict(X), predicted)


def test_fitting_goes_on_with_them():
    X, y = frame()
    window, regressor = WindowTransformer(4), LSTMRegressor(4, epochs=2, random_state=0)
    windows = window.fit_transform(X, y)
    regressor.fit(windows, y).partial_fit(windows, y)
    assert regressor.n_iter_ == 3
    regressor.set_params(warm_start=True).fit(windows, y)


def test_a_history_that_is_known_ahead_is_refused():
    X, y = frame()
    model = make_lstm_pipeline(n_steps_in=4).set_params(lstm__history_columns=[3], lstm__epochs=1)
    with pytest.raises(ValueError, match="must be columns of the window"):
        model.fit(X, y)


def test_a_regressor_of_one_step_reads_those_of_all():
    X, y = frame(n_steps_out=2)
    model = make_lstm_pipeline(LSTMRegressor(8, epochs=40, random_state=0), n_steps_in=3)
    model.set_params(lstm__learning_rate=0.01)
    both = MultiOutputRegressor(model).fit(X, y)
    _, known = both.estimators_[1][-1].model_.inputs
    assert known.shape == (None, 1, 4)
    errors = np.abs(both.predict(X)[5:] - y[5:]).to_numpy().mean(axis=0)
    assert (errors < 0.5 * np.std(y.to_numpy())).all()


def test_hand_made_pipelines_that_lose_the_names_forecast_as_well():
    X, y = frame()
    model = make_pipeline(
        StandardScaler(), WindowTransformer(4), LSTMRegressor(4, epochs=2, random_state=0)
    )
    model.fit(X, y)
    assert len(model[-1].model_.inputs) == 1
    model.set_output(transform="pandas").fit(X, y)
    assert len(model[-1].model_.inputs) == 2


def test_a_forecast_reads_the_coming_prices():
    table = make_table(200)
    known = ["price", "promo"]
    model = make_lstm_pipeline(LinearRegression(), n_steps_in=3)
    forecaster = Forecaster(model, target="sold", known_future=known, n_steps_out=3)
    forecaster.fit(table[:150])
    coming = table.loc[table.index[150:156], known]
    assert_allclose(forecaster.forecast(6, future=coming)["sold"], table["sold"][150:156])


def test_coming_values_that_a_step_before_the_window_drops_are_named():
    table = pd.DataFrame(
        {"sold": np.arange(40.0), "price": np.arange(40.0) % 7, "holiday": np.arange(40) % 2}
    )
    drops = ColumnTransformer(
        [("numbers", StandardScaler(), ["sold"])], verbose_feature_names_out=False
    )
    model = make_lstm_pipeline(Ridge(), n_steps_in=3, scaler=drops)
    framing = {"target": "sold", "features": "sold", "known_future": ["price", "holiday"]}
    with pytest.warns(UserWarning, match=r"coming values of \['holiday', 'price'\] are dropped"):
        Forecaster(model, **framing).fit(table)
    X, y = make_supervised(table, **framing)
    with pytest.warns(UserWarning, match=r"coming values of \['holiday', 'price'\] are dropped"):
        model.fit(X, y)
    for names in (True, False):  # "remainder__price(t+1)" is kept as well
        keeps = clone(drops).set_params(remainder="passthrough", verbose_feature_names_out=names)
        clone(model).set_params(scale=keeps).fit(X, y)
