"""Calls that run at the same moment, each in a process of its own with a database connection of its own."""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Callable
from typing import Any

from django.db import connections

from annotation.common.errors import DomainError

SECONDS = 60


def race(*calls: Callable[[], Any]) -> list[Any]:
    """Start all calls at once; returns their results in order, a domain error as its code.

    Results have to be plain values. Forked processes keep this test's database name and storage.
    """
    connections.close_all()
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(len(calls))
    answers: Any = context.SimpleQueue()
    processes = [
        context.Process(target=_run, args=(number, call, barrier, answers), daemon=True)
        for number, call in enumerate(calls)
    ]
    for process in processes:
        process.start()
    found = dict(answers.get() for _ in processes)
    for process in processes:
        process.join(SECONDS)
    broken = [value for value in found.values() if isinstance(value, str) and value.startswith("Traceback")]
    assert not broken, broken[0]
    return [found[number] for number in range(len(calls))]


def _run(number: int, call: Callable[[], Any], barrier: Any, answers: Any) -> None:
    try:
        barrier.wait(SECONDS)
        value = call()
    except DomainError as error:
        value = error.code
    except BaseException:
        value = traceback.format_exc()
    answers.put((number, value))
    connections.close_all()
    # Not sys.exit: the parent's fixtures must not be torn down twice.
    os._exit(0)
