"""
Classify windows: will a limit be exceeded in the next hours?
=============================================================

You want a label for the coming time steps instead of a number (classification). Here: will more
bikes than usual be rented in each of the next six hours?

**You will learn**

- how to frame a label column, and what ``X`` and ``y`` look like,
- how to compare a network with simpler models by their probabilities,
- how to check whether the probabilities are right,
- how to choose the threshold from which you act.

**Time to run:** less than a minute.
"""

# %%
# A label for each hour
# ---------------------
# Nine of ten hours of the first half of the data stay below the limit. A boolean column is a label.
# :func:`~skforecast_lstm.make_supervised` puts the labels of the next six hours into ``y``. The
# column itself becomes a feature, as 0 and 1.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.calibration import CalibrationDisplay
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report
from sklearn.model_selection import TimeSeriesSplit
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline

from skforecast_lstm import (
    CalendarFeatures,
    CompleteRowsClassifier,
    Forecaster,
    LSTMClassifier,
    backtest,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm.datasets import load_bike_rentals

DAY, HORIZON = 24, 6

bikes = load_bike_rentals()
limit = bikes["rentals"][: len(bikes) // 2].quantile(0.9)
bikes["busy"] = bikes["rentals"] > limit
X, y = make_supervised(bikes, target="busy", n_steps_out=HORIZON)
print(f"Busy: more than {limit:.0f} bikes, {bikes['busy'].mean():.0%} of the hours")
print(f"X: {X.shape}, {list(X.columns)}")
print(f"y: {y.shape}, {y.dtypes.iloc[0]}, {list(y.columns[:2])}, ...")

# %%
# A network and a logistic regression
# -----------------------------------
# One network predicts all six labels. With ``linear_skip=True`` a linear model reads the window
# beside it, so the network learns what that model leaves. You compare it with one logistic
# regression per hour. It reads the same windows as a flat table of lags, and
# :class:`~skforecast_lstm.CompleteRowsClassifier` leaves the rows without a full window out of its
# training. Both models see the last day and the hour of the day.


def make_model(classifier):
    """Windows of a day in front of any classifier."""
    windows = make_lstm_pipeline(classifier, n_steps_in=DAY, n_steps_out=HORIZON)
    return make_pipeline(CalendarFeatures(["hour"]), windows)


lstm = LSTMClassifier(
    32,
    linear_skip=True,
    epochs=30,
    learning_rate=0.002,
    learning_rate_schedule="cosine",
    random_state=0,
)
logistic = CompleteRowsClassifier(MultiOutputClassifier(LogisticRegression(C=0.1, max_iter=1000)))

# %%
# There are three folds of 400 hours. In each, the models are trained on the hours before it. The
# baselines count how often a label occurred in the training rows:
#
# - "seasonal_naive": at the same hour of the day,
# - "naive": after the last label that is known,
# - "most_frequent": in all rows.
#
# ``skill`` is the part of the first baseline's Brier score that a model saves. Accuracy tells
# little here. A model that never predicts a busy hour is right in most hours.

results = {}
for name, classifier in {"LSTM": lstm, "logistic regression": logistic}.items():
    results[name] = backtest(
        make_model(classifier),
        X,
        y,
        cv=TimeSeriesSplit(3, test_size=400),
        baselines=["seasonal_naive", "naive", "most_frequent"],
        season_length=DAY,
        scoring=["roc_auc", "average_precision"],
    )
    print(f"\n{name}\n{results[name].scores().round(3).to_string()}")

# %%
# The two models are about equal, and both are far better than the hour of the day alone. So compare
# a network with a linear model before you choose it. The Brier score by hours ahead:

by_step = pd.DataFrame(
    {name: result.scores("step")["brier"].loc["model"] for name, result in results.items()}
)
by_step["seasonal_naive"] = results["LSTM"].scores("step")["brier"].loc["seasonal_naive"]
print(by_step.round(3).T.to_string())

# %%
# Check the probabilities
# -----------------------
# Of the hours that get a probability of 30 %, about 30 % should be busy. The nearer the curve is to
# the diagonal, the better calibrated the probabilities are.
#
# On the right are four days in August, predicted three hours ahead. The busy hours of Thursday and
# Friday have high probabilities. At the weekend the network is less sure.

predictions = results["LSTM"].predictions
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), width_ratios=(1, 2))
CalibrationDisplay.from_predictions(
    predictions["truth"].astype(bool), predictions["proba_True"], n_bins=8, ax=left, name="LSTM"
)
third = predictions[predictions["step"] == 3].set_index("time")["2011-08-18":"2011-08-21"]
right.plot(third.index, third["proba_True"], label="probability, 3 hours ahead")
right.fill_between(third.index, third["truth"].astype(float), step="mid", alpha=0.25, label="busy")
right.set(ylim=(0, 1.02), title="Busy hours and their probabilities")
right.tick_params(axis="x", rotation=30)
right.legend(loc="upper right")
figure.tight_layout()

# %%
# Choose a threshold
# ------------------
# ``predict`` returns "busy" where the probability is above one half. Perhaps a missed busy hour
# costs you more than a false alarm. Then take a lower threshold, or set
# ``class_weight="balanced"``, which gives rare labels more weight in training. For a single label,
# scikit-learn's ``TunedThresholdClassifierCV`` finds a threshold.

for threshold in (0.5, 0.2):
    warned = predictions["proba_True"] > threshold
    print(f"\nThreshold {threshold}")
    print(classification_report(predictions["truth"].astype(bool), warned, digits=2))

# %%
# Predict the next six hours
# --------------------------
# A :class:`~skforecast_lstm.Forecaster` frames the table itself, fits the model to every row, and
# dates its predictions. Assume that it is two in the afternoon of the last day:

now = "2011-08-26 14:00"
forecaster = Forecaster(make_model(lstm), target="busy", n_steps_out=HORIZON).fit(bikes[:now])
coming = forecaster.forecast().rename(columns={"busy": "forecast"})
coming["probability"] = forecaster.forecast_proba()["busy", True].round(2)
coming["truth"] = bikes["busy"]
print(coming.to_string())

# %%
# What did not work
# -----------------
# - The network is no gain over the logistic regression: its scores are a little worse, and it takes
#   longer to train.
# - "naive" and "most_frequent" are worse than the hour of the day. Compare with a baseline that
#   knows the season, or every model looks good.
# - A lower threshold finds more busy hours, and more of its alarms are false. No threshold is right
#   for all uses.
#
# See also: :doc:`/guide/classification` for labels, scores and class weights,
# :doc:`/guide/backtesting` for folds and baselines,
# :ref:`sphx_glr_auto_examples_framings_plot_9_classify_sequences.py` for independent sequences.
