"""App configuration."""

from django.apps import AppConfig


class RoundsConfig(AppConfig):
    """Django's view of this app; connects the engine to jobs and to the queue."""

    name = "annotation.rounds"
    label = "rounds"

    def ready(self) -> None:
        """Register what the apps below call: job results, sweeps, settlements."""
        from annotation.rounds.wiring import connect

        connect()
