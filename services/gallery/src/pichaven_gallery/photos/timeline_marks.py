"""Marks of changed months on photo documents.

A write that changes what the timeline shows of a photo leaves its months in the document, in the
same update. They stay until the timeline has given these months new versions.
"""

from pichaven_chassis.mongo import Document


def marked_fields(owner_id: str, new: Document) -> Document:
    """Return the fields that mark a new document."""
    months = _months_of(new)
    return {"count_due": owner_id, "due_months": months} if months else {}


def mark_update(owner_id: str, old: Document, new: Document) -> Document:
    """Return the part of an update that marks the document; merge with `merge_updates`."""
    months = sorted({*_months_of(old), *_months_of(new)})
    if not months or _grid_fields(old) == _grid_fields(new):
        return {}
    return {
        "$set": {"count_due": owner_id},
        # A month that the photo only passed through may have been read meanwhile.
        "$addToSet": {"due_months": {"$each": months}},
    }


def month_of(cell: str) -> str:
    """Return the month taken of a timeline cell."""
    return cell.partition("|")[0]


def _months_of(document: Document) -> list[str]:
    """Return the month that shows the photo; none outside the library."""
    cell: str | None = document.get("cell")
    return [month_of(cell)] if cell else []


def _grid_fields(document: Document) -> tuple[object, ...]:
    if "cell" not in document:
        return ()
    return document["cell"], document.get("taken_at_local"), document.get("tile")
