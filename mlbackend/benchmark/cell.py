"""One cell of the grid: train a network on a fold, then score it on the test films."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mlbackend.benchmark.scoring import Drawing, Histogram, Mask, Truth, cases_of, draw, score_film
from mlbackend.config import ConfigError
from mlbackend.contracts import (
    CellRequest,
    CellResult,
    ContractError,
    FilmScore,
    FilmScores,
    ModelRef,
    Outcome,
    Progress,
    TestSample,
    TrainingSettings,
    TrainRequest,
    TrainResult,
    Trouble,
    attempt_prefix,
)
from mlbackend.data.memory import FilmMemory, Kept
from mlbackend.data.reading import ImageError, read_mask, write_mask
from mlbackend.data.resize import enlarge_probability
from mlbackend.metrics import Confusion, dice_of
from mlbackend.models.device import choose_device
from mlbackend.prediction.engine import Engine, load_engine
from mlbackend.progress import Cancelled, Reporter
from mlbackend.storage import Storage, StorageMissingError
from mlbackend.training.loop import train

BATCH = 32
"""Films at a time in prediction; the figures do not depend on it."""
_READERS = 2


def run_cell(
    request: CellRequest,
    storage: Storage,
    *,
    on_progress: Callable[[Progress], None],
    should_cancel: Callable[[], bool],
    worker: str = "",
    memory: FilmMemory | None = None,
) -> CellResult:
    """Train and score; weights, card, scores and some masks go below the attempt's prefix.

    An interrupted cell goes on from its last epoch. Where memory does not hold a batch it is split, where the loss is
    no number in bf16 the training is begun again in fp32; both stand in ``notes``. What is wrong with the request or
    the data ends in ``Outcome.FAILED`` with words; failures of storage itself are raised (StorageError).
    """
    begun = time.monotonic()
    notes = list(request.notes)
    files = FilmMemory(storage, 0) if memory is None else memory
    empty = CellResult(
        request.job_id,
        request.attempt,
        Outcome.FAILED,
        task=request.task,
        scheme=request.scheme,
        fold=request.fold,
        network=request.network,
        notes=notes,
        label_set=request.label_set,
    )
    try:
        _check(request)
        trained = _train(request, storage, on_progress, should_cancel, worker, files, notes)
        if trained.outcome != Outcome.SUCCEEDED:
            return replace(empty, outcome=trained.outcome, error=trained.error, epochs=trained.epochs)
        started = time.monotonic()
        reporter = Reporter(on_progress, request.job_id, request.attempt, worker)
        engine = _engine(request, trained, storage)
        if engine.note:
            notes.append(engine.note)
        films_key = _score(request, storage, engine, files, reporter, should_cancel)
    except Cancelled:
        return replace(empty, outcome=Outcome.CANCELLED, error="the benchmark was cancelled")
    except (ValueError, StorageMissingError) as error:
        return replace(empty, error=str(error))
    return replace(
        empty,
        outcome=Outcome.SUCCEEDED,
        films_key=films_key,
        weights_key=trained.weights_key,
        weights_sha256=trained.weights_sha256,
        card_key=trained.card_key,
        data_hash=trained.data_hash,
        parameters=trained.parameters,
        best_epoch=trained.best_epoch,
        validation_dsc=trained.validation_dsc,
        epochs=trained.epochs,
        device=trained.device,
        precision=trained.precision,
        engine=engine.name,
        train_seconds=sum(epoch.seconds for epoch in trained.epochs),
        score_seconds=time.monotonic() - started,
        seconds=time.monotonic() - begun,
    )


def _check(request: CellRequest) -> None:
    if not request.tests:
        raise ContractError("tests: the list is empty; give at least one film to score on")
    if not 0 < request.threshold < 1:
        raise ConfigError(f"threshold: {request.threshold!r} is not valid; use a number between 0 and 1")
    used = {sample.patient for sample in request.samples}
    for test in request.tests:
        if test.patient in used:
            raise ContractError(
                f"tests: patient {test.patient!r} is trained or selected on too; a test score would be worth nothing"
            )


def _train(
    request: CellRequest,
    storage: Storage,
    on_progress: Callable[[Progress], None],
    should_cancel: Callable[[], bool],
    worker: str,
    memory: FilmMemory,
    notes: list[str],
) -> TrainResult:
    settings = request.settings
    while True:
        wanted = TrainRequest(
            request.job_id, request.attempt, request.network, settings, request.samples, target=request.task
        )
        result = train(
            wanted, storage, on_progress=on_progress, should_cancel=should_cancel, worker=worker, memory=memory
        )
        easier = _easier(settings, result)
        if easier is None:
            return result
        settings, note = easier
        notes.append(note)


def _easier(settings: TrainingSettings, result: TrainResult) -> tuple[TrainingSettings, str] | None:
    """Settings that may do where these failed, and what is changed, in words; None where nothing helps or need."""
    if result.reason == Trouble.MEMORY:
        size = (settings.micro_batch or settings.batch_size) // 2
        if size >= 1:
            words = f"memory was full: batches of {settings.batch_size} went through {size} films at a time"
            return replace(settings, micro_batch=size), words
    if result.reason == Trouble.NOT_FINITE and result.precision == "bf16":
        return replace(settings, precision="fp32"), "the loss was no number in bf16: trained again in fp32"
    return None


@dataclass(frozen=True)
class _Loaded:
    sample: TestSample
    pixels: npt.NDArray[np.uint8]
    truth: Truth


def _load(sample: TestSample, storage: Storage, size: int, memory: FilmMemory) -> _Loaded:
    name = f"of film {sample.sample_id!r}"
    film = memory.image(sample.image_key, size, f"image {name}")
    pixels = np.asarray(film.pixels, np.uint8)
    if sample.region_key:
        region = memory.mask(sample.region_key, size, f"region {name}", film)
        pixels = np.where(region.pixels, pixels, 0).astype(np.uint8)
    truth = _native(storage, sample.mask_key, f"mask {name}", film)

    def lungs(key: str) -> Mask | None:
        return _native(storage, key, f"lungs {name}", film) if key else None

    return _Loaded(sample, pixels, Truth(truth, lungs(sample.lungs_key), lungs(sample.true_lungs_key)))


def _native(storage: Storage, key: str, name: str, film: Kept) -> Mask:
    mask = read_mask(storage.read(key), name) if key else np.zeros((film.height, film.width), bool)
    if mask.shape != (film.height, film.width):
        raise ImageError(
            f"{name} has {mask.shape[1]} x {mask.shape[0]} pixels, its film {film.width} x {film.height}; "
            "both must agree"
        )
    return mask


def _chunks(
    tests: Sequence[TestSample], storage: Storage, engine: Engine, memory: FilmMemory
) -> Iterator[list[tuple[_Loaded, npt.NDArray[np.float32]]]]:
    """Films with their probabilities; the next films are read while the network works."""
    parts = [tests[start : start + BATCH] for start in range(0, len(tests), BATCH)]
    with ThreadPoolExecutor(_READERS) as pool:

        def read(part: Sequence[TestSample]) -> list[_Loaded]:
            return [_load(sample, storage, engine.size, memory) for sample in part]

        ahead = [pool.submit(read, part) for part in parts[:_READERS]]
        for number in range(len(parts)):
            films = ahead.pop(0).result()
            if number + _READERS < len(parts):
                ahead.append(pool.submit(read, parts[number + _READERS]))
            probabilities = engine.probabilities(np.stack([film.pixels for film in films]), BATCH)
            yield list(zip(films, probabilities, strict=True))


def _how(request: CellRequest) -> Drawing:
    return Drawing(request.task, request.threshold, request.threshold_included)


def _score(
    request: CellRequest,
    storage: Storage,
    engine: Engine,
    memory: FilmMemory,
    reporter: Reporter,
    should_cancel: Callable[[], bool],
) -> str:
    histogram, scores = Histogram.empty(), []
    for part in _chunks(request.tests, storage, engine, memory):
        for film, probability in part:
            if should_cancel():
                raise Cancelled
            score, _ = score_film(film.sample, probability, film.truth, histogram, _how(request))
            scores.append(score)
        reporter.send(phase="scoring", done=len(scores), total=len(request.tests), unit="films")
    scores = _keep_cases(request, storage, engine, memory, scores)
    key = attempt_prefix(request.job_id, request.attempt) + "films.json"
    content = FilmScores(scores, histogram.positive.tolist(), histogram.negative.tolist())
    storage.write(key, json.dumps(content.to_json()).encode())
    return key


def _engine(request: CellRequest, trained: TrainResult, storage: Storage) -> Engine:
    network = request.network
    model = ModelRef(network.name, network, request.settings.image_size, trained.weights_key, trained.weights_sha256)
    return load_engine(model, storage, choose_device(), trained.precision, films=len(request.tests))


def film_dice(score: FilmScore) -> float:
    """DSC of one film at its own resolution, 0..1."""
    counts = score.native
    return dice_of(Confusion(counts.tp, counts.fp, counts.fn, counts.tn))


def _keep_cases(
    request: CellRequest, storage: Storage, engine: Engine, memory: FilmMemory, scores: list[FilmScore]
) -> list[FilmScore]:
    """Store the masks of the best, median and worst films, drawn once more: keeping all would fill the disk."""
    chosen = set(cases_of(scores, film_dice, request.cases))
    tests = [sample for sample in request.tests if sample.sample_id in chosen]
    keys: dict[str, str] = {}
    for part in _chunks(tests, storage, engine, memory):
        for film, probability in part:
            height, width = film.truth.mask.shape
            mask = draw(enlarge_probability(probability, height, width), _how(request), film.truth.lungs)
            key = attempt_prefix(request.job_id, request.attempt) + f"cases/{len(keys):03d}.png"
            storage.write(key, write_mask(mask))
            keys[film.sample.sample_id] = key
    return [replace(score, case_key=keys.get(score.sample_id, "")) for score in scores]
