"""Forecast metrics with scikit-learn's signature, and scorers for what ``predict`` does not give.

Truth and forecasts have any of the layouts of ``y``: 1-D ``(n_samples,)``, 2-D ``(n_samples,
n_outputs)`` with the outputs in time-major order, or 3-D ``(n_samples, n_steps_out, n_targets)``.
``sample_weight`` and ``multioutput`` are those of :mod:`sklearn.metrics`. Scores of each output
(``multioutput="raw_values"``) have the layout of one row of the truth. Weights of the outputs may
have it, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.utils import check_array, check_consistent_length

from skforecast_lstm._inspect import best_of, find_method, predict_takes
from skforecast_lstm._scoring import interval_losses
from skforecast_lstm._validation import check_integer, check_quantiles

__all__ = [
    "interval_coverage",
    "interval_score",
    "make_interval_scorer",
    "make_mase_scorer",
    "make_quantile_scorer",
    "mean_absolute_scaled_error",
    "mean_quantile_loss",
    "root_mean_squared_scaled_error",
    "smape_scorer",
    "symmetric_mean_absolute_percentage_error",
]


# --- point forecasts ----------------------------------------------------------------------------


def mean_absolute_scaled_error(
    y_true: Any,
    y_pred: Any,
    *,
    y_train: Any,
    season_length: int = 1,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
) -> float | np.ndarray:
    """Mean absolute error in units of the seasonal naive forecast's on the training series (MASE).

    Below 1, the forecasts are better than the one-season-ahead naive forecast was in-sample. You
    can compare the error, and average it, across series of different units.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, n_outputs) or \
            (n_samples, n_steps_out, n_targets)
        The truth.
    y_pred : array-like of the shape of `y_true`
        The forecasts.
    y_train : array-like of shape (n_train,) or (n_train, n_targets)
        The series for the scale, rows in time order; not the framed ``y``. With
        several targets, a column per target, each with a scale of its own. Differences to a missing
        value (NaN) are left out.
    season_length : int, default=1
        Rows from a value to its naive forecast. 1: the last value; 12: last year's month.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples.
    multioutput : {"uniform_average", "raw_values"} or array-like of shape (n_outputs,), \
            default="uniform_average"
        The mean over outputs, the error of each, or their weights in the mean.

    Returns
    -------
    error : float or ndarray of shape (n_outputs,) or (n_steps_out, n_targets)
        At least 0; the best is 0.

    Raises
    ------
    ValueError
        If shapes do not agree, a value is NaN or infinite, or `y_train` is too short or never
        changes.

    See Also
    --------
    make_mase_scorer : The scorer.

    References
    ----------
    .. [1] Hyndman, R. J. and Koehler, A. B. (2006). Another look at measures of forecast accuracy.
           International Journal of Forecasting, 22(4), 679-688.

    Examples
    --------
    >>> from skforecast_lstm.metrics import mean_absolute_scaled_error
    >>> mean_absolute_scaled_error([9, 5], [8, 8], y_train=[1, 5, 3, 7])  # 2 / (10 / 3)
    0.6
    """
    errors = _scaled_errors(y_true, y_pred, y_train, season_length, power=1)
    return _average(errors, sample_weight, multioutput)


def root_mean_squared_scaled_error(
    y_true: Any,
    y_pred: Any,
    *,
    y_train: Any,
    season_length: int = 1,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
) -> float | np.ndarray:
    """Root mean squared error in units of the seasonal naive forecast's in training (RMSSE).

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, n_outputs) or \
            (n_samples, n_steps_out, n_targets)
        The truth.
    y_pred : array-like of the shape of `y_true`
        The forecasts.
    y_train : array-like of shape (n_train,) or (n_train, n_targets)
        The series for the scale, rows in time order; not the framed ``y``. With
        several targets, a column per target, each with a scale of its own. Differences to a missing
        value (NaN) are left out.
    season_length : int, default=1
        Rows from a value to its naive forecast.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples.
    multioutput : {"uniform_average", "raw_values"} or array-like of shape (n_outputs,), \
            default="uniform_average"
        The mean over outputs of their roots, the error of each, or their weights in the mean.

    Returns
    -------
    error : float or ndarray of shape (n_outputs,) or (n_steps_out, n_targets)
        At least 0; the best is 0.

    Raises
    ------
    ValueError
        If shapes do not agree, a value is NaN or infinite, or `y_train` is too short or never
        changes.

    References
    ----------
    .. [1] Hyndman, R. J. and Koehler, A. B. (2006). Another look at measures of forecast accuracy.
           International Journal of Forecasting, 22(4), 679-688.
    .. [2] Makridakis, S., Spiliotis, E. and Assimakopoulos, V. (2022). M5 accuracy competition:
           Results, findings, and conclusions. International Journal of Forecasting, 38(4),
           1346-1364.

    Examples
    --------
    >>> from skforecast_lstm.metrics import root_mean_squared_scaled_error
    >>> root_mean_squared_scaled_error([9, 5], [8, 12], y_train=[4, 0, 4])  # 5 / 4
    1.25
    """
    errors = _scaled_errors(y_true, y_pred, y_train, season_length, power=2)
    roots = np.sqrt(_average(errors**2, sample_weight, "raw_values"))
    return _average(roots[np.newaxis], None, multioutput)


def symmetric_mean_absolute_percentage_error(
    y_true: Any,
    y_pred: Any,
    *,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
) -> float | np.ndarray:
    """Mean of ``2 |y_true - y_pred| / (|y_true| + |y_pred|)``, from 0 to 2 (sMAPE).

    This is the definition of the M4 competition, not in percent: multiply it by 100 for theirs,
    from 0 to 200. Some authors leave the 2 out, and get half of it. If truth and forecast are both
    0, the error counts as 0.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, n_outputs) or \
            (n_samples, n_steps_out, n_targets)
        The truth.
    y_pred : array-like of the shape of `y_true`
        The forecasts.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples.
    multioutput : {"uniform_average", "raw_values"} or array-like of shape (n_outputs,), \
            default="uniform_average"
        The mean over outputs, the error of each, or their weights in the mean.

    Returns
    -------
    error : float or ndarray of shape (n_outputs,) or (n_steps_out, n_targets)
        In [0, 2]; the best is 0.

    Raises
    ------
    ValueError
        If shapes do not agree, or a value is NaN or infinite.

    Notes
    -----
    If the truth is 0 and the forecast is not, the error is 2, however small the forecast is. For
    series with zeros, use :func:`mean_absolute_scaled_error`.

    References
    ----------
    .. [1] Makridakis, S., Spiliotis, E. and Assimakopoulos, V. (2020). The M4 Competition: 100,000
           time series and 61 forecasting methods. International Journal of Forecasting, 36(1),
           54-74.

    Examples
    --------
    >>> from skforecast_lstm.metrics import symmetric_mean_absolute_percentage_error
    >>> symmetric_mean_absolute_percentage_error([100, 0], [60, 0])  # (80 / 160 + 0) / 2
    0.25
    """
    truth, forecast = _check_forecasts(y_true, y_pred=y_pred)
    size = np.abs(truth) + np.abs(forecast)
    errors = np.divide(2 * np.abs(truth - forecast), size, out=np.zeros_like(size), where=size > 0)
    return _average(errors, sample_weight, multioutput)


# --- quantiles and intervals --------------------------------------------------------------------


def mean_quantile_loss(
    y_true: Any,
    y_quantiles: Any,
    *,
    quantiles: Any,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
    quantile_average: bool = True,
) -> float | np.ndarray:
    """Mean pinball loss of several quantiles, as ``predict(X, quantiles=...)`` returns them.

    For one quantile it is :func:`sklearn.metrics.mean_pinball_loss`. Twice its mean over many
    evenly spaced quantiles approaches the continuous ranked probability score (CRPS).

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, n_outputs) or \
            (n_samples, n_steps_out, n_targets)
        The truth.
    y_quantiles : array-like of the shape of `y_true` and one axis more, (..., n_quantiles)
        The forecasts of the quantiles. Outputs may be flattened: (n_samples, n_outputs,
        n_quantiles) goes with every layout of `y_true`.
    quantiles : array-like of shape (n_quantiles,)
        Which quantiles they are: increasing, each in (0, 1).
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples.
    multioutput : {"uniform_average", "raw_values"} or array-like of shape (n_outputs,), \
            default="uniform_average"
        The mean over outputs, the loss of each, or their weights in the mean.
    quantile_average : bool, default=True
        Whether the mean over quantiles is returned, or the loss of each along a last axis.

    Returns
    -------
    loss : float or ndarray of shape (n_quantiles,); with ``multioutput="raw_values"`` \
            of shape (n_outputs,) or (n_outputs, n_quantiles)
        At least 0; the best is 0.

    Raises
    ------
    ValueError
        If shapes do not agree, a value is NaN or infinite, or `quantiles` are not increasing or
        not in (0, 1).

    See Also
    --------
    make_quantile_scorer : The scorer.

    References
    ----------
    .. [1] Koenker, R. and Bassett, G. (1978). Regression quantiles. Econometrica, 46(1), 33-50.
    .. [2] Gneiting, T. and Raftery, A. E. (2007). Strictly proper scoring rules, prediction, and
           estimation. Journal of the American Statistical Association, 102(477), 359-378.

    Examples
    --------
    >>> from skforecast_lstm.metrics import mean_quantile_loss
    >>> y_true, y_quantiles = [4, 8], [[3, 4, 7], [5, 6, 7]]
    >>> mean_quantile_loss(
    ...     y_true, y_quantiles, quantiles=[0.25, 0.5, 0.75], quantile_average=False
    ... )
    array([0.5 , 0.5 , 0.75])
    """
    levels, arrays = check_quantiles(quantiles), np.asarray(y_quantiles)
    if arrays.ndim < 2 or arrays.shape[-1] != len(levels):
        raise ValueError(
            f"y_quantiles must have the shape of y_true and a last axis of the {len(levels)} "
            f"quantiles {levels}, got shape {arrays.shape}."
        )
    named: dict[str, Any] = {f"y_quantiles[..., {i}]": arrays[..., i] for i in range(len(levels))}
    truth, *forecasts = _check_forecasts(y_true, **named)
    losses = []
    for level, forecast in zip(levels, forecasts, strict=True):
        errors = truth - forecast
        pinball = np.maximum(level * errors, (level - 1) * errors)
        losses.append(_average(pinball, sample_weight, multioutput))
    by_quantile = np.stack(losses, axis=-1)
    if not quantile_average:
        return by_quantile
    loss = by_quantile.mean(axis=-1)
    return loss if loss.ndim else float(loss)


def interval_coverage(
    y_true: Any,
    lower: Any,
    upper: Any,
    *,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
) -> float | np.ndarray:
    """Share of the truths that lie inside their intervals, bounds included.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, n_outputs) or \
            (n_samples, n_steps_out, n_targets)
        The truth.
    lower, upper : array-like of the shape of `y_true`
        The bounds of the intervals; a lower one may be ``-inf``, an upper one ``inf``.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples.
    multioutput : {"uniform_average", "raw_values"} or array-like of shape (n_outputs,), \
            default="uniform_average"
        The mean over outputs, the share of each, or their weights in the mean.

    Returns
    -------
    coverage : float or ndarray of shape (n_outputs,) or (n_steps_out, n_targets)
        In [0, 1]. The best is the coverage that the intervals were made for, not 1.

    Raises
    ------
    ValueError
        If shapes do not agree, a value is NaN, a truth is infinite, or a lower bound is above its
        upper one.

    See Also
    --------
    interval_score : Takes the width of the intervals into account.

    Examples
    --------
    >>> from skforecast_lstm.metrics import interval_coverage
    >>> interval_coverage([1, 2, 3, 4], lower=[0, 2, 4, 3], upper=[2, 3, 5, 5])
    0.75
    """
    truth, low, high = _check_intervals(y_true, lower, upper)
    is_inside = (low <= truth) & (truth <= high)
    return _average(is_inside.astype(np.float64), sample_weight, multioutput)


def interval_score(
    y_true: Any,
    lower: Any,
    upper: Any,
    *,
    coverage: float,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
) -> float | np.ndarray:
    """Mean width of intervals, with a penalty for the truths that they miss (Winkler score).

    The penalty of a truth outside is ``2 / (1 - coverage)`` times its distance from the nearer
    bound. The score is lowest for the true quantiles ``(1 - coverage) / 2`` and
    ``(1 + coverage) / 2``. So neither intervals that are too narrow nor too wide ones score well.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, n_outputs) or \
            (n_samples, n_steps_out, n_targets)
        The truth.
    lower, upper : array-like of the shape of `y_true`
        The bounds of the intervals; a lower one may be ``-inf``, an upper one ``inf``.
    coverage : float
        The share of truths, in (0, 1), that the intervals should contain.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples.
    multioutput : {"uniform_average", "raw_values"} or array-like of shape (n_outputs,), \
            default="uniform_average"
        The mean over outputs, the score of each, or their weights in the mean.

    Returns
    -------
    score : float or ndarray of shape (n_outputs,) or (n_steps_out, n_targets)
        In the units of the target, at least 0. Despite its name, lower is better. ``inf`` if an
        interval is infinite.

    Raises
    ------
    ValueError
        If shapes do not agree, a value is NaN, a truth is infinite, a lower bound is above its
        upper one, or `coverage` is not in (0, 1).

    See Also
    --------
    make_interval_scorer : The scorer, higher is better.

    References
    ----------
    .. [1] Winkler, R. L. (1972). A decision-theoretic approach to interval estimation. Journal of
           the American Statistical Association, 67(337), 187-191.
    .. [2] Gneiting, T. and Raftery, A. E. (2007). Strictly proper scoring rules, prediction, and
           estimation. Journal of the American Statistical Association, 102(477), 359-378.

    Examples
    --------
    >>> from skforecast_lstm.metrics import interval_score
    >>> interval_score([1, 7], lower=[0, 2], upper=[4, 6], coverage=0.5)  # (4 + 4 + 4 * 1) / 2
    6.0
    """
    coverage = _check_coverage(coverage)
    truth, low, high = _check_intervals(y_true, lower, upper)
    losses = interval_losses(truth, low, high, coverage)
    return _average(losses, sample_weight, multioutput)


# --- scorers ------------------------------------------------------------------------------------

#: Scorer of :func:`symmetric_mean_absolute_percentage_error`, negated so that higher is better.
smape_scorer = make_scorer(symmetric_mean_absolute_percentage_error, greater_is_better=False)


def make_mase_scorer(y_train: Any, *, season_length: int = 1) -> Callable[..., float]:
    """Make a scorer of :func:`mean_absolute_scaled_error`, negated so that higher is better.

    A scorer gets the rows to score, and not the training rows, so it cannot take the scale from
    each training fold. You give the series of the scale here, and all folds share the scale. For
    one target this ranks candidates as ``"neg_mean_absolute_error"`` does, in comparable units. Of
    several targets each counts alike, whatever its units. In the same way
    :func:`sklearn.metrics.make_scorer` makes a scorer of :func:`root_mean_squared_scaled_error`.

    Parameters
    ----------
    y_train : array-like of shape (n_train,) or (n_train, n_targets)
        The series that the scale comes from, as in :func:`mean_absolute_scaled_error`.
    season_length : int, default=1
        Rows from a value to its naive forecast.

    Returns
    -------
    scorer : callable(estimator, X, y, sample_weight=None) -> float
        For ``scoring=`` of searches and cross-validation.

    Raises
    ------
    ValueError
        If `y_train` is too short or never changes.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyRegressor
    >>> from skforecast_lstm.metrics import make_mase_scorer
    >>> series = np.array([1.0, 5.0, 3.0, 7.0])
    >>> naive = DummyRegressor(strategy="constant", constant=7.0).fit([[0]], [7])
    >>> make_mase_scorer(series)(naive, [[0], [0]], [9, 5])  # -2 / (10 / 3)
    -0.6
    """
    # Inside a search the error would become a score of NaN.
    _naive_errors(y_train, season_length, power=1)
    return make_scorer(
        mean_absolute_scaled_error,
        greater_is_better=False,
        y_train=y_train,
        season_length=season_length,
    )


def make_quantile_scorer(quantiles: Any) -> Callable[..., float]:
    """Make a scorer of :func:`mean_quantile_loss`, negated so that higher is better.

    It scores ``predict(X, quantiles=quantiles)`` of the estimator, or of the best estimator of a
    search. A pipeline passes `quantiles` on to its last step.

    Parameters
    ----------
    quantiles : array-like of shape (n_quantiles,)
        The quantiles that the estimator predicts: increasing, each in (0, 1).

    Returns
    -------
    scorer : callable(estimator, X, y, sample_weight=None) -> float
        For ``scoring=`` of searches and cross-validation.

    Raises
    ------
    ValueError
        If `quantiles` are not increasing or not in (0, 1).

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skforecast_lstm import LSTMRegressor
    >>> from skforecast_lstm.metrics import make_quantile_scorer
    >>> model = LSTMRegressor(loss="quantile", quantiles=(0.1, 0.5, 0.9))
    >>> search = GridSearchCV(
    ...     model, {"units": [(16,), (32,)]}, scoring=make_quantile_scorer((0.1, 0.5, 0.9))
    ... )
    """
    return _QuantileScorer(check_quantiles(quantiles))


def make_interval_scorer(coverage: float = 0.9) -> Callable[..., float]:
    """Make a scorer of :func:`interval_score`, negated so that higher is better.

    It scores the bounds from ``predict_interval(X, coverage=coverage)`` of the estimator, of the
    last step of a pipeline, or of the best estimator of a search.

    Parameters
    ----------
    coverage : float, default=0.9
        The share of truths, in (0, 1), that the intervals should contain.

    Returns
    -------
    scorer : callable(estimator, X, y, sample_weight=None) -> float
        For ``scoring=`` of searches and cross-validation.

    Raises
    ------
    ValueError
        If `coverage` is not in (0, 1).

    Examples
    --------
    >>> from skforecast_lstm.metrics import make_interval_scorer
    >>> scoring = make_interval_scorer(coverage=0.8)
    """
    return _IntervalScorer(_check_coverage(coverage))


class _Scorer:
    """What the scorers of other methods than ``predict`` have in common."""

    def _accept_sample_weight(self) -> bool:
        # scikit-learn asks this of each of several scorers, where there are weights.
        return True


@dataclass(frozen=True)
class _QuantileScorer(_Scorer):
    quantiles: tuple[float, ...]

    def __call__(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        if not predict_takes(estimator, "quantiles"):
            raise AttributeError(
                f"this scorer needs an estimator with predict(X, quantiles=...), but "
                f"{type(estimator).__name__} has none, nor has what it wraps."
            )
        forecasts = best_of(estimator).predict(X, quantiles=self.quantiles)
        options = {"quantiles": self.quantiles, "sample_weight": sample_weight}
        return -float(mean_quantile_loss(y, forecasts, **options))


@dataclass(frozen=True)
class _IntervalScorer(_Scorer):
    coverage: float

    def __call__(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        predict_interval = _require_method(estimator, "predict_interval")
        lower, upper = predict_interval(X, coverage=self.coverage)
        options = {"coverage": self.coverage, "sample_weight": sample_weight}
        return -float(interval_score(y, lower, upper, **options))


def _require_method(estimator: Any, name: str) -> Callable[..., Any]:
    method = find_method(estimator, name)
    if method is None:
        raise AttributeError(
            f"this scorer needs an estimator with {name}, but {type(estimator).__name__} has none, "
            f"nor has what it wraps."
        )
    return method


# --- what the metrics share ---------------------------------------------------------------------


def _check_forecasts(
    y_true: Any, *, may_be_infinite: bool = False, **forecasts: Any
) -> list[np.ndarray]:
    """The truth, with at least one axis of outputs, and forecasts in its shape."""
    arrays = {"y_true": _check_numbers(y_true, "y_true", may_be_infinite=False)}
    for name, values in forecasts.items():
        arrays[name] = _check_numbers(values, name, may_be_infinite=may_be_infinite)
    check_consistent_length(*arrays.values())
    truth = arrays["y_true"]
    for name, array in arrays.items():
        # Flattened outputs are time-major; two 3-D layouts of one size may be each other's swap.
        is_other_layout = truth.ndim == array.ndim > 2 and array.shape != truth.shape
        if array.size != truth.size or is_other_layout:
            raise ValueError(
                f"{name} must have the outputs of y_true, which has shape {truth.shape}, got "
                f"shape {array.shape}."
            )
    shape = truth.shape if truth.ndim > 1 else (-1, 1)
    return [array.reshape(shape) for array in arrays.values()]


def _check_numbers(values: Any, name: str, *, may_be_infinite: bool) -> np.ndarray:
    """Numbers without NaN."""
    options: dict[str, Any] = {"dtype": np.float64, "ensure_2d": False, "allow_nd": True}
    array = check_array(values, input_name=name, ensure_all_finite=not may_be_infinite, **options)
    check_array(np.where(np.isinf(array), 0, array), input_name=name, **options)
    return array


def _check_intervals(y_true: Any, lower: Any, upper: Any) -> list[np.ndarray]:
    """The truth and the bounds in one shape."""
    truth, low, high = _check_forecasts(y_true, may_be_infinite=True, lower=lower, upper=upper)
    if np.isposinf(low).any() or np.isneginf(high).any():
        raise ValueError(
            "an interval without a lower bound has lower=-inf, one without an upper bound "
            "upper=inf, but lower is inf or upper is -inf. Are the two swapped?"
        )
    is_crossed = low > high
    if is_crossed.any():
        row = int(np.argmax(is_crossed.reshape(len(low), -1).any(axis=1)))
        raise ValueError(
            f"lower must not be above upper, but is in {int(is_crossed.sum())} of "
            f"{is_crossed.size} intervals, first in row {row}. Are the two swapped?"
        )
    return [truth, low, high]


def _check_coverage(coverage: Any) -> float:
    if not isinstance(coverage, Real) or not 0 < float(coverage) < 1:
        raise ValueError(
            f"coverage must be a number in (0, 1), such as 0.9 for 90 %, got {coverage!r}."
        )
    return float(coverage)


def _scaled_errors(
    y_true: Any, y_pred: Any, y_train: Any, season_length: int, power: int
) -> np.ndarray:
    """Absolute errors, each in units of its target's naive forecast."""
    truth, forecast = _check_forecasts(y_true, y_pred=y_pred)
    scale = _naive_errors(y_train, season_length, power)
    n_targets, outputs = len(scale), truth.shape[1:]
    if outputs[-1] % n_targets or (len(outputs) > 1 and outputs[-1] != n_targets):
        raise ValueError(
            f"y_train must have a column for each target of y_true, whose outputs have shape "
            f"{outputs}, steps first, got {n_targets} columns."
        )
    # Targets vary fastest in time-major outputs, flat or not.
    return np.abs(truth - forecast) / np.resize(scale, outputs)


