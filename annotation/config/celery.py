"""The Celery app of the platform worker."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_embedded_init, setup_logging, worker_process_init

from mlbackend.logs import configure
from mlbackend.processes import die_with_parent
from mlbackend.reporting import name_component
from mlbackend.tracing import trace_tasks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation.config.settings.embedded")

app = Celery("groundwork")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Nothing here needs remote control, and a folder as broker does fanout badly.
app.conf.worker_enable_remote_control = False
trace_tasks()


@setup_logging.connect
def _set_logging_up(loglevel: int | None = None, **kwargs: Any) -> None:
    configure("platform", loglevel)
    name_component("platform")


@worker_process_init.connect
@beat_embedded_init.connect
def _die_with_the_worker(**kwargs: Any) -> None:
    die_with_parent()
