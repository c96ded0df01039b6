"""How sure a network is of a film, and how far several networks differ."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt


def confidence(probability_hw: npt.NDArray[np.float32]) -> float:
    """Mean over pixels of max(p, 1 - p), 0.5..1; ``probability_hw`` (H, W), 0..1, at the working size."""
    return float(np.maximum(probability_hw, 1 - probability_hw).mean(dtype=np.float64))


def disagreement(masks: Sequence[npt.NDArray[np.bool_]]) -> list[float | None]:
    """For each mask 1 - its mean DSC with the other networks' masks, 0..1; None where there is no other.

    Masks are (H, W) bool of one film. Two empty masks agree (docs/decisions/0002-empty-masks.md).
    """
    count = len(masks)
    if count < 2:
        return [None] * count
    bytes_ = [np.ascontiguousarray(mask, dtype=bool).view(np.uint8) for mask in masks]
    areas = [cv2.countNonZero(mask) for mask in bytes_]
    scores = np.zeros((count, count))
    for i in range(count):
        for j in range(i + 1, count):
            total = areas[i] + areas[j]
            overlap = cv2.countNonZero(cv2.bitwise_and(bytes_[i], bytes_[j]))
            scores[i, j] = scores[j, i] = 2 * overlap / total if total else 1.0
    return [float(1 - value) for value in scores.sum(axis=1) / (count - 1)]
