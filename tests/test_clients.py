"""Other people's libraries: what drives the regressors of scikit-learn drives ours.

``make test-clients`` installs the libraries and runs these tests; where one is absent its tests are
skipped. The examples are those of docs/guide/clients.rst, run as they are written there.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skforecast_lstm import (
    Forecaster,
    LagsToWindows,
    LSTMRegressor,
    make_lstm_pipeline,
    make_supervised,
)
from skforecast_lstm.datasets import load_air_passengers
from skforecast_lstm.saving import TRUSTED_TYPES

PAGE = Path(__file__).parents[1] / "docs" / "guide" / "clients.rst"
BLOCK = re.compile(r"^\.\. code-block:: python\n\n((?:    .*\n)+)", re.MULTILINE)
HEAD, *EXAMPLES = (textwrap.dedent(block) for block in BLOCK.findall(PAGE.read_text("utf-8")))
FORECASTERS = ["skforecast", "mlforecast", "sktime", "darts"]
N_LAGS, STEPS = 12, 6

clients = pytest.mark.clients
each_forecaster = pytest.mark.parametrize("library", FORECASTERS)
pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{of_theirs}")
    for of_theirs in (
        # sktime 1.2 announces a default, of every forecaster that is fitted.
        "The default of config ``remember_data`` will change:FutureWarning",
        # shap 0.51 makes its colours with what matplotlib is going to drop.
        "The set_.* function will be deprecated:PendingDeprecationWarning",
        # MLflow 3.14 to 3.17 warns of a class of its own.
        ".*Any type hint is inferred as AnyType:UserWarning",
    )
]


def example(library, **changes):
    """Run the example of a library; the names that it leaves."""
    (code,) = (
        block for block in EXAMPLES if re.search(rf"^(from|import) {library}\b", block, re.M)
    )
    names = {}
    exec(compile(HEAD, PAGE, "exec"), names)
    names["lstm"].set_params(**changes)
    exec(compile(code, PAGE, "exec"), names)
    return names


@pytest.fixture
def passengers():
    return load_air_passengers().astype(float)


def small(cls=LSTMRegressor, **params):
    return cls(4, epochs=3, feature_scaler="standard", random_state=0, **params)


class Spy(LinearRegression):
    """Keeps what a library gives to ``fit``."""

    seen: list = []

    def fit(self, X, y, sample_weight=None):
        Spy.seen.append(X)
        return super().fit(X, y)


@pytest.fixture
def seen():
    Spy.seen.clear()
    return Spy.seen


# --- what each library is called with -----------------------------------------------------------


def with_skforecast(model, series, steps, known=None):
    recursive = pytest.importorskip("skforecast.recursive")
    past, future = (None, None) if known is None else (known[: len(series)], known[len(series) :])
    forecaster = recursive.ForecasterRecursive(model, lags=N_LAGS)
    forecaster.fit(series, exog=past)
    return forecaster.predict(steps=steps, exog=future)


def with_mlforecast(model, series, steps, known=None):
    mlforecast = pytest.importorskip("mlforecast")
    table = pd.DataFrame({"unique_id": "a", "ds": series.index, "y": series.to_numpy()})
    future = None
    if known is not None:
        table["known"] = known[: len(series)].to_numpy()
        future = known[len(series) :].rename_axis("ds").reset_index().assign(unique_id="a")
    forecaster = mlforecast.MLForecast({"model": model}, "MS", lags=range(1, N_LAGS + 1))
    return forecaster.fit(table, static_features=[]).predict(steps, X_df=future)["model"]


def with_sktime(model, series, steps, known=None, **options):
    compose = pytest.importorskip("sktime.forecasting.compose")
    past = future = None
    if known is not None:
        options["pooling"] = "global"
        known = known.to_frame().to_period("M")
        past, future = known[: len(series)], known[len(series) :]
    forecaster = compose.make_reduction(model, window_length=N_LAGS, **options)
    forecaster.fit(series.to_period("M"), X=past, fh=range(1, steps + 1))
    return forecaster.predict(X=future)


def with_darts(model, series, steps, known=None, **options):
    darts, models = pytest.importorskip("darts"), pytest.importorskip("darts.models")
    covariates = None
    if known is not None:
        options["lags_future_covariates"] = [0]
        covariates = darts.TimeSeries.from_series(known)
    forecaster = models.SKLearnModel(lags=N_LAGS, model=model, **options)
    forecaster.fit(darts.TimeSeries.from_series(series), future_covariates=covariates)
    return forecaster.predict(steps).to_series()


DRIVE = dict(
    zip(FORECASTERS, (with_skforecast, with_mlforecast, with_sktime, with_darts), strict=True)
)


def steps_of(library):
    """What the table of the page puts before the regressor: for lags alone, and with covariates."""
    (row,) = re.findall(rf"^{library} .*$", PAGE.read_text("utf-8"), re.MULTILINE)
    code = re.findall(r"``(LagsToWindows\(.*?\))``", row.replace("n_lags=24", f"n_lags={N_LAGS}"))
    steps = [eval(step) for step in code]
    return (steps[0] if "none" not in row else None), steps[-1]


def by_hand(model, series, steps, known=None):
    """The recursion: windows cut from the series, oldest step first, then forecasts appended."""
    values = series.to_numpy()
    cut = sliding_window_view(values, N_LAGS + 1)
    windows, following = cut[:, :-1, np.newaxis], cut[:, -1]
    model = clone(model).fit(beside(windows, known, N_LAGS), following)
    for step in range(len(values), len(values) + steps):
        window = beside(values[np.newaxis, -N_LAGS:, np.newaxis], known, step)
        values = np.append(values, model.predict(window))
    return values[-steps:]


def beside(windows, known, start):
    """Windows with the covariate of the row that is forecast, at each step."""
    if known is None:
        return windows
    values = known.to_numpy()[start : start + len(windows), np.newaxis, np.newaxis]
    return np.concatenate([windows, np.repeat(values, windows.shape[1], axis=1)], axis=2)


# --- forecasting libraries ----------------------------------------------------------------------


@clients
@each_forecaster
def test_lags_arrive_as_the_page_says(library, passengers, seen):
    DRIVE[library](Spy(), passengers, 1)
    names = getattr(seen[0], "columns", None)
    assert (names is not None) == (library == "mlforecast")
    first = passengers[:N_LAGS].to_numpy()
    newest_first = library in ("skforecast", "mlforecast")
    np.testing.assert_array_equal(np.asarray(seen[0])[0], first[::-1] if newest_first else first)


@clients
@each_forecaster
def test_a_library_forecasts_what_the_recursion_by_hand_does(library, passengers):
    model = small()
    step, _ = steps_of(library)
    forecast = DRIVE[library](make_pipeline(step, model) if step else model, passengers, STEPS)
    expected = by_hand(model, passengers, STEPS)
    np.testing.assert_allclose(forecast, expected, rtol=1e-6)
    # A network that reads the lags the other way round forecasts something else.
    turned = make_pipeline(FunctionTransformer(lambda X: X[:, ::-1]), model)
    with pytest.warns(UserWarning, match="hold the newest value"):
        others = by_hand(turned, passengers, STEPS)
    assert not np.allclose(others, expected, rtol=1e-3)
    # Labelled as the forecasts of any other regressor.
    pd.testing.assert_index_equal(
        forecast.index, DRIVE[library](LinearRegression(), passengers, STEPS).index
    )


@clients
@each_forecaster
def test_covariates_are_features_of_every_step(library, passengers):
    known = pd.Series(np.sin(np.arange(len(passengers))), passengers.index, name="known")
    series, model = passengers[:-STEPS], small()
    pipeline = make_pipeline(steps_of(library)[1], model)
    forecast = DRIVE[library](pipeline, series, STEPS, known)
    expected = by_hand(model, series, STEPS, known)
    np.testing.assert_allclose(forecast, expected, rtol=1e-6)
    assert not np.allclose(expected, by_hand(model, series, STEPS), rtol=1e-3)


@clients
def test_lags_that_are_newest_first_without_names_get_a_warning(passengers):
    pytest.importorskip("skforecast.recursive")  # before: to be skipped is no warning
    with pytest.warns(UserWarning, match="hold the newest value.*LagsToWindows"):
        with_skforecast(small(), passengers, 1)


@clients
def test_named_lags_beside_covariates_are_refused(passengers):
    with pytest.raises(ValueError, match="Put LagsToWindows"):
        with_mlforecast(small(), passengers, 1, passengers.rename("known"))


@clients
@each_forecaster
@pytest.mark.parametrize("seed", range(3))
def test_the_examples_beat_both_naive_forecasts(library, seed, passengers):
    pytest.importorskip(library)
    train, truth = passengers[:-12].to_numpy(), passengers[-12:].to_numpy()
    forecast = example(library, random_state=seed)["forecast"]
    if library == "mlforecast":
        forecast = forecast["lstm"]
    if library == "darts":
        forecast = forecast.to_series()
    error = np.abs(np.asarray(forecast) - truth).mean()
    assert error < 0.5 * np.abs(train[-12:] - truth).mean()  # 47.8, 76.0 for the last value


@clients
def test_skforecast_searches_and_backtests(passengers):
    model_selection = pytest.importorskip("skforecast.model_selection")
    recursive = pytest.importorskip("skforecast.recursive")

    def forecaster(**params):
        return recursive.ForecasterRecursive(
            make_pipeline(LagsToWindows(), small(**params)), lags=N_LAGS
        )

    cv = model_selection.TimeSeriesFold(
        steps=6, initial_train_size=120, refit=True, fixed_train_size=False
    )
    options = {"y": passengers, "cv": cv, "metric": "mean_absolute_error", "show_progress": False}
    found = model_selection.grid_search_forecaster(
        forecaster(),
        param_grid={"lstmregressor__window_norm": [None, "last"]},
        return_best=False,
        verbose=False,
        **options,
    ).set_index("lstmregressor__window_norm")["mean_absolute_error"]
    errors, predictions = model_selection.backtesting_forecaster(
        forecaster(window_norm="last"), **options
    )
    assert found["last"] == pytest.approx(errors["mean_absolute_error"].item(), rel=1e-6)
    assert found["last"] < found[None]
    assert predictions.index.equals(passengers.index[120:])
    for start in range(120, 144, 6):
        expected = by_hand(small(window_norm="last"), passengers[:start], 6)
        fold = predictions["pred"][passengers.index[start : start + 6]]
        np.testing.assert_allclose(fold, expected, rtol=1e-6)


@clients
def test_mlforecast_trains_one_network_for_all_series(passengers):
    mlforecast = pytest.importorskip("mlforecast")
    series = {"a": passengers, "b": passengers[20:] * 0.5 + 100}
    table = pd.concat(
        pd.DataFrame({"unique_id": name, "ds": values.index, "y": values.to_numpy()})
        for name, values in series.items()
    )
    model = small(window_norm="last")
    forecaster = mlforecast.MLForecast({"lstm": model}, "MS", lags=range(1, N_LAGS + 1))
    forecast = forecaster.fit(table).predict(1).set_index("unique_id")["lstm"]
    cut = np.concatenate([sliding_window_view(v.to_numpy(), N_LAGS + 1) for v in series.values()])
    model.fit(cut[:, :-1, np.newaxis], cut[:, -1])
    for name, values in series.items():
        expected = model.predict(values.to_numpy()[np.newaxis, -N_LAGS:, np.newaxis]).item()
        assert forecast[name] == pytest.approx(expected, rel=1e-6)


@clients
@pytest.mark.parametrize(
    ("library", "options"),
    [
        ("sktime", {"strategy": "multioutput"}),
        ("darts", {"output_chunk_length": STEPS}),
    ],
)
def test_one_network_predicts_all_steps(library, options, passengers):
    model = small()
    forecast = DRIVE[library](model, passengers, STEPS, **options)
    values = passengers.to_numpy()
    cut = sliding_window_view(values, N_LAGS + STEPS)
    model.fit(cut[:, :N_LAGS, np.newaxis], cut[:, N_LAGS:])
    expected = model.predict(values[np.newaxis, -N_LAGS:, np.newaxis])[0]
    np.testing.assert_allclose(forecast, expected, rtol=1e-6)


@clients
def test_sktime_trains_a_network_for_each_step(passengers):
    forecast = with_sktime(small(), passengers, 2, strategy="direct")
    values = passengers.to_numpy()
    cut = sliding_window_view(values, N_LAGS + 2)
    for step in range(2):
        model = small().fit(cut[:, :N_LAGS, np.newaxis], cut[:, N_LAGS + step])
        expected = model.predict(values[np.newaxis, -N_LAGS:, np.newaxis]).item()
        assert forecast.iloc[step] == pytest.approx(expected, rel=1e-6)


# --- MAPIE --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ar():
    """Rows of lags of a stationary series, and what follows: training, calibration, test."""
    noise = np.random.default_rng(0).normal(size=900)
    values = np.zeros(900)
    for t in range(1, 900):
        values[t] = 0.8 * values[t - 1] + noise[t]
    cut = sliding_window_view(values, 5)
    return np.split(cut[:, :-1], [300, 600]), np.split(cut[:, -1], [300, 600])


@clients
@pytest.mark.parametrize("prefit", [True, False])
def test_intervals_of_mapie_are_quantiles_of_the_errors_and_cover(prefit, ar):
    regression = pytest.importorskip("mapie.regression")
    (train, calibration, test), (y_train, y_calibration, y_test) = ar
    fitted = small().fit(train, y_train)
    model = fitted if prefit else small()
    intervals = regression.SplitConformalRegressor(model, confidence_level=0.8, prefit=prefit)
    if not prefit:
        intervals.fit(train, y_train)
    forecast, interval = intervals.conformalize(calibration, y_calibration).predict_interval(test)
    np.testing.assert_array_equal(forecast, fitted.predict(test))
    errors = np.sort(np.abs(y_calibration - fitted.predict(calibration)))
    width = errors[int(np.ceil((len(errors) + 1) * 0.8)) - 1]
    np.testing.assert_allclose(interval[:, 0, 0], forecast - width)
    np.testing.assert_allclose(interval[:, 1, 0], forecast + width)
    covered = (interval[:, 0, 0] <= y_test) & (y_test <= interval[:, 1, 0])
    assert 0.73 < covered.mean() < 0.87  # three standard errors


@clients
def test_mapie_trains_a_network_for_each_fold(ar):
    regression = pytest.importorskip("mapie.regression")
    (train, _, test), (y_train, _, y_test) = ar
    folds = KFold(3)
    intervals = regression.CrossConformalRegressor(small(), confidence_level=0.8, cv=folds)
    intervals.fit_conformalize(train, y_train)
    forecast, interval = intervals.predict_interval(test)
    members = [small().fit(train[rows], y_train[rows]) for rows, _ in folds.split(train)]
    np.testing.assert_allclose(forecast, np.mean([m.predict(test) for m in members], axis=0))
    covered = (interval[:, 0, 0] <= y_test) & (y_test <= interval[:, 1, 0])
    assert 0.7 < covered.mean() < 0.9


@clients
def test_the_example_of_mapie():
    pytest.importorskip("mapie")
    names = example("mapie")
    truth, interval = names["following"][100:].to_numpy(), names["interval"][:, :, 0]
    assert interval.shape == (len(truth), 2)
    assert (interval[:, 0] < names["forecast"]).all()
    assert (names["forecast"] < interval[:, 1]).all()


# --- shap ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def third_counts():
    """A network that has learnt from windows of which only the third step counts."""
    pytest.importorskip("shap")
    X = np.random.default_rng(0).normal(size=(200, 4))
    return LSTMRegressor(8, epochs=100, random_state=0).fit(X, 2 * X[:, 2]), X


@clients
@pytest.mark.parametrize("kind", ["PermutationExplainer", "KernelExplainer"])
def test_shap_values_add_up_to_the_prediction(kind, third_counts):
    shap = pytest.importorskip("shap")
    model, X = third_counts
    explanation = getattr(shap, kind)(model.predict, X[:10])(X[20:26])
    total = explanation.base_values + explanation.values.sum(axis=1)
    np.testing.assert_allclose(total, model.predict(X[20:26]), rtol=1e-5, atol=1e-5)
    assert explanation.base_values == pytest.approx(model.predict(X[:10]).mean())
    sizes = np.abs(explanation.values).mean(axis=0)
    assert sizes.argmax() == 2
    assert sizes[2] > 5 * np.delete(sizes, 2).max()
    # What a linear model of this step would be explained by.
    expected = 2 * (X[20:26, 2] - X[:10, 2].mean())
    assert np.corrcoef(explanation.values[:, 2], expected)[0, 1] > 0.99


@clients
def test_the_example_of_shap():
    pytest.importorskip("shap")
    names = example("shap")
    explanation = names["explanation"]
    total = explanation.base_values + explanation.values.sum(axis=1)
    np.testing.assert_allclose(total, names["lstm"].predict(names["lags"][-2:]), rtol=1e-5)


# --- MLflow -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory):
    """MLflow with its tracking in a folder of the test's own, and nothing sent anywhere."""
    if find_spec("mlflow") is None:
        pytest.skip("could not import 'mlflow'")
    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.chdir(folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of SQLAlchemy, while MLflow makes its tables
            import mlflow

            mlflow.set_tracking_uri(f"sqlite:///{folder}/tracking.db")
            mlflow.create_experiment("tests", artifact_location=str(folder / "artifacts"))
            mlflow.set_experiment("tests")
        yield mlflow


@pytest.fixture(scope="module")
def logged_models():
    """A pipeline and a forecaster, fitted, and the rows that the pipeline was fitted to."""
    table = load_air_passengers().astype(float).to_frame()
    X, y = make_supervised(table, n_steps_out=3)
    pipeline = make_lstm_pipeline(small(window_norm="last"), n_steps_in=N_LAGS)
    return pipeline.fit(X, y), Forecaster(clone(pipeline), n_steps_out=3).fit(table), table


def log(mlflow, model, **options):
    """Log a model without a search for what it imports, which takes seconds."""
    with mlflow.start_run():
        return mlflow.sklearn.log_model(
            model, name="model", pip_requirements=["skforecast-lstm"], **options
        )


@clients
# None: the format that MLflow takes by itself.
@pytest.mark.parametrize("serialization_format", [None, "skops", "cloudpickle", "pickle"])
def test_models_come_back_from_mlflow(serialization_format, mlflow, logged_models):
    pipeline, forecaster, table = logged_models
    options = {"skops_trusted_types": TRUSTED_TYPES}
    if serialization_format is not None:
        options["serialization_format"] = serialization_format
    logged = log(mlflow, pipeline, **options)
    flavor = logged.flavors["sklearn"]["serialization_format"]
    assert flavor == (serialization_format or "skops")
    loaded = mlflow.sklearn.load_model(logged.model_uri)
    np.testing.assert_array_equal(loaded.predict(table), pipeline.predict(table))
    served = mlflow.pyfunc.load_model(logged.model_uri)
    np.testing.assert_array_equal(served.predict(table), pipeline.predict(table))
    # The rows after the fitted ones know their history: the dates reach the pipeline.
    np.testing.assert_array_equal(served.predict(table[-3:]), pipeline.predict(table)[-3:])
    logged = log(mlflow, forecaster, **options)
    loaded = mlflow.sklearn.load_model(logged.model_uri)
    pd.testing.assert_frame_equal(loaded.forecast(6), forecaster.forecast(6))


@clients
def test_mlflow_asks_for_the_trusted_types(mlflow, logged_models):
    with pytest.raises(mlflow.MlflowException, match="'skops_trusted_types'"):
        log(mlflow, logged_models[0])


@clients
def test_a_signature_and_an_example_are_those_of_the_table(mlflow, logged_models):
    pipeline, _, table = logged_models
    predictions = pipeline.predict(table)
    signature = mlflow.models.infer_signature(table, predictions)
    assert signature.inputs.input_names() == ["passengers"]
    assert signature.outputs.inputs[0].shape == (-1, 3)
    logged = log(
        mlflow,
        pipeline,
        signature=signature,
        input_example=table[-N_LAGS:],
        skops_trusted_types=TRUSTED_TYPES,
    )
    served = mlflow.pyfunc.load_model(logged.model_uri)
    assert served.metadata.signature == signature
    np.testing.assert_array_equal(served.predict(table), predictions)
    with pytest.raises(mlflow.MlflowException, match="passengers"):
        served.predict(table.rename(columns={"passengers": "riders"}))
    # A request to a server carries no dates. A whole window says all for its last row.
    request = json.loads(mlflow.models.convert_input_example_to_serving_input(table[-N_LAGS:]))
    sent = pd.DataFrame(**request["dataframe_split"])
    assert not isinstance(sent.index, pd.DatetimeIndex)
    np.testing.assert_array_equal(served.predict(sent)[-1], predictions[-1])


@clients
@pytest.mark.slow
def test_another_process_serves_a_logged_model(mlflow, logged_models, tmp_path):
    pipeline, _, table = logged_models
    options = {"pip_requirements": ["skforecast-lstm"], "skops_trusted_types": TRUSTED_TYPES}
    mlflow.sklearn.save_model(pipeline, tmp_path / "model", **options)
    table.to_pickle(tmp_path / "table.pkl")
    code = (
        "import mlflow, numpy as np, pandas as pd\n"
        "model = mlflow.pyfunc.load_model('model')\n"
        "np.save('predictions.npy', model.predict(pd.read_pickle('table.pkl')))\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    predictions = np.load(tmp_path / "predictions.npy")
    np.testing.assert_array_equal(predictions, pipeline.predict(table))


@clients
@pytest.mark.slow  # MLflow loads the model in another process, to see what it imports
def test_the_example_of_mlflow(mlflow):
    names = example("mlflow")
    X, model, logged = names["X"], names["model"], names["logged"]
    np.testing.assert_array_equal(names["predictions"], model.predict(X[-24:]))
    assert isinstance(mlflow.sklearn.load_model(logged.model_uri), type(model))
    folder = Path(mlflow.artifacts.download_artifacts(logged.model_uri))
    requirements = (folder / "requirements.txt").read_text("utf-8")
    assert re.search(r"^skforecast-lstm==", requirements, re.M)


# --- the page -----------------------------------------------------------------------------------


def test_the_page_has_one_example_for_each_library_of_the_extra():
    project = (PAGE.parents[2] / "pyproject.toml").read_text("utf-8")
    extra = re.search(r"^clients = \[(.*?)\]$", project, re.MULTILINE | re.DOTALL)[1]
    libraries = [name.lower() for name in re.findall(r'"([A-Za-z]+)>=', extra)]
    found = [
        [name for name in libraries if re.search(rf"^(?:from|import) {name}\b", block, re.M)]
        for block in EXAMPLES
    ]
    assert sorted(found) == sorted([name] for name in libraries)
    assert set(FORECASTERS) < set(libraries)
    for block in [HEAD, *EXAMPLES]:
        compile(block, PAGE, "exec")


def test_every_code_block_of_the_page_is_found():
    assert PAGE.read_text("utf-8").count("code-block") == len([HEAD, *EXAMPLES])
