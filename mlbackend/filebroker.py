"""Celery's filesystem transport with messages that appear whole. Imports neither torch nor Django.

Kombu's own writes a message under its final name: a worker that looks at that moment takes an empty file, loses
the message and ends. Here a message is written beside its name and renamed; the tables of queues are read the same way.
"""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

NAME = "mlbackend.filebroker:Transport"
_READS = 50
_PAUSE_SECONDS = 0.01


class Channel(filesystem.Channel):
    """A channel whose readers never see half a file."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Put a message onto a queue; names sort by time, as the channel takes the first."""
        folder = Path(self.data_folder_out)
        # Unlike kombu's clock this one means the same to all processes and after a restart.
        name = f"{time.time_ns() // 1000:020d}_{uuid.uuid4()}.{queue}.msg"
        part = folder / f".{name}.part"
        try:
            part.write_bytes(dumps(payload).encode())
            part.rename(folder / name)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise ChannelError(f"cannot add a message to {folder}: {error}") from error

    def get_table(self, exchange: str) -> Any:
        """Queues of an exchange; waits a moment where another process has made the file and not filled it yet."""
        for _ in range(_READS):
            try:
                return super().get_table(exchange)
            except json.JSONDecodeError:
                time.sleep(_PAUSE_SECONDS)
        return super().get_table(exchange)


class Transport(filesystem.Transport):
    """Takes the place of kombu's under the scheme ``filesystem``."""

    Channel = Channel


def register() -> None:
    """Make ``filesystem://`` mean this transport; calling it again changes nothing."""
    TRANSPORT_ALIASES["filesystem"] = NAME
