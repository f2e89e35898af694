"""What every route of every service refuses and answers alike, so that a new one does too."""

import importlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Final, get_args

import httpx
import pytest
from fastapi import params
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from pichaven_chassis.http import PUBLIC_PREFIX, create_app
from pichaven_chassis.ids import new_id
from pichaven_chassis.request_body import RequestBody
from pichaven_chassis.runtime import Role, Service
from pichaven_contracts.openapi import merged_openapi
from pichaven_local.platform import load_table
from testing.authority import TestAuthority

WITH_ROUTES = [name for name, entry in load_table().services.items() if "api" in entry.roles]
STREAMS: Final = {"/api/v1/events"}
MAY_BE_EMPTY: Final = {"q", "cursor", "variants", "format", "facets"}
"""Query parameters of which nothing is a value: any photo, the first page, no names."""
JSON: Final = {"Content-Type": "application/json"}


@dataclass
class App:
    service: Service
    http: httpx.AsyncClient
    headers: dict[str, str]

    def routes(self) -> Iterator[tuple[str, APIRoute]]:
        """Each route with a path that it matches."""
        prefixed = [(PUBLIC_PREFIX, each) for each in self.service.routers]
        prefixed += [("", each) for each in self.service.internal_routers]
        for prefix, router in prefixed:
            for route in router.routes:
                assert isinstance(route, APIRoute)
                yield prefix + re.sub(r"\{[^}]+\}", new_id(), route.path), route

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        options["headers"] = self.headers | options.get("headers", {})
        return await self.http.request(method, path, **options)


