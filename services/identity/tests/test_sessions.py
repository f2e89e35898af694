"""Refresh tokens: rotation, reuse, the grace of a lost response, and the ends of sessions."""

import asyncio

import pytest
from services.identity.tests.conftest import PASSWORD, Identity, StartIdentity, bearer

from pichaven_chassis.ids import new_id
from testing.polling import eventually

REFRESH = "/api/v1/auth/refresh"


async def test_a_refresh_token_is_traded_for_a_new_pair(identity: Identity) -> None:
    session = await identity.register()

    pair = (await identity.refresh(session["refresh_token"])).json()

    assert pair["refresh_token"] != session["refresh_token"]
    assert pair["access_token"] != session["access_token"]
    me = await identity.http.get("/api/v1/me", headers=bearer(pair))
    assert me.json()["id"] == session["user"]["id"]


async def test_reuse_of_a_token_ends_its_whole_family(identity: Identity) -> None:
    session = await identity.register()
    other = (await identity.log_in()).json()
    second = (await identity.refresh(session["refresh_token"])).json()
    third = (await identity.refresh(second["refresh_token"])).json()

    reused = await identity.refresh(session["refresh_token"])

    assert (reused.status_code, reused.json()["code"]) == (401, "refresh_token_reused")
    for token in (second, third):
        assert (await identity.refresh(token["refresh_token"])).status_code == 401
    assert (await identity.refresh(other["refresh_token"])).status_code == 200, "another device"
    assert "refresh_reused" in await identity.audit_kinds()


async def test_a_token_many_generations_old_still_ends_its_family(identity: Identity) -> None:
    session = await identity.register()
    token = session["refresh_token"]
    for _ in range(12):
        token = (await identity.refresh(token)).json()["refresh_token"]

    reused = await identity.refresh(session["refresh_token"])
    assert reused.json()["code"] == "refresh_token_reused"
    assert (await identity.refresh(token)).status_code == 401


async def test_a_retry_within_the_grace_gets_the_same_successor(
    start_identity: StartIdentity,
) -> None:
    identity = await start_identity(refresh_grace_s=10)
    session = await identity.register()
    first = (await identity.refresh(session["refresh_token"])).json()
    identity.clock.advance(seconds=5)

    again = await identity.refresh(session["refresh_token"])

    assert again.status_code == 200
    assert again.json()["refresh_token"] == first["refresh_token"]
    assert (await identity.refresh(first["refresh_token"])).status_code == 200


async def test_after_the_grace_a_retry_is_a_reuse(
    start_identity: StartIdentity,
) -> None:
    identity = await start_identity(refresh_grace_s=10)
    session = await identity.register()
    first = (await identity.refresh(session["refresh_token"])).json()
    identity.clock.advance(seconds=10)

    reused = await identity.refresh(session["refresh_token"])
    assert reused.json()["code"] == "refresh_token_reused"
    assert (await identity.refresh(first["refresh_token"])).status_code == 401


async def test_once_the_successor_is_used_there_is_no_grace(
    start_identity: StartIdentity,
) -> None:
    identity = await start_identity(refresh_grace_s=10)
    session = await identity.register()
    first = (await identity.refresh(session["refresh_token"])).json()
    await identity.refresh(first["refresh_token"])

    reused = await identity.refresh(session["refresh_token"])
    assert reused.json()["code"] == "refresh_token_reused"


async def test_a_thief_within_the_grace_is_detected_at_the_next_use(
    start_identity: StartIdentity,
) -> None:
    identity = await start_identity(refresh_grace_s=10)
    session = await identity.register()
    await identity.refresh(session["refresh_token"])
    stolen = (await identity.refresh(session["refresh_token"])).json()["refresh_token"]
    await identity.refresh(stolen)
    identity.clock.advance(seconds=60)

    owner = await identity.refresh(stolen)

    assert owner.json()["code"] == "refresh_token_reused"


async def test_by_default_there_is_no_grace_at_all(identity: Identity) -> None:
    session = await identity.register()
    pair = (await identity.refresh(session["refresh_token"])).json()

    reused = await identity.refresh(session["refresh_token"])
    assert reused.json()["code"] == "refresh_token_reused"
    assert (await identity.refresh(pair["refresh_token"])).status_code == 401


