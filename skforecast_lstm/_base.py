"""The base of all regressors: scikit-learn's contract on one side, training on the other."""

from __future__ import annotations

import contextlib
import copy
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
from sklearn.utils import check_array

from skforecast_lstm import _programs as training
from skforecast_lstm._containers import as_rows
from skforecast_lstm._keras_params import KerasParams
from skforecast_lstm._known import among_history, known_by_step
from skforecast_lstm._lags import warn_of_reversed
from skforecast_lstm._members import Member, begin_at_ridge, new_members, relate, train_members
from skforecast_lstm._parameters import LSTMParameters, documented
from skforecast_lstm._quantiles import QuantilesMixin
from skforecast_lstm._relation import (
    Relation,
    check_columns,
    relate_targets,
)
from skforecast_lstm._samples import Chosen, check_weights
from skforecast_lstm._scaling import (
    Line,
    fit_feature_scaler,
    fit_target_scaler,
    line_of,
    scaled_windows,
    through_scaler,
)
from skforecast_lstm._season import find_season
from skforecast_lstm._shell import Shell
from skforecast_lstm._targets import (
    FramedRegressorMixin,
    count_scales,
    find_lead,
)
from skforecast_lstm._validation import (
    FLOATS,
    check_feature_names,
    check_is_fitted,
    check_sample_weight,
    fit_context,
    validate_data,
)
from skforecast_lstm._watchers import Progress
from skforecast_lstm._windows import KnownAhead, Windows, are_needed, fill_unneeded

__all__ = ["BaseLSTMRegressor"]


# What becomes of the oldest steps of a window, where they are missing.
_FILLED = {"drop": "their first known row is repeated", "mask": "these steps are skipped"}


