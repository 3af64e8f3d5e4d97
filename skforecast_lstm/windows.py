"""Windows of past rows, as a step of a pipeline that keeps one row per forecast origin."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Hashable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.metaestimators import available_if

from skforecast_lstm._dates import next_labels
from skforecast_lstm._targets import parse_step_names
from skforecast_lstm._validation import (
    FLOATS,
    Interval,
    StrOptions,
    Tags,
    check_is_fitted,
    check_time_order,
    fit_context,
    fitted_parts,
    is_time_index,
    rows_of_series,
    validate_data,
)

__all__ = ["WindowTransformer", "Windows", "find_windows", "fitted_windows", "split_groups"]

# Rows kept to recognise the fitted array when it comes back; shorter tables are compared whole.
_N_SAMPLED_ROWS = 256


def _is_flat(transformer: WindowTransformer) -> bool:
    if not transformer.flatten:
        raise AttributeError(
            "The columns of 3-D windows have no names; set flatten=True for a 2-D table of lags."
        )
    return True


class WindowTransformer(TransformerMixin, BaseEstimator):
    """Give every row the window of rows that ends in it, without changing the number of rows.

    Row ``t`` becomes the window of rows ``t - n_steps_in + 1`` to ``t``, oldest first: what is
    known at the forecast origin ``t``, and nothing later. Because every row keeps its place, ``y``,
    string scorers, splitters and sample weights need no adjustment. The windows are a read-only
    view of one padded table, so that memory does not grow with their length.

    Parameters
    ----------
    n_steps_in : int, default=10
        Length of the window in rows (steps of time), the row itself included.
    n_steps_out : int, default=1
        How many rows the targets reach ahead: the `n_steps_out` of :func:`make_supervised` (plus
        ``lead - 1`` where ``lead`` is larger than 1). Only `purge` uses it.
    padding : {"nan", "edge"}, default="nan"
        What stands in the steps of a window that reach back before the first row. "nan" lets the
        regressors of this package leave such windows out of training; "edge" repeats the first row,
        for other regressors that take no NaN.
    purge : bool, default=True
        Whether ``fit_transform``, which is what ``Pipeline.fit`` calls, marks the last
        ``n_steps_out - 1`` rows with NaN, so that they are left out of training: their targets lie
        in the rows that follow the training data. It is what makes a plain ``TimeSeriesSplit`` free
        of label leakage. Set it to False for a final fit, when nothing follows to be scored on; and
        for regressors that take no NaN, with ``TimeSeriesSplit(gap=n_steps_out - 1)`` on a table
        whose index reaches this step (the windows then start cold after the gap).
    flatten : bool, default=False
        Whether the windows are rows of a 2-D table of lags, for any regressor, instead of 3-D.
    missing : {"error", "drop", "mask"}, default="error"
        What becomes of NaN in `X`. "error": it is refused, with the ways out. "drop": the windows
        that hold it are left out of training, and predicted as NaN. "mask": such rows are marked
        with inf in all features, and the recurrent layers of this package's regressors skip them;
        not with `flatten`.
    group : column name or position, or name of an index level, default=None
        What tells several series in one table apart, as in :func:`make_supervised`; it is no part
        of the windows. Windows never cross the border of a series, remembered rows are those of the
        row's own series, and a series not seen in ``fit`` starts cold. A label per stretch keeps
        the windows of one series from crossing its known breaks.

    Attributes
    ----------
    history_ : ndarray of shape (n_steps_in - 1, n_features), or dict of them by label of `group`
        The last fitted rows, put in front of rows that continue them.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names, where ``fit`` was given a DataFrame whose names are all strings.

    Raises
    ------
    ValueError
        If the window is longer than the data, a value is missing (unless `missing` says what to
        do), or an index of dates or numbers is unsorted or repeats a label.

    See Also
    --------
    make_supervised : Frames a table into the ``X`` and ``y`` that this step expects.

    Notes
    -----
    ``transform`` puts the remembered rows in front of rows that continue the fitted ones, so that
    the first rows of a test fold have their true history. With a pandas index the index decides:
    rows continue if the first comes one step after the last fitted one. Without one, an array is
    taken for the training data, or an extension of it, if it begins with all the fitted rows, and
    for their continuation otherwise, even if it is a piece of them. All else starts cold, with
    padding.

    Steps before this one that return arrays lose the index; ``set_output(transform="pandas")`` on
    the pipeline keeps it.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm import WindowTransformer
    >>> window = WindowTransformer(n_steps_in=3)
    >>> window.fit_transform(np.arange(1.0, 6.0).reshape(-1, 1))[:, :, 0]
    array([[nan, nan,  1.],
           [nan,  1.,  2.],
           [ 1.,  2.,  3.],
           [ 2.,  3.,  4.],
           [ 3.,  4.,  5.]])
    >>> window.transform([[6.0], [7.0]])[:, :, 0]  # continues, so it has its history
    array([[4., 5., 6.],
           [5., 6., 7.]])
    """

    _parameter_constraints: dict = {
        "n_steps_in": [Interval(Integral, 1, None, closed="left")],
        "n_steps_out": [Interval(Integral, 1, None, closed="left")],
        "padding": [StrOptions({"nan", "edge"})],
        "purge": ["boolean"],
        "flatten": ["boolean"],
        "missing": [StrOptions({"error", "drop", "mask"})],
        "group": [Hashable, None],
    }

    def __init__(
        self,
        n_steps_in: int = 10,
        *,
        n_steps_out: int = 1,
        padding: str = "nan",
        purge: bool = True,
        flatten: bool = False,
        missing: str = "error",
        group: Any = None,
    ) -> None:
        self.n_steps_in = n_steps_in
        self.n_steps_out = n_steps_out
        self.padding = padding
        self.purge = purge
        self.flatten = flatten
        self.missing = missing
        self.group = group

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> WindowTransformer:
        """Remember the end of `X`, so that what follows it has its history.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            The table, rows in time order.
        y : Ignored
            Present for scikit-learn's conventions.

        Returns
        -------
        self : WindowTransformer
            The fitted transformer.
        """
        self._remember(self._check_rows(X, reset=True))
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X: Any, y: Any = None) -> np.ndarray:
        """Fit to the training rows and return their windows, the purged ones marked with NaN.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            The training rows, in time order.
        y : Ignored
            Present for scikit-learn's conventions.

        Returns
        -------
        windows : ndarray of shape (n_rows, n_steps_in, n_features), or with ``flatten=True`` \
                (n_rows, n_steps_in * n_features)
            The windows. Read-only.
        """
        rows = self._check_rows(X, reset=True)
        self._remember(rows)
        if self.purge:
            self._warn_of_longer_targets(y)
        tables = []
        for part in rows.series.values():
            table = self._pad(part, None)
            n_purged = min(self.n_steps_out - 1, len(part.rows)) if self.purge else 0
            # Only the purged windows hold these rows: marking them leaves the others whole.
            table[len(table) - n_purged :] = np.nan
            tables.append(table)
        return self._windows(rows, tables)

    def transform(self, X: Any) -> np.ndarray:
        """Return the window of every row, with the fitted history where the rows continue it.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Rows in time order: the training data, an extension of it, what follows it, or another
            stretch of time.

        Returns
        -------
        windows : ndarray of shape (n_rows, n_steps_in, n_features), or with ``flatten=True`` \
                (n_rows, n_steps_in * n_features)
            The windows. Read-only.
        """
        check_is_fitted(self)
        rows = self._check_rows(X, reset=False)
        tables = []
        for label, part in rows.series.items():
            end = self._ends.get(label)
            is_next = end is not None and end.is_continued_by(part)
            tables.append(self._pad(part, end.history if end is not None and is_next else None))
        return self._windows(rows, tables)

    @available_if(_is_flat)
    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the lags, oldest step first: ``passengers_lag0`` is the row itself.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of `X`; None: those seen in ``fit``, else ``x0``, ``x1``, ...

        Returns
        -------
        names : ndarray of str of shape (n_steps_in * n_features,)
            Only with ``flatten=True``; 3-D windows have no names.
        """
        check_is_fitted(self)
        fitted = getattr(self, "feature_names_in_", None)
        if input_features is None:
            input_features = (
                [f"x{i}" for i in range(self.n_features_in_)] if fitted is None else fitted
            )
        names = list(input_features)
        if len(names) != self.n_features_in_ or (fitted is not None and names != list(fitted)):
            raise ValueError(
                f"input_features is not equal to the {self.n_features_in_} columns seen in fit, "
                f"got {names}."
            )
        if self._group_position is not None:
            del names[self._group_position]
        lags = reversed(range(self._n_steps))
        return np.array([f"{name}_lag{lag}" for lag in lags for name in names], dtype=object)

    def set_output(self, *, transform: str | None = None) -> WindowTransformer:
        """Choose the container of the flat table; 3-D windows stay an array.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            The container. None: no change.

        Returns
        -------
        self : WindowTransformer
            The transformer.
        """
        # scikit-learn has this method only where there are names, and a pipeline fails without it.
        if transform is not None:
            config = {**getattr(self, "_sklearn_output_config", {}), "transform": transform}
            self._sklearn_output_config = config
        return self

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing != "error"
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @property
    def history_(self) -> np.ndarray | dict[Any, np.ndarray] | None:
        """The last fitted rows."""
        check_is_fitted(self)
        history = {label: end.history for label, end in self._ends.items()}
        return history.get(None) if self._group is None else history

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_ends")

    def forget(self) -> WindowTransformer:
        """Forget the fitted rows, so that whatever comes next starts cold.

        Returns
        -------
        self : WindowTransformer
            The transformer.
        """
        self._ends: dict[Any, _End] = {}
        return self

    def _warn_of_longer_targets(self, y: Any) -> None:
        names = parse_step_names(getattr(y, "columns", [getattr(y, "name", None)]))
        if names is not None and names[1][-1] > self.n_steps_out:
            warnings.warn(
                f"the columns of y reach {names[1][-1]} rows ahead, but {type(self).__name__} has "
                f"n_steps_out={self.n_steps_out}: training rows whose targets lie in the rows that "
                f"follow are not left out, and scores of a split in time are too good. Set "
                f"n_steps_out={names[1][-1]}, or purge=False if nothing is scored.",
                UserWarning,
                stacklevel=3,
            )

    def _check_rows(self, X: Any, *, reset: bool) -> _Rows:
        """Return the rows of X by series."""
        name, index, labels, group = type(self).__name__, getattr(X, "index", None), None, None
        index = index if isinstance(index, pd.Index) else None
        options: dict[str, Any] = {"dtype": FLOATS, "ensure_all_finite": "allow-nan"}
        if self.group is None:
            if index is not None:
                check_time_order(index, name)
            values = validate_data(self, X, reset=reset, **options)
        else:
            X = X if hasattr(X, "shape") else np.asarray(X, dtype=object)
            validate_data(self, X, reset=reset, skip_check_array=True)
            X, labels, group = split_groups(X, self.group)
            if index is not None:
                index = X.index
                check_time_order(index, name, labels)
            values = check_array(X, input_name="X", estimator=name, **options)
        is_missing = np.isnan(values)
        if is_missing.any():
            if self.missing == "error":
                raise ValueError(_say_missing(name, X, is_missing))
            if self.missing == "mask":
                values = values.copy()
                values[is_missing.any(axis=1)] = np.inf
        if reset:
            self._group_position, self._group = group, self.group
        return _Rows.of(values, index, labels)

    def _remember(self, rows: _Rows) -> None:
        if self.flatten and self.missing == "mask":
            raise ValueError(
                "missing='mask' is for recurrent layers, which can skip a step; a flat table of "
                "lags (flatten=True) has no steps. Use missing='drop', or fill the gaps."
            )
        n_longest = max(len(part.rows) for part in rows.series.values())
        if self.n_steps_in > n_longest:
            raise ValueError(
                f"n_steps_in={self.n_steps_in} is longer than the data: a window needs as many "
                f"rows{' of one series' * (self.group is not None)}, got n_samples={n_longest}. "
                f"Shorten the window or give more rows (fewer splits make the first training fold "
                f"longer)."
            )
        self._n_steps = self.n_steps_in
        ends = {}
        for label, part in rows.series.items():
            history = self._pad(part, None)[len(part.rows) :].copy()
            ends[label] = _End.of(part, history)
        self._ends = ends

    def _pad(self, part: _Part, before: np.ndarray | None) -> np.ndarray:
        """The rows of a series, with as many in front as the first window lacks."""
        values = part.rows
        if before is None:
            fill = np.nan if self.padding == "nan" else values[0]
            before = np.full((self._n_steps - 1, values.shape[1]), fill, dtype=values.dtype)
        return np.concatenate([before.astype(values.dtype, copy=False), values])

    def _windows(self, rows: _Rows, tables: list[np.ndarray]) -> np.ndarray:
        """The windows of all rows, in the order of the rows."""
        n_steps = self._n_steps
        if rows.positions is not None:  # the windows of a row's neighbours are not its own
            starts, offset = np.empty(rows.n_rows, dtype=np.intp), 0
            for table, positions in zip(tables, rows.positions, strict=True):
                starts[positions] = offset + np.arange(len(positions))
                offset += len(table)
            windows = np.concatenate(tables)[starts[:, np.newaxis] + np.arange(n_steps)]
            windows.flags.writeable = False
            return windows.reshape(len(windows), -1) if self.flatten else windows
        [table] = tables
        if not self.flatten:
            return np.lib.stride_tricks.sliding_window_view(table, n_steps, axis=0).swapaxes(1, 2)
        # Rows of a window stand behind one another in the table, so its flat form is a view too.
        table = np.ascontiguousarray(table)
        return np.lib.stride_tricks.as_strided(
            table,
            shape=(len(table) - n_steps + 1, n_steps * table.shape[1]),
            strides=table.strides,
            writeable=False,
        )


