"""What follows from an act: the next task for the film, or its settlement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from annotation.accounts.models import User
from annotation.masks.models import Mask
from annotation.masks.services import mask_read
from annotation.projects.models import Role
from annotation.reviews.events import Settlement, settle
from annotation.reviews.models import (
    UNSETTLED,
    Act,
    Adjudication,
    AdjudicationDecision,
    Edit,
    EditDecision,
    ReviewTask,
    Selection,
    SelectionDecision,
    TaskCandidate,
    TaskKind,
    TaskState,
    Verdict,
    VerdictDecision,
)
from annotation.reviews.permissions import lease_token
from annotation.reviews.services.leases import lease_seconds
from annotation.reviews.services.submit import current_act
from mlbackend.metrics import dice


def task_follow(
    task: ReviewTask, *, kind: str, role: str, proposal: Mask | None, for_user: User | None = None, **fields: Any
) -> ReviewTask:
    """A task that comes of another one; with ``for_user`` it is leased to that person at once."""
    follow = ReviewTask(
        batch=task.batch, project=task.project, project_image=task.project_image, kind=kind, role=role,
        order=task.order, proposal=proposal, parent=task, **fields,
    )  # fmt: skip
    if for_user is not None:
        now = timezone.now()
        follow.assigned_to = follow.lease_holder = for_user
        follow.lease_token = lease_token(for_user, follow)
        follow.lease_expires_at = now + timedelta(seconds=lease_seconds())
    follow.save()
    return follow


def _replicas(task: ReviewTask) -> list[ReviewTask]:
    """All readings of the film in this batch, this one among them; cancelled ones left out."""
    return list(
        ReviewTask.objects.filter(
            batch=task.batch,
            project_image=task.project_image,
            kind=task.kind,
            parent=task.parent,
            is_probe=False,
            repeat_of__isnull=True,
        )
        .exclude(state=TaskState.CANCELLED)
        .order_by("replica")
    )


def _settle(task: ReviewTask, act: Act, outcome: str, mask: Mask | None, reason: str = "") -> None:
    settle(Settlement(task, task.project_image, outcome, mask, act.actor, reason))


def after_verdict(task: ReviewTask, act: Act) -> ReviewTask | None:
    """One reader: the verdict decides. Several: equal verdicts decide, different ones go to an MD."""
    decisions = {act.decision}
    if task.replicas > 1:
        readings = _replicas(task)
        if any(reading.state in UNSETTLED for reading in readings):
            return None
        decisions = _decisions(Verdict, readings)
    if decisions == {VerdictDecision.ACCEPT}:
        _settle(task, act, "accepted", task.proposal)
    elif decisions == {VerdictDecision.EXCLUDE}:
        _settle(task, act, "excluded", None, act.comment)
    elif decisions == {VerdictDecision.REJECT}:
        return _ask_for_corrections(task, act)
    else:
        task_follow(task, kind=TaskKind.ADJUDICATION, role=Role.PHYSICIAN, proposal=task.proposal)
    return None


def _ask_for_corrections(task: ReviewTask, act: Act) -> ReviewTask:
    """One of whoever rejected last; where the protocol asks for two, the second of somebody else, from the queue."""
    common: dict[str, Any] = {
        "kind": TaskKind.CORRECTION, "role": task.role, "proposal": task.proposal,
        "replicas": task.corrections, "corrections": task.corrections, "agree_dsc": task.agree_dsc,
    }  # fmt: skip
    for replica in range(1, task.corrections):
        task_follow(task, replica=replica, **common)
    return task_follow(task, for_user=act.actor, **common)


def _decisions(model: type[Act], readings: Iterable[ReviewTask]) -> set[str]:
    acts = (current_act(model, reading) for reading in readings)
    return {act.decision for act in acts if act is not None}


def after_correction(task: ReviewTask, act: Act) -> ReviewTask | None:
    """A correction settles the film, an exclusion takes it out; doubt, or two who see it differently, call an MD.

    Of two corrections the one that was sent first settles it, unless they differ too much: then an MD picks one of
    them, not knowing whose they are.
    """
    readings = _replicas(task) if task.replicas > 1 else [task]
    if any(reading.state in UNSETTLED for reading in readings):
        return None
    edits = [edit for reading in readings if isinstance(edit := current_act(Edit, reading), Edit)]
    edits.sort(key=lambda edit: (edit.created_at, edit.pk))
    said = {edit.decision for edit in edits}
    masks = [edit.result for edit in edits if edit.result is not None]
    if said == {EditDecision.EXCLUDE}:
        _settle(task, edits[0], "excluded", None, edits[0].comment)
    elif said != {EditDecision.CORRECT}:
        task_follow(task, kind=TaskKind.ADJUDICATION, role=Role.PHYSICIAN, proposal=task.proposal)
    elif len(masks) > 1 and task.agree_dsc and dice(mask_read(masks[0]), mask_read(masks[1])) < task.agree_dsc:
        choice = task_follow(task, kind=TaskKind.SELECTION, role=Role.PHYSICIAN, proposal=None)
        # Ids are random, so their order says neither who drew nor who was first.
        masks.sort(key=lambda mask: mask.pk)
        TaskCandidate.objects.bulk_create(
            TaskCandidate(task=choice, mask=mask, position=place, tie_group=place) for place, mask in enumerate(masks)
        )
    else:
        # What began with nothing is a drawing, whoever asked for it.
        _settle(task, edits[0], "corrected" if edits[0].start_id else "drawn", masks[0])
    return None


def after_adjudication(task: ReviewTask, act: Act) -> ReviewTask | None:
    """The MD accepts, draws or excludes; advice goes to an annotator's editor; a referral to another MD."""
    assert isinstance(act, Adjudication)
    if act.decision == AdjudicationDecision.ACCEPT:
        _settle(task, act, "adjudicated", task.proposal)
    elif act.decision == AdjudicationDecision.DRAW:
        _settle(task, act, "drawn", act.result)
    elif act.decision == AdjudicationDecision.EXCLUDE:
        _settle(task, act, "excluded", None, act.comment)
    elif act.decision == AdjudicationDecision.ADVISE:
        task_follow(task, kind=TaskKind.CORRECTION, role=_corrector(task), proposal=task.proposal)
    else:
        task_follow(task, kind=TaskKind.ADJUDICATION, role=Role.PHYSICIAN, proposal=task.proposal)
    return None


