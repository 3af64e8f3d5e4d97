"""Many series in one table: scales of their own, and splits that never cut a time in two."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn import config_context, get_config
from sklearn.base import (
    BaseEstimator,
    MetaEstimatorMixin,
    OneToOneFeatureMixin,
    TransformerMixin,
    clone,
    is_classifier,
)
from sklearn.model_selection import TimeSeriesSplit
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_array, get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if

from skforecast_lstm._containers import as_pandas, as_rows
from skforecast_lstm._inspect import best_of, find_method, find_windows
from skforecast_lstm._pages import see
from skforecast_lstm._plain import PlainState
from skforecast_lstm._rows import split_groups
from skforecast_lstm._targets import FramedRegressorMixin, count_scales
from skforecast_lstm._validation import (
    FLOATS,
    HasMethods,
    Interval,
    Tags,
    check_is_fitted,
    fit_context,
    is_time_index,
    rows_of_series,
    validate_data,
)
from skforecast_lstm.windows import count_purged

__all__ = ["GroupScaler", "GroupTimeSeriesSplit", "GroupTransformedTargetRegressor"]

# Part of the deviation of all rows that a series has to have, or float32 cannot hold its changes.
_LOST = 1e-5


def _can_invert(transformer: GroupScaler) -> bool:
    return transformer.scaler is None or hasattr(transformer.scaler, "inverse_transform")


class GroupScaler(PlainState, OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Scale every series of a table by itself.

    Series of different sizes in one table (a kiosk and a supermarket) come to one scale, so that
    one network can learn from all of them. The column that tells them apart is handed on as it is,
    in its place, for ``WindowTransformer(group=...)``.

    Parameters
    ----------
    scaler : transformer, default=None
        Any scaler of scikit-learn that keeps the columns as they are; a clone of it is fitted to
        each series. None: ``StandardScaler()``.
    group : column name or position, or name of an index level
        The column that tells the series apart, as in :class:`WindowTransformer`.
    pooled : bool, default=False
        Whether one scaler, fitted to all rows, scales all series alike. Use it for regressors that
        normalise each window (``window_norm``).

    Attributes
    ----------
    scalers_ : dict
        The fitted scaler of each series, by label. A series without a single value in some column
        has none. Empty if `pooled`.
    pooled_scaler_ : transformer
        The scaler fitted to the rows of all series. It scales series without a scaler of their own,
        for example because ``fit`` has not seen them.
    n_features_in_ : int
        Number of columns seen in ``fit``, that of the labels included.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names, where ``fit`` was given a DataFrame whose names are all strings.

    Raises
    ------
    ValueError
        If there is no such column, or no other column. If a label is missing. If the scaler changes
        the columns.

    See Also
    --------
    GroupTransformedTargetRegressor : Scales the targets of every series by themselves.
    WindowTransformer : Cuts windows that never cross the border of a series.

    Notes
    -----
    A DataFrame becomes a DataFrame with its index, also without ``set_output``. The window step
    needs the index to find which rows follow one another, and which follow the fitted ones.

    If a series does not change in ``fit``, or has only one row, ``StandardScaler`` shifts it to 0
    and does not stretch it.

    Examples
    --------
    >>> import pandas as pd
    >>> from skforecast_lstm.groups import GroupScaler
    >>> sales = pd.DataFrame(
    ...     {"sold": [1.0, 100.0, 3.0, 300.0], "shop": ["kiosk", "market"] * 2},
    ...     index=pd.DatetimeIndex(["2024-01-01", "2024-01-01", "2024-01-02", "2024-01-02"]),
    ... )
    >>> scaler = GroupScaler(group="shop").fit(sales)
    >>> scaler.transform(sales)
                sold    shop
    2024-01-01  -1.0   kiosk
    2024-01-01  -1.0  market
    2024-01-02   1.0   kiosk
    2024-01-02   1.0  market
    >>> scaler.scalers_["market"].mean_
    array([200.])
    """

    _parameter_constraints: dict = {
        "scaler": [HasMethods(["fit", "transform"]), None],
        "group": [str, Integral, tuple],
        "pooled": ["boolean"],
    }

    def __init__(self, scaler: Any = None, *, group: Any, pooled: bool = False) -> None:
        self.scaler = scaler
        self.group = group
        self.pooled = pooled

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> GroupScaler:
        """Fit a scaler to each series, and one to all rows.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            The table. NaN is missing.
        y : Ignored
            Present for scikit-learn's conventions.

        Returns
        -------
        self : GroupScaler
            The fitted transformer.
        """
        X, values, labels, position = self._check_table(X, reset=True)
        if self.pooled:
            _warn_if_lost(values, labels)
            self.scalers_: dict[Any, Any] = {}
            self.pooled_scaler_ = _fit_scaler(self.scaler, values)
        else:
            self.scalers_, self.pooled_scaler_ = _fit_scalers(self.scaler, values, labels)
            self._warn_if_static_is_lost(X, values, labels, position)
        return self

    def transform(self, X: Any) -> Any:
        """Scale every row by the scaler of its series.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            The table.

        Returns
        -------
        X_scaled : DataFrame or ndarray of shape (n_rows, n_features)
            For a DataFrame a DataFrame with the same index, names and order of columns. Otherwise
            an array, of objects if the labels are no numbers.
        """
        return self._through("transform", X)

    @available_if(_can_invert)
    def inverse_transform(self, X: Any) -> Any:
        """Bring scaled rows back to the units of their series.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Scaled rows, with the labels of their series.

        Returns
        -------
        X_original : DataFrame or ndarray of shape (n_rows, n_features)
            The rows in their units, in the container that ``transform`` returns.
        """
        return self._through("inverse_transform", X)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        scaler = StandardScaler() if self.scaler is None else self.scaler
        tags.input_tags.allow_nan = get_tags(scaler).input_tags.allow_nan
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _check_table(
        self, X: Any, *, reset: bool
    ) -> tuple[Any, np.ndarray, np.ndarray, int | None]:
        """The table, its values without the labels, the labels, and their position."""
        X, table, labels, position = _take_groups(self, X, reset=reset)
        if table.shape[1] == 0:
            raise ValueError(
                f"GroupScaler needs columns to scale, but X has {X.shape[1]} feature(s), and group="
                f"{self.group!r} leaves none. Give the values of the series beside their labels."
                f" {see('many series')}"
            )
        values = check_array(
            table, dtype=FLOATS, ensure_all_finite="allow-nan", input_name="X", estimator=self
        )
        return X, values, labels, position

    def _warn_if_static_is_lost(
        self, X: Any, values: np.ndarray, labels: np.ndarray, position: int | None
    ) -> None:
        """Name the columns that tell series apart, and that scaling each by itself makes equal."""
        by_series = pd.DataFrame(values).groupby(labels, sort=False)
        lowest, highest = by_series.min(), by_series.max()
        is_static = (lowest == highest).all() & (lowest.min() < lowest.max())
        if not is_static.any() or is_static.all():  # series of one value each have no other columns
            return
        first_rows = [rows[0] for rows in rows_of_series(labels).values()]
        scaled = _through_scalers(
            self.scalers_, self.pooled_scaler_, "transform", values[first_rows], labels[first_rows]
        )
        lost = np.flatnonzero(is_static & (scaled == scaled[0]).all(axis=0))
        if not len(lost):
            return
        names = np.asarray(getattr(X, "columns", np.arange(X.shape[1])))
        names = names if position is None else np.delete(names, position)
        warnings.warn(
            f"columns {names[lost].tolist()} have one value for each series, and GroupScaler, "
            f"which scales each series by itself, makes them equal for all. Let them through: "
            f"GroupScaler(ColumnTransformer([('own', StandardScaler(), [positions of the others])],"
            f" remainder='passthrough'), group={self.group!r}). {see('categories')}",
            UserWarning,
            stacklevel=3,
        )

    def _through(self, method: str, X: Any) -> Any:
        check_is_fitted(self, "scalers_")
        X, values, labels, position = self._check_table(X, reset=False)
        scaled = _through_scalers(self.scalers_, self.pooled_scaler_, method, values, labels)
        if not isinstance(X, pd.DataFrame):
            is_number = labels.dtype.kind in "biuf"
            scaled = scaled.astype(np.result_type(scaled, labels) if is_number else object)
            return np.insert(scaled, position, labels, axis=1)  # type: ignore[arg-type]
        if position is None:
            return pd.DataFrame(scaled, index=X.index, columns=X.columns)
        table = pd.DataFrame(scaled, index=X.index, columns=X.columns.delete(position))
        table.insert(position, X.columns[position], X.iloc[:, position].array)
        return table


