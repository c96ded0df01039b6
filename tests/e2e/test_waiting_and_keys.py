"""While pictures and answers are on their way, and where keys act: nothing is judged unseen, nothing hangs for ever."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, Route, expect

from annotation.projects.models import Role
from annotation.reviews.models import Edit, Selection, TaskKind, Verdict
from tests.e2e.desk import Desk
from tests.e2e.people import PASSWORD
from tests.e2e.work import arrived, editor_ready, ready, selections, until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PIXELS = re.compile(r"/api/images/.*/pixels")
VERDICT = re.compile(r"/api/tasks/.*/verdict$")


def clocked(desk: Desk, path: str, name: str = "ann") -> Page:
    """A signed-in page whose clock the test moves."""
    page = desk.context().new_page()
    page.on("pageerror", lambda error: desk.errors.append(error.stack or str(error)))
    page.clock.install()
    page.goto(desk.url)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="What waits for you")).to_be_visible(timeout=15_000)
    page.goto(desk.url + path)
    return page


def test_a_film_that_hangs_is_said_to_load_then_given_up_and_tried_again(desk: Desk) -> None:
    desk.verdicts(1)
    context = desk.context()
    held: list[Route] = []
    context.route(PIXELS, lambda route: held.append(route))
    page = context.new_page()
    page.clock.install()
    page.goto(desk.url + "/p/chest/work?kind=verdict")
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Loading the film…")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("button", name="Accept")).to_be_disabled()
    page.keyboard.press("a")
    page.clock.fast_forward("00:31")
    expect(page.get_by_role("alert")).to_contain_text("nothing arrived for 30 seconds")
    context.unroute(PIXELS)
    page.get_by_role("button", name="Try again").click()
    ready(page)
    assert not Verdict.objects.exists()


def test_an_act_without_an_answer_is_sent_again_and_counts_once(desk: Desk) -> None:
    desk.verdicts(2)
    page = clocked(desk, "/p/chest/work?kind=verdict")
    ready(page)
    seen: list[str] = []

    def swallow(route: Route) -> None:
        """The server takes the act; its answer gets lost on the way, the first time."""
        seen.append(route.request.post_data or "")
        if len(seen) == 1:
            route.fetch()
        else:
            route.continue_()

    page.route(VERDICT, swallow)
    page.keyboard.press("a")
    until(page, lambda: seen, "nothing is sent")
    page.clock.fast_forward("00:21")
    expect(page.get_by_text("1 unsent: the server does not answer; your work is kept and sent again")).to_be_visible()
    expect(page.get_by_text("unsent")).to_have_count(0, timeout=15_000)
    until(page, lambda: len(seen) == 2, "it is not sent again")
    assert seen[0] == seen[1], "the same act under the same key"
    assert Verdict.objects.count() == 1


def test_the_keys_are_shown_before_the_guide_has_come(desk: Desk) -> None:
    desk.verdicts(1)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    ready(page)
    page.route(re.compile("/guide$"), lambda route: None)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("accept the mask", timeout=2000)


def test_three_keys_in_one_moment_judge_only_films_that_were_painted(desk: Desk) -> None:
    desk.verdicts(4)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    first = ready(page)
    page.wait_for_timeout(1000)
    page.evaluate("""() => {
      const film = () => document.querySelector('[data-testid=film]')?.dataset.task
      window.judgeable = []
      const mark = performance.mark.bind(performance)
      performance.mark = (name, options) => { window.judgeable.push(film()); return mark(name, options) }
      for (let i = 0; i < 3; i++) window.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', bubbles: true }))
    }""")
    ready(page, after=first)
    arrived(page, Verdict)
    page.wait_for_timeout(500)
    judged = {str(row.task_id) for row in Verdict.objects.all()}
    assert judged == {first}, "the films behind it had not been painted"
    page.evaluate("""async () => {
      const wait = (ms) => new Promise((then) => setTimeout(then, ms))
      for (let i = 0; i < 3; i++) {
        window.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', bubbles: true }))
        await wait(3)
      }
    }""")
    page.wait_for_timeout(1500)
    painted = {*page.evaluate("window.judgeable"), first}
    assert {str(row.task_id) for row in Verdict.objects.all()} <= painted


def test_a_key_that_the_window_lost_is_no_longer_held(desk: Desk) -> None:
    desk.verdicts(1)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    ready(page)
    look = "document.querySelector('canvas').toDataURL()"
    page.wait_for_timeout(200)
    with_mask = page.evaluate(look)
    page.keyboard.down("h")
    page.wait_for_timeout(200)
    assert page.evaluate(look) != with_mask
    page.evaluate("window.dispatchEvent(new Event('blur'))")
    page.wait_for_timeout(200)
    assert page.evaluate(look) == with_mask


def test_a_digit_that_the_window_lost_picks_nothing(desk: Desk) -> None:
    selections(desk, 1)
    page = desk.open("ann", "/p/chest/work?kind=selection")
    ready(page, "selection")
    page.keyboard.down("2")
    page.evaluate("window.dispatchEvent(new Event('blur'))")
    page.keyboard.up("2")
    page.wait_for_timeout(500)
    assert not Selection.objects.exists()


def test_backspace_takes_the_open_polygons_last_corner_and_the_keys_say_what_moves_the_film(desk: Desk) -> None:
    (task,) = desk.verdicts(1)
    task.kind = TaskKind.CORRECTION
    task.save()
    page = desk.open("ann", "/p/chest/work?kind=correction")
    editor_ready(page)
    page.keyboard.press("n")
    page.keyboard.press("p")
    box = page.get_by_test_id("editor").bounding_box()
    assert box is not None
    for x, y in ((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.1, 0.9)):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    words = page.get_by_test_id("change")
    expect(words).not_to_contain_text("0 pixels drawn")
    three = words.inner_text()
    page.keyboard.press("Backspace")
    for x, y in ((0.4, 0.4), (0.6, 0.4), (0.6, 0.6)):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.keyboard.press("Enter")
    expect(words).to_have_text(three)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("in an open polygon: its last corner")
    expect(dialog.get_by_text("move the film", exact=True)).to_have_count(0)
    expect(dialog).to_contain_text("middle drag")


def test_home_and_the_projects_pages_show_their_keys(desk: Desk) -> None:
    desk.verdicts(1)
    desk.person("boss", Role.ADMIN)
    page = desk.open("ann")
    expect(page.get_by_role("link", name=re.compile("1 film to judge"))).to_be_visible(timeout=15_000)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Chest films: to judge")
    page.keyboard.press("Escape")
    boss = desk.open("boss", "/p/chest")
    expect(boss.get_by_role("heading", name="Where the films are")).to_be_visible(timeout=15_000)
    boss.keyboard.press("?")
    expect(boss.get_by_role("dialog")).to_contain_text("dark or light")


def test_home_tells_what_is_unsent_and_sends_it_by_a_key(desk: Desk) -> None:
    desk.verdicts(3)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    first = ready(page)
    page.route(VERDICT, lambda route: route.abort("internetdisconnected"))
    page.keyboard.press("a")
    second = ready(page, after=first)
    page.keyboard.press("a")
    ready(page, after=second)
    page.keyboard.press("q")
    expect(page.get_by_text("2 acts in chest are unsent: no connection")).to_be_visible()
    page.unroute(VERDICT)
    page.keyboard.press("s")
    expect(page.get_by_text("Not at the server")).to_have_count(0)
    assert Verdict.objects.count() == 2


def test_home_tells_what_was_refused_and_why(desk: Desk) -> None:
    desk.verdicts(2)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    ready(page)
    body = '{"error": {"code": "invalid", "message": "the film has left", "remedy": "go on"}}'
    page.route(VERDICT, lambda route: route.fulfill(status=400, content_type="application/json", body=body))
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="1 not taken")).to_be_visible()
    page.keyboard.press("q")
    expect(page.get_by_text("1 act was refused")).to_be_visible()
    expect(page.get_by_text("the film has left; go on")).to_be_visible()


def test_a_correction_that_comes_late_is_next_and_says_so(desk: Desk) -> None:
    desk.verdicts(3)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    first = ready(page)
    page.route(VERDICT, lambda route: route.abort("internetdisconnected"))
    page.keyboard.press("r")
    second = ready(page, after=first)
    page.unroute(VERDICT)
    expect(page.get_by_text("a film that you rejected can be corrected now: it comes next")).to_be_visible(
        timeout=15_000
    )
    assert ready(page) == second, "the film that is looked at stays"
    page.keyboard.press("a")
    editor_ready(page)
    page.keyboard.press("+")
    page.keyboard.press("Enter")
    (edit,) = arrived(page, Edit)
    assert str(edit.task.parent_id) == first


def test_a_server_with_trouble_is_not_called_a_lost_connection(desk: Desk) -> None:
    desk.verdicts(1)
    context = desk.context()
    queue = re.compile("/queue/next$")
    context.route(queue, lambda route: route.fulfill(status=503, body="busy"))
    page = context.new_page()
    page.goto(desk.url + "/p/chest/work?kind=verdict")
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="The server has trouble")).to_be_visible(timeout=15_000)
    context.unroute(queue)
    page.get_by_role("button", name="Try again").click()
    ready(page)
