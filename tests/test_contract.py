"""The row contract through whole pipelines: true windows in every fold, and no look ahead."""

from __future__ import annotations

import functools
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    TimeSeriesSplit,
    cross_val_score,
    cross_validate,
    train_test_split,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import skforecast_lstm
from skforecast_lstm import (
    IncompleteWindowWarning,
    LSTMRegressor,
    WindowTransformer,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm._samples import Chosen

SMALL = {"epochs": 2, "random_state": 0}
ARCHITECTURES = {
    "BidirectionalLSTMRegressor": {"units": 2},
    "CNNLSTMRegressor": {"units": 2, "filters": 2},
    "ConvLSTMRegressor": {"filters": 2},
    "EncoderDecoderLSTMRegressor": {"units": 2, "attention": True},
    "LSTMRegressor": {"units": 2},
    "OneToManyLSTMRegressor": {"units": 2},
    "SequenceLSTMRegressor": {"units": 2},
    "StackedLSTMRegressor": {"units": (2, 2)},
}


def regressor(name: str = "LSTMRegressor", **params) -> BaseEstimator:
    """A network small enough to train in no time."""
    return getattr(skforecast_lstm, name)(**{**SMALL, **ARCHITECTURES[name], **params})


@pytest.fixture(scope="module", params=ARCHITECTURES)
def fitted(request) -> tuple[Pipeline, np.ndarray, int]:
    """Each regressor in a pipeline, the table, and how many of its rows the pipeline has seen."""
    data = random_table(0, 40, 2)
    X, y = make_supervised(data[:26], n_steps_out=2)
    window = WindowTransformer(4, n_steps_out=2)
    return pipeline(window, regressor(request.param)).fit(X, y), data, len(X)


def test_every_exported_regressor_is_tested():
    exported = {name for name in skforecast_lstm.__all__ if name.endswith("LSTMRegressor")}
    assert exported == {*ARCHITECTURES, "BaseLSTMRegressor"}


def pipeline(
    window: WindowTransformer, final: BaseEstimator, *, keep_dates: bool = False
) -> Pipeline:
    # A scaler returns an array, without the dates, unless it is asked for DataFrames.
    scaler = StandardScaler().set_output(transform="pandas" if keep_dates else "default")
    return Pipeline([("scale", scaler), ("window", window), ("final", final)])


def rows_of(data, rows):
    """Rows as a splitter selects them: by number."""
    return data.iloc[rows] if hasattr(data, "iloc") else data[rows]


def fit_rows(model, X, y, rows):
    return model.fit(rows_of(X, rows), rows_of(y, rows))


def random_table(seed: int, n_rows: int, n_features: int, container: str = "array"):
    """White noise: no two stretches of it are alike."""
    table = np.random.default_rng(seed).normal(size=(n_rows, n_features))
    return in_container(table, container)


def in_container(table: np.ndarray, container: str):
    if container == "array":
        return table
    dates = pd.date_range("2024-01-01", periods=len(table), freq="D")
    return pd.DataFrame(table, index=dates, columns=[f"x{i}" for i in range(table.shape[1])])


# --- (a) predictions of a fold are those from windows cut out of the full table -----------------


def windows_by_hand(table: np.ndarray, rows: np.ndarray, n_steps_in: int) -> np.ndarray:
    """Windows that end in the given rows of the full table, in loops."""
    windows = np.empty((len(rows), n_steps_in, table.shape[1]))
    for i, row in enumerate(rows):
        for step in range(n_steps_in):
            windows[i, step] = table[row - n_steps_in + 1 + step]
    return windows


def true_windows(model: Pipeline, X, test: np.ndarray) -> np.ndarray:
    """What the regressor of a fitted pipeline should see of the test rows."""
    scaled = np.asarray(model["scale"].transform(rows_of(X, np.arange(test[-1] + 1))))
    return windows_by_hand(scaled, test, model["window"].n_steps_in)


tables = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32 - 1),
        "n_rows": st.integers(24, 48),
        # Only with "frame, dates kept" does the window step see the index.
        "container": st.sampled_from(["array", "frame", "frame, dates kept"]),
        "n_splits": st.integers(2, 4),
    }
)


