"""Reading what was found."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from annotation.accounts.models import User
from annotation.common.blobs import blobs
from annotation.common.errors import Conflict, Missing
from annotation.findings.models import FindingSet
from annotation.findings.services import being_read
from annotation.images.dates import taken_on
from annotation.images.models import Image
from annotation.images.pseudonyms import pseudonym, shifted
from annotation.jobs.models import JobStatus
from annotation.masks.models import ModelVersion
from annotation.projects.guards import require_research
from annotation.projects.models import Project
from annotation.projects.permissions import can_research
from annotation.projects.selectors import project_get
from annotation.reviews.permissions import reads_project
from annotation.rounds.selectors import job_summary
from mlbackend.contracts import FilmFinding, FindingsResult

PICTURES = ("lungs", "infection", "overlay")


def finding_sets(*, user: User, slug: str) -> QuerySet[FindingSet]:
    """A project's sets, newest first, but for those by networks of projects that the user may not research.

    Raises Missing, NotAllowed.
    """
    project = project_get(user=user, slug=slug)
    require_research(user, project)
    rows = FindingSet.objects.filter(project=project)
    networks = rows.order_by().values_list("lungs__project", "infection__project").distinct()
    owners = Project.objects.filter(pk__in={one for pair in networks for one in pair if one is not None})
    seen = [owner.pk for owner in owners if can_research(user, owner)]
    rows = rows.filter(Q(infection=None) | Q(infection__project__in=seen), lungs__project__in=seen)
    return rows.select_related("project", "lungs__project", "infection__project", "job", "created_by").order_by(
        "-number"
    )


def finding_set_get(*, user: User, slug: str, number: int) -> FindingSet:
    """One of them; raises Missing, NotAllowed."""
    found = finding_sets(user=user, slug=slug).filter(number=number).first()
    if found is None:
        raise Missing(f"{slug} has no findings {number}, or none that you may see", field="number", value=number)
    return found


def finding_set_summary(found: FindingSet) -> dict[str, Any]:
    """A set in a list."""
    return {
        "number": found.number,
        "lungs": _network(found.lungs),
        "infection": _network(found.infection) if found.infection else None,
        "films": found.job.context["films"],
        "created_by": found.created_by.username if found.created_by else None,
        "created_at": found.created_at,
        "job": job_summary(found.job),
    }


def finding_set_detail(found: FindingSet, *, user: User) -> dict[str, Any]:
    """A set with what was found on each film, and each patient's course over the days that are known.

    Films that the user is about to read are named and nothing is told of them.
    """
    rows = _films(found)
    known = Image.objects.filter(pk__in=[row.image_id for row in rows], withdrawn_at=None).select_related("patient")
    images = {str(image.pk): image for image in known}
    rows = [row for row in rows if row.image_id in images]
    hidden = _hidden(found.project, user, [image.pk for image in images.values()])
    key_id = found.project.pseudonym_key
    films = [_film(row, images[row.image_id], key_id, withheld=UUID(row.image_id) in hidden) for row in rows]
    drawn_by = {name: found.job.result.get(name, []) for name in ("engines", "notes")}
    return {**finding_set_summary(found), **drawn_by, "findings": films, "courses": _courses(films)}


def picture(found: FindingSet, *, user: User, image_id: UUID, what: str) -> bytes:
    """PNG of a film's lungs or infection (1 bit) or of both over the film; raises Missing, Conflict."""
    row = next((row for row in _films(found) if row.image_id == str(image_id)), None)
    key = getattr(row, f"{what}_key", "") if what in PICTURES else ""
    if not key:
        raise Missing(
            f"findings {found.number} have no {what} of film {image_id}", field="film", value=str(image_id),
            remedy=f"pictures are {', '.join(PICTURES)}; infection needs a network of its own",
        )  # fmt: skip
    if _hidden(found.project, user, [image_id]):
        raise Conflict(
            "this film is being read, and you are one of its readers", code="reading_is_blind",
            remedy="look again when its tasks are settled",
        )  # fmt: skip
    return blobs().read(key)


def _network(network: ModelVersion) -> dict[str, Any]:
    return {
        "id": network.pk,
        "project": network.project.slug,
        "network": network.name,
        "round": network.round_number,
        "validation_dsc": network.validation_dsc,
    }


def _films(found: FindingSet) -> list[FilmFinding]:
    if found.job.status != JobStatus.SUCCEEDED:
        return []
    return FindingsResult.from_json(found.job.result).films


def _hidden(project: Project, user: User, images: list[UUID]) -> set[UUID]:
    return being_read(project, images) if reads_project(user, project) else set()


def _film(row: FilmFinding, image: Image, key_id: str, *, withheld: bool) -> dict[str, Any]:
    known: dict[str, Any] = {
        "film": image.pk,
        "patient": pseudonym(image.patient.identifier, key_id),
        "label": image.label,
        "taken_on": shifted(taken_on(image.metadata), image.patient.identifier, key_id),
        "withheld": withheld,
    }
    if withheld:
        return {**known, "lung_pixels": None, "positive": None, "score": None, "infected": None}
    shares = {"both": row.infected.both, "left": row.infected.left, "right": row.infected.right}
    return {
        **known,
        "lung_pixels": row.lung_pixels,
        "positive": row.positive,
        "score": row.score,
        "infected": None if row.positive is None else shares,
    }


def _courses(films: list[dict[str, Any]]) -> list[dict[str, Any]]:
    dated: dict[str, list[dict[str, Any]]] = {}
    for film in films:
        if film["taken_on"] is not None and film["infected"] is not None:
            dated.setdefault(film["patient"], []).append(film)
    names = ("film", "taken_on", "infected")
    return [
        {
            "patient": patient,
            "points": [{name: film[name] for name in names} for film in sorted(own, key=lambda one: one["taken_on"])],
        }
        for patient, own in sorted(dated.items())
        if len(own) > 1
    ]
