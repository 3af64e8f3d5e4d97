"""The documentation against the code: parameters, defaults, attributes and examples."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpydoc.docscrape import ClassDoc, FunctionDoc
from sklearn.base import MetaEstimatorMixin
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import Pipeline

import skforecast_lstm
from skforecast_lstm import (
    BaseLSTMClassifier,
    BaseLSTMRegressor,
    WindowTransformer,
    datasets,
    metrics,
    networks,
)

PUBLIC = {name: getattr(skforecast_lstm, name) for name in skforecast_lstm.__all__}
CLASSES = {
    name: value
    for name, value in PUBLIC.items()
    if inspect.isclass(value) and not issubclass(value, Warning)
}
FUNCTIONS = {name: value for name, value in PUBLIC.items() if not inspect.isclass(value)}
for module in (datasets, metrics):
    members = {name: getattr(module, name) for name in module.__all__}
    FUNCTIONS |= {name: value for name, value in members.items() if inspect.isfunction(value)}
# The classes themselves, and the private ones that they derive from.
BASES = {
    base: None
    for cls in CLASSES.values()
    for base in cls.__mro__
    if base.__module__.startswith("skforecast_lstm.")
}
# Methods that the package defines: those of scikit-learn and SciKeras have their own documentation.
METHODS = {
    f"{cls.__name__}.{name}": function
    for cls in BASES
    for name, method in vars(cls).items()
    if inspect.isfunction(function := inspect.unwrap(getattr(method, "__func__", method)))
    and not name.startswith("_")
    and name != "build_network"
}
EXAMPLES = [
    path.stem
    for path in sorted(Path(skforecast_lstm.__file__).parent.glob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]
# The only module whose examples train several networks.
SLOW = {"regressors": pytest.mark.slow}

each_class = pytest.mark.parametrize("cls", CLASSES.values(), ids=CLASSES)
each_public = pytest.mark.parametrize(
    "documented", [*CLASSES.values(), *FUNCTIONS.values()], ids=[*CLASSES, *FUNCTIONS]
)
each_documented = pytest.mark.parametrize(
    "documented",
    [*CLASSES.values(), *FUNCTIONS.values(), *METHODS.values()],
    ids=[*CLASSES, *FUNCTIONS, *METHODS],
)


def parse(documented):
    """What numpydoc reads, each warning of which is an error here."""
    return (ClassDoc if inspect.isclass(documented) else FunctionDoc)(documented)


def signature(documented):
    """Parameters by name, without self."""
    parameters = dict(inspect.signature(documented).parameters)
    return {name: value for name, value in parameters.items() if name not in ("self", "cls")}


def documented_parameters(documented):
    """Type by name, in the order of the documentation; "X_val, y_val" are two."""
    entries = parse(documented)["Parameters"]
    return {name.lstrip("*"): entry.type for entry in entries for name in entry.name.split(", ")}


def with_network(cls):
    """The bases alone name no network."""
    if cls in (BaseLSTMRegressor, BaseLSTMClassifier):
        return type(cls.__name__, (cls,), {"build_network": staticmethod(networks.build_lstm)})
    return cls


def fitted(cls):
    """An estimator after ``fit``, on a table with names, so that it has all it can have."""
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 4)), columns=list("abcd"))
    dates = pd.date_range("2024-01-01", periods=20)
    shops = X.assign(shop=["north", "south"] * 10)
    own, following = X["a"].to_frame("a_lag0"), X["a"].shift(-1)
    own.insert(0, "a_lag1", X["a"].shift(1))
    search = GridSearchCV(make_lags(), {"window__n_steps_in": [2]}, cv=TimeSeriesSplit(2))
    special = {
        "WindowTransformer": lambda: cls(2).fit(X),
        "LagsToWindows": lambda: cls(2).fit(X),
        "CalendarFeatures": lambda: cls().fit(X.set_axis(dates)),
        "GroupScaler": lambda: cls(group="shop").fit(shops),
        "GroupTransformedTargetRegressor": lambda: cls(make_lags(group="shop"), group="shop").fit(
            shops, X["a"]
        ),
        "CompleteRowsClassifier": lambda: cls(LogisticRegression()).fit(X, X["a"] > 0),
        "CompleteRowsRegressor": lambda: cls(Ridge()).fit(X, X["a"]),
        "ConformalRegressor": lambda: cls(Ridge(), coverage=0.5, adaptive=True).fit(X, X["a"]),
        "Forecaster": lambda: cls(search).fit(X.set_axis(dates)),
        "NaiveRegressor": lambda: cls().fit(own, following),
        "SeasonalNaiveRegressor": lambda: cls(1).fit(own, following),
        "DriftRegressor": lambda: cls().fit(own, following),
    }
    if cls.__name__ in special:
        return special[cls.__name__]()
    y = X["a"] > 0 if issubclass(cls, BaseLSTMClassifier) else X["a"]
    return with_network(cls)(epochs=1).fit(X, y)


def make_lags(**params):
    window = WindowTransformer(2, flatten=True, padding="edge", **params)
    return Pipeline([("window", window), ("lstm", Ridge())])


# --- parameters ---------------------------------------------------------------------------------


@each_documented
def test_documented_parameters_are_those_of_the_signature_in_order(documented):
    assert list(documented_parameters(documented)) == list(signature(documented))


@each_documented
def test_documented_defaults_are_those_of_the_signature(documented):
    for name, text in documented_parameters(documented).items():
        default = signature(documented)[name].default
        stated = re.search(r"default=(.*)", text)
        if default is inspect.Parameter.empty or text in ("Ignored", "dict"):
            assert stated is None, name
        else:
            assert stated, f"{name} does not state its default, {default!r}"
            # As text: 1 and True, or 0.0 and 0, are equal but not what the reader should type.
            assert stated[1].replace("'", '"') == repr(default).replace("'", '"'), name


@each_documented
def test_every_docstring_has_a_summary_of_one_line_that_ends(documented):
    summary = parse(documented)["Summary"]
    assert len(summary) == 1
    assert summary[0].endswith(".")


@each_class
def test_no_placeholder_is_left(cls):
    assert not re.search(r"\{\w+\}", cls.__doc__)


@pytest.mark.parametrize(
    "cls",
    # A pipeline of scikit-learn's has the attributes of its steps.
    [cls for name, cls in CLASSES.items() if hasattr(cls, "fit") and name != "TablePipeline"],
    ids=lambda cls: cls.__name__,
)
def test_a_fitted_estimator_has_the_documented_attributes_and_no_others(cls):
    estimator = fitted(cls)
    entries = parse(cls)["Attributes"]
    documented = [name for entry in entries for name in entry.name.split(", ")]
    properties = {name for name in documented if isinstance(getattr(cls, name, None), property)}
    learned = {name for name in vars(estimator) if name.endswith("_") and not name.startswith("_")}
    assert learned | properties == set(documented)
    for name in properties:
        assert getattr(estimator, name) is not None


# --- completeness -------------------------------------------------------------------------------


@each_public
def test_everything_public_has_an_example(documented):
    assert any(">>>" in line for line in parse(documented)["Examples"])


@pytest.mark.parametrize(
    "function", [*FUNCTIONS.values(), *METHODS.values()], ids=[*FUNCTIONS, *METHODS]
)
def test_every_function_says_what_it_returns(function):
    returns_nothing = function.__annotations__.get("return") == "None"
    assert bool(parse(function)["Returns"] or parse(function)["Yields"]) is not returns_nothing


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, cls in CLASSES.items()
        if name.endswith("Regressor") and not issubclass(cls, MetaEstimatorMixin)
    ],
)
def test_every_regressor_gives_a_reference(name):
    assert parse(CLASSES[name])["References"]


# --- examples -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [pytest.param(n, marks=SLOW.get(n, ())) for n in EXAMPLES])
def test_doctests(name):
    module = importlib.import_module(f"skforecast_lstm.{name}")
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0


DOCS = Path(__file__).parents[1] / "docs"
WRITTEN = [
    path
    for path in sorted(DOCS.rglob("*.rst"))
    if path.relative_to(DOCS).parts[0] not in ("auto_examples", "api", "_build", "_backreferences")
    and path.name != "sg_execution_times.rst"
]
PAGES = [
    str(path.relative_to(DOCS)) for path in WRITTEN if ">>> " in path.read_text(encoding="utf-8")
]


# Keras' own: TensorBoard makes an array of the rate in a way that NumPy deprecates.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("page", PAGES)
def test_examples_of_the_pages(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where files that it writes may lie
    result = doctest.testfile(
        str(DOCS / page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert result.attempted > 0
    assert result.failed == 0


# --- pages --------------------------------------------------------------------------------------

# One question each: a list of questions, of mistakes and of names is longer.
LONGER = {"faq.rst": 300, "pitfalls.rst": 200, "reference.rst": 250, "tutorial.rst": 130}
GALLERY = sorted((DOCS.parent / "examples").rglob("plot_*.py"))


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(DOCS)))
def test_a_page_is_short(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGER.get(str(path.relative_to(DOCS)), 120)


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_a_page_of_the_gallery_has_its_parts_and_writes_no_pictures(path):
    text = path.read_text(encoding="utf-8")
    for part in ("**You will learn**", "**Time to run:**", "\n# What did not work", "See also"):
        assert part in text, part
    for unwanted in ("savefig", "resolve()", "/tmp", "/home"):
        assert unwanted not in text, unwanted
