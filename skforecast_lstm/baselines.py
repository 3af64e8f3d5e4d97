"""Forecasts that repeat the past: what a network has to beat, in its place in the pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_array

from skforecast_lstm._containers import as_rows
from skforecast_lstm._lags import warn_of_reversed
from skforecast_lstm._pages import see
from skforecast_lstm._relation import check_columns, find_relation
from skforecast_lstm._season import same_season
from skforecast_lstm._targets import FramedRegressorMixin
from skforecast_lstm._validation import (
    FLOATS,
    Interval,
    check_feature_names,
    check_is_fitted,
    check_sample_weight,
    fit_context,
    validate_data,
)
from skforecast_lstm._windows import Windows

__all__ = ["DriftRegressor", "NaiveRegressor", "SeasonalNaiveRegressor"]

_ADVICE = (
    "If it is elsewhere, name its positions with columns=..., and give the lead that y was made "
    "with. If a step before the window scales, leave it out: these forecasts need no scaler."
)

_PARAMETERS = """n_targets : int, default=None
        Targets per step in the columns of a 2-D `y`. None: as the names of the columns say
        (``"sales(t+1)"``, from :func:`make_supervised`), else 1. A 3-D `y` tells by itself.
    lead : int, default=1
        Rows from the origin, where the window ends, to the first target: the `lead` of
        :func:`make_supervised`. In a nowcast (``lead=0`` there) a target's own value is no feature.
        Give the windows a column of its values one row late, and name it with `columns`. One row
        lies between the last of these values and the first target, so `lead` stays 1.
    columns : sequence of int, default=None
        Positions, among the features, of the targets' own history, one per target. None: the first
        ones, where :func:`make_supervised` puts them."""

_ATTRIBUTES = """scale_, offset_ : ndarray of shape (n_targets,)
        A target is ``offset_ + scale_ * feature``: 1 and 0 unless a step before the window scales.
    n_steps_in_, n_steps_out_, n_targets_ : int
        Length of the window, steps of the horizon, targets per step.
    n_features_in_ : int
        Features per step of a 3-D `X`; columns of a 2-D one.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Names of the columns, where ``fit`` was given a DataFrame whose names are all strings."""


class _HistoryRegressor(FramedRegressorMixin, BaseEstimator):
    """Base of the baselines: a subclass says what follows from the targets' own history."""

    n_features_in_: int

    _n_steps_needed = 1

    _parameter_constraints: dict = {
        "n_targets": [Interval(Integral, 1, None, closed="left"), None],
        "lead": [Interval(Integral, 0, None, closed="left")],
        "columns": ["array-like", None],
    }

    def __init__(
        self,
        *,
        n_targets: int | None = None,
        lead: int = 1,
        columns: Sequence[int] | None = None,
    ) -> None:
        self.n_targets = n_targets
        self.lead = lead
        self.columns = columns

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        doc = (cls.__doc__ or "").replace("{parameters}", _PARAMETERS)
        cls.__doc__ = doc.replace("{attributes}", _ATTRIBUTES)

    def _forecast(self, history: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        """What is expected so many rows `ahead` of the window, of the shape of its steps."""
        raise NotImplementedError

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> _HistoryRegressor:
        """Find the targets' units, and check that the windows hold their history.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps_in, n_features) or (n_samples, n_steps_in)
            The windows, oldest step first; 2-D: windows of one series.
        y : array-like of shape (n_samples,), (n_samples, n_steps_out * n_targets) or \
                (n_samples, n_steps_out, n_targets)
            The targets; in 2-D, all targets of the first step, then of the second, ...
        sample_weight : array-like of shape (n_samples,), default=None
            Of no effect, as there is nothing to train.

        Returns
        -------
        self : regressor
            The fitted regressor.

        Raises
        ------
        ValueError
            If the windows do not hold the targets' own history, or are too short.
        """
        if self.lead == 0:
            raise ValueError(
                "lead=0 would have the value of the target among the features. A naive forecast of "
                "the row itself needs a column of the values one row earlier, such as "
                "df['out'].shift(). Name it with columns=..., and leave lead=1, which counts from "
                f"the last value of that column to the first target. {see('backtesting')}"
            )
        windows = self._check_windows(X, reset=True)
        targets = self._check_targets(y, windows, reset=True)
        if np.isnan(targets).all():
            raise ValueError("y must hold a value that is known, but all of it is NaN.")
        if sample_weight is not None:
            check_sample_weight(sample_weight, windows)
        if self.n_steps_in_ < self._n_steps_needed:
            raise ValueError(
                f"n_steps_in={self.n_steps_in_} is too short: {self} needs windows of at least "
                f"{self._n_steps_needed} steps. Lengthen n_steps_in of WindowTransformer."
                f" {see('backtesting')}"
            )
        n_features = self._window_shape[1]
        columns = check_columns(self.columns, self.n_targets_, n_features, "columns")
        # A slice takes them without a copy.
        self._columns = slice(self.n_targets_) if self.columns is None else columns
        found = find_relation(windows, targets[:, 0], columns, _ADVICE, lead=self.lead)
        self.scale_, self.offset_ = found.scale, found.offset
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict the targets of every row, in the layout that ``fit`` was given.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps_in, n_features) or (n_samples, n_steps_in)
            The windows. One that lacks the very values that its forecast is made of gives NaN.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, n_steps_out * n_targets) or \
                (n_samples, n_steps_out, n_targets)
            The predictions, in the target's units.
        """
        check_is_fitted(self)
        windows = self._check_windows(X, reset=False)
        history = windows.but(table=windows.table[:, self._columns]).to_array()
        y = self._forecast(history, self.lead + np.arange(self.n_steps_out_))
        y = self.offset_ + self.scale_ * y
        return y.astype(self._y_dtype).reshape(-1, *self._y_shape)

    def _check_windows(self, X: Any, *, reset: bool) -> Windows:
        X = as_rows(X)
        X = X if hasattr(X, "ndim") else np.asarray(X)
        options: dict[str, Any] = {"dtype": FLOATS, "ensure_all_finite": "allow-nan"}
        if isinstance(X, Windows):
            windows = X
        elif X.ndim == 3:
            array = check_array(X, allow_nd=True, estimator=self, input_name="X", **options)
            windows = Windows.of_sequences(array)
        else:
            names = getattr(X, "columns", None)
            X = validate_data(self, X, reset=reset, **options)
            windows = Windows.of_sequences(self._oldest_first(X, names, reset=reset))
        if reset:
            if X.ndim == 3:
                check_feature_names(self, X, reset=True)
                self.n_features_in_, self._lag_order = windows.shape[2], None
                if not isinstance(X, Windows):
                    warn_of_reversed(np.asarray(X), type(self).__name__)
            self._window_shape, self.n_steps_in_ = windows.shape[1:], windows.n_steps
        elif windows.shape[1:] != self._window_shape:
            raise ValueError(
                f"X must hold windows of shape {self._window_shape} (n_steps_in, n_features), as "
                f"in fit, got {windows.shape[1:]}."
            )
        return windows


class NaiveRegressor(_HistoryRegressor):
    """Predict that every step equals the last value of the window: persistence.

    It takes the place of the model in a pipeline, ``window -> naive``. A model that does not beat
    it has learned nothing useful.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    SeasonalNaiveRegressor : Repeats the last season.
    DriftRegressor : Continues the line from the window's first value to its last.

    Notes
    -----
    You may scale the features before the window, all rows alike: ``fit`` finds the linear map back
    to the units of the target. It raises an error if the features are not the history of the
    targets.

    References
    ----------
    .. [1] Hyndman, R. J. and Athanasopoulos, G. (2021). Forecasting: principles and practice,
       3rd edition, section 5.2. OTexts. https://otexts.com/fpp3/simple-methods.html

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skforecast_lstm import WindowTransformer, make_supervised
    >>> from skforecast_lstm.baselines import NaiveRegressor
    >>> X, y = make_supervised([10, 30, 20, 60, 50, 40, 70], n_steps_out=2)
    >>> window = WindowTransformer(n_steps_in=3, n_steps_out=2)
    >>> model = make_pipeline(StandardScaler(), window, NaiveRegressor()).fit(X, y)
    >>> model.predict([[80], [90]])
    array([[80., 80.],
           [90., 90.]])
    """

    def _forecast(self, history: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        return history[:, np.full(len(ahead), -1)]


class SeasonalNaiveRegressor(_HistoryRegressor):
    """Predict that every step equals the last known value of the same season.

    Parameters
    ----------
    season_length : int
        Rows per season: 12 for months of a year, 24 for hours of a day. The window must be at least
        as long.
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    NaiveRegressor : Repeats the last value; its notes say what happens to scaled features.
    DriftRegressor : Continues the line from the window's first value to its last.

    References
    ----------
    .. [1] Hyndman, R. J. and Athanasopoulos, G. (2021). Forecasting: principles and practice,
       3rd edition, section 5.2. OTexts. https://otexts.com/fpp3/simple-methods.html

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from skforecast_lstm import WindowTransformer, make_supervised
    >>> from skforecast_lstm.baselines import SeasonalNaiveRegressor
    >>> X, y = make_supervised([1, 5, 9, 2, 6, 8, 3, 7, 9], n_steps_out=4)
    >>> model = make_pipeline(WindowTransformer(n_steps_in=3), SeasonalNaiveRegressor(3))
    >>> model.fit(X, y).predict(X)[-1]  # the last three rows are 9, 2, 6
    array([9., 2., 6., 9.])
    """

    _parameter_constraints: dict = {
        **_HistoryRegressor._parameter_constraints,
        "season_length": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        season_length: int,
        *,
        n_targets: int | None = None,
        lead: int = 1,
        columns: Sequence[int] | None = None,
    ) -> None:
        super().__init__(n_targets=n_targets, lead=lead, columns=columns)
        self.season_length = season_length

    @property
    def _n_steps_needed(self) -> int:  # type: ignore[override]
        return self.season_length

    def _forecast(self, history: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        return history[:, same_season(ahead, self.season_length)]


class DriftRegressor(_HistoryRegressor):
    """Predict that the mean change from the window's first value to its last goes on.

    Where a series begins inside the window, its first known value is the first.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    NaiveRegressor : Repeats the last value; its notes say what happens to scaled features.
    SeasonalNaiveRegressor : Repeats the last season.

    References
    ----------
    .. [1] Hyndman, R. J. and Athanasopoulos, G. (2021). Forecasting: principles and practice,
       3rd edition, section 5.2. OTexts. https://otexts.com/fpp3/simple-methods.html

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from skforecast_lstm import WindowTransformer, make_supervised
    >>> from skforecast_lstm.baselines import DriftRegressor
    >>> X, y = make_supervised([1, 4, 6, 8, 9, 7, 5], n_steps_out=2)
    >>> model = make_pipeline(WindowTransformer(n_steps_in=3), DriftRegressor())
    >>> model.fit(X, y).predict([[10], [14], [20]])[-1]  # 5 per row
    array([25., 30.])
    """

    _n_steps_needed = 2

    def _forecast(self, history: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        first = np.isfinite(history).argmax(axis=1, keepdims=True)
        n_between = history.shape[1] - 1 - first
        last = history[:, -1:]
        change = last - np.take_along_axis(history, first, axis=1)
        # One known value tells of no change.
        n_between = np.where(n_between > 0, n_between, np.nan)
        return last + ahead[:, np.newaxis] * change / n_between
