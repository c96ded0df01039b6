"""What production asks for where nobody says anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NAMES = (
    "SECOND_FACTOR_REQUIRED", "PASSWORD_MIN_LENGTH", "SESSION_IDLE_SECONDS", "SESSION_COOKIE_AGE",
    "SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE",
    "CSRF_COOKIE_SECURE", "CSRF_COOKIE_SAMESITE", "TRUSTED_PROXIES", "OIDC_ISSUER",
)  # fmt: skip


def test_production_is_strict_where_the_environment_says_nothing_or_stands_empty(tmp_path: Path) -> None:
    env = {
        **{name: value for name, value in os.environ.items() if name not in {*NAMES, "SESSION_MAX_SECONDS"}},
        "DJANGO_SETTINGS_MODULE": "annotation.config.settings.production",
        "SECRET_KEY": "x" * 60,
        "PSEUDONYM_KEYS": "k1:" + "y" * 64,
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "CELERY_BROKER_URL": f"filesystem://{tmp_path}/broker",
        "STORAGE_URL": f"file://{tmp_path}/storage",
        "ALLOWED_HOSTS": "groundwork.example.org",
        "SECOND_FACTOR_REQUIRED": "",
        "SESSION_IDLE_SECONDS": " ",
    }
    script = (
        "import json; from annotation.config.settings import production as p;"
        f"print(json.dumps({{name: getattr(p, name) for name in {NAMES!r}}}))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == {
        "SECOND_FACTOR_REQUIRED": True,
        "PASSWORD_MIN_LENGTH": 12,
        "SESSION_IDLE_SECONDS": 3600,
        "SESSION_COOKIE_AGE": 43_200,
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_SAMESITE": "Strict",
        "TRUSTED_PROXIES": 0,
        "OIDC_ISSUER": "",
    }
