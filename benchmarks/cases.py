"""The data of the benchmarks, the same for every peer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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

    def windows(self) -> tuple[np.ndarray, np.ndarray]:
        """Windows (n, n_steps_in, n_features) and targets (n, horizon), float32."""
        table = make_table(self.n_rows, self.n_features)
        n = self.n_rows - self.n_steps_in - self.horizon + 1
        windows = np.lib.stride_tricks.sliding_window_view(table, self.n_steps_in, axis=0)
        steps = np.arange(n)[:, None] + self.n_steps_in + np.arange(self.horizon)
        return np.ascontiguousarray(windows[:n].swapaxes(1, 2)), table[steps, 0]


CASES = {
    "tutorial": Case(9, 3, 1, 1, 50, epochs=200, batch_size=32, repeats=3),
    "air passengers": Case(108, 24, 1, 12, 50, epochs=100, batch_size=32, repeats=3),
    "hourly": Case(7_007, 72, 1, 24, 64, epochs=10, batch_size=32),
    "wide": Case(18_000, 168, 8, 24, 128, epochs=2, batch_size=256),
}


def make_table(n_rows: int, n_features: int) -> np.ndarray:
    """Noisy daily cycles of different phases, float32."""
    rng = np.random.default_rng(0)
    phase = rng.uniform(0, 2 * np.pi, n_features)
    cycles = np.sin(2 * np.pi * np.arange(n_rows)[:, None] / 24 + phase)
    return (cycles + 0.1 * rng.normal(size=(n_rows, n_features))).astype(np.float32)
