"""Which columns of a table hold values of coming steps, known in advance."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np

from skforecast_lstm._pages import see
from skforecast_lstm._targets import parse_step_name
from skforecast_lstm._windows import KnownAhead, Windows

__all__ = [
    "among_history",
    "are_forecast",
    "find_known",
    "known_by_step",
    "warn_if_coming_is_lost",
]


def find_known(known_future: Any, names: Any, n_columns: int) -> KnownAhead | None:
    """Find the columns of coming values in a table.

    Parameters
    ----------
    known_future : "auto", None or array-like of shape (n_steps, n_covariates)
        "auto": those named like ``"price(t+1)"``. None: there are none. Else their names, or their
        positions where no column has that name.
    names : sequence or None
        Names of the columns, where they have any.
    n_columns : int
        How many there are.

    Raises
    ------
    ValueError
        If `known_future` is no table of different columns, or leaves no other one.
    """
    names = [] if names is None else list(names)
    if known_future is None:
        return None
    if isinstance(known_future, str):
        return _by_name(names)
    wanted = np.asarray(known_future, dtype=object)
    positions = [_position(column, names, n_columns) for column in wanted.ravel()]
    n_found = len({column for column in positions if column is not None})
    if wanted.ndim != 2 or n_found < wanted.size or not 0 < n_found < n_columns:
        raise ValueError(
            f"known_future must be 'auto', None or a table of columns of X (names or positions), "
            f"a row for each coming step and a column for each covariate. An example is "
            f"[['price(t+1)', 'holiday(t+1)'], ['price(t+2)', 'holiday(t+2)']]. No column may be "
            f"in it twice, and X needs some other column. X has {names or n_columns} columns, got "
            f"{known_future!r}."
            f" {see('covariates')}"
        )
    return KnownAhead(np.array(positions, dtype=np.intp).reshape(wanted.shape))


def known_by_step(windows: Windows, n_steps_out: int, lead: int) -> np.ndarray | None:
    """What is known ahead at each step that is forecast, of shape (n_windows, n_steps_out, n).

    Where that is known of other steps than those, all of it stands at every step. None: nothing is.
    """
    ahead = windows.ahead
    if ahead is None:
        return None
    known = windows.known()
    if are_forecast(ahead, n_steps_out, lead):
        return known
    return np.repeat(known.reshape(len(windows), 1, -1), n_steps_out, axis=1)


def are_forecast(ahead: KnownAhead, n_steps_out: int, lead: int) -> bool:
    """Tell whether the steps that are known ahead are those that are forecast."""
    first = lead if ahead.steps is None else max(1, ahead.steps[0])  # as find_lead counts
    return len(ahead.columns) == n_steps_out and first == lead


def among_history(columns: Sequence[int], ahead: KnownAhead | None) -> tuple[int, ...]:
    """Positions of columns among those that windows are made of.

    Raises
    ------
    ValueError
        If one of them is known ahead.
    """
    if ahead is None:
        return tuple(columns)
    if np.isin(columns, ahead.columns).any():
        raise ValueError(
            f"history_columns={list(columns)} must be columns of the window, but {ahead.columns} "
            f"contain coming values, which are known in advance. Name the position of the "
            f"history of "
            f"each target. {see('covariates')}"
        )
    return tuple(int(column - (ahead.columns < column).sum()) for column in columns)


def warn_if_coming_is_lost(X: Any, windows: Sequence[Any]) -> None:
    """Say which coming values of covariates a step in front of the window has dropped.

    Parameters
    ----------
    X : DataFrame, or anything without names
        The table that the pipeline is fitted to.
    windows : sequence of WindowTransformer
        The fitted window steps of the pipeline.
    """
    parsed = [parse_step_name(name) for name in getattr(X, "columns", ())]
    coming = {covariate for covariate, step in filter(None, parsed) if step > 0}
    for window in windows:
        left = getattr(window, "feature_names_in_", None)
        if left is None:  # without names nobody can tell
            continue
        lost = sorted(name for name in coming if not any(f"{name}(t+" in str(c) for c in left))
        if lost:
            warnings.warn(
                f"the coming values of {lost} are dropped before the window, so forecasts do not "
                f"use them. A ColumnTransformer keeps the columns that it does not name with "
                f"remainder='passthrough'. {see('covariates', 'categories')}",
                UserWarning,
                stacklevel=3,
            )


def _position(column: Any, names: Sequence[Any], n_columns: int) -> int | None:
    if column in names:
        return names.index(column)
    is_position = isinstance(column, Integral) and -n_columns <= int(column) < n_columns
    return int(column) % n_columns if is_position else None


def _by_name(names: Sequence[Any]) -> KnownAhead | None:
    """Columns that :func:`make_supervised` or :class:`CalendarFeatures` has named.

    Covariates that are known at other steps than most are left where they are.
    """
    found: dict[str, dict[int, int]] = {}
    for position, name in enumerate(names):
        parsed = parse_step_name(name)
        if parsed is not None:
            found.setdefault(parsed[0], {})[parsed[1]] = position
    # "sales(t)" alone is no value of a coming step.
    steps_of = {name: tuple(sorted(columns)) for name, columns in found.items() if max(columns)}
    if not steps_of:
        return None
    [(steps, _)] = Counter(steps_of.values()).most_common(1)
    chosen = [name for name in steps_of if steps_of[name] == steps]
    columns = np.array([[found[name][step] for name in chosen] for step in steps])
    return KnownAhead(columns, steps) if columns.size < len(names) else None
