"""Encoders beside the library's: Inception-v3, and CheXNet, a DenseNet-121 that has learnt from chest films."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import segmentation_models_pytorch as smp
import torch
from segmentation_models_pytorch.encoders.densenet import DenseNetEncoder, densenet_encoders
from torch import nn

from mlbackend.config import ConfigError
from mlbackend.contracts import NetworkSpec
from mlbackend.environment import read
from mlbackend.models.inceptionv3 import InceptionV3Encoder

CHEXNET = "chexnet"
CHEXNET_WEIGHTS = "CHEXNET_WEIGHTS"
"""Environment variable that names the file of CheXNet's weights."""
FIELD = "network.encoder_weights"
FILE = "file:"
_FEATURES = "features.conv0.weight"
_OLD_NAME = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\.")
"""Of torchvision before 0.3: ``denselayer1.norm.1.weight`` is ``denselayer1.norm1.weight`` today."""

OWN: dict[str, dict[str, Any]] = {
    "inceptionv3": {
        "encoder": InceptionV3Encoder,
        "params": {},
        "pretrained_settings": {"imagenet": {"repo_id": "timm/inception_v3.tv_in1k", "revision": "main"}},
    },
    # Its weights lie in a file on the worker (Rajpurkar et al. 2017 published none to download).
    CHEXNET: {**densenet_encoders["densenet121"], "pretrained_settings": {}},
}


def add_encoders() -> None:
    """Let the library build ours by name too."""
    smp.encoders.encoders.update(OWN)


def weights_file(spec: NetworkSpec) -> Path | None:
    """The file that the encoder's weights come from; None where they come from nowhere or from the library.

    Raises ConfigError where CheXNet's are asked for and CHEXNET_WEIGHTS names none.
    """
    if spec.encoder_weights.startswith(FILE):
        return Path(spec.encoder_weights.removeprefix(FILE))
    if spec.encoder != CHEXNET or spec.encoder_weights == "none":
        return None
    named = read(CHEXNET_WEIGHTS)
    if not named:
        raise ConfigError(
            f"{FIELD}: CheXNet's weights, learnt from ChestX-ray14, cannot be downloaded; set {CHEXNET_WEIGHTS} to the "
            "path of a .safetensors or .pth file with a DenseNet-121's state dict, or use file:PATH"
        )
    return Path(named)


def check_start(spec: NetworkSpec) -> None:
    """Raise ConfigError where a network that is to learn cannot have the encoder weights that its name promises."""
    if spec.encoder == CHEXNET and spec.encoder_weights == "none":
        raise ConfigError(
            f"{FIELD}: 'none' is not valid for chexnet, which without its weights is densenet121: name that "
            f"encoder, or use imagenet with {CHEXNET_WEIGHTS} set, or file:PATH"
        )
    path = weights_file(spec)
    if path is not None and not path.is_file():
        raise ConfigError(f"{FIELD}: file {path} does not exist; give the path of a .safetensors or .pth state dict")


def check_weights(spec: NetworkSpec) -> None:
    """Raise ConfigError where the file that a network's encoder begins from does not hold that encoder's weights.

    Reads the file and builds the encoder, a second or two: before a grid, not hours later in one of its cells.
    """
    path = weights_file(spec)
    if path is not None:
        add_encoders()
        load_encoder(smp.encoders.get_encoder(spec.encoder, weights=None), path, spec.encoder)


def load_encoder(encoder: nn.Module, path: Path, name: str) -> None:
    """Put a file's state dict into an encoder; raises ConfigError where there is none or it does not fit.

    Of the file nothing but tensors and plain values is unpickled. A DenseNet's may carry any prefix
    (``module.densenet121.``), torchvision's names of old and a classifier, and may lie under ``state_dict``, as in the
    checkpoints that CheXNet is passed on in.
    """
    if not path.is_file():
        raise ConfigError(f"{FIELD}: file {path} does not exist; give the path of a .safetensors or .pth state dict")
    try:
        state = _read(path)
        if isinstance(encoder, DenseNetEncoder):
            state = _densenet_names(state)
        # The library's encoders drop or convert the classifier's entries in their own load_state_dict.
        encoder.load_state_dict(state)
    except Exception as error:
        # torch and safetensors raise a dozen kinds for what is no state dict, or not this encoder's.
        why = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
        raise ConfigError(
            f"{FIELD}: file {path} is no state dict of {name} ({why}); give a .safetensors or .pth file that holds one"
        ) from error


def _read(path: Path) -> dict[str, Any]:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return dict(load_file(path))
    content = torch.load(path, map_location="cpu", weights_only=True)
    inner = content.get("state_dict", content)
    return dict(inner)


def _densenet_names(state: dict[str, Any]) -> dict[str, Any]:
    """Entries below the one prefix that the features have, under today's names; the others, such as a classifier's, go.

    Raises ValueError where there are no features or more than one network's.
    """
    prefixes = [name.removesuffix(_FEATURES) for name in state if name.endswith(_FEATURES)]
    if len(prefixes) != 1:
        raise ValueError(f"{len(prefixes)} entries end in {_FEATURES!r}, a DenseNet has one")
    start = prefixes[0] + "features."
    return {
        _OLD_NAME.sub(r"\1\2.", name.removeprefix(prefixes[0])): value
        for name, value in state.items()
        if name.startswith(start)
    }
