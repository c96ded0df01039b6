"""What follows the end of a job."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from annotation.jobs import handlers
from annotation.jobs.models import Job, JobStatus
from annotation.jobs.services.move import ENDED, job_lock

_log = logging.getLogger(__name__)
_FAILED = "the job ended, but what follows failed and will be tried again: "


def job_handle(job_id: UUID | str) -> bool:
    """Run the registered handler of an ended job, if that has not been done; True where it ran to its end now.

    What the handler writes and ``handled_at`` are committed together. A handler that raises leaves nothing behind but
    words in ``error``, and the sweep runs it again.
    """
    try:
        with transaction.atomic():
            job = job_lock(job_id)
            if job.status not in ENDED or job.handled_at is not None:
                return False
            handlers.get(job.handler)(job)
            error_text = _own_error(job) if job.error.startswith(_FAILED) else job.error
            Job.objects.filter(pk=job.pk).update(handled_at=timezone.now(), error=error_text)
    except Exception as error:
        # Whatever an app's handler raises must not stop the sweep of the other jobs.
        _log.exception("job %s: what follows its end failed", job_id)
        Job.objects.filter(pk=job_id, handled_at=None, status__in=ENDED).update(error=f"{_FAILED}{error}")
        return False
    return True


def _own_error(job: Job) -> str:
    """The words with which the job itself ended, from its last event."""
    last = job.events.last()
    return "" if job.status == JobStatus.SUCCEEDED or last is None else last.reason
