"""Who did and saw what, as an admin reads it."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.common.audit import audit_record
from annotation.images.services.seen import film_seen
from annotation.projects.models import Role
from tests.e2e.accessible import check_page
from tests.e2e.desk import Desk

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_an_admin_finds_who_saw_a_film_and_takes_the_list_along(desk: Desk) -> None:
    film = desk.verdicts(1)[0].project_image.image_id
    boss, rita = desk.person("boss", Role.ADMIN), desk.person("rita", Role.RESEARCHER)
    film_seen(user=rita, image_id=film)
    audit_record("guide.write", desk.project, actor=boss, project_id=desk.project.pk, version=2)
    page = desk.open("boss", "/p/chest/people")
    page.get_by_role("link", name="Who did and saw what").click()
    expect(page.get_by_role("row")).to_have_count(3, timeout=30_000)
    check_page(page)
    page.get_by_label("Person").fill("rita")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("link", name=str(film))).to_have_attribute("href", f"/p/chest/films/{film}")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download as CSV").click()
    lines = saved.value.path().read_text().splitlines()
    assert lines[0] == "at,person,action,kind,object,detail"
    assert [line.split(",")[1:3] for line in lines[1:]] == [["rita", "film.see"]]
