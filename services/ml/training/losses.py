"""The losses, given exactly which captions are true of which pictures."""

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from training.batches import UNKNOWNS


@dataclass(frozen=True)
class Losses:
    picture_to_text: torch.Tensor
    text_to_picture: torch.Tensor
    binary: torch.Tensor

    def total(self, binary_share: float) -> torch.Tensor:
        contrast = 0.5 * (self.picture_to_text + self.text_to_picture)
        return contrast + binary_share * self.binary


class Calibration(nn.Module):
    """The probability of a match: sigmoid(scale · cosine + bias)."""

    def __init__(self) -> None:
        super().__init__()
        self.values = nn.Parameter(torch.tensor([math.log(10.0), -5.0]))

    @property
    def scale(self) -> torch.Tensor:
        return self.values[0].exp()

    @property
    def bias(self) -> torch.Tensor:
        return self.values[1]

    def forward(self, cosines: torch.Tensor) -> torch.Tensor:
        return cosines * self.scale + self.bias


def compute_losses(
    pictures: torch.Tensor,
    captions: torch.Tensor,
    matches: torch.Tensor,
    logit_scale: torch.Tensor,
    calibration: Calibration,
) -> Losses:
    """Return contrastive losses with several positives, and a binary loss on every pair.

    The binary loss calibrates the probability across queries. Captions
    about unknown things take part as negatives only.
    """
    cosines = functional.normalize(pictures, dim=-1) @ functional.normalize(captions, dim=-1).T
    logits = cosines * logit_scale
    per_picture = -(functional.log_softmax(logits, 1) * matches).sum(1)
    picture_to_text = per_picture / matches.sum(1).clamp(min=1)
    known_matches = matches[:, :-UNKNOWNS]
    positives = known_matches.sum(0)
    per_caption = -(functional.log_softmax(logits[:, :-UNKNOWNS], 0) * known_matches).sum(0)
    text_to_picture = (per_caption / positives.clamp(min=1))[positives > 0]
    binary = functional.binary_cross_entropy_with_logits(
        calibration(cosines), matches, reduction="sum"
    )
    return Losses(picture_to_text.mean(), text_to_picture.mean(), binary / len(matches))
