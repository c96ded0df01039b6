"""A benchmark's folder without a benchmark: procedural films, and masks that are the truth disturbed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mlbackend.benchmark.config import BenchmarkConfig
from mlbackend.benchmark.record import NetworkCost
from mlbackend.contracts import (
    CellResult,
    Counts,
    EpochMetrics,
    FilmScore,
    FilmScores,
    NetworkSpec,
    Outcome,
    Shares,
    TrainingSettings,
)
from mlbackend.data.phantom import generate_film
from mlbackend.data.reading import write_mask
from mlbackend.data.resize import shrink_mask
from mlbackend.metrics import confusion, hd95

Mask = npt.NDArray[np.bool_]
SIZE, WORKING, BINS = 128, 64, 50
LABELS = ("covid", "normal")
FALSE_ALARM_AND_MISS = (3, 4)
"""Places of a film without and of one with infection that the FPN gets wrong."""
ERROR = {"unet-resnet18": 1.0, "unetplusplus-resnet18": 1.2, "fpn-resnet18": 2.5}
"""How far a network's outline is off, in pixels of the film."""


@dataclass(frozen=True)
class Known:
    """One film of the world."""

    film_id: str
    patient: str
    label: str
    source: str
    drawn_by: str
    image: npt.NDArray[np.uint8]
    lung: Mask
    left: Mask
    infection: Mask

    def truth(self, task: str) -> Mask:
        return self.lung if task == "lung" else self.infection


@cache
def known_film(number: int, positive: bool) -> Known:
    """Films 0 and 1 are of one patient, as are 2 and 3, and so on."""
    label = LABELS[0] if positive else LABELS[1]
    made = generate_film(number, size=SIZE, label=label)
    return Known(
        film_id=f"films/{number:03d}.png",
        patient=f"p{number // 2:02d}",
        label=label,
        source=f"hospital {'A' if positive else 'B'}",
        drawn_by=("corrected", "accepted", "drawn")[number % 3],
        image=made.image,
        lung=made.mask_lung,
        left=made.mask_left & made.mask_lung,
        infection=made.mask_infection & made.mask_lung if positive else np.zeros((SIZE, SIZE), bool),
    )


@dataclass
class World:
    """What the folder was made from, and what the report needs to read."""

    out: Path
    films: list[Known]
    config: BenchmarkConfig
    scores: dict[str, FilmScores] = field(default_factory=dict)

    def read_film(self, film_id: str) -> npt.NDArray[np.uint8]:
        return next(film.image for film in self.films if film.film_id == film_id)

    def read_truth(self, task: str, film_id: str) -> Mask:
        return next(film.truth(task) for film in self.films if film.film_id == film_id)

    def report(self) -> dict[str, Any]:
        """Write the report; returns report.json."""
        from mlbackend.benchmark.report import write_report

        write_report(self.out, read_film=self.read_film, read_truth=self.read_truth)
        return json.loads((self.out / "report" / "report.json").read_text(encoding="utf-8"))

    @property
    def page(self) -> str:
        return (self.out / "report" / "index.html").read_text(encoding="utf-8")


def disturbed(mask: Mask, error: float, rng: np.random.Generator) -> tuple[Mask, npt.NDArray[np.float32]]:
    """The mask moved, grown or shrunk by some pixels, with the probability that it is cut from."""
    inside = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    outside = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3)
    away = inside - outside if mask.any() else np.full(mask.shape, -30.0)
    waves = cv2.GaussianBlur(rng.normal(0, 1, mask.shape), (0, 0), 6)
    away = away + error * (rng.normal(0, 0.7) + waves / waves.std())
    probability = 1 / (1 + np.exp(-away / 2))
    return probability > 0.5, probability.astype(np.float32)


