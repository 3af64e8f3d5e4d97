"""The recommended pipeline in one call, and what lets any estimator be its last step."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    RegressorMixin,
    clone,
    is_classifier,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils import check_array, check_consistent_length, get_tags
from sklearn.utils.metaestimators import available_if

from skforecast_lstm._containers import as_rows
from skforecast_lstm._inspect import fitted_windows
from skforecast_lstm._known import warn_if_coming_is_lost
from skforecast_lstm._labels import Labels, label_array, log_of
from skforecast_lstm._pages import see
from skforecast_lstm._scoring import accuracy_of_known, r2_of_known
from skforecast_lstm._tables import text_columns_named
from skforecast_lstm._targets import text_is_named
from skforecast_lstm._validation import (
    FLOATS,
    HasMethods,
    Tags,
    check_integer,
    check_is_fitted,
    check_sample_weight,
    complete_rows,
    fit_context,
    validate_data,
)
from skforecast_lstm._windows import are_needed, fill_unneeded
from skforecast_lstm.windows import WindowTransformer

__all__ = [
    "CompleteRowsClassifier",
    "CompleteRowsRegressor",
    "TablePipeline",
    "make_lstm_pipeline",
]

# Infinity is left to the inner estimator, which looks for it in the rows that it gets.
_CHECKS = {"dtype": FLOATS, "ensure_all_finite": False}
_CHECKS_OF_Y = {**_CHECKS, "ensure_2d": False}
_SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler}


def make_lstm_pipeline(
    estimator: Any = None,
    *,
    n_steps_in: int,
    n_steps_out: int | None = None,
    season_length: int | None = None,
    scaler: Any = "standard",
    group: Any = None,
    missing: str = "error",
    lead: int = 1,
) -> TablePipeline:
    """Make the recommended pipeline: scale the features, cut the windows, train a network.

    The steps are always called ``"scale"``, ``"window"`` and ``"lstm"``, whatever they are, so that
    ``window__n_steps_in`` and ``lstm__units`` can be searched.

    Parameters
    ----------
    estimator : regressor or classifier, default=None
        The last step. None: an :class:`LSTMRegressor` whose settings forecast better than a plain
        LSTM, see Notes. An estimator that takes no 3-D windows, such as those of scikit-learn,
        gets a flat table of lags. For this it is put inside :class:`CompleteRowsRegressor` or
        :class:`CompleteRowsClassifier`.
    n_steps_in : int
        Length of the window (look-back) in rows, which are time steps. Begin with two seasons.
    n_steps_out : int, default=None
        The horizon, as in :func:`make_supervised`. None: ``fit`` reads it from ``y``, see
        :class:`WindowTransformer`.
    season_length : int, default=None
        Rows per season, for the default regressor: 12 for months of a year, 1 for no season; at
        most `n_steps_in`. None: ``fit`` looks for it. If you know it, give it: ``fit`` may find
        another one.
    scaler : {"standard", "minmax"}, transformer or None, default="standard"
        How features are scaled. None: not at all.
    group : column name or position, or name of an index level, default=None
        The column that tells several series in one table apart, as in :func:`make_supervised`.
        Windows stay within a series. The default regressor normalises each window, so all series
        share one scaler. For any other regressor each series has a scaler of its own
        (:class:`GroupScaler`), which removes its level. Put
        :class:`GroupTransformedTargetRegressor` around the pipeline to bring the level back. If
        you give a position, count among the features: :func:`make_supervised` puts it last.
    missing : {"error", "drop", "mask"}, default="error"
        What to do with NaN in the features; see :class:`WindowTransformer`.
    lead : int, default=1
        Rows from the forecast origin to the first target, as in :func:`make_supervised`.

    Returns
    -------
    pipeline : TablePipeline
        The pipeline, not fitted. Whatever the scaler, its window step gets the dates of a
        DataFrame.

    Raises
    ------
    ValueError
        If `scaler` is no transformer and no name of one, a number of steps is none, or
        `season_length` is given with an estimator.

    See Also
    --------
    make_supervised : Frames a table into the ``X`` and ``y`` that this pipeline is fitted to.

    Notes
    -----
    The settings of the default regressor were chosen by their forecasts of 26 real series
    (``benchmarks/README.md``).

    * It learns how far the target is from its value one season before
      (``window_norm="seasonal"``).
    * It begins at ridge regressions (``linear_skip="ridge"``), beside exponential smoothing
      (``smoothing=True``).
    * It minimises the absolute error (``loss="mae"``) with a falling learning rate
      (``learning_rate_schedule="cosine"``), and averages three networks (``n_members=3``).
    * A trial on the last fifth of the training rows finds how long to train (``epochs="auto"``). If
      the network does not lower the error of the regressions there, they forecast alone
      (``network_gain_`` is 0).
    * Each of many series counts alike (``series_weight="balanced"``), and single outliers are
      repaired (``outliers="repair"``).

    It needs the history of the targets among the features. Otherwise set
    ``lstm__window_norm=None`` and ``lstm__series_weight=None``; for a nowcast (``lead=0``) they are
    None already. You can set and search every parameter: ``pipeline.set_params(lstm__epochs=200)``.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from skforecast_lstm import make_supervised
    >>> from skforecast_lstm.datasets import load_air_passengers
    >>> from skforecast_lstm.pipelines import make_lstm_pipeline
    >>> X, y = make_supervised(load_air_passengers(), n_steps_out=3)
    >>> model = make_lstm_pipeline(n_steps_in=24, n_steps_out=3, season_length=12)
    >>> list(model.named_steps), model["lstm"].window_norm
    (['scale', 'window', 'lstm'], 'seasonal')
    >>> model.set_params(lstm__random_state=0).fit(X, y).predict(X).shape
    (141, 3)

    Any other regressor, here for the three months after the last row:

    >>> model = make_lstm_pipeline(Ridge(), n_steps_in=12, n_steps_out=3).fit(X, y)
    >>> model.predict(load_air_passengers().to_frame())[-1].round()
    array([453., 434., 455.])
    """
    lead = check_integer(lead, "lead", 0)
    if n_steps_out is not None:
        n_steps_out = check_integer(n_steps_out, "n_steps_out", 1)
    if estimator is not None and (isinstance(estimator, type) or not hasattr(estimator, "fit")):
        raise TypeError(
            f"estimator must be a regressor or classifier, such as LSTMRegressor(50) or Ridge(), "
            f"or None for the recommended one, got {estimator!r}. {see('start')}"
        )
    is_default = estimator is None
    if is_default:
        estimator = _recommended_regressor(season_length, lead)
    elif season_length is not None:
        name, has_one = type(estimator).__name__, hasattr(estimator, "season_length")
        otherwise = f"give it to {name} itself" if has_one else f"leave it out, as {name} has none"
        raise ValueError(
            f"season_length={season_length} is for the default regressor: {otherwise}, or leave "
            f"estimator=None. {see('accuracy')}"
        )
    takes_windows = get_tags(estimator).input_tags.three_d_array
    window = WindowTransformer(
        n_steps_in,
        n_steps_out=n_steps_out,
        lead=lead,
        flatten=not takes_windows,
        missing=missing,
        group=group,
    )
    scale = _make_scaler(scaler, group, pooled=is_default)
    last = estimator
    if not takes_windows:
        is_labels = is_classifier(estimator)
        last = (CompleteRowsClassifier if is_labels else CompleteRowsRegressor)(estimator)
    return TablePipeline([("scale", scale), ("window", window), ("lstm", last)])


def _recommended_regressor(season_length: int | None, lead: int) -> Any:
    from skforecast_lstm.regressors import LSTMRegressor  # not before TensorFlow is needed

    return LSTMRegressor(
        window_norm="seasonal" if lead else None,  # a nowcast sees no history of its target
        season_length=season_length,
        linear_skip="ridge",
        smoothing=True,
        n_members=3,
        loss="mae",
        learning_rate="auto",
        learning_rate_schedule="cosine",
        epochs="auto",
        batch_size="auto",
        series_weight="balanced" if lead else None,
        outliers="repair",
    )


def _make_scaler(scaler: Any, group: Any, *, pooled: bool) -> Any:
    """The first step of the pipeline."""
    if scaler is None:
        return "passthrough"
    if isinstance(scaler, str) and scaler in _SCALERS:
        scaler = _SCALERS[scaler]()
    if not hasattr(scaler, "transform"):
        raise ValueError(
            f"scaler must be 'standard', 'minmax', a transformer or None, got {scaler!r}."
        )
    if group is None:
        return scaler
    from skforecast_lstm.groups import GroupScaler

    return GroupScaler(scaler, group=group, pooled=pooled)


def _inner_has(name: str) -> Callable[[Any], bool]:
    def check(owner: Any) -> bool:
        getattr(getattr(owner, "estimator_", owner.estimator), name)  # says why there is none
        return True

    return check


def _pipeline_has(name: str) -> Callable[[TablePipeline], bool]:
    def check(pipeline: TablePipeline) -> bool:
        getattr(super(TablePipeline, pipeline), name)  # says itself why there is none
        return True

    return check


@contextlib.contextmanager
def _tables_kept(X: Any) -> Iterator[Any]:
    """The rows of a table of any library; transformers hand on DataFrames, if it is one."""
    rows = as_rows(X)
    is_table = isinstance(rows, pd.DataFrame)
    with config_context(transform_output="pandas") if is_table else contextlib.nullcontext():
        yield rows


class TablePipeline(Pipeline):
    """A pipeline of scikit-learn in which no step drops the dates of a table.

    If you give it a DataFrame, its transformers return DataFrames, as after
    ``set_output(transform="pandas")``. This includes transformers that a search sets. So
    :class:`WindowTransformer` gets the dates, and finds the history of each row by them. Arrays
    stay arrays.

    Parameters
    ----------
    steps : list of (str, estimator)
        The steps, as of scikit-learn's ``Pipeline``.
    transform_input : list of str, default=None
        As of ``Pipeline``.
    memory : str or joblib.Memory, default=None
        As of ``Pipeline``.
    verbose : bool, default=False
        As of ``Pipeline``.

    See Also
    --------
    make_lstm_pipeline : Makes one of the recommended steps.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skforecast_lstm import TablePipeline, WindowTransformer
    >>> from skforecast_lstm.datasets import load_air_passengers
    >>> df = load_air_passengers().to_frame()
    >>> model = TablePipeline([("scale", StandardScaler()), ("window", WindowTransformer(3))])
    >>> windows = model.fit(df).transform(df[50:60])  # a piece of the table, with its history
    >>> windows[0].round(1).ravel()
    array([-0.7, -0.7, -0.4])
    """

    def fit(self, X: Any, y: Any = None, **params: Any) -> TablePipeline:
        """Fit one step after the other, as ``Pipeline`` does.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            The table.
        y : array-like, default=None
            The targets.
        **params : dict
            As of ``Pipeline``.

        Returns
        -------
        self : TablePipeline
            The fitted pipeline.
        """
        with _tables_kept(X) as X, text_columns_named(X):
            super().fit(X, y, **params)
            warn_if_coming_is_lost(X, fitted_windows(self))
        return self

    @available_if(_pipeline_has("fit_transform"))
    def fit_transform(self, X: Any, y: Any = None, **params: Any) -> Any:
        """Fit, and return what the last step makes of `X`.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            The table.
        y : array-like, default=None
            The targets.
        **params : dict
            As of ``Pipeline``.

        Returns
        -------
        Xt : array-like
            The transformed rows.
        """
        with _tables_kept(X) as X:
            return super().fit_transform(X, y, **params)

    @available_if(_pipeline_has("transform"))
    def transform(self, X: Any, **params: Any) -> Any:
        """Transform rows by one step after the other.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            The rows.
        **params : dict
            As of ``Pipeline``.

        Returns
        -------
        Xt : array-like
            The transformed rows.
        """
        with _tables_kept(X) as X:
            return super().transform(X, **params)

    @available_if(_pipeline_has("predict"))
    def predict(self, X: Any, **params: Any) -> np.ndarray:
        """Predict with the last step from what the others make of `X`.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            The rows.
        **params : dict
            As of ``Pipeline``.

        Returns
        -------
        y : ndarray
            The predictions.
        """
        with _tables_kept(X) as X:
            return super().predict(X, **params)

    @available_if(_pipeline_has("predict_proba"))
    def predict_proba(self, X: Any, **params: Any) -> Any:
        """Predict probabilities with the last step from what the others make of `X`.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            The rows.
        **params : dict
            As of ``Pipeline``.

        Returns
        -------
        proba : ndarray or list of ndarray
            The probabilities, as the last step gives them.
        """
        with _tables_kept(X) as X:
            return super().predict_proba(X, **params)

    @available_if(_pipeline_has("predict_log_proba"))
    def predict_log_proba(self, X: Any, **params: Any) -> Any:
        """Predict logarithms of probabilities with the last step.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            The rows.
        **params : dict
            As of ``Pipeline``.

        Returns
        -------
        log_proba : ndarray or list of ndarray
            In the layout of ``predict_proba``.
        """
        with _tables_kept(X) as X:
            return super().predict_log_proba(X, **params)

    @available_if(_pipeline_has("decision_function"))
    def decision_function(self, X: Any, **params: Any) -> np.ndarray:
        """Decision function of the last step for what the others make of `X`.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            The rows.
        **params : dict
            As of ``Pipeline``.

        Returns
        -------
        decisions : ndarray
            The decision function.
        """
        with _tables_kept(X) as X:
            return super().decision_function(X, **params)

    @available_if(_pipeline_has("score"))
    def score(self, X: Any, y: Any = None, sample_weight: Any = None, **params: Any) -> float:
        """Score the predictions as the last step does.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            The rows.
        y : array-like, default=None
            The truth.
        sample_weight : array-like of shape (n_rows,), default=None
            Weights of the rows.
        **params : dict
            As of ``Pipeline``.

        Returns
        -------
        score : float
            The score of the last step.
        """
        with _tables_kept(X) as X:
            return super().score(X, y, sample_weight=sample_weight, **params)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False  # whatever the steps take: a table is dense
        return tags


class _CompleteRows:
    """Keep rows with missing values from an estimator that takes none."""

    _parameter_constraints: dict = {"estimator": [HasMethods(["fit", "predict"])]}

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Fit the estimator to the rows that miss nothing.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features; rows with NaN are left out.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets; rows where one is missing are left out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, for an estimator that takes them.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError
            If every row misses something.
        """
        X, y = self._check_both(as_rows(X), as_rows(y))
        check_consistent_length(X, y)
        lacks_y = np.asarray(np.any(pd.isna(y.reshape(len(y), -1)), axis=1))
        is_complete = complete_rows(np.isnan(X).any(axis=1), lacks_y, names=("X", "y"))
        weights = {}
        if sample_weight is not None:
            weights["sample_weight"] = check_sample_weight(sample_weight, X)[is_complete]
        self._y_shape = y.shape[1:]
        learned = self._learned(y, is_complete)
        try:
            self.estimator_ = clone(self.estimator).fit(X[is_complete], learned, **weights)
        except ValueError as error:
            if y.ndim == 1 or get_tags(self.estimator).target_tags.multi_output:
                raise
            name, kind = type(self.estimator).__name__, type(self).__name__[len("CompleteRows") :]
            raise ValueError(
                f"{name} takes one target for each row, got y of shape {y.shape} ({error}). Wrap "
                f"it as MultiOutput{kind}({name}(...)), which fits one for each column."
                f" {see('horizon')}"
            ) from error
        return self

    def _check_both(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        """Features and targets, in which NaN may mark what is missing."""
        raise NotImplementedError

    def _learned(self, y: np.ndarray, is_complete: np.ndarray) -> np.ndarray:
        """The targets of these rows, as the estimator takes them."""
        raise NotImplementedError

    def _check_rows(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Features, and which rows are to be predicted, and miss none of them."""
        check_is_fitted(self)
        X = validate_data(self, as_rows(X), reset=False, **_CHECKS)
        return X, ~np.isnan(X).any(axis=1) & are_needed(len(X))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        inner = get_tags(self.estimator)
        tags.target_tags = inner.target_tags
        tags.regressor_tags, tags.classifier_tags = inner.regressor_tags, inner.classifier_tags
        tags.input_tags.allow_nan = True
        return tags


class CompleteRowsRegressor(_CompleteRows, RegressorMixin, MetaEstimatorMixin, BaseEstimator):
    """Keep rows with missing values from a regressor that takes none.

    The first windows of a table begin before its first row. ``WindowTransformer(purge=True)`` marks
    the last windows of the training rows, whose targets lie in later rows. Both contain NaN. This
    class leaves such rows out of ``fit``, and predicts NaN for them, so that every row keeps its
    place. The regressors of this package do so by themselves.

    Parameters
    ----------
    estimator : regressor
        The regressor; it is cloned, not changed.

    Attributes
    ----------
    estimator_ : regressor
        The regressor, fitted to the complete rows.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names, where ``fit`` was given a DataFrame whose names are all strings.

    See Also
    --------
    make_lstm_pipeline : Puts it around regressors that take no 3-D windows.
    CompleteRowsClassifier : The same for labels.

    Notes
    -----
    Rows that are handed on are copied to contiguous memory, since linear algebra is several times
    slower on the overlapping rows that ``WindowTransformer(flatten=True)`` returns.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from skforecast_lstm.pipelines import CompleteRowsRegressor
    >>> X, y = np.array([[np.nan], [1], [2], [3]]), np.array([5, 10, 20, np.nan])
    >>> CompleteRowsRegressor(LinearRegression()).fit(X, y).predict(X)
    array([nan, 10., 20., 30.])
    """

    def _check_both(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        with text_is_named(y, self):
            return validate_data(self, X, y, validate_separately=(_CHECKS, _CHECKS_OF_Y))

    def _learned(self, y: np.ndarray, is_complete: np.ndarray) -> np.ndarray:
        self._y_dtype = y.dtype
        return y[is_complete]

    def predict(self, X: Any) -> np.ndarray:
        """Predict the targets of every row that misses nothing.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The predictions; NaN for rows with NaN in `X`.
        """
        X, is_known = self._check_rows(X)
        y = np.full((len(X), *self._y_shape), np.nan, dtype=self._y_dtype)
        if is_known.any():
            y[is_known] = self.estimator_.predict(X[is_known]).reshape(-1, *self._y_shape)
        return fill_unneeded(y)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Coefficient of determination of the predictions, over the rows that miss nothing.

        Rows with NaN in `X`, such as the first windows of a table, are left out, and so are rows
        with NaN in `y`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The truth.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        score : float
            R², at most 1; the mean over outputs.

        Raises
        ------
        ValueError
            If every row misses something.
        """
        y = check_array(as_rows(y), input_name="y", **_CHECKS_OF_Y)
        return r2_of_known(y, self.predict(X), sample_weight)


class CompleteRowsClassifier(_CompleteRows, ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Keep rows with missing values from a classifier that takes none.

    It leaves rows with missing features or labels out of ``fit``, and predicts NaN for rows with
    missing features. :class:`CompleteRowsRegressor` does the same for numbers.

    Parameters
    ----------
    estimator : classifier
        The classifier; it is cloned, not changed.

    Attributes
    ----------
    estimator_ : classifier
        The classifier, fitted to the complete rows. If some columns of `y` are text and some are
        numbers, it is fitted to the positions of the labels in ``classes_``.
    classes_ : ndarray of shape (n_classes,) or list of these
        The labels; of a 2-D `y`, those of each column.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names, where ``fit`` was given a DataFrame whose names are all strings.

    See Also
    --------
    make_lstm_pipeline : Puts it around classifiers that take no 3-D windows.
    CompleteRowsRegressor : The same for numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skforecast_lstm.pipelines import CompleteRowsClassifier
    >>> X, y = np.array([[np.nan], [1], [2], [3]]), np.array(["low", "low", "high", None])
    >>> model = CompleteRowsClassifier(LogisticRegression()).fit(X, y)
    >>> model.predict(X)
    array([nan, 'low', 'high', 'high'], dtype=object)
    >>> model.predict_proba(X).round(1)
    array([[nan, nan],
           [0.4, 0.6],
           [0.6, 0.4],
           [0.7, 0.3]])
    """

    def _check_both(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        return validate_data(self, X, **_CHECKS), label_array(y, self)

    def _learned(self, y: np.ndarray, is_complete: np.ndarray) -> np.ndarray:
        """Labels as scikit-learn takes them; their numbers where text stands beside numbers."""
        self._labels = Labels.of(y, int(np.prod(y.shape[1:])))
        are_counted = {classes.dtype.kind in "biuf" for classes in self._labels.classes}
        self._is_numbered = len(are_counted) > 1
        numbers = self._labels.numbers(y[is_complete])
        return numbers.astype(int) if self._is_numbered else self._labels.labels(numbers)

    @property
    def classes_(self) -> np.ndarray | list[np.ndarray]:
        """The labels."""
        check_is_fitted(self, "estimator_")
        own, found = self._labels.classes, self.estimator_.classes_
        if not self._y_shape:
            return found
        if not isinstance(found, (list, tuple)):  # it names the columns, if there are several
            return own if len(own) > 1 else [found]
        numbers = [
            part if self._is_numbered else Labels([classes]).numbers(np.asarray(part))
            for part, classes in zip(found, own, strict=True)
        ]
        return [c[np.asarray(n, dtype=int)] for c, n in zip(own, numbers, strict=True)]

    def predict(self, X: Any) -> np.ndarray:
        """Predict the labels of every row that misses nothing.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The labels; NaN for rows with NaN in `X`. With such rows, labels that are numbers or
            booleans are floats, and others objects.
        """
        X, is_known = self._check_rows(X)
        numbers = np.full((len(X), *self._y_shape), np.nan)
        if is_known.any():
            found = np.asarray(self.estimator_.predict(X[is_known])).reshape(-1, *self._y_shape)
            numbers[is_known] = found if self._is_numbered else self._labels.numbers(found)
        return self._labels.labels(fill_unneeded(numbers))

    @available_if(_inner_has("predict_proba"))
    def predict_proba(self, X: Any) -> np.ndarray | list[np.ndarray]:
        """Predict the probabilities of the labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes), or list of these
            NaN for rows with NaN in `X`. For a 2-D `y`, as the classifier gives them: a list with
            those of each column, or an array with the probabilities of the second class of each.
        """
        found = self._said_of("predict_proba", X)
        is_single = self._y_shape == (1,) and not isinstance(found, list)
        return [found] if is_single else found  # type: ignore[list-item]

    @available_if(_inner_has("predict_proba"))
    def predict_log_proba(self, X: Any) -> np.ndarray | list[np.ndarray]:
        """Predict the logarithms of the probabilities of the labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes), or list of these
            In the layout of ``predict_proba``.
        """
        return log_of(self.predict_proba(X))

    @available_if(_inner_has("decision_function"))
    def decision_function(self, X: Any) -> np.ndarray:
        """Decision function of the classifier.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features.

        Returns
        -------
        decisions : ndarray of shape (n_samples,) or (n_samples, n_classes)
            NaN for rows with NaN in `X`.
        """
        return self._said_of("decision_function", X)  # type: ignore[return-value]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of the rows whose labels are all right, of those that miss nothing.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features; rows with NaN are left out.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The true labels; rows where one is missing are left out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        score : float
            The accuracy.

        Raises
        ------
        ValueError
            If every row misses something.
        """
        return accuracy_of_known(label_array(y, self), self.predict(X), sample_weight)

    def _said_of(self, method: str, X: Any) -> np.ndarray | list[np.ndarray]:
        """What the classifier says of the rows; NaN where they miss something."""
        X, is_known = self._check_rows(X)
        # Of no row it says nothing: one of zeros tells the layout.
        rows = X[is_known] if is_known.any() else np.zeros_like(X[:1])
        found = getattr(self.estimator_, method)(rows)
        if not isinstance(found, (list, tuple)):
            return _spread(np.asarray(found), is_known)
        return [_spread(np.asarray(part), is_known) for part in found]


def _spread(values: np.ndarray, is_known: np.ndarray) -> np.ndarray:
    """Values of the rows that are known among all rows; NaN in the others."""
    spread = np.full((len(is_known), *values.shape[1:]), np.nan)
    if is_known.any():
        spread[is_known] = values
    return fill_unneeded(spread)
