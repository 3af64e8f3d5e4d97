"""Windows of past rows, as a step of a pipeline that keeps one row per forecast origin."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.metaestimators import available_if

from skforecast_lstm._containers import as_rows
from skforecast_lstm._dates import refuse_dates, to_dates
from skforecast_lstm._known import find_known
from skforecast_lstm._pages import see
from skforecast_lstm._rows import FittedRows, Rows, split_groups
from skforecast_lstm._tables import check_labels, refuse_text, warn_of_text
from skforecast_lstm._targets import parse_step_names
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
from skforecast_lstm._windows import IncompleteWindowWarning, Windows

__all__ = ["IncompleteWindowWarning", "WindowTransformer"]


def _is_flat(transformer: WindowTransformer) -> bool:
    if not transformer.flatten:
        raise AttributeError(
            "The columns of 3-D windows have no names; set flatten=True for a 2-D table of lags."
        )
    return True


class WindowTransformer(TransformerMixin, BaseEstimator):
    """Give every row the window of rows that ends in it, without changing the number of rows.

    Row ``t`` becomes the window (look-back) of rows ``t - n_steps_in + 1`` to ``t``, oldest first.
    It contains what is known at the forecast origin ``t``, and nothing later. Every row keeps its
    place, so ``y``, scorers, splitters and sample weights need no adjustment. The output is
    array-like. It stores one table and where each window ends in it, so memory does not grow with
    the length of windows.

    Parameters
    ----------
    n_steps_in : int, default=10
        Length of the window (look-back) in rows, which are time steps; the row itself included.
    n_steps_out : int, default=None
        The horizon, as in :func:`make_supervised`: how many steps are predicted from each row.
        None: ``fit`` reads it from ``y``: from the names of its columns (``"sales(t+12)"``) or its
        third axis. If ``y`` has neither, each of its columns counts as a step. A one-dimensional
        array without a name counts as one step.
    lead : int, default=1
        Rows from a row to the first of its targets, as in :func:`make_supervised`. With
        ``n_steps_out=None``, the names of the columns of ``y`` take precedence.
    padding : {"nan", "edge"}, default="nan"
        What to fill in for the steps of a window that lie before the first row. "nan": NaN, so
        that the regressors of this package leave such windows out of training. "edge": the first
        row again, for other regressors that take no NaN.
    purge : bool, default=True
        Whether to leave the last ``n_steps_out + lead - 2`` rows out of training, of the table and
        before each hole in it. The targets of these rows lie in the rows that follow, which may be
        test rows. So a plain ``TimeSeriesSplit`` has no label leakage. ``fit_transform``, which
        ``Pipeline.fit`` calls, marks the rows; in arrays made of the windows they are NaN. Set it
        to False for a final fit, when no rows follow to be scored on.
    flatten : bool, default=False
        Whether to make a 2-D table of lags, for any regressor, instead of 3-D windows.
    missing : {"error", "drop", "mask"}, default="error"
        What to do with NaN in `X`. "error": raise an error that says what you can do. "drop": leave
        windows that contain it out of training, and predict NaN for them. "mask": the recurrent
        layers of this package's regressors skip such rows; not with `flatten`.
    known_future : "auto", None or array-like of shape (n_steps, n_covariates), default="auto"
        Which columns of `X` contain values of coming steps, which are known in advance. They are
        not part of the windows, but a second input: the networks of this package read the values
        of a step when they forecast that step. "auto": the columns that :func:`make_supervised`
        and :class:`CalendarFeatures` name like ``"price(t+1)"``. For an array without names: their
        positions, a row for each step. None: they are columns of the windows like all others.
    group : column name or position, or name of an index level, default=None
        The column that tells several series in one table apart, as in :func:`make_supervised`. It
        is not part of the windows. No window contains rows of two series. A series that ``fit``
        has not seen has no history before its first row. If one series has known breaks, give
        each stretch a label of its own, and no window crosses a break.

    Attributes
    ----------
    last_rows_ : ndarray of shape (n_steps_in - 1, n_features), or dict of them by label of `group`
        The last fitted rows, put in front of rows that continue them.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names, where ``fit`` was given a DataFrame whose names are all strings.

    Raises
    ------
    ValueError
        If the window is longer than the data. If a value is missing, with ``missing="error"``. If
        an index of dates or numbers is unsorted or repeats a label.

    Warns
    -----
    UserWarning
        If the training rows have holes in time, or missing business days are taken for holidays. If
        dates are text. If ``missing="drop"`` leaves windows out of training. If the targets in
        ``y`` lie further ahead than `n_steps_out` and `lead` say.

    See Also
    --------
    make_supervised : Frames a table into the ``X`` and ``y`` that this step expects.

    Notes
    -----
    ``fit`` keeps a copy of the table. ``transform`` gives every row its own history: rows of the
    fitted table, an extension of it, or rows that follow it. It finds the history by the pandas
    index, of dates, periods or numbers. If rows are missing before a row, its window is incomplete.
    The step that fills such a window warns with an :class:`IncompleteWindowWarning`.

    Arrays have no index. Neither does a table with the default index of pandas help after a fit
    with dates. Such rows are taken for the training data, an extension or a piece of it, if their
    values are equal, and otherwise for the rows that directly follow it. That is a guess. It is
    wrong for rows that follow after a gap, and may be for a few rows of values that often recur.
    Steps before this one that return arrays lose the index, too.
    ``set_output(transform="pandas")`` on the pipeline keeps it. :class:`TablePipeline`, which
    :func:`make_lstm_pipeline` makes, keeps it by itself. In ``fit`` the dates of ``y`` are used if
    those of ``X`` were lost.

    No window crosses a hole in the dates of the training rows, and a warning says where the hole
    is. A splitter that takes rows out of the middle (``KFold``) makes such holes, and the model
    trains on what comes after the test rows. Up to three business days in a row may be holidays.
    ``transform`` warns if more of them are missing than between fitted rows. Rows at irregular
    times follow one another up to the longest time between two fitted rows.

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

    #: By this, functions that look through a pipeline know a window step.
    cuts_windows = True

    _parameter_constraints: dict = {
        "n_steps_in": [Interval(Integral, 1, None, closed="left")],
        "n_steps_out": [Interval(Integral, 1, None, closed="left"), None],
        "lead": [Interval(Integral, 0, None, closed="left")],
        "padding": [StrOptions({"nan", "edge"})],
        "purge": ["boolean"],
        "flatten": ["boolean"],
        "missing": [StrOptions({"error", "drop", "mask"})],
        "known_future": [StrOptions({"auto"}), "array-like", None],
        "group": [Hashable, None],
    }

    def __init__(
        self,
        n_steps_in: int = 10,
        *,
        n_steps_out: int | None = None,
        lead: int = 1,
        padding: str = "nan",
        purge: bool = True,
        flatten: bool = False,
        missing: str = "error",
        known_future: Any = "auto",
        group: Any = None,
    ) -> None:
        self.n_steps_in = n_steps_in
        self.n_steps_out = n_steps_out
        self.lead = lead
        self.padding = padding
        self.purge = purge
        self.flatten = flatten
        self.missing = missing
        self.known_future = known_future
        self.group = group

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> WindowTransformer:
        """Remember `X`, so that its rows and those that follow it have their history.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            The table, rows in time order.
        y : array-like, default=None
            The targets. If they have dates and `X` has none, because a step before this one
            dropped them, these are the dates of the rows.

        Returns
        -------
        self : WindowTransformer
            The fitted transformer.
        """
        self._remember(self._check_rows(X, y, reset=True))
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X: Any, y: Any = None) -> Windows | np.ndarray:
        """Fit to the training rows and return their windows, the purged ones marked.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            The training rows, in time order.
        y : array-like, default=None
            The targets; see ``fit``. With ``n_steps_out=None`` the horizon is read from them.

        Returns
        -------
        windows : Windows of shape (n_rows, n_steps_in, n_features), or with ``flatten=True`` \
                ndarray of shape (n_rows, n_steps_in * n_features + n_known)
            The windows. ``numpy.asarray`` makes a read-only array of them.
        """
        y = as_rows(y)
        rows = self._check_rows(X, y, reset=True)
        self._remember(rows)
        rows_ahead = self._find_rows_ahead(y)
        windows = self._fitted.windows(self._n_steps, self._count_purged(y, rows_ahead))
        windows = self._with_facts(windows, rows_ahead)
        if self.missing == "drop":
            windows.warn_of_dropped(type(self).__name__)
        return self._hand_on(windows)

    def transform(self, X: Any) -> Windows | np.ndarray:
        """Return the window of every row, each with its own history.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Rows in time order: the training data or a piece of it, an extension, what follows it,
            or another stretch of time.

        Returns
        -------
        windows : Windows of shape (n_rows, n_steps_in, n_features), or with ``flatten=True`` \
                ndarray of shape (n_rows, n_steps_in * n_features + n_known)
            The windows. ``numpy.asarray`` makes a read-only array of them.

        Raises
        ------
        ValueError
            If the index of `X` has another kind of times than the fitted rows: dates with a time
            zone and dates without, or periods and dates.

        Warns
        -----
        IncompleteWindowWarning
            If neither ``fit`` nor this call was given the rows before a row. The missing steps of
            its window are then filled (``padding="edge"``) or NaN (``flatten=True``). With 3-D
            windows the regressors of this package give this warning when they fill the steps.
        """
        check_is_fitted(self)
        rows = self._check_rows(X, None, reset=False)
        both = self._fitted.rows.index, rows.index
        # The numbers that pandas gives to rows without an index say nothing.
        if not any(index is None or isinstance(index, pd.RangeIndex) for index in both):
            check_labels(rows.index, both[0])
        return self._hand_on(self._with_facts(self._fitted.windows_of(rows, self._n_steps), None))

    def _with_facts(self, windows: Windows, rows_ahead: int | None) -> Windows:
        """Windows with what only this step knows."""
        windows = windows.but(padding=self.padding, rows_ahead=rows_ahead, ahead=self._ahead)
        return windows.with_masks() if self.missing == "mask" else windows

    def _hand_on(self, windows: Windows) -> Windows | np.ndarray:
        """Windows in the form that is wanted."""
        if self.padding == "edge":
            windows.warn_if_cold(type(self).__name__, "their first known row is repeated")
        elif self.flatten:
            windows.warn_if_cold(type(self).__name__, "these steps are NaN")
        return windows.to_array(flat=True) if self.flatten else windows

    @available_if(_is_flat)
    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the lags, oldest step first: ``passengers_lag0`` is the row itself.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of `X`; None: those seen in ``fit``, else ``x0``, ``x1``, ...

        Returns
        -------
        names : ndarray of str of shape (n_steps_in * n_features + n_known,)
            Behind the lags the columns of coming values, as they are called in `X`. Only with
            ``flatten=True``; 3-D windows have no names.
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
        columns = [] if self._ahead is None else self._ahead.columns.ravel().tolist()
        known = [names[column] for column in columns]
        names = [name for position, name in enumerate(names) if position not in columns]
        lags = reversed(range(self._n_steps))
        return np.array([*(f"{name}_lag{lag}" for lag in lags for name in names), *known], object)

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
    def last_rows_(self) -> np.ndarray | dict[Any, np.ndarray] | None:
        """The last fitted rows."""
        check_is_fitted(self)
        history = {
            label: self._fitted.last_rows(label, self._n_steps - 1, self.padding)
            for label in self._fitted.labels
        }
        return history.get(None) if self._group is None else history

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_fitted")

    def forget(self) -> WindowTransformer:
        """Forget the fitted rows, so that whatever comes next starts cold.

        Returns
        -------
        self : WindowTransformer
            The transformer.
        """
        self._fitted: FittedRows = self._fitted.without_rows()
        return self

    def _find_rows_ahead(self, y: Any) -> int | None:
        """How far targets reach, with a warning if `y` shows that it is further than was said."""
        shown, rows_ahead = self._shown_rows_ahead(y), self._rows_ahead(y)
        if self.purge and (shown or 0) > (rows_ahead or 0):
            warnings.warn(
                f"y reaches {shown} rows ahead, but {type(self).__name__} has "
                f"n_steps_out={self.n_steps_out} and lead={self.lead}. So training rows whose "
                f"targets lie among the test rows are not left out, and scores are too good. "
                f"Set n_steps_out=None, or as in make_supervised, or purge=False if "
                f"nothing is scored. {see('windows')}",
                UserWarning,
                stacklevel=4,
            )
        return rows_ahead

    def _rows_ahead(self, y: Any) -> int | None:
        """How many rows ahead targets reach: as is said, else as `y` shows, if it does."""
        if self.n_steps_out is None:
            return self._shown_rows_ahead(y)
        return self.n_steps_out + max(self.lead, 1) - 1

    def _shown_rows_ahead(self, y: Any) -> int | None:
        """How many rows ahead targets reach, by the names of their columns or their third axis."""
        names = parse_step_names(getattr(y, "columns", [getattr(y, "name", None)]))
        if names is not None:
            return max(1, names[1][-1])
        shape: tuple[int, ...] = () if y is None else _as_shaped(y).shape
        return shape[1] + max(self.lead, 1) - 1 if len(shape) == 3 else None

    def _count_purged(self, y: Any, rows_ahead: int | None) -> int:
        """How many rows at the end of the training rows are left out."""
        if not self.purge:
            return 0
        if rows_ahead is None:  # nobody says how far targets reach: no further than y has columns
            n_columns = 1 if y is None else int(np.prod(_as_shaped(y).shape[1:], dtype=int))
            rows_ahead = n_columns + max(self.lead, 1) - 1
        return rows_ahead - 1

    def _check_rows(self, X: Any, y: Any, *, reset: bool) -> Rows:
        """Return the rows of X by series."""
        name, labels, position = type(self).__name__, None, None
        X, y = as_rows(X), as_rows(y)
        options: dict[str, Any] = {"dtype": FLOATS, "ensure_all_finite": "allow-nan"}
        index = _index_of(X, y)
        if self.group is None:
            if index is not None:
                check_time_order(index, name)
            refuse_dates(X)
            values = validate_data(self, X, reset=reset, **options)
        else:
            X = X if hasattr(X, "shape") else np.asarray(X, dtype=object)
            validate_data(self, X, reset=reset, skip_check_array=True)
            X, labels, position = split_groups(X, self.group)
            if index is not None:
                index = _index_of(X, y)
                check_time_order(index, name, labels)
            refuse_dates(X)
            values = check_array(X, input_name="X", estimator=name, **options)
        is_missing = np.isnan(values)
        if self.missing == "error" and is_missing.any():
            raise ValueError(_say_missing(name, X, is_missing))
        if reset:
            self._group_position, self._group = position, self.group
            names = getattr(X, "columns", None)
            self._ahead = find_known(self.known_future, names, values.shape[1])
        if index is not None and reset:
            warn_of_text(index)
        elif index is not None:
            refuse_text(index, self._fitted.rows.index)
        return Rows.of(values, index, labels)

    def _remember(self, rows: Rows) -> None:
        if self.flatten and self.missing == "mask":
            raise ValueError(
                "missing='mask' is for recurrent layers, which can skip a step; a flat table of "
                "lags (flatten=True) has no steps. Use missing='drop', or fill the gaps."
                f" {see('missing values')}"
            )
        n_longest = int(rows.lengths.max())
        if self.n_steps_in > n_longest:
            raise ValueError(
                f"n_steps_in={self.n_steps_in} is longer than the data: a window needs as many "
                f"rows{' of one series' * (self.group is not None)}, got n_samples={n_longest}. "
                f"Shorten the window, or give more rows. Fewer splits make the first training fold "
                f"longer, and a shorter horizon (n_steps_out) leaves more rows whose targets are "
                f"known. {see('windows')}"
            )
        self._n_steps = self.n_steps_in
        self._fitted = FittedRows.of(rows)
        self._fitted.warn_of_holes(type(self).__name__)


