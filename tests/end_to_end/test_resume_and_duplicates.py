"""Resumed uploads, and the same bytes uploaded more than once."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pichaven_local.stack import Stack
from testing.api_client import PASSWORD, ApiClient, registered_client
from testing.images import jpeg
from testing.polling import eventually
from testing.storage import object_keys

MEBIBYTE = 1 << 20


def _big_photo(size: int) -> bytes:
    """Return a JPEG of many parts: random bytes follow the end marker, which decoders ignore."""
    rng = np.random.default_rng(5)
    picture = jpeg(21)
    return picture + rng.bytes(size - len(picture))


async def _start_cli(stack: Stack, home: Path, *arguments: str) -> asyncio.subprocess.Process:
    environment = os.environ | {
        "XDG_CONFIG_HOME": str(home),
        "PICHAVEN_URL": stack.url,
        "PICHAVEN_PASSWORD": PASSWORD,
        "COLUMNS": "200",
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "pichaven_cli",
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def _wait_for_output(process: asyncio.subprocess.Process) -> str:
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, out.decode() + err.decode()
    return out.decode()


async def test_an_upload_resumes_where_a_killed_client_left_it(
    person: ApiClient, stack: Stack, tmp_path: Path
) -> None:
    file = tmp_path / "big.jpg"
    data = _big_photo(200 * MEBIBYTE)
    file.write_bytes(data)
    home = tmp_path / "home"
    await _wait_for_output(await _start_cli(stack, home, "login", "--email", person.email))
    # The CLI gets this session too, since owner, name and bytes are the same.
    opened = (await person.open_upload("big.jpg", data, content_type="image/jpeg")).json()
    path = f"/uploads/{opened['upload_id']}"
    first = await _start_cli(stack, home, "upload", str(file))

    async def parts_stored() -> bool:
        return bool((await person.json("GET", path))["parts_received"])

    await eventually(parts_stored, "storage holds the first parts", 60)
    first.send_signal(signal.SIGKILL)
    await first.wait()
    session = await person.json("GET", path)
    assert session["state"] == "open"
    assert 0 < len(session["parts_received"]) < session["parts_total"]

    output = await _wait_for_output(await _start_cli(stack, home, "upload", str(file)))

    assert "1 file = 1 uploaded + 0 already there + 0 failed" in output
    session = await person.json("GET", path)
    assert session["state"] == "accepted"
    photo = await person.wait_until_ready(session["photo_id"])
    assert photo["size"] == len(data)


async def test_an_upload_resumes_from_the_parts_in_storage(
    person: ApiClient,
) -> None:
    data = _big_photo(20 * MEBIBYTE)
    session = (await person.open_upload("a.jpg", data, content_type="image/jpeg")).json()
    first = await person.put_parts(session, data, only={1})
    path = f"/uploads/{session['upload_id']}"

    early = await person.http.post(f"{path}/complete", json={"parts": first})
    state = await person.json("GET", path)
    missing = [part["number"] for part in session["parts"] if part["number"] != 1]
    fresh = await person.json("POST", f"{path}/parts", json={"numbers": missing})
    rest = await person.put_parts(session | {"parts": fresh["parts"]}, data)
    done = await person.json("POST", f"{path}/complete", json={"parts": first + rest})
    again = await person.json("POST", f"{path}/complete", json={"parts": first + rest})

    assert (early.status_code, early.json()["code"]) == (409, "parts_missing")
    assert state["parts_received"] == [1]
    assert done["photo_id"] == again["photo_id"]
    await person.wait_until_ready(done["photo_id"])


async def test_a_cancelled_upload_leaves_nothing(person: ApiClient, stack: Stack) -> None:
    data = jpeg(22)
    session = (await person.open_upload("a.jpg", data, content_type="image/jpeg")).json()
    await person.put_parts(session, data)

    await person.json("DELETE", f"/uploads/{session['upload_id']}")

    assert await object_keys(stack, person.user_id) == set()
    usage = await person.json("GET", "/me/usage")
    assert usage["bytes_used"] == 0
    late = await person.http.post(
        f"/uploads/{session['upload_id']}/complete", json={"parts": [{"number": 1, "etag": "x"}]}
    )
    assert late.status_code == 409


async def test_an_owners_second_upload_of_the_same_bytes_is_the_first_photo(
    person: ApiClient,
) -> None:
    data = jpeg(23)
    photo_id = await person.upload("a.jpg", data)
    await person.wait_until_ready(photo_id)

    again = await person.open_upload("other-name.jpg", data)

    assert (again.status_code, again.json()) == (200, {"duplicate_of": photo_id})


async def test_bytes_in_the_trash_can_be_uploaded_again(person: ApiClient) -> None:
    data = jpeg(27)
    trashed = await person.upload("a.jpg", data)
    await person.wait_until_ready(trashed)
    await person.json("DELETE", f"/photos/{trashed}")

    async def open_upload() -> Any:
        response = await person.open_upload("a.jpg", data)
        return response.json() if response.status_code == 201 else None

    session = await eventually(open_upload, "the bytes are accepted again", 20)

    assert session["photo_id"] != trashed


async def test_a_kept_duplicate_is_a_photo_of_its_own_on_the_same_blob(
    person: ApiClient, stack: Stack
) -> None:
    data = jpeg(24)
    first = await person.upload("a.jpg", data)
    await person.wait_until_ready(first)

    second = await person.upload("b.jpg", data, on_duplicate="keep")
    await person.wait_until_ready(second)

    assert first != second
    originals = [key for key in await object_keys(stack, person.user_id) if "originals/" in key]
    assert len(originals) == 1
    # The blob outlives the first photo that refers to it.
    await person.json("DELETE", f"/photos/{first}")
    await person.json("DELETE", f"/trash/{first}")
    await eventually(
        lambda: _prefix_is_empty(stack, person, f"derived/{person.user_id}/{first}/"),
        "the first photo's objects are gone",
        20,
    )
    url = (await person.photo(second))["original_url"]
    assert (await person.storage.get(url)).content == data


async def _prefix_is_empty(stack: Stack, person: ApiClient, prefix: str) -> bool:
    return not [key for key in await object_keys(stack, person.user_id) if key.startswith(prefix)]


async def test_two_owners_of_the_same_bytes_never_share_anything(
    stack: Stack, person: ApiClient
) -> None:
    data = jpeg(25)
    async with registered_client(stack.url) as other:
        mine, theirs = await person.upload("a.jpg", data), await other.upload("a.jpg", data)
        await person.wait_until_ready(mine)
        await other.wait_until_ready(theirs)
        await person.json("DELETE", f"/photos/{mine}")
        await person.json("DELETE", f"/trash/{mine}")

        async def is_gone() -> bool:
            return await object_keys(stack, person.user_id) == set()

        await eventually(is_gone, "mine is gone from storage", 20)
        url = (await other.photo(theirs))["original_url"]
        assert (await other.storage.get(url)).content == data


async def test_replacing_keeps_the_photo_and_its_caption(person: ApiClient) -> None:
    data = jpeg(26)
    photo_id = await person.upload("a.jpg", data)
    await person.wait_until_ready(photo_id)
    await person.json("PATCH", f"/photos/{photo_id}", json={"caption": "keep me"})

    replaced = await person.upload("a.jpg", data, on_duplicate="replace")

    assert replaced == photo_id
    assert (await person.wait_until_ready(photo_id))["caption"] == "keep me"


@pytest.mark.parametrize("wrong", [False, True])
async def test_a_script_uploads_in_one_request(person: ApiClient, wrong: bool) -> None:
    data = jpeg(27 + wrong)
    fields = {"sha256": "0" * 64} if wrong else {}

    response = await person.http.post(
        "/photos", files={"file": ("one.jpg", data, "image/jpeg")}, data=fields
    )

    if wrong:
        assert response.json()["code"] == "hash_mismatch"
    else:
        assert response.status_code == 202, response.text
        await person.wait_until_ready(response.json()["photo_id"])
