"""App configuration."""

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Django's view of this app."""

    name = "annotation.projects"
    label = "projects"
