"""Tables that a forecaster is given: their form, their rows by series, and what is said of them."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from sklearn.base import is_classifier

from skforecast_lstm._clock import ticks
from skforecast_lstm._containers import as_numbers, as_pandas
from skforecast_lstm._dates import are_dates, date_advice, missing_labels, name_of
from skforecast_lstm._decimals import number_advice
from skforecast_lstm._inspect import advise_classifier
from skforecast_lstm._pages import see
from skforecast_lstm._series import Stacked
from skforecast_lstm._validation import is_time_index
from skforecast_lstm.framing import Frame

__all__ = [
    "check_labels",
    "named_table",
    "numbered",
    "numbers_expected",
    "refuse_text",
    "text_columns_named",
    "warn_of_holes",
    "warn_of_text",
]


def named_table(data: Any, names: list[Any] | None = None) -> pd.DataFrame:
    """A table whose columns all have names of type str, booleans as 0 and 1."""
    data = as_pandas(data)
    if isinstance(data, pd.Series):
        return data.to_frame("y" if data.name is None else str(data.name))
    if isinstance(data, pd.DataFrame):
        return as_numbers(data.set_axis([str(name) for name in data.columns], axis=1))
    table = np.asarray(data)
    table = table.reshape(len(table), -1) if table.ndim < 2 else table
    if not names:
        names = [f"x{column}" for column in range(table.shape[-1])]
    if table.ndim > 2 or table.shape[1] != len(names):
        raise ValueError(f"expected a table with the columns {names}, got shape {table.shape}.")
    return pd.DataFrame(table, columns=names)


def numbered(table: pd.DataFrame, group: int | None) -> pd.DataFrame:
    """The table, its rows numbered within their series where they have no times."""
    if group is None:
        return table if is_time_index(table.index) else table.reset_index(drop=True)
    if is_time_index(table.index) and not isinstance(table.index, pd.RangeIndex):
        return table
    labels = table.iloc[:, group].to_numpy()
    numbers = table.groupby(labels, sort=False, dropna=False).cumcount().to_numpy()
    return table.set_axis(pd.Index(numbers), axis=0).sort_index(kind="stable")


def check_labels(index: pd.Index, fitted: pd.Index) -> None:
    """Refuse newer rows whose labels cannot be compared with those of the fitted ones.

    Raises
    ------
    ValueError
        If there are none, or they are dates beside periods, or some have a time zone.
    """
    if not len(index):
        raise ValueError("data has no rows. Give the newest ones, or forecast without data.")
    given, own = (ticks(labels).kind for labels in (index, fitted))
    is_period = isinstance(index, pd.PeriodIndex), isinstance(fitted, pd.PeriodIndex)
    if given == own or all(is_period):
        return
    raise ValueError(
        f"the rows are labelled by {given}, from {index[0]!s}, and the fitted ones by "
        f"{own}, up to {fitted[-1]!s}. Label them alike: df.to_timestamp() makes dates of periods, "
        f"df.to_period(...) periods of dates, df.tz_localize(...) gives dates a time zone, and "
        f"df.tz_localize(None) takes it off. {see('start')}"
    )


@contextlib.contextmanager
def numbers_expected(frame: Frame, estimator: Any) -> Iterator[None]:
    """Name the columns of text, where a step of the pipeline wants numbers.

    The targets of a classifier may be text.
    """
    try:
        yield
    except (ValueError, TypeError) as error:
        if "could not convert string" not in str(error):
            raise
        texts = _texts(frame, frame.targets)
        if texts and not is_classifier(estimator):
            advice = number_advice(dict(frame.table[texts]))
            raise ValueError(
                f"the targets {texts} are text, and a regressor takes numbers "
                f"({error.__cause__ or error}). {advice or advise_classifier(estimator)} Or name "
                f"the columns "
                f"of numbers as target=..., and the one that tells series apart as group=.... "
                f"{see('start' if advice else 'classification')}"
            ) from error
        texts = _texts(frame, [*frame.features, *frame.known])
        if not (texts or frame.label):
            raise
        if texts:
            numbers = number_advice(dict(frame.table[texts]))
            advice = (
                f"columns {texts} are text. {numbers}{' Else leave' if numbers else 'Leave'} them "
                f"out (features=...), name the one that tells "
                f"series apart as group=..., or encode them before the window, with a "
                f"ColumnTransformer as the scaler; with group=..., encode them in the table. "
                f"{see('categories')}"
            )
        else:
            advice = (
                f"the labels of the series, column {frame.label!r}, are handed to every step "
                f"before the window. Scale with GroupScaler(group={frame.label!r}), which hands "
                f"them on, or take make_lstm_pipeline(..., group={frame.label!r}). "
                f"{see('many series')}"
            )
        raise ValueError(
            f"a step of the pipeline takes numbers only ({error.__cause__ or error}), but {advice}"
        ) from error


@contextlib.contextmanager
def text_columns_named(X: Any) -> Iterator[None]:
    """Name the columns of text of a table, where a step of the pipeline wants numbers."""
    try:
        yield
    except (ValueError, TypeError) as error:
        if "contains infinity" in str(error):
            _name_infinite(X, error)
        is_of_y = str(error).startswith("y must")
        if "could not convert string" not in str(error) or is_of_y:
            raise
        dtypes = X.dtypes if isinstance(X, pd.DataFrame) else pd.Series(dtype=object)
        texts = [name for name, dtype in dtypes.items() if not is_numeric_dtype(dtype)]
        if not texts:
            raise
        numbers = number_advice(dict(X[texts]))
        raise ValueError(
            f"a step of the pipeline takes numbers only ({error}), but columns {texts} are text. "
            f"{numbers}{' Else leave' if numbers else 'Leave'} them out, or encode them before the "
            f"window, with a ColumnTransformer as the scaler. If one tells series apart, take "
            f"make_lstm_pipeline(..., group=...), and encode the others in the table. "
            f"{see('categories', 'many series')}"
        ) from error


def _name_infinite(X: Any, error: Exception) -> None:
    """Name the columns of a table that hold infinity, if any do."""
    numbers = X.select_dtypes("number") if isinstance(X, pd.DataFrame) else pd.DataFrame()
    names = [name for name in numbers if np.isinf(numbers[name].to_numpy(np.float64)).any()]
    if names:
        raise ValueError(
            f"a step of the pipeline takes finite numbers only ({error}), but columns {names} "
            f"contain infinity. Make it a missing value, df.replace([np.inf, -np.inf], np.nan), "
            f"and fill that, for example with df.ffill(). {see('missing values')}"
        ) from error


def _texts(frame: Frame, columns: list[int]) -> list[str]:
    """Names of those of these columns that are no numbers, and no labels of series."""
    names = frame.table.columns[columns]
    return [c for c in names if not is_numeric_dtype(frame.table[c]) and c != frame.label]


def refuse_text(index: pd.Index, fitted: pd.Index | None) -> None:
    """Refuse the text of dates, which cannot be compared with the dates of the fitted rows."""
    if fitted is not None and are_dates(index):
        raise ValueError(
            f"the rows are labelled by text, from {index[0]!r}, and the fitted ones by times, up "
            f"to {fitted[-1]!s}. Make it dates, {date_advice('df.index', index)}. {see('start')}"
        )


def warn_of_text(index: pd.Index) -> None:
    """Say that dates are text."""
    if are_dates(index):
        warnings.warn(
            f"the index is text, from {index[0]!r} to {index[-1]!r}: the rows are taken as "
            f"numbered. Make it dates, {date_advice('df.index', index)}. {see('start')}",
            UserWarning,
            stacklevel=4,
        )


def warn_of_holes(frame: Frame, freq: Any, given: Any, time: Any = None) -> bool:
    """Say which dates are missing between the first and the last; tell whether any are.

    Parameters
    ----------
    frame : Frame
        The table and its roles.
    freq : DateOffset, number, timedelta or None
        How far rows are apart.
    given : any
        The table as it was given, which the advice is for.
    time : column name or None
        Its column of times.
    """
    if freq is None:
        warnings.warn(
            f"the rows of the table are not regularly apart (from {frame.table.index[0]!s} to "
            f"{frame.table.index[-1]!s}). A window counts rows, whatever the time between them, "
            f"and forecasts get no dates. Use df.resample(...) or df.asfreq(...). "
            f"{see('missing values')}",
            UserWarning,
            stacklevel=3,
        )
        return False
    series = Stacked.of(frame.table, frame.group)
    numbers = np.unique(series.codes[series.steps(freq) > 1]).tolist()
    if not numbers:
        return False
    holes = {series.labels[n]: missing_labels(series.part(n).index, freq) for n in numbers}
    label, missing = next(iter(holes.items()))
    n_missing = sum(map(len, holes.values()))
    name = name_of(freq)
    of = "" if frame.group is None else f" of {frame.label} {label!r}"
    levels = getattr(getattr(given, "index", None), "names", ())
    is_level = frame.group is not None and frame.label in levels
    advice = _as_freq(frame, name, None if time in levels else time, is_level=is_level)
    warnings.warn(
        f"the dates have holes: {n_missing} are missing at frequency {name!r}"
        f"{f' in {len(holes)} series' * (frame.group is not None)}, the first"
        f"{of} {', '.join(map(str, missing[:3]))}. No window crosses a hole, so that those that "
        f"would are left out of training. Make rows of NaN of them with "
        f"{advice} and fill these, or let the window step say what becomes of them: "
        f"WindowTransformer(missing='drop'). {see('missing values')}",
        UserWarning,
        stacklevel=3,
    )
    return True


def _as_freq(frame: Frame, freq: Any, time: Any, *, is_level: bool) -> str:
    """How rows of NaN are made of the dates that are missing, in a table as it was given."""
    index = frame.table.index
    named = "" if index.name is None else f", name={index.name!r}"
    first_to_last = "part.index[0], part.index[-1]"
    if isinstance(index, pd.PeriodIndex):
        fill = f"part.reindex(pd.period_range({first_to_last}{named}))"
    elif isinstance(freq, str):
        fill = f"part.asfreq({freq!r})"
    else:
        fill = f"part.reindex(pd.RangeIndex({first_to_last} + 1, {freq}{named}))"
    table = "df" + f".reset_index({frame.label!r})" * is_level
    table += f".set_index({time!r})" * (time is not None)
    if frame.group is None:
        return fill.replace("part", "df") if time is None else f"{table}.pipe(lambda part: {fill})"
    columns = [name for name in frame.table.columns if name != frame.label]
    return (
        f"{table}.groupby({frame.label!r})[{columns}].apply(lambda part: {fill})"
        f".reset_index({frame.label!r})"
    )
