"""The base of every event and its CloudEvents identity."""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from pichaven_contracts.topics import Topic

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
"""A UUID in its canonical lower-case form (UUIDv7 where PicHaven makes it)."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest as 64 lower-case hexadecimal digits."""


def _now() -> datetime:
    return datetime.now(UTC)


class Value(BaseModel):
    """An immutable part of an event; unknown fields are ignored, so that producers may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Value):
    """A fact, named in the past tense.

    On the wire: CloudEvents 1.0 in Kafka's binary mode. The value is this model as JSON, the
    attributes are `ce_*` headers, the record's key is `key`.
    Within a version only fields with a default are added; any other change is a new version.
    """

    event_type: ClassVar[str]
    """`subject.action.vN`, the CloudEvents type."""
    topics: ClassVar[tuple[Topic, ...]]
    """The topics of the event; the first is the default."""

    occurred_at: AwareDatetime = Field(default_factory=_now)

    @property
    def key(self) -> str:
        """Return the aggregate's id; records of one key stay in order."""
        raise NotImplementedError

    @property
    def topic(self) -> Topic:
        """Return the topic of this event."""
        return self.topics[0]

    def to_json(self) -> bytes:
        """Return the record's value."""
        return self.model_dump_json().encode()


def event_fields(event: Event) -> dict[str, Any]:
    """The event as plain JSON values, for storing beside the state that it tells of."""
    return event.model_dump(mode="json")
