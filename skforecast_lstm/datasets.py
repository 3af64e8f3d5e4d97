"""Small real data sets that come with the package, and generators; nothing is downloaded."""

from __future__ import annotations

import math
from importlib import resources
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd

__all__ = [
    "load_air_passengers",
    "load_bike_rentals",
    "load_co2",
    "load_japanese_vowels",
    "load_us_macro",
    "make_seasonal",
    "make_toy_table",
]


def load_air_passengers() -> pd.Series:
    """Load the monthly totals of international airline passengers, 1949 to 1960.

    Returns
    -------
    passengers : Series of shape (144,)
        Passengers of the month, in thousands, as float64. The index "month" is a DatetimeIndex
        of freq "MS", from 1949-01 to 1960-12. Nothing is missing.

    Notes
    -----
    Source: Series G of [1]_, in the copy that sktime ships (``datasets/data/Airline``).
    Licence: published statistics, reprinted widely; sktime's copy is under BSD-3-Clause.
    Changes: none.

    References
    ----------
    .. [1] Box and Jenkins (1976). Time Series Analysis: Forecasting and Control. Holden-Day.

    Examples
    --------
    >>> from skforecast_lstm.datasets import load_air_passengers
    >>> load_air_passengers().head(3)
    month
    1949-01-01    112.0
    1949-02-01    118.0
    1949-03-01    132.0
    Freq: MS, Name: passengers, dtype: float64
    """
    return _read_csv("air_passengers.csv", pd.offsets.MonthBegin())["passengers"]


def load_co2() -> pd.Series:
    """Load the weekly CO2 concentration at Mauna Loa, 1958 to 2001, with its gaps.

    Returns
    -------
    co2 : Series of shape (2284,)
        Parts per million by volume, as float64. The index "week" is a DatetimeIndex of freq
        "W-SAT", from 1958-03-29 to 2001-12-29. 59 weeks, in 22 gaps of up to 18, are NaN.

    Notes
    -----
    Source: the flask samples of [1]_, as compiled by statsmodels (``statsmodels.datasets.co2``).
    Licence: public domain, as declared by statsmodels.
    Changes: none; the gaps are the source's.

    References
    ----------
    .. [1] Keeling and Whorf (2004). Atmospheric CO2 concentrations derived from flask air
       samples at sites in the SIO network. In Trends. CDIAC, Oak Ridge National Laboratory.

    Examples
    --------
    >>> from skforecast_lstm.datasets import load_co2
    >>> co2 = load_co2()
    >>> co2.shape, int(co2.isna().sum())
    ((2284,), 59)
    """
    return _read_csv("co2.csv", pd.offsets.Week(weekday=5))["co2"]


