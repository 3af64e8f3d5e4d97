"""Files of models: plain data, whole or not at all, and safe to open."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import joblib
import keras
import numpy as np
import pandas as pd
import pytest
import sklearn
import skops.io
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import skforecast_lstm
from skforecast_lstm import (
    BaseLSTMRegressor,
    CalendarFeatures,
    CompleteRowsRegressor,
    ConformalRegressor,
    ConvLSTMRegressor,
    DriftRegressor,
    EncoderDecoderLSTMRegressor,
    Forecaster,
    GroupTransformedTargetRegressor,
    LSTMRegressor,
    SeasonalNaiveRegressor,
    StackedLSTMRegressor,
    load,
    make_lstm_pipeline,
    make_supervised,
    save,
)
from skforecast_lstm.datasets import load_air_passengers
from skforecast_lstm.networks import build_lstm
from skforecast_lstm.saving import TRUSTED_TYPES

AIR = load_air_passengers()[-72:].to_frame()
FEW = {"epochs": 1, "random_state": 0}
SMALL = {
    "gru": LSTMRegressor(3, cell="gru", loss="huber", optimizer="sgd", **FEW),
    "conv": ConvLSTMRegressor(2, n_seq=2, **FEW),
    "attention": EncoderDecoderLSTMRegressor(3, attention=True, **FEW),
    "quantiles": LSTMRegressor(3, loss="quantile", quantiles=(0.1, 0.5, 0.9), **FEW),
    "members": StackedLSTMRegressor((3, 2), n_members=2, window_norm="last", **FEW),
}


def recommended(**options):
    model = make_lstm_pipeline(n_steps_in=24, n_steps_out=3, season_length=12, **options)
    name = "regressor__lstm" if "regressor" in model.get_params() else "lstm"
    return model.set_params(**{f"{name}__random_state": 0, f"{name}__units": 3})


def small(regressor=None, **options):
    regressor = LSTMRegressor(3, **FEW) if regressor is None else regressor
    return make_lstm_pipeline(regressor, n_steps_in=8, n_steps_out=3, **options)


PIPELINES = {
    "recommended": recommended(),
    "plain": small(),
    "ridge": small(Ridge()),
    "calendar": make_pipeline(CalendarFeatures(["month"]), StandardScaler(), *small()[1:]),
    "baselines": small(SeasonalNaiveRegressor(4), scaler=None),
    "drift": small(DriftRegressor(), scaler=None),
    "complete": CompleteRowsRegressor(small(Ridge())),
    "conformal": ConformalRegressor(small(), cv=3),
    "search": GridSearchCV(small(), {"lstm__units": [2, 3]}, cv=TimeSeriesSplit(2, test_size=6)),
    "log": TransformedTargetRegressor(small(), func=np.log, inverse_func=np.exp),
}


def check_same(model, path, data, predict="predict"):
    save(model, path)
    found = load(path)
    assert type(found) is type(model)
    expected = getattr(model, predict)(data)
    np.testing.assert_allclose(getattr(found, predict)(data), expected, rtol=1e-6)
    return found


def test_classifiers_keep_their_labels(tmp_path):
    table = pd.DataFrame({"a": np.sin(np.arange(40)), "state": [*"xyz", None] * 10})
    X, y = make_supervised(table, "state")
    found = check_same(small(LogisticRegression()).fit(X, y), tmp_path / "m", X, "predict_proba")
    assert found.classes_.tolist() == ["x", "y", "z"]


@pytest.mark.parametrize("name", SMALL)
def test_every_architecture_predicts_the_same(name, tmp_path):
    X = np.random.default_rng(0).normal(size=(20, 4, 2))
    model = SMALL[name].fit(X, X[:, 1:, 0])
    found = check_same(model, tmp_path / "model", X)
    assert repr(found) == repr(model)
    assert found.partial_fit(X, X[:, 1:, 0]).n_iter_ == 2


@pytest.mark.parametrize(
    ("name", "with_dates"),
    [*((name, True) for name in PIPELINES), ("recommended", False), ("ridge", False)],
)
def test_pipelines_and_what_is_around_them(name, with_dates, tmp_path):
    data = AIR if with_dates else AIR.reset_index(drop=True)
    X, y = make_supervised(data[:60], n_steps_out=3)
    found = check_same(PIPELINES[name].fit(X, y), tmp_path / "model", data)
    # Its rows are still those before the ones that come next.
    later = data[len(X) :]
    np.testing.assert_allclose(found.predict(later), PIPELINES[name].predict(later), rtol=1e-6)


def test_a_forecaster_and_what_it_forecasts(tmp_path):
    model = Forecaster(recommended(), n_steps_out=3).fit(AIR)
    save(model, tmp_path / "model")
    found = load(tmp_path / "model")
    pd.testing.assert_frame_equal(found.forecast(7), model.forecast(7))
    with_intervals = Forecaster(ConformalRegressor(small(), cv=3), n_steps_out=3).fit(AIR)
    save(with_intervals, tmp_path / "model")
    found = load(tmp_path / "model")
    pd.testing.assert_frame_equal(
        found.forecast(interval=0.8), with_intervals.forecast(interval=0.8)
    )


@pytest.mark.parametrize(
    "labels", [["a", "b"], [1, 2], [*pd.to_datetime(["2020", "2021"])]], ids=str
)
def test_many_series(labels, tmp_path):
    parts = [AIR.assign(shop=[label] * len(AIR)) for label in labels]
    table = pd.concat(parts).sort_index(kind="stable")
    X, y = make_supervised(table, target="passengers", group="shop", n_steps_out=3)
    if labels[0] == "a":
        check_same(recommended(group="shop").fit(X, y), tmp_path / "model", X)
    each = GroupTransformedTargetRegressor(small(Ridge(), group="shop"), group="shop")
    check_same(each.fit(X, y), tmp_path / "model", X)
    model = Forecaster(
        make_lstm_pipeline(Ridge(), n_steps_in=4, n_steps_out=3, group="shop", scaler=None),
        target="passengers",
        group="shop",
        n_steps_out=3,
    ).fit(table)
    save(model, tmp_path / "model")
    pd.testing.assert_frame_equal(load(tmp_path / "model").forecast(), model.forecast())


def test_what_metadata_routing_was_told(tmp_path):
    with sklearn.config_context(enable_metadata_routing=True):
        model = LSTMRegressor(3).set_fit_request(sample_weight=True)
        if model._metadata_request.owner is model:  # from scikit-learn 1.8 on
            with pytest.raises(ValueError, match="set_fit_request and the like"):
                save(model, tmp_path / "model")
            return
        save(model, tmp_path / "model")
        routing = load(tmp_path / "model").get_metadata_routing()
    assert routing.fit.requests["sample_weight"] is True


def test_an_estimator_that_is_not_fitted(tmp_path):
    save(recommended(), tmp_path / "model")
    assert repr(load(tmp_path / "model")) == repr(recommended())


def test_a_fresh_process_predicts_the_same(tmp_path):
    X, y = make_supervised(AIR, n_steps_out=3)
    model = recommended().fit(X, y)
    save(model, tmp_path / "model")
    joblib.dump(model, tmp_path / "joblib")
    cloudpickle = pytest.importorskip("cloudpickle")
    (tmp_path / "cloudpickle").write_bytes(cloudpickle.dumps(model))
    X.to_pickle(tmp_path / "X")
    code = (
        "import sys, numpy as np, pandas as pd, joblib\n"
        "from skforecast_lstm import load\n"
        "X = pd.read_pickle(sys.argv[1] + '/X')\n"
        "unpickle = pd.read_pickle\n"
        "for read, name in ((load, 'model'), (joblib.load, 'joblib'), (unpickle, 'cloudpickle')):\n"
        "    np.save(f'{sys.argv[1]}/{name}.npy', read(f'{sys.argv[1]}/{name}').predict(X))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    for name in ("model", "joblib", "cloudpickle"):
        np.testing.assert_allclose(np.load(tmp_path / f"{name}.npy"), model.predict(X), rtol=1e-6)


def test_skops_itself_reads_and_writes_them(tmp_path):
    X, y = make_supervised(AIR, n_steps_out=3)
    model = small().fit(X, y)
    skops.io.dump(model, tmp_path / "model")
    found = skops.io.load(tmp_path / "model", trusted=TRUSTED_TYPES)
    np.testing.assert_allclose(found.predict(X), model.predict(X), rtol=1e-6)
    with pytest.raises(ValueError, match=r"no whole file.*skops\.io\.load.*TRUSTED_TYPES"):
        load(tmp_path / "model")


def test_every_public_estimator_and_builder_is_trusted():
    for name in TRUSTED_TYPES:
        module, _, attribute = name.rpartition(".")
        assert hasattr(__import__(module, fromlist=[attribute]), attribute), name
    public = [getattr(skforecast_lstm, name) for name in skforecast_lstm.__all__]
    estimators = {c for c in public if isinstance(c, type) and hasattr(c, "get_params")}
    bases = {skforecast_lstm.BaseLSTMRegressor, skforecast_lstm.BaseLSTMClassifier}
    names = {f"{c.__module__}.{c.__qualname__}" for c in estimators - bases}
    assert names <= set(TRUSTED_TYPES)
    builders = {n for n in vars(skforecast_lstm.networks) if n.startswith("build_")}
    assert {f"skforecast_lstm.networks.{n}" for n in builders} <= set(TRUSTED_TYPES)


SAVED = Path(__file__).parent / "data" / "saved_v1"


@pytest.mark.parametrize("path", sorted(SAVED.glob("*.skops")), ids=lambda path: path.stem)
def test_files_of_the_first_release_predict_what_they_did(path):
    expected = np.load(SAVED / "expected.npz")
    data = AIR[-60:-3] if path.stem in ("ridge", "recommended") else expected["windows"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn says that the file is of another version
        model = load(path)
        found = model.forecast() if path.stem == "forecaster" else model.predict(data)
    largest = np.nanmax(np.abs(expected[path.stem]))
    np.testing.assert_allclose(found, expected[path.stem], rtol=0, atol=1e-6 * largest)


# --- files that are not what they seem ------------------------------------------------------------


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "model"
    X = np.random.default_rng(0).normal(size=(20, 4, 1))
    save(LSTMRegressor(3, **FEW).fit(X, X[:, -1, 0]), path)
    return path.read_bytes()


@pytest.mark.parametrize("part", [0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_refused(file, part, tmp_path):
    (tmp_path / "model").write_bytes(file[: int(part * len(file))])
    with pytest.raises(ValueError, match=r"no whole file|is damaged"):
        load(tmp_path / "model")


def test_flipped_bits_change_nothing_or_are_found(file, tmp_path):
    X = np.ones((3, 4, 1))
    (tmp_path / "model").write_bytes(file)
    expected, messages = load(tmp_path / "model").predict(X), []
    rng = np.random.default_rng(0)
    for at, bit in zip(rng.integers(0, len(file), 200), rng.integers(0, 8, 200), strict=True):
        changed = bytearray(file)
        changed[at] ^= 1 << bit
        (tmp_path / "model").write_bytes(changed)
        try:
            found = load(tmp_path / "model")
        except ValueError as error:
            messages.append(str(error))
        else:
            np.testing.assert_array_equal(found.predict(X), expected)
    assert len(messages) > 150
    assert all("no whole file" in text or "is damaged" in text for text in messages)


def rewritten(file, **parts):
    """The file with other members, as somebody would write them who knows the format."""
    with zipfile.ZipFile(io.BytesIO(file)) as old:
        members = {name: old.read(name) for name in old.namelist()}
    header = json.loads(members.pop("skforecast_lstm.json"))
    other = parts.pop("schema", None)
    if other is not None:
        members["schema.json"] = json.dumps(other(json.loads(members["schema.json"]))).encode()
    from hashlib import sha256

    header["sha256"] = {name: sha256(value).hexdigest() for name, value in members.items()}
    members["skforecast_lstm.json"] = json.dumps(header | parts).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as new:
        for name, value in members.items():
            new.writestr(name, value)
    return buffer.getvalue()


def test_a_newer_format_is_refused(file, tmp_path):
    (tmp_path / "model").write_bytes(rewritten(file, format=99))
    with pytest.raises(ValueError, match=r"has format 99.*newer skforecast-lstm"):
        load(tmp_path / "model")


def test_foreign_types_are_refused_and_not_imported(file, tmp_path):
    def change(node):
        if isinstance(node, dict) and node.get("__class__") == "build_lstm":
            return node | {"__module__": "antigravity", "__class__": "run"}
        if isinstance(node, dict):
            return {key: change(value) for key, value in node.items()}
        return [*map(change, node)] if isinstance(node, list) else node

    path = tmp_path / "model"
    path.write_bytes(rewritten(file, schema=change))
    with pytest.raises(ValueError, match=r"contains \['antigravity.run'\].*trusted="):
        load(path)
    assert "antigravity" not in sys.modules


def test_dicts_that_keras_would_make_objects_of_are_refused(tmp_path):
    X = np.random.default_rng(0).normal(size=(20, 4, 1))
    model = LSTMRegressor(3, **FEW).fit(X, X[:, -1, 0])
    evil = {"module": "builtins", "class_name": "print", "config": {"a": 1}}
    model._fitted_network.arguments["activation"] = evil
    path = tmp_path / "model"
    save(model, path)
    with pytest.raises(ValueError, match=r"activation=.*describes an object of Keras"):
        load(path)
    model._fitted_network.arguments["activation"] = "tanh"
    model.activation = evil
    save(model, path)
    with pytest.raises(ValueError, match="activation"):
        load(path)


class Own(BaseLSTMRegressor):
    build_network = staticmethod(build_lstm)


def build_own(input_shape, n_steps_out, n_targets):
    layers = [keras.Input(input_shape), keras.layers.Flatten()]
    return keras.Sequential([*layers, keras.layers.Dense(n_steps_out * n_targets)])


class OwnBuilder(BaseLSTMRegressor):
    build_network = staticmethod(build_own)


@pytest.mark.parametrize("cls", [Own, OwnBuilder])
def test_estimators_and_builders_of_ones_own_are_named(cls, tmp_path):
    X = np.random.default_rng(0).normal(size=(20, 4, 1))
    model = cls(3, **FEW).fit(X, X[:, -1, 0])
    save(model, tmp_path / "model")
    names = [f"{__name__}.{cls.__name__}", f"{__name__}.build_own"][: 1 + (cls is OwnBuilder)]
    with pytest.raises(ValueError, match=f"{__name__}.{cls.__name__}.*load.path, trusted="):
        load(tmp_path / "model")
    found = load(tmp_path / "model", trusted=names)
    np.testing.assert_allclose(found.predict(X), model.predict(X), rtol=1e-6)


@pytest.mark.parametrize(
    "params",
    [
        {"loss": keras.losses.Huber(0.1)},
        {"optimizer": keras.optimizers.SGD(0.1)},
        {"callbacks": [keras.callbacks.TerminateOnNaN()]},
    ],
    ids=["loss", "optimizer", "callback"],
)
def test_objects_of_keras_are_refused_before_anything_is_written(params, tmp_path):
    X = np.random.default_rng(0).normal(size=(20, 4, 1))
    model = LSTMRegressor(3, **FEW, **params).fit(X, X[:, -1, 0])
    with pytest.raises(ValueError, match=r"objects of Keras.*by name"):
        save(model, tmp_path / "model")
    assert not [*tmp_path.iterdir()]


def test_functions_that_nobody_can_import_are_refused(tmp_path):
    model = make_pipeline(FunctionTransformer(lambda x: x), Ridge())
    with pytest.raises(ValueError, match=r"lambda.*which nobody can import"):
        save(model, tmp_path / "model")
    assert not [*tmp_path.iterdir()]


# --- writing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("failing", ["os.replace", "os.fsync"])
def test_a_failure_leaves_the_old_file_and_nothing_else(failing, file, tmp_path, monkeypatch):
    path = tmp_path / "model"
    path.write_bytes(file)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(failing, fail)
    with pytest.raises(OSError, match="No space left"):
        save(Ridge(), path)
    assert [*tmp_path.iterdir()] == [path]
    assert path.read_bytes() == file


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"model cannot be written: there is no folder"):
        save(Ridge(), tmp_path / "new" / "model")


def test_files_have_the_rights_of_new_files(tmp_path):
    save(Ridge(), tmp_path / "model")
    (tmp_path / "other").touch()
    assert os.stat(tmp_path / "model").st_mode == os.stat(tmp_path / "other").st_mode


def test_a_file_that_is_missing_is_missed(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        save(Ridge(), tmp_path / "none" / "model")
