"""Keys act on what has the focus, and on the film only where nothing else has it."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.reviews.models import Edit, Verdict, Verification
from tests.e2e.desk import Desk
from tests.e2e.work import arrived, editor_ready, ready, verifications

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_enter_presses_the_button_that_has_the_focus(desk: Desk) -> None:
    verifications(desk, 2)
    page = desk.open("md", "/p/chest/work?kind=verification")
    ready(page, "verification")
    page.get_by_role("button", name="Correct").focus()
    page.keyboard.press("Enter")
    editor_ready(page)
    page.get_by_role("button", name="Grow").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("change")).not_to_contain_text("0 pixels changed")
    assert not Verification.objects.exists()


def test_after_a_click_on_a_tool_space_and_enter_are_the_editors_again(desk: Desk) -> None:
    desk.verdicts(2)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    ready(page)
    page.keyboard.press("r")
    editor_ready(page)
    page.get_by_role("button", name="Grow").click()
    change = page.get_by_test_id("change")
    expect(change).not_to_contain_text("0 pixels changed")
    grown = change.inner_text()
    page.keyboard.press("Space")
    page.wait_for_timeout(200)
    assert change.inner_text() == grown
    page.get_by_role("slider").first.focus()
    page.keyboard.press("Enter")
    (edit,) = arrived(page, Edit)
    assert f"{edit.changed_pixels} pixels changed" in grown


def test_after_a_slider_or_a_click_the_keys_are_the_films_again(desk: Desk) -> None:
    desk.verdicts(2)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    first = ready(page)
    page.get_by_role("slider").first.click()
    page.get_by_role("button", name="Invert").click()
    page.keyboard.press("a")
    ready(page, after=first)
    (verdict,) = arrived(page, Verdict)
    assert (str(verdict.task_id), verdict.decision) == (first, "accept")


def test_no_letter_judges_the_film_while_a_reason_is_asked_for(desk: Desk) -> None:
    desk.verdicts(1)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    task = ready(page)
    page.keyboard.press("e")
    page.get_by_role("img").first.click(position={"x": 20, "y": 20})
    page.keyboard.type("ar")
    page.wait_for_timeout(300)
    assert not Verdict.objects.exists()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    (verdict,) = arrived(page, Verdict)
    assert (str(verdict.task_id), verdict.decision) == (task, "accept")


def test_a_rejected_film_opens_at_once_or_later_as_the_reviewer_prefers(desk: Desk) -> None:
    desk.verdicts(2)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    first = ready(page)
    page.keyboard.press("l")
    expect(page.get_by_role("button", name="Correct later")).to_be_visible()
    page.keyboard.press("r")
    ready(page, after=first)
    page.reload()
    ready(page)
    expect(page.get_by_role("button", name="Correct later")).to_be_visible()


def test_a_film_that_nobody_has_zoomed_fits_its_window_when_that_changes(desk: Desk) -> None:
    desk.verdicts(1)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    ready(page)
    page.wait_for_timeout(300)
    page.set_viewport_size({"width": 900, "height": 900})
    page.wait_for_timeout(500)
    resized = page.get_by_role("img").first.screenshot()
    page.keyboard.press("f")
    page.wait_for_timeout(300)
    assert page.get_by_role("img").first.screenshot() == resized
