"""How windows and targets relate: where a target's own history is, in which units, how far back."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

from skforecast_lstm._pages import see
from skforecast_lstm._samples import Chosen
from skforecast_lstm._windows import Windows

__all__ = [
    "Relation",
    "check_columns",
    "check_last_step",
    "find_relation",
    "relate_targets",
    "warn_of_units",
]

_ADVICE = (
    "window_norm brings forecasts back to the level of that history: if it is elsewhere, name its "
    "positions with history_columns=...; if it is not among the features, set window_norm=None "
    "(lstm__window_norm in a pipeline). Scale features by any linear scaler, all rows alike "
    "(several series: GroupScaler with pooled=True, without GroupTransformedTargetRegressor), or "
    "transform features and targets by the same fixed function, such as a log. Give y with the "
    "names of make_supervised, which tell its lead."
)

# Part of the rows that have to lie on one line, where a few may have been repaired or left out.
_MOST = 0.9


class Relation(NamedTuple):
    """How targets follow from their history: ``offset + scale * feature``, `lead` rows later.

    With `zeros`, what zero is in the units of the scaled targets. None: not known.
    """

    columns: tuple[int, ...]
    lead: int
    scale: np.ndarray
    offset: np.ndarray
    is_certain: bool = True
    zeros: np.ndarray | None = None


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


def relate_targets(samples: Chosen, columns: Sequence[int], lead: int) -> Relation:
    """Find how targets follow from their history, and check that all steps do.

    Raises
    ------
    ValueError
        If they do not.

    Warns
    -----
    UserWarning
        If they cannot be compared, and seem to be in different units.
    """
    windows, targets = samples.windows, samples.targets
    found = find_relation(windows, targets[:, 0], columns, _ADVICE, lead=lead)
    check_last_step(windows, targets[:, -1], found, targets.shape[1])
    warn_of_units(windows, targets[:, 0], found, _ADVICE)
    return found


def find_relation(
    windows: Windows,
    y_first: np.ndarray,
    columns: Sequence[int],
    advice: str,
    *,
    lead: int = 1,
) -> Relation:
    """Find the lines that lead from features, as they were scaled, to the targets.

    If a feature is the target's own history, the first target of a row is that feature, `lead` rows
    later in the same series; if it was scaled before the window, all these pairs lie on one line.

    Parameters
    ----------
    windows : Windows of shape (n_samples, n_steps_in, n_features)
        The windows.
    y_first : ndarray of shape (n_samples, n_targets)
        The first step of the targets; NaN marks what is missing.
    columns : sequence of int
        Which features are the history of each target.
    advice : str
        What the error adds for the user.
    lead : int, default=1
        Rows from the end of a window to the first target; at least 1.

    Returns
    -------
    relation : Relation
        The target is ``offset + scale * feature``; exactly 1 and 0 where the two are equal up to
        rounding. Not certain, and 1 and 0, where too few pairs are known, or the rows are
        independent sequences, of which none is the next of another.

    Raises
    ------
    ValueError
        If the features of a table are not the targets' own history.

    """
    pairs, eps = _pairs(windows, y_first, columns, lead)
    lines = [_line(x, y, eps) for x, y in pairs]
    found = [line for line in lines if line is not None]
    if len(found) == len(lines):
        scale, offset = np.transpose(found)
        return Relation(tuple(columns), lead, scale, offset)
    target = lines.index(None)
    _refuse_reversed(windows, y_first, columns, lead)
    if windows.is_table and np.isfinite(np.sum(pairs[target], axis=0)).sum() >= 3:
        raise ValueError(
            f"Feature {columns[target]} of the windows is not the history of target {target}: "
            f"{lead} rows later (lead={lead}), its values are neither those of y nor on one line "
            f"with them. {_where(windows, y_first[:, target], lead)}make_supervised puts the "
            f"history of the targets first among the features, unless features=... gives another "
            f"order. {advice} A scaler that is not linear, or has a scale for each series, cannot "
            f"be undone. {see('accuracy')}"
        )
    return Relation(
        tuple(columns), lead, np.ones(len(pairs)), np.zeros(len(pairs)), is_certain=False
    )


def check_last_step(
    windows: Windows, y_last: np.ndarray, relation: Relation, n_steps_out: int
) -> None:
    """Check that the last step of the targets has the scale of the first."""
    if not relation.is_certain:
        return
    lead = relation.lead + n_steps_out - 1
    pairs, eps = _pairs(windows, y_last, relation.columns, lead)
    for number, (x, y) in enumerate(pairs):
        line = _line(x, y, eps)
        ours = relation.scale[number], relation.offset[number]
        if line is not None and not np.allclose(line, ours, rtol=1e-3, atol=1e-3 * abs(ours[1])):
            raise ValueError(
                f"the steps of target {number} are scaled differently: the last one is "
                f"{line[1]:.4g} + {line[0]:.4g} * feature, the first one {ours[1]:.4g} + "
                f"{ours[0]:.4g} * feature. So the level of a window is not that of its "
                f"forecast. TransformedTargetRegressor scales each column of y by itself: give y "
                f"as it is, and target_scaler to the regressor. {see('accuracy')}"
            )


def _pairs(
    windows: Windows, y: np.ndarray, columns: Sequence[int], lead: int
) -> tuple[list[tuple[np.ndarray, np.ndarray]], float]:
    """What a feature is so many rows after each window, and its target; and their rounding."""
    eps = float(max(np.finfo(windows.dtype).eps, np.finfo(y.dtype).eps))
    later = _later(windows, columns, lead)
    return list(zip(later.T, y.astype(np.float64).T, strict=True)), eps


def _later(windows: Windows, columns: Sequence[int], lead: int) -> np.ndarray:
    """Values of features so many rows after each window in its series; NaN where there are none."""
    values = windows.table[:, columns].astype(np.float64)
    if not windows.is_table:  # in the order of the rows, if they have one
        return _shifted(values[windows.ends], lead)
    later = _shifted(values, lead)
    if windows.series is not None:
        later[windows.series != _shifted(windows.series.astype(float), lead)] = np.nan
    return later[windows.ends]


def _shifted(values: np.ndarray, lead: int) -> np.ndarray:
    """The values so many rows later."""
    later = np.full(values.shape, np.nan)
    later[: max(0, len(values) - lead)] = values[lead:]
    return later


def _refuse_reversed(windows: Windows, y: np.ndarray, columns: Sequence[int], lead: int) -> None:
    """Refuse sequences whose first step is the newest."""
    if windows.is_table or windows.n_steps == 1:
        return
    turned = windows.but(ends=windows.starts)
    pairs, eps = _pairs(turned, y, columns, lead)
    if all(_line(x, y, eps) is not None for x, y in pairs):
        raise ValueError(
            "the windows are in the wrong order: their first step, not their last, is the newest. "
            "Windows are read oldest step first: give X[:, ::-1], or make windows of a table of "
            f"lags with LagsToWindows. {see('windows')}"
        )


def warn_of_units(windows: Windows, y: np.ndarray, relation: Relation, advice: str) -> None:
    """Say where features and targets, which cannot be compared, seem to be in different units."""
    for number, column in enumerate(() if relation.is_certain else relation.columns):
        x, target = windows.table[windows.ends, column], y[:, number]
        x, target = x[np.isfinite(x)], target[np.isfinite(target)]
        if len(x) < 3 or len(target) < 3:
            continue
        spreads = np.std(x), np.std(target)
        is_near = abs(np.median(x) - np.median(target)) <= 3 * max(spreads)
        if not (is_near and max(spreads) <= 5 * min(spreads)):
            warnings.warn(
                f"window_norm takes feature {column} for the history of target {number}, in the "
                f"same units. That cannot be checked, as no row is the next of another, and it "
                f"does not look so: the feature is about {np.median(x):.4g} (deviation "
                f"{spreads[0]:.4g}), the target {np.median(target):.4g} ({spreads[1]:.4g}). "
                f"{advice} {see('accuracy')}",
                UserWarning,
                stacklevel=6,
            )


def _where(windows: Windows, y: np.ndarray, lead: int) -> str:
    """Which features do hold the history, where some do."""
    every = list(range(windows.shape[2]))
    pairs, eps = _pairs(windows, np.tile(y[:, np.newaxis], len(every)), every, lead)
    found = [c for c, (x, y) in enumerate(pairs) if _line(x, y, eps)]
    return f"Feature {found[0]} is. " if found else ""


def _line(x: np.ndarray, y: np.ndarray, eps: float) -> tuple[float, float] | None:
    """Scale and offset of the line that points lie on, but for a few that were repaired, or None.

    Fewer than three points prove nothing. Those of counts are often zero: of the points that are
    not at the commonest value of both, most have to be on the line as well.
    """
    is_known = np.isfinite(x) & np.isfinite(y)
    x, y = x[is_known], y[is_known]
    if len(x) < 3:
        return None
    order, last = x.argsort(), len(x) - 1
    ends = [(0.0, 1.0), (0.1, 0.9), (0.2, 0.6), (0.3, 0.8)]
    candidates = [(1.0, 0.0)]
    for low, high in (order[[round(last * end) for end in pair]] for pair in ends):
        slope = (y[high] - y[low]) / (x[high] - x[low]) if x[high] > x[low] else 1.0
        candidates.append((slope, y[low] - slope * x[low]))
    for scale, offset in candidates:
        is_on = np.abs(offset + scale * x - y) <= _rounding(scale, x, y, eps)
        if (
            scale
            and is_on.mean() >= _MOST
            and (is_on.all() or is_on[_are_rare(x, y)].mean() >= _MOST)
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


def _rounding(scale: float, x: np.ndarray, y: np.ndarray, eps: float) -> float:
    """How far a line through rounded numbers can miss them: it grows with spread and level."""
    level = np.abs(y).max() + np.abs(scale * x).max()
    return float(np.sqrt(eps) * np.ptp(y) + 8 * eps * level)
