"""Predicts the masks of many films by one or several networks: the way from a job's request to its result."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import numpy as np
import torch

from mlbackend.config import ConfigError, require_one_of
from mlbackend.contracts import (
    ContractError,
    Outcome,
    PredictImage,
    PredictRequest,
    PredictResult,
    Progress,
)
from mlbackend.models.device import choose_device, choose_precision, device_name
from mlbackend.prediction.chunks import Films, chunk_key, finished_chunk, predict_chunk, read_film
from mlbackend.prediction.engine import load_engine
from mlbackend.prediction.postprocess import POSTPROCESS
from mlbackend.progress import Cancelled, Reporter
from mlbackend.storage import Storage, StorageMissingError

_READERS = 2


def predict(
    request: PredictRequest,
    storage: Storage,
    *,
    on_progress: Callable[[Progress], None],
    should_cancel: Callable[[], bool],
    worker: str = "",
) -> PredictResult:
    """Predict every film by every network of ``request``; masks and chunk lists go below the attempt's prefix.

    Chunks that an earlier attempt finished are taken over. ``on_progress`` is called at most once a second and after
    every chunk; ``should_cancel`` before every network's pass and after every film. What is wrong with the request, the
    weights or a film is told in the result: ``Outcome.FAILED`` with the reason in words. Failures of storage itself,
    which another attempt may not meet, are raised (StorageError).
    """
    started = time.monotonic()
    device = choose_device()
    precision, outcome, words = "fp32", Outcome.SUCCEEDED, ""
    keys: list[str] = []
    predicted = [0]
    try:
        _check(request)
        precision = choose_precision(request.precision, device)
        reporter = Reporter(on_progress, request.job_id, request.attempt, worker)
        _predict(request, storage, device, precision, reporter, should_cancel, keys, predicted)
    except Cancelled:
        outcome, words = Outcome.CANCELLED, "the prediction was cancelled"
    except (ValueError, StorageMissingError) as error:
        outcome, words = Outcome.FAILED, str(error)
    except torch.OutOfMemoryError as error:
        outcome, words = Outcome.FAILED, f"the processor's memory is full ({error}); use a smaller batch_size"
    seconds = time.monotonic() - started
    return PredictResult(
        job_id=request.job_id,
        attempt=request.attempt,
        outcome=outcome,
        error=words,
        chunk_keys=keys if outcome == Outcome.SUCCEEDED else [],
        images=len(request.images) if outcome == Outcome.SUCCEEDED else 0,
        images_per_second=predicted[0] / max(seconds, 1e-9),
        device=device_name(device),
        precision=precision,
        seconds=seconds,
    )


def _check(request: PredictRequest) -> None:
    if not request.models:
        raise ContractError("models: the list is empty; give at least one trained network")
    for field, ids in (
        ("models", [model.model_id for model in request.models]),
        ("images", [image.image_id for image in request.images]),
    ):
        twice = [name for name, count in Counter(ids).items() if count > 1]
        if twice:
            raise ContractError(f"{field}: {twice[0]!r} is listed more than once; list each once")
    require_one_of("postprocess", request.postprocess, POSTPROCESS)
    if not 0 < request.threshold < 1:
        raise ConfigError(f"threshold: {request.threshold!r} is not valid; use a number between 0 and 1")
    for field, value in (("chunk_size", request.chunk_size), ("batch_size", request.batch_size)):
        if value < 1:
            raise ConfigError(f"{field}: {value!r} is not valid; use a whole number from 1")


def _predict(
    request: PredictRequest,
    storage: Storage,
    device: torch.device,
    precision: str,
    reporter: Reporter,
    should_cancel: Callable[[], bool],
    keys: list[str],
    predicted: list[int],
) -> None:
    started = time.monotonic()

    def stop_if_cancelled() -> None:
        if should_cancel():
            raise Cancelled

    def report(done: int, *, force: bool = False) -> None:
        elapsed = time.monotonic() - started
        rate = predicted[0] / elapsed if elapsed > 0 else 0.0
        left = (len(request.images) - done) / rate if rate else None
        reporter.send(
            force=force,
            phase="predicting",
            done=done,
            total=len(request.images),
            unit="films",
            images_per_second=rate,
            seconds_left=left,
        )

    stop_if_cancelled()
    reporter.send(phase="loading", total=len(request.images), unit="films", force=True)
    size = request.chunk_size
    chunks = [request.images[start : start + size] for start in range(0, len(request.images), size)]
    finished = [finished_chunk(request, index, images, storage) for index, images in enumerate(chunks)]
    to_do = [images for images, key in zip(chunks, finished, strict=True) if key is None]
    engines = [load_engine(model, storage, device, precision) for model in request.models] if to_do else []
    sizes = sorted({engine.size for engine in engines})
    done = 0
    # Readers and writers each have a pool: a chunk's masks must not queue behind the next chunk's films.
    with ThreadPoolExecutor(_READERS) as readers, ThreadPoolExecutor(_READERS) as writers:
        films = _read_ahead(to_do, storage, sizes, readers)
        for index, (images, known) in enumerate(zip(chunks, finished, strict=True)):
            stop_if_cancelled()
            if known is None:
                chunk = predict_chunk(request, images, next(films), engines, storage, writers, stop_if_cancelled)
                known = chunk_key(request.job_id, request.attempt, index)
                storage.write(known, json.dumps(chunk.to_json()).encode())
                predicted[0] += len(images)
            keys.append(known)
            done += len(images)
            report(done, force=True)


def _read_ahead(
    chunks: Sequence[Sequence[PredictImage]], storage: Storage, sizes: Sequence[int], pool: Executor
) -> Iterator[Films]:
    """Films of each chunk; the next chunk is decoded while the networks work on this one."""

    def start(images: Sequence[PredictImage]) -> list[Future[list[np.ndarray]]]:
        return [pool.submit(read_film, image, storage, sizes) for image in images]

    coming: list[Future[list[np.ndarray]]] = start(chunks[0]) if chunks else []
    try:
        for index in range(len(chunks)):
            films = [future.result() for future in coming]
            coming = start(chunks[index + 1]) if index + 1 < len(chunks) else []
            yield {size: np.stack([film[i] for film in films]) for i, size in enumerate(sizes)}
    finally:
        for future in coming:
            future.cancel()
