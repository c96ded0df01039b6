"""An MD draws films of which nothing is proposed; an admin sets a project without seeds up and follows it."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.projects.models import Project
from annotation.reviews.models import Adjudication, Edit
from annotation.rounds.models import RepositoryEntry
from tests.e2e.accessible import check_page
from tests.e2e.desk import Desk
from tests.e2e.drawn import Drawn, draw, next_editor
from tests.e2e.test_whole_batch_by_keyboard import nothing_left, start
from tests.e2e.work import arrived, editor_ready

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_film_that_an_md_is_unsure_of_is_drawn_by_another_who_has_nothing_to_accept(desk: Desk) -> None:
    Drawn(desk).start()
    page = desk.open("md", "/p/chest/work?kind=correction")
    editor_ready(page)
    check_page(page)
    page.keyboard.press("u")
    arrived(page, Edit)
    other = desk.open("md2")
    expect(other.get_by_role("link", name="1 film to adjudicate")).to_be_visible(timeout=15_000)
    other.goto(f"{desk.url}/p/chest/work?kind=adjudication")
    expect(other.get_by_test_id("film")).to_be_visible(timeout=15_000)
    expect(other.get_by_role("button", name="Draw")).to_be_enabled(timeout=15_000)
    expect(other.get_by_role("button", name="Accept")).to_have_count(0)
    other.keyboard.press("a")
    other.keyboard.press("c")
    draw(other)
    other.keyboard.press("Enter")
    (said,) = arrived(other, Adjudication)
    assert said.decision == "draw"
    assert RepositoryEntry.objects.get().provenance == "drawn"


def test_a_film_without_infection_is_submitted_empty_when_it_is_said_twice(desk: Desk) -> None:
    Drawn(desk, Ia={"total": 2, "undo_grace_seconds": 0}).start()
    page = desk.open("md")
    start(page)
    task = ""
    for _ in range(2):
        task = next_editor(page, after=task)
        expect(page.get_by_role("heading", name="Draw the infection")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.get_by_role("alertdialog", name="Nothing drawn")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.get_by_role("alertdialog")).to_have_count(0)
    nothing_left(page)
    assert [edit.result.foreground_pixels for edit in arrived(page, Edit, 2)] == [0, 0]


def test_an_admin_sees_what_a_project_without_seeds_asks_for_and_where_its_films_are(desk: Desk) -> None:
    world = Drawn(desk)
    page = desk.open("boss", "/p/chest")
    before = page.get_by_role("region", name="Before it starts")
    expect(before.get_by_text("stage Ib wants two people or more who choose")).to_be_visible(timeout=15_000)
    expect(page.get_by_test_id("seeds")).to_have_count(0)
    expect(page.get_by_text("People draw these films themselves.")).to_be_visible()
    page.get_by_role("button", name="Start the project").click()
    expect(page.get_by_text("stage Ia has begun")).to_be_visible(timeout=15_000)
    assert Project.objects.get().state == "running"
    world.go_on()
    strip = page.get_by_role("region", name="Where the films are")
    stages = strip.get_by_role("listitem")
    expect(stages).to_have_count(3)
    expect(stages.nth(0)).to_contain_text("4 to draw", timeout=15_000)
    expect(stages.nth(0)).not_to_contain_text("waiting")
    expect(stages.nth(2)).to_contain_text("4 waiting")
    expect(page.get_by_text("People draw the films of Ia.")).to_be_visible()
    check_page(page)
    page.goto(f"{desk.url}/p/chest/import")
    expect(page.get_by_text("All films go into the pool")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("radio")).to_have_count(0)


def test_staff_make_a_project_of_the_second_protocol_in_the_browser(desk: Desk) -> None:
    desk.person("sue", is_staff=True)
    page = desk.open("sue", "/new")
    expect(page.get_by_role("heading", name="New project")).to_be_visible(timeout=15_000)
    page.get_by_label("Name", exact=True).fill("Infection by hand")
    expect(page.get_by_label("What is drawn")).to_have_value("lung")
    page.get_by_label("Protocol").select_option("qata")
    expect(page.get_by_label("What is drawn")).to_have_value("infection")
    expect(page.get_by_label("Convention")).to_have_value("infection")
    expect(page.get_by_text("The paper had")).to_have_count(0)
    page.locator('[data-path="Ia.total"] input').fill("20")
    page.locator('[data-path="Ib.readers"] select').select_option("annotator")
    page.get_by_role("button", name="Use this").click()
    page.get_by_role("button", name="Create the project").click()
    expect(page.get_by_text("All films go into the pool")).to_be_visible(timeout=15_000)
    stages = {stage["name"]: stage for stage in Project.objects.get(slug="infection-by-hand").protocol["stages"]}
    assert (stages["Ia"]["total"], stages["Ib"]["readers"]) == (20, "annotator")
    assert [stages[name]["double_read_fraction"] for name in ("Ib", "II")] == [0.2, 0.2]
    assert [stages[name]["replicas"] for name in ("Ib", "II")] == [2, 2]
