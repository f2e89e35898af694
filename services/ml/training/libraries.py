"""Held-out pictures and the queries for them."""

from dataclasses import dataclass

import torch
from PIL import Image

from testing.sketches import draw
from testing.sketches.vocabulary import DETAILS, KINDS, OBJECTS, PLACES

# Ranges of seeds: training draws from 10,000,000 on, tests and the demo below 1,000,000.
VALIDATION_SEED = 800_000_000
TEST_SEED = 900_000_000
_HEIGHT = 192


@dataclass(frozen=True)
class Library:
    images: list[Image.Image]
    tags: list[frozenset[str]]

    def answers(self, requires: frozenset[str]) -> torch.Tensor:
        """Return for each picture whether it has all these tags."""
        return torch.tensor([requires <= tags for tags in self.tags])


def draw_library(first_seed: int, count: int) -> Library:
    sketches = [draw(first_seed + number, height=_HEIGHT) for number in range(count)]
    return Library([s.image for s in sketches], [s.tags for s in sketches])


def single_tag_queries(library: Library) -> dict[str, str]:
    """Return the plainest word for each thing, place, detail and kind in the library."""
    present = frozenset[str]().union(*library.tags)
    queries = {}
    for tag, noun in (OBJECTS | PLACES | DETAILS | KINDS).items():
        if tag in present:
            queries[tag] = noun.words()[0]
    return queries