@pytest.fixture(params=WITH_ROUTES)
async def app(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[App]:
    # No MongoDB is there; a route that asks for it is not to wait for it.
    monkeypatch.setenv("PICHAVEN_MONGO_TIMEOUT_MS", "100")
    bootstrap = importlib.import_module(f"pichaven_{request.param}.bootstrap")
    service: Service = await bootstrap.build(Role.API)
    authority = TestAuthority()
    service.authenticator = authority.authenticator
    transport = httpx.ASGITransport(create_app(service))
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as http:
            yield App(service, http, authority.headers(new_id()))
    finally:
        for close in service.close:
            await close()


def _dependants(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for each in dependant.dependencies:
        yield from _dependants(each)


def _models(annotation: Any) -> set[type[BaseModel]]:
    """Return the models that a value of this type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields.values()
        return {annotation}.union(*(_models(field.annotation) for field in fields))
    return set().union(*map(_models, get_args(annotation)))


def _method(route: APIRoute) -> str:
    assert route.methods
    return next(iter(route.methods))


def _takes_json(route: APIRoute) -> bool:
    body = route.body_field
    return body is not None and not isinstance(body.field_info, params.Form)


def _problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


async def test_every_route_refuses_a_parameter_that_it_does_not_have(app: App) -> None:
    for path, route in app.routes():
        for method in route.methods or ():
            response = await app.call(method, path, params={"favourite": "true"})
            assert _problem(response) == (422, "unknown_parameter"), (method, path)
            [error] = response.json()["errors"]
            assert error["path"] == "query.favourite"
            assert "`favourite`" in response.json()["detail"]


async def test_every_route_refuses_a_second_value_of_a_parameter_that_has_one(app: App) -> None:
    for path, route in app.routes():
        fields = [field for each in _dependants(route.dependant) for field in each.query_params]
        for name in {field.alias for field in fields if "list" not in str(field.field_info)}:
            query = [(name, "1"), (name, "1")]
            response = await app.call(_method(route), path, params=query)
            assert _problem(response) == (422, "repeated_parameter"), (path, name)
            assert response.json()["errors"][0]["path"] == f"query.{name}"


async def test_every_route_refuses_an_empty_value_of_a_parameter_that_needs_one(app: App) -> None:
    for path, route in app.routes():
        for each in _dependants(route.dependant):
            for field in each.query_params:
                if field.alias in MAY_BE_EMPTY:
                    continue
                response = await app.call(_method(route), path, params={field.alias: ""})
                assert _problem(response) == (422, "empty_parameter"), (path, field.alias)
                assert response.json()["errors"][0]["path"] == f"query.{field.alias}"


def test_the_document_says_which_texts_of_a_query_may_be_empty() -> None:
    lengths: dict[str, set[int]] = {}
    for item in json.loads(merged_openapi().content)["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                text = parameter["schema"].get("items", parameter["schema"])
                if parameter["in"] == "query" and text.get("type") == "string":
                    allowed = 1 if "enum" in text else text["minLength"]
                    lengths.setdefault(parameter["name"], set()).add(allowed)

    assert all(len(each) == 1 for each in lengths.values())
    assert {name for name, each in lengths.items() if each == {0}} == MAY_BE_EMPTY


async def test_a_signed_out_caller_learns_nothing_of_a_routes_parameters(app: App) -> None:
    signed_in = 0
    for path, route in app.routes():
        names = {getattr(each.call, "__name__", "") for each in _dependants(route.dependant)}
        if "current_user" in names:
            response = await app.http.request(_method(route), path, params={"favourite": "true"})
            assert _problem(response) == (401, "unauthorized")
            signed_in += 1
    assert signed_in or app.service.name == "ml"


async def test_every_json_body_refuses_unknown_fields_and_other_types(app: App) -> None:
    for path, route in app.routes():
        if not _takes_json(route):
            continue
        assert route.body_field is not None
        for model in _models(route.body_field.field_info.annotation):
            assert issubclass(model, RequestBody), f"{path}: {model.__name__}"
            assert model.model_config["extra"] == "forbid"
            assert model.model_config["strict"] is True
            with pytest.raises(ValueError, match="favourite") as raised:
                model.model_validate({"favourite": True})
            assert "extra_forbidden" in str(raised.value)


async def test_a_body_that_is_no_json_has_one_code_everywhere(app: App) -> None:
    for path, route in app.routes():
        method = _method(route)
        if not _takes_json(route):
            continue
        for body in (b"{", b"\xff\xfe", b"[" * 100_000):
            broken = await app.call(method, path, content=body, headers=JSON)
            assert _problem(broken) == (400, "invalid_json"), (path, body[:10])
        for media_type in ("text/plain", "application/x-www-form-urlencoded"):
            other = await app.call(
                method, path, content=b"{}", headers={"Content-Type": media_type}
            )
            assert _problem(other) == (415, "unsupported_body_type"), path


async def test_a_body_over_a_megabyte_has_one_code_everywhere(app: App) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * 100_000

    for path, route in app.routes():
        if not _takes_json(route):
            continue
        for body in (b" " * 1_000_001, chunks()):
            response = await app.call(_method(route), path, content=body, headers=JSON)
            assert _problem(response) == (413, "body_too_large"), path


async def test_head_has_the_status_and_the_headers_of_get(app: App) -> None:
    for path, route in app.routes():
        if "GET" not in (route.methods or ()) or path in STREAMS:
            continue
        # Without credentials, since no engine is there to answer.
        get, head = await app.http.get(path), await app.http.head(path)
        assert head.status_code == get.status_code, path
        assert head.content == b""
        assert head.headers["content-type"] == get.headers["content-type"]
        assert head.headers["content-length"] == get.headers["content-length"]


async def test_allow_names_every_method_of_a_path(app: App) -> None:
    documented = {
        path: {method.upper() for method in item}
        for path, item in json.loads(merged_openapi().content)["paths"].items()
    }
    for path, route in app.routes():
        template = PUBLIC_PREFIX + route.path
        if template not in documented or not path.startswith(PUBLIC_PREFIX):
            continue
        methods = documented[template] | {"OPTIONS"}
        expected = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))

        options = await app.http.options(path)
        refused = await app.call("TRACE", path)

        assert (options.status_code, options.headers["allow"]) == (204, expected), path
        assert _problem(refused) == (405, "method_not_allowed")
        assert refused.headers["allow"] == expected


async def test_a_trailing_slash_leads_to_the_path_without_it_by_the_same_scheme(app: App) -> None:
    paths = {path for path, _ in app.routes()}
    for path, route in app.routes():
        if path.endswith("/") or f"{path}/" in paths:
            continue
        for method in route.methods or ():
            response = await app.call(method, f"{path}/?a=%2F")
            assert response.status_code == 307, (method, path)
            assert response.headers["location"] == f"{path}?a=%2F"


def test_every_unsafe_call_takes_an_idempotency_key_or_says_that_it_ignores_it() -> None:
    ignoring = set()
    for path, item in json.loads(merged_openapi().content)["paths"].items():
        for method, operation in item.items():
            if method == "get":
                continue
            names = {parameter["name"] for parameter in operation.get("parameters", ())}
            ignores = "ignores an `Idempotency-Key`" in operation["description"]
            assert ignores is not ("Idempotency-Key" in names), f"{method} {path}"
            if ignores:
                ignoring.add(path)
    assert {path for path in ignoring if not path.startswith("/api/v1/auth/")} == {
        "/api/v1/duplicates/dismissals",
        "/api/v1/duplicates/{group_id}/dismissal",
        "/api/v1/photos",
        "/api/v1/search/history",
        "/api/v1/search/history/settings",
        "/api/v1/search/history/{search_id}",
        "/api/v1/search/image",
        "/api/v1/uploads/{upload_id}/sidecar",
    }
