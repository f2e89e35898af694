"""Which photos changed between two versions of a month, as long as the changes are few.

Each settling of marks gives its months a new version. The last ones are kept in the owner's
counters, by the same write, so a stored month of an earlier version is brought up to date by
reading the photos that changed since, instead of all of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from pichaven_chassis.mongo import Document
from pichaven_gallery.timeline.counts import Recount

MAX_PHOTOS: Final = 200
"""Of all changes of an owner together; every reader of the timeline loads the document."""


@dataclass(frozen=True, slots=True)
class MonthChange:
    """The step of one month to a version."""

    previous: str | None
    """The version before; None of an empty month."""
    photo_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangeBatch:
    """What one settling changed; all its months have the same new version."""

    version: str
    months: Mapping[str, MonthChange]

    @classmethod
    def of(cls, recounts: Iterable[Recount], before: Mapping[str, str], version: str) -> Self:
        """`before` has the versions of months until then."""
        photo_ids: dict[str, list[str]] = {}
        for recount in recounts:
            for month in recount.changed_months:
                photo_ids.setdefault(month, []).append(recount.photo_id)
        return cls(
            version,
            {month: MonthChange(before.get(month), tuple(ids)) for month, ids in photo_ids.items()},
        )

    @property
    def size(self) -> int:
        return sum(len(change.photo_ids) for change in self.months.values())

    def to_document(self) -> Document:
        months = {
            month: [change.previous, *change.photo_ids] for month, change in self.months.items()
        }
        return {"version": self.version, "months": months}

    @classmethod
    def from_document(cls, document: Document) -> Self:
        return cls(
            document["version"],
            {
                month: MonthChange(previous, tuple(photo_ids))
                for month, (previous, *photo_ids) in document["months"].items()
            },
        )


def newest(batches: Sequence[ChangeBatch], *, limit: int = MAX_PHOTOS) -> Sequence[ChangeBatch]:
    """Return the last batches that have up to `limit` photos together; a batch stays whole."""
    total = 0
    for position in reversed(range(len(batches))):
        total += batches[position].size
        if total > limit:
            return batches[position + 1 :]
    return batches


def photos_between(
    batches: Iterable[ChangeBatch], month: str, version: str, until: str
) -> frozenset[str] | None:
    """Return the photos that changed a month after `version`, up to the version `until`.

    None where a step between the two is not among the batches.
    """
    photo_ids: set[str] = set()
    for batch in batches:
        if version == until:
            break
        change = batch.months.get(month)
        if change is not None and change.previous == version:
            photo_ids.update(change.photo_ids)
            version = batch.version
    return frozenset(photo_ids) if version == until else None
