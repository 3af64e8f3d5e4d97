"""Parameters of an estimator that are meant for Keras: their routing, and what they stand for."""

from __future__ import annotations

import difflib
import inspect
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from scikeras._utils import (
    get_loss_class_function_or_string,
    get_metric_class,
    get_optimizer_class,
    route_params,
    try_to_convert_strings_to_classes,
    unflatten_params,
)
from scikeras.wrappers import BaseWrapper
from sklearn.base import BaseEstimator, clone

from skforecast_lstm import _programs as training
from skforecast_lstm._keras_private import names_anew
from skforecast_lstm._pages import see
from skforecast_lstm._watchers import is_setting, parted_from

__all__ = ["KerasParams", "requests_of_itself"]

# Where Keras has what parameters are routed to.
_MODULES = {name: name for name in ("metrics", "callbacks")}
_MODULES |= {"loss": "losses", "optimizer": "optimizers"}
# Losses and metrics of the difference of forecast and truth, without underscores.
_OF_DIFFERENCES = {
    *("mae", "meanabsoluteerror", "mse", "meansquarederror", "rmse", "rootmeansquarederror"),
    *("huber", "logcosh", "quantile", "quantileloss"),
}


class KerasParams(BaseWrapper):
    """Parameters of a network, and what they stand for: its arguments, optimizer, loss, callbacks.

    Those of the optimizer, loss, metrics and callbacks are routed as in SciKeras, and are kept,
    cloned and shown as scikit-learn does it.
    """

    _routing_prefixes = tuple(_MODULES)
    _copied: list[tuple[str, Any, str]]

    # --- scikit-learn's conventions, where SciKeras has its own -------------------------------

    _get_param_names: Any = classmethod(BaseEstimator._get_param_names.__func__)
    __repr__ = BaseEstimator.__repr__

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters, the routed ones that were set included.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include those of contained estimators.

        Returns
        -------
        params : dict
            Parameters by name.
        """
        return {**super().get_params(deep=deep), **self._routed_params()}

    def set_params(self, **params: Any) -> KerasParams:
        """Set parameters, and those routed to optimizer, loss, metrics or callbacks.

        Parameters
        ----------
        **params : dict
            Parameters by name, for example ``units=20`` or ``optimizer__momentum=0.9``. A routed
            parameter of None is taken back: ``loss__delta=None``.

        Returns
        -------
        self : estimator
            The estimator.
        """
        own = {name: value for name, value in params.items() if not self._is_routed(name)}
        BaseEstimator.set_params(self, **own)
        for name in params.keys() - own.keys():
            setattr(self, name, params[name])
        return self

    def _is_routed(self, name: str) -> bool:
        prefix, is_nested, _ = name.partition("__")
        return bool(is_nested) and prefix in self._routing_prefixes

    def _routed_params(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if self._is_routed(name)}

    def __sklearn_clone__(self) -> KerasParams:
        # scikit-learn gives every parameter to __init__, which knows no routed ones.
        routed = self._routed_params()
        params = {k: v for k, v in self.get_params(deep=False).items() if k not in routed}
        twin = type(self)(**{name: clone(value, safe=False) for name, value in params.items()})
        twin.set_params(**{name: clone(value, safe=False) for name, value in routed.items()})
        if hasattr(self, "_metadata_request"):
            twin._metadata_request = clone(self._metadata_request, safe=False)
        copied = self._copied_callbacks(twin)
        if copied:
            twin._copied = copied
        return twin

    # --- what they stand for -----------------------------------------------------------------

    def _builder(self) -> tuple[Callable[..., keras.Model], dict[str, Any]]:
        """The function that builds the network, with the parameters it names."""
        builder = getattr(type(self), "build_network", None)
        if builder is None:
            raise TypeError(
                f"{type(self).__name__} names no builder: set build_network = "
                f"staticmethod(your_builder) in the class. {see('own network')}"
            )
        given = {"input_shape", "n_steps_out", "n_targets", "n_known_future"}
        wanted = inspect.signature(builder).parameters.values()
        arguments = {
            p.name: _plain(getattr(self, p.name, p.default))
            for p in wanted
            if p.name not in given and p.kind is not p.VAR_KEYWORD
        }
        unknown = [name for name, value in arguments.items() if value is inspect.Parameter.empty]
        if unknown:
            raise TypeError(
                f"{builder.__name__} wants {unknown}, which are no parameters of "
                f"{type(self).__name__}. Add them to its __init__, or give them defaults."
                f" {see('own network')}"
            )
        return builder, arguments

    def _reads_ahead(self) -> bool:
        """Tell whether the builder wants what is known ahead beside the window."""
        return "n_known_future" in inspect.signature(self._builder()[0]).parameters

    def _compilation(self) -> training.Compilation:
        with names_anew():
            return training.Compilation(
                loss=self._make_loss(),
                optimizer=self._make_optimizer(),
                metrics=self._make_metrics(),
            )

    def _make_loss(self) -> Any:
        """What training minimises."""
        return self._routed("loss", self._loss_of_keras(), _loss_named)

    def _loss_of_keras(self) -> Any:
        """The loss by the name that Keras has for it, or as it was given."""
        return self.loss

    def _check_differences(self) -> None:
        """Refuse a loss or metrics that see more of a forecast than its difference to the truth."""
        for name, given in (("loss", self.loss), ("metrics", self.metrics)):
            for one in given if isinstance(given, (list, tuple)) else [given]:
                known = one if isinstance(one, str) else getattr(one, "name", None)
                known = str(known or getattr(one, "__name__", type(one).__name__))
                if one is not None and known.replace("_", "").lower() not in _OF_DIFFERENCES:
                    raise ValueError(
                        f"smoothing=True: the network learns what smoothing leaves of the targets, "
                        f"so that {name} has to depend on the difference of forecast and truth "
                        f"only, got {one!r}. Take 'mae', 'mse', 'huber' or 'quantile', or set "
                        f"smoothing=False (lstm__smoothing=False in a pipeline). {see('accuracy')}"
                    )

    def _make_metrics(self) -> Sequence[Any] | None:
        metrics = self._routed("metrics", self.metrics, _metric_named)
        if not self._routed_to("metrics"):
            metrics = self.metrics  # Keras calls a metric in the history what the user calls it
        return metrics if metrics is None or isinstance(metrics, (list, tuple)) else [metrics]

    def _make_optimizer(self) -> keras.optimizers.Optimizer:
        routed_rate = self._routed_to("optimizer").get("learning_rate")
        if self.learning_rate is not None and routed_rate is not None:
            raise ValueError(
                f"learning_rate={self.learning_rate} is short for optimizer__learning_rate, which "
                f"is set too, to {routed_rate}. Give one of them."
            )
        optimizer = self._routed("optimizer", self.optimizer, get_optimizer_class)
        config = optimizer.get_config()
        short = {"learning_rate": self.learning_rate_, "clipnorm": self.clipnorm}
        config.update({name: value for name, value in short.items() if value is not None})
        if self.learning_rate_schedule != "constant" and isinstance(config["learning_rate"], dict):
            raise ValueError(
                f"learning_rate_schedule={self.learning_rate_schedule!r} needs a number to begin "
                f"at, but the learning rate is a schedule itself, "
                f"{config['learning_rate'].get('class_name')}. Give one of the two."
            )
        return type(optimizer).from_config(config)

    def _callbacks(self) -> list[keras.callbacks.Callback]:
        callbacks = self._routed("callbacks", self.callbacks, None)
        if callbacks is None:
            return []
        if isinstance(callbacks, dict):
            callbacks = list(callbacks.values())
        callbacks = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]
        for callback in callbacks:
            if not isinstance(callback, keras.callbacks.Callback):
                raise ValueError(
                    f"callbacks must be Keras callbacks or their classes, got {callback!r}. For "
                    f"early stopping there is early_stopping=True. {see('training')}"
                )
        return callbacks

    def _copied_callbacks(self, twin: KerasParams) -> list[tuple[str, Any, str]]:
        """Which callbacks of a clone are copies that report to somebody else than the originals.

        Of each: the parameter, its value in the clone, and what is another one there.
        """
        copied = []
        for name, value in {"callbacks": self.callbacks, **self._routed_params()}.items():
            ours = getattr(twin, name)
            if name == "callbacks":
                copied += [(name, ours, part) for part in parted_from(value, ours)]
            elif name.startswith("callbacks__") and not is_setting(value, ours):
                copied.append((name, ours, name))
        return copied

    def _warn_of_copied_callbacks(self) -> None:
        """Say so where a fit of a clone is not seen by the callbacks that the user made."""
        parts = [
            part
            for name, value, part in vars(self).get("_copied", [])
            if getattr(self, name, None) is value
        ]
        if parts:
            warnings.warn(
                f"{type(self).__name__} is a clone, and its callbacks are copies: what they do to "
                f"{', '.join(parts)} is done to a copy, and the object that you made does not see "
                f"it. Searches, cross-validation, ensembles, backtest and Forecaster fit clones. "
                f"Fit the regressor or its pipeline itself, or let clones share the callback: give "
                f"its class def __deepcopy__(self, memo): return self. {see('training')}",
                UserWarning,
                stacklevel=2,
            )

    def _routed(self, name: str, value: Any, convert: Callable | None) -> Any:
        """SciKeras' routing: make what a name or class stands for, with its routed parameters."""
        params = self._routed_to(name)
        try:
            if convert is not None:
                value = try_to_convert_strings_to_classes(value, convert)
            return unflatten_params(items=value, params=params)
        except (TypeError, ValueError) as error:
            raise ValueError(self._why_not(name, params, error)) from error

    def _routed_to(self, name: str) -> dict[str, Any]:
        """The parameters that are routed there; those of None are taken back."""
        params = route_params(self._routed_params(), destination=name, pass_filter=set())
        return {key: value for key, value in params.items() if value is not None}

    def _why_not(self, name: str, params: dict[str, Any], error: Exception) -> str:
        """What to say of a loss, optimizer, metric or callback that cannot be made."""
        given, kind = getattr(self, name), getattr(keras, _MODULES[name])
        if not params:
            asked = str(error).rpartition(": ")[2]  # of several, the one that is unknown
            names = {n.lower(): n for n in dir(kind) if n[0] != "_"}
            known = difflib.get_close_matches(asked.lower(), names)
            maybe = f" Did you mean {names[known[0]]!r}?" if known else ""
            return f"{name}={given!r} cannot be made: {error}.{maybe} {see('training')}"
        routed = ", ".join(f"{name}__{key}={value!r}" for key, value in params.items())
        undo = ", ".join(f"{name}__{key}=None" for key in params)
        why, advice = f"{str(error).rstrip('.')}.", ""
        if "not a class" in str(error):
            why = "Only a class takes parameters."
            class_name = _class_of(given, kind)
            if isinstance(given, str) and class_name:
                advice = f"Name the class, {name}={class_name!r}, or "
            elif given is not None:
                example = f"keras.{_MODULES[name]}.{class_name}" if class_name else "a class"
                advice = f"Give {example} itself, or "
        advice = f"{advice}take the parameter back with set_params({undo})."
        return (
            f"{name}={given!r} cannot be made with {routed}. {why} {advice[0].upper()}"
            f"{advice[1:]} {see('training')}"
        )


