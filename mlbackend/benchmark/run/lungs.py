"""The lungs that a fold's infection is cut to: drawn by one network of the same fold."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence

from PIL import Image

from mlbackend.benchmark.config import BEST, CASCADED, INFECTION, LUNG, PARALLEL
from mlbackend.benchmark.dataset import Film
from mlbackend.benchmark.plan import Plan
from mlbackend.benchmark.run.cells import ATTEMPT, Cell, Lungs, fold_name
from mlbackend.benchmark.run.folder import BenchmarkError, BenchmarkFolder
from mlbackend.contracts import (
    FINAL,
    CellResult,
    ModelRef,
    Outcome,
    PredictChunk,
    PredictImage,
    PredictRequest,
    Progress,
)
from mlbackend.prediction import predict
from mlbackend.progress import Cancelled

TRUTH = "truth"


def lungs_of(
    folder: BenchmarkFolder,
    plan: Plan,
    fold: int,
    label_set: str = FINAL,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    should_cancel: Callable[[], bool] = lambda: False,
) -> Lungs:
    """The fold's lungs: from before, or predicted now by the network that the settings name.

    They are those of a network that learnt from the same label set: who had no better masks had no better lungs either.
    Where lungs are no task of the benchmark, the dataset's own are taken if every film has some. Once chosen, a fold's
    lungs stay: its infection cells must be comparable. Where infection is not to be cut there are none. Raises
    BenchmarkError where the prediction fails, Cancelled.
    """
    if not folder.config.cut_to_lungs:
        return Lungs("", {})
    key = f"lungs/{fold_name(fold, label_set)}.json"
    known = folder.read(key)
    if known is not None:
        return Lungs(known["network"], known["masks"], known["note"])
    parts = plan.of(folder.data.films, INFECTION, fold)
    # Only the cascade shows lungs to the network that learns.
    learnt = [*parts["train"], *parts["validation"]] if CASCADED in folder.config.schemes else []
    if LUNG in folder.config.tasks:
        films = [*learnt, *parts["test"]]
        lungs = _predicted(folder, films, fold, label_set, on_progress, should_cancel)
    else:
        lungs = _true(learnt, parts["test"], label_set)
    folder.keep(key, {"network": lungs.network, "masks": lungs.masks, "note": lungs.note})
    return lungs


def _true(learnt: Sequence[Film], tested: Sequence[Film], label_set: str) -> Lungs:
    if all(film.masks.get(LUNG) for film in (*learnt, *tested)):
        note = "infection is cut to the dataset's own lungs, not to a network's: lungs were no task"
        masks = {film.film_id: film.mask(LUNG, label_set) for film in learnt}
        return Lungs(TRUTH, masks | {film.film_id: film.masks[LUNG] for film in tested}, note)
    return Lungs("", {}, "infection is not cut to the lungs: lungs were no task, and not every film has a lung mask")


def best_network(folder: BenchmarkFolder, fold: int, label_set: str = FINAL) -> tuple[str, CellResult] | None:
    """Cell id and result of the fold's lung network: the one named, or the best on validation; the first of equals."""
    wanted = folder.config.lung_network
    found = []
    for network in folder.config.networks_of(fold):
        cell = Cell(LUNG, PARALLEL, network, fold, label_set).id
        result = folder.succeeded(cell)
        if result is not None and wanted in (BEST, network.name):
            found.append((cell, result))
    return max(found, key=lambda pair: pair[1].validation_dsc) if found else None


def _predicted(
    folder: BenchmarkFolder,
    films: Sequence[Film],
    fold: int,
    label_set: str,
    on_progress: Callable[[Progress], None],
    should_cancel: Callable[[], bool],
) -> Lungs:
    best = best_network(folder, fold, label_set)
    if best is None:
        return Lungs("", {}, "infection is not cut to the lungs: no lung network of this fold was trained")
    _, trained = best
    size = folder.config.training.image_size
    model = ModelRef(trained.network.name, trained.network, size, trained.weights_key, trained.weights_sha256)
    request = PredictRequest(
        f"lungs.{fold_name(fold, label_set)}",
        ATTEMPT,
        [model],
        [_image(folder, film) for film in films],
        threshold=folder.config.threshold,
        postprocess=LUNG,
        precision=trained.precision,
    )
    result = predict(request, folder.storage, on_progress=on_progress, should_cancel=should_cancel)
    if result.outcome == Outcome.CANCELLED:
        raise Cancelled
    if result.outcome != Outcome.SUCCEEDED:
        raise BenchmarkError(f"lungs of {fold_name(fold, label_set)}: {result.error}")
    chunks = [PredictChunk.from_json(json.loads(folder.storage.read(key))) for key in result.chunk_keys]
    return Lungs(trained.network.name, {mask.image_id: mask.mask_key for chunk in chunks for mask in chunk.masks})


def _image(folder: BenchmarkFolder, film: Film) -> PredictImage:
    with Image.open(io.BytesIO(folder.storage.read(film.image_key))) as header:
        width, height = header.size
    return PredictImage(film.film_id, film.image_key, width, height)
