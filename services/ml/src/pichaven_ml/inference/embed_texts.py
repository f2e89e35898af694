"""Embed query texts."""

import asyncio
from collections.abc import Sequence
from typing import Final

from cachetools import LRUCache

from pichaven_ml.inference.errors import EmptyText
from pichaven_ml.inference.model_runtime import ModelRuntime, TextEmbedding
from pichaven_ml.tagging.prompts import normalise

_CACHED_TEXTS: Final = 2048


class EmbedTexts:
    """Return the embeddings of texts in their order; equal texts give equal embeddings."""

    def __init__(self, runtime: ModelRuntime) -> None:
        self._runtime = runtime
        self._cache: LRUCache[str, TextEmbedding] = LRUCache(_CACHED_TEXTS)

    async def __call__(self, texts: Sequence[str]) -> list[TextEmbedding]:
        """Raises `EmptyText` if one has nothing to search for after normalisation."""
        queries = [normalise(text) for text in texts]
        for index, text in enumerate(queries):
            if not text:
                raise EmptyText(f"Text {index} has nothing to search for.")
        # Copied first: other calls may evict them meanwhile.
        embeddings = {text: self._cache[text] for text in queries if text in self._cache}
        missing = sorted(set(queries) - embeddings.keys())
        encoded = await asyncio.gather(*(self._runtime.embed_text(text) for text in missing))
        embeddings |= dict(zip(missing, encoded, strict=True))
        self._cache.update(embeddings)
        return [embeddings[text] for text in queries]
