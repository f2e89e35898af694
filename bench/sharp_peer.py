"""sharp, Node's binding of libvips: the same variants of the same files, as a peer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import pyvips

from bench.photographs import HEIGHT, WIDTH
from bench.variant_process import VariantProcess
from pichaven_contracts.photo import Variant
from pichaven_processing.imaging.variant_plan import plan_variants

_SCRIPT: Final = Path(__file__).parent / "sharp" / "variants.mjs"
_LARGEST_DIFFERENCE: Final = 2.0
"""Of 255, the mean over a variant's pixels: what another version of an encoder makes of them."""


async def start_sharp(photos: Sequence[Path], folder: Path, threads: int) -> VariantProcess | None:
    """Return the process, which writes into `folder`, or None and say why it is missing."""
    folder.mkdir()
    plan = [asdict(spec) for spec in plan_variants(WIDTH, HEIGHT)]
    try:
        return await VariantProcess.start(
            *("node", str(_SCRIPT), str(threads), json.dumps(plan), str(folder)),
            *map(str, photos),
            environment={"UV_THREADPOOL_SIZE": str(threads)},
        )
    except OSError as error:
        reason = next((line for line in str(error).splitlines() if "rror" in line), str(error))
        print(f"without the peer sharp, which needs node and npm's registry: {reason}", flush=True)
        return None


def sharp_versions(process: VariantProcess) -> dict[str, str]:
    versions = json.loads(process.greeting)
    return {"sharp": versions["sharp"], "sharp_libvips": versions["vips"]}


def libvips_version() -> str:
    """Return the version that processing uses."""
    return ".".join(str(pyvips.version(part)) for part in range(3))


def largest_difference(
    variants: Sequence[Variant], objects: Mapping[str, bytes], folder: Path, number: int
) -> float:
    """Return the largest mean difference, of 255, between a photo's variants and sharp's.

    Fails where sharp's have other dimensions, or show something else.
    """
    differences: list[float] = []
    for variant in variants:
        ours = pyvips.Image.new_from_buffer(objects[variant.key], "")
        path = folder / f"{number}-{variant.name}.{variant.format}"
        theirs = pyvips.Image.new_from_file(str(path))
        assert (theirs.width, theirs.height) == (ours.width, ours.height), path.name
        differences.append((ours - theirs).abs().avg())
        assert differences[-1] < _LARGEST_DIFFERENCE, f"{path.name}: {differences[-1]} of 255"
    return max(differences)
