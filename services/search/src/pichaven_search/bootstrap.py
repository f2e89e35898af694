"""Composition root: the only module that constructs clients and wires the container."""

import asyncio
import ssl
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

import httpx
from elasticsearch import AsyncElasticsearch

from pichaven_chassis.auth import Authenticator
from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.events import EventBroker
from pichaven_chassis.events.topics import delete_topics as delete_kafka_topics
from pichaven_chassis.replay import Replay
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
from pichaven_search.backup.repository import ExportRecords, ImportRecords
from pichaven_search.container import Container
from pichaven_search.duplicates import routes as duplicates
from pichaven_search.duplicates.dismissal_repository import DismissalRepository
from pichaven_search.duplicates.queries import FindNearDuplicates
from pichaven_search.duplicates.repository import FingerprintRepository
from pichaven_search.history import routes as history
from pichaven_search.history.commands import RecordSearch, SearchHistory
from pichaven_search.history.repository import HistoryRepository
from pichaven_search.index import subscribers
from pichaven_search.index.client import JsonSerializer, NdjsonLinesSerializer
from pichaven_search.index.commands import (
    ExpirePurgeMarks,
    IndexPhotos,
    MergeSegments,
    PrepareIndex,
)
from pichaven_search.index.compare_with_library import CompareWithLibrary
from pichaven_search.index.indexes import IndexRepository
from pichaven_search.index.inventory import IndexInventory
from pichaven_search.index.model import Index
from pichaven_search.index.purge_marks import PurgeMarkRepository
from pichaven_search.index.repository import PhotoRepository
from pichaven_search.index.segments import SegmentRepository
from pichaven_search.map import routes as photo_map
from pichaven_search.map.queries import ClusterPhotos
from pichaven_search.map.repository import ClusterRepository
from pichaven_search.ml_client.model import PictureEncoder, TextEncoder
from pichaven_search.ml_client.model_watcher import ModelWatcher
from pichaven_search.ml_client.picture_encoder import MlPictureEncoder
from pichaven_search.ml_client.text_encoder import MlTextEncoder
from pichaven_search.photos.presentation import PhotoPresenter
from pichaven_search.reindex.compare_quality import FixedIndex
from pichaven_search.reindex.delete_old_indexes import DeleteOldIndexes, DeleteTopics
from pichaven_search.reindex.describe_indexes import DescribeIndexes
from pichaven_search.reindex.fill_index import FillIndex
from pichaven_search.reindex.operator import Operations
from pichaven_search.reindex.rebuild_index import Pause, RebuildIndex
from pichaven_search.reindex.repository import EmbeddingRepository
from pichaven_search.reindex.switch_model import SwitchModel
from pichaven_search.retrieval import routes as retrieval
from pichaven_search.retrieval.library_stats import LibraryStatsCache
from pichaven_search.retrieval.newest import NewestRepository
from pichaven_search.retrieval.queries import SearchPhotos
from pichaven_search.retrieval.repository import CandidateRepository
from pichaven_search.settings import MlSettings, SearchSettings
from pichaven_search.similar import routes as similar
from pichaven_search.similar.queries import FindSimilarPhotos, SearchByPicture
from pichaven_search.similar.repository import NeighbourRepository
from pichaven_search.suggest import routes as suggest
from pichaven_search.suggest.completion_cache import CompletionCache
from pichaven_search.suggest.queries import PastSearchCache, SuggestCompletions
from pichaven_search.suggest.repository import CompletionRepository

NAME: Final = "search"
_WATCH_MODELS_EVERY_S: Final = 10


