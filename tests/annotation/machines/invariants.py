"""What must hold after every step: the platform's rows and figures are those of the book."""

from __future__ import annotations

from collections import Counter
from typing import Any

from annotation.reviews.selectors import queue_counts
from annotation.rounds.selectors import effort_by_batch
from tests.annotation.machines import reading
from tests.annotation.machines.book import ASIDE, DONE, OPEN, UNSETTLED
from tests.annotation.machines.desk import Desk

AUDITED = ("film.", "patient.", "round.closed_by_hand")


def check_tasks(desk: Desk) -> None:
    """Each task is where the book has it, with the same person until the same moment; and each film waits for what its
    acts ask for, once.
    """
    book, rows = desk.book, desk.rows()
    assert set(rows) == set(book.tasks)
    for key, task in book.tasks.items():
        row = rows[key]
        until = row["lease_expires_at"]
        theirs = (
            row["state"],
            row["done_by_id"],
            row["lease_holder_id"],
            until and until.timestamp(),
            bool(row["opened_at"]),
        )
        ours = (task["state"], task["done_by"], task["holder"], task["until"], task["opened"])
        assert theirs == ours, f"{task['path']} is {theirs}, the book says {ours}"
        assert task["state"] in UNSETTLED or task["holder"] is None
    for (batch, film), page in book.films.items():
        mine = [one for one in book.tasks.values() if (one["batch"], one["film"], one["probe"]) == (batch, film, False)]
        waiting = Counter(one["path"] for one in mine if one["state"] in (OPEN, ASIDE))
        off = page["shut"] or film in book.gone
        assert waiting == Counter(() if off else book.standing(batch, film).waits_for)
        assert {one["path"] for one in mine if one["state"] == DONE} == set(page["said"])


def check_acts(desk: Desk) -> None:
    """Whatever anybody ever did is one row, as it was said, and whether it counts."""
    ours = {
        of: (act["task"], act["decision"], act["counts"], act["seconds"]) for of, act in desk.book.acts.items()
    }  # fmt: skip
    theirs = {of: row for of, row in reading.acts(desk.project).items() if row[0] in desk.book.tasks}
    assert theirs == ours


def check_films(desk: Desk) -> None:
    """States and truths are what the acts say; no truth that ever was is discarded, and each has its number."""
    films = {film for _, film in desk.book.films}
    theirs = reading.pages(desk.project, films)
    for film in films:
        assert theirs[film] == desk.book.page_of(film)
    truths = reading.truths_ever(desk.project)
    assert truths >= desk.truths
    desk.truths = truths


def check_totals(desk: Desk) -> None:
    """The project's page counts the same acts and seconds."""
    acts: Counter[Any] = Counter()
    seconds: Counter[Any] = Counter()
    films: dict[Any, set[Any]] = {}
    for act in desk.book.acts.values():
        task = desk.book.tasks[act["task"]]
        if act["decision"] != "withdrawn":
            acts[task["batch"]] += 1
            seconds[task["batch"]] += act["seconds"]
    for task in desk.book.tasks.values():
        films.setdefault(task["batch"], set()).update(
            {task["film"]} if task["state"] == DONE and not task["probe"] else ()
        )
    numbers = dict(desk.project.batches.values_list("number", "pk"))
    for figures in effort_by_batch(desk.project):
        batch = numbers[figures["number"]]
        if batch in desk.over:
            continue
        total = figures["active_seconds"] + figures["probe_seconds"]
        assert (figures["acts"], total) == (acts[batch], seconds[batch])
        assert figures["films"] == len(films.get(batch, ()))


def check_queue(desk: Desk) -> None:
    """Whoever asks is told how much waits for him; at each step it is another one who asks."""
    now = desk.clock.seconds
    desk.asked += 1
    who, person = list(desk.people.items())[desk.asked % len(desk.people)]
    counted = queue_counts(user=person, project=desk.project)
    mine = [
        desk.book.tasks[key]
        for key in desk.book.eligible(who)
        if desk.book.tasks[key]["holder"] == who
        or desk.book.free_for(who, key, now)
        or desk.book.may_be_taken_over(key)
    ]
    waiting = Counter(task["kind"] for task in mine)
    assert {kind: n for kind, n in counted["waiting"].items() if n} == dict(waiting)
    assert counted["held"] == sum(task["holder"] == who for task in mine)


def check_audit(desk: Desk) -> None:
    """What is no act of a reviewer has its row in the audit log."""
    rows = reading.audited() - desk.audited_before
    assert {action: n for action, n in rows.items() if action.startswith(AUDITED)} == dict(desk.book.audit)


CHECKS = (check_tasks, check_acts, check_films, check_totals, check_queue, check_audit)
