"""Windows, as the window step hands them on: rows of one table, and what is known about them."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skforecast_lstm._pages import see

__all__ = [
    "IncompleteWindowWarning",
    "KnownAhead",
    "RowTimes",
    "Windows",
    "are_asked_for",
    "are_needed",
    "asking_for",
    "fill_unneeded",
    "holes_are_said",
    "saying_holes",
]


class IncompleteWindowWarning(UserWarning):
    """Rows are predicted from windows whose oldest steps are missing, see guide/windows."""


class _Asked(NamedTuple):
    """Rows that are asked for, and of how many, where that is known."""

    rows: slice | np.ndarray = slice(None)
    n_rows: int | None = None


_ALL = _Asked()
_asked: ContextVar[_Asked] = ContextVar("asked", default=_ALL)


@contextlib.contextmanager
def asking_for(rows: slice | np.ndarray, n_rows: int | None = None) -> Iterator[None]:
    """Say that only the predictions of these rows are used: the others are context.

    A window of a row of context may be incomplete, and nobody needs to be warned of it. With
    `n_rows`, of how many rows they are, nobody needs to predict the others.
    """
    token = _asked.set(_Asked(rows, n_rows))
    try:
        yield
    finally:
        _asked.reset(token)


_is_said: ContextVar[bool] = ContextVar("is_said", default=False)


@contextlib.contextmanager
def saying_holes(*, is_said: bool) -> Iterator[None]:
    """Say whether the holes in the training rows have been warned of, by who knows more of them."""
    token = _is_said.set(is_said)
    try:
        yield
    finally:
        _is_said.reset(token)


def holes_are_said() -> bool:
    """Tell whether the holes in the training rows have been warned of."""
    return _is_said.get()


def are_asked_for(n_rows: int) -> np.ndarray:
    """Tell of so many rows which predictions are used."""
    is_asked = np.zeros(n_rows, dtype=bool)
    is_asked[_asked.get().rows] = True
    return is_asked


def are_needed(n_rows: int) -> np.ndarray:
    """Tell of so many rows which have to be predicted: for the others anything will do."""
    if _asked.get().n_rows == n_rows:
        return are_asked_for(n_rows)
    return np.ones(n_rows, dtype=bool)


def fill_unneeded(y: np.ndarray) -> np.ndarray:
    """Put a prediction that is known into the rows of `y` that are not needed.

    What stands around a regressor may refuse NaN, or transform it.
    """
    is_needed = are_needed(len(y))
    is_known = is_needed & ~np.isnan(y).reshape(len(y), -1).any(axis=1)
    if is_known.any():
        y[~is_needed] = y[is_known.argmax()]
    return y


class KnownAhead(NamedTuple):
    """Columns of coming values.

    Parameters
    ----------
    columns : ndarray of int of shape (n_steps, n_covariates)
        The position of the value of each covariate at each step.
    steps : tuple of int or None
        How many rows ahead each step is. None: not known.
    """

    columns: np.ndarray
    steps: tuple[int, ...] | None = None


class RowTimes(NamedTuple):
    """When the rows of a table were, counted in rows.

    Parameters
    ----------
    numbers : ndarray of float of shape (n_rows,)
        How many rows each is after the origin, also where rows are missing between. NaN: not known.
    origin : object
        What is counted from. Those counted from another origin cannot be compared.
    labels : sequence
        Those of the series, by their numbers; [None] if there is one.
    """

    numbers: np.ndarray
    origin: Any
    labels: Sequence[Any]


class Windows(np.lib.mixins.NDArrayOperatorsMixin):
    """An array-like of windows that keeps the table behind them, and every fact about its rows.

    It has the shape, length, type and row indexing of the array of shape (n_windows, n_steps,
    n_features) that ``numpy.asarray`` makes of it. Selecting rows copies no window; an array is
    made only for who asks for one.

    Parameters
    ----------
    table : ndarray of shape (n_rows, n_features)
        The rows that windows are made of: those of a series in the order of time, one series after
        the other. NaN is missing.
    ends : ndarray of int of shape (n_windows,)
        The last row of each window.
    n_steps : int
        Rows per window.
    n_lacking : ndarray of int of shape (n_windows,), default=None
        How many of the oldest steps of each window are not in the table. None: none.
    is_cold : ndarray of bool of shape (n_windows,), default=None
        Which windows lack steps although there were rows before them: these were not given. None:
        none.
    is_purged : ndarray of bool of shape (n_rows,), default=None
        Which rows are not to be trained on, because their targets lie in what follows the training
        rows. None: none.
    is_masked : ndarray of bool of shape (n_rows,), default=None
        Which rows recurrent layers are to skip. None: none.
    series : ndarray of int of shape (n_rows,), default=None
        The number of the series of each row. None: there is one.
    index : Index of length n_rows, default=None
        When the rows were. None: not known.
    times : RowTimes, default=None
        When they were, counted in rows. None: not known.
    rows_ahead : int, default=None
        How many rows the targets reach ahead. None: not known.
    padding : {"nan", "edge"}, default="nan"
        What stands in the steps that are not in the table: NaN, or the first row that is.
    is_table : bool, default=True
        Whether the rows follow one another in time. False: the windows are independent sequences.
    ahead : KnownAhead, default=None
        Which columns hold values of coming steps, known in advance. They are no part of the
        windows: the last row of a window has those of the steps that follow it. None: no column.
    """

    def __init__(
        self,
        table: np.ndarray,
        ends: np.ndarray,
        n_steps: int,
        *,
        n_lacking: np.ndarray | None = None,
        is_cold: np.ndarray | None = None,
        is_purged: np.ndarray | None = None,
        is_masked: np.ndarray | None = None,
        series: np.ndarray | None = None,
        index: pd.Index | None = None,
        times: RowTimes | None = None,
        rows_ahead: int | None = None,
        padding: str = "nan",
        is_table: bool = True,
        ahead: KnownAhead | None = None,
    ) -> None:
        n_windows, n_rows = len(ends), len(table)
        self.table = table
        self.ends = ends
        self.n_steps = n_steps
        self.n_lacking = np.zeros(n_windows, dtype=np.intp) if n_lacking is None else n_lacking
        self.is_cold = np.zeros(n_windows, dtype=bool) if is_cold is None else is_cold
        self.is_purged = np.zeros(n_rows, dtype=bool) if is_purged is None else is_purged
        self.is_masked = np.zeros(n_rows, dtype=bool) if is_masked is None else is_masked
        self.series = series
        self.index = index
        self.times = times
        self.rows_ahead = rows_ahead
        self.padding = padding
        self.is_table = is_table
        self.ahead = ahead

    @classmethod
    def of_sequences(cls, sequences: np.ndarray, *, mask: bool = False) -> Windows:
        """View independent sequences, of shape (n_windows, n_steps, n_features), as windows.

        Their oldest steps may be NaN: sequences of varying length. With `mask`, every step that
        holds NaN is one to skip.
        """
        n_windows, n_steps, n_features = sequences.shape
        table = sequences.reshape(-1, n_features)
        ends = np.arange(n_windows) * n_steps + n_steps - 1
        is_masked = np.isnan(table).any(axis=1) if mask else None
        return cls(table, ends, n_steps, is_masked=is_masked, is_table=False)

    def but(self, **changes: Any) -> Windows:
        """The same windows with other facts."""
        facts = dict(vars(self))
        facts.update(changes)
        return Windows(**facts)

    # --- what arrays have ----------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, int, int]:
        """That of the array."""
        return len(self.ends), self.n_steps, self.table.shape[1]

    @property
    def ndim(self) -> int:
        """Windows, steps and features: 3."""
        return 3

    @property
    def dtype(self) -> np.dtype:
        """That of the table."""
        return self.table.dtype

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, key: Any) -> Any:
        """Windows of rows; of one row, or by further axes, arrays."""
        if isinstance(key, tuple) and len(key) == 2 and key[1] is Ellipsis:
            key = key[0]  # as scikit-learn selects rows
        if isinstance(key, tuple) or key is None or key is Ellipsis:
            return np.asarray(self)[key]
        if isinstance(key, (int, np.integer)):
            return np.asarray(self[[key]])[0]
        rows = key if isinstance(key, slice) else np.asarray(key)
        by_window = ("ends", "n_lacking", "is_cold")
        return self.but(**{name: getattr(self, name)[rows] for name in by_window})

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.to_array()
        if copy or (dtype is not None and array.dtype != dtype):
            array = array.astype(array.dtype if dtype is None else dtype)
        return array

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        arrays = [np.asarray(x) if isinstance(x, Windows) else x for x in inputs]
        return getattr(ufunc, method)(*arrays, **options)

    def __repr__(self) -> str:
        n_left_out = len(self) - int(self.are_complete().sum())
        return f"Windows of shape {self.shape} and {self.dtype}, {n_left_out} of them incomplete"

    def to_array(self, *, flat: bool = False) -> np.ndarray:
        """The windows as a read-only array; NaN marks purged rows.

        Where it can be, it is a view of one padded table.

        Parameters
        ----------
        flat : bool, default=False
            Whether each is one row of a 2-D table of lags, behind which the values that are known
            ahead stand once.
        """
        if flat and self.ahead is not None:
            lags, known = self.history().to_array(flat=True), self.known()
            return np.hstack([lags, known.reshape(len(self), -1)])
        array = self._view(flat=flat) if self._are_consecutive() else self._gathered()
        array = array.reshape(len(self), -1) if flat and array.ndim == 3 else array
        array.flags.writeable = False
        return array

    def _are_consecutive(self) -> bool:
        """Tell whether windows follow one another in the table, and lack only what is before it."""
        n_windows = len(self)
        return (
            n_windows > 0
            and np.array_equal(self.ends, self.ends[0] + np.arange(n_windows))
            and np.array_equal(self.n_lacking, np.maximum(self.n_steps - 1 - self.ends, 0))
        )

    def _view(self, *, flat: bool) -> np.ndarray:
        rows = slice(self._firsts()[0], self.ends[-1] + 1)
        n_lacking, table, is_purged = self.n_lacking[0], self.table[rows], self.is_purged[rows]
        if n_lacking or is_purged.any():
            fill = table[0] if self.padding == "edge" else np.nan
            before = np.full((n_lacking, table.shape[1]), fill, dtype=table.dtype)
            table = np.concatenate([before, table])
            table[n_lacking:][is_purged] = np.nan
        if not flat:
            views = np.lib.stride_tricks.sliding_window_view(table, self.n_steps, axis=0)
            return views.swapaxes(1, 2)
        # Rows of a window stand behind one another in the table, so its flat form is a view too.
        # Not by strides of the table: those of an axis of length one may be any.
        n_features = table.shape[1]
        values = np.ascontiguousarray(table).ravel()
        windows = np.lib.stride_tricks.sliding_window_view(values, self.n_steps * n_features)
        return windows[::n_features]

    def _gathered(self) -> np.ndarray:
        steps = np.arange(self.n_steps)
        firsts = self._firsts()[:, np.newaxis]
        steps = self.starts[:, np.newaxis] + steps
        rows = np.maximum(steps, firsts)
        array = self.table[rows]
        if self.padding == "nan":
            array[steps < firsts] = np.nan
        array[self.is_purged[rows]] = np.nan
        return array

    def with_masks(self) -> Windows:
        """The same windows, in which rows that miss something are to be skipped.

        Values that are known ahead are read all the same.
        """
        is_masked = self._lack_values()
        return self.but(table=self._blanked(self.table, is_masked), is_masked=is_masked)

    def _blanked(self, rows: np.ndarray, is_masked: np.ndarray) -> np.ndarray:
        """Rows of the table, masked ones NaN but for what they know ahead."""
        is_blank = np.repeat(is_masked[..., np.newaxis], rows.shape[-1], axis=-1)
        if self.ahead is not None:
            is_blank[..., self.ahead.columns.ravel()] = False
        return np.where(is_blank, np.nan, rows)

    # --- what is known ahead -------------------------------------------------------------------

    def history(self) -> Windows:
        """The windows without the columns of coming values."""
        if self.ahead is None:
            return self
        table = np.delete(self.table, self.ahead.columns.ravel(), axis=1)
        return self.but(table=table, ahead=None)

    def known(self) -> np.ndarray:
        """The coming values, of shape (n_windows, n_steps, n_covariates)."""
        if self.ahead is None:
            return np.empty((len(self), 0, 0), dtype=self.dtype)
        return self.table[self.ends[:, np.newaxis, np.newaxis], self.ahead.columns]

    # --- what is in them -----------------------------------------------------------------------

    @property
    def starts(self) -> np.ndarray:
        """The first row of each window; of complete ones."""
        return self.ends - self.n_steps + 1

    def _firsts(self) -> np.ndarray:
        """The first row of each window that is in the table."""
        return self.ends - self.n_steps + 1 + self.n_lacking

    def are_read(self) -> np.ndarray:
        """Tell which rows of the table are in a window."""
        change = np.zeros(len(self.table) + 1, dtype=np.intp)
        np.add.at(change, self._firsts(), 1)
        np.add.at(change, self.ends + 1, -1)
        return change[:-1].cumsum() > 0

    def are_complete(self) -> np.ndarray:
        """Tell which windows can be trained on as they are: nothing is missing in them."""
        known = self._n_missing() == 0
        if self.padding == "nan":
            known &= self.n_lacking == 0
        return known & ~self.is_purged[self.ends] & ~self._are_masked() & ~self._lack_known()

    def can_be_completed(self) -> np.ndarray:
        """Tell which windows miss nothing but their oldest steps."""
        if self._miss_nothing():
            return ~self.is_purged[self.ends]
        n_missing = self._n_missing()
        firsts = self._firsts()
        is_leading = self._count(self._is_missing(), firsts, firsts + n_missing) == n_missing
        is_something = n_missing < self.n_steps - self.n_lacking
        is_known = is_leading & is_something & ~self._are_masked() & ~self._lack_known()
        return is_known & ~self.is_purged[self.ends]

    def completed(self, *, mask: bool = False) -> Windows:
        """Fill the oldest steps of windows that miss only these, for a network to read.

        What is known about the rows is left behind.

        Parameters
        ----------
        mask : bool, default=False
            Whether these steps are to be skipped, or repeat the first one that is known.
        """
        n_missing = self.n_lacking
        if not self._miss_nothing():
            n_missing = n_missing + np.where(self.can_be_completed(), self._n_missing(), 0)
        rows = np.flatnonzero(n_missing)
        facts = {name: getattr(self, name) for name in ("is_masked", "is_table", "ahead")}
        if not len(rows):
            return Windows(self.table, self.ends, self.n_steps, **facts)
        # Windows with the same first known row share one block: what fills them, and what follows.
        firsts = self.starts[rows] + n_missing[rows]
        blocks, block = np.unique(firsts, return_inverse=True)
        steps = np.arange(2 * self.n_steps - 2) - (self.n_steps - 1)
        at = np.minimum(blocks[:, np.newaxis] + np.maximum(steps, 0), len(self.table) - 1)
        filled, is_masked = self.table[at], self.is_masked[at]
        if mask:
            is_masked |= steps < 0
            filled = self._blanked(filled, is_masked)
        ends = self.ends.copy()
        ends[rows] += len(self.table) + block * len(steps) + self.n_steps - 1 - firsts
        facts["is_masked"] = np.concatenate([self.is_masked, is_masked.ravel()])
        table = np.concatenate([self.table, filled.reshape(-1, self.table.shape[1])])
        return Windows(table, ends, self.n_steps, **facts)

    def series_of_rows(self) -> np.ndarray:
        """The number of the series of each row of the table, also where there is one."""
        return np.zeros(len(self.table), dtype=np.intp) if self.series is None else self.series

    def parted(self, fraction: float, rows_ahead: int) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of windows, parted in time: the first ones, and the last, which are such a part.

        Those whose targets, so many rows ahead, reach past the border are in neither.
        """
        rows = np.arange(len(self))
        n_first = len(rows) - int(np.ceil(fraction * len(rows)))
        first, last = rows[:n_first], rows[n_first:]
        return first[self.end_before(first, last, rows_ahead)], last

    def end_before(self, first: np.ndarray, last: np.ndarray, rows_ahead: int) -> np.ndarray:
        """Tell of the `first` windows whose targets, so many rows ahead, end before the `last`.

        Both are numbers of windows; each series is held against its own rows.
        """
        if not self.is_table:
            return first + rows_ahead <= last[0]
        series = self.series_of_rows()
        borders = np.full(series.max() + 1, np.iinfo(np.intp).max)
        np.minimum.at(borders, series[self.ends[last]], self.ends[last])
        return self.ends[first] + rows_ahead <= borders[series[self.ends[first]]]

    def warn_of_dropped(self, owner: str) -> None:
        """Say how many windows are left out of training for a value that is missing inside."""
        is_possible = ~self.is_purged[self.ends] & (self.n_lacking == 0)
        n_missing = np.isnan(self.table).any(axis=1).sum()
        n_dropped = int((is_possible & ~self.are_complete()).sum())
        if not n_dropped:
            return
        warnings.warn(
            f"{owner}(missing='drop') leaves {n_dropped} of {is_possible.sum()} windows out of "
            f"training: each contains one of the {n_missing} rows with a missing value. A shorter "
            f"window loses fewer (n_steps_in={self.n_steps}); missing='mask' lets recurrent layers "
            f"skip such rows; filling them before the window (df.ffill(), SimpleImputer) "
            f"loses none. {see('missing values')}",
            UserWarning,
            stacklevel=4,
        )

    def warn_if_cold(self, owner: str, what: str) -> None:
        """Say which rows are predicted without the history that there is."""
        rows = np.flatnonzero(self.is_cold)
        if not len(rows):
            return
        first = "" if self.index is None else f" (the first is {self.index[self.ends[rows[0]]]!s})"
        warnings.warn(
            f"{len(rows)} of {len(self)} rows given to {owner} lack up to "
            f"{self.n_lacking[rows].max()} of the {self.n_steps} steps of their window{first}. "
            f"Neither fit nor this call was given the rows before them; {what}. "
            f"Give the rows before them, too, and use the last predictions: "
            f"model.predict(df[-{self.n_steps - 1 + len(rows)}:])[-{len(rows)}:]. This warning "
            f"then counts the rows that are history only. Forecaster.forecast(data=df) does both. "
            f"If these rows come before the fitted ones, as with KFold, split with "
            f"TimeSeriesSplit. "
            f"{see('windows')}",
            IncompleteWindowWarning,
            stacklevel=3,
        )

    def _miss_nothing(self) -> bool:
        """Tell in little time what is true of most tables: no row lacks a value or is skipped."""
        return self.ahead is None and not (self.is_masked.any() or np.isnan(self.table).any())

    def _is_missing(self) -> np.ndarray:
        return self._lack_values() & ~self.is_masked

    def _lack_values(self) -> np.ndarray:
        """Tell which rows of the table miss a value that windows are made of."""
        is_missing = np.isnan(self.table)
        if self.ahead is not None:
            is_missing[:, self.ahead.columns.ravel()] = False
        return is_missing.any(axis=1)

    def _lack_known(self) -> np.ndarray:
        """Tell which windows lack a value that should be known ahead."""
        return np.isnan(self.known()).any(axis=(1, 2))

    def _n_missing(self) -> np.ndarray:
        """Rows that miss something, among the steps of each window that are in the table."""
        return self._count(self._is_missing(), self._firsts(), self.ends + 1)

    def _are_masked(self) -> np.ndarray:
        """Tell which windows hold no step that is not to be skipped."""
        n_known = self.n_steps - self.n_lacking
        return self._count(self.is_masked, self._firsts(), self.ends + 1) == n_known

    @staticmethod
    def _count(flags: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
        """Flagged rows from `start` until `stop`."""
        count = np.concatenate([[0], flags.cumsum()])
        return count[stop] - count[start]
