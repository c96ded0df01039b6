"""An admin puts a project away and brings it back; deleting asks for its name."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.projects.models import Project, Role
from tests.e2e.desk import Desk
from tests.e2e.work import ready, until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_an_archived_project_leaves_the_lists_and_comes_back(desk: Desk) -> None:
    desk.verdicts(1)
    desk.person("boss", Role.ADMIN)
    page = desk.open("boss", "/p/chest")
    page.get_by_role("button", name="Archive the project").click()
    expect(page.get_by_test_id("state")).to_have_text("archived", timeout=15_000)
    ann = desk.open("ann", "/p/chest/work?kind=verdict")
    expect(ann.get_by_role("heading", name="Chest films is archived")).to_be_visible(timeout=15_000)
    page.goto(desk.url)
    expect(page.get_by_role("heading", name="Projects")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("link", name="Chest films")).to_have_count(0)
    page.get_by_label("archived ones").check()
    page.get_by_role("link", name="Chest films").click()
    page.get_by_role("button", name="Bring it back").click()
    expect(page.get_by_test_id("state")).to_have_text("running", timeout=15_000)
    ready(ann)


def test_a_project_is_deleted_when_its_name_is_typed(desk: Desk) -> None:
    desk.person("boss", Role.ADMIN)
    page = desk.open("boss", "/p/chest")
    page.get_by_text("Delete it", exact=True).click()
    button = page.get_by_role("button", name="Delete the project")
    expect(button).to_be_disabled()
    page.get_by_label("Type chest to delete it").fill("chest")
    button.click()
    until(page, lambda: not Project.objects.exists(), "the project is there")
