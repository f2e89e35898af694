"""A completion of what is being typed."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pichaven_search.index.completion_entries import Kind


class Shelf(StrEnum):
    """Where a photo's entries stand: those that many photos share, and its file name's."""

    FEW = "few"
    FILES = "files"


QUOTAS: Final = {
    Kind.TAG: 6,
    Kind.PLACE: 4,
    Kind.CAMERA: 3,
    Kind.MONTH: 3,
    Kind.WORD: 4,
    Kind.FILE: 3,
}
"""How many completions of a kind are asked for, so that no kind drowns the others."""


@dataclass(frozen=True, slots=True)
class Completion:
    """`count` photos of the owner have it; a past search was asked so often."""

    text: str
    kind: Kind
    count: int
