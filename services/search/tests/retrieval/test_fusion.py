import pytest
from hypothesis import given
from hypothesis import strategies as st

from pichaven_chassis.ids import new_id
from pichaven_search.index.text_fields import TEXT_FIELDS
from pichaven_search.ml_client.model import Calibration
from pichaven_search.retrieval.fusion import FIELD_WEIGHTS, Candidate, fuse, merge_page

shares = st.floats(0, 1)


@given(shares, shares, shares)
def test_a_second_reason_never_lowers_a_score(text: float, visual: float, more: float) -> None:
    assert fuse(text, visual) >= max(fuse(text, None), fuse(0, visual))
    assert fuse(max(text, more), visual) >= fuse(text, visual)
    assert 0 <= fuse(text, visual) <= 1


def test_an_exact_word_outranks_a_doubtful_picture_and_yields_to_both() -> None:
    word_and_picture = fuse(0.95, 0.6)
    word = fuse(0.95, None)
    picture = fuse(0, 0.6)
    assert word_and_picture > word > picture > 0


@given(st.floats(1, 100), st.floats(-30, 10), st.floats(0.01, 0.99))
def test_the_floor_is_where_the_probability_meets_the_threshold(
    scale: float, bias: float, threshold: float
) -> None:
    calibration = Calibration(scale, bias, threshold)
    if -1 < calibration.floor < 1:
        assert calibration.probability(calibration.floor) == pytest.approx(threshold)
    assert calibration.probability(-1) < calibration.probability(1)


def test_extreme_calibrations_stay_within_what_a_cosine_can_be() -> None:
    assert Calibration(10, 0, 0).floor == -1
    assert Calibration(10, 0, 1).floor == 1
    assert Calibration(1e6, -1e6, 0.5).probability(-1) == pytest.approx(0)
    assert Calibration(1e6, 1e6, 0.5).probability(1) == pytest.approx(1)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 0.5, 0.7, 0.95]),
            st.sampled_from([None, 0.4, 0.9]),
            st.integers(0, 3),
        ),
        max_size=40,
    ),
    st.integers(1, 7),
)
def test_pages_hold_every_candidate_once_in_order(
    drawn: list[tuple[float, float | None, int]], limit: int
) -> None:
    candidates = [Candidate(new_id(), taken, text, visual) for text, visual, taken in drawn]
    ordered = sorted(candidates, key=lambda each: each.ordering)
    vector = [each for each in reversed(ordered) if each.visual_similarity is not None]
    lexical = [each for each in ordered if each.visual_similarity is None]
    pages: list[Candidate] = []
    more = True
    while more:
        page, more = merge_page(vector, lexical, limit=limit)
        pages += page
        vector = [each for each in vector if each not in page]
        lexical = [each for each in lexical if each not in page]
    assert pages == ordered


def test_of_equal_scores_the_newer_comes_first() -> None:
    older, newer = Candidate(new_id(), 1, 0.95, None), Candidate(new_id(), 2, 0.95, None)
    page, more = merge_page([], [newer, older], limit=1)
    assert (page, more) == ([newer], True)


def test_every_text_field_of_the_index_has_a_weight() -> None:
    assert tuple(FIELD_WEIGHTS) == TEXT_FIELDS
