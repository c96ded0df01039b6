"""Django's own check of a deployment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "annotation.config.settings.production",
    "SECRET_KEY": "0123456789abcdef" * 4,
    "PSEUDONYM_KEYS": "k1:" + "fedcba9876543210" * 4,
    "ALLOWED_HOSTS": "films.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://films.example.org",
    "DATABASE_URL": "postgres://groundwork:secret@127.0.0.1:5432/groundwork",
    "CELERY_BROKER_URL": "redis://127.0.0.1:6379/0",
    "STORAGE_URL": "s3://groundwork",
    "METRICS_TOKEN": "m" * 32,
}


def test_production_settings_pass_the_deployment_check_without_a_warning(tmp_path: Path) -> None:
    env = {**os.environ, **PRODUCTION, "GROUNDWORK_DATA_DIR": str(tmp_path)}
    (tmp_path / "static").mkdir()
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues" in done.stdout + done.stderr
