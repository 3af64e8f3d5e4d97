"""Makes docs/_inventories, so that a build needs no network: inventories.py PYTHON PANDAS.

The arguments are the files ``objects.inv`` of docs.python.org and of pandas. The addresses of the
other packages follow a rule, so they are made from the names.
"""

import importlib
import inspect
import posixpath
import sys
import zlib
from pathlib import Path

from sphinx.util.inventory import InventoryFile

HERE = Path(__file__).parent / "_inventories"
SKLEARN = [
    "base",
    "calibration",
    "compose",
    "dummy",
    "ensemble",
    "impute",
    "inspection",
    "linear_model",
    "metrics",
    "model_selection",
    "multioutput",
    "pipeline",
    "preprocessing",
    "utils",
]
KERAS = {
    "keras.Model": ("class", "api/models/model/"),
    "keras.Model.fit": ("method", "api/models/model_training_apis/"),
    "keras.Model.summary": ("method", "api/models/model/"),
    "keras.callbacks.Callback": ("class", "api/callbacks/base_callback/"),
    "keras.callbacks.EarlyStopping": ("class", "api/callbacks/early_stopping/"),
    "keras.callbacks.TensorBoard": ("class", "api/callbacks/tensorboard/"),
    "keras.layers.Layer": ("class", "api/layers/base_layer/"),
    "keras.losses.Loss": ("class", "api/losses/"),
}
MATPLOTLIB = ["matplotlib.axes.Axes", "matplotlib.figure.Figure", "matplotlib.lines.Line2D"]
NUMPY = {
    "numpy.ndarray": "reference/generated/numpy.ndarray.html",
    "numpy.random.Generator": "reference/random/generator.html",
    "numpy.random.RandomState": "reference/random/legacy.html",
}
LABELS = {
    "metadata_routing": "metadata_routing.html#metadata-routing",
    "r2_score": "modules/model_evaluation.html#r2-score",
    "sphx_glr_auto_examples_miscellaneous_plot_set_output.py": (
        "auto_examples/miscellaneous/plot_set_output.html"
    ),
    "df_output_transform": "modules/df_output_transform.html",
}


def write(name: str, entries: dict[str, tuple[str, str]]) -> None:
    """Write an inventory: names to their kinds and addresses."""
    header = f"# Sphinx inventory version 2\n# Project: {name}\n# Version: \n"
    header += "# The remainder of this file is compressed using zlib.\n"
    lines = [f"{entry} {kind} 1 {uri} -\n" for entry, (kind, uri) in sorted(entries.items())]
    body = zlib.compress("".join(lines).encode(), 9)
    (HERE / f"{name}.inv").write_bytes(header.encode() + body)


def objects(path: str) -> dict[str, tuple[str, str]]:
    """Read the Python objects of an inventory."""
    with open(path, "rb") as file:
        inventory = InventoryFile.load(file, "", posixpath.join)
    return {
        name: (kind, item.uri)
        for kind, items in inventory.items()
        if kind.startswith("py:")
        for name, item in items.items()
    }


def of_sklearn() -> dict[str, tuple[str, str]]:
    """Make the entries of scikit-learn's public classes, their methods, and functions."""
    entries = {name: ("std:label", uri) for name, uri in LABELS.items()}
    for part in SKLEARN:
        module = importlib.import_module(f"sklearn.{part}")
        entries[f"sklearn.{part}"] = ("py:module", f"api/sklearn.{part}.html")
        for name, value in vars(module).items():
            if name.startswith("_") or not getattr(value, "__module__", "").startswith(
                module.__name__
            ):
                continue
            full = f"sklearn.{part}.{name}"
            uri = f"modules/generated/{full}.html"
            kind = "py:class" if inspect.isclass(value) else "py:function"
            entries[full] = (kind, f"{uri}#{full}")
            for method in dir(value) if inspect.isclass(value) else ():
                if not method.startswith("_"):
                    entries[f"{full}.{method}"] = ("py:method", f"{uri}#{full}.{method}")
    return entries


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    write("python", objects(sys.argv[1]))
    write("pandas", objects(sys.argv[2]))
    write("sklearn", of_sklearn())
    write("keras", {name: (f"py:{kind}", uri) for name, (kind, uri) in KERAS.items()})
    pages = {name: f"api/_as_gen/{name}.html#{name}" for name in MATPLOTLIB}
    write("matplotlib", {name: ("py:class", uri) for name, uri in pages.items()})
    write("numpy", {name: ("py:class", f"{uri}#{name}") for name, uri in NUMPY.items()})
