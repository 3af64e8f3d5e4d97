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
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.accuracy import (
    Fit,
    in_pipeline,
    in_statsforecast,
    recommended,
    split,
    to_markdown,
    windows_of,
)
from benchmarks.series import ROLES, RealSeries, available

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
COVERAGE = 0.9


def _pipeline(**params: Any) -> Fit:
    """The recommended pipeline, trained on the loss of the quantiles."""
    given = {"loss": "quantile", "quantiles": QUANTILES, **params}

    def make(series: RealSeries) -> Any:
        model = recommended(series, season_length=series.season_length)
        return model.set_params(**{f"lstm__{name}": value for name, value in given.items()})

    return in_pipeline(make, quantiles=QUANTILES)


def _quantiles(found: dict[str, np.ndarray]) -> np.ndarray:
    """Those of statsforecast, which has a mean in the place of the median."""
    return np.column_stack([found[c] for c in ("lo-90", "lo-50", "mean", "hi-50", "hi-90")])


# They forecast quantiles, of shape (n_origins, horizon, 5).
METHODS: dict[str, Fit] = {
    "AutoETS": in_statsforecast("AutoETS", _quantiles, level=[50, 90]),
    "AutoTheta": in_statsforecast("AutoTheta", _quantiles, level=[50, 90]),
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
