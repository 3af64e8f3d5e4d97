"""Walk-forward evaluation against loops written by hand, and scores against hand-made numbers."""

from __future__ import annotations

import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_pinball_loss, r2_score
from sklearn.model_selection import GridSearchCV, KFold, ShuffleSplit, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skforecast_lstm.baselines import NaiveRegressor
from skforecast_lstm.datasets import load_air_passengers
from skforecast_lstm.evaluation import NoSkillWarning, backtest
from skforecast_lstm.forecaster import Forecaster
from skforecast_lstm.framing import make_supervised
from skforecast_lstm.groups import GroupTimeSeriesSplit, GroupTransformedTargetRegressor
from skforecast_lstm.intervals import ConformalRegressor
from skforecast_lstm.metrics import interval_coverage, interval_score
from skforecast_lstm.pipelines import make_lstm_pipeline
from skforecast_lstm.windows import WindowTransformer

RNG = np.random.default_rng(0)
# Persistence is no match for a model of this: the values swing from row to row.
SWINGS = 5 + (-1.0) ** np.arange(60) + 0.1 * RNG.normal(size=60)
OTHER = np.random.default_rng(1).normal(size=60)
DAYS = pd.date_range("2024-01-01", periods=60, freq="D", name="day")
no_skill_needed = pytest.mark.filterwarnings("ignore:the model does not beat:UserWarning")
COLUMNS = ["fold", "origin", "step", "time", "target", "truth", "prediction"]


def lags(n_steps_in=3, final=None, **params):
    """Ridge on flat windows that hold no NaN."""
    window = WindowTransformer(n_steps_in, padding="edge", flatten=True, purge=False, **params)
    return make_pipeline(window, Ridge() if final is None else final)


def lags_by_hand(table, n_steps_in):
    """Windows of a table, its first row repeated in front, in loops."""
    rows = [[max(0, row - lag) for lag in reversed(range(n_steps_in))] for row in range(len(table))]
    return np.array([np.concatenate([table[at] for at in row]) for row in rows])


def walk_by_hand(table, y, folds, every, n_steps_in=3):
    """Predictions of all test rows, each from the true rows before it."""
    predictions = []
    for fold, (train, test) in enumerate(folds):
        if fold % every == 0:
            model = Ridge().fit(lags_by_hand(table[train], n_steps_in), y[train])
        predictions.append(model.predict(lags_by_hand(table, n_steps_in)[test]))
    return np.concatenate(predictions)


def swings(n_steps_out=2, container="array", **params):
    """X and y of a table of two columns, of which the first is predicted."""
    table = np.column_stack([SWINGS, RNG.normal(size=60)])
    if container == "frame":
        table = pd.DataFrame(table, DAYS, ["sold", "other"])
    return make_supervised(table, target=0, n_steps_out=n_steps_out, **params)


def predicted(result):
    return result.predictions["prediction"].to_numpy()


# --- predictions are those of a loop written by hand --------------------------------------------

SPLITTERS = {
    "expanding": TimeSeriesSplit(4),
    "sliding": TimeSeriesSplit(4, max_train_size=8),
    "gap": TimeSeriesSplit(4, gap=3),
    "sliding, gap": TimeSeriesSplit(4, max_train_size=8, gap=3, test_size=5),
}


@pytest.mark.parametrize(("refit", "every"), [(True, 1), (1, 1), (2, 2), (3, 3), (False, 4)])
@pytest.mark.parametrize("splitter", SPLITTERS)
@pytest.mark.parametrize("container", ["array", "frame"])
def test_predictions_equal_a_loop_by_hand(container, splitter, refit, every):
    X, y = swings(container=container)
    folds = list(SPLITTERS[splitter].split(X))
    result = backtest(lags(), X, y, cv=SPLITTERS[splitter], refit=refit)
    expected = walk_by_hand(np.asarray(X), np.asarray(y), folds, every)
    assert_allclose(predicted(result), expected.ravel(), rtol=1e-10)
    rows = np.concatenate([test for _, test in folds])
    assert_array_equal(result.predictions["truth"], np.asarray(y)[rows].ravel())
    origins = X.index[rows] if container == "frame" else rows
    assert_array_equal(result.predictions["origin"], origins.repeat(2))
    sizes = [2 * len(test) for _, test in folds]
    assert_array_equal(result.predictions["fold"], np.repeat(np.arange(4), sizes))
    assert result.fit_seconds["model"].notna().tolist() == [f % every == 0 for f in range(4)]


def test_cv_is_five_expanding_folds_unless_told_otherwise():
    X, y = swings()
    # The window step purges nothing, so the folds have a gap: targets reach two rows ahead.
    expected = walk_by_hand(X, y, list(TimeSeriesSplit(5, gap=1).split(X)), 1)
    assert_allclose(predicted(backtest(lags(), X, y)), expected.ravel())
    expected = walk_by_hand(X, y, list(TimeSeriesSplit(3, gap=1).split(X)), 1)
    assert_allclose(predicted(backtest(lags(), X, y, cv=3)), expected.ravel())
    folds = [(np.arange(10), np.arange(10, 20)), (np.arange(5, 15), np.arange(15, 40))]
    result = backtest(lags(), X, y, cv=iter(folds))  # test rows may be in several folds
    assert_allclose(predicted(result), walk_by_hand(X, y, folds, 1).ravel())


class Recorder(RegressorMixin, BaseEstimator):
    """Passes its windows on, and remembers how many it was asked for."""

    asked: list[int] = []

    def fit(self, X, y):
        self.is_fitted_ = True
        return self

    def predict(self, X):
        self.asked.append(len(X))
        return np.asarray(X)[:, -1]


def test_no_more_rows_are_predicted_than_the_windows_reach_back():
    X, y = make_supervised(SWINGS)
    Recorder.asked.clear()
    backtest(lags(4, Recorder()), X, y, cv=TimeSeriesSplit(3, test_size=5), baselines=None)
    assert Recorder.asked == [8, 8, 8]
    Recorder.asked.clear()
    backtest(Recorder(), X, y, cv=TimeSeriesSplit(3, test_size=5), baselines=None)
    assert Recorder.asked == [5, 5, 5]


