"""
CNN-LSTM and ConvLSTM: windows in subsequences
==============================================

A CNN-LSTM and a ConvLSTM cut the window into subsequences, days of a week for example.

**You will learn**

- that you set one number, ``n_seq``, and reshape nothing,
- which windows can be cut, and which errors come otherwise,
- what ``kernel_size`` and ``pool_size`` need,
- how to search ``n_seq`` like any other parameter.

**Time to run:** less than a minute.
"""

# %%
# Two subsequences of two time steps
# ----------------------------------
# The windows of the tutorials have four values. ``n_seq=2`` cuts each into two subsequences.
#
# .. code-block:: text
#
#    window        10  20  30  40           (samples, 4, 1)
#    n_seq=2      [10  20][30  40]          (samples, 2, 2, 1)
#
# :class:`~skforecast_lstm.CNNLSTMRegressor` reads each subsequence by a convolution with pooling,
# and the row of subsequences by an LSTM. :class:`~skforecast_lstm.ConvLSTMRegressor` convolves
# inside of the recurrence. Both take the same windows as every other regressor, so you never
# reshape ``X`` to four or five dimensions.

import warnings

import keras
import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from skforecast_lstm import (
    BacktestDisplay,
    CNNLSTMRegressor,
    ConvLSTMRegressor,
    LSTMRegressor,
    NoSkillWarning,
    WindowTransformer,
    backtest,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm.datasets import load_bike_rentals, make_toy_table

tutorial = {
    "activation": "relu",
    "target_scaler": None,
    "learning_rate": 0.002,
    "epochs": 200,
    "random_state": 0,
}
series = make_toy_table()[["in1"]]
X, y = make_supervised(series)
for network in (CNNLSTMRegressor(50, n_seq=2, **tutorial), ConvLSTMRegressor(n_seq=2, **tutorial)):
    model = make_pipeline(WindowTransformer(n_steps_in=4), network).fit(X, y)
    inner = next(
        layer for layer in network.model_.layers if isinstance(layer, keras.layers.Reshape)
    )
    print(f"{type(network).__name__}: cut to {inner.output.shape}")
    print("    60, 70, 80, 90 ->", model.predict(series)[-1].round(1), "right is 100")

# %%
# Windows that cannot be cut
# --------------------------
# ``n_seq`` must divide the window. The kernel and the pool must fit into a subsequence. An error
# says which number is wrong, before anything is trained:


def try_to_fit(n_steps_in, network):
    """Fit, and print the error."""
    try:
        make_pipeline(WindowTransformer(n_steps_in), network).fit(X, y)
    except ValueError as error:
        print(f"{error}\n")


try_to_fit(3, CNNLSTMRegressor(n_seq=2))
try_to_fit(4, CNNLSTMRegressor(n_seq=2, kernel_size=2, pool_size=2))

# %%
# Without ``n_seq`` the smallest number above one is taken that divides the window and leaves
# subsequences that are long enough. A window of three steps has no such number for a pool of two,
# so it stays in one piece:

for n_steps_in in (3, 4, 6, 24):
    network = CNNLSTMRegressor(8, epochs=1).fit(np.zeros((9, n_steps_in, 1)), np.zeros(9))
    inner = next(
        layer for layer in network.model_.layers if isinstance(layer, keras.layers.Reshape)
    )
    print(f"n_steps_in={n_steps_in}: {inner.output.shape[1]} of {inner.output.shape[2]} steps")

# %%
# A real series: a week in seven days
# -----------------------------------
# A week of hourly bike rentals is 168 time steps. In seven subsequences the recurrent layer makes
# seven steps instead of 168. The features are channels: rentals and temperature are read together.
# A kernel of three hours reads neighbours; the kernel of one hour of the tutorials reads none.
#
# The next six hours are forecast. ``n_seq`` and ``kernel_size`` are searched on the weeks before
# the last four, with two folds.

HORIZON, WEEK = 6, 7 * 24
bikes = load_bike_rentals()[["rentals", "temperature"]]
X, y = make_supervised(bikes, target="rentals", n_steps_out=HORIZON)
n_train = len(X) - 4 * WEEK

settings = {
    "loss": "mae",
    "epochs": 6,
    "batch_size": 64,
    "learning_rate": 0.003,
    "learning_rate_schedule": "cosine",
    "random_state": 0,
}
search = GridSearchCV(
    make_lstm_pipeline(
        CNNLSTMRegressor(32, filters=16, **settings), n_steps_in=WEEK, n_steps_out=HORIZON
    ),
    {"lstm__n_seq": [7, 28], "lstm__kernel_size": [1, 3]},
    cv=TimeSeriesSplit(2, test_size=2 * WEEK),
    scoring="neg_mean_absolute_error",
    refit=False,
).fit(X[:n_train], y[:n_train])
found = pd.DataFrame(search.cv_results_)
found = found[["param_lstm__n_seq", "param_lstm__kernel_size", "mean_test_score", "mean_fit_time"]]
print(found.round(2).to_string(index=False))
best = search.best_params_
print("\nThe best:", best)

# %%
# The last four weeks, once
# -------------------------
# The best CNN-LSTM, a ConvLSTM that is cut alike, a plain LSTM on the same week and on one day, and
# a ridge regression. Each is trained once, and then forecasts from every hour of the four weeks.
# The baseline repeats the same hour of last week.

models = {
    "CNN-LSTM, week in days": (
        CNNLSTMRegressor(
            32, filters=16, n_seq=7, kernel_size=best["lstm__kernel_size"], **settings
        ),
        WEEK,
    ),
    "ConvLSTM, week in days": (
        ConvLSTMRegressor(8, n_seq=7, kernel_size=best["lstm__kernel_size"], **settings),
        WEEK,
    ),
    "LSTM, week": (LSTMRegressor(32, **settings), WEEK),
    "LSTM, day": (LSTMRegressor(32, **settings), 24),
    "ridge, week": (Ridge(), WEEK),
}
warnings.simplefilter("ignore", NoSkillWarning)  # the table below shows it
results = {}
for name, (regressor, n_steps_in) in models.items():
    results[name] = backtest(
        make_lstm_pipeline(regressor, n_steps_in=n_steps_in, n_steps_out=HORIZON),
        X,
        y,
        cv=TimeSeriesSplit(2, test_size=2 * WEEK),
        refit=False,
        baselines=["seasonal_naive", "naive"],
        season_length=WEEK,
    )
table = pd.DataFrame({name: result.to_frame().loc["model"] for name, result in results.items()}).T[
    ["mae", "skill", "fit_seconds"]
]
print(table.round(2).to_string())

# %%
# Five days of the CNN-LSTM's forecasts, six hours at a time:

display = BacktestDisplay.from_predictions(results["CNN-LSTM, week in days"], n_rows=5 * 24)
_ = display.ax_.set_title("Bike rentals, six hours ahead", loc="left")

# %%
# What did not work
# -----------------
# - No model here is better than repeating last week: every skill is below zero. These networks see
#   no calendar, and are trained for a few epochs on levels. The page shows the framing, not the
#   best forecast.
# - Among the networks on a whole week, the cut ones are better than the LSTM that makes 168 steps.
#   The CNN-LSTM also trains faster. The ConvLSTM is slower and less accurate than
#   the CNN-LSTM.
# - A ridge regression on the same week is better than all of them, in a fraction of the time.
# - ``n_seq=28``, subsequences of six hours, is worse than ``n_seq=7``. Cut where the series itself
#   repeats.
#
# See also: :doc:`/guide/architectures` for when which architecture pays, :doc:`/guide/accuracy` for
# forecasts that beat the naive ones, :doc:`/guide/tuning` for searches,
# :ref:`sphx_glr_auto_examples_framings_plot_7_architectures.py` for all architectures side by side.