def folds_of(table: dict, n_features: int, n_steps_out: int, window, final):
    """Fit a pipeline in every fold; give it with the features and the test rows."""
    data = random_table(table["seed"], table["n_rows"], n_features, table["container"])
    X, y = make_supervised(data, target=0, n_steps_out=n_steps_out)
    for train, test in TimeSeriesSplit(table["n_splits"]).split(X):
        model = pipeline(window, clone(final), keep_dates=table["container"].endswith("kept"))
        yield fit_rows(model, X, y, train), X, test


@settings(max_examples=15)
@given(
    table=tables,
    # Few shapes, as each compiles a network of its own.
    shape=st.sampled_from([(1, 2, 1), (2, 3, 1), (2, 3, 2), (1, 2, 2)]),
)
def test_predictions_of_a_fold_are_those_of_true_windows(table, shape):
    n_features, n_steps_in, n_steps_out = shape
    window = WindowTransformer(n_steps_in, n_steps_out=n_steps_out)
    for model, X, test in folds_of(table, n_features, n_steps_out, window, regressor()):
        expected = model["final"].predict(true_windows(model, X, test))
        assert np.isfinite(expected).all()
        assert np.array_equal(model.predict(rows_of(X, test)), expected)


@settings(max_examples=60)
@given(table=tables, n_features=st.integers(1, 3), n_steps_in=st.integers(1, 4))
def test_flat_windows_of_a_fold_are_true_windows(table, n_features, n_steps_in):
    window = WindowTransformer(n_steps_in, padding="edge", flatten=True)
    for model, X, test in folds_of(table, n_features, 1, window, Ridge()):
        expected = true_windows(model, X, test).reshape(len(test), -1)
        assert np.array_equal(model[:-1].transform(rows_of(X, test)), expected)
        # Not bit for bit: BLAS adds up a strided view and a copy of it in another order.
        y_pred = model.predict(rows_of(X, test))
        np.testing.assert_allclose(y_pred, model["final"].predict(expected), rtol=1e-9, atol=1e-12)


@settings(max_examples=20)
@given(table=tables, n_steps_in=st.integers(1, 4))
def test_predictions_of_boosted_trees_are_those_of_true_windows(table, n_steps_in):
    # They take NaN, so that windows need no edge.
    window = WindowTransformer(n_steps_in, flatten=True)
    trees = HistGradientBoostingRegressor(max_iter=3, min_samples_leaf=1)
    # One thread: several would wait for each other far longer than such small trees take.
    with threadpool_limits(1):
        for model, X, test in folds_of(table, 2, 1, window, trees):
            expected = true_windows(model, X, test).reshape(len(test), -1)
            y_pred = model.predict(rows_of(X, test))
            assert np.array_equal(y_pred, model["final"].predict(expected))


@settings(max_examples=60)
@given(
    values=st.lists(st.sampled_from([0.0, 0.0, 0.0, 1.0]), min_size=12, max_size=40),
    n_splits=st.integers(2, 5),
    n_steps_in=st.integers(1, 2),
)
def test_a_table_that_repeats_itself_is_placed_by_its_dates(values, n_splits, n_steps_in):
    # No array could tell where such rows belong.
    X = in_container(np.reshape(values, (-1, 1)), "frame")
    window = WindowTransformer(n_steps_in)
    for train, test in TimeSeriesSplit(n_splits).split(X):
        windows = window.fit(rows_of(X, train)).transform(rows_of(X, test))
        assert np.array_equal(windows, windows_by_hand(X.to_numpy(), test, n_steps_in))


# --- (b) no training sample reaches into the test rows ------------------------------------------


class Spy(RegressorMixin, BaseEstimator):
    """Remembers what it was trained on, less the rows that this package's regressors leave out."""

    def fit(self, X, y):
        X, y = np.asarray(X), np.asarray(y).reshape(len(X), -1)
        kept = ~np.isnan(X).any(axis=(1, 2)) & ~np.isnan(y).any(axis=1)
        self.windows_, self.targets_ = X[kept], y[kept]
        return self

    def predict(self, X):
        return np.zeros((len(X), self.targets_.shape[1]))


