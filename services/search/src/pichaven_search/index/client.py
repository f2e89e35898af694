"""How the Elasticsearch client writes requests and reads errors."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import orjson
from elasticsearch import ApiError, AsyncElasticsearch, BadRequestError
from elasticsearch.serializer import NdjsonSerializer, OrjsonSerializer

from pichaven_chassis.events import EngineDown
from pichaven_search.index.model import IndexGone

_DELETED: Final = frozenset({200, 404})


class JsonSerializer(OrjsonSerializer):
    """Under the media type that the client uses."""

    mimetype: ClassVar[str] = "application/vnd.elasticsearch+json"


class NdjsonLinesSerializer(NdjsonSerializer):
    """For multi searches and bulk requests."""

    mimetype: ClassVar[str] = "application/vnd.elasticsearch+x-ndjson"

    def json_dumps(self, data: Any) -> bytes:
        return orjson.dumps(data, default=self.default)


async def create_index(client: AsyncElasticsearch, name: str, **options: Any) -> bool:
    """Create an index unless it exists; return whether it was created.

    `options` are those of Elasticsearch's create-index API: `settings`, `mappings` and others.
    """
    try:
        await client.indices.create(index=name, **options)
    except BadRequestError as error:
        if error.error != "resource_already_exists_exception":
            raise
        return False
    return True


def check_deleted(response: Mapping[str, Any]) -> None:
    """Raise `EngineDown` when deletes of a bulk request were refused, as on a full disk."""
    for item in response["items"]:
        if item["delete"]["status"] not in _DELETED:
            raise EngineDown(f"not deleted: {item['delete'].get('error')}"[:300])


def is_missing_index(error: ApiError) -> bool:
    return error.status_code == 404 and error.error == "index_not_found_exception"  # noqa: PLR2004


def to_index_error(error: ApiError, name: str) -> Exception:
    """Return `IndexGone` for a missing index, else the error itself."""
    return IndexGone(name) if is_missing_index(error) else error