@dataclass
class _Part:
    """Consecutive rows of one series, and when they were."""

    rows: np.ndarray
    index: pd.Index | None


@dataclass
class _Rows:
    """Rows of a table by series; `positions` are those of each series, None if there is but one."""

    n_rows: int
    series: dict[Any, _Part]
    positions: list[np.ndarray] | None = None

    @classmethod
    def of(cls, values: np.ndarray, index: pd.Index | None, labels: Any) -> _Rows:
        """Part a table; `labels` tell to which series each row belongs."""
        if labels is None:
            return cls(len(values), {None: _Part(values, index)})
        rows = rows_of_series(labels)
        series = {
            label: _Part(values[at], None if index is None else index[at])
            for label, at in rows.items()
        }
        return cls(len(values), series, list(rows.values()))


@dataclass
class _End:
    """What is remembered of a fitted series, to know its continuation."""

    history: np.ndarray
    n_rows: int
    sampled: np.ndarray
    sampled_rows: np.ndarray
    next_labels: tuple[Any, Any] | None

    @classmethod
    def of(cls, part: _Part, history: np.ndarray) -> _End:
        """Remember a series."""
        sampled = np.linspace(0, len(part.rows) - 1, _N_SAMPLED_ROWS).astype(int)
        labels = next_labels(part.index)
        return cls(history, len(part.rows), sampled, part.rows[sampled], labels)

    def is_continued_by(self, part: _Part) -> bool:
        """Tell whether rows follow the fitted ones."""
        rows, index = part.rows, part.index
        if self.next_labels is not None and index is not None and is_time_index(index):
            last, following = self.next_labels
            try:
                return bool(last < index[0] <= following)
            except TypeError:  # dates against numbers: the index cannot tell
                pass
        if len(rows) < self.n_rows:
            return True
        old, new = self.sampled_rows, rows[self.sampled]
        # Rounding grows with the level of a series; how far its values are apart, with its spread.
        eps = max(np.finfo(old.dtype).eps, np.finfo(new.dtype).eps)
        known = np.ma.masked_invalid(old)
        spread, level = known.std(axis=0).filled(0), np.abs(known).max(axis=0).filled(0)
        is_known = np.isfinite(old) & np.isfinite(new)
        apart = np.abs(np.subtract(new, old, where=is_known, out=np.zeros_like(old)))
        differs = apart > np.sqrt(eps) * spread + 8 * eps * level
        return bool((differs | (np.isfinite(new) != np.isfinite(old))).any())


