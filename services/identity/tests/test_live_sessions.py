"""A user's list of sessions, and the end of one of them by its id."""

import httpx
import pytest
from services.identity.tests.conftest import HOME, Identity, StartIdentity, bearer

from pichaven_chassis.ids import new_id

SESSIONS = "/api/v1/auth/sessions"


async def _list(identity: Identity, session: dict[str, str]) -> list[dict[str, object]]:
    response = await identity.http.get(SESSIONS, headers=bearer(session))
    assert response.status_code == 200, response.text
    items: list[dict[str, object]] = response.json()["items"]
    return items


async def _end(identity: Identity, session: dict[str, str], session_id: object) -> httpx.Response:
    return await identity.http.delete(f"{SESSIONS}/{session_id}", headers=bearer(session))


async def test_sessions_are_listed_with_their_client_the_one_used_last_first(
    identity: Identity,
) -> None:
    first = await identity.register()
    identity.clock.advance(minutes=1)
    await identity.log_in(address="203.0.113.9")
    await identity.register(email="eve@example.org")

    latest, earliest = await _list(identity, first)

    assert (latest["current"], latest["address"]) == (False, "203.0.113.9")
    assert (earliest["current"], earliest["address"]) == (True, HOME)
    assert str(earliest["user_agent"]).startswith("python-httpx")
    assert earliest["created_at"] == earliest["last_used_at"]
    assert not {"current_token", "previous", "handover"} & earliest.keys()
    identity.clock.advance(minutes=1)
    await identity.refresh(first["refresh_token"])
    assert [each["current"] for each in await _list(identity, first)] == [True, False]


async def test_a_session_is_ended_by_its_id_and_the_others_stay(identity: Identity) -> None:
    mine = await identity.register()
    lost = (await identity.log_in()).json()
    [lost_id] = [each["id"] for each in await _list(identity, mine) if not each["current"]]

    response = await _end(identity, mine, lost_id)

    assert response.status_code == 204
    assert (await identity.refresh(lost["refresh_token"])).status_code == 401
    assert [each["current"] for each in await _list(identity, mine)] == [True]
    assert (await identity.refresh(mine["refresh_token"])).status_code == 200
    assert "session_ended" in await identity.audit_kinds()
    assert (await _end(identity, mine, lost_id)).status_code == 404, "it has ended already"


@pytest.mark.parametrize("whose", ["another user's", "nobody's", "no id"])
async def test_a_session_that_is_not_the_callers_is_not_found(
    identity: Identity, whose: str
) -> None:
    ada = await identity.register()
    eve = await identity.register(email="eve@example.org")
    [of_ada] = await _list(identity, ada)
    session_id = {"another user's": of_ada["id"], "nobody's": new_id(), "no id": "x"}[whose]

    response = await _end(identity, eve, session_id)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert (await identity.refresh(ada["refresh_token"])).status_code == 200


async def test_ended_and_expired_sessions_are_not_listed(start_identity: StartIdentity) -> None:
    identity = await start_identity(refresh_ttl_days=30)
    mine = await identity.register()
    left = (await identity.log_in()).json()
    await identity.http.post("/api/v1/auth/logout", headers=bearer(left))
    await identity.log_in()
    assert len(await _list(identity, mine)) == 2
    identity.clock.advance(days=29)
    await identity.refresh(mine["refresh_token"])
    identity.clock.advance(days=2)

    assert [each["current"] for each in await _list(identity, mine)] == [True]
