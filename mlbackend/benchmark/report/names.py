"""What metrics, data and counts are called for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TITLES = {
    "accuracy": "Accuracy",
    "iou": "IoU",
    "dsc": "DSC",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "precision": "Precision",
    "f1": "F1",
    "f2": "F2",
    "auc": "AUC",
}
MODELS = {"unet": "U-Net", "unetplusplus": "U-Net++", "fpn": "FPN", "dla": "DLA"}
ENCODERS = {
    "chexnet": "CheXNet",
    "densenet121": "DenseNet-121",
    "densenet161": "DenseNet-161",
    "inceptionv3": "Inception-v3",
    "inceptionv4": "Inception-v4",
    "resnet18": "ResNet-18",
    "resnet50": "ResNet-50",
}
SPLITS = {"group-i": "control group I", "group-ii": "control group II"}
"""As degerli2021 calls them."""
SPACE = "\u00a0"
"""Does not break over a line."""


def split_name(name: str) -> str:
    """A split for people; another name than the paper's stays as its config has it."""
    return SPLITS.get(name, name)


def heading(words: str) -> str:
    """With a capital in front; what is in capitals stays so."""
    return words[:1].upper() + words[1:]


def data_name(card: Mapping[str, Any]) -> str:
    """The dataset with the conditions that chose its films: ``covid, set=kermany``."""
    return ", ".join([card["name"], *card["where"]])


def counted(count: int, noun: str) -> str:
    """``1 film``, ``2 films``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def ran(config: Mapping[str, Any], networks: int) -> str:
    """What a benchmark ran, whatever the config that it began from describes: networks, splits, size, weights."""
    second = f" and {split_name(config['second']['name'])}" if config["second"] else ""
    training = config["training"]
    start = {"none": "random weights", "imagenet": "pretrained weights"}.get(
        config["encoder_weights"], "a file's weights"
    )
    return (
        f"{counted(networks, 'network')} on {' and '.join(config['tasks'])}, {counted(config['folds'], 'fold')}"
        f"{second}, {training['image_size']} px, {counted(training['epochs'], 'epoch')} at most, encoders from {start}."
    )
