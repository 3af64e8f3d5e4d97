"""How windows and targets relate: where a target's own history is, in which units, how far back."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from itertools import product
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Relation", "affine_relation", "check_columns", "find_relation", "find_season"]

# Longest lead that is looked for in short windows, in rows.
_MAX_LEAD = 100


class Relation(NamedTuple):
    """How targets follow from their history: ``offset + scale * feature``, `lead` rows later."""

    columns: tuple[int, ...]
    lead: int
    scale: np.ndarray
    offset: np.ndarray


def check_columns(columns: Any, n_targets: int, n_features: int, name: str) -> list[int]:
    """Check which features are the history of each target; None: the first ones.

    Raises
    ------
    ValueError
        If they are no positions, not as many as targets, or named twice.
    """
    chosen = list(range(n_targets) if columns is None else columns)
    if all(isinstance(c, Integral) and -n_features <= int(c) < n_features for c in chosen):
        found = [int(c) % n_features for c in chosen]
        if len(set(found)) == len(found) == n_targets:
            return found
    raise ValueError(
        f"{name}={columns} must name the position of the history of each target among the "
        f"features: {n_targets} different integers below {n_features}, the features per step of "
        f"X. None takes the first {n_targets}."
    )


def find_relation(
    windows: np.ndarray,
    y_first: np.ndarray,
    columns: Sequence[int],
    way_out: str,
    *,
    lead: int = 1,
) -> Relation:
    """`affine_relation` where the lead may be another than it is said to be: the first that fits.

    That is looked for where rows are one series in the order of time, and among them 0, a nowcast,
    whose target is in the row itself, in any order. Windows too short to tell what follows what
    are taken to hold the history.
    """
    pairs, eps = _pairs(windows, y_first, columns)
    n_samples, n_steps_in = windows.shape[:2]
    in_time = _follow(windows)
    n_leads = min(n_samples // 2, max(_MAX_LEAD, n_steps_in + 1)) if in_time else 0
    for candidate in (lead, *(c for c in (1, 0, *range(2, n_leads)) if c != lead)):
        n_least = 3 if candidate == lead else max(3, n_samples // 2)
        lines = [_line_in_time(x, y, candidate, eps, n_least) for x, y in pairs]
        found = [line for line in lines if line is not None]
        if len(found) == len(lines):
            scale, offset = np.transpose(found)
            return Relation(tuple(columns), candidate, scale, offset)
    if n_steps_in == 1 or (n_steps_in == 2 and not in_time):
        return Relation(tuple(columns), lead, np.ones(len(pairs)), np.zeros(len(pairs)))
    scale, offset = affine_relation(windows, y_first, columns, way_out, lead=lead)
    return Relation(tuple(columns), lead, scale, offset)


def find_season(windows: np.ndarray, targets: np.ndarray, relation: Relation) -> int:
    """Find the season whose naive forecast, the last value of the same season, errs least.

    Parameters
    ----------
    windows : ndarray of shape (n_samples, n_steps_in, n_features)
        The windows.
    targets : ndarray of shape (n_samples, n_steps_out, n_targets)
        Their targets.
    relation : Relation
        How these follow from their history.

    Returns
    -------
    season_length : int
        Rows until the season comes back, at most `n_steps_in`; the shortest of those that err at
        most 3 % more than the best. 1: the last value itself.
    """
    history = relation.offset + relation.scale * windows[..., list(relation.columns)]
    history[np.isinf(history)] = np.nan
    n_steps_in, ahead = windows.shape[1], relation.lead + np.arange(targets.shape[1])
    errors = np.array(
        [
            np.nanmean(np.abs(history[:, n_steps_in - 1 - -ahead % length] - targets))
            for length in range(1, n_steps_in + 1)
        ]
    )
    return int((errors <= 1.03 * errors.min()).argmax()) + 1


def affine_relation(
    windows: np.ndarray,
    y_first: np.ndarray,
    columns: Sequence[int],
    way_out: str,
    *,
    lead: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the lines that lead from features, as they were scaled, to the targets' units.

    If a feature is the target's own history, the first target of a row is what the window that ends
    `lead` rows later saw last; if it was scaled, all these pairs lie on one line. In the order of
    time the later row is `lead` places on. Where that does not fit, as in a table of several
    series, rows are told by their windows: without its last `lead` steps, the later one is the
    window of this row without its first. Rows whose windows are alike are compared as a whole.

    Parameters
    ----------
    windows : ndarray of shape (n_samples, n_steps_in, n_features)
        The windows; NaN or inf marks what is missing.
    y_first : ndarray of shape (n_samples, n_targets)
        The first step of the targets; NaN marks what is missing.
    columns : sequence of int
        Which features are the history of each target.
    way_out : str
        What the error adds for the user.
    lead : int, default=1
        Rows from the end of a window to the first target; at least 1.

    Returns
    -------
    scale, offset : ndarray of shape (n_targets,)
        The target is ``offset + scale * feature``. Exactly 1 and 0 where the two are equal up to
        rounding, and where they cannot be compared: fewer than three pairs are known, or the rows
        do not follow each other, as those of independent sequences.

    Raises
    ------
    ValueError
        If the features are not the targets' own history.
    """
    pairs, eps = _pairs(windows, y_first, columns)
    lines = [_line_in_time(x, y, lead, eps) for x, y in pairs]
    if None in lines and windows.shape[1] > lead:
        heads, tails = _hashes(windows[:, :-lead]), _hashes(windows[:, lead:])
        # One that stands still looks like its own next; one with gaps may have had none before it.
        is_later = (heads != tails) & ~np.isnan(windows).any(axis=(1, 2))
        lines = [_line_among(x, y, np.where(is_later, heads, 0), tails, eps) for x, y in pairs]
    found = [line for line in lines if line is not None]
    if len(found) == len(lines):
        scale, offset = np.transpose(found)
        return scale, offset
    target = lines.index(None)
    raise ValueError(
        f"Feature {columns[target]} of the windows is not the history of target {target}: {lead} "
        f"rows later (lead={lead}), its values are neither those of y nor on one line with them. "
        f"{_where(windows, y_first[:, target], lead)}make_supervised puts the history of the "
        f"targets first among the features, unless features=... gives another order. {way_out} A "
        f"scaler that is not linear, or has a scale for each series, cannot be undone. Among "
        f"several series, windows of more than lead steps are needed to tell which row follows "
        f"which."
    )