def spies_of(n_steps_out: int, lead: int, container: str, *, purge: bool = True):
    """Cross-validate a spy on a table whose values are its row numbers; give it with its fold."""
    numbers = np.arange(60.0)
    data = in_container(np.column_stack([numbers, numbers]), container)
    X, y = make_supervised(data, target=0, features=1, n_steps_out=n_steps_out, lead=lead)
    window = WindowTransformer(3, n_steps_out=n_steps_out, lead=lead, purge=purge)
    model = Pipeline([("window", window), ("spy", Spy())])
    cv = TimeSeriesSplit(4)
    fitted = cross_validate(
        model,
        X,
        y,
        cv=cv,
        scoring="neg_mean_absolute_error",
        return_estimator=True,
        error_score="raise",
    )
    for (train, test), each in zip(cv.split(X), fitted["estimator"], strict=True):
        test_targets = np.asarray(y).reshape(len(y), -1)[test]
        yield each["spy"], train[-1], test_targets


@pytest.mark.parametrize("container", ["array", "frame"])
@pytest.mark.parametrize("lead", [0, 1, 2])
@pytest.mark.parametrize("n_steps_out", [1, 2, 3, 4])
def test_no_training_sample_reaches_into_the_test_rows(n_steps_out, lead, container):
    for spy, last_train_row, test_targets in spies_of(n_steps_out, lead, container):
        assert spy.windows_.max() <= last_train_row
        # With lead=1 the target of the last training row is the value of the first test row, which
        # is no leak: that row is the first origin, its value is known by then, and what it is
        # asked for comes after it. With lead=0 the first test row is itself asked for.
        assert spy.targets_.max() <= last_train_row + min(lead, 1)
        assert spy.targets_.max() < test_targets.min()
        # And no more is left out than has to be.
        assert spy.targets_.max() == last_train_row + min(lead, 1)


@pytest.mark.parametrize("n_steps_out", [2, 3, 4])
def test_without_purge_targets_would_reach_into_the_test_rows(n_steps_out):
    for spy, last_train_row, test_targets in spies_of(n_steps_out, 1, "array", purge=False):
        assert spy.targets_.max() == last_train_row + n_steps_out
        assert spy.targets_.max() >= test_targets.min()


def test_targets_of_purged_rows_train_nothing():
    X, y = make_supervised(random_table(0, 40, 1), n_steps_out=3)
    model = pipeline(WindowTransformer(3, n_steps_out=3), regressor())
    expected = model.fit(X, y).predict(X)
    # Neither weights nor the scale of the targets.
    y[-2:] = 1e6
    assert np.array_equal(model.fit(X, y).predict(X), expected)
    # The last row that is not purged does.
    y[-3] = 1e6
    assert not np.array_equal(model.fit(X, y).predict(X), expected)


# --- (c) the future changes nothing before it ---------------------------------------------------


@pytest.mark.parametrize("container", ["array", "frame"])
@pytest.mark.parametrize("purge", [False, True])
def test_no_window_holds_a_later_row(container, purge):
    # The values of the table are its row numbers. What fit remembers is the end of the training
    # rows: put in front of any but those that follow, it would be the future.
    table = in_container(np.arange(40.0).reshape(-1, 1), container)
    window = WindowTransformer(4, n_steps_out=3, purge=purge).fit(table[:25])
    for start, stop in [(0, 25), (0, 40), (25, 40), (25, 26)]:
        windows = window.transform(table[start:stop])
        latest = np.nanmax(windows, axis=(1, 2))
        assert np.array_equal(latest, np.arange(start, stop))
        assert np.array_equal(windows[:, -1, 0], latest)


def with_another_future(data, row: int):
    """The table, all different after a row."""
    other = data.copy()
    if hasattr(other, "iloc"):
        other.iloc[row + 1 :] = other.iloc[row + 1 :] * -5 + 100
    else:
        other[row + 1 :] = other[row + 1 :] * -5 + 100
    return other


def assert_nothing_before_changes(model, data, rows):
    """Change all that comes after each of the rows; predictions up to there must stay."""
    y_pred = model.predict(data)
    for row in rows:
        after = model.predict(with_another_future(data, row))
        assert np.array_equal(after[: row + 1], y_pred[: row + 1])
        assert not np.array_equal(after[row + 1], y_pred[row + 1])


def test_the_future_of_an_array_changes_no_prediction_before_it(fitted):
    model, data, n_fitted = fitted
    # Not within the fitted rows: an array that differs from them is taken for what follows them.
    assert_nothing_before_changes(model, data, rows=(n_fitted - 1, 30, 38))
    assert_nothing_before_changes(model, data[n_fitted:], rows=(0, 1, 10))


