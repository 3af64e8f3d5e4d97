"""
Categorical features, and which features matter
===============================================

Networks need numbers. You turn a column of text into numbers in the pipeline, without losing the
dates, and then you find out which columns the forecasts depend on.

**You will learn** how to

- encode categorical columns with ``ColumnTransformer`` and ``OneHotEncoder`` before the window
- keep scaling, encoding and windows in one pipeline, fitted to training rows only
- measure the importance of a feature by permutation, on rows that training has not seen
- put any regressor of scikit-learn at the end of the same pipeline

**Time to run:** less than a minute.
"""

# %%
# Load a table with categories
# ----------------------------
# Bikes rented per hour, and three facts about the hour: the temperature as a number, the weekday
# and the kind of day as text. The task is to forecast the next six hours.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.inspection import permutation_importance
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skforecast_lstm import (
    CompleteRowsRegressor,
    LSTMRegressor,
    TablePipeline,
    WindowTransformer,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm.datasets import load_bike_rentals

HORIZON, WEEK = 6, 7 * 24

bikes = load_bike_rentals()
table = bikes[["rentals", "temperature"]].assign(
    part_of_day=pd.cut(
        bikes.index.hour,
        [-1, 5, 9, 15, 19, 23],
        labels=["night", "morning", "midday", "evening", "late"],
    ).astype(str),
    weekday=bikes.index.day_name(),
    kind_of_day=np.select(
        [bikes["holiday"] == 1, bikes["working_day"] == 1], ["holiday", "working day"], "weekend"
    ),
)
print(table.iloc[6:9])

# %%
# Encode the categories
# ---------------------
# ``ColumnTransformer`` scales the numbers and makes a column of 0 and 1 of each category. Three
# settings matter. The target's own history comes first, because the network looks for it there.
# ``handle_unknown="ignore"`` lets a category pass that training has not seen, such as the first
# holiday. ``sparse_output=False`` makes a table that the next step can read.
#
# Give it as the ``scaler`` of the pipeline. The pipeline keeps the dates, so every row still gets
# its true history. The last weeks are held out.

NUMBERS, CATEGORIES = ["rentals", "temperature"], ["part_of_day", "weekday", "kind_of_day"]


def make_encoder():
    """Scaled numbers first, then a column for each category."""
    one_hot = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
    return ColumnTransformer(
        [("numbers", StandardScaler(), NUMBERS), ("categories", one_hot, CATEGORIES)]
    )


X, y = make_supervised(table, target="rentals", n_steps_out=HORIZON)
train, test = slice(None, -4 * WEEK), slice(-4 * WEEK, None)
lstm = LSTMRegressor(32, learning_rate=0.003, batch_size=64, epochs=12, random_state=0)
model = make_lstm_pipeline(lstm, n_steps_in=24, n_steps_out=HORIZON, scaler=make_encoder())
model.fit(X[train], y[train])

# %%
# See the shapes
# --------------
# The table has five columns. After the encoder there are more, and each window has all of them.

encoded = model["scale"].transform(X[test])
windows = model[:-1].transform(X[test])
print("X", X.shape, "encoded", encoded.shape, "windows", windows.shape)
print("encoded columns:", *model["scale"].get_feature_names_out()[[0, 1, 2, 7, 14]], "...")

# %%
# Score the model beside simpler ones
# -----------------------------------
# The same network without the categories, and a ridge regression with them. A ridge regression
# takes no NaN and no 3-D windows. So the window step gets ``flatten=True``, and
# :class:`~skforecast_lstm.CompleteRowsRegressor` leaves out the rows whose window is not complete.
# ``make_lstm_pipeline(Ridge(), ...)`` does both for you.
#
# The four weeks are new to all of them. The window step has left out the last training rows, whose
# targets would reach into these weeks.

ridge = TablePipeline(
    [
        ("scale", make_encoder()),
        ("window", WindowTransformer(24, n_steps_out=HORIZON, flatten=True)),
        ("ridge", CompleteRowsRegressor(Ridge())),
    ]
).fit(X[train], y[train])
numbers_only = make_lstm_pipeline(clone(lstm), n_steps_in=24, n_steps_out=HORIZON)
numbers_only.fit(X.loc[:, NUMBERS][train], y[train])
forecasts = {
    "LSTM, numbers and categories": model.predict(X[test]),
    "LSTM, numbers only": numbers_only.predict(X.loc[:, NUMBERS][test]),
    "ridge, numbers and categories": ridge.predict(X[test]),
    "the same hour of last week": np.column_stack(
        [bikes["rentals"].shift(WEEK - step)[X.index[test]] for step in range(1, HORIZON + 1)]
    ),
}
for name, forecast in forecasts.items():
    print(f"{name:30s} MAE {mean_absolute_error(y[test], forecast):5.1f}")

# %%
# Measure the importance of each column
# -------------------------------------
# Permutation importance shuffles one column of the test rows and measures how much the error grows.
# It works on the columns of your table, before encoding and windows: all lags of a column are
# shuffled together, and all dummy columns of a category, too. Use rows that training has not seen.

importance = permutation_importance(
    model,
    X[test],
    y[test],
    scoring="neg_mean_absolute_error",
    n_repeats=5,
    random_state=0,
)
order = importance.importances_mean.argsort()
for column in order[::-1]:
    mean, deviation = importance.importances_mean[column], importance.importances_std[column]
    print(f"{X.columns[column]:12s} MAE grows by {mean:5.1f} ± {deviation:.1f}")

# %%

figure, axis = plt.subplots(figsize=(8, 3.2), layout="constrained")
axis.boxplot(
    importance.importances[order].T, orientation="horizontal", tick_labels=X.columns[order]
)
axis.axvline(0, color="0.7", lw=0.8, zorder=0)
axis.set_xlabel("growth of the MAE when the column is shuffled")
axis.set_title("Importance for the next six hours", loc="left")

# %%
# The part of the day matters most: to look six hours ahead, a network has to know what time it is.
# Importance says what *this* model uses. Two columns that say the same, such as the weekday and the
# kind of day, share their importance: if you shuffle one, the model still has the other.
#
# What did not work
# -----------------
# - The LSTM is better than last week here, but the ridge regression with the same categories is
#   better still. The categories bring more than the kind of model.
# - ``OrdinalEncoder`` makes numbers of categories, too, but it says that Saturday is six times
#   Monday. Use it for categories that have an order.
# - ``pd.get_dummies`` before the split works, but a category that is new in later rows then changes
#   the number of columns, and ``predict`` refuses them.
#
# See also: :doc:`/guide/categories` (static features, IDs), :doc:`/guide/importance`,
# :doc:`/guide/covariates` (categories known in advance), and
# :ref:`sphx_glr_auto_examples_real_problems_plot_1_covariates.py`.
