"""Throttling: guessing passwords gets slow, the owner's login does not."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
from services.identity.tests.conftest import HOME, PASSWORD, Identity, StartIdentity

from pichaven_chassis.clock import utc_now
from pichaven_chassis.ids import new_id
from pichaven_identity.authentication.model import ThrottlePolicy
from pichaven_identity.authentication.repository import AttemptRepository

THIEF = "198.51.100.9"


async def _fail(identity: Identity, times: int, **login: str) -> list[httpx.Response]:
    return [await identity.log_in(password="wrong wrong", **login) for _ in range(times)]


async def test_a_wrong_password_and_an_unknown_account_answer_alike(identity: Identity) -> None:
    await identity.register()

    wrong = (await identity.log_in(password="wrong wrong")).json()
    unknown = (await identity.log_in(email="eve@example.org")).json()
    malformed = (await identity.log_in(email="not an address")).json()

    for problem in (wrong, unknown, malformed):
        problem.pop("request_id")
    assert wrong == unknown == malformed
    assert wrong["code"] == "invalid_credentials"


async def test_waits_double_with_each_failure_and_end(identity: Identity) -> None:
    await identity.register()
    responses = await _fail(identity, 3, address=THIEF)
    assert [response.status_code for response in responses] == [401] * 3

    waits = []
    for _ in range(5):
        [refused] = await _fail(identity, 1, address=THIEF)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
        waits.append(int(refused.headers["retry-after"]))
        identity.clock.advance(seconds=waits[-1])
        [admitted] = await _fail(identity, 1, address=THIEF)
        assert admitted.status_code == 401
    assert waits == [4, 8, 16, 32, 64]


async def test_attempts_while_waiting_do_not_make_the_wait_longer(identity: Identity) -> None:
    await identity.register()
    await _fail(identity, 3, address=THIEF)

    refused = await _fail(identity, 10, address=THIEF)

    assert {response.headers["retry-after"] for response in refused} == {"4"}
    identity.clock.advance(seconds=4)
    assert (await identity.log_in(address=THIEF)).status_code == 200


async def test_unknown_accounts_are_throttled_alike(identity: Identity) -> None:
    await identity.register()
    existing = await _fail(identity, 5, address=THIEF)
    unknown = await _fail(identity, 5, email="nobody@example.org", address=THIEF)

    assert [response.status_code for response in unknown] == [401] * 3 + [429] * 2
    for one, other in zip(existing, unknown, strict=True):
        assert one.json() | {"request_id": ""} == other.json() | {"request_id": ""}
        assert one.headers.get("retry-after") == other.headers.get("retry-after")


async def test_simultaneous_guesses_get_no_more_attempts_than_sequential_ones(
    start_identity: StartIdentity,
) -> None:
    replicas = [await start_identity() for _ in range(2)]
    await replicas[0].register()
    for replica in replicas:
        replica.clock.now = replicas[0].clock.now

    responses = await asyncio.gather(
        *(replicas[turn % 2].log_in(password="wrong wrong", address=THIEF) for turn in range(30))
    )

    admitted = [response for response in responses if response.status_code == 401]
    assert len(admitted) == 3


async def test_the_first_attempts_of_a_counter_may_be_simultaneous(mongo_database: Any) -> None:
    attempts, now = AttemptRepository(mongo_database), utc_now()
    policy = ThrottlePolicy(
        free=5, first=timedelta(seconds=1), longest=timedelta(minutes=5), memory=timedelta(hours=1)
    )
    for _ in range(20):
        key = new_id()
        waits = await asyncio.gather(*(attempts.charge(key, policy, now) for _ in range(5)))
        assert waits == [None] * 5


async def test_an_attacker_does_not_lock_the_owner_out_of_a_known_client(
    identity: Identity,
) -> None:
    await identity.register()

    await _fail(identity, 12, address=THIEF)

    assert (await identity.log_in(address=THIEF)).status_code == 429
    assert (await identity.log_in(address=HOME)).status_code == 200


async def test_the_longest_wait_is_eleven_minutes_then_one_attempt_is_admitted(
    identity: Identity,
) -> None:
    await identity.register()
    await _fail(identity, 3, address=THIEF)
    await identity.database["attempts"].update_one(
        {"_id": {"$regex": "^further:"}}, {"$set": {"failures": 20}}
    )
    identity.clock.advance(seconds=4)
    await _fail(identity, 1, address=THIEF)

    [refused] = await _fail(identity, 1, address=THIEF)

    assert refused.headers["retry-after"] == "660"
    identity.clock.advance(minutes=11)
    assert (await identity.log_in(address=THIEF)).status_code == 200


async def test_failures_of_a_device_are_forgotten_after_half_an_hour(identity: Identity) -> None:
    device = (await identity.register())["device_token"]
    await _fail(identity, 6, device_token=device)
    identity.clock.advance(minutes=31)

    responses = await _fail(identity, 6, device_token=device)

    assert [response.status_code for response in responses] == [401] * 6


async def test_security_events_are_kept_without_secrets(identity: Identity) -> None:
    await identity.register()
    await _fail(identity, 7, address=THIEF)
    await identity.log_in(address=HOME)

    kinds = await identity.audit_kinds()
    assert kinds[0] == "registered"
    assert kinds.count("login_failed") == 3
    assert kinds.count("login_throttled") == 4
    event = await identity.database["audit"].find_one({"kind": "login_failed"})
    assert event["address"] == THIEF
    assert (event["expires_at"] - event["at"]).days == 180
    assert PASSWORD not in repr(event)


async def test_a_password_is_rehashed_at_login_when_parameters_change(
    start_identity: StartIdentity,
) -> None:
    before = await start_identity()
    await before.register()
    old = (await before.database["users"].find_one({}))["password_hash"]

    after = await start_identity(argon2_time_cost=2)
    assert (await after.log_in()).status_code == 200

    new = (await after.database["users"].find_one({}))["password_hash"]
    assert ("t=1" in old, "t=2" in new) == (True, True)
    assert (await after.log_in()).status_code == 200
    assert (await after.database["users"].find_one({}))["password_hash"] == new
