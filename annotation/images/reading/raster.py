"""PNG and JPEG to grey pixels."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageOps, UnidentifiedImageError

from annotation.common.errors import InvalidInput
from annotation.images.reading.film import Film, GreyPixels
from annotation.images.reading.sniff import Header, png_ends

# Pictures inside DICOM files are opened by Pillow without our header check; Pillow refuses twice this many pixels.
PillowImage.MAX_IMAGE_PIXELS = settings.IMAGE_MAX_PIXELS

_BAND = 256
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, UnidentifiedImageError, PillowImage.DecompressionBombError)


def read_raster(data: bytes, header: Header, *, name: str, field: str) -> Film:
    """Decode a file whose header was read and whose size was checked; raises InvalidInput where it is broken."""
    try:
        if header.format == "png" and not png_ends(data):
            raise EOFError("no last chunk")
        with PillowImage.open(io.BytesIO(data), formats=[header.format.upper()]) as picture:
            picture.load()
            orientation = picture.getexif().get(0x0112, 1)
            if header.format == "png" and header.bit_depth == 16 and header.colour_type in (2, 4, 6):
                # Pillow has no 16-bit colour and would drop the low byte. It has checked the file: OpenCV may decode.
                pixels = _turn(_deep_colour(data), orientation)
            else:
                upright = ImageOps.exif_transpose(picture) if orientation != 1 else picture
                pixels = _grey(upright)
    except _BROKEN as error:
        raise InvalidInput(
            f"{name or 'the file'} begins as a {header.format.upper()} file but cannot be decoded: "
            "it is truncated or damaged",
            field=field,
            value=name,
            remedy="copy or save the file anew",
        ) from error
    return Film(pixels=np.ascontiguousarray(pixels), format=header.format)


def read_png_values(data: bytes, *, name: str, field: str) -> NDArray[Any]:
    """A PNG's values as stored, (H, W); of a coloured one a number for each colour. Raises InvalidInput.

    Its header was read and its size checked before.
    """
    try:
        if not png_ends(data):
            raise EOFError("no last chunk")
        with PillowImage.open(io.BytesIO(data), formats=["PNG"]) as picture:
            picture.load()
            return _values(picture)
    except _BROKEN as error:
        raise InvalidInput(
            f"{name or 'the mask'} begins as a PNG file but cannot be decoded: it is truncated or damaged",
            field=field, value=name or None, remedy="save or send the mask anew",
        ) from error  # fmt: skip


def _values(picture: PillowImage.Image) -> NDArray[Any]:
    if picture.mode == "1":
        return np.asarray(picture).astype(np.uint8) * np.uint8(255)
    if picture.mode in ("L", "I;16", "I;16B", "I"):
        return np.asarray(picture)
    rgb = np.asarray(picture.convert("RGB"))
    if not (np.array_equal(rgb[..., 0], rgb[..., 1]) and np.array_equal(rgb[..., 0], rgb[..., 2])):
        # One number for each colour, so that a coloured mask is refused for its number of values.
        return (rgb.astype(np.uint32) + 1) @ np.array([1, 256, 65536], dtype=np.uint32)
    return rgb[..., 0]


def luminance(rgb: NDArray[Any]) -> GreyPixels:
    """ITU-R BT.601 luminance of (H, W, 3) uint8 or uint16, in the dtype it came in; equal channels stay as they are."""
    weights = np.array([19595, 38470, 7471], dtype=np.uint64)
    grey = np.empty(rgb.shape[:2], dtype=rgb.dtype)
    for rows in _bands(len(rgb)):
        grey[rows] = (rgb[rows].astype(np.uint64) @ weights + 32768) >> np.uint64(16)
    return grey


def _bands(height: int) -> Iterator[slice]:
    """Rows that are worked on at once: 64-bit copies of a whole large film would take gigabytes."""
    return (slice(top, top + _BAND) for top in range(0, height, _BAND))


def _grey(picture: PillowImage.Image) -> GreyPixels:
    mode = picture.mode
    if mode in ("I;16", "I;16L", "I;16B", "I;16N", "I"):
        return np.clip(np.asarray(picture), 0, 65535).astype(np.uint16)
    if mode == "1":
        return np.asarray(picture).astype(np.uint8) * np.uint8(255)
    if mode == "L" and "transparency" not in picture.info:
        return np.array(picture, dtype=np.uint8)
    if mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        black = PillowImage.new("RGBA", rgba.size, (0, 0, 0, 255))
        return np.array(PillowImage.alpha_composite(black, rgba).convert("L"), dtype=np.uint8)
    return np.array(picture.convert("RGB").convert("L"), dtype=np.uint8)


def _deep_colour(data: bytes) -> GreyPixels:
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None:
        raise ValueError("not decoded")
    values = decoded.astype(np.uint16, copy=False)
    if values.ndim == 2:
        return values
    rgb = values[:, :, 2::-1]
    if values.shape[2] == 4:
        rgb = np.ascontiguousarray(rgb)
        for rows in _bands(len(rgb)):
            alpha = values[rows, :, 3:].astype(np.uint64)
            rgb[rows] = (rgb[rows].astype(np.uint64) * alpha + 32767) // 65535
    return luminance(rgb)


def _turn(pixels: GreyPixels, orientation: int) -> GreyPixels:
    """EXIF orientation 2 to 8 undone; other values leave the pixels as they are."""
    moves = {
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.T,
        6: lambda p: np.rot90(p, -1),
        7: lambda p: p[::-1, ::-1].T,
        8: lambda p: np.rot90(p),
    }
    return moves[orientation](pixels) if orientation in moves else pixels
