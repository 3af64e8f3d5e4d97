"""Keras, loaded without what TensorFlow writes when it is imported."""

from __future__ import annotations

import importlib

from skforecast_lstm._backend import check_backend, quietly

check_backend()
with quietly():
    importlib.import_module("keras")
