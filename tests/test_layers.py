"""The house rules about imports, read from the source: DESIGN section 3."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import skforecast_lstm

PACKAGE = Path(skforecast_lstm.__file__).parent
# A module imports only from modules of a smaller number. A new module gets a place here first.
LAYERS = {
    "_pages": -1,
    "_containers": 0,
    "_validation": 0,
    "_parameters": 0.5,
    "_plain": 0,
    "_quiet": 0.5,
    "_files": 0,
    "_onnx": 0,
    "_kernels": 0.5,
    "_content": 0,
    "_backend": 0,
    "_inspect": 0,
    "_keras_private": 0,
    "_cache": 0,
    "_pickles": 0,
    "_seeds": 0.5,
    "_watchers": 0.3,
    "_training": 0.5,
    "_windows": 0,
    "_lags": 0,
    "_labels": 0.5,
    "datasets": 0,
    "_dates": 0.5,
    "_decimals": 0,
    "_samples": 1,
    "_linear": 1,
    "_scaling": 1,
    "_relation": 2,
    "_season": 2.5,
    "_smoothing": 3,
    "_smallness": 3.5,
    "_targets": 1,
    "_known": 2,
    "metrics": 1,
    "networks": 1,
    "_clock": 2,
    "framing": 2,
    "layers": 3,
    "_quantiles": 3.5,
    "_rows": 3,
    "_compilation": 3.5,
    "_shell": 3.5,
    "_series": 2,
    "_scores": 1,
    "_lines": 3.5,
    "_label_baselines": 4,
    "_readings": 8.2,
    "_bounds": 0,
    "_scoring": 0.5,
    "_coming": 1,
    "_drawing": 0,
    "_paths": 1,
    "_newest": 3,
    "_ahead": 3,
    "_tables": 3,
    "_target_labels": 3,
    "_fitting": 7.5,
    "calendar": 3,
    "_network": 3.7,
    "_programs": 4,
    "windows": 4,
    "lags": 4,
    "_keras_params": 5,
    "_members": 5,
    "_checkpoints": 5.2,
    "_course": 5.5,
    "groups": 5,
    "_folds": 5.5,
    "_architectures": 5,
    "_inputs": 5.5,
    "_remedies": 5.7,
    "_base": 6,
    "_regressor": 6.5,
    "_classifier": 6.5,
    "_outliers": 0,
    "regressors": 7,
    "classifiers": 7,
    "baselines": 7,
    "pipelines": 8,
    "forecaster": 8,
    "evaluation": 8.5,
    "intervals": 8,
    "saving": 8,
    "serving": 9,
    "plotting": 9,
}
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(PACKAGE.glob("*.py"))}
TREES = {name: ast.parse(source) for name, source in SOURCES.items()}
MODULES = [name for name in SOURCES if name != "__init__"]
each_module = pytest.mark.parametrize("module", MODULES)


def imports(tree):
    """``a.b`` for every ``import a.b``, ``a.b.c`` for every ``from a.b import c``, at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the package"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importers(*packages):
    """The modules that import one of the packages or anything in it."""
    return {
        name
        for name, tree in TREES.items()
        if any(imported.split(".")[0] in packages for imported in imports(tree))
    }


# --- layers -------------------------------------------------------------------------------------


def test_every_file_of_the_package_has_a_layer():
    assert set(MODULES) <= set(LAYERS)
    # No packages inside the package, which the tests below would not read.
    assert not [path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE]


@each_module
def test_a_module_imports_only_from_the_layers_above_it(module):
    for imported in imports(TREES[module]):
        package, _, rest = imported.partition(".")
        if package == "skforecast_lstm":
            # Not the lazy names of the package: they hide where a thing comes from.
            assert rest.split(".")[0] in LAYERS, imported
            assert LAYERS[rest.split(".")[0]] < LAYERS[module], imported


def test_heavy_packages_stay_in_their_rooms():
    assert importers("scikeras") == {"_keras_params"}
    assert importers("tensorflow") == {"_kernels", "_onnx", "_programs"}
    rooms = {
        "_base",
        "_compilation",
        "_keras_private",
        "_kernels",
        "_network",
        "_pickles",
        "_programs",
        "_seeds",
        "_shell",
        "_training",
    }
    assert importers("keras") == rooms | {
        "_keras_params",
        "_watchers",
        "layers",
        "networks",
        "serving",
    }
    assert {name for name in SOURCES if "tf.function" in SOURCES[name]} == {"_onnx", "_programs"}


@each_module
def test_only_one_module_knows_what_is_not_public_in_scikit_learn(module):
    hidden = {
        imported
        for imported in imports(TREES[module])
        if imported.startswith("sklearn.")
        and any(part.startswith("_") for part in imported.split("."))
    }
    assert bool(hidden) == (module == "_validation"), hidden


@each_module
def test_matplotlib_is_imported_inside_functions(module):
    at_import = [TREES[module]]
    for node in at_import:  # grows while it is read
        children = ast.iter_child_nodes(node)
        at_import += [child for child in children if not isinstance(child, ast.FunctionDef)]
    statements = [node for node in at_import if isinstance(node, (ast.Import, ast.ImportFrom))]
    imported = set(imports(ast.Module(statements, [])))
    assert not [name for name in imported if name.split(".")[0] == "matplotlib"]


@each_module
def test_nothing_prints_or_logs(module):
    called = {
        node.func.id
        for node in ast.walk(TREES[module])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert "print" not in called
    if module != "_onnx":  # it silences what logs
        assert "logging" not in set(imports(TREES[module]))


# --- what importing costs -----------------------------------------------------------------------


def modules_after(code):
    """Names of the modules loaded in a fresh process after the code."""
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import skforecast_lstm",
        "from skforecast_lstm import WindowTransformer, make_supervised",
        "from skforecast_lstm.datasets import load_air_passengers; load_air_passengers()",
    ],
)
def test_what_needs_no_network_loads_no_tensorflow(code):
    assert not {"tensorflow", "keras", "scikeras", "matplotlib"} & modules_after(code)


# --- public names -------------------------------------------------------------------------------


def test_the_public_names_are_those_of_the_lazy_table():
    assert sorted(skforecast_lstm.__all__) == sorted(skforecast_lstm._MODULES)
    assert len(set(skforecast_lstm.__all__)) == len(skforecast_lstm.__all__)


@pytest.mark.parametrize("name", skforecast_lstm.__all__)
def test_a_public_name_is_what_its_module_says(name):
    home = importlib.import_module(f"skforecast_lstm.{skforecast_lstm._MODULES[name]}")
    assert getattr(skforecast_lstm, name) is getattr(home, name)
    assert name in home.__all__
    assert name in dir(skforecast_lstm)


def test_type_checkers_see_the_same_names():
    table = {
        imported.rsplit(".", 1)[1]: imported.split(".")[1]
        for imported in imports(TREES["__init__"])
        if imported.startswith("skforecast_lstm.")
    }
    assert table == skforecast_lstm._MODULES


def test_public_modules_can_be_reached_from_the_package():
    assert set(skforecast_lstm._SUBMODULES) == {n for n in MODULES if not n.startswith("_")}
    for name in skforecast_lstm._SUBMODULES:
        module = importlib.import_module(f"skforecast_lstm.{name}")
        assert skforecast_lstm.__getattr__(name) is module


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="'skforecast_lstm' has no attribute 'LSTMClusterer'"):
        skforecast_lstm.LSTMClusterer  # noqa: B018
