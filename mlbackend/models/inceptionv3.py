"""Inception-v3 (Szegedy et al. 2016) as an encoder; the library has Inception-v4 only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from segmentation_models_pytorch.encoders._base import EncoderMixin
from torch import nn
from torch.nn import functional
from torchvision.models import inception

CHANNELS = (3, 64, 192, 288, 768, 2048)
"""Of the film, and of the features at strides 2, 4, 8, 16 and 32."""
STAGES = (
    ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3"),
    ("maxpool1", "Conv2d_3b_1x1", "Conv2d_4a_3x3"),
    ("maxpool2", "Mixed_5b", "Mixed_5c", "Mixed_5d"),
    ("Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"),
    ("Mixed_7a", "Mixed_7b", "Mixed_7c"),
)
"""Each begins by halving."""
_CLASSIFIER = ("AuxLogits.", "fc.")


def _halved(x: torch.Tensor) -> torch.Tensor:
    return functional.max_pool2d(x, kernel_size=3, stride=2, padding=1)


class _FirstReduction(inception.InceptionB):
    def _forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return [self.branch3x3(x), double, _halved(x)]


class _SecondReduction(inception.InceptionD):
    def _forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        long = self.branch7x7x3_4(self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x))))
        return [self.branch3x3_2(self.branch3x3_1(x)), long, _halved(x)]


class InceptionV3Encoder(inception.Inception3, EncoderMixin):  # type: ignore[misc]
    """Features at strides 1 to 32; takes the state dicts of torchvision's network.

    Where the original leaves out the border, here it is padded, so that each stage halves the film exactly and a
    decoder can join its features. Weights and order of layers are the original's.
    """

    def __init__(self, depth: int = 5, output_stride: int = 32) -> None:
        if not 1 <= depth <= len(STAGES):
            raise ValueError(f"depth: {depth!r} is not valid; use a whole number from 1 to {len(STAGES)}")
        super().__init__(
            aux_logits=False,
            init_weights=False,
            inception_blocks=[
                inception.BasicConv2d, inception.InceptionA, _FirstReduction, inception.InceptionC, _SecondReduction,
                inception.InceptionE, inception.InceptionAux,
            ],
        )  # fmt: skip
        self._depth, self._in_channels, self._output_stride = depth, CHANNELS[0], output_stride
        self._out_channels = list(CHANNELS)
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3):
                module.padding = (1, 1)
            if isinstance(module, nn.MaxPool2d):
                module.padding = 1
        del self.avgpool, self.dropout, self.fc

    def make_dilated(self, output_stride: int) -> None:
        """Refused, as by the library's Inception-v4."""
        raise ValueError(f"output_stride: {output_stride!r} is not valid; Inception-v3 cannot be dilated, use 32")

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:  # type: ignore[override]
        """(N, 3, H, W) to ``depth`` + 1 features, the film first; H and W are multiples of 32."""
        features = [x]
        for stage in STAGES[: self._depth]:
            for name in stage:
                x = self.get_submodule(name)(x)
            features.append(x)
        return features

    def load_state_dict(self, state_dict: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Of an encoder, or of a whole classifier, whose last layers are passed over."""
        kept = {name: value for name, value in state_dict.items() if not name.startswith(_CLASSIFIER)}
        return super().load_state_dict(kept, *args, **kwargs)
