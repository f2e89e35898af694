"""Where the service is put together: the only place that constructs clients."""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Final

import httpx
from elasticsearch import AsyncElasticsearch

from pichaven_chassis.auth import Authenticator
from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.events import EventBroker
from pichaven_chassis.replay import replay as replay_topic
from pichaven_chassis.runtime import Background, Role, Service
from pichaven_chassis.settings import (
    AuthSettings,
    ElasticsearchSettings,
    HttpSettings,
    KafkaSettings,
    StorageSettings,
)
from pichaven_chassis.storage import Presigner
from pichaven_search.container import Container
from pichaven_search.duplicates import routes as duplicates
from pichaven_search.duplicates.queries import FindNearDuplicates
from pichaven_search.duplicates.repository import ElasticFingerprints
from pichaven_search.history import routes as history
from pichaven_search.history.commands import RecordSearch, SearchHistory
from pichaven_search.history.repository import ElasticHistory
from pichaven_search.index import client, subscribers
from pichaven_search.index.commands import ForgetPurged, IndexPhotos, PrepareIndex
from pichaven_search.index.indexes import ElasticIndexes
from pichaven_search.index.model import Index
from pichaven_search.index.purged import ElasticPurged
from pichaven_search.index.repository import ElasticPhotos
from pichaven_search.map import routes as photo_map
from pichaven_search.map.queries import ClusterPhotos
from pichaven_search.map.repository import ElasticMap
from pichaven_search.ml_client.model import PictureEncoder, TextEncoder
from pichaven_search.ml_client.model_watcher import ModelWatcher
from pichaven_search.ml_client.picture_encoder import MlPictureEncoder
from pichaven_search.ml_client.text_encoder import MlTextEncoder
from pichaven_search.photos.presentation import PhotoPresenter
from pichaven_search.reindex.compare_quality import OneIndex
from pichaven_search.reindex.delete_old_indexes import DeleteOldIndexes
from pichaven_search.reindex.fill_index import FillIndex, Replay
from pichaven_search.reindex.operator import Operations
from pichaven_search.reindex.rebuild_index import Pause, RebuildIndex
from pichaven_search.reindex.repository import ElasticAnalyses
from pichaven_search.reindex.switch_model import SwitchModel
from pichaven_search.retrieval import routes as retrieval
from pichaven_search.retrieval.library_stats import LibraryStatsCache
from pichaven_search.retrieval.newest import ElasticFinder
from pichaven_search.retrieval.queries import SearchPhotos
from pichaven_search.retrieval.repository import ElasticRanking
from pichaven_search.settings import MlSettings, SearchSettings
from pichaven_search.similar import routes as similar
from pichaven_search.similar.queries import FindSimilarPhotos, SearchByPicture
from pichaven_search.similar.repository import ElasticNeighbours
from pichaven_search.suggest import routes as suggest
from pichaven_search.suggest.completion_cache import CompletionCache
from pichaven_search.suggest.queries import PastSearchCache, SuggestCompletions
from pichaven_search.suggest.repository import ElasticCompletions

NAME: Final = "search"
_WATCH_MODELS_EVERY_S: Final = 10


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
    neighbours: ElasticNeighbours
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
    elastic = client.connect(elasticsearch or ElasticsearchSettings())
    # Connections to ml are kept between the looks at it, so that no search has to make one.
    kept = httpx.Limits(keepalive_expiry=3 * _WATCH_MODELS_EVERY_S)
    http = httpx.AsyncClient(timeout=ml.timeout_s, limits=kept)
    indexes = ElasticIndexes(elastic, settings)
    photos = ElasticPhotos(elastic)
    purged = ElasticPurged(elastic, settings)
    return Parts(
        elastic=elastic,
        http=http,
        encoder=encoder or MlTextEncoder(http, ml),
        pictures=pictures or MlPictureEncoder(http, ml),
        indexes=indexes,
        photos=photos,
        purged=purged,
        finder=ElasticFinder(elastic),
        neighbours=ElasticNeighbours(elastic),
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
    library_stats = LibraryStatsCache(parts.ranking)
    record_search = RecordSearch(parts.history)
    near_duplicates = FindNearDuplicates(
        parts.indexes, ElasticFingerprints(parts.elastic), parts.pictures
    )
    completions = CompletionCache(ElasticCompletions(parts.elastic))
    presigner = Presigner(storage)
    container = Container(
        search_photos=SearchPhotos(
            parts.indexes, parts.finder, parts.ranking, parts.encoder, library_stats
        ),
        find_similar_photos=FindSimilarPhotos(parts.indexes, parts.neighbours, library_stats),
        search_by_picture=SearchByPicture(
            parts.indexes, parts.neighbours, parts.pictures, library_stats
        ),
        find_near_duplicates=near_duplicates,
        cluster_photos=ClusterPhotos(parts.indexes, ElasticMap(parts.elastic)),
        suggest_completions=SuggestCompletions(
            parts.indexes, completions, PastSearchCache(parts.history)
        ),
        record_search=record_search,
        search_history=SearchHistory(parts.history, record_search),
        index_photos=parts.index_photos,
        presenter=PhotoPresenter(presigner),
        presigner=presigner,
        clock=clock,
    )
    return Service(
        name=NAME,
        http=http or HttpSettings(),
        routers=[
            retrieval.router,
            suggest.router,
            similar.router,
            history.router,
            photo_map.router,
            duplicates.router,
        ],
        broker=_broker(kafka or KafkaSettings(), container) if role.works else None,
        background=_background(role, parts),
        setup=[
            PrepareIndex(parts.indexes, parts.purged, parts.encoder).__call__,
            parts.history.prepare,
        ],
        checks=[parts.indexes.check],
        close=[
            record_search.close,
            library_stats.close,
            completions.close,
            near_duplicates.close,
            parts.close,
            authenticator.close,
        ],
        container=container,
        authenticator=authenticator,
        public_url=storage.public_url,
    )


def _background(role: Role, parts: Parts) -> list[Background]:
    found: list[Background] = []
    if role.works:
        found.append(Background("forget_purged", ForgetPurged(parts.purged)))
    if role.serves_api:
        watcher = ModelWatcher(parts.encoder, every_s=_WATCH_MODELS_EVERY_S)
        found.append(Background("watch_models", watcher))
    return found


def _broker(kafka: KafkaSettings, container: Container) -> EventBroker:
    broker = EventBroker(kafka, NAME)
    subscribers.subscribe(broker, container)
    return broker


def operations(
    parts: Parts,
    kafka: KafkaSettings | None = None,
    *,
    replay: Replay | None = None,
    pause: Pause = asyncio.sleep,
) -> Operations:
    """What an operator's commands do; `replay` and `pause` are theirs to replace in tests."""
    analyses = ElasticAnalyses(parts.elastic)
    fill = FillIndex(
        parts.index_photos,
        parts.photos,
        parts.purged,
        analyses,
        replay or partial(replay_topic, kafka or KafkaSettings()),
    )
    library_stats = LibraryStatsCache(parts.ranking)

    def search_in(index: Index) -> SearchPhotos:
        return SearchPhotos(
            OneIndex(index), parts.finder, parts.ranking, parts.encoder, library_stats
        )

    return Operations(
        RebuildIndex(parts.indexes, parts.purged, parts.encoder, fill, analyses, pause=pause),
        SwitchModel(
            parts.indexes, parts.purged, parts.encoder, analyses, fill, search_in, pause=pause
        ),
        DeleteOldIndexes(parts.indexes, parts.encoder, pause=pause),
    )
