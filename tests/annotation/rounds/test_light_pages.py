"""A project's pages at full size: what names every film is not read, and what can be counted is not fetched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation.exports.services.drafts import drafts
from annotation.exports.services.steps import Steps
from annotation.jobs.models import JobStatus
from annotation.reviews.models import ReviewTask
from annotation.reviews.services import selection_submit
from annotation.rounds.models import RoundStep
from annotation.rounds.picks import choices_made, counts_of, credit_of
from tests.annotation.reviews.world import World, submission, verdict
from tests.factories import JobFactory

Client = Callable[[Any], Any]
REQUEST = {"models": [{"network": {"architecture": "unet", "encoder": "resnet18"}}], "images": []}


@pytest.fixture
def world(db: None) -> World:
    """A running project with an open batch."""
    return World()


@pytest.mark.parametrize("page", ["/api/projects/{}/progress", "/api/projects/{}/jobs", "/api/overview"])
def test_no_page_that_lists_jobs_reads_what_they_were_asked_or_what_they_answered(
    world: World, api_as: Client, page: str
) -> None:
    step = RoundStep.objects.create(round=world.round, index=0, kind="predict")
    job = JobFactory(project_id=world.project.pk, status=JobStatus.QUEUED, finished_at=None, request=REQUEST)
    step.jobs.add(job)
    admin = api_as(world.admin)
    with CaptureQueriesContext(connection) as asked:
        answer = admin.get(page.format(world.project.slug))
    assert answer.status_code == 200
    jobs = [query["sql"] for query in asked if 'FROM "jobs_job"' in query["sql"]]
    assert jobs
    assert [sql for sql in jobs if '"jobs_job"."request"' in sql or '"jobs_job"."result"' in sql] == []
    assert page == "/api/overview" or "unet-resnet18" in answer.content.decode()


def pick(world: World, task: ReviewTask, encoder: str) -> None:
    """Pick what a network drew."""
    place = task.candidates.get(mask__model_version__encoder=encoder).position
    selection_submit(submission=submission(world.annotator, task), decision="pick", position=place)


def test_picks_are_credited_by_network_a_tie_in_parts_and_cost_the_same_however_many_there_are(world: World) -> None:
    # The first two networks draw alike, so that a pick of either credits each with a half.
    tasks = world.selections(count=5, shifts=(0, 0, 4))
    pick(world, tasks[0], "secret0")
    pick(world, tasks[1], "secret2")
    pick(world, tasks[2], "secret2")
    selection_submit(submission=submission(world.annotator, tasks[3]), decision="deny")
    with CaptureQueriesContext(connection) as few:
        choices = choices_made(world.batch.pk)
    credit, (picks, denied) = credit_of(choices), counts_of(choices)
    models = {c.mask.model_version.encoder: str(c.mask.model_version_id) for c in tasks[0].candidates.all()}
    assert credit == {models["secret0"]: 0.5, models["secret1"]: 0.5, models["secret2"]: 2.0}
    assert (picks, denied) == (3, 1)
    pick(world, tasks[4], "secret1")
    with CaptureQueriesContext(connection) as more:
        choices = choices_made(world.batch.pk)
    assert credit_of(choices) == {models["secret0"]: 1.0, models["secret1"]: 1.0, models["secret2"]: 2.0}
    assert counts_of(choices) == (4, 1)
    assert len(more) == len(few)


def test_neither_an_export_nor_a_films_history_reads_all_patients_of_the_network_that_drew_a_mask(
    world: World, api_as: Client
) -> None:
    (task,) = world.verdicts(count=1)
    verdict(world.annotator, task, "accept")
    film = task.project_image.image_id
    pages = [f"films/{film}/history", f"masks/{task.proposal_id}"]
    researcher = api_as(world.researcher)
    with CaptureQueriesContext(connection) as asked:
        (chunk,) = drafts([world.project], include_seeds=False, steps={world.project.pk: Steps.of(world.project)})
        answers = [researcher.get(f"/api/projects/{world.project.slug}/{page}") for page in pages]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert chunk[0].row["network"]
    assert [query["sql"] for query in asked if "trained_groups" in query["sql"]] == []


def test_a_blind_choice_of_many_films_is_written_by_as_few_queries_as_that_of_one(world: World) -> None:
    with CaptureQueriesContext(connection) as asked:
        tasks = world.selections(count=6, shifts=(0, 2))
    written = [sql for query in asked if 'INTO "reviews_' in (sql := query["sql"])]
    assert len(tasks) == 6
    assert len(written) == 2, written
