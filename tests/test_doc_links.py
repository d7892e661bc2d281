"""Every link in the docs leads somewhere: to a file of the repository, and to a heading in it."""

import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = {"node_modules", "var"}
DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(part in SKIPPED or part.startswith(".") for part in path.relative_to(ROOT).parts)
)
PUNCTUATION = re.compile(r"[^\w\- ]")


def tokens(path: Path) -> list[Token]:
    """Read a document as CommonMark with tables."""
    return MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    """List the anchors of a document's headings as GitHub makes them."""
    repeats: Counter[str] = Counter()
    names = set()
    for opening, inline in zip(tokens(path), tokens(path)[1:], strict=False):
        if opening.type == "heading_open":
            text = "".join(child.content for child in inline.children or ())
            slug = PUNCTUATION.sub("", text.lower()).replace(" ", "-")
            names.add(f"{slug}-{repeats[slug]}" if repeats[slug] else slug)
            repeats[slug] += 1
    return names


def links(path: Path) -> list[str]:
    """List the addresses of a document's links and pictures."""
    inside = [child for token in tokens(path) for child in token.children or ()]
    return [
        str(token.attrs[name])
        for token in inside
        for name in ("href", "src")
        if token.type in ("link_open", "image") and name in token.attrs
    ]


def problem(document: Path, address: str) -> str | None:
    """Say what is wrong with a link, or nothing; other sites are not asked."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return None
    target = (document.parent / unquote(parts.path)).resolve() if parts.path else document
    if not target.exists():
        return f"{address}: no such file"
    if parts.fragment and target.suffix == ".md" and parts.fragment not in anchors(target):
        return f"{address}: no such heading"
    return None


def test_the_docs_are_read():
    assert ROOT / "README.md" in DOCUMENTS
    assert sum(len(links(path)) for path in DOCUMENTS) > 20


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document):
    problems = [problem(document, address) for address in links(document)]
    assert [each for each in problems if each] == []


@pytest.mark.parametrize("address", ["nowhere.md", "README.md#no-such-heading", "#no-such-heading"])
def test_a_broken_link_is_found(address):
    assert problem(ROOT / "README.md", address)
