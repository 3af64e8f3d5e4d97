"""
Independent sequences: one-to-many, many-to-one, many-to-many
=============================================================

Your samples do not follow one another in time: each is a sequence of its own, such as a day, a
machine run or a patient.

**You will learn**

- how to give sequences to a regressor as one 3-D array, without a window step,
- which class to take for one-to-many, many-to-one and many-to-many,
- how to predict only the last part of a sequence,
- how an output may see a few time steps more (``delay``), and what that is worth,
- how to split sequences for a score.

**Time to run:** less than a minute.
"""

# %%
# One-to-many
# -----------
# ``X`` has the shape (samples, time steps, features). A row is a whole sequence, so there is no
# :class:`~skforecast_lstm.WindowTransformer`. Here a sequence is one number, and the target is the
# two numbers that follow it. :class:`~skforecast_lstm.OneToManyLSTMRegressor` repeats the input for
# each step of the output (``RepeatVector``) and reads the steps one by one (``TimeDistributed``).

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skforecast_lstm import LSTMRegressor, OneToManyLSTMRegressor, SequenceLSTMRegressor
from skforecast_lstm.datasets import load_bike_rentals

tutorial = {
    "activation": "relu",
    "target_scaler": None,
    "learning_rate": 0.005,
    "epochs": 200,
    "random_state": 0,
}

numbers = np.arange(1.0, 46.0, 3.0)
X, y = numbers.reshape(-1, 1, 1), np.column_stack([numbers + 1, numbers + 2])
print(f"X {X.shape}, y {y.shape}, the first sample {X[0].ravel()} -> {y[0]}")
model = OneToManyLSTMRegressor(50, batch_size=4, **tutorial).fit(X, y)
print("10 ->", model.predict([[[10.0]]]).round(1), "right is 11, 12")

# %%
# Many-to-one
# -----------
# A sequence of three numbers, and its sum. One feature per time step may be left out of the shape:
# a 2-D ``X`` is (samples, time steps).

X = np.arange(1.0, 46.0).reshape(15, 3)
y = X.sum(axis=1)
print(f"X {X.shape}, y {y.shape}, the first sample {X[0]} -> {y[0]}")
model = LSTMRegressor(50, **tutorial).fit(X, y)
print("50, 51, 52 ->", model.predict([[50.0, 51.0, 52.0]]).round(1), "right is 153")

# %%
# Many-to-many, as many outputs as inputs
# ---------------------------------------
# Three multiples of five, and the next three. :class:`~skforecast_lstm.SequenceLSTMRegressor` has
# one output for each time step (``return_sequences=True``, then ``TimeDistributed(Dense)``).

X = np.arange(5.0, 301.0, 5.0).reshape(20, 3)
y = X + 15
print(f"X {X.shape}, y {y.shape}, the first sample {X[0]} -> {y[0]}")
asked = [[300.0, 305.0, 310.0]]
model = SequenceLSTMRegressor(50, **tutorial).fit(X, y)
print("300, 305, 310 ->", model.predict(asked).round(1), "right is 315, 320, 325")

# %%
# The last part of a sequence
# ---------------------------
# Where ``y`` has fewer steps than ``X``, the network keeps its last outputs. You set no parameter
# for that. Here ``y`` has the last two steps.

model = SequenceLSTMRegressor(50, **tutorial).fit(X, y[:, -2:])
print("The output of the network:", model.model_.output_shape)
print("300, 305, 310 ->", model.predict(asked).round(1), "right is 320, 325")

# %%
# A ``y`` with more steps than ``X`` needs a network that reads on. The error says so:

try:
    SequenceLSTMRegressor(50, **tutorial).fit(X, np.hstack([y, y + 15]))
except ValueError as error:
    print(error)

# %%
# A delay: outputs that see the next steps
# ----------------------------------------
# The output of a time step has seen the sequence up to this step, and nothing after it. Sometimes
# it needs the next steps as well. Here each target is the sum of a number and the next one, which
# no network can know at that step. ``delay=1`` lets every output wait for one time step more. You
# score on sequences that were not trained on.

rng = np.random.default_rng(0)
X = rng.normal(size=(300, 10))
y = X + np.append(X[:, 1:], np.zeros((300, 1)), axis=1)
for delay in (0, 1):
    model = SequenceLSTMRegressor(
        32, delay=delay, learning_rate=0.005, epochs=60, random_state=0
    ).fit(X[:200], y[:200])
    error = np.abs(model.predict(X[200:]) - y[200:]).mean()
    print(f"delay={delay}: mean absolute error {error:.2f}")

# %%
# Real sequences: days of bike rentals
# ------------------------------------
# Each day is a sequence of 24 hours. The features of an hour are the weather, whether it is a
# working day, and the hour on the clock, as sine and cosine. The days after the first 109 are for
# scoring.
#
# Days are independent only in part: warm days come in a row. So the test days are the last ones,
# not days drawn at random.

