"""Read keywords and caption of the older IPTC-IIM block."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pichaven_processing.imaging.metadata.tiff_tags import decode_text

_TITLE, _KEYWORD, _CAPTION = 5, 25, 120
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class IptcFacts:
    caption: str | None = None
    keywords: tuple[str, ...] = ()


def read_iptc(block: bytes) -> IptcFacts:
    captions: dict[int, str] = {}
    keywords: list[str] = []
    for number, raw in _records(block):
        text = decode_text(raw)
        if text is None:
            continue
        if number == _KEYWORD:
            keywords.append(text)
        elif number in {_TITLE, _CAPTION}:
            captions.setdefault(number, text)
    return IptcFacts(captions.get(_CAPTION) or captions.get(_TITLE), tuple(keywords))


def _records(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the application records (2:x), wherever they begin in a Photoshop wrapping."""
    at = block.find(b"\x1c\x02")
    for _ in range(_MOST):
        if at < 0 or at + 5 > len(block) or block[at : at + 1] != b"\x1c":
            return
        length = int.from_bytes(block[at + 3 : at + 5])
        if length & 0x8000 or at + 5 + length > len(block):
            return
        if block[at + 1] == 2:
            yield block[at + 2], block[at + 5 : at + 5 + length]
        at += 5 + length
