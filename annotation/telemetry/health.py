"""Whether the platform lives and can work, for whatever watches over it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotation.common.blobs import blobs
from mlbackend.contracts import QUEUE_PLATFORM
from mlbackend.messages import queue_length

log = logging.getLogger(__name__)

SECONDS = 3.0
"""A part that has not answered by then counts as away."""
FINE = "ok"


class NotReady(Exception):
    """Why a part cannot be worked with; the words go to whoever asks, so they hold no secret."""


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _migrations() -> None:
    on_disk = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {})
    if missing := len(on_disk - set(MigrationRecorder(connection).applied_migrations())):
        raise NotReady(f"{missing} not applied; run manage.py migrate")


def _broker() -> None:
    queue_length(current_app, (settings.CELERY_BROKER_URL, settings.CELERY_BROKER_TRANSPORT_OPTIONS), QUEUE_PLATFORM)


def _storage() -> None:
    blobs().probe()


@dataclass
class Check:
    """One part of the installation. ``where`` names the setting that says where it is."""

    ask: Callable[[], None]
    where: str
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None
    _words: str = ""

    def begin(self) -> None:
        """Ask, in a thread of its own. Where the last question is still unanswered it stands: threads never pile up."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="health", daemon=True)
                self._thread.start()

    def end(self, deadline: float) -> str:
        """``FINE``, or what is wrong, in words."""
        thread = self._thread
        if thread is None:
            raise RuntimeError("begin comes first")
        thread.join(max(0.0, deadline - time.monotonic()))
        return f"no answer within {SECONDS:g} s; see {self.where}" if thread.is_alive() else self._words

    def _run(self) -> None:
        try:
            self.ask()
            self._words = FINE
        except NotReady as error:
            self._words = str(error)
        except Exception as error:
            # Any driver's error means the same to who watches; its text may name hosts and users and goes to the log.
            log.warning("health: %s fails: %s", self.where, error)
            self._words = f"failed with {type(error).__name__}; see {self.where} and the log of the web process"
        finally:
            connection.close()


CHECKS = {
    "database": Check(_database, "DATABASE_URL"),
    "migrations": Check(_migrations, "DATABASE_URL"),
    "broker": Check(_broker, "CELERY_BROKER_URL"),
    "storage": Check(_storage, "STORAGE_URL"),
}


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers; touches neither database nor storage."""
    return JsonResponse({"status": FINE})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 where database, migrations, broker and storage are fine, else 503; each with words, all within seconds.

    Errors' own texts go to the log only: whoever asks need not be signed in.
    """
    for check in CHECKS.values():
        check.begin()
    deadline = time.monotonic() + SECONDS
    words = {name: check.end(deadline) for name, check in CHECKS.items()}
    fine = set(words.values()) == {FINE}
    return JsonResponse({"status": FINE if fine else "unavailable", "checks": words}, status=200 if fine else 503)
