"""
Save, load, forecast from new rows and update
=============================================

A model is trained once and used for months. You save it, load it in another process, forecast from
rows that came later, and let it learn from them.

**You will learn** how to

- save a model to a file that anybody can open safely, and load it elsewhere
- forecast from new rows without training
- update the model: fit anew, continue with ``warm_start``, or one epoch with ``partial_fit``
- survive a training that is killed (``checkpoint``), and serve without TensorFlow (ONNX)

**Time to run:** about half a minute.
"""

# %%
# Train a model
# -------------
# Airline passengers until 1958. The two years after that arrive later.

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import mean_absolute_error

from skforecast_lstm import (
    Forecaster,
    LSTMRegressor,
    load,
    make_lstm_pipeline,
    make_supervised,
    save,
    to_onnx,
)
from skforecast_lstm.datasets import load_air_passengers

HORIZON = SEASON = 12

passengers = load_air_passengers()
past, later = passengers[:"1958"], passengers["1959":]
lstm = LSTMRegressor(32, window_norm="seasonal", season_length=SEASON, epochs=60, random_state=0)
model = make_lstm_pipeline(lstm, n_steps_in=24, n_steps_out=HORIZON)
forecaster = Forecaster(model, n_steps_out=HORIZON).fit(past)
print("rows", past.shape, "forecast", forecaster.forecast().shape)

# %%
# Save it and load it in another process
# --------------------------------------
# The file has the parameters, the weights, the scales, and the last rows that the next window
# needs. It is plain data: nothing in it is run when you load it. A pickle is different: whoever
# loads one runs what is in it.

folder = tempfile.TemporaryDirectory()
file = Path(folder.name, "passengers.skops")
save(forecaster, file)
print(f"{file.stat().st_size / 1024:.0f} kB")

script = """
import sys
from skforecast_lstm import load
load(sys.argv[1]).forecast().to_csv(sys.argv[2])
"""
csv = Path(folder.name, "forecast.csv")
subprocess.run([sys.executable, "-c", script, file, csv], check=True, capture_output=True)
elsewhere = pd.read_csv(csv, index_col=0, parse_dates=True)
print("equal forecasts:", np.allclose(elsewhere, forecaster.forecast(), rtol=1e-6))

# %%
# Forecast from new rows
# ----------------------
# A year later, load the model and give it the rows that have arrived. No training takes place.
# ``data`` may be the new rows alone, because the model remembers the rows before them. Or give at
# least as many of the newest rows as the window is long.

loaded = load(file)
from_new_rows = loaded.forecast(data=later["1959"])
from_window = loaded.forecast(data=passengers["1958":"1959"])
print(from_new_rows.round(1).head(3))
print("equal:", np.allclose(from_new_rows, from_window))

# %%
# Update the model
# ----------------
# The old weights forecast well for a while. When their errors grow, you have three ways:
#
# - **Fit anew** to all rows. This is the simplest way, and it takes seconds here.
# - **Continue** with ``warm_start=True``: ``fit`` starts from the old weights and scales, so a few
#   epochs are enough.
# - **partial_fit** trains one epoch on the samples that you give. It is a method of the network,
#   which takes windows. Cut them from the whole table, so that the new rows have their history.
#
# All three now know 1959, and forecast 1960.

known, truth = passengers[:"1959"], passengers["1960":]
X, y = make_supervised(known, n_steps_out=HORIZON)
origin = known.to_frame()[-24:]

anew = Forecaster(model, n_steps_out=HORIZON).fit(known).forecast()["passengers"].to_numpy()

X_past, y_past = make_supervised(past, n_steps_out=HORIZON)
warm = model.set_params(lstm__warm_start=True, window__purge=False).fit(X_past, y_past)
warm.set_params(lstm__epochs=5).fit(X, y)
continued = warm.predict(origin)[-1]

warm.set_params(lstm__epochs=60, lstm__warm_start=False).fit(X_past, y_past)
windows = warm[:-1].transform(X)
is_new = X.index > X_past.index[-1]
warm["lstm"].partial_fit(windows[is_new], y[is_new])
one_epoch = warm.predict(origin)[-1]

