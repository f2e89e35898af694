"""Where the service is put together: the only place that constructs clients."""

import asyncio
from dataclasses import dataclass
from typing import Final

import httpx
from elasticsearch import AsyncElasticsearch

from pichaven_chassis.auth import Authenticator
from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.events import EventBroker
from pichaven_chassis.logging import get_logger
from pichaven_chassis.outages import is_outage
from pichaven_chassis.runtime import Background, Role, Service
from pichaven_chassis.settings import (
    AuthSettings,
    ElasticsearchSettings,
    HttpSettings,
    KafkaSettings,
    StorageSettings,
)
from pichaven_chassis.storage import Presigner
from pichaven_contracts.topics import ANALYSIS, LIBRARY
from pichaven_search.duplicates import routes as duplicates
from pichaven_search.duplicates.queries import FindNearDuplicates
from pichaven_search.duplicates.repository import ElasticFingerprints
from pichaven_search.history import routes as history
from pichaven_search.history.commands import RecordSearch
from pichaven_search.history.past_searches import KeepHistory
from pichaven_search.history.repository import ElasticHistory
from pichaven_search.index import client as elastic_client
from pichaven_search.index.commands import EVENT_TYPES, IndexPhotos
from pichaven_search.index.indexes import ElasticIndexes
from pichaven_search.index.prepare_index import PrepareIndex
from pichaven_search.index.purged import ElasticPurged
from pichaven_search.index.repository import ElasticPhotos
from pichaven_search.map import routes as photo_map
from pichaven_search.map.queries import ShowMap
from pichaven_search.map.repository import ElasticMap
from pichaven_search.ml_client.picture_encoder import MlPictures
from pichaven_search.ml_client.text_encoder import MlEncoder
from pichaven_search.ml_client.watch_models import StayAcquainted
from pichaven_search.photos.presentation import Presentation
from pichaven_search.ports import TextEncoder
from pichaven_search.retrieval.library_stats import KnowLibrary
from pichaven_search.retrieval.queries import SearchPhotos
from pichaven_search.retrieval.repository import ElasticRanking
from pichaven_search.retrieval.routes import router
from pichaven_search.settings import MlSettings, SearchSettings
from pichaven_search.similar import routes as search_by_image
from pichaven_search.similar.find_similar import FindSimilar
from pichaven_search.similar.queries import PictureEncoder, SearchByPicture
from pichaven_search.similar.repository import ElasticFinder
from pichaven_search.suggest.completion_cache import KnowCompletions
from pichaven_search.suggest.queries import RecentHistory, SuggestCompletions
from pichaven_search.suggest.repository import ElasticCompletions

NAME: Final = "search"
GROUP: Final = "search"
_FORGET_EVERY_S: Final = 3600
_FORGET_AGAIN_S: Final = 30
_ACQUAINTED_EVERY_S: Final = 10

_log = get_logger(__name__)


@dataclass
class Parts:
    """The service's adapters, wired; `close` ends their connections."""

    elastic: AsyncElasticsearch
    http: httpx.AsyncClient
    encoder: TextEncoder
    pictures: PictureEncoder
    indexes: ElasticIndexes
    photos: ElasticPhotos
    purged: ElasticPurged
    finder: ElasticFinder
    ranking: ElasticRanking
    history: ElasticHistory
    index_photos: IndexPhotos

    async def close(self) -> None:
        await self.elastic.close()
        await self.http.aclose()


def wire(
    *,
    settings: SearchSettings | None = None,
    elasticsearch: ElasticsearchSettings | None = None,
    ml: MlSettings | None = None,
    encoder: TextEncoder | None = None,
    pictures: PictureEncoder | None = None,
) -> Parts:
    """Nothing connects before it is used."""
    settings = settings or SearchSettings()
    ml = ml or MlSettings()
    elastic = elastic_client.connect(elasticsearch or ElasticsearchSettings())
    # Connections to ml are kept between the looks at it, so that no search has to make one.
    kept = httpx.Limits(keepalive_expiry=3 * _ACQUAINTED_EVERY_S)
    http = httpx.AsyncClient(timeout=ml.timeout_s, limits=kept)
    indexes = ElasticIndexes(elastic, settings)
    photos = ElasticPhotos(elastic)
    purged = ElasticPurged(elastic, settings)
    return Parts(
        elastic=elastic,
        http=http,
        encoder=encoder or MlEncoder(http, ml),
        pictures=pictures or MlPictures(http, ml),
        indexes=indexes,
        photos=photos,
        purged=purged,
        finder=ElasticFinder(elastic),
        ranking=ElasticRanking(elastic, settings),
        history=ElasticHistory(elastic, settings),
        index_photos=IndexPhotos(indexes, photos, purged),
    )


