"""Series that vary too little to be learned, or forecast, beside others."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from skforecast_lstm import LSTMRegressor, load, save
from skforecast_lstm._relation import Relation
from skforecast_lstm._smallness import _by_series, find_deviations
from skforecast_lstm._windows import RowTimes, Windows
from skforecast_lstm.datasets import load_air_passengers
from skforecast_lstm.forecaster import Forecaster
from skforecast_lstm.pipelines import make_lstm_pipeline

PASSENGERS = load_air_passengers()


def table_of(**scales) -> pd.DataFrame:
    """The passengers, multiplied, as several series."""
    parts = [pd.DataFrame({"sold": PASSENGERS * k, "shop": name}) for name, k in scales.items()]
    return pd.concat(parts).sort_index(kind="stable")


def pooled(norm="seasonal", **params) -> Forecaster:
    regressor = LSTMRegressor(2, epochs=1, random_state=0, window_norm=norm, **params)
    model = make_lstm_pipeline(regressor, n_steps_in=12, group="shop")
    model.set_params(scale__pooled=True)
    return Forecaster(model, target="sold", group="shop")


@pytest.mark.parametrize("norm", ["standard", "seasonal"])
def test_an_unseen_series_that_is_much_smaller_is_named(norm, tmp_path):
    forecaster = pooled(norm).fit(table_of(few=1, many=100))
    for name, k in {"as few": 1, "some": 30, "most": 1e4}.items():
        forecaster.forecast(data=table_of(**{name: k}))
    small = table_of(few=1, tiny=0.01)
    with pytest.warns(UserWarning, match=r"^series 'tiny' vary by less .*Multiply the series"):
        forecaster.forecast(data=small)
    save(forecaster, tmp_path / "model")
    with pytest.warns(UserWarning, match=r"^series 'tiny' vary by less"):
        load(tmp_path / "model").forecast(data=small)


@pytest.mark.parametrize("norm", ["mean", "last", None])
def test_norms_that_scale_no_window_say_nothing_of_small_series(norm):
    pooled(norm).fit(table_of(few=1, many=1_000)).forecast(data=table_of(tiny=0.01))


def test_a_fitted_series_that_is_much_smaller_is_named():
    pooled().fit(table_of(few=1, many=100))
    with pytest.warns(UserWarning, match=r"^series 'few' vary by less.*GroupScaler") as found:
        pooled().fit(table_of(few=1, many=10_000))
    assert len(found) == 1


def test_a_series_without_a_name_is_small_too():
    model = make_lstm_pipeline(
        LSTMRegressor(2, epochs=1, random_state=0, window_norm="seasonal"), n_steps_in=12
    )
    forecaster = Forecaster(model).fit(PASSENGERS)
    with pytest.warns(UserWarning, match="^the rows given vary by less"):
        forecaster.forecast(data=PASSENGERS * 0.01)
    constant = pd.Series(5.0, PASSENGERS.index, name=PASSENGERS.name)
    forecaster.forecast(data=constant)  # its forecast is that it stays so
    forecaster.estimator_.predict(PASSENGERS.to_frame())


def test_deviations_are_those_of_the_known_steps():
    rng = np.random.default_rng(0)
    table = np.concatenate([rng.normal(size=(30, 2)), np.full((10, 2), 0.1)])
    table[3] = np.nan
    relation = Relation((1,), 1, np.array([-2.0]), np.array([5.0]))
    windows = Windows(table, np.arange(5, 40), 6, is_masked=np.isnan(table).any(axis=1))
    expected = [2 * np.nanstd(table[end - 5 : end + 1, 1]) for end in range(5, 40)]
    found = find_deviations(windows, relation)[:, 0]
    np.testing.assert_allclose(found[:-5], expected[:-5])
    assert (found[-5:] == 0).all()


def test_many_series_take_no_time():
    n_series, n_each = 5_000, 20
    ends = np.arange(n_series * n_each)
    series = np.repeat(np.arange(n_series), n_each)
    times = RowTimes(ends.astype(float), 0, range(n_series))
    windows = Windows(np.ones((len(ends), 1)), ends, 1, series=series, times=times)
    assert len(_by_series(np.ones((len(ends), 1)), windows)) == n_series


def test_windows_of_normal_rows_warn_of_nothing():
    rng = np.random.default_rng(0)
    walk = pd.Series(rng.normal(size=400).cumsum(), pd.date_range("2024-01-01", periods=400))
    model = make_lstm_pipeline(
        LSTMRegressor(2, epochs=1, random_state=0, window_norm="standard"), n_steps_in=5
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forecaster = Forecaster(model).fit(walk[:300])
        for end in range(310, 400, 10):
            forecaster.forecast(data=walk[:end])
