"""The benchmark's report in a browser: no column of its tables is lost, on a screen or on paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mlbackend.benchmark.config import SecondSplit
from mlbackend.contracts import TrainingSettings
from tests.mlbackend.benchmark.report_world import WORKING, make_world

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SECTIONS = ["segmentation", "detection", "second", "groups", "data"]
PAPER = 1032
"""A4 lying, without its margins of 12 mm, in pixels of CSS."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report in the form of degerli2021."""
    world = make_world(
        tmp_path_factory.mktemp("report"), tasks=["infection"], architectures=["unetplusplus"],
        encoders=["densenet121", "inceptionv3"], encoder_frozen=[True, False], schemes=["parallel"], classes=1,
        paper="degerli2021", cut_to_lungs=False, threshold_included=True, failed=(),
        second=SecondSplit("group-ii", ["unetplusplus-densenet121"]),
        training=TrainingSettings(image_size=WORKING, epochs=5, balance=4.81),
    )  # fmt: skip
    world.report()
    return (Path(world.out) / "report/index.html").as_uri()


@pytest.mark.parametrize("width", [1440, 1024])
def test_tables_fit_the_screen(browser: Browser, address: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(address)
    cut = page.evaluate(
        "[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth)"
        ".map(e => [e.closest('section').id, e.scrollWidth])"
    )
    page.close()
    assert [name for name, _ in cut if name in SECTIONS] == [], cut


def test_tables_fit_the_paper(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": PAPER, "height": 700})
    page.goto(address)
    page.emulate_media(media="print")
    wide = page.evaluate(
        "width => [...document.querySelectorAll('table')].map(e => [e.closest('section').id, e.offsetWidth])"
        ".filter(one => one[1] > width)",
        PAPER,
    )
    page.close()
    assert wide == []
