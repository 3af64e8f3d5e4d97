"""LSTM forecasting as scikit-learn estimators."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skforecast_lstm._cache import clear_cache
    from skforecast_lstm._classifier import BaseLSTMClassifier
    from skforecast_lstm._regressor import BaseLSTMRegressor
    from skforecast_lstm.baselines import (
        DriftRegressor,
        NaiveRegressor,
        SeasonalNaiveRegressor,
    )
    from skforecast_lstm.calendar import CalendarFeatures
    from skforecast_lstm.classifiers import (
        BidirectionalLSTMClassifier,
        CNNLSTMClassifier,
        ConvLSTMClassifier,
        EncoderDecoderLSTMClassifier,
        LSTMClassifier,
        OneToManyLSTMClassifier,
        SequenceLSTMClassifier,
        StackedLSTMClassifier,
    )
    from skforecast_lstm.evaluation import (
        BacktestResult,
        NoSkillWarning,
        backtest,
    )
    from skforecast_lstm.forecaster import Forecaster
    from skforecast_lstm.framing import make_supervised
    from skforecast_lstm.groups import (
        GroupScaler,
        GroupTimeSeriesSplit,
        GroupTransformedTargetRegressor,
    )
    from skforecast_lstm.intervals import ConformalRegressor
    from skforecast_lstm.lags import LagsToWindows
    from skforecast_lstm.pipelines import (
        CompleteRowsClassifier,
        CompleteRowsRegressor,
        TablePipeline,
        make_lstm_pipeline,
    )
    from skforecast_lstm.plotting import (
        BacktestDisplay,
        ForecastDisplay,
        LossDisplay,
    )
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
    from skforecast_lstm.saving import load, save
    from skforecast_lstm.serving import to_onnx
    from skforecast_lstm.windows import IncompleteWindowWarning, WindowTransformer

__version__ = "0.1.0"

_MODULES = {
    "BacktestDisplay": "plotting",
    "BacktestResult": "evaluation",
    "BaseLSTMClassifier": "_classifier",
    "BaseLSTMRegressor": "_regressor",
    "BidirectionalLSTMClassifier": "classifiers",
    "BidirectionalLSTMRegressor": "regressors",
    "CNNLSTMClassifier": "classifiers",
    "CNNLSTMRegressor": "regressors",
    "CalendarFeatures": "calendar",
    "CompleteRowsClassifier": "pipelines",
    "CompleteRowsRegressor": "pipelines",
    "ConformalRegressor": "intervals",
    "ConvLSTMClassifier": "classifiers",
    "ConvLSTMRegressor": "regressors",
    "DriftRegressor": "baselines",
    "EncoderDecoderLSTMClassifier": "classifiers",
    "EncoderDecoderLSTMRegressor": "regressors",
    "ForecastDisplay": "plotting",
    "Forecaster": "forecaster",
    "GroupScaler": "groups",
    "GroupTimeSeriesSplit": "groups",
    "GroupTransformedTargetRegressor": "groups",
    "IncompleteWindowWarning": "windows",
    "LSTMClassifier": "classifiers",
    "LSTMRegressor": "regressors",
    "LagsToWindows": "lags",
    "LossDisplay": "plotting",
    "NaiveRegressor": "baselines",
    "NoSkillWarning": "evaluation",
    "OneToManyLSTMClassifier": "classifiers",
    "OneToManyLSTMRegressor": "regressors",
    "SeasonalNaiveRegressor": "baselines",
    "SequenceLSTMClassifier": "classifiers",
    "SequenceLSTMRegressor": "regressors",
    "StackedLSTMClassifier": "classifiers",
    "StackedLSTMRegressor": "regressors",
    "TablePipeline": "pipelines",
    "WindowTransformer": "windows",
    "backtest": "evaluation",
    "clear_cache": "_cache",
    "load": "saving",
    "make_lstm_pipeline": "pipelines",
    "make_supervised": "framing",
    "save": "saving",
    "to_onnx": "serving",
}
_SUBMODULES = (
    "baselines",
    "calendar",
    "classifiers",
    "datasets",
    "evaluation",
    "forecaster",
    "framing",
    "groups",
    "intervals",
    "lags",
    "layers",
    "metrics",
    "networks",
    "pipelines",
    "plotting",
    "regressors",
    "saving",
    "serving",
    "windows",
)

__all__ = [
    "BacktestDisplay",
    "BacktestResult",
    "BaseLSTMClassifier",
    "BaseLSTMRegressor",
    "BidirectionalLSTMClassifier",
    "BidirectionalLSTMRegressor",
    "CNNLSTMClassifier",
    "CNNLSTMRegressor",
    "CalendarFeatures",
    "CompleteRowsClassifier",
    "CompleteRowsRegressor",
    "ConformalRegressor",
    "ConvLSTMClassifier",
    "ConvLSTMRegressor",
    "DriftRegressor",
    "EncoderDecoderLSTMClassifier",
    "EncoderDecoderLSTMRegressor",
    "ForecastDisplay",
    "Forecaster",
    "GroupScaler",
    "GroupTimeSeriesSplit",
    "GroupTransformedTargetRegressor",
    "IncompleteWindowWarning",
    "LSTMClassifier",
    "LSTMRegressor",
    "LagsToWindows",
    "LossDisplay",
    "NaiveRegressor",
    "NoSkillWarning",
    "OneToManyLSTMClassifier",
    "OneToManyLSTMRegressor",
    "SeasonalNaiveRegressor",
    "SequenceLSTMClassifier",
    "SequenceLSTMRegressor",
    "StackedLSTMClassifier",
    "StackedLSTMRegressor",
    "TablePipeline",
    "WindowTransformer",
    "backtest",
    "clear_cache",
    "load",
    "make_lstm_pipeline",
    "make_supervised",
    "save",
    "to_onnx",
]


def __getattr__(name: str) -> Any:
    # Names are loaded when they are asked for: importing the package imports no TensorFlow.
    if name in _MODULES:
        value = globals()[name] = getattr(_load(_MODULES[name]), name)
        return value
    if name in _SUBMODULES:
        return _load(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _load(module: str) -> Any:
    backend = importlib.import_module(f"{__name__}._backend")
    try:
        with backend.quietly():
            return importlib.import_module(f"{__name__}.{module}")
    except ImportError:
        # Keras does not say why it asks for a package: it is set to a backend that needs it.
        backend.check_backend()
        raise


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_SUBMODULES})
