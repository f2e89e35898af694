"""The events of one photo, as other services send them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import (
    Colour,
    Exif,
    PhotoEmbedded,
    PhotoProcessed,
    PhotoProgressed,
    PhotoRejected,
    PhotoTagged,
    PhotoTextRead,
    PhotoUploaded,
    ProgressState,
    Tag,
    Variant,
)

UPLOADED_AT: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
_SHA256: Final = "ab" * 32


@dataclass(frozen=True, slots=True)
class Story:
    """Builds a photo's events; each service's come some seconds after those of the one before."""

    owner_id: str
    photo_id: str = field(default_factory=new_id)
    at: datetime = UPLOADED_AT

    def uploaded_event(self, **changes: Any) -> PhotoUploaded:
        return PhotoUploaded(
            **self._photo(0)
            | {
                "upload_id": self.photo_id,
                "filename": "beach.jpg",
                "content_type": "image/jpeg",
                "size": 4_000,
                "sha256": _SHA256,
                "object_key": f"originals/{self.owner_id}/{_SHA256}/{self.photo_id}.jpg",
            }
            | changes
        )

    def processed_event(self, **changes: Any) -> PhotoProcessed:
        return PhotoProcessed(
            **self._photo(2)
            | {
                "revision": 1,
                "pipeline_version": 1,
                "sha256": _SHA256,
                "object_key": f"originals/{self.owner_id}/{_SHA256}/{self.photo_id}.jpg",
                "content_type": "image/jpeg",
                "size": 4_000,
                "width": 1_200,
                "height": 800,
                "variants": tuple(
                    Variant(
                        name=name,
                        format="webp",
                        width=int(name),
                        height=int(name) * 2 // 3,
                        bytes=100,
                        key=f"derived/{self.owner_id}/{self.photo_id}/abababababababab-p1/{name}.webp",
                    )
                    for name in ("150", "400", "800")
                ),
                "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
                "phash": "0123456789abcdef",
                "palette": (Colour(hex="#336699", share=0.5),),
                "exif": Exif(camera="Pinhole 1", iso=200),
            }
            | changes
        )

    def rejected_event(self, **changes: Any) -> PhotoRejected:
        return PhotoRejected(
            **self._photo(2)
            | {
                "revision": 1,
                "sha256": _SHA256,
                "object_key": f"originals/{self.owner_id}/{_SHA256}/{self.photo_id}.jpg",
                "code": "damaged_file",
                "message": "The file ends in the middle of the picture.",
            }
            | changes
        )

    def tagged_event(self, *names: str, **changes: Any) -> PhotoTagged:
        return PhotoTagged(
            **self._photo(4)
            | {
                "revision": 1,
                "model": "pichaven-tiny",
                "tags": tuple(Tag(name=name, source="ai", confidence=0.8) for name in names),
                "vocabulary": "1",
            }
            | changes
        )

    def embedded_event(self, **changes: Any) -> PhotoEmbedded:
        return PhotoEmbedded(
            **self._photo(20) | {"revision": 1, "model": "b", "embedding": (1.0,)} | changes
        )

    def text_read_event(self, state: Any, text: str | None = None, **changes: Any) -> PhotoTextRead:
        fields = {"revision": 1, "reader": "r", "state": state, "text": text}
        return PhotoTextRead(**self._photo(5) | fields | changes)

    def progressed_event(
        self, step: str, state: ProgressState = ProgressState.STARTED, **changes: Any
    ) -> PhotoProgressed:
        return PhotoProgressed(
            **self._photo(1) | {"step": step, "state": state, "percent": 10} | changes
        )

    def _photo(self, seconds: float) -> dict[str, Any]:
        return {
            "photo_id": self.photo_id,
            "owner_id": self.owner_id,
            "occurred_at": self.at + timedelta(seconds=seconds),
        }
