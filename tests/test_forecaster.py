"""Forecaster: dated forecasts past the end of a table."""

from __future__ import annotations

import copy
import pickle
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, Ridge, RidgeCV
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skforecast_lstm import (
    IncompleteWindowWarning,
    LSTMRegressor,
    WindowTransformer,
    make_supervised,
)
from skforecast_lstm._series import Stacked
from skforecast_lstm.baselines import DriftRegressor
from skforecast_lstm.datasets import load_air_passengers, load_bike_rentals, load_us_macro
from skforecast_lstm.evaluation import backtest
from skforecast_lstm.forecaster import Forecaster
from skforecast_lstm.groups import GroupTimeSeriesSplit, GroupTransformedTargetRegressor
from skforecast_lstm.intervals import ConformalRegressor
from skforecast_lstm.pipelines import CompleteRowsRegressor, make_lstm_pipeline

PASSENGERS = load_air_passengers()


def lags(n_steps_in=3, regressor=None, **params):
    """A pipeline that no purge, no NaN and no seed makes different."""
    return Pipeline(
        [
            ("scale", StandardScaler()),
            ("window", WindowTransformer(n_steps_in, flatten=True, padding="edge", **params)),
            ("lstm", Ridge(1e-6) if regressor is None else regressor),
        ]
    )


def walk(index) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(rng.normal(size=(len(index), 2)).cumsum(axis=0), index, ["a", "b"])


# Rows of a table, and the two that follow.
INDEXES = {
    "days": (pd.date_range("2024-02-20", periods=40, name="day"), ["2024-03-31", "2024-04-01"]),
    "month ends": (
        pd.date_range("2020-01-31", periods=40, freq=pd.offsets.MonthEnd()),
        ["2023-05-31", "2023-06-30"],
    ),
    "business days": (
        pd.date_range("2024-01-01", periods=40, freq="B"),
        ["2024-02-26", "2024-02-27"],
    ),
    "hours in Berlin": (
        pd.date_range("2024-03-30", periods=40, freq="h", tz="Europe/Berlin"),
        ["2024-03-31 17:00:00+02:00", "2024-03-31 18:00:00+02:00"],
    ),
    "quarters": (pd.period_range("2010Q1", periods=40, freq="Q"), ["2020Q1", "2020Q2"]),
    "row numbers": (pd.RangeIndex(40), ["40", "41"]),
    "every second": (pd.Index(range(10, 90, 2)), ["90", "92"]),
    "years as numbers": (pd.Index(range(1950, 1990), name="year"), ["1990", "1991"]),
    "timedeltas": (
        pd.timedelta_range("0h", periods=40, freq="h"),
        ["1 days 16:00:00", "1 days 17:00:00"],
    ),
    "names": (pd.Index([f"row {k}" for k in range(40)]), ["40", "41"]),
}


# --- when ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", INDEXES)
def test_forecasts_follow_the_last_row(kind):
    index, following = INDEXES[kind]
    forecaster = Forecaster(lags(), n_steps_out=2).fit(walk(index))
    for steps in (1, 2, 5):
        forecast = forecaster.forecast(steps)
        assert forecast.shape == (steps, 2)
        assert [str(label).removesuffix(" 00:00:00") for label in forecast.index][:2] == (
            following[:steps]
        )
        assert forecast.index.is_monotonic_increasing
        assert forecast.index.name == index.name
        assert kind == "names" or (forecast.index > index[-1]).all()
        assert kind == "names" or forecast.index.dtype == index.dtype


@pytest.mark.parametrize("kind", ["days", "month ends", "business days"])
def test_an_index_without_a_freq_is_understood(kind):
    table = walk(INDEXES[kind][0])
    expected = Forecaster(lags()).fit(table).forecast(3)
    table.index = pd.DatetimeIndex(table.index, freq=None)
    result = Forecaster(lags()).fit(table).forecast(3)
    pd.testing.assert_frame_equal(result, expected, check_freq=False)


def test_lead_counts_from_the_last_row():
    table = walk(INDEXES["days"][0])
    forecast = Forecaster(lags(), n_steps_out=2, lead=3).fit(table).forecast()
    assert forecast.index.astype(str).tolist() == ["2024-04-02", "2024-04-03"]
    with pytest.raises(ValueError, match=r"lead=1 only, got lead=3"):
        Forecaster(lags(), n_steps_out=2, lead=3).fit(table).forecast(3)


def test_a_nowcast_is_of_the_last_row():
    table = walk(INDEXES["days"][0]).assign(out=lambda df: df["a"] + df["b"])
    forecaster = Forecaster(lags(), target="out", lead=0).fit(table[:-1])
    result = forecaster.forecast(data=table.assign(out=np.nan))
    assert result.index.tolist() == [table.index[-1]]
    np.testing.assert_allclose(result["out"], table["out"].iloc[-1:], atol=1e-4)


# --- what ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_array", [False, True])
def test_direct_equals_predict_on_the_last_row(as_array):
    table = walk(INDEXES["days"][0])
    data = table.to_numpy() if as_array else table
    X, y = make_supervised(table, n_steps_out=3)
    model = lags(purge=False).fit(X, y)
    forecast = Forecaster(lags(), n_steps_out=3).fit(data).forecast()
    np.testing.assert_allclose(forecast, model.predict(table)[-1].reshape(3, 2), rtol=1e-9)
    assert list(forecast.columns) == (["x0", "x1"] if as_array else ["a", "b"])


def test_recursive_equals_the_loop_by_hand():
    table = walk(INDEXES["row numbers"][0])
    forecaster = Forecaster(lags(), n_steps_out=2).fit(table)
    rows = table.copy()
    for _ in range(3):
        following = forecaster.estimator_.predict(rows)[-1].reshape(2, 2)
        index = [len(rows), len(rows) + 1]
        rows = pd.concat([rows, pd.DataFrame(following, index, columns=["a", "b"])])
    np.testing.assert_allclose(forecaster.forecast(5), rows[40:45], rtol=1e-9)


def test_a_forecast_from_data_equals_one_after_these_rows_in_fit():
    table = walk(INDEXES["days"][0])
    forecaster = Forecaster(lags(), n_steps_out=2).fit(table[:30])
    whole = forecaster.forecast(5, data=table)
    same_model = copy.deepcopy(forecaster)
    same_model._newest.series = Stacked.of(table.iloc[-3:], None)
    pd.testing.assert_frame_equal(whole, same_model.forecast(5), check_freq=False)
    newest = forecaster.forecast(5, data=table[30:])
    pd.testing.assert_frame_equal(whole, newest, check_freq=False)
    assert (whole.index[0] - table.index[-1]).days == 1


def test_a_row_that_directly_follows_has_the_fitted_ones_as_its_history():
    table = walk(INDEXES["days"][0])
    forecaster = Forecaster(lags(), n_steps_out=2).fit(table[:30])
    expected = forecaster.forecast(data=table[:31])
    pd.testing.assert_frame_equal(forecaster.forecast(data=table[30:31]), expected)
    with pytest.raises(ValueError, match=r"data has 1 rows, .* the last 3, .* Give 2 more"):
        forecaster.forecast(data=table[31:32])  # a day is missing: no history


@pytest.mark.parametrize("around", ["nothing", "search", "conformal", "both"])
def test_the_final_fit_uses_every_row_and_the_folds_do_not(around):
    table = walk(pd.RangeIndex(120))
    X, y = make_supervised(table, n_steps_out=4)
    expected = make_lstm_pipeline(Ridge(), n_steps_in=3, n_steps_out=4)
    expected.set_params(window__purge=False).fit(X, y)
    model, name = make_lstm_pipeline(Ridge(), n_steps_in=7), "window__n_steps_in"
    if around in ("conformal", "both"):
        model = ConformalRegressor(model, cv=TimeSeriesSplit(3), coverage=0.5)
        name = f"estimator__{name}"
    if around in ("search", "both"):
        model = GridSearchCV(model, {name: [3]}, cv=TimeSeriesSplit(2), error_score="raise")
    else:
        model.set_params(**{name: 3})
    forecaster = Forecaster(model, n_steps_out=4).fit(table)
    fitted = forecaster.estimator_
    pipeline = fitted if isinstance(fitted, Pipeline) else fitted.estimator_
    np.testing.assert_allclose(pipeline[-1].estimator_.coef_, expected[-1].estimator_.coef_)
    if around in ("search", "both"):
        assert forecaster.best_params_ == {name: 3}
        purged = GridSearchCV(
            clone(model.estimator).set_params(**{name.replace("n_steps_in", "n_steps_out"): 4})
            if around == "both"
            else make_lstm_pipeline(Ridge(), n_steps_in=7, n_steps_out=4),
            {name: [3]},
            cv=TimeSeriesSplit(2),
        ).fit(X, y)
        assert forecaster.search_.best_score_ == pytest.approx(purged.best_score_)


