"""How this process allocates memory and returns it to the system."""

import ctypes
import sys
from typing import Final

_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_LARGE: Final = 256 << 10


def keep_memory_flat() -> None:
    """Limit malloc to two arenas, and return large blocks as soon as they are freed.

    Otherwise each decoding thread keeps its own arena and glibc raises the size from which it
    returns blocks, which over a day of photos looks like a leak. Call it before any thread
    starts. Does nothing where the C library has no `mallopt`.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return
    mallopt(_M_ARENA_MAX, 2)
    mallopt(_M_MMAP_THRESHOLD, _LARGE)
