"""Scales of features and targets: fitted on training rows only, and undone where forecasts are."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from skforecast_lstm import LSTMRegressor, WindowTransformer, make_supervised
from skforecast_lstm._scaling import Line, line_of

TABLE = np.random.default_rng(0).normal(size=(60, 2)).cumsum(axis=0) * [1.0, 500.0] + [0.0, 9e3]


def small(**params) -> LSTMRegressor:
    return LSTMRegressor(**{"units": 4, "epochs": 3, "random_state": 0, **params})


def model_of(*before, **params):
    return make_pipeline(*before, WindowTransformer(6), small(**params))


@pytest.mark.parametrize("scaler", ["standard", "minmax", MinMaxScaler((-1, 1))])
@pytest.mark.parametrize("window_norm", [None, "standard", "last"])
def test_scaling_in_the_regressor_is_scaling_before_the_window(scaler, window_norm):
    X, y = make_supervised(TABLE, target=0)
    own = {"standard": StandardScaler(), "minmax": MinMaxScaler()}
    before = clone(own[scaler] if isinstance(scaler, str) else scaler)
    expected = model_of(before, window_norm=window_norm).fit(X, y).predict(X)
    model = model_of(feature_scaler=scaler, window_norm=window_norm).fit(X, y)
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(
        model[-1].feature_scaler_.transform(X), before.fit(X).transform(X), rtol=1e-9
    )


def test_only_rows_that_are_trained_on_are_in_the_scale():
    X, y = make_supervised(TABLE, target=0, n_steps_out=3)
    expected = model_of(feature_scaler="standard").fit(X, y)[-1].feature_scaler_.mean_
    changed = X.copy()
    changed[-2:] = 1e6  # purged
    found = model_of(feature_scaler="standard").fit(changed, y)[-1].feature_scaler_.mean_
    np.testing.assert_array_equal(found, expected)
    stopped = {"early_stopping": True, "validation_fraction": 0.3, "feature_scaler": "standard"}
    expected = model_of(**stopped).fit(X, y)[-1].feature_scaler_.mean_
    changed[-15:] = 1e6  # held out
    found = model_of(**stopped).fit(changed, y)[-1].feature_scaler_.mean_
    np.testing.assert_array_equal(found, expected)


def test_sequences_are_normalised_in_the_units_of_their_targets():
    rng = np.random.default_rng(0)
    X = rng.normal(100, 20, size=(80, 1, 1)) + rng.normal(size=(80, 6, 1))
    y = X[:, -1, 0] + 1.0
    plain = small(window_norm="last").fit(X, y)
    scaled = small(window_norm="last", feature_scaler="standard").fit(X, y)
    # Relative to the last value of the window, whatever its scale: neither is far off.
    for model in (plain, scaled):
        assert np.abs(model.predict(X + 500) - y - 500).max() < 5


def test_a_scaler_that_changes_the_columns_is_refused():
    X, y = make_supervised(TABLE, target=0)
    with pytest.raises(ValueError, match=r"feature_scaler=PCA.* made 1 of 2"):
        model_of(feature_scaler=PCA(1)).fit(X, y)


def test_the_scaler_can_be_searched_and_is_never_changed():
    X, y = make_supervised(TABLE, target=0)
    scaler = StandardScaler()
    grid = {"lstmregressor__feature_scaler": [None, scaler, "minmax"]}
    search = GridSearchCV(model_of(), grid, cv=TimeSeriesSplit(2), error_score="raise").fit(X, y)
    assert len(set(search.cv_results_["mean_test_score"])) == 3
    assert not hasattr(scaler, "mean_")


# --- lines --------------------------------------------------------------------------------------


def test_lines_follow_and_undo_one_another():
    first, second = Line(2.0, 3.0), Line(-0.5, 1.0)
    both = second.after(first)
    assert both.offset + both.scale * 7.0 == 1.0 - 0.5 * (3.0 + 2.0 * 7.0)
    back = both.inverted()
    assert back.offset + back.scale * (both.offset + both.scale * 7.0) == 7.0


def test_a_scaler_is_a_line_or_none():
    values = TABLE.copy()
    values[3, 1] = np.nan
    found = line_of(StandardScaler().fit(values), values)
    np.testing.assert_allclose(found.scale, 1 / np.nanstd(values, axis=0))
    np.testing.assert_allclose(found.offset, -np.nanmean(values, axis=0) * found.scale)
    assert line_of(FunctionTransformer(np.cbrt).fit(values), values) is None
    np.testing.assert_allclose(line_of(None, values).scale, 1)


@pytest.mark.parametrize("scaler", ["standard", "minmax", StandardScaler(), MinMaxScaler((-1, 1))])
@pytest.mark.parametrize("value", [7.0, 1e-12, -3e9, 0.0])
def test_a_target_that_never_varies_is_forecast_as_it_is(scaler, value):
    X = np.random.default_rng(0).normal(size=(12, 3, 1))
    y = np.column_stack([np.full(12, value), X[:, 0, 0]])
    model = LSTMRegressor(2, epochs=2, n_targets=2, target_scaler=scaler, random_state=0).fit(X, y)
    found = model.predict(X)
    np.testing.assert_allclose(found[:, 0], value, rtol=1e-5, atol=1e-5 * (value == 0))
    assert np.ptp(found[:, 1]) > 1e-3  # the other one is scaled as before
    seasonal = LSTMRegressor(2, epochs=2, window_norm="last", target_scaler=scaler)
    constant = np.full((12, 3, 1), value)
    found = seasonal.fit(constant, constant[:, -1, 0]).predict(constant)
    np.testing.assert_allclose(found, value, rtol=1e-4, atol=1e-4 * (value == 0))
