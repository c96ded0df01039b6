"""Films that come back and films that two people correct, worked by keyboard; and what a researcher then reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.projects.models import Role
from annotation.reviews.models import Edit, ReviewTask, Selection, TaskKind
from annotation.reviews.services import correction_submit
from annotation.rounds.models import RepositoryEntry
from tests.annotation.reviews.test_repeat_figures import chosen_twice
from tests.annotation.reviews.test_two_corrections import LIKE, UNLIKE, correct, rejected
from tests.annotation.reviews.world import drawing, submission
from tests.e2e.desk import Desk
from tests.e2e.figures_world import Worked
from tests.e2e.test_figures_page import card, numbers
from tests.e2e.work import arrived, ready

if TYPE_CHECKING:
    from playwright.sync_api import Request

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_film_that_comes_back_is_chosen_on_like_any_other_and_nothing_is_fetched_twice(desk: Desk) -> None:
    world = Worked(desk)
    made = world.selections(count=4, repeats=(2,))
    again = next(task for task in made if task.repeat_of_id is not None)
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/pixels"):
            asked.append(request.url)

    page = desk.open("ann", "/")
    page.on("request", note)
    waiting = page.get_by_role("link", name=re.compile("5 films to choose the best mask of"))
    expect(waiting).to_be_visible(timeout=15_000)
    page.keyboard.press("Enter")
    shown = [ready(page, "selection")]
    for count in range(1, 5):
        page.keyboard.press("2")
        arrived(page, Selection, count)
        shown.append(ready(page, "selection", after=shown[-1]))
    assert shown[-1] == str(again.pk), "the repeat is due when the others that were fetched ahead are done"
    page.keyboard.press("3")
    first, *_, last = arrived(page, Selection, 5)
    assert (first.task_id, last.task_id) == (again.repeat_of_id, again.pk)
    expect(page.get_by_test_id("choice")).to_have_count(0)
    assert len(asked) == len(set(asked)) == 5 * 7, "five films with six masks each, none of them known before"
    assert RepositoryEntry.objects.get(project_image=again.project_image, superseded_at=None).mask == first.picked


def test_an_md_picks_one_of_two_drawings_by_its_digit(desk: Desk) -> None:
    world = Worked(desk)
    first, second = rejected(world)
    correct(world.annotators[1], first, UNLIKE[0])
    correct(world.annotators[0], second, UNLIKE[1])
    page = desk.open("md", "/p/chest/work?kind=selection")
    ready(page, "selection")
    expect(page.get_by_role("button", name="Pick")).to_have_count(2)
    page.keyboard.press("2")
    (picked,) = arrived(page, Selection)
    expect(page.get_by_test_id("choice")).to_have_count(0)
    choice = ReviewTask.objects.get(kind=TaskKind.SELECTION)
    entry = RepositoryEntry.objects.get(project_image=first.project_image, superseded_at=None)
    assert entry.mask == picked.picked == choice.candidates.get(position=1).mask
    assert Edit.objects.count() == 2


def test_a_researcher_reads_how_far_two_corrections_and_two_choices_of_one_person_agree(desk: Desk) -> None:
    world = Worked(desk)
    for n, task in enumerate(rejected(world, films=3)):
        person = world.annotators[1 - task.replica]
        rows = (LIKE, LIKE, UNLIKE)[n // 2][task.replica]
        correction_submit(submission=submission(person, task, seconds=30.0), png=drawing(rows))
    world.open_batch(desk.batch.number + 10, "III", "selection", 2)
    chosen_twice(world)
    desk.person("rita", Role.RESEARCHER)
    page = desk.open("rita", "/p/chest/figures")
    dice = card(page, "Dice between corrections of the same film")
    expect(dice.get_by_test_id("asked-twice")).to_contain_text(
        "asked on 3 films; an MD had to choose on 1", timeout=15_000
    )
    rows = numbers(dice)
    names = sorted(person.pseudonym for person in world.annotators)
    assert [row[0] for row in rows[:2]] == ["independent, from the same proposal", f"{names[0]} and {names[1]}"]
    assert rows[0][1:] == rows[1][1:], "one pair of people made all"
    assert rows[0][1] == "3"
    low, high = map(float, rows[0][3].split(" to "))
    assert float(rows[0][4]) < low < float(rows[0][2]) <= high < 1
    again = card(page, "The same film chosen again")
    expect(again.get_by_test_id("repeats")).to_contain_text("3 of 4 repeats can be compared; 1 wait, 0 were dropped")
    everybody, one = numbers(again)
    assert (everybody[0], one[0]) == ("all", world.annotator.pseudonym)
    assert everybody[1] == "3"
    assert everybody[2].startswith("67 %")
    assert everybody[4].startswith("50 %")
    assert everybody[5] == "17 %"
    how = again.get_by_text("How this is computed")
    how.press("Enter")
    expect(again.get_by_text("two choices that know nothing")).to_be_visible()
