"""What stands beside a film: how far the batch is, another tab, the window, unsent acts on the way out."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.projects.models import Role
from annotation.reviews.models import Verdict
from tests.e2e.desk import Desk
from tests.e2e.work import arrived, editor_ready, ready

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_the_bar_counts_the_films_of_this_kind_and_nothing_when_none_waits(desk: Desk) -> None:
    desk.verdicts(3)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    first = ready(page)
    expect(page.get_by_text("0 of 3 judged")).to_be_visible()
    expect(page.get_by_text("Chest films")).to_be_visible()
    page.keyboard.press("u")
    second = ready(page, after=first)
    arrived(page, Verdict)
    md = desk.open("md", "/p/chest/work?kind=adjudication")
    ready(md, "adjudication")
    expect(md.get_by_text("0 of 1 decided")).to_be_visible()
    page.keyboard.press("a")
    ready(page, after=second)
    page.keyboard.press("a")
    arrived(page, Verdict, 3)
    expect(page.get_by_role("heading", name="Nothing waits for you here now")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_a_second_tab_with_the_same_film_says_so_before_anything_is_judged_twice(desk: Desk) -> None:
    desk.verdicts(1)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    ready(page)
    other = page.context.new_page()
    other.goto(desk.url + "/p/chest/work?kind=verdict")
    ready(other)
    for tab in (page, other):
        expect(tab.get_by_text("this film is open in another tab")).to_be_visible()
    other.close()
    expect(page.get_by_text("this film is open in another tab")).to_have_count(0)


def test_a_window_that_was_dragged_is_for_its_film_and_a_preset_for_all(desk: Desk) -> None:
    desk.verdicts(3)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    first = ready(page)
    box = page.get_by_role("img").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 400, box["y"] + 300)
    page.mouse.down(button="right")
    page.mouse.move(box["x"] + 460, box["y"] + 340)
    page.mouse.up(button="right")
    expect(page.get_by_text("for this film;")).to_be_visible()
    page.keyboard.press("a")
    second = ready(page, after=first)
    expect(page.get_by_role("button", name="Own")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="lungs").click()
    page.keyboard.press("a")
    ready(page, after=second)
    expect(page.get_by_role("button", name="lungs")).to_have_attribute("aria-pressed", "true")


def test_who_signs_out_with_unsent_acts_is_asked_and_may_send_them_first(desk: Desk) -> None:
    desk.verdicts(2)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    first = ready(page)
    page.route("**/api/tasks/*/verdict", lambda route: route.abort())
    page.keyboard.press("a")
    ready(page, after=first)
    page.keyboard.press("q")
    expect(page.get_by_text("1 act in chest")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Stay")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert not Verdict.objects.exists()
    page.unroute("**/api/tasks/*/verdict")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Send now, then sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert Verdict.objects.count() == 1


def test_the_first_page_shows_an_admin_the_projects_at_a_glance(desk: Desk) -> None:
    desk.verdicts(3)
    desk.person("boss", Role.ADMIN)
    page = desk.open("boss", "/")
    row = page.get_by_role("row").filter(has_text="Chest films")
    expect(row).to_contain_text("0 of 3")
    expect(row).to_contain_text("3 to judge")


def test_the_brush_keeps_its_size_from_film_to_film(desk: Desk) -> None:
    desk.verdicts(2)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    first = ready(page)
    page.keyboard.press("r")
    editor_ready(page)
    for _ in range(3):
        page.keyboard.press("]")
    size = page.locator("aside output").first.inner_text()
    page.keyboard.press("+")
    page.keyboard.press("Enter")
    ready(page, after=first)
    page.keyboard.press("r")
    editor_ready(page)
    assert page.locator("aside output").first.inner_text() == size