def test_the_future_of_a_frame_changes_no_prediction_before_it(fitted):
    model, data, n_fitted = fitted
    frame = in_container(data, "frame")
    X, y = make_supervised(frame[:26], n_steps_out=2)
    # Dates say where rows belong, so that they may differ anywhere.
    dated = pipeline(*map(clone, model[1:]), keep_dates=True).fit(X, y)
    assert_nothing_before_changes(dated, frame, rows=(2, 12, n_fitted - 1, 30, 38))
    assert_nothing_before_changes(dated, frame[n_fitted:], rows=(0, 1, 10))


def predictions_by_row(model, data, n_splits: int, n_steps_out: int) -> np.ndarray:
    """Out-of-fold predictions of a whole evaluation; NaN for the rows of the first training."""
    X, y = make_supervised(data, target=0, n_steps_out=n_steps_out)
    y_pred = np.full((len(X), n_steps_out), np.nan)
    for train, test in TimeSeriesSplit(n_splits).split(X):
        fitted = fit_rows(clone(model), X, y, train)
        y_pred[test] = fitted.predict(rows_of(X, test)).reshape(len(test), -1)
    return y_pred


@settings(max_examples=15)
@given(table=tables, fraction=st.floats(0, 1), n_steps_out=st.integers(1, 2))
def test_the_future_changes_nothing_in_an_evaluation(table, fraction, n_steps_out):
    # Training included: what is not yet known at a row is in no scaler, window or target.
    data = random_table(table["seed"], table["n_rows"], 1, table["container"])
    window = WindowTransformer(2, n_steps_out=n_steps_out)
    model = pipeline(window, regressor(), keep_dates=table["container"].endswith("kept"))
    row = int(fraction * (len(data) - 1))
    before, after = (
        predictions_by_row(model, each, table["n_splits"], n_steps_out)[: row + 1]
        for each in (data, with_another_future(data, row))
    )
    assert np.array_equal(before, after, equal_nan=True)


# --- (d) nothing is to be learned from noise ----------------------------------------------------

N_NOISE = 240


def noise_model(**params) -> Pipeline:
    return pipeline(WindowTransformer(6), regressor(units=16, learning_rate=0.01, **params))


def relative_error(model: Pipeline, X, y) -> float:
    """Out-of-fold MAE, as a multiple of that of the mean of the training targets."""
    errors, errors_of_mean = [], []
    for train, test in TimeSeriesSplit(3).split(X):
        # Not cloned: an estimator that was fitted before has to start afresh.
        fit_rows(model, X, y, train)
        errors.extend(np.abs(model.predict(X[test]) - y[test]))
        errors_of_mean.extend(np.abs(y[train].mean() - y[test]))
    return np.mean(errors) / np.mean(errors_of_mean)


# 180 test rows leave luck of a few percent either way, and above 1 is the price of a network that
# tries to learn; a leak has no such bound, as the next test but one shows.
NO_SKILL = (0.97, 1.05)


@pytest.mark.parametrize("seed", range(4))
def test_white_noise_cannot_be_forecast(seed):
    X, y = make_supervised(random_table(seed, N_NOISE, 1))
    assert NO_SKILL[0] <= relative_error(noise_model(epochs=5), X, y) <= NO_SKILL[1]


@pytest.mark.parametrize("seed", range(3))
def test_white_noise_known_by_heart_is_forgotten_in_the_next_fit(seed):
    X, y = make_supervised(random_table(seed, N_NOISE, 1))
    model = noise_model(epochs=150).fit(X, y).set_params(final__epochs=5)
    assert NO_SKILL[0] <= relative_error(model, X, y) <= NO_SKILL[1]


def test_a_leak_would_be_visible():
    # As above, but the network goes on with what it learned by heart from the whole series.
    X, y = make_supervised(random_table(0, N_NOISE, 1))
    model = noise_model(epochs=150, warm_start=True).fit(X, y).set_params(final__epochs=5)
    assert relative_error(model, X, y) < 0.8


def test_a_shuffled_series_cannot_be_forecast():
    # What the order of the rows gave away is gone with it.
    season = np.sin(np.arange(N_NOISE) * 2 * np.pi / 12).reshape(-1, 1)
    shuffled = np.random.default_rng(0).permutation(season)
    model = noise_model(epochs=20)
    assert relative_error(model, *make_supervised(season)) < 0.5
    assert NO_SKILL[0] <= relative_error(model, *make_supervised(shuffled)) <= NO_SKILL[1]


