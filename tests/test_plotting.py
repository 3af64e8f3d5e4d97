"""Displays: what is drawn is what was given, in as many panels as there are series and targets."""

from __future__ import annotations

import functools
import sys
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter, date2num
from matplotlib.text import Text
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skforecast_lstm import make_supervised
from skforecast_lstm.datasets import load_air_passengers, load_us_macro
from skforecast_lstm.evaluation import NoSkillWarning, backtest
from skforecast_lstm.forecaster import Forecaster
from skforecast_lstm.intervals import ConformalRegressor
from skforecast_lstm.pipelines import make_lstm_pipeline
from skforecast_lstm.plotting import BacktestDisplay, ForecastDisplay, LossDisplay

PASSENGERS = load_air_passengers()
MACRO = load_us_macro()
SHOPS = pd.DataFrame(
    {
        "sold": np.arange(60.0) % 7,
        "shop": ["north", "south"] * 30,
    },
    index=pd.date_range("2024-01-01", periods=30, name="day").repeat(2),
)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def lags(n_steps_in=4, **params):
    return make_lstm_pipeline(Ridge(), n_steps_in=n_steps_in, **params)


def quiet_backtest(*args, **params):
    """A backtest of a model that need not be good."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoSkillWarning)
        return backtest(*args, **params)


def rows(index):
    """Labels as matplotlib places them."""
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    return date2num(index) if isinstance(index, pd.DatetimeIndex) else index.to_numpy()


def assert_draws(line, series):
    x, y = line.get_xydata().T
    assert_allclose(x, rows(series.index), rtol=0, atol=1e-9)
    assert_array_equal(y, series.to_numpy(dtype=float, na_value=np.nan))


def labels(legend):
    return [text.get_text() for text in legend.get_texts()]


@pytest.fixture(scope="module")
def year():
    """A forecast of the last year of the passengers, with an interval."""
    model = ConformalRegressor(lags(12), cv=TimeSeriesSplit(3, test_size=12))
    return Forecaster(model, n_steps_out=12).fit(PASSENGERS[:-12]).forecast(interval=0.9)


@pytest.fixture(scope="module")
def macro():
    """A backtest of five targets."""
    X, y = make_supervised(MACRO.iloc[:, :5], n_steps_out=4)
    return quiet_backtest(lags(8, n_steps_out=4), X, y, cv=4)


@pytest.fixture(scope="module")
def airline_result():
    """A backtest beside two baselines; the folds' 22 or so origins are no multiple of 6."""
    X, y = make_supervised(PASSENGERS, n_steps_out=6)
    names = ["naive", "seasonal_naive"]
    model = lags(13, n_steps_out=6)
    return quiet_backtest(model, X, y, cv=5, baselines=names, season_length=12)


# --- forecasts: what is drawn -------------------------------------------------------------------


def test_lines_and_band_are_the_given_data(year):
    display = ForecastDisplay.from_predictions(year, PASSENGERS, PASSENGERS, interval=0.9)
    [lines] = display.lines_
    assert_draws(lines["history"], PASSENGERS[-72:-12])
    assert_draws(lines["truth"], PASSENGERS[-12:])
    assert_draws(lines["forecast"], year["passengers"])
    assert_allclose(lines["origin"].get_xydata()[:, 0], date2num(PASSENGERS.index[-13]))
    edges = lines["interval"].get_paths()[0].vertices
    for x, low, high in zip(
        date2num(year.index), year["passengers_lower"], year["passengers_upper"], strict=True
    ):
        found = edges[np.isclose(edges[:, 0], x), 1]
        assert (found.min(), found.max()) == (low, high)
    assert display.ax_.get_ylabel() == "passengers"
    assert labels(display.figure_.legends[0]) == ["history", "truth", "forecast", "90% interval"]
    display.figure_.canvas.draw()


def test_from_estimator_forecasts(year):
    forecaster = Forecaster(lags(12), n_steps_out=3).fit(PASSENGERS[:-12])
    display = ForecastDisplay.from_estimator(forecaster, truth=PASSENGERS, steps=5)
    forecast = forecaster.forecast(5)
    pd.testing.assert_frame_equal(display.forecast, forecast)
    assert_draws(display.lines_[0]["forecast"], forecast["passengers"])
    # Without a history, the rows that the forecast is made from.
    assert_draws(display.lines_[0]["history"], PASSENGERS[-24:-12])


