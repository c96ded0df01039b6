"""What people's acts on a film come to, reckoned from the acts alone: beside the product's own account, not from it.

A film's work is a tree. A path names a place in it: ``verdict/0`` and ``verdict/1`` are two readings of the proposal,
``verdict>correction/0`` the correction that follows a reject, ``verdict>adjudication>correction/0`` the one that an MD
advised. Acts that were taken back are simply no longer said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

ANNOTATOR, PHYSICIAN = "annotator", "physician"


@dataclass(frozen=True)
class Said:
    """One act that stands. ``mask`` is what it drew or picked, ``credited`` the masks that a pick stands for, ``place``
    tells which of two corrections was sent first.
    """

    decision: str
    mask: Any = None
    credited: tuple[Any, ...] = ()
    place: Any = 0


@dataclass(frozen=True)
class Film:
    """What was asked: how many read it (``readers``), and correct it where all of them reject (``correctors``).

    ``alike`` says of two corrections whether they agree enough for the first to stand.
    """

    kind: str
    proposal: Any = None
    readers: int = 1
    correctors: int = 1
    alike: Callable[[Any, Any], bool] = field(default=lambda first, second: True)


@dataclass(frozen=True)
class Standing:
    """Where the film stands: what somebody has to do next by path, or its outcome with the mask that is its truth."""

    waits_for: tuple[str, ...] = ()
    outcome: str = ""
    mask: Any = None


def standing(film: Film, said: Mapping[str, Said]) -> Standing:
    """The film's standing after these acts, given by path."""
    ways = {"verdict": _verdict, "selection": _selection, "verification": _verification}
    return ways[film.kind](film, said)


def kind_of(path: str) -> str:
    """``verdict>correction/1`` is a correction."""
    return path.rpartition(">")[2].partition("/")[0]


def role_of(path: str) -> str:
    """Who may do it: MDs decide on what annotators doubt or differ about, and verify."""
    follows = ">" in path
    kind = kind_of(path)
    return PHYSICIAN if kind in {"adjudication", "verification"} or (kind == "selection" and follows) else ANNOTATOR


def level_of(path: str) -> str:
    """The readings of one place together: ``verdict/1`` belongs to ``verdict``."""
    return path.rpartition("/")[0]


def paths(tasks: Iterable[tuple[Any, Any, str, int]]) -> dict[Any, str]:
    """Paths by task of one film, from (task, parent or None, kind, replica); tasks that were called off left out."""
    rows = {task: (parent, kind, replica) for task, parent, kind, replica in tasks}

    def path(task: Any) -> str:
        parent, kind, replica = rows[task]
        return f"{kind}/{replica}" if parent is None else f"{level_of(path(parent))}>{kind}/{replica}"

    return {task: path(task) for task in rows}


def dsc(first_hw: np.ndarray, second_hw: np.ndarray) -> float:
    """Dice coefficient of two masks (H, W) bool, 0..1."""
    total = int(first_hw.sum()) + int(second_hw.sum())
    return 2 * int((first_hw & second_hw).sum()) / total if total else 1.0


def _readings(level: str, count: int, said: Mapping[str, Said]) -> tuple[list[Said], tuple[str, ...]]:
    """What was said on a level, and what is still to be said."""
    wanted = [f"{level}/{n}" for n in range(count)]
    return [said[path] for path in wanted if path in said], tuple(path for path in wanted if path not in said)


def _verdict(film: Film, said: Mapping[str, Said]) -> Standing:
    found, missing = _readings("verdict", film.readers, said)
    if missing:
        return Standing(missing)
    words = {one.decision for one in found}
    if words == {"accept"}:
        return Standing(outcome="accepted", mask=film.proposal)
    if words == {"exclude"}:
        return Standing(outcome="excluded")
    if words == {"reject"}:
        return _correction(film, said, "verdict>correction", film.correctors)
    return _adjudication(film, said, "verdict>adjudication")


def _correction(film: Film, said: Mapping[str, Said], level: str, count: int) -> Standing:
    found, missing = _readings(level, count, said)
    if missing:
        return Standing(missing)
    found.sort(key=lambda one: one.place)
    words = {one.decision for one in found}
    if words == {"exclude"}:
        return Standing(outcome="excluded")
    if words != {"correct"}:
        return _adjudication(film, said, f"{level}>adjudication")
    if count == 2 and not film.alike(found[0].mask, found[1].mask):
        return _choice_of_two(film, said, f"{level}>selection")
    return Standing(outcome="corrected", mask=found[0].mask)


def _choice_of_two(film: Film, said: Mapping[str, Said], level: str) -> Standing:
    found, missing = _readings(level, 1, said)
    if missing:
        return Standing(missing)
    if found[0].decision == "pick":
        return Standing(outcome="corrected", mask=found[0].mask)
    return _adjudication(film, said, f"{level}>adjudication")


def _adjudication(film: Film, said: Mapping[str, Said], level: str) -> Standing:
    found, missing = _readings(level, 1, said)
    if missing:
        return Standing(missing)
    decision = found[0].decision
    if decision == "accept":
        return Standing(outcome="adjudicated", mask=film.proposal)
    if decision == "draw":
        return Standing(outcome="drawn", mask=found[0].mask)
    if decision == "exclude":
        return Standing(outcome="excluded")
    if decision == "advise":
        return _correction(film, said, f"{level}>correction", 1)
    return _adjudication(film, said, f"{level}>adjudication")


def _selection(film: Film, said: Mapping[str, Said]) -> Standing:
    found, missing = _readings("selection", film.readers, said)
    if missing:
        return Standing(missing)
    if all(one.decision == "deny" for one in found):
        return Standing(outcome="denied")
    if len({frozenset(one.credited) for one in found}) == 1:
        return Standing(outcome="picked", mask=found[0].mask)
    found, missing = _readings("selection>selection", 1, said)
    if missing:
        return Standing(missing)
    if found[0].decision == "deny":
        return Standing(outcome="denied")
    return Standing(outcome="picked", mask=found[0].mask)


def _verification(film: Film, said: Mapping[str, Said]) -> Standing:
    found, missing = _readings("verification", 1, said)
    if missing:
        return Standing(missing)
    if found[0].decision == "confirm":
        return Standing(outcome="confirmed", mask=film.proposal)
    return Standing(outcome="verified_corrected", mask=found[0].mask)
