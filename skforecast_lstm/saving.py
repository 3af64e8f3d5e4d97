"""Files of fitted models that anybody may open: plain data, no code."""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import zipfile
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from skforecast_lstm import classifiers, networks, regressors
from skforecast_lstm._base import BaseLSTM
from skforecast_lstm._files import write_whole
from skforecast_lstm._keras_params import requests_of_itself
from skforecast_lstm._network import Network
from skforecast_lstm._pages import see

__all__ = ["TRUSTED_TYPES", "load", "save"]

# Counted up when files change so that an older release cannot read them.
_FORMAT = 1
_HEADER = "skforecast_lstm.json"
_PACKAGES = "skforecast-lstm", "scikit-learn", "numpy", "pandas", "keras", "tensorflow", "skops"
_ESTIMATORS = {
    "baselines": ["DriftRegressor", "NaiveRegressor", "SeasonalNaiveRegressor"],
    "calendar": ["CalendarFeatures"],
    "classifiers": classifiers.__all__,
    "forecaster": ["Forecaster"],
    "groups": ["GroupScaler", "GroupTimeSeriesSplit", "GroupTransformedTargetRegressor"],
    "intervals": ["ConformalRegressor"],
    "lags": ["LagsToWindows"],
    "pipelines": ["CompleteRowsClassifier", "CompleteRowsRegressor", "TablePipeline"],
    "regressors": regressors.__all__,
    "windows": ["WindowTransformer"],
}
_PARTS = {
    "_bounds": ["Bounds"],
    "_clock": ["Clock"],
    "_labels": ["Labels"],
    "_members": ["Member"],
    "_network": ["Network"],
    "_newest": ["Newest"],
    "_paths": ["Paths"],
    "_programs": ["State"],  # as files of format 1 call it
    "_relation": ["Relation"],
    "_rows": ["FittedRows", "Rows"],
    "_series": ["Stacked"],
    "_shell": ["Shell"],
    "_target_labels": ["TargetLabels"],
    "_training": ["State"],
    "_smoothing": ["Beside", "Indices", "Phases", "Smoothing"],
    "_windows": ["KnownAhead"],
    "framing": ["Frame"],
    "networks": networks.__all__,
}

# Of scikit-learn, beside the estimators that skops trusts: what searches and estimators are told to
# do. Up to scikit-learn 1.7 the scorer of every search has requests of metadata.
_OF_SEARCHES = {
    "metrics._scorer": ["_MultimetricScorer", "_PassthroughScorer", "_Scorer"],
    "model_selection._split": ["GroupKFold", "KFold", "PredefinedSplit", "TimeSeriesSplit"],
    "utils._metadata_requests": ["MetadataRequest", "MethodMetadataRequest"],
}

#: Names of the types that files of this package are made of. ``skops.io.load(path,
#: trusted=TRUSTED_TYPES)`` takes files that ``skops.io.dump`` has made of its estimators.
TRUSTED_TYPES: list[str] = [
    "numpy.dtype",
    *(
        f"skforecast_lstm.{module}.{name}"
        for module, names in [*_ESTIMATORS.items(), *_PARTS.items()]
        for name in names
    ),
    *(f"sklearn.{module}.{name}" for module, names in _OF_SEARCHES.items() for name in names),
]


