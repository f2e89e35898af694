"""Captions that are true of no picture, because they name what is never drawn.

Without them a contrastive model has an opinion about every word. Their words are taken from
open_clip's word pieces; whatever captions know, and what evaluation holds out, is left out.
"""

import random
import re

import open_clip

from testing.sketches.palette import COLOURS
from testing.sketches.queries import UNKNOWN_QUERIES
from testing.sketches.vocabulary import AT_PLACE, FRAMES, PLACES, known_words

_WORD = re.compile("[a-z]{4,}</w>")


def unknown_words() -> list[str]:
    """Return about 28,000 words of things that are never drawn."""
    drawable = set(known_words())
    held_out = {word for query in UNKNOWN_QUERIES for word in query.split()}
    pieces = open_clip.SimpleTokenizer().encoder
    words = [piece.removesuffix("</w>") for piece in pieces if _WORD.fullmatch(piece)]
    return [word for word in words if not _related(word, drawable) and not _related(word, held_out)]


def _related(word: str, others: set[str]) -> bool:
    """Return whether `others` has the word or an inflection of it."""
    forms = {word, f"{word}s", f"{word}es", f"{word}y", f"{word}ing"}
    forms |= {word.removesuffix(ending) for ending in ("s", "es", "y", "ing", "ed", "er", "ies")}
    return bool(forms & others)


def unknown_caption(words: list[str], rng: random.Random) -> str:
    """Return a caption about one or two unknown things, some with a known colour or place."""
    text = rng.choice(words)
    if rng.random() < 0.25:
        text += f" {rng.choice(words)}"
    draw = rng.random()
    if draw < 0.25:
        text = f"{rng.choice(COLOURS)} {text}"
    elif draw > 0.7:
        place = rng.choice(list(AT_PLACE))
        noun = PLACES[place]
        text += f" {rng.choice(AT_PLACE[place])} {rng.choice(noun.singular or noun.mass)}"
    start = rng.choice(("a ", "", "", "the ", "two "))
    frame = rng.choice(FRAMES) if rng.random() < 0.6 else "{}"
    return frame.format(start + text)
