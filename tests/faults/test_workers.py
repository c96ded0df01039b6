"""Workers are killed: the GPU worker in training and in prediction, the platform worker while it records a result."""

from __future__ import annotations

import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
from django.db import connection

from annotation.common.blobs import blobs
from annotation.jobs import handlers
from annotation.jobs.models import Job, JobKind, JobStatus
from annotation.jobs.services import ENDED, job_create
from annotation.masks.models import Mask
from mlbackend.contracts import ModelRef, PredictChunk, PredictImage, PredictRequest, attempt_prefix
from tests.faults.house import House, ended, fresh, until
from tests.faults.invariants import every_job_ends_once, survived
from tests.faults.reviewers import Client, Ledger
from tests.support.databases import database_url
from tests.support.films import SMALL, store_films, train_request

pytestmark = pytest.mark.django_db(transaction=True)


def judge_all(house: House, ledger: Ledger) -> None:
    """The batch is judged to its end: what follows is the workers' part."""
    reader = Client(house, house.readers[0], ledger)
    while tasks := reader.next(10):
        for task in tasks:
            reader.verdict(task)


def last_job(kind: str) -> Job | None:
    return Job.objects.filter(kind=kind).exclude(status__in=ENDED).order_by("-created_at").first()


def test_a_gpu_worker_killed_in_training_goes_on_from_its_last_epoch(house: House, tell: Callable[..., Any]) -> None:
    house.review(batch=8, epochs=30, early_stopping=0)
    processes = house.start()
    ledger = Ledger()
    judge_all(house, ledger)
    job = until(lambda: last_job(JobKind.TRAIN), "a training")

    def epochs() -> int:
        job.refresh_from_db()
        return len(job.progress.get("curve", []))

    until(lambda: epochs() >= 3, "three epochs", 240)
    processes.kill("gpu")
    done, began = epochs(), time.monotonic()
    house.restart("gpu")
    until(lambda: fresh(job).attempt == 2 and epochs() > done, "epochs of the next attempt", 90)
    seconds = time.monotonic() - began
    figures = survived(house, ledger)
    job.refresh_from_db()
    assert job.result["resumed_from_epoch"] >= 3
    assert [epoch["epoch"] for epoch in job.result["epochs"]] == list(range(1, 31))
    tell(epochs_done=done, resumed_from=job.result["resumed_from_epoch"], trains_again_s=round(seconds, 1), **figures)


FILMS, CHUNK = 240, 2


def test_a_gpu_worker_killed_in_prediction_goes_on_from_its_last_chunk(house: House, tell: Callable[..., Any]) -> None:
    house.start("platform", "gpu")
    processes = house.processes
    assert processes is not None
    samples = store_films(blobs(), 16)
    trained = job_create(kind="train", handler=handlers.NOTHING, request=train_request(samples, epochs=1))
    until(lambda: ended(trained), "a trained network", 240)
    model = ModelRef("net", SMALL, 32, trained.result["weights_key"], trained.result["weights_sha256"])
    images = [PredictImage(str(n), samples[n % 16].image_key, 48, 48) for n in range(FILMS)]
    request = PredictRequest("", 0, [model], images, chunk_size=CHUNK, postprocess="none")
    job = job_create(kind="predict", handler=handlers.NOTHING, request=request.to_json())
    first = attempt_prefix(str(job.pk), 1)

    def chunks() -> int:
        return sum("/chunk-" in key for key in blobs().list(first))

    until(lambda: chunks() >= 5, "five chunks", 60)
    processes.kill("gpu")
    done, began = chunks(), time.monotonic()
    assert done < FILMS / CHUNK, "the prediction was over before it was killed; give it more films"
    house.restart("gpu")
    until(lambda: ended(job), "the prediction ends", 120)
    assert (job.status, job.error, job.attempt) == (JobStatus.SUCCEEDED, "", 2)
    assert sum(key.startswith(first) for key in job.result["chunk_keys"]) == done
    listed = [PredictChunk.from_json(json.loads(blobs().read(key))) for key in job.result["chunk_keys"]]
    films = Counter(mask.image_id for chunk in listed for mask in chunk.masks)
    assert films == Counter({image.image_id: 1 for image in images})
    every_job_ends_once(house)
    tell(chunks_taken_over=done, of=FILMS // CHUNK, until_the_end_s=round(time.monotonic() - began, 1))


@contextlib.contextmanager
def film_held(image_id: str) -> Iterator[None]:
    """Somebody holds the film's place in its project: who records its masks waits there, in mid-transaction."""
    with contextlib.closing(psycopg2.connect(database_url())) as holder:
        holder.cursor().execute("SELECT 1 FROM images_projectimage WHERE image_id = %s FOR UPDATE", [image_id])
        yield


def records_masks() -> bool:
    """Whether a process of this installation stands in the middle of recording masks: they are written, and not yet
    committed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            " AND query LIKE 'UPDATE \"images_projectimage\"%%'"
        )
        return bool(cursor.fetchone()[0])


def test_a_platform_worker_killed_while_it_records_a_result_records_it_once(
    house: House, tell: Callable[..., Any]
) -> None:
    house.review(batch=6, following=6)
    processes = house.start()
    ledger = Ledger()
    judge_all(house, ledger)
    job = until(lambda: last_job(JobKind.PREDICT), "the next batch's prediction", 120)
    with film_held(job.request["images"][-1]["image_id"]):
        until(records_masks, "the platform worker is recording the masks", 60)
        processes.kill("platform")
        assert not Mask.objects.filter(job=job).exists()
    job.refresh_from_db()
    assert job.handled_at is None
    began = time.monotonic()
    house.restart("platform")
    figures = survived(house, ledger)
    job.refresh_from_db()
    recorded = job.handled_at
    assert recorded is not None
    assert job.attempt == 1, "what was predicted is not predicted again"
    tell(recorded_again_s=round(time.monotonic() - began, 1), **figures)


def test_a_platform_worker_killed_again_and_again_brings_the_round_to_its_end(
    house: House, tell: Callable[..., Any]
) -> None:
    house.review(batch=6)
    processes = house.start()
    ledger, dice, kills = Ledger(), random.Random(3), 6
    judge_all(house, ledger)
    for _ in range(kills):
        time.sleep(dice.uniform(2.0, 5.0))
        processes.kill("platform")
        house.restart("platform")
    tell(kills=kills, **survived(house, ledger))
