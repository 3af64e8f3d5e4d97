"""The course of a training: from the linear part on, for as long as later windows gain by it."""

from __future__ import annotations

import contextlib
import functools
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from skforecast_lstm import _programs as training
from skforecast_lstm._checkpoints import Checkpoint
from skforecast_lstm._linear import SHARES, share_next_to_half
from skforecast_lstm._members import Member
from skforecast_lstm._samples import Chosen
from skforecast_lstm._smoothing import Beside
from skforecast_lstm._watchers import Progress, TrialProgress
from skforecast_lstm._windows import Windows

__all__ = ["Budget", "Course", "batch_of", "most_of", "rate_of"]

# The part of the samples that budgets are found on: the last in time.
_LATE = 0.2
# The most epochs: no more than a tenth of the samples, unless that is next to nothing.
_MAX_EPOCHS = 100
_MIN_MAX_EPOCHS = 10
# How much longer a network has been trained at the next look at the later windows.
_GROWTH = 1.5
# Looks without a lower error before a trial ends, and the fewest updates.
_PATIENCE = 2
_MIN_UPDATES = 500
# Of the epochs that err at most so much more than the best, the fewest are taken.
_TOLERANCE = 0.02
# A gain over the linear part has to be larger than chance gives: so much over the root of samples.
_CHANCE = 3.0
_TINY = 1e-12
# Those that fit one estimator after the other: an interrupt is meant for all of it.
_FITTING_MANY = (
    "joblib",
    "optuna",
    "sklearn.ensemble",
    "sklearn.model_selection",
    "sklearn.multioutput",
    "skforecast_lstm.evaluation",
    "skforecast_lstm.intervals",
)
# Samples per update: a fiftieth of all, within these bounds; and the rate of the smallest.
_BATCHES = 32, 256
_RATE = 1e-3


def batch_of(n_samples: int) -> int:
    """Samples per update where there are so many: more of them where updates are many."""
    smallest, largest = _BATCHES
    return int(np.clip(2 ** np.floor(np.log2(max(1, n_samples / 50))), smallest, largest))


def rate_of(batch_size: int) -> float:
    """Learning rate for batches of a size: larger ones are less noisy and allow larger steps."""
    return float(_RATE * np.sqrt(batch_size / _BATCHES[0]))