def test_a_refit_forgets_the_search():
    search = GridSearchCV(lags(), {"window__n_steps_in": [2, 3]}, cv=TimeSeriesSplit(2))
    forecaster = Forecaster(search).fit(PASSENGERS)
    assert len(forecaster.search_.cv_results_["params"]) == 2
    forecaster.set_params(estimator=lags()).fit(PASSENGERS)
    assert not hasattr(forecaster, "best_params_")
    with pytest.raises(ValueError, match="refit=False has no best estimator"):
        Forecaster(search.set_params(refit=False)).fit(PASSENGERS)


# --- covariates ----------------------------------------------------------------------------------


def driven(n=120) -> pd.DataFrame:
    """A target that is what the promotion of the same day makes of it."""
    rng = np.random.default_rng(0)
    promotion = rng.integers(0, 2, n)
    index = pd.date_range("2024-01-01", periods=n)
    return pd.DataFrame({"sold": 10 + 5 * promotion, "promotion": promotion}, index)


@pytest.mark.parametrize("form", ["dates", "row numbers", "array", "too many rows"])
def test_the_future_of_a_covariate_decides(form):
    table = driven()
    forecaster = Forecaster(lags(), target="sold", known_future="promotion", n_steps_out=4).fit(
        table[:100]
    )
    future = (
        table[["promotion"]][100:] if form == "too many rows" else table[["promotion"]][100:112]
    )
    if form == "row numbers":
        future = future.reset_index(drop=True)
    if form == "array":
        future = future.to_numpy()
    forecast = forecaster.forecast(10, future=future)  # three horizons of four
    np.testing.assert_allclose(forecast["sold"], table["sold"][100:110], atol=1e-3)


def test_the_future_may_be_the_whole_table_of_numbered_rows():
    table = driven().reset_index(drop=True)
    forecaster = Forecaster(lags(), target="sold", known_future="promotion", n_steps_out=4)
    forecaster.fit(table[:100])
    expected = forecaster.forecast(future=table[["promotion"]][100:])
    pd.testing.assert_frame_equal(forecaster.forecast(future=table[["promotion"]]), expected)
    np.testing.assert_allclose(expected["sold"], table["sold"][100:104], atol=1e-3)


def test_dates_of_the_future_that_are_there_twice():
    table = driven()
    forecaster = Forecaster(lags(), target="sold", known_future="promotion").fit(table[:100])
    twice = pd.concat([table[100:104], table[100:104]])
    with pytest.raises(ValueError, match="each date once, but has 2024-04-10"):
        forecaster.forecast(future=twice)


def test_a_future_that_is_a_dict_has_no_dates():
    table = pd.DataFrame({"sold": np.arange(20.0), "price": np.arange(20.0)})
    forecaster = Forecaster(Ridge(), target="sold", known_future="price").fit(table)
    with pytest.raises(TypeError, match=r"future must be a table .* got a dict"):
        forecaster.forecast(future={"price": [20.0]})


def test_columns_whose_future_is_missing_are_named():
    table = driven().assign(weather=np.arange(120.0))
    forecaster = Forecaster(lags(), target="sold", known_future="promotion", n_steps_out=4).fit(
        table[:100]
    )
    with pytest.raises(ValueError, match=r"needs the coming values of \['promotion'\]"):
        forecaster.forecast()
    future = table[["promotion"]][100:112]
    assert forecaster.forecast(future=future).shape == (4, 1)
    with pytest.raises(ValueError, match=r"\['weather'\].*or forecast up to n_steps_out=4"):
        forecaster.forecast(5, future=future)
    with pytest.raises(ValueError, match=r"2 are missing, the first 2024-04-12"):
        forecaster.forecast(future=future.iloc[:2])
    with pytest.raises(ValueError, match="expected a table with the columns"):
        forecaster.forecast(future=np.zeros((12, 3)))


def test_a_covariate_that_drives_the_target_helps():
    bikes = load_bike_rentals()[["rentals", "working_day"]]
    errors = {}
    for known in (None, "working_day"):
        model = Forecaster(lags(48), target="rentals", known_future=known, n_steps_out=24)
        table = bikes if known else bikes[["rentals"]]
        model.fit(table[:-168])
        forecasts = [
            model.forecast(data=table[:end], future=bikes[["working_day"]][end:] if known else None)
            for end in range(len(bikes) - 168, len(bikes), 24)
        ]
        errors[known] = np.abs(pd.concat(forecasts)["rentals"] - bikes["rentals"]).mean()
    assert errors["working_day"] < 0.9 * errors[None]


# --- other forms of a table ----------------------------------------------------------------------


def test_names_that_are_numbers_are_names():
    table = walk(pd.RangeIndex(60)).set_axis([1, 0], axis=1)
    forecaster = Forecaster(lags(), target=1, features=[1]).fit(table)
    expected = Forecaster(lags()).fit(table[[1]]).forecast()
    pd.testing.assert_frame_equal(forecaster.forecast(), expected)
    assert list(expected.columns) == ["1"]


@pytest.mark.parametrize("dtype", ["float32", "int64", "Int64"])
def test_forecasts_go_on_from_whatever_numbers_there_are(dtype):
    table = (100 * walk(pd.RangeIndex(60))).round().astype(dtype)
    forecast = Forecaster(lags(regressor=LinearRegression())).fit(table).forecast(4)
    expected = Forecaster(lags(regressor=LinearRegression())).fit(table.astype(float)).forecast(4)
    pd.testing.assert_frame_equal(forecast, expected, rtol=1e-3)


def test_few_rows_of_another_time_have_no_history():
    table = walk(pd.date_range("2020-01-01", periods=300))
    model = make_lstm_pipeline(Ridge(), n_steps_in=10)
    forecaster = Forecaster(model).fit(table)
    other = table[:3].set_axis(pd.date_range("2023-06-01", periods=3))
    with pytest.raises(ValueError, match=r"data has 3 rows, .* the last 10, .* Give 7 more"):
        forecaster.forecast(data=other)
    pd.testing.assert_frame_equal(forecaster.forecast(data=table[-3:]), forecaster.forecast())
    assert forecaster.estimator_["window"].last_rows_.shape == (9, 2)  # still remembered


def test_the_window_that_an_inner_search_chose():
    table = walk(pd.RangeIndex(400))
    pipeline = make_lstm_pipeline(Ridge(), n_steps_in=2)
    search = GridSearchCV(pipeline, {"window__n_steps_in": [20]}, cv=TimeSeriesSplit(2))
    model = ConformalRegressor(search, coverage=0.5)
    forecaster = Forecaster(model, target="a", n_steps_out=2).fit(table)
    expected = forecaster.estimator_.predict(table)[-1]
    np.testing.assert_allclose(forecaster.forecast()["a"], expected)


def test_an_inner_search_keeps_its_folds_apart():
    seen = []

    class Spy(Ridge):
        def fit(self, X, y):
            seen.append(len(X))
            return super().fit(X, y)

    folds = [(np.arange(100), np.arange(100, 150))]
    search = GridSearchCV(make_lstm_pipeline(Spy(), n_steps_in=1), {"scale": [None]}, cv=folds)
    Forecaster(TransformedTargetRegressor(search), n_steps_out=5).fit(walk(pd.RangeIndex(200)))
    assert seen[0] == 96


def test_what_splits_windows_already_cut_needs_no_purge():
    table = walk(pd.RangeIndex(60))
    forecaster = Forecaster(lags(regressor=RidgeCV()), n_steps_out=4).fit(table)
    assert not forecaster.estimator_["window"].purge


def test_a_failed_fit_leaves_the_last_one_whole():
    search = GridSearchCV(lags(), {"window__n_steps_in": [2]}, cv=TimeSeriesSplit(2))
    forecaster = Forecaster(search).fit(PASSENGERS)
    expected = forecaster.forecast()
    forecaster.set_params(estimator=lags(500))
    with pytest.raises(ValueError, match="n_steps_in=500 is longer"):
        forecaster.fit(PASSENGERS)
    pd.testing.assert_frame_equal(forecaster.forecast(), expected)
    assert forecaster.best_params_ == {"window__n_steps_in": 2}


def test_a_nowcast_needs_no_future():
    table = driven()
    forecaster = Forecaster(lags(), target="sold", known_future="promotion", lead=0).fit(table)
    assert forecaster.forecast().index[0] == table.index[-1]


