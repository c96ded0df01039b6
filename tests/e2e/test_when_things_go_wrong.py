"""What goes wrong while people work says what happened and what to do, and loses nothing.

A network that drops between verdicts, a session that ends at a verdict and a film that loads at the second try stand in
``test_verdict_page``; a draft after a closed tab in ``test_editor_page``.
"""

from __future__ import annotations

import re
from datetime import timedelta

import numpy as np
import pytest

pytest.importorskip("playwright")
from django.utils import timezone
from playwright.sync_api import BrowserContext, Dialog, Page, Route, expect

from annotation.accounts.models import User
from annotation.masks.services import mask_read
from annotation.projects.models import Role
from annotation.reviews.models import Edit, ReviewTask, TaskKind, Verdict
from annotation.reviews.permissions import lease_token
from tests.e2e.desk import Desk
from tests.e2e.people import PASSWORD
from tests.e2e.work import arrived, editor_ready, ready, until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

ACTS = re.compile(r"/api/tasks/.*/(verdict|correction)$")
NO_DATABASE = "Object.defineProperty(window, 'indexedDB', { value: undefined })"
FULL_DATABASE = """IDBObjectStore.prototype.put = () => {
  throw new DOMException('the disk is full', 'QuotaExceededError')
}"""


def end_leases() -> None:
    """As if everybody had been away for longer than a lease."""
    ReviewTask.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def sign_in(page: Page, name: str) -> None:
    """At the door."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def correcting(desk: Desk) -> tuple[ReviewTask, np.ndarray]:
    """A correction that waits, with the pixels of its proposal."""
    task = desk.verdicts(1)[0]
    task.kind = TaskKind.CORRECTION
    task.save()
    return task, mask_read(task.proposal)


def draw(page: Page) -> str:
    """Change the mask by keyboard; returns the page's words on what changed."""
    editor_ready(page)
    page.keyboard.press("+")
    expect(page.get_by_test_id("change")).not_to_contain_text("0 pixels changed, DSC with the start 1.000")
    return page.get_by_test_id("change").inner_text()


def changed_of(words: str) -> int:
    """Pixels of "123 pixels changed, ..."."""
    return int(words.split()[0])


def test_a_verdict_after_the_lease_ended_counts_and_the_colleague_who_came_later_hears_of_it(desk: Desk) -> None:
    (task,) = desk.verdicts(1)
    desk.person("bob", Role.ANNOTATOR)
    ann = desk.open("ann", "/p/chest/work?kind=verdict")
    ready(ann)
    end_leases()
    bob = desk.open("bob", "/p/chest/work?kind=verdict")
    assert ready(bob) == str(task.pk), "a lease that ended goes to the next one who asks"
    ann.keyboard.press("a")
    arrived(ann, Verdict)
    bob.keyboard.press("u")
    expect(bob.get_by_text("kept as an opinion that does not count")).to_be_visible(timeout=15_000)
    rows = {row.actor.username: (row.decision, row.counts) for row in arrived(bob, Verdict, 2)}
    assert rows == {"ann": ("accept", True), "bob": ("unsure", False)}


def test_a_drawing_whose_film_went_to_a_colleague_is_offered_again_when_the_film_comes_back(desk: Desk) -> None:
    task, before = correcting(desk)
    bob = desk.person("bob", Role.ANNOTATOR)
    context = desk.context()
    page = context.new_page()
    page.on("pageerror", lambda error: desk.errors.append(error.stack or str(error)))
    page.clock.install()
    page.goto(desk.url + "/p/chest/work?kind=correction")
    sign_in(page, "ann")
    words = draw(page)
    expect(page.get_by_text("draft kept")).to_be_visible()
    held_by(task, bob)
    page.clock.fast_forward("01:05")
    expect(page.get_by_text("a colleague has this task now; the next film is shown")).to_be_visible(timeout=15_000)
    expect(page.get_by_test_id("editor")).to_have_count(0)
    held_by(task, None)
    page.clock.fast_forward("00:10")
    editor_ready(page)
    page.get_by_role("button", name="Go on from there").click()
    expect(page.get_by_test_id("change")).to_have_text(words)
    page.keyboard.press("Enter")
    (edit,) = arrived(page, Edit)
    assert edit.counts
    assert int((mask_read(edit.result) != before).sum()) == changed_of(words)


def held_by(task: ReviewTask, user: User | None) -> None:
    """Give the task's lease to somebody, or back to the queue."""
    ReviewTask.objects.filter(pk=task.pk).update(
        lease_holder=user, lease_token=lease_token(user, task) if user else None,
        lease_expires_at=timezone.now() + timedelta(hours=1) if user else None,
        opened_at=timezone.now() if user else None,
    )  # fmt: skip


def test_a_session_that_ends_with_a_drawing_open_costs_nothing_of_it(desk: Desk) -> None:
    _, before = correcting(desk)
    page = desk.open("ann", "/p/chest/work?kind=correction")
    words = draw(page)
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your session has ended")).to_be_visible()
    expect(page.get_by_text("Nothing that you did is lost")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Password")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    (edit,) = arrived(page, Edit)
    assert int((mask_read(edit.result) != before).sum()) == changed_of(words)
    expect(page.get_by_role("heading", name="Your session has ended")).to_have_count(0)


def test_a_key_pressed_while_the_session_is_over_judges_no_film(desk: Desk) -> None:
    desk.verdicts(3)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    ready(page)
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Your session has ended")).to_be_visible()
    page.get_by_role("heading", name="Your session has ended").click()
    page.keyboard.press("r")
    sign_in(page, "ann")
    arrived(page, Verdict)
    ready(page)
    assert list(Verdict.objects.values_list("decision", flat=True)) == ["accept"]


def test_a_mask_drawn_without_a_connection_outlives_a_reload_and_is_sent_once(desk: Desk) -> None:
    _, before = correcting(desk)
    page = desk.open("ann", "/p/chest/work?kind=correction")
    words = draw(page)
    page.route(ACTS, lambda route: route.abort("internetdisconnected"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 unsent: no connection; your work is kept and will be sent")).to_be_visible()
    page.reload()
    expect(page.get_by_text("One of your decisions is still on its way")).to_be_visible(timeout=15_000)
    assert not Edit.objects.exists()
    page.unroute(ACTS)
    (edit,) = arrived(page, Edit)
    assert int((mask_read(edit.result) != before).sum()) == changed_of(words)
    assert edit.counts


def test_verdicts_wait_while_the_server_answers_500_even_where_it_had_taken_them(desk: Desk) -> None:
    desk.verdicts(4)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    broken: list[str] = []

    def break_down(route: Route) -> None:
        """The server takes the first act and breaks before it answers, and breaks at once from then on."""
        if not broken:
            route.fetch()
        broken.append(route.request.url)
        route.fulfill(status=500, content_type="text/html", body="<h1>Server Error</h1>")

    page.route(ACTS, break_down)
    first = ready(page)
    page.keyboard.press("a")
    second = ready(page, after=first)
    page.keyboard.press("u")
    expect(page.get_by_text("2 unsent: the server has trouble; your work is kept and sent again")).to_be_visible()
    ready(page, after=second)
    until(page, lambda: len(broken) >= 2, "it is not tried again")
    page.unroute(ACTS)
    rows = {str(row.task_id): (row.decision, row.counts) for row in arrived(page, Verdict, 2)}
    expect(page.get_by_text("unsent")).to_have_count(0, timeout=15_000)
    assert rows == {first: ("accept", True), second: ("unsure", True)}
    assert Verdict.objects.count() == 2


def test_a_film_that_never_loads_can_be_handed_to_somebody_else(desk: Desk) -> None:
    desk.verdicts(2)
    context = desk.context()
    lost = desk.tasks[0].project_image.image_id
    context.route(re.compile(f"/api/images/{lost}/pixels"), lambda route: route.abort("connectionreset"))
    page = context.new_page()
    page.goto(desk.url + "/p/chest/work?kind=verdict")
    sign_in(page, "ann")
    expect(page.get_by_role("alert")).to_contain_text("This film could not be loaded", timeout=15_000)
    expect(page.get_by_role("alert")).to_contain_text("mark it unsure, exclude it, or set it aside")
    page.keyboard.press("a")
    page.keyboard.press("u")
    ready(page)
    (row,) = arrived(page, Verdict)
    assert (row.task_id, row.decision) == (desk.tasks[0].pk, "unsure"), "what nobody has seen is not accepted"


@pytest.mark.parametrize("script", [NO_DATABASE, FULL_DATABASE], ids=["no database", "a full disk"])
def test_a_browser_that_stores_nothing_says_so_and_still_sends_everything(desk: Desk, script: str) -> None:
    desk.verdicts(4)
    context: BrowserContext = desk.context()
    context.add_init_script(script)
    page = context.new_page()
    page.on("pageerror", lambda error: desk.errors.append(error.stack or str(error)))
    page.goto(desk.url + "/p/chest/work?kind=verdict")
    sign_in(page, "ann")
    first = ready(page)
    page.keyboard.press("a")
    expect(page.get_by_text("this browser stores nothing: send before you close the page")).to_be_visible()
    arrived(page, Verdict)
    ready(page, after=first)
    # Unsent work lives in the page alone: neither a new sign-in nor a hasty hand may lose it.
    page.route(ACTS, lambda route: route.abort("internetdisconnected"))
    second = ready(page)
    page.keyboard.press("u")
    expect(page.get_by_text("1 unsent: no connection")).to_be_visible()
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.close(run_before_unload=True)
    until(page, lambda: asked, "the page closes without asking")
    assert asked == ["beforeunload"]
    context.clear_cookies(name="sessionid")
    page.unroute(ACTS)
    expect(page.get_by_role("heading", name="Your session has ended")).to_be_visible(timeout=30_000)
    sign_in(page, "ann")
    rows = {str(row.task_id): row.decision for row in arrived(page, Verdict, 2)}
    assert rows == {first: "accept", second: "unsure"}
    ready(page, after=second)
    page.keyboard.press("r")
    draw(page)
    expect(page.get_by_text("this browser keeps no draft, submit before you close the page")).to_be_visible()
    page.keyboard.press("Enter")
    (edit,) = arrived(page, Edit)
    assert edit.counts
