"""Proposals broken on purpose: does a reviewer look, or just agree?"""

from __future__ import annotations

import random

import cv2
import numpy as np


def break_mask(mask_hw: np.ndarray, rng: random.Random) -> tuple[np.ndarray, str]:
    """A mask (H, W) bool with one visible fault, and its name.

    One lung is lost, a third of the rows is cut off, the whole is shifted by a tenth of the width, or it is grown by a
    thirtieth. The result always differs from the mask; an empty mask gets a disc.
    """
    height, width = mask_hw.shape
    rows, columns = np.nonzero(mask_hw)
    if rows.size == 0:
        disc = cv2.circle(np.zeros((height, width), np.uint8), (width // 3, height // 2), max(2, width // 8), 1, -1)
        return disc.astype(bool), "disc"
    how = rng.choice(["half_lost", "cut", "shifted", "grown"])
    broken = mask_hw.copy()
    if how == "half_lost":
        middle = int(np.median(columns))
        broken[:, middle + 1 :] = False
    elif how == "cut":
        limit = int(np.quantile(rows, 2 / 3))
        broken[limit:, :] = False
    elif how == "shifted":
        broken = np.zeros_like(mask_hw)
        offset = max(1, width // 10)
        broken[:, offset:] = mask_hw[:, :-offset]
    else:
        radius = max(1, width // 30)
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        broken = cv2.dilate(mask_hw.astype(np.uint8), kernel).astype(bool)
    if np.array_equal(broken, mask_hw):
        broken = ~mask_hw
        how = "inverted"
    return broken, how
