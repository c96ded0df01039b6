"""Deep layer aggregation over any encoder."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from mlbackend.contracts import NetworkSpec
from mlbackend.models.dla import WIDTHS, AggregationDecoder, IterativeAggregation, Upsampling
from mlbackend.models.folding import fold_doubling
from mlbackend.models.registry import build_network


@pytest.mark.parametrize("factor", [2, 4])
def test_upsampling_begins_as_bilinear_interpolation(factor: int) -> None:
    film = torch.randn(2, 3, 6, 5, generator=torch.Generator().manual_seed(1))
    expected = functional.interpolate(film, scale_factor=factor, mode="bilinear", align_corners=False)
    found = Upsampling(3, factor)(film)
    assert found.shape == expected.shape
    inner = slice(factor, -factor)
    torch.testing.assert_close(found[..., inner, inner], expected[..., inner, inner])


def test_each_input_is_joined_to_what_was_aggregated_before_it() -> None:
    aggregation = IterativeAggregation([4, 6, 4], [1, 2, 2], 4).eval()
    large, deep, made = torch.randn(1, 4, 8, 8), torch.randn(1, 6, 4, 4), torch.randn(1, 4, 4, 4)
    first, last = aggregation([large, deep, made])
    brought = aggregation.upsamplings[1](aggregation.projections[1](deep))
    torch.testing.assert_close(first, aggregation.nodes[0](torch.cat([large, brought], dim=1)))
    rest = aggregation.upsamplings[2](made)
    torch.testing.assert_close(last, aggregation.nodes[1](torch.cat([first, rest], dim=1)))


def test_deeper_features_are_aggregated_more_often_and_every_scale_counts() -> None:
    torch.manual_seed(1)
    channels = [3, 8, 12, 16, 20, 24]
    decoder = AggregationDecoder(channels)
    assert [len(aggregation.nodes) for aggregation in decoder.rounds] == [1, 2, 3, 4]
    features = [torch.randn(2, c, 64 >> level, 64 >> level, requires_grad=True) for level, c in enumerate(channels)]
    decoder(features).square().sum().backward()
    assert features[0].grad is None, "the film itself is no feature"
    assert all(bool(feature.grad.abs().sum() > 0) for feature in features[1:] if feature.grad is not None)
    assert all(feature.grad is not None for feature in features[1:])
    assert all(bool(parameter.grad is not None) for parameter in decoder.parameters())


@pytest.mark.parametrize("encoder", ["mit_b0", "vgg11_bn", "inceptionv3", "efficientnet-b0"])
def test_it_stands_on_encoders_of_all_kinds(encoder: str) -> None:
    network = build_network(NetworkSpec("dla", encoder, classes=1)).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 64, 96)).shape == (1, 1, 64, 96)


def test_an_encoder_without_scales_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match=rf"channels: \[3, 8\] are not 2 to {len(WIDTHS) + 1} scales"):
        AggregationDecoder([3, 8])


def test_two_drawings_of_the_same_seed_are_the_same_network() -> None:
    states = []
    for _ in range(2):
        torch.manual_seed(3)
        states.append(build_network(NetworkSpec("dla", "resnet18")).state_dict())
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_there_is_nothing_to_fold_and_folding_leaves_it_as_it_is() -> None:
    network = build_network(NetworkSpec("dla", "resnet18")).eval()
    film = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(fold_doubling(network, 64)(film), network(film))
    assert any(isinstance(module, nn.ConvTranspose2d) for module in network.modules())
