"""The same LSTM and the same fit in each library: ``make(name, case)`` gives fit and predict.

Those that take a series, and cut the windows themselves, have a fit only: it trains on the series
of the case, out of which they cut the same windows.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.cases import Case, Labels, Sequences, make_table

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# What has to be importable for a peer to take part.
NEEDS = {
    "skforecast_lstm": "skforecast_lstm",
    "pytorch": "torch",
    "keras": "keras",
    "scikeras": "scikeras",
    "skorch": "skorch",
    "darts": "darts",
    "neuralforecast": "neuralforecast",
    "skforecast": "skforecast",
}
TAKE_SERIES = ("darts", "neuralforecast", "skforecast")
TAKE_TABLES = ("skforecast_lstm", "pytorch")
TAKE_CANDIDATES = ("skforecast_lstm", "scikeras", "skorch")
TAKE_LABELS = ("skforecast_lstm", "pytorch", "keras", "scikeras")
# Takes part where labels do: the same network, to which they are numbers.
REGRESSOR = "LSTMRegressor"


def available() -> list[str]:
    """The peers that are installed."""
    return [peer for peer, module in NEEDS.items() if importlib.util.find_spec(module)]


def estimator(peer: str, case: Case, **params: Any) -> Any:
    """A scikit-learn estimator with units and learning rate to search, where there is one."""
    makers = {
        "skforecast_lstm": _ours,
        REGRESSOR: partial(_ours, kind="LSTMRegressor"),
        "scikeras": _scikeras,
        "skorch": _skorch,
    }
    return makers[peer](case, **params)


def make(peer: str, case: Case) -> tuple[Callable, Callable]:
    """A function that fits a new network and one that predicts with the last fitted.

    Of labels it predicts the probabilities, in the layout of the library.
    """
    makers = {
        "keras": _keras,
        "pytorch": _pytorch,
        "darts": _darts,
        "neuralforecast": _neuralforecast,
        "skforecast": _skforecast,
    }
    if peer in makers:
        return makers[peer](case)
    fitted = []
    of_labels = isinstance(case, Labels) and peer != REGRESSOR

    def prepared(X: np.ndarray) -> np.ndarray:
        return _filled(case, X) if peer == "scikeras" else X

    def fit(X: np.ndarray, y: np.ndarray) -> None:
        y = case.indicators(y) if peer == REGRESSOR else y
        fitted[:] = [estimator(peer, case).fit(prepared(X), y)]

    def predict(X: np.ndarray) -> np.ndarray:
        model = fitted[0]
        return (model.predict_proba if of_labels else model.predict)(prepared(X))

    return fit, predict


def _ours(
    case: Case, units: int | None = None, learning_rate: float = 0.001, kind: str | None = None
) -> Any:
    import skforecast_lstm

    kind = kind or ("LSTMClassifier" if isinstance(case, Labels) else "LSTMRegressor")
    own = {"target_scaler": None} if kind == "LSTMRegressor" else {}
    return getattr(skforecast_lstm, kind)(
        units or case.units,
        learning_rate=learning_rate,
        epochs=case.epochs,
        batch_size=case.batch_size,
        missing="mask" if isinstance(case, Sequences) else "drop",
        random_state=0,
        **own,
    )


def _filled(case: Case, X: np.ndarray) -> np.ndarray:
    """Windows as Keras' Masking takes them: zeros for missing frames, which no other frame is."""
    return np.nan_to_num(X) if isinstance(case, Sequences) else X