def test_from_estimator_hands_on_what_forecast_takes():
    bikes = pd.DataFrame(
        {"rentals": np.arange(40.0) % 5, "holiday": np.arange(40.0) % 3}, index=range(100, 140)
    )
    forecaster = Forecaster(lags(), target="rentals", known_future="holiday", n_steps_out=2)
    forecaster.fit(bikes[:20])
    future = bikes[["holiday"]][30:]
    display = ForecastDisplay.from_estimator(forecaster, data=bikes[20:30], future=future)
    expected = forecaster.forecast(data=bikes[20:30], future=future)["rentals"]
    assert_draws(display.lines_[0]["forecast"], expected)
    assert list(expected.index) == [130, 131]
    # The newer rows follow the fitted ones, which are therefore their history.
    assert_draws(display.lines_[0]["history"], bikes["rentals"][16:30])
    model = ConformalRegressor(lags(), cv=TimeSeriesSplit(2, test_size=10))
    forecaster = Forecaster(model).fit(PASSENGERS)
    display = ForecastDisplay.from_estimator(forecaster, interval=0.5)
    assert display.lines_[0]["interval"].get_label() == "50% interval"


def test_only_the_forecast_is_needed(year):
    display = ForecastDisplay.from_predictions(year["passengers"])
    assert list(display.lines_[0]) == ["forecast"]
    assert_draws(display.lines_[0]["forecast"], year["passengers"])
    display = ForecastDisplay.from_predictions(year)
    assert list(display.lines_[0]) == ["forecast", "interval"]
    assert display.lines_[0]["interval"].get_label() == "interval"


@pytest.mark.parametrize(
    ("steps", "n_history", "expected"), [(1, None, 30), (12, None, 60), (12, 7, 7), (1, 999, 132)]
)
def test_long_histories_are_cut(year, steps, n_history, expected):
    display = ForecastDisplay.from_predictions(year[:steps], PASSENGERS, n_history=n_history)
    assert_draws(display.lines_[0]["history"], PASSENGERS[:-12][-expected:])


@pytest.mark.parametrize(("steps", "marker"), [(1, "o"), (40, "o"), (41, "None")])
def test_short_forecasts_have_markers(steps, marker):
    forecast = PASSENGERS[-steps:]
    [lines] = ForecastDisplay.from_predictions(forecast, PASSENGERS, PASSENGERS[-1:]).lines_
    assert lines["forecast"].get_marker() == marker
    assert lines["truth"].get_marker() == "o"  # one row alone would not be seen
    assert lines["history"].get_marker() == "None"


def test_missing_values_are_gaps(year):
    history = PASSENGERS[:-12].astype("Float64")
    history.iloc[-5] = pd.NA
    [lines] = ForecastDisplay.from_predictions(year, history).lines_
    assert_draws(lines["history"], history[-60:])
    assert np.isnan(lines["history"].get_ydata()).sum() == 1


def test_a_target_may_be_called_like_an_end():
    table = MACRO[["cpi", "m1"]].set_axis(["price", "price_lower"], axis=1)
    display = ForecastDisplay.from_predictions(table[-4:], table)
    assert [ax.get_ylabel() for ax in display.axes_] == ["price", "price_lower"]


# --- forecasts: the axis of time ----------------------------------------------------------------


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2024-01-01", periods=40, freq="h"),
        pd.date_range("2024-03-30", periods=40, freq="h", tz="Europe/Berlin"),
        pd.period_range("2010Q1", periods=40, freq="Q"),
    ],
    ids=["hours", "hours in Berlin", "quarters"],
)
def test_dates(index):
    series = pd.Series(np.arange(40.0), index, name="y")
    display = ForecastDisplay.from_predictions(series[-5:], series, series)
    assert_draws(display.lines_[0]["forecast"], series[-5:])
    assert_draws(display.lines_[0]["history"], series[5:-5])
    assert isinstance(display.ax_.xaxis.get_major_formatter(), ConciseDateFormatter)
    display.figure_.canvas.draw()
    if getattr(index, "tz", None) is not None:
        # 2024-03-31 00:00 in Berlin is 23:00 in UTC: the axis counts as the reader does.
        midnight = date2num(pd.Timestamp("2024-03-31", tz="Europe/Berlin"))
        ticks = display.ax_.get_xticks()
        [at] = np.flatnonzero(np.isclose(ticks, midnight))
        assert display.ax_.get_xticklabels()[at].get_text() == "Mar-31"


