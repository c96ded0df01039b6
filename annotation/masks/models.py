"""Masks with their lineage, and the trained networks that drew them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.common.models import BaseModel
from annotation.images.models import Image, ImageRole
from annotation.jobs.models import Job
from annotation.projects.models import Convention, Project


class ModelVersion(BaseModel):
    """A trained network. Knows the split groups it was trained and selected on, so that no test score can cheat."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="model_versions")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="model_version")
    architecture = models.CharField(max_length=64)
    encoder = models.CharField(max_length=64)
    purpose = models.CharField(max_length=32)
    """Why it was trained: ``initial``, ``retrained``, ``candidate``, ``most_picked``."""
    round_number = models.PositiveIntegerField()
    image_size = models.PositiveIntegerField()
    weights_key = models.CharField(max_length=200)
    weights_sha256 = models.CharField(max_length=64)
    card_key = models.CharField(max_length=200, blank=True)
    data_hash = models.CharField(max_length=64, blank=True)
    validation_dsc = models.FloatField()
    """At the working size, 0..1."""
    grown_validation_dsc = models.FloatField(null=True, blank=True)
    """The same on validation films that came with later batches, which select nothing; empty where there are none."""
    best_epoch = models.PositiveIntegerField(default=0)
    parameters = models.PositiveBigIntegerField(default=0)
    trained_groups = models.JSONField(default=list)
    selected_groups = models.JSONField(default=list)
    withdrawn_films = models.JSONField(default=list, blank=True)
    """Ids of films that it learnt from or was selected on and that were withdrawn since: it is to be trained anew."""

    class Meta:
        ordering = ["created_at"]

    @property
    def name(self) -> str:
        """``unet-resnet18``."""
        return f"{self.architecture}-{self.encoder}"

    def __str__(self) -> str:
        return f"{self.name} round {self.round_number}"


LISTS = ("trained_groups", "selected_groups", "withdrawn_films")
"""What a network keeps of every patient that it knows: at 33,920 films more than a megabyte."""
LISTS_OF_MASKS = tuple(f"model_version__{name}" for name in LISTS)
"""The same by way of a mask: whoever reads masks with their networks defers them, or reads them with every mask."""


class MaskKind(models.TextChoices):
    """How a mask came to be."""

    SEED = "seed", "came with a seed film"
    CANDIDATE = "candidate", "drawn by a network"
    CORRECTION = "correction", "corrected by a person"
    DRAWING = "drawing", "drawn by a person from nothing"
    PROBE = "probe", "broken on purpose"


class Mask(BaseModel):
    """A 1-bit mask at the film's own resolution. ``parents`` name the masks that it was made from."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="masks")
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="masks")
    kind = models.CharField(max_length=16, choices=MaskKind)
    storage_key = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    """Of the PNG file."""
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    foreground_pixels = models.PositiveBigIntegerField()
    convention = models.CharField(max_length=16, choices=Convention)
    model_version = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="masks"
    )
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    round_number = models.PositiveIntegerField(default=0)
    confidence = models.FloatField(null=True, blank=True)
    disagreement = models.FloatField(null=True, blank=True)
    parents = models.ManyToManyField("self", symmetrical=False, related_name="children", blank=True)
    note = models.JSONField(default=dict, blank=True)
    """What was done: for probes how the mask was broken, for corrections pixels changed."""

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                name="machine_masks_name_their_network",
                condition=~Q(kind="candidate") | Q(model_version__isnull=False, author__isnull=True),
            ),
            models.CheckConstraint(
                name="human_masks_name_their_author",
                condition=~Q(kind__in=["correction", "drawing"]) | Q(author__isnull=False, model_version__isnull=True),
            ),
            models.CheckConstraint(
                name="mask_confidence_is_a_share",
                condition=Q(confidence__isnull=True) | Q(confidence__gte=0, confidence__lte=1),
            ),
            models.UniqueConstraint(
                fields=["job", "image", "model_version"],
                name="one_candidate_per_job_film_network",
                condition=Q(kind="candidate"),
            ),
        ]
        indexes = [models.Index(fields=["project", "image", "kind"], name="mask_by_film")]

    def __str__(self) -> str:
        return str(self.id)


class FilmImport(BaseModel):
    """One import into a project, so that it can be taken back."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="imports")
    role = models.CharField(max_length=8, choices=ImageRole)
    manifest = models.CharField(max_length=255, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    taken_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.project} {self.role} {self.created_at}"


class FilmImportItem(BaseModel):
    """What an import brought: a film into the project, or a mask of one. What was there before is not among it."""

    film_import = models.ForeignKey(FilmImport, on_delete=models.CASCADE, related_name="items")
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+")
    mask = models.ForeignKey(Mask, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    is_film = models.BooleanField(default=False)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.film_import_id} {self.image_id}"