@no_skill_needed
@settings(max_examples=10)
@given(
    seed=st.integers(0, 2**32 - 1),
    row=st.integers(1, 49),
    refit=st.sampled_from([True, 2, False]),
    max_train_size=st.sampled_from([None, 9]),
    container=st.sampled_from([np.asarray, pd.DataFrame]),
)
def test_the_future_changes_no_prediction_before_it(seed, row, refit, max_train_size, container):
    table = np.random.default_rng(seed).normal(size=(50, 2))
    other = np.where(np.arange(50)[:, np.newaxis] < row, table, 9 - table)
    cv = TimeSeriesSplit(4, gap=1, max_train_size=max_train_size)
    before, after = (
        backtest(lags(), *make_supervised(container(values), target=0), cv=cv, refit=refit)
        for values in (table, other)
    )
    is_before = before.predictions["origin"] < row
    for one, two in (
        (before.predictions, after.predictions),
        (before.baselines["naive"], after.baselines["naive"]),
    ):
        assert_array_equal(one.loc[is_before, "prediction"], two.loc[is_before, "prediction"])


def test_a_search_brings_the_windows_that_it_has_chosen():
    # The value five rows ago is the next one: only windows of five rows know it.
    x = np.tile([3.0, 1.0, 4.0, 1.0, 5.0], 16) + 0.01 * RNG.normal(size=80)
    X, y = make_supervised(x)
    search = GridSearchCV(lags(1), {"windowtransformer__n_steps_in": [1, 5]}, cv=TimeSeriesSplit(2))
    splitter = TimeSeriesSplit(3)
    expected = walk_by_hand(X, y, list(splitter.split(X)), 1, n_steps_in=5)
    assert_allclose(predicted(backtest(search, X, y, cv=splitter)), expected)
    assert not hasattr(search, "best_estimator_")
    # Inside of another estimator, what it has chosen cannot be seen.
    inside = TransformedTargetRegressor(search, transformer=StandardScaler())
    result = backtest(inside, X, y, cv=splitter, baselines=None)
    assert_allclose(predicted(result), expected, rtol=0.01)
    whole = [
        inside.fit(X[train], y[train]).predict(X[: test[-1] + 1])[test]
        for train, test in splitter.split(X)
    ]
    assert_array_equal(predicted(result), np.concatenate(whole))


# --- several series in one table ----------------------------------------------------------------


def shops(container="frame", n_days=30, closed=24):
    """Two interleaved series, and a third that opens late and misses days."""
    days = pd.date_range("2024-01-01", periods=n_days, freq="D")
    tables = []
    for shop, opened in (("a", 0), ("b", 0), ("c", 20)):
        x = RNG.normal(size=n_days) + (-1.0) ** np.arange(n_days)
        table = pd.DataFrame({"sold": x, "shop": shop}, index=days)[opened:]
        tables.append(table.drop(days[closed]) if closed and shop == "c" else table)
    table = pd.concat(tables).sort_index(kind="stable")
    table = table.to_numpy(dtype=object) if container == "array" else table
    return make_supervised(table, target=0, group=1, n_steps_out=2)


@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize("container", ["frame", "array", "level"])
@no_skill_needed
def test_groups_have_their_own_history(container, refit):
    X, y = shops("array" if container == "array" else "frame", closed=None)
    labels = np.asarray(X)[:, -1]
    sold, truth = np.asarray(X)[:, [0]].astype(float), np.asarray(y).astype(float)
    if container == "level":
        X = X.set_index("shop", append=True)
    group = {"frame": "shop", "array": 1, "level": "shop"}[container]
    splitter = TimeSeriesSplit(4, gap=2)
    result = backtest(lags(3, group=group), X, y, cv=splitter, refit=refit, baselines=["naive"])

    predictions, naive = [], []
    for fold, (train, test) in enumerate(splitter.split(X)):
        flat_train, flat_all = np.empty((len(train), 3)), np.empty((len(sold), 3))
        for shop in "abc":
            if shop in labels[train]:
                flat_train[labels[train] == shop] = lags_by_hand(
                    sold[train][labels[train] == shop], 3
                )
            flat_all[labels == shop] = lags_by_hand(sold[labels == shop], 3)
        if refit or fold == 0:
            model = Ridge().fit(flat_train, truth[train])
        predictions.append(model.predict(flat_all[test]))
        naive.append(np.repeat(sold[test], 2))
    assert_allclose(predicted(result), np.concatenate(predictions).ravel(), rtol=1e-10)
    assert_array_equal(result.baselines["naive"]["prediction"], np.concatenate(naive))

    assert list(result.predictions) == ["fold", "group", *COLUMNS[1:]]
    rows = np.concatenate([test for _, test in splitter.split(X)])
    assert_array_equal(result.predictions["group"], labels[rows].repeat(2))


@no_skill_needed
def test_folds_that_cut_between_times():
    X, y = shops(closed=None)
    result = backtest(lags(2, group="shop"), X, y, cv=GroupTimeSeriesSplit(4, gap=1))
    firsts, lasts = result.predictions.groupby("fold")["origin"].agg(["min", "max"]).to_numpy().T
    assert (firsts[1:] > lasts[:-1]).all()
    assert set(result.predictions["group"]) == {"a", "b", "c"}


def test_a_splitter_of_rows_is_warned_of_where_times_have_several():
    days = pd.date_range("2024-01-01", periods=40, name="day")
    rng = np.random.default_rng(0)
    parts = [pd.DataFrame({"sold": rng.normal(size=40), "shop": s}, days) for s in "abc"]
    table = pd.concat(parts)
    model = GroupTransformedTargetRegressor(
        make_lstm_pipeline(Ridge(), n_steps_in=3, group="shop"), group="shop"
    )
    roles = {"target": "sold", "group": "shop", "n_steps_out": 2}
    counts = "114 rows at 38 times"
    message = (
        r"TimeSeriesSplit counts rows, .* \('shop'\) .*114 rows at 38 times.* 14 rows "
        r"\(test_size=14\), which is only about 5 times\. "
        r".*cv=GroupTimeSeriesSplit\(2, max_train_size=60, test_size=14\)"
    )
    by_rows = TimeSeriesSplit(2, max_train_size=60, test_size=14)
    with pytest.warns(UserWarning, match=message):
        backtest(Forecaster(model, **roles), table, cv=by_rows, baselines=None)
    right = GroupTimeSeriesSplit(2, max_train_size=60, test_size=14)  # as it says
    result = backtest(Forecaster(model, **roles), table, cv=right, baselines=None)
    assert len(result.predictions) == 2 * 14 * 3 * 2
    search = GridSearchCV(model, {"regressor__window__n_steps_in": [3]}, cv=by_rows)
    with pytest.warns(UserWarning, match=message.replace(counts, "120 rows at 40 times")):
        Forecaster(search, **roles).fit(table)
    Forecaster(search.set_params(cv=right), **roles).fit(table)


