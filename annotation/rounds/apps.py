"""App configuration."""

from django.apps import AppConfig


class RoundsConfig(AppConfig):
    """Django's view of this app."""

    name = "annotation.rounds"
    label = "rounds"
