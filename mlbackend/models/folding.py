"""The same network in fewer operations, for prediction alone.

A decoder that doubles a picture by repeating each pixel and then convolves it by 3 x 3 multiplies every value four
times: of the nine taps over a repeated pixel, those that fall on the same one can be added beforehand. What remains is
one transposed convolution of 4 x 4 with stride 2, 4 of 9 of the operations. The algebra is exact; only the order of the
additions differs.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoderBlock
from segmentation_models_pytorch.decoders.unetplusplus.decoder import DecoderBlock
from torch import nn
from torch.nn import functional

_BLOCKS = (UnetDecoderBlock, DecoderBlock)


class DoublingConvolution(nn.Module):
    """``conv(cat(nearest x 2 of x, skip))`` for a 3 x 3 convolution with padding 1; ``channels`` are those of ``x``."""

    def __init__(self, conv: nn.Conv2d, channels: int) -> None:
        super().__init__()
        weight = conv.weight.detach()
        summed = torch.zeros((channels, weight.shape[0], 4, 4), dtype=torch.float64)
        flipped = weight[:, :channels].double().flip(2, 3).transpose(0, 1)
        for row in (0, 1):
            for column in (0, 1):
                summed[:, :, row : row + 3, column : column + 3] += flipped
        self.doubling = nn.Parameter(summed.to(weight.dtype).contiguous(), requires_grad=False)
        rest = weight[:, channels:].clone()
        self.skip = nn.Parameter(rest, requires_grad=False) if rest.shape[1] else None
        self.bias = conv.bias

    def forward(self, x: torch.Tensor, skip: torch.Tensor | None) -> torch.Tensor:
        """(N, C, H, W) and (N, K, 2H, 2W) to (N, out, 2H, 2W)."""
        doubled = functional.conv_transpose2d(x, self.doubling, self.bias, stride=2, padding=1)
        if skip is None or self.skip is None:
            return doubled
        return doubled + functional.conv2d(skip, self.skip, padding=1)


class _FoldedBlock(nn.Module):
    """Takes a decoder block's place and its calls: ``(x, height, width, skip)`` of U-Net, ``(x, skip)`` of U-Net++."""

    def __init__(self, block: Any, channels: int) -> None:
        super().__init__()
        convolution, *after = block.conv1.children()
        self.doubling = DoublingConvolution(convolution, channels)
        self.rest = nn.Sequential(*after, block.conv2)

    def forward(self, x: torch.Tensor, *others: Any, **named: Any) -> torch.Tensor:
        # When a network is traced, height and width are tensors too.
        given = (*others, *named.values())
        skips = [value for value in given if isinstance(value, torch.Tensor) and value.dim() == 4]
        folded: torch.Tensor = self.rest(self.doubling(x, skips[0] if skips else None))
        return folded


def fold_doubling(network: nn.Module, size: int) -> nn.Module:
    """A copy of ``network`` whose decoder blocks double and convolve in one; others stay as they are.

    For prediction only: ``network`` is in evaluation mode and stays as it is. ``size`` is the side that it works at.
    """
    folded = copy.deepcopy(network)
    blocks = {name: module for name, module in folded.named_modules() if isinstance(module, _BLOCKS)}
    seen: dict[str, tuple[int, bool]] = {}
    hooks = [block.register_forward_hook(_recorder(seen, name)) for name, block in blocks.items()]
    weight = next(folded.parameters())
    with torch.no_grad():
        folded(torch.zeros((1, 3, size, size), dtype=weight.dtype, device=weight.device))
    for hook in hooks:
        hook.remove()
    for name, block in blocks.items():
        channels, doubles = seen.get(name, (0, False))
        if doubles and _is_plain(block):
            folded.set_submodule(name, _FoldedBlock(block, channels))
    return folded.eval()


def _recorder(seen: dict[str, tuple[int, bool]], name: str) -> Any:
    def record(block: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        height, width = inputs[0].shape[2:]
        seen[name] = (int(inputs[0].shape[1]), tuple(output.shape[2:]) == (2 * height, 2 * width))

    return record


def _is_plain(block: Any) -> bool:
    """Whether the block does what is folded and nothing else."""
    if block.conv1 is None or block.interpolation_mode != "nearest":
        return False
    convolution = block.conv1[0]
    attentions = (block.attention1.attention, block.attention2.attention)
    return (
        isinstance(convolution, nn.Conv2d)
        and (convolution.kernel_size, convolution.padding, convolution.stride) == ((3, 3), (1, 1), (1, 1))
        and (convolution.groups, convolution.dilation) == (1, (1, 1))
        and all(isinstance(attention, nn.Identity) for attention in attentions)
    )
