"""What admins decided of films that reviewers had set aside."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.common.models import AppendOnlyModel
from annotation.images.models import ProjectImage
from annotation.reviews.models.queue import ReviewBatch


class ResolutionDecision(models.TextChoices):
    """The two ways out."""

    PUT_BACK = "put_back", "put back into the queue"
    EXCLUDE = "exclude", "excluded from the dataset"


class Resolution(AppendOnlyModel):
    """One decision on one film in one batch; it holds for all tasks of the film that were set aside."""

    batch = models.ForeignKey(ReviewBatch, on_delete=models.PROTECT, related_name="resolutions")
    project_image = models.ForeignKey(ProjectImage, on_delete=models.PROTECT, related_name="resolutions")
    decision = models.CharField(max_length=16, choices=ResolutionDecision)
    reason = models.CharField(max_length=200, blank=True)
    made_anew = models.BooleanField(default=False)
    """Whether the film's pictures were broken and have been made from its original again."""
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                name="resolution_excludes_with_a_reason", condition=~Q(decision="exclude") | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} {self.project_image_id}"
