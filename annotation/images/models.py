"""Films, whom they show, where they come from, and what they are to a project."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from annotation.common.models import AppendOnlyModel, BaseModel
from annotation.images.generated import suggestion_bits, worst_figure_of_all
from annotation.projects.models import Project


class Source(BaseModel):
    """Where films come from: a hospital, a dataset, a scanner."""

    name = models.CharField(max_length=200, unique=True)

    def __str__(self) -> str:
        return self.name


class Patient(BaseModel):
    """One person. ``identifier`` may be PHI and never leaves: ``images.pseudonyms`` makes what stands for it."""

    identifier = models.CharField(max_length=200, unique=True)
    assumed = models.BooleanField(default=False)
    """True where the import had no patient id and took the film for a patient of its own."""
    split_group = models.UUIDField(default=uuid.uuid4, db_index=True)
    """Patients linked by near duplicates share a group: splits take whole groups."""

    def __str__(self) -> str:
        return str(self.id)


class Image(BaseModel):
    """One film. The original may hold PHI and is never served; the rendition is a lossless grey PNG."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="images")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="images")
    label = models.CharField(max_length=64, blank=True)
    view = models.CharField(max_length=32, blank=True)
    sha256 = models.CharField(max_length=64, unique=True)
    """Of the original file."""
    pixel_sha256 = models.CharField(max_length=64, db_index=True)
    """Of the rendition's pixels with their shape: equal pixels in another container are an exact duplicate too."""
    perceptual_hash = models.CharField(max_length=16)
    """64-bit hash, hex."""
    original_key = models.CharField(max_length=200)
    rendition_key = models.CharField(max_length=200)
    file_name = models.CharField(max_length=255, blank=True)
    """Name in the manifest that brought it; may be PHI."""
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bits = models.PositiveSmallIntegerField(default=8)
    spacing_mm = models.JSONField(null=True, blank=True)
    """[row, column] in millimetres where known."""
    window = models.JSONField(null=True, blank=True)
    """[centre, width] in grey levels where known."""
    quality = models.JSONField(default=dict, blank=True)
    """Figures of ``images.quality``: contrast, noise, sharpness, SNR and the tier made of them."""
    quality_tier = models.CharField(max_length=8, blank=True)
    """``low``, ``medium`` or ``high``."""
    snr_db = models.GeneratedField(
        expression=Cast(KeyTextTransform("snr_db", "quality"), models.FloatField()),
        output_field=models.FloatField(null=True),
        db_persist=True,
    )
    """Signal to noise of ``quality``, dB: what lists are sorted by without reading the other figures."""
    suggestion_bits = models.GeneratedField(
        expression=suggestion_bits(), output_field=models.PositiveSmallIntegerField(), db_persist=True
    )
    """Which rules of ``images.suggestions`` hold, see ``images.generated``."""
    worst_figure = models.GeneratedField(
        expression=worst_figure_of_all(), output_field=models.FloatField(), db_persist=True
    )
    """0 (worst) to 1, ``suggestions.worst_figure``."""
    features = models.JSONField(default=list, blank=True)
    """Image features for the choice of batches: unit-free floats, see ``images.features``."""
    metadata = models.JSONField(default=dict, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    """When its patient was withdrawn: files and words are gone, the row stays where histories point to it."""

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(name="image_has_pixels", condition=Q(width__gte=1, height__gte=1)),
            models.CheckConstraint(name="image_bits_8_or_16", condition=Q(bits__in=[8, 16])),
        ]
        indexes = [
            models.Index(fields=["perceptual_hash"], name="image_by_hash"),
            models.Index(fields=["created_at"], name="image_by_age"),
            models.Index(fields=["id"], condition=Q(withdrawn_at__isnull=False), name="image_withdrawn"),
            # All that lists filter and sort by: a film's own row is long, and 34,000 of them are not read for a page.
            models.Index(fields=["id", "source", "label", "view", "quality_tier", "snr_db"], name="image_in_lists"),
            models.Index(
                fields=["id", "source", "label", "view", "quality_tier", "suggestion_bits", "worst_figure"],
                name="image_in_screening",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ImageSignature(models.Model):
    """A film in 1 KiB for the search of near duplicates; beside the film, so that lists of films stay light."""

    image = models.OneToOneField(Image, primary_key=True, on_delete=models.CASCADE, related_name="signature")
    coarse = models.BinaryField()
    """int8 (32, 32): band-passed, contrast-normalised; see ``mlbackend.duplicates``."""

    def __str__(self) -> str:
        return str(self.image_id)


class DuplicateLink(BaseModel):
    """Two films that are the same picture, by pixel correlation after registration."""

    first = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="+")
    hamming = models.PositiveSmallIntegerField()
    """Distance of the perceptual hashes, 0..64 bits."""
    correlation = models.FloatField()
    """Pearson correlation of the registered pixels, -1..1."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_link_once"),
            models.CheckConstraint(name="duplicate_link_of_two", condition=~Q(first=F("second"))),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ~ {self.second_id}"


class ImageRole(models.TextChoices):
    """What a film is to a project: a seed brings its mask, a pool film waits for one."""

    SEED = "seed", "seed"
    POOL = "pool", "pool"


class ImageState(models.TextChoices):
    """Where a film is on its way."""

    WAITING = "waiting", "waiting"
    CHOSEN = "chosen", "in a round"
    SETTLED = "settled", "has its mask"
    DENIED = "denied", "no candidate was good enough"
    EXCLUDED = "excluded", "out of the dataset"


class ImageSplit(models.TextChoices):
    """What a film's mask may be used for."""

    NONE = "", "training"
    VALIDATION = "validation", "validation"
    TEST = "test", "test"


class ProjectImage(BaseModel):
    """A film in a project."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="project_images")
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=8, choices=ImageRole)
    state = models.CharField(max_length=16, choices=ImageState, default=ImageState.WAITING)
    split = models.CharField(max_length=16, choices=ImageSplit, default=ImageSplit.NONE, blank=True)
    exclusion_reason = models.CharField(max_length=200, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    """Mean confidence, 0..1, of the networks that drew this film last; kept here so that lists can sort by it."""
    disagreement = models.FloatField(null=True, blank=True)
    """How far these networks disagreed, 0..1, on the mean; empty where one drew alone."""

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "image"], name="film_once_per_project"),
            models.CheckConstraint(name="seeds_are_never_tested", condition=~Q(role="seed") | ~Q(split="test")),
            models.CheckConstraint(
                name="seeds_are_never_reviewed", condition=~Q(role="seed") | Q(state__in=["settled", "excluded"])
            ),
            models.CheckConstraint(name="excluded_says_why", condition=~Q(state="excluded") | ~Q(exclusion_reason="")),
        ]
        indexes = [
            models.Index(fields=["project", "role", "state"], name="film_by_state"),
            models.Index(fields=["project", "created_at", "id"], name="film_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.image_id}"


class ScreeningOutcome(models.TextChoices):
    """What an admin decides of a pool film before anybody works on it."""

    OUT = "out", "taken out of the pool"
    IN = "in", "brought back"


class ScreeningDecision(AppendOnlyModel):
    """A film was taken out of the pool or brought back; the last one counts."""

    project_image = models.ForeignKey(ProjectImage, on_delete=models.PROTECT, related_name="screenings")
    outcome = models.CharField(max_length=8, choices=ScreeningOutcome)
    reason = models.CharField(max_length=200, blank=True)
    suggested = models.JSONField(default=list, blank=True)
    """Codes of ``images.suggestions`` that held when it was decided."""
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(name="screened_out_says_why", condition=~Q(outcome="out") | ~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.project_image} {self.outcome}"


class Withdrawal(BaseModel):
    """A patient was taken out. Holds nothing that identifies: keyed hashes, random ids and keys, and counts."""

    patient_id = models.UUIDField()
    """Of the row that was the patient's; it need not exist any more."""
    key_id = models.CharField(max_length=16)
    """Of the pseudonym key that made the hashes."""
    identifier_hash = models.CharField(max_length=64, unique=True)
    """Tells the same patient again, in a restored backup or a later import."""
    pseudonyms = models.JSONField(default=list)
    film_hashes = models.JSONField(default=list)
    """Keyed hashes of the films' pixels."""
    films = models.JSONField(default=list)
    """Ids of the films."""
    projects = models.JSONField(default=list)
    """Ids of the projects that held them."""
    files = models.JSONField(default=list)
    """Storage keys that are to be deleted; kept, as a restored storage has them again."""
    jobs = models.JSONField(default=list)
    """Ids of jobs whose whole folder goes."""
    counts = models.JSONField(default=dict)
    reason = models.CharField(max_length=200, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    looked_at = models.DateTimeField(null=True, blank=True)
    """When jobs and files were gone through first."""
    done_at = models.DateTimeField(null=True, blank=True)
    """When they were gone through again, after every worker had stopped."""

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return str(self.id)
