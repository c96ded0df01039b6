"""Keyed pseudonyms: what they are made of, that they stay, and who may look one up."""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import io
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from annotation.common.errors import Conflict
from annotation.common.models import AuditEvent
from annotation.config.keys import pseudonym_keys
from annotation.exports.models import DatasetVersion
from annotation.exports.services import dataset_freeze, dataset_write, dataset_zip
from annotation.images.models import ImageRole, ProjectImage
from annotation.images.pseudonyms import Pseudonyms, pseudonym, shifted
from annotation.masks.services.manifest_import import manifest_import
from annotation.projects.models import Role
from tests.annotation.exports.world import settled
from tests.factories import ImageFactory, PatientFactory, ProjectFactory, member

Sign = Callable[[Any], APIClient]
SECRET = "s" * 32


def test_a_pseudonym_is_the_first_80_bits_of_hmac_sha256_under_the_key(settings: Any) -> None:
    settings.PSEUDONYM_KEYS = {"k1": SECRET}
    mac = hmac.new(SECRET.encode(), "patient\0MRN-7788-Müller".encode(), hashlib.sha256).digest()
    assert pseudonym("MRN-7788-Müller", "k1") == "P-" + base64.b32encode(mac[:10]).decode()


def test_another_key_gives_another_pseudonym_and_a_lost_key_is_named(settings: Any) -> None:
    settings.PSEUDONYM_KEYS = {"k2": "t" * 32, "k1": SECRET}
    assert pseudonym("a patient", "k1") != pseudonym("a patient", "k2")
    with pytest.raises(Conflict, match="'k0'") as error:
        pseudonym("a patient", "k0")
    assert SECRET not in str(error.value.as_json())


def test_two_patients_who_would_share_a_pseudonym_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotation.images.pseudonyms.BYTES", 0)
    names = Pseudonyms("k1")
    first, second = PatientFactory.build(), PatientFactory.build()
    assert names.of(first.pk, first.identifier) == names.of(first.pk, first.identifier) == "P-"
    with pytest.raises(Conflict, match="share the pseudonym"):
        names.of(second.pk, second.identifier)


def test_days_leave_shifted_and_keep_their_distances() -> None:
    first, second = date(2020, 5, 31), date(2020, 6, 11)
    moved = [shifted(day, "a patient", "k1") for day in (first, second)]
    assert moved[1] - moved[0] == timedelta(days=11)  # type: ignore[operator]
    others = {shifted(first, f"patient {number}", "k1") - first for number in range(50)}  # type: ignore[operator]
    assert len(others) > 20, "each patient's days are shifted by another number"
    assert max(abs(other.days) for other in others) <= 182


def test_keys_are_made_once_for_all_processes_and_kept_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "pseudonym_keys"
    made = pseudonym_keys("", path)
    assert pseudonym_keys("", path) == made
    assert [len(secret) for secret in made.values()] == [64]
    assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in path.parent.iterdir()] == ["pseudonym_keys"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f":{SECRET}", "key 1 has no id"),
        ("k1:short", "key k1 has 5 characters"),
        (f"k1:{SECRET},k1:{SECRET}", "k1 stands there twice"),
        (f"a key:{SECRET}", "key 1 has no id"),
    ],
)
def test_a_key_that_cannot_be_used_is_named_without_its_secret(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=words) as error:
        pseudonym_keys(text, tmp_path / "none")
    assert SECRET not in str(error.value)


def test_the_first_of_several_keys_is_for_new_projects_and_old_ones_keep_theirs(db: None, settings: Any) -> None:
    settings.PSEUDONYM_KEYS = {"k1": SECRET}
    project = ProjectFactory(slug="old")
    patient = PatientFactory()
    first = settled(project, image=ImageFactory(patient=patient))
    before = dataset_freeze(projects=[project], actor=None)
    settings.PSEUDONYM_KEYS = {"k2": "t" * 32, "k1": SECRET}
    settled(project)
    after = dataset_freeze(projects=[project], actor=None)
    names = {version.items.get(image=first.image).row["patient_id"] for version in (before, after)}
    assert names == {pseudonym(patient.identifier, "k1")}, "the same patient has one name in all versions"
    assert after.summary["pseudonym_key"] == "k1"
    assert ProjectFactory().pseudonym_key == "k2"


