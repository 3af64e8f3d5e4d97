"""Single values that are unlike all around them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skforecast_lstm import LSTMRegressor, make_lstm_pipeline, make_supervised
from skforecast_lstm._outliers import repaired
from skforecast_lstm.datasets import load_air_passengers, load_bike_rentals, load_co2

PASSENGERS = load_air_passengers()


def repair(values, season_length=1, series=None):
    values = np.asarray(values, dtype=float).reshape(len(values), -1)
    series = np.zeros(len(values), dtype=int) if series is None else series
    before = values.copy()
    found, is_outlier = repaired(values, series, season_length)
    np.testing.assert_array_equal(values, before)
    return found, is_outlier


def wave(n_rows=120, seed=0):
    noise = np.random.default_rng(seed).normal(scale=0.1, size=n_rows)
    return 50 + 5 * np.sin(2 * np.pi * np.arange(n_rows) / 12) + noise


@pytest.mark.parametrize("place", [0, 1, 60, 118, 119])
@pytest.mark.parametrize("season_length", [1, 12])
def test_a_spike_is_replaced_by_what_is_around_it(place, season_length):
    values = wave()
    spiked = values.copy()
    spiked[place] *= 10
    found, is_outlier = repair(spiked, season_length)
    assert np.flatnonzero(is_outlier).tolist() == [place]
    assert found[place, 0] == pytest.approx(values[place], abs=6)
    np.testing.assert_array_equal(np.delete(found[:, 0], place), np.delete(values, place))


def test_what_comes_every_season_is_no_outlier():
    values = wave()
    values[11::12] += 200
    assert not repair(values, 12)[1].any()


def test_what_lasts_is_no_outlier():
    for length in (2, 30):
        values = wave()
        values[60 : 60 + length] += 200
        assert not repair(values, 12)[1].any()


@pytest.mark.parametrize(
    "values",
    [
        PASSENGERS,
        load_co2(),
        load_bike_rentals()["rentals"],
        np.random.default_rng(0).normal(size=500),
        np.random.default_rng(0).normal(size=500).cumsum(),
        np.random.default_rng(0).poisson(0.2, size=500),
        np.zeros(20),
        [1.0],
    ],
    ids=["passengers", "co2", "bikes", "noise", "walk", "counts", "zeros", "one"],
)
def test_ordinary_series_have_none(values):
    found, is_outlier = repair(values, 12)
    assert not is_outlier.any()
    np.testing.assert_array_equal(found[:, 0], np.asarray(values, dtype=float))


def test_series_are_apart():
    low, high = wave(60), 1_000 + wave(60, seed=1)
    series = np.repeat([3, 8], 60)
    assert not repair([*low, *high], 12, series)[1].any()
    high[30] = 2_000
    assert np.flatnonzero(repair([*low, *high], 12, series)[1]).tolist() == [90]


def fitted(table, **params):
    X, y = make_supervised(table, n_steps_out=6)
    model = make_lstm_pipeline(n_steps_in=24, n_steps_out=6, season_length=12)
    model.set_params(lstm__random_state=0, lstm__n_members=1, lstm__epochs=3, **params)
    return model.fit(X[:100], y[:100]), X, y


def test_a_month_times_ten_costs_next_to_nothing():
    spiked = PASSENGERS.copy()
    spiked.iloc[60] *= 10
    before = spiked.copy()
    clean, X, y = fitted(PASSENGERS)
    model, _, _ = fitted(spiked)
    pd.testing.assert_series_equal(spiked, before)
    assert (clean["lstm"].n_outliers_, model["lstm"].n_outliers_) == (0, 1)
    learned, _, _ = fitted(spiked, lstm__outliers=None)
    errors = [
        np.abs(m.predict(X)[112:] - y[112:].to_numpy()).mean() for m in (clean, model, learned)
    ]
    assert errors[1] < 1.1 * errors[0]
    assert errors[2] > 1.5 * errors[0]


def test_a_forecast_from_an_outlier_follows_it():
    model, X, _ = fitted(PASSENGERS)
    rows = X.copy()
    rows.iloc[-1] *= 10
    assert model.predict(rows)[-1].mean() > 2 * model.predict(X)[-1].mean()


def test_outliers_of_each_series_are_found_among_its_own():
    tables = [
        pd.DataFrame({"shop": shop, "sold": wave(seed=seed)}) for seed, shop in enumerate("ab")
    ]
    tables[1].loc[40, "sold"] = 500.0
    table = pd.concat(tables).sort_index(kind="stable")
    X, y = make_supervised(table, target="sold", group="shop", n_steps_out=2)
    model = make_lstm_pipeline(n_steps_in=12, n_steps_out=2, season_length=12, group="shop")
    model.set_params(lstm__epochs=1, lstm__n_members=1, lstm__random_state=0).fit(X, y)
    assert model["lstm"].n_outliers_ == 1
    forecasts = model.predict(X)
    assert np.nanmax(np.abs(forecasts[24:])) < 500


def test_sequences_without_an_order_are_left_alone():
    X = np.random.default_rng(0).normal(size=(50, 4, 1))
    X[20, 2] = 1e3
    params = {"epochs": 2, "random_state": 0}
    forecasts = [
        LSTMRegressor(4, outliers=outliers, **params).fit(X, X[:, -1, 0]).predict(X)
        for outliers in (None, "repair")
    ]
    np.testing.assert_array_equal(*forecasts)
