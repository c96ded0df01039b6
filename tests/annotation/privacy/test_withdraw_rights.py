"""Who may withdraw, over REST and by command; what a crash leaves; what a restored backup brings back."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from annotation.common.blobs import blobs
from annotation.common.models import AuditEvent
from annotation.exports.services import dataset_freeze
from annotation.images.models import Image, Patient, ProjectImage, Withdrawal
from annotation.jobs.services import jobs_sweep
from annotation.masks.models import Mask
from annotation.privacy.services import list_text, patient_withdraw
from annotation.privacy.services.finish import LATE
from annotation.projects.models import Role
from mlbackend.storage import StorageError
from tests.annotation.exports.world import settled
from tests.factories import (
    ImageFactory,
    MembershipFactory,
    ModelVersionFactory,
    PatientFactory,
    ProjectFactory,
    ProjectImageFactory,
    SuperuserFactory,
    member,
)

pytestmark = pytest.mark.django_db
Sign = Callable[[Any], APIClient]
NAME = "MRN-7788-Müller"
URL = "/api/projects/lung/withdrawals"
TWICE = {"identifier": NAME, "confirmation": NAME}


@pytest.fixture
def film() -> ProjectImage:
    """One film of the patient, settled in a project ``lung`` whose version 1 holds it, beside another patient's."""
    project = ProjectFactory(slug="lung")
    found = settled(project, image=ImageFactory(patient=PatientFactory(identifier=NAME)))
    settled(project)
    dataset_freeze(projects=[project], actor=None)
    return found


def counts() -> list[int]:
    """Rows and files that a withdrawal changes."""
    return [Patient.objects.count(), Image.objects.filter(withdrawn_at=None).count(), Mask.objects.count(),
            len(blobs().list("")), Withdrawal.objects.count()]  # fmt: skip


def test_an_admin_is_told_what_would_go_before_anything_does(film: ProjectImage, api_as: Sign) -> None:
    before = counts()
    sample = {"sample_id": str(film.image_id)}
    network = ModelVersionFactory(project=film.project)
    network.job.request = {"samples": [sample]}
    network.job.save()
    told = api_as(member(film.project, Role.ADMIN)).post(f"{URL}/preview", {"identifier": NAME})
    assert told.status_code == 200, told.content
    body = told.json()
    assert (body["projects"], body["counts"]["films"], body["counts"]["masks"]) == (["lung"], 1, 1)
    assert body["versions"] == [{"project": "lung", "number": 1}]
    assert [one["id"] for one in body["models"]] == [str(network.pk)]
    assert NAME not in told.content.decode()
    assert counts()[:3] == before[:3]


