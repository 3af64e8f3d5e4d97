"""What watches a training: early stopping, the learning rate's schedule, progress, callbacks."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
from tqdm.auto import tqdm

from skforecast_lstm._content import content
from skforecast_lstm._pages import see

__all__ = [
    "Best",
    "Note",
    "Pace",
    "Progress",
    "Schedule",
    "TrialProgress",
    "attached",
    "check_finite",
    "has_batch_hooks",
    "identity_of",
    "is_setting",
    "parted_from",
    "remembered",
    "remind",
]


# Between calls of the graph Python sees an interrupt: each takes about so long, and the first one
# so many batches.
_SECONDS_PER_CALL = 0.5
_FIRST_BATCHES = 8


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

    def skip(self, n_epochs: int, *, is_whole: bool) -> None:
        """Leave out epochs of a member that are done, all of them or the first."""
        self._n_begun += is_whole
        if self._bar is not None:
            self._bar.update(n_epochs)

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


class Pace:
    """How many samples the graph trains on in a call: as many as take about half a second."""

    def __init__(self, batch_size: int, n_samples: int) -> None:
        self._batch_size, self._n_samples = batch_size, n_samples
        self._n_at_once = _FIRST_BATCHES * batch_size

    @property
    def n_epochs(self) -> int:
        """How many whole epochs; at least one, which may have to be parted."""
        return max(1, self._n_at_once // self._n_samples)

    def parts(self) -> Iterator[slice]:
        """The parts of the next epochs, of whole batches."""
        start = 0
        while start < self._n_samples:
            n_batches = max(1, self._n_at_once // self._batch_size)
            is_whole = self._n_at_once >= self._n_samples
            stop = self._n_samples if is_whole else start + n_batches * self._batch_size
            yield slice(start, min(stop, self._n_samples))
            start = stop

    @contextlib.contextmanager
    def timed(self, n_samples: int) -> Iterator[None]:
        """See how long so many samples take, all epochs together."""
        start = time.perf_counter()
        yield
        self._note(n_samples, max(time.perf_counter() - start, 1e-6))

    def _note(self, n_samples: int, seconds: float) -> None:
        # The first call is longer, as what it needs is made; no faith in a single measurement.
        n_possible = int(n_samples * _SECONDS_PER_CALL / seconds)
        self._n_at_once = min(max(n_possible, self._batch_size), 20 * max(n_samples, 1))


class Note(keras.callbacks.Callback):
    """Notes the losses and metrics of each epoch."""

    def __init__(self, history: dict[str, list[float]]) -> None:
        super().__init__()
        self._history = history

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Add those of the epoch."""
        for name, value in (logs or {}).items():
            self._history.setdefault(name, []).append(float(value))


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


def remembered(callback: keras.callbacks.Callback) -> dict[str, Any]:
    """What a callback remembers in numbers, text and arrays, and functions of Keras by name."""
    values = vars(callback)
    return {
        "values": {name: value for name, value in values.items() if _is_plain(value)},
        "functions": {
            name: [value.__module__, value.__name__]
            for name, value in values.items()
            if inspect.isfunction(value) and _is_importable(value)
        },
        # These are not kept, but it is seen whether they change.
        "others": {
            name: digest
            for name, digest in _digests(callback, of_plain=False).items()
            if digest is not None
        },
    }


def identity_of(callback: keras.callbacks.Callback) -> list[Any]:
    """What tells a callback from others in any process: its class, and what it holds.

    What has no content that could be compared does not count.
    """
    return [type(callback).__qualname__, _digest_of(type(callback)), _digests(callback)]


def _digests(callback: keras.callbacks.Callback, *, of_plain: bool = True) -> dict[str, str | None]:
    """Digests of what a callback holds, by name; if asked for, of what is not plain only."""
    parts = _own(callback).items()
    return {name: _digest_of(part) for name, part in parts if of_plain or not _is_plain(part)}


def _own(callback: keras.callbacks.Callback) -> dict[str, Any]:
    """What a callback holds beside what every callback of Keras does."""
    of_keras = vars(keras.callbacks.Callback())
    return {name: value for name, value in vars(callback).items() if name not in of_keras}


def _digest_of(value: Any) -> str | None:
    found = content(value)
    return None if found.is_of_this_process else found.digest.hex()


def remind(callback: keras.callbacks.Callback, memory: dict[str, Any]) -> None:
    """Let a callback remember what another one of its kind did, and say what it cannot."""
    now = {} if _is_of_keras(type(callback).__module__) else _digests(callback)
    lost = [name for name, digest in memory["others"].items() if now.get(name, digest) != digest]
    if lost:
        kinds = [f"{name!r} (a {type(vars(callback)[name]).__name__})" for name in lost]
        warnings.warn(
            f"checkpoint: {type(callback).__name__} goes on without what it kept in "
            f"{', '.join(kinds)}: only numbers, text, lists, dicts by text, and arrays are in the "
            f"file. If training depends on it, it comes to other weights than without a stop. Keep "
            f"it in one of these. {see('saving')}",
            UserWarning,
            stacklevel=2,
        )
    functions = {
        name: getattr(importlib.import_module(module), function)
        for name, (module, function) in memory["functions"].items()
        if _is_of_keras(module)
    }
    vars(callback).update({**memory["values"], **functions})


def _is_importable(function: Callable) -> bool:
    """Tell whether a function is one of Keras that has a name."""
    return _is_of_keras(function.__module__) and function.__qualname__.isidentifier()


def _is_of_keras(module: str) -> bool:
    return module.partition(".")[0] == "keras"


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(part) for key, part in value.items())
    is_array = isinstance(value, (np.ndarray, np.generic)) and not value.dtype.hasobject
    return is_array or value is None or isinstance(value, (bool, int, float, str))


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


def parted_from(callbacks: Any, copies: Any) -> list[str]:
    """Name what callbacks write to, or report to, and copies of them no longer do.

    Settings are left out: values that equal their copies, and what is made of such values. An empty
    list is none, but one to be filled.
    """
    if isinstance(callbacks, dict):
        callbacks, copies = [*callbacks.values()], [*copies.values()]
    if not isinstance(callbacks, (list, tuple)):
        callbacks, copies = [callbacks], [copies]
    return [
        f"{name!r} of {type(callback).__name__}"
        for callback, copy in zip(callbacks, copies, strict=True)
        if isinstance(callback, keras.callbacks.Callback)
        for name, value in _own(callback).items()
        # What Keras' own callbacks keep to themselves is made anew in each training.
        if not (name.startswith("_") and _is_of_keras(type(callback).__module__))
        if not is_setting(value, vars(copy).get(name))
    ]


def is_setting(value: Any, copy: Any) -> bool:
    """Tell whether a value is as good as its copy."""
    if value is copy:
        return True
    if isinstance(value, np.ndarray):
        return value.size > 0 and value.dtype != object
    if isinstance(value, dict):
        value, copy = [*value.values()], [*copy.values()]
    if isinstance(value, (list, tuple)):
        return len(value) > 0 and all(map(is_setting, value, copy))
    try:
        return hash(value) == hash(copy) and bool(value == copy)
    except (TypeError, ValueError):  # what can change has no hash
        return False


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
            f"activation='tanh' in place of 'relu'. {see('training')}"
        )
