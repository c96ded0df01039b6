"""A film with what was found on it, as a picture for people."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Colour = tuple[int, int, int]

LUNGS: Colour = (92, 214, 255)
"""Blue, green, red, as OpenCV has them."""
INFECTION: Colour = (60, 76, 231)
_FILL = 0.35


def overlay(gray_hw: Gray, lungs: Mask, infection: Mask | None = None) -> npt.NDArray[np.uint8]:
    """(H, W, 3) blue, green, red: lungs as an outline, infection as an outline over a veil."""
    picture = cv2.cvtColor(gray_hw, cv2.COLOR_GRAY2BGR)
    width = max(1, round(max(gray_hw.shape) / 400))
    if infection is not None and infection.any():
        veil = picture[infection].astype(np.float32)
        picture[infection] = np.rint(veil * (1 - _FILL) + np.array(INFECTION, np.float32) * _FILL).astype(np.uint8)
        _outline(picture, infection, INFECTION, width)
    _outline(picture, lungs, LUNGS, width)
    return np.asarray(picture, np.uint8)


def _outline(picture: npt.NDArray[np.generic], mask: Mask, colour: Colour, width: int) -> None:
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, found, -1, colour, width)
