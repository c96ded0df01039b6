"""Log lines that say to which request and job they belong; as text, or as JSON for a collector. No Django, no torch.

A request's id is made or taken over by the web process, kept with the jobs that the request made, sent along with each
message, and bound again in every process that works on it: one id finds all that a click set going.
"""

from __future__ import annotations

import contextlib
import json
import logging
import logging.config
import re
import uuid
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from mlbackend.environment import read

_request: ContextVar[str] = ContextVar("request_id", default="")
_job: ContextVar[str] = ContextVar("job_id", default="")
_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
FIELDS = ("method", "view", "status", "milliseconds", "person")
"""Attributes of a record that go into a JSON line beside its message; no other does, whatever a library adds."""


def request_id() -> str:
    """Id of the request that is being worked on, or that made the job that is; empty outside of any."""
    return _request.get()


def job_id() -> str:
    """Id of the job that is being worked on; empty outside of any."""
    return _job.get()


def sane_request_id(given: object) -> str:
    """What somebody else gave as an id, where it is 8 to 64 letters, digits, dots, dashes; else a new one."""
    return given if isinstance(given, str) and _SANE.fullmatch(given) else uuid.uuid4().hex


@contextlib.contextmanager
def bound(*, request: str | None = None, job: str | None = None) -> Iterator[None]:
    """Lines of the block carry these ids; None leaves what is bound already."""
    tokens = [(var, var.set(value)) for var, value in ((_request, request), (_job, job)) if value is not None]
    try:
        yield
    finally:
        for var, token in tokens:
            var.reset(token)


def bind(*, request: str = "", job: str = "") -> None:
    """All that this thread logs from now on carries these ids; empty ones unbind."""
    _request.set(request)
    _job.set(job)


class WithIds(logging.Filter):
    """Puts the ids of the moment on each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id, record.job_id = request_id(), job_id()
        record.ids = "".join(
            f" {name}={value}" for name, value in (("request", request_id()), ("job", job_id())) if value
        )
        return True


def without_rows(text: str) -> str:
    """The text without what a database says of the row that it refused: its values may be a patient's."""
    return re.sub(r"(?m)^DETAIL:.*$", "DETAIL: (left out)", text)


class PlainLines(logging.Formatter):
    """Lines for people."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s%(ids)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return without_rows(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, component, ids, ``FIELDS`` and the exception, if any."""

    def __init__(self, component: str) -> None:
        super().__init__()
        self._component = component

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "component": self._component,
            "message": without_rows(record.getMessage()),
        }
        ids = {"request_id": getattr(record, "request_id", ""), "job_id": getattr(record, "job_id", "")}
        line |= {name: value for name, value in ids.items() if value}
        line |= {name: value for name in FIELDS if (value := getattr(record, name, None)) is not None}
        if record.exc_info:
            line["exception"] = without_rows(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def log_config(component: str) -> dict[str, Any]:
    """Configuration for ``logging.config.dictConfig``, by LOG_FORMAT and LOG_LEVEL; ``component`` names the process."""
    formatter: dict[str, Any] = {"()": PlainLines}
    if read("LOG_FORMAT") == "json":
        formatter = {"()": JsonLines, "component": component}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"ids": {"()": WithIds}},
        "formatters": {"lines": formatter},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines", "filters": ["ids"]}},
        "root": {"handlers": ["console"], "level": read("LOG_LEVEL") or "WARNING"},
        "loggers": {name: {"level": read("LOG_LEVEL") or "INFO"} for name in ("annotation", "mlbackend")},
    }


def configure(component: str, level: int | str | None = None) -> None:
    """Set this process's logging up; ``level`` is that of all but Groundwork's own messages."""
    logging.config.dictConfig(log_config(component))
    logging.captureWarnings(True)
    if level is not None:
        logging.getLogger().setLevel(level)
