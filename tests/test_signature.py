"""One table of parameters: the signatures, constraints and documentation that follow from it."""

from __future__ import annotations

import dataclasses
import inspect
import pickle
import pydoc
from typing import get_type_hints

import numpy as np
import pytest
from numpydoc.docscrape import ClassDoc
from sklearn.base import clone

import skforecast_lstm
from skforecast_lstm import BaseLSTMRegressor, LSTMRegressor, networks
from skforecast_lstm._parameters import (
    ClassifierParameters,
    RegressorParameters,
    documented,
    parameter,
)

ESTIMATORS = [
    name for name in skforecast_lstm.__all__ if name.endswith(("LSTMRegressor", "LSTMClassifier"))
]
SHARED = [field.name for field in dataclasses.fields(RegressorParameters)]
OF_LABELS = [field.name for field in dataclasses.fields(ClassifierParameters)]
X = np.random.default_rng(0).normal(size=(12, 3, 1))
Y = X[:, -1, 0]

each_name = pytest.mark.parametrize("name", ESTIMATORS)


def build_dense(input_shape, n_steps_out, n_targets, *, units, gain=1.0):
    import keras

    layers = [keras.layers.Flatten(), keras.layers.Dense(units), keras.layers.Rescaling(gain)]
    last = keras.layers.Dense(n_steps_out * n_targets)
    return keras.Sequential([keras.Input(input_shape), *layers, last])


class DenseRegressor(BaseLSTMRegressor):
    build_network = staticmethod(build_dense)


class GainRegressor(DenseRegressor):
    """A parameter of its own, and a few of the shared ones."""

    def __init__(self, units=3, *, gain=2.0, epochs=2, random_state=None):
        super().__init__(units, epochs=epochs, random_state=random_state, dropout=0.1)
        self.gain = gain


@documented
@dataclasses.dataclass(repr=False, eq=False)
class DeclaredRegressor(DenseRegressor):
    """A parameter more.

    Parameters
    ----------
    {parameters}
    """

    _: dataclasses.KW_ONLY
    gain: float = parameter(2.0, [float], "float\n        How much.")
    epochs: int = parameter(2, [int], "int\n        How long.")


@each_name
def test_signatures_are_explicit_and_only_the_first_is_positional(name):
    first, *others = inspect.signature(getattr(skforecast_lstm, name)).parameters.values()
    is_conv = name.startswith("ConvLSTM")
    assert first.name == ("filters" if is_conv else "units")
    assert first.kind is first.POSITIONAL_OR_KEYWORD
    assert {p.kind for p in others} == {inspect.Parameter.KEYWORD_ONLY}
    names = {p.name for p in (first, *others)}
    shared = OF_LABELS if name.endswith("Classifier") else SHARED
    assert set(shared) - names == ({"units", "cell"} if is_conv else set())


@each_name
def test_what_is_no_parameter_is_a_type_error(name):
    cls = getattr(skforecast_lstm, name)
    owners = {
        "BaseLSTMRegressor": "RegressorParameters",
        "BaseLSTMClassifier": "ClassifierParameters",
    }
    owner = owners.get(name, name)
    with pytest.raises(TypeError, match=rf"^{owner}.__init__\(\) got an unexp.* argument 'epoch'"):
        cls(epoch=3)
    with pytest.raises(TypeError, match="positional argument"):
        cls(5, "relu")
    with pytest.raises(TypeError, match="multiple values for argument"):
        cls(5, **{next(iter(inspect.signature(cls).parameters)): 5})


@each_name
def test_every_parameter_is_kept_checked_and_documented(name):
    cls = getattr(skforecast_lstm, name)
    params = {key: object() for key in inspect.signature(cls).parameters}
    model = cls(**params)
    assert {key: getattr(model, key) for key in params} == params
    assert set(cls._parameter_constraints) == set(params)
    assert all(cls._parameter_constraints.values())
    assert [entry.name for entry in ClassDoc(cls)["Parameters"]] == list(params)
    assert all(entry.desc for entry in ClassDoc(cls)["Parameters"])


def test_help_shows_the_signature():
    shown = pydoc.plain(pydoc.render_doc(LSTMRegressor))
    assert "LSTMRegressor(units: Any = 50, *, activation: Any = 'tanh'" in shown


@each_name
def test_types_of_parameters_can_be_read(name):
    cls = getattr(skforecast_lstm, name)
    types = get_type_hints(cls.__init__)  # as makers of command lines and forms do
    assert set(types) == {*inspect.signature(cls).parameters, "return"}
    assert types["epochs"] == int | str
    assert types["learning_rate_schedule"] is str
    assert types["clipnorm"] == float | None


@pytest.mark.parametrize("cls", [DenseRegressor, GainRegressor, DeclaredRegressor])
def test_a_subclass_of_ones_own(cls):
    model = cls(units=4, epochs=1, random_state=0).set_params(optimizer__beta_1=0.8)
    if cls is not DenseRegressor:
        model.set_params(gain=3.0)
        assert model.get_params()["gain"] == 3.0
        assert "gain=3.0" in repr(model)
    assert clone(model).get_params() == model.get_params()
    fitted = clone(model).fit(X, Y)
    assert fitted.n_iter_ == 1
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(X), fitted.predict(X))
    np.testing.assert_array_equal(model.fit(X, Y).predict(X), fitted.predict(X))
    with pytest.raises(TypeError, match="unexpected keyword argument 'epoch'"):
        cls(epoch=1)


def test_a_subclass_with_an_init_has_the_parameters_of_that_init_only():
    model = GainRegressor()
    assert set(model.get_params()) == {"units", "gain", "epochs", "random_state"}
    assert (model.dropout, model.batch_size) == (0.1, 32)
    assert repr(model) == "GainRegressor()"
    with pytest.raises(ValueError, match="'epochs' parameter of GainRegressor"):
        model.set_params(epochs=0).fit(X, Y)


def test_a_subclass_may_declare_parameters_and_change_defaults():
    names = list(inspect.signature(DeclaredRegressor).parameters)
    assert sorted(names) == sorted(["gain", *SHARED])
    assert DeclaredRegressor().epochs == 2
    assert DenseRegressor().epochs == 100
    entries = ClassDoc(DeclaredRegressor)["Parameters"]
    assert [entry.name for entry in entries] == names
    assert entries[names.index("gain")].type == "float, default=2.0"
    with pytest.raises(ValueError, match="'gain' parameter of DeclaredRegressor"):
        DeclaredRegressor(gain="much").fit(X, Y)


def test_a_builder_of_the_package_serves_a_subclass():
    class Own(BaseLSTMRegressor):
        build_network = staticmethod(networks.build_lstm)

    assert Own(3, epochs=1).fit(X, Y).predict(X).shape == Y.shape