@pytest.mark.parametrize(
    ("index", "xlabel"),
    [
        (pd.RangeIndex(40), "time"),
        (pd.Index(np.arange(1980, 2020), name="year"), "year"),
        (pd.Index(np.arange(40) / 4), "time"),
    ],
)
def test_numbers(index, xlabel):
    series = pd.Series(np.arange(40.0), index, name="y")
    display = ForecastDisplay.from_predictions(series.iloc[-5:], series)
    assert_draws(display.lines_[0]["forecast"], series.iloc[-5:])
    assert_draws(display.lines_[0]["history"], series.iloc[5:-5])
    assert display.ax_.get_xlabel() == xlabel
    if index.dtype.kind == "i":
        assert_array_equal(display.ax_.get_xticks() % 1, 0)


def test_time_spans_are_hours():
    index = pd.timedelta_range("0h", periods=40, freq="30min", name="since start")
    series = pd.Series(np.arange(40.0), index)
    display = ForecastDisplay.from_predictions(series[-4:], series)
    assert_array_equal(display.lines_[0]["forecast"].get_xdata(), [18, 18.5, 19, 19.5])
    assert display.ax_.get_xlabel() == "since start (hours)"


@pytest.mark.parametrize("as_table", [list, np.asarray])
def test_arrays_are_numbered_from_zero(as_table):
    values = np.sin(np.arange(50.0))
    forecaster = Forecaster(lags(), n_steps_out=3).fit(values[:-3])
    display = ForecastDisplay.from_estimator(
        forecaster, as_table(values), truth=as_table(values[-3:])
    )
    lines = display.lines_[0]
    assert_draws(lines["history"], pd.Series(values)[17:47])
    assert_draws(lines["truth"], pd.Series(values)[47:])
    assert_array_equal(lines["forecast"].get_xdata(), [47, 48, 49])


def test_rows_with_names_are_numbered_from_zero():
    table = pd.DataFrame({"y": np.sin(np.arange(40.0))}, index=[f"row {k}" for k in range(40)])
    display = ForecastDisplay.from_estimator(Forecaster(lags()).fit(table), table)
    assert_array_equal(display.lines_[0]["history"].get_xdata(), np.arange(10, 40))
    assert_array_equal(display.lines_[0]["forecast"].get_xdata(), [40])


# --- forecasts: panels --------------------------------------------------------------------------


def test_five_targets_are_five_panels():
    table = MACRO.iloc[:, :5]
    display = ForecastDisplay.from_predictions(table[-8:], table, table)
    assert [ax.get_ylabel() for ax in display.axes_] == list(table)
    assert display.axes_[0] is display.ax_
    for lines, target in zip(display.lines_, table, strict=True):
        assert_draws(lines["forecast"], table[target][-8:])
        assert_draws(lines["history"], table[target][-48:-8])
    assert len({tuple(ax.get_xlim()) for ax in display.axes_}) == 1
    assert len({ax.get_position().x0 for ax in display.axes_}) == 1
    assert len(display.figure_.legends) == 1


@pytest.mark.parametrize(("n_targets", "n_columns"), [(5, 1), (6, 2), (9, 2), (11, 3)])
def test_many_targets_stand_in_a_grid(n_targets, n_columns):
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(40, n_targets))).add_prefix("y")
    display = ForecastDisplay.from_predictions(table[-3:], table)
    assert len(display.axes_) == len(display.figure_.axes) == n_targets
    assert display.ax_.get_subplotspec().get_gridspec().ncols == n_columns
    # Only the lowest panel of each column has numbers and a name below it.
    is_labelled = [ax.xaxis.majorTicks[0].label1.get_visible() for ax in display.axes_]
    is_named = [ax.get_xlabel() == "time" for ax in display.axes_]
    expected = [panel >= n_targets - n_columns for panel in range(n_targets)]
    assert is_labelled == is_named == expected