def wrong(film: Known, probability: npt.NDArray[np.float32]) -> tuple[Mask, npt.NDArray[np.float32]]:
    """Nothing on an infected film, and infection in the middle of one lung on another."""
    if film.infection.any():
        return np.zeros_like(film.lung), np.minimum(probability, np.float32(0.49))
    inside = cv2.distanceTransform(film.left.astype(np.uint8), cv2.DIST_L2, 3)
    drawn = inside > inside.max() / 2
    return drawn, np.where(drawn, np.float32(0.8), probability)


def film_score(film: Known, task: str, drawn: Mask, probability: npt.NDArray[np.float32], case_key: str) -> FilmScore:
    truth = film.truth(task)
    if task == "infection":
        drawn = drawn & film.lung
    small = [shrink_mask(mask, WORKING) for mask in (drawn, truth)]
    native, working = confusion(drawn, truth), confusion(*small)

    def shares(mask: Mask) -> Shares:
        parts = [film.lung, film.lung & film.left, film.lung & ~film.left]
        return Shares(*(float((mask & part).sum() / part.sum()) if part.any() else None for part in parts))

    return FilmScore(
        sample_id=film.film_id,
        patient=film.patient,
        label=film.label,
        source=film.source,
        drawn_by=film.drawn_by,
        working=Counts(working.tp, working.fp, working.fn, working.tn),
        native=Counts(native.tp, native.fp, native.fn, native.tn),
        hd95_px=hd95(drawn, truth),
        diagonal_px=float(np.hypot(SIZE, SIZE)),
        truth_positive=bool(truth.any()),
        predicted_positive=bool(small[0].any()),
        score=float(probability[film.lung].max()),
        predicted_shares=shares(drawn) if task == "infection" else Shares(),
        truth_shares=shares(truth) if task == "infection" else Shares(),
        case_key=case_key,
    )


