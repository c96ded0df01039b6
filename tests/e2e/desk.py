"""A project with tasks that wait, a server, and a browser in which people work at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from annotation.accounts.models import User
from annotation.images.hashing import pixel_hash
from annotation.projects.models import Project, Role
from annotation.reviews.models import ReviewBatch, ReviewTask
from mlbackend.data.phantom import generate_film
from tests.e2e.people import PASSWORD
from tests.factories import (
    ImageFactory,
    MaskFactory,
    MembershipFactory,
    ProjectFactory,
    ProjectImageFactory,
    ReviewBatchFactory,
    ReviewTaskFactory,
)
from tests.support.pictures import png_bytes

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

    from annotation.jobs.runtime import Processes


class Desk:
    """What a browser test works at: a project with a batch of tasks, an annotator, an MD and others, and a server."""

    def __init__(self, processes: Processes, browser: Browser) -> None:
        self.processes, self.browser = processes, browser
        self.url = processes.url
        self.project: Project = ProjectFactory(state="running", slug="chest", name="Chest films")
        self.batch: ReviewBatch = ReviewBatchFactory(project=self.project, name="II.1")
        self.tasks: list[ReviewTask] = []
        self.errors: list[str] = []
        self.contexts: list[BrowserContext] = []
        self.person("ann", Role.ANNOTATOR)
        self.person("md", Role.PHYSICIAN)

    def person(self, name: str, *roles: str, **fields: Any) -> User:
        """An account with a password and roles in the project."""
        user = User.objects.create_user(name, password=PASSWORD, **fields)
        for role in roles:
            MembershipFactory(project=self.project, user=user, role=role)
        return user

    def verdicts(self, count: int, *, size: int = 256) -> list[ReviewTask]:
        """Verdict tasks on procedural films; the proposal is the truth."""
        from annotation.common.blobs import blobs

        for n in range(len(self.tasks), len(self.tasks) + count):
            drawn = generate_film(n, size=size)
            image = ImageFactory(width=size, height=size)
            blobs().write(image.rendition_key, png_bytes(drawn.image))
            image.pixel_sha256 = pixel_hash(drawn.image)
            image.save(update_fields=["pixel_sha256"])
            film = ProjectImageFactory(project=self.project, image=image, state="chosen")
            mask = MaskFactory(project=self.project, image=image, kind="candidate", pixels=drawn.mask_lung)
            self.tasks.append(ReviewTaskFactory(batch=self.batch, project_image=film, proposal=mask, order=n))
        return self.tasks

    def open(self, name: str, path: str = "/", **context: Any) -> Page:
        """A page on which the person is signed in. What the page logs as an error is in ``errors``."""
        page = self.context(**context).new_page()
        page.on("pageerror", lambda error: self.errors.append(error.stack or str(error)))
        page.goto(self.url + path)
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        return page

    def context(self, **options: Any) -> BrowserContext:
        """A browser of one's own: other cookies, other storage."""
        context = self.browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        context.on("console", self._refused)
        self.contexts.append(context)
        return context

    def _refused(self, message: ConsoleMessage) -> None:
        """What a page would load or run against the policy that came with it: so every test of a page tests that."""
        if "Content Security Policy" in message.text or "Permissions-Policy" in message.text:
            self.errors.append(f"{message.page.url if message.page else ''}: {message.text}")

    def leave(self) -> None:
        """Close all pages, as none may ask a database that is being emptied.

        A script's error in any is a failure, and so is what the policy of a page refuses.
        """
        for context in self.contexts:
            context.close()
        if self.errors:
            pytest.fail(f"scripts failed: {self.errors}")
