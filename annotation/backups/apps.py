"""App configuration."""

from django.apps import AppConfig


class BackupsConfig(AppConfig):
    """Django's view of this app; it has no tables."""

    name = "annotation.backups"
    label = "backups"
