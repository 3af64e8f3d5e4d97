"""The one door to names of Keras that are not public; ``tests/test_versions.py`` tries each."""

from __future__ import annotations

import collections
import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import keras
from keras.src.backend.common import global_state
from keras.src.random import seed_generator

__all__ = [
    "default_generator",
    "draw_seeds_from",
    "is_called",
    "last_layers",
    "layers_of",
    "names_anew",
    "rate_of",
    "reduce_nothing",
    "seed_generators",
    "set_default_generator",
]

# Under these names Keras keeps what a thread draws from without a seed, and how often it has given
# a name.
_GLOBAL = "global_seed_generator"
_NAMES = "object_name_uids"


# --- a model and its layers ---------------------------------------------------------------------


def layers_of(model: keras.Model) -> list[keras.Layer]:
    """The model, its layers, and the layers inside of these."""
    layers: list[keras.Layer] = model._flatten_layers()
    return layers


def is_called(layer: keras.Layer) -> bool:
    """Tell whether a layer was called on symbolic tensors, and so has an input and an output."""
    return bool(getattr(layer, "_inbound_nodes", None))


def last_layers(output: Any) -> Iterator[keras.Layer]:
    """The layers with weights that an output comes from, with none in between."""
    layer, node, _ = output._keras_history
    if layer.weights:
        yield layer
        return
    for source in layer._inbound_nodes[node].input_tensors:
        yield from last_layers(source)


def rate_of(optimizer: keras.optimizers.Optimizer) -> Any:
    """The variable or the schedule that an optimizer takes its learning rate from."""
    return optimizer._learning_rate


# --- memory that would not come back --------------------------------------------------------------


@contextlib.contextmanager
def names_anew() -> Iterator[None]:
    """Let Keras name layers and variables in this thread as if they were its first.

    TensorFlow keeps a kernel for the name of every variable that there ever was: without this a
    process grows by 26 kB with each of them.
    """
    before = global_state.get_global_attribute(_NAMES)
    global_state.set_global_attribute(_NAMES, collections.defaultdict(int))
    try:
        yield
    finally:
        global_state.set_global_attribute(_NAMES, before)


def reduce_nothing(optimizer: keras.optimizers.Optimizer) -> None:
    """Let an optimizer take gradients as they are, which are those of one device.

    It would hand them through TensorFlow's sum over devices, whose own gradient is registered for
    every graph and never forgotten: each graph that trains would stay in memory, with some 6 MB.
    """
    strategy = getattr(optimizer, "_distribution_strategy", None)
    if strategy is not None and strategy.num_replicas_in_sync == 1:
        optimizer._all_reduce_sum_gradients = lambda gradients: gradients


# --- seeds --------------------------------------------------------------------------------------


def seed_generators(model: keras.Model) -> list[keras.random.SeedGenerator]:
    """Generators behind dropout and other random layers, in a fixed order."""
    found: list[keras.random.SeedGenerator] = []
    for layer in layers_of(model):
        found += [g for g in getattr(layer, "_seed_generators", []) if g not in found]
    return found


def default_generator() -> keras.random.SeedGenerator | None:
    """What ``keras.random`` draws from in this thread without a seed; None: not made yet."""
    return global_state.get_global_attribute(_GLOBAL)


def set_default_generator(generator: keras.random.SeedGenerator | None) -> None:
    """Let ``keras.random`` draw from this one without a seed; None: from a new one."""
    global_state.set_global_attribute(_GLOBAL, generator)


def draw_seeds_from(source: Any) -> None:
    """Let Keras make the seeds of initializers and dropout with what has `random`'s functions.

    Keras makes them in one function, from Python's global generator.
    """
    if not hasattr(seed_generator, "python_random"):
        warnings.warn(
            f"keras={keras.__version__} draws its seeds in a way that skforecast_lstm does not "
            f"know: random_state does not determine the initial weights. Install the version of "
            f"Keras that came before it.",
            RuntimeWarning,
            stacklevel=2,
        )
    seed_generator.python_random = source
