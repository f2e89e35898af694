"""Names that clients give to files: displayed, never used as a path or a key."""

from typing import Final

from pichaven_chassis.display_text import clean_line

LONGEST_NAME: Final = 255
"""Bytes of UTF-8."""
_LONGEST_SUFFIX: Final = 16


def display_name(client_name: str) -> str:
    """Return a name to display: the last part of a path, one line, no invisible or direction marks.

    Letters of every script stay. At most 255 bytes of UTF-8, with its ending; `photo` where
    nothing is left.
    """
    last = client_name.replace("\\", "/").rsplit("/", 1)[-1]
    visible = clean_line(last)
    if not visible.strip(". "):
        return "photo"
    return _shorten(visible)


def suffix(name: str) -> str:
    """Return the name's ending with its dot, in lower case; empty if it has none."""
    stem, dot, end = name.rpartition(".")
    if not dot or not stem or not end.isascii() or not end.isalnum():
        return ""
    return f".{end.lower()}" if len(end) < _LONGEST_SUFFIX else ""


def _shorten(name: str) -> str:
    if len(name.encode()) <= LONGEST_NAME:
        return name
    stem, dot, end = name.rpartition(".")
    ending = dot + end if dot and stem and len(end.encode()) < _LONGEST_SUFFIX else ""
    stem = name[: len(name) - len(ending)]
    room = LONGEST_NAME - len(ending.encode())
    return clean_line(stem.encode()[:room].decode(errors="ignore")) + ending