# --- (e) fit starts afresh ----------------------------------------------------------------------


def assert_fit_starts_afresh(model, data):
    X, y = make_supervised(data, n_steps_out=2)
    other_X, other_y = make_supervised(random_table(1, 30, 2) * 7 + 3, n_steps_out=2)
    y_pred = model.fit(X, y).predict(X)
    losses = model["final"].history_["loss"]
    assert np.array_equal(model.fit(X, y).predict(X), y_pred)
    # Other data in between, and other data first.
    assert np.array_equal(model.fit(other_X, other_y).fit(X, y).predict(X), y_pred)
    twin = clone(model).fit(other_X, other_y)
    assert np.array_equal(twin.fit(X, y).predict(X), y_pred)
    assert model["final"].history_["loss"] == losses


def test_fit_twice_equals_fit_once(fitted):
    model, data, _ = fitted
    assert_fit_starts_afresh(clone(model), data)


def test_fit_twice_equals_fit_once_with_dropout_and_momentum():
    # The optimizer and the generators behind dropout have a state of their own.
    final = regressor(dropout=0.2, recurrent_dropout=0.2, optimizer="sgd")
    model = pipeline(WindowTransformer(4, n_steps_out=2), final)
    model.set_params(final__optimizer__momentum=0.9)
    assert_fit_starts_afresh(model, random_table(0, 30, 2))


def test_fit_after_data_of_another_shape():
    # Number of features, window and horizon all change in between.
    X, y = make_supervised(random_table(0, 30, 1))
    wide_X, wide_y = make_supervised(random_table(1, 30, 2), n_steps_out=2)
    model = pipeline(WindowTransformer(3), regressor())
    y_pred = model.fit(X, y).predict(X)
    model.set_params(window__n_steps_in=4, window__n_steps_out=2).fit(wide_X, wide_y)
    model.set_params(window__n_steps_in=3, window__n_steps_out=1).fit(X, y)
    assert np.array_equal(model.predict(X), y_pred)


def test_predict_changes_nothing():
    X, y = make_supervised(random_table(0, 30, 1))
    model = pipeline(WindowTransformer(3), regressor()).fit(X, y)
    y_pred = model.predict(X)
    model.predict(X[-1:] + 1)
    assert np.array_equal(model.predict(X), y_pred)


# --- (f) a prediction depends on its window alone -----------------------------------------------


# Within the rounding of float32: matrix products of other sizes add up in another order.
assert_same_forecasts = functools.partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-5)


def test_predictions_do_not_depend_on_the_rows_beside_them(fitted):
    model, data, n_fitted = fitted
    windows, y_pred = model[:-1].transform(data), model.predict(data)
    for rows in ([-1], [3], [-2, -1], np.arange(20, 40), np.arange(40)[::-1]):
        assert_same_forecasts(model["final"].predict(windows[rows]), y_pred[rows])
    # Nor on whether the rows come with the table or continue it.
    assert_same_forecasts(model.predict(data[n_fitted:]), y_pred[n_fitted:])


def test_predictions_do_not_depend_on_batch_size():
    X, y = make_supervised(random_table(0, 30, 1))
    model = pipeline(WindowTransformer(3), regressor()).fit(X, y)
    y_pred = model.predict(X)
    for batch_size in (1, 7, 1000):
        assert np.array_equal(model.set_params(final__batch_size=batch_size).predict(X), y_pred)


def test_predictions_do_not_depend_on_how_many_batches_there_are():
    # Many rows go through the network in several calls.
    windows = np.random.default_rng(0).normal(size=(5000, 3, 1))
    model = LSTMRegressor(2, **SMALL).fit(windows[:20], windows[:20, -1, 0])
    y_pred = model.predict(windows)
    assert y_pred.shape == (5000,)
    for rows in (slice(0, 10), slice(2040, 2060), slice(4990, 5000)):
        assert_same_forecasts(model.predict(windows[rows]), y_pred[rows])


# --- (g) every row has its own history, whatever piece of a table it comes in -------------------


def passengers(n_steps_out: int = 3):
    """A table with dates, and what is framed from it: the last rows have no targets yet."""
    table = in_container(random_table(3, 120, 2), "frame")
    return table, *make_supervised(table, target=0, n_steps_out=n_steps_out)


