"""The bundled data against the literature, statsmodels and UCI's own files."""

from __future__ import annotations

import csv
import doctest
import gzip
from importlib import resources

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from skforecast_lstm import datasets
from skforecast_lstm.datasets import (
    load_air_passengers,
    load_bike_rentals,
    load_co2,
    load_japanese_vowels,
    load_us_macro,
    make_seasonal,
    make_toy_table,
)

# Loaders of series and tables: loader, shape, first and last time, offset, name of the index
LOADERS = [
    (load_air_passengers, (144,), "1949-01-01", "1960-12-01", pd.offsets.MonthBegin(), "month"),
    (load_co2, (2284,), "1958-03-29", "2001-12-29", pd.offsets.Week(weekday=5), "week"),
    (
        load_us_macro,
        (203, 9),
        "1959-01-01",
        "2009-07-01",
        pd.offsets.QuarterBegin(startingMonth=1),
        "quarter",
    ),
    (
        load_bike_rentals,
        (3288, 5),
        "2011-04-12 00:00",
        "2011-08-26 23:00",
        pd.offsets.Hour(),
        "hour",
    ),
]
LOADER_NAMES = [name for name in datasets.__all__ if name.startswith("load_")]
each_loader = pytest.mark.parametrize("load", [getattr(datasets, name) for name in LOADER_NAMES])
each_table = pytest.mark.parametrize("load", [load for load, *_ in LOADERS])

# "cnt" of May 2011 in UCI's day.csv, a file from which nothing in the package was made.
UCI_DAILY_RENTALS_OF_MAY = [
    *(3351, 4401, 4451, 2633, 4433, 4608, 4714, 4333, 4362, 4803, 4182, 4864, 4105, 3409, 4553),
    *(3958, 4123, 3855, 4575, 4917, 5805, 4660, 4274, 4492, 4978, 4677, 4679, 4758, 4788, 4098),
    3982,
]


# --- every loader -------------------------------------------------------------------------------


def test_every_loader_is_in_the_table_or_loads_sequences():
    tables = [load.__name__ for load, *_ in LOADERS]
    assert sorted([*tables, "load_japanese_vowels"]) == sorted(LOADER_NAMES)


@pytest.mark.parametrize(("load", "shape", "first", "last", "freq", "name"), LOADERS)
def test_shape_and_index(load, shape, first, last, freq, name):
    data = load()
    assert data.shape == shape
    assert isinstance(data.index, pd.DatetimeIndex)
    assert data.index.name == name
    assert data.index.freq == freq
    assert data.index.tz is None
    assert data.index.is_unique
    assert data.index.is_monotonic_increasing
    assert data.index[0] == pd.Timestamp(first)
    assert data.index[-1] == pd.Timestamp(last)
    # The offset says so; counted here without it.
    assert len(pd.date_range(first, last, freq=freq)) == len(data)


@each_table
def test_dtypes_and_missing_values(load):
    frame = load().to_frame() if load().ndim == 1 else load()
    assert (frame.dtypes == np.float64).all()
    assert np.isfinite(frame.dropna()).all(axis=None)
    assert int(frame.isna().sum().sum()) == (59 if load is load_co2 else 0)


@each_table
def test_each_call_returns_a_fresh_object(load):
    data, untouched = load(), load()
    data.iloc[:] = -1.0
    data.index.name = "spoilt"
    again = load()
    assert again is not data
    assert again.index.name != "spoilt"
    if again.ndim == 1:
        pd.testing.assert_series_equal(again, untouched)
    else:
        pd.testing.assert_frame_equal(again, untouched)


@each_loader
def test_docstring_states_source_licence_and_changes(load):
    for word in ("Source:", "Licence:", "Changes:", "References", "Returns", ">>> "):
        assert word in load.__doc__, word
    data = load()
    for part in data if isinstance(data, tuple) else (data,):
        assert f"of shape {part.shape}" in load.__doc__