def test_numbers_with_a_hole_still_count():
    table = walk(pd.Index(np.delete(np.arange(1900, 1990, 2), 7)))
    with pytest.warns(
        UserWarning, match=r"1 are missing .* 2, the first 1914.*df\.reindex\(pd\.Ran"
    ):
        forecaster = Forecaster(lags()).fit(table)
    assert forecaster.forecast(2).index.tolist() == [1990, 1992]


# --- several series ------------------------------------------------------------------------------


def macro() -> pd.DataFrame:
    """Two series of the same quarters, in long form."""
    table = load_us_macro()[["unemp", "tbilrate"]].reset_index()
    return table.melt("quarter", var_name="series", value_name="rate").set_index("quarter")


@pytest.mark.parametrize("form", ["column", "level"])
def test_every_series_has_its_forecast(form):
    table = macro() if form == "column" else macro().set_index("series", append=True)
    forecaster = Forecaster(lags(4), target="rate", group="series", n_steps_out=2)
    forecaster.set_params(estimator__scale=None).fit(table)
    forecast = forecaster.forecast(3)
    assert forecast.index.names == ["series", "quarter"]
    assert forecast.loc["unemp"].index.astype(str).tolist() == [
        "2009-10-01",
        "2010-01-01",
        "2010-04-01",
    ]
    # Another series changes nothing, once the model is fitted.
    alone = macro()[macro()["series"] == "unemp"]
    pd.testing.assert_frame_equal(
        forecaster.forecast(3, data=alone).loc["unemp"], forecast.loc["unemp"], check_freq=False
    )


def test_rows_without_times_are_numbered_within_their_series():
    table = macro().sort_index(kind="stable").reset_index(drop=True)
    forecaster = Forecaster(lags(4).set_params(scale=None), target="rate", group="series")
    assert forecaster.fit(table).forecast(2).loc["unemp"].index.tolist() == [203, 204]


def test_a_series_that_fit_has_not_seen_is_forecast_too():
    table = macro()
    forecaster = Forecaster(lags(4).set_params(scale=None), target="rate", group="series")
    forecaster.fit(table[table["series"] == "unemp"])
    new = table.assign(series=table["series"].replace("tbilrate", "new"))
    forecast = forecaster.forecast(data=new[new["series"] == "new"])
    assert forecast.index[0][0] == "new"
    assert 0 < forecast["rate"].iloc[0] < 1


def test_the_future_of_several_series_tells_whose_it_is():
    parts = [driven().assign(shop=shop) for shop in "ab"]
    parts[1]["promotion"] = 1 - parts[1]["promotion"]
    parts[1]["sold"] = 10 + 5 * parts[1]["promotion"]
    table = pd.concat(parts).sort_index(kind="stable")
    forecaster = Forecaster(
        lags().set_params(scale=None), target="sold", known_future="promotion", group="shop"
    ).fit(table[:200])
    future = table[200:][["promotion", "shop"]]
    forecast = forecaster.forecast(3, future=future)
    for k, shop in enumerate("ab"):
        np.testing.assert_allclose(forecast.loc[shop, "sold"], parts[k]["sold"][100:103], atol=1e-3)
    with pytest.raises(ValueError, match="future must give the series of its rows, with 'shop'"):
        forecaster.forecast(future=future[["promotion"]])
    with pytest.raises(ValueError, match="of 'b', but 1 are missing"):
        forecaster.forecast(future=future[future["shop"] == "a"])


def test_a_pooled_pipeline_keeps_the_level_of_each_series():
    wave = 2 + np.sin(np.arange(80) / 3)
    days = pd.date_range("2024-01-01", periods=80)
    parts = [pd.DataFrame({"sold": k * wave, "shop": f"shop {k}"}, days) for k in (1, 100)]
    table = pd.concat(parts).sort_index(kind="stable")
    pipeline = make_lstm_pipeline(Ridge(1e-3), n_steps_in=4, group="shop")
    with pytest.warns(UserWarning, match=r"Wrap the pipeline as GroupTransformedTargetRegressor"):
        Forecaster(pipeline, target="sold", group="shop").fit(table)
    model = GroupTransformedTargetRegressor(pipeline, group="shop")
    forecast = Forecaster(model, target="sold", group="shop").fit(table).forecast()["sold"]
    expected = 2 + np.sin(80 / 3)
    np.testing.assert_allclose(forecast, [expected, 100 * expected], rtol=0.01)


@pytest.mark.parametrize("named", [0, -3])
def test_a_position_of_the_group_is_one_of_the_table(named):
    rng = np.random.default_rng(0)
    array = np.c_[np.tile([7.0, 8.0], 60), rng.integers(0, 2, 120), rng.normal(size=120)]
    model = lags(group=named).set_params(scale=None)
    forecaster = Forecaster(model, target=2, features=[1, 2], group=named).fit(array)
    assert set(forecaster.estimator_["window"].last_rows_) == {7.0, 8.0}
    assert forecaster.forecast().index.names == ["x0", None]


def test_one_short_series_does_not_spoil_the_others():
    table = macro()
    is_kept = (table["series"] == "unemp") | (np.arange(len(table)) >= len(table) - 2)
    short = table[is_kept].sort_index(kind="stable")
    model = make_lstm_pipeline(Ridge(), n_steps_in=4).set_params(scale=None)
    forecaster = Forecaster(model, target="rate", group="series").fit(short)
    with pytest.warns(UserWarning, match=r"forecast of 'tbilrate' is NaN.*it has 2 rows"):
        forecast = forecaster.forecast(3)["rate"]
    assert forecast["unemp"].notna().all()
    assert forecast["tbilrate"].isna().all()


# --- intervals -----------------------------------------------------------------------------------


def test_the_interval_is_the_estimators():
    table = walk(INDEXES["days"][0])
    model = ConformalRegressor(make_lstm_pipeline(Ridge(), n_steps_in=3), coverage=0.5)
    forecaster = Forecaster(model, n_steps_out=2).fit(table)
    forecast = forecaster.forecast(interval=0.6)
    assert list(forecast.columns) == ["a", "a_lower", "a_upper", "b", "b_lower", "b_upper"]
    lower, upper = forecaster.estimator_.predict_interval(table, coverage=0.6)
    np.testing.assert_allclose(forecast[["a_lower", "b_lower"]], lower[-1].reshape(2, 2))
    np.testing.assert_allclose(forecast[["a_upper", "b_upper"]], upper[-1].reshape(2, 2))
    pd.testing.assert_frame_equal(forecast[["a", "b"]], forecaster.forecast())


def test_quantiles_of_a_network_give_the_interval():
    regressor = LSTMRegressor(
        4, loss="quantile", quantiles=(0.05, 0.5, 0.95), epochs=3, random_state=0
    )
    forecaster = Forecaster(make_lstm_pipeline(regressor, n_steps_in=6), n_steps_out=2)
    forecast = forecaster.fit(PASSENGERS).forecast(interval=0.9)
    assert (forecast["passengers_lower"] <= forecast["passengers"]).all()
    assert (forecast["passengers"] <= forecast["passengers_upper"]).all()
    with pytest.raises(ValueError, match=r"coverage=0.5 needs the quantiles 0.25 and 0.75"):
        forecaster.forecast(interval=0.5)


def test_an_interval_needs_an_estimator_that_knows_one():
    forecaster = Forecaster(lags()).fit(PASSENGERS)
    with pytest.raises(ValueError, match="wrap it as ConformalRegressor"):
        forecaster.forecast(interval=0.9)
    with pytest.raises(ValueError, match=r"known up to n_steps_out=1 steps only.*steps=2"):
        forecaster.forecast(2, interval=0.9)
    with pytest.raises(ValueError, match=r"in \(0, 1\)"):
        forecaster.forecast(interval=90)


# --- holes in the dates --------------------------------------------------------------------------


def test_holes_are_reported_with_the_first_ones():
    table = PASSENGERS.drop(PASSENGERS.index[[14, 30]])
    with pytest.warns(UserWarning, match=r"2 are missing.*the first 1950-03-01.*asfreq\('MS'\)"):
        forecaster = Forecaster(lags()).fit(table)  # said once
    assert forecaster.forecast().index[0] == pd.Timestamp("1961-01-01")


def test_irregular_rows_have_no_dates_that_follow():
    irregular = PASSENGERS[:9].set_axis(PASSENGERS.index[[0, 1, 3, 7, 8, 20, 41, 80, 90]])
    with pytest.warns(UserWarning, match="not regularly apart"):
        forecaster = Forecaster(lags()).fit(irregular)
    with pytest.raises(ValueError, match="are not known"):
        forecaster.forecast()


