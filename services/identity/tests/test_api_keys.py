"""API keys: shown once, for photos only, limited by scopes, invalid when deleted or expired."""

import asyncio
from datetime import timedelta
from typing import Any

import jwt
import pytest
from services.identity.tests.conftest import PASSWORD, Identity, StartIdentity, bearer
from starlette.datastructures import Headers

from pichaven_chassis.auth import Scope
from pichaven_chassis.ids import new_id
from testing.polling import eventually

KEYS = "/api/v1/me/api-keys"
EXCHANGE = "/internal/api-keys/exchange"


async def _exchanged_scopes(identity: Identity, key: dict[str, Any]) -> list[str]:
    token = (await identity.http.post(EXCHANGE, json={"api_key": key["api_key"]})).json()
    claims = jwt.decode(token["access_token"], options={"verify_signature": False})
    return str(claims["scope"]).split()


async def test_a_key_is_shown_once_and_listed_with_its_prefix(identity: Identity) -> None:
    session = await identity.register()

    new = await identity.http.post(KEYS, json={"name": "laptop"}, headers=bearer(session))

    assert new.status_code == 201
    key = new.json()
    assert key["api_key"].startswith("ph_")
    assert len(key["api_key"]) == 46
    [listed] = (await identity.http.get(KEYS, headers=bearer(session))).json()["items"]
    assert "api_key" not in listed
    assert (listed["name"], listed["last_used_at"]) == ("laptop", None)
    assert key["api_key"].startswith(listed["prefix"])
    assert len(listed["prefix"]) < 12


async def test_an_expiry_outside_the_calendar_is_refused(identity: Identity) -> None:
    session = await identity.register()
    for moment in ("9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00"):
        body = {"name": "laptop", "expires_at": moment}
        response = await identity.http.post(KEYS, json=body, headers=bearer(session))
        assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


async def test_a_key_authenticates_its_owner_but_cannot_change_the_account(
    identity: Identity,
) -> None:
    session = await identity.register()
    key = (await identity.http.post(KEYS, json={"name": "cli"}, headers=bearer(session))).json()
    headers = {"X-Api-Key": key["api_key"]}

    assert (await identity.http.get("/api/v1/me", headers=headers)).json() == session["user"]
    for method, path, body in [
        ("POST", KEYS, {"name": "child"}),
        ("DELETE", f"{KEYS}/{key['id']}", None),
        ("PATCH", "/api/v1/me", {"name": "x"}),
        ("GET", KEYS, None),
        ("POST", "/api/v1/auth/logout-all", None),
        ("GET", "/api/v1/auth/sessions", None),
        ("PUT", "/api/v1/auth/password", {"current_password": "a", "new_password": "b" * 8}),
    ]:
        response = await identity.http.request(method, path, json=body, headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "session_required")


async def test_an_exchanged_token_has_a_subject_and_no_session(identity: Identity) -> None:
    session = await identity.register()
    key = (await identity.http.post(KEYS, json={"name": "cli"}, headers=bearer(session))).json()

    response = await identity.http.post(EXCHANGE, json={"api_key": key["api_key"]})

    assert response.status_code == 200
    token = response.json()
    claims = jwt.decode(token["access_token"], options={"verify_signature": False})
    assert claims["sub"] == session["user"]["id"]
    assert "sid" not in claims
    assert claims["scope"] == "photos:read photos:write"
    assert claims["exp"] - claims["iat"] == token["expires_in"] == 120
    [listed] = (await identity.http.get(KEYS, headers=bearer(session))).json()["items"]
    assert listed["last_used_at"] is not None


@pytest.mark.parametrize(
    ("body", "scopes"),
    [
        ({}, ["photos:read", "photos:write"]),
        ({"scopes": ["photos:write", "photos:read"]}, ["photos:read", "photos:write"]),
        ({"scopes": ["photos:read"]}, ["photos:read"]),
        ({"scopes": ["photos:write", "photos:write"]}, ["photos:write"]),
    ],
)
async def test_a_key_and_its_tokens_have_exactly_the_scopes_of_its_creation(
    identity: Identity, body: dict[str, object], scopes: list[str]
) -> None:
    session = await identity.register()

    created = await identity.http.post(KEYS, json={"name": "k", **body}, headers=bearer(session))
    key = created.json()
    [listed] = (await identity.http.get(KEYS, headers=bearer(session))).json()["items"]

    assert created.status_code == 201
    assert key["scopes"] == listed["scopes"] == scopes
    assert await _exchanged_scopes(identity, key) == scopes


