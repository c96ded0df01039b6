"""What stands on and beside films can be read: differences, tags, long words, days of other films."""

from __future__ import annotations

import base64
from datetime import date

import numpy as np
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect

from annotation.common.blobs import blobs
from annotation.images.pseudonyms import shifted
from annotation.reviews.models import ReviewTask, TaskKind
from mlbackend.data.phantom import generate_film
from tests.e2e.desk import Desk
from tests.e2e.people import Reviewer
from tests.e2e.work import editor_ready, ready, selections
from tests.factories import ImageFactory, ProjectImageFactory
from tests.support.pictures import png_bytes

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

LEVELS = """() => {
  const canvas = document.querySelector('canvas')
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  return btoa(Array.from(data.filter((_, i) => i % 4 < 3), (level) => String.fromCharCode(level)).join(''))
}"""

CONTRAST = """(tag) => {
  const light = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number)
    if (a < 1) return NaN
    const line = [r, g, b].map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * line[0] + 0.7152 * line[1] + 0.0722 * line[2]
  }
  const style = getComputedStyle(tag)
  const [one, other] = [light(style.color), light(style.backgroundColor)].sort((a, b) => b - a)
  return (one + 0.05) / (other + 0.05)
}"""


def levels(page: Page) -> np.ndarray:
    """What the first canvas shows, (n, 3), 0..255."""
    page.wait_for_timeout(200)
    return np.frombuffer(base64.b64decode(page.evaluate(LEVELS)), np.uint8).reshape(-1, 3).astype(float)


def test_where_masks_differ_the_film_can_still_be_read(desk: Desk) -> None:
    selections(desk, 1)
    page = desk.open("ann", "/p/chest/work?kind=selection")
    ready(page, "selection")
    before = levels(page)
    page.keyboard.press("d")
    after = levels(page)
    # Where the film shows alone: grey before, tinted after.
    tinted = (np.ptp(before, axis=1) == 0) & (np.ptp(after, axis=1) > 20)
    assert tinted.sum() > 500, "the difference can be seen"
    slope = np.polyfit(before[tinted].mean(axis=1), after[tinted].mean(axis=1), 1)[0]
    assert slope >= 0.7, "most of the film's contrast is left"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_tag_of_masks_that_are_alike_has_contrast_on_a_ground_of_its_own(desk: Desk, theme: str) -> None:
    selections(desk, 1)
    page = desk.open("ann", "/p/chest/work?kind=selection")
    ready(page, "selection")
    page.evaluate("name => { document.documentElement.dataset.theme = name }", theme)
    assert page.get_by_text("2 alike").evaluate(CONTRAST) >= 4.5


def asked_of_an_md(desk: Desk, words: str) -> ReviewTask:
    """An adjudication that a reader's words led to."""
    desk.verdicts(1)
    ann = Reviewer(desk.url, "ann", "chest")
    (task,) = ann.next()
    ann.act(task, "verdict", decision="unsure", comment=words)
    return ReviewTask.objects.get(kind=TaskKind.ADJUDICATION)


def test_a_word_without_end_wraps_beside_the_film(desk: Desk) -> None:
    asked_of_an_md(desk, "w" * 400)
    page = desk.open("md", "/p/chest/work?kind=adjudication")
    ready(page, "adjudication")
    said = page.get_by_role("complementary", name="What was said")
    expect(said).to_contain_text("www")
    assert said.evaluate("node => node.scrollWidth <= node.clientWidth")


def test_other_films_stand_by_their_day_and_stay_beside_the_editor(desk: Desk) -> None:
    patient = asked_of_an_md(desk, "is it new?").project_image.image.patient
    for day in ("", "2019-05-31"):
        image = ImageFactory(width=64, height=64, patient=patient, metadata={"study_date": day})
        blobs().write(image.rendition_key, png_bytes(generate_film(5, size=64).image))
        ProjectImageFactory(project=desk.project, image=image, state="chosen")
    page = desk.open("md", "/p/chest/work?kind=adjudication", locale="en-GB")
    ready(page, "adjudication")
    said = page.get_by_role("complementary", name="What was said")
    told = shifted(date(2019, 5, 31), patient.identifier, desk.project.pseudonym_key)
    assert told is not None
    # The browser's British September has four letters.
    month = "Sept" if told.month == 9 else f"{told:%b}"
    expect(said.get_by_role("button").nth(0)).to_contain_text(f"Film 1: {told.day} {month} {told.year}")
    expect(said).to_contain_text("Days are shifted")
    expect(said.get_by_role("button").nth(1)).to_contain_text("Film 2: undated")
    expect(said).to_contain_text("Those that are undated stand last, in order of import.")
    page.keyboard.press("c")
    editor_ready(page)
    expect(said).to_contain_text("is it new?")
    page.keyboard.press("Shift+p")
    expect(page.get_by_role("img", name="Earlier film 1 of the same patient")).to_be_visible()
    page.keyboard.press("Escape")
    ready(page, "adjudication")
