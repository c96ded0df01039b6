"""An admin puts the role of wrongly imported films right in the films browser."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.images.models import ProjectImage
from annotation.projects.models import Role
from tests.e2e.desk import Desk
from tests.factories import ProjectImageFactory, seed_film

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_filtered_films_change_their_role_and_those_that_cannot_say_why(desk: Desk) -> None:
    desk.project.state = "setup"
    desk.project.save()
    desk.person("boss", Role.ADMIN)
    for _ in range(2):
        seed_film(desk.project)
    ProjectImageFactory(project=desk.project)
    page = desk.open("boss", "/p/chest/films?role=seed")
    page.get_by_text("Imported with the wrong role?").click()
    page.get_by_role("button", name="Change their role").click()
    page.get_by_role("button", name="Yes, change the role of 2 films").click()
    expect(page.get_by_text("2 changed, 0 were pool already, 0 stay as they are")).to_be_visible(timeout=15_000)
    assert set(ProjectImage.objects.values_list("role", "state")) == {("pool", "waiting")}
    page.goto(desk.url + "/p/chest/films")
    page.get_by_text("Imported with the wrong role?").click()
    page.get_by_label("New role").select_option("seeds")
    page.get_by_role("button", name="Change their role").click()
    page.get_by_role("button", name="Yes, change the role of 3 films").click()
    expect(page.get_by_text("2 changed, 0 were seed already, 1 stay as they are")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("it came without a mask")).to_be_visible()
