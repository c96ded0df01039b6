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


def data_name(card: Mapping[str, Any]) -> str:
    """The dataset with the conditions that chose its films: ``covid, set=kermany``."""
    return ", ".join([card["name"], *card["where"]])


def counted(count: int, noun: str) -> str:
    """``1 film``, ``2 films``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
