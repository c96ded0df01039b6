"""Where the films of each round are now."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.db.models import Count

from annotation.images.models import ImageState
from annotation.projects.models import Project
from annotation.projects.protocol import VerificationStage
from annotation.reviews.models import UNSETTLED, ReviewTask
from annotation.rounds.models import RoundFilm

PLACES = ("chosen", "reading", "settled", "denied", "excluded", "confirmed", "corrected")


def films_by_round(project: Project) -> dict[UUID, dict[str, int]]:
    """Films of each round by where they are now; places without films are left out, each film stands in one.

    ``reading``: somebody is asked about it in this round; ``chosen``: in a round, and nobody is asked in this one;
    ``confirmed`` and ``corrected``: what an MD said in a round of verification; else the film's own state. For
    researchers and admins: the counts move with every act. Three queries, whatever the number of rounds.
    """
    found: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    films = RoundFilm.objects.filter(round__project=project).order_by()
    for round_, state, count in films.values_list("round", "project_image__state").annotate(films=Count("pk")):
        found[round_][state] += count
    asked = (
        ReviewTask.objects.filter(project=project, state__in=UNSETTLED, is_probe=False, batch__round__isnull=False)
        .order_by()
        .values_list("batch__round", "project_image__state")
        .annotate(films=Count("project_image", distinct=True))
    )
    for round_, state, count in asked:
        _move(found[round_], state, "reading", count)
    said = films.filter(
        round__kind=VerificationStage.kind,
        project_image__state=ImageState.SETTLED,
        project_image__repository__superseded_at__isnull=True,
        project_image__repository__verified__in=("confirmed", "corrected"),
    )
    verified = "project_image__repository__verified"
    for round_, place, count in said.values_list("round", verified).annotate(films=Count("pk")):
        _move(found[round_], ImageState.SETTLED, place, count)
    return {round_: {place: n for place in PLACES if (n := places.get(place, 0))} for round_, places in found.items()}


def _move(places: dict[str, Any], source: str, target: str, count: int) -> None:
    places[source] -= count
    places[target] += count
