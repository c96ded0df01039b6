"""The store fails for a minute: it refuses connections, then answers 503, while people and a worker need it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from annotation.common.blobs import blobs, blobs_make
from annotation.jobs import handlers
from annotation.jobs.models import JobStatus
from annotation.jobs.services import job_create
from annotation.reviews.models import Edit
from mlbackend import s3
from tests.faults.house import House, ended, fresh, until
from tests.faults.invariants import survived
from tests.faults.reviewers import Client, Ledger
from tests.support.films import store_films, train_request
from tests.support.own_store import OwnStore
from tests.support.pictures import lungs_hw, mask_png_bytes

pytestmark = pytest.mark.django_db(transaction=True)
AWAY_SECONDS, BUSY_SECONDS = 30, 30
PATIENCE_SECONDS = 20
"""What a page waits for an answer at most."""


@pytest.fixture
def store(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnStore]:
    """A store of this test's own, used by it and by all processes that it starts."""
    with OwnStore("films") as store:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        s3._client.cache_clear()
        settings.STORAGE_URL = store.url
        assert blobs_make()
        yield store
        s3._client.cache_clear()


def draw(reader: Client, task: dict[str, Any], key: str) -> httpx.Response | None:
    """Send a correction once."""
    fields = {"idempotency_key": key, "lease_token": task["lease_token"], "active_seconds": "2"}
    mask = lungs_hw(task["image"]["height"], task["image"]["width"])
    mask[:20] = False
    files = {"mask": ("mask.png", mask_png_bytes(mask), "image/png")}
    return reader.once("POST", f"/tasks/{task['id']}/correction", data=fields, files=files)


def test_a_store_that_fails_for_a_minute_costs_a_delay(store: OwnStore, house: House, tell: Callable[..., Any]) -> None:
    house.review(batch=12, following=4)
    house.start()
    training = job_create(
        kind="train", handler=handlers.NOTHING, request=train_request(store_films(blobs(), 16), epochs=60)
    )
    until(lambda: fresh(training).progress.get("epoch", 0) >= 2, "a training", 240)
    ledger = Ledger()
    reader, other = (Client(house, user, ledger) for user in house.readers[:2])
    first, *tasks = reader.next(5)
    follow = reader.verdict(first, "reject").receipt
    assert follow is not None
    correction = follow["follow_up"]
    film = tasks[0]["image"]["pixels"].removeprefix("/api")

    began, waits = time.monotonic(), []
    store.stop()
    for away in (True, False):
        asked = time.monotonic()
        answer = draw(reader, correction, "the-correction-1")
        waits.append(time.monotonic() - asked)
        assert answer is not None
        assert answer.json()["error"]["code"] == "storage_unavailable"
        answer = reader.once("GET", film)
        assert answer is not None
        assert answer.status_code == 503
        # Verdicts need no storage: they go on.
        other.verdict(other.next()[0])
        ready = httpx.get(f"{house.url}/health/ready", timeout=30)
        assert ready.status_code == 503
        assert ready.json()["checks"]["storage"] != "ok"
        if away:
            time.sleep(max(0.0, began + AWAY_SECONDS - time.monotonic()))
            store.busy = True
            store.start()
    time.sleep(max(0.0, began + AWAY_SECONDS + BUSY_SECONDS - time.monotonic()))
    store.busy = False
    assert max(waits) < PATIENCE_SECONDS

    def sent_again() -> bool:
        answer = draw(reader, correction, "the-correction-1")
        return answer is not None and answer.is_success

    until(sent_again, "the correction is taken", 60)
    assert Edit.objects.filter(idempotency_key="the-correction-1", counts=True).count() == 1
    # A question that was asked of the store while it was away may still wait for its last try.
    until(lambda: httpx.get(f"{house.url}/health/ready", timeout=30).status_code == 200, "web says it is ready", 30)
    until(lambda: ended(training), "the training ends", 300)
    assert (training.status, training.error) == (JobStatus.SUCCEEDED, "")
    assert len(training.result["epochs"]) == 60
    tell(
        correction_refused_after_s=[round(wait, 1) for wait in waits], attempts=training.attempt,
        resumed_from=training.result["resumed_from_epoch"], **survived(house, ledger),
    )  # fmt: skip
