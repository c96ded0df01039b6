"""App configuration."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """Django's view of this app."""

    name = "annotation.privacy"
    label = "privacy"

    def ready(self) -> None:
        """The sweep finishes what a withdrawal left half done."""
        from annotation.jobs import handlers
        from annotation.privacy.services import withdrawals_finish

        handlers.register_sweeper(withdrawals_finish)