def test_dates_that_are_text_are_told_of():
    table = PASSENGERS.set_axis(PASSENGERS.index.astype(str))
    with pytest.warns(UserWarning, match=r"the index is text, from '1949-01-01'.*to_datetime"):
        assert Forecaster(lags()).fit(table).forecast().index.tolist() == [144]


def test_dates_that_are_text_with_the_day_first_are_told_of():
    days = pd.date_range("2021-12-01", periods=60).strftime("%d.%m.%Y")  # pandas leaves it text
    table = PASSENGERS[:60].set_axis(days)
    advice = r"from '01\.12\.2021' to '29\.01\.2022'.*format='%d\.%m\.%Y'\) \(short: dayfirst"
    with pytest.warns(UserWarning, match=advice):
        Forecaster(lags()).fit(table)
    with pytest.warns(UserWarning, match=advice):
        backtest(Forecaster(lags()), table, cv=2, baselines=None)
    with pytest.raises(ValueError, match=r"parse_dates=True, dayfirst=True.*format='%d\.%m\.%Y'"):
        WindowTransformer(2).fit(pd.DataFrame({"day": days, "x": range(60)}))
    table.index = pd.to_datetime(table.index, format="%d.%m.%Y")  # as it says
    assert Forecaster(lags()).fit(table).forecast().index[0] == pd.Timestamp("2022-01-30")


# --- what a forecast cannot be made from ---------------------------------------------------------


def network(**params):
    model = LSTMRegressor(2, epochs=1, random_state=0)
    return make_lstm_pipeline(model, n_steps_in=6, **params)


each_kind = pytest.mark.parametrize("make", [lags, network])


@each_kind
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x.drop(x.index[-3]), r"have a hole: 1960-10-01 .* at frequency 'MS'"),
        (lambda x: x[-30:].drop(x.index[-2]), r"have a hole: 1960-11-01"),
        (lambda x: x.set_axis(pd.date_range("1961-01-01", periods=144)), "not apart .* by 'MS'"),
        (lambda x: x.set_axis(x.index.shift(200))[:2], r"data has 2 rows.*Give \d more"),
    ],
    ids=["hole", "hole in a piece", "days for months", "too few"],
)
def test_newer_rows_are_checked_as_the_fitted_ones(make, change, message):
    forecaster = Forecaster(make()).fit(PASSENGERS)
    with pytest.raises(ValueError, match=message):
        forecaster.forecast(data=change(PASSENGERS))


@each_kind
def test_a_hole_long_before_the_forecast_does_no_harm(make):
    forecaster = Forecaster(make()).fit(PASSENGERS)
    found = forecaster.forecast(data=PASSENGERS.drop(PASSENGERS.index[50]))
    np.testing.assert_allclose(found, forecaster.forecast(), rtol=1e-5)


@pytest.mark.parametrize("make", [lambda: make_lstm_pipeline(Ridge(), n_steps_in=6), network])
def test_a_forecast_from_missing_values_says_so(make):
    table = PASSENGERS.to_frame().copy()
    table.iloc[-2] = np.nan
    model = make().set_params(window__missing="drop")
    with pytest.warns(UserWarning, match="windows out of training"):
        forecaster = Forecaster(model).fit(table)
    with pytest.warns(
        UserWarning, match=r"forecast is NaN.*\['passengers'\] miss values at 1960-11-01.*'mask'"
    ):
        assert forecaster.forecast().isna().all(axis=None)


def test_dates_that_are_objects_are_dates():
    table = PASSENGERS.set_axis(PASSENGERS.index.date)
    expected = Forecaster(lags()).fit(PASSENGERS).forecast()
    forecaster = Forecaster(lags()).fit(table)
    pd.testing.assert_frame_equal(
        forecaster.forecast(), expected, check_names=False, check_index_type=False
    )
    X, _ = make_supervised(table)
    assert isinstance(X.index, pd.DatetimeIndex)


def test_the_middle_of_each_month_is_monthly():
    table = PASSENGERS.set_axis(PASSENGERS.index + pd.Timedelta(days=14))
    forecast = Forecaster(lags(), n_steps_out=2).fit(table).forecast()
    assert forecast.index.tolist() == [pd.Timestamp("1961-01-15"), pd.Timestamp("1961-02-15")]


