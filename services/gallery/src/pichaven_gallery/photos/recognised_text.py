"""The text that was read in a photo's picture."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pichaven_contracts.photo import PhotoTextRead


@dataclass(frozen=True, slots=True)
class RecognisedText:
    """The outcome of reading one revision; `text` is empty where there is none, None where it
    could not be read. At most 20,000 characters, as in the event."""

    revision: int
    at: datetime
    reader: str
    state: Literal["done", "unavailable"]
    text: str | None

    @classmethod
    def from_event(cls, event: PhotoTextRead) -> "RecognisedText":
        return cls(
            revision=event.revision,
            at=event.occurred_at,
            reader=event.reader,
            state=event.state,
            text=event.text,
        )

    @property
    def age(self) -> tuple[int, datetime, str]:
        """The greater is the newer; the text only orders different events of one moment."""
        return self.revision, self.at, self.text or ""
