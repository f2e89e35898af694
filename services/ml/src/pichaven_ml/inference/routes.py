"""Internal HTTP: other services ask here what texts and pictures mean. Not routed outside."""

from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StringConstraints
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from pichaven_chassis.problems import InvalidRequest, problem_responses
from pichaven_ml.inference.batching import Urgency
from pichaven_ml.inference.embed_texts import EmbedTexts
from pichaven_ml.inference.engine import Engine
from pichaven_ml.inference.errors import (
    EmptyText,
    ModelLoading,
    PictureTooLarge,
    TooBusy,
    TooManyPixels,
    UnreadablePicture,
)
from pichaven_ml.models.card import Calibration, Runtime, Vector

MAX_PICTURE_BYTES: Final = 20 << 20
_MULTIPART_OVERHEAD: Final = 16 << 10

router = APIRouter(prefix="/internal", tags=["internal"])


class Texts(BaseModel):
    texts: Annotated[
        list[Annotated[str, StringConstraints(max_length=1000)]],
        Field(min_length=1, max_length=64),
    ]


class TextEmbeddings(BaseModel):
    model: str
    dimensions: int
    embeddings: list[list[float]]
    """In the order of the texts; each of unit length."""


class PictureEmbedding(BaseModel):
    model: str
    embedding: list[float]


class CalibrationAnswer(BaseModel):
    """`sigmoid(scale * cosine + bias)` is the probability that a text is true of a picture."""

    scale: float
    bias: float
    threshold: float


class ModelAnswer(BaseModel):
    model: str
    dimensions: int
    runtime: Runtime
    bundled: bool
    """Whether this is the small model that knows drawn pictures only."""
    calibration: CalibrationAnswer | None
    """None when it could not be measured."""
    vocabulary: str | None
    """None while tagging is unavailable."""


@router.post("/embed/text", responses=problem_responses(EmptyText, ModelLoading, TooBusy))
async def embed_text(body: Texts, request: Request) -> TextEmbeddings:
    embed: EmbedTexts = request.app.state.embed_texts
    engine: Engine = request.app.state.engine
    vectors = await embed(body.texts)
    return TextEmbeddings(
        model=engine.card.id,
        dimensions=engine.card.dimensions,
        embeddings=[_plain(vector) for vector in vectors],
    )


@router.post(
    "/embed/image",
    responses=problem_responses(UnreadablePicture, TooManyPixels, PictureTooLarge, ModelLoading),
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
async def embed_image(request: Request) -> PictureEmbedding:
    engine: Engine = request.app.state.engine
    data = await _uploaded_file(request)
    vector = await engine.embed_picture(data, Urgency.WAITED_FOR)
    return PictureEmbedding(model=engine.card.id, embedding=_plain(vector))


@router.get("/model", responses=problem_responses(ModelLoading))
async def describe_model(request: Request) -> ModelAnswer:
    engine: Engine = request.app.state.engine
    card, tagger, calibration = engine.card, engine.tagger, engine.calibration
    return ModelAnswer(
        model=card.id,
        dimensions=card.dimensions,
        runtime=card.runtime,
        bundled=card.bundled,
        calibration=None if calibration is None else _calibration(calibration),
        vocabulary=tagger.vocabulary if tagger else None,
    )


def _calibration(found: Calibration) -> CalibrationAnswer:
    return CalibrationAnswer(scale=found.scale, bias=found.bias, threshold=found.threshold)


async def _uploaded_file(request: Request) -> bytes:
    """The part named `file`; its size is known, and refused, before the body is read."""
    announced = request.headers.get("content-length", "")
    if not announced.isdecimal():
        raise InvalidRequest("Send the length of the body.")
    if int(announced) > MAX_PICTURE_BYTES + _MULTIPART_OVERHEAD:
        raise PictureTooLarge(f"At most {MAX_PICTURE_BYTES >> 20} MiB are taken.")
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


def _plain(vector: Vector) -> list[float]:
    return [round(float(value), 7) for value in vector]
