"""The films of a project as researchers browse them: any place of any order at once, with counts for every filter."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import Case, Count, Exists, F, OrderBy, OuterRef, Q, QuerySet, Subquery, Value, When

from annotation.accounts.models import User
from annotation.images.figures import figure
from annotation.images.models import ImageSplit, ImageState, ProjectImage
from annotation.images.pseudonyms import Pseudonyms
from annotation.masks.models import Mask, MaskKind
from annotation.projects.guards import require_research
from annotation.projects.models import Project
from annotation.reviews.permissions import open_readings, reads_project
from annotation.rounds.models import RepositoryEntry, RoundFilm

THUMBNAIL, OUTLINE = "/api/images/{}/thumbnail", "/api/masks/{}/outline"
TRAINING, NO_MASK = "training", "none"

ORDERS: dict[str, OrderBy] = {
    "newest": F("created_at").desc(),
    "oldest": F("created_at").asc(),
    "worst_quality": F("image__snr_db").asc(nulls_last=True),
    "best_quality": F("image__snr_db").desc(nulls_last=True),
    "most_disagreement": F("score").desc(nulls_last=True),
    "least_confidence": F("score").asc(nulls_last=True),
}
"""By name. The film's id makes each a total order, so that no page repeats or skips a film."""

COUNT_SECONDS = 2
"""Age that a page's count may have."""

SCORES = {"most_disagreement": "disagreement", "least_confidence": "confidence"}
"""Orders by what networks said, with the column that keeps it."""

FIELDS = {
    "role": "role",
    "state": "state",
    "split": "split",
    "label": "image__label",
    "view": "image__view",
    "source": "image__source__name",
    "quality": "image__quality_tier",
    "provenance": "provenance",
}
"""Filters that are one value of a film each, with the column that holds it."""


def films_page(
    *, project: Project, user: User, filters: Mapping[str, str], order: str, limit: int, offset: int
) -> dict[str, Any]:
    """Some films at a place of an order, and how many there are.

    The place is found on light rows alone; what is shown is then read for the films of the page. For a film that is
    being read by people, a reader of the project learns neither mask nor scores here, whatever else he is.
    """
    require_research(user, project)
    films = _filtered(project, user, filters)
    # By the film's id, not the row's own: with the project it is an index of its own, which spares reading the rows.
    ordered = _scored(films, user, project, order).order_by(ORDERS[order], F("image_id").asc())
    ids = list(ordered.values_list("image_id", flat=True)[offset : offset + limit])
    return {"count": _count(films, user, project, filters), "results": _cards(ids, user, project)}


def films_matching(*, project: Project, user: User, filters: Mapping[str, str]) -> list[UUID]:
    """Ids of all films that the filters let through, as the list counts them."""
    require_research(user, project)
    return list(_filtered(project, user, filters).order_by("created_at", "pk").values_list("image_id", flat=True))


def _count(films: QuerySet[ProjectImage], user: User, project: Project, filters: Mapping[str, str]) -> int:
    """How many; up to ``COUNT_SECONDS`` old, as one who scrolls asks for dozens of pages of the same films."""
    asked = json.dumps([str(project.pk), reads_project(user, project), sorted(filters.items())])
    key = f"films:count:{hashlib.sha256(asked.encode()).hexdigest()}"
    counted: int | None = cache.get(key)
    if counted is None:
        counted = films.count()
        cache.set(key, counted, COUNT_SECONDS)
    return counted


def films_counts(*, project: Project, user: User, filters: Mapping[str, str]) -> dict[str, Any]:
    """Films by each filter's values; a filter's own choice does not narrow its own counts."""
    require_research(user, project)
    asked = json.dumps(["counts", reads_project(user, project), sorted(filters.items())])
    return figure(project, asked, lambda: _counts(project, user, filters))


def _counts(project: Project, user: User, filters: Mapping[str, str]) -> dict[str, Any]:
    films = _with_provenance(_in_round(_of(project), filters.get("round")), user, project)
    names = list(FIELDS)
    rows = films.order_by().values_list(*FIELDS.values()).annotate(n=Count("pk"))
    found: dict[str, Counter[str]] = {name: Counter() for name in names}
    total = 0
    for *values, n in rows:
        shown = [_shown(name, value) for name, value in zip(names, values, strict=True)]
        differing = [
            name for name, value in zip(names, shown, strict=True) if filters.get(name) not in (None, "", value)
        ]
        if not differing:
            total += n
        for name, value in zip(names, shown, strict=True):
            if not differing or differing == [name]:
                found[name][value] += n
    others = {name: value for name, value in filters.items() if name != "round"}
    rounds = (
        RoundFilm.objects.filter(
            round__project=project, project_image__in=_filtered(project, user, others).values("pk")
        )
        .order_by()
        .values_list("round__number", "round__name")
        .annotate(n=Count("pk"))
    )
    values_of = {name: sorted(counts.items()) for name, counts in found.items()}
    values_of["round"] = [(name, n) for _, name, n in sorted(rounds)]
    return {
        "total": total,
        **{name: [{"value": value, "count": n} for value, n in counts] for name, counts in values_of.items()},
    }


