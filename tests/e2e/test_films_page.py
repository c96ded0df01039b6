"""Researchers browse all films and follow one film's whole way; readers who research stay blind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect

from annotation.images.models import Image, ImageState, ProjectImage
from annotation.masks.models import Mask
from annotation.projects.models import Role
from annotation.reviews.models import ReviewTask
from annotation.reviews.permissions import lease_token
from annotation.reviews.services import Submission, act_withdraw, correction_submit, verdict_submit
from annotation.rounds.models import RepositoryEntry
from mlbackend.metrics import dice
from tests.e2e.desk import Desk
from tests.factories import DuplicateLinkFactory, ImageFactory, MaskFactory, ProjectImageFactory, RepositoryEntryFactory
from tests.support.pictures import mask_png_bytes

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def many_films(desk: Desk, count: int) -> list[ProjectImage]:
    """Rows of films that share one file; every third is settled, every fifth of low quality; newest last."""
    first = ImageFactory(width=96, height=80)
    images = [
        Image(
            patient=first.patient, source=first.source, sha256=f"{n:064x}", pixel_sha256=f"{n:064x}", width=96,
            height=80, perceptual_hash=f"{n:016x}", original_key=first.original_key, rendition_key=first.rendition_key,
            label="normal" if n % 2 else "COVID-19", quality_tier="high" if n % 5 else "low",
        )
        for n in range(count)
    ]  # fmt: skip
    Image.objects.bulk_create(images)
    return ProjectImage.objects.bulk_create(
        ProjectImage(project=desk.project, image=image, role="pool", state="waiting" if n % 3 else "settled")
        for n, image in enumerate(images)
    )


def focused(page: Page) -> str:
    """Id of the film that has the keyboard."""
    return str(page.evaluate("document.activeElement.dataset.film ?? ''"))


def open_films(desk: Desk, query: str = "", **context: Any) -> Page:
    """The films' page as a researcher sees it."""
    desk.person("rita", Role.RESEARCHER)
    page = desk.open("rita", f"/p/chest/films{query}", **context)
    expect(page.get_by_test_id("grid")).to_be_visible(timeout=15_000)
    return page


def test_thousands_of_films_are_reached_by_keyboard_with_few_of_them_in_the_document(desk: Desk) -> None:
    films = many_films(desk, 3000)[::-1]
    page = open_films(desk)
    expect(page.get_by_text("3,000 films")).to_be_visible()
    tile = page.get_by_test_id("grid").get_by_role("link").first
    expect(tile).to_be_visible()
    tile.focus()
    for key, place in (("ArrowRight", 1), ("End", 2999), ("ArrowLeft", 2998), ("Home", 0)):
        page.keyboard.press(key)
        expect(page.locator(f'[data-film="{films[place].image_id}"]')).to_be_focused(timeout=10_000)
    page.keyboard.press("PageDown")
    page.wait_for_function(f"document.activeElement.dataset.film !== '{films[0].image_id}'")
    page.keyboard.press("PageUp")
    expect(page.locator(f'[data-film="{films[0].image_id}"]')).to_be_focused()
    assert page.get_by_role("gridcell").count() < 120
    page.keyboard.press("End")
    expect(page.locator(f'[data-film="{films[-1].image_id}"]')).to_be_focused(timeout=10_000)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{desk.url}/p/chest/films/{films[-1].image_id}")
    page.go_back()
    expect(page.locator(f'[data-film="{films[-1].image_id}"]')).to_be_visible(timeout=10_000)


def test_filters_stand_in_the_address_and_say_how_many_films_they_leave(desk: Desk) -> None:
    many_films(desk, 300)
    page = open_films(desk)
    page.get_by_label("State").select_option(label="has its mask (100)")
    expect(page.get_by_text("100 films")).to_be_visible()
    page.get_by_label("Quality").select_option(label="low (20)")
    expect(page.get_by_text("20 films")).to_be_visible()
    assert page.url.endswith("?state=settled&quality=low")
    page.reload()
    expect(page.get_by_text("20 films")).to_be_visible(timeout=10_000)
    expect(page.get_by_label("Quality")).to_have_value("low")
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("300 films")).to_be_visible()


def test_outlines_lie_over_the_thumbnails_when_asked_for(desk: Desk) -> None:
    desk.verdicts(2)
    page = open_films(desk)
    expect(page.get_by_role("gridcell").get_by_role("link")).to_have_count(2)
    expect(page.get_by_test_id("outline")).to_have_count(0)
    page.get_by_label("Outlines").check()
    outline = page.get_by_test_id("outline").first
    expect(outline).to_be_visible()
    assert outline.evaluate("img => img.decode().then(() => [img.naturalWidth, img.naturalHeight])") == [256, 256]