def panel_with_holes():
    days = pd.date_range("2024-01-01", periods=60, name="day")
    rng = np.random.default_rng(0)
    parts = [pd.DataFrame({"sold": rng.normal(size=60), "shop": s}, days) for s in "ab"]
    return pd.concat([parts[0], parts[1].drop(days[[20, 24]])])


@pytest.mark.parametrize("form", ["forecaster", "pipeline", "panel", "panel of a pipeline"])
def test_holes_of_the_whole_table_are_told_of_once(form):
    table, group = panel_with_holes(), "shop" if form.startswith("panel") else None
    table = table if group else table[table["shop"] == "b"][["sold"]]
    model = make_lstm_pipeline(Ridge(), n_steps_in=3, group=group, scaler=None)
    given = [Forecaster(model, target="sold", group=group, n_steps_out=2), table]
    if form.startswith("pipe") or form.endswith("pipeline"):
        given = [model, *make_supervised(table, target="sold", group=group, n_steps_out=2)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        backtest(*given, cv=GroupTimeSeriesSplit(3, test_size=9), baselines=["naive", "drift"])
    messages = [str(w.message) for w in caught if "hole" in str(w.message)]
    assert len(messages) == 1
    assert "2 are missing at frequency 'D'" in messages[0]
    assert "KFold" not in messages[0]


def test_holes_that_folds_make_are_still_told_of():
    table = panel_with_holes()
    table = table[table["shop"] == "b"][["sold"]]
    model = make_lstm_pipeline(Ridge(), n_steps_in=3)
    search = GridSearchCV(model, {"window__n_steps_in": [3]}, cv=KFold(3))
    for call in (
        lambda: backtest(Forecaster(search), table, cv=2, baselines=None),
        lambda: Forecaster(search).fit(table),
    ):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call()
        messages = [str(w.message) for w in caught]
        assert any("If a splitter took the rows out (KFold" in text for text in messages)
        assert any("the dates have holes: 2 are missing" in text for text in messages)


def test_times_are_those_of_the_series():
    X, y = shops()
    result = backtest(lags(1, group="shop"), X, y, cv=TimeSeriesSplit(2), baselines=None)
    lines = result.predictions
    regular = lines[lines["group"] != "c"]
    days = pd.to_timedelta(regular["step"], unit="D")
    pd.testing.assert_series_equal(regular["time"], regular["origin"] + days, check_names=False)
    # The day that shop c missed is no step of it, and what follows is not known for certain.
    own = lines[(lines["group"] == "c") & (lines["origin"] == "2024-01-24")]
    assert own["time"].tolist() == [pd.Timestamp("2024-01-26"), pd.Timestamp("2024-01-27")]
    last = lines[(lines["group"] == "c") & (lines["origin"] == X.index[-1])]
    assert last["time"].isna().all()


@no_skill_needed
def test_scales_and_scores_by_group():
    X, y = shops()
    result = backtest(lags(1, group="shop"), X, y, cv=TimeSeriesSplit(2), season_length=2)
    for fold, (train, _) in enumerate(TimeSeriesSplit(2).split(X)):
        for shop in "ab":
            own = y.iloc[train].loc[(X["shop"] == shop).to_numpy()[train], "sold(t+1)"]
            expected = (own - own.shift(2)).abs().mean()
            assert_allclose(result.scales.loc[fold, shop, "sold"], expected)
    scores = result.scores("group")
    assert scores.loc["model"].index.tolist() == ["b", "a", "c"]  # as they come
    # Shop c opens in the last fold: nothing is known yet about how it moves.
    assert scores["mase"].notna().tolist() == [True, True, False] * 2
    own = result.predictions[result.predictions["group"] == "c"]
    expected = (own["truth"] - own["prediction"]).abs().mean()
    assert_allclose(scores.loc[("model", "c"), "mae"], expected)


# --- y, in all its forms ------------------------------------------------------------------------


class AnyLayout(RegressorMixin, BaseEstimator):
    """Predicts the mean of each output, in the layout of y."""

    def fit(self, X, y):
        self.mean_ = np.mean(np.asarray(y), axis=0)
        return self

    def predict(self, X):
        return np.broadcast_to(self.mean_, (len(X), *self.mean_.shape))


def test_layouts_of_y():
    table = pd.DataFrame({"a": SWINGS, "b": 2 * SWINGS}, index=DAYS)
    X, y = make_supervised(table, n_steps_out=3)
    options = {"cv": TimeSeriesSplit(2), "baselines": None}
    result = backtest(AnyLayout(), X, y, **options)
    lines = result.predictions
    assert list(lines) == COLUMNS
    assert lines["target"][:6].tolist() == ["a", "b"] * 3
    assert lines["step"][:6].tolist() == [1, 1, 2, 2, 3, 3]
    assert lines["time"][:6].tolist() == DAYS[20:23].repeat(2).tolist()
    assert_array_equal(lines["truth"][:6], y.iloc[19])

    flat = y.to_numpy()
    deep = backtest(AnyLayout(), X, flat.reshape(-1, 3, 2), **options).predictions
    unnamed = backtest(AnyLayout(), X, flat, n_targets=2, **options).predictions
    pd.testing.assert_frame_equal(deep, unnamed)
    pd.testing.assert_frame_equal(deep.drop(columns="target"), lines.drop(columns="target"))
    assert deep["target"][:6].tolist() == ["y0", "y1"] * 3
    one = backtest(AnyLayout(), X, flat, **options).predictions
    assert one["step"][:6].tolist() == [1, 2, 3, 4, 5, 6]
    assert set(one["target"]) == {"y0"}


@pytest.mark.parametrize(
    ("y", "params", "name", "first_time"),
    [
        (pd.Series(SWINGS, DAYS, name="sold(t+3)"), {}, "sold", "2024-01-23"),
        (pd.Series(SWINGS, DAYS, name="sold(t)"), {}, "sold", "2024-01-20"),
        (pd.Series(SWINGS, DAYS, name="sold(t)"), {"lead": 0, "n_targets": 1}, "sold", DAYS[19]),
        (pd.Series(SWINGS, DAYS, name="sold"), {}, "sold", "2024-01-21"),
        (pd.Series(SWINGS, DAYS), {"lead": 2}, "y0", "2024-01-22"),
        (list(SWINGS), {}, "y0", "2024-01-21"),
        (SWINGS, {"lead": 0}, "y0", "2024-01-20"),
        (SWINGS.reshape(-1, 1), {}, "y0", "2024-01-21"),
        (pd.DataFrame({"sold": SWINGS}, DAYS), {}, "sold", "2024-01-21"),
        (pd.DataFrame({7: SWINGS}, DAYS), {}, 7, "2024-01-21"),
    ],
)
def test_names_and_lead_of_one_target(y, params, name, first_time):
    X = pd.DataFrame({"x": SWINGS}, index=DAYS)
    result = backtest(DummyRegressor(), X, y, cv=[(range(19), [19, 20])], **params)
    assert result.predictions["target"].tolist() == [name, name]
    assert result.predictions["time"][0] == pd.Timestamp(first_time)


def test_columns_name_the_targets_of_one_step():
    X, y = np.arange(20.0).reshape(-1, 1), pd.DataFrame({"a": np.ones(20), "b": np.zeros(20)})
    result = backtest(DummyRegressor(), X, y, cv=2, n_targets=2, baselines=None)
    assert result.predictions["target"][:2].tolist() == ["a", "b"]
    assert result.predictions["step"].unique().tolist() == [1]


INDEXES = {
    "month ends": (
        pd.date_range("2020-01-31", periods=12, freq="ME"),
        pd.to_datetime(["2021-01-31", "2021-02-28"]),
    ),
    "business days": (
        pd.DatetimeIndex(pd.bdate_range("2024-01-01", periods=12).to_numpy()),
        pd.to_datetime(["2024-01-17", "2024-01-18"]),
    ),
    "clock change": (
        pd.date_range("2024-03-20", periods=12, freq="D", tz="Europe/Berlin"),
        pd.to_datetime(["2024-04-01", "2024-04-02"]).tz_localize("Europe/Berlin"),
    ),
    "irregular": (
        pd.DatetimeIndex(pd.date_range("2024-01-01", periods=15, freq="D").delete([2, 3, 7])),
        [pd.NaT, pd.NaT],
    ),
    "periods": (
        pd.period_range("2024-01", periods=12, freq="M"),
        [pd.Period("2025-01", "M"), pd.Period("2025-02", "M")],
    ),
    "time deltas": (
        pd.to_timedelta(np.arange(12), unit="h"),
        pd.to_timedelta([12, 13], unit="h"),
    ),
    "every second number": (pd.Index(np.arange(0, 24, 2)), [24, 26]),
    "irregular numbers": (
        pd.Index([0, 3, 5, 6, 9, 10, 13, 15, 17, 18, 19.5, 20]),
        [np.nan, np.nan],
    ),
    "texts": (pd.Index(list("abcdefghijkl")), [np.nan, np.nan]),
    "rows": (None, [12, 13]),
}


@pytest.mark.parametrize("kind", INDEXES)
def test_times_beyond_the_last_row(kind):
    index, after = INDEXES[kind]
    X = np.arange(12.0).reshape(-1, 1)
    X = X if index is None else pd.DataFrame({"x": X.ravel()}, index=index)
    y = np.ones((12, 2))
    folds = [(range(8), range(8, 12))]
    lines = backtest(DummyRegressor(), X, y, cv=folds, baselines=None).predictions
    labels = list(range(12) if index is None else index)
    expected = [labels[9], labels[10], labels[10], labels[11], labels[11], after[0], *after]
    pd.testing.assert_series_equal(
        lines["time"], pd.Series(expected), check_names=False, check_dtype=False
    )
    assert lines["origin"].tolist() == np.repeat(labels[8:], 2).tolist()


def test_an_index_of_two_levels_without_a_group():
    X, y = shops()
    X = X.set_index("shop", append=True)
    result = backtest(DummyRegressor(), X, y, cv=2, baselines=None)
    _, test = next(TimeSeriesSplit(2).split(X))
    assert result.predictions["origin"][0] == X.index[test[0]]


# --- scores -------------------------------------------------------------------------------------


@pytest.fixture
def by_hand():
    """Two folds of two origins, two steps and two targets, with errors that can be counted."""
    X = np.arange(8.0).reshape(-1, 1)
    table = np.array([[0, 0], [1, 10], [3, 0], [4, 20], [6, 10], [7, 30], [9, 20], [10, 40]])
    y = np.stack([table, table + 1], axis=1).astype(float)
    folds = [(range(4), [4, 5]), (range(6), [6, 7])]
    baselines = {"tens": Tens(), "zeros": Tens(0.0)}
    return backtest(Tens(5.0), X, y, cv=folds, baselines=baselines)


class Tens(RegressorMixin, BaseEstimator):
    """Predicts a number, for two steps of two targets."""

    def __init__(self, number=10.0):
        self.number = number

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.full((len(X), 2, 2), self.number)


# |truth - 5| by fold and origin, in time-major order: truths are (6, 10, 7, 11), (7, 30, 8, 31),
# (9, 20, 10, 21), (10, 40, 11, 41).
ERRORS = np.array([[1, 5, 2, 6], [2, 25, 3, 26], [4, 15, 5, 16], [5, 35, 6, 36]])
ERRORS_OF_TENS = np.array([[4, 0, 3, 1], [3, 20, 2, 21], [1, 10, 0, 11], [0, 30, 1, 31]])


@no_skill_needed
def test_scores_by_hand(by_hand):
    scores = by_hand.scores()
    assert scores.index.tolist() == ["model", "tens", "zeros"]
    assert list(scores) == ["mae", "rmse", "mase", "skill"]
    assert_allclose(scores["mae"]["model"], ERRORS.mean())
    assert_allclose(scores["rmse"]["model"], np.sqrt((ERRORS**2).mean()))
    assert_allclose(scores["mae"]["tens"], ERRORS_OF_TENS.mean())
    assert_allclose(scores["skill"]["model"], 1 - ERRORS.mean() / ERRORS_OF_TENS.mean())
    assert scores["skill"]["tens"] == 0
    assert by_hand.skill == scores["skill"]["model"]
    # First steps move by 1, 2, 1, 2, 1 and by 10, 10, 20, 10, 20 in the training rows.
    scale = np.array([[4 / 3, 40 / 3], [7 / 5, 70 / 5]])
    assert_allclose(by_hand.scales.loc[0, ["y0", "y1"]], scale[0])
    assert_allclose(by_hand.scales.loc[1, ["y0", "y1"]], scale[1])
    expected = (ERRORS / np.tile(scale.repeat(2, axis=0), 2)).mean()
    assert_allclose(scores["mase"]["model"], expected)


@no_skill_needed
def test_scores_by_step_fold_and_target(by_hand):
    errors = ERRORS.reshape(2, 2, 2, 2)  # fold, origin, step, target
    tens = ERRORS_OF_TENS.reshape(2, 2, 2, 2)
    by_step = by_hand.scores("step")
    assert by_step.index.names == ["model", "step"]
    assert_allclose(by_step["mae"].loc["model"], errors.mean(axis=(0, 1, 3)))
    assert by_step["mae"].loc["model"].index.tolist() == [1, 2]
    assert_allclose(
        by_step["skill"].loc["model"], 1 - errors.mean(axis=(0, 1, 3)) / tens.mean(axis=(0, 1, 3))
    )
    assert_allclose(by_hand.scores("fold")["mae"].loc["tens"], tens.mean(axis=(1, 2, 3)))
    assert_allclose(by_hand.scores("target")["mae"].loc["model"], errors.mean(axis=(0, 1, 2)))
    scores = by_hand.scores(["target", "step"])["mae"]
    for target, step in np.ndindex(2, 2):
        expected = errors[:, :, step, target].mean()
        assert_allclose(scores.loc["model", f"y{target}", step + 1], expected)


@no_skill_needed
def test_to_frame_adds_the_seconds(by_hand):
    table = by_hand.to_frame()
    pd.testing.assert_frame_equal(table.drop(columns="fit_seconds"), by_hand.scores())
    assert table["fit_seconds"]["model"] == by_hand.fit_seconds["model"].sum() > 0


@no_skill_needed
def test_scores_by_what_is_not_there(by_hand):
    with pytest.raises(ValueError, match=r"by must be one or several of \['fold', .* got \['pric"):
        by_hand.scores("price")
    with pytest.raises(ValueError, match=r"got \['step', 'truth'\]"):
        by_hand.scores(["step", "truth"])


def test_a_series_that_stands_still_has_no_scale():
    X, y = np.arange(12.0).reshape(-1, 1), np.ones(12)
    result = backtest(DummyRegressor(), X, y, cv=2, baselines=None)
    scores = result.scores()
    assert scores["mae"]["model"] == 0
    assert np.isnan(scores["mase"]["model"])
    assert np.isnan(result.skill)  # there is no baseline


@no_skill_needed
def test_the_season_sets_the_scale():
    x = np.tile([0.0, 5.0, 9.0, 2.0], 10) + np.arange(40)
    X, y = make_supervised(x)
    result = backtest(LinearRegression(), X, y, cv=2, season_length=4, baselines=["seasonal_naive"])
    assert_array_equal(result.scales, [4, 4])
    # One step ahead, the seasonal naive forecast is as good as in training, which MASE calls 1.
    assert result.scores()["mase"]["seasonal_naive"] == 1
    short = backtest(LinearRegression(), X, y, cv=2, season_length=20, baselines=None)
    assert short.scales.isna().tolist() == [True, False]  # the first fold has 13 training rows


# --- baselines ----------------------------------------------------------------------------------


@no_skill_needed
def test_baselines_by_hand():
    X, y = make_supervised(pd.Series(RNG.normal(size=50), name="x"), n_steps_out=3)
    names = ["seasonal_naive", "naive", "drift"]
    result = backtest(lags(6), X, y, cv=3, baselines=names, season_length=5)
    assert list(result.baselines) == names
    x, rows = X["x"].to_numpy(), result.predictions["origin"]
    ahead = result.predictions["step"].to_numpy()
    for name, expected in {
        "naive": x[rows],
        "seasonal_naive": x[rows + ahead - 5],
        "drift": x[rows] + ahead * (x[rows] - x[rows - 5]) / 5,
    }.items():
        lines = result.baselines[name]
        assert_allclose(lines["prediction"], expected)
        pd.testing.assert_frame_equal(
            lines.drop(columns="prediction"), result.predictions.drop(columns="prediction")
        )
    scores = result.scores()
    assert scores["skill"]["seasonal_naive"] == 0
    assert_allclose(scores["skill"]["model"], 1 - scores["mae"]["model"] / scores["mae"].iloc[1])


@no_skill_needed
def test_baselines_know_the_lead():
    X, y = make_supervised(pd.Series(RNG.normal(size=40), name="x"), n_steps_out=2, lead=3)
    result = backtest(
        lags(1), X, y, cv=2, baselines={"mean": DummyRegressor(strategy="quantile", quantile=0)}
    )
    assert result.scores().index.tolist() == ["model", "mean"]
    result = backtest(lags(), X, y, cv=2, baselines="seasonal_naive", season_length=7)
    rows, ahead = result.predictions["origin"], result.predictions["step"] + 2
    x = X["x"].to_numpy()
    assert_array_equal(result.baselines["seasonal_naive"]["prediction"], x[rows + ahead - 7])


def test_baselines_need_only_the_history_of_the_targets():
    X, y = swings(container="frame")
    X["weather"], X["holes"] = "rain", np.where(np.arange(len(X)) % 2, np.nan, 1)
    result = backtest(make_pipeline(First(), lags()), X, y, cv=3, baselines=["naive"])
    rows = result.predictions["origin"]
    assert_array_equal(result.baselines["naive"]["prediction"], X.loc[rows, "sold"])


class First(BaseEstimator):
    """Takes the first column."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X.iloc[:, :1]


def test_baselines_of_windows_made_before():
    x = SWINGS
    X = np.lib.stride_tricks.sliding_window_view(x, 4)[:-1, :, np.newaxis]
    model = make_pipeline(Flat(), Ridge())
    result = backtest(model, X, x[4:], cv=3, baselines=["naive"])
    rows = result.predictions["origin"].to_numpy()
    assert_array_equal(result.baselines["naive"]["prediction"], X[rows, -1, 0])
    assert result.skill > 0.5


class Flat(BaseEstimator):
    """Makes windows flat."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X.reshape(len(X), -1)


def test_the_default_baseline_is_left_out_where_it_cannot_be():
    X, y = make_supervised(
        pd.DataFrame({"x": SWINGS, "out": SWINGS**2}), target="out", features="x"
    )
    result = backtest(LinearRegression(), X, y, cv=3)
    assert result.baselines == {}
    assert result.scores().index.tolist() == ["model"]
    assert "No baseline: " in repr(result)
    assert "is not the history of target 0" in repr(result)
    with pytest.raises(ValueError, match="is not the history"):
        backtest(LinearRegression(), X, y, cv=3, baselines=["naive"])
    with pytest.raises(ValueError, match="is not the history"):
        backtest(LinearRegression(), X, y, cv=3, baselines="drift")
    assert "No baseline" not in repr(backtest(LinearRegression(), X, y, cv=3, baselines=None))


def test_a_nowcast_has_no_default_baseline():
    X, y = make_supervised(pd.DataFrame({"x": SWINGS, "out": SWINGS}), target="out", lead=0)
    result = backtest(LinearRegression(), X, y, cv=3)
    assert "No baseline: lead=0" in repr(result)


def test_errors_of_the_estimator_are_not_taken_for_those_of_a_baseline():
    X, y = swings()
    with pytest.raises(ValueError, match="n_steps_in=100 is longer than the data"):
        backtest(lags(100), X, y)


# --- no skill -----------------------------------------------------------------------------------


def test_a_model_that_repeats_the_last_value_is_warned_of():
    X, y = make_supervised(np.cumsum(RNG.normal(size=80)), n_steps_out=2)
    window = WindowTransformer(3, purge=False)
    with pytest.warns(NoSkillWarning) as caught:
        result = backtest(make_pipeline(window, NaiveRegressor()), X, y)
    message, mae = str(caught[0].message), result.scores()["mae"]
    assert caught[0].filename == __file__
    assert f"'naive': its mean absolute error is {mae['model']:.4g}, that of the" in message
    assert f"baseline {mae['naive']:.4g}" in message
    assert "window_norm" in message
    assert result.skill == 0
    with pytest.warns(NoSkillWarning, match="does not beat the baseline 'mean'"):
        backtest(DummyRegressor(), X, y, baselines={"mean": DummyRegressor()})


def test_a_good_model_is_not_warned_of():
    X, y = swings()
    assert backtest(lags(), X, y).skill > 0.5  # warnings are errors
    backtest(DummyRegressor(strategy="constant", constant=[0, 0]), X, y, baselines=None)


# --- what is missing ----------------------------------------------------------------------------


class DropsNaN(Ridge):
    """Leaves out of fit what holds NaN, and predicts NaN from it."""

    def fit(self, X, y):
        known = ~np.isnan(X).any(axis=1) & ~np.isnan(y)
        return super().fit(X[known], y[known])

    def predict(self, X):
        known = ~np.isnan(X).any(axis=1)
        y = np.full(len(X), np.nan)
        y[known] = super().predict(X[known])
        return y


def test_what_is_not_known_is_left_out_of_all_scores():
    x = SWINGS.copy()
    x[50] = np.nan
    X, y = make_supervised(x)
    model = lags(3, DropsNaN(), missing="drop")
    result = backtest(model, X, y, cv=TimeSeriesSplit(2, test_size=10))
    lines, naive = result.predictions, result.baselines["naive"]
    # The value is missing in one truth, in the windows of the three rows from it, and naively
    # in the forecast from it.
    assert lines.loc[lines["truth"].isna(), "origin"].tolist() == [49]
    assert lines.loc[lines["prediction"].isna(), "origin"].tolist() == [50, 51, 52]
    assert naive.loc[naive["prediction"].isna(), "origin"].tolist() == [50]
    kept = ~lines["origin"].isin([49, 50, 51, 52])
    scores = result.scores()
    for name, each in (("model", lines), ("naive", naive)):
        expected = (each["truth"] - each["prediction"]).abs()[kept].mean()
        assert_allclose(scores["mae"][name], expected)
    assert "Left out of the scores: 4 of 20 predictions, where the truth or a" in repr(result)


def test_nothing_to_score():
    X, y = make_supervised(SWINGS)
    y = np.where(np.arange(len(y)) < 40, y, np.nan)
    result = backtest(lags(1, DropsNaN()), X, y, cv=[(range(40), range(45, 50))])
    assert result.scores()["mae"].isna().all()
    assert "Left out of the scores: 5 of 5 predictions" in repr(result)


# --- nothing is touched, nothing is printed -----------------------------------------------------


@pytest.mark.parametrize("container", ["array", "frame"])
def test_nothing_is_mutated(container):
    X, y = swings(container=container)
    kept = X.copy(), y.copy()
    model = make_pipeline(StandardScaler(copy=False), lags())
    before = repr(model), vars(model[0]).copy()
    backtest(model, X, y, cv=3, baselines=["naive", "drift"])
    assert_array_equal(X, kept[0])
    assert_array_equal(y, kept[1])
    assert (repr(model), vars(model[0])) == before


def test_result_does_not_share_memory_with_y():
    X, y = make_supervised(SWINGS)
    y = y.astype(float)
    result = backtest(lags(), X, y, cv=2)
    y[:] = 0
    assert (result.predictions["truth"] > 0).all()


def test_the_bar_is_only_shown_when_asked_for(capsys):
    X, y = swings()
    backtest(lags(), X, y, cv=3)
    assert capsys.readouterr() == ("", "")
    backtest(lags(), X, y, cv=3, verbose=1)
    out, err = capsys.readouterr()
    assert out == ""
    assert "backtest: 100%" in err
    assert "3/3" in err
    assert err.count("100%") == 1


def test_repr():
    X, y = swings(container="frame")
    result = backtest(lags(), X, y, cv=4, refit=2)
    text = repr(result)
    lines = text.splitlines()
    facts, seconds = lines[0].split(" in ", 2)[:2], lines[0].rsplit(" in ", 1)[1]
    assert facts == ["BacktestResult: 44 origins", "4 folds, 2 steps of 1 target, 2 fits"]
    assert 0 <= float(seconds.removesuffix(" s")) < 60
    assert lines[2].split() == ["mae", "rmse", "mase", "skill"]
    assert lines[3].split()[0] == "model"
    shown = [float(number) for number in lines[3].split()[1:]]
    assert_allclose(shown, result.scores().loc["model"], rtol=1e-3)
    assert lines[4].split()[0] == "naive"
    assert lines[6] == "MAE by step:"
    shown = [float(number) for number in lines[8].split()[1:]]
    assert_allclose(shown, result.scores("step")["mae"].loc["model"], rtol=1e-3)
    assert not any(line != line.rstrip() for line in lines)
    X, y = make_supervised(SWINGS)
    text = repr(backtest(lags(), X, y, cv=[(range(20), [20])]))
    assert "1 origin in 1 fold, 1 step of 1 target, 1 fit in" in text
    assert "by step" not in text


# --- errors -------------------------------------------------------------------------------------

X_OF_ERRORS, Y_OF_ERRORS = np.arange(20.0).reshape(-1, 1), np.ones((20, 2))
NOT_CONSECUTIVE = pd.DataFrame(Y_OF_ERRORS, columns=["a(t+1)", "a(t+3)"])
NAMED = pd.DataFrame(Y_OF_ERRORS, columns=["a(t+1)", "a(t+2)"])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"cv": KFold(3)},
            r"cv must give consecutive test rows that come after .* In fold 0 of KF",
        ),
        ({"cv": ShuffleSplit(2, random_state=0)}, "cv must give consecutive test rows"),
        ({"cv": [(range(5), [6, 8])]}, r"the test rows are 6 to 8 \(2 rows\) and the training"),
        ({"refit": 0}, "refit must be an integer of at least 1, got 0"),
        ({"refit": "never"}, "refit must be an integer of at least 1, got 'never'"),
        ({"season_length": 0}, "season_length must be an integer of at least 1, got 0"),
        ({"lead": -1}, "lead must be an integer of at least 0, got -1"),
        ({"n_targets": 0}, "n_targets must be an integer of at least 1, got 0"),
        ({"n_targets": 3}, r"n_targets=3 does not fit y of shape \(20, 2\)"),
        ({"y": np.ones((20, 2, 2)), "n_targets": 4}, r"n_targets=4 does not fit y of shape \(20,"),
        ({"y": np.ones((20, 1, 1, 1))}, r"y must be of shape .* got \(20, 1, 1, 1\)"),
        ({"y": NOT_CONSECUTIVE}, r"columns of y must be consecutive steps, got \[1, 3\]"),
        ({"y": NAMED, "lead": 2}, "lead=2 contradicts the columns of y, whose names say 1"),
        ({"y": NAMED, "n_targets": 2}, "n_targets=2 contradicts the columns of y"),
        ({"y": np.ones(19)}, "inconsistent numbers of samples"),
        ({"baselines": "best"}, r"baselines must be among \['naive', .* got 'best'"),
        ({"baselines": ["naive", "best"]}, r"baselines must be among .* got \['naive', 'best'\]"),
        ({"baselines": ["seasonal_naive"]}, "give season_length=12 for months"),
        ({"baselines": {"model": DummyRegressor()}}, "baselines cannot contain 'model'"),
        ({"estimator": Tens()}, "Tens predicts 4 values per row, but y has 2"),
    ],
)
def test_errors(params, message):
    params = {"estimator": DummyRegressor(), "X": X_OF_ERRORS, "y": Y_OF_ERRORS, **params}
    with pytest.raises(ValueError, match=message):
        backtest(**params)


