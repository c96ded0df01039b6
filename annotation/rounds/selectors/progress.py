"""Where a project stands, on one page."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count

from annotation.accounts.models import User
from annotation.images.figures import figure
from annotation.images.models import ImageSplit, ImageState, ProjectImage
from annotation.projects.models import Project, ProjectState
from annotation.projects.permissions import can_research
from annotation.projects.protocol import Protocol, ReviewStage
from annotation.reviews.models import BatchState, ReviewBatch
from annotation.reviews.selectors import count_set_aside, verified_so_far
from annotation.rounds.models import RoundState, RoundStep, StepState
from annotation.rounds.repository import settled_counts
from annotation.rounds.selectors.choices import choices_by_round
from annotation.rounds.selectors.effort import effort_by_batch
from annotation.rounds.selectors.places import films_by_round
from annotation.rounds.selectors.rounds import rounds_list
from annotation.rounds.steps.review import closes_at

BEGUN = "begun"
"""In a round or done, to those who may not see which."""


def project_progress(project: Project, *, user: User) -> dict[str, Any]:
    """Films, stages with their rounds, the step that runs, effort, and what the figures say so far.

    Picks by network are for researchers and admins alone: reviewers choose blind. Nor do reviewers see anything that
    moves with each act of a batch that is open: a probe, which settles no film, would show itself by what stays.
    """
    research = can_research(user, project)
    rounds = rounds_list(project, research=research)
    protocol = Protocol.from_json(project.protocol)
    aside = count_set_aside(project) if research else None
    places = figure(project, "places", lambda: films_by_round(project)) if research else None
    effort = figure(project, "effort", lambda: effort_by_batch(project))
    return {
        "project": project.slug,
        "state": project.state,
        "films": figure(project, f"films apart={research}", lambda: film_counts(project, apart=research)),
        "settled": figure(project, "settled", lambda: settled_counts(project)) if research else {},
        "stages": _stages(protocol, rounds, places),
        "current": _current(project, protocol, rounds, aside or 0),
        "effort": [one for one in effort if research or one["state"] == BatchState.CLOSED],
        "verification": _verification(rounds),
        "verified_so_far": figure(project, "verified", lambda: verified_so_far(project)),
        "picks": figure(project, "picks", lambda: choices_by_round(project)) if research else None,
        "set_aside": aside,
    }


def film_counts(project: Project, *, apart: bool = True) -> dict[str, Any]:
    """Films by role and state, and by split; without ``apart`` all but those that wait count as ``begun``."""
    rows = (
        ProjectImage.objects.filter(project=project)
        .order_by()
        .values_list("role", "state", "split")
        .annotate(films=Count("pk"))
    )
    roles: dict[str, dict[str, int]] = {}
    splits: dict[str, int] = dict.fromkeys((ImageSplit.VALIDATION.value, ImageSplit.TEST.value), 0)
    for role, found, split, films in rows:
        state = found if apart or found == ImageState.WAITING else BEGUN
        of_role = roles.setdefault(role, {})
        of_role[state] = of_role.get(state, 0) + films
        if split:
            splits[split] += films
    return {"roles": roles, "splits": splits, "total": sum(sum(states.values()) for states in roles.values())}


def _stages(
    protocol: Protocol, rounds: list[dict[str, Any]], places: dict[UUID, dict[str, int]] | None
) -> list[dict[str, Any]]:
    for round_ in rounds:
        round_["places"] = None if places is None else places.get(UUID(round_["id"]), {})
    latest = max((round_["stage"] for round_ in rounds), default=-1)
    stages: list[dict[str, Any]] = []
    for index, stage in enumerate(protocol.stages):
        mine = [round_ for round_ in rounds if round_["stage"] == index]
        going_on = any(round_["state"] != RoundState.CLOSED for round_ in mine)
        state = "waiting" if index > latest else "running" if going_on or index == latest else "done"
        stages.append({"index": index, "name": stage.name, "kind": stage.kind, "state": state, "rounds": mine})
    if stages and stages[-1]["rounds"] and all(r["state"] == RoundState.CLOSED for r in stages[-1]["rounds"]):
        stages[-1]["state"] = "done"
    return stages


def _current(project: Project, protocol: Protocol, rounds: list[dict[str, Any]], aside: int) -> dict[str, Any] | None:
    """The open round's first step that is not done, what it waits for beside its readers, in words, and when its batch
    closes: known as soon as all is judged.
    """
    for round_ in rounds:
        if round_["state"] == RoundState.CLOSED:
            continue
        step = next((step for step in round_["steps"] if step["state"] != StepState.DONE), None)
        films = "a film that was" if aside == 1 else f"{aside} films that were"
        waits = f"waits for {films} set aside: put back or exclude" if aside else ""
        return {
            "round": round_["id"], "name": round_["name"], "state": round_["state"], "step": step, "waits_for": waits,
            "closes_at": _closes_at(project, protocol, round_, step),
        }  # fmt: skip
    return None


def _closes_at(
    project: Project, protocol: Protocol, round_: dict[str, Any], step: dict[str, Any] | None
) -> datetime | None:
    stage = protocol.stages[round_["stage"]]
    if step is None or step["kind"] != "review" or not isinstance(stage, ReviewStage):
        return None
    batch = ReviewBatch.objects.filter(round=round_["id"]).first()
    if batch is None or project.state != ProjectState.RUNNING:
        return None
    return closes_at(batch, stage, close_now=bool(_params(round_, step).get("close_now")))


def _params(round_: dict[str, Any], step: dict[str, Any]) -> dict[str, Any]:
    """The step's own, which reviewers are not shown."""
    row = RoundStep.objects.filter(round=round_["id"], index=step["index"]).only("params").first()
    return dict(row.params) if row else {}


def _verification(rounds: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Stage IV's estimate of the share that would be corrected, by stratum, with intervals."""
    for round_ in reversed(rounds):
        for step in reversed(round_["steps"]):
            if step["kind"] == "estimate" and step["outcome"]:
                return dict(step["outcome"])
    return None
