"""Does the place on the screen decide which mask is picked? Nobody who chooses blind should care."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef

from annotation.projects.models import Project
from annotation.reviews.models import ReviewTask, Selection, SelectionDecision, TaskCandidate, TaskKind
from annotation.reviews.selectors.agreement import CURRENT
from annotation.reviews.statistics import even_picks, rank_chances

Pick = tuple[int, tuple[float, ...]]
"""Place of the picked pane, 0 first, and the chance of each place without a preference."""


def position_bias(project: Project) -> dict[str, Any]:
    """Picks by displayed place against what no preference would give, with a chi-square test, in all and by reviewer.

    A tie group is one pane, so the panes of a choice are its tie groups in the order of their first members; choices
    with different numbers of panes are told apart. What is expected takes the ties into account: a group of several
    masks comes early by chance (``statistics.positions``). ``tied`` picks had ties among their panes.
    """
    picks: dict[int, list[Pick]] = defaultdict(list)
    by_reviewer: dict[tuple[str, int], list[Pick]] = defaultdict(list)
    panes = _panes(project)
    tied = 0
    # An MD who picks one of two corrections chooses no network.
    made = Selection.objects.exclude(task__parent__kind=TaskKind.CORRECTION)
    rows = made.filter(
        task__project=project, task__repeat_of=None, decision=SelectionDecision.PICK, **CURRENT
    ).order_by()
    for task, who, position in rows.values_list("task_id", "actor__pseudonym", "position"):
        count, groups = panes[task]
        assert position is not None, "a pick has its position"
        sizes = tuple(sorted(map(len, groups))) if groups else (1,) * count
        place = next(i for i, members in enumerate(groups) if position in members) if groups else position
        pick = (place, rank_chances(sizes, len(groups[place]) if groups else 1))
        tied += len(sizes) < count
        if len(sizes) > 1:
            picks[len(sizes)].append(pick)
            by_reviewer[who, len(sizes)].append(pick)
    return {
        "picks": sum(map(len, picks.values())),
        "tied": tied,
        "by_panes": [even_picks(made) for _, made in sorted(picks.items())],
        "reviewers": [{"reviewer": who, **even_picks(made)} for (who, _), made in sorted(by_reviewer.items())],
    }


def _panes(project: Project) -> dict[UUID, tuple[int, list[list[int]]]]:
    """By task in which somebody chose: how many masks it offered, and the positions of tie groups, if any."""
    tasks = (
        ReviewTask.objects.filter(project=project, kind=TaskKind.SELECTION)
        .filter(Exists(Selection.objects.filter(task=OuterRef("pk"))))
        .order_by()
        .annotate(masks=Count("candidates"), groups=Count("candidates__tie_group", distinct=True))
    )
    found: dict[UUID, tuple[int, list[list[int]]]] = {pk: (n, []) for pk, n in tasks.values_list("pk", "masks")}
    with_ties = tasks.filter(groups__lt=F("masks")).values("pk")
    shown: dict[UUID, dict[int, list[int]]] = defaultdict(dict)
    rows = TaskCandidate.objects.filter(task__in=with_ties).order_by("task_id", "position")
    for task, position, tie in rows.values_list("task_id", "position", "tie_group"):
        shown[task].setdefault(tie, []).append(position)
    for task, groups in shown.items():
        found[task] = (found[task][0], list(groups.values()))
    return found
