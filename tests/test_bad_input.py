"""Whatever is given, the outcome is a right answer or an error that names its cause.

Never an error of TensorFlow or Keras, a silent NaN, a changed argument, or half a fit.
"""

from __future__ import annotations

import copy
import traceback
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from skforecast_lstm import (
    Forecaster,
    LSTMRegressor,
    WindowTransformer,
    backtest,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm.datasets import load_air_passengers

N_STEPS = 3
slowly = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def walk(n_rows, n_columns=1):
    rng = np.random.default_rng(0)
    return 20 + rng.normal(size=(n_rows, n_columns)).cumsum(axis=0)


# --- tables: what they are made of, and what is wrong or unusual with them ------------------------


def with_value(value):
    def change(table):
        table = table.astype(object if isinstance(value, str) else float)
        if len(table):
            table[len(table) // 2, 0] = value
        return table

    return change


VALUES = {
    "fine": lambda table: table,
    "NaN": with_value(np.nan),
    "infinite": with_value(np.inf),
    "text": with_value("much"),
    "None": with_value(None),
    "constant": lambda table: np.full_like(table, 7.0),
    "zero": np.zeros_like,
    "huge": lambda table: 1e12 + table,
    "larger": lambda table: 1e30 * table,
    "tiny": lambda table: 1e-12 * table,
    "whole": lambda table: table.astype(int),
    "small whole": lambda table: table.astype(np.uint8),
    "half": lambda table: table.astype(np.float16),
    "flags": lambda table: table > 20,
    "complex": lambda table: table.astype(complex),
    "dates": lambda table: table.astype("M8[s]"),
    "read-only": lambda table: np.lib.stride_tricks.as_strided(table, writeable=False),
    "a view": lambda table: np.repeat(table, 2, axis=0)[::2],
    "columns first": np.asfortranarray,
    "negative strides": lambda table: table[::-1][::-1],
    "one dimension": lambda table: table[:, 0],
    "three dimensions": lambda table: table[:, :, np.newaxis, np.newaxis],
    "no columns": lambda table: table[:, :0],
    "sparse": scipy.sparse.csr_array,
    "a list": lambda table: table.tolist(),
}


def frame(table, index=None):
    columns = [f"c{number}" for number in range(table.shape[1])]
    return pd.DataFrame(table, columns=columns, index=index)


def dated(freq, **options):
    return lambda table: frame(
        table, pd.date_range("2024-01-31", periods=len(table), freq=freq, **options)
    )


def shuffled(table):
    return dated("D")(table).sample(frac=1, random_state=0)


def doubled(table):
    data = dated("D")(table)
    return data.set_axis(data.index[:1].append(data.index[:-1])) if len(data) else data


FRAMES = {
    "numbered": frame,
    "days": dated("D"),
    "summer time": dated("h", tz="Europe/Berlin"),
    "month ends": dated("ME"),
    "business days": dated("B"),
    "periods": lambda table: dated("ME")(table).to_period("M"),
    "out of order": shuffled,
    "dates twice": doubled,
    "with a hole": lambda table: dated("D")(table).drop(dated("D")(table).index[4:6]),
    "text of dates": lambda table: dated("D")(table).rename(index=str),
    "Int64 with NA": lambda table: frame(table).round().astype("Int64").where(table < 22),
    "categories": lambda table: frame(table).round().astype("category"),
    "numbers as names": lambda table: pd.DataFrame(table),
    "a name twice": lambda table: frame(np.hstack([table, table])).set_axis(
        ["a"] * 2 * table.shape[1], axis=1
    ),
}
N_ROWS = st.sampled_from([0, 1, 2, 4, 12, 30, 30, 30])


@st.composite
def tables(draw):
    """A table, and what it is called."""
    table = walk(draw(N_ROWS), draw(st.sampled_from([1, 1, 2])))
    if draw(st.booleans()):
        kind = draw(st.sampled_from([*VALUES]))
        return kind, VALUES[kind](table)
    if len(table) < 7:
        return "numbered", frame(table)
    kind = draw(st.sampled_from([*FRAMES]))
    return kind, FRAMES[kind](table)


# --- what has to be true --------------------------------------------------------------------------


def same(one, other):
    if isinstance(one, (pd.DataFrame, pd.Series)):
        return one.equals(other)
    if scipy.sparse.issparse(one):
        return (one != other).nnz == 0
    if isinstance(one, np.ndarray) and one.dtype.kind == "f":
        return np.array_equal(one, other, equal_nan=True)
    return np.array_equal(np.asarray(one, dtype=object), np.asarray(other, dtype=object)) or repr(
        one
    ) == repr(other)


def outcome(call, *arguments):
    """What a call returns, or None if it is refused as it should be."""
    before = copy.deepcopy(arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = call(*arguments)
        except (ValueError, TypeError) as error:
            found, inner = None, traceback.extract_tb(error.__traceback__)[-1].filename
            text = str(error)
            assert not any(part in inner for part in ("/tensorflow/", "/keras/", "/scikeras/"))
            assert len(text) > 15
            assert "Graph execution" not in text
            assert "tf." not in text
    assert all(same(*pair) for pair in zip(before, arguments, strict=True)), "it was changed"
    return found


def numbers_of(data):
    """The finite numbers of a table, which forecasts cannot be far from."""
    values = np.asarray(pd.DataFrame(np.asarray(data).reshape(len(data), -1)), dtype=object)
    values = pd.to_numeric(pd.Series(values.ravel()), errors="coerce").to_numpy(dtype=float)
    return values[np.isfinite(values)]


def check_near(found, data):
    """Forecasts after next to no training are where the values are."""
    found, values = np.asarray(found, dtype=float), numbers_of(data)
    known = found[np.isfinite(found)]
    assert not np.isinf(found).any()
    size = np.abs(values).max(initial=0.0)
    spread = max(np.ptp(values), 1e-6 * (size if size > 0 else 1.0))
    assert known.min(initial=np.inf) >= values.min(initial=0) - 20 * spread
    assert known.max(initial=-np.inf) <= values.max(initial=0) + 20 * spread


def regressor(**params):
    return LSTMRegressor(**{"units": 2, "epochs": 1, "random_state": 0, **params})


@slowly
@given(tables(), st.booleans(), st.sampled_from(["nan", "edge"]), st.sampled_from(["drop", "mask"]))
def test_window_steps(given_table, flatten, padding, missing):
    _, table = given_table
    step = WindowTransformer(N_STEPS, flatten=flatten, padding=padding, missing=missing)
    found = outcome(step.fit_transform, table)
    if found is not None:
        assert len(found) == len(table)
        again = outcome(step.transform, table)
        assert np.shape(again) == np.shape(found)


@slowly
@given(tables(), st.sampled_from([0, 1, 3]), st.sampled_from([0, 1]))
def test_framing(given_table, n_steps_out, lead):
    _, table = given_table
    found = outcome(lambda data: make_supervised(data, n_steps_out=n_steps_out, lead=lead), table)
    if found is not None:
        X, y = found
        n_rows = len(table) if hasattr(table, "__len__") else table.shape[0]
        assert len(X) == len(y) == n_rows - n_steps_out - lead + 1


FITTED = make_lstm_pipeline(regressor(), n_steps_in=N_STEPS).fit(*make_supervised(frame(walk(30))))


@slowly
@given(tables())
def test_pipelines_of_a_network(given_table):
    """From a table to its forecasts; a fit that fails leaves the one before."""
    kind, table = given_table
    model, probe = copy.deepcopy(FITTED), frame(walk(9))
    before = model.predict(probe)

    def fit_and_predict(data):
        X, y = make_supervised(data)
        return model.fit(X, y).predict(X)

    found = outcome(fit_and_predict, table)
    if found is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            steps = [step for _, step in model.steps]
        # The last step is as it was: scikit-learn fits the ones before, one after the other.
        assert np.array_equal(steps[-1].predict(np.ones((1, N_STEPS, 1))), _probe(FITTED))
        return
    assert len(before) == len(probe)
    assert np.isfinite(found).any()
    if kind not in ("NaN", "None", "Int64 with NA", "with a hole"):
        assert np.isfinite(np.asarray(found, dtype=float)).all()
    check_near(found, table)


def _probe(model):
    return model[-1].predict(np.ones((1, N_STEPS, 1)))


def recommended(season_length):
    """What stands around its network, which does not train."""
    model = make_lstm_pipeline(n_steps_in=4, n_steps_out=2, season_length=season_length)
    few = {"units": 2, "epochs": 1, "n_members": 1, "random_state": 0, "learning_rate": 1e-9}
    return model.set_params(**{f"lstm__{name}": value for name, value in few.items()})


@slowly
@given(tables(), st.sampled_from([None, 1, 2, 4]))
def test_recommended_pipelines(given_table, season_length):
    kind, table = given_table

    def fit_and_predict(data):
        X, y = make_supervised(data, n_steps_out=2)
        return recommended(season_length).fit(X, y).predict(X)

    found = outcome(fit_and_predict, table)
    if found is not None:
        if kind not in ("NaN", "None", "Int64 with NA", "with a hole"):
            assert np.isfinite(np.asarray(found, dtype=float)).all()
        check_near(found, table)


@slowly
@given(tables(), st.booleans())
def test_forecasters(given_table, is_recommended):
    kind, table = given_table
    target = "c0" if isinstance(table, pd.DataFrame) and "c0" in table else None
    pipeline = make_lstm_pipeline(Ridge(), n_steps_in=N_STEPS, n_steps_out=2)
    pipeline = recommended(2) if is_recommended else pipeline
    forecaster = Forecaster(pipeline, target=target, n_steps_out=2)

    if outcome(forecaster.fit, table) is None:
        assert not hasattr(forecaster, "estimator_")
        return
    found = outcome(forecaster.forecast)  # refused where rows miss before the last
    if found is not None:
        assert len(found) == 2
        if kind not in ("NaN", "None", "Int64 with NA"):
            assert np.isfinite(found.to_numpy(dtype=float)).all()


@slowly
@given(tables())
def test_backtests(given_table):
    _, table = given_table
    model = make_lstm_pipeline(Ridge(), n_steps_in=N_STEPS)

    def test(data):
        X, y = make_supervised(data)
        return backtest(model, X, y, cv=2).scores()

    outcome(test, table)
    assert not hasattr(model[-1], "n_features_in_")


# --- windows and targets of their own -------------------------------------------------------------


@st.composite
def samples(draw):
    """Windows and targets, one of which may be unusual."""
    X, y = walk(12, N_STEPS)[:, :, np.newaxis], walk(12)[:, 0]
    which = draw(st.sampled_from(["X", "y", "X and y"]))
    if "X" in which:
        change = VALUES[draw(st.sampled_from([*VALUES]))]
        X = change(X[:, :, 0])
    if "y" in which:
        change = VALUES[draw(st.sampled_from([*VALUES]))]
        y = change(np.asarray(y).reshape(-1, 1))
    return X, y


@slowly
@given(samples(), st.sampled_from(["short", "long", "same"]))
def test_windows_and_targets(given_samples, length):
    X, y = given_samples
    if length != "same" and isinstance(y, np.ndarray):
        y = y[:5] if length == "short" else np.repeat(np.asarray(y), 2, axis=0)
    model = regressor()
    found = outcome(lambda X, y: model.fit(X, y).predict(X), X, y)
    if found is None:
        assert not hasattr(model, "n_iter_")
    else:
        assert len(found) == len(X)
        check_near(found, y)


WRONG = {
    "units": [0, -3, 2.5, "many", None],
    "epochs": [-1, 2.5, "some", None],
    "batch_size": [0, -1, 1.5],
    "learning_rate": [0, -0.1, "fast", np.nan],
    "dropout": [1.0, -0.1, np.nan],
    "n_members": [0, 1.5],
    "window_norm": ["none", 1],
    "season_length": [0, -12, 1.5],
    "loss": ["no such loss", 3],
    "optimizer": ["no such optimizer", 3],
    "activation": [3, "no such activation"],
    "target_scaler": ["no such scaler", 3],
    "validation_fraction": [0, 1.0, 2],
    "random_state": ["seed", -1],
    "quantiles": [(0.5, 2), (), "all"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_wrong_parameters(name, value):
    params = {"window_norm": "seasonal"} if name == "season_length" else {}
    params |= {"loss": "quantile"} if name == "quantiles" else {}
    params |= {"early_stopping": True} if name == "validation_fraction" else {}
    model = regressor(**{**params, name: value})
    X = walk(12, N_STEPS)[:, :, np.newaxis]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises((ValueError, TypeError)) as caught:
            model.fit(X, X[:, -1, 0])
    inner = traceback.extract_tb(caught.value.__traceback__)[-1].filename
    assert not any(part in inner for part in ("/tensorflow/", "/keras/src/"))
    assert name in str(caught.value) or str(value) in str(caught.value)
    assert not hasattr(model, "n_iter_")


# --- what newcomers write -------------------------------------------------------------------------

AIR = load_air_passengers().astype(float).to_frame()
COVERED = AIR.assign(december=(AIR.index.month == 12).astype(float))
COMING = pd.DataFrame(
    {"december": [0.0, 0, 0]}, pd.date_range("1961-01-01", periods=3, freq="MS").rename("month")
)


def forecaster(n_steps_out=3, n_steps_in=12, **params):
    return Forecaster(
        make_lstm_pipeline(Ridge(), n_steps_in=n_steps_in), n_steps_out=n_steps_out, **params
    )


def covered():
    return forecaster(target="passengers", known_future="december").fit(COVERED)


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        (lambda: forecaster().fit(AIR.astype(str)), r"such as '112\.0'.*pd\.to_numeric\(df\['pass"),
        (lambda: forecaster().fit("air.csv"), r"got str\. Read a file with pd\.read_csv"),
        (lambda: forecaster().fit({"air": [1, 2]}), r"got dict\..*pd\.DataFrame"),
        (lambda: forecaster(200).fit(AIR), r"at least 201 rows, got 144\. Give .*shorter horizon"),
        (lambda: forecaster().fit(AIR.T.to_numpy()), r"if these are the 144 columns, give data\.T"),
        (lambda: forecaster(140).fit(AIR), r"n_steps_in=12 is longer.*a shorter horizon"),
        (
            lambda: forecaster(target="passengers").fit(AIR.assign(empty=np.nan)),
            r"no value at all in columns \['empty'\].*features=",
        ),
        (
            lambda: forecaster().fit(AIR.replace(112, np.inf)),
            r"columns \['passengers'\] contain inf",
        ),
        (lambda: forecaster(known_future=True).fit(COVERED), r"known_future must name columns"),
        (lambda: forecaster().fit(AIR).forecast(AIR), r"got a DataFrame\. .*forecast\(data="),
        (
            lambda: forecaster().fit(AIR).forecast(interval=90),
            r"coverage in \(0, 1\), such as 0\.9",
        ),
        (
            lambda: forecaster().fit(AIR).forecast(data=AIR.add_suffix("_new")),
            r"lacks the columns \['passengers'\].*it has \['passengers_new', 'month'\]",
        ),
        (
            lambda: covered().forecast(future=COMING.shift(120, "MS")),
            r"It has rows from 1971-01-01 .* to 1971-03-01",
        ),
        (
            lambda: covered().forecast(future=COMING.set_axis(COMING.index.astype(str))),
            r"which are text: make them dates, with future\.index = pd\.to_datetime",
        ),
        (
            lambda: covered().forecast(future=COMING.add_suffix("s")),
            r"it has the columns \['decembers'\]",
        ),
        (
            lambda: forecaster(time="month").fit(AIR.reset_index().astype({"month": str})),
            r"time='month' must be a column of dates.*dayfirst=True",
        ),
        (
            lambda: make_lstm_pipeline(Ridge(), n_steps_in=12, season_length=12),
            r"season_length=12 .*leave it out, as Ridge has none",
        ),
        (lambda: make_lstm_pipeline(n_steps_in=12).fit(AIR), r"y is None\. X, y = make_supervised"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_what_newcomers_write_is_answered_with_what_to_write(misuse, message):
    with pytest.raises(ValueError, match=message) as found:
        misuse()
    assert "in the docs" in str(found.value) or "known_future" in message


@pytest.mark.parametrize("estimator", ["lstm", Ridge, LSTMRegressor])
def test_an_estimator_that_is_none_is_refused_at_once(estimator):
    with pytest.raises(TypeError, match=r"estimator must be a regressor .* LSTMRegressor\(50\)"):
        make_lstm_pipeline(estimator, n_steps_in=12)


def test_methods_of_other_libraries_name_the_one_to_call():
    model = forecaster().fit(AIR)
    for name, instead in {"predict": r"forecast\(steps\)", "predict_interval": "interval="}.items():
        assert not hasattr(model, name)
        with pytest.raises(AttributeError, match=f"Forecaster has no {name}: .*{instead}"):
            getattr(model, name)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        model.nonsense  # noqa: B018
    assert copy.deepcopy(model).forecast().equals(model.forecast())
