"""What an operator can set of processing."""

import os
import tempfile
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from pichaven_processing.imaging.limits import Limits


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _spool() -> Path:
    return Path(tempfile.gettempdir()) / "pichaven-processing"


class ProcessingSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="PICHAVEN_PROCESSING_", frozen=True)

    workers: int = Field(default_factory=_cores, ge=1, le=256)
    """Pictures made at once. One more child process is kept for photos uploaded by hand, so
    that these never wait for a bulk import."""
    memory_mb: int = Field(default=1536, ge=256)
    """Bound on a child process. The container needs (workers + 1) times this at worst."""
    timeout_s: float = Field(default=120, gt=0)
    """Wall time for one picture, from decoding to the last variant."""
    jobs_per_child: int = Field(default=200, ge=1)
    """A child process is replaced after so many pictures."""
    idle_s: float = Field(default=60, gt=0)
    """A child process with nothing to do for so long is ended; one always stays."""
    bulk_patience_s: float = Field(default=60, gt=0)
    """A bulk photo that waited so long goes before later interactive ones, so that none starves."""
    spool_dir: Path = Field(default_factory=_spool)
    """Originals lie here while they are processed: at most one a consumer, at most max_mb each."""

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
