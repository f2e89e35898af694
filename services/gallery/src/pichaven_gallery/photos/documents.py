"""Photos as documents and back.

Events are stored as their own JSON, so that they can be sent again unchanged. Fields for queries
are derived at every write. Names of fields are older than those of the code and stay, so that
stored documents do.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from pichaven_chassis.mongo import Document
from pichaven_contracts.event import event_fields
from pichaven_contracts.photo import (
    Location,
    PhotoProcessed,
    PhotoRejected,
    PhotoUploaded,
    ProgressState,
    Tag,
)
from pichaven_gallery.photos.analysis import Analysis
from pichaven_gallery.photos.change_entry import ChangeAction, ChangeEntry
from pichaven_gallery.photos.deadlines import Timeouts, due_at
from pichaven_gallery.photos.edits import UNSET, Edits, OwnTime, Unset
from pichaven_gallery.photos.photo import Attempts, Outcome, Photo
from pichaven_gallery.photos.recognised_text import RecognisedText
from pichaven_gallery.photos.steps import Step, Steps
from pichaven_gallery.photos.tile import Tile

_EDITABLE: Final = ("caption", "taken_at", "location", "rating")


def to_document(photo: Photo, timeouts: Timeouts) -> Document:
    """Return all fields of the photo that are not None."""
    ignored_until = photo.rejections_ignored_until
    fields: Document = {
        "owner_id": photo.owner_id,
        "version": photo.version,
        "shelf": photo.library_state.value,
        "first_seen_at": photo.first_seen_at,
        "created_at": photo.created_at,
        "changed_at": photo.changed_at,
        "trashed_at": photo.trashed_at,
        "purged_at": photo.purged_at,
        "original": event_fields(photo.original) if photo.original else None,
        "outcome": _outcome_fields(photo.outcome),
        "disregarded": ignored_until.isoformat() if ignored_until else None,
        "analysis": _analysis_fields(photo.analysis),
        "text": _text_fields(photo.recognised_text),
        "edits": _edits_fields(photo.edits) or None,
        "home_zone": photo.home_zone,
        "steps": [_step_fields(step) for step in photo.steps.values()] or None,
        "processing_asked": _attempts_fields(photo.processing_attempts),
        "analysis_asked": _attempts_fields(photo.analysis_attempts),
        "jobs": list(photo.jobs) or None,
        "stalled": photo.stalled or None,
        "outcome_missing_since": photo.outcome_missing_since,
        "due_at": due_at(photo, timeouts),
        "cell": photo.timeline_cell,
    }
    if photo.visible:
        capture_time = photo.capture_time
        fields |= {
            "status": photo.status.value,
            "taken_at": capture_time.instant,
            "taken_at_local": capture_time.local_key,
            "favorite": photo.edits.favorite,
            "tile": Tile.of(photo).to_text(),
            "tag_keys": list(photo.tag_keys),
            "processing_since": photo.processing_since,
        }
    return {name: value for name, value in fields.items() if value is not None}


def from_document(document: Document) -> Photo:
    original = document.get("original")
    ignored_until = document.get("disregarded")
    return Photo(
        photo_id=document["_id"],
        owner_id=document["owner_id"],
        seq=document["seq"],
        version=document["version"],
        first_seen_at=document["first_seen_at"],
        created_at=document.get("created_at"),
        changed_at=document.get("changed_at"),
        trashed_at=document.get("trashed_at"),
        purged_at=document.get("purged_at"),
        original=PhotoUploaded.model_validate(original) if original else None,
        outcome=_outcome(document.get("outcome")),
        rejections_ignored_until=datetime.fromisoformat(ignored_until) if ignored_until else None,
        analysis=_analysis(document.get("analysis")),
        recognised_text=_text(document.get("text")),
        edits=_edits(document.get("edits", {})),
        home_zone=document.get("home_zone"),
        steps=_steps(document.get("steps", [])),
        processing_attempts=_attempts(document.get("processing_asked")),
        analysis_attempts=_attempts(document.get("analysis_asked")),
        jobs=tuple(document.get("jobs", ())),
        stalled=document.get("stalled", False),
        outcome_missing_since=document.get("outcome_missing_since"),
    )


def entry_to_document(entry: ChangeEntry) -> Document:
    return {
        "_id": entry.id,
        "photo_id": entry.photo_id,
        "owner_id": entry.owner_id,
        "at": entry.at,
        "version": entry.version,
        "action": entry.action.value,
        "actor": entry.actor,
    }


def entry_from_document(document: Document) -> ChangeEntry:
    return ChangeEntry(
        photo_id=document["photo_id"],
        owner_id=document["owner_id"],
        at=document["at"],
        version=document["version"],
        action=ChangeAction(document["action"]),
        actor=document["actor"],
    )


def _outcome_fields(outcome: Outcome | None) -> Document | None:
    if outcome is None:
        return None
    return {"type": outcome.event_type, "event": event_fields(outcome)}


def _outcome(fields: Document | None) -> Outcome | None:
    if fields is None:
        return None
    event_type: type[Outcome] = (
        PhotoProcessed if fields["type"] == PhotoProcessed.event_type else PhotoRejected
    )
    return event_type.model_validate(fields["event"])


def _analysis_fields(analysis: Analysis | None) -> Document | None:
    if analysis is None:
        return None
    return {
        "revision": analysis.revision,
        "at": analysis.at.isoformat(),
        "model": analysis.model,
        "tagging": analysis.tagging,
        "vocabulary": analysis.vocabulary,
        "tags": [tag.model_dump() for tag in analysis.tags],
    }


def _analysis(fields: Document | None) -> Analysis | None:
    if fields is None:
        return None
    return Analysis(
        revision=fields["revision"],
        at=datetime.fromisoformat(fields["at"]),
        model=fields["model"],
        tagging=fields["tagging"],
        vocabulary=fields["vocabulary"],
        tags=tuple(Tag.model_validate(tag) for tag in fields["tags"]),
    )


def _text_fields(text: RecognisedText | None) -> Document | None:
    return asdict(text) | {"at": text.at.isoformat()} if text else None


def _text(fields: Document | None) -> RecognisedText | None:
    if fields is None:
        return None
    return RecognisedText(**fields | {"at": datetime.fromisoformat(fields["at"])})


def _edits_fields(edits: Edits) -> Document:
    """Return the edits; a field with None was cleared by the owner, a missing one never edited."""
    fields: Document = {}
    for name in _EDITABLE:
        value: Any = getattr(edits, name)
        match value:
            case Unset():
                continue
            case Location():
                fields[name] = value.model_dump()
            case OwnTime():
                # Drivers read a time without a zone as one in UTC.
                fields[name] = {"local": value.local.replace(tzinfo=UTC), "offset": value.offset}
            case _:
                fields[name] = value
    if edits.favorite:
        fields["favorite"] = True
    if edits.tags:
        fields["tags"] = list(edits.tags)
    if edits.removed_tags:
        fields["removed"] = sorted(edits.removed_tags)
    return fields


def _edits(fields: Document) -> Edits:
    location = fields.get("location", UNSET)
    return Edits(
        caption=fields.get("caption", UNSET),
        taken_at=_own_time(fields.get("taken_at", UNSET)),
        location=Location.model_validate(location) if isinstance(location, dict) else location,
        rating=fields.get("rating", UNSET),
        favorite=fields.get("favorite", False),
        tags=tuple(fields.get("tags", ())),
        removed_tags=frozenset(fields.get("removed", ())),
    )


def _own_time(value: Document | datetime | Unset) -> OwnTime | datetime | Unset:
    """Return the edit; an older document has an instant."""
    if not isinstance(value, dict):
        return value
    return OwnTime(value["local"].replace(tzinfo=None), value["offset"])


def _step_fields(step: Step) -> Document:
    return {
        "name": step.name,
        "service": step.service,
        "state": step.state.value,
        "at": step.at.isoformat(),
        "revision": step.revision,
        "percent": step.percent,
        "message": step.message,
    }


def _steps(documents: list[Document]) -> Steps:
    steps = [
        Step(
            name=fields["name"],
            service=fields["service"],
            state=ProgressState(fields["state"]),
            at=datetime.fromisoformat(fields["at"]),
            revision=fields["revision"],
            percent=fields["percent"],
            message=fields["message"],
        )
        for fields in documents
    ]
    return {(step.service, step.name): step for step in steps}


def _attempts_fields(attempts: Attempts) -> Document | None:
    return {"times": attempts.count, "at": attempts.last_at} if attempts != Attempts() else None


def _attempts(fields: Document | None) -> Attempts:
    return Attempts(fields["times"], fields["at"]) if fields else Attempts()