def _warn_if_lost(values: np.ndarray, labels: np.ndarray) -> None:
    """Say which series is too small to be seen beside the others."""
    by_series = pd.DataFrame(values).groupby(labels).std(ddof=0)
    parts = by_series.where(by_series > 0) / np.nanstd(values, axis=0)
    if (parts < _LOST).any(axis=None):
        label = parts.min(axis=1).idxmin()
        warnings.warn(
            f"series {label!r} varies by less than {_LOST:g} of what all rows do, and pooled=True "
            f"scales all alike: it is lost among the larger ones. Scale each by itself: "
            f"GroupScaler, a regressor with window_norm=None, and GroupTransformedTargetRegressor "
            f"around the pipeline. {see('many series')}",
            UserWarning,
            stacklevel=3,
        )


def _inner_has(name: str) -> Callable[[GroupTransformedTargetRegressor], bool]:
    def check(model: GroupTransformedTargetRegressor) -> bool:
        return find_method(getattr(model, "regressor_", model.regressor), name) is not None

    return check


class GroupTransformedTargetRegressor(
    PlainState, MetaEstimatorMixin, FramedRegressorMixin, BaseEstimator
):
    """Let a regressor learn the targets of every series on one scale.

    Put it around the whole pipeline, which still gets the table as it is. It scales the targets of
    each series by themselves, and returns predictions in the units of the row's series.
    :class:`GroupScaler` inside the pipeline does the same for the features. A network that learns
    from all series needs both, unless it normalises each window (``window_norm``).

    Parameters
    ----------
    regressor : regressor or pipeline
        The regressor to fit to scaled targets. It is cloned, never changed.
    transformer : transformer, default=None
        Any scaler of scikit-learn with an ``inverse_transform``. A clone of it is fitted to the
        targets of each series. None: ``StandardScaler()``.
    group : column name or position, or name of an index level
        The column of ``X`` that tells the series apart, as in :class:`WindowTransformer`.
    n_targets : int, default=None
        Targets per step. Each target has a scale, which all its steps share. None: read from the
        names of the columns of ``y`` (``"sales(t+1)"``), or from its last axis if it is 3-D.
        Without them 1, and each column of a 2-D ``y`` has a scale of its own.

    Attributes
    ----------
    regressor_ : regressor or pipeline
        The fitted regressor; it predicts scaled targets.
    transformers_ : dict
        The fitted scaler of each series, by label. A series without a single value of some target
        has none.
    pooled_transformer_ : transformer
        The scaler fitted to the targets of all series. It is used for series without a scaler of
        their own, for example because ``fit`` has not seen them.
    n_steps_out_, n_targets_ : int
        Steps of the horizon, targets per step.
    n_features_in_ : int
        Number of columns of ``X`` seen in ``fit``, that of the labels included.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names, where ``fit`` was given a DataFrame whose names are all strings.

    Raises
    ------
    ValueError
        If there is no such column, a label is missing, `n_targets` does not fit ``y``, or a
        target has no known value.

    See Also
    --------
    GroupScaler : Scales the features of every series by themselves.
    sklearn.compose.TransformedTargetRegressor : One scale for all rows.

    Notes
    -----
    A ``WindowTransformer(purge=True)`` in the regressor leaves the last rows of each series out of
    training, because their targets may lie after the training rows. These rows are left out of the
    scales as well.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from skforecast_lstm import WindowTransformer, make_supervised
    >>> from skforecast_lstm.groups import GroupScaler, GroupTransformedTargetRegressor
    >>> days = pd.date_range("2024-01-01", periods=50, name="day")
    >>> wave = np.sin(np.arange(50))
    >>> sales = pd.concat(
    ...     pd.DataFrame({"sold": size * (2 + wave), "shop": shop}, index=days)
    ...     for shop, size in {"kiosk": 1.0, "market": 100.0}.items()
    ... )
    >>> X, y = make_supervised(sales, target="sold", group="shop")
    >>> window = WindowTransformer(4, group="shop", flatten=True, padding="edge")
    >>> model = GroupTransformedTargetRegressor(
    ...     make_pipeline(GroupScaler(group="shop"), window, Ridge(alpha=0.01)), group="shop"
    ... )
    >>> model.fit(X, y).predict(X)[-2:].round(1)  # of the kiosk, and of the market
    array([  1.1, 106.3])
    >>> y[-2:].round(1).tolist()
    [1.0, 104.6]
    """

    _parameter_constraints: dict = {
        "regressor": [HasMethods(["fit", "predict"])],
        "transformer": [HasMethods(["fit", "transform", "inverse_transform"]), None],
        "group": [str, Integral, tuple],
        "n_targets": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self, regressor: Any, *, transformer: Any = None, group: Any, n_targets: int | None = None
    ) -> None:
        self.regressor = regressor
        self.transformer = transformer
        self.group = group
        self.n_targets = n_targets

    # Parameters of the regressor are its own to check.
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, **fit_params: Any) -> GroupTransformedTargetRegressor:
        """Scale the targets of each series, then fit the regressor to them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The table, rows in time order, with the labels of the series.
        y : array-like of shape (n_samples,), (n_samples, n_steps_out * n_targets) or \
                (n_samples, n_steps_out, n_targets)
            The targets. NaN is missing. pandas stays pandas, with its names.
        **fit_params : dict
            Given to the regressor's ``fit``; the scales are not weighted.

        Returns
        -------
        self : GroupTransformedTargetRegressor
            The fitted regressor.
        """
        if is_classifier(self.regressor):
            raise ValueError(
                f"{type(self).__name__} scales numbers, and its regressor "
                f"{type(self.regressor).__name__} is a classifier, whose labels have no scale. "
                f"Fit the classifier without it. {see('classification')}"
            )
        y = as_rows(y)
        labels = self._check_labels(X, reset=True)
        targets = self._check_columns(y, labels)
        rows = _unpurged_rows(self.regressor, labels, y)
        lacks_all = np.isnan(targets[rows]).all(axis=(0, 1))
        if lacks_all.any():
            raise ValueError(
                f"y must hold a known value of each of its {self._n_scales} target(s), but all of "
                f"target {int(np.argmax(lacks_all))} is NaN in the rows to train on."
            )
        self.transformers_, self.pooled_transformer_ = _fit_scalers(
            self.transformer, targets[rows], labels[rows]
        )
        scaled = self._through("transform", targets, labels)
        scaled = _like(y, scaled.reshape(len(labels), *self._y_shape))
        if get_config()["enable_metadata_routing"]:
            fit_params = process_routing(self, "fit", **fit_params)["regressor"]["fit"]
        self.regressor_ = clone(self.regressor)
        self.regressor_.fit(X, scaled, **fit_params)
        return self

    def predict(self, X: Any, *, quantiles: Sequence[float] | None = None) -> np.ndarray:
        """Predict the targets of every row, in the units of its series.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows, with the labels of their series.
        quantiles : sequence of float, default=None
            Quantiles to predict in place of the forecast, if the regressor can.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, n_steps_out * n_targets) or \
                (n_samples, n_steps_out, n_targets)
            The predictions, in the layout of the regressor's; quantiles are the last axis.
        """
        labels = self._check_labels(X, reset=False)
        if quantiles is None:
            return self._in_units(self.regressor_.predict(X), labels)
        y = best_of(self.regressor_).predict(X, quantiles=quantiles)
        parts = [self._in_units(part, labels) for part in np.moveaxis(y, -1, 0)]
        return np.stack(parts, axis=-1)

    @available_if(_inner_has("predict_interval"))
    def predict_interval(
        self, X: Any, coverage: float | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Predict intervals, in the units of the row's series; only if the regressor can.

        Around a :class:`ConformalRegressor`, the residuals of all series are on one scale: the
        interval of a large series is wider than that of a small one.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows, with the labels of their series.
        coverage : float, default=None
            The fraction of truths, in (0, 1), that the intervals should contain. None: as the
            regressor was fitted for.

        Returns
        -------
        lower, upper : ndarray of shape (n_samples,), (n_samples, n_steps_out * n_targets) or \
                (n_samples, n_steps_out, n_targets)
            The bounds, in the layout of the regressor's.
        """
        labels = self._check_labels(X, reset=False)
        predict_interval = find_method(self.regressor_, "predict_interval")
        lower, upper = predict_interval(X, coverage=coverage)  # type: ignore[misc]
        return self._in_units(lower, labels), self._in_units(upper, labels)

    def get_metadata_routing(self) -> MetadataRouter:
        """Say that what ``fit`` is given goes to the regressor.

        Returns
        -------
        routing : MetadataRouter
            scikit-learn's routing information.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return MetadataRouter(owner=self).add(regressor=self.regressor, method_mapping=mapping)

    def __sklearn_tags__(self) -> Tags:
        tags, inner = super().__sklearn_tags__(), get_tags(self.regressor)
        tags.input_tags, tags.target_tags = inner.input_tags, inner.target_tags
        tags.regressor_tags = inner.regressor_tags
        tags.input_tags.sparse = False  # the labels are a column like any other
        return tags

    def _check_labels(self, X: Any, *, reset: bool) -> np.ndarray:
        if not reset:
            check_is_fitted(self, "regressor_")
        return _take_groups(self, X, reset=reset)[2]

    def _check_columns(self, y: Any, labels: np.ndarray) -> np.ndarray:
        """Return targets of shape (n_samples, n_steps, n_scales), in the columns to be scaled."""
        targets, names = self._check_targets(y, labels, reset=True), getattr(y, "columns", None)
        self._n_scales = count_scales(self._y_shape, names, self.n_targets)
        return targets.reshape(len(targets), -1, self._n_scales)

    def _through(self, method: str, values: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return _through_scalers(
            self.transformers_, self.pooled_transformer_, method, values, labels
        )

    def _in_units(self, y: Any, labels: np.ndarray) -> np.ndarray:
        """Bring scaled targets back to the units of their series, in their layout."""
        y = np.asarray(y)
        values = y.reshape(len(y), -1, self._n_scales)
        is_infinite = np.isinf(values)  # the bounds of an interval can be; scalers refuse it
        finite = np.where(is_infinite, np.nan, values)
        unscaled = self._through("inverse_transform", finite, labels)
        return np.where(is_infinite, values, unscaled).reshape(y.shape)


class GroupTimeSeriesSplit(TimeSeriesSplit):
    """Split a table of many series at times, and never inside one.

    It is scikit-learn's ``TimeSeriesSplit`` on the distinct times of the rows. All sizes count
    times. Rows of the same time, which belong to different series, are on the same side of a cut.

    Parameters
    ----------
    n_splits : int, default=5
        The number of folds; at least 2.
    max_train_size : int, default=None
        The largest number of times in a training set. None: no limit.
    test_size : int, default=None
        Times in a test set. None: ``n_times // (n_splits + 1)``.
    gap : int, default=0
        Times left out between a training set and its test set.
    time : column name, or name of an index level, default=None
        The column or level with the time of each row. None: the index.

    See Also
    --------
    GroupScaler : Scales every series of a table by itself.
    sklearn.model_selection.TimeSeriesSplit : Counts rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from skforecast_lstm.groups import GroupTimeSeriesSplit
    >>> sales = pd.DataFrame(
    ...     {"sold": range(7), "shop": list("abababa")}, index=[1, 1, 2, 2, 3, 3, 4]
    ... )
    >>> for train, test in GroupTimeSeriesSplit(n_splits=3).split(sales):
    ...     print(train, test)
    [0 1] [2 3]
    [0 1 2 3] [4 5]
    [0 1 2 3 4 5] [6]
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        max_train_size: int | None = None,
        test_size: int | None = None,
        gap: int = 0,
        time: Any = None,
    ) -> None:
        super().__init__(n_splits, max_train_size=max_train_size, test_size=test_size, gap=gap)
        self.time = time

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Return the rows of each fold.

        Parameters
        ----------
        X : DataFrame of shape (n_rows, n_features)
            The table.
        y : Ignored
            Present for scikit-learn's conventions.
        groups : None, default=None
            Present for scikit-learn's conventions.

        Yields
        ------
        train, test : ndarray of int
            Positions of the rows.

        Raises
        ------
        ValueError
            If nothing says when the rows were, or there are too few times for so many folds.
        """
        if groups is not None:
            raise ValueError(
                "GroupTimeSeriesSplit reads the time of each row from X, and takes no groups. Name "
                "a column or a level of the index: GroupTimeSeriesSplit(time='date'). Folds of a "
                "table can be given for its array, too: cv=list(GroupTimeSeriesSplit().split(df))."
                f" {see('many series')}"
            )
        codes, times = pd.factorize(_times_of_rows(X, self.time), sort=True)
        if (codes < 0).any():
            raise ValueError(
                f"GroupTimeSeriesSplit needs to know when each row of X was, but "
                f"{int((codes < 0).sum())} times are missing, the first in row "
                f"{int(np.argmin(codes))}. Drop those rows."
            )
        try:
            folds = list(super().split(np.arange(len(times))))
        except ValueError as error:
            raise ValueError(
                f"{error} {type(self).__name__} counts distinct times as samples, and the "
                f"{len(codes)} rows of X have {len(times)}."
            ) from error
        for fold in folds:
            train, test = (np.flatnonzero((codes >= at[0]) & (codes <= at[-1])) for at in fold)
            yield train, test


def _take_groups(estimator: Any, X: Any, *, reset: bool) -> tuple[Any, Any, np.ndarray, int | None]:
    """Check a table: return it, what is left without the labels, the labels, their position."""
    X = as_rows(X)
    if not isinstance(X, pd.DataFrame):
        checks = {"dtype": None, "ensure_all_finite": False, "input_name": "X"}
        X = check_array(_as_array(X), estimator=estimator, **checks)
    validate_data(estimator, X, reset=reset, skip_check_array=True)
    table, labels, position = split_groups(X, estimator.group)
    return X, table, np.asarray(labels), position


def _as_array(X: Any) -> Any:
    """Make an array of rows in lists: of objects if there is text, beside which numbers stay."""
    if hasattr(X, "shape"):
        return X
    array = np.asarray(X)
    return np.asarray(X, dtype=object) if array.dtype.kind in "US" else array


def _like(y: Any, values: np.ndarray) -> Any:
    """Put values of its shape into the container of `y`, names included."""
    if isinstance(y, pd.Series):
        return pd.Series(values, index=y.index, name=y.name)
    if isinstance(y, pd.DataFrame):
        return pd.DataFrame(values, index=y.index, columns=y.columns)
    return values


def _fit_scalers(scaler: Any, values: np.ndarray, labels: np.ndarray) -> tuple[dict[Any, Any], Any]:
    """Fit a scaler to each series, and one to all; the columns are the last axis of `values`."""
    scalers = {}
    for label, rows in rows_of_series(labels).items():
        part = values[rows].reshape(-1, values.shape[-1])
        if not np.isnan(part).all(axis=0).any():
            scalers[label] = _fit_scaler(scaler, part)
    return scalers, _fit_scaler(scaler, values)


def _fit_scaler(scaler: Any, values: np.ndarray) -> Any:
    scaler = StandardScaler() if scaler is None else clone(scaler)
    return scaler.fit(values.reshape(-1, values.shape[-1]))


def _through_scalers(
    scalers: dict[Any, Any], pooled: Any, method: str, values: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """Hand each series to a method of its scaler, or of the pooled one."""
    scaled = np.empty(values.shape, dtype=np.result_type(values, np.float32))
    for label, rows in rows_of_series(labels).items():
        scaler = scalers.get(label, pooled)
        part = values[rows].reshape(-1, values.shape[-1])
        with config_context(transform_output="default"):  # a DataFrame of each takes its time
            result = np.asarray(getattr(scaler, method)(part))
        if result.shape != part.shape:
            raise ValueError(
                f"{type(scaler).__name__} does not keep the columns as they are: it made "
                f"{result.shape} of {part.shape}. Scale with a transformer that gives one column "
                f"for each, such as StandardScaler, MinMaxScaler or RobustScaler."
                f" {see('many series')}"
            )
        scaled[rows] = result.reshape(values[rows].shape)
    return scaled


def _unpurged_rows(estimator: Any, labels: np.ndarray, y: Any) -> np.ndarray:
    """The rows that the windows in an estimator do not leave out of training at the end."""
    windows = find_windows(estimator).values()
    n_purged = max((count_purged(window, y) for window in windows), default=0)
    rows = rows_of_series(labels).values()
    kept = np.concatenate([part[: max(0, len(part) - n_purged)] for part in rows])
    # Where none is left, the regressor knows better why it cannot be fitted.
    return np.sort(kept) if len(kept) else np.arange(len(labels))


def _times_of_rows(X: Any, time: Any) -> pd.Index:
    """When each row was."""
    X = as_pandas(X)
    index = getattr(X, "index", None)
    times = index
    if time is not None and isinstance(X, pd.DataFrame) and time in X.columns:
        times = pd.Index(X[time])
    elif time is not None and isinstance(index, pd.Index) and time in index.names:
        times = index.get_level_values(time)
    elif time is not None:
        had = f"columns {list(X.columns)}" if isinstance(X, pd.DataFrame) else type(X).__name__
        raise ValueError(f"time={time!r} is no column and no index level of X, which has {had}.")
    # The numbers that pandas gives to rows tell of no time.
    if (
        not isinstance(times, pd.Index)
        or not is_time_index(times)
        or isinstance(times, pd.RangeIndex)
    ):
        got = type(times if isinstance(times, pd.Index) else X).__name__
        raise ValueError(
            f"GroupTimeSeriesSplit needs to know when each row of X was, by dates, periods or "
            f"numbers in the index, got {got}. Give a DataFrame, and name the column or the index "
            f"level of the times: GroupTimeSeriesSplit(time='date'). {see('many series')}"
        )
    return times
