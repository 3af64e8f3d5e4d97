"""Searches and backtests in other processes and on clusters, and trials of Optuna."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time

import joblib
import keras
import numpy as np
import pandas as pd
import pytest
from joblib.externals.loky.process_executor import TerminatedWorkerError
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score

from skforecast_lstm import LSTMRegressor, backtest, make_lstm_pipeline

GRID = {"window__n_steps_in": [3, 6], "lstm__units": [3, 4]}
SCORES = [f"split{number}_test_score" for number in range(2)]
cluster = pytest.mark.cluster


def make_model(**params):
    params = {"epochs": 3, "random_state": 0, **params}
    return make_lstm_pipeline(LSTMRegressor(4, **params), n_steps_in=6, n_steps_out=3)


def make_search(**params):
    return GridSearchCV(
        make_model(**params),
        GRID,
        cv=TimeSeriesSplit(2),
        scoring="neg_mean_absolute_error",
        error_score="raise",
    )


def check_equal(search, serial):
    """All scores are those of one job, bit for bit."""
    for name in SCORES:
        np.testing.assert_array_equal(search.cv_results_[name], serial.cv_results_[name])
    assert search.best_params_ == serial.best_params_


def make_asking():
    """A function that workers run, who need not be able to import this file."""

    def ask():
        import os
        import time

        import tensorflow as tf

        import skforecast_lstm._programs  # noqa: F401 (sets what TensorFlow takes)

        time.sleep(1)  # so that every worker is asked
        return (
            os.environ["OMP_NUM_THREADS"],
            tf.config.threading.get_intra_op_parallelism_threads(),
            tf.config.threading.get_inter_op_parallelism_threads(),
        )

    return ask


def kill_when(is_time, find_pid):
    """End a process the hard way, as soon as it is time."""

    def wait():
        while not is_time():
            time.sleep(0.01)
        os.kill(find_pid(), signal.SIGKILL)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


@pytest.fixture
def serial(airline):
    return make_search().fit(*airline)


# --- what is sent to workers ---------------------------------------------------------------------


def test_estimators_are_small_when_they_are_sent(airline):
    fresh = make_model()
    n_bytes = len(pickle.dumps(fresh))
    assert n_bytes < 2_000
    # Weights, twice as many numbers of the optimizer's memory, and a few rows.
    n_weights = 4 * (4 * (1 + 4) + 4) + 4 * 3 + 3
    fitted = fresh.fit(*airline)
    assert n_weights == fitted[-1].model_.count_params()
    assert len(pickle.dumps(fitted)) < 3 * 4 * n_weights + 15_000


# --- processes of this machine -------------------------------------------------------------------


@pytest.mark.slow
def test_a_killed_worker_of_loky_is_an_error_and_the_next_search_works(airline, serial, tmp_path):
    note = tmp_path / "pid"
    callback = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: note.exists() or note.write_text(str(os.getpid()))
    )
    endless = make_search(epochs=1_000_000, callbacks=callback).set_params(n_jobs=2)
    thread = kill_when(lambda: note.exists() and note.read_text(), lambda: int(note.read_text()))
    with pytest.raises(TerminatedWorkerError, match="SIGKILL"):
        endless.fit(*airline)
    thread.join()
    check_equal(make_search().set_params(n_jobs=2).fit(*airline), serial)


# --- dask ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client():
    """A cluster of two processes; dask grants each fit one core, unless the user says otherwise."""
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OMP_NUM_THREADS")
        workers = distributed.LocalCluster(**options)
    with workers, distributed.Client(workers) as one:
        yield one


@cluster
@pytest.mark.slow
def test_a_search_on_dask_finds_what_one_job_finds(client, airline, serial):
    with joblib.parallel_config("dask"):
        check_equal(make_search().fit(*airline), serial)
    assert set(client.run(make_asking()).values()) == {("1", 1, 1)}


@cluster
@pytest.mark.slow
def test_a_killed_worker_of_dask_does_not_lose_the_search(client, airline):
    X, y = airline
    expected = make_search(epochs=100).fit(X, y)
    pids = client.run(os.getpid)
    states = client.cluster.scheduler.tasks

    def is_half_done():
        fits = [task.state for key, task in [*states.items()] if "fit_and_score" in str(key)]
        return "memory" in fits and "processing" in fits

    with joblib.parallel_config("dask", scatter=[X, y]):
        thread = kill_when(is_half_done, lambda: next(iter(pids.values())))
        found = make_search(epochs=100).fit(X, y)
    thread.join()
    check_equal(found, expected)
    client.wait_for_workers(2, timeout=30)
    assert set(client.run(os.getpid).values()) != set(pids.values())


@cluster
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::skforecast_lstm.NoSkillWarning")
@pytest.mark.filterwarnings("ignore:n_jobs=2 did not pay:UserWarning")
def test_a_backtest_on_dask_is_that_of_one_job(client, airline):
    X, y = airline
    options = {"cv": TimeSeriesSplit(2, test_size=6), "season_length": 12}
    expected = backtest(make_model(), X, y, **options)
    with joblib.parallel_config("dask"):
        found = backtest(make_model(), X, y, n_jobs=2, **options)
    pd.testing.assert_frame_equal(found.predictions, expected.predictions)


@cluster
@pytest.mark.slow
def test_a_worker_of_dask_takes_the_cores_that_its_environment_grants():
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        distributed.LocalCluster(env={"OMP_NUM_THREADS": "2"}, **options) as workers,
        distributed.Client(workers) as client,
    ):
        assert set(client.run(make_asking()).values()) == {("2", 2, 2)}


# --- ray -----------------------------------------------------------------------------------------


@cluster
@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of ray itself
def test_a_search_on_ray_finds_what_one_job_finds(airline, serial, monkeypatch):
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    register_ray()
    monkeypatch.delenv("OMP_NUM_THREADS")  # where it is set, ray leaves it
    ray.init(num_cpus=6, include_dashboard=False, log_to_driver=False)
    ask = joblib.delayed(make_asking())
    try:
        with joblib.parallel_config("ray", n_jobs=2):
            check_equal(make_search().fit(*airline), serial)
        with joblib.parallel_config("ray", n_jobs=2, ray_remote_args={"num_cpus": 3}):
            assert set(joblib.Parallel()(ask() for _ in range(2))) == {("3", 3, 3)}
    finally:
        ray.shutdown()


# --- Optuna --------------------------------------------------------------------------------------


@pytest.fixture
def optuna():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


class Report(keras.callbacks.Callback):
    """Reports each epoch to a trial, and ends it where the pruner says so."""

    def __init__(self, trial):
        super().__init__()
        self.trial = trial

    def on_epoch_end(self, epoch, logs=None):
        import optuna

        self.trial.report(logs["val_loss"], epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned


@cluster
@pytest.mark.filterwarnings("ignore:OptunaSearchCV is experimental")
@pytest.mark.filterwarnings("ignore:`optuna.terminator` module:FutureWarning")
def test_optuna_searches_a_pipeline(optuna, airline):
    integration = pytest.importorskip("optuna_integration")
    X, y = airline
    space = {
        "window__n_steps_in": optuna.distributions.IntDistribution(3, 6),
        "lstm__learning_rate": optuna.distributions.FloatDistribution(1e-3, 1e-1, log=True),
    }
    cv, scoring = TimeSeriesSplit(2), "neg_mean_absolute_error"
    search = integration.OptunaSearchCV(
        make_model(), space, cv=cv, n_trials=3, scoring=scoring, random_state=0, error_score="raise"
    ).fit(X, y)
    best = make_model().set_params(**search.best_params_)
    expected = cross_val_score(best, X, y, cv=cv, scoring=scoring)
    assert search.best_score_ == expected.mean()
    np.testing.assert_array_equal(search.predict(X), best.fit(X, y).predict(X))


@cluster
@pytest.mark.parametrize("theirs", [False, True])
def test_a_study_prunes_at_an_epoch(optuna, airline, theirs):
    X, y = airline

    def objective(trial):
        rate = trial.suggest_categorical("learning_rate", [0.01, 1e-6])
        callback = Report(trial)
        if theirs:
            integration = pytest.importorskip("optuna_integration")
            callback = integration.KerasPruningCallback(trial, "val_loss")
        model = make_model(
            epochs=8,
            learning_rate=rate,
            callbacks=[callback],
            early_stopping=True,
            validation_fraction=0.2,
        )
        return min(model.fit(X, y)["lstm"].history_["val_loss"])

    study = optuna.create_study(
        sampler=optuna.samplers.GridSampler({"learning_rate": [0.01, 1e-6]}, seed=2),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=1, n_warmup_steps=2),
    )
    study.enqueue_trial({"learning_rate": 0.01})
    study.enqueue_trial({"learning_rate": 1e-6})
    study.optimize(objective, n_trials=2)
    good, bad = study.trials
    assert good.state.name == "COMPLETE"
    assert good.value == min(good.intermediate_values.values())
    assert bad.state.name == "PRUNED"
    assert sorted(bad.intermediate_values) == [0, 1, 2]


@cluster
def test_a_trial_in_a_cross_validation_is_a_copy_and_that_is_said(optuna, airline):
    study = optuna.create_study()
    trial = study.ask()
    model = make_model(callbacks=[Report(trial)], early_stopping=True, validation_fraction=0.2)
    with pytest.warns(UserWarning, match="'trial' of Report"):
        cross_val_score(model, *airline, cv=TimeSeriesSplit(2), error_score="raise")
    study.tell(trial, 0.0)
    assert not study.trials[0].intermediate_values
