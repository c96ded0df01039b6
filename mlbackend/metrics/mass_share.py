"""How much of a map lies in a region."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def mass_share(map_hw: npt.NDArray[Any], region_hw: npt.NDArray[Any]) -> float | None:
    """Sum of the map inside the region over its sum everywhere, 0..1; None where the map is zero everywhere.

    ``map_hw`` (H, W) holds no negative values, in any unit: probabilities, or a class activation map. ``region_hw`` (H,
    W) is foreground where it is not 0. A map of ones has the region's share of the area. Raises ValueError for two
    shapes, or values below 0 or not finite.
    """
    if map_hw.shape != region_hw.shape:
        raise ValueError(f"map and region have shapes {map_hw.shape} and {region_hw.shape}; both must be the same")
    values = np.asarray(map_hw, np.float64)
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise ValueError("map_hw: a value is below 0 or not finite; give a map without negative values")
    total = float(values.sum())
    return float(values[np.asarray(region_hw, bool)].sum()) / total if total > 0 else None
