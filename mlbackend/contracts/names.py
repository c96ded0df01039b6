"""Names of tasks and queues, and where a job's files lie."""

from __future__ import annotations

import re

TASK_TRAIN = "gpu.train"
TASK_PREDICT = "gpu.predict"
TASK_FIND = "gpu.find"
TASK_MAP = "gpu.map"
TASK_BENCHMARK = "gpu.benchmark"
"""A cell of a benchmark that somebody runs from the command line."""
TASK_BENCHMARK_STEP = "gpu.benchmark_step"
"""A step of a benchmark that the platform runs."""
TASK_PROGRESS = "platform.job_progress"
TASK_FINISHED = "platform.job_finished"
TASK_SWEEP = "platform.sweep"

QUEUE_TRAIN = "gpu-train"
QUEUE_PREDICT = "gpu-predict"
QUEUE_PLATFORM = "platform"

PHASE_INTERRUPTED = "interrupted"
"""``Progress.phase`` of an attempt whose worker was shut down in an orderly way; it may be gone on with at once."""


WORKERS_PREFIX = "workers/"
"""Folder in which each GPU worker says that it lives, also while it has nothing to do."""


def worker_key(worker: str) -> str:
    """Where a worker's newest ``Presence`` lies."""
    return WORKERS_PREFIX + re.sub(r"[^A-Za-z0-9.-]", "_", worker) + ".json"


def job_prefix(job_id: str) -> str:
    """Folder of all attempts of a job."""
    return f"jobs/{job_id}/"


def attempt_prefix(job_id: str, attempt: int) -> str:
    """Folder that one attempt, and nobody else, writes."""
    return f"jobs/{job_id}/attempt-{attempt:03d}/"


def result_key(job_id: str, attempt: int) -> str:
    """The file that is the truth about an attempt; written last."""
    return attempt_prefix(job_id, attempt) + "result.json"


def progress_key(job_id: str, attempt: int) -> str:
    """Heartbeat and progress of an attempt, for a sweep that missed the messages."""
    return attempt_prefix(job_id, attempt) + "progress.json"


def request_key(job_id: str, attempt: int) -> str:
    """What an attempt was asked, written before its message is sent: older attempts see by it that they are over."""
    return attempt_prefix(job_id, attempt) + "request.json"


def cancel_key(job_id: str) -> str:
    """A marker: where it exists, workers stop the job at the next step."""
    return job_prefix(job_id) + "cancel"
