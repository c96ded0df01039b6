"""App configuration."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """Django's view of this app."""

    name = "annotation.common"
    label = "common"
