"""From a table of series to the rows of a supervised problem: one row per forecast origin."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype, is_numeric_dtype

from skforecast_lstm._containers import as_numbers, with_times
from skforecast_lstm._dates import refuse_dates, to_dates
from skforecast_lstm._pages import see
from skforecast_lstm._plain import PlainState
from skforecast_lstm._targets import step_name
from skforecast_lstm._validation import (
    check_integer,
    check_time_order,
    encode_groups,
    is_time_index,
)

__all__ = ["make_supervised"]

Columns = str | int | Sequence[Any] | None


def make_supervised(
    data: Any,
    target: Columns = None,
    *,
    features: Columns = None,
    n_steps_out: int = 1,
    lead: int = 1,
    known_future: Columns = None,
    group: Any = None,
    time: Any = None,
) -> tuple[Any, Any]:
    """Frame a table as inputs and targets, one row per forecast origin.

    Row ``t`` of ``X`` contains what is known at time ``t``. Row ``t`` of ``y`` contains what is
    predicted from there: the targets of `n_steps_out` rows; the first of them is `lead` rows
    later. :class:`WindowTransformer` cuts the windows of past rows, inside the pipeline. So you can
    search the window length, and no scaler ever sees a test row.

    Parameters
    ----------
    data : Series, DataFrame, ndarray of shape (n_rows,) or (n_rows, n_columns), or list
        The table: rows are time steps, oldest first; columns are series. Tables of polars, pyarrow
        and others with ``to_pandas`` work like those of pandas. Booleans among the features count
        as 0 and 1.
    target : column name, position, or list of them, default=None
        The columns to predict: numbers, or labels for a classifier. Labels are booleans, text,
        categories or whole numbers. Give names for a DataFrame, positions for an array. None:
        every column except those of `known_future` and `group`.
    features : column name, position, or list of them, default=None
        The columns that are known at each row, in this order. None: every column, the targets
        first; with ``lead=0`` every column except the targets. Targets that are text or categories
        are then left out, because scalers and networks take numbers only. Name them here if a step
        of the pipeline encodes them.
    n_steps_out : int, default=1
        The horizon: how many steps are predicted from each row.
    lead : int, default=1
        Rows from the origin to the first target. 1: the next row. 0: the row itself, as in a
        nowcast of one column from the others of the same row.
    known_future : column name, position, or list of them, default=None
        Covariates whose coming values are known in advance (holidays, prices, a weather forecast).
        Each row of ``X`` gets their values at the steps that are predicted as further columns,
        ``"temperature(t+1)"`` and so on.
    group : column name or position, or name of an index level, default=None
        The column that tells several series in one table apart. Each row then gets targets and
        coming values of its own series. Rows are sorted by time, so the series are interleaved. The
        labels become the last column of ``X``, for ``WindowTransformer(group=...)``.
    time : column name, default=None
        The column of the times of the rows (dates, periods or numbers), as in the long tables
        (``unique_id``, ``ds``, ``y``) of other libraries. None: the index gives the times.

    Returns
    -------
    X : DataFrame or ndarray of shape (n_rows - n_steps_out - lead + 1, n_features)
        The features. The last rows (of each series) have no known targets yet and are left out. To
        predict from them, give ``predict`` the whole table: ``model.predict(df[X.columns])[-1]``.
        Or use :class:`Forecaster`, which also takes the coming values of `known_future`.
    y : Series, DataFrame or ndarray, of shape (n,) or (n, n_steps_out * n_targets)
        The targets, 1-D if there is only one. Columns are in time-major order (all targets of
        the first step, then of the second, ...) and named like ``"passengers(t+1)"``. A table in,
        pandas out, and the index is that of the origins. Labels stay what they are: booleans
        (0, 1 and NaN where some are missing; 0 and 1 beside a target of decimals), text or
        categories.

    Raises
    ------
    ValueError
        If a column is unknown, or a target contains neither numbers nor labels. If the table is too
        short for a single row, or its index is not in time order. If ``lead=0`` would put the
        answer among the features.

    See Also
    --------
    WindowTransformer : Cuts the windows of past rows.
    Forecaster : From a table to the dates that follow it.

    Examples
    --------
    >>> from skforecast_lstm import make_supervised
    >>> X, y = make_supervised([10, 20, 30, 40, 50], n_steps_out=2)
    >>> X.ravel()
    array([10, 20, 30])
    >>> y
    array([[20, 30],
           [30, 40],
           [40, 50]])

    A column predicted from other columns of the same row:

    >>> import pandas as pd
    >>> df = pd.DataFrame({"in1": [10, 20, 30], "in2": [15, 25, 35], "out": [25, 45, 65]})
    >>> X, y = make_supervised(df, target="out", lead=0)
    >>> list(X.columns), y.name
    (['in1', 'in2'], 'out(t)')

    Labels, here whether the next value exceeds a limit:

    >>> df = pd.DataFrame({"load": [5, 9, 7, 3, 8]})
    >>> df["high"] = df["load"] > 6
    >>> X, y = make_supervised(df, target="high")
    >>> X["high"].tolist(), y.tolist()
    ([0, 1, 1, 0], [True, True, False, True])

    A covariate that is known in advance, and two series in one table:

    >>> sales = pd.DataFrame(
    ...     {"sold": [3, 8, 4, 9, 5, 7], "price": [2, 1, 2, 1, 2, 1], "shop": list("ababab")},
    ...     index=[1, 1, 2, 2, 3, 3],
    ... )
    >>> X, y = make_supervised(sales, target="sold", known_future="price", group="shop")
    >>> pd.concat([X, y], axis=1)
       sold  price  price(t+1) shop  sold(t+1)
    1     3      2           2    a          4
    1     8      1           1    b          9
    2     4      2           2    a          5
    2     9      1           1    b          7
    """
    data = with_times(data, time, group)
    frame = Frame.of(
        data,
        target,
        features=features,
        n_steps_out=n_steps_out,
        lead=lead,
        known_future=known_future,
        group=group,
    )
    X, y = frame.samples()
    if isinstance(data, (pd.Series, pd.DataFrame)):
        return X, y
    return X.to_numpy(copy=True), y.to_numpy(copy=True)


@dataclass
class Frame(PlainState):
    """A table in time order, and the roles that its columns have.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
        Rows are time.
    targets, features, known : list of int
        Positions of what is predicted, of what is known at each row, and of what is known ahead.
    n_steps_out, lead : int
        Steps predicted from each row, and rows from there to the first of them.
    group : int or None
        Position of the labels that tell series apart.
    booleans : tuple of int
        Positions of the targets that are labels True and False, which the table holds as 0 and 1.
    """

    table: pd.DataFrame
    targets: list[int]
    features: list[int]
    known: list[int]
    n_steps_out: int
    lead: int
    group: int | None = None
    booleans: tuple[int, ...] = ()

    @classmethod
    def of(
        cls,
        data: Any,
        target: Columns = None,
        *,
        features: Columns = None,
        n_steps_out: int = 1,
        lead: int = 1,
        known_future: Columns = None,
        group: Any = None,
    ) -> Frame:
        """Check a table and what :func:`make_supervised` was told about it."""
        n_steps_out = check_integer(n_steps_out, "n_steps_out", 1)
        lead = check_integer(lead, "lead", 0)
        table, group = _as_table(data, group)
        is_known = known_future is not None and np.size(known_future) > 0
        known = _positions(table, known_future, "known_future") if is_known else []
        others = [c for c in range(table.shape[1]) if c != group]
        free = [c for c in others if c not in known]
        targets = free if target is None else _positions(table, target, "target")
        others = [c for c in others if c not in targets]
        if features is None:
            own = (
                [] if lead == 0 else [c for c in targets if is_numeric_dtype(table.dtypes.iloc[c])]
            )
            chosen = [*own, *others]
        else:
            chosen = [c for c in _positions(table, features, "features") if c != group]
        _check_roles(table, targets, chosen, known, group, lead)
        kinds = [table.dtypes.iloc[c].kind for c in targets]
        # Beside decimals, which are no labels, they are numbers as well.
        booleans = tuple(c for c, kind in zip(targets, kinds, strict=True) if kind == "b")
        booleans = () if "f" in kinds else booleans
        table = as_numbers(table, but=group)
        return cls(table, targets, chosen, known, n_steps_out, lead, group, booleans)

    @property
    def label(self) -> Any:
        """Name of the column that tells series apart, or None."""
        return None if self.group is None else self.table.columns[self.group]

    @property
    def steps(self) -> range:
        """Rows from an origin to each of its targets."""
        return range(self.lead, self.lead + self.n_steps_out)

    @property
    def rows_ahead(self) -> int:
        """How many rows ahead the last target is, a nowcast counted as one."""
        return self.n_steps_out + max(self.lead, 1) - 1

    def samples(self) -> tuple[pd.DataFrame, pd.Series | pd.DataFrame]:
        """``X`` and ``y`` of the rows whose targets are all in the table; one target is a Series.

        Raises
        ------
        ValueError
            If there is none.
        """
        rows = self.origins()
        y = self._coming(self.targets, rows)
        for place, column in enumerate(self.targets * self.n_steps_out):
            if column in self.booleans and y.iloc[:, place].notna().all():
                y.isetitem(place, y.iloc[:, place].to_numpy(dtype=bool))
        return self.inputs(rows), y.iloc[:, 0] if y.shape[1] == 1 else y

    def origins(self) -> np.ndarray:
        """The rows whose targets are all in the table.

        Raises
        ------
        ValueError
            If there is none.
        """
        rows = np.flatnonzero(self._ahead(self.steps[-1]) >= 0)
        if len(rows):
            return rows
        raise ValueError(
            f"data is too short: n_steps_out={self.n_steps_out} and lead={self.lead} need at "
            f"least {self.n_steps_out + self.lead} rows"
            f"{' of one series' * (self.group is not None)}, got {len(self.table)}. Give more "
            f"rows or a shorter horizon{_transposed(self.table)}. {see('windows')}"
        )

    def inputs(self, rows: np.ndarray) -> pd.DataFrame:
        """``X`` of these rows; NaN where a value that should be known ahead is not in the table."""
        now = self.table.iloc[rows, self.features]
        labels = [] if self.group is None else [self.table.iloc[rows, [self.group]]]
        if not self.known:
            return pd.concat([now, *labels], axis=1) if labels else now.copy()
        return pd.concat([now, self._coming(self.known, rows), *labels], axis=1)

    def _coming(self, columns: list[int], rows: np.ndarray) -> pd.DataFrame:
        """Values of these columns at the steps ahead of these rows, time-major."""
        # Taken from the table, not from its index, rows in a row keep their freq.
        values, index = self.table.iloc[:, columns], self.table.iloc[rows, :0].index
        blocks = []
        for step in self.steps:
            ahead = self._ahead(step)[rows]
            block = values.iloc[ahead].set_axis(index, axis=0)
            if (ahead < 0).any():
                block = block.where(np.broadcast_to((ahead >= 0)[:, np.newaxis], block.shape))
            names = [step_name(name, step) for name in values.columns]
            blocks.append(block.set_axis(names, axis=1))
        return pd.concat(blocks, axis=1)

    @functools.cached_property
    def _series(self) -> tuple[np.ndarray, np.ndarray]:
        """The series of each row, and the rows in the order of series, then time."""
        column = self.table.iloc[:, [] if self.group is None else [self.group]]
        codes = encode_groups(column.squeeze(axis=1))[0]
        return codes, np.argsort(codes, kind="stable")

    def _ahead(self, step: int) -> np.ndarray:
        """For each row the position of the row so many steps later in its series, or -1."""
        n_rows = len(self.table)
        positions = np.full(n_rows, -1)
        if self.group is None:
            positions[: max(0, n_rows - step)] = np.arange(step, n_rows)
            return positions
        codes, order = self._series
        here, there = order[: max(0, n_rows - step)], order[step:]
        is_same = codes[here] == codes[there]
        positions[here[is_same]] = there[is_same]
        return positions


def _as_table(data: Any, group: Any) -> tuple[pd.DataFrame, int | None]:
    """View `data` as a DataFrame whose rows are in time order, with the position of its groups."""
    if isinstance(data, pd.Series):
        table = data.to_frame()
    elif isinstance(data, pd.DataFrame):
        table = data
    else:
        array = np.asarray(data)
        if array.ndim == 0:
            raise ValueError(
                f"data must be a table: a DataFrame, Series, array or list, got "
                f"{type(data).__name__}. Read a file with pd.read_csv(path, index_col=0, "
                f"parse_dates=True), and make a table of a dict with pd.DataFrame(...). "
                f"{see('start')}"
            )
        if array.ndim > 2:
            raise ValueError(
                f"data must be 1-D (one series) or 2-D (rows are time, columns are series), got "
                f"an array of shape {array.shape}. Independent sequences, already 3-D, need no "
                f"framing: give them to the regressor as they are. {see('windows')}"
            )
        table = pd.DataFrame(array if array.ndim == 2 else array.reshape(-1, 1)).infer_objects()
    if isinstance(table.columns, pd.MultiIndex):
        raise ValueError(
            "data must have one level of column names, got a MultiIndex. Flatten it, for example "
            "with df.columns = ['_'.join(map(str, column)) for column in df.columns]."
        )
    is_complex = [dtype.kind == "c" for dtype in table.dtypes]
    if any(is_complex):
        raise ValueError(
            f"Complex data not supported, got it in columns {list(table.columns[is_complex])}. "
            f"Give the real and the imaginary part as columns of their own."
        )
    dates = to_dates(table.index)
    if dates is not table.index:
        table = table.set_axis(dates, axis=0)
    if group is not None and group in table.index.names and group not in table.columns:
        table = table.reset_index(level=group)
    if not table.columns.is_unique:
        doubled = table.columns[table.columns.duplicated()][0]
        raise ValueError(f"data must have unique column names, got {doubled!r} more than once.")
    if group is None:
        check_time_order(table.index, "make_supervised")
        return table, None
    [position] = _positions(table, [group], "group")
    if is_time_index(table.index) and not table.index.is_monotonic_increasing:
        table = table.sort_index(kind="stable")
    check_time_order(table.index, "make_supervised", table.iloc[:, position])
    if isinstance(table.index, pd.RangeIndex):
        _warn_if_stacked(table.iloc[:, position])
    return table, position


def _warn_if_stacked(labels: pd.Series) -> None:
    """Rows that follow one another in time cannot be told from rows of the next series."""
    codes, uniques = encode_groups(labels)
    if 1 < len(uniques) < len(codes) and np.count_nonzero(np.diff(codes)) == len(uniques) - 1:
        warnings.warn(
            "the rows have no times (a RangeIndex), and the series are one below the other, so "
            "splits in time would train on one series and test on the next. Make the times the "
            "index, with df.set_index('date'), or name their column with time=...."
            f" {see('many series')}",
            UserWarning,
            stacklevel=4,
        )


def _positions(table: pd.DataFrame, columns: Columns, role: str) -> list[int]:
    """Positions of `columns`, which are names, or positions where no column has that name."""
    is_single = isinstance(columns, (str, Integral)) or (
        np.isscalar(columns) or (isinstance(columns, tuple) and columns in table.columns)
    )
    wanted: Iterable[Any] = [columns] if is_single else list(columns)  # type: ignore[arg-type]
    found = []
    for column in wanted:
        if isinstance(column, Hashable) and column in table.columns:
            found.append(int(table.columns.get_loc(column)))  # type: ignore[arg-type]
        elif isinstance(column, bool):
            raise ValueError(f"{role} must name columns or their positions, got {column}.")
        elif isinstance(column, Integral) and -table.shape[1] <= int(column) < table.shape[1]:
            found.append(int(column) % table.shape[1])
        else:
            raise ValueError(
                f"{role}={column!r} is not a column of data, which has {list(table.columns)}."
            )
    if not found or len(set(found)) < len(found):
        raise ValueError(f"{role} must name at least one column, and none twice, got {columns!r}.")
    return found


def _such_as(values: pd.Series) -> str:
    """The first of some values, if there is one."""
    return "".join(f", such as {value!r}" for value in values.tolist()[:1])


def _transposed(table: pd.DataFrame) -> str:
    """What to say of a table that seems to lie on its side."""
    n_rows, n_columns = table.shape
    is_wide = n_columns > 10 * max(n_rows, 1)
    return f"; rows are time steps: if these are the {n_columns} columns, give data.T" * is_wide


def _check_roles(
    table: pd.DataFrame,
    targets: list[int],
    features: list[int],
    known: list[int],
    group: int | None,
    lead: int,
) -> None:
    names = table.columns
    for column in targets:
        if column == group or column in known:
            role = "group" if column == group else "known_future"
            raise ValueError(
                f"{names[column]!r} cannot be both target and {role}: what is to be predicted is "
                f"not known in advance."
            )
    refuse_dates(table.iloc[:, sorted({*targets, *features, *known} - {group})])
    for column in targets:
        _check_target(table.iloc[:, column])
    if not targets:
        raise ValueError(
            f"no column is left to be a target among {names.tolist()}: name it with target=..."
        )
    if group is not None and group in known:
        raise ValueError(f"group={names[group]!r} cannot be among known_future as well.")
    if not features and not known and lead:
        raise ValueError(
            f"no column is left to be a feature: the targets {[names[c] for c in targets]} are "
            f"text or categories{_such_as(table.iloc[:1, targets[0]])}. If they are to be "
            f"numbers, convert them with pd.to_numeric(df[{names[targets[0]]!r}]), or read them "
            f"with pd.read_csv(..., decimal=',', thousands='.'). If they are labels, give columns "
            f"of numbers beside them, or name them with features=..., too, if a step of the "
            f"pipeline encodes them. "
            f"{see('categories', 'classification')}"
        )
    if not features and not known:
        raise ValueError(
            "lead=0 predicts a column from the other columns of the same row, but every column is "
            f"a target. Name the target, or use lead=1 to predict the next row. {see('windows')}"
        )
    answers = [names[column] for column in features if column in targets]
    if lead == 0 and answers:
        raise ValueError(
            f"lead=0 predicts {answers} at the row itself, so it cannot be among the features: the "
            f"model would be shown the answer. Leave it out of features, or use lead=1."
            f" {see('windows')}"
        )


def _check_target(column: pd.Series) -> None:
    """Refuse what is neither numbers nor labels."""
    if is_numeric_dtype(column.dtype):
        return
    kind = infer_dtype(column, skipna=True)
    if kind in ("string", "categorical", "empty"):
        return
    raise ValueError(
        f"target={column.name!r} must hold numbers, or labels: booleans, text or categories; got "
        f"dtype {column.dtype} of kind {kind!r}. Make it numbers with pd.to_numeric(...), or text "
        f"with .astype(str). {see('categories')}"
    )
