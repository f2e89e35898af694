import shutil
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pichaven_ml.inference.decoding import decode
from pichaven_ml.models.card import Pixels
from pichaven_ml.models.encoder import ImageTextEncoder
from pichaven_ml.models.loaders import OnnxLoader
from pichaven_ml.models.onnx_export import agreement, export
from pichaven_ml.models.onnx_files import Manifest
from pichaven_ml.models.preprocessing import prepare
from pichaven_ml.models.source import ModelUnusable, resolve
from pichaven_ml.settings import TINY_MODEL, ClipSettings, MlSettings

pytestmark = pytest.mark.slow

TINY = ClipSettings(model=TINY_MODEL)
TEXTS = ["a dog", "a photo of two people on a beach at sunset", "!!! ! 東京", "word " * 90, "x"]


def pictures(encoder: ImageTextEncoder, count: int = 9) -> list[Pixels]:
    random = np.random.default_rng(2)
    pixels = []
    for _ in range(count):
        out = BytesIO()
        noise = random.integers(0, 255, (60, 90, 3), dtype=np.uint8)
        Image.fromarray(noise).save(out, "JPEG")
        pixels.append(prepare(decode(out.getvalue()), encoder.card.preprocessing))
    return pixels


def test_both_runtimes_give_the_same_vectors(
    in_onnx: ImageTextEncoder, in_torch: ImageTextEncoder
) -> None:
    pixels = pictures(in_torch)
    assert agreement(in_torch.encode_images(pixels), in_onnx.encode_images(pixels)) > 0.9999
    assert agreement(in_torch.encode_texts(TEXTS), in_onnx.encode_texts(TEXTS)) > 0.9999


def test_both_runtimes_have_the_same_model_id(
    in_onnx: ImageTextEncoder, in_torch: ImageTextEncoder
) -> None:
    assert in_onnx.card.id == in_torch.card.id
    assert in_onnx.card.id.startswith("pichaven-tiny/")
    assert (in_onnx.card.runtime, in_torch.card.runtime) == ("onnx", "torch")
    assert in_onnx.card.dimensions == in_torch.card.dimensions == 32


def test_vectors_are_of_unit_length_and_do_not_depend_on_their_batch(
    in_onnx: ImageTextEncoder,
) -> None:
    pixels = pictures(in_onnx)
    together = in_onnx.encode_images(pixels)
    alone = np.concatenate([in_onnx.encode_images([picture]) for picture in pixels])
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert np.allclose(together, alone, atol=1e-5)
    texts = in_onnx.encode_texts(TEXTS)
    alone = np.concatenate([in_onnx.encode_texts([text]) for text in TEXTS])
    assert np.allclose(texts, alone, atol=1e-5)


def test_short_texts_give_what_open_clip_gives(small_model: Path, cache: Path) -> None:
    """Cutting the padding off is our doing; open_clip's own path is the measure."""
    import torch

    from pichaven_ml.models.torch_encoder import TorchEncoder, load

    loaded = load(resolve(TINY, small_model), cache)
    with torch.inference_mode():
        theirs = loaded.reference_texts(torch.from_numpy(loaded.tokenize(TEXTS))).numpy()
    assert loaded.trims
    assert agreement(theirs, TorchEncoder(loaded, 1).encode_texts(TEXTS)) > 0.99999


def test_an_export_is_made_once_and_verified(
    exported: Path, small_model: Path, cache: Path
) -> None:
    written_at = (exported / "manifest.json").stat().st_mtime_ns
    assert export(resolve(TINY, small_model), cache, threads=1) == exported
    assert (exported / "manifest.json").stat().st_mtime_ns == written_at
    manifest = Manifest.read(exported)
    assert min(manifest.image_agreement, manifest.text_agreement) > 0.9999
    assert not list(exported.parent.glob(".draft-*"))


async def test_an_exported_model_is_loaded_with_what_was_shipped_beside_it(
    exported: Path, small_model: Path, cache: Path
) -> None:
    settings = MlSettings(bundled_dir=small_model, cache_dir=cache)
    encoder = await OnnxLoader(TINY, settings)()
    assert encoder.card.bundled
    assert encoder.card.shipped is not None
    assert encoder.card.shipped.calibration.scale == 17


def test_the_id_follows_the_weights(small_model: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(small_model, other)
    before = resolve(TINY, other).model_id("p")
    assert before == resolve(TINY, small_model).model_id("p")
    weights = other / "pichaven-tiny.safetensors"
    changed = bytearray(weights.read_bytes())
    changed[-1] ^= 1
    weights.write_bytes(changed)
    assert resolve(TINY, other).model_id("p") != before


def test_an_architecture_without_weights_is_refused(small_model: Path) -> None:
    with pytest.raises(ModelUnusable, match="PICHAVEN_CLIP_PRETRAINED"):
        resolve(ClipSettings(model="ViT-B-32"), small_model)


def test_unknown_weights_are_named_in_the_error(small_model: Path, tmp_path: Path) -> None:
    from pichaven_ml.models.torch_encoder import load

    source = resolve(ClipSettings(model="ViT-B-32", pretrained="no_such_tag"), small_model)
    with pytest.raises(ModelUnusable, match="no_such_tag"):
        load(source, tmp_path)


def test_without_open_clip_a_model_that_is_not_exported_is_refused(
    small_model: Path, exported: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "open_clip", None)

    assert export(resolve(TINY, small_model), cache, threads=1) == exported
    with pytest.raises(ModelUnusable, match=r"requirements/open-clip\.txt"):
        export(resolve(TINY, small_model), tmp_path, threads=1)


async def test_an_export_that_takes_too_long_is_ended(small_model: Path, tmp_path: Path) -> None:
    settings = MlSettings(bundled_dir=small_model, cache_dir=tmp_path, prepare_timeout_s=0.2)
    with pytest.raises(TimeoutError):
        await OnnxLoader(TINY, settings).prepare()
    assert not list(tmp_path.glob("onnx/*/manifest.json"))


def test_a_folder_without_its_files_says_which(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match=r"pichaven-tiny\.safetensors"):
        resolve(TINY, tmp_path)
