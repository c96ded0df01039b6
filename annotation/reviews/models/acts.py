"""What people did: append-only rows. An undo is a row that withdraws an earlier one; nothing is changed or deleted."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from annotation.common.models import AppendOnlyModel
from annotation.masks.models import Mask
from annotation.reviews.models.queue import ReviewTask

WITHDRAWN = "withdrawn"
MAX_ACTIVE_SECONDS = 4 * 3600


class VerdictDecision(models.TextChoices):
    """Stage II's four verdicts (tahir2021 section 2.2)."""

    ACCEPT = "accept", "accept"
    REJECT = "reject", "reject and correct"
    UNSURE = "unsure", "unsure"
    EXCLUDE = "exclude", "exclude"
    WITHDRAWN = WITHDRAWN, "withdrawn"


class EditDecision(models.TextChoices):
    """The corrector draws, or finds that nothing can be drawn: then as in the verdict."""

    CORRECT = "correct", "corrected"
    UNSURE = "unsure", "unsure: an MD looks"
    EXCLUDE = "exclude", "exclude"
    WITHDRAWN = WITHDRAWN, "withdrawn"


class AdjudicationDecision(models.TextChoices):
    """What an MD may do with an unsure film."""

    ACCEPT = "accept", "accept the proposal"
    ADVISE = "advise", "advise the correction"
    DRAW = "draw", "draw the mask"
    EXCLUDE = "exclude", "exclude"
    REFER = "refer", "ask another MD"
    WITHDRAWN = WITHDRAWN, "withdrawn"


class SelectionDecision(models.TextChoices):
    """Stage III's choice."""

    PICK = "pick", "pick"
    DENY = "deny", "deny all"
    WITHDRAWN = WITHDRAWN, "withdrawn"


class VerificationDecision(models.TextChoices):
    """Stage IV's choice."""

    CONFIRM = "confirm", "confirm"
    CORRECT = "correct", "correct"
    WITHDRAWN = WITHDRAWN, "withdrawn"


class ReportDecision(models.TextChoices):
    """A report has one outcome."""

    SET_ASIDE = "set_aside", "set aside"
    WITHDRAWN = WITHDRAWN, "withdrawn"


