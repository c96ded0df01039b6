"""Predict a chunk of films, and find chunks that an earlier attempt finished."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future

import numpy as np
import numpy.typing as npt

from mlbackend.contracts import (
    PredictChunk,
    PredictedMask,
    PredictImage,
    PredictRequest,
    attempt_prefix,
)
from mlbackend.data.reading import ImageError, read_gray, write_mask
from mlbackend.data.resize import enlarge_probability, shrink_image
from mlbackend.prediction.engine import Engine
from mlbackend.prediction.postprocess import POSTPROCESS, binarise
from mlbackend.prediction.uncertainty import confidence, disagreement
from mlbackend.storage import Storage, StorageMissingError

_log = logging.getLogger(__name__)

Films = dict[int, npt.NDArray[np.uint8]]
"""Films of a chunk by working size, each (N, size, size)."""


def chunk_key(job_id: str, attempt: int, index: int) -> str:
    """Where the list of a chunk's masks is stored, after the masks themselves."""
    return attempt_prefix(job_id, attempt) + f"chunk-{index:05d}.json"


def read_film(image: PredictImage, storage: Storage, sizes: Sequence[int]) -> list[npt.NDArray[np.uint8]]:
    """Decode a film once and shrink it to each working size. Raises ImageError, naming the film."""
    gray = read_gray(storage.read(image.image_key), f"image {image.image_id!r}")
    if gray.shape != (image.height, image.width):
        raise ImageError(
            f"image {image.image_id!r} has {gray.shape[1]} x {gray.shape[0]} pixels, the request says "
            f"{image.width} x {image.height}; import the film again"
        )
    return [shrink_image(gray, size) for size in sizes]


def start_chunk(
    request: PredictRequest,
    images: Sequence[PredictImage],
    films: Films,
    engines: Sequence[Engine],
    storage: Storage,
    pool: Executor,
    stop_if_cancelled: Callable[[], None],
) -> tuple[list[Future[list[PredictedMask]]], float]:
    """Predict every film by every network; what makes masks of it and stores them goes on in ``pool``, film by film.

    The second value is the time that the networks took, in seconds.
    """
    probabilities = []
    started = time.monotonic()
    for engine in engines:
        stop_if_cancelled()
        probabilities.append(engine.probabilities(films[engine.size], request.batch_size))
    taken = time.monotonic() - started

    def finish(row: int) -> list[PredictedMask]:
        image = images[row]
        masks = [_film_mask(p[row], image, request.threshold, request.postprocess) for p in probabilities]
        return [
            _store(request, image, engine, mask, confidence(p[row]), differs, storage)
            for engine, p, mask, differs in zip(engines, probabilities, masks, disagreement(masks), strict=True)
        ]

    return [pool.submit(finish, row) for row in range(len(images))], taken


def end_chunk(drawn: Sequence[Future[list[PredictedMask]]], stop_if_cancelled: Callable[[], None]) -> PredictChunk:
    """Masks of a chunk that was started, all stored: film by film, and within a film as its engines."""
    listed: list[PredictedMask] = []
    for of_film in drawn:
        listed += of_film.result()
        stop_if_cancelled()
    return PredictChunk(listed)


def _film_mask(
    probability: npt.NDArray[np.float32], image: PredictImage, threshold: float, postprocess: str
) -> npt.NDArray[np.bool_]:
    mask = binarise(enlarge_probability(probability, image.height, image.width), threshold)
    return POSTPROCESS[postprocess](mask)


def _store(
    request: PredictRequest,
    image: PredictImage,
    engine: Engine,
    mask: npt.NDArray[np.bool_],
    sure: float,
    differs: float | None,
    storage: Storage,
) -> PredictedMask:
    data = write_mask(mask)
    # Random names: where people choose blind among networks, a name must not tell the network.
    key = attempt_prefix(request.job_id, request.attempt) + f"masks/{secrets.token_hex(16)}.png"
    storage.write(key, data)
    return PredictedMask(
        image_id=image.image_id,
        model_id=engine.model_id,
        mask_key=key,
        sha256=hashlib.sha256(data).hexdigest(),
        width=image.width,
        height=image.height,
        foreground_pixels=int(np.count_nonzero(mask)),
        confidence=sure,
        disagreement=differs,
        engine=engine.name,
    )


def finished_chunk(request: PredictRequest, index: int, images: Sequence[PredictImage], storage: Storage) -> str | None:
    """Key of this chunk's list in this or an earlier attempt, if it covers the same films and networks; else None."""
    expected = {(image.image_id, model.model_id) for image in images for model in request.models}
    for attempt in range(request.attempt, 0, -1):
        key = chunk_key(request.job_id, attempt, index)
        try:
            chunk = PredictChunk.from_json(json.loads(storage.read(key)))
        except StorageMissingError:
            continue
        except ValueError as error:
            _log.warning("chunk %s is passed over: %s", key, error)
            continue
        found = [(mask.image_id, mask.model_id) for mask in chunk.masks]
        whole = len(found) == len(expected) and set(found) == expected
        if whole and all(storage.exists(mask.mask_key) for mask in chunk.masks):
            return key
        _log.warning("chunk %s is passed over: its films, networks or masks are not the request's", key)
    return None