@pytest.mark.parametrize("as_history", ["column", "level", "remembered"])
def test_series_are_panels(as_history):
    forecaster = Forecaster(
        lags(3, group="shop", scaler=None), target="sold", group="shop", n_steps_out=2
    )
    forecaster.fit(SHOPS[:-4])
    history = {"column": SHOPS, "level": SHOPS.set_index("shop", append=True)}.get(as_history)
    display = ForecastDisplay.from_estimator(forecaster, history, truth=SHOPS)
    assert [ax.get_title(loc="left") for ax in display.axes_] == ["north", "south"]
    for lines, shop in zip(display.lines_, ["north", "south"], strict=True):
        own = SHOPS["sold"][SHOPS["shop"] == shop]
        assert_draws(lines["truth"], own[-2:])
        assert_draws(lines["history"], own[-5:-2] if as_history == "remembered" else own[:-2])
        assert_draws(lines["forecast"], display.forecast.loc[shop, "sold"])


def many_series(n_series=20):
    days = pd.date_range("2024-01-01", periods=30, name="day")
    parts = [
        pd.DataFrame({"sold": 1.0 * number + np.arange(30), "shop": f"shop {number}"}, days)
        for number in range(n_series)
    ]
    return pd.concat(parts).sort_index(kind="stable")


def titles(display):
    return [axes.get_title(loc="left") for axes in display.axes_]


def texts(display):
    """All that is written anywhere in the figure."""
    return [text.get_text() for text in display.figure_.findobj(Text)]


def test_series_are_chosen():
    table = many_series()
    model = make_lstm_pipeline(Ridge(), n_steps_in=4).set_params(scale=None)
    forecaster = Forecaster(model, target="sold", group="shop").fit(table)
    draw = functools.partial(ForecastDisplay.from_estimator, forecaster)
    some = draw()
    assert titles(some) == [f"shop {number}" for number in range(12)]
    assert any(text.startswith("12 of 20 series") for text in texts(some))
    assert some.figure_.get_figheight() < 12
    assert titles(draw(max_series=2)) == ["shop 0", "shop 1"]
    assert len(titles(draw(max_series=None))) == 20
    chosen = draw(ids=["shop 7", "shop 3"], history=table, truth=table)
    assert titles(chosen) == ["shop 7", "shop 3"]
    assert list(chosen.lines_[0]) == ["history", "origin", "forecast"]
    np.testing.assert_allclose(chosen.lines_[0]["history"].get_ydata(), 7 + np.arange(30))
    assert not any("series" in text for text in texts(chosen))
    assert titles(ForecastDisplay.from_predictions(forecaster.forecast(), ids="shop 9")) == [
        "shop 9"
    ]
    with pytest.raises(ValueError, match=r"ids must be labels .* got \['x'\]"):
        ForecastDisplay.from_predictions(forecaster.forecast(), ids=["shop 1", "x"])
    with pytest.raises(ValueError, match="max_series must be an integer of at least 1"):
        draw(max_series=0)


def test_ids_need_several_series(year):
    with pytest.raises(ValueError, match="forecast has only one"):
        ForecastDisplay.from_predictions(year, ids=["a"])


def test_a_series_without_history_is_drawn():
    forecaster = Forecaster(lags(3, group="shop", scaler=None), target="sold", group="shop").fit(
        SHOPS
    )
    display = ForecastDisplay.from_estimator(forecaster, SHOPS[SHOPS["shop"] == "south"])
    assert [list(lines) for lines in display.lines_] == [
        ["forecast"],
        ["history", "origin", "forecast"],
    ]


# --- axes and styles ----------------------------------------------------------------------------


