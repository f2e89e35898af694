"""Folders kept in sync, on a real file system, against the API in memory."""

import asyncio
import contextlib
import hashlib
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from pichaven_cli.api import UNLIMITED, Api
from pichaven_cli.files import LocalFile
from pichaven_cli.uploading import Listener, Uploader
from pichaven_cli.watching import FolderSync, Interrupted
from testing.polling import eventually
from testing.upload_api import UploadApi, listening


@pytest.fixture
def server() -> UploadApi:
    return UploadApi()


@pytest.fixture
def failures() -> list[str]:
    return []


@asynccontextmanager
async def _in_sync(
    folder: Path, server: UploadApi, failures: list[str], *, retry_s: float = 600
) -> AsyncIterator[FolderSync]:
    stop = threading.Event()

    def sleep(_seconds: float) -> None:
        if stop.wait(0.01):
            raise Interrupted

    api = Api(
        "http://pichaven",
        api_key="k",
        transport=httpx.MockTransport(server),
        sleep=sleep,
        tries=UNLIMITED,
    )

    def upload(files: Sequence[LocalFile]) -> None:
        listener = Listener(on_result=sync.record)
        uploader = Uploader(
            api, parallel=2, lane="interactive", on_duplicate="skip", listener=listener
        )
        uploader.run(files)

    sync = FolderSync(
        [folder], upload, stop, on_failure=failures.append, settle_s=0.2, retry_s=retry_s
    )
    running = asyncio.create_task(asyncio.to_thread(sync.run))
    try:
        yield sync
    finally:
        stop.set()
        await asyncio.wait_for(running, 20)
        api.close()


async def _uploaded(server: UploadApi, *contents: bytes) -> None:
    hashes = {hashlib.sha256(content).hexdigest() for content in contents}
    await eventually(lambda: set(server.photos) == hashes, f"{contents!r} are uploaded", 30)


async def test_what_is_there_and_what_appears_is_uploaded(
    server: UploadApi, failures: list[str], tmp_path: Path
) -> None:
    (tmp_path / "old.jpg").write_bytes(b"old")
    async with _in_sync(tmp_path, server, failures) as sync:
        await _uploaded(server, b"old")
        (tmp_path / "new.jpg").write_bytes(b"new")
        (tmp_path / "notes.txt").write_bytes(b"notes")
        folder = tmp_path / "2024" / "May"
        folder.mkdir(parents=True)
        (folder / "deep.HEIC").write_bytes(b"deep")
        await _uploaded(server, b"old", b"new", b"deep")

    assert failures == []
    assert sync.summary.line() == "3 files = 3 uploaded + 0 already there + 0 failed"


async def test_a_folder_that_is_moved_in_is_uploaded(
    server: UploadApi, failures: list[str], tmp_path: Path
) -> None:
    watched, elsewhere = tmp_path / "watched", tmp_path / "elsewhere"
    watched.mkdir()
    elsewhere.mkdir()
    (elsewhere / "a.jpg").write_bytes(b"a")
    async with _in_sync(watched, server, failures):
        (watched / "first.jpg").write_bytes(b"first")
        await _uploaded(server, b"first")
        elsewhere.rename(watched / "album")
        await _uploaded(server, b"first", b"a")


async def test_a_changed_file_becomes_one_more_photo_and_a_deleted_file_deletes_none(
    server: UploadApi, failures: list[str], tmp_path: Path
) -> None:
    edited, deleted = tmp_path / "edited.jpg", tmp_path / "deleted.jpg"
    edited.write_bytes(b"before")
    deleted.write_bytes(b"deleted")
    async with _in_sync(tmp_path, server, failures):
        await _uploaded(server, b"before", b"deleted")
        deleted.unlink()
        edited.write_bytes(b"after")
        await _uploaded(server, b"before", b"deleted", b"after")


@pytest.mark.skipif(sys.platform != "linux", reason="leases are Linux's")
async def test_a_file_is_uploaded_once_its_writer_has_closed_it(
    server: UploadApi, failures: list[str], tmp_path: Path
) -> None:
    async with _in_sync(tmp_path, server, failures):
        with (tmp_path / "slow.jpg").open("wb") as file:
            file.write(b"first half, ")
            file.flush()
            (tmp_path / "later.jpg").write_bytes(b"later")
            await _uploaded(server, b"later")
            file.write(b"second half")
        await _uploaded(server, b"later", b"first half, second half")

    assert failures == []


async def test_a_hidden_file_is_uploaded_once_it_has_its_name(
    server: UploadApi, failures: list[str], tmp_path: Path
) -> None:
    async with _in_sync(tmp_path, server, failures):
        partial = tmp_path / ".a.jpg"
        partial.write_bytes(b"a")
        (tmp_path / "b.jpg").write_bytes(b"b")
        await _uploaded(server, b"b")
        partial.rename(tmp_path / "a.jpg")
        await _uploaded(server, b"a", b"b")


async def test_an_outage_is_survived_without_a_failure(
    server: UploadApi, failures: list[str], tmp_path: Path
) -> None:
    async with _in_sync(tmp_path, server, failures) as sync:
        (tmp_path / "before.jpg").write_bytes(b"before")
        await _uploaded(server, b"before")
        server.down = True
        (tmp_path / "during.jpg").write_bytes(b"during")
        await eventually(lambda: server.refused > 20, "the client tries again and again", 20)
        server.down = False
        await _uploaded(server, b"before", b"during")

    assert failures == []
    assert sync.summary.line() == "2 files = 2 uploaded + 0 already there + 0 failed"


async def test_a_failed_file_is_named_once_and_tried_again(
    server: UploadApi, failures: list[str], tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"a")
    server.quota_used_up = True
    async with _in_sync(tmp_path, server, failures, retry_s=0.1) as sync:
        await eventually(lambda: server.refused > 1, "the file is tried again", 30)
        server.quota_used_up = False
        await _uploaded(server, b"a")

    assert failures == [f"{tmp_path}/a.jpg: The quota is used up."]
    assert sync.summary.line() == "1 file = 1 uploaded + 0 already there + 0 failed"


def _kill(command: asyncio.subprocess.Process) -> None:
    """End a command that a failed test has left."""
    if command.returncode is None:
        command.kill()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("down", [False, True])
async def test_a_signal_ends_the_command_with_a_summary(
    server: UploadApi, tmp_path: Path, number: signal.Signals, down: bool
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"a")
    with contextlib.ExitStack() as stack:
        closing = stack.enter_context(contextlib.ExitStack())
        url = closing.enter_context(listening(server))
        environment = os.environ | {
            "PICHAVEN_URL": url,
            "PICHAVEN_API_KEY": "k",
            "XDG_CONFIG_HOME": str(tmp_path / ".config"),
        }
        command = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pichaven_cli", "upload", "--watch", str(tmp_path)),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        stack.callback(_kill, command)
        assert command.stderr is not None
        await _uploaded(server, b"a")
        if down:
            closing.close()
            (tmp_path / "b.jpg").write_bytes(b"b")
            message = b"waiting for the server: the server cannot be reached"
            await asyncio.wait_for(command.stderr.readuntil(message), 20)
        command.send_signal(number)
        out, err = await asyncio.wait_for(command.communicate(), 20)

    assert command.returncode == 0, err.decode()
    assert out.decode().splitlines()[-1] == "1 file = 1 uploaded + 0 already there + 0 failed"
    assert b"Traceback" not in err
