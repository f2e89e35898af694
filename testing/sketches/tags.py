"""The tags of a picture: its exact labels, spelled the same in pictures and captions.

`dog`          there is a dog            `dog:brown`    one of them is brown
`dog#2` `#3`   there are two, three      `dog#many`     there are three or more
`animal`       follows from `dog`, and so do its counts
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

MANY: Final = 3

IMPLIED: Final[dict[str, tuple[str, ...]]] = {
    "cat": ("animal",),
    "dog": ("animal",),
    "bird": ("animal",),
    "horse": ("animal",),
    "fish": ("animal",),
    "car": ("vehicle",),
    "boat": ("vehicle",),
    "bicycle": ("vehicle",),
    "airplane": ("vehicle",),
    "train": ("vehicle",),
    "flower": ("plant",),
    "tree": ("plant",),
    "palm tree": ("tree", "plant"),
    "christmas tree": ("tree", "plant"),
    "cactus": ("plant",),
    "house": ("building",),
    "lighthouse": ("building",),
    "pizza": ("food",),
    "meal": ("food",),
    "apple": ("food", "fruit"),
    "birthday cake": ("food", "party"),
    "balloon": ("party",),
    "person": ("human",),
    "portrait": ("human",),
    "fireworks": ("party",),
    "beach": ("water", "landscape"),
    "sea": ("water", "landscape"),
    "lake": ("water", "landscape"),
    "mountain": ("landscape",),
    "forest": ("landscape",),
    "desert": ("landscape",),
    "snow": ("winter",),
    "snowfall": ("winter", "snow"),
    "grass": ("landscape",),
    "garden": ("landscape",),
    "stars": ("sky",),
    "moon": ("sky",),
    "sunset": ("sky",),
    "clouds": ("sky",),
    "rainbow": ("sky",),
}


def complete(direct: Iterable[str], counts: Counter[str]) -> frozenset[str]:
    """Return the direct tags, those of the counts of things, and all that they imply."""
    totals: Counter[str] = Counter()
    tags = set(direct)
    for thing, count in counts.items():
        totals[thing] += count
        for kind in IMPLIED.get(thing, ()):
            totals[kind] += count
    for thing, count in totals.items():
        tags.add(thing)
        if count in (2, 3):
            tags.add(f"{thing}#{count}")
        if count >= MANY:
            tags.add(f"{thing}#many")
    for tag in list(tags):
        tags.update(IMPLIED.get(tag, ()))
    if totals["person"] > 1:
        tags.add("people")
    return frozenset(tags)
