"""What Keras runs on: TensorFlow, silent at its import, or an error that says how to get there."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from skforecast_lstm._pages import see

__all__ = ["check_backend", "quietly"]

# How much TensorFlow says, and what tells processes that are started that the user has not set it.
_LEVEL, _OURS = "TF_CPP_MIN_LOG_LEVEL", "SKFORECAST_LSTM_IS_QUIET"
_LINES = re.compile(
    rb"^(WARNING: All log messages before absl|[IWE]\d{4} .*\.cc:\d+\]|"
    rb"To enable the following instructions).*\n?",
    re.MULTILINE,
)


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Keep away what TensorFlow writes to stderr when it is imported, and nothing else.

    If the user has set ``TF_CPP_MIN_LOG_LEVEL``, it says what it would.
    """
    is_set = _LEVEL in os.environ and _OURS not in os.environ
    if is_set or "tensorflow" in sys.modules:
        yield
        return
    os.environ.update({_LEVEL: "3", _OURS: "1"})
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(tempfile.TemporaryFile())
            stderr = os.dup(2)
            os.dup2(file.fileno(), 2)
        except OSError:  # there is no stderr, or no room
            yield
            return
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            file.seek(0)
            os.write(2, _LINES.sub(b"", file.read()))


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
        f"imports keras, in a new process (restart the kernel of a notebook). {see('install')}"
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
