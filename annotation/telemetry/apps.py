"""App configuration."""

from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    """Django's view of this app."""

    name = "annotation.telemetry"
    label = "telemetry"

    def ready(self) -> None:
        """Register the checks of production's settings; report errors where a setting says so."""
        from annotation.telemetry import checks  # noqa: F401 - registers them
        from mlbackend.reporting import report_errors

        report_errors("web")
