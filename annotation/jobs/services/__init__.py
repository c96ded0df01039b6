"""Write side of jobs: made, sent, watched, ended, handled."""

from annotation.jobs.services.cancel import job_cancel
from annotation.jobs.services.create import job_create
from annotation.jobs.services.dispatch import job_dispatch, job_retry
from annotation.jobs.services.handle import job_handle
from annotation.jobs.services.move import ENDED, job_move
from annotation.jobs.services.progress import progress_record
from annotation.jobs.services.result import result_record
from annotation.jobs.services.sweep import jobs_sweep
from annotation.jobs.services.workers import workers_look

__all__ = [
    "ENDED",
    "job_cancel",
    "job_create",
    "job_dispatch",
    "job_handle",
    "job_move",
    "job_retry",
    "jobs_sweep",
    "progress_record",
    "result_record",
    "workers_look",
]
