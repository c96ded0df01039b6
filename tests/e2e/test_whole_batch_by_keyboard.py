"""Whole batches worked in the browser, from the first page to the repository, by keyboard alone.

Only the MD's marks are drawn with the pointer: a mark is the path of a hand.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, binary_erosion

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect

from annotation.masks.services import mask_read
from annotation.projects.models import Role
from annotation.reviews.models import Adjudication, Edit, ReviewTask, Selection, TaskState, Verdict, Verification
from annotation.rounds.models import RepositoryEntry
from tests.e2e.desk import Desk
from tests.e2e.work import arrived, editor_ready, ready, selections, until, verifications

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SIDE = 192
AROUND = np.ones((3, 3), bool)


def truths(tasks: list[ReviewTask]) -> list[tuple[str, str] | None]:
    """Provenance and verification of each film's current truth, None where it has none."""
    rows = {
        row.project_image_id: (row.provenance, row.verified)
        for row in RepositoryEntry.objects.filter(superseded_at__isnull=True)
    }
    return [rows.get(task.project_image_id) for task in tasks]


def truth_of(task: ReviewTask) -> Any:
    """Pixels of the film's current truth."""
    return mask_read(RepositoryEntry.objects.get(project_image=task.project_image_id, superseded_at__isnull=True).mask)


def assert_grown(after: np.ndarray, before: np.ndarray) -> None:
    """One press of + or so: larger, and by no more than a pixel all around."""
    assert (after & ~before).any()
    assert not (before & ~after).any()
    assert not (after & ~binary_dilation(before, AROUND)).any()


def start(page: Page) -> None:
    """From the first page to the first kind of work that it offers."""
    expect(page.get_by_role("heading", name="What waits for you")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("link", name="films to").or_(page.get_by_role("link", name="film to"))).not_to_have_count(0)
    page.keyboard.press("Enter")


def press(page: Page, key: str, kind: str = "verdict") -> str:
    """A decision by its key, once the film can be judged; returns the task that it was for."""
    task = ready(page, kind)
    page.keyboard.press(key)
    return task


def say(page: Page, words: str) -> None:
    """Write into the panel that has just opened, and send."""
    expect(page.get_by_role("textbox")).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def nothing_left(page: Page) -> None:
    """The queue is worked off."""
    expect(page.get_by_role("heading", name="Nothing waits for you here now")).to_be_visible(timeout=15_000)


def annotate(page: Page) -> None:
    """The annotator's nine films."""
    start(page)
    press(page, "a")
    press(page, "r")  # 1: rejected and corrected at once
    editor_ready(page)
    page.keyboard.press("+")
    page.keyboard.press("Enter")
    press(page, "Shift+u")  # 2: the MD advises
    say(page, "is this the heart?")
    press(page, "e")  # 3
    expect(page.get_by_role("textbox")).to_be_focused()
    page.keyboard.press("3")
    accepted = press(page, "a")  # 4: taken back, then handed on
    ready(page, after=accepted)
    page.keyboard.press("z")
    expect(page.get_by_test_id("film")).to_have_attribute("data-task", accepted, timeout=15_000)
    press(page, "u")
    rejected = press(page, "r")  # 5: taken back out of the editor, then accepted
    editor_ready(page)
    page.keyboard.press("z")
    expect(page.get_by_test_id("film")).to_have_attribute("data-task", rejected, timeout=15_000)
    press(page, "a")
    for _ in range(3):  # 6: drawn by the MD; 7: excluded by the MD; 8: referred to another MD
        press(page, "u")
    nothing_left(page)


def adjudicate(page: Page) -> None:
    """The MD's five films."""
    start(page)
    task = ready(page, "adjudication")
    expect(page.get_by_text("is this the heart?")).to_be_visible()
    page.keyboard.press("m")
    box = page.get_by_test_id("film").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 50, y + 30, steps=3)
    page.mouse.up()
    page.keyboard.press("v")
    say(page, "leave the heart out")
    task = ready(page, "adjudication", after=task)
    page.keyboard.press("a")
    task = ready(page, "adjudication", after=task)
    page.keyboard.press("c")
    editor_ready(page)
    page.keyboard.press("-")
    page.keyboard.press("Enter")
    task = ready(page, "adjudication", after=task)
    page.keyboard.press("e")
    expect(page.get_by_role("textbox")).to_be_focused()
    page.keyboard.press("2")
    ready(page, "adjudication", after=task)
    page.keyboard.press("n")
    say(page, "I am not sure either")
    nothing_left(page)


