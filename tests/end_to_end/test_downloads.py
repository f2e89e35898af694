"""Originals come back as one ZIP file, byte for byte, and to their owner alone."""

import asyncio
import hashlib
import io
import os
import sys
import zipfile
from pathlib import Path

from pichaven_chassis.ids import new_id
from pichaven_local.stack import Stack
from testing.api_client import ApiClient
from testing.images import jpeg


def digests(archive: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return {name: hashlib.sha256(opened.read(name)).hexdigest() for name in opened.namelist()}


async def test_originals_come_back_as_they_were_sent(
    stack: Stack, person: ApiClient, stranger: ApiClient
) -> None:
    pictures = [jpeg(number, width=1600, height=1200) for number in range(1, 4)]
    ids = [await person.upload("twin.jpg", picture) for picture in pictures]
    for photo_id in ids:
        await person.wait_until_ready(photo_id)
    await person.json("PATCH", f"/photos/{ids[1]}", json={"favorite": True})

    download = await person.json("POST", "/downloads", json={"ids": [*ids, new_id()]})
    # As a browser does that follows a link: without credentials.
    response = await person.storage.get(stack.url + download["url"])

    assert response.status_code == 200
    assert int(response.headers["content-length"]) == len(response.content) == download["size"]
    assert (download["count"], download["failed"]) == (3, 1)
    assert digests(response.content) == {
        name: hashlib.sha256(picture).hexdigest()
        for name, picture in zip(
            ("twin.jpg", "twin (2).jpg", "twin (3).jpg"), pictures, strict=True
        )
    }
    favorites = await person.json("POST", "/downloads", json={"query": {"favorite": True}})
    response = await person.storage.get(stack.url + favorites["url"])
    assert digests(response.content) == {"twin.jpg": hashlib.sha256(pictures[1]).hexdigest()}

    foreign = await stranger.http.post("/downloads", json={"ids": ids})
    assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found")
    path = download["url"].partition("?")[0]
    for url in (path, f"{path}?token={'a' * 43}"):
        guessed = await stranger.storage.get(stack.url + url)
        assert (guessed.status_code, guessed.json()["code"]) == (404, "not_found")


async def test_the_command_line_writes_a_zip_file(
    stack: Stack, person: ApiClient, tmp_path: Path
) -> None:
    picture = jpeg(7)
    photo_id = await person.upload("a.jpg", picture)
    await person.wait_until_ready(photo_id)
    key = await person.json("POST", "/me/api-keys", json={"name": "k", "scopes": ["photos:read"]})
    target = tmp_path / "all.zip"

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pichaven_cli", "download", "--query", "all"),
        *("--zip", str(target)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"PICHAVEN_URL": stack.url, "PICHAVEN_API_KEY": key["api_key"]},
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)

    assert process.returncode == 0, output.decode()
    assert digests(target.read_bytes()) == {"a.jpg": hashlib.sha256(picture).hexdigest()}
