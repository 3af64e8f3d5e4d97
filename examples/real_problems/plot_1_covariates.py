"""
What is known in advance, and many series at once
=================================================

Two tables. In the first, an hour's bike rentals depend on what is known before the hour comes: the
calendar, holidays, the weather forecast. We measure what each of them is worth. The second holds
several series, all of which teach one network, and one that the network has never seen.
"""

# %%
# Bikes: a table with covariates
# ------------------------------
# Every hour we forecast the rentals of the next 24. ``working_day`` and ``holiday`` stand in the
# calendar years ahead. The temperature does not: we take the one that was measured, as if the
# weather forecast were perfect, so what it brings here is the most that it can bring.

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.dummy import DummyRegressor
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from skforecast_lstm import (
    CalendarFeatures,
    ForecastDisplay,
    Forecaster,
    GroupTimeSeriesSplit,
    GroupTransformedTargetRegressor,
    LSTMRegressor,
    backtest,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm.datasets import load_bike_rentals, load_us_macro
from skforecast_lstm.metrics import interval_coverage

HOURS, DAY, WEEK = 24, 24, 7 * 24
KNOWN = ["working_day", "holiday", "temperature"]

bikes = load_bike_rentals()


def make_bike_model(*, calendar):
    """One day of history in, one day out; with a calendar, the hour and the weekday of each row."""
    lstm = LSTMRegressor(64, learning_rate=0.003, batch_size=64, epochs=15, random_state=0)
    model = make_lstm_pipeline(lstm, n_steps_in=DAY, n_steps_out=HOURS)
    return make_pipeline(CalendarFeatures(["hour", "weekday"]), model) if calendar else model


# %%
# What each is worth
# ------------------
# ``known_future`` gives each row the coming 24 values of every covariate, as further columns.
# ``CalendarFeatures`` reads the index, and is the first step of the pipeline, since scalers drop
# it. Four models, the same folds, the same seed: trained on what came before, tested on the
# following four weeks, three times.

results = {}
for name, calendar, known in [
    ("history", False, None),
    ("history, covariates", False, KNOWN),
    ("history, calendar", True, None),
    ("history, calendar, covariates", True, KNOWN),
]:
    X, y = make_supervised(
        bikes, target="rentals", features="rentals", known_future=known, n_steps_out=HOURS
    )
    results[name] = backtest(
        make_bike_model(calendar=calendar),
        X,
        y,
        cv=TimeSeriesSplit(3, test_size=4 * WEEK),
        baselines=["naive", "seasonal_naive"],
        season_length=WEEK,
    )

maes = {name: result.scores()["mae"]["model"] for name, result in results.items()}
maes["the same hour of last week"] = results["history"].scores()["mae"]["seasonal_naive"]
print(f"{'rentals in each of the next 24 hours':37s} {'MAE':>5s}  against history alone")
for name, mae in maes.items():
    print(f"{name:37s} {mae:5.1f}  {mae / maes['history'] - 1:+.0%}")

# %%
# A day of history does not tell whether tomorrow is a Saturday. Covariates and calendar tell it,
# each by itself, so their gains do not add up. What the covariates still bring beside the calendar
# are the rare days that no calendar of weekdays knows.

# %%
# Such a day
# ----------
# The 4th of July 2011 was a Monday. Both forecasts are made at the end of the 3rd, by models that
# have been fitted to the table until then. ``forecast`` takes the coming covariates as ``future``.

eve = "2011-07-03 23:00"
past, future = bikes.loc[:eve], bikes.loc["2011-07-04"]
forecasts = {}
for name, known in [("with covariates", KNOWN), ("without", None)]:
    forecaster = Forecaster(
        make_bike_model(calendar=True),
        target="rentals",
        features="rentals",
        known_future=known,
        n_steps_out=HOURS,
    ).fit(past)
    forecasts[name] = forecaster.forecast(future=None if known is None else future[known])
    mae = mean_absolute_error(future["rentals"], forecasts[name]["rentals"])
    print(f"4th of July, {name:16s} MAE {mae:5.1f}")

# %%

figure, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4), width_ratios=[2, 3], layout="constrained"
)
colors = ["0.6", "tab:green", "tab:orange", "tab:blue"]
for (name, result), color in zip(results.items(), colors, strict=True):
    left.plot(result.scores("step")["mae"]["model"], color=color, label=name)
left.set(xlabel="hours ahead", ylabel="MAE of rentals", title="What each is worth", ylim=(0, None))
left.legend(loc="lower right", frameon=False)
ForecastDisplay.from_predictions(
    forecasts["with covariates"], past, bikes, ax=right, n_history=4 * DAY, label="with covariates"
)
right.plot(forecasts["without"], color="tab:orange", ls="--", label="without")
right.set(title="Thursday to Sunday, and a Monday that is a holiday", ylim=(None, 720))
right.legend(loc="upper left", frameon=False, ncols=4)
pictures = [Path("bike_rentals.png").resolve()]
figure.savefig(pictures[0], dpi=120)

