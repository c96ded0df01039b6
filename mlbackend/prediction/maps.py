"""Probability maps of many films: from a job's request to its result."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from mlbackend.contracts import FilmMap, MapRequest, MapResult, Outcome, PredictImage, Progress, attempt_prefix
from mlbackend.data.reading import ImageError, read_gray
from mlbackend.data.resize import enlarge_probability, shrink_image
from mlbackend.models.device import choose_device, choose_precision, device_name
from mlbackend.prediction.engine import Engine, load_engine
from mlbackend.prediction.infection_map import Colour, Gray, colour_map, quantise, write_colour, write_gray
from mlbackend.progress import Cancelled, Reporter
from mlbackend.storage import Storage, StorageMissingError

AT_ONCE = 8
"""Films that are in memory together."""


@dataclass(frozen=True)
class DrawnMap:
    """A film's map, at its own resolution."""

    steps: Gray
    """Probability in steps of 1/255, (H, W)."""
    picture: Colour
    """(H, W, 3) red, green, blue."""
    highest: float
    """Greatest probability, 0..1."""

    @property
    def shown_share(self) -> float:
        """Share of the pixels that have a colour, 0..1."""
        return float(np.count_nonzero(self.steps)) / self.steps.size


def drawn_maps(engine: Engine, films: Sequence[Gray], values: Sequence[Gray] | None = None) -> Iterator[DrawnMap]:
    """One map a film, in order; each film (H, W) uint8. ``AT_ONCE`` films or fewer should be given at a time.

    The network sees ``films``; the maps have the value of ``values``, which colour films have besides their grey.
    """
    small = np.stack([shrink_image(film, engine.size) for film in films])
    for value, probability in zip(values or films, engine.probabilities(small, AT_ONCE), strict=True):
        large = np.clip(enlarge_probability(probability, *value.shape), 0, 1)
        steps = quantise(large)
        yield DrawnMap(steps, colour_map(value, steps), float(large.max()))


def draw_maps(
    request: MapRequest,
    storage: Storage,
    *,
    on_progress: Callable[[Progress], None],
    should_cancel: Callable[[], bool],
    worker: str = "",
) -> MapResult:
    """Draw the map of every film; pictures go below the attempt's prefix.

    What is wrong with the request, the weights or a film ends in ``Outcome.FAILED`` with words; failures of storage
    itself are raised (StorageError).
    """
    started, device = time.monotonic(), choose_device()
    precision, outcome, words = "fp32", Outcome.SUCCEEDED, ""
    found: list[FilmMap] = []
    engine: Engine | None = None
    reporter = Reporter(on_progress, request.job_id, request.attempt, worker)
    try:
        if not request.images:
            raise ValueError("images: the list is empty; name at least one film")
        precision = choose_precision(request.precision, device)
        engine = load_engine(request.model, storage, device, precision, films=len(request.images))
        prefix = attempt_prefix(request.job_id, request.attempt)
        for start in range(0, len(request.images), AT_ONCE):
            images = request.images[start : start + AT_ONCE]
            films = [_read(image, storage) for image in images]
            for image, drawn in zip(images, drawn_maps(engine, films), strict=True):
                if should_cancel():
                    raise Cancelled
                found.append(_keep(image, drawn, f"{prefix}{image.image_id}", storage))
            reporter.send(phase="predicting", done=len(found), total=len(request.images), unit="films")
    except Cancelled:
        outcome, words = Outcome.CANCELLED, "the drawing of maps was cancelled"
    except (ValueError, StorageMissingError) as error:
        outcome, words = Outcome.FAILED, str(error)
    except torch.OutOfMemoryError as error:
        outcome, words = Outcome.FAILED, f"the processor's memory is full ({error}); use a smaller network"
    return MapResult(
        request.job_id,
        request.attempt,
        outcome,
        words,
        films=found if outcome == Outcome.SUCCEEDED else [],
        device=device_name(device),
        precision=precision,
        engine=engine.name if engine else "",
        note=engine.note if engine else "",
        seconds=time.monotonic() - started,
    )


def _read(image: PredictImage, storage: Storage) -> Gray:
    gray = read_gray(storage.read(image.image_key), f"image {image.image_id!r}")
    if gray.shape != (image.height, image.width):
        raise ImageError(
            f"image {image.image_id!r} has {gray.shape[1]} x {gray.shape[0]} pixels, the request says "
            f"{image.width} x {image.height}; import the film again"
        )
    return gray


def _keep(image: PredictImage, drawn: DrawnMap, name: str, storage: Storage) -> FilmMap:
    keys = f"{name}-probability.png", f"{name}-map.png"
    storage.write(keys[0], write_gray(drawn.steps))
    storage.write(keys[1], write_colour(drawn.picture))
    return FilmMap(image.image_id, drawn.highest, drawn.shown_share, *keys)
