"""What the use cases need from outside."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from pichaven_chassis.events import Delivery
from pichaven_chassis.problems import Unavailable
from pichaven_contracts.event import Event
from pichaven_contracts.topics import Topic
from pichaven_search.index.document import Change, Held
from pichaven_search.index.stored_photo import StoredPhoto
from pichaven_search.query_language.filters import Filters
from pichaven_search.query_language.query import Question
from pichaven_search.retrieval.fusion import Calibration, Candidate, Place
from pichaven_search.retrieval.relevance import Sample


@dataclass(frozen=True, slots=True)
class Model:
    """The embedding model that ml runs now."""

    name: str
    dimensions: int
    calibration: Calibration | None
    """None where it could not be measured: then no likeness can be told from noise."""


@dataclass(frozen=True, slots=True)
class Index:
    """One index: of one schema and one embedding model."""

    name: str
    model: str
    dimensions: int
    state: Literal["building", "complete"]
    schema: int
    replaced: str | None = None
    """The index that was searched before this one: the way back."""


@dataclass(frozen=True, slots=True)
class Write:
    """New fields of a photo; applied only if the index still holds what was read."""

    photo_id: str
    owner_id: str
    fields: Mapping[str, Any]
    held: Held | None


@dataclass(frozen=True, slots=True)
class Sight:
    """A question as a vector of one model, and the cosine below which nothing is an answer."""

    vector: Sequence[float]
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    count: int


Facets = Mapping[str, Sequence[FacetValue]]
"""`tags`, `cameras`, `months` (newest first), `types`."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of photos in order of time."""

    photos: Sequence[tuple[StoredPhoto, Place]]
    total: int
    more: bool
    facets: Facets | None


@dataclass(frozen=True, slots=True)
class Library:
    """How many photos an owner can find, vectors of some of them, drawn at random, and the folded
    names of the places where most were taken."""

    photos: int
    sample: Sample
    places: frozenset[str]


class Seen(NamedTuple):
    """A photo that is near the question's vector; `text` is what its words score."""

    photo_id: str
    taken_ms: int
    text: float
    cosine: float


@dataclass(frozen=True, slots=True)
class Look:
    """A question as a vector, and the cosine below which a photo is not looked at.

    `among` is about how many photos the library has: of more, more are looked at. Only photos
    are looked at that were taken in a place of each of the `names`, or in which it stands.
    """

    vector: Sequence[float]
    floor: float
    among: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposed:
    """What sight and words propose. A photo may be in both lists.

    `named_total` counts all that words find; `whole` says that `named` holds all of them that
    were left.
    """

    seen: Sequence[Seen]
    named: Sequence[Candidate]
    named_total: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A photo as stored, and the places where the question's words stand in it."""

    photo: StoredPhoto
    places: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class Likeness:
    photo: StoredPhoto
    cosine: float


class TextEncoder(Protocol):
    """ml, as far as search needs it. Every call ends within a short, fixed time.

    Several ml may run, of different models; where no model is named, the first's is meant.
    """

    async def model(self, name: str | None = None) -> Model:
        """Raises `EncoderAway` when none runs it, or none answers."""
        ...

    async def models(self) -> tuple[Model, ...]:
        """Those that run now, asked anew; none while every ml is away."""
        ...

    async def encode(self, text: str, model: str | None = None) -> tuple[str, Sequence[float]]:
        """The model's name and the text's vector. Raises `EncoderAway` and `TextRefused`.

        With a model named, a vector of that model or none.
        """
        ...


class EncoderAway(Exception):
    """ml does not answer, or not in time: search goes on with words alone."""


class TextRefused(Exception):
    """The model finds nothing in the text that it could look for."""


class SearchedIndex(Protocol):
    """Which index is searched."""

    async def searched(self) -> Index | None:
        """The index that searches read; None before the setup has run. A few seconds old."""
        ...


class Indexes(SearchedIndex, Protocol):
    """The indexes there are: one is searched, one or more are written to."""

    async def written(self) -> tuple[Index, ...]:
        """Every index that changes go to; at most a second old."""
        ...

    async def create(self, model: Model, *, searched: bool) -> Index:
        """A new index that is written to from now on, and searched at once if asked for."""
        ...

    async def listed(self) -> tuple[Index, ...]:
        """`written`, but as of now."""
        ...

    async def switch(self, to: Index) -> None:
        """Search `to` from now on, in one step; it is complete, and knows what it replaced."""
        ...

    async def retire(self, index: Index) -> None:
        """Stop writing to an index; it may be deleted once all workers have noticed."""
        ...

    async def delete(self, index: Index) -> None: ...

    async def refresh(self, index: Index) -> int:
        """Make all that is written findable; answers how many photos can be found."""
        ...


