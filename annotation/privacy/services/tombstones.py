"""Rows that histories point to: what identifies is taken off them, the rest goes."""

from __future__ import annotations

from datetime import datetime

from django.db.models import ProtectedError
from django.utils import timezone

from annotation.images.models import DuplicateLink, Image, ImageSignature, ImageState, Patient, ProjectImage
from annotation.masks.models import Mask
from annotation.reviews.models import ReviewTask, TaskState
from annotation.reviews.models.queue import UNSETTLED
from annotation.reviews.services.move import MOVED, task_move
from annotation.rounds.models import RepositoryEntry

REASON = "withdrawn"


def place_clear(place: ProjectImage) -> None:
    """A film's place in a project, whose row is locked: nobody is asked of it any more, and it counts for nothing.

    It is excluded like a film that a reviewer excluded, so that a batch takes another one in its place; it leaves
    repository, validation pool and test set.
    """
    tasks = ReviewTask.objects.select_for_update(no_key=True, of=("self",)).filter(project_image=place)
    for task in tasks.filter(state__in=UNSETTLED).order_by("pk"):
        task_move(task, TaskState.CANCELLED)
        task.settled_at = timezone.now()
        task.save(update_fields=MOVED)
    RepositoryEntry.objects.filter(project_image=place, superseded_at=None).update(superseded_at=timezone.now())
    place.state, place.exclusion_reason, place.split = ImageState.EXCLUDED, REASON, ""
    place.confidence = place.disagreement = None
    place.save(update_fields=["state", "exclusion_reason", "split", "confidence", "disagreement"])


def mask_clear(mask: Mask) -> None:
    """A mask that somebody's act names: who or what drew it stays, the drawing does not."""
    mask.storage_key = mask.sha256 = ""
    mask.foreground_pixels = 0
    # Figures of closed rounds are made of the rest: how a probe was broken, how much a correction changed.
    mask.note = {name: value for name, value in mask.note.items() if name != "file"}
    mask.confidence = mask.disagreement = None
    mask.save()


def image_clear(image: Image, now: datetime) -> None:
    """The row goes; where something points to it, it stays as an empty one."""
    ImageSignature.objects.filter(image=image).delete()
    DuplicateLink.objects.filter(first=image).delete()
    DuplicateLink.objects.filter(second=image).delete()
    try:
        image.delete()
    except ProtectedError:
        image.sha256 = f"withdrawn:{image.pk}"
        image.pixel_sha256 = image.file_name = image.original_key = image.rendition_key = ""
        image.perceptual_hash = "0" * 16
        image.label = image.view = image.quality_tier = ""
        image.spacing_mm = image.window = None
        image.quality, image.metadata, image.features = {}, {}, []
        image.withdrawn_at = now
        image.save()


def patient_clear(patient: Patient) -> None:
    """As ``image_clear``."""
    try:
        patient.delete()
    except ProtectedError:
        patient.identifier = f"withdrawn:{patient.pk}"
        patient.save(update_fields=["identifier"])
