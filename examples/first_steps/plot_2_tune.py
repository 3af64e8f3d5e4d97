"""
Tune the window length and the network in one search
====================================================

You tune an LSTM like any other scikit-learn estimator: one ``GridSearchCV`` over the whole
pipeline. The last two years are set aside, and you look at them once, when the search is over.

**You will learn** how to

- search the window length (look-back), the units and the architecture together
- choose by MASE, an error that needs no units
- forecast with the winner, which is fitted again to every row
- compare with the seasonal naive forecast on rows that no choice has seen

**Time to run:** about half a minute.
"""

# %%
# Load the series and set the test rows aside
# -------------------------------------------
# The series grows, and so do its seasonal swings. You need no logarithm and no differencing by
# hand: the recommended pipeline normalises each window, and forecasts come back in passengers.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skforecast_lstm import (
    Forecaster,
    LSTMRegressor,
    StackedLSTMRegressor,
    clear_cache,
    make_lstm_pipeline,
)
from skforecast_lstm.datasets import load_air_passengers
from skforecast_lstm.metrics import make_mase_scorer, mean_absolute_scaled_error

HORIZON = SEASON = 12

passengers = load_air_passengers()
train, test = passengers[:"1958"], passengers["1959":]
print(f"{len(train)} months to choose and to train by, {len(test)} months for the final score")

# %%
# Say what to search
# ------------------
# The steps of the pipeline are called ``scale``, ``window`` and ``lstm``. So the window length is
# ``window__n_steps_in``, and the width of the network is ``lstm__units``. A step itself can be
# searched, too: that is how you compare architectures.
#
# Search the window length first: it decides how much history the network reads at all.

model = make_lstm_pipeline(n_steps_in=24, season_length=SEASON).set_params(lstm__random_state=0)
plain = LSTMRegressor(epochs=40, random_state=0)
stacked = StackedLSTMRegressor(
    window_norm="seasonal", season_length=SEASON, epochs=40, random_state=0
)
grid = [
    {"window__n_steps_in": [12, 24, 36]},
    {"window__n_steps_in": [12, 24], "lstm": [stacked], "lstm__units": [(16, 16), (48, 24)]},
    {"window__n_steps_in": [12, 24], "lstm": [plain]},
]

# %%
# Run the search
# --------------
# Always give ``cv=TimeSeriesSplit(...)``. The default of scikit-learn is ``KFold``, which trains on
# the future. No ``gap`` is needed: the window step leaves out the training rows whose targets reach
# into the test rows, and it gives the first test rows their true history.
#
# The search goes inside :class:`~skforecast_lstm.Forecaster`. It chooses by forecasts of a whole
# year. Then ``Forecaster`` fits the best candidate to every row of ``train``, the newest included.

search = GridSearchCV(
    model,
    grid,
    cv=TimeSeriesSplit(3, test_size=HORIZON),
    scoring=make_mase_scorer(train, season_length=SEASON),
    error_score="raise",
)
forecaster = Forecaster(search, n_steps_out=HORIZON).fit(train)

# %%
# Read the results
# ----------------
# MASE is the error in units of the seasonal naive forecast's mean error. scikit-learn maximises
# scores, so the scorer returns minus the MASE; here it is turned around, and lower is better.

results = pd.DataFrame(forecaster.search_.cv_results_)
names = {"LSTMRegressor": "plain LSTM", "StackedLSTMRegressor": "stacked LSTM"}
table = pd.DataFrame(
    {
        "network": [
            names[type(params["lstm"]).__name__] if "lstm" in params else "recommended"
            for params in results["params"]
        ],
        "window": results["param_window__n_steps_in"],
        "units": [str(params.get("lstm__units", 50)) for params in results["params"]],
        "MASE": -results["mean_test_score"],
        "between folds": results["std_test_score"],
        "fit seconds": results["mean_fit_time"],
    }
).sort_values("MASE", ignore_index=True)
print(table.round(2).to_string(index=False))
print("\nThe best:", forecaster.best_params_)

# %%
# A fit takes seconds, because all folds and seeds of one network share one compiled program. Each
# window length or width is a program of its own. If a long search needs too much memory,
# :func:`~skforecast_lstm.clear_cache` forgets them.

clear_cache()

# %%
# Score the winner once
# ---------------------
# Two forecasts of a year: one from the end of 1958, and one from the end of 1959 with the newer
# rows given as ``data=``. The score of the search is not a fair one. The winner was chosen by it,
# so it is a little too good. Only these two years tell what you can expect.

forecast = pd.concat([forecaster.forecast(), forecaster.forecast(data=passengers["1959"])])
seasonal_naive = passengers.shift(SEASON)["1959":]
print(f"{'the last 24 months':20s}   MAE   MASE")
for name, values in {"winner": forecast["passengers"], "seasonal naive": seasonal_naive}.items():
    mae = mean_absolute_error(test, values)
    mase = mean_absolute_scaled_error(test, values, y_train=train, season_length=SEASON)
    print(f"{name:20s} {mae:5.1f}  {mase:5.2f}")
print(f"{'winner, in the search':20s}       {table['MASE'].min():6.2f}")

# %%

figure, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4), width_ratios=[2, 3], layout="constrained"
)
for network, rows in table.groupby("network"):
    left.scatter(rows["window"], rows["MASE"], label=network)
left.set(xlabel="months in the window", ylabel="MASE in the search", ylim=(0, None))
left.set(xticks=[12, 24, 36], title="Every candidate")
left.legend(frameon=False)
right.plot(train["1955":], color="0.4", label="history")
right.plot(test, color="black", label="truth")
right.plot(seasonal_naive, color="tab:orange", ls=":", label="seasonal naive")
right.plot(forecast["passengers"], color="tab:blue", marker="o", ms=3, label="forecast")
for origin in (train.index[-1], test.index[HORIZON - 1]):
    right.axvline(origin, color="0.8", zorder=0)
right.set(ylabel="passengers (thousands)", title="The winner, a year ahead, twice")
right.legend(loc="upper left", frameon=False)

# %%
# What did not work
# -----------------
# The plain LSTM of the tutorials stays behind with both windows: its error is larger than that of
# the seasonal naive forecast. :doc:`/guide/accuracy` says why.
#
# Nor does it pay to search the units of the recommended network on a series as short as this one.
# It trains for as long as it gains something over its linear part. ``network_gain_`` says how much
# that was; where it is 0, the linear part forecasts alone, and the units change nothing.

network = forecaster.estimator_["lstm"]
print(f"network_gain_: {network.network_gain_:.2f}, epochs trained: {network.n_iter_}")

# %%
# See also: :doc:`/guide/tuning` (random search, halving, Optuna, ranges),
# :doc:`/guide/backtesting`, :doc:`/pitfalls`, :doc:`/guide/speed`, and the next page,
# :ref:`sphx_glr_auto_examples_first_steps_plot_3_backtest.py`.