class IndexedPhotos(Protocol):
    """The photos in an index, for whoever changes them."""

    async def held(self, index: Index, changes: Sequence[Change]) -> dict[str, Held]:
        """What the index has of these photos, by id. Raises `IndexGone`."""
        ...

    async def write(self, index: Index, writes: Sequence[Write]) -> set[str]:
        """Ids whose photo had changed since it was read, so that nothing was written."""
        ...

    async def remove(self, index: Index, photo_ids: Collection[str]) -> None:
        """Remove these photos, whoever owns them; absent ones are fine."""
        ...


class IndexGone(Unavailable):
    """The index was deleted after it was looked up: whoever looks again knows better."""

    def __init__(self, name: str) -> None:
        super().__init__("The index has just been replaced. Try again.")
        self.name = name


class PurgedPhotos(Protocol):
    """Ids of photos that were purged of late, so that a late event does not bring one back."""

    async def prepare(self) -> None: ...

    async def mark(self, photo_ids: Collection[str]) -> None: ...

    async def among(self, photo_ids: Collection[str]) -> set[str]:
        """Those that are marked, as of now."""
        ...

    async def forget_old(self) -> int:
        """Drop marks older than a day; answers how many."""
        ...


class Neighbours(Protocol):
    """The nearest photos of one owner. Never another owner's, never one not ready."""

    async def nearest(
        self,
        index: Index,
        owner_id: str,
        vector: Sequence[float],
        filters: Filters,
        *,
        among: int,
        limit: int,
        but: str | None = None,
    ) -> Sequence[Likeness]:
        """The likest first, without `but`. `among` as in `Look`. Raises `IndexGone`."""
        ...


class PhotoFinder(Neighbours, Protocol):
    """Finds photos of one owner in one index. Never another owner's, never one not ready."""

    async def newest(
        self,
        index: Index,
        owner_id: str,
        filters: Filters,
        *,
        after: Place | None,
        limit: int,
        facets: bool,
        snapshot: str | None,
    ) -> Listing: ...

    async def vector(self, index: Index, owner_id: str, photo_id: str) -> Sequence[float] | None:
        """A photo's vector, None while it has none. Raises `NotFound`."""
        ...


class SnapshotGone(Exception):
    """A snapshot has run out, or never was."""


class Ranking(Protocol):
    """The best photos of a question, of one owner in one index.

    With a snapshot, what it holds is read, whatever was written since; raises `SnapshotGone`.
    """

    async def snapshot(self, index: Index, owner_id: str) -> str:
        """The index as it is now, for some minutes after each use."""
        ...

    async def library(self, index: Index, owner_id: str) -> Library: ...

    async def proposed(
        self,
        index: Index,
        owner_id: str,
        question: Question,
        look: Look | None,
        filters: Filters,
        *,
        after: Place | None,
        limit: int,
        snapshot: str | None,
    ) -> Proposed:
        """The nearest photos, a bounded number in any order; and at least the next `limit` by
        words, by score, then time, then id."""
        ...

    async def named(
        self,
        index: Index,
        owner_id: str,
        question: Question,
        filters: Filters,
        *,
        without: Collection[str],
        after: Place | None,
        limit: int,
        snapshot: str | None,
    ) -> Sequence[Candidate]:
        """The next photos by words, those in `without` left out."""
        ...

    async def shown(
        self,
        index: Index,
        owner_id: str,
        page: Sequence[Candidate],
        question: Question,
        snapshot: str | None,
        *,
        counted: Collection[str] | None,
        filters: Filters,
        partly: bool,
    ) -> tuple[Mapping[str, Reading], Facets | None]:
        """The page's photos by id; facets of those found by words and of `counted`, unless None.

        A reading names the places where the question's words stand in a photo in which all of
        them do, with `partly` also in others.
        """
        ...


class Replay(Protocol):
    """A compacted topic from its beginning to where it ends at the call."""

    def __call__(self, topic: Topic, types: Collection[type[Event]]) -> AsyncIterator[Delivery]: ...
