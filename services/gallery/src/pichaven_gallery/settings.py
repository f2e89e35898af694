"""Settings of the gallery itself."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from pichaven_gallery.photos.deadlines import Patience


class GallerySettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="PICHAVEN_GALLERY_", frozen=True)

    processing_patience_s: float = Field(default=300, gt=0)
    """How long processing may be silent on a photo that it has begun before the photo is asked
    for again; doubles each time."""
    queue_patience_s: float = Field(default=1_800, gt=0)
    """The same for a photo that processing has not begun, as far as it told."""
    bulk_patience_factor: int = Field(default=12, ge=1)
    processing_asks: int = Field(default=5, ge=1)
    """After so many requests a photo that was begun fails as `processing_stalled`."""
    analysis_patience_s: float = Field(default=600, gt=0)
    analysis_asks: int = Field(default=5, ge=1)
    trash_days: float = Field(default=30, gt=0)
    stub_days: float = Field(default=45, gt=0)
    """How long a purged photo is remembered, so that no late event brings it back."""
    pending_days: float = Field(default=45, gt=0)
    """How long a photo is remembered whose upload's own event does not come."""
    sweep_interval_s: float = Field(default=5, gt=0)
    streams_per_user: int = Field(default=20, ge=1)
    """Open event streams of one owner, per replica."""
    stream_box: int = Field(default=1_000, ge=1)
    """News that wait for a slow client at most."""
    heartbeat_s: float = Field(default=15, gt=0)
    resume_overlap_s: float = Field(default=35, ge=0)

    @property
    def patience(self) -> Patience:
        return Patience(
            processing=timedelta(seconds=self.processing_patience_s),
            queue=timedelta(seconds=self.queue_patience_s),
            bulk_factor=self.bulk_patience_factor,
            processing_asks=self.processing_asks,
            analysis=timedelta(seconds=self.analysis_patience_s),
            analysis_asks=self.analysis_asks,
            trash=timedelta(days=self.trash_days),
            stub=timedelta(days=self.stub_days),
            pending=timedelta(days=self.pending_days),
        )
