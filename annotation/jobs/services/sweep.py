"""Mend what lost messages and dead workers leave behind. Storage is asked first: it knows what they would say."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache, partial

from django.conf import settings
from django.utils import timezone

from annotation.jobs import handlers
from annotation.jobs.models import Job, JobStatus
from annotation.jobs.sending import waiting_messages
from annotation.jobs.services.dispatch import ROUTES, job_dispatch, job_requeue, job_send
from annotation.jobs.services.handle import job_handle
from annotation.jobs.services.move import ENDED, job_move
from annotation.jobs.services.progress import progress_of_file, progress_record
from annotation.jobs.services.result import result_record
from annotation.jobs.services.workers import workers_look
from mlbackend.contracts import PHASE_INTERRUPTED
from mlbackend.logs import bound

_log = logging.getLogger(__name__)

GRACE = timedelta(seconds=10)
"""What is younger than this is still on its ordinary way."""


def jobs_sweep() -> int:
    """Look at every job that has not ended or not been handled, and call the registered sweepers.

    - made but not sent: sent;
    - a result file without its message: recorded, and what follows is run;
    - a heartbeat in storage that brought no message: recorded;
    - queued, but the message did not go out, or its queue is empty for too long: sent again, the same attempt;
    - running, but no heartbeat for JOB_HEARTBEAT_STALE_SECONDS: next attempt, or after ``max_attempts`` failed;
    - ended, but the handler died: run again.

    It also notes which workers live, for those whose job waits.

    Precondition: none; may run at any time, beside itself too. One job's trouble never stops the others.
    Returns how many jobs or sweepers raised.
    """
    _forget_the_future()
    old = timezone.now() - GRACE
    waiting = lru_cache(maxsize=None)(waiting_messages)
    troubles = 0
    for job_id in Job.objects.filter(status=JobStatus.CREATED, created_at__lt=old).values_list("id", flat=True):
        troubles += _failed(partial(job_dispatch, job_id, reason="sent by the sweep"), f"job {job_id}")
    for job in Job.objects.filter(status__in=[JobStatus.QUEUED, JobStatus.RUNNING]).order_by("created_at"):
        with bound(request=job.request_id, job=str(job.id)):
            troubles += _failed(partial(_sweep_one, job, waiting), f"job {job.id}")
    unhandled = Job.objects.filter(status__in=ENDED, handled_at=None, finished_at__lt=old)
    for job_id in unhandled.order_by("finished_at").values_list("id", flat=True):
        troubles += _failed(partial(job_handle, job_id), f"job {job_id}")
    troubles += _failed(workers_look, "the look for workers")
    for sweeper in handlers.sweepers():
        troubles += _failed(sweeper, f"sweeper {sweeper.__module__}.{sweeper.__qualname__}")
    return troubles


def _forget_the_future() -> None:
    """Times noted before the clock was set back count as now: else nothing would be late for as long as it was set
    back."""
    now = timezone.now()
    for name in ("created_at", "queued_at", "heartbeat_at", "finished_at"):
        Job.objects.filter(handled_at=None, **{f"{name}__gt": now}).update(**{name: now})


def _failed(step: Callable[[], object], name: str) -> bool:
    try:
        step()
    except Exception:
        _log.exception("the sweep failed at %s", name)
        return True
    return False


def _sweep_one(job: Job, waiting: Callable[[str], int | None]) -> None:
    if result_record(job.id, job.attempt) is not None:
        return
    progress = progress_of_file(job)
    if progress is not None:
        progress_record(progress)
    job.refresh_from_db()
    if job.status == JobStatus.QUEUED:
        _sweep_queued(job, waiting)
    elif job.status == JobStatus.RUNNING:
        _sweep_running(job)


def _sweep_queued(job: Job, waiting: Callable[[str], int | None]) -> None:
    now = timezone.now()
    if job.queued_at is None:
        last = job.events.last()
        if last is None or last.created_at < now - GRACE:
            job_send(job.id, job.attempt)
        return
    # A long queue is no loss. Only where it is empty and no worker has the job is its message gone.
    too_long = timedelta(seconds=settings.JOB_QUEUED_TOO_LONG_SECONDS)
    if job.queued_at < now - too_long and waiting(ROUTES[job.kind][1]) == 0:
        _log.warning("job %s: the message of attempt %s got lost; sent again", job.id, job.attempt)
        job_send(job.id, job.attempt)


def _sweep_running(job: Job) -> None:
    silent = (timezone.now() - (job.heartbeat_at or job.started_at or job.created_at)).total_seconds()
    stale = settings.JOB_HEARTBEAT_STALE_SECONDS
    interrupted = job.progress.get("phase") == PHASE_INTERRUPTED
    if silent < (min(stale, GRACE.total_seconds()) if interrupted else stale):
        return
    if interrupted:
        job_requeue(job.id, attempt=job.attempt, reason=f"worker {job.worker} was shut down", free=True)
        return
    if trouble := str(job.progress.get("trouble", "")):
        lost, remedy = f"worker {job.worker} stopped: {trouble}", "Mend that, then try the job again"
    else:
        lost = f"worker {job.worker} has been silent for {silent:.0f} s"
        remedy = "It was killed, lost its machine or ran out of memory; see its log, then try the job again"
    if job.attempt < job.max_attempts:
        job_requeue(job.id, attempt=job.attempt, reason=lost)
    else:
        _fail_silent(job, f"attempt {job.attempt} of {job.max_attempts}: {lost}. {remedy}")


def _fail_silent(job: Job, words: str) -> None:
    job_move(job.id, to=JobStatus.FAILED, reason=words, error=words)
    job_handle(job.id)
