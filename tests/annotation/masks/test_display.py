"""Masks as a blind choice among drawings and networks shows them: smooth alike, of the same size, all there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from annotation.masks.display import resampled

pytestmark = pytest.mark.one_database

HEIGHT, WIDTH, SIDE = 512, 448, 128


def field(rng: np.random.Generator) -> np.ndarray:
    """What both a network and a person see: one blob or several, (SIDE, SIDE), above 0 inside."""
    noise = cv2.GaussianBlur(rng.normal(size=(SIDE, SIDE)).astype(np.float32), (0, 0), SIDE / 14)
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    return noise / noise.std() + 2.2 * np.exp(-(((columns - 0.35) / 0.18) ** 2 + ((rows - 0.5) / 0.3) ** 2)) - 1.2


def network(seen: np.ndarray) -> np.ndarray:
    """Working-size probabilities, upsampled, then thresholded, as predictions are."""
    probability = (1 / (1 + np.exp(-6 * seen))).astype(np.float32)
    return np.asarray(cv2.resize(probability, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR) >= 0.5)


def drawing(seen: np.ndarray, rng: np.random.Generator, wave: float, shake: float) -> np.ndarray:
    """The same at film resolution by a hand that shakes by ``shake`` pixels, along ``wave`` pixels of its way."""
    smooth = cv2.resize(seen.astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    slope = np.hypot(*np.gradient(cv2.GaussianBlur(smooth, (0, 0), 2)))
    noise = cv2.GaussianBlur(rng.normal(size=(HEIGHT, WIDTH)).astype(np.float32), (0, 0), wave)
    mask = smooth + noise / noise.std() * shake * np.median(slope[np.abs(smooth) < 0.1]) > 0
    for inside in (True, False):
        _, labels, statistics, _ = cv2.connectedComponentsWithStats((mask == inside).astype(np.uint8))
        # A hand that shakes makes no islands of its own.
        small = np.flatnonzero(statistics[:, cv2.CC_STAT_AREA] < 400)
        mask[np.isin(labels, small[small > 0])] = not inside
    return mask


def raggedness(mask_hw: np.ndarray) -> float:
    """Pixels that a median of 5 x 5 changes, a pixel of the outline: what the eye sees as ragged."""
    pixels = mask_hw.astype(np.uint8)
    outline = sum(map(len, cv2.findContours(pixels, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0]))
    return np.count_nonzero(cv2.medianBlur(pixels, 5) != pixels) / outline


def told_apart(one: list[float], other: list[float]) -> float:
    """Chance that a value of the first is above one of the other (the area under the ROC curve): 0.5 is guessing."""
    return float(np.mean(np.asarray(one)[:, None] > np.asarray(other)[None]))


@pytest.mark.parametrize(("wave", "shake"), [(1.2, 1.5), (3, 1.5), (6, 3)])
def test_a_drawings_outline_is_told_from_a_networks_as_stored_and_not_as_shown(wave: float, shake: float) -> None:
    rng = np.random.default_rng(5)
    seen = [field(rng) for _ in range(40)]
    networks = [network(one) for one in seen]
    drawings = [drawing(one, rng, wave, shake) for one in seen]
    stored = told_apart([raggedness(mask) for mask in drawings], [raggedness(mask) for mask in networks])
    shown = told_apart(
        [raggedness(resampled(mask, SIDE)) for mask in drawings],
        [raggedness(resampled(mask, SIDE)) for mask in networks],
    )
    assert stored > 0.9
    assert abs(shown - 0.5) < 0.1


def test_every_region_keeps_its_place_and_its_pixels_however_small_it_is() -> None:
    mask = np.zeros((300, 200), bool)
    mask[40:160, 30:90] = True
    mask[250, 150] = True
    mask[20:24, 170:180] = True
    shown = resampled(mask, 64)
    count, labels = cv2.connectedComponents(shown.astype(np.uint8))
    assert count == 4
    assert shown[250, 150]
    assert abs(int(shown.sum()) - int(mask.sum())) <= 0.02 * mask.sum()
    assert int((labels == labels[22, 175]).sum()) == pytest.approx(40, abs=4)


def test_of_hundreds_of_specks_the_smallest_are_smoothed_together_and_something_of_them_is_shown() -> None:
    mask = np.zeros((256, 256), bool)
    mask[4::12, 4::12] = True
    mask[100:140, 100:140] = True
    shown = resampled(mask, 128)
    assert shown[105:135, 105:135].all()
    assert mask.sum() <= shown.sum() + 441
    assert shown.sum() < 2 * mask.sum()


def test_an_empty_mask_is_shown_empty_and_a_side_must_be_a_side() -> None:
    assert not resampled(np.zeros((40, 30), bool), 16).any()
    with pytest.raises(ValueError, match="side is 0"):
        resampled(np.ones((4, 4), bool), 0)
