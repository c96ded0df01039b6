"""Lungs and infection together, on networks whose answer is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import pytest

from mlbackend.config import ConfigError
from mlbackend.data.phantom import generate_film
from mlbackend.metrics import dice
from mlbackend.prediction.overlay import INFECTION, LUNGS, overlay
from mlbackend.prediction.pipeline import Finding, Pipeline
from mlbackend.prediction.quantify import cut_to_lungs, infected_share, split_lungs


@dataclass
class Known:
    """Stands for a network: the probability is what the caller says, at a size of its own."""

    answer: np.ndarray
    size: int = 64
    seen: list[np.ndarray] = field(default_factory=list)

    def probabilities(self, images: np.ndarray, batch_size: int) -> np.ndarray:
        self.seen += list(images)
        small = cv2.resize(self.answer.astype(np.float32), (self.size, self.size), interpolation=cv2.INTER_AREA)
        return np.repeat(small[None], len(images), axis=0)


def mask(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    made = np.zeros((128, 128), bool)
    for top, bottom, left, right in boxes:
        made[top:bottom, left:right] = True
    return made


RIGHT, LEFT = (20, 100, 10, 50), (20, 100, 78, 118)
GREY = np.full((128, 128), 200, np.uint8)


def find(lungs: np.ndarray, infection: np.ndarray, **options: Any) -> Finding:
    pipeline = Pipeline(Known(lungs), Known(infection), **options)  # type: ignore[arg-type]
    (finding,) = pipeline.findings([GREY])
    return finding


def test_infection_outside_the_lungs_does_not_count() -> None:
    finding = find(mask(RIGHT, LEFT), mask((20, 60, 40, 70)))
    assert finding.infection is not None
    assert not (finding.infection & ~finding.lungs).any()
    outside_only = find(mask(RIGHT, LEFT), mask((20, 100, 54, 74)))
    assert outside_only.positive is False
    assert outside_only.share is not None
    assert outside_only.share.both == 0


def test_the_share_is_infected_pixels_over_lung_pixels_of_each_lung() -> None:
    finding = find(mask(RIGHT, LEFT), mask((20, 60, 10, 50)))
    assert finding.positive
    assert finding.share is not None
    assert finding.share.right == pytest.approx(0.5, abs=0.02)
    assert finding.share.left == 0
    assert finding.share.both == pytest.approx(0.25, abs=0.01)


def test_a_speck_beside_the_lungs_is_no_lung_and_a_hole_in_them_is_lung() -> None:
    holed = mask(RIGHT, LEFT, (110, 118, 60, 68))
    holed[50:60, 20:30] = False
    finding = find(holed, mask())
    assert not finding.lungs[108:120, 58:70].any()
    assert finding.lungs[50:60, 20:30].all()


def test_the_cascade_shows_the_infection_network_nothing_but_lungs() -> None:
    for scheme, outside in (("parallel", 200), ("cascaded", 0)):
        infection = Known(mask())
        pipeline = Pipeline(Known(mask(RIGHT, LEFT)), infection, scheme)  # type: ignore[arg-type]
        list(pipeline.findings([GREY]))
        (seen,) = infection.seen
        assert seen[0, 0] == outside
        assert seen[30, 15] == 200


def test_a_film_without_lungs_has_no_share_and_is_negative() -> None:
    finding = find(mask(), mask(RIGHT))
    assert finding.share is not None
    assert (finding.share.both, finding.share.left, finding.share.right) == (None, None, None)
    assert finding.positive is False
    assert finding.score == 0


def test_an_unknown_scheme_is_refused_with_the_valid_ones() -> None:
    with pytest.raises(ConfigError, match="parallel, cascaded"):
        find(mask(RIGHT), mask(), scheme="serial")


@pytest.mark.parametrize("seed", range(6))
def test_lungs_of_procedural_films_are_told_apart_as_they_were_drawn(seed: int) -> None:
    film = generate_film(seed, size=256)
    left, right = split_lungs(film.mask_lung)
    assert dice(left, film.mask_left) > 0.99
    assert dice(right, film.mask_right) > 0.99


def test_lungs_that_touch_are_parted_in_the_middle() -> None:
    left, right = split_lungs(mask(RIGHT, LEFT, (60, 64, 50, 78)))
    assert dice(left, mask(LEFT)) > 0.97
    assert dice(right, mask(RIGHT)) > 0.97
    assert not (left & right).any()


def test_one_lung_alone_is_the_one_on_its_side() -> None:
    left, right = split_lungs(mask(RIGHT))
    assert not left.any()
    assert right.any()
    share = infected_share(mask(RIGHT), mask(RIGHT))
    assert (share.both, share.left, share.right) == (1.0, None, 1.0)


def test_masks_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="both must be the same"):
        cut_to_lungs(mask(), np.zeros((4, 4), bool))


def test_the_picture_shows_both_outlines_and_leaves_the_rest_of_the_film() -> None:
    lungs, infection = mask(RIGHT, LEFT), mask((40, 60, 20, 40))
    picture = overlay(GREY, lungs, infection)
    assert tuple(picture[20, 30]) == LUNGS
    assert tuple(picture[40, 30]) == INFECTION
    assert tuple(picture[5, 5]) == (200, 200, 200)
    assert tuple(picture[50, 30]) != (200, 200, 200)
