"""Database or storage away, or a disk full: answered as 503 with a reason and a time to come back, not as a fault.

An act that is refused so was not recorded, or was recorded without its answer arriving: sent again with the same key it
counts once.
"""

from __future__ import annotations

import errno
import logging
import sqlite3

from django.db import InterfaceError, OperationalError

from annotation.common.errors import DomainError
from mlbackend.storage import StorageError, StorageKeyError, StorageMissingError

_log = logging.getLogger(__name__)
AGAIN = "nothing that you sent is lost: send it again in a moment"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_PG_FULL = "53100"
"""PostgreSQL's code for a disk without space."""
_SQLITE_AWAY = frozenset({"BUSY", "CANTOPEN", "FULL", "IOERR", "LOCKED", "NOMEM", "READONLY"})


class Unavailable(DomainError):
    """Something that the platform needs is away for now. ``seconds``: when to come back, told as ``Retry-After``."""

    status = 503
    code = "unavailable"

    def __init__(self, message: str, *, code: str, seconds: int, remedy: str = AGAIN) -> None:
        super().__init__(message, code=code, remedy=remedy)
        self.headers = {"Retry-After": str(seconds)}


def outage_of(error: BaseException | None) -> Unavailable | None:
    """What is away, where that is why the error came; None where it is any other error. Leaves a line in the log.

    The words name no host, user or file: these stand in the log.
    """
    found = _outage_of(error)
    if found is not None:
        _log.error("%s: %s: %s", found.message, type(error).__name__, str(error).strip())
    return found


def _outage_of(error: BaseException | None) -> Unavailable | None:
    if isinstance(error, OperationalError | InterfaceError) and _passes(error.__cause__):
        if _is_full(error.__cause__):
            return _full("the database's disk is full")
        return Unavailable("the database cannot be reached", code="database_unavailable", seconds=3)
    if isinstance(error, StorageError) and not isinstance(error, StorageMissingError | StorageKeyError):
        if _is_full(error.__cause__):
            return _full("the storage is full")
        return Unavailable("the storage of films and masks cannot be reached", code="storage_unavailable", seconds=10)
    return None


def _full(message: str) -> Unavailable:
    return Unavailable(message, code="disk_full", seconds=60, remedy=f"tell an admin; {AGAIN}")


def _passes(cause: BaseException | None) -> bool:
    """SQLite calls a query that is wrong operational too. Its names are such as ``SQLITE_IOERR_WRITE``."""
    name = getattr(cause, "sqlite_errorname", None)
    return not isinstance(cause, sqlite3.Error) or name is None or name.split("_")[1] in _SQLITE_AWAY


def _is_full(cause: BaseException | None) -> bool:
    return (
        (isinstance(cause, OSError) and cause.errno in _FULL)
        or getattr(cause, "pgcode", None) == _PG_FULL
        or getattr(cause, "sqlite_errorname", None) == "SQLITE_FULL"
    )
