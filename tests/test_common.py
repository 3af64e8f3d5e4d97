"""scikit-learn's conventions: its own checks for every estimator, and what they leave out."""

from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import issparse
from sklearn import config_context
from sklearn.base import BaseEstimator, clone, is_regressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import estimator_html_repr
from sklearn.utils.estimator_checks import parametrize_with_checks

import skforecast_lstm
from skforecast_lstm import (
    BaseLSTMClassifier,
    BaseLSTMRegressor,
    BidirectionalLSTMClassifier,
    BidirectionalLSTMRegressor,
    CalendarFeatures,
    CNNLSTMClassifier,
    CNNLSTMRegressor,
    CompleteRowsClassifier,
    CompleteRowsRegressor,
    ConformalRegressor,
    ConvLSTMClassifier,
    ConvLSTMRegressor,
    DriftRegressor,
    EncoderDecoderLSTMClassifier,
    EncoderDecoderLSTMRegressor,
    Forecaster,
    GroupScaler,
    GroupTransformedTargetRegressor,
    LagsToWindows,
    LSTMClassifier,
    LSTMRegressor,
    NaiveRegressor,
    OneToManyLSTMClassifier,
    OneToManyLSTMRegressor,
    SeasonalNaiveRegressor,
    SequenceLSTMClassifier,
    SequenceLSTMRegressor,
    StackedLSTMClassifier,
    StackedLSTMRegressor,
    TablePipeline,
    WindowTransformer,
    make_lstm_pipeline,
)

SMALL = {"epochs": 2, "random_state": 0}
# The checks give tables of one to ten columns, which are windows of as many steps: a pool or a
# kernel of two steps would not fit the shortest.
REGRESSORS = [
    LSTMRegressor(4, **SMALL),
    StackedLSTMRegressor((4, 3), **SMALL),
    BidirectionalLSTMRegressor(4, **SMALL),
    CNNLSTMRegressor(4, filters=4, pool_size=1, **SMALL),
    ConvLSTMRegressor(4, kernel_size=1, **SMALL),
    EncoderDecoderLSTMRegressor(4, **SMALL),
    SequenceLSTMRegressor(4, **SMALL),
    OneToManyLSTMRegressor(4, **SMALL),
]
CLASSIFIERS = [
    LSTMClassifier(4, **SMALL),
    StackedLSTMClassifier((4, 3), **SMALL),
    BidirectionalLSTMClassifier(4, **SMALL),
    CNNLSTMClassifier(4, filters=4, pool_size=1, **SMALL),
    ConvLSTMClassifier(4, kernel_size=1, **SMALL),
    EncoderDecoderLSTMClassifier(4, **SMALL),
    # A label for each step: the checks ask for more labels than their tables have columns.
    SequenceLSTMClassifier(4, delay=5, **SMALL),
    OneToManyLSTMClassifier(4, **SMALL),
]
# What surrounds a network and how many there are change no convention.
REMEDIED = [
    LSTMRegressor(4, window_norm="standard", linear_skip=True, n_members=2, **SMALL),
    LSTMRegressor(
        4,
        window_norm="seasonal",
        linear_skip="ridge",
        learning_rate_schedule="cosine",
        **SMALL,
    ),
]
TRANSFORMERS = [
    WindowTransformer(n_steps_in=n_steps_in, flatten=flatten)
    for n_steps_in in (1, 3)
    for flatten in (False, True)
]
TRANSFORMERS += [LagsToWindows(), LagsToWindows(1, newest_first=False)]
BASELINES = [NaiveRegressor(), SeasonalNaiveRegressor(2), DriftRegressor()]
each_regressor = pytest.mark.parametrize(
    "regressor", REGRESSORS, ids=[type(regressor).__name__ for regressor in REGRESSORS]
)


# --- scikit-learn's checks ----------------------------------------------------------------------


class DatedCalendarFeatures(CalendarFeatures):
    """Gives dates to the arrays of the checks: an hour for what is in the row."""

    def fit(self, X, y=None):
        return super().fit(dated(X), y)

    def transform(self, X):
        return super().transform(dated(X)).to_numpy()


