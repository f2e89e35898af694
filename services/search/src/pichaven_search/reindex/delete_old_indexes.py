"""Give up the way back: delete the indexes that are no longer searched."""

import asyncio

from pichaven_search.index.indexes import ElasticIndexes
from pichaven_search.index.model import Index
from pichaven_search.ml_client.model import TextEncoder
from pichaven_search.reindex.rebuild_index import NOTICE_S, Pause
from pichaven_search.reindex.refusal import Refused


class DeleteOldIndexes:
    """Every complete index but the one that is searched.

    Refused while an ml still runs the model of one of them: that ml would go on overwriting
    what the topic keeps of the model in force.
    """

    def __init__(
        self, indexes: ElasticIndexes, encoder: TextEncoder, *, pause: Pause = asyncio.sleep
    ) -> None:
        self._indexes = indexes
        self._encoder = encoder
        self._pause = pause

    async def __call__(self, *, force: bool = False) -> list[str]:
        """Answers the names of what is deleted."""
        searched = await self._indexes.searched()
        if searched is None:
            return []
        old = [
            index
            for index in await self._indexes.listed()
            if index.name != searched.name and index.state == "complete"
        ]
        if not force:
            await self._check(old, searched)
        for index in old:
            await self._indexes.retire(index)
        if old:
            await self._pause(NOTICE_S)
        for index in old:
            await self._indexes.delete(index)
        return [index.name for index in old]

    async def _check(self, old: list[Index], searched: Index) -> None:
        others = {index.model for index in old} - {searched.model}
        running = others & {model.name for model in await self._encoder.models()} if others else ()
        if running:
            raise Refused(
                f"an ml still runs {', '.join(sorted(running))}; stop it, run `python -m "
                "pichaven_ml reembed` with the model in force, and try again, or --force"
            )
