"""Uploads that go on after a break, and the same bytes more than once."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pichaven_chassis.testing import eventually
from pichaven_local.stack import Stack
from testing.api_client import PASSWORD, Person, new_person
from testing.images import jpeg
from testing.storage import keys_of

MEBIBYTE = 1 << 20


def _big_photo(size: int) -> bytes:
    """A JPEG of many parts: a picture, and behind its end bytes that decoders pass over."""
    rng = np.random.default_rng(5)
    picture = jpeg(21)
    return picture + rng.bytes(size - len(picture))


async def _cli(stack: Stack, home: Path, *arguments: str) -> asyncio.subprocess.Process:
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


async def _output(process: asyncio.subprocess.Process) -> str:
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, out.decode() + err.decode()
    return out.decode()


async def test_an_upload_goes_on_where_a_killed_client_left_it(
    person: Person, stack: Stack, tmp_path: Path
) -> None:
    photo = tmp_path / "big.jpg"
    data = _big_photo(200 * MEBIBYTE)
    photo.write_bytes(data)
    home = tmp_path / "home"
    await _output(await _cli(stack, home, "login", "--email", person.email))
    # The same owner, name and bytes: the client is given this very upload.
    opened = (await person.open_upload("big.jpg", data, content_type="image/jpeg")).json()
    path = f"/uploads/{opened['upload_id']}"
    first = await _cli(stack, home, "upload", str(photo))

    async def parts_stored() -> bool:
        return bool((await person.json("GET", path))["parts_received"])

    await eventually(parts_stored, "storage holds the first parts", 60)
    first.send_signal(signal.SIGKILL)
    await first.wait()
    held = await person.json("GET", path)
    assert held["state"] == "open"
    assert 0 < len(held["parts_received"]) < held["parts_total"]

    told = await _output(await _cli(stack, home, "upload", str(photo)))

    assert "1 file = 1 uploaded + 0 already there + 0 failed" in told
    after = await person.json("GET", path)
    assert after["state"] == "accepted"
    ready = await person.ready(after["photo_id"])
    assert ready["size"] == len(data)


async def test_uploads_are_resumed_by_hand_from_the_parts_that_storage_has(
    person: Person,
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
    await person.ready(done["photo_id"])


async def test_a_cancelled_upload_leaves_nothing(person: Person, stack: Stack) -> None:
    data = jpeg(22)
    session = (await person.open_upload("a.jpg", data, content_type="image/jpeg")).json()
    await person.put_parts(session, data)

    await person.json("DELETE", f"/uploads/{session['upload_id']}")

    assert await keys_of(stack, person.user_id) == set()
    usage = await person.json("GET", "/me/usage")
    assert usage["bytes_used"] == 0
    late = await person.http.post(
        f"/uploads/{session['upload_id']}/complete", json={"parts": [{"number": 1, "etag": "x"}]}
    )
    assert late.status_code == 409


async def test_an_owners_second_upload_of_the_same_bytes_is_the_first_photo(
    person: Person,
) -> None:
    data = jpeg(23)
    photo_id = await person.upload("a.jpg", data)
    await person.ready(photo_id)

    again = await person.open_upload("other-name.jpg", data)

    assert (again.status_code, again.json()) == (200, {"duplicate_of": photo_id})


async def test_bytes_that_lie_in_the_trash_can_be_uploaded_again(person: Person) -> None:
    data = jpeg(27)
    thrown_away = await person.upload("a.jpg", data)
    await person.ready(thrown_away)
    await person.json("DELETE", f"/photos/{thrown_away}")

    async def taken() -> Any:
        answer = await person.open_upload("a.jpg", data)
        return answer.json() if answer.status_code == 201 else None

    session = await eventually(taken, "the bytes are taken again", 20)

    assert session["photo_id"] != thrown_away


async def test_a_kept_duplicate_is_a_photo_of_its_own_on_the_same_blob(
    person: Person, stack: Stack
) -> None:
    data = jpeg(24)
    first = await person.upload("a.jpg", data)
    await person.ready(first)

    second = await person.upload("b.jpg", data, on_duplicate="keep")
    await person.ready(second)

    assert first != second
    originals = [key for key in await keys_of(stack, person.user_id) if "originals/" in key]
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


async def _prefix_is_empty(stack: Stack, person: Person, prefix: str) -> bool:
    return not [key for key in await keys_of(stack, person.user_id) if key.startswith(prefix)]


async def test_two_owners_of_the_same_bytes_never_share_anything(
    stack: Stack, person: Person
) -> None:
    data = jpeg(25)
    async with new_person(stack.url) as other:
        mine, theirs = await person.upload("a.jpg", data), await other.upload("a.jpg", data)
        await person.ready(mine)
        await other.ready(theirs)
        await person.json("DELETE", f"/photos/{mine}")
        await person.json("DELETE", f"/trash/{mine}")

        async def gone() -> bool:
            return await keys_of(stack, person.user_id) == set()

        await eventually(gone, "mine is gone from storage", 20)
        url = (await other.photo(theirs))["original_url"]
        assert (await other.storage.get(url)).content == data


async def test_replacing_keeps_the_photo_and_what_was_said_of_it(person: Person) -> None:
    data = jpeg(26)
    photo_id = await person.upload("a.jpg", data)
    await person.ready(photo_id)
    await person.json("PATCH", f"/photos/{photo_id}", json={"caption": "keep me"})

    replaced = await person.upload("a.jpg", data, on_duplicate="replace")

    assert replaced == photo_id
    assert (await person.ready(photo_id))["caption"] == "keep me"


@pytest.mark.parametrize("wrong", [False, True])
async def test_a_script_uploads_in_one_request(person: Person, wrong: bool) -> None:
    data = jpeg(27 + wrong)
    fields = {"sha256": "0" * 64} if wrong else {}

    answer = await person.http.post(
        "/photos", files={"file": ("one.jpg", data, "image/jpeg")}, data=fields
    )

    if wrong:
        assert answer.json()["code"] == "hash_mismatch"
    else:
        assert answer.status_code == 202, answer.text
        await person.ready(answer.json()["photo_id"])
