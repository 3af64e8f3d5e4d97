"""What is equal for values that compile to the same graph."""

from __future__ import annotations

import functools
from typing import Any

import joblib

__all__ = ["content"]


@functools.singledispatch
def content(value: Any) -> Any:
    """What is equal for values that compile to the same graph, and can be looked up."""
    if not callable(getattr(value, "get_config", None)):
        return value
    # The configuration of a class of the user's own may leave out what it holds.
    is_known = type(value).__module__.startswith(("keras.", "skforecast_lstm."))
    try:
        return type(value), joblib.hash(value.get_config() if is_known else vars(value))
    except Exception:  # it cannot be pickled: only the same object is the same
        return value


@content.register
def _(value: dict) -> Any:
    return tuple(sorted((name, content(item)) for name, item in value.items()))


@content.register(list)
@content.register(tuple)
def _(value: Any) -> Any:
    return tuple(content(item) for item in value)
