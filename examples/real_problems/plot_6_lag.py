"""
Why an LSTM forecast lags behind, and what fixes it
===================================================

The LSTM of the tutorials often draws a curve that runs one step behind the truth, or that cannot
rise above its training data. You see both happen, and add one remedy after the other.

**You will learn** how to

- test whether a forecast only repeats the last value
- make a network follow the level of a series (``window_norm``)
- add a linear part beside the network (``linear_skip``)
- see the layers that these parameters put around the network

**Time to run:** about half a minute.
"""

# %%
# Test for a lag of one step
# --------------------------
# Forecast the next month from the three before, as in the tutorials. The model is trained on the
# months up to July 1958 and tested on those after. How far is a forecast from the month that it is
# made for? And how far is it from the month before, the last one that it has seen?

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error

from skforecast_lstm import (
    LSTMRegressor,
    NaiveRegressor,
    SeasonalNaiveRegressor,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm.datasets import load_air_passengers
from skforecast_lstm.layers import LinearSkip, RestoreLevel, WindowNorm
from skforecast_lstm.metrics import (
    mean_absolute_scaled_error,
    root_mean_squared_scaled_error,
    symmetric_mean_absolute_percentage_error,
)

YEAR, START, N_SEEDS = 12, "1958-07", 3

passengers = load_air_passengers()
plain = LSTMRegressor(epochs=200, random_state=0)
recommended = make_lstm_pipeline(n_steps_in=24, season_length=YEAR)
models = {
    "plain LSTM, 3 months": make_lstm_pipeline(plain, n_steps_in=3),
    "plain LSTM, 24 months": make_lstm_pipeline(plain, n_steps_in=24),
    "make_lstm_pipeline(), 24 months": recommended.set_params(lstm__random_state=0),
}

X, y = make_supervised(passengers)
is_test = X.index >= START
print(f"{'mean distance of the forecast':31s}  from its month  from the month before")
for name, model in models.items():
    forecast = model.fit(X[~is_test], y[~is_test]).predict(X[is_test])
    own, before = (mean_absolute_error(months[is_test], forecast) for months in (y, X))
    print(f"{name:31s}  {own:14.1f}  {before:21.1f}")
print(f"{'the last value':31s}  {mean_absolute_error(y[is_test], X[is_test]):14.1f}  {0:21.1f}")

# %%
# The network with three months is nearer to the month before than to its own month, and it is no
# better than that last value would be. This is the curve that runs behind. Three months do not show
# the season. 24 months do, but the plain network makes nothing of them.

# %%
# Add one remedy after the other
# ------------------------------
# Now a harder task: 24 months in, the next 12 months out, from each of 18 months. Each model has
# one remedy more than the one before.
#
# - The plain network carries the level of the series through states between -1 and 1. Its weights
#   know the levels of the training months only, so it cannot go above them.
# - ``window_norm="standard"`` takes the mean and the deviation out of each window, and puts them
#   back into the forecast. The network sees shapes, and the shapes of 1960 are like those of 1950.
# - ``linear_skip="ridge"`` adds a linear part beside the network. It begins as a ridge regression,
#   and the network learns what the regression cannot.
# - ``make_lstm_pipeline()`` adds more: the mean of several ridge regressions and of three networks,
#   training by absolute error, and as many epochs as a trial on the latest training windows finds
#   useful. Its ``window_norm`` is "seasonal": it learns by how much the coming year departs from
#   the last.

X, y = make_supervised(passengers, n_steps_out=YEAR)
is_test = X.index >= START


def make_model(regressor=None, **params):
    """Two years in, one year out."""
    return make_lstm_pipeline(regressor, n_steps_in=24, n_steps_out=YEAR, **params)


def score(model):
    """The forecasts of the test part, and their MASE."""
    forecasts = model.fit(X[~is_test], y[~is_test]).predict(X)[is_test]
    past = passengers.loc[: X.index[~is_test][-1]]
    mase = mean_absolute_scaled_error(y[is_test], forecasts, y_train=past, season_length=YEAR)
    return forecasts, mase


norm = LSTMRegressor(epochs=200, window_norm="standard")
skip = LSTMRegressor(epochs=200, window_norm="standard", linear_skip="ridge")
ladder = {
    "plain LSTM": make_model(plain),
    '+ window_norm="standard"': make_model(norm),
    '+ linear_skip="ridge"': make_model(skip),
    "make_lstm_pipeline()": make_model(season_length=YEAR),
}
results = {
    name: [score(model.set_params(lstm__random_state=seed)) for seed in range(N_SEEDS)]
    for name, model in ladder.items()
}
# The first 23 windows are not complete, and the targets of the last 11 reach into the test rows.
n_samples = (~is_test).sum() - 23 - 11
print(f"X {X.shape}, y {y.shape}, windows to train on: {n_samples} of shape (24, 1)")
others = {
    "naive": make_model(NaiveRegressor(), scaler=None),
    "seasonal naive": make_model(SeasonalNaiveRegressor(YEAR), scaler=None),
    "ridge regression": make_model(Ridge()),
}

# %%
# Score and plot them
# -------------------
# MASE is the error in units of the seasonal naive forecast's mean error in the training months.
# Networks are trained with three seeds, because a single one says little. RMSSE and sMAPE are two
# other scores without units.

scores = pd.DataFrame(
    {name: [mase for _, mase in seeds] for name, seeds in results.items()},
    index=[f"seed {seed}" for seed in range(N_SEEDS)],
).T
scores["mean"] = scores.mean(axis=1)
for name, model in others.items():
    scores.loc[name, "mean"] = score(model)[1]
print(f"MASE of {is_test.sum()} forecasts of a year\n\n{scores.round(2).to_string(na_rep='')}\n")
past = passengers[: X.index[~is_test][-1]]
for name, seeds in results.items():
    forecasts = seeds[0][0]
    options = {"y_train": past, "season_length": YEAR}
    rmsse = root_mean_squared_scaled_error(y[is_test], forecasts, **options)
    smape = symmetric_mean_absolute_percentage_error(y[is_test], forecasts)
    print(f"{name:25s} seed 0: RMSSE {rmsse:.2f}, sMAPE {smape:.3f}")

# %%
# The plain network is worse than the value of one year before. With the norm alone, its error is
# much lower, and below that of the seasonal naive forecast. The recommended pipeline hardly depends
# on the seed any more. But it is only just better than a ridge regression: passengers are a regular
# series, and one of those that its defaults were chosen by. Other series: :doc:`/guide/accuracy`.

figure, axes = plt.subplots(2, 2, figsize=(9, 6), sharex=True, sharey=True, layout="constrained")
label = f"seasonal naive, MASE {scores.loc['seasonal naive', 'mean']:.2f}"
for axis, (name, seeds) in zip(axes.flat, results.items(), strict=True):
    forecasts, mase = seeds[0]
    axis.plot(passengers["1957":], color="0.8", lw=5, label="truth")
    for origin, forecast in zip(X.index[is_test], forecasts, strict=True):
        dates = pd.date_range(origin, periods=YEAR + 1, freq="MS")[1:]
        (line,) = axis.plot(dates, forecast, color="tab:blue", lw=0.9)
    line.set_label("forecasts of a year")
    a_year_before = passengers.shift(YEAR)[X.index[is_test][1] :]
    axis.plot(a_year_before, color="tab:orange", ls=":", lw=1.3, label=label)
    axis.set_title(name, loc="left")
    axis.set_title(f"MASE {mase:.2f}", loc="right", fontweight="bold")

plain_axis, highest = axes[0, 0], passengers[:START].max()
plain_axis.axhline(highest, color="0.3", lw=1, ls="--")
plain_axis.annotate(
    "highest in training",
    (passengers["1957":].index[0], highest),
    xytext=(0, 4),
    textcoords="offset points",
    color="0.3",
)
plain_axis.legend(loc="upper left", frameon=False)
years = range(1957, 1962)
plain_axis.set_xticks([pd.Timestamp(str(year)) for year in years], years)
figure.supylabel("passengers (thousands)")

# %%
# See the layers
# --------------
# ``model_`` is a ``keras.Model``, so you can see what the parameters have put around the LSTM.
# :class:`~skforecast_lstm.layers.WindowNorm` takes the level out of the window, and
# :class:`~skforecast_lstm.layers.RestoreLevel` puts it back.
# :class:`~skforecast_lstm.layers.LinearSkip` is the linear part. Where ``n_members`` asks for
# several networks, :class:`~skforecast_lstm.layers.MemberAverage` is their mean.

network = ladder['+ linear_skip="ridge"']["lstm"].model_
ours = (WindowNorm, RestoreLevel, LinearSkip)
for layer in network.layers:
    print(f"{type(layer).__name__:14s} {'from this package' if isinstance(layer, ours) else ''}")

# %%
# What did not work
# -----------------
# - **A longer window alone.** It is needed for the season, but the plain network does not use it.
# - **More epochs.** If a network cannot go above the levels that it knows, longer training does not
#   change that.
# - **A shifted picture as proof of skill.** A curve that looks close may be the truth, one step
#   late. Always print the error of the last value beside it.
#
# See also: :doc:`/guide/accuracy`, :doc:`/pitfalls`, :doc:`/guide/architectures`, and
# :ref:`sphx_glr_auto_examples_first_steps_plot_3_backtest.py`.
