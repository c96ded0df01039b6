"""Lungs, infection and shares of many films: from a job's request to its result."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict

import cv2
import numpy as np
import numpy.typing as npt
import torch

from mlbackend.contracts import (
    FilmFinding,
    FindingsRequest,
    FindingsResult,
    Outcome,
    PredictImage,
    Progress,
    Shares,
    attempt_prefix,
)
from mlbackend.data.reading import read_gray, write_mask
from mlbackend.models.device import choose_device, choose_precision, device_name
from mlbackend.prediction.engine import Engine, load_engine
from mlbackend.prediction.overlay import overlay
from mlbackend.prediction.pipeline import Finding, Pipeline
from mlbackend.progress import Cancelled, Reporter
from mlbackend.storage import Storage, StorageMissingError

AT_ONCE = 8
"""Films that are in memory together."""


def find(
    request: FindingsRequest,
    storage: Storage,
    *,
    on_progress: Callable[[Progress], None],
    should_cancel: Callable[[], bool],
    worker: str = "",
) -> FindingsResult:
    """Find what is on every film; masks and pictures go below the attempt's prefix.

    What is wrong with the request, the weights or a film ends in ``Outcome.FAILED`` with words; failures of storage
    itself are raised (StorageError).
    """
    started, device = time.monotonic(), choose_device()
    precision, outcome, words = "fp32", Outcome.SUCCEEDED, ""
    found: list[FilmFinding] = []
    engines: list[Engine] = []
    reporter = Reporter(on_progress, request.job_id, request.attempt, worker)
    try:
        precision = choose_precision(request.precision, device)
        pipeline = _pipeline(request, storage, device, precision)
        engines = [engine for engine in (pipeline.lungs, pipeline.infection) if engine is not None]
        prefix = attempt_prefix(request.job_id, request.attempt)
        # A few at a time: each core has one of them, and thousands must not be held in memory.
        for start in range(0, len(request.images), AT_ONCE):
            films = request.images[start : start + AT_ONCE]
            grays = [read_gray(storage.read(film.image_key), f"image {film.image_id!r}") for film in films]
            for film, gray, finding in zip(films, grays, pipeline.findings(grays), strict=True):
                if should_cancel():
                    raise Cancelled
                found.append(_keep(film, gray, finding, f"{prefix}{film.image_id}", storage))
            reporter.send(phase="predicting", done=len(found), total=len(request.images), unit="films")
    except Cancelled:
        outcome, words = Outcome.CANCELLED, "the search was cancelled"
    except (ValueError, StorageMissingError) as error:
        outcome, words = Outcome.FAILED, str(error)
    except torch.OutOfMemoryError as error:
        outcome, words = Outcome.FAILED, f"the processor's memory is full ({error}); use a smaller network"
    return FindingsResult(
        request.job_id,
        request.attempt,
        outcome,
        words,
        films=found if outcome == Outcome.SUCCEEDED else [],
        device=device_name(device),
        precision=precision,
        engines=[engine.name for engine in engines],
        notes=[engine.note for engine in engines if engine.note],
        seconds=time.monotonic() - started,
    )


def _pipeline(request: FindingsRequest, storage: Storage, device: torch.device, precision: str) -> Pipeline:
    if not request.images:
        raise ValueError("images: the list is empty; name at least one film")
    count = len(request.images)
    lungs = load_engine(request.lungs, storage, device, precision, films=count)
    infection = (
        None if request.infection is None else load_engine(request.infection, storage, device, precision, films=count)
    )
    return Pipeline(lungs, infection, request.scheme, request.threshold)


def _keep(
    film: PredictImage, gray: npt.NDArray[np.uint8], finding: Finding, name: str, storage: Storage
) -> FilmFinding:
    keys = {"lungs_key": f"{name}-lungs.png", "overlay_key": f"{name}-overlay.png"}
    storage.write(keys["lungs_key"], write_mask(finding.lungs))
    if finding.infection is not None:
        keys["infection_key"] = f"{name}-infection.png"
        storage.write(keys["infection_key"], write_mask(finding.infection))
    picture = cv2.imencode(".png", overlay(gray, finding.lungs, finding.infection))[1]
    storage.write(keys["overlay_key"], picture.tobytes())
    return FilmFinding(
        film.image_id,
        int(finding.lungs.sum()),
        finding.positive,
        finding.score,
        Shares() if finding.share is None else Shares(**asdict(finding.share)),
        **keys,
    )
