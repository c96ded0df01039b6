"""Best of six, adjudication and verification in the browser, by keyboard."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.masks.services import mask_read
from annotation.reviews.models import Adjudication, ReviewTask, Selection, TaskKind, Verification
from tests.e2e.desk import Desk
from tests.e2e.work import arrived, ready, selections, verifications

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_the_best_of_six_is_picked_by_its_digit_and_zero_denies(desk: Desk) -> None:
    selections(desk, 3)
    page = desk.open("ann")
    expect(page.get_by_role("link", name=re.compile("3 films to choose the best mask of"))).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pick")).to_have_count(5)
    expect(page.get_by_text("2 alike")).to_be_visible()
    first = ready(page, "selection")
    page.keyboard.press("2")
    second = ready(page, "selection", after=first)
    expect(page.get_by_role("button", name="Pick")).to_have_count(5)
    page.keyboard.press("5")
    ready(page, "selection", after=second)
    page.keyboard.press("0")
    rows = arrived(page, Selection, 3)
    by_task = {str(row.task_id): row for row in rows}
    assert (by_task[first or ""].decision, by_task[first or ""].position) == ("pick", 1)
    assert by_task[second or ""].position == 4
    assert len(by_task[second or ""].credited) == 2
    assert sorted(row.decision for row in rows) == ["deny", "pick", "pick"]


def test_a_digit_held_shows_a_candidate_alone_and_picks_nothing(desk: Desk) -> None:
    selections(desk, 1)
    page = desk.open("ann", "/p/chest/work?kind=selection")
    expect(page.get_by_role("button", name="Pick")).to_have_count(5, timeout=15_000)
    page.keyboard.down("3")
    expect(page.get_by_role("img", name="Candidate 3 alone")).to_be_visible()
    page.keyboard.up("3")
    expect(page.get_by_role("img", name="Candidate 3 alone")).to_have_count(0)
    page.keyboard.press("d")
    expect(page.get_by_role("button", name="Differences")).to_have_attribute("aria-pressed", "true")
    assert not Selection.objects.exists()


def test_unsure_goes_to_an_md_and_comes_back_as_advice_beside_the_editor(desk: Desk) -> None:
    desk.verdicts(1)
    annotator = desk.open("ann", "/p/chest/work?kind=verdict")
    expect(annotator.get_by_role("button", name="Accept")).to_be_enabled(timeout=15_000)
    annotator.keyboard.press("Shift+u")
    annotator.keyboard.type("where does the left lung end?")
    annotator.keyboard.press("Enter")
    for _ in range(100):
        if ReviewTask.objects.filter(kind=TaskKind.ADJUDICATION).exists():
            break
        annotator.wait_for_timeout(100)
    md = desk.open("md", "/p/chest/work?kind=adjudication")
    expect(md.get_by_text("where does the left lung end?")).to_be_visible(timeout=15_000)
    expect(md.get_by_role("button", name="Accept")).to_be_enabled()
    md.keyboard.press("m")
    box = md.get_by_test_id("film").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    md.mouse.move(*middle)
    md.mouse.down()
    md.mouse.move(middle[0] + 60, middle[1] + 40, steps=4)
    md.mouse.up()
    md.keyboard.press("v")
    md.keyboard.type("follow the rib")
    md.keyboard.press("Enter")
    (advice,) = arrived(md, Adjudication)
    assert (advice.decision, advice.comment, len(advice.marks)) == ("advise", "follow the rib", 1)
    assert all(0 <= x <= 256 and 0 <= y <= 256 for x, y in advice.marks[0])
    annotator.goto(desk.url + "/p/chest/work?kind=correction")
    expect(annotator.get_by_role("note")).to_contain_text("follow the rib")
    expect(annotator.get_by_test_id("editor")).to_be_visible()


def test_an_md_confirms_one_mask_and_corrects_another(desk: Desk) -> None:
    verifications(desk, 2)
    page = desk.open("md", "/p/chest/work?kind=verification")
    first = ready(page, "verification")
    page.keyboard.press("a")
    ready(page, "verification", after=first)
    expect(page.get_by_text("1 of 1 confirmed so far")).to_be_visible(timeout=15_000)
    page.keyboard.press("c")
    expect(page.get_by_test_id("editor")).to_be_visible()
    page.keyboard.press("+")
    page.keyboard.press("Enter")
    rows = arrived(page, Verification, 2)
    assert [row.decision for row in rows] == ["confirm", "correct"]
    grown = mask_read(rows[1].result)
    before = mask_read(rows[1].task.proposal)
    assert (grown & ~before).any()
    assert not (before & ~grown).any()
