"""Photographs that ship in Python packages, and what each of them shows."""

import json
import sys
import sysconfig
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageOps

_HERE: Final = Path(__file__).parent
_INSTALLED: Final = (Path(sys.prefix) / "photographs", Path(sysconfig.get_path("platlib")))
_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})


@dataclass(frozen=True, slots=True)
class Judgement:
    """The photographs that are right for a query, and those that one may argue about."""

    right: frozenset[str]
    arguable: frozenset[str]


@dataclass(frozen=True, slots=True)
class PhotographSet:
    """Photographs with labelled queries."""

    files: Mapping[str, Path]
    """By the names that the labels use."""
    queries: Mapping[str, Judgement]
    """In English, of things that some photograph shows."""
    absent: tuple[str, ...]
    """Queries of things that no photograph shows, in English."""
    translations: Mapping[str, Mapping[str, str]]
    """By language other than English, then by the English query."""

    @property
    def languages(self) -> tuple[str, ...]:
        return ("en", *self.translations)

    def wording(self, query: str, language: str) -> str:
        return query if language == "en" else self.translations[language][query]


def packaged_set() -> PhotographSet:
    """Return the photographs of the installed packages with the labels of this folder."""
    return _labelled(_packaged_files(), _HERE)


def read_set(folder: Path) -> PhotographSet:
    """Return a labelled folder: `labels.json`, pictures below it, `translations.tsv` if it has one.

    `labels.json` is `{"queries": {query: {"right": [file name], "arguable": [file name]}},
    "absent": [query]}`. Raises ValueError where labels and files disagree.
    """
    pictures = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _SUFFIXES)
    return _labelled({path.name: path for path in pictures}, folder)


def write_copy(source: Path, target: Path, exif: Image.Exif | None = None) -> None:
    """Write a picture as a JPEG with no metadata but `exif`.

    Captions and keywords that a photographer left in a file would find it by its text.
    """
    with Image.open(source) as image:
        profile = image.info.get("icc_profile") if image.mode == "RGB" else None
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.info.clear()
    upright.save(
        target,
        "JPEG",
        quality=95,
        exif=exif if exif is not None else Image.Exif(),
        icc_profile=profile,
    )


def write_copies(files: Iterable[Path], folder: Path) -> list[Path]:
    """Write pictures under names that say nothing, in their order, and return the copies."""
    copies = []
    for number, source in enumerate(files, 1):
        copies.append(folder / f"IMG_{number:04}.jpg")
        write_copy(source, copies[-1])
    return copies


def _packaged_files() -> dict[str, Path]:
    sources = tomllib.loads((_HERE / "sources.toml").read_text(encoding="utf-8"))["source"]
    return {
        f"{source['folder'].split('/')[0]}/{name}": _find(Path(source["folder"], name))
        for source in sources
        for name in source["files"]
    }


def _find(path: Path) -> Path:
    for root in _INSTALLED:
        if (root / path).is_file():
            return root / path
    raise FileNotFoundError(f"{path} is not installed: run `make install`")


def _labelled(files: Mapping[str, Path], folder: Path) -> PhotographSet:
    labels: dict[str, Any] = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    queries = {
        query: Judgement(frozenset(each["right"]), frozenset(each["arguable"]))
        for query, each in labels["queries"].items()
    }
    for query, judgement in queries.items():
        if missing := (judgement.right | judgement.arguable) - files.keys():
            raise ValueError(f"{query!r} names files that are not there: {sorted(missing)}")
        if not judgement.right or judgement.right & judgement.arguable:
            raise ValueError(f"{query!r} needs right photographs that are not arguable too")
    absent = tuple(labels["absent"])
    return PhotographSet(files, queries, absent, _translations(folder, (*queries, *absent)))


def _translations(folder: Path, queries: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the columns of `translations.tsv` but the first, which is English."""
    table = folder / "translations.tsv"
    if not table.exists():
        return {}
    header, *rows = (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines())
    columns = {
        language: {row[0]: row[column] for row in rows}
        for column, language in enumerate(header)
        if column > 0
    }
    for language, column in columns.items():
        if missing := set(queries) - column.keys():
            raise ValueError(f"no {language} for {sorted(missing)}")
    return columns
