"""The merged OpenAPI document, and Swagger UI for it, all from this host."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles

from pichaven_chassis.etags import etag, not_modified
from pichaven_contracts.openapi import merged_openapi

_CACHE: Final = {"Cache-Control": "public, no-cache"}
_FILES: Final = StaticFiles(
    packages=[
        ("pichaven_identity.reference", "page"),
        ("fastapi_standalone_docs", "static/swagger"),
    ]
)

router = APIRouter(include_in_schema=False)
page_router = APIRouter(prefix="/api/docs", include_in_schema=False)


@router.get("/openapi.json")
async def document(request: Request) -> Response:
    openapi = merged_openapi()
    headers = {**_CACHE, "ETag": (tag := etag(openapi.digest))}
    if not_modified(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(openapi.content, media_type="application/json", headers=headers)


@page_router.get("")
@page_router.get("/")
async def page(request: Request) -> Response:
    return await file("index.html", request)


@page_router.get("/{name}")
async def file(name: str, request: Request) -> Response:
    response = await _FILES.get_response(name, request.scope)
    response.headers.update(_CACHE)
    return response
