"""Whether a drawing can be told from a network's mask by its outline, as stored and as a blind choice shows it.

    python -m benchmarks.smoothness --manifest M --where set=S --target infection

The drawings are the manifest's own masks, the others those of a U-Net that was trained on other patients' films.
Prints, for each feature of an outline and for all of them together (logistic regression, folds by patient), the chance
to name the drawing of a film's pair: 0.5 is guessing.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from annotation.masks.display import resampled
from mlbackend.contracts import ModelRef, NetworkSpec, Outcome, Split, TrainingSettings, TrainRequest, TrainSample
from mlbackend.data.reading import Mask, read_gray, read_mask
from mlbackend.data.resize import enlarge_probability, shrink_image
from mlbackend.data.splits import split_by_patient
from mlbackend.metrics import dice
from mlbackend.models.device import choose_device, choose_precision
from mlbackend.prediction.engine import load_engine
from mlbackend.storage import FolderStorage
from mlbackend.training.loop import train

Film = dict[str, Any]
SMALLEST = 60
"""Pixels of a region below which nobody sees an outline."""


def contours(mask_hw: Mask) -> list[npt.NDArray[np.float64]]:
    """Outlines (N, 2) of all regions that are large enough to see."""
    found, _ = cv2.findContours(mask_hw.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return [line[:, 0].astype(float) for line in found if len(line) > 24 and cv2.contourArea(line) >= SMALLEST]


def raggedness(mask_hw: Mask) -> float:
    """Pixels that a median of 5 x 5 changes, a pixel of outline."""
    pixels = mask_hw.astype(np.uint8)
    length = sum(len(line) for line in contours(mask_hw))
    return float(np.count_nonzero(cv2.medianBlur(pixels, 5) != pixels)) / max(1, length)


def bends(step: int) -> Callable[[Mask], float]:
    """How much the outline turns, in radians, from one ``step`` pixels long piece to the next; on the mean."""

    def mean(mask_hw: Mask) -> float:
        turns = [np.zeros(0)]
        for line in contours(mask_hw):
            ahead = np.roll(line, -step, 0) - line
            angle = np.arctan2(ahead[:, 1], ahead[:, 0])
            turns.append(np.abs((np.roll(angle, -step) - angle + np.pi) % (2 * np.pi) - np.pi))
        return float(np.concatenate(turns).mean()) if any(len(part) for part in turns) else 0.0

    return mean


def wander(pixels: float) -> Callable[[Mask], float]:
    """How far the outline lies from itself, smoothed along ``pixels`` of its way; in pixels, on the mean."""

    def mean(mask_hw: Mask) -> float:
        off = [np.zeros(0)]
        for line in contours(mask_hw):
            reach = int(4 * pixels)
            kernel = cv2.getGaussianKernel(2 * reach + 1, pixels)[:, 0]
            wrapped = np.pad(line, ((reach, reach), (0, 0)), mode="wrap")
            smooth = np.stack([np.convolve(wrapped[:, axis], kernel, "valid") for axis in (0, 1)], 1)
            off.append(np.hypot(*(line - smooth).T))
        return float(np.concatenate(off).mean()) if any(len(part) for part in off) else 0.0

    return mean


FEATURES: dict[str, Callable[[Mask], float]] = {
    "raggedness": raggedness, "bends over 3 px": bends(3), "bends over 8 px": bends(8),
    "wander along 2 px": wander(2), "wander along 5 px": wander(5),
}  # fmt: skip


def films_of(given: argparse.Namespace) -> list[Film]:
    """Rows of the manifest with a mask that holds something; raises SystemExit where there are too few patients."""
    column, _, value = given.where.partition("=")
    with given.manifest.open(newline="", encoding="utf-8") as handle:
        rows = [row for row in csv.DictReader(handle) if row.get(column) == value and row.get(f"mask_{given.target}")]
    films = []
    for row in rows:
        image, mask = (given.manifest.parent / row[name] for name in ("image", f"mask_{given.target}"))
        drawn = read_mask(mask.read_bytes(), mask.name)
        if contours(drawn):
            pixels = read_gray(image.read_bytes(), image.name)
            films.append({"path": image, "mask": mask, "drawn": drawn, "gray": pixels, "patient": row["patient_id"]})
    if len({film["patient"] for film in films}) < given.folds:
        raise SystemExit(f"--folds: {given.folds} folds need as many patients with drawings in {given.where}")
    return films


def predicted(films: list[Film], teach: list[int], look: list[int], given: argparse.Namespace, folder: Path) -> None:
    """Give the films of ``look`` the mask of a network that learnt from those of ``teach``."""
    storage, device = FolderStorage(folder), choose_device()
    selecting = split_by_patient([films[i]["patient"] for i in teach], 0.2, given.seed)
    samples = []
    for held, i in zip(selecting, teach, strict=True):
        for kind in ("path", "mask"):
            if not storage.exists(f"{kind}/{i}.png"):
                picture = films[i]["gray"] if kind == "path" else films[i]["drawn"].astype(np.uint8) * 255
                storage.write(f"{kind}/{i}.png", cv2.imencode(".png", picture)[1].tobytes())
        part = Split.VALIDATION if held else Split.TRAIN
        samples.append(TrainSample(str(i), f"path/{i}.png", f"mask/{i}.png", films[i]["patient"], part))
    settings = TrainingSettings(
        image_size=given.image_size, batch_size=8, epochs=given.epochs, learning_rate=1e-3, schedule="constant",
        early_stopping=0, augmentation="light", loss="cross_entropy_dice", seed=given.seed,
    )  # fmt: skip
    network = NetworkSpec("unet", "resnet18", "none")
    request = TrainRequest(f"fold-{look[0]}", 1, network, settings, samples, target=given.target)
    result = train(request, storage, on_progress=lambda _: None, should_cancel=lambda: False)
    if result.outcome != Outcome.SUCCEEDED:
        raise SystemExit(f"training {result.outcome}: {result.error}")
    model = ModelRef("fold", network, given.image_size, result.weights_key, result.weights_sha256)
    engine = load_engine(model, storage, device, choose_precision("auto", device))
    for i in look:
        small = shrink_image(films[i]["gray"], engine.size)[None]
        probability = enlarge_probability(engine.probabilities(small, 1)[0], *films[i]["drawn"].shape)
        films[i]["network"] = probability >= 0.5


def named(pairs: list[tuple[Mask, Mask]], patients: list[str]) -> dict[str, float]:
    """Chance to name the drawing, the first of a pair: by each feature, whichever way it tells more, and by all."""
    table = np.array([[[feature(mask) for feature in FEATURES.values()] for mask in pair] for pair in pairs])
    above = np.mean((table[:, 0] > table[:, 1]) + 0.5 * (table[:, 0] == table[:, 1]), axis=0)
    found = {name: round(float(max(value, 1 - value)), 3) for name, value in zip(FEATURES, above, strict=True)}
    differences, hits = table[:, 0] - table[:, 1], []
    # Each pair either way round, so that neither answer is more frequent.
    for learn, look in GroupKFold(5).split(differences, groups=patients):
        both = np.concatenate([differences[learn], -differences[learn]])
        says = np.repeat([1, 0], len(learn))
        model = make_pipeline(StandardScaler(), LogisticRegression()).fit(both, says)
        hits.extend(model.predict(differences[look]))
    return {**found, "all together": round(float(np.mean(hits)), 3)}


def run(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Train the folds and compare; returns what is printed."""
    films = films_of(given)
    patients = [film["patient"] for film in films]
    for number, (teach, look) in enumerate(GroupKFold(given.folds).split(films, groups=patients), 1):
        print(f"fold {number} of {given.folds}", file=sys.stderr, flush=True)
        predicted(films, list(map(int, teach)), list(map(int, look)), given, folder)
    # A network that found next to nothing competes with nobody.
    seen = [film for film in films if dice(film["network"], film["drawn"]) >= given.least_dsc]
    of = [film["patient"] for film in seen]
    stored = [(film["drawn"], film["network"]) for film in seen]
    shown = [(resampled(a, given.image_size), resampled(b, given.image_size)) for a, b in stored]
    scores = [dice(film["network"], film["drawn"]) for film in films]
    kept = [dice(film["drawn"], resampled(film["drawn"], given.image_size)) for film in films]
    return {
        "films": len(films), "pairs": len(seen), "patients": len(set(of)), "least_dsc": given.least_dsc,
        "median_dsc_of_networks": round(float(np.median(scores)), 3),
        "dsc_of_drawings_as_shown": {"median": round(float(np.median(kept)), 3), "worst": round(min(kept), 3)},
        "chance_to_name_the_drawing": {"stored": named(stored, of), "shown": named(shown, of)},
    }  # fmt: skip


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--where", required=True, help="column=value that chooses the films")
    parser.add_argument("--target", choices=("lung", "infection"), default="infection")
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument(
        "--least-dsc", type=float, default=0.3, help="networks' masks below it are left out of the pairs"
    )
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(run(given, Path(folder)), indent=1))


if __name__ == "__main__":
    main()