@pytest.mark.parametrize(
    ("scopes", "path"),
    [
        ([], "body.scopes"),
        (["photos:delete"], "body.scopes."),
        (["photos:read", "account"], "body.scopes."),
        ("photos:read", "body.scopes"),
        (None, "body.scopes"),
    ],
)
async def test_unknown_or_no_scopes_are_refused(
    identity: Identity, scopes: object, path: str
) -> None:
    session = await identity.register()

    response = await identity.http.post(
        KEYS, json={"name": "k", "scopes": scopes}, headers=bearer(session)
    )

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    [error] = response.json()["errors"]
    assert error["path"].startswith(path)
    if isinstance(scopes, list) and scopes:
        assert "'photos:read' or 'photos:write'" in error["message"]
    assert (await identity.http.get(KEYS, headers=bearer(session))).json()["items"] == []


async def test_a_stored_key_without_scopes_has_both(identity: Identity) -> None:
    session = await identity.register()
    body = {"name": "old", "scopes": ["photos:read"]}
    key = (await identity.http.post(KEYS, json=body, headers=bearer(session))).json()
    await identity.database["api_keys"].update_one({"_id": key["id"]}, {"$unset": {"scopes": ""}})

    [listed] = (await identity.http.get(KEYS, headers=bearer(session))).json()["items"]

    assert listed["scopes"] == ["photos:read", "photos:write"]
    assert await _exchanged_scopes(identity, key) == ["photos:read", "photos:write"]


async def test_an_access_token_of_a_session_has_both_scopes(identity: Identity) -> None:
    session = await identity.register()
    refreshed = (await identity.refresh(session["refresh_token"])).json()

    for tokens in (session, refreshed):
        claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
        assert claims["scope"] == "photos:read photos:write"


async def test_the_profile_is_readable_with_a_key_of_any_scope(identity: Identity) -> None:
    session = await identity.register()
    for scope in Scope:
        body = {"name": "k", "scopes": [scope]}
        key = (await identity.http.post(KEYS, json=body, headers=bearer(session))).json()
        headers = {"X-Api-Key": key["api_key"]}
        principal = await identity.authenticator.principal(Headers(headers))

        assert principal.scopes == {scope}
        assert (await identity.http.get("/api/v1/me", headers=headers)).status_code == 200


async def test_a_deleted_key_is_not_exchanged(identity: Identity) -> None:
    session = await identity.register()
    key = (await identity.http.post(KEYS, json={"name": "cli"}, headers=bearer(session))).json()

    first = await identity.http.delete(f"{KEYS}/{key['id']}", headers=bearer(session))
    again = await identity.http.delete(f"{KEYS}/{key['id']}", headers=bearer(session))

    assert (first.status_code, again.status_code) == (204, 404)
    response = await identity.http.post(EXCHANGE, json={"api_key": key["api_key"]})
    assert response.status_code == 401
    kinds = await identity.audit_kinds()
    assert kinds[-2:] == ["api_key_created", "api_key_deleted"]


async def test_services_learn_of_a_deleted_key_that_they_have_exchanged(
    identity: Identity,
) -> None:
    session = await identity.register()
    key = (await identity.http.post(KEYS, json={"name": "cli"}, headers=bearer(session))).json()
    headers = {"X-Api-Key": key["api_key"]}
    assert (await identity.http.get("/api/v1/me", headers=headers)).status_code == 200

    await identity.http.delete(f"{KEYS}/{key['id']}", headers=bearer(session))

    ended = (await identity.http.get("/internal/sessions/ended")).json()["session_ids"]
    assert ended == [key["id"]]

    async def is_refused() -> bool:
        response = await identity.http.get("/api/v1/me", headers=headers)
        return response.status_code == 401

    await eventually(is_refused, "the key is refused")


async def test_an_expired_key_is_not_exchanged(identity: Identity) -> None:
    session = await identity.register()
    expires = identity.clock.now + timedelta(seconds=60)
    body = {"name": "short", "expires_at": expires.isoformat()}
    key = (await identity.http.post(KEYS, json=body, headers=bearer(session))).json()

    token = (await identity.http.post(EXCHANGE, json={"api_key": key["api_key"]})).json()
    identity.clock.advance(seconds=60)
    late = await identity.http.post(EXCHANGE, json={"api_key": key["api_key"]})

    assert token["expires_in"] <= 60, "no token outlives its key"
    assert late.status_code == 401


async def test_a_key_cannot_be_created_expired(identity: Identity) -> None:
    session = await identity.register()
    body = {"name": "old", "expires_at": "2020-01-01T00:00:00Z"}

    response = await identity.http.post(KEYS, json=body, headers=bearer(session))

    assert response.status_code == 422
    assert response.json()["errors"][0]["path"] == "body.expires_at"


