"""What every route of every service gets."""

import os
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from pichaven_chassis.auth import CurrentUser, Reader, Writer
from pichaven_chassis.http import PublicBase, create_app
from pichaven_chassis.idempotency_store import MongoIdempotencyStore
from pichaven_chassis.ids import PathId, new_id
from pichaven_chassis.mongo import MongoDatabase
from pichaven_chassis.outages import EngineDown
from pichaven_chassis.problems import Conflict, Problem, problem_responses
from pichaven_chassis.runtime import Service
from pichaven_chassis.settings import HttpSettings
from testing.authority import TestAuthority


class Thing(BaseModel):
    size: int


class Locked(Problem):
    status = 403
    code = "locked"


@pytest.fixture
def authority() -> TestAuthority:
    return TestAuthority()


@pytest.fixture
async def client(
    authority: TestAuthority, mongo_database: MongoDatabase
) -> AsyncIterator[httpx.AsyncClient]:
    router = APIRouter()
    sizes: list[int] = []

    @router.get("/me")
    async def me(user: CurrentUser) -> dict[str, str]:
        return {"user_id": user.user_id, "via": user.via}

    @router.post("/things", status_code=201)
    async def make(thing: Thing, user: CurrentUser) -> dict[str, int]:
        sizes.append(thing.size)
        return {"made": len(sizes)}

    @router.post("/notes", status_code=201)
    async def note(thing: Thing, user: Writer) -> dict[str, int]:
        return await make(thing, user)

    @router.post("/noise", status_code=201)
    async def make_noise(thing: Thing, user: CurrentUser) -> Response:
        await make(thing, user)
        return Response(os.urandom(thing.size), 201)

    @router.get("/locked", responses=problem_responses(Locked))
    async def locked(user: Reader) -> None:
        raise Locked("It is locked.")

    @router.get("/things/{id}")
    async def read(id: PathId) -> dict[str, str]:  # noqa: A002
        return {"id": id}

    @router.get("/page")
    async def page(limit: Annotated[int, Query(ge=1)] = 1) -> int:
        return limit

    @router.get("/conflict")
    async def conflict() -> None:
        raise Conflict("Not now.")

    @router.get("/crash")
    async def crash() -> None:
        raise RuntimeError("secret detail")

    @router.get("/away")
    async def away() -> None:
        raise EngineDown("mongo")

    @router.get("/base")
    async def base(url: PublicBase) -> str:
        return url

    store = MongoIdempotencyStore(mongo_database)
    await store.ensure_indexes()
    service = Service(
        name="sample",
        http=HttpSettings(),
        routers=[router],
        idempotency=store,
        authenticator=authority.authenticator,
    )
    transport = httpx.ASGITransport(create_app(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://sample/api/v1") as client:
        yield client


async def test_a_request_id_is_kept_when_it_is_sane_and_made_when_it_is_not(
    client: httpx.AsyncClient,
) -> None:
    sane = await client.get("/page", headers={"X-Request-Id": "abc-1"})
    strange = await client.get("/page", headers={"X-Request-Id": "a b\tc" * 99})

    assert sane.headers["x-request-id"] == "abc-1"
    assert len(strange.headers["x-request-id"]) == 36


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/conflict", 409, "conflict"),
        ("/page?limit=0", 422, "invalid_request"),
        ("/nowhere", 404, "not_found"),
        ("/things/not-an-id", 404, "not_found"),
        ("/things/%00", 404, "not_found"),
        ("/me", 401, "unauthorized"),
        ("/crash", 500, "internal_error"),
        ("/away", 503, "unavailable"),
    ],
)
async def test_every_error_is_a_problem(
    client: httpx.AsyncClient, path: str, status: int, code: str
) -> None:
    answer = await client.get(path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["status"]) == (code, status)
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert "secret" not in answer.text


async def test_the_method_that_is_not_allowed_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.put("/conflict")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


async def test_tokens_and_api_keys_name_the_user(
    client: httpx.AsyncClient, authority: TestAuthority
) -> None:
    user_id = new_id()
    authority.api_keys["ph_good"] = user_id

    by_token = await client.get("/me", headers=authority.headers(user_id))
    by_key = await client.get("/me", headers={"X-Api-Key": "ph_good"})
    by_wrong_key = await client.get("/me", headers={"X-Api-Key": "ph_bad"})

    assert by_token.json() == {"user_id": user_id, "via": "token"}
    assert by_key.json() == {"user_id": user_id, "via": "api_key"}
    assert by_wrong_key.status_code == 401