def dated_pipeline(kind: str) -> Pipeline:
    if kind == "make_lstm_pipeline":
        return make_lstm_pipeline(regressor(), n_steps_in=6, n_steps_out=3)
    window = WindowTransformer(6)
    return make_pipeline(StandardScaler(), window, regressor()).set_output(transform="pandas")


each_dated = pytest.mark.parametrize("kind", ["make_lstm_pipeline", "set_output by hand"])


@each_dated
def test_pieces_of_the_fitted_table_are_predicted_as_in_the_whole(kind):
    table, X, y = passengers()
    model = dated_pipeline(kind).fit(X, y)
    whole = model.predict(table)
    for start, stop in [(0, 120), (100, 110), (7, 8), (0, 3), (116, 117), (90, 120), (117, 120)]:
        found = model.predict(table[start:stop])
        assert_same_forecasts(found, whole[start:stop])


@each_dated
@pytest.mark.parametrize(
    ("rows", "n_lacking"), [(slice(119, 120), 5), (slice(118, 120), 5), (slice(119, None), 5)]
)
def test_rows_before_which_others_are_missing_are_said_to_lack_them(kind, rows, n_lacking):
    table, X, y = passengers()
    model = dated_pipeline(kind).fit(X, y)
    with pytest.warns(IncompleteWindowWarning, match=f"lack up to {n_lacking} of the 6 steps"):
        y_pred = model.predict(table[rows])
    assert np.isfinite(y_pred).all()
    # What the warning says to do.
    context = table[rows.start - 5 : rows.stop]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IncompleteWindowWarning)  # of the context itself
        y_pred = model.predict(context)[5:]
    assert_same_forecasts(y_pred, model.predict(table)[rows])


@each_dated
def test_rows_served_one_by_one_without_a_refit(kind):
    table, X, y = passengers()
    model = dated_pipeline(kind).fit(X, y)
    assert_same_forecasts(model.predict(table[117:118]), model.predict(table)[117:118])
    for row in (118, 119):
        with pytest.warns(IncompleteWindowWarning, match="1 of 1 rows"):
            model.predict(table[row : row + 1])
        assert_same_forecasts(
            model.predict(table[117 : row + 1]), model.predict(table)[117 : row + 1]
        )


@each_dated
def test_a_gap_before_the_test_rows_is_said(kind):
    _, X, y = passengers()
    with pytest.warns(IncompleteWindowWarning, match="5 of 19 rows .* lack up to 5 of the 6 steps"):
        cross_validate(
            dated_pipeline(kind), X, y, cv=TimeSeriesSplit(5, gap=11), error_score="raise"
        )


def test_arrays_that_are_a_piece_of_the_fitted_table_are_known_as_that():
    table, X, y = passengers()
    X = X.to_numpy()
    model = pipeline(WindowTransformer(6), regressor()).fit(X, y.to_numpy())
    whole = model.predict(table.to_numpy())
    for start, stop in [(0, 117), (0, 120), (100, 110), (50, 51), (110, 120), (117, 120)]:
        found = model.predict(table.to_numpy()[start:stop])
        assert_same_forecasts(found, whole[start:stop])


def test_rows_of_counts_that_come_back_are_taken_to_continue():
    # A few of them are like older ones by chance.
    counts = np.random.default_rng(0).poisson(1.0, size=(60, 1)).astype(float)
    window = WindowTransformer(4).fit(counts[:50])
    for stop in (51, 52, 55, 60):
        expected = windows_by_hand(counts, np.arange(50, stop), 4)
        np.testing.assert_array_equal(window.transform(counts[50:stop]), expected)
    # A longer piece is no chance.
    np.testing.assert_array_equal(
        window.transform(counts[20:40]), windows_by_hand(counts, np.arange(20, 40), 4)
    )


# --- (h) folds out of the order of time are spoken of -------------------------------------------

by_hand_and_made = pytest.mark.parametrize("kind", ["make_lstm_pipeline", "by hand"])


def any_pipeline(kind: str) -> Pipeline:
    if kind == "by hand":  # the scaler drops the dates, those of y are left
        return make_pipeline(StandardScaler(), WindowTransformer(6), regressor())
    return dated_pipeline(kind)


