"""The readable tables of the model: ImageNet's classes, everyday words for them, and nouns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from pichaven_ml.models.source import PHOTO_MODEL_DIR

CLASSES: Final = PHOTO_MODEL_DIR / "classes.yaml"
WORDS: Final = PHOTO_MODEL_DIR / "words.yaml"
NOUNS: Final = PHOTO_MODEL_DIR / "nouns.yaml"
HINT: Final = 0.3
"""The share of a class's probability that counts for a word which the class only hints at."""


@dataclass(frozen=True, slots=True)
class ImageClass:
    """A class of ImageNet: its name, WordNet lemmas, and WordNet hypernyms, the nearest first."""

    name: str
    synonyms: tuple[str, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EverydayWord:
    """A word that people search by, and how much each class says for it (class index to weight)."""

    word: str
    weights: Mapping[int, float]

    @property
    def is_shown(self) -> bool:
        """Whether a class shows the thing itself."""
        return 1.0 in self.weights.values()


def read_classes(file: Path = CLASSES) -> list[ImageClass]:
    rows: list[dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [ImageClass(row["name"], tuple(row["synonyms"]), tuple(row["kinds"])) for row in rows]


def read_words(classes: Sequence[ImageClass], file: Path = WORDS) -> list[EverydayWord]:
    """Read the table. Raises `ValueError` for a class or a kind that there is not."""
    rows: dict[str, dict[str, list[str]]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    by_name = {each.name: {index} for index, each in enumerate(classes)}
    by_kind: dict[str, set[int]] = {}
    for index, each in enumerate(classes):
        for kind in each.kinds:
            by_kind.setdefault(kind, set()).add(index)

    def indexes(word: str, names: Iterable[str]) -> set[int]:
        try:
            groups = [
                by_kind[name.removeprefix("every ")] if name.startswith("every ") else by_name[name]
                for name in names
            ]
        except KeyError as error:
            raise ValueError(f"{word!r} names {error}, which is no class or kind") from error
        return set().union(*groups)

    words = []
    for word, row in rows.items():
        weights = dict.fromkeys(sorted(indexes(word, row.get("hints", ()))), HINT)
        weights |= dict.fromkeys(sorted(indexes(word, row.get("shows", ()))), 1.0)
        words.append(EverydayWord(word, weights))
    return words


def read_nouns(file: Path = NOUNS) -> list[str]:
    nouns: list[str] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return nouns
