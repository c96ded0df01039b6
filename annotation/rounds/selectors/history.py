"""One film's whole way: tasks, acts, masks, truths. For researchers and admins."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.db.models import Q

from annotation.accounts.models import User
from annotation.common.errors import Conflict, Missing
from annotation.images.models import DuplicateLink, ProjectImage
from annotation.images.permissions import visible_images
from annotation.images.suggestions import RULES
from annotation.masks.models import LISTS_OF_MASKS, Mask
from annotation.projects.guards import require_research
from annotation.projects.models import Project
from annotation.reviews.models import ALL_ACTS, ReviewTask
from annotation.reviews.permissions import reads_blind
from annotation.rounds.models import Round
from annotation.rounds.selectors.films import THUMBNAIL

MASK_PIXELS = "/api/masks/{}/pixels"
MOST_RELATIVES = 60
RULE_LABELS = {rule.code: rule.label for rule in RULES}


def film_history(*, project: Project, image_id: UUID, user: User) -> dict[str, Any]:
    """Everything that happened to a film in a project, oldest first.

    Raises Missing, NotAllowed, or Conflict where the user is also a reviewer and the film is still being read: the
    history would tell him which network drew what, and which proposals are probes.
    """
    require_research(user, project)
    films = ProjectImage.objects.filter(project=project, image=image_id, image__withdrawn_at=None)
    film = films.select_related("image__source").first()
    if film is None:
        raise Missing("this project has no such film", field="image", value=str(image_id))
    tasks = list(ReviewTask.objects.filter(project_image=film).select_related("batch").order_by("created_at", "pk"))
    if reads_blind(user, project, image_id):
        raise Conflict(
            "this film is being read, and you are one of its readers", code="reading_is_blind",
            remedy="look again when its tasks are settled",
        )  # fmt: skip
    return {
        "image": str(film.image_id),
        "role": film.role,
        "state": film.state,
        "split": film.split,
        "exclusion_reason": film.exclusion_reason,
        "label": film.image.label,
        "source": film.image.source.name,
        "quality_tier": film.image.quality_tier,
        "imported_at": film.image.created_at,
        "joined_at": film.created_at,
        "relatives": _relatives(film, user),
        "rounds": list(
            film.rounds.order_by("round__number").values(
                "round__name", "round_id", "stratum", "reason", "order", "created_at"
            )
        ),
        "decisions": _decisions(film),
        "tasks": _tasks(tasks),
        "masks": _masks(project, film),
        "repository": [
            {
                "version": entry.version,
                "mask": str(entry.mask_id),
                "provenance": entry.provenance,
                "round_number": entry.round_number,
                "verified": entry.verified,
                "created_at": entry.created_at,
                "superseded_at": entry.superseded_at,
            }
            for entry in film.repository.order_by("version")
        ],
    }


def _relatives(film: ProjectImage, user: User) -> list[dict[str, Any]]:
    """Films of the same patient and near duplicates, as far as the user may see them; the likest first."""
    links = DuplicateLink.objects.filter(Q(first=film.image_id) | Q(second=film.image_id))
    alike = {
        second if first == film.image_id else first: correlation
        for first, second, correlation in links.values_list("first_id", "second_id", "correlation")
    }
    found = visible_images(user).filter(Q(pk__in=alike) | Q(patient=film.image.patient_id)).exclude(pk=film.image_id)
    rows = list(found.order_by("created_at", "pk").values_list("pk", "patient_id")[:MOST_RELATIVES])
    members = set(
        ProjectImage.objects.filter(project=film.project_id, image__in=[pk for pk, _ in rows]).values_list(
            "image_id", flat=True
        )
    )
    return [
        {
            "image": str(pk),
            "thumbnail": THUMBNAIL.format(pk),
            "same_patient": patient == film.image.patient_id,
            "correlation": alike.get(pk),
            "in_project": pk in members,
        }
        for pk, patient in sorted(rows, key=lambda row: -alike.get(row[0], -1.0))
    ]


def _tasks(tasks: list[ReviewTask]) -> list[dict[str, Any]]:
    acts = _acts([task.pk for task in tasks])
    return [
        {
            "id": str(task.pk),
            "kind": task.kind,
            "batch": task.batch.name,
            "role": task.role,
            "state": task.state,
            "replica": task.replica,
            "replicas": task.replicas,
            "is_probe": task.is_probe,
            "is_repeat": task.repeat_of_id is not None,
            "proposal": str(task.proposal_id) if task.proposal_id else None,
            "parent": str(task.parent_id) if task.parent_id else None,
            "candidates": [
                {"position": c.position, "mask": str(c.mask_id), "tie_group": c.tie_group}
                for c in task.candidates.order_by("position")
            ],
            "created_at": task.created_at,
            "settled_at": task.settled_at,
            "acts": acts[task.pk],
        }
        for task in tasks
    ]


def _decisions(film: ProjectImage) -> list[dict[str, Any]]:
    """What admins decided of the film: screening, and what became of it when it could not be loaded."""
    rows: list[dict[str, Any]] = [
        {
            "id": str(one.pk),
            "about": "screening",
            "decision": one.outcome,
            "actor": one.actor.pseudonym,
            "reason": one.reason,
            "suggested": [RULE_LABELS.get(code, code) for code in one.suggested],
            "created_at": one.created_at,
        }
        for one in film.screenings.select_related("actor")
    ]
    rows += [
        {
            "id": str(one.pk),
            "about": "set_aside",
            "decision": one.decision,
            "actor": one.actor.pseudonym,
            "reason": one.reason,
            "suggested": [],
            "created_at": one.created_at,
        }
        for one in film.resolutions.select_related("actor")
    ]
    return sorted(rows, key=lambda row: row["created_at"])


def _acts(task_ids: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Acts by task in the order in which they were written; an undo names what it took back."""
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for kind, model in ALL_ACTS.items():
        rows: Any = model.objects.filter(task__in=task_ids).select_related("actor").order_by("created_at", "pk")
        for act in rows:
            result = getattr(act, "result_id", None) or getattr(act, "picked_id", None)
            found[act.task_id].append(
                {
                    "id": str(act.pk),
                    "act": kind,
                    "actor": act.actor.pseudonym,
                    "decision": act.decision,
                    "comment": act.comment,
                    "marks": getattr(act, "marks", []),
                    "active_seconds": act.active_seconds,
                    "counts": act.counts,
                    "supersedes": str(act.supersedes_id) if act.supersedes_id else None,
                    "start": str(act.start_id) if getattr(act, "start_id", None) else None,
                    "position": getattr(act, "position", None),
                    "credited": getattr(act, "credited", []),
                    "mask": str(result) if result else None,
                    "changed_pixels": getattr(act, "changed_pixels", None),
                    "dsc_with_start": getattr(act, "dsc_with_start", None),
                    "created_at": act.created_at,
                }
            )
    return found


def _masks(project: Project, film: ProjectImage) -> list[dict[str, Any]]:
    masks = (
        Mask.objects.filter(project=project, image=film.image_id)
        .select_related("model_version", "author")
        .defer(*LISTS_OF_MASKS)
        .prefetch_related("parents")
        .order_by("created_at", "pk")
    )
    rounds = dict(Round.objects.filter(project=project).values_list("number", "name"))
    return [
        {
            "id": str(mask.pk),
            "kind": mask.kind,
            "url": MASK_PIXELS.format(mask.pk),
            "network": mask.model_version.name if mask.model_version else None,
            "model_version": str(mask.model_version_id) if mask.model_version_id else None,
            "author": mask.author.pseudonym if mask.author else None,
            "round_number": mask.round_number,
            "round_name": rounds.get(mask.round_number, ""),
            "confidence": mask.confidence,
            "disagreement": mask.disagreement,
            "foreground_pixels": mask.foreground_pixels,
            "sha256": mask.sha256,
            "parents": [str(parent.pk) for parent in mask.parents.all()],
            # The file that a seed's mask came in may be named after a patient.
            "note": {key: value for key, value in mask.note.items() if key != "file"},
            "created_at": mask.created_at,
        }
        for mask in masks
    ]
