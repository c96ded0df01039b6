"""Jobs that name a withdrawn film: those on their way are asked again without it, and what they wrote goes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import transaction

from annotation.common.blobs import blobs
from annotation.findings.models import FindingSet
from annotation.images.models import Withdrawal
from annotation.jobs.models import Job, JobKind, JobStatus
from annotation.jobs.services import ENDED, job_cancel, job_create
from annotation.jobs.services.move import job_lock
from annotation.masks.models import ModelVersion
from annotation.privacy.services.plan import samples_of
from annotation.projects.models import Project
from annotation.rounds.models import RoundStep
from mlbackend.contracts import Split, cancel_key, job_prefix

REASON = "a patient on its films was withdrawn"
FINISHED = "finished"
LISTS = {JobKind.TRAIN: ("samples", "sample_id"), JobKind.PREDICT: ("images", "image_id"),
         JobKind.FINDINGS: ("images", "image_id"), JobKind.MAP: ("images", "image_id")}  # fmt: skip
"""Where a request names its films."""


def jobs_of(withdrawal: Withdrawal) -> Iterator[Job]:
    """Jobs of the projects that name one of the films."""
    films = set(withdrawal.films)
    jobs = Job.objects.filter(project_id__in=withdrawal.projects, kind__in=LISTS).order_by("created_at")
    for pk, kind, request in jobs.values_list("pk", "kind", "request").iterator(chunk_size=20):
        name, key = LISTS[JobKind(kind)]
        if any(one[key] in films for one in request.get(name, [])):
            yield Job.objects.get(pk=pk)


def job_withdraw(job_id: UUID, withdrawal: Withdrawal) -> bool:
    """Let a job go on without the films; True where its whole folder is to go, as it may show them.

    One on its way is cancelled, and another asks for the rest in its place: what it had learnt it had learnt from them
    too. One that failed or was cancelled asks for the rest when it is tried again. One that succeeded stays.
    """
    project_id = Job.objects.values_list("project_id", flat=True).get(pk=job_id)
    with transaction.atomic():
        # The engine looks at a step's jobs under the project's lock.
        if project_id is not None:
            Project.objects.select_for_update(no_key=True).filter(pk=project_id).first()
        job = job_lock(job_id)
        if job.status == JobStatus.SUCCEEDED:
            return False
        rest = _without(job, set(withdrawal.films))
        if job.status not in ENDED:
            job_cancel(job.pk, actor=withdrawal.actor, reason=REASON)
            if _worth_asking(job.kind, rest) and not job.label_histories.exists():
                _replace(job, rest)
        elif rest != job.request:
            Job.objects.filter(pk=job.pk).update(request=rest, result={})
    return True


def _without(job: Job, films: set[str]) -> dict[str, Any]:
    name, key = LISTS[JobKind(job.kind)]
    return {**job.request, name: [one for one in job.request[name] if one[key] not in films]}


def _worth_asking(kind: str, request: dict[str, Any]) -> bool:
    if kind == JobKind.TRAIN:
        return {Split.TRAIN, Split.VALIDATION} <= {sample["split"] for sample in request["samples"]}
    return bool(request["images"])


def _replace(job: Job, request: dict[str, Any]) -> None:
    context = {**job.context, "films": len(request["images"])} if "films" in job.context else job.context
    other = job_create(
        kind=job.kind, handler=job.handler, request=request, context=context, project_id=job.project_id
    )  # fmt: skip
    for step in RoundStep.objects.filter(jobs=job):
        step.jobs.remove(job)
        step.jobs.add(other)
    FindingSet.objects.filter(job=job).update(job=other)


def pictures_of(job: Job, films: set[str]) -> list[str]:
    """Keys of what a finished job, but training, wrote of the films, and of what no list of its names."""
    if job.kind == JobKind.TRAIN:
        return []
    keys = blobs().list(job_prefix(str(job.pk)))
    named: set[str] = set()
    gone: set[str] = set()
    for key in keys:
        if not key.endswith(".json"):
            continue
        for film in _films_in(json.loads(blobs().read(key))):
            files = {value for name, value in film.items() if name.endswith("_key") and value}
            named |= files
            if film["image_id"] in films:
                gone |= files
    left_over = {key for key in keys if key.endswith(".png")} - named
    return sorted(gone | left_over)


def _films_in(found: Any) -> Iterator[dict[str, Any]]:
    """Every object that speaks of a film, wherever it stands in a file."""
    if isinstance(found, dict):
        if "image_id" in found:
            yield found
        for value in found.values():
            yield from _films_in(value)
    elif isinstance(found, list):
        for value in found:
            yield from _films_in(value)


@transaction.atomic
def findings_forget(job_id: UUID, films: set[str]) -> None:
    """What was found on the films, or drawn of them, is there no more."""
    job = job_lock(job_id)
    if job.kind in (JobKind.FINDINGS, JobKind.MAP) and job.result:
        rest = [film for film in job.result.get("films", []) if film["image_id"] not in films]
        Job.objects.filter(pk=job.pk).update(result={**job.result, "films": rest})


def models_flag(withdrawal: Withdrawal) -> int:
    """Networks that learnt from the films say so from now on; returns how many."""
    films = set(withdrawal.films)
    flagged = 0
    models = ModelVersion.objects.filter(project__in=withdrawal.projects).select_related("job").order_by("created_at")
    for model in models.iterator(chunk_size=5):
        if found := samples_of(model.job.request) & films:
            ModelVersion.objects.filter(pk=model.pk).update(
                withdrawn_films=sorted({*model.withdrawn_films, *found})
            )  # fmt: skip
            flagged += 1
    return flagged


def folder_of(job_id: str) -> list[str]:
    """All files of a job but the marker that stops its worker."""
    return [key for key in blobs().list(job_prefix(job_id)) if key != cancel_key(job_id)]
