"""Bounds that forecasts are kept within."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["Bounds"]


@dataclass
class Bounds:
    """The least and the largest value of each target.

    Parameters
    ----------
    lower, upper : ndarray of shape (n_targets,)
        They are infinite where there is none.
    """

    lower: np.ndarray
    upper: np.ndarray

    @classmethod
    def none(cls) -> Bounds:
        """Bounds of any number of targets that keep every value."""
        return cls(np.array([-np.inf]), np.array([np.inf]))

    @classmethod
    def of(cls, lower: Any, upper: Any, targets: Sequence[str]) -> Bounds:
        """Read bounds for all targets, or by the name of each.

        Raises
        ------
        ValueError
            If one is no number, a target is not known, or none is between them.
        """
        bounds = cls(
            _by_target(lower, -np.inf, "lower", targets),
            _by_target(upper, np.inf, "upper", targets),
        )
        if not (bounds.lower < bounds.upper).all():
            raise ValueError(
                f"lower must be less than upper for every target, got lower={lower!r} and "
                f"upper={upper!r}."
            )
        return bounds

    @property
    def keep_all(self) -> bool:
        """Tell whether there are none."""
        return bool(np.isinf(self.lower).all() and np.isinf(self.upper).all())

    def clip(self, values: np.ndarray) -> np.ndarray:
        """Values of shape (..., n_targets, n_values), those beyond a bound moved to it."""
        if self.keep_all:
            return values
        return np.clip(values, self.lower[:, np.newaxis], self.upper[:, np.newaxis])

    def warn_if_passed(self, table: pd.DataFrame) -> None:
        """Say which targets were beyond their bounds, where forecasts will never be."""
        if self.keep_all:
            return
        values = table.to_numpy(dtype=float, na_value=np.nan)
        beyond = ((values < self.lower) | (values > self.upper)).sum(axis=0)
        if beyond.any():
            counts = dict(zip(table.columns, beyond.tolist(), strict=True))
            warnings.warn(
                f"values of the targets are beyond lower and upper, so many of each: {counts}. No "
                f"forecast will be there: widen the bounds, or correct the table.",
                UserWarning,
                stacklevel=4,
            )


def _by_target(bound: Any, none: float, name: str, targets: Sequence[str]) -> np.ndarray:
    """One bound per target."""
    named = bound if isinstance(bound, Mapping) else dict.fromkeys(targets, bound)
    named = {str(target): none if value is None else value for target, value in named.items()}
    unknown = [target for target in named if target not in targets]
    is_number = all(isinstance(value, Real) and value == value for value in named.values())
    if unknown or not is_number:
        raise ValueError(
            f"{name} must be a number, or a dict of numbers by target, which are {list(targets)}; "
            f"got {bound!r}."
        )
    return np.array([float(named.get(target, none)) for target in targets])
