"""Tiny trainings and predictions for tests."""

from __future__ import annotations

from typing import Any

from mlbackend.contracts import (
    NetworkSpec,
    PredictImage,
    PredictRequest,
    Split,
    TrainingSettings,
    TrainRequest,
    TrainSample,
)
from mlbackend.storage import Storage
from tests.support.pictures import film_hw, lungs_hw, mask_png_bytes, png_bytes

SMALL = NetworkSpec("fpn", "mobilenet_v2")
"""The smallest network of the registry."""


def store_films(storage: Storage, count: int, *, side: int = 48) -> list[TrainSample]:
    """Films with their truth in storage; every fourth one is for validation."""
    samples = []
    for number in range(count):
        image_key, mask_key = f"films/{number}.png", f"truth/{number}.png"
        storage.write(image_key, png_bytes(film_hw(side, side, number)))
        storage.write(mask_key, mask_png_bytes(lungs_hw(side, side, number)))
        split = Split.VALIDATION if number % 4 == 3 else Split.TRAIN
        samples.append(TrainSample(str(number), image_key, mask_key, f"patient-{number}", split))
    return samples


def train_request(samples: list[TrainSample], **settings: Any) -> dict[str, Any]:
    """A short training at 32 px, as ``job_create`` takes it."""
    chosen: dict[str, Any] = {
        "image_size": 32,
        "batch_size": 4,
        "epochs": 2,
        "learning_rate": 1e-3,
        "threads": 1,
        **settings,
    }
    chosen.setdefault("early_stopping", 0)
    request = TrainRequest("", 0, SMALL, TrainingSettings(**chosen), samples, convention="heart_out")
    return request.to_json()


def predict_request(samples: list[TrainSample]) -> dict[str, Any]:
    """A prediction without any network, for tests in which no worker runs."""
    images = [PredictImage(s.sample_id, s.image_key, 48, 48) for s in samples]
    return PredictRequest("", 0, [], images).to_json()
