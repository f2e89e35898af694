"""Settings and mapping of an index.

They use only what Elasticsearch has without optional modules: the analyzer `whitespace`, no
scripts. `query_language/words.py` turns text into words before.
"""

from typing import Any, Final

from pichaven_search.index import stored_photo
from pichaven_search.index.document import SCHEMA
from pichaven_search.index.text_fields import LIBRARY_TEXT_FIELDS

_WORDS: Final[dict[str, Any]] = {"type": "text", "analyzer": "whitespace", "norms": False}
_STEMS: Final[dict[str, Any]] = _WORDS | {"index_options": "docs"}
_NAME: Final[dict[str, Any]] = {"type": "keyword", "ignore_above": 1024}
_NAME_WITH_WORDS: Final[dict[str, Any]] = _NAME | {"fields": {"words": _WORDS}}


def settings(*, shards: int, replicas: str) -> dict[str, Any]:
    return {
        "number_of_shards": shards,
        "auto_expand_replicas": replicas,
        # Without it an index that is not searched for a while is not refreshed.
        "refresh_interval": "1s",
        # kNN walks a graph in each segment: with 60,000 photos it took 51 ms of CPU in 24
        # segments and 11 ms in 14; indexing was as fast.
        "merge": {
            "policy": {"segments_per_tier": 4, "max_merge_at_once": 4, "floor_segment": "64mb"}
        },
    }


def mapping(*, model: str, dimensions: int, state: str) -> dict[str, Any]:
    return {
        "dynamic": "strict",
        "_meta": {"schema": SCHEMA, "model": model, "dimensions": dimensions, "state": state},
        "_routing": {"required": True},
        "properties": {
            "id": {"type": "keyword"},
            "owner_id": {"type": "keyword"},
            "searchable": {"type": "boolean"},
            "version": {"type": "long"},
            "embedding_revision": {"type": "integer"},
            "embedding_at": {"type": "date"},
            "text_revision": {"type": "integer"},
            "text_at": {"type": "date"},
            "words": {
                "properties": dict.fromkeys((*LIBRARY_TEXT_FIELDS, "all"), _WORDS),
            },
            "stems": {"properties": dict.fromkeys(LIBRARY_TEXT_FIELDS, _STEMS)},
            "words_seen": _WORDS,
            "stems_seen": _STEMS,
            "tags": _NAME,
            "tags_folded": _NAME,
            "camera": _NAME,
            "camera_folded": _NAME_WITH_WORDS,
            "lens_folded": _NAME_WITH_WORDS,
            "content_type": _NAME,
            "orientation": {"type": "keyword"},
            "city": _NAME,
            "region": _NAME,
            "country": _NAME,
            "places_folded": _NAME_WITH_WORDS,
            "phash": {"type": "keyword", "index": False},
            "colors": {"type": "keyword"},
            "color_cells": {"type": "keyword"},
            "taken_at": {"type": "date"},
            "taken_at_local": {"type": "date"},
            "created_at": {"type": "date"},
            "month": {"type": "keyword"},
            "favorite": {"type": "boolean"},
            "rating": {"type": "byte"},
            "location": {"type": "geo_point"},
            "cover": {"type": "binary", "doc_values": True},
            "completions": _NAME,
            "file_completions": _NAME,
            "embedding": {
                "type": "dense_vector",
                "dims": dimensions,
                "similarity": "cosine",
                "index": True,
                "index_options": {"type": "int8_hnsw", "m": 16, "ef_construction": 100},
            },
            stored_photo.FIELD: stored_photo.MAPPING,
        },
    }
