"""The relation between windows and targets: found in any order and units, refused where not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skforecast_lstm import WindowTransformer, make_supervised
from skforecast_lstm._relation import (
    Relation,
    affine_relation,
    check_columns,
    check_last_step,
    find_relation,
    find_season,
)


@given(
    seed=st.integers(0, 2**32 - 1),
    lead=st.integers(1, 3),
    scale=st.floats(1e-6, 1e6) | st.floats(-1e6, -1e-6),
    offset=st.floats(-1e6, 1e6),
    dtype=st.sampled_from([np.float32, np.float64]),
    shuffled=st.booleans(),
)
@example(seed=0, lead=1, scale=0.5, offset=131073.0, dtype=np.float32, shuffled=True)
@example(seed=156, lead=1, scale=1e-6, offset=524288.0, dtype=np.float64, shuffled=True)
def test_the_relation_is_found_in_any_order(seed, lead, scale, offset, dtype, shuffled):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=30).astype(dtype)
    windows = WindowTransformer(4).fit_transform(x.reshape(-1, 1))[: 30 - lead]
    y_first = (offset + scale * x[lead:].astype(np.float64)).reshape(-1, 1)
    y_first[rng.integers(len(y_first), size=4)] = np.nan
    order = rng.permutation(len(windows)) if shuffled else np.arange(len(windows))
    found_scale, found_offset = affine_relation(windows[order], y_first[order], [0], "", lead=lead)
    y = found_offset + found_scale * x
    tolerance = 1e-5 if dtype is np.float32 else 1e-9
    np.testing.assert_allclose(
        y, offset + scale * x.astype(np.float64), atol=tolerance * (abs(scale) + abs(offset))
    )


def in_time(x, y, n_steps_in=4, lead=1):
    """Windows over a table, and the first targets of their rows: what is `lead` rows later in y."""
    windows = WindowTransformer(n_steps_in).fit_transform(x)
    return windows[: len(x) - lead], y[lead:]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("lead", [1, 0, 2, 3])
@given(
    seed=st.integers(0, 2**32 - 1),
    scales=st.lists(st.floats(1e-6, 1e6) | st.floats(-1e6, -1e-6), min_size=1, max_size=3),
    level=st.floats(-1e3, 1e3),
)
def test_lead_and_lines_are_found_in_time(lead, dtype, seed, scales, level):
    rng = np.random.default_rng(seed)
    n_targets = len(scales)
    x = rng.normal(size=(40, n_targets + 1))  # the last column is something else
    y = (level + x[:, :n_targets]) * scales
    order = rng.permutation(n_targets + 1)
    columns = [int(np.flatnonzero(order == target)[0]) for target in range(n_targets)]
    windows, y_first = in_time(x[:, order].astype(dtype), y, lead=lead)
    found = find_relation(windows, y_first, columns, "")
    assert (found.columns, found.lead) == (tuple(columns), lead)
    # Up to rounding, the identity is preferred to a line that is nearly it.
    eps = np.finfo(dtype).eps
    tolerance = np.sqrt(eps) * np.ptp(y, axis=0) + 16 * eps * np.abs(y).max(axis=0)
    history = x[:, :n_targets].astype(dtype)
    assert (np.abs(found.offset + found.scale * history - y) <= tolerance).all()


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
        match=r"Feature 0 .* is not the history of target 0: .* Feature 2 is\. .*the way out",
    ):
        find_relation(windows, y_first, [0], "This is the way out.")
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
def test_rows_in_another_order_are_compared_by_their_windows(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60, 2))
    windows, y_first = in_time((x - 5) / [2.0, -3.0], x)
    order = rng.permutation(len(windows))
    found = find_relation(windows[order], y_first[order], [0, 1], "")
    assert found.lead == 1
    np.testing.assert_allclose([found.scale, found.offset], [[2, -3], [5, 5]], rtol=1e-6)
    with pytest.raises(ValueError, match="is not the history of target 0"):
        find_relation(windows[order], y_first[order], [1, 0], "")


def test_a_nowcast_is_told_in_any_order():
    x = np.random.default_rng(0).normal(size=(60, 1))
    order = np.random.default_rng(1).permutation(60)
    windows, y_first = in_time(x, 7 - 2 * x, lead=0)
    found = find_relation(windows[order], y_first[order], [0], "")
    assert found.lead == 0
    np.testing.assert_allclose([found.scale, found.offset], [[-2], [7]])


def test_windows_of_one_step_do_not_tell_the_series_apart():
    x = np.random.default_rng(0).normal(size=(90, 1))  # three series taking turns
    windows, y_first = x[:-3, :, np.newaxis], x[3:]
    assert find_relation(windows, y_first, [0], "").lead == 1


@pytest.mark.parametrize("n_steps_in", [1, 2, 6])
def test_independent_sequences_are_taken_as_they_are(n_steps_in):
    rng = np.random.default_rng(0)
    windows, y_first = rng.normal(size=(50, n_steps_in, 2)), rng.normal(size=(50, 1))
    found = find_relation(windows, y_first, [1], "")
    assert (found.columns, found.lead, *found.scale, *found.offset) == ((1,), 1, 1, 0)
    assert not found.is_certain


@pytest.mark.parametrize("n_steps_in", [1, 2, 6])
def test_independent_sequences_in_other_units_are_brought_to_those_of_the_targets(n_steps_in):
    rng = np.random.default_rng(0)
    level = rng.normal(100, 20, size=200)
    series = level[:, np.newaxis] + rng.normal(size=(200, n_steps_in + 1))
    windows, y_first = (series[:, :-1, np.newaxis] - 100) / 20, series[:, -1:]
    found = find_relation(windows, y_first, [0], "")
    assert not found.is_certain
    np.testing.assert_allclose([found.scale, found.offset], [[20], [100]], rtol=0.02)


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


@pytest.mark.parametrize("n_rows", [1, 2, 3])
def test_fewer_than_three_pairs_prove_nothing(n_rows):
    x = np.array([[3.0], [1.0], [4.0], [1.5]])
    windows = WindowTransformer(3, padding="edge").fit_transform(x)[:n_rows]
    found = find_relation(windows, x[1 : n_rows + 1], [0], "")
    assert (found.lead, *found.scale) == (1, 1)
    assert found.offset == (-2 if n_rows == 1 else 0)  # one alone tells no deviation
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
    windows = window.fit_transform(x[: 60 - lead])
    y_first = 4 + 3 * x[lead:]
    y_first[50:52] = np.nan
    assert np.isnan(windows[-2:, -1]).all()  # purged
    found = find_relation(windows, y_first, [0], "")
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
    return (windows[:n_rows] - 1) / 2, targets, relation


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
    windows = windows.copy()
    windows[3, :4], windows[7], targets[9] = np.nan, np.inf, np.nan
    errors = []
    for length in range(1, 10):
        last = 1 + 2 * windows[:, -length:, 0]
        naive = np.stack([last[:, step % length] for step in range(4)], axis=1)
        naive[np.isinf(naive)] = np.nan
        errors.append(np.nanmean(np.abs(naive - targets[..., 0])))
    found = find_season(windows, targets, relation)
    assert found % 3 == 0
    assert errors[found - 1] <= 1.03 * min(errors)
    assert all(error > 1.03 * min(errors) for error in errors[: found - 1])


@pytest.mark.parametrize("seed", range(3))
def test_a_random_walk_has_no_season(seed):
    series = np.random.default_rng(seed).normal(size=200).cumsum()
    assert find_season(*seasonal_windows(series, 1, 3)) == 1
