"""Setting up, films and figures by axe-core in both themes at two sizes, and by keyboard alone; see ``accessible``."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect

from annotation.projects.models import Role
from annotation.projects.services import guide_write
from annotation.rounds.models import RoundStep
from tests.e2e.accessible import SMALL, THEMES, axe_findings, check_page
from tests.e2e.desk import Desk
from tests.e2e.test_figures_page import worked
from tests.e2e.test_setup_pages import boss_at, zip_of
from tests.factories import JobFactory, ProjectImageFactory, RepositoryEntryFactory, RoundFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def check_at_both_sizes(page: Page) -> None:
    """``check_page``, and axe-core once more on the small screen, where a page may be laid out otherwise."""
    check_page(page)
    size, theme = page.viewport_size, page.evaluate("document.documentElement.dataset.theme")
    page.set_viewport_size(SMALL)  # type: ignore[arg-type]
    found = []
    for name in THEMES:
        page.evaluate("name => { document.documentElement.dataset.theme = name }", name)
        found += [f"{name}, small: {words}" for words in axe_findings(page)]
    page.evaluate("name => { document.documentElement.dataset.theme = name }", theme)
    page.set_viewport_size(size)  # type: ignore[arg-type]
    assert not found, f"{page.url}:\n" + "\n".join(found)


def test_the_page_of_a_new_project_can_be_used_by_everybody_also_with_errors(desk: Desk) -> None:
    desk.person("staff", is_staff=True)
    page = desk.open("staff", "/new")
    expect(page.get_by_role("heading", name="New project")).to_be_visible()
    page.locator("[data-path='II.batch_size']").get_by_label("batch size").fill("0")
    page.get_by_role("button", name="Create the project").click()
    expect(page.get_by_text("3 entries are wrong")).to_be_visible()
    check_at_both_sizes(page)


def test_the_import_page_can_be_used_by_everybody_also_with_a_report(desk: Desk) -> None:
    page = boss_at(desk, "/p/chest/import")
    expect(page.get_by_test_id("limits")).to_be_visible()
    check_at_both_sizes(page)
    page.get_by_label("ZIP with manifest.csv").set_input_files([zip_of(2, missing=True)])  # type: ignore[list-item]
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="1 of 3 rows stayed out")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("heading", name="Earlier imports")).to_be_visible()
    check_at_both_sizes(page)


def test_screening_can_be_used_by_everybody(desk: Desk) -> None:
    for tier in ("low", "high"):
        ProjectImageFactory(project=desk.project, image__quality_tier=tier, image__view="Lateral")
    page = boss_at(desk, "/p/chest/screening")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(2)
    check_at_both_sizes(page)


def test_people_and_guide_can_be_used_by_everybody(desk: Desk) -> None:
    page = boss_at(desk, "/p/chest/people")
    expect(page.get_by_label("boss: Admin")).to_be_visible()
    check_at_both_sizes(page)
    page.goto(f"{desk.url}/p/chest/guide")
    page.get_by_role("button", name="Write the first version").click()
    page.get_by_label("Text").fill("# Lungs\n\nDraw both.\n\n- hilum out")
    check_at_both_sizes(page)
    page.get_by_role("button", name="Save as version 1").click()
    expect(page.get_by_text("version 1 is what reviewers read now")).to_be_visible()
    boss = desk.project.memberships.get(role=Role.ADMIN).user
    guide_write(desk.project, text="# Lungs\n\nDraw both lungs.", author=boss)
    page.reload()
    page.get_by_role("button", name="What changed since version 1").click()
    check_at_both_sizes(page)


def test_films_and_one_film_can_be_used_by_everybody(desk: Desk) -> None:
    for made in desk.verdicts(3):
        RepositoryEntryFactory(project_image=made.project_image, mask=made.proposal, provenance="accepted")
    desk.person("rita", Role.RESEARCHER)
    page = desk.open("rita", "/p/chest/films")
    expect(page.get_by_role("gridcell").get_by_role("link")).to_have_count(3)
    check_at_both_sizes(page)
    page.get_by_role("gridcell").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    check_at_both_sizes(page)


def test_figures_can_be_used_by_everybody(desk: Desk) -> None:
    worked(desk)
    page = desk.open("rita", "/p/chest/figures")
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    check_at_both_sizes(page)


def test_a_project_in_setup_and_one_whose_job_waits_can_be_used_by_everybody(desk: Desk) -> None:
    page = boss_at(desk, "/p/chest")
    expect(page.get_by_role("heading", name="Before it starts")).to_be_visible()
    expect(page.get_by_role("link", name="Screen the pool")).to_be_visible()
    check_at_both_sizes(page)
    desk.project.state = "running"
    desk.project.save()
    round_ = RoundFactory(project=desk.project, stage=0, number=1, name="I", kind="initial_training")
    step = RoundStep.objects.create(round=round_, index=0, kind="train", state="running")
    step.jobs.add(
        JobFactory(project_id=desk.project.pk, kind="train", status="queued", finished_at=None, handled_at=None)
    )
    page.reload()
    expect(page.get_by_test_id("job")).to_contain_text("waits for")
    check_at_both_sizes(page)
    page.get_by_test_id("job").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check_at_both_sizes(page)