def test_a_group_that_is_not_there():
    X, y = shops()
    with pytest.raises(ValueError, match="group='store' is not a column of X"):
        backtest(lags(1, group="store"), X, y)


def test_what_is_no_estimator():
    with pytest.raises(TypeError, match="Cannot clone"):
        backtest(np.mean, X_OF_ERRORS, Y_OF_ERRORS)


@pytest.mark.filterwarnings("ignore::skforecast_lstm.evaluation.NoSkillWarning")
def test_a_dict_of_baselines_may_hold_names_beside_estimators():
    X, y = make_supervised(load_air_passengers(), n_steps_out=2)
    dummy = DummyRegressor()
    result = backtest(dummy, X, y, baselines={"mean": dummy, "last": "naive"}, cv=3)
    alone = backtest(dummy, X, y, baselines=["naive"], cv=3)
    pd.testing.assert_frame_equal(result.baselines["last"], alone.baselines["naive"])
    assert list(result.baselines) == ["mean", "last"]
    with pytest.raises(ValueError, match="baselines must be among"):
        backtest(dummy, X, y, baselines={"last": "persistence"}, cv=3)


# --- a forecaster, which knows its targets ------------------------------------------------------


def sold(n_rows=60):
    return pd.DataFrame({"sold": SWINGS[:n_rows], "other": OTHER[:n_rows]}, DAYS[:n_rows])


