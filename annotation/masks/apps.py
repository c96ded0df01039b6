"""App configuration."""

from django.apps import AppConfig


class MasksConfig(AppConfig):
    """Django's view of this app."""

    name = "annotation.masks"
    label = "masks"
