"""What is used of other packages beyond their public names, and which versions are allowed.

When a new version of Keras, scikit-learn or SciKeras breaks this package, a test of this file says
which name it was, what it was for and in which file it is.
"""

from __future__ import annotations

import ast
import importlib
import platform
import re
import subprocess
import sys
from abc import ABC
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import pytest
import sklearn
import tensorflow as tf
from packaging.requirements import Requirement
from scikeras.wrappers import BaseWrapper
from sklearn import calibration, ensemble, linear_model, model_selection, multioutput
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyRegressor
from sklearn.preprocessing import StandardScaler
from test_layers import TREES, imports

from skforecast_lstm import LSTMRegressor, _inspect, _keras_private, _kernels
from skforecast_lstm._content import content
from skforecast_lstm._seeds import seeded

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent


class Private(NamedTuple):
    """Names of another package that are not public: where and why they are used, and a trial."""

    package: str
    names: str
    file: str
    use: str
    trial: Callable

    def check(self):
        """Fail if the installed version has no such names, or others."""
        try:
            works, why = self.trial(), "it does something else"
        except Exception as error:
            works, why = False, f"{type(error).__name__}: {error}"
        number = platform.python_version() if self.package == "python" else version(self.package)
        assert works, (
            f"{self.package} {number} has no {self.names} as known before ({why}), which "
            f"skforecast_lstm/{self.file}.py needs to {self.use}. Mend that file, or exclude the "
            f"version in pyproject.toml."
        )


# --- trials -------------------------------------------------------------------------------------


def imported(path):
    """A trial: whether a module has a name."""

    def has_name():
        module, _, name = path.rpartition(".")
        return hasattr(importlib.import_module(module), name)

    return has_name


def network():
    inputs = keras.Input((3, 1))
    outputs = keras.layers.LSTM(2, dropout=0.5)(inputs)
    return keras.Model(inputs, keras.layers.Flatten()(outputs))


def lstm():
    return network().layers[1]


def has_global_generator():
    from keras.src.backend.common import global_state

    keras.random.normal([1])
    generator = global_state.get_global_attribute("global_seed_generator")
    return isinstance(generator, keras.random.SeedGenerator) and generator.state.shape == (2,)


def draws_from_ours():
    def draw():
        with seeded(5):
            return keras.initializers.RandomNormal()([3]).numpy()

    return imported("keras.src.random.seed_generator.python_random")() and (draw() == draw()).all()


def has_history():
    layer, node, _ = network().outputs[0]._keras_history
    return isinstance(layer, keras.layers.Flatten) and node == 0


def has_nodes():
    (source,) = network().layers[-1]._inbound_nodes[0].input_tensors
    return isinstance(source._keras_history[0], keras.layers.LSTM)


def has_rate():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    rate = keras.optimizers.SGD(0.5)._learning_rate
    return keras.optimizers.SGD(schedule)._learning_rate is schedule and float(rate) == 0.5


def reduces_gradients():
    optimizer, taken = keras.optimizers.SGD(1.0), []
    variable = keras.Variable([1.0])
    optimizer._all_reduce_sum_gradients = lambda pairs: taken.append(pairs) or pairs
    optimizer.apply([np.ones(1, np.float32)], [variable])
    is_one = optimizer._distribution_strategy.num_replicas_in_sync == 1
    return is_one and len(taken) == 1 and variable.numpy() == [0.0]


def gives_names_anew():
    first = [str(network().layers[1].name) for _ in range(2)]
    with _keras_private.names_anew():
        inside = network().layers[1].name
    return inside == "lstm" and network().layers[1].name not in [*first, inside]


def has_inner_loop():
    layer, x, start = lstm(), np.ones((1, 3, 1), np.float32), np.zeros((1, 2), np.float32)
    last, outputs, states = layer.inner_loop(x, [start, start], None, training=False)
    return np.allclose(last, layer(x)) and len(outputs.shape) == 3 and len(states) == 2


def is_the_same_when_used():
    metric, loss = keras.metrics.MeanSquaredError(), keras.losses.Huber(0.1)
    before = content(metric), content(loss)
    metric.update_state(np.ones(1), np.zeros(1))
    loss(np.ones(1), np.zeros(1))
    return before == (content(metric), content(loss))


def has_device_name():
    with tf.device("CPU:0"):
        return _kernels.context.context().device_name.endswith("CPU:0")