def test_given_axes_are_used(year):
    figure, ax = plt.subplots()
    display = ForecastDisplay.from_predictions(year, PASSENGERS, ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert display.lines_[0]["forecast"] in ax.lines
    assert labels(ax.get_legend()) == ["history", "forecast", "interval"]
    assert plt.get_fignums() == [figure.number]
    figure.canvas.draw()


def test_given_axes_are_one_per_panel():
    table = MACRO.iloc[:, :4]
    _, axes = plt.subplots(2, 2)
    display = ForecastDisplay.from_predictions(table[-8:], table, ax=axes)
    assert list(display.axes_) == list(axes.ravel())
    with pytest.raises(ValueError, match=r"one Axes for each of the 4 panels .* got 1"):
        ForecastDisplay.from_predictions(table[-8:], ax=axes[0, 0])


def test_keywords_style_the_forecast(year):
    style = {"c": "tab:red", "lw": 3, "marker": "s", "label": "LSTM"}
    display = ForecastDisplay.from_predictions(year, PASSENGERS, **style)
    line = display.lines_[0]["forecast"]
    assert (line.get_color(), line.get_linewidth(), line.get_marker()) == ("tab:red", 3, "s")
    assert display.lines_[0]["history"].get_color() == "0.4"
    red = plt.matplotlib.colors.to_rgb("tab:red")
    assert_allclose(display.lines_[0]["interval"].get_facecolor()[0], [*red, 0.2])
    assert "LSTM" in labels(display.figure_.legends[0])


def test_plot_again_draws_anew(year):
    display = ForecastDisplay.from_predictions(year, PASSENGERS)
    before = display.figure_
    assert display.plot(n_history=3) is display
    assert display.figure_ is not before
    assert len(display.lines_[0]["history"].get_xdata()) == 3


def test_input_is_not_changed(year):
    forecast, history = year.copy(), PASSENGERS.copy()
    style = {"lw": 2}
    ForecastDisplay.from_predictions(forecast, history, history, **style)
    pd.testing.assert_frame_equal(forecast, year)
    pd.testing.assert_series_equal(history, PASSENGERS)
    assert style == {"lw": 2}


# --- forecasts: errors --------------------------------------------------------------------------


def test_forecasts_without_dates_are_refused():
    with pytest.raises(ValueError, match=r"forecast must be a DataFrame or Series.* got ndarray"):
        ForecastDisplay.from_predictions(np.arange(3.0))
    named = pd.Series([1.0, 2.0], index=["a", "b"], name="y")
    with pytest.raises(ValueError, match="forecast must be indexed by dates or numbers"):
        ForecastDisplay.from_predictions(named)


def test_another_kind_of_index_is_refused(year):
    with pytest.raises(ValueError, match=r"history must be indexed as forecast is, by dates such"):
        ForecastDisplay.from_predictions(year, PASSENGERS.to_numpy())
    local = PASSENGERS.tz_localize("UTC")
    with pytest.raises(ValueError, match=r"truth must be .* got dates with a time zone: 1949-01-"):
        ForecastDisplay.from_predictions(year, PASSENGERS, local)


def test_missing_columns_are_named(year):
    with pytest.raises(ValueError, match=r"history must have the column 'passengers', got \['cpi'"):
        ForecastDisplay.from_predictions(year, MACRO[["cpi", "m1"]])
    forecast = (
        Forecaster(lags(group="shop", scaler=None), target="sold", group="shop")
        .fit(SHOPS)
        .forecast()
    )
    with pytest.raises(ValueError, match=r"truth must give the series .* column 'shop'"):
        ForecastDisplay.from_predictions(forecast, SHOPS, SHOPS[["sold"]])


def test_n_history_is_checked(year):
    with pytest.raises(ValueError, match="n_history must be an integer of at least 1, got 0"):
        ForecastDisplay.from_predictions(year, PASSENGERS, n_history=0)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: ForecastDisplay.from_predictions(PASSENGERS),
        lambda: ForecastDisplay.from_estimator(None),
        lambda: BacktestDisplay.from_estimator(None, None, None),
        lambda: LossDisplay.from_estimator(None),
        lambda: LossDisplay.from_predictions({"loss": [1]}),
    ],
)
def test_without_matplotlib_its_pip_command_is_named(monkeypatch, draw):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(
        ImportError, match=r'Display needs .* pip install "skforecast_lstm\[plot\]"'
    ):
        draw()


# --- backtests: forecasts -----------------------------------------------------------------------


def test_a_backtest_of_a_forecaster_with_intervals():
    model = ConformalRegressor(lags(12), cv=TimeSeriesSplit(3, test_size=12))
    forecaster = Forecaster(model, n_steps_out=3)
    display = BacktestDisplay.from_estimator(
        forecaster, PASSENGERS, cv=TimeSeriesSplit(2, test_size=12), interval=0.8
    )
    assert labels(display.figure_.legends[0]) == ["truth", "naive", "forecast", "80% interval"]
    [lines], predictions = display.lines_, display.result.predictions
    vertices = lines["interval"].get_paths()[0].vertices[:, 1]
    by_time = predictions.set_index(["time", "step"])
    drawn = lines["model"].get_ydata()
    is_drawn = by_time["prediction"].isin(drawn)
    assert is_drawn.sum() == len(drawn)
    assert vertices.min() == by_time["lower"][is_drawn].min()
    assert vertices.max() == by_time["upper"][is_drawn].max()


