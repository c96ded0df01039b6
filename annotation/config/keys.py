"""Keys from the environment, or made once and kept in the data folder."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")
SHORTEST_SECRET = 32


def pseudonym_keys(text: str, path: Path) -> dict[str, str]:
    """Secrets by key id in the order in which they are written, the current one first.

    ``text`` is ``ID:SECRET``, several separated by commas. Where it is empty the file at ``path`` holds them, and is
    made with one random key where there is none. Raises ImproperlyConfigured that names the key's id, never a secret.
    """
    keys: dict[str, str] = {}
    for number, part in enumerate(
        (text.strip() or kept(path, f"k1:{secrets.token_hex(32)}\n")).replace("\n", ",").split(","), start=1
    ):
        if not part.strip():
            continue
        key_id, _, secret = part.strip().partition(":")
        if not KEY_ID.fullmatch(key_id):
            raise ImproperlyConfigured(
                f"PSEUDONYM_KEYS: key {number} has no id; write ID:SECRET, the id of 1 to 16 letters, digits, _ or -"
            )
        if len(secret) < SHORTEST_SECRET:
            raise ImproperlyConfigured(
                f"PSEUDONYM_KEYS: the secret of key {key_id} has {len(secret)} characters; "
                f"use {SHORTEST_SECRET} random ones or more, such as `openssl rand -hex 32` prints"
            )
        if key_id in keys:
            raise ImproperlyConfigured(f"PSEUDONYM_KEYS: key {key_id} stands there twice; give each key its own id")
        keys[key_id] = secret
    if not keys:
        raise ImproperlyConfigured(f"PSEUDONYM_KEYS: {path} holds no key; restore it from its backup")
    return keys


def kept(path: Path, made: str) -> str:
    """What the file holds, readable by its owner alone; ``made`` where there was none.

    Web and workers start together: whoever links first has made the file, whole, for all of them.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".key-", dir=path.parent)
        try:
            with os.fdopen(handle, "w") as file:
                file.write(made)
                file.flush()
                os.fsync(file.fileno())
            Path(path).hardlink_to(name)
        except FileExistsError:
            pass
        finally:
            Path(name).unlink(missing_ok=True)
    return path.read_text()
