"""The model as it is shipped, loaded as open_clip loads any model."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import open_clip
import torch
from PIL import Image
from torch.nn import functional

from training.recipe import MODEL_NAME

_BATCH = 128
_TEMPLATES = ("{}", "a photo of {}", "a picture of {}")


class ShippedModel:
    """Unit vectors of pictures and texts, through open_clip's own preprocessing and towers."""

    def __init__(self, folder: Path) -> None:
        open_clip.add_model_config(folder / f"{MODEL_NAME}.json")
        weights = folder / f"{MODEL_NAME}.safetensors"
        model, _, self._preprocess = open_clip.create_model_and_transforms(
            MODEL_NAME, pretrained=str(weights)
        )
        self._model: Any = model.eval()
        [merges] = folder.glob("bpe_*.txt.gz")
        self._tokenize = open_clip.get_tokenizer(MODEL_NAME, bpe_path=str(merges))

    @torch.no_grad()
    def pictures(self, images: Sequence[Image.Image]) -> torch.Tensor:
        vectors = []
        for start in range(0, len(images), _BATCH):
            pixels = [self._preprocess(image) for image in images[start : start + _BATCH]]
            vectors.append(self._model.encode_image(torch.stack(pixels), normalize=True))
        return torch.cat(vectors)

    @torch.no_grad()
    def texts(self, texts: Sequence[str]) -> torch.Tensor:
        vectors = []
        for start in range(0, len(texts), _BATCH):
            tokens = self._tokenize(list(texts[start : start + _BATCH]))
            vectors.append(self._model.encode_text(tokens, normalize=True))
        return torch.cat(vectors)

    def classes(self, names: Sequence[str]) -> torch.Tensor:
        """Return one vector for each name: the mean over a few prompts."""
        prompts = [template.format(name) for name in names for template in _TEMPLATES]
        means = self.texts(prompts).view(len(names), len(_TEMPLATES), -1).mean(1)
        return functional.normalize(means, dim=-1)


class Probability:
    """The probability of a match from its cosine, and the least that counts as one."""

    def __init__(self, *, scale: float, bias: float, threshold: float) -> None:
        self.scale, self.bias, self.threshold = scale, bias, threshold

    @classmethod
    def of(cls, folder: Path) -> Self:
        fields = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
        return cls(scale=fields["scale"], bias=fields["bias"], threshold=fields["threshold"])

    def __call__(self, cosines: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(cosines * self.scale + self.bias)