def purged(n_steps_in=3):
    return make_lstm_pipeline(Ridge(), n_steps_in=n_steps_in)


@pytest.mark.parametrize("lead", [1, 3])
@pytest.mark.parametrize("cv", [None, 3, TimeSeriesSplit(2, test_size=6)])
def test_a_forecaster_is_evaluated_as_the_table_framed_by_hand(lead, cv):
    roles = {"target": "sold", "n_steps_out": 2, "lead": lead}
    table = sold()
    result = backtest(Forecaster(purged(), **roles), table, cv=cv)
    X, y = make_supervised(table, **roles)
    by_hand = backtest(purged(), X, y, cv=cv)
    pd.testing.assert_frame_equal(result.predictions, by_hand.predictions)
    pd.testing.assert_frame_equal(result.scores("step"), by_hand.scores("step"))


def test_forecasts_of_a_backtest_are_those_of_a_forecaster_that_saw_no_more():
    table, folds = sold(), [(np.arange(40), np.arange(40, 58))]
    model = make_lstm_pipeline(Ridge(), n_steps_in=3, scaler=None)
    forecaster = Forecaster(model, target="sold", n_steps_out=2)
    lines = backtest(forecaster, table, cv=folds).predictions
    forecaster.fit(table[:41])  # what is known at the first origin
    for origin in (40, 50, 57):
        expected = forecaster.forecast(data=table[: origin + 1])["sold"]
        found = lines[lines["origin"] == table.index[origin]].set_index("time")["prediction"]
        assert_allclose(found, expected)
        assert found.index.tolist() == expected.index.tolist()