def load_japanese_vowels() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Load 640 utterances of nine speakers: sequences of varying length to classify.

    Each row is one utterance of the Japanese vowels /ae/, and its label is the speaker. The split
    into training and test rows is the source's, so that accuracies can be compared with published
    ones. The test rows were recorded on other occasions.

    Returns
    -------
    X_train : ndarray of shape (270, 29, 12)
        Twelve LPC (linear predictive coding) cepstrum coefficients of each frame, as float64,
        oldest frame first. Utterances have 7 to 29 frames (at most 26 in `X_train`), 6.4 ms apart.
        In shorter ones the frames in front are NaN; ``missing="mask"`` leaves them out.
    X_test : ndarray of shape (370, 29, 12)
        The same of the test utterances.
    y_train : ndarray of shape (270,)
        The speaker of each utterance, 1 to 9, as int64: 30 utterances of each.
    y_test : ndarray of shape (370,)
        31, 35, 88, 44, 29, 24, 40, 50 and 29 utterances of the nine speakers.

    Notes
    -----
    Source: the Japanese Vowels dataset [1]_ of the UCI repository, described in [2]_, in the copy
    that aeon ships (``datasets/data/JapaneseVowels``).
    Licence: CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/); please cite [1]_.
    Changes: none of the values; the file is a table of one row per frame, and the NaN in front of
    shorter utterances are the loader's. Rows are sorted by speaker, as in the source: shuffle them
    where the last rows are to validate, as those of early stopping do.

    References
    ----------
    .. [1] Kudo, Toyama and Shimbo (1999). Japanese Vowels. UCI Machine Learning Repository.
       https://doi.org/10.24432/C5NS47 (data)
    .. [2] Kudo, Toyama and Shimbo (1999). Multidimensional curve classification using
       passing-through regions. Pattern Recognition Letters, 20(11-13), 1103-1111.

    Examples
    --------
    >>> from skforecast_lstm.datasets import load_japanese_vowels
    >>> X_train, X_test, y_train, y_test = load_japanese_vowels()
    >>> X_train.shape, y_train[:3].tolist()
    ((270, 29, 12), [1, 1, 1])
    """
    file = resources.files("skforecast_lstm") / "data" / "japanese_vowels.csv.gz"
    with file.open("rb") as packed:
        frames = pd.read_csv(packed, compression="gzip")
    X_train, y_train = _sequences(frames[frames["part"] == "train"], n_steps=29)
    X_test, y_test = _sequences(frames[frames["part"] == "test"], n_steps=29)
    return X_train, X_test, y_train, y_test


def load_us_macro() -> pd.DataFrame:
    """Load nine quarterly macroeconomic series of the United States, 1959 to 2009.

    Returns
    -------
    macro : DataFrame of shape (203, 9)
        All float64. The index "quarter" is a DatetimeIndex of freq "QS-JAN", from 1959-01-01 to
        2009-07-01. Nothing is missing; all but ``tbilrate`` is seasonally adjusted.

        - ``realgdp``, ``realcons``, ``realinv``, ``realgovt``, ``realdpi``: product, consumption,
          private investment, federal consumption and investment, disposable income; billions of
          chained 2005 US dollars, yearly rate
        - ``cpi``: consumer prices at the quarter's end, 1982-84 = 100
        - ``m1``: nominal money stock at the quarter's end, billions of US dollars
        - ``tbilrate``, ``unemp``: 3-month treasury bill and unemployment rate, percent

    Notes
    -----
    Source: FRED [1]_ and the Bureau of Labor Statistics, as compiled by Skipper Seabold
    (``statsmodels.datasets.macrodata``).
    Licence: public domain, as declared by statsmodels.
    Changes: year and quarter became the index. ``pop``, ``infl`` and ``realint`` were left out. The
    last two are computed from the others, and their first value is a filler.

    References
    ----------
    .. [1] Federal Reserve Bank of St. Louis. Federal Reserve Economic Data, as of 2009-12-15.

    Examples
    --------
    >>> from skforecast_lstm.datasets import load_us_macro
    >>> load_us_macro()["realgdp"].head(2)
    quarter
    1959-01-01    2710.349
    1959-04-01    2778.801
    Freq: QS-JAN, Name: realgdp, dtype: float64
    """
    return _read_csv("us_macro.csv", pd.offsets.QuarterBegin(startingMonth=1))


def load_bike_rentals() -> pd.DataFrame:
    """Load hourly bike rentals in Washington, D.C., with weather and holidays, summer 2011.

    ``holiday`` and ``working_day`` are known in advance; the weather is what was observed, and
    known in advance only as far as a weather forecast goes.

    Returns
    -------
    bikes : DataFrame of shape (3288, 5)
        All float64. The index "hour" is a DatetimeIndex of hourly freq in local time, from
        2011-04-12 00:00 to 2011-08-26 23:00 (137 whole days). Nothing is missing.

        - ``rentals``: bikes rented in the hour
        - ``temperature``, ``humidity``: degrees Celsius, percent
        - ``holiday``: 1 on holidays of the district, else 0
        - ``working_day``: 1 on days that are neither weekend nor holiday, else 0

    Notes
    -----
    Source: the Bike Sharing dataset [1]_ of the UCI repository, in the copy of its year 2011
    that the package ISLP ships (``Bikeshare.csv``). Trips: Capital Bikeshare.
    Licence: CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/); please cite [1]_.
    Changes: 115 hours of 2011 have no row in the source. Only the longest run of whole days without
    such an hour is kept, so nothing is filled. No clock change falls into it. Day and hour became
    the index. ``bikers`` was renamed. ``temp`` and ``hum`` are scaled to 0 to 1 in the source, and
    are back in their units here (``47 * temp - 8``, ``100 * hum``). The rest was left out.

    References
    ----------
    .. [1] Fanaee-T and Gama (2014). Event labeling combining ensemble detectors and background
       knowledge. Progress in Artificial Intelligence, 2. https://doi.org/10.24432/C5W894 (data)

    Examples
    --------
    >>> from skforecast_lstm.datasets import load_bike_rentals
    >>> load_bike_rentals().iloc[8].to_dict()  # doctest: +NORMALIZE_WHITESPACE
    {'rentals': 226.0, 'temperature': 14.56, 'humidity': 88.0, 'holiday': 0.0,
     'working_day': 1.0}
    """
    return _read_csv("bike_rentals.csv", pd.offsets.Hour())


def make_seasonal(
    n_samples: int = 240,
    *,
    season_length: int = 12,
    trend: float = 0.1,
    noise: float = 0.1,
    random_state: int | np.random.Generator | None = None,
) -> pd.Series:
    """Make a series of a straight line, a sine of amplitude 1, and Gaussian noise.

    Parameters
    ----------
    n_samples : int, default=240
        Number of steps, at least 1.
    season_length : int, default=12
        Steps per season, at least 2.
    trend : float, default=0.1
        Rise per step.
    noise : float, default=0.1
        Standard deviation of the noise, at least 0; 0 leaves the noise out.
    random_state : int, numpy Generator or None, default=None
        Seed of the noise, at least 0. None gives other noise in each call.

    Returns
    -------
    y : Series of shape (n_samples,)
        ``trend * t + sin(2 * pi * t / season_length)`` plus noise, as float64; a RangeIndex.

    Raises
    ------
    ValueError
        If a parameter is not of the kind, or not in the range, given above.

    Examples
    --------
    >>> from skforecast_lstm.datasets import make_seasonal
    >>> make_seasonal(5, season_length=4, trend=10, noise=0).round(6).tolist()
    [0.0, 11.0, 20.0, 29.0, 40.0]
    """
    _check_number("n_samples", n_samples, "an integer of at least 1", Integral, 1)
    _check_number("season_length", season_length, "an integer of at least 2", Integral, 2)
    _check_number("trend", trend, "a finite number")
    _check_number("noise", noise, "a finite number of at least 0", Real, 0)
    if random_state is not None and not isinstance(random_state, np.random.Generator):
        rule = "None, a numpy.random.Generator or an integer of at least 0"
        _check_number("random_state", random_state, rule, Integral, 0)
    steps = np.arange(n_samples)
    values = trend * steps + np.sin(2 * np.pi * steps / season_length)
    values += np.random.default_rng(random_state).normal(0, noise, n_samples)
    return pd.Series(values, name="y")


def make_toy_table() -> pd.DataFrame:
    """Make the table of nine rows and three columns that the examples of every framing use.

    Returns
    -------
    table : DataFrame of shape (9, 3)
        ``in1`` = 10, 20, ..., 90, ``in2`` = 15, 25, ..., 95 and ``out`` = ``in1 + in2``, as int64.
        The index is a RangeIndex.

    Examples
    --------
    >>> from skforecast_lstm.datasets import make_toy_table
    >>> make_toy_table().tail(2)
       in1  in2  out
    7   80   85  165
    8   90   95  185
    """
    in1 = np.arange(10, 100, 10, dtype="int64")
    return pd.DataFrame({"in1": in1, "in2": in1 + 5, "out": in1 + (in1 + 5)})


def _sequences(frames: pd.DataFrame, n_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The frames of each utterance, at the end of n_steps with NaN in front, and its speaker."""
    values = frames.loc[:, "c1":]
    utterances = frames.groupby("utterance")
    X = np.full((utterances.ngroups, n_steps, values.shape[1]), np.nan)
    X[utterances.ngroup(), n_steps - 1 - utterances.cumcount(ascending=False)] = values
    return X, utterances["speaker"].first().to_numpy("int64", copy=True)


def _check_number(
    name: str, value: Any, rule: str, kind: type = Real, minimum: float = -math.inf
) -> None:
    # bool is an integer to Python; nobody means n_samples=True.
    is_number = isinstance(value, kind) and not isinstance(value, bool)
    if not (is_number and math.isfinite(value) and value >= minimum):
        raise ValueError(f"make_seasonal: {name} must be {rule}, got {value!r}.")


def _read_csv(name: str, freq: pd.offsets.BaseOffset) -> pd.DataFrame:
    file = resources.files("skforecast_lstm") / "data" / name
    with file.open(encoding="utf-8") as text:
        table = pd.read_csv(text, index_col=0, parse_dates=True)
    # Raises if a date is missing, doubled or out of order: no file can slip in with a gap.
    table.index = pd.DatetimeIndex(table.index, freq=freq)
    return table.astype("float64")
