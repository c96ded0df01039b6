"""Withdrawals as admins read them, and whose a pseudonym is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from annotation.accounts.models import User
from annotation.benchmarks.models import BenchmarkRun
from annotation.common.audit import audit_record
from annotation.exports.models import DatasetVersion
from annotation.images.models import ProjectImage, Withdrawal
from annotation.images.pseudonyms import pseudonym
from annotation.masks.models import ModelVersion
from annotation.privacy.services import Plan, patient_find, plan_of
from annotation.privacy.services.plan import require_withdraw, unknown_patient, versions_holding
from annotation.projects.guards import require_admin
from annotation.projects.models import Project


def withdrawal_preview(*, project: Project, identifier: str, user: User) -> dict[str, Any]:
    """What a withdrawal would take. Raises NotAllowed, Missing."""
    require_admin(user, project)
    patient = patient_find(identifier)
    if patient is None:
        raise unknown_patient()
    plan = plan_of(patient)
    require_withdraw(user, plan.projects, project)
    return {
        "patient": pseudonym(patient.identifier, project.pseudonym_key),
        "projects": [one.slug for one in plan.projects],
        "counts": plan.counts,
        **_to_redo(plan.versions, plan.models, plan.benchmarks),
        "cautions": _cautions(plan),
    }


def _cautions(plan: Plan) -> list[str]:
    """What an admin should know before a project goes on without these films."""
    found = []
    for project in plan.projects:
        pool = ProjectImage.objects.filter(project=project, split="validation", role="seed", image__withdrawn_at=None)
        if pool.exists() and not pool.exclude(image__in=plan.films).exists():
            found.append(f"{project.slug} would have no validation film left and could train no more networks")
    return found


def withdrawals_of(*, project: Project, user: User) -> list[dict[str, Any]]:
    """Withdrawals that took films out of the project, the newest first, with what is to be made anew in it."""
    require_admin(user, project)
    rows = [one for one in Withdrawal.objects.select_related("actor") if str(project.pk) in one.projects]
    return [withdrawal_told(one, project) for one in rows]


def withdrawal_told(withdrawal: Withdrawal, project: Project) -> dict[str, Any]:
    """A withdrawal, with versions, networks and benchmark runs of this project that it touches."""
    films = [UUID(film) for film in withdrawal.films]
    versions = [one for one in versions_holding(films) if one.project_id == project.pk]
    models = [
        one
        for one in ModelVersion.objects.filter(project=project).exclude(withdrawn_films=[]).order_by("created_at")
        if set(one.withdrawn_films) & set(withdrawal.films)
    ]
    runs = BenchmarkRun.objects.filter(version__in=versions).select_related("project", "version")
    return {
        "id": withdrawal.pk,
        "created_at": withdrawal.created_at,
        "by": withdrawal.actor.username if withdrawal.actor else "",
        "reason": withdrawal.reason,
        "pseudonyms": withdrawal.pseudonyms,
        "counts": withdrawal.counts,
        "files_gone": withdrawal.looked_at is not None,
        "finished": withdrawal.done_at is not None,
        **_to_redo(versions, models, list(runs.order_by("created_at"))),
    }


def _to_redo(
    versions: list[DatasetVersion], models: list[ModelVersion], runs: list[BenchmarkRun]
) -> dict[str, list[dict[str, Any]]]:
    return {
        "versions": [{"project": one.project.slug, "number": one.number} for one in versions],
        "models": [
            {"id": one.pk, "project": one.project.slug, "name": one.name, "round_number": one.round_number,
             "purpose": one.purpose}
            for one in models
        ],
        "benchmarks": [
            {"project": one.project.slug, "number": one.number, "version": one.version.number} for one in runs
        ],
    }  # fmt: skip


@transaction.atomic
def pseudonym_look_up(*, project: Project, told: str, user: User) -> dict[str, Any]:
    """Who has this pseudonym; audited, as it tells a name. Raises NotAllowed, or Missing where nobody of this project
    has it.
    """
    require_admin(user, project)
    patient = patient_find(told) if told.strip().upper().startswith("P-") else None
    films = ProjectImage.objects.filter(project=project, image__patient=patient) if patient else None
    if patient is None or films is None or not films.exists():
        raise unknown_patient()
    audit_record(
        "pseudonym.look_up", project, actor=user, project_id=project.pk,
        patient=pseudonym(patient.identifier, project.pseudonym_key),
    )  # fmt: skip
    return {
        "patient": pseudonym(patient.identifier, project.pseudonym_key),
        "identifier": patient.identifier,
        "assumed": patient.assumed,
        "films": sorted(films.values_list("image_id", flat=True)),
    }
