"""The overview says where each stage's films are, and everybody is told when a batch that is judged closes."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.projects.models import Role
from annotation.reviews.models import Verdict
from annotation.rounds.models import Round, RoundFilm, RoundStep
from tests.e2e.desk import Desk
from tests.e2e.work import arrived, ready

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def batch(desk: Desk, films: int) -> Round:
    """The desk's films as a batch of stage II that people read."""
    round_ = Round.objects.create(
        project=desk.project, number=desk.batch.number, name="II.1", stage=1, kind="evaluation", batch=desk.batch
    )
    for index, (kind, state) in enumerate((("choose", "done"), ("predict", "done"), ("review", "running"))):
        RoundStep.objects.create(
            round=round_, index=index, kind=kind, state=state, params={"count": films} if index == 0 else {}
        )
    for n, task in enumerate(desk.verdicts(films)):
        RoundFilm.objects.create(round=round_, project_image=task.project_image, order=n)
    return round_


def test_each_stage_says_where_its_films_are_and_leads_to_them(desk: Desk) -> None:
    batch(desk, 3)
    desk.person("boss", Role.ADMIN)
    page = desk.open("boss", "/p/chest")
    two = page.get_by_role("listitem").filter(has_text="people judge batches")
    two.get_by_role("link", name="3 being read").click()
    expect(page).to_have_url(re.compile(r"/p/chest/films\?round=II\.1$"))
    expect(page.get_by_text("3 films")).to_be_visible()


def test_who_judges_the_last_film_is_told_when_the_batch_closes_and_an_admin_need_not_wait(desk: Desk) -> None:
    batch(desk, 1)
    desk.person("boss", Role.ADMIN)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    ready(page)
    page.keyboard.press("a")
    arrived(page, Verdict)
    expect(
        page.get_by_text(re.compile("All of II.1 is judged. The batch closes .* acts can be taken back"))
    ).to_be_visible(timeout=15_000)
    boss = desk.open("boss", "/p/chest")
    expect(boss.get_by_text("All of II.1 is judged.")).to_be_visible()
    boss.get_by_role("button", name="Close now").click()
    expect(boss.get_by_text("The batch is being closed.")).to_be_visible()
    assert RoundStep.objects.get(kind="review").params["close_now"] is True


def test_who_asks_for_work_of_mds_is_told_that_it_is_theirs(desk: Desk) -> None:
    page = desk.open("ann", "/p/chest/work?kind=adjudication")
    expect(page.get_by_text("This work is for MDs, and you are none in Chest films.")).to_be_visible()
    page.goto(desk.url + "/p/chest/films")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Order")).to_have_count(0)
    expect(page.get_by_role("combobox")).to_have_count(0)
