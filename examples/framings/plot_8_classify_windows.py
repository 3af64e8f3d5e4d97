"""
Will a limit be exceeded in the next hours?
===========================================

Windows of a time series are classified as they are forecast: the same framing, window step and
networks, with a label in place of a number. Here: will more bikes than usual be rented in each of
the next six hours? You see the probabilities, how good they are beside simpler models, and how to
act on them.
"""

# %%
# A label for each hour
# ---------------------
# The limit is one that nine of ten hours of the first half of the data stay below. A boolean column
# is a label: ``make_supervised`` puts the labels of the next six hours into ``y``, and the column
# itself, as 0 and 1, among the features.

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
print(f"y: {y.shape}, {y.dtypes.iloc[0]}, {list(y.columns[:2])}, ...")

# %%
# The network and its rivals
# --------------------------
# One network tells all six labels. ``linear_skip=True`` leads past it, so that it learns what a
# linear model leaves. Beside it a logistic regression for each hour, on the same windows, flat.
# Both see the last day and the hour of the day.


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
logistic = MultiOutputClassifier(LogisticRegression(C=0.1, max_iter=1000))

# %%
# Three folds, of 400 hours each. The baselines are frequencies in the training rows: of the same
# hour of the day ("seasonal_naive"), of what followed the last label ("naive"), and of all labels.
# ``skill`` is the share of the first baseline's Brier score that a model takes away. Accuracy says
# little here: who never expects a busy hour is right nine times in ten.

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
# On this table the two are on a par, and both are far better than the hour of the day alone: a
# network is worth a try, and so is a linear model beside it. By step ahead:

by_step = pd.DataFrame(
    {name: result.scores("step")["brier"].loc["model"] for name, result in results.items()}
)
by_step["seasonal_naive"] = results["LSTM"].scores("step")["brier"].loc["seasonal_naive"]
print(by_step.round(3).T.to_string())

# %%
# Are the probabilities true?
# ---------------------------
# Of the hours that were given 30 %, about 30 % should have been busy: the nearer to the diagonal,
# the truer the probabilities.

predictions = results["LSTM"].predictions
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), width_ratios=(1, 2))
CalibrationDisplay.from_predictions(
    predictions["truth"].astype(bool), predictions["proba_True"], n_bins=8, ax=left, name="LSTM"
)

# %%
# Four days in August, forecast three hours ahead. The commuters of Thursday and Friday are easy to
# foresee; at the weekend the network is less sure, and says so.

third = predictions[predictions["step"] == 3].set_index("time")["2011-08-18":"2011-08-21"]
right.plot(third.index, third["proba_True"], label="probability, 3 hours ahead")
right.fill_between(third.index, third["truth"].astype(float), step="mid", alpha=0.25, label="busy")
right.set(ylim=(0, 1.02), title="Busy hours and their probabilities")
right.tick_params(axis="x", rotation=30)
right.legend(loc="upper right")
figure.tight_layout()

# %%
# Act on them
# -----------
# ``predict`` says "busy" from a probability of one half on. Where a missed busy hour costs more
# than a false alarm, count it more in training, ``class_weight="balanced"``, or take a lower
# threshold (for a single label scikit-learn's ``TunedThresholdClassifierCV`` finds one).

for threshold in (0.5, 0.2):
    warned = predictions["proba_True"] > threshold
    print(f"\nThreshold {threshold}")
    print(classification_report(predictions["truth"].astype(bool), warned, digits=2))

# %%
# The next six hours
# ------------------
# A ``Forecaster`` frames the table itself, fits to every row, and dates what it forecasts. It is
# two in the afternoon of the last day:

now = "2011-08-26 14:00"
forecaster = Forecaster(make_model(lstm), target="busy", n_steps_out=HORIZON).fit(bikes[:now])
coming = forecaster.forecast().rename(columns={"busy": "forecast"})
coming["probability"] = forecaster.forecast_proba()["busy", True].round(2)
coming["came"] = bikes["busy"]
print(coming.to_string())
