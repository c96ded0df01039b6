"""App configuration."""

from django.apps import AppConfig


class BenchmarksConfig(AppConfig):
    """Django's view of this app; hears how its jobs end."""

    name = "annotation.benchmarks"
    label = "benchmarks"

    def ready(self) -> None:
        """Register what follows the end of a step, and what mends a run."""
        from annotation.benchmarks.services.follow import HANDLER, runs_advance, step_ended
        from annotation.jobs import handlers

        handlers.register(HANDLER)(step_ended)
        handlers.register_sweeper(runs_advance)
