"""Targets: their layouts, the names of their columns, and how many of them have a scale."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from sklearn.base import RegressorMixin
from sklearn.utils import check_array, check_consistent_length

from skforecast_lstm._containers import as_rows
from skforecast_lstm._decimals import number_advice
from skforecast_lstm._inspect import advise_classifier
from skforecast_lstm._lags import order_of_columns, warn_of_holes, warn_of_reversed
from skforecast_lstm._pages import see
from skforecast_lstm._scoring import r2_of_known
from skforecast_lstm._validation import FLOATS, Tags, check_integer

__all__ = [
    "FramedMixin",
    "FramedRegressorMixin",
    "by_step",
    "check_targets",
    "count_scales",
    "count_targets",
    "find_lead",
    "parse_step_name",
    "parse_step_names",
    "step_name",
    "text_is_named",
]

_CHECKS_OF_Y: dict[str, Any] = {
    "dtype": FLOATS,
    "ensure_2d": False,
    "allow_nd": True,
    "ensure_all_finite": "allow-nan",
}
_STEP_NAME = re.compile(r"^(?P<column>.*)\(t(?P<step>\+\d+)?\)$")


class FramedMixin:
    """What estimators share that take windows, and targets in any layout of the row contract."""

    n_targets: int | None
    n_steps_out_: int
    n_targets_: int
    _y_shape: tuple[int, ...]
    _y_dtype: Any
    # That of the columns of a 2-D X in fit; None after a fit on 3-D windows.
    _lag_order: np.ndarray | slice | None = None

    def _note_layout(self, y: np.ndarray, targets: np.ndarray, *, reset: bool) -> None:
        """Remember the layout of targets, or check that they have the one that is known."""
        _, n_steps_out, n_targets = targets.shape
        if reset:
            self._y_shape, self._y_dtype = y.shape[1:], y.dtype
            self.n_steps_out_, self.n_targets_ = n_steps_out, n_targets
        elif (n_steps_out, n_targets) != (self.n_steps_out_, self.n_targets_):
            raise ValueError(
                f"y has {n_steps_out} steps of {n_targets} targets, but {type(self).__name__} was "
                f"fitted with {self.n_steps_out_} of {self.n_targets_}."
            )

    def _oldest_first(self, X: np.ndarray, names: Any, *, reset: bool) -> np.ndarray:
        """Windows of shape (n_samples, n_steps_in, 1) from columns, in the order of their names."""
        owner, order = type(self).__name__, self._lag_order
        if reset or order is None:
            order = order_of_columns(names, owner)
        if reset:
            self._lag_order = order
            warn_of_holes(names, owner)
            warn_of_reversed(X[:, order], owner)
        return X[:, order, np.newaxis]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        tags.target_tags.required = True
        return tags


class FramedRegressorMixin(RegressorMixin, FramedMixin):
    """The same of regressors: their targets are numbers."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Coefficient of determination of the predictions, averaged over steps and targets.

        Rows with NaN in `y`, or in the prediction, are left out.

        Parameters
        ----------
        X : array-like
            The rows, or their windows, as for ``predict``.
        y : array-like in any of the layouts of ``fit``
            The truth, in its units.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        score : float
            R², at most 1.

        Raises
        ------
        ValueError
            If every row misses something.
        """
        y = check_array(as_rows(y), input_name="y", estimator=self, **_CHECKS_OF_Y)
        return r2_of_known(y, self.predict(X), sample_weight)

    def _check_targets(self, y: Any, rows: Any, *, reset: bool) -> np.ndarray:
        """Return targets of shape (n, n_steps_out, n_targets), for as many rows as these."""
        y, targets = check_targets(as_rows(y), rows, self.n_targets, self)
        self._note_layout(y, targets, reset=reset)
        return targets

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


def step_name(name: Any, step: int) -> str:
    """Name of a column's value so many rows ahead: ``"sales(t+1)"``."""
    return f"{name}(t+{step})" if step else f"{name}(t)"


def parse_step_name(name: Any) -> tuple[str, int] | None:
    """Column and step of a name like ``"sales(t+1)"``, else None."""
    match = _STEP_NAME.match(str(name))
    return match and (match["column"], int(match["step"] or 0))


def parse_step_names(names: Any) -> tuple[list[str], list[int]] | None:
    """Targets and steps of columns named like ``"sales(t+1)"`` in time-major order, else None."""
    pairs = [parse_step_name(name) for name in ([] if names is None else names)]
    if not pairs or None in pairs:
        return None
    targets, steps = (list(dict.fromkeys(part)) for part in zip(*filter(None, pairs), strict=True))
    is_time_major = pairs == [(target, step) for step in steps for target in targets]
    return (targets, steps) if is_time_major else None


def count_targets(names: Any) -> int:
    """Targets per step, where the columns are named like ``"sales(t+1)"``; else one."""
    parsed = parse_step_names(names)
    return 1 if parsed is None else len(parsed[0])


