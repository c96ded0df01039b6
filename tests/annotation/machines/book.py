"""All that was asked of people and what they did, in plain dicts: what the platform's rows are compared with.

It knows the rules as people are told them, and none of the platform's code. Times are seconds.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.support.ledger import Film, Said, Standing, level_of, standing

Task = dict[str, Any]
OPEN, DONE, ASIDE, CANCELLED = "open", "done", "set_aside", "cancelled"
UNSETTLED = (OPEN, ASIDE)


class Book:
    """``roles`` by person; a lease holds for ``lease`` seconds."""

    def __init__(self, roles: dict[Any, frozenset[str]], lease: float) -> None:
        self.roles, self.lease = roles, lease
        self.tasks: dict[Any, Task] = {}
        self.films: dict[tuple[Any, Any], dict[str, Any]] = {}
        """By batch and film: ``asked``, what was ``said`` by path, ``shut`` by an admin, and what stood ``before``."""
        self.gone: set[Any] = set()
        self.closed: set[Any] = set()
        self.acts: dict[tuple[Any, str], dict[str, Any]] = {}
        self.audit: Counter[str] = Counter()
        self.keeping: dict[tuple[Any, Any, str], Any] = {}
        """Who is given a task at once that is still to be met, by batch, film and path."""

    def film(self, task: Task) -> dict[str, Any]:
        """The film's own page."""
        return self.films[task["batch"], task["film"]]

    def standing(self, batch: Any, film: Any) -> Standing:
        """By the ledger."""
        page = self.films[batch, film]
        return standing(page["asked"], page["said"])

    def new_film(self, batch: Any, film: Any, asked: Film, before: tuple[str, Any, str]) -> None:
        """A film is offered; ``before`` is its state, truth and provenance until then."""
        self.films[batch, film] = {"asked": asked, "said": {}, "shut": False, "before": before}

    def new_task(self, key: Any, **fields: Any) -> None:
        """A task came up; it is given to nobody, or at once to whoever it was made for."""
        holder = self.keeping.pop((fields["batch"], fields["film"], fields["path"]), None)
        who, until = holder or (None, None)
        self.tasks[key] = {
            **fields, "state": OPEN, "holder": who, "until": until, "opened": False, "kept_for": who, "done_by": None,
            "report": None, "at": None,
        }  # fmt: skip

    # Who may have what.

    def others(self, task: Task) -> list[Task]:
        """Other tasks of the kind on the film: no one person does two of them."""
        return [
            one
            for one in self.tasks.values()
            if one is not task and not one["probe"]
            and (one["batch"], one["film"], one["kind"]) == (task["batch"], task["film"], task["kind"])
        ]  # fmt: skip

    def eligible(self, who: Any) -> list[Any]:
        """Open tasks that the person may do at all."""
        found = []
        for key, task in self.tasks.items():
            if task["state"] != OPEN or task["batch"] in self.closed or task["role"] not in self.roles[who]:
                continue
            alone = task["readings"] == 1 and task["kind"] != "adjudication"
            if alone or not any(who in (one["done_by"], one["holder"]) for one in self.others(task)):
                found.append(key)
        return found

    def free_for(self, who: Any, key: Any, now: float) -> bool:
        """Nobody has it, and it is kept for nobody else; or whoever had it has let his time pass."""
        task = self.tasks[key]
        if task["holder"] is None:
            return task["kept_for"] in (None, who)
        return bool(task["until"] <= now)

    def may_be_taken_over(self, key: Any) -> bool:
        """Asked for ahead, but not looked at yet."""
        return not self.tasks[key]["opened"] and self.tasks[key]["kept_for"] is None

    def give(self, who: Any, key: Any, now: float) -> None:
        """The person has it from now on, not looked at yet; who had it before keeps it by looking."""
        task = self.tasks[key]
        if task["holder"] != who:
            task.update(holder=who, opened=False, kept_for=task["kept_for"] if task["kept_for"] == who else None)
        task["until"] = now + self.lease

    def free(self, key: Any) -> None:
        """Nobody has it any more."""
        self.tasks[key].update(holder=None, until=None, opened=False)

    def expire(self, now: float) -> int:
        """The sweep comes by; returns how many leases it ends."""
        ended = [key for key, task in self.tasks.items() if task["state"] == OPEN and (task["until"] or now + 1) <= now]
        for key in ended:
            self.free(key)
            self.tasks[key]["kept_for"] = None
        return len(ended)

    def held(self, who: Any, key: Any) -> str:
        """Empty where the person may go on with it, else the refusal's code."""
        task = self.tasks[key]
        if task["state"] != OPEN:
            return "task_settled"
        return "" if task["holder"] == who else "lease_lost"

    # Acts.

    def asked_mds(self, task: Task) -> set[Any]:
        """MDs who have decided on the film in this batch."""
        return {
            one["done_by"]
            for one in self.tasks.values()
            if one["kind"] == "adjudication" and (one["batch"], one["film"]) == (task["batch"], task["film"])
        } - {None}

    def refusal(self, who: Any, key: Any, decision: str) -> str:
        """Code of what is not taken at all; empty where it is kept."""
        task = self.tasks[key]
        if task["film"] in self.gone:
            return "withdrawn"
        mds, asked = {one for one, roles in self.roles.items() if "physician" in roles}, self.asked_mds(task)
        if decision == "refer" and not mds - {who} - asked:
            return "no_other_md"
        if (task["kind"], decision) == ("correction", "unsure") and asked and not mds - asked:
            return "no_other_md"
        return ""

    def twice(self, who: Any, task: Task) -> bool:
        """The person has done another reading of the same place."""
        level = level_of(task["path"])
        return task["readings"] > 1 and any(
            one["done_by"] == who and level_of(one["path"]) == level for one in self.others(task)
        )

    def counts(self, who: Any, key: Any) -> bool:
        """Whether an act would count now; else it is kept beside what counts."""
        task = self.tasks[key]
        return task["state"] == OPEN and task["batch"] not in self.closed and not self.twice(who, task)

    def say(self, who: Any, key: Any, task_key: Any, decision: str, now: float, seconds: float, said: Said) -> bool:
        """Somebody acts; returns whether it counts."""
        task, counts = self.tasks[task_key], self.counts(who, task_key)
        act = {"task": task_key, "decision": decision, "counts": counts, "seconds": seconds, "back": False}
        self.acts[who, key] = act
        if not counts:
            if task["state"] == OPEN and task["batch"] not in self.closed:
                # It is for somebody else to read: whoever has it keeps it.
                if task["holder"] == who:
                    self.free(task_key)
                if task["kept_for"] == who:
                    task["kept_for"] = None
            return False
        if decision == "set_aside":
            self._set_aside(task_key, (who, key))
            return True
        self.free(task_key)
        task.update(state=DONE, done_by=who, at=now)
        if not task["probe"]:
            self.film(task)["said"][task["path"]] = said
            if decision == "reject":
                # Whoever rejects last draws.
                self.keeping[task["batch"], task["film"], "verdict>correction/0"] = (who, now + self.lease)
        return True

    def _set_aside(self, key: Any, report: Any) -> None:
        task = self.tasks[key]
        level = level_of(task["path"])
        readings = [] if task["probe"] else [
            one for one in self.others(task) if one["state"] == OPEN and level_of(one["path"]) == level
        ]  # fmt: skip
        for one in (task, *readings):
            one.update(state=ASIDE, report=report, holder=None, until=None, opened=False)
        self.audit["film.set_aside"] += 1

    def standing_act(self, key: Any) -> tuple[Any, dict[str, Any]] | None:
        """The act that settled the task and was not taken back, with whose it is."""
        for (who, _), act in self.acts.items():
            if act["task"] == key and act["counts"] and not act["back"] and act["decision"] not in NOT_SETTLING:
                return who, act
        return None

    def followers(self, task: Task) -> list[Any]:
        """Tasks that came of this place and were not called off."""
        level = level_of(task["path"])
        return [
            key
            for key, one in self.tasks.items()
            if not one["probe"] and one["state"] != CANCELLED and level_of(one["path"]).rpartition(">")[0] == level
            and (one["batch"], one["film"]) == (task["batch"], task["film"])
        ]  # fmt: skip

    def undo_refusal(self, who: Any, key: Any) -> str:
        """Code of why an act may not be taken back; empty where it may."""
        task = self.tasks[key]
        if task["film"] in self.gone:
            return "withdrawn"
        if task["state"] == ASIDE:
            reporter, report = task["report"]
            return "" if reporter == who and self.acts[reporter, report]["task"] == key else "nothing_to_undo"
        found = self.standing_act(key)
        if found is None or found[0] != who:
            return "nothing_to_undo"
        if task["batch"] in self.closed:
            return "batch_closed"
        if self.film(task)["shut"]:
            return "film_excluded"
        for follower in map(self.tasks.get, [] if task["probe"] else self.followers(task)):
            assert follower is not None
            if follower["state"] in (DONE, ASIDE) or (follower["opened"] and follower["holder"] != who):
                return "followed_up"
        return ""

    def undo(self, who: Any, undo_key: str, key: Any, now: float) -> None:
        """What was done is taken back; its task is the same person's again."""
        task = self.tasks[key]
        self.acts[who, undo_key] = {"task": key, "decision": "withdrawn", "counts": True, "seconds": 0.0, "back": False}
        if task["state"] == ASIDE:
            report = task["report"]
            self.acts[report]["back"] = True
            for one in self.tasks.values():
                if one["report"] == report:
                    one.update(state=OPEN, report=None)
            self.audit["film.report_taken_back"] += 1
        else:
            found = self.standing_act(key)
            assert found is not None
            found[1]["back"] = True
            if not task["probe"]:
                for follower in self.followers(task):
                    self.free(follower)
                    self.tasks[follower]["state"] = CANCELLED
                del self.film(task)["said"][task["path"]]
        task.update(state=OPEN, done_by=None, at=None, holder=who, until=now + self.lease, opened=True)

    # What becomes of films.

    def call_off(self, film: Any) -> None:
        """All that still waits on a film is asked of nobody."""
        for key, task in self.tasks.items():
            if task["film"] == film and task["state"] in UNSETTLED:
                self.free(key)
                task.update(state=CANCELLED, report=None)

    def page_of(self, film: Any) -> tuple[str, Any, str]:
        """State, truth and provenance of a film, by its last batch."""
        batch = [batch for batch, one in self.films if one == film][-1]
        page, stands = self.films[batch, film], self.standing(batch, film)
        state, truth, provenance = page["before"] if page["asked"].kind == "verification" else ("chosen", None, "")
        if stands.outcome in {"excluded", "denied"}:
            state = stands.outcome
        elif stands.outcome == "verified_corrected":
            truth, provenance = stands.mask, "corrected"
        elif stands.outcome and stands.outcome != "confirmed":
            state, truth, provenance = "settled", stands.mask, stands.outcome
        if film in self.gone:
            return "excluded", None, ""
        return ("excluded" if page["shut"] else state), truth, provenance


NOT_SETTLING = {"withdrawn", "set_aside"}
