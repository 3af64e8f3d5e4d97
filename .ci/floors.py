"""Print the oldest versions that pyproject.toml allows, as constraints for pip.

``make test-min`` installs them. What has no floor, in the extras, is left to pip.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
PROJECT = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]


def requirements(lines: list[str]) -> Iterator[Requirement]:
    """The packages that lines name, with those of the extras of this one."""
    for requirement in map(Requirement, lines):
        if requirement.name != PROJECT["name"]:
            yield requirement
        for extra in requirement.extras if requirement.name == PROJECT["name"] else ():
            yield from requirements(PROJECT["optional-dependencies"][extra])


for found in requirements([*PROJECT["dependencies"], f"{PROJECT['name']}[dev]"]):
    for one in found.specifier:
        if one.operator == ">=":
            print(f"{found.name}=={one.version}")
