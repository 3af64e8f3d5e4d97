"""What a regressor predicts beside its forecast if its loss is that of quantiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils.metaestimators import available_if

from skforecast_lstm._validation import check_is_fitted, check_quantiles

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

    def _check_quantiles(self) -> tuple[float, ...]:
        """The quantiles that the network predicts; a mean counts as one."""
        if not _has_quantiles(self):
            return (0.5,)
        quantiles = check_quantiles(self.quantiles)
        if 0.5 not in quantiles:
            raise ValueError(
                f"quantiles must be increasing numbers in (0, 1), with the median 0.5 among them, "
                f"which predict gives; got {self.quantiles}."
            )
        return quantiles

    def _middle(self, y: np.ndarray) -> np.ndarray:
        """The forecasts themselves, or their median among the quantiles, in the layout of y."""
        # Sorted, as those of predict_quantiles are.
        y = y[..., 0] if y.shape[3] == 1 else np.sort(y, axis=3)[..., self._quantiles.index(0.5)]
        return y.reshape(-1, *self._y_shape)

    def _predict_some(self, X: Any, quantiles: Any, *, return_std: bool) -> np.ndarray:
        """These quantiles, in the layout of ``predict`` and a last axis."""
        check_is_fitted(self)
        wanted = np.atleast_1d(np.asarray(quantiles, dtype=float))
        distances = np.abs(np.asarray(self._quantiles) - wanted[:, np.newaxis])
        if return_std or not _has_quantiles(self) or (distances.min(axis=1) > 1e-9).any():
            raise ValueError(
                f"quantiles={quantiles} must be among those that the network predicts, "
                f"{self._quantiles if _has_quantiles(self) else 'none'}, and go without "
                f"return_std: fit it with loss='quantile' and quantiles=... that hold them."
            )
        y = np.sort(self._predict_all(X), axis=3)[..., distances.argmin(axis=1)]
        return y.reshape(-1, *self._y_shape, len(wanted))

    @available_if(_has_quantiles)
    def predict_quantiles(self, X: Any) -> np.ndarray:
        """Predict the quantiles of the targets of every row; only with ``loss="quantile"``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps_in, n_features) or (n_samples, n_steps_in)
            The windows, as for ``predict``.

        Returns
        -------
        y : ndarray of shape (n_samples, n_steps_out * n_targets, n_quantiles)
            The quantiles in increasing order, in the target's units; outputs are time-major. They
            are sorted, so that they never cross.
        """
        y = np.sort(self._predict_all(X), axis=3)
        return y.reshape(len(y), -1, y.shape[3])

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
            Probability that the interval is to hold the truth, in (0, 1): `quantiles` must hold
            ``(1 - coverage) / 2`` and ``(1 + coverage) / 2``. None: from the first to the last.

        Returns
        -------
        lower, upper : ndarray
            The ends, in the layout of ``predict``.
        """
        check_is_fitted(self)
        levels = np.asarray(self._quantiles)
        wanted = levels[[0, -1]]
        if coverage is not None:
            wanted = np.array([(1 - coverage) / 2, (1 + coverage) / 2])
        distances = np.abs(levels - wanted[:, np.newaxis])
        if (distances.min(axis=1) > 1e-9).any():
            raise ValueError(
                f"coverage={coverage} needs the quantiles {wanted[0]:.4g} and {wanted[1]:.4g}, but "
                f"the network predicts {self._quantiles}: fit it with them among quantiles."
            )
        y = np.sort(self._predict_all(X), axis=3)
        lower, upper = (y[..., end].reshape(-1, *self._y_shape) for end in distances.argmin(axis=1))
        return lower, upper
