"""Run the measurements, alternating between the peers, and print tables of ratios.

``make bench`` runs everything (about half an hour on 2 cores); ``make bench ARGS="fit --cases
tutorial --rounds 1"`` a part.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections import defaultdict

from benchmarks.cases import CASES, LABELLED, SEARCHES
from benchmarks.peers import (
    REGRESSOR,
    TAKE_CANDIDATES,
    TAKE_LABELS,
    TAKE_SERIES,
    TAKE_TABLES,
    available,
)

KINDS = [
    "fit",
    "classify",
    "predict",
    "share",
    "panel",
    "covariates",
    "search",
    "pipeline",
    "memory",
    "growth",
    "chunks",
    "series",
    "jobs",
    "imports",
]
US = "skforecast_lstm"


def measure(*arguments: str) -> dict[str, float]:
    """One measurement in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.measure", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{run.stderr[-3000:]}")
    return json.loads(run.stdout.splitlines()[-1])


def compare(kind: str, peers: list[str], rounds: int, *arguments: str) -> None:
    """Measure each peer in turn, `rounds` times, and print medians and ratios to ours."""
    values = defaultdict(lambda: defaultdict(list))
    for _ in range(rounds):
        for peer in peers:
            for name, value in measure(kind, peer, *arguments).items():
                values[name][peer].append(value)
    title = " ".join([kind, *arguments])
    for name, by_peer in values.items():
        medians = {peer: statistics.median(times) for peer, times in by_peer.items()}
        # Of the pairs of a round, not of the medians: a slow minute slows both of a pair.
        ratios = {
            peer: statistics.median(
                theirs / ours for theirs, ours in zip(times, by_peer[US], strict=True) if ours
            )
            for peer, times in by_peer.items()
        }
        for peer, median in medians.items():
            print(f"| {title} | {name} | {peer} | {median:.4g} | {ratios[peer]:.2f} |", flush=True)


def compare_jobs(length: str, rounds: int) -> None:
    """Print medians of searches with one job and with two, which takes turns to be the first."""
    runs = [measure("jobs", length, ("one", "two")[number % 2]) for number in range(rounds)]
    for name in runs[0]:
        median = statistics.median(run[name] for run in runs)
        print(f"| jobs {length} | {name} | {US} | {median:.4g} | |", flush=True)


def main() -> None:
    """Read the arguments, and print the tables."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", default=KINDS, choices=[*KINDS, []])
    cases = [*CASES, *LABELLED]
    parser.add_argument("--cases", nargs="*", default=cases, choices=cases)
    parser.add_argument("--peers", nargs="*", default=available(), choices=available())
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    installed = [US, *(peer for peer in options.peers if peer != US)]
    print("| what | measure | library | median (s, MB) | ratio to ours |\n|---|---|---|---|---|")
    for kind in options.kinds:
        if kind == "fit":
            for case in filter(CASES.get, options.cases):
                compare("fit", installed, options.rounds, case)
        elif kind == "classify":
            takers = [peer for peer in installed if peer in TAKE_LABELS]
            for case in filter(LABELLED.get, options.cases):
                compare("classify", [*takers, REGRESSOR], options.rounds, case)
        elif kind == "predict":
            takers = [peer for peer in installed if peer not in TAKE_SERIES]
            compare("predict", takers, options.rounds)
        elif kind in ("panel", "covariates"):
            takers = [peer for peer in installed if peer in TAKE_TABLES]
            for shape in [("many",), ("one",)] if kind == "panel" else [()]:
                compare(kind, takers, options.rounds, *shape)
        elif kind == "search":
            takers = [peer for peer in installed if peer in TAKE_CANDIDATES]
            compare("search", takers, options.rounds)
        elif kind == "jobs":
            for length in SEARCHES:
                compare_jobs(length, options.rounds)
        else:
            for name, value in measure(kind).items():
                print(f"| {kind} | {name} | {US} | {value:.4g} | |", flush=True)


if __name__ == "__main__":
    main()
