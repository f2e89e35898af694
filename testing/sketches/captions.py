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


def caption(tags: Collection[str], lot: random.Random) -> Caption | None:
    """One of many captions true of a picture with these tags; `None` if nothing can be said."""
    subject = _Subject(frozenset(tags), lot)
    phrase = subject.choose()
    if phrase is None:
        return None
    text = _framed(phrase, lot)
    return Caption(text.lower(), frozenset(subject.requires))


def contrasted(original: Caption, lot: random.Random) -> Caption | None:
    """The same caption with another colour or number; `None` where it names neither once."""
    bound = sorted(tag for tag in original.requires if ":" in tag or "#" in tag)
    if not bound:
        return None
    tag = lot.choice(bound)
    mark = ":" if ":" in tag else "#"
    words = COLOUR_WORDS if mark == ":" else COUNT_WORDS
    thing, value = tag.split(mark)
    padded = f" {original.text} "
    said = [phrase for phrase in words[value] if padded.count(f" {phrase} ") == 1]
    if not said:
        return None
    other = lot.choice([name for name in words if name != value])
    phrase = max(said, key=len)
    text = padded.replace(f" {phrase} ", f" {words[other][0]} ", 1).strip()
    return Caption(text, (original.requires - {tag}) | {f"{thing}{mark}{other}"})


