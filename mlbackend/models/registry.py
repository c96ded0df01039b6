"""Networks by name: U-Net, U-Net++ and FPN over the encoders of segmentation-models-pytorch.

The fifteen networks of tahir2021 (table 4) are the three architectures with ``PAPER_ENCODERS``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import segmentation_models_pytorch as smp
import torch
from torch import nn

from mlbackend.config import ConfigError, require_one_of
from mlbackend.contracts import NetworkSpec

ARCHITECTURES: dict[str, Callable[..., nn.Module]] = {
    "unet": smp.Unet,
    "unetplusplus": smp.UnetPlusPlus,
    "fpn": smp.FPN,
}
PAPER_ENCODERS = ("resnet18", "resnet50", "densenet121", "densenet161", "inceptionv4")


def encoder_names() -> list[str]:
    """Names of all encoders that the library can build, sorted."""
    return sorted(smp.encoders.get_encoder_names())


def check_network(spec: NetworkSpec) -> None:
    """Raise ConfigError, naming the field and the valid values, where the network cannot be built."""
    require_one_of("network.architecture", spec.architecture, ARCHITECTURES)
    require_one_of("network.encoder", spec.encoder, encoder_names())
    if spec.classes not in (1, 2):
        raise ConfigError(f"network.classes: {spec.classes!r} is not valid; use 2 (softmax) or 1 (sigmoid)")
    known = spec.encoder_weights in ("none", "imagenet")
    if not known and not (spec.encoder_weights.startswith("file:") and len(spec.encoder_weights) > len("file:")):
        raise ConfigError(
            f"network.encoder_weights: {spec.encoder_weights!r} is not valid; use none, imagenet or file:PATH"
        )


def build_network(spec: NetworkSpec) -> nn.Module:
    """Build a network: (N, 3, H, W) float in, (N, classes, H, W) logits out; H and W multiples of 32.

    Weights are drawn from torch's global generator, so seed it first. Raises ConfigError for an unknown name, for
    encoder weights that cannot be had (no internet connection) and for a weights file that does not fit.
    """
    check_network(spec)
    builder = ARCHITECTURES[spec.architecture]
    options: dict[str, Any] = {"encoder_name": spec.encoder, "classes": spec.classes, "in_channels": 3}
    if spec.encoder_weights == "imagenet":
        try:
            return builder(encoder_weights="imagenet", **options)
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise ConfigError(
                f"network.encoder_weights: the imagenet weights of {spec.encoder} could not be had ({error}); "
                "connect to the internet, or use none, or file:PATH with a local state dict"
            ) from error
    network = builder(encoder_weights=None, **options)
    if spec.encoder_weights.startswith("file:"):
        _load_encoder(network, Path(spec.encoder_weights.removeprefix("file:")), spec.encoder)
    return network


def _load_encoder(network: nn.Module, path: Path, encoder: str) -> None:
    field = "network.encoder_weights"
    if not path.is_file():
        raise ConfigError(f"{field}: file {path} does not exist; give the path of a .safetensors or .pth state dict")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
        # The library's encoders drop or convert the classifier's entries in their own load_state_dict.
        network.encoder.load_state_dict(state)  # type: ignore[union-attr, operator]
    except Exception as error:
        raise ConfigError(f"{field}: file {path} is no state dict of {encoder} ({error})") from error


def count_parameters(network: nn.Module) -> int:
    """Number of trainable parameters, as table 4 of tahir2021 counts them."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
