"""Each page by axe-core in both themes, by keyboard alone, and at 1024 x 768; see ``accessible``."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect

from annotation.projects.models import Role
from annotation.reviews.models import TaskKind
from tests.e2e.accessible import check_page
from tests.e2e.desk import Desk
from tests.e2e.work import editor_ready, ready, selections, verifications
from tests.factories import RepositoryEntryFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_an_annotators_pages_can_be_used_by_everybody(desk: Desk) -> None:
    desk.verdicts(3)
    selections(desk, 1)
    page = desk.context().new_page()
    page.goto(desk.url)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=15_000)
    check_page(page)
    page = desk.open("ann")
    expect(page.get_by_role("link", name=re.compile("films to judge"))).to_be_visible(timeout=15_000)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    check_page(page)
    page.keyboard.press("Escape")
    check_page(page)
    page.keyboard.press("Enter")
    ready(page)
    check_page(page)
    page.keyboard.press("e")
    expect(page.get_by_role("textbox")).to_be_focused()
    check_page(page)
    page.get_by_role("textbox").press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    check_page(page)
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    editor_ready(page)
    page.keyboard.press("+")
    check_page(page)
    page.goto(desk.url + "/p/chest/work?kind=selection")
    ready(page, "selection")
    check_page(page)
    page.goto(desk.url + "/p/chest/work?kind=verification")
    expect(page.get_by_role("heading", name="Nothing waits for you here now")).to_be_visible()
    check_page(page)
    page.context.clear_cookies(name="sessionid")
    expect(page.get_by_role("heading", name="Your session has ended")).to_be_visible(timeout=15_000)
    check_page(page)


def test_an_mds_pages_can_be_used_by_everybody(desk: Desk) -> None:
    verifications(desk, 1)
    film = desk.verdicts(1)[-1]
    film.kind, film.role = TaskKind.ADJUDICATION, Role.PHYSICIAN
    film.save()
    page = desk.open("md", "/p/chest/work?kind=adjudication")
    ready(page, "adjudication")
    check_page(page)
    page.keyboard.press("v")
    expect(page.get_by_role("textbox")).to_be_focused()
    check_page(page)
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    editor_ready(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing changed: accept the mask as it is?")).to_be_visible()
    check_page(page)
    page.keyboard.press("Escape")
    page.keyboard.press("+")
    expect(page.get_by_text("draft kept")).to_be_visible()
    page.reload()
    ready(page, "adjudication")
    page.keyboard.press("c")
    editor_ready(page)
    expect(page.get_by_text("You drew on this film before")).to_be_visible()
    check_page(page)
    page.goto(desk.url + "/p/chest/work?kind=verification")
    ready(page, "verification")
    check_page(page)


def test_a_projects_page_can_be_used_by_everybody(desk: Desk) -> None:
    for made in desk.verdicts(2):
        RepositoryEntryFactory(project_image=made.project_image, mask=made.proposal, provenance="accepted")
    desk.person("boss", Role.ADMIN)
    page = desk.open("boss", "/p/chest")
    expect(page.get_by_role("heading", name="Where the films are")).to_be_visible(timeout=15_000)
    check_page(page)


def look_of(page: Page) -> str:
    """What the canvas shows, as bytes of a picture."""
    page.wait_for_timeout(100)
    return str(page.evaluate("document.querySelector('canvas').toDataURL()"))


def test_a_film_is_moved_zoomed_and_fitted_without_a_mouse(desk: Desk) -> None:
    desk.verdicts(1)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    ready(page)
    fitted = look_of(page)
    page.keyboard.press("PageUp")
    zoomed = look_of(page)
    assert zoomed != fitted
    page.keyboard.press("ArrowLeft")
    assert look_of(page) not in (zoomed, fitted)
    page.keyboard.press("ArrowRight")
    assert look_of(page) == zoomed
    page.keyboard.press("PageDown")
    page.keyboard.press("f")
    assert look_of(page) == fitted


BAD_PAGE = """<!doctype html><html lang="en"><title>bad</title><body><main>
<p style="color: #777; background: #888">hard to read</p>
<button tabindex="-1">unreached</button>
<button style="outline: none">unseen</button>
<button style="position: absolute; left: 1500px">outside</button>
<button>below</button><div style="position: fixed; inset: 0"></div>
</main></body></html>"""


def test_a_page_that_fails_people_is_found_out(desk: Desk) -> None:
    page = desk.context().new_page()
    page.set_content(BAD_PAGE)
    with pytest.raises(AssertionError) as told:
        check_page(page)
    for words in (
        "color-contrast", 'Tab does not reach button "unreached"', 'the focus cannot be seen on button "unseen"',
        'button "outside" is', 'button "below" is covered', "1024 x 768: the page is",
    ):  # fmt: skip
        assert words in str(told.value)
