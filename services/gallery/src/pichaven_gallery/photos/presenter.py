"""Photos as clients see them, with URLs signed for the host that they used."""

import hashlib
from dataclasses import dataclass
from typing import Final

from pichaven_chassis.etags import etag
from pichaven_chassis.storage import Presigner
from pichaven_contracts.photo import PhotoChanged, Variant
from pichaven_gallery.photos.deadlines import Patience, analysis_state
from pichaven_gallery.photos.lifecycle import changed_event
from pichaven_gallery.photos.photo import Photo, Status
from pichaven_gallery.photos.schemas import (
    AnalysisShown,
    CompactPhoto,
    FailureShown,
    PhotoDetail,
    PhotoShown,
    StepShown,
    VariantShown,
)

_GRID_EDGE: Final = 400
_BY_REACH: Final = ("webp", "jpeg", "avif")
"""Formats in the order in which a client that asks for one URL can be trusted to show them."""

_AS_IN_THE_EVENT: Final = tuple(
    name for name in PhotoShown.model_fields if name in PhotoChanged.model_fields
)


@dataclass(frozen=True, slots=True)
class Showing:
    """Signs and lays out; one for a request, made by `at`."""

    presigner: Presigner
    patience: Patience
    base_url: str = ""

    def at(self, base_url: str) -> "Showing":
        return Showing(self.presigner, self.patience, base_url)

    def photo(self, photo: Photo) -> PhotoShown:
        return PhotoShown.model_validate(self._fields(photo))

    def detail(self, photo: Photo) -> PhotoDetail:
        steps = [
            StepShown(
                name=step.name,
                service=step.service,
                state=step.state.value,
                percent=step.percent,
                message=step.message,
                at=step.at,
            )
            for step in photo.shown_steps()
        ]
        return PhotoDetail.model_validate(self._fields(photo) | {"steps": steps})

    def compact(self, event: PhotoChanged) -> CompactPhoto:
        thumbnail = grid_variant(event.variants)
        sized = event.width and event.height
        return CompactPhoto(
            id=event.photo_id,
            status=event.status,
            aspect_ratio=round(event.width / event.height, 4)
            if sized and event.width and event.height
            else None,
            blurhash=event.blurhash,
            taken_at=event.taken_at,
            favorite=event.favorite,
            thumbnail_url=self._variant_url(thumbnail) if thumbnail else None,
        )

    def _fields(self, photo: Photo) -> dict[str, object]:
        event = changed_event(photo)
        failure, seen = photo.failure, photo.seen
        refused = photo.rejected is not None
        return {name: getattr(event, name) for name in _AS_IN_THE_EVENT} | {
            "id": photo.photo_id,
            "failure": FailureShown(code=failure.code, message=failure.message)
            if failure
            else None,
            "colors": [colour.hex for colour in event.palette],
            "variants": [self._variant(variant) for variant in event.variants],
            "original_url": None if refused else self._original_url(event),
            "analysis": AnalysisShown.model_validate(
                {
                    "state": analysis_state(photo, self.patience)
                    if photo.status is Status.READY
                    else "pending",
                    "model": seen.model if seen else None,
                    "tagging": seen.tagging if seen else None,
                }
            ),
            "trashed_at": photo.trashed_at,
        }

    def _variant(self, variant: Variant) -> VariantShown:
        return VariantShown(
            name=variant.name,
            format=variant.format,
            width=variant.width,
            height=variant.height,
            bytes=variant.bytes,
            url=self._variant_url(variant),
        )

    def _variant_url(self, variant: Variant) -> str:
        return self.presigner.get(
            variant.key, base_url=self.base_url, content_type=f"image/{variant.format}"
        )

    def _original_url(self, event: PhotoChanged) -> str:
        return self.presigner.get(
            event.original_key,
            base_url=self.base_url,
            content_type=event.content_type,
            download_name=event.filename,
        )


def grid_variant(variants: tuple[Variant, ...]) -> Variant | None:
    """The picture for a grid: the edge nearest to 400 pixels, in the best understood format."""
    return min(
        variants,
        key=lambda it: (
            abs((int(it.name) if it.name.isdecimal() else 0) - _GRID_EDGE),
            _BY_REACH.index(it.format) if it.format in _BY_REACH else len(_BY_REACH),
        ),
        default=None,
    )


def state_tag(version: int, body: bytes) -> str:
    """Tags the representation and names the version in front.

    Steps of progress and renewed URLs change what a reader gets, not the photo's version; so
    the whole tag decides what a reader has, the version alone what a writer has seen.
    """
    return etag(f"{version}-{hashlib.sha256(body).hexdigest()[:16]}")


def versions_named(header: str | None) -> frozenset[int] | None:
    """The versions that an `If-Match` header names; None when any will do."""
    if header is None or header.strip() == "*":
        return None
    named = [part.strip().removeprefix("W/").strip('"') for part in header.split(",")]
    found = [text.partition("-")[0] for text in named]
    return frozenset(int(text) for text in found if text.isdecimal() and len(text) <= 18)  # noqa: PLR2004