def test_an_admin_types_it_again_and_reads_afterwards_what_is_to_be_made_anew(film: ProjectImage, api_as: Sign) -> None:
    network = ModelVersionFactory(project=film.project)
    network.job.request = {"samples": [{"sample_id": str(film.image_id)}]}
    network.job.save()
    client = api_as(member(film.project, Role.ADMIN))
    done = client.post(URL, {**TWICE, "reason": "asked for it"})
    assert done.status_code == 200, done.content
    (listed,) = client.get(URL).json()
    assert listed == done.json()
    assert (listed["files_gone"], listed["reason"]) == (True, "asked for it")
    assert [one["id"] for one in listed["models"]] == [str(network.pk)]
    (shown,) = [one for one in client.get("/api/projects/lung/models").json() if one["id"] == str(network.pk)]
    assert shown["withdrawn_films"] == 1
    assert client.post(URL, TWICE).json()["id"] == listed["id"], "sent twice it is done once"


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.PHYSICIAN, Role.RESEARCHER, None])
def test_who_is_no_admin_changes_nothing(film: ProjectImage, api_as: Sign, role: str | None) -> None:
    person = member(film.project, role) if role else member(ProjectFactory(), *Role.values)
    before = counts()
    answers = [
        api_as(person).post(URL, TWICE), api_as(person).post(f"{URL}/preview", {"identifier": NAME}),
        api_as(person).get(URL),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [403 if role else 404] * 3
    assert counts() == before


def test_an_admin_of_one_of_two_projects_that_hold_the_patient_changes_nothing(
    film: ProjectImage, api_as: Sign
) -> None:
    other = ProjectFactory(slug="other")
    ProjectImageFactory(project=other, image=film.image)
    admin = member(film.project, Role.ADMIN)
    before = counts()
    answer = api_as(admin).post(URL, TWICE)
    assert (answer.status_code, "1 projects" in answer.json()["error"]["message"]) == (403, True)
    assert counts() == before
    MembershipFactory(project=other, user=admin, role=Role.ADMIN)
    assert api_as(admin).post(URL, TWICE).status_code == 200
    assert not ProjectImage.objects.filter(project=other, image=film.image).exists()


def test_a_patient_of_another_project_is_as_unknown_as_none(film: ProjectImage, api_as: Sign) -> None:
    admin = api_as(member(ProjectFactory(slug="other"), Role.ADMIN))
    answers = [
        admin.post("/api/projects/other/withdrawals", {"identifier": name, "confirmation": name})
        for name in (NAME, "nobody")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()


def test_whoever_runs_the_installation_may_withdraw_everywhere(film: ProjectImage, api_as: Sign) -> None:
    assert api_as(SuperuserFactory()).post(URL, TWICE).status_code == 200


def test_files_that_could_not_be_deleted_go_with_the_sweep(film: ProjectImage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows are out at once; a storage that fails, or a process that dies here, costs a sweep."""
    keys = [film.image.rendition_key, film.image.original_key]

    def refuse(*args: Any) -> None:
        raise StorageError("the storage is away")

    with monkeypatch.context() as broken:
        broken.setattr(type(blobs()), "delete", refuse)
        done = patient_withdraw(identifier=NAME, confirmation=NAME, actor=None)
    assert done.looked_at is None
    assert not Patient.objects.filter(identifier=NAME).exists()
    assert all(blobs().exists(key) for key in keys)

    assert jobs_sweep() == 0

    assert not any(blobs().exists(key) for key in keys)
    done.refresh_from_db()
    assert done.looked_at is not None
    assert done.done_at is None, "a worker may still write"


def test_what_a_worker_wrote_after_it_was_told_to_stop_goes_with_a_later_sweep(film: ProjectImage) -> None:
    done = patient_withdraw(identifier=NAME, confirmation=NAME, actor=None)
    blobs().write(film.image.rendition_key, b"written late")
    Withdrawal.objects.filter(pk=done.pk).update(created_at=timezone.now() - 2 * LATE)
    jobs_sweep()
    done.refresh_from_db()
    assert done.done_at is not None
    assert not blobs().exists(film.image.rendition_key)


def test_a_crash_before_the_rows_leaves_all_as_it_was(film: ProjectImage, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*args: Any) -> None:
        raise KeyboardInterrupt

    before = counts()
    monkeypatch.setattr("annotation.privacy.services.withdraw.patient_clear", die)
    with pytest.raises(KeyboardInterrupt):
        patient_withdraw(identifier=NAME, confirmation=NAME, actor=None)
    assert counts() == before
    assert ProjectImage.objects.get(pk=film.pk).state == "settled"


def test_a_restored_backup_is_put_right_by_the_list_that_was_kept(film: ProjectImage, tmp_path: Path) -> None:
    kept = {key: blobs().read(key) for key in blobs().list("")}
    patient = film.image.patient
    fields = {"patient_id": patient.pk, "file_name": film.image.file_name, "withdrawn_at": None}
    patient_withdraw(identifier=NAME, confirmation=NAME, actor=None)
    (tmp_path / "list").write_text(list_text(), encoding="utf-8")
    assert NAME not in list_text()

    # The backup is older than the withdrawal: rows and files are there again, the withdrawal is not.
    Withdrawal.objects.all().delete()
    for key in blobs().list("withdrawals/"):
        blobs().delete(key)
    Patient.objects.filter(pk=patient.pk).update(identifier=NAME)
    Image.objects.filter(pk=film.image_id).update(
        **fields, original_key=film.image.original_key, rendition_key=film.image.rendition_key
    )
    for key, data in kept.items():
        blobs().write(key, data)

    said = io.StringIO()
    call_command("withdraw_patient", "--repeat", str(tmp_path / "list"), stdout=said)

    assert "1 patients taken out again" in said.getvalue()
    assert not Patient.objects.filter(identifier=NAME).exists()
    assert not blobs().exists(film.image.rendition_key)
    assert not blobs().exists(film.image.original_key)


def test_a_restored_storage_alone_loses_the_files_again(film: ProjectImage) -> None:
    key = film.image.rendition_key
    data = blobs().read(key)
    patient_withdraw(identifier=NAME, confirmation=NAME, actor=None)
    blobs().write(key, data)
    call_command("withdraw_patient", "--repeat", stdout=io.StringIO())
    assert not blobs().exists(key)


def test_the_command_asks_twice_and_says_what_it_took(film: ProjectImage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{NAME}\n{NAME}\n"))
    said = io.StringIO()
    call_command("withdraw_patient", "--reason", "asked for it", stdout=said)
    assert "1 films, 1 masks" in said.getvalue()
    assert "Version 1 of lung could not be had any more." in said.getvalue()
    assert NAME not in said.getvalue()
    listed = io.StringIO()
    call_command("withdraw_patient", "--list", stdout=listed)
    assert json.loads(listed.getvalue())["counts"]["films"] == 1
    assert AuditEvent.objects.get(action="patient.withdraw").detail["reason"] == "asked for it"
