"""The networks of an ensemble, made from seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skforecast_lstm import _programs as training
from skforecast_lstm._relation import Relation

__all__ = ["Member", "new_members", "relate"]


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
