"""The API's reference: the merged OpenAPI document, and a page that reads it offline."""

from functools import cache
from importlib import resources
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from pichaven_chassis.etags import etag, not_modified
from pichaven_chassis.problems import NotFound
from pichaven_contracts.openapi import merged_openapi

_FILES: Final = {
    "reference.js": "text/javascript; charset=utf-8",
    "reference.css": "text/css; charset=utf-8",
}
_CACHE: Final = {"Cache-Control": "public, no-cache"}


@cache
def _file(name: str) -> bytes:
    return (resources.files(__package__) / name).read_bytes()


def document_router() -> APIRouter:
    made = APIRouter(include_in_schema=False)

    @made.get("/openapi.json")
    async def document(request: Request) -> Response:
        found = merged_openapi()
        headers = {**_CACHE, "ETag": (tag := etag(found.digest))}
        if not_modified(request, tag):
            return Response(status_code=304, headers=headers)
        return Response(found.content, media_type="application/json", headers=headers)

    return made


def page_router() -> APIRouter:
    made = APIRouter(prefix="/api/docs", include_in_schema=False)

    @made.get("")
    async def page() -> Response:
        return Response(_file("index.html"), media_type="text/html", headers=_CACHE)

    @made.get("/")
    async def page_with_slash() -> Response:
        return RedirectResponse("/api/docs", status_code=308)

    @made.get("/{name}")
    async def asset(name: str) -> Response:
        if name not in _FILES:
            raise NotFound("There is nothing at this address.")
        return Response(_file(name), media_type=_FILES[name], headers=_CACHE)

    return made
