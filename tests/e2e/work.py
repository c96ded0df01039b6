"""What tests of the review pages share: tasks of each kind, waiting for rows, waiting for a film."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from annotation.masks.services import mask_read
from annotation.projects.models import Role
from annotation.reviews.models import ReviewTask, TaskCandidate, TaskKind
from tests.factories import MaskFactory, ModelVersionFactory, RepositoryEntryFactory, ReviewTaskFactory

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.desk import Desk

T = TypeVar("T")
SECONDS = 20.0
FIRST_BUTTON = {"verdict": "Accept", "adjudication": "Accept", "verification": "Confirm", "selection": "Deny all"}


def until(page: Page, ask: Callable[[], T], what: str) -> T:
    """The first answer that is not falsy, while the page goes on."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if found := ask():
            return found
        page.wait_for_timeout(50)
    raise AssertionError(f"after {SECONDS:.0f} s: {what}")


def arrived(page: Page, model: Any, count: int = 1) -> list[Any]:
    """Rows of an act, oldest first, as soon as there are so many."""

    def rows() -> list[Any]:
        found = list(model.objects.order_by("created_at"))
        return found if len(found) >= count else []

    return until(page, rows, f"{model.__name__}: fewer than {count} rows")


def ready(page: Page, kind: str = "verdict", *, after: str = "") -> str:
    """Wait until a film can be judged, another than ``after`` where that is given; returns its task."""
    from playwright.sync_api import expect

    place = page.get_by_test_id("choice" if kind == "selection" else "film").first
    expect(place).to_be_visible(timeout=1000 * SECONDS)
    if after:
        expect(place).not_to_have_attribute("data-task", after, timeout=1000 * SECONDS)
    expect(page.get_by_role("button", name=FIRST_BUTTON[kind])).to_be_enabled(timeout=1000 * SECONDS)
    return place.get_attribute("data-task") or ""


def editor_ready(page: Page) -> str:
    """Wait until the editor stands open; returns its task."""
    from playwright.sync_api import expect

    place = page.get_by_test_id("editor")
    expect(place).to_be_visible(timeout=1000 * SECONDS)
    expect(page.get_by_test_id("change")).not_to_be_empty()
    return place.get_attribute("data-task") or ""


def selections(desk: Desk, count: int) -> list[ReviewTask]:
    """Selection tasks of six candidates; the fifth and the sixth are the same mask."""
    tasks = []
    for made in desk.verdicts(count)[-count:]:
        film = made.project_image
        truth = mask_read(made.proposal)
        made.delete()
        task = ReviewTaskFactory(batch=desk.batch, project_image=film, kind=TaskKind.SELECTION, proposal=None)
        for position in range(6):
            shifted = np.roll(truth, 6 * min(position, 4), axis=1)
            model = ModelVersionFactory(project=desk.project, architecture="unet", encoder=f"net{position}")
            mask = MaskFactory(
                project=desk.project, image=film.image, kind="candidate", pixels=shifted, model_version=model
            )
            TaskCandidate.objects.create(task=task, mask=mask, position=position, tie_group=min(position, 4))
        tasks.append(task)
    return tasks


def verifications(desk: Desk, count: int) -> list[ReviewTask]:
    """Verification tasks of films whose truth is an accepted mask."""
    tasks = desk.verdicts(count)[-count:]
    for made in tasks:
        made.kind, made.role = TaskKind.VERIFICATION, Role.PHYSICIAN
        made.save()
        RepositoryEntryFactory(project_image=made.project_image, mask=made.proposal, provenance="accepted")
    return tasks
