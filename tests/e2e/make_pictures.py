"""The pictures of docs/reviewing.md, from procedural films; made anew by: pytest tests/e2e/make_pictures.py"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.reviews.models import ReviewTask, TaskKind
from tests.e2e.desk import Desk
from tests.e2e.work import editor_ready, ready, selections, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
FOLDER = Path(__file__).resolve().parents[2] / "docs/images"
SIZE = {"width": 1280, "height": 800}


def keep(page: Page, name: str) -> None:
    """The page as a picture of few colours, so that the repository stays light."""
    page.wait_for_timeout(300)
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    picture = cv2.imread(str(path))
    assert picture is not None
    small = cv2.resize(picture, (960, 600), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(path), small, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def test_pictures_are_made(desk: Desk) -> None:
    desk.verdicts(3, size=768)
    page = desk.open("ann", "/p/chest/work?kind=verdict", viewport=SIZE)
    first = ready(page)
    keep(page, "verdict")
    page.keyboard.press("Shift+u")
    page.keyboard.type("Is the haze at the left base lung or heart?")
    page.keyboard.press("Enter")
    ready(page, after=first)
    page.keyboard.press("r")
    editor_ready(page)
    box = page.get_by_test_id("editor").bounding_box()
    assert box
    x, y = box["x"] + box["width"] * 0.43, box["y"] + box["height"] * 0.4
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y + 160, steps=20)
    page.mouse.up()
    keep(page, "editor")
    until(page, lambda: ReviewTask.objects.filter(kind=TaskKind.ADJUDICATION).exists(), "the MD's task")
    md = desk.open("md", "/p/chest/work?kind=adjudication", viewport=SIZE)
    ready(md, "adjudication")
    md.keyboard.press("m")
    box = md.get_by_test_id("film").bounding_box()
    assert box
    x, y = box["x"] + box["width"] * 0.62, box["y"] + box["height"] * 0.55
    md.mouse.move(x, y)
    md.mouse.down()
    md.mouse.move(x + 50, y + 90, steps=12)
    md.mouse.up()
    keep(md, "adjudication")


def test_the_picture_of_a_choice_is_made(desk: Desk) -> None:
    selections(desk, 1)
    page = desk.open("ann", "/p/chest/work?kind=selection", viewport=SIZE)
    ready(page, "selection")
    keep(page, "choice")
    expect(page.get_by_role("button", name="Pick")).to_have_count(5)
