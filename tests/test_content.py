"""What is equal for values that do the same: losses, metrics, functions and all in them."""

import copy
import functools
import importlib
import inspect
import math
import threading

import cloudpickle
import keras
import numpy as np
import pandas as pd
import pytest

from skforecast_lstm import networks
from skforecast_lstm._content import content
from skforecast_lstm.layers import QuantileLoss

# Another value than the default for every parameter of Keras' losses and metrics, by its name.
OTHER = {
    "alpha": 0.7,
    "average": "micro",
    "axis": 1,
    "beta": 2.0,
    "class_aggregation": None,
    "class_id": 1,
    "curve": "PR",
    "delta": 5.0,
    "fn": keras.losses.mean_absolute_error,
    "gamma": 3.0,
    "ignore_class": 0,
    "k": 2,
    "label_smoothing": 0.25,
    "label_weights": [1.0, 2.0],
    "margin": 0.2,
    "num_classes": 4,
    "num_labels": 2,
    "num_regressors": 2,
    "num_thresholds": 20,
    "precision": 0.75,
    "q": 0.25,
    "quantiles": (0.1, 0.9),
    "recall": 0.75,
    "sensitivity": 0.75,
    "specificity": 0.75,
    "summation_method": "majoring",
    "target_class_ids": [1],
    "threshold": 0.25,
    "thresholds": [0.25],
    "top_k": 1,
}
# What a class cannot do without.
NEEDED = {
    "fn": keras.losses.mean_squared_error,
    "num_classes": 2,
    "precision": 0.5,
    "recall": 0.5,
    "sensitivity": 0.5,
    "specificity": 0.5,
    "target_class_ids": [0],
}
# What a parameter makes sense with only.
TOGETHER = {
    "label_weights": {"multi_label": True, "num_labels": 2},
    "num_labels": {"multi_label": True},
}


def parametrised():
    """Every parameter of every loss and metric of Keras, and of ours."""
    for module in (keras.losses, keras.metrics):
        for cls in vars(module).values():
            if inspect.isclass(cls):
                yield from ((cls, name) for name in parameters(cls))
    yield QuantileLoss, "quantiles"


def parameters(cls):
    """Names and defaults, without what all classes have and what Keras hands on to a function."""
    return {
        p.name: p.default
        for p in inspect.signature(cls.__init__).parameters.values()
        if p.name not in ("self", "name", "dtype", "reduction") and p.kind is not p.VAR_KEYWORD
    }


@pytest.mark.parametrize(
    ("cls", "name"), list(parametrised()), ids=lambda value: getattr(value, "__name__", value)
)
def test_losses_and_metrics_of_keras_are_told_apart_by_every_parameter(cls, name):
    missing = inspect.Parameter.empty
    base = {key: NEEDED[key] for key, default in parameters(cls).items() if default is missing}
    base |= TOGETHER.get(name, {}) | {"name": "its_name"}  # which a metric's history has
    default = parameters(cls)[name]
    changed = base | {name: not default if isinstance(default, bool) else OTHER[name]}
    assert content(cls(**base)) == content(cls(**base))
    assert content(cls(**changed)) == content(cls(**changed))
    assert content(cls(**changed)) != content(cls(**base))


def test_a_loss_whose_configuration_omits_its_parameter():
    assert content(keras.losses.Huber(0.05)) != content(keras.losses.Huber(5.0))
    assert content("huber") != content(keras.losses.Huber())


@pytest.mark.parametrize(
    "make",
    [
        keras.metrics.MeanAbsoluteError,
        keras.metrics.RootMeanSquaredError,
        keras.metrics.R2Score,
        lambda: keras.metrics.F1Score(threshold=0.5),
        lambda: keras.metrics.AUC(num_thresholds=10, name="auc"),
        lambda: keras.metrics.MeanMetricWrapper(keras.losses.mean_squared_error, name="a"),
    ],
)
def test_a_used_metric_is_as_a_fresh_one(make):
    used, values = make(), np.array([[0.0, 1.0], [1.0, 0.0]], dtype=np.float32)
    used.update_state(values, values)
    used.result()
    assert content(used) == content(make())


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop", "Nadam", "Adagrad", "Lion"])
def test_a_used_optimizer_is_as_a_fresh_one(name):
    make = getattr(keras.optimizers, name)
    used, weight = make(), keras.Variable(np.ones(3))
    used.apply([keras.ops.ones(3)], [weight])
    assert content(used) == content(make())
    assert content(make(clipnorm=1.0)) != content(make())


