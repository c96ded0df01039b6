"""Sending task messages without ever waiting long for a broker. Imports neither torch nor Django."""

from __future__ import annotations

from typing import Any

from celery import Celery

from mlbackend.tracing import headers

GIVE_UP_SOON = {
    "max_retries": 1,
    "interval_start": 0.1,
    "interval_step": 0.1,
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
}
"""Transport options of a sender: a message that cannot go out is sent again by a sweep, so nobody need wait for it."""


def _connection(app: Celery, url: str, options: dict[str, Any]) -> Any:
    return app.connection_for_write(url, transport_options={**options, **GIVE_UP_SOON})


def check_answers(broker: tuple[str, dict[str, Any]]) -> None:
    """Raises ConnectionError, without the URL's password, where the broker does not answer within seconds."""
    app = Celery("groundwork-look", fixups=[])
    with _connection(app, *broker) as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0.1, timeout=5)
        except Exception as error:
            # Each transport has errors of its own.
            raise ConnectionError(f"the broker {connection.as_uri()} does not answer ({error}); start it") from error


def publish(app: Celery, broker: tuple[str, dict[str, Any]], name: str, args: list[Any], queue: str) -> None:
    """Send a task by name, with the id of the request that it is for. ``broker`` is what ``broker_settings`` gave.

    Raises the transport's error after seconds.
    """
    with _connection(app, *broker) as connection:
        app.send_task(
            name, args=args, queue=queue, connection=connection, headers=headers(), retry=False, ignore_result=True
        )


def queue_length(app: Celery, broker: tuple[str, dict[str, Any]], queue: str) -> int:
    """How many messages wait in a queue; those that a worker holds unacknowledged are not counted."""
    with _connection(app, *broker) as connection, connection.channel() as channel:
        return int(channel._size(queue))
