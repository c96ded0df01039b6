"""Simulated annotators and MDs: they ask the queue, look, and submit through the services that the REST API calls."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.accounts.models import User
from annotation.images.models import Image
from annotation.masks.codec import encode_png
from annotation.masks.display import resampled
from annotation.masks.models import Mask
from annotation.masks.services import mask_read
from annotation.projects.models import Project
from annotation.reviews.models import ReviewTask, TaskKind
from annotation.reviews.services import (
    Receipt,
    Submission,
    adjudication_submit,
    correction_submit,
    selection_submit,
    task_open,
    tasks_next,
    verdict_submit,
    verification_submit,
)
from annotation.simulation.costs import ActRecord, Costs, seconds_of
from annotation.simulation.oracle import Judge, Truth, draw, repair
from mlbackend.metrics import dice

BoolMask = NDArray[np.bool_]
DRAWN_AT_WORST, DRAWN_AT_BEST = 0.3, 0.995


@dataclass
class People:
    """The reviewers of a run. ``unusable`` are the sha256 of films that are excluded on sight."""

    project: Project
    users: list[User]
    judge: Judge
    truth: Truth
    costs: Costs
    unusable: frozenset[str] = frozenset()
    draw_dsc: float = 0.85
    draw_spread: float = 0.0
    """Where a drawing from nothing ends: mean and standard deviation of its DSC with the truth."""

    def work_once(self) -> list[Receipt]:
        """Everybody does one task, in turn; the receipts, none where the queue had nothing for anybody."""
        receipts = []
        for user in self.users:
            for task in tasks_next(user=user, project=self.project, count=1):
                receipts.append(self.work(user, task))
        return receipts

    def work(self, user: User, task: ReviewTask) -> Receipt:
        """Open a task, decide by the rules, submit with the modelled seconds."""
        task_open(user=user, task_id=task.pk)
        task = ReviewTask.objects.select_related("project_image__image", "proposal", "batch").get(pk=task.pk)
        acts = {
            TaskKind.VERDICT: self._verdict,
            TaskKind.CORRECTION: self._correction,
            TaskKind.ADJUDICATION: self._adjudication,
            TaskKind.SELECTION: self._selection,
            TaskKind.VERIFICATION: self._verification,
        }
        return acts[TaskKind(task.kind)](user, task)

    def _true(self, image: Image) -> BoolMask:
        return self.truth.mask(image.sha256, width=image.width, height=image.height)

    def _seen(
        self, user: User, image: Image, mask: Mask | None, *, again: bool = False, shown_at: int | None = None
    ) -> tuple[float, BoolMask, BoolMask]:
        """Perceived DSC, the mask's pixels as they are shown, and the truth's. Who looks ``again`` misjudges anew."""
        truth = self._true(image)
        pixels = mask_read(mask) if mask is not None else np.zeros_like(truth)
        pixels = resampled(pixels, shown_at) if shown_at else pixels
        dsc = float(dice(pixels, truth))
        what = [user.username, image.sha256, mask.sha256 if mask else "", *(["again"] if again else [])]
        return self.judge.perceived(dsc, *what), pixels, truth

    def _submission(self, user: User, task: ReviewTask, kind: str, start_dsc: float | None = None) -> Submission:
        assert task.lease_token is not None
        seconds = seconds_of(ActRecord(kind, task.batch.name, start_dsc), self.costs)
        return Submission(user, task.pk, uuid.uuid4().hex, task.lease_token, seconds)

    def _mended(self, image: Image, pixels: BoolMask, truth: BoolMask, hand: str = "") -> bytes:
        """What a person makes of a mask: touched up, or drawn anew where it is hopeless. ``hand`` tells two apart who
        draw on the same film.
        """
        target = self.judge.rules.correct_dsc
        seed = self.judge.number("hand", image.sha256, *([hand] if hand else []))
        hopeless = dice(pixels, truth) < self.costs.redraw_below
        return encode_png(draw(truth, target, seed) if hopeless else repair(pixels, truth, target, seed))

    def _verdict(self, user: User, task: ReviewTask) -> Receipt:
        image = task.project_image.image
        submission = self._submission(user, task, "verdict")
        if image.sha256 in self.unusable:
            return verdict_submit(submission=submission, decision="exclude", comment="too noisy to see the outline")
        dsc, _, _ = self._seen(user, image, task.proposal)
        decision = self.judge.verdict(dsc)
        comment = "not sure where the outline runs" if decision == "unsure" else ""
        return verdict_submit(submission=submission, decision=decision, comment=comment)

    def _correction(self, user: User, task: ReviewTask) -> Receipt:
        image = task.project_image.image
        truth = self._true(image)
        pixels = mask_read(task.proposal) if task.proposal else np.zeros_like(truth)
        submission = self._submission(user, task, "correction", float(dice(pixels, truth)))
        if task.proposal is None:
            return correction_submit(submission=submission, png=self._drawn(user, task, truth))
        hand = user.username if task.replicas > 1 else ""
        return correction_submit(submission=submission, png=self._mended(image, pixels, truth, hand))

    def _drawn(self, user: User, task: ReviewTask, truth: BoolMask) -> bytes:
        """A drawing from nothing, with this person's error on this film in this batch; of nothing, nothing."""
        if not truth.any():
            return encode_png(truth)
        seed = self.judge.number("drawing", user.username, task.project_image.image.sha256, task.batch.name)
        error = float(np.random.default_rng(seed).standard_normal())
        target = min(DRAWN_AT_BEST, max(DRAWN_AT_WORST, self.draw_dsc + self.draw_spread * error))
        return encode_png(draw(truth, target, seed))

    def _adjudication(self, user: User, task: ReviewTask) -> Receipt:
        dsc, _, _ = self._seen(user, task.project_image.image, task.proposal)
        submission = self._submission(user, task, "adjudication")
        if dsc >= self.judge.rules.accept_dsc:
            return adjudication_submit(submission=submission, decision="accept")
        return adjudication_submit(
            submission=submission, decision="advise", comment="follow the outer border of the lung"
        )

    def _selection(self, user: User, task: ReviewTask) -> Receipt:
        image = task.project_image.image
        candidates = list(task.candidates.select_related("mask").order_by("position"))
        again = task.repeat_of_id is not None
        index = self.judge.pick(
            [self._seen(user, image, one.mask, again=again, shown_at=task.shown_at)[0] for one in candidates]
        )
        if index is None:
            return selection_submit(submission=self._submission(user, task, "deny"), decision="deny")
        submission = self._submission(user, task, "pick")
        return selection_submit(submission=submission, decision="pick", position=candidates[index].position)

    def _verification(self, user: User, task: ReviewTask) -> Receipt:
        image = task.project_image.image
        dsc, pixels, truth = self._seen(user, image, task.proposal)
        if self.judge.confirms(dsc):
            submission = self._submission(user, task, "verification")
            return verification_submit(submission=submission, decision="confirm")
        submission = self._submission(user, task, "verification", float(dice(pixels, truth)))
        return verification_submit(submission=submission, decision="correct", png=self._mended(image, pixels, truth))


def cast(annotators: int, physicians: int) -> list[tuple[str, str]]:
    """(username, role) of everybody, annotators and MDs in turn as far as both last."""
    lists = [[(f"annotator-{i + 1}", "annotator") for i in range(annotators)]]
    lists.append([(f"physician-{i + 1}", "physician") for i in range(physicians)])
    longest = max(len(people) for people in lists)
    return [people[i] for i in range(longest) for people in lists if i < len(people)]
