"""One measurement in a process of its own: ``python -m benchmarks.measure KIND PEER [CASE]``."""

from __future__ import annotations

import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from sklearn.metrics import log_loss

from benchmarks import peers
from benchmarks.cases import (
    CASES,
    COVARIATES,
    LABELLED,
    N_SERIES,
    PANEL,
    SEARCHES,
    Case,
    make_covariates,
    make_panel,
    make_table,
)


def seconds(run: Callable, repeats: int = 1) -> float:
    """Median seconds of a call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def fit(peer: str, case_name: str) -> dict[str, float]:
    """First fit of the process, compilation included and imports apart, and the next one."""
    return _fit_twice(peer, CASES[case_name])[0]


def _fit_twice(peer: str, case: Case) -> tuple[dict[str, float], Callable]:
    """Seconds of the first fit and the next, and what predicts with the last network."""
    train, run = peers.make(peer, case)
    warm_up = replace(case, n_rows=case.n_steps_in + case.horizon + 3, units=3, epochs=1)
    peers.make(peer, warm_up)[0](*warm_up.windows())  # imports, and what a runtime does once
    X, y = case.windows()
    first = seconds(lambda: train(X, y))
    return {"first": first, "cached": seconds(lambda: train(X, y), case.repeats)}, run


def classify(peer: str, case_name: str) -> dict[str, float]:
    """As ``fit``; probabilities of the windows trained on; and how good these are.

    Times of networks that end with another log loss do not compare.
    """
    case = LABELLED[case_name]
    times, run = _fit_twice(peer, case)
    X, y = case.windows()
    proba = run(X)
    times["predict_proba"] = seconds(lambda: run(X), 3)
    return times if peer == peers.REGRESSOR else {**times, "log loss": log_loss(y, proba)}


def predict(peer: str) -> dict[str, float]:
    """20,000 windows at once, and one at a time."""
    case = replace(CASES["hourly"], n_rows=20_095, epochs=1, batch_size=2048)
    train, run = peers.make(peer, case)
    X, y = case.windows()
    train(X[:2048], y[:2048])
    run(X), run(X[:1])
    return {
        "many": seconds(lambda: run(X), 3),
        "one": seconds(lambda: run(X[:1]), 200 if peer in ("skforecast_lstm", "pytorch") else 20),
    }


def share() -> dict[str, float]:
    """Percent of the machine's limit that fits and predictions reach.

    The limit: the floating-point operations of the network's products, three times as many with
    the backward pass, at the speed of a large product in TensorFlow, measured in between.
    """
    limits, rates = [], {}
    for name, n_rows in (("hourly", 20_095), ("wide", CASES["wide"].n_rows)):
        case = replace(CASES[name], epochs=1)
        large = replace(case, n_rows=n_rows)  # for predictions
        train, run = peers.make("skforecast_lstm", case)
        for what, data, n_operations, call in (
            ("fit", case.windows(), 3 * case.epochs * case.operations, train),
            ("predict", large.windows()[:1], large.operations, run),
        ):
            call(*data)
            limits.append(product_speed())
            rates[f"{what} {name} (%)"] = n_operations / seconds(partial(call, *data), 3)
    limit = max(limits)
    shares = {name: 100 * rate / limit for name, rate in rates.items()}
    return {"large product (Gflop/s)": limit / 1e9, **shares}


def product_speed(size: int = 4_096) -> float:
    """Floating-point operations per second of a large single-precision matrix product."""
    import tensorflow as tf

    a = tf.random.normal((size, size))
    product = tf.function(lambda: tf.matmul(a, a))
    product()
    return 2 * size**3 / min(seconds(lambda: product().numpy()) for _ in range(5))


def panel(peer: str, shape: str) -> dict[str, float]:
    """Seconds and peak MB of a fit on many series or on one of as many windows; of a forecast."""
    n_series = N_SERIES if shape == "many" else 1
    n_windows = N_SERIES * PANEL.n_windows
    n_rows = PANEL.n_rows if shape == "many" else n_windows + PANEL.n_rows - PANEL.n_windows
    case = replace(PANEL, n_rows=n_rows)
    if peer == "pytorch":
        return _panel_pytorch(case, n_series)
    _panel_model(case).fit(make_panel(2, PANEL.n_rows))  # imports, and what a runtime does once
    table, model = make_panel(n_series, n_rows), _panel_model(case)
    result = with_peak("fit", lambda: model.fit(table))
    return {**result, **with_peak("forecast", model.forecast)}


def _panel_model(case: Case) -> object:
    from skforecast_lstm import Forecaster, make_lstm_pipeline

    pipeline = make_lstm_pipeline(
        peers.estimator("skforecast_lstm", case),
        n_steps_in=case.n_steps_in,
        group="series",
        scaler=None,
    )
    return Forecaster(pipeline, target="y", n_steps_out=case.horizon, group="series")


def _panel_pytorch(case: Case, n_series: int) -> dict[str, float]:
    train, _ = peers.make("pytorch", case)
    train(*replace(case, n_rows=case.n_steps_in + case.horizon).windows())
    values = make_panel(n_series, case.n_rows)["y"].to_numpy().reshape(n_series, -1)

    def fit() -> None:
        length = case.n_steps_in + case.horizon
        views = np.lib.stride_tricks.sliding_window_view(values, length, axis=1)
        views = views.reshape(-1, length)
        train(views[:, : case.n_steps_in, None].copy(), views[:, case.n_steps_in :].copy())

    return with_peak("fit", fit)


def covariates(peer: str) -> dict[str, float]:
    """Seconds and peak MB of a fit with three covariates that are known 24 hours ahead."""
    case, frame, known = COVARIATES, make_covariates(), ["a", "b", "c"]
    if peer == "pytorch":
        return _covariates_pytorch(replace(case, n_features=4), frame[["y", *known]].to_numpy())
    from skforecast_lstm import make_lstm_pipeline, make_supervised

    def fit(rows: object, epochs: int) -> None:
        X, y = make_supervised(rows, target="y", n_steps_out=case.horizon, known_future=known)
        model = peers.estimator("skforecast_lstm", replace(case, epochs=epochs))
        make_lstm_pipeline(model, n_steps_in=case.n_steps_in).fit(X, y)

    fit(frame[:300], 1)  # imports, and what a runtime does once
    return with_peak("fit", lambda: fit(frame, case.epochs))


def _covariates_pytorch(case: Case, table: np.ndarray) -> dict[str, float]:
    def fit(table: np.ndarray, case: Case) -> None:
        length = case.n_steps_in + case.horizon
        views = np.lib.stride_tricks.sliding_window_view(table, length, axis=0).swapaxes(1, 2)
        past, ahead = views[:, : case.n_steps_in].copy(), views[:, case.n_steps_in :]
        peers.pytorch_with_known(case, 3)(past, ahead[:, :, 1:].copy(), ahead[:, :, 0].copy())

    fit(table[:300], replace(case, epochs=1))
    return with_peak("fit", lambda: fit(table, case))


def with_peak(name: str, run: Callable) -> dict[str, float]:
    """Seconds of a call, and the most MB in use meanwhile above those before."""
    gc.collect()
    before, peak = resident(), Peak()
    took = seconds(run)
    return {f"{name} (s)": took, f"{name} (MB)": peak.stop() - before}


def search(peer: str) -> dict[str, float]:
    """A grid search of 6 candidates on 5 folds, 50 epochs each, and the memory it leaves."""
    from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

    case = replace(CASES["air passengers"], n_rows=144, epochs=50)
    X, y = case.windows()
    units = "module__units" if peer == "skorch" else "units"
    rate = "lr" if peer == "skorch" else "learning_rate"
    model = peers.estimator(peer, replace(case, epochs=1)).fit(X, y)  # imports
    model = peers.estimator(peer, case)
    grid = {units: [20, 35, 50], rate: [0.001, 0.01]}
    before = resident()
    run = GridSearchCV(
        model, grid, cv=TimeSeriesSplit(5), scoring="neg_mean_absolute_error", error_score="raise"
    )
    return {"search": seconds(lambda: run.fit(X, y)), "search MB": resident() - before}


def pipeline() -> dict[str, float]:
    """Milliseconds of ``Pipeline.predict`` for one window, from the scaler on."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from skforecast_lstm import WindowTransformer, make_supervised

    case = CASES["air passengers"]
    table = make_table(144, 1)
    X, y = make_supervised(table, n_steps_out=12)
    window = WindowTransformer(24, n_steps_out=12)
    model = make_pipeline(StandardScaler(), window, peers.estimator("skforecast_lstm", case))
    model.fit(X, y)
    rows = table[len(X) :]  # the next row continues the fitted ones: its window is their end
    return {
        "next row": 1000 * seconds(lambda: model.predict(rows[:1]), 300),
        "window of 24 rows": 1000 * seconds(lambda: model.predict(table[:24])[-1], 300),
    }


