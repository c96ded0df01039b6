"""People who go on working while something breaks: what is not answered they send again, with the same key."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from annotation.accounts.models import User
from tests.factories import token_for
from tests.faults.house import House

GIVE_UP_SECONDS = 120.0
NO_ANSWER = "no answer"


@dataclass
class Sent:
    """One act as its person knows it."""

    actor: Any
    task: str
    decision: str
    key: str
    receipt: dict[str, Any] | None = None
    """The server's word that it has it; None: nobody was told."""
    answers: list[str] = field(default_factory=list)
    """What each sending was answered: a status, or ``NO_ANSWER``."""
    seconds: float = 0.0
    """From the first sending to the receipt."""


@dataclass
class Ledger:
    """All that was sent, and every answer that was no success."""

    acts: list[Sent] = field(default_factory=list)
    refusals: list[httpx.Response] = field(default_factory=list)
    unanswered: int = 0

    def told(self) -> Counter[str]:
        """How often each code was answered in place of a success."""
        return Counter(answer.json()["error"]["code"] for answer in self.refusals if _is_json(answer))

    def longest(self) -> float:
        """Seconds that the unluckiest act took."""
        return max((act.seconds for act in self.acts), default=0.0)


def _is_json(answer: httpx.Response) -> bool:
    return "json" in answer.headers.get("Content-Type", "")


class Client:
    """A person with a token, who asks again until there is an answer."""

    def __init__(self, house: House, user: User, ledger: Ledger) -> None:
        self.user, self.ledger, self.project = user, ledger, house.project.slug
        self.token = token_for(user)
        self.http = httpx.Client(
            base_url=f"{house.url}/api", timeout=30, headers={"Authorization": f"Bearer {self.token}"}
        )

    def once(self, method: str, path: str, **body: Any) -> httpx.Response | None:
        """One sending; None where no answer came. An answer that says that something is away is kept."""
        try:
            answer = self.http.request(method, path, **body)
        except httpx.TransportError:
            self.ledger.unanswered += 1
            return None
        if answer.status_code >= 400:
            self.ledger.refusals.append(answer)
        return answer

    def ask(self, method: str, path: str, **body: Any) -> Any:
        """Send until something else is answered than that the server is away; JSON of a success."""
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < deadline:
            answer = self.once(method, path, **body)
            if answer is not None and answer.status_code < 500:
                assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
                return answer.json()
            time.sleep(0.3)
        raise AssertionError(f"{method} {path}: no success in {GIVE_UP_SECONDS:.0f} s")

    def next(self, count: int = 1) -> list[dict[str, Any]]:
        """Verdicts from the queue."""
        body = {"count": count, "kinds": ["verdict"]}
        tasks: list[dict[str, Any]] = self.ask("POST", f"/projects/{self.project}/queue/next", json=body)["tasks"]
        return tasks

    def begin(self, task: dict[str, Any], decision: str = "accept") -> tuple[Sent, dict[str, Any]]:
        """An act that is not sent yet, in the ledger, and its body."""
        act = Sent(self.user.pk, task["id"], decision, uuid.uuid4().hex)
        self.ledger.acts.append(act)
        body = {
            "idempotency_key": act.key, "lease_token": task["lease_token"], "active_seconds": 1.0,
            "decision": decision,
        }  # fmt: skip
        return act, body

    def verdict(self, task: dict[str, Any], decision: str = "accept") -> Sent:
        """A verdict, sent until it is answered."""
        act, body = self.begin(task, decision)
        self.deliver(act, body)
        return act

    def deliver(self, act: Sent, body: dict[str, Any]) -> None:
        """Send until there is a receipt."""
        began = time.monotonic()
        while act.receipt is None:
            assert time.monotonic() < began + GIVE_UP_SECONDS, f"an act was never taken: {act.answers[-5:]}"
            answer = self.once("POST", f"/tasks/{act.task}/verdict", json=body)
            act.answers.append(NO_ANSWER if answer is None else str(answer.status_code))
            if answer is not None and answer.is_success:
                act.receipt = answer.json()
            elif answer is not None and answer.status_code < 500:
                raise AssertionError(f"an act was refused: {answer.status_code} {answer.text[:500]}")
            else:
                time.sleep(0.2)
        act.seconds = time.monotonic() - began


class Crowd:
    """Readers who work the queue, each in a thread, until it is empty or they are called off."""

    def __init__(self, house: House, ledger: Ledger, *, pause: float = 0.2) -> None:
        self._pause, self._off = pause, threading.Event()
        self._broken: list[BaseException] = []
        self._clients = [Client(house, user, ledger) for user in house.readers]
        self._threads = [threading.Thread(target=self._work, args=(client,), daemon=True) for client in self._clients]

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._off.set()
        for thread in self._threads:
            thread.join(GIVE_UP_SECONDS + 30)
        if self._broken and error[0] is None:
            raise self._broken[0]

    def done(self) -> None:
        """Wait until the queue is empty."""
        for thread in self._threads:
            thread.join(GIVE_UP_SECONDS)

    def _work(self, client: Client) -> None:
        try:
            while not self._off.is_set():
                tasks = client.next()
                if not tasks:
                    return
                client.verdict(tasks[0])
                self._off.wait(self._pause)
        except BaseException as error:
            self._broken.append(error)
