"""What an index lacks of the library, and what it has too much."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pichaven_contracts.inventory import InventoryItem, LibraryInventoried

_OLD: Final = timedelta(days=1)
"""A photo that arrived so long before an inventory was in the library then, or is gone."""


@dataclass(frozen=True, slots=True)
class IndexedPhoto:
    """What an index has of a photo."""

    version: int
    """Of the library's part; 0 without it."""
    has_embedding: bool
    has_text: bool
    created_at: datetime | None
    """When it arrived; None without the library's part."""


@dataclass(frozen=True, slots=True)
class Differences:
    """Ids of photos."""

    changes: frozenset[str]
    """Their last change is not in the index."""
    analyses: frozenset[str]
    """Their embedding or text is not in the index."""
    removals: frozenset[str]
    """They are in the index and not in the library."""


def compare(
    page: LibraryInventoried, indexed: Mapping[str, IndexedPhoto], model: str
) -> Differences:
    """Return the differences of an index of a model on a page of the inventory.

    `indexed` has all photos of the index between the ends of the page. What has changed in the
    last minutes may be under way, and is no difference yet.
    """
    settled = [item for item in page.photos if item.settled]
    present = [item for item in settled if not item.purged]
    purged = {item.photo_id for item in settled if item.purged}
    long_ago = page.occurred_at - _OLD
    expired = {
        photo_id
        for photo_id in indexed.keys() - {item.photo_id for item in page.photos}
        if (created_at := indexed[photo_id].created_at) is not None and created_at < long_ago
    }
    return Differences(
        changes=frozenset(
            item.photo_id for item in present if _version(item, indexed) < item.version
        ),
        analyses=frozenset(
            item.photo_id for item in present if _lacks_analysis(item, indexed, model)
        ),
        removals=frozenset(expired | (purged & indexed.keys())),
    )


def _version(item: InventoryItem, indexed: Mapping[str, IndexedPhoto]) -> int:
    photo = indexed.get(item.photo_id)
    return photo.version if photo else 0


def _lacks_analysis(item: InventoryItem, indexed: Mapping[str, IndexedPhoto], model: str) -> bool:
    photo = indexed.get(item.photo_id)
    # The embeddings of another model come with a switch of the model.
    lacks_embedding = item.model == model and not (photo and photo.has_embedding)
    return lacks_embedding or (item.text_read and not (photo and photo.has_text))