# %%
# Without the covariates the forecast has the two peaks of people on their way to work and back.
# With them it has the shape of a free day, though not the height of this one: of the fireworks in
# the evening no column knows.

# %%
# Many series in one table
# ------------------------
# Six series of the United States' economy, in percent of growth per quarter, in long form: a row
# per quarter and series. ``group`` tells them apart everywhere.

QUARTERS, SIX = 4, ["realgdp", "realcons", "realinv", "realgovt", "realdpi", "cpi"]

growth = 100 * np.log(load_us_macro()[SIX]).diff().dropna()
table = growth.melt(var_name="series", value_name="growth", ignore_index=False)
table = table.sort_index(kind="stable")
print(table.head(7))

# %%
# Investment moves six times as much as consumption. Given a ``group``, the pipeline scales every
# series by itself (``GroupScaler``) and cuts windows that never cross from one to another;
# ``GroupTransformedTargetRegressor`` around it does for the targets what the scaler does for the
# features. ``GroupTimeSeriesSplit`` counts quarters, not rows.


def make_network(**params):
    """Two years of history in, the quantiles of one year out."""
    lstm = LSTMRegressor(32, loss="quantile", epochs=30, random_state=0)
    return make_lstm_pipeline(lstm, n_steps_in=8, n_steps_out=QUARTERS, **params)


pooled = GroupTransformedTargetRegressor(make_network(group="series"), group="series")
baselines = {
    "last value": "naive",
    "mean of the past": GroupTransformedTargetRegressor(DummyRegressor(), group="series"),
}
X, y = make_supervised(table, target="growth", n_steps_out=QUARTERS, group="series")
result = backtest(pooled, X, y, cv=GroupTimeSeriesSplit(5, test_size=20), baselines=baselines)
errors = result.scores("group")["mase"]

alone = {}
for name in SIX:
    X_own, y_own = make_supervised(growth[name], n_steps_out=QUARTERS)
    folds = TimeSeriesSplit(5, test_size=20)
    own = backtest(make_network(), X_own, y_own, cv=folds, baselines=None)
    alone[name] = own.scores()["mase"]["model"]

comparison = pd.DataFrame(
    {
        "one for all": errors["model"],
        "one for each": alone,
        **{name: errors[name] for name in baselines},
    },
    index=SIX,
)
comparison.loc["mean"] = comparison.mean()
print("\nMASE of the growth of the next 4 quarters, 25 years of forecasts\n")
print(comparison.round(2))

# %%
# One network for all is as good as a network for each, from one fit instead of six. On average both
# are ahead of the baselines, by as much as growth can be foretold, which is not much.

# %%
# A series that was not there
# ---------------------------
# A series that has just arrived cannot have a network of its own, but the pooled one can forecast
# it. We put each series aside in turn, train on the others until 1989, and forecast the one that
# the network has never seen from every quarter since 1990. With two years of history, a person
# would take their mean.

rows = {}
for name in SIX:
    is_other = (X["series"] != name) & (X.index < "1990")
    pooled.fit(X[is_other], y[is_other])
    X_new, y_new = X[X["series"] == name], y[X["series"] == name]
    lower, upper = pooled.predict_interval(X_new, coverage=0.8)
    forecasts = {
        "not seen": pooled.predict(X_new),
        "last value": np.tile(X_new[["growth"]], QUARTERS),
        "two years' mean": np.tile(X_new[["growth"]].rolling(8).mean(), QUARTERS),
    }
    since = X_new.index >= "1990"
    rows[name] = {
        model: mean_absolute_error(y_new[since], forecast[since])
        for model, forecast in forecasts.items()
    }
    rows[name]["in 80 % interval"] = interval_coverage(y_new[since], lower[since], upper[since])

print("\nMAE of the growth of series that were not seen in training\n")
print(pd.DataFrame(rows).T.round(2))

# %%
# The forecasts hold up: better than the last value for every series, than the mean for most. The
# intervals do not: a series that ``fit`` has not seen gets the scale of all rows together, which is
# too wide for calm series and too narrow for investment. Once the series stands in the table that
# is fitted, it has its own.

# %%
# Every series, the future
# ------------------------
# ``Forecaster`` fits the whole table and forecasts every series in it, here the year after its last
# row.

forecaster = Forecaster(pooled, target="growth", n_steps_out=QUARTERS, group="series").fit(table)
display = ForecastDisplay.from_estimator(forecaster, table, interval=0.8, n_history=40)
pictures.append(Path("us_macro.png").resolve())
display.figure_.savefig(pictures[1], dpi=120)
print(display.forecast.round(2).loc[["realgdp", "realinv"]])
print("\nPictures:", *pictures, sep="\n")