@pytest.mark.parametrize("as_text", [False, True])
def test_a_column_of_dates_is_refused_with_what_to_do(as_text):
    table = PASSENGERS.reset_index()
    table["month"] = table["month"].astype(str) if as_text else table["month"]
    message = r"column 'month' contains dates.*set_index\('month'\)"
    for call in (
        lambda: make_supervised(table, target="passengers"),
        lambda: Forecaster(lags(), target="passengers").fit(table),
        lambda: Forecaster(lags(), target="passengers", known_future="month").fit(table),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    table["month"] = pd.to_datetime(table["month"])
    assert len(Forecaster(lags()).fit(table.set_index("month")).forecast()) == 1


def test_a_column_of_text_is_named_where_a_step_takes_numbers():
    table = PASSENGERS.to_frame().assign(carrier="PanAm")
    with pytest.raises(ValueError, match=r"columns \['carrier'\] are text.*ColumnTransformer"):
        Forecaster(network(), target="passengers").fit(table)


def test_a_group_that_a_step_cannot_take_is_named():
    table = PASSENGERS.to_frame().assign(shop="a")
    model = make_pipeline(StandardScaler(), WindowTransformer(3), LSTMRegressor(2, epochs=1))
    with pytest.raises(ValueError, match=r"labels of the series, column 'shop'.*GroupScaler"):
        Forecaster(model, target="passengers", group="shop").fit(table)


def days_of(shop, kind="dates"):
    index = pd.date_range("2024-01-01", periods=40, name="day")
    index = {"periods": index.to_period("D"), "numbers": pd.Index(range(0, 80, 2), name="day")}.get(
        kind, index
    )
    return walk(index)[["a"]].set_axis(["sold"], axis=1).assign(shop=shop)


FORMS = {
    "index": (lambda df: df, None),
    "column": (lambda df: df.reset_index(), "day"),
    "levels": (lambda df: df.set_index("shop", append=True).swaplevel(), None),
    "levels by name": (lambda df: df.set_index("shop", append=True), "day"),
    "level and column": (lambda df: df.reset_index().set_index("shop"), "day"),
}


def fill_as_advised(forecaster, table):
    """Do what the warning of holes says, and fit to that without one."""
    with pytest.warns(UserWarning, match="NaN of them with ") as caught:
        forecaster.fit(table)
    [message] = [str(w.message) for w in caught if "NaN of them with " in str(w.message)]
    whole = eval(
        message.split("NaN of them with ")[1].split(" and fill")[0], {"df": table, "pd": pd}
    )
    forecaster.fit(whole.assign(sold=whole["sold"].interpolate()))  # nothing to warn of
    return message, whole


@pytest.mark.parametrize("kind", ["dates", "periods", "numbers"])
@pytest.mark.parametrize("form", FORMS)
def test_a_hole_in_one_series_is_named_with_advice_that_works(form, kind):
    b = days_of("b", kind)
    table = pd.concat([days_of("a", kind), b.drop(b.index[[7, 20]])])
    change, time = FORMS[form]
    model = make_lstm_pipeline(Ridge(), n_steps_in=3, group="shop")
    model = GroupTransformedTargetRegressor(model, group="shop")
    forecaster = Forecaster(model, target="sold", group="shop", time=time)
    message, whole = fill_as_advised(forecaster, change(table))
    assert re.search("holes: 2 .* in 1 series, the first of shop 'b'", message)
    assert len(whole) == 80
    assert whole.loc[whole["shop"] == "b", "sold"].isna().sum() == 2


@pytest.mark.parametrize("kind", ["dates", "periods", "numbers"])
@pytest.mark.parametrize("form", ["index", "column"])
def test_holes_of_one_series_are_filled_as_advised(form, kind):
    table = days_of("a", kind).drop(columns="shop")
    change, time = FORMS[form]
    _, whole = fill_as_advised(
        Forecaster(lags(), time=time), change(table.drop(table.index[[7, 20]]))
    )
    assert whole["sold"].isna().sum() == 2
    assert whole.index.equals(table.index)


# --- coming values that are missing --------------------------------------------------------------


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y"])
def test_a_future_whose_dates_are_text_is_told_of(form):
    table = driven()
    known = {"target": "sold", "known_future": "promotion", "n_steps_out": 4}
    forecaster = Forecaster(lags(), **known).fit(table[:100])
    future = table[100:104]
    text = future.set_axis(future.index.strftime(form))
    with pytest.raises(ValueError, match=r"which are text: make them dates, with") as caught:
        forecaster.forecast(future=text)
    way = str(caught.value).split("future.index = ")[1].partition(" (short")[0].partition(". ")[0]
    text.index = eval(way, {"future": text, "pd": pd})
    assert forecaster.forecast(future=text).equals(forecaster.forecast(future=future))


def test_a_day_of_the_future_that_is_missing_is_named():
    table = driven().astype(float)
    model = make_lstm_pipeline(Ridge(), n_steps_in=3)
    known = {"target": "sold", "known_future": "promotion", "n_steps_out": 4}
    forecaster = Forecaster(model, **known).fit(table[:100])
    future = table[100:104].copy()
    future.iloc[1] = np.nan
    message = r"future: promotion is NaN on 2024-04-11, and a step .*future\.ffill\(\)"
    with pytest.raises(ValueError, match=message):
        forecaster.forecast(future=future)
    assert np.isfinite(forecaster.forecast(future=future.ffill())).all(axis=None)
    model.set_params(window__missing="drop")
    forecaster = Forecaster(model, **known).fit(table[:100])
    with pytest.warns(UserWarning, match="NaN, because future: promotion is NaN on 2024-04-11"):
        assert forecaster.forecast(future=future).isna().all(axis=None)


def test_coming_values_of_a_series_that_are_missing_are_named():
    table = long_frame()
    coming = table[table["ds"] > "2024-01-25"].astype({"price": float})
    coming.loc[coming["unique_id"] == "b", "price"] = np.nan
    forecaster = long_forecaster(n_steps_out=4).fit(table[table["ds"] <= "2024-01-25"])
    dates = "2024-01-26, 2024-01-27, 2024-01-28 and 1 more"
    with pytest.raises(ValueError, match=f"future of 'b': price is NaN on {dates}, and"):
        forecaster.forecast(future=coming)


# --- scikit-learn's conventions ------------------------------------------------------------------


def test_it_is_an_estimator():
    forecaster = Forecaster(lags(), n_steps_out=2)
    assert clone(forecaster).get_params()["estimator__window__n_steps_in"] == 3
    assert repr(forecaster).startswith("Forecaster(estimator=Pipeline(")
    with pytest.raises(NotFittedError):
        forecaster.forecast()
    forecaster.fit(PASSENGERS)
    pd.testing.assert_frame_equal(
        pickle.loads(pickle.dumps(forecaster)).forecast(5), forecaster.forecast(5)
    )


def test_nothing_given_is_changed():
    table, estimator = driven(), lags()
    before, params = table.copy(), str(estimator.get_params())
    forecaster = Forecaster(estimator, target="sold", known_future="promotion").fit(table[:100])
    future = table[100:]
    forecaster.forecast(3, future=future, data=table[:100])
    forecaster.forecast(3, future=future)
    pd.testing.assert_frame_equal(table, before)
    assert str(estimator.get_params()) == params
    assert not hasattr(estimator, "n_features_in_")


@pytest.mark.parametrize(
    "regressor",
    [LinearRegression(), MultiOutputRegressor(HistGradientBoostingRegressor(max_iter=5))],
)
def test_any_regressor_forecasts(regressor):
    model = make_lstm_pipeline(regressor, n_steps_in=12)
    assert Forecaster(model, n_steps_out=3).fit(PASSENGERS).forecast(6).notna().all(axis=None)


def test_columns_that_fit_has_seen_must_be_there():
    forecaster = Forecaster(lags(), target="a").fit(walk(INDEXES["days"][0]))
    with pytest.raises(ValueError, match=r"data lacks the columns \['b'\]"):
        forecaster.forecast(data=walk(INDEXES["days"][0])[["a"]])
    with pytest.raises(ValueError, match="steps must be an integer of at least 1, got 0"):
        forecaster.forecast(0)
    with pytest.raises(ValueError, match="too short"):
        Forecaster(lags(), n_steps_out=9).fit(PASSENGERS[:9])


# --- many series at once ------------------------------------------------------------------------


def make_panel(n_rows=60):
    """Three series, of which one begins and ends earlier than the others, with a covariate."""
    rng = np.random.default_rng(0)
    dates = pd.date_range("2024-01-01", periods=n_rows, freq="D", name="day")
    parts = []
    for number, (label, stretch) in enumerate(
        {"b": slice(None), "a": slice(5, -7), "c": slice(None)}.items()
    ):
        price = rng.normal(size=n_rows)
        sold = 10 * number + price + np.cumsum(rng.normal(size=n_rows))
        part = pd.DataFrame({"sold": sold, "price": price, "shop": label}, index=dates)
        parts.append(part[stretch])
    return pd.concat(parts).sort_index(kind="stable")


def make_panel_forecaster(**params):
    model = make_lstm_pipeline(Ridge(), n_steps_in=4, group="shop", scaler=None)
    params = {"target": "sold", "group": "shop", "n_steps_out": 3, **params}
    return Forecaster(model, **params)


@pytest.mark.parametrize("steps", [2, 3, 8])
def test_series_are_forecast_together_as_each_alone(steps):
    table = make_panel()
    forecaster = make_panel_forecaster(features="sold").fit(table)
    together = forecaster.forecast(steps)
    alone = [forecaster.forecast(steps, ids=[label]) for label in "abc"]
    together = together.sort_index(level="shop", sort_remaining=False)
    pd.testing.assert_frame_equal(together, pd.concat(alone), check_freq=False)
    ends = table["shop"].groupby(table["shop"]).apply(lambda part: part.index[-1])
    for label, part in together.groupby("shop"):
        assert part.index.get_level_values(1)[0] == ends[label] + pd.Timedelta("1D")
    newer = table.groupby("shop").tail(6).sort_index(kind="stable")
    later = forecaster.forecast(steps, data=newer).sort_index(level="shop", sort_remaining=False)
    pd.testing.assert_frame_equal(later, together, check_freq=False)


def test_covariates_and_intervals_of_series_are_their_own():
    table = make_panel()
    is_known = np.zeros(len(table), dtype=bool)
    for rows in table.reset_index().groupby("shop").indices.values():
        is_known[rows[:-3]] = True
    model = make_panel_forecaster().estimator
    forecaster = make_panel_forecaster(features="sold", known_future="price")
    forecaster.set_params(estimator=ConformalRegressor(model, cv=3, coverage=0.5))
    forecaster.fit(table[is_known])
    future = table[~is_known].drop(columns="sold")
    together = forecaster.forecast(future=future, interval=0.5)
    assert list(together.columns) == ["sold", "sold_lower", "sold_upper"]
    for label in "abc":
        alone = forecaster.forecast(future=future, interval=0.5, ids=label)
        pd.testing.assert_frame_equal(together.loc[[label]], alone, check_freq=False)


@pytest.mark.parametrize("ids", [["x"], [], ["a", "x"], 3])
def test_ids_that_are_no_series_are_refused(ids):
    forecaster = make_panel_forecaster(features="sold").fit(make_panel())
    with pytest.raises(ValueError, match="ids must be labels of the series"):
        forecaster.forecast(ids=ids)


def test_ids_need_a_group():
    forecaster = Forecaster(make_lstm_pipeline(Ridge(), n_steps_in=4)).fit(np.arange(30.0))
    with pytest.raises(ValueError, match="group=None"):
        forecaster.forecast(ids=["a"])


@pytest.mark.parametrize("steps", [3, 7])
def test_forecasts_of_many_series_are_those_of_each_to_the_last_bit(steps):
    table = make_panel()
    model = make_pipeline(WindowTransformer(4, missing="drop"), DriftRegressor())
    forecaster = Forecaster(model, target="sold", features="sold", group="shop", n_steps_out=3)
    together = forecaster.fit(table).forecast(steps)
    for label in "abc":
        alone = table[table["shop"] == label][["sold"]]
        expected = Forecaster(model, n_steps_out=3).fit(alone).forecast(steps)
        pd.testing.assert_frame_equal(
            together.loc[label], expected, check_exact=True, check_freq=False
        )


class Counting(Ridge):
    """Remembers how many rows it was asked for at each call."""

    asked: list[int] = []

    def predict(self, X):
        self.asked.append(len(X))
        return super().predict(X)


def test_all_series_are_one_call_for_each_horizon_and_context_is_not_predicted():
    forecaster = make_panel_forecaster(features="sold")
    forecaster.set_params(estimator__lstm__estimator=Counting()).fit(make_panel())
    Counting.asked.clear()
    forecaster.forecast(8)
    assert Counting.asked == [3, 3, 3]


def test_networks_predict_only_the_rows_that_forecasts_are_made_from(monkeypatch):
    model = make_lstm_pipeline(LSTMRegressor(2, epochs=1, random_state=0), n_steps_in=4)
    model.set_params(scale=None)
    forecaster = Forecaster(model, target="sold", features="sold", group="shop", n_steps_out=3)
    forecaster.fit(make_panel())
    expected = forecaster.forecast(6)
    asked = []
    original = LSTMRegressor._to_units
    monkeypatch.setattr(
        LSTMRegressor,
        "_to_units",
        lambda self, is_known, y: asked.append(is_known.sum()) or original(self, is_known, y),
    )
    pd.testing.assert_frame_equal(forecaster.forecast(6), expected)
    assert asked == [3, 3]


class ByParts(Ridge):
    """Predicts some rows after the others: how many there are in each call is its own affair."""

    def predict(self, X):
        if len(X) < 4:
            return super().predict(X)
        parts = np.array_split(np.asarray(X), 2)
        return np.concatenate([super(ByParts, self).predict(part) for part in parts])


def test_what_predicts_its_rows_in_parts_predicts_all_of_them():
    table = walk(INDEXES["days"][0])
    parts = ByParts()
    model = TransformedTargetRegressor(lags(5, CompleteRowsRegressor(parts)))
    forecast = Forecaster(model, n_steps_out=2).fit(table).forecast()
    expected = Forecaster(lags(5, Ridge()), n_steps_out=2).fit(table).forecast()
    pd.testing.assert_frame_equal(forecast, expected)


def test_newer_rows_of_some_series_follow_the_fitted_ones():
    table = make_panel()
    forecaster = make_panel_forecaster(features="sold").fit(table[:"2024-02-20"])
    newer = pd.concat(
        [
            table["2024-02-21":],
            table["2024-02-10":"2024-02-15"].query("shop == 'a'").assign(shop="new"),
        ]
    )
    forecast = forecaster.forecast(data=newer)
    whole = forecaster.forecast(data=table)
    for label in "bc":
        pd.testing.assert_frame_equal(forecast.loc[label], whole.loc[label])
    assert forecast.loc["new"].index[0] == pd.Timestamp("2024-02-16")
    with pytest.raises(ValueError, match=r"rows of data of 'c' have a hole: 2024-02-26"):
        forecaster.forecast(data=newer[(newer["shop"] != "c") | (newer.index != "2024-02-26")])


def test_one_warning_tells_of_all_series_that_have_no_forecast():
    table = macro()
    parts = [table[table["series"] == "unemp"]]
    short = parts[0].iloc[-2:]
    table = pd.concat([*parts, short.assign(series="x"), short.assign(series="y")])
    model = make_lstm_pipeline(Ridge(), n_steps_in=4).set_params(scale=None)
    forecaster = Forecaster(model, target="rate", group="series").fit(table)
    with pytest.warns(UserWarning, match=r"forecast of 'x' is NaN.* of 1 other series") as caught:
        forecaster.forecast()
    assert len(caught) == 1


@pytest.mark.parametrize("kind", ["dates", "row numbers", "whole table"])
def test_coming_values_of_each_series_are_found(kind):
    parts = [driven().assign(shop=shop) for shop in "ab"]
    parts[1]["promotion"] = 1 - parts[1]["promotion"]
    parts[1]["sold"] = 10 + 5 * parts[1]["promotion"]
    ends = {"a": 100, "b": 97}  # they end at different dates
    table = pd.concat([part[: ends[shop]] for shop, part in zip("ab", parts, strict=True)])
    future = pd.concat([part[ends[shop] :] for shop, part in zip("ab", parts, strict=True)])
    future = future[["promotion", "shop"]]
    if kind == "whole table":
        table = table.reset_index(drop=True)
        future = pd.concat(parts).reset_index(drop=True)[["promotion", "shop"]]
    if kind == "row numbers":
        future = future.reset_index(drop=True)
    forecaster = Forecaster(
        lags().set_params(scale=None),
        target="sold",
        known_future="promotion",
        group="shop",
        n_steps_out=2,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "the rows have no times", UserWarning)
        forecaster.fit(table)
    forecast = forecaster.forecast(5, future=future)
    for shop, part in zip("ab", parts, strict=True):
        expected = part["sold"][ends[shop] : ends[shop] + 5]
        np.testing.assert_allclose(forecast.loc[shop, "sold"], expected, atol=1e-3)


# --- bounds --------------------------------------------------------------------------------------


def falling():
    return pd.DataFrame({"a": np.linspace(20, 1, 39), "b": np.linspace(-20, -1, 39)})


def test_forecasts_are_kept_within_bounds():
    free = Forecaster(lags(regressor=LinearRegression())).fit(falling()).forecast(5)
    np.testing.assert_allclose(free["a"], [0.5, 0.0, -0.5, -1.0, -1.5], atol=1e-6)
    forecaster = Forecaster(lags(regressor=LinearRegression()), lower={"a": 0}, upper=19.9)
    with pytest.warns(UserWarning, match=r"beyond lower and upper.*\{'a': 1, 'b': 0\}"):
        bounded = forecaster.fit(falling()).forecast(5)
    assert bounded["a"].min() == 0
    np.testing.assert_allclose(bounded["a"][:2], [0.5, 0.0], atol=1e-6)
    np.testing.assert_allclose(bounded["b"], free["b"], atol=1)
    with pytest.warns(UserWarning, match=r"\{'a': 1, 'b': 39\}"):
        assert (forecaster.set_params(lower=0).fit(falling()).forecast(5) >= 0).all(axis=None)


def test_ends_of_intervals_are_kept_within_bounds():
    rng = np.random.default_rng(0)
    counts = pd.Series(rng.poisson(0.7, size=300), name="sold")
    model = ConformalRegressor(lags(), cv=3)
    free = Forecaster(model).fit(counts).forecast(interval=0.9)
    bounded = Forecaster(model, lower=0, upper=1).fit(counts.clip(upper=1)).forecast(interval=0.9)
    assert free["sold_lower"].iloc[0] < 0
    assert bounded["sold_lower"].iloc[0] == 0
    assert bounded["sold_upper"].iloc[0] == 1


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"lower": {"c": 0}}, r"lower must be .* by target, which are \['a', 'b'\]"),
        ({"upper": "high"}, "upper must be a number"),
        ({"lower": np.nan}, "lower must be a number"),
        ({"lower": 3, "upper": {"a": 3}}, "lower must be less than upper"),
    ],
)
def test_bounds_that_are_none(params, message):
    with pytest.raises(ValueError, match=message):
        Forecaster(lags(), **params).fit(falling())