async def build(
    role: Role,
    *,
    parts: Parts | None = None,
    http: HttpSettings | None = None,
    kafka: KafkaSettings | None = None,
    storage: StorageSettings | None = None,
    authenticator: Authenticator | None = None,
    clock: Clock = utc_now,
) -> Service:
    parts = parts or wire()
    storage = storage or StorageSettings()
    authenticator = authenticator or Authenticator(AuthSettings())
    know_library = KnowLibrary(parts.ranking)
    record_search = RecordSearch(parts.history)
    near_duplicates = FindNearDuplicates(
        parts.indexes, ElasticFingerprints(parts.elastic), parts.pictures
    )
    completions = KnowCompletions(ElasticCompletions(parts.elastic))
    presigner = Presigner(storage)
    broker = _broker(kafka or KafkaSettings(), parts) if role.works else None
    return Service(
        name=NAME,
        http=http or HttpSettings(),
        routers=[
            router,
            history.router,
            photo_map.router,
            search_by_image.router,
            duplicates.router,
        ],
        broker=broker,
        background=_background(role, parts),
        setup=[
            PrepareIndex(parts.indexes, parts.purged, parts.encoder).__call__,
            parts.history.prepare,
        ],
        checks=[parts.indexes.check],
        close=[
            record_search.close,
            completions.close,
            near_duplicates.close,
            parts.close,
            authenticator.close,
        ],
        state={
            "authenticator": authenticator,
            "clock": clock,
            "public_url": storage.public_url,
            "search_photos": SearchPhotos(
                parts.indexes,
                parts.finder,
                parts.ranking,
                parts.encoder,
                know_library,
            ),
            "find_similar": FindSimilar(parts.indexes, parts.finder, know_library),
            "suggest_completions": SuggestCompletions(
                parts.indexes, completions, RecentHistory(parts.history)
            ),
            "search_by_picture": SearchByPicture(
                parts.indexes, parts.finder, parts.pictures, know_library
            ),
            "find_near_duplicates": near_duplicates,
            "record_search": record_search,
            "keep_history": KeepHistory(parts.history, record_search),
            "show_map": ShowMap(parts.indexes, ElasticMap(parts.elastic)),
            "presigner": presigner,
            "presentation": Presentation(presigner),
        },
    )


def _background(role: Role, parts: Parts) -> list[Background]:
    found: list[Background] = []
    if role.works:
        found.append(Background("forget_purged", lambda: _forget_purged(parts)))
    if role.serves_api:
        acquainted = StayAcquainted(parts.encoder, every_s=_ACQUAINTED_EVERY_S)
        found.append(Background("stay_acquainted", acquainted))
    return found


def _broker(kafka: KafkaSettings, parts: Parts) -> EventBroker:
    broker = EventBroker(kafka, NAME)
    broker.subscribe_batch(
        LIBRARY, ANALYSIS, group=GROUP, handle=parts.index_photos, types=EVENT_TYPES
    )
    return broker


async def _forget_purged(parts: Parts) -> None:
    while True:
        try:
            forgotten = await parts.purged.forget_old()
        except Exception as error:
            if not is_outage(error):
                raise
            _log.info("forget_purged_waits", error=repr(error)[:200])
            await asyncio.sleep(_FORGET_AGAIN_S)
            continue
        if forgotten:
            _log.info("purged_forgotten", photos=forgotten)
        await asyncio.sleep(_FORGET_EVERY_S)
