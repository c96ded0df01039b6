"""Real workers on a real broker: what dies comes back and ends with one result."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from annotation.jobs import handlers
from annotation.jobs.models import Job, JobStatus
from annotation.jobs.runtime import Processes
from annotation.jobs.services import ENDED, job_cancel, job_create
from mlbackend.contracts import result_key
from tests.support.films import store_films, train_request

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

QUICK = {"JOB_HEARTBEAT_STALE_SECONDS": "12"}
Start = Callable[..., Processes]


def wait_for(job: Job, done: Callable[[Job], bool], processes: Processes, seconds: float = 400) -> Job:
    deadline = time.monotonic() + seconds
    while not done(job):
        processes.check()
        if time.monotonic() > deadline:
            tails = "\n".join(f"== {part}\n{processes.log_tail(part)}" for part in processes.parts)
            pytest.fail(f"{job} after {seconds} s: {job.error} {job.progress}\n{tails}")
        time.sleep(0.2)
        job.refresh_from_db()
    return job


def start_training(storage: Any, **settings: Any) -> Job:
    return job_create(
        kind="train", handler=handlers.NOTHING, request=train_request(store_films(storage, 16), **settings)
    )


def kill_child(processes: Processes) -> None:
    """As the kernel does when memory runs out: the process that trains, not its parent."""
    parent = processes.children["gpu"].pid
    child = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True, check=True).stdout.split()[0]
    os.kill(int(child), signal.SIGKILL)


def kill_all_of_it(processes: Processes) -> None:
    """As a power cut does; somebody starts the worker again."""
    processes.kill("gpu")
    processes.start_part("gpu")


def stop_and_start(processes: Processes) -> None:
    """As an update does: SIGTERM, then another worker."""
    processes.children["gpu"].terminate()
    processes.children["gpu"].wait(30)
    processes.start_part("gpu")


@pytest.mark.parametrize(
    ("strike", "attempts"), [(kill_all_of_it, {2}), (kill_child, {1, 2}), (stop_and_start, {1, 2})]
)
def test_a_gpu_worker_struck_in_mid_training_goes_on_from_its_last_epoch_and_ends_with_one_result(
    start_processes: Start, storage: Any, strike: Callable[[Processes], None], attempts: set[int]
) -> None:
    processes = start_processes(env=QUICK)
    job = start_training(storage, epochs=20)
    wait_for(job, lambda j: len(j.progress.get("curve", [])) >= 2, processes)
    strike(processes)
    wait_for(job, lambda j: j.status in ENDED and j.handled_at is not None, processes)
    assert (job.status, job.error) == (JobStatus.SUCCEEDED, "")
    assert job.attempt in attempts
    assert job.result["resumed_from_epoch"] >= 2
    assert [epoch["epoch"] for epoch in job.result["epochs"]] == list(range(1, 21))
    assert job.events.filter(new=JobStatus.SUCCEEDED).count() == 1
    results = [key for key in storage.list(f"jobs/{job.id}/") if key.endswith("/result.json")]
    assert results == [result_key(str(job.id), job.attempt)]


def test_a_cancelled_training_stops_and_frees_its_worker(start_processes: Start, storage: Any, user: Any) -> None:
    processes = start_processes()
    job = start_training(storage, epochs=500)
    wait_for(job, lambda j: j.progress.get("epoch", 0) >= 1, processes)
    job_cancel(job.id, actor=user)
    wait_for(job, lambda j: j.handled_at is not None, processes)
    other = start_training(storage, epochs=1)
    wait_for(other, lambda j: j.status in ENDED, processes)
    job.refresh_from_db()
    assert (job.status, other.status) == (JobStatus.CANCELLED, JobStatus.SUCCEEDED)
    left = json.loads(storage.read(result_key(str(job.id), 1)))
    assert left["outcome"] == "cancelled"


def test_nothing_is_left_running_after_a_stop(start_processes: Start) -> None:
    processes = start_processes(web=True)
    groups = [child.pid for child in processes.children.values()]
    processes.stop()
    listing = subprocess.run(["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    running = [line.split(maxsplit=2) for line in listing.splitlines()]
    left = [parts for parts in running if int(parts[0]) in groups and not parts[1].startswith("Z")]
    assert left == []
