"""An admin who imports knows beforehand what fits, and afterwards what went in, also after having left the page."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, Route, expect

from annotation.images.models import Image
from tests.e2e.desk import Desk
from tests.e2e.test_setup_pages import boss_at, zip_of

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def choose(page: Page) -> None:
    page.get_by_label("ZIP with manifest.csv").set_input_files([zip_of(2)])  # type: ignore[list-item]


def test_the_limits_stand_on_the_page_before_anything_is_sent(desk: Desk) -> None:
    page = boss_at(desk, "/p/chest/import")
    expect(page.get_by_test_id("limits")).to_contain_text("at most 20,000 files, each up to 64 MB")


def test_an_upload_goes_on_while_the_admin_looks_at_another_page(desk: Desk) -> None:
    page = boss_at(desk, "/p/chest/import")
    held: list[Route] = []
    page.route(
        "**/api/projects/chest/imports", lambda route: held.append(route) if is_post(route) else route.continue_()
    )
    choose(page)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_label("Upload", exact=True)).to_be_visible()
    page.get_by_role("link", name="People").click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    page.get_by_role("link", name="Import").click()
    expect(page.get_by_label("Upload", exact=True)).to_be_visible()
    held[0].continue_()
    expect(page.get_by_role("heading", name="2 films went in")).to_be_visible(timeout=30_000)
    assert Image.objects.count() == 2


def is_post(route: Route) -> bool:
    return route.request.method == "POST"


def test_who_closed_the_page_during_an_upload_is_told_what_became_of_it(desk: Desk) -> None:
    page = boss_at(desk, "/p/chest/import")
    page.route("**/api/projects/chest/imports", lambda route: None if is_post(route) else route.continue_())
    choose(page)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_label("Upload", exact=True)).to_be_visible()
    again = page.context.new_page()
    page.close()
    again.goto(f"{desk.url}/p/chest/import")
    expect(again.get_by_text("You left this page")).to_contain_text("films.zip")


def test_the_report_of_an_earlier_import_can_be_read_again(desk: Desk) -> None:
    page = boss_at(desk, "/p/chest/import")
    page.get_by_label("ZIP with manifest.csv").set_input_files([zip_of(1, missing=True)])  # type: ignore[list-item]
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="1 of 2 rows stayed out")).to_be_visible(timeout=30_000)
    page.reload()
    expect(page.get_by_role("heading", name="1 of 2 rows stayed out")).to_have_count(0)
    page.get_by_role("button", name="Read the report").click()
    expect(page.get_by_role("heading", name="1 of 2 rows stayed out")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="nowhere.png")).to_be_visible()
