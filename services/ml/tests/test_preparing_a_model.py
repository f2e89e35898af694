"""The names of models, and what an unusable one says before anything is changed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pichaven_ml.bootstrap import preparation
from pichaven_ml.models.onnx_files import Manifest
from pichaven_ml.models.source import ModelSource, ModelUnusable
from pichaven_ml.preparation.model_name import parse_model_name
from pichaven_ml.preparation.prepare_model import download_weights, find_outage
from pichaven_ml.settings import BUNDLED_MODELS, TINY_MODEL, ClipSettings, MlSettings
from testing.http_server import respond_with

NOBODY = "http://127.0.0.1:9"
"""Nothing listens there."""


@pytest.fixture
def hub() -> Iterator[str]:
    """A server that has nothing."""
    with respond_with(lambda _request: httpx.Response(404)) as url:
        yield url


@pytest.mark.parametrize("name", BUNDLED_MODELS)
def test_a_bundled_model_is_its_name(name: str) -> None:
    assert parse_model_name(name) == {"PICHAVEN_CLIP_MODEL": name}


def test_an_architecture_and_a_tag() -> None:
    assert parse_model_name("ViT-B-32/laion2b_s34b_b79k") == {
        "PICHAVEN_CLIP_MODEL": "ViT-B-32",
        "PICHAVEN_CLIP_PRETRAINED": "laion2b_s34b_b79k",
    }


def test_a_repository_of_the_hub() -> None:
    assert parse_model_name("hf-hub:laion/some") == {"PICHAVEN_CLIP_MODEL": "hf-hub:laion/some"}


@pytest.mark.parametrize("prefix", ["ViT-B-32-quickgelu:", ""])
def test_a_weights_file(prefix: str, tmp_path: Path) -> None:
    file = tmp_path / "ViT-B-32-quickgelu-holiday.safetensors"
    file.touch()

    assert parse_model_name(f"{prefix}{file}") == {
        "PICHAVEN_CLIP_MODEL": "ViT-B-32-quickgelu",
        "PICHAVEN_CLIP_PRETRAINED": str(file),
    }


def test_a_folder_with_a_model_in_the_bundled_format() -> None:
    folder: Path = MlSettings.model_fields["bundled_dir"].default

    assert parse_model_name(str(folder)) == {
        "PICHAVEN_CLIP_MODEL": "pichaven-tiny",
        "PICHAVEN_ML_BUNDLED_DIR": str(folder.resolve()),
    }


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "names no model"),
        ("ViT-B-32", "ARCHITECTURE/TAG"),
        ("vit-b32/openai", "do you mean ViT-B-32?"),
        ("Giraffe/openai", "no architecture Giraffe$"),
        ("weights.pt", "names no model"),
        ("ViT-B-32:/no/such/file.pt", "no weights file /no/such/file.pt"),
        ("/no/such/ViT-B-32.pt", "no weights file /no/such/ViT-B-32.pt"),
        ("hf-hub:laion", "no architecture hf-hub|names no model"),
    ],
)
def test_a_name_that_selects_nothing_is_refused(name: str, reason: str) -> None:
    with pytest.raises(ModelUnusable, match=reason):
        parse_model_name(name)


def test_a_file_and_a_folder_that_say_nothing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "weights.pt").touch()

    with pytest.raises(ModelUnusable, match="begins with no architecture"):
        parse_model_name(str(tmp_path / "weights.pt"))
    with pytest.raises(ModelUnusable, match="holds no model in the format of"):
        parse_model_name(str(tmp_path))


def test_a_hub_without_the_page_is_reachable_and_a_closed_port_is_not(hub: str) -> None:
    assert find_outage(hub) is None
    assert find_outage(NOBODY) is not None


def test_weights_at_hand_need_no_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_ENDPOINT", NOBODY)
    file = tmp_path / "weights.pt"
    file.touch()

    download_weights(ModelSource("ViT-B-32", str(file), "digest"), tmp_path)
    download_weights(ModelSource("pichaven-tiny", str(file), "digest", tmp_path), tmp_path)

    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.slow
def test_an_unknown_tag_is_refused_with_those_that_exist(
    hub: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub)

    with pytest.raises(ModelUnusable, match="has no weights laion9b; open_clip knows: openai, "):
        download_weights(ModelSource("ViT-B-32", "laion9b", "laion9b"), tmp_path)


@pytest.mark.slow
def test_without_a_hub_a_tag_is_refused_with_what_to_do(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "pichaven_ml", "prepare", "ViT-B-32/laion2b_s34b_b79k"],
        env=os.environ | {"HF_ENDPOINT": NOBODY, "PICHAVEN_ML_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (process.returncode, process.stdout) == (1, "")
    assert f"the model hub {NOBODY} is not reachable from here" in process.stderr
    assert "name the file (ARCHITECTURE:/path/to/weights.safetensors)" in process.stderr
    assert "Traceback" not in process.stderr


async def test_a_prepared_model_is_described(
    exported: Path, small_model: Path, cache: Path
) -> None:
    settings = MlSettings(bundled_dir=small_model, cache_dir=cache)

    async with preparation(settings=settings, clip=ClipSettings(model=TINY_MODEL)) as prepare_model:
        prepared = await prepare_model()

    assert prepared.model == Manifest.read(exported).card.id
    assert prepared.calibrated
    assert prepared.seconds_per_photo > 0
    assert 160 <= prepared.memory_mb < 300
