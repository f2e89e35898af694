"""Every caption is true of its picture, and says which tags make it true."""

import random
from functools import cache

import pytest

from testing.sketches import draw
from testing.sketches.captions import Caption, caption, contrast_of
from testing.sketches.queries import ALL, UNKNOWN_WORDS
from testing.sketches.vocabulary import NOUNS, known_words


@cache
def _pictures() -> list[frozenset[str]]:
    """Return the tags of pictures."""
    return [draw(seed, height=24).tags for seed in range(250)]


def _captions() -> list[tuple[frozenset[str], Caption]]:
    lot = random.Random(3)
    pairs = [(tags, caption(tags, lot)) for tags in _pictures() * 4]
    return [(tags, candidate) for tags, candidate in pairs if candidate is not None]


def test_a_caption_requires_only_what_its_picture_shows():
    pairs = _captions()

    assert len(pairs) > 900
    assert all(caption.requires and caption.requires <= tags for tags, caption in pairs)


def test_captions_use_known_words_only():
    vocabulary = known_words()
    strange = {word for _, caption in _captions() for word in caption.text.split()} - vocabulary

    assert strange <= {"a", "an", "the", "one", "some", "and", "with", "next", "to", "near", "in",
                       "on", "wearing", "dressed", "shirt", "something", "object", "thing",
                       "color", "background", "photo", "of", "picture"}  # fmt: skip


def test_captions_vary_in_number_wording_and_frame():
    texts = [caption.text for _, caption in _captions()]

    assert len(set(texts)) > len(texts) * 0.6
    for phrase in ("dogs", "two ", "show me", "pictures of", "many "):
        assert any(phrase in text for text in texts), phrase


def test_the_same_lot_gives_the_same_captions():
    first = [caption(tags, random.Random(7)) for tags in _pictures()[:40]]
    second = [caption(tags, random.Random(7)) for tags in _pictures()[:40]]

    assert first == second


def test_a_contrast_changes_one_word_and_its_requirement():
    lot = random.Random(1)
    original = Caption("a red car on the road", frozenset({"car", "car:red", "road"}))
    other = contrast_of(original, lot)

    assert other is not None
    assert "red" not in other.text.split()
    [changed] = other.requires - original.requires
    assert changed.startswith("car:")
    assert changed.removeprefix("car:") in other.text.split()


def test_a_number_is_contrasted_with_another():
    original = Caption("two dogs", frozenset({"dog", "dog#2"}))
    other = contrast_of(original, random.Random(2))

    assert other is not None
    assert other.requires in ({"dog", "dog#3"}, {"dog", "dog#many"})
    assert other.text in ("three dogs", "many dogs")


def test_without_colour_or_number_there_is_no_contrast():
    assert contrast_of(Caption("a dog", frozenset({"dog"})), random.Random(1)) is None


def test_nothing_can_be_said_of_an_empty_picture():
    assert caption(frozenset(), random.Random(1)) is None


@pytest.mark.slow
def test_every_query_can_be_answered_by_some_picture():
    drawable = frozenset[str]().union(*(draw(seed, height=24).tags for seed in range(2500)))

    for query in ALL:
        assert query.requires <= drawable, query


def test_unknown_words_are_in_no_caption():
    assert not set(UNKNOWN_WORDS) & known_words()


def test_every_noun_has_a_word():
    assert all(noun.words() for noun in NOUNS.values())
