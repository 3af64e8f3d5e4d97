"""How wide are the forecasts off? ``python -m benchmarks.intervals --role report``.

The series and the protocol are those of :mod:`benchmarks.accuracy`. A method forecasts five
quantiles; the outer two are an interval that is to cover nine of ten values. The losses are means
over rows and steps, in units of the seasonal naive forecast's error in the training part.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import panels
from benchmarks.accuracy import recommended, split, to_markdown, windows_of
from benchmarks.series import ROLES, RealSeries, available

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
COVERAGE = 0.9

# From the values of the training part, what the series is, and a seed: what gives quantiles, of
# shape (n_origins, horizon, 5), from all values and the rows to forecast from.
Forecast = Callable[[np.ndarray, np.ndarray], np.ndarray]
Fit = Callable[[np.ndarray, RealSeries, int], Forecast]


def _pipeline(**params: Any) -> Fit:
    """The recommended pipeline, trained on the loss of the quantiles."""

    def fit(train: np.ndarray, series: RealSeries, seed: int) -> Forecast:
        from skforecast_lstm import make_supervised

        X, y = make_supervised(train, n_steps_out=series.horizon)
        model = recommended(series, season_length=series.season_length)
        given = {"loss": "quantile", "quantiles": QUANTILES, **params}
        model.set_params(**{f"lstm__{name}": value for name, value in given.items()})
        model = panels.whole(model, seed).fit(X, y)
        return lambda values, origins: model.predict(values[:, np.newaxis], quantiles=QUANTILES)[
            origins
        ]

    return fit


def _statsforecast(name: str) -> Fit:
    """Its own intervals; the states go on to each row that is forecast from."""

    def fit(train: np.ndarray, series: RealSeries, seed: int) -> Forecast:
        from statsforecast import models

        model = getattr(models, name)(season_length=series.season_length).fit(train)
        columns = ["lo-90", "lo-50", "mean", "hi-50", "hi-90"]

        def forecast(values: np.ndarray, origins: np.ndarray) -> np.ndarray:
            found = [
                model.forward(values[: row + 1], h=series.horizon, level=[50, 90])
                for row in origins
            ]
            return np.stack([np.column_stack([one[c] for c in columns]) for one in found])

        return forecast

    return fit


METHODS: dict[str, Fit] = {
    "AutoETS": _statsforecast("AutoETS"),
    "AutoTheta": _statsforecast("AutoTheta"),
    "without its network": _pipeline(epochs=1, learning_rate=1e-12, n_members=1),
    "make_lstm_pipeline": _pipeline(),
}


def evaluate(fit: Fit, series: RealSeries, seed: int = 0) -> dict[str, float]:
    """Losses of a method on a series, scaled, and the coverage of its interval."""
    from skforecast_lstm.metrics import interval_coverage, interval_score, mean_quantile_loss

    values = series.load().to_numpy()
    n_train, origins = split(len(values), series.horizon)
    found = fit(values[:n_train].copy(), series, seed)(values, origins)
    truth = windows_of(values, origins + series.horizon, series.horizon)
    train = values[:n_train]
    unit = np.abs(train[series.season_length :] - train[: -series.season_length]).mean()
    lower, upper = found[..., 0], found[..., -1]
    return {
        "pinball": mean_quantile_loss(truth, found, quantiles=QUANTILES) / unit,
        "interval score": interval_score(truth, lower, upper, coverage=COVERAGE) / unit,
        "coverage": interval_coverage(truth, lower, upper),
    }


def summarize(records: list[dict[str, Any]]) -> pd.DataFrame:
    """Geometric means of the losses over series, the mean coverage, and its lowest."""
    table = pd.DataFrame(records)
    by_method = table.groupby("method", sort=False)
    means = by_method[["pinball", "interval score"]].agg(lambda x: np.exp(np.log(x).mean()))
    means["coverage"] = by_method["coverage"].mean()
    means["lowest coverage"] = by_method["coverage"].min()
    return means


def main() -> None:
    """Read the arguments, run, and print the tables."""
    parser = argparse.ArgumentParser(prog="intervals", description=__doc__.splitlines()[0])
    parser.add_argument("--role", default="report", choices=[*ROLES, "all"])
    parser.add_argument("--methods", nargs="*", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--out", type=Path, help="file of JSON lines to append to")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    has_peers = importlib.util.find_spec("statsforecast") is not None
    methods = [name for name in options.methods if has_peers or not name.startswith("Auto")]
    records = []
    for series in available():
        if options.role not in (series.role, "all"):
            continue
        for method in methods:
            record = {"series": series.name, "method": method}
            record |= evaluate(METHODS[method], series)
            records.append(record)
            print(json.dumps(record), file=sys.stderr, flush=True)
            if options.out:
                with options.out.open("a") as file:
                    file.write(json.dumps(record) + "\n")
    table = pd.DataFrame(records)
    for name in ("pinball", "coverage"):
        print(name, to_markdown(table.pivot_table(index="series", columns="method", values=name)))
    print(to_markdown(summarize(records), digits=3))


if __name__ == "__main__":
    main()
