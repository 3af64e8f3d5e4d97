"""Checks the built pages: python docs/check_site.py docs/_build/html.

Every public name has a page, every public method of a class is on it, every class has an example,
and no link within the site leads to nowhere.
"""

import importlib
import inspect
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))

from api_pages import documented_methods  # noqa: E402  (found by the line above)

MODULES = ["", "metrics", "datasets", "layers"]


class Page(HTMLParser):
    """The links, images and anchors of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links, self.anchors = [], set()
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what leads elsewhere, and what can be led to."""
        for name, value in attrs:
            if name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value)
            elif name in ("href", "src") and tag in ("a", "img", "link", "script"):
                self.links.append(value or "")


def html_pages(site: Path) -> list[Path]:
    """Return the pages, without the templates that themes put among static files."""
    return [path for path in site.rglob("*.html") if "_static" not in path.parts]


def broken_links(site: Path) -> list[str]:
    """Return the links within the site that have no file or no anchor."""
    pages = {path: Page(path) for path in html_pages(site)}
    broken = []
    for path, page in pages.items():
        for link in page.links:
            if link.startswith(("http:", "https:", "mailto:", "data:", "javascript:")):
                continue
            address, anchor = urldefrag(link)
            address = unquote(address.partition("?")[0])
            target = (path.parent / address).resolve() if address else path
            if not target.is_file():
                broken.append(f"{path.relative_to(site)}: {link}")
            elif anchor and target in pages and unquote(anchor) not in pages[target].anchors:
                broken.append(f"{path.relative_to(site)}: {link}, no such part of the page")
    return broken


def missing_from_api(site: Path) -> list[str]:
    """Return names without a page, methods that are not on it, classes without an example."""
    missing = []
    for part in MODULES:
        module = importlib.import_module(f"skforecast_lstm.{part}".rstrip("."))
        for name in module.__all__:
            value, full = getattr(module, name), f"{module.__name__}.{name}"
            if not (inspect.isclass(value) or inspect.isroutine(value)):
                continue
            path = site / "api" / f"{full}.html"
            if not path.is_file():
                missing.append(f"{full} has no page")
                continue
            page = Page(path)
            if not inspect.isclass(value) or issubclass(value, Warning):
                continue
            missing += [
                f"{full}.{method} is not on its page"
                for method in documented_methods(full)
                if f"{full}.{method}" not in page.anchors
            ]
            if not part and "sphx-glr-thumbcontainer" not in page.text:
                missing.append(f"{full} has no example in the gallery")
    return missing


def main() -> None:
    """Print what is wrong, and fail if anything is."""
    site = Path(sys.argv[1]).resolve()
    problems = broken_links(site) + missing_from_api(site)
    print("\n".join(problems) or f"{len(html_pages(site))} pages: nothing missing")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
