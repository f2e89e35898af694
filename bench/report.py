"""Figures as a table on the terminal and as JSON for comparison."""

import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
_PLAIN_WIDTH: Final = 140


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `against` names what `ratio` compares it to, in the same run."""

    name: str
    value: float
    unit: str
    against: str | None = None
    ratio: float | None = None


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile; `share` is between 0 and 1."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def machine() -> str:
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Python {platform.python_version()}"


def load() -> str:
    """Return the load averages, the benchmark's own work included."""
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def write(
    name: str,
    figures: Sequence[Figure],
    *,
    corpus: str | None = None,
    versions: Mapping[str, str] | None = None,
) -> None:
    """Print the table and write `bench/results/NAME.json`.

    `corpus` describes the data, `versions` are those of what is compared.
    """
    title = f"{machine()}; load {load()}"
    caption = ", ".join(f"{what} {version}" for what, version in (versions or {}).items())
    table = Table(
        f"bench-{name}", "value", "unit", "against", "ratio", title=title, caption=caption
    )
    for figure in figures:
        table.add_row(
            figure.name,
            f"{figure.value:,.3g}" if figure.value < 1000 else f"{figure.value:,.0f}",
            figure.unit,
            figure.against or "",
            "" if figure.ratio is None else f"{figure.ratio:.2f}",
        )
    console = Console()
    if not console.is_terminal:
        console.width = _PLAIN_WIDTH
    console.print(table)
    document: dict[str, object] = {
        "machine": machine(),
        "load_1_5_15_min": load(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if corpus is not None:
        document["corpus"] = corpus
    if versions is not None:
        document["versions"] = dict(versions)
    for figure in figures:
        entry: dict[str, object] = {"value": round(figure.value, 6), "unit": figure.unit}
        if figure.against is not None:
            entry["against"] = figure.against
        if figure.ratio is not None:
            entry["ratio"] = round(figure.ratio, 4)
        document[figure.name] = entry
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")
