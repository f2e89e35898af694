"""Any process killed while photos are uploaded: what was acknowledged is there, once, found."""

import asyncio
import threading
from pathlib import Path
from typing import Final

import pytest

from pichaven_local.stack import Stack
from testing.api_client import ApiClient
from testing.images import jpeg
from testing.insistent_client import InsistentClient
from testing.kills import KillSequence
from testing.library_audit import wait_until_whole

FOLDERS: Final = 12
PHOTOS: Final = 5
"""In a folder; one of them is purged at once."""
PAUSE_S: Final = 2.5
SEED: Final = 12


def _write_photos(folder: Path) -> Path:
    folder.mkdir()
    for number in range(PHOTOS):
        name = f"{folder.name}-{number}.jpg"
        (folder / name).write_bytes(jpeg(9000 + 100 * int(folder.name) + number))
    return folder


@pytest.mark.last
async def test_kills_of_every_process_lose_and_double_nothing(
    person: ApiClient, stack: Stack, tmp_path: Path
) -> None:
    kills = KillSequence(stack, seed=SEED)
    client = InsistentClient(stack.url, person.email, lane="interactive")
    stop = threading.Event()
    photo_ids: list[str] = []

    def kill() -> None:
        kills.run(stop, pause_s=PAUSE_S, limit=len(kills.victims))

    killing = asyncio.create_task(asyncio.to_thread(kill))
    try:
        for number in range(FOLDERS):
            folder = _write_photos(tmp_path / str(number))
            receipts = await asyncio.to_thread(client.upload, folder)
            first, *others = receipts.photo_ids.values()
            photo_ids += others
            await asyncio.to_thread(client.purge, [first])
            # The uploads last as long as the kills.
            await asyncio.wait({killing}, timeout=PAUSE_S)
        await killing
    finally:
        stop.set()
        await killing

    assert len(photo_ids) == len(set(photo_ids)) == FOLDERS * (PHOTOS - 1)
    assert {part.name for part in stack.components if not part.once} <= kills.counts.keys()
    await wait_until_whole(person, stack, photo_ids, 180)
