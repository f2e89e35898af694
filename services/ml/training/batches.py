"""Batches: augmented pictures, fresh captions, and which caption is true of which picture."""

import queue
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import open_clip
import torch
from torch.nn import functional

from testing.sketches.captions import Caption, caption, contrast_of
from training.pictures import PictureSet
from training.tokens import CaptionTokenizer
from training.unknown import unknown_caption, unknown_words

PICTURES = 256
SECOND_CAPTIONS = 64
CONTRASTS = 56
UNKNOWNS = 48


@dataclass(frozen=True)
class Batch:
    """`matches[i, j]` is 1 where caption j is true of picture i; the last UNKNOWNS are of none."""

    pixels: torch.Tensor
    tokens: torch.Tensor
    matches: torch.Tensor


class BatchMaker:
    """Make the batch of a step from the seed and the step alone, so that training can resume."""

    def __init__(self, pictures: PictureSet, tokenizer: CaptionTokenizer, seed: int) -> None:
        self._pictures = pictures
        self._tokenizer = tokenizer
        self._seed = seed
        self._unknown = unknown_words()
        self._mean = torch.tensor(open_clip.OPENAI_DATASET_MEAN).view(1, 3, 1, 1) * 255
        self._std = torch.tensor(open_clip.OPENAI_DATASET_STD).view(1, 3, 1, 1) * 255

    def make(self, step: int, size: int) -> Batch:
        rng = random.Random(self._seed * 1_000_003 + step)
        source = np.random.default_rng([self._seed, step])
        chosen = np.sort(source.choice(len(self._pictures.tag_sets), PICTURES, replace=False))
        captions = self._captions(chosen, rng)
        unknown = [unknown_caption(self._unknown, rng) for _ in range(UNKNOWNS)]
        tokens = self._tokenizer([*(text for text, _ in captions), *unknown])
        pixels = self._augment(chosen, size, rng, source)
        return Batch(pixels, tokens, self._matches(chosen, captions))

    def _captions(self, chosen: np.ndarray, rng: random.Random) -> list[Caption]:
        tag_sets = [self._pictures.tag_sets[number] for number in chosen]
        subjects = tag_sets + rng.sample(tag_sets, SECOND_CAPTIONS)
        drawn = (caption(tags, rng) for tags in subjects)
        captions = [each for each in drawn if each is not None]
        contrasts = (contrast_of(each, rng) for each in rng.sample(captions, len(captions)))
        others = [each for each in contrasts if each is not None]
        return captions + others[:CONTRASTS]

    def _matches(self, chosen: np.ndarray, captions: list[Caption]) -> torch.Tensor:
        vocabulary = self._pictures.vocabulary
        required = np.zeros((len(captions), len(vocabulary) + 1), np.float32)
        for row, (_, requires) in enumerate(captions):
            # What no picture has falls into the last column, which no picture has either.
            required[row, [vocabulary.get(tag, len(vocabulary)) for tag in requires]] = 1
        present = np.zeros((len(chosen), len(vocabulary) + 1), np.float32)
        present[:, :-1] = self._pictures.tags[chosen]
        matches = present @ required.T >= required.sum(1) - 0.5
        nothing = np.zeros((len(chosen), UNKNOWNS), bool)
        return torch.from_numpy(np.concatenate([matches, nothing], 1)).float()

    def _augment(
        self, chosen: np.ndarray, size: int, rng: random.Random, source: np.random.Generator
    ) -> torch.Tensor:
        """Crop, mirror and vary the brightness of the chosen pictures."""
        raw = torch.from_numpy(self._pictures.pixels[chosen]).permute(0, 3, 1, 2).float()
        stored = raw.shape[-1]
        parts = []
        for part in raw.split(32):
            crop = stored if rng.random() < 0.4 else rng.randint(int(stored * 0.88), stored)
            top, left = rng.randint(0, stored - crop), rng.randint(0, stored - crop)
            window = part[:, :, top : top + crop, left : left + crop]
            parts.append(
                functional.interpolate(window, (size, size), mode="bilinear", antialias=True)
            )
        pixels = torch.cat(parts)
        mirrored = torch.from_numpy(source.random(len(pixels)) < 0.5)
        pixels[mirrored] = pixels[mirrored].flip(3)
        shape = (len(pixels), 1, 1, 1)
        gain = torch.from_numpy(source.uniform(0.87, 1.13, shape)).float()
        offset = torch.from_numpy(source.normal(0, 6, shape)).float()
        pixels = (pixels * gain + offset).clamp(0, 255)
        normal = (pixels - self._mean) / self._std
        return normal.contiguous(memory_format=torch.channels_last)


def prefetch_batches(maker: BatchMaker, plan: list[tuple[int, int]]) -> Iterator[Batch]:
    """Yield the batches of (step, size) in order; another thread makes them ahead."""
    ready: queue.Queue[Batch | Exception] = queue.Queue(maxsize=3)

    def feed() -> None:
        try:
            torch.set_num_threads(1)
            for step, size in plan:
                ready.put(maker.make(step, size))
        except Exception as error:
            ready.put(error)

    threading.Thread(target=feed, daemon=True).start()
    for _ in plan:
        batch = ready.get()
        if isinstance(batch, Exception):
            raise batch
        yield batch
