"""`POST /photos`: a whole upload in one request, for scripts."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from fastapi import APIRouter, Request, Response, status
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from pichaven_chassis.auth import Writer, authenticator_of
from pichaven_chassis.fair_slots import OwnShareTaken, SlotDisplaced
from pichaven_chassis.problems import (
    FileMissing,
    Problem,
    Unauthorized,
    Unavailable,
    UnknownField,
    UnsupportedBodyType,
    problem_responses,
)
from pichaven_upload.container import Injected
from pichaven_upload.direct.errors import UploadStalled
from pichaven_upload.direct.form_stream import FormStream
from pichaven_upload.sessions.errors import HashMismatch, InvalidSidecar, SidecarTooLarge
from pichaven_upload.sessions.model import ExistingPhoto
from pichaven_upload.sessions.routes import REFUSALS
from pichaven_upload.sessions.schemas import SHA256_EXAMPLE, UploadReceipt

_MOST_DRAINED: Final = 16 << 20
_LONGEST_DRAIN_S: Final = 5.0
_FORM: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "The photo, with its name.",
                        },
                        # Empty is as left out. Without defaults a form begins with made-up values.
                        "sha256": {
                            "type": "string",
                            "pattern": "^([0-9a-f]{64})?$",
                            "default": "",
                            "description": "SHA-256 of the file, in lower-case hexadecimal.",
                            "examples": [SHA256_EXAMPLE],
                        },
                        "album_id": {
                            "type": "string",
                            "format": "uuid",
                            "default": "",
                            "description": "The album that the photo is for.",
                        },
                        "taken_at": {
                            "type": "string",
                            "format": "date-time",
                            "default": "",
                            "description": "When it was taken, where the file does not say.",
                            "examples": ["2026-06-13T18:42:07+01:00"],
                        },
                        "on_duplicate": {
                            "enum": ["skip", "keep", "replace"],
                            "default": "skip",
                            "description": "What becomes of a file whose bytes you have already.",
                        },
                        "lane": {
                            "enum": ["interactive", "bulk"],
                            "default": "interactive",
                            "description": "Bulk is processed after what people wait for.",
                        },
                        "sidecar": {
                            "type": "string",
                            "format": "binary",
                            "description": "An XMP file whose metadata wins over the picture's.",
                        },
                    },
                    "examples": [{"file": "IMG_2041.jpg", "sha256": SHA256_EXAMPLE}],
                }
            }
        },
    }
}

router = APIRouter(tags=["upload"])


@router.post(
    "/photos",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=UploadReceipt,
    responses={
        200: {"model": UploadReceipt},
        **problem_responses(
            *(*REFUSALS, UnsupportedBodyType, UnknownField, FileMissing, HashMismatch),
            *(UploadStalled, SidecarTooLarge, InvalidSidecar, OwnShareTaken, Unavailable),
        ),
    },
    openapi_extra=_FORM,
)
async def receive_photo(request: Request, user: Writer, container: Injected) -> Response:
    """Upload a whole file in one request.

    Fields may stand before or after the file; a `sha256` before it saves a copy of large files.

    Few files are received at a time, and owners share these places fairly. A request that found
    none in time is refused with 503, one that waited for its owner's other requests with 429. While
    others wait, slow requests end with 503. `Retry-After` says when to send it again.

    An upload in progress ends within seconds of its session, and with its API key.
    """
    header = request.headers.get("content-length", "")
    content_length = int(header) if header.isdecimal() else None
    container.receive_photo.check_length(content_length)
    body = authenticator_of(request.app).while_live(user, request.stream())
    try:
        form = FormStream(request.headers.get("content-type", ""), body)
        upload = await container.receive_photo(user.user_id, form, content_length=content_length)
    except (UploadStalled, SlotDisplaced, Unauthorized):
        # What it still sends would take as long again, or comes from a session that has ended.
        raise
    except Problem:
        await _drain(body)
        raise
    duplicate = upload.photo_id if isinstance(upload, ExistingPhoto) else upload.duplicate_of
    if duplicate is not None:
        return JSONResponse({"photo_id": duplicate, "duplicate_of": duplicate}, status.HTTP_200_OK)
    return JSONResponse({"photo_id": upload.photo_id}, status.HTTP_202_ACCEPTED)


async def _drain(body: AsyncIterator[bytes]) -> None:
    """Read on for a while: many clients read the response only after they have sent everything."""
    drained = 0
    try:
        async with asyncio.timeout(_LONGEST_DRAIN_S):
            async for chunk in body:
                drained += len(chunk)
                if drained > _MOST_DRAINED:
                    return
    except (ClientDisconnect, TimeoutError):
        return
