"""The read side of the queue."""

from annotation.reviews.selectors.agreement import probe_misses, verdict_agreement
from annotation.reviews.selectors.payloads import task_payload, task_payloads
from annotation.reviews.selectors.queue import held_task, queue_counts

__all__ = [
    "held_task",
    "probe_misses",
    "queue_counts",
    "task_payload",
    "task_payloads",
    "verdict_agreement",
]
