"""A GPU worker without a GPU: answers jobs as a real one would, in milliseconds, with files in the same places."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from PIL import Image

from annotation.common.blobs import blobs
from annotation.jobs.models import Job, JobKind, JobStatus
from annotation.jobs.services import job_dispatch, result_record
from annotation.rounds.engine import advance
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
from tests.support.pictures import mask_png_bytes

ROUNDS_AT_ONCE = 200


def dark_regions(film_hw: np.ndarray) -> np.ndarray:
    """The lungs of ``pictures.film_hw``: bool (H, W), what is darker than the middle of the film's range."""
    smooth = cv2.medianBlur(film_hw, 3)
    return np.asarray(smooth < (int(smooth.min()) + int(smooth.max())) / 2)


def shifted(mask_hw: np.ndarray, columns: int) -> np.ndarray:
    """The mask moved right by some columns; what leaves the film is lost."""
    moved = np.zeros_like(mask_hw)
    moved[:, columns:] = mask_hw[:, : mask_hw.shape[1] - columns]
    return moved


@dataclass
class FakeGpu:
    """Works the jobs of this database. A network's masks are the film's dark regions, moved right by a few columns.

    ``shift`` says by how many, from the network's name and its place in the request; ``score`` says what a network
    reaches on the validation films. ``fail`` holds the words with which the next jobs fail, first come first served.
    """

    shift: Callable[[str, int], int] = lambda name, place: place
    score: Callable[[str], float] = lambda name: 0.8 + (int(hashlib.sha256(name.encode()).hexdigest(), 16) % 100) / 1000
    fail: list[str] = field(default_factory=list)
    worked: list[str] = field(default_factory=list)
    """Kinds of the jobs that were worked, in order."""

    def work(self) -> int:
        """Work all jobs that wait; returns how many."""
        waiting = Job.objects.filter(status__in=[JobStatus.CREATED, JobStatus.QUEUED]).order_by("created_at")
        count = 0
        for job_id in list(waiting.values_list("pk", flat=True)):
            self.work_job(job_id)
            count += 1
        return count

    def work_job(self, job_id: Any) -> None:
        """Work one job to its end and report it."""
        job_dispatch(job_id)
        job = Job.objects.get(pk=job_id)
        message = {**job.request, "job_id": str(job.pk), "attempt": job.attempt}
        result: TrainResult | PredictResult
        if self.fail:
            kind = TrainResult if job.kind == JobKind.TRAIN else PredictResult
            result = kind(str(job.pk), job.attempt, Outcome.FAILED, error=self.fail.pop(0))
        elif job.kind == JobKind.TRAIN:
            result = self._train(TrainRequest.from_json(message))
        else:
            result = self._predict(PredictRequest.from_json(message))
        blobs().write(result_key(str(job.pk), job.attempt), json.dumps(result.to_json()).encode())
        self.worked.append(job.kind)
        result_record(job.pk, job.attempt)

    def walk(self, project: Any) -> None:
        """Move the project on, and work its jobs, until it waits for people or has ended."""
        for _ in range(ROUNDS_AT_ONCE):
            moved = advance(project.pk)
            if not self.work() and not moved:
                return
        raise AssertionError("the project moves on and on")

    def _train(self, request: TrainRequest) -> TrainResult:
        prefix = attempt_prefix(request.job_id, request.attempt)
        weights = f"{request.network.name} {request.job_id}".encode()
        blobs().write(prefix + "weights.safetensors", weights)
        blobs().write(prefix + "card.json", json.dumps({"network": request.network.name}).encode())
        groups = {
            split: sorted({sample.patient for sample in request.samples if sample.split == split}) for split in Split
        }
        data = json.dumps([sample.to_json() for sample in request.samples], sort_keys=True)
        score = self.score(request.network.name)
        return TrainResult(
            request.job_id, request.attempt, Outcome.SUCCEEDED,
            weights_key=prefix + "weights.safetensors", weights_sha256=hashlib.sha256(weights).hexdigest(),
            card_key=prefix + "card.json", data_hash=hashlib.sha256(data.encode()).hexdigest(), best_epoch=1,
            validation_dsc=score, epochs=[EpochMetrics(1, 0.5, 0.5, score, score / (2 - score), 1e-3, 100.0, 0.1)],
            trained_patients=groups[Split.TRAIN], selected_patients=groups[Split.VALIDATION],
            parameters=1000, device="fake", precision="fp32", seconds=0.1,
        )  # fmt: skip

    def _predict(self, request: PredictRequest) -> PredictResult:
        prefix = attempt_prefix(request.job_id, request.attempt)
        masks = []
        for film in request.images:
            truth = dark_regions(np.asarray(Image.open(io.BytesIO(blobs().read(film.image_key))).convert("L")))
            for place, model in enumerate(request.models):
                mask = shifted(truth, self.shift(model.network.name, place))
                png = mask_png_bytes(mask)
                key = f"{prefix}masks/{film.image_id}-{model.model_id}.png"
                blobs().write(key, png)
                masks.append(
                    PredictedMask(
                        film.image_id, model.model_id, key, hashlib.sha256(png).hexdigest(), film.width, film.height,
                        int(mask.sum()), confidence=0.9, disagreement=0.1 if len(request.models) > 1 else None,
                    )
                )  # fmt: skip
        chunk = prefix + "chunk-00000.json"
        blobs().write(chunk, json.dumps(PredictChunk(masks).to_json()).encode())
        return PredictResult(
            request.job_id, request.attempt, Outcome.SUCCEEDED, chunk_keys=[chunk], images=len(request.images),
            images_per_second=100.0, device="fake", precision="fp32", seconds=0.1,
        )  # fmt: skip
