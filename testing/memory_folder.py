"""Where the engines of tests have their data."""

import os
from pathlib import Path
from typing import Final

import psutil

_SHARED_MEMORY: Final = "/dev/shm"  # noqa: S108
_LEAST_FREE: Final = 6 << 30
"""In bytes, of the folder and of the memory; the data of all engines takes less than one GiB."""


def memory_folder() -> str | None:
    """Return a folder in memory, or None for the usual one of temporary files.

    Engines sync each write that they acknowledge. That costs test runs time, and on a disk shows
    nothing: the tests kill processes, never the machine. `TMPDIR` comes first where it is set.
    """
    if "TMPDIR" in os.environ or not Path(_SHARED_MEMORY).is_dir():
        return None
    if os.statvfs(_SHARED_MEMORY).f_flag & os.ST_NOEXEC:
        # Java servers load native libraries from their folder of temporary files.
        return None
    free = min(psutil.disk_usage(_SHARED_MEMORY).free, psutil.virtual_memory().available)
    return _SHARED_MEMORY if free >= _LEAST_FREE else None
