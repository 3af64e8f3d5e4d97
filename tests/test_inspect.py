"""What stands around a window step: the right context for a forecast, or an error that names it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, RANSACRegressor, Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.multioutput import MultiOutputRegressor, RegressorChain
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler

from skforecast_lstm import (
    ConformalRegressor,
    Forecaster,
    LSTMRegressor,
    WindowTransformer,
    backtest,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm._inspect import count_context, find_windows, fitted_windows
from skforecast_lstm.datasets import load_air_passengers

PASSENGERS = load_air_passengers().to_frame()


def pipe(regressor=None, n_steps_in=12):
    return make_lstm_pipeline(Ridge() if regressor is None else regressor, n_steps_in=n_steps_in)


def network():
    return LSTMRegressor(3, epochs=2, random_state=0)


def folds():
    return TimeSeriesSplit(2)


AROUND = {
    "nothing": lambda model: model,
    "a pipeline": lambda model: make_pipeline("passthrough", model),
    "multi-output": MultiOutputRegressor,
    "multi-output of voting": lambda model: MultiOutputRegressor(
        VotingRegressor([("a", model), ("b", pipe(n_steps_in=5))])
    ),
    "transformed target": lambda model: TransformedTargetRegressor(
        model, transformer=StandardScaler()
    ),
    "a search": lambda model: GridSearchCV(model, {"verbose": [False]}, cv=folds()),
    "conformal": lambda model: ConformalRegressor(model, coverage=0.5, cv=2),
    "a search of all that": lambda model: GridSearchCV(
        MultiOutputRegressor(TransformedTargetRegressor(model, transformer=StandardScaler())),
        {"estimator__check_inverse": [False]},
        cv=folds(),
    ),
}
around = pytest.mark.parametrize("wrap", AROUND.values(), ids=list(AROUND))


@around
@pytest.mark.parametrize("n_steps_out", [1, 3])
@pytest.mark.parametrize("regressor", [Ridge, network])
def test_forecasts_are_made_from_the_whole_window(wrap, n_steps_out, regressor):
    model = wrap(pipe(regressor()))
    forecaster = Forecaster(model, n_steps_out=n_steps_out).fit(PASSENGERS)
    assert max(w.n_steps_in for w in fitted_windows(forecaster.estimator_)) == 12
    expected = forecaster.estimator_.predict(PASSENGERS[-30:])[-1].ravel()
    found = forecaster.forecast().to_numpy().ravel()
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    # Newer rows that do not follow the fitted ones bring their whole window with them.
    later = PASSENGERS.set_axis(PASSENGERS.index.shift(240))
    found = forecaster.forecast(data=later).to_numpy().ravel()
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@around
def test_a_backtest_gives_every_row_its_history(wrap):
    X, y = make_supervised(PASSENGERS, n_steps_out=2)
    result = backtest(wrap(pipe()), X, y, cv=folds(), refit=False, baselines=None)
    plain = backtest(pipe(), X, y, cv=folds(), refit=False, baselines=None)
    assert result.predictions["prediction"].notna().all()
    if "voting" not in repr(wrap) and "Voting" not in repr(wrap(pipe())):
        np.testing.assert_allclose(
            result.predictions["prediction"], plain.predictions["prediction"], rtol=0.05
        )


OUT_OF_ORDER = {
    "bagging": lambda model: BaggingRegressor(model, n_estimators=2),
    "boosting": lambda model: AdaBoostRegressor(model, n_estimators=2),
    "RANSAC": lambda model: RANSACRegressor(model),
    "a chain": RegressorChain,
    "stacking": lambda model: StackingRegressor([("a", model)], Ridge()),
    "a search over bagging": lambda model: GridSearchCV(
        BaggingRegressor(model), {"n_estimators": [2]}, cv=folds()
    ),
}


@pytest.mark.parametrize("wrap", OUT_OF_ORDER.values(), ids=list(OUT_OF_ORDER))
def test_what_gives_rows_in_another_order_is_refused_by_its_name(wrap):
    model = wrap(pipe())
    inner = model.estimator if isinstance(model, GridSearchCV) else model
    message = f"^{type(inner).__name__} .* do not follow one another"
    with pytest.raises(ValueError, match=message):
        Forecaster(model, n_steps_out=2).fit(PASSENGERS)
    X, y = make_supervised(PASSENGERS)
    with pytest.raises(ValueError, match=message):
        backtest(model, X, y, cv=folds())


def test_what_stands_behind_the_windows_may_draw_rows():
    inside = make_lstm_pipeline(BaggingRegressor(Ridge(), n_estimators=2), n_steps_in=12)
    assert np.isfinite(Forecaster(inside).fit(PASSENGERS).forecast().to_numpy()).all()


def test_stacked_pipelines_that_were_fitted_before():
    X, y = make_supervised(PASSENGERS)
    fitted = pipe(network()).fit(X, y)
    frozen = FrozenEstimator(fitted)
    stack = StackingRegressor([("a", frozen)], LinearRegression(), cv="prefit")
    forecaster = Forecaster(stack).fit(PASSENGERS)
    assert count_context(forecaster.estimator_, 100) == 11
    expected = forecaster.estimator_.predict(PASSENGERS)[-1]
    np.testing.assert_allclose(forecaster.forecast().iloc[0, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("model", [VotingRegressor([("a", pipe())])])
def test_several_steps_for_one_that_takes_one_are_refused(model):
    with pytest.raises(ValueError, match=r"VotingRegressor takes one target.*MultiOutputRegressor"):
        Forecaster(model, n_steps_out=2).fit(PASSENGERS)


def test_window_steps_are_found_wherever_they_are():
    window = WindowTransformer(3, flatten=True, padding="edge")
    union = FeatureUnion([("lags", window), ("now", StandardScaler())])
    columns = ColumnTransformer([("lags", window, ["passengers"])])
    for step in (union, columns):
        model = make_pipeline(step, Ridge()).fit(PASSENGERS, PASSENGERS["passengers"])
        assert [w.n_steps_in for w in fitted_windows(model)] == [3]
        assert len(find_windows(model)) == 1
