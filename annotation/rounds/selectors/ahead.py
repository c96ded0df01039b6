"""What people read now and what comes next, and why: by the engine's own choice, changing nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from annotation.images.figures import figure
from annotation.images.models import ImageRole, ImageState, ProjectImage
from annotation.masks.models import LISTS, ModelVersion
from annotation.projects.models import Project, ProjectState
from annotation.projects.protocol import ChoiceStage, InitialTrainingStage, Protocol, VerificationStage
from annotation.rounds.models import Round, RoundState, StepState
from annotation.rounds.planning import Plan, plan_ahead
from annotation.rounds.rows import FilmRow, film_rows, stratum_of
from annotation.rounds.steps.base import StepFailed, main_network, seed_of
from annotation.rounds.steps.films import CHOICE_METHOD, DRAW_METHOD, batch_choice, choice_seed, test_set_draw

TAKE_METHOD = {
    "waiting": "all films that wait, in a random order",
    "denied": "all films whose candidates were denied, in a random order",
    "again": "all films that the stage before settled, in a random order",
}


def next_batch(project: Project) -> dict[str, Any]:
    """``current``: the open round's films as they were chosen; ``next``: the next batch as it would be chosen now.

    Either is None where there is none. No film is named: who also reviews learns nothing of what he will be shown.
    """
    rounds = Round.objects.filter(project=project).order_by("-number")
    now = rounds.values_list("pk", "state", "steps__index", "steps__state").order_by("-number", "steps__index")
    # What it depends on beside the films: it is never that of an earlier round or step.
    return figure(project, f"next {project.state} {list(now[:50])}", lambda: _next_batch(project))


def _next_batch(project: Project) -> dict[str, Any]:
    protocol = Protocol.from_json(project.protocol)
    ahead = None if project.state == ProjectState.FINISHED else plan_ahead(project, protocol)
    coming = _next(project, protocol, *ahead) if ahead else None
    return {"current": _current(project), "next": coming if coming and coming["films"] else None}


def _current(project: Project) -> dict[str, Any] | None:
    round_ = Round.objects.filter(project=project).exclude(state=RoundState.CLOSED).first()
    if round_ is None:
        return None
    placed = round_.films.order_by("order")
    films = film_rows(placed, "project_image__")
    if not films:
        return None
    chosen_by = round_.explanation.get("seed") is not None
    steps = list(round_.steps.all())
    predicted = [pk for step in steps if step.kind == "predict" for pk in step.outcome.get("models", [])]
    taken = next((step.params.get("state", "again") for step in steps if step.kind in {"take", "again"}), "")
    return {
        "name": round_.name,
        "kind": round_.kind,
        "films": len(films),
        "available": round_.explanation.get("waiting", round_.explanation.get("of")),
        "method": round_.explanation.get("method") or TAKE_METHOD.get(taken, ""),
        "seed": round_.explanation.get("seed"),
        "composition": _composition(films, None),
        "strata": [
            {"stratum": name, "films": n, "available": None}
            for name, n in sorted(Counter(placed.values_list("stratum", flat=True)).items())
        ],
        "reasons": list(placed.values_list("reason", flat=True)) if chosen_by else [],
        "network_rule": "drew",
        "networks": sorted({model.name for model in ModelVersion.objects.defer(*LISTS).filter(pk__in=predicted)}),
    }


def _next(project: Project, protocol: Protocol, plan: Plan, number: int) -> dict[str, Any]:
    kind, params = next(step for step in plan.steps if step[0] in {"choose", "take", "again", "draw"})
    index = [step[0] for step in plan.steps].index(kind)
    seed: int | None = None
    reasons: list[str] = []
    if kind == "choose":
        seed = choice_seed(project, number, index)
        choice = batch_choice(project, int(params["count"]), seed)
        films = [choice.films[item.id] for item in choice.chosen]
        available = [choice.films[pk] for pk in choice.waiting]
        strata = Counter(item.stratum for item in choice.chosen)
        of = Counter(map(stratum_of, available))
        method, reasons = CHOICE_METHOD, [item.reason for item in choice.chosen]
    elif kind == "take":
        waiting = ProjectImage.objects.filter(project=project, role=ImageRole.POOL, state=params["state"])
        films = available = film_rows(waiting)
        strata = of = Counter(map(stratum_of, films))
        method = TAKE_METHOD[params["state"]]
    elif kind == "again":
        again = ProjectImage.objects.filter(project=project, state=ImageState.SETTLED)
        again = again.filter(rounds__round__stage=params["stage"]).distinct()
        films = available = film_rows(again)
        strata = of = Counter(map(stratum_of, films))
        method = TAKE_METHOD["again"]
    else:
        stage = protocol.stages[plan.stage]
        assert isinstance(stage, VerificationStage)
        seed = seed_of(project, number, "draw")
        settled, names, drawn = test_set_draw(project, stage, seed)
        films = [film for pk, film in settled.items() if str(pk) in drawn]
        available = list(settled.values())
        strata = Counter(names[pk] for pk in settled if str(pk) in drawn)
        of, method = Counter(names.values()), DRAW_METHOD
    return {
        "name": plan.name,
        "kind": plan.kind,
        "films": len(films),
        "available": len(available),
        "method": method,
        "seed": seed,
        "composition": _composition(films, available),
        "strata": [{"stratum": name, "films": strata[name], "available": n} for name, n in sorted(of.items())],
        "reasons": reasons,
        **_networks(project, protocol, plan),
    }


def _composition(films: Sequence[FilmRow], available: Sequence[FilmRow] | None) -> dict[str, Any]:
    """Films by class, source and quality: chosen, and of how many."""
    figures = {}
    for name in ("label", "source", "quality"):
        chosen = Counter(stratum_of(film, (name,)) for film in films)
        of = Counter(stratum_of(film, (name,)) for film in available) if available is not None else None
        figures[name] = [
            {"value": value, "films": chosen[value], "available": of[value] if of is not None else None}
            for value in sorted(of if of is not None else chosen)
        ]
    return figures


def _networks(project: Project, protocol: Protocol, plan: Plan) -> dict[str, Any]:
    """Which network will draw, as far as it is known: its rule and the names that it may have."""
    wanted = next((params["models"] for kind, params in plan.steps if kind == "predict"), None)
    stage = protocol.stages[plan.stage]
    if wanted is None:
        return {"network_rule": "none", "networks": []}
    if wanted in {"candidates", "folds"} and isinstance(stage, ChoiceStage):
        return {"network_rule": wanted, "networks": [network.name for network in stage.networks]}
    try:
        main = main_network(project)
    except StepFailed:
        first = protocol.stages[0]
        assert isinstance(first, InitialTrainingStage)
        return {"network_rule": "best_of_initial", "networks": [network.name for network in first.networks]}
    pending = [
        step.params["networks"]
        for round_ in Round.objects.filter(project=project).exclude(state=RoundState.CLOSED).prefetch_related("steps")
        for step in round_.steps.all()
        if step.kind == "train" and step.params.get("adopt") and step.state != StepState.DONE
    ]
    if "elected" in pending:
        return {"network_rule": "most_picked", "networks": []}
    return {"network_rule": "main_after_training" if pending else "main", "networks": [main.name]}
