"""Coding-independent code points (ITU-T H.273): which colours a picture's numbers mean."""

import re
import struct
from dataclasses import dataclass
from typing import Final

BT2020: Final = 9
DISPLAY_P3: Final = 12
PQ: Final = 16
HLG: Final = 18

_ICC_HEADER: Final = 128
_MAX_TAGS: Final = 200
_PQ_NAME: Final = re.compile(r"(?<![A-Za-z])(PQ|PeQ|ST ?2084)(?![A-Za-z])")
_HLG_NAME: Final = re.compile(r"(?<![A-Za-z])HLG(?![A-Za-z])")
_P3_NAME: Final = re.compile(r"P3|_DCI_")


@dataclass(frozen=True, slots=True)
class CodePoints:
    primaries: int
    transfer: int
    matrix: int = 0
    is_full_range: bool = True

    @property
    def is_hdr(self) -> bool:
        return self.transfer in {PQ, HLG}


def code_points_of_icc(profile: bytes) -> CodePoints | None:
    """Return the code points of an ICC profile: its `cicp` tag, else those its name says.

    A profile of PQ or HLG has tables that show a picture darker or flatter than it is, so only
    the code points help.
    """
    tags = _icc_tags(profile)
    cicp = tags.get(b"cicp", b"")
    if len(cicp) >= 12:
        return CodePoints(cicp[8], cicp[9], cicp[10], bool(cicp[11]))
    name = tags.get(b"desc", b"").replace(b"\0", b"").decode("latin-1")
    transfer = PQ if _PQ_NAME.search(name) else HLG if _HLG_NAME.search(name) else None
    if transfer is None:
        return None
    return CodePoints(DISPLAY_P3 if _P3_NAME.search(name) else BT2020, transfer)


def _icc_tags(profile: bytes) -> dict[bytes, bytes]:
    if len(profile) < _ICC_HEADER + 4:
        return {}
    (count,) = struct.unpack_from(">I", profile, _ICC_HEADER)
    tags: dict[bytes, bytes] = {}
    for index in range(min(count, _MAX_TAGS)):
        at = _ICC_HEADER + 4 + 12 * index
        if at + 12 > len(profile):
            break
        name, offset, length = struct.unpack_from(">4sII", profile, at)
        tags[name] = profile[offset : offset + length]
    return tags