@by_hand_and_made
@pytest.mark.filterwarnings("ignore::skforecast_lstm.IncompleteWindowWarning")
def test_training_rows_with_a_hole_are_warned_of(kind):
    _, X, y = passengers()
    for search in (
        lambda model: cross_val_score(model, X, y, error_score="raise"),
        lambda model: cross_val_score(model, X, y, cv=KFold(3), error_score="raise"),
        lambda model: GridSearchCV(model, {"verbose": [False]}, error_score="raise").fit(X, y),
    ):
        with pytest.warns(
            UserWarning, match=r"1 hole in time, the first between .*TimeSeriesSplit"
        ):
            search(any_pipeline(kind))


@by_hand_and_made
def test_shuffled_rows_are_refused(kind):
    _, X, y = passengers()
    model = any_pipeline(kind)
    with pytest.raises(ValueError, match="split it with TimeSeriesSplit, which does not shuffle"):
        cross_val_score(
            model, X.sample(frac=1, random_state=0), y.sample(frac=1, random_state=0), cv=2,
            error_score="raise",
        )  # fmt: skip
    X_train, _, y_train, _ = train_test_split(X, y, random_state=0)
    with pytest.raises(ValueError, match="TimeSeriesSplit"):
        model.fit(X_train, y_train)
    search = HalvingGridSearchCV(
        model, {"verbose": [False]}, cv=TimeSeriesSplit(2), min_resources=40, error_score="raise"
    )
    with pytest.raises(ValueError, match=r"TimeSeriesSplit.*halving search.*resource="):
        search.fit(X, y)


def test_no_window_crosses_a_hole_in_the_training_rows():
    table, X, y = passengers()
    rows = np.r_[0:40, 60:117]
    window = WindowTransformer(6)
    with pytest.warns(UserWarning, match="1 hole in time"):
        windows = window.fit_transform(X.iloc[rows], y.iloc[rows])
    expected = windows_by_hand(table.to_numpy(), np.r_[5:38, 65:115], 6)
    np.testing.assert_array_equal(windows[windows.are_complete()], expected)
    # The rows of the hole have theirs.
    np.testing.assert_array_equal(
        window.transform(X[40:60]), windows_by_hand(table.to_numpy(), np.arange(40, 60), 6)
    )


# --- (i) a horizon that was not named -----------------------------------------------------------


@pytest.mark.parametrize("layout", ["named", "3-D", "2-D"])
def test_a_forgotten_horizon_is_that_of_the_targets(layout):
    X, y = make_supervised(in_container(random_table(0, 50, 2), "frame"), n_steps_out=3, lead=2)
    n_purged = {"named": 3, "3-D": 2, "2-D": 5}[layout]  # with two targets, the safe side
    y = {"named": y, "3-D": y.to_numpy().reshape(-1, 3, 2), "2-D": y.to_numpy()}[layout]
    windows = WindowTransformer(4).fit_transform(X, y)
    assert np.flatnonzero(windows.is_purged).tolist() == [*range(46 - n_purged, 46)]
    assert windows.rows_ahead == {"named": 4, "3-D": 3, "2-D": None}[layout]


@pytest.mark.parametrize("lead", [1, 3])
def test_held_out_samples_are_purged_by_series_and_lead(lead):
    days = pd.date_range("2024-01-01", periods=40)
    parts = [
        pd.DataFrame({"a": random_table(k, 40, 1).ravel(), "shop": shop}, index=days)
        for k, shop in enumerate("xyz")
    ]
    X, y = make_supervised(pd.concat(parts), target="a", group="shop", n_steps_out=2, lead=lead)
    windows = WindowTransformer(4, group="shop").fit_transform(X, y)
    regressor(early_stopping=True, validation_fraction=0.2).fit(windows, y)
    numbers = np.arange(len(windows))[:, np.newaxis, np.newaxis]
    chosen = Chosen(windows, numbers).complete(can_skip=False)
    first, last = (part.targets.ravel() for part in chosen.hold_out_last(0.2, lead + 1))
    days_of = X.index.to_series().reset_index(drop=True)
    for shop in "xyz":
        own = np.flatnonzero((X["shop"] == shop).to_numpy())
        border = days_of[np.intersect1d(last, own)].min()
        newest = days_of[np.intersect1d(first, own)].max()
        assert newest + pd.Timedelta(days=lead + 1) == border
