from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pichaven_ml.models.bpe_tokenizer import BpeTokenizer, trim_padding

pytestmark = pytest.mark.slow

TEXTS = [
    "a photo of a dog",
    "A Photo of TWO dogs, 3 cats & one bird's nest!!",
    "naïve café — 東京 2026, 🦊🦊",
    "<start_of_text> inside <end_of_text>",
    "&amp;lt; html &#39;entities&#39;",
    "!!!!! ! !!",
    "",
    "   \t\n ",
    "word " * 120,
    "they're we've i'd it'll O'Neil's",
    "\u200b\ufeff zero width",
    "ﬁligree ½ ² Ⅳ",
    "under_score and-dash/slash\\back",
]


@pytest.fixture(scope="module")
def pair() -> tuple[BpeTokenizer, Any]:
    import open_clip

    merges = Path(open_clip.tokenizer.default_bpe())
    return BpeTokenizer(merges, context_length=77), open_clip.SimpleTokenizer(context_length=77)


@pytest.mark.parametrize("text", TEXTS)
def test_tokens_equal_those_of_open_clip(pair: tuple[BpeTokenizer, Any], text: str) -> None:
    ours, theirs = pair
    assert ours([text]).tolist() == theirs([text]).tolist()


def test_any_text_gives_the_tokens_of_open_clip(pair: tuple[BpeTokenizer, Any]) -> None:
    ours, theirs = pair

    @settings(max_examples=150)
    @given(st.text(max_size=60))
    def check(text: str) -> None:
        assert ours([text]).tolist() == theirs([text]).tolist()

    check()


@pytest.mark.parametrize("clean", ["lower", "whitespace", "canonicalize"])
def test_every_way_of_cleaning_equals_open_clip(clean: Any) -> None:
    import open_clip

    merges = Path(open_clip.tokenizer.default_bpe())
    ours = BpeTokenizer(merges, context_length=77, clean=clean)
    theirs = open_clip.SimpleTokenizer(context_length=77, clean=clean)
    assert ours(TEXTS).tolist() == theirs(TEXTS).tolist()


def test_only_padding_is_trim_padding(pair: tuple[BpeTokenizer, Any]) -> None:
    ours, _ = pair
    rows = ours(["dog", "! !! !", "a dog on a beach at sunset in the rain"])
    short = trim_padding(rows)
    assert short.shape[1] in {8, 16}
    assert not np.any(rows[:, short.shape[1] :])
