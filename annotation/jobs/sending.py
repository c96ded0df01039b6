"""The one door to the broker."""

from __future__ import annotations

import logging
from typing import Any

from celery import current_app
from django.conf import settings

_log = logging.getLogger(__name__)

# A person waits for none of this: the sweep sends again what could not be sent.
_GIVE_UP_SOON = {
    "max_retries": 1,
    "interval_start": 0.1,
    "interval_step": 0.1,
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
}


def _connection() -> Any:
    options = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS, **_GIVE_UP_SOON}
    return current_app.connection_for_write(settings.CELERY_BROKER_URL, transport_options=options)


def _publish(name: str, args: list[Any], queue: str) -> None:
    with _connection() as connection:
        current_app.send_task(name, args=args, queue=queue, connection=connection, retry=False, ignore_result=True)


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
        with _connection() as connection, connection.channel() as channel:
            return int(channel._size(queue))
    except Exception as error:
        _log.warning("the broker does not say how long queue %s is: %s", queue, error)
        return None