class Act(AppendOnlyModel):
    """One submission of one person on one task.

    ``counts`` is False for an opinion: work that came after the task had been settled by somebody else. Of the rows
    that count each has its ``sequence`` in the task, so two that race cannot both be the same step.
    """

    task = models.ForeignKey(ReviewTask, on_delete=models.PROTECT, related_name="%(class)ss")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    idempotency_key = models.CharField(max_length=64)
    request_digest = models.CharField(max_length=64)
    """Sha256 of what was sent: the same key with other content is a conflict, not a repeat."""
    decision = models.CharField(max_length=16)
    comment = models.TextField(blank=True)
    active_seconds = models.FloatField(validators=[MinValueValidator(0)])
    counts = models.BooleanField(default=True)
    sequence = models.PositiveSmallIntegerField(null=True)
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )

    class Meta:
        abstract = True
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["actor", "idempotency_key"], name="%(class)s_counts_once_however_often_sent"
            ),
            models.UniqueConstraint(fields=["task", "sequence"], name="%(class)s_one_counting_row_per_step"),
            models.CheckConstraint(
                name="%(class)s_counting_rows_have_a_step",
                condition=Q(counts=True, sequence__isnull=False) | Q(counts=False, sequence__isnull=True),
            ),
            models.CheckConstraint(
                name="%(class)s_active_seconds_in_range",
                condition=Q(active_seconds__gte=0, active_seconds__lte=MAX_ACTIVE_SECONDS),
            ),
            models.CheckConstraint(
                name="%(class)s_withdrawal_names_what_it_withdraws",
                condition=Q(decision=WITHDRAWN, supersedes__isnull=False)
                | (~Q(decision=WITHDRAWN) & Q(supersedes__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} {self.task_id}"


class Verdict(Act):
    """Accept, reject, unsure or exclude; ``comment`` holds the word or the reason."""

    class Meta(Act.Meta):
        constraints = [
            *Act.Meta.constraints,
            models.CheckConstraint(name="verdict_is_known", condition=Q(decision__in=VerdictDecision.values)),
            models.CheckConstraint(name="exclusion_says_why", condition=~Q(decision="exclude") | ~Q(comment="")),
        ]


class Edit(Act):
    """A correction: what it started from, what it became, how much changed; or why there is none, in ``comment``."""

    start = models.ForeignKey(Mask, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    result = models.ForeignKey(Mask, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    changed_pixels = models.PositiveBigIntegerField(default=0)
    dsc_with_start = models.FloatField(null=True, blank=True)
    """At film resolution, 0..1."""

    class Meta(Act.Meta):
        constraints = [
            *Act.Meta.constraints,
            models.CheckConstraint(name="edit_is_known", condition=Q(decision__in=EditDecision.values)),
            models.CheckConstraint(
                name="corrections_have_their_mask", condition=~Q(decision="correct") | Q(result__isnull=False)
            ),
            models.CheckConstraint(
                name="correctors_exclusion_says_why", condition=~Q(decision="exclude") | ~Q(comment="")
            ),
        ]


class Adjudication(Act):
    """An MD's decision; advice is ``comment`` and ``marks`` (polylines in film pixels)."""

    marks = models.JSONField(default=list, blank=True)
    result = models.ForeignKey(Mask, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta(Act.Meta):
        constraints = [
            *Act.Meta.constraints,
            models.CheckConstraint(name="adjudication_is_known", condition=Q(decision__in=AdjudicationDecision.values)),
            models.CheckConstraint(
                name="drawing_has_its_mask", condition=~Q(decision="draw") | Q(result__isnull=False)
            ),
        ]


class Selection(Act):
    """A blind choice among 2 to N masks: the picked position with its tie group's members, or deny."""

    picked = models.ForeignKey(Mask, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(null=True, blank=True)
    credited = models.JSONField(default=list, blank=True)
    """Ids of all masks of the picked tie group; each is credited 1/k."""

    class Meta(Act.Meta):
        constraints = [
            *Act.Meta.constraints,
            models.CheckConstraint(name="selection_is_known", condition=Q(decision__in=SelectionDecision.values)),
            models.CheckConstraint(
                name="pick_names_its_mask",
                condition=Q(decision="pick", picked__isnull=False) | (~Q(decision="pick") & Q(picked__isnull=True)),
            ),
        ]


class Verification(Act):
    """An MD's last look: confirm, or correct with a new mask."""

    result = models.ForeignKey(Mask, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    changed_pixels = models.PositiveBigIntegerField(default=0)
    dsc_with_start = models.FloatField(null=True, blank=True)

    class Meta(Act.Meta):
        constraints = [
            *Act.Meta.constraints,
            models.CheckConstraint(name="verification_is_known", condition=Q(decision__in=VerificationDecision.values)),
            models.CheckConstraint(
                name="verification_correction_has_its_mask",
                condition=~Q(decision="correct") | Q(result__isnull=False),
            ),
        ]


class Report(Act):
    """The film could not be loaded: its task leaves the queue until an admin has decided. Any kind of task may be
    reported; ``comment`` holds the words, which may be none.
    """

    class Meta(Act.Meta):
        constraints = [
            *Act.Meta.constraints,
            models.CheckConstraint(name="report_is_known", condition=Q(decision__in=ReportDecision.values)),
        ]


ACT_MODELS: dict[str, type[Act]] = {
    "verdict": Verdict,
    "correction": Edit,
    "adjudication": Adjudication,
    "selection": Selection,
    "verification": Verification,
}
"""What settles a task, by the task's kind."""

ALL_ACTS: dict[str, type[Act]] = {**ACT_MODELS, "report": Report}
"""Whatever people spend time on."""
