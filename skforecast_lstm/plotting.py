"""Pictures of forecasts, evaluations and training, in the way of scikit-learn's displays."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier

from skforecast_lstm._containers import as_pandas, with_times
from skforecast_lstm._drawing import (
    Style,
    check_matplotlib,
    draw_line,
    finish,
    full_names,
    kind_of,
    label_axes,
    make_axes,
    positions_of,
    set_log_scale,
    shade_folds,
    shade_interval,
)
from skforecast_lstm._inspect import fitted_parts
from skforecast_lstm._pages import see
from skforecast_lstm._series import find_labels
from skforecast_lstm._tables import named_table
from skforecast_lstm._validation import check_integer, check_is_fitted, is_time_index
from skforecast_lstm.evaluation import BacktestResult, backtest
from skforecast_lstm.forecaster import Forecaster

__all__ = ["BacktestDisplay", "ForecastDisplay", "LossDisplay"]

_HISTORY: Style = {"color": "0.4", "linewidth": 1.2, "label": "history"}
_TRUTH: Style = {"color": "black", "linewidth": 1.2, "label": "truth"}
_FORECAST: Style = {"color": "tab:blue", "linewidth": 1.5, "label": "forecast"}
_BASELINE: Style = {"color": "tab:orange", "linewidth": 1.2, "linestyle": ":"}
_BASELINE_COLORS = ("tab:orange", "tab:green", "tab:purple", "tab:brown", "tab:olive", "tab:pink")
_HAIRLINE: Style = {"color": "0.7", "linewidth": 0.8, "zorder": 0}
_LOSSES: dict[str, Style] = {
    "loss": {"color": "tab:blue", "label": "training"},
    "val_loss": {"color": "tab:orange", "label": "validation"},
}
# Ends of an interval, as the columns of a forecast are called.
_ENDS = ("_lower", "_upper")

# Lines of forecasts that are no longer get a marker per row.
_N_MARKED = 40
# Rows that can be told apart in one picture.
_N_SHOWN = 500
# Series that are drawn unless more are asked for.
_N_SERIES = 12


class ForecastDisplay:
    """Forecasts as they follow the history, with intervals and the truth where they are known.

    It is recommended to use :meth:`from_estimator` or :meth:`from_predictions` to make it.

    Parameters
    ----------
    forecast : DataFrame or Series
        The targets, indexed by date, or by series and date, as :meth:`Forecaster.forecast` returns
        them; columns ``"<target>_lower"`` and ``"<target>_upper"`` are the ends of an interval.
    history : DataFrame, Series or array of shape (n_rows,) or (n_rows, n_targets), default=None
        Observed values before the forecast.
    truth : DataFrame, Series or array of shape (n_rows,) or (n_rows, n_targets), default=None
        Observed values of the time of the forecast.
    interval : float, default=None
        Coverage of the interval in (0, 1), for the legend.
    ids : label of a series or list of them, default=None
        Which series to draw, in this order. None: the first `max_series`.
    max_series : int, default=12
        How many series to draw at most. If there are more, a line below the panels gives their
        number. None: all.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The first panel.
    axes_ : ndarray of Axes of shape (n_panels,)
        All panels: for each series its targets.
    figure_ : matplotlib Figure
        The figure that they are in.
    lines_ : list of dict
        Of each panel what is drawn, as far as it is given: the lines "history", "origin", "truth"
        and "forecast", and the band "interval".

    See Also
    --------
    Forecaster : Returns the forecasts.

    Notes
    -----
    Up to 5 panels are drawn one below the other, more in a grid. The hairline marks the last row
    of the history. Dates with a time zone are shown in it.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from skforecast_lstm.datasets import load_air_passengers
    >>> from skforecast_lstm.forecaster import Forecaster
    >>> from skforecast_lstm.pipelines import make_lstm_pipeline
    >>> from skforecast_lstm.plotting import ForecastDisplay
    >>> passengers = load_air_passengers()
    >>> forecaster = Forecaster(make_lstm_pipeline(Ridge(), n_steps_in=24), n_steps_out=12)
    >>> forecaster = forecaster.fit(passengers[:-12])
    >>> display = ForecastDisplay.from_estimator(forecaster, passengers, truth=passengers)
    >>> list(display.lines_[0])
    ['history', 'origin', 'truth', 'forecast']
    """

    def __init__(
        self,
        *,
        forecast: Any,
        history: Any = None,
        truth: Any = None,
        interval: float | None = None,
        ids: Any = None,
        max_series: int | None = _N_SERIES,
    ) -> None:
        self.forecast = forecast
        self.history = history
        self.truth = truth
        self.interval = interval
        self.ids = ids
        self.max_series = max_series

    def plot(
        self, ax: Any = None, *, n_history: int | None = None, **kwargs: Any
    ) -> ForecastDisplay:
        """Draw a panel per series and target.

        Parameters
        ----------
        ax : matplotlib Axes or array of them, default=None
            Where to draw, one per panel. None: in a new figure.
        n_history : int, default=None
            Rows of history to show. None: five times the steps that are forecast, at least 30.
        **kwargs : dict
            For matplotlib's ``plot``, of the forecast's line. Its color is the band's, too.

        Returns
        -------
        display : ForecastDisplay
            The display itself.

        Raises
        ------
        ValueError
            If a table lacks a target or the column of the series, or has another kind of index than
            the forecast. If `ids` are not in it. If the number of axes is not that of the panels.
        ImportError
            If matplotlib is not installed.
        """
        check_matplotlib(self)
        if n_history is not None:
            check_integer(n_history, "n_history", 1)
        table = self._table()
        labels, n_series = self._labels(table)
        style, panels = full_names(kwargs), list(self._panels(table, labels))
        self.axes_ = make_axes(ax, len(panels))
        self.lines_ = [
            self._draw_panel(axes, *panel, n_history, style)
            for axes, panel in zip(self.axes_, panels, strict=True)
        ]
        finish(self, is_own=ax is None)
        if ax is None and labels is not None and self.ids is None and len(labels) < n_series:
            note = f"{len(labels)} of {n_series} series; others with ids=[...] or max_series=None"
            self.axes_[0].figure.supxlabel(note, fontsize="small", color="0.4")
        return self

    def _table(self) -> pd.DataFrame:
        if not isinstance(self.forecast, (pd.DataFrame, pd.Series)):
            raise ValueError(
                f"forecast must be a DataFrame or Series, as Forecaster.forecast returns it, got "
                f"{type(self.forecast).__name__}."
            )
        return named_table(self.forecast)

    def _labels(self, table: pd.DataFrame) -> tuple[list[Any] | None, int]:
        """Which series are drawn, and how many there are; None where they have no labels."""
        if table.index.nlevels != 2:
            if self.ids is not None:
                raise ValueError(
                    f"ids={self.ids!r} chooses among series, but forecast has only one: its "
                    f"index has no level of labels."
                )
            return None, 1
        every = table.index.get_level_values(0).unique().tolist()
        n_shown = len(every) if self.max_series is None else self.max_series
        shown = every if self.ids is None else find_labels(self.ids, every)
        return shown[: check_integer(n_shown, "max_series", 1)], len(every)

    def _panels(
        self, table: pd.DataFrame, labels: list[Any] | None
    ) -> Iterator[tuple[Any, str, pd.DataFrame, pd.Series, pd.Series]]:
        """Of each series and target: label, target, forecast, history and truth."""
        group = None if labels is None else table.index.names[0]
        names = [str(name) for name in table]
        pairs = [{name + end for end in _ENDS} for name in names]
        ends = set().union(*(pair for pair in pairs if pair <= {*names}))
        targets = [name for name in names if name not in ends]
        forecasts = _by_series(table, group, "forecast", labels)
        histories = _by_series(_as_table(self.history, targets), group, "history", labels)
        truths = _by_series(_as_table(self.truth, targets), group, "truth", labels)
        for label in [None] if labels is None else labels:
            forecast = forecasts[label]
            dates = forecast.index
            if not is_time_index(dates):
                raise ValueError(
                    f"forecast must be indexed by dates or numbers, or by named levels of series "
                    f"and date, got {dates[:1]!r}."
                )
            history, truth = histories.get(label), truths.get(label)
            if truth is not None and not isinstance(self.truth, (pd.DataFrame, pd.Series)):
                truth = truth.iloc[: len(dates)].set_axis(dates[: len(truth)], axis=0)
            for target in targets:
                before = _column(history, target, dates, "history")
                before = before[positions_of(before.index) < positions_of(dates)[0]]
                after = _column(truth, target, dates, "truth")
                after = after[np.isin(positions_of(after.index), positions_of(dates))]
                yield label, target, forecast, before, after

    def _draw_panel(
        self,
        axes: Any,
        label: Any,
        target: str,
        forecast: pd.DataFrame,
        history: pd.Series,
        truth: pd.Series,
        n_history: int | None,
        style: Style,
    ) -> dict[str, Any]:
        lines = {}
        if len(history):
            history = history.iloc[-(n_history or max(30, 5 * len(forecast))) :]
            lines["history"] = draw_line(axes, history, **_HISTORY)
            lines["origin"] = axes.axvline(positions_of(history.index)[-1], **_HAIRLINE)
        if len(truth):
            lines["truth"] = draw_line(axes, truth, **_TRUTH)
        lines["forecast"] = draw_line(axes, forecast[target], _N_MARKED, **_FORECAST | style)
        ends = [target + end for end in _ENDS]
        if ends[0] in forecast and ends[1] in forecast:
            lines["interval"] = shade_interval(
                axes, forecast[ends[0]], forecast[ends[1]], lines["forecast"], self.interval
            )
        label_axes(axes, target, label, forecast.index)
        return lines

    @classmethod
    def from_estimator(
        cls,
        forecaster: Forecaster,
        history: Any = None,
        *,
        truth: Any = None,
        steps: int | None = None,
        data: Any = None,
        future: Any = None,
        interval: float | None = None,
        ids: Any = None,
        max_series: int | None = _N_SERIES,
        ax: Any = None,
        **kwargs: Any,
    ) -> ForecastDisplay:
        """Forecast, and draw it.

        Parameters
        ----------
        forecaster : Forecaster
            A fitted forecaster.
        history : DataFrame, Series or array of shape (n_rows,) or (n_rows, n_columns), default=None
            What came before, in the form of the table that was fitted. None: the rows that the
            forecasts are made from, which are those of the longest window.
        truth : DataFrame, Series or array of shape (n_rows,) or (n_rows, n_targets), default=None
            What came in truth, see :meth:`from_predictions`.
        steps : int, default=None
            How many steps. None: the `n_steps_out` of the forecaster.
        data : Series, DataFrame or array, default=None
            Forecast from the last row of this table instead of the fitted one.
        future : DataFrame, Series or array, default=None
            Coming values of the covariates, see :meth:`Forecaster.forecast`.
        interval : float, default=None
            Coverage of an interval in (0, 1). None: no interval.
        ids : label of a series or list of them, default=None
            With several series, which to draw, in this order. None: the first `max_series`.
        max_series : int, default=12
            How many series to draw at most. None: all.
        ax : matplotlib Axes or array of them, default=None
            Where to draw, one per panel. None: in a new figure.
        **kwargs : dict
            Further parameters of :meth:`plot`.

        Returns
        -------
        display : ForecastDisplay
            The display; ``display.forecast`` is the forecast.
        """
        check_matplotlib(cls)
        if is_classifier(forecaster.estimator):
            raise ValueError(
                "ForecastDisplay draws numbers, and the forecaster has a classifier, which "
                "forecasts labels. Draw their probabilities: forecaster.forecast_proba().plot()."
                f" {see('classification')}"
            )
        forecast = forecaster.forecast(steps, data=data, future=future, interval=interval, ids=ids)
        if history is None:
            history = forecaster._series_of(data, ids).table
        group, time = forecaster.group, forecaster.time
        if time is not None:
            history, truth = (
                table if table is None else with_times(table, time, group)
                for table in (history, truth)
            )
        options = {"interval": interval, "ids": ids, "max_series": max_series, "ax": ax, **kwargs}
        return cls.from_predictions(forecast, history, truth, **options)

    @classmethod
    def from_predictions(
        cls,
        forecast: Any,
        history: Any = None,
        truth: Any = None,
        *,
        interval: float | None = None,
        ids: Any = None,
        max_series: int | None = _N_SERIES,
        ax: Any = None,
        **kwargs: Any,
    ) -> ForecastDisplay:
        """Draw a forecast that is there.

        Parameters
        ----------
        forecast : DataFrame or Series
            The targets, indexed by date, or by series and date, as :meth:`Forecaster.forecast`
            returns them.
        history : DataFrame, Series or array of shape (n_rows,) or (n_rows, n_columns), default=None
            What came before; rows from the first forecast on are left out. With several series,
            their labels are the index level or the column that is called as in `forecast`. Rows
            without dates are numbered from 0.
        truth : DataFrame, Series or array of shape (n_rows,) or (n_rows, n_targets), default=None
            What came in truth; of rows with dates, those that are forecast are taken, so that one
            table can be both history and truth. An array begins with the first forecast.
        interval : float, default=None
            Coverage of the interval in (0, 1), for the legend.
        ids : label of a series or list of them, default=None
            With several series, which to draw, in this order. None: the first `max_series`.
        max_series : int, default=12
            How many series to draw at most. None: all.
        ax : matplotlib Axes or array of them, default=None
            Where to draw, one per panel. None: in a new figure.
        **kwargs : dict
            Further parameters of :meth:`plot`.

        Returns
        -------
        display : ForecastDisplay
            The display.
        """
        data = {"forecast": forecast, "history": history, "truth": truth, "interval": interval}
        return cls(**data, ids=ids, max_series=max_series).plot(ax, **kwargs)


class BacktestDisplay:
    """A walk-forward evaluation: the forecasts over the truth, or the error by step.

    It is recommended to use :meth:`from_estimator` or :meth:`from_predictions` to make it.

    Parameters
    ----------
    result : BacktestResult
        What :func:`backtest` returned.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The first panel.
    axes_ : ndarray of Axes of shape (n_panels,)
        All panels: for each series its targets.
    figure_ : matplotlib Figure
        The figure that they are in.
    lines_ : list of dict
        The lines of each panel: "truth" (of ``kind="forecast"``), "model", the baselines by name,
        and "interval" where there is one.

    See Also
    --------
    backtest : Returns the result.

    Notes
    -----
    Up to 5 panels are drawn one below the other, more in a grid. Every other fold is shaded.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from skforecast_lstm import make_supervised
    >>> from skforecast_lstm.datasets import load_air_passengers
    >>> from skforecast_lstm.pipelines import make_lstm_pipeline
    >>> from skforecast_lstm.plotting import BacktestDisplay
    >>> X, y = make_supervised(load_air_passengers(), n_steps_out=6)
    >>> model = make_lstm_pipeline(Ridge(), n_steps_in=24, n_steps_out=6)
    >>> display = BacktestDisplay.from_estimator(model, X, y, cv=3)
    >>> list(display.lines_[0])
    ['truth', 'naive', 'model']
    >>> display.plot(kind="error").ax_.get_ylabel()
    'MAE of passengers'
    """

    def __init__(self, *, result: BacktestResult) -> None:
        self.result = result

    def plot(
        self,
        ax: Any = None,
        *,
        kind: str | None = None,
        step: int | None = None,
        n_rows: int | None = None,
        **kwargs: Any,
    ) -> BacktestDisplay:
        """Draw a panel per series and target.

        Parameters
        ----------
        ax : matplotlib Axes or array of them, default=None
            Where to draw, one per panel. None: in a new figure.
        kind : {"forecast", "error"}, default=None
            "forecast": forecasts of the model and of the first baseline over the truth, of numbers
            only. "error": the mean absolute error by step of the horizon, beside that of every
            baseline; of labels the Brier score, or the accuracy where there are no probabilities.
            None: "forecast" of numbers, "error" of labels.
        step : int, default=None
            With ``kind="forecast"``, the step of the horizon whose forecasts are drawn: 1 is the
            first. None: all steps of every so many origins, so that each horizon begins where the
            one before has ended; the last origin fills up the rest.
        n_rows : int, default=None
            With ``kind="forecast"``, how many of the newest rows are shown. None: at most 500,
            because more can hardly be distinguished.
        **kwargs : dict
            For matplotlib's ``plot``, of the model's lines.

        Returns
        -------
        display : BacktestDisplay
            The display itself.

        Raises
        ------
        ValueError
            If `kind` or `step` is not known, `kind` is not that of labels, or the number of axes is
            not that of the panels.
        ImportError
            If matplotlib is not installed.
        """
        check_matplotlib(self)
        are_labels = self.result.classes is not None
        if kind is None:
            kind = "error" if are_labels else "forecast"
        if kind == "forecast" and are_labels:
            raise ValueError(
                "kind='forecast' draws numbers, but the result is one of labels. Use kind='error', "
                "or draw the probabilities, which are columns of result.predictions."
                f" {see('classification')}"
            )
        if kind not in ("forecast", "error"):
            raise ValueError(f"kind must be 'forecast' or 'error', got {kind!r}.")
        n_rows = check_integer(_N_SHOWN if n_rows is None else n_rows, "n_rows", 1)
        n_steps = int(self.result.predictions["step"].max())
        if step is not None and check_integer(step, "step", 1) > n_steps:
            raise ValueError(f"step must be one of the {n_steps} that are predicted, got {step}.")
        keys = [key for key in ("group", "target") if key in self.result.predictions]
        panels = self.result.predictions[keys].drop_duplicates().to_dict("records")
        style = full_names(kwargs)
        self.axes_ = make_axes(ax, len(panels))
        self.lines_ = [
            self._draw_forecast(axes, panel, step, n_rows, style)
            if kind == "forecast"
            else self._draw_error(axes, panel, style)
            for axes, panel in zip(self.axes_, panels, strict=True)
        ]
        finish(self, is_own=ax is None)
        return self

    def _draw_forecast(
        self, axes: Any, panel: dict[Any, Any], step: int | None, n_rows: int, style: Style
    ) -> dict[str, Any]:
        known = _by_time(_of_panel(self.result.predictions, panel))
        truth = _once_per_time(known)["truth"].iloc[-n_rows:]
        lines = {"truth": draw_line(axes, truth, **_TRUTH)}
        for name in list(self.result.baselines)[:1]:
            baseline = _stitch(_by_time(_of_panel(self.result.baselines[name], panel)), step)
            baseline = baseline.loc[truth.index[0] :]
            lines[name] = draw_line(axes, baseline["prediction"], **_BASELINE, label=name)
        forecast = _stitch(known, step).loc[truth.index[0] :]
        look = _FORECAST if step is None else _FORECAST | {"label": f"forecast, step {step}"}
        lines["model"] = draw_line(axes, forecast["prediction"], _N_MARKED, **look | style)
        if self.result.interval is not None:
            lines["interval"] = shade_interval(
                axes, forecast["lower"], forecast["upper"], lines["model"], self.result.interval
            )
        shade_folds(axes, forecast["fold"])
        label_axes(axes, panel["target"], panel.get("group"), truth.index)
        return lines

    def _draw_error(self, axes: Any, panel: dict[Any, Any], style: Style) -> dict[str, Any]:
        scores = _of_panel(self.result.scores([*panel, "step"]).reset_index(), panel)
        errors = scores.set_index(["model", "step"])[self.result._kind.column]
        lines = {
            name: draw_line(axes, errors[name], **_BASELINE | {"color": color, "label": name})
            for name, color in zip(
                self.result.baselines, itertools.cycle(_BASELINE_COLORS), strict=False
            )
        }
        look = _FORECAST | {"label": "model"} | style
        lines["model"] = draw_line(axes, errors["model"], _N_MARKED, **look)
        axes.set_ylim(bottom=0)
        title = f"{self.result._kind.title} of {panel['target']}"
        label_axes(axes, title, panel.get("group"), errors["model"].index)
        return lines

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        kind: str | None = None,
        ax: Any = None,
        **backtest_params: Any,
    ) -> BacktestDisplay:
        """Evaluate a model by :func:`backtest`, and draw the result.

        Parameters
        ----------
        estimator : estimator
            A :class:`Forecaster`, or a regressor, a pipeline or a search over one. It is cloned,
            never changed.
        X : DataFrame or array of shape (n_rows, n_features)
            The table of a forecaster, or what is known at each row, see :func:`backtest`.
        y : Series, DataFrame or array, of shape (n_rows,) or (n_rows, n_steps_out * n_targets), \
                default=None
            What is to be predicted from each row; None with a forecaster.
        kind : {"forecast", "error"}, default=None
            What is drawn, see :meth:`plot`.
        ax : matplotlib Axes or array of them, default=None
            Where to draw, one per panel. None: in a new figure.
        **backtest_params : dict
            Further parameters of :func:`backtest`.

        Returns
        -------
        display : BacktestDisplay
            The display; ``display.result`` is the result.
        """
        check_matplotlib(cls)
        result = backtest(estimator, X, y, **backtest_params)
        return cls.from_predictions(result, kind=kind, ax=ax)

    @classmethod
    def from_predictions(
        cls, result: BacktestResult, *, kind: str | None = None, ax: Any = None, **kwargs: Any
    ) -> BacktestDisplay:
        """Draw the result of a backtest.

        Parameters
        ----------
        result : BacktestResult
            What :func:`backtest` returned.
        kind : {"forecast", "error"}, default=None
            What is drawn, see :meth:`plot`.
        ax : matplotlib Axes or array of them, default=None
            Where to draw, one per panel. None: in a new figure.
        **kwargs : dict
            Further parameters of :meth:`plot`.

        Returns
        -------
        display : BacktestDisplay
            The display.
        """
        return cls(result=result).plot(ax, kind=kind, **kwargs)


class LossDisplay:
    """Training and validation loss by epoch, on a logarithmic scale.

    It is recommended to use :meth:`from_estimator` or :meth:`from_predictions` to make it.

    Parameters
    ----------
    history : dict of lists of float
        ``history["loss"]`` and, where there is one, ``history["val_loss"]``: a value per epoch.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The panel.
    figure_ : matplotlib Figure
        The figure that it is in.
    lines_ : dict
        The lines "loss", "val_loss" where it is given, and "best", the mark of the best epoch.

    Notes
    -----
    The best epoch is that of the lowest validation loss, or training loss where it is the only one.
    Losses that are not positive are drawn on a linear scale.

    Examples
    --------
    >>> from skforecast_lstm.plotting import LossDisplay
    >>> history = {"loss": [0.9, 0.3, 0.2], "val_loss": [0.8, 0.4, 0.5]}
    >>> LossDisplay.from_predictions(history).lines_["best"].get_label()
    'best epoch: 2'
    """

    def __init__(self, *, history: Mapping[str, Any]) -> None:
        self.history = history

    def plot(self, ax: Any = None, **kwargs: Any) -> LossDisplay:
        """Draw the losses.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None: in a new figure.
        **kwargs : dict
            For matplotlib's ``plot``, of both lines.

        Returns
        -------
        display : LossDisplay
            The display itself.

        Raises
        ------
        ValueError
            If `history` contains no loss.
        ImportError
            If matplotlib is not installed.
        """
        check_matplotlib(self)
        if not isinstance(self.history, Mapping) or not len(self.history.get("loss", [])):
            raise ValueError(
                f"history must be a dict with the losses of each epoch, "
                f"{{'loss': [...], 'val_loss': [...]}}, got {self.history!r}."
            )
        losses = {
            name: pd.Series(values, pd.RangeIndex(1, len(values) + 1, name="epoch"), dtype=float)
            for name, values in self.history.items()
            if name in _LOSSES
        }
        style, [self.ax_] = full_names(kwargs), make_axes(ax, 1)
        self.figure_ = self.ax_.figure
        self.lines_ = {
            name: draw_line(self.ax_, loss, **_LOSSES[name] | style)
            for name, loss in losses.items()
        }
        self._mark_best(losses)
        set_log_scale(self.ax_, pd.concat(losses.values()))
        label_axes(self.ax_, "loss", None, losses["loss"].index)
        self.ax_.legend(frameon=False)
        return self

    def _mark_best(self, losses: dict[str, pd.Series]) -> None:
        name = "val_loss" if "val_loss" in losses else "loss"
        if losses[name].notna().any():
            epoch = losses[name].idxmin()
            self.ax_.axvline(epoch, **_HAIRLINE)
            self.lines_["best"] = draw_line(
                self.ax_,
                losses[name].loc[epoch:epoch],
                color=self.lines_[name].get_color(),
                linestyle="none",
                markersize=6,
                label=f"best epoch: {epoch}",
            )

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None, **kwargs: Any) -> LossDisplay:
        """Draw the losses of the last fit.

        Parameters
        ----------
        estimator : fitted estimator
            A regressor of this package, or what contains one: a pipeline, a search, a
            :class:`Forecaster`, a :class:`ConformalRegressor`.
        ax : matplotlib Axes, default=None
            Where to draw. None: in a new figure.
        **kwargs : dict
            For matplotlib's ``plot``, of both lines.

        Returns
        -------
        display : LossDisplay
            The display.

        Raises
        ------
        ValueError
            If no regressor in it keeps its losses.
        """
        check_matplotlib(cls)
        check_is_fitted(estimator)
        return cls.from_predictions(_find_history(estimator), ax=ax, **kwargs)

    @classmethod
    def from_predictions(
        cls, history: Mapping[str, Any], *, ax: Any = None, **kwargs: Any
    ) -> LossDisplay:
        """Draw losses that are there.

        Parameters
        ----------
        history : dict of lists of float
            ``history["loss"]`` and, where there is one, ``history["val_loss"]``: a value per epoch,
            as in the ``history_`` of a regressor.
        ax : matplotlib Axes, default=None
            Where to draw. None: in a new figure.
        **kwargs : dict
            For matplotlib's ``plot``, of both lines.

        Returns
        -------
        display : LossDisplay
            The display.
        """
        return cls(history=history).plot(ax, **kwargs)


# --- what is drawn ------------------------------------------------------------------------------


def _as_table(values: Any, targets: list[str]) -> pd.DataFrame | None:
    """A table whose columns have names; what has none of its own is taken for the targets."""
    if values is None:
        return None
    values = as_pandas(values)
    table = named_table(values)
    if isinstance(values, pd.DataFrame) or table.shape[1] != len(targets):
        return table
    return table.set_axis(targets, axis=1)


def _by_series(
    table: pd.DataFrame | None, group: Any, role: str, labels: list[Any] | None
) -> dict[Any, pd.DataFrame]:
    """The rows of some series."""
    if table is None:
        return {}
    if group is None or labels is None:
        return {None: table}
    if group in table.index.names:
        parts = table[table.index.isin(labels, level=group)].groupby(level=group, observed=True)
        return {label: part.droplevel(group) for label, part in parts}
    if group in table.columns:
        return dict(iter(table[table[group].isin(labels)].groupby(group, observed=True)))
    raise ValueError(
        f"{role} must give the series of its rows, in an index level or a column {group!r}; "
        f"got the columns {list(table.columns)}."
    )


def _column(table: pd.DataFrame | None, target: str, dates: pd.Index, role: str) -> pd.Series:
    """A target's values, indexed in the way of `dates`."""
    if table is None:
        return pd.Series(index=dates[:0], dtype=float)
    if target not in table:
        raise ValueError(f"{role} must have the column {target!r}, got {list(table.columns)}.")
    column = table[target]
    if not is_time_index(column.index):
        column = column.reset_index(drop=True)
    if kind_of(column.index) != kind_of(dates):
        raise ValueError(
            f"{role} must be indexed as forecast is, by {kind_of(dates)} such as {dates[0]!s}, got "
            f"{kind_of(column.index)}: {column.index[0]!s}."
        )
    return column