def split_groups(X: Any, group: Any) -> tuple[Any, Any, int | None]:
    """Take the labels of the series out of a table: what is left, the labels, their position."""
    columns = getattr(X, "columns", None)
    if columns is not None and group not in columns and group in X.index.names:
        return X.droplevel(group), X.index.get_level_values(group), None
    n_columns = X.shape[1] if len(X.shape) == 2 else 0
    if columns is not None and group in columns:
        position = int(columns.get_loc(group))
    elif isinstance(group, Integral) and -n_columns <= int(group) < n_columns:
        position = int(group) % n_columns
    else:
        had = f"has {list(columns)}" if columns is not None else f"is an array of {n_columns}"
        raise ValueError(
            f"group={group!r} is not a column of X, which {had}. Steps before the window that "
            f"return arrays lose the names: set_output(transform='pandas') on the pipeline keeps "
            f"them, and GroupScaler hands the column on."
        )
    if columns is None:
        return np.delete(X, position, axis=1), X[:, position], position
    return X.drop(columns=columns[position]), X.iloc[:, position], position


def _say_missing(owner: str, X: Any, is_missing: np.ndarray) -> str:
    """Where NaN is, and the ways out."""
    columns = getattr(X, "columns", range(is_missing.shape[1]))
    counts = {name: int(count) for name, count in zip(columns, is_missing.sum(axis=0), strict=True)}
    shown = ", ".join(f"{name!r} ({count})" for name, count in counts.items() if count)
    row = int(is_missing.any(axis=1).argmax())
    when = f" ({X.index[row]!s})" if hasattr(X, "index") else ""
    return (
        f"Input X of {owner} contains NaN, and missing='error': in columns {shown}, first in row "
        f"{row}{when}. Fill it before the window (SimpleImputer, df.interpolate()), leave such "
        f"windows out with missing='drop', or let the network skip such rows with missing='mask'."
    )