def most_of(n_samples: int) -> int:
    """The most epochs of a trial on so many samples."""
    return min(_MAX_EPOCHS, max(_MIN_MAX_EPOCHS, n_samples // 10))


class Budget(NamedTuple):
    """How long to train.

    Parameters
    ----------
    epochs : int
        Passes over the samples. 0: the linear part is to forecast alone.
    gain : float
        The part of the error of the linear part that training saved on later windows, in a trial.
        NaN: there was none.
    share : float
        The share of the trained network in the forecast; the rest is that of the linear part.
    """

    epochs: int
    gain: float = float("nan")
    share: float = 1.0


@dataclass
class Course:
    """What the networks of a fit are trained on, and how.

    Parameters
    ----------
    network : Network
        What they are.
    chosen : Chosen
        What they are trained on, as they see it.
    rows : Windows
        The windows of these before they were completed.
    samples_of : callable
        Makes what :func:`_programs.train` takes of chosen samples, the windows of these before they
        were completed, and what is beside the network.
    known_of : callable
        Gives what is known ahead of windows.
    losses_of : callable
        Gives the losses of outputs, (n_samples, 1) or (n_samples, n_labels), beside the targets.
    compilation : callable
        Makes a new one for every network: optimizers, metrics and callbacks have a state.
    options : callable
        Makes what :func:`_programs.train` wants to know, for a member and with a progress bar.
    batch_size : int
        Samples per update.
    jit_compile : {"auto"} or bool
        Whether XLA compiles the training step.
    quantiles : tuple of float, default=(0.5,)
        What is predicted of each target.
    is_linear : bool, default=False
        Whether they begin at ridge regressions, which may be left to forecast alone.
    smoothing : dict, default={}
        How :meth:`Shell.start_linear` is to smooth.
    beside : Beside or None
        The exponential smoothing whose forecasts are added to those of the networks.
    linear : list of ndarray or None
        Kernel and bias of the linear part that the networks began at.
    """

    network: training.Network
    chosen: Chosen
    rows: Windows
    samples_of: Callable[[Chosen, Windows, Beside | None], training.Samples]
    known_of: Callable[[Windows], np.ndarray | None]
    losses_of: Callable[[np.ndarray, np.ndarray], np.ndarray]
    compilation: Callable[[], training.Compilation]
    options: Callable[..., training.Training]
    batch_size: int
    jit_compile: str | bool
    quantiles: tuple[float, ...] = (0.5,)
    is_linear: bool = False
    smoothing: dict[str, Any] = field(default_factory=dict)
    beside: Beside | None = None
    linear: list[np.ndarray] | None = None

    @functools.cached_property
    def samples(self) -> training.Samples:
        """What programs take."""
        return self.samples_of(self.chosen, self.rows, self.beside)

    def begin_at_ridge(self, members: Sequence[Member]) -> tuple[Course, dict[str, float]]:
        """Let the linear part of networks begin at ridge regressions of the samples.

        Returned are the course that goes on from there, and the errors of the regressions.
        """
        linear, beside = self.network.shell.start_linear(
            members[0].state.weights,
            self.chosen.windows.history(),
            self.rows,
            self.known_of(self.chosen.windows),
            self.chosen.targets,
            self.quantiles,
            self.chosen.weight,
            self.chosen.counts,
            **self.smoothing,
        )
        for member in members:
            member.state.weights[-len(linear.weights) :] = linear.weights
        return replace(self, beside=beside, linear=linear.weights), linear.errors

    def shrink(self, members: Sequence[Member], share: float) -> None:
        """Leave trained networks such a share in the forecast: the rest is what they began at."""
        if self.linear is None or share == 1:
            return
        for member in members:
            weights = member.state.weights
            member.state.weights = self.network.shell.shrunk(weights, self.linear, share)

    def train(
        self,
        members: list[Member],
        validation: training.Samples | None,
        progress: Progress | None = None,
        checkpoint: Checkpoint | None = None,
        **options: Any,
    ) -> training.History:
        """Train one network after the other, and return the mean of their histories.

        If the user interrupts, the weights so far stay, and networks that are not begun are taken
        from the list. A search is stopped.
        """
        histories = []
        with contextlib.closing(progress) if progress else contextlib.nullcontext():
            for number, member in enumerate(members):
                try:
                    histories.append(
                        self._train(member, validation, progress, **options)
                        if checkpoint is None
                        else self._go_on(number, member, validation, progress, checkpoint, options)
                    )
                except training.Interrupted as stop:
                    if _is_one_of_many():
                        raise
                    member.state = stop.state
                    histories.append(stop.history)
                    _warn_of_interrupt(stop.history, options["epochs"], number, len(members))
                    del members[number + 1 :]
                    break
        return _mean_history(histories)

    def _train(
        self,
        member: Member,
        validation: training.Samples | None = None,
        progress: Progress | None = None,
        **options: Any,
    ) -> training.History:
        member.state, history = training.train(
            self.network,
            self.compilation(),
            member.state,
            self.samples,
            validation,
            self.options(member, progress, **options),
            self.jit_compile,
        )
        return history

    def _go_on(
        self,
        number: int,
        member: Member,
        validation: training.Samples | None,
        progress: Progress | None,
        checkpoint: Checkpoint,
        options: dict[str, Any],
    ) -> training.History:
        """Train a network from where it was when training was killed."""
        # Those that users have made go from one member to the next.
        callbacks = self.options(member, progress, **options).callbacks
        if number < len(checkpoint.done):
            history = checkpoint.restore(member, number, callbacks)
            if progress is not None:
                progress.skip(options["epochs"], is_whole=True)
            return history
        moment = checkpoint.moment
        if progress is not None and moment is not None:
            progress.skip(moment.epoch - options["first_epoch"], is_whole=False)
        kept = {"keep": checkpoint.keep, "every": checkpoint.every, "moment": moment}
        history = self._train(member, validation, progress, **options, **kept)
        checkpoint.keep_member(member, history, callbacks)
        return history

    # --- how long ----------------------------------------------------------------------------

    def find_budget(self, trial: Member, rows_ahead: int, verbose: int = 0) -> Budget:
        """Train a network on the earlier samples, and look at its error on the later ones.

        Parameters
        ----------
        trial : Member
            A network with fresh weights, which is used up.
        rows_ahead : int
            How many rows ahead of their window the targets reach.
        verbose : int, default=0
            Whether a bar or lines show how far it is.
        """
        early, late = self.parts(rows_ahead)
        if not len(early):
            return Budget(_MIN_MAX_EPOCHS)
        most = most_of(len(early))
        progress = TrialProgress(verbose, most) if verbose else None
        with contextlib.closing(progress) if progress else contextlib.nullcontext():
            return self._part(early)._look(trial, self._part(late), most, progress)

    def parts(self, rows_ahead: int) -> tuple[np.ndarray, np.ndarray]:
        """The earlier samples, which a trial is trained on, and the later ones."""
        return self.rows.parted(_LATE, rows_ahead)

    def _part(self, rows: np.ndarray) -> Course:
        """The course of some of the samples."""
        return replace(self, chosen=self.chosen[rows], rows=self.rows[rows])

    def _look(self, member: Member, late: Course, most: int, progress: Progress | None) -> Budget:
        """Train for longer and longer, until the later windows gain no more."""
        errors, states, n_samples, course = {}, {}, len(self.chosen.targets), self
        n_updates = -(-n_samples // self.batch_size)
        if self.is_linear:
            course, _ = self.begin_at_ridge([member])
            late = replace(late, beside=course.beside)
            states[0] = training.State(self.network.shell.linear_only(member.state.weights))
            errors[0] = late._error(late._outputs(states[0]))
        for n_done, n_more in _looks(most):
            options = {"epochs": n_more, "first_epoch": n_done, "schedule": "constant"}
            course._train(member, None, progress, is_trial=True, **options)
            states[n_done + n_more] = member.state
            errors[n_done + n_more] = late._error(late._outputs(member.state))
            is_late = n_updates * (n_done + n_more) >= _MIN_UPDATES
            if is_late and min([*errors.values()][-_PATIENCE:]) > min(errors.values()):
                break
        best, first = min(errors.values()), errors.get(0, np.nan)
        if self.is_linear and best >= (1 - _CHANCE / n_samples**0.5) * first:
            return Budget(0, 0.0, 0.0)
        epochs = next(n for n, error in errors.items() if error <= (1 + _TOLERANCE) * best)
        if not self.is_linear:
            return Budget(epochs)
        share, error = late._find_share(states[0], states[epochs])
        return Budget(epochs, 1 - error / first, share)

    def _find_share(self, alone: training.State, trained: training.State) -> tuple[float, float]:
        """The share of a trained network beside the linear part alone, and the error with it."""
        linear, ours = self._outputs(alone), self._outputs(trained)
        errors = np.array([self._error(linear + share * (ours - linear)) for share in SHARES])
        at = share_next_to_half(errors[:, np.newaxis])[0]
        return float(SHARES[at]), float(errors[at])

    def _outputs(self, state: training.State) -> np.ndarray:
        """What a network says of the samples."""
        samples = self.samples
        inputs = samples.table, samples.starts, samples.is_masked, samples.known
        return training.predict(self.network, [state], *inputs).reshape(samples.y.shape)

    def _error(self, outputs: np.ndarray) -> float:
        """The mean loss of outputs, weighted."""
        losses, weight = self.losses_of(self.samples.y, outputs), self.samples.weight
        weight = np.ones(len(losses)) if weight is None else weight
        weight = weight.reshape(len(losses), -1)
        return float((weight * losses).mean() / max(weight.mean(), _TINY))


def _looks(most: int) -> Iterator[tuple[int, int]]:
    """Epochs that are done, at most so many, and how many more there are until the next look."""
    done = 0
    while done < most:
        more = min(max(2, round(done * (_GROWTH - 1))), most - done)
        yield done, more
        done += more


def _mean_history(histories: list[training.History]) -> training.History:
    """Mean over the members that were still training in an epoch."""
    lengths = {name: max(len(h.get(name, [])) for h in histories) for name in histories[0]}
    return {
        name: [
            float(np.mean([h[name][epoch] for h in histories if epoch < len(h.get(name, []))]))
            for epoch in range(length)
        ]
        for name, length in lengths.items()
    }


def _is_one_of_many() -> bool:
    """Tell whether somebody fits many: a search or a cross-validation, say."""
    frame = sys._getframe()
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith(_FITTING_MANY):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


def _warn_of_interrupt(
    history: training.History, n_epochs: int, number: int, n_members: int
) -> None:
    n_done = len(history.get("loss", []))
    which = f" of member {number + 1} of {n_members}" * (n_members > 1)
    warnings.warn(
        f"training was interrupted after {n_done} of {n_epochs} epochs{which}: the regressor has "
        f"the weights of that moment"
        + f", and its forecast is the mean of {number + 1} members" * (n_members > 1)
        + ". Fit it again for the whole training, or see history_ for how far it has come.",
        UserWarning,
        stacklevel=2,
    )
