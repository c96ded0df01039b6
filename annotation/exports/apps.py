"""App configuration."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Django's view of this app."""

    name = "annotation.exports"
    label = "exports"
