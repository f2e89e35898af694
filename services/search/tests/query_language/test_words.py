import random
from concurrent.futures import ThreadPoolExecutor
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pichaven_search.query_language.words import (
    _analyse,
    fold,
    fold_name,
    name_words,
    query_words,
    words,
)


def _terms(text: str) -> list[str]:
    return [word.term for word in words(text)]


def _matches(stored: str, query: str) -> bool:
    """Whether a stored word matches a word of a query without a typing error."""
    [left], [right] = words(stored), words(query)
    return left.term == right.term or bool(left.stems & right.stems)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Straße", "strasse"),
        ("CAFÉ", "cafe"),
        ("Tromsø", "tromso"),
        ("Łódź", "lodz"),
        ("Œuvre", "oeuvre"),
        ("ﬁne", "fine"),
        ("がぎ", "がぎ"),
    ],
)
def test_case_and_accents_fold_away_and_other_letters_stay(text: str, expected: str) -> None:
    assert fold(text) == expected


@pytest.mark.parametrize(
    ("stored", "query"),
    [
        ("beaches", "beach"),
        ("dogs", "dog"),
        ("mountains", "Mountain"),
        ("Häuser", "Häusern"),
        ("montagnes", "montagne"),
        ("playas", "playa"),
        ("été", "ete"),
        ("running", "run"),
        ("corações", "coracao"),
        ("hundarna", "hund"),
        ("fjellene", "fjell"),
        ("hundene", "hund"),
        ("koirat", "koira"),
        ("собаками", "собака"),
        ("θάλασσες", "θάλασσα"),
        ("Mueller", "Müller"),
        ("zamków", "zamkow"),
    ],
)
def test_plurals_and_endings_of_several_languages_meet(stored: str, query: str) -> None:
    assert _matches(stored, query)


@pytest.mark.parametrize(
    ("stored", "query"),
    [
        *(("horse", "house"), ("cat", "car"), ("2023", "2024"), ("water", "watts")),
        *(("wali", "wall"), ("bali", "ball"), ("police", "policy"), ("sand", "sandy")),
    ],
)
def test_different_words_do_not_meet(stored: str, query: str) -> None:
    assert not _matches(stored, query)


def test_chinese_and_japanese_become_overlapping_pairs() -> None:
    assert _terms("京都の桜 temple") == ["京都", "都の", "の桜", "temple"]
    assert _terms("桜") == ["桜"]


def test_a_query_of_one_cjk_character_matches_any_bigram_with_it_and_a_bigram_only_itself() -> None:
    stored = words("京都の桜")
    [sign], [pair] = query_words("桜", limit=1), query_words("都京", limit=1)
    assert any(sign.stems & word.stems for word in stored)
    assert not any(pair.term == word.term or pair.stems & word.stems for word in stored)


def test_threads_analyse_words_as_one_thread_does() -> None:
    lot = random.Random(3)
    texts = ["".join(lot.choices(ascii_lowercase, k=9)) + "ungen" for _ in range(2_000)]
    with ThreadPoolExecutor(4) as pool:
        concurrent = list(pool.map(words, texts))
    _analyse.cache_clear()
    assert concurrent == [words(text) for text in texts]


def test_numbers_have_no_forms() -> None:
    assert all(not word.stems for word in words("20240501 dsc01234 x100v"))


def test_file_names_split_where_letters_and_digits_meet() -> None:
    analysed = {word.term for word in name_words("IMG_20240501-beachHouse.JPG")}
    assert {"img", "20240501", "beach", "house", "beachhouse", "jpg"} <= analysed
    assert {"dsc01234", "dsc", "01234"} <= {word.term for word in name_words("DSC01234.arw")}


def test_a_query_loses_stop_words_and_repeats() -> None:
    analysed = query_words("a photo of the dog and the Dog on a beach", limit=16)
    assert [word.term for word in analysed] == ["dog", "beach"]


def test_a_query_of_stop_words_alone_keeps_them() -> None:
    assert [word.term for word in query_words("on the", limit=16)] == ["on", "the"]


@given(st.text(max_size=300))
def test_any_text_gives_words_without_blanks_the_same_each_time(text: str) -> None:
    analysed = words(text)
    assert analysed == words(text)
    for word in analysed:
        assert word.term
        assert not any(char.isspace() for char in word.term)
        assert all(stem and not any(char.isspace() for char in stem) for stem in word.stems)


@given(st.text(max_size=300))
def test_a_folded_name_has_letters_digits_and_single_blanks_alone(text: str) -> None:
    name = fold_name(text)
    assert name == " ".join(name.split())
    assert not set(name) & set('.*+?|()[]{}"<>@~#&^$-_/\\')
