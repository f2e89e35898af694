"""The training set: drawn pictures as one array on disk, and a matrix of their tags."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from testing.sketches import draw

FIRST_SEED = 10_000_000  # far from the seeds of tests, the demo and the evaluation
STORED_SIZE = 104  # px; a little more than the model sees, so that crops can move


@dataclass(frozen=True)
class PictureSet:
    """`pixels` is uint8 (n, size, size, 3); `tags` is uint8 (n, len(vocabulary)), 0 or 1."""

    pixels: np.ndarray
    tags: np.ndarray
    vocabulary: dict[str, int]
    tag_sets: list[frozenset[str]]


def make_pictures(folder: Path, count: int) -> None:
    """Draw `count` pictures into the folder; does nothing where they are already."""
    folder.mkdir(parents=True, exist_ok=True)
    index = folder / "tags.jsonl"
    if index.exists() and sum(1 for _ in _lines(index)) == count:
        return
    shape = (count, STORED_SIZE, STORED_SIZE, 3)
    pixels = np.lib.format.open_memmap(
        folder / "pixels.npy", mode="w+", dtype=np.uint8, shape=shape
    )
    partial = index.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as lines:
        for number in range(count):
            sketch = draw(FIRST_SEED + number, height=2 * STORED_SIZE)
            small = sketch.image.resize((STORED_SIZE, STORED_SIZE), Image.Resampling.BOX)
            pixels[number] = np.asarray(small)
            lines.write(json.dumps(sorted(sketch.tags)) + "\n")
            if number % 10_000 == 0:
                print(f"drawn {number} of {count}", flush=True)
    pixels.flush()
    partial.rename(index)


def load_pictures(folder: Path) -> PictureSet:
    """Load the set in the folder; pixels stay on disk and are paged in."""
    tag_sets = [frozenset(json.loads(line)) for line in _lines(folder / "tags.jsonl")]
    vocabulary = {tag: at for at, tag in enumerate(sorted(frozenset().union(*tag_sets)))}
    tags = np.zeros((len(tag_sets), len(vocabulary)), np.uint8)
    for row, present in enumerate(tag_sets):
        tags[row, [vocabulary[tag] for tag in present]] = 1
    pixels = np.load(folder / "pixels.npy", mmap_mode="r")
    return PictureSet(pixels, tags, vocabulary, tag_sets)


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as lines:
        yield from lines
