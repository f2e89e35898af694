"""XMP that did not fit into one segment of a JPEG (XMP specification, part 3, 1.1.3.1).

Each further segment has the digest of the whole, its length, and its own offset in it. The main
packet names the digest of the extension that belongs to it.
"""

import hashlib
from typing import Final

HEADER: Final = b"http://ns.adobe.com/xmp/extension/\0"
_LARGEST: Final = 4 << 20
"""As large as a packet may be. Larger ones have depth maps and pictures, no words."""
_MOST_CHUNKS: Final = 1_000
_GUID_BYTES: Final = 32
_HEAD_BYTES: Final = _GUID_BYTES + 8


class ExtendedXmp:
    """Collects segments; memory is bounded by the largest packet and its repetitions."""

    def __init__(self) -> None:
        self._chunks: dict[tuple[bytes, int], dict[int, bytes]] = {}
        self._bytes = 0
        self._count = 0

    def add(self, content: bytes) -> None:
        """Keep what follows the segment's header."""
        guid, length = content[:_GUID_BYTES], int.from_bytes(content[32:36])
        data = content[_HEAD_BYTES:]
        self._bytes += len(data)
        self._count += 1
        if length > _LARGEST or self._bytes > 2 * _LARGEST or self._count > _MOST_CHUNKS:
            return
        chunks = self._chunks.setdefault((guid, length), {})
        chunks.setdefault(int.from_bytes(content[36:40]), data)

    def packet(self, main: bytes | None) -> bytes | None:
        """Return the whole extension that the main packet names, None without one."""
        for (guid, length), chunks in self._chunks.items():
            if not main or len(guid) < _GUID_BYTES or guid not in main:
                continue
            packet = _join(chunks, length)
            digest = hashlib.md5(packet, usedforsecurity=False).hexdigest()
            if digest.encode() == guid.lower():
                return packet
        return None


def _join(chunks: dict[int, bytes], length: int) -> bytes:
    """Return the chunks from the first up to a gap."""
    packet = bytearray()
    for offset in sorted(chunks):
        if offset != len(packet):
            break
        packet += chunks[offset]
    return bytes(packet[:length])
