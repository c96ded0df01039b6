"""A researcher opens a film, asks for its infection map, and sees it in its colours."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("playwright")
from PIL import Image as Pillow
from playwright.sync_api import Page, expect

from annotation.common.blobs import blobs
from annotation.findings.maps.services import map_ask
from annotation.findings.models import ProbabilityMap
from annotation.jobs.models import Job
from annotation.jobs.services import ENDED, result_record
from annotation.projects.models import Convention, Project, Role, Target
from mlbackend.contracts import FilmMap, MapResult, Outcome, result_key
from mlbackend.data.phantom import generate_film
from mlbackend.data.reading import read_gray
from mlbackend.prediction.infection_map import colour_map, infection_map, quantise, write_colour, write_gray
from tests.e2e.accessible import check_page
from tests.e2e.desk import Desk
from tests.e2e.test_gpu_worker import wait_for
from tests.factories import (
    ImageFactory,
    ModelVersionFactory,
    ProjectFactory,
    ProjectImageFactory,
    RoundFactory,
    member,
)
from tests.mlbackend.prediction.test_findings import network
from tests.support.pictures import png_bytes

if TYPE_CHECKING:
    from annotation.jobs.runtime import Processes

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SIZE = 256


def probabilities() -> np.ndarray:
    """High in the middle of the film, zero at its edges: (SIZE, SIZE), 0..1."""
    across = np.linspace(-1.5, 1.5, SIZE)
    return np.clip(1.1 - np.hypot(across[:, None], across[None]), 0, 1)


def worker_answers() -> None:
    """What a prediction worker does, with a known map."""
    job = Job.objects.get(kind="map")
    (image,) = job.request["images"]
    steps = quantise(probabilities())
    keys = [f"jobs/{job.pk}/{what}.png" for what in ("probability", "map")]
    blobs().write(keys[0], write_gray(steps))
    blobs().write(keys[1], write_colour(colour_map(generate_film(0, size=SIZE).image, steps)))
    film = FilmMap(image["image_id"], 1.0, float((steps > 0).mean()), keys[0], keys[1])
    result = MapResult(str(job.pk), job.attempt, Outcome.SUCCEEDED, films=[film])
    blobs().write(result_key(str(job.pk), job.attempt), json.dumps(result.to_json()).encode())
    result_record(job.pk, job.attempt)


def film_of(desk: Desk) -> str:
    """A film that nobody reads any more, in a project of infection with two networks."""
    (task,) = desk.verdicts(1, size=SIZE)
    task.state = "cancelled"
    task.save()
    Project.objects.update(target=Target.INFECTION, convention=Convention.INFECTION)
    ModelVersionFactory(project=desk.project, encoder="densenet121", round_number=1)
    RoundFactory(
        project=desk.project, number=1, name="I", main_network=ModelVersionFactory(project=desk.project, round_number=1)
    )
    desk.person("rita", Role.RESEARCHER)
    return f"/p/chest/films/{task.project_image.image_id}"


def picture(page: Page, name: str) -> np.ndarray:
    """What the film's part of the page shows: (H, W, 3); kept where GROUNDWORK_PICTURES names a folder."""
    if folder := os.environ.get("GROUNDWORK_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")
    shot = page.get_by_test_id("film").screenshot()
    return np.asarray(Pillow.open(io.BytesIO(shot)).convert("RGB"))


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768)])
def test_a_researcher_asks_for_a_films_map_and_sees_it(desk: Desk, width: int, height: int) -> None:
    page = desk.open("rita", film_of(desk), viewport={"width": width, "height": height})
    expect(page.get_by_role("heading", name="Infection map")).to_be_visible(timeout=15_000)
    page.keyboard.press("1")  # the proposal's outline would lie over the colours
    before = picture(page, f"map-{width}-before")
    page.get_by_role("button", name="Draw the infection map").click()
    row = page.get_by_role("list", name="Maps").get_by_role("listitem")
    expect(row).to_contain_text("unet-resnet18, round I (main), patient unseen")
    expect(row.get_by_role("status")).to_be_visible()
    expect(page.get_by_role("button", name="Draw the infection map")).to_have_count(0)
    worker_answers()
    expect(page.get_by_test_id("legend")).to_be_visible(timeout=15_000)
    expect(row).to_contain_text("highest 1.000")
    strength = page.get_by_role("slider", name="Colour")
    for told in (page.get_by_test_id("legend"), page.get_by_test_id("probability"), strength):
        expect(told).to_be_in_viewport(ratio=1)
    box = page.get_by_test_id("film").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_test_id("probability")).to_have_text("Probability 1.000")
    shown = picture(page, f"map-{width}")
    assert_multiplied(before, shown)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("p")
    expect(page.get_by_test_id("legend")).to_have_count(0)
    expect(page.get_by_text("P lays the infection map over the film")).to_be_visible()
    assert np.array_equal(picture(page, f"map-{width}-off"), before)
    page.keyboard.press("p")
    expect(page.get_by_test_id("legend")).to_be_visible()
    strength.fill("0")
    page.mouse.move(0, 0)
    expect(page.get_by_test_id("probability")).to_have_text("Point at the film to read a probability")
    assert np.array_equal(picture(page, f"map-{width}-faded"), before), "without strength the film is itself"
    check_page(page)


