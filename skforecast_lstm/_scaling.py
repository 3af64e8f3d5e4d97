"""Scales of features and targets: fitted once, on training rows, and applied."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.validation import has_fit_parameter

from skforecast_lstm._pages import see
from skforecast_lstm._windows import Windows

__all__ = [
    "Line",
    "fit_feature_scaler",
    "fit_target_scaler",
    "line_of",
    "scaled_windows",
    "through_scaler",
]

# The unit of targets that never vary, as a part of them.
_OF_CONSTANTS = 1e-6
_SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler}


class Line(NamedTuple):
    """A scale that is linear: a value becomes ``offset + scale * value``, column by column."""

    scale: Any = 1.0
    offset: Any = 0.0

    def inverted(self) -> Line:
        """The line back."""
        return Line(1 / self.scale, -self.offset / self.scale)

    def after(self, first: Line) -> Line:
        """Two lines, this one the later."""
        return Line(self.scale * first.scale, self.offset + self.scale * first.offset)


def line_of(scaler: Any, values: np.ndarray) -> Line | None:
    """Find the line that a scaler is for each column of values; None if it is none.

    Parameters
    ----------
    scaler : fitted transformer or None
        It takes and returns tables of as many columns.
    values : ndarray of shape (n_rows, n_columns)
        What it is to be linear for; NaN is missing.
    """
    low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    high = np.where(high > low, high, low + 1)
    values = low + (high - low) * np.linspace(0, 1, 8)[:, np.newaxis]
    scaled = through_scaler(scaler, "transform", values, values.shape[1])
    if not np.allclose(np.diff(scaled, axis=0), (scaled[-1] - scaled[0]) / 7, rtol=1e-3):
        return None
    scale = (scaled[-1] - scaled[0]) / (high - low)
    return Line(scale, scaled[0] - scale * low)


def fit_target_scaler(
    scaler: Any, targets: np.ndarray, weight: np.ndarray | None, n_scales: int
) -> Any:
    """Fit a scaler to targets.

    Parameters
    ----------
    scaler : {"standard", "minmax"}, transformer or None
        What scales. A transformer is cloned, never changed. None: nothing does.
    targets : ndarray of shape (n_rows, n_steps_out, n_targets)
        The targets.
    weight : ndarray of shape (n_rows,) or None
        Weights of the rows, for scalers that take them.
    n_scales : int
        Columns of the table that the scaler sees: the targets, or each step of them.

    Returns
    -------
    scaler : transformer or None
        Fitted to a table of `n_scales` columns.
    """
    params = {}
    scaler = _made(scaler)
    if weight is not None and has_fit_parameter(scaler, "sample_weight"):
        params["sample_weight"] = np.repeat(weight, targets[0].size // n_scales)
    table = targets.reshape(-1, n_scales)
    return scaler and _with_constants(scaler.fit(table, **params), table)


def _with_constants(scaler: Any, table: np.ndarray) -> Any:
    """A scaler by which targets that never vary stay what they are, whatever a network puts out.

    scikit-learn's take one for their scale, which may be anything in the targets' units.
    """
    middle, spread = np.abs(table).max(axis=0), np.ptp(table, axis=0)
    is_constant = spread <= 4 * np.finfo(table.dtype).eps * middle
    unit = _OF_CONSTANTS * np.where(middle > 0, middle, 1.0)
    if type(scaler) is StandardScaler and scaler.with_std:
        scaler.scale_ = np.where(is_constant, unit, scaler.scale_)
    elif type(scaler) is MinMaxScaler:
        scaler.scale_ = np.where(is_constant, 1 / unit, scaler.scale_)
        low = scaler.feature_range[0]
        scaler.min_ = np.where(is_constant, low - scaler.data_min_ * scaler.scale_, scaler.min_)
    return scaler


def fit_feature_scaler(scaler: Any, windows: Windows) -> Any:
    """Fit a scaler to the rows of the table that training windows read, each row once."""
    scaler = _made(scaler)
    return scaler and scaler.fit(windows.table[windows.are_read()])


def scaled_windows(scaler: Any, windows: Windows) -> Windows:
    """Windows of the scaled table."""
    if scaler is None:
        return windows
    table = np.asarray(scaler.transform(windows.table), dtype=windows.dtype)
    if table.shape != windows.table.shape:
        raise ValueError(
            f"feature_scaler={scaler!r} must keep the columns as they are, but made "
            f"{table.shape[1]} of {windows.table.shape[1]}. Put it before the window, as a step of "
            f"the pipeline, if it is to change them. {see('units')}"
        )
    return windows.but(table=table)


def through_scaler(scaler: Any, method: str, values: np.ndarray, n_scales: int) -> np.ndarray:
    """Hand values to a method of the scaler of targets."""
    if scaler is None:
        return values
    return np.asarray(getattr(scaler, method)(values.reshape(-1, n_scales))).reshape(values.shape)


def _made(scaler: Any) -> Any:
    """A scaler of one's own, not fitted."""
    if scaler is None:
        return None
    scaler = _SCALERS[scaler]() if isinstance(scaler, str) else clone(scaler)
    if hasattr(scaler, "set_output"):
        scaler.set_output(transform="default")  # whatever the user set for all transformers
    return scaler