def test_a_project_that_goes_over_to_another_key_leaves_frozen_versions_as_they_are(db: None, settings: Any) -> None:
    settings.PSEUDONYM_KEYS = {"k1": SECRET}
    project = ProjectFactory(slug="old")
    film = settled(project)
    before = b"".join(dataset_zip(dataset_freeze(projects=[project], actor=None)))
    settings.PSEUDONYM_KEYS = {"k2": "t" * 32, "k1": SECRET}
    with pytest.raises(CommandError, match="use one of k2, k1"):
        call_command("change_pseudonym_key", "--project", "old", "--key", "k3")
    call_command("change_pseudonym_key", "--project", "old", "--key", "k2", stdout=io.StringIO())
    project.refresh_from_db()
    first = DatasetVersion.objects.get()
    second = dataset_freeze(projects=[project], actor=None)
    assert b"".join(dataset_zip(first)) == before
    assert second.items.get().row["patient_id"] == pseudonym(film.image.patient.identifier, "k2")
    assert AuditEvent.objects.get(action="project.pseudonym_key").detail == {"old": "k1", "new": "k2"}


def test_an_exported_version_imports_again_and_groups_by_patient(db: None, tmp_path: Path) -> None:
    project = ProjectFactory(slug="lung")
    patient = PatientFactory(identifier="MRN-7788-Müller")
    for _ in range(2):
        settled(project, image=ImageFactory(patient=patient, width=96, height=96))
    settled(project, image=ImageFactory(width=96, height=96))
    version = dataset_freeze(projects=[project], actor=None)
    out = dataset_write(version, tmp_path / "out")
    with (out / "manifest.csv").open(newline="") as file:
        told = [row["patient_id"] for row in csv.DictReader(file)]
    assert sorted(map(told.count, set(told))) == [1, 2]
    assert all(name.startswith("P-") for name in told)

    again = ProjectFactory(slug="again")
    report = manifest_import(project=again, manifest=out / "manifest.csv", role=ImageRole.SEED)

    assert not report.errors, report.problems
    assert not [line for line in report.warnings if line.field == "patient_id"], "a pseudonym is the same person"
    assert ProjectImage.objects.filter(project=again, image__patient=patient).count() == 2


def test_an_admin_looks_a_pseudonym_up_and_the_audit_log_keeps_it_without_the_name(db: None, api_as: Sign) -> None:
    project = ProjectFactory(slug="lung")
    film = settled(project, image=ImageFactory(patient=PatientFactory(identifier="MRN-7788-Müller")))
    told = pseudonym("MRN-7788-Müller", project.pseudonym_key)
    admin = member(project, Role.ADMIN)
    answer = api_as(admin).post("/api/projects/lung/pseudonyms", {"pseudonym": told.lower()})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["identifier"], answer.json()["films"]) == ("MRN-7788-Müller", [str(film.image_id)])
    event = AuditEvent.objects.get(action="pseudonym.look_up")
    assert (event.actor, event.detail) == (admin, {"patient": told})


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.PHYSICIAN, Role.RESEARCHER])
def test_nobody_but_an_admin_looks_a_pseudonym_up(db: None, api_as: Sign, role: str) -> None:
    project = ProjectFactory(slug="lung")
    film = settled(project)
    told = pseudonym(film.image.patient.identifier, project.pseudonym_key)
    assert api_as(member(project, role)).post("/api/projects/lung/pseudonyms", {"pseudonym": told}).status_code == 403
    assert not AuditEvent.objects.filter(action="pseudonym.look_up").exists()


def test_an_admin_of_one_project_learns_nothing_of_anothers_patients(db: None, api_as: Sign) -> None:
    project, other = ProjectFactory(slug="lung"), ProjectFactory(slug="other")
    film = settled(other)
    admin = api_as(member(project, Role.ADMIN))
    known = {"pseudonym": pseudonym(film.image.patient.identifier, other.pseudonym_key)}
    unknown = {"pseudonym": "P-AAAAAAAAAAAAAAAA"}
    answers = [admin.post("/api/projects/lung/pseudonyms", body) for body in (known, unknown)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json(), "the same words whether there is such a patient or not"
