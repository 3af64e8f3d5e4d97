"""
An LSTM, tuned like any other estimator
=======================================

Ten years of monthly airline passengers, and the two years after them to forecast. Window length,
width and architecture are searched together, in one pipeline, on the first 120 months; the last 24
months are looked at once, at the end.
"""

# %%
# The series
# ----------
# Passengers grow from year to year, and so do their swings. A network learns what it has seen, so
# we let it predict what does not grow: the growth over the same month one year before. That is a
# matter of each row and its past, and leaks nothing.

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skforecast_lstm import (
    CNNLSTMRegressor,
    EncoderDecoderLSTMRegressor,
    LSTMRegressor,
    WindowTransformer,
    make_supervised,
)
from skforecast_lstm.datasets import load_air_passengers

HORIZON, SEASON, N_TEST = 12, 12, 24

passengers = load_air_passengers()
train, test = passengers.iloc[:-N_TEST], passengers.iloc[-N_TEST:]
growth = np.log(passengers).diff(SEASON).dropna().to_frame("growth")

X, y = make_supervised(growth.loc[: train.index[-1]], n_steps_out=HORIZON)

# %%
# The search
# ----------
# The window is a step of the pipeline, so its length is a parameter like any other, and the scaler
# sees training rows only. Plain ``TimeSeriesSplit`` is right: the window step leaves out the
# training rows whose targets reach into the test rows, and gives the test rows their history.

model = Pipeline(
    [
        ("scale", StandardScaler()),
        ("window", WindowTransformer(n_steps_in=12, n_steps_out=HORIZON)),
        ("lstm", LSTMRegressor()),
    ]
)
architectures = [LSTMRegressor, CNNLSTMRegressor, EncoderDecoderLSTMRegressor]
search = GridSearchCV(
    model,
    {
        "window__n_steps_in": [6, 12, 24],
        "lstm": [architecture(epochs=30, random_state=0) for architecture in architectures],
        "lstm__units": [16, 50],
    },
    cv=TimeSeriesSplit(4, test_size=12),
    scoring="neg_mean_absolute_error",
    error_score="raise",
).fit(X, y)

results = pd.DataFrame(search.cv_results_).sort_values("rank_test_score")
print("The best of", len(results), "candidates, by out-of-fold error of the growth:\n")
for row in results.head(5).itertuples():
    name = type(row.param_lstm).__name__
    print(
        f"  {-row.mean_test_score:.4f}  window {row.param_window__n_steps_in:2d}  "
        f"units {row.param_lstm__units:2d}  {name}"
    )

# %%
# The forecasts
# -------------
# Two forecasts of a year each, made at the ends of 1958 and of 1959 from what was known then. The
# network is not trained again in between. ``predict`` on the table gives one forecast per row: that
# of the last known month is the one to use.

origins = [train.index[-1], test.index[HORIZON - 1]]
rows = [growth.index.get_loc(origin) for origin in origins]
predicted = search.predict(growth)[rows]
last_year = np.stack([passengers.loc[:origin].to_numpy()[-SEASON:] for origin in origins])
forecast = pd.Series((last_year * np.exp(predicted)).ravel(), index=test.index)

baselines = {
    "naive": np.repeat(last_year[:, -1], HORIZON),
    "seasonal naive": last_year.ravel(),
}

# %%
# The score
# ---------
# MASE is the error in units of the seasonal naive forecast's mean error on the training months: it
# needs no scale of the series, and below one is better than that forecast was in the past.

unit = train.diff(SEASON).abs().mean()
print(f"\n{'the last 24 months':20s} {'MAE':>6s} {'MASE':>6s}")
maes = {}
for name, values in {**baselines, "LSTM search": forecast.to_numpy()}.items():
    maes[name] = np.abs(values - test).mean()
    print(f"{name:20s} {maes[name]:6.1f} {maes[name] / unit:6.2f}")

# %%

figure, axis = plt.subplots(figsize=(9, 4), layout="constrained")
axis.plot(train.iloc[-60:], color="0.4", label="history")
axis.plot(test, color="black", label="truth")
axis.plot(
    test.index, baselines["seasonal naive"], color="tab:orange", ls=":", label="seasonal naive"
)
axis.plot(forecast, color="tab:blue", marker="o", ms=3, label="forecast")
for origin in origins:
    axis.axvline(origin, color="0.8", zorder=0)
axis.set(ylabel="passengers (thousands)", title="Airline passengers, a year ahead, twice")
axis.legend(loc="upper left", frameon=False)
picture = Path("air_passengers.png").resolve()
figure.savefig(picture, dpi=120)
print(f"\nPicture: {picture}")