def dated(X):
    """A table with the rows of an array or a list; what is none is for the estimator to refuse."""
    rows = X if issparse(X) else np.asarray(X)
    if rows.ndim != 2 or issparse(rows):
        return X
    is_number = rows.dtype.kind in "iuf" and rows.shape[1] > 0
    hours = np.nan_to_num(rows[:, 0].astype(float)) * 100 % 8760 if is_number else 0
    dates = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.broadcast_to(hours, len(rows)), "h")
    return pd.DataFrame(rows, index=dates)


class ForecasterOfX(Forecaster):
    """Takes the table of the checks for its own, and leaves their y alone."""

    def fit(self, data, y=None):
        return super().fit(data)

    def score(self, data, y=None):
        """Of rows that follow the fitted ones, for an array does not tell when they were."""
        data = np.asarray(data)
        names = [f"x{column}" for column in range(data.shape[1])]
        first = self._newest.series.index[-1] + 1
        return super().score(
            pd.DataFrame(data, columns=names).set_axis(first + np.arange(len(data)))
        )


# Some checks fit five rows, which no five folds and no nine residuals come out of.
FEW = {"cv": 2, "coverage": 0.5}
AROUND_OTHERS = [
    CompleteRowsRegressor(Ridge()),
    CompleteRowsClassifier(LogisticRegression()),
    CompleteRowsClassifier(DecisionTreeClassifier(random_state=0)),
    ConformalRegressor(Ridge(), **FEW),
    ConformalRegressor(make_pipeline(StandardScaler(), Ridge()), adaptive=True, **FEW),
    # Steps that take sparse tables: the pipeline does not.
    TablePipeline([("scale", MaxAbsScaler()), ("ridge", Ridge())]),
    # The labels are the first column, and nearly every row is a series of its own.
    GroupTransformedTargetRegressor(Ridge(), group=0),
    ForecasterOfX(make_lstm_pipeline(Ridge(), n_steps_in=1)),
]
OTHERS = [
    GroupScaler(group=0),
    GroupScaler(group=0, pooled=True),
    DatedCalendarFeatures(["hour", "month"]),
]
ESTIMATORS = [
    *TRANSFORMERS,
    *REGRESSORS,
    *CLASSIFIERS,
    *REMEDIED,
    *BASELINES,
    *AROUND_OTHERS,
    *OTHERS,
]

ANY_LABEL = "labels of series are of any kind that can be looked up, which a dict cannot"
# What cannot hold, and why; names that a version of scikit-learn lacks do no harm.
EXPECTED_FAILURES = {
    (BaseLSTMRegressor, BaseLSTMClassifier): {
        "check_estimator_tags_renamed": "SciKeras' BaseWrapper still has _more_tags",
        "check_sample_weight_equivalence_on_dense_data": (
            "minibatches, and the loss of a batch is divided by its rows, not its weights"
        ),
    },
    WindowTransformer: {
        "check_methods_sample_order_invariance": "the order of the rows is what a window reads",
    },
    (SeasonalNaiveRegressor, DriftRegressor): {
        "check_fit2d_1feature": "windows of one step hold no season and no drift",
    },
    TablePipeline: dict.fromkeys(
        ("check_dont_overwrite_parameters", "check_estimators_overwrite_params"),
        "scikit-learn's Pipeline puts its fitted steps in the place of the given ones",
    ),
    GroupScaler: {
        "check_dtype_object": ANY_LABEL,
        "check_estimators_pickle": "values may be NaN, but the first column, of the labels, not",
    },
    GroupTransformedTargetRegressor: {"check_dtype_object": ANY_LABEL},
    CalendarFeatures: {
        "check_complex_data": "columns are handed on as they are, whatever they hold",
        "check_estimators_empty_data_messages": "a table of dates alone gets its calendar too",
        "check_fit2d_predict1d": "one row in one dimension has no date of its own",
    },
    Forecaster: {
        "check_n_features_in_after_fitting": "columns are found by their names, and missing named",
        "check_fit1d": "one series in one dimension is a table",
        "check_fit2d_1sample": "one row is too short a table: the error counts rows, not samples",
        "check_estimators_empty_data_messages": "without columns there is no target: it says so",
        "check_dtype_object": "a target of numbers as objects is refused by its name",
    },
}


def expected_failures(estimator):
    if isinstance(estimator, WindowTransformer) and estimator.n_steps_in == 1:
        return {}
    kinds = [kind for kind in EXPECTED_FAILURES if isinstance(estimator, kind)]
    return EXPECTED_FAILURES[kinds[0]] if kinds else {}


