"""Format and size of a file from its first bytes, before anything is decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from django.conf import settings

from annotation.common.errors import InvalidInput
from annotation.common.limits import smaller_or_ask

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
PNG_END = b"IEND\xaeB`\x82"
PNG_TAIL = 4096
"""Some programs append a little of their own behind the last chunk."""
_START_OF_FRAME = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_STANDALONE = {0x01, *range(0xD0, 0xD9)}


@dataclass(frozen=True)
class Header:
    """What the first bytes say. ``width`` and ``height`` are 0 for DICOM, whose reader looks itself."""

    format: str
    width: int = 0
    height: int = 0
    bit_depth: int = 8
    colour_type: int = 0
    """PNG's own number: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA."""


def sniff(data: bytes) -> Header | None:
    """Header of a PNG, JPEG or DICOM file; None where it is none of them."""
    if data.startswith(PNG_MAGIC) and data[12:16] == b"IHDR" and len(data) >= 33:
        width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
        return Header("png", width, height, depth, colour)
    if data.startswith(b"\xff\xd8\xff"):
        size = _jpeg_size(data)
        return Header("jpeg", *size) if size else None
    if data[128:132] == b"DICM":
        return Header("dicom")
    return None


def png_ends(data: bytes) -> bool:
    """Whether a PNG has its last chunk: Pillow takes a file that was cut just behind its pixels."""
    return PNG_END in data[-PNG_TAIL:]


def check_pixels(width: int, height: int, *, name: str, field: str) -> None:
    """Refuse a picture without pixels or with more than ``settings.IMAGE_MAX_PIXELS``, by what its header says."""
    if width < 1 or height < 1:
        raise InvalidInput(
            f"{name or 'the file'} says it has {width} x {height} pixels",
            field=field,
            value=name,
            remedy="save the image anew",
        )
    if width * height > settings.IMAGE_MAX_PIXELS:
        raise InvalidInput(
            f"{name or 'the file'} has {width} x {height} pixels, more than the {settings.IMAGE_MAX_PIXELS:,} allowed",
            field=field,
            value=name,
            remedy=smaller_or_ask("IMAGE_MAX_PIXELS"),
        )


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) from the frame header."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _STANDALONE:
            at += 2
        elif marker in _START_OF_FRAME:
            if at + 9 > len(data):
                return None
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + int(struct.unpack(">H", data[at + 2 : at + 4])[0])
    return None