def test_a_batch_of_stage_two_goes_from_the_first_film_to_the_repository(desk: Desk) -> None:
    tasks = desk.verdicts(9, size=SIDE)
    desk.person("md2", Role.PHYSICIAN)
    ann = desk.open("ann")
    annotate(ann)
    arrived(ann, Verdict, 9 + 4)  # nine films, two of them twice, and the two rows that take back
    md = desk.open("md")
    adjudicate(md)
    arrived(md, Adjudication, 5)
    other = desk.open("md2")
    start(other)
    ready(other, "adjudication")
    expect(other.get_by_text("I am not sure either")).to_be_visible()
    other.keyboard.press("a")
    nothing_left(other)
    ann.keyboard.press("q")
    start(ann)
    expect(ann.get_by_role("note")).to_contain_text("leave the heart out", timeout=15_000)
    editor_ready(ann)
    ann.keyboard.press("+")
    ann.keyboard.press("Enter")
    nothing_left(ann)
    open_tasks = ReviewTask.objects.filter(state=TaskState.OPEN)
    until(ann, lambda: not open_tasks.exists(), "tasks are still open")

    assert truths(tasks) == [
        ("accepted", ""), ("corrected", ""), ("corrected", ""), None, ("adjudicated", ""), ("accepted", ""),
        ("drawn", ""), None, ("adjudicated", ""),
    ]  # fmt: skip
    for n in (0, 4, 5, 8):
        assert np.array_equal(truth_of(tasks[n]), mask_read(tasks[n].proposal)), f"film {n} as it was proposed"
    for n in (1, 2):
        assert_grown(truth_of(tasks[n]), mask_read(tasks[n].proposal))
    proposed = mask_read(tasks[6].proposal)
    assert not (truth_of(tasks[6]) & ~proposed).any()
    assert not (binary_erosion(proposed, AROUND) & ~truth_of(tasks[6])).any()
    for n, reason in ((3, "too dark or too bright"), (7, "lungs cut off")):
        tasks[n].project_image.refresh_from_db()
        assert (tasks[n].project_image.state, tasks[n].project_image.exclusion_reason) == ("excluded", reason)
    assert Edit.objects.filter(actor__username="ann", counts=True).count() == 2
    advice = Adjudication.objects.get(decision="advise")
    assert (advice.comment, len(advice.marks)) == ("leave the heart out", 1)
    assert not Verdict.objects.filter(counts=False).exists()


def test_a_round_of_blind_choices_is_picked_looked_at_denied_and_taken_back(desk: Desk) -> None:
    tasks = selections(desk, 4)
    page = desk.open("ann")
    start(page)
    first = ready(page, "selection")
    page.keyboard.down("4")
    expect(page.get_by_role("img", name="Candidate 4 alone")).to_be_visible()
    page.keyboard.up("4")
    expect(page.get_by_role("img", name="Candidate 4 alone")).to_have_count(0)
    assert ready(page, "selection") == first, "a digit that was held picks nothing"
    page.keyboard.press("2")
    second = ready(page, "selection", after=first)
    page.keyboard.press("5")
    third = ready(page, "selection", after=second)
    page.keyboard.press("0")
    fourth = ready(page, "selection", after=third)
    page.keyboard.press("1")
    arrived(page, Selection, 4)
    page.keyboard.press("z")
    expect(page.get_by_test_id("choice")).to_have_attribute("data-task", fourth, timeout=15_000)
    press(page, "0", "selection")
    nothing_left(page)
    rows = [row for row in arrived(page, Selection, 6) if row.decision != "withdrawn"]
    assert [(str(row.task_id), row.decision, row.position) for row in rows] == [
        (first, "pick", 1), (second, "pick", 4), (third, "deny", None), (fourth, "pick", 0), (fourth, "deny", None),
    ]  # fmt: skip
    assert [len(row.credited) for row in rows[:3]] == [1, 2, 0], "near-identical masks share the credit"
    by_id = {str(task.pk): task for task in tasks}
    ordered = [by_id[key] for key in (first, second, third, fourth)]
    assert truths(ordered) == [("picked", ""), ("picked", ""), None, None]
    chosen = ordered[0].candidates.get(position=1).mask
    assert np.array_equal(truth_of(ordered[0]), mask_read(chosen))
    for task in ordered[2:]:
        task.project_image.refresh_from_db()
        assert task.project_image.state == "denied"


def test_verification_confirms_and_corrects_and_the_last_word_counts(desk: Desk) -> None:
    tasks = verifications(desk, 3)
    page = desk.open("md")
    start(page)
    first = press(page, "a", "verification")
    second = ready(page, "verification", after=first)
    page.keyboard.press("c")
    editor_ready(page)
    page.keyboard.press("+")
    page.keyboard.press("Enter")
    third = ready(page, "verification", after=second)
    page.keyboard.press("a")
    arrived(page, Verification, 3)
    page.keyboard.press("z")
    expect(page.get_by_test_id("film")).to_have_attribute("data-task", third, timeout=15_000)
    press(page, "c", "verification")
    editor_ready(page)
    page.keyboard.press("+")
    page.keyboard.press("Enter")
    nothing_left(page)
    arrived(page, Verification, 5)
    by_id = {str(task.pk): task for task in tasks}
    ordered = [by_id[key] for key in (first, second, third)]
    assert truths(ordered) == [("accepted", "confirmed"), ("corrected", "corrected"), ("corrected", "corrected")]
    assert np.array_equal(truth_of(ordered[0]), mask_read(ordered[0].proposal))
    for task in ordered[1:]:
        assert_grown(truth_of(task), mask_read(task.proposal))
