"""How large a world is: rows and bytes by table and index, files and bytes by folder of the storage."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.scale.world import World

TABLES = """
SELECT c.relname, c.reltuples::bigint, pg_table_size(c.oid), pg_indexes_size(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = 'public' ORDER BY pg_total_relation_size(c.oid) DESC
"""
INDEXES = """
SELECT t.relname, i.relname, pg_relation_size(i.oid)
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = 'public' ORDER BY pg_relation_size(i.oid) DESC LIMIT 15
"""


def database_sizes(world: World) -> dict[str, Any]:
    """Bytes of the whole, of each table with its rows, and of the largest indexes."""
    import psycopg2

    with contextlib.closing(psycopg2.connect(world.url())) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        total = cursor.fetchone()[0]
        cursor.execute(TABLES)
        tables = [{"table": t, "rows": n, "bytes": b, "index_bytes": i} for t, n, b, i in cursor.fetchall()]
        cursor.execute(INDEXES)
        indexes = [{"table": t, "index": i, "bytes": b} for t, i, b in cursor.fetchall()]
    return {"bytes": total, "tables": tables, "indexes": indexes}


def storage_sizes(world: World) -> dict[str, dict[str, int]]:
    """By folder: files, their bytes, and what they take on the disk."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: {"files": 0, "bytes": 0, "on_disk": 0})
    root = world.place / "storage"
    for base, _, names in os.walk(root):
        folder = Path(base)
        parts = folder.relative_to(root).parts or (".",)
        kind = "jobs: masks" if parts[0] == "jobs" and parts[-1] == "masks" else parts[0]
        for name in names:
            stat = (folder / name).stat()
            row = found[kind]
            row["files"] += 1
            row["bytes"] += stat.st_size
            row["on_disk"] += stat.st_blocks * 512
    return dict(found)