def test_layers_regularizers_and_policies():
    used = keras.layers.LeakyReLU(0.2)
    used(np.ones((2, 2)))
    assert content(used) == content(keras.layers.LeakyReLU(0.2))
    assert content(used) != content(keras.layers.LeakyReLU(0.3))
    assert content(keras.regularizers.L2(0.1)) == content(keras.regularizers.L2(0.1))
    assert content(keras.regularizers.L2(0.1)) != content(keras.regularizers.L2(0.2))
    assert content(keras.initializers.HeNormal()) == content(keras.initializers.HeNormal())
    assert content(keras.initializers.HeNormal(1)) != content(keras.initializers.HeNormal(2))
    assert content(keras.losses.Huber(dtype="float64")) != content(keras.losses.Huber())


def test_what_a_graph_refers_to_is_itself_only():
    def weighted(weight):
        return lambda y_true, y_pred: keras.ops.mean(weight * (y_true - y_pred) ** 2)

    first, second = keras.Variable(1.0), keras.Variable(1.0)
    assert content(weighted(first)) == content(weighted(first))
    assert content(weighted(first)) != content(weighted(second))
    layers = [keras.layers.Dense(2) for _ in range(2)]
    for layer in layers:
        layer.build((None, 3))
    assert content(weighted(layers[0])) == content(weighted(layers[0]))
    assert content(weighted(layers[0])) != content(weighted(layers[1]))


# --- functions ---------------------------------------------------------------------------------


def define(source, **names):
    """Run the source as a cell of a notebook, and return what it calls `f`."""
    space = {"__name__": "__main__", "keras": keras, "np": np, "math": math, **names}
    exec(source, space)
    return space["f"]