bikes = load_bike_rentals()
angle = 2 * np.pi * bikes.index.hour / 24
hours = bikes[["temperature", "humidity", "working_day"]].assign(
    sine=np.sin(angle), cosine=np.cos(angle)
)
n_days, n_train = len(bikes) // 24, 109
X = hours.to_numpy().reshape(n_days, 24, -1)
y = bikes["rentals"].to_numpy().reshape(n_days, 24)
train, test = slice(n_train), slice(n_train, None)
print(f"X {X.shape}, y {y.shape}, {n_days - n_train} days to score on")

# %%
# There are four questions, one for each kind:
#
# - many-to-many: the rentals of each hour, from the weather up to this hour;
# - with a delay: the same, from the weather of four hours more;
# - one-to-many: the rentals of each hour, from three facts about the day;
# - many-to-one: the rentals of the whole day, from its hours.
#
# Beside them are the mean of working days and that of other days, which know no weather, and a
# ridge regression that reads all 24 hours at once.

settings = {
    "feature_scaler": "standard",
    "epochs": 100,
    "batch_size": 8,
    "learning_rate": 0.005,
    "learning_rate_schedule": "cosine",
    "random_state": 0,
}
is_working = X[:, 0, 2].astype(int)
facts = np.column_stack([X[..., 0].max(axis=1), X[..., 1].mean(axis=1), is_working])
facts = facts.reshape(n_days, 1, 3)  # one time step per day
flat = X.reshape(n_days, -1)
totals = y.sum(axis=1)

means = np.array([y[train][is_working[train] == kind].mean(axis=0) for kind in (0, 1)])
ridge = make_pipeline(StandardScaler(), Ridge(30)).fit(flat[train], y[train])
by_hour = {
    "many-to-many": SequenceLSTMRegressor(32, **settings).fit(X[train], y[train]).predict(X[test]),
    "many-to-many, delay=4": SequenceLSTMRegressor(32, delay=4, **settings)
    .fit(X[train], y[train])
    .predict(X[test]),
    "one-to-many": OneToManyLSTMRegressor(32, **settings)
    .fit(facts[train], y[train])
    .predict(facts[test]),
    "mean of such days": means[is_working[test]],
    "ridge on all hours": ridge.predict(flat[test]),
}
print("Mean absolute error, bikes per hour")
mae = {name: np.abs(values - y[test]).mean() for name, values in by_hour.items()}
print(pd.Series(mae).round(1).to_string())

total = LSTMRegressor(32, **settings).fit(X[train], totals[train]).predict(X[test])
by_day = {
    "many-to-one": total,
    "mean of such days": by_hour["mean of such days"].sum(axis=1),
    "sum of many-to-many": by_hour["many-to-many"].sum(axis=1),
    "sum of ridge on all hours": by_hour["ridge on all hours"].sum(axis=1),
}
print("\nMean absolute error, bikes per day")
mae = {name: np.abs(values - totals[test]).mean() for name, values in by_day.items()}
print(pd.Series(mae).round(0).to_string())

# %%

figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
for axis, kind, title in zip(axes, (1, 0), ("a working day", "a day off"), strict=True):
    day = np.flatnonzero(is_working[test] == kind)[0]
    axis.plot(y[test][day], color="black", label="truth")
    for name in ("many-to-many", "one-to-many", "mean of such days"):
        axis.plot(by_hour[name][day], label=name)
    axis.set(title=f"The first test day that is {title}", xlabel="hour of the day")
axes[0].set_ylabel("bikes per hour")
_ = axes[1].legend(frameon=False, loc="upper left")

# %%
# The evening alone
# -----------------
# The last part of a sequence is enough where you need no more. ``y`` has the hours from 18 on:

evening = SequenceLSTMRegressor(32, **settings).fit(X[train], y[train, 18:]).predict(X[test])
for name, values in {
    "the last six outputs": evening,
    "many-to-many, cut": by_hour["many-to-many"][:, 18:],
    "mean of such days": by_hour["mean of such days"][:, 18:],
}.items():
    print(f"{name:22s} {np.abs(values - y[test][:, 18:]).mean():.1f}")

# %%
# What did not work
# -----------------
# - A network for the evening alone is worse than the evening of the network for all hours. Fewer
#   outputs give it less to learn from.
# - The same is true of the day: the sum of the hourly predictions is better than a network that is
#   trained on the 109 totals.
# - The delay helps where the target depends on later time steps, as in the sums above. The rentals
#   of an hour depend little on the weather after it, and the delay does not help there.
# - One-to-many is hardly better than a mean. Three facts about a day are not much to read. With so
#   few sequences, compare each network with a linear model.
#
# See also: :doc:`/guide/problems` for which problem you have, :doc:`/guide/architectures` for the
# networks, :doc:`/guide/missing` for sequences of varying length,
# :ref:`sphx_glr_auto_examples_framings_plot_9_classify_sequences.py` for labels instead of numbers.