def test_every_data_file_has_a_loader_and_a_licence_and_all_are_small():
    folder = resources.files("skforecast_lstm") / "data"
    files = {file.name: file for file in folder.iterdir() if ".csv" in file.name}
    names = sorted(name.partition(".")[0] for name in files)
    assert names == sorted(name.removeprefix("load_") for name in LOADER_NAMES)
    assert sum(len(file.read_bytes()) for file in files.values()) < 650_000
    licences = (folder / "LICENSES.md").read_text(encoding="utf-8")
    for name in files:
        assert f"| `{name}` |" in licences


@each_table
def test_values_are_those_written_in_the_file_to_the_last_bit(load):
    name = load.__name__.removeprefix("load_") + ".csv"
    file = resources.files("skforecast_lstm") / "data" / name
    _, *rows = csv.reader(file.read_text(encoding="utf-8").splitlines())
    written = np.array([[float(cell or "nan") for cell in row[1:]] for row in rows])
    np.testing.assert_array_equal(load().to_numpy().reshape(written.shape), written)
    assert load().index.equals(pd.DatetimeIndex([row[0] for row in rows]))


@pytest.mark.parametrize(
    "dates",
    [
        ("2020-01-01", "2020-03-01", "2020-04-01"),
        ("2020-01-01", "2020-01-01", "2020-02-01"),
        ("2020-02-01", "2020-01-01", "2020-03-01"),
    ],
    ids=["missing", "doubled", "out of order"],
)
def test_a_file_with_an_irregular_index_does_not_load(dates, tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    lines = [f"{date},1" for date in dates]
    (tmp_path / "data" / "bad.csv").write_text("\n".join(["month,y", *lines]), encoding="utf-8")
    monkeypatch.setattr(datasets.resources, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match="conform"):
        datasets._read_csv("bad.csv", pd.offsets.MonthBegin())


def test_doctests():
    result = doctest.testmod(datasets)
    assert result.attempted > 0
    assert result.failed == 0


# --- air passengers -----------------------------------------------------------------------------


def test_air_passengers_match_the_literature():
    series = load_air_passengers()
    assert series.name == "passengers"
    assert series.index.freqstr == "MS"
    assert series["1949"].tolist() == [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118]
    assert series["1960"].tolist() == [417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432]
    yearly = [1520, 1676, 2042, 2364, 2700, 2867, 3408, 3939, 4421, 4572, 5140, 5714]
    assert series.groupby(series.index.year).sum().tolist() == yearly
    assert series.sum() == 40363
    assert series.idxmax() == pd.Timestamp("1960-07-01")


# --- co2 ----------------------------------------------------------------------------------------


def test_co2_equals_the_series_of_statsmodels():
    statsmodels_co2 = pytest.importorskip("statsmodels.datasets.co2")
    theirs = statsmodels_co2.load_pandas().data["co2"]
    pd.testing.assert_series_equal(load_co2(), theirs, check_names=False, check_exact=True)


def test_co2_gaps():
    missing = load_co2().isna()
    assert missing.sum() == len(missing) - 2225  # 2225: the observations the source counts
    lengths = missing.groupby((~missing).cumsum()).sum()
    lengths = lengths[lengths > 0]
    assert len(lengths) == 22
    assert lengths.max() == 18
    assert missing["1964-01-25":"1964-05-23"].all()
    assert not missing.iloc[[0, -1]].any()


def test_co2_rises_by_more_than_one_part_per_million_a_year():
    yearly = load_co2().groupby(lambda week: week.year).mean()
    # The annual means that NOAA publishes for Mauna Loa are close to 316 and 371.
    assert yearly[1959] == pytest.approx(316, abs=0.5)
    assert yearly[2001] == pytest.approx(371, abs=0.5)
    assert (yearly.diff(5).dropna() > 0).all()


# --- US macro -----------------------------------------------------------------------------------


def test_us_macro_equals_the_table_of_statsmodels():
    macrodata = pytest.importorskip("statsmodels.datasets.macrodata")
    theirs = macrodata.load_pandas().data
    ours = load_us_macro()
    np.testing.assert_array_equal(ours.to_numpy(), theirs[ours.columns].to_numpy())
    np.testing.assert_array_equal(ours.index.year, theirs["year"])
    np.testing.assert_array_equal(ours.index.quarter, theirs["quarter"])


def test_us_macro_columns():
    macro = load_us_macro()
    levels = ["realgdp", "realcons", "realinv", "realgovt", "realdpi", "cpi", "m1"]
    assert list(macro.columns) == [*levels, "tbilrate", "unemp"]
    assert (macro > 0).all(axis=None)
    assert macro["unemp"].idxmax() == pd.Timestamp("1982-10-01")  # the peak of 10.7 %
    assert macro["unemp"].max() == 10.7


# --- bike rentals -------------------------------------------------------------------------------


def test_bike_rentals_add_up_to_the_daily_table_of_uci():
    daily = load_bike_rentals()["rentals"].resample("D").sum()
    assert daily["2011-05"].tolist() == UCI_DAILY_RENTALS_OF_MAY
    assert daily["2011-04-12"] == 2034
    assert daily["2011-04-16"] == 795
    assert daily["2011-07-04"] == 6043


def test_bike_weather_averages_to_the_daily_table_of_uci():
    bikes = load_bike_rentals()
    daily = bikes[["temperature", "humidity"]].resample("D").mean()
    # "temp" and "hum" of day.csv, scaled to 0 to 1 there.
    uci = pd.DataFrame(
        {"temp": [0.451667, 0.775, 0.848333], "hum": [0.762083, 0.636667, 0.580417]},
        index=pd.DatetimeIndex(["2011-05-01", "2011-05-31", "2011-07-22"]),
    )
    ours = daily.loc[uci.index]
    np.testing.assert_allclose((ours["temperature"] + 8) / 47, uci["temp"], atol=1e-6)
    np.testing.assert_allclose(ours["humidity"] / 100, uci["hum"], atol=1e-6)
    # The height of the heat wave of July 2011.
    assert bikes["temperature"].idxmax().date().isoformat() == "2011-07-22"
    assert 35 < bikes["temperature"].max() < 40
    assert bikes["humidity"].between(0, 100).all()


def test_bike_hours_are_local_time():
    # UCI's hour.csv: the morning of Tuesday 2011-04-12. Commuters peak at 8 and at 17.
    bikes = load_bike_rentals()
    assert bikes.loc["2011-04-12 05":"2011-04-12 09", "rentals"].tolist() == [16, 58, 189, 226, 54]
    working = bikes[bikes["working_day"] == 1]
    by_hour = working["rentals"].groupby(working.index.hour).mean()
    assert by_hour.idxmax() == 17
    assert by_hour[:12].idxmax() == 8


def test_bike_rentals_are_counts():
    rentals = load_bike_rentals()["rentals"]
    assert (rentals >= 1).all()
    assert (rentals % 1 == 0).all()


def test_bike_calendar():
    bikes = load_bike_rentals()
    holidays = bikes.index[bikes["holiday"] == 1].normalize().unique()
    assert bikes["holiday"].sum() == 24 * len(holidays)
    # Emancipation Day (the 16th was a Saturday), Memorial Day, Independence Day
    assert [day.strftime("%m-%d") for day in holidays] == ["04-15", "05-30", "07-04"]
    expected = (bikes.index.day_of_week < 5) & (bikes["holiday"] == 0)
    assert (bikes["working_day"] == expected).all()


# --- Japanese vowels ----------------------------------------------------------------------------

# In UCI's "ae.train" and "ae.test", files from which nothing in the package was made: the first
# two and the last frame of the training utterances, and the last two of the test utterances.
UCI_FRAMES = """
1.860936 -0.207383 0.261557 -0.214562 -0.171253
1.891651 -0.193249 0.235363 -0.249118 -0.112890
0.966744 -0.323093 0.305467 -0.419457 0.514195
1.118108 -0.258605 -0.103982 -0.231256 0.344866
1.177449 -0.404080 0.052026 -0.284812 0.429840
"""


def lengths(X):
    """Known frames of each utterance."""
    return (~np.isnan(X).all(axis=2)).sum(axis=1)


def test_vowels_have_the_utterances_that_uci_counts():
    X_train, X_test, y_train, y_test = load_japanese_vowels()
    assert X_train.shape == (270, 29, 12)
    assert X_test.shape == (370, 29, 12)
    assert X_train.dtype == X_test.dtype == np.float64
    assert y_train.dtype == y_test.dtype == np.int64
    speakers = np.arange(1, 10)
    np.testing.assert_array_equal(y_train, np.repeat(speakers, 30))
    np.testing.assert_array_equal(y_test, np.repeat(speakers, [31, 35, 88, 44, 29, 24, 40, 50, 29]))


def test_vowels_have_nan_in_front_only():
    for X, longest in zip(load_japanese_vowels()[:2], (26, 29), strict=True):
        known = lengths(X)
        assert known.min() == 7
        assert known.max() == longest
        expected = np.arange(29) < 29 - known[:, None]
        np.testing.assert_array_equal(np.isnan(X), np.broadcast_to(expected[:, :, None], X.shape))
        assert not np.isinf(X).any()


def test_vowels_are_those_of_uci():
    X_train, X_test, *_ = load_japanese_vowels()
    # MathWorks' example prints these lengths of its first training and test utterances.
    assert lengths(X_train)[:5].tolist() == [20, 26, 22, 20, 21]
    assert lengths(X_test)[:3].tolist() == [19, 17, 19]
    ours = np.vstack([X_train[0, 9:11], X_train[-1, -1:], X_test[-1, -2:]])[:, :5]
    uci = [[float(value) for value in line.split()] for line in UCI_FRAMES.strip().splitlines()]
    np.testing.assert_array_equal(ours, uci)


def test_vowels_are_those_written_in_the_file_to_the_last_bit():
    file = resources.files("skforecast_lstm") / "data" / "japanese_vowels.csv.gz"
    _, *rows = csv.reader(gzip.decompress(file.read_bytes()).decode().splitlines())
    X_train, X_test, y_train, y_test = load_japanese_vowels()
    for part, X, y in (("train", X_train, y_train), ("test", X_test, y_test)):
        written = [row for row in rows if row[0] == part]
        values = [[float(value) for value in row[3:]] for row in written]
        np.testing.assert_array_equal(X[~np.isnan(X[:, :, 0])], values)
        of_frames = np.repeat(np.column_stack([np.arange(len(y)) + 1, y]), lengths(X), axis=0)
        np.testing.assert_array_equal(of_frames, [[int(cell) for cell in r[1:3]] for r in written])


@pytest.mark.clients
@pytest.mark.parametrize("part", ["train", "test"])
def test_vowels_equal_those_of_sktime(part):
    theirs = pytest.importorskip("sktime.datasets")
    frames, speakers = theirs.load_japanese_vowels(part, return_type="pd-multiindex")
    X_train, X_test, y_train, y_test = load_japanese_vowels()
    X, y = (X_train, y_train) if part == "train" else (X_test, y_test)
    np.testing.assert_array_equal(X[~np.isnan(X[:, :, 0])], frames.to_numpy())
    np.testing.assert_array_equal(y, speakers.astype(int))


def test_each_call_loads_fresh_vowels():
    first = load_japanese_vowels()
    for part in first:
        part[:] = -1
    assert not any((part == -1).all() for part in load_japanese_vowels())


def test_vowels_tell_their_speakers():
    X_train, X_test, y_train, y_test = load_japanese_vowels()

    def features(X):
        return np.hstack([np.nanmean(X, axis=1), X[:, -1]])

    linear = LogisticRegression(max_iter=1000).fit(features(X_train), y_train)
    # 94.1 % is what is quoted of the method that the data was collected for.
    assert linear.score(features(X_test), y_test) > 0.941


# --- make_seasonal ------------------------------------------------------------------------------


def test_make_seasonal_defaults():
    series = make_seasonal()
    assert series.shape == (240,)
    assert series.name == "y"
    assert series.dtype == np.float64
    assert isinstance(series.index, pd.RangeIndex)


@pytest.mark.parametrize("season_length", [2, 7, 12])
@pytest.mark.parametrize("trend", [-0.5, 0, 2])
def test_make_seasonal_without_noise_is_a_line_and_a_season(season_length, trend):
    series = make_seasonal(60, season_length=season_length, trend=trend, noise=0)
    rise = series.diff(season_length).dropna()
    np.testing.assert_allclose(rise, trend * season_length, atol=1e-9)
    season = series - trend * np.arange(60)
    assert season.abs().max() <= 1 + 1e-9
    assert season.iloc[0] == 0


def test_make_seasonal_adds_noise_of_the_given_deviation():
    quiet = make_seasonal(5000, noise=0)
    noise = make_seasonal(5000, noise=0.3, random_state=0) - quiet
    assert noise.std() == pytest.approx(0.3, rel=0.05)
    assert noise.mean() == pytest.approx(0, abs=0.02)


def test_make_seasonal_seeds():
    first = make_seasonal(random_state=7)
    pd.testing.assert_series_equal(first, make_seasonal(random_state=7))
    pd.testing.assert_series_equal(first, make_seasonal(random_state=np.int64(7)))
    pd.testing.assert_series_equal(first, make_seasonal(random_state=np.random.default_rng(7)))
    assert not first.equals(make_seasonal(random_state=8))
    assert not make_seasonal().equals(make_seasonal())


def test_make_seasonal_leaves_the_global_state_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    make_seasonal(random_state=0)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_make_seasonal_takes_the_smallest_values_allowed():
    assert make_seasonal(1, season_length=2, noise=0, random_state=0).tolist() == [0.0]


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("n_samples", 0, "an integer of at least 1"),
        ("n_samples", 12.0, "an integer of at least 1"),
        ("n_samples", True, "an integer of at least 1"),
        ("n_samples", "12", "an integer of at least 1"),
        ("season_length", 1, "an integer of at least 2"),
        ("season_length", None, "an integer of at least 2"),
        ("trend", float("nan"), "a finite number"),
        ("trend", "up", "a finite number"),
        ("noise", -0.1, "a finite number of at least 0"),
        ("noise", float("inf"), "a finite number of at least 0"),
        ("random_state", -1, "an integer of at least 0"),
        ("random_state", "seed", "an integer of at least 0"),
        ("random_state", True, "an integer of at least 0"),
    ],
)
def test_make_seasonal_names_the_parameter_the_rule_and_the_value(name, value, rule):
    with pytest.raises(ValueError, match=rule) as error:
        make_seasonal(**{name: value})
    assert f"make_seasonal: {name} must be" in str(error.value)
    assert str(error.value).endswith(f"got {value!r}.")


# --- make_toy_table -----------------------------------------------------------------------------


def test_toy_table_is_the_one_of_the_design():
    table = make_toy_table()
    assert table.shape == (9, 3)
    assert list(table.columns) == ["in1", "in2", "out"]
    assert table["in1"].tolist() == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert table["in2"].tolist() == [15, 25, 35, 45, 55, 65, 75, 85, 95]
    assert table["out"].tolist() == [25, 45, 65, 85, 105, 125, 145, 165, 185]
    assert (table.dtypes == np.int64).all()
    assert isinstance(table.index, pd.RangeIndex)


def test_toy_table_is_fresh_in_each_call():
    table = make_toy_table()
    table["in1"] = 0
    assert make_toy_table()["in1"].iloc[0] == 10