def worked_film(desk: Desk) -> tuple[ReviewTask, Mask]:
    """A film whose proposal was accepted, taken back, rejected and corrected; a near duplicate of another."""
    (task,) = desk.verdicts(1)
    ann = desk.person("bea", Role.ANNOTATOR)

    def sent(task: ReviewTask, key: str) -> Submission:
        return Submission(ann, task.pk, f"key-{key}", lease_token(ann, task), 3.5)

    verdict_submit(submission=sent(task, "accept"), decision="accept")
    act_withdraw(actor=ann, task_id=task.pk, idempotency_key="key-withdraw")
    receipt = verdict_submit(submission=sent(task, "reject"), decision="reject", comment="apex is cut off")
    assert receipt.follow_up is not None
    drawn = np.zeros((256, 256), bool)
    drawn[60:200, 40:110] = drawn[60:200, 150:215] = True
    correction_submit(submission=sent(receipt.follow_up, "correct"), png=mask_png_bytes(drawn))
    twin = ProjectImageFactory(project=desk.project, image__patient=task.project_image.image.patient)
    DuplicateLinkFactory(first=task.project_image.image, second=twin.image)
    return task, RepositoryEntry.objects.get(superseded_at__isnull=True).mask


def test_a_films_page_tells_its_whole_way_and_compares_its_masks(desk: Desk) -> None:
    from annotation.masks.services import mask_read

    task, truth = worked_film(desk)
    desk.person("rita", Role.RESEARCHER)
    page = desk.open("rita", f"/p/chest/films/{task.project_image.image_id}")
    history = page.get_by_role("list", name="History")
    for words in ("Imported", "Drawn by unet-resnet18", "Verdict: accept", "Verdict taken back", "apex is cut off",
                  "Correction: correct", "Ground truth, version"):  # fmt: skip
        expect(history.get_by_text(words).first).to_be_visible(timeout=15_000)
    pseudonym = ReviewTask.objects.get(pk=task.pk).done_by.pseudonym  # type: ignore[union-attr]
    expect(history.get_by_text(f"by {pseudonym}, 3.5 s").first).to_be_visible()
    assert "bea" not in page.inner_text("main")
    page.get_by_label("First mask").select_option(index=1)
    page.get_by_label("Second mask").select_option(index=2)
    proposal = mask_read(task.proposal)  # type: ignore[arg-type]
    corrected = mask_read(truth)
    changed = int(np.count_nonzero(proposal != corrected))
    expect(page.get_by_test_id("comparison")).to_have_text(
        f"DSC {dice(proposal, corrected):.4f}, {changed:,} pixels differ", timeout=10_000
    )
    related = page.get_by_role("link", name="same patient, near duplicate, correlation 0.98")
    related.click()
    expect(page.get_by_text("Joined the project as pool")).to_be_visible(timeout=10_000)


def test_a_researcher_who_also_reads_sees_no_mask_and_no_history_of_a_film_that_is_being_read(desk: Desk) -> None:
    desk.verdicts(2)
    settled = desk.tasks[1]
    ReviewTask.objects.filter(pk=settled.pk).update(state="cancelled")
    ProjectImage.objects.filter(pk=settled.project_image_id).update(state=ImageState.SETTLED)
    RepositoryEntryFactory(project_image=settled.project_image, mask=settled.proposal, provenance="accepted")
    desk.person("both", Role.RESEARCHER, Role.ANNOTATOR)
    page = desk.open("both", "/p/chest/films?outline=1")
    expect(page.get_by_role("gridcell").get_by_role("link")).to_have_count(2, timeout=15_000)
    expect(page.get_by_test_id("outline")).to_have_count(1)
    page.goto(f"{desk.url}/p/chest/films/{desk.tasks[0].project_image.image_id}")
    expect(page.get_by_role("alert")).to_contain_text("you are one of its readers", timeout=15_000)
    assert "resnet" not in page.content()


def test_an_annotator_is_offered_no_films_page(desk: Desk) -> None:
    desk.verdicts(1)
    page = desk.open("ann", "/p/chest/films")
    expect(page.get_by_role("alert")).to_contain_text("only researchers and admins", timeout=15_000)
    expect(page.get_by_role("link", name="Films")).to_have_count(0)


def test_masks_are_switched_by_digits_and_the_page_fits_a_small_window(desk: Desk) -> None:
    task = desk.verdicts(1)[0]
    MaskFactory(project=desk.project, image=task.project_image.image, kind="candidate")
    desk.person("rita", Role.RESEARCHER)
    page = desk.open("rita", f"/p/chest/films/{task.project_image.image_id}", viewport={"width": 1024, "height": 768})
    boxes = page.get_by_role("list", name="Masks").get_by_role("checkbox")
    expect(boxes).to_have_count(2, timeout=15_000)
    expect(boxes.nth(1)).to_be_checked()
    page.keyboard.press("1")
    expect(boxes.nth(0)).to_be_checked()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("grid")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_keyboard_works_at_once_and_again_at_the_film_that_one_comes_back_from(desk: Desk) -> None:
    films = many_films(desk, 200)[::-1]
    page = open_films(desk)
    expect(page.locator(f'[data-film="{films[0].image_id}"]')).to_be_focused(timeout=10_000)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator(f'[data-film="{films[3].image_id}"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{desk.url}/p/chest/films/{films[3].image_id}")
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(f'[data-film="{films[3].image_id}"]')).to_be_focused(timeout=10_000)
    page.keyboard.press("ArrowRight")
    expect(page.locator(f'[data-film="{films[4].image_id}"]')).to_be_focused()


def test_who_filters_keeps_the_keyboard_at_the_filter(desk: Desk) -> None:
    many_films(desk, 30)
    page = open_films(desk)
    page.get_by_label("State").focus()
    page.get_by_label("State").select_option("settled")
    expect(page.get_by_text("10 films")).to_be_visible()
    expect(page.get_by_label("State")).to_be_focused()
