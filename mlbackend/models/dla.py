"""Deep layer aggregation over any encoder (Yu et al. 2018, as degerli2021 section II-C uses it for segmentation)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from segmentation_models_pytorch.base import SegmentationHead, SegmentationModel
from segmentation_models_pytorch.encoders import get_encoder
from torch import nn

WIDTHS = (32, 64, 128, 256)
"""Channels of the aggregated features at strides 2, 4, 8 and 16, those of the U-Net decoder beside it."""
OUTPUT_WIDTH = 16
"""Channels at the film's own size."""


def _convolution(inputs: int, outputs: int, size: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


def bilinear_kernel(factor: int) -> torch.Tensor:
    """(2 factor, 2 factor): with it a transposed convolution of stride ``factor``, an even number, interpolates."""
    place = torch.arange(2 * factor, dtype=torch.float32) + 0.5
    tent = 1 - (place - factor).abs() / factor
    return tent[:, None] * tent[None, :]


class Upsampling(nn.ConvTranspose2d):
    """Enlarges each channel by itself: bilinear at the start, then as it learns (Yu et al. 2018, section 3)."""

    def __init__(self, channels: int, factor: int) -> None:
        super().__init__(channels, channels, 2 * factor, factor, factor // 2, groups=channels, bias=False)
        with torch.no_grad():
            self.weight.copy_(bilinear_kernel(factor).expand_as(self.weight))


class IterativeAggregation(nn.Module):
    """Merges features of two or more scales into the largest: each in turn is projected, enlarged and joined.

    ``channels`` and ``factors`` are of the inputs, the largest scale first; ``factors`` tell how far each is enlarged,
    1 for the first. The outputs have ``width`` channels and the first input's scale.
    """

    def __init__(self, channels: Sequence[int], factors: Sequence[int], width: int) -> None:
        super().__init__()
        self.projections = nn.ModuleList(
            nn.Identity() if count == width else _convolution(count, width, 1) for count in channels
        )
        self.upsamplings = nn.ModuleList(
            nn.Identity() if factor == 1 else Upsampling(width, factor) for factor in factors
        )
        self.nodes = nn.ModuleList(_convolution(2 * width, width, 3) for _ in channels[1:])

    def forward(self, features: list[torch.Tensor]) -> list[torch.Tensor]:
        """After each join the aggregation so far; the last one has seen all."""
        brought = [
            upsampling(projection(feature))
            for feature, projection, upsampling in zip(features, self.projections, self.upsamplings, strict=True)
        ]
        found, merged = [], brought[0]
        for node, feature in zip(self.nodes, brought[1:], strict=True):
            merged = node(torch.cat([merged, feature], dim=1))
            found.append(merged)
        return found


class AggregationDecoder(nn.Module):
    """From the encoder's features to (N, ``OUTPUT_WIDTH``, H, W), scale by scale, from the deepest to the largest.

    ``channels`` are the encoder's, of strides 1, 2, 4 ...; strides at which it has none are passed over. Each round
    merges the features of a stride with those of the next deeper one and with all that the round before has made of
    that: so what is deep has been aggregated most often.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.levels = [level for level in range(1, len(channels)) if channels[level]]
        if len(self.levels) < 2 or self.levels[-1] > len(WIDTHS) + 1:
            raise ValueError(f"channels: {list(channels)} are not 2 to {len(WIDTHS) + 1} scales; use another encoder")
        rounds: list[IterativeAggregation] = []
        for place in reversed(range(len(self.levels) - 1)):
            level, deeper = self.levels[place], self.levels[place + 1]
            made = [WIDTHS[deeper - 1] for _ in rounds]
            factors = [1] + [2 ** (deeper - level)] * (1 + len(made))
            counts = [channels[level], channels[deeper], *made]
            rounds.append(IterativeAggregation(counts, factors, WIDTHS[level - 1]))
        self.rounds = nn.ModuleList(rounds)
        largest = self.levels[0]
        self.upsampling = Upsampling(WIDTHS[largest - 1], 2**largest)
        self.smoothing = _convolution(WIDTHS[largest - 1], OUTPUT_WIDTH, 3)

    def forward(self, features: list[torch.Tensor]) -> torch.Tensor:
        """``features`` as the encoder gives them, the film itself first."""
        kept = [features[level] for level in self.levels]
        made: list[torch.Tensor] = []
        for place, aggregation in zip(reversed(range(len(kept) - 1)), self.rounds, strict=True):
            made = aggregation([kept[place], kept[place + 1], *made])
        enlarged: torch.Tensor = self.smoothing(self.upsampling(made[-1]))
        return enlarged


class DeepLayerAggregation(SegmentationModel):  # type: ignore[misc]
    """An encoder of the library with the decoder of deep layer aggregation; called and built as the library's own."""

    def __init__(
        self, encoder_name: str, encoder_weights: str | None = None, classes: int = 2, in_channels: int = 3
    ) -> None:
        super().__init__()
        self.encoder = get_encoder(encoder_name, in_channels=in_channels, depth=5, weights=encoder_weights)
        self.decoder = AggregationDecoder(self.encoder.out_channels)
        self.segmentation_head = SegmentationHead(OUTPUT_WIDTH, classes, kernel_size=3)
        self.classification_head = None
        self.name = f"dla-{encoder_name}"
        # Convolutions as in the library's own decoders; upsamplings are left alone and begin as interpolation.
        self.initialize()
