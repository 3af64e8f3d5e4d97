"""Fitted models without Python: files of ONNX, from raw windows to forecasts."""

from __future__ import annotations

from skforecast_lstm._pages import see

import skforecast_lstm._quiet  # noqa: F401  isort: skip  (before Keras)

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from numbers import Real
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pandas as pd
from keras import ops
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from skforecast_lstm._bounds import Bounds
from skforecast_lstm._clock import Clock
from skforecast_lstm._dates import name_of
from skforecast_lstm._files import write_whole
from skforecast_lstm._inspect import best_of
from skforecast_lstm._known import among_history, are_forecast
from skforecast_lstm._onnx import onnx_file, outputs_of
from skforecast_lstm._plain import to_plain
from skforecast_lstm._regressor import BaseLSTMRegressor
from skforecast_lstm._shell import apply
from skforecast_lstm._smoothing import Beside
from skforecast_lstm._validation import check_is_fitted
from skforecast_lstm._windows import KnownAhead
from skforecast_lstm.forecaster import Forecaster
from skforecast_lstm.windows import WindowTransformer

__all__ = ["to_onnx"]

_BEFORE = "the steps before the window"
# A map is found anew around where it leads to zero, so often.
_N_LOOKS = 4
# A map is linear if it differs by no more, a part of how far it leads and of how high, among rows
# that are so far apart.
_ROUNDING = 1e-9
_LAST_BITS = 1e-13
_SCALES = 1e-3, 3.0, 1e3, 1e6, 1e9
# A file is compared with the model on so many windows, and may be so far apart.
_N_CHECKED = 16
_MOST_APART = 1e-5


