"""The use cases of ml, typed."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from pichaven_chassis import events, http
from pichaven_ml.analysis.analyze_photos import AnalyzePhotos
from pichaven_ml.analysis.forget_photo import ForgetPhoto
from pichaven_ml.inference.embed_picture import EmbedPicture
from pichaven_ml.inference.embed_texts import EmbedTexts
from pichaven_ml.inference.model_runtime import ModelRuntime


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """What routes use."""

    runtime: ModelRuntime
    embed_texts: EmbedTexts
    embed_picture: EmbedPicture


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerContainer:
    """What subscribers use; an API has neither Kafka nor storage."""

    embed_photos: AnalyzePhotos
    read_texts: AnalyzePhotos | None
    """None where no text is read."""
    forget_photo: ForgetPhoto


Injected = Annotated[Container, Depends(http.container_of(Container))]
EventContainer = Annotated[WorkerContainer, events.container_of(WorkerContainer)]
