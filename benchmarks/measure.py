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

import numpy as np

from benchmarks import peers
from benchmarks.cases import CASES, make_table


def seconds(run: Callable, repeats: int = 1) -> float:
    """Median seconds of a call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def fit(peer: str, case_name: str) -> dict[str, float]:
    """First fit of the process, imports and compilation apart and included, and the next one."""
    case = CASES[case_name]
    train, _ = peers.make(peer, case)
    warm_up = replace(case, n_rows=case.n_steps_in + case.horizon + 3, units=3, epochs=1)
    peers.make(peer, warm_up)[0](*warm_up.windows())  # imports, and what a runtime does once
    X, y = case.windows()
    first = seconds(lambda: train(X, y))
    return {"first": first, "cached": seconds(lambda: train(X, y), case.repeats)}


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
    """MB by which a process grows from its 20th to its 120th fit, shapes varying over ten."""
    from skforecast_lstm import LSTMRegressor

    rng = np.random.default_rng(0)
    sizes = []
    for number in range(120):
        X = rng.normal(size=(60, 5 + number % 10, 2))
        LSTMRegressor(8, epochs=3, random_state=0).fit(X, X[:, -1]).predict(X)
        gc.collect()
        sizes.append(resident())
    return {"growth": sizes[-1] - sizes[19]}


def jobs() -> dict[str, float]:
    """Seconds of a search with one job and two, its fits short and long, workers already there."""
    from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

    result = {}
    for name, case_name, epochs in (("short", "air passengers", 20), ("long", "hourly", 3)):
        case = replace(CASES[case_name], epochs=epochs)
        X, y = case.windows()
        for n_jobs in (1, 2):
            run = GridSearchCV(
                peers.estimator("skforecast_lstm", case),
                {"learning_rate": [0.001, 0.003, 0.01, 0.03]},
                cv=TimeSeriesSplit(3),
                scoring="neg_mean_absolute_error",
                error_score="raise",
                n_jobs=n_jobs,
                refit=False,
            )
            run.fit(X[:200], y[:200])  # starts the workers, and imports
            result[f"{name}, {n_jobs}"] = seconds(lambda run=run, X=X, y=y: run.fit(X, y), 3)
    return result


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