class _Subject:
    """Composes what a caption is about, noting every tag it relies on."""

    def __init__(self, tags: frozenset[str], lot: random.Random) -> None:
        self.tags = tags
        self.lot = lot
        self.requires: set[str] = set()
        self.objects = self._known(OBJECTS)
        self.places = self._known(PLACES)
        self.details = self._known(DETAILS)
        self.kinds = self._known(KINDS)
        self.styles = self._known(STYLES)
        self.times = self._known(DURING)

    def _known(self, table: Collection[str]) -> list[str]:
        return sorted(self.tags.intersection(table))

    def choose(self) -> str | None:
        draw = self.lot.random()
        phrase: str | None = None
        if self.objects and draw < 0.62:
            phrase = self._about_objects()
        elif (self.places or self.details) and draw < 0.82:
            phrase = self._about_surroundings()
        elif self.kinds and draw < 0.91:
            phrase = self._about_kinds()
        elif draw < 0.96:
            phrase = self._about_colour()
        phrase = phrase or self._listing()
        if phrase and self.styles and self.lot.random() < 0.6:
            phrase = self._styled(phrase)
        return phrase

    def _about_objects(self) -> str:
        objects = self.lot.sample(self.objects, len(self.objects))
        phrase = self._thing(objects[0])
        if len(objects) > 1 and self.lot.random() < 0.35:
            link = self.lot.choice([" and ", " with ", " next to ", " and ", " near "])
            phrase += link + self._thing(objects[1])
        return self._situated(phrase, place=0.4, time=0.28)

    def _about_surroundings(self) -> str:
        everything = self.places + self.details
        prefer_place = self.places and self.lot.random() < 0.4
        tag = self.lot.choice(self.places if prefer_place else everything)
        phrase = self._plain(tag)
        if self.details and self.lot.random() < 0.35:
            detail = self.lot.choice(self.details)
            if detail != tag:
                phrase += self.lot.choice([" with ", " and "]) + self._plain(detail)
        return self._situated(phrase, place=0.0, time=0.4)

    def _about_kinds(self) -> str:
        phrase = self._thing(self.lot.choice(self.kinds))
        return self._situated(phrase, place=0.3, time=0.2)

    def _about_colour(self) -> str | None:
        backdrops = [tag for tag in sorted(self.tags) if tag.startswith("background:")]
        if backdrops and self.lot.random() < 0.6:
            self.requires.add(backdrops[0])
            colour = self.lot.choice(COLOUR_WORDS[backdrops[0].split(":")[1]])
            about = f"{_article(colour)} {colour} background"
            if self.objects and self.lot.random() < 0.6:
                return f"{self._thing(self.lot.choice(self.objects))} on {about}"
            return about
        shown = sorted(self.tags.intersection(COLOURS))
        if not shown:
            return None
        tag = self.lot.choice(shown)
        self.requires.add(tag)
        frame = self.lot.choice(["{}", "something {}", "{} object", "{} thing", "the color {}"])
        return frame.format(self.lot.choice(COLOUR_WORDS[tag]))

    def _listing(self) -> str | None:
        """Bare words in any order, as people type into a search box."""
        sayable = sorted(self.tags.intersection(NOUNS))
        if not sayable:
            return None
        chosen = self.lot.sample(sayable, min(len(sayable), self.lot.choice([1, 1, 2, 2, 3])))
        self.requires.update(chosen)
        return " ".join(self.lot.choice(NOUNS[tag].words()) for tag in chosen)

    def _situated(self, phrase: str, *, place: float, time: float) -> str:
        if self.places and self.lot.random() < place:
            tag = self.lot.choice(self.places)
            noun = NOUNS[tag]
            words = noun.singular or noun.mass
            word = words[0] if self.lot.random() < 0.6 else self.lot.choice(words)
            if tag in ("snow", "grass") and self.lot.random() < 0.7:
                word = noun.mass[0]
            self.requires.add(tag)
            phrase += f" {self.lot.choice(AT_PLACE[tag])} {word}"
        if self.times and self.lot.random() < time:
            tag = self.lot.choice(self.times)
            self.requires.add(tag)
            phrase += f" {self.lot.choice(DURING[tag])}"
        return phrase

    def _thing(self, tag: str) -> str:
        """A thing with what else is true of it: its number, its colour."""
        noun, lot = NOUNS[tag], self.lot
        self.requires.add(tag)
        counted = [n for n in COUNT_WORDS if f"{tag}#{n}" in self.tags]
        colours = [name for name in COLOURS if f"{tag}:{name}" in self.tags]
        if counted and noun.plural and tag in _COUNTED and lot.random() < 0.5:
            number = lot.choice(counted)
            self.requires.add(f"{tag}#{number}")
            start, word = lot.choice(COUNT_WORDS[number]), self._pick(noun.plural)
        elif noun.plural and lot.random() < (0.55 if counted else 0.22):
            start, word = lot.choice(("", "", "", "some", "the")), self._pick(noun.plural)
        elif noun.mass and (not noun.singular or lot.random() < 0.3):
            start, word = lot.choice(("", "", "the")), self._pick(noun.mass)
            if not noun.singular:
                colours = []
        else:
            start, word = lot.choice(("a", "a", "", "", "the", "one")), self._pick(noun.singular)
        if colours and lot.random() < 0.62:
            word = self._coloured(tag, lot.choice(colours), word)
        elif lot.random() < 0.12:
            word = f"{lot.choice(ADJECTIVES)} {word}"
        if start == "a":
            start = _article(word)
        return f"{start} {word}".strip()

    def _coloured(self, tag: str, colour: str, word: str) -> str:
        self.requires.add(f"{tag}:{colour}")
        said = self.lot.choice(COLOUR_WORDS[colour])
        if tag in _WORN:
            frames = ["{1} in {0}", "{1} wearing {0}", "{1} in a {0} shirt", "{1} dressed in {0}"]
            return self.lot.choice(frames).format(said, word)
        return f"{said} {word}"

    def _plain(self, tag: str) -> str:
        noun, lot = NOUNS[tag], self.lot
        self.requires.add(tag)
        word = self._pick(noun.words())
        if lot.random() < 0.1:
            word = f"{lot.choice(ADJECTIVES)} {word}"
        if word in noun.singular:
            return f"{lot.choice((_article(word), 'the', ''))} {word}".strip()
        return word

    def _styled(self, phrase: str) -> str:
        tag = self.styles[0]
        self.requires.add(tag)
        frames = ["{1} photo of {0}", "{1} {0}", "{0} in {1}", "{1} picture of {0}", "{1}"]
        frame = self.lot.choice(frames)
        if frame == "{1}":
            self.requires = {tag}
        return frame.format(phrase, self._pick(NOUNS[tag].mass))

    def _pick(self, words: tuple[str, ...]) -> str:
        return words[0] if self.lot.random() < 0.5 else self.lot.choice(words)


def _article(word: str) -> str:
    return "an" if word[0] in _VOWELS else "a"


def _framed(phrase: str, lot: random.Random) -> str:
    if lot.random() < 0.4:
        return phrase
    return lot.choice(FRAMES).format(phrase)
