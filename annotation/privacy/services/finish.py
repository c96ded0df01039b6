"""What follows the rows of a withdrawal: jobs, benchmarks and files. May be called at any time, and twice."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from annotation.benchmarks.models import BenchmarkRun
from annotation.benchmarks.services import benchmark_withdraw
from annotation.common.blobs import blobs
from annotation.images.models import Withdrawal
from annotation.masks.models import Mask
from annotation.masks.outlines import outline_key
from annotation.privacy.services.jobs import (
    findings_forget,
    folder_of,
    job_withdraw,
    jobs_of,
    models_flag,
    pictures_of,
)
from annotation.privacy.services.plan import versions_holding
from annotation.privacy.services.tombstones import mask_clear

_log = logging.getLogger(__name__)

LATE = timedelta(minutes=10)
"""A worker that was told to stop may write for a while: everything is gone through again when so long has passed."""
FOLDER = "withdrawals/"


def withdrawals_finish() -> None:
    """Sweeper: withdrawals that a crash interrupted, and each one again when all workers have stopped."""
    late = Q(created_at__lt=timezone.now() - LATE)
    waiting = Withdrawal.objects.filter(Q(looked_at=None) | late, done_at=None)
    for pk in list(waiting.order_by("created_at").values_list("pk", flat=True)):
        try:
            withdrawal_finish(pk)
        except Exception:
            _log.exception("withdrawal %s could not be finished; the sweep tries again", pk)


def withdrawal_finish(withdrawal_id: UUID) -> Withdrawal:
    """Stop or renew the jobs that name the films, flag the networks, and delete all files that show them.

    Each part bears being done again. Raises StorageError where a file cannot be deleted; the sweep goes on then.
    """
    withdrawal = Withdrawal.objects.get(pk=withdrawal_id)
    films = set(withdrawal.films)
    late: list[Mask] = []
    files, folders = set(withdrawal.files), set(withdrawal.jobs)
    for job in jobs_of(withdrawal):
        if job_withdraw(job.pk, withdrawal):
            folders.add(str(job.pk))
        else:
            files.update(pictures_of(job, films))
            findings_forget(job.pk, films)
    for mask in Mask.objects.filter(image__in=[UUID(film) for film in films]).exclude(storage_key=""):
        # Recorded by somebody who had read the film's row before it was emptied.
        files |= {mask.storage_key, outline_key(mask.pk)}
        late.append(mask)
    # Kept before anything is deleted, so that whoever goes on after a crash knows of all of it.
    Withdrawal.objects.filter(pk=withdrawal.pk).update(files=sorted(files), jobs=sorted(folders))
    for mask in late:
        mask_clear(mask)
    models_flag(withdrawal)
    prefixes = []
    for run in BenchmarkRun.objects.filter(version__in=versions_holding([UUID(film) for film in films])):
        benchmark_withdraw(run=run, actor=withdrawal.actor)
        prefixes.append(run.prefix)
    _delete(files, folders, prefixes)
    withdrawal.refresh_from_db()
    blobs().write(f"{FOLDER}{withdrawal.pk}.json", json.dumps(entry_of(withdrawal), indent=1).encode())
    now = timezone.now()
    withdrawal.looked_at = withdrawal.looked_at or now
    if now - withdrawal.created_at > LATE:
        withdrawal.done_at = withdrawal.done_at or now
    withdrawal.save(update_fields=["looked_at", "done_at"])
    return withdrawal


def _delete(files: set[str], folders: set[str], prefixes: list[str]) -> None:
    storage = blobs()
    for key in sorted(files):
        storage.delete(key)
    for job_id in sorted(folders):
        for key in folder_of(job_id):
            storage.delete(key)
    for prefix in prefixes:
        for key in storage.list(prefix):
            storage.delete(key)


def entry_of(withdrawal: Withdrawal) -> dict[str, Any]:
    """One line of the list by which withdrawals are repeated after a backup was restored."""
    return {
        "id": str(withdrawal.pk),
        "at": withdrawal.created_at.isoformat(),
        "key_id": withdrawal.key_id,
        "identifier_hash": withdrawal.identifier_hash,
        "pseudonyms": withdrawal.pseudonyms,
        "film_hashes": withdrawal.film_hashes,
        "films": withdrawal.films,
        "projects": withdrawal.projects,
        "files": withdrawal.files,
        "jobs": withdrawal.jobs,
        "counts": withdrawal.counts,
    }
