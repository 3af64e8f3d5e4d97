"""Tables of other libraries, and types of pandas' own, are what they are in plain pandas."""

from __future__ import annotations

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skforecast_lstm import (
    CalendarFeatures,
    CompleteRowsRegressor,
    ConformalRegressor,
    Forecaster,
    GroupScaler,
    GroupTimeSeriesSplit,
    GroupTransformedTargetRegressor,
    LagsToWindows,
    LSTMRegressor,
    NaiveRegressor,
    TablePipeline,
    WindowTransformer,
    backtest,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm._containers import as_numbers, as_pandas, as_rows

ROWS = 60


def polars_table(df):
    polars = pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    return polars.from_pandas(df)


def arrow_table(df):
    return pytest.importorskip("pyarrow").Table.from_pandas(df, preserve_index=False)


each_library = pytest.mark.parametrize("convert", [polars_table, arrow_table])


@pytest.fixture
def sales():
    """Two series, interleaved, and a holiday that lifts both."""
    rng, steps = np.random.default_rng(0), np.arange(ROWS)
    shops = [
        pd.DataFrame(
            {
                "sold": size * (5 + np.sin(steps / 2) + rng.normal(scale=0.1, size=ROWS)),
                "holiday": steps % 7 == 0,
                "shop": name,
            }
        )
        for name, size in {"kiosk": 1.0, "market": 100.0}.items()
    ]
    return pd.concat(shops).sort_index(kind="stable").reset_index(drop=True)


@pytest.fixture
def one(sales):
    return sales[sales["shop"] == "kiosk"].drop(columns="shop").reset_index(drop=True)


def flat(n_steps_in=4, **params):
    return make_lstm_pipeline(Ridge(), n_steps_in=n_steps_in, **params)


# --- the door -----------------------------------------------------------------------------------


@each_library
def test_a_table_of_another_library_keeps_names_dates_and_missing_values(convert):
    days = pd.date_range("2024-01-01", periods=3, tz="Europe/Berlin")
    df = pd.DataFrame({"when": days, "n": [1, 2, 3], "x": [1.0, np.nan, 3.0], "who": list("aba")})
    table = as_pandas(convert(df))
    assert list(table.columns) == list(df.columns)
    np.testing.assert_array_equal(table[["n", "x"]], df[["n", "x"]])
    assert table["when"].tolist() == df["when"].tolist()
    assert table["who"].tolist() == df["who"].tolist()
    assert isinstance(table.index, pd.RangeIndex)


def test_missing_integers_and_booleans_of_other_libraries_become_nan():
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    values = {
        "n": [1, None, 3],
        "b": [True, None, False],
        "price": [decimal.Decimal("1.5"), None, decimal.Decimal("2.0")],
    }
    for table in (pl.DataFrame(values), pa.table(values)):
        converted = as_pandas(table)
        assert set(converted.dtypes) == {np.dtype(float)}
        expected = [[1, 1, 1.5], [np.nan] * 3, [3, 0, 2]]
        np.testing.assert_array_equal(converted, expected)


def test_dates_without_a_time_become_dates():
    pa = pytest.importorskip("pyarrow")
    days = [datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)]
    assert as_pandas(pa.table({"ds": days}))["ds"].dtype.kind == "M"


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("Int64", [1, np.nan, 0]),
        ("Float32", [1, np.nan, 0]),
        ("boolean", [1, np.nan, 0]),
        (object, [True, None, False]),
        (pd.SparseDtype(float), [1, np.nan, 0]),
    ],
)
def test_numbers_of_pandas_extension_types_are_those_of_numpy(dtype, expected):
    df = pd.DataFrame({"a": pd.Series([True, None, False], dtype=object).astype(dtype)})
    before = df.copy()
    converted = as_pandas(df)
    assert isinstance(converted.dtypes["a"], np.dtype)
    assert converted.dtypes["a"].kind == "f"
    np.testing.assert_array_equal(converted["a"], np.array(expected, dtype=float))
    pd.testing.assert_frame_equal(df, before)


@pytest.mark.parametrize(
    ("dtype", "kind"), [("Int64", "i"), ("UInt8", "u"), ("boolean", "b"), ("Float32", "f")]
)
def test_numbers_that_are_all_there_keep_their_kind(dtype, kind):
    column = as_pandas(pd.Series([1, 0, 1], dtype=dtype, name="a"))
    assert (column.dtype.kind, column.name) == (kind, "a")


