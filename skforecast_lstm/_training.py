"""What a program takes and gives: samples, how to train on them, and where a training is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from skforecast_lstm._watchers import Progress

__all__ = ["History", "Moment", "Samples", "State", "Training"]

History = dict[str, list[float]]


@dataclass
class State:
    """What a fit leaves behind, as plain arrays, and what optimizer the second ones are of."""

    weights: list[np.ndarray]
    optimizer: list[np.ndarray] | None = None
    slots: bytes | None = None


@dataclass
class Samples:
    """Windows as rows of a table, targets (n, n_steps_out, n_targets) and weights, all complete.

    Weights are of shape (n,), or (n, n_labels) for each label of a classifier.

    With `known` of shape (n, n_steps_out, n_covariates), what is known ahead of each window.
    """

    table: np.ndarray
    starts: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None = None
    is_masked: np.ndarray | None = None
    known: np.ndarray | None = None


@dataclass
class Moment:
    """Where a training is between two epochs: all that it needs to go on as if nothing happened.

    Parameters
    ----------
    epoch : int
        The epoch that comes next.
    state : State
        Weights and optimizer.
    history : dict of lists of float
        Losses and metrics so far.
    generators : list of ndarray
        States of what draws dropout.
    order : tuple
        State of what draws the order of samples.
    best : dict
        What early stopping remembers.
    callbacks : list of dict
        What callbacks remember in numbers, text and arrays.
    is_stopped : bool
        Whether it was the last epoch.
    """

    epoch: int
    state: State
    history: History
    generators: list[np.ndarray]
    order: Any
    best: dict[str, Any]
    callbacks: list[dict[str, Any]]
    is_stopped: bool = False


@dataclass
class Training:
    """How long and in which order to train, and who wants to know.

    With `keep`, that is called with every moment after so many epochs, counted from the first; with
    a `moment`, training goes on from there.
    """

    epochs: int
    batch_size: int
    shuffle: bool
    rng: np.random.RandomState
    dropout_seed: int = 0
    first_epoch: int = 0
    learning_rate: float | None = None
    schedule: str = "constant"
    patience: int | None = None
    progress: Progress | None = None
    callbacks: Sequence[keras.callbacks.Callback] = field(default_factory=list)
    keep: Callable[[Moment], None] | None = None
    every: int = 1
    moment: Moment | None = None

    def until_kept(self, epoch: int) -> int:
        """How many epochs after one there are until a moment is kept, or training ends."""
        left = self.last_epoch - epoch
        return (
            left
            if self.keep is None
            else min(left, self.every - (epoch - self.first_epoch) % self.every)
        )

    @property
    def last_epoch(self) -> int:
        """Number of the epoch after the last."""
        return self.first_epoch + self.epochs

    def rate(self, epoch: Any, current: float) -> Any:
        """Learning rate of an epoch, or of an array of them, where it is such a one now."""
        if self.schedule == "constant" or self.learning_rate is None:
            return current + 0.0 * epoch
        done = (epoch - self.first_epoch) / self.epochs
        return self.learning_rate * (1 + np.cos(np.pi * done)) / 2

    def orders(self, n_epochs: int, n_samples: int) -> np.ndarray:
        """Sample numbers in the order of training, one row per epoch."""
        if not self.shuffle:
            return np.tile(np.arange(n_samples, dtype=np.int32), (n_epochs, 1))
        return np.stack([self.rng.permutation(n_samples) for _ in range(n_epochs)]).astype(np.int32)
