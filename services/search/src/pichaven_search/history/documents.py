"""The Elasticsearch documents of the search history: searches, and one with settings per owner.

A document is routed to its owner's shard. The id of a search derives from owner and wording, so
a repeated search updates one document.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pichaven_chassis.ids import derived_id
from pichaven_search.history.model import PastSearch, SearchRecord

Document = Mapping[str, Any]
"""A document with `_id`, `_source`, `_seq_no` and `_primary_term`."""

MAPPING: Final[dict[str, Any]] = {
    "dynamic": "strict",
    "_routing": {"required": True},
    "properties": {
        "id": {"type": "keyword"},
        "owner_id": {"type": "keyword"},
        "kind": {"type": "keyword"},
        "text": {"type": "keyword", "index": False, "doc_values": False},
        "count": {"type": "integer", "index": False},
        "last_at": {"type": "date"},
        "enabled": {"type": "boolean", "index": False},
        "cleared_at": {"type": "date", "index": False},
    },
}


def settings_id(owner_id: str) -> str:
    """Return the id of the document with the owner's settings."""
    return derived_id("past-search-settings", owner_id)


def searches_of(owner_id: str) -> dict[str, Any]:
    """Return the query for the owner's searches."""
    return {"bool": {"filter": [{"term": {"owner_id": owner_id}}, {"term": {"kind": "search"}}]}}


def to_past_search(source: Mapping[str, Any]) -> PastSearch:
    return PastSearch(
        source["id"], source["text"], source["count"], datetime.fromisoformat(source["last_at"])
    )


def is_enabled(settings: Document | None) -> bool:
    """Return whether searches are recorded; the default is yes."""
    return settings is None or bool(settings["_source"].get("enabled", True))


def is_recorded(record: SearchRecord, settings: Document | None) -> bool:
    """Return whether the owner records searches and made this one after the last clearing."""
    cleared_at = settings and settings["_source"].get("cleared_at")
    is_cleared = cleared_at and record.at <= datetime.fromisoformat(cleared_at)
    return is_enabled(settings) and not is_cleared


def to_bulk_operations(
    records: Mapping[str, SearchRecord], documents: Mapping[str, Document]
) -> list[dict[str, Any]]:
    """Return the bulk operations that add the records to the documents that exist, by id.

    Each is guarded by the version of the document. A search that a record replaces is deleted if
    it was made once.
    """
    operations: list[dict[str, Any]] = []
    for search_id, record in records.items():
        document = documents.get(search_id)
        action = {"_id": search_id, "routing": record.owner_id} | _guard(document)
        operations += [
            {"index" if document else "create": action},
            {
                "id": search_id,
                "owner_id": record.owner_id,
                "kind": "search",
                "text": record.text,
                "count": record.times + (document["_source"]["count"] if document else 0),
                "last_at": record.at.isoformat(timespec="milliseconds"),
            },
        ]
        for prefix_id in record.replaces:
            prefix = documents.get(prefix_id)
            if prefix and prefix["_source"].get("count") == 1 and prefix_id not in records:
                action = {"_id": prefix_id, "routing": record.owner_id} | _guard(prefix)
                operations.append({"delete": action})
    return operations


def _guard(document: Document | None) -> dict[str, Any]:
    """Return the condition of a bulk action that the document has not changed since it was read."""
    if document is None:
        return {}
    return {"if_seq_no": document["_seq_no"], "if_primary_term": document["_primary_term"]}
