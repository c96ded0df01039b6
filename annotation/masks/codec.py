"""Masks as files: 1-bit PNG in storage, COCO run-length encoding in exports."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from PIL import Image as PillowImage
from pycocotools import mask as coco

from annotation.common.errors import InvalidInput
from annotation.common.limits import too_large
from annotation.images.decoding.pool import decode_png_values
from annotation.images.reading.sniff import PNG_MAGIC, check_pixels, sniff

BoolMask = NDArray[np.bool_]
_LEVEL = 6
_CHUNK = 12
"""Bytes of a PNG chunk without content: length, name, checksum."""
_PADDED = 8
"""Bytes of a shown mask's file a row and column of its film."""
_OWN_START = PNG_MAGIC + struct.pack(">I", 13) + b"IHDR"
_OWN_KIND = bytes((1, 0, 0, 0, 0))
"""Bit depth, grey, and the only compression, filter method and order."""
_OWN_LEAST = len(_OWN_START) + 13 + 4 + 2 * _CHUNK
"""Bytes of a mask's own file beside its compressed rows."""
_OWN_MOST = 200_000_000
"""Pixels; a larger file is left to the whole reader, which knows what to refuse."""


def encode_png(mask_hw: NDArray[Any]) -> bytes:
    """A 1-bit grey PNG of a bool (H, W) mask; the same mask gives the same bytes."""
    mask = np.ascontiguousarray(mask_hw, dtype=bool)
    height, width = mask.shape
    rows = np.packbits(mask, axis=1)
    # One filter byte, 0 for none, stands before each row: the other filters do not help packed bits.
    lines = np.zeros((height, rows.shape[1] + 1), dtype=np.uint8)
    lines[:, 1:] = rows
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = zlib.compress(lines.tobytes(), _LEVEL)
    return PNG_MAGIC + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def pad_png(png: bytes, *, width: int, height: int) -> bytes:
    """The same picture in a file whose length is the film's size's, not the mask's: see decision 7.

    A private chunk of zeros before the last one fills it up to 8 bytes a row and column of the film, doubled until it
    fits; masks as people and networks draw them need no doubling. Readers of PNG pass over the chunk.
    """
    length = _PADDED * (width + height)
    while length < len(png) + _CHUNK:
        length *= 2
    filler = _chunk(b"paDd", bytes(length - len(png) - _CHUNK))
    return png[:-_CHUNK] + filler + png[-_CHUNK:]


def decode_png(data: bytes) -> BoolMask:
    """Bool (H, W) of a PNG that this system wrote; any value above 0 is foreground."""
    mask = _decode_own(data)
    if mask is not None:
        return mask
    with PillowImage.open(io.BytesIO(data), formats=["PNG"]) as picture:
        return np.asarray(picture.convert("L") if picture.mode not in ("1", "L") else picture) > 0


def _decode_own(data: bytes) -> BoolMask | None:
    """The pixels of ``encode_png``'s own kind of file, several times as fast as a whole PNG reader; None for others.

    Every film that is offered for a blind choice has six of them read. Only a file of exactly this kind is read here:
    three chunks, one bit, grey, not interlaced, no row filtered, as many bytes as its size says.
    """
    if len(data) < _OWN_LEAST or data[:16] != _OWN_START or data[24:29] != _OWN_KIND or data[37:41] != b"IDAT":
        return None
    width, height = struct.unpack_from(">II", data, 16)
    (length,) = struct.unpack_from(">I", data, 33)
    if len(data) != _OWN_LEAST + length or not 0 < width * height <= _OWN_MOST:
        return None
    row = (width + 7) // 8 + 1
    reader = zlib.decompressobj()
    try:
        lines = reader.decompress(memoryview(data)[41 : 41 + length], height * row + 1)
    except zlib.error:
        return None
    if len(lines) != height * row or not reader.eof:
        return None
    table = np.frombuffer(lines, np.uint8).reshape(height, row)
    if table[:, 0].any():
        return None
    return np.unpackbits(table[:, 1:], axis=1, count=width).view(np.bool_)


