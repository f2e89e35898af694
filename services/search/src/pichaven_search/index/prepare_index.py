"""Make what a first start needs: the marks of purged photos, and an index to search."""

from pichaven_chassis.logging import get_logger
from pichaven_search.index.document import SCHEMA
from pichaven_search.ports import Indexes, PurgedPhotos, TextEncoder

_log = get_logger(__name__)


class PrepareIndex:
    """May be repeated. Raises `EncoderAway` while ml, which knows the model, is not up."""

    def __init__(self, indexes: Indexes, purged: PurgedPhotos, encoder: TextEncoder) -> None:
        self._indexes = indexes
        self._purged = purged
        self._encoder = encoder

    async def __call__(self) -> None:
        await self._purged.prepare()
        searched = await self._indexes.searched()
        if searched is None:
            model = await self._encoder.model()
            created = await self._indexes.create(model, searched=True)
            _log.info("index_created", index=created.name, model=created.model)
        elif searched.schema != SCHEMA:
            _log.warning(
                "rebuild_needed", index=searched.name, schema=searched.schema, wanted=SCHEMA
            )
