"""Images per second by model, runtime and batch, and memory over a library of photos.

Each combination is measured in a process of its own.
"""

import io
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont, ImageOps

from bench.photographs import photographs
from bench.report import Figure, write

_BATCHES: Final = (1, 4, 8)
_RUNTIMES: Final = ("torch", "onnx")
_ROUNDS: Final = {"tiny": 2, "vit_b_32": 1}
_LONGEST_S: Final = 600
_LARGE: Final = "ViT-B-32"
_LIBRARY_LONGEST_S: Final = 3600
_PHOTOGRAPHS: Final = 4
_SHAPES: Final = ((1920, 1440), (1440, 1920), (1920, 1080), (1920, 480))
_CENTRES: Final = (0.2, 0.5, 0.8)

_RANDOM_WEIGHTS: Final = f"""
import sys, torch, open_clip
torch.manual_seed(1)
torch.save(open_clip.create_model("{_LARGE}").state_dict(), sys.argv[1])
"""

Measured = dict[str, Any]


def _python(
    arguments: Sequence[str], environment: Mapping[str, str], longest_s: float = _LONGEST_S
) -> str:
    process = subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | dict(environment),
        stdout=subprocess.PIPE,
        check=True,
        timeout=longest_s,
        text=True,
    )
    return process.stdout


def _measure(environment: Mapping[str, str]) -> Measured:
    lines = _python(["-m", "bench.ml_measure"], environment).splitlines()
    measured: Measured = json.loads(lines[-1])
    return measured


def _models(where: Path) -> dict[str, dict[str, str]]:
    """Return settings by model. Random weights cost what trained ones do."""
    weights = where / "random.pt"
    _python(["-c", _RANDOM_WEIGHTS, str(weights)], {})
    return {
        "tiny": {"PICHAVEN_ML_CACHE_DIR": str(where)},
        "vit_b_32": {
            "PICHAVEN_ML_CACHE_DIR": str(where),
            "PICHAVEN_CLIP_MODEL": _LARGE,
            "PICHAVEN_CLIP_PRETRAINED": str(weights),
        },
    }


def _figures(model: str, rounds: Mapping[str, Sequence[Measured]]) -> list[Figure]:
    """Return the best of the rounds; ratios are of CPU time, which other work disturbs least."""
    figures: list[Figure] = []
    for batch in _BATCHES:
        costs = {
            runtime: min(float(each[f"cpu_ms_per_image_batch_{batch}"]) for each in measured)
            for runtime, measured in rounds.items()
        }
        for runtime, measured in rounds.items():
            name = f"{model}_{runtime}_batch_{batch}"
            speed = max(float(each[f"images_per_s_batch_{batch}"]) for each in measured)
            figures.append(Figure(f"{name}_images_per_s", speed, "images/s"))
            cost = f"{name}_cpu_per_image"
            if runtime == "torch":
                figures.append(Figure(cost, costs[runtime], "ms CPU"))
            else:
                against = f"{model}_torch_batch_{batch}_cpu_per_image"
                ratio = costs[runtime] / costs["torch"]
                figures.append(Figure(cost, costs[runtime], "ms CPU", against, ratio))
    for runtime, measured in rounds.items():
        for key, name in (("query_ms", "query"), ("query_under_load_ms", "query_under_load")):
            best = min(float(each[key]["p50"]) for each in measured)
            figures.append(Figure(f"{model}_{runtime}_{name}_p50", best, "ms"))
        resident = max(float(each["rss_after_mib"]) for each in measured)
        figures.append(Figure(f"{model}_{runtime}_resident", resident, "MiB"))
    return figures


def _pictures(folder: Path) -> None:
    """Write variants as of processing: parts of photographs, every other one with text."""
    folder.mkdir()
    count = 0
    for data in photographs(_PHOTOGRAPHS):
        with Image.open(io.BytesIO(data)) as photograph:
            for shape, centre in itertools.product(_SHAPES, _CENTRES):
                picture = ImageOps.fit(photograph, shape, centering=(centre, centre))
                if count % 2:
                    _write_on(picture, f"Platform {count} departures")
                picture.save(folder / f"{count:03}-1920.jpeg", quality=82)
                picture.thumbnail((800, 800))
                picture.save(
                    folder / f"{count:03}-800.{'webp' if count % 3 else 'jpeg'}", quality=82
                )
                count += 1


def _write_on(picture: Image.Image, words: str) -> None:
    font = ImageFont.load_default(70)
    ImageDraw.Draw(picture).text((60, 60), words, font=font, fill="white", stroke_width=4)


def _library(where: Path) -> list[Figure]:
    """Return the resident memory after many photos, against that after the first of them."""
    _pictures(where / "pictures")
    lines = _python(
        ["-m", "bench.ml_library", str(where / "pictures")],
        {"PICHAVEN_ML_CACHE_DIR": str(where)},
        _LIBRARY_LONGEST_S,
    ).splitlines()
    first, *_, last = json.loads(lines[-1])
    figures = []
    for process in ("serving", "reading"):
        early, late = first[process], last[process]
        name = f"library_{process}_resident_after_{first['photos']}"
        figures.append(Figure(name, early, "MiB"))
        name_late = f"library_{process}_resident_after_{last['photos']}"
        figures.append(Figure(name_late, late, "MiB", name, late / early))
    return figures


def main() -> None:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="pichaven-bench-ml-") as name:
        for model, settings in _models(Path(name)).items():
            rounds: dict[str, list[Measured]] = {runtime: [] for runtime in _RUNTIMES}
            for _ in range(_ROUNDS[model]):
                for runtime in _RUNTIMES:
                    print(f"{model} in {runtime}", flush=True)
                    measured = _measure(settings | {"PICHAVEN_ML_RUNTIME": runtime})
                    rounds[runtime].append(measured)
            figures += _figures(model, rounds)
        print("a library in tiny", flush=True)
        figures += _library(Path(name))
    write("ml", figures)


if __name__ == "__main__":
    main()
