"""Labels: which there are, their numbers, and what a classifier says of them in one form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_array
from sklearn.utils.multiclass import check_classification_targets

from skforecast_lstm._containers import as_rows
from skforecast_lstm._pages import see
from skforecast_lstm._plain import PlainState

__all__ = ["Labels", "label_array", "log_of", "numbered_labels", "proba_by_column"]

_NUMBERS = {"boolean": np.bool_, "integer": np.int64, "floating": np.float64}


def label_array(y: Any, owner: Any = None) -> np.ndarray:
    """Labels of any container as an array; NaN or None where one is missing.

    Raises
    ------
    ValueError
        If there are none, or some are infinite.
    """
    y = as_rows(y)
    if y is None:
        raise ValueError(
            f"This {type(owner).__name__} estimator requires y to be passed, but the target y is "
            f"None. X, y = make_supervised(df, n_steps_out=...) makes both of a table, and a "
            f"Forecaster is fitted to the table itself. {see('start')}"
        )
    if isinstance(y, pd.DataFrame) and len(set(y.dtypes)) > 1:
        y = y.to_numpy(dtype=object)  # check_array would make numbers of text beside booleans
    options: dict[str, Any] = {"ensure_2d": False, "allow_nd": True, "dtype": None}
    return check_array(y, input_name="y", estimator=owner, ensure_all_finite="allow-nan", **options)


@dataclass
class Labels(PlainState):
    """The labels that there are, and their numbers.

    Parameters
    ----------
    classes : list of ndarray
        The sorted labels of each kind. Columns of targets have one kind after the other, and from
        the first again: where steps of a target share a kind, there are as many as targets.
    """

    classes: list[np.ndarray]

    @classmethod
    def of(cls, y: np.ndarray, n_kinds: int) -> Labels:
        """Find the labels in targets of shape (n_rows, ...), of so many kinds.

        Booleans are two labels, also where one of them does not occur; so are numbers in more than
        one column that are 0 or 1 only, as indicators of scikit-learn are.

        Raises
        ------
        ValueError
            If they are no labels: numbers with decimals, or text beside numbers.
        """
        found = [_find(part, is_indicator=y.ndim > 1) for part in _kinds(y, n_kinds)]
        return cls(found)

    @classmethod
    def given(cls, classes: Any, n_kinds: int) -> Labels:
        """Take labels that the user names: of all kinds alike, or a list with those of each.

        Raises
        ------
        ValueError
            If they are not as many lists as kinds.
        """
        is_list = not isinstance(classes, np.ndarray) or classes.ndim != 1
        each = list(classes) if is_list and all(map(np.ndim, classes)) else [classes] * n_kinds
        if len(each) != n_kinds:
            raise ValueError(
                f"classes must name the labels of all columns of y alike, or those of each in a "
                f"list of {n_kinds}, got {len(each)}."
            )
        return cls([np.unique(_known(label_array(part))) for part in each])

    @property
    def n_kinds(self) -> int:
        """How many kinds there are."""
        return len(self.classes)

    @property
    def n_most(self) -> int:
        """Labels of the kind that has most."""
        return max(map(len, self.classes))

    @property
    def n_outputs(self) -> int:
        """Numbers that tell the probabilities of a label: of two classes that of the second."""
        return 1 if self.n_most == 2 else self.n_most

    def of_columns(self, n_columns: int) -> list[np.ndarray]:
        """The labels of each column of targets."""
        return [self.classes[column % self.n_kinds] for column in range(n_columns)]

    @property
    def are_indicators(self) -> bool:
        """Tell whether all kinds are 0 or 1, or booleans."""
        return all(part.dtype.kind in "biuf" and [*part] == [0, 1] for part in self.classes)

    def parts(self, values: np.ndarray) -> list[np.ndarray]:
        """The parts of values of shape (n_rows, ...), one for each column, that are of each kind.

        They are of shape (n_rows, columns of the kind).
        """
        return _kinds(values, self.n_kinds)

    def numbers(self, y: np.ndarray) -> np.ndarray:
        """Numbers of labels, as float64 in the shape of `y`; NaN where one is missing.

        Raises
        ------
        ValueError
            If a label is not known.
        """
        parts = [
            _numbers(part, classes)
            for part, classes in zip(self.parts(y), self.classes, strict=True)
        ]
        return np.stack(parts, axis=-1).reshape(y.shape)

    def labels(self, numbers: np.ndarray) -> np.ndarray:
        """Labels of numbers, in their shape.

        Where some are NaN, labels that are numbers or booleans become floats, others objects, with
        NaN there. Kinds of which some are numbers and some are not become objects.
        """
        parts = [
            _labels(part, classes)
            for part, classes in zip(self.parts(numbers), self.classes, strict=True)
        ]
        is_counted = {part.dtype.kind in "biuf" for part in parts}
        parts = parts if len(is_counted) == 1 else [part.astype(object) for part in parts]
        return np.stack(parts, axis=-1).reshape(numbers.shape)

    def probabilities(self, proba: Any, classes: Any, n_columns: int) -> np.ndarray:
        """What any classifier says, of shape (n_rows, n_columns, n_most), NaN where it says none.

        Labels that it has not seen in a column have probability 0.

        Parameters
        ----------
        proba, classes, n_columns
            As of :func:`proba_by_column`.

        Raises
        ------
        ValueError
            If it knows a label that is not known here.
        """
        columns = proba_by_column(proba, classes, n_columns)
        found = np.zeros((len(columns[0][1]), n_columns, self.n_most))
        for column, (known, part) in enumerate(columns):
            own = Labels([self.classes[column % self.n_kinds]])
            found[:, column, own.numbers(np.asarray(known)).astype(int)] = part
            found[np.isnan(part).any(axis=1), column] = np.nan
        return found


def numbered_labels(y: Any, n_kinds: int | None = None) -> tuple[np.ndarray, Labels]:
    """Numbers of labels of shape (n_rows, ...), and what they are the numbers of.

    `n_kinds`: None, if all columns have labels of their own.
    """
    y = label_array(y)
    labels = Labels.of(y, int(np.prod(y.shape[1:])) if n_kinds is None else n_kinds)
    return labels.numbers(y), labels


def proba_by_column(proba: Any, classes: Any, n_columns: int) -> list[tuple[Any, np.ndarray]]:
    """What any classifier of scikit-learn or of this package says: by column of `y`.

    Parameters
    ----------
    proba : ndarray or list of ndarray
        What its ``predict_proba`` returns: of one column (n_rows, n_classes); of several a list of
        these, or of indicators an array with one for each column, the probabilities of the second
        class.
    classes : ndarray or list of ndarray
        Its ``classes_``.
    n_columns : int
        How many columns `y` had.

    Returns
    -------
    columns : list of (classes, ndarray of shape (n_rows, n_classes))
        One for each column.
    """
    if isinstance(proba, (list, tuple)):
        return list(zip(classes, map(np.asarray, proba), strict=True))
    proba = np.asarray(proba)
    is_by_column = isinstance(classes, (list, tuple))
    if n_columns == 1 and not is_by_column:
        return [(classes, proba)]
    proba = proba.reshape(len(proba), -1)
    two = np.stack([1 - proba, proba], axis=-1)
    # Some of scikit-learn's name the columns in place of the classes.
    own = classes if is_by_column else [np.array([0, 1])] * n_columns
    return [(part, two[:, column]) for column, part in enumerate(own)]


def log_of(proba: Any) -> Any:
    """Logarithms of what ``predict_proba`` returns, in its layout."""
    with np.errstate(divide="ignore"):
        return [*map(np.log, proba)] if isinstance(proba, list) else np.log(proba)


def _kinds(y: np.ndarray, n_kinds: int) -> list[np.ndarray]:
    """The parts of targets that are of one kind each, of shape (n, columns of the kind)."""
    by_kind = y.reshape(len(y), -1, n_kinds)
    return [by_kind[..., kind] for kind in range(n_kinds)]


def _find(part: np.ndarray, *, is_indicator: bool) -> np.ndarray:
    """The sorted labels of a kind."""
    known = _known(part)
    if known.dtype == bool:
        return np.array([False, True])
    classes = np.unique(known)
    if is_indicator and classes.dtype.kind in "iuf" and {*classes.tolist()} <= {0, 1}:
        return np.array([0, 1], dtype=classes.dtype)
    return classes


def _known(part: np.ndarray) -> np.ndarray:
    """The labels of a kind that are not missing, in the type that they have.

    Raises
    ------
    ValueError
        If they are no labels.
    """
    known = part[~np.asarray(pd.isna(part))]
    if known.dtype == object:
        kind = pd.api.types.infer_dtype(known)
        if kind.startswith("mixed"):
            kinds = sorted({type(label).__name__ for label in known.tolist()})
            raise ValueError(
                f"y must hold labels of one type, such as text, numbers or booleans, got {kinds}. "
                f"Make them text, with y.astype(str)."
            )
        known = known.astype(_NUMBERS.get(kind, object))
    if known.dtype.kind == "f":
        check_classification_targets(known)
        # NaN made floats of what are whole numbers.
        known = known.astype(np.int64) if known.size < part.size else known
    return known


def _numbers(part: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Numbers of the labels of a kind; NaN where one is missing."""
    numbers = np.full(part.shape, np.nan)
    uniques, places = np.unique(_known(part), return_inverse=True)
    number_of = {label: number for number, label in enumerate(classes.tolist())}
    unknown = [label for label in uniques.tolist() if label not in number_of]
    if unknown:
        raise ValueError(
            f"y holds labels that are not among the classes {classes.tolist()}: {unknown}."
        )
    found = np.array([number_of[label] for label in uniques.tolist()], dtype=float)
    numbers[~np.asarray(pd.isna(part))] = found[places.ravel()]
    return numbers


def _labels(numbers: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The labels of numbers."""
    is_missing = np.isnan(numbers)
    found = classes[np.where(is_missing, 0, numbers).astype(int)]
    if is_missing.any():
        found = found.astype(float if classes.dtype.kind in "biuf" else object)
        found[is_missing] = np.nan
    return found
