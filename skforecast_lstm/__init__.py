"""LSTM forecasting as scikit-learn estimators."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skforecast_lstm._base import BaseLSTMRegressor
    from skforecast_lstm.framing import make_supervised
    from skforecast_lstm.regressors import (
        BidirectionalLSTMRegressor,
        CNNLSTMRegressor,
        ConvLSTMRegressor,
        EncoderDecoderLSTMRegressor,
        LSTMRegressor,
        OneToManyLSTMRegressor,
        SequenceLSTMRegressor,
        StackedLSTMRegressor,
    )
    from skforecast_lstm.windows import WindowTransformer

__version__ = "0.1.0"

_MODULES = {
    "BaseLSTMRegressor": "_base",
    "BidirectionalLSTMRegressor": "regressors",
    "CNNLSTMRegressor": "regressors",
    "ConvLSTMRegressor": "regressors",
    "EncoderDecoderLSTMRegressor": "regressors",
    "LSTMRegressor": "regressors",
    "OneToManyLSTMRegressor": "regressors",
    "SequenceLSTMRegressor": "regressors",
    "StackedLSTMRegressor": "regressors",
    "WindowTransformer": "windows",
    "make_supervised": "framing",
}
_SUBMODULES = ("datasets", "framing", "networks", "regressors", "training", "windows")

__all__ = [
    "BaseLSTMRegressor",
    "BidirectionalLSTMRegressor",
    "CNNLSTMRegressor",
    "ConvLSTMRegressor",
    "EncoderDecoderLSTMRegressor",
    "LSTMRegressor",
    "OneToManyLSTMRegressor",
    "SequenceLSTMRegressor",
    "StackedLSTMRegressor",
    "WindowTransformer",
    "make_supervised",
]


def __getattr__(name: str) -> Any:
    # Names are loaded when they are asked for: importing the package imports no TensorFlow.
    if name in _MODULES:
        module = importlib.import_module(f"{__name__}.{_MODULES[name]}")
        value = globals()[name] = getattr(module, name)
        return value
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_SUBMODULES})
