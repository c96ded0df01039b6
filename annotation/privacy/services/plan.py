"""What a withdrawal would take, told before anything goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from annotation.accounts.models import User
from annotation.benchmarks.models import BenchmarkRun
from annotation.common.errors import Missing, NotAllowed
from annotation.exports.models import DatasetItem, DatasetVersion
from annotation.images.models import Image, ImageSplit, Patient, ProjectImage
from annotation.images.pseudonyms import patient_by_pseudonym
from annotation.masks.models import Mask, ModelVersion
from annotation.projects.models import Project
from annotation.projects.permissions import can_administer
from annotation.reviews.models import ReviewTask
from annotation.reviews.models.queue import UNSETTLED


@dataclass
class Plan:
    """Counts, and what will have to be made anew."""

    patient: Patient
    films: list[UUID]
    projects: list[Project]
    counts: dict[str, int] = field(default_factory=dict)
    versions: list[DatasetVersion] = field(default_factory=list)
    models: list[ModelVersion] = field(default_factory=list)
    benchmarks: list[BenchmarkRun] = field(default_factory=list)


def patient_find(identifier: str) -> Patient | None:
    """The patient with this identifier, exactly as it was imported, or with this pseudonym."""
    return Patient.objects.filter(identifier=identifier).first() or patient_by_pseudonym(identifier)


def projects_of(films: list[UUID]) -> list[Project]:
    """Projects that hold one of the films or a mask of one, in one order for everybody who locks them."""
    holding = ProjectImage.objects.filter(image__in=films).values("project")
    drawing = Mask.objects.filter(image__in=films).values("project")
    return list((Project.objects.filter(pk__in=holding) | Project.objects.filter(pk__in=drawing)).order_by("pk"))


def require_withdraw(actor: User | None, projects: list[Project], project: Project | None) -> None:
    """Raises Missing where the patient is not in the project from which he is looked for, NotAllowed where the actor
    does not administer every project that holds him. Without an actor it is the command line that asks.
    """
    if actor is None:
        return
    if project is not None and not actor.is_superuser and project not in projects:
        raise unknown_patient()
    others = [one for one in projects if not can_administer(actor, one)]
    if others or (not projects and not actor.is_superuser):
        raise NotAllowed(
            f"the patient is on films of {len(others) or 'no'} projects that you do not administer", field="identifier",
            remedy="ask whoever runs this installation: a patient is withdrawn from all projects at once",
        )  # fmt: skip


def unknown_patient() -> Missing:
    """The same words whether there is no such patient or only none here: nobody learns of other projects' patients."""
    return Missing(
        "no patient of this project has this identifier or this pseudonym", field="identifier",
        remedy="write the identifier exactly as the manifest or the file had it, or the pseudonym",
    )  # fmt: skip


def plan_of(patient: Patient) -> Plan:
    """What would go, as it stands now; changes nothing."""
    films = list(Image.objects.filter(patient=patient).order_by("pk").values_list("pk", flat=True))
    versions = versions_holding(films)
    found = Plan(patient, films, projects_of(films), versions=versions)
    found.models = models_trained_on(found.projects, {str(film) for film in films})
    found.benchmarks = list(
        BenchmarkRun.objects.filter(version__in=versions).select_related("project", "version").order_by("created_at")
    )
    places = ProjectImage.objects.filter(image__in=films)
    found.counts = {
        "films": len(films),
        "masks": Mask.objects.filter(image__in=films).count(),
        "open_tasks": ReviewTask.objects.filter(project_image__image__in=films, state__in=UNSETTLED).count(),
        "validation_films": places.filter(split=ImageSplit.VALIDATION).count(),
        "test_films": places.filter(split=ImageSplit.TEST).count(),
    }
    return found


def versions_holding(films: list[UUID]) -> list[DatasetVersion]:
    """Frozen versions with one of the films, oldest first."""
    held = DatasetItem.objects.filter(image__in=films).values("version")
    return list(DatasetVersion.objects.filter(pk__in=held).select_related("project").order_by("created_at"))


def models_trained_on(projects: list[Project], films: set[str]) -> list[ModelVersion]:
    """Networks that learnt from one of the films, or were selected on one, oldest first."""
    models = ModelVersion.objects.filter(project__in=projects).select_related("project", "job").order_by("created_at")
    # A request names thousands of films: one at a time.
    return [model for model in models.iterator(chunk_size=5) if samples_of(model.job.request) & films]


def samples_of(request: dict[str, Any]) -> set[str]:
    """Ids of the films that a training names."""
    return {sample["sample_id"] for sample in request.get("samples", [])}
