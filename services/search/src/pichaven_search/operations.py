"""The operator's commands, put together from the service's parts."""

import asyncio
from functools import partial

from pichaven_chassis import replay as topics
from pichaven_chassis.settings import KafkaSettings
from pichaven_search.bootstrap import Parts
from pichaven_search.ports import Index, Replay
from pichaven_search.reindex.compare_quality import OneIndex
from pichaven_search.reindex.delete_old_indexes import DeleteOldIndexes
from pichaven_search.reindex.fill_index import FillIndex
from pichaven_search.reindex.operator import Operations
from pichaven_search.reindex.rebuild_index import Pause, RebuildIndex
from pichaven_search.reindex.repository import ElasticAnalyses
from pichaven_search.reindex.switch_model import SwitchModel
from pichaven_search.retrieval.library_stats import KnowLibrary
from pichaven_search.retrieval.queries import SearchPhotos


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
        replay or partial(topics.replay, kafka or KafkaSettings()),
    )
    know_library = KnowLibrary(parts.ranking)

    def search_in(index: Index) -> SearchPhotos:
        return SearchPhotos(
            OneIndex(index), parts.finder, parts.ranking, parts.encoder, know_library
        )

    return Operations(
        RebuildIndex(parts.indexes, parts.purged, parts.encoder, fill, analyses, pause=pause),
        SwitchModel(
            parts.indexes, parts.purged, parts.encoder, analyses, fill, search_in, pause=pause
        ),
        DeleteOldIndexes(parts.indexes, parts.encoder, pause=pause),
    )
