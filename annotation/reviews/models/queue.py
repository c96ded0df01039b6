"""Review tasks with their leases and replicas, in batches."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from annotation.common.models import BaseModel
from annotation.images.models import ProjectImage
from annotation.masks.models import Mask
from annotation.projects.models import Project, Role


class BatchState(models.TextChoices):
    """An open batch takes work and undo; a closed one keeps both as they are."""

    OPEN = "open", "open"
    CLOSED = "closed", "closed"


class ReviewBatch(BaseModel):
    """Tasks that are opened and closed together: one round of review."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="batches")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=32)
    """As people say it: ``II.1``."""
    state = models.CharField(max_length=8, choices=BatchState, default=BatchState.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="batch_number_once")]

    def __str__(self) -> str:
        return f"{self.project} {self.name}"


class TaskKind(models.TextChoices):
    """What is asked of the reviewer."""

    VERDICT = "verdict", "verdict on a proposal"
    CORRECTION = "correction", "correct the proposal"
    ADJUDICATION = "adjudication", "MD's decision on an unsure film"
    SELECTION = "selection", "pick the best candidate"
    VERIFICATION = "verification", "confirm or correct the final mask"


class TaskState(models.TextChoices):
    """A task is open until its work counts, or until it is not needed any more; ``ALLOWED`` says what follows what."""

    OPEN = "open", "open"
    DONE = "done", "done"
    CANCELLED = "cancelled", "not needed any more"
    SET_ASIDE = "set_aside", "set aside: its film could not be loaded"


ALLOWED: dict[str, frozenset[str]] = {
    TaskState.OPEN: frozenset({TaskState.DONE, TaskState.CANCELLED, TaskState.SET_ASIDE}),
    TaskState.DONE: frozenset({TaskState.OPEN}),
    TaskState.SET_ASIDE: frozenset({TaskState.OPEN, TaskState.CANCELLED}),
    TaskState.CANCELLED: frozenset(),
}
UNSETTLED = (TaskState.OPEN, TaskState.SET_ASIDE)
"""A film with such a task still waits for somebody: it is read blind, and its batch stays open."""


