"""
Missing values: drop, mask or fill the gaps
===========================================

Weeks are missing in a series of CO2 measurements. You bring the rows onto a regular grid, and
compare three ways to treat the gaps by their forecasts.

**You will learn** how to

- make missing rows visible with ``asfreq``
- leave out windows that have a gap (``missing="drop"``), or skip the missing time steps
  (``missing="mask"``)
- fill gaps without a look into the future
- compare the ways on the same forecasts

**Time to run:** less than a minute.
"""

# %%
# Make the gaps visible
# ---------------------
# Many files simply have no row where nothing was measured. Here such a file is made from weekly CO2
# concentrations at Mauna Loa. Without the missing rows, ten weeks back could be half a year back.
# ``asfreq`` puts the missing rows in, as NaN.

import textwrap
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import TimeSeriesSplit

from skforecast_lstm import (
    LSTMRegressor,
    WindowTransformer,
    backtest,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm.datasets import load_co2

WINDOW, HORIZON = 26, 4

as_in_a_file = load_co2()[:"1967"].dropna()
co2 = as_in_a_file.asfreq("W-SAT")
is_gap = co2.isna()
print(f"{len(as_in_a_file)} rows in the file, {len(co2)} weeks, {is_gap.sum()} of them missing")
print("length of the gaps:", is_gap.groupby((~is_gap).cumsum()).sum().loc[lambda n: n > 0].tolist())

# %%
# See what a gap costs: shapes
# ----------------------------
# By default the window step refuses NaN, so that no gap goes unnoticed. With ``missing="drop"``
# every window that has a gap is left out of training. One missing week is in 26 windows, so short
# gaps cost many samples.

X, y = make_supervised(co2, n_steps_out=HORIZON)
try:
    WindowTransformer(WINDOW).fit_transform(X)
except ValueError as error:
    print("ValueError:", error)
windows_of_co2 = np.lib.stride_tricks.sliding_window_view(co2, WINDOW)
print(
    f"\nX {X.shape}, y {y.shape}, complete windows: {(~np.isnan(windows_of_co2).any(axis=1)).sum()}"
)

# %%
# Fill gaps without looking ahead
# -------------------------------
# ``ffill`` repeats the last known value, which is known at the time. ``interpolate`` draws a line
# to the next known value. At an origin within a gap that value lies in the future: the forecast
# would know what it has to forecast. So ``interpolate`` is wrong here, and its score would be too
# good.

filled = co2.ffill()
interpolated = co2.interpolate()
table = pd.DataFrame({"as it is": co2, "ffill": filled, "interpolate": interpolated})
print(table["1964-01-11":"1964-02-15"].round(2))

# %%
# Backtest the three ways
# -----------------------
# The same network, the same folds. The targets are the measured values in all three: a filled value
# is never a target, so that nothing is scored against invented values. Rows of ``y`` with NaN are
# left out of training and of scores.


def make_model(missing):
    """Half a year in, four weeks out; each window is taken relative to its own level."""
    lstm = LSTMRegressor(24, window_norm="last", epochs=60, random_state=0)
    return make_lstm_pipeline(lstm, n_steps_in=WINDOW, n_steps_out=HORIZON, missing=missing)


ways = {"drop": (X, "drop"), "mask": (X, "mask"), "ffill": (filled.to_frame()[: len(X)], "error")}
predictions = {}
for name, (rows, missing) in ways.items():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        folds = TimeSeriesSplit(4, test_size=52)
        result = backtest(make_model(missing), rows, y, cv=folds, baselines=None)
    predictions[name] = result.predictions.set_index(["origin", "step"])
    if caught:
        print(textwrap.fill(f"{name}, in the last fold: {caught[-1].message}", 90))

# %%
# Compare them on the same forecasts
# ----------------------------------
# "drop" gives no forecast at origins whose window has a gap: it predicts NaN there. So compare the
# ways twice. The first column has the forecasts that all of them make. The second has those that
# "drop" cannot make.

errors = pd.DataFrame(
    {name: (lines["prediction"] - lines["truth"]).abs() for name, lines in predictions.items()}
)
errors["last value"] = (
    filled[errors.index.get_level_values("origin")].to_numpy() - predictions["drop"]["truth"]
).abs()
errors = errors[predictions["drop"]["truth"].notna()]
is_made = errors["drop"].notna()
table = pd.DataFrame(
    {
        "windows without gap": errors[is_made].mean(),
        "windows with a gap": errors[~is_made].mean(),
    }
)
print(f"MAE in ppm, of {is_made.sum()} and {(~is_made).sum()} forecasts\n\n{table.round(3)}")

# %%

figure, axis = plt.subplots(figsize=(9, 4), layout="constrained")
shown = slice("1963-10", "1964-12")
for week in co2.index[is_gap]:
    axis.axvspan(week - pd.Timedelta(days=3.5), week + pd.Timedelta(days=3.5), color="0.9", lw=0)
axis.plot(co2[shown], color="black", marker="o", ms=3, label="measured")
for name, color in {"drop": "tab:orange", "mask": "tab:blue", "ffill": "tab:green"}.items():
    lines = predictions[name].xs(1, level="step").set_index("time")["prediction"]
    axis.plot(lines[shown], color=color, lw=1, label=f"{name}, one week ahead")
axis.set(ylabel="CO2 (ppm)", xlim=(pd.Timestamp("1963-10-01"), pd.Timestamp("1964-12-31")))
axis.set_title("Grey weeks are missing", loc="left")
axis.legend(frameon=False, loc="upper left")

# %%
# Both ways to keep the windows that have a gap do better there than the last known value, and about
# as well as each other. On windows without a gap the three ways differ little.
#
# What did not work
# -----------------
# - "drop" lost about half of the training windows to about a tenth of missing weeks, and it gives
#   no forecast for weeks after a gap. It is the right choice if gaps are few and long.
# - Without ``asfreq`` the window step finds holes in the dates, and warns. It cuts no window across
#   a hole, which is the same as "drop".
# - "mask" needs layers that can skip a time step. A ridge regression on a flat table of lags
#   cannot: fill the gaps for it, or drop.
#
# See also: :doc:`/guide/missing` (irregular times, sequences of varying length), :doc:`/pitfalls`,
# :doc:`/guide/windows`.
