"""What must be true after every fault, whatever it was. Each test calls ``survived``.

1. every submitted verdict exists exactly once; 2. every job ends once, or says why not; 3. leases come free;
4. the round goes on by itself, or with so many clicks of its admin.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from django.db.models import Count

from annotation.jobs.models import Job, JobEvent, JobKind, JobStatus
from annotation.jobs.services import ENDED
from annotation.masks.models import Mask, ModelVersion
from annotation.reviews.models import ReviewTask, TaskState, Verdict
from annotation.rounds.models import RepositoryEntry, Round, RoundState
from mlbackend.contracts import result_key
from tests.faults.house import SWEEP_SECONDS, House, until
from tests.faults.reviewers import Client, Ledger

GOES_ON_SECONDS = 180.0


def survived(house: House, ledger: Ledger, *, clicks: int = 0) -> dict[str, Any]:
    """Check all four; the installation runs whole again. Returns figures: seconds until the next round was in review,
    verdicts, those that were sent more than once."""
    leases_come_free(house)
    seconds = the_round_goes_on(house, ledger, clicks=clicks)
    every_verdict_exists_once(ledger)
    every_job_ends_once(house)
    refusals_were_clear(ledger)
    again = [act for act in ledger.acts if len(act.answers) > 1]
    return {
        "verdicts": len(ledger.acts), "sent_again": len(again), "unanswered": ledger.unanswered,
        "told": dict(ledger.told()), "slowest_verdict_s": round(ledger.longest(), 1),
        "next_round_s": round(seconds, 1),
    }  # fmt: skip


def every_verdict_exists_once(ledger: Ledger) -> None:
    """Rows and receipts agree: what was receipted is there once, what was not at most once, and there is nothing else.

    A task has one row that counts, and an accepted film one current truth.
    """
    rows = {(row.actor_id, row.idempotency_key): row for row in Verdict.objects.select_related("task")}
    assert len(rows) == Verdict.objects.count()
    sent = {(act.actor, act.key) for act in ledger.acts}
    assert not rows.keys() - sent, "there are verdicts that nobody sent"
    for act in ledger.acts:
        row = rows.get((act.actor, act.key))
        if act.receipt is None:
            continue
        assert row is not None, f"a verdict with a receipt is lost: {act}"
        assert (str(row.pk), row.counts) == (act.receipt["act"], act.receipt["counts"])
        assert (str(row.task_id), row.decision) == (act.task, act.decision)
    counting = Counter(row.task_id for row in rows.values() if row.counts)
    assert set(counting.values()) <= {1}, "a task was counted twice"
    done = ReviewTask.objects.filter(state=TaskState.DONE, kind="verdict")
    assert set(done.values_list("pk", flat=True)) == set(counting)
    accepted = {row.task.project_image_id for row in rows.values() if row.counts and row.decision == "accept"}
    truths = RepositoryEntry.objects.filter(project_image__in=accepted)
    assert Counter(truths.values_list("project_image", flat=True)) == Counter(dict.fromkeys(accepted, 1))


def every_job_ends_once(house: House) -> None:
    """Each job has ended, once for each time that somebody asked for it, and what follows has run once.

    A failed one says why; a training made one network; a prediction one mask a film and network; files say the same.
    """
    from annotation.common.blobs import blobs

    waiting = Job.objects.exclude(status__in=ENDED, handled_at__isnull=False)
    until(lambda: not waiting.exists(), "jobs have ended and were handled", 60)
    for job in Job.objects.all():
        events = list(JobEvent.objects.filter(job=job).order_by("created_at"))
        ends = sum(event.new in ENDED for event in events)
        asked = 1 + sum(event.old in ENDED for event in events)
        assert ends == asked, [(event.attempt, event.old, event.new, event.reason) for event in events]
        assert job.status != JobStatus.FAILED or job.error
        if job.status != JobStatus.SUCCEEDED:
            continue
        assert blobs().exists(result_key(str(job.pk), job.attempt))
        if job.kind == JobKind.TRAIN and job.handler != "nothing":
            assert ModelVersion.objects.filter(job=job).count() == 1
        if job.kind == JobKind.PREDICT and job.handler != "nothing":
            pairs = Mask.objects.filter(job=job).values("image", "model_version").annotate(n=Count("pk"))
            assert {row["n"] for row in pairs} == {1}
            assert len(pairs) == len(job.request["images"]) * len(job.request["models"])


def leases_come_free(house: House) -> None:
    """Whatever somebody held who never came back, a colleague gets over HTTP, soon after its lease has ended."""
    newcomer = Client(house, house.readers[-1], Ledger())
    wanted = set(map(str, ReviewTask.objects.filter(state=TaskState.OPEN, kind="verdict").values_list("pk", flat=True)))
    got: set[str] = set()
    deadline = time.monotonic() + house.lease_seconds + 5 * SWEEP_SECONDS + 20
    while got != wanted:
        assert time.monotonic() < deadline, f"{len(wanted - got)} of {len(wanted)} tasks stay with those who left"
        given = {task["id"] for task in newcomer.next(10)} - got
        got |= given
        for task in given:
            # Opened, so that nobody else is given it; the leases of this test end soon.
            newcomer.ask("POST", f"/tasks/{task}/open")
        if len(wanted) > 10 and got:
            # A queue gives ten at a time to one person: ten is as good as all.
            break
        time.sleep(0.3)
    for task_id in got:
        newcomer.ask("POST", f"/tasks/{task_id}/release")


def the_round_goes_on(house: House, ledger: Ledger, *, clicks: int = 0) -> float:
    """The rest is judged over HTTP, and the next round comes to its review; seconds that this took.

    ``clicks``: how often the admin may press *Try again* at a failed round.
    """
    reader = Client(house, house.readers[0], ledger)
    began = time.monotonic()
    if house.round().name == "II.1":
        until(lambda: _finish(house, reader), "the batch is judged", GOES_ON_SECONDS)
    pressed = 0
    while True:
        current = house.round()
        if current.state == RoundState.FAILED:
            words = current.steps.get(state="failed").error
            assert pressed < clicks, f"{current.name} failed, and nobody was to press a key: {words}"
            pressed += 1
            _retry(house, current)
        elif house.in_review("II.2"):
            return time.monotonic() - began
        assert time.monotonic() < began + GOES_ON_SECONDS, f"{current.name} does not go on\n{house.tails()}"
        time.sleep(0.2)


def _finish(house: House, reader: Client) -> bool:
    for task in reader.next(10):
        reader.verdict(task)
    return house.open_tasks() == 0


def _retry(house: House, current: Round) -> None:
    admin = Client(house, house.admin, Ledger())
    admin.ask("POST", f"/rounds/{current.pk}/retry")


def refusals_were_clear(ledger: Ledger) -> None:
    """Every answer that was no success was a 503 in the API's shape: a reason, what to do, when to come back."""
    for answer in ledger.refusals:
        words = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:300]}"
        assert answer.status_code == 503, words
        assert int(answer.headers["Retry-After"]) > 0, words
        error = answer.json()["error"]
        assert error["message"], words
        assert error["remedy"], words
        assert "Traceback" not in answer.text
