"""Predicts the masks of many films by one or several networks: the way from a job's request to its result."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import torch

from mlbackend.config import ConfigError, require_one_of
from mlbackend.contracts import (
    ENGINES,
    ContractError,
    ModelRef,
    Outcome,
    PredictedMask,
    PredictImage,
    PredictRequest,
    PredictResult,
    Progress,
)
from mlbackend.models.device import choose_device, choose_precision, device_name
from mlbackend.prediction.chunks import Films, chunk_key, end_chunk, finished_chunk, read_film, start_chunk
from mlbackend.prediction.engine import Engine, load_engine
from mlbackend.prediction.postprocess import POSTPROCESS
from mlbackend.progress import Cancelled, Reporter
from mlbackend.storage import Storage, StorageMissingError

_READERS = 2


@dataclass
class _Made:
    """What an attempt has come to."""

    keys: list[str] = field(default_factory=list)
    films: int = 0
    engines: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    loading_seconds: float = 0.0
    network_seconds: float = 0.0


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
    made = _Made()
    try:
        _check(request)
        precision = choose_precision(request.precision, device)
        reporter = Reporter(on_progress, request.job_id, request.attempt, worker)
        _predict(request, storage, device, precision, reporter, should_cancel, made)
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
        chunk_keys=made.keys if outcome == Outcome.SUCCEEDED else [],
        images=len(request.images) if outcome == Outcome.SUCCEEDED else 0,
        images_per_second=made.films / max(seconds, 1e-9),
        device=device_name(device),
        precision=precision,
        engines=made.engines,
        notes=made.notes,
        loading_seconds=made.loading_seconds,
        network_seconds=made.network_seconds,
        seconds=seconds,
    )


def _check(request: PredictRequest) -> None:
    if not request.models:
        raise ContractError("models: the list is empty; give at least one trained network")
    for name, ids in (
        ("models", [model.model_id for model in request.models]),
        ("images", [image.image_id for image in request.images]),
    ):
        twice = [known for known, count in Counter(ids).items() if count > 1]
        if twice:
            raise ContractError(f"{name}: {twice[0]!r} is listed more than once; list each once")
    require_one_of("engine", request.engine, ENGINES)
    require_one_of("postprocess", request.postprocess, POSTPROCESS)
    if not 0 < request.threshold < 1:
        raise ConfigError(f"threshold: {request.threshold!r} is not valid; use a number between 0 and 1")
    for name, value in (("chunk_size", request.chunk_size), ("batch_size", request.batch_size)):
        if value < 1:
            raise ConfigError(f"{name}: {value!r} is not valid; use a whole number from 1")


def _predict(
    request: PredictRequest,
    storage: Storage,
    device: torch.device,
    precision: str,
    reporter: Reporter,
    should_cancel: Callable[[], bool],
    made: _Made,
) -> None:
    started = time.monotonic()

    def stop_if_cancelled() -> None:
        if should_cancel():
            raise Cancelled

    def report(done: int, *, force: bool = False) -> None:
        elapsed = time.monotonic() - started
        rate = made.films / elapsed if elapsed > 0 else 0.0
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

    def engine_of(model: ModelRef) -> Engine:
        # By the request's films, not those that are left: a new attempt must draw by the same engine.
        return load_engine(model, storage, device, precision, wanted=request.engine, films=len(request.images))

    loading = time.monotonic()
    engines = [engine_of(model) for model in request.models] if to_do else []
    made.loading_seconds = time.monotonic() - loading
    made.engines = sorted({engine.name for engine in engines})
    made.notes = [engine.note for engine in engines if engine.note]
    sizes = sorted({engine.size for engine in engines})
    done = 0

    def end(open_chunk: _Open | None) -> None:
        """Wait for a chunk's masks and list them; the networks have worked on the next one meanwhile."""
        nonlocal done
        if open_chunk is None:
            return
        if open_chunk.drawn is not None:
            chunk = end_chunk(open_chunk.drawn, stop_if_cancelled)
            storage.write(open_chunk.key, json.dumps(chunk.to_json()).encode())
            made.films += open_chunk.films
        made.keys.append(open_chunk.key)
        done += open_chunk.films
        report(done, force=True)

    # Readers and writers each have a pool: a chunk's masks must not queue behind the next chunk's films.
    with ThreadPoolExecutor(_READERS) as readers, ThreadPoolExecutor(_READERS) as writers:
        films = _read_ahead(to_do, storage, sizes, readers)
        before: _Open | None = None
        try:
            for index, (images, known) in enumerate(zip(chunks, finished, strict=True)):
                stop_if_cancelled()
                drawn = None
                if known is None:
                    drawn, taken = start_chunk(
                        request, images, next(films), engines, storage, writers, stop_if_cancelled
                    )
                    made.network_seconds += taken
                key = known or chunk_key(request.job_id, request.attempt, index)
                end(before)
                before = _Open(key, len(images), drawn)
            end(before)
        except (ValueError, StorageMissingError):
            # A film of this chunk cannot be used; the one before is whole, and a new attempt takes it over.
            end(before)
            raise


@dataclass(frozen=True)
class _Open:
    """A chunk whose masks are being made, or, with ``drawn`` None, one of an earlier attempt."""

    key: str
    films: int
    drawn: list[Future[list[PredictedMask]]] | None


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
