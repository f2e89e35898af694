"""Names that clients give to files: displayed, never used as a path or a key."""

import unicodedata
from typing import Final

LONGEST_NAME: Final = 255
"""Bytes of UTF-8."""
_JOINERS: Final = frozenset("\u200c\u200d")
"""Invisible characters that many scripts and emoji need."""
_LONGEST_SUFFIX: Final = 16


def display_name(client_name: str) -> str:
    """Return a name to display: the last part of a path, one line, no invisible or direction marks.

    Letters of every script stay. At most 255 bytes of UTF-8, with its ending; `photo` where
    nothing is left.
    """
    last = client_name.replace("\\", "/").rsplit("/", 1)[-1]
    composed = unicodedata.normalize("NFC", last)
    visible = "".join(char for char in composed if _is_displayed(char)).strip()
    if not visible.strip(". "):
        return "photo"
    return _shorten(visible)


def suffix(name: str) -> str:
    """Return the name's ending with its dot, in lower case; empty if it has none."""
    stem, dot, end = name.rpartition(".")
    if not dot or not stem or not end.isascii() or not end.isalnum():
        return ""
    return f".{end.lower()}" if len(end) < _LONGEST_SUFFIX else ""


def _is_displayed(char: str) -> bool:
    category = unicodedata.category(char)
    if category in {"Zl", "Zp", "Cc", "Cs", "Co", "Cn"}:
        return False
    return category != "Cf" or char in _JOINERS


def _shorten(name: str) -> str:
    if len(name.encode()) <= LONGEST_NAME:
        return name
    stem, dot, end = name.rpartition(".")
    ending = dot + end if dot and stem and len(end.encode()) < _LONGEST_SUFFIX else ""
    stem = name[: len(name) - len(ending)]
    room = LONGEST_NAME - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip() + ending
