"""What a fit trains on: complete windows with their targets and weights, and what is held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skforecast_lstm._pages import see
from skforecast_lstm._validation import complete_rows
from skforecast_lstm._windows import Windows

__all__ = ["Chosen", "check_weights"]


@dataclass
class Chosen:
    """Samples: windows, targets (n, n_steps_out, n_targets), and weights or None.

    With `counts`, what an error of each of them counts beside its weight.
    """

    windows: Windows
    targets: np.ndarray
    weight: np.ndarray | None = None
    counts: np.ndarray | None = None

    def __getitem__(self, rows: np.ndarray) -> Chosen:
        given = self.weight, self.counts
        weights = (None if values is None else values[rows] for values in given)
        return Chosen(self.windows[rows], self.targets[rows], *weights)

    def in_loss(self) -> np.ndarray | None:
        """What each sample weighs in the loss; None: all alike."""
        if self.weight is None or self.counts is None:
            return self.counts if self.weight is None else self.weight
        return self.weight * self.counts

    def complete(self, *, can_skip: bool, names: tuple[str, str] = ("X", "y")) -> Chosen:
        """Those to train on: nothing missing in window or targets, and some weight.

        With `can_skip`, the oldest steps of a window may be missing.
        """
        windows = self.windows
        is_known = windows.can_be_completed() if can_skip else windows.are_complete()
        lacks_y = np.isnan(self.targets).any(axis=(1, 2))
        is_complete = complete_rows(~is_known, lacks_y, (f"their window ({names[0]})", names[1]))
        if self.weight is not None:
            is_complete &= self.weight > 0
            if not is_complete.any():
                raise ValueError(
                    "sample_weight is zero for every complete sample: nothing to train on."
                )
        return self[np.flatnonzero(is_complete)]

    def hold_out_last(self, fraction: float, rows_ahead: int) -> tuple[Chosen, Chosen]:
        """Split in time; samples whose targets reach past the border go to neither part."""
        first, last = self.windows.parted(fraction, rows_ahead)
        if not len(first):
            raise ValueError(
                f"early_stopping=True with validation_fraction={fraction} leaves no sample to "
                f"train on. {len(last)} of {len(self.targets)} complete samples are held out, and "
                f"the targets of those before them are up to {rows_ahead} rows ahead. Give more "
                f"rows, a smaller fraction, or X_val and y_val. {see('training')}"
            )
        return self[first], self[last]


def check_weights(weight: np.ndarray) -> None:
    """Refuse weights that are negative, or all zero."""
    if (weight < 0).any() or not weight.any():
        raise ValueError(
            "sample_weight must not be negative, and some must be positive: there is nothing to "
            f"train on, got weights from {weight.min()} to {weight.max()}."
        )
