"""The data of the benchmarks, the same for every peer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.utils import shuffle

from skforecast_lstm.datasets import load_japanese_vowels


@dataclass(frozen=True)
class Case:
    """One network on one table."""

    n_rows: int
    n_steps_in: int
    n_features: int
    horizon: int
    units: int
    epochs: int
    batch_size: int
    repeats: int = 1

    @property
    def n_windows(self) -> int:
        """Complete windows with all their targets."""
        return self.n_rows - self.n_steps_in - self.horizon + 1

    @property
    def n_outputs(self) -> int:
        """Numbers that the network puts out."""
        return self.horizon

    @property
    def operations(self) -> int:
        """Floating-point operations of the products of one forward pass over all windows."""
        per_step = 2 * (self.n_features + self.units) * 4 * self.units
        return self.n_windows * (self.n_steps_in * per_step + 2 * self.units * self.n_outputs)

    def windows(self) -> tuple[np.ndarray, np.ndarray]:
        """Windows (n, n_steps_in, n_features) and targets (n, horizon), float32."""
        table = make_table(self.n_rows, self.n_features)
        n = self.n_windows
        windows = np.lib.stride_tricks.sliding_window_view(table, self.n_steps_in, axis=0)
        steps = np.arange(n)[:, None] + self.n_steps_in + np.arange(self.horizon)
        return np.ascontiguousarray(windows[:n].swapaxes(1, 2)), table[steps, 0]


@dataclass(frozen=True)
class Labels(Case):
    """One network that classifies windows: which of `n_classes` equal parts comes next."""

    n_classes: int = 2

    @property
    def n_outputs(self) -> int:
        """One logit for two classes, else one for each."""
        return 1 if self.n_classes == 2 else self.n_classes

    def windows(self) -> tuple[np.ndarray, np.ndarray]:
        """Windows (n, n_steps_in, n_features), float32, and labels (n,), from 0 on."""
        X, y = super().windows()
        limits = np.quantile(y[:, 0], np.arange(1, self.n_classes) / self.n_classes)
        return X, np.digitize(y[:, 0], limits)

    def indicators(self, y: np.ndarray) -> np.ndarray:
        """Labels as zeros and ones, one for each output of the network, float32."""
        if self.n_outputs == 1:
            return y[:, np.newaxis].astype(np.float32)
        return np.eye(self.n_classes, dtype=np.float32)[y]


@dataclass(frozen=True)
class Sequences(Labels):
    """One network that tells speakers apart by utterances of 7 to 26 frames."""

    def windows(self) -> tuple[np.ndarray, np.ndarray]:
        """The first `n_rows` utterances, scaled, NaN in front of the shorter ones; speakers."""
        X, _, y, _ = load_japanese_vowels()
        X, y = shuffle(X, y, n_samples=self.n_rows, random_state=0)
        scaled = (X - np.nanmean(X, axis=(0, 1))) / np.nanstd(X, axis=(0, 1))
        return scaled.astype(np.float32), y - 1


CASES = {
    "tutorial": Case(9, 3, 1, 1, 50, epochs=200, batch_size=32, repeats=3),
    "air passengers": Case(108, 24, 1, 12, 50, epochs=100, batch_size=32, repeats=3),
    "hourly": Case(7_007, 72, 1, 24, 64, epochs=10, batch_size=32),
    "wide": Case(18_000, 168, 8, 24, 128, epochs=2, batch_size=256),
}
LABELLED = {
    "two classes": Labels(6_984, 72, 1, 1, 64, epochs=5, batch_size=32),
    "three classes": Labels(6_984, 72, 1, 1, 64, epochs=5, batch_size=32, n_classes=3),
    "vowels": Sequences(270, 29, 12, 1, 100, epochs=30, batch_size=32, repeats=3, n_classes=9),
}

# Of each of the series of a panel; one series of as many windows is the yardstick.
PANEL = Case(160, 48, 1, 24, 32, epochs=2, batch_size=256)
N_SERIES = 250
# Case and epochs of the fits of a search, by how long each of these takes on two cores.
SEARCHES = {
    "0.1 s": ("air passengers", 50),
    "0.5 s": ("hourly", 2),
    "2 s": ("hourly", 8),
}
COVARIATES = Case(4_320, 168, 1, 24, 50, epochs=2, batch_size=32)


def make_panel(n_series: int, n_rows: int) -> pd.DataFrame:
    """Series one under the other: dates in the index, columns ``series`` and ``y``."""
    dates = pd.date_range("2024-01-01", periods=n_rows, freq="h")
    values = make_table(n_rows, n_series)
    labels = np.repeat([f"s{number:04}" for number in range(n_series)], n_rows)
    return pd.DataFrame(
        {"series": labels, "y": values.T.ravel()}, index=pd.Index(np.tile(dates, n_series))
    )


def make_covariates() -> pd.DataFrame:
    """Hourly ``y`` that follows three columns ``a``, ``b`` and ``c``, which are known ahead."""
    n_rows = COVARIATES.n_rows
    frame = pd.DataFrame(
        np.random.default_rng(1).normal(size=(n_rows, 3)).astype(np.float32),
        columns=["a", "b", "c"],
        index=pd.date_range("2024-01-01", periods=n_rows, freq="h"),
    )
    frame["y"] = make_table(n_rows, 1)[:, 0] + frame.to_numpy() @ np.float32([1.0, 0.5, -0.5])
    return frame


def make_table(n_rows: int, n_features: int) -> np.ndarray:
    """Noisy daily cycles of different phases, float32."""
    rng = np.random.default_rng(0)
    phase = rng.uniform(0, 2 * np.pi, n_features)
    cycles = np.sin(2 * np.pi * np.arange(n_rows)[:, None] / 24 + phase)
    return (cycles + 0.1 * rng.normal(size=(n_rows, n_features))).astype(np.float32)
