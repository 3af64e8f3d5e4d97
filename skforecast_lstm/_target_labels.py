"""The labels that a forecaster's targets have: numbers in, dated labels and probabilities out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_float_dtype, is_numeric_dtype

from skforecast_lstm._labels import Labels, numbered_labels
from skforecast_lstm._pages import see
from skforecast_lstm._plain import PlainState
from skforecast_lstm._scoring import score_labels
from skforecast_lstm.framing import Frame

__all__ = ["TargetLabels"]


@dataclass
class TargetLabels(PlainState):
    """The labels of each target, which its steps share.

    Parameters
    ----------
    targets : DataFrame of shape (0, n_targets)
        Names and types of the targets.
    labels : Labels
        Their labels, one kind for each.
    """

    targets: pd.DataFrame
    labels: Labels

    @classmethod
    def of(cls, frame: Frame, y: pd.Series | pd.DataFrame) -> TargetLabels:
        """Find the labels of framed targets.

        Raises
        ------
        ValueError
            If a target contains decimals.
        """
        targets = frame.table.iloc[:, frame.targets]
        for name in targets.columns:
            known = targets[name].dropna()
            if is_float_dtype(known.dtype) and (known % 1 != 0).any():
                raise ValueError(
                    f"a classifier forecasts labels, and the target {name!r} contains decimals, "
                    f"such "
                    f"as {known[known % 1 != 0].iloc[0]}. Name the column of the labels as "
                    f"target=..., make labels of it, such as df[{name!r}] > limit, or take a "
                    f"regressor. {see('classification')}"
                )
        found = y.to_numpy(dtype=object).reshape(len(y), -1)
        return cls(targets.iloc[:0], Labels.of(found, len(frame.targets)))

    def numbers(self, y: Any) -> np.ndarray:
        """Numbers (n_rows, n_columns) of predicted labels."""
        y = np.asarray(y)
        return self.labels.numbers(y.reshape(len(y), -1))

    def probabilities(self, proba: Any, classes: Any, n_steps_out: int) -> np.ndarray:
        """What a classifier says, as an array of shape (n_most, n_rows, n_columns)."""
        n_columns = n_steps_out * self.labels.n_kinds
        return np.moveaxis(self.labels.probabilities(proba, classes, n_columns), -1, 0)

    def frame(self, numbers: np.ndarray, index: pd.Index) -> pd.DataFrame:
        """Dated labels of numbers (n_series, steps, n_targets), in the type of their target."""
        numbers = numbers.reshape(len(index), -1)
        columns = {}
        for place, (name, dtype) in enumerate(self.targets.dtypes.items()):
            found = Labels([self.labels.classes[place]]).labels(numbers[:, place])
            own = None if is_numeric_dtype(dtype) else dtype
            columns[name] = pd.Series(found, index=index, dtype=own)
        return pd.DataFrame(columns, index=index)

    def frame_of_probabilities(self, values: np.ndarray, index: pd.Index) -> pd.DataFrame:
        """Dated probabilities (n_series, steps, n_targets, n_most), by target and class."""
        values = values.reshape(len(index), self.labels.n_kinds, -1)
        by_target = zip(self.targets.columns, self.labels.classes, strict=True)
        pairs = [(name, label) for name, classes in by_target for label in classes.tolist()]
        parts = [values[:, k, : len(own)] for k, own in enumerate(self.labels.classes)]
        columns = pd.MultiIndex.from_tuples(pairs, names=["target", "class"])
        return pd.DataFrame(np.concatenate(parts, axis=1), index=index, columns=columns)

    def score(self, scoring: Any, truth: np.ndarray, values: np.ndarray) -> float:
        """Score forecasts, whose probabilities may be beside them.

        Parameters
        ----------
        scoring : str, callable or None
            A scorer of scikit-learn. None: the share of labels that are right.
        truth : ndarray of object of shape (n_rows, n_columns)
            The true labels, some of which may be new.
        values : ndarray of shape (n_rows, n_steps_out, n_targets, n_values)
            Numbers of labels, and the probabilities of each.

        Raises
        ------
        ValueError
            If the scorer takes one label for each row and there are more, or there are no
            probabilities.
        """
        numbered, own = numbered_labels(truth, self.labels.n_kinds)
        truth = own.labels(numbered)
        forecasts = self.labels.labels(values[..., 0].reshape(truth.shape))
        if scoring is None:
            return float(np.mean(truth == forecasts))
        proba = None
        if truth.shape[1] == 1:
            truth, forecasts = truth[:, 0], forecasts[:, 0]
            proba = values[:, 0, 0, 1:] if values.shape[3] > 1 else None
        return score_labels(scoring, truth, forecasts, self.labels.classes[0], proba)
