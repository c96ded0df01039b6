"""PostgreSQL and Redis for tests: where they are, and a part of each that belongs to one run alone.

``python -m tests.support.servers`` prints shell lines for ``eval``, or says what does not answer and ends with 3.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shlex
import sys
import uuid
from collections.abc import Iterator

LOCK_SECONDS = 3600
_LOCK = "groundwork-test-database-{}"


def find_postgres() -> str | None:
    """URL of a database on which this user may make others: TEST_DATABASE_URL, else one of the usual places."""
    import psycopg2

    given = os.environ.get("TEST_DATABASE_URL")
    names = dict.fromkeys([getpass.getuser(), "postgres"])
    for url in [given] if given else [f"postgres://{name}@127.0.0.1:5432/postgres" for name in names]:
        try:
            with contextlib.closing(psycopg2.connect(url, connect_timeout=3)) as connection:
                cursor = connection.cursor()
                cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
                if cursor.fetchone() == (True,):
                    return url
                print(f"{url}: this user may not make databases", file=sys.stderr)
        except psycopg2.Error as error:
            print(f"{url}: {str(error).strip()}", file=sys.stderr)
    return None


def find_redis() -> str | None:
    """URL of a Redis server without database number: TEST_REDIS_URL, else the usual place."""
    import redis

    url = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379").rstrip("/")
    try:
        with redis.Redis.from_url(f"{url}/0", socket_connect_timeout=3) as client:
            client.ping()
    except redis.RedisError as error:
        print(f"{url}: {error}", file=sys.stderr)
        return None
    return url


@contextlib.contextmanager
def redis_database(url: str) -> Iterator[str]:
    """URL of an empty database of the server that nobody else uses; emptied again at the end.

    ``url`` has no database number. A lock in database 0 keeps other runs away.
    """
    import redis

    token = uuid.uuid4().hex
    with redis.Redis.from_url(f"{url}/0") as locks:
        number = next((n for n in range(1, 16) if _take(locks, url, n, token)), None)
        if number is None:
            raise RuntimeError(f"{url}: databases 1 to 15 are all in use; empty one")
        try:
            yield f"{url}/{number}"
        finally:
            with redis.Redis.from_url(f"{url}/{number}") as database:
                database.flushdb()
            locks.delete(_LOCK.format(number))


def _take(locks: object, url: str, number: int, token: str) -> bool:
    import redis

    assert isinstance(locks, redis.Redis)
    if not locks.set(_LOCK.format(number), token, nx=True, ex=LOCK_SECONDS):
        return False
    with redis.Redis.from_url(f"{url}/{number}") as database:
        if database.dbsize() == 0:
            return True
    locks.delete(_LOCK.format(number))
    return False


if __name__ == "__main__":
    found = {"DATABASE_URL": find_postgres(), "CELERY_BROKER_URL": find_redis()}
    if None in found.values():
        sys.exit(3)
    for name, value in found.items():
        print(f"export {name}={shlex.quote(str(value))}")
