"""A film's pictures, read as a browser would have them, and made from the original again where they are broken."""

from __future__ import annotations

from dataclasses import dataclass

import cv2

from annotation.common.blobs import blobs
from annotation.common.errors import InvalidInput
from annotation.images.analysis import decode_rendition, encode_rendition
from annotation.images.decoding.pool import decode_film
from annotation.images.hashing import pixel_hash
from annotation.images.models import Image
from annotation.images.reading.film import to_8bit
from annotation.images.selectors import display_key
from annotation.images.thumbnails import thumbnail_key, thumbnail_make
from mlbackend.storage import StorageError, StorageMissingError


@dataclass(frozen=True)
class Mended:
    """``problem`` is empty where the film can be read now."""

    problem: str = ""
    made_anew: bool = False


def film_mend(image: Image) -> Mended:
    """Read the rendition; one that is lost or holds other pixels than were imported is made from the original."""
    try:
        if _has_its_pixels(image):
            return Mended(made_anew=_display_mended(image))
        try:
            original = blobs().read(image.original_key)
        except StorageMissingError:
            return Mended("its picture is broken, and the original is lost from storage too")
        try:
            film = decode_film(original)
        except InvalidInput:
            return Mended("its picture is broken, and the original cannot be read any more")
        if pixel_hash(film.pixels) != image.pixel_sha256:
            return Mended("its picture is broken, and the original is not the one that was imported")
        blobs().write(image.rendition_key, encode_rendition(film.pixels))
        blobs().write(thumbnail_key(image.pk), thumbnail_make(to_8bit(film.pixels, image.window)))
        blobs().delete(display_key(image.pk))
    except StorageError as error:
        return Mended(f"the storage does not answer ({type(error).__name__})")
    return Mended(made_anew=True)


def _has_its_pixels(image: Image) -> bool:
    try:
        return pixel_hash(decode_rendition(blobs().read(image.rendition_key))) == image.pixel_sha256
    except (StorageMissingError, ValueError, cv2.error):
        return False


def _display_mended(image: Image) -> bool:
    """A 16-bit film is shown by a copy that is made when it is asked for: a broken one goes."""
    key = display_key(image.pk)
    if image.bits == 8 or not blobs().exists(key):
        return False
    try:
        if decode_rendition(blobs().read(key)).shape == (image.height, image.width):
            return False
    except (ValueError, cv2.error):
        pass
    blobs().delete(key)
    return True
