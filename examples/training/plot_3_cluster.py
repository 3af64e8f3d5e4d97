"""
Search on a cluster, and end poor trials early
==============================================

A grid search runs on a cluster of dask without a change to its code, and it finds exactly the same
scores. Optuna watches each epoch and ends the trials that are behind the others.

**You will learn** how to

- run ``GridSearchCV`` on a cluster, or on several processes of one machine
- report every epoch to Optuna, so that it can end (prune) a trial
- tell when parallel search pays

Both packages are optional: ``pip install "skforecast_lstm[cluster,optuna]"``. Without dask the
search runs on processes of this machine, and without Optuna there are no trials.

**Time to run:** about half a minute.
"""

# %%
# Define the search
# -----------------
# Airline passengers, a year ahead. The search tries window lengths (look-back) and widths of the
# network. The processes of a cluster import this file, so functions and classes are defined outside
# the part that runs.

import time

import joblib
import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skforecast_lstm import LSTMRegressor, make_lstm_pipeline, make_supervised
from skforecast_lstm.datasets import load_air_passengers

try:
    from distributed import Client, LocalCluster
except ImportError:
    Client = None
try:
    import optuna
except ImportError:
    optuna = None

HORIZON, WINDOWS, UNITS = 12, [12, 24], [5, 20]


def make_model(**params):
    """Learn by how much each month departs from the same month of the year before."""
    params = {"window_norm": "seasonal", "season_length": 12, "random_state": 0, **params}
    return make_lstm_pipeline(LSTMRegressor(**params), n_steps_in=24, n_steps_out=HORIZON)


def make_search():
    """Every length of the window with every width, scored on two years after the training rows."""
    return GridSearchCV(
        make_model(epochs=30),
        {"window__n_steps_in": WINDOWS, "lstm__units": UNITS},
        cv=TimeSeriesSplit(2, test_size=12),
        scoring="neg_mean_absolute_error",
        error_score="raise",
    )


def search_in_parallel(X, y):
    """Search on a cluster of two processes, or on two processes of joblib's own."""
    if Client is None:
        print("dask.distributed is not installed: the search runs on joblib's own processes.")
        return make_search().set_params(n_jobs=2).fit(X, y)
    # On a real cluster: Client("scheduler:8786"). scatter=[X, y] sends the table to every worker
    # before the search, so that the search goes on if a worker dies.
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**options) as cluster, Client(cluster):  # noqa: SIM117
        with joblib.parallel_config("dask", scatter=[X, y]):
            return make_search().fit(X, y)


# %%
# Report every epoch to Optuna
# ----------------------------
# A callback reports the loss on held-out rows to its trial after each epoch. Fit the pipeline
# itself: a search or a cross-validation would fit a clone, and the clone's callback would report to
# a copy of the trial. Import Keras after this package: then TensorFlow prints nothing.

import keras  # noqa: E402


class Report(keras.callbacks.Callback):
    """Tell a trial the loss of each epoch, and stop where it is behind the other trials."""

    def __init__(self, trial):
        super().__init__()
        self.trial = trial

    def on_epoch_end(self, epoch, logs=None):
        """Report, and stop."""
        self.trial.report(logs["val_loss"], epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned


def objective(trial, X, y):
    """The lowest loss on the last fifth of the rows."""
    model = make_model(
        units=trial.suggest_int("units", 5, 40, log=True),
        learning_rate=trial.suggest_float("learning_rate", 1e-4, 1e-2, log=True),
        epochs=30,
        early_stopping=True,  # holds rows out, and keeps the weights of the best epoch
        n_iter_no_change=30,
        validation_fraction=0.2,
        callbacks=[Report(trial)],
    )
    return min(model.fit(X, y)["lstm"].history_["val_loss"])


def make_study(X, y):
    """Twelve trials; from the fifth on, those behind the median are ended."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=0),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=5),
    )
    study.optimize(lambda trial: objective(trial, X, y), n_trials=12)
    return study


def draw_search(search, ax):
    """The error of each window length, by width."""
    errors = -search.cv_results_["mean_test_score"].reshape(len(UNITS), len(WINDOWS))
    for units, line in zip(UNITS, errors, strict=True):
        ax.plot(WINDOWS, line, "o-", label=f"{units} units")
    ax.set(xlabel="months in the window", ylabel="MAE (thousands of passengers)", xticks=WINDOWS)
    ax.set_title("The search", loc="left")


def draw_study(study, ax):
    """The losses of all trials, epoch by epoch."""
    for trial in study.trials:
        is_pruned = trial.state is optuna.trial.TrialState.PRUNED
        epochs, losses = zip(*sorted(trial.intermediate_values.items()), strict=True)
        color = "tab:red" if is_pruned else "0.6"
        color = "tab:blue" if trial.number == study.best_trial.number else color
        ax.plot(1 + np.array(epochs), losses, color=color, lw=2 if color == "tab:blue" else 1)
        if is_pruned:
            ax.plot(1 + epochs[-1], losses[-1], "x", color=color)
    for color, name in (("0.6", "to the end"), ("tab:red", "pruned"), ("tab:blue", "the best")):
        ax.plot([], [], color=color, label=name)
    ax.set(xlabel="epoch", ylabel="loss on held-out rows")
    ax.set_title("The trials", loc="left")


# %%
# Run both and compare
# --------------------
# The searches in one process and in two have equal scores. Compare their seconds, too: each new
# process imports TensorFlow first.

if __name__ == "__main__":
    X, y = make_supervised(load_air_passengers().to_frame(), n_steps_out=HORIZON)
    print("X", X.shape, "y", y.shape)
    start = time.perf_counter()
    serial = make_search().fit(X, y)
    middle = time.perf_counter()
    parallel = search_in_parallel(X, y)
    print(f"In one process: {middle - start:.1f} s, in two: {time.perf_counter() - middle:.1f} s")
    same = np.array_equal(
        serial.cv_results_["mean_test_score"], parallel.cv_results_["mean_test_score"]
    )
    print(f"Equal scores: {same}. The best: {parallel.best_params_}")

    study = None
    if optuna is None:
        print("optuna is not installed: no trials.")
    else:
        study = make_study(X, y)
        n_epochs = sum(len(trial.intermediate_values) for trial in study.trials)
        n_pruned = sum(trial.state is optuna.trial.TrialState.PRUNED for trial in study.trials)
        print(f"{n_pruned} of {len(study.trials)} trials pruned, {n_epochs} epochs trained")
        print(f"The best: {study.best_params}")

    figure, axes = plt.subplots(
        1, 1 if study is None else 2, figsize=(10, 4), squeeze=False, layout="constrained"
    )
    draw_search(parallel, axes[0, 0])
    if study is not None:
        draw_study(study, axes[0, 1])
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.15))

# %%
# What did not work
# -----------------
# On one machine, and with fits of a second, two processes take longer than one. They pay if a fit
# takes minutes, or on several machines. A pruned trial saves only the epochs after its end, so
# pruning pays for long trainings.
#
# See also: :doc:`/guide/clusters` (dask, ray, Optuna), :doc:`/guide/tuning`, :doc:`/guide/speed`.
