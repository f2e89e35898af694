"""The figures of bench-photo_quality, on answers whose values are known."""

from math import log2

import pytest
from bench.photo_copies import share_with_a_common_query
from bench.photo_quality import answer_quality, mean_ndcg

from testing.photographs import Judgement

QUERIES = {
    "cat": Judgement(frozenset({"a", "b"}), frozenset({"x"})),
    "dog": Judgement(frozenset({"c"}), frozenset()),
    "sea": Judgement(frozenset({"d", "e"}), frozenset({"y"})),
}


def test_each_figure_is_a_mean_over_queries_without_the_arguable_photographs() -> None:
    answers = {"cat": ["x", "a", "c", "b"], "dog": [], "sea": ["a", "d"]}
    quality = answer_quality(answers, QUERIES)
    assert quality["precision"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert quality["recall"] == pytest.approx((1 + 0 + 1 / 2) / 3)
    assert quality["things_with_a_right_photo"] == pytest.approx(2 / 3)
    ideal = 1 + 1 / log2(3)
    cat, sea = (1 + 1 / log2(4)) / ideal, (1 / log2(3)) / ideal
    assert quality["ndcg_at_10"] == pytest.approx((cat + 0 + sea) / 3)


def test_an_answer_of_arguable_photographs_alone_counts_as_empty() -> None:
    quality = answer_quality({"cat": ["x"], "dog": ["c"], "sea": ["y"]}, QUERIES)
    assert quality["precision"] == 1
    assert quality["recall"] == pytest.approx(1 / 3)


def test_without_any_answer_every_figure_is_0() -> None:
    quality = answer_quality(dict.fromkeys(QUERIES, ()), QUERIES)
    assert set(quality.values()) == {0}


def test_only_the_first_ten_count_for_ndcg() -> None:
    others = [str(number) for number in range(10)]
    queries = {"dog": QUERIES["dog"]}
    assert mean_ndcg({"dog": [*others, "c"]}, queries) == 0
    assert mean_ndcg({"dog": [*others[:9], "c"]}, queries) == pytest.approx(1 / log2(11))


def test_what_is_near_shares_a_query_where_anything_else_does() -> None:
    nearest = {"a": ["b", "c", "d", "x"], "b": ["c", "d"], "c": ["a"], "d": ["e"]}
    assert share_with_a_common_query(nearest, QUERIES) == pytest.approx((1 / 4 + 0 + 1) / 3)