def test_whole_horizons_follow_one_another(airline_result):
    display = BacktestDisplay.from_predictions(airline_result)
    [lines] = display.lines_
    assert list(lines) == ["truth", "naive", "model"]
    assert labels(display.figure_.legends[0]) == ["truth", "naive", "forecast"]
    table = airline_result.predictions
    origins = list(table["origin"].unique())
    assert_draws(lines["truth"], PASSENGERS.loc[origins[0] :].iloc[1:])
    for name, known in [("model", table), ("naive", airline_result.baselines["naive"])]:
        expected = {}
        for origin in [*origins[::6], origins[-1]]:
            block = known[known["origin"] == origin]
            for time, value in zip(block["time"], block["prediction"], strict=True):
                expected.setdefault(time, value)
        assert_draws(lines[name], pd.Series(expected))
    # Every month once, the last as well.
    assert len(lines["model"].get_xdata()) == len(lines["truth"].get_xdata())


@pytest.mark.parametrize("step", [1, 6])
def test_one_step(airline_result, step):
    display = BacktestDisplay.from_predictions(airline_result, step=step)
    table = airline_result.predictions
    own = table[table["step"] == step].set_index("time")
    assert_draws(display.lines_[0]["model"], own["prediction"])
    assert display.lines_[0]["model"].get_label() == f"forecast, step {step}"


def test_every_other_fold_is_shaded(airline_result):
    display = BacktestDisplay.from_predictions(airline_result, step=1)
    spans = display.ax_.patches
    assert len(spans) == 2
    table = airline_result.predictions
    starts = table[table["step"] == 1].groupby("fold")["time"].min()
    for span, fold in zip(spans, [1, 3], strict=True):
        ends = span.get_window_extent().transformed(display.ax_.transData.inverted())
        assert_allclose([ends.x0, ends.x1], date2num(starts[[fold, fold + 1]]), atol=1e-6)


def test_the_newest_rows_are_shown():
    hours = pd.date_range("2024-01-01", periods=800, freq="h")
    table = pd.DataFrame({"y": np.sin(np.arange(800) / 3)}, index=hours)
    X, y = make_supervised(table, n_steps_out=2)
    result = quiet_backtest(lags(3, n_steps_out=2), X, y, cv=5, baselines=None)
    [lines] = BacktestDisplay.from_predictions(result).lines_
    assert list(lines) == ["truth", "model"]
    assert_draws(lines["truth"], table["y"][-500:])
    assert lines["model"].get_xdata()[0] == lines["truth"].get_xdata()[0]
    [lines] = BacktestDisplay.from_predictions(result, n_rows=10).lines_
    assert_draws(lines["truth"], table["y"][-10:])
    [lines] = BacktestDisplay.from_predictions(result, n_rows=10**6).lines_
    assert len(lines["truth"].get_xdata()) == result.predictions["time"].nunique()


@pytest.mark.parametrize("kind", ["forecast", "error"])
def test_targets_are_panels(macro, kind):
    display = BacktestDisplay.from_predictions(macro, kind=kind)
    prefix = "MAE of " * (kind == "error")
    assert [ax.get_ylabel() for ax in display.axes_] == [prefix + name for name in MACRO][:5]
    for lines, target in zip(display.lines_, MACRO, strict=False):
        if kind == "error":
            expected = macro.scores(["step", "target"])["mae"]["model"].xs(target, level="target")
            assert_draws(lines["model"], expected)
        else:
            known = MACRO[target].loc[macro.predictions["time"].min() :]
            assert_draws(lines["truth"], known)


@pytest.mark.parametrize("kind", ["forecast", "error"])
def test_series_of_a_backtest_are_panels(kind):
    X, y = make_supervised(SHOPS, target="sold", group="shop", n_steps_out=2)
    result = quiet_backtest(lags(3, group="shop", n_steps_out=2), X, y, cv=2)
    display = BacktestDisplay.from_predictions(result, kind=kind)
    assert [ax.get_title(loc="left") for ax in display.axes_] == ["north", "south"]
    for lines, shop in zip(display.lines_, ["north", "south"], strict=True):
        known = result.predictions[result.predictions["group"] == shop]
        if kind == "forecast":
            truth = SHOPS["sold"][SHOPS["shop"] == shop].loc[known["time"].min() :]
            assert_draws(lines["truth"], truth)
        else:
            error = (known["prediction"] - known["truth"]).abs().groupby(known["step"]).mean()
            assert_allclose(lines["model"].get_ydata(), error)


