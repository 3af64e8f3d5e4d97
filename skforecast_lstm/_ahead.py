"""The rows that follow those of each series, and forecasts of them, a horizon at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from skforecast_lstm._clock import ticks
from skforecast_lstm._dates import labels_after_each
from skforecast_lstm._series import Stacked, ranges
from skforecast_lstm.framing import Frame

__all__ = ["Ahead", "Predict"]

#: From the rows of features and the positions of the origins among them to values of shape
#: (n_origins, n_steps_out, n_targets, n_values).
Predict = Callable[[pd.DataFrame, np.ndarray], np.ndarray]


@dataclass
class Ahead:
    """A table of all series in which rows that are to come stand behind those of each.

    Parameters
    ----------
    frame : Frame
        The table, and the roles of its columns.
    series : Stacked
        The rows that are known.
    origins : ndarray of int of shape (n_series,)
        The last of them in the table of `frame`.
    dates : Index of length n_series * n_ahead
        When the rows to come are, one series after the other.
    """

    frame: Frame
    series: Stacked
    origins: np.ndarray
    dates: pd.Index

    @classmethod
    def of(cls, series: Stacked, roles: Frame, n_blocks: int, freq: Any) -> Ahead:
        """Tell when the rows of so many horizons are; as yet without room for them."""
        last, n_ahead = series.index.take(series.ends), n_blocks * roles.n_steps_out
        n_ahead += roles.lead - 1
        dates = labels_after_each(last, n_ahead, freq) if n_ahead else last[:0]
        return cls(replace(roles, table=series.table), series, series.ends, dates)

    @property
    def n_ahead(self) -> int:
        """Rows to come of each series."""
        return len(self.dates) // len(self.origins)

    def with_room(self) -> Ahead:
        """The same with rows of NaN for what is to come; numbers become floats."""
        series, frame, n_ahead = self.series, self.frame, self.n_ahead
        lengths = series.lengths + n_ahead
        origins = lengths.cumsum() - n_ahead - 1
        ahead = (origins[:, np.newaxis] + 1 + np.arange(n_ahead)).ravel()
        at = np.full(lengths.sum(), -1)
        is_known = np.ones(len(at), dtype=bool)
        is_known[ahead] = False
        at[is_known] = np.arange(len(series.table))
        table = series.table.reset_index(drop=True).reindex(at)
        at[ahead] = len(series.table) + np.arange(len(ahead))
        table.index = series.index.append(self.dates).take(at)
        # Whatever numbers are observed in, forecasts are floats.
        numeric = [n for n in series.table.select_dtypes(["number", "bool"]) if n != frame.label]
        table = table.astype(dict.fromkeys(numeric, "float64"))
        if frame.group is not None:
            at[ahead] = np.repeat(series.ends, n_ahead)
            table.isetitem(frame.group, series.table.iloc[:, frame.group].array.take(at))
        return Ahead(replace(frame, table=table), series, origins, self.dates)

    def fill(self, values: pd.DataFrame, n_ahead: int) -> None:
        """Put values into the first rows to come of each series."""
        rows = (self.origins[:, np.newaxis] + 1 + np.arange(n_ahead)).ravel()
        table = self.frame.table
        for name in values.columns:
            column = values[name].to_numpy()
            is_number = pd.api.types.is_float_dtype(table[name])
            column = column.astype(np.float64) if is_number else column
            position: Any = table.columns.get_loc(name)
            table.iloc[rows, position] = column

    def forecast(self, n_blocks: int, n_rows: int, predict: Predict) -> np.ndarray:
        """Predict from the last row of each series, and on from what was predicted.

        Parameters
        ----------
        n_blocks : int
            How many horizons.
        n_rows : int
            How many rows each prediction is made from.
        predict : callable
            Predicts from some rows of a table of features.

        Returns
        -------
        values : ndarray of shape (n_series, n_blocks * n_steps_out, n_targets, n_values)
            NaN from where something is missing.
        """
        first = predict(*self._inputs(np.arange(len(self.origins)), 0, n_rows))
        blocks = [first]
        for block in range(1, n_blocks):
            self._observe(blocks[-1], block - 1)
            values = np.full_like(first, np.nan)
            known = np.flatnonzero(~np.isnan(blocks[-1]).any(axis=(1, 2, 3)))
            if len(known):
                values[known] = predict(*self._inputs(known, block, n_rows))
            blocks.append(values)
        return np.concatenate(blocks, axis=1)

    def labels(self, steps: int) -> pd.Index:
        """Labels of the first steps that are forecast of each series, one after the other."""
        frame, n_series = self.frame, len(self.origins)
        at = np.arange(len(self.dates)).reshape(n_series, self.n_ahead)
        index, first = self.dates, frame.lead - 1
        if not frame.lead:  # the last row itself, then those to come
            index = self.series.index.take(self.series.ends).append(index)
            at, first = np.column_stack([np.arange(n_series), at + n_series]), 0
        index = index.take(at[:, first : first + steps].ravel())
        if frame.group is None:
            return index
        labels = pd.Index(self.series.labels).repeat(steps)
        return pd.MultiIndex.from_arrays([labels, index], names=[frame.label, index.name])

    def _inputs(
        self, numbers: np.ndarray, block: int, n_rows: int
    ) -> tuple[pd.DataFrame, np.ndarray]:
        """Rows of features in the order of time, and where the origins of these series are."""
        origins = self.origins[numbers] + block * self.frame.n_steps_out
        firsts = self.origins[numbers] + 1 - self.series.lengths[numbers]
        firsts = np.maximum(firsts, origins + 1 - n_rows)
        X = self.frame.inputs(ranges(firsts, origins + 1))
        at = np.cumsum(origins + 1 - firsts) - 1
        if self.frame.group is None:
            return X, at
        order = np.argsort(ticks(X.index).numbers, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return X.iloc[order], place[at]

    def _observe(self, values: np.ndarray, block: int) -> None:
        """Take the forecasts of a horizon for observed."""
        n_steps_out = self.frame.n_steps_out
        steps = 1 + block * n_steps_out + np.arange(n_steps_out)
        rows = (self.origins[:, np.newaxis] + steps).ravel()
        observed = values[..., 0].reshape(len(rows), -1)
        self.frame.table.iloc[rows, self.frame.targets] = observed
