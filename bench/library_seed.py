"""The one way in which benchmarks fill a library: in bulk, as the services write it themselves."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import httpx
import numpy as np

from bench.library_photos import DRAWN, DrawnPhoto, Embeddings, draw, texts
from bench.library_thumbnails import ThumbnailFiles
from bench.library_writer import library_writer
from bench.progress import Progress
from bench.search_writer import SearchWriter, search_adapters
from pichaven_gallery.photos.lifecycle import to_changed_event
from pichaven_gallery.photos.photo import Photo
from pichaven_local.stack import Stack

_BATCH: Final = 500
_MOST_TEXTS: Final = 64


async def seed(
    stack: Stack,
    owner_id: str,
    count: int,
    *,
    searchable: bool = False,
    has_thumbnails: bool = False,
    stores_months: bool = False,
) -> Sequence[str]:
    """Put `count` photos into the owner's library and return their ids.

    Gallery's own functions make the documents, which are written in batches and counted into the
    timeline at once. With `searchable` they are indexed by search's own functions; this needs ml.
    `stores_months` is as `library_writer` says. With `has_thumbnails` the picture of a grid is in
    storage, see `library_thumbnails`. Originals and other variants are not.
    """
    drawn = [draw(owner_id, number) for number in range(min(DRAWN, count))]
    rng = random.Random(count)
    files = await asyncio.to_thread(ThumbnailFiles, stack, drawn) if has_thumbnails else None
    progress = Progress("photos in the library", count)
    ids: list[str] = []
    async with AsyncExitStack() as cleanup:
        write = await cleanup.enter_async_context(
            library_writer(stack, owner_id, stores_months=stores_months)
        )
        index = await cleanup.enter_async_context(_indexing(stack)) if searchable else None
        for start in range(0, count, _BATCH):
            numbers = range(start, min(count, start + _BATCH))
            sources = [drawn[number % len(drawn)] for number in numbers]
            photos = [source.copy(rng) for source in sources]
            if files is not None:
                await asyncio.to_thread(files.link, sources, photos)
            await write(photos)
            if index is not None:
                await index(sources, photos)
            ids += [photo.photo_id for photo in photos]
            progress.add(len(photos))
    return ids


Index = Callable[[Sequence[DrawnPhoto], Sequence[Photo]], Awaitable[None]]


@asynccontextmanager
async def _indexing(stack: Stack) -> AsyncIterator[Index]:
    """Yield what indexes copies of drawn photos; in the end all can be searched."""
    adapters = search_adapters(stack)
    try:
        embeddings = await _embeddings(stack)
        searched = await adapters.indexes.get_searched()
        assert searched is not None
        writer = SearchWriter(adapters, searched)
        rng = random.Random(13)

        async def index(sources: Sequence[DrawnPhoto], photos: Sequence[Photo]) -> None:
            await writer.write(
                (to_changed_event(photo), embeddings.event(source, photo, rng))
                for source, photo in zip(sources, photos, strict=True)
            )

        yield index
        await writer.finish()
    finally:
        await adapters.close()


async def _embeddings(stack: Stack) -> Embeddings:
    """Return those of each thing in each scene, by the model in force."""
    vectors: list[list[float]] = []
    model, all_texts = "", texts()
    base = f"http://127.0.0.1:{stack.ports.ml}"
    async with httpx.AsyncClient(base_url=base, timeout=60) as http:
        for start in range(0, len(all_texts), _MOST_TEXTS):
            body = {"texts": all_texts[start : start + _MOST_TEXTS]}
            response = await http.post("/internal/embed/text", json=body)
            response.raise_for_status()
            embedded: dict[str, Any] = response.json()
            model = embedded["model"]
            vectors += embedded["embeddings"]
    return Embeddings(model, np.asarray(vectors, dtype=np.float32))