def connect_elasticsearch(settings: ElasticsearchSettings) -> AsyncElasticsearch:
    """Return a client that connects on first use, with a timeout on every call.

    It retries nothing: callers know what may be repeated.
    """
    credentials = (
        (settings.username, settings.password.get_secret_value())
        if settings.username and settings.password
        else None
    )
    # The client wants no value at all where it shall use its own.
    authorities: dict[str, Any] = {"ca_certs": str(settings.ca_file)} if settings.ca_file else {}
    return AsyncElasticsearch(
        settings.url,
        serializers={each.mimetype: each for each in (JsonSerializer(), NdjsonLinesSerializer())},
        basic_auth=credentials,
        **authorities,
        request_timeout=settings.timeout_s,
        max_retries=0,
        retry_on_timeout=False,
        connections_per_node=32,
    )


@dataclass
class Adapters:
    """The service's clients and repositories, and what is wired of them alone."""

    elastic: AsyncElasticsearch
    http: httpx.AsyncClient
    encoder: TextEncoder
    pictures: PictureEncoder
    indexes: IndexRepository
    segments: SegmentRepository
    photos: PhotoRepository
    purge_marks: PurgeMarkRepository
    newest: NewestRepository
    neighbours: NeighbourRepository
    candidates: CandidateRepository
    history: HistoryRepository
    dismissals: DismissalRepository
    index_photos: IndexPhotos

    async def close(self) -> None:
        """Close the connections."""
        await self.indexes.close()
        await self.elastic.close()
        await self.http.aclose()


@cache
def _tls_context() -> ssl.SSLContext:
    """Return the context of all clients: to load the certificates takes 20 ms."""
    return httpx.create_ssl_context()


def wire(
    *,
    settings: SearchSettings | None = None,
    elasticsearch: ElasticsearchSettings | None = None,
    ml: MlSettings | None = None,
    encoder: TextEncoder | None = None,
    pictures: PictureEncoder | None = None,
) -> Adapters:
    """Construct the adapters; none connects before its first use."""
    settings = settings or SearchSettings()
    ml = ml or MlSettings()
    elastic = connect_elasticsearch(elasticsearch or ElasticsearchSettings())
    # Connections to ml outlive the pauses of `ModelWatcher`, so that no search has to open one.
    limits = httpx.Limits(keepalive_expiry=3 * _WATCH_MODELS_EVERY_S)
    http = httpx.AsyncClient(verify=_tls_context(), timeout=ml.timeout_s, limits=limits)
    indexes = IndexRepository(elastic, settings)
    photos = PhotoRepository(elastic)
    purge_marks = PurgeMarkRepository(elastic, settings)
    return Adapters(
        elastic=elastic,
        http=http,
        encoder=encoder or MlTextEncoder(http, ml),
        pictures=pictures or MlPictureEncoder(http, ml),
        indexes=indexes,
        segments=SegmentRepository(elastic, settings),
        photos=photos,
        purge_marks=purge_marks,
        newest=NewestRepository(elastic),
        neighbours=NeighbourRepository(elastic),
        candidates=CandidateRepository(elastic, settings),
        history=HistoryRepository(elastic, settings),
        dismissals=DismissalRepository(elastic, settings),
        index_photos=IndexPhotos(indexes, photos, purge_marks),
    )