@documented
class BaseLSTMRegressor(FramedRegressorMixin, QuantilesMixin, LSTMParameters, KerasParams):
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
    n_features_in_: int
    n_iter_: int
    n_steps_in_: int
    n_steps_out_: int
    n_targets_: int
    season_length_: int
    feature_scaler_: Any
    target_scaler_: Any
    _fitted_network: training.Network
    _n_dims: int
    _ahead: KnownAhead | None
    _n_scales: int
    _quantiles: tuple[float, ...]
    _lead: int
    _relation: Relation
    _members: list[Member]
    _states: list[training.State]

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
            self._train(X, y, sample_weight, X_val, y_val, epochs=self.epochs, is_fresh=is_fresh)
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
        epochs: int,
        is_fresh: bool,
        is_partial: bool = False,
    ) -> None:
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
            reach = self._lead + self.n_steps_out_ - 1
            chosen, held_out = chosen.hold_out_last(self.validation_fraction, reach)

        if is_fresh:
            self._fit_scalers(chosen)
        if is_fresh or not (is_partial and self._relation.is_certain):
            relation = self._find_relation(chosen)
            self._relation = relation if is_fresh or relation.is_certain else self._relation
        rows, chosen = chosen.windows, self._scaled(chosen)
        if is_fresh:
            self.season_length_ = self._find_season(chosen)
        samples = self._samples(chosen)
        network = self._network(samples)
        members = self._members_of(network, is_fresh=is_fresh)
        relate(members, network, self._relation)
        if is_fresh and self.linear_skip == "ridge":
            begin_at_ridge(
                members, network, chosen.windows.history(), rows, samples, self._quantiles
            )
        history_before = self.history_ if is_partial and not is_fresh else {}
        history = train_members(
            members,
            network,
            samples,
            None if held_out is None else self._samples(self._scaled(held_out)),
            compilation=self._compilation,
            options=functools.partial(
                self._training,
                epochs=epochs,
                first_epoch=len(history_before.get("loss", [])),
                schedule="constant" if is_partial else self.learning_rate_schedule,
                patience=self.n_iter_no_change if self.early_stopping and held_out else None,
            ),
            jit_compile=self.jit_compile,
            progress=self._progress(epochs, len(history_before.get("loss", []))),
        )
        self._fitted_network, self._members = network, members
        # The very list tells a program whether it holds the weights that it is to predict with.
        self._states = [member.state for member in members]
        self.__dict__.pop("_model", None)
        self.history_ = {k: [*history_before.get(k, []), *v] for k, v in history.items()}
        self.n_iter_ = len(self.history_.get("loss", []))

    def _training(
        self, member: Member, progress: Progress | None, **options: Any
    ) -> training.Training:
        return training.Training(
            batch_size=self.batch_size,
            shuffle=self.shuffle,
            rng=member.rng,
            dropout_seed=member.seed,
            progress=progress,
            callbacks=self._callbacks(),
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
            there are `quantiles` and :class:`ConformalRegressor`. Needs ``n_members`` above 1.
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
        windows = self._scaled_windows(windows if is_known.all() else windows[is_known])
        history, known = windows.history(), self._known(windows)
        inputs = history.table, history.starts, history.is_masked, known
        outputs = training.predict(self._fitted_network, self._states, *inputs)
        return is_known, outputs.reshape(*outputs.shape[:2], *shape)

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
    def initialized_(self) -> bool:
        """Whether there is a network: SciKeras' name."""
        return self.__sklearn_is_fitted__()

    # --- what goes in ------------------------------------------------------------------------

    def _check_windows(self, X: Any, *, reset: bool) -> Windows:
        """Return the windows of X; NaN may mark missing steps."""
        X = as_rows(X)
        X = X if hasattr(X, "ndim") else np.asarray(X)
        if X.ndim > 3:
            raise ValueError(
                f"X must be 3-D (n_samples, n_steps_in, n_features), or 2-D for windows of one "
                f"series, got shape {X.shape}."
            )
        if X.ndim != 3:
            params = {"dtype": FLOATS, "ensure_all_finite": "allow-nan"}
            names = getattr(X, "columns", None)
            if reset or self._n_dims == 2:
                X = validate_data(self, X, reset=reset, **params)
            else:  # windows of one series, after a fit on 3-D ones: the columns are steps
                X = check_array(X, **params)
            sequences = self._oldest_first(X, names, reset=reset)
            windows = Windows.of_sequences(sequences, mask=self.missing == "mask")
        else:
            windows = _check_3d(X, mask=self.missing == "mask")
            if reset:
                check_feature_names(self, X, reset=True)
                if not windows.is_table:
                    warn_of_reversed(windows.to_array(), type(self).__name__)
        _, n_steps_in, n_features = windows.shape
        if reset:
            self._n_dims = X.ndim
            if X.ndim == 3:
                self._lag_order = None
            self.n_steps_in_ = n_steps_in
            self.n_features_in_ = n_features if X.ndim == 3 else n_steps_in
            self._ahead = windows.ahead if self._reads_ahead() else None
            return windows.but(ahead=self._ahead)
        expected = self.n_steps_in_, self.n_features_in_ if self._n_dims == 3 else 1
        if (n_steps_in, n_features) != expected:
            raise ValueError(
                f"X has windows of {n_steps_in} steps with {n_features} features, but "
                f"{type(self).__name__} is expecting {expected[0]} steps with {expected[1]} "
                f"features as input: X must be (n_samples, {expected[0]}, {expected[1]})."
            )
        return windows.but(ahead=self._ahead)

    def _check_targets(self, y: Any, windows: Windows, *, reset: bool) -> np.ndarray:
        """Return targets of shape (n, n_steps_out, n_targets)."""
        y = as_rows(y)
        targets = super()._check_targets(y, windows.ends, reset=reset)
        # window_norm compares all steps of a target with the window: one scale for them.
        is_one, names = self.window_norm is not None, getattr(y, "columns", None)
        if reset:
            n_scales = count_scales(self._y_shape, names, self.n_targets)
            self._n_scales = self.n_targets_ if is_one else n_scales
            self._lead = find_lead(y, self.n_steps_out_, windows.reach)
        elif is_one and self._n_scales != self.n_targets_:
            raise ValueError(
                f"window_norm={self.window_norm!r} needs one scale for all steps of a target, but "
                f"{type(self).__name__} was fitted with one for each of the {self._n_scales} "
                f"columns of y. Set window_norm=None, or fit anew with warm_start=False."
            )
        return targets

    def _check_held_out(self, X: Any, y: Any) -> Chosen | None:
        """The user's own validation samples, complete ones only."""
        if (X is None) != (y is None):
            raise ValueError("X_val and y_val must be given together, or neither of them.")
        if X is None:
            return None
        windows = self._check_windows(X, reset=False)
        targets = self._check_targets(y, windows, reset=False)
        chosen = Chosen(windows, targets)
        return chosen.complete(can_skip=self.missing == "mask", names=("X_val", "y_val"))

    # --- scales, network, routing ------------------------------------------------------------

    def _fit_scalers(self, chosen: Chosen) -> None:
        """Fit the scalers of features and targets to the samples that are trained on."""
        self.feature_scaler_ = fit_feature_scaler(self.feature_scaler, chosen.windows)
        self.target_scaler_ = fit_target_scaler(
            self.target_scaler, chosen.targets, chosen.weight, self._n_scales
        )

    def _scaled_windows(self, windows: Windows) -> Windows:
        """Scaled windows; oldest steps, if they are missing, are skipped or filled."""
        return scaled_windows(self.feature_scaler_, windows.completed(mask=self.missing == "mask"))

    def _scaled(self, chosen: Chosen) -> Chosen:
        """Samples as the network is to see them."""
        targets = self._through_scaler("transform", chosen.targets)
        return Chosen(self._scaled_windows(chosen.windows), targets, chosen.weight)

    def _samples(self, scaled: Chosen) -> training.Samples:
        windows, known = scaled.windows.history(), self._known(scaled.windows)
        # The truth stands beside each of its quantiles.
        y = np.repeat(scaled.targets, len(self._quantiles), axis=2)
        return training.Samples(
            windows.table, windows.starts, y, scaled.weight, windows.is_masked, known
        )

    def _known(self, windows: Windows) -> np.ndarray | None:
        """What the network reads of the coming steps."""
        return known_by_step(windows, self.n_steps_out_, self._lead)

    def _through_scaler(self, method: str, values: np.ndarray) -> np.ndarray:
        return through_scaler(self.target_scaler_, method, values, self._n_scales)

    def _network(self, samples: training.Samples) -> training.Network:
        """The builder with the parameters it names."""
        builder, arguments = self._builder()
        if samples.known is not None:
            arguments["n_known_future"] = samples.known.shape[2]
        return training.Network(
            builder,
            self._shell(),
            input_shape=(self.n_steps_in_, samples.table.shape[1]),
            n_steps_out=self.n_steps_out_,
            n_targets=self.n_targets_ * len(self._quantiles),
            **arguments,
        )

    def _find_relation(self, chosen: Chosen) -> Relation:
        """How the scaled targets follow from their own history in the scaled windows."""
        if self.window_norm is None:
            return Relation((), 1, np.ones(0), np.zeros(0))
        windows, targets = chosen.windows, chosen.targets
        columns = check_columns(
            self.history_columns, self.n_targets_, windows.shape[2], "history_columns"
        )
        among_history(columns, windows.ahead)
        features = line_of(self.feature_scaler_, windows.table[windows.are_read()])
        outputs = line_of(self.target_scaler_, targets.reshape(-1, self.n_targets_))
        if features is None or outputs is None:  # then both have to be transformed alike
            return relate_targets(self._scaled(chosen), columns, self._lead)
        found = relate_targets(chosen, columns, self._lead)
        before = Line(features.scale[columns], features.offset[columns]).inverted()
        scale, offset = outputs.after(Line(found.scale, found.offset)).after(before)
        return found._replace(scale=scale, offset=offset)

    def _find_season(self, scaled: Chosen) -> int:
        """Rows until the season comes back, in samples as the network sees them."""
        if self.window_norm != "seasonal":
            return 1
        if self.season_length is None:
            n_rows = len(scaled.targets)
            rows = np.linspace(0, n_rows - 1, min(n_rows, 1_000)).astype(int)
            return find_season(scaled.windows[rows], scaled.targets[rows], self._relation)
        if self.season_length > self.n_steps_in_:
            raise ValueError(
                f"window_norm='seasonal' needs windows as long as a season: season_length="
                f"{self.season_length}, but n_steps_in={self.n_steps_in_}. Lengthen the window, or "
                f"set season_length=None to have one found that fits."
            )
        return int(self.season_length)

    def _shell(self) -> Shell:
        return Shell(
            window_norm=self.window_norm,
            columns=among_history(self._relation.columns, self._ahead),
            lead=self._relation.lead,
            season_length=self.season_length_,
            linear_skip=bool(self.linear_skip),
        )


def _check_3d(X: Any, *, mask: bool) -> Windows:
    """Check windows; those of the window step are of a table that it has checked."""
    if isinstance(X, Windows):
        return X
    params = {"dtype": FLOATS, "ensure_all_finite": "allow-nan", "input_name": "X"}
    return Windows.of_sequences(check_array(X, allow_nd=True, **params), mask=mask)
