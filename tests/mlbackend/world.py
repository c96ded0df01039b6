"""A small world for training and prediction: films with a bright ellipse as the truth, in a folder's storage."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from mlbackend.contracts import (
    NetworkSpec,
    PredictImage,
    Progress,
    Split,
    TrainingSettings,
    TrainRequest,
    TrainResult,
    TrainSample,
)
from mlbackend.data.reading import write_mask
from mlbackend.storage import FolderStorage, Storage
from mlbackend.training import train

NETWORK = NetworkSpec("fpn", "mobilenet_v2")
"""Small; has dropout, so that its random numbers are under test as well."""


LEARNER = NetworkSpec("unet", "resnet18")
"""Learns the small world in 20 steps."""


def settings(**changes: Any) -> TrainingSettings:
    """Settings of a training that takes a second or two."""
    values: dict[str, Any] = {
        "image_size": 32,
        "batch_size": 4,
        "epochs": 3,
        "learning_rate": 1e-3,
        "schedule": "onecycle",
        "early_stopping": 0,
        "augmentation": "light",
        "precision": "fp32",
        "threads": 1,
    }
    return TrainingSettings(**(values | changes))


def film(index: int, height: int = 80, width: int = 64) -> tuple[bytes, bytes]:
    """PNG bytes of a film and of its mask."""
    rng = np.random.default_rng(index)
    mask = np.zeros((height, width), np.uint8)
    centre = (int(width * rng.uniform(0.4, 0.6)), int(height * rng.uniform(0.4, 0.6)))
    cv2.ellipse(mask, centre, (width // 4, height // 4), 0, 0, 360, 1, -1)
    gray = 60 + 110 * mask + rng.normal(0, 12, mask.shape)
    out = io.BytesIO()
    Image.fromarray(np.clip(gray, 0, 255).astype(np.uint8)).save(out, "PNG")
    return out.getvalue(), write_mask(mask.astype(bool))


def samples(storage: Storage, train_count: int = 9, validation_count: int = 3) -> list[TrainSample]:
    """Films in storage, each of a patient of its own."""
    made = []
    for index in range(train_count + validation_count):
        image, mask = film(index)
        storage.write(f"films/{index}.png", image)
        storage.write(f"masks/{index}.png", mask)
        split = Split.TRAIN if index < train_count else Split.VALIDATION
        made.append(TrainSample(f"s{index}", f"films/{index}.png", f"masks/{index}.png", f"p{index}", split))
    return made


def predict_images(storage: Storage, count: int) -> list[PredictImage]:
    """Films to predict, of two sizes."""
    made = []
    for index in range(count):
        height, width = (80, 64) if index % 2 else (51, 77)
        storage.write(f"new/{index}.png", film(100 + index, height, width)[0])
        made.append(PredictImage(f"i{index}", f"new/{index}.png", width, height))
    return made


def request(
    listed: list[TrainSample], *, job: str = "job", attempt: int = 1, network: NetworkSpec = NETWORK, **changes: Any
) -> TrainRequest:
    """A request to train a network; ``changes`` are settings."""
    return TrainRequest(job, attempt, network, settings(**changes), listed)


def run(
    asked: TrainRequest, storage: Storage, *, cancel_at_epoch: int | None = None, progress: list[Progress] | None = None
) -> TrainResult:
    """Train; with ``cancel_at_epoch`` somebody cancels after so many epochs."""
    heard: list[Progress] = progress if progress is not None else []

    def should_cancel() -> bool:
        return cancel_at_epoch is not None and bool(heard) and len(heard[-1].curve) >= cancel_at_epoch

    return train(asked, storage, on_progress=heard.append, should_cancel=should_cancel, worker="w")


def folder(path: Path) -> FolderStorage:
    """Storage below a test's own folder."""
    return FolderStorage(path / "store")
