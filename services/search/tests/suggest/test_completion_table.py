"""A table of completions answers as counting them one by one would."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.search.tests.fakes import changed_event

from pichaven_search.index.completion_entries import KEYS, Kind, to_entries, to_file_entries
from pichaven_search.query_language.words import fold_name
from pichaven_search.suggest.completion_table import CompletionTable
from pichaven_search.suggest.model import Completion


def _table(kind: Kind, names: dict[str, int]) -> CompletionTable:
    counted = [
        (f"{KEYS[kind]}\t{' '.join(parts[at:])}\t{name}", count)
        for name, count in names.items()
        for parts in [fold_name(name).split()]
        for at in range(len(parts))
    ]
    return CompletionTable(sorted(counted, key=lambda each: each[0].encode()))


def test_the_most_frequent_come_first_at_whatever_word_they_start() -> None:
    table = _table(Kind.TAG, {"Birthday Cake": 3, "cake": 9, "cat": 1, "dog": 50, "Čaj": 2})
    completions = [(each.text, each.count) for each in table.find_starting(Kind.TAG, "CA", 9)]
    assert completions == [("cake", 9), ("Birthday Cake", 3), ("Čaj", 2), ("cat", 1)]
    assert table.find_starting(Kind.TAG, "birthday ca", 9) == [
        Completion("Birthday Cake", Kind.TAG, 3)
    ]
    assert table.find_starting(Kind.PLACE, "ca", 9) == []
    assert table.find_starting(Kind.TAG, "!?", 9) == []
    assert CompletionTable().find_starting(Kind.TAG, "a", 9) == []


@given(
    st.dictionaries(
        st.text("abc é京ß.*[", min_size=1, max_size=8).filter(lambda name: bool(fold_name(name))),
        st.integers(1, 50),
        max_size=30,
    ),
    st.text("abc é京", min_size=1, max_size=3),
)
def test_every_name_that_starts_so_is_found(names: dict[str, int], typed: str) -> None:
    start = fold_name(typed)
    wanted = {
        name
        for name in names
        if start
        and any(
            " ".join(fold_name(name).split()[at:]).startswith(start)
            for at in range(len(fold_name(name).split()))
        )
    }
    completions = _table(Kind.TAG, names).find_starting(Kind.TAG, typed, 100)
    assert {each.text for each in completions} == wanted
    assert [each.count for each in completions] == sorted(
        (names[name] for name in wanted), reverse=True
    )


@pytest.mark.parametrize("typed", ["mountians", "moutain", "mounntain", "mouxtain", "mountainn"])
def test_one_typing_error_is_forgiven(typed: str) -> None:
    table = _table(Kind.TAG, {"mountains": 4, "mouse": 9, "fountain": 3})
    assert [each.text for each in table.find_nearly_starting(Kind.TAG, typed, 5)] == ["mountains"]
    assert table.find_nearly_starting(Kind.TAG, "mxy", 5) == []


def test_two_hundred_thousand_entries_fit_into_few_bytes_each() -> None:
    chosen = random.Random(1)
    names = {f"IMG {chosen.randrange(10**8)}": 1 for _ in range(100_000)}
    table = _table(Kind.FILE, names)
    assert len(table) == 2 * len(names)
    assert table.size < 60 * len(table)


def test_file_names_complete_from_every_word_but_the_extension() -> None:
    event = changed_event(filename="Trip to Rome.jpg")
    starts = [each.split("\t")[1] for each in to_file_entries(event)]
    assert starts == ["rome jpg", "to rome jpg", "trip to rome jpg"]
    assert not [each for each in to_entries(event) if each.startswith(KEYS[Kind.FILE])]
    assert [each.split("\t")[1] for each in to_file_entries(changed_event(filename="rome"))] == [
        "rome"
    ]
