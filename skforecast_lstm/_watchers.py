"""What watches a training: early stopping, the learning rate's schedule, progress, callbacks."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

import keras
import numpy as np
from tqdm.auto import tqdm

__all__ = [
    "Best",
    "Progress",
    "Schedule",
    "TrialProgress",
    "attached",
    "check_finite",
    "has_batch_hooks",
]


class Best:
    """Early stopping: the weights of the best epoch, and when to give up waiting for a better."""

    def __init__(self, patience: int | None) -> None:
        self._patience = patience
        self._loss = np.inf
        self._weights: list[np.ndarray] | None = None
        self._n_worse = 0

    def update(self, model: keras.Model, loss: float) -> None:
        """Look at the loss of an epoch; stop the model's training if it has not fallen for long."""
        if self._patience is None:
            return
        if loss < self._loss:
            self._loss, self._weights, self._n_worse = loss, model.get_weights(), 0
            return
        self._n_worse += 1
        model.stop_training = model.stop_training or self._n_worse >= self._patience

    def restore(self, model: keras.Model) -> None:
        """Give the model the weights of the best epoch."""
        if self._weights is not None:
            model.set_weights(self._weights)


class Schedule(keras.callbacks.Callback):
    """Sets the learning rate of each epoch; Keras' own would write it into the history, too."""

    def __init__(self, rate: Callable[[int, float], float]) -> None:
        super().__init__()
        self._rate = rate

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Set that of the epoch, which may depend on what it is now."""
        optimizer = self.model.optimizer
        optimizer.learning_rate = self._rate(epoch, float(optimizer.learning_rate))


class Progress(keras.callbacks.Callback):
    """One bar for all members of a fit (``verbose=1``), or a line per epoch (``verbose=2``)."""

    name = "fit"

    def __init__(
        self, verbose: int, n_epochs: int, first_epoch: int = 0, n_members: int = 1
    ) -> None:
        super().__init__()
        self._n_epochs, self._last_epoch = n_epochs, first_epoch + n_epochs
        self._n_members, self._n_begun = n_members, 0
        self._bar = None
        if verbose == 1:
            self._bar = tqdm(total=n_members * n_epochs, desc=self.name, unit="epoch")

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Say which member comes next."""
        self._n_begun += 1

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Show the losses of the epoch."""
        numbers = {name: f"{value:.4g}" for name, value in (logs or {}).items()}
        member = f"member {self._n_begun}/{self._n_members} " * (self._n_members > 1)
        if self._bar is not None:
            self._bar.set_description(f"{self.name} {member}".rstrip(), refresh=False)
            self._bar.set_postfix(numbers, refresh=False)
            self._bar.update()
        else:
            shown = " ".join(f"{name}={value}" for name, value in numbers.items())
            trial = f"{self.name} " * (self.name != "fit")
            tqdm.write(f"{trial}{member}epoch {epoch + 1}/{self._last_epoch} {shown}")

    def on_train_end(self, logs: dict | None = None) -> None:
        """Take off the total the epochs that a member did not need: the time left is right."""
        if self._bar is not None:
            n_to_come = (self._n_members - self._n_begun) * self._n_epochs
            self._bar.total = self._bar.n + n_to_come
            self._bar.refresh()

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()


class TrialProgress(Progress):
    """The same of a trial: of the most epochs that there may be, it mostly needs a few."""

    name = "trial"

    def on_train_end(self, logs: dict | None = None) -> None:
        """Nothing: training goes on after a look at the later samples."""

    def close(self) -> None:
        """Leave the bar as one that is full."""
        if self._bar is not None:
            self._bar.total = self._bar.n
            self._bar.refresh()
        super().close()


@contextlib.contextmanager
def attached(
    callbacks: Sequence[keras.callbacks.Callback], progress: Progress | None
) -> Iterator[list[keras.callbacks.Callback]]:
    """The callbacks of a fit and its progress; the user's let go of the model afterwards."""
    try:
        yield [*callbacks, *([] if progress is None else [progress])]
    finally:
        for callback in callbacks:
            callback.set_model(None)


def has_batch_hooks(callbacks: Sequence[keras.callbacks.Callback]) -> bool:
    """Tell whether a callback wants to see each batch, which the graph does not stop for."""
    hooks = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
    return any(
        getattr(getattr(callback, hook), "__func__", None)
        is not getattr(keras.callbacks.Callback, hook)
        for callback in callbacks
        # ModelCheckpoint and TensorBoard have such hooks, but by default look at epochs only.
        if "epoch" not in (getattr(callback, "save_freq", ""), getattr(callback, "update_freq", ""))
        for hook in hooks
    )


def check_finite(losses: list[float], first_epoch: int) -> None:
    """Stop where training has diverged.

    Raises
    ------
    ValueError
        If the last loss is not finite.
    """
    if not np.isfinite(losses[-1]):
        raise ValueError(
            f"The loss is {losses[-1]} after {first_epoch + len(losses)} epochs: training "
            f"diverged. Scale the features before the window (StandardScaler) and the target "
            f"(target_scaler='standard'), lower learning_rate, set clipnorm=1.0, or use "
            f"activation='tanh' in place of 'relu'."
        )