def test_a_second_table_is_refused():
    table = make_panel()
    forecaster = Forecaster(make_lstm_pipeline(Ridge(), n_steps_in=4))
    with pytest.raises(ValueError, match=r"takes one table, .*pd\.concat\(\[y, exog\], axis=1\)"):
        forecaster.fit(table["sold"], table[["price"]])


# --- newer rows that are labelled otherwise ----------------------------------------------------


@pytest.mark.parametrize(
    ("relabel", "advised"),
    [
        (lambda table: table.to_period("M"), lambda table: table.to_timestamp()),
        (lambda table: table.tz_localize("UTC"), lambda table: table.tz_localize(None)),
    ],
    ids=["periods", "time zone"],
)
def test_newer_rows_are_labelled_as_the_fitted_ones(relabel, advised):
    model = Forecaster(lags()).fit(PASSENGERS[:100])
    other = relabel(PASSENGERS.to_frame())
    with pytest.raises(ValueError, match=r"are labelled by .*, and the fitted ones by dates"):
        model.forecast(data=other)
    pd.testing.assert_frame_equal(
        model.forecast(data=advised(other)), model.forecast(data=PASSENGERS)
    )


def test_newer_rows_of_dates_without_the_time_zone_of_the_fitted_ones_are_refused():
    model = Forecaster(lags()).fit(PASSENGERS[:100].tz_localize("UTC"))
    with pytest.raises(ValueError, match=r"are labelled by dates, .* by dates of a time zone"):
        model.forecast(data=PASSENGERS)


def test_no_newer_rows_are_refused():
    model = Forecaster(lags()).fit(PASSENGERS[:100])
    with pytest.raises(ValueError, match=r"data has no rows.*without data"):
        model.forecast(data=PASSENGERS[:0])


# --- scores, and searches over a forecaster -----------------------------------------------------


def scores_by_hand(forecaster, table, first, origins_after):
    """Absolute errors of forecasts from each row, one call of ``forecast`` after the other."""
    errors = []
    for origin in range(first, len(table) - origins_after):
        forecast = forecaster.forecast(data=table.iloc[: origin + 1])
        errors.append(np.abs(forecast - table.loc[forecast.index, forecast.columns]).to_numpy())
    return -np.mean(errors)


