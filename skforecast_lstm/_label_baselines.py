"""How often each label was: what a classifier of a backtest has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from skforecast_lstm._labels import Labels, label_array
from skforecast_lstm._lines import Series, Targets

__all__ = ["label_baselines"]


def label_baselines(
    names: Sequence[str], targets: Targets, series: Series, season_length: int
) -> dict[str, tuple[LabelFrequencies, pd.DataFrame]]:
    """Baselines of these names, each with its features."""
    given = {"naive": "last", "most_frequent": None, "seasonal_naive": "phase"}
    known = _known_at_origin(targets, series, season_length)
    labels: Any = targets.labels
    return {name: (LabelFrequencies(labels, given[name]), known) for name in names}


def _known_at_origin(targets: Targets, series: Series, season_length: int) -> pd.DataFrame:
    """What baselines know at each row, and which rows its targets belong to.

    Returns
    -------
    table : DataFrame
        Columns of two levels. "row": the number of the row. "last", by target: the number of the
        label that was last seen at the origin, that of the row itself, or with ``lead=0`` of the
        row before. "phase", by step: that of the season in the row that is predicted. "at", by
        step: the number of that row, or of one after all others.
    """
    n_rows, n_steps, n_targets = targets.truth.shape
    last = np.full((n_rows, n_targets), np.nan)
    at = np.full((n_rows, n_steps), n_rows)
    phase = np.empty((n_rows, n_steps), dtype=int)
    ahead = targets.lead + np.arange(n_steps)
    n_late = max(targets.lead, 1)
    for rows in series.positions():
        last[rows[n_late:]] = targets.truth[rows[:-n_late], 0]
        places = np.add.outer(np.arange(len(rows)), ahead)
        phase[rows] = places % season_length
        is_there = places < len(rows)
        at[rows] = np.where(is_there, rows[np.where(is_there, places, 0)], n_rows)
    parts = {"row": np.arange(n_rows)[:, np.newaxis], "last": last, "phase": phase, "at": at}
    return pd.concat({name: pd.DataFrame(part) for name, part in parts.items()}, axis=1)


class LabelFrequencies(ClassifierMixin, BaseEstimator):
    """Predict how often each label was in training, given what is known at the origin.

    Labels of rows after the last training row, which targets of the last training rows are, are
    left out. A frequency counts one row more than there were: its label is shared out as all
    training labels are, and among these one more is shared evenly. So what was never seen with what
    is given is not impossible. Labels that were never seen in training are, unless they are
    booleans, or 0 and 1.

    Parameters
    ----------
    labels : Labels
        Those of each target.
    given : {"last", "phase", None}
        Columns of the features whose values the frequencies are those of. None: of all rows. Rows
        in which they are missing have the frequencies of all rows.
    """

    def __init__(self, labels: Labels, given: str | None) -> None:
        self.labels = labels
        self.given = given

    def fit(self, X: pd.DataFrame, y: Any) -> LabelFrequencies:
        """Count labels.

        Raises
        ------
        ValueError
            If none of a target is known.
        """
        keys = self._keys(X)
        numbers = self.labels.numbers(label_array(y).reshape(keys.shape))
        numbers[X["at"].to_numpy() > X["row"].to_numpy().max()] = np.nan
        self.proba_ = [
            _frequencies(keys[..., target], numbers[..., target], classes)
            for target, classes in enumerate(self.labels.classes)
        ]
        self.classes_ = self.labels.classes * keys.shape[1]
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Predict the label that was last seen if it is given, else the most frequent."""
        proba = self.predict_proba(X)
        keys = self._keys(X)
        numbers = np.stack([part.argmax(axis=1) for part in proba], axis=1).reshape(keys.shape)
        if self.given == "last":
            numbers = np.where(keys < 0, numbers, keys)
        return self.labels.labels(numbers).reshape(len(X), -1)

    def predict_proba(self, X: pd.DataFrame) -> list[np.ndarray]:
        """Return the frequencies of the classes, one array for each step and target."""
        keys, found = self._keys(X), []
        for step, target in np.ndindex(*keys.shape[1:]):
            by_key = self.proba_[target][step]
            own = keys[:, step, target]
            # The last are those of all rows.
            found.append(by_key[np.where(own < len(by_key) - 1, own, -1)])
        return found

    def _keys(self, X: pd.DataFrame) -> np.ndarray:
        """What is given, as numbers of shape (n, n_steps, n_targets); -1 where it is missing."""
        shape = len(X), len(X["at"].columns), self.labels.n_kinds
        if self.given is None:
            return np.full(shape, -1)
        values = X[self.given].to_numpy(dtype=float)
        by_line = values[:, np.newaxis] if self.given == "last" else values[..., np.newaxis]
        return np.broadcast_to(np.where(np.isnan(by_line), -1, by_line).astype(int), shape)


def _frequencies(keys: np.ndarray, numbers: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Frequencies of shape (n_steps, n_keys + 1, n_classes), last those of all rows."""
    n_steps, n_keys = keys.shape[1], max(keys.max(), -1) + 1
    counts = np.zeros((n_steps, n_keys + 1, len(classes)))
    rows, steps = np.nonzero(~np.isnan(numbers))
    np.add.at(counts, (steps, keys[rows, steps], numbers[rows, steps].astype(int)), 1)
    every = counts.sum(axis=1, keepdims=True)
    is_seen = (every > 0).any(axis=0, keepdims=True) | ([*classes] == [0, 1])
    if not is_seen.any():
        raise ValueError("y must hold a label that is known, but all of it is missing in training.")
    every = _add_one(every, is_seen / is_seen.sum())
    return np.concatenate([_add_one(counts[:, :-1], every), every], axis=1)


def _add_one(counts: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Shares of counts and of one more, which is divided into these shares."""
    return (counts + share) / (counts.sum(axis=-1, keepdims=True) + 1)
