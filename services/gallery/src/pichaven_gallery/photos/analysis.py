"""What a model said of a photo."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pichaven_contracts.photo import PhotoTagged, Tag


@dataclass(frozen=True, slots=True)
class Analysis:
    """A model's tags for a photo; the embedding is search's."""

    revision: int
    at: datetime
    model: str
    tagging: Literal["done", "unavailable"]
    tags: tuple[Tag, ...] = ()
    vocabulary: str | None = None

    @classmethod
    def from_event(cls, event: PhotoTagged) -> "Analysis":
        return cls(
            revision=event.revision,
            at=event.occurred_at,
            model=event.model,
            tagging=event.state,
            tags=event.tags,
            vocabulary=event.vocabulary,
        )

    @property
    def age(self) -> tuple[int, bool, datetime, str]:
        """The greater is the newer; the text only orders different events of one moment."""
        return self.revision, self.tagging == "done", self.at, f"{self.model} {self.tags}"
