"""Networks by name: U-Net, U-Net++, FPN and DLA over the encoders of segmentation-models-pytorch and ours.

The fifteen networks of tahir2021 (table 4) are the first three architectures with ``PAPER_ENCODERS``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import segmentation_models_pytorch as smp
from torch import nn

from mlbackend.config import ConfigError, require_one_of
from mlbackend.contracts import NetworkSpec
from mlbackend.models.dla import DeepLayerAggregation
from mlbackend.models.encoders import CHEXNET, FILE, add_encoders, load_encoder, weights_file

add_encoders()

ARCHITECTURES: dict[str, Callable[..., nn.Module]] = {
    "unet": smp.Unet,
    "unetplusplus": smp.UnetPlusPlus,
    "fpn": smp.FPN,
    "dla": DeepLayerAggregation,
}
PAPER_ENCODERS = ("resnet18", "resnet50", "densenet121", "densenet161", "inceptionv4")


def encoder_names() -> list[str]:
    """Names of all encoders that can be built, the library's and ours, sorted."""
    return sorted(smp.encoders.get_encoder_names())


def check_network(spec: NetworkSpec) -> None:
    """Raise ConfigError, naming the field and the valid values, where the network cannot be built."""
    require_one_of("network.architecture", spec.architecture, ARCHITECTURES)
    require_one_of("network.encoder", spec.encoder, encoder_names())
    if spec.classes not in (1, 2):
        raise ConfigError(f"network.classes: {spec.classes!r} is not valid; use 2 (softmax) or 1 (sigmoid)")
    known = spec.encoder_weights in ("none", "imagenet")
    if not known and not (spec.encoder_weights.startswith(FILE) and len(spec.encoder_weights) > len(FILE)):
        raise ConfigError(
            f"network.encoder_weights: {spec.encoder_weights!r} is not valid; use none, imagenet or file:PATH"
        )


def build_network(spec: NetworkSpec) -> nn.Module:
    """Build a network: (N, 3, H, W) float in, (N, classes, H, W) logits out; H and W multiples of 32.

    Weights are drawn from torch's global generator, so seed it first. A frozen encoder stays in evaluation mode,
    whatever mode the network is put into. Raises ConfigError for an unknown name, for encoder weights that cannot be
    had (no internet connection, no file of CheXNet's) and for a weights file that does not fit.
    """
    check_network(spec)
    network = _begun(spec)
    if spec.encoder_frozen:
        # First: the library leaves a frozen encoder in the mode that it has, dropout included.
        network.encoder.eval()
        network.freeze_encoder()
    return network


def _begun(spec: NetworkSpec) -> Any:
    builder = ARCHITECTURES[spec.architecture]
    options: dict[str, Any] = {"encoder_name": spec.encoder, "classes": spec.classes, "in_channels": 3}
    if spec.encoder_weights == "imagenet" and spec.encoder != CHEXNET:
        try:
            return builder(encoder_weights="imagenet", **options)
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise ConfigError(
                f"network.encoder_weights: the imagenet weights of {spec.encoder} could not be had ({error}); "
                "connect to the internet, or use none, or file:PATH with a local state dict"
            ) from error
    path = weights_file(spec)
    network: Any = builder(encoder_weights=None, **options)
    if path is not None:
        load_encoder(network.encoder, path, spec.encoder)
    return network


def count_parameters(network: nn.Module) -> int:
    """Number of trainable parameters, as table 4 of tahir2021 counts them."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def count_fixed(network: nn.Module) -> int:
    """Number of values that no gradient changes: frozen parameters and running statistics (degerli2021 table VIII).

    Counters of batches are none of a network's values.
    """
    frozen = sum(parameter.numel() for parameter in network.parameters() if not parameter.requires_grad)
    return frozen + sum(buffer.numel() for buffer in network.buffers() if buffer.is_floating_point())
