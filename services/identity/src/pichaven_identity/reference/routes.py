"""The merged OpenAPI document, and a page that renders it without any other host."""

from functools import cache
from importlib import resources
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from pichaven_chassis.etags import etag, not_modified
from pichaven_chassis.problems import NotFound
from pichaven_contracts.openapi import merged_openapi

_MEDIA_TYPES: Final = {
    "reference.js": "text/javascript; charset=utf-8",
    "reference.css": "text/css; charset=utf-8",
}
_CACHE: Final = {"Cache-Control": "public, no-cache"}

router = APIRouter(include_in_schema=False)
page_router = APIRouter(prefix="/api/docs", include_in_schema=False)


@cache
def _read_file(name: str) -> bytes:
    return (resources.files(__package__) / name).read_bytes()


@router.get("/openapi.json")
async def document(request: Request) -> Response:
    openapi = merged_openapi()
    headers = {**_CACHE, "ETag": (tag := etag(openapi.digest))}
    if not_modified(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(openapi.content, media_type="application/json", headers=headers)


@page_router.get("")
async def page() -> Response:
    return Response(_read_file("index.html"), media_type="text/html", headers=_CACHE)


@page_router.get("/")
async def page_with_slash() -> Response:
    return RedirectResponse("/api/docs", status_code=308)


@page_router.get("/{name}")
async def asset(name: str) -> Response:
    if name not in _MEDIA_TYPES:
        raise NotFound("There is nothing at this address.")
    return Response(_read_file(name), media_type=_MEDIA_TYPES[name], headers=_CACHE)
