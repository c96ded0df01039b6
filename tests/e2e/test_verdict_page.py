"""Stage II in the browser, by keyboard."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, Route, expect

from annotation.reviews.models import Verdict
from tests.e2e.desk import Desk

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def shown(page: Page) -> str:
    """Id of the task whose film is painted."""
    film = page.get_by_test_id("film")
    expect(film).to_be_visible(timeout=15_000)
    return film.get_attribute("data-task") or ""


def decide(page: Page, key: str) -> str:
    """Press a verdict's key; returns the task that it was for."""
    task = shown(page)
    expect(page.get_by_role("button", name="Accept")).to_be_enabled()
    page.keyboard.press(key)
    return task


def settled(desk: Desk) -> dict[str, str]:
    """Counting verdicts by task."""
    rows = Verdict.objects.filter(counts=True, supersedes__isnull=True, superseded_by__isnull=True)
    return {str(task): decision for task, decision in rows.values_list("task_id", "decision")}


def wait_for(page: Page, desk: Desk, count: int) -> None:
    """Until so many verdicts are in the database."""
    for _ in range(100):
        if len(settled(desk)) == count:
            return
        page.wait_for_timeout(100)
    assert len(settled(desk)) == count


def test_a_batch_is_judged_by_keyboard_from_home_to_the_last_film(desk: Desk) -> None:
    desk.verdicts(4)
    page = desk.open("ann")
    expect(page.get_by_role("link", name=re.compile("4 films to judge"))).to_be_visible()
    page.keyboard.press("Enter")
    wanted = {decide(page, "a"): "accept", decide(page, "u"): "unsure"}
    task = decide(page, "e")
    page.keyboard.type("3")
    wanted[task] = "exclude"
    task = decide(page, "Shift+u")
    page.keyboard.type("is this a nipple shadow?")
    page.keyboard.press("Enter")
    wanted[task] = "unsure"
    expect(page.get_by_role("heading", name="Nothing waits for you here now")).to_be_visible()
    wait_for(page, desk, 4)
    assert settled(desk) == wanted
    comments = set(Verdict.objects.values_list("decision", "comment"))
    assert ("exclude", "too dark or too bright") in comments
    assert ("unsure", "is this a nipple shadow?") in comments


def test_the_last_verdict_is_taken_back_and_given_anew(desk: Desk) -> None:
    desk.verdicts(3)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    first = decide(page, "a")
    wait_for(page, desk, 1)
    page.keyboard.press("z")
    expect(page.get_by_test_id("film")).to_have_attribute("data-task", first)
    assert settled(desk) == {}
    assert decide(page, "u") == first
    wait_for(page, desk, 1)
    assert settled(desk) == {first: "unsure"}


def test_verdicts_given_without_a_network_are_kept_over_a_reload_and_sent_once(desk: Desk) -> None:
    desk.verdicts(4)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    shown(page)
    expect(page.get_by_role("button", name="Accept")).to_be_enabled()

    def cut(route: Route) -> None:
        route.abort("internetdisconnected")

    page.route(re.compile(r"/api/tasks/.*/verdict"), cut)
    given = {decide(page, "a"), decide(page, "a")}
    expect(page.get_by_text("2 unsent: no connection")).to_be_visible()
    page.reload()
    assert shown(page) not in given, "what is judged already is not shown again"
    assert settled(desk) == {}
    page.unroute(re.compile(r"/api/tasks/.*/verdict"))
    wait_for(page, desk, 2)
    assert set(settled(desk)) == given
    assert Verdict.objects.count() == 2


def test_work_goes_on_after_the_session_ended(desk: Desk) -> None:
    desk.verdicts(3)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    expect(page.get_by_role("button", name="Accept")).to_be_enabled()
    page.context.clear_cookies(name="sessionid")
    task = decide(page, "a")
    expect(page.get_by_role("heading", name="Your session has ended")).to_be_visible()
    page.get_by_label("Password").fill("a long enough pass phrase")
    page.get_by_role("button", name="Sign in").click()
    wait_for(page, desk, 1)
    assert settled(desk) == {task: "accept"}


def test_a_film_that_the_session_ended_before_is_there_after_the_sign_in(desk: Desk) -> None:
    desk.verdicts(1)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    expect(page.get_by_role("button", name="Accept")).to_be_enabled()
    page.route(re.compile(r"/api/images/.*/pixels"), lambda route: route.fulfill(status=401, body="{}"))
    page.reload()
    expect(page.get_by_role("heading", name="Your session has ended")).to_be_visible()
    page.unroute(re.compile(r"/api/images/.*/pixels"))
    page.get_by_label("Password").fill("a long enough pass phrase")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Accept")).to_be_enabled()
    assert settled(desk) == {}


def test_a_film_that_fails_to_load_says_so_and_can_be_tried_again(desk: Desk) -> None:
    desk.verdicts(1)
    context = desk.context()
    context.route(re.compile(r"/api/images/.*/pixels"), lambda route: route.fulfill(status=500, body="broken"))
    page = context.new_page()
    page.goto(desk.url + "/p/chest/work?kind=verdict")
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill("a long enough pass phrase")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("This film could not be loaded: the server answered 500")
    expect(page.get_by_role("button", name="Accept")).to_be_disabled()
    context.unroute(re.compile(r"/api/images/.*/pixels"))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Accept")).to_be_enabled()


@pytest.mark.parametrize("width", [1440, 1024])
def test_nothing_is_cut_off_at_common_widths(desk: Desk, width: int) -> None:
    desk.verdicts(2)
    page = desk.open("ann", "/p/chest/work?kind=verdict", viewport={"width": width, "height": 768})
    shown(page)
    for name in ("Accept", "Reject", "Unsure", "Exclude", "Take back"):
        box = page.get_by_role("button", name=name, exact=False).first.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= 768
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
