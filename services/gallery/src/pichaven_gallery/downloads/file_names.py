"""Names of files in an archive: safe to unpack on every system, and each once."""

import re
from typing import Final

from pichaven_chassis.display_text import clean_line

_LONGEST: Final = 200
"""Bytes. Most file systems take 255; a counter has to fit too."""
_FORBIDDEN: Final = re.compile(r'[/\\:*?"<>|]')
"""In names of files on Windows; the slashes separate folders."""
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)
"""Windows takes them for devices, with any extension."""
_LONGEST_SUFFIX: Final = 16
_NAMELESS: Final = "photo"


def to_safe_name(filename: str) -> str:
    """Return the name of a file without anything that leads out of a folder or hides in it.

    No separators, control, invisible or bidirectional characters, dots and spaces at its ends,
    or names of devices; at most 200 bytes.
    """
    name = _FORBIDDEN.sub("_", clean_line(filename)).strip(" .")
    stem, suffix = _split(name)
    stem = _cut(stem, _LONGEST - len(suffix.encode())).rstrip(" .") or _NAMELESS
    if _DEVICE.fullmatch(stem.partition(".")[0].rstrip()):
        stem = f"_{stem}"
    return stem + suffix


class UniqueNames:
    """Gives each file a name of its own: `a.jpg`, `a (2).jpg`, for systems that ignore case too."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._counters: dict[str, int] = {}

    def add(self, filename: str) -> str:
        """Return the safe and free name for a file, which is taken from now on."""
        name = to_safe_name(filename)
        stem, suffix = _split(name)
        # Counting goes on where it was: a thousand files may have the same name.
        number = self._counters.get(name.casefold(), 1)
        unique = name
        while unique.casefold() in self._taken:
            number += 1
            unique = f"{stem} ({number}){suffix}"
        self._counters[name.casefold()] = number
        self._taken.add(unique.casefold())
        return unique


def _split(name: str) -> tuple[str, str]:
    """Return the name and its extension, with the dot; none where it is no usual one."""
    stem, dot, extension = name.rpartition(".")
    if not stem or not extension.isalnum() or len(extension.encode()) > _LONGEST_SUFFIX:
        return name, ""
    return stem, dot + extension


def _cut(text: str, most: int) -> str:
    """Return the text's first characters, of so many bytes at most."""
    return text.encode()[:most].decode(errors="ignore")
