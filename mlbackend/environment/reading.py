"""The one place that reads the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mlbackend.environment.declared import SETTINGS
from mlbackend.environment.setting import Setting, SettingError, parse

ROOT = Path(__file__).resolve().parents[2]


def read(name: str) -> Any:
    """The value of a declared setting, see ``parse``. Raises SettingError, KeyError where it is not declared."""
    setting, text = SETTINGS[name], os.environ.get(name, "")
    if not text.strip() and setting.in_production is not None and _production():
        text = setting.in_production
    return parse(setting, text)


def _production() -> bool:
    return os.environ.get("DJANGO_SETTINGS_MODULE", "").endswith(".production")


def is_set(name: str) -> bool:
    """Whether a declared setting has a value of its own."""
    return bool(os.environ.get(SETTINGS[name].name, "").strip())


def missing_in_production() -> list[Setting]:
    """Declared settings that production needs and that have no value."""
    return [setting for setting in SETTINGS.values() if setting.production and not is_set(setting.name)]


def problems() -> list[str]:
    """What is wrong with any declared setting of this process, each in words."""
    found = []
    for name in SETTINGS:
        try:
            read(name)
        except SettingError as error:
            found.append(str(error))
    return found


def data_dir() -> Path:
    """Folder of the embedded default."""
    return Path(read("GROUNDWORK_DATA_DIR") or ROOT / "var").resolve()


def storage_url() -> str:
    """Where files lie: STORAGE_URL, else a folder in the data folder."""
    return str(read("STORAGE_URL") or f"file://{data_dir()}/storage")


def broker_url() -> str:
    """Where messages travel: CELERY_BROKER_URL, else a folder in the data folder."""
    return str(read("CELERY_BROKER_URL") or f"filesystem://{data_dir()}/broker")
