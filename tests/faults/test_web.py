"""The web process is killed between receiving a verdict and answering it."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from annotation.reviews.models import Verdict
from tests.faults.house import House
from tests.faults.invariants import survived
from tests.faults.reviewers import Client, Ledger, Sent
from tests.support.own_servers import children_of, wait_for_port

pytestmark = pytest.mark.django_db(transaction=True)
STRIKES, READERS = 12, 8


@dataclass
class Cut:
    """A request that was sent whole before the kill, and what came of it."""

    act: Sent
    body: dict[str, Any]
    sent_at: float = 0.0
    ended_at: float = 0.0
    answer: bytes = b""
    wire: socket.socket | None = field(default=None, repr=False)


def send_whole(house: House, client: Client, cut: Cut, after: float) -> None:
    """Send a verdict by hand after some seconds, so that it is known when the last byte was out; read what comes."""
    data = json.dumps(cut.body).encode()
    address = urlsplit(house.url)
    head = (
        f"POST /api/tasks/{cut.act.task}/verdict HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Authorization: {client.http.headers['Authorization']}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(data)}\r\nConnection: close\r\n\r\n"
    )
    time.sleep(after)
    try:
        with socket.create_connection(("127.0.0.1", address.port or 80), timeout=20) as wire:
            wire.sendall(head.encode() + data)
            cut.sent_at = time.monotonic()
            while part := wire.recv(65536):
                cut.answer += part
    except OSError:
        pass
    cut.ended_at = time.monotonic()


def kill_web(house: House) -> float:
    """Kill -9 the processes that answer, then their parent; when that was."""
    assert house.processes is not None
    parent = house.processes.children["web"].pid
    children = children_of(parent)
    for pid in [parent, *children]:
        os.kill(pid, signal.SIGKILL)
    at = time.monotonic()
    house.processes.kill("web")
    return at


def test_a_verdict_whose_web_process_is_killed_before_its_answer_counts_once(
    house: House, tell: Callable[..., Any]
) -> None:
    house.review(batch=STRIKES * READERS + 8, readers=READERS)
    house.start()
    processes = house.processes
    assert processes is not None
    ledger, dice = Ledger(), random.Random(5)
    clients = [Client(house, user, ledger) for user in house.readers]
    kept = lost = answered = 0
    for _ in range(STRIKES):
        cuts = [Cut(*client.begin(client.next()[0])) for client in clients]
        threads = [
            threading.Thread(target=send_whole, args=(house, client, cut, dice.uniform(0, 0.12)))
            for client, cut in zip(clients, cuts, strict=True)
        ]
        for thread in threads:
            thread.start()
        time.sleep(dice.uniform(0.03, 0.15))
        killed_at = kill_web(house)
        for thread in threads:
            thread.join()
        house.restart("web")
        wait_for_port(processes.port)
        for client, cut in zip(clients, cuts, strict=True):
            whole = cut.answer.startswith(b"HTTP/1.1 2")
            if whole:
                cut.act.receipt = json.loads(cut.answer.partition(b"\r\n\r\n")[2])
                answered += 1
            elif 0 < cut.sent_at < killed_at < cut.ended_at:
                # Sent before the kill, and no answer came after it: between receiving and answering.
                assert cut.answer == b""
                there = Verdict.objects.filter(actor=cut.act.actor, idempotency_key=cut.act.key).exists()
                kept, lost = kept + there, lost + (not there)
                client.deliver(cut.act, cut.body)
                assert cut.act.receipt is not None
                assert cut.act.receipt["repeated"] is there
            else:
                client.deliver(cut.act, cut.body)
    assert kept, "no kill came after the verdict was written and before it was answered"
    assert lost, "no kill came before the verdict was written"
    tell(kills=STRIKES, cut=kept + lost, written_before=kept, not_written=lost, answered_before=answered)
    tell(**survived(house, ledger))
