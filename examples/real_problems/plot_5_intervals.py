"""
Prediction intervals and their coverage
=======================================

A 90 % prediction interval should contain nine of ten truths, and be as narrow as it can. You make
intervals in two ways, count how many truths they contain, and let them adapt to a series that
changes. (Readers often call them confidence intervals.)

**You will learn** how to

- train one network for several quantiles (``loss="quantile"``)
- put an interval around any model (:class:`~skforecast_lstm.ConformalRegressor`)
- score intervals by coverage, interval score and quantile loss
- update the intervals with each new truth

**Time to run:** less than a minute.
"""

# %%
# Load the series
# ---------------
# Bikes rented per hour in Washington, D.C., to be forecast 24 hours ahead. The working days are
# known in advance. The hour of the day becomes a sine and a cosine. The last four weeks are held
# out: nothing is fitted to them.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import TimeSeriesSplit, cross_validate

from skforecast_lstm import (
    CalendarFeatures,
    ConformalRegressor,
    ForecastDisplay,
    Forecaster,
    LSTMRegressor,
    NaiveRegressor,
    SeasonalNaiveRegressor,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm.datasets import load_bike_rentals, load_us_macro
from skforecast_lstm.metrics import (
    interval_coverage,
    interval_score,
    make_interval_scorer,
    make_quantile_scorer,
    mean_quantile_loss,
)

HORIZON, WEEK, COVERAGE = 24, 7 * 24, 0.9

bikes = load_bike_rentals()[["rentals", "working_day"]]
table = CalendarFeatures(["hour"]).fit_transform(bikes)
train = table.iloc[: -4 * WEEK]
framing = {"target": "rentals", "n_steps_out": HORIZON, "known_future": "working_day"}

# %%
# Build two kinds of intervals
# ----------------------------
# With ``loss="quantile"`` one network learns the bounds themselves, by
# :class:`~skforecast_lstm.layers.QuantileLoss`. They can be wide by day and narrow at night.
# ``ConformalRegressor`` works around any regressor. It collects the errors of weeks that the model
# was not fitted to, and puts the same width around every forecast. Here it is around a network, and
# around the seasonal naive forecast, which repeats last week. The settings of the networks were
# chosen on weeks before the last four.

network = {"learning_rate": 0.003, "epochs": 30, "random_state": 0}
quantiles = LSTMRegressor(loss="quantile", quantiles=(0.05, 0.5, 0.95), dropout=0.2, **network)
errors_of = {"cv": TimeSeriesSplit(3, test_size=WEEK), "coverage": COVERAGE}
models = {
    "quantile network": make_lstm_pipeline(quantiles, n_steps_in=24),
    "conformal network": ConformalRegressor(
        make_lstm_pipeline(LSTMRegressor(loss="mae", **network), n_steps_in=24), **errors_of
    ),
    "conformal naive": ConformalRegressor(
        make_lstm_pipeline(SeasonalNaiveRegressor(WEEK), n_steps_in=WEEK, scaler=None),
        **errors_of,
    ),
}
forecasters = {name: Forecaster(model, **framing).fit(train) for name, model in models.items()}

# %%
# Count the truths inside the intervals
# -------------------------------------
# Every hour of the four weeks is the origin of 24 intervals. Coverage is the share of truths inside
# them. The interval score is the mean width plus a penalty for each truth outside: lower is better.
# It also tells narrow intervals from wide ones.
#
# Windows need the rows before them. So the whole table is given, and only the results of the last
# four weeks are used. A pipeline of scikit-learn has no ``predict_interval``, but its last step
# has.

X, y = make_supervised(table, **framing)
is_test = X.index >= train.index[-1]
truth = y[is_test].to_numpy()
hours = (X.index[is_test].hour.to_numpy()[:, np.newaxis] + 1 + np.arange(HORIZON)) % 24
is_night = hours < 6


def predict_interval(model, X):
    """Lower and upper bounds of every row."""
    if isinstance(model, ConformalRegressor):
        return model.predict_interval(X)
    return model[-1].predict_interval(model[:-1].transform(X), coverage=COVERAGE)


def score(intervals, truth, parts):
    """Coverage over all and in parts, and the interval score, as text."""
    table = {}
    for name, (lower, upper) in intervals.items():
        held = {
            f"coverage {part}": interval_coverage(truth[rows], lower[rows], upper[rows])
            for part, rows in parts.items()
        }
        loss = interval_score(truth, lower, upper, coverage=COVERAGE)
        table[name] = {"coverage": interval_coverage(truth, lower, upper), **held, "score": loss}
    return pd.DataFrame(table).T.round(2).to_string()


intervals = {
    name: [bound[is_test] for bound in predict_interval(forecaster.estimator_, X)]
    for name, forecaster in forecasters.items()
}
print("X", X.shape, "y", y.shape, "bounds", intervals["quantile network"][0].shape)
print(score(intervals, truth, {"at night": is_night, "by day": ~is_night}))

# %%
# Over all hours, about as many truths as asked for are inside the intervals of the conformal
# network. But not in each part: at night, when few bikes are rented, its intervals are far too
# wide, and by day they are too narrow. Conformal intervals are right on average only. The quantile
# network tells the hours apart, and so it has the better score. Its coverage has no guarantee:
# measure it, as here.

figure, axes = plt.subplots(2, 1, figsize=(9, 6), sharey=True, layout="constrained")
for axis, name in zip(axes, ["quantile network", "conformal network"], strict=True):
    ForecastDisplay.from_estimator(
        forecasters[name],
        history=table,
        truth=table,
        data=table.iloc[:-HORIZON],
        future=table.iloc[-HORIZON:],
        interval=COVERAGE,
        ax=axis,
        n_history=48,
    )
    axis.get_legend().remove()
    axis.set_title(f"The last day, by the {name}", loc="left")
axes[0].legend(loc="upper left", ncols=4, frameon=False)
axes[0].set_ylim(top=760)

# %%
# Choose a model by its intervals
# -------------------------------
# A search or a cross-validation can choose by intervals, too. ``make_interval_scorer`` and
# ``make_quantile_scorer`` make the scorers for ``scoring=``. As scikit-learn maximises scores, they
# return minus the loss. ``mean_quantile_loss`` is the same loss as a function.

shorter = LSTMRegressor(loss="quantile", quantiles=(0.05, 0.5, 0.95), epochs=5, random_state=0)
X_train, y_train = make_supervised(train, **framing)
scores = cross_validate(
    make_lstm_pipeline(shorter, n_steps_in=24),
    X_train,
    y_train,
    cv=TimeSeriesSplit(2, test_size=2 * WEEK),
    scoring={
        "quantile loss": make_quantile_scorer([0.05, 0.5, 0.95]),
        "interval score": make_interval_scorer(COVERAGE),
    },
)
print("five epochs: ", *(f"{name[5:]} {-scores[name].mean():.1f}" for name in list(scores)[2:]))
bounds = np.stack(intervals["quantile network"], axis=-1)
print(f"loss of both bounds above: {mean_quantile_loss(truth, bounds, quantiles=[0.05, 0.95]):.1f}")

# %%
# Adapt the intervals when the series changes
# -------------------------------------------
# In October 1979 the Federal Reserve stopped holding short interest rates still. Errors made before
# say little about errors made after, so intervals made of them fail just when you need them. With
# ``adaptive=True``, you call ``update`` with each truth that arrives. After a truth outside, the
# intervals become wider; after a truth inside, a little narrower. An interest rate is hard to
# forecast better than by its last value, so the model here is the naive one.

rates = load_us_macro()[["tbilrate"]]
X, y = make_supervised(rates)
known = slice(None, "1976-10")
naive = make_lstm_pipeline(NaiveRegressor(), n_steps_in=1, scaler=None)
fixed = ConformalRegressor(naive, coverage=COVERAGE).fit(X[known], y[known])
adaptive = ConformalRegressor(naive, coverage=COVERAGE, adaptive=True, gamma=0.02)
adaptive.fit(X[known], y[known])  # gamma above its default, as there are few quarters to learn from

coming = X.index[len(X[known]) :]
steps = []
for quarter in coming:
    steps.append(adaptive.predict_interval(X.loc[[quarter]]))
    adaptive.update(X.loc[[quarter]], y.loc[[quarter]])  # a quarter later

intervals = {
    "fixed": fixed.predict_interval(X.loc[coming]),
    "adaptive": [np.concatenate(bounds) for bounds in zip(*steps, strict=True)],
}
dates = coming.shift(1)  # of the truths
is_wild = dates < "1987"
parts = {"to 1986": is_wild, "since 1987": ~is_wild}
print(f"\n{score(intervals, y.loc[coming].to_numpy(), parts)}")

# %%
# Over all years, both have about the coverage that was asked for. But the fixed intervals miss too
# many truths in the wild years, and are too wide in the calm years after. The adaptive intervals
# are closer to the asked coverage in both.

figure, axis = plt.subplots(figsize=(9, 4), layout="constrained")
axis.plot(rates["tbilrate"].loc["1970":], color="black", lw=1.2, label="truth")
axis.fill_between(
    dates, *intervals["adaptive"], color="tab:blue", alpha=0.25, lw=0, label="adaptive"
)
for bound, label in zip(intervals["fixed"], ["fixed", None], strict=True):
    axis.plot(dates, bound, color="tab:orange", lw=1, label=label)
axis.axvline(pd.Timestamp("1979-10-01"), color="0.7", lw=0.8, zorder=0)
axis.set_ylabel("3-month treasury bills (%)")
axis.set_title("Interest rates a quarter ahead, intervals of 90 %", loc="left")
axis.legend(frameon=False)

# %%
# What did not work
# -----------------
# - The intervals of the networks go below zero at night, although rentals cannot.
#   ``Forecaster(..., lower=0)`` cuts them off at zero.
# - Intervals of single steps do not add up to an interval of the total. For totals, draw sample
#   paths: ``forecast(n_samples=1000)``.
# - The adaptive intervals need some misses before they widen: just after the change they are too
#   narrow, too.
#
# See also: :doc:`/guide/intervals`, :doc:`/guide/backtesting` (``backtest(interval=0.9)``),
# :doc:`/guide/classification` (probabilities).
