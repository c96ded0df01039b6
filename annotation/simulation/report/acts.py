"""What people did, from the append-only rows, for the time model and the counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from annotation.images.models import Image, ImageRole, ImageState, ProjectImage
from annotation.masks.models import Mask
from annotation.masks.services import mask_read
from annotation.projects.models import Project
from annotation.reviews.models import (
    ACT_MODELS,
    Adjudication,
    Edit,
    Selection,
    SelectionDecision,
    Verdict,
    Verification,
    VerificationDecision,
)
from annotation.rounds.models import Round
from annotation.simulation.costs import ActRecord
from annotation.simulation.oracle import Truth
from mlbackend.metrics import dice


def act_records(project: Project, truth: Truth) -> list[ActRecord]:
    """All acts of the project; work that did not count and what was withdrawn cost time too."""

    def dsc_of(mask: Mask | None, image: Image) -> float:
        if mask is None:
            return 0.0
        return float(dice(mask_read(mask), truth.mask(image.sha256, width=image.width, height=image.height)))

    records: list[ActRecord] = []
    related = ("task__batch", "task__project_image__image", "task__proposal")
    for verdict in Verdict.objects.filter(task__project=project).select_related("task__batch"):
        records.append(ActRecord("verdict", verdict.task.batch.name))
    for edit in Edit.objects.filter(task__project=project).select_related(*related, "start"):
        start = dsc_of(edit.start, edit.task.project_image.image)
        records.append(ActRecord("correction", edit.task.batch.name, start))
    for adjudication in Adjudication.objects.filter(task__project=project).select_related("task__batch"):
        records.append(ActRecord("adjudication", adjudication.task.batch.name))
    for selection in Selection.objects.filter(task__project=project).select_related("task__batch"):
        kind = "deny" if selection.decision == SelectionDecision.DENY else "pick"
        records.append(ActRecord(kind, selection.task.batch.name))
    for check in Verification.objects.filter(task__project=project).select_related(*related):
        corrected = check.decision == VerificationDecision.CORRECT
        seen = dsc_of(check.task.proposal, check.task.project_image.image) if corrected else None
        records.append(ActRecord("verification", check.task.batch.name, seen))
    return records


def decisions_by_round(project: Project) -> dict[str, dict[str, dict[str, int]]]:
    """Round name -> kind of task -> decision -> how many acts that count, probes and repeats left out."""
    counts: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    models: dict[str, Any] = dict(ACT_MODELS)
    for kind, model in models.items():
        rows = model.objects.filter(
            task__project=project, task__is_probe=False, task__repeat_of=None, counts=True, supersedes__isnull=True,
            superseded_by__isnull=True,
        ).values_list("task__batch__name", "decision")  # fmt: skip
        for name, decision in rows:
            counts[name][kind][decision] += 1
    return {name: {kind: dict(sorted(c.items())) for kind, c in kinds.items()} for name, kinds in counts.items()}


def films_by_round(project: Project) -> dict[str, int]:
    """Films that found their mask, by the round in which they did: for a denied one that of the denied."""
    home: dict[Any, str] = {}
    settled = set(
        ProjectImage.objects.filter(project=project, role=ImageRole.POOL, state=ImageState.SETTLED).values_list(
            "pk", flat=True
        )
    )
    names = []
    for round_ in Round.objects.filter(project=project).order_by("number"):
        names.append(round_.name)
        if round_.kind != "verification":
            for film in round_.films.values_list("project_image_id", flat=True):
                home[film] = round_.name
    counts: Counter[str] = Counter(home[film] for film in settled if film in home)
    return {name: counts[name] for name in names}
