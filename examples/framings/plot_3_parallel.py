"""
Parallel series: several targets at once
========================================

Your table has several series, and you forecast all of them with one network (multivariate output).

**You will learn**

- how to predict every column of a table, one step ahead and several,
- which layouts ``y`` may have, 2-D or 3-D, and that ``predict`` returns the same one,
- how to predict some of the columns from all of them,
- how to find out whether one network for all series is better than one for each.

**Time to run:** less than a minute.
"""

# %%
# All columns, one step ahead
# ---------------------------
# Without a ``target``, :func:`~skforecast_lstm.make_supervised` predicts every column. The first
# window ends with (30, 35, 65), and its target is the next row, (40, 45, 85).

import warnings

import numpy as np
import pandas as pd
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from skforecast_lstm import (
    BacktestDisplay,
    BidirectionalLSTMRegressor,
    DriftRegressor,
    LSTMRegressor,
    NaiveRegressor,
    NoSkillWarning,
    StackedLSTMRegressor,
    WindowTransformer,
    backtest,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm.datasets import load_us_macro, make_toy_table

table = make_toy_table()
X, y = make_supervised(table)
windows = np.asarray(WindowTransformer(n_steps_in=3).fit_transform(X, y))
print(f"windows {windows.shape}, y {y.shape}")
print(windows[2], "->", y.iloc[2].tolist())

# %%
# Each architecture takes each framing. The output layer gets as many units as ``y`` has columns.
# You set neither ``return_sequences`` nor ``TimeDistributed``. After the last row of the table the
# right answer is (100, 105, 205).

tutorial = {
    "activation": "relu",
    "target_scaler": None,
    "learning_rate": 0.005,
    "epochs": 200,
    "random_state": 0,
}
for network in (
    LSTMRegressor(50, **tutorial),
    StackedLSTMRegressor((50, 50), **tutorial),
    BidirectionalLSTMRegressor(50, **tutorial),
):
    model = make_pipeline(WindowTransformer(n_steps_in=3), network).fit(X, y)
    print(f"{type(network).__name__:26s} {model.predict(table)[-1].round(1)}")

# %%
# All columns, several steps: two layouts of y
# --------------------------------------------
# With ``n_steps_out=2`` there are six numbers per row (parallel, multi-step).
# :func:`~skforecast_lstm.make_supervised` puts them into six columns, all targets of the first step
# first. Their names tell the network which columns are steps of the same series.

X, y = make_supervised(table, n_steps_out=2)
print(f"2-D: y {y.shape}, columns {list(y.columns)}")

y3 = y.to_numpy().reshape(len(y), 2, 3)
print(f"3-D: y {y3.shape}, the first sample\n{y3[0]}")

# %%
# ``predict`` returns the layout that you gave to ``fit``. The two networks are the same.

model = make_pipeline(WindowTransformer(n_steps_in=3, purge=False), LSTMRegressor(50, **tutorial))
flat = model.fit(X, y).predict(table)
print(f"2-D: {flat.shape}")
cube = model.fit(X, y3).predict(table)
print(f"3-D: {cube.shape}, the two rows after the table\n{cube[-1].round(1)}")
print("The same numbers:", np.allclose(flat, cube.reshape(flat.shape)))

# %%
# Some targets from all columns
# -----------------------------
# ``target`` and ``features`` are independent. Here two of the three columns are predicted, from all
# three. The targets come first among the features.

X, y = make_supervised(table, target=["in1", "out"])
print(f"features {list(X.columns)}, targets {list(y.columns)}")

# %%
# A real table: four series of the US economy
# -------------------------------------------
# Unemployment, interest rate, product and prices, each quarter from 1959 to 2009. They differ in
# units and size. Each target has a scale of its own, and predictions come back in its units, so you
# never call ``inverse_transform``.
#
# All are forecast four quarters ahead, in three folds of twelve quarters.
# :func:`~skforecast_lstm.backtest` trains on the quarters before a fold and scores the fold. It
# returns a :class:`~skforecast_lstm.BacktestResult`, which gives the scores by target or by step.
# You compare three models:
#
# - *together*: the recommended pipeline, one network for all four series;
# - *one by one*: the same pipeline, fitted to each series alone;
# - *plain*: the LSTM of the tutorials, one network for all four series.
#
# The baselines are the line through the first and the last value of five years (drift), and the
# last value (naive).

HORIZON = 4
macro = load_us_macro()[["unemp", "tbilrate", "realgdp", "cpi"]]


def make_model(regressor=None, n_steps_in=12, **params):
    """Windows of three years before any regressor; the series are seasonally adjusted."""
    return make_lstm_pipeline(regressor, n_steps_in=n_steps_in, n_steps_out=HORIZON, **params)


def evaluate(model, columns):
    """Forecast these columns in each fold, beside the baselines."""
    X, y = make_supervised(macro[columns], n_steps_out=HORIZON)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoSkillWarning)  # the table below shows it
        return backtest(
            model,
            X,
            y,
            cv=TimeSeriesSplit(3, test_size=12),
            baselines={
                "drift": make_model(DriftRegressor(), n_steps_in=20, scaler=None),
                "naive": make_model(NaiveRegressor(), scaler=None),
            },
        )


columns = list(macro)
recommended = make_model(season_length=1).set_params(lstm__random_state=0)
together = evaluate(recommended, columns)
one_by_one = [evaluate(recommended, [column]) for column in columns]
plain = evaluate(make_model(LSTMRegressor(50, random_state=0)), columns)

# %%
# The scores are MASE: the error in units of the mean change from one quarter to the next in the
# training rows. Units of the series do not matter in it, so you can compare the columns.

by_target = together.scores("target")["mase"]
mase = pd.DataFrame(
    {
        "together": by_target["model"],
        "one by one": pd.concat([part.scores("target")["mase"]["model"] for part in one_by_one]),
        "plain": plain.scores("target")["mase"]["model"],
        "drift": by_target["drift"],
        "naive": by_target["naive"],
    }
)
print(mase.T[columns].round(2).to_string())

# %%
# The forecasts of *together*, a year at a time. The last fold ends in the
# financial crisis.

display = BacktestDisplay.from_predictions(together)
display.figure_.set_size_inches(9, 9)

# %%
# What did not work
# -----------------
# - The plain LSTM on levels is far off where a series grows, as product and prices do. It was never
#   trained on levels as high as those of the test quarters.
# - One network for all series is no clear gain here. It is better for some of the series and worse
#   for others. These are about two hundred rows, and a network finds little in them that relates
#   the series. Measure both ways: one more column is not always one more help.
# - For prices, no network is better than the straight line.
#
# See also: :doc:`/guide/windows` for the layouts of ``y``, :doc:`/guide/units` for scaling,
# :doc:`/guide/many_series` for many series of the same kind (shops, sensors), in which one network
# does help, :doc:`/guide/problems` for the other framings.
