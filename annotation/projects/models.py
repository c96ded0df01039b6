"""Projects, their people and their drawing guide."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.common.models import AppendOnlyModel, BaseModel


class Target(models.TextChoices):
    """What is drawn."""

    LUNG = "lung", "lungs"
    INFECTION = "infection", "infection"


class Convention(models.TextChoices):
    """How the target is drawn; masks of different conventions are never pooled."""

    HEART_OUT = "heart_out", "lungs without the part behind the heart"
    HEART_IN = "heart_in", "lungs with the part behind the heart"
    INFECTION = "infection", "infection inside the lungs"


CONVENTIONS: dict[str, frozenset[str]] = {
    Target.LUNG: frozenset({Convention.HEART_OUT, Convention.HEART_IN}),
    Target.INFECTION: frozenset({Convention.INFECTION}),
}


class ProjectState(models.TextChoices):
    """States of a project; ``ALLOWED`` says which follow which."""

    SETUP = "setup", "being set up"
    RUNNING = "running", "running"
    PAUSED = "paused", "paused"
    FINISHED = "finished", "finished"


ALLOWED: dict[str, frozenset[str]] = {
    ProjectState.SETUP: frozenset({ProjectState.RUNNING}),
    ProjectState.RUNNING: frozenset({ProjectState.PAUSED, ProjectState.FINISHED}),
    ProjectState.PAUSED: frozenset({ProjectState.RUNNING}),
    ProjectState.FINISHED: frozenset(),
}


def current_pseudonym_key() -> str:
    """Id of the key with which new projects name patients."""
    return str(next(iter(settings.PSEUDONYM_KEYS)))


class Project(BaseModel):
    """One target on one pile of films, worked by one protocol, copied here so that it never changes."""

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    target = models.CharField(max_length=16, choices=Target)
    convention = models.CharField(max_length=16, choices=Convention)
    state = models.CharField(max_length=16, choices=ProjectState, default=ProjectState.SETUP)
    protocol = models.JSONField()
    """``protocol.Protocol.to_json()`` at the time the project was made."""
    random_seed = models.PositiveIntegerField(default=1)
    pseudonym_key = models.CharField(max_length=16, default=current_pseudonym_key)
    """Id of the key of its patients' pseudonyms, the same for all of its dataset versions."""
    archived_at = models.DateTimeField(null=True, blank=True)
    """Put away: nothing is handed out or trained, all stays readable; beside the state, which it finds again."""
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                name="project_convention_fits_target",
                condition=Q(target="lung", convention__in=["heart_in", "heart_out"])
                | Q(target="infection", convention="infection"),
            )
        ]

    def __str__(self) -> str:
        return self.slug


class Role(models.TextChoices):
    """What a person does in a project; one person may hold several roles."""

    ANNOTATOR = "annotator", "annotator"
    PHYSICIAN = "physician", "MD"
    ADMIN = "admin", "admin"
    RESEARCHER = "researcher", "researcher"


class Membership(BaseModel):
    """A person's role in a project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user", "role"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.project}"


class DrawingGuide(AppendOnlyModel):
    """What reviewers are told to draw; a new text is a new version."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="guides")
    version = models.PositiveIntegerField()
    text = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["version"]
        constraints = [models.UniqueConstraint(fields=["project", "version"], name="guide_version_once")]

    def __str__(self) -> str:
        return f"{self.project} guide {self.version}"


class GuideReading(AppendOnlyModel):
    """A person has had a version of the guide before the eyes."""

    guide = models.ForeignKey(DrawingGuide, on_delete=models.PROTECT, related_name="readings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["guide", "user"], name="guide_read_once")]

    def __str__(self) -> str:
        return f"{self.guide} read by {self.user}"
