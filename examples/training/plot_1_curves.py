"""
Loss curves, early stopping and callbacks
=========================================

How many epochs are enough? You watch the training and the validation loss, let training stop by
itself, and see what happens when a training goes wrong.

**You will learn** how to

- plot the loss of a fit (:class:`~skforecast_lstm.LossDisplay`) and tell overfitting from it
- stop early, with validation on the last part in time
- use callbacks of Keras, such as ``ReduceLROnPlateau``, and metrics beside the loss function
- recognise a training that diverges (NaN loss), and get the same numbers in every run

**Time to run:** about half a minute.
"""

# %%
# Load the series
# ---------------
# Bikes rented per hour, to be forecast six hours ahead from one day. The last four weeks are set
# aside for the final score. Training and validation see only what comes before them.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import mean_absolute_error

from skforecast_lstm import LossDisplay, LSTMRegressor, make_lstm_pipeline, make_supervised
from skforecast_lstm.datasets import load_bike_rentals

HORIZON, DAY, WEEK = 6, 24, 7 * 24

bikes = load_bike_rentals()[["rentals", "working_day"]]
X, y = make_supervised(bikes, target="rentals", n_steps_out=HORIZON, known_future="working_day")
train, test = slice(None, -4 * WEEK), slice(-4 * WEEK, None)
print("X", X[train].shape, "y", y[train].shape)


def make_model(units=32, **params):
    """A day in, six hours out."""
    lstm = LSTMRegressor(units, batch_size=64, random_state=0, **params)
    return make_lstm_pipeline(lstm, n_steps_in=DAY, n_steps_out=HORIZON)


def score(model):
    """The error on the weeks that were set aside."""
    return mean_absolute_error(y[test], model.predict(X[test]))


# %%
# Train for a fixed number of epochs
# ----------------------------------
# ``history_`` keeps the loss of every epoch, and the metrics that you ask for. The loss is in units
# of the scaled target: a mean squared error of 1 is as good as forecasting the mean.

fixed = make_model(epochs=30, metrics=["mae"]).fit(X[train], y[train])
history = fixed["lstm"].history_
for epoch in (1, 5, 10, 30):
    values = {name: round(losses[epoch - 1], 3) for name, losses in history.items()}
    print(f"epoch {epoch:2d}: {values}")

# %%
# The training loss falls as long as you train. It does not say when to stop.

# %%
# Stop early
# ----------
# With ``early_stopping=True`` the last part of the training rows is held out for validation: the
# last in time, never a random part, because neighbouring windows share most of their rows. Training
# stops when the validation loss has not fallen for ``n_iter_no_change`` epochs, and returns to the
# weights of the best epoch. A wide network with a large learning rate makes the effect visible.

stopped = make_model(
    units=96,
    learning_rate=0.01,
    epochs=60,
    early_stopping=True,
    validation_fraction=0.15,
    n_iter_no_change=12,
).fit(X[train], y[train])
display = LossDisplay.from_estimator(stopped)
display.ax_.set_title("The validation loss says when to stop", loc="left")
print("epochs trained:", stopped["lstm"].n_iter_)

# %%
# After the best epoch the training loss still falls, and the validation loss does not. That is
# overfitting: the network learns the training rows by heart. If both lines are still falling at the
# end, train longer. If both are high and flat, the network is too small, or the window lacks what
# it needs.

# %%
# Use callbacks of Keras
# ----------------------
# Any callback of Keras works. ``ReduceLROnPlateau`` lowers the learning rate when the loss no
# longer falls. A callback of your own is a class with the methods that it needs. Callbacks that
# look at epochs run beside the compiled program; those that look at batches make training slower.

import keras  # noqa: E402


class RecordRate(keras.callbacks.Callback):
    """Record the learning rate of each epoch, as a small example of a callback."""

    def __init__(self):
        super().__init__()
        self.rates = []

    def on_epoch_end(self, epoch, logs=None):
        """Append the rate."""
        self.rates.append(float(self.model.optimizer.learning_rate))


plateau = keras.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.3, patience=2, min_delta=0.01)
record = RecordRate()
reduced = make_model(learning_rate=0.01, epochs=30, callbacks=[plateau, record])
reduced.fit(X[train], y[train])
print("learning rates:", *dict.fromkeys(f"{rate:.1e}" for rate in record.rates))

# %%
# Choose a loss function
# ----------------------
# ``loss`` takes the names of Keras and its objects. The absolute error and the Huber loss count
# large errors less than the squared error does. ``learning_rate_schedule="cosine"`` lets the
# learning rate fall from epoch to epoch. That needs no validation rows. Compare all of them on rows
# that training has not seen.

cosine = {"learning_rate": 0.01, "learning_rate_schedule": "cosine", "epochs": 20}
models = {
    "mse, 30 epochs": fixed,
    "early stopping, 96 units": stopped,
    "ReduceLROnPlateau": reduced,
    "mae, cosine": make_model(loss="mae", **cosine),
    "huber, cosine": make_model(loss=keras.losses.Huber(), **cosine),
}
for name in list(models)[3:]:
    models[name].fit(X[train], y[train])
last_week = np.column_stack(
    [bikes["rentals"].shift(WEEK - step)[X.index[test]] for step in range(1, HORIZON + 1)]
)
for name, model in models.items():
    print(f"{name:26s} MAE {score(model):5.1f}")
print(f"{'the same hour of last week':26s} MAE {mean_absolute_error(y[test], last_week):5.1f}")

# %%

figure, axis = plt.subplots(figsize=(8, 3.6), layout="constrained")
for name in ("mse, 30 epochs", "ReduceLROnPlateau"):
    axis.plot(range(1, 31), models[name]["lstm"].history_["loss"], label=name)
axis.set(xlabel="epoch", ylabel="training loss (mse)", yscale="log")
axis.set_title("The same loss function, two learning rates", loc="left")
axis.legend(frameon=False)

# %%
# What did not work: a loss that becomes NaN
# ------------------------------------------
# ``relu`` in a recurrent layer, raw units and a large learning rate: the loss explodes. You get an
# error at once, with what to try, and not a model that predicts NaN.

broken = make_lstm_pipeline(
    LSTMRegressor(
        32, activation="relu", target_scaler=None, learning_rate=10.0, epochs=5, random_state=0
    ),
    n_steps_in=DAY,
    n_steps_out=HORIZON,
    scaler=None,
)
try:
    broken.fit(X[train], y[train])
except ValueError as error:
    print("ValueError:", error)

# %%
# Get the same numbers in every run
# ---------------------------------
# ``random_state`` seeds the initial weights, the order of the samples and dropout. The same number
# gives the same forecasts. Another number gives another network: its score differs by chance, so
# compare settings over several seeds, or take ``n_members=3`` networks and their mean.

short = make_model(epochs=3)
first, again = (short.fit(X[train], y[train]).predict(X[test]) for _ in range(2))
other = short.set_params(lstm__random_state=1).fit(X[train], y[train]).predict(X[test])
print("equal with the same seed:", np.array_equal(first, again))
print("equal with another seed: ", np.array_equal(first, other))

# %%
# A network of your own is a subclass of :class:`~skforecast_lstm.BaseLSTMRegressor`. All of the
# above works with it, too: :doc:`/guide/own_network`.
#
# See also: :doc:`/guide/training` (TensorBoard, W&B, custom losses), :doc:`/guide/tuning`,
# :doc:`/guide/speed`, and the next page,
# :ref:`sphx_glr_auto_examples_training_plot_2_save_and_update.py`.
