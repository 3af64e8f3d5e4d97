"""Lists what is hard to read in the pages: python docs/prose.py DOCTREES.

The language rule is in CONTRIBUTING.md. Listed are sentences of more than 30 words, words that the
rule leaves out, and headings that do not say what a part is about. It reads README.md, and what
Sphinx has parsed: the pages, the text of the examples, and the docstrings of public names.
"""

import pickle
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from docutils.core import publish_doctree
from myst_parser.parsers.docutils_ import Parser

ROOT = Path(__file__).parents[1]
LONGEST = 30
LEFT_OUT = re.compile(
    r"\b((is|are|was|be|been) (told|said|spoken)|of which|what is said|held against|walks|walked|"
    r"speaks of|stands? (for itself|in|by)|promises?|(it|they|that|which) holds?)\b",
    re.IGNORECASE,
)
# In a list of headings nothing says what "it" is.
VAGUE = re.compile(r"\?$|\b(it|its|they|them|these|those)\b", re.IGNORECASE)
ASKS = ("faq", "api/")  # questions are its headings; those of an API page are names
NO_PROSE = (nodes.literal_block, nodes.doctest_block, nodes.table, nodes.comment)
SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]”]*\s+(?=[\"'(\[“]*\w)")


def prose(node: nodes.Node) -> Iterator[nodes.Element]:
    """Give the paragraphs and titles below a node, without code and tables."""
    for child in node.children:
        if isinstance(child, (nodes.paragraph, nodes.title)):
            yield child
        elif not isinstance(child, NO_PROSE):
            yield from prose(child)


def text_of(element: nodes.Element) -> str:
    """Return the text of a paragraph, each piece of code as one word."""
    element = element.deepcopy()
    for code in list(element.findall(nodes.literal)):
        code.parent.replace(code, nodes.Text("code"))
    return " ".join(element.astext().split())


def findings(name: str, document: nodes.Node) -> tuple[list[str], list[int]]:
    """Return what is hard to read in a page, and the length of each of its sentences."""
    found, lengths = [], []
    for element in prose(document):
        text = text_of(element)
        place = f"{name}:{element.line or ''}"
        if isinstance(element, nodes.title):
            if VAGUE.search(text) and not name.startswith(ASKS):
                found.append(f"{place}: heading: {text}")
            continue
        for sentence in SENTENCE_END.split(text):
            words = len(sentence.split())
            lengths.append(words)
            if words > LONGEST:
                found.append(f"{place}: {words} words: {sentence}")
            for match in LEFT_OUT.finditer(sentence):
                found.append(f"{place}: {match[0]!r}: {sentence}")
    return found, lengths


def documents(doctrees: Path) -> Iterator[tuple[str, nodes.Node]]:
    """Give every page, parsed."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    quiet = {"report_level": 5, "myst_suppress_warnings": ["myst"]}
    yield "README.md", publish_doctree(readme, parser=Parser(), settings_overrides=quiet)
    for path in sorted(doctrees.rglob("*.doctree")):
        name = str(path.relative_to(doctrees).with_suffix(""))
        if name != "changelog" and not name.endswith("sg_execution_times"):
            yield name, pickle.loads(path.read_bytes())


def main() -> None:
    """Print the findings of every page, and how long sentences are."""
    found, lengths = [], []
    for name, document in documents(Path(sys.argv[1])):
        of_page, of_sentences = findings(name, document)
        found += of_page
        lengths += of_sentences
    print("\n".join(dict.fromkeys(found)))
    mean = sum(lengths) / len(lengths)
    print(
        f"\n{len(set(found))} findings in {len(lengths)} sentences of {mean:.1f} words on average"
    )


if __name__ == "__main__":
    main()
