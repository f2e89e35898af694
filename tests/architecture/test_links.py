"""Links and code paths in the project's Markdown files name what exists, and what they lead to."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
TOP_FOLDERS: Final = {
    path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")
}
DOCUMENTS: Final = sorted(
    path.relative_to(ROOT)
    for folder in (ROOT, *(ROOT / name for name in TOP_FOLDERS))
    for path in (folder.glob("*.md") if folder == ROOT else folder.rglob("*.md"))
    if "node_modules" not in path.parts
)

_FENCE: Final = re.compile(r"^ *(```|~~~).*?^ *\1 *$", re.MULTILINE | re.DOTALL)
_SPAN: Final = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_LINK: Final = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)")
_CODE_LINK: Final = re.compile(r"\[(`[\w./-]+`|[\w.-]*[/.][\w./-]+)\]\(([^)\s#>]+)(?:#[^)]*)?\)")
_HEADING: Final = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
_PATH: Final = re.compile(r"[\w.-]+(?:/[\w.-]+)+/?")
_FILE: Final = re.compile(r".+\.(?:py|md|toml|ya?ml|json|env|html|css|js|txt|gz|in)")


def _text(document: Path) -> str:
    """Return the document without its fenced blocks, line breaks kept."""
    text = (ROOT / document).read_text()
    return _FENCE.sub(lambda block: "\n" * block[0].count("\n"), text)


def _locate(document: Path, text: str, match: re.Match[str], group: int) -> str:
    return f"{document}:{text.count(chr(10), 0, match.start()) + 1}: {match[group]}"


@cache
def _anchors(document: Path) -> frozenset[str]:
    """Return the anchors of the document's headings as GitHub makes them."""
    anchors: list[str] = []
    for match in _HEADING.finditer(_text(document)):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", match[1])
        slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        count = sum(anchor == slug or anchor.startswith(f"{slug}-") for anchor in anchors)
        anchors.append(f"{slug}-{count}" if slug in anchors else slug)
    return frozenset(anchors)


def _broken_links(document: Path) -> Iterator[str]:
    text = _text(document)
    prose = _SPAN.sub(lambda span: "x" * len(span[0]), text)
    for match in _LINK.finditer(prose):
        target, _, anchor = match[1].partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        path = (ROOT / document.parent / target).resolve() if target else ROOT / document
        exists = path.is_relative_to(ROOT) and path.exists()
        if exists and anchor and path.suffix == ".md":
            exists = anchor in _anchors(path.relative_to(ROOT))
        if not exists:
            yield _locate(document, text, match, 1)


def _bases(document: Path) -> Iterator[Path]:
    """Yield where a path in the document may begin: root, its folder, its package, its sources."""
    yield ROOT
    for folder in (document.parent, *document.parents):
        yield ROOT / folder
        yield from (ROOT / folder).glob("src/pichaven_*")


def _packages(head: str) -> Iterator[Path]:
    """Yield the package that `gallery/…` or `chassis/…` is short for."""
    for kind in ("services", "libs"):
        yield ROOT / kind / head / "src" / f"pichaven_{head}"


def _missing_paths(document: Path) -> Iterator[str]:
    """Yield code spans that are paths of the repository and name nothing.

    A span is such a path if it begins with a top folder or has a file's ending. Spans with
    placeholders (`<name>`, `…`, `*`), absolute paths and texts of links are none.
    """
    text = _text(document)
    for match in _SPAN.finditer(text):
        span = match[2]
        is_link = text[match.start() - 1 : match.start()] + text[match.end() :][:2] == "[]("
        if is_link or not _PATH.fullmatch(span):
            continue
        head, _, rest = span.partition("/")
        if head not in TOP_FOLDERS and not _FILE.fullmatch(span):
            continue
        exists = any((base / span).exists() for base in _bases(document))
        if not exists and not any((package / rest).exists() for package in _packages(head)):
            yield _locate(document, text, match, 2)


def _names(target: Path) -> Iterator[tuple[str, ...]]:
    """Yield the paths by which a label may name the target, as parts; a README for its folder too.

    `gallery/photos/photo.py` is short for the file in the sources of `services/gallery`. A module
    may lack its ending.
    """
    folder = [target.parent] if target.name == "README.md" else []
    for path in (target, target.with_suffix(""), *folder):
        yield path.parts
        if path.parts[0] in {"services", "libs"} and path.parts[2:3] == ("src",):
            yield path.parts[1], *path.parts[4:]


def _mislabelled_links(document: Path) -> Iterator[str]:
    """Yield links whose label is a path or an identifier that does not name their target."""
    text = _text(document)
    for match in _CODE_LINK.finditer(text):
        if "://" in match[2]:
            continue
        label = Path(match[1].strip("`")).parts
        target = (ROOT / document.parent / match[2]).resolve().relative_to(ROOT)
        if not any(name[-len(label) :] == label for name in _names(target)):
            yield _locate(document, text, match, 0)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_the_label_of_a_link_to_code_names_its_target(document: Path) -> None:
    assert [*_mislabelled_links(document)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_a_document_links_to_what_exists(document: Path) -> None:
    assert [*_broken_links(document)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_a_document_names_paths_that_exist(document: Path) -> None:
    assert [*_missing_paths(document)] == []


RECORDS: Final = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
STATUS: Final = re.compile(r"^- Status: (proposed|accepted|superseded by \[\d{4}\])", re.MULTILINE)
DATE: Final = re.compile(r"^- Date: \d{4}-\d{2}-\d{2}\b", re.MULTILINE)
SECTIONS: Final = ["Context", "Decision", "Alternatives", "Consequences"]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_decision_record_follows_the_template_and_is_in_the_index(record: Path) -> None:
    text = record.read_text()
    assert text.startswith(f"# {record.name[:4]} ")
    assert STATUS.search(text)
    assert DATE.search(text)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert f"({record.name})" in (ROOT / "docs/adr/README.md").read_text()


def test_decision_records_supersede_each_other_in_both_directions() -> None:
    links = {
        record.name[:4]: re.findall(
            r"^- (?:Status|Supersedes|Extends)\b.*$", record.read_text(), re.MULTILINE
        )
        for record in RECORDS
    }
    for number, lines in links.items():
        for other in set(re.findall(r"\[(\d{4})\]", " ".join(lines))):
            assert f"[{number}]" in " ".join(links[other]), f"{other} does not name {number}"
