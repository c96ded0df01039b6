"""What a journal says of each act: sent how often, and answered what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Sent:
    """One act of one person, however often it was sent under its key."""

    who: str
    key: str
    task: str
    act: str
    said: dict[str, Any]
    seconds: float
    pixels: str
    receipts: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    lost: int = 0

    @property
    def decision(self) -> str:
        """As its row must say it."""
        return {"undo": "withdrawn", "report": "set_aside"}.get(self.act) or str(self.said["decision"])

    def problems(self) -> list[str]:
        """Answers that cannot all be true."""
        found = []
        if len({(one["id"], one["counts"]) for one in self.receipts}) > 1:
            found.append(f"{self} was answered in different ways: {self.receipts}")
        new = sum(one["status"] == 201 for one in self.receipts)
        if self.act != "undo" and (new > 1 or (self.receipts and not new and not self.lost)):
            found.append(f"{self} was new {new} times")
        return found

    def __str__(self) -> str:
        return f"{self.act} {self.key} of {self.who} on {self.task}"


def sent_by(who: str, lines: Iterable[dict[str, Any]]) -> dict[str, Sent]:
    """Acts of one journal by key."""
    found: dict[str, Sent] = {}
    for line in lines:
        if line["what"] == "sends":
            content = {name: line[name] for name in ("key", "task", "act", "said", "seconds", "pixels")}
            found[line["key"]] = Sent(who, **content)
        elif line["what"] == "lost":
            found[line["key"]].lost += 1
        elif line["what"] == "answered" and line["status"] < 300:
            found[line["key"]].receipts.append(line)
        elif line["what"] == "answered":
            found[line["key"]].refusals.append(f"{line['status']} {line['code']}")
    return found


def sure_times(lines: Iterable[dict[str, Any]]) -> dict[str, list[tuple[float, float]]]:
    """When a person surely held each task, as (from, to) in seconds: from an answer that said so until the lease's end,
    or until he sent something that may have ended it.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    holding: dict[str, tuple[float, float]] = {}

    def end(task: str, at: float) -> None:
        begin, until = holding.pop(task, (0.0, 0.0))
        if min(until, at) > begin:
            found.setdefault(task, []).append((begin, min(until, at)))

    for line in lines:
        if line["what"] == "holds" and line["sure"]:
            end(line["task"], line["at"])
            holding[line["task"]] = (line["at"], line["until"])
        elif line["what"] in {"left", "sends"}:
            end(line["task"], line["at"])
    for task in list(holding):
        end(task, float("inf"))
    return found


def overlaps(times: Iterable[tuple[float, float, str]]) -> list[str]:
    """Moments at which two people held one task, from (from, to, who)."""
    found, last = [], (0.0, "")
    for begin, until, who in sorted(times):
        if begin < last[0] and who != last[1]:
            found.append(f"{last[1]} and {who} at {begin:.3f}")
        last = max(last, (until, who))
    return found
