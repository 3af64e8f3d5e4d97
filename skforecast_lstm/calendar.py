"""Where in the day, the week and the year a row is: features from the index, and their future."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin

from skforecast_lstm._containers import as_rows
from skforecast_lstm._dates import infer_freq
from skforecast_lstm._pages import see
from skforecast_lstm._plain import PlainState
from skforecast_lstm._targets import step_name
from skforecast_lstm._validation import (
    Interval,
    StrOptions,
    Tags,
    check_is_fitted,
    fit_context,
    validate_data,
)

__all__ = ["CalendarFeatures"]

# For each field what pandas calls it, where its cycle begins, and how long that is on average.
_CYCLES = {
    "minute": ("minute", 0, 60),
    "hour": ("hour", 0, 24),
    "weekday": ("day_of_week", 0, 7),
    "day": ("day", 1, 365.2425 / 12),
    "dayofyear": ("day_of_year", 1, 365.2425),
    "week": ("week", 1, 365.2425 / 7),
    "month": ("month", 1, 12),
    "quarter": ("quarter", 1, 4),
}
# What changes from row to row, by the least time between rows.
_AUTO_FIELDS: list[tuple[str, tuple[str, ...]]] = [
    ("360D", ()),
    ("85D", ("quarter",)),
    ("28D", ("month",)),
    ("7D", ("week",)),
    ("1D", ("weekday", "dayofyear")),
    ("1h", ("hour", "weekday", "month")),
    ("0s", ("minute", "hour", "weekday", "month")),
]


class CalendarFeatures(PlainState, TransformerMixin, BaseEstimator):
    """Append the hour, weekday, month, ... of each row, and of the steps that are predicted.

    Every field becomes a sine and a cosine, so that December is next to January and Sunday next to
    Monday. The calendar of the coming steps is known in advance. With `n_steps_out`, each row also
    gets the fields of the steps that are predicted from it.

    Parameters
    ----------
    fields : "auto" or sequence of str, default="auto"
        Any of the fields in the Notes. "auto": fields that fit the typical time between rows. Less
        than an hour: "minute", "hour", "weekday" and "month". Less than a day: "hour", "weekday"
        and "month". Less than a week: "weekday" and "dayofyear". Less than a month: "week". Less
        than a quarter: "month". Less than a year: "quarter". Otherwise none.
    n_steps_out : int, default=0
        The number of coming steps whose fields each row gets: the `n_steps_out` of
        :func:`make_supervised`. 0: only the row itself.
    lead : int, default=1
        Steps from the row to the first coming one: the `lead` of :func:`make_supervised`.

    Attributes
    ----------
    fields_ : tuple of str
        The fields.
    freq_ : DateOffset or None
        The time from one row to the next: that of the index, or else inferred from its distinct
        times. None if these follow no rule.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names, where they are all strings.

    Raises
    ------
    ValueError
        If the index contains no dates or periods. If a field is unknown, or a column of that name
        is there already. If you ask for coming steps, and the times of the rows follow no rule.

    See Also
    --------
    make_supervised : Its `known_future` adds the coming values of any column.

    Notes
    -----
    With a value that begins at `first` and a cycle of `length`, the angle is
    ``2 * pi * (value - first) / length``:

    =========== ===== ======== ==========================================
    field       first length   value
    =========== ===== ======== ==========================================
    "minute"    0     60       minute of the hour
    "hour"      0     24       hour of the day
    "weekday"   0     7        day of the week, from Monday
    "day"       1     30.4369  day of the month
    "dayofyear" 1     365.2425 day of the year
    "week"      1     52.1775  week of the year (ISO 8601)
    "month"     1     12       month
    "quarter"   1     4        quarter
    =========== ===== ======== ==========================================

    Lengths that vary (months, years) are those of the mean Gregorian year: the angle never goes
    around more than once. Times with a time zone count by its clock. Periods count by their start.

    A DataFrame becomes a DataFrame with its index, also without ``set_output``, because the next
    steps need the index. Several rows may have the same time, as in a table of several series. If
    the index has several levels, the level with dates or periods counts.

    Examples
    --------
    >>> import pandas as pd
    >>> from skforecast_lstm.calendar import CalendarFeatures
    >>> index = pd.date_range("2024-01-01", periods=5, freq="6h")
    >>> df = pd.DataFrame({"load": [3.0, 4.0, 8.0, 6.0, 3.0]}, index=index)
    >>> CalendarFeatures(["hour"]).fit_transform(df).round(1)
                         load  hour_sin  hour_cos
    2024-01-01 00:00:00   3.0       0.0       1.0
    2024-01-01 06:00:00   4.0       1.0       0.0
    2024-01-01 12:00:00   8.0       0.0      -1.0
    2024-01-01 18:00:00   6.0      -1.0      -0.0
    2024-01-02 00:00:00   3.0       0.0       1.0

    The hour of the next two rows, which a single new row knows as well:

    >>> calendar = CalendarFeatures(["hour"], n_steps_out=2).fit(df)
    >>> calendar.transform(df[-1:]).filter(like="t+").round(1)
                hour_sin(t+1)  hour_cos(t+1)  hour_sin(t+2)  hour_cos(t+2)
    2024-01-02            1.0            0.0            0.0           -1.0
    """

    _parameter_constraints: dict = {
        "fields": [StrOptions({"auto"}), "array-like"],
        "n_steps_out": [Interval(Integral, 0, None, closed="left")],
        "lead": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(self, fields: Any = "auto", *, n_steps_out: int = 0, lead: int = 1) -> None:
        self.fields = fields
        self.n_steps_out = n_steps_out
        self.lead = lead

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> CalendarFeatures:
        """Learn the frequency of the rows.

        Parameters
        ----------
        X : DataFrame of shape (n_rows, n_features)
            The table, with dates or periods as index.
        y : Ignored
            Present for scikit-learn's conventions.

        Returns
        -------
        self : CalendarFeatures
            The fitted transformer.
        """
        distinct = self._check_times(X, reset=True).unique().sort_values()
        freq = distinct.freq or infer_freq(distinct)
        if self.n_steps_out and freq is None:
            raise ValueError(
                f"n_steps_out={self.n_steps_out} needs to know the times of the coming rows, but "
                f"the {len(distinct)} distinct times of X show no rule: that takes three of them, "
                f"and no gaps. Fill these, for example with df.asfreq('h'), or use n_steps_out=0."
                f" {see('covariates')}"
            )
        self.fields_, self.freq_ = self._check_fields(distinct), freq
        self._steps = range(self.lead, self.lead + self.n_steps_out)
        names = list(self.get_feature_names_out())
        doubled = [name for name in self._new_names() if names.count(name) > 1]
        if doubled:
            raise ValueError(
                f"CalendarFeatures would append columns {doubled} that are there already. Rename "
                f"those of X, name each field once, and transform a table only once."
                f" {see('covariates')}"
            )
        return self

    def transform(self, X: Any) -> pd.DataFrame:
        """Append the columns.

        Parameters
        ----------
        X : DataFrame of shape (n_rows, n_features)
            Any rows, one is enough.

        Returns
        -------
        X_new : DataFrame of shape (n_rows, n_features + 2 * n_fields * (1 + n_steps_out))
            The columns of `X` as they are, then the sine and cosine of each field, for the row
            itself and then for each step ahead (``"hour_sin(t+3)"``). Values lie in [-1, 1].
        """
        check_is_fitted(self, "fields_")
        times = self._check_times(X, reset=False)
        blocks = [self._encode(times), *(self._encode(self._ahead(times, k)) for k in self._steps)]
        columns = pd.DataFrame(np.hstack(blocks), index=X.index, copy=False)
        return pd.concat([X, columns], axis=1).set_axis(self.get_feature_names_out(), axis=1)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns: those of `X`, then ``"hour_sin"``, then ``"hour_sin(t+1)"``.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of `X`; None: those seen in ``fit``, else ``x0``, ``x1``, ...

        Returns
        -------
        names : ndarray of str of shape (n_features + 2 * n_fields * (1 + n_steps_out),)
            The names.
        """
        check_is_fitted(self, "fields_")
        names = OneToOneFeatureMixin.get_feature_names_out(self, input_features)
        return np.array([*names, *self._new_names()], dtype=object)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        # Columns are handed on as they are, whatever they hold.
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags

    def _check_times(self, X: Any, *, reset: bool) -> pd.DatetimeIndex:
        """When each row was, periods by their start."""
        index = getattr(as_rows(X), "index", None)
        levels = [index]
        if isinstance(index, pd.MultiIndex):
            levels = [index.get_level_values(level) for level in range(index.nlevels)]
        times = [level for level in levels if isinstance(level, (pd.DatetimeIndex, pd.PeriodIndex))]
        if len(times) != 1 or not isinstance(X, pd.DataFrame):
            is_pandas = isinstance(X, (pd.Series, pd.DataFrame))
            kind = f" with a {type(index).__name__}" * is_pandas
            raise ValueError(
                f"CalendarFeatures reads the time of each row from the index of a DataFrame, which "
                f"must hold dates or periods, got {type(X).__name__}{kind}. Make it the first step "
                f"of the pipeline, or let the steps before it keep the index with "
                f"set_output(transform='pandas'). Text becomes dates with "
                f"df.index = pd.to_datetime(df.index), and a column of dates of another library "
                f"the index with df.to_pandas().set_index(...). {see('covariates')}"
            )
        [index] = times
        if index.hasnans:
            raise ValueError(
                f"CalendarFeatures needs to know when each row was, but {np.sum(index.isna())} "
                f"times are missing. Drop those rows with df[df.index.notna()]."
                f" {see('missing values')}"
            )
        validate_data(self, X, reset=reset, skip_check_array=True)
        return index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index

    def _check_fields(self, distinct: pd.DatetimeIndex) -> tuple[str, ...]:
        if not isinstance(self.fields, str):
            unknown = [field for field in self.fields if field not in _CYCLES]
            if unknown:
                raise ValueError(f"fields must be 'auto' or among {list(_CYCLES)}, got {unknown}.")
            return tuple(self.fields)
        if len(distinct) < 2:
            raise ValueError(
                f"fields='auto' looks at the time between rows, but there is only "
                f"{len(distinct)} distinct time. Name the fields, for example fields=['month']."
                f" {see('covariates')}"
            )
        typical = distinct.to_series().diff().median()
        return next(fields for least, fields in _AUTO_FIELDS if typical >= pd.Timedelta(least))

    def _new_names(self) -> list[str]:
        names = [f"{field}_{function}" for field in self.fields_ for function in ("sin", "cos")]
        return [*names, *(step_name(name, step) for step in self._steps for name in names)]

    def _ahead(self, times: pd.DatetimeIndex, step: int) -> pd.DatetimeIndex:
        """The times so many steps later."""
        if step == 0:
            return times
        is_day = isinstance(self.freq_, pd.offsets.Day)  # of 24 hours in pandas 2
        if is_day or not isinstance(self.freq_, pd.tseries.offsets.Tick):
            # Days, weeks and months go by the clock on the wall, whatever hours a day may have.
            times = times.tz_localize(None)
        with warnings.catch_warnings():  # some rules, like the third Friday, are slow to follow
            warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
            return times + step * self.freq_

    def _encode(self, times: pd.DatetimeIndex) -> np.ndarray:
        """Sine and cosine of each field, side by side."""
        columns = [np.empty((len(times), 0))]
        for field in self.fields_:
            attribute, first, length = _CYCLES[field]
            values = times.isocalendar().week if field == "week" else getattr(times, attribute)
            angle = 2 * np.pi * (np.asarray(values, dtype=np.float64) - first) / length
            columns += [np.sin(angle)[:, np.newaxis], np.cos(angle)[:, np.newaxis]]
        return np.hstack(columns)