def count_purged(window: WindowTransformer, y: Any) -> int:
    """How many rows at the end of each series a step leaves out of training, with such targets."""
    return window._count_purged(y, window._rows_ahead(y))


def _as_shaped(y: Any) -> Any:
    return y if hasattr(y, "shape") else np.asarray(y)


def _index_of(X: Any, y: Any) -> Any:
    """The index of X; where a step before has dropped it, that of y, if it tells the time."""
    index = getattr(X, "index", None)
    if isinstance(index, pd.Index):
        return to_dates(index)
    index = getattr(y, "index", None)
    index = to_dates(index) if isinstance(index, pd.Index) else None
    return index if is_time_index(index) else None


def _say_missing(owner: str, X: Any, is_missing: np.ndarray) -> str:
    """Say where NaN is, and what to do about it."""
    columns = getattr(X, "columns", range(is_missing.shape[1]))
    counts = {name: int(count) for name, count in zip(columns, is_missing.sum(axis=0), strict=True)}
    shown = ", ".join(f"{name!r} ({count})" for name, count in counts.items() if count)
    row = int(is_missing.any(axis=1).argmax())
    label = X.index[row] if hasattr(X, "index") else None
    when = "" if label is None else f" ({label!s})"
    empty = [name for name, count in counts.items() if count == len(is_missing)]
    if empty:
        return (
            f"Input X of {owner} contains no value at all in columns {empty}, which nothing can "
            f"fill. Leave them out: df.drop(columns={empty}), or features=... of make_supervised "
            f"and Forecaster. {see('missing values')}"
        )
    return (
        f"Input X of {owner} contains NaN, and missing='error': in columns {shown}, first in row "
        f"{row}{when}. Fill it before the window (df.ffill(), SimpleImputer), leave such "
        f"windows out with missing='drop', or let the network skip such rows with missing='mask'. "
        f"{see('missing values')}"
    )
