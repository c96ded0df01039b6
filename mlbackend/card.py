"""The model card: what a network was trained on, how, with what, and how well it did."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from typing import Any

from mlbackend.contracts import EpochMetrics, Split, TrainRequest

WHOLE_FILM, LUNGS_ALONE = "film", "lungs"
"""What a network was shown: the cascaded scheme's sees the lungs alone (tahir2021 section 3.3)."""
_PACKAGES = ("torch", "segmentation-models-pytorch", "lightning", "timm", "numpy", "opencv-python-headless")


def environment(device: str, threads: int) -> dict[str, Any]:
    """Versions and hardware that a repeated training would need."""
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "platform": platform.platform(),
        "device": device,
        "threads": threads,
    }


def patients_of(request: TrainRequest, split: Split) -> list[str]:
    """Patients with a film in a split, sorted."""
    return sorted({sample.patient for sample in request.samples if sample.split == split})


def write_card(
    request: TrainRequest,
    *,
    data_hash: str,
    weights_sha256: str,
    parameters: int,
    best_epoch: int,
    validation: dict[str, float],
    grown_validation: dict[str, float] | None,
    epochs: list[EpochMetrics],
    precision: str,
    device: str,
    threads: int,
    encoder_file: dict[str, str] | None = None,
) -> bytes:
    """The card as JSON bytes; ``validation`` holds the best epoch's scores at the working size.

    ``grown_validation`` holds the same on validation films that came with later batches and selected nothing.
    ``encoder_file`` is ``name`` and ``sha256`` of a local file that the encoder began with.
    """
    card = {
        "format": 1,
        "network": request.network.to_json(),
        "name": request.network.name,
        "encoder_file": encoder_file,
        "parameters": parameters,
        "weights_sha256": weights_sha256,
        "target": request.target,
        "convention": request.convention,
        "sees": LUNGS_ALONE if any(sample.region_key for sample in request.samples) else WHOLE_FILM,
        "settings": request.settings.to_json(),
        "precision": precision,
        "data": {
            "hash": data_hash,
            "samples": {split.value: sum(s.split == split for s in request.samples) for split in Split},
            "trained_patients": patients_of(request, Split.TRAIN),
            "selected_patients": patients_of(request, Split.VALIDATION),
        },
        "preprocessing": {
            "size": [request.settings.image_size, request.settings.image_size],
            "normalisation": "each film to mean 0 and deviation 1",
        },
        "best_epoch": best_epoch,
        "validation": {"size": "working", **validation},
        "grown_validation": {"size": "working", **grown_validation} if grown_validation else None,
        "epochs": [metrics.to_json() for metrics in epochs],
        "environment": environment(device, threads),
    }
    return json.dumps(card, indent=1, sort_keys=True).encode()
