"""
Univariate forecasts, one step and several
==========================================

You have one series and want its next value, or its next twelve.

**You will learn**

- how a series becomes windows (look-back, ``n_steps_in``) and targets, and how to print both,
- how one network predicts several steps at once (multi-step, vector output),
- how to forecast past the end of the data, directly and recursively,
- how to compare the two with simple forecasts on months that training has not seen.

**Time to run:** less than a minute.
"""

# %%
# One step from three values
# --------------------------
# Take the column ``in1`` of the tutorials' table. :func:`~skforecast_lstm.make_supervised` makes
# one row for each forecast origin: ``X`` is the value known there, ``y`` is the next one.

import textwrap
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skforecast_lstm import (
    ForecastDisplay,
    Forecaster,
    IncompleteWindowWarning,
    LagsToWindows,
    LSTMRegressor,
    WindowTransformer,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm.datasets import load_air_passengers, make_toy_table

series = make_toy_table()["in1"]
print(series.tolist())

X, y = make_supervised(series)
print(f"X {X.shape}, y {y.shape}")
print(X.join(y).head(3))

# %%
# :class:`~skforecast_lstm.WindowTransformer` gives each row its window: the row itself and the two
# rows before it. The shape is (rows, time steps, features), which is what an LSTM reads. The first
# two rows have no full window, so the network leaves them out of training. Six samples remain.

window = WindowTransformer(n_steps_in=3)
windows = np.asarray(window.fit_transform(X, y))
print(f"windows {windows.shape}")
for steps, target in zip(windows[:, :, 0], y, strict=True):
    print(steps, "->", target)

# %%
# The window step and the network form one pipeline. The activation and the missing scaler are those
# of the tutorials; a larger learning rate needs fewer epochs. The pipeline remembers the last rows
# that it was fitted to. So you can ask for the row after them, 90, and it sees 70, 80, 90.

tutorial = {
    "activation": "relu",
    "target_scaler": None,
    "learning_rate": 0.005,
    "epochs": 200,
    "random_state": 0,
}
model = make_pipeline(WindowTransformer(n_steps_in=3), LSTMRegressor(50, **tutorial))
model.fit(X, y)
print("After 70, 80, 90:", model.predict(series.to_frame().tail(1)).round(1))

# %%
# A row with other numbers before it needs these as well. Without them the pipeline fills the window
# with the first value that it knows, and an :class:`~skforecast_lstm.IncompleteWindowWarning` says
# so. Give ``predict`` the whole window, and take the last prediction.

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always", IncompleteWindowWarning)
    model.predict(pd.DataFrame({"in1": [50]}, index=[30]))
print(textwrap.fill(str(caught[0].message), 100))

whole = pd.DataFrame({"in1": [30, 40, 50]}, index=[28, 29, 30])
with warnings.catch_warnings():
    warnings.simplefilter("ignore", IncompleteWindowWarning)  # the first two rows lack steps
    print("\nAfter 30, 40, 50:", model.predict(whole)[-1].round(1))

# %%
# Several steps at once
# ---------------------
# ``n_steps_out=2`` puts two values into each row of ``y``. The output layer gets two units, and the
# prediction has the shape of ``y``. Nothing else changes: ``units`` depends neither on the window
# nor on the horizon, and there is no ``RepeatVector``.
#
# The window step also leaves out the newest origin of the training rows, because its second target
# lies in the rows that follow. In a cross-validation these are the test rows. Here nothing follows,
# so ``purge=False`` gives this sample back: five samples instead of four.

X, y = make_supervised(series, n_steps_out=2)
print(X.join(y).head(3))

model = make_pipeline(WindowTransformer(n_steps_in=3, purge=False), LSTMRegressor(50, **tutorial))
model.fit(X, y)
print("Shape of a prediction:", model.predict(X).shape)
print("After 70, 80, 90:", model.predict(series.to_frame())[-1].round(1))

# %%
# The second number is too high. Both answers lie outside of the values in training, and six rows
# are few. ``window_norm="last"`` predicts the change from the last value of the window. A straight
# line is then easy, and the network needs no relu.

line = LSTMRegressor(50, window_norm="last", epochs=200, random_state=0)
model = make_pipeline(WindowTransformer(n_steps_in=3, purge=False), line).fit(X, y)
print("After 70, 80, 90:", model.predict(series.to_frame())[-1].round(1))

# %%
# Windows from a table of lags
# ----------------------------
# Perhaps you have a table with one column per lag already, from ``shift`` or another library. Then
# :class:`~skforecast_lstm.LagsToWindows` takes the place of the window step. It reads the lags from
# the names and puts the oldest first.

lags = pd.DataFrame({f"lag_{lag}": series.shift(lag) for lag in (1, 2, 3)}).dropna()
print(lags.head(2))
model = make_pipeline(LagsToWindows(), LSTMRegressor(50, **tutorial))
model.fit(lags, series[lags.index])
newest = pd.DataFrame({"lag_1": [90], "lag_2": [80], "lag_3": [70]})
print("After 70, 80, 90:", model.predict(newest).round(1))

# %%
# A real series: airline passengers
# ---------------------------------
# Now forecast monthly passengers a year ahead. The first ten years are for training, and no model
# sees the last two before it is scored. There are three models:
#
# - the LSTM of the tutorials, in a pipeline that you write yourself;
# - the recommended pipeline, which predicts twelve months at once (direct);
# - the recommended pipeline, which predicts one month, and again from its own forecast (recursive).
#
# A :class:`~skforecast_lstm.Forecaster` frames the table, fits the pipeline to every row, and dates
# its forecasts.

HORIZON = 12
passengers = load_air_passengers()
train, test = passengers[:-24], passengers[-24:]

plain = Pipeline(
    [
        ("scale", StandardScaler()),
        ("window", WindowTransformer(n_steps_in=24)),
        ("lstm", LSTMRegressor(50, random_state=0)),
    ]
).set_output(transform="pandas")  # so that the dates reach the window step
recommended = make_lstm_pipeline(n_steps_in=24, season_length=12)
recommended.set_params(lstm__random_state=0)

forecasters = {
    "plain LSTM, direct": Forecaster(plain, n_steps_out=HORIZON),
    "recommended, direct": Forecaster(recommended, n_steps_out=HORIZON),
    "recommended, recursive": Forecaster(recommended, n_steps_out=1),
}
for forecaster in forecasters.values():
    forecaster.fit(train)
forecast = forecasters["recommended, direct"].forecast()
print(forecast.head(3).round())

# %%
# ``forecast(HORIZON)`` goes past the end of the data. The direct forecaster answers with one
# prediction. The recursive one predicts a month, puts it at the end of the window, and predicts the
# next, twelve times.
#
# With ``data`` you forecast from a newer row without training again. So each forecaster predicts a
# year from each of thirteen months, and the test months score it. The seasonal naive forecast
# repeats the last twelve months.

origins = range(len(train), len(passengers) - HORIZON + 1)
errors = {}
for name, forecaster in forecasters.items():
    errors[name] = [
        forecaster.forecast(HORIZON, data=passengers[:n])["passengers"] - passengers
        for n in origins
    ]
repeated = passengers.shift(HORIZON)
errors["seasonal naive"] = [(repeated - passengers)[n : n + HORIZON] for n in origins]

by_step = pd.DataFrame(
    {
        name: np.abs([part.dropna().to_numpy() for part in parts]).mean(axis=0)
        for name, parts in errors.items()
    },
    index=pd.RangeIndex(1, HORIZON + 1, name="month ahead"),
)
print("Mean absolute error, thousands of passengers\n")
print(by_step.mean().round(1).to_string())
print()
print(by_step.loc[[1, 3, 6, 12]].T.round(1).to_string())

# %%
# The first of the thirteen years, with the two ways beside what happened:

figure, axis = plt.subplots(figsize=(9, 4), layout="constrained")
ForecastDisplay.from_estimator(
    forecasters["recommended, direct"], train, truth=test, n_history=48, label="direct", ax=axis
)
recursive = forecasters["recommended, recursive"].forecast(HORIZON)
axis.plot(recursive.index, recursive["passengers"], ls="--", label="recursive")
flat = forecasters["plain LSTM, direct"].forecast()
axis.plot(flat.index, flat["passengers"], ls=":", label="plain LSTM, direct")
_ = axis.legend(loc="upper left", frameon=False)

# %%
# What did not work
# -----------------
# - The plain LSTM predicts levels. Passengers grow, and it was never trained on the levels of the
#   test years. Its forecasts miss the peaks, and repeating last year is better.
# - The scaler does not help: it moves the training rows to zero, not the rows of later years. The
#   recommended pipeline predicts changes from the window itself, so it follows.
# - Recursive forecasts are sometimes a little better than direct ones, sometimes worse. Here the
#   recursive ones win, and the difference is small. Try both on your own series.
#
# See also: :doc:`/guide/windows` for rows, windows and shapes, :doc:`/guide/horizon` for direct and
# recursive forecasts, :doc:`/guide/accuracy` for why an LSTM lags, and
# :ref:`sphx_glr_auto_examples_first_steps_plot_1_forecast.py` for a first forecast.
