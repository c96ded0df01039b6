"""A GPU worker without a GPU: answers jobs with files in the same places, masks being the truth disturbed."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotation.common.blobs import blobs
from annotation.images.models import Image
from annotation.jobs.models import Job, JobKind, JobStatus
from annotation.jobs.services import job_dispatch, result_record
from annotation.masks.codec import encode_png
from benchmarks.scale.films import lungs_of, number_of
from mlbackend.contracts import (
    EpochMetrics,
    Outcome,
    PredictChunk,
    PredictedMask,
    PredictRequest,
    PredictResult,
    Split,
    TrainRequest,
    TrainResult,
    attempt_prefix,
    result_key,
)

CHUNK = 250
"""Films of one chunk file."""
TIED = 0.05
"""Share of films on which the second network draws what the first drew."""


def disturbed(truth_hw: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The mask a network might draw: moved, turned and scaled a little, with bites and blots at its border; (H, W)."""
    side = truth_hw.shape[0]
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), float(rng.normal(0, 1.2)), float(rng.normal(1, 0.015)))
    turn[:, 2] += rng.normal(0, 2.5, 2)
    mask = cv2.warpAffine(truth_hw, turn, (side, side), flags=cv2.INTER_NEAREST)
    for _ in range(int(rng.integers(1, 5))):
        row = int(rng.integers(side))
        edges = np.flatnonzero(np.diff(mask[row]))
        if edges.size:
            size = (int(rng.integers(3, 22)), int(rng.integers(3, 22)))
            middle = (int(rng.choice(edges)), row)
            cv2.ellipse(mask, middle, size, float(rng.uniform(0, 180)), 0, 360, int(rng.integers(2)), -1)
    return mask


def draw_film(
    bases: Path, count: int, storage: Path, prefix: str, models: Sequence[str], film: tuple[str, int, int, int]
) -> list[dict[str, Any]]:
    """All masks of one film (id, number, width, height), written as the worker writes them; their contract as JSON."""
    cv2.setNumThreads(1)
    image_id, number, width, height = film
    rng = np.random.default_rng([number, len(models)])
    tied = rng.random() < TIED
    drawn = []
    for place, model in enumerate(models):
        drawer = models[0] if tied and place == 1 else model
        key = f"{prefix}masks/{image_id}-{model}.png"
        sha256, pixels = _draw(bases, count, storage / key, number, drawer)
        drawn.append(
            PredictedMask(
                image_id, model, key, sha256, width, height, pixels, confidence=float(rng.uniform(0.7, 0.99)),
                disagreement=float(rng.uniform(0, 0.3)) if len(models) > 1 else None,
            ).to_json()
        )  # fmt: skip
    return drawn


_drawn: dict[tuple[int, str], tuple[Path, str, int]] = {}
"""What this process has drawn: file, sha256 and pixels by film and network, for films that are copies."""


def _draw(bases: Path, count: int, path: Path, number: int, model: str) -> tuple[str, int]:
    path.unlink(missing_ok=True)
    if found := _drawn.get((number, model)):
        os.link(found[0], path)
        return found[1], found[2]
    truth = lungs_of(bases, number, count).astype(np.uint8)
    mask = disturbed(truth, np.random.default_rng([number, zlib.crc32(model.encode())]))
    png = encode_png(mask)
    # The worker waits for the disk after each file; how fast files are made is not measured here.
    path.write_bytes(png)
    _drawn[number, model] = (path, hashlib.sha256(png).hexdigest(), int(np.count_nonzero(mask)))
    return _drawn[number, model][1:]


class Gpu:
    """Works this database's jobs in order; begun again, a job is drawn again over the same files."""

    def __init__(
        self, bases: Path, count: int, storage: Path, pool: ProcessPoolExecutor, drawn_as: Callable[[int], int]
    ) -> None:
        self.bases, self.count, self.storage, self.pool = bases, count, storage, pool
        self.drawn_as = drawn_as

    def work(self) -> Iterator[Job]:
        """Work all jobs that wait, yielding each before it is recorded: the recording is the product's."""
        waiting = Job.objects.filter(status__in=[JobStatus.CREATED, JobStatus.QUEUED]).order_by("created_at")
        for job_id in list(waiting.values_list("pk", flat=True)):
            job_dispatch(job_id)
            job = Job.objects.get(pk=job_id)
            message = {**job.request, "job_id": str(job.pk), "attempt": job.attempt}
            result: TrainResult | PredictResult
            if job.kind == JobKind.TRAIN:
                result = self._train(TrainRequest.from_json(message))
            else:
                result = self._predict(PredictRequest.from_json(message))
            blobs().write(result_key(str(job.pk), job.attempt), json.dumps(result.to_json()).encode())
            yield job
            result_record(job.pk, job.attempt)

    def _train(self, request: TrainRequest) -> TrainResult:
        prefix = attempt_prefix(request.job_id, request.attempt)
        weights = f"{request.network.name} {request.job_id}".encode()
        blobs().write(prefix + "weights.safetensors", weights)
        blobs().write(prefix + "card.json", json.dumps({"network": request.network.name}).encode())
        groups = {split: sorted({s.patient for s in request.samples if s.split == split}) for split in Split}
        data = json.dumps([sample.to_json() for sample in request.samples], sort_keys=True)
        score = 0.9 + (zlib.crc32(request.network.name.encode()) % 100) / 2000
        return TrainResult(
            request.job_id, request.attempt, Outcome.SUCCEEDED,
            weights_key=prefix + "weights.safetensors", weights_sha256=hashlib.sha256(weights).hexdigest(),
            card_key=prefix + "card.json", data_hash=hashlib.sha256(data.encode()).hexdigest(), best_epoch=1,
            validation_dsc=score, epochs=[EpochMetrics(1, 0.5, 0.5, score, score / (2 - score), 1e-3, 100.0, 0.1)],
            trained_patients=groups[Split.TRAIN], selected_patients=groups[Split.VALIDATION],
            parameters=1000, device="none", precision="fp32", seconds=0.1,
        )  # fmt: skip

    def _predict(self, request: PredictRequest) -> PredictResult:
        prefix = attempt_prefix(request.job_id, request.attempt)
        (self.storage / prefix / "masks").mkdir(parents=True, exist_ok=True)
        names = dict(
            Image.objects.filter(pk__in=[film.image_id for film in request.images]).values_list("pk", "file_name")
        )
        by_id = {str(pk): self.drawn_as(number_of(name)) for pk, name in names.items()}
        films = [(film.image_id, by_id[film.image_id], film.width, film.height) for film in request.images]
        models = [model.model_id for model in request.models]
        draw = partial(draw_film, self.bases, self.count, self.storage, prefix, models)
        drawn = list(self.pool.map(draw, films, chunksize=32))
        chunks = []
        for start in range(0, len(drawn), CHUNK):
            masks = [PredictedMask.from_json(mask) for film in drawn[start : start + CHUNK] for mask in film]
            chunks.append(f"{prefix}chunk-{start // CHUNK:05d}.json")
            blobs().write(chunks[-1], json.dumps(PredictChunk(masks).to_json()).encode())
        return PredictResult(
            request.job_id, request.attempt, Outcome.SUCCEEDED, chunk_keys=chunks, images=len(films),
            images_per_second=100.0, device="none", precision="fp32", seconds=0.1,
        )  # fmt: skip
