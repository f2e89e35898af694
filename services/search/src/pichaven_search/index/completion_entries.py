"""The completions that a photo contributes, as sortable entries of its document.

An entry is `kind TAB folded TAB text`; the folded part starts at each word of the text,
so that `cake` completes to `birthday cake`. Only letters, digits and blanks are in the folded
part, so a prefix of it is never read as a pattern.
"""

from enum import StrEnum
from typing import Final

from pichaven_contracts.photo import PhotoChanged
from pichaven_search.query_language.words import content_words, fold_name, words

_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_MAX_CAPTION_WORDS: Final = 40
_MAX_LENGTH: Final = 128
_MAX_STARTS: Final = 6


class Kind(StrEnum):
    TAG = "tag"
    PLACE = "place"
    CAMERA = "camera"
    MONTH = "month"
    WORD = "caption"
    FILE = "file"
    HISTORY = "history"


KEYS: Final = {
    Kind.TAG: "t",
    Kind.PLACE: "p",
    Kind.CAMERA: "c",
    Kind.MONTH: "m",
    Kind.WORD: "w",
    Kind.FILE: "f",
}


def to_entries(event: PhotoChanged) -> list[str]:
    """Return the entries of a photo without those of its file name."""
    month_text = event.wall_time.isoformat()[:7]
    year, month = month_text.split("-")
    completions = {
        *(entry for tag in event.tags for entry in _starts(Kind.TAG, tag.name)),
        *_entry(Kind.MONTH, f"{year} {month}", month_text),
        *_entry(Kind.MONTH, f"{_MONTHS[int(month) - 1]} {year}", month_text),
    }
    if event.exif.camera:
        completions |= set(_starts(Kind.CAMERA, event.exif.camera))
    if event.location is not None:
        for place in (event.location.city, event.location.region, event.location.country):
            completions |= set(_starts(Kind.PLACE, place or ""))
    described = " ".join(filter(None, (event.title, event.caption)))
    for word in content_words(words(described))[:_MAX_CAPTION_WORDS]:
        completions |= set(_entry(Kind.WORD, word, word))
    return sorted(completions)


def to_file_entries(event: PhotoChanged) -> list[str]:
    """Return the entries of a photo's file name; none starts at its extension."""
    starts = _starts(Kind.FILE, event.filename)
    has_extension = len(starts) > 1 and "." in event.filename
    return sorted(set(starts[:-1] if has_extension else starts))


def prefix(kind: Kind, typed: str) -> str | None:
    """Return the prefix of the entries that complete a typed text; None without letters."""
    name = fold_name(typed)
    return f"{KEYS[kind]}\t{name}" if name else None


def display_text(entry: str) -> str:
    """Return the text that an entry completes to."""
    return entry.rpartition("\t")[2]


def _entry(kind: Kind, name: str, text: str) -> list[str]:
    plain = text.replace("\t", " ")[:_MAX_LENGTH]
    return [f"{KEYS[kind]}\t{name[:_MAX_LENGTH]}\t{plain}"] if name else []


def _starts(kind: Kind, text: str) -> list[str]:
    parts = fold_name(text).split()
    return [
        entry
        for at in range(min(len(parts), _MAX_STARTS))
        for entry in _entry(kind, " ".join(parts[at:]), text)
    ]
