"""A film that cannot be loaded is set aside by key on every page, and an admin finds a way out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.common.blobs import blobs
from annotation.images.models import ImageState, ProjectImage
from annotation.projects.models import Role
from annotation.reviews.models import Report, ReviewTask, TaskKind, TaskState
from tests.e2e.desk import Desk
from tests.e2e.work import arrived, editor_ready, ready, selections, until, verifications
from tests.factories import RoundFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def of_kind(kind: str) -> Callable[[Desk, int], list[ReviewTask]]:
    def make(desk: Desk, count: int) -> list[ReviewTask]:
        tasks = desk.verdicts(count)
        for task in tasks:
            task.kind = kind
            task.role = Role.PHYSICIAN if kind == TaskKind.ADJUDICATION else Role.ANNOTATOR
            task.save()
        return tasks

    return make


@pytest.mark.parametrize(
    ("kind", "person", "make"),
    [
        ("verdict", "ann", of_kind("verdict")),
        ("correction", "ann", of_kind("correction")),
        ("selection", "ann", selections),
        ("adjudication", "md", of_kind("adjudication")),
        ("verification", "md", verifications),
    ],
)
def test_a_film_that_fails_for_good_is_set_aside_by_key_and_taken_back(
    desk: Desk, kind: str, person: str, make: Callable[[Desk, int], list[ReviewTask]]
) -> None:
    first, second = make(desk, 2)
    blobs().delete(first.project_image.image.rendition_key)
    page = desk.open(person, f"/p/chest/work?kind={kind}")
    expect(page.get_by_text("This film could not be loaded")).to_be_visible(timeout=20_000)
    page.keyboard.press("x")
    page.get_by_label("A word to the admin").fill("nothing but an error")
    page.keyboard.press("Enter")
    shown = editor_ready(page) if kind == "correction" else ready(page, kind)
    assert shown == str(second.pk)
    (report,) = arrived(page, Report)
    assert (report.task_id, report.comment, report.counts) == (first.pk, "nothing but an error", True)
    page.keyboard.press("z")
    expect(page.get_by_text("report taken back")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("This film could not be loaded")).to_be_visible()
    first.refresh_from_db()
    assert first.state == TaskState.OPEN


def test_an_admin_puts_one_film_back_and_excludes_another(desk: Desk) -> None:
    mended, lost = desk.verdicts(2)
    RoundFactory(project=desk.project, batch=desk.batch)
    desk.person("boss", Role.ADMIN)
    for task, keys in ((mended, 1), (lost, 2)):
        image = task.project_image.image
        blobs().write(image.original_key, blobs().read(image.rendition_key))
        for key in (image.rendition_key, image.original_key)[:keys]:
            blobs().delete(key)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    for count in (1, 2):
        expect(page.get_by_text("This film could not be loaded")).to_be_visible(timeout=20_000)
        page.keyboard.press("x")
        page.keyboard.press("Enter")
        arrived(page, Report, count)
    expect(page.get_by_text("Nothing waits for you here now")).to_be_visible()
    boss = desk.open("boss", "/p/chest")
    expect(boss.get_by_role("heading", name="2 films set aside")).to_be_visible(timeout=15_000)
    expect(boss.get_by_text("waits for 2 films that were set aside")).to_be_visible()
    films = boss.get_by_test_id("set-aside")
    expect(films).to_have_count(2)
    films.nth(1).get_by_role("button", name="Put back").click()
    expect(boss.get_by_text("the original is lost from storage too")).to_be_visible()
    films.nth(1).get_by_role("button", name="Exclude the film").click()
    boss.get_by_label("Why can this film not be used?").fill("file lost")
    boss.get_by_role("button", name="Exclude the film").last.click()
    expect(boss.get_by_text("The film is excluded.")).to_be_visible()
    film = ProjectImage.objects.get(pk=lost.project_image_id)
    assert (film.state, film.exclusion_reason) == (ImageState.EXCLUDED, "file lost")
    films.first.get_by_role("button", name="Put back").click()
    until(boss, lambda: ReviewTask.objects.get(pk=mended.pk).state == TaskState.OPEN, "the film is not put back")
    expect(boss.get_by_role("heading", name="set aside")).to_have_count(0)
    assert ready(page) == str(mended.pk)
