"""Settings of processing."""

import os
import tempfile
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from pichaven_chassis.settings import Settings
from pichaven_processing.imaging.limits import Limits


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _spool() -> Path:
    return Path(tempfile.gettempdir()) / "pichaven-processing"


class ProcessingSettings(Settings):
    model_config = SettingsConfigDict(env_prefix="PICHAVEN_PROCESSING_", frozen=True)

    workers: int = Field(default_factory=_cores, ge=1, le=256)
    """Pictures in work at once. One more slot is for photos uploaded by hand, so that these never
    wait for a bulk import."""
    memory_mb: int = Field(default=1536, ge=256)
    """Limit on a child process. The container needs (workers + 1) times this at worst. Peaks are
    63 MB for a 12-megapixel JPEG, 104 MB for such a HEIC, 213 MB for an AVIF, 241 MB for a
    48-megapixel and 892 MB for a 200-megapixel HEIC; 23 MB when idle, 12 MB more for places and
    36 MB for time zones."""
    timeout_s: float = Field(default=120, gt=0)
    """Wall time for one picture, from decoding to the last variant."""
    jobs_per_child: int = Field(default=200, ge=1)
    """Pictures after which a child process is replaced."""
    idle_s: float = Field(default=60, gt=0)
    """Idle time after which a child process ends; one always stays."""
    bulk_max_wait_s: float = Field(default=60, gt=0)
    """Wait after which a bulk photo goes before later interactive ones, so that none starves."""
    spool_dir: Path = Field(default_factory=_spool)
    """Originals in work: at most one a consumer, at most max_mb each."""

    max_mb: int = Field(default=500, ge=1)
    max_megapixels: int = Field(default=300, ge=1)
    max_animation_megapixels: int = Field(default=5000, ge=1)
    """Width times height times pages of an animation, of which the first page is decoded."""
    max_edge: int = Field(default=65_535, ge=1)

    @property
    def limits(self) -> Limits:
        return Limits(
            max_bytes=self.max_mb * 1_000_000,
            max_pixels=self.max_megapixels * 1_000_000,
            max_animation_pixels=self.max_animation_megapixels * 1_000_000,
            max_edge=self.max_edge,
        )
