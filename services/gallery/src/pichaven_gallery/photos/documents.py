"""Photos as documents and back.

Events are kept as their own JSON, so that they can be sent again as they were. What queries
need stands beside them, derived at every write.
"""

from datetime import datetime
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
from pichaven_gallery.photos.deadlines import Patience, due_at
from pichaven_gallery.photos.edits import UNSET, Edits
from pichaven_gallery.photos.photo import Analysis, Asking, Outcome, Photo, Shelf
from pichaven_gallery.photos.steps import Step, Steps
from pichaven_gallery.timeline.counts import cell

_EDITABLE: Final = ("caption", "taken_at", "location", "rating")


def to_document(photo: Photo, patience: Patience) -> Document:
    """All fields that this service writes, without those that are None."""
    on_shelf = photo.shelf is Shelf.LIBRARY and photo.created_at is not None
    fields: Document = {
        "owner_id": photo.owner_id,
        "version": photo.version,
        "shelf": photo.shelf.value,
        "first_seen_at": photo.first_seen_at,
        "created_at": photo.created_at,
        "changed_at": photo.changed_at,
        "trashed_at": photo.trashed_at,
        "purged_at": photo.purged_at,
        "original": event_fields(photo.original) if photo.original else None,
        "outcome": _outcome_fields(photo.outcome),
        "disregarded": photo.disregarded.isoformat() if photo.disregarded else None,
        "analysis": _analysis_fields(photo.analysis),
        "edits": _edits_fields(photo.edits) or None,
        "steps": [_step_fields(step) for step in photo.steps.values()] or None,
        "processing_asked": _asking_fields(photo.processing_asked),
        "analysis_asked": _asking_fields(photo.analysis_asked),
        "stalled": photo.stalled or None,
        "due_at": due_at(photo, patience),
    }
    if photo.visible:
        fields |= {
            "status": photo.status.value,
            "taken_at": photo.taken_at,
            "favorite": photo.edits.favorite,
            "tag_keys": list(photo.tag_keys),
        }
    if on_shelf:
        assert photo.created_at is not None
        fields["cell"] = cell(photo.taken_at, photo.created_at)
    return {name: value for name, value in fields.items() if value is not None}


def from_document(document: Document) -> Photo:
    original = document.get("original")
    disregarded = document.get("disregarded")
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
        disregarded=datetime.fromisoformat(disregarded) if disregarded else None,
        analysis=_analysis(document.get("analysis")),
        edits=_edits(document.get("edits", {})),
        steps=_steps(document.get("steps", [])),
        processing_asked=_asking(document.get("processing_asked")),
        analysis_asked=_asking(document.get("analysis_asked")),
        stalled=document.get("stalled", False),
    )


def _outcome_fields(outcome: Outcome | None) -> Document | None:
    if outcome is None:
        return None
    return {"type": outcome.event_type, "event": event_fields(outcome)}


def _outcome(fields: Document | None) -> Outcome | None:
    if fields is None:
        return None
    made = fields["type"] == PhotoProcessed.event_type
    kind: type[PhotoProcessed | PhotoRejected] = PhotoProcessed if made else PhotoRejected
    return kind.model_validate(fields["event"])


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


def _edits_fields(edits: Edits) -> Document:
    """A field that is here with None was cleared by the owner; one that is not, never touched."""
    found: Document = {}
    for name in _EDITABLE:
        value: Any = getattr(edits, name)
        if value is not UNSET:
            found[name] = value.model_dump() if isinstance(value, Location) else value
    if edits.favorite:
        found["favorite"] = True
    if edits.tags:
        found["tags"] = list(edits.tags)
    if edits.removed:
        found["removed"] = sorted(edits.removed)
    return found


def _edits(fields: Document) -> Edits:
    place = fields.get("location", UNSET)
    return Edits(
        caption=fields.get("caption", UNSET),
        taken_at=fields.get("taken_at", UNSET),
        location=Location.model_validate(place) if isinstance(place, dict) else place,
        rating=fields.get("rating", UNSET),
        favorite=fields.get("favorite", False),
        tags=tuple(fields.get("tags", ())),
        removed=frozenset(fields.get("removed", ())),
    )


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


def _steps(found: list[Document]) -> Steps:
    made = [
        Step(
            name=fields["name"],
            service=fields["service"],
            state=ProgressState(fields["state"]),
            at=datetime.fromisoformat(fields["at"]),
            revision=fields["revision"],
            percent=fields["percent"],
            message=fields["message"],
        )
        for fields in found
    ]
    return {(step.service, step.name): step for step in made}


def _asking_fields(asking: Asking) -> Document | None:
    return {"times": asking.times, "at": asking.at} if asking != Asking() else None


def _asking(fields: Document | None) -> Asking:
    return Asking(fields["times"], fields["at"]) if fields else Asking()
