"""Start with ``celery -A mlbackend.worker.app worker -Q gpu-train,gpu-predict --concurrency 1``.

Environment: CELERY_BROKER_URL, STORAGE_URL (else both below GROUNDWORK_DATA_DIR), GROUNDWORK_DEVICE,
JOB_HEARTBEAT_STALE_SECONDS.

The pool is prefork with one child, not solo. The child may run out of memory or crash in a driver, and the parent
stays, hands the message back and makes another child; the parent also answers signals while a step of the training
holds the interpreter. The child dies with its parent, so that kill -9 leaves nothing that goes on writing.
"""

from __future__ import annotations

import atexit
import importlib
import logging
import os
import signal
import socket
import sys
import threading
from typing import Any, NoReturn

from celery import Celery
from celery.signals import setup_logging, worker_process_init, worker_ready

from mlbackend.broker import broker_settings
from mlbackend.contracts import QUEUE_TRAIN
from mlbackend.environment import broker_url, read, storage_url
from mlbackend.logs import configure
from mlbackend.processes import die_with_parent, spin_little
from mlbackend.reporting import report_errors
from mlbackend.tracing import trace_tasks
from mlbackend.worker.device import apply_device_choice
from mlbackend.worker.presence import PresenceBeat

_log = logging.getLogger(__name__)

STORAGE_URL = storage_url()
BROKER = broker_settings(broker_url())
STALE_SECONDS = float(read("JOB_HEARTBEAT_STALE_SECONDS"))

spin_little()
trace_tasks()
report_errors("gpu")

# Without fixups: Celery would load the platform's Django wherever DJANGO_SETTINGS_MODULE happens to be set.
app = Celery("groundwork-gpu", include=["mlbackend.worker.tasks"], fixups=[])
app.conf.update(
    broker_url=BROKER[0],
    broker_transport_options=BROKER[1],
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    task_default_queue=QUEUE_TRAIN,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_concurrency=1,
    worker_hijack_root_logger=False,
    # Seconds until a child that died is given up; nothing it could still say is in the pipe by then.
    worker_lost_wait=2.0,
    # Cancel and heartbeat go through storage: remote control would need fanout, which a folder as broker does badly.
    worker_enable_remote_control=False,
    worker_send_task_events=False,
)


@setup_logging.connect
def _set_logging_up(loglevel: int | None = None, **kwargs: Any) -> None:
    configure("gpu", loglevel)


def _shut_down(number: int, frame: Any) -> NoReturn:
    # Raised between two steps of the training, which then leaves word that another worker may go on.
    sys.exit(0)


_presence: list[PresenceBeat] = []


@worker_ready.connect
def _say_that_it_lives(**kwargs: Any) -> None:
    # The parent's own name is what its children call their parent, see ``worker_name``.
    name = f"{socket.gethostname()}:{os.getpid()}"
    beat = PresenceBeat(STORAGE_URL, name, sorted(app.amqp.queues.consume_from))
    _presence.append(beat)
    beat.start()


# Celery's own signal of a shutdown does not come where a worker stops at once.
@atexit.register
def _say_that_it_leaves() -> None:
    while _presence:
        _presence.pop().stop()


@worker_ready.connect
def _stop_at_once_on_terminate(**kwargs: Any) -> None:
    # Celery's SIGTERM waits for the running task, here hours; its SIGQUIT hands the task back and stops.
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGQUIT))


@worker_process_init.connect
def _prepare_child(**kwargs: Any) -> None:
    die_with_parent()
    # The sign of life is the parent's.
    _presence.clear()
    signal.signal(signal.SIGTERM, _shut_down)
    threading.Thread(target=_import_early, name="import", daemon=True).start()


def _import_early() -> None:
    """Import what the first task needs while the worker still waits for it; torch takes many seconds."""
    try:
        apply_device_choice()
        importlib.import_module("mlbackend.training.loop")
        importlib.import_module("mlbackend.prediction.predictor")
    except Exception:
        # The task meets the same error, and tells it where people look.
        _log.exception("early import failed")
