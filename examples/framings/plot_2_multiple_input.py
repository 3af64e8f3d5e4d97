"""
Multiple input: one series from several others
==============================================

You predict one column from several columns (multivariate input, one target).

**You will learn**

- how to choose the features and the target,
- what ``lead`` means, and why the tutorials' first answer is 65 while yours may be 85,
- how to predict from new rows in which the target is not known yet,
- how to let a network read the target's own past beside other columns.

**Time to run:** less than a minute.
"""

# %%
# The same row or the next one: 65 or 85
# --------------------------------------
# The table of the tutorials has two inputs and their sum, ``out``. From a row, which ``out`` do you
# want to predict?
#
# - ``lead=0``: that of the *same* row. You know ``in1`` and ``in2`` now, and ``out`` comes later,
#   from a laboratory for example. The tutorials do this.
# - ``lead=1``: that of the *next* row. It is a forecast, and the default here.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline

from skforecast_lstm import LSTMRegressor, WindowTransformer, make_lstm_pipeline, make_supervised
from skforecast_lstm.datasets import load_bike_rentals, make_toy_table

table = make_toy_table()
print(table.head(4))

inputs = ["in1", "in2"]
for lead in (0, 1):
    X, y = make_supervised(table, target="out", features=inputs, lead=lead)
    windows = np.asarray(WindowTransformer(n_steps_in=3).fit_transform(X, y))
    complete = ~np.isnan(windows).any(axis=(1, 2))
    print(f"\nlead={lead}: windows {windows.shape}, {complete.sum()} of them complete")
    print(f"the first of these {windows[complete][0].tolist()} -> {y[complete].iloc[0]}")

# %%
# Fit both, and add a new row: ``in1`` is 100 and ``in2`` is 105. There is no ``out`` in it, because
# ``predict`` needs no target. Give ``predict`` the whole table; the last prediction is that of the
# new row.

new = pd.DataFrame({"in1": [100], "in2": [105]}, index=[9])
longer = pd.concat([table[inputs], new])
tutorial = {
    "activation": "relu",
    "target_scaler": None,
    "learning_rate": 0.005,
    "epochs": 200,
    "random_state": 0,
}
for lead, right in ((0, 205), (1, 225)):
    X, y = make_supervised(table, target="out", features=inputs, lead=lead)
    model = make_pipeline(WindowTransformer(3, lead=lead), LSTMRegressor(50, **tutorial))
    print(f"lead={lead}: {model.fit(X, y).predict(longer)[-1]:.1f}, right is {right}")

# %%
# Multiple input, multi-step
# --------------------------
# With ``n_steps_out=2`` and ``lead=0`` you predict this row and the next one. From the rows up to
# (90, 95) the right answers are 185 and 205.

X, y = make_supervised(table, target="out", features=inputs, lead=0, n_steps_out=2)
window = WindowTransformer(3, n_steps_out=2, lead=0, purge=False)
model = make_pipeline(window, LSTMRegressor(50, **tutorial)).fit(X, y)
print(f"y {y.shape}, columns {list(y.columns)}")
print("After (70, 75), (80, 85), (90, 95):", model.predict(table[inputs])[-1].round(1))

# %%
# A real series: bike rentals and the weather
# -------------------------------------------
# Bikes rented per hour in Washington, D.C. What does the weather tell about them? The last four
# weeks are for scoring; the network is trained on the weeks before. The window is one day.
#
# ``lead=0`` estimates the hour whose weather you know. ``lead=1`` forecasts the next hour. With
# ``lead=1`` the target itself may be a feature: its value now is known. With ``lead=0`` this value
# is the answer, and :func:`~skforecast_lstm.make_supervised` refuses it. Then give the values of
# the hours before as a column of their own, with ``shift(1)``.

bikes = load_bike_rentals()
bikes["rentals before"] = bikes["rentals"].shift(1)
bikes = bikes.iloc[1:]
split = bikes.index[-4 * 7 * 24]

try:
    make_supervised(bikes, target="rentals", features=["rentals"], lead=0)
except ValueError as error:
    print(error)


def forecast(features, lead):
    """Train on the hours before the split, predict those from there on."""
    X, y = make_supervised(bikes, target="rentals", features=features, lead=lead)
    hours = X.index + pd.Timedelta(hours=lead)  # of the targets
    model = make_lstm_pipeline(
        LSTMRegressor(32, loss="mae", learning_rate=0.003, epochs=20, random_state=0),
        n_steps_in=24,
        lead=lead,
    )
    model.fit(X[hours < split], y[hours < split])
    test = hours >= split
    return pd.Series(model.predict(X[test]), index=hours[test])


weather = ["temperature", "humidity"]
forecasts = {
    "lead=0, weather": forecast(weather, lead=0),
    "lead=0, weather and past": forecast([*weather, "rentals before"], lead=0),
    "lead=1, past": forecast(["rentals"], lead=1),
    "lead=1, weather and past": forecast(["rentals", *weather], lead=1),
    "the hour before": bikes["rentals before"],
    "the same hour last week": bikes["rentals"].shift(7 * 24),
}
truth = bikes["rentals"][split:]
mae = {name: (values - truth).abs().mean() for name, values in forecasts.items()}
print("\nMean absolute error, bikes per hour")
print(pd.Series(mae).round(1).to_string())

# %%

shown = slice("2011-08-08", "2011-08-12")
figure, axis = plt.subplots(figsize=(9, 4), layout="constrained")
axis.plot(truth[shown], color="black", label="truth")
for name, style in (("lead=0, weather", ":"), ("lead=1, weather and past", "-")):
    axis.plot(forecasts[name][shown], ls=style, label=name)
axis.set(ylabel="bikes per hour", ylim=(0, 700))
axis.set_title("Five days of the four weeks that were scored")
axis.tick_params(axis="x", rotation=20)
_ = axis.legend(frameon=False, ncols=3, loc="upper left")

# %%
# What did not work
# -----------------
# - The weather alone is worse than repeating the same hour of last week. The same temperature
#   occurs at noon and in the evening, and no column tells the network the hour of the day.
# - The target's own past is worth more than the weather. Add the other columns to it, and measure
#   whether they help: here they do, a little.
# - The estimate of the same hour is not much better than the forecast of the next one. One more
#   hour of weather adds little.
#
# Hour and weekday of the coming hours are known in advance. The next step is to give them to the
# network: :ref:`sphx_glr_auto_examples_real_problems_plot_1_covariates.py`.
#
# See also: :doc:`/guide/windows` for rows and windows, :doc:`/guide/covariates` for columns whose
# coming values are known, :doc:`/guide/problems` for the other framings.
