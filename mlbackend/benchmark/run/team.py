"""Several processes on this machine that share a grid's cells, so that small batches do not leave the device idle.

Processes, not threads: torch draws dropout from one generator a process, and a network's numbers must be those that it
has alone. Each message is one cell; it runs as at a worker of the queue, with heartbeat, checkpoint and result file.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import socket
from functools import lru_cache
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from mlbackend.contracts import CellRequest, CellResult, Progress, attempt_prefix, progress_key, request_key
from mlbackend.processes import die_with_parent, spin_little
from mlbackend.storage import OverlayStorage, Storage, open_storage

if TYPE_CHECKING:
    from mlbackend.data.memory import FilmMemory
    from mlbackend.worker.heartbeat import Heartbeat

STALE_SECONDS = 30.0
"""A cell of an ended team is silent for so long before another process goes on with it; a live one speaks every 5 s."""
SEND_AGAIN_SECONDS = 120.0
"""Importing torch takes a busy machine half a minute; no sign of life for so long is a death."""
_END = None


class Team:
    """``count`` processes with ``threads`` CPU threads each; ``send`` gives a cell to the next that is free.

    Use it as a context: its processes end with it, and by the kernel's hand where this process is killed. One that dies
    is replaced when the next message comes; its cell is sent again by who watches the results.
    """

    def __init__(self, count: int, threads: int) -> None:
        self.count, self.threads = count, threads
        # Spawned: a forked process could not use a GPU, nor torch's threads.
        self._context = multiprocessing.get_context("spawn")
        # For the processes to come: they read it when they import torch.
        spin_little()
        self._messages = self._context.Queue()
        self._processes: list[BaseProcess] = []

    def __enter__(self) -> Self:
        self._fill()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            for _ in self._processes:
                self._messages.put(_END)
        else:
            for process in self._processes:
                process.terminate()
        for process in self._processes:
            process.join()
        # What nobody reads any more must not keep this process.
        self._messages.cancel_join_thread()
        self._messages.close()

    def send(self, message: dict[str, Any]) -> None:
        """Queue a cell: ``job_id``, ``attempt``, ``data_url`` and ``out_url``."""
        self._fill()
        self._messages.put(message)

    def _fill(self) -> None:
        self._processes = [process for process in self._processes if process.is_alive()]
        for _ in range(self.count - len(self._processes)):
            process = self._context.Process(target=_serve, args=(self._messages, self.threads, os.getpid()))
            process.start()
            self._processes.append(process)


def forget_dead(storage: Storage, job_id: str) -> None:
    """Let a cell that a killed team was at be begun at once: its process is gone, whatever its last words were."""
    attempt = 1
    while storage.exists(request_key(job_id, attempt)):
        key = progress_key(job_id, attempt)
        if storage.exists(key):
            host, _, number = Progress.from_json(json.loads(storage.read(key))).worker.rpartition(":")
            if host == socket.gethostname() and number.isdigit() and not _is_alive(int(number)):
                storage.delete(key)
                storage.delete(attempt_prefix(job_id, attempt) + "starts")
        attempt += 1


def _is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _serve(messages: Any, threads: int, parent: int) -> None:
    """A process's life: cell after cell."""
    die_with_parent(parent)
    import torch

    torch.set_num_threads(threads)
    # Ctrl-C reaches every process of a terminal; the one that made the team says what happened.
    with contextlib.suppress(KeyboardInterrupt):
        while (message := messages.get()) is not _END:
            _run(message)


def _run(message: dict[str, Any]) -> None:
    from mlbackend.benchmark.cell import run_cell
    from mlbackend.worker.attempt import run_attempt

    storage = _storage(message["data_url"], message["out_url"])
    worker = f"{socket.gethostname()}:{os.getpid()}"

    def work(wanted: CellRequest, heartbeat: Heartbeat) -> CellResult:
        return run_cell(
            wanted, storage, on_progress=heartbeat.on_progress, should_cancel=heartbeat.should_cancel, worker=worker,
            memory=_films(storage),
        )  # fmt: skip

    key = request_key(str(message["job_id"]), int(message["attempt"]))
    run_attempt(
        json.loads(storage.read(key)), CellRequest, work, storage=storage, send=lambda name, args: None, worker=worker,
        stale_seconds=STALE_SECONDS,
    )  # fmt: skip


@lru_cache(maxsize=1)
def _storage(data_url: str, out_url: str) -> OverlayStorage:
    return OverlayStorage(open_storage(data_url), open_storage(out_url))


@lru_cache(maxsize=1)
def _films(storage: OverlayStorage) -> FilmMemory:
    """Films of the cells that this process has run: the next one needs the same."""
    from mlbackend.data.memory import FilmMemory

    return FilmMemory(storage)
