import pytest
from hypothesis import given
from hypothesis import strategies as st

from pichaven_search.ml_client.model import Calibration
from pichaven_search.retrieval.cursor import NO_HITS_CUTOFF
from pichaven_search.retrieval.relevance import (
    USUAL_LIBRARY,
    least_cosine,
    presence_cutoff,
    relevance_cutoff,
)

CALIBRATION = Calibration(scale=20, bias=-5, threshold=0.4)
FLOOR = CALIBRATION.floor

cosine = st.floats(-1, 1)


@given(st.lists(cosine, max_size=15), st.lists(cosine, max_size=80), st.integers(0, 10**9))
def test_the_cutoff_is_never_below_the_least_cosine(
    best: list[float], background: list[float], photos: int
) -> None:
    cutoff = relevance_cutoff(CALIBRATION, sorted(best, reverse=True), background, photos)
    assert cutoff >= least_cosine(CALIBRATION, photos)
    assert photos < USUAL_LIBRARY or cutoff >= FLOOR - 1e-9


def test_a_query_without_hits_has_no_results() -> None:
    assert relevance_cutoff(CALIBRATION, [], [], 100) == NO_HITS_CUTOFF


def test_two_queries_whose_ranges_differ_are_cut_at_different_cosines() -> None:
    low, high = (
        relevance_cutoff(CALIBRATION, [top] * 10, [floor] * 100, 100)
        for top, floor in ((0.4, 0), (0.9, 0.1))
    )
    assert FLOOR < low < 0.4 < high < 0.9


def test_a_query_that_fits_the_whole_library_finds_all_of_it() -> None:
    alike = [0.62 - 0.001 * n for n in range(100)]
    assert relevance_cutoff(CALIBRATION, alike[:10], alike, 100) <= min(alike)


def test_the_best_hit_of_a_larger_library_has_to_stand_out_further() -> None:
    doubtful = presence_cutoff(CALIBRATION, 1000)
    assert relevance_cutoff(CALIBRATION, [doubtful] * 3, [0.0] * 200, 900) < NO_HITS_CUTOFF
    assert relevance_cutoff(CALIBRATION, [doubtful] * 3, [0.0] * 200, 100_000) == NO_HITS_CUTOFF


def test_the_threshold_of_the_model_is_lower_in_a_small_library() -> None:
    usual = least_cosine(CALIBRATION, USUAL_LIBRARY)
    assert usual == presence_cutoff(CALIBRATION, USUAL_LIBRARY) == pytest.approx(FLOOR)
    assert least_cosine(CALIBRATION, 100_000) == usual
    assert least_cosine(CALIBRATION, 1) == least_cosine(CALIBRATION, 30) < usual
    doubtful = least_cosine(CALIBRATION, 60)
    assert relevance_cutoff(CALIBRATION, [doubtful], [], 60) == doubtful
    assert relevance_cutoff(CALIBRATION, [doubtful], [], 100) == NO_HITS_CUTOFF


def test_one_photo_of_a_thing_is_enough() -> None:
    best = [0.6, *(0.3 - 0.01 * n for n in range(20))]
    assert relevance_cutoff(CALIBRATION, best, [0.0] * 200, 5000) <= 0.6


def test_a_handful_of_answers_is_not_cut_further() -> None:
    cutoff = relevance_cutoff(CALIBRATION, [0.9, FLOOR], [0.0] * 200, 10)
    assert cutoff == least_cosine(CALIBRATION, 10)
