"""What an admin has typed and not sent is there again after the page was left."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.projects.models import DrawingGuide, Project, Role
from annotation.projects.services import guide_write
from tests.e2e.desk import Desk

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_entries_of_a_new_project_outlive_a_reload_and_can_be_thrown_away(desk: Desk) -> None:
    desk.person("staff", is_staff=True)
    page = desk.open("staff", "/new")
    expect(page.get_by_role("heading", name="New project")).to_be_visible()
    size = page.locator("[data-path='II.batch_size']").get_by_label("batch size")
    page.get_by_label("Name", exact=True).fill("Lungs")
    size.fill("40")
    page.goto(f"{desk.url}/")
    page.goto(f"{desk.url}/new")
    expect(page.get_by_text("are here again")).to_be_visible()
    expect(page.get_by_label("Short name")).to_have_value("lungs")
    expect(size).to_have_value("40")
    page.get_by_role("button", name="Begin anew").click()
    expect(size).to_have_value("500")
    page.reload()
    expect(page.get_by_label("Name", exact=True)).to_have_value("")
    expect(page.get_by_text("are here again")).to_have_count(0)


def test_a_project_that_was_made_leaves_no_draft(desk: Desk) -> None:
    desk.person("staff", is_staff=True)
    page = desk.open("staff", "/new")
    expect(page.get_by_role("heading", name="New project")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Lungs")
    page.get_by_role("button", name="Create the project").click()
    expect(page.get_by_role("heading", name="Import films")).to_be_visible()
    assert Project.objects.filter(slug="lungs").exists()
    page.goto(f"{desk.url}/new")
    expect(page.get_by_label("Name", exact=True)).to_have_value("")


def test_the_text_of_a_guide_outlives_leaving_the_page_and_says_what_it_began_from(desk: Desk) -> None:
    boss = desk.person("boss", Role.ADMIN)
    guide_write(desk.project, text="Draw the lungs.", author=boss)
    page = desk.open("boss", "/p/chest/guide")
    page.get_by_role("button", name="Write the next version").click()
    page.get_by_label("Text").fill("Draw both lungs.")
    page.get_by_role("link", name="Films").click()
    expect(page.get_by_text("No film is like that.")).to_be_visible()
    guide_write(desk.project, text="Draw the lungs without the heart.", author=boss)
    page.goto(f"{desk.url}/p/chest/guide")
    expect(page.get_by_label("Text")).to_have_value("Draw both lungs.")
    expect(page.get_by_text("version 2 has come since")).to_be_visible()
    page.get_by_role("button", name="Begin from version 2").click()
    page.get_by_label("Text").fill("Draw both lungs without the heart.")
    page.get_by_role("button", name="Save as version 3").click()
    expect(page.get_by_text("version 3 is what reviewers read now")).to_be_visible()
    assert DrawingGuide.objects.count() == 3
    page.reload()
    expect(page.get_by_role("heading", name="Version 3")).to_be_visible()