checks = parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures)


# What they check happens before and behind a network, which all classes share (see the test below),
# in networks of shapes that no other check has: one class runs them, the others would trace two
# networks for each to see the same.
SHARED = {
    "check_classifier_multioutput",
    "check_classifiers_one_label_sample_weights",
    "check_estimators_dtypes",
    "check_n_features_in_after_fitting",
    "check_regressors_no_decision_function",
    "check_sample_weight_equivalence_on_dense_data",
}


def is_run(case):
    """Classifiers share all but the network, which the regressors' checks see: one runs all."""
    estimator, check = case.values if hasattr(case, "values") else case
    name = check.func.__name__
    if type(estimator) in (LSTMRegressor, LSTMClassifier):
        return True
    if isinstance(estimator, BaseLSTMClassifier):
        return "classif" in name and name not in SHARED
    return not isinstance(estimator, BaseLSTMRegressor) or name not in SHARED


# A list, because pytest 9 warns about the generator that scikit-learn 1.7 and 1.8 put there.
CASES = [case for case in checks.args[1] if is_run(case)]


@pytest.mark.parametrize(checks.args[0], CASES, **checks.kwargs)
# Their features are no history of their targets, which is said; what is checked holds all the same.
@pytest.mark.filterwarnings("ignore:window_norm takes feature:UserWarning")
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_every_public_estimator_is_checked():
    public = {getattr(skforecast_lstm, name) for name in skforecast_lstm.__all__}
    estimators = {cls for cls in public if inspect.isclass(cls) and issubclass(cls, BaseEstimator)}
    # Those of this file are one of the package with what the checks do not give it.
    own = {type(estimator) for estimator in ESTIMATORS}
    checked = {cls.__base__ if cls.__module__ == __name__ else cls for cls in own}
    # They have no network: every estimator with one is a check of them.
    assert estimators - {BaseLSTMRegressor, BaseLSTMClassifier} == checked


@pytest.mark.parametrize(
    "cls", [*map(type, REGRESSORS), *map(type, CLASSIFIERS)], ids=lambda cls: cls.__name__
)
def test_architectures_differ_in_their_networks_alone(cls):
    # Why one of them runs the checks that are no matter of networks.
    base = BaseLSTMClassifier if issubclass(cls, BaseLSTMClassifier) else BaseLSTMRegressor
    own = [vars(part) for part in cls.__mro__[: cls.__mro__.index(base)]]
    code = {name for part in own for name, value in part.items() if callable(value)}
    code |= {name for part in own for name, value in part.items() if isinstance(value, property)}
    made = {"__init__", "__replace__", "__annotate__", "__annotate_func__"}  # by dataclass
    assert code - made == {"build_network"}


def test_expected_failures_are_strict(pytestconfig):
    # The xfail marks of the checks name no strictness of their own: this option decides.
    assert pytestconfig.getini("xfail_strict") is True


def test_weights_are_repetitions_where_rows_and_weights_count_alike():
    # The reason given above is the whole reason: in one batch, with weights whose mean is one and
    # no target scaler, there is no difference.
    rng = np.random.default_rng(0)
    X, y, weight = rng.normal(size=(15, 5)), rng.normal(size=15), rng.integers(0, 5, 15)
    model = LSTMRegressor(4, epochs=5, batch_size=100, target_scaler=None, random_state=0)
    repeated = clone(model).fit(X.repeat(weight, axis=0), y.repeat(weight)).predict(X)
    weighted = clone(model).fit(X, y, weight / weight[weight > 0].mean()).predict(X)
    np.testing.assert_allclose(weighted, repeated, atol=1e-6)
    assert np.abs(clone(model).fit(X, y).predict(X) - repeated).max() > 1e-3


# --- parameters ---------------------------------------------------------------------------------


@each_regressor
def test_is_a_regressor_alone_and_in_a_pipeline(regressor):
    assert is_regressor(regressor)
    assert is_regressor(make_pipeline(WindowTransformer(), regressor))


