"""What training compiles into the graph beside the network: loss, optimizer and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from skforecast_lstm._content import content
from skforecast_lstm._keras_private import rate_of

__all__ = ["Compilation"]


@dataclass
class Compilation:
    """What training compiles into the graph beside the network."""

    loss: Any
    optimizer: Any
    metrics: Any = None
    jit: bool = False

    @property
    def key(self) -> Any:
        """What is equal for equal graphs: a learning rate is a variable, and left out."""
        config = self.optimizer.get_config()
        left_out = {"name": None, "learning_rate": None}
        # A configuration may say less of a schedule than the graph takes from it.
        schedule = rate_of(self.optimizer) if self.learning_rate is None else None
        return content(
            self.jit, self.loss, self.metrics, type(self.optimizer), config | left_out, schedule
        )

    @property
    def slots(self) -> bytes:
        """What is equal where what one optimizer remembers is of use to another."""
        return content(type(self.optimizer)).digest

    @property
    def learning_rate(self) -> float | None:
        """The rate to start with; None where a schedule is compiled in."""
        rate = self.optimizer.get_config().get("learning_rate")
        return None if isinstance(rate, dict) else rate

    def n_axes_of_losses(self, output_shape: tuple[int, ...]) -> int:
        """Axes of what the loss returns, that of the samples first; 1 if it is one number.

        Those of Keras take the mean over the last axis of outputs; a user's own need not, or may
        take it over more.
        """
        outputs = keras.ops.zeros((2, *output_shape))
        try:
            loss = keras.losses.get(self.loss)
            loss = loss.call if isinstance(loss, keras.losses.Loss) else loss
            return max(1, len(keras.ops.shape(loss(outputs, outputs))))
        except (NotImplementedError, TypeError, ValueError):
            return len(output_shape)  # Keras says what is wrong, if anything is

    def compile(self, model: keras.Model) -> None:
        """Give the model its loss, optimizer and metrics."""
        model.compile(loss=self.loss, optimizer=self.optimizer, metrics=self.metrics)
