"""A film's two files: the original, which is never served, and the rendition."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from annotation.common.blobs import blobs
from annotation.images.analysis import FilmAnalysis, encode_rendition


@dataclass(frozen=True)
class StoredFilm:
    """Where the files of a film lie, whose row may not be written yet."""

    image_id: uuid.UUID
    original_key: str
    rendition_key: str


def film_store(analysis: FilmAnalysis, original: bytes) -> StoredFilm:
    """Write both files under a new id."""
    image_id = uuid.uuid4()
    stored = StoredFilm(image_id, f"originals/{image_id}", f"renditions/{image_id}.png")
    storage = blobs()
    storage.write(stored.original_key, original)
    storage.write(stored.rendition_key, encode_rendition(analysis.film.pixels))
    return stored
