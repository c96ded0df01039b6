"""Reading a pool that is to be screened: its films worst first, with what speaks against each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, OuterRef, Q, QuerySet, Subquery, Value, When

from annotation.common.errors import InvalidInput
from annotation.images.generated import codes_of
from annotation.images.models import ImageRole, ImageState, ProjectImage, ScreeningDecision, ScreeningOutcome
from annotation.images.suggestions import RULES, suggestions
from annotation.projects.models import Project

TIERS = {"low": 0, "medium": 1, "high": 2}
ANY, NONE = "any", "none"
STATES = ("waiting", "out", "all")
COLUMNS = {
    "view": "image__view",
    "quality": "image__quality_tier",
    "source": "image__source__name",
    "label": "image__label",
}
FACETS = tuple(COLUMNS)


@dataclass(frozen=True)
class Kind:
    """Films that are alike in all that is filtered by, and how many there are."""

    state: str
    facets: dict[str, str]
    bits: int
    films: int


def screening_page(
    project: Project, *, state: str, suggestion: str, wanted: dict[str, str], limit: int, offset: int
) -> dict[str, Any]:
    """Films of one page, how many there are, and how many films there are of each kind.

    ``wanted`` holds values by name of a facet; an empty value asks for films of which it is not stated. Facets count
    the films of ``state``, whatever else is asked for, so that a filter shows where it leads. Raises InvalidInput.
    """
    if state not in STATES:
        raise InvalidInput(f"state is {state!r}", field="state", value=state, remedy=f"use one of {', '.join(STATES)}")
    codes = [rule.code for rule in RULES]
    if suggestion and suggestion not in (ANY, NONE, *codes):
        valid = ", ".join((ANY, NONE, *codes))
        raise InvalidInput(
            f"suggestion is {suggestion!r}", field="suggestion", value=suggestion, remedy=f"use one of {valid}"
        )
    films = _films(project)
    kinds = _kinds(films)
    totals: Counter[str] = Counter()
    for kind in kinds:
        totals[_standing(kind.state)] += kind.films
    if state != "all":
        kinds = [kind for kind in kinds if _standing(kind.state) == state]
    matching = [
        kind
        for kind in kinds
        if all(kind.facets[name] == value for name, value in wanted.items()) and _suggested(kind.bits, suggestion)
    ]
    count = sum(kind.films for kind in matching)
    page = _matching(films, state, wanted, {kind.bits for kind in matching})[offset : offset + limit] if count else []
    return {
        "count": count,
        "waiting": totals["waiting"],
        "out": totals["out"],
        "any_suggestion": sum(kind.films for kind in kinds if kind.bits),
        "rules": [
            {
                "code": rule.code, "label": rule.label, "text": rule.text,
                "count": sum(kind.films for kind in kinds if rule.code in codes_of(kind.bits)),
            }
            for rule in RULES
        ],
        "facets": {name: _facet(kinds, name) for name in FACETS},
        "films": _told(list(page)),
    }  # fmt: skip


def _films(project: Project) -> QuerySet[ProjectImage]:
    """Films that wait, and those that screening itself took out: its last decision says so."""
    decisions = ScreeningDecision.objects.filter(project_image=OuterRef("pk")).order_by("-created_at", "-pk")
    waiting, out = Q(state=ImageState.WAITING), Q(state=ImageState.EXCLUDED)
    return (
        ProjectImage.objects.filter(waiting | out, project=project, role=ImageRole.POOL, image__withdrawn_at=None)
        .annotate(last=Case(When(out, then=Subquery(decisions.values("outcome")[:1])), default=Value("")))
        .filter(waiting | Q(last=ScreeningOutcome.OUT))
        .order_by()
    )


def _kinds(films: QuerySet[ProjectImage]) -> list[Kind]:
    """All counts by one pass over the films: there are few kinds, however many films there are."""
    rows = films.values_list("state", *(COLUMNS[name] for name in FACETS), "image__suggestion_bits")
    return [
        Kind(state, dict(zip(FACETS, facets, strict=True)), bits, count)
        for state, *facets, bits, count in rows.annotate(films=Count("pk"))
    ]


def _matching(
    films: QuerySet[ProjectImage], state: str, wanted: dict[str, str], bits: set[int]
) -> QuerySet[ProjectImage, tuple[Any, ...]]:
    """Those that are asked for, the worst first."""
    tier = Case(*(When(image__quality_tier=name, then=Value(rank)) for name, rank in TIERS.items()), default=Value(1))
    found = films.filter(image__suggestion_bits__in=bits, **{COLUMNS[name]: value for name, value in wanted.items()})
    if state != "all":
        found = found.filter(state=ImageState.WAITING if state == "waiting" else ImageState.EXCLUDED)
    return found.order_by(tier, "image__worst_figure", "image_id").values_list(
        "pk", "image_id", "state", *(COLUMNS[name] for name in FACETS), "image__quality"
    )


def _standing(state: str) -> str:
    return "waiting" if state == ImageState.WAITING else "out"


def _facet(kinds: list[Kind], name: str) -> list[dict[str, Any]]:
    counts: Counter[str] = Counter()
    for kind in kinds:
        counts[kind.facets[name]] += kind.films
    return [{"value": value, "count": count} for value, count in sorted(counts.items())]


def _suggested(bits: int, suggestion: str) -> bool:
    if suggestion in ("", ANY, NONE):
        return not suggestion or bool(bits) == (suggestion == ANY)
    return suggestion in codes_of(bits)


def _told(films: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    last: dict[UUID, ScreeningDecision] = {}
    rows = ScreeningDecision.objects.filter(project_image__in=[film[0] for film in films]).select_related("actor")
    for row in rows.order_by("created_at", "pk"):
        last[row.project_image_id] = row
    told = []
    for pk, image, state, *values, figures in films:
        facets = dict(zip(FACETS, values, strict=True))
        told.append(
            {
                "id": image,
                **facets,
                "state": _standing(state),
                "figures": figures,
                "suggestions": suggestions(facets["view"], figures),
                "decision": _decision(last.get(pk)),
            }
        )
    return told


def _decision(row: ScreeningDecision | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "outcome": ScreeningOutcome(row.outcome),
        "reason": row.reason,
        "by": row.actor.username,
        "at": row.created_at,
    }
