"""Rounds and their steps, and the repository of settled masks."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from annotation.common.models import BaseModel
from annotation.images.models import ProjectImage
from annotation.jobs.models import Job
from annotation.masks.models import Mask, ModelVersion
from annotation.projects.models import Project
from annotation.reviews.models import ReviewBatch


class RoundState(models.TextChoices):
    """States of a round."""

    OPEN = "open", "going on"
    FAILED = "failed", "a step failed"
    CLOSED = "closed", "closed"


class Round(BaseModel):
    """One walk through the steps of a stage: a training of stage I, a batch of stage II, the choice of stage III."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="rounds")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=32)
    """``I``, ``II.1``, ``III``, ``III.denied``, ``IV``."""
    stage = models.PositiveSmallIntegerField()
    """Index into the protocol's stages."""
    kind = models.CharField(max_length=32)
    """The stage's kind; the denied films of a choice are reviewed in a round of kind ``evaluation``."""
    state = models.CharField(max_length=8, choices=RoundState, default=RoundState.OPEN)
    batch = models.OneToOneField(ReviewBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="round")
    main_network = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """The main network when the round closed."""
    explanation = models.JSONField(default=dict, blank=True)
    """Why these films: strata, shares, and one line a film."""
    summary = models.JSONField(default=dict, blank=True)
    """Figures of the closed round."""
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="round_number_once"),
            models.UniqueConstraint(fields=["project"], condition=~Q(state="closed"), name="one_round_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.name}"


class StepState(models.TextChoices):
    """States of a step."""

    PENDING = "pending", "pending"
    RUNNING = "running", "running"
    DONE = "done", "done"
    FAILED = "failed", "failed"


class RoundStep(BaseModel):
    """One step of a round: choose, train, predict, review, elect, draw, verify."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="steps")
    index = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=32)
    params = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=8, choices=StepState, default=StepState.PENDING)
    jobs = models.ManyToManyField(Job, related_name="steps", blank=True)
    outcome = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["index"]
        constraints = [
            models.UniqueConstraint(fields=["round", "index"], name="step_index_once"),
            models.CheckConstraint(name="step_failed_says_why", condition=~Q(state="failed") | ~Q(error="")),
        ]

    def __str__(self) -> str:
        return f"{self.round} {self.index} {self.kind}"


class RoundFilm(BaseModel):
    """A film's place in a round: why it was chosen, and the stratum that it stands for."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="films")
    project_image = models.ForeignKey(ProjectImage, on_delete=models.PROTECT, related_name="rounds")
    order = models.PositiveIntegerField()
    stratum = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["round", "project_image"], name="film_once_per_round")]
        indexes = [models.Index(fields=["round", "order"], name="films_of_a_round_in_order")]

    def __str__(self) -> str:
        return f"{self.round} {self.project_image_id}"


class Provenance(models.TextChoices):
    """How a mask became ground truth."""

    SEED = "seed", "came with a seed film"
    ACCEPTED = "accepted", "a network's mask, accepted"
    CORRECTED = "corrected", "corrected by a person"
    ADJUDICATED = "adjudicated", "accepted by an MD"
    DRAWN = "drawn", "drawn by an MD"
    PICKED = "picked", "picked among candidates"


class RepositoryEntry(BaseModel):
    """The ground truth of one film, one version. A new truth supersedes the old row, which stays."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="repository")
    project_image = models.ForeignKey(ProjectImage, on_delete=models.PROTECT, related_name="repository")
    mask = models.ForeignKey(Mask, on_delete=models.PROTECT, related_name="repository")
    provenance = models.CharField(max_length=16, choices=Provenance)
    version = models.PositiveIntegerField()
    round_number = models.PositiveIntegerField()
    verified = models.CharField(max_length=16, blank=True)
    """Empty, ``confirmed`` or ``corrected``: what stage IV said of this film."""
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at"]
        verbose_name_plural = "repository entries"
        constraints = [
            models.UniqueConstraint(fields=["project_image", "version"], name="truth_version_once"),
            models.UniqueConstraint(
                fields=["project_image"], condition=Q(superseded_at__isnull=True), name="one_current_truth_per_film"
            ),
            models.CheckConstraint(name="verified_is_known", condition=Q(verified__in=["", "confirmed", "corrected"])),
        ]

    def __str__(self) -> str:
        return f"{self.project_image_id} v{self.version}"
