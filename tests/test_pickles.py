"""Losses are cloned, searched over and sent to workers with all that they hold."""

import inspect
import pickle

import cloudpickle
import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skforecast_lstm import LSTMRegressor
from skforecast_lstm._content import content
from skforecast_lstm.layers import QuantileLoss

LOSSES = [
    cls
    for cls in vars(keras.losses).values()
    if inspect.isclass(cls) and "axis" in inspect.signature(cls.__init__).parameters
]


@pytest.mark.parametrize(
    "loss",
    [
        keras.losses.Huber(0.05),
        keras.losses.Tversky(alpha=0.3, dtype="float64"),
        QuantileLoss((0.1, 0.9)),
        *(cls(axis=1) for cls in LOSSES),
    ],
)
@pytest.mark.parametrize(
    "take", [clone, lambda model: pickle.loads(pickle.dumps(model))], ids=["clone", "pickle"]
)
def test_losses_are_taken_whole(take, loss):
    taken = take(LSTMRegressor(loss=loss)).loss
    assert taken is not loss
    assert content(taken) == content(loss)


def test_a_search_over_losses_trains_each_of_them():
    X = np.random.default_rng(0).normal(size=(40, 4, 1))
    losses = [keras.losses.Huber(0.01), keras.losses.Huber(10.0)]
    model = LSTMRegressor(3, epochs=3, random_state=0)
    search = GridSearchCV(model, {"loss": losses}, cv=TimeSeriesSplit(2), error_score="raise")
    first, second = search.fit(X, X[:, -1, 0]).cv_results_["mean_test_score"]
    assert first != second


def define_loss():
    class CellLoss(keras.losses.Loss):
        """As it is defined in a cell of a notebook: not registered with Keras."""

        def __init__(self, level=0.5):
            super().__init__()
            self.level = level

        def call(self, y_true, y_pred):
            return keras.ops.mean(self.level * (y_true - y_pred) ** 2, axis=-1)

    return CellLoss


def test_a_loss_of_a_notebook():
    loss = define_loss()(0.9)
    for taken in (clone(LSTMRegressor(loss=loss)).loss, cloudpickle.loads(cloudpickle.dumps(loss))):
        assert taken.level == 0.9
        assert content(taken) == content(loss)


class Stubborn(keras.losses.Loss):
    """It has a way of its own to be pickled."""

    def __reduce__(self):
        return Stubborn, (), {"found": True}


def test_a_loss_that_says_how_it_is_pickled():
    assert pickle.loads(pickle.dumps(Stubborn())).found
