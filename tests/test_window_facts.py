"""Windows as an object: what arrays have, and the facts that it carries through scikit-learn."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import StackingRegressor, VotingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, KFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.utils import _safe_indexing, indexable

from skforecast_lstm import LSTMRegressor, WindowTransformer, make_supervised
from skforecast_lstm._windows import Windows

TABLE = np.random.default_rng(0).normal(size=(40, 2))


def small(**params) -> LSTMRegressor:
    return LSTMRegressor(3, epochs=2, random_state=0, **params)


def windows_of(table=TABLE, **params) -> Windows:
    return WindowTransformer(5, n_steps_out=3, **params).fit_transform(table)


def panel() -> pd.DataFrame:
    days = pd.date_range("2024-01-01", periods=20, name="day")
    parts = [pd.DataFrame({"a": TABLE[:20, k], "shop": f"shop {k}"}, days) for k in (0, 1)]
    return pd.concat(parts).sort_index(kind="stable")


# --- what arrays have ---------------------------------------------------------------------------


@pytest.mark.parametrize("of", ["table", "panel", "holes"])
def test_rows_are_selected_as_those_of_an_array(of):
    if of == "panel":
        windows = windows_of(panel(), group="shop")
    else:
        windows = windows_of() if of == "table" else windows_of()[[3, 9, 8, 20]]
    array = np.asarray(windows)
    assert (windows.shape, windows.ndim, windows.dtype, len(windows)) == (
        array.shape,
        array.ndim,
        array.dtype,
        len(array),
    )
    is_odd = np.arange(len(array)) % 2 == 1
    keys = [slice(1, 4), [2, 0, -1], np.array([3, 1]), is_odd, list(is_odd), slice(None, None, -1)]
    for key in keys:
        assert isinstance(windows[key], Windows)
        for selected in (windows[key], windows[key, ...], windows[key][:]):
            np.testing.assert_array_equal(selected, array[key])
    for key in (2, -1, (slice(None), -1), (Ellipsis, 0), (1, 2, 0), (slice(2, 4), [0, 1], 0)):
        np.testing.assert_array_equal(windows[key], array[key])
    with pytest.raises(IndexError):
        windows[len(windows)]
    assert [row.shape for row in windows] == [array.shape[1:]] * len(array)


def test_numbers_can_be_worked_with():
    windows = windows_of()
    array = np.asarray(windows)
    np.testing.assert_array_equal(2 * windows - 1, 2 * array - 1)
    np.testing.assert_array_equal(np.isnan(windows), np.isnan(array))
    assert np.asarray(windows, dtype=np.float32).dtype == np.float32
    np.testing.assert_array_equal(np.concatenate([windows, windows]), np.concatenate([array] * 2))
    assert repr(windows) == "Windows of shape (40, 5, 2) and float64, 6 of them incomplete"


def test_scikit_learn_takes_rows_of_it():
    windows = windows_of()
    assert indexable(windows)[0] is windows
    for train, test in KFold(3).split(windows):
        for rows in (train, test):
            taken = _safe_indexing(windows, rows)
            assert taken.table is windows.table
            np.testing.assert_array_equal(taken, np.asarray(windows)[rows])


# --- what it knows ------------------------------------------------------------------------------


def test_facts_go_with_the_rows():
    windows = windows_of(panel(), group="shop")
    rows = np.array([1, 39, 7])
    taken = windows[rows]
    assert taken.series[taken.ends].tolist() == [1, 1, 1]
    assert taken.index[taken.ends].equals(panel().index[rows])
    assert taken.is_purged[taken.ends].tolist() == [False, True, False]  # of the last two days
    assert taken.n_lacking.tolist() == [4, 0, 1]
    assert (taken.rows_ahead, windows.rows_ahead) == (3, 3)
    assert taken.are_complete().tolist() == [False, False, False]


def test_a_panel_is_not_copied_into_windows():
    windows = windows_of(panel(), group="shop")
    assert windows.table.size == 40
    assert len(pickle.dumps(windows)) < 10_000
    long = WindowTransformer(1000).fit_transform(np.zeros((5000, 1)))
    assert len(pickle.dumps(long)) < 300_000  # 40 MB as an array
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(windows)), windows)


def test_a_regressor_that_knows_windows_and_one_that_does_not_see_the_same():
    class Witness(Ridge):
        def fit(self, X, y):
            self.seen_ = np.asarray(X)
            return self

    X, y = make_supervised(panel(), target="a", group="shop", n_steps_out=3)
    window = WindowTransformer(5, group="shop")
    model = make_pipeline(window, Witness()).fit(X, y)
    np.testing.assert_array_equal(model[-1].seen_, clone(window).fit_transform(X, y))


# --- through scikit-learn -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrap",
    [
        lambda model: model,
        TransformedTargetRegressor,
        lambda model: VotingRegressor([("a", model), ("b", clone(model))]),
        lambda model: StackingRegressor([("a", model)], Ridge(), cv=KFold(2)),
        lambda model: GridSearchCV(
            model, {"units": [3]}, cv=TimeSeriesSplit(2), error_score="raise"
        ),
    ],
    ids=["alone", "transformed target", "voting", "stacking", "search"],
)
def test_windows_reach_the_regressor_whatever_is_between(wrap, monkeypatch, tmp_path):
    seen = []
    fit = LSTMRegressor.fit
    monkeypatch.setattr(
        LSTMRegressor, "fit", lambda self, X, y, **kw: (seen.append(X), fit(self, X, y, **kw))[1]
    )
    X, y = make_supervised(TABLE, target=0)
    model = make_pipeline(WindowTransformer(5), wrap(small()), memory=str(tmp_path)).fit(X, y)
    assert np.isfinite(model.predict(X)).all()
    assert {type(windows) for windows in seen} == {Windows}


@pytest.mark.slow
def test_windows_reach_the_workers_of_a_search():
    X, y = make_supervised(TABLE, target=0)
    windows = WindowTransformer(5).fit_transform(X, y)
    search = GridSearchCV(
        small(), {"units": [2, 3]}, cv=TimeSeriesSplit(2), n_jobs=2, error_score="raise"
    ).fit(windows, y)
    serial = clone(search).set_params(n_jobs=1).fit(windows, y)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], serial.cv_results_["mean_test_score"]
    )


# --- what is missing ----------------------------------------------------------------------------


def test_windows_that_lose_rows_to_missing_values_are_counted():
    table = TABLE.copy()
    table[[12, 30], 0] = np.nan
    for flatten in (False, True):
        window = WindowTransformer(5, missing="drop", flatten=flatten)
        with pytest.warns(UserWarning, match=r"leaves 10 of 36 windows .* 2 rows .*n_steps_in=5"):
            window.fit_transform(table)
    WindowTransformer(5, missing="mask").fit_transform(table)  # warnings are errors here


@pytest.mark.parametrize("mask", [False, True])
def test_completed_windows_repeat_or_skip_what_they_lack(mask):
    table = TABLE.copy()
    table[[0, 20]] = np.nan
    windows = Windows(table, np.array([3, 10, 22, 24]), 5, n_lacking=np.array([1, 0, 0, 0]))
    assert windows.can_be_completed().tolist() == [True, True, False, True]
    filled = windows[[0, 1, 3]].completed(mask=mask)
    assert filled.are_complete().all()
    steps = np.r_[[1, 1, 1, 2, 3]], np.r_[6:11], np.r_[[21, 21, 22, 23, 24]]
    for number, rows in enumerate(steps):
        expected = table[rows].copy()
        is_filled = np.arange(5) < (rows == rows[0]).sum() - 1
        if mask:
            expected[is_filled] = np.nan
            at = filled.ends[number] - 4 + np.arange(5)
            np.testing.assert_array_equal(filled.is_masked[at], is_filled)
        np.testing.assert_array_equal(filled[number], expected)


@pytest.mark.parametrize("n_features", [1, 2])
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_flat_table_is_right_however_the_table_lies_in_memory(n_features, order):
    table = np.asarray(np.arange(12.0 * n_features).reshape(12, n_features), order=order)
    if n_features == 1:  # contiguous in both ways, with any stride along the single column
        strides = (8, 8 * 12) if order == "F" else (8, 8)
        table = np.lib.stride_tricks.as_strided(table, strides=strides)
    windows = Windows(table, np.arange(3, 12), 4)
    expected = [table[end - 3 : end + 1].ravel() for end in range(3, 12)]
    np.testing.assert_array_equal(windows.to_array(flat=True), expected)