def memory() -> dict[str, float]:
    """Peak MB of a fit on a million rows, above the imports."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from skforecast_lstm import LSTMRegressor, WindowTransformer, make_supervised

    model = make_pipeline(
        StandardScaler(),
        WindowTransformer(168),
        LSTMRegressor(8, epochs=1, batch_size=1024, random_state=0),
    )
    model.fit(make_table(400, 8), make_table(400, 1).ravel())
    gc.collect()
    table = make_table(1_000_000, 8)
    X, y = make_supervised(table, target=0)
    before, peak = resident(), Peak()
    model.fit(X, y)
    fitted = peak.stop() - before
    peak = Peak()
    model.predict(X)
    return {"fit": fitted, "predict": peak.stop() - before, "windows": 999_999 * 168 * 8 * 4 / 1e6}


def growth() -> dict[str, float]:
    """MB in use after so many fits of five architectures and 60 shapes, one after the other."""
    from skforecast_lstm import regressors

    rng = np.random.default_rng(0)
    names = ["LSTM", "StackedLSTM", "BidirectionalLSTM", "CNNLSTM", "EncoderDecoderLSTM"]
    sizes = {}
    for number in range(1, 501):
        n_steps, n_features = (6, 8, 10, 12)[number // 5 % 4], 1 + number // 20 % 3
        model = getattr(regressors, f"{names[number % 5]}Regressor")(8, epochs=3, random_state=0)
        X = rng.normal(size=(60, n_steps, n_features))
        model.fit(X, X[:, -1]).predict(X)
        if number in (1, 50, 100, 200, 300, 400, 500):
            gc.collect()
            sizes[f"{number} fits"] = resident()
    return sizes


def chunks() -> dict[str, float]:
    """Seconds, and MB above those of the fit, while ten million rows are predicted in pieces."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from skforecast_lstm import LSTMRegressor, WindowTransformer, make_supervised

    regressor = LSTMRegressor(8, epochs=1, random_state=0)
    model = make_pipeline(StandardScaler(), WindowTransformer(24), regressor)
    table = make_table(100_000, 4)
    model.fit(*make_supervised(table, target=0))
    gc.collect()
    before, start, found = resident(), time.perf_counter(), {}
    for number in range(1, 101):
        model.predict(table)
        if number in (1, 10, 50, 100):
            found[f"after {number} pieces (MB)"] = resident() - before
    return {**found, "ten million rows (s)": time.perf_counter() - start}


