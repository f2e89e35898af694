"""Measure the shipped model on pictures it was not trained with."""

import io
import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image

from testing.sketches import Wish, draw, queries
from testing.sketches.captions import caption
from testing.sketches.objects.catalogue import THINGS
from testing.sketches.queries import Query
from testing.sketches.scenes import SETTINGS
from testing.sketches.vocabulary import OBJECTS, PLACES
from training.libraries import TEST_SEED, Library, draw_library, single_tag_queries
from training.shipped import Probability, ShippedModel

Figures = dict[str, float]
_HEIGHT = 192
_COLOURED = ("car", "boat", "flower", "house", "balloon", "cat", "bird", "ball", "umbrella")


def evaluate(folder: Path) -> Figures:
    """Measure and print the figures, and write them into the model's calibration.json."""
    torch.set_num_threads(1)
    model = ShippedModel(folder)
    library = draw_library(TEST_SEED + 7_000_000, 1000)
    vectors = model.pictures(library.images)
    figures: Figures = {}
    parts: list[Callable[[], Figures]] = [
        lambda: _objects(model),
        lambda: _settings(model, library, vectors),
        lambda: _colours(model),
        lambda: _large_jpegs(model),
        lambda: _captions(model, library, vectors),
        lambda: _queries(model, library, vectors),
        lambda: _threshold(model, Probability.of(folder), library, vectors),
        lambda: _speed(model, library),
    ]
    for part in parts:
        measured = part()
        for name, value in measured.items():
            print(f"{name:<44}{value:8.3f}", flush=True)
        figures |= {name: round(value, 4) for name, value in measured.items()}
    file = folder / "calibration.json"
    calibration = json.loads(file.read_text(encoding="utf-8"))
    stable = {name: value for name, value in figures.items() if not name.endswith("_ms")}
    calibration["metrics"] = stable
    file.write_text(json.dumps(calibration, indent=2) + "\n", encoding="utf-8")
    return figures


def _objects(model: ShippedModel) -> Figures:
    """Zero-shot among all things; label-aware counts any thing that is really there."""
    names = list(THINGS)
    sketches = [
        draw(TEST_SEED + 1000 * number + index, height=_HEIGHT, wish=Wish(thing=name))
        for number, name in enumerate(names)
        for index in range(30)
    ]
    wanted = torch.arange(len(names)).repeat_interleave(30)
    classes = model.classes([OBJECTS[name].words()[0] for name in names])
    scores = model.pictures([s.image for s in sketches]) @ classes.T
    top = scores.topk(5).indices
    correct = top[:, 0] == wanted
    true = [names[at] in s.tags for at, s in zip(top[:, 0].tolist(), sketches, strict=True)]
    for number, name in enumerate(names):
        print(f"  {name:<20}{correct[wanted == number].float().mean():.2f}")
    return {
        "object_top1": _mean(correct),
        "object_top5": _mean((top == wanted[:, None]).any(1)),
        "object_top1_label_aware": sum(true) / len(true),
    }


def _settings(model: ShippedModel, library: Library, vectors: torch.Tensor) -> Figures:
    names = [name for name in SETTINGS if name != "studio"]
    tags = ["grass" if name == "field" else name for name in names]
    sketches = [
        draw(TEST_SEED + 500_000 + 1000 * number + index, height=_HEIGHT, wish=Wish(setting=name))
        for number, name in enumerate(names)
        for index in range(30)
    ]
    wanted = torch.arange(len(names)).repeat_interleave(30)
    classes = model.classes([PLACES[tag].words()[0] for tag in tags])
    top = (model.pictures([s.image for s in sketches]) @ classes.T).argmax(1)
    aware = [tags[at] in s.tags for at, s in zip(top.tolist(), sketches, strict=True)]
    hours = ["day", "night", "sunset"]
    captions = model.texts(["photo during the day", "photo at night", "photo at sunset"])
    best = (vectors @ captions.T).argmax(1).tolist()
    outside = [(hours[at], t) for at, t in zip(best, library.tags, strict=True) if t & set(hours)]
    return {
        "setting_top1": _mean(top == wanted),
        "setting_top1_label_aware": sum(aware) / len(aware),
        "time_of_day_top1": sum(hour in tags for hour, tags in outside) / len(outside),
    }


def _colours(model: ShippedModel) -> Figures:
    """Which colour a known thing has, among all colours it comes in."""
    correct = total = 0
    for number, name in enumerate(_COLOURED):
        colours = THINGS[name].colours
        images, wanted = [], []
        for at, colour in enumerate(colours):
            for index in range(8):
                seed = TEST_SEED + 2_000_000 + 10_000 * number + 100 * at + index
                wish = Wish(thing=name, colour=colour, count=1)
                sketch = draw(seed, height=_HEIGHT, wish=wish)
                if f"{name}:{colour}" in sketch.tags:
                    images.append(sketch.image)
                    wanted.append(at)
        classes = model.classes([f"{colour} {OBJECTS[name].words()[0]}" for colour in colours])
        hits = ((model.pictures(images) @ classes.T).argmax(1) == torch.tensor(wanted)).sum()
        print(f"  colour of {name:<20}{hits.item() / len(wanted):.2f}")
        correct += int(hits.item())
        total += len(wanted)
    return {"colour_of_known_object_top1": correct / total}


