"""Registering and the profile."""

import asyncio

import pytest
from services.identity.tests.conftest import PASSWORD, Identity, StartIdentity, bearer


async def test_registration_logs_in(identity: Identity) -> None:
    session = await identity.register(email=" Ada@Example.ORG ", name="  Ada   Lovelace ")

    assert session["user"]["email"] == "Ada@example.org"
    assert session["user"]["name"] == "Ada Lovelace"
    assert session["expires_in"] == 900
    me = await identity.http.get("/api/v1/me", headers=bearer(session))
    assert me.json() == session["user"]


async def test_spelling_variants_of_an_address_share_one_account(identity: Identity) -> None:
    await identity.register(email="ada@example.org")

    response = await identity.http.post(
        "/api/v1/auth/register",
        json={"email": "ADA@EXAMPLE.org", "password": PASSWORD, "name": "Other"},
    )

    assert (response.status_code, response.json()["code"]) == (409, "email_taken")


async def test_one_of_simultaneous_registrations_succeeds(identity: Identity) -> None:
    body = {"email": "ada@example.org", "password": PASSWORD, "name": "Ada"}
    responses = await asyncio.gather(
        *(identity.http.post("/api/v1/auth/register", json=body) for _ in range(5))
    )

    assert sorted(response.status_code for response in responses) == [201, 409, 409, 409, 409]


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"email": "nobody"}, "invalid_email", "body.email"),
        ({"email": "a@b"}, "invalid_email", "body.email"),
        ({"email": "a b@example.org"}, "invalid_email", "body.email"),
        ({"email": "a" * 300 + "@example.org"}, "invalid_email", "body.email"),
        ({"email": 7}, "invalid_request", "body.email"),
        ({"password": "short12"}, "password_refused", "body.password"),
        ({"password": "x" * 257}, "password_refused", "body.password"),
        ({"password": "aaaaaaaaaaaa"}, "password_refused", "body.password"),
        ({"password": "Password1"}, "password_refused", "body.password"),
        ({"password": "ada@example.org"}, "password_refused", "body.password"),
        ({"password": "Summer2026!"}, "password_refused", "body.password"),
        ({"password": "4da-Examp1e"}, "password_refused", "body.password"),
        ({"name": "   "}, "invalid_request", "body.name"),
        ({"name": "a\x00b"}, "invalid_request", "body.name"),
        ({"name": "x" * 101}, "invalid_request", "body.name"),
    ],
)
async def test_an_invalid_registration_names_the_field(
    identity: Identity, change: dict[str, object], code: str, path: str
) -> None:
    body = {"email": "ada@example.org", "password": PASSWORD, "name": "Ada", **change}

    response = await identity.http.post("/api/v1/auth/register", json=body)

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["code"] == code
    assert [error["path"] for error in problem["errors"]] == [path]


@pytest.mark.parametrize(
    "password",
    [
        "k3v9x2qp",
        "seven herons " * 18 + "nine tall grey gulls!!",
        "ｆｕｌｌｗｉｄｔｈ key",
        "ключи от лодки",
        "\U0001f5dd⛵\ufe0f🦆🌊🐚🪁🧭🪶",
    ],
)
async def test_passwords_from_8_to_256_characters_of_any_script_work(
    identity: Identity, password: str
) -> None:
    await identity.register(password=password)

    assert (await identity.log_in(password=password)).status_code == 200
    assert (await identity.log_in(password=password + "!")).status_code == 401


async def test_registration_can_be_closed(start_identity: StartIdentity) -> None:
    identity = await start_identity(registration_open=False)

    response = await identity.http.post(
        "/api/v1/auth/register",
        json={"email": "ada@example.org", "password": PASSWORD, "name": "Ada"},
    )

    assert (response.status_code, response.json()["code"]) == (403, "registration_closed")


async def test_passwords_and_tokens_are_stored_as_hashes_only(identity: Identity) -> None:
    session = await identity.register()
    key = await identity.http.post(
        "/api/v1/me/api-keys", json={"name": "cli"}, headers=bearer(session)
    )

    stored = b""
    for name in await identity.database.list_collection_names():
        async for document in identity.database[name].find({}):
            stored += repr(document).encode()
    for secret in (
        PASSWORD,
        session["refresh_token"],
        session["access_token"],
        key.json()["api_key"],
    ):
        assert secret.encode() not in stored
    assert b"$argon2id$" in stored


async def test_a_profile_change_checks_the_entity_tag(identity: Identity) -> None:
    session = await identity.register()
    read = await identity.http.get("/api/v1/me", headers=bearer(session))
    tag = read.headers["etag"]
    again = await identity.http.get("/api/v1/me", headers={**bearer(session), "If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")

    changed = await identity.http.patch(
        "/api/v1/me", json={"name": "Countess"}, headers={**bearer(session), "If-Match": tag}
    )
    late = await identity.http.patch(
        "/api/v1/me", json={"name": "Late"}, headers={**bearer(session), "If-Match": tag}
    )

    assert (changed.status_code, changed.json()["name"]) == (200, "Countess")
    assert changed.headers["etag"] != tag
    assert late.status_code == 412


async def test_a_name_that_is_none_is_refused_before_the_entity_tag_is_compared(
    identity: Identity,
) -> None:
    headers = {**bearer(await identity.register()), "If-Match": '"77"'}
    for name in ("", " ", "a" * 101, "\u001d" + "a" * 100, "a\u0007b"):
        response = await identity.http.patch("/api/v1/me", json={"name": name}, headers=headers)
        assert (response.status_code, response.json()["code"]) == (422, "invalid_request"), name
        assert response.json()["errors"][0]["path"] == "body.name"


async def test_account_routes_need_credentials(identity: Identity) -> None:
    for method, path in [
        ("GET", "/me"),
        ("PATCH", "/me"),
        ("GET", "/me/api-keys"),
        ("POST", "/me/api-keys"),
        ("DELETE", "/me/api-keys/0190a000-0000-7000-8000-000000000000"),
        ("POST", "/auth/logout"),
        ("POST", "/auth/logout-all"),
        ("GET", "/auth/sessions"),
        ("DELETE", "/auth/sessions/0190a000-0000-7000-8000-000000000000"),
        ("PUT", "/auth/password"),
        ("POST", "/auth/refresh"),
    ]:
        for headers in ({}, {"Authorization": "Bearer nonsense"}):
            response = await identity.http.request(method, f"/api/v1{path}", headers=headers)
            assert response.status_code == 401, (method, path, response.text)
            assert response.headers["www-authenticate"] == "Bearer"
