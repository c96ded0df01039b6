"""The files of a version: complete, bit for bit right, and the same every time."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image as PILImage
from pycocotools.coco import COCO

from annotation.common.blobs import blobs
from annotation.common.errors import Conflict, InvalidInput
from annotation.exports.formats.datasheet import datasheet_md
from annotation.exports.formats.files import summary_json
from annotation.exports.models import DatasetVersion
from annotation.exports.services import dataset_freeze, dataset_write, dataset_zip
from annotation.images.pseudonyms import pseudonym
from annotation.projects.models import Project
from annotation.rounds.models import RepositoryEntry, RoundStep
from mlbackend.storage import StorageMissingError
from tests.annotation.exports.world import acted, settled
from tests.factories import ImageFactory, RoundFactory, UserFactory

pytestmark = pytest.mark.one_database


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def ring(height: int = 48, width: int = 64) -> np.ndarray:
    """A mask with a hole, single pixels and pixels on every edge."""
    mask = np.zeros((height, width), bool)
    mask[5:40, 5:50] = True
    mask[15:25, 15:30] = False
    mask[20, 20] = True
    mask[0, 0] = mask[-1, -1] = mask[0, -1] = mask[-1, 0] = True
    return mask


@pytest.fixture
def joined(lung: Project, infection: Project) -> DatasetVersion:
    """Lung and infection on some of the same films: with holes, empty, noisy, of odd sizes."""
    settled(lung, pixels=ring())
    film = settled(lung, split="test")
    settled(infection, image=film.image, pixels=np.zeros((48, 64), bool))
    noise = np.random.default_rng(3).random((31, 17)) > 0.5
    settled(infection, image=ImageFactory(height=31, width=17), pixels=noise)
    return dataset_freeze(projects=[lung, infection], actor=None, note="for a test")


def test_the_same_version_written_twice_is_the_same_byte_for_byte(joined: DatasetVersion, tmp_path: Path) -> None:
    first = tree(dataset_write(joined, tmp_path / "a"))
    second = tree(dataset_write(DatasetVersion.objects.get(pk=joined.pk), tmp_path / "deep" / "b"))
    assert first == second
    assert len(first) > 5


def test_the_zip_is_the_same_twice_and_holds_the_folder(joined: DatasetVersion, tmp_path: Path) -> None:
    first, second = b"".join(dataset_zip(joined)), b"".join(dataset_zip(joined))
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.testzip() is None
        held = {name.removeprefix("lung-v1/"): archive.read(name) for name in archive.namelist()}
    assert held == tree(dataset_write(joined, tmp_path / "a"))


def test_sha256sum_agrees_and_names_every_file(joined: DatasetVersion, tmp_path: Path) -> None:
    out = dataset_write(joined, tmp_path / "a")
    subprocess.run(["sha256sum", "--strict", "--quiet", "-c", "SHA256SUMS"], cwd=out, check=True)
    named = {line.split("  ", 1)[1] for line in (out / "SHA256SUMS").read_text().splitlines()}
    assert named == set(tree(out)) - {"SHA256SUMS"}


def test_coco_masks_match_the_png_bit_for_bit(joined: DatasetVersion, tmp_path: Path) -> None:
    out = dataset_write(joined, tmp_path / "a")
    coco = COCO(out / "coco.json")
    names = {category["id"]: category["name"] for category in coco.loadCats(coco.getCatIds())}
    seen = 0
    for annotation in coco.loadAnns(coco.getAnnIds()):
        image = coco.loadImgs(annotation["image_id"])[0]
        path = out / f"masks_{names[annotation['category_id']]}" / Path(image["file_name"]).name
        expected = np.asarray(PILImage.open(path)).astype(bool)
        decoded = coco.annToMask(annotation).astype(bool)
        assert decoded.shape == (image["height"], image["width"])
        np.testing.assert_array_equal(decoded, expected)
        assert annotation["area"] == int(expected.sum())
        seen += 1
    assert seen == joined.summary["masks"] == len(list(out.glob("masks_*/*.png")))


def test_masks_and_films_are_the_bytes_in_storage(joined: DatasetVersion, tmp_path: Path) -> None:
    files = tree(dataset_write(joined, tmp_path / "a"))
    for entry in RepositoryEntry.objects.filter(project_image__role="pool").select_related(
        "mask", "project", "project_image__image"
    ):
        image = entry.project_image.image
        assert files[f"masks_{entry.project.target}/{image.pk}.png"] == blobs().read(entry.mask.storage_key)
        assert files[f"images/{image.pk}.png"] == blobs().read(image.rendition_key)


def test_the_manifest_has_one_row_a_film_and_its_files_exist(joined: DatasetVersion, tmp_path: Path) -> None:
    out = dataset_write(joined, tmp_path / "a")
    rows = list(csv.DictReader((out / "manifest.csv").open(newline="")))
    assert len(rows) == len({row["image"] for row in rows}) == joined.summary["films"]
    for row in rows:
        paths = [row[name] for name in ("image", "mask_lung", "mask_infection") if row[name]]
        assert len(paths) >= 2
        assert all((out / path).is_file() for path in paths)
        assert bool(row["mask_lung"]) == bool(row["provenance_lung"])
    assert {row["split"] for row in rows} == {"train", "test"}


def test_a_single_project_has_plain_columns_and_never_a_patients_name(lung: Project, tmp_path: Path) -> None:
    film = settled(lung)
    reviewer = UserFactory(username="doctor-jane")
    acted(film, reviewer, 7.25)
    out = dataset_write(dataset_freeze(projects=[lung], actor=UserFactory(is_superuser=True)), tmp_path / "a")

    rows = {row["image"]: row for row in csv.DictReader((out / "manifest.csv").open(newline=""))}
    row = rows[f"images/{film.image_id}.png"]

    assert row["patient_id"] == pseudonym(film.image.patient.identifier, lung.pseudonym_key)
    assert row["reviewers"] == reviewer.pseudonym
    assert row["active_seconds"] == "7.250"
    assert row["provenance"] == "accepted"
    assert row["network"] == "unet-resnet18"
    text = b"".join(data for path, data in tree(out).items() if not path.endswith(".png"))
    for secret in (film.image.patient.identifier, film.image.file_name, reviewer.username, "renditions/"):
        assert secret.encode() not in text


def test_the_licence_that_a_film_came_with_leaves_with_it_and_other_words_stay(lung: Project, tmp_path: Path) -> None:
    film = settled(lung)
    film.image.metadata = {"license": "CC BY-NC-SA 4.0", "technician": "Ms Example"}
    film.image.save()
    version = dataset_freeze(projects=[lung], actor=None)
    dataset_write(version, tmp_path / "out")
    rows = list(csv.DictReader((tmp_path / "out/manifest.csv").open()))
    assert "CC BY-NC-SA 4.0" in {row["license"] for row in rows}
    assert "| CC BY-NC-SA 4.0 | 1 |" in (tmp_path / "out/datasheet.md").read_text()
    assert not any(b"Ms Example" in content for content in tree(tmp_path / "out").values())


def test_the_datasheet_tells_counts_protocol_and_estimate(lung: Project, tmp_path: Path) -> None:
    round_ = RoundFactory(project=lung, name="IV", kind="verification")
    RoundStep.objects.create(
        round=round_, index=3, kind="estimate", state="done", outcome={"verified": 20, "corrected": 1, "low": 0.01}
    )
    out = dataset_write(dataset_freeze(projects=[lung], actor=None, note="first try"), tmp_path / "a")

    sheet = (out / "datasheet.md").read_text()
    summary = json.loads((out / "summary.json").read_text())

    assert "# lung, version 1" in sheet
    assert "3 films of 3 patients" in sheet
    assert "lungs without the part behind the heart" in sheet
    assert "covid-qu" in sheet
    assert "first try" in sheet
    assert "Figures of round IV" in sheet
    assert summary["verification"]["lung"]["corrected"] == 1
    assert summary["content_sha256"] in sheet


def test_no_file_depends_on_the_order_of_keys_in_the_database(joined: DatasetVersion) -> None:
    def reversed_keys(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: reversed_keys(value[key]) for key in reversed(value)}
        return [reversed_keys(item) for item in value] if isinstance(value, list) else value

    before = datasheet_md(joined), summary_json(joined)
    joined.summary, joined.projects = reversed_keys(joined.summary), reversed_keys(joined.projects)
    assert (datasheet_md(joined), summary_json(joined)) == before


def test_a_folder_in_use_is_left_alone(lung: Project, tmp_path: Path) -> None:
    version = dataset_freeze(projects=[lung], actor=None)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "mine.txt").write_text("keep")
    with pytest.raises(InvalidInput, match="not an empty folder"):
        dataset_write(version, tmp_path / "a")
    assert tree(tmp_path / "a") == {"mine.txt": b"keep"}
    (tmp_path / "empty").mkdir()
    dataset_write(version, tmp_path / "empty")


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_damaged_storage_leaves_no_half_written_folder(lung: Project, tmp_path: Path, damage: str) -> None:
    version = dataset_freeze(projects=[lung], actor=None)
    last = version.items.order_by("-image_id").first()
    assert last is not None
    if damage == "changed":
        blobs().write(last.row["mask_key"], b"other")
    else:
        blobs().delete(last.row["mask_key"])
    with pytest.raises(Conflict if damage == "changed" else StorageMissingError):
        dataset_write(version, tmp_path / "out" / "a")
    assert list((tmp_path / "out").iterdir()) == []


def test_later_work_does_not_change_a_version_that_was_frozen(lung: Project, tmp_path: Path) -> None:
    version = dataset_freeze(projects=[lung], actor=None)
    before = tree(dataset_write(version, tmp_path / "a"))
    settled(lung)
    RepositoryEntry.objects.update(superseded_at="2026-01-01T00:00:00Z", verified="confirmed")
    lung.name, lung.protocol = "other", {"name": "other"}
    lung.save()
    assert tree(dataset_write(DatasetVersion.objects.get(pk=version.pk), tmp_path / "b")) == before


def test_the_zip_stream_holds_one_film_at_a_time(lung: Project) -> None:
    for seed in range(20):
        settled(lung, image=ImageFactory(width=900, height=900, seed=seed), pixels=np.zeros((900, 900), bool))
    version = dataset_freeze(projects=[lung], actor=None)
    # What is loaded or cached once for all films is none of a film's memory.
    for _ in dataset_zip(version):
        pass
    largest = total = 0
    tracemalloc.start()
    try:
        for chunk in dataset_zip(version):
            largest, total = max(largest, len(chunk)), total + len(chunk)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total > 10e6
    assert largest < total / 8
    # numpy's buffers are traced too; one film's bytes and its mask's arrays are about 5 MB here.
    assert peak < 6e6 < total


def test_the_command_reuses_a_version_until_something_changes(lung: Project, tmp_path: Path, capsys: Any) -> None:
    for name in ("a", "b"):
        call_command("export_dataset", "--project", "lung", "--out", str(tmp_path / name))
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert DatasetVersion.objects.count() == 1
    settled(lung)
    call_command("export_dataset", "--project", "lung", "--out", str(tmp_path / "c"), "--include-seeds")
    call_command("export_dataset", "--project", "lung", "--out", str(tmp_path / "d"), "--number", "1")
    assert tree(tmp_path / "d") == tree(tmp_path / "a")
    assert "lung version 2: 5 films, 5 masks" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "words"),
    [(["--project", "lnug"], "there are: lung"), (["--project", "lung", "--number", "7"], "no dataset version 7")],
)
def test_the_command_says_what_is_wrong(lung: Project, tmp_path: Path, flags: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("export_dataset", *flags, "--out", str(tmp_path / "a"))
    assert not (tmp_path / "a").exists()
