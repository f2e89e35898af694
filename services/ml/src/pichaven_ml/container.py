"""What the routes of ml use."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from pichaven_chassis.http import container_of
from pichaven_ml.inference.embed_texts import EmbedTexts
from pichaven_ml.inference.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    engine: Engine
    embed_texts: EmbedTexts


Injected = Annotated[Container, Depends(container_of(Container))]
