"""In the editor: a film on which nothing can be drawn, a polygon that is left open, work without keys."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.images.models import ImageState
from annotation.reviews.models import Edit, ReviewTask
from tests.e2e.desk import Desk
from tests.e2e.work import arrived, editor_ready, ready, selections, until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_who_can_draw_nothing_excludes_the_film_or_asks_an_md_and_takes_it_back(desk: Desk) -> None:
    (task,) = desk.verdicts(1)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    ready(page)
    page.keyboard.press("r")
    editor_ready(page)
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("draw it, or exclude the film (E)")
    page.keyboard.press("e")
    expect(page.get_by_role("textbox")).to_be_focused()
    page.keyboard.press("2")
    (edit,) = arrived(page, Edit)
    assert (edit.decision, edit.comment) == ("exclude", "lungs cut off")
    task.project_image.refresh_from_db()
    assert task.project_image.state == ImageState.EXCLUDED
    page.keyboard.press("z")
    editor_ready(page)
    page.keyboard.press("u")
    arrived(page, Edit, 3)
    asked = until(page, lambda: ReviewTask.objects.filter(kind="adjudication").first(), "an MD is asked")
    assert asked.state == "open"


def test_an_open_polygon_outlives_another_tool_and_holds_the_submission_up(desk: Desk) -> None:
    desk.verdicts(1)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    ready(page)
    page.keyboard.press("r")
    editor_ready(page)
    change = page.get_by_test_id("change")
    page.keyboard.press("p")
    film = page.get_by_role("img").first
    for x, y in ((200, 30), (950, 30), (950, 250)):
        film.click(position={"x": x, "y": y})
    page.keyboard.press("b")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("a polygon is open")
    assert not Edit.objects.exists()
    expect(change).to_have_text(re.compile(r"^\s*0 pixels"))
    page.keyboard.press("Enter")
    expect(change).not_to_have_text(re.compile(r"^\s*0 pixels"))


def test_the_ring_at_the_pointer_follows_the_brush_while_the_pointer_rests(desk: Desk) -> None:
    desk.verdicts(1)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    ready(page)
    page.keyboard.press("r")
    editor_ready(page)
    film = page.get_by_role("img").first
    film.hover(position={"x": 400, "y": 300})
    page.wait_for_timeout(200)
    before = film.screenshot()
    for _ in range(4):
        page.keyboard.press("]")
    page.wait_for_timeout(200)
    assert film.screenshot() != before


def test_on_glass_buttons_that_are_held_hide_and_compare(desk: Desk) -> None:
    desk.verdicts(1)
    page = desk.open("ann", "/p/chest/work?kind=verdict", has_touch=True)
    ready(page)
    film = page.get_by_role("img").first
    page.wait_for_timeout(200)
    shown = film.screenshot()
    hide = page.get_by_role("button", name="Hide")
    hide.hover()
    page.mouse.down()
    page.wait_for_timeout(200)
    assert film.screenshot() != shown
    page.mouse.up()
    page.wait_for_timeout(200)
    assert film.screenshot() == shown


def test_on_glass_a_finger_that_rests_on_a_pane_shows_it_alone(desk: Desk) -> None:
    selections(desk, 1)
    page = desk.open("ann", "/p/chest/work?kind=selection", has_touch=True)
    ready(page, "selection")
    box = page.get_by_role("img", name="Candidate 2").bounding_box()
    assert box is not None
    touch = page.context.new_cdp_session(page)
    at = [{"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}]
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at})
    expect(page.get_by_role("img", name="Candidate 2 alone")).to_be_visible()
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.get_by_role("img", name="Candidate 2 alone")).to_have_count(0)
