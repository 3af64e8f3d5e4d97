"""The base of all estimators: scikit-learn's contract on one side, training on the other."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator
from numbers import Integral
from typing import Any

import keras
import numpy as np

from skforecast_lstm import _programs as training
from skforecast_lstm._checkpoints import Checkpoint
from skforecast_lstm._course import Budget, Course, batch_of, rate_of
from skforecast_lstm._inputs import InputsMixin
from skforecast_lstm._members import Member, new_members
from skforecast_lstm._pages import see
from skforecast_lstm._samples import Chosen, check_weights
from skforecast_lstm._validation import check_is_fitted, check_sample_weight, fit_context
from skforecast_lstm._watchers import Progress, has_batch_hooks, identity_of
from skforecast_lstm._windows import Windows, are_asked_for, are_needed

__all__ = ["BaseLSTM"]


# What becomes of the oldest steps of a window, where they are missing.
_FILLED = {"drop": "their first known row is repeated", "mask": "these steps are skipped"}


class BaseLSTM(InputsMixin):
    """Fits networks to windows and targets, and asks them; what targets are is for subclasses."""

    #: The builder. Subclasses set it with ``staticmethod(...)``.
    build_network: Callable[..., keras.Model]

    history_: dict[str, list[float]]
    n_iter_: int
    n_iter_restored_: int
    batch_size_: int
    learning_rate_: Any
    _fitted_network: training.Network
    _members: list[Member]
    _states: list[training.State]
    #: What is forecast beside the networks.
    _beside: Any = None
    #: What an error counts by its true label, for the labels of each kind.
    _class_weights: list[np.ndarray] | None = None

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_members")

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_model"}

    # --- fitting -----------------------------------------------------------------------------

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None
    ) -> BaseLSTM:
        """Train a new network, or with ``warm_start=True`` the one there is.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps_in, n_features) or (n_samples, n_steps_in)
            The windows, in time order, the oldest step of each first. A 2-D array is windows of one
            series; if the names of its columns are lags (``lag_1``, ``sales_lag2``), they are
            sorted. Rows with NaN in their window or in `y` are left out.
        y : array-like of shape (n_samples,), (n_samples, n_steps_out * n_targets) or \
                (n_samples, n_steps_out, n_targets)
            The targets, numbers or labels. The columns of a 2-D array are all targets of the first
            step, then of the second, ... (time-major). Rows with a missing target are left out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss.
        X_val, y_val : array-like, default=None
            Held-out samples, in the form of `X` and `y`, for ``val_loss`` and early stopping.

        Returns
        -------
        self : estimator
            The fitted estimator.
        """
        is_fresh = not (self.warm_start and self.__sklearn_is_fitted__())
        with self._all_or_nothing():
            epochs = None if isinstance(self.epochs, str) else self.epochs
            self._train(X, y, sample_weight, X_val, y_val, epochs=epochs, is_fresh=is_fresh)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def initialize(self, X: Any, y: Any) -> BaseLSTM:
        """Make the network with fresh weights, without training.

        Parameters
        ----------
        X, y : array-like
            As in ``fit``.

        Returns
        -------
        self : estimator
            The estimator, ready for ``partial_fit``.
        """
        with self._all_or_nothing():
            self._train(X, y, epochs=0, is_fresh=True, is_partial=True)
        return self

    @contextlib.contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """Keep the estimator as it was if fitting fails half way."""
        before = self.__dict__.copy()
        try:
            yield
        except BaseException:
            self.__dict__ = before
            raise

    def _train(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        *,
        epochs: int | None,
        is_fresh: bool,
        is_partial: bool = False,
        **given: Any,
    ) -> None:
        """Train new networks or those there are; `given` is what else is said about `y`."""
        self.n_iter_restored_ = 0
        self._check_parameters(is_fresh=is_fresh)
        windows = self._check_windows(X, reset=is_fresh)
        targets = self._check_targets(y, windows, reset=is_fresh, **given)
        weight = None
        if sample_weight is not None:
            weight = check_sample_weight(sample_weight, targets, dtype=np.float64)
            check_weights(weight)
        can_skip = self.missing == "mask"
        chosen = Chosen(windows, targets, weight).complete(can_skip=can_skip)
        held_out = self._check_held_out(X_val, y_val, of_table=windows.is_table)
        if self.early_stopping and held_out is None and not is_partial:
            chosen, held_out = self._hold_out(chosen)

        rows, chosen = self._prepare(chosen, is_fresh=is_fresh, is_partial=is_partial)
        network = self._network(chosen.windows)
        members = self._members_of(network, is_fresh=is_fresh)
        self._relate(members, network)
        course = self._course(network, rows, chosen, is_fresh=is_fresh)
        checkpoint = None
        if self.checkpoint is not None and not is_partial:
            checkpoint = self._find_checkpoint(course, members, held_out)
        budget = self._find_budget(course, members[0], epochs, checkpoint)
        course = self._begin(course, members, budget, is_fresh=is_fresh)
        before = self.history_ if is_partial and not is_fresh else {}
        n_before = len(before.get("loss", []))
        self._warn_of_copied_callbacks()
        history = course.train(
            members,
            None if held_out is None else self._samples_of(held_out),
            self._progress(budget.epochs, n_before),
            checkpoint,
            epochs=budget.epochs,
            first_epoch=n_before,
            schedule="constant" if is_partial else self.learning_rate_schedule,
            patience=self.n_iter_no_change if self.early_stopping and held_out else None,
        )
        course.shrink(members, budget.share)
        self._fitted_network, self._members = network, members
        # The very list tells a program whether it holds the weights that it is to predict with.
        self._states = [member.state for member in members]
        self.__dict__.pop("_model", None)
        self.history_ = {k: [*before.get(k, []), *v] for k, v in history.items()}
        self.n_iter_ = len(self.history_.get("loss", []))
        if checkpoint is not None:
            checkpoint.end(len(members))

    def _course(
        self, network: training.Network, rows: Windows, chosen: Chosen, *, is_fresh: bool
    ) -> Course:
        """What the networks are trained on, and how."""
        n_samples = len(chosen.targets)
        size, rate = self.batch_size, self.learning_rate
        self.batch_size_ = batch_of(n_samples) if isinstance(size, str) else size
        self.learning_rate_ = rate_of(self.batch_size_) if isinstance(rate, str) else rate
        return Course(
            network=network,
            chosen=chosen,
            rows=rows,
            samples_of=self._samples,
            known_of=self._known,
            losses_of=self._losses,
            compilation=self._compilation,
            options=self._training,
            batch_size=self.batch_size_,
            jit_compile=self.jit_compile,
        )

    def _hold_out(self, chosen: Chosen) -> tuple[Chosen, Chosen]:
        """The samples to train on, and the last ones, which early stopping looks at."""
        return chosen.hold_out_last(self.validation_fraction, self._rows_ahead)

    def _samples_of(self, held_out: Chosen) -> training.Samples:
        """What a program takes of samples that are not trained on."""
        return self._samples(self._scaled(held_out), held_out.windows, self._beside)

    def _find_checkpoint(
        self, course: Course, members: list[Member], held_out: Chosen | None
    ) -> Checkpoint:
        """How far this very training has come, if it was begun before."""
        if not isinstance(self.random_state, Integral):
            raise ValueError(
                f"checkpoint={self.checkpoint!r} needs a number as random_state, got "
                f"{self.random_state!r}: a training that goes on draws what it would have drawn. "
                f"Set random_state=0, or checkpoint=None."
            )
        if has_batch_hooks(self._callbacks()):
            raise ValueError(
                "checkpoint needs callbacks that look at epochs only, but one has a hook for "
                "batches, with which Keras trains by itself. Leave it out, or set checkpoint=None."
                f" {see('saving')}"
            )
        left_out = {"checkpoint", "checkpoint_every", "callbacks", "verbose"}
        params = {k: v for k, v in self.get_params(deep=False).items() if k not in left_out}
        network, rows = course.network, course.rows
        parts = [
            type(self).__name__,
            params,
            [identity_of(callback) for callback in self._callbacks()],
            [keras.config.dtype_policy().name, keras.config.floatx(), keras.config.epsilon()],
            [network.builder, network.shell, network.arguments],
            # Of warm starts: networks of the same weights may have come to them in other ways.
            [[m.seed, m.rng.get_state(legacy=False), vars(m.state)] for m in members],
            rows.times and rows.times.numbers,
            # Labels of other names may be the same numbers, and class_weight names them.
            *(self._class_weights or []),
        ]
        for chosen in filter(None, [course.chosen, held_out]):
            windows = chosen.windows
            parts.append([windows.table, windows.ends, windows.is_masked])
            parts.append([chosen.targets, chosen.weight, chosen.counts])
        checkpoint = Checkpoint.of(self.checkpoint, self.checkpoint_every, *parts)
        self.n_iter_restored_ = checkpoint.n_epochs
        return checkpoint

    def _find_budget(
        self, course: Course, member: Member, epochs: int | None, checkpoint: Checkpoint | None
    ) -> Budget:
        """How long to train."""
        if epochs is not None:
            return Budget(epochs)
        if checkpoint is not None and checkpoint.budget is not None:
            return Budget(**checkpoint.budget)
        if self.early_stopping:
            raise ValueError(
                "early_stopping=True stops training itself, and epochs='auto' finds how long to "
                "train: choose one. Give epochs as a number, the most there are, or leave "
                f"early_stopping at False. {see('training')}"
            )
        trial = Member.new(course.network, np.random.RandomState(member.seed))
        self._relate([trial], course.network)
        budget = course.find_budget(trial, self._rows_ahead, int(self.verbose))
        if checkpoint is not None:
            checkpoint.keep_budget(budget._asdict())
        return budget

    def _training(
        self, member: Member, progress: Progress | None, *, is_trial: bool = False, **options: Any
    ) -> training.Training:
        return training.Training(
            batch_size=self.batch_size_,
            shuffle=self.shuffle,
            rng=member.rng,
            dropout_seed=member.seed,
            progress=progress,
            callbacks=[] if is_trial else self._callbacks(),
            **options,
        )

    def _progress(self, n_epochs: int, first_epoch: int) -> Progress | None:
        if not self.verbose or not n_epochs:
            return None
        return Progress(int(self.verbose), n_epochs, first_epoch, self.n_members)

    def _members_of(self, network: training.Network, *, is_fresh: bool) -> list[Member]:
        """New networks, or copies of those there are, if they are what the parameters say."""
        if is_fresh:
            return new_members(network, self.n_members, self.random_state)
        if network.key != self._fitted_network.key or len(self._members) != self.n_members:
            raise ValueError(
                f"warm_start and partial_fit continue with the network there is, but parameters of "
                f"{type(self).__name__} that shape it, or the lead of y, have changed since it was "
                f"fitted. Set them back, or fit anew with warm_start=False. {see('serving')}"
            )
        return copy.deepcopy(self._members)

    # --- asking ------------------------------------------------------------------------------

    def _outputs(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Which rows have a prediction, and what each network says of these.

        The second is of shape (n_known, n_members, n_steps_out, n_targets, n_outputs).
        """
        windows = self._check_windows(X, reset=False)
        windows.warn_if_cold(type(self).__name__, _FILLED[self.missing])
        is_known = windows.can_be_completed() & are_needed(len(windows))
        shape = self.n_steps_out_, self.n_targets_, self._n_outputs
        if not is_known.any():
            return is_known, np.empty((0, len(self._states), *shape))
        rows = windows if is_known.all() else windows[is_known]
        windows = self._scaled_windows(rows)
        history, known = windows.history(), self._known(windows)
        self._look_at(history, rows, are_asked_for(len(is_known))[is_known])
        inputs = history.table, history.starts, history.is_masked, known
        outputs = training.predict(self._fitted_network, self._states, *inputs)
        outputs = outputs.reshape(*outputs.shape[:2], *shape)
        return is_known, self._beside_network(outputs, rows, history)

    def _look_at(self, history: Windows, rows: Windows, is_asked: np.ndarray) -> None:
        """Warn of windows that are to be predicted: scaled ones, and what they were before."""

    def _beside_network(self, outputs: np.ndarray, rows: Windows, history: Windows) -> np.ndarray:
        """Outputs with what is forecast beside the network."""
        return outputs

    @property
    def model_(self) -> keras.Model:
        """The trained network as a Keras model of its own, compiled as it was trained."""
        check_is_fitted(self)
        if "_model" not in vars(self):
            self._model = training.build_model(
                self._fitted_network, self._states, self._compilation()
            )
        return self._model

    @property
    def initialized_(self) -> bool:
        """Whether there is a network: SciKeras' name."""
        return self.__sklearn_is_fitted__()

    # --- what estimators of numbers and of labels differ in ------------------------------------

    def _check_parameters(self, *, is_fresh: bool) -> None:
        """Check what parameters say about one another."""
        raise NotImplementedError

    def _prepare(
        self, chosen: Chosen, *, is_fresh: bool, is_partial: bool
    ) -> tuple[Windows, Chosen]:
        """The windows as they are to be told apart, and the samples as the network sees them."""
        raise NotImplementedError

    def _scaled(self, chosen: Chosen) -> Chosen:
        """Samples as the network is to see them, with the scales that there are."""
        raise NotImplementedError

    def _samples(self, scaled: Chosen, rows: Windows, beside: Any) -> training.Samples:
        """What a program takes of such samples; `beside`: what is forecast beside the network."""
        raise NotImplementedError

    def _losses(self, y: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """What outputs of samples are off, (n_samples, 1) or (n_samples, n_labels)."""
        raise NotImplementedError

    def _relate(self, members: list[Member], network: training.Network) -> None:
        """Tell networks what was found out about the samples."""

    def _begin(
        self, course: Course, members: list[Member], budget: Budget, *, is_fresh: bool
    ) -> Course:
        """The course that training goes, and where members begin."""
        return course
