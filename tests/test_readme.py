"""The code of the README runs, from top to bottom, as a reader would type it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
# The language alone on the line of the fence; the block ends at a fence of its own.
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_the_code_of_the_readme_runs(tmp_path, monkeypatch):
    text = README.read_text(encoding="utf-8")
    blocks = list(BLOCK.finditer(text))
    assert blocks
    monkeypatch.chdir(tmp_path)  # where files that it writes may lie
    namespace = {"__name__": "__main__"}
    for block in blocks:
        # So many empty lines in front that a traceback gives the line of the README.
        lines_before = text.count("\n", 0, block.start(1))
        exec(compile("\n" * lines_before + block[1], README, "exec"), namespace)


def test_every_python_fence_of_the_readme_is_found():
    # A fence with a space, an attribute or without an end would be skipped in silence.
    text = README.read_text(encoding="utf-8")
    assert len(BLOCK.findall(text)) == len(re.findall(r"^\s*[`~]{3,}\s*py", text, re.MULTILINE))
