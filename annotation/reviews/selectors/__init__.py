"""The read side of the queue."""

from annotation.reviews.selectors.agreement import (
    correction_agreement,
    selection_agreement,
    verdict_agreement,
    verified_so_far,
)
from annotation.reviews.selectors.payloads import task_payload, task_payloads
from annotation.reviews.selectors.positions import position_bias
from annotation.reviews.selectors.probes import probe_misses
from annotation.reviews.selectors.queue import held_task, queue_counts
from annotation.reviews.selectors.repeats import choice_repeats
from annotation.reviews.selectors.set_aside import count_set_aside, films_set_aside

__all__ = [
    "choice_repeats",
    "correction_agreement",
    "count_set_aside",
    "films_set_aside",
    "held_task",
    "position_bias",
    "probe_misses",
    "queue_counts",
    "selection_agreement",
    "task_payload",
    "task_payloads",
    "verdict_agreement",
    "verified_so_far",
]
