"""Photos as responses, for one viewer and with URLs signed for the host that the client uses."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from pichaven_chassis.storage import Presigner
from pichaven_contracts import api
from pichaven_contracts.photo import PhotoChanged, Variant
from pichaven_contracts.variants import VariantChoice, grid_variant
from pichaven_gallery.access.grant import Action
from pichaven_gallery.access.policy import Owned, allows
from pichaven_gallery.access.viewer import Viewer
from pichaven_gallery.photos import schemas
from pichaven_gallery.photos.deadlines import Timeouts, analysis_state
from pichaven_gallery.photos.lifecycle import to_changed_event
from pichaven_gallery.photos.photo import Photo, Status
from pichaven_gallery.photos.tile import to_aspect_ratio, to_name

_FIELDS_OF_EVENT: Final = tuple(
    name for name in api.Photo.model_fields if name in PhotoChanged.model_fields
)

_NAME_AND_FORMAT: Final = attrgetter("name", "format")


@dataclass(frozen=True, slots=True)
class PhotoPresenter:
    presigner: Presigner
    timeouts: Timeouts
    viewer: Viewer
    base_url: str
    allows: Callable[[Viewer, Action, Owned], bool] = allows

    def photo(self, photo: Photo, variants: VariantChoice) -> api.Photo:
        return api.Photo.model_validate(self._fields(photo, variants), from_attributes=True)

    def detail(self, photo: Photo, variants: VariantChoice) -> schemas.PhotoDetail:
        text = photo.current_text
        fields = self._fields(photo, variants) | {
            "steps": photo.current_steps(),
            "text": text.text if text else None,
        }
        return schemas.PhotoDetail.model_validate(fields, from_attributes=True)

    def compact(self, event: PhotoChanged) -> schemas.CompactPhoto:
        thumbnail = grid_variant(event.variants)
        return schemas.CompactPhoto(
            id=event.photo_id,
            name=to_name(event.caption, event.filename),
            status=event.status,
            aspect_ratio=to_aspect_ratio(event.width, event.height),
            blurhash=event.blurhash,
            taken_at=event.taken_at,
            taken_at_local=event.wall_time,
            taken_at_offset=event.taken_at_offset,
            taken_at_source=event.taken_at_source,
            favorite=event.favorite,
            thumbnail_url=self._variant_url(thumbnail) if thumbnail else None,
        )

    def _fields(self, photo: Photo, variants: VariantChoice) -> dict[str, object]:
        event = to_changed_event(photo)
        chosen_variants = variants.select(event.variants, _NAME_AND_FORMAT)
        analysis = photo.current_analysis
        ready = photo.status is Status.READY
        return {name: getattr(event, name) for name in _FIELDS_OF_EVENT} | {
            "id": photo.photo_id,
            "failure": photo.failure,
            "colors": [colour.hex for colour in event.palette],
            "variants": [self._variant(variant) for variant in chosen_variants],
            "original_url": self._original_url(photo, event),
            "sidecar_url": self._sidecar_url(photo, event),
            "analysis": api.PhotoAnalysis(
                state=analysis_state(photo, self.timeouts) if ready else "pending",
                model=analysis.model if analysis else None,
                tagging=analysis.tagging if analysis else None,
            ),
            "trashed_at": photo.trashed_at,
        }

    def _variant(self, variant: Variant) -> api.PhotoVariant:
        fields = variant.model_dump(exclude={"key"})
        return api.PhotoVariant(**fields, url=self._variant_url(variant))

    def _variant_url(self, variant: Variant) -> str:
        return self.presigner.get(
            variant.key, base_url=self.base_url, content_type=f"image/{variant.format}"
        )

    def _original_url(self, photo: Photo, event: PhotoChanged) -> str | None:
        """Return None for viewers without the download action and for rejected originals."""
        if photo.rejected is not None or not self.allows(self.viewer, Action.DOWNLOAD, photo):
            return None
        return self.presigner.get(
            event.original_key,
            base_url=self.base_url,
            content_type=event.content_type,
            download_name=event.filename,
        )

    def _sidecar_url(self, photo: Photo, event: PhotoChanged) -> str | None:
        if event.sidecar_key is None or self._original_url(photo, event) is None:
            return None
        return self.presigner.get(
            event.sidecar_key,
            base_url=self.base_url,
            content_type="application/rdf+xml",
            download_name=f"{event.filename}.xmp",
        )
