"""How windows and targets relate: where a target's own history is, in which units, how far back."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from itertools import product
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

__all__ = [
    "Relation",
    "affine_relation",
    "check_columns",
    "check_last_step",
    "find_relation",
    "find_season",
    "same_season",
]

# Longest lead that is looked for in short windows, in rows.
_MAX_LEAD = 100
# Part of the rows that have to lie on one line, where a few may have been repaired or left out.
_MOST = 0.9
# What is said of features and targets that cannot be compared.
_UNKNOWN = (1.0, 0.0)


class Relation(NamedTuple):
    """How targets follow from their history: ``offset + scale * feature``, `lead` rows later."""

    columns: tuple[int, ...]
    lead: int
    scale: np.ndarray
    offset: np.ndarray
    is_certain: bool = True


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
    """`affine_relation` where rows may be missing, and the lead another than it is said to be.

    That is looked for where rows are one series in the order of time, and among the leads 0, a
    nowcast, whose target is in the row itself, in any order. Where rows cannot be compared, the
    relation is not certain: the identity, or the line between means and deviations where these are
    not alike.
    """
    pairs, eps = _pairs(windows, y_first, columns)
    n_samples, n_steps_in = windows.shape[:2]
    in_time = _follow(windows)
    n_leads = min(n_samples // 2, max(_MAX_LEAD, n_steps_in + 1)) if in_time else 0
    for candidate in (lead, *(c for c in (1, 0, *range(2, n_leads)) if c != lead)):
        n_least = 3 if candidate == lead else max(3, n_samples // 2)
        lines = [_line_in_time(x, y, candidate, eps, n_least, _MOST) for x, y in pairs]
        found = [line for line in lines if line is not None]
        if len(found) == len(lines):
            return _relation(columns, candidate, found, pairs)
    found = [_UNKNOWN for _ in pairs]
    if n_steps_in > 2 or (n_steps_in == 2 and in_time):
        found = _affine_lines(windows, y_first, columns, way_out, lead, in_time=in_time)
    return _relation(columns, lead, found, pairs)


def check_last_step(
    windows: np.ndarray, y_last: np.ndarray, relation: Relation, n_steps_out: int
) -> None:
    """Check that the last step of the targets has the scale of the first, in the order of time."""
    pairs, eps = _pairs(windows, y_last, relation.columns)
    if not (relation.is_certain and _follow(windows)):
        return
    for number, (x, y) in enumerate(pairs):
        line = _line_in_time(x, y, relation.lead + n_steps_out - 1, eps, 3, _MOST)
        ours = relation.scale[number], relation.offset[number]
        if line is not None and not np.allclose(line, ours, rtol=1e-3, atol=1e-3 * abs(ours[1])):
            raise ValueError(
                f"the steps of target {number} are scaled differently (the last one is "
                f"{line[1]:.4g} + {line[0]:.4g} * feature, the first one {ours[1]:.4g} + "
                f"{ours[0]:.4g} * feature), so that the level of a window is not that of its "
                f"forecast. TransformedTargetRegressor scales each column of y by itself: give y "
                f"as it is, and target_scaler to the regressor."
            )


def _relation(columns: Sequence[int], lead: int, lines: Sequence[Any], pairs: Any) -> Relation:
    is_certain = all(line is not _UNKNOWN for line in lines)
    lines = [
        _likely_line(x, y) if line is _UNKNOWN else line
        for line, (x, y) in zip(lines, pairs, strict=True)
    ]
    scale, offset = np.transpose(lines)
    return Relation(tuple(columns), lead, scale, offset, is_certain)


def _likely_line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """The identity, if features and targets are alike; else what makes them so."""
    x, y = x[np.isfinite(x)], y[np.isfinite(y)]
    if not (len(x) and len(y)):
        return _UNKNOWN
    spreads = np.std(x), np.std(y)
    is_near = abs(np.median(x) - np.median(y)) <= 3 * max(spreads)
    if is_near and max(spreads) <= 5 * min(spreads):
        return _UNKNOWN
    scale = spreads[1] / spreads[0] if min(spreads) > 0 else 1.0
    return float(scale), float(np.mean(y) - scale * np.mean(x))


def same_season(ahead: np.ndarray, season_length: int) -> np.ndarray:
    """Positions, from the end of a window, of the last steps in the season of rows so far ahead."""
    return -1 - -ahead % season_length


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
    ahead, lengths = relation.lead + np.arange(targets.shape[1]), range(1, windows.shape[1] + 1)
    errors = [np.abs(history[:, same_season(ahead, length)] - targets) for length in lengths]
    means = np.array([np.nanmean(e) if np.isfinite(e).any() else np.inf for e in errors])
    return int((means <= 1.03 * means.min()).argmax()) + 1


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
    scale, offset = np.transpose(_affine_lines(windows, y_first, columns, way_out, lead))
    return scale, offset


def _affine_lines(
    windows: np.ndarray,
    y_first: np.ndarray,
    columns: Sequence[int],
    way_out: str,
    lead: int,
    *,
    in_time: bool = False,
) -> list[tuple[float, float]]:
    """The lines of `affine_relation`, one per target; only in time, where that is certain."""
    pairs, eps = _pairs(windows, y_first, columns)
    lines = [_line_in_time(x, y, lead, eps) for x, y in pairs]
    if None in lines and windows.shape[1] > lead and not in_time:
        heads, tails = _hashes(windows[:, :-lead]), _hashes(windows[:, lead:])
        # One that stands still looks like its own next; one with gaps may have had none before it.
        is_later = (heads != tails) & ~np.isnan(windows).any(axis=(1, 2))
        lines = [_line_among(x, y, np.where(is_later, heads, 0), tails, eps) for x, y in pairs]
    found = [line for line in lines if line is not None]
    if len(found) == len(lines):
        return found
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
    """Tell whether rows are the next of the one before, but for a few; series may take turns."""
    if windows.shape[1] == 1:
        return False  # nothing to compare
    rows = np.linspace(0, len(windows) - 2, min(len(windows) - 1, 1_000)).astype(int)
    earlier, later = windows[rows, 1:], windows[rows + 1, :-1]
    follows = (earlier == later) | ~np.isfinite(earlier) | ~np.isfinite(later)
    return bool(follows.all(axis=(1, 2)).mean() >= _MOST) if len(rows) else True


def _where(windows: np.ndarray, y: np.ndarray, lead: int) -> str:
    """Which features do hold the history, where some do."""
    every = list(range(windows.shape[2]))
    pairs, eps = _pairs(windows, np.tile(y[:, np.newaxis], len(every)), every)
    found = [c for c, (x, y) in enumerate(pairs) if _line_in_time(x, y, lead, eps)]
    return f"Feature {found[0]} is. " if found else ""


def _line_in_time(
    x: np.ndarray, y: np.ndarray, lead: int, eps: float, n_least: int = 0, share: float = 1.0
) -> tuple[float, float] | None:
    """Scale and offset of the line that each `y` and the `x` so many rows later lie on, or None.

    Fewer than three points prove nothing; where there are fewer than `n_least`, none is found.
    A `share` of the points is enough, and of those that are not the commonest value twice.
    """
    x, y = x[lead:], y[: len(y) - lead]
    is_known = np.isfinite(x) & np.isfinite(y)
    x, y = x[is_known], y[is_known]
    if len(x) < max(3, n_least):
        return None if n_least else _UNKNOWN
    order, last = x.argsort(), len(x) - 1
    ends = [(0.0, 1.0)] if share == 1 else [(0.0, 1.0), (0.1, 0.9), (0.2, 0.6), (0.3, 0.8)]
    candidates = [(1.0, 0.0)]
    for low, high in (order[[round(last * end) for end in pair]] for pair in ends):
        slope = (y[high] - y[low]) / (x[high] - x[low]) if x[high] > x[low] else 1.0
        candidates.append((slope, y[low] - slope * x[low]))
    for scale, offset in candidates:
        is_on = np.abs(offset + scale * x - y) <= _rounding(scale, x, y, eps)
        if (
            scale
            and is_on.mean() >= share
            and (is_on.all() or is_on[_are_rare(x, y)].mean() >= share)
        ):
            return float(scale), float(offset)
    return None


def _are_rare(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Tell which points are not at the commonest value of both: those of counts are often zero."""
    commonest = []
    for values in (x, y):
        found, counts = np.unique(values, return_counts=True)
        commonest.append(values == found[counts.argmax()])
    is_rare = ~(commonest[0] & commonest[1])
    return is_rare if is_rare.any() else np.ones(len(x), dtype=bool)


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
        return _UNKNOWN
    has_later = is_known & np.isin(tails, heads[is_later])
    x, y, heads, tails = x[has_former], y[has_later], heads[has_former], tails[has_later]
    for scale, offset in _lines_between(x, np.unique(y)):
        if _are_among(heads, offset + scale * x, tails, y, _rounding(scale, x, y, eps)):
            return scale, offset
    # In time order all have one before them; of other rows, some are alike by chance.
    return None if has_former.sum() > 0.9 * is_later.sum() else _UNKNOWN


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