def _pairs(
    windows: np.ndarray, y_first: np.ndarray, columns: Sequence[int]
) -> tuple[list[tuple[np.ndarray, np.ndarray]], float]:
    """What each window saw last of a target, and its first target; and their rounding."""
    eps = float(max(np.finfo(windows.dtype).eps, np.finfo(y_first.dtype).eps))
    last = windows[:, -1, columns].astype(np.float64)
    return list(zip(last.T, y_first.astype(np.float64).T, strict=True)), eps


def _follow(windows: np.ndarray) -> bool:
    """Tell whether each row is the next of the one before; several series may take turns."""
    earlier, later = windows[:-1, 1:], windows[1:, :-1]
    return bool(((earlier == later) | ~np.isfinite(earlier) | ~np.isfinite(later)).all())


def _where(windows: np.ndarray, y: np.ndarray, lead: int) -> str:
    """Which features do hold the history, where some do."""
    every = list(range(windows.shape[2]))
    pairs, eps = _pairs(windows, np.tile(y[:, np.newaxis], len(every)), every)
    found = [c for c, (x, y) in enumerate(pairs) if _line_in_time(x, y, lead, eps)]
    return f"Feature {found[0]} is. " if found else ""


def _line_in_time(
    x: np.ndarray, y: np.ndarray, lead: int, eps: float, n_least: int = 0
) -> tuple[float, float] | None:
    """Scale and offset of the line that each `y` and the `x` so many rows later lie on, or None.

    Fewer than three points prove nothing; where there are fewer than `n_least`, none is found.
    """
    x, y = x[lead:], y[: len(y) - lead]
    is_known = np.isfinite(x) & np.isfinite(y)
    x, y = x[is_known], y[is_known]
    if len(x) < max(3, n_least):
        return None if n_least else (1.0, 0.0)
    low, high = x.argmin(), x.argmax()
    slope = (y[high] - y[low]) / (x[high] - x[low]) if x[high] > x[low] else 1.0
    for scale, offset in ((1.0, 0.0), (slope, y[low] - slope * x[low])):
        if scale and np.abs(offset + scale * x - y).max() <= _rounding(scale, x, y, eps):
            return float(scale), float(offset)
    return None


def _line_among(
    x: np.ndarray, y: np.ndarray, heads: np.ndarray, tails: np.ndarray, eps: float
) -> tuple[float, float] | None:
    """Scale and offset of the line from the last values `x` of windows to the targets `y`.

    Windows with equal `heads` follow those with such `tails`, in any order; 0 follows nothing.
    """
    is_known = np.isfinite(y)
    is_later = np.isfinite(x) & (heads != 0) & ~np.isin(heads, tails[~is_known])
    has_former = is_later & np.isin(heads, tails)
    if has_former.sum() < 3:
        return 1.0, 0.0
    has_later = is_known & np.isin(tails, heads[is_later])
    x, y, heads, tails = x[has_former], y[has_later], heads[has_former], tails[has_later]
    for scale, offset in _lines_between(x, np.unique(y)):
        if _are_among(heads, offset + scale * x, tails, y, _rounding(scale, x, y, eps)):
            return scale, offset
    # In time order all have one before them; of other rows, some are alike by chance.
    return None if has_former.sum() > 0.9 * is_later.sum() else (1.0, 0.0)


def _lines_between(x: np.ndarray, values: np.ndarray) -> Iterator[tuple[float, float]]:
    """Lines that may lead from `x` to sorted values: the identity, and those between the ranges."""
    yield 1.0, 0.0
    # The outermost targets may be the last of their series, which no window has seen.
    lows, highs = values[:3], values[:-4:-1]
    for first, last in [*product(lows, highs), *product(highs, lows)]:
        scale = (last - first) / np.ptp(x) if np.ptp(x) > 0 else 1.0
        if scale:
            yield float(scale), float(first - scale * x.min())


def _are_among(
    keys: np.ndarray, values: np.ndarray, said_keys: np.ndarray, said: np.ndarray, rounding: float
) -> bool:
    """Tell whether each value is, up to rounding, one that was said under its key, each once."""
    left: defaultdict[int, deque[float]] = defaultdict(deque)
    for key, value in sorted(zip(said_keys, said, strict=True)):
        left[key].append(value)
    for key, value in sorted(zip(keys, values, strict=True)):
        while left[key] and left[key][0] < value - rounding:
            left[key].popleft()
        if not left[key] or left[key].popleft() > value + rounding:
            return False
    return True


def _hashes(windows: np.ndarray) -> np.ndarray:
    """A number for each window, equal where they are equal."""
    return np.array([hash(window.tobytes()) for window in windows])


def _rounding(scale: float, x: np.ndarray, y: np.ndarray, eps: float) -> float:
    """How far a line through rounded numbers can miss them: it grows with spread and level."""
    level = np.abs(y).max() + np.abs(scale * x).max()
    return float(np.sqrt(eps) * np.ptp(y) + 8 * eps * level)
