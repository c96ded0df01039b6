"""Infection maps against the paper's words, followed pixel by pixel in the standard library's HSV."""

from __future__ import annotations

import colorsys
import itertools
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlbackend.data.phantom import generate_film
from mlbackend.data.reading import read_gray
from mlbackend.prediction.infection_map import (
    colour_map,
    infection_map,
    jet,
    legend,
    quantise,
    tints,
    write_colour,
    write_gray,
)


def paper_pixel(value: int, probability: float) -> tuple[int, int, int]:
    """Degerli 2021, II-D: jet colour of the prediction, H and S of it with V of the film, back to RGB; 0 is hidden."""
    if probability < 0.5 / 255:
        return value, value, value
    place = int(probability * 255 + 0.5) / 255

    def channel(peak: float) -> float:
        return min(1.0, max(0.0, 1.5 - 4 * abs(place - peak)))

    hue, saturation, _ = colorsys.rgb_to_hsv(channel(0.75), channel(0.5), channel(0.25))
    _, _, film_value = colorsys.rgb_to_hsv(value / 255, value / 255, value / 255)
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, film_value)
    return int(red * 255 + 0.5), int(green * 255 + 0.5), int(blue * 255 + 0.5)


def assert_as_the_paper_says(film: np.ndarray, probability: np.ndarray) -> None:
    made = infection_map(film, probability).astype(int)
    said = np.array(
        [
            [paper_pixel(int(v), float(p)) for v, p in zip(*row, strict=True)]
            for row in zip(film, probability, strict=True)
        ]
    )
    # The library works in sixths of a circle: a value that is an exact half may round the other way.
    different = made != said
    assert np.abs(made - said).max() <= 1
    exact = film[..., None] * tints()[quantise(probability)]
    assert np.allclose((exact[different] % 1), 0.5, atol=1e-6)


def test_every_grey_under_every_step_is_the_papers_colour() -> None:
    greys, steps = np.meshgrid(np.arange(256, dtype=np.uint8), np.arange(256), indexing="ij")
    assert_as_the_paper_says(greys, steps / 255)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_any_film_under_any_probabilities_is_the_papers_map(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert_as_the_paper_says(rng.integers(0, 256, (6, 7), np.uint8), rng.random((6, 7)) ** rng.choice([1, 4]))


def test_a_film_of_four_pixels_is_coloured_as_by_hand() -> None:
    film = np.array([[200, 100], [100, 100]], np.uint8)
    probability = np.array([[0.001, 1.0], [0.5, 1 / 255]])
    # Hidden; red; the middle of jet is (0.5, 1, 0.5) and a step up is less blue; blue.
    assert infection_map(film, probability).tolist() == [
        [[200, 200, 200], [100, 0, 0]],
        [[51, 100, 49], [0, 0, 100]],
    ]


@pytest.mark.parametrize(("probability", "shown"), [(0.0, False), (0.499 / 255, False), (0.501 / 255, True), (1, True)])
def test_what_is_below_half_a_step_of_255_is_not_shown(probability: float, shown: bool) -> None:
    (pixel,) = infection_map(np.array([[90]], np.uint8), np.array([[probability]]))[0]
    assert (len(set(pixel.tolist())) > 1) == shown


def test_the_value_of_the_film_is_kept_whatever_the_colour() -> None:
    film = generate_film(3, size=96).image
    probability = cv2.GaussianBlur(np.random.default_rng(3).random((96, 96)), (0, 0), 4)
    assert np.array_equal(infection_map(film, probability).max(axis=2), film)


def test_the_scale_is_the_jet_of_opencv() -> None:
    theirs = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_JET)[:, 0, ::-1]
    assert np.abs(jet() * 255 - theirs).max() <= 0.5 + 1e-9


def test_colours_run_from_one_blue_to_one_red() -> None:
    scale = tints()
    assert scale[1 : 256 // 8].tolist() == [[0, 0, 1]] * (256 // 8 - 1)
    assert scale[-(256 // 8) :].tolist() == [[1, 0, 0]] * (256 // 8)
    hues = [colorsys.rgb_to_hsv(*colour)[0] for colour in scale]
    assert all(first >= second - 1e-12 for first, second in itertools.pairwise(hues))
    bar = legend(256, 2)
    assert (bar[0, 0].tolist(), bar[-1, 0].tolist()) == ([255, 0, 0], [0, 0, 255])


def test_the_browsers_colours_are_these() -> None:
    # Its own test holds its colours to this file.
    file = Path(__file__).parents[3] / "frontend/src/drawing/fixtures/tints.json"
    white = np.full((1, 256), 255, np.uint8)
    assert colour_map(white, np.arange(256, dtype=np.uint8)[None])[0].tolist() == json.loads(file.read_text())


def test_stored_pictures_give_back_what_was_stored() -> None:
    rng = np.random.default_rng(1)
    steps = rng.integers(0, 256, (9, 11), np.uint8)
    assert np.array_equal(read_gray(write_gray(steps)), steps)
    picture = rng.integers(0, 256, (9, 11, 3), np.uint8)
    stored = cv2.imdecode(np.frombuffer(write_colour(picture), np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(stored[..., ::-1], picture)


@pytest.mark.parametrize(
    ("film", "probability", "words"),
    [
        (np.zeros((2, 2), np.uint8), np.zeros((2, 3)), "both must be alike"),
        (np.zeros((2, 2), np.uint8), np.full((2, 2), 1.5), "1.5 is not valid; use numbers from 0 to 1"),
        (np.zeros((2, 2), np.uint8), np.full((2, 2), np.nan), "nan is not valid"),
        (np.zeros((2, 2), np.uint8), np.zeros((1, 2, 2)), "give (height, width)"),
    ],
)
def test_what_is_no_probability_of_the_film_is_refused(film: np.ndarray, probability: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("(", r"\(").replace(")", r"\)")):
        infection_map(film, probability)
