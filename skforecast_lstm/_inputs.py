"""What an estimator makes of X: checked and scaled windows, and the network for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils import check_array

from skforecast_lstm import _programs as training
from skforecast_lstm._containers import as_rows
from skforecast_lstm._keras_params import KerasParams
from skforecast_lstm._known import known_by_step
from skforecast_lstm._lags import warn_of_reversed
from skforecast_lstm._pages import see
from skforecast_lstm._parameters import NetworkParameters
from skforecast_lstm._samples import Chosen
from skforecast_lstm._scaling import scaled_windows
from skforecast_lstm._shell import Shell
from skforecast_lstm._targets import FramedMixin
from skforecast_lstm._validation import FLOATS, check_feature_names, validate_data
from skforecast_lstm._windows import KnownAhead, Windows

__all__ = ["InputsMixin"]


class InputsMixin(FramedMixin, NetworkParameters, KerasParams):
    """Checks and scales the windows, and finds what the network has to be like."""

    n_features_in_: int
    n_steps_in_: int
    n_steps_out_: int
    n_targets_: int
    feature_scaler_: Any
    _n_dims: int
    _ahead: KnownAhead | None
    _n_scales: int
    _lead: int
    #: Checks `y`, and returns targets of shape (n, n_steps_out, n_targets) in numbers.
    _check_targets: Callable[..., np.ndarray]
    #: What surrounds the network.
    _shell: Callable[[], Shell]

    @property
    def _n_outputs(self) -> int:
        """How many numbers the network puts out for each target."""
        raise NotImplementedError

    # --- X and y -----------------------------------------------------------------------------

    def _check_windows(self, X: Any, *, reset: bool) -> Windows:
        """Return the windows of X; NaN may mark missing steps."""
        X = as_rows(X)
        X = X if hasattr(X, "ndim") else np.asarray(X)
        if X.ndim > 3:
            raise ValueError(
                f"X must be 3-D (n_samples, n_steps_in, n_features), or 2-D for windows of one "
                f"series, got shape {X.shape}. {see('windows')}"
            )
        if X.ndim != 3:
            params = {"dtype": FLOATS, "ensure_all_finite": "allow-nan"}
            names = getattr(X, "columns", None)
            if reset or self._n_dims == 2:
                X = validate_data(self, X, reset=reset, **params)
            else:  # windows of one series, after a fit on 3-D ones: the columns are steps
                X = check_array(X, **params)
            sequences = self._oldest_first(X, names, reset=reset)
            windows = Windows.of_sequences(sequences, mask=self.missing == "mask")
        else:
            windows = _check_3d(X, mask=self.missing == "mask")
            if reset:
                check_feature_names(self, X, reset=True)
                if not windows.is_table:
                    warn_of_reversed(windows.to_array(), type(self).__name__)
        _, n_steps_in, n_features = windows.shape
        if reset:
            self._n_dims = X.ndim
            if X.ndim == 3:
                self._lag_order = None
            self.n_steps_in_ = n_steps_in
            self.n_features_in_ = n_features if X.ndim == 3 else n_steps_in
            self._ahead = windows.ahead if self._reads_ahead() else None
            return windows.but(ahead=self._ahead)
        expected = self.n_steps_in_, self.n_features_in_ if self._n_dims == 3 else 1
        if (n_steps_in, n_features) != expected:
            raise ValueError(
                f"X has windows of {n_steps_in} steps with {n_features} features, but "
                f"{type(self).__name__} is expecting {expected[0]} steps with {expected[1]} "
                f"features as input: X must be (n_samples, {expected[0]}, {expected[1]})."
                f" {see('windows')}"
            )
        return windows.but(ahead=self._ahead)

    def _check_held_out(self, X: Any, y: Any, *, of_table: bool) -> Chosen | None:
        """The user's own validation samples, complete ones only.

        Where windows come of the steps of a pipeline (`of_table`), rows of a table are none.
        """
        if (X is None) != (y is None):
            raise ValueError("X_val and y_val must be given together, or neither of them.")
        if X is None:
            return None
        if of_table and self._n_dims == 3 and np.ndim(as_rows(X)) == 2:
            raise ValueError(
                f"X_val must be windows of shape (n_samples, {self.n_steps_in_}, "
                f"{self.n_features_in_}), as X of {type(self).__name__} is, got a table of shape "
                f"{np.shape(as_rows(X))}. A pipeline hands X_val to its last step as it is. Fit "
                f"the steps before, pipeline[:-1].fit(X, y), and then give the windows: "
                f"lstm__X_val=pipeline[:-1].transform(X_val). {see('training')}"
            )
        windows = self._check_windows(X, reset=False)
        targets = self._check_targets(y, windows, reset=False)
        chosen = Chosen(windows, targets)
        return chosen.complete(can_skip=self.missing == "mask", names=("X_val", "y_val"))

    @property
    def _rows_ahead(self) -> int:
        """How many rows ahead of their window targets reach."""
        return self._lead + self.n_steps_out_ - 1

    # --- scales and network --------------------------------------------------------------------

    def _scaled_windows(self, windows: Windows) -> Windows:
        """Scaled windows; oldest steps, if they are missing, are skipped or filled."""
        return scaled_windows(self.feature_scaler_, windows.completed(mask=self.missing == "mask"))

    def _known(self, windows: Windows) -> np.ndarray | None:
        """What the network reads of the coming steps."""
        return known_by_step(windows, self.n_steps_out_, self._lead)

    def _network(self, windows: Windows) -> training.Network:
        """The builder with the parameters it names."""
        builder, arguments = self._builder()
        known, n_features = self._known(windows[:1]), windows.history().shape[2]
        if known is not None:
            arguments["n_known_future"] = known.shape[2]
        return training.Network(
            builder,
            self._shell(),
            input_shape=(self.n_steps_in_, n_features),
            n_steps_out=self.n_steps_out_,
            n_targets=self.n_targets_ * self._n_outputs,
            **arguments,
        )


def _check_3d(X: Any, *, mask: bool) -> Windows:
    """Check windows; those of the window step are of a table that it has checked."""
    if isinstance(X, Windows):
        return X
    params = {"dtype": FLOATS, "ensure_all_finite": "allow-nan", "input_name": "X"}
    return Windows.of_sequences(check_array(X, allow_nd=True, **params), mask=mask)
