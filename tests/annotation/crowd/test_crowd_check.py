"""The crowd's check finds what is wrong: it is asked about faults that are put in on purpose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotation.reviews.models import ALL_ACTS
from benchmarks.crowd.check import check_acts, check_holders, check_leases, check_totals
from benchmarks.crowd.films import check_films
from benchmarks.crowd.journal import Journal, journals
from benchmarks.crowd.sent import Sent, overlaps, sent_by, sure_times
from tests.annotation.reviews.world import World, new_key, verdict

pytestmark = pytest.mark.django_db


class Worked:
    """Two verdicts of one person, and the journal that he would have written."""

    def __init__(self, world: World) -> None:
        self.world, self.who = world, world.annotator.username
        world.verdicts(count=3)
        self.sent: dict[tuple[str, str], Sent] = {}
        for decision in ("accept", "exclude"):
            (task,) = world.lease(world.annotator)
            key = new_key()
            receipt = verdict(world.annotator, task, decision, "blurred", key=key)
            said = {"decision": decision}
            told = {"id": str(receipt.act.pk), "counts": True, "status": 201}
            self.sent[self.who, key] = Sent(self.who, key, str(task.pk), "verdict", said, 2.0, "", [told])

    def acts(self) -> dict[str, list[Any]]:
        return {kind: list(model.objects.select_related("actor", "task")) for kind, model in ALL_ACTS.items()}

    def first(self) -> Sent:
        return next(iter(self.sent.values()))


@pytest.fixture
def worked(world: World) -> Worked:
    return Worked(world)


@pytest.fixture
def world(db: None) -> World:
    return World()


def test_work_that_is_whole_is_called_whole(worked: Worked) -> None:
    acts = worked.acts()
    assert check_acts(worked.sent, acts) == []
    assert check_totals(worked.sent, acts, worked.world.project) == []
    assert check_films(worked.world.project, acts) == []


def test_an_answered_act_without_its_row_is_lost(worked: Worked) -> None:
    acts = worked.acts()
    del acts["verdict"][0]
    (problem,) = check_acts(worked.sent, acts)
    assert "is lost" in problem
    assert check_totals(worked.sent, acts, worked.world.project)


def test_a_row_that_nobody_sent_is_found(worked: Worked) -> None:
    worked.sent.pop(next(iter(worked.sent)))
    (problem,) = check_acts(worked.sent, worked.acts())
    assert problem.startswith("nobody sent")


def test_a_row_that_stands_twice_or_says_something_else_is_found(worked: Worked) -> None:
    acts = worked.acts()
    acts["verdict"].append(acts["verdict"][0])
    assert "counts 2 times" in check_acts(worked.sent, acts)[0]
    worked.first().said["decision"] = "unsure"
    assert "stands as another act" in check_acts(worked.sent, worked.acts())[0]


def test_an_act_whose_answer_was_lost_may_be_there_or_not(worked: Worked) -> None:
    acts, one = worked.acts(), worked.first()
    one.receipts, one.lost = [], 1
    assert check_acts(worked.sent, acts) == []
    acts["verdict"] = [row for row in acts["verdict"] if row.idempotency_key != one.key]
    assert check_acts(worked.sent, acts) == []
    one.lost, one.refusals = 0, ["409 task_settled"]
    assert "was refused" in check_acts(worked.sent, worked.acts())[0]


def test_answers_that_contradict_each_other_are_found() -> None:
    first = {"id": "1", "counts": True, "status": 201}
    one = Sent("eva", "k", "t", "verdict", {"decision": "accept"}, 1.0, "", [first, {**first, "status": 200}])
    assert one.problems() == []
    one.receipts.append({**first, "id": "2"})
    assert len(one.problems()) == 2, "another act, and new twice"


def test_a_film_whose_truth_is_not_what_its_acts_say_is_found(worked: Worked) -> None:
    acts = worked.acts()
    accepted = next(row for row in acts["verdict"] if row.decision == "accept")
    accepted.decision = "exclude"
    problems = check_films(worked.world.project, acts)
    assert len(problems) == 2
    assert all(str(accepted.task.project_image_id) in problem for problem in problems)


def test_a_lease_that_does_not_end_is_found(worked: Worked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.crowd.check.SWEEP_SECONDS", 0.0)
    assert check_leases(worked.world.project, 0.0) == []
    worked.world.lease(worked.world.annotator)
    assert len(check_leases(worked.world.project, 0.0)) == 1


def book(folder: Path, who: str, *lines: tuple[float, str, dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """A person's journal with these times, written and read again."""
    journal = Journal(folder / f"{who}.jsonl", who)
    for _, what, detail in lines:
        journal.write(what, **detail)
    journal.close()
    (found,) = [read for name, read in journals(folder) if name == who]
    for line, (at, _, _) in zip(found[1:], lines, strict=True):
        line["at"] = at
    return who, found


def test_two_people_with_one_task_at_a_time_are_found_and_one_after_the_other_are_not(tmp_path: Path) -> None:
    holds = {"task": "t", "kind": "verdict", "sure": True}
    eva = book(tmp_path, "eva", (10, "holds", {**holds, "until": 40}), (20, "left", {"task": "t"}))
    jan = book(tmp_path, "jan", (21, "holds", {**holds, "until": 50}))
    assert check_holders([eva, jan]) == []
    ina = book(tmp_path, "ina", (49, "holds", {**holds, "until": 60}))
    (problem,) = check_holders([eva, jan, ina])
    assert "jan and ina at 49.000" in problem


def test_a_lease_that_was_over_or_only_asked_for_ahead_may_be_somebody_elses(tmp_path: Path) -> None:
    holds = {"task": "t", "kind": "verdict", "until": 40}
    lines = ((10.0, "holds", {**holds, "sure": False}), (12.0, "holds", {**holds, "until": 15, "sure": True}))
    assert sure_times(book(tmp_path, "eva", *lines)[1]) == {"t": [(12, 15)]}
    assert overlaps([(10, 20, "eva"), (20, 30, "jan"), (12, 18, "eva")]) == []


def test_a_journal_counts_an_act_once_however_often_it_was_sent(tmp_path: Path) -> None:
    sends = {"key": "k", "task": "t", "act": "verdict", "said": {"decision": "accept"}, "seconds": 1, "pixels": ""}
    receipt = {"key": "k", "code": "", "id": "a", "counts": True, "repeated": False, "state": "done"}
    lines = (
        (1.0, "sends", sends), (2.0, "lost", {"key": "k"}), (3.0, "answered", {**receipt, "status": 201}),
        (4.0, "answered", {**receipt, "status": 200}),
    )  # fmt: skip
    (one,) = sent_by("eva", book(tmp_path, "eva", *lines)[1]).values()
    assert (one.lost, len(one.receipts), one.problems()) == (1, 2, [])
