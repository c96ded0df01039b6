"""Blind choices that came back to the same person: does he choose alike?"""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from annotation.projects.models import Project
from annotation.reviews.models import BatchState, ReviewTask, Selection, TaskCandidate, TaskState
from annotation.reviews.selectors.agreement import CURRENT
from annotation.reviews.statistics import Repeated, rank_chances, repeated_choices

Shown = dict[int, tuple[int, int, int]]
"""By position: tie group, its place on the screen from 0, and its number of masks."""


def choice_repeats(project: Project, *, closed_only: bool) -> dict[str, Any]:
    """Repeated choices against the first ones, in all and by reviewer (``statistics.repeats``).

    ``offered`` repeats, of which ``done`` count here, ``waiting`` are open and ``dropped`` were closed, as their person
    had left or had too few other films. ``not_compared`` were done before a first choice that has been made anew since.
    ``seconds`` and ``first_seconds`` are medians of active seconds a choice; ``cost_seconds`` all that repeats took.
    ``closed_only`` leaves out open batches: who chooses in them could tell by a figure that moves what a repeat was.
    """
    where: dict[str, Any] = {"batch__state": BatchState.CLOSED} if closed_only else {}
    tasks = ReviewTask.objects.filter(project=project, repeat_of__isnull=False, **where).order_by()
    states = list(tasks.values_list("state", flat=True))
    ids = list(tasks.filter(state=TaskState.DONE).values_list("pk", "repeat_of"))
    firsts = {first: again for again, first in ids if first is not None}
    either = Q(repeat_of__isnull=False) | Q(repeat__isnull=False)
    compared = ReviewTask.objects.filter(either, project=project, state=TaskState.DONE, **where).order_by()
    made = Selection.objects.filter(task__in=compared.values("pk"), **CURRENT).select_related("actor")
    acts = {act.task_id: act for act in made}
    shown = _shown(compared)
    pairs: dict[str, list[Repeated]] = defaultdict(list)
    seconds: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for first_id, again_id in firsts.items():
        first, again = acts.get(first_id), acts.get(again_id)
        if first is None or again is None or first.actor_id != again.actor_id or first.created_at > again.created_at:
            continue
        who = again.actor.pseudonym
        pairs[who].append(_pair(first.position, again.position, shown[first_id], shown[again_id]))
        seconds[who].append((first.active_seconds, again.active_seconds))
    every = [pair for own in pairs.values() for pair in own]
    spent = Selection.objects.filter(task__in=tasks.values("pk"), supersedes__isnull=True).values_list(
        "active_seconds", flat=True
    )
    return {
        "closed_batches_only": closed_only,
        "offered": len(states),
        "done": len(every),
        "not_compared": len(ids) - len(every),
        "waiting": sum(state in {TaskState.OPEN, TaskState.SET_ASIDE} for state in states),
        "dropped": states.count(TaskState.CANCELLED),
        "cost_seconds": sum(spent),
        "all": {**repeated_choices(every), **_medians([two for own in seconds.values() for two in own])},
        "reviewers": [
            {"reviewer": who, **repeated_choices(own), **_medians(seconds[who])} for who, own in sorted(pairs.items())
        ],
    }


def _medians(seconds: list[tuple[float, float]]) -> dict[str, float | None]:
    first, again = zip(*seconds, strict=True) if seconds else ((), ())
    return {"first_seconds": median(first) if first else None, "seconds": median(again) if again else None}


def _shown(tasks: QuerySet[ReviewTask]) -> dict[UUID, Shown]:
    """What stood where: the panes of a choice are its tie groups in the order of their first members."""
    groups: dict[UUID, dict[int, list[int]]] = defaultdict(dict)
    rows = TaskCandidate.objects.filter(task__in=tasks.values("pk")).order_by("task_id", "position")
    for task, position, tie in rows.values_list("task_id", "position", "tie_group"):
        groups[task].setdefault(tie, []).append(position)
    return {
        task: {
            position: (tie, place, len(members))
            for place, (tie, members) in enumerate(panes.items())
            for position in members
        }
        for task, panes in groups.items()
    }


def _pair(first: int | None, again: int | None, then: Shown, now: Shown) -> Repeated:
    sizes = {place: size for _, place, size in now.values()}
    if first is None or again is None:
        picked = then[first][0] if first is not None else None
        return Repeated(picked, now[again][0] if again is not None else None, len(sizes))
    (group, place, _), (group_again, place_again, size) = then[first], now[again]
    chances = rank_chances(tuple(sorted(sizes.values())), size)
    return Repeated(group, group_again, len(sizes), place == place_again, chances[place])