def make_world(
    out: Path,
    *,
    films: int = 24,
    negatives: bool = True,
    failed: Sequence[str] = ("infection-cascaded-fpn-resnet18-2",),
    left_out: Sequence[str] = (),
    same: bool = False,
    **changes: Any,
) -> World:
    """Write ``plan.json``, cells, costs and environment. ``failed`` and ``left_out`` name cells; with ``same`` all
    networks draw the same."""
    values: dict[str, Any] = {
        "name": "trial",
        "description": "Three networks on procedural films.",
        "source": "tahir2021, sections 3 and 4",
        "deviations": ["no pretrained encoder"],
        "encoders": ["resnet18"],
        "encoder_weights": "none",
        "folds": 2,
        "schemes": ["parallel", "cascaded"],
        "training": TrainingSettings(image_size=WORKING, epochs=5),
    }
    config = BenchmarkConfig(**(values | changes))
    listed = [known_film(number, number // 2 % 2 == 0 or not negatives) for number in range(films)]
    world = World(out, listed, config)
    tested = listed[: films // 2]
    _write(out / "plan.json", _plan(listed, tested, config))
    for task in config.tasks:
        for scheme in config.schemes if task == "infection" else ["parallel"]:
            for fold in range(1, (config.second_fold or config.folds) + 1):
                for network in config.networks_of(fold):
                    cell = f"{task}-{scheme}-{network.name}-{fold}"
                    if cell not in left_out:
                        _write_cell(world, cell, task, scheme, network, fold, tested, cell in failed, same)
    for place, network in enumerate(config.networks()):
        cost = NetworkCost(network.name, 14_328_354, 10.9, 3.5 + place, 210.0 - 20 * place, "Some GPU", "bf16", WORKING)
        _write(out / "cost" / f"{network.name}.json", cost.to_json())
    _write(
        out / "environment.json", {"python": "3.11.9", "torch": "2.15.0", "machine": {"cpu": "Some CPU", "cores": 2}}
    )
    return world


def _plan(listed: list[Known], tested: list[Known], config: BenchmarkConfig) -> dict[str, Any]:
    """``plan.json`` as the grid writes it."""
    rest = [film for film in listed if film not in tested]
    halves = [rest[: len(rest) // 2], rest[len(rest) // 2 :]]
    folds = [
        {
            "train": describe(halves[number % 2]),
            "validation": describe(halves[1 - number % 2]),
            "test": describe(tested),
        }
        for number in range(config.second_fold or config.folds)
    ]
    card = {
        "name": "procedural films",
        "hash": "d" * 64,
        "films": len(listed),
        "patients": len({film.patient for film in listed}),
        "groups": len({film.patient for film in listed}),
        "near_duplicates_joined": [["films/000.png", "films/001.png"]],
        "negatives": [LABELS[1]] if any(film.label == LABELS[1] for film in listed) else [],
        "test_from": "drawn",
        "tasks": {task: {"all": describe(listed), "folds": folds} for task in config.tasks},
    }
    return {"format": 1, "identity": {}, "config": config.to_json(), "plan": {"problems": {}}, "data": card}


def describe(films: list[Known]) -> dict[str, Any]:
    """Counts of some films."""
    return {
        "films": len(films),
        "patients": len({film.patient for film in films}),
        "with_infection": sum(bool(film.infection.any()) for film in films),
        "labels": dict(Counter(film.label for film in films)),
        "sources": dict(Counter(film.source for film in films)),
    }


def _write_cell(
    world: World,
    cell: str,
    task: str,
    scheme: str,
    network: NetworkSpec,
    fold: int,
    tested: list[Known],
    failed: bool,
    same: bool,
) -> None:
    folder, name = world.out / "cells" / cell, network.name
    result = CellResult(cell, 1, Outcome.FAILED, task=task, scheme=scheme, fold=fold, network=network)
    if failed:
        _write(folder / "result.json", result.to_json() | {"error": "the loss was no number in epoch 3"})
        return
    error = 1.5 if same else ERROR.get(name, 1.5) * (1.1 if scheme == "cascaded" else 1.0)
    rng = np.random.default_rng([fold, 0 if same else sum(name.encode()), len(task)])
    films, positive, negative = [], np.zeros(BINS, int), np.zeros(BINS, int)
    for place, film in enumerate(tested):
        drawn, probability = disturbed(film.truth(task), error, rng)
        if task == "infection" and name == "fpn-resnet18" and place in FALSE_ALARM_AND_MISS:
            drawn, probability = wrong(film, probability)
        key = f"cells/{cell}/cases/{place:03d}.png" if place % 3 == 0 else ""
        if key:
            (world.out / key).parent.mkdir(parents=True, exist_ok=True)
            (world.out / key).write_bytes(write_mask(drawn))
        films.append(film_score(film, task, drawn, probability, key))
        bins = np.minimum((probability * BINS).astype(int), BINS - 1)
        positive += np.bincount(bins[film.truth(task)], minlength=BINS)
        negative += np.bincount(bins[~film.truth(task)], minlength=BINS)
    scores = FilmScores(films, positive.tolist(), negative.tolist())
    world.scores[cell] = scores
    _write(folder / "films.json", scores.to_json())
    epochs = [EpochMetrics(e, 0.7 / e, 0.8 / e, 0.95 - 0.3 / e, 0.9 - 0.4 / e, 1e-3, 20.0, 1.5) for e in range(1, 6)]
    done = {
        "outcome": "succeeded",
        "notes": ["memory was full: batches of 4 went through 2 films at a time"] if fold == 2 else [],
        "films_key": f"cells/{cell}/films.json",
        "weights_sha256": f"{fold}{'a' * 63}",
        "data_hash": "e" * 64,
        "parameters": 14_328_354,
        "best_epoch": 4,
        "validation_dsc": 0.95 - error / 50,
        "epochs": [epoch.__dict__ for epoch in epochs],
        "device": "cpu",
        "precision": "bf16",
        "train_seconds": 7.5,
        "score_seconds": 1.0,
    }
    _write(folder / "result.json", result.to_json() | done)


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
