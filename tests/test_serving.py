"""Files of ONNX: what they forecast is what the model predicts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
)

import skforecast_lstm
from skforecast_lstm import (
    BaseLSTMRegressor,
    CalendarFeatures,
    Forecaster,
    GroupScaler,
    LSTMRegressor,
    StackedLSTMRegressor,
    WindowTransformer,
    make_lstm_pipeline,
    make_supervised,
    to_onnx,
)
from skforecast_lstm.datasets import load_air_passengers

DEFAULTS = {"epochs": 1, "random_state": 0}
ARCHITECTURES = {
    "LSTMRegressor": {"units": 8},
    "StackedLSTMRegressor": {"units": (8, 8)},
    "BidirectionalLSTMRegressor": {"units": 8},
    "CNNLSTMRegressor": {"units": 8, "filters": 8},
    "ConvLSTMRegressor": {"filters": 8},
    "EncoderDecoderLSTMRegressor": {"units": 8, "attention": True},
    "SequenceLSTMRegressor": {"units": 8},
    "OneToManyLSTMRegressor": {"units": 8},
}


def served(model, path, **inputs):
    """What onnxruntime says of inputs by the file of a model."""
    to_onnx(model, path)
    session = onnxruntime.InferenceSession(path)
    assert {value.name for value in session.get_inputs()} == set(inputs)
    return session.run(None, {name: np.asarray(value) for name, value in inputs.items()})


def facts(path):
    [entry] = onnx.load(path).metadata_props
    assert entry.key == "skforecast_lstm"
    return json.loads(entry.value)


def cut(values, n_steps_in, first):
    """Windows that end in the rows of a table from a number on."""
    ends = range(first, len(values))
    return np.stack([np.asarray(values[end + 1 - n_steps_in : end + 1], float) for end in ends])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.onnx"


@pytest.fixture
def sequences(rng):
    return rng.normal(size=(40, 8, 3)), rng.normal(size=(40, 4))


@pytest.fixture(scope="module")
def air():
    return load_air_passengers().to_frame()


@pytest.fixture(scope="module")
def panel():
    draw, month = np.random.default_rng(0), np.arange(100)
    parts = []
    for number in range(3):
        price = draw.normal(size=100)
        sold = 100 + 20 * np.sin(2 * np.pi * month / 12) + 5 * price + draw.normal(size=100)
        dates = pd.date_range("2010-01-01", periods=100, freq="MS")
        table = {"sold": sold * (number + 1), "price": price, "shop": f"s{number}"}
        parts.append(pd.DataFrame(table, index=dates))
    return pd.concat(parts)


# --- architectures --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_forecasts_as_it_predicts(name, sequences, path):
    X, y = sequences
    model = getattr(skforecast_lstm, name)(**ARCHITECTURES[name], **DEFAULTS).fit(X, y)
    [forecast] = served(model, path, window=X)
    assert forecast.dtype == np.float64
    np.testing.assert_allclose(forecast, model.predict(X), rtol=1e-5, atol=1e-6)
    # As many at once as one likes.
    session = onnxruntime.InferenceSession(path)
    for n_rows in (1, 7):
        [few] = session.run(None, {"window": X[:n_rows]})
        np.testing.assert_allclose(few, forecast[:n_rows], rtol=1e-5, atol=1e-6)


def test_every_architecture_is_tried():
    from skforecast_lstm import regressors

    assert set(ARCHITECTURES) == set(regressors.__all__)


@pytest.mark.parametrize("cell", ["gru", "simple_rnn"])
def test_other_cells(cell, sequences, path):
    X, y = sequences
    model = LSTMRegressor(8, cell=cell, activation="relu", **DEFAULTS).fit(X, y)
    [forecast] = served(model, path, window=X)
    np.testing.assert_allclose(forecast, model.predict(X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("norm", ["last", "standard"])
def test_members_norm_and_linear_part_are_in_it(norm, sequences, path):
    X, y = sequences
    options = {"window_norm": norm, "linear_skip": "ridge", "history_columns": [1], "n_targets": 1}
    options |= {"n_members": 2, "feature_scaler": "standard", "target_scaler": "minmax"}
    X, y = 1e3 + 7 * X, 1e3 + 7 * y
    model = LSTMRegressor(8, dropout=0.2, **options, **DEFAULTS).fit(X, y)
    [forecast] = served(model, path, window=X)
    np.testing.assert_allclose(forecast, model.predict(X), rtol=1e-5)


@pytest.mark.parametrize("shape", [(40,), (40, 1), (40, 4), (40, 2, 2)])
def test_forecasts_have_the_layout_of_predict(shape, rng, path):
    X, y = rng.normal(size=(40, 5, 1)), rng.normal(size=shape)
    model = LSTMRegressor(4, **DEFAULTS).fit(X, y)
    [forecast] = served(model, path, window=X)
    assert forecast.shape == shape
    np.testing.assert_allclose(forecast, model.predict(X), rtol=1e-5, atol=1e-6)


def test_columns_of_lags_come_in_the_order_of_fit(rng, path):
    names = ["lag_1", "lag_2", "lag_3"]  # the newest first
    X = pd.DataFrame(rng.normal(size=(40, 3)), columns=names)
    model = LSTMRegressor(4, epochs=3, random_state=0).fit(X, X["lag_1"])
    [forecast] = served(model, path, window=X.to_numpy())
    np.testing.assert_allclose(forecast, model.predict(X), rtol=1e-5, atol=1e-6)


def test_a_network_of_the_users_own(rng, path):
    class Dense(BaseLSTMRegressor):
        @staticmethod
        def build_network(input_shape, n_steps_out, n_targets, *, units):
            layers = [keras.layers.Flatten(), keras.layers.Dense(units, activation="swish")]
            last = keras.layers.Dense(n_steps_out * n_targets)
            return keras.Sequential([keras.Input(input_shape), *layers, last])

    X, y = rng.normal(size=(40, 5, 2)), rng.normal(size=40)
    model = Dense(units=4, **DEFAULTS).fit(X, y)
    [forecast] = served(model, path, window=X)
    np.testing.assert_allclose(forecast, model.predict(X), rtol=1e-5, atol=1e-6)


# --- pipelines ------------------------------------------------------------------------------------


def test_the_recommended_pipeline_with_its_smoothing(air, path):
    X, y = make_supervised(air, n_steps_out=12)
    model = make_lstm_pipeline(n_steps_in=24, n_steps_out=12, season_length=12)
    model.set_params(lstm__random_state=0, lstm__epochs=2).fit(X, y)
    assert 0 < model[-1].smoothing_share_[0] < 1
    windows, rows = cut(air.to_numpy(), 24, 23), np.arange(23, len(air))
    [forecast] = served(model, path, window=windows, row=rows)
    np.testing.assert_allclose(forecast, model.predict(air)[23:], rtol=1e-5)
    told = facts(path)
    assert told["columns"] == ["passengers"]
    assert (told["n_steps_in"], told["n_steps_out"], told["lead"]) == (24, 12, 1)
    assert (told["freq"], told["season_length"]) == ("MS", 12)
    # Whoever has the dates counts the rows by what the file tells.
    counted = pd.period_range(told["origin"], air.index[-1], freq="M")
    assert len(counted) - 1 == rows[-1]
    # The phase is what matters; what is not known is forecast without smoothing.
    session = onnxruntime.InferenceSession(path)
    [later] = session.run(None, {"window": windows, "row": rows + 120})
    np.testing.assert_array_equal(later, forecast)
    [without] = session.run(None, {"window": windows, "row": np.full(len(rows), -1)})
    alone = cut(model[0].transform(air), 24, 23)  # windows that nobody knows the place of
    with pytest.warns(UserWarning, match="without exponential smoothing"):
        expected = model[-1].predict(alone)
    np.testing.assert_allclose(without, expected, rtol=1e-5)


def test_quantiles_are_a_second_output(air, path):
    X, y = make_supervised(air, n_steps_out=3)
    model = make_lstm_pipeline(n_steps_in=24, n_steps_out=3, season_length=12)
    model.set_params(lstm__random_state=0, lstm__epochs=2, lstm__loss="quantile").fit(X, y)
    inputs = {"window": cut(air.to_numpy(), 24, 30), "row": np.arange(30, len(air))}
    forecast, quantiles = served(model, path, **inputs)
    np.testing.assert_allclose(forecast, model.predict(air)[30:], rtol=1e-5)
    expected = model.predict(air, quantiles=facts(path)["quantiles"])[30:]
    np.testing.assert_allclose(quantiles, expected, rtol=1e-5)


def test_a_forecaster_of_many_series_with_covariates(panel, path):
    pipeline = make_lstm_pipeline(n_steps_in=24, season_length=12, group="shop")
    pipeline.set_params(lstm__random_state=0, lstm__epochs=2)
    roles = {"target": "sold", "known_future": ["price"], "group": "shop"}
    model = Forecaster(pipeline, n_steps_out=3, lower=0, upper=290.0, **roles)
    with pytest.warns(UserWarning, match="beyond lower and upper"):
        model.fit(panel)
    X, _ = make_supervised(panel, "sold", n_steps_out=3, known_future=["price"], group="shop")
    expected = model.estimator_.predict(X)
    windows, rows, series, truth = [], [], [], []
    for number, label in enumerate(["s0", "s1", "s2"]):
        part = (X["shop"] == label).to_numpy()
        windows.append(cut(X[part].drop(columns="shop").to_numpy(), 24, 30))
        rows.append(np.arange(30, part.sum()))
        series.append(np.full(len(rows[-1]), number))
        truth.append(expected[part][30:])
    inputs = zip(
        ("window", "row", "series"), map(np.concatenate, (windows, rows, series)), strict=True
    )
    [forecast] = served(model, path, **dict(inputs))
    clipped = np.clip(np.concatenate(truth), 0, 290)
    assert (clipped == 290).any()
    np.testing.assert_allclose(forecast, clipped, rtol=1e-5)
    told = facts(path)
    assert told["series"] == ["s0", "s1", "s2"]
    assert told["columns"] == ["sold", "price", "price(t+1)", "price(t+2)", "price(t+3)"]


def test_scalers_before_the_window_may_turn_and_choose_columns(rng, path):
    data = pd.DataFrame(rng.normal(size=(80, 3)) * [1, 100, 1e-3] + [0, 1e6, 5], columns=[*"abc"])
    choose = ColumnTransformer([("b", MinMaxScaler(), ["b", "a"])], remainder="passthrough")
    model = make_pipeline(choose, PCA(2), WindowTransformer(4), LSTMRegressor(4, **DEFAULTS))
    X, y = make_supervised(data, "a")
    model.fit(X, y)
    [forecast] = served(model, path, window=cut(X.to_numpy(), 4, 3))
    np.testing.assert_allclose(forecast, model.predict(X)[3:], rtol=1e-5, atol=1e-6)
    assert facts(path)["columns"] == ["a", "b", "c"]


def test_high_levels_that_hardly_move_lose_nothing(path):
    steps = np.random.default_rng(0).normal(size=100).cumsum()
    values = 1e12 + steps
    model = make_pipeline(StandardScaler(), WindowTransformer(4), LSTMRegressor(4, **DEFAULTS))
    model.fit(values[:-1, np.newaxis], values[1:])
    windows = cut(values[:-1, np.newaxis], 4, 3)
    [forecast] = served(model, path, window=windows)
    moved = model.predict(values[:-1, np.newaxis])[3:] - 1e12
    assert np.ptp(moved) > 0.1
    np.testing.assert_allclose(forecast - 1e12, moved, atol=1e-3)


def test_a_search_is_served_by_its_best_pipeline(air, path):
    X, y = make_supervised(air)
    pipeline = make_pipeline(StandardScaler(), WindowTransformer(4), LSTMRegressor(4, **DEFAULTS))
    grid = {"windowtransformer__n_steps_in": [3, 6]}
    search = GridSearchCV(pipeline, grid, cv=TimeSeriesSplit(2), error_score="raise").fit(X, y)
    best = search.best_params_["windowtransformer__n_steps_in"]
    [forecast] = served(search, path, window=cut(X.to_numpy(), best, best - 1))
    np.testing.assert_allclose(forecast, search.predict(X)[best - 1 :], rtol=1e-5)


def test_what_is_missing_is_forecast_as_nan(sequences, path):
    X, y = sequences
    model = LSTMRegressor(4, activation="relu", missing="mask", **DEFAULTS).fit(X, y)
    gap = X.copy()
    gap[3, 2, 1] = np.nan
    [forecast] = served(model, path, window=gap)
    assert np.isnan(forecast[3]).all()
    others = np.arange(len(X)) != 3
    np.testing.assert_allclose(forecast[others], model.predict(X)[others], rtol=1e-5, atol=1e-6)


def test_only_what_is_read_makes_a_forecast_nan(rng, path):
    names = ["a", "unused", "price"]
    data = pd.DataFrame(rng.normal(size=(60, 3)) * 5 + 20, columns=names)
    X, y = make_supervised(data, "a", known_future=["price"], n_steps_out=2)
    scale = ColumnTransformer([("s", StandardScaler(), [c for c in X if c != "unused"])])
    scale.set_output(transform="pandas").verbose_feature_names_out = False
    model = make_pipeline(scale, WindowTransformer(4, n_steps_out=2), LSTMRegressor(4, **DEFAULTS))
    model.fit(X, y)
    windows = cut(X.to_numpy(), 4, 3)
    windows[:, :, X.columns.get_loc("unused")] = np.nan
    windows[:, :-1, [X.columns.get_loc(f"price(t+{step})") for step in (1, 2)]] = np.nan
    windows[5, 0, X.columns.get_loc("a")] = np.nan
    windows[9, -1, X.columns.get_loc("price(t+1)")] = np.nan
    [forecast] = served(model, path, window=windows)
    others = ~np.isin(np.arange(len(windows)), [5, 9])
    assert np.isnan(forecast[~others]).all()
    np.testing.assert_allclose(forecast[others], model.predict(X)[3:][others], rtol=1e-5)


def test_a_series_that_is_too_short_for_an_index_is_forecast_without(panel, path):
    data = pd.concat([panel[:200], panel[200:].head(15)])
    X, y = make_supervised(data, "sold", features=["sold"], group="shop")
    model = make_lstm_pipeline(n_steps_in=13, season_length=12, group="shop")
    model.set_params(lstm__random_state=0, lstm__epochs=1).fit(X, y)
    beside = model[-1]._beside
    assert beside.share > 0
    assert np.isnan(beside.smoothings[0].indices.values[2]).all()
    short = (X["shop"] == "s2").to_numpy()
    windows = cut(X.loc[short, ["sold"]].to_numpy(), 13, 12)
    inputs = {"row": [12, 13], "series": [2, 2]}
    [forecast] = served(model, path, window=windows, **inputs)
    np.testing.assert_allclose(forecast, model.predict(X)[short][12:], rtol=1e-5)


@pytest.mark.parametrize("shops", [{"s0": 7}, {"s0": 7, "s1": 3, "s2": 5}, {}])
def test_steps_may_move_the_column_of_the_group(shops, panel, path):
    data = panel[panel["shop"].isin(shops)] if shops else panel
    data = data.assign(shop=data["shop"].map(shops)) if shops else data
    X, y = make_supervised(data, "sold", group="shop")
    X = X[["shop", "sold", "price"]]
    scale = ColumnTransformer([("s", StandardScaler(), ["sold", "price"])], remainder="passthrough")
    scale.set_output(transform="pandas").verbose_feature_names_out = False
    model = make_pipeline(scale, WindowTransformer(4, group="shop"), LSTMRegressor(4, **DEFAULTS))
    model.fit(X, y)
    first = (X["shop"] == X["shop"].iloc[0]).to_numpy()
    windows = cut(X.loc[first, ["sold", "price"]].to_numpy(), 4, 3)
    [forecast] = served(model, path, window=windows)
    assert facts(path)["columns"] == ["sold", "price"]
    np.testing.assert_allclose(forecast, model.predict(X)[first][3:], rtol=1e-5)
    # A name that X does not have may stand for any column.
    scale.set_params(verbose_feature_names_out=True)
    model.set_params(windowtransformer__group="remainder__shop").fit(X, y)
    with pytest.raises(ValueError, match="steps before the window cannot be exported"):
        to_onnx(model, path)


@pytest.mark.filterwarnings("ignore:values of the targets are beyond")
def test_a_search_over_forecasters(air, path):
    pipeline = make_pipeline(StandardScaler(), WindowTransformer(4), LSTMRegressor(4, **DEFAULTS))
    grid = {"n_steps_out": [2]}
    search = GridSearchCV(Forecaster(pipeline, upper=300), grid, cv=TimeSeriesSplit(2))
    search.set_params(error_score="raise").fit(air)
    windows = cut(air.to_numpy(), 4, len(air) - 1)
    [forecast] = served(search, path, window=windows)
    expected = search.best_estimator_.forecast().to_numpy().ravel()
    np.testing.assert_allclose(forecast[0], expected, rtol=1e-5)
    assert (forecast == 300).any()


WEEKS = pd.date_range("2020-01-05", periods=80, freq="W")


@pytest.mark.parametrize(
    ("index", "told"),
    [
        (pd.RangeIndex(5, 165, 2), {"origin": 5, "freq": 2}),
        (pd.period_range("2020-01", periods=80, freq="M"), {"origin": "2020-01", "freq": "M"}),
        (pd.date_range("2020-01-05", periods=80), {"origin": "2020-01-05 00:00:00", "freq": "D"}),
    ],
)
def test_what_is_told_of_rows_can_be_read(index, told, rng, path):
    def table(index, shop):
        sold = 100 + 20 * np.sin(2 * np.pi * np.arange(80) / 7) + rng.normal(size=80)
        return pd.DataFrame({"sold": sold, "shop": shop}, index=index)

    has_dates = isinstance(index, pd.DatetimeIndex)
    data = pd.concat([table(index, 1), table(WEEKS, 2)]) if has_dates else table(index, 1)
    model = make_lstm_pipeline(n_steps_in=14, season_length=7, group="shop")
    model.set_params(lstm__random_state=0, lstm__epochs=1)
    model.fit(*make_supervised(data, "sold", group="shop"))
    to_onnx(model, path)
    own = {"origins": {"2": "2020-01-05 00:00:00"}, "freqs": {"2": "W-SUN"}} if has_dates else {}
    found = {name: value for name, value in facts(path).items() if name in {*told, *own}}
    assert found == told | own


# --- what is refused ------------------------------------------------------------------------------


def windowed(*before, **options):
    return make_pipeline(*before, WindowTransformer(4), LSTMRegressor(4, **DEFAULTS, **options))


def falling(values):
    return values - np.vstack([values[:1], values[:-1]])


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (PowerTransformer(), "not linear"),
        (FunctionTransformer(np.log), "not linear"),
        (MinMaxScaler(clip=True), "not linear"),
        (FunctionTransformer(falling), "a row depends on others"),
        (CalendarFeatures(["month"]), "the steps before the window"),
        (SimpleImputer(missing_values=-999), "takes some numbers for missing ones"),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else "",
)
def test_steps_that_are_not_linear_are_refused_with_advice(before, reason, air, path):
    X, y = make_supervised(air)
    model = windowed(before).fit(X, y)
    with pytest.raises(ValueError, match=reason) as error:
        to_onnx(model, path)
    assert "to_onnx(pipeline[-2:], path)" in str(error.value)
    assert not path.exists()
    # The advice works.
    inside = np.asarray(model[:-2].transform(X), dtype=float)
    [forecast] = served(model[-2:], path, window=cut(inside, 4, 3))
    np.testing.assert_allclose(forecast, model.predict(X)[3:], rtol=1e-5)


@pytest.mark.parametrize("scaler", [QuantileTransformer(n_quantiles=10), PowerTransformer()])
def test_target_scalers_that_are_not_linear_are_refused(scaler, sequences, path):
    model = LSTMRegressor(4, target_scaler=scaler, **DEFAULTS).fit(*sequences)
    with pytest.raises(ValueError, match="target_scaler cannot be exported"):
        to_onnx(model, path)


def test_a_scale_for_each_series_is_refused(panel, path):
    steps = GroupScaler(group="shop"), WindowTransformer(4, group="shop")
    X, y = make_supervised(panel, "sold", group="shop")
    model = make_pipeline(*steps, LSTMRegressor(4, **DEFAULTS)).set_output(transform="pandas")
    model.fit(X, y)
    with pytest.raises(ValueError, match=r"each series by itself.*pooled=True"):
        to_onnx(model, path)


@pytest.mark.parametrize(
    "model",
    [
        make_lstm_pipeline(Ridge(), n_steps_in=4),
        TransformedTargetRegressor(windowed(StandardScaler())),
        Ridge(),
    ],
    ids=["Ridge behind windows", "TransformedTargetRegressor", "Ridge"],
)
def test_other_models_are_refused(model, air, path):
    X, y = make_supervised(air)
    with pytest.raises(ValueError, match="to_onnx takes a regressor of this package"):
        to_onnx(model.fit(X, y), path)
    assert not path.exists()


def test_a_search_without_a_refit_is_refused(air, path):
    search = GridSearchCV(windowed(), {}, cv=TimeSeriesSplit(2), refit=False, error_score="raise")
    with pytest.raises(ValueError, match="refit=False has fitted none"):
        to_onnx(search.fit(*make_supervised(air)), path)


def test_columns_that_are_flattened_are_refused(panel, path):
    X, y = make_supervised(panel[:100], "sold", features=["sold", "price"])
    steps = WindowTransformer(4, flatten=True), LSTMRegressor(4, **DEFAULTS)
    for model in (make_pipeline(*steps), make_pipeline(StandardScaler(), *steps)):
        with pytest.raises(ValueError, match=r"flatten=True\).* for 2 columns.*flatten=False"):
            to_onnx(model.fit(X, y), path)


def test_what_is_not_fitted_is_refused(path):
    with pytest.raises(NotFittedError):
        to_onnx(windowed(), path)


def test_a_file_that_would_forecast_something_else_is_not_written(sequences, path, monkeypatch):
    from skforecast_lstm import serving

    model = LSTMRegressor(4, **DEFAULTS).fit(*sequences)
    right = serving.outputs_of
    monkeypatch.setattr(serving, "outputs_of", lambda *args: [right(*args)[0] + 0.01])
    with pytest.raises(ValueError, match="would not forecast as the model does"):
        to_onnx(model, path)
    assert not path.exists()


def test_without_tf2onnx_the_error_names_the_extra(sequences, path, monkeypatch):
    model = LSTMRegressor(4, **DEFAULTS).fit(*sequences)
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(ImportError, match=r"pip install \"skforecast_lstm\[onnx\]\""):
        to_onnx(model, path)


def test_the_model_stays_as_it_was(sequences, path):
    X, y = sequences
    model = StackedLSTMRegressor((4, 4), **DEFAULTS).fit(X, y)
    before, names = model.predict(X), set(vars(model))
    to_onnx(model, path)
    np.testing.assert_array_equal(model.predict(X), before)
    assert set(vars(model)) - names <= {"_model"}
    model.partial_fit(X, y)


def test_the_page_shows_serving_without_tensorflow(tmp_path):
    """The code of docs/guide/serving.rst, in a process that has no TensorFlow."""
    page = Path(__file__).parents[1] / "docs" / "guide" / "serving.rst"
    blocks = page.read_text(encoding="utf-8").split(".. code-block:: python\n\n")
    [block] = [block for block in blocks if "import onnxruntime" in block]
    code = "\n".join(line[4:] for line in block.splitlines() if line.startswith("    ") or not line)
    code = code.split("\n\n\n")[0]
    X, y = make_supervised(load_air_passengers(), n_steps_out=12)
    model = make_lstm_pipeline(n_steps_in=24, n_steps_out=12, season_length=12)
    model.set_params(lstm__random_state=0, lstm__epochs=2).fit(X, y)
    to_onnx(model, tmp_path / "passengers.onnx")
    load_air_passengers().to_csv(tmp_path / "passengers.csv")
    told = "\nimport sys\nprint(forecast.tolist(), 'tensorflow' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code + told], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    values, has_tensorflow = done.stdout.strip().rsplit(" ", 1)
    assert has_tensorflow == "False"
    expected = model.predict(load_air_passengers().to_frame())[-1]
    np.testing.assert_allclose(json.loads(values), expected, rtol=1e-5)
