"""
Is the network any good? A walk-forward evaluation
==================================================

Bike rentals are forecast a day ahead, every hour of four weeks, as it would have been done at the
time: fit to what is past, forecast, walk on. Beside the network walk a ridge regression and two
forecasts that need no learning. They tell what the network is worth, and what makes it better.
"""

# %%
# The series
# ----------
# Bikes rented per hour in Washington, D.C., in the summer of 2011. Two facts about the coming hours
# are known before they come: which hour of the day it is, and whether it is a working day. The hour
# becomes a sine and a cosine, so that 23 is next to 0.

import textwrap
import warnings
from pathlib import Path

import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit

from skforecast_lstm import (
    BacktestDisplay,
    CalendarFeatures,
    LSTMRegressor,
    NaiveRegressor,
    NoSkillWarning,
    SeasonalNaiveRegressor,
    backtest,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm.datasets import load_bike_rentals

HORIZON, WEEK = 24, 7 * 24

bikes = load_bike_rentals()[["rentals", "working_day"]]
table = CalendarFeatures(["hour"]).fit_transform(bikes)

# %%
# Who takes part
# --------------
# The seasonal naive forecast repeats the same hour of last week, and is hard to beat: it comes
# first, so that skill is measured against it. The naive forecast repeats the last hour. The network
# is trained for the absolute error, which is what it is scored by. Its settings, and the window of
# the ridge regression, were chosen on the weeks before the four that are scored here.


def make_model(regressor, n_steps_in, scaler="standard"):
    """Scale, cut windows, learn: the recommended pipeline."""
    return make_lstm_pipeline(regressor, n_steps_in=n_steps_in, n_steps_out=HORIZON, scaler=scaler)


lstm = LSTMRegressor(loss="mae", learning_rate=0.003, epochs=30, random_state=0)
baselines = {
    "seasonal naive": make_model(SeasonalNaiveRegressor(WEEK), n_steps_in=WEEK, scaler=None),
    "naive": make_model(NaiveRegressor(), n_steps_in=2, scaler=None),
    "ridge": make_model(Ridge(), n_steps_in=48),
}

# %%
# The walk
# --------
# Four folds of a week each; in every fold, each hour is the origin of a forecast of 24 hours.
# ``refit=2`` fits anew in every second fold. Scaler and window are steps of the pipeline, so they
# are fitted to training rows only, and training rows whose targets reach into the test week are
# left out.
#
# The network walks three times: it sees the rentals only, then also the working days, those of the
# coming 24 hours included (``known_future``), then also the hour of the day.

stages = {
    "rentals only": ["rentals"],
    "+ working days ahead": ["rentals", "working_day"],
    "+ hour of the day": list(table),
}
results = {}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always", NoSkillWarning)
    for name, columns in stages.items():
        known = "working_day" if "working_day" in columns else None
        X, y = make_supervised(
            table[columns], target="rentals", n_steps_out=HORIZON, known_future=known
        )
        results[name] = backtest(
            make_model(lstm, n_steps_in=24),
            X,
            y,
            cv=TimeSeriesSplit(4, test_size=WEEK),
            refit=2,
            baselines=baselines,
            season_length=WEEK,
        )

# %%
# What helps
# ----------
# Skill is ``1 - MAE / MAE of the first baseline``: 1 is perfect, 0 is as good as the baseline, and
# below 0 the baseline would have been the better choice. So it is with the network that sees only
# rentals, and ``backtest`` warns of it: in a window of one day nothing tells that tomorrow is
# Saturday. What helps is to tell the network what is known about the coming day.

for warning in caught:
    print(textwrap.fill(f"Warned: {warning.message}", 100), "\n")
print(f"{'The LSTM sees':22s} {'MAE':>5s} {'skill':>6s}")
for name, result in results.items():
    score = result.scores().loc["model"]
    print(f"{name:22s} {score['mae']:5.1f} {score['skill']:6.2f}")

# %%
# The result in full
# ------------------
# MASE is the error in units of the seasonal naive forecast's mean error in the training weeks.
# Mind what skill is measured against: beside the naive forecast every model looks brilliant.

print(f"\n{result}\n")
mae = result.scores()["mae"]
print(f"Skill against 'naive' would be {1 - mae['model'] / mae['naive']:.2f}, and says little.\n")

# %%
# A mean hides a lot. Only the first hours ahead are easier than the others, weeks differ more, and
# no model wins them all.

for part, shown in (("step", [1, 6, 12, 24]), ("fold", [0, 1, 2, 3])):
    by_part = result.scores(part).pivot_table("mae", index=part, columns="model", sort=False)
    print(by_part.loc[shown].round(1).to_string(), "\n")

# %%
# Nine days of it: whole forecasts of 24 hours, one after the other. No past hour knows of the
# earthquake of August 23, at 13:51, after which the rentals nearly trebled.

display = BacktestDisplay.from_predictions(result, n_rows=9 * 24)
display.ax_.set_title("Bike rentals, a day ahead, day after day", loc="left")
quake = pd.Timestamp("2011-08-23 14:00")
display.ax_.annotate(
    "earthquake",
    (quake, bikes.loc[quake, "rentals"]),
    xytext=(-8, -3),
    textcoords="offset points",
    ha="right",
)
forecast_picture = Path("backtest_forecasts.png").resolve()
display.figure_.savefig(forecast_picture, dpi=120)

# %%
# The error by step. The naive forecast leaves the picture: of the hour half a day later, the last
# one tells nothing.

display = BacktestDisplay.from_predictions(result, kind="error")
display.ax_.set(ylim=(0, 80), xlabel="hours ahead")
display.ax_.set_title("Bike rentals, the error of four weeks", loc="left")
error_picture = Path("backtest_errors.png").resolve()
display.figure_.savefig(error_picture, dpi=120)
print(f"Pictures: {forecast_picture}\n          {error_picture}")
