"""An open_clip model in torch, as two towers that give unit vectors.

Only this module and `onnx_export` import torch, which takes seconds and hundreds of megabytes:
import it where it is used.
"""

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from torch.nn import functional

from pichaven_ml.models.bpe_tokenizer import BpeTokenizer, trim_padding
from pichaven_ml.models.card import ModelCard, Pixels, Preprocessing, Vector, Vectors
from pichaven_ml.models.source import (
    ModelSource,
    ModelUnusable,
    bundled_configuration,
    merges_file,
    read_shipped_calibration,
)

_TEXTS_PER_RUN: Final = 16

Tokenize = Callable[[Sequence[str]], NDArray[np.int64]]


class ImageTower(torch.nn.Module):
    """Encode normalised pixels (n, 3, height, width) as unit vectors."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        vectors: torch.Tensor = self.model.encode_image(pixels, normalize=True)
        return vectors


class TextTower(torch.nn.Module):
    """Encode token rows (n, context) as unit vectors, by open_clip's own path."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        vectors: torch.Tensor = self.model.encode_text(tokens, normalize=True)
        return vectors


class ShortTextTower(torch.nn.Module):
    """Encode rows without their padding: queries are far shorter than the context.

    Attention is causal and the vector is read at the end token, so the padding behind it does
    not change the result.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    @staticmethod
    def supports(model: Any) -> bool:
        return (
            isinstance(model, open_clip.CLIP)
            and getattr(model, "text_pool_type", "argmax") == "argmax"
            and model.attn_mask is not None
            and model.text_projection is not None
        )

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        model: Any = self.model
        length = tokens.shape[1]
        hidden = model.token_embedding(tokens) + model.positional_embedding[:length]
        hidden = model.transformer(hidden, attn_mask=model.attn_mask[:length, :length])
        hidden = model.ln_final(hidden)
        hidden = hidden[torch.arange(hidden.shape[0]), tokens.argmax(dim=-1)]
        if isinstance(model.text_projection, torch.nn.Linear):
            hidden = model.text_projection(hidden)
        else:
            hidden = hidden @ model.text_projection
        return functional.normalize(hidden, dim=-1)


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in torch, its tokenizer and card."""

    card: ModelCard
    images: torch.nn.Module
    texts: torch.nn.Module
    reference_texts: torch.nn.Module
    """open_clip's own path, to verify the others."""
    tokenize: Tokenize
    merges: Path | None
    """The BPE merges of `tokenize`; None for another kind of tokenizer."""
    context_length: int
    trims: bool
    """Whether `texts` accepts rows shorter than the context."""


def load(source: ModelSource, cache: Path) -> LoadedModel:
    """Create the model, downloading its weights into the cache if they are not local.

    Raises `ModelUnusable`.
    """
    model = _create(source, cache)
    model.eval()
    model.requires_grad_(False)
    tokenize, merges, context_length = _tokenizer(source, cache)
    preprocessing = _preprocessing(open_clip.get_model_preprocess_cfg(model))
    trims = merges is not None and ShortTextTower.supports(model)
    with torch.inference_mode():
        size = (1, 3, preprocessing.height, preprocessing.width)
        dimensions = int(model.encode_image(torch.zeros(size)).shape[-1])
    return LoadedModel(
        card=ModelCard(
            id=source.model_id(preprocessing.name),
            dimensions=dimensions,
            runtime="torch",
            bundled=source.is_tiny,
            preprocessing=preprocessing,
            temperature=float(model.logit_scale.exp()),
            shipped=read_shipped_calibration(source),
        ),
        images=ImageTower(model).eval(),
        texts=(ShortTextTower(model) if trims else TextTower(model)).eval(),
        reference_texts=TextTower(model).eval(),
        tokenize=tokenize,
        merges=merges,
        context_length=context_length,
        trims=trims,
    )


