"""Export a model for ONNX Runtime: `python -m pichaven_ml.models.onnx_export`.

A process of its own: the system gets torch's memory back only when the process ends, and the
serving process never imports torch. Reads the service's settings, writes into the cache, and
exits with status 0 only if the export is there.
"""

import fcntl
import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from pichaven_ml.models import onnx_files
from pichaven_ml.models.card import Pixels, Vectors
from pichaven_ml.models.onnx_encoder import OnnxEncoder
from pichaven_ml.models.onnx_files import Manifest, export_folder, is_complete
from pichaven_ml.models.source import ModelSource, ModelUnusable, require_open_clip, resolve
from pichaven_ml.settings import ClipSettings, MlSettings

LEAST_AGREEMENT: Final = 0.999
"""Cosine between both runtimes' vectors; measured exports reach 0.999999."""

MOST_IN_A_BATCH: Final = 1024
_TEXTS: Final = (
    "a",
    "a photo of a dog",
    "two people walking on a beach at sunset, with birds in the sky",
    "naïve café, 東京 2026!",
    "a very long caption " * 40,
)


def export(source: ModelSource, cache: Path, threads: int) -> Path:
    """Export the model unless that is done, and return the folder. Raises `ModelUnusable`.

    Safe to run in several processes at once.
    """
    folder = export_folder(source, cache)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _exclusive(folder.with_suffix(".lock")):
        if not is_complete(folder):
            _export(source, cache, folder, threads)
    return folder


def _export(source: ModelSource, cache: Path, folder: Path, threads: int) -> None:
    require_open_clip()
    import torch

    torch.set_num_threads(threads)
    drafts = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
    try:
        manifest = _export_towers(source, cache, drafts, threads)
        least = min(manifest.image_agreement, manifest.text_agreement)
        if least < LEAST_AGREEMENT:
            raise ModelUnusable(
                f"the export of {source.architecture} differs from torch (cosine {least:.4f}): "
                "set PICHAVEN_ML_RUNTIME=torch"
            )
        manifest.write(drafts)
        shutil.rmtree(folder, ignore_errors=True)
        drafts.chmod(0o755)
        drafts.rename(folder)
    finally:
        shutil.rmtree(drafts, ignore_errors=True)


def _export_towers(source: ModelSource, cache: Path, drafts: Path, threads: int) -> Manifest:
    import torch

    from pichaven_ml.models.torch_encoder import TorchEncoder, load

    loaded = load(source, cache)
    if loaded.merges is None:
        raise ModelUnusable(
            f"{source.architecture} has a tokenizer that needs torch: set PICHAVEN_ML_RUNTIME=torch"
        )
    shutil.copyfile(loaded.merges, drafts / onnx_files.MERGES)
    height, width = loaded.card.preprocessing.height, loaded.card.preprocessing.width
    pixels = torch.zeros(2, 3, height, width)
    tokens = torch.from_numpy(loaded.tokenize(_TEXTS[:2]))
    batch = torch.export.Dim("batch", min=1, max=MOST_IN_A_BATCH)
    shape: dict[int, Any] = {0: batch}
    write_tower(loaded.images, pixels, dict(shape), drafts / onnx_files.IMAGE_TOWER)
    if loaded.trims:
        shape[1] = torch.export.Dim("length", min=3, max=loaded.context_length)
        tokens = tokens[:, :8]
    write_tower(loaded.texts, tokens, shape, drafts / onnx_files.TEXT_TOWER)
    manifest = Manifest(
        card=replace(loaded.card, runtime="onnx"),
        image_agreement=0,
        text_agreement=0,
        context_length=loaded.context_length,
        trims=loaded.trims,
    )
    manifest.write(drafts)
    exported = OnnxEncoder(drafts, threads)
    pictures = verification_pictures(height, width)
    images = agreement(
        TorchEncoder(loaded, threads).encode_images(pictures), exported.encode_images(pictures)
    )
    with torch.inference_mode():
        rows = torch.from_numpy(loaded.tokenize(_TEXTS))
        reference = loaded.reference_texts(rows).numpy()
    texts = agreement(reference, exported.encode_texts(_TEXTS))
    return replace(manifest, image_agreement=images, text_agreement=texts)


def agreement(one: Vectors, other: Vectors) -> float:
    """Return the least cosine between corresponding rows of two sets of unit vectors."""
    return float((one * other).sum(axis=1).min())


def write_tower(
    tower: Any,
    example: Any,
    shape: dict[int, Any],
    file: Path,
    outputs: Sequence[str] = (onnx_files.OUTPUT,),
) -> None:
    """Write the tower with its weights in a separate file, which the runtime maps."""
    import torch

    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            tower,
            (example,),
            str(file),
            dynamo=True,
            dynamic_shapes=(shape,),
            input_names=[onnx_files.INPUT],
            output_names=list(outputs),
            external_data=True,
            verbose=False,
        )


def verification_pictures(height: int, width: int) -> Sequence[Pixels]:
    """Return noise and smooth gradients, normalised, to verify the export with."""
    random = np.random.default_rng(7)
    noise = random.standard_normal((3, 3, height, width))
    slope = np.linspace(-2, 2, width)[None, None, :] * random.standard_normal((3, 1, 1))
    smooth = np.broadcast_to(slope, (3, height, width))
    return [*noise.astype(np.float32), np.ascontiguousarray(smooth, dtype=np.float32)]


@contextmanager
def _exclusive(lock: Path) -> Iterator[None]:
    """Hold the lock file, so that replicas with a shared cache export one after another."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> None:
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    settings = MlSettings()
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        source = resolve(ClipSettings(), settings.bundled_dir)
        export(source, settings.cache, settings.threads)
    except ModelUnusable as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None
    except Exception as error:
        sys.stderr.write(f"the export failed, PICHAVEN_ML_RUNTIME=torch does without: {error!r}\n")
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