def to_onnx(model: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted model to a file of ONNX, which is served without Python or TensorFlow.

    The file takes raw windows and returns forecasts in the units of the targets. It includes the
    scalers, before the window and of the regressor, its window norm, its linear part and
    exponential smoothing.

    Parameters
    ----------
    model : estimator
        A fitted regressor of this package; a pipeline whose last two steps are a
        :class:`WindowTransformer` and such a regressor; a search over one, or a ``Forecaster``.
    path : str or path-like
        The file. A file that is there already stays until the new one is complete.

    Raises
    ------
    ValueError
        If the model has a part that cannot be exported. Such are a step before the window that is
        not linear or reads dates, a scaler for each series, another regressor, or an estimator
        around the pipeline.
    ImportError
        If tf2onnx is not installed: ``pip install "skforecast_lstm[onnx]"``.

    See Also
    --------
    save : Saves everything, for Python.

    Notes
    -----
    The inputs are below. Their first axis counts the forecasts, as many as you like at once.

    - ``window``, float64 of shape (n, n_steps_in, n_columns): the last rows of `X`, oldest first,
      without the column of ``group``; or windows in the form that the regressor takes. Values that
      are known in advance are read from the last row. A window with NaN is forecast as NaN: nothing
      is filled in.
    - ``row``, int64 of shape (n,), only for models with exponential smoothing: the number of the
      last row. It counts rows from ``origin`` in the metadata, which is row 0. Give -1 if it is not
      known; smoothing is then left out.
    - ``series``, int64 of shape (n,), only for models with exponential smoothing and several
      series: the position of the series in ``series`` in the metadata. Give the length of that list
      for a series that is not in it.

    Outputs, float64: ``forecast``, in the layout of ``predict``; with ``loss="quantile"`` also
    ``quantiles``, with one axis more, the last.

    The metadata has one entry, ``skforecast_lstm``, in JSON: version, columns, n_steps_in,
    n_steps_out, lead, quantiles; with smoothing origin, freq, season_length and series. Series
    whose rows are further apart than those of the others have their own origin and freq, in origins
    and freqs. A model that was fitted to arrays has neither: its first training row is row 0.

    tf2onnx [1]_ makes the conversion.

    References
    ----------
    .. [1] tf2onnx, https://github.com/onnx/tensorflow-onnx

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np, onnxruntime
    >>> from skforecast_lstm import LSTMRegressor, to_onnx
    >>> X = np.arange(40.0).reshape(10, 4, 1)
    >>> model = LSTMRegressor(4, epochs=2, random_state=0).fit(X, X[:, -1, 0] + 1)
    >>> path = os.path.join(tempfile.mkdtemp(), "model.onnx")
    >>> to_onnx(model, path)
    >>> session = onnxruntime.InferenceSession(path)
    >>> [forecast] = session.run(None, {"window": X})
    >>> bool(np.allclose(forecast, model.predict(X), rtol=1e-5))
    True
    """
    check_is_fitted(model)
    served = _Served.of(model)
    outputs = ["forecast", "quantiles"][: 1 + (served.n_quantiles > 1)]
    data = onnx_file(served.forecast, served.inputs(), outputs, served.facts())
    served.check(data)
    write_whole(Path(path), data)


@dataclass
class _Served:
    """What a model computes, from windows in units of the table to forecasts in the targets'.

    Parameters
    ----------
    regressor : BaseLSTMRegressor
        The regressor.
    columns : list
        Names of the columns of a window, or their numbers.
    features : list of _Affine
        What leads from these to the features that the network sees, one map after the other.
    network : keras.Model
        The network.
    units : _Affine or None
        What leads from scaled targets to their units.
    window : WindowTransformer or None
        The step that has cut the windows.
    bounds : Bounds or None
        Where forecasts end.
    """

    regressor: BaseLSTMRegressor
    columns: list[Any]
    features: list[_Affine]
    network: keras.Model
    units: _Affine | None
    window: WindowTransformer | None = None
    bounds: Bounds | None = None

    @classmethod
    def of(cls, model: Any) -> _Served:
        """Find the parts of a model."""
        bounds = None
        while isinstance(model, (Forecaster, FrozenEstimator)) or best_of(model) is not model:
            if isinstance(model, Forecaster):
                model, bounds = model.estimator_, model._bounds
            else:
                model = model.estimator if isinstance(model, FrozenEstimator) else best_of(model)
        steps = [step for _, step in model.steps] if isinstance(model, Pipeline) else [model]
        regressor, window = steps[-1], steps[-2] if len(steps) > 1 else None
        is_known = isinstance(regressor, BaseLSTMRegressor)
        if not is_known or (len(steps) > 1 and not isinstance(window, WindowTransformer)):
            raise ValueError(_no_model(model, steps))
        features = []
        if window is None:
            shape = regressor.n_steps_in_, regressor.n_features_in_
            columns = [*range(shape[1] if regressor._n_dims == 3 else 1)]
        else:
            before = [step for step in steps[:-2] if step not in (None, "passthrough")]
            columns = _columns(model if before else window, window)
            if window.flatten and len(columns) > 1:
                raise ValueError(
                    f"to_onnx cannot export WindowTransformer(flatten=True) in front of "
                    f"{type(regressor).__name__} for {len(columns)} columns: the regressor takes "
                    f"them for steps of one. Fit with flatten=False, for which it is made."
                    f" {see('serving')}"
                )
            if before:
                features.append(_map_before(model[:-2], window, columns))
        if regressor.feature_scaler_ is not None:
            n_features = len(columns) if not features else features[-1].matrix.shape[1]
            transform = regressor.feature_scaler_.transform
            features.append(_Affine.of(transform, n_features, "feature_scaler"))
        units, scaler = None, regressor.target_scaler_
        if scaler is not None:
            units = _Affine.of(scaler.transform, regressor._n_scales, "target_scaler")
            units = units.inverted(scaler.inverse_transform)
        return cls(regressor, columns, features, regressor.model_, units, window, bounds)

    @property
    def n_quantiles(self) -> int:
        """How many values are predicted of each target and step."""
        return len(self.regressor._quantiles)

    @property
    def _smoothed(self) -> Beside | None:
        """Exponential smoothing, if it has a share."""
        beside = self.regressor._beside
        return beside if beside is not None and beside.share.any() else None

    @property
    def _n_series(self) -> int:
        return 1 if self._smoothed is None else len(self._smoothed.phases.numbers)

    def inputs(self) -> dict[str, tuple[tuple[int, ...], str]]:
        """What the graph takes."""
        n_steps, is_flat = self.regressor.n_steps_in_, self.regressor._n_dims == 2
        shape = (n_steps,) if is_flat else (n_steps, len(self.columns))
        found: dict[str, tuple[tuple[int, ...], str]] = {"window": (shape, "float64")}
        if self._smoothed is not None:
            found["row"] = (), "int64"
        if self._n_series > 1:
            found["series"] = (), "int64"
        return found

    def facts(self) -> dict[str, Any]:
        """What a server has to know of the inputs."""
        regressor, beside = self.regressor, self._smoothed
        facts: dict[str, Any] = {
            "version": version("skforecast-lstm"),
            "columns": [str(name) for name in self.columns],
            "n_steps_in": regressor.n_steps_in_,
            "n_steps_out": regressor.n_steps_out_,
            "lead": regressor._lead,
        }
        if self.n_quantiles > 1:
            facts["quantiles"] = [float(quantile) for quantile in regressor._quantiles]
        if beside is not None:
            clock = None if self.window is None else self.window._fitted.clock
            facts["season_length"] = beside.phases.season_length
            facts["series"] = [_text(label) for label in beside.phases.numbers]
            if clock is not None:
                facts["origin"], facts["freq"] = _text(clock.origin), _freq(clock)
                if clock.own:
                    own = {str(_text(label)): one for label, one in clock.own.items()}
                    facts["origins"] = {name: _text(one.origin) for name, one in own.items()}
                    facts["freqs"] = {name: _freq(one) for name, one in own.items()}
        return facts

    def check(self, file: bytes) -> None:
        """Compare what a file says of some windows with what the model says.

        Raises
        ------
        ValueError
            If they differ by more than rounding.
        """
        draw = np.random.RandomState(0)
        shapes = {name: (_N_CHECKED, *shape) for name, (shape, _) in self.inputs().items()}
        inputs: dict[str, Any] = {"window": draw.normal(size=shapes.pop("window"))}
        if self.features:
            rows = self.features[0].near(_N_CHECKED * inputs["window"].shape[1])
            inputs["window"] = rows.reshape(inputs["window"].shape)
        last = {"row": 1_000, "series": self._n_series}
        for name, shape in shapes.items():
            inputs[name] = draw.randint(-1, last[name] + 1, size=shape)
        expected = [np.asarray(values) for values in self.forecast(*inputs.values())]
        for found, values in zip(outputs_of(file, inputs), expected, strict=True):
            level, spread = np.abs(values).max(), np.ptp(values)
            if not (np.abs(found - values) <= _MOST_APART * (spread + level)).all():
                raise ValueError(
                    f"the file would not forecast as the model does: up to "
                    f"{np.abs(found - values).max():.3g} apart, of {level:.3g}. Some operation is "
                    f"another one in ONNX; no file was written. Layers and activations of Keras "
                    f"are known to be right, functions of your own may be none. {see('serving')}"
                )

    # --- the graph -----------------------------------------------------------------------------

    def forecast(self, windows: Any, rows: Any = None, series: Any = None) -> list[Any]:
        """Forecasts of windows, and their quantiles if there are any."""
        regressor = self.regressor
        if regressor._n_dims == 2:
            steps = np.arange(regressor.n_steps_in_)[regressor._lag_order]
            windows = ops.take(windows, steps, axis=1)[..., np.newaxis]
        for line in self.features:
            windows = line(windows)
        read = self._read(windows)
        known = [ops.all(ops.isfinite(part), axis=(1, 2)) for part in read]
        is_known = known[0] if len(known) == 1 else ops.logical_and(*known)
        outputs = apply(self.network, [ops.cast(part, "float32") for part in read])
        shape = regressor.n_steps_out_, regressor.n_targets_, self.n_quantiles
        outputs = ops.reshape(ops.cast(outputs, "float64"), (-1, *shape))
        if self._smoothed is not None:
            outputs += self._offsets(self._smoothed, read[0], rows, series)[..., np.newaxis]
        is_known = ops.reshape(is_known, (-1, 1, 1, 1))
        values = ops.where(is_known, self._in_units(outputs), np.nan)
        values = ops.sort(values, axis=3) if self.n_quantiles > 1 else values
        if self.bounds is not None:
            lower, upper = self.bounds.lower, self.bounds.upper
            values = ops.minimum(ops.maximum(values, lower[:, np.newaxis]), upper[:, np.newaxis])
        layout = tuple(regressor._y_shape)
        at = regressor._quantiles.index(0.5) if self.n_quantiles > 1 else 0
        found = [ops.reshape(values[..., at], (-1, *layout))]
        if self.n_quantiles > 1:
            found.append(ops.reshape(values, (-1, *layout, self.n_quantiles)))
        return found

    def _read(self, windows: Any) -> list[Any]:
        """What the network reads: the history, and what is known of each coming step."""
        ahead: KnownAhead | None = self.regressor._ahead
        if ahead is None:
            return [windows]
        columns = ahead.columns.ravel()
        others = np.setdiff1d(np.arange(windows.shape[2]), columns)
        n_steps_out = self.regressor.n_steps_out_
        known = ops.take(windows[:, -1], columns, axis=1)
        if are_forecast(ahead, n_steps_out, self.regressor._lead):
            known = ops.reshape(known, (-1, *ahead.columns.shape))
        else:
            known = ops.repeat(known[:, np.newaxis], n_steps_out, axis=1)
        return [ops.take(windows, others, axis=2), known]

    def _offsets(self, beside: Beside, history: Any, rows: Any, series: Any) -> Any:
        """What smoothing adds."""
        relation, length = self.regressor._relation, beside.phases.season_length
        phases = ops.where(rows < 0, -1, rows % length)
        last = self._n_series
        if series is None:
            series = ops.zeros_like(phases)
        else:
            series = ops.where((series < 0) | (series > last), last, series)
        columns = among_history(relation.columns, self.regressor._ahead)
        values = relation.offset + relation.scale * ops.take(history, columns, axis=2)
        found = [
            share * smoothing.departures(values[..., target], phases, series, ops)
            for target, (smoothing, share) in enumerate(
                zip(beside.smoothings, beside.share, strict=True)
            )
        ]
        return ops.stack(found, axis=2)

    def _in_units(self, outputs: Any) -> Any:
        """Scaled outputs in the units of the targets."""
        if self.units is None:
            return outputs
        parts = []
        for number in range(self.n_quantiles):
            part = ops.reshape(outputs[..., number], (-1, len(self.units.base)))
            parts.append(ops.reshape(self.units(part), (-1, *outputs.shape[1:3])))
        return ops.stack(parts, axis=3)


def _columns(estimator: Any, window: WindowTransformer) -> list[Any]:
    """Names of the columns that windows are cut of, or their numbers; without that of the group."""
    names = list(getattr(estimator, "feature_names_in_", range(estimator.n_features_in_)))
    if window._group_position is not None:
        del names[_group_position(names, window)]
    return names


def _group_position(names: Sequence[Any], window: WindowTransformer) -> Any:
    """Where the column of the group is among those of a table, which steps may have moved."""
    is_named = isinstance(window._group, str) and window._group in list(names)
    return list(names).index(window._group) if is_named else window._group_position


def _map_before(before: Any, window: WindowTransformer, columns: Sequence[Any]) -> _Affine:
    """What the steps before a window do, which must be the same for all series."""
    marks = {
        name: value
        for name, value in before.get_params(deep=True).items()
        if name.endswith("missing_values") and isinstance(value, Real) and value == value
    }
    if marks:
        raise ValueError(_no_map(_BEFORE, f"{marks} takes some numbers for missing ones"))
    names = getattr(before, "feature_names_in_", None)
    series = list(window._fitted.labels)

    def through(rows: np.ndarray, labels: Sequence[Any]) -> Any:
        if window._group is None:
            table = rows if names is None else pd.DataFrame(rows, columns=list(names))
            return before.transform(table)
        table = pd.DataFrame(rows, columns=list(columns))
        after = window._group_position
        if after is None:  # labels are a level of the index
            levels = {window._group: labels, "row": range(len(rows))}
            return before.transform(table.set_index(pd.MultiIndex.from_frame(pd.DataFrame(levels))))
        position = after if names is None else _group_position(names, window)
        table.insert(position, window._group if names is None else names[position], labels)
        found = before.transform(table if names is not None else table.to_numpy(dtype=object))
        found = np.asarray(found, dtype=object)
        if list(found[:, after]) != list(labels):
            raise ValueError(
                f"it is not known which column of X becomes the group of the windows, their column "
                f"{after}: {window._group!r} is no column of X"
            )
        return np.delete(found, after, axis=1)

    def of_first(rows: np.ndarray) -> Any:
        return through(rows, series[:1] * len(rows))

    line = _Affine.of(of_first, len(columns), _BEFORE)
    rows = np.tile(line.near(), (len(series), 1))
    labels = [label for label in series for _ in range(len(rows) // len(series))]
    if not _are_near(_table(through(rows, labels)), line.of_rows(rows)):
        raise ValueError(
            "the steps before the window scale each series by itself, and a file of ONNX has one "
            "scale. Set GroupScaler(pooled=True), or export the part from the window on, with "
            "to_onnx(pipeline[-2:], path), and scale the windows that you give to it. "
            f"{see('serving')}"
        )
    return line


class _Affine(NamedTuple):
    """A map of rows, ``target + (row - base) @ matrix``.

    Parameters
    ----------
    base : ndarray of shape (n_inputs,)
        A row.
    matrix : ndarray of shape (n_inputs, n_outputs)
        What a unit more of each input changes.
    target : ndarray of shape (n_outputs,)
        What the base leads to, near zero.
    """

    base: np.ndarray
    matrix: np.ndarray
    target: np.ndarray

    def __call__(self, rows: Any) -> Any:
        # NaN times zero is NaN: what is missing counts only in the outputs that depend on it.
        is_known = ops.isfinite(rows)
        outputs = self.target + ops.matmul(ops.where(is_known, rows - self.base, 0.0), self.matrix)
        is_read = (self.matrix != 0).astype(self.matrix.dtype)
        n_missing = ops.matmul(ops.where(is_known, 0.0, ops.ones_like(rows)), is_read)
        return ops.where(n_missing > 0, np.nan, outputs)

    def of_rows(self, rows: np.ndarray) -> np.ndarray:
        """The same in NumPy."""
        return self.target + (rows - self.base) @ self.matrix

    def near(self, n_rows: int = 8, scale: float = 3.0) -> np.ndarray:
        """So many rows about the base."""
        size = np.linalg.norm(self.matrix, axis=1)
        apart = np.random.RandomState(0).normal(scale=scale, size=(n_rows, len(self.base)))
        return self.base + apart / np.where(size > 0, size, 1)

    @classmethod
    def of(cls, transform: Callable[[np.ndarray], Any], n_inputs: int, owner: str) -> _Affine:
        """Find the map that a transformer is.

        Raises
        ------
        ValueError
            If it is not linear, or a row depends on others.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                line = cls._found(transform, n_inputs)
                is_line = all(line._leads_as(transform, scale) for scale in _SCALES)
        except Exception as error:
            raise ValueError(_no_map(owner, f"{type(error).__name__}: {error}")) from error
        if not is_line:
            raise ValueError(_no_map(owner, "it is not linear, or a row depends on others"))
        return line

    @classmethod
    def _found(cls, transform: Callable[[np.ndarray], Any], n_inputs: int) -> _Affine:
        """The map around the row that leads to zero: there nothing is rounded off."""
        base, unit = np.zeros(n_inputs), np.ones(n_inputs)
        for _ in range(_N_LOOKS):
            rows = base + np.diag(unit)
            found = _table(transform(np.vstack([base, rows])))
            apart = np.diag(rows - base)[:, np.newaxis]
            line = cls(base, (found[1:] - found[0]) / apart, found[0])
            if not np.isfinite(line.matrix).all():
                break
            size = np.linalg.norm(line.matrix, axis=1)
            unit = 1 / np.where(size > 0, size, 1)
            scaled = line.matrix * unit[:, np.newaxis]
            base = base - unit * np.linalg.lstsq(scaled.T, line.target, rcond=None)[0]
        return line

    def _leads_as(self, transform: Callable[[np.ndarray], Any], scale: float) -> bool:
        """Tell whether a transformer does the same to rows so far apart, in any order of them."""
        rows = self.near(scale=scale)
        found, turned = _table(transform(rows)), _table(transform(rows[::-1]))[::-1]
        return all(_are_near(one, self.of_rows(rows)) for one in (found, turned))

    def inverted(self, inverse: Callable[[np.ndarray], Any]) -> _Affine:
        """The map back, which a transformer says is this."""
        back = _Affine(self.target, np.linalg.inv(self.matrix), self.base)
        rows = np.random.RandomState(0).normal(size=(8, len(self.target)))
        if not _are_near(_table(inverse(rows)), back.of_rows(rows)):
            raise ValueError(_no_map("target_scaler", "its inverse is not the way back"))
        return back


def _table(values: Any) -> np.ndarray:
    return np.asarray(values, dtype=np.float64)


def _are_near(found: np.ndarray, expected: np.ndarray) -> bool:
    """Tell whether values differ by rounding only, column by column; NaN is never near."""
    level, spread = np.abs(expected).max(axis=0), np.ptp(expected, axis=0)
    return bool((np.abs(found - expected) <= _ROUNDING * spread + _LAST_BITS * level).all())


def _no_map(owner: str, reason: str) -> str:
    ways = {
        _BEFORE: "Export the part from the window on, "
        "to_onnx(pipeline[-2:], path), and do before it what these steps do.",
    }
    way = ways.get(owner, "Fit with 'standard', 'minmax' or another linear scaler.")
    return f"{owner} cannot be exported as a linear map: {reason}. {way} {see('serving')}"


def _no_model(model: Any, steps: Sequence[Any]) -> str:
    """Say what cannot be exported, and what to do instead."""
    takes = (
        "to_onnx takes a regressor of this package, or a pipeline that ends in a WindowTransformer "
        "and one"
    )
    name = type(model).__name__
    if isinstance(model, Pipeline):
        names = " and ".join(type(step).__name__ for step in steps[-2:])
        return (
            f"{takes}; {name} ends in {names}. Export the regressor alone, pipeline[-1], and do "
            f"before and after it what the other parts do. {see('serving')}"
        )
    if getattr(model, "refit", True) is False:
        return (
            f"{takes}; {name} with refit=False has fitted none. Fit it with refit=True. "
            f"{see('serving')}"
        )
    return (
        f"{takes}; {name} is none. If it has such a regressor or pipeline inside, export that, and "
        f"do with its forecasts what {name} does. {see('serving')}"
    )


def _freq(clock: Clock) -> Any:
    """How far the rows of a clock are apart: text as pandas reads it, a number, or not known."""
    if isinstance(clock.origin, pd.Period):  # other names than those of dates
        return clock.origin.freqstr
    name = name_of(clock.freq)
    return name if name is None or isinstance(name, (int, float)) else str(name)


def _text(label: Any) -> Any:
    """A label as JSON has it."""
    plain = to_plain(label.item() if isinstance(label, np.number) else label)
    return plain if plain is None or isinstance(plain, (str, int, float, bool)) else str(label)
