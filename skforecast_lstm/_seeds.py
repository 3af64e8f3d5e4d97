"""Where Keras takes its seeds from: a stream of one's own, whatever else the process draws."""

from __future__ import annotations

import contextlib
import contextvars
import random
from collections.abc import Iterator
from typing import Any

import keras

from skforecast_lstm._keras_private import (
    default_generator,
    draw_seeds_from,
    set_default_generator,
)

__all__ = ["drawing_from", "seeded"]

_stream: contextvars.ContextVar[Any] = contextvars.ContextVar("stream", default=random)


class _Source:
    """Python's `random`, except inside of `seeded`."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_stream.get(), name)


# Keras would take Python's global generator. To seed that one would change what other threads draw,
# and their drawing what is initialised.
draw_seeds_from(_Source())


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
    before = default_generator()
    set_default_generator(generator)
    try:
        yield
    finally:
        set_default_generator(before)