def keras_model(case: Case, units: int | None = None, learning_rate: float = 0.001) -> Any:
    """The network that Keras trains."""
    import keras

    activation, loss = None, "mse"
    if isinstance(case, Labels):
        activation, loss = "softmax", "sparse_categorical_crossentropy"
        if case.n_outputs == 1:
            activation, loss = "sigmoid", "binary_crossentropy"
    model = keras.Sequential(
        [
            keras.Input((case.n_steps_in, case.n_features)),
            *([keras.layers.Masking()] if isinstance(case, Sequences) else []),
            keras.layers.LSTM(units or case.units),
            keras.layers.Dense(case.n_outputs, activation=activation),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss=loss)
    return model


def _keras(case: Case) -> tuple[Callable, Callable]:
    fitted = []

    def fit(X: np.ndarray, y: np.ndarray) -> None:
        fitted[:] = [keras_model(case)]
        X = _filled(case, X)
        fitted[0].fit(X, y, epochs=case.epochs, batch_size=case.batch_size, verbose=0)

    return fit, lambda X: fitted[0].predict(_filled(case, X), verbose=0)


def _scikeras(case: Case, units: int | None = None, learning_rate: float = 0.001) -> Any:
    from scikeras.wrappers import KerasClassifier, KerasRegressor

    kind = KerasClassifier if isinstance(case, Labels) else KerasRegressor
    return kind(
        model=keras_model,
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
        def __init__(self, n_features: int = 1, units: int = 50, n_outputs: int = 1) -> None:
            super().__init__()
            self.lstm = torch.nn.LSTM(n_features, units, batch_first=True)
            self.dense = torch.nn.Linear(units, n_outputs)
            self._begin_as_keras()

        def _begin_as_keras(self) -> None:
            """Draw the weights as Keras does, so that losses after as many epochs compare."""
            init, lstm = torch.nn.init, self.lstm
            for bias in (lstm.bias_ih_l0, lstm.bias_hh_l0, self.dense.bias):
                init.zeros_(bias)
            init.ones_(lstm.bias_ih_l0.data[lstm.hidden_size : 2 * lstm.hidden_size])  # forget gate
            init.orthogonal_(lstm.weight_hh_l0)
            for kernel in (lstm.weight_ih_l0, self.dense.weight):
                init.xavier_uniform_(kernel)

        def forward(self, X: Any, lengths: Any = None) -> Any:
            if lengths is not None:
                X = torch.nn.utils.rnn.pack_padded_sequence(
                    X, lengths, batch_first=True, enforce_sorted=False
                )
            return self.dense(self.lstm(X)[1][0][-1])

    return Network


def _pytorch(case: Case) -> tuple[Callable, Callable]:
    import torch

    fitted = []
    of_logits, loss_of = _torch_head(case)

    def fit(X: np.ndarray, y: np.ndarray) -> None:
        fitted[:] = [_torch_module()(case.n_features, case.units, case.n_outputs)]
        optimizer = torch.optim.Adam(fitted[0].parameters(), lr=0.001)
        inputs, targets = _torch_inputs(case, X), torch.from_numpy(y)
        for _ in range(case.epochs):
            for rows in torch.randperm(len(targets)).split(case.batch_size):
                optimizer.zero_grad()
                loss = loss_of(fitted[0](*(part[rows] for part in inputs)), targets[rows])
                loss.backward()
                optimizer.step()

    def predict(X: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            parts = zip(*(part.split(2048) for part in _torch_inputs(case, X)), strict=True)
            return torch.cat([of_logits(fitted[0](*part)) for part in parts]).numpy()

    return fit, predict


def _torch_head(case: Case) -> tuple[Callable, Callable]:
    """What makes predictions of the network's outputs, and the loss of outputs and targets."""
    import torch

    functional = torch.nn.functional
    if not isinstance(case, Labels):
        return lambda outputs: outputs, functional.mse_loss
    if case.n_outputs > 1:
        return partial(torch.softmax, dim=1), functional.cross_entropy
    of_logits = functional.binary_cross_entropy_with_logits
    return torch.sigmoid, lambda outputs, y: of_logits(outputs[:, 0], y.float())


def _torch_inputs(case: Case, X: np.ndarray) -> tuple[Any, ...]:
    """Windows; or sequences with what they lack at the end, and their lengths."""
    import torch

    if not isinstance(case, Sequences):
        return (torch.from_numpy(X),)
    is_missing = np.isnan(X[..., :1])
    known_first = np.argsort(is_missing, axis=1, kind="stable")
    sequences = np.take_along_axis(np.nan_to_num(X), known_first, axis=1)
    return torch.from_numpy(sequences), torch.from_numpy((~is_missing[..., 0]).sum(axis=1))


def pytorch_with_known(case: Case, n_known: int) -> Callable:
    """A function that trains an LSTM whose head also reads what is known of the steps ahead."""
    import torch

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = torch.nn.LSTM(case.n_features, case.units, batch_first=True)
            self.dense = torch.nn.Linear(case.units + case.horizon * n_known, case.horizon)

        def forward(self, X: Any, known: Any) -> Any:
            return self.dense(torch.cat([self.lstm(X)[0][:, -1], known.flatten(1)], dim=1))

    def fit(X: np.ndarray, known: np.ndarray, y: np.ndarray) -> None:
        network = Network()
        optimizer = torch.optim.Adam(network.parameters(), lr=0.001)
        inputs, ahead, targets = map(torch.from_numpy, (X, known, y))
        for _ in range(case.epochs):
            for rows in torch.randperm(len(inputs)).split(case.batch_size):
                optimizer.zero_grad()
                outputs = network(inputs[rows], ahead[rows])
                torch.nn.functional.mse_loss(outputs, targets[rows]).backward()
                optimizer.step()

    return fit


def _skorch(case: Case, units: int | None = None, learning_rate: float = 0.001) -> Any:
    import torch
    from skorch import NeuralNetRegressor

    return NeuralNetRegressor(
        _torch_module(),
        module__n_features=case.n_features,
        module__units=units or case.units,
        module__n_outputs=case.n_outputs,
        optimizer=torch.optim.Adam,
        lr=learning_rate,
        max_epochs=case.epochs,
        batch_size=case.batch_size,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )


def _no_predict(X: np.ndarray) -> np.ndarray:
    raise NotImplementedError("it forecasts from a series, and takes no windows")


def lightning() -> dict[str, Any]:
    """Nothing but the training, on the processor."""
    return {
        "accelerator": "cpu",
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "enable_checkpointing": False,
        "logger": False,
    }


def _darts(case: Case) -> tuple[Callable, Callable]:
    from darts import TimeSeries
    from darts.models import BlockRNNModel

    table = make_table(case.n_rows, case.n_features)
    series, covariates = TimeSeries.from_values(table[:, :1]), None
    if case.n_features > 1:
        covariates = TimeSeries.from_values(table[:, 1:])

    def fit(X: np.ndarray, y: np.ndarray) -> None:
        BlockRNNModel(
            input_chunk_length=case.n_steps_in,
            output_chunk_length=case.horizon,
            model="LSTM",
            hidden_dim=case.units,
            dropout=0.0,
            batch_size=case.batch_size,
            n_epochs=case.epochs,
            pl_trainer_kwargs=lightning(),
        ).fit(series, past_covariates=covariates)

    return fit, _no_predict


def _neuralforecast(case: Case) -> tuple[Callable, Callable]:
    import pandas as pd
    from neuralforecast import NeuralForecast
    from neuralforecast.losses.pytorch import MSE
    from neuralforecast.models import LSTM

    table = make_table(case.n_rows, case.n_features)
    frame = pd.DataFrame(table, columns=["y", *(f"x{i}" for i in range(1, case.n_features))])
    frame["unique_id"], frame["ds"] = "series", np.arange(case.n_rows)
    n_windows = case.n_rows - case.n_steps_in - case.horizon + 1

    def fit(X: np.ndarray, y: np.ndarray) -> None:
        model = LSTM(
            h=case.horizon,
            input_size=case.n_steps_in,
            loss=MSE(),
            encoder_n_layers=1,
            encoder_hidden_size=case.units,
            decoder_layers=1,
            hist_exog_list=[f"x{i}" for i in range(1, case.n_features)] or None,
            max_steps=case.epochs * -(-n_windows // case.batch_size),
            windows_batch_size=case.batch_size,
            **lightning(),
        )
        NeuralForecast([model], freq=1).fit(frame)

    return fit, _no_predict


def _skforecast(case: Case) -> tuple[Callable, Callable]:
    import pandas as pd
    from skforecast.deep_learning import ForecasterRnn, create_and_compile_model

    table = pd.DataFrame(make_table(case.n_rows, case.n_features)).add_prefix("x")

    def fit(X: np.ndarray, y: np.ndarray) -> None:
        model = create_and_compile_model(
            series=table,
            lags=case.n_steps_in,
            steps=case.horizon,
            levels=["x0"],
            recurrent_layer="LSTM",
            recurrent_units=case.units,
            recurrent_layers_kwargs={"activation": "tanh"},
            dense_units=None,
        )
        ForecasterRnn(
            estimator=model,
            levels=["x0"],
            lags=case.n_steps_in,
            fit_kwargs={"epochs": case.epochs, "batch_size": case.batch_size, "verbose": 0},
        ).fit(series=table)

    return fit, _no_predict