def _of_panel(lines: pd.DataFrame, panel: dict[Any, Any]) -> pd.DataFrame:
    """The lines of one series and target."""
    for key, value in panel.items():
        lines = lines[lines[key] == value]
    return lines


def _by_time(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines indexed by the time that is predicted, where it is known."""
    lines = lines.dropna(subset="time")
    times = pd.Index(lines["time"]).infer_objects()
    if not is_time_index(times):
        times = pd.Index(pd.factorize(times)[0], name="row")
    return lines.set_axis(times, axis=0)


def _stitch(lines: pd.DataFrame, step: int | None) -> pd.DataFrame:
    """One prediction per time: of one step, or whole horizons one after the other."""
    if step is not None:
        return _once_per_time(lines[lines["step"] == step])
    origins = list(lines["origin"].drop_duplicates())
    chosen = [*origins[:: lines["step"].max()], origins[-1]]
    return _once_per_time(lines[lines["origin"].isin(chosen)])


def _once_per_time(lines: pd.DataFrame) -> pd.DataFrame:
    return lines[~lines.index.duplicated()].sort_index()


def _find_history(estimator: Any) -> Mapping[str, Any]:
    """The losses of the regressor inside an estimator."""
    parts = [estimator]
    while parts:
        history = getattr(parts[-1], "history_", None)
        if isinstance(history, Mapping) and "loss" in history:
            return history
        if getattr(parts[-1], "network_gain_", None) == 0:
            raise ValueError(
                f"{type(parts[-1]).__name__} has trained for no epoch, so there is no loss to "
                f"draw: with epochs='auto' it found that a network gains nothing over its linear "
                f"part (network_gain_ is 0). Give epochs as a number to train it all the same."
                f" {see('training')}"
            )
        parts = fitted_parts(parts[-1])
    raise ValueError(
        f"estimator must contain a fitted regressor that keeps the loss of each epoch in "
        f"history_, as "
        f"those of this package do; none is in {estimator!r}."
    )


# --- drawing ------------------------------------------------------------------------------------
