"""A photo of the library: sections that are written independently, and what follows from them.

Topics race: what processing says may come before what upload says, and everything may come
twice and late. So each section keeps the newest of its kind, by the original's revision and
then by time, and everything that clients see is derived from the sections. Any order of the
same events ends in the same photo.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Literal

from pichaven_contracts.photo import (
    PhotoAnalyzed,
    PhotoProcessed,
    PhotoRejected,
    PhotoUploaded,
    Tag,
)
from pichaven_gallery.photos.edits import UNSET, Edits, fold_tag, merged_tags
from pichaven_gallery.photos.steps import ML, PROCESSING, Ending, Step, Steps, shown_steps

EARLIEST: Final = datetime(1, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(9999, 11, 30, tzinfo=UTC)
_OF_THE_FILE: Final = frozenset({"exif", "gps", "xmp"})

Outcome = PhotoProcessed | PhotoRejected


class Shelf(StrEnum):
    """Where a photo is, as far as its owner can tell."""

    PENDING = "pending"
    """Heard of, but its upload's own event has not come yet: nobody sees it."""
    LIBRARY = "library"
    TRASH = "trash"
    PURGED = "purged"
    """Gone for good; a stub remains for a while so that late events cannot bring it back."""


class Status(StrEnum):
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Failure:
    code: str
    message: str


STALLED: Final = Failure(
    "processing_stalled", "Processing did not finish. You can ask for it again."
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a model saw; the embedding itself is search's."""

    revision: int
    at: datetime
    model: str
    tagging: Literal["done", "unavailable"]
    tags: tuple[Tag, ...] = ()
    vocabulary: str | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """How often the sweeper has asked for something that did not come."""

    times: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    photo_id: str
    owner_id: str
    first_seen_at: datetime
    seq: int = 0
    """Counts writes of any kind; the lock of optimistic changes."""
    version: int = 0
    """Counts the changes that clients can see."""
    changed_at: datetime | None = None
    created_at: datetime | None = None
    """When the first upload of this photo was accepted."""
    original: PhotoUploaded | None = None
    outcome: Outcome | None = None
    disregarded: datetime | None = None
    """A rejection of this time or before does not count: the owner asked again."""
    analysis: Analysis | None = None
    edits: Edits = field(default_factory=Edits)
    steps: Steps = field(default_factory=dict)
    trashed_at: datetime | None = None
    purged_at: datetime | None = None
    processing_asked: Asking = Asking()
    analysis_asked: Asking = Asking()
    stalled: bool = False

    @property
    def shelf(self) -> Shelf:
        if self.purged_at is not None:
            return Shelf.PURGED
        if self.original is None:
            return Shelf.PENDING
        return Shelf.LIBRARY if self.trashed_at is None else Shelf.TRASH

    @property
    def visible(self) -> bool:
        return self.shelf in {Shelf.LIBRARY, Shelf.TRASH}

    @property
    def revision(self) -> int:
        return self.original.revision if self.original else 1

    @property
    def processed(self) -> PhotoProcessed | None:
        """What processing made of the present original."""
        found = self.outcome
        if isinstance(found, PhotoProcessed) and found.revision >= self.revision:
            return found
        return None

    @property
    def rejected(self) -> PhotoRejected | None:
        """Why the present original was refused, unless it is being tried again."""
        found = self.outcome
        if not isinstance(found, PhotoRejected) or found.revision < self.revision:
            return None
        again = self.disregarded is not None and found.occurred_at <= self.disregarded
        return None if again else found

    @property
    def failure(self) -> Failure | None:
        if self.rejected is not None:
            return Failure(self.rejected.code, self.rejected.message)
        return STALLED if self.stalled and self.processed is None else None

    @property
    def status(self) -> Status:
        if self.processed is not None:
            return Status.READY
        return Status.PROCESSING if self.failure is None else Status.FAILED

    @property
    def seen(self) -> Analysis | None:
        """What a model saw in the present variants."""
        made, found = self.processed, self.analysis
        return found if made and found and found.revision >= made.revision else None

    @property
    def tags(self) -> tuple[Tag, ...]:
        keywords = self.processed.keywords if self.processed else ()
        return merged_tags(self.edits, keywords, self.seen.tags if self.seen else ())

    @property
    def tag_keys(self) -> tuple[str, ...]:
        return tuple(sorted(fold_tag(tag.name) for tag in self.tags))

    @property
    def taken_at(self) -> datetime:
        """The owner's word, else the file's, else the client's, else the time of upload."""
        if self.edits.taken_at is not UNSET:
            return whole_ms(self.edits.taken_at)
        found = self.processed.taken_at if self.processed else None
        if found is not None and found.source in _OF_THE_FILE:
            return whole_ms(found.at)
        if self.original is not None and self.original.taken_at is not None:
            return whole_ms(self.original.taken_at)
        return self.created_at or self.first_seen_at

    def shown_steps(self) -> tuple[Step, ...]:
        endings: dict[str, Ending] = {}
        if self.processed is not None:
            endings[PROCESSING] = Ending(self.processed.occurred_at)
        elif self.rejected is not None:
            endings[PROCESSING] = Ending(self.rejected.occurred_at, self.rejected.message)
        if self.seen is not None:
            endings[ML] = Ending(self.seen.at)
        tagged = self.seen is not None and self.seen.tagging == "done"
        return shown_steps(self.steps, self.revision, endings, tagged=tagged)


def whole_ms(moment: datetime) -> datetime:
    """The moment in UTC as the database keeps it, so that a cursor meets it again.

    The first and the last days that a calendar has are brought nearer: zones may shift no
    moment out of it.
    """
    try:
        moment = min(max(moment.astimezone(UTC), EARLIEST), LATEST)
    except OverflowError:
        moment = EARLIEST if moment.year == 1 else LATEST
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def public_state(photo: Photo) -> Mapping[str, Any]:
    """All that a client can see to change; two equal ones need no new version."""
    made = photo.processed
    return {
        "shelf": photo.shelf,
        "trashed_at": photo.trashed_at,
        "status": photo.status,
        "failure": photo.failure,
        "original": _content(photo.original),
        "created_at": photo.created_at,
        "processed": _content(made),
        "seen": photo.seen and (photo.seen.model, photo.seen.tagging),
        "tags": photo.tags,
        "taken_at": photo.taken_at,
        "edits": (
            photo.edits.favorite,
            photo.edits.caption,
            photo.edits.location,
            photo.edits.rating,
        ),
    }


def _content(event: PhotoUploaded | PhotoProcessed | None) -> dict[str, Any] | None:
    return event.model_dump(exclude={"occurred_at"}) if event else None


def analysis_of(event: PhotoAnalyzed) -> Analysis:
    return Analysis(
        revision=event.revision,
        at=event.occurred_at,
        model=event.model,
        tagging=event.tagging,
        tags=event.tags,
        vocabulary=event.vocabulary,
    )