def find_windows(estimator: Any) -> dict[str, WindowTransformer]:
    """Find the window steps among the parameters of an estimator, as it would be fitted.

    Parameters
    ----------
    estimator : estimator
        A pipeline, a search over one, or anything around it.

    Returns
    -------
    windows : dict of WindowTransformer
        The steps, by the name that ``set_params`` knows them under.
    """
    params = estimator.get_params(deep=True)
    return {name: step for name, step in params.items() if isinstance(step, WindowTransformer)}


def fitted_windows(estimator: Any) -> list[WindowTransformer]:
    """Find the window steps that a fitted estimator predicts with, however deep they are."""
    if isinstance(estimator, WindowTransformer):
        return [estimator]
    return list(itertools.chain(*map(fitted_windows, fitted_parts(estimator))))


@dataclass
class Windows:
    """Windows as rows of one table, so that overlapping ones take no memory of their own.

    Parameters
    ----------
    table : ndarray of shape (n_rows, n_features)
        The rows that windows are made of; NaN marks what is missing.
    starts : ndarray of shape (n_windows,)
        The first row of each window.
    n_steps : int
        Rows per window.
    """

    table: np.ndarray
    starts: np.ndarray
    n_steps: int

    @classmethod
    def from_array(cls, windows: np.ndarray) -> Windows:
        """Find the table behind windows of shape (n_windows, n_steps, n_features).

        That of overlapping views, as :class:`WindowTransformer` makes them, is not copied.
        """
        n_windows, n_steps, n_features = windows.shape
        if n_windows and windows.strides[0] == windows.strides[1]:
            table = np.lib.stride_tricks.as_strided(
                windows,
                shape=(n_windows + n_steps - 1, n_features),
                strides=windows.strides[1:],
                writeable=False,
            )
            return cls(table, np.arange(n_windows), n_steps)
        return cls(windows.reshape(-1, n_features), np.arange(n_windows) * n_steps, n_steps)

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, rows: np.ndarray) -> Windows:
        return Windows(self.table, self.starts[rows], self.n_steps)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Windows, steps and features."""
        return len(self), self.n_steps, self.table.shape[1]

    def to_array(self) -> np.ndarray:
        """Windows of shape (n_windows, n_steps, n_features): a view, if `from_array` made them."""
        is_apart = len(self) * self.n_steps == len(self.table)
        step = self.n_steps if is_apart else 1
        every = np.lib.stride_tricks.sliding_window_view(self.table, self.n_steps, axis=0)
        windows = every[::step].swapaxes(1, 2)
        is_every = np.array_equal(self.starts, step * np.arange(len(windows)))
        return windows if is_every else every[self.starts].swapaxes(1, 2)

    def are_complete(self) -> np.ndarray:
        """Tell which windows miss nothing, and are not masked in every step."""
        is_missing = np.isnan(self.table).any(axis=1)
        return (self._count(is_missing, self.n_steps) == 0) & ~self._are_masked()

    def completed(self, *, mask: bool = False) -> tuple[Windows, np.ndarray]:
        """Fill the oldest steps of windows where only these are missing.

        Parameters
        ----------
        mask : bool, default=False
            Whether to mark them with inf, as steps to skip, or to repeat the first known step.

        Returns
        -------
        windows : Windows
            All windows; those that miss something else are as they were.
        is_known : ndarray of bool of shape (n_windows,)
            Which miss nothing now.
        """
        is_missing = np.isnan(self.table).any(axis=1)
        n_missing = self._count(is_missing, self.n_steps)
        is_known = (n_missing < self.n_steps) & (self._count(is_missing, n_missing) == n_missing)
        is_known &= ~self._are_masked()
        rows = np.flatnonzero(is_known & (n_missing > 0))
        if not len(rows):
            return self, is_known
        starts, gaps = self.starts.copy(), n_missing[rows, np.newaxis]
        steps = np.maximum(np.arange(self.n_steps), gaps)
        filled = self.table[starts[rows, np.newaxis] + steps]
        if mask:
            filled[np.arange(self.n_steps) < gaps] = np.inf
        starts[rows] = len(self.table) + self.n_steps * np.arange(len(rows))
        table = np.concatenate([self.table, filled.reshape(-1, self.table.shape[1])])
        return Windows(table, starts, self.n_steps), is_known

    def _are_masked(self) -> np.ndarray:
        """Tell which windows hold no step that is not to be skipped."""
        return self._count(np.isinf(self.table[:, 0]), self.n_steps) == self.n_steps

    def _count(self, flags: np.ndarray, n_steps: int | np.ndarray) -> np.ndarray:
        """Flagged rows among the first `n_steps` of each window."""
        count = np.concatenate([[0], flags.cumsum()])
        return count[self.starts + n_steps] - count[self.starts]
