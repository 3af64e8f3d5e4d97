"""What a regressor predicts beside its forecast if its loss is that of quantiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils.metaestimators import available_if

from skforecast_lstm._pages import see
from skforecast_lstm._validation import check_is_fitted, check_quantiles
from skforecast_lstm.layers import QuantileLoss

__all__ = ["QuantilesMixin"]


def _has_quantiles(regressor: Any) -> bool:
    return isinstance(regressor.loss, str) and regressor.loss == "quantile"


class QuantilesMixin:
    """Quantiles and intervals, for estimators whose ``_predict_all`` has quantiles as last axis."""

    loss: Any
    quantiles: Any
    _quantiles: tuple[float, ...]
    _y_shape: tuple[int, ...]
    _predict_all: Callable[[Any], np.ndarray]
    _routed_to: Callable[[str], dict[str, Any]]

    def _check_quantiles(self) -> tuple[float, ...]:
        """The quantiles that the network predicts; a mean counts as one."""
        if not _has_quantiles(self):
            return (0.5,)
        quantiles = check_quantiles(self.quantiles)
        if 0.5 not in quantiles:
            raise ValueError(
                f"quantiles must be increasing numbers in (0, 1), with the median 0.5 among them, "
                f"which predict gives; got {self.quantiles}. {see('intervals')}"
            )
        return quantiles

    def _losses(self, y: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """The mean pinball error of outputs, of a mean half their absolute one."""
        apart = y - outputs
        levels = np.tile(self._quantiles, apart.shape[2] // len(self._quantiles))
        losses = np.maximum(levels * apart, (levels - 1) * apart)
        return losses.mean(axis=(1, 2))[:, np.newaxis]

    def _make_loss(self) -> Any:
        """What training minimises."""
        if not _has_quantiles(self):
            return super()._make_loss()  # type: ignore[misc]
        routed = self._routed_to("loss")
        if routed:
            given = ", ".join(f"loss__{name}={value!r}" for name, value in routed.items())
            undo = ", ".join(f"loss__{name}=None" for name in routed)
            raise ValueError(
                f"loss='quantile' takes no {given}, only quantiles=... of the regressor. Take it "
                f"back with set_params({undo}). {see('intervals')}"
            )
        return QuantileLoss(self._quantiles)

    def _find_quantiles(self, quantiles: Any, asked: str) -> np.ndarray:
        """Positions of quantiles among those that the network predicts; what was asked, if none."""
        if not _has_quantiles(self):
            raise ValueError(
                f"{asked}, which networks of loss='quantile' predict, but {type(self).__name__} "
                f"has loss={self.loss!r}. Fit it with loss='quantile' and these among quantiles, "
                f"or put ConformalRegressor around the pipeline. {see('intervals')}"
            )
        wanted = np.ravel(np.asarray(quantiles, dtype=np.float64))
        distances = np.abs(np.asarray(self._quantiles) - wanted[:, np.newaxis])
        if not wanted.size or not (distances.min(axis=1) <= 1e-9).all():
            raise ValueError(
                f"{asked}, but the network predicts {self._quantiles}: fit it with them among "
                f"quantiles. {see('intervals')}"
            )
        return distances.argmin(axis=1)

    def _middle(self, y: np.ndarray) -> np.ndarray:
        """The forecasts themselves, or their median among the quantiles, in the layout of y."""
        return self._in_layout(y, 0 if y.shape[3] == 1 else self._quantiles.index(0.5))

    def _in_layout(self, y: np.ndarray, at: Any) -> np.ndarray:
        """The quantiles at some positions, in the layout of y; sorted, so that they never cross."""
        y = np.sort(y, axis=3)[..., at]
        return y.reshape(len(y), *self._y_shape, *y.shape[3:])

    @available_if(_has_quantiles)
    def predict_interval(
        self, X: Any, coverage: float | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Predict an interval for the targets of every row; only with ``loss="quantile"``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps_in, n_features) or (n_samples, n_steps_in)
            The windows, as for ``predict``.
        coverage : float, default=None
            Probability, in (0, 1), that the interval contains the truth. `quantiles` must include
            ``(1 - coverage) / 2`` and ``(1 + coverage) / 2``. None: the interval from the first
            quantile to the last.

        Returns
        -------
        lower, upper : ndarray
            The ends, in the layout of ``predict``.
        """
        check_is_fitted(self)
        ends = self._quantiles[0], self._quantiles[-1]
        if coverage is not None:
            ends = (1 - coverage) / 2, (1 + coverage) / 2
        asked = f"coverage={coverage} needs the quantiles {ends[0]:.4g} and {ends[1]:.4g}"
        at = self._find_quantiles(ends, asked)
        lower, upper = np.moveaxis(self._in_layout(self._predict_all(X), at), -1, 0)
        return lower, upper
