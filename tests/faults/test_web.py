"""The web process is killed between receiving a verdict and answering it."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg2
import pytest

from annotation.reviews.models import Verdict
from tests.faults.cut import Cut, send_and_kill
from tests.faults.house import House
from tests.faults.invariants import survived
from tests.faults.reviewers import Client, Ledger
from tests.support.databases import database_url
from tests.support.own_servers import wait_for_port

pytestmark = pytest.mark.django_db(transaction=True)
STRIKES, READERS = 8, 8


def first_row(count: int) -> None:
    """Until one verdict more than ``count`` is written: its answer, and those of others, are still on their way."""
    with contextlib.closing(psycopg2.connect(database_url())) as watcher:
        watcher.autocommit = True
        cursor, deadline = watcher.cursor(), time.monotonic() + 5
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM reviews_verdict")
            if cursor.fetchone()[0] > count:
                return


def test_a_verdict_whose_web_process_is_killed_before_its_answer_counts_once(
    house: House, tell: Callable[..., Any]
) -> None:
    house.review(batch=STRIKES * READERS + 8, readers=READERS)
    processes = house.start()
    ledger, dice = Ledger(), random.Random(5)
    clients = [Client(house, user, ledger) for user in house.readers]
    kept = lost = answered = 0
    for strike in range(STRIKES):
        acts = [client.begin(client.next()[0]) for client in clients]
        cuts = [
            Cut(f"/tasks/{act.task}/verdict", client.token, body)
            for client, (act, body) in zip(clients, acts, strict=True)
        ]
        # By turns at the moment when the first is written, and at any.
        delays = [dice.uniform(0, 0.12 * (strike % 2)) for _ in cuts]
        chance = partial(time.sleep, dice.uniform(0.03, 0.15))
        moment = chance if strike % 2 else partial(first_row, Verdict.objects.count())
        killed_at = send_and_kill(processes, cuts, delays, moment)
        house.restart("web")
        wait_for_port(processes.port)
        for client, cut, (act, body) in zip(clients, cuts, acts, strict=True):
            act.receipt = cut.receipt()
            if act.receipt is not None:
                answered += 1
                continue
            there = Verdict.objects.filter(actor=act.actor, idempotency_key=act.key).exists()
            client.deliver(act, body)
            assert act.receipt is not None
            assert act.receipt["repeated"] is there
            if cut.was_cut(killed_at):
                kept, lost = kept + there, lost + (not there)
    assert kept, "no kill came after a verdict was written and before it was answered"
    assert lost, "no kill came before a verdict was written"
    tell(
        kills=STRIKES, cut=kept + lost, written_and_not_answered=kept, not_written=lost, answered_before=answered,
        **survived(house, ledger),
    )  # fmt: skip
