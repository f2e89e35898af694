"""Settings of the gallery itself."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from pichaven_chassis.fair_slots import SlotLimits
from pichaven_chassis.settings import Settings
from pichaven_gallery.photos.deadlines import Timeouts


class GallerySettings(Settings):
    model_config = SettingsConfigDict(env_prefix="PICHAVEN_GALLERY_", frozen=True)

    processing_timeout_s: float = Field(default=300, gt=0)
    """Silence of processing on a started photo before it is requested again; doubles each time."""
    queue_timeout_s: float = Field(default=1_800, gt=0)
    """The same for a photo without progress."""
    missing_outcome_timeout_s: float = Field(default=60, gt=0)
    """The same for a photo of which only what follows on processing came."""
    bulk_timeout_factor: int = Field(default=12, ge=1)
    processing_attempts: int = Field(default=5, ge=1)
    """Requests before a started photo fails as `processing_stalled`."""
    analysis_timeout_s: float = Field(default=600, gt=0)
    analysis_attempts: int = Field(default=5, ge=1)
    trash_days: float = Field(default=30, gt=0)
    stub_days: float = Field(default=45, gt=0)
    """Life of a purged photo's stub, which keeps late events from reviving it."""
    pending_days: float = Field(default=45, gt=0)
    """Life of a photo whose `photo.uploaded` does not come."""
    change_log_days: float = Field(default=400, gt=0)
    """Life of an entry in the change log, from which streams resume and history is read."""
    job_chunk: int = Field(default=200, ge=1)
    """Photos that a job changes at a time."""
    job_days: float = Field(default=7, gt=0)
    """Life of a finished job, within which it can be undone."""
    download_photos: int = Field(default=10_000, ge=1)
    """Photos of one download at most."""
    download_bytes: int = Field(default=100_000_000_000, ge=1)
    """The same for the bytes of their originals together."""
    download_ttl_s: float = Field(default=600, gt=0)
    """Time in which a download can be requested; what has begun goes on."""
    downloads: int = Field(default=16, ge=1)
    """Archives that a process sends at a time."""
    downloads_per_owner: int = Field(default=3, ge=1)
    """How many of them one owner may have; his others wait."""
    download_wait_s: float = Field(default=10, gt=0)
    """A request for an archive that waits for its turn this long is refused."""
    months_kept: int = Field(default=256, ge=1)
    """Months of the timeline that a process keeps encoded; the largest have 300 KB."""
    sweep_interval_s: float = Field(default=5, gt=0)
    inventory_interval_s: float = Field(default=86_400, ge=0)
    """From the beginning of one inventory of all photos to that of the next; it has a page of 1,000
    photos in each sweep."""
    inventory_settle_s: float = Field(default=300, ge=0)
    """Age of a photo's last change from which on an index without it is mended."""
    streams_per_user: int = Field(default=20, ge=1)
    """Open event streams of one owner, per replica."""
    stream_box: int = Field(default=1_000, ge=1)
    """Messages in the channel of a slow client at most."""
    heartbeat_s: float = Field(default=15, gt=0)
    resume_overlap_s: float = Field(default=35, ge=0)

    @property
    def download_slots(self) -> SlotLimits:
        return SlotLimits(
            slots=self.downloads,
            per_owner=self.downloads_per_owner,
            longest_wait_s=self.download_wait_s,
        )

    @property
    def timeouts(self) -> Timeouts:
        return Timeouts(
            processing=timedelta(seconds=self.processing_timeout_s),
            queue=timedelta(seconds=self.queue_timeout_s),
            missing_outcome=timedelta(seconds=self.missing_outcome_timeout_s),
            bulk_factor=self.bulk_timeout_factor,
            processing_attempts=self.processing_attempts,
            analysis=timedelta(seconds=self.analysis_timeout_s),
            analysis_attempts=self.analysis_attempts,
            trash=timedelta(days=self.trash_days),
            stub=timedelta(days=self.stub_days),
            pending=timedelta(days=self.pending_days),
        )