def test_rows_without_dates_are_counted():
    values = np.arange(30.0)
    X, y = make_supervised(values, n_steps_out=2)
    result = quiet_backtest(DummyRegressor(), X, y, cv=2)
    times = result.predictions["time"]
    [lines] = BacktestDisplay.from_predictions(result).lines_
    assert_array_equal(lines["truth"].get_xydata().T, [values[times.min() :]] * 2)
    table = pd.DataFrame({"y": values}, index=[f"row {k}" for k in range(30)])
    result = quiet_backtest(DummyRegressor(), *make_supervised(table, n_steps_out=2), cv=2)
    [lines] = BacktestDisplay.from_predictions(result).lines_
    x, y = lines["truth"].get_xydata().T
    assert_array_equal(np.diff(x), 1)
    assert_array_equal(np.diff(y), 1)  # and not in the order of the alphabet


# --- backtests: errors by step, and the rest ----------------------------------------------------


def test_error_by_step(airline_result):
    display = BacktestDisplay.from_predictions(airline_result, kind="error")
    [lines] = display.lines_
    assert labels(display.figure_.legends[0]) == ["naive", "seasonal_naive", "model"]
    for name, known in {"model": airline_result.predictions, **airline_result.baselines}.items():
        error = (known["prediction"] - known["truth"]).abs().groupby(known["step"]).mean()
        assert_allclose(lines[name].get_xydata().T, [error.index, error])
    assert len({line.get_color() for line in lines.values()}) == 3
    assert display.ax_.get_ylabel() == "MAE of passengers"
    assert display.ax_.get_xlabel() == "step"
    assert display.ax_.get_ylim()[0] == 0


def test_from_estimator_evaluates():
    X, y = make_supervised(PASSENGERS, n_steps_out=2)
    _, ax = plt.subplots()
    params = {"cv": 3, "baselines": ["drift"]}
    display = BacktestDisplay.from_estimator(
        lags(13, n_steps_out=2), X, y, ax=ax, kind="error", **params
    )
    expected = backtest(lags(13, n_steps_out=2), X, y, **params).scores("step")["mae"]["model"]
    assert_draws(display.lines_[0]["model"], expected)
    assert list(display.lines_[0]) == ["drift", "model"]
    assert display.ax_ is ax
    assert isinstance(display.plot().ax_, Axes)
    assert display.ax_ is not ax


def test_keywords_style_the_model(airline_result):
    for kind in ("forecast", "error"):
        display = BacktestDisplay.from_predictions(airline_result, kind=kind, c="k", label="Ridge")
        assert display.lines_[0]["model"].get_color() == "k"
        assert labels(display.figure_.legends[0])[-1] == "Ridge"
        assert display.lines_[0]["naive"].get_color() == "tab:orange"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"kind": "residual"}, "kind must be 'forecast' or 'error', got 'residual'"),
        ({"step": 7}, "step must be one of the 6 that are predicted, got 7"),
        ({"step": 0}, "step must be an integer of at least 1, got 0"),
        ({"n_rows": 0}, "n_rows must be an integer of at least 1, got 0"),
        ({"ax": [None, None]}, "one Axes for each of the 1 panels"),
    ],
)
def test_bad_parameters(airline_result, params, message):
    with pytest.raises(ValueError, match=message):
        BacktestDisplay.from_predictions(airline_result, **params)
    assert plt.get_fignums() == []


# --- losses -------------------------------------------------------------------------------------

LOSSES = {"loss": [0.9, 0.3, 0.2, 0.1], "val_loss": [0.8, 0.5, 0.4, 0.6], "mae": [1, 1, 1, 1]}


class Trained(RegressorMixin, BaseEstimator):
    """What a display needs to know of a network."""

    def fit(self, X, y):
        self.history_, self.n_outputs_ = LOSSES, np.shape(y)[1:]
        return self

    def predict(self, X):
        return np.zeros((len(X), *self.n_outputs_))


def test_losses_are_drawn_and_the_best_epoch_is_marked():
    display = LossDisplay.from_predictions(LOSSES)
    assert list(display.lines_) == ["loss", "val_loss", "best"]
    for name in ("loss", "val_loss"):
        assert_array_equal(display.lines_[name].get_xydata().T, [[1, 2, 3, 4], LOSSES[name]])
    assert_array_equal(display.lines_["best"].get_xydata(), [[3, 0.4]])
    assert labels(display.ax_.get_legend()) == ["training", "validation", "best epoch: 3"]
    assert display.ax_.get_yscale() == "log"
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("epoch", "loss")
    display.figure_.canvas.draw()


