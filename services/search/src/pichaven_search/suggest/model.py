"""Completions of a text being typed."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pichaven_search.index.completion_entries import Kind


class CompletionField(StrEnum):
    """A field of completion entries: the few that photos share, or those of file names."""

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
"""Completions of each kind at most, so that no kind crowds out the others."""


@dataclass(frozen=True, slots=True)
class Completion:
    """`count` is the number of photos that have it, or of searches for a past search."""

    text: str
    kind: Kind
    count: int
