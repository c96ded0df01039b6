"""Environment variables of all processes: declared once, read by ``read``. Imports neither torch nor Django.

``python -m mlbackend.environment docs/settings.md`` writes the page that lists them; ``--check`` compares.
"""

from mlbackend.environment.declared import GROUPS, SETTINGS
from mlbackend.environment.reading import (
    broker_url,
    data_dir,
    is_set,
    missing_in_production,
    problems,
    read,
    storage_url,
)
from mlbackend.environment.setting import Setting, SettingError, parse

__all__ = [
    "GROUPS",
    "SETTINGS",
    "Setting",
    "SettingError",
    "broker_url",
    "data_dir",
    "is_set",
    "missing_in_production",
    "parse",
    "problems",
    "read",
    "storage_url",
]
