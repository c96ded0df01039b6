"""The web process is killed between receiving a verdict and answering it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from annotation.reviews.models import Verdict
from tests.faults.cut import Cut, send_and_kill
from tests.faults.house import House
from tests.faults.invariants import survived
from tests.faults.reviewers import Client, Ledger
from tests.support.own_servers import wait_for_port

pytestmark = pytest.mark.django_db(transaction=True)
STRIKES, READERS = 12, 8


def test_a_verdict_whose_web_process_is_killed_before_its_answer_counts_once(
    house: House, tell: Callable[..., Any]
) -> None:
    house.review(batch=STRIKES * READERS + 8, readers=READERS)
    processes = house.start()
    ledger, dice = Ledger(), random.Random(5)
    clients = [Client(house, user, ledger) for user in house.readers]
    kept = lost = answered = 0
    for _ in range(STRIKES):
        acts = [client.begin(client.next()[0]) for client in clients]
        cuts = [
            Cut(f"/tasks/{act.task}/verdict", client.token, body)
            for client, (act, body) in zip(clients, acts, strict=True)
        ]
        delays = [dice.uniform(0, 0.12) for _ in cuts]
        killed_at = send_and_kill(processes, cuts, delays, dice.uniform(0.03, 0.15))
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
