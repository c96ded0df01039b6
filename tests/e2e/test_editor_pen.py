"""The editor under a pen and under fingers, and the masks that a correction may begin from."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import CDPSession, Page, expect

from annotation.masks.models import Mask
from annotation.masks.services import mask_read
from annotation.reviews.models import Edit, ReviewTask, TaskCandidate
from mlbackend.metrics import dice
from tests.e2e.desk import Desk
from tests.factories import MaskFactory, ReviewTaskFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SIDE = 256


class Hand:
    """Fingers and pens on the editor of a page; places are shares of the film."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.film = page.get_by_test_id("editor")
        expect(self.film).to_be_visible(timeout=15_000)
        box = self.film.bounding_box()
        assert box is not None
        self.scale = min(box["width"], box["height"]) / SIDE
        self.left = box["x"] + (box["width"] - SIDE * self.scale) / 2
        self.top = box["y"] + (box["height"] - SIDE * self.scale) / 2

    def at(self, share: tuple[float, float]) -> dict[str, float]:
        """Place on the page."""
        return {"x": self.left + share[0] * SIDE * self.scale, "y": self.top + share[1] * SIDE * self.scale}

    def touch(self, kind: str, *shares: tuple[float, float]) -> None:
        """All fingers that are down after this event, in the order in which they landed."""
        points = [{**self.at(share), "id": n} for n, share in enumerate(shares)]
        self.cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def pen(self, kind: str, share: tuple[float, float], **more: Any) -> None:
        """An event of a pen."""
        down = kind != "mouseReleased"
        self.cdp.send(
            "Input.dispatchMouseEvent",
            {
                "type": kind, **self.at(share), "pointerType": "pen", "button": "left", "buttons": int(down),
                "clickCount": 1, "force": 0.5, **more,
            },
        )  # fmt: skip

    def changed(self) -> int:
        """Pixels that the page says were changed."""
        self.page.wait_for_timeout(150)
        text = self.page.get_by_test_id("change").inner_text()
        return int(text.split(" ")[0]) if text else 0


def editor(desk: Desk, **context: Any) -> Hand:
    """The editor of a rejected film."""
    desk.verdicts(1, size=SIDE)
    page = desk.open("ann", "/p/chest/work?kind=verdict", **context)
    expect(page.get_by_role("button", name="Accept")).to_be_enabled(timeout=15_000)
    page.keyboard.press("r")
    return Hand(page)


def test_one_finger_draws(desk: Desk) -> None:
    hand = editor(desk, has_touch=True)
    hand.touch("touchStart", (0.1, 0.05))
    hand.touch("touchMove", (0.3, 0.05))
    hand.touch("touchEnd")
    assert hand.changed() > 300
    hand.page.keyboard.press("Control+z")
    assert hand.changed() == 0


def test_two_fingers_zoom_and_move_the_film_and_draw_nothing(desk: Desk) -> None:
    hand = editor(desk, has_touch=True)
    before = hand.film.screenshot()
    hand.touch("touchStart", (0.4, 0.5))
    hand.touch("touchStart", (0.4, 0.5), (0.6, 0.5))
    for step in (0.05, 0.1, 0.15):
        hand.touch("touchMove", (0.4 - step, 0.5), (0.6 + step, 0.5))
    hand.touch("touchEnd", (0.25, 0.5))
    hand.touch("touchMove", (0.3, 0.2))
    hand.touch("touchEnd")
    assert hand.changed() == 0
    expect(hand.page.get_by_role("button", name="Undo")).to_be_disabled()
    assert hand.film.screenshot() != before, "the film did not move"
    # 0.2 of the film became 0.5 of it: the same stroke is now 0.4 as long in film pixels.
    hand.touch("touchStart", (0.3, 0.5))
    hand.touch("touchMove", (0.55, 0.5))
    hand.touch("touchEnd")
    hand.page.keyboard.press("f")
    assert 0 < hand.changed() < 2500


