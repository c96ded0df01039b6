"""What procedural films teach: train on them alone, score the lungs of real films.

    python -m benchmarks.phantom_transfer --manifest M --where set=S --convention heart_out

Prints one JSON object: DSC per real film at film resolution (mean, median, 5th percentile, worst), the validation DSC
on held-out procedural patients, and what a global Otsu threshold reaches on both kinds of film.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mlbackend.contracts import ModelRef, NetworkSpec, Outcome, Split, TrainingSettings, TrainRequest, TrainSample
from mlbackend.data.phantom import CONVENTIONS, write_set
from mlbackend.data.reading import Gray, Mask, read_gray, read_mask
from mlbackend.data.resize import enlarge_probability, shrink_image
from mlbackend.data.splits import split_by_patient
from mlbackend.metrics import dice
from mlbackend.models.device import choose_device, choose_precision
from mlbackend.prediction.engine import Engine, load_engine
from mlbackend.prediction.postprocess import postprocess_lung
from mlbackend.storage import FolderStorage
from mlbackend.training.loop import train

_BODY_LEVEL = 12
"""Grey level above which a pixel counts as inside the exposed body, for the stronger form of the Otsu baseline."""


def otsu_dice(image: Gray, truth: Mask) -> float:
    """Best DSC of a global Otsu threshold over both polarities, on the whole film and inside the exposed body.

    Picks the best of the four with the truth in hand, so it is an upper bound of what that baseline can do.
    """
    best = 0.0
    for region in (np.ones(image.shape, bool), image > _BODY_LEVEL):
        if not region.any():
            continue
        level, _ = cv2.threshold(image[region].reshape(-1, 1), 0, 255, cv2.THRESH_OTSU)
        best = max(best, *(dice(chosen & region, truth) for chosen in (image > level, image <= level)))
    return best


def real_films(manifest: Path, column: str, value: str, limit: int) -> Iterable[tuple[str, Gray, Mask]]:
    """Films with lung masks of one subset; raises SystemExit where there is none."""
    with manifest.open(newline="", encoding="utf-8") as handle:
        rows = [row for row in csv.DictReader(handle) if row.get(column) == value and row.get("mask_lung")]
    if not rows:
        raise SystemExit(f"--where: no row of {manifest} has {column}={value} and a mask_lung")
    for row in rows[: limit or None]:
        image, mask = manifest.parent / row["image"], manifest.parent / row["mask_lung"]
        yield row["image"], read_gray(image.read_bytes(), image.name), read_mask(mask.read_bytes(), mask.name)


def summary(scores: list[float]) -> dict[str, float]:
    """Mean, median, 5th percentile and worst of DSC values."""
    values = np.array(scores)
    return {
        "count": len(scores),
        "mean": round(float(values.mean()), 4),
        "median": round(float(np.median(values)), 4),
        "p5": round(float(np.percentile(values, 5)), 4),
        "worst": round(float(values.min()), 4),
    }


def score(engine: Engine, manifest: Path, where: str, limit: int) -> dict[str, Any]:
    """DSC of the network and of the Otsu baseline on one subset, at the films' own resolution."""
    column, _, value = where.partition("=")
    scores, otsu, worst = [], [], ("", 2.0)
    for name, image, truth in real_films(manifest, column, value, limit):
        small = shrink_image(image, engine.size)[None]
        probability = enlarge_probability(engine.probabilities(small, 1)[0], *truth.shape)
        scores.append(dice(postprocess_lung(probability >= 0.5), truth))
        otsu.append(otsu_dice(image, truth))
        worst = min(worst, (name, scores[-1]), key=lambda item: item[1])
    return {"dsc": summary(scores), "worst_film": worst[0], "otsu": summary(otsu)}


def training_request(folder: Path, given: argparse.Namespace) -> TrainRequest:
    """Draw the procedural films and list them for training; a fifth of their patients validates."""
    manifest = write_set(folder / "films", given.films, given.seed, given.film_size, convention=given.convention)
    with manifest.open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    held_out = split_by_patient([row["patient_id"] for row in rows], 0.2, given.seed)
    samples = [
        TrainSample(
            sample_id=row["image"],
            image_key=f"films/{row['image']}",
            mask_key=f"films/{row['mask_lung']}",
            patient=row["patient_id"],
            split=Split.VALIDATION if held else Split.TRAIN,
        )
        for row, held in zip(rows, held_out, strict=True)
    ]
    settings = TrainingSettings(
        image_size=given.image_size,
        batch_size=8,
        epochs=given.epochs,
        learning_rate=1e-3,
        schedule="onecycle",
        early_stopping=0,
        augmentation=given.augmentation,
        seed=given.seed,
    )
    network = NetworkSpec(architecture="unet", encoder="resnet18", encoder_weights="none")
    return TrainRequest("phantom-transfer", 1, network, settings, samples, convention=given.convention)


def run(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Draw, train, score; returns what is printed."""
    storage = FolderStorage(folder)
    started = time.monotonic()
    request = training_request(folder, given)
    drawn = time.monotonic()
    result = train(request, storage, on_progress=_show, should_cancel=lambda: False)
    if result.outcome != Outcome.SUCCEEDED:
        raise SystemExit(f"training {result.outcome}: {result.error}")
    trained = time.monotonic()
    device = choose_device()
    model = ModelRef("phantom", request.network, given.image_size, result.weights_key, result.weights_sha256)
    engine = load_engine(model, storage, device, choose_precision("auto", device))
    real = {where: score(engine, given.manifest, where, given.limit) for where in given.where}
    otsu_phantom = []
    for sample in request.samples[:60]:
        film = read_gray(storage.read(sample.image_key))
        otsu_phantom.append(otsu_dice(film, read_mask(storage.read(sample.mask_key))))
    return {
        "convention": given.convention,
        "films": given.films,
        "epochs": given.epochs,
        "image_size": given.image_size,
        "augmentation": given.augmentation,
        "seed": given.seed,
        "device": result.device,
        "precision": result.precision,
        "validation_dsc_phantom": round(result.validation_dsc, 4),
        "otsu_phantom": summary(otsu_phantom),
        "real": real,
        "seconds": {"draw": round(drawn - started, 1), "train": round(trained - drawn, 1)},
    }


def _show(progress: Any) -> None:
    print(f"{progress.phase} {progress.done}/{progress.total} {progress.unit}", end="\r", file=sys.stderr)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument(
        "--where", action="append", required=True, help="column=value that chooses real films; repeat for several"
    )
    parser.add_argument("--convention", choices=CONVENTIONS, default="heart_out")
    parser.add_argument("--films", type=int, default=400)
    parser.add_argument("--film-size", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--augmentation", choices=("none", "light"), default="light")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=0, help="score only the first so many real films; 0 scores all")
    parser.add_argument("--work", type=Path, help="keep films and weights here (default: a temporary folder)")
    given = parser.parse_args()
    for where in given.where:
        if "=" not in where:
            parser.error(f"--where: {where!r} is not column=value")
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.work or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(json.dumps(run(given, folder), indent=1))


if __name__ == "__main__":
    main()
