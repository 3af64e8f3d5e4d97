"""The base of regressors: networks of numbers, with their scale and the other forecasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from skforecast_lstm import _programs as training
from skforecast_lstm._base import BaseLSTM
from skforecast_lstm._course import Budget, Course
from skforecast_lstm._members import Member, relate
from skforecast_lstm._pages import see
from skforecast_lstm._parameters import documented
from skforecast_lstm._quantiles import QuantilesMixin
from skforecast_lstm._remedies import RemediesMixin
from skforecast_lstm._samples import Chosen
from skforecast_lstm._smoothing import Beside
from skforecast_lstm._validation import check_is_fitted, fit_context
from skforecast_lstm._windows import Windows, fill_unneeded

__all__ = ["BaseLSTMRegressor"]


@documented
class BaseLSTMRegressor(QuantilesMixin, RemediesMixin, BaseLSTM):
    """Base of the regressors, and of your own: subclass it and name a builder.

    A builder is a function of ``(input_shape, n_steps_out, n_targets)`` and, by name, of any
    parameters of the estimator. It returns an uncompiled ``keras.Model`` whose output has
    ``n_steps_out * n_targets`` units (time-major) or the shape ``(n_steps_out, n_targets)``. If it
    also takes ``n_known_future``, covariates that are known in advance are not columns of the
    window. If there are any, the model takes them as a second input, of shape
    ``(n_steps_out, n_known_future)``.

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

    linear_errors_: dict[str, float]
    network_gain_: float
    network_share_: float

    # --- fitting -----------------------------------------------------------------------------

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

    def _check_parameters(self, *, is_fresh: bool) -> None:
        quantiles = self._check_quantiles()
        if is_fresh:
            self._quantiles = quantiles
        elif quantiles != self._quantiles:
            raise ValueError(
                f"quantiles={quantiles} are not those of the network there is, {self._quantiles}: "
                f"set loss and quantiles back, or fit anew with warm_start=False."
            )

    def _prepare(
        self, chosen: Chosen, *, is_fresh: bool, is_partial: bool
    ) -> tuple[Windows, Chosen]:
        chosen = self._repaired(chosen)
        if is_fresh:
            self._fit_scalers(chosen)
        if is_fresh or not (is_partial and self._relation.is_certain):
            relation = self._find_relation(chosen)
            self._relation = relation if is_fresh or relation.is_certain else self._relation
        rows, chosen = chosen.windows, self._scaled(chosen)
        self._note_deviations(rows, chosen, is_fresh=is_fresh)
        if is_fresh:
            self.season_length_ = self._find_season(chosen)
        if self.series_weight is not None:
            chosen.counts = self._counts(rows, chosen)
        return rows, chosen

    def _relate(self, members: list[Member], network: training.Network) -> None:
        relate(members, network, self._relation)

    def _course(
        self, network: training.Network, rows: Windows, chosen: Chosen, *, is_fresh: bool
    ) -> Course:
        return replace(
            super()._course(network, rows, chosen, is_fresh=is_fresh),
            quantiles=self._quantiles,
            is_linear=self.linear_skip == "ridge",
            smoothing={"smooths": self._smooths(), "zeros": self._relation.zeros},
            beside=None if is_fresh else self._check_beside(rows),
        )

    def _begin(
        self, course: Course, members: list[Member], budget: Budget, *, is_fresh: bool
    ) -> Course:
        self.network_gain_, self.network_share_ = budget.gain, budget.share
        if not is_fresh:
            return course
        self.linear_errors_, self._beside = {}, None
        if course.is_linear:
            course, self.linear_errors_ = course.begin_at_ridge(members)
            self._beside = course.beside
        return course

    def _check_beside(self, rows: Windows) -> Beside | None:
        """The smoothing that there is, if it can tell the phases of other rows."""
        if self._beside is not None and (self._beside.phases.find(rows)[0] < 0).any():
            raise ValueError(
                "smoothing=True with warm_start or partial_fit needs to know the phase of the "
                "season of these rows. Make their windows by the step that made those of the first "
                "fit, or by one that was fitted to a table with the same first date. Or fit "
                f"anew with warm_start=False, or set smoothing=False. {see('serving')}"
            )
        return self._beside

    # --- predicting ----------------------------------------------------------------------------

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
            The predictions, in the units of the target. `quantiles` add a last axis, in the order
            that you give; they never cross.
        std : ndarray of the shape of `y`
            The standard deviation over the members, in the units of the target. Only with
            ``return_std=True``.

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
                f"return_std=True is the deviation between members, but {type(self).__name__} has "
                f"n_members=1. Fit it with more, or predict quantiles with loss='quantile'."
                f" {see('intervals')}"
            )
        members = np.moveaxis(outputs, 1, 0)
        return y, np.std([self._middle(self._to_units(is_known, m)) for m in members], axis=0)

    def _predict_all(self, X: Any) -> np.ndarray:
        """Predictions of shape (n_samples, n_steps_out, n_targets, n_quantiles), or 1 of these."""
        is_known, outputs = self._outputs(X)
        return self._to_units(is_known, outputs.mean(axis=1))

    def _look_at(self, history: Windows, rows: Windows, is_asked: np.ndarray) -> None:
        self._warn_of_smaller(history[is_asked], rows[is_asked])

    def _beside_network(self, outputs: np.ndarray, rows: Windows, history: Windows) -> np.ndarray:
        if self._beside is None:
            return outputs
        places = self._beside.phases.find(rows)
        self._beside.warn_of_unknown(places, type(self).__name__)
        offsets = self._offsets(history, places, self._beside)
        return outputs + offsets[:, np.newaxis, ..., None]

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
    def smoothing_share_(self) -> np.ndarray:
        """The share of exponential smoothing in the forecast of each target."""
        check_is_fitted(self)
        return np.zeros(self.n_targets_) if self._beside is None else self._beside.share.copy()