def test_types_of_arrow_inside_pandas_are_numbers_and_dates_too():
    pytest.importorskip("pyarrow")
    days = pd.date_range("2024-01-01", periods=3)
    df = pd.DataFrame({"n": [1, None, 3], "b": [True, None, False], "ds": days})
    arrow = pd.DataFrame(
        {
            "n": df["n"].astype("int64[pyarrow]"),
            "b": df["b"].astype("bool[pyarrow]"),
            "ds": df["ds"].astype("timestamp[ns][pyarrow]"),
        }
    )
    converted = as_pandas(arrow)
    np.testing.assert_array_equal(converted[["n", "b"]], [[1, 1], [np.nan] * 2, [3, 0]])
    assert isinstance(pd.Index(converted["ds"]), pd.DatetimeIndex)


def test_what_needs_no_conversion_is_the_very_object():
    for data in (pd.DataFrame({"a": [1.0], "b": ["x"]}), pd.Series([1.0]), np.ones(3), [1, 2]):
        assert as_pandas(data) is data
        assert as_rows(data) is data


def test_columns_of_one_name_and_labels_that_are_booleans_stay_what_they_are():
    df = pd.DataFrame([[1, True], [2, False]], columns=["a", "a"]).astype(object)
    assert list(as_pandas(df).columns) == ["a", "a"]
    table = pd.DataFrame({"is_big": [True, False], "is_open": [True, False]})
    assert as_numbers(table, but=0).dtypes.tolist() == [np.dtype(bool), np.dtype("int64")]


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csr_array, sparse.coo_array])
def test_sparse_data_are_refused_with_advice(make):
    with pytest.raises(TypeError, match=r"Sparse data was passed.*\(3, 3\).*\.toarray\(\)"):
        as_pandas(make(np.eye(3)))


def test_lazy_tables_are_refused_with_advice():
    pl = pytest.importorskip("polars")
    with pytest.raises(TypeError, match=r"got a LazyFrame.*\.collect\(\)"):
        make_supervised(pl.LazyFrame({"a": [1, 2]}))


def test_a_package_that_is_missing_is_named():
    class Frame:
        def to_pandas(self):
            raise ModuleNotFoundError("pyarrow is required")

    with pytest.raises(ImportError, match=r"pyarrow is required.*pip install pyarrow"):
        as_pandas(Frame())


@each_library
def test_rows_of_a_step_have_no_label_that_would_tell_when_they_were(convert):
    rows = as_rows(convert(pd.DataFrame({"a": [1.0, 2.0]})))
    assert rows.index.isna().all()
    assert as_pandas(convert(pd.DataFrame({"a": [1.0, 2.0]}))).index.tolist() == [0, 1]


# --- framing ------------------------------------------------------------------------------------


@each_library
def test_make_supervised_frames_tables_of_other_libraries(convert, sales):
    options = {"target": "sold", "known_future": "holiday", "group": "shop", "n_steps_out": 2}
    expected = make_supervised(sales, **options)
    found = make_supervised(convert(sales), **options)
    for table, other in zip(found, expected, strict=True):
        pd.testing.assert_frame_equal(table, other, check_dtype=False)


@each_library
def test_a_column_of_dates_is_refused_with_advice_that_can_be_followed(convert, one):
    one.insert(0, "ds", pd.date_range("2024-01-01", periods=ROWS))
    table = convert(one)
    with pytest.raises(ValueError, match=r"'ds' contains dates.*Forecaster: time='ds'"):
        make_supervised(table, target="sold")
    with pytest.raises(ValueError, match="'ds' contains dates"):
        Forecaster(flat(), target="sold").fit(table)
    forecaster = Forecaster(flat(), target="sold", time="ds").fit(table)
    assert forecaster.forecast().index[0] == pd.Timestamp("2024-03-01")


def test_a_window_step_refuses_dates_and_does_not_count_with_them():
    df = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=9)})
    with pytest.raises(ValueError, match="'ds' contains dates"):
        WindowTransformer(2).fit(df)
    with pytest.raises(ValueError, match="'ds' contains dates"):
        WindowTransformer(2, group="g").fit(df.assign(g="a"))


# --- steps and regressors -----------------------------------------------------------------------


