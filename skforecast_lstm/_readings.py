"""What a fitted model predicts, as columns of numbers: values and intervals, labels and proba."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from skforecast_lstm._labels import Labels
from skforecast_lstm._lines import Targets
from skforecast_lstm._pages import see
from skforecast_lstm._scores import proba_names
from skforecast_lstm.forecaster import predict_interval

__all__ = ["Reading", "reading_of"]


@dataclass
class NumberReading:
    """Read numbers, and the bounds of intervals of this coverage."""

    interval: float | None = None

    def values(self, model: Any, rows: Any, n_last: int, n_columns: int) -> np.ndarray:
        """Predict rows, of which the last are returned, as (n_last, n_columns, n_values)."""
        found = [model.predict(rows)]
        if self.interval is not None:
            found += predict_interval(model, rows, self.interval)
        found = [_of_columns(model, part, n_last, n_columns) for part in found]
        return np.stack(found, axis=-1)

    def columns(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Columns of the lines, from values of shape (n_lines, n_values)."""
        names = ["prediction", "lower", "upper"][: values.shape[1]]
        return dict(zip(names, values.T, strict=True))


@dataclass
class LabelReading:
    """Read labels as their numbers, and the probabilities of all of them where there are some.

    Parameters
    ----------
    labels : Labels
        Those of each target.
    """

    labels: Labels

    def values(self, model: Any, rows: Any, n_last: int, n_columns: int) -> np.ndarray:
        """Predict rows, of which the last are returned, as (n_last, n_columns, n_values).

        Classes that the model does not know have probability 0.
        """
        predicted = _of_columns(model, model.predict(rows), n_last, n_columns)
        proba = model.predict_proba(rows) if hasattr(model, "predict_proba") else None
        try:
            numbers = self.labels.numbers(predicted)[..., np.newaxis]
            if proba is None:
                return numbers
            said = self.labels.probabilities(proba, model.classes_, n_columns)
        except ValueError as error:
            name = type(model).__name__
            raise ValueError(f"{name} predicts what is no label of y: {error}") from error
        return np.concatenate([numbers, said[-n_last:]], axis=2)

    def columns(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Columns of the lines, from values of shape (n_lines, n_values)."""
        n_targets = self.labels.n_kinds
        by_target = values.reshape(-1, n_targets, values.shape[1])
        columns = {"prediction": self.labels.labels(by_target[..., 0]).ravel()}
        if values.shape[1] > 1:
            for target, classes in enumerate(self.labels.classes):
                for number, name in enumerate(proba_names(classes), start=1):
                    column = columns.setdefault(name, np.full(len(values), np.nan))
                    column[target::n_targets] = by_target[:, target, number]
        return columns


Reading = NumberReading | LabelReading


def reading_of(targets: Targets, interval: float | None = None) -> Reading:
    """What is read of models that predict these targets.

    Raises
    ------
    ValueError
        If it is an interval of labels.
    """
    if targets.labels is None:
        return NumberReading(interval)
    if interval is not None:
        raise ValueError(
            f"interval={interval} asks for bounds of numbers, but the estimator is a classifier. "
            f"Leave it out: how sure a forecast is, its probabilities say (proba_... in "
            f"predictions). {see('classification')}"
        )
    return LabelReading(targets.labels)


def _of_columns(model: Any, found: Any, n_last: int, n_columns: int) -> np.ndarray:
    """The last rows of what is predicted, as (n_last, n_columns)."""
    found = np.asarray(found)[-n_last:]
    if found.size != n_last * n_columns:
        raise ValueError(
            f"{type(model).__name__} predicts {found[0].size} values per row, but y has "
            f"{n_columns}."
        )
    return found.reshape(n_last, n_columns)