@each_regressor
def test_a_clone_has_all_parameters_the_routed_ones_included(regressor):
    original = clone(regressor).set_params(
        optimizer="sgd", optimizer__momentum=0.9, target_scaler=MinMaxScaler((-1, 1))
    )
    twin = clone(original)
    assert twin is not original
    assert type(twin) is type(original)
    # Scalers have no equality: the clone has one of its own, with equal parameters beside it.
    assert twin.target_scaler is not original.target_scaler
    params, twin_params = original.get_params(), twin.get_params()
    del params["target_scaler"], twin_params["target_scaler"]
    assert twin_params == params
    assert twin_params["optimizer__momentum"] == 0.9
    assert twin_params["target_scaler__feature_range"] == (-1, 1)


def test_a_clone_of_a_pipeline_keeps_routed_parameters():
    pipeline = make_pipeline(WindowTransformer(), LSTMRegressor(optimizer="sgd"))
    pipeline.set_params(lstmregressor__optimizer__momentum=0.9)
    assert clone(pipeline).get_params()["lstmregressor__optimizer__momentum"] == 0.9


def test_changing_a_clone_leaves_the_original_alone():
    original = LSTMRegressor().set_params(optimizer__beta_1=0.8)
    clone(original).set_params(units=7, optimizer__beta_1=0.5)
    assert original.units == 50
    assert original.get_params()["optimizer__beta_1"] == 0.8


def test_repr_shows_what_was_changed():
    assert repr(LSTMRegressor()) == "LSTMRegressor()"
    assert repr(LSTMRegressor(20, epochs=5)) == "LSTMRegressor(epochs=5, units=20)"
    assert repr(WindowTransformer()) == "WindowTransformer()"
    assert repr(WindowTransformer(3, purge=False)) == "WindowTransformer(n_steps_in=3, purge=False)"


def test_repr_shows_routed_parameters():
    model = LSTMRegressor().set_params(optimizer__beta_1=0.8)
    assert repr(model) == "LSTMRegressor(optimizer__beta_1=0.8)"
    with config_context(print_changed_only=False):
        assert "optimizer__beta_1=0.8" in repr(model)


def test_the_html_of_a_notebook_shows_routed_parameters():
    model = LSTMRegressor().set_params(optimizer__beta_1=0.8)
    assert "optimizer__beta_1" in estimator_html_repr(make_pipeline(WindowTransformer(), model))


def test_set_params_takes_plain_nested_and_routed_names():
    pipeline = make_pipeline(WindowTransformer(), LSTMRegressor(target_scaler=MinMaxScaler()))
    pipeline.set_params(
        windowtransformer__n_steps_in=4,
        lstmregressor__units=7,
        lstmregressor__optimizer__beta_1=0.8,
        lstmregressor__target_scaler__feature_range=(-1, 1),
    )
    window, model = pipeline[0], pipeline[1]
    assert (window.n_steps_in, model.units) == (4, 7)
    assert model.target_scaler.feature_range == (-1, 1)
    assert model.get_params()["optimizer__beta_1"] == 0.8
    assert pipeline.get_params()["lstmregressor__optimizer__beta_1"] == 0.8
    assert model.set_params() is model


@pytest.mark.parametrize("name", ["unit", "model__units", "optimiser__momentum"])
def test_set_params_refuses_unknown_names(name):
    with pytest.raises(ValueError, match=f"Invalid parameter .*{name.split('__')[0]}"):
        LSTMRegressor().set_params(**{name: 1})
    pipeline = make_pipeline(WindowTransformer(), LSTMRegressor())
    with pytest.raises(ValueError, match=f"Invalid parameter .*{name.split('__')[0]}"):
        pipeline.set_params(**{f"lstmregressor__{name}": 1})


def test_the_message_for_unknown_names_gives_no_advice_that_fails():
    # SciKeras advises to give it to the constructor, which in ours is a TypeError.
    with pytest.raises(ValueError, match="unit") as error:
        LSTMRegressor().set_params(unit=1)
    assert "LSTMRegressor(unit=1)" not in str(error.value)


def test_routed_names_that_nothing_takes_are_refused_in_fit():
    model = LSTMRegressor(2, epochs=1).set_params(optimizer__momentun=0.9)
    with pytest.raises(ValueError, match="momentun"):
        model.fit([[1.0], [2.0]], [1.0, 2.0])


@each_regressor
def test_get_params_are_those_of_the_constructor(regressor):
    plain = type(regressor)(**regressor.get_params(deep=False))
    assert plain.get_params() == regressor.get_params()
    assert not [name for name in regressor.get_params() if "__" in name]
