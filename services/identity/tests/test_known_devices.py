"""Known devices and right passwords get in while others guess."""

import asyncio

import pytest
from services.identity.tests.conftest import HOME, PASSWORD, Identity, bearer, prove

from pichaven_identity.authentication.devices import DeviceRepository
from pichaven_identity.authentication.proof_of_work import has_bits, minute_of, required_bits

THIEF = "198.51.100.9"
OFFICE = "192.0.2.40"
HOTEL = "203.0.113.200"


async def _poll(identity: Identity, times: int, **login: str) -> list[int]:
    """Guess again after every wait; return the status of each guess."""
    statuses = []
    for _ in range(times):
        response = await identity.log_in(password="wrong wrong", **login)
        statuses.append(response.status_code)
        if response.status_code == 429:
            identity.clock.advance(seconds=int(response.headers["retry-after"]))
    return statuses


async def _fill_network(identity: Identity, address: str, failures: int) -> None:
    """Make a network have this many failures, the last of them a real one."""
    await identity.log_in(email="someone@example.org", password="wrong wrong", address=address)
    result = await identity.database["attempts"].update_one(
        {"_id": f"network:{address}"}, {"$set": {"failures": failures}}
    )
    assert result.matched_count == 1


async def test_a_known_device_gets_in_at_once_while_an_attacker_polls(identity: Identity) -> None:
    device = (await identity.register())["device_token"]
    assert (await _poll(identity, 5, address=THIEF))[-1] == 401
    assert (await _poll(identity, 5, address=HOME))[-1] == 401

    assert [(await identity.log_in(address=at)).status_code for at in (THIEF, HOME)] == [429] * 2
    for address in (HOME, HOTEL, THIEF):
        assert (await identity.log_in(address=address, device_token=device)).status_code == 200


async def test_a_browser_is_known_by_its_cookie(identity: Identity) -> None:
    body = {"email": "ada@example.org", "password": PASSWORD, "name": "Ada"}
    response = await identity.http.post("/api/v1/auth/register", json=body)
    [cookie] = [c for c in response.headers.get_list("set-cookie") if "pichaven_device" in c]
    assert {"HttpOnly", "SameSite=strict", "Path=/api/v1/auth"} <= set(cookie.split("; "))
    cookie_header = {"Cookie": cookie.partition(";")[0]}
    identity.http.cookies.clear()
    await _poll(identity, 5, address=THIEF)

    login = {"email": "ada@example.org", "password": PASSWORD}
    response = await identity.http.post(
        "/api/v1/auth/login", json=login, headers=cookie_header | {"X-Forwarded-For": THIEF}
    )

    assert response.status_code == 200
    assert f"pichaven_device={response.json()['device_token']}" in cookie_header["Cookie"]


async def test_the_owner_gets_in_from_an_unknown_device_while_one_network_polls(
    identity: Identity,
) -> None:
    await identity.register()
    await _poll(identity, 14, address=THIEF)

    assert (await identity.log_in(address=HOTEL)).status_code == 200


async def test_a_neighbour_gets_in_after_many_failures_on_random_addresses(
    identity: Identity,
) -> None:
    await identity.register("neighbour@example.org")
    emails = [f"p{number}@example.org" for number in range(56)]
    for together in (emails[start : start + 8] for start in range(0, 56, 8)):
        failures = await asyncio.gather(
            *(identity.log_in(email, password="wrong wrong", address=OFFICE) for email in together)
        )
        assert {response.status_code for response in failures} == {401}

    response = await identity.log_in("neighbour@example.org", address=OFFICE)

    assert response.status_code == 200


async def test_further_attempts_from_a_network_with_many_failures_wait(identity: Identity) -> None:
    await _fill_network(identity, THIEF, 51)
    for number in range(2):
        await identity.log_in(email=f"p{number}@example.org", address=THIEF)
    admitted = await identity.log_in(email="p0@example.org", address=THIEF)

    refused = await identity.log_in(email="p1@example.org", address=THIEF)

    assert (admitted.status_code, refused.status_code) == (401, 429)
    assert refused.json()["code"] == "proof_required"
    assert (await identity.log_in(email="p1@example.org", address=HOME)).status_code == 401


@pytest.mark.parametrize("network", ["2001:db8:1:2::{:x}", "192.0.2.{}, 198.51.100.9"])
async def test_an_attacker_has_one_network_whatever_addresses_it_claims(
    identity: Identity, network: str
) -> None:
    first = network.format(1)
    await identity.log_in(email="someone@example.org", password="wrong wrong", address=first)
    await identity.database["attempts"].update_many(
        {"_id": {"$regex": "^network:"}}, {"$set": {"failures": 200}}
    )

    response = await identity.log_in(email="p@example.org", address=network.format(2))

    assert response.json()["code"] == "proof_required"