def long_table():
    parts = [sold().assign(shop=name, sold=sold()["sold"] * k) for k, name in enumerate("abc", 1)]
    return pd.concat(parts).rename_axis("day").reset_index()


def test_a_forecaster_of_many_series_is_split_between_times():
    model = make_lstm_pipeline(Ridge(), n_steps_in=3, group="shop", scaler=None)
    roles = {"target": "sold", "group": "shop", "time": "day", "n_steps_out": 2}
    result = backtest(Forecaster(model, **roles), long_table(), cv=3)
    X, y = make_supervised(long_table(), **roles)
    by_hand = backtest(model, X, y, cv=GroupTimeSeriesSplit(3))
    pd.testing.assert_frame_equal(result.predictions, by_hand.predictions)
    lines = result.predictions
    assert (lines.groupby(["fold", "origin"])["group"].nunique() == 3).all()


def test_forecasts_of_a_backtest_keep_to_the_bounds():
    lower = float(np.quantile(SWINGS, 0.5))
    table = pd.DataFrame({"a": SWINGS, "b": SWINGS + 5}, DAYS)
    with pytest.warns(UserWarning, match="beyond lower and upper"):
        result = backtest(Forecaster(purged(), n_steps_out=2, lower={"a": lower}), table)
    free = backtest(Forecaster(purged(), n_steps_out=2), table)
    is_a = (free.predictions["target"] == "a").to_numpy()
    assert (predicted(free)[is_a] < lower).any()
    assert_allclose(
        predicted(result), np.where(is_a, np.maximum(predicted(free), lower), predicted(free))
    )