class ReviewTask(BaseModel):
    """One piece of work for one person. A film that is read twice has two replicas, for two people.

    The lease lives on the row, so "one open lease per task and replica" is the row itself.
    """

    batch = models.ForeignKey(ReviewBatch, on_delete=models.PROTECT, related_name="tasks")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="tasks")
    project_image = models.ForeignKey(ProjectImage, on_delete=models.PROTECT, related_name="tasks")
    kind = models.CharField(max_length=16, choices=TaskKind)
    role = models.CharField(max_length=16, choices=Role)
    state = models.CharField(max_length=16, choices=TaskState, default=TaskState.OPEN)
    replica = models.PositiveSmallIntegerField(default=0)
    replicas = models.PositiveSmallIntegerField(default=1)
    order = models.PositiveIntegerField(default=0)
    """Place in the queue of its batch."""
    proposal = models.ForeignKey(Mask, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    """The task whose act made this one: a rejected verdict, an MD's advice."""
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    is_probe = models.BooleanField(default=False)
    corrections = models.PositiveSmallIntegerField(default=1)
    """How many people correct the film where all its readers reject, each for himself."""
    agree_dsc = models.FloatField(null=True, blank=True)
    """Of two corrections: below this DSC, 0..1 at film resolution, an MD picks one."""
    repeat_of = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="repeat")
    """The choice that this one repeats, for the person whose choice that was; nobody else is given it."""
    due_after = models.PositiveSmallIntegerField(null=True, blank=True)
    """Of a repeat: how many other films its person chooses on first."""
    shown_at = models.PositiveSmallIntegerField(null=True, blank=True)
    """Of a choice that drawings compete in: the side in pixels through which all its masks pass on their way to the
    screen, so that a drawing is as smooth as a network's mask. What is picked counts as it was made."""
    shown_as = models.UUIDField(null=True, blank=True, unique=True)
    """Of a repeat: the id under which its film is sent, as the film's own would be known again."""
    lease_holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lease_token = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    """When the holder looked at it; before that a prefetched task may be taken over."""
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    set_aside_by = models.ForeignKey(
        "reviews.Report", null=True, blank=True, on_delete=models.PROTECT, related_name="set_aside"
    )
    """The report that took it out of the queue; taking the report back brings all of its tasks back."""

    class Meta:
        ordering = ["order", "created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "project_image", "kind", "replica", "is_probe"],
                condition=Q(state="open", repeat_of__isnull=True),
                name="one_open_task_per_film_kind_and_replica",
            ),
            models.CheckConstraint(
                name="repeats_are_single_choices_under_a_name_of_their_own",
                condition=Q(repeat_of__isnull=True, due_after__isnull=True, shown_as__isnull=True)
                | Q(
                    repeat_of__isnull=False,
                    due_after__isnull=False,
                    due_after__gt=0,
                    shown_as__isnull=False,
                    kind="selection",
                    replicas=1,
                    is_probe=False,
                    parent__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="only_choices_are_shown_at_a_size", condition=Q(shown_at__isnull=True) | Q(kind="selection")
            ),
            models.CheckConstraint(
                name="lease_is_whole_or_absent",
                condition=Q(lease_holder__isnull=True, lease_token__isnull=True, lease_expires_at__isnull=True)
                | Q(lease_holder__isnull=False, lease_token__isnull=False, lease_expires_at__isnull=False),
            ),
            models.CheckConstraint(
                name="only_open_tasks_are_leased", condition=Q(state="open") | Q(lease_holder__isnull=True)
            ),
            models.CheckConstraint(
                name="done_tasks_name_who_did_them",
                condition=Q(state="done", done_by__isnull=False) | (~Q(state="done") & Q(done_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="set_aside_tasks_name_their_report",
                condition=Q(state="set_aside", set_aside_by__isnull=False)
                | (~Q(state="set_aside") & Q(set_aside_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="two_corrections_have_their_limit",
                condition=Q(corrections=1, agree_dsc__isnull=True)
                | Q(
                    corrections=2,
                    agree_dsc__isnull=False,
                    agree_dsc__gte=0,
                    agree_dsc__lte=1,
                    kind__in=["verdict", "correction"],
                    is_probe=False,
                ),
            ),
            models.CheckConstraint(name="replica_below_replicas", condition=Q(replica__lt=F("replicas"))),
            models.CheckConstraint(
                name="proposals_where_needed",
                condition=Q(kind__in=["selection", "adjudication", "correction"]) | Q(proposal__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["project", "role", "order"], condition=Q(state="open"), name="queue_of_open_tasks"),
            models.Index(fields=["batch", "state"], name="tasks_by_batch"),
            # Which choices come back to whom: asked with every "next", and all that was ever done is in this table.
            models.Index(fields=["done_by", "batch", "settled_at"], condition=Q(state="done"), name="tasks_by_doer"),
            models.Index(fields=["lease_expires_at"], condition=Q(state="open"), name="leases_to_sweep"),
            models.Index(fields=["lease_holder"], condition=Q(state="open"), name="leases_by_holder"),
            models.Index(
                fields=["batch"], condition=Q(state="open", repeat_of__isnull=False), name="repeats_that_wait"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def settles(self) -> bool:
        """Whether its work makes anything of the film. Probes and repeats look at their readers alone."""
        return not self.is_probe and self.repeat_of_id is None


class TaskCandidate(BaseModel):
    """A mask offered in a blind choice; ``position`` is the stored permutation, 0-based."""

    task = models.ForeignKey(ReviewTask, on_delete=models.CASCADE, related_name="candidates")
    mask = models.ForeignKey(Mask, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    tie_group = models.PositiveSmallIntegerField()
    """Near-identical candidates share it; a pick credits each member 1/k."""

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["task", "position"], name="one_candidate_per_position"),
            models.UniqueConstraint(fields=["task", "mask"], name="candidate_once_per_task"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.position}"
