"""Settings of the tests: a folder of their own; the database by DATABASE_URL, SQLite by default."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

if "GROUNDWORK_DATA_DIR" not in os.environ:
    _folder = tempfile.mkdtemp(prefix="groundwork-test-")
    os.environ["GROUNDWORK_DATA_DIR"] = _folder
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)

from annotation.config.settings.base import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
REVIEW_LEASE_SECONDS = 60
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
