"""95th percentile of the boundary distance (HD95)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

MAX_PERCENTILE = 100.0


def boundary(mask: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Foreground pixels with a background neighbour by an edge; outside the picture is background.

    It is the mask (H, W) without its erosion by a cross, as MedPy takes it; a full mask has its frame as boundary.
    """
    drawn = np.asarray(mask, bool)
    if drawn.ndim != 2:
        raise ValueError(f"mask has shape {drawn.shape}; a boundary needs (height, width)")
    framed = np.pad(drawn, 1)
    inner = framed[:-2, 1:-1] & framed[2:, 1:-1] & framed[1:-1, :-2] & framed[1:-1, 2:]
    return np.asarray(drawn & ~inner)


def boundary_distances(
    predicted: npt.NDArray[Any], truth: npt.NDArray[Any], spacing: Sequence[float] = (1.0, 1.0)
) -> npt.NDArray[np.float64]:
    """Distance of each boundary pixel of either mask to the other mask's nearest one, both directions in one array.

    ``spacing`` is the height and width of a pixel, in the unit that the distances shall have. Raises ValueError where a
    mask is empty.
    """
    if predicted.shape != truth.shape:
        raise ValueError(f"masks have shapes {predicted.shape} and {truth.shape}; both must be the same")
    if len(spacing) != 2 or not all(np.isfinite(step) and step > 0 for step in spacing):
        raise ValueError(f"spacing: {spacing!r} is not valid; give the height and the width of a pixel, both above 0")
    # Loaded where it is used: the web process reads scores and measures no distance.
    from scipy.spatial import cKDTree

    first = np.argwhere(boundary(predicted)) * np.asarray(spacing, float)
    second = np.argwhere(boundary(truth)) * np.asarray(spacing, float)
    if not len(first) or not len(second):
        raise ValueError("an empty mask has no boundary; ask for distances only where both masks have a pixel")
    there, _ = cKDTree(second).query(first)
    back, _ = cKDTree(first).query(second)
    return np.concatenate([there, back])


def hausdorff(
    predicted: npt.NDArray[Any],
    truth: npt.NDArray[Any],
    spacing: Sequence[float] = (1.0, 1.0),
    *,
    percentile: float = MAX_PERCENTILE,
) -> float | None:
    """``percentile`` of the boundary distances of both directions taken together; 100 is the Hausdorff distance.

    0.0 where both masks are empty, None where one is: no distance says how wrong that is.
    """
    if not 0 <= percentile <= MAX_PERCENTILE:
        raise ValueError(f"percentile: {percentile!r} is not valid; use a number from 0 to 100")
    if predicted.shape == truth.shape:
        drawn, true = bool(np.any(predicted)), bool(np.any(truth))
        if not (drawn and true):
            return None if drawn or true else 0.0
    return float(np.percentile(boundary_distances(predicted, truth, spacing), percentile))


def hd95(predicted: npt.NDArray[Any], truth: npt.NDArray[Any], spacing: Sequence[float] = (1.0, 1.0)) -> float | None:
    """``hausdorff`` at 95 %, as MedPy's ``hd95`` has it: in pixels, or in the unit of ``spacing``."""
    return hausdorff(predicted, truth, spacing, percentile=95.0)
