"""How this process takes memory from the system and gives it back."""

import ctypes
import sys
from typing import Final

_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_LARGE: Final = 256 << 10


def keep_memory_flat() -> None:
    """Two malloc arenas, and large blocks returned as soon as they are freed.

    Without this every decoding thread keeps an arena of its own and glibc raises the size from
    which it returns blocks, so that a day of photos looks like a leak. Call it before any
    thread starts. Does nothing where the C library has no such knobs.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return
    mallopt(_M_ARENA_MAX, 2)
    mallopt(_M_MMAP_THRESHOLD, _LARGE)


def resident_mib() -> float:
    """Resident memory of this process in MiB, as Linux counts it now."""
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123
        pages = int(statm.read().split()[1])
    return pages * _page_bytes() / (1 << 20)


def _page_bytes() -> int:
    import resource

    return resource.getpagesize()
