"""A network as it is told from others: its builder, its arguments, and what surrounds it."""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from skforecast_lstm import networks
from skforecast_lstm._content import Content, content
from skforecast_lstm._keras_private import names_anew
from skforecast_lstm._kernels import loops_over_steps
from skforecast_lstm._pages import see
from skforecast_lstm._seeds import seeded
from skforecast_lstm._shell import Shell, apply, join_members, model_of, new_inputs

__all__ = ["MASKED", "Network", "zeros_for"]

# Stands in steps to skip, which are NaN until they come here: Keras masks by value.
MASKED = float(np.finfo(np.float32).min)
# Warnings are caught for all threads at once.
_WARNINGS_LOCK = threading.Lock()
_BARE = Shell()
# Arguments that have no weights and no state.
_PLAIN = {bool, int, float, str, tuple, type(None)}


class Network:
    """A builder, its arguments and what surrounds it: all that tells one network from another.

    Parameters
    ----------
    builder : callable
        One of ``networks`` or a user's own.
    shell : Shell, default=Shell()
        What surrounds the model that it builds: by default nothing.
    **arguments
        What it is called with.
    """

    def __init__(
        self, builder: Callable[..., keras.Model], shell: Shell = _BARE, **arguments: Any
    ) -> None:
        self.builder = builder
        self.shell = shell
        self.arguments = arguments
        self.skips_masked = False
        self.n_members = 1

    @property
    def key(self) -> Any:
        """What is equal for equal networks."""
        return self._made_of, self.skips_masked, self.n_members

    @property
    def is_of_seed_only(self) -> bool:
        """Whether a seed determines its weights: what is the user's own may keep a state."""
        is_ours = self.builder.__module__ == networks.__name__
        return is_ours and all(type(value) in _PLAIN for value in self.arguments.values())

    @functools.cached_property
    def loops_over_steps(self) -> bool:
        """Whether a recurrent layer loops over the steps of a window."""
        with names_anew():
            return loops_over_steps(self.build())

    @functools.cached_property
    def _made_of(self) -> Content:
        return content(self.builder, self.shell, self.arguments)

    def __getstate__(self) -> dict[str, Any]:
        # What is so in this process need not be so in another.
        found = {"_made_of", "loops_over_steps"}
        return {name: value for name, value in vars(self).items() if name not in found}

    def masked(self) -> Network:
        """The same network, of the same weights, whose recurrent layers skip masked steps."""
        return self._but(skips_masked=True)

    def side_by_side(self, n_members: int) -> Network:
        """So many of them in one, each with weights of its own: its output has an axis for them."""
        return self if n_members == 1 else self._but(n_members=n_members)

    def _but(self, **changes: Any) -> Network:
        network = object.__new__(type(self))
        vars(network).update({**vars(self), **changes})
        return network

    def build(self, seed: int = 0) -> keras.Model:
        """Build the model, its initial weights determined by the seed."""
        with seeded(seed):
            members = [self._member() for _ in range(self.n_members)]
            return members[0] if self.n_members == 1 else join_members(members)

    def _member(self) -> keras.Model:
        model = self.builder(**{name: _reseeded(v) for name, v in self.arguments.items()})
        self._check_output(tuple(model.output_shape))
        model = self.shell.surround(model, self.arguments["n_steps_out"])
        return self._masked(model) if self.skips_masked else model

    def _check_output(self, shape: tuple[int | None, ...]) -> None:
        """Refuse a network whose output is not that of the target.

        A layer that returns sequences by mistake would train all the same, by broadcasting, and
        learn nothing.
        """
        n_steps_out, n_targets = self.arguments["n_steps_out"], self.arguments["n_targets"]
        if shape[1:] not in ((n_steps_out * n_targets,), (n_steps_out, n_targets)):
            raise ValueError(
                f"{self.builder.__name__} returned a network with output shape {shape}, but it was "
                f"asked for n_steps_out={n_steps_out} and n_targets={n_targets}: the output must "
                f"be (None, {n_steps_out * n_targets}) or (None, {n_steps_out}, {n_targets}). A "
                f"recurrent layer with a leftover return_sequences=True before the last Dense is "
                f"the usual cause. {see('own network')}"
            )

    def _masked(self, model: keras.Model) -> keras.Model:
        """The model behind a layer that masks; refused where a layer would lose the mask."""
        window, *known = new_inputs(model)
        model.supports_masking = True  # its layers say whether they do
        model.compute_mask = lambda inputs, mask: None  # steps are masked, forecasts are not
        with _WARNINGS_LOCK, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            outputs = apply(model, [keras.layers.Masking(MASKED)(window), *known])
            masked = model_of([window, *known], outputs)
            apply(masked, zeros_for(masked))  # only a run asks every layer
        lost = [str(w.message) for w in caught if "does not support mask" in str(w.message)]
        if lost:
            raise ValueError(
                f"the network of {self.builder.__name__} cannot skip masked steps, because not all "
                f"of its layers can. Fill the gaps, use missing='drop', or take a network that "
                f"reads "
                f"the window with recurrent layers only, such as LSTMRegressor. "
                f"{see('missing values')} Keras: {lost[0]}"
            )
        return masked


def zeros_for(model: keras.Model) -> list[Any]:
    """One sample of zeros of everything that a model reads."""
    return [keras.ops.zeros([1, *x.shape[1:]]) for x in model.inputs]


def _reseeded(value: Any) -> Any:
    """A Keras initializer as if made now: one that has no seed has drawn it when it was made."""
    is_initializer = isinstance(value, keras.initializers.Initializer)
    return type(value).from_config(value.get_config()) if is_initializer else value
