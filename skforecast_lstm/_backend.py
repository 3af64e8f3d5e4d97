"""What Keras runs on: TensorFlow, or an error that says how to get there."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

__all__ = ["check_backend"]


def check_backend() -> None:
    """Check that Keras runs on TensorFlow, or will when it is imported.

    Raises
    ------
    ImportError
        If it is set to another backend.
    """
    backend = _backend()
    if backend == "tensorflow":
        return
    given = os.environ.get("KERAS_BACKEND")
    where = f"in {_config_file()}" if given is None else f"by KERAS_BACKEND={given!r}"
    raise ImportError(
        f"skforecast_lstm trains with Keras on TensorFlow, but Keras is set to the backend "
        f"{backend!r}, {where}. Set os.environ['KERAS_BACKEND'] = 'tensorflow' before anything "
        f"imports keras, in a new process (restart the kernel of a notebook)."
    )


def _backend() -> str:
    """The one that Keras has, or reads when it is imported."""
    keras = sys.modules.get("keras")
    if hasattr(keras, "backend"):
        return keras.backend.backend()  # type: ignore[union-attr]
    if "KERAS_BACKEND" in os.environ:
        return os.environ["KERAS_BACKEND"]
    try:
        return json.loads(_config_file().read_text(encoding="utf-8")).get("backend", "tensorflow")
    except (OSError, ValueError):  # there is none
        return "tensorflow"


def _config_file() -> Path:
    return Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "keras.json"
