"""The parts of training that the shipped model's worth rests on."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from testing.sketches.queries import UNKNOWN_WORDS
from testing.sketches.vocabulary import known_words

if TYPE_CHECKING:
    from training.pictures import PictureSet
    from training.tokens import CaptionTokenizer

pytestmark = pytest.mark.slow
ML = Path(__file__).parents[1]


@pytest.fixture(scope="module", autouse=True)
def training_on_the_path() -> Iterator[None]:
    """`training` is a folder of scripts beside the package, run from services/ml."""
    sys.path.insert(0, str(ML))
    yield
    sys.path.remove(str(ML))


@pytest.fixture(scope="module")
def merges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from training.tokens import write_merges

    target = tmp_path_factory.mktemp("merges") / "bpe_tiny.txt.gz"
    write_merges(target)
    return target


@pytest.fixture(scope="module")
def tokenizer(merges: Path) -> "CaptionTokenizer":
    from training.tokens import CaptionTokenizer

    return CaptionTokenizer(merges)


@pytest.fixture(scope="module")
def few_pictures(tmp_path_factory: pytest.TempPathFactory) -> "PictureSet":
    from training.pictures import load_pictures, make_pictures

    folder = tmp_path_factory.mktemp("pictures")
    make_pictures(folder, 300)
    return load_pictures(folder)


def test_the_small_vocabulary_cuts_known_words_as_the_full_one_does(merges: Path):
    import open_clip

    small, full = open_clip.SimpleTokenizer(bpe_path=str(merges)), open_clip.SimpleTokenizer()

    assert small.vocab_size < 6000
    for word in known_words():
        pieces = [small.decoder[token] for token in small.encode(word)]
        assert pieces == [full.decoder[token] for token in full.encode(word)], word


def test_the_merges_are_written_alike_every_time(merges: Path, tmp_path: Path):
    from training.tokens import write_merges

    write_merges(tmp_path / "again.txt.gz")

    assert (tmp_path / "again.txt.gz").read_bytes() == merges.read_bytes()


def test_held_out_and_known_words_are_not_among_the_unknown():
    from training.unknown import unknown_words

    words = set(unknown_words())

    assert len(words) > 20_000
    assert not words & known_words()
    assert not words & set(UNKNOWN_WORDS)
    assert not words & {"giraffes", "dogs", "sunsets", "elephants"}


def test_training_encodes_as_open_clip_does(tokenizer: "CaptionTokenizer"):
    import torch
    from training.recipe import IMAGE_SIZE
    from training.towers import create_model, encode_captions, encode_pictures

    model = create_model(tokenizer.vocabulary_size).eval()
    pixels = torch.randn(2, 3, IMAGE_SIZE, IMAGE_SIZE)
    tokens = tokenizer(["a dog", "two red cars on the road at night"])
    padded = torch.zeros(2, model.context_length, dtype=torch.long)
    padded[:, : tokens.shape[1]] = tokens

    with torch.no_grad():
        pictures, captions = encode_pictures(model, pixels), encode_captions(model, tokens)
        torch.testing.assert_close(pictures, model.encode_image(pixels))
        torch.testing.assert_close(captions, model.encode_text(padded))
        assert encode_pictures(model, pixels[..., :64, :64]).shape == pictures.shape


def test_a_batch_is_decided_by_its_step(few_pictures: "PictureSet", tokenizer: "CaptionTokenizer"):
    import torch
    from training.batches import BatchMaker

    first = BatchMaker(few_pictures, tokenizer, seed=0)
    second = BatchMaker(few_pictures, tokenizer, seed=0)
    second.make(4, 64)
    one, other, later = first.make(5, 64), second.make(5, 64), first.make(6, 64)

    assert torch.equal(one.tokens, other.tokens)
    assert torch.equal(one.pixels, other.pixels)
    assert torch.equal(one.matches, other.matches)
    assert not torch.equal(one.pixels, later.pixels)


def test_every_caption_of_a_picture_matches_it_and_unknown_ones_match_none(
    few_pictures: "PictureSet", tokenizer: "CaptionTokenizer"
):
    from training.batches import PICTURES, UNKNOWNS, BatchMaker

    matches = BatchMaker(few_pictures, tokenizer, seed=1).make(0, 64).matches

    assert matches.shape[0] == PICTURES
    assert matches[:, -UNKNOWNS:].sum() == 0
    assert (matches[:, :PICTURES].sum(0) > 0).all()
    assert matches.sum(1).min() >= 1


def test_the_learning_rate_rises_and_ends_near_nothing():
    from training.recipe import Recipe

    recipe = Recipe()
    rates = [recipe.learning_rate(step) for step in range(recipe.steps)]

    assert max(rates) == pytest.approx(recipe.peak_rate, rel=0.01)
    assert rates[0] < recipe.peak_rate / 50
    assert rates[-1] < recipe.peak_rate / 200
