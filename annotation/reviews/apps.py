"""App configuration."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Django's view of this app."""

    name = "annotation.reviews"
    label = "reviews"
