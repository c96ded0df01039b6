"""Draw the contact sheet of ``docs/images/phantom.png``: eight procedural films with their truth outlined.

    python -m benchmarks.phantom_sheet docs/images/phantom.png

Yellow is lung (heart out), red is infection.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from mlbackend.data.phantom import generate_film

_FILMS: tuple[tuple[int, str, str, float | None], ...] = (
    (2, "lakeside-screening", "normal", None),
    (31, "north-portable", "covid", 0.6),
    (12, "st-anna-upright", "non_covid", 0.45),
    (8, "riverside-children", "normal", None),
    (5, "harbour-emergency", "covid", 0.35),
    (23, "old-archive", "non_covid", 0.3),
    (41, "riverside-children", "non_covid", 0.6),
    (17, "st-anna-upright", "covid", 0.25),
)


def sheet(cell: int) -> np.ndarray:
    """Two rows of four films, (2 cell, 4 cell, 3) uint8 in OpenCV's channel order."""
    cells = []
    for seed, source, label, severity in _FILMS:
        film = generate_film(seed, source=source, label=label, severity=severity)
        small = cv2.resize(film.image, (cell, cell), interpolation=cv2.INTER_AREA)
        picture = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR)
        for mask, colour in ((film.mask_lung, (0, 220, 255)), (film.mask_infection, (60, 60, 255))):
            region = cv2.resize(mask.astype(np.float32), (cell, cell), interpolation=cv2.INTER_AREA) >= 0.5
            outlines, _ = cv2.findContours(region.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(picture, outlines, -1, colour, 1, cv2.LINE_AA)
        cells.append(picture)
    return np.vstack([np.hstack(cells[:4]), np.hstack(cells[4:])])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    parser.add_argument("--cell", type=int, default=280, help="side of one film, pixels")
    given = parser.parse_args()
    given.target.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(given.target), sheet(given.cell), [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