@each_library
@pytest.mark.parametrize(
    "model",
    [
        make_lstm_pipeline(Ridge(), n_steps_in=4, group="shop"),
        TablePipeline(
            [
                ("same", FunctionTransformer()),
                ("window", WindowTransformer(4, group="shop", missing="drop")),
                ("naive", NaiveRegressor()),
            ]
        ),
        GroupTransformedTargetRegressor(
            make_lstm_pipeline(Ridge(), n_steps_in=4, group="shop"), group="shop"
        ),
        ConformalRegressor(make_lstm_pipeline(Ridge(), n_steps_in=4, group="shop"), coverage=0.5),
    ],
    ids=["pipeline", "windows", "targets", "conformal"],
)
def test_pipelines_over_series_predict_the_same(convert, model, sales):
    X, y = make_supervised(sales, target="sold", group="shop")
    expected = model.fit(X, y).predict(X)
    found = model.fit(convert(X), convert(y.to_frame())).predict(convert(X))
    np.testing.assert_allclose(np.ravel(found), np.ravel(expected), rtol=1e-10)


@each_library
def test_pieces_of_a_table_get_their_own_history(convert, one):
    X, y = make_supervised(one, target="sold")
    model = flat()
    whole = model.fit(X, y).predict(X)
    model.fit(convert(X), y.to_numpy())
    for piece in (slice(20, 30), slice(50, None)):
        np.testing.assert_allclose(model.predict(convert(X[piece])), whole[piece], rtol=1e-10)


@each_library
def test_a_search_splits_a_table_as_it_splits_an_array(convert, one):
    X, y = make_supervised(one, target="sold")
    options = {"cv": TimeSeriesSplit(3), "error_score": "raise"}
    search = GridSearchCV(flat(), {"lstm__estimator__alpha": [0.1, 10]}, **options)
    expected = search.fit(X.to_numpy(float), y).cv_results_["mean_test_score"]
    found = search.fit(convert(X), y.to_numpy()).cv_results_["mean_test_score"]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@each_library
def test_regressors_read_the_names_of_lags_and_targets(convert):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(20, 3)), columns=["lag_1", "lag_2", "lag_3"])
    y = pd.DataFrame(rng.normal(size=(20, 2)), columns=["a(t+1)", "b(t+1)"])
    model = LSTMRegressor(2, epochs=1, random_state=0)
    expected = model.fit(X, y, X_val=X, y_val=y).predict(X)
    found = model.fit(convert(X), convert(y), X_val=convert(X), y_val=convert(y))
    assert (found.n_targets_, found.n_steps_out_) == (2, 1)
    assert list(found.feature_names_in_) == list(X.columns)
    np.testing.assert_allclose(found.predict(convert(X)), expected, rtol=1e-6)
    assert found.score(convert(X), convert(y)) == pytest.approx(model.score(X, y))
    np.testing.assert_array_equal(
        LagsToWindows().fit_transform(convert(X)), LagsToWindows().fit_transform(X)
    )
    naive = NaiveRegressor(columns=[0])
    one = convert(X[["lag_1"]].set_axis(["lag_2"], axis=1)), convert(X[["lag_1"]])
    np.testing.assert_array_equal(np.ravel(naive.fit(*one).predict(one[0])), X["lag_1"])


@each_library
def test_rows_that_lack_something_are_left_out(convert):
    X = pd.DataFrame({"a": [np.nan, 1, 2, 3]})
    y = pd.DataFrame({"b": [5, 10, 20, np.nan]})
    model = CompleteRowsRegressor(Ridge()).fit(convert(X), convert(y))
    np.testing.assert_array_equal(np.isnan(np.ravel(model.predict(convert(X)))), [1, 0, 0, 0])


def test_calendar_features_say_how_a_column_of_dates_becomes_the_index():
    pl = pytest.importorskip("polars")
    table = pl.DataFrame({"a": [1.0, 2.0]})
    with pytest.raises(ValueError, match=r"got DataFrame\..*to_pandas\(\)\.set_index"):
        CalendarFeatures().fit(table)


@each_library
def test_times_of_a_split_may_be_a_column(convert, sales):
    table = convert(sales.assign(day=np.repeat(np.arange(ROWS), 2)))
    folds = list(GroupTimeSeriesSplit(3, time="day").split(table))
    assert [len(test) for _, test in folds] == [30, 30, 30]


