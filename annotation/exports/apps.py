"""App configuration."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Django's view of this app; connects it to jobs."""

    name = "annotation.exports"
    label = "exports"

    def ready(self) -> None:
        """What follows the predictions of a label history, and the sweep that mends it."""
        from annotation.exports.services.labels import HANDLER, labels_job_ended, labels_sweep
        from annotation.jobs import handlers

        handlers.register(HANDLER)(labels_job_ended)
        handlers.register_sweeper(labels_sweep)
