"""Which round comes next: a function of the protocol and of what has been settled."""

from __future__ import annotations

from annotation.projects.models import Project
from annotation.projects.protocol import Protocol
from annotation.rounds.models import Round
from annotation.rounds.planning.base import Place, Plan
from annotation.rounds.planning.stages import PLANNERS

__all__ = ["Plan", "plan_ahead", "plan_next"]


def plan_next(project: Project, protocol: Protocol) -> Plan | None:
    """The next round, or None when the protocol is worked through. All rounds so far are closed."""
    rounds = list(Round.objects.filter(project=project))
    return _first_from(project, protocol, rounds[-1].stage if rounds else 0, rounds)


def plan_ahead(project: Project, protocol: Protocol) -> tuple[Plan, int] | None:
    """The next round in which people work, with its number, as things stand now; None where none is left.

    An open round is taken as if it closed now: who excludes or denies films before it does changes what comes.
    """
    rounds = list(Round.objects.filter(project=project))
    number = 1 + (rounds[-1].number if rounds else 0)
    plan = plan_next(project, protocol)
    while plan is not None and not plan.has_people:
        number += 1
        plan = _first_from(project, protocol, plan.stage + 1, rounds)
    return None if plan is None else (plan, number)


def _first_from(project: Project, protocol: Protocol, index: int, rounds: list[Round]) -> Plan | None:
    places = (Place(project, i, rounds) for i in range(index, len(protocol.stages)))
    plans = (PLANNERS[protocol.stages[place.index].kind](protocol.stages[place.index], place) for place in places)
    return next((plan for plan in plans if plan is not None), None)
