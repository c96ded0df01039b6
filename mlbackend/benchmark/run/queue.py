"""The grid through the Celery queue: as many GPU workers as listen share its cells."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from celery import Celery

from mlbackend.benchmark.config import INFECTION, LUNG
from mlbackend.benchmark.plan import Plan
from mlbackend.benchmark.run.cells import Cell, Lungs, cells_of, fold_name, request_of
from mlbackend.benchmark.run.folder import BenchmarkFolder
from mlbackend.benchmark.run.local import measure, not_run, summary
from mlbackend.benchmark.run.lungs import lungs_of
from mlbackend.contracts import (
    PHASE_INTERRUPTED,
    QUEUE_TRAIN,
    TASK_BENCHMARK,
    CellResult,
    Outcome,
    Progress,
    progress_key,
    request_key,
    result_key,
)
from mlbackend.environment import read
from mlbackend.messages import publish
from mlbackend.storage import FolderStorage, Storage

Say = Callable[[str], None]
Send = Callable[[dict[str, Any]], None]
POLL_SECONDS = 2.0
SEND_AGAIN_SECONDS = float(read("BENCHMARK_SEND_AGAIN_SECONDS"))
"""A cell that nobody has shown a sign of life of for so long is sent again; who works on it already says so."""


def sender(broker: tuple[str, dict[str, Any]]) -> Send:
    """Sends a cell's message to the training queue. ``broker`` is what ``broker_settings`` gave."""
    app = Celery("groundwork-benchmark", fixups=[])

    def send(message: dict[str, Any]) -> None:
        publish(app, broker, TASK_BENCHMARK, [message], QUEUE_TRAIN)

    return send


@dataclass
class _Sent:
    cell: Cell
    attempt: int
    at: float
    epoch: int = 0


@dataclass
class QueueRun:
    """Sends what is ready, watches for results, sends again what was lost. ``run`` goes on where it was stopped."""

    folder: BenchmarkFolder
    plan: Plan
    send: Send
    say: Say
    poll_seconds: float = POLL_SECONDS
    send_again_seconds: float = SEND_AGAIN_SECONDS
    at_most: int = 0
    """Cells under way at a time; 0 sends all that are ready."""
    _waiting: list[Cell] = field(default_factory=list)
    _sent: dict[str, _Sent] = field(default_factory=dict)
    _results: dict[str, CellResult] = field(default_factory=dict)
    _lungs: dict[tuple[int, str], Lungs] = field(default_factory=dict)

    def run(self, folds: Sequence[int] = (), *, cost: bool = True) -> list[CellResult]:
        """All results in the grid's order. Infection of a fold is sent when its lungs have ended, well or not."""
        cells = cells_of(self.folder.config, list(folds) or [fold.number for fold in self.plan.folds])
        for cell in cells:
            done = self.folder.succeeded(cell.id)
            if done is not None:
                self.say(f"{cell.id}: done before, validation DSC {done.validation_dsc:.4f}")
                self._results[cell.id] = done
            elif problem := self.plan.problem(cell.task, cell.fold):
                self._end(cell, not_run(cell, problem))
            else:
                self._waiting.append(cell)
        while self._waiting or self._sent:
            self._send_ready(cells)
            self._watch()
            if self._waiting or self._sent:
                time.sleep(self.poll_seconds)
        if cost:
            self.measure()
        return [self._results[cell.id] for cell in cells]

    def measure(self) -> None:
        """What each network costs on this machine, unless that was done before."""
        measure(self.folder, self.folder.config, self.say)

    def _send_ready(self, cells: Sequence[Cell]) -> None:
        for cell in list(self._waiting):
            if self.at_most and len(self._sent) >= self.at_most:
                return
            place = (cell.fold, cell.label_set)
            mine = [c for c in cells if c.task == LUNG and (c.fold, c.label_set) == place]
            if cell.task == INFECTION and not all(c.id in self._results for c in mine):
                continue
            if cell.task == INFECTION and place not in self._lungs:
                lungs = lungs_of(self.folder, self.plan, *place)
                self._lungs[place] = lungs
                self.say(f"lungs of {fold_name(*place)}: {lungs.words}")
            self._waiting.remove(cell)
            self._first_send(cell)

    def _first_send(self, cell: Cell) -> None:
        """Write the request, then send: a worker that was quicker than the file would find nothing to do."""
        storage, attempt = self.folder.storage, 1
        # An attempt that failed stays as it is; the next one goes on from its checkpoint.
        while storage.exists(result_key(cell.id, attempt)):
            ended = self._read(cell, attempt)
            if ended.outcome == Outcome.SUCCEEDED:
                self._end(cell, ended)
                return
            attempt += 1
        lungs = self._lungs.get((cell.fold, cell.label_set))
        request = request_of(cell, self.folder.config, self.plan, self.folder.data.films, lungs, attempt)
        storage.write(request_key(cell.id, attempt), json.dumps(request.to_json()).encode())
        self._sent[cell.id] = _Sent(cell, attempt, time.time())
        self._message(cell, attempt)

    def _message(self, cell: Cell, attempt: int) -> None:
        folder = self.folder
        self.send(
            {
                "job_id": cell.id,
                "attempt": attempt,
                "data_url": _url(folder.data.storage),
                "out_url": _url(folder.files),
            }
        )

    def _read(self, cell: Cell, attempt: int) -> CellResult:
        return CellResult.from_json(json.loads(self.folder.storage.read(result_key(cell.id, attempt))))

    def _watch(self) -> None:
        for sent in list(self._sent.values()):
            cell = sent.cell
            if self.folder.storage.exists(result_key(cell.id, sent.attempt)):
                del self._sent[cell.id]
                result = self._read(cell, sent.attempt)
                self._end(cell, result if result.task else _complete(cell, result))
                continue
            progress = self._progress(sent)
            self._tell(sent, progress)
            alive = progress is not None and progress.phase != PHASE_INTERRUPTED
            seen = max(sent.at, progress.at if progress is not None and alive else 0.0)
            if time.time() - seen > self.send_again_seconds:
                self.say(f"{cell.id}: no sign of life for {time.time() - seen:.0f} s; sent again")
                sent.at = time.time()
                self._message(cell, sent.attempt)

    def _progress(self, sent: _Sent) -> Progress | None:
        found = self.folder.read(progress_key(sent.cell.id, sent.attempt))
        return None if found is None else Progress.from_json(found)

    def _tell(self, sent: _Sent, progress: Progress | None) -> None:
        if progress is None or not progress.curve or progress.curve[-1].epoch == sent.epoch:
            return
        last = progress.curve[-1]
        sent.epoch = last.epoch
        self.say(
            f"{sent.cell.id}: epoch {last.epoch}, loss {last.train_loss:.4f}, validation DSC "
            f"{last.validation_dsc:.4f}, {last.images_per_second:.1f} images/s at {progress.worker}"
        )

    def _end(self, cell: Cell, result: CellResult) -> None:
        self.folder.keep_result(cell.id, result)
        self._results[cell.id] = result
        self.say(f"{cell.id}: {summary(result)}")


def _url(storage: Storage) -> str:
    assert isinstance(storage, FolderStorage), "the command line works in folders"
    return storage.root.as_uri()


def _complete(cell: Cell, result: CellResult) -> CellResult:
    """A result that a worker wrote without having run the cell names no network yet."""
    return not_run(cell, result.error)
