"""What blind choices say: of networks, of drawings against networks, and of who chose."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from annotation.masks.models import LISTS, ModelVersion
from annotation.projects.models import Project
from annotation.reviews.models import TaskKind
from annotation.rounds.models import Round
from annotation.rounds.picks import DRAWING, Choice, choices_made, counts_of, credit_of
from annotation.rounds.steps.train import share


def choices_by_round(project: Project) -> list[dict[str, Any]]:
    """By round of a blind choice: picks by network with the 95 % Wilson interval of their share; denials, in all and by
    person; and where drawings competed, how often a network's mask was preferred to them (degerli2021 section II-B).

    Repeats are left out, and so are choices between two corrections. A tie group credits each member its part. Networks
    of one name, such as those of different folds, count as one.
    """
    offered = {"steps__kind": "offer", "steps__params__kind": TaskKind.SELECTION, "batch__isnull": False}
    return [_told(round_) for round_ in Round.objects.filter(project=project, **offered).distinct().order_by("number")]


def _told(round_: Round) -> dict[str, Any]:
    choices = choices_made(round_.batch_id)
    picks, _ = counts_of(choices)
    credit = credit_of(choices)
    candidates = ModelVersion.objects.filter(job__steps__round=round_, purpose__in=["candidate", "fold"]).defer(*LISTS)
    by_name: dict[str, list[ModelVersion]] = defaultdict(list)
    for model in candidates.distinct().order_by("created_at"):
        by_name[model.name].append(model)
    people: dict[str, list[Choice]] = defaultdict(list)
    for choice in choices:
        people[choice.who].append(choice)
    competed = round_.steps.filter(kind="offer", params__with_truth=True).exists()
    return {
        "round": round_.name,
        "picks": picks,
        "denied": _denied(choices),
        "networks": [
            {
                "id": str(models[-1].pk),
                "name": name,
                "validation_dsc": sum(model.validation_dsc for model in models) / len(models),
                **_credited(sum(credit.get(str(model.pk), 0.0) for model in models), picks),
            }
            for name, models in sorted(by_name.items())
        ],
        "drawings": {**_credited(credit.get(DRAWING, 0.0), picks), "networks_preferred": _preferred(choices)}
        if competed
        else None,
        "people": [
            {
                "reviewer": who,
                "picks": counts_of(own)[0],
                "denied": _denied(own),
                "networks_preferred": _preferred(own) if competed else None,
            }
            for who, own in sorted(people.items())
        ],
    }


def _denied(choices: list[Choice]) -> dict[str, Any]:
    picks, denied = counts_of(choices)
    return {"count": denied, "of": picks + denied, **share(denied, picks + denied)}


def _credited(credit: float, picks: int) -> dict[str, Any]:
    return {"picks": credit, **share(credit, picks)}


def _preferred(choices: list[Choice]) -> dict[str, Any]:
    """Networks' masks preferred to the drawing, of all picks; a tie of the two counts for each by its members."""
    picks, _ = counts_of(choices)
    drawings = credit_of(choices).get(DRAWING, 0.0)
    ties = sum(choice.times for choice in choices if 0 < choice.credit.get(DRAWING, 0.0) < 1)
    return {"count": picks - drawings, "of": picks, "ties": ties, **share(picks - drawings, picks)}
