"""Sets of procedural films and the folder that they are written to."""

import csv
import itertools
import json
from collections import defaultdict

import cv2
import numpy as np
import pytest

from mlbackend.data.phantom import LABELS, SOURCES, generate_film, generate_set, write_set


@pytest.fixture(scope="module")
def films():
    return list(generate_set(30, seed=2, size=64, films_per_patient=(0.3, 0.4, 0.3)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("set")
    write_set(path, 6, seed=3, size=96)
    return path


def rows_of(folder):
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def test_some_patients_have_several_films_of_one_source_and_class(films):
    patients = defaultdict(list)
    for film in films:
        patients[film.patient_id].append(film)
    assert {len(group) for group in patients.values()} >= {1, 2, 3}
    for group in patients.values():
        assert len({(film.source, film.label) for film in group}) == 1
        assert len({film.image.tobytes() for film in group}) == len(group)


def test_set_has_every_class_and_several_sources_and_both_views(films):
    assert {film.label for film in films} == set(LABELS)
    assert len({film.source for film in films}) >= 4
    assert {film.view for film in films} == {"PA", "AP"}


def test_shorter_set_is_the_beginning_of_a_longer_one(films):
    for short, long in zip(generate_set(5, seed=2, size=64, films_per_patient=(0.3, 0.4, 0.3)), films, strict=False):
        assert np.array_equal(short.image, long.image)


def cardiothoracic_ratio(film):
    """Heart width over chest width, the radiologist's own measure of anatomy that magnification does not change."""
    heart, lungs = (np.flatnonzero(mask.any(0)) for mask in (film.mask_heart, film.mask_lung))
    return (heart[-1] - heart[0]) / (lungs[-1] - lungs[0])


def test_films_of_one_patient_share_their_anatomy():
    common = {"size": 96, "label": "normal", "source": "lakeside-screening"}
    ratios = np.array(
        [
            [cardiothoracic_ratio(generate_film(10 * patient + k, patient_seed=patient, **common)) for k in range(2)]
            for patient in range(1, 9)
        ]
    )
    within = np.abs(ratios[:, 0] - ratios[:, 1]).mean()
    between = np.mean([abs(a - b) for a, b in itertools.combinations(ratios.mean(1), 2)])
    assert within < 0.5 * between


def test_manifest_lists_films_and_masks_that_exist_and_fit(folder):
    rows = rows_of(folder)
    assert len(rows) == 6
    sources = {source.name: source.view for source in SOURCES}
    for row in rows:
        assert row["label"] in LABELS
        assert row["patient_id"]
        assert sources[row["source"]] == row["view"]
        image = cv2.imread(str(folder / row["image"]), cv2.IMREAD_UNCHANGED)
        assert image.shape == (96, 96)
        for column in ("mask_lung", "mask_infection"):
            mask = cv2.imread(str(folder / row[column]), cv2.IMREAD_UNCHANGED)
            assert mask.shape == image.shape
            assert set(np.unique(mask)) <= {0, 255}
        assert cv2.imread(str(folder / row["mask_lung"]), 0).any()


def test_written_films_are_the_generated_ones_bit_for_bit(folder):
    for row, film in zip(rows_of(folder), generate_set(6, seed=3, size=96), strict=True):
        assert np.array_equal(cv2.imread(str(folder / row["image"]), 0), film.image)
        assert np.array_equal(cv2.imread(str(folder / row["mask_lung"]), 0) > 0, film.mask_lung)
        assert np.array_equal(cv2.imread(str(folder / row["mask_infection"]), 0) > 0, film.mask_infection)


def times(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_writing_the_same_set_again_touches_no_file(folder):
    before = times(folder)
    write_set(folder, 6, seed=3, size=96)
    assert times(folder) == before


@pytest.mark.parametrize("damage", ["delete", "change", "unfinished"])
def test_folder_that_is_not_whole_is_written_again(tmp_path, damage):
    manifest = write_set(tmp_path, 2, seed=4, size=64)
    image = tmp_path / rows_of(tmp_path)[1]["image"]
    good = image.read_bytes()
    if damage == "delete":
        image.unlink()
    elif damage == "change":
        image.write_bytes(b"no picture")
    else:
        (tmp_path / "set.json").unlink()
        image.write_bytes(b"half")
    assert write_set(tmp_path, 2, seed=4, size=64) == manifest
    assert image.read_bytes() == good


def test_other_arguments_replace_the_set_and_leave_no_film_of_the_old_one(tmp_path):
    write_set(tmp_path, 3, seed=4, size=64)
    write_set(tmp_path, 2, seed=5, size=64)
    assert len(rows_of(tmp_path)) == 2
    assert len(list((tmp_path / "image").iterdir())) == 2
    assert json.loads((tmp_path / "set.json").read_text())["seed"] == 5


@pytest.mark.parametrize(
    ("arguments", "field"),
    [({"count": 0}, "count"), ({"count": 1, "convention": "none"}, "convention")],
)
def test_bad_argument_leaves_the_folder_as_it_was(folder, arguments, field):
    before = times(folder)
    with pytest.raises(ValueError, match=f"^{field}: "):
        write_set(folder, seed=3, size=96, **arguments)
    assert times(folder) == before
