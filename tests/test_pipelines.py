"""The recommended pipeline, and scikit-learn's own regressors at its end."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin, clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.metrics import r2_score
from sklearn.model_selection import (
    GridSearchCV,
    TimeSeriesSplit,
    TunedThresholdClassifierCV,
    cross_val_score,
)
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags
from threadpoolctl import threadpool_limits

from skforecast_lstm import LSTMRegressor, WindowTransformer, make_supervised
from skforecast_lstm._labels import proba_by_column
from skforecast_lstm.baselines import NaiveRegressor
from skforecast_lstm.datasets import load_air_passengers
from skforecast_lstm.groups import GroupScaler, GroupTimeSeriesSplit
from skforecast_lstm.pipelines import (
    CompleteRowsClassifier,
    CompleteRowsRegressor,
    make_lstm_pipeline,
)

# --- scikit-learn's tags ------------------------------------------------------------------------


def test_tags_are_those_of_the_regressor_but_for_nan():
    tags = get_tags(CompleteRowsRegressor(HistGradientBoostingRegressor()))
    assert tags.input_tags.allow_nan
    assert not tags.target_tags.multi_output
    tags = get_tags(CompleteRowsRegressor(DummyRegressor()))
    assert tags.target_tags.multi_output
    assert tags.regressor_tags.poor_score
    assert is_regressor(CompleteRowsRegressor(Ridge()))


# --- the pipeline -------------------------------------------------------------------------------


def test_the_default_is_scale_window_lstm():
    pipeline = make_lstm_pipeline(n_steps_in=24, n_steps_out=12)
    assert list(pipeline.named_steps) == ["scale", "window", "lstm"]
    assert type(pipeline["scale"]) is StandardScaler
    assert type(pipeline["lstm"]) is LSTMRegressor
    window = WindowTransformer(24, n_steps_out=12)
    assert pipeline["window"].get_params() == window.get_params()
    assert is_regressor(pipeline)


@pytest.mark.parametrize(
    ("regressor", "takes_windows"),
    [
        (None, True),
        (LSTMRegressor(7), True),
        (NaiveRegressor(), True),
        (Ridge(), False),
        (HistGradientBoostingRegressor(), False),
        (LogisticRegression(), False),
        (GridSearchCV(LogisticRegression(), {"C": [1, 2]}), False),
    ],
)
def test_windows_are_flat_for_regressors_that_take_no_others(regressor, takes_windows):
    pipeline = make_lstm_pipeline(regressor, n_steps_in=3)
    assert list(pipeline.named_steps) == ["scale", "window", "lstm"]
    assert pipeline["window"].flatten is not takes_windows
    if not takes_windows:
        is_labels = is_classifier(regressor)
        kind = CompleteRowsClassifier if is_labels else CompleteRowsRegressor
        assert type(pipeline["lstm"]) is kind
        assert is_classifier(pipeline) is is_labels
        assert pipeline["lstm"].estimator is regressor
    elif regressor is not None:
        assert pipeline["lstm"] is regressor


@pytest.mark.parametrize(
    ("scaler", "expected"),
    [
        ("standard", StandardScaler),
        ("minmax", MinMaxScaler),
        (None, str),
        (RobustScaler(), RobustScaler),
    ],
)
@pytest.mark.parametrize("group", [None, "shop"])
def test_scalers(scaler, expected, group):
    first = make_lstm_pipeline(Ridge(), n_steps_in=3, scaler=scaler, group=group)["scale"]
    if scaler is None:
        assert first == "passthrough"
    elif group is None:
        assert type(first) is expected
    else:
        assert type(first) is GroupScaler
        assert type(first.scaler) is expected
        assert first.group == "shop"


@pytest.mark.parametrize(
    ("n_steps_out", "lead", "n_purged"), [(1, 1, 0), (3, 1, 2), (3, 2, 3), (3, 0, 2)]
)
def test_the_purge_reaches_as_far_as_the_targets(n_steps_out, lead, n_purged):
    pipeline = make_lstm_pipeline(Ridge(), n_steps_in=3, n_steps_out=n_steps_out, lead=lead)
    windows = pipeline["window"].set_params(flatten=False).fit_transform(np.zeros((20, 1)))
    assert windows.is_purged.sum() == n_purged


def test_group_and_missing_reach_the_window():
    window = make_lstm_pipeline(n_steps_in=3, group="shop", missing="mask")["window"]
    assert (window.group, window.missing) == ("shop", "mask")


def test_clone_repr_and_set_params():
    pipeline = make_lstm_pipeline(Ridge(alpha=2.0), n_steps_in=3, n_steps_out=2)
    assert repr(clone(pipeline)) == repr(pipeline)
    assert "CompleteRowsRegressor(estimator=Ridge(alpha=2.0))" in repr(pipeline)
    pipeline.set_params(window__n_steps_in=5, lstm__estimator__alpha=0.5, scale=MinMaxScaler())
    assert (pipeline["window"].n_steps_in, pipeline["lstm"].estimator.alpha) == (5, 0.5)
    assert type(pipeline["scale"]) is MinMaxScaler
    assert make_lstm_pipeline(n_steps_in=3).set_params(lstm__units=7)["lstm"].units == 7


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"scaler": "standart"}, "scaler must be 'standard', 'minmax', .* got 'standart'"),
        ({"scaler": 1}, "scaler must be .* got 1"),
        ({"n_steps_out": 0}, "n_steps_out must be an integer of at least 1, got 0"),
        ({"lead": -1}, "lead must be an integer of at least 0, got -1"),
    ],
)
def test_parameters_that_do_not_fit(params, message):
    with pytest.raises(ValueError, match=message):
        make_lstm_pipeline(n_steps_in=3, **params)


def test_other_regressors_need_no_tensorflow():
    code = (
        "import sys\n"
        "from sklearn.linear_model import Ridge\n"
        "from skforecast_lstm.baselines import NaiveRegressor\n"
        "from skforecast_lstm.pipelines import make_lstm_pipeline\n"
        "for model in (Ridge(), NaiveRegressor()):\n"
        "    make_lstm_pipeline(model, n_steps_in=3).fit([[1.0]] * 9, [1.0] * 9)\n"
        "print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "scikeras"} & set(run.stdout.split())


# --- whole pipelines ----------------------------------------------------------------------------


def windows_by_hand(table, rows, n_steps_in):
    """Flat windows that end in the given rows of a table, in loops."""
    return np.array([np.ravel(table[row - n_steps_in + 1 : row + 1]) for row in rows])


@pytest.mark.parametrize("lead", [1, 2])
@pytest.mark.parametrize("n_steps_in", [1, 4, 12])
def test_ridge_in_every_fold_is_ridge_on_windows_cut_by_hand(airline, n_steps_in, lead):
    X, y = (table.to_numpy() for table in airline)
    y = y[lead - 1 :]
    X = X[: len(y)]
    model = make_lstm_pipeline(Ridge(), n_steps_in=n_steps_in, n_steps_out=3, lead=lead)
    for train, test in TimeSeriesSplit(3).split(X):
        scaler = StandardScaler().fit(X[train])
        scaled = scaler.transform(X)
        # The last targets of row t are those of row t + 2 + lead, which must be a training row.
        rows = train[(train >= n_steps_in - 1) & (train + 2 + lead - 1 < len(train))]
        by_hand = Ridge().fit(windows_by_hand(scaled, rows, n_steps_in), y[rows])
        expected = by_hand.predict(windows_by_hand(scaled, test, n_steps_in))
        np.testing.assert_allclose(model.fit(X[train], y[train]).predict(X[test]), expected)


@pytest.mark.parametrize(
    "regressor",
    [Ridge(), MultiOutputRegressor(HistGradientBoostingRegressor(max_iter=5))],
    ids=["Ridge", "HistGradientBoosting"],
)
@pytest.mark.parametrize("container", ["DataFrame", "array"])
def test_window_lengths_are_searched(airline, regressor, container):
    X, y = airline if container == "DataFrame" else (table.to_numpy() for table in airline)
    model = make_lstm_pipeline(regressor, n_steps_in=1, n_steps_out=3)
    search = GridSearchCV(
        model,
        {"window__n_steps_in": [1, 12]},
        cv=TimeSeriesSplit(3),
        scoring="neg_mean_absolute_error",
        error_score="raise",
    )
    with threadpool_limits(1):
        search.fit(X, y)
        y_pred = search.predict(X)
    assert search.best_params_ == {"window__n_steps_in": 12}  # a year
    assert y_pred.shape == y.shape
    assert np.isnan(y_pred).any(axis=1).tolist() == [True] * 11 + [False] * (len(y) - 11)


def test_several_series_each_on_its_own_scale():
    rng = np.random.default_rng(0)
    shops = {"kiosk": rng.normal(5, 1, 30), "market": rng.normal(500, 100, 30)}
    dates = pd.date_range("2024-01-01", periods=30)
    data = pd.concat(
        pd.DataFrame({"sold": sold, "shop": shop}, index=dates) for shop, sold in shops.items()
    )
    X, y = make_supervised(data, "sold", n_steps_out=2, group="shop")
    model = make_lstm_pipeline(Ridge(), n_steps_in=3, n_steps_out=2, group="shop")
    for train, test in GroupTimeSeriesSplit(2).split(X):
        n_dates = len(train) // 2
        windows, targets, following, shops_of = [], [], [], []
        for shop, sold in shops.items():
            scaled = (sold - sold[:n_dates].mean()) / sold[:n_dates].std()
            for row in range(2, n_dates - 1):
                windows.append(scaled[row - 2 : row + 1])
                targets.append(sold[row + 1 : row + 3])
            for row in range(n_dates, n_dates + len(test) // 2):
                following.append(scaled[row - 2 : row + 1])
                shops_of.append((dates[row], shop))
        expected = dict(
            zip(shops_of, Ridge().fit(windows, targets).predict(following), strict=True)
        )
        y_pred = model.fit(X.iloc[train], y.iloc[train]).predict(X.iloc[test])
        for row, position in enumerate(test):
            origin = X.index[position], X["shop"].iloc[position]
            np.testing.assert_allclose(y_pred[row], expected[origin])


# --- CompleteRowsRegressor ----------------------------------------------------------------------


class Spy(RegressorMixin, BaseEstimator):
    """Remembers what it is given."""

    def fit(self, X, y, sample_weight=None):
        self.X_, self.y_, self.sample_weight_ = X, y, sample_weight
        return self

    def predict(self, X):
        self.asked_ = X
        return np.zeros((len(X), *self.y_.shape[1:]))


@pytest.mark.parametrize(("n_steps_out", "lead"), [(1, 1), (3, 1), (3, 2), (3, 0)])
def test_the_purge_leaves_exactly_the_right_rows_out(n_steps_out, lead):
    numbers = np.arange(30.0)
    data = np.column_stack([numbers, numbers])
    X, y = make_supervised(data, target=0, features=1, n_steps_out=n_steps_out, lead=lead)
    train, test = X[:20], X[20:]
    model = make_lstm_pipeline(
        Spy(), n_steps_in=4, n_steps_out=n_steps_out, lead=lead, scaler=None
    ).fit(train, y[:20])
    spy = model["lstm"].estimator_
    # Values are row numbers: all complete windows whose last target is among the training rows,
    # which for a nowcast is the row itself.
    last = 20 - (n_steps_out - 1) - max(lead, 1)
    assert spy.X_[:, -1].tolist() == list(range(3, last + 1))
    assert spy.X_[:, 0].tolist() == list(range(last - 2))
    assert np.array_equal(spy.y_, y[3 : last + 1])
    assert np.isfinite(model.predict(test)).all()
    assert spy.asked_[:, 0].tolist() == list(range(17, 17 + len(test)))


def test_rows_with_nan_are_left_out_and_their_weights_with_them():
    X = np.array([[np.nan, 1], [1, 2], [2, np.nan], [3, 4], [4, 5]])
    y = np.array([[1.0, 1], [2, 2], [3, 3], [4, np.nan], [5, 5]])
    weight = np.arange(5.0)
    kept = [X.copy(), y.copy(), weight.copy()]
    model = CompleteRowsRegressor(Spy()).fit(X, y, sample_weight=weight)
    spy = model.estimator_
    np.testing.assert_array_equal(spy.X_, [[1, 2], [4, 5]])
    np.testing.assert_array_equal(spy.y_, [[2, 2], [5, 5]])
    np.testing.assert_array_equal(spy.sample_weight_, [1, 4])
    nan = np.nan
    expected = [[nan, nan], [0, 0], [nan, nan], [0, 0], [0, 0]]
    np.testing.assert_array_equal(model.predict(X), expected)
    assert model.fit(X, y).estimator_.sample_weight_ is None
    for array, before in zip([X, y, weight], kept, strict=True):
        np.testing.assert_array_equal(array, before)


def test_what_is_handed_on_is_contiguous():
    X, y = make_supervised(np.arange(20.0))
    windows = WindowTransformer(3, flatten=True).fit_transform(X)
    assert not windows.flags.c_contiguous
    model = CompleteRowsRegressor(Spy()).fit(windows, y)
    model.predict(windows)
    assert model.estimator_.X_.flags.c_contiguous
    assert model.estimator_.asked_.flags.c_contiguous


def test_no_row_of_a_prediction_is_known():
    model = CompleteRowsRegressor(LinearRegression()).fit([[1.0], [2]], [[1.0, 2], [3, 4]])
    y_pred = model.predict([[np.nan], [np.nan]])
    np.testing.assert_array_equal(y_pred, np.full((2, 2), np.nan))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_predictions_have_layout_and_type_of_y(dtype):
    X = np.arange(6.0).reshape(-1, 1)
    for shape in [(6,), (6, 1), (6, 2)]:
        y = np.ones(shape, dtype=dtype)
        y_pred = CompleteRowsRegressor(Ridge()).fit(X, y).predict(X)
        assert y_pred.shape == shape
        assert y_pred.dtype == dtype


def test_names_of_the_columns():
    X = pd.DataFrame({"a": [1.0, 2, np.nan], "b": [1.0, 5, 2]})
    model = CompleteRowsRegressor(Ridge()).fit(X, [1.0, 2, 3])
    assert list(model.feature_names_in_) == ["a", "b"]
    assert model.n_features_in_ == 2
    assert np.isnan(model.predict(X)).tolist() == [False, False, True]
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X[["b", "a"]])


def test_no_complete_row():
    X, y = [[np.nan], [1.0], [2.0]], [1.0, np.nan, np.nan]
    with pytest.raises(ValueError, match="of 3 rows, 1 have NaN in X and 2 in y"):
        CompleteRowsRegressor(Ridge()).fit(X, y)
    pipeline = make_lstm_pipeline(Ridge(), n_steps_in=4, n_steps_out=3)
    with pytest.raises(ValueError, match="No complete sample: of 5 rows, 5 have NaN in X"):
        pipeline.fit(np.ones((5, 1)), np.ones((5, 3)))


def test_a_regressor_is_needed():
    with pytest.raises(ValueError, match="estimator"):
        CompleteRowsRegressor(StandardScaler()).fit([[1.0]], [1.0])


def test_text_is_no_target_of_a_regressor():
    table = pd.DataFrame({"x": range(6), "state": list("abcabc")})
    for target in ("state", ["x", "state"]):
        X, y = make_supervised(table, target, features="x")
        with pytest.raises(ValueError, match=r"got text in \['state\(t\+1\)'\].*in place of Ridge"):
            make_lstm_pipeline(Ridge(), n_steps_in=2).fit(X, y)


def test_a_regressor_of_one_target_says_what_to_do():
    model = CompleteRowsRegressor(HistGradientBoostingRegressor())
    with pytest.raises(ValueError, match=r"as MultiOutputRegressor\(HistGradientBoosting"):
        model.fit(np.ones((9, 1)), np.ones((9, 2)))


# --- CompleteRowsClassifier ---------------------------------------------------------------------

NAN = np.nan
X_OF_LABELS = np.array([[NAN], [0.0], [1], [2], [3], [NAN], [5]])
ONE_COLUMN = {
    "text": (np.array(["a", "a", "a", "b", "b", "b", "b"]), ["a", "b"]),
    "text with None": (np.array(["a", "a", "a", "b", "b", "b", None], dtype=object), ["a", "b"]),
    "str of pandas": (pd.Series(["a", "a", "a", "b", "b", "b", None]), ["a", "b"]),
    "categories": (pd.Series([*"aaabbb", None], dtype="category"), ["a", "b"]),
    "booleans": (np.arange(7) > 2, [False, True]),
    "booleans with NaN": (np.array([0, 0, 0, 1, 1, 1, NAN]), [0, 1]),
    "booleans with NA": (pd.Series([False] * 3 + [True] * 3 + [None], dtype="boolean"), [0, 1]),
    "integers": (np.array([3, 3, 3, 7, 7, 7, 7]), [3, 7]),
    "integers with NaN": (np.array([3, 3, 3, 7, 7, 7, NAN]), [3, 7]),
}


@pytest.mark.parametrize(("y", "classes"), ONE_COLUMN.values(), ids=ONE_COLUMN)
def test_labels_of_one_column(y, classes):
    model = CompleteRowsClassifier(LogisticRegression(C=100)).fit(X_OF_LABELS, y)
    assert model.classes_.tolist() == classes
    first, second = classes
    y_pred = model.predict(X_OF_LABELS)
    assert y_pred.shape == (7,)
    assert pd.isna(y_pred).tolist() == [True, *[False] * 4, True, False]
    assert y_pred[[1, 2, 3, 4, 6]].tolist() == [first, first, second, second, second]
    # Nothing is missing, nothing changes its type.
    assert model.predict([[0.0], [9]]).tolist() == [first, second]
    assert model.predict([[0.0], [9]]).dtype == model.classes_.dtype
    assert model.score(X_OF_LABELS, y) == 1
    proba = model.predict_proba(X_OF_LABELS)
    is_known = ~np.isnan(X_OF_LABELS[:, 0])
    inner = model.estimator_
    np.testing.assert_array_equal(proba[is_known], inner.predict_proba(X_OF_LABELS[is_known]))
    assert np.isnan(proba[~is_known]).all()
    np.testing.assert_array_equal(model.predict_log_proba(X_OF_LABELS), np.log(proba))
    decisions = model.decision_function(X_OF_LABELS)
    np.testing.assert_array_equal(np.isnan(decisions), ~is_known)


def test_rows_with_missing_labels_are_left_out_and_their_weights_with_them():
    y = np.array(["a", "a", None, "b", "b", "c", "a"], dtype=object)
    weight = np.arange(7.0)
    model = CompleteRowsClassifier(DummyClassifier()).fit(X_OF_LABELS, y, sample_weight=weight)
    # Rows 0 and 5 miss their features, and row 2 its label: nobody has seen a "c".
    assert model.classes_.tolist() == ["a", "b"]
    np.testing.assert_allclose(model.predict_proba([[0.0]]), [[7 / 14, 7 / 14]])
    # Weighted, of rows 1, 3, 4 and 6, with "a" for all: 1 + 6 of 14.
    assert model.score(X_OF_LABELS, y, sample_weight=weight) == 0.5
    assert model.score(X_OF_LABELS, y) == 0.5


def test_no_row_of_labels_is_known():
    X, y = np.arange(6.0).reshape(-1, 1), np.array(list("aabbcc"))
    model = CompleteRowsClassifier(LogisticRegression()).fit(X, y)
    assert pd.isna(model.predict([[NAN], [NAN]])).tolist() == [True, True]
    np.testing.assert_array_equal(model.predict_proba([[NAN]]), [[NAN] * 3])
    with pytest.raises(ValueError, match="of 6 rows, 0 have NaN in X and 6 in y"):
        CompleteRowsClassifier(LogisticRegression()).fit(X, [None] * 6)


COLUMNS = {
    "booleans": [[True, False]] * 3 + [[False, False]] * 3,
    "text": [["a", "x"]] * 3 + [["b", "y"]] * 3,
    "text beside booleans": pd.DataFrame({"s": [*"aaabbb"], "t": [True] * 3 + [False] * 3}),
    "categories beside integers": pd.DataFrame(
        {"s": pd.Categorical([*"aaabbb"]), "t": [2] * 3 + [5] * 3}
    ),
}
SEVERAL = {
    "tree": DecisionTreeClassifier(random_state=0),
    "forest": RandomForestClassifier(5, random_state=0),
    "one each": MultiOutputClassifier(DecisionTreeClassifier(random_state=0)),
}


@pytest.mark.parametrize("y", COLUMNS.values(), ids=COLUMNS)
@pytest.mark.parametrize("inner", SEVERAL.values(), ids=SEVERAL)
def test_labels_of_several_columns(inner, y):
    X = np.arange(6.0).reshape(-1, 1)
    model = CompleteRowsClassifier(inner).fit(X, y)
    y_pred = model.predict([[0.0], [NAN], [5.0]])
    rows = np.asarray(y, dtype=object).tolist()
    assert y_pred[[0, 2]].tolist() == [rows[0], rows[5]]
    assert pd.isna(y_pred[1]).all()
    found = [part.tolist() for part in model.classes_]
    # Of a column that is always the same, its classifier knows one label.
    expected = [sorted({row[column] for row in rows}) for column in range(2)]
    assert found == expected
    proba = model.predict_proba([[0.0], [NAN], [5.0]])
    columns = proba_by_column(proba, model.classes_, 2)
    for column, (own, part) in enumerate(columns):
        assert part.shape == (3, len(own))
        assert np.isnan(part[1]).all()
        assert own[part[0].argmax()] == rows[0][column]
    assert model.score(X, y) == 1


def test_probabilities_of_indicators_may_be_an_array():
    X = np.random.default_rng(0).normal(size=(40, 2))
    y = X > 0
    network = MLPClassifier((), solver="lbfgs", random_state=0, max_iter=20, tol=1e-2)
    model = CompleteRowsClassifier(network).fit(X, y)
    X[3] = NAN
    proba = model.predict_proba(X)
    assert proba.shape == (40, 2)
    assert np.isnan(proba[3]).all()
    assert [part.tolist() for part in model.classes_] == [[False, True]] * 2
    right = proba_by_column(proba, model.classes_, 2)[1][1][:, 1] > 0.5
    assert (right == (X[:, 1] > 0)).mean() > 0.9
    assert model.predict(X[:3]).dtype == bool


def test_one_column_in_two_dimensions():
    X, y = np.arange(6.0).reshape(-1, 1), np.array([["a"]] * 3 + [["b"]] * 3)
    model = CompleteRowsClassifier(MultiOutputClassifier(LogisticRegression())).fit(X, y)
    assert model.predict(X).shape == (6, 1)
    [(classes, proba)] = proba_by_column(model.predict_proba(X), model.classes_, 1)
    assert (classes.tolist(), proba.shape) == (["a", "b"], (6, 2))
    with pytest.warns(DataConversionWarning):  # scikit-learn's own, of a column
        model = CompleteRowsClassifier(RandomForestClassifier(2, random_state=0)).fit(X, y)
    [(classes, proba)] = proba_by_column(model.predict_proba(X), model.classes_, 1)
    assert (classes.tolist(), proba.shape) == (["a", "b"], (6, 2))


def test_a_classifier_of_one_label_says_what_to_do():
    X, y = np.arange(6.0).reshape(-1, 1), [["a", "b"], ["b", "a"]] * 3
    with pytest.raises(ValueError, match=r"as MultiOutputClassifier\(LogisticRegression\("):
        CompleteRowsClassifier(LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match="labels of one type"):
        CompleteRowsClassifier(LogisticRegression()).fit(X, np.array(["a", 1] * 3, object))


def test_methods_are_those_of_the_classifier():
    model = CompleteRowsClassifier(RidgeClassifier())
    assert not hasattr(model, "predict_proba")
    assert not hasattr(model, "predict_log_proba")
    assert not hasattr(model, "classes_")
    assert hasattr(model, "decision_function")
    pipeline = make_lstm_pipeline(RidgeClassifier(), n_steps_in=2)
    assert not hasattr(pipeline, "predict_proba")
    assert hasattr(pipeline, "decision_function")
    assert not hasattr(make_lstm_pipeline(Ridge(), n_steps_in=2), "decision_function")
    tags = get_tags(CompleteRowsClassifier(DummyClassifier()))
    assert is_classifier(CompleteRowsClassifier(DummyClassifier()))
    assert tags.classifier_tags.poor_score
    assert tags.input_tags.allow_nan


def dated_labels():
    """Hours, and whether the next one is in the second half of a day of eight."""
    index = pd.date_range("2024-01-01", periods=96, freq="h")
    load = np.sin(np.arange(96) * np.pi / 4) + np.random.default_rng(0).normal(0, 0.1, 96)
    return make_supervised(pd.DataFrame({"load": load, "high": load > 0.1}, index=index), "high")


def test_the_dates_of_a_table_reach_the_window_from_every_method():
    X, y = dated_labels()
    model = make_lstm_pipeline(LogisticRegression(), n_steps_in=4).fit(X[:60], y[:60])
    whole = make_lstm_pipeline(LogisticRegression(), n_steps_in=4).fit(X[:60], y[:60])
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        # A piece of the table, whose history is known by its dates.
        expected = getattr(whole, method)(X)[60:70]
        np.testing.assert_allclose(getattr(model, method)(X[60:70]), expected)
    assert model.classes_.tolist() == [False, True]


def test_searches_calibration_and_thresholds():
    X, y = dated_labels()
    folds = TimeSeriesSplit(3)
    model = make_lstm_pipeline(LogisticRegression(), n_steps_in=2)
    for scoring in ("accuracy", "roc_auc", "neg_log_loss", "average_precision"):
        scores = cross_val_score(model, X, y, cv=folds, scoring=scoring, error_score="raise")
        assert np.isfinite(scores).all()
    grid = {"window__n_steps_in": [1, 4], "lstm__estimator__C": [1.0, 10]}
    search = GridSearchCV(model, grid, cv=folds, scoring="roc_auc", error_score="raise").fit(X, y)
    assert search.best_params_["window__n_steps_in"] == 4
    calibrated = CalibratedClassifierCV(search.best_estimator_, cv=folds).fit(X, y)
    assert calibrated.score(X[4:], y[4:]) > 0.9
    tuned = TunedThresholdClassifierCV(search.best_estimator_, cv=folds).fit(X, y)
    assert tuned.score(X[4:], y[4:]) > 0.9


def test_the_pipeline_takes_weights_by_the_name_of_its_step(airline):
    X, y = airline
    weight = np.ones(len(X))
    weight[:60] = 0
    model = make_lstm_pipeline(Ridge(), n_steps_in=6, n_steps_out=3, scaler=None)
    assert isinstance(model, Pipeline)
    weighted = clone(model).fit(X, y, lstm__sample_weight=weight).predict(X[-5:])
    # The windows of the first five rows that are left would begin among those without weight.
    later = clone(model).fit(X[55:], y[55:]).predict(X[-5:])
    np.testing.assert_allclose(weighted, later, rtol=1e-6)


@pytest.mark.parametrize("n_steps_out", [1, 3])
def test_rows_that_miss_something_are_left_out_of_the_score(n_steps_out):
    table = np.sin(np.arange(60.0))[:, np.newaxis]
    X, y = make_supervised(table, n_steps_out=n_steps_out)
    y = np.asarray(y).copy()
    y[20:22] = np.nan
    model = make_lstm_pipeline(Ridge(), n_steps_in=5, n_steps_out=n_steps_out).fit(X, y)
    predicted = model.predict(X)
    rows = np.flatnonzero(~np.isnan(y.reshape(len(y), -1)).any(axis=1))[4:]
    assert np.isnan(predicted[:4]).all()
    np.testing.assert_allclose(model.score(X, y), r2_score(y[rows], predicted[rows]))
    weight = np.arange(len(X)) + 1.0
    weighted = r2_score(y[rows], predicted[rows], sample_weight=weight[rows])
    np.testing.assert_allclose(model.score(X, y, sample_weight=weight), weighted)
    with pytest.raises(ValueError, match="No complete sample: of 4 rows, 4 have NaN in X"):
        model.score(X[:4], y[:4])


def test_a_table_as_validation_data_of_a_pipeline_names_the_way_to_windows():
    X, y = make_supervised(load_air_passengers(), n_steps_out=3)
    held_out, rest = X[100:], {"lstm__y_val": y[100:]}
    for n_steps_in in (1, 12):  # windows of one step have the shape of a table
        network = LSTMRegressor(2, epochs=1, random_state=0)
        model = make_lstm_pipeline(network, n_steps_in=n_steps_in, n_steps_out=3)
        with pytest.raises(ValueError, match=r"X_val must be windows.*pipeline\[:-1\]\.transform"):
            model.fit(X[:100], y[:100], lstm__X_val=held_out, **rest)
        model[:-1].fit(X[:100], y[:100])
        model.fit(X[:100], y[:100], lstm__X_val=model[:-1].transform(held_out), **rest)
        # The loss there is that of the forecasts, in units of the scaled target.
        apart = model.predict(held_out) - y[100:].to_numpy()
        expected = ((apart / model["lstm"].target_scaler_.scale_) ** 2).mean()
        np.testing.assert_allclose(model["lstm"].history_["val_loss"], [expected], rtol=1e-4)
