"""The base of all regressors: scikit-learn's contract on one side, training on the other."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Sequence
from numbers import Integral
from typing import Any

import keras
import numpy as np

from skforecast_lstm import _programs as training
from skforecast_lstm._checkpoints import Checkpoint
from skforecast_lstm._course import Budget, Course, batch_of, rate_of
from skforecast_lstm._inputs import InputsMixin
from skforecast_lstm._members import Member, new_members, relate
from skforecast_lstm._parameters import documented
from skforecast_lstm._quantiles import QuantilesMixin
from skforecast_lstm._samples import Chosen, check_weights
from skforecast_lstm._smoothing import Beside
from skforecast_lstm._validation import (
    check_is_fitted,
    check_sample_weight,
    fit_context,
)
from skforecast_lstm._watchers import Progress, has_batch_hooks, told_apart
from skforecast_lstm._windows import Windows, are_needed, fill_unneeded

__all__ = ["BaseLSTMRegressor"]


# What becomes of the oldest steps of a window, where they are missing.
_FILLED = {"drop": "their first known row is repeated", "mask": "these steps are skipped"}


@documented
class BaseLSTMRegressor(QuantilesMixin, InputsMixin):
    """Base of the regressors, and of your own: subclass it and name a builder.

    A builder takes ``(input_shape, n_steps_out, n_targets)`` and, by name, any parameters of the
    estimator; it returns an uncompiled ``keras.Model`` whose output is ``n_steps_out * n_targets``
    wide (time-major) or ``(n_steps_out, n_targets)``. If it names ``n_known_future``, the window
    has no columns of coming values: where there are such covariates, so many, the model takes them
    as a second input, of shape ``(n_steps_out, n_known_future)``.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Raises
    ------
    ValueError
        From ``fit`` and ``predict``, if shapes or parameters contradict each other.

    Notes
    -----
    Parameters of the optimizer, loss, metrics and callbacks are routed as in SciKeras:
    ``set_params(optimizer__momentum=0.9)``, ``callbacks__patience``.

    References
    ----------
    .. [1] Hochreiter, S. and Schmidhuber, J. (1997). Long short-term memory. Neural Computation
       9(8), 1735-1780.

    Examples
    --------
    >>> import keras, numpy as np
    >>> from skforecast_lstm import BaseLSTMRegressor
    >>> def build_dense(input_shape, n_steps_out, n_targets, *, units):
    ...     layers = [keras.layers.Flatten(), keras.layers.Dense(units, activation="relu")]
    ...     last = keras.layers.Dense(n_steps_out * n_targets)
    ...     return keras.Sequential([keras.Input(input_shape), *layers, last])
    >>> class DenseRegressor(BaseLSTMRegressor):
    ...     build_network = staticmethod(build_dense)
    >>> X = np.arange(20.0).reshape(10, 2)
    >>> DenseRegressor(units=8, epochs=5, random_state=0).fit(X, X[:, 0]).predict(X).shape
    (10,)
    """

    #: The builder. Subclasses set it with ``staticmethod(...)``.
    build_network: Callable[..., keras.Model]

    history_: dict[str, list[float]]
    n_iter_: int
    n_iter_restored_: int
    batch_size_: int
    learning_rate_: Any
    linear_errors_: dict[str, float]
    network_gain_: float
    _fitted_network: training.Network
    _members: list[Member]
    _states: list[training.State]
    _beside: Beside | None

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_members")

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_model"}

    # --- fitting -----------------------------------------------------------------------------

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None
    ) -> BaseLSTMRegressor:
        """Train a new network, or with ``warm_start=True`` the one there is.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps_in, n_features) or (n_samples, n_steps_in)
            The windows, oldest step first, in time order; 2-D: windows of one series, whose columns
            are put in order where their names tell it (``lag_1``, ``sales_lag2``). Rows whose
            window or `y` holds NaN are left out.
        y : array-like of shape (n_samples,), (n_samples, n_steps_out * n_targets) or \
                (n_samples, n_steps_out, n_targets)
            The targets; in 2-D, all targets of the first step, then of the second, ...
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss.
        X_val, y_val : array-like, default=None
            Held-out samples, in the form of `X` and `y`, for ``val_loss`` and early stopping.

        Returns
        -------
        self : BaseLSTMRegressor
            The fitted regressor.
        """
        is_fresh = not (self.warm_start and self.__sklearn_is_fitted__())
        with self._all_or_nothing():
            epochs = None if isinstance(self.epochs, str) else self.epochs
            self._train(X, y, sample_weight, X_val, y_val, epochs=epochs, is_fresh=is_fresh)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> BaseLSTMRegressor:
        """Train one epoch more, with the scale of the targets that the first fit found.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps_in, n_features) or (n_samples, n_steps_in)
            The windows.
        y : array-like of shape (n_samples,), (n_samples, n_steps_out * n_targets) or \
                (n_samples, n_steps_out, n_targets)
            The targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss.

        Returns
        -------
        self : BaseLSTMRegressor
            The regressor.
        """
        is_fresh = not self.__sklearn_is_fitted__()
        with self._all_or_nothing():
            self._train(X, y, sample_weight, epochs=1, is_fresh=is_fresh, is_partial=True)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def initialize(self, X: Any, y: Any) -> BaseLSTMRegressor:
        """Make the network with fresh weights and the scale of the targets, without training.

        Parameters
        ----------
        X, y : array-like
            As in ``fit``.

        Returns
        -------
        self : BaseLSTMRegressor
            The regressor, ready for ``partial_fit``.
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
    ) -> None:
        self.n_iter_restored_ = 0
        quantiles = self._check_quantiles()
        if is_fresh:
            self._quantiles = quantiles
        elif quantiles != self._quantiles:
            raise ValueError(
                f"quantiles={quantiles} are not those of the network there is, {self._quantiles}: "
                f"set loss and quantiles back, or fit anew with warm_start=False."
            )
        windows = self._check_windows(X, reset=is_fresh)
        targets = self._check_targets(y, windows, reset=is_fresh)
        weight = None
        if sample_weight is not None:
            weight = check_sample_weight(sample_weight, targets, dtype=np.float64)
            check_weights(weight)
        can_skip = self.missing == "mask"
        chosen = Chosen(windows, targets, weight).complete(can_skip=can_skip)
        held_out = self._check_held_out(X_val, y_val)
        if self.early_stopping and held_out is None and not is_partial:
            chosen, held_out = chosen.hold_out_last(self.validation_fraction, self._reach)

        chosen = self._repaired(chosen)
        if is_fresh:
            self._fit_scalers(chosen)
        if is_fresh or not (is_partial and self._relation.is_certain):
            relation = self._find_relation(chosen)
            self._relation = relation if is_fresh or relation.is_certain else self._relation
        rows, chosen = chosen.windows, self._scaled(chosen)
        if is_fresh:
            self.season_length_ = self._find_season(chosen)
        if self.series_weight is not None:
            chosen.counts = self._counts(rows, chosen)
        network = self._network(chosen.windows)
        members = self._members_of(network, is_fresh=is_fresh)
        relate(members, network, self._relation)
        course = self._course(network, rows, chosen, is_fresh=is_fresh)
        checkpoint = None
        if self.checkpoint is not None and not is_partial:
            checkpoint = self._find_checkpoint(course, members, held_out)
        budget = self._find_budget(course, members[0], epochs, checkpoint)
        if is_fresh:
            self.linear_errors_, self._beside = {}, None
        if is_fresh and course.is_linear:
            course, self.linear_errors_ = course.begin_at_ridge(members)
            self._beside = course.beside
        before = self.history_ if is_partial and not is_fresh else {}
        n_before = len(before.get("loss", []))
        self.network_gain_, n_epochs = budget.gain, budget.epochs
        self._warn_of_copied_callbacks()
        history = course.train(
            members,
            None if held_out is None else self._samples_of(held_out),
            self._progress(n_epochs, n_before),
            checkpoint,
            epochs=n_epochs,
            first_epoch=n_before,
            schedule="constant" if is_partial else self.learning_rate_schedule,
            patience=self.n_iter_no_change if self.early_stopping and held_out else None,
        )
        course.shrink(members, budget.share)
        self.network_share_ = budget.share
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
            quantiles=self._quantiles,
            is_linear=self.linear_skip == "ridge",
            smoothing={"smooths": self._smooths(), "zeros": self._relation.zeros},
            compilation=self._compilation,
            options=self._training,
            batch_size=self.batch_size_,
            jit_compile=self.jit_compile,
            beside=None if is_fresh else self._check_beside(rows),
        )

    def _samples_of(self, held_out: Chosen) -> training.Samples:
        """What a program takes of samples that are not trained on."""
        return self._samples(self._scaled(held_out), held_out.windows, self._beside)

    def _check_beside(self, rows: Windows) -> Beside | None:
        """The smoothing that there is, if it can tell the phases of other rows."""
        if self._beside is not None and (self._beside.phases.find(rows)[0] < 0).any():
            raise ValueError(
                "smoothing=True and warm_start or partial_fit: training goes on with the season "
                "that the first fit found, and of these rows it is not known which phase of it "
                "they are in. They have to come from the window step that the first rows went "
                "through, or from one that was fitted to a table with the same first date. Fit "
                "anew with warm_start=False, or set smoothing=False."
            )
        return self._beside

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
            )
        left_out = {"checkpoint", "checkpoint_every", "callbacks", "verbose"}
        params = {k: v for k, v in self.get_params(deep=False).items() if k not in left_out}
        network, rows = course.network, course.rows
        parts = [
            type(self).__name__,
            params,
            [told_apart(callback) for callback in self._callbacks()],
            [keras.config.dtype_policy().name, keras.config.floatx(), keras.config.epsilon()],
            [network.builder, network.shell, network.arguments],
            # Of warm starts: networks of the same weights may have come to them in other ways.
            [[m.seed, m.rng.get_state(legacy=False), vars(m.state)] for m in members],
            rows.times and rows.times.numbers,
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
                "early_stopping at False."
            )
        trial = Member.new(course.network, np.random.RandomState(member.seed))
        relate([trial], course.network, self._relation)
        budget = course.find_budget(trial, self._reach, int(self.verbose))
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
                f"fitted. Set them back, or fit anew with warm_start=False."
            )
        return copy.deepcopy(self._members)

    def predict(
        self, X: Any, *, return_std: bool = False, quantiles: Sequence[float] | None = None
    ) -> Any:
        """Predict the targets of every row, in the layout that ``fit`` was given.

        Pipelines hand on `return_std` and `quantiles`: ``pipeline.predict(X, quantiles=[0.9])``.
        Searches of scikit-learn do not: ask their ``best_estimator_``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps_in, n_features) or (n_samples, n_steps_in)
            The windows. One that only lacks its oldest steps is completed by repeating its first
            known one; NaN anywhere else gives NaN.
        return_std : bool, default=False
            Whether to return how far the members differ as well: the deviation of their forecasts.
            It is what other seeds would have changed, not how far the truth may be off: for that
            there are `quantiles` and :class:`ConformalRegressor`. Zero where the linear part
            forecasts alone (``network_gain_`` is 0). Needs ``n_members`` above 1.
        quantiles : sequence of float, default=None
            Which quantiles to predict instead, among those that the network was fitted with. Needs
            ``loss="quantile"``.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, n_steps_out * n_targets) or \
                (n_samples, n_steps_out, n_targets)
            The predictions, in the target's units. With `quantiles` there is one axis more, the
            last, for them, in the order asked for; they never cross.
        std : ndarray of the shape of `y`
            The deviations, in the target's units. Only with ``return_std=True``.

        Raises
        ------
        ValueError
            If the regressor has no members or no such quantiles.
        """
        check_is_fitted(self)
        if quantiles is not None:
            if return_std:
                raise ValueError(
                    "predict returns either the spread of the members (return_std=True) or "
                    "quantiles: ask for one after the other."
                )
            at = self._find_quantiles(quantiles, f"quantiles={quantiles} were asked for")
            return self._in_layout(self._predict_all(X), at)
        is_known, outputs = self._outputs(X)
        y = self._middle(self._to_units(is_known, outputs.mean(axis=1)))
        if not return_std:
            return y
        if outputs.shape[1] == 1:
            raise ValueError(
                f"return_std=True tells how far members differ, but {type(self).__name__} has "
                f"n_members=1. Fit it with more, or predict quantiles with loss='quantile'."
            )
        members = np.moveaxis(outputs, 1, 0)
        return y, np.std([self._middle(self._to_units(is_known, m)) for m in members], axis=0)

    def _predict_all(self, X: Any) -> np.ndarray:
        """Predictions of shape (n_samples, n_steps_out, n_targets, n_quantiles), or 1 of these."""
        is_known, outputs = self._outputs(X)
        return self._to_units(is_known, outputs.mean(axis=1))

    def _outputs(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Which rows have a forecast, and what each member says of these, in scaled units.

        The second is of shape (n_known, n_members, n_steps_out, n_targets, n_quantiles).
        """
        windows = self._check_windows(X, reset=False)
        windows.warn_if_cold(type(self).__name__, _FILLED[self.missing])
        is_known = windows.can_be_completed() & are_needed(len(windows))
        shape = self.n_steps_out_, self.n_targets_, len(self._quantiles)
        if not is_known.any():
            return is_known, np.empty((0, len(self._states), *shape))
        rows = windows if is_known.all() else windows[is_known]
        windows = self._scaled_windows(rows)
        history, known = windows.history(), self._known(windows)
        inputs = history.table, history.starts, history.is_masked, known
        outputs = training.predict(self._fitted_network, self._states, *inputs)
        outputs = outputs.reshape(*outputs.shape[:2], *shape)
        if self._beside is not None:
            places = self._beside.phases.find(rows)
            self._beside.warn_of_unknown(places, type(self).__name__)
            offsets = self._offsets(history, places, self._beside)
            outputs = outputs + offsets[:, np.newaxis, ..., None]
        return is_known, outputs

    def _to_units(self, is_known: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """Outputs of known rows in the target's units, among NaN for the others."""
        y = np.full((len(is_known), *outputs.shape[1:]), np.nan, dtype=self._y_dtype)
        if is_known.any():
            for number in range(outputs.shape[-1]):
                y[is_known, ..., number] = self._through_scaler(
                    "inverse_transform", outputs[..., number].astype(self._y_dtype)
                )
        return fill_unneeded(y)

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
    def smoothing_share_(self) -> np.ndarray:
        """The share of exponential smoothing in the forecast of each target."""
        check_is_fitted(self)
        return np.zeros(self.n_targets_) if self._beside is None else self._beside.share.copy()

    @property
    def initialized_(self) -> bool:
        """Whether there is a network: SciKeras' name."""
        return self.__sklearn_is_fitted__()
