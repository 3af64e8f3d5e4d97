"""What has to be set before TensorFlow and matplotlib are imported, and the shared series."""

from __future__ import annotations

import gc
import os

# Read once, when TensorFlow is imported: pytest loads this file before any test module.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")
# Workers of pytest-xdist share the cores. With all of them in each, their threads wait for one
# another: two workers on two cores then take a third more processor time to train small networks.
os.environ.setdefault(
    "OMP_NUM_THREADS",
    str(max(1, (os.cpu_count() or 1) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1)))),
)

import hypothesis
import pytest

from skforecast_lstm import make_supervised
from skforecast_lstm.datasets import load_air_passengers

# Importing TensorFlow and collecting 7,000 tests makes a million objects that all stay: the garbage
# collector would spend 4 of 14 seconds of each worker on looking through them.
gc.disable()
# The first example of a test may compile a graph, which says nothing about the others.
hypothesis.settings.register_profile("skforecast_lstm", deadline=None)
hypothesis.settings.load_profile("skforecast_lstm")


def pytest_collection_finish():
    """Let the garbage collector look at what tests leave behind, and at nothing older."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()


@pytest.fixture(scope="session")
def _airline():
    return make_supervised(load_air_passengers().to_frame(), n_steps_out=3)


@pytest.fixture
def airline(_airline):
    """Monthly passengers and those of the three months after each; a copy of one's own."""
    X, y = _airline
    return X.copy(), y.copy()
