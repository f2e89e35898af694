import gzip
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from services.ml.tests.colour_encoder import ColourEncoder

from pichaven_ml.inference.model_runtime import ModelRuntime
from pichaven_ml.inference.pictures import PictureReader
from pichaven_ml.models.encoder import ImageTextEncoder
from pichaven_ml.tagging.make_tagger import MakeTagger
from pichaven_ml.tagging.parameters_cache import TaggerParametersCache
from pichaven_ml.tagging.tagger import Tagger
from pichaven_ml.tagging.vocabulary import Vocabulary, load_vocabulary

COLOURS = Vocabulary.parse(
    {
        "version": "colours",
        "templates": ["a photo of {}"],
        "drawn": [],
        "groups": {"colour": {"red": None, "green": None, "blue": None, "grey": None}},
    }
)


def jpeg(colour: tuple[int, int, int] = (200, 10, 10), size: tuple[int, int] = (80, 60)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", quality=95)
    return out.getvalue()


@pytest.fixture
def make_jpeg() -> Callable[..., bytes]:
    return jpeg


@pytest.fixture
def make_tagger(colours: Vocabulary, tmp_path: Path) -> MakeTagger:
    return MakeTagger(colours, TaggerParametersCache(tmp_path))


@pytest.fixture
def colours() -> Vocabulary:
    return COLOURS


@pytest.fixture
def everyday() -> Vocabulary:
    return load_vocabulary()


@pytest.fixture
def encoder() -> ColourEncoder:
    return ColourEncoder()


@asynccontextmanager
async def loaded_runtime(
    encoder: ColourEncoder, make_tagger: Callable[[ImageTextEncoder], Tagger]
) -> AsyncIterator[ModelRuntime]:
    pictures = PictureReader(threads=2)
    runtime = ModelRuntime(encoder, pictures, make_tagger, batch_size=4, max_wait_s=0.01)
    await runtime.load()
    yield runtime
    await runtime.close()
    await pictures.close()


@pytest.fixture
async def runtime(encoder: ColourEncoder, make_tagger: MakeTagger) -> AsyncIterator[ModelRuntime]:
    """Loaded, with the model of three colours."""
    async with loaded_runtime(encoder, make_tagger) as runtime:
        yield runtime


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a small untrained model, as a bundled model's folder has them."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("model")
    merges = gzip.decompress(Path(open_clip.tokenizer.default_bpe()).read_bytes())
    head = b"\n".join(merges.split(b"\n")[:601])
    (folder / "bpe_small.txt.gz").write_bytes(gzip.compress(head, mtime=0))
    shape = {
        "embed_dim": 32,
        "vision_cfg": {
            "image_size": 32,
            "layers": [1, 1, 1, 1],
            "width": 8,
            "patch_size": None,
            "head_width": 8,
        },
        "text_cfg": {
            "context_length": 32,
            "vocab_size": 512 + 600 + 2,
            "width": 32,
            "heads": 4,
            "layers": 2,
        },
    }
    (folder / "pichaven-tiny.json").write_text(json.dumps(shape))
    (folder / "calibration.json").write_text('{"scale": 17, "bias": -5, "threshold": 0.3}')
    torch.manual_seed(5)
    model = open_clip.CLIP(**shape)
    weights = {name: value.contiguous() for name, value in model.state_dict().items()}
    save_file(weights, str(folder / "pichaven-tiny.safetensors"))
    return folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def exported(small_model: Path, cache: Path) -> Path:
    from pichaven_ml.models.onnx_export import export
    from pichaven_ml.models.source import resolve
    from pichaven_ml.settings import TINY_MODEL, ClipSettings

    return export(resolve(ClipSettings(model=TINY_MODEL), small_model), cache, threads=1)


@pytest.fixture(scope="session")
def in_onnx(exported: Path) -> ImageTextEncoder:
    from pichaven_ml.models.onnx_encoder import OnnxEncoder

    return OnnxEncoder(exported, threads=1)


@pytest.fixture(scope="session")
def in_torch(small_model: Path, cache: Path) -> ImageTextEncoder:
    from pichaven_ml.models.source import resolve
    from pichaven_ml.models.torch_encoder import TorchEncoder, load
    from pichaven_ml.settings import TINY_MODEL, ClipSettings

    return TorchEncoder(
        load(resolve(ClipSettings(model=TINY_MODEL), small_model), cache), threads=1
    )
