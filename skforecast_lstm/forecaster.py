"""From a table to the dates that follow it."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, MetaEstimatorMixin, is_classifier
from sklearn.utils.metaestimators import available_if

from skforecast_lstm._ahead import Ahead
from skforecast_lstm._bounds import Bounds
from skforecast_lstm._clock import ticks
from skforecast_lstm._coming import missing_coming, naming_missing, take_coming
from skforecast_lstm._containers import as_pandas, with_times
from skforecast_lstm._dates import find_freq
from skforecast_lstm._fitting import fit_whole, prepared, y_for
from skforecast_lstm._folds import folds_in_time
from skforecast_lstm._inspect import find_method, fitted_windows
from skforecast_lstm._newest import Newest, warn_if_missing
from skforecast_lstm._pages import see
from skforecast_lstm._paths import Paths
from skforecast_lstm._plain import PlainState
from skforecast_lstm._scoring import score_forecasts
from skforecast_lstm._series import Stacked, find_labels
from skforecast_lstm._tables import (
    check_labels,
    named_table,
    numbered,
    numbers_expected,
    warn_of_holes,
    warn_of_text,
)
from skforecast_lstm._target_labels import TargetLabels
from skforecast_lstm._validation import (
    HasMethods,
    check_integer,
    check_is_fitted,
    fit_context,
)
from skforecast_lstm._windows import asking_for, saying_holes
from skforecast_lstm.framing import Columns, Frame

__all__ = ["Forecaster"]

Bound = float | Mapping[Any, float] | None

_NEEDED = (
    "{asked} needs an estimator that knows {what}: wrap it as ConformalRegressor(estimator), or "
    "take a regressor of this package with loss='quantile'. " + see("intervals")
)


# What other libraries call these, and readers look for.
_ELSEWHERE = {
    "predict": "call forecast(steps), or forecast(steps, data=newer_rows). For a prediction from "
    "each row of a table, fit the pipeline itself to X, y = make_supervised(...)",
    "predict_interval": "call forecast(interval=0.9)",
    "predict_quantiles": "call forecast(interval=0.9), or estimator_.predict(X, quantiles=[...])",
    "predict_proba": "call forecast_proba()",
    "fit_predict": "call fit(table).forecast(steps)",
    "transform": "call forecast(steps)",
}


def _says_probabilities(forecaster: Forecaster) -> bool:
    estimator = getattr(forecaster, "estimator_", forecaster.estimator)
    if not is_classifier(estimator):
        raise AttributeError(
            f"forecast_proba is of classifiers, and {type(estimator).__name__} is none: forecast "
            f"takes interval=0.8. {see('classification')}"
        )
    return bool(estimator.predict_proba)  # says itself why there is none


class Forecaster(PlainState, MetaEstimatorMixin, BaseEstimator):
    """Fit any pipeline to a table, and forecast the dates that follow its last row.

    ``fit`` frames the table as :func:`make_supervised` does, and fits the estimator. ``forecast``
    predicts from the newest row. Up to `n_steps_out` steps are forecast directly. Further steps are
    recursive: forecasts take the place of observed values, again and again.

    Parameters
    ----------
    estimator : estimator
        A regressor or classifier, a pipeline (:func:`make_lstm_pipeline`) or a search over one. It
        is cloned, never changed. Its window steps get the horizon from here, and the group, unless
        they name one.
    target : column name, position, or list of them, default=None
        The columns to forecast: numbers, or labels with a classifier. Labels are booleans, text,
        categories or whole numbers. None: every column except those of `known_future` and `group`.
    features : column name, position, or list of them, default=None
        The columns that are known at each row. None: every column, the targets first, except
        targets that are text or categories.
    n_steps_out : int, default=1
        The horizon: how many steps the estimator predicts at once.
    lead : int, default=1
        Rows from the last known row (the forecast origin) to the first that is forecast. 0: the
        last row itself, whose target is not known yet.
    known_future : column name, position, or list of them, default=None
        Covariates that are known in advance; ``forecast`` takes their coming values as `future`.
    group : column name or position, or name of an index level, default=None
        The column that tells several series in one table apart. One model is fitted to all, and
        each series is forecast. Steps before the window must keep the column, as those of
        ``make_lstm_pipeline(group=...)`` do.
    time : column name, default=None
        The column of the times of the rows (dates, periods or numbers), as in long tables
        (``unique_id``, ``ds``, ``y``); also in the `data` and `future` of ``forecast``. None: the
        index gives the times.
    scoring : str or callable, default=None
        The score that ``score`` returns and that a search over the forecaster maximises: a scorer
        of scikit-learn, such as "neg_mean_absolute_error". None: R²; for labels the accuracy. Leave
        the `scoring` of the search itself at None, because it needs a ``y``, and a forecaster takes
        none.
    lower, upper : float, or dict of float by target, default=None
        Bounds of forecasts and of the ends of their intervals, such as ``lower=0`` for counts and
        prices; see Notes. Labels have none. None, or a target that the dict leaves out: no bound.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator; for a search the best one, fitted to every row.
    search_ : estimator
        The fitted search, where `estimator` is one: ``search_.cv_results_``.
    best_params_ : dict
        The best parameters, where `estimator` is a search.
    freq_ : DateOffset, number or None
        The time from one row to the next.
    n_features_in_ : int
        Columns of the table.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names.

    Raises
    ------
    ValueError
        If the table cannot be framed, or a forecast needs values that are missing.

    Warns
    -----
    UserWarning
        If dates are missing between the first and the last row. If targets are beyond their bounds.
        If it is fitted again and its estimator has ``warm_start=True``, which has no effect here.

    See Also
    --------
    make_lstm_pipeline : The recommended estimator.
    backtest : Measures how good such forecasts would have been.

    Notes
    -----
    The final fit uses every row, so it switches off ``WindowTransformer(purge=True)``, which a
    search needs for honest scores. With ``n_steps_out > 1`` a search is therefore fitted once more,
    and so is an estimator that cross-validates itself, such as :class:`ConformalRegressor`. If such
    an estimator is inside another one, it keeps its purge and is not fitted again.

    `lower` and `upper` clip: a forecast beyond a bound is moved to the bound, and so are the ends
    of an interval. The estimator is fitted without them. Clipping never moves a forecast away from
    a truth within the bounds, and an interval covers it as often as before. If many forecasts are
    clipped, learn the logarithm of the target instead (``TransformedTargetRegressor``).

    Forecasts need as many of the newest rows as the longest window of the pipeline. Steps before
    the window should treat each row by itself.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from skforecast_lstm import Forecaster, make_lstm_pipeline
    >>> from skforecast_lstm.datasets import load_air_passengers
    >>> model = make_lstm_pipeline(Ridge(), n_steps_in=24)
    >>> forecaster = Forecaster(model, n_steps_out=3).fit(load_air_passengers())
    >>> forecaster.forecast().round()
                passengers
    month
    1961-01-01       443.0
    1961-02-01       420.0
    1961-03-01       457.0

    With a classifier it forecasts labels, and their probabilities:

    >>> from sklearn.linear_model import LogisticRegression
    >>> table = load_air_passengers().to_frame()
    >>> table["rises"] = table["passengers"].diff() > 0
    >>> model = make_lstm_pipeline(LogisticRegression(), n_steps_in=24)
    >>> forecaster = Forecaster(model, target="rises").fit(table)
    >>> forecaster.forecast()
                rises
    month
    1961-01-01   True
    >>> forecaster.forecast_proba()["rises"].round(2).to_dict("records")
    [{False: 0.03, True: 0.97}]
    """

    _parameter_constraints: dict = {"estimator": [HasMethods("fit")]}
    # Those of a classifier; a file may be older than they are.
    _labels: TargetLabels | None = None

    def __init__(
        self,
        estimator: Any,
        *,
        target: Columns = None,
        features: Columns = None,
        n_steps_out: int = 1,
        lead: int = 1,
        known_future: Columns = None,
        group: Any = None,
        time: Any = None,
        scoring: Any = None,
        lower: Bound = None,
        upper: Bound = None,
    ) -> None:
        self.estimator = estimator
        self.target = target
        self.features = features
        self.n_steps_out = n_steps_out
        self.lead = lead
        self.known_future = known_future
        self.group = group
        self.time = time
        self.scoring = scoring
        self.lower = lower
        self.upper = upper

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in _ELSEWHERE:
                raise AttributeError(
                    f"Forecaster has no {name}: {_ELSEWHERE[name]}. {see('start', 'horizon')}"
                )
            return object.__getattribute__(self, name)  # says itself why there is none

    # --- fitting -----------------------------------------------------------------------------

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, data: Any, y: Any = None) -> Forecaster:
        """Fit the estimator to every row of a table.

        Parameters
        ----------
        data : Series, DataFrame, ndarray of shape (n_rows,) or (n_rows, n_columns), or list
            The table: rows are time steps, columns are series. The index gives the dates: a
            DatetimeIndex, a PeriodIndex or numbers.
        y : None, default=None
            Present for scikit-learn's conventions. What is to be forecast is a column of `data`.

        Returns
        -------
        self : Forecaster
            The fitted forecaster.
        """
        _refuse_second(y, "fit")
        if hasattr(self, "estimator_"):
            _warn_of_warm_start(self.estimator)
        frame = self._frame(data)
        bounds = self._bounds_of(frame)
        X, y = frame.samples()
        labels = TargetLabels.of(frame, y) if is_classifier(self.estimator) else None
        freq = find_freq(frame.table.index)
        # A search that does not split in time makes holes of its own.
        is_said = warn_of_holes(frame, freq, data, self.time) and folds_in_time(self.estimator)
        expected = numbers_expected(frame, self.estimator)
        with expected, saying_holes(is_said=is_said):
            estimator, search = fit_whole(prepared(self.estimator, frame, self.group), X, y)
        self.__dict__.pop("search_", None)
        if search is not None:
            self.search_ = search
        self.estimator_, self.freq_ = estimator, freq
        self._bounds, self._labels = bounds, labels
        self._paths: Paths | None = Paths.of(estimator, X, y) if labels is None else None
        self._roles = replace(frame, table=frame.table.iloc[:0])
        n_rows = max((window.n_steps_in for window in fitted_windows(estimator)), default=1)
        self._newest = Newest.of(Stacked.of(frame.table, frame.group), freq, n_rows)
        self.feature_names_in_ = np.asarray(frame.table.columns, dtype=object)
        self.n_features_in_ = frame.table.shape[1]
        return self

    @property
    def best_params_(self) -> dict[str, Any]:
        """The best parameters of the search."""
        check_is_fitted(self, "estimator_")
        return self.search_.best_params_

    def _frame(self, data: Any) -> Frame:
        """The table and its roles, its columns then named as text."""
        data = with_times(data, self.time, self.group)
        if isinstance(data, pd.Series):
            data = named_table(data)
        frame = Frame.of(
            data,
            self.target,
            features=self.features,
            n_steps_out=self.n_steps_out,
            lead=self.lead,
            known_future=self.known_future,
            group=self.group,
        )
        warn_of_text(frame.table.index)
        prefix = "" if isinstance(data, pd.DataFrame) else "x"
        names = [f"{prefix}{name}" for name in frame.table.columns]
        frame.table = numbered(frame.table.set_axis(names, axis=1), frame.group)
        return frame

    # --- forecasting -------------------------------------------------------------------------

    def forecast(
        self,
        steps: int | None = None,
        *,
        data: Any = None,
        future: Any = None,
        interval: float | None = None,
        ids: Any = None,
        n_samples: int | None = None,
        random_state: Any = None,
    ) -> pd.DataFrame:
        """Forecast the steps that follow the last row.

        All series of a table are predicted together, each from its own last row.

        Parameters
        ----------
        steps : int, default=None
            How many steps. None: `n_steps_out`. Beyond that, forecasts take the place of observed
            values (recursive), so every feature has to be a target or in `future`.
        data : Series, DataFrame or array, default=None
            Newer rows or other series, in the same form as in ``fit``: forecast from the last row
            of this table, without a refit. Rows that directly follow the fitted ones have these as
            their history. None: forecast from the last fitted row.
        future : DataFrame, Series or array, default=None
            Coming values of the covariates in `known_future`, for as many whole horizons as `steps`
            needs. Beyond `n_steps_out`, also of every feature that is no target. Rows are found by
            their dates. An array, or an index that numbers the rows from 0, begins with the row
            after the last. With `group`, it needs the column of the series.
        interval : float, default=None
            Coverage of a prediction interval, in (0, 1); its ends are further columns. The
            estimator needs ``predict_interval``: take :class:`ConformalRegressor`, or a regressor
            of this package with ``loss="quantile"``. Up to `n_steps_out` steps.
        ids : label of a series or list of them, default=None
            With `group`, which series to forecast, in this order. None: all.
        n_samples : int, default=None
            Return this number of sample paths in place of the forecast, up to `n_steps_out` steps;
            see Notes. The estimator has to predict quantiles or intervals. None: no paths.
        random_state : int, RandomState or None, default=None
            Seed of the sample paths.

        Returns
        -------
        forecast : DataFrame of shape (steps, n_targets)
            The targets, indexed by the dates that follow; with `group`, by series and date. With
            `interval`, beside each target ``"<target>_lower"`` and ``"<target>_upper"``. With
            `n_samples`, columns are pairs of target and sample.

        Notes
        -----
        An interval is for one step by itself; intervals of several steps do not add up. A sample
        path is one way that all steps could go together. It is made of the errors of one earlier
        forecast: each step takes the quantile at the rank that this error had. So errors that last
        for several steps do so in the paths, too, and ``paths["sold"].sum()`` are samples of the
        total over the horizon. The errors are the out-of-sample ones of a
        :class:`ConformalRegressor`, else those of the newest training rows. Each series is drawn by
        itself. So for series that rise and fall together, the true total over them varies more than
        the sums of their paths.
        """
        check_is_fitted(self, "estimator_")
        steps = self._check_steps(steps)
        self._check_kind(steps, interval, n_samples)
        if n_samples is not None:
            self._check_paths(steps, interval, n_samples)
        if interval is not None:
            self._check_interval(steps, interval)
        beside = self._beside(interval, n_samples)
        values, index = self._dated(steps, data, future, ids, beside)
        if self._labels is not None:
            return self._labels.frame(values[:, :steps, :, 0], index)
        targets = self._names(self._roles.targets)
        if self._paths is None or n_samples is None:
            suffixes = ["", "_lower", "_upper"][: values.shape[3]]
            columns = pd.Index([name + end for name in targets for end in suffixes])
        else:
            values = self._paths.draw(values[..., 1:], n_samples, random_state)
            columns = pd.MultiIndex.from_product(
                [targets, range(n_samples)], names=["target", "sample"]
            )
        values = self._bounds.clip(values)[:, :steps].reshape(-1, len(columns))
        return pd.DataFrame(values, index=index, columns=columns)

    @available_if(_says_probabilities)
    def forecast_proba(
        self,
        steps: int | None = None,
        *,
        data: Any = None,
        future: Any = None,
        ids: Any = None,
    ) -> pd.DataFrame:
        """Forecast the probabilities of the labels at the steps that follow the last row.

        Only forecasters of classifiers with ``predict_proba`` have this method. A label that the
        classifier has not seen at some step has probability 0 there.

        Parameters
        ----------
        steps : int, default=None
            How many steps, up to `n_steps_out`. None: `n_steps_out`.
        data, future, ids : any, default=None
            As of ``forecast``.

        Returns
        -------
        forecast : DataFrame of shape (steps, n_labels)
            The probabilities, indexed as ``forecast`` is. Columns are pairs of target and class.
        """
        check_is_fitted(self, "estimator_")
        steps = self._check_steps(steps)
        self._check_kind(steps)
        assert self._labels is not None
        values, index = self._dated(steps, data, future, ids, self._probabilities)
        return self._labels.frame_of_probabilities(values[:, :steps, :, 1:], index)

    def _dated(
        self, steps: int, data: Any, future: Any, ids: Any, beside: Callable[[Any], Any]
    ) -> tuple[np.ndarray, pd.Index]:
        """Values of whole horizons from the last rows, and the labels of so many steps."""
        needed = self._future_columns(steps)
        coming = None if future is None else self._future_table(future, needed)
        self._check_request(steps, coming)
        series, n_rows = self._series_of(data, ids), self._newest.n_rows
        n_blocks = -(-steps // self._roles.n_steps_out)
        ahead = Ahead.of(series, self._roles, n_blocks, self.freq_)
        if needed or n_blocks > 1:
            ahead = ahead.with_room()
        is_given = coming is not None and needed
        missing = self._fill(ahead, coming, needed) if is_given else ""
        with naming_missing(missing):
            values = ahead.forecast(n_blocks, n_rows, functools.partial(self._predict, beside))
        warn_if_missing(values, series, self._names(self._roles.features), n_rows, missing)
        return values, ahead.labels(steps)

    def _beside(self, interval: float | None, n_samples: int | None) -> Callable[[Any], Any]:
        """What is predicted beside the forecasts: nothing, an interval, or quantiles."""
        if interval is not None:
            return lambda X: predict_interval(self.estimator_, X, interval)
        if self._paths is not None and n_samples is not None:
            return functools.partial(self._paths.quantiles, self.estimator_)
        return lambda X: []

    def _probabilities(self, X: Any) -> Any:
        """Those of each label, which are predicted beside the forecasts."""
        assert self._labels is not None
        proba = self.estimator_.predict_proba(X)
        return self._labels.probabilities(proba, self.estimator_.classes_, self._roles.n_steps_out)

    # --- evaluation ----------------------------------------------------------------------------

    def score(self, data: Any, y: Any = None) -> float:
        """Score the forecasts of rows that came later, each made from the rows before it.

        With it you can use a forecaster in ``cross_val_score`` and in searches, whose folds are
        rows of the table: ``GridSearchCV(forecaster, grid, cv=TimeSeriesSplit()).fit(df)``.

        Parameters
        ----------
        data : Series or DataFrame
            The rows, in the same form as in ``fit``. Rows that directly follow the fitted ones have
            these as their history. It scores the forecasts whose first step is one of these rows,
            and whose last step is known.
        y : None, default=None
            Present for scikit-learn's conventions. Targets are columns of `data`.

        Returns
        -------
        score : float
            The score by `scoring`. Without it R², the mean over steps and targets; for labels the
            accuracy, the share of right labels over all steps and targets. A `scoring` of labels
            takes one label for each row, unless the metric of scikit-learn takes several. Forecasts
            that miss some of their history, at the beginning of a table, are left out.

        Raises
        ------
        ValueError
            If `data` does not say when the rows were, or leaves no forecast to score.

        Warns
        -----
        UserWarning
            If rows come before the last fitted one: then the forecaster has learned from what came
            after them.
        """
        check_is_fitted(self, "estimator_")
        _refuse_second(y, "score")
        data = as_pandas(data)
        if not isinstance(data, (pd.Series, pd.DataFrame)):
            raise ValueError(
                f"score needs to know when the rows were, which an array does not tell, got "
                f"{type(data).__name__}. Give a Series or a DataFrame, to the search as well."
                f" {see('tuning')}"
            )
        given = self._given(data)
        self._newest.warn_of_earlier(given)
        self._check_horizon(given)
        has_labels = self._labels is not None
        y, values = self._one_by_one(given)
        truth = y.to_numpy(dtype=object if has_labels else float).reshape(len(y), -1)
        forecasts = values[..., 0].reshape(truth.shape)
        is_known = ~np.asarray(pd.isna(truth) | np.isnan(forecasts)).any(axis=1)
        if not is_known.any():
            raise ValueError(
                f"score has no forecast whose {self.n_steps_out} steps and history are all known: "
                f"the table has {len(given.table)} rows. Give more, or a shorter horizon or window."
                f" {see('tuning')}"
            )
        if self._labels is not None:
            return self._labels.score(self.scoring, truth[is_known], values[is_known])
        return score_forecasts(self.scoring, truth[is_known], forecasts[is_known])

    def _check_horizon(self, given: Stacked) -> None:
        """Refuse rows to score that no horizon fits in, as of a fold with few test rows."""
        longest = given.part(int(given.lengths.argmax()))
        n_rows = len(longest)
        if n_rows < self.n_steps_out:
            of_one = " of one series" * (self.group is not None)
            first, last = longest.index[0], longest.index[-1]
            raise ValueError(
                f"test rows must be at least n_steps_out={self.n_steps_out}{of_one} (two times "
                f"that is better), got {n_rows} in the fold from {first!s} to {last!s}: all "
                f"{self.n_steps_out} steps of a forecast must be known to score it. Set test_size="
                f"{2 * self.n_steps_out} in the splitter, split less often, or shorten the "
                f"horizon. {see('tuning', 'backtesting')}"
            )

    def _framed(self, data: Any, y: Any = None) -> tuple[Any, Any, Any, Any, Bounds, bool]:
        """What a backtest needs: a clone that knows the horizon, X, y, the group, the bounds.

        Also whether holes in the dates of the table have been warned of.
        """
        _refuse_second(y, "backtest of a Forecaster")
        frame = self._frame(data)
        bounds = self._bounds_of(frame)
        freq = find_freq(frame.table.index)
        is_said = freq is not None and warn_of_holes(frame, freq, data, self.time)
        estimator = prepared(self.estimator, frame, self.group)
        X, y = frame.samples()
        return estimator, X, y_for(estimator, y), frame.label, bounds, is_said

    def _bounds_of(self, frame: Frame) -> Bounds:
        if is_classifier(self.estimator) and (self.lower, self.upper) != (None, None):
            raise ValueError(
                f"lower and upper are bounds of numbers, and a classifier forecasts labels, got "
                f"lower={self.lower!r} and upper={self.upper!r}. Leave them at None."
                f" {see('classification')}"
            )
        targets = frame.table.iloc[:, frame.targets]
        bounds = Bounds.of(self.lower, self.upper, list(targets.columns))
        bounds.warn_if_passed(targets)
        return bounds

    def _one_by_one(self, given: Stacked) -> tuple[pd.Series | pd.DataFrame, np.ndarray]:
        """Targets of the forecasts that begin in the given rows, and values as of `_predict`."""
        series = self._newest.with_history(given)
        order = np.argsort(ticks(series.index).numbers, kind="stable")
        frame = replace(self._roles, table=series.table.iloc[order])
        rows = frame.origins()
        n_front = series.lengths - given.lengths
        place = (np.arange(len(series.table)) - series.borders[series.codes])[order]
        is_scored = (place + self.lead >= n_front[series.codes[order]])[rows]
        X, y = frame.samples()
        says = self.scoring is not None and hasattr(self, "forecast_proba")
        beside = self._probabilities if says else self._beside(None, None)
        return y[is_scored], self._predict(beside, X, np.flatnonzero(is_scored))

    # --- what a forecast is made from ------------------------------------------------------------

    def _names(self, columns: list[int]) -> list[Any]:
        return list(self.feature_names_in_[columns])

    def _future_columns(self, steps: int) -> list[Any]:
        """Names of the columns whose coming values are needed."""
        roles = self._roles
        is_now = roles.n_steps_out + roles.lead == 1  # nothing comes after the last row
        needed = [] if is_now else list(roles.known)
        if steps > roles.n_steps_out:
            own = {*roles.targets, *needed}
            needed += [column for column in roles.features if column not in own]
        return self._names(needed)

    def _future_table(self, future: Any, needed: list[Any]) -> pd.DataFrame:
        if isinstance(future, Mapping):
            raise TypeError(
                f"future must be a table with the dates that follow, got a "
                f"{type(future).__name__}. Make it pd.DataFrame(future, index=dates). "
                f"{see('covariates')}"
            )
        table = named_table(future, needed)
        return with_times(table, self.time, self.group) if self.time in table else table

    def _check_steps(self, steps: Any) -> int:
        """How many steps are asked for; a table there is meant for `data`."""
        if hasattr(steps, "__len__") and not isinstance(steps, str):
            raise ValueError(
                f"steps must be how many steps to forecast, got a {type(steps).__name__}. Give a "
                f"table of newer rows as forecast(data=...), and values of covariates that are "
                f"known in advance as forecast(future=...). {see('horizon')}"
            )
        return check_integer(self.n_steps_out if steps is None else steps, "steps", 1)

    def _check_kind(
        self, steps: int, interval: float | None = None, n_samples: int | None = None
    ) -> None:
        """Refuse of labels what there is of numbers only."""
        if self._labels is None:
            return
        if interval is not None or n_samples is not None:
            raise ValueError(
                f"interval and n_samples are for forecasts of numbers, and a classifier forecasts "
                f"labels, got interval={interval} and n_samples={n_samples}. forecast_proba gives "
                f"the probabilities of the labels. {see('classification')}"
            )
        if steps > self.n_steps_out:
            raise ValueError(
                f"steps={steps} is more than n_steps_out={self.n_steps_out}, and forecasts of "
                f"labels are not continued from themselves. Fit with n_steps_out={steps}."
                f" {see('horizon')}"
            )

    def _check_interval(self, steps: int, interval: float) -> None:
        if steps > self.n_steps_out or not 0 < interval < 1:
            raise ValueError(
                f"interval must be a coverage in (0, 1), such as 0.9, and is known up to "
                f"n_steps_out={self.n_steps_out} steps only; got interval={interval} and "
                f"steps={steps}."
                f" {see('intervals')}"
            )

    def _check_request(self, steps: int, future: Any) -> None:
        is_far = steps > self.n_steps_out
        if is_far and self.lead != 1:
            raise ValueError(
                f"steps={steps} is more than n_steps_out={self.n_steps_out}, and forecasts can be "
                f"continued with lead=1 only, got lead={self.lead}. Fit with a longer n_steps_out."
                f" {see('horizon')}"
            )
        given = [] if future is None else list(future.columns)
        missing = [name for name in self._future_columns(steps) if name not in given]
        if missing:
            raise ValueError(
                f"forecasting {steps} steps needs the coming values of {missing}: give them as "
                f"future=, a table with these columns and the dates that follow"
                + f" (it has the columns {given})" * (future is not None)
                + f", or forecast up to n_steps_out={self.n_steps_out} steps" * is_far
                + f". {see('covariates')}"
            )

    def _check_paths(self, steps: int, interval: float | None, n_samples: int) -> None:
        check_integer(n_samples, "n_samples", 1)
        if interval is not None or steps > self.n_steps_out:
            raise ValueError(
                f"n_samples={n_samples} draws paths of up to n_steps_out={self.n_steps_out} steps, "
                f"in place of intervals, which are quantiles of the paths; got steps={steps} and "
                f"interval={interval}. {see('intervals')}"
            )
        if self._paths is None:
            raise ValueError(_NEEDED.format(asked=f"n_samples={n_samples}", what="quantiles"))

    def _series_of(self, data: Any = None, ids: Any = None) -> Stacked:
        """The rows of each series to forecast from."""
        if data is None:
            return _choose(self._newest.series, ids)
        return self._newest.followed_by(_choose(self._given(data), ids))

    def _given(self, data: Any) -> Stacked:
        """The rows of each series in a table like the fitted one."""
        data = with_times(data, self.time, self.group)
        if isinstance(data, pd.DataFrame):  # others may be anything
            has = [str(name) for name in (*data.columns, *data.index.names)]
            self._check_columns(has)
            data = data[[name for name in data if str(name) in self.feature_names_in_]]
        frame = self._frame(data)
        self._check_columns(list(frame.table.columns))
        check_labels(frame.table.index, self._newest.series.index)
        return Stacked.of(frame.table[list(self.feature_names_in_)], self._roles.group)

    def _check_columns(self, has: list[str]) -> None:
        """Refuse a table without the columns of the fitted one."""
        missing = [name for name in self.feature_names_in_ if name not in has]
        if missing:
            raise ValueError(
                f"data lacks the columns {missing}, which fit has seen; it has {has}. Give a table "
                f"of the same columns. {see('serving')}"
            )

    def _fill(self, ahead: Ahead, future: Any, names: list[Any]) -> str:
        """Put coming values into the rows that are needed; say which are NaN."""
        # What only observed rows need ends with the origin of the last horizon.
        n_needed = ahead.n_ahead - (0 if self._roles.known else self._roles.n_steps_out)
        at = np.arange(len(ahead.dates)).reshape(-1, ahead.n_ahead)[:, :n_needed]
        dates = ahead.dates.take(at.ravel())
        labels = ahead.series.labels
        values = take_coming(future, names, self._roles.label, labels, dates)
        ahead.fill(values, n_needed)
        return missing_coming(values, labels, dates)

    def _predict(
        self, beside: Callable[[Any], Any], X: pd.DataFrame, origins: np.ndarray
    ) -> np.ndarray:
        """Values (n_origins, n_steps_out, n_targets, n_values): forecasts, and what is beside."""
        with asking_for(origins, n_rows=len(X)):
            found = self.estimator_.predict(X)
            values = [found if self._labels is None else self._labels.numbers(found), *beside(X)]
        shape = len(origins), self._roles.n_steps_out, len(self._roles.targets)
        stacked = np.stack([np.asarray(value)[origins].reshape(shape) for value in values], axis=3)
        stacked[..., :1] = self._bounds.clip(stacked[..., :1])  # later forecasts are made from it
        return stacked


def predict_interval(estimator: Any, X: Any, coverage: float) -> Any:
    """Lower and upper bounds, by whatever in a fitted estimator knows them.

    Raises
    ------
    ValueError
        If nothing does.
    """
    method = find_method(estimator, "predict_interval")
    if method is None:
        raise ValueError(_NEEDED.format(asked=f"interval={coverage}", what="intervals"))
    return method(X, coverage=coverage)


def _warn_of_warm_start(estimator: Any) -> None:
    """Say that a second fit does not go on with the network of the first."""
    params = estimator.get_params(deep=True)
    warm = [k for k, v in params.items() if k.rpartition("__")[2] == "warm_start" and v is True]
    if warm and not hasattr(estimator, "cv"):  # in a search it is as of scikit-learn's own
        warnings.warn(
            f"{warm[0]}=True of the estimator has no effect here: Forecaster.fit fits a clone of "
            f"its estimator, so that training begins anew. To forecast from newer rows without "
            f"training, call forecast(data=...). To go on training, fit the pipeline itself, "
            f"pipeline.fit(X, y) with X, y = make_supervised(...). {see('serving')}",
            UserWarning,
            stacklevel=4,
        )


def _refuse_second(y: Any, method: str) -> None:
    """Refuse what other libraries take beside the targets."""
    if y is not None:
        raise ValueError(
            f"{method} takes one table, with targets and covariates as its columns, got y of type "
            f"{type(y).__name__} as well. Join them, pd.concat([y, exog], axis=1), and name the "
            f"columns: Forecaster(estimator, target=..., known_future=...). {see('covariates')}"
        )


def _choose(series: Stacked, ids: Any) -> Stacked:
    """The series that are wanted, in this order."""
    if ids is None:
        return series
    if series.labels == [None]:
        raise ValueError(
            f"ids={ids!r} chooses among the series of a table, but this forecaster has group=None."
            f" {see('many series')}"
        )
    return series.only([series.numbers[label] for label in find_labels(ids, series.labels)])
