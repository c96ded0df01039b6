"""Hashes, quality and features of a film."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.images.features import LENGTH, describe
from annotation.images.hashing import hash_to_hex, pixel_hash
from annotation.images.quality import measure
from mlbackend.duplicates import hamming, perceptual_hash
from tests.support.pictures import film_hw

FILM = cv2.GaussianBlur(film_hw(256, 256, 1), (0, 0), 1)


def test_the_pixel_hash_is_of_values_shape_and_depth() -> None:
    grey = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert pixel_hash(grey) == hashlib.sha256(b"2x3x8:" + bytes(range(6))).hexdigest()
    assert len({pixel_hash(grey), pixel_hash(grey.reshape(3, 2)), pixel_hash(grey.astype(np.uint16))}) == 3


@given(st.integers(0, 2**64 - 1), st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=8))
def test_hamming_counts_differing_bits(one: int, many: list[int]) -> None:
    assert hamming(one, np.array(many, dtype=np.uint64)).tolist() == [bin(one ^ other).count("1") for other in many]


def test_the_perceptual_hash_survives_resizing_and_exposure() -> None:
    one = perceptual_hash(FILM)
    smaller = perceptual_hash(cv2.resize(FILM, (150, 140), interpolation=cv2.INTER_AREA))
    darker = perceptual_hash((FILM * 0.7).astype(np.uint8))
    assert (one ^ smaller).bit_count() <= 4
    assert (one ^ darker).bit_count() <= 4
    assert len(hash_to_hex(one)) == 16


@pytest.mark.parametrize("sigma", [4.0, 10.0])
def test_the_noise_figure_estimates_the_noise_that_was_added(sigma: float) -> None:
    smooth = np.tile(np.linspace(60, 190, 400), (400, 1))
    noisy = np.clip(smooth + np.random.default_rng(0).normal(0, sigma, smooth.shape), 0, 255).astype(np.uint8)
    assert measure(noisy).noise * 255 == pytest.approx(sigma, rel=0.05)


def test_contrast_and_exposure_are_what_a_hand_computes() -> None:
    quality = measure(np.repeat(np.array([[51, 102], [153, 204]], np.uint8), 50, axis=0).repeat(50, axis=1))
    assert quality.contrast == pytest.approx((204 - 51) / 255)
    assert quality.exposure == pytest.approx(102 / 255)
    assert quality.clipped == 0


def test_blur_lowers_sharpness_and_noise_lowers_the_tier() -> None:
    assert measure(cv2.GaussianBlur(FILM, (0, 0), 4)).sharpness < measure(FILM).sharpness
    noisy = np.clip(FILM + np.random.default_rng(0).normal(0, 40, FILM.shape), 0, 255).astype(np.uint8)
    assert measure(noisy).tier == "low"


@pytest.mark.parametrize("shape", [(1, 1), (2, 5), (64, 64)])
def test_a_blank_film_has_figures_too(shape: tuple[int, int]) -> None:
    blank = np.zeros(shape, np.uint8)
    quality = measure(blank)
    assert quality.tier == "low"
    assert len(describe(blank, quality)) == LENGTH


def test_features_are_finite_bounded_and_the_same_twice() -> None:
    one = describe(FILM, measure(FILM))
    assert one == describe(FILM.copy(), measure(FILM))
    assert len(one) == LENGTH
    assert np.abs(one).max() <= 2


def test_features_tell_a_mirrored_film_from_its_original() -> None:
    lopsided = FILM.copy()
    lopsided[:, :60] //= 4
    mirrored = np.ascontiguousarray(lopsided[:, ::-1])
    distance = np.subtract(describe(lopsided, measure(lopsided)), describe(mirrored, measure(mirrored)))
    assert np.linalg.norm(distance) > 0.3
