"""The needle test: films whose ids, file names and columns are unmistakable; nothing that leaves holds one of them.

New endpoints, files and tables are searched without being named here.
"""

from __future__ import annotations

import io
import itertools
import logging
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from annotation.common.blobs import blobs
from annotation.common.models import AuditEvent
from annotation.exports.models import DatasetVersion
from annotation.exports.services import dataset_write, dataset_zip
from annotation.images.models import Image, Patient, ProjectImage
from annotation.jobs.models import Job, JobEvent
from annotation.masks.models import Mask, ModelVersion
from annotation.projects.models import Role
from annotation.reviews.models import ReviewTask
from annotation.rounds.models import Round
from tests.annotation.privacy.world import NEEDLE, NeedleWorld, tells

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

KEPT_INSIDE = ("originals/", "imports/")
"""Never served and named in no job: the files as they came, and the reports of imports, which admins read."""


def test_the_needles_are_there_to_be_found(needles: NeedleWorld) -> None:
    assert Patient.objects.filter(identifier__contains=NEEDLE).count() == 8
    assert all(tells(image.file_name) and tells(image.metadata) for image in Image.objects.all()[:15])
    assert any(tells(blobs().read(key)) for key in blobs().list("originals/"))


def test_no_file_of_an_export_names_a_patient(dataset: DatasetVersion, tmp_path: Path) -> None:
    out = dataset_write(dataset, tmp_path / "out", labels=True)
    files = [path for path in out.rglob("*") if path.is_file()]
    assert {"manifest.csv", "coco.json", "datasheet.md", "summary.json", "labels.csv"} <= {path.name for path in files}
    for path in files:
        assert not tells(str(path.relative_to(out))), path
        assert not tells(path.read_bytes()), path
    archive = b"".join(dataset_zip(dataset, labels=True))
    assert not tells(archive)
    assert len(zipfile.ZipFile(io.BytesIO(archive)).namelist()) == len(files)


def test_no_endpoint_names_a_patient_to_who_is_no_admin(
    needles: NeedleWorld, dataset: DatasetVersion, api_as: Callable[[Any], APIClient]
) -> None:
    for role in (Role.ANNOTATOR, Role.PHYSICIAN, Role.RESEARCHER):
        answers = read_all(api_as(needles.people[role]), needles)
        assert sum(address.startswith("200 ") for address in answers) >= 10, sorted(answers)
        for address, told in answers.items():
            assert not tells(told), f"{role}: {address}"


def test_what_workers_are_sent_and_write_names_no_patient(dataset: DatasetVersion) -> None:
    jobs = list(Job.objects.all())
    assert {job.kind for job in jobs} == {"train", "predict", "findings", "map", "benchmark"}
    for job in jobs:
        assert not tells([job.request, job.context, job.result, job.progress, job.error]), job
    for event in JobEvent.objects.all():
        assert not tells(event.reason)
    keys = blobs().list("")
    assert any(key.startswith("jobs/") for key in keys)
    assert any(key.startswith("benchmarks/") for key in keys)
    for key in keys:
        assert not tells(key), key
        if not key.startswith(KEPT_INSIDE):
            assert not tells(blobs().read(key)), key


def test_the_audit_log_names_no_patient(dataset: DatasetVersion) -> None:
    events = list(AuditEvent.objects.all())
    assert {"images.import", "project.started", "dataset.freeze", "benchmark.start"} <= {e.action for e in events}
    for event in events:
        assert not tells([event.detail, event.object_id]), event.action


def test_no_log_line_names_a_patient(needles: NeedleWorld, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="annotation")
    needles.gpu.fail = ["out of memory"]
    needles.start()
    assert caplog.records, "a round that fails is logged"
    assert not tells(caplog.text)


def read_all(client: APIClient, world: NeedleWorld) -> dict[str, str]:
    """Body and headers of every GET of the API's own schema, by status and address."""
    slug = world.project.slug
    films = ProjectImage.objects.filter(project=world.project).order_by("pk")
    ids = {str(key) for pair in films.values_list("pk", "image_id")[:3] for key in pair}
    for model in (ReviewTask, Mask, ModelVersion, Job, Round, DatasetVersion):
        rows: Any = model
        ids |= {str(key) for key in rows.objects.order_by("pk").values_list("pk", flat=True)[:3]}
    schema = SchemaGenerator().get_schema(request=None, public=True)
    answers: dict[str, str] = {}
    for path, verbs in schema["paths"].items():
        if "get" not in verbs or path in {"/api/schema", "/api/docs"}:
            continue
        names = re.findall(r"{(\w+)}", path)
        choices = [[slug] if name == "slug" else ["1"] if name == "number" else sorted(ids) for name in names]
        for values in itertools.islice(itertools.product(*choices), 24):
            address = path.format(**dict(zip(names, values, strict=True)))
            answer: Any = client.get(address)
            body = b"".join(answer) if answer.streaming else answer.content
            answers[f"{answer.status_code} {address}"] = f"{dict(answer.headers)} {body.decode('latin-1')}"
    return answers
