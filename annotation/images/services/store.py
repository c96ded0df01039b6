"""A film's files: the original, which is never served, the rendition, and the thumbnail of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from annotation.common.blobs import blobs
from annotation.images.analysis import FilmAnalysis, encode_rendition
from annotation.images.reading.film import to_8bit
from annotation.images.thumbnails import thumbnail_key, thumbnail_make


@dataclass(frozen=True)
class StoredFilm:
    """Where the files of a film lie, whose row may not be written yet."""

    image_id: uuid.UUID
    original_key: str
    rendition_key: str

    @property
    def keys(self) -> list[str]:
        """All files."""
        return [self.original_key, self.rendition_key, thumbnail_key(self.image_id)]


def film_store(analysis: FilmAnalysis, original: bytes) -> StoredFilm:
    """Write the files under a new id."""
    image_id = uuid.uuid4()
    stored = StoredFilm(image_id, f"originals/{image_id}", f"renditions/{image_id}.png")
    storage = blobs()
    storage.write(stored.original_key, original)
    storage.write(stored.rendition_key, encode_rendition(analysis.film.pixels))
    film = analysis.film
    storage.write(thumbnail_key(image_id), thumbnail_make(to_8bit(film.pixels, film.window)))
    return stored
