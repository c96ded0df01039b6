"""Reading the films of a benchmark."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import cv2
import pytest

from mlbackend.benchmark.dataset import load_dataset, open_dataset
from mlbackend.data.manifest import ManifestError
from tests.mlbackend.benchmark.world import read_manifest, write_films, write_manifest


def test_a_normal_film_counts_as_without_infection_only_where_its_label_is_named(tmp_path: Path) -> None:
    manifest = write_films(tmp_path)
    plain = load_dataset(manifest)
    assert sum("infection" in film.masks for film in plain.films) == 16
    named = load_dataset(manifest, negatives=["NORMAL"])
    assert sum(film.infected is False for film in named.films) == 8
    assert {film.drawn_by["infection"] for film in named.films if film.infected is False} == {"negative"}
    assert named.negatives == ["normal"]


def test_a_label_that_no_film_has_is_refused_with_those_there_are(tmp_path: Path) -> None:
    manifest = write_films(tmp_path)
    rows = read_manifest(manifest)
    rows[0]["label"] = "covid, ards"
    with pytest.raises(ManifestError, match="use one of 'covid', 'covid, ards', 'normal'"):
        load_dataset(write_manifest(tmp_path, rows), negatives=["healthy"])


def test_near_duplicates_of_two_patients_belong_together(tmp_path: Path) -> None:
    manifest = write_films(tmp_path)
    grey = cv2.imread(str(tmp_path / "images/00.png"), cv2.IMREAD_GRAYSCALE)
    cv2.imwrite(str(tmp_path / "images/23.png"), cv2.GaussianBlur(grey, (3, 3), 0.6))
    data = load_dataset(manifest)
    group = {film.film_id: film.group for film in data.films}
    assert data.joined == [["images/00.png", "images/23.png"]]
    assert group["images/00.png"] == group["images/23.png"] == group["images/22.png"]
    assert len(set(group.values())) == 11


def test_split_groups_of_an_export_hold_without_another_search(tmp_path: Path) -> None:
    manifest = write_films(tmp_path)
    rows = [{**row, "split_group": f"g{number % 5}"} for number, row in enumerate(read_manifest(manifest))]
    data = load_dataset(write_manifest(tmp_path, rows))
    assert {film.group for film in data.films} == {f"g{number}" for number in range(5)}


def test_a_patient_on_both_sides_of_the_datasets_own_test_set_is_refused(tmp_path: Path) -> None:
    manifest = write_films(tmp_path)
    rows = read_manifest(manifest)
    rows[0]["split"] = "test"
    with pytest.raises(ManifestError, match=r"images/00\.png.*images/01\.png.*test"):
        load_dataset(write_manifest(tmp_path, rows))


@pytest.mark.parametrize("column", ["image", "mask_lung"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, column: str) -> None:
    manifest = write_films(tmp_path)
    rows = read_manifest(manifest)
    (tmp_path / rows[3][column]).unlink()
    with pytest.raises(ManifestError, match=f"{column}.*03"):
        load_dataset(manifest)


def test_a_path_that_climbs_out_of_the_dataset_is_refused(tmp_path: Path) -> None:
    manifest = write_films(tmp_path / "data")
    rows = read_manifest(manifest)
    shutil.copy(tmp_path / "data/images/00.png", tmp_path / "other.png")
    rows[0]["image"] = "../other.png"
    with pytest.raises(ManifestError, match="outside"):
        load_dataset(write_manifest(tmp_path / "data", rows))


def test_a_film_listed_twice_is_refused(tmp_path: Path) -> None:
    rows = read_manifest(write_films(tmp_path))
    with pytest.raises(ManifestError, match="more than once"):
        load_dataset(write_manifest(tmp_path, [*rows, rows[0]]))


def test_films_without_masks_are_no_benchmark(tmp_path: Path) -> None:
    rows = [{**row, "mask_lung": "", "mask_infection": ""} for row in read_manifest(write_films(tmp_path))]
    with pytest.raises(ManifestError, match="none of its 24 rows has a mask"):
        load_dataset(write_manifest(tmp_path, rows))


def test_the_hash_names_pixels_masks_and_patients(tmp_path: Path) -> None:
    manifest = write_films(tmp_path)
    before = load_dataset(manifest).data_hash
    assert load_dataset(manifest).data_hash == before
    rows = read_manifest(manifest)
    rows[0]["patient_id"] = "somebody"
    changed = load_dataset(write_manifest(tmp_path, rows)).data_hash
    shutil.copy(tmp_path / "lungs/05.png", tmp_path / "lungs/04.png")
    assert len({before, changed, load_dataset(manifest).data_hash}) == 3


def test_a_folder_and_its_zip_are_the_same_dataset(tmp_path: Path) -> None:
    write_films(tmp_path / "chest-v1")
    archive = tmp_path / "chest-v1.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted((tmp_path / "chest-v1").rglob("*.*")):
            file.write(path, path.relative_to(tmp_path))
    (tmp_path / "work").mkdir()
    folder = load_dataset(open_dataset(tmp_path / "chest-v1", tmp_path / "work"))
    zipped = load_dataset(open_dataset(archive, tmp_path / "work"))
    assert zipped.data_hash == folder.data_hash
    assert zipped.name == folder.name == "chest-v1"


@pytest.mark.parametrize("name", ["nothing", "empty", "broken.zip"])
def test_what_is_no_dataset_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.zip").write_bytes(b"PK no zip")
    with pytest.raises(ManifestError, match=name):
        open_dataset(tmp_path / name, tmp_path)
