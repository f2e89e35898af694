"""The one table of Kafka topics: who writes, who reads, what is kept for how long.

Topics are created from this table by the admin command and by nothing else.
Partitions are the production figure; a small cluster caps them by setting. Changing the
number later breaks the order of a key, so it is part of the contract.
"""

from dataclasses import dataclass
from typing import Final

_HOUR: Final = 3_600_000
_DAY: Final = 24 * _HOUR


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic and its settings.

    `key` names the aggregate that orders the topic. `retention_ms` is None for a compacted
    topic, which keeps the last record of every key until a tombstone removes it.
    """

    name: str
    key: str
    description: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    partitions: int = 12
    retention_ms: int | None = None

    @property
    def compacted(self) -> bool:
        return self.retention_ms is None


UPLOAD: Final = Topic(
    name="pichaven.upload.v1",
    key="photo_id",
    description="Originals that storage holds whole, uploaded by hand.",
    producers=("upload",),
    consumers=("processing", "gallery"),
    retention_ms=14 * _DAY,
)
UPLOAD_BULK: Final = Topic(
    name="pichaven.upload-bulk.v1",
    key="photo_id",
    description="The same events from bulk imports: a lane of its own, so that a photo "
    "uploaded by hand overtakes them.",
    producers=("upload",),
    consumers=("processing", "gallery"),
    retention_ms=14 * _DAY,
)
PROCESSING: Final = Topic(
    name="pichaven.processing.v1",
    key="photo_id",
    description="What became of an original: its variants and facts, or why it was refused.",
    producers=("processing",),
    consumers=("upload", "ml", "gallery"),
    retention_ms=14 * _DAY,
)
ANALYSIS: Final = Topic(
    name="pichaven.analysis.v1",
    key="photo_id",
    description="Embedding, tags and text of a photo; the search index is rebuilt from here.",
    producers=("ml",),
    consumers=("gallery", "search"),
)
LIBRARY: Final = Topic(
    name="pichaven.library.v1",
    key="photo_id",
    description="The full public state of a photo after each change; a tombstone when purged.",
    producers=("gallery",),
    consumers=("search", "upload"),
)
COMMANDS: Final = Topic(
    name="pichaven.commands.v1",
    key="photo_id",
    description="Work asked for, and the order to remove a purged photo's data everywhere.",
    producers=("gallery", "ml"),
    consumers=("upload", "processing", "ml"),
    retention_ms=14 * _DAY,
)
IDENTITY: Final = Topic(
    name="pichaven.identity.v1",
    key="user_id",
    description="Accounts that came to be.",
    producers=("identity",),
    consumers=(),
    partitions=6,
    retention_ms=90 * _DAY,
)
PROGRESS: Final = Topic(
    name="pichaven.progress.v1",
    key="photo_id",
    description="Steps of a photo as they start and end; loss is tolerated.",
    producers=("processing", "ml"),
    consumers=("gallery",),
    retention_ms=_HOUR,
)

TOPICS: Final[tuple[Topic, ...]] = (
    UPLOAD,
    UPLOAD_BULK,
    PROCESSING,
    ANALYSIS,
    LIBRARY,
    COMMANDS,
    IDENTITY,
    PROGRESS,
)

RETRY_TIERS: Final = 3
"""How many times a failed record is tried again, with growing delay, before it is set aside."""

_SET_ASIDE: Final = 30 * _DAY


def retry_topic(service: str, tier: int) -> str:
    """Name of a service's retry topic; tiers count from 1 (shortest delay)."""
    return f"pichaven.{service}.retry-{tier}"


def dead_letter_topic(service: str) -> str:
    """Name of the topic where a service's unprocessable records wait for a person."""
    return f"pichaven.{service}.dlq"


def consuming_services() -> tuple[str, ...]:
    """Every service that reads at least one topic."""
    return tuple(sorted({name for topic in TOPICS for name in topic.consumers}))


def failure_topics() -> tuple[Topic, ...]:
    """Retry and dead-letter topics of every consuming service.

    Records lie there as raw bytes under their old key, with `x-*` headers that say what
    failed, where and when.
    """
    found: list[Topic] = []
    for service in consuming_services():
        names = [
            *(retry_topic(service, tier) for tier in range(1, RETRY_TIERS + 1)),
            dead_letter_topic(service),
        ]
        found += [
            Topic(
                name=name,
                key="as it came",
                description=f"Records that {service} could not handle.",
                producers=(service,),
                consumers=(service,),
                partitions=3,
                retention_ms=_SET_ASIDE,
            )
            for name in names
        ]
    return tuple(found)
