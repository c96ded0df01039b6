"""App configuration."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Django's view of this app."""

    name = "annotation.jobs"
    label = "jobs"
