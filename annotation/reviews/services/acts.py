"""The five acts. Each checks what the person sent, stores masks first, and writes one row through ``submit``."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np

from annotation.common.errors import Conflict, InvalidInput
from annotation.masks.codec import decode_mask_png
from annotation.masks.models import Mask, MaskKind
from annotation.masks.services import mask_read, mask_store
from annotation.projects.models import Membership, Role
from annotation.reviews.models import (
    Adjudication,
    AdjudicationDecision,
    Edit,
    EditDecision,
    ReviewTask,
    Selection,
    SelectionDecision,
    TaskKind,
    Verdict,
    VerdictDecision,
    Verification,
    VerificationDecision,
)
from annotation.reviews.services import flow
from annotation.reviews.services.submit import Receipt, Submission, submit
from mlbackend.metrics import dice


def _with(submission: Submission, **content: Any) -> Submission:
    return replace(submission, content=content)


def _png_content(png: bytes | None) -> str:
    return hashlib.sha256(png).hexdigest() if png else ""


def _known(decision: str, valid: list[str]) -> None:
    choices = [value for value in valid if value != "withdrawn"]
    if decision not in choices:
        raise InvalidInput(
            f"no decision {decision!r}", field="decision", value=decision, remedy=f"use one of {', '.join(choices)}"
        )


def _required(text: str, field: str, why: str) -> None:
    if not text.strip():
        raise InvalidInput(f"{field} is empty", field=field, value=text, remedy=why)


def verdict_submit(*, submission: Submission, decision: str, comment: str = "") -> Receipt:
    """Accept, reject, unsure or exclude a proposal. Exclusion needs its reason in ``comment``.

    A reject with one reader answers with the correction task, leased to the same person.
    """
    _known(decision, VerdictDecision.values)
    if decision == VerdictDecision.EXCLUDE:
        _required(comment, "comment", "say why the film cannot be used")
    return submit(
        Verdict,
        _with(submission, decision=decision, comment=comment),
        kind=TaskKind.VERDICT,
        fields=lambda task: {"decision": decision, "comment": comment},
        follow=flow.after_verdict,
    )


def _drawn(
    task: ReviewTask, submission: Submission, png: bytes | None, start: Mask | None, kind: str
) -> tuple[Mask, dict[str, Any]]:
    """Store a mask that a person sent; returns it with what changed against ``start``."""
    if not png:
        raise InvalidInput("no mask was sent", field="mask", remedy="attach the mask as a 1-bit PNG of the film's size")
    image = task.project_image.image
    mask_hw = decode_mask_png(png, width=image.width, height=image.height, field="mask")
    if not mask_hw.any() and task.project.target == "lung":
        raise InvalidInput(
            "the mask is empty", field="mask", remedy="draw the lungs, or exclude the film with a reason"
        )
    if mask_hw.all():
        raise InvalidInput("the mask covers the whole film", field="mask", remedy="draw the outline of the target")
    changed: dict[str, Any] = {"changed_pixels": int(mask_hw.sum()), "dsc_with_start": None}
    if start is not None:
        start_hw = mask_read(start)
        changed = {
            "changed_pixels": int(np.count_nonzero(mask_hw != start_hw)),
            "dsc_with_start": float(dice(mask_hw, start_hw)),
        }
    note: dict[str, Any] = {"task": str(task.pk), **changed}
    if task.proposal is not None and start != task.proposal:
        # Kept here, so that figures on what became of proposals read no pixels.
        note["dsc_with_proposal"] = float(dice(mask_hw, mask_read(task.proposal)))
    mask = mask_store(
        project=task.project, image=image, kind=kind, mask_hw=mask_hw, author=submission.actor,
        parents=[start] if start is not None else [], round_number=task.batch.number,
        note=note,
    )  # fmt: skip
    return mask, changed


def correction_submit(
    *,
    submission: Submission,
    png: bytes | None = None,
    decision: str = EditDecision.CORRECT,
    start_mask_id: UUID | str | None = None,
    comment: str = "",
) -> Receipt:
    """A corrected mask at film resolution; ``start_mask_id`` names another start than the proposal. Or no mask: the
    film is excluded with its reason, or unsure, which asks an MD who has not decided on it in this batch.
    """
    _known(decision, EditDecision.values)
    if decision == EditDecision.EXCLUDE:
        _required(comment, "comment", "say why the film cannot be used")
    if decision != EditDecision.CORRECT and png:
        raise InvalidInput(
            f"a mask was sent with {decision!r}",
            field="mask",
            remedy="send it with the decision correct, or none",
        )

    def fields(task: ReviewTask) -> dict[str, Any]:
        if decision != EditDecision.CORRECT:
            if decision == EditDecision.UNSURE:
                _an_md_is_left(task)
            return {"decision": decision, "comment": comment}
        start = _start(task, start_mask_id)
        kind = MaskKind.CORRECTION if start is not None else MaskKind.DRAWING
        mask, changed = _drawn(task, submission, png, start, kind)
        return {"decision": "correct", "comment": comment, "start": start, "result": mask, **changed}

    content = {"mask": _png_content(png), "start": str(start_mask_id or ""), "comment": comment}
    if decision != EditDecision.CORRECT:
        content["decision"] = decision
    return submit(
        Edit, _with(submission, **content), kind=TaskKind.CORRECTION, fields=fields, follow=flow.after_correction
    )


def _start(task: ReviewTask, start_mask_id: UUID | str | None) -> Mask | None:
    if start_mask_id is None:
        return task.proposal
    start = Mask.objects.filter(pk=start_mask_id, project=task.project, image=task.project_image.image).first()
    if start is None:
        raise InvalidInput(
            "no such mask of this film", field="start", value=str(start_mask_id), remedy="start from the proposal"
        )
    return start


def adjudication_submit(
    *,
    submission: Submission,
    decision: str,
    comment: str = "",
    marks: list[Any] | None = None,
    png: bytes | None = None,
) -> Receipt:
    """An MD's decision: accept, advise (words or marks), draw (a mask), exclude (a reason) or refer to another MD."""
    _known(decision, AdjudicationDecision.values)
    marks = marks or []
    if decision == AdjudicationDecision.EXCLUDE:
        _required(comment, "comment", "say why the film cannot be used")
    if decision == AdjudicationDecision.ADVISE and not marks:
        _required(comment, "comment", "advise in words or by marks on the film")

    def fields(task: ReviewTask) -> dict[str, Any]:
        values: dict[str, Any] = {"decision": decision, "comment": comment, "marks": marks}
        if decision == AdjudicationDecision.REFER:
            _another_md(task, submission)
        if decision == AdjudicationDecision.ACCEPT and task.proposal is None:
            raise InvalidInput(
                "there is no proposal to accept", field="decision", value=decision, remedy="draw the mask"
            )
        if decision == AdjudicationDecision.DRAW:
            values["result"], _ = _drawn(task, submission, png, None, MaskKind.DRAWING)
        return values

    content = {"decision": decision, "comment": comment, "marks": marks, "mask": _png_content(png)}
    return submit(
        Adjudication,
        _with(submission, **content),
        kind=TaskKind.ADJUDICATION,
        fields=fields,
        follow=flow.after_adjudication,
    )