async def build(
    role: Role,
    *,
    adapters: Adapters | None = None,
    http: HttpSettings | None = None,
    kafka: KafkaSettings | None = None,
    storage: StorageSettings | None = None,
    authenticator: Authenticator | None = None,
    clock: Clock = utc_now,
) -> Service:
    """Build the service in a role."""
    adapters = adapters or wire()
    storage = storage or StorageSettings()
    authenticator = authenticator or Authenticator(AuthSettings())
    library_stats = LibraryStatsCache(adapters.candidates)
    record_search = RecordSearch(adapters.history)
    near_duplicates = FindNearDuplicates(
        adapters.indexes,
        FingerprintRepository(adapters.elastic),
        adapters.pictures,
        adapters.dismissals,
    )
    completions = CompletionCache(CompletionRepository(adapters.elastic))
    presigner = Presigner(storage)
    broker = EventBroker(
        kafka or KafkaSettings(), NAME, routers=[subscribers.router] if role.works else []
    )
    container = Container(
        search_photos=SearchPhotos(
            adapters.indexes, adapters.newest, adapters.candidates, adapters.encoder, library_stats
        ),
        find_similar_photos=FindSimilarPhotos(adapters.indexes, adapters.neighbours, library_stats),
        search_by_picture=SearchByPicture(
            adapters.indexes, adapters.neighbours, adapters.pictures, library_stats
        ),
        find_near_duplicates=near_duplicates,
        cluster_photos=ClusterPhotos(adapters.indexes, ClusterRepository(adapters.elastic)),
        suggest_completions=SuggestCompletions(
            adapters.indexes, completions, PastSearchCache(adapters.history)
        ),
        record_search=record_search,
        search_history=SearchHistory(adapters.history, record_search),
        index_photos=adapters.index_photos,
        compare_with_library=CompareWithLibrary(
            adapters.indexes, IndexInventory(adapters.elastic), adapters.photos, broker
        ),
        presenter=PhotoPresenter(presigner),
        presigner=presigner,
        clock=clock,
    )
    broker.container = container
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
        broker=broker if role.works else None,
        background=_background(role, adapters),
        setup=[
            PrepareIndex(adapters.indexes, adapters.purge_marks, adapters.encoder).__call__,
            adapters.history.prepare,
            adapters.dismissals.prepare,
        ],
        checks=[adapters.indexes.check],
        close=[
            record_search.close,
            library_stats.close,
            completions.close,
            near_duplicates.close,
            adapters.close,
            authenticator.close,
        ],
        container=container,
        authenticator=authenticator,
        public_url=storage.public_url,
    )


def _background(role: Role, adapters: Adapters) -> list[Background]:
    tasks: list[Background] = []
    if role.works:
        tasks.append(Background("expire_purge_marks", ExpirePurgeMarks(adapters.purge_marks)))
        merge_segments = MergeSegments(adapters.indexes, adapters.segments)
        tasks.append(Background("merge_segments", merge_segments))
    if role.serves_api:
        watcher = ModelWatcher(adapters.encoder, every_s=_WATCH_MODELS_EVERY_S)
        tasks.append(Background("watch_models", watcher))
    return tasks


def operations(
    adapters: Adapters,
    kafka: KafkaSettings | None = None,
    *,
    replay: Replay | None = None,
    delete_topics: DeleteTopics | None = None,
    pause: Pause = asyncio.sleep,
) -> Operations:
    """Wire the operator's commands; tests replace what reads and changes Kafka, and the pause."""
    kafka = kafka or KafkaSettings()
    embeddings = EmbeddingRepository(adapters.elastic)
    fill = FillIndex(adapters.index_photos, replay or partial(replay_topic, kafka))
    library_stats = LibraryStatsCache(adapters.candidates)
    own_indexes = (adapters.history.index, adapters.dismissals.index)

    def search_in(index: Index) -> SearchPhotos:
        return SearchPhotos(
            FixedIndex(index), adapters.newest, adapters.candidates, adapters.encoder, library_stats
        )

    return Operations(
        RebuildIndex(
            adapters.indexes,
            adapters.segments,
            adapters.purge_marks,
            adapters.encoder,
            fill,
            embeddings,
            pause=pause,
        ),
        SwitchModel(
            adapters.indexes,
            adapters.segments,
            adapters.purge_marks,
            adapters.encoder,
            embeddings,
            fill,
            search_in,
            pause=pause,
        ),
        DeleteOldIndexes(
            adapters.indexes,
            adapters.encoder,
            delete_topics or partial(delete_kafka_topics, kafka),
            pause=pause,
        ),
        DescribeIndexes(adapters.indexes, embeddings),
        ExportRecords(adapters.elastic, own_indexes),
        ImportRecords(adapters.elastic, own_indexes),
    )