def save(model: Any, path: str | os.PathLike[str]) -> None:
    """Write an estimator, fitted or not, to a file that contains plain data only.

    Parameters
    ----------
    model : estimator
        A regressor, pipeline, search, ``Forecaster`` or any other estimator of this package or
        scikit-learn.
    path : str or path-like
        The file. A file that is there already stays until the new one is complete.

    Raises
    ------
    ValueError
        If the estimator contains something that is not plain data. Such are objects of Keras (a
        loss, an optimizer, a callback) among its parameters, a lambda, or a frequency with a
        calendar of its own.

    See Also
    --------
    load : Read the file.
    to_onnx : Serve the model without Python.

    Notes
    -----
    The file is one of skops [1]_ with a header: the format, the versions that it was made with, and
    a checksum of each part. Networks are saved as the name of their builder, its arguments and
    their weights. Pickle and joblib work as well, but opening such a file runs the code in it.

    References
    ----------
    .. [1] skops: secure persistence, https://skops.readthedocs.io/en/stable/persistence.html

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> from skforecast_lstm import LSTMRegressor, load, save
    >>> X = np.arange(40.0).reshape(10, 4, 1)
    >>> model = LSTMRegressor(4, epochs=2, random_state=0).fit(X, X[:, -1, 0] + 1)
    >>> path = os.path.join(tempfile.mkdtemp(), "model.skops")
    >>> save(model, path)
    >>> bool((load(path).predict(X) == model.predict(X)).all())
    True
    """
    import skops.io

    try:
        if any(map(requests_of_itself, _everything(model, set()))):
            raise RecursionError
        data = skops.io.dumps(model)
    except (TypeError, AttributeError, skops.io.exceptions.UnsupportedTypeException) as error:
        _refuse_keras(model, [_name_of(type(part)) for part in _everything(model, set())], error)
        raise ValueError(
            f"{type(model).__name__} cannot be saved as plain data: {error}. pickle and joblib "
            f"take "
            f"more, but run what is in the files that they read. {see('saving')}"
        ) from error
    except RecursionError as error:
        raise ValueError(
            f"{type(model).__name__} contains an object that refers to it. From "
            f"scikit-learn 1.8 on, requests of metadata do (set_fit_request and the like): save "
            f"the estimator without them, and set them when it was loaded. {see('saving')}"
        ) from error
    kinds = _unknown(data)
    _refuse_keras(model, kinds)
    without_place = [kind for kind in kinds if "<" in kind]
    if without_place:
        raise ValueError(
            f"{type(model).__name__} contains {without_place}, which nobody can import: a "
            f"function or "
            f"a class that is named at the top of a module can be saved, a lambda cannot."
            f" {see('saving')}"
        )
    write_whole(Path(path), _with_header(data))


def load(path: str | os.PathLike[str], *, trusted: str | Sequence[str] = ()) -> Any:
    """Read an estimator from a file that :func:`save` has written.

    No code in the file is run, so you may open a file that you do not trust.

    Parameters
    ----------
    path : str or path-like
        The file.
    trusted : str or sequence of str, default=()
        Names of further types and functions that the file may contain: a builder or an estimator of
        your own, as ``"my_package.build_network"``. They are imported, so name only what you know.

    Returns
    -------
    model : estimator
        The estimator. It predicts the same as the saved one.

    Raises
    ------
    ValueError
        If it is no such file, is damaged, or was made by a newer release. If it contains types that
        are not of this package or scikit-learn, and not in `trusted`.
    FileNotFoundError
        If there is no such file.

    See Also
    --------
    save : Write the file.

    Examples
    --------
    >>> import os, tempfile
    >>> from skforecast_lstm import LSTMRegressor, load, save
    >>> path = os.path.join(tempfile.mkdtemp(), "model.skops")
    >>> save(LSTMRegressor(4), path)
    >>> load(path)
    LSTMRegressor(units=4)
    """
    import skops.io

    trusted = [trusted] if isinstance(trusted, str) else [*trusted]
    data = Path(path).read_bytes()
    _check_file(data, path)
    unknown = _unknown(data, trusted)
    if unknown:
        raise ValueError(
            f"{path} contains {unknown}, which are not of this package or scikit-learn. If you "
            f"know "
            f"them, and who made the file, name them: load(path, trusted={unknown})."
            f" {see('saving')}"
        )
    try:
        model = skops.io.loads(data, trusted=TRUSTED_TYPES + trusted)
    except Exception as error:
        raise ValueError(
            f"{path} cannot be read: {type(error).__name__}: {error}. It was made with "
            f"{_header(data)['versions']}."
        ) from error
    _check_networks(model)
    return model


def _unknown(data: bytes, trusted: Sequence[str] = ()) -> list[str]:
    """Names of types in a file that are not trusted; nothing is imported."""
    import skops.io

    found = skops.io.get_untrusted_types(data=data)
    return sorted(set(found) - {*TRUSTED_TYPES, *trusted})


