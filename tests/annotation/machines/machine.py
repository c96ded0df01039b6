"""The review life as a machine: any of its people may do any of their moves at any time, and time passes between."""

from __future__ import annotations

import contextlib
from typing import Any, ClassVar

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from annotation.reviews.permissions import lease_token
from annotation.reviews.services import (
    Submission,
    act_withdraw,
    leases_expire,
    task_heartbeat,
    task_open,
    task_release,
    tasks_next,
    verdict_submit,
)
from tests.annotation.machines.admin import AdminMoves
from tests.annotation.machines.book import OPEN
from tests.annotation.machines.desk import Desk, code_of
from tests.annotation.machines.invariants import CHECKS
from tests.annotation.machines.scene import LEASE, Scene

NUMBER = st.integers(0, 59)
PERSON = st.integers(0, 5)


class ReviewLife(AdminMoves, RuleBasedStateMachine):
    """``scene`` is where each example begins, and to which it goes back."""

    scene: ClassVar[Scene]

    def __init__(self) -> None:
        super().__init__()
        self.stack = contextlib.ExitStack()
        self.clock = self.stack.enter_context(self.scene.once())
        self.desk = Desk(self.scene, self.clock)
        self.book = self.desk.book

    def teardown(self) -> None:
        """As if nothing had happened."""
        self.stack.close()

    def who(self, number: int) -> Any:
        """One of the six."""
        return self.scene.people[number].pk

    def pick(self, found: list[Any], number: int) -> Any:
        """One of them, in an order that is the same in each run."""
        keys = [key for key in self.desk.ordered() if key in set(found)]
        return keys[number % len(keys)] if keys else None

    # One after the other, as most people work.

    def ask(self, who: Any, count: int) -> list[Any]:
        """Ask for the next tasks; whoever gets none is told the truth."""
        book, now = self.book, self.clock.seconds
        eligible = book.eligible(who)
        mine = [key for key in eligible if book.tasks[key]["holder"] == who]
        free = [key for key in eligible if key not in mine and book.free_for(who, key, now)]
        over = [key for key in eligible if key not in mine and book.may_be_taken_over(key)]
        code, given = code_of(lambda: tasks_next(user=self.desk.people[who], project=self.scene.project, count=count))
        assert code == ""
        keys = [task.pk for task in given]
        assert len(set(keys)) == len(keys) <= count
        held, fresh = [key for key in keys if key in mine], [key for key in keys if key not in mine]
        assert len(held) == min(count, len(mine))
        assert set(fresh) <= set(free if held or free else over)
        films = {(book.tasks[key]["film"], book.tasks[key]["kind"]) for key in keys}
        if len(keys) < count:
            left = {(book.tasks[key]["film"], book.tasks[key]["kind"]) for key in free} - films
            assert not left or not (held or free), "there was more"
        assert keys or not (free or over), "nobody is told that there is nothing while there is"
        for key in keys:
            book.give(who, key, now)
        for task in given:
            assert task.lease_token == lease_token(self.desk.people[who], task)
        return keys

    @rule(person=PERSON, count=st.integers(1, 4))
    def asks_for_tasks(self, person: int, count: int) -> None:
        self.ask(self.who(person), count)

    @rule(person=PERSON, number=NUMBER)
    def works_on_the_next_task(self, person: int, number: int) -> None:
        who = self.who(person)
        if keys := self.ask(who, 1):
            self.look(who, keys[0])
            self.clock.pass_(20)
            self.desk.act(who, keys[0], self.desk.content(keys[0], number))

    @rule(number=NUMBER)
    def all_readers_reject_a_film(self, number: int) -> None:
        """Rare by chance, and where the longest ways begin."""
        films = [key for key, one in self.book.tasks.items() if one["kind"] == "verdict" and one["state"] == OPEN]
        if (task := self.pick([key for key in films if not self.book.tasks[key]["probe"]], number)) is None:
            return
        for who in self.desk.people:
            if task in self.book.eligible(who) and self.book.free_for(who, task, self.clock.seconds):
                self.desk.act(who, task, {"kind": "verdict", "decision": "reject"})
                return

    # Whatever else somebody may send, also of what is no longer his.

    def look(self, who: Any, key: Any) -> None:
        """Open a task."""
        expected = self.book.held(who, key)
        code, _ = code_of(lambda: task_open(user=self.desk.people[who], task_id=key))
        assert code == expected
        if not code:
            self.book.tasks[key].update(opened=True, until=self.clock.seconds + LEASE)

    def any_task(self, who: Any, number: int) -> Any:
        """One that the person's role lets him know of."""
        roles = self.book.roles[who]
        return self.pick([key for key, one in self.book.tasks.items() if one["role"] in roles], number)

    @rule(person=PERSON, number=NUMBER)
    def looks_at_a_task(self, person: int, number: int) -> None:
        who = self.who(person)
        if (key := self.any_task(who, number)) is not None:
            self.look(who, key)

    @rule(person=PERSON, number=NUMBER)
    def stays_at_a_task(self, person: int, number: int) -> None:
        who = self.who(person)
        if (key := self.any_task(who, number)) is None:
            return
        code, _ = code_of(lambda: task_heartbeat(user=self.desk.people[who], task_id=key))
        assert code == self.book.held(who, key)
        if not code:
            self.book.tasks[key]["until"] = self.clock.seconds + LEASE

    @rule(person=PERSON, number=NUMBER)
    def gives_a_task_back(self, person: int, number: int) -> None:
        who = self.who(person)
        if (key := self.any_task(who, number)) is None:
            return
        task_release(user=self.desk.people[who], task_id=key)
        if not self.book.held(who, key):
            self.book.free(key)
            self.book.tasks[key]["kept_for"] = None

    @rule(person=PERSON, number=NUMBER, word=NUMBER)
    def sends_an_act_on_a_task_that_was_once_his(self, person: int, number: int, word: int) -> None:
        """From a window that was open all the time."""
        who = self.who(person)
        if (key := self.any_task(who, number)) is not None:
            self.desk.act(who, key, self.desk.content(key, word))

    @rule(person=PERSON, number=NUMBER)
    def reports_a_film(self, person: int, number: int) -> None:
        who = self.who(person)
        if (key := self.any_task(who, number)) is not None:
            self.desk.act(who, key, {"kind": "report", "decision": "set_aside"})

    @precondition(lambda self: self.desk.sent)
    @rule(number=NUMBER)
    def sends_an_act_again(self, number: int) -> None:
        who, task, key, said = self.desk.sent[number % len(self.desk.sent)]
        expected = "withdrawn" if self.book.tasks[task]["film"] in self.book.gone else ""
        code, receipt = self.desk.send(who, task, key, said)
        assert code == expected
        assert receipt is None or (receipt.repeated, receipt.counts) == (True, self.book.acts[who, key]["counts"])

    @precondition(lambda self: self.desk.sent)
    @rule(number=NUMBER, word=NUMBER)
    def uses_a_key_for_another_act(self, number: int, word: int) -> None:
        who, task, key, said = self.desk.sent[number % len(self.desk.sent)]
        other = {**self.desk.content(task, word), "comment": "something else"}
        if said["kind"] == other["kind"]:
            code, _ = self.desk.send(who, task, key, other)
            assert code == (
                "withdrawn" if self.book.tasks[task]["film"] in self.book.gone else "idempotency_key_reused"
            )

    @rule(person=PERSON, number=NUMBER)
    def sends_an_act_that_he_was_never_asked_for(self, person: int, number: int) -> None:
        person_ = self.scene.people[person]
        found = [key for key, one in self.book.tasks.items() if one["kind"] == "verdict" and one["state"] == OPEN]
        if (key := self.pick(found, number)) is None:
            return
        form = Submission(person_, key, "a-key-of-nobody", self.scene.project.pk, 1.0)
        code, _ = code_of(lambda: verdict_submit(submission=form, decision="accept"))
        assert code == ("not_allowed" if "annotator" in self.book.roles[person_.pk] else "not_found")

    @precondition(lambda self: self.desk.sent)
    @rule(number=NUMBER, again=st.booleans())
    def takes_an_act_back(self, number: int, again: bool) -> None:
        who, task, _, _ = self.desk.sent[-1 - number % len(self.desk.sent)]
        self.undo(who, task, again=again)

    @rule(person=PERSON, number=NUMBER)
    def tries_to_take_back_what_may_be_another_persons(self, person: int, number: int) -> None:
        who = self.who(person)
        if (task := self.any_task(who, number)) is not None:
            self.undo(who, task, again=False)

    def undo(self, who: Any, task: Any, *, again: bool) -> None:
        """Once, or twice with the same key."""
        key, expected = self.desk.key(), self.book.undo_refusal(who, task)
        event(f"undo of a {self.book.tasks[task]['kind']}: {expected or 'done'}")
        for _ in range(1 + again):
            code, _ = code_of(lambda: act_withdraw(actor=self.desk.people[who], task_id=task, idempotency_key=key))
            assert code == expected
        if not expected:
            self.book.undo(who, key, task, self.clock.seconds)

    # Time.

    @rule(minutes=st.sampled_from([1, 3, 9, 11, 60]))
    def time_passes(self, minutes: int) -> None:
        self.clock.pass_(60 * minutes)

    @rule()
    def the_sweep_ends_leases(self) -> None:
        assert leases_expire() == self.book.expire(self.clock.seconds)

    @initialize()
    def begins(self) -> None:
        """Nobody holds anything."""
        assert {one["holder"] for one in self.book.tasks.values()} == {None}

    @invariant()
    def everything_is_as_the_book_has_it(self) -> None:
        self.clock.pass_(1)
        for check in CHECKS:
            check(self.desk)
