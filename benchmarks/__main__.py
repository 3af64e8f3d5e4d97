"""Run the measurements, alternating between the peers, and print tables of ratios.

``make bench`` runs everything (about half an hour on 2 cores); ``make bench ARGS="fit --cases
tutorial --rounds 1"`` a part. The results are appended to ``benchmarks/results/speed.jsonl``;
``python -m benchmarks.tables`` makes the page of the documentation out of them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import results
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


# Takes what was measured: kind, case, measure, library, median, rounds, and a ratio if any.
Tell = Callable[..., None]


def report(
    path: Path | None, conditions: dict[str, Any], kind: str, case: str, **found: Any
) -> None:
    """Print a line of the table, and append it to a file."""
    ratio = f"{found['ratio']:.2f}" if "ratio" in found else ""
    title = f"{kind} {case}".strip()
    line = [title, found["measure"], found["library"], f"{found['median']:.4g}", ratio]
    print(f"| {' | '.join(line)} |", flush=True)
    if path:
        rounded = {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in found.items()}
        results.append(path, conditions, {"kind": kind, "case": case, **rounded})


def compare(tell: Tell, kind: str, peers: list[str], rounds: int, *arguments: str) -> None:
    """Measure each peer in turn, `rounds` times, and report medians and ratios to ours."""
    values = defaultdict(lambda: defaultdict(list))
    for _ in range(rounds):
        for peer in peers:
            for name, value in measure(kind, peer, *arguments).items():
                values[name][peer].append(value)
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
            tell(
                kind=kind,
                case=" ".join(arguments),
                measure=name,
                library=peer,
                median=median,
                ratio=ratios[peer],
                rounds=rounds,
            )


def compare_jobs(tell: Tell, length: str, rounds: int) -> None:
    """Report medians of searches with one job and with two, which takes turns to be the first."""
    runs = [measure("jobs", length, ("one", "two")[number % 2]) for number in range(rounds)]
    for name in runs[0]:
        median = statistics.median(run[name] for run in runs)
        tell(kind="jobs", case=length, measure=name, library=US, median=median, rounds=rounds)


def main() -> None:
    """Read the arguments, and print the tables."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", default=KINDS, choices=[*KINDS, []])
    cases = [*CASES, *LABELLED]
    parser.add_argument("--cases", nargs="*", default=cases, choices=cases)
    parser.add_argument("--peers", nargs="*", default=available(), choices=available())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=results.SPEED, help="file to append to")
    parser.add_argument("--note", help="what to write beside machine and date, in --out")
    options = parser.parse_args()
    conditions = results.conditions(["torch", "skorch", "scikeras"], options.note)
    tell = partial(report, options.out, conditions)
    installed = [US, *(peer for peer in options.peers if peer != US)]
    print("| what | measure | library | median (s, MB) | ratio to ours |\n|---|---|---|---|---|")
    for kind in options.kinds:
        if kind == "fit":
            for case in filter(CASES.get, options.cases):
                compare(tell, "fit", installed, options.rounds, case)
        elif kind == "classify":
            takers = [peer for peer in installed if peer in TAKE_LABELS]
            for case in filter(LABELLED.get, options.cases):
                compare(tell, "classify", [*takers, REGRESSOR], options.rounds, case)
        elif kind == "predict":
            takers = [peer for peer in installed if peer not in TAKE_SERIES]
            compare(tell, "predict", takers, options.rounds)
        elif kind in ("panel", "covariates"):
            takers = [peer for peer in installed if peer in TAKE_TABLES]
            for shape in [("many",), ("one",)] if kind == "panel" else [()]:
                compare(tell, kind, takers, options.rounds, *shape)
        elif kind == "search":
            takers = [peer for peer in installed if peer in TAKE_CANDIDATES]
            compare(tell, "search", takers, options.rounds)
        elif kind == "jobs":
            for length in SEARCHES:
                compare_jobs(tell, length, options.rounds)
        else:
            for name, value in measure(kind).items():
                tell(kind=kind, case="", measure=name, library=US, median=value, rounds=1)


if __name__ == "__main__":
    main()
