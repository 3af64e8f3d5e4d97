"""How losses of Keras are copied and pickled: with all that they hold."""

from __future__ import annotations

import copyreg
from typing import Any

import keras

__all__ = ["pickle_losses_whole"]


def pickle_losses_whole() -> None:
    """Let ``sklearn.base.clone`` and joblib take losses as they are.

    SciKeras makes them anew from their configurations. But that of ``Huber(0.05)`` omits its delta,
    so a search over losses would train the default in each of its fits; and a loss of a notebook
    has no registered class to be made from.
    """
    keras.losses.Loss.__reduce_ex__ = _reduce


def _reduce(loss: keras.losses.Loss, protocol: Any) -> Any:
    if type(loss).__reduce__ is not keras.losses.Loss.__reduce__:  # it knows how
        return loss.__reduce__()
    return copyreg.__newobj__, (type(loss),), vars(loss)  # type: ignore[attr-defined]
