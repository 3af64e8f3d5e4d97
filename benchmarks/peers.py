"""The same LSTM and the same fit in each library: ``make(name, case)`` gives fit and predict."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.cases import Case

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# What has to be importable for a peer to take part.
NEEDS = {
    "skforecast_lstm": "skforecast_lstm",
    "pytorch": "torch",
    "keras": "keras",
    "scikeras": "scikeras",
    "skorch": "skorch",
}


def available() -> list[str]:
    """The peers that are installed."""
    return [peer for peer, module in NEEDS.items() if importlib.util.find_spec(module)]


def estimator(peer: str, case: Case, **params: Any) -> Any:
    """A scikit-learn estimator with units and learning rate to search, where there is one."""
    return {"skforecast_lstm": _ours, "scikeras": _scikeras, "skorch": _skorch}[peer](
        case, **params
    )


def make(peer: str, case: Case) -> tuple[Callable, Callable]:
    """A function that fits a new network and one that predicts with the last fitted."""
    if peer == "keras":
        return _keras(case)
    if peer == "pytorch":
        return _pytorch(case)
    fitted = []

    def fit(X: np.ndarray, y: np.ndarray) -> None:
        fitted[:] = [estimator(peer, case).fit(X, y)]

    return fit, lambda X: fitted[0].predict(X)


def _ours(case: Case, units: int | None = None, learning_rate: float = 0.001) -> Any:
    from skforecast_lstm import LSTMRegressor

    return LSTMRegressor(
        units or case.units,
        learning_rate=learning_rate,
        epochs=case.epochs,
        batch_size=case.batch_size,
        target_scaler=None,
        random_state=0,
    )


def _keras_model(case: Case, units: int | None = None, learning_rate: float = 0.001) -> Any:
    import keras

    model = keras.Sequential(
        [
            keras.Input((case.n_steps_in, case.n_features)),
            keras.layers.LSTM(units or case.units),
            keras.layers.Dense(case.horizon),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss="mse")
    return model


def _keras(case: Case) -> tuple[Callable, Callable]:
    fitted = []

    def fit(X: np.ndarray, y: np.ndarray) -> None:
        fitted[:] = [_keras_model(case)]
        fitted[0].fit(X, y, epochs=case.epochs, batch_size=case.batch_size, verbose=0)

    return fit, lambda X: fitted[0].predict(X, verbose=0)


def _scikeras(case: Case, units: int | None = None, learning_rate: float = 0.001) -> Any:
    from scikeras.wrappers import KerasRegressor

    return KerasRegressor(
        model=_keras_model,
        case=case,
        units=units or case.units,
        learning_rate=learning_rate,
        epochs=case.epochs,
        batch_size=case.batch_size,
        verbose=0,
    )


def _torch_module() -> Any:
    import torch

    class Network(torch.nn.Module):
        def __init__(self, n_features: int = 1, units: int = 50, horizon: int = 1) -> None:
            super().__init__()
            self.lstm = torch.nn.LSTM(n_features, units, batch_first=True)
            self.dense = torch.nn.Linear(units, horizon)

        def forward(self, X: Any) -> Any:
            return self.dense(self.lstm(X)[0][:, -1])

    return Network


def _pytorch(case: Case) -> tuple[Callable, Callable]:
    import torch

    fitted = []

    def fit(X: np.ndarray, y: np.ndarray) -> None:
        fitted[:] = [_torch_module()(case.n_features, case.units, case.horizon)]
        optimizer = torch.optim.Adam(fitted[0].parameters(), lr=0.001)
        inputs, targets = torch.from_numpy(X), torch.from_numpy(y)
        for _ in range(case.epochs):
            for rows in torch.randperm(len(inputs)).split(case.batch_size):
                optimizer.zero_grad()
                loss = torch.nn.functional.mse_loss(fitted[0](inputs[rows]), targets[rows])
                loss.backward()
                optimizer.step()

    def predict(X: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            parts = torch.from_numpy(X).split(2048)
            return torch.cat([fitted[0](part) for part in parts]).numpy()

    return fit, predict


def _skorch(case: Case, units: int | None = None, learning_rate: float = 0.001) -> Any:
    import torch
    from skorch import NeuralNetRegressor

    return NeuralNetRegressor(
        _torch_module(),
        module__n_features=case.n_features,
        module__units=units or case.units,
        module__horizon=case.horizon,
        optimizer=torch.optim.Adam,
        lr=learning_rate,
        max_epochs=case.epochs,
        batch_size=case.batch_size,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )
