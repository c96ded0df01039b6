"""A project full of tasks, a server of its own, and a browser that is signed in."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotation.jobs.runtime import Processes
from tests.support.browser import find_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSWORD = "a pass phrase of the benchmark"
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--enable-precise-memory-info",
]  # fmt: skip


def project_make(slug: str, kind: str, tasks: int, size: int, films: int) -> None:
    """A running project with so many tasks of a kind; every task has a film of its own by id, ``films`` by content."""
    import cv2
    import numpy as np
    from django.utils import timezone

    from annotation.accounts.models import User
    from annotation.common.blobs import blobs
    from annotation.images.models import Image, ImageRole, ImageState, Patient, ProjectImage, Source
    from annotation.jobs.models import Job
    from annotation.masks.codec import encode_png
    from annotation.masks.models import Mask, MaskKind, ModelVersion
    from annotation.projects.models import Membership, Project, Role
    from annotation.projects.protocol import get_protocol
    from annotation.reviews.models import ReviewBatch
    from annotation.reviews.services import proposal_tasks_create
    from mlbackend.data.phantom import generate_film

    project = Project.objects.create(
        slug=slug, name=slug, target="lung", convention="heart_out", state="running",
        protocol=get_protocol("covid-qu").to_json(),
    )  # fmt: skip
    files = []
    for n in range(films):
        # Drawn at 512 at most: larger ones are the same anatomy with grain, which does not compress either.
        film = generate_film(n, size=min(size, 512))
        pixels, lungs = film.image, film.mask_lung.astype(np.uint8)
        if size > 512:
            pixels = cv2.resize(pixels, (size, size), interpolation=cv2.INTER_CUBIC)
            grain = np.random.default_rng(n).normal(0, 3, pixels.shape)
            pixels = np.clip(pixels + grain, 0, 255).astype(np.uint8)
            lungs = cv2.resize(lungs, (size, size), interpolation=cv2.INTER_LINEAR_EXACT)
        mask = encode_png(lungs > 0)
        blobs().write(f"{slug}/film-{n}.png", cv2.imencode(".png", pixels)[1].tobytes())
        blobs().write(f"{slug}/mask-{n}.png", mask)
        files.append((hashlib.sha256(mask).hexdigest(), int(np.count_nonzero(lungs))))
    source = Source.objects.create(name=f"phantom {slug}")
    patients = Patient.objects.bulk_create(Patient(identifier=f"{slug} {n}") for n in range(tasks))
    digests = [hashlib.sha256(f"{slug} {n}".encode()).hexdigest() for n in range(tasks)]
    images = Image.objects.bulk_create(
        Image(
            patient=patient, source=source, sha256=digests[n], pixel_sha256=digests[n], perceptual_hash=digests[n][:16],
            original_key=f"{slug}/film-{n % films}.png", rendition_key=f"{slug}/film-{n % films}.png",
            width=size, height=size,
        )
        for n, patient in enumerate(patients)
    )  # fmt: skip
    members = ProjectImage.objects.bulk_create(
        ProjectImage(project=project, image=image, role=ImageRole.POOL, state=ImageState.CHOSEN) for image in images
    )
    now = timezone.now()
    job = Job.objects.create(
        kind="train", status="succeeded", attempt=1, handler="bench", request={}, finished_at=now, handled_at=now
    )
    model = ModelVersion.objects.create(
        project=project, job=job, architecture="unet", encoder="resnet18", purpose="initial", round_number=1,
        image_size=256, weights_key="none", weights_sha256="0" * 64, validation_dsc=0.9,
    )  # fmt: skip
    masks = Mask.objects.bulk_create(
        Mask(
            project=project, image=image, kind=MaskKind.CANDIDATE, storage_key=f"{slug}/mask-{n % films}.png",
            sha256=files[n % films][0], width=size, height=size, foreground_pixels=files[n % films][1],
            convention="heart_out", model_version=model,
        )
        for n, image in enumerate(images)
    )  # fmt: skip
    batch = ReviewBatch.objects.create(project=project, number=1, name="II.1")
    proposal_tasks_create(batch=batch, proposals=list(zip(members, masks, strict=True)), kind=kind, role=Role.ANNOTATOR)
    person = User.objects.filter(username="reader").first() or User.objects.create_user("reader", password=PASSWORD)
    Membership.objects.create(project=project, user=person, role=Role.ANNOTATOR)


@contextlib.contextmanager
def desk() -> Iterator[tuple[str, Browser]]:
    """Address of a server on an empty database, and a browser. Django is set up on that database."""
    path = find_browser()
    if path is None:
        sys.exit("no Chromium or Chrome is on this machine")
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(prefix="groundwork-bench-") as name:
        folder = Path(name)
        place = {
            "GROUNDWORK_DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
            "STORAGE_URL": f"file://{folder}/storage", "CELERY_BROKER_URL": f"filesystem://{folder}/broker",
            "DJANGO_SETTINGS_MODULE": "annotation.config.settings.embedded", "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
        }  # fmt: skip
        os.environ.update(place)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        with (
            Processes(log_dir=folder / "log", env=place, platform=False, gpu=False) as processes,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=path, args=QUIET)
            yield processes.url, browser
            browser.close()


WATCH = """() => {
  const mark = performance.mark.bind(performance)
  window.painted = null
  window.firstPaint = 0
  const task = () => document.querySelector('[data-testid=film]')?.dataset.task
  let pressed = null
  addEventListener('keydown', (event) => { pressed = { at: event.timeStamp, task: task() } }, true)
  performance.mark = (name, options) => {
    if (name === 'film-painted') {
      window.firstPaint ||= performance.now()
      if (pressed && task() && task() !== pressed.task) {
        const { at } = pressed
        const drawn = performance.now() - at
        pressed = null
        // Draw calls are carried out when the frame ends: the next one begins after that.
        requestAnimationFrame(() => { window.painted = { drawn, shown: performance.now() - at } })
      }
    }
    return mark(name, options)
  }
}"""
"""Runs before the page's own script: times from a key to the frame after the one that drew the next film."""


def open_work(browser: Browser, url: str, project: str, kind: str) -> Page:
    """A page of work of one kind, signed in, watched from its beginning."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.add_init_script(f"({WATCH})()")
    page.goto(f"{url}/p/{project}/work?kind={kind}")
    page.get_by_label("Name").fill("reader")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    name = "Accept" if kind == "verdict" else "Submit"
    page.get_by_role("button", name=name).and_(page.locator(":enabled")).wait_for(timeout=60_000)
    return page


def quantiles(values: list[float]) -> dict[str, Any]:
    """Median and 95th percentile."""
    ordered = sorted(values)
    at = lambda share: ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]  # noqa: E731
    return {"median": at(0.5), "p95": at(0.95), "most": ordered[-1], "count": len(ordered)}
