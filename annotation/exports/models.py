"""Frozen dataset versions."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from annotation.common.models import AppendOnlyModel
from annotation.images.models import Image
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

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "image", "target"], name="one_mask_per_film_target")]

    def __str__(self) -> str:
        return f"{self.version} {self.image_id}"
