"""Procedural films: reproducible, plausible, with a truth that holds."""

import dataclasses
import itertools

import cv2
import numpy as np
import pytest

from mlbackend.data.phantom import LABELS, SOURCES, generate_film, generate_set, infected_share

SIZE = 192


def arrays(film):
    return {f.name: v for f in dataclasses.fields(film) if isinstance(v := getattr(film, f.name), np.ndarray)}


def best_otsu_dice(image, truth):
    """Best DSC of a global threshold, either polarity, on the whole film or inside the body, chosen by the truth."""
    best = 0.0
    for inside in (np.ones_like(truth), image > 12):
        level, _ = cv2.threshold(image[inside].reshape(-1, 1), 0, 255, cv2.THRESH_OTSU)
        for found in ((image > level) & inside, (image <= level) & inside):
            best = max(best, 2 * (found & truth).sum() / (found.sum() + truth.sum()))
    return best


@pytest.fixture(scope="module")
def films():
    return list(generate_set(44, seed=11, size=SIZE))


def test_same_seed_gives_same_bytes_in_every_array():
    first, second = (generate_film(5, size=SIZE) for _ in range(2))
    for name, values in arrays(first).items():
        assert values.tobytes() == arrays(second)[name].tobytes(), name
    assert first.quality == second.quality


def test_film_does_not_depend_on_global_random_state():
    np.random.seed(1)
    first = generate_film(5, size=SIZE).image
    np.random.seed(2)
    assert np.array_equal(first, generate_film(5, size=SIZE).image)


def test_different_seeds_give_different_films():
    images = [generate_film(seed, size=SIZE).image for seed in range(8)]
    for i, one in enumerate(images):
        for other in images[:i]:
            assert np.abs(one.astype(int) - other).mean() > 5


def test_arrays_have_the_stated_types_and_shape():
    film = generate_film(3, size=SIZE)
    assert film.image.dtype == np.uint8
    for name, values in arrays(film).items():
        assert values.shape == (SIZE, SIZE), name
        assert name == "image" or values.dtype == np.bool_


def test_lungs_cover_a_plausible_share_of_the_film(films):
    shares = np.array([film.mask_lung.mean() for film in films])
    assert shares.min() > 0.07
    assert shares.max() < 0.5
    assert 0.15 < np.median(shares) < 0.36  # 300 to 400 real films of two adult and child sets: 0.24 and 0.33


def test_lung_is_darker_than_its_surroundings_on_most_normal_films():
    lighter = 0
    for seed in range(12):
        film = generate_film(seed, size=SIZE, label="normal")
        ring = cv2.dilate(film.mask_lung.astype(np.uint8), np.ones((15, 15))).astype(bool) & ~film.mask_lung
        lighter += film.image[ring].mean() > film.image[film.mask_lung].mean() + 8
    assert lighter >= 11


def test_each_lung_is_one_region_on_its_own_side(films):
    for film in films:
        assert np.array_equal(film.mask_left | film.mask_right, film.mask_lung)
        assert not (film.mask_left & film.mask_right).any()
        columns = np.arange(SIZE)[None, :]
        # The patient's right lung is at the left of the film, as films are hung.
        assert (film.mask_right * columns).sum() / film.mask_right.sum() < (
            film.mask_left * columns
        ).sum() / film.mask_left.sum()
        for side in (film.mask_left, film.mask_right):
            _, _, stats, _ = cv2.connectedComponentsWithStats(side.astype(np.uint8))
            areas = np.sort(stats[1:, cv2.CC_STAT_AREA])
            assert areas[-1] >= 0.97 * areas.sum()


def test_infection_lies_inside_the_lungs_and_normal_films_have_none(films):
    assert {film.label for film in films} == set(LABELS)
    for film in films:
        assert not (film.mask_infection & ~film.mask_lung).any()
        assert film.mask_infection.any() == (film.label != "normal")
        assert (film.severity > 0) == (film.label != "normal")


@pytest.mark.parametrize("label", ["covid", "non_covid"])
def test_more_severe_disease_contains_the_milder_one(label):
    grades = [generate_film(7, size=SIZE, label=label, severity=s) for s in (0.1, 0.4, 0.7, 1.0)]
    for mild, severe in itertools.pairwise(grades):
        assert np.array_equal(mild.mask_lung, severe.mask_lung)
        assert not (mild.mask_infection & ~severe.mask_infection).any()
        assert severe.mask_infection.sum() > mild.mask_infection.sum()


def test_infected_share_of_the_lungs_is_what_the_severity_says():
    for seed in range(5):
        film = generate_film(seed, size=SIZE, label="covid", severity=0.5, convention="heart_in")
        assert film.mask_infection.sum() / film.mask_lung.sum() == pytest.approx(infected_share(0.5), abs=0.06)


def test_opacities_brighten_the_lung_where_the_truth_says_disease():
    brighter = 0
    for seed in range(8):
        ill, well = (generate_film(seed, size=SIZE, label=label, severity=0.5) for label in ("covid", "normal"))
        change = ill.image.astype(float) - well.image
        clear = ill.mask_lung & ~ill.mask_infection
        brighter += change[ill.mask_infection].mean() > change[clear].mean() + 4
    assert brighter >= 7


def test_heart_out_is_heart_in_without_heart_and_mediastinum():
    for seed in range(6):
        out, whole = (generate_film(seed, size=SIZE, convention=c) for c in ("heart_out", "heart_in"))
        assert np.array_equal(out.image, whole.image)
        assert not (out.mask_lung & ~whole.mask_lung).any()
        assert not (out.mask_lung & out.mask_heart).any()
        assert 0.03 < 1 - out.mask_lung.sum() / whole.mask_lung.sum() < 0.5
        assert (whole.mask_lung & whole.mask_heart).any()


def test_global_otsu_threshold_fails_on_the_lungs(films):
    scores = [best_otsu_dice(film.image, film.mask_lung) for film in films]
    assert len(scores) >= 40
    assert np.mean(scores) < 0.7


def test_truth_keeps_its_shape_when_only_the_size_changes():
    small, large = (generate_film(9, size=size, label="normal") for size in (128, 256))
    shrunk = cv2.resize(large.mask_lung.astype(np.float32), (128, 128), interpolation=cv2.INTER_AREA) >= 0.5
    assert 2 * (shrunk & small.mask_lung).sum() / (shrunk.sum() + small.mask_lung.sum()) > 0.97


def test_sources_differ_in_how_bright_and_contrasty_their_films_are():
    means = [
        np.mean([generate_film(seed, size=64, label="normal", source=source.name).image.std() for seed in range(4)])
        for source in SOURCES
    ]
    assert max(means) > 1.25 * min(means)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"seed": -1}, "seed"),
        ({"seed": 1, "size": 10}, "size"),
        ({"seed": 1, "label": "flu"}, "label"),
        ({"seed": 1, "severity": 1.5}, "severity"),
        ({"seed": 1, "convention": "heart"}, "convention"),
        ({"seed": 1, "source": "nowhere"}, "source"),
    ],
)
def test_bad_argument_is_named_with_its_remedy(arguments, field):
    with pytest.raises(ValueError, match=f"^{field}: "):
        generate_film(**arguments)
