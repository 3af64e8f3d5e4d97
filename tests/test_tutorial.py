"""The Keras code of the tutorial's pages runs too, and answers in the shape that ours does."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[1] / "docs" / "tutorial"
# What the networks are asked for: as many answers as each block of a page predicts.
EXPECTED = {
    "one_step": [[[100]], [[205]], [[100, 105, 205]]],
    "multi_step": [[[100, 110]], [[[100], [110]]]],
    "multi_step_series": [[[185, 205]], [[[100, 105, 205], [110, 115, 225]]]],
    "subsequences": [[[100]], [[100]]],
    "sequences": [[[11, 12]], [[153]], [[[315], [320], [325]]]],
}
BLOCK = re.compile(r"( +)\.\. code-block:: python\n\n((?:\1 .*\n|\n)+)")


def keras_blocks(page):
    text = (FOLDER / f"{page}.rst").read_text(encoding="utf-8")
    return [textwrap.dedent(match[2]) for match in BLOCK.finditer(text)]


def test_every_page_of_the_tutorial_is_here():
    assert {path.stem for path in FOLDER.glob("*.rst")} == set(EXPECTED)


@pytest.mark.slow
@pytest.mark.parametrize("page", EXPECTED)
def test_keras_code_of_the_tutorial_runs(page):
    """One epoch each: whether Keras comes near its numbers is Keras' matter, the shape is ours."""
    blocks = keras_blocks(page)
    assert len(blocks) == len(EXPECTED[page])
    namespace = {}
    for block, expected in zip(blocks, EXPECTED[page], strict=True):
        once, n_found = re.subn(r"epochs=\d+", "epochs=1", block)
        assert n_found == 1
        exec(compile(once, f"{page}.rst", "exec"), namespace)
        assert np.shape(namespace["yhat"]) == np.shape(expected)
        assert np.isfinite(namespace["yhat"]).all()