# --- the file -------------------------------------------------------------------------------------


def _with_header(data: bytes) -> bytes:
    """A file of skops with what tells its format, and whether it is whole."""
    file = io.BytesIO(data)
    versions = {name: version(name) for name in _PACKAGES}
    header = {"format": _FORMAT, "versions": {"python": platform.python_version(), **versions}}
    with zipfile.ZipFile(file, "a") as archive:
        sums = {name: _checksum(archive, name) for name in archive.namelist()}
        archive.writestr(_HEADER, json.dumps({**header, "sha256": sums}))
    return file.getvalue()


def _checksum(archive: zipfile.ZipFile, name: str) -> str:
    return hashlib.sha256(archive.read(name)).hexdigest()


def _header(data: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        header: dict[str, Any] = json.loads(archive.read(_HEADER))
        return header


def _check_file(data: bytes, path: Any) -> None:
    """Refuse what is no file of ours, of a newer format, or damaged."""
    try:
        header = _header(data)
        newest, versions, sums = int(header["format"]), header["versions"], dict(header["sha256"])
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, NotImplementedError) as error:
        raise ValueError(
            f"{path} is no whole file of skforecast_lstm.save ({error}): it is of another kind, or "
            f"was cut off or damaged. Files of skops.io.dump are read by skops.io.load(path, "
            f"trusted=skforecast_lstm.saving.TRUSTED_TYPES)."
        ) from error
    if newest > _FORMAT:
        raise ValueError(
            f"{path} has format {newest}, made with {versions}; this release reads formats up to "
            f"{_FORMAT}: install a newer skforecast-lstm."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = {name: _checksum(archive, name) for name in archive.namelist() if name in sums}
            is_whole = found == sums and {*archive.namelist()} == {*sums, _HEADER}
    except Exception:  # whatever zip and zlib say of flipped bits
        is_whole = False
    if not is_whole:
        raise ValueError(f"{path} is damaged: its parts are not those that were written.")


# --- what was read --------------------------------------------------------------------------------


def _check_networks(model: Any) -> None:
    """Refuse parameters that are none: Keras would import and make what a dict describes.

    Raises
    ------
    ValueError
        If a regressor or a network has an argument that is a dict.
    """
    for value in _everything(model, set()):
        if isinstance(value, BaseLSTM):
            value._validate_params()
            arguments = value.get_params(deep=False)
            # Weights by label; a network that took them would be refused below.
            arguments.pop("class_weight", None)
        elif isinstance(value, Network):
            arguments = value.arguments
        else:
            continue
        for name, argument in arguments.items():
            if any(isinstance(part, dict) for part in _everything(argument, set())):
                raise ValueError(
                    f"the file gives {name}={argument!r}: a dict describes an object of Keras, "
                    f"which is not made from files."
                )


def _name_of(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _refuse_keras(model: Any, kinds: list[str], error: Exception | None = None) -> None:
    """Name the types of Keras among these, which no file of plain data contains."""
    of_keras = sorted({k for k in kinds if k.partition(".")[0] in ("keras", "tensorflow")})
    if of_keras:
        raise ValueError(
            f"{type(model).__name__} contains objects of Keras, {of_keras}, which are no plain "
            f"data. Give a loss, metrics or an optimizer by name, with their parameters routed "
            f"(optimizer='sgd', optimizer__momentum=0.9), and callbacks=None before saving. "
            f"{see('saving')}"
        ) from error


def _everything(value: Any, seen: set[int]) -> Iterator[Any]:
    """An object and all that is in it."""
    if id(value) in seen:
        return
    seen.add(id(value))
    yield value
    if isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, (list, tuple, set)):
        parts = [*value]
    elif isinstance(value, np.ndarray):
        parts = value.ravel().tolist() if value.dtype.kind == "O" else []
    else:
        parts = [*getattr(value, "__dict__", {}).values()]
    for part in parts:
        yield from _everything(part, seen)
