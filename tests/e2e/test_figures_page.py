"""A researcher reads what a project cost and how far its reviewers can be trusted, and takes the numbers away."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.images.models import ImageRole, ImageState, ProjectImage
from annotation.projects.models import Role
from annotation.projects.services import protocol_resolve
from annotation.reviews.models import ReviewTask
from annotation.rounds.models import Provenance, RepositoryEntry
from tests.e2e.desk import Desk
from tests.e2e.figures_world import Worked
from tests.factories import ProjectImageFactory, SourceFactory

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def worked(desk: Desk) -> Worked:
    """One closed batch: two films accepted, two rejected and corrected, four read twice, two with a probe of which one
    is missed; then a blind choice of thirty films, one of them by two."""
    world = Worked(desk)
    world.seed()
    first = desk.batch.number + 10
    world.open_batch(first, "II.1")
    for task, said in zip(world.verdicts(count=4), ["accept", "accept", "reject", "reject"], strict=True):
        world.judge(task, said)
    world.read_twice(["aa", "aa", "rr", "ra"])
    probes = world.probes(count=2)
    for task, said in zip(probes, ["accept", "reject"], strict=True):
        world.judge(task, said)
    for task in ReviewTask.objects.filter(batch=world.batch, state="open", is_probe=False, kind="verdict"):
        world.judge(task, "accept")
    world.close_batch()
    world.open_batch(first + 1, "III", "selection", 2)
    world.choose(29)
    world.choose(1, replicas=2)
    desk.person("rita", Role.RESEARCHER)
    return world


def card(page: Page, title: str) -> Locator:
    return page.get_by_role("article", name=title, exact=True)


def numbers(figure: Locator) -> list[list[str]]:
    """The figure's table, opened by keyboard where it is closed."""
    summary = figure.get_by_text("The numbers")
    if summary.count():
        summary.focus()
        summary.press("Enter")
    expect(figure.get_by_role("table")).to_be_visible()
    return [row.get_by_role("cell").all_inner_texts() for row in figure.get_by_role("row").all()[1:]]


def test_a_researcher_reads_cost_yield_agreement_and_bias(desk: Desk) -> None:
    world = worked(desk)
    page = desk.open("rita", "/p/chest")
    page.get_by_role("link", name="Figures").click()
    expect(page.get_by_role("heading", name="Figures", level=1)).to_be_visible(timeout=15_000)

    accepted = card(page, "Accepted as proposed, by batch")
    expect(accepted.get_by_role("img")).to_have_attribute("aria-label", re.compile("Share of proposals"))
    # 4 single films, 4 read twice, 2 whose probes came beside them: 14 verdicts, 2 + 5 + 2 accepts.
    assert numbers(accepted)[0][:3] == ["II.1", "9", "14"]

    scores = numbers(card(page, "DSC of proposal and final mask, by batch"))
    assert scores[0][:3] == ["II.1", "6", "3"], "the disputed film waits for an MD and counts for nothing yet"

    assert numbers(card(page, "Validation DSC of the main network, by round")) == [["I", "unet-resnet18", "0.910"]]

    expect(page.get_by_test_id("read-twice")).to_contain_text("4 of 10 films")
    kappa = numbers(card(page, "Agreement of verdicts"))
    assert kappa[0][:3] == ["all pairs of readings (Cohen's)", "4", "75 %"]
    names = sorted(person.pseudonym for person in world.annotators)
    assert kappa[2][0] == f"{names[0]} and {names[1]} (Cohen's)"

    expect(page.get_by_test_id("place-test")).to_contain_text(re.compile(r"6 panes, 31 picks: χ² .*p (=|<) 0\.\d+"))
    assert sum(int(row[2]) for row in numbers(card(page, "Picks by place on the screen"))) == 31
    misses = numbers(card(page, "Missed probes, each reviewer"))
    assert misses[1][:3] == [world.annotator.pseudonym, "2", "1"]
    assert misses[1][3].startswith("50 %")

    how = card(page, "Agreement of verdicts").get_by_text("How this is computed")
    how.press("Enter")
    expect(page.get_by_text("Fleiss 1971, defined for one number of readers")).to_be_visible()


def test_the_assumption_behind_the_effort_saved_is_changed_on_the_page(desk: Desk) -> None:
    worked(desk)
    page = desk.open("rita", "/p/chest/figures")
    saved = card(page, "Effort saved against drawing by hand")
    assumed = saved.get_by_test_id("as assumed")
    expect(assumed).to_be_visible(timeout=15_000)
    before = assumed.inner_text()
    double = saved.get_by_test_id("double").inner_text()
    assert float(double.split()[0]) > float(before.split()[0])
    seconds = saved.get_by_label("Seconds to draw one film by hand")
    expect(seconds).to_have_value("68")
    seconds.fill("136")
    seconds.press("Tab")
    expect(assumed).to_have_text(double)
    seconds.fill("0")
    seconds.press("Tab")
    expect(saved.get_by_role("alert")).to_contain_text("from 1 to")
    expect(assumed).to_have_text(double)
    saved.get_by_role("button", name="Back to 68").click()
    expect(assumed).to_have_text(before)
    saved.get_by_text("How this is computed").click()
    expect(saved.get_by_text("SA-1B's first 34 s a mask")).to_be_visible()