def test_a_forecaster_takes_one_table_and_others_take_two():
    forecaster, (X, y) = Forecaster(purged(), target="sold"), swings(1)
    with pytest.raises(ValueError, match=r"backtest of a Forecaster takes one table"):
        backtest(forecaster, X, y)
    with pytest.raises(ValueError, match="backtest needs y, as make_supervised gives it"):
        backtest(purged(), sold())


def test_folds_of_the_whole_table_are_refused():
    folds = [(np.arange(40), np.arange(40, 60))]
    with pytest.raises(ValueError, match=r"rows of X, which has 58, but fold 0 has row 59"):
        backtest(Forecaster(purged(), target="sold", n_steps_out=2), sold(), cv=folds)


# --- intervals ----------------------------------------------------------------------------------


def conformal():
    return ConformalRegressor(purged(), cv=TimeSeriesSplit(3, test_size=6))


def test_intervals_are_scored_as_the_metrics_do():
    cv = TimeSeriesSplit(2, test_size=10)
    forecaster = Forecaster(conformal(), target="sold", n_steps_out=2)
    result = backtest(forecaster, sold(), cv=cv, interval=0.8, baselines=["naive"])
    lines, scores = result.predictions, result.scores()
    truth, lower, upper = (lines[name].to_numpy() for name in ("truth", "lower", "upper"))
    assert (lower < upper).all()
    ends = np.column_stack([lower, upper])
    assert_allclose(scores["coverage"]["model"], interval_coverage(truth, lower, upper))
    assert_allclose(
        scores["interval_score"]["model"], interval_score(truth, lower, upper, coverage=0.8)
    )
    losses = [
        mean_pinball_loss(truth, end, alpha=a) for end, a in zip(ends.T, (0.1, 0.9), strict=True)
    ]
    assert_allclose(scores["pinball"]["model"], np.mean(losses))
    assert scores[["coverage", "interval_score", "pinball"]].loc["naive"].isna().all()
    by_step = result.scores("step")["coverage"]["model"]
    for step, part in lines.groupby("step"):
        is_inside = part["truth"].between(part["lower"], part["upper"])
        assert_allclose(by_step[step], is_inside.mean())
    with pytest.raises(ValueError, match="by must be one or several"):
        result.scores("lower")


