"""What a regressor makes of its targets: their scale, their history, and remedies around it."""

from __future__ import annotations

from typing import Any

import numpy as np

from skforecast_lstm import _programs as training
from skforecast_lstm._containers import as_rows
from skforecast_lstm._inputs import InputsMixin
from skforecast_lstm._known import among_history
from skforecast_lstm._outliers import repaired
from skforecast_lstm._pages import see
from skforecast_lstm._parameters import RegressorParameters
from skforecast_lstm._relation import Relation, check_columns, relate_targets
from skforecast_lstm._samples import Chosen
from skforecast_lstm._scaling import (
    Line,
    fit_feature_scaler,
    fit_target_scaler,
    line_of,
    through_scaler,
)
from skforecast_lstm._season import balanced, find_season
from skforecast_lstm._shell import Shell
from skforecast_lstm._smallness import (
    NORMS,
    find_deviations,
    smallest,
    warn_of_lost,
    warn_of_smaller,
)
from skforecast_lstm._smoothing import Beside, Histories, Places
from skforecast_lstm._targets import FramedRegressorMixin, count_scales, find_lead
from skforecast_lstm._windows import Windows

__all__ = ["RemediesMixin"]


class RemediesMixin(FramedRegressorMixin, RegressorParameters, InputsMixin):
    """Checks and scales the targets, and finds how they follow from the windows."""

    season_length_: int
    n_outliers_: int
    target_scaler_: Any
    _quantiles: tuple[float, ...]
    _relation: Relation
    #: The smallest deviation of a window that was trained on, by target; a file may be older.
    _least_deviation: np.ndarray | None = None

    def _check_targets(self, y: Any, windows: Windows, *, reset: bool) -> np.ndarray:
        """Return targets of shape (n, n_steps_out, n_targets)."""
        y = as_rows(y)
        targets = super()._check_targets(y, windows.ends, reset=reset)
        # window_norm compares all steps of a target with the window: one scale for them.
        is_one, names = self.window_norm is not None, getattr(y, "columns", None)
        if reset:
            n_scales = count_scales(self._y_shape, names, self.n_targets)
            self._n_scales = self.n_targets_ if is_one else n_scales
            self._lead = find_lead(y, self.n_steps_out_, windows.rows_ahead)
        elif is_one and self._n_scales != self.n_targets_:
            raise ValueError(
                f"window_norm={self.window_norm!r} needs one scale for all steps of a target, but "
                f"{type(self).__name__} was fitted with one for each of the {self._n_scales} "
                f"columns of y. Set window_norm=None, or fit anew with warm_start=False."
                f" {see('accuracy')}"
            )
        return targets

    @property
    def _n_outputs(self) -> int:
        return len(self._quantiles)

    # --- scales and remedies -------------------------------------------------------------------

    def _repaired(self, chosen: Chosen) -> Chosen:
        """Samples whose targets and history are repaired, if they are to be."""
        self.n_outliers_ = 0
        windows, targets = chosen.windows, chosen.targets
        if self.outliers is None or not windows.is_table:
            return chosen
        columns = [] if self.window_norm is None else self._own_columns(windows)
        series, length = windows.series_of_rows(), self.season_length or 1
        history, are_outliers = repaired(windows.table[:, columns], series, length)
        if are_outliers.any():
            table = windows.table.copy()
            table[:, columns] = history
            windows = windows.but(table=table)
            self.n_outliers_ = int((are_outliers & windows.are_read()[:, np.newaxis]).sum())
        order = np.lexsort((windows.ends, series[windows.ends]))
        flat = targets.reshape(len(targets), -1)[order]
        found, are_outliers = repaired(flat, series[windows.ends][order], length)
        if are_outliers.any():
            targets = np.empty_like(targets)
            targets[order] = found.reshape(targets.shape)
        return Chosen(windows, targets, chosen.weight)

    def _own_columns(self, windows: Windows) -> list[int]:
        """Which features are the history of each target."""
        return check_columns(
            self.history_columns, self.n_targets_, windows.shape[2], "history_columns"
        )

    def _fit_scalers(self, chosen: Chosen) -> None:
        """Fit the scalers of features and targets to the samples that are trained on."""
        self.feature_scaler_ = fit_feature_scaler(self.feature_scaler, chosen.windows)
        self.target_scaler_ = fit_target_scaler(
            self.target_scaler, chosen.targets, chosen.weight, self._n_scales
        )

    def _scaled(self, chosen: Chosen) -> Chosen:
        """Samples as the network is to see them."""
        targets = self._through_scaler("transform", chosen.targets)
        return Chosen(self._scaled_windows(chosen.windows), targets, chosen.weight, chosen.counts)

    def _samples(self, scaled: Chosen, rows: Windows, beside: Beside | None) -> training.Samples:
        """What a program takes: the network learns what is left of the targets beside smoothing."""
        windows, known = scaled.windows.history(), self._known(scaled.windows)
        y = scaled.targets
        if beside is not None:
            places = beside.phases.find(rows)
            y = (y - self._offsets(windows, places, beside)).astype(y.dtype)
        if len(self._quantiles) > 1:  # the truth stands beside each of them
            y = np.repeat(y, len(self._quantiles), axis=2)
        return training.Samples(
            windows.table, windows.starts, y, scaled.in_loss(), windows.is_masked, known
        )

    def _smooths(self) -> bool:
        """Whether there is to be exponential smoothing beside the network."""
        can_smooth = self.window_norm == "seasonal" and self.linear_skip == "ridge"
        if not (self.smoothing and can_smooth):
            return False
        self._check_differences()
        return True

    def _offsets(self, windows: Windows, places: Places, beside: Beside) -> np.ndarray:
        """What smoothing adds to the forecasts of windows that end in such places."""
        found = self._own_relation()
        return beside.offsets(Histories(windows, found.columns, found.scale, found.offset, *places))

    def _through_scaler(self, method: str, values: np.ndarray) -> np.ndarray:
        return through_scaler(self.target_scaler_, method, values, self._n_scales)

    def _find_relation(self, chosen: Chosen) -> Relation:
        """How the scaled targets follow from their own history in the scaled windows."""
        if self.window_norm is None:
            return Relation((), 1, np.ones(0), np.zeros(0))
        windows, targets = chosen.windows, chosen.targets
        columns = self._own_columns(windows)
        among_history(columns, windows.ahead)
        features = line_of(self.feature_scaler_, windows.table[windows.are_read()])
        outputs = line_of(self.target_scaler_, targets.reshape(-1, self.n_targets_))
        if features is None or outputs is None:  # then both have to be transformed alike
            return relate_targets(self._scaled(chosen), columns, self._lead)
        found = relate_targets(chosen, columns, self._lead)
        before = Line(features.scale[columns], features.offset[columns]).inverted()
        scale, offset = outputs.after(Line(found.scale, found.offset)).after(before)
        return found._replace(scale=scale, offset=offset, zeros=outputs.offset)

    def _note_deviations(self, rows: Windows, scaled: Chosen, *, is_fresh: bool) -> None:
        """Note how little a window varies, and warn of series that are lost beside larger ones."""
        if self.window_norm not in NORMS:
            return
        found = find_deviations(scaled.windows.history(), self._own_relation())
        warn_of_lost(found, rows, self.window_norm)
        before = None if is_fresh else self._least_deviation
        least = smallest(found)
        self._least_deviation = least if before is None else np.minimum(least, before)

    def _warn_of_smaller(self, history: Windows, rows: Windows) -> None:
        """Warn of series that vary by less than those that were trained on."""
        if self.window_norm in NORMS and self._least_deviation is not None:
            norm, owner, least = self.window_norm, type(self).__name__, self._least_deviation
            warn_of_smaller(history, rows, self._own_relation(), least, norm, owner)

    def _own_relation(self) -> Relation:
        """The relation to the features that are no values of coming steps."""
        columns = among_history(self._relation.columns, self._ahead)
        return self._relation._replace(columns=columns)

    def _find_season(self, scaled: Chosen) -> int:
        """Rows until the season comes back, in samples as the network sees them."""
        if self.window_norm != "seasonal":
            return 1
        if self.season_length is None:
            n_rows = len(scaled.targets)
            rows = np.linspace(0, n_rows - 1, min(n_rows, 1_000)).astype(int)
            return find_season(scaled.windows[rows], scaled.targets[rows], self._relation)
        if self.season_length > self.n_steps_in_:
            raise ValueError(
                f"window_norm='seasonal' needs windows as long as a season: season_length="
                f"{self.season_length}, but n_steps_in={self.n_steps_in_}. Lengthen the window, or "
                f"set season_length=None to have one found that fits. {see('accuracy')}"
            )
        return int(self.season_length)

    def _counts(self, rows: Windows, scaled: Chosen) -> np.ndarray | None:
        """What an error of each sample counts; None: all alike."""
        if self.window_norm is None:
            raise ValueError(
                f"series_weight={self.series_weight!r} weighs errors in units of the naive "
                f"forecast's, for which the targets' own history has to be among the features: set "
                f"window_norm too, or leave series_weight=None. {see('accuracy')}"
            )
        if rows.series is None:
            return None
        samples = rows.series[rows.ends], scaled.windows, scaled.targets
        return balanced(*samples, self._relation, self.season_length_)

    def _shell(self) -> Shell:
        return Shell(
            window_norm=self.window_norm,
            columns=among_history(self._relation.columns, self._ahead),
            lead=self._relation.lead,
            season_length=self.season_length_,
            linear_skip=bool(self.linear_skip),
        )