DIFFERENT = {
    "code": ("f = lambda x: x + 1", "f = lambda x: x - 1"),
    "constants": ("f = lambda x: x * 2", "f = lambda x: x * 3"),
    "kinds of constants": ("f = lambda x: x * 2", "f = lambda x: x * 2.0"),
    "signs of zero": ("f = lambda x: x * 0.0", "f = lambda x: x * -0.0"),
    "names": ("f = lambda x: keras.ops.sin(x)", "f = lambda x: keras.ops.cos(x)"),
    "defaults": ("def f(x, a=1): return x * a", "def f(x, a=2): return x * a"),
    "keywords": ("def f(x, *, a=1): return x * a", "def f(x, *, a=2): return x * a"),
    "closures": (
        "def g(a): return lambda x: x * a\nf = g(1)",
        "def g(a): return lambda x: x * a\nf = g(2)",
    ),
    "globals": ("a = 1\ndef f(x): return x * a", "a = 2\ndef f(x): return x * a"),
    "arrays": (
        "a = np.array([1.0, 2.0])\ndef f(x): return x * a",
        "a = np.array([1.0, 3.0])\ndef f(x): return x * a",
    ),
    "globals of inner functions": (
        "a = 1\ndef f(x): return [y * a for y in x] + (lambda: a)()",
        "a = 2\ndef f(x): return [y * a for y in x] + (lambda: a)()",
    ),
    "what it calls": (
        "def g(x): return x + 1\ndef f(x): return g(x)",
        "def g(x): return x + 2\ndef f(x): return g(x)",
    ),
    "modules": ("a = math\ndef f(x): return a.pi", "a = np\ndef f(x): return a.pi"),
    "partial": (
        "import functools\nf = functools.partial(max, 1)",
        "import functools\nf = functools.partial(max, 2)",
    ),
    "methods": (
        "class A:\n  def __init__(self, a): self.a = a\n  def g(self): return self.a\nf = A(1).g",
        "class A:\n  def __init__(self, a): self.a = a\n  def g(self): return self.a\nf = A(2).g",
    ),
    "classes": (
        "class f:\n  def call(self, x): return x",
        "class f:\n  def call(self, x): return -x",
    ),
    "attributes of classes": ("class f:\n  a = 1", "class f:\n  a = 2"),
    "bases": ("class g: a = 1\nclass f(g): pass", "class g: a = 2\nclass f(g): pass"),
    "losses": (
        "class L(keras.losses.Loss):\n  def call(self, y, x): return x\nf = L()",
        "class L(keras.losses.Loss):\n  def call(self, y, x): return y\nf = L()",
    ),
    "schedules": (
        "f = keras.optimizers.schedules.CosineDecay(0.1, 10)",
        "f = keras.optimizers.schedules.CosineDecay(0.1, 20)",
    ),
    "builders": (
        "class f:\n  @staticmethod\n  def build(units): return keras.layers.LSTM(units)",
        "class f:\n  @staticmethod\n  def build(units): return keras.layers.GRU(units)",
    ),
    "properties": (
        "class f:\n  @property\n  def a(self): return 1",
        "class f:\n  @property\n  def a(self): return 2",
    ),
    "tables": (
        "import pandas as pd\na = pd.DataFrame({'a': [1, 2]})\ndef f(x): return a",
        "import pandas as pd\na = pd.DataFrame({'a': [1, 3]})\ndef f(x): return a",
    ),
    "activations": (
        "f = keras.layers.LeakyReLU(0.1)",
        "f = keras.layers.LeakyReLU(0.2)",
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_functions_are_told_apart_by_what_they_do(name):
    first, second = DIFFERENT[name]
    assert content(define(first)) == content(define(first))
    assert content(define(second)) == content(define(second))
    assert content(define(first)) != content(define(second))


@pytest.mark.parametrize("name", [n for n in DIFFERENT if n != "activations"])
def test_what_a_worker_receives_is_what_was_sent(name):
    value = define(DIFFERENT[name][0])
    sent = cloudpickle.dumps(value)
    assert content(cloudpickle.loads(sent)) == content(cloudpickle.loads(sent)) == content(value)


def test_where_a_function_is_written_does_not_count():
    assert content(define("f = lambda x: x")) == content(define("\n\n\nf = lambda x: x"))


def test_globals_of_the_name_of_an_attribute_do_not_count():
    source = "mean = {}\ndef f(x): return keras.ops.mean(x)"
    assert content(define(source.format(1))) == content(define(source.format(2)))


def test_what_is_too_deep_to_be_read_is_itself_only():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert content(deep) == content(deep)
    assert content(deep) != content([deep])


def test_what_a_function_looks_up_in_a_module_of_the_user_counts(tmp_path, monkeypatch):
    (tmp_path / "settings_of_mine.py").write_text("weight, other = 1.0, 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    settings = importlib.import_module("settings_of_mine")
    f = define("def f(x): return [m.weight for _ in x]", m=settings)
    before = content(f)
    settings.other = 2
    assert content(f) == before
    settings.weight = 2.0
    assert content(f) != before


def test_functions_that_refer_to_one_another_come_to_an_end():
    source = "def g(x): return f(x)\ndef f(x): return g(x - 1) if x else {}"
    assert content(define(source.format(0))) == content(define(source.format(0)))
    assert content(define(source.format(0))) != content(define(source.format(1)))
    endless = []
    endless.append(endless)
    assert content(endless) == content(endless)


def test_what_libraries_define_is_known_by_its_name():
    received = cloudpickle.loads(cloudpickle.dumps(networks.build_lstm))
    assert content(networks.build_lstm) == content(received)
    assert content(networks.build_lstm) != content(networks.build_cnn_lstm)
    assert content(keras.activations.tanh) != content(keras.activations.relu)
    assert content(np.exp) != content(np.log)


def test_what_cannot_be_read_is_itself_only_and_stays_alive():
    lock = threading.Lock()
    assert content(lock) == content(lock)
    assert content(lock) != content(threading.Lock())
    # A new object may be where one was that is gone: not while it is part of a key.
    keys = [content(threading.Lock()) for _ in range(100)]
    assert len(set(keys)) == 100


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (1, True),
        (1, 1.0),
        ("1", 1),
        (np.float32(1), np.float64(1)),
        ([1, 2], [2, 1]),
        ((1, 2), [1, 2]),
        ({"a": 1}, {"a": 2}),
        ([[1], 2], [[1, 2]]),
        (np.array([1, 2]), np.array([[1, 2]])),
        (np.array(["a", None], dtype=object), np.array(["b", None], dtype=object)),
        (pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-02")),
        (functools.partial(max, 1), functools.partial(min, 1)),
    ],
)
def test_plain_values(first, second):
    assert content(first) == content(copy.deepcopy(first))
    assert content(first) != content(second)


def test_order_counts_where_it_does():
    assert content({"a": 1, "b": 2}) == content({"b": 2, "a": 1})
    assert content({"a", "b", "c"}) == content({"c", "b", "a"})
    assert content("a") != "a"
