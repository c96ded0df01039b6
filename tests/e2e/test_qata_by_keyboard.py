"""The second protocol in the browser, from an MD's first drawing to the last film: by keyboard but for the strokes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, Response, expect

from annotation.masks.models import Mask, MaskKind
from annotation.masks.services import mask_read
from annotation.projects.models import Project, ProjectState
from annotation.reviews.models import Edit, Selection
from annotation.rounds.models import RepositoryEntry
from tests.e2e.desk import Desk
from tests.e2e.drawn import Drawn, draw, next_editor
from tests.e2e.test_whole_batch_by_keyboard import nothing_left, start
from tests.e2e.work import arrived, editor_ready, ready

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

NAMING = re.compile(r"unet|dla|resnet|densenet|draw|fold|network|model|author|md\b", re.IGNORECASE)
"""Words that no answer about a task, a film or a mask may hold while somebody chooses blind."""
OF_THE_PROTOCOL = re.compile(r"/api/projects/chest(/guide|/progress|/queue)?$|/api/(me|projects|csrf|overview)\b")
"""What says by which protocol the project works, or nothing of masks: the same for all films."""


class Received:
    """All answers that a page gets from the API from now on."""

    def __init__(self, page: Page) -> None:
        self.answers: list[Response] = []
        page.on("response", lambda answer: self.answers.append(answer) if "/api/" in answer.url else None)

    def texts(self) -> list[tuple[str, str]]:
        """Address, and address, headers and body as one text."""
        told = []
        for answer in self.answers:
            if answer.status >= 300:
                continue
            headers = " ".join(f"{name}: {value}" for name, value in answer.all_headers().items())
            told.append((answer.url, f"{answer.url} {headers} {answer.body().decode('latin-1')}"))
        return told

    def lengths(self) -> set[str]:
        """Lengths of the masks' files."""
        masks = [answer for answer in self.answers if "/api/masks/" in answer.url and answer.status == 200]
        assert masks
        return {answer.all_headers().get("content-length", "") for answer in masks}


def assert_blind(received: Received, secrets: set[str]) -> None:
    """No answer holds a secret, and none about a film or a mask a word that would name who drew."""
    texts = received.texts()
    assert sum("/api/masks/" in url for url, _ in texts) >= 4
    for url, text in texts:
        assert not {secret for secret in secrets if secret in text}, url
        if not OF_THE_PROTOCOL.search(url.split("?")[0]) and "image/png" not in text:
            assert not NAMING.search(text.split("content-type: application/json")[-1]), (url, text)


def test_mds_draw_choose_blind_and_draw_what_they_denied(desk: Desk) -> None:
    world = Drawn(desk)
    world.start()
    first = desk.open("md")
    expect(first.get_by_role("link", name="4 films to draw")).to_be_visible(timeout=15_000)
    start(first)
    task = editor_ready(first)
    expect(first.get_by_role("heading", name="Draw the infection")).to_be_visible()
    expect(first.get_by_test_id("change")).to_have_text("0 pixels drawn")
    expect(first.get_by_role("button", name="From the start")).to_have_count(0)
    expect(first.get_by_text("0 of 4 drawn")).to_be_visible()
    first.keyboard.press("Enter")
    expect(first.get_by_role("alertdialog", name="Nothing drawn")).to_be_visible()
    first.keyboard.press("Escape")
    for n in range(4):
        draw(first, 0.3 + 0.1 * n)
        first.keyboard.press("Enter")
        if n < 3:
            task = next_editor(first, task)
    nothing_left(first)
    drawings = arrived(first, Edit, 4)
    assert all(mask_read(edit.result).any() for edit in drawings)
    assert set(RepositoryEntry.objects.values_list("provenance", flat=True)) == {"drawn"}

    assert world.go_on() == "Ib"
    second = desk.open("md2")
    received = Received(second)
    denied = choose(second, 4, panes=4)
    assert len(received.lengths()) == 1, "one length of file for all masks of films of one size"
    assert_blind(received, world.secrets())
    first.keyboard.press("q")
    expect(first.get_by_text("Nothing now.")).to_be_visible(timeout=15_000)

    assert world.go_on() == "Ib.denied"
    draw_denied(second, denied)
    assert world.go_on() == "II.1"
    received = Received(second)
    denied = choose(second, 4, panes=5)
    assert_blind(received, {secret for secret in world.secrets() if secret not in world_ids()})
    assert world.go_on() == "II.denied"
    draw_denied(second, denied)
    world.go_on()
    assert Project.objects.get().state == ProjectState.FINISHED
    truths = RepositoryEntry.objects.filter(superseded_at__isnull=True)
    assert sorted(truths.values_list("provenance", flat=True)) == ["corrected"] * 2 + ["picked"] * 6


def world_ids() -> set[str]:
    """Ids of networks' masks: where networks compete among themselves a mask goes by its own, which names nobody."""
    return {str(pk) for pk in Mask.objects.filter(kind=MaskKind.CANDIDATE).values_list("pk", flat=True)}


def choose(page: Page, films: int, panes: int) -> Any:
    """Pick on all films but the last, which is denied; returns that film."""
    before = Selection.objects.count()
    if "/p/" in page.url:
        page.keyboard.press("q")
    expect(page.get_by_role("link", name=f"{films} films to choose the best mask of")).to_be_visible(timeout=15_000)
    start(page)
    task = ""
    for n in range(films):
        task = ready(page, "selection", after=task)
        expect(page.get_by_role("button", name="Pick")).to_have_count(panes)
        expect(page.get_by_text("Which mask of the infection is best?")).to_be_visible()
        page.keyboard.press(str(1 + n) if n < films - 1 else "0")
    nothing_left(page)
    made = arrived(page, Selection, before + films)[before:]
    assert [one.decision for one in made] == ["pick"] * (films - 1) + ["deny"]
    assert [one.position for one in made[:-1]] == list(range(films - 1))
    return made[-1].task.project_image


def draw_denied(page: Page, film: Any) -> None:
    """The denied film comes with its masks; the second one is not sent as it is by mistake, but grown, and sent."""
    before = Edit.objects.count()
    page.keyboard.press("q")
    expect(page.get_by_role("link", name="1 film to draw")).to_be_visible(timeout=15_000)
    start(page)
    editor_ready(page)
    expect(page.get_by_text("All masks of this film were denied.")).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alertdialog")).to_contain_text("This mask was denied as it is: submit it all the same?")
    assert Edit.objects.count() == before, "one key too many makes no denied mask the truth"
    page.keyboard.press("Escape")
    page.keyboard.press("+")
    page.keyboard.press("Enter")
    nothing_left(page)
    edit = arrived(page, Edit, before + 1)[-1]
    assert edit.task.project_image == film
    assert edit.start is not None
    begun, sent = mask_read(edit.start), mask_read(edit.result)
    assert (sent & ~begun).any()
    assert not np.any(begun & ~sent)