async def test_of_simultaneous_uses_one_gets_a_successor_and_the_family_ends(
    start_identity: StartIdentity,
) -> None:
    replicas = [await start_identity() for _ in range(2)]
    session = await replicas[0].register()

    responses = await asyncio.gather(
        *(replicas[turn % 2].refresh(session["refresh_token"]) for turn in range(8))
    )

    [pair] = [response.json() for response in responses if response.status_code == 200]
    assert sorted(response.status_code for response in responses) == [200] + [401] * 7
    assert (await replicas[1].refresh(pair["refresh_token"])).status_code == 401


async def test_with_a_grace_simultaneous_uses_all_get_one_successor(
    start_identity: StartIdentity,
) -> None:
    replicas = [await start_identity(refresh_grace_s=10) for _ in range(2)]
    session = await replicas[0].register()

    responses = await asyncio.gather(
        *(replicas[turn % 2].refresh(session["refresh_token"]) for turn in range(8))
    )

    assert {response.status_code for response in responses} == {200}
    assert len({response.json()["refresh_token"] for response in responses}) == 1
    count = await replicas[0].database["refresh_tokens"].count_documents({})
    assert count == 2, "tokens that nobody got are withdrawn"


async def test_idle_and_absolute_timeouts_end_sessions(
    start_identity: StartIdentity,
) -> None:
    identity = await start_identity(refresh_ttl_days=30, session_max_days=40)
    unused = await identity.register()
    used = (await identity.log_in()).json()
    identity.clock.advance(days=29)
    used = (await identity.refresh(used["refresh_token"])).json()
    identity.clock.advance(days=2)

    assert (await identity.refresh(unused["refresh_token"])).status_code == 401
    used = (await identity.refresh(used["refresh_token"])).json()
    identity.clock.advance(days=9)
    assert (await identity.refresh(used["refresh_token"])).status_code == 401


@pytest.mark.parametrize("token", ["phr_unknown", "", "x" * 256, "\ud7ff", "phr_" + "A" * 43])
async def test_an_unknown_token_is_refused(identity: Identity, token: str) -> None:
    response = await identity.refresh(token)

    assert (response.status_code, response.json()["code"]) == (401, "invalid_refresh_token")


async def test_the_cookie_is_hidden_from_scripts_other_sites_and_other_paths(
    identity: Identity,
) -> None:
    response = await identity.http.post(
        "/api/v1/auth/register",
        json={"email": "ada@example.org", "password": PASSWORD, "name": "Ada"},
        headers={"X-Forwarded-Proto": "https"},
    )

    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"pichaven_refresh={response.json()['refresh_token']};")
    attributes = {part.strip().lower() for part in cookie.split(";")}
    assert {"httponly", "samesite=strict", "path=/api/v1/auth", "secure"} <= attributes


async def test_the_cookie_refreshes_and_is_replaced_and_cleared(identity: Identity) -> None:
    first = await identity.http.post(
        "/api/v1/auth/register",
        json={"email": "ada@example.org", "password": PASSWORD, "name": "Ada"},
    )
    assert "secure" not in first.headers["set-cookie"].lower(), "plain http on a laptop works"

    pair = await identity.http.post(REFRESH)

    assert pair.status_code == 200
    assert identity.http.cookies["pichaven_refresh"] == pair.json()["refresh_token"]
    out = await identity.http.post("/api/v1/auth/logout")
    assert out.status_code == 204
    assert "pichaven_refresh" not in identity.http.cookies
    assert (await identity.refresh(pair.json()["refresh_token"])).status_code == 401


@pytest.mark.parametrize("by", ["access token", "refresh token"])
async def test_logging_out_ends_this_session_only(identity: Identity, by: str) -> None:
    session = await identity.register()
    other = (await identity.log_in()).json()
    headers = bearer(session) if by == "access token" else {}
    body = {} if by == "access token" else {"refresh_token": session["refresh_token"]}

    for _ in range(2):
        response = await identity.http.post("/api/v1/auth/logout", headers=headers, json=body)
        assert response.status_code == 204, "repeating it is harmless"

    assert (await identity.refresh(session["refresh_token"])).status_code == 401
    assert (await identity.refresh(other["refresh_token"])).status_code == 200


async def test_logging_out_everywhere_ends_all_sessions_of_one_person(identity: Identity) -> None:
    session = await identity.register()
    other = (await identity.log_in()).json()
    eve = await identity.register(email="eve@example.org")

    response = await identity.http.post("/api/v1/auth/logout-all", headers=bearer(session))

    assert response.status_code == 204
    for tokens in (session, other):
        assert (await identity.refresh(tokens["refresh_token"])).status_code == 401
    assert (await identity.refresh(eve["refresh_token"])).status_code == 200


