"""What must be on disk before it is answered, and what need not be."""

from __future__ import annotations

from django.db import connection


def commit_may_lag() -> None:
    """Let this transaction be answered before it is on disk, where the database knows the difference.

    For what may be lost with the machine's power and is made again by itself, such as a lease: never for what a person
    did. All other transactions wait for the disk as ever. Must be called inside a transaction.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO OFF")