def _corrector(task: ReviewTask) -> str:
    """The role of those who worked on the film first: where MDs draw, the project may have no annotators."""
    while task.parent is not None:
        task = task.parent
    return Role.PHYSICIAN if task.kind == TaskKind.CORRECTION and task.role == Role.PHYSICIAN else Role.ANNOTATOR


def after_selection(task: ReviewTask, act: Act) -> ReviewTask | None:
    """Equal picks decide (one tie group is one pick); where readers differ an MD chooses among the same masks.

    Where it was between two corrections, the picked one settles the film; if neither will do, an MD decides on it.
    """
    assert isinstance(act, Selection)
    if task.parent is not None and task.parent.kind == TaskKind.CORRECTION:
        if act.decision == SelectionDecision.PICK:
            _settle(task, act, "corrected", act.picked)
        else:
            task_follow(task, kind=TaskKind.ADJUDICATION, role=Role.PHYSICIAN, proposal=task.parent.proposal)
        return None
    acts = [act]
    if task.replicas > 1:
        readings = _replicas(task)
        if any(reading.state in UNSETTLED for reading in readings):
            return None
        found = (current_act(Selection, reading) for reading in readings)
        acts = [reading for reading in found if isinstance(reading, Selection)]
    if all(a.decision == SelectionDecision.DENY for a in acts):
        _settle(task, act, "denied", None)
    elif len({tuple(sorted(a.credited)) for a in acts}) == 1:
        _settle(task, act, "picked", acts[0].picked)
    else:
        follow = task_follow(task, kind=TaskKind.SELECTION, role=Role.PHYSICIAN, proposal=None, shown_at=task.shown_at)
        TaskCandidate.objects.bulk_create(
            TaskCandidate(task=follow, mask=c.mask, position=c.position, tie_group=c.tie_group)
            for c in task.candidates.all()
        )
    return None


def after_verification(task: ReviewTask, act: Act) -> ReviewTask | None:
    """Confirmed keeps the mask, corrected brings a new one."""
    if act.decision == "confirm":
        _settle(task, act, "confirmed", task.proposal)
    else:
        _settle(task, act, "verified_corrected", act.result)  # type: ignore[attr-defined]
    return None
