"""Conformal prediction intervals around any regressor, per step of the horizon and target."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone, is_classifier
from sklearn.model_selection import TimeSeriesSplit, check_cv
from sklearn.utils import check_array, check_consistent_length, get_tags, indexable
from sklearn.utils.metaestimators import available_if

from skforecast_lstm._containers import as_rows
from skforecast_lstm._pages import see
from skforecast_lstm._targets import text_is_named
from skforecast_lstm._validation import (
    HasMethods,
    Interval,
    Tags,
    check_is_fitted,
    fit_context,
    take_rows,
)
from skforecast_lstm._windows import asking_for

__all__ = ["ConformalRegressor"]

# What helps where a fold of the residuals is too small.
_FEWER_ROWS = (
    "Give ConformalRegressor fewer or shorter folds, cv=TimeSeriesSplit(2, test_size=...), shorten "
    "the window (n_steps_in), or give more training rows (in backtest: fewer or shorter test "
    "folds)."
)


def _is_adaptive(regressor: ConformalRegressor) -> bool:
    if not regressor.adaptive:
        raise AttributeError(
            "update is for intervals that adapt to the truths that arrive; set adaptive=True "
            f"before fit. {see('intervals')}"
        )
    return True


class ConformalRegressor(MetaEstimatorMixin, RegressorMixin, BaseEstimator):
    """Put prediction intervals around any regressor, from its errors on rows it was not fitted on.

    Clones of the estimator are fitted and tested on the folds of `cv`. Each step of the horizon and
    each target has an interval of its own width. It extends equally far above and below the
    prediction: as far as the absolute residual of the tested rows, in the fraction `coverage` of
    them. Then the estimator is fitted on all rows, and predicts as it would alone.

    Parameters
    ----------
    estimator : regressor or pipeline
        The regressor. Give the whole pipeline, with its scaler and window step. Then the folds are
        cut from the table, the scaler is fitted on training rows only, and
        ``WindowTransformer(purge=True)`` keeps test labels out of training. It is cloned, never
        changed.
    cv : int, splitter or iterable of (train, test), default=None
        The folds whose test rows give the residuals. None: ``TimeSeriesSplit(5)``. An int:
        ``TimeSeriesSplit`` with as many folds. If the windows are already cut (inside a pipeline,
        as its last step), ``TimeSeriesSplit(gap=n_steps_out - 1)`` keeps test labels out of
        training.
    coverage : float, default=0.9
        The fraction of truths, in (0, 1), that intervals should contain, for each step by itself.
    adaptive : bool, default=False
        Whether ``update`` may correct the intervals as truths arrive, by adaptive conformal
        inference [5]_.
    gamma : float, default=0.005
        With `adaptive`, the step size of ``alpha_``. A larger one adapts faster and varies more.

    Attributes
    ----------
    estimator_ : estimator
        The estimator, fitted on all rows.
    residuals_ : ndarray of shape (n_calibration, ...)
        Truth minus prediction of the tested rows, in the layout of ``predict`` and in the order of
        the folds. Rows where either is NaN (purged, missing) are left out. ``update`` appends new
        residuals and removes as many of the oldest.
    n_calibration_ : int
        The number of rows of residuals.
    alpha_ : ndarray of shape (...)
        The miscoverage that intervals are made for, by output: ``1 - coverage``, until ``update``
        moves it. It may leave [0, 1]. Below 0, intervals are infinite; above 1, they have no width.
    n_features_in_ : int
        Columns seen in ``fit``, if the estimator counts them.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names, if the estimator keeps them.

    Raises
    ------
    ValueError
        If there are too few residuals for the coverage: `coverage` of 0.9 needs 9, 0.99 needs 99.

    Notes
    -----
    The width is the ``ceil((n + 1) * coverage)``-th smallest of n absolute residuals. Suppose that
    the residuals of the tested rows and of the next row are *exchangeable*: all orders of them are
    equally likely. Then the interval contains the next truth with a probability of at least
    `coverage`, whatever the model and the distribution [1]_. Time series come near to that, but
    there are three gaps:

    - Residuals of neighbouring rows are alike. Over a horizon of several steps they even share
      steps. If the errors are stationary and forget their past, coverage is right in the limit of
      many residuals [3]_. But they count as fewer independent ones, so the fraction covered in one
      stretch of time varies more.
    - Series change. The loss of coverage is bounded only by how far the distribution of the
      residuals moves [2]_. `adaptive` assumes nothing about it. Over T rows of ``update``, the
      fraction that each output misses differs from ``1 - coverage`` by at most
      ``(coverage + gamma) / (gamma * T)``, for a `coverage` of at least a half [5]_. That is an
      average over time, and no guarantee for any one time.
    - Models of early folds have seen fewer rows than the final one. So the intervals tend to be too
      wide rather than too narrow.

    Coverage is that of each output by itself, not of a whole path. For the path, ask for
    ``coverage=1 - (1 - coverage) / n_outputs`` (Bonferroni, as in [4]_), which needs more
    residuals.

    References
    ----------
    .. [1] Vovk, V., Gammerman, A. and Shafer, G. (2005). Algorithmic learning in a random world.
       Springer.
    .. [2] Barber, R., Candès, E., Ramdas, A. and Tibshirani, R. (2023). Conformal prediction beyond
       exchangeability. Annals of Statistics 51(2), 816-845.
    .. [3] Xu, C. and Xie, Y. (2021). Conformal prediction interval for dynamic time-series. ICML
       2021.
    .. [4] Stankeviciute, K., Alaa, A. and van der Schaar, M. (2021). Conformal time-series
       forecasting. NeurIPS 2021.
    .. [5] Gibbs, I. and Candès, E. (2021). Adaptive conformal inference under distribution shift.
       NeurIPS 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from skforecast_lstm import WindowTransformer, make_supervised
    >>> from skforecast_lstm.intervals import ConformalRegressor
    >>> noise = np.random.default_rng(0).normal(scale=0.1, size=4000)
    >>> X, y = make_supervised(np.sin(np.arange(4000) / 4) + noise, n_steps_out=3)
    >>> window = WindowTransformer(
    ...     8, n_steps_out=3, flatten=True, padding="edge", purge=False  # as Ridge takes no NaN
    ... )
    >>> model = ConformalRegressor(make_pipeline(window, Ridge())).fit(X[:2000], y[:2000])
    >>> lower, upper = model.predict_interval(X[2000:])
    >>> ((lower <= y[2000:]) & (y[2000:] <= upper)).mean(axis=0).round(2)
    array([0.9 , 0.9 , 0.88])
    >>> lower, upper = model.predict_interval(X[2000:], coverage=0.5)
    >>> ((lower <= y[2000:]) & (y[2000:] <= upper)).mean(axis=0).round(2)
    array([0.52, 0.51, 0.52])
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "cv": ["cv_object"],
        "coverage": [Interval(Real, 0, 1, closed="neither")],
        "adaptive": ["boolean"],
        "gamma": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        cv: Any = None,
        coverage: float = 0.9,
        adaptive: bool = False,
        gamma: float = 0.005,
    ) -> None:
        self.estimator = estimator
        self.cv = cv
        self.coverage = coverage
        self.adaptive = adaptive
        self.gamma = gamma

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, **fit_params: Any) -> ConformalRegressor:
        """Collect the residuals of the folds, then fit the estimator on all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or what else the estimator takes
            The rows, in time order.
        y : array-like of shape (n_samples,), (n_samples, n_steps_out * n_targets) or \
                (n_samples, n_steps_out, n_targets)
            The targets.
        **fit_params : dict
            Given to the estimator's ``fit``; those with a value per row are split with the rows,
            for example ``sample_weight`` or, for a pipeline, ``lstm__sample_weight``. The residuals
            are not weighted.

        Returns
        -------
        self : ConformalRegressor
            The fitted regressor.
        """
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target y "
                f"is None."
            )
        if is_classifier(self.estimator):
            raise ValueError(
                f"{type(self).__name__} makes intervals of numbers, and its estimator "
                f"{type(self.estimator).__name__} is a classifier. Take its predict_proba, which "
                f"CalibratedClassifierCV calibrates. {see('classification')}"
            )
        X, y = indexable(as_rows(X, accept_sparse=True), as_rows(y))
        with text_is_named(y, self):
            truth = self._check_truth(y, ensure_min_samples=2)
        cv = 5 if self.cv is None else self.cv
        cv = TimeSeriesSplit(cv) if isinstance(cv, Integral) else check_cv(cv)
        parts = []
        folds = self._folds(cv, X, y)
        for number, (train, test) in enumerate(folds, start=1):
            params = {k: _take_if_by_row(v, train, len(truth)) for k, v in fit_params.items()}
            with _naming_fold(f"fold {number} of {len(folds)}", len(train), len(truth)):
                fold = clone(self.estimator).fit(take_rows(X, train), take_rows(y, train), **params)
            parts.append(_residuals(truth[test], fold.predict(take_rows(X, test))))
        residuals = np.concatenate(parts)
        _check_enough(len(residuals), self.coverage)
        self.estimator_ = clone(self.estimator).fit(X, y, **fit_params)
        self.residuals_, self.n_calibration_ = residuals, len(residuals)
        self.alpha_ = np.full(residuals.shape[1:], 1 - self.coverage)
        return self

    def predict(self, X: Any, *, quantiles: Sequence[float] | None = None) -> np.ndarray:
        """Predict with the estimator that was fitted on all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or what else the estimator takes
            The rows.
        quantiles : sequence of float, default=None
            Quantiles in (0, 1) to predict in place of the forecast, in any order. They are the
            forecast plus the quantiles of the current residuals. So they may be skewed, while the
            ends of an interval are equally far from the forecast. The quantile 0.5 is the forecast
            only if it errs upwards as often as downwards.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, n_outputs) or \
                (n_samples, n_steps_out, n_targets)
            The predictions, in the middle of the intervals. Quantiles add a last axis.

        Raises
        ------
        ValueError
            If a quantile is not in (0, 1), or there are too few residuals for it.
        """
        check_is_fitted(self)
        if quantiles is None:
            return self.estimator_.predict(X)
        levels = _check_levels(quantiles, self.n_calibration_)
        y = np.asarray(self.estimator_.predict(X))
        return y[..., np.newaxis] + _signed_quantiles(self.residuals_, levels)

    def predict_interval(
        self, X: Any, coverage: float | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Predict the bounds between which the truths lie, in the units of the target.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or what else the estimator takes
            The rows.
        coverage : float, default=None
            The fraction of truths, in (0, 1), that the intervals should contain, for each step by
            itself. None: `coverage` of the constructor, which ``update`` adapts. Any other is taken
            from the current residuals, without adaptation.

        Returns
        -------
        lower, upper : ndarray of shape (n_samples,), (n_samples, n_outputs) or \
                (n_samples, n_steps_out, n_targets)
            The bounds, in the layout of ``predict``. They are NaN where the prediction is NaN, and
            infinite where ``alpha_`` is so low that no residual is large enough.
        """
        check_is_fitted(self)
        if coverage is not None:
            if not 0 < coverage < 1:
                raise ValueError(f"coverage must be a number in (0, 1), got {coverage!r}.")
            _check_enough(self.n_calibration_, coverage)
        y = self.predict(X)
        asked = 1 - self.alpha_ if coverage is None else coverage
        width = _quantile(np.abs(self.residuals_), asked)
        return y - width, y + width

    @available_if(_is_adaptive)
    def update(self, X: Any, y: Any) -> ConformalRegressor:
        """Adapt the intervals to truths that have arrived; only with ``adaptive=True``.

        It goes through the rows in order, for each output, with ``alpha = 1 - coverage``. If the
        truth is in the current interval, ``alpha_`` rises by ``gamma * alpha``; if not, it falls by
        ``gamma * (1 - alpha)`` (Gibbs and Candès, 2021). The new residual then replaces the oldest.
        The guarantee is valid for any set of residuals, and the newest say most about the next. The
        estimator is not fitted again.

        With a horizon of several steps, give a row once its last truth is known. It is compared
        with the interval of that time, not with the earlier one that you published.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or what else the estimator takes
            The rows that follow those of ``fit`` and of earlier updates, in time order.
        y : array-like of shape (n_samples,), (n_samples, n_outputs) or \
                (n_samples, n_steps_out, n_targets)
            Their truths. Rows with NaN change nothing. You may put such rows in front, as the
            history that the first windows need.

        Returns
        -------
        self : ConformalRegressor
            The regressor.
        """
        check_is_fitted(self)
        check_consistent_length(X, y)
        truth = self._check_truth(y)
        with asking_for(~np.isnan(truth).reshape(len(truth), -1).any(axis=1)):
            residuals = _residuals(truth, self.predict(X))
        residuals = np.concatenate([self.residuals_, residuals])
        scores, n_scores, alpha = np.abs(residuals), self.n_calibration_, self.alpha_
        for row in range(n_scores, len(scores)):
            in_force = _rank(n_scores, 1 - alpha)
            is_missed = (scores[row - n_scores : row] < scores[row]).sum(axis=0) >= in_force
            alpha = alpha + self.gamma * (1 - self.coverage - is_missed)
        self.residuals_, self.alpha_ = residuals[-n_scores:].copy(), np.asarray(alpha)
        return self

    def score(self, X: Any, y: Any, **score_params: Any) -> float:
        """Score of the predictions, as the estimator scores itself.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or what else the estimator takes
            The rows.
        y : array-like of shape (n_samples,), (n_samples, n_outputs) or \
                (n_samples, n_steps_out, n_targets)
            The truth.
        **score_params : dict
            Given to the estimator's ``score``, for example ``sample_weight``.

        Returns
        -------
        score : float
            R² of scikit-learn's and this package's regressors, at most 1.
        """
        check_is_fitted(self)
        return self.estimator_.score(X, y, **score_params)

    @property
    def n_features_in_(self) -> int:
        """Columns seen in ``fit``."""
        return self.estimator_.n_features_in_

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the columns seen in ``fit``."""
        return self.estimator_.feature_names_in_

    def __sklearn_tags__(self) -> Tags:
        tags, inner = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.input_tags, tags.target_tags = inner.input_tags, inner.target_tags
        tags.regressor_tags = inner.regressor_tags
        return tags

    def _folds(self, cv: Any, X: Any, y: Any) -> list[tuple[np.ndarray, np.ndarray]]:
        """Training and test rows, or an error that says whose they were to be."""
        try:
            return list(cv.split(X, y))
        except ValueError as error:
            n_rows = len(y)
            raise ValueError(
                f"cv={cv} of {type(self).__name__} cannot split its {n_rows} training rows: "
                f"{str(error).rstrip('.')}. {_FEWER_ROWS} {see('intervals')}"
            ) from error

    def _check_truth(self, y: Any, **options: Any) -> np.ndarray:
        """The targets as numbers, NaN where they are missing."""
        return check_array(
            y,
            dtype=np.float64,
            ensure_2d=False,
            allow_nd=True,
            ensure_all_finite="allow-nan",
            input_name="y",
            estimator=self,
            **options,
        )


@contextlib.contextmanager
def _naming_fold(name: str, n_train: int, n_rows: int) -> Iterator[None]:
    """Say which fold it is that has too few rows for a window."""
    try:
        yield
    except ValueError as error:
        if "No complete sample" not in str(error):
            raise
        raise ValueError(
            f"{name} of the cv of ConformalRegressor has {n_train} of the {n_rows} rows to train "
            f"on, too few for a window and its targets. {_FEWER_ROWS} The regressor said: {error} "
            f"{see('intervals')}"
        ) from error


def _check_levels(quantiles: Any, n_residuals: int) -> np.ndarray:
    """Quantiles in (0, 1), each of them warranted by so many residuals."""
    levels = np.ravel(np.asarray(quantiles, dtype=np.float64))
    if not levels.size or not ((levels > 0) & (levels < 1)).all():
        raise ValueError(f"quantiles must be numbers in (0, 1), got {quantiles!r}.")
    outermost = levels[np.argmax(np.abs(levels - 0.5))]
    _check_enough(n_residuals, max(outermost, 1 - outermost), f"quantile {outermost:g}")
    return levels


def _take_if_by_row(value: Any, rows: np.ndarray, n_rows: int) -> Any:
    """The rows of a parameter of ``fit`` that has a value per row; any other as it is."""
    is_by_row = not isinstance(value, (str, dict)) and hasattr(value, "__len__")
    return take_rows(value, rows) if is_by_row and len(value) == n_rows else value


def _residuals(y_true: np.ndarray, y_pred: Any) -> np.ndarray:
    """Truth minus prediction, in its layout, of the rows where neither holds NaN."""
    y_pred = np.asarray(y_pred, dtype=np.float64)
    if y_true.size != y_pred.size:
        raise ValueError(
            f"y must hold a truth for every prediction: got y of shape {y_true.shape} for "
            f"predictions of shape {y_pred.shape}."
        )
    residuals = y_true.reshape(y_pred.shape) - y_pred
    is_missing = np.isnan(residuals).reshape(len(residuals), -1).any(axis=1)
    return residuals[~is_missing]


def _rank(n_scores: int, coverage: Any) -> Any:
    """Which of so many scores in increasing order, counted from 1, holds the coverage."""
    # 100 * 0.28 is a little more than 28, which is no reason to take the 29th.
    return np.ceil((n_scores + 1) * coverage - 1e-9).astype(int)


def _quantile(scores: np.ndarray, coverage: Any) -> np.ndarray:
    """The score of that rank, by output; before the first comes 0, after the last infinity."""
    n_scores, outputs = len(scores), scores.shape[1:]
    ranks = np.clip(_rank(n_scores, coverage), 0, n_scores + 1)
    bounds = np.zeros((1, *outputs)), np.full((1, *outputs), np.inf)
    ordered = np.concatenate([bounds[0], np.sort(scores, axis=0), bounds[1]])
    return np.take_along_axis(ordered, np.broadcast_to(ranks, (1, *outputs)), axis=0)[0]


def _signed_quantiles(residuals: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Quantiles of residuals by output, on a last axis.

    If all orders of the residuals and the next are equally likely, the next lies below a quantile
    with at most its probability in the lower half, and with at least that in the upper.
    """
    n_residuals = len(residuals)
    below = n_residuals + 1 - _rank(n_residuals, 1 - levels)
    ranks = np.where(levels < 0.5, below, _rank(n_residuals, levels))
    return np.moveaxis(np.sort(residuals, axis=0)[ranks - 1], 0, -1)


def _check_enough(n_scores: int, coverage: float, asked: str = "") -> None:
    """Refuse a coverage, or what else is asked for, that no residual can warrant."""
    if _rank(n_scores, coverage) > n_scores:
        n_needed = int(np.ceil(coverage / (1 - coverage) - 1e-9))
        raise ValueError(
            f"{asked or f'coverage={coverage}'} needs at least {n_needed} residuals, but the folds "
            f"of cv gave {n_scores} rows without NaN. Give more rows or longer test folds, or ask "
            f"for {'one nearer to the median' if asked else 'less coverage'}. {see('intervals')}"
        )
