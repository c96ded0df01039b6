"""Films that somebody had looked at by networks, and what a network makes of each of a film's pixels."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from annotation.common.models import BaseModel
from annotation.images.models import Image
from annotation.jobs.models import Job
from annotation.masks.models import ModelVersion
from annotation.projects.models import Project


class FindingSet(BaseModel):
    """One question to the networks; the job's result holds the answer. Numbers count within the project."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="finding_sets")
    number = models.PositiveIntegerField()
    lungs = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    infection = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="finding_set")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="finding_set_number_once"),
            models.CheckConstraint(
                name="finding_set_needs_two_networks", condition=Q(infection=None) | ~Q(infection=F("lungs"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} findings {self.number}"


class ProbabilityMap(BaseModel):
    """What one network makes of each pixel of one film, for people to look at; the job's result says where it lies."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="probability_maps")
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="probability_maps")
    network = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="probability_map")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["image", "network"], name="probability_map_once_a_network"),
        ]

    def __str__(self) -> str:
        return f"{self.project} map of {self.image_id} by {self.network}"