def _asked_mds(task: ReviewTask) -> Any:
    """Ids of those who have decided on the film in this batch: nobody is asked twice."""
    return ReviewTask.objects.filter(
        batch=task.batch, project_image=task.project_image, kind=TaskKind.ADJUDICATION, done_by__isnull=False
    ).values("done_by")


def _mds(task: ReviewTask) -> Any:
    return Membership.objects.filter(project=task.project, role=Role.PHYSICIAN, user__is_active=True)


def _an_md_is_left(task: ReviewTask) -> None:
    """Where every MD has decided on the film, a task for them would wait for ever."""
    asked = _asked_mds(task)
    if asked.exists() and not _mds(task).exclude(user__in=asked).exists():
        raise Conflict(
            "the MDs of this project have decided on this film", code="no_other_md", field="decision", value="unsure",
            remedy="follow their advice, exclude the film with a reason, or ask an admin to add an MD",
        )  # fmt: skip


def _another_md(task: ReviewTask, submission: Submission) -> None:
    if not _mds(task).exclude(user=submission.actor).exclude(user__in=_asked_mds(task)).exists():
        raise Conflict(
            "there is no other MD in this project", code="no_other_md", field="decision", value="refer",
            remedy="decide yourself, or ask an admin to add an MD",
        )  # fmt: skip


def selection_submit(
    *, submission: Submission, decision: str, position: int | None = None, comment: str = ""
) -> Receipt:
    """Pick the candidate at ``position`` (0-based, as shown), or deny all. A pick credits its whole tie group."""
    _known(decision, SelectionDecision.values)

    def fields(task: ReviewTask) -> dict[str, Any]:
        values: dict[str, Any] = {"decision": decision, "comment": comment, "position": None, "picked": None}
        if decision == SelectionDecision.DENY:
            return values
        candidates = {candidate.position: candidate for candidate in task.candidates.select_related("mask")}
        candidate = candidates.get(position) if position is not None else None
        if candidate is None:
            raise InvalidInput(
                f"no candidate at position {position}", field="position", value=position,
                remedy=f"use one of {', '.join(str(p) for p in sorted(candidates))}",
            )  # fmt: skip
        tied = [str(c.mask_id) for c in candidates.values() if c.tie_group == candidate.tie_group]
        return {**values, "position": position, "picked": candidate.mask, "credited": sorted(tied)}

    return submit(
        Selection,
        _with(submission, decision=decision, position=position, comment=comment),
        kind=TaskKind.SELECTION,
        fields=fields,
        follow=flow.after_selection,
    )


def verification_submit(
    *, submission: Submission, decision: str, png: bytes | None = None, comment: str = ""
) -> Receipt:
    """An MD confirms the final mask, or corrects it."""
    _known(decision, VerificationDecision.values)

    def fields(task: ReviewTask) -> dict[str, Any]:
        values: dict[str, Any] = {"decision": decision, "comment": comment}
        if decision == VerificationDecision.CORRECT:
            mask, changed = _drawn(task, submission, png, task.proposal, MaskKind.CORRECTION)
            values |= {"result": mask, **changed}
        return values

    content = {"decision": decision, "comment": comment, "mask": _png_content(png)}
    return submit(
        Verification,
        _with(submission, **content),
        kind=TaskKind.VERIFICATION,
        fields=fields,
        follow=flow.after_verification,
    )
