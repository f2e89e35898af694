"""open_clip's model, and its two towers as training uses them: any size, any context."""

import json
import tempfile
from pathlib import Path
from typing import Any

import open_clip
import torch
from torch.nn import functional

from training.recipe import MODEL_NAME, model_config


def create_model(vocabulary_size: int) -> Any:
    """A freshly initialised model of the recipe, by open_clip's own factory."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / f"{MODEL_NAME}.json"
        config.write_text(json.dumps(model_config(vocabulary_size)))
        open_clip.add_model_config(config)
        model = open_clip.create_model(MODEL_NAME)
    return model.to(memory_format=torch.channels_last)


def encode_pictures(model: Any, pixels: torch.Tensor) -> torch.Tensor:
    """`model.encode_image` for any size that is a multiple of 32.

    Smaller pictures end in a smaller map, so the positions of the attention pool are
    interpolated to it: cheap small steps teach what large pictures then refine.
    """
    visual = model.visual
    maps = visual.stem(pixels)
    for layer in (visual.layer1, visual.layer2, visual.layer3, visual.layer4):
        maps = layer(maps)
    pool = visual.attnpool
    places = pool.positional_embedding
    side = round((len(places) - 1) ** 0.5)
    if maps.shape[-1] == side:
        return pool(maps)
    grid = places[1:].T.reshape(1, -1, side, side)
    smaller = functional.interpolate(
        grid, maps.shape[-2:], mode="bilinear", align_corners=False, antialias=True
    )
    fitted = torch.cat([places[:1], smaller.flatten(2)[0].T])
    return torch.func.functional_call(pool, {"positional_embedding": fitted}, (maps,))


def encode_captions(model: Any, tokens: torch.Tensor) -> torch.Tensor:
    """`model.encode_text` on rows as long as the longest caption instead of the full context."""
    length = tokens.shape[1]
    text = model.token_embedding(tokens) + model.positional_embedding[:length]
    text = model.transformer(text, attn_mask=model.attn_mask[:length, :length])
    ends = model.ln_final(text)[torch.arange(len(tokens)), tokens.argmax(-1)]
    return ends @ model.text_projection
