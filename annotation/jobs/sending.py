"""The one door to the broker."""

from __future__ import annotations

import logging
from typing import Any

from celery import current_app
from django.conf import settings

from mlbackend.messages import publish, queue_length

_log = logging.getLogger(__name__)


def _broker() -> tuple[str, dict[str, Any]]:
    return settings.CELERY_BROKER_URL, settings.CELERY_BROKER_TRANSPORT_OPTIONS


def _publish(name: str, args: list[Any], queue: str) -> None:
    publish(current_app, _broker(), name, args, queue)


def send(name: str, args: list[Any], queue: str) -> bool:
    """Send a task by name with JSON arguments; False, with a line in the log, where the broker cannot be reached."""
    try:
        _publish(name, args, queue)
    except Exception as error:
        # Each transport has errors of its own; whichever it is, the message is not out.
        _log.warning("%s could not be sent to queue %s: %s; the sweep sends it again", name, queue, error)
        return False
    return True


def waiting_messages(queue: str) -> int | None:
    """How many messages wait in the queue; None where the broker cannot say."""
    try:
        return queue_length(current_app, _broker(), queue)
    except Exception as error:
        _log.warning("the broker does not say how long queue %s is: %s", queue, error)
        return None
