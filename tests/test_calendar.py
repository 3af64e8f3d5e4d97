"""The calendar of each row and of the steps ahead of it."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

from skforecast_lstm import CompleteRowsRegressor, WindowTransformer, make_supervised
from skforecast_lstm.calendar import CalendarFeatures
from skforecast_lstm.groups import GroupScaler, GroupTransformedTargetRegressor

FIELDS = ["minute", "hour", "weekday", "day", "dayofyear", "week", "month", "quarter"]


def dated(index: pd.Index) -> pd.DataFrame:
    """A table with a number per row."""
    return pd.DataFrame({"load": np.arange(float(len(index)))}, index=index)


# --- what the fields are ------------------------------------------------------------------------

HALF, YEAR = np.sqrt(0.5), 365.2425


@pytest.mark.parametrize(
    ("field", "time", "sine", "cosine"),
    [
        ("minute", "2024-01-01 05:00", 0, 1),
        ("minute", "2024-01-01 05:45", -1, 0),
        ("hour", "2024-01-01 00:59", 0, 1),
        ("hour", "2024-01-01 06:00", 1, 0),
        ("hour", "2024-01-01 12:00", 0, -1),
        ("hour", "2024-01-01 21:00", -HALF, HALF),
        ("weekday", "2024-01-01", 0, 1),  # a Monday
        ("weekday", "2024-01-07", np.sin(2 * np.pi * 6 / 7), np.cos(2 * np.pi * 6 / 7)),
        ("day", "2024-02-01", 0, 1),
        ("day", "2024-02-16", np.sin(24 * np.pi * 15 / YEAR), np.cos(24 * np.pi * 15 / YEAR)),
        ("dayofyear", "2024-01-01", 0, 1),
        ("dayofyear", "2024-12-31", np.sin(2 * np.pi * 365 / YEAR), np.cos(2 * np.pi * 365 / YEAR)),
        ("week", "2024-01-01", 0, 1),
        ("week", "2023-01-01", np.sin(14 * np.pi * 51 / YEAR), np.cos(14 * np.pi * 51 / YEAR)),
        ("month", "2024-01-31", 0, 1),
        ("month", "2024-04-01", 1, 0),
        ("month", "2024-07-15", 0, -1),
        ("month", "2024-11-01", -np.sqrt(0.75), 0.5),
        ("quarter", "2024-03-31", 0, 1),
        ("quarter", "2024-04-01", 1, 0),
        ("quarter", "2024-12-31", -1, 0),
    ],
)
def test_values_by_hand(field, time, sine, cosine):
    index = pd.DatetimeIndex([time])
    features = CalendarFeatures([field]).fit_transform(dated(index))
    assert list(features.columns) == ["load", f"{field}_sin", f"{field}_cos"]
    np.testing.assert_allclose(features.iloc[0, 1:], [sine, cosine], atol=1e-12)


@given(
    st.lists(
        st.datetimes(pd.Timestamp("1900-01-01"), pd.Timestamp("2200-12-31")), min_size=1, max_size=9
    )
)
def test_values_lie_on_the_circle_and_go_around_once(times):
    features = CalendarFeatures(FIELDS).fit_transform(dated(pd.DatetimeIndex(times)))
    for field in FIELDS:
        sine, cosine = features[f"{field}_sin"], features[f"{field}_cos"]
        np.testing.assert_allclose(sine**2 + cosine**2, 1)
        assert features[[f"{field}_sin", f"{field}_cos"]].abs().max(axis=None) <= 1
    # No two days of a year are the same, not even in a leap year.
    year = dated(pd.date_range(times[0].replace(month=1, day=1), periods=366))
    angles = CalendarFeatures(["dayofyear"]).fit_transform(year).iloc[:, 1:].round(6)
    assert len(angles.drop_duplicates()) == year.index.day_of_year.nunique()


def test_times_with_a_zone_count_by_its_clock():
    berlin = pd.DatetimeIndex(["2024-07-01 04:00"], tz="UTC").tz_convert("Europe/Berlin")
    features = CalendarFeatures(["hour"]).fit_transform(dated(berlin))
    np.testing.assert_allclose(features.iloc[0, 1:], [1, 0], atol=1e-12)


@pytest.mark.parametrize("freq", ["h", "D", "W", "W-WED", "M", "Q", "Q-NOV", "Y"])
def test_periods_count_by_their_start(freq):
    periods = pd.period_range("2023-11-06", periods=30, freq=freq)
    calendar = CalendarFeatures(FIELDS, n_steps_out=2)
    pd.testing.assert_frame_equal(
        calendar.fit_transform(dated(periods)),
        calendar.fit_transform(dated(periods.to_timestamp())).set_axis(periods),
    )


# --- which fields -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("freq", "fields"),
    [
        ("s", ("minute", "hour", "weekday", "month")),
        ("15min", ("minute", "hour", "weekday", "month")),
        ("h", ("hour", "weekday", "month")),
        ("6h", ("hour", "weekday", "month")),
        ("D", ("weekday", "dayofyear")),
        ("B", ("weekday", "dayofyear")),
        ("W", ("week",)),
        ("2W", ("week",)),
        ("MS", ("month",)),
        ("BME", ("month",)),
        ("2MS", ("month",)),
        ("QS", ("quarter",)),
        ("YS", ()),
    ],
)
def test_automatic_fields_are_those_that_tell_rows_apart(freq, fields):
    index = pd.date_range("2020-01-01", periods=20, freq=freq, tz="Europe/Berlin")
    calendar = CalendarFeatures().fit(dated(index))
    assert calendar.fields_ == fields
    assert calendar.transform(dated(index)).shape == (20, 1 + 2 * len(fields))
    # Gaps and repetitions do not matter.
    index = index.delete([3, 4, 11]).repeat(3)
    assert CalendarFeatures().fit(dated(index)).fields_ == fields


def test_fields_come_in_the_order_asked_for():
    calendar = CalendarFeatures(("month", "hour")).fit(dated(pd.DatetimeIndex(["2024-01-01"])))
    assert calendar.fields_ == ("month", "hour")
    names = ["load", "month_sin", "month_cos", "hour_sin", "hour_cos"]
    assert list(calendar.get_feature_names_out()) == names


# --- the steps ahead ----------------------------------------------------------------------------

TIMES = {
    "quarters of an hour": pd.date_range("2024-01-01", periods=60, freq="15min"),
    "hours": pd.date_range("2024-01-01", periods=60, freq="h"),
    "days": pd.date_range("2024-02-01", periods=60, freq="D"),
    "every other day": pd.date_range("2024-02-01", periods=60, freq="2D"),
    "business days": pd.date_range("2024-01-01", periods=60, freq="B"),
    "weeks": pd.date_range("2024-01-01", periods=60, freq="W"),
    "month starts": pd.date_range("2023-01-01", periods=60, freq="MS"),
    "month ends": pd.date_range("2023-01-31", periods=60, freq="ME"),
    "last business days": pd.date_range("2023-01-31", periods=60, freq="BME"),
    "third Fridays": pd.date_range("2023-01-01", periods=60, freq="WOM-3FRI"),
    "quarters": pd.date_range("2000-01-01", periods=60, freq="QS-FEB"),
    "years": pd.date_range("1950-01-01", periods=60, freq="YS"),
    # The clocks go forward on 31 March and back on 27 October.
    "hours, DST in spring": pd.date_range("2024-03-30", periods=60, freq="h", tz="Europe/Berlin"),
    "hours, DST in autumn": pd.date_range("2024-10-26", periods=60, freq="h", tz="Europe/Berlin"),
    "days, DST in spring": pd.date_range("2024-03-18", periods=60, freq="D", tz="Europe/Berlin"),
    "days, DST in autumn": pd.date_range("2024-10-14", periods=60, freq="D", tz="Europe/Berlin"),
    "weeks, DST": pd.date_range("2024-01-01", periods=60, freq="W", tz="Europe/Berlin"),
    "month periods": pd.period_range("2023-01", periods=60, freq="M"),
    "hour periods": pd.period_range("2023-01", periods=60, freq="h"),
}
TIMES |= {
    f"{name}, no freq": pd.DatetimeIndex(index, freq=None)
    for name, index in TIMES.items()
    if isinstance(index, pd.DatetimeIndex)
}
each_index = pytest.mark.parametrize("index", TIMES.values(), ids=list(TIMES))


@pytest.mark.parametrize("lead", [0, 1, 3])
@each_index
def test_the_steps_ahead_are_the_rows_that_follow(index, lead):
    data = dated(index)
    own = CalendarFeatures(FIELDS).fit_transform(data).drop(columns="load")
    calendar = CalendarFeatures(FIELDS, n_steps_out=4, lead=lead).fit(data[:40])
    ahead = calendar.transform(data.iloc[np.arange(30)]).drop(columns="load")
    pd.testing.assert_frame_equal(ahead[own.columns], own[:30], check_freq=False)
    for step in range(lead, lead + 4):
        names = [f"{name}(t+{step})" if step else f"{name}(t)" for name in own.columns]
        np.testing.assert_allclose(ahead[names], own[step : 30 + step], atol=1e-12)


@each_index
def test_a_single_row_knows_the_steps_ahead(index):
    data = dated(index)
    calendar = CalendarFeatures(FIELDS, n_steps_out=5).fit(data[:40])
    together = calendar.transform(data)
    for row in (0, 23, 59):
        alone = calendar.transform(data.iloc[[row]])
        pd.testing.assert_frame_equal(alone, together.iloc[[row]], check_freq=False)


def test_the_columns_are_those_of_make_supervised():
    # Had the calendar been in the table, known_future would have given the same.
    data = dated(TIMES["hours"])
    by_calendar = CalendarFeatures(["hour", "month"], n_steps_out=3).fit_transform(data)
    table = CalendarFeatures(["hour", "month"]).fit_transform(data)
    known = list(table.columns[1:])
    X, _ = make_supervised(table, target="load", n_steps_out=3, known_future=known)
    coming = [name for name in X.columns if "(t+" in name]
    assert [name for name in by_calendar.columns if "(t+" in name] == coming
    pd.testing.assert_frame_equal(by_calendar.loc[X.index, coming], X[coming], check_freq=False)


@pytest.mark.parametrize("name", ["hours", "days, DST in autumn", "business days, no freq"])
def test_series_that_share_times(name):
    index = TIMES[name]
    calendar = CalendarFeatures(n_steps_out=2)
    alone = calendar.fit_transform(dated(index))
    data = dated(index).assign(shop="a")
    pooled = pd.concat([data, data.assign(shop="b")[5:]]).sort_index(kind="stable")
    together = clone(calendar).fit(pooled).transform(pooled)
    assert list(together.columns) == ["load", "shop", *alone.columns[1:]]
    is_first = (together["shop"] == "a").to_numpy()
    pd.testing.assert_frame_equal(together[is_first].drop(columns="shop"), alone, check_freq=False)
    pd.testing.assert_frame_equal(
        together[~is_first].drop(columns=["shop", "load"]),
        alone[5:].drop(columns="load"),
        check_freq=False,
    )
    # Their labels may be a level of the index.
    by_level = clone(calendar).fit_transform(pooled.set_index("shop", append=True))
    pd.testing.assert_frame_equal(by_level.reset_index("shop")[together.columns], together)


@pytest.mark.parametrize("name", ["hours", "third Fridays", "month periods"])
def test_the_order_of_the_rows_is_of_no_account(name):
    data = dated(TIMES[name])
    calendar = CalendarFeatures(n_steps_out=2)
    expected = calendar.fit_transform(data)
    # Read backwards, pandas' own frequency points to the past.
    for rows in (slice(None, None, -1), np.random.default_rng(0).permutation(60)):
        features = clone(calendar).fit_transform(data.iloc[rows])
        pd.testing.assert_frame_equal(features, expected.iloc[rows])


def test_attributes():
    data = dated(pd.DatetimeIndex(TIMES["month ends"], freq=None))
    calendar = CalendarFeatures(n_steps_out=1).fit(data)
    assert calendar.freq_ == pd.offsets.MonthEnd()
    assert calendar.fields_ == ("month",)
    assert (calendar.n_features_in_, list(calendar.feature_names_in_)) == (1, ["load"])
    irregular = dated(data.index.delete([3, 8]))
    assert CalendarFeatures().fit(irregular).freq_ is None


# --- containers, pipelines ----------------------------------------------------------------------

DAYS = dated(pd.date_range("2024-01-01", periods=90, name="day"))


def test_the_columns_of_the_table_are_handed_on_as_they_are():
    data = DAYS.assign(shop=pd.Categorical(["a", "b", "a"] * 30), count=np.arange(90))
    data.loc[data.index[3], "load"] = np.nan
    given = data.copy()
    features = CalendarFeatures(["month"], n_steps_out=1).fit(data).transform(data)
    pd.testing.assert_frame_equal(features[data.columns], data)
    pd.testing.assert_frame_equal(data, given)
    features.iloc[:, 0] = 0  # what is done to them afterwards does not reach the table
    pd.testing.assert_frame_equal(data, given)


def test_columns_without_names_get_those_of_scikit_learn():
    data = pd.DataFrame(np.zeros((5, 2)), index=DAYS.index[:5])
    features = CalendarFeatures(["month"]).fit_transform(data)
    assert list(features.columns) == ["x0", "x1", "month_sin", "month_cos"]
    StandardScaler().fit(features)  # which takes no mix of numbers and names


@pytest.mark.parametrize("how", ["default", "pandas"])
def test_set_output(how):
    expected = CalendarFeatures(n_steps_out=1).fit_transform(DAYS)
    calendar = CalendarFeatures(n_steps_out=1).set_output(transform=how)
    pd.testing.assert_frame_equal(calendar.fit_transform(DAYS), expected)
    with sklearn.config_context(transform_output=how):
        features = CalendarFeatures(n_steps_out=1).fit_transform(DAYS)
    pd.testing.assert_frame_equal(features, expected)
    assert list(calendar.get_feature_names_out(["load"])) == list(expected.columns)
    with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
        calendar.get_feature_names_out(["price"])


def test_parameters_changed_after_fit_wait_for_the_next_one():
    calendar = CalendarFeatures(["hour"]).fit(DAYS)
    expected = calendar.transform(DAYS)
    calendar.set_params(fields=["month"], n_steps_out=3, lead=2)
    pd.testing.assert_frame_equal(calendar.transform(DAYS), expected)
    assert calendar.fit(DAYS).transform(DAYS).shape == (90, 1 + 2 * 4)


def test_it_is_an_estimator_like_any_other():
    calendar = CalendarFeatures(["month", "hour"], n_steps_out=2)
    assert clone(calendar).get_params() == {
        "fields": ["month", "hour"],
        "n_steps_out": 2,
        "lead": 1,
    }
    assert repr(CalendarFeatures()) == "CalendarFeatures()"
    assert repr(calendar) == "CalendarFeatures(fields=['month', 'hour'], n_steps_out=2)"
    assert "CalendarFeatures" in estimator_html_repr(calendar)
    again = pickle.loads(pickle.dumps(calendar.fit(DAYS)))
    pd.testing.assert_frame_equal(again.transform(DAYS), calendar.transform(DAYS))


def weekly(n_days: int = 200) -> pd.DataFrame:
    """What a day sells hangs on its weekday alone, and not on the day before."""
    rng = np.random.default_rng(0)
    index = pd.date_range("2024-01-01", periods=n_days)
    level = np.array([0.0, 3, 1, 4, 2, 8, 6])[index.day_of_week]
    return pd.DataFrame({"sold": level + 0.1 * rng.normal(size=n_days)}, index=index)


def test_the_calendar_of_the_step_predicted_helps():
    X, y = make_supervised(weekly(), n_steps_out=3)
    window = WindowTransformer(2, flatten=True)
    steps = [StandardScaler(), window, CompleteRowsRegressor(Ridge(0.1))]
    calendar = CalendarFeatures(["weekday"], n_steps_out=3)
    plain, informed = (
        -cross_val_score(
            make_pipeline(*first, *steps).set_output(transform="pandas"),
            X,
            y,
            cv=TimeSeriesSplit(3),
            scoring="neg_mean_absolute_error",
        ).mean()
        for first in ([], [calendar])
    )
    assert informed < 0.8 * plain


def test_before_the_scaler_and_the_window_of_many_series():
    parts = [weekly().assign(shop="a"), (1000 * weekly()).assign(shop="b")]
    X, y = make_supervised(
        pd.concat(parts).sort_index(kind="stable"), target="sold", group="shop", n_steps_out=2
    )
    pipeline = make_pipeline(
        CalendarFeatures(["weekday"], n_steps_out=2),
        GroupScaler(group="shop"),
        WindowTransformer(7, group="shop", flatten=True, padding="edge", purge=False),
        Ridge(0.1),
    )
    model = GroupTransformedTargetRegressor(pipeline, group="shop").fit(X[:300], y[:300])
    predicted = model.predict(X)
    # Both series are the same but for their scale, and so are their forecasts.
    is_b = (X["shop"] == "b").to_numpy()
    np.testing.assert_allclose(predicted[is_b], 1000 * predicted[~is_b])
    np.testing.assert_allclose(model.predict(X[300:]), predicted[300:])
    assert model.score(X[300:], y[300:]) > 0.95


# --- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "got"),
    [
        (DAYS.to_numpy(), "got ndarray. Make it the first step of the pipeline"),
        (DAYS.reset_index(drop=True), "got DataFrame with a RangeIndex"),
        (DAYS["load"], "got Series with a DatetimeIndex"),
        (DAYS.set_index([DAYS.index, DAYS.index]), "got DataFrame with a MultiIndex"),
        (DAYS.set_axis(DAYS.index.astype(str)), "df.index = pd.to_datetime"),
    ],
)
def test_rows_without_times(X, got):
    with pytest.raises(ValueError, match=f"from the index of a DataFrame.*{got}"):
        CalendarFeatures().fit(X)
    with pytest.raises(ValueError, match=f"from the index of a DataFrame.*{got}"):
        CalendarFeatures().fit(DAYS).transform(X)


def test_missing_times():
    data = DAYS.set_axis([*DAYS.index[:-1], pd.NaT])
    with pytest.raises(ValueError, match=r"1 times are missing.*df\.index\.notna"):
        CalendarFeatures().fit(data)


@pytest.mark.parametrize(
    ("calendar", "X", "message"),
    [
        (CalendarFeatures(["year"]), DAYS, r"among \['minute', .*got \['year'\]"),
        (CalendarFeatures("hour"), DAYS, "'fields' parameter of CalendarFeatures must be"),
        (CalendarFeatures(n_steps_out=-1), DAYS, "'n_steps_out' parameter of CalendarFeatures"),
        (CalendarFeatures(lead=-1), DAYS, "'lead' parameter of CalendarFeatures"),
        (CalendarFeatures(), DAYS[:1], "only 1 distinct time. Name the fields"),
        (CalendarFeatures(["hour", "hour"]), DAYS, r"\['hour_sin', .*\] that are there already"),
        (
            CalendarFeatures(["month"]),
            CalendarFeatures(["month"]).fit_transform(DAYS),
            r"\['month_sin', 'month_cos'\] that are there already",
        ),
        (
            CalendarFeatures(n_steps_out=2),
            DAYS.drop(DAYS.index[5]),
            r"n_steps_out=2 .* the 89 distinct times of X show no rule.*df.asfreq\('h'\)",
        ),
        (
            CalendarFeatures(["hour"], n_steps_out=2),
            dated(pd.DatetimeIndex(["2024-01-01", "2024-01-02"])),
            "2 distinct times of X show no rule",
        ),
    ],
)
def test_what_fit_refuses(calendar, X, message):
    with pytest.raises(ValueError, match=message):
        calendar.fit(X)


def test_transforming_other_columns_or_before_fit():
    with pytest.raises(NotFittedError, match="CalendarFeatures"):
        CalendarFeatures().transform(DAYS)
    with pytest.raises(NotFittedError, match="CalendarFeatures"):
        CalendarFeatures().get_feature_names_out()
    with pytest.raises(ValueError, match="feature names should match"):
        CalendarFeatures().fit(DAYS).transform(DAYS.rename(columns={"load": "price"}))
