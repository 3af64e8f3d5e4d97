"""Gives PyPI the README with links that lead into the repository; all else is in pyproject.toml."""

import re
from pathlib import Path

from setuptools import setup

REPOSITORY = "skforecast-lstm/skforecast_lstm"


def with_addresses(text: str) -> str:
    """Make links and images that are relative to the repository absolute."""
    raw = f"https://raw.githubusercontent.com/{REPOSITORY}/main/"
    page = f"https://github.com/{REPOSITORY}/blob/main/"
    text = re.sub(r"(!\[[^\]]*\]\()(?!https?:)", rf"\g<1>{raw}", text)
    return re.sub(r"\]\((?!https?:|#)", f"]({page}", text)


if __name__ == "__main__":
    readme = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
    setup(long_description=with_addresses(readme), long_description_content_type="text/markdown")
