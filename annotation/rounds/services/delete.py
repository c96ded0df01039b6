"""Deleting a project: only where nobody's work is in it. All else can be archived."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.blobs import blobs
from annotation.common.errors import Conflict, InvalidInput
from annotation.images.models import ProjectImage, ScreeningDecision
from annotation.jobs.models import Job
from annotation.jobs.services.move import ENDED
from annotation.masks.models import FilmImport, Mask, MaskKind, ModelVersion
from annotation.projects.guards import require_admin
from annotation.projects.models import DrawingGuide, Project
from annotation.reviews.models import ALL_ACTS, Resolution, ReviewBatch, ReviewTask, TaskCandidate
from annotation.rounds.models import RepositoryEntry, Round, RoundFilm


def human_work(project: Project) -> list[str]:
    """What people did in a project, in words; empty where it may be deleted."""
    acts: Any = ALL_ACTS.items()
    counts = {f"{kind}s": model.objects.filter(task__project=project).count() for kind, model in acts}
    counts |= {
        "decisions on films set aside": Resolution.objects.filter(batch__project=project).count(),
        "screening decisions": ScreeningDecision.objects.filter(project_image__project=project).count(),
        "versions of the drawing guide": DrawingGuide.objects.filter(project=project).count(),
        "masks drawn by people": Mask.objects.filter(
            project=project, kind__in=[MaskKind.CORRECTION, MaskKind.DRAWING]
        ).count(),
    }
    return [f"{count} {name}" for name, count in counts.items() if count]


@transaction.atomic
def project_delete(*, project: Project, slug: str, actor: User) -> None:
    """The project is gone, with its tasks, networks and masks; films stay known to the installation.

    ``slug`` is typed by the person. Raises NotAllowed, InvalidInput where it is another, or Conflict where people have
    worked in it, a dataset version holds it, or a job runs.
    """
    require_admin(actor, project)
    if slug != project.slug:
        raise InvalidInput(
            f"{slug!r} is not the project's short name", field="slug", value=slug, remedy=f"type {project.slug}"
        )
    row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if work := human_work(row):
        raise Conflict(
            f"people have worked in it: {', '.join(work)}", code="holds_work", field="project", value=row.slug,
            remedy="archive it: nothing that a person did is deleted",
        )  # fmt: skip
    if Job.objects.filter(project_id=row.pk).exclude(status__in=ENDED).exists():
        raise Conflict(
            "a job of the project runs", code="job_runs", field="project", value=row.slug,
            remedy="cancel it, or wait for its end",
        )  # fmt: skip
    keys = list(Mask.objects.filter(project=row).values_list("storage_key", flat=True))
    audit_record("project.delete", row, actor=actor, project_id=row.pk, slug=row.slug, name=row.name)
    try:
        with transaction.atomic():
            _remove(row)
    except ProtectedError as error:
        kept = sorted({str(one._meta.verbose_name) for one in error.protected_objects})
        raise Conflict(
            f"it is still needed: by its {', '.join(kept)}", code="holds_work", field="project", value=row.slug,
            remedy="archive it",
        ) from error  # fmt: skip
    transaction.on_commit(partial(_forget, keys), robust=True)


def _remove(project: Project) -> None:
    Round.objects.filter(project=project).update(batch=None, main_network=None)
    RoundFilm.objects.filter(round__project=project).delete()
    RepositoryEntry.objects.filter(project=project).delete()
    TaskCandidate.objects.filter(task__project=project).delete()
    tasks = ReviewTask.objects.filter(project=project)
    tasks.filter(repeat_of__isnull=False).delete()
    tasks.update(parent=None)
    tasks.delete()
    for model in (Round, ReviewBatch, FilmImport, Mask, ModelVersion, ProjectImage):
        rows: Any = model
        rows.objects.filter(project=project).delete()
    project.delete()


def _forget(keys: list[str]) -> None:
    for key in keys:
        blobs().delete(key)
