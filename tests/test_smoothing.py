"""Exponential smoothing beside the network: what it forecasts, its share, and when rows were."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skforecast_lstm import (
    LSTMRegressor,
    WindowTransformer,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm._dates import steps_after
from skforecast_lstm._linear import Normalised, Other, View, linear_start
from skforecast_lstm._smoothing import Beside, Histories, Phases, Smoothing
from skforecast_lstm._smoothing import Indices as SeasonIndices
from skforecast_lstm.metrics import mean_absolute_scaled_error

LENGTH = 4
PATTERN = np.array([0.3, -0.2, -0.4, 0.3])


def seasonal(n_rows=80, *, kind="level", seed=0, noise=0.02):
    """A random walk with a fixed season: parts of its level, or added to it."""
    rng = np.random.default_rng(seed)
    level = 10 * np.exp(np.cumsum(rng.normal(0.01, noise, n_rows)))
    season = np.resize(PATTERN, n_rows)
    values = level * (1 + season) if kind == "level" else level + 4 * season
    return values + rng.normal(scale=noise, size=n_rows)


def dated(values, freq="QS", name="y", start="2000-01-01"):
    index = pd.date_range(start, periods=len(values), freq=freq)
    return pd.DataFrame({name: values}, index=index)


def pipeline(n_steps_in=8, n_steps_out=4, *, smoothing=True, season_length=LENGTH, **params):
    """The linear part and smoothing, without a network; no row is purged."""
    model = make_lstm_pipeline(
        n_steps_in=n_steps_in, n_steps_out=n_steps_out, season_length=season_length
    )
    few = {"epochs": 1, "learning_rate": 1e-12, "n_members": 1, "units": 2, "random_state": 0}
    few |= {"smoothing": smoothing, **params}
    return model.set_params(window__purge=False, **{f"lstm__{k}": v for k, v in few.items()})


def fitted(data, n_steps_out=4, **params):
    X, y = make_supervised(data, n_steps_out=n_steps_out)
    return pipeline(n_steps_out=n_steps_out, **params).fit(X, y)


# --- what it forecasts ----------------------------------------------------------------------------


@pytest.mark.parametrize("zero", [None, -3.0])
@pytest.mark.parametrize("n_steps", [6, 8])
def test_forecasts_are_those_of_smoothing_by_hand(zero, n_steps):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(5, n_steps)) + 4
    phases, series = np.array([0, 3, 1, 2, -1]), np.array([0, 1, 1, 0, 0])
    indices = np.vstack([PATTERN, PATTERN[::-1] / 2])
    ahead = np.array([2, 3, 4, 5, 6])
    smoothing = Smoothing(SeasonIndices(indices, zero), ahead, rate=0.3, trend=0.5)
    found = smoothing.departures(values, phases, series)
    for row in range(4):
        window, own = values[row], indices[series[row]]
        if n_steps == 8:
            slope = 0.5 * (window[4:].mean() - window[:4].mean()) / 4
        else:
            slope = 0.5 * (window[-1] - window[0]) / 5
        size = np.sqrt(window.var() + 0.01)
        weights, levels, ages = [], [], []
        for age in range(n_steps):
            index = own[(phases[row] - age) % 4]
            value = window[n_steps - 1 - age]
            levels.append(value - size * index if zero is None else (value + 3) / (1 + index))
            weights.append(0.7**age)
            ages.append(age)
        level, age = np.average(levels, weights=weights), np.average(ages, weights=weights)
        for step, so_far in enumerate(ahead):
            index = own[(phases[row] + so_far) % 4]
            rising = level + slope * (age + so_far)
            expected = rising + size * index if zero is None else rising * (1 + index) - 3
            naive = window[n_steps - 1 + so_far - 4 * -(-so_far // 4)]
            assert found[row, step] == pytest.approx(expected - naive, abs=1e-12)
    np.testing.assert_array_equal(found[4], 0)  # a phase that is not known


def test_windows_that_miss_a_value_have_no_departure():
    values = np.array([[1.0, np.nan, 2, 3, 1, 2, 2, 3]])
    smoothing = Smoothing(SeasonIndices(PATTERN[np.newaxis], None), np.arange(1, 5))
    found = smoothing.departures(values, np.array([1]), np.array([0]))
    np.testing.assert_array_equal(found, 0)


@pytest.mark.parametrize("kind", ["level", "added"])
@pytest.mark.parametrize("seed", range(3))
def test_indices_are_those_of_the_season(kind, seed):
    table = seasonal(120, kind=kind, seed=seed)
    X, y = make_supervised(dated(table), n_steps_out=4)
    windows = WindowTransformer(8, purge=False).fit_transform(X)
    rows = windows[np.flatnonzero(windows.are_complete())]
    phases = Phases.of(rows, LENGTH)
    histories = Histories(rows.completed(), (0,), np.ones(1), np.zeros(1), *phases.find(rows))
    targets = y.to_numpy()[7:, :, np.newaxis]
    ahead = np.arange(1, 5)
    beside = Beside.fit(histories, targets, ahead, np.ones(len(rows)), phases, np.zeros(1))
    [smoothing] = beside.smoothings
    found = smoothing.indices.values[0]
    assert np.corrcoef(found, PATTERN)[0, 1] > 0.99
    if kind == "level":
        assert smoothing.indices.zero == 0
        np.testing.assert_allclose(found, PATTERN, atol=0.05)
    errors = np.abs(
        beside.departures(histories)
        - targets
        + table[rows.ends[:, None] - 3 + np.arange(4)][..., None]
    )
    naive = np.abs(targets - table[rows.ends[:, None] - 3 + np.arange(4)][..., None])
    assert errors.mean() < naive.mean()


@pytest.mark.parametrize("seed", range(3))
def test_smoothing_lowers_the_error_where_the_season_is_fixed(seed):
    data = dated(seasonal(100, seed=seed, noise=0.05))
    train, test = data[:80], data[72:]
    _, truth = make_supervised(test, n_steps_out=4)
    scores = {}
    for smoothing in (True, False):
        model = fitted(train, smoothing=smoothing)
        forecasts = model.predict(test[:-4])[7:]
        scores[smoothing] = mean_absolute_scaled_error(
            truth[7:].to_numpy(), forecasts, y_train=train["y"].to_numpy(), season_length=4
        )
        assert (model["lstm"].smoothing_share_ > 0) == smoothing
    assert scores[True] < scores[False]


# --- the share ------------------------------------------------------------------------------------


def linear_beside(truth, other, n_folds=4):
    """The share of a regression on noise beside another forecast."""
    n = len(truth)
    inputs = np.random.default_rng(1).normal(size=(n, 3))
    normalised = Normalised(inputs, np.zeros((n, 1, 1)), np.ones((n, 1, 1)))
    size = n // (n_folds + 1)
    folds = [
        (np.arange(start), np.arange(start, start + size))
        for start in range(size, n - size + 1, size)
    ]
    of_folds = [other[fold] for _, fold in folds]
    view = {"window": View(np.zeros((3, 2)), np.ones(3, dtype=bool))}
    start = [np.zeros((3, 2)), np.zeros(2)]
    options = normalised, truth, (0.5,), None, None, folds, view
    return linear_start(start, *options, Other(other, of_folds))


def test_the_share_is_that_of_the_better_forecast():
    truth = np.random.default_rng(0).normal(size=(100, 1, 2))
    other = truth.copy()
    other[..., 1] = np.random.default_rng(2).normal(scale=5, size=(100, 1))
    found = linear_beside(truth, other)
    assert found.share[0] == 0
    assert found.share[1] > 0.9


def test_the_share_is_a_half_where_both_are_as_good():
    truth = np.random.default_rng(0).normal(size=(100, 1, 2))
    assert linear_beside(truth, np.zeros_like(truth)).share.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("quantiles", [(0.1, 0.5, 0.9), (0.25, 0.5, 0.75)])
def test_quantiles_are_those_of_what_both_leave(quantiles):
    data = dated(seasonal(200, noise=0.05))
    X, y = make_supervised(data, n_steps_out=2)
    model = pipeline(n_steps_out=2, loss="quantile", quantiles=quantiles).fit(X, y)
    assert model["lstm"].smoothing_share_ > 0
    found = model.predict(X, quantiles=quantiles)[7:]
    shares = (y.to_numpy()[7:, :, np.newaxis] <= found).mean(axis=(0, 1))
    np.testing.assert_allclose(shares, quantiles, atol=0.05)


def test_each_target_is_smoothed_by_itself():
    table = pd.DataFrame({"a": seasonal(100), "b": np.random.default_rng(0).normal(size=100)})
    X, y = make_supervised(table, target=["a", "b"], n_steps_out=4)
    model = pipeline(n_targets=2).fit(X, y)
    share = model["lstm"].smoothing_share_
    assert share.shape == (2,)
    assert share[0] > 0
    assert len(model["lstm"]._beside.smoothings) == 2
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("seed", range(3))
def test_noise_is_forecast_no_better_than_by_its_mean(seed):
    noise = np.random.default_rng(seed).normal(size=200)
    model = fitted(dated(noise[:160]))
    X, y = make_supervised(dated(noise), n_steps_out=4)
    error = np.abs(model.predict(X)[160:] - y[160:]).to_numpy().mean()
    assert error > 0.9 * np.abs(y[160:] - noise[:160].mean()).to_numpy().mean()


# --- when rows were -------------------------------------------------------------------------------


@pytest.mark.parametrize("freq", ["h", "D", "B", "W", "MS", "ME", "QS-FEB", "2MS", "YS"])
def test_rows_are_counted_from_the_first_one(freq):
    index = pd.date_range("2020-01-03", periods=40, freq=freq)
    found = steps_after(index[5], index, index.freq)
    np.testing.assert_array_equal(found, np.arange(40) - 5)
    with_holes = index.delete([8, 20, 21])
    np.testing.assert_array_equal(
        steps_after(index[0], with_holes, index.freq), np.delete(np.arange(40), [8, 20, 21])
    )


@pytest.mark.parametrize(
    ("index", "freq"),
    [
        (pd.period_range("2020-01", periods=9, freq="M"), pd.offsets.MonthEnd()),
        (pd.RangeIndex(4, 40, 4), 4),
        (pd.timedelta_range("0h", periods=9, freq="2h"), pd.Timedelta("2h")),
        (pd.date_range("2024-03-28", periods=9, freq="D", tz="Europe/Berlin"), pd.offsets.Day()),
    ],
    ids=["periods", "numbers", "timedeltas", "summer time"],
)
def test_rows_of_any_index_are_counted(index, freq):
    np.testing.assert_array_equal(steps_after(index[0], index, freq), np.arange(9))


def test_what_cannot_be_counted_is_not():
    index = pd.DatetimeIndex(["2020-01-01", "2020-01-02 05:00", "2020-01-03"])
    found = steps_after(index[0], index, pd.offsets.Day())
    np.testing.assert_array_equal(np.isnan(found), [False, True, False])
    assert np.isnan(steps_after(index[0], index, None)).all()
    assert np.isnan(steps_after(3, pd.Index([1, 2]), pd.offsets.MonthBegin())).all()


@pytest.fixture(scope="module")
def dates():
    data = dated(seasonal(100, noise=0.05))
    return data, fitted(data[:81])


@pytest.mark.parametrize("rows", [slice(77, None), slice(77, 78), slice(30, 60), slice(0, 90)])
def test_every_piece_of_a_table_is_smoothed_as_in_the_whole(dates, rows):
    data, model = dates
    whole = model.predict(data)[rows]
    np.testing.assert_allclose(model.predict(data[rows]), whole, rtol=1e-6)


@pytest.mark.parametrize("n_fitted", [80, 81, 82, 83])
def test_arrays_that_continue_are_in_the_next_phase(n_fitted):
    values = seasonal(100, noise=0.05)[:, np.newaxis]
    X, y = make_supervised(values[:n_fitted], n_steps_out=4)
    model = pipeline().fit(X, y)
    whole = model.predict(values)
    # Rows that follow those that were fitted, and a piece of these.
    np.testing.assert_allclose(model.predict(values[len(X) :]), whole[len(X) :], rtol=1e-6)
    np.testing.assert_allclose(model.predict(values[20:40])[8:], whole[28:40], rtol=1e-6)


def test_rows_after_a_hole_are_in_their_own_phase(dates):
    data, model = dates
    whole, later = model.predict(data), data[90:]
    with pytest.warns(UserWarning, match="lack up to"):
        found = model.predict(later)
    np.testing.assert_allclose(found[7:], whole[97:], rtol=1e-6)


def test_values_without_dates_are_found_by_their_values(dates):
    data, model = dates
    X, _ = make_supervised(data[:81], n_steps_out=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # X has no feature names
        found = model.predict(data.to_numpy()[len(X) : len(X) + 5])
    np.testing.assert_allclose(found, model.predict(data)[len(X) : len(X) + 5], rtol=1e-6)


def test_windows_of_another_step_are_forecast_without_and_that_is_said(dates):
    data, model = dates
    _, window, lstm = (step for _, step in model.steps)
    scaled = pd.DataFrame(model["scale"].transform(data), data.index, data.columns)
    own = window.transform(scaled)
    later = clone(window).fit_transform(scaled[40:])
    with pytest.warns(UserWarning, match="60 of 60 rows given to LSTMRegressor.*phase"):
        found = lstm.predict(later)
    assert np.isfinite(found).all()
    assert not np.allclose(found[8:], lstm.predict(own)[48:])


def test_independent_sequences_have_no_phase_but_need_none_without_a_season():
    rng = np.random.default_rng(0)
    X = np.cumsum(rng.normal(size=(80, 9)), axis=1)
    X, y = X[:, :8], X[:, 8]
    params = {"window_norm": "seasonal", "linear_skip": "ridge", "smoothing": True, "epochs": 1}
    with_season = LSTMRegressor(2, season_length=4, random_state=0, **params).fit(X, y)
    assert with_season.smoothing_share_ == 0
    without = LSTMRegressor(2, season_length=1, random_state=0, **params).fit(X, y)
    assert without.smoothing_share_ > 0
    assert np.isfinite(without.predict(X)).all()


def test_irregular_times_have_no_phase():
    data = dated(seasonal(80))
    data.index += pd.to_timedelta(np.random.default_rng(0).integers(0, 40, 80), "D")
    model = fitted(data)
    assert model["lstm"].smoothing_share_ == 0


# --- many series ----------------------------------------------------------------------------------


def panel(n_rows=60, *, with_dates=True):
    parts = []
    for number, name in enumerate(("a", "b", "c")):
        part = dated(10**number * seasonal(n_rows, seed=number, noise=0.05))
        part.index.name = "when"
        parts.append(part.assign(series=name))
    table = pd.concat(parts).reset_index().sort_values(["when", "series"]).set_index("when")
    return table if with_dates else table.reset_index(drop=True)


def fitted_panel(table, **params):
    X, y = make_supervised(table, target="y", group="series", n_steps_out=4)
    model = make_lstm_pipeline(n_steps_in=8, n_steps_out=4, group="series", season_length=LENGTH)
    few = {"epochs": 1, "learning_rate": 1e-12, "n_members": 1, "units": 2, "random_state": 0}
    names = {name.rpartition("__")[2]: name for name in model.get_params()}
    model.set_params(**{names[key]: value for key, value in {**few, **params}.items()})
    return model.fit(X, y), X


@pytest.mark.parametrize("with_dates", [True, False])
def test_each_series_has_its_own_season(with_dates):
    table = panel(with_dates=with_dates)
    table.loc[table["series"] == "c", "y"] *= -1
    model, X = fitted_panel(table)
    lstm = model.regressor_["lstm"] if hasattr(model, "regressor_") else model["lstm"]
    [smoothing] = lstm._beside.smoothings
    first, _, last, _ = smoothing.indices.values
    assert np.corrcoef(first, PATTERN)[0, 1] > 0.9
    assert np.corrcoef(last, PATTERN)[0, 1] < -0.9
    # One series alone has the forecasts that it has among the others.
    whole = model.predict(X)
    own = (X["series"] == "c").to_numpy()
    np.testing.assert_allclose(model.predict(X[own]), whole[own], rtol=1e-6)


def test_a_series_that_is_new_has_the_mean_season_of_the_others():
    table = panel()
    model, _ = fitted_panel(table[table["series"] != "c"])
    other = table[table["series"] == "c"]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = model.predict(other)[7:]
    assert [w for w in said if "exponential smoothing" in str(w.message)] == []
    _, truth = make_supervised(other, target="y", group="series", n_steps_out=4)
    naive = other["y"].to_numpy()[np.arange(7, 56)[:, np.newaxis] + np.arange(-3, 1)]
    assert (
        np.abs(found[:-4] - truth[7:]).to_numpy().mean()
        < np.abs(naive - truth[7:]).to_numpy().mean()
    )


# --- what a user does next ------------------------------------------------------------------------


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_forecast_the_same(dates, copied):
    data, model = dates
    np.testing.assert_array_equal(copied(model).predict(data), model.predict(data))


def test_a_refit_leaves_nothing_of_the_first(dates):
    _, model = dates
    other = dated(-seasonal(90, seed=5), start="1990-07-01")
    again = copy.deepcopy(model)
    X, y = make_supervised(other, n_steps_out=4)
    np.testing.assert_array_equal(again.fit(X, y).predict(X), clone(model).fit(X, y).predict(X))
    again.set_params(lstm__smoothing=False).fit(X, y)
    assert again["lstm"].smoothing_share_ == 0


@pytest.mark.parametrize(
    "params", [{"loss": "mape"}, {"loss": "msle"}, {"metrics": ["mae", "cosine_similarity"]}]
)
def test_losses_of_more_than_differences_are_refused(params):
    with pytest.raises(ValueError, match=r"smoothing=True.*difference.*smoothing=False"):
        fitted(dated(seasonal(60)), **params)
    assert np.isfinite(fitted(dated(seasonal(60)), smoothing=False, **params)["lstm"].n_iter_)


@pytest.mark.parametrize("loss", ["mae", "mse", "huber", "log_cosh"])
def test_losses_of_differences_are_taken(loss):
    assert fitted(dated(seasonal(60)), loss=loss, metrics=["mae"])["lstm"].smoothing_share_ > 0


def test_it_does_nothing_without_a_ridge_start_or_a_season():
    for params in ({"linear_skip": False}, {"window_norm": "standard"}):
        assert fitted(dated(seasonal(60)), **params)["lstm"].smoothing_share_ == 0


def test_training_goes_on_with_the_season_there_is():
    data = dated(seasonal(100, noise=0.05))
    windows = WindowTransformer(8, purge=False)
    X, y = make_supervised(data, n_steps_out=4)
    params = {"window_norm": "seasonal", "season_length": LENGTH, "linear_skip": "ridge"}
    params |= {"smoothing": True, "epochs": 2, "random_state": 0, "warm_start": True}
    model = LSTMRegressor(2, **params).fit(windows.fit_transform(X[:70]), y[:70])
    share = model.smoothing_share_
    model.fit(windows.fit_transform(X), y)
    model.partial_fit(windows.transform(X), y)
    assert model.smoothing_share_ == share
    with pytest.raises(ValueError, match=r"same first date.*warm_start=False"):
        model.fit(clone(windows).fit_transform(X[9:]), y[9:])
    # Nothing is half done.
    assert np.isfinite(model.predict(windows.transform(X))).all()


def test_early_stopping_looks_at_what_smoothing_leaves(dates):
    data, _ = dates
    X, y = make_supervised(data, n_steps_out=4)
    params = {"early_stopping": True, "epochs": 5, "learning_rate": 1e-12, "outliers": None}
    model = pipeline(**params, loss="mae", target_scaler=None).fit(X, y)
    forecasts = model.predict(X)
    late = slice(-int(np.ceil(0.1 * (len(X) - 7))), None)
    expected = np.abs(forecasts[late] - y.to_numpy()[late]).mean()
    assert model["lstm"].history_["val_loss"][0] == pytest.approx(expected, rel=1e-5)


def test_a_step_between_that_scales_changes_no_forecast(dates):
    data, model = dates
    X, y = make_supervised(data[:81], n_steps_out=4)
    again = make_pipeline(StandardScaler(), *(clone(step) for step in model[1:])).fit(X, y)
    np.testing.assert_allclose(again.predict(data), model.predict(data), rtol=1e-4)
