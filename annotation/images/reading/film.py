"""What reading makes of a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

GreyPixels = NDArray[Any]
"""(H, W) uint8 or uint16."""


@dataclass(frozen=True)
class Film:
    """Grey pixels (H, W), uint8 or uint16 over their full range, more is brighter; and what the file says of them."""

    pixels: GreyPixels
    format: str
    """``png``, ``jpeg`` or ``dicom``."""
    spacing_mm: list[float] | None = None
    """[row, column] in millimetres."""
    window: list[float] | None = None
    """[centre, width] in grey levels of ``pixels``."""
    view: str = ""
    patient_id: str = ""
    """From a DICOM header; may be PHI."""
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    @property
    def bits(self) -> int:
        """8 or 16."""
        return 16 if self.pixels.dtype == np.uint16 else 8


def to_8bit(pixels: GreyPixels, window: list[float] | None = None) -> NDArray[np.uint8]:
    """For display and for figures: 16-bit grey through its window, else between the 0.5th and 99.5th percentile."""
    if pixels.dtype == np.uint8:
        return pixels.astype(np.uint8, copy=False)
    if window and window[1] > 0:
        low, high = window[0] - window[1] / 2, window[0] + window[1] / 2
    else:
        step = max(1, pixels.size // 1_000_000)
        low, high = (float(v) for v in np.percentile(pixels.ravel()[::step], (0.5, 99.5)))
    if high <= low:
        high = low + 1
    # A table of 65,536 entries is faster than arithmetic on millions of pixels.
    table = np.clip((np.arange(65536, dtype=np.float32) - low) * (255 / (high - low)), 0, 255)
    return np.round(table).astype(np.uint8)[pixels]
