"""What a comparison of maps is asked for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from mlbackend.activation.training import ClassifierSettings
from mlbackend.config import ConfigError, Experiment, check_training


@dataclass(frozen=True)
class ComparisonSettings:
    """One encoder: in a segmentation network as ``experiment`` trains it, and as a classifier."""

    experiment: Experiment
    """Network and training of the segmentation; size, batch, augmentation and seed are the classifier's too."""
    classifier: ClassifierSettings = field(default_factory=ClassifierSettings)
    folds: int = 5
    """Each film is looked at by the networks of the fold that left its patient out."""
    validation: float = 0.2
    """Share of a fold's training films, by patient, that selects the segmentation's epoch; the classifier does not see
    it either."""

    def __post_init__(self) -> None:
        check_training(self.experiment.training)
        if not 2 <= self.folds <= 100:
            raise ConfigError(f"folds: {self.folds!r} is not valid; use a whole number from 2 to 100")
        if not 0 < self.validation < 1:
            raise ConfigError(f"validation: {self.validation!r} is not valid; use a number between 0 and 1")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, for the record."""
        return {
            "experiment": self.experiment.to_json(),
            "classifier": asdict(self.classifier),
            "folds": self.folds,
            "validation": self.validation,
        }
