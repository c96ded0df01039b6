"""The quick part of ``make faults``: web killed with verdicts under way, on whichever database the tests use."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from functools import partial

import httpx
import pytest

from annotation.jobs.runtime import Processes
from annotation.projects.models import Role
from annotation.reviews.models import ReviewTask, Verdict
from annotation.rounds.models import RepositoryEntry
from tests.factories import (
    MembershipFactory,
    ProjectFactory,
    ReviewBatchFactory,
    ReviewTaskFactory,
    UserFactory,
    token_for,
)
from tests.faults.cut import Cut, send_and_kill
from tests.support.own_servers import wait_for_port

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
STRIKES, READERS = 2, 6


def test_verdicts_that_were_under_way_when_web_was_killed_are_sent_again_and_count_once(
    start_processes: Callable[..., Processes],
) -> None:
    batch = ReviewBatchFactory(project=ProjectFactory(state="running"))
    ReviewTaskFactory.create_batch(STRIKES * READERS, batch=batch)
    readers = [UserFactory() for _ in range(READERS)]
    for reader in readers:
        MembershipFactory(project=batch.project, user=reader, role=Role.ANNOTATOR)
    tokens = [token_for(reader) for reader in readers]
    processes = start_processes(web=True, platform=False, gpu=False)
    dice, keys, again = random.Random(7), [], 0
    for _ in range(STRIKES):
        cuts = []
        for token in tokens:
            headers = {"Authorization": f"Bearer {token}"}
            asked = httpx.post(
                f"{processes.url}/api/projects/{batch.project.slug}/queue/next", headers=headers, json={}
            )
            (task,) = asked.json()["tasks"]
            body = {
                "idempotency_key": uuid.uuid4().hex, "lease_token": task["lease_token"], "active_seconds": 1,
                "decision": "accept",
            }  # fmt: skip
            cuts.append(Cut(f"/tasks/{task['id']}/verdict", token, body))
        moment = partial(time.sleep, dice.uniform(0.04, 0.1))
        send_and_kill(processes, cuts, [dice.uniform(0, 0.1) for _ in cuts], moment)
        processes.start_part("web")
        wait_for_port(processes.port)
        for cut in cuts:
            keys.append(cut.body["idempotency_key"])
            if cut.receipt() is None:
                again += 1
                cut.answer = b""
                cut.send(processes.url, 0)
                assert cut.receipt() is not None, cut.answer
    assert again, "every verdict was answered before its process was killed"
    assert sorted(Verdict.objects.filter(counts=True).values_list("idempotency_key", flat=True)) == sorted(keys)
    assert not ReviewTask.objects.exclude(state="done").exists()
    assert RepositoryEntry.objects.count() == len(keys)
