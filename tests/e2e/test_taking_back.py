"""Taking an act back opens it as it was when it was submitted; a drawing that is left is not lost."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect

from annotation.accounts.models import User
from annotation.masks.services import mask_read
from annotation.projects.models import Role
from annotation.reviews.models import Adjudication, BatchState, Edit, ReviewTask, TaskKind, Verdict, Verification
from tests.e2e.desk import Desk
from tests.e2e.people import PASSWORD
from tests.e2e.work import arrived, editor_ready, ready, verifications

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def change(page: Page) -> str:
    """The editor's words on what was drawn, once something was."""
    words = page.get_by_test_id("change")
    expect(words).not_to_have_text("")
    expect(words).not_to_contain_text("0 pixels changed, DSC with the start 1.000")
    return words.inner_text()


def rejected(desk: Desk, films: int = 2) -> tuple[Page, str]:
    """An annotator's page on which the first film was rejected and its mask was grown; the words on it."""
    desk.verdicts(films)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    ready(page)
    page.keyboard.press("r")
    editor_ready(page)
    page.keyboard.press("+")
    return page, change(page)


def adjudications(desk: Desk, count: int) -> list[ReviewTask]:
    """Films on which an MD is asked."""
    tasks = desk.verdicts(count)[-count:]
    for task in tasks:
        task.kind, task.role = TaskKind.ADJUDICATION, Role.PHYSICIAN
        task.save()
    return tasks


def mark(page: Page) -> None:
    """Draw a mark on the film."""
    page.keyboard.press("m")
    box = page.get_by_test_id("film").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 50, y + 30, steps=3)
    page.mouse.up()


@pytest.mark.parametrize("reloaded", [False, True], ids=["at once", "after a reload"])
def test_a_correction_taken_back_opens_with_the_submitted_mask_as_a_step_that_can_be_undone(
    desk: Desk, reloaded: bool
) -> None:
    page, words = rejected(desk)
    page.keyboard.press("Enter")
    (edit,) = arrived(page, Edit)
    ready(page)
    if reloaded:
        page.reload()
        ready(page)
    page.keyboard.press("z")
    editor_ready(page)
    expect(page.get_by_test_id("change")).to_have_text(words)
    expect(page.get_by_text("correction taken back")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.get_by_test_id("change")).to_contain_text("0 pixels changed, DSC with the start 1.000")
    page.keyboard.press("Control+y")
    page.keyboard.press("Enter")
    again = arrived(page, Edit, 3)[-1]
    assert np.array_equal(mask_read(again.result), mask_read(edit.result))


def test_z_in_the_editor_keeps_the_drawing_for_the_next_correction_of_the_film(desk: Desk) -> None:
    page, words = rejected(desk)
    page.keyboard.press("z")
    task = ready(page)
    page.keyboard.press("r")
    assert editor_ready(page) != task
    expect(page.get_by_test_id("change")).to_have_text(words)


def test_q_in_the_editor_keeps_the_drawing_and_offers_it(desk: Desk) -> None:
    page, words = rejected(desk)
    page.keyboard.press("q")
    expect(page.get_by_role("heading", name="What waits for you")).to_be_visible()
    page.goto(desk.url + "/p/chest/work?kind=correction")
    editor_ready(page)
    expect(page.get_by_role("alert")).to_contain_text("it was saved today at")
    page.keyboard.press("d")
    expect(page.get_by_test_id("change")).to_have_text(words)


def test_a_draft_that_is_offered_is_not_overwritten_by_what_is_drawn_meanwhile(desk: Desk) -> None:
    page, first = rejected(desk, 1)
    page.goto(desk.url + "/p/chest/work?kind=correction")
    editor_ready(page)
    expect(page.get_by_role("alert")).to_contain_text("did not submit it")
    page.keyboard.press("-")
    second = change(page)
    assert second != first
    expect(page.get_by_text("draft kept")).to_be_visible()
    page.reload()
    editor_ready(page)
    expect(page.get_by_role("alert")).to_contain_text("one more such drawing")
    page.keyboard.press("d")
    expect(page.get_by_test_id("change")).to_have_text(second)
    page.keyboard.press("d")
    expect(page.get_by_test_id("change")).to_have_text(first)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_draft_that_was_refused_is_not_offered_again(desk: Desk) -> None:
    page, _ = rejected(desk, 1)
    page.goto(desk.url + "/p/chest/work?kind=correction")
    editor_ready(page)
    expect(page.get_by_role("alert")).to_be_visible()
    page.keyboard.press("Shift+d")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.wait_for_timeout(200)
    page.reload()
    editor_ready(page)
    page.wait_for_timeout(300)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_verdicts_of_this_sitting_are_taken_back_after_a_reload_the_last_one_first(desk: Desk) -> None:
    desk.verdicts(3)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    first = ready(page)
    page.keyboard.press("a")
    second = ready(page, after=first)
    page.keyboard.press("u")
    ready(page, after=second)
    arrived(page, Verdict, 2)
    page.reload()
    ready(page)
    page.keyboard.press("z")
    page.keyboard.press("z")
    expect(page.get_by_test_id("film")).to_have_attribute("data-task", first, timeout=15_000)
    assert [row.decision for row in arrived(page, Verdict, 4)] == ["accept", "unsure", "withdrawn", "withdrawn"]
    page.keyboard.press("z")
    expect(page.get_by_text("there is nothing to take back")).to_be_visible()


