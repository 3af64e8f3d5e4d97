"""The relation between windows and targets: found in any units, refused where there is none."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skforecast_lstm import WindowTransformer, make_supervised
from skforecast_lstm._relation import (
    Relation,
    check_columns,
    check_last_step,
    find_relation,
    warn_of_units,
)
from skforecast_lstm._season import find_season
from skforecast_lstm._windows import Windows


def in_time(x, y, lead=1, n_steps_in=4):
    """Windows over a table, and the first targets of their rows: what is `lead` rows later in y."""
    windows = WindowTransformer(n_steps_in).fit_transform(x)
    return windows[: len(x) - lead], y[lead:]


def as_sequences(windows):
    """The same windows without the table behind them."""
    return Windows.of_sequences(np.asarray(windows))


@given(
    seed=st.integers(0, 2**32 - 1),
    lead=st.integers(1, 3),
    scale=st.floats(1e-6, 1e6) | st.floats(-1e6, -1e-6),
    offset=st.floats(-1e6, 1e6),
    dtype=st.sampled_from([np.float32, np.float64]),
    in_table=st.booleans(),
)
@example(seed=0, lead=1, scale=0.5, offset=131073.0, dtype=np.float32, in_table=True)
@example(seed=156, lead=1, scale=1e-6, offset=524288.0, dtype=np.float64, in_table=True)
def test_lines_are_found_whatever_the_units(seed, lead, scale, offset, dtype, in_table):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(30, 1)).astype(dtype)
    windows, y_first = in_time(x, offset + scale * x.astype(np.float64), lead)
    y_first[rng.integers(len(y_first), size=4)] = np.nan
    windows = windows if in_table else as_sequences(windows)
    found = find_relation(windows, y_first, [0], "", lead=lead)
    assert found.is_certain
    eps = np.finfo(dtype).eps
    error = np.abs(found.offset + found.scale * x - (offset + scale * x.astype(np.float64)))
    level = abs(offset) + abs(scale) * np.abs(x).max()
    assert error.max() <= 2 * (np.sqrt(eps) * abs(scale) * np.ptp(x) + 8 * eps * level)


def test_equal_features_have_the_identity_itself():
    x = np.random.default_rng(0).normal(size=(40, 2))
    found = find_relation(*in_time(x.astype(np.float32), x), [0, 1], "")
    np.testing.assert_array_equal([found.scale, found.offset], [[1, 1], [0, 0]])


@pytest.mark.parametrize("seed", range(3))
def test_a_wrong_feature_is_refused_and_the_right_one_named(seed):
    x = np.random.default_rng(seed).normal(size=(40, 3))
    windows, y_first = in_time(x * [2.0, 3.0, 4.0], x[:, 2:])
    with pytest.raises(
        ValueError,
        match=r"Feature 0 .* is not the history of target 0: .* Feature 2 is\. .*the advice",
    ):
        find_relation(windows, y_first, [0], "This is the advice.")
    assert find_relation(windows, y_first, [2], "").lead == 1
    windows, y_first = in_time(x, x[:, [0, 2]])
    with pytest.raises(ValueError, match=r"Feature 1 .* target 1: .* Feature 2 is\. "):
        find_relation(windows, y_first, [0, 1], "")
    windows, y_first = in_time(x[:, :2], x[:, 2:])
    with pytest.raises(ValueError, match=r"Feature 0 .* is not the history") as error:
        find_relation(windows, y_first, [0], "")
    assert " is. " not in str(error.value)  # none of them


@pytest.mark.parametrize("bend", [np.exp, np.abs, lambda x: np.round(x, 1)])
@pytest.mark.parametrize("order", [slice(None), np.random.default_rng(1).permutation(39)])
def test_what_is_not_linear_is_refused(bend, order):
    x = np.random.default_rng(0).normal(size=(40, 1))
    windows, y_first = in_time(x, bend(x))
    with pytest.raises(ValueError, match="on one line"):
        find_relation(windows[order], y_first[order], [0], "")


@pytest.mark.parametrize("seed", range(3))
def test_windows_of_a_table_may_be_in_any_order(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60, 2))
    windows, y_first = in_time((x - 5) / [2.0, -3.0], x)
    order = rng.permutation(len(windows))
    found = find_relation(windows[order], y_first[order], [0, 1], "")
    np.testing.assert_allclose([found.scale, found.offset], [[2, -3], [5, 5]], rtol=1e-6)
    with pytest.raises(ValueError, match="is not the history of target 0"):
        find_relation(windows[order], y_first[order], [1, 0], "")


def test_another_lead_is_refused():
    x = np.random.default_rng(0).normal(size=(60, 1))
    windows, y_first = in_time(x, x, lead=3)
    with pytest.raises(ValueError, match=r"1 rows later \(lead=1\)"):
        find_relation(windows, y_first, [0], "")


@pytest.mark.parametrize("n_steps_in", [1, 2, 6])
def test_independent_sequences_are_taken_as_they_are(n_steps_in):
    rng = np.random.default_rng(0)
    windows = Windows.of_sequences(rng.normal(size=(50, n_steps_in, 2)))
    y_first = rng.normal(size=(50, 1))
    found = find_relation(windows, y_first, [1], "")
    assert (found.columns, found.lead, *found.scale, *found.offset) == ((1,), 1, 1, 0)
    assert not found.is_certain
    warn_of_units(windows, y_first, found, "")  # nothing to say


def test_independent_sequences_in_other_units_are_warned_of():
    rng = np.random.default_rng(0)
    series = rng.normal(100, 20, size=(200, 1)) + rng.normal(size=(200, 7))
    windows = Windows.of_sequences((series[:, :-1, np.newaxis] - 100) / 20)
    found = find_relation(windows, series[:, -1:], [0], "")
    assert (found.is_certain, *found.scale, *found.offset) == (False, 1, 0)
    with pytest.warns(UserWarning, match=r"feature 0 .* of target 0.*target 100.*the advice"):
        warn_of_units(windows, series[:, -1:], found, "This is the advice.")


@pytest.mark.parametrize("lead", [1, 2])
def test_sequences_with_the_newest_step_first_are_refused(lead):
    x = np.random.default_rng(0).normal(size=(60, 1))
    windows, y_first = in_time(x, 3 + 2 * x, lead)
    turned = Windows.of_sequences(np.asarray(windows)[4:, ::-1])
    with pytest.raises(ValueError, match=r"wrong order: their first step.*LagsToWindows"):
        find_relation(turned, y_first[4:], [0], "", lead=lead)


@pytest.mark.parametrize("seed", range(3))
def test_a_few_rows_may_be_repaired_or_left_out(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(200, 1)).cumsum(axis=0)
    windows, y_first = in_time(x, 3 + 2 * x)
    y_first[rng.integers(len(y_first), size=8)] += 5
    kept = np.r_[0:60, 70:120, 121 : len(windows)]
    found = find_relation(windows[kept], y_first[kept], [0], "")
    assert found.is_certain
    np.testing.assert_allclose([found.scale, found.offset], [[2], [3]])
    y_first[::3] += rng.normal(size=y_first[::3].shape)
    with pytest.raises(ValueError, match="is not the history"):
        find_relation(windows[kept], y_first[kept], [0], "")


@pytest.mark.parametrize("seed", range(3))
def test_zeros_do_not_make_a_history(seed):
    rng = np.random.default_rng(seed)
    sold, promoted = rng.poisson(0.1, size=(2, 300, 1)).astype(float)
    windows, y_first = in_time(promoted, sold)
    with pytest.raises(ValueError, match="is not the history"):
        find_relation(windows, y_first, [0], "")
    assert find_relation(*in_time(sold, sold), [0], "").is_certain


def test_steps_of_scales_of_their_own_are_refused():
    x = np.random.default_rng(0).normal(size=60).cumsum()
    windows = WindowTransformer(5).fit_transform(x.reshape(-1, 1))[4:57]
    y = np.column_stack([x[5:58], x[7:60]])
    relation = find_relation(windows, y[:, :1], [0], "")
    check_last_step(windows, y[:, 1:], relation, 3)
    with pytest.raises(ValueError, match=r"steps of target 0 .* TransformedTargetRegressor"):
        check_last_step(windows, 2 * y[:, 1:], relation, 3)


@pytest.mark.parametrize("n_rows", [1, 2])
def test_fewer_than_three_pairs_prove_nothing(n_rows):
    x = np.array([[3.0], [1.0], [4.0], [1.5]])
    windows = WindowTransformer(3, padding="edge").fit_transform(x)[:n_rows]
    found = find_relation(windows, x[1 : n_rows + 1], [0], "")
    assert (found.lead, *found.scale) == (1, 1)
    assert found.offset == 0
    assert not found.is_certain


# Rows of several series: one below the other, or taking turns, in which they repeat every three
# rows what a lead of three would.
@pytest.mark.parametrize("order", ["stacked", "in turns"])
@pytest.mark.parametrize("n_steps_out", [1, 3])
@pytest.mark.parametrize("seed", range(2))
def test_rows_of_several_series(order, n_steps_out, seed):
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2024-01-01", periods=30, name="day")
    levels = np.array([0.0, 50.0, -90.0])
    series = pd.DataFrame(rng.normal(size=(30, 3)).cumsum(axis=0) + levels, dates)
    table = series.melt(var_name="shop", value_name="sales", ignore_index=False)
    table = table.sort_index(kind="stable") if order == "in turns" else table
    X, y = make_supervised(table, target="sales", group="shop", n_steps_out=n_steps_out)
    X = X.assign(sales=(X["sales"] - 8) / 5)
    windows = WindowTransformer(4, n_steps_out=n_steps_out, group="shop").fit_transform(X)
    found = find_relation(windows, y.to_numpy().reshape(len(y), -1)[:, :1], [0], "")
    assert found.lead == 1
    np.testing.assert_allclose([found.scale, found.offset], [[5], [8]], rtol=1e-6)


def test_a_history_lagged_by_one_has_a_lead_of_one_in_a_nowcast():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(40, 2)), columns=["sales", "visitors"])
    table["sales before"] = table["sales"].shift()
    X, y = make_supervised(table, target="sales", features=["sales before", "visitors"], lead=0)
    with pytest.warns(UserWarning, match="leaves 1 of 37 windows out"):  # shift has no first value
        windows = WindowTransformer(4, missing="drop").fit_transform(X)
    found = find_relation(windows, y.to_numpy()[:, np.newaxis], [0], "")
    assert (found.lead, *found.scale, *found.offset) == (1, 1, 0)
    with pytest.raises(ValueError, match=r"Feature 1 .* Feature 0 is\. "):
        find_relation(windows, y.to_numpy()[:, np.newaxis], [1], "")


@pytest.mark.parametrize("lead", [1, 2])
@pytest.mark.parametrize("missing", ["drop", "mask"])
def test_rows_that_are_missing_purged_or_masked_are_passed_over(lead, missing):
    x = np.random.default_rng(0).normal(size=(60, 1))
    x[[20, 33]] = np.nan
    window = WindowTransformer(5, n_steps_out=3, missing=missing)
    with pytest.warns(UserWarning, match="leaves 10 of") if missing == "drop" else nullcontext():
        windows = window.fit_transform(x[: 60 - lead])
    y_first = 4 + 3 * x[lead:]
    y_first[50:52] = np.nan
    assert windows.is_purged[-2:].all()
    found = find_relation(windows, y_first, [0], "", lead=lead)
    assert found.lead == lead
    np.testing.assert_allclose([found.scale, found.offset], [[3], [4]])


# --- columns -------------------------------------------------------------------------------------


def test_columns_are_the_first_ones_or_those_named():
    assert check_columns(None, 2, 3, "columns") == [0, 1]
    assert check_columns((2, 0), 2, 3, "columns") == [2, 0]
    assert check_columns(np.array([-1]), 1, 3, "columns") == [2]


@pytest.mark.parametrize(
    ("columns", "n_targets", "n_features"),
    [
        ([0], 2, 3),
        ([0, 1], 1, 3),
        ([0, 3], 2, 3),
        ([-4], 1, 3),
        ([0, 0], 2, 3),
        ([2, -1], 2, 3),
        ([0.0], 1, 3),
        (["sales"], 1, 3),
        ([], 1, 3),
        (None, 3, 2),
    ],
)
def test_columns_that_are_none(columns, n_targets, n_features):
    message = f"^history={columns} must name .*: {n_targets} different integers below {n_features}"
    with pytest.raises(ValueError, match=message.replace("[", r"\[").replace("]", r"\]")):
        check_columns(columns, n_targets, n_features, "history")


# --- seasons -------------------------------------------------------------------------------------


def seasonal_windows(series, lead, n_steps_out, n_steps_in=9):
    """Windows and targets of every row, and how these follow from half of what they hold."""
    windows = np.lib.stride_tricks.sliding_window_view(series, n_steps_in)[..., np.newaxis]
    rows = n_steps_in - 1 + lead + np.arange(n_steps_out)
    n_rows = len(series) - rows[-1]
    targets = series[np.arange(n_rows)[:, np.newaxis] + rows][..., np.newaxis]
    relation = Relation((0,), lead, np.array([2.0]), np.array([1.0]))
    return Windows.of_sequences((windows[:n_rows] - 1) / 2), targets, relation


@pytest.mark.parametrize("season_length", [2, 3, 4, 7, 9])
# The one step after the last tells seasons apart; of another, several say the same.
@pytest.mark.parametrize(("lead", "n_steps_out"), [(1, 1), (1, 5), (0, 5), (3, 12)])
def test_a_season_is_found(lead, n_steps_out, season_length):
    series = np.tile(np.random.default_rng(season_length).normal(size=season_length), 30)
    assert find_season(*seasonal_windows(series, lead, n_steps_out)) == season_length


@pytest.mark.parametrize("seed", range(3))
def test_a_season_is_the_one_whose_naive_forecast_errs_least(seed):
    rng = np.random.default_rng(seed)
    series = np.tile(rng.normal(size=3), 40) + 0.3 * rng.normal(size=120)
    windows, targets, relation = seasonal_windows(series, 1, 4)
    windows = np.array(windows)
    windows[3, :4], windows[7], targets[9] = np.nan, np.nan, np.nan
    errors = []
    for length in range(1, 10):
        last = 1 + 2 * windows[:, -length:, 0]
        naive = np.stack([last[:, step % length] for step in range(4)], axis=1)
        errors.append(np.nanmean(np.abs(naive - targets[..., 0])))
    found = find_season(Windows.of_sequences(windows), targets, relation)
    assert found % 3 == 0
    assert errors[found - 1] <= 1.03 * min(errors)
    assert all(error > 1.03 * min(errors) for error in errors[: found - 1])


@pytest.mark.parametrize("seed", range(3))
def test_a_random_walk_has_no_season(seed):
    series = np.random.default_rng(seed).normal(size=200).cumsum()
    assert find_season(*seasonal_windows(series, 1, 3)) == 1
