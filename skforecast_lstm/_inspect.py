"""Walking estimators: pipelines, searches, and whatever else stands around a window step."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from skforecast_lstm._pages import see

__all__ = [
    "advise_classifier",
    "best_of",
    "check_order",
    "count_context",
    "find_method",
    "find_windows",
    "fitted_parts",
    "fitted_windows",
    "iterate_fitted",
    "predict_takes",
    "splits_rows",
    "splitting_parts",
    "takes_one_target",
]

# Around a window step these would give it rows that are not in the order of time.
_OUT_OF_ORDER = {
    "BaseBagging": "fits its estimators to rows drawn at random",
    "BaseWeightBoosting": "fits its estimators to rows drawn at random",
    "RANSACRegressor": "fits its estimator to rows drawn at random",
    "_BaseChain": "adds its forecasts to the columns, and drops the dates of the rows",
    "_BaseStacking": "learns from forecasts of folds that were fitted to what came after them",
}
_ADVICE = {
    "_BaseChain": "MultiOutputRegressor and MultiOutputClassifier fit a pipeline per step; most "
    "last steps of a pipeline predict all steps at once, without anything around it.",
    "_BaseStacking": "VotingRegressor and VotingClassifier average pipelines; cv='prefit' takes "
    "fitted ones, each as FrozenEstimator(pipeline).",
}
_OF_ONE_TARGET = {
    "_BaseStacking",
    "_BaseVoting",
    "BaseThresholdClassifier",
    "CalibratedClassifierCV",
}
_INSIDE = (
    "Put it behind the windows, {wrapper}({name}(...)) as the last step, or average "
    "networks with n_members."
)


def fitted_parts(estimator: Any) -> list[Any]:
    """What a fitted estimator predicts with: the steps of a pipeline, what others have fitted."""
    for name in ("best_estimator_", "estimator_", "regressor_"):
        if hasattr(estimator, name):
            return [getattr(estimator, name)]
    if isinstance(estimator, FrozenEstimator):
        return [estimator.estimator]
    if hasattr(estimator, "calibrated_classifiers_"):
        return [part.estimator for part in estimator.calibrated_classifiers_]
    if isinstance(estimator, Pipeline):
        return [step for _, step in estimator.steps]
    if hasattr(estimator, "transformers_"):  # a ColumnTransformer
        return [part for _, part, _ in estimator.transformers_]
    if hasattr(estimator, "transformer_list"):  # a FeatureUnion
        return [part for _, part in estimator.transformer_list]
    parts = list(np.ravel(np.asarray(getattr(estimator, "estimators_", []), dtype=object)))
    return [*parts, *filter(None, [getattr(estimator, "final_estimator_", None)])]


def find_method(estimator: Any, name: str) -> Callable[..., Any] | None:
    """Find a method that scikit-learn's pipelines and searches do not hand on.

    Parameters
    ----------
    estimator : fitted estimator
        Asked itself first, then the last step of a pipeline or the best estimator of a search.
    name : str
        The method, which takes ``X``.

    Returns
    -------
    method : callable or None
        It takes the ``X`` of `estimator`. None: nobody has it.
    """
    if hasattr(estimator, name):
        return getattr(estimator, name)
    if hasattr(estimator, "best_estimator_"):
        return find_method(estimator.best_estimator_, name)
    if isinstance(estimator, Pipeline):
        method = find_method(estimator[-1], name)
        if method is not None:
            before = estimator[:-1]
            return lambda X, **kw: method(before.transform(X) if len(before) else X, **kw)
    return None


def best_of(estimator: Any) -> Any:
    """What a search predicts with, whose ``predict`` takes parameters; any other as it is."""
    while hasattr(estimator, "best_estimator_"):
        estimator = estimator.best_estimator_
    return estimator


def predict_takes(estimator: Any, name: str) -> bool:
    """Tell whether ``predict`` takes a parameter, or hands it on to what does."""
    estimator = best_of(estimator)
    parameters = inspect.signature(estimator.predict).parameters
    hands_on = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    parts = fitted_parts(estimator)[-1:] if hands_on else []
    return name in parameters or any(predict_takes(part, name) for part in parts)


def find_windows(estimator: Any) -> dict[str, Any]:
    """Find the window steps among the parameters of an estimator, as it would be fitted.

    Parameters
    ----------
    estimator : estimator
        A pipeline, a search over one, or anything around it.

    Returns
    -------
    windows : dict of WindowTransformer
        The steps, by the name that ``set_params`` knows them under.
    """
    params = estimator.get_params(deep=True)
    return {name: step for name, step in params.items() if _cuts_windows(step)}


def iterate_fitted(estimator: Any, but: tuple[type, ...] = ()) -> Iterator[Any]:
    """A fitted estimator and all that it predicts with, from the outside in.

    Parameters
    ----------
    estimator : fitted estimator
        The outermost.
    but : tuple of type, default=()
        What is left out, and with it all that is inside.
    """
    if isinstance(estimator, but):
        return
    yield estimator
    for part in fitted_parts(estimator):
        yield from iterate_fitted(part, but)


def fitted_windows(estimator: Any) -> list[Any]:
    """Find the window steps that a fitted estimator predicts with, however deep they are."""
    return [part for part in iterate_fitted(estimator) if _cuts_windows(part)]


def count_context(estimator: Any, n_rows: int) -> int:
    """How many of so many rows before others complete the history of these."""
    windows = fitted_windows(estimator)
    if any(window.group is not None for window in windows):
        return n_rows  # a series was last seen any number of rows ago
    return max((window.n_steps_in - 1 for window in windows), default=0)


def splits_rows(estimator: Any) -> bool:
    """Tell whether an estimator splits rows, and windows are cut inside the parts."""
    return _can_be_fitted(estimator) and hasattr(estimator, "cv") and bool(find_windows(estimator))


def splitting_parts(estimator: Any) -> list[Any]:
    """An estimator and what is in it, as far as they split rows with windows inside the parts."""
    return [*filter(splits_rows, [estimator, *estimator.get_params(deep=True).values()])]


def takes_one_target(estimator: Any) -> bool:
    """Tell whether an estimator of scikit-learn takes the targets of one step only."""
    return bool(_bases(estimator) & _OF_ONE_TARGET)


def advise_classifier(estimator: Any) -> str:
    """Which classifier to take in place of a regressor, where targets are labels.

    Parameters
    ----------
    estimator : estimator
        The regressor, or a pipeline, a search or anything else around it.
    """
    inner: Any = estimator
    while inner is not None:
        estimator = inner
        inner = getattr(estimator, "estimator", getattr(estimator, "regressor", None))
        if isinstance(estimator, Pipeline):
            inner = estimator[-1]
    name = type(estimator).__name__
    if type(estimator).__module__ == "skforecast_lstm.regressors":
        twin = name.replace("Regressor", "Classifier")
        return f"For labels, take {twin} in place of {name}, in make_lstm_pipeline as well."
    if "BaseLSTMRegressor" in _bases(estimator):
        return "For labels, derive your class from BaseLSTMClassifier, not BaseLSTMRegressor."
    return f"For labels, take a classifier in place of {name}, such as LSTMClassifier."


def check_order(estimator: Any) -> None:
    """Refuse what would give a window step rows that are not in the order of time.

    Raises
    ------
    ValueError
        If an estimator around a window step draws, shuffles or changes rows.
    """
    for part in [estimator, *estimator.get_params(deep=True).values()]:
        reasons = _bases(part) & set(_OUT_OF_ORDER)
        is_prefit = getattr(part, "cv", None) == "prefit"
        if not reasons or is_prefit or not _can_be_fitted(part) or not find_windows(part):
            continue
        reason, name = reasons.pop(), type(part).__name__
        wrapper = "CompleteRowsClassifier" if is_classifier(part) else "CompleteRowsRegressor"
        raise ValueError(
            f"{name} {_OUT_OF_ORDER[reason]}, so that a window step inside of it would cut windows "
            f"of rows that do not follow one another. "
            f"{_ADVICE.get(reason, _INSIDE.format(name=name, wrapper=wrapper))} {see('windows')}"
        )


def _cuts_windows(step: Any) -> bool:
    return getattr(type(step), "cuts_windows", False)


def _can_be_fitted(part: Any) -> bool:
    return hasattr(part, "fit") and hasattr(part, "get_params") and not isinstance(part, type)


def _bases(estimator: Any) -> set[str]:
    return {base.__name__ for base in type(estimator).__mro__}
