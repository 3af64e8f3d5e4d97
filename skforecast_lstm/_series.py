"""Many series in one table, stacked one below the other."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from skforecast_lstm._dates import steps_between
from skforecast_lstm._pages import see
from skforecast_lstm._plain import PlainState
from skforecast_lstm._validation import encode_groups

__all__ = ["Stacked", "find_labels", "ranges"]


@dataclass
class Stacked(PlainState):
    """Rows of a table: those of a series in the order of time, one series after the other.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
        The rows.
    labels : list
        Those of the series; [None] if there is one.
    borders : ndarray of int of shape (n_series + 1,)
        The first row of each series, and the number of rows.
    """

    table: pd.DataFrame
    labels: list[Any]
    borders: np.ndarray

    @classmethod
    def of(cls, table: pd.DataFrame, group: int | None) -> Stacked:
        """Stack a table in time order; `group` is the position of the labels."""
        if group is None:
            return cls(table, [None], np.array([0, len(table)]))
        codes, labels = encode_groups(table.iloc[:, group])
        return cls.by_number(table, codes, labels.tolist())

    @classmethod
    def by_number(cls, table: pd.DataFrame, codes: np.ndarray, labels: list[Any]) -> Stacked:
        """Stack a table; `codes` are the positions of the label of each row."""
        order = np.argsort(codes, kind="stable")
        borders = np.concatenate([[0], np.bincount(codes, minlength=len(labels)).cumsum()])
        return cls(table.iloc[order], labels, borders)

    @property
    def index(self) -> pd.Index:
        """When the rows were."""
        return self.table.index

    @property
    def lengths(self) -> np.ndarray:
        """How many rows each series has."""
        return np.diff(self.borders)

    @property
    def ends(self) -> np.ndarray:
        """The last row of each series."""
        return self.borders[1:] - 1

    @functools.cached_property
    def codes(self) -> np.ndarray:
        """The number of the series of each row."""
        return np.repeat(np.arange(len(self.labels)), self.lengths)

    @functools.cached_property
    def numbers(self) -> dict[Any, int]:
        """The number of each series, by its label."""
        return {label: number for number, label in enumerate(self.labels)}

    def part(self, number: int) -> pd.DataFrame:
        """The rows of a series."""
        return self.table.iloc[slice(*self.borders[number : number + 2])]

    def are_last(self, n_rows: int) -> np.ndarray:
        """Tell which rows are among so many last ones of their series."""
        return self.ends[self.codes] - np.arange(len(self.table)) < n_rows

    def rows(self, chosen: np.ndarray) -> Stacked:
        """Some rows, by position; no series may lose all of its rows."""
        borders = np.concatenate([[0], np.bincount(self.codes[chosen]).cumsum()])
        return Stacked(self.table.iloc[chosen], self.labels, borders)

    def only(self, numbers: Sequence[int]) -> Stacked:
        """Some series, in this order."""
        at = np.asarray(numbers)
        rows = ranges(self.borders[at], self.borders[at + 1])
        borders = np.concatenate([[0], self.lengths[at].cumsum()])
        return Stacked(self.table.iloc[rows], [self.labels[number] for number in at], borders)

    def steps(self, freq: Any) -> np.ndarray:
        """How many steps each row is after the one before it in its series; 1 for the first."""
        steps = np.append(1.0, steps_between(self.index, freq))
        steps[self.borders[:-1]] = 1.0
        return steps


def ranges(starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """The numbers from each start until its stop, one range after the other."""
    lengths = stops - starts
    before = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum()) + np.repeat(starts - before, lengths)


def find_labels(ids: Any, labels: Sequence[Any]) -> list[Any]:
    """The labels of the series that are wanted, each once, in this order.

    Raises
    ------
    ValueError
        If one is not among those that there are.
    """
    wanted = [ids] if pd.api.types.is_scalar(ids) else list(ids)
    known = set(labels)
    unknown = [label for label in wanted if label not in known]
    if unknown or not wanted:
        raise ValueError(
            f"ids must be labels of the series in the table, which has {len(labels)} "
            f"({', '.join(map(repr, labels[:5]))}{', ...' * (len(labels) > 5)}); got "
            f"{unknown or ids!r}. {see('many series')}"
        )
    return list(dict.fromkeys(wanted))
