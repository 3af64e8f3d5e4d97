"""
Forecast and plot a time series
===============================

You load a series, fit the recommended LSTM pipeline, and forecast a year that it has not seen. Then
you compare the forecast with the truth, and forecast again from newer rows.

**You will learn** how to

- bring a CSV file into the right form: dates as the index, one row per time step
- fit a multi-step forecast with :class:`~skforecast_lstm.Forecaster`
- forecast with a prediction interval, and plot it
- see which windows (samples) the network gets, and their shapes
- forecast from newer rows, with and without a new fit

**Time to run:** less than half a minute.
"""

# %%
# Load the series
# ---------------
# The package comes with monthly airline passengers from 1949 to 1960. The index has the dates, and
# there is one row per month. For a CSV file of your own, write
# ``pd.read_csv("sales.csv", index_col="date", parse_dates=True).asfreq("MS")``.
#
# The last year is set aside. The model never sees it; it is there to check the forecast.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.metrics import mean_absolute_error

from skforecast_lstm import (
    ForecastDisplay,
    Forecaster,
    WindowTransformer,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm.datasets import load_air_passengers
from skforecast_lstm.metrics import interval_coverage

passengers = load_air_passengers()
past, truth = passengers[:"1959"], passengers["1960":]
print(past.tail(3))

# %%
# Fit the recommended pipeline
# ----------------------------
# ``n_steps_in`` is the window (look-back): how many time steps the network reads. Two seasons are a
# good start. ``n_steps_out`` is the horizon: how many steps are forecast at once.
# ``loss="quantile"`` makes the network learn an interval beside the forecast.
#
# You do not scale, difference or reshape anything by hand. The pipeline does it, and it brings the
# forecasts back into the units of the series.

model = make_lstm_pipeline(n_steps_in=24, season_length=12)
model.set_params(lstm__loss="quantile", lstm__random_state=0)
forecaster = Forecaster(model, n_steps_out=12).fit(past)

# %%
# Forecast the next year
# ----------------------
# The forecast is a table with the dates that follow the last row. ``interval=0.8`` adds the bounds
# of an 80 % prediction interval.

forecast = forecaster.forecast(interval=0.8)
print(forecast.round(1))

# %%
# Compare the forecast with the truth
# -----------------------------------
# An error means little by itself. Compare it with the seasonal naive forecast, which repeats the
# last year. The last line is the share of months whose truth lies in the interval.

last_year = passengers["1959"].set_axis(truth.index)
inside = interval_coverage(truth, forecast["passengers_lower"], forecast["passengers_upper"])
print(
    f"mean absolute error of the forecast: {mean_absolute_error(truth, forecast.passengers):5.1f}"
)
print(f"of the seasonal naive forecast:      {mean_absolute_error(truth, last_year):5.1f}")
print(f"truths inside the 80 % interval:     {inside:5.0%}")

# %%
# Twelve months of one series are a small test. :ref:`The page on backtesting
# <sphx_glr_auto_examples_first_steps_plot_3_backtest.py>` tests many forecasts, and so should you.

# %%
# Plot the forecast
# -----------------
# :class:`~skforecast_lstm.ForecastDisplay` draws the history, the forecast, its interval and the
# truth. ``ax_`` is a panel of matplotlib, so you can add lines of your own.

display = ForecastDisplay.from_estimator(
    forecaster, history=past, truth=truth, interval=0.8, n_history=48
)
display.ax_.plot(last_year, color="tab:orange", linestyle=":", label="seasonal naive")
display.ax_.set_title("Airline passengers in thousands, forecast a year ahead", loc="left")
for legend in display.figure_.legends:
    legend.remove()
display.ax_.legend(loc="upper left", frameon=False)
plt.show()

# %%
# See the windows and their shapes
# --------------------------------
# ``Forecaster`` frames the table for you. This is what it does inside:
# :func:`~skforecast_lstm.make_supervised` makes one row per forecast origin, with the next 12
# months as targets. :class:`~skforecast_lstm.WindowTransformer` gives each row its window, of shape
# (samples, time steps, features).

X, y = make_supervised(past, n_steps_out=12)
windows = WindowTransformer(n_steps_in=24, n_steps_out=12, purge=False).fit_transform(X)
print(f"rows of the series {past.shape}, X {X.shape}, y {y.shape}, windows {windows.shape}")
print("columns of y:", *y.columns[:2], "...", y.columns[-1])
print(
    "the first complete window ends in", X.index[23].date(), "and begins with", windows[23, :3, 0]
)

# %%
# There are fewer rows in ``X`` than in the series. The targets of the last 11 origins are not all
# known, and the last row of all has no target yet. The first 23 windows are not complete, because
# there is nothing before the first row. Training leaves them out.
#
# If you already have a table of lags, with columns such as ``lag_1`` and ``lag_2``, use
# :class:`~skforecast_lstm.LagsToWindows` in place of the window step.

# %%
# Forecast from newer rows
# ------------------------
# Now a year has passed, and its rows are there. ``data=`` forecasts from them without a new fit,
# which takes milliseconds. A new fit also learns from the new rows.

without_fit = forecaster.forecast(data=truth)
with_fit = forecaster.fit(passengers).forecast()
both = pd.concat({"same fit": without_fit, "new fit": with_fit}, axis=1).droplevel(1, axis=1)
print(both.round(1).head(3))

# %%
# What did not work
# -----------------
# The horizon is 12 steps, so ``interval=`` goes no further than 12 steps. Point forecasts do:
# beyond the horizon the model reads its own forecasts (a recursive multi-step forecast). Errors
# then add up. If you need 24 months, fit with ``n_steps_out=24``.

print(len(forecaster.forecast(24)), "months without an interval")
try:
    forecaster.forecast(24, interval=0.8)
except ValueError as error:
    print("ValueError:", error)

# %%
# See also: :doc:`/start` (the same with your own CSV), :doc:`/guide/windows`,
# :doc:`/guide/horizon`, :doc:`/guide/intervals`, and the next page,
# :ref:`sphx_glr_auto_examples_first_steps_plot_2_tune.py`.
