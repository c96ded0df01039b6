"""A researcher runs a benchmark on a frozen version, follows it, and reads its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.benchmarks.models import BenchmarkRun
from annotation.projects.models import Project, Role
from tests.annotation.benchmarks.world import begin, end, failing, version_of, waiting, work_all
from tests.e2e.accessible import check_page
from tests.e2e.desk import Desk
from tests.factories import MembershipFactory

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SOON = 15_000


def page_of(desk: Desk) -> Page:
    version_of(lung=desk.project)
    rita = desk.person("rita", Role.RESEARCHER)
    MembershipFactory(project=Project.objects.get(slug="infected"), user=rita, role=Role.RESEARCHER)
    page = desk.open("rita", "/p/chest/benchmark")
    expect(page.get_by_test_id("count")).to_have_text("12 trainings", timeout=SOON)
    return page


def test_a_grid_is_chosen_started_followed_and_its_figures_read(desk: Desk) -> None:
    page = page_of(desk)
    check_page(page)
    page.get_by_label("unetplusplus", exact=True).uncheck()
    page.get_by_label("fpn-resnet18").uncheck()
    page.get_by_label("2", exact=True).uncheck()
    expect(page.get_by_test_id("count")).to_have_text("2 trainings")
    page.get_by_text("Other settings").click()
    page.get_by_label("Epochs").fill("3")
    page.get_by_label("Labels of films without infection").fill("normal")
    page.get_by_role("button", name="Start the benchmark").click()
    expect(page.get_by_text("benchmark 1 has begun")).to_be_visible(timeout=SOON)
    wish = BenchmarkRun.objects.get().wish
    assert (wish["networks"], wish["folds"], wish["epochs"]) == (["unet-resnet18"], [1], 3)
    assert wish["negatives"] == ["normal"]
    expect(page.get_by_test_id("job")).to_contain_text("Planning: who is tested, who validates", timeout=SOON)
    end(waiting()[0])
    begun = begin(waiting()[0])
    expect(page.get_by_test_id("job")).to_contain_text("a, lung, fold 1", timeout=SOON)
    expect(page.get_by_test_id("steps")).to_have_text("1 of 6 steps")
    check_page(page)
    end(begun)
    work_all()
    table = page.get_by_role("table", name="Figures of benchmark 1")
    expect(table).to_contain_text("95.00", timeout=SOON)
    expect(table).to_contain_text("93.00 to 97.00")
    check_page(page)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the report").click()
    expect(opened.value).to_have_title("Benchmark")


def test_what_failed_is_told_in_words_and_tried_again(desk: Desk) -> None:
    page = page_of(desk)
    page.get_by_role("button", name="Start the benchmark").click()
    expect(page.get_by_text("benchmark 1 has begun")).to_be_visible(timeout=SOON)
    work_all(failing("lung.b.fold1"))
    page.get_by_text("1 step failed").click(timeout=SOON)
    expect(page.get_by_text("b, lung, fold 1: memory was full")).to_be_visible()
    page.get_by_role("button", name="Try again what failed").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible(timeout=SOON)
    assert BenchmarkRun.objects.get().state == "cancelled"


def test_a_version_without_infection_is_asked_for_lungs_alone(desk: Desk) -> None:
    from annotation.exports.services import dataset_freeze

    page_of(desk).close()
    dataset_freeze(projects=[desk.project], actor=None)
    page = desk.open("rita", "/p/chest/benchmark")
    expect(page.get_by_label("infection (no masks in this version)")).to_be_disabled(timeout=SOON)
    expect(page.get_by_test_id("count")).to_have_text("6 trainings")
    page.get_by_label("Dataset version").select_option("1")
    expect(page.get_by_test_id("count")).to_have_text("12 trainings")


def test_annotators_are_told_whom_to_ask(desk: Desk) -> None:
    page = desk.open("ann", "/p/chest/benchmark")
    expect(page.get_by_text("Benchmarks are for researchers and admins")).to_be_visible(timeout=SOON)
