"""
Compare all architectures and cells
===================================

There are eight architectures and three kinds of cells. Which one do you need?

**You will learn**

- how to compare them on one series, with several seeds and with the seconds that they take,
- how large the differences are beside those between two seeds,
- how they compare with a ridge regression and a seasonal naive forecast,
- how to write a network of your own in a few lines, and compare it as well.

**Time to run:** less than a minute.
"""

# %%
# The series and its windows
# --------------------------
# Bike rentals are forecast for the next six hours, from windows of a day. The weeks before the last
# four are for training. The features are the rentals and the hour of the day, as sine and cosine.

import time

import keras
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import Pipeline

from skforecast_lstm import (
    BaseLSTMRegressor,
    BidirectionalLSTMRegressor,
    CalendarFeatures,
    CNNLSTMRegressor,
    CompleteRowsRegressor,
    ConvLSTMRegressor,
    EncoderDecoderLSTMRegressor,
    LSTMRegressor,
    OneToManyLSTMRegressor,
    SeasonalNaiveRegressor,
    SequenceLSTMRegressor,
    StackedLSTMRegressor,
    TablePipeline,
    WindowTransformer,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm.datasets import load_bike_rentals

DAY, WEEK, HORIZON = 24, 7 * 24, 6
bikes = load_bike_rentals()[["rentals"]]
table = CalendarFeatures(["hour"]).fit_transform(bikes)
X, y = make_supervised(table, target="rentals", n_steps_out=HORIZON)
X_train, y_train, X_test, y_test = X[: -4 * WEEK], y[: -4 * WEEK], X[-4 * WEEK :], y[-4 * WEEK :]
print(f"X {X.shape}, y {y.shape}, columns {list(X.columns)}")

# %%
# A network of your own
# ---------------------
# Write a function that builds the network, and name it in a subclass of
# :class:`~skforecast_lstm.BaseLSTMRegressor`. The function gets the shape of a window, the number
# of steps and targets, and by name the parameters that it wants. This one is a temporal
# convolutional network: each layer reads further back than the one before.


def build_tcn(input_shape, n_steps_out, n_targets, *, units):
    """Causal convolutions, each dilated twice as far as the one before."""
    inputs = x = keras.Input(input_shape)
    for dilation in (1, 2, 4, 8):
        x = keras.layers.Conv1D(
            units, 2, padding="causal", dilation_rate=dilation, activation="relu"
        )(x)
    return keras.Model(inputs, keras.layers.Dense(n_steps_out * n_targets)(x[:, -1]))


class TCNRegressor(BaseLSTMRegressor):
    """Every parameter of the other regressors, and another network."""

    build_network = staticmethod(build_tcn)


# %%
# Eight architectures, three cells, three seeds
# ---------------------------------------------
# All have the same training, and nothing is tuned for one of them. Each fit is timed with all it
# needs, the building of its network included. So the first seed takes longest: the others use the
# same compiled program.
#
# One more candidate is the plain LSTM again, with two changes that are none of its architecture: a
# window of a week, and a ridge regression beside the network (``linear_skip="ridge"``).

settings = {
    "loss": "mae",
    "epochs": 6,
    "batch_size": 64,
    "learning_rate": 0.005,
    "learning_rate_schedule": "cosine",
}
candidates = {
    "LSTM": LSTMRegressor(32),
    "GRU": LSTMRegressor(32, cell="gru"),
    "simple RNN": LSTMRegressor(32, cell="simple_rnn"),
    "stacked": StackedLSTMRegressor((32, 32)),
    "bidirectional": BidirectionalLSTMRegressor(32),
    "CNN-LSTM": CNNLSTMRegressor(32, n_seq=4, kernel_size=3),
    "ConvLSTM": ConvLSTMRegressor(16, n_seq=4, kernel_size=3),
    "encoder-decoder": EncoderDecoderLSTMRegressor(32),
    "sequence": SequenceLSTMRegressor(32),
    "one-to-many": OneToManyLSTMRegressor(32),
    "TCN (own)": TCNRegressor(32),
    "LSTM, week, linear skip": LSTMRegressor(32, linear_skip="ridge"),
}
rows = []
for name, regressor in candidates.items():
    for seed in range(3):
        regressor.set_params(**settings, random_state=seed)
        n_steps_in = WEEK if "week" in name else DAY
        model = make_lstm_pipeline(regressor, n_steps_in=n_steps_in, n_steps_out=HORIZON)
        start = time.perf_counter()
        model.fit(X_train, y_train)
        seconds = time.perf_counter() - start
        mae = mean_absolute_error(y_test, model.predict(X_test))
        rows.append({"model": name, "seed": seed, "mae": mae, "seconds": seconds})
fits = pd.DataFrame(rows)

# %%
# Two models without a network
# ----------------------------
# The ridge regression reads the windows of a day as a flat table of lags. Ridge takes no missing
# values, so :class:`~skforecast_lstm.CompleteRowsRegressor` leaves the rows without a full window
# out of training. The steps are written by hand, in a :class:`~skforecast_lstm.TablePipeline`,
# which keeps the dates from step to step. ``make_lstm_pipeline(Ridge())`` makes such steps for you.
#
# The seasonal naive forecast repeats the same hour of last week, so its window is a week.

ridge = TablePipeline(
    [
        ("window", WindowTransformer(DAY, n_steps_out=HORIZON, flatten=True)),
        ("ridge", CompleteRowsRegressor(Ridge())),
    ]
)
last_week = Pipeline(
    [
        ("window", WindowTransformer(WEEK, n_steps_out=HORIZON)),
        ("naive", SeasonalNaiveRegressor(WEEK)),
    ]
)
simple = {}
for name, model in {"ridge": ridge, "seasonal naive": last_week}.items():
    simple[name] = mean_absolute_error(y_test, model.fit(X_train, y_train).predict(X_test))

by_model = fits.groupby("model", sort=False)
summary = by_model["mae"].agg(["mean", "min", "max"])
summary["first fit, s"] = by_model["seconds"].first()
summary["later fits, s"] = by_model["seconds"].min()
summary = summary.sort_values("mean")
print("Mean absolute error over the last four weeks, three seeds\n")
print(summary.round(1).to_string())
print()
print(pd.Series(simple).round(1).to_string())

# %%
# A point is a seed. The lines are the two simple models.

figure, axis = plt.subplots(figsize=(9, 4.5), layout="constrained")
places = {name: place for place, name in enumerate(reversed(list(summary.index)))}
axis.scatter(fits["mae"], fits["model"].map(places), s=24, label="a seed of a network")
axis.set_yticks(list(places.values()), list(places))
for (name, mae), style in zip(simple.items(), ("--", ":"), strict=True):
    axis.axvline(mae, color="0.4", ls=style, label=name)
axis.set(xlabel="mean absolute error, bikes per hour")
_ = axis.legend(frameon=False, loc="upper right")

# %%
# What did not work
# -----------------
# - On windows of a day, no architecture of the package is better than repeating last week. The
#   choice of the architecture does not repair a window that is too short.
# - A longer window and a linear skip change more than the architecture does: with them the plain
#   LSTM is better than the seasonal naive forecast.
# - Many differences between architectures are no larger than those between two seeds of one. Do not
#   choose by one seed.
# - Neither stacked layers nor both directions help much here. A bidirectional LSTM reads the window
#   in both directions; it never sees the rows after it.
# - The order is that of one series and of a short training. Compare on your own series, on folds of
#   the training rows. The test rows are then for the winner alone.
#
# See also: :doc:`/guide/architectures` for when which architecture pays, :doc:`/guide/own_network`
# for networks of your own, :doc:`/guide/accuracy` for the linear skip and other remedies,
# :doc:`/benchmarks` for comparisons on many series.
