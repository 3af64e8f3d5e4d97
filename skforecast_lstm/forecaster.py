"""From a table to the dates that follow it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.multioutput import MultiOutputRegressor

from skforecast_lstm._dates import (
    find_freq,
    labels_after,
    missing_labels,
    steps_between,
)
from skforecast_lstm._inspect import (
    check_order,
    find_method,
    find_windows,
    fitted_windows,
    splits_rows,
    takes_one_target,
)
from skforecast_lstm._tables import (
    by_series,
    name_of,
    named_table,
    numbered,
    numbers_expected,
    warn_of_holes,
    warn_of_text,
    with_history,
)
from skforecast_lstm._validation import (
    HasMethods,
    check_integer,
    check_is_fitted,
    fit_context,
)
from skforecast_lstm._windows import asking_for, saying_holes
from skforecast_lstm.framing import Columns, Frame
from skforecast_lstm.groups import GroupScaler, GroupTransformedTargetRegressor

__all__ = ["Forecaster"]


class Forecaster(MetaEstimatorMixin, BaseEstimator):
    """Fit any pipeline to a table, and forecast the dates that follow its last row.

    The table is framed as :func:`make_supervised` does it, the estimator is fitted, and
    ``forecast`` predicts from the newest row: up to `n_steps_out` steps directly, further ones by
    taking the forecasts for observed values, again and again.

    Parameters
    ----------
    estimator : estimator
        A regressor, a pipeline (:func:`make_lstm_pipeline`) or a search over one. Its window steps
        are told the horizon and, unless they name one, the group. It is cloned, never changed.
    target : column name, position, or list of them, default=None
        What is to be forecast. None: every column but those of `known_future` and `group`.
    features : column name, position, or list of them, default=None
        What is known at each row. None: every column, the targets first.
    n_steps_out : int, default=1
        The horizon: how many steps the estimator predicts at once.
    lead : int, default=1
        Rows from the last known one to the first that is forecast. 0: the last row itself, whose
        target is not known yet.
    known_future : column name, position, or list of them, default=None
        Covariates that are known in advance; ``forecast`` takes their coming values as `future`.
    group : column name or position, or name of an index level, default=None
        What tells several series in one table apart. All are fitted together, each is forecast.
        Steps before the window must hand the column on, as those of
        ``make_lstm_pipeline(group=...)`` do.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator; of a search, its best one, fitted on every row.
    search_ : estimator
        The fitted search, where `estimator` is one: ``search_.cv_results_``.
    best_params_ : dict
        The best parameters, where `estimator` is a search.
    freq_ : DateOffset, number or None
        How far the rows are apart.
    n_features_in_ : int
        Columns of the table.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names.

    Raises
    ------
    ValueError
        If the table cannot be framed, or what is asked for needs values that are not there.

    Warns
    -----
    UserWarning
        If dates are missing between the first and the last row.

    See Also
    --------
    make_lstm_pipeline : The recommended estimator.
    backtest : How good such forecasts would have been.

    Notes
    -----
    The final fit uses every row: ``WindowTransformer(purge=True)``, which keeps the scores of a
    search honest, is switched off for it. (A search, or an estimator that cross-validates itself,
    such as :class:`ConformalRegressor`, is therefore fitted once more where ``n_steps_out > 1``.
    One that stands inside of another estimator keeps its purge, and is not.)

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
    """

    _parameter_constraints: dict = {"estimator": [HasMethods("fit")]}

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
    ) -> None:
        self.estimator = estimator
        self.target = target
        self.features = features
        self.n_steps_out = n_steps_out
        self.lead = lead
        self.known_future = known_future
        self.group = group

    # --- fitting -----------------------------------------------------------------------------

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, data: Any, y: Any = None) -> Forecaster:
        """Fit the estimator to every row of a table.

        Parameters
        ----------
        data : Series, DataFrame, ndarray of shape (n_rows,) or (n_rows, n_columns), or list
            The table: rows are time, columns are series. The index tells the dates: a
            DatetimeIndex, a PeriodIndex or numbers.
        y : Ignored
            Present for scikit-learn's conventions.

        Returns
        -------
        self : Forecaster
            The fitted forecaster.
        """
        frame = self._frame(data)
        X, y = frame.samples()
        parts = [self.estimator, *self.estimator.get_params().values()]
        if y.ndim == 1 and any(isinstance(part, MultiOutputRegressor) for part in parts):
            y = y.to_frame()
        freq = find_freq(frame.table.index)
        is_said = warn_of_holes(frame, freq)
        with numbers_expected(frame), saying_holes(is_said=is_said):
            estimator, search = self._fit_whole(self._prepared(frame), X, y)
        self.__dict__.pop("search_", None)
        if search is not None:
            self.search_ = search
        self.estimator_, self.freq_ = estimator, freq
        self._n_rows = _longest_window(self.estimator_)
        tails = {label: part.iloc[-self._n_rows :] for label, part in by_series(frame)}
        self._tails = {label: tail.copy() for label, tail in tails.items()}
        self._targets, self._known, self._group = frame.targets, frame.known, frame.group
        self._features = frame.features
        numbers = frame.table.select_dtypes(["number", "bool"])
        self._numeric = [name for name in numbers if name != frame.label]
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

    def _prepared(self, frame: Frame) -> Any:
        """A clone of the estimator whose steps know the horizon and the group."""
        estimator = clone(self.estimator)
        check_order(estimator)
        if len(frame.targets) * frame.n_steps_out > 1 and takes_one_target(estimator):
            raise ValueError(
                f"{type(estimator).__name__} takes one target for each row, but n_steps_out="
                f"{frame.n_steps_out} steps of {len(frame.targets)} targets make several: wrap it "
                f"as MultiOutputRegressor({type(estimator).__name__}(...))."
            )
        windows = find_windows(estimator)
        estimator.set_params(**{f"{name}__n_steps_out": frame.reach for name in windows})
        if frame.group is None:
            return estimator
        # By its name, for a position in the table is another one among the features.
        label, params = frame.label, estimator.get_params(deep=True)
        is_same = {
            name: value == self.group or (value is None and name.removesuffix("__group") in windows)
            for name, value in params.items()
            if name.rpartition("__")[2] == "group"
        }
        estimator.set_params(**{name: label for name, same in is_same.items() if same})
        parts = [estimator, *params.values()]
        by_series = any(isinstance(part, GroupScaler) and not part.pooled for part in parts)
        if by_series and not any(isinstance(p, GroupTransformedTargetRegressor) for p in parts):
            warnings.warn(
                f"features are scaled by series (GroupScaler), targets are not: the level of a "
                f"series is lost, and all are forecast at one. Wrap the pipeline as "
                f"GroupTransformedTargetRegressor(pipeline, group={label!r}).",
                UserWarning,
                stacklevel=4,
            )
        return estimator

    def _fit_whole(self, estimator: Any, X: pd.DataFrame, y: Any) -> tuple[Any, Any]:
        """Fit an estimator so that what predicts in the end has seen the newest rows too.

        Also returned is the search that found it, or None.
        """
        windows = find_windows(estimator)
        if not any(map(splits_rows, (estimator, *estimator.get_params().values()))):
            whole = {f"{name}__purge": False for name in windows}
            return estimator.set_params(**whole).fit(X, y), None
        # It splits the rows itself, and needs the purge for that; what comes out of it does not.
        # What splits inside of something else keeps it.
        is_purged = splits_rows(estimator) and any(
            step.purge and (step.n_steps_out or 0) > 1 for step in windows.values()
        )
        estimator.fit(X, y)
        if hasattr(estimator, "cv_results_"):
            if not hasattr(estimator, "best_estimator_"):
                raise ValueError(
                    "a search with refit=False has no best estimator to forecast with: leave refit "
                    "at True, or name the metric that chooses."
                )
            best = estimator.best_estimator_
            return self._fit_whole(clone(best), X, y)[0] if is_purged else best, estimator
        if is_purged and hasattr(estimator, "estimator_"):
            estimator.estimator_, _ = self._fit_whole(clone(estimator.estimator_), X, y)
        return estimator, None

    # --- forecasting -------------------------------------------------------------------------

    def forecast(
        self,
        steps: int | None = None,
        *,
        data: Any = None,
        future: Any = None,
        interval: float | None = None,
    ) -> pd.DataFrame:
        """Forecast the steps that follow the last row.

        Parameters
        ----------
        steps : int, default=None
            How many. None: `n_steps_out`. Beyond that, forecasts take the place of observed values,
            which needs every feature to be a target or given in `future`.
        data : Series, DataFrame or array, default=None
            Forecast from the last row of this table, in the form that ``fit`` was given: newer rows
            or other series, without a refit. Rows that directly follow the fitted ones have these
            as their history. None: from the last fitted row.
        future : DataFrame, Series or array, default=None
            Coming values of the covariates: of `known_future`, for as many whole horizons as
            `steps` needs, and beyond `n_steps_out` of every feature that is no target. Rows are
            found by their dates; an array, or an index that numbers the rows from 0, begins with
            the row after the last. With `group`, its column tells whose they are.
        interval : float, default=None
            Coverage of an interval in (0, 1), given as further columns: from an estimator with
            ``predict_interval``, which are :class:`ConformalRegressor` and this package's
            regressors with ``loss="quantile"``. Up to `n_steps_out` steps.

        Returns
        -------
        forecast : DataFrame of shape (steps, n_targets)
            The targets, indexed by the dates that follow; with `group`, by series and date. With
            `interval`, beside each target ``"<target>_lower"`` and ``"<target>_upper"``.
        """
        check_is_fitted(self, "estimator_")
        steps = check_integer(self.n_steps_out if steps is None else steps, "steps", 1)
        coming = None if future is None else named_table(future, self._future_columns(steps))
        self._check_request(steps, coming, interval)
        parts = self._parts(data)
        if data is not None:
            for label, part in parts.items():
                self._check_rows(label, part)
        forecasts = {
            label: self._forecast_series(part, label, steps, coming, interval)
            for label, part in parts.items()
        }
        if self._group is None:
            return forecasts[None]
        return pd.concat(forecasts, names=[self.feature_names_in_[self._group]])

    def _future_columns(self, steps: int) -> list[Any]:
        """Names of the columns whose coming values are needed."""
        is_now = self.n_steps_out + self.lead == 1  # nothing comes after the last row
        needed = [] if is_now else list(self._known)
        if steps > self.n_steps_out:
            own = {*self._targets, *needed}
            needed += [column for column in self._features if column not in own]
        return list(self.feature_names_in_[needed])

    def _check_request(self, steps: int, future: Any, interval: float | None) -> None:
        is_far = steps > self.n_steps_out
        if interval is not None and (is_far or not 0 < interval < 1):
            raise ValueError(
                f"interval must be a coverage in (0, 1), and is known up to n_steps_out="
                f"{self.n_steps_out} steps only; got interval={interval} and steps={steps}."
            )
        if is_far and self.lead != 1:
            raise ValueError(
                f"steps={steps} is more than n_steps_out={self.n_steps_out}, and forecasts can be "
                f"continued with lead=1 only, got lead={self.lead}. Fit with a longer n_steps_out."
            )
        given = [] if future is None else list(future.columns)
        missing = [name for name in self._future_columns(steps) if name not in given]
        if missing:
            raise ValueError(
                f"forecasting {steps} steps needs the coming values of {missing}: give them as "
                f"future=, a table with these columns and the dates that follow"
                + (f", or forecast up to n_steps_out={self.n_steps_out} steps." if is_far else ".")
            )

    def _parts(self, data: Any) -> dict[Any, pd.DataFrame]:
        """The newest rows of each series, those that follow the fitted ones with these in front."""
        if data is None:
            return self._tails
        if isinstance(data, pd.DataFrame):  # others may be anything
            data = data[[name for name in data if str(name) in self.feature_names_in_]]
        frame = self._frame(data)
        missing = [name for name in self.feature_names_in_ if name not in frame.table]
        if missing:
            raise ValueError(f"data lacks the columns {missing}, which fit has seen.")
        parts = {}
        for label, part in by_series(frame):
            part = part[list(self.feature_names_in_)]
            parts[label] = with_history(part, self._tails.get(label), self.freq_)
        return parts

    def _check_rows(self, label: Any, part: pd.DataFrame) -> None:
        """Refuse newer rows that a forecast cannot be made from as from the fitted ones.

        Raises
        ------
        ValueError
            If they are another time apart, have a hole in the last window, or are too few.
        """
        whose = "" if self._group is None else f" of {label!r}"
        steps = steps_between(part.index, self.freq_) if self.freq_ is not None else np.ones(0)
        name = name_of(self.freq_)
        if len(steps) and np.mean(steps == 1) < 0.5 and not (steps > 1).any():
            raise ValueError(
                f"the rows of data{whose} are not apart as the fitted ones, by {name!r}: they are "
                f"at {part.index[0]!s}, {part.index[1]!s}, ... Aggregate them first, for example "
                f"with df.resample({name!r}).mean()."
            )
        newest = part.index[-self._n_rows :]
        holes = missing_labels(newest, self.freq_)
        if len(holes):
            raise ValueError(
                f"the rows of data{whose} have a hole: {', '.join(map(str, holes[:3]))} "
                f"({len(holes)} at frequency {name!r}) are missing among the last {self._n_rows}, "
                f"which the forecast is made from. Give these rows, or make rows of them with "
                f"df.asfreq({name!r}) and fill them."
            )
        if len(part) < self._n_rows and not self._tails.get(label, part[:0]).equals(part):
            raise ValueError(
                f"data has {len(part)} rows{whose}, and a forecast needs the last {self._n_rows}, "
                f"the longest window; they do not follow the fitted rows, which would have been "
                f"their history. Give {self._n_rows - len(part)} more."
            )

    def _warn_if_unknown(self, values: np.ndarray, table: pd.DataFrame, label: Any) -> None:
        """Say why a forecast is missing."""
        if not np.isnan(values).any():
            return
        newest = table.iloc[-self._n_rows :]
        columns = [c for c in self.feature_names_in_[self._features] if newest[c].isna().any()]
        rows = newest.index[newest[columns].isna().any(axis=1)] if columns else newest.index[:0]
        whose = "" if self._group is None else f" of {label!r}"
        what = f": {columns} miss values at {', '.join(map(str, rows[:3]))}" * bool(columns)
        few = f": it has {len(table)} rows" * (not columns and len(table) < self._n_rows)
        warnings.warn(
            f"the forecast{whose} is NaN, because something is missing among the last "
            f"{self._n_rows} rows, which it is made from{what}{few}. Fill what is missing "
            f"(df.interpolate()), take a shorter window, or a network that skips such rows "
            f"(WindowTransformer(missing='mask')).",
            UserWarning,
            stacklevel=4,
        )

    def _forecast_series(
        self, table: pd.DataFrame, label: Any, steps: int, future: Any, interval: float | None
    ) -> pd.DataFrame:
        """Forecast one series, a horizon at a time."""
        estimator, given, n_known, n_blocks = (
            self.estimator_,
            table,
            len(table),
            -(-steps // self.n_steps_out),
        )
        n_ahead = n_blocks * self.n_steps_out + self.lead - 1
        dates = labels_after(table.index, n_ahead, self.freq_) if n_ahead else table.index[:0]
        index = dates[self.lead - 1 :] if self.lead else table.index[-1:].append(dates)
        names = self._future_columns(steps)
        if names or n_blocks > 1:
            table = table.reindex(table.index.append(dates))
            numbers = {name: "float64" for name in self._numeric if name in table}
            table = table.astype(numbers)  # whatever they are observed in, forecasts are that
            if self._group is not None:
                table.iloc[n_known:, self._group] = label
        if names:
            coming = self._coming(future, label, dates, names)
            table.loc[coming.index, names] = coming
        blocks: list[np.ndarray] = []
        for first in range(n_known, n_known + steps, self.n_steps_out):
            is_known = not blocks or not np.isnan(blocks[-1]).any()
            values = (
                self._predict(estimator, table, first - 1, interval) if is_known else blocks[-1]
            )
            blocks.append(values)
            if n_blocks > 1 and is_known:  # the next horizon takes these for observed
                rows = slice(first, first + self.n_steps_out)
                table.iloc[rows, self._targets] = blocks[-1][..., 0]
        values = np.concatenate(blocks)[:steps]
        self._warn_if_unknown(values, given, label)
        suffixes = ["", "_lower", "_upper"][: values.shape[2]]
        targets = self.feature_names_in_[self._targets]
        columns = [name + suffix for name in targets for suffix in suffixes]
        return pd.DataFrame(values.reshape(steps, -1), index=index[:steps], columns=columns)

    def _coming(self, future: Any, label: Any, dates: pd.Index, names: list[Any]) -> pd.DataFrame:
        """The coming values of one series at the dates that are needed."""
        if self._group is not None:
            group = self.feature_names_in_[self._group]
            if group in future.index.names:
                future = future.reset_index(level=group)
            if group not in future.columns:
                raise ValueError(f"future must tell with {group!r} which series its rows are of.")
            is_numbered = isinstance(future.index, pd.RangeIndex)
            future = future[future[group] == label]
            future = future.reset_index(drop=True) if is_numbered else future
        # What only observed rows need ends with the origin of the last horizon.
        needed = dates if self._known else dates[: len(dates) - self.n_steps_out]
        is_numbered = isinstance(future.index, pd.RangeIndex) and future.index.start == 0
        if is_numbered and not needed.isin(future.index).all():
            future = future.iloc[: len(dates)]
            future = future.set_axis(dates[: len(future)])
        missing = needed.difference(future.index)
        if len(missing):
            raise ValueError(
                f"future must hold {names} for the {len(needed)} rows after the last one, from "
                f"{needed[0]!s} to {needed[-1]!s}{'' if label is None else f' of {label!r}'}, but "
                f"{len(missing)} are missing, the first {missing[0]!s}."
            )
        if future.index[future.index.isin(needed)].has_duplicates:
            doubled = future.index[future.index.duplicated()][0]
            raise ValueError(f"future must hold each date once, but has {doubled!s} more often.")
        return future.loc[needed, names]

    def _predict(
        self, estimator: Any, table: pd.DataFrame, origin: int, interval: float | None
    ) -> np.ndarray:
        """Values (n_steps_out, n_targets, 1) from a row, or 3 with the ends of the interval."""
        roles = self._targets, self._features, self._known, self.n_steps_out, self.lead, self._group
        rows = np.arange(max(0, origin + 1 - self._n_rows), origin + 1)
        X = Frame(table, *roles).inputs(rows)
        with asking_for(slice(-1, None)):
            values = [estimator.predict(X)]
        if interval is not None:
            predict_interval = find_method(estimator, "predict_interval")
            if predict_interval is None:
                raise ValueError(
                    f"interval={interval} needs an estimator that knows intervals: wrap it as "
                    f"ConformalRegressor(estimator), or take a regressor of this package with "
                    f"loss='quantile'."
                )
            with asking_for(slice(-1, None)):
                values += predict_interval(X, coverage=interval)
        shape = self.n_steps_out, len(self._targets)
        return np.stack([np.asarray(value)[-1].reshape(shape) for value in values], axis=2)


def _longest_window(estimator: Any) -> int:
    """Rows in the longest window of a fitted estimator; 1 without any."""
    return max((window.n_steps_in for window in fitted_windows(estimator)), default=1)
