"""The photo model understands photographs, in several languages, and says how sure it is."""

import asyncio
import multiprocessing
import subprocess
import sys
import textwrap
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
from services.ml.photo_model.__main__ import weights_digest
from services.ml.photo_model.picture_tower import PhotoTower, see
from services.ml.photo_model.tables import read_classes, read_words

from pichaven_ml.inference.decoding import decode
from pichaven_ml.models.card import Vectors, unit
from pichaven_ml.models.encoder import ImageTextEncoder
from pichaven_ml.models.loaders import PhotoLoader
from pichaven_ml.models.onnx_export import agreement
from pichaven_ml.models.photo_encoder import PictureTower
from pichaven_ml.models.photo_space import DIMENSIONS, EVIDENCE, LOOK, MEANING
from pichaven_ml.models.preprocessing import prepare
from pichaven_ml.models.sentence_encoder import SentenceEncoder
from pichaven_ml.models.source import PHOTO_TOWER, PHOTO_WEIGHTS
from pichaven_ml.settings import ClipSettings, MlSettings
from pichaven_ml.tagging.make_tagger import MakeTagger
from pichaven_ml.tagging.parameters_cache import TaggerParametersCache
from pichaven_ml.tagging.vocabulary import Vocabulary
from testing.photographs import PhotographSet, packaged_set

pytestmark = pytest.mark.slow

CAT = ("cat", "Katze", "gato", "gatto", "кошка", "猫")
"""Without French, whose word is an English one too."""
LEAST_AGREEMENT = 0.9999


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> MlSettings:
    return MlSettings(cache_dir=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def encoder(settings: MlSettings) -> ImageTextEncoder:
    return asyncio.run(PhotoLoader(ClipSettings(), settings)())


@pytest.fixture(scope="module")
def photographs() -> PhotographSet:
    return packaged_set()


@pytest.fixture(scope="module")
def vectors(encoder: ImageTextEncoder, photographs: PhotographSet) -> dict[str, Vectors]:
    return {
        name: encoder.encode_images(
            [prepare(decode(file.read_bytes()), encoder.card.preprocessing)]
        )[0]
        for name, file in photographs.files.items()
    }


def test_it_is_the_default() -> None:
    assert ClipSettings().model == "pichaven-photo"


def test_the_packaged_tower_sees_what_torch_sees(
    encoder: ImageTextEncoder, photographs: PhotographSet
) -> None:
    files = list(photographs.files.values())[:6]
    pictures = np.stack(
        [prepare(decode(file.read_bytes()), encoder.card.preprocessing) for file in files]
    )
    both = zip(PictureTower(PHOTO_TOWER, 1)(pictures), see(PhotoTower(), pictures), strict=True)
    for ours, theirs in both:
        assert agreement(unit(ours), unit(theirs)) > LEAST_AGREEMENT


def test_it_needs_nothing_that_other_models_need(settings: MlSettings) -> None:
    script = """
        import asyncio, sys
        sys.modules |= dict.fromkeys(("torch", "torchvision", "open_clip", "onnx", "onnxscript"))
        from pathlib import Path
        from pichaven_ml.models.loaders import model_loader
        from pichaven_ml.settings import ClipSettings, MlSettings
        loader = model_loader(MlSettings(cache_dir=Path(sys.argv[1])), ClipSettings())
        print(asyncio.run(loader()).encode_texts(["dog"]).shape)
    """
    arguments = [sys.executable, "-c", textwrap.dedent(script), str(settings.cache_dir)]
    process = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stdout) == (0, f"(1, {DIMENSIONS})\n"), process.stderr


def test_rows_of_tokens_on_disk_give_the_same_vectors(
    photographs: PhotographSet, settings: MlSettings
) -> None:
    queries = list(photographs.queries)
    vectors = SentenceEncoder(settings.cache)(queries)
    assert (vectors == SentenceEncoder()(queries)).all()
    assert [file.suffix for file in settings.cache.iterdir()] == [".npy"], "and no draft"


def test_the_packaged_files_are_of_the_weights_that_the_id_names() -> None:
    assert PHOTO_WEIGHTS.read_text().strip() == weights_digest()
    assert b"site-packages" not in PHOTO_TOWER.read_bytes(), "no path of a machine"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs mallopt")
def test_most_of_the_sentence_encoder_stays_on_disk(
    encoder: ImageTextEncoder, photographs: PhotographSet, settings: MlSettings
) -> None:
    """In memory its table alone takes 63 MiB."""
    assert encoder.card.dimensions == DIMENSIONS, "the rows of tokens are on disk"
    words = [photographs.wording(query, "de") for query in photographs.queries]
    # Other tests' memory would move the figure.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        assert process.submit(measure_memory, settings, words).result(timeout=300) < 150 << 20


def measure_memory(settings: MlSettings, texts: list[str]) -> int:
    """Return by how many bytes this process grows as it loads the model and encodes."""
    from pichaven_ml.process_memory import keep_memory_flat

    keep_memory_flat()
    process = psutil.Process()
    before = process.memory_info().rss
    encoder = asyncio.run(PhotoLoader(ClipSettings(), settings)())
    preprocessing = encoder.card.preprocessing
    grey = np.zeros((3, preprocessing.height, preprocessing.width), dtype=np.float32)
    encoder.encode_images([grey] * settings.batch_size)
    encoder.encode_texts(texts)
    return process.memory_info().rss - before


