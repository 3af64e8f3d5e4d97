"""Walk-forward evaluation: how good the forecasts of a model would have been, and beside what."""

from __future__ import annotations

import functools
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.model_selection import TimeSeriesSplit, check_cv
from sklearn.pipeline import make_pipeline
from sklearn.utils import check_consistent_length
from sklearn.utils.parallel import Parallel, delayed
from tqdm.auto import tqdm

from skforecast_lstm._bounds import Bounds
from skforecast_lstm._containers import as_pandas
from skforecast_lstm._dates import find_freq
from skforecast_lstm._folds import folds_in_time, warn_of_row_folds
from skforecast_lstm._inspect import check_order, count_context, find_windows
from skforecast_lstm._label_baselines import label_baselines
from skforecast_lstm._lines import Folds, Series, Targets, lines_of_folds
from skforecast_lstm._pages import see
from skforecast_lstm._readings import Reading, reading_of
from skforecast_lstm._scores import LabelScores, NumberScores, Scores
from skforecast_lstm._scoring import find_scorers
from skforecast_lstm._tables import warn_of_holes
from skforecast_lstm._targets import text_is_named
from skforecast_lstm._validation import check_integer, is_time_index, take_rows
from skforecast_lstm._windows import asking_for, saying_holes
from skforecast_lstm.baselines import DriftRegressor, NaiveRegressor, SeasonalNaiveRegressor
from skforecast_lstm.forecaster import Forecaster
from skforecast_lstm.framing import Frame
from skforecast_lstm.groups import GroupTimeSeriesSplit
from skforecast_lstm.windows import WindowTransformer

__all__ = ["BacktestResult", "NoSkillWarning", "backtest"]

# The repr shows the errors of so many steps, of a longer horizon spread over it.
_N_SHOWN_STEPS = 12
_NUMBER_BASELINES = ("naive", "seasonal_naive", "drift")
_LABEL_BASELINES = ("naive", "most_frequent", "seasonal_naive")
# Seconds that workers may cost above what they do, before that is said.
_START = 1.0


class NoSkillWarning(UserWarning):
    """The model is no better than its first baseline, see guide/accuracy."""


