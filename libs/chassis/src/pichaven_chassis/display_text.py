"""Texts that people write and read: without what is invisible, reorders others or is no text.

Letters, marks and emoji of every script stay, with the invisible characters that they are
written with: joiners after letters that join, variation selectors, and the tags of flags.
"""

import re
import unicodedata
from typing import Final

_JOINERS: Final = frozenset("\u200c\u200d")
_FIRST_JOINING: Final = 0x0590
"""No letter before Hebrew joins or combines with the next one."""
_TAG_FLAG: Final = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,32}\U000e007f")
"""The flag of a region, as that of Scotland (Unicode Technical Standard 51)."""
_VISIBLE_FORMATS: Final = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2")
"""Of category Cf, and drawn: signs of Arabic and Syriac that span digits."""
_BLANKS: Final = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that draw nothing: fillers of Hangul, joiners of graphemes, empty Braille."""
_SELECTORS: Final = frozenset(map(chr, range(0xFE00, 0xFE10)))
"""They choose how the sign before them is drawn."""
_SUSPECTS: Final = _BLANKS | _SELECTORS
"""Printable to Python."""
_NONCHARACTERS: Final = range(0xFDD0, 0xFDF0)
_LINE_ENDS: Final = re.compile("\r\n|[\r\u0085\u2028\u2029]")
_PLANE: Final = 0xFFFF
_LAST_TWO: Final = 0xFFFE


def clean_line(text: str) -> str:
    """Return a name, a tag or a title: one line, composed (NFC), with single spaces."""
    return " ".join(_clean(re.sub(r"\s", " ", text)).split())


def clean_text(text: str) -> str:
    """Return a text that may have several lines, composed (NFC), each without outer spaces."""
    lines = _LINE_ENDS.sub("\n", text).split("\n")
    return "\n".join(_clean(line.replace("\t", " ")).strip() for line in lines).strip()


def _clean(line: str) -> str:
    if line.isprintable() and unicodedata.is_normalized("NFC", line) and _SUSPECTS.isdisjoint(line):
        return line
    composed = unicodedata.normalize("NFC", line)
    visible: list[str] = []
    position = 0
    while position < len(composed):
        flag = _TAG_FLAG.match(composed, position)
        part = flag[0] if flag else composed[position]
        position += len(part)
        if flag or _stays(part, visible[-1][-1] if visible else " "):
            visible.append(part)
    # A character that went may have visible a letter and its mark apart.
    return unicodedata.normalize("NFC", "".join(visible))


def _stays(char: str, before: str) -> bool:
    if char in _BLANKS:
        return False
    if char in _SELECTORS:
        return not before.isspace() and before not in _SELECTORS
    if char in _JOINERS:
        return ord(before) >= _FIRST_JOINING and before not in _JOINERS and not before.isspace()
    match unicodedata.category(char):
        case "Cc" | "Cs" | "Co" | "Zl" | "Zp":
            return False
        case "Cf":
            return char in _VISIBLE_FORMATS
        case "Cn":
            # Characters newer than Python's tables, as the latest emoji are.
            return ord(char) not in _NONCHARACTERS and ord(char) & _PLANE < _LAST_TWO
        case _:
            return True
