import pytest
from hypothesis import given
from hypothesis import strategies as st

from pichaven_chassis.ids import new_id
from pichaven_search.domain.fusion import Calibration, Candidate, fused, page_of

shares = st.floats(0, 1)


@given(shares, shares, shares)
def test_a_second_reason_never_lowers_a_score(text: float, visual: float, more: float) -> None:
    assert fused(text, visual) >= max(fused(text, None), fused(0, visual))
    assert fused(max(text, more), visual) >= fused(text, visual)
    assert 0 <= fused(text, visual) <= 1


def test_an_exact_word_outranks_a_doubtful_picture_and_yields_to_both() -> None:
    word_and_picture = fused(0.95, 0.6)
    word = fused(0.95, None)
    picture = fused(0, 0.6)
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
    seen: list[Candidate] = []
    after = None
    while True:
        page, after = page_of(candidates, after=after, limit=limit)
        seen += page
        if after is None:
            break
        assert len(page) == limit
    assert sorted(seen, key=lambda each: each.place.sort_key) == seen
    assert {each.photo_id for each in seen} == {each.photo_id for each in candidates}
    assert len(seen) == len(candidates)


def test_equal_scores_show_the_newer_photo_first() -> None:
    older, newer = Candidate(new_id(), 1, 0.95, None), Candidate(new_id(), 2, 0.95, None)
    page, _ = page_of([older, newer], after=None, limit=2)
    assert page == [newer, older]
