"""Settings of uploads."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from pichaven_chassis.settings import Settings

_MIB = 1 << 20


class UploadSettings(Settings):
    model_config = SettingsConfigDict(env_prefix="PICHAVEN_UPLOAD_", frozen=True)

    max_file_bytes: int = Field(default=500_000_000, ge=1)
    quota_bytes: int = Field(default=100_000_000_000, ge=1)
    """Per owner: photos together with the announced size of open uploads."""
    uploads_per_hour: int = Field(default=10_000, ge=1)
    """Uploads that an owner may begin within 60 minutes."""
    open_uploads: int = Field(default=500, ge=1)
    """Uploads that an owner may have unfinished at once."""
    bulk_after: int = Field(default=200, ge=1)
    """An owner who begins more than this within 10 minutes goes to the bulk lane."""
    part_bytes: int = Field(default=8 * _MIB, ge=5 * _MIB)
    """Smallest part of a multipart upload; S3 refuses less than 5 MiB."""
    part_url_ttl_s: int = Field(default=3600, ge=60, le=7 * 24 * 3600)
    session_ttl_s: int = Field(default=24 * 3600, ge=60)
    """An upload that is not resumed within this time is removed."""
    stream_ttl_s: int = Field(default=3600, ge=60)
    """The same for an upload that is one request; it cannot be resumed."""
    streams: int = Field(default=16, ge=1)
    """Concurrent one-request uploads of one process; each holds up to two parts in memory."""
    streams_per_owner: int = Field(default=4, ge=1)
    """How many of them one owner may have; his others wait."""
    stream_wait_s: float = Field(default=10, gt=0)
    """A one-request upload that waits for its turn this long is refused."""
    stream_idle_s: float = Field(default=30, gt=0)
    """A one-request upload that sends nothing for this long is ended."""
    stream_bytes_per_s: float = Field(default=2048, ge=0)
    """So is one that is slower than this after `stream_idle_s`; 0 turns this off."""
    stalled_after_s: int = Field(default=300, ge=1)
    """The reconciler resumes a completion that has had no result for this long."""
    orphan_after_s: int = Field(default=3600, ge=1)
    """Age from which a multipart upload that belongs to no upload is aborted."""
    confirm_accepted_s: float = Field(default=3600, gt=0)
    """A photo of which the library has said nothing for this long is published again."""
    confirm_verified_s: float = Field(default=120, gt=0)
    """The same for a verified photo that the library does not have as ready."""
    history_s: int = Field(default=30 * 24 * 3600, ge=60)
    """How long the status of an ended upload can be read."""
    sweep_interval_s: float = Field(default=30, gt=0)