async def test_a_proof_of_work_admits_a_neighbour_of_a_network_with_very_many_failures(
    identity: Identity,
) -> None:
    email = "Neighbour@example.org"
    device = (await identity.register(email))["device_token"]
    await _fill_network(identity, OFFICE, 200)

    refused = await identity.log_in(email, address=OFFICE)
    unknown = await identity.log_in("nobody@example.org", address=OFFICE)
    assert refused.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    assert (refused.status_code, refused.json()["code"]) == (429, "proof_required")
    assert (await identity.log_in(email, address=OFFICE, proof="1:1")).status_code == 429

    proof = prove(refused.json(), email)
    other = await identity.log_in("other@example.org", address=OFFICE, proof=proof)
    assert other.status_code == 429, "a proof is for one address"
    assert (await identity.log_in(email, address=OFFICE, proof=proof)).status_code == 200
    await identity.log_in("p@example.org", address=HOTEL)
    await _fill_network(identity, HOTEL, 200)
    assert (await identity.log_in(email, address=HOTEL, proof=proof)).status_code == 429
    assert (await identity.log_in(email, address=HOTEL, device_token=device)).status_code == 200


async def test_a_proof_does_not_replace_the_limits_of_an_account(identity: Identity) -> None:
    await identity.register()
    await _fill_network(identity, THIEF, 200)
    statuses = []
    for _ in range(4):
        problem = (await identity.log_in(password="wrong wrong", address=THIEF)).json()
        if problem["code"] == "proof_required":
            proof = prove(problem, "ada@example.org")
            response = await identity.log_in(password="wrong wrong", address=THIEF, proof=proof)
            statuses.append(response.status_code)
        else:
            statuses.append(problem["status"])

    assert statuses[-1] == 429
    assert statuses.count(401) <= 3


async def test_a_proof_is_recent_and_gets_harder_with_failures(identity: Identity) -> None:
    now = identity.clock.now
    assert [required_bits(n, 200) for n in (51, 200, 399, 400, 3_200, 10**9)] == [
        *(18, 18, 18, 19, 22, 24)
    ]
    for minute in (minute_of(now) - 6, minute_of(now) + 2):
        assert not has_bits(f"{minute}:1", "a@example.org", bits=0, now=now)
    assert has_bits(f"{minute_of(now)}:1", "a@example.org", bits=0, now=now)
    for proof in ("", ":", "x:1", "²:1", "-1:1", "9" * 65):
        assert not has_bits(proof, "a@example.org", bits=0, now=now)


async def test_a_device_is_known_for_its_own_account_alone(identity: Identity) -> None:
    await identity.register()
    device = (await identity.register("eve@example.org"))["device_token"]
    await _poll(identity, 5, address=THIEF)

    response = await identity.log_in(address=THIEF, device_token=device)

    assert response.status_code == 429


async def test_guesses_on_a_known_device_are_slowed_down_by_themselves(identity: Identity) -> None:
    device = (await identity.register())["device_token"]
    other = (await identity.log_in()).json()["device_token"]

    statuses = [
        (await identity.log_in(password="wrong wrong", device_token=device)).status_code
        for _ in range(8)
    ]

    assert statuses == [401] * 6 + [429] * 2
    assert (await identity.log_in(device_token=other)).status_code == 200


async def test_a_new_password_forgets_other_devices(identity: Identity) -> None:
    session = await identity.register()
    other = (await identity.log_in()).json()["device_token"]
    mine = session["device_token"]
    new = "nine tall herons"
    response = await identity.http.put(
        "/api/v1/auth/password",
        json={"current_password": PASSWORD, "new_password": new},
        headers=bearer(session) | {"Cookie": f"pichaven_device={mine}"},
    )
    assert response.status_code == 204
    await _poll(identity, 5, address=THIEF)

    for device, status in ((mine, 200), (other, 429)):
        response = await identity.log_in(password=new, address=THIEF, device_token=device)
        assert response.status_code == status


async def test_an_account_keeps_its_latest_devices(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pichaven_identity.authentication.devices.MOST_DEVICES", 3)
    devices = DeviceRepository(identity.database)
    tokens = []
    for _ in range(5):
        identity.clock.advance(seconds=1)
        tokens.append(await devices.remember("ada", None, identity.clock.now))

    users = [await devices.user_of(token, identity.clock.now) for token in tokens]

    assert users == [None] * 2 + ["ada"] * 3
    identity.clock.advance(days=181)
    assert await devices.user_of(tokens[-1], identity.clock.now) is None


async def test_everything_that_a_login_leaves_expires(identity: Identity) -> None:
    await identity.register()
    await _poll(identity, 4, address=THIEF)

    for collection in ("attempts", "devices"):
        documents = await identity.database[collection].find({}).to_list(None)
        assert documents
        assert all("expires_at" in document for document in documents)
        assert "ada@" not in repr(documents)


async def test_refused_attempts_leave_no_counters(identity: Identity) -> None:
    await _fill_network(identity, THIEF, 200)
    before = await identity.database["attempts"].count_documents({})

    for number in range(4):
        response = await identity.log_in(email=f"p{number}@example.org", address=THIEF)
        assert response.status_code == 429

    assert await identity.database["attempts"].count_documents({}) == before


async def test_a_login_of_the_owner_does_not_show_to_others_in_the_network(
    identity: Identity,
) -> None:
    await identity.register()
    answers = []
    for email in ("ada@example.org", "nobody@example.org"):
        statuses = await _poll(identity, 2, email=email, address=HOME)
        if email == "ada@example.org":
            assert (await identity.log_in(address=HOME)).status_code == 200
        statuses += await _poll(identity, 3, email=email, address=HOME)
        answers.append(statuses)

    assert answers[0] == answers[1] == [401, 401, 401, 429, 401]