# --- forecasts and backtests --------------------------------------------------------------------


@each_library
def test_forecasts_are_the_same_with_newer_rows_and_coming_values(convert, one):
    options = {"target": "sold", "known_future": "holiday", "n_steps_out": 2}
    coming = pd.DataFrame({"holiday": [True, False]})
    forecaster = Forecaster(flat(), **options).fit(one[:50])
    expected = forecaster.forecast(data=one, future=coming)
    forecaster = Forecaster(flat(), **options).fit(convert(one[:50]))
    found = forecaster.forecast(data=convert(one), future=convert(coming))
    pd.testing.assert_frame_equal(found, expected)


@each_library
def test_backtests_are_the_same(convert, one):
    X, y = make_supervised(one, target="sold")
    expected = backtest(flat(), X, y, cv=2).predictions
    found = backtest(flat(), convert(X), convert(y.to_frame()), cv=2).predictions
    pd.testing.assert_frame_equal(found, expected)


# --- booleans -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [bool, "boolean", object, pd.SparseDtype(bool)])
def test_booleans_count_as_numbers_everywhere(one, dtype):
    options = {"target": "sold", "known_future": "holiday", "n_steps_out": 2}
    tables = one.astype({"holiday": float}), one.astype({"holiday": dtype})
    coming = pd.DataFrame({"holiday": [1.0, 0.0, 0.0, 1.0]})
    futures = coming, coming.astype(bool).astype(dtype)
    forecasts, scores = [], []
    for table, future in zip(tables, futures, strict=True):
        X, y = make_supervised(table, **options)
        assert all(isinstance(kind, np.dtype) and kind.kind in "if" for kind in X.dtypes)
        scores.append(backtest(flat(), X, y, cv=2, baselines=None).scores())
        forecaster = Forecaster(flat(), **options).fit(table)
        forecasts.append(forecaster.forecast(4, future=future))
    pd.testing.assert_frame_equal(*forecasts)
    pd.testing.assert_frame_equal(*scores)


def test_booleans_known_ahead_count_in_each_series(sales):
    options = {"target": "sold", "known_future": "holiday", "group": "shop"}
    coming = pd.DataFrame({"holiday": [True, True], "shop": ["kiosk", "market"]})
    model = GroupTransformedTargetRegressor(flat(group="shop"), group="shop")
    found = Forecaster(model, **options).fit(sales).forecast(future=coming)
    numbers = sales.astype({"holiday": int}), coming.astype({"holiday": int})
    expected = Forecaster(model, **options).fit(numbers[0]).forecast(future=numbers[1])
    pd.testing.assert_frame_equal(found, expected)


# --- sparse -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fit",
    [
        lambda X, y: make_supervised(X),
        lambda X, y: Forecaster(flat()).fit(X),
        lambda X, y: backtest(flat(), X, y),
        lambda X, y: flat().fit(X, y),
        lambda X, y: make_pipeline(WindowTransformer(2), NaiveRegressor()).fit(X, y),
        lambda X, y: WindowTransformer(2, group=0).fit(X),
        lambda X, y: GroupScaler(group=0).fit(X),
        lambda X, y: GroupTransformedTargetRegressor(Ridge(), group=0).fit(X, y),
        lambda X, y: CalendarFeatures().fit(X),
        lambda X, y: LagsToWindows().fit(X),
        lambda X, y: LSTMRegressor().fit(X, y),
        lambda X, y: NaiveRegressor().fit(X, y),
        lambda X, y: CompleteRowsRegressor(Ridge()).fit(X, y),
    ],
)
@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csr_array])
def test_every_entry_says_that_it_takes_no_sparse_table(fit, make):
    with pytest.raises(TypeError, match="Sparse data was passed"):
        fit(make(np.eye(9)), np.arange(9.0))


def test_sparse_columns_of_pandas_are_taken_as_dense_ones(one):
    one = one.astype(float)
    X, _ = make_supervised(one, target="sold")
    sparse_table = one.astype(pd.SparseDtype(float))
    pd.testing.assert_frame_equal(make_supervised(sparse_table, target="sold")[0], X)
    windows = WindowTransformer(3).fit_transform(X.astype(pd.SparseDtype(float)))
    np.testing.assert_array_equal(windows, WindowTransformer(3).fit_transform(X))