def _naive_errors(y_train: Any, season_length: int, power: int) -> np.ndarray:
    """Power mean of the errors of the seasonal naive forecast, for each series."""
    n_rows = check_integer(season_length, "season_length", 1)
    series = check_array(
        y_train,
        dtype=np.float64,
        ensure_2d=False,
        ensure_all_finite="allow-nan",
        input_name="y_train",
    )
    series = series.reshape(len(series), -1)
    errors = np.abs(series[n_rows:] - series[:-n_rows])
    is_known = np.isfinite(errors)
    if not is_known.any(axis=0).all():
        raise ValueError(
            f"y_train must have two known values season_length={season_length} rows apart in every "
            f"series, got {len(series)} rows. Give a longer series, or a shorter season_length."
        )
    scale = np.mean(errors**power, axis=0, where=is_known) ** (1 / power)
    if not scale.all():
        raise ValueError(
            f"y_train must change, but series {np.flatnonzero(scale == 0).tolist()} are equal to "
            f"themselves season_length={season_length} rows before, so that errors have no scale. "
            f"Leave such series out, choose another season_length, or use an unscaled error."
        )
    return scale


def _average(losses: np.ndarray, sample_weight: Any, multioutput: Any) -> Any:
    """Average losses of shape (n_samples, ...) over samples and outputs.

    They are at least 0, so that their mean is the mean absolute error against 0: scikit-learn
    checks and applies the weights. It takes no infinite ones, which make the mean infinite.
    """
    is_infinite = np.isinf(losses)
    if is_infinite.any():
        finite = _average(np.where(is_infinite, 0, losses), sample_weight, multioutput)
        share = _average(is_infinite.astype(np.float64), sample_weight, multioutput)
        mean = np.where(share > 0, np.inf, finite)
        return mean if mean.ndim else float(mean)
    flat, outputs = losses.reshape(len(losses), -1), losses.shape[1:]
    if np.shape(multioutput) == outputs:
        multioutput = np.ravel(multioutput)
    options = {"sample_weight": sample_weight, "multioutput": multioutput}
    mean = mean_absolute_error(flat, np.zeros_like(flat), **options)
    return np.reshape(mean, outputs) if np.ndim(mean) else float(mean)
