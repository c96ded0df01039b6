"""A finished training becomes a network that can be named in lineage and reports."""

from __future__ import annotations

from django.db import transaction

from annotation.common.audit import audit_record
from annotation.common.errors import Conflict
from annotation.jobs.models import Job
from annotation.masks.models import ModelVersion
from annotation.projects.models import Project
from mlbackend.contracts import NetworkSpec, Outcome, TrainingSettings, TrainResult


def model_version_record(*, job: Job, project: Project, purpose: str, round_number: int) -> ModelVersion:
    """The network of a succeeded training job; called again, the same row. Raises Conflict where it did not succeed."""
    result = TrainResult.from_json(job.result)
    if result.outcome != Outcome.SUCCEEDED or not result.weights_key:
        raise Conflict(
            f"training job {job.pk} has no weights: it {result.outcome}", field="job", value=str(job.pk),
            remedy="run the training again",
        )  # fmt: skip
    network = NetworkSpec.from_json(job.request["network"])
    settings = TrainingSettings.from_json(job.request["settings"])
    with transaction.atomic():
        model, created = ModelVersion.objects.get_or_create(
            job=job,
            defaults={
                "project": project,
                "architecture": network.architecture,
                "encoder": network.encoder,
                "purpose": purpose,
                "round_number": round_number,
                "image_size": settings.image_size,
                "weights_key": result.weights_key,
                "weights_sha256": result.weights_sha256,
                "card_key": result.card_key,
                "data_hash": result.data_hash,
                "validation_dsc": result.validation_dsc,
                "grown_validation_dsc": result.grown_validation_dsc,
                "best_epoch": result.best_epoch,
                "parameters": result.parameters,
                "trained_groups": sorted(result.trained_patients),
                "selected_groups": sorted(result.selected_patients),
            },
        )
        if created:
            audit_record(
                "model_version.record", model, project_id=project.pk,
                name=model.name, purpose=purpose, round=round_number, validation_dsc=result.validation_dsc,
            )  # fmt: skip
    return model