def test_vectors_are_of_unit_length_and_texts_have_no_look(encoder: ImageTextEncoder) -> None:
    texts = encoder.encode_texts(["dog", "a dog on the beach", "собака", ""])
    assert texts.shape == (4, DIMENSIONS) == (4, MEANING + EVIDENCE + LOOK)
    assert np.allclose(np.linalg.norm(texts, axis=1), 1, atol=1e-5)
    assert not texts[:, MEANING + EVIDENCE :].any()


@pytest.mark.parametrize(
    "words",
    [
        CAT,
        ("dog", "Hund", "chien", "perro", "cão", "собака", "狗", "犬"),
        ("beach", "Strand", "plage", "playa", "spiaggia", "praia", "пляж", "海滩"),
    ],
)
def test_a_word_in_another_language_scores_as_in_english(
    encoder: ImageTextEncoder, words: tuple[str, ...]
) -> None:
    english, *others = encoder.encode_texts(words)
    assert (np.stack(others) @ english).min() > 0.99


def test_a_noun_without_a_class_stays_apart_from_the_words_next_to_it(
    encoder: ImageTextEncoder,
) -> None:
    toothbrush, brush, tornado, storm = encoder.encode_texts(
        ["toothbrush", "brush", "tornado", "storm"]
    )
    assert toothbrush @ brush < 0.95
    assert tornado @ storm < 0.95


def test_photographs_are_found_by_what_they_show(
    encoder: ImageTextEncoder, photographs: PhotographSet, vectors: dict[str, Vectors]
) -> None:
    scores = [_ndcg(encoder, photographs, vectors, query, query) for query in photographs.queries]
    assert np.mean(scores) > 0.68


@pytest.mark.parametrize("language", ["de", "fr", "es", "it", "pt", "ru", "zh", "ja"])
def test_a_query_means_the_same_in_every_language(
    encoder: ImageTextEncoder,
    photographs: PhotographSet,
    vectors: dict[str, Vectors],
    language: str,
) -> None:
    scores = [
        _ndcg(encoder, photographs, vectors, query, photographs.wording(query, language))
        for query in photographs.queries
    ]
    assert np.mean(scores) > 0.6


def test_what_no_photograph_shows_is_improbable(
    encoder: ImageTextEncoder, photographs: PhotographSet, vectors: dict[str, Vectors]
) -> None:
    best = [_probabilities(encoder, vectors, query).max() for query in photographs.absent]
    threshold = encoder.card.shipped.calibration.threshold if encoder.card.shipped else 1
    assert np.mean(np.asarray(best) < threshold) > 0.85


@pytest.mark.parametrize("word", CAT)
def test_a_cat_is_probable_and_a_page_is_no_cat(
    encoder: ImageTextEncoder,
    photographs: PhotographSet,
    vectors: dict[str, Vectors],
    word: str,
) -> None:
    by_name = dict(zip(vectors, _probabilities(encoder, vectors, word), strict=True))
    right = photographs.queries["cat"].right
    assert max(by_name[name] for name in right) > 0.5
    others = [by_name[name] for name in vectors if name not in right]
    assert np.quantile(others, 0.95) < 0.5


def test_tags_are_things_and_never_who_somebody_is(
    encoder: ImageTextEncoder,
    everyday: Vocabulary,
    photographs: PhotographSet,
    vectors: dict[str, Vectors],
    tmp_path: Path,
) -> None:
    tagger = MakeTagger(everyday, TaggerParametersCache(tmp_path))(encoder)
    tags = {name: {tag.name for tag in tagger(vector)} for name, vector in vectors.items()}
    assert any("cat" in tags[name] for name in photographs.queries["cat"].right)
    assert any("dog" in tags[name] for name in photographs.queries["dog"].right)
    names = {tag for row in tags.values() for tag in row}
    assert not names & {"man", "woman", "boy", "girl", "child", "person"}
    shipped = encoder.card.shipped
    assert shipped is not None
    assert shipped.tags is not None
    words = {word.word.lower(): word for word in read_words(read_classes())}
    assert all(words[tag].is_shown for tag in shipped.tags.names)


def test_a_copy_is_nearer_than_another_photograph(
    encoder: ImageTextEncoder, photographs: PhotographSet, vectors: dict[str, Vectors]
) -> None:
    """Of a third of the size, and cut by a twentieth."""
    for name in list(vectors)[::8]:
        picture = decode(photographs.files[name].read_bytes())
        width, height = picture.size
        margin = width // 40, height // 40
        copy = picture.crop((*margin, width - margin[0], height - margin[1]))
        pixels = prepare(copy, encoder.card.preprocessing)
        [vector] = encoder.encode_images([pixels])
        cosines = {other: float(vector @ vectors[other]) for other in vectors}
        assert max(cosines, key=lambda other: cosines[other]) == name


def _probabilities(encoder: ImageTextEncoder, vectors: dict[str, Vectors], text: str) -> Vectors:
    [vector] = encoder.encode_texts([text])
    calibration = encoder.calibrate(vector)
    assert calibration is not None
    return calibration.probability(np.stack(list(vectors.values())) @ vector)


def _ndcg(
    encoder: ImageTextEncoder,
    photographs: PhotographSet,
    vectors: dict[str, Vectors],
    query: str,
    wording: str,
) -> float:
    judgement = photographs.queries[query]
    [text] = encoder.encode_texts([wording])
    ranked = sorted(
        (name for name in vectors if name not in judgement.arguable),
        key=lambda name: -float(vectors[name] @ text),
    )
    gains = [float(name in judgement.right) for name in ranked[:10]]
    discounts = 1 / np.log2(np.arange(2, 12))
    ideal = discounts[: len(judgement.right)].sum()
    return float(gains @ discounts[: len(gains)] / ideal)