def _loss_named(name: str) -> Any:
    """A loss of Keras by its name: its class, which takes routed parameters, where it has one."""
    found = get_loss_class_function_or_string(name)
    return type(found) if isinstance(found, keras.losses.Loss) else found


def _metric_named(name: str) -> Any:
    """A metric of Keras by its name: its class, which takes routed parameters, where it has one."""
    found = get_metric_class(name)
    return type(found) if isinstance(found, keras.metrics.Metric) else found


def _class_of(given: Any, kind: Any) -> str | None:
    """The name of the class in a module of Keras that a name, function or object stands for."""
    if isinstance(given, str):
        given = kind.get(given) if hasattr(kind, "get") else given
    name = getattr(given, "__name__", type(given).__name__).replace("_", "").lower()
    classes = {n.lower(): n for n in dir(kind) if inspect.isclass(getattr(kind, n))}
    return classes.get(name)


def requests_of_itself(value: Any) -> bool:
    """Tell whether an estimator holds metadata requests that refer to it in turn."""
    requests = getattr(value, "__dict__", {}).get("_metadata_request")
    return requests is not None and getattr(requests, "owner", None) is value


def _plain(value: Any) -> Any:
    """NumPy's numbers as Python's and lists as tuples, so that equal networks have equal keys."""
    if isinstance(value, np.generic):
        return value.item()
    return tuple(map(_plain, value)) if isinstance(value, (list, tuple)) else value
