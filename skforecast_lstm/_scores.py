"""Scores of a backtest: of numbers, and of labels and their probabilities."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from skforecast_lstm._labels import Labels
from skforecast_lstm._scoring import interval_losses, score_forecasts, score_labels

__all__ = ["LabelScores", "NumberScores", "Scores", "proba_names"]

_GROUPING: dict[str, Any] = {"sort": False, "dropna": False, "observed": True}


class Scores:
    """What numbers and labels are scored alike by: losses of lines, and their means over parts."""

    # The loss that skill is measured by, and its name in a sentence.
    loss: str
    name: str
    # The score that is shown by step, and its name above a table.
    column: str
    title: str
    # What may help where there is no skill.
    advice: ClassVar[str]
    # The page that says more.
    page: ClassVar[str]

    def is_value(self, column: Any) -> bool:
        """Tell whether a column of lines is no part that scores can be parted by."""
        return column in ("truth", "prediction", "lower", "upper")

    def are_known(self, lines: pd.DataFrame) -> pd.Series:
        """Tell which lines are predicted."""
        return lines["prediction"].notna()

    def table(
        self,
        lines: pd.DataFrame,
        by: Sequence[str],
        is_scored: np.ndarray,
        scorers: Mapping[str, Callable[..., float]],
    ) -> pd.DataFrame:
        """Score lines of models, whose names are the first level of the index, by parts.

        The second model is the one that skill is measured against.
        """
        models, parts = lines.index.unique("model"), ["model", *by]
        losses = self._losses(lines).where(pd.Series(is_scored, lines.index))
        keyed = pd.concat([lines[[*by]], losses], axis=1)
        scores = keyed.groupby(parts, **_GROUPING).mean()
        # All models have the same parts, in the same order.
        by_model = scores[self.loss].to_numpy().reshape(len(models), -1)
        reference = by_model[1] if len(models) > 1 else by_model[0] * np.nan
        scores["skill"] = (1 - by_model / reference).ravel()
        scores = self._finished(scores, lines, losses, parts)
        if scorers:
            parted = lines.assign(is_scored=is_scored).groupby(parts, **_GROUPING)
            for name, scorer in scorers.items():
                scores[name] = self._scored(parted, name, scorer)
        return scores

    def loss_of(self, scores: pd.Series) -> float:
        """The loss that skill is measured by, from the scores of a model."""
        return float(scores[self.loss])

    def _losses(self, lines: pd.DataFrame) -> pd.DataFrame:
        """Of each line, what the scores are means of."""
        raise NotImplementedError

    def _finished(
        self, scores: pd.DataFrame, lines: pd.DataFrame, losses: pd.DataFrame, parts: list[str]
    ) -> pd.DataFrame:
        """Scores from the means of losses."""
        raise NotImplementedError

    def _scored(self, parted: Any, name: str, scorer: Callable[..., float]) -> pd.Series:
        """Score each part by a scorer of scikit-learn."""
        raise NotImplementedError


@dataclass
class NumberScores(Scores):
    """Scores of numbers, and of intervals where they have a coverage."""

    scales: pd.Series
    interval: float | None

    loss, name = "mae", "mean absolute error"
    column, title = "mae", "MAE"
    advice = (
        "make_lstm_pipeline(), whose default network has window_norm and a linear part, covariates "
        "known in advance (known_future, CalendarFeatures), windows that hold a whole season "
        "(n_steps_in), or more data"
    )
    page = "accuracy"

    def _losses(self, lines: pd.DataFrame) -> pd.DataFrame:
        keys: Any = list(self.scales.index.names)
        scale = lines.join(self.scales, on=keys)["scale"]
        error = lines["prediction"] - lines["truth"]
        losses = {"mae": error.abs(), "rmse": error**2, "mase": error.abs() / scale, "skill": error}
        if self.interval is not None:
            losses |= _interval_losses(lines, self.interval)
        return pd.DataFrame(losses)

    def _finished(
        self, scores: pd.DataFrame, lines: pd.DataFrame, losses: pd.DataFrame, parts: list[str]
    ) -> pd.DataFrame:
        return scores.assign(rmse=scores["rmse"] ** 0.5)

    def _scored(self, parted: Any, name: str, scorer: Callable[..., float]) -> pd.Series:
        return parted[["truth", "prediction", "is_scored"]].apply(_score_numbers, scorer)


@dataclass
class LabelScores(Scores):
    """Scores of labels, and of their probabilities where the model has them.

    Parameters
    ----------
    classes : dict of ndarray
        The sorted labels of each target.
    has_proba : bool
        Whether the model predicts probabilities, which are scored then.
    skill_by_proba : bool
        Whether the first baseline does so, too. Skill is measured by the Brier score then, else by
        the share of wrong labels.
    """

    classes: Mapping[Any, np.ndarray]
    has_proba: bool
    skill_by_proba: bool

    advice = (
        "covariates known in advance (known_future, CalendarFeatures), windows that reach further "
        "back (n_steps_in), probabilities that are calibrated (CalibratedClassifierCV, no "
        "class_weight), or more data"
    )
    page = "classification"

    def __post_init__(self) -> None:
        self.loss, self.name = "error", "share of wrong labels"
        self.column, self.title = "accuracy", "Accuracy"
        if self.skill_by_proba:
            self.loss = self.column = "brier"
            self.name = self.title = "Brier score"

    @classmethod
    def of(cls, classes: Mapping[Any, np.ndarray], *lines: pd.DataFrame) -> LabelScores:
        """Scores of a model, by its lines and those of what its skill is measured against."""
        names = {name for part in classes.values() for name in proba_names(part)}
        have_proba = [names <= set(table) for table in lines]
        return cls(classes, have_proba[0], all(have_proba))

    @property
    def names(self) -> list[str]:
        """Columns of probabilities."""
        names = (name for classes in self.classes.values() for name in proba_names(classes))
        return list(dict.fromkeys(names))

    def is_value(self, column: Any) -> bool:
        """Tell whether a column of lines is no part that scores can be parted by."""
        return super().is_value(column) or column in self.names

    def are_known(self, lines: pd.DataFrame) -> pd.Series:
        """Tell which lines are predicted, with their probabilities."""
        names = [name for name in self.names if name in lines]
        is_known = super().are_known(lines)
        return is_known & lines[names].notna().any(axis=1) if names else is_known

    def loss_of(self, scores: pd.Series) -> float:
        """The loss that skill is measured by, from the scores of a model."""
        return super().loss_of(scores) if self.skill_by_proba else 1 - float(scores["accuracy"])

    def _losses(self, lines: pd.DataFrame) -> pd.DataFrame:
        is_right = (lines["truth"] == lines["prediction"]).astype(float)
        columns = ["log_loss", "brier", "balanced_accuracy", "accuracy", "skill", "error"]
        losses = pd.DataFrame(np.nan, lines.index, columns)
        losses["accuracy"], losses["error"] = is_right, 1 - is_right
        for target, classes in self.classes.items():
            own = (lines["target"] == target).to_numpy() & lines["truth"].notna().to_numpy()
            proba = lines.reindex(columns=proba_names(classes)).to_numpy(dtype=float)[own]
            truth = Labels([classes]).numbers(lines["truth"].to_numpy()[own]).astype(int)
            is_class = truth[:, np.newaxis] == np.arange(len(classes))
            eps = np.finfo(float).eps
            losses.loc[own, "log_loss"] = -np.log(np.clip(proba[is_class], eps, 1 - eps))
            # Of two classes, both differ by the same: scikit-learn counts it once.
            n_counted = 2 if len(classes) <= 2 else 1
            losses.loc[own, "brier"] = ((proba - is_class) ** 2).sum(axis=1) / n_counted
        return losses

    def _finished(
        self, scores: pd.DataFrame, lines: pd.DataFrame, losses: pd.DataFrame, parts: list[str]
    ) -> pd.DataFrame:
        right = pd.concat([lines[[*parts[1:], "truth"]], losses["accuracy"]], axis=1)
        recalls = right.groupby([*parts, "truth"], **_GROUPING)["accuracy"].mean()
        balanced = recalls.groupby(level=parts, **_GROUPING).mean()
        unknown = [] if self.has_proba else ["log_loss", "brier"]
        return scores.assign(balanced_accuracy=balanced).drop(columns=["error", *unknown])

    def _scored(self, parted: Any, name: str, scorer: Callable[..., float]) -> pd.Series:
        columns, failed = ["target", "truth", "prediction", "is_scored"], []
        columns += [column for column in self.names if column in parted.obj]

        def score(part: pd.DataFrame) -> float:
            try:
                return self._score_part(part[part["is_scored"]], scorer)
            except ValueError as error:
                failed.append(str(error))
                return np.nan

        scores = parted[columns].apply(score)
        if failed:
            warnings.warn(
                f"scoring={name!r} gives no score (NaN) in {len(failed)} of {len(scores)} parts. "
                f"The first error was: {failed[0]}",
                UserWarning,
                stacklevel=4,
            )
        return scores

    def _score_part(self, part: pd.DataFrame, scorer: Callable[..., float]) -> float:
        """Score labels of one or several targets, whose classes are then put together."""
        if not len(part):
            return np.nan
        own = [self.classes[target] for target in part["target"].unique()]
        if len({classes.dtype.kind for classes in own}) > 1:
            raise ValueError(
                "targets have labels of different types: score each by itself, by='target'."
            )
        classes = np.unique(np.concatenate(own))
        labels = Labels([classes])
        # Where some are missing in other parts, columns have another type than the labels.
        truth, predicted = (
            classes[labels.numbers(part[column].to_numpy()).astype(int)]
            for column in ("truth", "prediction")
        )
        names = proba_names(classes)
        proba = part[names].fillna(0).to_numpy() if set(names) <= set(part) else None
        has_proba = proba is not None and part[names].notna().any(axis=None)
        return score_labels(scorer, truth, predicted, classes, proba if has_proba else None)


def proba_names(classes: np.ndarray) -> list[str]:
    """Columns of the probabilities of classes."""
    return [f"proba_{label}" for label in classes.tolist()]


def _interval_losses(lines: pd.DataFrame, interval: float) -> dict[str, pd.Series]:
    """Of each line, what coverage, interval score and pinball loss are the means of."""
    lower, upper = (lines.get(end, pd.Series(np.nan, lines.index)) for end in ("lower", "upper"))
    truth, score = lines["truth"], interval_losses(lines["truth"], lower, upper, interval)
    return {
        "coverage": ((lower <= truth) & (truth <= upper)).astype(float).where(lower.notna()),
        "interval_score": score,
        "pinball": (1 - interval) / 4 * score,  # the two quantile losses add up to half of alpha
    }


def _score_numbers(lines: pd.DataFrame, scorer: Any) -> float:
    lines = lines[lines["is_scored"]]
    values = (lines[[name]].to_numpy() for name in ("truth", "prediction"))
    return score_forecasts(scorer, *values) if len(lines) else np.nan
