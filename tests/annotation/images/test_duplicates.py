"""Copies are found, other people's films are not."""

from __future__ import annotations

import csv
import uuid
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.images.analysis import FilmAnalysis, analyse
from mlbackend.duplicates import MIN_CORRELATION, Registration, SignatureIndex, signature, thumbnail
from mlbackend.duplicates.signature import resemblance, templates
from tests.support.pictures import film_hw

DATA = Path(__file__).resolve().parents[3] / "../shared/data"
real = pytest.mark.skipif(not DATA.exists(), reason="the real images are not beside the project")


def textured(seed: int, side: int = 300) -> np.ndarray:
    """A film with details of its own at several scales."""
    rng = np.random.default_rng(seed)
    details = sum(
        cv2.resize(rng.normal(0, 10, (n, n)), (side, side), interpolation=cv2.INTER_CUBIC) for n in (9, 30, 70)
    )
    return np.clip(film_hw(side, side, 0) + details, 0, 255).astype(np.uint8)


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    return Registration(thumbnail(one)).correlate(thumbnail(other))


def test_a_film_correlates_with_itself() -> None:
    assert correlation(textured(1), textured(1)) == pytest.approx(1, abs=1e-3)


@settings(max_examples=15, deadline=None)
@given(st.tuples(*[st.floats(0, 0.05)] * 4), st.floats(0.7, 1.5))
def test_a_cropped_copy_in_another_exposure_is_the_same_picture(edges: tuple[float, ...], gamma: float) -> None:
    film = textured(2)
    top, bottom, left, right = (int(share * 300) for share in edges)
    cropped = film[top : 300 - bottom, left : 300 - right]
    copy = cv2.resize((255 * (cropped / 255) ** gamma).astype(np.uint8), (220, 240), interpolation=cv2.INTER_AREA)
    assert correlation(film, copy) >= MIN_CORRELATION


def test_other_details_on_the_same_anatomy_are_another_picture() -> None:
    assert correlation(textured(3), textured(4)) < MIN_CORRELATION


def test_a_blank_film_matches_nothing_and_breaks_nothing() -> None:
    blank = np.zeros((64, 64), np.uint8)
    assert correlation(blank, textured(1)) < MIN_CORRELATION
    assert correlation(textured(1), blank) < MIN_CORRELATION


def test_resemblance_at_all_shifts_is_what_shifting_by_hand_gives() -> None:
    one, other = signature(textured(5)), signature(np.roll(textured(5), (12, -9), axis=(0, 1)))
    inner = one[2:-2, 2:-2].astype(float).ravel()
    by_hand = max(
        float(np.corrcoef(inner, other[d : d + 28, r : r + 28].astype(float).ravel())[0, 1])
        for d in range(5)
        for r in range(5)
    )
    assert resemblance(templates(one), other.reshape(1, -1))[0] == pytest.approx(by_hand, abs=0.06)


def test_the_index_grows_and_finds_the_likeliest_first() -> None:
    index = SignatureIndex(capacity=2)
    ids = [uuid.uuid4() for _ in range(5)]
    for number, image_id in enumerate(ids):
        index.add(image_id, 0, signature(textured(number)))
    assert len(index) == 5
    assert index.search(0, signature(textured(3)))[0].image_id == ids[3]
    assert index.search(2**64 - 1, signature(textured(3))) == []


def links(rows: list[dict[str, str]]) -> set[tuple[int, int]]:
    """Pairs of rows that the search links, exact duplicates among them."""
    index, films, found = SignatureIndex(), {}, set()
    for number, row in enumerate(rows):
        film: FilmAnalysis = analyse((DATA / row["image"]).read_bytes())
        candidates = index.search(film.perceptual_hash, film.coarse)
        registration = Registration(film.thumbnail)
        for candidate in candidates:
            other = candidate.image_id.int
            if registration.correlate(films[other].thumbnail) >= MIN_CORRELATION:
                found.add((other, number))
        films[number] = film
        index.add(uuid.UUID(int=number), film.perceptual_hash, film.coarse)
    return found


def manifest(*sets: str) -> list[dict[str, str]]:
    with (DATA / "manifest.csv").open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["set"] in sets]


@real
@pytest.mark.data
@pytest.mark.slow
def test_no_two_of_360_different_patients_films_are_linked() -> None:
    assert links(manifest("shenzhen_tb_lung")) == set()


@real
@pytest.mark.data
def test_all_films_that_two_sets_share_by_name_are_linked_and_nothing_between_patients() -> None:
    rows = manifest("v7_covid_lung", "gb_covid_multiclass")
    found = links(rows)
    names = [Path(row["image"]).stem for row in rows]
    shared = {(i, j) for j in range(len(rows)) for i in range(j) if names[i] == names[j]}
    assert len(shared) == 11
    assert shared <= found
    assert all(rows[i]["patient_id"] == rows[j]["patient_id"] for i, j in found)


@real
@pytest.mark.data
@pytest.mark.slow
def test_at_least_nine_of_ten_cropped_recompressed_copies_are_found() -> None:
    rng = np.random.default_rng(0)
    rows = manifest("shenzhen_tb_lung")[:60]
    index, thumbnails = SignatureIndex(), {}
    for number, row in enumerate(rows):
        film = analyse((DATA / row["image"]).read_bytes())
        thumbnails[number] = film.thumbnail
        index.add(uuid.UUID(int=number), film.perceptual_hash, film.coarse)
    hits = 0
    for number, row in enumerate(rows):
        grey = cv2.imread(str(DATA / row["image"]), cv2.IMREAD_GRAYSCALE)
        height, width = grey.shape
        top, bottom, left, right = rng.uniform(0, 0.04, 4)
        grey = grey[int(top * height) : int((1 - bottom) * height), int(left * width) : int((1 - right) * width)]
        grey = (255 * (cv2.resize(grey, (400, 400)) / 255) ** 1.2).astype(np.uint8)
        copy = analyse(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 50])[1].tobytes())
        found = {
            c.image_id.int
            for c in index.search(copy.perceptual_hash, copy.coarse)
            if Registration(copy.thumbnail).correlate(thumbnails[c.image_id.int]) >= MIN_CORRELATION
        }
        assert found <= {number}
        hits += number in found
    assert hits / len(rows) >= 0.9
