"""An admin takes films out of the pool in the browser, one by one or many, and brings them back."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.common.blobs import blobs
from annotation.images.models import ProjectImage
from mlbackend.data.phantom import generate_film
from tests.e2e.desk import Desk
from tests.e2e.test_setup_pages import boss_at
from tests.factories import ImageFactory, ProjectImageFactory
from tests.support.pictures import png_bytes

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

GOOD = {"contrast": 0.7, "noise": 0.01, "sharpness": 0.02, "snr_db": 45.0, "exposure": 0.5, "clipped": 0.02}


def pool(desk: Desk, count: int = 6) -> list[ProjectImage]:
    """Films that wait: the first is dark, the second lateral, the others are good."""
    films = []
    for n in range(count):
        quality = GOOD | ({"exposure": 0.05} if n == 0 else {})
        image = ImageFactory(
            width=256, height=256, view="LL" if n == 1 else "PA", quality=quality,
            quality_tier="low" if n == 0 else "medium" if n == 1 else "high",
        )  # fmt: skip
        blobs().write(image.rendition_key, png_bytes(generate_film(n, size=256).image))
        films.append(ProjectImageFactory(project=desk.project, image=image))
    return films


def states(films: list[ProjectImage]) -> list[tuple[str, str]]:
    rows = dict(ProjectImage.objects.values_list("pk", "state"))
    reasons = dict(ProjectImage.objects.values_list("pk", "exclusion_reason"))
    return [(rows[film.pk], reasons[film.pk]) for film in films]


def test_an_admin_screens_the_pool_by_keyboard_and_takes_a_decision_back(desk: Desk) -> None:
    films = pool(desk)
    page = boss_at(desk, "/p/chest/screening")
    cards = page.locator("li[role=option]")
    expect(page.get_by_test_id("count")).to_have_text("6 films")
    expect(cards.first).to_contain_text("too dark (over-exposed): median grey 0.05")
    expect(cards.nth(1)).to_contain_text("not a frontal view: view LL")
    page.keyboard.press("e")
    page.keyboard.press("1")
    expect(cards.first).to_contain_text("out: too dark (over-exposed)")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Film at full size").first).to_be_visible()
    expect(page.get_by_role("heading", name="LL, medium")).to_be_visible()
    page.keyboard.press("e")
    page.get_by_label("Another reason").fill("turned away")
    page.get_by_label("Another reason").press("Enter")
    expect(page.get_by_text("1 film taken out: turned away")).to_be_visible()
    page.keyboard.press("Escape")
    assert states(films)[:3] == [("excluded", "too dark (over-exposed)"), ("excluded", "turned away"), ("waiting", "")]
    page.keyboard.press("z")
    expect(page.get_by_text("undone for 1 film")).to_be_visible()
    assert states(films)[1] == ("waiting", "")
    expect(page.locator("select").first).to_contain_text("taken out (1)")


def test_films_are_filtered_and_taken_out_in_bulk_and_what_is_in_a_round_is_refused_whole(desk: Desk) -> None:
    films = pool(desk)
    page = boss_at(desk, "/p/chest/screening")
    page.get_by_role("button", name="any reason 2").click()
    expect(page.locator("li[role=option]")).to_have_count(2)
    page.get_by_role("button", name="Select all 2").click()
    page.get_by_role("button", name="Take out 2 films").click()
    page.get_by_role("button", name="not a chest film").click()
    expect(page.get_by_text("2 films taken out")).to_be_visible()
    assert [state for state, _ in states(films)] == ["excluded"] * 2 + ["waiting"] * 4
    page.locator("select").first.select_option("all")
    page.get_by_role("button", name="any reason").click()
    expect(page.locator("li[role=option]")).to_have_count(6)
    ProjectImage.objects.filter(pk=films[2].pk).update(state="chosen")
    page.keyboard.press("Control+a")
    expect(page.locator("li[role=option][aria-selected=true]")).to_have_count(6)
    page.keyboard.press("e")
    page.keyboard.press("1")
    expect(page.get_by_role("alert")).to_contain_text("is or was in a round")
    assert [state for state, _ in states(films)] == ["excluded"] * 2 + ["chosen"] + ["waiting"] * 3
