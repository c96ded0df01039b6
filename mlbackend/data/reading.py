"""From the bytes of an image file to arrays, and masks back to bytes."""

from __future__ import annotations

import io
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

MAX_PIXELS = 100_000_000
"""Larger images are refused before they are decoded."""
WINDOW_PERCENTILES = (0.1, 99.9)
"""Share of the darkest and brightest pixels of a 16-bit film that may be clipped, as percentiles."""

DICOM = b"DICM"
"""What a DICOM file has behind its first 128 bytes."""

Gray = npt.NDArray[np.uint8]
Pixels = npt.NDArray[np.generic]
Mask = npt.NDArray[np.bool_]


class ImageError(ValueError):
    """Bytes that are no readable image, or a mask that is none."""


def _decode(data: bytes, name: str) -> Pixels:
    if data[128:132] == DICOM:
        raise ImageError(
            f"{name}: DICOM is not read here; give it as PNG of 8 or 16 bits, or import it into a project, which can"
        )
    try:
        # Reads the header only; the limit must hold before any pixel is unpacked.
        with Image.open(io.BytesIO(data)) as header:
            width, height = header.size
    except UnidentifiedImageError as error:
        raise ImageError(f"{name}: not a readable image, it is damaged or none; give it as PNG or JPEG") from error
    except Exception as error:
        raise ImageError(f"{name}: not a readable image file ({error}); give it as PNG or JPEG") from error
    if width * height > MAX_PIXELS:
        raise ImageError(f"{name}: {width} x {height} pixels are more than the limit of {MAX_PIXELS}; shrink it first")
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise ImageError(f"{name}: image is damaged ({error})") from error
    if pixels is None:
        raise ImageError(f"{name}: image is damaged or cut short; store it again")
    return np.asarray(pixels)


def _to_uint8(pixels: Pixels) -> npt.NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, np.uint8)
    values = pixels.astype(np.float32)
    low, high = (float(v) for v in np.percentile(values, WINDOW_PERCENTILES))
    if high <= low:
        low, high = float(values.min()), float(values.max())
    if high <= low:
        return np.zeros(values.shape, np.uint8)
    scaled = np.clip((values - low) * (255.0 / (high - low)), 0, 255)
    return np.rint(scaled).astype(np.uint8)


def _luminance(colour: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY))  # type: ignore[call-overload]


def _value(colour: Pixels) -> Pixels:
    return np.asarray(colour.max(axis=2))  # type: ignore[attr-defined]


def _merge(pixels: Pixels, name: str, of_colour: Callable[[Pixels], Pixels]) -> Gray:
    if pixels.ndim == 2:
        return _to_uint8(pixels)
    channels = pixels.shape[2]
    if channels not in (3, 4):
        raise ImageError(f"{name}: has {channels} channels; use grey, RGB or RGBA")
    top = 255.0 if pixels.dtype == np.uint8 else 65535.0
    if channels == 4 and bool((pixels[..., 3] < top).any()):  # type: ignore[operator]
        merged = of_colour(pixels[..., :3].astype(np.float32)).astype(np.float32)
        merged = merged * (pixels[..., 3].astype(np.float32) / top)
        return _to_uint8(np.rint(merged).astype(pixels.dtype))
    return _to_uint8(of_colour(np.ascontiguousarray(pixels[..., :3])))


def read_gray(data: bytes, name: str = "image") -> Gray:
    """Read a PNG or JPEG as (H, W) uint8 grey.

    Colour and palette images are turned to luminance; transparent pixels are laid on black. Images of more than 8 bits
    are windowed between their ``WINDOW_PERCENTILES``. Raises ImageError, in words, for what cannot be read.
    """
    return _merge(_decode(data, name), name, _luminance)


def read_gray_and_value(data: bytes, name: str = "image") -> tuple[Gray, Gray]:
    """``read_gray``, and the value of HSV read in the same way: each pixel's greatest channel. Of a grey image both are
    the same.
    """
    pixels = _decode(data, name)
    return _merge(pixels, name, _luminance), _merge(pixels, name, _value)


def read_mask(data: bytes, name: str = "mask") -> Mask:
    """Read a mask as (H, W) bool; values of 128 and more are foreground. Raises ImageError."""
    gray = read_gray(data, name)
    return np.asarray(gray > 127)


def write_mask(mask: Mask) -> bytes:
    """Encode (H, W) bool as a 1-bit PNG; the same mask gives the same bytes."""
    if mask.ndim != 2:
        raise ImageError(f"mask has shape {mask.shape}; expected (height, width)")
    height, width = mask.shape
    packed = np.packbits(np.ascontiguousarray(mask, dtype=bool), axis=1)
    image = Image.frombytes("1", (width, height), packed.tobytes())
    out = io.BytesIO()
    image.save(out, format="PNG", compress_level=6)
    return out.getvalue()
