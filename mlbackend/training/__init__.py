"""Training of segmentation networks: ``from mlbackend.training import train``."""

from mlbackend.training.checkpoint import discard_checkpoints
from mlbackend.training.loop import train

__all__ = ["discard_checkpoints", "train"]