@pytest.mark.parametrize("kind", ["days", "month ends", "hours in Berlin", "every second"])
@pytest.mark.parametrize(("n_steps_out", "lead"), [(1, 1), (3, 1), (2, 2)])
def test_a_score_is_that_of_forecasts_row_by_row(kind, n_steps_out, lead):
    table = walk(INDEXES[kind][0])
    roles = {"target": "a", "n_steps_out": n_steps_out, "lead": lead}
    forecaster = Forecaster(lags(), scoring="neg_mean_absolute_error", **roles).fit(table[:25])
    # The first of them has a target among the rows that came later.
    expected = scores_by_hand(forecaster, table, 25 - lead, n_steps_out + lead - 1)
    assert forecaster.score(table[25:]) == pytest.approx(expected)
    assert forecaster.score(table[25:]) != pytest.approx(forecaster.score(table))


def long_frame(n_days=30):
    """Three series under one another, their dates in a column, and a price known in advance."""
    days = pd.date_range("2024-01-01", periods=n_days)
    rng = np.random.default_rng(0)
    parts = [
        pd.DataFrame(
            {
                "unique_id": name,
                "ds": days[start:],
                "y": 10 * start + rng.normal(size=n_days).cumsum()[start:],
                "price": np.arange(n_days)[start:] % 3,
            }
        )
        for start, name in enumerate("abc")
    ]
    return pd.concat(parts, ignore_index=True)


def long_forecaster(**params):
    model = make_lstm_pipeline(Ridge(), n_steps_in=4, group="unique_id", scaler=None)
    roles = {"target": "y", "time": "ds", "group": "unique_id", "known_future": "price"}
    return Forecaster(model, **{"n_steps_out": 2, **roles, **params})


def test_a_score_of_many_series_is_that_of_forecasts_row_by_row():
    table = long_frame()
    train, test = list(GroupTimeSeriesSplit(2, time="ds").split(table))[-1]
    early, late = table.iloc[train], table.iloc[test]
    forecaster = long_forecaster(scoring="neg_mean_absolute_error").fit(early)
    errors = []
    for day in pd.date_range(early["ds"].max(), table["ds"].max() - pd.Timedelta(days=2)):
        coming = table[table["ds"] > day].groupby("unique_id").head(2)
        forecast = forecaster.forecast(data=table[table["ds"] <= day], future=coming)["y"]
        errors.append((forecast - coming.set_index(["unique_id", "ds"])["y"]).abs().mean())
    assert forecaster.score(late) == pytest.approx(-np.mean(errors))


def test_without_scoring_it_is_the_mean_r2_of_the_steps():
    table = walk(INDEXES["days"][0])
    forecaster = Forecaster(lags(), n_steps_out=2).fit(table[:25])
    X, y = make_supervised(table, n_steps_out=2)
    truth, forecasts = y[24:].to_numpy(), forecaster.estimator_.predict(X[20:])[4:]
    unexplained = ((truth - forecasts) ** 2).sum(axis=0) / ((truth - truth.mean(axis=0)) ** 2).sum(
        axis=0
    )
    assert forecaster.score(table[25:]) == pytest.approx(1 - unexplained.mean())


def test_a_search_over_a_forecaster_needs_no_framing():
    table = PASSENGERS.to_frame()
    forecaster = Forecaster(
        make_lstm_pipeline(Ridge(), n_steps_in=12), n_steps_out=3, scoring="neg_mean_absolute_error"
    )
    grid = {"estimator__window__n_steps_in": [12, 24], "estimator__regressor__alpha": [1.0, 10.0]}
    grid = {name: values for name, values in grid.items() if name in forecaster.get_params()}
    cv = TimeSeriesSplit(3)
    search = GridSearchCV(forecaster, grid, cv=cv, error_score="raise", return_train_score=True)
    search.fit(table)
    for number, params in enumerate(search.cv_results_["params"]):
        by_hand = []
        for train, test in cv.split(table):
            fitted = clone(forecaster).set_params(**params).fit(table.iloc[train])
            by_hand.append(scores_by_hand(fitted, table.iloc[: test[-1] + 1], train[-1], 3))
        assert search.cv_results_["mean_test_score"][number] == pytest.approx(np.mean(by_hand))
    best = clone(forecaster).set_params(**search.best_params_).fit(table)
    pd.testing.assert_frame_equal(search.best_estimator_.forecast(5), best.forecast(5))
    folds = GroupTimeSeriesSplit(2, time="ds")
    scores = cross_val_score(long_forecaster(), long_frame(), cv=folds, error_score="raise")
    assert np.isfinite(scores).all()


def test_scores_that_cannot_be():
    forecaster = Forecaster(lags(), n_steps_out=2).fit(PASSENGERS[:100])
    with pytest.raises(ValueError, match=r"when the rows were, .* got ndarray\. Give a Series"):
        forecaster.score(PASSENGERS.to_numpy())
    with pytest.raises(ValueError, match="score takes one table"):
        forecaster.score(PASSENGERS, PASSENGERS)
    with pytest.raises(ValueError, match=r"at least n_steps_out=2 \(two times .*, got 1 in the"):
        forecaster.score(PASSENGERS[100:101].shift(3, freq="MS"))
    with pytest.raises(ValueError, match="too short"):
        forecaster.score(PASSENGERS[100:102].shift(3, freq="MS"))
    strict = Forecaster(make_lstm_pipeline(Ridge(), n_steps_in=5)).fit(PASSENGERS[:100])
    with (
        pytest.warns(UserWarning, match="was given the rows before them"),
        pytest.raises(ValueError, match=r"no forecast whose 1 steps and history are all known"),
    ):
        strict.score(PASSENGERS[110:114])
    with pytest.raises(NotFittedError):
        Forecaster(lags()).score(PASSENGERS)


@pytest.mark.parametrize("n_steps_in", [3, 20])
def test_a_fold_with_fewer_test_rows_than_the_horizon_is_told_of(n_steps_in):
    forecaster = Forecaster(lags(n_steps_in), n_steps_out=14)
    message = r"test rows must be at least n_steps_out=14 \(two times .*, got 7 in .*test_size=28"
    folds = TimeSeriesSplit(2, test_size=7)
    search = GridSearchCV(forecaster, {"lower": [None, 0]}, cv=folds, error_score="raise")
    with pytest.raises(ValueError, match=message):
        search.fit(PASSENGERS)
    with pytest.warns(UserWarning, match="non-finite"), pytest.warns(UserWarning, match=message):
        search.set_params(error_score=np.nan).fit(PASSENGERS)
    by_time = GroupTimeSeriesSplit(2, test_size=2, time="ds")
    with pytest.raises(ValueError, match=r"at least n_steps_out=3 of one series .*, got 2 in"):
        cross_val_score(
            long_forecaster(n_steps_out=3), long_frame(), cv=by_time, error_score="raise"
        )
    model, grid = make_lstm_pipeline(Ridge(), n_steps_in=3), {"window__n_steps_in": [3]}
    inside = GridSearchCV(model, grid, cv=folds, error_score="raise")  # rows of X have all steps
    assert np.isfinite(Forecaster(inside, n_steps_out=14).fit(PASSENGERS).search_.best_score_)


def test_a_score_of_rows_before_fitted_ones_is_warned_of():
    late = Forecaster(lags(), n_steps_out=2).fit(PASSENGERS[60:])
    with pytest.warns(UserWarning, match=r"end at 1953-12-01 .* learned from what came after"):
        late.score(PASSENGERS[:60])
    late.score(PASSENGERS[60:])  # those that it was fitted to
    late.score(PASSENGERS)
    table = long_frame()
    alone = long_forecaster().fit(table[table["unique_id"] != "c"])
    alone.score(table[table["unique_id"] != "c"])
    other = table[(table["unique_id"] == "c") & (table["ds"] < "2024-01-20")]
    with (
        pytest.warns(IncompleteWindowWarning),  # of its first rows
        pytest.warns(UserWarning, match=r"of 'c' end at 2024-01-19.*GroupTimeSeriesSplit\(time"),
    ):
        alone.score(other)
    # Folds of rows, of series below one another: others were trained on at the times of the test.
    with pytest.warns(UserWarning, match=r"of 'c' end at .*GroupTimeSeriesSplit\(time"):
        cross_val_score(long_forecaster(), table, cv=TimeSeriesSplit(2, test_size=10))


# --- dates in a column ---------------------------------------------------------------------------


