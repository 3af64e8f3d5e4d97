"""
Backtest a forecast beside baselines
====================================

A single test year says little. You make many forecasts, each from what was known at its time, and
compare them with forecasts that need no network. A plain LSTM loses here, and you see what helps.

**You will learn** how to

- backtest a model (walk-forward validation) with scikit-learn's ``TimeSeriesSplit``
- read skill and MASE, and the errors by step and by fold
- compare with naive forecasts, a ridge regression and the recommended pipeline
- react to a :class:`~skforecast_lstm.NoSkillWarning`

**Time to run:** less than a minute.
"""

# %%
# Load the series
# ---------------
# Bikes rented in Washington, D.C., in the summer of 2011, here in sums of three hours. The task is
# to forecast the next day, which is eight time steps. ``working_day`` is known in advance.

import textwrap
import warnings

from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit

from skforecast_lstm import (
    BacktestDisplay,
    DriftRegressor,
    LSTMRegressor,
    NaiveRegressor,
    NoSkillWarning,
    SeasonalNaiveRegressor,
    backtest,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm.datasets import load_bike_rentals

DAY, WEEK = 8, 7 * 8

hours = load_bike_rentals()
table = hours.resample("3h").agg({"rentals": "sum", "working_day": "first"})
X, y = make_supervised(table["rentals"], n_steps_out=DAY)
print(table.head(3), f"\n\ntable {table.shape}, X {X.shape}, y {y.shape}")

# %%
# Choose baselines
# ----------------
# A score means something only beside the score of a simple forecast. The seasonal naive forecast
# repeats the same three hours of last week. It is hard to beat on such data, so it comes first:
# skill is measured against the first baseline. The naive forecast repeats the last value, and the
# drift forecast continues the line through the window.
#
# A baseline may also be a model. ``make_lstm_pipeline`` makes the same windows for any regressor of
# scikit-learn.


def make_model(regressor=None, n_steps_in=WEEK, **params):
    """Scale, cut windows of a week, forecast a day."""
    return make_lstm_pipeline(regressor, n_steps_in=n_steps_in, n_steps_out=DAY, **params)


baselines = {
    "seasonal naive": make_model(SeasonalNaiveRegressor(WEEK), scaler=None),
    "naive": make_model(NaiveRegressor(), n_steps_in=1, scaler=None),
    "drift": make_model(DriftRegressor(), scaler=None),
    "ridge": make_model(Ridge()),
}

# %%
# Backtest a plain LSTM
# ---------------------
# Four folds of a week. In each fold the model is fitted to all rows before the week, and every row
# of the week is the origin of a forecast of a day. Scaler and windows are steps of the pipeline, so
# they are fitted to training rows only. By default the model is fitted anew in each fold.
# ``refit=False`` saves time on this page: the fit of the first fold makes all forecasts.
#
# The plain network reads one day. ``backtest`` warns you if a model does not beat its first
# baseline, and says what may help.

walk = {
    "cv": TimeSeriesSplit(4, test_size=WEEK),
    "refit": False,
    "baselines": baselines,
    "season_length": WEEK,
}
plain = make_model(LSTMRegressor(epochs=30, random_state=0), n_steps_in=DAY)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always", NoSkillWarning)
    results = {"plain LSTM, a day": backtest(plain, X, y, **walk)}
for warning in caught:
    print(textwrap.fill(f"{warning.category.__name__}: {warning.message}", 90))

# %%
# Try what may help
# -----------------
# First a longer window: a day of history does not tell whether tomorrow is a Saturday. Then what is
# known about the coming day, in the same window. Then the recommended pipeline with both, which
# learns by how much the coming day differs from the same day of last week.

X_known, y_known = make_supervised(table, "rentals", n_steps_out=DAY, known_future="working_day")
network = LSTMRegressor(epochs=30, random_state=0)
recommended = make_model(season_length=WEEK).set_params(lstm__random_state=0)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", NoSkillWarning)  # the table below shows the skill
    results["plain LSTM, a week"] = backtest(make_model(network), X, y, **walk)
    results["+ working days ahead"] = backtest(make_model(network), X_known, y_known, **walk)
    results["recommended pipeline"] = backtest(recommended, X_known, y_known, **walk)

# %%
# Read the scores
# ---------------
# Skill is ``1 - MAE / MAE of the first baseline``. 1 is perfect, 0 is as good as the baseline, and
# with a skill below 0 you are better off with the baseline. MASE is the error in units of the
# seasonal naive forecast's mean error in the training rows.

print(f"{'':26s}{'MAE':>6s}{'MASE':>6s}{'skill':>7s}")
for name, result in results.items():
    score = result.scores().loc["model"]
    print(f"{name:26s}{score['mae']:6.1f}{score['mase']:6.2f}{score['skill']:7.2f}")
last = results["recommended pipeline"]
for name, score in last.scores().drop("model").iterrows():
    print(f"{name:26s}{score['mae']:6.1f}{score['mase']:6.2f}{score['skill']:7.2f}")

# %%
# Look at steps and folds
# -----------------------
# A mean over all forecasts hides a lot. ``backtest`` returns a
# :class:`~skforecast_lstm.BacktestResult`. Its ``scores("step")`` gives the error of each step
# ahead, and ``scores("fold")`` that of each week. Printing the result shows all at once.

for part in ("step", "fold"):
    by_part = last.scores(part).pivot_table("mae", index=part, columns="model", sort=False)
    print(by_part.round(1).to_string(), "\n")

# %%
# Plot the forecasts
# ------------------
# Nine days of forecasts, a day each, one after the other. On August 23 there was an earthquake in
# the early afternoon. No past row knows of it.

display = BacktestDisplay.from_predictions(last, n_rows=9 * DAY)
display.ax_.set_title("Bikes rented in three hours, forecast a day ahead", loc="left")

# %%
# The error by step. The naive and the drift forecast have far larger errors and leave the picture.

display = BacktestDisplay.from_predictions(last, kind="error")
display.ax_.set(ylim=(0, 120), xlabel="steps of three hours ahead")
display.ax_.set_title("Mean absolute error in four weeks", loc="left")

# %%
# What did not work
# -----------------
# A longer window alone does not make the plain LSTM good. And the recommended pipeline is not much
# better or worse than the ridge regression, which gets the same windows: on such short and regular
# series a network adds little to a good linear model. Keep a ridge regression among your baselines.
#
# The plain LSTM with a window of a day has a negative skill, although it is much better than the
# naive forecast. If you compare with the naive forecast only, nearly every model looks good:

scores = results["plain LSTM, a day"].scores()["mae"]
print(f"skill against 'naive':          {1 - scores['model'] / scores['naive']:5.2f}")
print(f"skill against 'seasonal naive': {1 - scores['model'] / scores['seasonal naive']:5.2f}")

# %%
# See also: :doc:`/guide/backtesting`, :doc:`/guide/accuracy`, :doc:`/guide/covariates`,
# :doc:`/pitfalls`, and :ref:`sphx_glr_auto_examples_real_problems_plot_6_lag.py`.