def requests_metadata():
    with sklearn.config_context(enable_metadata_routing=True):
        model = DummyRegressor().set_fit_request(sample_weight=True)
    return model._metadata_request.fit.requests == {"sample_weight": True}


def validates():
    with pytest.raises(ValueError, match="'epochs' parameter of LSTMRegressor"):
        LSTMRegressor(epochs=-1)._validate_params()
    return True


def has_bases():
    kinds = [ensemble.BaggingRegressor, ensemble.AdaBoostRegressor, ensemble.StackingRegressor]
    kinds += [linear_model.RANSACRegressor, multioutput.RegressorChain]
    kinds += [multioutput.ClassifierChain, ensemble.VotingClassifier]
    kinds += [model_selection.TunedThresholdClassifierCV, calibration.CalibratedClassifierCV]
    known = {*_inspect._OUT_OF_ORDER, *_inspect._OF_ONE_TARGET}
    return known <= {base.__name__ for k in kinds for base in k.__mro__}


# --- the list: a private name of another package is in one file, and on it ------------------------

PRIVATE = [
    Private(
        "keras",
        "keras.src.backend.common.global_state",
        "_keras_private",
        "draw from a generator of its own where a layer has none",
        has_global_generator,
    ),
    Private(
        "keras",
        "object_name_uids",
        "_keras_private",
        "give back the memory of networks",
        gives_names_anew,
    ),
    Private(
        "keras",
        "keras.src.random.seed_generator",
        "_keras_private",
        "let initial weights follow from random_state",
        draws_from_ours,
    ),
    Private(
        "keras",
        "_flatten_layers",
        "_keras_private",
        "find the layers of a model, with those inside of others",
        lambda: {type(x).__name__ for x in network()._flatten_layers()} >= {"LSTM", "LSTMCell"},
    ),
    Private(
        "keras",
        "_keras_history",
        "_keras_private",
        "find the layer that an output comes from",
        has_history,
    ),
    Private(
        "keras",
        "_inbound_nodes",
        "_keras_private",
        "find the layers before another",
        has_nodes,
    ),
    Private(
        "keras",
        "_learning_rate",
        "_keras_private",
        "tell schedules of the learning rate apart",
        has_rate,
    ),
    Private(
        "keras",
        "_distribution_strategy, _all_reduce_sum_gradients",
        "_keras_private",
        "give back the memory of graphs that train",
        reduces_gradients,
    ),
    Private(
        "keras",
        "_seed_generators",
        "_keras_private",
        "seed dropout when a fit begins",
        lambda: any(getattr(x, "_seed_generators", []) for x in network()._flatten_layers()),
    ),
    Private(
        "keras",
        "inner_loop",
        "_kernels",
        "run LSTM layers in TensorFlow's fused kernel",
        has_inner_loop,
    ),
    Private(
        "keras",
        "get_dropout_mask",
        "_kernels",
        "have dropout in the fused kernel",
        lambda: lstm().cell.get_dropout_mask(np.ones((1, 1), np.float32)).shape == (1, 1),
    ),
    Private(
        "keras",
        "_tracker, _variables, _metrics, _built, _build_input_shape, _lock",
        "_content",
        "compare losses and metrics whether they were used or not",
        is_the_same_when_used,
    ),
    Private(
        "tensorflow",
        "tensorflow.python.eager.context",
        "_kernels",
        "see the device that the user has chosen",
        has_device_name,
    ),
    *(
        Private("scikit-learn", path, "_validation", use, imported(path))
        for path, use in [
            ("sklearn.base._fit_context", "check parameters when fit begins"),
            ("sklearn.utils._param_validation.HasMethods", "say which estimators are allowed"),
            ("sklearn.utils._param_validation.Interval", "say which numbers are allowed"),
            ("sklearn.utils._param_validation.StrOptions", "say which words are allowed"),
            ("sklearn.utils.validation._check_feature_names", "remember the names of columns"),
            ("sklearn.utils.validation._check_sample_weight", "check sample weights"),
        ]
    ),
    Private(
        "scikit-learn",
        "_get_param_names",
        "_keras_params",
        "read the parameters from the constructor, as SciKeras does not",
        lambda: "units" in BaseEstimator._get_param_names.__func__(LSTMRegressor),
    ),
    Private(
        "scikit-learn",
        "_metadata_request",
        "_keras_params",
        "clone what metadata routing was told",
        requests_metadata,
    ),
    Private(
        "scikit-learn",
        "_sklearn_output_config",
        "windows",
        "have set_output() where windows have no names",
        lambda: StandardScaler().set_output(transform="pandas")._sklearn_output_config["transform"],
    ),
    Private(
        "scikit-learn",
        "_validate_params",
        "saving",
        "check the parameters that a file gives",
        validates,
    ),
    Private(
        "scikit-learn",
        "BaseBagging, BaseWeightBoosting, _BaseChain, _BaseStacking, _BaseVoting",
        "_inspect",
        "refuse what shuffles rows around a window step, or takes one target",
        has_bases,
    ),
    Private(
        "scikit-learn",
        "metrics._scorer, _MultimetricScorer, _PassthroughScorer, _Scorer",
        "saving",
        "read searches from files",
        lambda: all(
            imported(f"sklearn.metrics._scorer.{name}")()
            for name in ("_MultimetricScorer", "_PassthroughScorer", "_Scorer")
        ),
    ),
    Private(
        "scikit-learn",
        "utils._metadata_requests",
        "saving",
        "read from files what metadata routing was told",
        lambda: all(
            imported(f"sklearn.utils._metadata_requests.{name}")()
            for name in ("MetadataRequest", "MethodMetadataRequest")
        ),
    ),
    Private(
        "scikit-learn",
        "model_selection._split",
        "saving",
        "read searches from files",
        imported("sklearn.model_selection._split.TimeSeriesSplit"),
    ),
    *(
        Private(
            "scikeras",
            f"scikeras._utils.{name}",
            "_keras_params",
            "route parameters to the optimizer, loss, metrics and callbacks",
            imported(f"scikeras._utils.{name}"),
        )
        for name in [
            "get_loss_class_function_or_string",
            "get_metric_class",
            "get_optimizer_class",
            "route_params",
            "try_to_convert_strings_to_classes",
            "unflatten_params",
        ]
    ),
    Private(
        "scikeras",
        "_routing_prefixes",
        "_keras_params",
        "say which parameters are routed",
        lambda: hasattr(BaseWrapper, "_routing_prefixes"),
    ),
    Private(
        "python",
        "_getframe",
        "_course",
        "see whether a search has called fit",
        lambda: sys._getframe().f_globals is globals(),
    ),
    Private(
        "python",
        "_abc_impl",
        "_content",
        "compare classes without what Python adds to abstract ones",
        lambda: "_abc_impl" in vars(ABC),
    ),
]
LISTED = {(name, private.file) for private in PRIVATE for name in private.names.split(", ")}
each = pytest.mark.parametrize("private", PRIVATE, ids=lambda private: private.names)