def test_what_can_no_longer_be_taken_back_is_said_in_the_servers_words_and_the_next_key_goes_on(desk: Desk) -> None:
    desk.verdicts(2)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    first = ready(page)
    page.keyboard.press("a")
    arrived(page, Verdict)
    ready(page, after=first)
    desk.batch.state = BatchState.CLOSED
    desk.batch.save()
    page.keyboard.press("z")
    expect(
        page.get_by_text("the round is closed; its work stays as it is; correct the film in a later")
    ).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_text("there is nothing to take back")).to_be_visible()


def test_an_advice_taken_back_stands_there_with_its_marks_and_words(desk: Desk) -> None:
    adjudications(desk, 1)
    page = desk.open("md", "/p/chest/work?kind=adjudication")
    ready(page, "adjudication")
    mark(page)
    page.keyboard.press("v")
    page.keyboard.type("follow the rib")
    page.keyboard.press("Enter")
    (advice,) = arrived(page, Adjudication)
    page.keyboard.press("z")
    ready(page, "adjudication")
    expect(page.get_by_text("follow the rib")).to_be_visible()
    page.reload()
    ready(page, "adjudication")
    expect(page.get_by_text("follow the rib")).to_be_visible()
    page.keyboard.press("v")
    expect(page.get_by_role("textbox")).to_have_value("follow the rib")
    page.keyboard.press("Enter")
    again = arrived(page, Adjudication, 3)[-1]
    assert (again.comment, again.marks) == ("follow the rib", advice.marks)


def test_an_mds_drawing_taken_back_opens_in_the_editor_and_escape_leads_to_the_film(desk: Desk) -> None:
    adjudications(desk, 1)
    page = desk.open("md", "/p/chest/work?kind=adjudication")
    ready(page, "adjudication")
    page.keyboard.press("c")
    editor_ready(page)
    expect(page.get_by_role("complementary", name="What was said")).to_be_visible()
    page.keyboard.press("-")
    words = change(page)
    page.keyboard.press("Escape")
    ready(page, "adjudication")
    page.keyboard.press("c")
    editor_ready(page)
    expect(page.get_by_test_id("change")).to_have_text(words)
    page.keyboard.press("Enter")
    arrived(page, Adjudication)
    page.keyboard.press("z")
    editor_ready(page)
    expect(page.get_by_test_id("change")).to_have_text(words)


def test_a_verifications_correction_taken_back_opens_as_it_was_and_may_be_confirmed_instead(desk: Desk) -> None:
    verifications(desk, 1)
    page = desk.open("md", "/p/chest/work?kind=verification")
    ready(page, "verification")
    page.keyboard.press("c")
    editor_ready(page)
    page.keyboard.press("+")
    words = change(page)
    page.keyboard.press("Enter")
    arrived(page, Verification)
    page.keyboard.press("z")
    editor_ready(page)
    expect(page.get_by_test_id("change")).to_have_text(words)
    page.keyboard.press("Escape")
    ready(page, "verification")
    page.keyboard.press("a")
    rows = arrived(page, Verification, 3)
    assert [row.decision for row in rows] == ["correct", "withdrawn", "confirm"]


def test_a_mask_that_nobody_changed_is_asked_about_once_and_confirms(desk: Desk) -> None:
    verifications(desk, 1)
    page = desk.open("md", "/p/chest/work?kind=verification")
    ready(page, "verification")
    page.keyboard.press("c")
    editor_ready(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing changed: accept the mask as it is?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Nothing changed")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing changed")).to_be_visible()
    assert not Verification.objects.exists()
    page.keyboard.press("Enter")
    (row,) = arrived(page, Verification)
    assert row.decision == "confirm", "an untouched mask is no correction in the estimate"


KEPT_BEFORE = """([task, user]) => new Promise((then) => {
  const asked = indexedDB.open('groundwork', 1)
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore('outbox', { keyPath: 'key' })
    asked.result.createObjectStore('drafts', { keyPath: 'task' })
  }
  asked.onsuccess = () => {
    const work = asked.result.transaction('drafts', 'readwrite')
    const bits = new Uint8Array(256 * 32).fill(255, 2000, 5000)
    work.objectStore('drafts').put({ task, user, width: 256, height: 256, bits, start: null, saved: 1e12 })
    work.oncomplete = () => { asked.result.close(); then() }
  }
})"""


def test_a_draft_that_an_older_page_kept_is_offered(desk: Desk) -> None:
    (task,) = desk.verdicts(1)
    task.kind = TaskKind.CORRECTION
    task.save()
    page = desk.context().new_page()
    page.goto(desk.url + "/p/chest/work?kind=correction")
    expect(page.get_by_label("Name")).to_be_visible(timeout=15_000)
    page.evaluate(KEPT_BEFORE, [str(task.pk), str(User.objects.get(username="ann").pk)])
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    editor_ready(page)
    expect(page.get_by_role("alert")).to_contain_text("it was saved on")
    page.keyboard.press("d")
    page.keyboard.press("Enter")
    (edit,) = arrived(page, Edit)
    assert mask_read(edit.result).sum() == 3000 * 8
