"""One reviewer: asks for tasks, looks at films and masks, decides, takes back, wanders off, loses connections."""

from __future__ import annotations

import contextlib
import random
import threading
import time
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from benchmarks.crowd.acts import Act, Habits, decide
from benchmarks.crowd.browser import Answer, Asked, Browser, LostError
from benchmarks.crowd.journal import Journal

FORESEEN = {
    "lease_lost", "task_settled", "followed_up", "nothing_to_undo", "no_other_md", "batch_closed", "film_excluded",
    "paused",
}  # fmt: skip
"""Refusals that belong to work in a crowd; any other one is a problem."""
GONE = {404, 410}
TRIES = 40
TRY_AGAIN_SECONDS = 0.5


class Reviewer(threading.Thread):
    """Works until ``until`` (seconds of ``time.time``) or until nothing is left, then gives back what he holds."""

    def __init__(
        self, browser: Browser, project: str, journal: Journal, habits: Habits, *, until: float, seed: str
    ) -> None:
        super().__init__(daemon=True)
        self.browser, self.project, self.journal, self.habits = browser, project, journal, habits
        self.until = until
        self.rng = random.Random(seed)
        self.tasks: list[dict[str, Any]] = []
        self.seen: set[str] = set()
        self.rounds: list[float] = []
        """Seconds from asking for a task to the answer to its act, without thinking."""
        self.problems: list[str] = []
        self.ran_empty = False

    def run(self) -> None:
        """Never raises: what went wrong stands in ``problems``."""
        try:
            # People do not all begin in the same moment.
            self._pause(self.rng.uniform(0, self.habits.think_seconds))
            while time.time() < self.until and not self.ran_empty:
                self._round()
            self._leave()
        except Exception as error:
            self.problems.append(f"{type(error).__name__}: {error}")
        finally:
            self.browser.close()

    def _round(self) -> None:
        started, thought = time.perf_counter(), 0.0
        if not self._fill():
            return
        task = self.tasks.pop(0)
        if self.habits.opens and not task["opened_at"] and not self._lease(task, "open"):
            return
        self._look(task)
        if self.rng.random() < self.habits.heartbeat and not self._lease(task, "heartbeat"):
            return
        pause = self.rng.expovariate(1 / self.habits.think_seconds) if self.habits.think_seconds else 0.0
        if self.rng.random() < self.habits.wander:
            pause = self.habits.wander_seconds
        thought = self._pause(pause)
        if (receipt := self._act(task, decide(task, self.habits, self.rng), thought)) is None:
            return
        self.rounds.append(time.perf_counter() - started - thought)
        if receipt["follow_up"]:
            self._hold(receipt["follow_up"], sure=True)
            self.tasks.insert(0, receipt["follow_up"])
        if self.rng.random() < self.habits.undo:
            self._undo(task["id"])

    def _fill(self) -> bool:
        """Have a task at hand; waits a little where there is none, as the page does."""
        if self.tasks and len(self.tasks) >= self.habits.ahead:
            return True
        path = f"/api/projects/{self.project}/queue/next"
        answer = self._ask(Asked("next", "POST", path, {"count": self.habits.ahead}))
        if answer.status != 200:
            self._unforeseen("next", answer)
            return False
        known = {task["id"] for task in self.tasks}
        given = answer.json()["tasks"]
        for task in given:
            if task["id"] not in known:
                self._hold(task, sure=bool(task["opened_at"]))
                self.tasks.append(task)
        if not self.tasks:
            self.ran_empty = not self.habits.think_seconds
            self._pause(max(1.0, self.habits.think_seconds))
        return bool(self.tasks)

    def _lease(self, task: dict[str, Any], verb: str) -> bool:
        answer = self._ask(Asked(verb, "POST", f"/api/tasks/{task['id']}/{verb}"))
        if answer.status == 200:
            self._hold({**task, **answer.json()}, sure=True)
            return True
        self._drop(task["id"])
        self._unforeseen(verb, answer)
        return False

    def _look(self, task: Mapping[str, Any]) -> None:
        """At pixels that the browser does not have yet."""
        wanted = [("film", task["image"]["pixels"])]
        if self.habits.opens:
            masks = [task["proposal"], *task["candidates"]]
            wanted += [("mask", mask["url"]) for mask in masks if mask]
        for kind, path in wanted:
            if path in self.seen:
                continue
            answer = self._ask(Asked(kind, "GET", path))
            if answer.status == 200:
                self.seen.add(path)
            elif answer.status not in GONE:
                self._unforeseen(kind, answer)

    def _act(self, task: Mapping[str, Any], act: Act, thought: float) -> Any:
        """Send it until it is answered; the receipt, or None where it was refused."""
        key = uuid.uuid4().hex
        seconds = round(min(thought, 600.0), 3)
        fields = {"idempotency_key": key, "lease_token": task["lease_token"], "active_seconds": seconds, **act.said}
        path = f"/api/tasks/{task['id']}/{act.name}"
        form = (fields, act.png) if act.png is not None else None
        asked = Asked(act.name, "POST", path, fields if form is None else None, form)
        self.journal.write(
            "sends", key=key, task=task["id"], act=act.name, kind=task["kind"], said=act.said, seconds=seconds
        )
        answer = self._send(key, asked)
        if answer.status not in {200, 201}:
            self._drop(task["id"])
            self._unforeseen(act.name, answer)
            return None
        self.journal.write("left", task=task["id"])
        return answer.json()

    def _undo(self, task_id: str) -> None:
        key = uuid.uuid4().hex
        self.journal.write("sends", key=key, task=task_id, act="undo", said={}, seconds=0)
        answer = self._send(key, Asked("undo", "POST", f"/api/tasks/{task_id}/undo", {"idempotency_key": key}))
        if answer.status != 200:
            self._unforeseen("undo", answer)
            return
        task = answer.json()
        # What came of the act goes with it.
        self.tasks = [one for one in self.tasks if one["image"]["id"] != task["image"]["id"]]
        # Sent twice, the second answer may find that the task is no longer this person's.
        if task["lease_token"]:
            self._hold(task, sure=True)
            self.tasks.insert(0, task)

    def _send(self, key: str, asked: Asked) -> Answer:
        """By this key until there is an answer, now and then as clumsily as networks and people are."""
        if self.rng.random() < self.habits.cut:
            with contextlib.suppress(LostError):
                self.browser.ask_and_hang_up(asked, half=self.rng.random() < 0.5)
            self.journal.write("lost", key=key)
        if self.rng.random() < self.habits.twice:
            with contextlib.suppress(LostError):
                for answer in (answers := self.browser.ask_twice(asked)):
                    self._answered(key, answer)
                if not any(answer.status >= 500 for answer in answers):
                    return answers[0]
            self.journal.write("lost", key=key)
        answer = self._ask(asked, key=key)
        if self.rng.random() < self.habits.again:
            self._ask(asked, key=key)
        return answer

    def _ask(self, asked: Asked, key: str = "") -> Answer:
        """Ask until the server answers with something else than a failure of its own, as the page's outbox does."""
        for _ in range(TRIES):
            try:
                answer = self.browser.ask(asked)
            except LostError:
                if key:
                    self.journal.write("lost", key=key)
                time.sleep(TRY_AGAIN_SECONDS)
                continue
            if key:
                self._answered(key, answer)
            if answer.status < 500:
                return answer
            self.problems.append(f"{asked.kind}: {answer.status} {answer.content[:200]!r}")
            time.sleep(TRY_AGAIN_SECONDS)
        raise RuntimeError(f"{asked.kind}: no answer in {TRIES} tries")

    def _answered(self, key: str, answer: Answer) -> None:
        found = answer.json() if answer.status < 300 else {}
        receipt = {
            "id": found.get("act"), "counts": found.get("counts"), "repeated": found.get("repeated"),
            "state": found.get("task", {}).get("state"),
        }  # fmt: skip
        self.journal.write("answered", key=key, status=answer.status, code=answer.code, **receipt)

    def _hold(self, task: Mapping[str, Any], *, sure: bool) -> None:
        until = datetime.fromisoformat(task["lease_expires_at"]).timestamp() if task["lease_expires_at"] else 0
        self.journal.write("holds", task=task["id"], kind=task["kind"], until=until, sure=sure)

    def _drop(self, task_id: str) -> None:
        self.tasks = [task for task in self.tasks if task["id"] != task_id]
        self.journal.write("left", task=task_id)

    def _unforeseen(self, what: str, answer: Answer) -> None:
        if answer.code not in FORESEEN and answer.status not in GONE:
            self.problems.append(f"{what}: {answer.status} {answer.content[:200]!r}")

    def _pause(self, seconds: float) -> float:
        """At most until the end; returns how long it was."""
        seconds = max(0.0, min(seconds, self.until - time.time()))
        time.sleep(seconds)
        return seconds

    def _leave(self) -> None:
        if self.rng.random() < self.habits.leave:
            return
        for task in list(self.tasks):
            self._ask(Asked("release", "POST", f"/api/tasks/{task['id']}/release"))
            self._drop(task["id"])