def test_intervals_of_a_pipeline_that_is_not_in_a_forecaster():
    X, y = make_supervised(sold(), "sold", n_steps_out=2)
    cv = TimeSeriesSplit(2, test_size=10)
    result = backtest(conformal(), X, y, cv=cv, interval=0.8)
    forecaster = Forecaster(conformal(), target="sold", n_steps_out=2)
    expected = backtest(forecaster, sold(), cv=cv, interval=0.8)
    pd.testing.assert_frame_equal(result.predictions, expected.predictions)


@pytest.mark.parametrize(
    ("interval", "message"),
    [(0.8, r"knows intervals: wrap it as ConformalRegressor"), (1.5, r"in \(0, 1\), got 1.5")],
)
def test_intervals_that_cannot_be(interval, message):
    with pytest.raises(ValueError, match=message):
        backtest(Forecaster(purged(), target="sold"), sold(), interval=interval)


# --- other scores, and fits in parallel ---------------------------------------------------------


def largest_error(estimator, X, y):
    return -np.abs(estimator.predict(X) - y).max()


@pytest.mark.parametrize(
    ("scoring", "names"),
    [
        ("r2", ["r2"]),
        (["r2", "neg_median_absolute_error"], ["r2", "neg_median_absolute_error"]),
        ({"largest": largest_error, "R2": "r2"}, ["largest", "R2"]),
        (largest_error, ["score"]),
    ],
)
def test_scorers_of_scikit_learn(scoring, names):
    X, y = swings()
    result = backtest(lags(), X, y, scoring=scoring)
    assert [name for name in result.scores() if name in names] == names
    lines = result.predictions
    for by, parts in {None: {(): lines}, "step": dict(iter(lines.groupby("step")))}.items():
        scores = result.scores(by).loc["model"]
        for key, part in parts.items():
            own = scores if by is None else scores.loc[key]
            truth, prediction = part["truth"], part["prediction"]
            expected = {
                "r2": r2_score(truth, prediction),
                "R2": r2_score(truth, prediction),
                "neg_median_absolute_error": -np.median(np.abs(truth - prediction)),
                "largest": -np.abs(truth - prediction).max(),
                "score": -np.abs(truth - prediction).max(),
            }
            assert_allclose([own[name] for name in names], [expected[name] for name in names])


def test_a_scorer_that_is_not_known():
    with pytest.raises(ValueError, match="'nope' is not a valid scoring value"):
        backtest(lags(), *swings(), scoring="nope")


@pytest.mark.filterwarnings("ignore:n_jobs=2 did not pay:UserWarning")
@pytest.mark.parametrize("refit", [True, 2])
def test_fits_in_parallel_give_the_same(refit):
    X, y = swings(container="frame")
    one, two = (backtest(lags(), X, y, n_jobs=n_jobs, refit=refit) for n_jobs in (None, 2))
    pd.testing.assert_frame_equal(one.predictions, two.predictions)
    assert two.fit_seconds["model"].notna().tolist() == one.fit_seconds["model"].notna().tolist()


def test_workers_that_cost_more_than_they_saved_are_told(monkeypatch):
    X, y = swings(container="frame")
    with joblib.parallel_config("threading"):
        monkeypatch.setattr("skforecast_lstm.evaluation._START", -1e9)
        with pytest.warns(UserWarning, match=r"n_jobs=2 did not pay: .* 5 fits .* n_jobs=None"):
            backtest(lags(), X, y, n_jobs=2)
        backtest(lags(), X, y)  # one after the other, nobody asked for workers
        monkeypatch.setattr("skforecast_lstm.evaluation._START", 1e9)
        backtest(lags(), X, y, n_jobs=2)
