import asyncio
import multiprocessing
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from services.ml.tests.colour_encoder import ColourEncoder

from pichaven_ml.inference.batching import Urgency
from pichaven_ml.inference.embed_texts import EmbedTexts
from pichaven_ml.inference.errors import EmptyText, ModelLoading
from pichaven_ml.inference.model_runtime import ModelRuntime
from pichaven_ml.inference.pictures import PictureReader
from pichaven_ml.models.preprocessing import prepare
from pichaven_ml.tagging.make_tagger import MakeTagger
from pichaven_ml.tagging.parameters_cache import TaggerParametersCache
from pichaven_ml.tagging.vocabulary import Vocabulary


async def test_before_the_model_is_loaded_every_question_says_so(
    encoder: ColourEncoder, make_tagger: MakeTagger, make_jpeg: Callable[..., bytes]
) -> None:
    runtime = ModelRuntime(encoder, PictureReader(1), make_tagger, batch_size=2, max_wait_s=0)
    with pytest.raises(ModelLoading):
        await runtime.probe()
    await runtime.probe_life()
    with pytest.raises(ModelLoading):
        await runtime.embed_text("red")
    with pytest.raises(ModelLoading):
        await runtime.embed_picture(make_jpeg(), Urgency.FRESH)
    await runtime.load()
    await runtime.load()
    await runtime.probe()
    await runtime.close()
    for probe in (runtime.probe, runtime.probe_life):
        with pytest.raises(RuntimeError, match="dead"):
            await probe()


async def test_texts_and_pictures_meet(
    runtime: ModelRuntime, make_jpeg: Callable[..., bytes]
) -> None:
    embed = EmbedTexts(runtime)
    red, blue = (each.vector for each in await embed(["Photos of RED things", "blue"]))
    picture = await runtime.embed_picture(make_jpeg((220, 5, 5)), Urgency.FRESH)
    assert red @ picture > 0.95
    assert blue @ picture < 0.2


async def test_the_same_text_is_encoded_once(runtime: ModelRuntime, encoder: ColourEncoder) -> None:
    embed = EmbedTexts(runtime)
    encoded: list[str] = []
    encoder.before_texts = encoded.extend
    first = await embed(["red", "Red!", "blue"])
    again = await embed(["blue", "red"])
    assert np.array_equal(first[0], again[1])
    assert np.array_equal(first[0], first[1])
    assert len(encoded) == 2 * 3


async def test_a_text_of_nothing_is_named(runtime: ModelRuntime) -> None:
    with pytest.raises(EmptyText, match="Text 1"):
        await EmbedTexts(runtime)(["red", " !? "])


async def test_a_query_does_not_wait_for_pictures(
    runtime: ModelRuntime, encoder: ColourEncoder, make_jpeg: Callable[..., bytes]
) -> None:
    gate = threading.Event()
    encoder.before_images = lambda _count: (gate.wait(10), None)[1]
    pictures = [
        asyncio.create_task(runtime.embed_picture(make_jpeg(), Urgency.FRESH)) for _ in range(8)
    ]
    red = await asyncio.wait_for(runtime.embed_text("red"), 5)
    assert red.vector.shape == (4,)
    assert not any(task.done() for task in pictures)
    gate.set()
    await asyncio.gather(*pictures)


async def test_without_a_vocabulary_embeddings_go_on(
    colours: Vocabulary, make_jpeg: Callable[..., bytes], tmp_path: Path
) -> None:
    no_folder = tmp_path / "file"
    no_folder.touch()
    make_tagger = MakeTagger(colours, TaggerParametersCache(no_folder))
    encoder = ColourEncoder(shipped=False)
    runtime = ModelRuntime(encoder, PictureReader(1), make_tagger, batch_size=2, max_wait_s=0)
    await runtime.load()
    assert runtime.tagger is None
    assert (await runtime.embed_picture(make_jpeg(), Urgency.FRESH)).shape == (4,)
    await runtime.close()


async def test_a_model_without_calibration_measures_itself_once(
    colours: Vocabulary, tmp_path: Path
) -> None:
    encoder = ColourEncoder(shipped=False)
    tagger = MakeTagger(colours, TaggerParametersCache(tmp_path))(encoder)
    batches = len(encoder.image_batches)
    assert batches > 0
    assert tagger.calibration.scale == encoder.card.temperature
    MakeTagger(colours, TaggerParametersCache(tmp_path))(encoder)
    assert len(encoder.image_batches) == batches


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs mallopt")
@pytest.mark.slow
def test_memory_stays_level(exported: Path) -> None:
    """Whatever comes in, in any batch: after a first round nothing is kept."""
    # What other tests left in this process' heap would move the figure.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        assert process.submit(measure_growth, exported).result(timeout=300) < 8 << 20


def measure_growth(exported: Path) -> int:
    """Return by how many bytes this process grows in 240 rounds after the first 60."""
    from pichaven_ml.models.onnx_encoder import OnnxEncoder
    from pichaven_ml.process_memory import keep_memory_flat

    keep_memory_flat()
    encoder = OnnxEncoder(exported, threads=1)
    preprocessing = encoder.card.preprocessing
    random = np.random.default_rng(1)

    def work(rounds: int) -> None:
        for index in range(rounds):
            batch = random.standard_normal(
                (1 + index % 8, 3, preprocessing.height, preprocessing.width)
            )
            encoder.encode_images(list(batch.astype(np.float32)))
            encoder.encode_texts(["word " * (index % 30)] * (1 + index % 40))
            prepare(Image.new("RGB", (1600, 1200)), preprocessing)

    work(60)
    process = psutil.Process()
    before = process.memory_info().rss
    work(240)
    return process.memory_info().rss - before