def assert_multiplied(before: np.ndarray, shown: np.ndarray) -> None:
    """Within the film each pixel has its grey as its value, and its probability's colour where that is over zero."""
    ground = before[0, 0]
    inside = np.argwhere((before != ground).any(axis=2))
    (top, left), (bottom, right) = inside.min(axis=0), inside.max(axis=0)
    film, colours = before[top:bottom, left:right].astype(int), shown[top:bottom, left:right].astype(int)
    assert np.abs(colours.max(axis=2) - film.max(axis=2)).max() <= 2
    rows, columns = ((np.arange(n) + 0.5) * SIZE / n for n in film.shape[:2])
    probability = probabilities()[rows.astype(int)[:, None], columns.astype(int)[None]]
    bright = film.max(axis=2) > 60
    red, blue = bright & (probability > 0.9), bright & (probability > 0.03) & (probability < 0.1)
    assert red.any()
    assert blue.any()
    assert colours[red][:, 1:].max() <= 8
    assert colours[blue][:, :2].max() <= 8
    untouched = probability == 0
    assert (np.ptp(colours[untouched], axis=1) <= 12).mean() > 0.98


def test_who_reads_the_film_is_shown_no_map(desk: Desk) -> None:
    path = film_of(desk)
    network = ModelVersionFactory(project=desk.project)
    ProbabilityMap.objects.create(
        project=desk.project, image=desk.tasks[0].project_image.image, network=network, job=network.job
    )
    desk.verdicts(1)
    desk.tasks[0].state = "open"
    desk.tasks[0].save()
    desk.person("both", Role.RESEARCHER, Role.ANNOTATOR)
    page = desk.open("both", path)
    expect(page.get_by_role("alert")).to_contain_text("you are one of its readers", timeout=15_000)
    expect(page.get_by_role("heading", name="Infection map")).to_have_count(0)
    assert "resnet" not in page.content()


def test_a_real_worker_draws_the_map_that_was_asked_for(
    start_processes: Callable[..., Processes],
) -> None:
    film = generate_film(0, size=96).image
    image = ImageFactory(width=96, height=96)
    blobs().write(image.rendition_key, png_bytes(film))
    project = ProjectFactory(target=Target.INFECTION, convention=Convention.INFECTION)
    ProjectImageFactory(project=project, image=image)
    drawer = network(blobs(), "drawer", 2)
    model = ModelVersionFactory(
        project=project, architecture=drawer.network.architecture, encoder=drawer.network.encoder,
        image_size=drawer.image_size, weights_key=drawer.weights_key, weights_sha256=drawer.weights_sha256,
    )  # fmt: skip
    RoundFactory(project=project, main_network=model)
    processes = start_processes(platform=True, gpu=True)
    made, _ = map_ask(project=project, image_id=image.pk, actor=member(project, Role.RESEARCHER))
    job = wait_for(made.job, lambda j: j.status in ENDED and j.handled_at is not None, processes)
    assert (job.status, job.error) == ("succeeded", "")
    (drawn,) = job.result["films"]
    steps = read_gray(blobs().read(drawn["probability_key"]))
    assert steps.shape == film.shape
    assert len(np.unique(steps)) > 1, "the test would show nothing"
    picture = np.asarray(Pillow.open(io.BytesIO(blobs().read(drawn["picture_key"]))))
    assert np.array_equal(picture, infection_map(film, steps / 255))
