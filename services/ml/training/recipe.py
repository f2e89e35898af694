"""What is trained, and for how long."""

from dataclasses import dataclass
from math import cos, pi
from typing import Any

import numpy as np

from training.tokens import CONTEXT_LENGTH

MODEL_NAME = "pichaven-tiny"
IMAGE_SIZE = 96


@dataclass(frozen=True)
class Recipe:
    """Steps, not minutes: the same recipe gives the same model on any machine, give or take
    the order of floating-point sums."""

    pictures: int = 100_000
    small_steps: int = 1200  # at two thirds of the size, where a step costs half
    full_steps: int = 420
    small_size: int = 64
    warm_up: int = 100
    horizon: int = 3400  # of the cosine that the learning rate follows, until it cools down
    cool_down: tuple[tuple[int, float], ...] = ((1350, 1.0), (1400, 8 / 9), (1620, 0.0))
    peak_rate: float = 1.5e-3
    weight_decay: float = 0.05
    gradient_limit: float = 2.0
    binary_loss_share: float = 0.2
    seed: int = 0

    @property
    def steps(self) -> int:
        return self.small_steps + self.full_steps

    def size_at(self, step: int) -> int:
        return self.small_size if step < self.small_steps else IMAGE_SIZE

    def learning_rate(self, step: int) -> float:
        """Rises to its peak, follows a cosine, and falls to nothing over the last steps."""
        warm = min(1.0, (step + 1) / self.warm_up)
        cool = float(np.interp(step, *zip(*self.cool_down, strict=True)))
        return self.peak_rate * warm * cool * 0.5 * (1 + cos(pi * step / self.horizon))


def model_config(vocabulary_size: int) -> dict[str, Any]:
    """open_clip's description of the model."""
    return {
        "embed_dim": 256,
        "vision_cfg": {
            "image_size": IMAGE_SIZE,
            "layers": [1, 1, 2, 1],
            "width": 24,
            "patch_size": None,
            "head_width": 32,
        },
        "text_cfg": {
            "context_length": CONTEXT_LENGTH,
            "vocab_size": vocabulary_size,
            "width": 128,
            "heads": 4,
            "layers": 3,
        },
        "init_logit_scale": 2.6592,
    }