def series() -> dict[str, float]:
    """Seconds and peak MB of a fit on ten thousand series of 40 rows, and of their forecast."""
    case = replace(PANEL, n_rows=40, n_steps_in=12, horizon=3, units=16, epochs=1)
    _panel_model(case).fit(make_panel(2, case.n_rows))
    table, model = make_panel(10_000, case.n_rows), _panel_model(case)
    result = with_peak("fit", lambda: model.fit(table))
    return {**result, **with_peak("forecast", model.forecast)}


def jobs(length: str, first: str) -> dict[str, float]:
    """Seconds of searches over 15 fits with one job and with two, TensorFlow imported before.

    The first one starts the workers, which import TensorFlow and compile; the next finds them.
    """
    from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

    case_name, epochs = SEARCHES[length]
    case = replace(CASES[case_name], epochs=epochs)
    X, y = case.windows()
    runs = {
        n_jobs: GridSearchCV(
            peers.estimator("skforecast_lstm", case),
            {"learning_rate": np.geomspace(0.001, 0.01, 5)},
            cv=TimeSeriesSplit(3),
            scoring="neg_mean_absolute_error",
            error_score="raise",
            n_jobs=n_jobs,
        )
        for n_jobs in ([1, 2] if first == "one" else [2, 1])
    }
    result = {}
    for name in ("first", "next"):
        took = {n_jobs: seconds(lambda run=run: run.fit(X, y)) for n_jobs, run in runs.items()}
        result |= {f"{name}, one job": took[1], f"{name}, two jobs": took[2]}
        result[f"{name}, one / two"] = took[1] / took[2]
    return {"a fit": runs[1].cv_results_["mean_fit_time"].mean(), **result}


def imports() -> dict[str, float]:
    """Seconds of ``import skforecast_lstm`` above those of starting Python."""
    command = [sys.executable, "-c"]
    empty = seconds(lambda: subprocess.run([*command, "pass"], check=True), 7)
    ours = seconds(lambda: subprocess.run([*command, "import skforecast_lstm"], check=True), 7)
    return {"import": ours - empty}


def resident() -> float:
    """MB of memory in use."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


class Peak:
    """Looks at the memory in use every few milliseconds."""

    def __init__(self) -> None:
        self._most, self._is_on = resident(), True
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while self._is_on:
            self._most = max(self._most, resident())
            time.sleep(0.005)

    def stop(self) -> float:
        """The most MB that were in use."""
        self._is_on = False
        self._thread.join()
        return self._most


if __name__ == "__main__":
    kind, *arguments = sys.argv[1:]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    print(json.dumps(globals()[kind](*arguments)))
