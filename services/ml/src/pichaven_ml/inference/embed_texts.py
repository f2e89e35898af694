"""Embed query texts."""

import asyncio
from collections.abc import Sequence
from typing import Final

from cachetools import LRUCache

from pichaven_ml.inference.engine import Engine
from pichaven_ml.inference.errors import EmptyText
from pichaven_ml.models.card import Vector
from pichaven_ml.tagging.prompts import normalise

_REMEMBERED: Final = 2048


class EmbedTexts:
    """Vectors of texts in their order; the same text always gives the same vector."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: LRUCache[str, Vector] = LRUCache(_REMEMBERED)

    async def __call__(self, texts: Sequence[str]) -> list[Vector]:
        """Raises `EmptyText` if one has no word or sign to search for."""
        wanted = [normalise(text) for text in texts]
        for place, text in enumerate(wanted):
            if not text:
                raise EmptyText(f"Text {place} has nothing to search for.")
        # Taken out before others may push them out.
        found = {text: self._known[text] for text in wanted if text in self._known}
        missing = sorted(set(wanted) - found.keys())
        vectors = await asyncio.gather(*(self._engine.embed_text(text) for text in missing))
        found |= dict(zip(missing, vectors, strict=True))
        answer = [found[text] for text in wanted]
        self._known.update(zip(wanted, answer, strict=True))
        return answer
