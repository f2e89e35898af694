"""Training in seeded steps that can be interrupted and resumed."""

import math
import time
from pathlib import Path
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from training.batches import Batch, BatchMaker, prefetch_batches
from training.losses import Calibration, compute_losses
from training.pictures import load_pictures
from training.recipe import Recipe
from training.tokens import CaptionTokenizer
from training.towers import create_model, encode_captions, encode_pictures

_SAVE_EVERY = 100
_REPORT_EVERY = 50
_LARGEST_LOGIT_SCALE = math.log(60)


class Trainer:
    """Model, calibration, optimiser, and the number of steps done."""

    def __init__(self, recipe: Recipe, vocabulary_size: int) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.step = 0
        self.model: Any = create_model(vocabulary_size)
        self.calibration = Calibration()
        named = list(self.model.named_parameters())
        decaying = [p for name, p in named if p.ndim >= 2 and "embedding" not in name]
        steady = [p for name, p in named if p.ndim < 2 or "embedding" in name]
        self._clipped = decaying + steady
        groups = [
            {"params": decaying, "weight_decay": recipe.weight_decay},
            {"params": steady, "weight_decay": 0.0},
            {"params": list(self.calibration.parameters()), "weight_decay": 0.0},
        ]
        self._optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), foreach=True)

    def save(self, checkpoint: Path) -> None:
        state = {
            "step": self.step,
            "model": self.model.state_dict(),
            "calibration": self.calibration.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }
        partial = checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(checkpoint)

    def resume(self, checkpoint: Path) -> None:
        state = torch.load(checkpoint, weights_only=True)
        self.step = state["step"]
        self.model.load_state_dict(state["model"])
        self.calibration.load_state_dict(state["calibration"])
        self._optimizer.load_state_dict(state["optimizer"])

    def train_on(self, batch: Batch) -> list[float]:
        """Train one step and return the three losses before it."""
        rate = self.recipe.learning_rate(self.step)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        # The fused attention's backward pass is three times slower on CPU at this width.
        with sdpa_kernel(SDPBackend.MATH):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                pictures = encode_pictures(self.model, batch.pixels)
                captions = encode_captions(self.model, batch.tokens)
            losses = compute_losses(
                pictures.float(),
                captions.float(),
                batch.matches,
                self.model.logit_scale.exp(),
                self.calibration,
            )
            self._optimizer.zero_grad(set_to_none=True)
            losses.total(self.recipe.binary_loss_share).backward()
        torch.nn.utils.clip_grad_norm_(self._clipped, self.recipe.gradient_limit)
        self._optimizer.step()
        with torch.no_grad():
            self.model.logit_scale.clamp_(0, _LARGEST_LOGIT_SCALE)
        self.step += 1
        parts = (losses.picture_to_text, losses.text_to_picture, losses.binary)
        return [part.item() for part in parts]


def train(recipe: Recipe, folder: Path) -> Path:
    """Train on the pictures in the folder and return the path of the last checkpoint."""
    torch.set_num_threads(1)  # a second thread only waits where another process holds its core
    tokenizer = CaptionTokenizer(folder / "bpe_tiny.txt.gz")
    trainer = Trainer(recipe, tokenizer.vocabulary_size)
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.exists():
        trainer.resume(checkpoint)
    trainer.model.train()
    maker = BatchMaker(load_pictures(folder), tokenizer, recipe.seed)
    plan = [(step, recipe.size_at(step)) for step in range(trainer.step, recipe.steps)]
    recent: list[list[float]] = []
    start = time.monotonic()
    for batch in prefetch_batches(maker, plan):
        recent.append(trainer.train_on(batch))
        if trainer.step % _REPORT_EVERY == 0:
            means = [sum(column) / len(recent) for column in zip(*recent, strict=True)]
            _report(trainer, means, (time.monotonic() - start) / len(recent))
            recent, start = [], time.monotonic()
        if trainer.step % _SAVE_EVERY == 0 or trainer.step == recipe.steps:
            trainer.save(checkpoint)
    return checkpoint


def _report(trainer: Trainer, means: list[float], seconds: float) -> None:
    calibration = trainer.calibration
    print(
        f"step {trainer.step} of {trainer.recipe.steps}: picture→text {means[0]:.3f}, "
        f"text→picture {means[1]:.3f}, binary {means[2]:.2f}, "
        f"logit scale {trainer.model.logit_scale.exp().item():.1f}, "
        f"sigmoid {calibration.scale.item():.1f}/{calibration.bias.item():.2f}, "
        f"{seconds:.2f} s a step",
        flush=True,
    )
