"""Folding doubling and convolution into one changes no answer."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from mlbackend.contracts import NetworkSpec
from mlbackend.models.folding import DoublingConvolution, fold_doubling
from mlbackend.models.registry import build_network


@pytest.mark.parametrize("skips", [0, 3])
@pytest.mark.parametrize("shape", [(1, 1), (5, 4)])
def test_one_transposed_convolution_is_doubling_joining_and_convolving(skips: int, shape: tuple[int, int]) -> None:
    torch.manual_seed(1)
    height, width = shape
    convolution = nn.Conv2d(2 + skips, 4, 3, padding=1, bias=bool(skips)).double()
    x = torch.randn(2, 2, height, width, dtype=torch.float64)
    skip = torch.randn(2, skips, 2 * height, 2 * width, dtype=torch.float64) if skips else None
    doubled = functional.interpolate(x, scale_factor=2, mode="nearest")
    expected = convolution(doubled if skip is None else torch.cat([doubled, skip], dim=1))
    torch.testing.assert_close(DoublingConvolution(convolution, 2)(x, skip), expected)


@pytest.mark.parametrize(
    ("architecture", "encoder", "folded_blocks"),
    [
        ("unet", "resnet18", 5),
        ("unet", "inceptionv4", 5),
        ("unetplusplus", "mobilenet_v2", 11),
        ("fpn", "mobilenet_v2", 0),
        ("unet", "inceptionv3", 5),
    ],
)
def test_a_folded_network_says_what_the_network_says(architecture: str, encoder: str, folded_blocks: int) -> None:
    torch.manual_seed(1)
    network = build_network(NetworkSpec(architecture, encoder)).eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    films = torch.randn(2, 3, 64, 64)
    folded = fold_doubling(network, 64)
    assert sum(isinstance(module, DoublingConvolution) for module in folded.modules()) == folded_blocks
    with torch.no_grad():
        torch.testing.assert_close(folded(films), network(films), rtol=1e-4, atol=1e-4)
    assert network.state_dict().keys() == before.keys()
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_a_decoder_with_attention_is_left_as_it_is() -> None:
    import segmentation_models_pytorch as smp

    network = smp.Unet("resnet18", encoder_weights=None, decoder_attention_type="scse").eval()
    assert not any(isinstance(module, DoublingConvolution) for module in fold_doubling(network, 64).modules())
