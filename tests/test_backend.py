"""Keras on another backend than TensorFlow: refused, with advice."""

import json
import os
import subprocess
import sys

import keras
import pytest

from skforecast_lstm._backend import check_backend

HEAVY = ["from skforecast_lstm import LSTMRegressor", "import skforecast_lstm as s; s.layers"]


def run(code, **env):
    """What a fresh process says that runs the code."""
    given = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    return subprocess.run(
        [sys.executable, "-c", code], env=given | env, capture_output=True, text=True, check=False
    ).stderr


@pytest.mark.parametrize("code", HEAVY)
@pytest.mark.parametrize("backend", ["numpy", "jax", "torch"])
def test_another_backend_is_refused_before_keras_asks_for_its_package(backend, code):
    last = run(code, KERAS_BACKEND=backend).splitlines()[-1]
    assert last.startswith("ImportError: skforecast_lstm trains with Keras on TensorFlow")
    assert f"KERAS_BACKEND={backend!r}" in last
    assert "os.environ['KERAS_BACKEND'] = 'tensorflow'" in last


def test_the_file_of_keras_is_named_where_it_says_so(tmp_path):
    config = {"floatx": "float32", "epsilon": 1e-07, "backend": "jax"}
    (tmp_path / "keras.json").write_text(json.dumps(config))
    last = run(HEAVY[0], KERAS_HOME=str(tmp_path)).splitlines()[-1]
    assert f"'jax', in {tmp_path / 'keras.json'}" in last


def test_what_needs_no_network_needs_no_backend():
    assert not run("from skforecast_lstm import WindowTransformer", KERAS_BACKEND="jax")


def test_a_keras_that_runs_on_something_else(monkeypatch):
    check_backend()
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(ImportError, match=r"'jax', by KERAS_BACKEND='jax'.*before anything"):
        check_backend()


@pytest.mark.parametrize("text", [None, "{", "{}"])
def test_without_a_word_it_is_tensorflow(text, monkeypatch, tmp_path):
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if text is not None:
        (tmp_path / "keras.json").write_text(text)
    check_backend()


# --- what TensorFlow says -------------------------------------------------------------------------

FIT = (
    "import warnings; warnings.simplefilter('error')\n"
    "import numpy as np\n"
    "from skforecast_lstm import LSTMRegressor\n"
    "LSTMRegressor(2, epochs=1).fit(np.ones((9, 3, 1)), np.arange(9.0)).predict(np.ones((1, 3, 1)))"
)


def run_without_level(code):
    given = {
        name: v for name, v in os.environ.items() if "TF_CPP" not in name and "QUIET" not in name
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=given, capture_output=True, text=True, check=True
    )
    return done.stdout, done.stderr


@pytest.mark.parametrize("module", ["regressors", "layers", "saving", "serving"])
def test_a_submodule_that_is_imported_first_prints_nothing(module):
    assert run_without_level(f"import skforecast_lstm.{module}") == ("", "")


def test_nothing_is_printed_by_a_process_and_by_one_that_it_starts():
    start = f"subprocess.run([sys.executable, '-c', {FIT!r}], check=True)"
    code = f"{FIT}\nimport subprocess, sys\n{start}"
    assert run_without_level(code) == ("", "")


def test_what_others_write_is_not_lost():
    code = (
        "import sys, os, skforecast_lstm\n"
        "from skforecast_lstm._backend import quietly\n"
        "with quietly():\n"
        "    os.write(2, b'I0000 00:00:1.5 123 port.cc:153] oneDNN\\nof value\\n')\n"
        "    print('too', file=sys.stderr)\n"
    )
    assert run_without_level(code)[1] == "of value\ntoo\n"


def test_a_level_that_the_user_has_set_is_respected():
    code = (
        "import os\n"
        "os.environ['TF_CPP_MIN_LOG_LEVEL'] = '0'\n"
        "from skforecast_lstm._backend import quietly\n"
        "with quietly():\n"
        "    os.write(2, b'I0000 00:00:1.5 123 port.cc:153] oneDNN\\n')\n"
    )
    assert "port.cc:153] oneDNN" in run_without_level(code)[1]
