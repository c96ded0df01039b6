"""The write side of the queue."""

from annotation.reviews.services.acts import (
    adjudication_submit,
    correction_submit,
    selection_submit,
    verdict_submit,
    verification_submit,
)
from annotation.reviews.services.corrections import corrections_release
from annotation.reviews.services.leases import (
    leases_expire,
    task_heartbeat,
    task_open,
    task_release,
    tasks_next,
)
from annotation.reviews.services.repeats import repeats_drop
from annotation.reviews.services.set_aside import film_exclude, film_put_back, report_submit
from annotation.reviews.services.submit import Receipt, Submission
from annotation.reviews.services.tasks import (
    batch_open,
    probe_tasks_create,
    proposal_tasks_create,
    selection_tasks_create,
)
from annotation.reviews.services.undo import act_withdraw

__all__ = [
    "Receipt",
    "Submission",
    "act_withdraw",
    "adjudication_submit",
    "batch_open",
    "correction_submit",
    "corrections_release",
    "film_exclude",
    "film_put_back",
    "leases_expire",
    "probe_tasks_create",
    "proposal_tasks_create",
    "repeats_drop",
    "report_submit",
    "selection_submit",
    "selection_tasks_create",
    "task_heartbeat",
    "task_open",
    "task_release",
    "tasks_next",
    "verdict_submit",
    "verification_submit",
]
