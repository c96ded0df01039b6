"""Seeds and pool."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from annotation.common.errors import InvalidInput
from annotation.simulation.films import choose_seeds, convention_of, patient_of, read_films, write_manifests

CLASSES = ["normal"] * 6 + ["pneumonia"] * 3 + ["covid"]


def rows(count: int = 200) -> list[dict[str, str]]:
    """Films of patients with one to three films each; a patient keeps the class."""
    made: list[dict[str, str]] = []
    patient = 0
    while len(made) < count:
        for _ in range(min(1 + patient % 3, count - len(made))):
            name = f"{len(made):03d}"
            made.append({
                "image": f"films/{name}.png", "mask_lung": f"masks/{name}.png", "patient_id": f"p{patient}",
                "label": CLASSES[patient % 10], "set": "a",
            })  # fmt: skip
        patient += 1
    return made


def manifest(folder: Path, made: list[dict[str, str]], *, files: bool = True) -> Path:
    folder.mkdir(exist_ok=True)
    for row in made if files else []:
        for column in ("image", "mask_lung"):
            path = folder / row[column]
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(row[column].encode())
    path = folder / "manifest.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(made[0]))
        writer.writeheader()
        writer.writerows(made)
    return path


@pytest.mark.parametrize("seed", range(5))
def test_seeds_take_whole_patients(seed: int) -> None:
    made = rows()
    seeds = choose_seeds(made, 60, seed)
    chosen = {row["patient_id"] for row in seeds}
    assert len(seeds) == sum(row["patient_id"] in chosen for row in made)


@pytest.mark.parametrize("seed", range(5))
def test_seeds_have_the_shares_of_the_classes(seed: int) -> None:
    made = rows()
    share = 60 / len(made)
    wanted = Counter(row["label"] for row in made)
    found = Counter(row["label"] for row in choose_seeds(made, 60, seed))
    assert all(abs(found[label] - share * count) <= 3 for label, count in wanted.items())


def test_the_number_of_seeds_is_the_one_asked_for_where_patients_allow_it() -> None:
    assert len(choose_seeds(rows(), 60, 1)) == 60
    assert len(choose_seeds([r for r in rows() if int(r["patient_id"][1:]) % 3 == 2], 10, 1)) == 9


def test_the_same_seed_chooses_the_same_films_whatever_their_order() -> None:
    made = rows()
    first = {row["image"] for row in choose_seeds(made, 60, 7)}
    assert first == {row["image"] for row in choose_seeds(made[::-1], 60, 7)}
    assert first != {row["image"] for row in choose_seeds(made, 60, 8)}


def test_a_film_without_patient_is_a_patient_of_its_own() -> None:
    assert patient_of({"image": "a.png"}) != patient_of({"image": "b.png", "patient_id": ""})


def test_the_pool_brings_no_truth_along(tmp_path: Path) -> None:
    films = read_films(manifest(tmp_path / "source", rows(40)), [], "lung", 10, 1)
    seeds, pool = write_manifests(films, tmp_path / "input")
    with pool.open() as file:
        reader = csv.DictReader(file)
        assert len(list(reader)) == 30
        assert not [name for name in reader.fieldnames or [] if name.startswith("mask")]
    masks = {path.name for path in (tmp_path / "input" / "masks").iterdir()}
    with seeds.open() as file:
        assert masks == {Path(row["mask_lung"]).name for row in csv.DictReader(file)}


def test_a_row_that_climbs_out_of_its_folder_brings_nothing(tmp_path: Path) -> None:
    made = rows(12)
    (tmp_path / "secret.png").write_bytes(b"secret")
    made[0]["image"] = "../secret.png"
    films = read_films(manifest(tmp_path / "source", made, files=False), [], "lung", 4, 1)
    write_manifests(films, tmp_path / "run" / "input")
    assert not list((tmp_path / "run").rglob("secret.png"))


def test_where_chooses_rows_and_a_wrong_column_is_named(tmp_path: Path) -> None:
    made = rows(30)
    for row in made[:10]:
        row["set"] = "b"
    path = manifest(tmp_path, made, files=False)
    films = read_films(path, ["set=b"], "lung", 4, 1)
    assert len(films.seeds) + len(films.pool) == 10
    with pytest.raises(InvalidInput, match="nowhere=b"):
        read_films(path, ["nowhere=b"], "lung", 4, 1)


def test_too_many_seeds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="30 films have a mask, 30"):
        read_films(manifest(tmp_path, rows(30), files=False), [], "lung", 30, 1)


def test_a_missing_mask_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="mask_infection"):
        read_films(manifest(tmp_path, rows(30), files=False), [], "infection", 5, 1)


def test_the_convention_is_what_the_rows_say(tmp_path: Path) -> None:
    made = rows(30)
    assert convention_of(read_films(manifest(tmp_path, made, files=False), [], "lung", 5, 1), "lung") == (
        "heart_out",
        "assumed",
    )
    made = [{**row, "convention": "heart_in"} for row in made]
    assert convention_of(read_films(manifest(tmp_path, made, files=False), [], "lung", 5, 1), "lung") == (
        "heart_in",
        "manifest",
    )
    made[3]["convention"] = "heart_out"
    with pytest.raises(InvalidInput, match="heart_in, heart_out"):
        convention_of(read_films(manifest(tmp_path, made, files=False), [], "lung", 5, 1), "lung")
