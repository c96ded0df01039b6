"""The test's database and broker as other processes see them."""

from __future__ import annotations

from urllib.parse import quote


def database_url() -> str:
    """DATABASE_URL of the database that this test works on."""
    from django.db import connection

    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{config['NAME']}"
    password = f":{quote(config['PASSWORD'])}" if config["PASSWORD"] else ""
    return f"postgres://{quote(config['USER'])}{password}@{config['HOST']}:{config['PORT'] or 5432}/{config['NAME']}"


def flush_redis(url: str) -> None:
    """Empty one Redis database."""
    import redis

    with redis.Redis.from_url(url) as client:
        client.flushdb()
