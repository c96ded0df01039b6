"""The label history of a frozen version: its stages are kept at freezing, its candidates are drawn when asked for."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.errors import Conflict
from annotation.exports.formats.labels import label_rows, rows_hash
from annotation.exports.models import DatasetItem, DatasetVersion, LabelCandidate, LabelHistory
from annotation.exports.selectors import check_whole, withdrawn_films
from annotation.images.models import Image
from annotation.jobs.models import Job, JobKind, JobStatus
from annotation.jobs.services import job_create, job_retry
from annotation.masks.models import Mask, MaskKind, ModelVersion
from annotation.masks.services import candidates_record
from annotation.projects.guards import require_in_use, require_research
from annotation.projects.models import Project
from annotation.projects.protocol import InitialTrainingStage, Protocol
from annotation.rounds.steps.predict import FILMS_PER_JOB, prediction_request
from mlbackend.contracts import CANDIDATE, RELATED, SELECTED, TRAINED, Split

_log = logging.getLogger(__name__)

HANDLER = "labels"
CHUNK = 200
STOPPED = (JobStatus.FAILED, JobStatus.CANCELLED)


def labels_start(*, version: DatasetVersion, actor: User | None) -> LabelHistory:
    """Have the first network of each project draw the films of a version that it has not drawn yet.

    Called again it is the same history; its failed or cancelled jobs are tried again. Where nothing is left to draw the
    history is ready at once. Raises NotAllowed, or Conflict where the version keeps no stages, a project is archived,
    or its first stage had not ended when the version was frozen.
    """
    with transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=version.project_id)
        _check(version, actor)
        history, created = LabelHistory.objects.get_or_create(version=version, defaults={"created_by": actor})
        if created:
            for head in (version.labels or {})["projects"]:
                _draw(history, head)
            audit_record(
                "dataset.labels", version, actor=actor, project_id=project.pk, number=version.number,
                jobs=[str(pk) for pk in history.jobs.values_list("pk", flat=True)],
            )  # fmt: skip
        else:
            # One whose end is not handled yet is locked by its handler, which waits for this history.
            for job in history.jobs.filter(status__in=STOPPED, handled_at__isnull=False):
                job_retry(job.pk, actor=actor)
    return labels_advance(history.pk)


def _check(version: DatasetVersion, actor: User | None) -> None:
    check_whole(version)
    if version.labels is None:
        raise Conflict(
            f"version {version.number} was frozen before label histories were kept", code="no_label_history",
            field="number", value=version.number, remedy="freeze a new version: it keeps them, also of the same masks",
        )  # fmt: skip
    for project in Project.objects.filter(slug__in=[head["slug"] for head in version.projects]):
        if actor is not None:
            require_research(actor, project)
        require_in_use(project)
    for head in version.labels["projects"]:
        first = Protocol.from_json(Project.objects.get(slug=head["slug"]).protocol).stages[0]
        if not isinstance(first, InitialTrainingStage):
            raise Conflict(
                f"the protocol of {head['slug']} has no network that learnt from seeds alone, whose masks a label "
                "history begins with", code="no_label_history", field="number", value=version.number,
                remedy="download the version without it",
            )  # fmt: skip
        if head["network"] is None:
            raise Conflict(
                f"version {version.number} was frozen before the first stage of {head['slug']} had ended: no network "
                "could draw its films", code="no_label_history", field="number", value=version.number,
                remedy="freeze a new version when the stage has ended",
            )  # fmt: skip


def _items(version_id: UUID, slug: str) -> Any:
    return DatasetItem.objects.filter(version=version_id, project__slug=slug)


def _masks_of(network: ModelVersion) -> Any:
    return Mask.objects.filter(kind=MaskKind.CANDIDATE, model_version=network).order_by("created_at", "pk")


def _draw(history: LabelHistory, head: dict[str, Any]) -> None:
    """One prediction job a couple of thousand films that the network has never drawn."""
    network = ModelVersion.objects.get(pk=head["network"]["id"])
    project = Project.objects.get(slug=head["slug"])
    drawn = _masks_of(network).filter(image=OuterRef("image"), project=OuterRef("project"))
    missing = _items(history.version_id, head["slug"]).filter(~Exists(drawn)).order_by("image_id")
    ids = list(missing.values_list("image_id", flat=True))
    protocol = Protocol.from_json(project.protocol)
    for first in range(0, len(ids), FILMS_PER_JOB):
        films: list[Image] = []
        part = ids[first : first + FILMS_PER_JOB]
        for start in range(0, len(part), CHUNK):
            films += Image.objects.filter(pk__in=part[start : start + CHUNK]).order_by("pk")
        job = job_create(
            kind=JobKind.PREDICT, handler=HANDLER, request=prediction_request(protocol, [network], films),
            project_id=project.pk,
            context={
                "history": str(history.pk), "project": str(project.pk), "network": str(network.pk),
                "films": len(films),
            },
        )  # fmt: skip
        history.jobs.add(job)


def labels_job_ended(job: Job) -> None:
    """What follows a prediction for a history: its masks are recorded; the last one makes the history ready.

    Whoever records holds the history's row, so that of two last jobs one sees the other's end.
    """
    history = LabelHistory.objects.select_for_update(no_key=True).get(pk=job.context["history"])
    if job.status == JobStatus.SUCCEEDED:
        network = ModelVersion.objects.get(pk=job.context["network"])
        candidates_record(
            job=job, project=Project.objects.get(pk=job.context["project"]), round_number=network.round_number,
            models={str(network.pk): network}, proposed=False,
        )  # fmt: skip
        others = history.jobs.exclude(pk=job.pk)
        if not others.exclude(status=JobStatus.SUCCEEDED, handled_at__isnull=False).exists():
            _finish(history)


@transaction.atomic
def labels_advance(history_id: UUID | str) -> LabelHistory:
    """Make a history ready whose jobs have all ended well; otherwise, and called again, it changes nothing."""
    history = LabelHistory.objects.select_for_update(no_key=True).get(pk=history_id)
    if not history.jobs.exclude(status=JobStatus.SUCCEEDED, handled_at__isnull=False).exists():
        _finish(history)
    return history


def labels_sweep() -> None:
    """Sweeper: histories whose last job was handled by somebody who then died; one that breaks stops no other."""
    for history_id in list(LabelHistory.objects.filter(ready_at=None).values_list("pk", flat=True)):
        try:
            labels_advance(history_id)
        except Exception:
            _log.exception("label history %s could not be made ready", history_id)


def _finish(history: LabelHistory) -> None:
    if history.ready_at is not None:
        return
    version = DatasetVersion.objects.get(pk=history.version_id)
    if withdrawn_films(version):
        # Nobody is given this version any more.
        return
    summary = []
    for head in (version.labels or {})["projects"]:
        knew: Counter[str] = Counter()
        for chunk in _candidates(history, head):
            LabelCandidate.objects.bulk_create(chunk, batch_size=CHUNK)
            knew.update(one.network_saw for one in chunk)
        summary.append(_counts(history, head, knew))
    history.summary = {"projects": summary}
    history.content_sha256 = rows_hash(label_rows(version, history))
    history.ready_at = timezone.now()
    history.save(update_fields=["summary", "content_sha256", "ready_at"])
    audit_record(
        "dataset.labels_ready", version, project_id=version.project_id, number=version.number,
        content_sha256=history.content_sha256,
    )  # fmt: skip


def _candidates(history: LabelHistory, head: dict[str, Any]) -> Iterator[list[LabelCandidate]]:
    """One a film: the first mask that the network ever drew of it, so that a later drawing changes nothing."""
    network = ModelVersion.objects.select_related("job").get(pk=head["network"]["id"])
    use_of = {sample["sample_id"]: sample["split"] for sample in network.job.request["samples"]}
    groups = {*network.trained_groups, *network.selected_groups}
    items = _items(history.version_id, head["slug"]).order_by("image_id")
    ids = list(items.values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        part = list(items.filter(pk__in=ids[start : start + CHUNK]))
        masks: dict[UUID, Mask] = {}
        for mask in _masks_of(network).filter(image__in=[i.image_id for i in part], project=part[0].project_id):
            masks.setdefault(mask.image_id, mask)
        lacking = [item.image_id for item in part if item.image_id not in masks]
        if lacking:
            raise Conflict(
                f"{network.name} of {head['slug']} has drawn no mask of film {lacking[0]}", field="image",
                value=str(lacking[0]), remedy="run the prediction again",
            )  # fmt: skip
        yield [
            LabelCandidate(
                history=history, item=item, mask=masks[item.image_id], mask_key=masks[item.image_id].storage_key,
                mask_sha256=masks[item.image_id].sha256,
                network_saw=_saw(use_of.get(str(item.image_id)), item.row["split_group"] in groups),
            )
            for item in part
        ]  # fmt: skip


def _saw(use: str | None, related: bool) -> str:
    """What the network knew of a film before it drew it."""
    if use == Split.TRAIN:
        return TRAINED
    if use is not None:
        return SELECTED
    return RELATED if related else ""


def _counts(history: LabelHistory, head: dict[str, Any], knew: Counter[str]) -> dict[str, Any]:
    items = _items(history.version_id, head["slug"])
    settled = {step["label"]: items.exclude(**{f"labels__{step['label']}": None}).count() for step in head["steps"]}
    return {
        "slug": head["slug"],
        "target": head["target"],
        "films": sum(knew.values()),
        "network_saw": {name: knew[name] for name in (TRAINED, SELECTED, RELATED)},
        "settled": {CANDIDATE: 0, **settled},
    }
