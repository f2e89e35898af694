"""Events about photos, from the stored original to the searchable photo."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal

from pydantic import (
    AwareDatetime,
    Field,
    NaiveDatetime,
    NonNegativeInt,
    PositiveInt,
    StringConstraints,
    WithJsonSchema,
)

from pichaven_contracts import topics
from pichaven_contracts.event import Event, Id, Sha256, Value
from pichaven_contracts.topics import Topic


class Lane(StrEnum):
    """The queue of a photo: interactive uploads overtake bulk imports."""

    INTERACTIVE = "interactive"
    BULK = "bulk"


class Location(Value):
    """WGS 84, degrees; altitude in metres."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    altitude: float | None = None
    city: str | None = None
    region: str | None = None
    """The first administrative level: state, province, Land."""
    country: str | None = None


class Exif(Value):
    """How a picture was taken, as the camera wrote it."""

    camera: str | None = None
    lens: str | None = None
    iso: int | None = None
    aperture: float | None = None
    """The f-number."""
    shutter: float | None = None
    """Exposure time in seconds."""
    focal_length: float | None = None
    """Millimetres, not converted to 35 mm."""


OffsetSource = Literal["file", "gps", "user", "client", "home", "none"]
"""Where the offset of a capture time is from: the file, the zone at the photo's position, its
owner, the client that uploaded it, its owner's home zone; `none` where it is unknown."""
WallTime = Annotated[
    NaiveDatetime,
    # Not of the format `date-time`, which has an offset.
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?$"}),
]
"""What a clock on the spot showed, `2024-01-01T00:30:00`."""
Offset = Annotated[str, StringConstraints(pattern=r"^[+-]\d\d:\d\d$")]
"""Of a wall time from UTC, `+09:00`."""


class TakenAt(Value):
    """When the picture was taken, and the source of that time."""

    at: AwareDatetime
    """In UTC; without an offset, the camera's clock is read as UTC."""
    offset_minutes: int | None = None
    """Of the wall time from UTC, where it is known."""
    offset_source: Literal["file", "gps"] | None = None
    """Whether the file has the offset, or it is that of the zone at the position. Events before
    this field have the file's."""
    source: Literal["exif", "gps", "xmp", "client", "upload"] = "exif"


class Variant(Value):
    """One derived picture in storage."""

    name: str
    """The bounding long edge in pixels: `150`, `400`, `800`, `1920`."""
    format: str
    """`avif`, `webp` or `jpeg`."""
    width: PositiveInt
    height: PositiveInt
    bytes: PositiveInt
    key: str
    """The object's key in the media bucket."""


class Colour(Value):
    """One colour of a picture's palette."""

    hex: Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
    share: Annotated[float, Field(ge=0, le=1)]
    """Its part of the picture's area."""


class Tag(Value):
    """A word for what the picture shows."""

    name: str
    source: Literal["user", "ai"]
    confidence: Annotated[float, Field(ge=0, le=1)] = 1.0


class PhotoEvent(Event):
    """An event of one photo of one owner."""

    photo_id: Id
    owner_id: Id

    @property
    def key(self) -> str:
        return self.photo_id


class PhotoUploaded(PhotoEvent):
    """Storage holds the whole original at the announced size; its digest is still a claim."""

    event_type: ClassVar[str] = "photo.uploaded.v1"
    topics: ClassVar[tuple[Topic, ...]] = (topics.UPLOAD, topics.UPLOAD_BULK)

    revision: PositiveInt = 1
    """Counts the photo's originals; the highest is current."""
    upload_id: Id
    filename: str
    content_type: str
    """As the client claimed."""
    size: PositiveInt
    """Bytes."""
    sha256: Sha256
    object_key: str
    taken_at: AwareDatetime | None = None
    """As the client claimed, with the offset that it gave; used where the file tells nothing. In
    UTC it tells no offset."""
    lane: Lane = Lane.INTERACTIVE
    album_id: Id | None = None
    """The album that the owner uploads into; None outside albums."""
    sidecar_key: str | None = None
    """The object of the XMP sidecar that came with the original, at most 1 MB; it may be
    missing."""

    @property
    def topic(self) -> Topic:
        return topics.UPLOAD_BULK if self.lane is Lane.BULK else topics.UPLOAD


class PhotoProcessed(PhotoEvent):
    """The digest is verified and storage has every variant."""

    event_type: ClassVar[str] = "photo.processed.v1"
    topics: ClassVar[tuple[Topic, ...]] = (topics.PROCESSING,)

    revision: PositiveInt
    """Of the original."""
    pipeline_version: PositiveInt
    sha256: Sha256
    object_key: str
    """The original."""
    content_type: str
    """The true type, by the file's own bytes."""
    size: PositiveInt
    width: PositiveInt
    """Pixels, upright."""
    height: PositiveInt
    variants: tuple[Variant, ...]
    blurhash: str
    phash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    """64-bit perceptual hash; the Hamming distance tells likeness."""
    palette: tuple[Colour, ...] = ()
    """Up to six colours, the largest share first."""
    exif: Exif = Exif()
    taken_at: TakenAt | None = None
    location: Location | None = None
    rating: Annotated[int, Field(ge=0, le=5)] | None = None
    title: str | None = None
    """Written into the file, apart from the caption."""
    caption: str | None = None
    """A description written into the file."""
    keywords: tuple[str, ...] = ()
    """Subjects written into the file by another program."""
    lane: Lane = Lane.INTERACTIVE