class TorchEncoder:
    """An `ImageTextEncoder` in torch."""

    def __init__(self, loaded: LoadedModel, threads: int) -> None:
        torch.set_num_threads(threads)
        self._loaded = loaded

    @property
    def card(self) -> ModelCard:
        return self._loaded.card

    def encode_images(self, pictures: Sequence[Pixels]) -> Vectors:
        with torch.inference_mode():
            return _array(self._loaded.images(torch.from_numpy(np.stack(pictures))))

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        parts: list[Vectors] = []
        with torch.inference_mode():
            for start in range(0, len(texts), _TEXTS_PER_RUN):
                rows = self._loaded.tokenize(texts[start : start + _TEXTS_PER_RUN])
                if self._loaded.trims:
                    rows = trim_padding(rows)
                parts.append(_array(self._loaded.texts(torch.from_numpy(rows))))
        return np.concatenate(parts)

    def calibrate(self, _text: Vector, /) -> None:
        return None


def _array(tensor: torch.Tensor) -> Vectors:
    return np.asarray(tensor.numpy(), dtype=np.float32)


def _create(source: ModelSource, cache: Path) -> Any:
    if source.directory is not None:
        _register(source)
    weights = cache / "weights"
    weights.mkdir(parents=True, exist_ok=True)
    try:
        return open_clip.create_model(
            source.architecture,
            pretrained=source.pretrained,
            cache_dir=str(weights),
            require_pretrained=True,
        )
    except Exception as error:
        raise ModelUnusable(
            f"open_clip cannot load {source.architecture} with weights "
            f"{source.pretrained or 'of its own'}: {error}. Without a way to the hub, set "
            "PICHAVEN_CLIP_PRETRAINED to a weights file, or use a bundled model"
        ) from error


def _register(source: ModelSource) -> None:
    """Register the bundled architecture with open_clip."""
    assert source.directory is not None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{source.architecture}.json"
        file.write_text(json.dumps(bundled_configuration(source.directory)), encoding="utf-8")
        open_clip.add_model_config(file)


def _tokenizer(source: ModelSource, cache: Path) -> tuple[Tokenize, Path | None, int]:
    """Return our tokenizer where open_clip would use CLIP's BPE, else open_clip's."""
    if source.directory is not None:
        text = bundled_configuration(source.directory)["text_cfg"]
        merges = merges_file(source.directory)
        length = int(text["context_length"])
        return BpeTokenizer(merges, context_length=length), merges, length
    try:
        theirs: Any = open_clip.get_tokenizer(source.architecture, cache_dir=str(cache / "weights"))
    except ImportError as error:
        raise ModelUnusable(
            f"the tokenizer of {source.architecture} needs a package: {error}"
        ) from error
    length = int(theirs.context_length)
    configuration: Any = open_clip.get_model_config(source.architecture) or {}
    plain = not configuration.get("text_cfg", {}).get("tokenizer_kwargs")
    if type(theirs) is open_clip.SimpleTokenizer and plain:
        merges = Path(os.fspath(open_clip.tokenizer.default_bpe()))
        return BpeTokenizer(merges, context_length=length), merges, length
    return (lambda texts: np.asarray(theirs(list(texts)), dtype=np.int64)), None, length


def _preprocessing(fields: dict[str, Any]) -> Preprocessing:
    size = fields["size"]
    height, width = size if isinstance(size, (tuple, list)) else (size, size)
    return Preprocessing(
        height=int(height),
        width=int(width),
        mean=_rgb(fields["mean"]),
        std=_rgb(fields["std"]),
        interpolation="bilinear" if fields["interpolation"] == "bilinear" else "bicubic",
        resize_mode=fields["resize_mode"] or "shortest",
        fill_color=int(fields["fill_color"]),
    )


def _rgb(values: Any) -> tuple[float, float, float]:
    red, green, blue = values if isinstance(values, (tuple, list)) else (values,) * 3
    return float(red), float(green), float(blue)
