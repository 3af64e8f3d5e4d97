"""Files of results: JSON lines, and in front of each run a line of machine, date and versions."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).parent / "results"
ACCURACY = DIRECTORY / "accuracy.jsonl"
SPEED = DIRECTORY / "speed.jsonl"
PACKAGES = ("tensorflow", "keras", "scikit-learn")

Record = dict[str, Any]


def conditions(packages: Sequence[str], note: str | None = None) -> Record:
    """Machine, cores, date, and the versions of the packages that are installed."""
    versions = {"python": platform.python_version()}
    for name in (*PACKAGES, *packages):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    found = {
        "machine": processor(),
        "cores": os.cpu_count(),
        "date": datetime.date.today().isoformat(),
        "versions": versions,
    }
    return found | ({"note": note} if note else {})


def processor() -> str:
    """The name of the processor, as far as the system gives one."""
    information = Path("/proc/cpuinfo")
    text = information.read_text(encoding="utf-8") if information.exists() else ""
    found = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    return found[1] if found else platform.processor() or platform.machine()


def append(path: Path, run: Record, record: Record) -> None:
    """Add a record, and the conditions in front of it where they are not those of the last one."""
    lines = read_lines(path)
    runs = [line["run"] for line in lines if "run" in line]
    new = [record] if runs and runs[-1] == run else [{"run": run}, record]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in new)


def read(path: Path) -> list[tuple[Record, Record]]:
    """Return each record after the conditions it was measured in; none of a file that is not."""
    found, run = [], {}
    for line in read_lines(path):
        if "run" in line:
            run = line["run"]
        else:
            found.append((run, line))
    return found


def read_lines(path: Path) -> list[Record]:
    """Return all lines of a file, none if it does not exist."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