async def test_a_new_password_ends_all_other_sessions(identity: Identity) -> None:
    session = await identity.register()
    other = (await identity.log_in()).json()

    response = await identity.http.put(
        "/api/v1/auth/password",
        json={"current_password": PASSWORD, "new_password": "nine tall herons"},
        headers=bearer(session),
    )

    assert response.status_code == 204
    assert (await identity.refresh(other["refresh_token"])).status_code == 401
    assert (await identity.refresh(session["refresh_token"])).status_code == 200
    assert (await identity.log_in()).status_code == 401
    assert (await identity.log_in(password="nine tall herons")).status_code == 200
    assert "password_changed" in await identity.audit_kinds()


async def test_a_password_is_not_changed_without_the_present_one(identity: Identity) -> None:
    session = await identity.register()

    async def change(current: str, new: str) -> tuple[int, str]:
        response = await identity.http.put(
            "/api/v1/auth/password",
            json={"current_password": current, "new_password": new},
            headers=bearer(session),
        )
        return response.status_code, response.json()["code"]

    assert await change("wrong", "nine tall herons") == (401, "invalid_credentials")
    assert await change(PASSWORD, "short") == (422, "password_refused")
    for _ in range(6):
        last = await change("wrong", "nine tall herons")
    assert last == (429, "too_many_attempts"), "a stolen access token does not guess it"
    assert (await identity.refresh(session["refresh_token"])).status_code == 200


async def test_a_request_cannot_name_the_session_of_another_user(identity: Identity) -> None:
    """An access token of identity's own carries the session; no path or body can name one."""
    session = await identity.register()
    body = {"session_id": new_id(), "user_id": new_id()}

    response = await identity.http.post("/api/v1/auth/logout", json=body, headers=bearer(session))

    assert (response.status_code, response.json()["code"]) == (422, "unknown_field")
    assert (await identity.refresh(session["refresh_token"])).status_code == 200


async def test_no_session_opened_with_the_old_password_outlives_its_change(
    identity: Identity,
) -> None:
    session = await identity.register()

    async def change() -> None:
        response = await identity.http.put(
            "/api/v1/auth/password",
            json={"current_password": PASSWORD, "new_password": "nine tall herons"},
            headers=bearer(session),
        )
        assert response.status_code == 204

    *responses, _ = await asyncio.gather(*(identity.log_in() for _ in range(6)), change())

    for response in responses:
        if response.status_code == 200:
            refreshed = await identity.refresh(response.json()["refresh_token"])
            assert refreshed.status_code == 401
    assert (await identity.refresh(session["refresh_token"])).status_code == 200


async def test_services_learn_which_sessions_have_ended(start_identity: StartIdentity) -> None:
    identity = await start_identity()
    first, latest = await identity.register(), (await identity.log_in()).json()

    async def ended(after: str | None = None) -> tuple[list[str], str]:
        parameters = {"after": after} if after else {}
        response = await identity.http.get("/internal/sessions/ended", params=parameters)
        body = response.json()
        return body["session_ids"], body["next_after"]

    before, cursor = await ended()
    await identity.http.post("/api/v1/auth/logout", headers=bearer(first))
    logged_out, _ = await ended(cursor)
    response = await identity.http.put(
        "/api/v1/auth/password",
        json={"current_password": PASSWORD, "new_password": "nine tall herons"},
        headers=bearer(latest),
    )
    assert response.status_code == 204
    after_change, _ = await ended(cursor)
    await identity.http.post("/api/v1/auth/logout-all", headers=bearer(latest))

    assert (before, len(logged_out), after_change) == ([], 1, logged_out)
    assert len((await ended(cursor))[0]) == 2
    identity.clock.advance(minutes=16)
    assert (await ended(cursor))[0] == [], "all their access tokens have expired"


async def test_an_access_token_is_refused_within_seconds_of_its_log_out(
    identity: Identity,
) -> None:
    session = await identity.register()
    await identity.http.post("/api/v1/auth/logout", headers=bearer(session))

    async def is_refused() -> bool:
        response = await identity.http.get("/api/v1/me", headers=bearer(session))
        return response.status_code == 401

    await eventually(is_refused, "the token is refused")
