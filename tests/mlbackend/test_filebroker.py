"""Messages as files: whole or not there."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

from mlbackend.broker import broker_settings
from mlbackend.filebroker import Channel


@pytest.fixture
def channel(tmp_path: Path) -> Any:
    url, options = broker_settings(f"filesystem://{tmp_path}/broker")
    with Connection(url, transport_options=options) as connection:
        yield connection.channel()


def test_the_default_brokers_scheme_means_this_transport(channel: Any) -> None:
    assert isinstance(channel, Channel)


def test_messages_come_in_the_order_in_which_they_were_put(channel: Any) -> None:
    for number in range(5):
        channel._put("platform", {"number": number})
    assert channel._size("platform") == 5
    assert [channel._get("platform")["number"] for _ in range(5)] == [0, 1, 2, 3, 4]


def test_no_reader_ever_sees_half_a_message(channel: Any) -> None:
    wanted, words = 200, "x" * 200_000

    def write() -> None:
        for number in range(wanted):
            channel._put("platform", {"number": number, "words": words})

    writer = threading.Thread(target=write)
    writer.start()
    found = []
    while writer.is_alive() or channel._size("platform"):
        try:
            found.append(channel._get("platform")["number"])
        except Empty:
            continue
    writer.join()
    assert found == list(range(wanted))


def test_a_table_that_is_made_at_this_moment_is_waited_for(channel: Any) -> None:
    table = channel.control_folder / "celery.exchange"
    table.write_text("")
    threading.Timer(0.05, lambda: table.write_text('[["platform", "", "platform"]]')).start()
    assert [entry.queue for entry in channel.get_table("celery")] == ["platform"]
