"""Many reviewers at once, spread over a few processes, and how long they waited."""

from __future__ import annotations

import json
import multiprocessing
import statistics
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.crowd.acts import Habits
from benchmarks.crowd.browser import Browser
from benchmarks.crowd.journal import Journal
from benchmarks.crowd.reviewer import Reviewer
from benchmarks.crowd.visitor import Visitor

SIGN_IN_SECONDS = 300.0
OVERTIME_SECONDS = 180.0


@dataclass(frozen=True)
class Person:
    """Somebody with an account: a password for a session, or a token."""

    username: str
    password: str = ""
    token: str = ""


@dataclass(frozen=True)
class Plan:
    """A load: ``people`` work on the queue of ``project`` at ``url`` for ``seconds``; journals go to ``folder``.

    ``visitors`` ask for the ``pages``, (kind, address), one after the other with ``pause_seconds`` between them.
    ``headers`` go with each request; ``{n}`` in one stands for the person's number, so that each has an address.
    """

    url: str
    project: str
    people: Sequence[Person]
    seconds: float
    folder: Path
    habits: Habits = field(default_factory=Habits)
    processes: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    visitors: Sequence[Person] = ()
    pages: Sequence[tuple[str, str]] = ()
    pause_seconds: float = 1.0
    seed: int = 1


@dataclass
class Result:
    """What a load was: ``times`` in seconds by kind of request, ``wall`` from the first round to the last answer."""

    reviewers: int
    wall: float = 0.0
    rounds: list[float] = field(default_factory=list)
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    problems: list[str] = field(default_factory=list)
    ran_empty: int = 0

    @property
    def rounds_per_second(self) -> float:
        """A round is a task that was asked for, looked at and answered."""
        return len(self.rounds) / self.wall

    @property
    def requests_per_second(self) -> float:
        """All that was answered."""
        return sum(map(len, self.times.values())) / self.wall

    def milliseconds(self) -> dict[str, tuple[float, float]]:
        """p50 and p95 by kind of request."""
        return {kind: (quantile(values, 0.5), quantile(values, 0.95)) for kind, values in self.times.items() if values}

    def table(self) -> str:
        """As Markdown, the most frequent kind first."""
        lines = ["| request | times | p50 ms | p95 ms | longest ms |", "|---|---|---|---|---|"]
        for kind, values in sorted(self.times.items(), key=lambda pair: -len(pair[1])):
            low, high = self.milliseconds()[kind]
            lines.append(f"| {kind} | {len(values):,} | {low:.0f} | {high:.0f} | {1000 * max(values):.0f} |")
        return "\n".join(lines)


def quantile(seconds: Sequence[float], share: float) -> float:
    """Milliseconds."""
    if len(seconds) < 2:
        return 1000 * seconds[0]
    return 1000 * statistics.quantiles(seconds, n=100, method="inclusive")[round(share * 100) - 1]


def run(plan: Plan) -> Result:
    """Sign everybody in, let them work at once, wait for all. Raises RuntimeError where a process gives no answer."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("spawn")
    count = max(1, min(plan.processes, len(plan.people)))
    ready, result = context.Barrier(count), Result(len(plan.people))
    ends: list[tuple[Any, Any]] = []
    for part in range(count):
        mine, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_part, args=(plan, part, count, ready, theirs), daemon=True)
        process.start()
        theirs.close()
        ends.append((process, mine))
    longest = SIGN_IN_SECONDS + plan.seconds + OVERTIME_SECONDS
    for process, mine in ends:
        found = mine.recv() if mine.poll(longest) else None
        process.join(5)
        if found is None:
            process.kill()
            raise RuntimeError(f"a process of the crowd gave no answer in {longest:.0f} s")
        result.wall = max(result.wall, found["wall"])
        result.rounds += found["rounds"]
        result.problems += found["problems"]
        result.ran_empty += found["ran_empty"]
        for kind, values in found["times"].items():
            result.times[kind] += values
    return result


def _part(plan: Plan, part: int, of: int, ready: Any, answer: Any) -> None:
    try:
        answer.send(_work(plan, part, of, ready))
    except Exception as error:
        ready.abort()
        problems = [f"{type(error).__name__}: {error}"]
        answer.send({"wall": 1e-9, "rounds": [], "problems": problems, "ran_empty": 0, "times": {}})


def _work(plan: Plan, part: int, of: int, ready: Any) -> dict[str, Any]:
    numbered = [(n, person) for n, person in enumerate(plan.people) if n % of == part]
    signed_in = [(n, person, _browser(plan, n, person)) for n, person in numbered]
    visiting = [(n, person) for n, person in enumerate(plan.visitors, len(plan.people)) if n % of == part]
    doors = [(n, _browser(plan, n, person)) for n, person in visiting]
    ready.wait(SIGN_IN_SECONDS)
    started = time.time()
    until = started + plan.seconds
    reviewers = [
        Reviewer(
            browser, plan.project, Journal(plan.folder / f"{person.username}.jsonl", person.username), plan.habits,
            until=until, seed=f"{plan.seed}:{n}",
        )
        for n, person, browser in signed_in
    ]  # fmt: skip
    visitors = [Visitor(browser, plan.pages, plan.pause_seconds, until=until, start=n) for n, browser in doors]
    everybody: list[Reviewer | Visitor] = [*reviewers, *visitors]
    for thread in everybody:
        thread.start()
    problems: list[str] = []
    for thread in everybody:
        thread.join(max(0.0, until + OVERTIME_SECONDS - time.time()))
        if thread.is_alive():
            problems.append(f"{thread.name} hangs")
    for reviewer in reviewers:
        reviewer.journal.close()
    times: dict[str, list[float]] = defaultdict(list)
    for thread in everybody:
        problems += thread.problems
        for kind, values in thread.browser.times.items():
            times[kind] += values
    return {
        "wall": time.time() - started,
        "rounds": [seconds for reviewer in reviewers for seconds in reviewer.rounds],
        "problems": problems,
        "ran_empty": sum(reviewer.ran_empty for reviewer in reviewers),
        "times": dict(times),
    }


def _browser(plan: Plan, number: int, person: Person) -> Browser:
    headers = {name: value.replace("{n}", str(number + 1)) for name, value in plan.headers.items()}
    browser = Browser(plan.url, headers)
    if person.token:
        browser.use_token(person.token)
    else:
        browser.sign_in(person.username, person.password)
    return browser


def people_read(path: Path) -> list[Person]:
    """People of a JSON file: a list of objects with ``username`` and ``password`` or ``token``."""
    return [Person(**one) for one in json.loads(path.read_text())]
