"""Windows of past rows, as a step of a pipeline that keeps one row per forecast origin."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.metaestimators import available_if

from skforecast_lstm._validation import (
    FLOATS,
    Interval,
    StrOptions,
    Tags,
    check_is_fitted,
    check_time_order,
    fit_context,
    is_time_index,
    validate_data,
)

__all__ = ["WindowTransformer", "Windows"]

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

    Attributes
    ----------
    history_ : ndarray of shape (n_steps_in - 1, n_features)
        The last fitted rows, put in front of rows that continue them.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names, where ``fit`` was given a DataFrame whose names are all strings.

    Raises
    ------
    ValueError
        If the window is longer than the data, or an index of dates or numbers is unsorted or
        repeats a label.

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
    }

    def __init__(
        self,
        n_steps_in: int = 10,
        *,
        n_steps_out: int = 1,
        padding: str = "nan",
        purge: bool = True,
        flatten: bool = False,
    ) -> None:
        self.n_steps_in = n_steps_in
        self.n_steps_out = n_steps_out
        self.padding = padding
        self.purge = purge
        self.flatten = flatten

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
        self._remember(X)
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
        rows = self._remember(X)
        table = self._pad(rows, self._cold_start(rows))
        n_purged = min(self.n_steps_out - 1, len(rows)) if self.purge else 0
        # Only the purged windows hold these rows, so marking them leaves the other windows whole.
        table[len(table) - n_purged :] = np.nan
        return self._windows(table)

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
        rows = self._validate(X, reset=False)
        is_next = self._continues(rows, getattr(X, "index", None))
        return self._windows(self._pad(rows, self.history_ if is_next else self._cold_start(rows)))

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
        n_steps = len(self.history_) + 1
        return np.array(
            [f"{name}_lag{lag}" for lag in reversed(range(n_steps)) for name in names], dtype=object
        )

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
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _validate(self, X: Any, *, reset: bool) -> np.ndarray:
        index = getattr(X, "index", None)
        if isinstance(index, pd.Index):
            check_time_order(index, type(self).__name__)
        return validate_data(self, X, dtype=FLOATS, ensure_all_finite="allow-nan", reset=reset)

    def _remember(self, X: Any) -> np.ndarray:
        rows = self._validate(X, reset=True)
        if self.n_steps_in > len(rows):
            raise ValueError(
                f"n_steps_in={self.n_steps_in} is longer than the data: a window needs as many "
                f"rows, got n_samples={len(rows)}. Shorten the window or give more rows (fewer "
                f"splits make the first training fold longer)."
            )
        self.history_ = rows[len(rows) - self.n_steps_in + 1 :].copy()
        self._n_fitted_rows = len(rows)
        self._sampled = np.linspace(0, len(rows) - 1, _N_SAMPLED_ROWS).astype(int)
        self._sampled_rows = rows[self._sampled]
        self._next_labels = _next_labels(getattr(X, "index", None))
        return rows

    def _continues(self, rows: np.ndarray, index: Any) -> bool:
        """Tell whether rows follow the fitted ones."""
        if self._next_labels is not None and is_time_index(index):
            last, following = self._next_labels
            try:
                return bool(last < index[0] <= following)
            except TypeError:  # dates against numbers: the index cannot tell
                pass
        if len(rows) < self._n_fitted_rows:
            return True
        old, new = self._sampled_rows, rows[self._sampled]
        # Rounding grows with the level of a series; how far its values are apart, with its spread.
        eps = max(np.finfo(old.dtype).eps, np.finfo(new.dtype).eps)
        known = np.ma.masked_invalid(old)
        spread, level = known.std(axis=0).filled(0), np.abs(known).max(axis=0).filled(0)
        differs = np.abs(new - old) > np.sqrt(eps) * spread + 8 * eps * level
        return bool((differs | (np.isnan(new) != np.isnan(old))).any())

    def _cold_start(self, rows: np.ndarray) -> np.ndarray:
        shape = self.history_.shape
        return np.full(shape, np.nan) if self.padding == "nan" else np.broadcast_to(rows[0], shape)

    @staticmethod
    def _pad(rows: np.ndarray, before: np.ndarray) -> np.ndarray:
        return np.concatenate([before.astype(rows.dtype, copy=False), rows])

    def _windows(self, table: np.ndarray) -> np.ndarray:
        n_steps = len(self.history_) + 1
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


def _next_labels(index: Any) -> tuple[Any, Any] | None:
    """The last label of a time index, and the latest that a row one step later can have."""
    if not is_time_index(index) or len(index) < 2:
        return None
    last = index[-1]
    if isinstance(index, pd.PeriodIndex):
        return last, last + 1
    if isinstance(index, pd.DatetimeIndex):
        freq = index.freq or _infer_freq(index[-1000:])
        if freq is not None:
            # In autumn a day has an hour more, which a day of pandas 2 does not know.
            clock_change = pd.Timedelta(hours=0 if index.tz is None else 1)
            is_short = last + freq - last < pd.Timedelta(days=1)
            return last, last + freq + (pd.Timedelta(0) if is_short else clock_change)
    # Irregular times: a step is no longer than the longest among the fitted rows.
    return last, last + (index[1:] - index[:-1]).max()


def _infer_freq(index: pd.DatetimeIndex) -> Any:
    """The frequency that regular dates follow, or None."""
    if len(index) < 3:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of pandas 3: another type to come
        freq = pd.infer_freq(index)
    return None if freq is None else pd.tseries.frequencies.to_offset(freq)


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

    def are_complete(self) -> np.ndarray:
        """Tell which windows miss nothing."""
        return self._count_missing(self.n_steps) == 0

    def completed(self) -> tuple[Windows, np.ndarray]:
        """Repeat the first known step where only older ones are missing.

        Returns
        -------
        windows : Windows
            The windows that are known, or could be completed.
        is_known : ndarray of bool of shape (n_windows,)
            Which these are.
        """
        n_missing = self._count_missing(self.n_steps)
        is_known = (n_missing < self.n_steps) & (self._count_missing(n_missing) == n_missing)
        gaps = n_missing[is_known]
        if not gaps.any():
            return self[is_known], is_known
        starts = self.starts[is_known]
        rows = np.flatnonzero(gaps)
        steps = np.maximum(np.arange(self.n_steps), gaps[rows, np.newaxis])
        filled = self.table[starts[rows, np.newaxis] + steps]
        starts[rows] = len(self.table) + self.n_steps * np.arange(len(rows))
        table = np.concatenate([self.table, filled.reshape(-1, self.table.shape[1])])
        return Windows(table, starts, self.n_steps), is_known

    def _count_missing(self, n_steps: int | np.ndarray) -> np.ndarray:
        """Rows with NaN among the first `n_steps` of each window."""
        count = np.concatenate([[0], np.isnan(self.table).any(axis=1).cumsum()])
        return count[self.starts + n_steps] - count[self.starts]
