"""Prepare pictures with Pillow exactly as open_clip does with torchvision."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pichaven_ml.models.card import Pixels, Preprocessing

_MOST_OBLONG: Final = 30


def prepare(image: Image.Image, target: Preprocessing) -> Pixels:
    """Resize, crop or pad, and normalise an RGB picture; bit for bit open_clip's transform."""
    return normalise(np.asarray(fit(image, target)), target)


def normalise(rgb: NDArray[np.uint8], target: Preprocessing) -> Pixels:
    """Return model input of a picture of the model's size: height, width, channels."""
    scaled = rgb.astype(np.float32).transpose(2, 0, 1) / np.float32(255)
    mean = np.asarray(target.mean, dtype=np.float32)[:, None, None]
    std = np.asarray(target.std, dtype=np.float32)[:, None, None]
    return np.ascontiguousarray((scaled - mean) / std, dtype=np.float32)


def fit(image: Image.Image, target: Preprocessing) -> Image.Image:
    """Resize an RGB picture to the model's size, and crop or pad it.

    A strip longer than any photo is first cut to its middle: resizing its short side to the
    model's size would make gigabytes of its long one.
    """
    image = _crop_strip(image)
    filter_ = (
        Image.Resampling.BILINEAR
        if target.interpolation == "bilinear"
        else Image.Resampling.BICUBIC
    )
    if target.resize_mode == "squash":
        image = image.resize((target.width, target.height), filter_)
    elif target.resize_mode == "longest":
        image = image.resize(_scaled_size(image, target, longest=True), filter_)
    elif target.width == target.height:
        image = image.resize(_size_of_short_edge(image, target.width), filter_)
    else:
        image = image.resize(_scaled_size(image, target, longest=False), Image.Resampling.BICUBIC)
    if image.size != (target.width, target.height):
        image = _crop_centre(image, target)
    return image


def _crop_strip(image: Image.Image) -> Image.Image:
    longest = _MOST_OBLONG * min(image.size)
    if max(image.size) <= longest:
        return image
    width, height = min(image.width, longest), min(image.height, longest)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _size_of_short_edge(image: Image.Image, edge: int) -> tuple[int, int]:
    width, height = image.size
    if width <= height:
        return edge, int(edge * height / width)
    return int(edge * width / height), edge


def _scaled_size(image: Image.Image, target: Preprocessing, *, longest: bool) -> tuple[int, int]:
    ratios = (image.height / target.height, image.width / target.width)
    ratio = max(ratios) if longest else min(ratios)
    return max(1, round(image.width / ratio)), max(1, round(image.height / ratio))


def _crop_centre(image: Image.Image, target: Preprocessing) -> Image.Image:
    """Return the middle of the picture, padded where it is smaller than the target."""
    wide, high = max(0, target.width - image.width), max(0, target.height - image.height)
    if wide or high:
        fill = target.fill_color if target.resize_mode == "longest" else 0
        padded = Image.new("RGB", (image.width + wide, image.height + high), (fill,) * 3)
        padded.paste(image, (wide // 2, high // 2))
        image = padded
    left = round((image.width - target.width) / 2)
    top = round((image.height - target.height) / 2)
    return image.crop((left, top, left + target.width, top + target.height))
