"""Windows from flat tables of lags that others made, as a step of a pipeline."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from skforecast_lstm._containers import as_rows
from skforecast_lstm._lags import lag_order, warn_of_holes
from skforecast_lstm._pages import see
from skforecast_lstm._validation import (
    FLOATS,
    Interval,
    Tags,
    check_is_fitted,
    fit_context,
    validate_data,
)

__all__ = ["LagsToWindows"]


class LagsToWindows(TransformerMixin, BaseEstimator):
    """Make 3-D windows of a flat table of lags, as skforecast, mlforecast or `shift` make it.

    The regressors need the oldest step first, and all features of a step together. Tables of lags
    mostly have the newest lag first, and covariates beside the lags. This step puts the columns in
    order. If you have the series itself, :class:`WindowTransformer` is the shorter way.

    Parameters
    ----------
    n_lags : int, default=None
        How many of the first columns are lags of one series, if names do not show it. None: all.
    newest_first : bool, default=True
        Whether the first of them is the newest, if names do not show it.

    Attributes
    ----------
    lags_ : list of int
        The lag of each step of the windows, in rows, oldest step first.
    features_ : list of str
        Names of the features of a step: the series, then the columns that are no lags. "" is the
        series of lags without a name of a series.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names, where ``fit`` was given a DataFrame whose names are all strings.

    Raises
    ------
    ValueError
        If two columns are the same lag of one series. If several series do not have the same lags.
        If there are fewer than `n_lags` columns.

    Warns
    -----
    UserWarning
        If lags are missing, for example 3 to 11 if there are 1, 2 and 12. The windows then contain
        the lags that are there as if they were consecutive steps.

    See Also
    --------
    WindowTransformer : Cuts the windows from the series itself.

    Notes
    -----
    The names of the columns of a DataFrame show which are lags: ``lag_1``, ``lag1``,
    ``sales_lag_1``, ``lag_1_sales``, ``sales(t-1)``. Their order in the table does not matter.
    Columns that are no lags are known at the row, and have no history. They are repeated at every
    step, as constant features. Lag 0 is the value of the row itself. To make a column ``sales``
    beside ``sales_lag_1`` the last step, rename it to ``sales_lag_0``.

    NaN stays NaN, for example in the first rows of a table made with ``shift``.

    Examples
    --------
    >>> import pandas as pd
    >>> from skforecast_lstm import LagsToWindows
    >>> table = pd.DataFrame({"lag_1": [30, 40], "lag_2": [20, 30], "lag_3": [10, 20]})
    >>> LagsToWindows().fit_transform(table)[:, :, 0]
    array([[10., 20., 30.],
           [20., 30., 40.]])
    >>> table["holiday"] = [0, 1]
    >>> LagsToWindows().fit_transform(table)[1]
    array([[20.,  1.],
           [30.,  1.],
           [40.,  1.]])
    """

    _parameter_constraints: dict = {
        "n_lags": [Interval(Integral, 1, None, closed="left"), None],
        "newest_first": ["boolean"],
    }

    def __init__(self, n_lags: int | None = None, *, newest_first: bool = True) -> None:
        self.n_lags = n_lags
        self.newest_first = newest_first

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> LagsToWindows:
        """Find the columns that are lags, and the series of each.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_columns)
            The table.
        y : Ignored
            Present for scikit-learn's conventions.

        Returns
        -------
        self : LagsToWindows
            The fitted transformer.
        """
        X = as_rows(X)
        names = getattr(X, "columns", None)
        self._check(X, reset=True)
        order = lag_order(names)
        if order is None:
            order = {"": self._lags_by_position()}
        else:
            warn_of_holes(names, type(self).__name__)
        self.lags_ = _common_lags(order)
        chosen = [[lags[lag] for lag in self.lags_] for lags in order.values()]
        others = sorted(set(range(self.n_features_in_)) - set(np.ravel(chosen).tolist()))
        steps = np.repeat([others], len(self.lags_), axis=0).astype(int)
        # The column of each feature at each step.
        self._positions = np.hstack([np.transpose(chosen), steps])
        labels = [f"x{i}" for i in range(self.n_features_in_)] if names is None else list(names)
        self.features_ = [*order, *(str(labels[position]) for position in others)]
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the window of every row.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_columns)
            The table, with the columns of ``fit``.

        Returns
        -------
        windows : ndarray of shape (n_rows, n_lags, n_features)
            The windows, oldest step first; features are the series, then the other columns.
        """
        check_is_fitted(self)
        return self._check(as_rows(X), reset=False)[:, self._positions]

    def set_output(self, *, transform: str | None = None) -> LagsToWindows:
        """Do nothing: 3-D windows stay an array.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            The container of tables.

        Returns
        -------
        self : LagsToWindows
            The transformer.
        """
        # scikit-learn has this method only where there are names, and a pipeline fails without it.
        return self

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _check(self, X: Any, *, reset: bool) -> np.ndarray:
        return validate_data(self, X, reset=reset, dtype=FLOATS, ensure_all_finite="allow-nan")

    def _lags_by_position(self) -> dict[int, int]:
        """Positions of lags 1, 2, ... among the first columns."""
        n_lags = self.n_features_in_ if self.n_lags is None else self.n_lags
        if n_lags > self.n_features_in_:
            raise ValueError(
                f"n_lags={n_lags} is more than the columns of X, which has {self.n_features_in_}. "
                f"Give the number of columns that are lags; the others are constant features."
                f" {see('windows')}"
            )
        positions = range(n_lags) if self.newest_first else reversed(range(n_lags))
        return {lag + 1: position for lag, position in enumerate(positions)}


def _common_lags(order: dict[str, dict[int, int]]) -> list[int]:
    """Lags of all series, oldest first."""
    (first, lags), *others = order.items()
    for series, more in others:
        if more.keys() != lags.keys():
            lag = min(more.keys() ^ lags.keys())
            has, lacks = (series, first) if lag in more else (first, series)
            raise ValueError(
                f"windows need the same lags of every series, but X has lag {lag} of {has!r} and "
                f"not of {lacks!r}. Add the columns that are missing, or drop or rename the others "
                f"(a column whose name is not that of a lag becomes a constant feature)."
                f" {see('windows')}"
            )
    return sorted(lags, reverse=True)
