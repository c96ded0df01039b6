"""All that is worked out from one original file, without database or storage."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotation.images.decoding.pool import decode_film
from annotation.images.features import describe
from annotation.images.hashing import file_hash, pixel_hash
from annotation.images.quality import Quality, at_working_size, measure
from annotation.images.reading.film import Film, GreyPixels, to_8bit
from mlbackend.duplicates import Thumbnail, perceptual_hash, signature, thumbnail

PNG_SETTINGS = [cv2.IMWRITE_PNG_COMPRESSION, 3, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
"""On chest films at 512 px runs alone give 89 KB in 4.7 ms, zlib's full search 105 KB in 8.3 ms."""


@dataclass(frozen=True)
class FilmAnalysis:
    """A film with its hashes, quality, features and what the search of near duplicates needs."""

    film: Film
    sha256: str
    pixel_sha256: str
    perceptual_hash: int
    quality: Quality
    features: list[float]
    coarse: NDArray[np.int8]
    thumbnail: Thumbnail


def analyse(data: bytes, *, name: str = "") -> FilmAnalysis:
    """Read an original and work out the rest. Raises InvalidInput with field ``image`` where it cannot be read."""
    film = decode_film(data, name=name, field="image")
    # All figures are taken at one size, so that a film and its smaller copy get nearly the same ones.
    grey = at_working_size(to_8bit(film.pixels, film.window))
    quality = measure(grey)
    return FilmAnalysis(
        film=film,
        sha256=file_hash(data),
        pixel_sha256=pixel_hash(film.pixels),
        perceptual_hash=perceptual_hash(grey),
        quality=quality,
        features=describe(grey, quality),
        coarse=signature(grey),
        thumbnail=thumbnail(grey),
    )


def encode_rendition(pixels_hw: GreyPixels) -> bytes:
    """Lossless grey PNG, 8 or 16 bits, with nothing in it but pixels."""
    ok, data = cv2.imencode(".png", pixels_hw, PNG_SETTINGS)
    if not ok:
        raise RuntimeError(f"OpenCV could not encode {pixels_hw.shape} {pixels_hw.dtype} as PNG")
    return data.tobytes()


def decode_rendition(data: bytes) -> GreyPixels:
    """Pixels of a rendition, (H, W) uint8 or uint16."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.ndim != 2:
        raise ValueError("not a rendition: no grey PNG")
    return np.asarray(pixels)


def thumbnail_of_rendition(data: bytes, window: list[float] | None) -> Thumbnail:
    """The thumbnail that ``analyse`` made of the film when it came."""
    return thumbnail(at_working_size(to_8bit(decode_rendition(data), window)))
