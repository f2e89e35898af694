"""Delete the indexes that are no longer searched, and the embeddings that no index needs."""

import asyncio
from collections.abc import Awaitable, Callable, Collection

from pichaven_chassis.logging import get_logger
from pichaven_contracts.topics import embedding_topic
from pichaven_search.index.indexes import IndexRepository
from pichaven_search.ml_client.model import TextEncoder
from pichaven_search.reindex.errors import OperationRefused
from pichaven_search.reindex.rebuild_index import NOTICE_S, Pause

DeleteTopics = Callable[[Collection[str]], Awaitable[None]]
"""Deletes Kafka topics by name; absent ones are ignored."""

_log = get_logger(__name__)


class DeleteOldIndexes:
    """Deletes every complete index but the searched one; there is no way back after that.

    The embedding topic of a model that no other index has and no ml runs is deleted as well.
    """

    def __init__(
        self,
        indexes: IndexRepository,
        encoder: TextEncoder,
        delete_topics: DeleteTopics,
        *,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._indexes = indexes
        self._encoder = encoder
        self._delete_topics = delete_topics
        self._pause = pause

    async def __call__(self, *, force: bool = False) -> list[str]:
        """Return the names of the deleted indexes.

        Raises `OperationRefused` while an ml runs the model of one of them, or does not respond
        and might. With `force` the topic of a model that an ml runs is kept, that of one which
        no ml is known to run is not.
        """
        searched = await self._indexes.get_searched()
        if searched is None:
            return []
        written = await self._indexes.list_written()
        old = [
            index for index in written if index.name != searched.name and index.state == "complete"
        ]
        replaced_models = {index.model for index in old} - {searched.model}
        running = await self._running_models(force=force) if replaced_models else set()
        if replaced_models & running and not force:
            raise OperationRefused(
                f"an ml still runs {', '.join(sorted(replaced_models & running))}; stop it, run "
                "`python -m pichaven_ml reembed` with the model in force, and try again, or --force"
            )
        # First, since an index that is no longer written to is not listed at another attempt.
        await self._delete_embeddings(
            replaced_models - running - {index.model for index in written if index not in old}
        )
        for index in old:
            await self._indexes.retire(index)
        if old:
            await self._pause(NOTICE_S)
        for index in old:
            await self._indexes.delete(index)
        return [index.name for index in old]

    async def _running_models(self, *, force: bool) -> set[str]:
        models = await self._encoder.models_by_url()
        silent = [url for url, model in models.items() if model is None]
        if silent and not force:
            raise OperationRefused(
                f"no ml responds at {', '.join(silent)}, which may run the model of an old index; "
                "start it or take it out of PICHAVEN_ML_URLS, and try again, or --force"
            )
        return {model.name for model in models.values() if model is not None}

    async def _delete_embeddings(self, models: Collection[str]) -> None:
        if models:
            names = sorted(embedding_topic(model).name for model in models)
            await self._delete_topics(names)
            _log.info("embedding_topics_deleted", topics=names)
