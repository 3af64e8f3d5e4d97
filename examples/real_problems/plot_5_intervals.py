"""
How sure is the forecast? Intervals, and what they hold
=======================================================

An interval of 90 % is a promise that can be counted: of ten truths it should hold nine, no fewer,
and be as narrow as it can. Two ways to intervals are held against four weeks that nothing was
fitted to: a network that predicts quantiles, and conformal prediction around any regressor. Then a
series changes, and adaptive intervals follow.
"""

# %%
# The series
# ----------
# Bikes rented per hour in Washington, D.C., to be forecast 24 hours ahead. The working days are
# known in advance, the hour of the day is a sine and a cosine. The last four weeks are held out.

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import TimeSeriesSplit

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
from skforecast_lstm.metrics import interval_coverage, interval_score

HORIZON, WEEK, COVERAGE = 24, 7 * 24, 0.9

bikes = load_bike_rentals()[["rentals", "working_day"]]
table = CalendarFeatures(["hour"]).fit_transform(bikes)
train = table.iloc[: -4 * WEEK]
framing = {"target": "rentals", "n_steps_out": HORIZON, "known_future": "working_day"}

# %%
# Two ways to intervals, and one to beat
# --------------------------------------
# With ``loss="quantile"`` one network learns the bounds themselves, so that they may be wide by day
# and narrow at night. ``ConformalRegressor`` looks at the errors that a model made in weeks it was
# not fitted to, and puts the same width around every forecast; it works around any regressor, here
# around a network and around the seasonal naive forecast, which repeats last week. The settings of
# the networks were chosen on weeks before the last four.

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
# What the intervals hold
# -----------------------
# Every hour of the four weeks is the origin of 24 intervals. Coverage is the share of truths that
# they hold. The interval score is the mean width plus a penalty for each miss: the lower, the
# better. It tells good intervals from wide ones.
#
# Windows need the rows before them, so the whole table is given, and of what comes out the last
# four weeks are looked at. scikit-learn's pipeline has no ``predict_interval``, but its last step
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
print(score(intervals, truth, {"at night": is_night, "by day": ~is_night}))

# %%
# The conformal network holds about what it promises over all hours, but not in each: at night, when
# few bikes are rented, its intervals are far too wide, and by day too narrow. Conformal prediction
# promises the mean. The quantile network tells the hours apart, and has the better score for it.
# Nothing promises its coverage, though: it has to be measured, as here. That rentals cannot be
# negative, neither of them knows.

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
day = Path("intervals_of_a_day.png").resolve()
figure.savefig(day, dpi=120)

# %%
# When the series changes
# -----------------------
# In October 1979 the Federal Reserve let short interest rates go where they would. Errors made
# before tell little about those after, and intervals made of them fail just when they are needed.
# With ``adaptive=True``, ``update`` takes each truth as it arrives: after a miss the intervals
# become wider, after a hit a little narrower. It is hard to forecast an interest rate better than
# by its last value, so the model is the naive one; only the intervals have to be learned.

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
# The fixed intervals hold about 90 % in the end, and yet miss when it matters and are too wide
# later. The adaptive ones come near to 90 % in both times.

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
change = Path("intervals_of_a_change.png").resolve()
figure.savefig(change, dpi=120)
print(f"\nPictures: {day}\n          {change}")
