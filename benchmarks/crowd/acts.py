"""What a simulated reviewer decides on a task, drawn from shares; masks are drawn, not copied."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

Shares = Mapping[str, float]


@dataclass(frozen=True)
class Habits:
    """How people work. Shares are of all times that the thing could happen, 0..1."""

    think_seconds: float = 3.0
    """Mean time at a film; 0 for a closed loop."""
    ahead: int = 4
    """How many tasks are asked for at once, as the page does."""
    opens: bool = True
    """Tell the server which film is looked at, and look at its mask: the page does both."""
    decisions: Mapping[str, Shares] = field(
        default_factory=lambda: {
            "verdict": {"accept": 0.7, "reject": 0.15, "unsure": 0.08, "exclude": 0.06, "report": 0.01},
            "correction": {"correct": 0.9, "exclude": 0.05, "unsure": 0.05},
            "adjudication": {"accept": 0.4, "advise": 0.2, "draw": 0.2, "exclude": 0.1, "refer": 0.1},
            "selection": {"pick": 0.85, "deny": 0.15},
            "verification": {"confirm": 0.85, "correct": 0.15},
        }
    )
    undo: float = 0.03
    twice: float = 0.04
    """The same act from two windows at once."""
    again: float = 0.02
    """The same act once more after its answer."""
    cut: float = 0.03
    """The connection is closed before the answer, half of them in the middle of the request; then it is sent again."""
    heartbeat: float = 0.2
    wander: float = 0.005
    """The person goes away for ``wander_seconds`` with the film open, and sends what he thinks of it after that."""
    wander_seconds: float = 45.0
    leave: float = 0.2
    """At the end, whoever closes the browser instead of giving back what he holds."""

    @classmethod
    def plain(cls) -> Habits:
        """Next, film, accept; nothing else and without a pause: the closed loop of ``benchmarks.reviews``."""
        none = {"undo": 0.0, "twice": 0.0, "again": 0.0, "cut": 0.0, "heartbeat": 0.0, "wander": 0.0, "leave": 1.0}
        return cls(think_seconds=0, ahead=1, opens=False, **none, decisions=SETTLE_AT_ONCE)  # type: ignore[arg-type]


SETTLE_AT_ONCE: Mapping[str, Shares] = {
    "verdict": {"accept": 1.0}, "correction": {"correct": 1.0}, "adjudication": {"accept": 1.0},
    "selection": {"pick": 1.0}, "verification": {"confirm": 1.0},
}  # fmt: skip


@dataclass(frozen=True)
class Act:
    """One decision: ``name`` is the address below the task, ``said`` its own fields, ``png`` the mask drawn with it."""

    name: str
    said: dict[str, Any]
    png: bytes | None = None


def decide(task: Mapping[str, Any], habits: Habits, rng: random.Random) -> Act:
    """What the person does with a task, given as the server sends it."""
    kind = task["kind"]
    shares = habits.decisions[kind]
    decision = rng.choices(list(shares), list(shares.values()))[0]
    if decision == "report":
        return Act("report", {"comment": "it stays grey"})
    said: dict[str, Any] = {"decision": decision}
    if decision in {"exclude", "advise", "unsure"}:
        said["comment"] = f"{decision}: {rng.choice(['rotated', 'a tube', 'too dark', 'the left base'])}"
    if decision == "pick":
        said["position"] = rng.choice(task["candidates"])["position"]
    draws = decision == "draw" or (decision == "correct" and kind in {"correction", "verification"})
    png = draw(task["image"]["width"], task["image"]["height"], rng) if draws else None
    return Act(kind, said, png)


def draw(width: int, height: int, rng: random.Random) -> bytes:
    """1-bit PNG of two lungs, every time others."""
    mask = np.zeros((height, width), np.uint8)
    for middle in (0.3, 0.7):
        place = (round(width * (middle + rng.uniform(-0.03, 0.03))), round(height * rng.uniform(0.45, 0.55)))
        axes = (round(width * rng.uniform(0.1, 0.14)), round(height * rng.uniform(0.25, 0.35)))
        cv2.ellipse(mask, place, axes, rng.uniform(-8, 8), 0, 360, 255, -1)
    return cv2.imencode(".png", mask, [cv2.IMWRITE_PNG_BILEVEL, 1])[1].tobytes()
