"""Tables of lags: what the names of their columns tell, and in which order rows have them."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np

from skforecast_lstm._pages import see

__all__ = [
    "describe_reversed",
    "is_reversed",
    "lag_order",
    "order_of_columns",
    "warn_of_holes",
    "warn_of_reversed",
]

_LAG_NAMES = [
    re.compile(r"^(?:(?P<series>.+)[ _.-])?lag[ _.-]?(?P<lag>\d+)$", re.IGNORECASE),
    re.compile(r"^lag[ _.-]?(?P<lag>\d+)[ _.-](?P<series>.+)$", re.IGNORECASE),
    re.compile(r"^(?P<series>.+?) ?\(t(?:-(?P<lag>\d+))?\)$"),
]
# Values that are looked at to see whether windows are in order: few, as windows are long to read.
_MAX_VALUES = 20_000


def lag_order(names: Any) -> dict[str, dict[int, int]] | None:
    """Read which columns are lags, from names such as "lag_1", "sales_lag2" and "sales(t-3)".

    Parameters
    ----------
    names : sequence or None
        Names of the columns.

    Returns
    -------
    order : dict of dict of int, or None
        Of each series, "" where the names tell none, the position of each lag; the newest first.
        None: no column is named like a lag of at least 1.

    Raises
    ------
    ValueError
        If two columns are the same lag of one series.
    """
    names = [] if names is None else [str(name) for name in names]
    found: dict[str, dict[int, int]] = {}
    for position, name in enumerate(names):
        match = next(filter(None, (pattern.match(name) for pattern in _LAG_NAMES)), None)
        if match is None:
            continue
        lags, lag = found.setdefault(match["series"] or "", {}), int(match["lag"] or 0)
        if lag in lags:
            raise ValueError(
                f"two columns of X are the same lag by their names, {names[lags[lag]]!r} and "
                f"{name!r}. Drop or rename one of them."
            )
        lags[lag] = position
    if not any(lag for lags in found.values() for lag in lags):
        return None
    return {series: dict(sorted(lags.items())) for series, lags in found.items()}


def order_of_columns(names: Any, owner: str) -> np.ndarray | slice:
    """Order that puts the lags of one series oldest first; as they are, if names do not tell.

    Raises
    ------
    ValueError
        If the columns are lags of several series, or only some of them are lags.
    """
    found = lag_order(names)
    if found is None:
        return slice(None)
    lags, *more = found.values()
    others = [name for position, name in enumerate(names) if position not in lags.values()]
    if others:
        kind = "of several series" if more else "beside other columns"
        raise ValueError(
            f"X is a table of lags {kind} ({list(names)[lags[min(lags)]]!r} and {others[0]!r}), "
            f"but {owner} takes a 2-D X for windows of one series, every column a step. Put "
            f"LagsToWindows() in front, which makes 3-D windows of such a table: "
            f"make_pipeline(LagsToWindows(), {owner}()). If the names mean something else, give "
            f"X.to_numpy(). {see('windows')}"
        )
    order = np.array(list(lags.values()))[::-1]
    # Overlapping windows are a view, and stay one.
    return slice(None) if (np.diff(order) == 1).all() else order


def warn_of_holes(names: Any, owner: str) -> None:
    """Say that lags are missing among those of a series: windows have them side by side."""
    for series, lags in (lag_order(names) or {}).items():
        missing = sorted(set(range(min(lags), max(lags))) - set(lags))
        if missing:
            of_series = f" of {series!r}" * bool(series)
            warnings.warn(
                f"X has the lags {list(lags)}{of_series}, but not lag {missing[0]}. {owner} takes "
                f"them for consecutive steps, and seasons and times between them are lost. "
                f"Make the table with every lag up to {max(lags)}, or let WindowTransformer cut "
                f"windows of the series itself. {see('windows')}",
                UserWarning,
                stacklevel=3,
            )


def is_reversed(windows: np.ndarray) -> bool:
    """Tell whether windows begin with their newest step, or their rows with the newest.

    Windows of rows that follow each other have all steps but one in common. Where their order is
    right, the later one is the earlier one without its first step; where it is not, without its
    last. The values need not be equal, as those of columns that were scaled by themselves are not.

    Parameters
    ----------
    windows : ndarray of shape (n_windows, n_steps, ...)
        The windows; NaN marks what is missing.
    """
    if len(windows) < 3 or windows.shape[1] < 3:  # they may be alike by chance
        return False
    n_rows = np.clip(_MAX_VALUES // np.prod(windows.shape[1:]), 10, len(windows) - 1)
    rows = np.linspace(0, len(windows) - 2, n_rows).astype(int)
    earlier, later = np.asarray(windows[rows]), np.asarray(windows[rows + 1])
    forwards, backwards = later[:, :-1] - earlier[:, 1:], later[:, 1:] - earlier[:, :-1]
    is_known = np.isfinite(forwards) & np.isfinite(backwards)
    if np.count_nonzero(is_known) < 10:
        return False
    rounding = 1e-6 * np.std(earlier[np.isfinite(earlier)])
    sizes = [
        (size(forwards, is_known), size(backwards, is_known)) for size in (_mean_size, _mean_spread)
    ]
    return any(ahead > rounding and back < 0.1 * ahead for ahead, back in sizes)


def _mean_size(values: np.ndarray, where: np.ndarray) -> float:
    return float(np.mean(np.abs(values[where])))


def _mean_spread(values: np.ndarray, where: np.ndarray) -> float:
    """Deviation from the mean of each column, which is its own where columns were scaled."""
    values = np.where(where, values, np.nan)
    means = np.nansum(values, axis=0) / np.maximum(where.sum(axis=0), 1)
    return float(np.nanmean(np.abs(values - means)))


def describe_reversed(windows: np.ndarray, owner: str) -> str:
    """A message about windows that are in the wrong order, with advice; empty if they are not."""
    if not is_reversed(windows):
        return ""
    return (
        f"the first step of the windows, not the last, seems to hold the newest value, or the "
        f"first row the newest window: each row of X is the next one without its last step. "
        f"{owner} takes the oldest step first and the oldest row first. Turn the steps with "
        f"X[:, ::-1], or LagsToWindows(newest_first=True) on a flat table of lags; turn the rows "
        f"with X[::-1] and y[::-1]."
    )


def warn_of_reversed(windows: np.ndarray, owner: str) -> None:
    """Warn of windows that seem to be in the wrong order."""
    message = describe_reversed(windows, owner)
    if message:
        warnings.warn(message, UserWarning, stacklevel=3)
