"""From a table to the dates that follow it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.multioutput import MultiOutputRegressor

from skforecast_lstm._containers import as_pandas
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
    check_labels,
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
        y : None, default=None
            Present for scikit-learn's conventions. What is to be forecast is a column of `data`.

        Returns
        -------
        self : Forecaster
            The fitted forecaster.
        """
        if y is not None:
            raise ValueError(
                f"Forecaster.fit takes one table, with targets and covariates as its columns, but "
                f"got a second argument of type {type(y).__name__}. Join them, for example "
                f"pd.concat([y, exog], axis=1), and name the targets with target=..., the "
                f"covariates that are known in advance with known_future=..."
            )
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
        data = as_pandas(data)
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
        ids: Sequence[Any] | None = None,
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
        ids : sequence, default=None
            Labels of the series to forecast, with `group`. None: all of them.

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
        parts = self._chosen(self._parts(data), ids)
        if data is not None:
            for label, part in parts.items():
                self._check_rows(label, part)
        courses = self._courses(parts, steps, coming)
        values = self._forecast_courses(courses, steps, interval)
        for label, part, found in zip(parts, parts.values(), values, strict=True):
            self._warn_if_unknown(found, part, label)
        suffixes = ["", "_lower", "_upper"][: values.shape[3]]
        targets = self.feature_names_in_[self._targets]
        columns = [name + suffix for name in targets for suffix in suffixes]
        index = self._index_of(list(parts), [course.index[:steps] for course in courses])
        return pd.DataFrame(values.reshape(len(index), -1), index=index, columns=columns)

    def _index_of(self, labels: list[Any], dates: list[pd.Index]) -> pd.Index:
        """Index of the forecasts of all series."""
        if self._group is None:
            return dates[0]
        of_rows = pd.Index(labels).repeat(len(dates[0]))
        every = dates[0].append(dates[1:])
        names = [self.feature_names_in_[self._group], dates[0].name]
        return pd.MultiIndex.from_arrays([of_rows, every], names=names)

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
        data = as_pandas(data)
        if isinstance(data, pd.DataFrame):  # others may be anything
            data = data[[name for name in data if str(name) in self.feature_names_in_]]
        frame = self._frame(data)
        missing = [name for name in self.feature_names_in_ if name not in frame.table]
        if missing:
            raise ValueError(f"data lacks the columns {missing}, which fit has seen.")
        check_labels(frame.table.index, next(iter(self._tails.values())).index)
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

    def _chosen(
        self, parts: dict[Any, pd.DataFrame], ids: Sequence[Any] | None
    ) -> dict[Any, pd.DataFrame]:
        """The series to forecast."""
        if ids is None:
            return parts
        wanted = [ids] if np.ndim(ids) == 0 else list(ids)
        unknown = [label for label in wanted if label not in parts]
        if self._group is None or unknown or not wanted:
            known = "group=None" if self._group is None else f"{list(parts)[:5]}, ..."
            raise ValueError(
                f"ids must be labels of the series of `group`, at least one, got {ids!r}; there "
                f"are {known}."
            )
        return {label: parts[label] for label in wanted}

    def _courses(self, parts: dict[Any, pd.DataFrame], steps: int, future: Any) -> list[_Course]:
        """Every series with the rows that follow its last one."""
        n_blocks = -(-steps // self.n_steps_out)
        n_ahead = n_blocks * self.n_steps_out + self.lead - 1
        names = self._future_columns(steps)
        following: dict[Any, pd.Index] = {}
        courses = []
        for label, part in parts.items():
            last = part.index[-1]
            if last not in following:
                after = labels_after(part.index, n_ahead, self.freq_) if n_ahead else None
                following[last] = part.index[:0] if after is None else after
            dates, table, n_known = following[last], part, len(part)
            index = dates[self.lead - 1 :] if self.lead else part.index[-1:].append(dates)
            if names or n_blocks > 1:
                table = self._with_rows(part, dates, label)
            if names:
                coming = self._coming(future, label, dates, names)
                table.loc[coming.index, names] = coming
            courses.append(_Course(table, n_known, index))
        return courses

    def _with_rows(self, part: pd.DataFrame, dates: pd.Index, label: Any) -> pd.DataFrame:
        """Rows of a series, and empty ones at the dates that follow."""
        table = part.reindex(part.index.append(dates))
        # Whatever they are observed in, forecasts are that.
        table = table.astype({name: "float64" for name in self._numeric if name in table})
        if self._group is not None:
            table.iloc[len(part) :, self._group] = label
        return table

    def _forecast_courses(
        self, courses: list[_Course], steps: int, interval: float | None
    ) -> np.ndarray:
        """Values (n_series, steps, n_targets, 1), or 3 with the ends of the interval.

        A horizon at a time, all series at once: each takes the forecasts of one horizon for
        observed in the next, unless one is missing, which none can then follow.
        """
        blocks: list[np.ndarray] = []
        going = np.arange(len(courses))
        for first in range(0, steps, self.n_steps_out):
            found = self._predict([courses[number] for number in going], first, interval)
            block = np.full((len(courses), *found.shape[1:]), np.nan)
            block[going] = found
            blocks.append(block)
            going = going[~np.isnan(found).any(axis=(1, 2, 3))]
            if first + self.n_steps_out >= steps or not len(going):
                continue
            for number in going:
                course = courses[number]
                rows = slice(course.n_known + first, course.n_known + first + self.n_steps_out)
                course.table.iloc[rows, self._targets] = block[number, ..., 0]
        return np.concatenate(blocks, axis=1)[:, :steps]

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

    def _predict(self, courses: list[_Course], first: int, interval: float | None) -> np.ndarray:
        """Values (n_series, n_steps_out, n_targets, 1) of one horizon, or 3 with an interval."""
        shape = len(courses), self.n_steps_out, len(self._targets)
        if not courses:
            return np.empty((*shape, 1 if interval is None else 3))
        estimator, roles = self.estimator_, (self._targets, self._features, self._known)
        stretches, rows, n_rows = [], [], 0
        for course in courses:
            origin = course.n_known + first - 1
            start = max(0, origin + 1 - self._n_rows)
            stretch = course.table.iloc[start : origin + self.n_steps_out + self.lead]
            rows.append(n_rows + np.arange(origin + 1 - start))
            n_rows += len(stretch)
            stretches.append(stretch)
        table = stretches[0] if len(stretches) == 1 else pd.concat(stretches)
        frame = Frame(table, *roles, self.n_steps_out, self.lead, self._group)
        X = frame.inputs(np.concatenate(rows))
        origins = np.cumsum([len(part) for part in rows]) - 1
        if len(courses) > 1:  # rows in the order of time, the series interleaved
            order = X.index.argsort(kind="stable")
            X, origins = X.iloc[order], np.argsort(order, kind="stable")[origins]
        with asking_for(origins):
            values = [estimator.predict(X)]
            if interval is not None:
                values += _interval_of(estimator, interval)(X, coverage=interval)
        return np.stack([np.asarray(value)[origins].reshape(shape) for value in values], axis=3)


@dataclass
class _Course:
    """A series on its way: its rows and those that follow, how many are known, and their dates."""

    table: pd.DataFrame
    n_known: int
    index: pd.Index


def _interval_of(estimator: Any, interval: float) -> Callable[..., Any]:
    """What predicts intervals."""
    predict_interval = find_method(estimator, "predict_interval")
    if predict_interval is None:
        raise ValueError(
            f"interval={interval} needs an estimator that knows intervals: wrap it as "
            f"ConformalRegressor(estimator), or take a regressor of this package with "
            f"loss='quantile'."
        )
    return predict_interval


def _longest_window(estimator: Any) -> int:
    """Rows in the longest window of a fitted estimator; 1 without any."""
    return max((window.n_steps_in for window in fitted_windows(estimator)), default=1)