def find_lead(y: Any, n_steps_out: int, rows_ahead: int | None) -> int:
    """Rows from an origin to its first target; a nowcast counts as one.

    The names of `y` tell, else how many rows its `n_steps_out` steps reach ahead; else it is 1.
    """
    names = y.columns if hasattr(y, "columns") else [getattr(y, "name", None)]
    parsed = parse_step_names(names)
    if parsed is not None:
        return max(1, parsed[1][0])
    return 1 if rows_ahead is None else max(1, rows_ahead - n_steps_out + 1)


def by_step(y: np.ndarray, names: Any = None, n_targets: int | None = None) -> np.ndarray:
    """View targets of any layout as (n_rows, n_steps_out, n_targets).

    Parameters
    ----------
    y : ndarray of shape (n_rows,), (n_rows, n_steps_out * n_targets) or \
            (n_rows, n_steps_out, n_targets)
        The targets; in 2-D, all of the first step, then of the second, ...
    names : sequence, default=None
        Names of the columns in 2-D, which may tell how many targets there are.
    n_targets : int, default=None
        What the user says about it.

    Raises
    ------
    ValueError
        If the layout is none of these, or `n_targets` contradicts it.
    """
    if y.ndim not in (1, 2, 3):
        raise ValueError(
            f"y must be 1-D (n_samples,), 2-D (n_samples, n_steps_out * n_targets) or 3-D "
            f"(n_samples, n_steps_out, n_targets), got shape {y.shape}. {see('windows')}"
        )
    if n_targets is not None:
        check_integer(n_targets, "n_targets", 1)
    n_found = y.shape[2] if y.ndim == 3 else n_targets or count_targets(names)
    if n_targets not in (None, n_found) or np.prod(y.shape[1:], dtype=int) % n_found:
        raise ValueError(
            f"n_targets={n_targets} does not fit y of shape {y.shape}: y must be "
            f"(n_samples, n_steps_out * n_targets) in time-major order, or (n_samples, "
            f"n_steps_out, n_targets). {see('windows')}"
        )
    return y.reshape(len(y), -1, n_found)


def check_targets(
    y: Any, rows: Any, n_targets: int | None, owner: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Check the targets given to ``fit``; NaN may mark what is not known.

    Returns
    -------
    y : ndarray
        As it was given, in floats.
    targets : ndarray of shape (n_rows, n_steps_out, n_targets)
        A view of them.
    """
    if y is None:
        raise ValueError(
            f"This {type(owner).__name__} estimator requires y to be passed, but the target y is "
            f"None. X, y = make_supervised(df, n_steps_out=...) makes both of a table, and a "
            f"Forecaster is fitted to the table itself. {see('start')}"
        )
    names = getattr(y, "columns", None)
    with text_is_named(y, owner):
        y = check_array(y, input_name="y", estimator=owner, **_CHECKS_OF_Y)
    check_consistent_length(rows, y)
    return y, by_step(y, names, n_targets)


@contextlib.contextmanager
def text_is_named(y: Any, owner: Any) -> Iterator[None]:
    """Name the classifier to take, where targets are text and the estimator is a regressor.

    Raises
    ------
    ValueError
        If a string cannot be converted: it names the columns.
    """
    try:
        yield
    except ValueError as error:
        if "could not convert string" not in str(error):
            raise
        is_table = isinstance(y, pd.DataFrame)
        table = pd.DataFrame(y if is_table else np.asarray(y).reshape(len(y), -1))
        table = y.to_frame() if isinstance(y, pd.Series) else table
        dtypes = table.infer_objects().dtypes
        columns = list(table.columns[[not is_numeric_dtype(dtype) for dtype in dtypes]])
        way = number_advice({_STEP_NAME.sub(r"\g<column>", str(c)): table[c] for c in columns})
        advice = (
            f"{way} Do so before make_supervised. {see('start')}"
            if way
            else (
                f"{advise_classifier(owner)} If the text means numbers, use pd.to_numeric(...). "
                f"{see('classification')}"
            )
        )
        raise ValueError(
            f"y must hold numbers, got text in {columns} ({error}). {advice}"
        ) from error


def count_scales(shape: Sequence[int], names: Any, n_targets: int | None) -> int:
    """Count the columns that targets are to be scaled in, each by itself.

    All steps of a target share a scale. Where nothing says which columns of a 2-D `y` are steps of
    one target, neither names nor `n_targets`, every column has its own: one of them may be a
    million times as large as the next.

    Parameters
    ----------
    shape : sequence of int
        That of a row of `y`.
    names : sequence or None
        Names of its columns.
    n_targets : int or None
        What the user says about it.
    """
    if len(shape) == 2:
        return shape[1]
    if n_targets is not None:
        return n_targets
    n_columns = shape[0] if shape else 1
    return n_columns if parse_step_names(names) is None else count_targets(names)
