"""Export a checkpoint as the files that are shipped."""

import json
import shutil
from pathlib import Path

import open_clip
import torch
from safetensors.torch import save_file

from testing.sketches.vocabulary import known_words
from training.libraries import VALIDATION_SEED, draw_library, single_tag_queries
from training.losses import Calibration
from training.recipe import MODEL_NAME, Recipe, model_config
from training.shipped import Probability, ShippedModel
from training.tokens import CaptionTokenizer
from training.unknown import unknown_words

MERGES = "bpe_tiny.txt.gz"


def export(recipe: Recipe, data: Path, target: Path) -> None:
    """Write weights (half precision), configuration, merges and calibration into `target`."""
    torch.set_num_threads(1)
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(data / MERGES, target / MERGES)
    config = model_config(CaptionTokenizer(target / MERGES).vocabulary_size)
    (target / f"{MODEL_NAME}.json").write_text(json.dumps(config, indent=2) + "\n")
    state = torch.load(data / "checkpoint.pt", weights_only=True)
    half = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in state["model"].items()
    }
    _make_unseen_tokens_unknown(half["token_embedding.weight"], target / MERGES)
    weights = target / f"{MODEL_NAME}.safetensors"
    save_file(half, weights, metadata={"format": "pt"})
    weights.chmod(0o644)
    fitted = Calibration()
    fitted.load_state_dict(state["calibration"])
    scale, bias = fitted.scale.item(), fitted.bias.item()
    calibration = {
        "scale": round(scale, 4),
        "bias": round(bias, 4),
        "threshold": round(_best_threshold(target, scale, bias), 3),
        "query_templates": ["{}", "a photo of {}"],
        "licence": "the project's own; trained from scratch, no other weights or pictures used",
        "provenance": {
            "pictures": f"{recipe.pictures} drawn by testing.sketches from fixed seeds",
            "steps": state["step"],
            "of_steps": recipe.steps,
            "command": "make train-tiny",
            "fit_for": "pictures drawn by testing.sketches; on photographs it guesses",
        },
    }
    text = json.dumps(calibration, indent=2) + "\n"
    (target / "calibration.json").write_text(text, encoding="utf-8")


def _make_unseen_tokens_unknown(rows: torch.Tensor, merges: Path) -> None:
    """Give tokens that training never met the mean row of words that mean nothing drawn.

    Their own rows are still as they were initialised, and noise in a query may look like a thing.
    """
    tokenizer = open_clip.SimpleTokenizer(bpe_path=str(merges))
    unknown = [tokenizer.encode(word) for word in unknown_words()]
    trained = {tokenizer.sot_token_id, tokenizer.eot_token_id}
    trained.update(token for word in known_words() for token in tokenizer.encode(word))
    trained.update(token for word in unknown for token in word)
    whole = sorted({tokens[0] for tokens in unknown if len(tokens) == 1})
    unseen = [token for token in range(len(rows)) if token not in trained]
    rows[unseen] = rows[whole].float().mean(0).to(rows.dtype)


def _best_threshold(target: Path, scale: float, bias: float) -> float:
    """The probability with the best F1 over plain queries on a library of its own."""
    model = ShippedModel(target)
    library = draw_library(VALIDATION_SEED, 1000)
    queries = single_tag_queries(library)
    true = torch.stack([library.answers(frozenset({tag})) for tag in queries])
    probability = Probability(scale=scale, bias=bias, threshold=0)
    cosines = model.classes(list(queries.values())) @ model.pictures(library.images).T
    probabilities = probability(cosines)
    best, best_f1 = 0.5, 0.0
    for step in range(5, 90):
        threshold = step / 100
        matched = probabilities >= threshold
        hits = (matched & true).sum(1)
        f1 = (2 * hits / (matched.sum(1) + true.sum(1)).clamp(min=1)).mean().item()
        if f1 > best_f1:
            best, best_f1 = threshold, f1
    return best
