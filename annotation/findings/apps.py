"""App configuration."""

from django.apps import AppConfig


class FindingsConfig(AppConfig):
    """Django's view of this app."""

    name = "annotation.findings"
    label = "findings"
