"""App configuration."""

from django.apps import AppConfig


class ImagesConfig(AppConfig):
    """Django's view of this app."""

    name = "annotation.images"
    label = "images"