async def test_tokens_of_others_and_of_yesterday_are_refused(
    client: httpx.AsyncClient, authority: TestAuthority
) -> None:
    await client.get("/me", headers=authority.headers(new_id()))
    forged = TestAuthority().token(new_id())
    old = authority.token(new_id(), expires_in=-60)

    for token in (forged, old, "x.y.z", ""):
        answer = await client.get("/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


async def test_a_repeated_request_with_its_key_is_done_once(
    client: httpx.AsyncClient, authority: TestAuthority
) -> None:
    headers = authority.headers(new_id()) | {"Idempotency-Key": "one"}

    first = await client.post("/things", json={"size": 1}, headers=headers)
    again = await client.post("/things", json={"size": 1}, headers=headers)
    other = await client.post("/things", json={"size": 2}, headers=headers)
    stranger = await client.post(
        "/things",
        json={"size": 1},
        headers=authority.headers(new_id()) | {"Idempotency-Key": "one"},
    )

    assert (first.status_code, first.json()) == (201, {"made": 1})
    assert (again.status_code, again.json()) == (201, {"made": 1})
    assert again.headers["idempotent-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert stranger.json() == {"made": 2}


@pytest.mark.parametrize(
    "media_type",
    ["application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json"],
)
async def test_a_key_holds_for_every_way_to_say_json(
    client: httpx.AsyncClient, authority: TestAuthority, media_type: str
) -> None:
    headers = authority.headers(new_id())
    headers |= {"Idempotency-Key": "one", "Content-Type": media_type}

    first = await client.post("/things", content=b'{"size": 1}', headers=headers)
    again = await client.post("/things", content=b'{"size": 1}', headers=headers)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_used_key_says_nothing_where_no_route_takes_the_request(
    client: httpx.AsyncClient, authority: TestAuthority
) -> None:
    headers = authority.headers(new_id()) | {"Idempotency-Key": "one"}
    await client.post("/things", json={"size": 1}, headers=headers)

    wrong_method = await client.patch("/things", json={"size": 1}, headers=headers)
    nowhere = await client.post("/nothing", json={"size": 1}, headers=headers)
    again = await client.post("/things", json={"size": 1}, headers=headers)

    assert (wrong_method.status_code, wrong_method.json()["code"]) == (405, "method_not_allowed")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    assert (again.status_code, again.json()) == (201, {"made": 1})


async def test_a_request_with_a_large_response_is_done_once_and_the_repetition_told_so(
    client: httpx.AsyncClient, authority: TestAuthority
) -> None:
    headers = authority.headers(new_id()) | {"Idempotency-Key": "one"}

    first = await client.post("/noise", json={"size": 2 << 20}, headers=headers)
    again = await client.post("/noise", json={"size": 2 << 20}, headers=headers)
    small = await client.post("/things", json={"size": 1}, headers=authority.headers(new_id()))

    assert (first.status_code, len(first.content)) == (201, 2 << 20)
    assert (again.status_code, again.json()["code"]) == (409, "response_not_kept")
    assert "201" in again.json()["detail"]
    assert small.json() == {"made": 2}


async def test_a_response_is_not_replayed_to_a_key_without_the_scope_of_the_request(
    client: httpx.AsyncClient, authority: TestAuthority
) -> None:
    user_id = new_id()

    async def write(scope: str) -> httpx.Response:
        token = authority.token(user_id, scope=scope)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "one"}
        return await client.post("/notes", json={"size": 1}, headers=headers)

    first = await write("photos:read photos:write")
    reader = await write("photos:read")
    writer = await write("photos:write")

    assert (first.status_code, first.json()) == (201, {"made": 1})
    assert (reader.status_code, reader.json()["code"]) == (403, "insufficient_scope")
    assert (writer.status_code, writer.json()) == (201, {"made": 1})
    assert writer.headers["idempotent-replayed"] == "true"


async def test_routes_that_need_a_scope_document_its_problem(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        document = (await client.get("http://sample/internal/openapi.json")).json()

        operations = {path: next(iter(item.values())) for path, item in document["paths"].items()}
        responses = {path: each["responses"] for path, each in operations.items()}
        assert responses["/api/v1/notes"]["403"]["description"] == "`insufficient_scope`"
        assert responses["/api/v1/locked"]["403"]["description"] == "`locked`, `insufficient_scope`"
        assert "403" not in responses["/api/v1/me"]


async def test_urls_are_signed_for_the_host_that_the_client_used(client: httpx.AsyncClient) -> None:
    answer = await client.get(
        "/base", headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "photos.example"}
    )

    assert answer.json() == "https://photos.example"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "not_found"),
        (413, "body_too_large"),
        (502, "unavailable"),
        (503, "unavailable"),
        (504, "unavailable"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
async def test_the_gateway_gets_its_own_error_responses_as_problems(
    client: httpx.AsyncClient, status: int, code: str, method: str
) -> None:
    url = f"http://sample/internal/problems/{status}?any=query"
    response = await client.request(method, url)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"]
