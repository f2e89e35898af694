"""Captions that are true of a picture, each with the tags that make it true.

A caption matches every picture whose tags contain all that it requires, and no other: that is
what makes labels exact between any caption and any picture.
"""

import random
from collections.abc import Collection
from typing import Final, NamedTuple

from testing.sketches.palette import COLOURS
from testing.sketches.vocabulary import (
    ADJECTIVES,
    AT_PLACE,
    COLOUR_WORDS,
    COUNT_WORDS,
    DETAILS,
    DURING,
    FRAMES,
    KINDS,
    NOUNS,
    OBJECTS,
    PLACES,
    STYLES,
)

_COUNTED: Final = OBJECTS | KINDS | {"cactus": NOUNS["cactus"]}
_WORN: Final = frozenset({"person", "portrait"})  # their colour is that of their clothes
_VOWELS: Final = "aeiou"


class Caption(NamedTuple):
    """A text, and the tags a picture must have for the text to be true of it."""

    text: str
    requires: frozenset[str]


def caption(tags: Collection[str], rng: random.Random) -> Caption | None:
    """Return one of many captions that are true of these tags; None if there is none."""
    subject = _Subject(frozenset(tags), rng)
    phrase = subject.choose()
    if phrase is None:
        return None
    text = _frame(phrase, rng)
    return Caption(text.lower(), frozenset(subject.requires))


def contrast_of(original: Caption, rng: random.Random) -> Caption | None:
    """Return the caption with another colour or number; None if it does not name one just once."""
    bound = sorted(tag for tag in original.requires if ":" in tag or "#" in tag)
    if not bound:
        return None
    tag = rng.choice(bound)
    mark = ":" if ":" in tag else "#"
    words = COLOUR_WORDS if mark == ":" else COUNT_WORDS
    thing, value = tag.split(mark)
    padded = f" {original.text} "
    phrases = [phrase for phrase in words[value] if padded.count(f" {phrase} ") == 1]
    if not phrases:
        return None
    other = rng.choice([name for name in words if name != value])
    phrase = max(phrases, key=len)
    text = padded.replace(f" {phrase} ", f" {words[other][0]} ", 1).strip()
    return Caption(text, (original.requires - {tag}) | {f"{thing}{mark}{other}"})


