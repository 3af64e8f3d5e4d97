"""Lines of a backtest: what is predicted from each row, for when, and of which series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from skforecast_lstm._dates import find_freq, labels_after
from skforecast_lstm._labels import Labels, label_array
from skforecast_lstm._rows import split_groups
from skforecast_lstm._targets import by_step, parse_step_names
from skforecast_lstm._validation import check_integer, is_time_index, rows_of_series

__all__ = ["Folds", "Series", "Targets", "lines_of_folds"]

Folds = list[tuple[np.ndarray, np.ndarray]]


@dataclass
class Targets:
    """What `y` holds, of shape (n_rows, n_steps_out, n_targets), and what its columns are."""

    truth: np.ndarray
    names: list[Any]
    lead: int
    # What numbers of `truth` are the numbers of; None, if `y` holds numbers.
    labels: Labels | None = None

    @classmethod
    def of(
        cls, y: Any, lead: int | None, n_targets: int | None, *, are_labels: bool = False
    ) -> Targets:
        """Read `y`, its column names, and what the caller says about it."""
        values = label_array(y) if are_labels else np.asarray(y, dtype=float)
        targets = cls._of_values(values, y, lead, n_targets)
        if are_labels:
            labels = Labels.of(targets.truth, len(targets.names))
            targets = replace(targets, truth=labels.numbers(targets.truth), labels=labels)
        return targets

    def spelled(self, numbers: np.ndarray) -> np.ndarray:
        """Labels of numbers of shape (n, ..., n_targets); of targets that are numbers, these."""
        return numbers if self.labels is None else self.labels.labels(numbers)

    @property
    def classes(self) -> dict[Any, np.ndarray] | None:
        """Labels of each target; None, if they are numbers."""
        if self.labels is None:
            return None
        return dict(zip(self.names, self.labels.classes, strict=True))

    @classmethod
    def _of_values(
        cls, values: np.ndarray, y: Any, lead: int | None, n_targets: int | None
    ) -> Targets:
        if values.ndim not in (1, 2, 3):
            raise ValueError(
                f"y must be of shape (n_rows,), (n_rows, n_steps_out * n_targets) or "
                f"(n_rows, n_steps_out, n_targets), got {values.shape}."
            )
        columns = [y.name] if isinstance(y, pd.Series) else getattr(y, "columns", None)
        parsed = parse_step_names(columns)
        if parsed is not None:
            return cls._of_names(values, *parsed, lead, n_targets)
        lead = 1 if lead is None else check_integer(lead, "lead", 0)
        values = by_step(values, None, n_targets)
        n_found = values.shape[2]
        names = list(columns) if columns is not None and len(columns) == n_found else [None]
        if None in names:
            names = [f"y{target}" for target in range(n_found)]
        return cls(values, names, lead)

    @property
    def rows_ahead(self) -> int:
        """How many rows ahead the last target is, a nowcast counted as one."""
        return self.truth.shape[1] + max(self.lead, 1) - 1

    @classmethod
    def _of_names(
        cls,
        values: np.ndarray,
        names: list[str],
        steps: list[int],
        lead: int | None,
        n_targets: int | None,
    ) -> Targets:
        """Hold what the column names say against what the caller says."""
        if steps != list(range(steps[0], steps[0] + len(steps))):
            raise ValueError(f"the columns of y must be consecutive steps, got {steps}.")
        for parameter, given, found in (
            ("lead", lead, steps[0]),
            ("n_targets", n_targets, len(names)),
        ):
            if given not in (None, found):
                raise ValueError(
                    f"{parameter}={given!r} contradicts the columns of y, whose names say {found}. "
                    f"Leave it out, or rename the columns."
                )
        return cls(values.reshape(len(values), len(steps), len(names)), names, steps[0])


@dataclass
class Series:
    """When each row was, and of which series it is; `column` is where the labels stand in X."""

    index: pd.Index
    group: Any = None
    labels: np.ndarray | None = None
    column: int | None = None

    @classmethod
    def of(cls, X: Any, group: Any) -> Series:
        """Read the index and the labels of the rows."""
        labels = column = None
        if group is not None:
            X, labels, column = split_groups(X, group)
            labels = np.asarray(labels)
        index = getattr(X, "index", None)
        index = index.to_flat_index() if isinstance(index, pd.Index) else pd.RangeIndex(len(X))
        return cls(index, group, labels, column)

    def positions(self) -> list[np.ndarray]:
        """The rows of each series."""
        if self.labels is None:
            return [np.arange(len(self.index))]
        return list(rows_of_series(self.labels).values())

    def labels_ahead(self, offsets: np.ndarray) -> pd.Series:
        """Labels of the rows that come `offsets` rows later in each row's series, row by row."""
        parts = []
        for rows in self.positions():
            own = self.index.take(rows)
            freq = find_freq(own) if offsets[-1] and is_time_index(own) else None
            known = pd.Series(
                own if freq is None else own.append(labels_after(own, offsets[-1], freq))
            )
            ahead = known.reindex(np.add.outer(np.arange(len(rows)), offsets).ravel())
            parts.append(ahead.set_axis(np.repeat(rows, len(offsets))))
        return pd.concat(parts).sort_index(kind="stable")


def lines_of_folds(targets: Targets, series: Series, folds: Folds) -> pd.DataFrame:
    """What is predicted from the test rows: a line per fold, row, step and target."""
    n_rows, n_steps, n_targets = targets.truth.shape
    n_lines, steps = n_steps * n_targets, np.arange(n_steps)
    lines = pd.DataFrame(
        {
            **({} if series.labels is None else {"group": np.repeat(series.labels, n_lines)}),
            "origin": series.index.repeat(n_lines),
            "step": np.tile(np.repeat(steps + 1, n_targets), n_rows),
            "time": series.labels_ahead(targets.lead + steps).repeat(n_targets).array,
            "target": np.tile(np.asarray(targets.names, dtype=object), n_rows * n_steps),
            "truth": targets.spelled(targets.truth).ravel(),
        }
    )
    first = n_lines * np.concatenate([test for _, test in folds])
    lines = lines.iloc[np.add.outer(first, np.arange(n_lines)).ravel()].reset_index(drop=True)
    n_predicted = [n_lines * len(test) for _, test in folds]
    lines.insert(0, "fold", np.repeat(np.arange(len(folds)), n_predicted))
    return lines
