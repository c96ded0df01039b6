"""Corrections in the browser: what is drawn is what is stored, and a draft outlives the page."""

from __future__ import annotations

import base64

import numpy as np
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Locator, Page, expect

from annotation.masks.services import mask_read
from annotation.reviews.models import Edit
from tests.e2e.desk import Desk

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def editor(page: Page) -> Locator:
    """The film in the editor, painted."""
    film = page.get_by_test_id("editor")
    expect(film).to_be_visible(timeout=15_000)
    return film


def stroke(page: Page, start: tuple[float, float], end: tuple[float, float], side: int) -> tuple[np.ndarray, float]:
    """Drag the brush between two places given as shares of the film; returns the ends in film pixels (2, 2)."""
    box = editor(page).bounding_box()
    assert box is not None
    # The film is square and fitted with the margin that the page keeps: read where it lies from the page itself.
    scale = min(box["width"], box["height"]) / side
    left = box["x"] + (box["width"] - side * scale) / 2
    top = box["y"] + (box["height"] - side * scale) / 2
    ends = [(left + share[0] * side * scale, top + share[1] * side * scale) for share in (start, end)]
    page.mouse.move(*ends[0])
    page.mouse.down()
    page.mouse.move(*ends[1], steps=1)
    page.mouse.up()
    return np.array([start, end]) * side, scale


def reject(desk: Desk, size: int = 256) -> Page:
    """A page whose first film was rejected: its editor is open."""
    desk.verdicts(2, size=size)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    expect(page.get_by_role("button", name="Accept")).to_be_enabled(timeout=15_000)
    page.keyboard.press("r")
    editor(page)
    return page


def wait_for_edit(page: Page) -> Edit:
    """The correction as it is stored."""
    for _ in range(100):
        if edit := Edit.objects.first():
            return edit
        page.wait_for_timeout(100)
    raise AssertionError("no correction arrived")


def test_a_rejected_film_is_corrected_at_once_and_the_next_one_follows(desk: Desk) -> None:
    page = reject(desk)
    before = mask_read(desk.tasks[0].proposal)
    ends, _ = stroke(page, (0.5, 0.1), (0.5, 0.3), 256)
    expect(page.get_by_test_id("change")).to_contain_text("pixels changed")
    page.keyboard.press("Enter")
    edit = wait_for_edit(page)
    assert edit.counts
    after = mask_read(edit.result)
    drawn = after & ~before
    assert not (before & ~after).any(), "a brush takes nothing away"
    assert drawn.any()
    # Independent of the page: all that is drawn lies within the brush (8 px) of the line, give or take the fitting.
    rows, columns = np.nonzero(drawn)
    assert np.abs(columns + 0.5 - ends[0][0]).max() <= 4 + 3
    assert rows.min() + 0.5 >= ends[0][1] - 4 - 3
    assert rows.max() + 0.5 <= ends[1][1] + 4 + 3
    assert edit.changed_pixels == int((after != before).sum())
    expect(page.get_by_test_id("film")).to_be_visible()
    assert page.get_by_test_id("film").get_attribute("data-task") == str(desk.tasks[1].pk)


def test_a_draft_is_offered_again_after_the_page_was_closed(desk: Desk) -> None:
    page = reject(desk)
    stroke(page, (0.5, 0.1), (0.5, 0.3), 256)
    words = page.get_by_test_id("change").inner_text()
    expect(page.get_by_text("draft kept")).to_be_visible()
    context = page.context
    page.close()
    again = context.new_page()
    again.goto(desk.url + "/p/chest/work?kind=correction")
    editor(again)
    expect(again.get_by_test_id("change")).to_contain_text("0 pixels changed")
    again.get_by_role("button", name="Go on from there").click()
    expect(again.get_by_test_id("change")).to_have_text(words)


def test_undo_takes_a_stroke_back_and_redo_brings_it_again(desk: Desk) -> None:
    page = reject(desk)
    for x in (0.45, 0.5, 0.55):
        stroke(page, (x, 0.1), (x, 0.3), 256)
    expect(page.get_by_test_id("change")).to_contain_text("pixels changed")
    drawn = page.get_by_test_id("change").inner_text()
    for _ in range(3):
        page.keyboard.press("Control+z")
    expect(page.get_by_test_id("change")).to_contain_text("0 pixels changed, DSC with the start 1.000")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    for _ in range(3):
        page.keyboard.press("Control+y")
    expect(page.get_by_test_id("change")).to_have_text(drawn)


def test_an_empty_mask_is_not_sent(desk: Desk) -> None:
    page = reject(desk)
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    expect(page.get_by_text("the mask is empty")).to_be_visible()
    assert not Edit.objects.exists()


LEVELS = """() => {
  const canvas = document.querySelector('[data-testid=editor] canvas')
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  return btoa(Array.from(data.filter((_, i) => i % 4 < 3), (level) => String.fromCharCode(level)).join(''))
}"""


def levels(page: Page) -> np.ndarray:
    """What the editor's canvas shows, (n,), 0..255."""
    page.wait_for_timeout(150)
    return np.frombuffer(base64.b64decode(page.evaluate(LEVELS)), np.uint8).astype(int)


def test_what_is_painted_anew_around_the_brush_is_what_painting_all_of_it_would_show(desk: Desk) -> None:
    page = reject(desk, size=700)
    box = editor(page).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    before = levels(page)
    page.mouse.down()
    for step in range(1, 12):
        page.mouse.move(x + 9 * step, y - 7 * step * (-1) ** step)
    by_parts = levels(page)
    assert np.count_nonzero(by_parts != before) > 1000
    page.keyboard.press("h")
    page.wait_for_timeout(100)
    assert np.abs(levels(page) - by_parts).max() <= 2, "hidden and shown again, all of it was painted anew"
    page.mouse.up()
