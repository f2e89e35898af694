"""What people wrote about a picture, told apart from what devices write in its place."""

import re
from collections.abc import Iterable
from typing import Final

from pichaven_processing.imaging.metadata.tiff_tags import clean_text, decode_text

_BOILERPLATE: Final = frozenset(
    {
        "olympus digital camera",
        "sony dsc",
        "samsung camera pictures",
        "kodak digital still camera",
        "minolta digital camera",
        "konica minolta digital camera",
        "digital camera",
        "default",
        "untitled",
        "user comments",
        "ascii",
        "unicode",
        "binary comment",
    }
)
_WORD: Final = re.compile(r"[A-Za-z]{2}|[^\W\d_\x00-\x7f]")
_SETTING: Final = re.compile(r"[\w.\-]+(?:=\S*|:\d\S*)|[A-Z0-9]+_[A-Z0-9_]+")
_DUMP: Final = re.compile(r"[0-9A-Fa-f+/=\s]{24,}|\S{60,}")
_CHARSET_BYTES: Final = 8


def first_caption(texts: Iterable[str | None]) -> str | None:
    """Return the first text that is not a camera maker's own."""
    return next((text for text in texts if text and text.lower() not in _BOILERPLATE), None)


def parse_user_comment(raw: bytes, byte_order: str) -> str | None:
    """Return an EXIF comment that says something to people, None for a device's notes.

    Raw is eight bytes that name the encoding, then the text; `byte_order` is struct's.
    """
    charset = raw[:_CHARSET_BYTES].rstrip(b"\0 ").upper()
    body = raw[_CHARSET_BYTES:]
    if charset == b"UNICODE":
        text = _decode_utf16(body, byte_order)
    elif charset == b"JIS":
        text = clean_text(body.rstrip(b"\0").decode("iso2022_jp", "ignore"))
    elif charset in {b"ASCII", b""}:
        text = decode_text(body.split(b"\0", 1)[0])
    else:
        # Some programs leave the name of the encoding out.
        text = decode_text(raw.split(b"\0", 1)[0])
    return text if says_something(text) else None


def says_something(text: str | None) -> bool:
    """Return whether a text has words, and is no list of settings and no encoded data."""
    if text is None or _WORD.search(text) is None or text[:1] in "{<[":
        return False
    if _DUMP.fullmatch(text) is not None:
        return False
    return not all(_SETTING.fullmatch(part) for part in re.split(r"[\s,;|&]+", text) if part)


def _decode_utf16(body: bytes, byte_order: str) -> str | None:
    """Decode by the mark, else by where the zero bytes of Latin letters are, else as the file."""
    if body[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        encoding = "utf-16"
    else:
        of_big, of_little = body[0::2].count(0), body[1::2].count(0)
        is_big = of_big > of_little if of_big != of_little else byte_order == ">"
        encoding = "utf-16-be" if is_big else "utf-16-le"
    return clean_text(body.decode(encoding, "ignore").split("\0", 1)[0])
