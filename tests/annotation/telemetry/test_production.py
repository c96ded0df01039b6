"""What production lacks is named before anybody works with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotation.telemetry.checks import check_production
from mlbackend import s3

pytestmark = pytest.mark.one_database

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def sound(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Settings with which production lacks nothing."""
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    settings.CELERY_BROKER_URL = "redis://broker/0"
    settings.STORAGE_URL = "s3://films"
    settings.ALLOWED_HOSTS = ["films.hospital.example"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://films.hospital.example"]
    settings.FRONTEND_DIR = tmp_path
    (tmp_path / "manifest.json").write_text("{}")
    monkeypatch.setenv("METRICS_TOKEN", "m" * 32)
    monkeypatch.setenv("SECRET_KEY", "s" * 60)
    return settings


def found() -> dict[str | None, str]:
    """Ids of what is lacking, with their remedies."""
    return {one.id: str(one.hint) for one in check_production(None)}


def test_a_sound_installation_lacks_nothing(sound: Any) -> None:
    assert found() == {}


@pytest.mark.parametrize(
    ("name", "value", "wrong", "remedy"),
    [
        ("CELERY_BROKER_URL", "filesystem://", "groundwork.E002", "CELERY_BROKER_URL"),
        ("STORAGE_URL", "file:///srv/films", "groundwork.W001", "STORAGE_URL"),
        ("ALLOWED_HOSTS", ["*"], "groundwork.E003", "ALLOWED_HOSTS"),
        ("CSRF_TRUSTED_ORIGINS", [], "groundwork.E004", "https://"),
        ("CSRF_TRUSTED_ORIGINS", ["http://films.hospital.example"], "groundwork.E004", "https://"),
        ("FRONTEND_DIR", "/nowhere", "groundwork.E005", "make frontend/dist/.built"),
    ],
)
def test_what_is_lacking_is_named_with_its_remedy(sound: Any, name: str, value: Any, wrong: str, remedy: str) -> None:
    setattr(sound, name, value)
    assert list(found()) == [wrong]
    assert remedy in found()[wrong]


def test_sqlite_is_named_with_its_remedy(sound: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sound.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    assert list(found()) == ["groundwork.E001"]
    assert "DATABASE_URL" in found()["groundwork.E001"]


@pytest.mark.parametrize(("name", "wrong"), [("METRICS_TOKEN", "groundwork.W002"), ("SECRET_KEY", "groundwork.E006")])
def test_a_secret_that_is_lacking_is_named(sound: Any, monkeypatch: pytest.MonkeyPatch, name: str, wrong: str) -> None:
    monkeypatch.delenv(name)
    assert list(found()) == [wrong]


def test_the_production_settings_name_all_that_is_missing_at_once() -> None:
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    env = {
        **kept,
        "DJANGO_SETTINGS_MODULE": "annotation.config.settings.production",
        "SECRET_KEY": "",
        "PSEUDONYM_KEYS": "",
        "ALLOWED_HOSTS": "",
    }
    done = subprocess.run([sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 1
    wanted = "DATABASE_URL, CELERY_BROKER_URL, STORAGE_URL, SECRET_KEY, PSEUDONYM_KEYS, ALLOWED_HOSTS: not set"
    assert wanted in done.stdout + done.stderr


def test_a_storage_that_cannot_be_reached_stops_the_preparation_in_words(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STORAGE_URL = "s3://films"
    values = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "STORAGE_ATTEMPTS": "1"}
    for name, value in {**values, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}.items():
        monkeypatch.setenv(name, value)
    s3._client.cache_clear()
    with pytest.raises(CommandError, match=r"could not reach '' in s3://films/.*see STORAGE_URL"):
        call_command("prepare")
    s3._client.cache_clear()