@each
def test_the_installed_version_has_it(private):
    private.check()


def test_the_message_says_what_broke_and_where():
    lost = Private("keras", "_lost", "_keras_private", "find it", lambda: keras.Model._lost)
    other = lost._replace(trial=lambda: False)
    for private, why in ((lost, "AttributeError"), (other, "does something else")):
        with pytest.raises(AssertionError) as caught:
            private.check()
        for part in (f"keras {keras.__version__}", "_lost", why, "_keras_private.py", "find it"):
            assert part in str(caught.value)


# --- what is used ---------------------------------------------------------------------------------

# Packages inside of which nothing is public.
INNER = ("keras.src", "tensorflow.python", "pandas.core", "numpy.core", "tf.python", "pd.core")
# What only looks private: ends of the names of columns, and what the docs of namedtuple give.
PUBLIC = {"_lag", "_lower", "_upper", "_asdict", "_fields", "_make", "_replace"}


def is_private(path):
    return bool(re.search(r"(^|\.)_(?!_)", path)) or path.startswith(INNER)


def given_names(tree):
    """Names that a piece of code gives: to functions, classes, variables, its own attributes."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif not isinstance(getattr(node, "ctx", None), ast.Store):
            continue
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("self", "cls"):
            yield node.attr


def used_names(tree):
    """Names that a piece of code imports, gives, reads, or has in its texts."""
    for path in imports(tree):
        if not path.startswith(("skforecast_lstm", "__future__")):
            yield path
    yield from given_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            path = ast.unparse(node)
            yield path if path in INNER else node.attr
        elif isinstance(node, ast.Constant) and re.fullmatch(r"[^\W\d][\w.]*", str(node.value)):
            yield str(node.value)


OURS = {name for tree in TREES.values() for name in given_names(tree)} | {*TREES, *PUBLIC}


def private_names(module, tree):
    """Private names of other packages in a module, and names of the list, each with the module."""
    listed = {name for name, _ in LISTED} - {getattr(node, "name", "") for node in tree.body}
    return {
        (name, module)
        for name in used_names(tree)
        if name in listed or (is_private(name) and name.lstrip(".") not in OURS)
    }


def test_private_names_are_on_the_list_and_in_one_file_each():
    found = set().union(*(private_names(module, tree) for module, tree in TREES.items()))
    new, unused = sorted(found - LISTED), sorted(LISTED - found)
    assert not new, f"{new}: take public names, or those of the one file, or put them on the list"
    assert not unused, f"{unused}: nothing uses these any more"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("from keras.src.layers import Layer", "keras.src.layers.Layer"),
        ("import sklearn.utils._set_output", "sklearn.utils._set_output"),
        ("def f():\n    from pandas._libs import lib", "pandas._libs.lib"),
        ("pd.core.common.flatten([])", "pd.core"),
        ("model.layers[0]._dtype_policy", "_dtype_policy"),
        ("layer._tracker.unlock()", "_tracker"),
        ("getattr(layer, '_losses_now', None)", "_losses_now"),
        ("model._metadata_request = None", "_metadata_request"),
        ("class A:\n    def _get_param_names(self): ...", "_get_param_names"),
    ],
)
def test_a_new_private_name_is_found(code, name):
    assert (name, "windows") in private_names("windows", ast.parse(code)) - LISTED


def foreign_bases():
    """The classes of the package, each with those of other packages that it derives from."""
    for module in sorted(TREES.keys() - {"__init__"}):
        path = f"skforecast_lstm.{module}"
        for cls in vars(importlib.import_module(path)).values():
            if isinstance(cls, type) and cls.__module__ == path:
                packages = ("keras", "sklearn", "scikeras")
                bases = [b for b in cls.__mro__ if b.__module__.startswith(packages)]
                yield pytest.param(cls, bases, id=cls.__name__)


def private_attributes(cls):
    try:
        found = {*dir(cls), *vars(cls())}
    except TypeError:  # it is abstract, or wants arguments
        found = {*dir(cls)}
    return {name for name in found if is_private(name)}


@pytest.mark.parametrize(("cls", "bases"), [case for case in foreign_bases() if case.values[1]])
def test_no_private_name_of_ours_hides_one_of_a_base(cls, bases):
    module = cls.__module__.rpartition(".")[2]
    (body,) = (
        node
        for node in TREES[module].body
        if isinstance(node, ast.ClassDef) and node.name == cls.__name__
    )
    names = {*given_names(body)} - {name for name, _ in LISTED}
    for base in bases:
        assert not names & private_attributes(base), base


# --- versions -------------------------------------------------------------------------------------

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
REQUIREMENTS = [
    Requirement(line) for lines in [PROJECT["dependencies"], *EXTRAS.values()] for line in lines
]
# With what is known to break above them, or why it is only these.
BOUNDS = {
    "scikeras": "<0.14",  # six of its private functions route parameters, see the list
    "torch": "==2.13.0",  # the numbers of benchmarks/README.md were measured with it
}


def test_upper_bounds_are_only_the_known_ones():
    found = {
        requirement.name: str(specifier)
        for requirement in REQUIREMENTS
        for specifier in requirement.specifier
        if specifier.operator != ">="
    }
    assert found == BOUNDS
    assert not re.search("[<~=!]", PROJECT["requires-python"].removeprefix(">="))


def test_make_test_min_installs_the_floors():
    run = [sys.executable, ROOT / ".ci" / "floors.py"]
    lines = subprocess.run(run, check=True, capture_output=True, text=True).stdout.split()
    floors = dict(line.split("==") for line in lines)
    for text in [*PROJECT["dependencies"], *EXTRAS["plot"], *EXTRAS["dev"]]:
        requirement = Requirement(text)
        lowest = [x.version for x in requirement.specifier if x.operator == ">="]
        assert [floors[requirement.name]] == lowest if lowest else requirement.name not in floors
    assert {Requirement(text).name for text in PROJECT["dependencies"]} <= floors.keys()
