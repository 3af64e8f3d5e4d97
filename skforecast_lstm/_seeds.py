"""Where Keras takes its seeds from: a stream of one's own, whatever else the process draws."""

from __future__ import annotations

import contextlib
import contextvars
import random
import warnings
from collections.abc import Iterator
from typing import Any

import keras
from keras.src.backend.common import global_state
from keras.src.random import seed_generator

__all__ = ["drawing_from", "seeded"]

# Under this name Keras keeps what a thread draws from without a seed.
_GLOBAL = "global_seed_generator"
_stream: contextvars.ContextVar[Any] = contextvars.ContextVar("stream", default=random)


class _Source:
    """Python's `random`, except inside of `seeded`."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_stream.get(), name)


# Keras makes the seeds of initializers and dropout in one function, from Python's global generator.
# To seed that one would change what other threads draw, and their drawing what is initialised.
if not hasattr(seed_generator, "python_random"):
    warnings.warn(
        f"keras={keras.__version__} draws its seeds in a way that skforecast_lstm does not know: "
        f"random_state does not determine the initial weights. Install the version of Keras that "
        f"came before it.",
        RuntimeWarning,
        stacklevel=2,
    )
seed_generator.python_random = _Source()


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let all that Keras initialises in this thread follow from the seed."""
    token = _stream.set(random.Random(seed))
    try:
        with drawing_from(None):
            yield
    finally:
        _stream.reset(token)


@contextlib.contextmanager
def drawing_from(generator: keras.random.SeedGenerator | None) -> Iterator[None]:
    """Let ``keras.random`` without a seed draw from this generator; None: from a new one."""
    before = global_state.get_global_attribute(_GLOBAL)
    global_state.set_global_attribute(_GLOBAL, generator)
    try:
        yield
    finally:
        global_state.set_global_attribute(_GLOBAL, before)