async def test_unknown_and_malformed_keys_are_not_exchanged(identity: Identity) -> None:
    for key in ("ph_" + "A" * 43, "nonsense", "", "\ud7ff"):
        response = await identity.http.post(EXCHANGE, json={"api_key": key})
        assert response.status_code == 401
    assert (await identity.http.post(EXCHANGE, json={})).status_code == 422


async def test_keys_of_another_user_are_not_found(identity: Identity) -> None:
    ada = await identity.register()
    eve = await identity.register(email="eve@example.org")
    key = (await identity.http.post(KEYS, json={"name": "cli"}, headers=bearer(ada))).json()

    assert (await identity.http.get(KEYS, headers=bearer(eve))).json()["items"] == []
    for key_id in (key["id"], new_id(), "not-an-id"):
        response = await identity.http.delete(f"{KEYS}/{key_id}", headers=bearer(eve))
        assert response.status_code == 404
    assert (await identity.http.post(EXCHANGE, json={"api_key": key["api_key"]})).status_code == 200


async def test_simultaneous_requests_never_exceed_the_limit_of_keys(
    start_identity: StartIdentity,
) -> None:
    identity = await start_identity(api_keys_per_user=4)
    session = await identity.register()

    responses = await asyncio.gather(
        *(
            identity.http.post(KEYS, json={"name": f"k{number}"}, headers=bearer(session))
            for number in range(9)
        )
    )

    codes = sorted(response.status_code for response in responses)
    assert codes == [201] * 4 + [409] * 5
    assert {a.json()["code"] for a in responses if a.status_code == 409} == {"too_many_api_keys"}
    listed = (await identity.http.get(KEYS, headers=bearer(session))).json()["items"]
    assert [key["id"] for key in listed] == sorted((key["id"] for key in listed), reverse=True)
    await identity.http.delete(f"{KEYS}/{listed[1]['id']}", headers=bearer(session))
    again = await identity.http.post(KEYS, json={"name": "new"}, headers=bearer(session))
    assert again.status_code == 201


async def test_an_ended_session_cannot_create_keys_with_its_last_access_token(
    identity: Identity,
) -> None:
    session = await identity.register()
    await identity.http.post("/api/v1/auth/logout", headers=bearer(session))

    response = await identity.http.post(KEYS, json={"name": "late"}, headers=bearer(session))

    assert response.status_code == 401


async def test_a_repeated_request_with_an_idempotency_key_makes_no_second_api_key(
    identity: Identity,
) -> None:
    headers = bearer(await identity.register()) | {"Idempotency-Key": "one"}
    body = {"name": "Backup", "scopes": ["photos:read"]}

    first = await identity.http.post("/api/v1/me/api-keys", json=body, headers=headers)
    again = await identity.http.post("/api/v1/me/api-keys", json=body, headers=headers)
    other = await identity.http.post(
        "/api/v1/me/api-keys", json=body | {"name": "Other"}, headers=headers
    )

    assert (first.status_code, again.status_code, other.status_code) == (201, 409, 422)
    assert again.json()["code"] == "response_not_kept"
    assert other.json()["code"] == "idempotency_key_reused"
    keys = (await identity.http.get("/api/v1/me/api-keys", headers=headers)).json()["items"]
    assert [key["id"] for key in keys] == [first.json()["id"]]
    stored = await identity.database["idempotency"].find({}).to_list(None)
    assert first.json()["api_key"] not in repr(stored)


async def test_a_refused_request_for_an_api_key_is_answered_the_same_again(
    identity: Identity,
) -> None:
    headers = bearer(await identity.register()) | {"Idempotency-Key": "one"}

    responses = [
        await identity.http.post("/api/v1/me/api-keys", json={"name": ""}, headers=headers)
        for _ in range(2)
    ]

    assert [response.status_code for response in responses] == [422, 422]
    assert responses[1].headers["idempotent-replayed"] == "true"
    assert responses[0].json() == responses[1].json()


async def test_calls_with_passwords_and_tokens_ignore_idempotency_keys_and_store_nothing(
    identity: Identity,
) -> None:
    session = await identity.register()
    headers = {"Idempotency-Key": "one"}
    login = {"email": "ada@example.org", "password": PASSWORD}

    logins = [
        await identity.http.post("/api/v1/auth/login", json=login, headers=headers)
        for _ in range(2)
    ]
    change = {"current_password": PASSWORD, "new_password": "nine tall herons"}
    changes = [
        await identity.http.put(
            "/api/v1/auth/password", json=change, headers=bearer(each) | headers
        )
        for each in (session, session)
    ]

    tokens = {response.json()["access_token"] for response in logins}
    assert len(tokens) == 2
    assert [response.status_code for response in changes] == [204, 401]
    assert changes[1].json()["code"] == "invalid_credentials"
    assert await identity.database["idempotency"].count_documents({}) == 0
