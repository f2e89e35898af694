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
_WORDINGS = ("{}", "a photo of {}", "a picture of {}")


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
        """One vector for each name, the mean over a few wordings."""
        said = [wording.format(name) for name in names for wording in _WORDINGS]
        means = self.texts(said).view(len(names), len(_WORDINGS), -1).mean(1)
        return functional.normalize(means, dim=-1)


class Probability:
    """From cosine to the probability of a match, and the least that counts as one."""

    def __init__(self, *, scale: float, bias: float, threshold: float) -> None:
        self.scale, self.bias, self.threshold = scale, bias, threshold

    @classmethod
    def of(cls, folder: Path) -> Self:
        found = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
        return cls(scale=found["scale"], bias=found["bias"], threshold=found["threshold"])

    def __call__(self, cosines: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(cosines * self.scale + self.bias)
