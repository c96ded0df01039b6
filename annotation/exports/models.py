"""Frozen dataset versions, and the masks that their films had on the way."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.common.models import AppendOnlyModel, BaseModel
from annotation.images.models import Image
from annotation.jobs.models import Job
from annotation.masks.models import Mask
from annotation.projects.models import Project


class DatasetVersion(AppendOnlyModel):
    """A numbered, immutable choice of films with their masks. Files are made from its rows, always the same bytes."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="dataset_versions")
    """The first of the joined projects; the number counts within it."""
    projects = models.JSONField()
    """Slugs of all joined projects in order, with target and convention."""
    number = models.PositiveIntegerField()
    include_seeds = models.BooleanField(default=False)
    note = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    content_sha256 = models.CharField(max_length=64)
    """Over all items: equal content, equal hash."""
    summary = models.JSONField(default=dict)
    """Figures of the datasheet, frozen with the version."""
    labels = models.JSONField(null=True, editable=False)
    """By project: whose network draws the candidates, and which stage each label stands for. Not part of the content
    hash. None in versions that were frozen before label histories were kept."""

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="dataset_number_once")]

    def __str__(self) -> str:
        return f"{self.project} v{self.number}"


class DatasetItem(AppendOnlyModel):
    """One film with one mask of one target, as it was when the version was frozen."""

    version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="items")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+")
    mask = models.ForeignKey(Mask, on_delete=models.PROTECT, related_name="+")
    target = models.CharField(max_length=16)
    split = models.CharField(max_length=16)
    """``train``, ``validation`` or ``test``."""
    provenance = models.CharField(max_length=16)
    verified = models.CharField(max_length=16, blank=True)
    reviewers = models.JSONField(default=list)
    """Pseudonyms in order of their acts."""
    active_seconds = models.FloatField(default=0)
    row = models.JSONField(default=dict)
    """The manifest's other columns, frozen: label, view, source, patient's pseudonym, lineage."""
    labels = models.JSONField(null=True, editable=False)
    """By label: the mask after that stage, None where it was the network's still; and each stage's active seconds."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "image", "target"], name="one_mask_per_film_target")]

    def __str__(self) -> str:
        return f"{self.version} {self.image_id}"


class LabelHistory(BaseModel):
    """What a version still lacks of its label history: the first network's mask of every film, drawn by jobs."""

    version = models.OneToOneField(DatasetVersion, on_delete=models.PROTECT, related_name="label_history")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    jobs = models.ManyToManyField(Job, related_name="label_histories", blank=True)
    """Predictions of the films that the network had not drawn before; none where it had drawn all."""
    ready_at = models.DateTimeField(null=True, blank=True)
    content_sha256 = models.CharField(max_length=64, blank=True)
    """Over all rows of ``labels.csv``: equal masks, equal hash."""
    summary = models.JSONField(default=dict, blank=True)
    """By project: films by how the network knew them, and how many have a mask of each stage."""

    class Meta:
        verbose_name_plural = "label histories"
        constraints = [
            models.CheckConstraint(
                name="ready_history_has_its_hash",
                condition=Q(ready_at__isnull=True, content_sha256="")
                | (Q(ready_at__isnull=False) & ~Q(content_sha256="")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.version} labels"


class LabelCandidate(AppendOnlyModel):
    """The first network's mask of one film, as it was when the history became ready."""

    history = models.ForeignKey(LabelHistory, on_delete=models.PROTECT, related_name="candidates")
    item = models.OneToOneField(DatasetItem, on_delete=models.PROTECT, related_name="candidate")
    mask = models.ForeignKey(Mask, on_delete=models.PROTECT, related_name="+")
    mask_key = models.CharField(max_length=200)
    mask_sha256 = models.CharField(max_length=64)
    network_saw = models.CharField(max_length=16, blank=True)
    """``trained``, ``selected`` or ``related``, see ``mlbackend.contracts.labels``; empty: nothing of it."""

    def __str__(self) -> str:
        return f"{self.history_id} {self.item_id}"
