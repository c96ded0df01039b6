"""Reading of an original file into grey pixels. It may be hostile: limits are checked before pixels are decoded."""

from __future__ import annotations

from django.conf import settings

from annotation.common.errors import InvalidInput
from annotation.common.limits import smaller_or_ask, too_large
from annotation.images.reading.dicom import read_dicom
from annotation.images.reading.film import Film
from annotation.images.reading.raster import read_raster
from annotation.images.reading.sniff import check_pixels, sniff

__all__ = ["EXTENSIONS", "Film", "check_pixels", "read_film", "sniff"]

EXTENSIONS = {"png": {".png"}, "jpeg": {".jpg", ".jpeg", ".jpe"}, "dicom": {".dcm", ".dicom", ""}}
"""File name endings that go with each format."""


def read_film(data: bytes, *, name: str = "", field: str = "image") -> Film:
    """Grey pixels of a PNG, JPEG or single-frame DICOM radiograph.

    Colour becomes luminance (ITU-R BT.601), transparency is laid on black, EXIF orientation is applied, MONOCHROME1 is
    inverted so that more is brighter. 16-bit files stay 16-bit. Raises InvalidInput with field, value and remedy where
    the file is too big, truncated, not an image, or has more than ``settings.IMAGE_MAX_PIXELS`` pixels.
    """
    shown = name or "the file"
    if not data:
        raise InvalidInput(f"{shown} is empty", field=field, value=name, remedy="put the image file in its place")
    if len(data) > settings.UPLOAD_MAX_BYTES:
        raise InvalidInput(
            f"{shown} has {too_large(len(data), settings.UPLOAD_MAX_BYTES)}",
            field=field,
            value=name,
            remedy=smaller_or_ask("UPLOAD_MAX_BYTES"),
        )
    header = sniff(data)
    if header is None:
        if name.lower().endswith((".dcm", ".dicom")):
            raise InvalidInput(
                f"{shown} has no DICOM preamble: the four letters DICM are missing at byte 128",
                field=field,
                value=name,
                remedy="save it as a DICOM file (part 10), for example with dcmconv",
            )
        raise InvalidInput(
            f"{shown} is neither PNG, JPEG nor DICOM: its content does not begin as one",
            field=field,
            value=name,
            remedy="save the image as PNG, JPEG or single-frame DICOM",
        )
    if header.format == "dicom":
        return read_dicom(data, name=name, field=field)
    check_pixels(header.width, header.height, name=name, field=field)
    return read_raster(data, header, name=name, field=field)
