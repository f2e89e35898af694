"""The photo: sections that are written independently, and what is derived from them.

Topics race: processing's event may arrive before upload's, and every event may arrive twice and
late. So each section keeps the newest event of its kind, by the original's revision and then by
time, and everything that clients see is derived from the sections. Any order of the same events
ends in the same photo.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from pichaven_contracts.photo import (
    Location,
    PhotoProcessed,
    PhotoRejected,
    PhotoUploaded,
    Tag,
    TakenAt,
)
from pichaven_gallery.photos.analysis import Analysis
from pichaven_gallery.photos.capture_time import CaptureTime, Zones, from_offset, whole_ms
from pichaven_gallery.photos.edits import UNSET, Edits, OwnTime, fold_tag, merge_tags
from pichaven_gallery.photos.recognised_text import RecognisedText
from pichaven_gallery.photos.steps import ML, PROCESSING, Ending, Step, Steps, current_steps
from pichaven_places import time_zone_of

_CLOCK_SOURCES: Final = frozenset({"exif", "xmp"})

Outcome = PhotoProcessed | PhotoRejected


class LibraryState(StrEnum):
    """Where a photo is, from its owner's point of view."""

    PENDING = "pending"
    """Its `photo.uploaded` has not arrived yet: invisible."""
    LIBRARY = "library"
    TRASH = "trash"
    PURGED = "purged"
    """Removed for good; a stub remains for a while so that late events cannot revive it."""


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
class Attempts:
    """Requests for an event that did not come: how many, and when the last one was made."""

    count: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """The aggregate: an original, the results of processing and analysis, the owner's edits, and
    where in the library it is."""

    photo_id: str
    owner_id: str
    first_seen_at: datetime
    seq: int = 0
    """Counts writes of any kind; the guard of optimistic concurrency."""
    version: int = 0
    """Counts the changes that clients can see."""
    changed_at: datetime | None = None
    created_at: datetime | None = None
    """When the first upload of this photo was accepted."""
    original: PhotoUploaded | None = None
    outcome: Outcome | None = None
    rejections_ignored_until: datetime | None = None
    """Rejections up to this time do not count: the owner requested reprocessing."""
    analysis: Analysis | None = None
    recognised_text: RecognisedText | None = None
    """None also in photos of lists, which are read without it."""
    edits: Edits = field(default_factory=Edits)
    home_zone: str | None = None
    """The IANA zone that its owner lives in."""
    steps: Steps = field(default_factory=dict)
    jobs: tuple[str, ...] = ()
    """The last jobs that changed it."""
    trashed_at: datetime | None = None
    purged_at: datetime | None = None
    processing_attempts: Attempts = Attempts()
    analysis_attempts: Attempts = Attempts()
    stalled: bool = False
    outcome_missing_since: datetime | None = None
    """When it was first seen that processing has ended with this original, without its outcome."""

    @property
    def library_state(self) -> LibraryState:
        if self.purged_at is not None:
            return LibraryState.PURGED
        if self.original is None:
            return LibraryState.PENDING
        return LibraryState.LIBRARY if self.trashed_at is None else LibraryState.TRASH

    @property
    def visible(self) -> bool:
        return self.library_state in {LibraryState.LIBRARY, LibraryState.TRASH}

    @property
    def revision(self) -> int:
        return self.original.revision if self.original else 1

    @property
    def processed(self) -> PhotoProcessed | None:
        """Processing's result for the present original."""
        outcome = self.outcome
        if isinstance(outcome, PhotoProcessed) and outcome.revision >= self.revision:
            return outcome
        return None

    @property
    def rejected(self) -> PhotoRejected | None:
        """The rejection of the present original, unless it is being processed again."""
        outcome = self.outcome
        if not isinstance(outcome, PhotoRejected) or outcome.revision < self.revision:
            return None
        until = self.rejections_ignored_until
        return None if until is not None and outcome.occurred_at <= until else outcome

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
    def processing_since(self) -> datetime | None:
        """Since when it has waited for its outcome: the upload, or the owner's request to process
        it again. None where it does not wait."""
        if not self.visible or self.status is not Status.PROCESSING:
            return None
        assert self.original is not None
        requests = self.processing_attempts
        if requests.count == 0 and requests.last_at is not None:
            return max(self.original.occurred_at, requests.last_at)
        return self.original.occurred_at

    @property
    def is_past_processing(self) -> bool:
        """Whether anything of this original's came that only follows on its outcome: an analysis,
        a step of it, the end of processing's last step."""
        after = self.rejections_ignored_until

        def counts(revision: int, at: datetime) -> bool:
            return revision >= self.revision and (after is None or at > after)

        analysis = self.analysis
        if analysis is not None and counts(analysis.revision, analysis.at):
            return True
        return any(
            counts(step.revision, step.at) and (step.service == ML or step.ends_service)
            for step in self.steps.values()
        )

    @property
    def current_analysis(self) -> Analysis | None:
        """The analysis of the present variants."""
        processed, analysis = self.processed, self.analysis
        is_current = processed and analysis and analysis.revision >= processed.revision
        return analysis if is_current else None

    @property
    def is_tagged(self) -> bool:
        return self.current_analysis is not None and self.current_analysis.tagging == "done"

    @property
    def current_text(self) -> RecognisedText | None:
        """The text of the present original."""
        text = self.recognised_text
        return text if text is not None and text.revision >= self.revision else None

    @property
    def tags(self) -> tuple[Tag, ...]:
        keywords = self.processed.keywords if self.processed else ()
        predicted = self.current_analysis.tags if self.current_analysis else ()
        return merge_tags(self.edits, keywords, predicted)

    @property
    def tag_keys(self) -> tuple[str, ...]:
        return tuple(sorted(fold_tag(tag.name) for tag in self.tags))

    @property
    def location(self) -> Location | None:
        if self.edits.location is not UNSET:
            return self.edits.location
        return self.processed.location if self.processed else None

    @property
    def taken_at(self) -> datetime:
        """The instant of `capture_time`."""
        return self.capture_time.instant

    @property
    def capture_time(self) -> CaptureTime:
        """The owner's edit, else the file's time, else the client's, else that of the upload."""
        own = self.edits.taken_at
        if isinstance(own, OwnTime):
            if own.offset is not None:
                return CaptureTime(own.local, own.offset, "user")
            return self._zones.at_wall_time(own.local)
        clock = self._clock
        if own is UNSET and clock is not None:
            offset = self._file_offset
            if offset is not None:
                return from_offset(clock.at, offset, "file")
            # An offset by the file's position is derived anew: the owner may have moved the photo.
            applied = timedelta(minutes=clock.offset_minutes or 0)
            return self._zones.at_wall_time((whole_ms(clock.at) + applied).replace(tzinfo=None))
        claim = self.original.taken_at if self.original else None
        if self._instant == claim and (offset_of_claim := claim.utcoffset()):
            return from_offset(claim, offset_of_claim // timedelta(minutes=1), "client")
        return self._zones.at_instant(self._instant)

    @property
    def is_instant_known(self) -> bool:
        """Whether the source of its time is no clock, but an instant that holds in any zone."""
        own = self.edits.taken_at
        return not isinstance(own, OwnTime) and not (own is UNSET and self._clock is not None)

    @property
    def _clock(self) -> TakenAt | None:
        """The time that a camera or a program wrote from a clock on the spot."""
        taken_at = self.processed.taken_at if self.processed else None
        return taken_at if taken_at and taken_at.source in _CLOCK_SOURCES else None

    @property
    def _file_offset(self) -> int | None:
        clock = self._clock
        return clock.offset_minutes if clock and clock.offset_source != "gps" else None

    @property
    def _instant(self) -> datetime:
        """The best instant known without a clock; an edit made before edits had wall times."""
        own = self.edits.taken_at
        if isinstance(own, datetime):
            return own
        taken_at = self.processed.taken_at if self.processed else None
        if taken_at is not None and taken_at.source == "gps":
            return taken_at.at
        if self.original is not None and self.original.taken_at is not None:
            return self.original.taken_at
        return self.created_at or self.first_seen_at

    @property
    def _zones(self) -> Zones:
        place = self.location
        return Zones(
            file_offset=self._file_offset,
            position=time_zone_of(place.lat, place.lon) if place else None,
            home=self.home_zone,
        )

    @property
    def timeline_cell(self) -> str | None:
        """Month taken and day of arrival, by which the timeline counts it; None outside the
        library."""
        if self.library_state is not LibraryState.LIBRARY or self.created_at is None:
            return None
        local, created = self.capture_time.local, self.created_at.astimezone(UTC)
        return f"{local.isoformat()[:7]}|{created.date().isoformat()}"

    def current_steps(self) -> tuple[Step, ...]:
        endings: dict[str, Ending] = {}
        if self.processed is not None:
            endings[PROCESSING] = Ending(self.processed.occurred_at)
        elif self.rejected is not None:
            endings[PROCESSING] = Ending(self.rejected.occurred_at, self.rejected.message)
        if self.current_analysis is not None:
            endings[ML] = Ending(self.current_analysis.at)
        return current_steps(self.steps, self.revision, endings, tagged=self.is_tagged)


def public_state(photo: Photo) -> Mapping[str, Any]:
    """Return all that clients can see to change; equal states need no new version."""
    analysis = photo.current_analysis
    return {
        "library_state": photo.library_state,
        "trashed_at": photo.trashed_at,
        "status": photo.status,
        "failure": photo.failure,
        "original": _content(photo.original),
        "created_at": photo.created_at,
        "processed": _content(photo.processed),
        "analysis": analysis and (analysis.model, analysis.tagging),
        "tags": photo.tags,
        "taken_at": photo.capture_time,
        "edits": (
            photo.edits.favorite,
            photo.edits.caption,
            photo.edits.location,
            photo.edits.rating,
        ),
    }


def _content(event: PhotoUploaded | PhotoProcessed | None) -> dict[str, Any] | None:
    return event.model_dump(exclude={"occurred_at"}) if event else None