updates = {
    "old weights": from_new_rows["passengers"].to_numpy(),
    "fit anew": anew,
    "warm_start, 5 epochs": continued,
    "partial_fit, 1 epoch": one_epoch,
    "seasonal naive": passengers["1959"].to_numpy(),
}
for name, forecast in updates.items():
    print(f"{name:21s} MAE of 1960 {mean_absolute_error(truth, forecast):5.1f}")

# %%
# On this series a year of new rows changes little. All of them are far better than the seasonal
# naive forecast, and one year cannot tell which of them is the best. Backtest with ``refit=True``
# and ``refit=False`` to see whether updates pay on yours.

# %%

figure, axis = plt.subplots(figsize=(9, 3.6), layout="constrained")
axis.plot(passengers["1957":"1959"], color="0.4", label="known")
axis.plot(truth, color="black", label="truth")
for name in list(updates)[:4]:
    axis.plot(truth.index, updates[name], lw=1.2, label=name)
axis.set(ylabel="passengers (thousands)")
axis.set_title("1960, by the old and the updated model", loc="left")
axis.legend(frameon=False, ncols=2)

# %%
# Survive a training that is killed
# ---------------------------------
# With ``checkpoint``, ``fit`` writes to a folder how far it has come. If the machine goes down, run
# the same script again: the same ``fit`` goes on from there, to the same weights. Here a callback
# plays the power cut. Import Keras after this package: then TensorFlow prints nothing.

import keras  # noqa: E402


class PowerCut(keras.callbacks.Callback):
    """Fail in epoch 25, if the environment says so."""

    def on_epoch_end(self, epoch, logs=None):
        """Fail."""
        if epoch == 25 and "POWER_CUT" in os.environ:
            raise RuntimeError("power cut")


os.environ["POWER_CUT"] = "1"
options = {"window_norm": "seasonal", "season_length": SEASON, "epochs": 60, "random_state": 0}
careful = LSTMRegressor(
    32, checkpoint=Path(folder.name, "checkpoints"), callbacks=[PowerCut()], **options
)
pipeline = make_lstm_pipeline(careful, n_steps_in=24, n_steps_out=HORIZON)
try:
    pipeline.fit(X_past, y_past)
except RuntimeError as error:
    print("RuntimeError:", error)
del os.environ["POWER_CUT"]
pipeline.fit(X_past, y_past)
print("epochs taken from the checkpoint:", pipeline["lstm"].n_iter_restored_, "of 60")
uncut = make_lstm_pipeline(LSTMRegressor(32, **options), n_steps_in=24, n_steps_out=HORIZON)
same = np.array_equal(uncut.fit(X_past, y_past).predict(X_past), pipeline.predict(X_past))
print("the same forecasts as without a power cut:", same)

# %%
# Serve without TensorFlow
# ------------------------
# ``to_onnx`` writes a model for onnxruntime, which is small and has clients in many languages. Raw
# windows go in, and forecasts in the units of the series come out. It needs
# ``pip install "skforecast_lstm[onnx]"``.

if importlib.util.find_spec("tf2onnx") and importlib.util.find_spec("onnxruntime"):
    import onnxruntime

    onnx_file = Path(folder.name, "passengers.onnx")
    to_onnx(forecaster, onnx_file)
    session = onnxruntime.InferenceSession(onnx_file)
    window = past.to_numpy()[np.newaxis, -24:, np.newaxis]
    [served] = session.run(None, {"window": window})
    print("window", window.shape, "forecast", served.shape)
    ours = forecaster.forecast().to_numpy().ravel()
    print("close to our own forecast:", np.allclose(served[0], ours, rtol=1e-4))
else:
    print("onnxruntime or tf2onnx is not installed: nothing is exported.")

# %%
# What did not work
# -----------------
# A loss, an optimizer or a callback that is an object of Keras cannot be written as plain data.
# Saving it is an error. Give the loss and the optimizer by name, with their parameters beside them,
# and set ``callbacks=None`` before you save.

try:
    save(LSTMRegressor(optimizer=keras.optimizers.SGD(momentum=0.9)), file)
except ValueError as error:
    print("ValueError:", error)
save(LSTMRegressor(optimizer="sgd").set_params(optimizer__momentum=0.9), file)
folder.cleanup()

# %%
# See also: :doc:`/guide/saving` (trusted types, pickle), :doc:`/guide/serving` (a server with ONNX,
# MLflow), :doc:`/guide/training`, and :ref:`sphx_glr_auto_examples_first_steps_plot_1_forecast.py`.
