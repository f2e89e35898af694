"""Internal HTTP for other services; the gateway routes none of it."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from pichaven_chassis.disconnects import cancel_on_disconnect
from pichaven_chassis.problems import InvalidRequest, UnsupportedBodyType, problem_responses
from pichaven_ml.container import Injected
from pichaven_ml.inference.errors import (
    EmptyText,
    ModelLoading,
    PictureTooLarge,
    TooBusy,
    TooManyPixels,
    UnreadablePicture,
)
from pichaven_ml.inference.schemas import Model, PictureEmbedding, TextEmbeddings, Texts
from pichaven_ml.models.card import to_floats

MAX_PICTURE_BYTES: Final = 20 << 20
_MULTIPART_OVERHEAD: Final = 16 << 10

Owner = Annotated[
    str,
    Header(max_length=64, description="Whose picture it is: pictures of owners take turns."),
]

router = APIRouter(prefix="/internal", tags=["internal"])


@router.post("/embed/text", responses=problem_responses(EmptyText, ModelLoading, TooBusy))
async def embed_text(body: Texts, container: Injected) -> TextEmbeddings:
    embeddings = await container.embed_texts(body.texts)
    card = container.runtime.card
    return TextEmbeddings(
        model=card.id,
        dimensions=card.dimensions,
        embeddings=[to_floats(each.vector) for each in embeddings],
        calibrations=[each.calibration for each in embeddings],
    )


@router.post(
    "/embed/image",
    responses=problem_responses(
        UnreadablePicture, TooManyPixels, PictureTooLarge, ModelLoading, TooBusy
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {"file": {"type": "string", "format": "binary"}},
                    }
                }
            },
        }
    },
)
async def embed_image(
    request: Request, container: Injected, pichaven_owner: Owner = ""
) -> PictureEmbedding:
    picture = await _read_file(request)
    vector = await cancel_on_disconnect(request, container.embed_picture(picture, pichaven_owner))
    return PictureEmbedding(model=container.runtime.card.id, embedding=to_floats(vector))


@router.get("/model", responses=problem_responses(ModelLoading))
async def describe_model(container: Injected) -> Model:
    runtime = container.runtime
    card = runtime.card
    return Model(
        model=card.id,
        dimensions=card.dimensions,
        runtime=card.runtime,
        bundled=card.bundled,
        calibration=runtime.calibration,
        vocabulary=runtime.tagger.vocabulary if runtime.tagger else None,
    )


async def _read_file(request: Request) -> bytes:
    """Read the part named `file`; a body that is too large is refused before it is read."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise InvalidRequest("Send the length of the body.")
    if int(length) > MAX_PICTURE_BYTES + _MULTIPART_OVERHEAD:
        raise PictureTooLarge(f"At most {MAX_PICTURE_BYTES >> 20} MiB are taken.")
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise UnsupportedBodyType("Send multipart/form-data with the picture in the field file.")
    try:
        async with request.form(max_files=1, max_fields=4) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise InvalidRequest("Send the picture as the multipart field `file`.")
            data = await file.read()
    except MultiPartException as error:
        raise InvalidRequest(f"The body is no multipart form: {error.message}.") from error
    if len(data) > MAX_PICTURE_BYTES:
        raise PictureTooLarge(f"At most {MAX_PICTURE_BYTES >> 20} MiB are taken.")
    return data