def test_dates_in_a_column_are_as_dates_in_the_index():
    table = long_frame()
    early, late = table[table["ds"] < "2024-01-26"], table[table["ds"] >= "2024-01-24"]
    coming = pd.DataFrame(
        {
            "unique_id": list("abc") * 2,
            "ds": pd.to_datetime(["2024-01-31"] * 3 + ["2024-02-01"] * 3),
        }
    ).assign(price=1)
    keys = ["unique_id", "ds"]
    by_index = long_forecaster(time=None).fit(early.set_index(keys))
    expected = by_index.forecast(data=late.set_index(keys), future=coming.set_index(keys))
    for form in (lambda t: t, lambda t: t.set_index("unique_id"), lambda t: t.set_index(keys)):
        forecaster = long_forecaster().fit(form(early))
        forecast = forecaster.forecast(data=form(late), future=form(coming))
        pd.testing.assert_frame_equal(forecast, expected)
        assert forecaster.feature_names_in_.tolist() == by_index.feature_names_in_.tolist()
    assert list(forecast.reset_index()) == ["unique_id", "ds", "y"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            long_frame().assign(ds=lambda t: t["ds"].astype(str)),
            r"dates, .* got \w+, .*to_datetime",
        ),
        (long_frame().drop(columns="ds"), r"time='ds' must name the column .* got columns \["),
        (long_frame()["y"], "time='ds' must name the column .* got Series"),
        (long_frame()[["y"]].to_numpy(), "time='ds' must name the column .* got ndarray"),
    ],
)
def test_a_column_of_dates_that_is_none(table, message):
    with pytest.raises(ValueError, match=message):
        long_forecaster().fit(table)


# --- sample paths --------------------------------------------------------------------------------

WANDERING = pd.Series(
    np.random.default_rng(0).normal(size=600).cumsum(),
    pd.date_range("2022-01-01", periods=600),
    name="y",
)


def conformal_of(model):
    return ConformalRegressor(model, cv=TimeSeriesSplit(4, test_size=90))


def conformal(n_steps_in=5, **params):
    return conformal_of(make_lstm_pipeline(Ridge(), n_steps_in=n_steps_in, **params))


@pytest.fixture(scope="module")
def wandering():
    return Forecaster(conformal(), n_steps_out=8).fit(WANDERING)


def test_totals_of_paths_vary_as_those_of_errors_do(wandering):
    paths = wandering.forecast(n_samples=4000, random_state=0)["y"]
    errors = wandering.estimator_.residuals_.reshape(-1, 8)
    assert paths.sum().std() == pytest.approx(errors.sum(axis=1).std(), rel=0.05)
    # Steps drawn one by one would vary half as much: the errors of a random walk last.
    apart = np.random.default_rng(0).permuted(paths.to_numpy(), axis=1).sum(axis=0).std()
    assert apart < 0.6 * paths.sum().std()


def test_each_step_of_the_paths_has_the_quantiles_of_the_estimator(wandering):
    paths = wandering.forecast(n_samples=4000, random_state=0)["y"]
    X, _ = make_supervised(WANDERING.to_frame(), n_steps_out=8)
    rows = WANDERING.to_frame()[len(X) - 5 :]
    levels = (0.1, 0.5, 0.9)
    expected = wandering.estimator_.predict(rows, quantiles=levels)[-1]
    np.testing.assert_allclose(paths.quantile(levels, axis=1).T, expected, atol=0.3)


def test_paths_are_those_of_a_seed_and_of_the_steps_and_series_that_are_asked_for(wandering):
    paths = wandering.forecast(n_samples=7, random_state=3)
    assert paths.shape == (8, 7)
    assert paths.columns.tolist() == [("y", sample) for sample in range(7)]
    pd.testing.assert_frame_equal(wandering.forecast(n_samples=7, random_state=3), paths)
    assert not wandering.forecast(n_samples=7, random_state=4).equals(paths)
    pd.testing.assert_frame_equal(wandering.forecast(3, n_samples=7, random_state=3), paths[:3])
    assert paths.index.equals(wandering.forecast().index)


def test_paths_of_several_targets_and_series_within_bounds():
    parts = [
        pd.DataFrame({"a": scale * WANDERING, "b": -scale * WANDERING}).assign(shop=name)
        for scale, name in ((1, "x"), (10, "y"))
    ]
    table = pd.concat(parts).sort_index(kind="stable")
    model = GroupTransformedTargetRegressor(conformal(group="shop"), group="shop")
    model.set_params(regressor__cv=GroupTimeSeriesSplit(4, test_size=45))
    forecaster = Forecaster(model, n_steps_out=2, group="shop", lower={"a": -1e4, "b": -1e4})
    forecaster.fit(table)
    paths = forecaster.forecast(n_samples=50, random_state=0)
    assert paths.columns.names == ["target", "sample"]
    assert paths.index.equals(forecaster.forecast().index)
    spread = paths["a"].std(axis=1)
    assert (spread.loc["y"] > 5 * spread.loc["x"]).all()
    # What drove one target up drove the other down.
    assert np.corrcoef(paths["a"].iloc[0], paths["b"].iloc[0])[0, 1] < -0.9
    level = float(paths["a"].loc["x"].to_numpy().mean())
    forecaster.set_params(lower={"a": level})
    with pytest.warns(UserWarning, match="beyond lower and upper"):
        forecaster.fit(table)
    clipped = forecaster.forecast(n_samples=50, random_state=0)
    np.testing.assert_allclose(clipped["a"], np.maximum(paths["a"], level))
    np.testing.assert_allclose(clipped["b"], paths["b"])


def test_paths_of_a_network_of_quantiles():
    network = LSTMRegressor(
        4, epochs=15, loss="quantile", quantiles=(0.1, 0.5, 0.9), random_state=0
    )
    model = make_lstm_pipeline(network, n_steps_in=6)
    forecaster = Forecaster(model, n_steps_out=4).fit(WANDERING)
    paths = forecaster.forecast(n_samples=3000, random_state=0)["y"]
    interval = forecaster.forecast(interval=0.8)
    for end, level in (("y_lower", 0.1), ("y", 0.5), ("y_upper", 0.9)):
        width = (interval["y_upper"] - interval["y_lower"]).mean()
        assert np.abs(paths.quantile(level, axis=1) - interval[end]).max() < 0.1 * width
    assert np.corrcoef(paths.iloc[2], paths.iloc[3])[0, 1] > 0.5  # errors of a random walk last


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_samples": 0}, "n_samples must be an integer of at least 1, got 0"),
        ({"n_samples": 3, "steps": 9}, r"up to n_steps_out=8 steps.* got steps=9"),
        ({"n_samples": 3, "interval": 0.9}, "in place of intervals.* interval=0.9"),
    ],
)
def test_paths_that_cannot_be(wandering, params, message):
    with pytest.raises(ValueError, match=message):
        wandering.forecast(**params)


def test_paths_of_a_transformed_target_are_drawn_from_what_is_around_it():
    log = {"func": np.log, "inverse_func": np.exp}
    model = make_lstm_pipeline(Ridge(), n_steps_in=5)
    inside = Forecaster(TransformedTargetRegressor(conformal_of(model), **log), n_steps_out=2)
    around = Forecaster(conformal_of(TransformedTargetRegressor(model, **log)), n_steps_out=2)
    with pytest.raises(ValueError, match="wrap it as ConformalRegressor"):
        inside.fit(10 + WANDERING - WANDERING.min()).forecast(n_samples=3)
    paths = around.fit(10 + WANDERING - WANDERING.min()).forecast(n_samples=3, random_state=0)
    assert np.isfinite(paths).all(axis=None)


def test_paths_need_quantiles():
    forecaster = Forecaster(lags(), n_steps_out=2).fit(PASSENGERS)
    with pytest.raises(ValueError, match=r"knows quantiles: wrap it as ConformalRegressor"):
        forecaster.forecast(n_samples=3)


# --- what a second fit does not go on with -------------------------------------------------------


def test_a_warm_start_that_a_second_fit_cannot_make_is_named():
    network = LSTMRegressor(2, epochs=1, warm_start=True)
    forecaster = Forecaster(make_lstm_pipeline(network, n_steps_in=3))
    forecaster.fit(PASSENGERS[:100])  # the first one begins anew in any case
    with pytest.warns(
        UserWarning, match=r"lstm__warm_start=True .*no effect.*forecast\(data="
    ) as w:
        forecaster.fit(PASSENGERS[:110])
    assert w[0].filename == __file__
    forecaster.set_params(estimator__lstm__warm_start=False).fit(PASSENGERS[:100])


def test_a_warm_start_in_a_search_is_left_alone():
    model = make_lstm_pipeline(LSTMRegressor(2, epochs=1, warm_start=True), n_steps_in=3)
    search = GridSearchCV(model, {"window__n_steps_in": [3]}, cv=TimeSeriesSplit(2))
    forecaster = Forecaster(search).fit(PASSENGERS[:60])
    forecaster.fit(PASSENGERS[:60])