def test_every_figure_is_taken_away_as_csv_and_json(desk: Desk) -> None:
    worked(desk)
    page = desk.open("rita", "/p/chest/figures")
    expect(page.get_by_role("heading", name="Do reviewers look?")).to_be_visible(timeout=15_000)
    files = {}
    for button in page.get_by_role("button", name=re.compile("as CSV$")).all():
        # Faster than a person can: Chromium holds back what comes after ten downloads at once.
        page.wait_for_timeout(500)
        with page.expect_download() as waiting:
            button.click()
        text = Path(waiting.value.path()).read_text()
        files[waiting.value.suggested_filename] = list(csv.DictReader(io.StringIO(text)))
    assert len(files) == 12
    assert all(files.values())
    assert files["accept-rate.csv"][0]["accepted.of"] == "14"
    assert 0 < float(files["proposal-dsc.csv"][0]["changed.median"]) < 1
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Cost and yield as JSON").click()
    saving = json.loads(Path(waiting.value.path()).read_text())["saving"]
    settled = RepositoryEntry.objects.filter(superseded_at=None).exclude(provenance=Provenance.SEED)
    assert (saving["draw_seconds"], saving["films"]) == (68.0, settled.count())


def test_an_annotator_finds_no_figures(desk: Desk) -> None:
    worked(desk)
    page = desk.open("ann", "/p/chest")
    expect(page.get_by_role("heading", name="Where the films are")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("link", name="Figures")).to_have_count(0)
    expect(page.get_by_role("heading", name="What is read, and what comes next")).to_have_count(0)
    page.goto(desk.url + "/p/chest/figures")
    expect(page.get_by_text("These figures are for researchers and admins")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("article")).to_have_count(0)


def test_who_reviews_too_learns_nothing_of_probes_in_an_open_batch(desk: Desk) -> None:
    world = Worked(desk)
    world.open_batch(desk.batch.number + 10, "II.1")
    for task in world.probes(count=2):
        world.judge(task, "accept")
    desk.person("both", Role.ANNOTATOR, Role.RESEARCHER)
    page = desk.open("both", "/p/chest/figures")
    figure = card(page, "Missed probes, each reviewer")
    expect(figure).to_contain_text("open batches are left out", timeout=15_000)
    expect(figure.get_by_role("table")).to_have_count(0)


def test_a_new_project_says_what_is_missing_and_a_lost_server_what_to_do(desk: Desk) -> None:
    desk.person("rita", Role.RESEARCHER)
    page = desk.open("rita", "/p/chest/figures")
    expect(card(page, "Agreement of verdicts")).to_contain_text("read by two people yet", timeout=15_000)
    expect(card(page, "Accepted as proposed, by batch")).to_contain_text("No proposal has been judged yet.")
    page.route("**/api/projects/chest/agreement", lambda route: route.abort())
    page.get_by_role("button", name="Count again").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    page.unroute("**/api/projects/chest/agreement")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(card(page, "Missed probes, by fault")).to_be_visible()


def test_the_figures_fit_a_small_screen(desk: Desk) -> None:
    worked(desk)
    page = desk.open("rita", "/p/chest/figures", viewport={"width": 1024, "height": 768})
    expect(page.get_by_role("heading", name="Do reviewers look?")).to_be_visible(timeout=15_000)
    for path in ("/p/chest/figures", "/p/chest"):
        page.goto(desk.url + path)
        expect(page.get_by_role("article").first).to_be_visible(timeout=15_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1024


def test_the_overview_foresees_the_next_batch_and_says_why(desk: Desk) -> None:
    overrides = {"II": {"batch_size": 6, "total": 60}}
    desk.project.protocol = protocol_resolve(name="covid-qu", overrides=overrides).to_json()
    desk.project.state = "setup"
    desk.project.save()
    desk.person("boss", Role.ADMIN)
    source = SourceFactory(name="montgomery")
    for n in range(12):
        ProjectImageFactory(
            project=desk.project, image__label=("TB", "normal")[n % 2], image__source=source,
            image__quality_tier="high",
        )  # fmt: skip
    page = desk.open("boss", "/p/chest")
    foreseen = page.get_by_role("article").filter(has_text="Next: II.1")
    expect(foreseen).to_contain_text("6 of 12 films: shares by class and source", timeout=15_000)
    expect(foreseen).to_contain_text("The best of unet-resnet18, unet-resnet50, unet-densenet121 will draw")
    expect(foreseen.get_by_role("row", name="TB 3 50 % 50 %")).to_be_visible()
    expect(foreseen.get_by_role("row", name="montgomery 6 100 % 100 %")).to_be_visible()
    why = foreseen.get_by_text("Why each of these films")
    why.press("Enter")
    expect(foreseen.get_by_role("listitem")).to_have_count(6)
    expect(foreseen.get_by_role("listitem").first).to_contain_text(re.compile(r"of 3 \(6 waiting\)"))
    pool = ProjectImage.objects.filter(project=desk.project, role=ImageRole.POOL)
    assert set(pool.values_list("state", flat=True)) == {ImageState.WAITING}, "looking changes nothing"


def test_several_networks_curves_stand_in_one_chart(desk: Desk) -> None:
    Worked(desk)
    desk.person("rita", Role.RESEARCHER)
    page = desk.open("rita", "/p/chest")
    chart = page.get_by_role("img", name=re.compile("Validation DSC by epoch of the networks"))
    expect(chart).to_be_visible(timeout=15_000)
    expect(page.locator("figcaption").filter(has_text="unet-densenet121")).to_contain_text("unet-resnet18")
    page.get_by_text("The numbers").press("Enter")
    expect(page.get_by_role("row", name=re.compile("unet-resnet18 8 8 0.905 0.610 0.905"))).to_be_visible()