PROCESSING_FAILED: Final = "processing_failed"
"""The code of a rejection for which the file is not to blame: the original is kept and may be
processed again."""


class PhotoRejected(PhotoEvent):
    """The original cannot become a photo; nothing derived from it is kept."""

    event_type: ClassVar[str] = "photo.rejected.v1"
    topics: ClassVar[tuple[Topic, ...]] = (topics.PROCESSING,)

    revision: PositiveInt
    sha256: Sha256
    object_key: str
    code: str
    """Stable: `hash_mismatch`, `unsupported_media_type`, `damaged_file`, `too_many_pixels`,
    `too_large`, `processing_failed`."""
    message: str
    """One sentence for the owner."""


class PhotoEmbedded(PhotoEvent):
    """A model's embedding of a photo; it says nothing beside another model's."""

    event_type: ClassVar[str] = "photo.embedded.v1"
    topics: ClassVar[tuple[Topic, ...]] = (topics.EMBEDDINGS,)

    revision: PositiveInt
    """Of the original that was embedded."""
    model: str
    """Names architecture, weights and preprocessing."""
    embedding: tuple[float, ...]
    """Unit length."""

    @property
    def topic(self) -> Topic:
        return topics.embedding_topic(self.model)


class PhotoTagged(PhotoEvent):
    """The tags that a model gave a photo, or that tagging was not available."""

    event_type: ClassVar[str] = "photo.tagged.v1"
    topics: ClassVar[tuple[Topic, ...]] = (topics.TAGS,)

    revision: PositiveInt
    model: str
    tags: tuple[Tag, ...] = ()
    """At most ten, the most certain first."""
    state: Literal["done", "unavailable"] = "done"
    vocabulary: str | None = None
    """Version of the tag vocabulary; None when tagging is unavailable."""


class PhotoTextRead(PhotoEvent):
    """The text that was read in a photo, or that it could not be read."""

    event_type: ClassVar[str] = "photo.text_read.v1"
    topics: ClassVar[tuple[Topic, ...]] = (topics.TEXT,)

    revision: PositiveInt
    reader: str
    """Names the recognition models and their preprocessing."""
    text: Annotated[str, Field(max_length=20_000)] | None = None
    """One line per line of text, the most certain reading; None if unavailable."""
    state: Literal["done", "unavailable"] = "done"


class PhotoPurged(PhotoEvent):
    """The photo is deleted for good: every service deletes its data of it."""

    event_type: ClassVar[str] = "photo.purged.v1"
    topics: ClassVar[tuple[Topic, ...]] = (topics.COMMANDS,)


class PhotoReprocessRequested(PhotoEvent):
    """The variants are to be generated again from the stored original."""

    event_type: ClassVar[str] = "photo.reprocess_requested.v1"
    topics: ClassVar[tuple[Topic, ...]] = (topics.COMMANDS,)

    original: PhotoUploaded
    """The upload's event: processing needs nothing else."""
    reason: str


class PhotoReanalyzeRequested(PhotoEvent):
    """Embedding, tags and text are to be generated again from the stored variants."""

    event_type: ClassVar[str] = "photo.reanalyze_requested.v1"
    topics: ClassVar[tuple[Topic, ...]] = (topics.COMMANDS,)

    processed: PhotoProcessed
    reason: str


class PhotoChanged(PhotoEvent):
    """The photo's full state after a change; the highest version is current."""

    event_type: ClassVar[str] = "photo.changed.v1"
    topics: ClassVar[tuple[Topic, ...]] = (topics.LIBRARY,)

    version: PositiveInt
    revision: PositiveInt | None = None
    """Of the original that the variants are made from; None before processing."""
    status: Literal["processing", "ready", "failed"]
    trashed: bool = False
    hidden: bool = False
    filename: str
    content_type: str
    size: NonNegativeInt
    sha256: Sha256
    width: int | None = None
    height: int | None = None
    taken_at: AwareDatetime
    """The instant; without an offset, the wall time read as UTC."""
    taken_at_local: WallTime | None = None
    """The wall time where it was taken; None in events before this field."""
    taken_at_offset: Offset | None = None
    taken_at_source: OffsetSource = "none"
    created_at: AwareDatetime
    favorite: bool = False
    title: str | None = None
    """As the file has it."""
    caption: str | None = None
    rating: Annotated[int, Field(ge=0, le=5)] | None = None
    tags: tuple[Tag, ...] = ()
    exif: Exif = Exif()
    location: Location | None = None
    blurhash: str | None = None
    phash: str | None = None
    palette: tuple[Colour, ...] = ()
    variants: tuple[Variant, ...] = ()
    original_key: str
    sidecar_key: str | None = None
    """The XMP sidecar of the original; None where there is none."""

    @property
    def wall_time(self) -> datetime:
        """The wall time where it was taken; the instant in UTC where the event has none."""
        if self.taken_at_local is not None:
            return self.taken_at_local
        return self.taken_at.astimezone(UTC).replace(tzinfo=None)


class ProgressState(StrEnum):
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    RETRYING = "retrying"


class PhotoProgressed(PhotoEvent):
    """A step of a photo started or ended. Delivery is best effort."""

    event_type: ClassVar[str] = "photo.progressed.v1"
    topics: ClassVar[tuple[Topic, ...]] = (topics.PROGRESS,)

    revision: PositiveInt = 1
    step: str
    state: ProgressState
    percent: Annotated[int, Field(ge=0, le=100)]
    """Of all steps of the producing service."""
    message: str | None = None
    """On failure: the reason, in words for the owner."""
