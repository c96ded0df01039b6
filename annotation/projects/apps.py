"""App configuration."""

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Django's view of this app."""

    name = "annotation.projects"
    label = "projects"

    def ready(self) -> None:
        """Whoever administers a project must have a second factor where the installation asks for it."""
        from annotation.accounts.duties import register_duty
        from annotation.projects import checks  # noqa: F401
        from annotation.projects.permissions import administers_any

        register_duty(administers_any)
