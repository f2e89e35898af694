"""Names that clients give to files. They are shown, never used as a path or a key."""

import unicodedata
from typing import Final

LONGEST_NAME: Final = 255
"""Bytes of UTF-8."""
_JOINERS: Final = frozenset("\u200c\u200d")
"""Written in many scripts and in emoji, so kept of the invisible characters."""
_LONGEST_SUFFIX: Final = 16


def display_name(given: str) -> str:
    """A name fit to show: the last part of a path, one line, no invisible or direction marks.

    Letters of every script stay. At most 255 bytes of UTF-8, the ending kept; `photo` where
    nothing is left.
    """
    last = given.replace("\\", "/").rsplit("/", 1)[-1]
    composed = unicodedata.normalize("NFC", last)
    visible = "".join(char for char in composed if _is_shown(char)).strip()
    if not visible.strip(". "):
        return "photo"
    return _shortened(visible)


def suffix(name: str) -> str:
    """The name's ending with its dot in lower case, or nothing."""
    stem, dot, end = name.rpartition(".")
    if not dot or not stem or not end.isascii() or not end.isalnum():
        return ""
    return f".{end.lower()}" if len(end) < _LONGEST_SUFFIX else ""


def _is_shown(char: str) -> bool:
    category = unicodedata.category(char)
    if category in {"Zl", "Zp", "Cc", "Cs", "Co", "Cn"}:
        return False
    return category != "Cf" or char in _JOINERS


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST_NAME:
        return name
    stem, dot, end = name.rpartition(".")
    kept_end = dot + end if dot and stem and len(end.encode()) < _LONGEST_SUFFIX else ""
    stem = name[: len(name) - len(kept_end)]
    room = LONGEST_NAME - len(kept_end.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip() + kept_end