class _Subject:
    """Composes the phrase of a caption and collects the tags that it requires."""

    def __init__(self, tags: frozenset[str], rng: random.Random) -> None:
        self.tags = tags
        self.rng = rng
        self.requires: set[str] = set()
        self.objects = self._tags_in(OBJECTS)
        self.places = self._tags_in(PLACES)
        self.details = self._tags_in(DETAILS)
        self.kinds = self._tags_in(KINDS)
        self.styles = self._tags_in(STYLES)
        self.times = self._tags_in(DURING)

    def _tags_in(self, table: Collection[str]) -> list[str]:
        return sorted(self.tags.intersection(table))

    def choose(self) -> str | None:
        draw = self.rng.random()
        phrase: str | None = None
        if self.objects and draw < 0.62:
            phrase = self._about_objects()
        elif (self.places or self.details) and draw < 0.82:
            phrase = self._about_surroundings()
        elif self.kinds and draw < 0.91:
            phrase = self._about_kinds()
        elif draw < 0.96:
            phrase = self._about_colour()
        phrase = phrase or self._keywords()
        if phrase and self.styles and self.rng.random() < 0.6:
            phrase = self._with_style(phrase)
        return phrase

    def _about_objects(self) -> str:
        objects = self.rng.sample(self.objects, len(self.objects))
        phrase = self._thing(objects[0])
        if len(objects) > 1 and self.rng.random() < 0.35:
            link = self.rng.choice([" and ", " with ", " next to ", " and ", " near "])
            phrase += link + self._thing(objects[1])
        return self._with_place_and_time(phrase, place=0.4, time=0.28)

    def _about_surroundings(self) -> str:
        everything = self.places + self.details
        prefer_place = self.places and self.rng.random() < 0.4
        tag = self.rng.choice(self.places if prefer_place else everything)
        phrase = self._plain(tag)
        if self.details and self.rng.random() < 0.35:
            detail = self.rng.choice(self.details)
            if detail != tag:
                phrase += self.rng.choice([" with ", " and "]) + self._plain(detail)
        return self._with_place_and_time(phrase, place=0.0, time=0.4)

    def _about_kinds(self) -> str:
        phrase = self._thing(self.rng.choice(self.kinds))
        return self._with_place_and_time(phrase, place=0.3, time=0.2)

    def _about_colour(self) -> str | None:
        backdrops = [tag for tag in sorted(self.tags) if tag.startswith("background:")]
        if backdrops and self.rng.random() < 0.6:
            self.requires.add(backdrops[0])
            colour = self.rng.choice(COLOUR_WORDS[backdrops[0].split(":")[1]])
            about = f"{_article(colour)} {colour} background"
            if self.objects and self.rng.random() < 0.6:
                return f"{self._thing(self.rng.choice(self.objects))} on {about}"
            return about
        colours = sorted(self.tags.intersection(COLOURS))
        if not colours:
            return None
        tag = self.rng.choice(colours)
        self.requires.add(tag)
        frame = self.rng.choice(["{}", "something {}", "{} object", "{} thing", "the color {}"])
        return frame.format(self.rng.choice(COLOUR_WORDS[tag]))

    def _keywords(self) -> str | None:
        """Return bare words in any order, as in a search box."""
        nouns = sorted(self.tags.intersection(NOUNS))
        if not nouns:
            return None
        chosen = self.rng.sample(nouns, min(len(nouns), self.rng.choice([1, 1, 2, 2, 3])))
        self.requires.update(chosen)
        return " ".join(self.rng.choice(NOUNS[tag].words()) for tag in chosen)

    def _with_place_and_time(self, phrase: str, *, place: float, time: float) -> str:
        if self.places and self.rng.random() < place:
            tag = self.rng.choice(self.places)
            noun = NOUNS[tag]
            words = noun.singular or noun.mass
            word = words[0] if self.rng.random() < 0.6 else self.rng.choice(words)
            if tag in ("snow", "grass") and self.rng.random() < 0.7:
                word = noun.mass[0]
            self.requires.add(tag)
            phrase += f" {self.rng.choice(AT_PLACE[tag])} {word}"
        if self.times and self.rng.random() < time:
            tag = self.rng.choice(self.times)
            self.requires.add(tag)
            phrase += f" {self.rng.choice(DURING[tag])}"
        return phrase

    def _thing(self, tag: str) -> str:
        """Return the phrase of a thing, perhaps with its number and colour."""
        noun, rng = NOUNS[tag], self.rng
        self.requires.add(tag)
        counted = [n for n in COUNT_WORDS if f"{tag}#{n}" in self.tags]
        colours = [name for name in COLOURS if f"{tag}:{name}" in self.tags]
        if counted and noun.plural and tag in _COUNTED and rng.random() < 0.5:
            number = rng.choice(counted)
            self.requires.add(f"{tag}#{number}")
            start, word = rng.choice(COUNT_WORDS[number]), self._pick(noun.plural)
        elif noun.plural and rng.random() < (0.55 if counted else 0.22):
            start, word = rng.choice(("", "", "", "some", "the")), self._pick(noun.plural)
        elif noun.mass and (not noun.singular or rng.random() < 0.3):
            start, word = rng.choice(("", "", "the")), self._pick(noun.mass)
            if not noun.singular:
                colours = []
        else:
            start, word = rng.choice(("a", "a", "", "", "the", "one")), self._pick(noun.singular)
        if colours and rng.random() < 0.62:
            word = self._with_colour(tag, rng.choice(colours), word)
        elif rng.random() < 0.12:
            word = f"{rng.choice(ADJECTIVES)} {word}"
        if start == "a":
            start = _article(word)
        return f"{start} {word}".strip()

    def _with_colour(self, tag: str, colour: str, word: str) -> str:
        self.requires.add(f"{tag}:{colour}")
        colour_word = self.rng.choice(COLOUR_WORDS[colour])
        if tag in _WORN:
            frames = ["{1} in {0}", "{1} wearing {0}", "{1} in a {0} shirt", "{1} dressed in {0}"]
            return self.rng.choice(frames).format(colour_word, word)
        return f"{colour_word} {word}"

    def _plain(self, tag: str) -> str:
        noun, rng = NOUNS[tag], self.rng
        self.requires.add(tag)
        word = self._pick(noun.words())
        if rng.random() < 0.1:
            word = f"{rng.choice(ADJECTIVES)} {word}"
        if word in noun.singular:
            return f"{rng.choice((_article(word), 'the', ''))} {word}".strip()
        return word

    def _with_style(self, phrase: str) -> str:
        tag = self.styles[0]
        self.requires.add(tag)
        frames = ["{1} photo of {0}", "{1} {0}", "{0} in {1}", "{1} picture of {0}", "{1}"]
        frame = self.rng.choice(frames)
        if frame == "{1}":
            self.requires = {tag}
        return frame.format(phrase, self._pick(NOUNS[tag].mass))

    def _pick(self, words: tuple[str, ...]) -> str:
        return words[0] if self.rng.random() < 0.5 else self.rng.choice(words)


def _article(word: str) -> str:
    return "an" if word[0] in _VOWELS else "a"


def _frame(phrase: str, rng: random.Random) -> str:
    if rng.random() < 0.4:
        return phrase
    return rng.choice(FRAMES).format(phrase)