def _shown(name: str, value: str | None) -> str:
    """A value as filters name it: what is stored as empty text has a word."""
    if name == "split":
        return value or TRAINING
    return value or NO_MASK


def _of(project: Project) -> QuerySet[ProjectImage]:
    return ProjectImage.objects.filter(project=project, image__withdrawn_at=None)


def _in_round(films: QuerySet[ProjectImage], name: str | None) -> QuerySet[ProjectImage]:
    if not name:
        return films
    return films.filter(Exists(RoundFilm.objects.filter(project_image=OuterRef("pk"), round__name=name)))


def _with_provenance(films: QuerySet[ProjectImage], user: User, project: Project) -> QuerySet[ProjectImage]:
    """How each film's current mask became truth; null where there is none, or none that the user may know of now."""
    current = RepositoryEntry.objects.filter(project_image=OuterRef("pk"), superseded_at__isnull=True)
    hidden = Q(state=ImageState.EXCLUDED)
    if reads_project(user, project):
        hidden |= _being_read(project)
    return films.annotate(
        provenance=Case(When(hidden, then=Value(None)), default=Subquery(current.values("provenance")))
    )


def _filtered(project: Project, user: User, filters: Mapping[str, str]) -> QuerySet[ProjectImage]:
    films = _in_round(_of(project), filters.get("round"))
    for name, column in FIELDS.items():
        value = filters.get(name)
        if not value:
            continue
        if name == "provenance":
            films = _with_provenance(films, user, project)
            films = films.filter(Q(("provenance", None if value == NO_MASK else value)))
        elif name == "split":
            films = films.filter(split=ImageSplit.NONE if value == TRAINING else value)
        else:
            films = films.filter(**{column: "" if value == NO_MASK else value})
    return films


def _scored(films: QuerySet[ProjectImage], user: User, project: Project, order: str) -> QuerySet[ProjectImage]:
    """With ``score`` for orders by score. A place tells a score, so films that the user may have to read have none."""
    column = SCORES.get(order)
    if column is None:
        return films
    if not reads_project(user, project):
        return films.annotate(score=F(column))
    return films.annotate(score=Case(When(_being_read(project), then=Value(None)), default=F(column)))


def _being_read(project: Project) -> Q:
    """A list that is worked out once: asked film by film, it would cost a look at all open tasks for each."""
    return Q(pk__in=open_readings(project).order_by().values("project_image"))


def _cards(ids: list[UUID], user: User, project: Project) -> list[dict[str, Any]]:
    rows = ProjectImage.objects.filter(project=project, image__in=ids).values(
        "pk", "image_id", "role", "state", "split", "exclusion_reason", "created_at", "confidence", "disagreement",
        "image__width", "image__height", "image__label", "image__view", "image__quality_tier", "image__snr_db",
        "image__source__name", "image__patient_id", "image__patient__identifier",
    )  # fmt: skip
    films = {row["image_id"]: row for row in rows}
    members = [row["pk"] for row in films.values()]
    truths = {
        entry["project_image_id"]: entry
        for entry in RepositoryEntry.objects.filter(project_image__in=members, superseded_at__isnull=True)
        .order_by()
        .values("project_image_id", "mask_id", "provenance", "verified")
    }
    blind: set[UUID] = set()
    if reads_project(user, project):
        blind = set(open_readings(project).filter(project_image__in=members).values_list("project_image_id", flat=True))
    waiting = [image_id for image_id, film in films.items() if film["pk"] not in truths]
    drawn = Mask.objects.filter(project=project, image__in=waiting, kind=MaskKind.CANDIDATE).order_by(
        "created_at", "pk"
    )
    candidates = dict(drawn.values_list("image_id", "pk"))
    shown = [films[image_id] for image_id in ids if image_id in films]
    names = Pseudonyms(project.pseudonym_key)
    return [
        {
            **_card(film, truths.get(film["pk"]), candidates, film["pk"] in blind),
            "patient": names.of(film["image__patient_id"], film["image__patient__identifier"]),
        }
        for film in shown
    ]


def _card(
    film: Mapping[str, Any], truth: Mapping[str, Any] | None, candidates: dict[UUID, UUID], blind: bool
) -> dict[str, Any]:
    mask = truth["mask_id"] if truth else candidates.get(film["image_id"])
    is_truth = truth is not None and film["state"] != ImageState.EXCLUDED and not blind
    return {
        "id": str(film["image_id"]),
        "thumbnail": THUMBNAIL.format(film["image_id"]),
        "outline": OUTLINE.format(mask) if mask and not blind else None,
        "role": film["role"],
        "state": film["state"],
        "split": film["split"] or TRAINING,
        "exclusion_reason": film["exclusion_reason"],
        "width": film["image__width"],
        "height": film["image__height"],
        "label": film["image__label"],
        "view": film["image__view"],
        "source": film["image__source__name"],
        "quality": film["image__quality_tier"],
        "snr_db": film["image__snr_db"],
        "provenance": truth["provenance"] if truth and is_truth else None,
        "verified": truth["verified"] if truth and is_truth else "",
        "confidence": None if blind else film["confidence"],
        "disagreement": None if blind else film["disagreement"],
        "being_read": blind,
        "created_at": film["created_at"],
    }
