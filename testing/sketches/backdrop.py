"""A drawn setting, before things are placed in it."""

from collections import Counter
from dataclasses import dataclass, field

from testing.sketches.objects.catalogue import Place


@dataclass(frozen=True)
class Backdrop:
    """A drawn setting: its tags, what it already contains, and where things may stand.

    `ground` is the range of heights (0 top, 1 bottom) of the feet of things; `place` is `None`
    where nothing more fits in.
    """

    tags: frozenset[str]
    ground: tuple[float, float]
    place: Place | None
    contents: Counter[str] = field(default_factory=Counter)
