"""
Covariates that are known in advance, and the calendar
======================================================

The bike rentals of tomorrow depend on facts that you know today: the hour, the weekday, a holiday,
the weather forecast. You give them to the network, and you measure what each of them is worth.

**You will learn** how to

- give covariates of the coming time steps to a forecast (``known_future``)
- add the hour and the weekday from the dates (:class:`~skforecast_lstm.CalendarFeatures`)
- measure with a backtest which covariates pay
- forecast with ``future=``, the table of the coming covariates

**Time to run:** about a minute.
"""

# %%
# Load the table
# --------------
# A row per hour. ``working_day`` and ``holiday`` are known for years ahead. The temperature is not:
# here we use the temperature that was measured later, as if the weather forecast were perfect. So
# the gain that it brings here is the largest that it can bring.

import matplotlib.pyplot as plt
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from skforecast_lstm import (
    CalendarFeatures,
    ForecastDisplay,
    Forecaster,
    LSTMRegressor,
    backtest,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm.datasets import load_bike_rentals

HORIZON = DAY = 24
WEEK = 7 * DAY
KNOWN = ["working_day", "holiday", "temperature"]

bikes = load_bike_rentals()
print(bikes.head(3))

# %%
# Frame it: shapes
# ----------------
# The window reads the history of ``features``, here the rentals alone. ``known_future`` gives each
# row the coming 24 values of every covariate as further columns. The names of the columns tell
# which step they belong to.

framing = {"target": "rentals", "features": "rentals", "n_steps_out": HORIZON}
X, y = make_supervised(bikes, known_future=KNOWN, **framing)
print("X", X.shape, "y", y.shape)
print("columns of X:", *X.columns[:4], "...", X.columns[-1])

# %%
# Build the model
# ---------------
# ``CalendarFeatures`` reads the dates, so it comes first: scalers drop the dates. It adds the hour
# and the weekday as a sine and a cosine each, so that hour 23 is next to hour 0.


def make_model(*fields):
    """A day of history in, a day of forecasts out; with fields of the calendar or without."""
    lstm = LSTMRegressor(64, learning_rate=0.003, batch_size=64, epochs=15, random_state=0)
    model = make_lstm_pipeline(lstm, n_steps_in=DAY, n_steps_out=HORIZON)
    return make_pipeline(CalendarFeatures(fields), model) if fields else model


# %%
# Measure what each covariate is worth
# ------------------------------------
# Four models, with the same folds and the same seed. Each is trained on all hours before the test
# rows, and tested on the following four weeks, twice.

CALENDAR = ["hour", "weekday"]
stages = {
    "history": ([], None),
    "history, covariates": ([], KNOWN),
    "history, calendar": (CALENDAR, None),
    "history, calendar, covariates": (CALENDAR, KNOWN),
}
results = {}
for name, (fields, known) in stages.items():
    X, y = make_supervised(bikes, known_future=known, **framing)
    results[name] = backtest(
        make_model(*fields),
        X,
        y,
        cv=TimeSeriesSplit(2, test_size=4 * WEEK),
        baselines=["seasonal_naive"],
        season_length=WEEK,
    )

maes = {name: result.scores()["mae"]["model"] for name, result in results.items()}
maes["the same hour of last week"] = results["history"].scores()["mae"]["seasonal_naive"]
print(f"{'rentals in each of the next 24 hours':37s} {'MAE':>5s}  against history alone")
for name, mae in maes.items():
    print(f"{name:37s} {mae:5.1f}  {mae / maes['history'] - 1:+.0%}")

# %%
# A day of history does not tell whether tomorrow is a Saturday. Without that, the network is worse
# than the same hour of last week, and the backtest warns you. The covariates tell it, and so does
# the calendar. Only with the calendar, which has the hour as well, is the network better than last
# week. Covariates and calendar have facts in common, so their gains do not add up.

# %%
# Forecast a holiday
# ------------------
# The 4th of July 2011 was a Monday. Three models are fitted to the rows up to the 3rd.
# ``forecast`` takes the coming covariates as ``future``: a table with the dates that follow.

eve = "2011-07-03 23:00"
past, future = bikes.loc[:eve], bikes.loc["2011-07-04"]
models = {
    "calendar": (CALENDAR, None),
    "calendar, covariates": (CALENDAR, KNOWN),
    "hour, working day": (["hour"], ["working_day", "temperature"]),
}
forecasts = {}
for name, (fields, known) in models.items():
    forecaster = Forecaster(make_model(*fields), known_future=known, **framing).fit(past)
    forecasts[name] = forecaster.forecast(future=None if known is None else future[known])
    mae = mean_absolute_error(future["rentals"], forecasts[name]["rentals"])
    print(f"4th of July, {name:21s} MAE {mae:5.1f}")
n_holidays = past["holiday"].resample("D").max().sum()
print(f"holidays in the {len(past) // DAY} days before: {n_holidays:.0f}")

# %%

figure, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4), width_ratios=[2, 3], layout="constrained"
)
colors = ["0.6", "tab:green", "tab:orange", "tab:blue"]
for (name, result), color in zip(results.items(), colors, strict=True):
    left.plot(result.scores("step")["mae"]["model"], color=color, label=name)
left.set(xlabel="hours ahead", ylabel="MAE of rentals", title="What each is worth", ylim=(0, None))
left.legend(loc="lower right", frameon=False)
best = "hour, working day"
ForecastDisplay.from_predictions(
    forecasts[best], past, bikes, ax=right, n_history=4 * DAY, label=best
)
right.plot(forecasts["calendar"], color="tab:orange", ls="--", label="calendar")
right.set(title="Thursday to Sunday, and a Monday that is a holiday", ylim=(None, 760))
right.legend(loc="upper left", frameon=False, ncols=4)

# %%
# What did not work
# -----------------
# - **More columns, no better forecast of the holiday.** All covariates beside the calendar did best
#   in the backtest, but not on this day. The weekday is a Monday, the covariate is a holiday, and
#   the training rows have too few holidays to learn which of them counts. The model that gets no
#   weekday has to go by ``working_day``. To it a holiday is like any Saturday or Sunday, and there
#   are many of those.
# - **The evening of the fireworks.** No model forecasts its peak. Add a column for such events if
#   you know them in advance, and if there were some in the past.
# - **A forecast without** ``future``. You get an error that names the columns. A covariate that you
#   do not know in advance belongs into ``features``, not into ``known_future``.

try:
    forecaster.forecast()
except ValueError as error:
    print("ValueError:", error)

# %%
# See also: :doc:`/guide/covariates`, :doc:`/guide/categories`, :doc:`/guide/importance`, and
# :ref:`sphx_glr_auto_examples_real_problems_plot_4_categories.py`.