@pytest.mark.parametrize(
    ("loss", "expected"), [([0.62, 0.61], ["0.61", "0.62"]), ([1, 2e-4], ["0.001", "0.01", "1"])]
)
def test_ticks_are_plain_numbers(loss, expected):
    ax = LossDisplay.from_predictions({"loss": loss}).ax_
    ax.figure.canvas.draw()
    ticks = [*ax.yaxis.get_ticklabels(), *ax.yaxis.get_ticklabels(minor=True)]
    assert set(expected) <= {tick.get_text() for tick in ticks}


def test_without_validation_the_training_loss_decides():
    display = LossDisplay.from_predictions({"loss": np.array([0.5, np.nan, 0.3])})
    assert_array_equal(display.lines_["best"].get_xydata(), [[3, 0.3]])
    diverged = LossDisplay.from_predictions({"loss": [np.nan, np.nan]})
    assert list(diverged.lines_) == ["loss"]


def test_losses_that_are_not_positive_have_a_linear_scale():
    display = LossDisplay.from_predictions({"loss": [0.5, -0.1]})
    assert display.ax_.get_yscale() == "linear"


def test_one_epoch_is_seen():
    assert LossDisplay.from_predictions({"loss": [0.5]}).lines_["loss"].get_marker() == "o"


def test_losses_on_given_axes_in_a_given_style():
    _, ax = plt.subplots()
    display = LossDisplay.from_predictions(LOSSES, ax=ax, linewidth=4)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    assert [display.lines_[name].get_linewidth() for name in ("loss", "val_loss")] == [4, 4]


PIPELINE = make_pipeline(StandardScaler(), Trained())


@pytest.mark.parametrize(
    "estimator",
    [
        Trained(),
        PIPELINE,
        GridSearchCV(PIPELINE, {"standardscaler__with_std": [True, False]}, cv=2),
        TransformedTargetRegressor(Trained()),
        ConformalRegressor(PIPELINE, cv=TimeSeriesSplit(2)),
        make_pipeline(StandardScaler(), GridSearchCV(Trained(), {}, cv=2)),
    ],
    ids=["regressor", "pipeline", "search", "target", "conformal", "search in pipeline"],
)
def test_losses_are_found_in(estimator):
    X, y = np.random.default_rng(0).normal(size=(40, 2)), np.arange(40.0)
    with pytest.raises(NotFittedError):
        LossDisplay.from_estimator(estimator)
    display = LossDisplay.from_estimator(estimator.fit(X, y))
    assert_array_equal(display.lines_["loss"].get_ydata(), LOSSES["loss"])


def test_losses_are_found_in_a_forecaster():
    forecaster = Forecaster(make_lstm_pipeline(Trained(), n_steps_in=3), n_steps_out=2)
    display = LossDisplay.from_estimator(forecaster.fit(PASSENGERS))
    assert_array_equal(display.lines_["val_loss"].get_ydata(), LOSSES["val_loss"])


def test_what_has_no_losses_is_refused():
    with pytest.raises(ValueError, match=r"keeps the loss of each epoch in history_.* Ridge\(\)"):
        LossDisplay.from_estimator(Ridge().fit([[0], [1]], [0, 1]))
    model = lags().fit(PASSENGERS.to_frame()[:-1], PASSENGERS[1:])
    with pytest.raises(ValueError, match="none is in TablePipeline"):
        LossDisplay.from_estimator(model)


@pytest.mark.parametrize("history", [{}, {"loss": []}, [1, 2], {"val_loss": [1]}])
def test_a_history_without_losses_is_refused(history):
    with pytest.raises(ValueError, match="history must be a dict with the losses of each epoch"):
        LossDisplay.from_predictions(history)


def test_a_network_that_was_not_trained_has_no_loss_to_draw():
    X, y = make_supervised(PASSENGERS, n_steps_out=12)
    model = make_lstm_pipeline(n_steps_in=24, season_length=12).set_params(lstm__random_state=0)
    with pytest.raises(ValueError, match=r"LSTMRegressor has trained for no epoch.*network_gain_"):
        LossDisplay.from_estimator(model.fit(X, y))
