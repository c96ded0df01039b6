"""Which workers live, learnt from the signs that they leave in storage."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

from django.utils import timezone

from annotation.common.blobs import blobs
from annotation.jobs.models import Worker
from mlbackend.contracts import QUEUE_PLATFORM, WORKERS_PREFIX, ContractError, Presence
from mlbackend.storage import StorageError

FORGOTTEN_AFTER = timedelta(days=1)
"""A killed worker's sign is taken out of storage after this time."""
NO_LONGER_TOLD_AFTER = timedelta(days=90)
_log = logging.getLogger(__name__)


def workers_look() -> None:
    """Note each worker whose sign has changed, and that somebody has looked.

    Ages are told by our own clock alone: a worker's may be wrong. Precondition: none; may run beside itself.
    """
    now = timezone.now()
    known = {worker.name: worker for worker in Worker.objects.all()}
    for key in blobs().list(WORKERS_PREFIX):
        try:
            sign = Presence.from_json(json.loads(blobs().read(key)))
        except (ContractError, StorageError, ValueError) as error:
            _log.warning("%s is no sign of a worker: %s", key, error)
            continue
        worker = known.get(sign.worker[:200])
        if worker is None or worker.beat != sign.at:
            gpus = [one.to_json() for one in sign.gpus]
            fields = {"beat": sign.at, "queues": sign.queues, "gpus": gpus, "seen_at": now}
            Worker.objects.update_or_create(name=sign.worker[:200], defaults=fields)
        elif worker.seen_at < now - FORGOTTEN_AFTER:
            blobs().delete(key)
    Worker.objects.filter(seen_at__lt=now - NO_LONGER_TOLD_AFTER).delete()
    Worker.objects.update_or_create(name=Worker.PLATFORM, defaults={"queues": [QUEUE_PLATFORM], "seen_at": now})
