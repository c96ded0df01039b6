"""Every page lives with a policy that lets it run no inline script and take nothing from elsewhere.

Each test of pages fails where a page breaks its policy, see ``Desk``; here are those that other tests do not open.
"""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect

from annotation.accounts.models import User
from annotation.projects.models import Role
from tests.e2e.desk import Desk
from tests.e2e.people import PASSWORD
from tests.e2e.work import editor_ready, ready, selections
from tests.factories import RepositoryEntryFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

BREAK_IT = """() => {
  const script = document.createElement('script')
  script.textContent = 'window.ran = true'
  document.body.append(script)
  const style = document.createElement('style')
  style.textContent = 'body { display: none }'
  document.head.append(style)
  document.body.insertAdjacentHTML('beforeend', '<p id="styled" style="color: red" onclick="window.ran = true">x</p>')
  document.getElementById('styled').click()
  return { ran: window.ran === true, hidden: getComputedStyle(document.body).display === 'none',
           red: getComputedStyle(document.getElementById('styled')).color === 'rgb(255, 0, 0)' }
}"""


def test_every_page_of_a_project_keeps_its_policy(desk: Desk) -> None:
    for made in desk.verdicts(3)[:1]:
        RepositoryEntryFactory(project_image=made.project_image, mask=made.proposal, provenance="accepted")
    selections(desk, 1)
    desk.person("boss", *(role for role in Role))
    page = desk.open("boss")
    expect(page.get_by_role("link", name=re.compile("films to judge"))).to_be_visible(timeout=30_000)
    film = desk.tasks[0].project_image.image_id
    paths = [
        "", "/protocol", "/figures", "/benchmark", "/films", f"/films/{film}", "/import", "/people", "/audit", "/guide",
        "/screening", "/work?kind=selection",
    ]  # fmt: skip
    for path in paths:
        page.goto(f"{desk.url}/p/chest{path}")
        expect(page.locator("main, canvas").first).to_be_visible(timeout=30_000)
        page.wait_for_load_state("networkidle")
    page.goto(f"{desk.url}/p/chest/work?kind=verdict")
    ready(page)
    page.keyboard.press("r")
    editor_ready(page)


def test_the_tables_and_the_api_page_keep_it_too(desk: Desk) -> None:
    desk.verdicts(1)
    User.objects.create_superuser("root", "root@example.org", PASSWORD)
    page = desk.open("root", "/admin/login/?next=/admin/")
    expect(page).to_have_url(f"{desk.url}/admin/", timeout=30_000)
    for path in ("/admin/", "/admin/common/auditevent/", "/admin/accounts/user/add/", "/admin/auth/group/add/",
                 "/admin/reviews/reviewtask/"):  # fmt: skip
        page.goto(desk.url + path)
        expect(page.locator("#content")).to_be_visible()
    page.goto(f"{desk.url}/api/docs")
    expect(page.locator(".opblock").first).to_be_visible(timeout=60_000)
    page.locator(".opblock-get").first.click()
    expect(page.get_by_role("button", name="Try it out").first).to_be_visible(timeout=30_000)


def broken_policy(page: Page, desk: Desk) -> list[str]:
    """Words of what the browser refused since the last look, and takes them off the list of failures."""
    page.wait_for_timeout(200)
    found, desk.errors[:] = list(desk.errors), []
    return found


def test_a_page_into_which_somebody_has_brought_a_script_or_a_style_runs_neither(desk: Desk) -> None:
    page = desk.context().new_page()
    page.goto(desk.url)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=30_000)
    assert broken_policy(page, desk) == []
    assert page.evaluate(BREAK_IT) == {"ran": False, "hidden": False, "red": False}
    words = broken_policy(page, desk)
    assert sum("script" in one for one in words) >= 2
    assert sum("style" in one for one in words) >= 2
