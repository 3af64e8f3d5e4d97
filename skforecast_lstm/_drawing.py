"""Drawing with matplotlib: axes, lines on the axis of time, labels, a legend."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pandas as pd

from skforecast_lstm._pages import see

__all__ = [
    "Style",
    "check_matplotlib",
    "draw_line",
    "finish",
    "full_names",
    "kind_of",
    "label_axes",
    "make_axes",
    "positions_of",
    "set_log_scale",
    "shade_folds",
    "shade_interval",
    "values_of",
]

Style = dict[str, Any]

# More panels than this stand in a grid.
_N_STACKED = 5


def check_matplotlib(display: Any) -> None:
    """Say how to get matplotlib, before anything is computed."""
    try:
        import matplotlib.pyplot  # noqa: F401
    except ImportError as error:
        name = display.__name__ if isinstance(display, type) else type(display).__name__
        raise ImportError(
            f"{name} needs matplotlib, which is not installed: "
            f'pip install "skforecast_lstm[plot]". {see("install")}'
        ) from error


def full_names(kwargs: Style) -> Style:
    """Keywords of a line by their full names, so that "lw" overrides "linewidth"."""
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    return normalize_kwargs(kwargs, Line2D)


def make_axes(ax: Any, n_panels: int) -> np.ndarray:
    """One Axes per panel: those given, or a new figure's."""
    import matplotlib.pyplot as plt

    if ax is not None:
        given = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
        if len(given) != n_panels:
            raise ValueError(
                f"ax must hold one Axes for each of the {n_panels} panels (series and targets), "
                f"got {len(given)}. None makes a figure that fits."
            )
        return given
    n_columns = 1 if n_panels <= _N_STACKED else 2 if n_panels <= 2 * _N_STACKED else 3
    n_rows = -(-n_panels // n_columns)
    figure, axes = plt.subplots(
        n_rows,
        n_columns,
        sharex=True,
        squeeze=False,
        figsize=(9 if n_columns == 1 else 12, 4 if n_panels == 1 else 1 + 1.6 * n_rows),
        layout="constrained",
    )
    for unused in axes.ravel()[n_panels:]:
        unused.remove()
    axes = axes.ravel()[:n_panels]
    for lowest in axes[-n_columns:]:
        lowest.tick_params(labelbottom=True)
        lowest.xaxis.offsetText.set_visible(True)
    figure.align_ylabels(axes)
    return axes


def positions_of(index: pd.Index) -> np.ndarray:
    """Where rows are on the axis of time."""
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex) and index.tz is not None:
        index = index.tz_convert(None)
    if isinstance(index, pd.TimedeltaIndex):
        index = index / pd.Timedelta(hours=1)
    return index.to_numpy()


def kind_of(index: pd.Index) -> str:
    if isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex)):
        return "dates" if getattr(index, "tz", None) is None else "dates with a time zone"
    return "time spans" if isinstance(index, pd.TimedeltaIndex) else "numbers"


def values_of(series: pd.Series) -> np.ndarray:
    return series.to_numpy(dtype=float, na_value=np.nan)


def draw_line(axes: Any, series: pd.Series, n_marked: int = 1, **style: Any) -> Any:
    """Draw a line, with markers if it is short."""
    marker = {"marker": "o", "markersize": 3} if len(series) <= n_marked else {}
    [line] = axes.plot(positions_of(series.index), values_of(series), **marker | style)
    return line


def shade_folds(axes: Any, folds: pd.Series) -> None:
    """Shade every other fold."""
    borders = [0, *(np.flatnonzero(np.diff(folds)) + 1), len(folds) - 1]
    positions = positions_of(folds.index)[borders]
    for start, end in zip(positions[1:-1:2], positions[2::2], strict=False):
        axes.axvspan(start, end, color="0.94", linewidth=0, zorder=-1)


def shade_interval(
    axes: Any, lower: pd.Series, upper: pd.Series, line: Any, coverage: float | None
) -> Any:
    """Shade what is between the ends of an interval, in the colour of the forecast."""
    return axes.fill_between(
        positions_of(lower.index),
        values_of(lower),
        values_of(upper),
        color=line.get_color(),
        alpha=0.2,
        linewidth=0,
        label="interval" if coverage is None else f"{100 * coverage:g}% interval",
    )


def label_axes(axes: Any, ylabel: str, title: Any, index: pd.Index) -> None:
    """Name the axes, and let the one of time be readable."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    axes.set_ylabel(textwrap.fill(str(ylabel), 18))
    if title is not None:
        axes.set_title(str(title), loc="left", fontsize="medium")
    if isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex)):
        zone = getattr(index, "tz", None)
        locator = AutoDateLocator(tz=zone, minticks=3, maxticks=8)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))
        return
    unit = " (hours)" if isinstance(index, pd.TimedeltaIndex) else ""
    axes.set_xlabel(f"{index.name or 'time'}{unit}")
    if pd.api.types.is_integer_dtype(index):
        axes.xaxis.get_major_locator().set_params(integer=True)


def set_log_scale(axes: Any, values: pd.Series) -> None:
    """Make the scale logarithmic, if the values allow it, with plain numbers at its ticks."""
    low, high = values.min(), values.max()
    if low > 0:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("{x:g}" if high < 10 * low else "")


def finish(display: Any, *, is_own: bool) -> None:
    """Set what belongs to all panels, and give them one legend."""
    axes = display.axes_
    display.ax_, display.figure_ = axes[0], axes[0].figure
    artists = [artist for panel in display.lines_ for artist in panel.values()]
    entries = {artist.get_label(): artist for artist in artists}
    entries = {label: artist for label, artist in entries.items() if label[0] != "_"}
    if not is_own:
        axes[0].legend(entries.values(), entries)
        return
    display.figure_.legend(
        entries.values(), entries, loc="outside upper left", ncols=len(entries), frameon=False
    )
    for upper in axes[: -axes[0].get_subplotspec().get_gridspec().ncols]:
        upper.set_xlabel("")
