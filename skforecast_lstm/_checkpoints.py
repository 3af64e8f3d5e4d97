"""Trainings on the disk: one that was killed goes on, from a file, where it was."""

from __future__ import annotations

import contextlib
import io
import json
import os
import warnings
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from skforecast_lstm._content import content
from skforecast_lstm._files import write_whole
from skforecast_lstm._members import Member
from skforecast_lstm._pages import see
from skforecast_lstm._training import History, Moment, State
from skforecast_lstm._watchers import remembered, remind

__all__ = ["Checkpoint"]

# What a training depends on beside its parameters and samples.
_PACKAGES = "skforecast-lstm", "keras", "tensorflow", "numpy"
# Stands in JSON for an array, by its number.
_ARRAY = "array"


@dataclass
class Checkpoint:
    """How far a training has come, kept in a file until it has ended.

    Parameters
    ----------
    path : Path
        The file, named by all that tells one training from another.
    every : int
        A network in training is kept after so many epochs.
    budget : dict or None
        How long to train, if that is found.
    done : list of dict
        Members that are trained.
    moment : Moment or None
        Where the next one is.
    """

    path: Path
    every: int
    budget: dict[str, Any] | None = None
    done: list[dict[str, Any]] = field(default_factory=list)
    moment: Moment | None = None

    @classmethod
    def of(cls, folder: Any, every: int, *parts: Any) -> Checkpoint:
        """That of a training which such parts tell from others, as far as it has come.

        Raises
        ------
        ValueError
            If a part is only told apart by its identity, which no other process knows, if the
            folder cannot be made, or the file cannot be read.
        """
        told = content(parts, [version(name) for name in _PACKAGES])
        if told.is_of_this_process:
            raise ValueError(
                "checkpoint needs parameters that another process can tell to be the same, but "
                "one of them, a function or an object, has no content that could be compared. "
                "Give losses, optimizers and activations by name, or set checkpoint=None."
                f" {see('saving')}"
            )
        folder = Path(os.fspath(folder))
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(
                f"checkpoint must be a folder, or be made one: {folder} cannot: {error}."
            ) from error
        found = cls(folder / f"{told.digest.hex()}.checkpoint", every)
        if found.path.exists():
            found._read()
        return found

    @property
    def n_epochs(self) -> int:
        """Epochs of all members that are in the file."""
        histories = [one["history"] for one in self.done]
        histories += [self.moment.history] if self.moment is not None else []
        return sum(len(history.get("loss", [])) for history in histories)

    def keep_budget(self, budget: dict[str, Any]) -> None:
        """Keep how long to train."""
        self.budget = budget
        self._write()

    def keep(self, moment: Moment) -> None:
        """Keep where a member is."""
        self.moment = moment
        self._write()

    def keep_member(self, member: Member, history: History, callbacks: Iterable[Any]) -> None:
        """Keep a member that is trained, and what callbacks remember of it for the next one."""
        order = member.rng.get_state(legacy=True)
        kept = {"state": asdict(member.state), "history": history, "order": order}
        self.done.append(kept | {"callbacks": [remembered(callback) for callback in callbacks]})
        self.moment = None
        self._write()

    def restore(self, member: Member, number: int, callbacks: Iterable[Any]) -> History:
        """Give a member what it was when it was trained, and callbacks what they remembered."""
        one = self.done[number]
        for callback, values in zip(callbacks, one["callbacks"], strict=True):
            remind(callback, values)
        member.state = State(**one["state"])
        member.rng.set_state(one["order"])
        history: History = one["history"]
        return history

    def end(self, n_members: int) -> None:
        """Remove the file of a training that has come to its end, and halves of it."""
        if len(self.done) == n_members:
            for path in [self.path, *self.path.parent.glob(f".{self.path.name}.*")]:
                with contextlib.suppress(OSError):
                    path.unlink()

    # --- the file ------------------------------------------------------------------------------

    def _write(self) -> None:
        """Write the file anew; a training goes on if that fails, with a warning."""
        moment = (
            None
            if self.moment is None
            else vars(self.moment) | {"state": asdict(self.moment.state)}
        )
        state = {"budget": self.budget, "done": self.done, "moment": moment}
        arrays: list[np.ndarray] = []
        text = json.dumps(_packed(state, arrays))
        file = io.BytesIO()
        np.savez(file, *arrays, text=np.array(text))
        try:
            write_whole(self.path, file.getvalue())
        except OSError as error:
            warnings.warn(
                f"checkpoint: {self.path} cannot be written: {error}. Training goes on; if it is "
                f"killed, it begins anew from the last checkpoint that could be written.",
                UserWarning,
                stacklevel=2,
            )

    def _read(self) -> None:
        try:
            data = io.BytesIO(self.path.read_bytes())
            with np.load(data, allow_pickle=False) as file:
                arrays = [file[f"arr_{number}"] for number in range(len(file.files) - 1)]
                state = _unpacked(json.loads(str(file["text"])), arrays)
            moment = state["moment"]
            self.budget, self.done = state["budget"], state["done"]
            if moment is not None:
                self.moment = Moment(**moment | {"state": State(**moment["state"])})
        except Exception as error:
            raise ValueError(
                f"checkpoint: {self.path} cannot be read ({type(error).__name__}: {error}): it is "
                f"damaged, or of another release. Remove it, and the training begins anew."
                f" {see('saving')}"
            ) from error


def _packed(value: Any, arrays: list[np.ndarray]) -> Any:
    """A value as JSON has it; its arrays are put into a list."""
    if isinstance(value, dict):
        return {"dict": {name: _packed(part, arrays) for name, part in value.items()}}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [_packed(part, arrays) for part in value]}
    if isinstance(value, (np.ndarray, np.generic)):
        arrays.append(np.asarray(value))
        return {_ARRAY: len(arrays) - 1, "is_scalar": isinstance(value, np.generic)}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    return value


def _unpacked(value: Any, arrays: list[np.ndarray]) -> Any:
    """What was packed."""
    if not isinstance(value, dict):
        return value
    if _ARRAY in value:
        array = arrays[value[_ARRAY]]
        return array[()] if value["is_scalar"] else array
    [(kind, parts)] = value.items()
    if kind == "bytes":
        return bytes.fromhex(parts)
    if kind == "dict":
        return {name: _unpacked(part, arrays) for name, part in parts.items()}
    values = [_unpacked(part, arrays) for part in parts]
    return tuple(values) if kind == "tuple" else values
