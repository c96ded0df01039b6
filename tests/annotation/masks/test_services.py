"""Masks and networks are recorded once, with their lineage."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from annotation.common.blobs import blobs
from annotation.common.errors import Conflict, InvalidInput
from annotation.images.models import ImageRole
from annotation.jobs.models import Job
from annotation.masks.codec import encode_png
from annotation.masks.models import Mask, MaskKind, ModelVersion
from annotation.masks.selectors import mask_lineage
from annotation.masks.services import candidates_record, mask_read, mask_store, model_version_record
from annotation.masks.services.manifest_import import enough_for_protocol
from annotation.projects.models import Project
from tests.annotation.masks.conftest import Folder
from tests.factories import (
    ImageFactory,
    JobFactory,
    ModelVersionFactory,
    ProjectFactory,
    ProjectImageFactory,
    UserFactory,
)
from tests.support.pictures import lungs_hw

pytestmark = pytest.mark.django_db


def test_a_stored_mask_reads_back_and_names_its_parents(user: Any) -> None:
    image = ImageFactory()
    project = ProjectFactory()
    network = ModelVersionFactory(project=project)
    mask_hw = lungs_hw(image.height, image.width)
    candidate = mask_store(
        project=project, image=image, kind=MaskKind.CANDIDATE, png=encode_png(mask_hw), model_version=network,
        job=network.job, confidence=0.9,
    )  # fmt: skip
    fixed = mask_store(
        project=project, image=image, kind=MaskKind.CORRECTION, mask_hw=~mask_hw, author=user, parents=[candidate],
        note={"changed": 3},
    )  # fmt: skip
    assert np.array_equal(mask_read(candidate), mask_hw)
    assert np.array_equal(mask_read(fixed), ~mask_hw)
    assert fixed.foreground_pixels == int((~mask_hw).sum())
    assert fixed.sha256 == hashlib.sha256(blobs().read(fixed.storage_key)).hexdigest()
    assert network.name not in candidate.storage_key
    lineage = mask_lineage(project=project, mask_id=fixed.pk, user=user)
    assert lineage["author"] == user.pseudonym
    assert [parent["network"]["id"] for parent in lineage["ancestors"]] == [str(network.pk)]
    assert mask_lineage(project=project, mask_id=candidate.pk, user=user)["children"] == [str(fixed.pk)]


@pytest.mark.parametrize(
    "options", [{}, {"mask_hw": np.zeros((3, 3))}, {"mask_hw": np.zeros((48, 64)), "png": b"x"}, {"kind": "guess"}]
)
def test_a_mask_that_does_not_fit_is_refused(options: dict[str, Any], storage: Any) -> None:
    image = ImageFactory()
    with pytest.raises(InvalidInput):
        mask_store(**{"project": ProjectFactory(), "image": image, "kind": MaskKind.SEED, **options})
    assert storage.list("masks/") == []


def predicted(image: Any, network: str, **changes: Any) -> dict[str, Any]:
    return {
        "image_id": str(image.pk), "model_id": network, "mask_key": f"jobs/1/{image.pk}-{network}.png",
        "sha256": "a" * 64, "width": image.width, "height": image.height, "foreground_pixels": 7, "confidence": 0.75,
        "disagreement": 0.1, **changes,
    }  # fmt: skip


def prediction(job: Job, *chunks: list[dict[str, Any]]) -> Job:
    keys = []
    for number, masks in enumerate(chunks):
        keys.append(f"jobs/{job.pk}/chunk-{number}.json")
        blobs().write(keys[-1], json.dumps({"masks": masks}).encode())
    job.result = {"job_id": str(job.pk), "attempt": 1, "outcome": "succeeded", "chunk_keys": keys}
    job.save()
    return job


@pytest.fixture
def predicted_world(project: Project) -> tuple[Project, list[Any], dict[str, ModelVersion]]:
    films = [ProjectImageFactory(project=project).image for _ in range(3)]
    return project, films, {name: ModelVersionFactory(project=project) for name in ("a", "b")}


def test_predictions_become_candidates_once_in_the_order_of_their_chunks(predicted_world: Any) -> None:
    project, films, models = predicted_world
    job = prediction(
        JobFactory(), [predicted(film, "a") for film in films], [predicted(film, "b") for film in reversed(films)]
    )
    first = candidates_record(job=job, project=project, round_number=2, models=models)
    again = candidates_record(job=job, project=project, round_number=2, models=models)
    assert [mask.pk for mask in first] == [mask.pk for mask in again]
    assert [mask.image_id for mask in first] == [f.pk for f in films] + [f.pk for f in reversed(films)]
    assert Mask.objects.count() == 6
    mask = first[0]
    assert (mask.kind, mask.round_number, mask.confidence, mask.disagreement) == ("candidate", 2, 0.75, 0.1)
    assert mask.model_version == models["a"]
    assert mask.job == job


def test_a_candidates_lineage_says_what_drew_it(predicted_world: Any, user: Any) -> None:
    project, films, models = predicted_world
    job = prediction(
        JobFactory(), [predicted(films[0], "a", engine="openvino 2026.4.1 bf16"), predicted(films[1], "a")]
    )
    known, unknown = candidates_record(job=job, project=project, round_number=1, models=models)
    assert mask_lineage(project=project, mask_id=known.pk, user=user)["note"] == {"engine": "openvino 2026.4.1 bf16"}
    assert mask_lineage(project=project, mask_id=unknown.pk, user=user)["note"] == {}


@pytest.mark.parametrize(
    "change", [{"model_id": "c"}, {"width": 1}, {"image_id": "00000000-0000-4000-8000-000000000000"}]
)
def test_a_prediction_that_was_not_asked_for_is_refused_whole(change: dict[str, Any], predicted_world: Any) -> None:
    project, films, models = predicted_world
    job = prediction(JobFactory(), [predicted(films[0], "a"), predicted(films[1], "a", **change)])
    with pytest.raises(Conflict):
        candidates_record(job=job, project=project, round_number=1, models=models)
    assert Mask.objects.count() == 0


def test_a_film_of_another_project_is_refused(predicted_world: Any) -> None:
    project, _, models = predicted_world
    stranger = ProjectImageFactory().image
    job = prediction(JobFactory(), [predicted(stranger, "a")])
    with pytest.raises(Conflict):
        candidates_record(job=job, project=project, round_number=1, models=models)


def training(**result: Any) -> Job:
    request = {
        "network": {"architecture": "fpn", "encoder": "densenet121"}, "settings": {"image_size": 128}, "samples": []
    }  # fmt: skip
    job = JobFactory(kind="train", request=request)
    job.result = {
        "job_id": str(job.pk), "attempt": 1, "outcome": "succeeded", "weights_key": "w", "weights_sha256": "b" * 64,
        "validation_dsc": 0.9, "trained_patients": ["z", "y"], "selected_patients": ["x"], "parameters": 5, **result,
    }  # fmt: skip
    job.save()
    return job


def test_a_training_becomes_one_network_that_knows_its_patients(project: Project) -> None:
    job = training()
    one = model_version_record(job=job, project=project, purpose="initial", round_number=1)
    two = model_version_record(job=job, project=project, purpose="initial", round_number=1)
    assert one.pk == two.pk
    assert (one.name, one.image_size, one.validation_dsc) == ("fpn-densenet121", 128, 0.9)
    assert (one.trained_groups, one.selected_groups) == (["y", "z"], ["x"])


def test_a_training_that_failed_is_no_network(project: Project) -> None:
    with pytest.raises(Conflict):
        model_version_record(job=training(outcome="failed"), project=project, purpose="initial", round_number=1)
    assert ModelVersion.objects.count() == 0


def test_what_a_project_lacks_to_start_is_an_error(project: Project) -> None:
    assert [(p.severity, p.field) for p in enough_for_protocol(project)] == [("error", "seeds"), ("error", "pool")]
    seeds = ProjectImageFactory.create_batch(2, project=project, role=ImageRole.SEED, state="settled")
    ProjectImageFactory(project=project)
    assert [(p.severity, p.field) for p in enough_for_protocol(project)] == [("warning", "pool")]
    seeds[0].image.patient.split_group = seeds[1].image.patient.split_group
    seeds[0].image.patient.save()
    assert "one patient" in enough_for_protocol(project)[0].message


def test_the_command_prints_lines_writes_the_report_and_exits_with_1_on_errors(
    folder: Folder, project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.film(1)
    folder.film(2, image="nowhere.png", label="broken")
    path, out = str(folder.save()), tmp_path / "report.json"
    options = {"project": project.slug, "role": "seed", "convention": "heart_out"}
    call_command("import_images", path, "--where", "label=covid", **options)
    with pytest.raises(SystemExit) as caught:
        call_command("import_images", path, **options, report=out)
    assert caught.value.code == 1
    assert "error: row 3 image='nowhere.png': there is no such file" in capsys.readouterr().out
    assert json.loads(out.read_text())["counts"]["errors"] == 1
    with pytest.raises(CommandError, match="there are: "):
        call_command("import_images", path, project="nobody", role="pool")


def test_people_named_in_lineage_are_pseudonyms(project: Project) -> None:
    person = UserFactory(username="dr.smith")
    image = ImageFactory()
    mask = mask_store(
        project=project, image=image, kind=MaskKind.DRAWING, author=person,
        mask_hw=lungs_hw(image.height, image.width),
    )  # fmt: skip
    assert "smith" not in json.dumps(mask_lineage(project=project, mask_id=mask.pk, user=person), default=str)
