"""The repository of settled masks, and what may be trained on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils import timezone

from annotation.common.errors import Conflict
from annotation.images.models import ImageRole, ImageSplit, ImageState, ProjectImage
from annotation.masks.models import Mask, ModelVersion
from annotation.projects.models import Project
from annotation.reviews.events import Settlement
from annotation.reviews.models import ReviewTask
from annotation.rounds.models import Provenance, RepositoryEntry, RoundFilm
from mlbackend.contracts import Split, TrainSample


def current(project: Project) -> QuerySet[RepositoryEntry]:
    """The ground truth as it stands: one entry a film, excluded films left out."""
    return RepositoryEntry.objects.filter(project=project, superseded_at__isnull=True).exclude(
        project_image__state=ImageState.EXCLUDED
    )


def truth_set(
    *, project_image: ProjectImage, mask: Mask, provenance: str, round_number: int, verified: str = ""
) -> RepositoryEntry:
    """A new truth for a film; the old one is superseded and stays."""
    old = RepositoryEntry.objects.filter(project_image=project_image)
    versions = dict(old.order_by().values_list("version", "superseded_at"))
    version = max(versions, default=0) + 1
    if None in versions.values():
        old.filter(superseded_at__isnull=True).update(superseded_at=timezone.now())
    return RepositoryEntry.objects.create(
        project_id=project_image.project_id, project_image=project_image, mask=mask, provenance=provenance,
        version=version, round_number=round_number, verified=verified,
    )  # fmt: skip


UNREAD_OF_FILMS = ("quality", "metadata", "spacing_mm", "window", "features")
"""JSON that no training is told."""

OUTCOMES: dict[str, str] = {
    "accepted": Provenance.ACCEPTED,
    "corrected": Provenance.CORRECTED,
    "adjudicated": Provenance.ADJUDICATED,
    "drawn": Provenance.DRAWN,
    "picked": Provenance.PICKED,
}


def record_settlement(settlement: Settlement) -> None:
    """Listener of the queue: a settled film's mask enters the repository, in the same transaction."""
    film = settlement.project_image
    number = settlement.task.batch.number
    if settlement.outcome == "excluded":
        film.state, film.exclusion_reason = ImageState.EXCLUDED, settlement.reason[:200] or "excluded"
    elif settlement.outcome == "denied":
        film.state = ImageState.DENIED
        # A drawing that competed and was denied with the others is no truth any more.
        RepositoryEntry.objects.filter(project_image=film, superseded_at__isnull=True).update(
            superseded_at=timezone.now()
        )
    elif settlement.outcome in {"confirmed", "verified_corrected"}:
        _record_verification(settlement)
        return
    else:
        assert settlement.mask is not None
        film.state = ImageState.SETTLED
        truth_set(
            project_image=film, mask=settlement.mask, provenance=OUTCOMES[settlement.outcome], round_number=number
        )
    film.save(update_fields=["state", "exclusion_reason"])


def _record_verification(settlement: Settlement) -> None:
    entry = RepositoryEntry.objects.get(project_image=settlement.project_image, superseded_at__isnull=True)
    confirmed = settlement.outcome == "confirmed"
    truth_set(
        project_image=settlement.project_image,
        mask=entry.mask if confirmed or settlement.mask is None else settlement.mask,
        provenance=entry.provenance if confirmed else Provenance.CORRECTED,
        round_number=settlement.task.batch.number,
        verified="confirmed" if confirmed else "corrected",
    )


def record_reopening(task: ReviewTask, project_image: ProjectImage) -> None:
    """Listener of the queue: an undone settlement leaves the repository; the truth before it stands again."""
    last = (
        RepositoryEntry.objects.filter(project_image=project_image, superseded_at__isnull=True)
        .order_by("-version")
        .first()
    )
    if task.kind == "verification":
        if last is not None and last.verified:
            before = RepositoryEntry.objects.filter(project_image=project_image, version__lt=last.version, verified="")
            entry = before.order_by("-version").first()
            assert entry is not None
            truth_set(
                project_image=project_image, mask=entry.mask, provenance=entry.provenance,
                round_number=entry.round_number,
            )  # fmt: skip
        return
    if last is not None and last.round_number == task.batch.number:
        last.superseded_at = timezone.now()
        last.save(update_fields=["superseded_at"])
    project_image.state, project_image.exclusion_reason = ImageState.CHOSEN, ""
    project_image.save(update_fields=["state", "exclusion_reason"])


def barred_groups(project: Project) -> set[UUID]:
    """Split groups that nothing is trained on: those of the validation pool and of the test set."""
    rows = ProjectImage.objects.filter(project=project, split__in=[ImageSplit.VALIDATION, ImageSplit.TEST])
    return set(rows.values_list("image__patient__split_group", flat=True))


def training_samples(project: Project, *, include_seeds: bool, include_pool: bool) -> list[TrainSample]:
    """What a network learns from and is selected on, in an order that does not depend on the database.

    Training: current truths outside the groups of the validation pool and the test set. Validation: the films of the
    fixed validation pool, always and only these: seeds, or what the protocol's first stage had drawn. Grown: the pool's
    films that joined validation with their batch; they are scored apart. Raises Conflict where one of the first two is
    empty.
    """
    barred = barred_groups(project)
    test_groups = set(
        ProjectImage.objects.filter(project=project, split=ImageSplit.TEST).values_list(
            "image__patient__split_group", flat=True
        )
    )
    drawn_first = set(
        RoundFilm.objects.filter(round__project=project, round__stage=0).values_list("project_image", flat=True)
    )
    entries = current(project).select_related("mask", "project_image__image__patient")
    entries = entries.defer("mask__note", *(f"project_image__image__{name}" for name in UNREAD_OF_FILMS))
    samples: list[tuple[str, TrainSample]] = []
    for entry in entries:
        film, image = entry.project_image, entry.project_image.image
        group = image.patient.split_group
        seed = film.role == ImageRole.SEED
        if film.split == ImageSplit.VALIDATION and group not in test_groups:
            split = Split.VALIDATION if seed or film.pk in drawn_first else Split.GROWN
        elif group not in barred and (include_seeds if seed else include_pool):
            split = Split.TRAIN
        else:
            continue
        sample = TrainSample(str(image.pk), image.rendition_key, entry.mask.storage_key, str(group), split)
        samples.append((image.sha256, sample))
    samples.sort(key=lambda pair: pair[0])
    for split in (Split.TRAIN, Split.VALIDATION):
        if not any(sample.split == split for _, sample in samples):
            raise Conflict(
                f"there is no film for {split}", code="no_samples",
                remedy="import more films of different patients, seeds where the protocol begins with seeds",
            )  # fmt: skip
    return [sample for _, sample in samples]


def check_test_score(model: ModelVersion) -> None:
    """Refuse a test score for a network that saw a test patient; raises Conflict that names how many."""
    tested = set(
        map(
            str,
            ProjectImage.objects.filter(project=model.project, split=ImageSplit.TEST).values_list(
                "image__patient__split_group", flat=True
            ),
        )
    )
    seen = tested & {*model.trained_groups, *model.selected_groups}
    if seen:
        raise Conflict(
            f"{model.name} of round {model.round_number} was trained or selected on {len(seen)} of the test patients",
            code="test_set_seen", remedy="train anew without them: the benchmark does", groups=sorted(seen)[:20],
        )  # fmt: skip


def settled_counts(project: Project) -> dict[str, Any]:
    """Films of the repository by provenance."""
    rows = current(project).order_by().values_list("provenance").annotate(films=Count("pk"))
    return dict(rows)
