"""The README: its code runs and prints what is shown, and its links lead somewhere."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
# The language alone on the line of the fence; the block ends at a fence of its own. What it prints
# is the fence without a language that follows.
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```\n(.*?)^```$)?", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def lines(text):
    """Lines without the blanks that pandas prints at their ends."""
    return [line.rstrip() for line in text.strip("\n").splitlines()]


@pytest.mark.slow
def test_the_code_of_the_readme_prints_what_is_shown(tmp_path, monkeypatch):
    text = README.read_text(encoding="utf-8")
    blocks = list(BLOCK.finditer(text))
    assert sum(block[2] is not None for block in blocks) >= 3
    monkeypatch.chdir(tmp_path)  # where files that it writes may lie
    namespace = {"__name__": "__main__"}
    for block in blocks:
        # So many empty lines in front that a traceback gives the line of the README.
        lines_before = text.count("\n", 0, block.start(1))
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * lines_before + block[1], README, "exec"), namespace)
        assert lines(printed.getvalue()) == lines(block[2] or "")


def test_every_python_fence_of_the_readme_is_found():
    # A fence with a space, an attribute or without an end would be skipped in silence.
    text = README.read_text(encoding="utf-8")
    assert len(BLOCK.findall(text)) == len(re.findall(r"^\s*[`~]{3,}\s*py", text, re.MULTILINE))


def test_the_readme_has_at_most_150_lines():
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150


def test_links_of_the_readme_lead_to_files_here_and_to_addresses_on_pypi():
    text = README.read_text(encoding="utf-8")
    links = LINK.findall(text)
    assert len(links) > 30
    assert [link for link in links if not (ROOT / link).is_file()] == []
    spec = importlib.util.spec_from_file_location("setup_script", ROOT / "setup.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    on_pypi = LINK.findall(script.with_addresses(text))
    assert [
        link.startswith("https://") and link.endswith(here)
        for link, here in zip(on_pypi, links, strict=True)
    ] == [True] * len(links)
    assert [link for link in on_pypi if "raw.githubusercontent" in link] == [on_pypi[0]]


def test_the_addresses_of_the_project_are_those_of_the_readme():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    repository = re.search(r'REPOSITORY = "(.*)"', (ROOT / "setup.py").read_text(encoding="utf-8"))[
        1
    ]
    assert f'Source = "https://github.com/{repository}"' in project