def _large_jpegs(model: ShippedModel) -> Figures:
    names = list(THINGS)
    images: list[Image.Image] = []
    for number, name in enumerate(names):
        for index in range(3):
            seed = TEST_SEED + 1000 * number + 500 + index
            sketch = draw(seed, height=1200, aspect=4 / 3, wish=Wish(thing=name))
            data = io.BytesIO()
            sketch.image.save(data, "JPEG", quality=80)
            with Image.open(data) as opened:
                opened.draft("RGB", (400, 300))
                images.append(opened.convert("RGB"))
    wanted = torch.arange(len(names)).repeat_interleave(3)
    classes = model.classes([OBJECTS[name].words()[0] for name in names])
    top = (model.pictures(images) @ classes.T).topk(5).indices
    return {
        "jpeg_1600x1200_object_top1": _mean(top[:, 0] == wanted),
        "jpeg_1600x1200_object_top5": _mean((top == wanted[:, None]).any(1)),
    }


def _captions(model: ShippedModel, library: Library, vectors: torch.Tensor) -> Figures:
    """Captions drawn as in training; any picture the caption is true of counts."""
    rng = random.Random(5)
    captions = [c for tags in library.tags if (c := caption(tags, rng)) is not None]
    scores = model.texts([text for text, _ in captions]) @ vectors.T
    true = torch.stack([library.answers(requires) for _, requires in captions])
    hits = true.gather(1, scores.topk(10).indices)
    precisions = [
        true[row][scores[row].topk(int(true[row].sum())).indices].float().mean().item()
        for row in range(len(captions))
    ]
    return {
        "caption_hit_at_1": _mean(hits[:, 0]),
        "caption_hit_at_5": _mean(hits[:, :5].any(1)),
        "caption_hit_at_10": _mean(hits.any(1)),
        "caption_r_precision": sum(precisions) / len(precisions),
    }


def _queries(model: ShippedModel, library: Library, vectors: torch.Tensor) -> Figures:
    """Precision at 10, or at as many answers as there are, by group of queries."""
    groups = {
        "robust": queries.ROBUST,
        "objects": queries.OBJECTS,
        "colours": queries.COLOURS,
        "counts": queries.COUNTS,
        "wordings": queries.WORDINGS,
    }
    return {
        f"query_precision_{name}": _precision(model, group, library, vectors)
        for name, group in groups.items()
    }


def _precision(
    model: ShippedModel, group: tuple[Query, ...], library: Library, vectors: torch.Tensor
) -> float:
    scores = model.texts([query.text for query in group]) @ vectors.T
    precisions = []
    for query, row in zip(group, scores, strict=True):
        true = library.answers(query.requires)
        wanted = min(10, int(true.sum()))
        if wanted:
            hits = true[row.topk(wanted).indices].sum().item()
            print(f"  {query.text:<34}{int(hits)} of {wanted}")
            precisions.append(hits / wanted)
    return sum(precisions) / len(precisions)


def _threshold(
    model: ShippedModel, probability: Probability, library: Library, vectors: torch.Tensor
) -> Figures:
    single_tags = single_tag_queries(library)
    probabilities = probability(model.texts(list(single_tags.values())) @ vectors.T)
    matched = probabilities >= probability.threshold
    true = torch.stack([library.answers(frozenset({tag})) for tag in single_tags])
    hits = (matched & true).sum(1)
    false = (matched & ~true).sum(1) / (~true).sum(1)
    unknown = probability(model.texts(queries.UNKNOWN_QUERIES) @ vectors.T).max(1).values
    wordings = probability(model.texts([q.text for q in queries.WORDINGS]) @ vectors.T)
    for value, text in sorted(
        zip(unknown.tolist(), queries.UNKNOWN_QUERIES, strict=True), reverse=True
    )[:6]:
        print(f"  unknown {text:<26}{value:.2f}")
    return {
        "threshold_precision": _mean(hits / matched.sum(1).clamp(min=1)),
        "threshold_recall": _mean(hits / true.sum(1)),
        "false_hits_per_1000_of_absent_known": 1000 * _mean(false),
        "unknown_queries_empty": _mean(unknown < probability.threshold),
        "unknown_queries_highest_probability": unknown.max().item(),
        "wordings_answered": _mean(wordings.max(1).values >= probability.threshold),
    }


def _speed(model: ShippedModel, library: Library) -> Figures:
    start = time.perf_counter()
    for image in library.images[:20]:
        model.pictures([image])
    middle = time.perf_counter()
    for _ in range(20):
        model.texts(["a red car on a road"])
    end = time.perf_counter()
    return {"picture_ms": (middle - start) * 50, "text_ms": (end - middle) * 50}


def _mean(values: torch.Tensor) -> float:
    return values.float().mean().item()
