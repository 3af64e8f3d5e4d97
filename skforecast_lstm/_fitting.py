"""How a forecaster fits an estimator: told the horizon and the series, and to every row."""

from __future__ import annotations

import warnings
from typing import Any

from sklearn.base import clone, is_classifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor

from skforecast_lstm._folds import warn_of_row_folds
from skforecast_lstm._inspect import (
    check_order,
    find_windows,
    splits_rows,
    splitting_parts,
    takes_one_target,
)
from skforecast_lstm._pages import see
from skforecast_lstm.framing import Frame
from skforecast_lstm.groups import GroupScaler, GroupTransformedTargetRegressor

__all__ = ["fit_whole", "prepared", "y_for"]


_BY_COLUMN = (MultiOutputRegressor, MultiOutputClassifier)


def prepared(estimator: Any, frame: Frame, group: Any) -> Any:
    """A clone of an estimator whose steps know the horizon and the group.

    Raises
    ------
    ValueError
        If it takes one target only, or would give window steps rows that are out of order.
    """
    estimator = clone(estimator)
    check_order(estimator)
    if len(frame.targets) * frame.n_steps_out > 1 and takes_one_target(estimator):
        around = _BY_COLUMN[is_classifier(estimator)].__name__
        raise ValueError(
            f"{type(estimator).__name__} takes one target for each row, but n_steps_out="
            f"{frame.n_steps_out} steps of {len(frame.targets)} targets make several: wrap it "
            f"as {around}({type(estimator).__name__}(...)). {see('horizon')}"
        )
    windows = find_windows(estimator)
    told = {"n_steps_out": frame.n_steps_out, "lead": frame.lead}
    estimator.set_params(**{f"{name}__{key}": told[key] for name in windows for key in told})
    if frame.group is not None:
        _name_group(estimator, frame.label, group)
        for part in splitting_parts(estimator):
            warn_of_row_folds(part.cv, frame.table.index, frame.label, stacklevel=4)
    return estimator


def _name_group(estimator: Any, label: Any, group: Any) -> None:
    """Give steps the name of the group: its position in the table is another in the features."""
    windows, params = find_windows(estimator), estimator.get_params(deep=True)
    is_same = {
        name: value == group or (value is None and name.removesuffix("__group") in windows)
        for name, value in params.items()
        if name.rpartition("__")[2] == "group"
    }
    estimator.set_params(**{name: label for name, same in is_same.items() if same})
    parts = [estimator, *params.values()]
    if is_classifier(estimator):  # labels have no level that could be lost
        return
    by_series = any(isinstance(part, GroupScaler) and not part.pooled for part in parts)
    if by_series and not any(isinstance(p, GroupTransformedTargetRegressor) for p in parts):
        warnings.warn(
            f"features are scaled by series (GroupScaler), targets are not: the level of a "
            f"series is lost, and all are forecast at one. Wrap the pipeline as "
            f"GroupTransformedTargetRegressor(pipeline, group={label!r}). {see('many series')}",
            UserWarning,
            stacklevel=5,
        )


def y_for(estimator: Any, y: Any) -> Any:
    """The targets, a single one as a table where the estimator wants columns."""
    parts = [estimator, *estimator.get_params().values()]
    is_wanted = any(isinstance(part, _BY_COLUMN) for part in parts)
    return y.to_frame() if y.ndim == 1 and is_wanted else y


def fit_whole(estimator: Any, X: Any, y: Any) -> tuple[Any, Any]:
    """Fit an estimator so that what predicts in the end has seen the newest rows too.

    Also returned is the search that found it, or None.

    Raises
    ------
    ValueError
        If a search has no best estimator.
    """
    y, windows = y_for(estimator, y), find_windows(estimator)
    if not splitting_parts(estimator):
        whole = {f"{name}__purge": False for name in windows}
        return estimator.set_params(**whole).fit(X, y), None
    # It splits the rows itself, and needs the purge for that; what comes out of it does not.
    # What splits inside of something else keeps it.
    is_purged = splits_rows(estimator) and any(
        step.purge and (step.n_steps_out or 0) + step.lead > 2 for step in windows.values()
    )
    estimator.fit(X, y)
    if hasattr(estimator, "cv_results_"):
        if not hasattr(estimator, "best_estimator_"):
            raise ValueError(
                "a search with refit=False has no best estimator to forecast with: leave refit "
                f"at True, or name the metric that chooses. {see('tuning')}"
            )
        best = estimator.best_estimator_
        return fit_whole(clone(best), X, y)[0] if is_purged else best, estimator
    if is_purged and hasattr(estimator, "estimator_"):
        estimator.estimator_, _ = fit_whole(clone(estimator.estimator_), X, y)
    return estimator, None