def decode_mask_png(data: bytes, *, width: int, height: int, field: str = "mask", name: str = "") -> BoolMask:
    """Bool (H, W) of a PNG that a person sent, checked strictly.

    Accepts 1-bit files, and grey, palette or colour ones whose only values are black and white (0 and 255, or 0 and
    1). Raises InvalidInput with field, value and remedy for a file that is no PNG, is damaged, too big, of another size
    than ``width`` x ``height``, or has more than two values.
    """
    shown = name or "the mask"
    if len(data) > settings.UPLOAD_MAX_BYTES:
        raise InvalidInput(
            f"{shown} has {too_large(len(data), settings.UPLOAD_MAX_BYTES)}",
            field=field, value=name or len(data), remedy="send a 1-bit PNG",
        )  # fmt: skip
    header = sniff(data)
    if header is None or header.format != "png":
        raise InvalidInput(
            f"{shown} is not a PNG file",
            field=field,
            value=name or None,
            remedy="save the mask as PNG with black and white only",
        )
    check_pixels(header.width, header.height, name=name, field=field)
    if (header.width, header.height) != (width, height):
        raise InvalidInput(
            f"{shown} has {header.width} x {header.height} pixels, its film {width} x {height}",
            field=field, value=name or [header.width, header.height],
            remedy=f"draw the mask at the film's own {width} x {height} pixels",
        )  # fmt: skip
    grey = decode_png_values(data, name=name, field=field)
    return _two_values(grey, field=field, name=name)


def encode_rle(mask_hw: NDArray[Any]) -> dict[str, Any]:
    """COCO's compressed run-length encoding, ``{"size": [H, W], "counts": str}``; holes are kept."""
    encoded = coco.encode(np.asfortranarray(mask_hw, dtype=np.uint8))
    return {"size": [int(n) for n in encoded["size"]], "counts": encoded["counts"].decode("ascii")}


def decode_rle(rle: dict[str, Any]) -> BoolMask:
    """Bool (H, W) of COCO's compressed run-length encoding. Raises InvalidInput where it does not fit its size."""
    try:
        height, width = (int(n) for n in rle["size"])
        counts = rle["counts"].encode("ascii") if isinstance(rle["counts"], str) else bytes(rle["counts"])
        _check_runs(counts, height * width)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(
            f"run-length encoding cannot be read: {error}",
            field="segmentation",
            remedy='send {"size": [H, W], "counts": "..."}',
        ) from error
    return np.asarray(coco.decode({"size": [height, width], "counts": counts}), dtype=bool)


def _check_runs(counts: bytes, pixels: int) -> None:
    """Sum of the runs equals the pixel count; pycocotools itself would read or write past its memory."""
    runs: list[int] = []
    total, at = 0, 0
    while at < len(counts):
        value, shift, more = 0, 0, True
        while more:
            if at >= len(counts) or shift > 60:
                raise ValueError("its last run is cut off")
            digit = counts[at] - 48
            if not 0 <= digit < 64:
                raise ValueError("it has characters that are none of its code")
            value |= (digit & 0x1F) << shift
            more = bool(digit & 0x20)
            at, shift = at + 1, shift + 5
            if not more and digit & 0x10:
                value |= -1 << shift
        if len(runs) > 2:
            value += runs[-2]
        if value < 0:
            raise ValueError("it has a run of negative length")
        runs.append(value)
        total += value
    if total != pixels:
        raise ValueError(f"its runs cover {total} pixels of {pixels}")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _two_values(grey: NDArray[Any], *, field: str, name: str) -> BoolMask:
    shown = name or "the mask"
    top = int(grey.max())
    mask = np.asarray(grey == top, dtype=bool) if top else np.zeros(grey.shape, dtype=bool)
    if bool(np.all(mask | (grey == 0))) and top in (0, 1, 255, 65535):
        return mask
    values = np.unique(grey)
    if len(values) > 2:
        raise InvalidInput(
            f"{shown} has {len(values)} values, a mask has two",
            field=field, value=name or [int(v) for v in values[:8]],
            remedy="save it as a PNG with 0 for background and 255 for foreground, without smoothing or JPEG",
        )  # fmt: skip
    raise InvalidInput(
        f"{shown} has the values {', '.join(str(int(v)) for v in values)}: which is foreground is not clear",
        field=field, value=name or [int(v) for v in values], remedy="use 0 for background and 255 for foreground",
    )  # fmt: skip