def backtest(
    estimator: Any,
    X: Any,
    y: Any = None,
    *,
    cv: Any = None,
    refit: bool | int = True,
    baselines: str | Sequence[str] | Mapping[str, Any] | None = "naive",
    lead: int | None = None,
    n_targets: int | None = None,
    season_length: int = 1,
    interval: float | None = None,
    scoring: Any = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> BacktestResult:
    """Evaluate a model by walk-forward validation: fit to the past, predict, move on.

    In each fold the model is fitted to the training rows and predicts from every test row. Every
    prediction is made from its true history, and from nothing later: the rows before the test rows
    complete the windows of these. Baselines are evaluated in the same way.

    Parameters
    ----------
    estimator : estimator
        A :class:`Forecaster`, or a regressor or classifier, or a pipeline or search over one. It is
        cloned, never changed. A classifier predicts labels, and probabilities if it has
        ``predict_proba``.
    X : DataFrame or array of shape (n_rows, n_features), or array of shape \
            (n_rows, n_steps_in, n_features)
        The features, rows in time order, as :func:`make_supervised` returns them. With a
        :class:`Forecaster` the table itself, in the form that its ``fit`` takes.
    y : Series, DataFrame or array, of shape (n_rows,), (n_rows, n_steps_out * n_targets) or \
            (n_rows, n_steps_out, n_targets), default=None
        The targets of each row, numbers or labels; 2-D in time-major order. None with a
        :class:`Forecaster`, which knows its targets.
    cv : int, splitter or iterable of (train, test), default=None
        The folds. Their test rows are consecutive and come after the training rows. They are rows
        of `X`; with a :class:`Forecaster`, rows of its table in time order, without the last rows,
        whose targets are not all known. An int: the number of folds; their training rows grow. The
        splitter is then ``TimeSeriesSplit``, or :class:`GroupTimeSeriesSplit` if a forecaster has a
        `group`. None: 5 folds. ``TimeSeriesSplit(max_train_size=...)`` makes the training rows a
        sliding window instead.
    refit : bool or int, default=True
        When to fit the model again. True: in every fold. An int k: in every k-th fold. False: in
        the first fold only. In the other folds the last fitted model predicts.
    baselines : str, list of str, dict of estimators, or None, default="naive"
        What to compare the model with. Skill is measured against the first baseline. For numbers:
        "naive" (the last value), "seasonal_naive" (the last value of the same season) and "drift"
        (the line from the first to the last value of the model's window). For labels: "naive",
        "most_frequent" and "seasonal_naive" (the frequencies of the season); see Notes. In a dict
        you give each a name of your own, and may give estimators, too, which are fitted as they
        are. The default is left out if the first columns of `X` are not the history of the
        targets. In a list, ``["naive"]``, this is an error.
    lead : int, default=None
        Rows from the forecast origin to the first target. None: read from the names of the columns
        of `y`, like ``"sales(t+1)"``, else 1.
    n_targets : int, default=None
        Targets per step of a 2-D `y`. None: read from the names of its columns, else 1.
    season_length : int, default=1
        Rows per season, for "seasonal_naive" and for the scale of the MASE.
    interval : float, default=None
        Coverage, in (0, 1), of prediction intervals to make and score as well. The estimator needs
        ``predict_interval``: take :class:`ConformalRegressor`, or a regressor of this package with
        ``loss="quantile"``. None: no intervals. Labels have none.
    scoring : str, callable, list or dict of them, default=None
        Further scores, as in ``cross_validate`` of scikit-learn: names of its scorers, or a dict of
        scorers by a name of your own. For labels, a score that a part of the rows does not allow is
        NaN, with a warning.
    n_jobs : int, default=None
        Fits that run in parallel; -1 uses all cores. None: one after the other, unless in a
        ``joblib.parallel_config`` context. Workers take seconds to start. A warning tells you if
        they cost more time than they saved.
    verbose : int, default=0
        1 shows a progress bar over the folds.

    Returns
    -------
    result : BacktestResult
        The predictions and scores of the model and the baselines.

    Raises
    ------
    ValueError
        If the test rows of a fold are not consecutive or do not follow its training rows. If `y`
        does not fit `lead`, `n_targets` or the estimator. If a baseline or interval that you ask
        for is not possible.

    Warns
    -----
    NoSkillWarning
        If the model does not beat the first baseline.

    See Also
    --------
    make_supervised : Frames a table into `X` and `y`.
    BacktestResult : What is returned.

    Notes
    -----
    The targets of the last training rows lie among the test rows. ``purge`` of
    :class:`WindowTransformer` leaves these rows out of training. If no window step does so and `cv`
    is a number, the folds have that gap. Give other splitters the gap yourself:
    ``TimeSeriesSplit(gap=n_steps_out - 1)``.

    The baselines of labels are counted in the training rows of each fold.

    * "most_frequent" predicts the most frequent label. Its probabilities are how often each label
      was there.
    * "seasonal_naive" does so for each phase of the season: rows of a series whose numbers have the
      same remainder by `season_length`.
    * "naive" predicts the last label, that of the row itself (with ``lead=0`` of the row before).
      Its probabilities are how often each label followed it so many steps later. If no label came
      before, it does as "most_frequent".

    Each count has one row more, which the labels share by their frequency in training; this
    frequency has one row more, too, which they share evenly. So no label of training has
    probability 0. A label that does not occur in training has probability 0, for the baselines and
    the model. Booleans, and 0 and 1, always count as if they occurred.

    The label of a row must be known at that row. For example, whether any of the next 6 hours
    exceeds a limit is known after 6 hours. Give this label to the last of these hours, and predict
    it with ``lead=6``. Otherwise training rows would know the test rows.

    References
    ----------
    Tashman (2000). Out-of-sample tests of forecasting accuracy: an analysis and review.
    International Journal of Forecasting 16(4), 437-450.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import TimeSeriesSplit
    >>> from sklearn.pipeline import make_pipeline
    >>> from skforecast_lstm import WindowTransformer, make_supervised
    >>> from skforecast_lstm.datasets import load_air_passengers
    >>> from skforecast_lstm.evaluation import backtest
    >>> X, y = make_supervised(load_air_passengers(), n_steps_out=3)
    >>> window = WindowTransformer(n_steps_in=13, padding="edge", flatten=True, purge=False)
    >>> result = backtest(
    ...     make_pipeline(window, Ridge()),
    ...     X,
    ...     y,
    ...     cv=TimeSeriesSplit(5, gap=2),
    ...     baselines=["naive", "seasonal_naive"],
    ...     season_length=12,
    ... )
    >>> result.scores().round(2).reset_index()
                model    mae   rmse  mase  skill
    0           model  14.95  18.48  0.66   0.66
    1           naive  43.61  58.78  1.74   0.00
    2  seasonal_naive  34.08  38.06  1.45   0.22
    >>> result.scores("step")["mae"].round(2).loc["model"]
    step
    1    11.98
    2    16.02
    3    16.85
    Name: mae, dtype: float64

    Will there be more passengers than a year before, by a tenth?

    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.preprocessing import StandardScaler
    >>> passengers = load_air_passengers()
    >>> grows = (passengers.pct_change(12) > 0.1).rename("grows")[12:]
    >>> table = passengers.pct_change(12).to_frame()[12:]
    >>> X, y = table[:-1], grows.shift(-1)[:-1].astype(bool)
    >>> window = WindowTransformer(n_steps_in=3, padding="edge", flatten=True)
    >>> model = make_pipeline(StandardScaler(), window, LogisticRegression())
    >>> result = backtest(model, X, y, baselines=["naive", "most_frequent"])
    >>> result.scores().round(2).reset_index().drop(columns="balanced_accuracy")
               model  log_loss  brier  accuracy  skill
    0          model      0.41   0.13      0.81   0.26
    1          naive      0.54   0.18      0.81   0.00
    2  most_frequent      0.68   0.24      0.67  -0.36
    """
    season_length = check_integer(season_length, "season_length", 1)
    scorers = find_scorers(scoring)
    if interval is not None and not 0 < interval < 1:
        raise ValueError(f"interval must be a coverage in (0, 1), got {interval}.")
    estimator, X, y, group, bounds, is_said = _framed(estimator, X, y)
    estimator = clone(estimator)
    with text_is_named(y, estimator):
        targets = Targets.of(y, lead, n_targets, are_labels=is_classifier(estimator))
    reading = reading_of(targets, interval)
    check_order(estimator)
    windows = _set_horizon(estimator, targets)
    groups = [group, *(window.group for window in windows)]
    series = Series.of(X, next((name for name in groups if name is not None), None))
    if group is not None:
        warn_of_row_folds(cv, series.index, group, stacklevel=2)
    gap = 0 if any(window.purge for window in windows) else targets.rows_ahead - 1
    folds = _split(cv, X, y, gap=gap, is_panel=group is not None)
    lines = lines_of_folds(targets, series, folds)
    evaluate = functools.partial(_evaluate, y=y, folds=folds, refit=refit, bounds=bounds)
    beside = reading_of(targets)
    candidates = _baselines(baselines, X, targets, series, windows, season_length)
    if not is_said and (windows or candidates):
        is_said = _warn_of_holes(X, series, max(train.max() for train, _ in folds) + 1)
    forecasts, seconds, no_baseline = {}, {}, ""
    for name, (baseline, table) in candidates.items():  # first, as they are quick to fail
        try:
            given = n_jobs if isinstance(baselines, Mapping) else None  # the others take no time
            prediction, seconds[name] = evaluate(
                baseline, table, n_jobs=given, reading=beside, holes_are_said=is_said
            )
            forecasts[name] = lines.assign(**prediction)
        except ValueError as error:
            if not (isinstance(baselines, str) and baselines == "naive"):
                raise
            no_baseline = str(error)
    is_said &= folds_in_time(estimator)  # else a search inside makes holes of its own
    prediction, seconds["model"] = evaluate(
        estimator, X, n_jobs=n_jobs, reading=reading, verbose=verbose, holes_are_said=is_said
    )
    result = BacktestResult(
        predictions=lines.assign(**prediction),
        baselines=forecasts,
        fit_seconds=pd.DataFrame(seconds)[["model", *forecasts]].rename_axis("fold"),
        scales=None if targets.labels else _scales(targets, series, folds, season_length),
        no_baseline=no_baseline,
        interval=interval,
        scorers=scorers,
        classes=targets.classes,
    )
    _warn_without_skill(result)
    return result


@dataclass(repr=False)
class BacktestResult:
    """Predictions of a walk-forward evaluation, and the scores of the model and its baselines.

    Parameters
    ----------
    predictions : DataFrame
        A row per fold, origin, step and target, in this order. ``fold`` counts from 0. ``group`` is
        there if the windows have one. ``origin`` is the label of the row that the prediction was
        made from (its number, for arrays). ``step`` counts from 1. ``time`` is the label of the row
        that is predicted; it is missing beyond the last row if the index has no frequency. Then
        come ``target``, ``truth`` and ``prediction``, and with intervals ``lower`` and ``upper``.
        For a classifier with ``predict_proba`` there is a column ``"proba_<label>"`` for each
        label. It is 0 if the model has not seen the label in training, and NaN if the target has no
        such label.
    baselines : dict of DataFrame
        The same for each baseline, by its name.
    fit_seconds : DataFrame of shape (n_folds, 1 + n_baselines)
        Seconds that the fits took; NaN in folds where an earlier fit predicted.
    scales : Series or None
        By fold and target (and group), the mean absolute error of the seasonal naive forecast in
        the training rows: the unit of the MASE. None for labels.
    no_baseline : str, default=""
        Why there is no default baseline.
    interval : float, default=None
        Coverage that you asked the intervals for.
    scorers : dict of callable, default=None
        Scorers of scikit-learn, by name.
    classes : dict of ndarray, default=None
        The sorted labels of each target, by its name. None: targets are numbers.

    See Also
    --------
    backtest : Returns it.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyRegressor
    >>> from skforecast_lstm.evaluation import backtest
    >>> X, y = np.array([[0], [9], [0], [9], [0], [9]]), np.array([9, 0, 9, 0, 9, 0])
    >>> result = backtest(DummyRegressor(), X, y, cv=2)
    >>> result.predictions
       fold  origin  step  time target  truth  prediction
    0     0       2     1     3     y0    9.0         4.5
    1     0       3     1     4     y0    0.0         4.5
    2     1       4     1     5     y0    9.0         4.5
    3     1       5     1     6     y0    0.0         4.5
    >>> result.scores().reset_index()
       model  mae  rmse  mase  skill
    0  model  4.5   4.5   0.5    0.5
    1  naive  9.0   9.0   1.0    0.0
    """

    predictions: pd.DataFrame
    baselines: dict[str, pd.DataFrame]
    fit_seconds: pd.DataFrame
    scales: pd.Series | None
    no_baseline: str = ""
    interval: float | None = None
    scorers: dict[str, Callable[..., float]] | None = None
    classes: dict[Any, np.ndarray] | None = None

    def scores(self, by: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Score the model and each baseline.

        Parameters
        ----------
        by : str or list of str, default=None
            Columns of `predictions` to score by: "step", "fold", "target", "group", ... None: one
            score over all.

        Returns
        -------
        scores : DataFrame
            A row for "model" and for each baseline, split by `by`. For numbers the columns are mae,
            rmse, mase and skill. For labels they are log_loss, brier, balanced_accuracy, accuracy
            and skill.

            For numbers:

            * ``mae`` and ``rmse`` are in the units of the targets. If the units of several targets
              differ, use ``by="target"``.
            * ``mase`` is the mean of the absolute errors, each divided by the scale of its fold and
              target (and group), see `scales`. It leaves out errors whose scale is 0 or unknown,
              for example of a series that training has not seen.
            * ``skill`` is ``1 - mae / mae of the first baseline``.
            * With intervals, ``coverage`` is the share of truths inside. ``interval_score`` is the
              width with a penalty for truths outside; see
              :func:`~skforecast_lstm.metrics.interval_score`. ``pinball`` is the mean quantile loss
              of both ends.

            For labels:

            * ``log_loss`` is as in :mod:`sklearn.metrics`: the mean of minus the natural logarithm
              of the probability of the true label. The loss of a true label of probability 0 is 36.
            * ``brier`` is the mean squared error of the probabilities: of two labels that of one,
              of more their sum.
            * ``balanced_accuracy`` is the mean over labels of the share that was predicted right.
            * ``skill`` is the Brier skill score, ``1 - brier / brier of the first baseline``. If
              the model or this baseline has no probabilities, the share of wrong labels replaces
              ``brier``.

            The scores of `scoring` come last.

        Raises
        ------
        ValueError
            If a column of `by` is not known.

        Notes
        -----
        Model and baselines are scored on the same rows: those whose truth and predictions, also of
        all baselines, are known.

        References
        ----------
        Hyndman and Koehler (2006). Another look at measures of forecast accuracy. International
        Journal of Forecasting 22(4), 679-688.

        Brier (1950). Verification of forecasts expressed in terms of probability. Monthly Weather
        Review 78(1), 1-3.
        """
        by = [by] if isinstance(by, str) else list(by or [])
        kind = self._kind
        known = [name for name in self.predictions if not kind.is_value(name)]
        if not set(by) <= set(known):
            raise ValueError(f"by must be one or several of {known}, got {by}.")
        every = {"model": self.predictions, **self.baselines}
        is_scored = np.tile(self._is_scored(), len(every))
        return kind.table(pd.concat(every, names=["model"]), by, is_scored, self.scorers or {})

    @property
    def _kind(self) -> Scores:
        """How the lines are scored."""
        if self.classes is None:
            assert self.scales is not None
            return NumberScores(self.scales, self.interval)
        return LabelScores.of(self.classes, self.predictions, *[*self.baselines.values()][:1])

    @property
    def skill(self) -> float:
        """By how much the error of the model is below that of the first baseline, as a fraction.

        The error is the mean absolute error. For labels it is the Brier score, or the share of
        wrong labels if there are no probabilities.
        """
        return float(self.scores()["skill"]["model"])

    def to_frame(self) -> pd.DataFrame:
        """Return the scores over all, and the seconds that fitting took.

        Returns
        -------
        table : DataFrame with the columns of ``scores`` and fit_seconds
            A row for "model" and for each baseline.
        """
        return self.scores().assign(fit_seconds=self.fit_seconds.sum())

    def __repr__(self) -> str:
        lines, fits = self.predictions, self.fit_seconds["model"]
        n_steps, n_targets = lines["step"].nunique(), lines["target"].nunique()
        n_origins = len(lines) // (n_steps * n_targets)
        parts = [
            f"{type(self).__name__}: {_count(n_origins, 'origin')} in {_count(len(fits), 'fold')}, "
            f"{_count(n_steps, 'step')} of {_count(n_targets, 'target')}, "
            f"{_count(int(fits.count()), 'fit')} in {fits.sum():.1f} s",
            _to_text(self.scores()),
        ]
        if n_steps > 1:
            kind = self._kind
            loss = self.scores("step")[kind.column]
            by_step = pd.DataFrame({name: loss[name] for name in ("model", *self.baselines)}).T
            n_shown = min(n_steps, _N_SHOWN_STEPS)
            by_step = by_step.iloc[:, np.linspace(0, n_steps - 1, n_shown).round().astype(int)]
            parts.append(f"{kind.title} by step:\n{_to_text(by_step)}")
        n_left_out = len(lines) - int(self._is_scored().sum())
        if n_left_out:
            parts.append(
                f"Left out of the scores: {n_left_out} of {_count(len(lines), 'prediction')}, "
                f"where the truth or a forecast is missing."
            )
        if self.no_baseline:
            parts.append(f"No baseline: {self.no_baseline}")
        return "\n\n".join(parts)

    def _is_scored(self) -> pd.Series:
        """Tell of each line whether the truth and all predictions are known."""
        kind, known = self._kind, self.predictions["truth"].notna()
        for lines in (self.predictions, *self.baselines.values()):
            known &= kind.are_known(lines)
        return known


# --- what is predicted --------------------------------------------------------------------------


def _framed(estimator: Any, X: Any, y: Any) -> tuple[Any, Any, Any, Any, Bounds, bool]:
    """Estimator, X and y; of a forecaster, what tells series apart, and its bounds.

    Also whether holes in the dates have been warned of.
    """
    group, bounds, is_said = None, Bounds.none(), False
    if isinstance(estimator, Forecaster):
        estimator, X, y, group, bounds, is_said = estimator._framed(X, y)
    elif y is None:
        raise ValueError(
            "backtest needs y, as make_supervised gives it, unless the estimator is a Forecaster, "
            f"which takes the table itself. {see('backtesting')}"
        )
    X, y = as_pandas(X), as_pandas(y)
    check_consistent_length(X, y)
    X, y = (table if hasattr(table, "shape") else np.asarray(table) for table in (X, y))
    return estimator, X, y, group, bounds, is_said


def _warn_of_holes(X: Any, series: Series, n_rows: int) -> bool:
    """Say once that dates are missing in the first rows, which are fitted to; tell whether any."""
    if not isinstance(X, pd.DataFrame) or not is_time_index(X.index) or not len(X):
        return False
    # What make_supervised has put beside the columns of the table is none of them.
    own = [
        c for c in X if series.column is None or c == X.columns[series.column] or "(t" not in str(c)
    ]
    group = None if series.column is None else own.index(X.columns[series.column])
    frame = Frame(X[own].iloc[:n_rows], [], [], [], 1, 1, group)
    index = frame.table.index
    freq = find_freq(index if group is None else index.unique().sort_values())
    return freq is not None and warn_of_holes(frame, freq, X)


def _set_horizon(estimator: Any, targets: Targets) -> list[WindowTransformer]:
    """Set the horizon and the lead of the window steps of an estimator, and return them."""
    # Around a pipeline some regressors hand on one column of y after the other, without its name.
    windows = find_windows(estimator)
    known = {"n_steps_out": targets.truth.shape[1], "lead": targets.lead}
    unknown = [name for name, window in windows.items() if window.n_steps_out is None]
    estimator.set_params(**{f"{name}__{key}": known[key] for name in unknown for key in known})
    return list(windows.values())


# --- fit and predict, fold by fold ---------------------------------------------------------------


def _split(cv: Any, X: Any, y: Any, *, gap: int, is_panel: bool) -> Folds:
    """The folds, whose test rows must be consecutive and come after the training rows."""
    if cv is None or isinstance(cv, Integral):
        kind = GroupTimeSeriesSplit if is_panel else TimeSeriesSplit
        cv = kind(5 if cv is None else int(cv), gap=gap)
    folds = [(np.asarray(train), np.asarray(test)) for train, test in check_cv(cv).split(X, y)]
    for fold, (train, test) in enumerate(folds):
        if max(train.max(), test.max()) >= len(X):
            raise ValueError(
                f"cv must give rows of X, which has {len(X)}, but fold {fold} has row "
                f"{max(train.max(), test.max())}. The last rows of a table, whose targets are not "
                f"all known, are no rows of X."
            )
        if (np.diff(test) != 1).any() or train.max() >= test[0]:
            raise ValueError(
                f"cv must give consecutive test rows that come after the training rows, as "
                f"TimeSeriesSplit does. In fold {fold} of {cv} the test rows are {test[0]} to "
                f"{test[-1]} ({len(test)} rows) and the training rows {train.min()} to "
                f"{train.max()}. {see('backtesting')}"
            )
    return folds


def _evaluate(
    estimator: Any,
    X: Any,
    *,
    y: Any,
    folds: Folds,
    refit: bool | int,
    bounds: Bounds,
    holes_are_said: bool,
    reading: Reading,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> tuple[dict[str, np.ndarray], list[float]]:
    """Fit and predict fold by fold: the columns that are predicted, and the seconds of each fit."""
    is_flag = isinstance(refit, (bool, np.bool_))
    every = (1 if refit else len(folds)) if is_flag else check_integer(refit, "refit", 1)
    parts = [folds[first : first + every] for first in range(0, len(folds), every)]
    start, worked = time.perf_counter(), 0.0
    runs = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(_fit_and_predict)(estimator, X, y, part, reading, holes_are_said) for part in parts
    )
    predictions, seconds = [], []
    with tqdm(total=len(folds), desc="backtest", unit="fold", disable=not verbose) as bar:
        for part, (found, duration, whole) in zip(parts, runs, strict=True):
            worked += whole
            by_target = found.reshape(len(found), -1, len(bounds.lower), found.shape[-1])
            predictions.append(bounds.clip(by_target))
            seconds += [duration, *[np.nan] * (len(part) - 1)]
            bar.update(len(part))
    took = time.perf_counter() - start
    if n_jobs not in (None, 1) and took > worked + _START:
        warnings.warn(
            f"n_jobs={n_jobs} did not pay: it took {took:.1f} s, and the {len(parts)} fits and "
            f"their predictions only {worked:.1f} s, because workers have to start and import "
            f"TensorFlow. Set n_jobs=None for so few or so short fits. The next call uses the same "
            f"workers again. {see('speed')}",
            UserWarning,
            stacklevel=3,
        )
    values = np.concatenate(predictions).reshape(-1, predictions[0].shape[-1])
    return reading.columns(values), seconds


def _fit_and_predict(
    estimator: Any, X: Any, y: Any, folds: Folds, reading: Reading, holes_are_said: bool
) -> tuple[np.ndarray, float, float]:
    """Fit to the first fold, and predict all: (n_rows, n_steps_out, n_targets, n_values).

    Beside it, the seconds of the fit, and those of both.
    """
    start = time.perf_counter()
    with saying_holes(is_said=holes_are_said):
        model = clone(estimator).fit(*(take_rows(table, folds[0][0]) for table in (X, y)))
    duration = time.perf_counter() - start
    values = np.concatenate([_predict(model, X, y, test, reading) for _, test in folds])
    return values, duration, time.perf_counter() - start


def _predict(model: Any, X: Any, y: Any, test: np.ndarray, reading: Reading) -> np.ndarray:
    """Predict test rows from their history: values of shape (n_rows, n_columns, n_values)."""
    first = max(0, test[0] - count_context(model, test[0]))
    rows, n_columns = take_rows(X, np.arange(first, test[-1] + 1)), y.size // len(y)
    with asking_for(slice(-len(test), None), n_rows=len(rows)):
        return reading.values(model, rows, len(test), n_columns)


# --- what it is compared with -------------------------------------------------------------------


def _baselines(
    baselines: Any,
    X: Any,
    targets: Targets,
    series: Series,
    windows: list[WindowTransformer],
    season_length: int,
) -> dict[str, tuple[Any, Any]]:
    """The estimators that `baselines` names, each with its features."""
    if isinstance(baselines, Mapping):
        if "model" in baselines:
            raise ValueError(
                "baselines cannot contain 'model', which is the name of the estimator."
            )
        named = [value for value in baselines.values() if isinstance(value, str)]
        made = _baselines(named, X, targets, series, windows, season_length)
        return {
            name: made[value] if isinstance(value, str) else (value, X)
            for name, value in baselines.items()
        }
    names = [baselines] if isinstance(baselines, str) else list(baselines or [])
    known = _LABEL_BASELINES if targets.labels else _NUMBER_BASELINES
    if not set(names) <= set(known):
        drift = "Labels have no line that could be drawn on. " if "drift" in names else ""
        raise ValueError(
            f"baselines must be among {list(known)}, or a dict of estimators, got {baselines!r}. "
            f"{drift}".rstrip()
        )
    if "seasonal_naive" in names and season_length == 1:
        raise ValueError(
            "baselines='seasonal_naive' needs to know how many rows make a season: give "
            f"season_length=12 for months, 24 for hours; got season_length=1. {see('backtesting')}"
        )
    if targets.labels:
        return label_baselines(names, targets, series, season_length)
    return _number_baselines(names, X, targets, series, windows, season_length)


def _number_baselines(
    names: Sequence[str],
    X: Any,
    targets: Targets,
    series: Series,
    windows: list[WindowTransformer],
    season_length: int,
) -> dict[str, tuple[Any, Any]]:
    """Baselines of these names, each with the targets' own history."""
    n_targets = len(targets.names)
    options: dict[str, Any] = {"n_targets": n_targets, "lead": targets.lead}
    known = {
        "naive": (1, NaiveRegressor(**options)),
        "seasonal_naive": (season_length, SeasonalNaiveRegressor(season_length, **options)),
        "drift": (max((w.n_steps_in for w in windows), default=10), DriftRegressor(**options)),
    }
    if len(np.shape(X)) == 3:  # windows already
        return {name: (known[name][1], X) for name in names}
    # Other features, which may be texts or hold NaN, are none of their business.
    columns = [column for column in range(X.shape[1]) if column != series.column][:n_targets]
    group = series.group
    if series.column is not None:
        columns, group = [*columns, series.column], -1
    own = X.iloc[:, columns] if hasattr(X, "iloc") else X[:, columns]
    estimators = {}
    for name in names:
        n_steps_in, regressor = known[name]
        # More steps than the lead let the regressor find the later row of a series among others.
        window = WindowTransformer(
            max(targets.lead + 1, n_steps_in), purge=False, missing="drop", group=group
        )
        estimators[name] = make_pipeline(window, regressor), own
    return estimators


def _scales(targets: Targets, series: Series, folds: Folds, season_length: int) -> pd.Series:
    """In-sample error of the seasonal naive forecast, by fold and target (and group)."""
    values = pd.DataFrame(targets.truth[:, 0])
    labels = np.zeros(len(values)) if series.labels is None else series.labels
    errors = {}
    for fold, (train, _) in enumerate(folds):
        changes = values.iloc[train].groupby(labels[train]).diff(season_length).abs()
        errors[fold] = changes.groupby(labels[train]).mean()
    table = pd.concat(errors, names=["fold", "group"]).set_axis(targets.names, axis=1)
    table = table.melt(var_name="target", value_name="scale", ignore_index=False)
    scales = table.set_index("target", append=True)["scale"].replace(0, np.nan)
    return scales.droplevel("group") if series.labels is None else scales


def _warn_without_skill(result: BacktestResult) -> None:
    if not result.baselines:
        return
    name, kind = next(iter(result.baselines)), result._kind
    loss = {each: kind.loss_of(scores) for each, scores in result.scores().iterrows()}
    # What only repeats the last value may differ from it by a rounding error.
    if loss["model"] >= loss[name] * (1 - 1e-6):
        warnings.warn(
            f"the model does not beat the baseline {name!r}: its {kind.name} is "
            f"{loss['model']:.4g}, that of the baseline {loss[name]:.4g}. What may help: "
            f"{kind.advice}. {see(kind.page)}",
            NoSkillWarning,
            stacklevel=3,
        )


# --- text ---------------------------------------------------------------------------------------


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _to_text(table: pd.DataFrame) -> str:
    """A table with four digits that count."""
    table = table.rename_axis(index=None, columns=None)
    digits = functools.partial(np.format_float_positional, precision=4, fractional=False, trim="-")
    return table.to_string(float_format=digits)
