"""Single-frame DICOM radiographs to grey pixels (DICOM PS3.3 C.7.6.3, C.8.11; PS3.3 C.11.1 for the modality LUT)."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels import apply_modality_lut

from annotation.common.errors import InvalidInput
from annotation.images.reading.film import Film, GreyPixels
from annotation.images.reading.raster import luminance
from annotation.images.reading.sniff import check_pixels

MODALITIES = ("DX", "CR", "RG")
"""Digital and computed radiography, and digitised film."""
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_META_BYTES = 4096


def read_dicom(data: bytes, *, name: str, field: str) -> Film:
    """Grey pixels of a DX, CR or RG file with one frame.

    Grey values are spread over the whole of 8 bits (up to 8 stored) or 16 bits, which loses nothing. A linear rescale
    keeps the order of grey values, so it is undone in the window instead of done to the pixels. Raises InvalidInput.
    """
    if _DEFLATED in data[:_META_BYTES]:
        raise _refused(
            name,
            field,
            "is deflated as a whole, so that its size cannot be checked first",
            "save it as Explicit VR Little Endian",
        )
    try:
        dataset = pydicom.dcmread(io.BytesIO(data))
    except Exception as error:
        raise _refused(name, field, "begins as DICOM but cannot be read", "export the file anew") from error
    modality = str(dataset.get("Modality", ""))
    if modality not in MODALITIES:
        raise _refused(
            name, field, f"has modality {modality or 'none'}, not {', '.join(MODALITIES)}", "import radiographs only"
        )
    try:
        frames, rows, columns = (
            int(dataset.get(key) or d) for key, d in (("NumberOfFrames", 1), ("Rows", 0), ("Columns", 0))
        )
    except (TypeError, ValueError) as error:
        raise _refused(name, field, "states its size in a way that is not a number", "export the file anew") from error
    if frames != 1:
        raise _refused(name, field, f"has {frames} frames", "export one file for each frame")
    check_pixels(columns, rows, name=name, field=field)
    try:
        stored = np.asarray(dataset.pixel_array)
        pixels, scale = _spread(stored, dataset)
        window = _window(dataset, scale)
    except Exception as error:
        syntax = getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", "unknown")
        raise _refused(
            name,
            field,
            f"has pixels that cannot be decoded (transfer syntax {getattr(syntax, 'name', syntax)}): "
            "truncated, damaged, or of a kind that no decoder is installed for",
            "export it uncompressed",
        ) from error
    return Film(
        pixels=pixels,
        format="dicom",
        spacing_mm=_spacing(dataset),
        window=window,
        view=str(dataset.get("ViewPosition", "") or ""),
        patient_id=str(dataset.get("PatientID", "") or "").strip(),
        metadata={"modality": modality, **_day(dataset)},
    )


def _day(dataset: Any) -> dict[str, str]:
    """The day of the study as the file writes it, year first; nothing where it was taken out of the file."""
    for key in ("StudyDate", "AcquisitionDate", "ContentDate"):
        if day := str(dataset.get(key, "") or "").strip():
            return {"study_date": day}
    return {}


def _refused(name: str, field: str, what: str, remedy: str) -> InvalidInput:
    return InvalidInput(f"{name or 'the file'} {what}", field=field, value=name, remedy=remedy)


def _spread(stored: NDArray[Any], dataset: Any) -> tuple[GreyPixels, tuple[float, float]]:
    """Pixels over the full range of 8 or 16 bits, and (factor, offset) from modality values to them."""
    if stored.ndim == 3:
        grey = luminance(stored[..., :3].astype(np.uint8 if stored.dtype.itemsize == 1 else np.uint16))
        return np.ascontiguousarray(grey), (0.0, 0.0)
    bits = int(dataset.get("BitsStored", 8))
    inverted = str(dataset.get("PhotometricInterpretation", "")) == "MONOCHROME1"
    slope, intercept = 1.0, 0.0
    if dataset.get("ModalityLUTSequence"):
        values = np.asarray(apply_modality_lut(stored, dataset)).astype(np.int64)
        low, bits = 0, 16 if values.max() > 255 else 8
    else:
        values = stored.astype(np.int64)
        low = -(1 << (bits - 1)) if int(dataset.get("PixelRepresentation", 0)) else 0
        slope, intercept = float(dataset.get("RescaleSlope", 1) or 1), float(dataset.get("RescaleIntercept", 0) or 0)
        inverted ^= slope < 0
    depth = 8 if bits <= 8 else 16
    top = (1 << bits) - 1
    # Bits above those stored may hold old-style overlays, which are no grey values.
    levels = np.clip(values - low, 0, top) if low else values & top
    if inverted:
        levels = top - levels
    # Repeating the high bits in the low ones keeps black at 0 and white at the top.
    shift = depth - bits
    spread = (levels << shift) | (levels >> max(bits - shift, 0)) if shift else levels
    factor = (1 << shift) / slope * (-1 if inverted else 1)
    at_zero = -intercept / slope - low
    offset = (top - at_zero if inverted else at_zero) * (1 << shift)
    return np.ascontiguousarray(spread.astype(np.uint8 if depth == 8 else np.uint16)), (factor, offset)


def _window(dataset: Any, scale: tuple[float, float]) -> list[float] | None:
    """[centre, width] in the levels of the pixels, from the first window that the file states."""
    factor, offset = scale
    centre, width = dataset.get("WindowCenter"), dataset.get("WindowWidth")
    if factor == 0 or centre is None or width is None:
        return None
    first = [float(v[0]) if isinstance(v, pydicom.multival.MultiValue) else float(v) for v in (centre, width)]
    return [first[0] * factor + offset, first[1] * abs(factor)] if first[1] > 0 else None


def _spacing(dataset: Any) -> list[float] | None:
    """[row, column] in mm: calibrated spacing, else that at the detector."""
    for key in ("PixelSpacing", "ImagerPixelSpacing"):
        try:
            row, column = (float(v) for v in dataset.get(key) or ())
        except (TypeError, ValueError):
            continue
        if row > 0 and column > 0:
            return [row, column]
    return None
