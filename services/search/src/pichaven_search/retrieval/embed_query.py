"""Embed the text of a query."""

from typing import Final

from prometheus_client import Counter

from pichaven_chassis.logging import get_logger
from pichaven_search.index.model import Index
from pichaven_search.ml_client.model import EncoderUnavailable, TextEncoder
from pichaven_search.retrieval.model import QueryEmbedding

DEGRADED_SEARCHES: Final = Counter(
    "pichaven_degraded_searches_total",
    "Searches by words alone, since ml had no embedding of the text.",
)
_log = get_logger(__name__)


class EmbedQuery:
    """Embeds texts by the model of an index, or says in the log why that cannot be done."""

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder

    async def __call__(self, index: Index, text: str) -> QueryEmbedding | None:
        """Return the embedding, None where ml or its model is unavailable.

        Raises `TextRejected`.
        """
        try:
            name, vector, calibration = await self._encoder.encode(text, index.model)
        except EncoderUnavailable as error:
            _log_unavailable(str(error))
            return None
        if name != index.model or len(vector) != index.dimensions:
            # Vectors of two models are not comparable.
            _log_unavailable(f"ml runs {name}, not {index.model}")
            return None
        if calibration is None:
            _log_unavailable(f"{name} has no calibration")
            return None
        return QueryEmbedding(vector, calibration)


def _log_unavailable(reason: str) -> None:
    DEGRADED_SEARCHES.inc()
    _log.warning("visual_search_degraded", reason=reason[:200])
