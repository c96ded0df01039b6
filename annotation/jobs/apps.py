"""App configuration."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Django's view of this app; tells the metrics of jobs, queues and workers."""

    name = "annotation.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Register the metrics."""
        from annotation.jobs.metrics import job_metrics, queue_metrics, worker_metrics
        from annotation.telemetry.metrics import register

        for source in (job_metrics, queue_metrics, worker_metrics):
            register(source)
