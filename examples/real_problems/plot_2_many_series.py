"""
Many series in one table, and a series that is new
==================================================

Six series of an economy teach one network together (a panel, or global model). You compare it with
one network for each series, and forecast a series that the network has never seen.

**You will learn** how to

- put several series into one long table, and name the column that tells them apart (``group``)
- scale each series by itself, features and targets
- split by time, not by rows (:class:`~skforecast_lstm.GroupTimeSeriesSplit`)
- forecast all series, and one that was not in training

**Time to run:** less than a minute.
"""

# %%
# Make a long table
# -----------------
# Six quarterly series of the United States, as growth in percent per quarter. In long form there is
# a row per quarter and series, and a column that names the series. For countries, shops or sensors
# the table looks the same.

import warnings

import numpy as np
import pandas as pd
from sklearn.dummy import DummyRegressor
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import TimeSeriesSplit

from skforecast_lstm import (
    ForecastDisplay,
    Forecaster,
    GroupScaler,
    GroupTimeSeriesSplit,
    GroupTransformedTargetRegressor,
    IncompleteWindowWarning,
    LSTMRegressor,
    WindowTransformer,
    backtest,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm.datasets import load_us_macro
from skforecast_lstm.metrics import interval_coverage

QUARTERS = 4
SERIES = ["realgdp", "realcons", "realinv", "realgovt", "realdpi", "cpi"]

growth = 100 * np.log(load_us_macro()[SERIES]).diff().dropna()
table = growth.melt(var_name="series", value_name="growth", ignore_index=False)
table = table.sort_index(kind="stable")
print(table.head(7))

# %%
# Frame it: shapes
# ----------------
# With ``group`` no target and no window crosses from one series into another. The first seven
# windows of *each* series are not complete, because nothing comes before its first row.

X, y = make_supervised(table, target="growth", n_steps_out=QUARTERS, group="series")
windows = WindowTransformer(8, n_steps_out=QUARTERS, group="series", purge=False)
windows = np.asarray(windows.fit_transform(X))
print("table", table.shape, "X", X.shape, "y", y.shape, "windows", windows.shape)
print("complete windows:", (~np.isnan(windows).any(axis=(1, 2))).sum())

# %%
# Bring all series to one scale
# -----------------------------
# Investment changes several times as much as consumption. One network can learn from both if each
# series is scaled by itself. ``make_lstm_pipeline(group=...)`` scales the features so, with
# :class:`~skforecast_lstm.GroupScaler`. ``GroupTransformedTargetRegressor`` around the pipeline
# does the same for the targets, and brings the forecasts back into each series' own units.

scaled = GroupScaler(group="series").fit_transform(table)
spread = {"growth": table.groupby("series")["growth"].std()}
spread["scaled"] = scaled.groupby("series")["growth"].std()
print(pd.DataFrame(spread).loc[SERIES].round(2))


def make_network(**params):
    """Two years of history in, the quantiles of one year out."""
    lstm = LSTMRegressor(32, loss="quantile", epochs=30, random_state=0)
    return make_lstm_pipeline(lstm, n_steps_in=8, n_steps_out=QUARTERS, **params)


pooled = GroupTransformedTargetRegressor(make_network(group="series"), group="series")

# %%
# Compare one network for all with one for each
# ---------------------------------------------
# ``GroupTimeSeriesSplit`` counts quarters, not rows: all series of a quarter are in the same part.
# A split by rows would cut a quarter in two.

folds = {"n_splits": 5, "test_size": 20}
baselines = {
    "last value": "naive",
    "mean of the past": GroupTransformedTargetRegressor(DummyRegressor(), group="series"),
}
result = backtest(pooled, X, y, cv=GroupTimeSeriesSplit(**folds), baselines=baselines)
errors = result.scores("group")["mase"]

alone = {}
for name in SERIES:
    X_own, y_own = make_supervised(growth[name], n_steps_out=QUARTERS)
    own = backtest(make_network(), X_own, y_own, cv=TimeSeriesSplit(**folds), baselines=None)
    alone[name] = own.scores()["mase"]["model"]

comparison = pd.DataFrame(
    {
        "one for all": errors["model"],
        "one for each": alone,
        **{name: errors[name] for name in baselines},
    },
    index=SERIES,
)
comparison.loc["mean"] = comparison.mean()
print("MASE of the growth of the next 4 quarters, 25 years of forecasts\n")
print(comparison.round(2))

# %%
# One network for all is about as good as one for each, and it needs one fit instead of six. On
# average both are better than the baselines, but not by much: growth is hard to forecast.

# %%
# Forecast a series that was not in training
# ------------------------------------------
# A series that has just begun cannot have a network of its own. The pooled network can forecast it.
# Here you leave out each series in turn, train on the other five until 1989, and forecast the one
# that is left out from every quarter since 1990.

rows = {}
for name in SERIES:
    is_other = (X["series"] != name) & (X.index < "1990")
    pooled.fit(X[is_other], y[is_other])
    X_new, y_new = X[X["series"] == name], y[X["series"] == name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IncompleteWindowWarning)
        lower, upper = pooled.predict_interval(X_new, coverage=0.8)
        predicted = pooled.predict(X_new)
    forecasts = {
        "not seen": predicted,
        "last value": np.tile(X_new[["growth"]], QUARTERS),
        "two years' mean": np.tile(X_new[["growth"]].rolling(8).mean(), QUARTERS),
    }
    since = X_new.index >= "1990"
    rows[name] = {
        model: mean_absolute_error(y_new[since], forecast[since])
        for model, forecast in forecasts.items()
    }
    rows[name]["in 80 % interval"] = interval_coverage(y_new[since], lower[since], upper[since])

print("MAE of the growth of series that were not in training\n")
print(pd.DataFrame(rows).T.round(2))

# %%
# What did not work
# -----------------
# The forecasts of new series are better than the last value for every series, and better than the
# mean for most. Their intervals are not good. A series that ``fit`` has not seen gets the scale of
# all rows together. That is too wide for calm series and too narrow for investment. As soon as the
# series is in the table that you fit, it has a scale of its own.

# %%
# Forecast and plot every series
# ------------------------------
# ``Forecaster`` fits the whole table, and forecasts every series from its own last row.

forecaster = Forecaster(pooled, target="growth", n_steps_out=QUARTERS, group="series").fit(table)
display = ForecastDisplay.from_estimator(forecaster, table, interval=0.8, n_history=40)
print(display.forecast.round(2).loc[["realgdp", "realinv"]])

# %%
# See also: :doc:`/guide/many_series` (wide or long, IDs, balanced weights), :doc:`/guide/units`,
# :doc:`/guide/backtesting`, :doc:`/guide/intervals`.
