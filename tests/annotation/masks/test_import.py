"""What an import brings in, and that it brings it once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from annotation.common.blobs import blobs
from annotation.common.models import AuditEvent
from annotation.images.models import DuplicateLink, Image, ImageState, Patient, ProjectImage
from annotation.masks.models import Mask
from annotation.masks.services import mask_read
from annotation.masks.services.manifest_import import ImportReport, manifest_import
from annotation.projects.models import Project
from tests.annotation.masks.conftest import SIDE, Folder
from tests.factories import ProjectFactory
from tests.support.pictures import lungs_hw, mask_png_bytes, png_bytes

Bring = Callable[..., ImportReport]
pytestmark = pytest.mark.django_db


def test_a_seed_comes_with_its_mask_settled(folder: Folder, bring: Bring, project: Project) -> None:
    folder.film(1, scanner="X100")
    folder.film(2)
    report = bring()
    assert [str(problem) for problem in report.problems if problem.row] == []
    assert (report.rows, report.added, report.masks, report.refused) == (2, 2, 2, 0)
    member = ProjectImage.objects.get(image__file_name="films/1.png")
    assert (member.role, member.state) == ("seed", ImageState.SETTLED)
    mask = Mask.objects.get(image=member.image)
    assert np.array_equal(mask_read(mask), lungs_hw(SIDE, SIDE, 1))
    assert mask.convention == "heart_out"
    image = member.image
    assert (image.width, image.height, image.bits, image.label, image.view) == (SIDE, SIDE, 8, "covid", "PA")
    assert image.metadata == {"scanner": "X100"}
    assert blobs().read(image.original_key) == (folder.root / "films/1.png").read_bytes()


def test_a_pool_import_never_opens_a_mask(folder: Folder, bring: Bring) -> None:
    folder.film(1)
    folder.film(2, mask_lung="masks/nowhere.png")
    folder.film(3, mask_lung="../../etc/passwd")
    for path in (folder.root / "masks").glob("*"):
        path.unlink()
        path.mkdir()  # Opening it would be an error.
    report = bring(role="pool")
    assert report.ok
    assert report.added == 3
    assert Mask.objects.count() == 0
    assert not any("mask" in str(image.metadata) for image in Image.objects.all())
    assert set(ProjectImage.objects.values_list("role", "state")) == {("pool", "waiting")}


def test_importing_again_adds_nothing(folder: Folder, bring: Bring, storage: Any) -> None:
    folder.film(1)
    folder.film(2)
    folder.film(3, patient_id="")
    folder.rows.append(folder.rows[0] | {"image": folder.write("copy.png", (folder.root / "films/1.png").read_bytes())})
    bring()
    tables = (Image, Patient, Mask, ProjectImage, DuplicateLink)
    before = [sorted(map(str, model.objects.values_list("pk", flat=True))) for model in tables]
    files = [key for key in storage.list("") if not key.startswith("imports/")]
    report = bring()
    assert [sorted(map(str, model.objects.values_list("pk", flat=True))) for model in tables] == before
    assert [key for key in storage.list("") if not key.startswith("imports/")] == files
    assert (report.added, report.linked, report.unchanged, report.masks) == (0, 0, 4, 0)


def test_a_second_report_says_again_what_is_doubtful_and_what_a_row_would_change(folder: Folder, bring: Bring) -> None:
    folder.film(1, patient_id="")
    folder.film(2)
    copy = cv2.resize(Folder.pixels(2)[2:-1, 1:-2], (80, 84), interpolation=cv2.INTER_AREA)
    folder.rows.append(folder.rows[1] | {"image": folder.write("copy.png", png_bytes(copy))})
    first = bring(role="pool")
    folder.rows[1] |= {"label": "covid 19", "view": "AP", "source": "elsewhere"}
    second = bring(role="pool")
    said = [str(problem) for problem in second.problems if problem.row]
    assert [line for line in said if line.startswith(("warning: row 2", "warning: row 4"))] == [
        str(problem) for problem in first.problems if problem.row
    ]
    changed = [problem for problem in second.problems if problem.row == 3]
    assert [(problem.severity, problem.field, problem.value) for problem in changed] == [
        ("warning", "label", "covid 19"), ("warning", "view", "AP"), ("warning", "source", "elsewhere"),
    ]  # fmt: skip
    film = Image.objects.get(file_name="films/2.png")
    assert (film.label, film.view, film.source.name) == ("normal", "PA", "clinic")


def test_an_exact_duplicate_is_linked_and_its_second_mask_kept(folder: Folder, bring: Bring, storage: Any) -> None:
    folder.film(1)
    again = folder.film(2, mask=lungs_hw(SIDE, SIDE, 5), patient_id="patient-1", label="covid")
    again["image"] = folder.write("films/other name.png", (folder.root / "films/1.png").read_bytes())
    report = bring()
    assert (report.added, report.linked, report.masks) == (1, 1, 2)
    assert Mask.objects.filter(image=Image.objects.get()).count() == 2
    assert [p.severity for p in report.problems if p.row == 3] == ["warning"]
    assert len(storage.list("originals/")) == len(storage.list("renditions/")) == 1


def test_equal_pixels_in_another_container_are_an_exact_duplicate(folder: Folder, bring: Bring) -> None:
    folder.film(1)
    packed = cv2.imencode(".png", Folder.pixels(1), [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
    assert packed != png_bytes(Folder.pixels(1))
    folder.rows.append(folder.rows[0] | {"image": folder.write("packed.png", packed)})
    assert bring(role="pool").added == 1


def test_a_near_duplicate_comes_in_with_a_warning_and_its_whole_group_is_joined(folder: Folder, bring: Bring) -> None:
    folder.film(1)
    folder.film(2, patient_id="patient-1")
    folder.film(3)
    bring(role="pool")
    copy = cv2.resize(Folder.pixels(1)[2:-1, 1:-2], (80, 84), interpolation=cv2.INTER_AREA)
    folder.rows = [folder.rows[2] | {"image": folder.write("copy.png", png_bytes(copy))}]
    report = bring(role="pool")
    assert report.near_duplicates == 1
    warning = next(problem for problem in report.problems if problem.row)
    assert warning.severity == "warning"
    assert "near duplicate of films/1.png" in warning.message
    assert "pool of this project" in warning.message
    groups = dict(Patient.objects.values_list("identifier", "split_group"))
    # The copy came as patient 3, so all of patient 1 and all of patient 3 are one for every split.
    assert groups["patient-1"] == groups["patient-3"]
    assert AuditEvent.objects.filter(action="patients.link").count() == 1


def test_a_film_may_be_in_several_projects(folder: Folder, bring: Bring) -> None:
    folder.film(1)
    bring()
    report = bring(project=ProjectFactory(), role="pool")
    assert (report.added, report.linked) == (0, 1)
    assert Image.objects.get().memberships.count() == 2


@pytest.mark.parametrize(("first", "second"), [("seed", "pool"), ("pool", "seed")])
def test_a_film_plays_one_role_in_a_project(folder: Folder, bring: Bring, first: str, second: str) -> None:
    folder.film(1)
    bring(role=first)
    report = bring(role=second)
    assert report.refused == 1
    assert f"is {first} of" in report.errors[0].message
    assert ProjectImage.objects.get().role == first
    assert Mask.objects.count() == (first == "seed")


def test_where_and_limit_choose_rows(folder: Folder, bring: Bring) -> None:
    for seed in range(4):
        folder.film(seed)
    assert bring(where={"label": "covid"}).rows == 2
    assert set(Image.objects.values_list("label", flat=True)) == {"covid"}
    assert bring(limit=1).rows == 1


def test_set_stands_in_for_source(folder: Folder, bring: Bring) -> None:
    folder.film(1, source="", set="batch A")
    bring(role="pool")
    image = Image.objects.get()
    assert image.source.name == "batch A"
    assert image.metadata == {"set": "batch A"}


def test_the_report_is_kept_and_audited(folder: Folder, bring: Bring, project: Project) -> None:
    folder.film(1)
    folder.film(2, image="films/nowhere.png")
    report = bring()
    kept = json.loads(blobs().read(report.key))
    assert kept["counts"] == report.to_json()["counts"]
    assert kept["counts"]["errors"] == 1
    event = AuditEvent.objects.get(action="images.import")
    assert event.project_id == project.pk
    assert event.detail["report"] == report.key


def test_a_crash_in_the_middle_loses_no_chunk_before_it(
    folder: Folder, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotation.masks.services.manifest_import.run.CHUNK", 2)
    for seed in range(5):
        folder.film(seed)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(on_progress=stop)
    assert Image.objects.count() == 2
    report = bring()
    assert (report.unchanged, report.added) == (2, 3)


def test_a_class_with_one_patient_and_too_few_images_are_warned_of(folder: Folder, bring: Bring) -> None:
    folder.film(1)
    folder.film(3)
    folder.film(5, label="rare")
    messages = {problem.field: problem for problem in bring(limit=3).problems}
    assert messages["label"].value == "rare"
    assert messages["label"].severity == "warning"
    folder.rows = []
    folder.film(7)
    messages = {problem.field: problem for problem in bring(project=ProjectFactory()).problems}
    assert "too few images for the protocol" in messages["seeds"].message


def test_seeds_are_fixed_once_the_project_runs(folder: Folder, bring: Bring, project: Project) -> None:
    project.state = "running"
    project.save()
    folder.film(1)
    assert not bring().ok
    assert bring(role="pool").added == 1


def test_infection_projects_take_the_infection_mask_and_an_empty_one_with_a_warning(folder: Folder) -> None:
    project = ProjectFactory(target="infection", convention="infection")
    empty = mask_png_bytes(np.zeros((SIDE, SIDE), bool))
    folder.film(1, mask_infection=folder.write("i1.png", empty), mask_lung="nowhere.png", convention="heart_in")
    folder.film(2, mask_infection=folder.write("i2.png", mask_png_bytes(lungs_hw(SIDE, SIDE, 9))))
    report = manifest_import(project=project, manifest=folder.save(), role="seed")
    assert report.masks == 2
    assert [(p.severity, p.row, p.field) for p in report.problems if p.row] == [("warning", 2, "mask_infection")]