def test_a_pen_draws_and_the_palm_beside_it_does_not(desk: Desk) -> None:
    hand = editor(desk, has_touch=True)
    hand.pen("mousePressed", (0.1, 0.05))
    hand.pen("mouseMoved", (0.2, 0.05))
    alone = hand.changed
    hand.touch("touchStart", (0.7, 0.9))
    hand.touch("touchMove", (0.75, 0.95))
    hand.pen("mouseMoved", (0.3, 0.05))
    hand.touch("touchEnd")
    hand.pen("mouseReleased", (0.3, 0.05))
    drawn = alone()
    assert drawn > 300
    # The palm stays a moment longer than the pen.
    hand.pen("mouseMoved", (0.3, 0.05), buttons=0, button="none")
    hand.touch("touchStart", (0.7, 0.9))
    hand.touch("touchEnd")
    assert hand.changed() == drawn
    hand.page.keyboard.press("Control+z")
    assert hand.changed() == 0


def test_the_brush_is_one_to_two_hundred_pixels_wide(desk: Desk) -> None:
    hand = editor(desk)
    slider = hand.page.get_by_label("Brush diameter in film pixels")
    slider.fill("200")
    hand.page.keyboard.press("Escape")
    hand.page.get_by_role("button", name="Brush").click()
    hand.page.keyboard.press("]")
    expect(slider).to_have_value("200")
    slider.fill("1")
    hand.page.get_by_role("button", name="Brush").click()
    hand.page.keyboard.press("[")
    expect(slider).to_have_value("1")
    place = hand.at((0.02, 0.02))
    hand.page.mouse.click(place["x"], place["y"])
    assert hand.changed() == 1


def with_denied_candidates(desk: Desk) -> tuple[ReviewTask, list[Mask]]:
    """A verdict task on a film whose two candidates, and a twin of the first, were denied in an earlier choice."""
    (task,) = desk.verdicts(1, size=SIDE)
    film = task.project_image
    pixels = [np.zeros((SIDE, SIDE), bool) for _ in range(2)]
    pixels[0][50:200, 30:110] = True
    pixels[1][60:190, 140:220] = True
    masks = [
        MaskFactory(project=desk.project, image=film.image, kind="candidate", pixels=one)
        for one in (*pixels, pixels[0])
    ]
    choice = ReviewTaskFactory(
        batch=desk.batch, project_image=film, kind="selection", proposal=None, state="done",
        done_by=desk.person("bob", "annotator"),
    )  # fmt: skip
    for position, (mask, tie) in enumerate(((masks[1], 1), (masks[0], 0), (masks[2], 0))):
        TaskCandidate.objects.create(task=choice, mask=mask, position=position, tie_group=tie)
    return task, masks


def test_a_correction_may_begin_from_a_denied_candidate_from_nothing_or_from_the_start(desk: Desk) -> None:
    task, masks = with_denied_candidates(desk)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    said: list[str] = []
    page.on("response", lambda got: said.append(got.text()) if "/api/" in got.url and "json" in got.headers.get("content-type", "") else None)  # fmt: skip  # noqa: E501
    expect(page.get_by_role("button", name="Accept")).to_be_enabled(timeout=15_000)
    page.keyboard.press("r")
    hand = Hand(page)
    others = page.get_by_role("button", name="From mask")
    expect(others).to_have_count(2)
    page.keyboard.press("n")
    proposal = mask_read(task.proposal)  # type: ignore[arg-type]
    assert hand.changed() == int(proposal.sum())
    before = hand.film.screenshot()
    page.keyboard.down("c")
    page.wait_for_timeout(200)
    assert hand.film.screenshot() != before, "the start is not shown beside the drawing"
    page.keyboard.up("c")
    page.keyboard.press("s")
    assert hand.changed() == 0
    others.first.click()
    expect(page.get_by_test_id("change")).to_have_text("0 pixels changed, DSC with mask 1 1.000")
    page.keyboard.press("Control+z")
    expect(page.get_by_test_id("change")).to_contain_text("DSC with the start")
    page.keyboard.press("1")
    place = hand.at((0.02, 0.02))
    page.mouse.click(place["x"], place["y"])
    text = page.get_by_test_id("change").inner_text()
    page.keyboard.press("Enter")
    for _ in range(100):
        if edit := Edit.objects.first():
            break
        page.wait_for_timeout(100)
    assert edit is not None
    assert edit.start == masks[1], "the first of the stored order"
    assert edit.result is not None
    drawn = mask_read(edit.result)
    assert text == f"{edit.changed_pixels} pixels changed, DSC with mask 1 {dice(drawn, mask_read(masks[1])):.3f}"
    assert list(edit.result.parents.all()) == [masks[1]]
    told = json.dumps(said)
    assert "resnet" not in told
    assert str(masks[1].model_version_id) not in told
