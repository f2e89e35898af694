"""The table of Kafka topics: producers, consumers, retention.

The admin command creates the topics of this table; ml creates its model's embedding topic.
Partitions are the production figure; a small cluster caps them by setting. Changing the
number later breaks the order of a key, so it is part of the contract.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Final

REPLICATION_FACTOR: Final = 3
"""Of every topic; a cluster of fewer brokers has one replica on each. One replica may be away."""
_HOUR: Final = 3_600_000
_DAY: Final = 24 * _HOUR


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic and its settings, or a family of topics with the same settings.

    `name` is a family's template, `pattern` the regular expression of its names. `key` names the
    aggregate that orders the topic. `retention_ms` is None for a compacted topic, which keeps the
    last record of every key until a tombstone removes it.
    """

    name: str
    key: str
    description: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    partitions: int = 12
    retention_ms: int | None = None
    pattern: str | None = None

    @property
    def is_compacted(self) -> bool:
        return self.retention_ms is None

    def has_name(self, name: str) -> bool:
        """Return whether this topic, or one of this family, has the name."""
        return bool(re.fullmatch(self.pattern, name)) if self.pattern else name == self.name


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
TAGS: Final = Topic(
    name="pichaven.tags.v1",
    key="photo_id",
    description="The tags that a model gave a photo; a tombstone when purged.",
    producers=("ml",),
    consumers=("gallery",),
)
TEXT: Final = Topic(
    name="pichaven.text.v1",
    key="photo_id",
    description="The text that was read in a photo; a tombstone when purged.",
    producers=("ml",),
    consumers=("gallery", "search"),
)
EMBEDDING_TOPICS: Final = r"^pichaven\.embeddings\.[a-z0-9-]+\.v1$"
"""The pattern of the names of embedding topics."""
EMBEDDINGS: Final = Topic(
    name="pichaven.embeddings.{model}.v1",
    key="photo_id",
    description="One topic per embedding model: each photo's embedding by it; a tombstone when "
    "purged. The topic is deleted with the last index of its model.",
    producers=("ml",),
    consumers=("search", "gallery"),
    pattern=EMBEDDING_TOPICS,
)
"""The family of the embedding topics; `embedding_topic` returns a model's own."""
LIBRARY: Final = Topic(
    name="pichaven.library.v1",
    key="photo_id",
    description="The full public state of a photo after each change; a tombstone when purged.",
    producers=("gallery",),
    consumers=("gallery", "search", "upload"),
)
COMMANDS: Final = Topic(
    name="pichaven.commands.v1",
    key="photo_id",
    description="Requests to process or analyse a photo again, and the order to remove a purged "
    "photo's data everywhere.",
    producers=("gallery",),
    consumers=("upload", "processing", "ml"),
    retention_ms=14 * _DAY,
)
PROGRESS: Final = Topic(
    name="pichaven.progress.v1",
    key="photo_id",
    description="Steps of a photo as they start and end; loss is tolerated.",
    producers=("processing", "ml"),
    consumers=("gallery",),
    retention_ms=_HOUR,
)
INVENTORY: Final = Topic(
    name="pichaven.inventory.v1",
    key="after",
    description="Pages of all photos with their versions, for search to compare its indexes with.",
    producers=("gallery",),
    consumers=("search",),
    partitions=3,
    retention_ms=_HOUR,
)
INDEX_GAPS: Final = Topic(
    name="pichaven.index-gaps.v1",
    key="after",
    description="Photos of which an index has not all that the library has.",
    producers=("search",),
    consumers=("gallery",),
    partitions=3,
    retention_ms=_DAY,
)

TOPICS: Final[tuple[Topic, ...]] = (
    UPLOAD,
    UPLOAD_BULK,
    PROCESSING,
    TAGS,
    TEXT,
    LIBRARY,
    COMMANDS,
    PROGRESS,
    INVENTORY,
    INDEX_GAPS,
)

_BY_NAME: Final = {topic.name: topic for topic in TOPICS}

RETRY_TIERS: Final = 3
"""How often a failed record is tried again, with growing delay, before it is dead-lettered."""

_DEAD_LETTER_RETENTION: Final = 30 * _DAY


def embedding_topic(model: str) -> Topic:
    """Return the topic of a model's embeddings; different models never share one."""
    readable = re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-")[:80]
    digest = hashlib.sha256(model.encode()).hexdigest()[:8]
    name = EMBEDDINGS.name.format(model=f"{readable}-{digest}")
    return replace(EMBEDDINGS, name=name, pattern=None)


def topic_of(name: str) -> Topic | None:
    """Return the topic with this name; None for one that is not in the table."""
    if EMBEDDINGS.has_name(name):
        return replace(EMBEDDINGS, name=name, pattern=None)
    return _BY_NAME.get(name)


def retry_topic(service: str, tier: int) -> str:
    """Return the name of a service's retry topic; tiers count from 1 (shortest delay)."""
    return f"pichaven.{service}.retry-{tier}"


def dead_letter_topic(service: str) -> str:
    """Return the name of a service's dead-letter topic."""
    return f"pichaven.{service}.dlq"


def consuming_services() -> tuple[str, ...]:
    """Return the services that consume at least one topic."""
    return tuple(sorted({name for topic in TOPICS for name in topic.consumers}))


def failure_topics() -> tuple[Topic, ...]:
    """Return the retry and dead-letter topics of every consuming service.

    Their records have the original bytes and key, with `x-*` headers for the error, its time,
    and the topic and offset of the original record.
    """
    failures: list[Topic] = []
    for service in consuming_services():
        names = [
            *(retry_topic(service, tier) for tier in range(1, RETRY_TIERS + 1)),
            dead_letter_topic(service),
        ]
        failures += [
            Topic(
                name=name,
                key="of the original record",
                description=f"Records that {service} could not handle.",
                producers=(service,),
                consumers=(service,),
                partitions=3,
                retention_ms=_DEAD_LETTER_RETENTION,
            )
            for name in names
        ]
    return tuple(failures)
