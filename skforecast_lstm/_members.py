"""The networks of an ensemble: made from seeds, trained one after the other."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skforecast_lstm import _programs as training
from skforecast_lstm._relation import Relation
from skforecast_lstm._watchers import Progress
from skforecast_lstm._windows import Windows

__all__ = ["Member", "begin_at_ridge", "new_members", "relate", "train_members"]


@dataclass
class Member:
    """One network of an ensemble: its weights, and what is drawn for it."""

    state: training.State
    rng: np.random.RandomState
    seed: int

    @classmethod
    def new(cls, network: training.Network, rng: np.random.RandomState) -> Member:
        """Return one with fresh weights."""
        seed = rng.randint(2**31 - 1)
        return cls(training.initial_state(network, seed), rng, seed)


def new_members(network: training.Network, n_members: int, random_state: Any) -> list[Member]:
    """Make networks with fresh weights; the first is what it would be alone."""
    first = Member.new(network, check_random_state(random_state))
    seeds = np.random.RandomState(first.seed).randint(2**31 - 1, size=n_members - 1)
    return [first, *(Member.new(network, np.random.RandomState(seed)) for seed in seeds)]


def relate(members: list[Member], network: training.Network, relation: Relation) -> None:
    """Tell networks how the targets follow from their history."""
    for member in members:
        member.state.weights = network.shell.relate(member.state.weights, relation)


def begin_at_ridge(
    members: list[Member],
    network: training.Network,
    windows: Windows,
    rows: Windows,
    samples: training.Samples,
    quantiles: Sequence[float],
) -> None:
    """Let the linear part of networks begin at the ridge regression of the samples."""
    # The truth stands beside each of its quantiles: once is enough.
    y, start = samples.y[..., :: len(quantiles)], members[0].state.weights
    skip = network.shell.start_linear(
        start, windows, rows, samples.known, y, quantiles, samples.weight
    )
    for member in members:
        member.state.weights[-len(skip) :] = skip


def train_members(
    members: list[Member],
    network: training.Network,
    samples: training.Samples,
    validation: training.Samples | None,
    *,
    compilation: Callable[[], training.Compilation],
    options: Callable[[Member, Progress | None], training.Training],
    jit_compile: str | bool,
    progress: Progress | None = None,
) -> training.History:
    """Train one network after the other, and return the mean of their histories.

    Optimizers, metrics and callbacks have a state: `compilation` and `options` make new ones for
    every member; `progress` is one for all.
    """
    histories = []
    with contextlib.closing(progress) if progress else contextlib.nullcontext():
        for member in members:
            member.state, history = training.train(
                network,
                compilation(),
                member.state,
                samples,
                validation,
                options(member, progress),
                jit_compile,
            )
            histories.append(history)
    return _mean_history(histories)


def _mean_history(histories: list[training.History]) -> training.History:
    """Mean over the members that were still training in an epoch."""
    return {
        name: [
            float(np.mean(values))
            for epoch in range(max(len(history[name]) for history in histories))
            if (values := [h[name][epoch] for h in histories if epoch < len(h[name])])
        ]
        for name in histories[0]
    }
